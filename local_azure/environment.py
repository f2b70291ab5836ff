"""What a command needs to meet local Azure instead of Azure: interception, a sign-in, private Pulumi folders, PATH."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

from local_azure.process import Running
from local_azure.world.identity import Identity

#: Programs obey the capital form; gRPC obeys the lower-case one too and then cannot reach the Pulumi engine.
_STALE = ("https_proxy", "http_proxy", "all_proxy", "HTTP_PROXY", "ALL_PROXY", "CURL_CA_BUNDLE", "SSL_CERT_DIR")

#: Every way to sign in to the real cloud that a command could find in the environment.
_OTHER_SIGN_INS = ("ARM_", "AZURE_", "IDENTITY_", "MSI_", "ACTIONS_ID_TOKEN_")

#: Of stacks on local Azure: the same on every machine, so that a stack file that the engine has salted works in every clone.
#: It guards nothing, since such a state holds no secret of the real world.
PASSPHRASE = "local-azure"

#: Resources that the engine works on at a time. Its own choice goes by the cores, but the work is to wait for Azure.
PARALLEL = "32"


def command_environment(folder: Path, running: Running) -> dict[str, str]:
    """The environment for a command under local Azure, from the caller's own.

    Args:
        folder: the state folder (``…/.local/azure``); Pulumi's folders stand beside it.
        running: the process that serves it.
    """
    identity = Identity.load(folder)
    kept = {k: v for k, v in os.environ.items() if k not in _STALE and not k.startswith(_OTHER_SIGN_INS)}
    kept.pop("VIRTUAL_ENV", None)
    kept.pop("PYTHONDONTWRITEBYTECODE", None)  # without byte code every run compiles the Azure packages anew
    return {
        **kept,
        **_interception(running),
        **_sign_in(identity),
        **_pulumi(folder.parent),
        "WANDB_API_KEY": os.environ.get("WANDB_API_KEY") or identity.wandb_key,
        "PATH": os.pathsep.join([*_programs(folder), os.environ.get("PATH", "")]),
    }


def _interception(running: Running) -> dict[str, str]:
    return {
        "HTTPS_PROXY": running.proxy,
        "NO_PROXY": "127.0.0.1,localhost",
        "SSL_CERT_FILE": str(running.ca),
        "REQUESTS_CA_BUNDLE": str(running.ca),
    }


def _sign_in(identity: Identity) -> dict[str, str]:
    """A service principal, as Pulumi (ARM_*) and azure-identity (AZURE_*) read it."""
    values = {
        "CLIENT_ID": identity.client_id,
        "CLIENT_SECRET": identity.client_secret,
        "TENANT_ID": identity.tenant_id,
        "SUBSCRIPTION_ID": identity.subscriptions[0],
    }
    return {f"{prefix}_{name}": value for prefix in ("ARM", "AZURE") for name, value in values.items()}


def _pulumi(private: Path) -> dict[str, str]:
    """Folders of its own, so that the user's Pulumi is never touched."""
    home, state = private / "pulumi", private / "state"
    home.mkdir(parents=True, exist_ok=True)
    state.mkdir(parents=True, exist_ok=True)
    values = {
        "PULUMI_HOME": str(home),
        "PULUMI_BACKEND_URL": f"file://{state}",
        "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_PARALLEL": os.environ.get("PULUMI_PARALLEL", PARALLEL),
    }
    if _real_azure_native():
        _lend_plugins(home)
    else:
        values["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] = "true"
    return values


def _lend_plugins(home: Path) -> None:
    """Lets the private folder see the plugins that the user's own Pulumi has installed; nothing can be fetched from here."""
    installed = Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi") / "plugins"
    if installed.is_dir() and not (home / "plugins").exists():
        (home / "plugins").symlink_to(installed)


def _real_azure_native() -> bool:
    return os.environ.get("AZURE_NATIVE") == "real"


def _programs(folder: Path) -> list[str]:
    """Folders for PATH: this Python's programs, the project's own ``pulumi`` if it was installed, the stand-in provider."""
    places = [str(Path(sys.executable).parent)]
    toolchain = folder.parent / "toolchain"
    if (toolchain / "pulumi").exists():
        places.append(str(toolchain))
    if not _real_azure_native():
        places.append(str(_stand_in(folder)))
    return places


def _stand_in(folder: Path) -> Path:
    """Writes the program by which the engine finds the stand-in for the azure-native plugin."""
    place = folder / "bin"
    place.mkdir(exist_ok=True)
    program = place / "pulumi-resource-azure-native"
    package = Path(__file__).parent.parent
    text = f'#!/bin/sh\nPYTHONPATH="{package}${{PYTHONPATH:+:$PYTHONPATH}}" exec "{sys.executable}" -m local_azure.azure_native "$@"\n'
    if not program.exists() or program.read_text() != text:
        program.write_text(text)
        program.chmod(program.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    return place
