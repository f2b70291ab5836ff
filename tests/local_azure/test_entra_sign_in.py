"""Signing in with azure-identity: what a token is good for, and how Entra refuses."""

from __future__ import annotations

import asyncio
import base64
import datetime
import json
import time
from typing import Any

import jwt
import pytest
import requests
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import CertificateCredential, ClientAssertionCredential, ClientSecretCredential, DefaultAzureCredential
from azure.identity.aio import ClientSecretCredential as AsyncClientSecretCredential
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from tests.conftest import Cloud

VAULT_SCOPE = "https://vault.azure.net/.default"
MANAGEMENT_SCOPE = "https://management.azure.com/.default"


def credential(cloud: Cloud, **changes: str) -> ClientSecretCredential:
    identity = cloud.identity
    values = {"tenant_id": identity.tenant_id, "client_id": identity.client_id, "client_secret": identity.client_secret, **changes}
    return ClientSecretCredential(**values)


def claims(token: str) -> dict[str, Any]:
    part = token.split(".")[1]
    return dict(json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))))


def certificate(subject: str) -> tuple[bytes, str]:
    """A key with a self-signed certificate (PEM), and the public key alone (PEM)."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)])
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
    signed = builder.not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1)).sign(key, hashes.SHA256())
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private + signed.public_bytes(serialization.Encoding.PEM), public.decode()


@pytest.mark.parametrize("scope", [VAULT_SCOPE, MANAGEMENT_SCOPE, "https://cognitiveservices.azure.com/.default", "https://ai.azure.com/.default"])
def test_a_token_is_for_the_resource_that_was_asked_for(cloud: Cloud, scope: str) -> None:
    token = credential(cloud).get_token(scope)
    assert claims(token.token)["aud"] == scope.removesuffix("/.default")
    assert claims(token.token)["oid"] == cloud.identity.object_id
    assert 3500 < token.expires_on - time.time() <= 3600


def test_the_environment_of_a_command_signs_the_default_credential_in(cloud: Cloud) -> None:
    token = DefaultAzureCredential().get_token(MANAGEMENT_SCOPE)
    assert claims(token.token)["appid"] == cloud.identity.client_id


def test_the_async_credential_signs_in(cloud: Cloud) -> None:
    async def sign_in() -> str:
        identity = cloud.identity
        # aiohttp reads SSL_CERT_FILE when it is imported, which may have been before this test set it
        ca = cloud.environment["SSL_CERT_FILE"]
        async with AsyncClientSecretCredential(identity.tenant_id, identity.client_id, identity.client_secret, connection_verify=ca) as signer:
            return (await signer.get_token(VAULT_SCOPE)).token

    assert claims(asyncio.run(sign_in()))["aud"] == "https://vault.azure.net"


def test_a_token_verifies_against_the_published_keys(cloud: Cloud) -> None:
    token = credential(cloud).get_token(VAULT_SCOPE).token
    base = f"https://login.microsoftonline.com/{cloud.identity.tenant_id}"
    keys = requests.get(requests.get(f"{base}/v2.0/.well-known/openid-configuration", timeout=9).json()["jwks_uri"], timeout=9).json()["keys"]
    key = jwt.PyJWK(next(key for key in keys if key["kid"] == jwt.get_unverified_header(token)["kid"]))
    assert jwt.decode(token, key, audience="https://vault.azure.net")["tid"] == cloud.identity.tenant_id


def test_a_wrong_secret_is_refused(cloud: Cloud) -> None:
    with pytest.raises(ClientAuthenticationError, match="AADSTS7000215: Invalid client secret provided"):
        credential(cloud, client_secret="guessed").get_token(VAULT_SCOPE)


def test_an_unknown_application_is_refused(cloud: Cloud) -> None:
    with pytest.raises(ClientAuthenticationError, match="AADSTS700016: Application with identifier"):
        credential(cloud, client_id="11111111-1111-1111-1111-111111111111").get_token(VAULT_SCOPE)


def test_an_unknown_tenant_is_refused(cloud: Cloud) -> None:
    url = "https://login.microsoftonline.com/22222222-2222-2222-2222-222222222222/oauth2/v2.0/token"
    identity = cloud.identity
    form = {"grant_type": "client_credentials", "client_id": identity.client_id, "client_secret": identity.client_secret, "scope": VAULT_SCOPE}
    answer = requests.post(url, data=form, timeout=9)
    assert answer.status_code == 400
    assert answer.json()["error_codes"] == [90002]
    with pytest.raises(ClientAuthenticationError):
        credential(cloud, tenant_id="22222222-2222-2222-2222-222222222222").get_token(VAULT_SCOPE)


def test_a_resource_that_does_not_exist_gets_no_token(cloud: Cloud) -> None:
    with pytest.raises(ClientAuthenticationError, match="AADSTS500011"):
        credential(cloud).get_token("https://vault.azure.example/.default")


def test_a_new_principal_signs_in_until_it_is_removed(cloud: Cloud) -> None:
    new = cloud.door.call("POST", "/principals", {"name": "reader"})
    changes = {"client_id": new["client_id"], "client_secret": new["client_secret"]}
    assert claims(credential(cloud, **changes).get_token(VAULT_SCOPE).token)["oid"] == new["object_id"]
    cloud.door.call("DELETE", f"/principals/{new['object_id']}")
    with pytest.raises(ClientAuthenticationError, match="AADSTS700016"):
        credential(cloud, **changes).get_token(VAULT_SCOPE)


def test_a_principal_of_another_tenant_signs_in_there_only(cloud: Cloud) -> None:
    tenant = "33333333-3333-3333-3333-333333333333"
    new = cloud.door.call("POST", "/principals", {"name": "guest", "tenant": tenant})
    changes = {"client_id": new["client_id"], "client_secret": new["client_secret"]}
    assert claims(credential(cloud, tenant_id=tenant, **changes).get_token(VAULT_SCOPE).token)["tid"] == tenant
    with pytest.raises(ClientAuthenticationError, match="AADSTS700016"):
        credential(cloud, **changes).get_token(VAULT_SCOPE)


def test_a_registered_certificate_signs_in_and_another_one_does_not(cloud: Cloud) -> None:
    identity = cloud.identity
    private, public = certificate("deployer")
    cloud.door.call("POST", "/federated-credentials", {"client_id": identity.client_id, "name": "certificate", "public_key": public})
    known = CertificateCredential(identity.tenant_id, identity.client_id, certificate_data=private)
    assert claims(known.get_token(VAULT_SCOPE).token)["oid"] == identity.object_id
    stranger = CertificateCredential(identity.tenant_id, identity.client_id, certificate_data=certificate("stranger")[0])
    with pytest.raises(ClientAuthenticationError, match="AADSTS700027"):
        stranger.get_token(VAULT_SCOPE)


def test_a_federated_assertion_counts_for_its_own_subject_only(cloud: Cloud) -> None:
    identity = cloud.identity
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
    record = {"issuer": "https://token.ci.example", "subject": "repo:models:ref:main", "audience": "api://AzureADTokenExchange"}
    cloud.door.call("POST", "/federated-credentials", {"client_id": identity.client_id, "name": "ci", "public_key": public, **record})

    def sign_in(subject: str) -> str:
        content = {"iss": record["issuer"], "sub": subject, "aud": record["audience"], "exp": int(time.time()) + 60}
        assertion = jwt.encode(content, key, algorithm="RS256")
        return ClientAssertionCredential(identity.tenant_id, identity.client_id, lambda: assertion).get_token(VAULT_SCOPE).token

    assert claims(sign_in("repo:models:ref:main"))["oid"] == identity.object_id
    with pytest.raises(ClientAuthenticationError, match="AADSTS700213: No matching federated identity record found"):
        sign_in("repo:models:ref:other")
