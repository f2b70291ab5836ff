"""From lines to a tally: plain lines in bulk, the others one by one."""

from __future__ import annotations

import hashlib
from array import array
from collections import Counter
from collections.abc import Sequence
from typing import Any
from zlib import crc32

import msgspec

from finetune.datasets import conversations
from finetune.datasets.explain import Explainer
from finetune.datasets.findings import Case, Findings
from finetune.datasets.limits import Limits, Method, ModelRules
from finetune.datasets.plain import LANES, Assistant, Message, Shape, System, User
from finetune.datasets.reader import Block
from finetune.datasets.rules import vision
from finetune.datasets.rules.chat import SYSTEM_ROLES
from finetune.datasets.rules.values import shown
from finetune.datasets.tally import LONGEST, SYSTEMS, Tally
from finetune.datasets.tokens import PER_EXAMPLE, PER_MESSAGE, TokenCounter

#: Examples that are put aside before they are counted.
_PENDING = 4000


class Options(msgspec.Struct, frozen=True):
    """How a file is examined; what a worker process is told, and part of the cache's key.

    Args:
        fields: members that the grader reads of each example.
    """

    method: Method = "supervised"
    model: ModelRules | None = None
    limits: Limits = msgspec.field(default_factory=Limits)
    tokens: bool = True
    max_findings: int = 100
    fields: tuple[str, ...] = ()


class Measure:
    """Tallies the lines of a file, or of a part of it.

    Blocks are small, to stay in the processor's cache, so what is done for each block is little: counters take all its shapes, sizes and
    system messages at once, and are summed up at the end.
    """

    def __init__(self, options: Options):
        self._options = options
        self._lane = LANES[options.method]
        self._explain = Explainer(options.method, options.limits, options.fields)
        self._counter = TokenCounter(options.model.encoding if options.model else "o200k_base") if options.tokens else None
        self._limit = (options.model.example_tokens if options.model else None) or 0
        self._numbers: dict[Shape, int] = {}
        self._shapes: Counter[int] = Counter()
        self._systems: set[str] = set()
        self._without_system: set[int] = set()
        self._sizes: Counter[int] = Counter()
        self._lengths: Counter[int] = Counter()
        self._keys = array("Q")
        self._pending: tuple[list[int], list[int]] = [], []
        self._least = -1
        self._tally = Tally(Findings(options.max_findings))

    def result(self) -> Tally:
        """The sums over all blocks; to be asked for once, at the end."""
        self._settle()
        tally = self._tally
        for shape, number in self._numbers.items():
            count = self._shapes[number]
            tally.examples += count
            tally.sound += count
            tally.messages += len(shape) * count
            tally.turns += shape.count(User) * count
            if shape[0] is System:
                tally.with_system += count
            else:
                tally.without_system += count
        for text in self._systems:
            tally.add_system(_digest(text))
        tally.sizes, tally.tokens, tally.keys = dict(self._sizes), dict(self._lengths), bytearray(self._keys.tobytes())
        return tally

    def block(self, block: Block) -> None:
        """Tallies lines that follow each other."""
        lines, first = block.lines, block.first
        keys = self._plain(lines, range(first, first + len(lines)))
        if keys is None:
            keys = [self._alone(line, number) for number, line in enumerate(lines, first)]
        self._keys.extend(keys)
        self._tally.lines += len(lines)
        if first == 1 or lines[0].endswith(b"\r\n") or lines[-1].endswith(b"\r\n"):
            self._tally.crlf += sum(line.endswith(b"\r\n") for line in lines)

    def _alone(self, line: bytes, number: int) -> int:
        """The key of a line from a block whose lines are not all plain."""
        keys = self._plain([line], [number])
        return self._patiently(line, number) if keys is None else keys[0]

    def _plain(self, lines: list[bytes], numbers: Sequence[int]) -> list[int] | None:
        """Tallies plain examples without a fault and gives their keys; None, and nothing is tallied, when one of them is not.

        Each example is looked at as soon as it is decoded, and let go, while it is in the processor's cache.
        """
        if self._options.fields:  # what a grader reads is not looked at in this lane
            return None
        known, pairs, keep = self._numbers.get, self._lane.pairs, self._counter is not None
        shapes: list[int] = []
        systems: set[str] = set()
        talks: list[list[Message]] = []
        try:
            for talk in map(self._lane.messages, map(self._lane.decode, lines)):
                shape = known(tuple(map(type, talk))) or self._number(tuple(map(type, talk)))
                if not shape or (pairs and talk[-1].content == talk[-2].content):
                    return None
                shapes.append(shape)
                opening = talk[0]
                if type(opening) is System:
                    systems.add(opening.content)
                if keep:
                    talks.append(talk)
        except (ValueError, RecursionError):
            return None
        if keep and any(map(_is_odd, talks, lines)):
            return None
        return self._tallied(lines, numbers, shapes, systems, talks)

    def _number(self, shape: Shape) -> int:
        """The number of a new shape; 0 when it is not sound."""
        if not self._lane.is_sound(shape):
            return 0
        number = self._numbers[shape] = len(self._numbers) + 1
        if shape[0] is not System:
            self._without_system.add(number)
        return number

    def _tallied(self, lines: list[bytes], numbers: Sequence[int], shapes: list[int], systems: set[str], talks: list[list[Message]]) -> list[int]:
        if len(self._systems) < SYSTEMS:
            self._systems |= systems
        if not self._tally.first_without_system and not self._without_system.isdisjoint(shapes):
            self._tally.add_without_system(next(line for line, shape in zip(numbers, shapes, strict=True) if shape in self._without_system), 0)
        sizes = list(map(len, lines))
        pending_shapes, pending_sizes = self._pending
        pending_shapes += shapes
        pending_sizes += sizes
        if len(pending_sizes) > _PENDING:
            self._settle()
        if self._counter is not None:
            return self._count(self._counter, talks, numbers)
        if max(sizes) > self._least:
            self._longest(sizes, numbers)
        # _cheap_key, written out: the call would cost as much as its work.
        return [crc32(line[-192:]) << 32 | size for line, size in zip(lines, sizes, strict=True)]

    def _settle(self) -> None:
        """Counts what blocks have put aside; in one go, since a counter's update costs much for few values."""
        shapes, sizes = self._pending
        self._shapes.update(shapes)
        self._sizes.update(sizes)
        self._pending = [], []

    def _longest(self, lengths: list[int], numbers: Sequence[int]) -> None:
        longest = [(length, line) for length, line in zip(lengths, numbers, strict=True) if length > self._least]
        self._tally.add_longest(longest)
        if len(self._tally.longest) == LONGEST:
            self._least = self._tally.longest[-1][0]

    def _count(self, counter: TokenCounter, talks: list[list[Message]], numbers: Sequence[int]) -> list[int]:
        """With tokens: what is billed, what is learnt, and keys that know equal conversations."""
        text, repeated, trained_last = counter.text, counter.repeated, self._lane.trained
        overhead = PER_MESSAGE + counter.repeated("user")
        lengths, keys = [], []
        for talk, number in zip(talks, numbers, strict=True):
            said = [repeated(message.content) if type(message) is System else text(message.content) for message in talk]
            if trained_last is None:
                trained = sum([amount for amount, message in zip(said, talk, strict=True) if type(message) is Assistant])
            else:
                trained = sum(said[len(said) - trained_last :])
            lengths.append(self._billed(PER_EXAMPLE + overhead * len(talk) + sum(said), trained, number))
            keys.append(conversations.digest_of_plain(talk))
        self._lengths.update(lengths)
        self._longest(lengths, numbers)
        return keys

    def _billed(self, total: int, trained: int, line: int) -> int:
        """Adds an example's tokens and says how many are billed: no more than the model's limit."""
        tally = self._tally
        tally.trained += trained
        if self._limit and total > self._limit:
            tally.cut += total - self._limit
            tally.findings.add(Case("example-too-long", "", {"tokens": f"{total:,}", "limit": f"{self._limit:,}"}), line)
            return self._limit
        return total

    def _patiently(self, line: bytes, number: int) -> int:
        """Explains a line, tallies it if it is sound, and gives its key."""
        explained = self._explain(line)
        tally, example = self._tally, explained.example
        tally.findings.extend(explained.cases, number)
        if example is None:
            return 0
        tally.examples += 1
        if not explained.sound:
            return 0
        messages = conversations.messages_of(example, self._options.method)
        tally.sound += 1
        tally.messages += len(messages)
        tally.turns += sum(message["role"] == "user" for message in messages)
        self._system(messages, number)
        self._images(messages, number)
        self._tally.estimated += any(_is_estimate(message) for message in messages)
        self._sizes[len(line)] += 1
        if self._counter is None:
            self._longest([len(line)], [number])
            return _cheap_key(line)
        self._count_patiently(self._counter, example, messages, number)
        return conversations.digest(messages)

    def _count_patiently(self, counter: TokenCounter, example: dict[str, Any], messages: list[dict[str, Any]], number: int) -> None:
        counts = [counter.message(message) for message in messages]
        total = PER_EXAMPLE + sum(amount for amount, _ in counts) + counter.tools(conversations.tools_of(example, self._options.method))
        trained_last = self._lane.trained
        trained = sum(amount for _, amount in (counts if trained_last is None else counts[len(counts) - trained_last :]))
        billed = self._billed(total, trained, number)
        self._lengths[billed] += 1
        self._longest([billed], [number])

    def _system(self, messages: list[dict[str, Any]], number: int) -> None:
        content = next((message["content"] for message in messages if message["role"] in SYSTEM_ROLES), None)
        if content is None:
            self._tally.add_without_system(number)
        else:
            self._tally.with_system += 1
            self._tally.add_system(_digest(content if isinstance(content, str) else shown(content, 10_000)))

    def _images(self, messages: list[dict[str, Any]], number: int) -> None:
        count = sum(len(vision.images(message)) for message in messages)
        if not count:
            return
        self._tally.images += count
        self._tally.image_examples += 1
        model = self._options.model
        if model and not model.vision:
            self._tally.findings.add(Case("model-not-vision", "", {"model": model.name}), number)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _is_odd(talk: list[Message], line: bytes) -> bool:
    """Whether keys are repeated in the line, or a mark is hidden in a text; too costly for the pass without tokens."""
    return line.count(b'"role"') != len(talk) or any("\ufeff" in message.content for message in talk)


def _is_estimate(message: dict[str, Any]) -> bool:
    """Tool calls and images are counted by rules that the service does not publish."""
    return bool(message.get("tool_calls") or message.get("function_call") or vision.images(message))


def _cheap_key(line: bytes) -> int:
    """64 bits from the end of the line and its length: equal lines have equal keys, and others nearly always different ones."""
    return crc32(line[-192:]) << 32 | len(line)
