"""Multipart bodies of the clients in use, and of nobody's: every byte of a file arrives, and nonsense is an empty form."""

from __future__ import annotations

import openai
import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from urllib3.filepost import encode_multipart_formdata

from local_azure.http import Upload
from local_azure.multipart import parse
from tests.local_azure.conftest import Account


@given(st.dictionaries(st.from_regex(r"[a-z_.\[\]]{1,12}", fullmatch=True), st.binary(max_size=200) | st.text(max_size=50), max_size=4))
def test_what_was_put_in_comes_out(fields: dict[str, bytes | str]) -> None:
    given_fields = {name: ("a file.jsonl", value) if isinstance(value, bytes) else value for name, value in fields.items()}
    body, content_type = encode_multipart_formdata(given_fields)
    wanted = {name: Upload("a file.jsonl", value) if isinstance(value, bytes) else value for name, value in fields.items()}
    assert parse(content_type, body) == wanted


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", b"--x\r\n\r\n"),
        ("multipart/form-data; boundary=x", b""),
        ("multipart/form-data; boundary=x", b"--x"),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\nno end"),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Type: text/plain\r\n\r\nno name\r\n--x--\r\n"),
    ],
)
def test_nonsense_is_an_empty_form(content_type: str, body: bytes) -> None:
    assert parse(content_type, body) == {}


def test_lines_and_dashes_in_a_file_are_content(account: Account) -> None:
    data = b"\r\n--\r\n--boundary--\r\n\r\n" * 3
    client = account.dated()
    file = client.files.create(file=("a.bin", data), purpose="user_data")
    assert client.files.content(file.id).read() == data


def test_another_client_with_a_boundary_of_its_own_is_understood(account: Account) -> None:
    token = account.credential.get_token("https://cognitiveservices.azure.com/.default").token
    body = b'--a b\r\ncontent-disposition: form-data; name="purpose"\r\n\r\nuser_data\r\n'
    body += b'--a b\r\nContent-Disposition: form-data; name="file"; filename="k\xc3\xb6ln.txt"\r\n\r\nhello\r\n--a b--\r\n'
    headers = {"Authorization": f"Bearer {token}", "Content-Type": 'multipart/form-data; boundary="a b"'}
    answer = requests.post(f"{account.url}/openai/v1/files", data=body, headers=headers, timeout=30)
    assert answer.status_code == 200 and answer.json()["filename"] == "köln.txt"


def test_a_form_without_a_file_is_refused(account: Account) -> None:
    with pytest.raises(openai.BadRequestError, match="multipart form"):
        account.v1().post("/files", body={"purpose": "user_data"}, cast_to=object)
