"""``local-azure``: run a command under the embedded cloud, and look after it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from local_azure import process
from local_azure.environment import command_environment
from local_azure.process import Door, LocalAzureError, Running

app = typer.Typer(help="An Azure on this machine, for real clients and the real Pulumi engine.", no_args_is_help=True, pretty_exceptions_enable=False)
portal = typer.Typer(help="What a person clicks in the Azure portal, as commands.", no_args_is_help=True)
app.add_typer(portal, name="portal")


def home() -> Path:
    """``LOCAL_AZURE_HOME``, else ``.local/azure`` beside the nearest Pulumi.yaml, else in this folder."""
    if value := os.environ.get("LOCAL_AZURE_HOME"):
        return Path(value).resolve()
    here = Path.cwd()
    root = next((folder for folder in (here, *here.parents) if (folder / "Pulumi.yaml").exists()), here)
    return root / ".local" / "azure"


def _running() -> Running:
    running = process.find(home())
    if running is None:
        raise LocalAzureError("local Azure is not running; `local-azure start` starts it")
    return running


@app.command(name="exec", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def execute(context: typer.Context) -> None:
    """Run a command under local Azure, starting it if needed; ends with the command's exit code.

    Example: local-azure exec -- pulumi preview --stack local
    """
    if not context.args:
        raise LocalAzureError("nothing to run; for example: local-azure exec -- pulumi preview --stack local")
    environment = command_environment(home(), process.start(home()))
    try:
        os.execvpe(context.args[0], context.args, environment)
    except OSError as error:
        print(f"local-azure: cannot run {context.args[0]}: {error.strerror}", file=sys.stderr)
        raise SystemExit(127) from None


@app.command()
def start(operator: Annotated[bool, typer.Option(help="A person in the portal who links W&B at once.")] = False) -> None:
    """Start local Azure.

    Example: local-azure start --operator
    """
    running = process.start(home())
    if operator:
        Door(running).settings(operator_links_wandb=True)
    print(f"local Azure runs as process {running.pid}, proxy {running.proxy}, state in {home()}")


@app.command()
def stop() -> None:
    """Stop local Azure; its state stays.

    Example: local-azure stop
    """
    print("local Azure stopped" if process.stop(home()) else "local Azure was not running")


@app.command()
def reset() -> None:
    """Forget all resources, files, jobs and secrets; the sign-in stays.

    Example: local-azure reset
    """
    Door(process.start(home())).reset()
    print("local Azure is empty again")


@app.command()
def status(as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False) -> None:
    """Show whether it runs, its time and what it holds.

    Example: local-azure status --json
    """
    running = process.find(home())
    state = {"running": running is not None, "home": str(home())}
    if running:
        state |= {"pid": running.pid, "proxy": running.proxy, **Door(running).call("GET", "/status")}
    if as_json:
        print(json.dumps(state, indent=2))
        return
    if not running:
        print(f"local Azure is not running (state in {home()})")
        return
    print(f"local Azure runs as process {running.pid}, proxy {running.proxy}")
    print(f"its clock says {datetime.fromtimestamp(float(state['now']), UTC):%Y-%m-%d %H:%M:%S} UTC")  # type: ignore[arg-type]
    for kind, count in sorted(state["contents"].items()):  # type: ignore[attr-defined]
        print(f"  {count:5} {kind}")


@app.command()
def logs(
    journal: Annotated[bool, typer.Option(help="The requests instead of the process's own output.")] = False,
    lines: Annotated[int, typer.Option("-n", help="How many, from the end.")] = 50,
) -> None:
    """Show the process's output, or the journal of requests.

    Example: local-azure logs --journal -n 20
    """
    if not journal:
        log = home() / "log"
        print("\n".join(log.read_text(errors="replace").splitlines()[-lines:]) if log.exists() else "no log yet")
        return
    for row in Door(_running()).journal()[-lines:]:
        moment = datetime.fromtimestamp(row["at"], UTC)
        print(f"{row['id']:6} {moment:%H:%M:%S} {row['status'] or 'cut'} {row['method']:6} {row['host']}{row['path']}  {row['effect']}")


@portal.command("link-wandb")
def link_wandb(
    account: Annotated[str, typer.Argument(help="Name or ARM id of the account.", show_default=False)],
    vault_url: Annotated[str, typer.Argument(help="For example https://math-tutor.vault.azure.net.", show_default=False)],
    secret: Annotated[str, typer.Argument(help="Name of the secret that holds the key.", show_default=False)],
) -> None:
    """Fine-tuning > Manage integrations: link an account to the W&B key in a vault.

    Example: local-azure portal link-wandb math-tutor-swc https://math-tutor.vault.azure.net wandb-api-key
    """
    Door(_running()).call("POST", "/portal/wandb-link", {"account": account, "vaultUrl": vault_url, "secretName": secret})
    print(f"{account} now takes its W&B key from {vault_url}, secret {secret}")


def main() -> None:
    """The program: errors as one line, exit 2 when it could not run."""
    try:
        app()
    except LocalAzureError as error:
        print(f"local-azure: {error}", file=sys.stderr)
        raise SystemExit(2) from None
    except (KeyboardInterrupt, subprocess.CalledProcessError):
        raise SystemExit(130) from None


if __name__ == "__main__":
    main()
