"""Preference and reinforcement data, graders, and images."""

from __future__ import annotations

import base64
import struct
import zlib
from typing import Any

from tests.unit.datasets.corpus.making import ASKED, Case, preference, talk


def _dpo(name: str, example: Any, *codes: str) -> Case:
    return Case(name, example, codes, method="dpo")


def _without(example: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in example.items() if name != key}


_PAIR = preference([ASKED], "Yes.", "No.")

PREFERENCE: tuple[Case, ...] = (
    _dpo("a pair", _PAIR),
    _dpo("a pair with a system message", preference([("system", "Be kind."), ASKED], "Yes.", "No.")),
    _dpo("turns before", preference([ASKED, "Which?", ASKED], "Yes.", "No.")),
    _dpo("no input", _without(_PAIR, "input"), "input-missing"),
    _dpo("input is text", {**_PAIR, "input": "hi"}, "input-type"),
    _dpo("input is a list", {**_PAIR, "input": [{"role": "user", "content": "hi"}]}, "input-type"),
    _dpo("input without messages", {**_PAIR, "input": {}}, "messages-missing"),
    _dpo("input with no messages", {**_PAIR, "input": {"messages": []}}, "messages-empty"),
    _dpo("input ends with the assistant", preference([ASKED, "Yes?"], "Yes.", "No."), "input-ends-with-assistant"),
    _dpo("input without a user", preference([("system", "Write.")], "Yes.", "No."), "user-missing"),
    _dpo("misspelt role in the input", preference([{"role": "usr", "content": "x"}, ASKED], "Yes.", "No."), "role-unknown"),
    _dpo("no preferred output", _without(_PAIR, "preferred_output"), "output-missing"),
    _dpo("no other output", _without(_PAIR, "non_preferred_output"), "output-missing"),
    _dpo("output is text", {**_PAIR, "preferred_output": "Yes."}, "output-type"),
    _dpo("output is a message", {**_PAIR, "preferred_output": {"role": "assistant", "content": "x"}}, "output-type"),
    _dpo("output is empty", {**_PAIR, "non_preferred_output": []}, "output-empty"),
    _dpo("output from the user", preference([ASKED], [{"role": "user", "content": "x"}], "No."), "output-role"),
    _dpo("output with no content", preference([ASKED], [{"role": "assistant"}], "No."), "content-missing"),
    _dpo("empty output text", preference([ASKED], "", "No."), "content-empty"),
    _dpo("the same twice", preference([ASKED], "Yes.", "Yes."), "outputs-identical"),
    _dpo("the same with weights", preference([ASKED], *[[{"role": "assistant", "content": "x", "weight": 1}]] * 2), "outputs-identical"),
    _dpo("an output of two messages", preference([ASKED], [{"role": "assistant", "content": "x"}] * 2, "No.")),
    _dpo("further member", {**_PAIR, "score": 3}, "example-member-unknown"),
    _dpo("supervised data", talk(ASKED, "Yes."), "wrong-method"),
    _dpo("an empty object", {}, "input-missing", "output-missing"),
)

_TOOL = {"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {"at": {"type": "string"}}}}}


def _calling(name: Any = "look", arguments: Any = '{"at": "it"}', identity: Any = "call_2") -> dict[str, Any]:
    call = {"id": identity, "type": "function", "function": {"name": name, "arguments": arguments}}
    return {"role": "assistant", "tool_calls": [call]}


def _with_tools(*preferred: Any, before: tuple[Any, ...] = ()) -> dict[str, Any]:
    made = preference([ASKED, *before], list(preferred), "No.")
    return {**made, "input": {**made["input"], "tools": [_TOOL]}}


PREFERENCE_TOOLS: tuple[Case, ...] = (
    _dpo("a call as output", _with_tools(_calling())),
    _dpo(
        "call, answer and reply as output",
        _with_tools(_calling(), {"role": "tool", "tool_call_id": "call_2", "content": "x"}, {"role": "assistant", "content": "y"}),
    ),
    _dpo(
        "an output that begins with the answer to an earlier call",
        _with_tools(
            {"role": "tool", "tool_call_id": "call_1", "content": "x"}, {"role": "assistant", "content": "y"}, before=(_calling(identity="call_1"),)
        ),
    ),
    _dpo("a call of nothing defined as output", _with_tools(_calling(name="hear")), "tool-call-undefined"),
    _dpo("a call with cut arguments as output", _with_tools(_calling(arguments="{")), "arguments-json"),
    _dpo("a number in the place of calls as output", _with_tools({"role": "assistant", "tool_calls": 5}), "tool-calls-type"),
    _dpo("a number in the place of a call as output", _with_tools({"role": "assistant", "tool_calls": [5]}), "tool-call-type"),
    _dpo("a tool that is damaged", {**_PAIR, "input": {**_PAIR["input"], "tools": [5]}}, "tool-type"),
)

_CHECK = {"type": "string_check", "name": "same", "input": "{{sample.output_text}}", "reference": "{{item.answer}}", "operation": "eq"}
_SIMILAR = {
    "type": "text_similarity",
    "name": "near",
    "input": "{{ sample.output_text }}",
    "reference": "{{item.answer}}",
    "evaluation_metric": "bleu",
}
_MODEL = {"type": "score_model", "name": "judge", "model": "gpt-4o-2024-08-06", "input": [{"role": "user", "content": "Rate {{sample.output_text}}"}]}
_PYTHON = {"type": "python", "name": "code", "source": "def grade(sample, item):\n    return float(item['answer'] in sample['output_text'])\n"}
_MULTI = {"type": "multi", "name": "all", "graders": {"a": _CHECK, "b": _SIMILAR}, "calculate_output": "0.5 * a + max(b, 0.1)"}


def _rft(name: str, example: Any, *codes: str, grader: dict[str, Any] | None = None) -> Case:
    return Case(name, example, codes, method="reinforcement", grader=grader)


def _graded(name: str, grader: dict[str, Any], *codes: str) -> Case:
    """Good data with an odd grader."""
    example = {"messages": [{"role": "user", "content": "What is it?"}], "answer": "x"}
    return Case(name, example, method="reinforcement", grader=grader, expected=frozenset((code, None) for code in codes))


_QUESTION = {"messages": [{"role": "user", "content": "What is it?"}]}

REINFORCEMENT: tuple[Case, ...] = (
    _rft("a question", _QUESTION),
    _rft("a question with an answer for the grader", {**_QUESTION, "answer": "that"}),
    _rft("turns before the question", talk(ASKED, "Which?", ASKED)),
    _rft("ends with the assistant", talk(ASKED, "That."), "last-not-user"),
    _rft("ends with the system", talk(ASKED, ("system", "x")), "last-not-user", "system-not-first"),
    _rft("no messages", {"answer": "x"}, "messages-missing"),
    _rft("preference data", preference([ASKED], "a", "b"), "wrong-method"),
    _rft("the grader's member is there", {**_QUESTION, "answer": "x"}, grader=_CHECK),
    _rft("the grader's member is missing", _QUESTION, "grader-field-missing", grader=_CHECK),
    _rft("the grader's member is missing in code", _QUESTION, "grader-field-missing", grader=_PYTHON),
    _rft("the grader's member is missing in one of several", _QUESTION, "grader-field-missing", grader=_MULTI),
    _graded("every type", {**_MULTI, "graders": {"a": _CHECK, "b": _SIMILAR, "c": _MODEL, "d": _PYTHON}}),
    _graded("no type", {"name": "x"}, "grader-type"),
    _graded("unknown type", {**_CHECK, "type": "regex"}, "grader-type"),
    _graded("no reference", _without(_CHECK, "reference"), "grader-member"),
    _graded("no name", _without(_CHECK, "name"), "grader-member"),
    _graded("unknown operation", {**_CHECK, "operation": "equals"}, "grader-operation"),
    _graded("unknown metric", {**_SIMILAR, "evaluation_metric": "cider"}, "grader-operation"),
    _graded("no model", _without(_MODEL, "model"), "grader-member"),
    _graded("unknown model", {**_MODEL, "model": "gpt-2"}, "grader-model"),
    _graded("input as text for a model", {**_MODEL, "input": "Rate it"}, "grader-member"),
    _graded("range the wrong way round", {**_MODEL, "range": [1, 0]}, "grader-member"),
    _graded("range", {**_MODEL, "range": [0, 10]}),
    _graded("code that does not compile", {**_PYTHON, "source": "def grade(:"}, "grader-code"),
    _graded("code without the function", {**_PYTHON, "source": "x = 1"}, "grader-code"),
    _graded("code too large", {**_PYTHON, "source": "def grade(sample, item): return 1\n" + "#" * 300_000}, "grader-code-size"),
    _graded("template of nothing", {**_CHECK, "input": "{{ output }}"}, "grader-template"),
    _graded("template of an unknown sample", {**_CHECK, "input": "{{ sample.text }}"}, "grader-template"),
    _graded("template in brackets", {**_CHECK, "reference": "{{ item['answer'] }}"}),
    _graded("formula of nothing", {**_MULTI, "calculate_output": "a + c"}, "grader-formula"),
    _graded("graders in a list", {**_MULTI, "graders": [_CHECK], "calculate_output": "1"}, "grader-member"),
    _graded("several in several", {**_MULTI, "graders": {"a": _MULTI}, "calculate_output": "a"}, "grader-nested"),
    _graded("further member", {**_CHECK, "weight": 1}, "grader-member-unknown"),
)


def _png(mode: int = 2, width: int = 4, height: int = 4) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, mode, 0, 0, 0)) + chunk(b"IEND", b"")


def _jpeg(components: int = 3) -> bytes:
    return b"\xff\xd8\xff\xe0\0\x04\0\0\xff\xc0\0\x11\x08\0\x10\0\x20" + bytes([components]) + b"\0" * 12


_WEBP = b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\x0f\0\0\x0f\0\0"


def _uri(data: bytes, kind: str = "image/png") -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def _image(url: Any, **members: Any) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url, **members}}


def _seen(*parts: Any) -> dict[str, Any]:
    return talk({"role": "user", "content": [{"type": "text", "text": "What is it?"}, *parts]}, "A square.")


VISION: tuple[Case, ...] = (
    Case("address", _seen(_image("https://example.com/a.png"))),
    Case("png", _seen(_image(_uri(_png())))),
    Case("png with alpha", _seen(_image(_uri(_png(6))))),
    Case("jpeg", _seen(_image(_uri(_jpeg(), "image/jpeg")))),
    Case("jpeg as jpg", _seen(_image(_uri(_jpeg(), "image/jpg")))),
    Case("webp", _seen(_image(_uri(_WEBP, "image/webp")))),
    Case("detail", _seen(_image("https://example.com/a.png", detail="low"))),
    Case("unknown detail", _seen(_image("https://example.com/a.png", detail="medium")), ("image-detail",)),
    Case("image of the assistant", talk(ASKED, {"role": "assistant", "content": [_image("https://example.com/a.png")]}), ("image-role",)),
    Case("image of the system", talk({"role": "system", "content": [_image("https://example.com/a.png")]}, ASKED, "x"), ("image-role",)),
    Case("address as text", _seen({"type": "image_url", "image_url": "https://example.com/a.png"}), ("image-url",)),
    Case("no address", _seen({"type": "image_url", "image_url": {}}), ("image-url",)),
    Case("nothing but the type", _seen({"type": "image_url"}), ("image-url",)),
    Case("address is a number", _seen(_image(4)), ("image-url",)),
    Case("file on a disk", _seen(_image("file:///a.png")), ("image-scheme",)),
    Case("storage address", _seen(_image("az://container/a.png")), ("image-scheme",)),
    Case("path", _seen(_image("images/a.png")), ("image-scheme",)),
    Case("data without base64", _seen(_image("data:image/png,abc")), ("image-data-uri",)),
    Case("data without a comma", _seen(_image("data:image/png;base64")), ("image-data-uri",)),
    Case("damaged base64", _seen(_image("data:image/png;base64,$$$$")), ("image-data-uri",)),
    Case("cut base64", _seen(_image(_uri(_png())[:-1])), ("image-data-uri",)),
    Case("no image in the data", _seen(_image(_uri(b"hello world!"))), ("image-data-uri",)),
    Case("gif", _seen(_image(_uri(b"GIF89a" + b"\0" * 20, "image/gif"))), ("image-format",)),
    Case("gif that says png", _seen(_image(_uri(b"GIF89a" + b"\0" * 20))), ("image-format",)),
    Case("svg", _seen(_image(_uri(b"<svg></svg>\n", "image/svg+xml"))), ("image-format",)),
    Case("jpeg that says png", _seen(_image(_uri(_jpeg()))), ("image-content",)),
    Case("grey png", _seen(_image(_uri(_png(0)))), ("image-mode",)),
    Case("png with a palette", _seen(_image(_uri(_png(3)))), ("image-mode",)),
    Case("grey jpeg", _seen(_image(_uri(_jpeg(1), "image/jpeg"))), ("image-mode",)),
    Case("jpeg for print", _seen(_image(_uri(_jpeg(4), "image/jpeg"))), ("image-mode",)),
    Case("too large", _seen(_image(_uri(_png() + b"\0" * (10 * 1024 * 1024 + 3)))), ("image-too-large",)),
    Case("64 images", _seen(*[_image("https://example.com/a.png")] * 64)),
    Case("65 images", _seen(*[_image("https://example.com/a.png")] * 65), ("images-too-many",)),
)
