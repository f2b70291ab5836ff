"""What to do about Azure's errors while the engine works: repeat what passes by itself, advise on the rest.

Hooks run in the program and see the provider's whole message, so codes are matched as ``Code="…"``, never as a bare word that
a resource's name could contain.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping

import pulumi

#: Codes that pass by themselves, with the number of tries that are worth it (azure.md §6). Pauses grow to 20 s:
#: thirty tries are about nine minutes, close to the ten that a role assignment may take.
TRANSIENT: Mapping[str, int] = {"PrincipalNotFound": 30, "RequestConflict": 60}

#: Code → what a user can do; ``{key}`` is the configuration key that the resource names.
ADVICE: Mapping[str, str] = {
    "FlagMustBeSetForRestore": "a deleted one of that name can still be restored: set finetuning:{key}: true, or purge it, then run again",
    "ConflictError": "a deleted one of that name can still be recovered: set finetuning:{key}: true, or purge it, then run again",
    "VaultAlreadyExists": "that vault name is taken by somebody else: set finetuning:vault.name",
    "CustomDomainInUse": "that account name is taken: set finetuning:account.name",
    "InsufficientQuota": "lower finetuning:{key}.capacity, choose another region or sku, or ask for more quota",
    "AuthorizationFailed": "the sign-in lacks this right: Owner has it, or Contributor together with Role Based Access Control Administrator",
}

_CODE = re.compile(r'Code="(\w+)"')


def codes(message: str) -> list[str]:
    """The error codes in a provider's message, outermost first."""
    return _CODE.findall(message)


def pause(tries: int) -> float:
    """Seconds before the next try: 0.5, 0.9, 1.6 … at most 20."""
    return float(min(0.5 * 1.8 ** (tries - 1), 20.0))


def advise(name: str, key: str) -> pulumi.ResourceHookBinding:
    """Error hooks for a resource: repeats after transient codes with back-off and an end, and logs advice for others.

    Args:
        name: of the resource that gets the hooks; the engine takes a hook's name once in a program.
        key: the configuration key to name in advice.
    """

    async def on_error(args: pulumi.ErrorHookArgs) -> bool:
        found = codes(args.errors[0])
        limit = next((TRANSIENT[code] for code in found if code in TRANSIENT), 0)
        if len(args.errors) <= limit:
            await asyncio.sleep(pause(len(args.errors)))
            return True
        for advice in (ADVICE[code] for code in found if code in ADVICE):
            pulumi.log.error(f"{args.name}: {advice.format(key=key)}")
        return False

    return pulumi.ResourceHookBinding(on_error=[pulumi.ErrorHook(f"{name}-on-error", on_error)])
