"""What a client reads before it signs in: the clouds, a tenant's endpoints, the key set."""

from __future__ import annotations

from local_azure.entra.sign_in import HOST, check_tenant
from local_azure.http import Call, Reply
from local_azure.world import World

_ALIASES = [HOST, "login.windows.net", "login.microsoft.com", "sts.windows.net"]


def discover_instance(world: World, call: Call) -> Reply:
    """``GET /common/discovery/instance``: which host names stand for this cloud."""
    return Reply(
        200,
        {
            "tenant_discovery_endpoint": f"https://{HOST}/{world.identity.tenant_id}/v2.0/.well-known/openid-configuration",
            "api-version": "1.1",
            "metadata": [{"preferred_network": HOST, "preferred_cache": "login.windows.net", "aliases": _ALIASES}],
        },
    )


def show_openid_configuration(world: World, call: Call) -> Reply:
    """``GET /{tenant}/v2.0/.well-known/openid-configuration``."""
    tenant = call.params["tenant"]
    check_tenant(world, tenant, "invalid_tenant")
    base = f"https://{HOST}/{tenant}"
    return Reply(
        200,
        {
            "token_endpoint": f"{base}/oauth2/v2.0/token",
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
            "jwks_uri": f"{base}/discovery/v2.0/keys",
            "response_modes_supported": ["query", "fragment", "form_post"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "issuer": f"{base}/v2.0",
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
            "tenant_region_scope": "EU",
            "cloud_instance_name": "microsoftonline.com",
            "cloud_graph_host_name": "graph.windows.net",
            "msgraph_host": "graph.microsoft.com",
        },
    )


def list_keys(world: World, call: Call) -> Reply:
    """``GET /{tenant}/discovery/v2.0/keys``: what tokens can be verified with."""
    check_tenant(world, call.params["tenant"])
    return Reply(200, {"keys": [world.tokens.public_key()]})
