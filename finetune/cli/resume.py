"""``finetune resume``: go on after a run that was killed: unlock, settle what was half-made, and bring the stack up."""

from __future__ import annotations

import json
import os
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer
from pulumi import automation
from rich.console import Console

from finetune.azure import arm
from finetune.cli.engine import Account, stack_of_project
from finetune.errors import FinetuneError

#: azure-native type → path of its ARM id by input names, and the api-version that azure-native 3.29.0 sends.
#: A path that begins with ``{`` carries its own scope; others stand in the resource group.
_GROUP = "/subscriptions/{subscription}/resourceGroups/{resourceGroupName}"
ARM_IDS = {
    "azure-native:resources:ResourceGroup": (_GROUP, "2024-03-01"),
    "azure-native:cognitiveservices:Account": (_GROUP + "/providers/Microsoft.CognitiveServices/accounts/{accountName}", "2025-06-01"),
    "azure-native:cognitiveservices:Deployment": (
        _GROUP + "/providers/Microsoft.CognitiveServices/accounts/{accountName}/deployments/{deploymentName}",
        "2025-06-01",
    ),
    "azure-native:keyvault:Vault": (_GROUP + "/providers/Microsoft.KeyVault/vaults/{vaultName}", "2024-11-01"),
    "azure-native:authorization:RoleAssignment": ("{scope}/providers/Microsoft.Authorization/roleAssignments/{roleAssignmentName}", "2022-04-01"),
}


def register(app: typer.Typer) -> None:
    app.command()(resume)


def resume(
    stack: Annotated[str, typer.Argument(help="Stack whose run was interrupted.")],
    force: Annotated[bool, typer.Option("--force", help="Unlock although the owner of the lock cannot be looked at (it runs elsewhere).")] = False,
) -> None:
    """Go on after a run that was killed or lost: unlock, take over what was half-made, bring the stack up.

    Example: finetune resume dev
    """
    engine = stack_of_project(stack)
    account = Account(Console())
    if unlock(engine, stack, force):
        account.say("the lock of a run that is no more was removed")
    try:
        if settle(engine, account):
            account.say("reading what stands")
            engine.refresh()
        result = engine.up(on_event=account.on_event)
    except automation.CommandError as error:
        raise account.failed(f"resuming stack {stack}", error) from None
    account.done(result.summary, "nothing was left to do")


def unlock(engine: automation.Stack, stack: str, force: bool) -> bool:
    """Removes a lock whose owner is dead. False if there is none.

    Raises:
        FinetuneError: when the owner lives, or cannot be looked at and ``force`` is not given.
    """
    locks = list(_locks(engine, stack))
    if not locks and not force:
        return False
    for owner in locks:
        where = f"process {owner.get('pid')} of {owner.get('username')} on {owner.get('hostname')}"
        if owner.get("hostname") != socket.gethostname() and not force:
            raise FinetuneError(f"stack {stack} is locked by {where}", "it runs on another machine", "if it is surely over: add --force")
        if owner.get("hostname") == socket.gethostname() and _lives(int(owner["pid"])):
            raise FinetuneError(f"stack {stack} is locked by {where}", "it is still at work", "wait for it, or end it first")
    engine.cancel()
    return True


def _locks(engine: automation.Stack, stack: str) -> Iterator[dict[str, Any]]:
    """The locks of a stack on a ``file://`` backend; other backends do not show theirs."""
    url = urlsplit(engine.workspace.who_am_i().url or "")
    if url.scheme != "file":
        return
    project = engine.workspace.project_settings().name
    folder = Path((url.netloc + url.path).replace("~", str(Path.home()), 1)) / ".pulumi" / "locks" / "organization" / project / stack
    for path in folder.glob("*.json"):
        yield json.loads(path.read_text())


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    command = Path(f"/proc/{pid}/cmdline")
    return not command.exists() or b"pulumi" in command.read_bytes()


def settle(engine: automation.Stack, account: Account) -> bool:
    """Settles the creations that were under way: what azure-native made comes into the state, the rest is forgotten.

    Files, jobs and secrets need no help: their creation finds what it made before. False if nothing was under way.
    """
    exported = engine.export_stack()
    deployment: Any = exported.deployment
    pending = [entry["resource"] for entry in deployment.pop("pending_operations", None) or [] if entry["type"] == "creating"]
    if not pending:
        return False
    for resource in pending:
        name = resource["urn"].split("::")[-1]
        found = arm_id(resource, deployment)
        if found is None:
            account.say(f"{name}: was being made; it is looked for when it is made again")
        elif arm.exists(*found):
            account.say(f"{name}: was made, and is taken over")
            deployment.setdefault("resources", []).append({**resource, "id": found[0], "outputs": resource.get("inputs") or {}})
        else:
            account.say(f"{name}: was not made yet")
    engine.import_stack(exported)
    return True


def arm_id(resource: dict[str, Any], deployment: dict[str, Any]) -> tuple[str, str] | None:
    """The ARM id that a pending creation was for, and its api-version; None for what azure-native did not make."""
    known = ARM_IDS.get(resource["type"])
    if known is None:
        return None
    path, version = known
    inputs = {**(resource.get("inputs") or {}), "subscription": _subscription(resource, deployment)}
    return re.sub(r"\{(\w+)\}", lambda match: str(inputs[match[1]]), path), version


def _subscription(resource: dict[str, Any], deployment: dict[str, Any]) -> str:
    """The subscription of the resource's provider, else of the sign-in."""
    provider = str(resource.get("provider", "")).rpartition("::")[0]
    for other in deployment.get("resources") or []:
        if other["urn"] == provider and (given := (other.get("inputs") or {}).get("subscriptionId")):
            return str(given)
    return os.environ.get("ARM_SUBSCRIPTION_ID", "")
