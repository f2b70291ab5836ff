"""The grader of reinforcement training: its schema, its templates, and which members of an example it reads."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from typing import Any

from finetune.datasets.findings import Case, Cases
from finetune.datasets.limits import Limits, size_in_words
from finetune.datasets.rules.values import shown

_TEMPLATE = re.compile(r"\{\{\s*(.*?)\s*\}\}", re.DOTALL)
_REFERENCE = re.compile(r"(item|sample)((?:\.\w+|\[['\"]?\w+['\"]?\])+)")
_SAMPLE = ("output_text", "output_json", "output_tools", "choices", "output_audio", "output_reasoning_summary")
_WORD = re.compile(r"[A-Za-z_]\w*")
_FUNCTIONS = ("min", "max", "abs", "floor", "ceil", "exp", "sqrt", "log")
OPERATIONS = ("eq", "ne", "like", "ilike")
METRICS = ("fuzzy_match", "bleu", "gleu", "meteor", "cosine", "rouge_1", "rouge_2", "rouge_3", "rouge_4", "rouge_5", "rouge_l")


def _text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _messages(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(part, dict) and "role" in part and "content" in part for part in value)


def _graders(value: Any) -> bool:
    return isinstance(value, dict) and bool(value)


#: Type → needed members: name → (test, what is wanted).
_NEEDED: dict[str, dict[str, tuple[Callable[[Any], bool], str]]] = {
    "string_check": {"input": (_text, "a template"), "reference": (_text, "a template"), "operation": (_text, f"one of {', '.join(OPERATIONS)}")},
    "text_similarity": {
        "input": (_text, "a template"),
        "reference": (_text, "a template"),
        "evaluation_metric": (_text, f"one of {', '.join(METRICS)}"),
    },
    "score_model": {"model": (_text, "the grader's model"), "input": (_messages, "a list of messages with role and content")},
    "python": {"source": (_text, "Python source with grade(sample, item)")},
    "multi": {"graders": (_graders, "an object with a grader for each name"), "calculate_output": (_text, "a formula of the graders' names")},
}
#: Type → further members that it may have.
_MORE: dict[str, frozenset[str]] = {
    "string_check": frozenset(),
    "text_similarity": frozenset({"pass_threshold"}),
    "score_model": frozenset({"range", "sampling_params", "pass_threshold"}),
    "python": frozenset({"image_tag", "pass_threshold"}),
    "multi": frozenset({"pass_threshold"}),
}


def check_grader(grader: Any, limits: Limits, at: str = "grader", *, inside: bool = False) -> Cases:
    """The grader by its schema.

    Args:
        at: path for the findings.
        inside: True for a grader that is part of a multi grader.
    """
    sort = grader.get("type") if isinstance(grader, dict) else None
    if not isinstance(sort, str) or sort not in _NEEDED:
        yield Case("grader-type", f"{at}.type" if isinstance(grader, dict) else at, {"type": shown(sort), "types": ", ".join(_NEEDED)})
        return
    if inside and sort == "multi":
        yield Case("grader-nested", at)
        return
    for key, (fits, wanted) in _NEEDED[sort].items():
        if not fits(grader.get(key)):
            yield Case("grader-member", f"{at}.{key}" if key in grader else at, {"type": sort, "key": key, "wanted": wanted})
    if not inside and not _text(grader.get("name")):
        yield Case("grader-member", at, {"type": sort, "key": "name", "wanted": "a name"})
    for key in grader:
        if key not in _NEEDED[sort] and key not in _MORE[sort] and key not in ("type", "name"):
            yield Case("grader-member-unknown", f"{at}.{key}", {"type": sort, "key": key})
    yield from _DETAILS[sort](grader, limits, at)
    yield from _templates(grader, at)


def _choice(key: str, allowed: tuple[str, ...]) -> Callable[[dict[str, Any], Limits, str], Cases]:
    def check(grader: dict[str, Any], limits: Limits, at: str) -> Cases:
        value = grader.get(key)
        if _text(value) and value not in allowed:
            yield Case("grader-operation", f"{at}.{key}", {"key": key, "value": shown(value), "allowed": ", ".join(allowed)})

    return check


def _score_model(grader: dict[str, Any], limits: Limits, at: str) -> Cases:
    model = grader.get("model")
    if _text(model) and model not in limits.grader_models:
        yield Case("grader-model", f"{at}.model", {"model": shown(model), "allowed": ", ".join(limits.grader_models)})
    ends = grader.get("range")
    numbers = isinstance(ends, list) and len(ends) == 2 and all(isinstance(end, int | float) for end in ends)
    if ends is not None and not (numbers and ends[0] < ends[1]):
        yield Case("grader-member", f"{at}.range", {"type": "score_model", "key": "range", "wanted": "two numbers, the smaller first"})


def _python(grader: dict[str, Any], limits: Limits, at: str) -> Cases:
    source = grader.get("source")
    if not isinstance(source, str):
        return
    size = len(source.encode("utf-8", "surrogatepass"))
    if size > limits.grader_code_bytes:
        yield Case("grader-code-size", f"{at}.source", {"size": size_in_words(size), "limit": size_in_words(limits.grader_code_bytes)})
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = f" in its line {error.lineno}" if isinstance(error, SyntaxError) else ""
        yield Case("grader-code", f"{at}.source", {"reason": f"cannot be compiled{line}: {error}"})
        return
    if not any(isinstance(node, ast.FunctionDef) and node.name == "grade" for node in tree.body):
        yield Case("grader-code", f"{at}.source", {"reason": "defines no function grade"})


def _multi(grader: dict[str, Any], limits: Limits, at: str) -> Cases:
    inner = grader.get("graders")
    if not isinstance(inner, dict):
        return
    for name, each in inner.items():
        yield from check_grader(each, limits, f"{at}.graders.{name}", inside=True)
    formula = grader.get("calculate_output")
    for word in dict.fromkeys(_WORD.findall(formula)) if isinstance(formula, str) else ():
        if word not in inner and word not in _FUNCTIONS and word not in ("e", "pi"):
            yield Case("grader-formula", f"{at}.calculate_output", {"name": word, "allowed": ", ".join((*inner, *_FUNCTIONS))})


_DETAILS: dict[str, Callable[[dict[str, Any], Limits, str], Cases]] = {
    "string_check": _choice("operation", OPERATIONS),
    "text_similarity": _choice("evaluation_metric", METRICS),
    "score_model": _score_model,
    "python": _python,
    "multi": _multi,
}


def _templates(grader: dict[str, Any], at: str) -> Cases:
    for key in ("input", "reference"):
        for template in _strings(grader.get(key)):
            for name in _TEMPLATE.findall(template):
                if not _known(name):
                    yield Case("grader-template", f"{at}.{key}", {"name": shown(name)})


def _known(name: str) -> bool:
    """Whether a template's expression begins with something that the service fills in; filters and indices after it are not judged."""
    match = _REFERENCE.match(name)
    return bool(match) and (match[1] == "item" or _names(match[2])[0] in _SAMPLE) if match else False


def _names(path: str) -> list[str]:
    return re.findall(r"\w+", path)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _strings(inner)


def item_fields(grader: Any) -> tuple[str, ...]:
    """Members of an example that a grader reads, as paths with dots, sorted.

    From templates, and from ``item["name"]`` and ``item.get`` without a default in Python source (``.get`` tolerates absence, so it does not count).
    """
    found: set[str] = set()
    if isinstance(grader, dict):
        for key in ("input", "reference"):
            for template in _strings(grader.get(key)):
                for match in (_REFERENCE.match(name) for name in _TEMPLATE.findall(template)):
                    if match and match[1] == "item":
                        found.add(".".join(_names(match[2])))
        if isinstance(grader.get("source"), str) and grader.get("type") == "python":
            found |= set(re.findall(r"\bitem\[['\"](\w+)['\"]\]", grader["source"]))
        if isinstance(grader.get("graders"), dict):
            found |= {field for inner in grader["graders"].values() for field in item_fields(inner)}
    return tuple(sorted(found))
