"""Token counts agree with a second tokenizer, and messages and tools cost what they are said to cost."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from importlib import resources
from pathlib import Path

import pytest
import tiktoken
import tiktoken_ext.openai_public as public  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st

from finetune.datasets import ModelRules, examine
from finetune.datasets.tokens import TokenCounter, image_tokens
from tests.unit.datasets.corpus.making import ASKED, talk, written


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tiktoken.Encoding]:
    """tiktoken, OpenAI's own, with its vocabularies put where it would keep its downloads; it checks their SHA-256 itself."""
    folder = tmp_path_factory.mktemp("vocabularies")
    address = "https://openaipublic.blob.core.windows.net/encodings/{}.tiktoken"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIKTOKEN_CACHE_DIR", str(folder))
        made = {}
        for name in ("o200k_base", "cl100k_base"):
            packed = resources.files("bpe_openai.data").joinpath(f"{name}.tiktoken.gz").read_bytes()
            (folder / hashlib.sha1(address.format(name).encode()).hexdigest()).write_bytes(gzip.decompress(packed))
            patch.setattr("tiktoken.load.read_file", _no_download)
            made[name] = tiktoken.Encoding(**getattr(public, name)())
    return made


def _no_download(path: str) -> bytes:
    raise AssertionError(f"{path} would have been downloaded: the vocabulary differs from OpenAI's")


_TEXTS = st.text(max_size=200) | st.text(alphabet="aA1 \n\t'.,äß漢字🙂<|>_", max_size=200)


@settings(max_examples=300, deadline=None)
@given(_TEXTS)
def test_any_text_has_as_many_tokens_as_for_the_second_tokenizer(second: dict[str, tiktoken.Encoding], text: str) -> None:
    for name, encoding in second.items():
        assert TokenCounter(name).text(text) == len(encoding.encode_ordinary(text))


@pytest.mark.parametrize("name", ["gsm8k-chat/train.jsonl", "stock-tool-calls/train.jsonl", "orca-dpo/train.jsonl", "medmcq-rft/train.jsonl"])
def test_real_texts_have_as_many_tokens_as_for_the_second_tokenizer(shared: Path, second: dict[str, tiktoken.Encoding], name: str) -> None:
    lines = (shared / "data" / name).read_text(encoding="utf-8").splitlines()
    texts = [text for line in lines for text in re.findall(r'"content": ("(?:[^"\\]|\\.)*")', line)]
    decoded = [json.loads(text) for text in texts]
    for encoding, other in second.items():
        counter = TokenCounter(encoding)
        assert [counter.text(text) for text in decoded] == [len(tokens) for tokens in other.encode_ordinary_batch(decoded)]


def test_a_real_set_is_counted_as_the_cookbook_counts(shared: Path, second: dict[str, tiktoken.Encoding]) -> None:
    path, encoding, total, learnt = shared / "data" / "gsm8k-chat" / "train.jsonl", second["o200k_base"], 0, 0
    for line in path.read_text(encoding="utf-8").splitlines():
        total += 3
        for message in json.loads(line)["messages"]:
            total += 3 + sum(len(encoding.encode_ordinary(value)) for value in message.values())
            learnt += len(encoding.encode_ordinary(message["content"])) if message["role"] == "assistant" else 0
    figures = examine(path).statistics
    assert (figures.tokens, figures.trained_tokens, figures.exact) == (total, learnt, True)


def test_tools_are_counted_by_the_constants_of_the_cookbook(second: dict[str, tiktoken.Encoding]) -> None:
    def count(text: str) -> int:
        return len(second["o200k_base"].encode_ordinary(text))

    schema = {"type": "object", "properties": {"city": {"type": "string", "description": "Name."}, "unit": {"type": "string", "enum": ["C", "F"]}}}
    tool = {"type": "function", "function": {"name": "weather", "description": "The weather.", "parameters": schema}}
    function = 7 + count("weather:The weather") + 3
    city, unit = 3 + count("city:string:Name"), 3 + count("unit:string:") - 3 + (3 + count("C")) + (3 + count("F"))
    assert TokenCounter().tools([tool]) == function + city + unit + 12
    assert TokenCounter("cl100k_base").tools([tool]) != TokenCounter().tools([tool])
    assert TokenCounter().tools([]) == 0


def test_the_patient_lane_counts_as_the_fast_one(tmp_path: Path) -> None:
    plain, weighted = tmp_path / "plain.jsonl", tmp_path / "weighted.jsonl"
    answer = {"role": "assistant", "content": "It is äöü, 漢字 and 🙂."}
    plain.write_bytes(b"\n".join([written(talk(("system", "Be kind."), ASKED, answer))] * 10))
    weighted.write_bytes(b"\n".join([written(talk(("system", "Be kind."), ASKED, {**answer, "weight": 1}))] * 10))
    first, second = examine(plain).statistics, examine(weighted).statistics
    assert (first.tokens, first.trained_tokens) == (second.tokens, second.trained_tokens)


def test_what_is_too_long_for_the_model_is_cut_and_not_billed(tmp_path: Path) -> None:
    path = tmp_path / "data.jsonl"
    path.write_bytes(b"\n".join(written(talk(ASKED, f"{number} " + "word " * 100)) for number in range(10)))
    whole, cut = examine(path).statistics, examine(path, model=ModelRules("short", example_tokens=50)).statistics
    assert whole.tokens is not None
    assert (cut.tokens, cut.cut_tokens) == (500, whole.tokens - 500)


@pytest.mark.parametrize(
    ("image", "tokens"),
    [({"detail": "low"}, 85), ({}, 85 + 4 * 170), ({"detail": "high"}, 85 + 4 * 170)],
    ids=["low detail", "unknown size", "high detail, unknown size"],
)
def test_images_cost_by_tiles(image: dict[str, str], tokens: int) -> None:
    assert image_tokens({"type": "image_url", "image_url": {"url": "https://example.com/a.png", **image}}) == tokens


@pytest.mark.parametrize(("width", "height", "tiles"), [(512, 512, 1), (513, 512, 2), (1024, 1024, 4), (4096, 8192, 6), (100, 3000, 4)])
def test_an_image_in_the_data_is_measured(width: int, height: int, tiles: int) -> None:
    head = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\x02\0\0\0\0\0\0\0\0\0\0"
    head += b"\0" * (-len(head) % 3)
    url = f"data:image/png;base64,{base64.b64encode(head).decode()}"
    assert image_tokens({"type": "image_url", "image_url": {"url": url}}) == 85 + 170 * tiles
