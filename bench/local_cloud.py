"""How quick local Azure is: its start, and requests over the wire, in ratios to a bare server behind the same proxy and TLS.

Requests per second are counted on the processor time of local Azure's process, so neighbours disturb them little; a request goes
the whole way: CONNECT proxy, TLS, token, role, answer, journal.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import requests
from measuring.client import Client, Rate, processor_seconds
from measuring.table import Cell, show

from local_azure import process
from local_azure.process import Door, Running
from local_azure.world.identity import Identity

NAME, REGION = "bench", "swedencentral"
OPENAI_CONTRIBUTOR = "a001fd3d-188f-4b5d-821b-7da978bf7442"
FILES = 20
QUICK = ("role_lag", "account_create", "deployment_create", "deployment_ready_lag", "file_import")
#: Design §7: start below a second, a thousand requests a second on one core.
START_SECONDS, PER_SECOND = 1.0, 1000


def token(running: Running, identity: Identity, audience: str) -> dict[str, str]:
    """The header that signs requests in, for an audience."""
    form = {
        "grant_type": "client_credentials",
        "client_id": identity.client_id,
        "client_secret": identity.client_secret,
        "scope": f"{audience}/.default",
    }
    url = f"https://login.microsoftonline.com/{identity.tenant_id}/oauth2/v2.0/token"
    proxies = {"https": running.proxy}
    answer = requests.post(url, data=form, proxies=proxies, verify=str(running.ca), timeout=30)
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def furnish(arm: Client, identity: Identity) -> str:
    """An account with a chat deployment, on which the caller may do everything; returns its id."""
    group = f"/subscriptions/{identity.subscriptions[0]}/resourceGroups/bench"
    account = f"{group}/providers/Microsoft.CognitiveServices/accounts/{NAME}"
    assignment = f"{account}/providers/Microsoft.Authorization/roleAssignments/{uuid.uuid4()}"
    model = {"format": "OpenAI", "name": "gpt-4.1-mini", "version": "2025-04-14"}
    role = f"/providers/Microsoft.Authorization/roleDefinitions/{OPENAI_CONTRIBUTOR}"
    bodies: dict[str, dict[str, Any]] = {
        f"{group}?api-version=2024-03-01": {"location": REGION},
        f"{account}?api-version=2025-06-01": {
            "location": REGION,
            "kind": "OpenAI",
            "sku": {"name": "S0"},
            "properties": {"customSubDomainName": NAME},
        },
        f"{account}/deployments/chat?api-version=2025-06-01": {
            "sku": {"name": "GlobalStandard", "capacity": 10},
            "properties": {"model": model},
        },
        f"{assignment}?api-version=2022-04-01": {
            "properties": {"roleDefinitionId": role, "principalId": identity.object_id, "principalType": "ServicePrincipal"}
        },
    }
    for path, body in bodies.items():
        arm.send("PUT", path, body)
    return account


def upload(running: Running, headers: dict[str, str]) -> None:
    """Puts files into the account."""
    line = json.dumps({"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]}) + "\n"
    for number in range(FILES):
        requests.post(
            f"https://{NAME}.openai.azure.com/openai/v1/files",
            data={"purpose": "fine-tune"},
            files={"file": (f"{number}.jsonl", line * 10)},
            headers=headers,
            proxies={"https": running.proxy},
            verify=str(running.ca),
            timeout=30,
        ).raise_for_status()


def requests_per_second(folder: Path, running: Running) -> dict[str, Rate]:
    """The rates of three requests: a resource, a list, a completion."""
    identity = Identity.load(folder)
    Door(running).settings(**dict.fromkeys(QUICK, 0))
    arm = Client(running, "management.azure.com", token(running, identity, "https://management.azure.com"))
    account = furnish(arm, identity)
    data = token(running, identity, "https://cognitiveservices.azure.com")
    upload(running, data)
    openai = Client(running, f"{NAME}.openai.azure.com", data)
    question = {"model": "chat", "messages": [{"role": "user", "content": "What is 2 plus 2?"}], "max_tokens": 20}
    openai.send("POST", "/openai/v1/chat/completions", question)  # loads the vocabulary, which is a matter of the first request alone
    return {
        "GET of an account": arm.rate("GET", f"{account}?{urlencode({'api-version': '2025-06-01'})}"),
        f"list of {FILES} files": openai.rate("GET", "/openai/v1/files"),
        "chat completion, 20 tokens": openai.rate("POST", "/openai/v1/chat/completions", question, count=500),
    }


def bare_rate(folder: Path) -> Rate:
    command = [sys.executable, "-m", "measuring.bare_server", str(folder)]
    with subprocess.Popen(command, cwd=Path(__file__).parent, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        told = json.loads(server.stdout.readline())
        try:
            return Client(Running(told["pid"], told["port"], Path(told["ca"])), "bare.local-azure.test", {}).rate("GET", "/")
        finally:
            server.terminate()


def start_times(folder: Path) -> tuple[Running, list[tuple[str, float, float]]]:
    """Starts local Azure in a new folder, stops it and starts it again; seconds and processor seconds of each start."""
    rows = []
    for name in ("first start in a folder", "start in a known folder"):
        process.stop(folder)
        begin = time.perf_counter()
        running = process.start(folder)
        rows.append((name, time.perf_counter() - begin, processor_seconds(running.pid)))
    return running, rows


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="local-azure-bench-") as place:
        folder = Path(place) / "azure"
        running, starts = start_times(folder)
        try:
            rates = requests_per_second(folder, running)
        finally:
            process.stop(folder)
        bare = bare_rate(Path(place))
    rows: list[tuple[Cell, ...]] = [(name, seconds, used, seconds / START_SECONDS) for name, seconds, used in starts]
    show(f"Start (target: below {START_SECONDS:g} s)", ("", "seconds", "processor s", "of the target"), rows)
    rows = [
        (name, rate.latency * 1e3, rate.slow * 1e3, rate.per_core, rate.per_core / PER_SECOND, rate.per_core / bare.per_core)
        for name, rate in {**rates, "bare server": bare}.items()
    ]
    heads = ("", "median ms", "slowest 1 % ms", "per s and core", "of the target", "of the bare server")
    show(f"Requests, one after another (target: {PER_SECOND:,} a second on one core)", heads, rows)


if __name__ == "__main__":
    main()
