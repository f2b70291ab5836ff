"""Every rule once: its code, how grave it is, what is wrong, what to do, and where the rule comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "note"]

_QUOTA = "Azure OpenAI quotas and limits"
_PREPARE = "Azure OpenAI fine-tuning, prepare your dataset"
_CHAT = "Azure OpenAI fine-tuning, chat format"
_TOOLS = "Azure OpenAI fine-tuning with tool calling"
_DPO = "Azure OpenAI direct preference optimization"
_RFT = "Azure OpenAI reinforcement fine-tuning"
_VISION = "Azure OpenAI vision fine-tuning"
_COOKBOOK = "OpenAI cookbook, data preparation for chat fine-tuning"
_JSON = "RFC 8259"
_OWN = "own advice"


@dataclass(frozen=True, slots=True)
class Rule:
    """A row of the table.

    Args:
        code: stable name, kebab-case; machines and people may rely on it.
        family: the module that checks it.
        severity: ``error`` (the service refuses it or the training is worthless), ``warning`` (probably a mistake), ``note``.
        message: what is wrong; ``{names}`` are filled with the facts of the case.
        fix: what to do.
        source: where the rule comes from.
    """

    code: str
    family: str
    severity: Severity
    message: str
    fix: str
    source: str


def _rows(family: str, *rows: tuple[str, Severity, str, str, str]) -> tuple[Rule, ...]:
    return tuple(Rule(code, family, severity, message, fix, source) for code, severity, message, fix, source in rows)


_FILE = _rows(
    "file",
    ("file-empty", "error", "the file has no examples", "write one JSON object a line", _PREPARE),
    ("file-encoding", "error", "the file is {encoding}, not UTF-8", "save it again as UTF-8, for example: iconv -f {name} -t UTF-8", _PREPARE),
    ("file-not-jsonl", "error", "the file is {kind}, not JSON lines", "turn it into JSON lines: finetune convert", _PREPARE),
    ("file-too-large", "error", "the file has {size}, the limit of uploads is {limit}", "split it: finetune split, or leave examples out", _QUOTA),
    (
        "file-needs-uploads",
        "note",
        "the file has {size}, more than the {limit} that one request may carry",
        "nothing: it will be uploaded in parts",
        _QUOTA,
    ),
    ("bom-missing", "note", "there is no byte order mark at the start", "nothing: it is added at upload", _PREPARE),
    (
        "bom-in-middle",
        "error",
        "there is a byte order mark at the start of this line",
        "remove it (files were probably joined): finetune validate --fix",
        _JSON,
    ),
    ("bom-in-text", "warning", "there is an invisible byte order mark (U+FEFF) inside the text", "remove it from the text", _OWN),
    ("line-not-utf8", "error", "byte {byte} is not UTF-8 (0x{value}){guess}", "save the file again as UTF-8", _PREPARE),
    ("nul-byte", "error", "there is a NUL byte", "remove it; the file may be damaged", _JSON),
    ("crlf", "note", "{count} line(s) end with CR LF (Windows line ends)", "nothing, or: finetune validate --fix", _OWN),
    (
        "cr-line-ends",
        "error",
        "lines end with CR alone, so this is one line for every reader",
        "write LF line ends: finetune validate --fix",
        _PREPARE,
    ),
    ("blank-line", "warning", "the line is blank", "remove it: finetune validate --fix", _PREPARE),
    ("line-too-long", "error", "the line has more than {limit}", "is it one example? Raise the limit only if it is", _OWN),
    ("json-invalid", "error", "this is not JSON: {reason}", "write one complete JSON object on this line", _PREPARE),
    ("json-truncated", "error", "the file ends in the middle of this line", "the file was cut: write or copy it again", _PREPARE),
    ("json-spread", "error", "a JSON object is spread over several lines", "write each object on one line, without indentation", _PREPARE),
    ("json-array", "error", "the file is one JSON array, not JSON lines", "write each element on its own line: finetune convert", _PREPARE),
    ("json-two-values", "error", "there is more than one JSON value on this line", "write each object on its own line", _PREPARE),
    ("json-not-a-number", "error", "{value} is not JSON", "write null or leave the member out", _JSON),
    ("json-too-deep", "error", "the JSON is nested too deeply to be read", "flatten it", _OWN),
    ("json-not-object", "error", "the line holds {kind}, not an object", 'write an object such as {{"messages": [...]}}', _PREPARE),
    ("json-duplicate-key", "warning", 'the key "{key}" stands twice in one object; only the last one counts', "remove one of them", _JSON),
    ("json-surrogate", "error", "there is half a surrogate pair (\\u{value}) in the text", "write the whole character", _JSON),
    ("too-few-examples", "error", "the file has {count} examples, {least} is the least", "add examples; several hundred are usual", _QUOTA),
    ("duplicate-example", "warning", "the same example stands in line {first}", "remove it, or keep it on purpose: finetune validate --fix", _OWN),
)

_CHAT_RULES = _rows(
    "chat",
    ("wrong-method", "error", "this looks like {looks}, not like data for the method {method}", "{advice}", _PREPARE),
    ("method-not-offered", "error", "{model} cannot be trained by the method {method}", "use {methods}, or another model", _PREPARE),
    ("messages-missing", "error", 'there is no "messages"', 'add "messages": a list of messages', _CHAT),
    ("messages-type", "error", '"messages" is {kind}, not a list', "write a list of messages", _CHAT),
    ("messages-empty", "error", '"messages" is empty', "add a user's and an assistant's message", _CHAT),
    ("message-type", "error", "the message is {kind}, not an object", "write an object with role and content", _CHAT),
    ("role-missing", "error", 'the message has no "role"', 'add "role": system, user or assistant', _CHAT),
    ("role-unknown", "error", "the role is {role}", "use {roles}", _CHAT),
    ("content-missing", "error", 'the {role} message has no "content"', "add the text, or remove the message", _COOKBOOK),
    ("content-type", "error", '"content" is {kind}, not text or a list of parts', "write the text as a string", _COOKBOOK),
    ("content-empty", "warning", "the {role} message is empty", "write a text, or remove the message", _OWN),
    ("part-type", "error", 'the part is {kind}, not an object with a "type"', 'write {{"type": "text", "text": ...}}', _CHAT),
    ("part-unknown", "error", "the part's type is {type}", "use text or image_url", _CHAT),
    ("part-text", "error", 'a {type} part needs "{type}", a string', "add the text", _CHAT),
    ("system-not-first", "warning", "a {role} message stands after other messages", "put it first", _OWN),
    ("system-repeated", "warning", "the example has {count} system messages", "join them into one, at the start", _OWN),
    (
        "system-missing",
        "warning",
        "{without} of {all} examples have no system message, the first of them here",
        "give all examples one, or none",
        _OWN,
    ),
    (
        "system-varies",
        "note",
        "there are {count} different system messages",
        "is it meant? At use, the model expects the one that it was trained with",
        _OWN,
    ),
    ("user-missing", "warning", "no message is from the user", "add what the user asks", _OWN),
    ("last-not-assistant", "error", "the last message is from {role}, not from the assistant", "end the example with the assistant's answer", _CHAT),
    (
        "nothing-trained",
        "error",
        "no assistant message has weight 1, so nothing is learnt from this example",
        "set the weight of one to 1, or remove the example",
        _CHAT,
    ),
    ("weight-value", "error", '"weight" is {value}', "use 0 or 1", _CHAT),
    ("weight-role", "error", 'a {role} message has a "weight"', "only assistant messages have one: remove it", _CHAT),
    ("name-type", "error", '"name" is {kind}, not a string', "write a string, or remove it", _COOKBOOK),
    ("name-characters", "warning", "the name {name} is not made of 1 to 64 letters, digits, _ and -", "change the name", _TOOLS),
    ("message-member-unknown", "warning", 'a {role} message has no member "{key}"', "remove it or correct its spelling", _COOKBOOK),
    ("example-member-unknown", "warning", 'an example for the method {method} has no member "{key}"', "remove it or correct its spelling", _CHAT),
    (
        "example-too-long",
        "warning",
        "the example has {tokens} tokens; what is beyond {limit} is cut off",
        "shorten it, or split the conversation",
        _CHAT,
    ),
)

_TOOL_RULES = _rows(
    "tools",
    ("tools-type", "error", '"{key}" is {kind}, not a list', "write a list of definitions", _TOOLS),
    ("tools-empty", "warning", '"{key}" is empty', "remove it, or define the tools", _TOOLS),
    ("tools-too-many", "error", "there are {count} tools, {limit} is the limit", "leave some out", _QUOTA),
    ("tool-type", "error", 'the tool is not {{"type": "function", "function": {{...}}}}', "write it so", _TOOLS),
    ("tool-name", "error", "the function's name is {name}", "use 1 to 64 letters, digits, _ and -", _TOOLS),
    ("tool-repeated", "error", "the function {name} is defined twice", "remove one definition", _TOOLS),
    ("tool-description", "warning", "the description of {name} is {kind}, not a string", "write a string", _TOOLS),
    (
        "tool-parameters",
        "error",
        "the parameters of {name} are not a JSON schema of an object: {reason}",
        'write {{"type": "object", "properties": {{...}}}}',
        _TOOLS,
    ),
    ("functions-legacy", "warning", '"{key}" is the older form of tool calling', "use tools and tool_calls", _TOOLS),
    ("tool-calls-type", "error", '"tool_calls" is {kind}, not a list with calls', "write a list, or remove it", _TOOLS),
    ("tool-calls-role", "error", 'a {role} message has "{key}"', "only the assistant calls tools: remove it", _TOOLS),
    ("tool-call-type", "error", 'the call is not {{"id", "type": "function", "function": {{...}}}}', "write it so", _TOOLS),
    ("tool-call-id", "error", 'the call has no "id"', "give it one, and refer to it in the tool's answer", _TOOLS),
    ("tool-call-id-repeated", "error", "the id {id} was used before in this example", "give each call its own id", _TOOLS),
    ("tool-call-undefined", "error", 'the function {name} is not defined in "{key}"', "define it, or correct the name", _TOOLS),
    ("arguments-type", "error", "the arguments of {name} are {kind}, not a string with JSON", "write the JSON object as a string", _TOOLS),
    ("arguments-json", "error", "the arguments of {name} are not a JSON object: {reason}", "write a JSON object as a string", _TOOLS),
    ("arguments-schema", "error", "the arguments of {name} do not fit its parameters: {reason}", "correct the arguments or the definition", _TOOLS),
    ("tool-answer-unasked", "error", "the tool's answer is for {id}, which no call before has", "correct tool_call_id", _TOOLS),
    ("tool-answer-id", "error", 'the tool message has no "tool_call_id"', "add the id of the call that it answers", _TOOLS),
    ("tool-call-unanswered", "error", "the call {id} is not answered before the next message", "add a tool message with its answer", _TOOLS),
    ("parallel-tool-calls", "error", '"parallel_tool_calls" is {value}', "use true or false", _TOOLS),
)

_PREFERENCE = _rows(
    "preference",
    ("input-missing", "error", 'there is no "input"', 'add "input": {{"messages": [...]}}', _DPO),
    ("input-type", "error", '"input" is {kind}, not an object', 'write {{"messages": [...]}}', _DPO),
    ("input-ends-with-assistant", "error", "the input ends with an assistant message", "move the answer to the outputs", _DPO),
    ("output-missing", "error", 'there is no "{key}"', "add it: a list with the assistant's message", _DPO),
    ("output-type", "error", '"{key}" is {kind}, not a list of messages', "write a list with the assistant's message", _DPO),
    ("output-empty", "error", '"{key}" is empty', "add the assistant's message", _DPO),
    ("output-role", "error", "the output has a message from {role}", "outputs hold messages of the assistant and of tools only", _DPO),
    (
        "outputs-identical",
        "error",
        "both outputs are the same, so there is no preference to learn",
        "remove the example, or correct one output",
        _DPO,
    ),
)

_REINFORCEMENT = _rows(
    "reinforcement",
    ("last-not-user", "error", "the last message is from {role}, not from the user", "remove the answer: the model writes it while training", _RFT),
    (
        "grader-field-missing",
        "error",
        "the grader reads item.{field}, which the example does not have",
        "add the member, or correct the grader's template",
        _RFT,
    ),
    ("grader-type", "error", 'the grader\'s "type" is {type}', "use {types}", _RFT),
    ("grader-member", "error", 'a {type} grader needs "{key}": {wanted}', "add or correct it", _RFT),
    ("grader-operation", "error", '"{key}" is {value}', "use {allowed}", _RFT),
    ("grader-model", "warning", "{model} is not known as a grader model", "use {allowed}, if the service still offers them", _RFT),
    ("grader-code-size", "error", "the Python grader has {size}, the limit is {limit}", "shorten it", _RFT),
    ("grader-code", "error", "the Python grader {reason}", "define: def grade(sample, item) -> float", _RFT),
    (
        "grader-template",
        "error",
        "the template refers to {name}",
        "refer to item.<member>, sample.output_text, sample.output_json or sample.output_tools",
        _RFT,
    ),
    ("grader-formula", "error", "calculate_output refers to {name}, which is no grader or function", "use {allowed}", _RFT),
    ("grader-nested", "error", "a multi grader holds another multi grader", "put all graders into one", _RFT),
    ("grader-member-unknown", "warning", 'a {type} grader has no member "{key}"', "remove it or correct its spelling", _RFT),
)

_VISION_RULES = _rows(
    "vision",
    (
        "model-not-vision",
        "error",
        "the model {model} cannot be trained with images",
        "use gpt-4o-2024-08-06 or gpt-4.1-2025-04-14, or remove the images",
        _VISION,
    ),
    ("image-role", "error", "a {role} message has an image", "only user messages have images", _VISION),
    ("image-url", "error", 'the image has no "image_url" with a "url"', 'write {{"type": "image_url", "image_url": {{"url": ...}}}}', _VISION),
    ("image-scheme", "error", "the image's address begins with {scheme}", "use an https address, or a data URI", _VISION),
    ("image-data-uri", "error", "the data URI is damaged: {reason}", "write data:image/png;base64,...", _VISION),
    ("image-format", "error", "the image's format is {format}", "use JPEG, PNG or WEBP", _VISION),
    ("image-content", "error", "the data URI says {declared}, but the image is {actual}", "correct the type", _VISION),
    ("image-mode", "error", "the image is {mode}, not RGB or RGBA", "convert it to RGB", _VISION),
    ("image-too-large", "error", "the image has {size}, the limit is {limit}", "make it smaller", _VISION),
    ("image-detail", "error", '"detail" is {value}', "use low, high or auto", _VISION),
    ("images-too-many", "error", "the example has {count} images, {limit} is the limit", "leave some out", _VISION),
    ("image-examples-too-many", "error", "{count} examples have images, {limit} is the limit of a file", "leave some out", _VISION),
)

_PAIRS = _rows(
    "pairs",
    ("validation-same-file", "error", "training and validation are the same file", "split the data: finetune split", _OWN),
    (
        "validation-leak",
        "warning",
        "{count} of {all} validation examples are in the training file too (lines {lines})",
        "remove them from one: finetune split keeps them apart",
        _OWN,
    ),
    ("validation-system", "warning", "{first} have a system message, {second} have none", "use the same in both", _OWN),
    ("validation-system-differs", "note", "training and validation have no system message in common", "use the same in both", _OWN),
    (
        "validation-length",
        "warning",
        "examples are very different in length: {training} {unit} in the middle for training, {validation} for validation",
        "draw both from the same data",
        _OWN,
    ),
)

_FOLDER = _rows(
    "folder",
    ("resource-files", "error", "there are {count} files, an account holds {limit} for fine-tuning", "remove files that are no longer used", _QUOTA),
    (
        "resource-bytes",
        "error",
        "the files have {size} together, an account holds {limit} for fine-tuning",
        "remove files that are no longer used",
        _QUOTA,
    ),
)

#: Every rule, by code.
RULES: dict[str, Rule] = {
    rule.code: rule for family in (_FILE, _CHAT_RULES, _TOOL_RULES, _PREFERENCE, _REINFORCEMENT, _VISION_RULES, _PAIRS, _FOLDER) for rule in family
}

#: Changes whenever an examined file would be judged differently; part of the cache's key.
RULES_VERSION = 1
