"""Running Pulumi's engine for a command: a short live account of its events, errors as the engine words them."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

from pulumi import automation
from rich.console import Console

from finetune.errors import FinetuneError
from finetune.settings import stack_file

#: Resource type → what a person calls it. Types that are not here are told only when they fail.
SPOKEN = {
    "azure-native:resources:ResourceGroup": "resource group",
    "azure-native:cognitiveservices:Account": "account",
    "azure-native:keyvault:Vault": "key vault",
    "azure-native:authorization:RoleAssignment": "role",
    "azure-native:cognitiveservices:Deployment": "deployment",
    "pulumi-python:dynamic/azureopenai:WandbSecret": "W&B key",
    "pulumi-python:dynamic/azureopenai:TrainingFile": "file",
    "pulumi-python:dynamic/azureopenai:FineTuningJob": "training job",
    "pulumi-python:dynamic/azureopenai:FineTunedModel": "model",
    "pulumi-python:dynamic/azureopenai:ReadyDeployment": "answers",
}

#: Engine's operation → what happened. ``same`` and reads are not told.
DONE = {
    "create": "created",
    "create-replacement": "created anew",
    "update": "updated",
    "delete": "deleted",
    "delete-replaced": "deleted",
    "replace": "replaced",
}

#: What the engine says besides, and nobody needs.
NOISE = ("update failed", "preview failed", "an unhandled error occurred", "using pulumi-resource-azure-native from $PATH")

#: What the engine puts around the text of a failed check.
_WRAPPING = re.compile(r"^\S+ resource '[^']*': property \S+ value \{.*?\} has a problem: ")


def stack_of_project(name: str, create: bool = False) -> automation.Stack:
    """The stack of the project in this folder.

    Raises:
        FinetuneError: when this is no project folder, or the stack has no file or does not exist.
    """
    if not Path("Pulumi.yaml").exists():
        raise FinetuneError("there is no Pulumi.yaml here", do="run in the project's folder")
    if not stack_file(name).exists():
        there = ", ".join(sorted(path.name.split(".")[1] for path in Path("stacks").glob("Pulumi.*.yaml")))
        raise FinetuneError(f"there is no stack file {stack_file(name)}", do=f"choose one of: {there}")
    choose = automation.create_or_select_stack if create else automation.select_stack
    try:
        return choose(stack_name=name, work_dir=".")
    except automation.StackNotFoundError:
        raise FinetuneError(
            f"stack {name} does not exist yet", do=f"make it with `pulumi stack init {name}`, or run `finetune up --stack {name}`"
        ) from None
    except automation.CommandError as error:
        raise FinetuneError("Pulumi could not open the stack", _last_lines(str(error))) from None


class Account:
    """Tells a run's events, one short line each; remembers errors."""

    def __init__(self, console: Console):
        self._console, self._start = console, time.monotonic()
        self.errors: list[str] = []
        self._told: set[str] = set()

    def on_event(self, event: automation.EngineEvent) -> None:
        if event.diagnostic_event:
            self._diagnostic(event.diagnostic_event)
        elif event.res_outputs_event and not event.res_outputs_event.planning:
            self._resource(event.res_outputs_event.metadata)

    def _resource(self, step: Any) -> None:
        what, done = SPOKEN.get(step.type), DONE.get(_word(step.op))
        if what and done:
            self.say(f"{done:13} {what:15} {step.urn.split('::')[-1]}")

    def _diagnostic(self, told: Any) -> None:
        text = (told.message or "").strip()
        if not text or told.severity == "debug" or any(noise in text for noise in NOISE):
            return
        if told.severity == "error":
            self.errors.append(text)
        elif text not in self._told:  # a preview and an `up` say many things twice
            self._told.add(text)
            self.say(text)

    def say(self, text: str) -> None:
        self._console.print(f"[dim]{time.monotonic() - self._start:6.1f} s[/dim]  {_plain(text)}", highlight=False, soft_wrap=True)

    def done(self, summary: automation.UpdateSummary, nothing: str) -> None:
        """Tells how much a run changed, or ``nothing``."""
        changes = [f"{count} {_word(op)}" for op, count in (summary.resource_changes or {}).items() if op != automation.OpType.SAME]
        self.say("done: " + (", ".join(changes) or nothing))

    def failed(self, doing: str, error: automation.CommandError) -> FinetuneError:
        """The error of a run that failed: what the engine, the program and the providers said."""
        said = list(dict.fromkeys(_WRAPPING.sub("", text) for text in self.errors)) or [_last_lines(str(error))]
        told_what_to_do = any("do:" in text for text in said)
        return FinetuneError(
            "\n".join([f"{doing} failed", *said]), do="" if told_what_to_do else "mend the cause and run it again; what was made so far is kept"
        )


def _word(op: automation.OpType) -> str:
    return getattr(op, "value", op)


def _plain(text: str) -> str:
    return text.replace("[", r"\[")


def _last_lines(text: str, count: int = 12) -> str:
    lines = [line for line in text.splitlines() if line.strip() and line.strip() not in ("stdout:", "stderr:")]
    return "\n       ".join(lines[-count:])
