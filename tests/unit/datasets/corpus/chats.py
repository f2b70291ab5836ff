"""Messages for supervised training."""

from __future__ import annotations

from typing import Any

from finetune.datasets import ModelRules
from tests.unit.datasets.corpus.making import Case, talk


def _answer(**members: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": "It is.", **members}


def _user(**members: Any) -> dict[str, Any]:
    return {"role": "user", "content": "What?", **members}


_SHORT = ModelRules("short-1", example_tokens=50)
_NO_IMAGES = ModelRules("texts-only-1")
_PREFERENCE_ONLY = ModelRules("preferring-1", methods=("dpo",))

CASES: tuple[Case, ...] = (
    Case("no messages", {"tools": []}, ("messages-missing",)),
    Case("an empty object", {}, ("messages-missing",)),
    Case("messages is null", {"messages": None}, ("messages-type",)),
    Case("messages is text", {"messages": "hi"}, ("messages-type",)),
    Case("messages is one message", {"messages": {"role": "user", "content": "hi"}}, ("messages-type",)),
    Case("messages is empty", {"messages": []}, ("messages-empty",)),
    Case("message is text", talk({"role": "user", "content": "a"}, _answer()) | {"messages": ["hi", _answer()]}, ("message-type", "user-missing")),
    Case("message is null", {"messages": [_user(), None, _answer()]}, ("message-type",)),
    Case("message is a list", {"messages": [_user(), [], _answer()]}, ("message-type",)),
    Case("empty message", {"messages": [_user(), {}, _answer()]}, ("role-missing",)),
    Case("no role", {"messages": [{"content": "hi"}, _answer()]}, ("role-missing", "user-missing")),
    Case("misspelt role", talk(_user(), {"role": "asistant", "content": "x"}), ("role-unknown",)),
    Case("role in capitals", talk(_user(), {"role": "Assistant", "content": "x"}), ("role-unknown",)),
    Case("role is a number", talk({"role": 1, "content": "x"}, _user(), _answer()), ("role-unknown",)),
    Case("role is null", talk({"role": None, "content": "x"}, _user(), _answer()), ("role-unknown",)),
    Case("role is a list", talk({"role": ["user"], "content": "x"}, _user(), _answer()), ("role-unknown",)),
    Case("role human", talk({"role": "human", "content": "x"}, "y"), ("role-unknown", "user-missing")),
    Case("developer role", talk(("developer", "Be brief."), _user(), _answer())),
    Case("no content", talk(_user(), {"role": "assistant"}), ("content-missing",)),
    Case("user without content", talk({"role": "user"}, _answer()), ("content-missing",)),
    Case("content is null", talk(_user(), _answer(content=None)), ("content-missing",)),
    Case("system content is null", talk(("system", None), _user(), _answer()), ("content-missing",)),
    Case("content is a number", talk(_user(), _answer(content=7)), ("content-type",)),
    Case("content is an object", talk(_user(content={"text": "x"}), _answer()), ("content-type",)),
    Case("content is true", talk(_user(content=True), _answer()), ("content-type",)),
    Case("empty answer", talk(_user(), ""), ("content-empty",)),
    Case("empty question", talk(("user", ""), _answer()), ("content-empty",)),
    Case("empty system message", talk(("system", ""), _user(), _answer()), ("content-empty",)),
    Case("refusal instead of content", talk(_user(), {"role": "assistant", "refusal": "I cannot."})),
    Case("parts of text", talk(_user(content=[{"type": "text", "text": "What?"}]), _answer())),
    Case("answer in parts", talk(_user(), _answer(content=[{"type": "text", "text": "That."}]))),
    Case("no parts", talk(_user(content=[]), _answer()), ("content-empty",)),
    Case("empty text part", talk(_user(content=[{"type": "text", "text": ""}]), _answer()), ("content-empty",)),
    Case("part is text", talk(_user(content=["What?"]), _answer()), ("part-type",)),
    Case("part without type", talk(_user(content=[{"text": "What?"}]), _answer()), ("part-type",)),
    Case("part type is a number", talk(_user(content=[{"type": 1, "text": "What?"}]), _answer()), ("part-type",)),
    Case("part of unknown type", talk(_user(content=[{"type": "video", "text": "What?"}]), _answer()), ("part-unknown",)),
    Case("part of the newer API", talk(_user(content=[{"type": "input_text", "text": "What?"}]), _answer()), ("part-unknown",)),
    Case("text part without text", talk(_user(content=[{"type": "text"}]), _answer()), ("part-text",)),
    Case("text part with a number", talk(_user(content=[{"type": "text", "text": 3}]), _answer()), ("part-text",)),
    Case("refusal part", talk(_user(), _answer(content=[{"type": "refusal", "refusal": "I cannot."}]))),
    Case("refusal part with a number", talk(_user(), _answer(content=[{"type": "refusal", "refusal": 5}])), ("part-text",)),
    Case("refusal is a number beside content", talk(_user(), _answer(refusal=5))),
    Case("system message late", talk(_user(), ("system", "Be brief."), _answer()), ("system-not-first",)),
    Case("two system messages", talk(("system", "Be brief."), ("system", "Be kind."), _user(), _answer()), ("system-repeated",)),
    Case("system message between turns", talk(("system", "a"), _user(), _answer(), ("system", "b"), _user(), _answer()), ("system-repeated",)),
    Case("no user", talk(("system", "Write a poem."), "Roses are red."), ("user-missing",)),
    Case("only an answer", talk("Roses are red."), ("user-missing",)),
    Case("ends with the user", talk(_user(), _answer(), _user()), ("last-not-assistant",)),
    Case("only a question", talk(_user()), ("last-not-assistant",)),
    Case("only a system message", talk(("system", "Be brief.")), ("last-not-assistant", "user-missing")),
    Case("ends with the system", talk(_user(), _answer(), ("system", "x")), ("last-not-assistant", "system-not-first")),
    Case("weight 0 everywhere", talk(_user(), _answer(weight=0)), ("nothing-trained",)),
    Case("weight 0 in all turns", talk(_user(), _answer(weight=0), _user(), _answer(weight=0)), ("nothing-trained",)),
    Case("weight 0 and 1", talk(_user(), _answer(weight=0), _user(), _answer(weight=1))),
    Case("weight 1", talk(_user(), _answer(weight=1))),
    Case("weight null", talk(_user(), _answer(weight=None))),
    Case("weight 2", talk(_user(), _answer(weight=2)), ("weight-value",)),
    Case("weight a half", talk(_user(), _answer(weight=0.5)), ("weight-value",)),
    Case("weight negative", talk(_user(), _answer(weight=-1)), ("weight-value",)),
    Case("weight as text", talk(_user(), _answer(weight="1")), ("weight-value",)),
    Case("weight true", talk(_user(), _answer(weight=True)), ("weight-value",)),
    Case("weight of the user", talk(_user(weight=1), _answer()), ("weight-role",)),
    Case("weight of the system", talk({"role": "system", "content": "x", "weight": 0}, _user(), _answer()), ("weight-role",)),
    Case("name", talk(_user(name="Ann_1"), _answer(name="helper"))),
    Case("name with a space", talk(_user(name="Ann Lee"), _answer()), ("name-characters",)),
    Case("name of 65", talk(_user(name="a" * 65), _answer()), ("name-characters",)),
    Case("empty name", talk(_user(name=""), _answer()), ("name-characters",)),
    Case("the name of the user is a number", talk(_user(name=3), _answer()), ("name-type",)),
    Case("unknown member", talk(_user(), _answer(score=3)), ("message-member-unknown",)),
    Case("misspelt member", talk(_user(), _answer(wieght=1)), ("message-member-unknown",)),
    Case("tool_call_id of the user", talk(_user(tool_call_id="a"), _answer()), ("message-member-unknown",)),
    Case("unknown member of the example", talk(_user(), _answer(), id=7), ("example-member-unknown",)),
    Case("odd member of the example", talk(_user(), _answer(), **{"my note": "x"}), ("example-member-unknown",)),
    Case("many turns", talk(*[_user(), _answer()] * 50)),
    Case("two users in a row", talk(_user(), _user(), _answer())),
    Case("two answers in a row", talk(_user(), _answer(), _answer())),
    Case("text in many scripts", talk(_user(content="Что это? これは何？ ما هذا؟ 🤷🏽‍♀️"), _answer())),
    Case("special tokens are text", talk(_user(content="<|endoftext|>"), _answer(content="<|im_start|>"))),
    Case("prompt and completion", {"prompt": "What?", "completion": "That."}, ("wrong-method",)),
    Case("ShareGPT", {"conversations": [{"from": "human", "value": "hi"}]}, ("wrong-method",)),
    Case("instructions", {"instruction": "Sum", "output": "3"}, ("wrong-method",)),
    Case("preference data", {"input": {}, "preferred_output": [], "non_preferred_output": []}, ("wrong-method",)),
    Case("longer than the model takes", talk(_user(), "word " * 60), ("example-too-long",), model=_SHORT),
    Case("as long as the model takes", talk(_user(content="w"), "word " * 10), model=_SHORT),
    Case("a model without this method", talk(_user(), "x"), expected=frozenset({("method-not-offered", None)}), model=_PREFERENCE_ONLY),
    Case(
        "images for a model without vision",
        talk(_user(content=[{"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}]), _answer()),
        ("model-not-vision",),
        model=_NO_IMAGES,
    ),
)
