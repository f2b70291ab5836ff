"""ARM's own refusals, in ARM's words."""

from __future__ import annotations

from collections.abc import Iterable

from local_azure.arm.resource_id import ResourceId
from local_azure.http import Principal, ServiceError


def missing_api_version() -> ServiceError:
    return ServiceError(400, "MissingApiVersionParameter", "The api-version query parameter (?api-version=) is required for all requests.")


def invalid_api_version(version: str, supported: Iterable[str]) -> ServiceError:
    text = f"The api-version '{version}' is invalid. The supported versions are '{','.join(supported)}'."
    return ServiceError(400, "InvalidApiVersionParameter", text)


def no_registered_provider(location: str, version: str, type_path: str, supported: Iterable[str], regions: Iterable[str]) -> ServiceError:
    text = (
        f"No registered resource provider found for location '{location}' and API version '{version}' for type '{type_path}'. "
        f"The supported api-versions are '{', '.join(supported)}'. The supported locations are '{', '.join(regions)}'."
    )
    return ServiceError(400, "NoRegisteredProviderFound", text)


def invalid_resource_type(type_path: str, namespace: str, version: str, supported: Iterable[str]) -> ServiceError:
    text = (
        f"The resource type '{type_path}' could not be found in the namespace '{namespace}' for api version '{version}'. "
        f"The supported api-versions are '{','.join(supported)}'."
    )
    return ServiceError(404, "InvalidResourceType", text)


def subscription_not_found(subscription: str) -> ServiceError:
    return ServiceError(404, "SubscriptionNotFound", f"The subscription '{subscription}' could not be found.")


def group_not_found(group: str) -> ServiceError:
    return ServiceError(404, "ResourceGroupNotFound", f"Resource group '{group}' could not be found.")


def group_being_deleted(group: str) -> ServiceError:
    text = f"The resource group '{group}' is in deprovisioning state and cannot perform this operation."
    return ServiceError(409, "ResourceGroupBeingDeleted", text)


def resource_not_found(id: ResourceId) -> ServiceError:
    text = (
        f"The Resource '{id.namespace}/{'/'.join(f'{kind}/{name}' for kind, name in zip(id.types, id.names, strict=False))}' "
        f"under resource group '{id.group or '<null>'}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix"
    )
    return ServiceError(404, "ResourceNotFound", text)


def parent_not_found(verb: str, type_path: str, parent: str) -> ServiceError:
    text = f"Failed to perform '{verb}' on resource(s) of type '{type_path}', because the parent resource '{parent}' could not be found."
    return ServiceError(404, "ParentResourceNotFound", text)


def not_authorised(principal: Principal, action: str, scope: str) -> ServiceError:
    text = (
        f"The client '{principal.client_id or principal.object_id}' with object id '{principal.object_id}' does not have authorization to perform "
        f"action '{action}' over scope '{scope}' or the scope is invalid. If access was recently granted, please refresh your credentials."
    )
    return ServiceError(403, "AuthorizationFailed", text)


def link_not_authorised(principal: Principal, action: str, scope: str, linked_action: str, linked: str) -> ServiceError:
    text = (
        f"The client '{principal.client_id or principal.object_id}' with object id '{principal.object_id}' has permission to perform "
        f"action '{action}' on scope '{scope}'; however, it does not have permission to perform action(s) '{linked_action}' "
        f"on the linked scope(s) '{linked}' "
        "(respectively) or the linked scope(s) are invalid."
    )
    return ServiceError(403, "LinkedAuthorizationFailed", text)


def request_conflict(locked: str) -> ServiceError:
    """azure.md section 6: parallel writes of children."""
    text = f"Another operation is being performed on the parent resource '{locked}'. Please try again later."
    return ServiceError(409, "RequestConflict", text)


def unknown_member(path: str, holder: str) -> ServiceError:
    name = path.rpartition(".")[2]
    text = (
        f"The request content was invalid and could not be deserialized: 'Could not find member '{name}' "
        f"on object of type '{holder}'. Path '{path}'.'."
    )
    return ServiceError(400, "InvalidRequestContent", text)


def missing_member(path: str) -> ServiceError:
    if path == "location":
        return ServiceError(400, "LocationRequired", "The location property is required for this definition.")
    name = path.rpartition(".")[2]
    text = f"The request content was invalid and could not be deserialized: 'Required property '{name}' not found in JSON. Path '{path}'.'."
    return ServiceError(400, "InvalidRequestContent", text)


def wrong_kind(path: str, wanted: str) -> ServiceError:
    text = f"The request content was invalid and could not be deserialized: 'The value of '{path}' is not {wanted}.'."
    return ServiceError(400, "InvalidRequestContent", text)


def invalid_name(name: str, type: str, pattern: str) -> ServiceError:
    """The wording differs by resource provider; this one is INFERRED."""
    return ServiceError(400, "InvalidResourceName", f"Resource name '{name}' is invalid for resource type '{type}': it must match '{pattern}'.")


def location_not_available(location: str, type: str, regions: Iterable[str]) -> ServiceError:
    text = (
        f"The provided location '{location}' is not available for resource type '{type}'. "
        f"List of available regions for the resource type is '{','.join(regions)}'."
    )
    return ServiceError(400, "LocationNotAvailableForResourceType", text)


def other_location(id: ResourceId, there: str, wanted: str) -> ServiceError:
    text = (
        f"The resource '{id.name}' already exists in location '{there}' in resource group '{id.group}'. "
        f"A resource with the same name cannot be created in location '{wanted}'. Please select a new resource name."
    )
    return ServiceError(409, "InvalidResourceLocation", text)


def no_such_method(method: str, type: str) -> ServiceError:
    return ServiceError(405, "MethodNotAllowed", f"The requested resource type '{type}' does not support http method '{method}'.")


def not_emulated(path: str, type: str) -> ServiceError:
    return ServiceError(400, "NotEmulated", f"Local Azure does not emulate the property '{path}' of {type}. See DIFFERENCES.md.")
