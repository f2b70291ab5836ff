"""The fast lane: plain text examples, decoded by types that admit nothing a rule would object to.

An example that passes the decoder and whose shape (the types of its messages, in order) is sound needs no rule. All others go to
``explain``, which also knows how to say what is wrong. Fast means that there is no Python code per member, only per example.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Annotated, Any, ClassVar, NamedTuple

import msgspec
from msgspec import Meta, Struct

from finetune.datasets.limits import Method

_Text = Annotated[str, Meta(min_length=1)]


class System(Struct, gc=False, tag_field="role", tag="system", forbid_unknown_fields=True):
    content: _Text
    ROLE: ClassVar[str] = "system"


class User(Struct, gc=False, tag_field="role", tag="user", forbid_unknown_fields=True):
    content: _Text
    ROLE: ClassVar[str] = "user"


class Assistant(Struct, gc=False, tag_field="role", tag="assistant", forbid_unknown_fields=True):
    content: _Text
    ROLE: ClassVar[str] = "assistant"


Message = System | User | Assistant
Shape = tuple[type, ...]
_Messages = Annotated[list[Message], Meta(min_length=1)]
#: One answer, as in all data seen; an output with tool messages takes the other lane.
_Output = Annotated[list[Message], Meta(min_length=1, max_length=1)]


class Supervised(Struct, gc=False, forbid_unknown_fields=True):
    messages: _Messages


class Reinforcement(Struct, gc=False):
    """Further members are the grader's."""

    messages: _Messages
    tools: None = None
    functions: None = None
    parallel_tool_calls: None = None


class Input(Struct, gc=False, forbid_unknown_fields=True):
    messages: _Messages


class Preference(Struct, gc=False, forbid_unknown_fields=True):
    input: Input
    preferred_output: _Output
    non_preferred_output: _Output


class Lane(NamedTuple):
    """How the plain examples of a method are read.

    Args:
        decode: a line → the example; raises for all that is not plain.
        messages: the example → its messages in order.
        is_sound: whether messages of these types, in this order, break no rule.
        trained: how many of the last messages are trained; None: all of the assistant's.
        pairs: the last two messages must differ.
    """

    decode: Callable[[bytes], Any]
    messages: Callable[[Any], list[Message]]
    is_sound: Callable[[Shape], bool]
    trained: int | None
    pairs: bool = False


def _opens_well(shape: Shape) -> bool:
    return System not in shape[1:] and User in shape


def _preference_messages(example: Preference) -> list[Message]:
    return [*example.input.messages, example.preferred_output[0], example.non_preferred_output[0]]


LANES: dict[Method, Lane] = {
    "supervised": Lane(
        msgspec.json.Decoder(Supervised).decode,
        attrgetter("messages"),
        lambda shape: _opens_well(shape) and shape[-1] is Assistant,
        None,
    ),
    "dpo": Lane(
        msgspec.json.Decoder(Preference).decode,
        _preference_messages,
        lambda shape: _opens_well(shape[:-2]) and shape[-3] is not Assistant and shape[-2:] == (Assistant, Assistant),
        2,
        pairs=True,
    ),
    "reinforcement": Lane(
        msgspec.json.Decoder(Reinforcement).decode,
        attrgetter("messages"),
        lambda shape: _opens_well(shape) and shape[-1] is User,
        0,
    ),
}
