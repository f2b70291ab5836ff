"""One sign-in for azure-native and the data planes: which way is taken, and what a failed one says."""

from __future__ import annotations

import base64
import datetime
import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from azure.core.exceptions import ClientAuthenticationError, ServiceRequestError
from azure.identity import (
    AzureCliCredential,
    CertificateCredential,
    ClientAssertionCredential,
    ClientSecretCredential,
    CredentialUnavailableError,
    DefaultAzureCredential,
    ManagedIdentityCredential,
)
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from finetune.azure import sign_in
from finetune.azure.sign_in import oidc_assertion, resolve
from finetune.errors import FinetuneError, ServiceBusy, ServiceRefused

WHO = {"ARM_CLIENT_ID": "0a1b2c3d-0000-4000-8000-123456789abc", "ARM_TENANT_ID": "11111111-0000-4000-8000-123456789abc"}


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate with its key, as a service principal's."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "deployer")])
    begin = datetime.datetime(2026, 1, 1)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
    signed = builder.not_valid_before(begin).not_valid_after(begin + datetime.timedelta(days=3650)).sign(key, hashes.SHA256())
    path = tmp_path_factory.mktemp("certificate") / "deployer.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + signed.public_bytes(serialization.Encoding.PEM)
    )
    return path


#: The ways from first to last, each with what configures it beside client and tenant.
WAYS: list[tuple[str, type, dict[str, str]]] = [
    ("default credential", DefaultAzureCredential, {"ARM_USE_DEFAULT_AZURE_CREDENTIAL": "true"}),
    ("client certificate", CertificateCredential, {"ARM_CLIENT_CERTIFICATE_PATH": "CERTIFICATE"}),
    ("client secret", ClientSecretCredential, {"ARM_CLIENT_SECRET": "secret"}),
    ("OIDC", ClientAssertionCredential, {"ARM_USE_OIDC": "true", "ARM_OIDC_TOKEN": "token"}),
    ("managed identity", ManagedIdentityCredential, {"ARM_USE_MSI": "true"}),
    ("az CLI", AzureCliCredential, {}),
]


@pytest.mark.parametrize("first", range(len(WAYS)), ids=[way for way, _, _ in WAYS])
def test_the_first_configured_way_is_taken_in_the_order_of_azure_native(first: int, certificate: Path) -> None:
    later = {key: value for _, _, needs in WAYS[first:] for key, value in needs.items()}
    found = resolve({**WHO, **{key: value.replace("CERTIFICATE", str(certificate)) for key, value in later.items()}})
    assert found.way == WAYS[first][0]
    assert type(found.credential) is WAYS[first][1]
    assert found.principal_type == (None if found.way in ("az CLI", "default credential") else "ServicePrincipal")


@pytest.mark.parametrize(("claims", "kind"), [({"idtyp": "app"}, "ServicePrincipal"), ({"idtyp": "user"}, "User"), ({}, "User")])
def test_the_az_clis_token_tells_what_kind_of_principal_works(claims: dict[str, str], kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    credential = SimpleNamespace(get_token=lambda scope: SimpleNamespace(token=f"head.{payload}.signature"))
    monkeypatch.setattr(sign_in, "current", lambda: sign_in.SignIn("az CLI", None, credential))
    assert sign_in.principal_type() == kind


@pytest.mark.parametrize("word", ["1", "True", "yes", ""])
def test_a_switch_is_on_by_the_word_true_alone_as_azure_native_reads_it(word: str) -> None:
    switches = ("ARM_USE_DEFAULT_AZURE_CREDENTIAL", "ARM_USE_OIDC", "ARM_USE_MSI")
    assert resolve({**WHO, **dict.fromkeys(switches, word)}).way == "az CLI"


def test_a_secret_without_a_client_signs_nobody_in() -> None:
    assert resolve({"ARM_CLIENT_SECRET": "left over", "ARM_TENANT_ID": WHO["ARM_TENANT_ID"]}).way == "az CLI"


def test_a_token_at_hand_comes_before_a_file_with_one(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("from the file\n")
    environment = {"ARM_OIDC_TOKEN_FILE_PATH": str(tmp_path / "token")}
    assert oidc_assertion(environment)() == "from the file"
    assert oidc_assertion({**environment, "ARM_OIDC_TOKEN": "at hand"})() == "at hand"


def test_a_token_file_is_read_anew_each_time(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("first")
    ask = oidc_assertion({"ARM_OIDC_TOKEN_FILE_PATH": str(tmp_path / "token")})
    assert ask() == "first"
    (tmp_path / "token").write_text("second")
    assert ask() == "second"


def test_a_token_file_that_is_gone_is_a_failed_sign_in(tmp_path: Path) -> None:
    with pytest.raises(ClientAuthenticationError, match="ARM_OIDC_TOKEN_FILE_PATH"):
        oidc_assertion({"ARM_OIDC_TOKEN_FILE_PATH": str(tmp_path / "absent")})()


@pytest.mark.parametrize("given", [{}, {"ACTIONS_ID_TOKEN_REQUEST_URL": "http://127.0.0.1"}], ids=["nothing", "no bearer"])
def test_oidc_without_a_token_to_show_says_what_to_set(given: dict[str, str]) -> None:
    with pytest.raises(FinetuneError) as caught:
        resolve({**WHO, "ARM_USE_OIDC": "true", **given})
    assert "ARM_OIDC_TOKEN" in caught.value.do
    assert "id-token: write" in caught.value.do


class Issuer(http.server.ThreadingHTTPServer):
    """A pipeline's issuer of id tokens: remembers what was asked, answers with ``status``."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.status = 200
        super().__init__(("127.0.0.1", 0), _Answer)

    @property
    def environment(self) -> dict[str, str]:
        url = f"http://127.0.0.1:{self.server_address[1]}/token?api-version=2.0"
        return {"ACTIONS_ID_TOKEN_REQUEST_URL": url, "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "bearer"}


class _Answer(http.server.BaseHTTPRequestHandler):
    server: Issuer

    def do_GET(self) -> None:
        self.server.asked.append((self.path, self.headers["Authorization"]))
        body = json.dumps({"value": f"token {len(self.server.asked)}"}).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing on the terminal."""


@pytest.fixture
def issuer(monkeypatch: pytest.MonkeyPatch) -> Iterator[Issuer]:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    made = Issuer()
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


def test_a_pipeline_is_asked_for_a_new_token_each_time(issuer: Issuer) -> None:
    ask = oidc_assertion(issuer.environment)
    assert [ask(), ask()] == ["token 1", "token 2"]
    path, bearer = issuer.asked[0]
    assert path == "/token?api-version=2.0&audience=api%3A%2F%2FAzureADTokenExchange"
    assert bearer == "Bearer bearer"


def test_the_audience_of_another_cloud_is_asked_for(issuer: Issuer) -> None:
    oidc_assertion({**issuer.environment, "ARM_OIDC_AUDIENCE": "api://other"})()
    assert issuer.asked[0][0].endswith("audience=api%3A%2F%2Fother")


@pytest.mark.parametrize(("status", "kind"), [(401, ClientAuthenticationError), (500, ServiceRequestError), (503, ServiceRequestError)])
def test_a_pipeline_that_gives_no_token_is_a_failed_sign_in_or_a_busy_service(issuer: Issuer, status: int, kind: type[Exception]) -> None:
    issuer.status = status
    with pytest.raises(kind):
        oidc_assertion(issuer.environment)()


def test_a_pipeline_that_cannot_be_reached_may_be_later(issuer: Issuer) -> None:
    with pytest.raises(ServiceRequestError):
        oidc_assertion({"ACTIONS_ID_TOKEN_REQUEST_URL": "http://127.0.0.1:9/", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "bearer"})()


def failing(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def refuse(scope: str) -> None:
        raise error

    monkeypatch.setattr(sign_in, "current", lambda: sign_in.SignIn("client secret", "ServicePrincipal", SimpleNamespace(get_token=refuse)))  # type: ignore[arg-type]


@pytest.mark.parametrize("error", [ClientAuthenticationError("AADSTS7000215: Invalid client secret.\nTrace"), CredentialUnavailableError("no az")])
def test_a_failed_sign_in_names_its_way_and_what_to_check(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    failing(monkeypatch, error)
    with pytest.raises(ServiceRefused) as caught:
        sign_in.token(sign_in.OPENAI_SCOPE)
    assert not isinstance(caught.value, ServiceBusy)
    assert caught.value.what == "the sign-in by client secret failed"
    assert "Trace" not in str(caught.value)
    assert "ARM_CLIENT_ID" in caught.value.do


def test_a_cut_connection_to_the_sign_in_may_pass_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    failing(monkeypatch, ServiceRequestError("connection reset"))
    with pytest.raises(ServiceBusy) as caught:
        sign_in.token(sign_in.OPENAI_SCOPE)
    assert "connection reset" in caught.value.why
