"""From lines to a tally: plain lines in bulk, the others one by one."""

from __future__ import annotations

import hashlib
import zlib
from array import array
from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec

from finetune.datasets import conversations
from finetune.datasets.explain import BOM, Explainer
from finetune.datasets.findings import Case, Findings
from finetune.datasets.limits import Limits, Method, ModelRules
from finetune.datasets.plain import LANES, Assistant, Message, Shape, System, User
from finetune.datasets.reader import Block
from finetune.datasets.rules import vision
from finetune.datasets.rules.chat import SYSTEM_ROLES
from finetune.datasets.rules.values import shown
from finetune.datasets.tally import Tally
from finetune.datasets.tokens import PER_EXAMPLE, PER_MESSAGE, TokenCounter


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
    """Tallies the lines of a file, or of a part of it."""

    def __init__(self, options: Options):
        self._options = options
        self._lane = LANES[options.method]
        self._explain = Explainer(options.method, options.limits, options.fields)
        self._counter = TokenCounter(options.model.encoding if options.model else "o200k_base") if options.tokens else None
        self._limit = (options.model.example_tokens if options.model else None) or 0
        self._sound_shapes: dict[Shape, bool] = {}
        self._digests: dict[str, str] = {}
        self.tally = Tally(Findings(options.max_findings))

    def block(self, block: Block) -> None:
        """Tallies lines that follow each other."""
        lines, first, odd = block.lines, block.first, block.odd
        keys = [0] * len(lines)
        try:
            if self._options.fields:
                raise ValueError("what a grader reads is not looked at in the plain lane")
            examples = list(map(self._lane.decode, lines))
            slow: list[int] = []
            places: Sequence[int] = range(len(lines))
        except (ValueError, RecursionError):
            examples, places, slow = self._sorted_out(lines)
        if examples:
            slow += self._plain(lines, examples, places, keys, first, odd)
        for place in sorted(slow):
            keys[place] = self._patiently(lines[place], first + place, last=block.unended and place == len(lines) - 1)
        self.tally.lines += len(lines)
        if b"\r" in block.raw:
            self.tally.crlf += sum(line.endswith(b"\r") for line in lines)
        self.tally.keys += array("Q", keys).tobytes()

    def _sorted_out(self, lines: list[bytes]) -> tuple[list[Any], list[int], list[int]]:
        """Plain examples with their places, and the places of all other lines."""
        examples, places, slow = [], [], []
        for place, line in enumerate(lines):
            try:
                if self._options.fields:
                    raise ValueError
                examples.append(self._lane.decode(line))
                places.append(place)
            except (ValueError, RecursionError):
                slow.append(place)
        return examples, places, slow

    def _plain(self, lines: list[bytes], examples: list[Any], places: Sequence[int], keys: list[int], first: int, odd: bool) -> list[int]:
        """Tallies plain examples; gives back the places of those that need an explanation after all."""
        talks = list(map(self._lane.messages, examples))
        shapes = [tuple(map(type, talk)) for talk in talks]
        counted = Counter(shapes)
        suspects = self._suspects(lines, talks, shapes, counted, places, odd)
        if suspects:
            kept = [index for index in range(len(talks)) if index not in suspects]
            talks, shapes = [talks[index] for index in kept], [shapes[index] for index in kept]
            slow, places = [places[index] for index in suspects], [places[index] for index in kept]
            counted = Counter(shapes)
        else:
            slow = []
        self._shapes(talks, shapes, counted, places, first)
        if self._counter is None:
            self._weigh(lines, places, keys, first)
        else:
            self._count(self._counter, talks, places, keys, first, lines)
        return slow

    def _suspects(
        self, lines: list[bytes], talks: list[list[Message]], shapes: list[Shape], counted: Counter[Shape], places: Sequence[int], odd: bool
    ) -> set[int]:
        """Indices of examples that decoded well and may yet break a rule."""
        suspects: set[int] = set()
        if not all(map(self._is_sound, counted)):
            suspects |= {index for index, shape in enumerate(shapes) if not self._is_sound(shape)}
        if self._lane.pairs:
            suspects |= {index for index, talk in enumerate(talks) if talk[-1].content == talk[-2].content}
        if odd:
            suspects |= {index for index, place in enumerate(places) if BOM in lines[place]}
        if self._counter is not None:
            suspects |= {index for index, talk in enumerate(talks) if _is_odd(talk, lines[places[index]])}
        return suspects

    def _is_sound(self, shape: Shape) -> bool:
        known = self._sound_shapes.get(shape)
        if known is None:
            known = self._sound_shapes[shape] = self._lane.is_sound(shape)
        return known

    def _shapes(self, talks: list[list[Message]], shapes: list[Shape], counted: Counter[Shape], places: Sequence[int], first: int) -> None:
        tally = self.tally
        tally.examples += len(talks)
        tally.sound += len(talks)
        with_system = 0
        for shape, count in counted.items():
            tally.messages += len(shape) * count
            tally.turns += shape.count(User) * count
            with_system += count if shape[0] is System else 0
        tally.with_system += with_system
        if with_system:
            texts = Counter([talk[0].content for talk in talks if type(talk[0]) is System])
            for text, count in texts.items():
                tally.add_system(self._digest(text), count)
        if with_system < len(talks):
            line = first + next(place for place, shape in zip(places, shapes, strict=True) if shape[0] is not System)
            tally.add_without_system(line, len(talks) - with_system)

    def _digest(self, text: str) -> str:
        known = self._digests.get(text)
        if known is None:
            known = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
            if len(self._digests) < 1000:
                self._digests[text] = known
        return known

    def _weigh(self, lines: list[bytes], places: Sequence[int], keys: list[int], first: int) -> None:
        """Without tokens: sizes in bytes, and cheap keys."""
        tally = self.tally
        found = [lines[place] for place in places] if len(places) < len(lines) else lines
        sizes = list(map(len, found))
        _add_counts(tally.sizes, sizes)
        made = [zlib.crc32(line[:: 1 + (size >> 9)]) << 32 | size for line, size in zip(found, sizes, strict=True)]
        for place, key in zip(places, made, strict=True):
            keys[place] = key
        self._longest(sizes, places, first)

    def _longest(self, lengths: list[int], places: Sequence[int], first: int) -> None:
        tally = self.tally
        if not lengths:
            return
        least = tally.longest[-1][0] if len(tally.longest) == 10 else -1
        if max(lengths) > least:
            tally.add_longest([(length, first + place) for length, place in zip(lengths, places, strict=True) if length > least])

    def _count(
        self, counter: TokenCounter, talks: list[list[Message]], places: Sequence[int], keys: list[int], first: int, lines: list[bytes]
    ) -> None:
        """With tokens: what is billed, what is learnt, and keys that know equal conversations."""
        tally, text, repeated, trained_last = self.tally, counter.text, counter.repeated, self._lane.trained
        overhead = PER_MESSAGE + counter.repeated("user")
        lengths = []
        for talk, place in zip(talks, places, strict=True):
            total = PER_EXAMPLE + overhead * len(talk)
            said = []
            for message in talk:
                amount = repeated(message.content) if type(message) is System else text(message.content)
                said.append(amount)
            total += sum(said)
            trained = sum(amount for amount, message in zip(said, talk, strict=True) if type(message) is Assistant) if trained_last is None else 0
            if trained_last:
                trained = sum(said[-trained_last:])
            lengths.append(self._billed(total, trained, first + place))
            keys[place] = conversations.digest_of_text(
                conversations.MESSAGE_END.join([f"{message.ROLE}{conversations.ROLE_END}{message.content}" for message in talk])
            )
        _add_counts(tally.tokens, lengths)
        _add_counts(tally.sizes, [len(lines[place]) for place in places])
        self._longest(lengths, places, first)

    def _billed(self, total: int, trained: int, line: int) -> int:
        """Adds an example's tokens and says how many are billed: no more than the model's limit."""
        tally = self.tally
        tally.trained += trained
        if self._limit and total > self._limit:
            tally.cut += total - self._limit
            tally.findings.add(Case("example-too-long", "", {"tokens": f"{total:,}", "limit": f"{self._limit:,}"}), line)
            return self._limit
        return total

    def _patiently(self, line: bytes, number: int, *, last: bool) -> int:
        """Explains a line, tallies it if it is sound, and gives its key."""
        explained = self._explain(line, last=last)
        tally, example = self.tally, explained.example
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
        self.tally.estimated += any(_is_estimate(message) for message in messages)
        _add_counts(tally.sizes, [len(line)])
        if self._counter is None:
            self._longest([len(line)], [0], number)
            return zlib.crc32(line[:: 1 + (len(line) >> 9)]) << 32 | len(line)
        self._count_patiently(self._counter, example, messages, number)
        return conversations.digest(messages)

    def _count_patiently(self, counter: TokenCounter, example: dict[str, Any], messages: list[dict[str, Any]], number: int) -> None:
        counts = [counter.message(message) for message in messages]
        total = PER_EXAMPLE + sum(amount for amount, _ in counts) + counter.tools(conversations.tools_of(example, self._options.method))
        trained_last = self._lane.trained
        trained = sum(amount for _, amount in (counts if trained_last is None else counts[len(counts) - trained_last :]))
        billed = self._billed(total, trained, number)
        _add_counts(self.tally.tokens, [billed])
        self._longest([billed], [0], number)

    def _system(self, messages: list[dict[str, Any]], number: int) -> None:
        content = next((message["content"] for message in messages if message["role"] in SYSTEM_ROLES), None)
        if content is None:
            self.tally.add_without_system(number)
        else:
            self.tally.with_system += 1
            self.tally.add_system(self._digest(content if isinstance(content, str) else shown(content, 10_000)))

    def _images(self, messages: list[dict[str, Any]], number: int) -> None:
        count = sum(len(vision.images(message)) for message in messages)
        if not count:
            return
        self.tally.images += count
        self.tally.image_examples += 1
        model = self._options.model
        if model and not model.vision:
            self.tally.findings.add(Case("model-not-vision", "", {"model": model.name}), number)


def _is_odd(talk: list[Message], line: bytes) -> bool:
    """Whether keys are repeated in the line, or a mark is hidden in a text; too costly for the pass without tokens."""
    return line.count(b'"role"') != len(talk) or any("\ufeff" in message.content for message in talk)


def _is_estimate(message: dict[str, Any]) -> bool:
    """Tool calls and images are counted by rules that the service does not publish."""
    return bool(message.get("tool_calls") or message.get("function_call") or vision.images(message))


def _add_counts(counts: dict[int, int], values: list[int]) -> None:
    """Adds values to counts of values."""
    for value, count in Counter(values).items():
        counts[value] = counts.get(value, 0) + count
