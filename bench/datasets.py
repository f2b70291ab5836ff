"""How fast training data is examined: in ratios to a bare typed decode, to the bare tokenizer, and to the common validator loop.

Run: python bench/datasets.py [--mb 200]. Times on one core are processor time, so neighbours disturb them little.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import msgspec

from finetune.datasets import examine
from finetune.datasets.plain import Supervised
from finetune.datasets.tokens import tokenizer

_SYLLABLES = ["ta", "ri", "mo", "ne", "la", "si", "ko", "ver", "den", "pa", "lu", "in", "er", "an", "st", "qua", "fi", "ol", "ge", "to"]
_ENDS = (".",) * 40 + ("?", "!", ":\n", ",", "\n\n", ".\n") * 6 + (' "so".', " (2 + 3 = 5).", " 12.50.") * 4 + (" – né.",)
#: Ratio → what the project promises.
_PROMISED = {"typed decode": 0.6, "tokenizer": 0.9, "common loop": 5.0, "two cores": 1.6}


def generate(path: Path, size: int, seed: int = 7) -> None:
    """Chat examples of one to four turns, about 2 KB in the middle, until the file has ``size`` bytes."""
    draw = random.Random(seed)
    words = ["".join(draw.choices(_SYLLABLES, k=draw.randint(1, 3))) for _ in range(5000)]
    sentences = [" ".join(draw.choices(words, k=draw.randint(4, 16))).capitalize() + draw.choice(_ENDS) for _ in range(20_000)]
    system = {"role": "system", "content": "You are a patient tutor. Answer briefly, and show how you came to it."}
    written = number = 0
    with open(path, "w", encoding="utf-8") as file:
        while written < size:
            number += 1
            messages = [system]
            for _ in range(draw.choice((1, 1, 2, 3, 4))):
                messages.append({"role": "user", "content": f"{number}. " + " ".join(draw.choices(sentences, k=draw.randint(1, 10)))})
                messages.append({"role": "assistant", "content": " ".join(draw.choices(sentences, k=draw.randint(1, 16)))})
            written += file.write(json.dumps({"messages": messages}) + "\n")


def typed_decode(path: str) -> None:
    """The least that any typed reader does, with the fastest library at hand and the types that the examination uses."""
    decode = msgspec.json.Decoder(Supervised).decode
    with open(path, "rb") as file:
        for line in file:
            decode(line)


def common_loop(path: str) -> Counter[str]:
    """The checks of OpenAI's cookbook (data preparation for chat fine-tuning): json.loads for each line, then Python."""
    errors: Counter[str] = Counter()
    with open(path, encoding="utf-8") as file:
        for line in file:
            example = json.loads(line)
            if not isinstance(example, dict):
                errors["data_type"] += 1
                continue
            messages = example.get("messages", None)
            if not messages:
                errors["missing_messages_list"] += 1
                continue
            for message in messages:
                if "role" not in message or "content" not in message:
                    errors["message_missing_key"] += 1
                if any(key not in ("role", "content", "name", "function_call", "weight") for key in message):
                    errors["message_unrecognized_key"] += 1
                if message.get("role", None) not in ("system", "user", "assistant", "function"):
                    errors["unrecognized_role"] += 1
                content = message.get("content", None)
                function_call = message.get("function_call", None)
                if (not content and not function_call) or not isinstance(content, str):
                    errors["missing_content"] += 1
            if not any(message.get("role", None) == "assistant" for message in messages):
                errors["example_missing_assistant_message"] += 1
    return errors


def bare_tokenizer(path: str) -> float:
    """Seconds that counting all texts takes, without reading and decoding them."""
    decode, count, seconds = msgspec.json.Decoder(Supervised).decode, tokenizer("o200k_base").count, 0.0
    with open(path, "rb") as file:
        while lines := file.readlines(4 * 1024 * 1024):
            texts = [message.content for line in lines for message in decode(line).messages]
            start = time.process_time()
            for text in texts:
                count(text)
            seconds += time.process_time() - start
    return seconds


def _seconds(action: Callable[[], object]) -> float:
    start = time.process_time()
    action()
    return time.process_time() - start


def without_tokens(path: str) -> dict[str, float]:
    """The best of several turns, which take turns themselves, so that all meet the same weather."""
    actions: dict[str, Callable[[], object]] = {
        "typed": lambda: typed_decode(path),
        "examine": lambda: examine(path, tokens=False),
        "common": lambda: common_loop(path),
    }
    best = dict.fromkeys(actions, float("inf"))
    for turn in range(5):
        for name, action in actions.items():
            if name != "common" or turn < 2:
                best[name] = min(best[name], _seconds(action))
    return best


def with_tokens(path: str) -> dict[str, float]:
    """Part by part, now one and then the other, so that both meet the same weather."""
    seconds = {"bare": 0.0, "examine": 0.0}
    for part in _parts(Path(path)):
        seconds["bare"] += bare_tokenizer(str(part))
        seconds["examine"] += _seconds(partial(examine, part))
        part.unlink()
    return seconds


def _parts(path: Path) -> Iterator[Path]:
    """The file in pieces of whole lines, one after the other, of 10 MB."""
    with open(path, "rb") as file:
        while lines := file.readlines(10_000_000):
            part = path.with_name("part.jsonl")
            part.write_bytes(b"".join(lines))
            yield part


def memory(path: str, *, tokens: bool) -> dict[str, float]:
    """Peak megabytes of a process that does nothing else."""
    examine(path, tokens=tokens)
    return {"peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def cores(path: str) -> dict[str, float]:
    """Wall seconds with one and with two processes, tokens counted."""
    found = {}
    for workers in (1, 2):
        start = time.perf_counter()
        examine(path, workers=workers)
        found[str(workers)] = time.perf_counter() - start
    return found


_PARTS: dict[str, Callable[[str], dict[str, float]]] = {
    "without-tokens": without_tokens,
    "with-tokens": with_tokens,
    "memory-without-tokens": lambda path: memory(path, tokens=False),
    "memory-with-tokens": lambda path: memory(path, tokens=True),
    "cores": cores,
}


def _part(name: str, path: Path) -> dict[str, float]:
    """Runs one measurement in a process of its own; all but the last on one core."""
    made = subprocess.run([sys.executable, __file__, "--part", name, str(path)], check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(made.stdout)
    return found


def report(path: Path) -> None:
    size = path.stat().st_size / 1e6
    fast, slow = _part("without-tokens", path), _part("with-tokens", path)
    lean, full, parallel = _part("memory-without-tokens", path), _part("memory-with-tokens", path), _part("cores", path)
    rows = (
        ("without tokens", f"{size / fast['examine']:.0f} MB/s", fast["typed"] / fast["examine"], "typed decode", f"{size / fast['typed']:.0f} MB/s"),
        (
            "without tokens",
            f"{size / fast['examine']:.0f} MB/s",
            fast["common"] / fast["examine"],
            "common loop",
            f"{size / fast['common']:.0f} MB/s",
        ),
        ("with tokens", f"{size / slow['examine']:.1f} MB/s", slow["bare"] / slow["examine"], "tokenizer", f"{size / slow['bare']:.1f} MB/s"),
        (
            "two processes",
            f"{size / parallel['2']:.1f} MB/s",
            parallel["1"] / parallel["2"],
            "two cores",
            f"{size / parallel['1']:.1f} MB/s with one",
        ),
    )
    print(f"{size:.0f} MB of chat examples, {os.cpu_count()} cores")
    for name, speed, ratio, against, other in rows:
        print(f"  {name:15} {speed:>10}   {ratio:5.2f} of the {against} ({other}); promised {_PROMISED[against]}")
    print(f"  peak memory     {lean['peak']:.0f} MB without tokens (promised below 150), {full['peak']:.0f} MB with them (below 300)")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--mb", type=int, default=200)
    arguments.add_argument("--part", nargs=2, metavar=("NAME", "FILE"), help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.part:
        name, path = given.part
        if name != "cores" and hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
        print(json.dumps(_PARTS[name](path)))
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "data.jsonl"
        generate(path, given.mb * 1_000_000)
        report(path)


if __name__ == "__main__":
    main()
