"""How much of an `up` is waiting side by side: twenty jobs on seven accounts and a model in five regions, against the critical path.

The critical path is what local Azure is set to take for the longest chain of things that must follow each other. The engine's own
work is what an `up` without changes takes in the same run.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from measuring.stack import Stack, example, temporary_stack
from measuring.table import show

#: Seconds that local Azure takes. Long enough that the waiting and not the machine is measured.
LENGTHS = {
    "account_create": 4.0,
    "role_lag": 3.0,
    "file_import": 3.0,
    "job_queue": 2.0,
    "job_train": 20.0,
    "deployment_create": 4.0,
    "deployment_ready_lag": 3.0,
}
TRAINING = ("job_queue", "job_train")
DEPLOYING = ("deployment_create", "deployment_ready_lag")

#: An account trains three jobs at a time (azure.md §5), so that twenty jobs need seven accounts to run at once.
REGIONS = ("swedencentral", "northcentralus", "eastus2", "francecentral", "japaneast", "uksouth", "westus3")
JOBS, SERVED = 20, REGIONS[:5]
TARGET = 1.3


def seconds(names: tuple[str, ...]) -> float:
    return sum(LENGTHS[name] for name in names)


def configuration(stack: Stack) -> dict[str, Any]:
    """Twenty models, each with data of its own; the first one is deployed in five regions."""
    models = {
        f"model-{number}": {
            "base": "gpt-4.1-mini-2025-04-14",
            "training": stack.data(f"train-{number}.jsonl", [example(100 * number + line) for line in range(20)]),
            "hyperparameters": {"n_epochs": 2, "seed": 7},
            "region": REGIONS[number % len(REGIONS)],
        }
        for number in range(JOBS)
    }
    deployments = {"served": {"model": "model-0", "regions": list(SERVED), "capacity": 10}}
    return {"azure-native:location": REGIONS[0], "models": models, "deployments": deployments}


def span(rows: list[dict[str, Any]], first: Callable[[dict[str, Any]], bool], last: Callable[[dict[str, Any]], bool]) -> float:
    """Seconds from the first request of one kind to the last of another."""
    return float(max(row["at"] for row in rows if last(row)) - min(row["at"] for row in rows if first(row)))


def is_call(operation: str, effect: str = "") -> Callable[[dict[str, Any]], bool]:
    """Whether a row of the journal is a successful request of that operation and effect."""
    return lambda row: row["operation"] == operation and row["effect"].startswith(effect) and row["status"] < 300


def is_deployment_write(row: dict[str, Any]) -> bool:
    return row["method"] == "PUT" and "/deployments/" in row["path"] and row["status"] < 300


def main() -> None:
    with temporary_stack() as stack:
        stack.door.settings(**LENGTHS)
        stack.configure(configuration(stack))
        whole = stack.up()
        rows = stack.door.journal()
        engine = stack.up()
    trained = span(rows, is_call("create_job"), is_call("list_checkpoints"))
    served = span(rows, is_deployment_write, is_call("complete_chat_v1"))
    show(
        f"{JOBS} jobs on {len(REGIONS)} accounts, a model in {len(SERVED)} regions (target: the whole at most {TARGET})",
        ("", "simulated s", "measured s", "ratio"),
        [
            (f"{JOBS} jobs, first submitted to last recorded", seconds(TRAINING), trained, trained / seconds(TRAINING)),
            (f"{len(SERVED)} deployments, first request to last answer", seconds(DEPLOYING), served, served / seconds(DEPLOYING)),
            ("whole `up` above the engine's own work", seconds(tuple(LENGTHS)), whole - engine, (whole - engine) / seconds(tuple(LENGTHS))),
            ("engine's own work (`up` without changes)", "", engine, ""),
        ],
    )


if __name__ == "__main__":
    main()
