"""The service's refusals turned into ours: what passes by itself, what a user can do, and the id for support."""

from __future__ import annotations

import json
from typing import Any

import httpx2
import openai
import pytest
import requests
from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    HttpResponseError,
    IncompleteReadError,
    ServiceRequestError,
    ServiceResponseError,
)
from azure.core.pipeline.transport import RequestsTransportResponse
from azure.core.rest import HttpRequest
from azure.identity import CredentialUnavailableError
from openai import OpenAI

from finetune.azure.refusals import ADVICE, BUSY_CODES, BUSY_STATUSES, ROLE_CODES, is_role_lag, refused
from finetune.errors import ServiceBusy, ServiceRefused


def from_openai(status: int, body: Any, headers: dict[str, str] | None = None) -> openai.APIStatusError:
    """What the openai client raises for an answer."""

    def answer(request: httpx2.Request) -> httpx2.Response:
        content = body if isinstance(body, str) else json.dumps(body)
        return httpx2.Response(status, text=content, headers={"content-type": "application/json", **(headers or {})})

    client = OpenAI(
        api_key="none", base_url="https://a.openai.azure.com", max_retries=0, http_client=httpx2.Client(transport=httpx2.MockTransport(answer))
    )
    with pytest.raises(openai.APIStatusError) as caught:
        client.models.retrieve("m")
    return caught.value


def from_vault(status: int, body: Any, headers: dict[str, str] | None = None) -> HttpResponseError:
    """What azure-core raises for an answer."""
    answer = requests.Response()
    answer.status_code, answer.reason = status, "Reason"
    answer._content = json.dumps(body).encode()
    answer.headers.update({"content-type": "application/json", **(headers or {})})
    return HttpResponseError(response=RequestsTransportResponse(HttpRequest("GET", "https://kv.vault.azure.net"), answer))  # type: ignore[arg-type]


def openai_error(code: str, message: str = "No.") -> dict[str, Any]:
    return {"error": {"code": code, "message": message}}


def vault_error(inner: str) -> dict[str, Any]:
    return {"error": {"code": "Forbidden", "message": "No.", "innererror": {"code": inner}}}


@pytest.mark.parametrize("status", sorted(BUSY_STATUSES))
@pytest.mark.parametrize("raised", [from_openai, from_vault], ids=["openai", "vault"])
def test_a_busy_status_may_pass_by_itself(status: int, raised: Any) -> None:
    assert isinstance(refused(raised(status, openai_error("x")), "look"), ServiceBusy)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413, 422, 423])
def test_any_other_status_does_not_pass_by_itself(status: int) -> None:
    error = refused(from_openai(status, openai_error("x")), "look")
    assert isinstance(error, ServiceRefused)
    assert not isinstance(error, ServiceBusy)


@pytest.mark.parametrize("code", sorted(BUSY_CODES))
def test_codes_that_pass_by_themselves_do_so_whatever_their_status(code: str) -> None:
    assert isinstance(refused(from_openai(404, openai_error(code)), "look"), ServiceBusy)


CONNECTION = [
    openai.APIConnectionError(request=httpx2.Request("GET", "https://a")),
    openai.APITimeoutError(request=httpx2.Request("GET", "https://a")),
    ServiceRequestError("connection refused"),
    ServiceResponseError("connection reset"),
    IncompleteReadError("cut"),
]


@pytest.mark.parametrize("error", CONNECTION, ids=lambda error: type(error).__name__)
def test_a_cut_connection_may_pass_by_itself(error: Exception) -> None:
    assert isinstance(refused(error, "look"), ServiceBusy)


NO_ANSWER = [
    CredentialUnavailableError("Please run 'az login'"),
    ClientAuthenticationError("AADSTS7000215"),
    AzureError("odd"),
    openai.OpenAIError("odd"),
]


@pytest.mark.parametrize("error", NO_ANSWER, ids=lambda error: type(error).__name__)
def test_a_failure_that_is_no_failed_connection_is_told_at_once(error: Exception) -> None:
    assert not isinstance(refused(error, "look"), ServiceBusy)


def test_a_sign_in_that_is_not_there_says_what_to_set() -> None:
    assert "az login" in refused(CredentialUnavailableError("none found"), "read secret key").do


@pytest.mark.parametrize(("code", "advice"), ADVICE.items())
def test_each_known_code_says_what_to_do(code: str, advice: str) -> None:
    assert refused(from_openai(400, openai_error(code)), "train").do == advice


def test_an_unknown_code_is_shown_in_full_with_the_services_own_words() -> None:
    error = refused(from_openai(400, openai_error("brandNew", "Model is on holiday."), {"apim-request-id": "abc-1"}), "submit a job")
    assert str(error) == "could not submit a job\n  why: 400 brandNew: Model is on holiday. (request abc-1)"
    assert (error.status, error.code, error.request_id) == (400, "brandNew", "abc-1")


def test_a_page_of_a_gateway_is_no_riddle() -> None:
    error = refused(from_openai(502, "<html>Bad Gateway</html>"), "look")
    assert isinstance(error, ServiceBusy)
    assert "502" in error.why


def test_a_vaults_inner_code_decides() -> None:
    error = refused(from_vault(403, vault_error("ForbiddenByRbac"), {"x-ms-request-id": "kv-1"}), "write secret key")
    assert (error.code, error.request_id) == ("ForbiddenByRbac", "kv-1")
    assert "Key Vault Secrets Officer" in error.do


@pytest.mark.parametrize("code", sorted(ROLE_CODES))
@pytest.mark.parametrize("status", [401, 403])
def test_a_missing_right_looks_like_a_role_that_does_not_count_yet(code: str, status: int) -> None:
    assert is_role_lag(refused(from_openai(status, openai_error(code)), "look"))


def test_a_firewall_is_no_matter_of_time() -> None:
    error = refused(from_vault(403, vault_error("ForbiddenByFirewall")), "read secret key")
    assert not is_role_lag(error)
    assert "publicNetworkAccess" in error.do


@pytest.mark.parametrize(("status", "code"), [(400, "PermissionDenied"), (401, "Unauthorized"), (403, "AuthenticationTypeDisabled")])
def test_other_refusals_are_no_role_lag(status: int, code: str) -> None:
    assert not is_role_lag(refused(from_openai(status, openai_error(code)), "look"))


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after-ms": "1500", "retry-after": "7"}, 1.5),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}, 0.0),
        ({"retry-after": "-3"}, 0.0),
        ({}, 0.0),
    ],
)
@pytest.mark.parametrize("raised", [from_openai, from_vault], ids=["openai", "vault"])
def test_the_pause_that_a_service_asks_for_is_known(headers: dict[str, str], seconds: float, raised: Any) -> None:
    assert refused(raised(429, openai_error("tooManyRequests"), headers), "look").retry_after == seconds


def test_our_own_refusal_stays_as_it_is() -> None:
    mine = ServiceBusy("could not reach it")
    assert refused(mine, "look") is mine
