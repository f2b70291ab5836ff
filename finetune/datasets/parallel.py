"""Several processes read parts of one file at the same time. They are plain child processes that read requests from a pipe:
no fork of a process with threads, no second import of anybody's main program.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import IO, BinaryIO

import msgspec

from finetune.datasets.findings import Findings
from finetune.datasets.measure import Measure, Options
from finetune.datasets.reader import blocks
from finetune.datasets.tally import Tally
from finetune.errors import FinetuneError

#: Bytes of a part; small enough that progress is seen and no process waits long for the others at the end.
_PART = 4 * 1024 * 1024


class Part(msgspec.Struct, frozen=True):
    """A part of a file, whole lines: bytes from ``offset``, ``first`` being the number of its first line."""

    offset: int
    length: int
    first: int


def measure(
    file: BinaryIO,
    path: str,
    options: Options,
    update: Callable[[bytes | memoryview], None],
    size: int,
    progress: Callable[[int, int], None] | None,
    workers: int,
) -> Tally:
    """Tallies a file with several processes; this one only hashes it and hands out parts.

    Args:
        update: given all bytes in order.

    Raises:
        FinetuneError: a worker died.
    """
    crew = [_Worker(path, options) for _ in range(workers)]
    total = Tally(Findings(options.max_findings))
    waiting: list[_Worker] = []
    done = 0
    try:
        for index, part in enumerate(_parts(file, update)):
            worker = crew[index % workers]
            if len(waiting) == 2 * workers:
                total.absorb(waiting.pop(0).answer())
            worker.ask(part)
            waiting.append(worker)
            done += part.length
            if progress:
                progress(done, size)
        for worker in waiting:
            total.absorb(worker.answer())
    finally:
        for worker in crew:
            worker.close()
    return total


def _parts(file: BinaryIO, update: Callable[[bytes | memoryview], None]) -> Iterator[Part]:
    """Cuts at line feeds. A part grows as long as there is none."""
    offset = length = 0
    first = 1
    while raw := file.read(_PART):
        update(raw)
        end = raw.rfind(b"\n") + 1
        if not end:
            length += len(raw)
            continue
        yield Part(offset, length + end, first)
        first += raw.count(b"\n")
        offset, length = offset + length + end, len(raw) - end
    if length:
        yield Part(offset, length, first)


class _Worker:
    """A child process and the pipes to it; answers come in the order of the questions."""

    def __init__(self, path: str, options: Options):
        self._child = subprocess.Popen(
            [sys.executable, "-c", "from finetune.datasets.parallel import work; work()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(place for place in sys.path if place)},
        )
        self._say(msgspec.msgpack.encode((os.path.abspath(path), options)))

    def ask(self, part: Part) -> None:
        self._say(msgspec.msgpack.encode(part))

    def _say(self, message: bytes) -> None:
        assert self._child.stdin is not None
        self._child.stdin.write(len(message).to_bytes(8, "big") + message)
        self._child.stdin.flush()

    def answer(self) -> Tally:
        assert self._child.stdout is not None
        message = _heard(self._child.stdout)
        if message is None:
            raise FinetuneError("a process that examined a part of the file died", "it may have run out of memory", "try again with one worker")
        return msgspec.msgpack.decode(message, type=Tally)

    def close(self) -> None:
        self._child.kill()
        self._child.communicate()


def _heard(pipe: IO[bytes]) -> bytes | None:
    length = pipe.read(8)
    if len(length) < 8:
        return None
    return pipe.read(int.from_bytes(length, "big"))


def work() -> None:
    """The life of a worker: options first, then parts, a tally for each, until its input ends."""
    questions, answers = sys.stdin.buffer, sys.stdout.buffer
    opening = _heard(questions)
    if opening is None:
        return
    path, options = msgspec.msgpack.decode(opening, type=tuple[str, Options])
    with open(path, "rb", buffering=0) as file:
        while (question := _heard(questions)) is not None:
            part = msgspec.msgpack.decode(question, type=Part)
            file.seek(part.offset)
            worker = Measure(options)
            for block in blocks(file, options.limits.line_bytes, length=part.length, first=part.first):
                worker.block(block)
            answer = msgspec.msgpack.encode(worker.result())
            answers.write(len(answer).to_bytes(8, "big") + answer)
            answers.flush()
