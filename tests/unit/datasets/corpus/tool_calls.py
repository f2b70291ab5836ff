"""Tools, calls, answers, and the older functions."""

from __future__ import annotations

from typing import Any

from tests.unit.datasets.corpus.making import ASKED, Case, talk

_SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer"}, "unit": {"enum": ["C", "F"]}},
    "required": ["city"],
}
_TOOL = {"type": "function", "function": {"name": "weather", "description": "The weather.", "parameters": _SCHEMA}}


def _tool(**members: Any) -> dict[str, Any]:
    return {"type": "function", "function": {**_TOOL["function"], **members}}  # type: ignore[dict-item]


def _call(arguments: Any = '{"city": "Oslo"}', name: Any = "weather", **members: Any) -> dict[str, Any]:
    return {"id": "call_1", "type": "function", "function": {"name": name, "arguments": arguments}, **members}


def _calls(*calls: Any, **members: Any) -> dict[str, Any]:
    return {"role": "assistant", "tool_calls": list(calls), **members}


def _answer(identity: Any = "call_1", **members: Any) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": identity, "content": "rain", **members}


def _with(*messages: Any, tools: Any = (_TOOL,), **members: Any) -> dict[str, Any]:
    return talk(ASKED, *messages, tools=list(tools) if isinstance(tools, tuple) else tools, **members)


def _defined(tools: Any) -> dict[str, Any]:
    return talk(ASKED, "It rains.", tools=tools)


_FUNCTION = {"name": "weather", "parameters": _SCHEMA}


def _legacy(call: Any, functions: Any = (_FUNCTION,)) -> dict[str, Any]:
    return talk(ASKED, {"role": "assistant", "content": None, "function_call": call}, functions=list(functions))


CASES: tuple[Case, ...] = (
    Case("a call", _with(_calls(_call()))),
    Case("a call with content", _with(_calls(_call(), content="One moment."))),
    Case("a call with null content", _with(_calls(_call(), content=None))),
    Case("call, answer, reply", _with(_calls(_call()), _answer(), "It rains.")),
    Case("two calls, answers in another order", _with(_calls(_call(), _call(id="b")), _answer("b"), _answer(), "Rain.")),
    Case("tools that nobody calls", _with("No need.")),
    Case("tool without parameters", _defined([{"type": "function", "function": {"name": "now"}}])),
    Case("tool with empty parameters", _defined([_tool(parameters={})])),
    Case("calls switched to one at a time", _with(_calls(_call()), parallel_tool_calls=False)),
    Case("parallel calls as text", _with(_calls(_call()), parallel_tool_calls="no"), ("parallel-tool-calls",)),
    Case("tools is an object", _defined({"weather": {}}), ("tools-type",)),
    Case("tools is text", _defined("weather"), ("tools-type",)),
    Case("no tools in the list", _defined([]), ("tools-empty",)),
    Case("too many tools", _defined([_tool(name=f"tool_{number}") for number in range(129)]), ("tools-too-many",)),
    Case("as many tools as allowed", _defined([_tool(name=f"tool_{number}") for number in range(128)])),
    Case("tool is text", _defined(["weather"]), ("tool-type",)),
    Case("tool without its wrapping", _defined([_FUNCTION]), ("tool-type",)),
    Case("tool of another type", _defined([{"type": "retrieval"}]), ("tool-type",)),
    Case("function is text", _defined([{"type": "function", "function": "weather"}]), ("tool-type",)),
    Case("tool without a name", _defined([{"type": "function", "function": {"parameters": _SCHEMA}}]), ("tool-name",)),
    Case("name with a dot", _defined([_tool(name="get.weather")]), ("tool-name",)),
    Case("name too long", _defined([_tool(name="a" * 65)]), ("tool-name",)),
    Case("name is a number", _defined([_tool(name=4)]), ("tool-name",)),
    Case("tool twice", _defined([_TOOL, _TOOL]), ("tool-repeated",)),
    Case("description is a list", _defined([_tool(description=["a"])]), ("tool-description",)),
    Case("parameters are a list", _defined([_tool(parameters=[])]), ("tool-parameters",)),
    Case("parameters are of type string", _defined([_tool(parameters={"type": "string"})]), ("tool-parameters",)),
    Case("unknown type in parameters", _defined([_tool(parameters={"type": "object", "properties": {"a": {"type": "text"}}})]), ("tool-parameters",)),
    Case("type is a number in parameters", _defined([_tool(parameters={"type": "object", "properties": {"a": {"type": 1}}})]), ("tool-parameters",)),
    Case("properties are a list", _defined([_tool(parameters={"type": "object", "properties": ["a"]})]), ("tool-parameters",)),
    Case("property is text", _defined([_tool(parameters={"type": "object", "properties": {"a": "string"}})]), ("tool-parameters",)),
    Case("required is true", _defined([_tool(parameters={"type": "object", "properties": {}, "required": True})]), ("tool-parameters",)),
    Case("enum is text", _defined([_tool(parameters={"type": "object", "properties": {"a": {"enum": "x"}}})]), ("tool-parameters",)),
    Case("calls are null", _with({"role": "assistant", "content": "x", "tool_calls": None})),
    Case("calls are empty", _with({"role": "assistant", "content": "x", "tool_calls": []}), ("tool-calls-type",)),
    Case("calls are an object", _with({"role": "assistant", "content": "x", "tool_calls": _call()}), ("tool-calls-type",)),
    Case("the user calls", talk({"role": "user", "content": "x", "tool_calls": [_call()]}, "y", tools=[_TOOL]), ("tool-calls-role",)),
    Case("call is text", _with(_calls("weather")), ("tool-call-type",)),
    Case("call without type", _with(_calls({"id": "a", "function": {"name": "weather", "arguments": "{}"}})), ("tool-call-type",)),
    Case("call without function", _with(_calls({"id": "a", "type": "function"})), ("tool-call-type",)),
    Case("call without id", _with(_calls({"type": "function", "function": {"name": "weather", "arguments": '{"city": "x"}'}})), ("tool-call-id",)),
    Case("empty id", _with(_calls(_call(id=""))), ("tool-call-id",)),
    Case("id is a number", _with(_calls(_call(id=1))), ("tool-call-id",)),
    Case("id twice in a message", _with(_calls(_call(), _call())), ("tool-call-id-repeated",)),
    Case("id twice in a talk", _with(_calls(_call()), _answer(), _calls(_call())), ("tool-call-id-repeated",)),
    Case("call of nothing defined", _with(_calls(_call(name="time"))), ("tool-call-undefined",)),
    Case("call without tools", talk(ASKED, _calls(_call())), ("tool-call-undefined",)),
    Case("call without a name", _with(_calls(_call(name=None))), ("tool-name",)),
    Case("arguments are an object", _with(_calls(_call({"city": "Oslo"}))), ("arguments-type",)),
    Case("arguments are missing", _with(_calls({"id": "a", "type": "function", "function": {"name": "weather"}})), ("arguments-type",)),
    Case("arguments are empty", _with(_calls(_call(""))), ("arguments-json",)),
    Case("arguments are cut", _with(_calls(_call('{"city": "Os'))), ("arguments-json",)),
    Case("arguments are a list", _with(_calls(_call('["Oslo"]'))), ("arguments-json",)),
    Case("arguments in single quotes", _with(_calls(_call("{'city': 'Oslo'}"))), ("arguments-json",)),
    Case("arguments lack a member", _with(_calls(_call('{"days": 3}'))), ("arguments-schema",)),
    Case("arguments have another type", _with(_calls(_call('{"city": 3}'))), ("arguments-schema",)),
    Case("a fraction for an integer", _with(_calls(_call('{"city": "Oslo", "days": 1.5}'))), ("arguments-schema",)),
    Case("a whole fraction for an integer", _with(_calls(_call('{"city": "Oslo", "days": 2.0}')))),
    Case("none of the choices", _with(_calls(_call('{"city": "Oslo", "unit": "K"}'))), ("arguments-schema",)),
    Case("a further member", _with(_calls(_call('{"city": "Oslo", "more": 1}')))),
    Case(
        "a further member that is excluded",
        _with(_calls(_call('{"city": "Oslo", "more": 1}')), tools=(_tool(parameters={**_SCHEMA, "additionalProperties": False}),)),
        ("arguments-schema",),
    ),
    Case("answer without id", _with(_calls(_call()), {"role": "tool", "content": "rain"}, "Rain."), ("tool-answer-id", "tool-call-unanswered")),
    Case("answer to another call", _with(_calls(_call()), _answer("call_2"), "Rain."), ("tool-answer-unasked", "tool-call-unanswered")),
    Case("answer to nothing", talk(ASKED, _answer(), "Rain."), ("tool-answer-unasked",)),
    Case("answer without content", _with(_calls(_call()), {"role": "tool", "tool_call_id": "call_1"}, "Rain."), ("content-missing",)),
    Case("call without an answer", _with(_calls(_call()), "Rain."), ("tool-call-unanswered",)),
    Case("one of two calls without an answer", _with(_calls(_call(), _call(id="b")), _answer("b"), "Rain."), ("tool-call-unanswered",)),
    Case("ends with an answer of a tool", _with(_calls(_call()), _answer()), ("last-not-assistant",)),
    Case("functions", _legacy({"name": "weather", "arguments": '{"city": "Oslo"}'}), ("functions-legacy",)),
    Case("function call is text", _legacy("weather"), ("functions-legacy", "tool-call-type")),
    Case("function call of nothing defined", _legacy({"name": "time", "arguments": "{}"}), ("functions-legacy", "tool-call-undefined")),
    Case("function call with wrong arguments", _legacy({"name": "weather", "arguments": "{"}), ("functions-legacy", "arguments-json")),
    Case(
        "the user calls a function",
        talk({"role": "user", "content": "x", "function_call": {"name": "weather", "arguments": "{}"}}, "y"),
        ("tool-calls-role",),
    ),
)
