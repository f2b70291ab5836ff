"""The refusals of Microsoft.CognitiveServices, in its words (azure.md section 6). INFERRED where only the code, or nothing, is known."""

from __future__ import annotations

from local_azure.http import ServiceError


def unknown_kind(kind: str) -> ServiceError:
    return ServiceError(400, "InvalidApiSetId", f"The account type '{kind}' is either invalid or unavailable in given region.")


def unknown_account_sku(sku: str, kind: str) -> ServiceError:
    """INFERRED."""
    return ServiceError(400, "InvalidSku", f"The sku '{sku}' is not available for an account of kind '{kind}'.")


def cannot_change(name: str, before: str, wanted: str) -> ServiceError:
    """INFERRED."""
    return ServiceError(400, "BadRequest", f"The property '{name}' cannot be changed from '{before}' to '{wanted}'.")


def invalid_subdomain(name: str) -> ServiceError:
    """INFERRED."""
    text = f"The subdomain name '{name}' is invalid: it has 2 to 64 letters, digits and hyphens and neither starts nor ends with a hyphen."
    return ServiceError(400, "InvalidCustomSubDomainName", text)


def subdomain_in_use(name: str) -> ServiceError:
    """The status was not seen; 409 is INFERRED."""
    text = f"Please pick a different name. The subdomain name '{name}' is not available as it's already used by a resource."
    return ServiceError(409, "CustomDomainInUse", text)


def restore_flag_needed(id: str) -> ServiceError:
    text = (
        f"An existing resource with ID '{id}' has been soft-deleted. To restore the resource, you must specify 'restore' to be 'true' in the "
        "property. If you don't want to restore existing resource, please purge it first."
    )
    return ServiceError(409, "FlagMustBeSetForRestore", text)


def nothing_to_restore(id: str) -> ServiceError:
    """INFERRED."""
    return ServiceError(404, "CanNotRestoreANonExistingResource", f"There is no soft-deleted resource with ID '{id}' to restore.")


def too_many_accounts(name: str) -> ServiceError:
    return ServiceError(400, "InsufficientQuota", f"Insufficient quota. Cannot create/update/move resource '{name}'.")


def account_has_deployments() -> ServiceError:
    """The code is known, text and status are INFERRED."""
    return ServiceError(
        409, "CannotDeleteAccountWithDeployments", "The account has deployments and cannot be deleted. Please delete all of its deployments first."
    )


def unknown_identity_type(text: str) -> ServiceError:
    """INFERRED."""
    return ServiceError(
        400, "InvalidIdentity", f"The identity '{text}' is invalid: the type and userAssignedIdentities do not go together or are unknown."
    )


def no_such_identity(id: str) -> ServiceError:
    """INFERRED."""
    return ServiceError(400, "FailedIdentityOperation", f"Identity operation failed: the user-assigned identity '{id}' could not be found.")


def invalid_key_name(name: object) -> ServiceError:
    """INFERRED."""
    return ServiceError(400, "InvalidKeyName", f"The key name '{name}' is invalid; it is Key1 or Key2.")


def model_not_supported(format: str, name: str, version: str) -> ServiceError:
    text = f"The model 'Format: {format}, Name: {name}, Version: {version}' of account deployment is not supported."
    return ServiceError(400, "DeploymentModelNotSupported", text)


def unsafe_model(harms: str) -> ServiceError:
    """The text is documented, the code is INFERRED."""
    text = (
        "This model is unable to be deployed. Model evaluation identified that this fine tuned model scores above acceptable thresholds for "
        f"[{harms}]. Please review your training data set and resubmit the job."
    )
    return ServiceError(400, "InvalidResourceProperties", text)


def retired_model(format: str, name: str, version: str, date: str) -> ServiceError:
    """INFERRED."""
    text = f"The model 'Format: {format}, Name: {name}, Version: {version}' of account deployment has been retired since {date}."
    return ServiceError(400, "ServiceModelDeprecated", text)


def sku_not_supported(sku: str, model: str, region: str) -> ServiceError:
    text = f"The specified SKU '{sku}' for model '{model}' is not supported in this region '{region}'."
    return ServiceError(400, "InvalidResourceProperties", text)


def invalid_property(text: str) -> ServiceError:
    """INFERRED."""
    return ServiceError(400, "InvalidResourceProperties", text)


def insufficient_quota(wanted: int, quota: str, available: int, usage: int, limit: int) -> ServiceError:
    text = (
        f"This operation require {wanted} new capacity in quota {quota}, which is bigger than the current available capacity {available}. "
        f"The current quota usage is {usage} and the quota limit is {limit} for quota {quota}."
    )
    return ServiceError(400, "InsufficientQuota", text)


def too_many_deployments(kind: str, limit: int) -> ServiceError:
    """INFERRED."""
    return ServiceError(400, "QuotaExceeded", f"The number of {kind} deployments in this resource would exceed the limit of {limit}.")


def model_deployed_already(model: str, deployment: str) -> ServiceError:
    """The rule is from older documentation, the code is INFERRED."""
    text = f"Only one deployment is permitted for a customized model. The model '{model}' is deployed as '{deployment}'."
    return ServiceError(409, "ModelAlreadyDeployed", text)


def account_not_ready(state: str) -> ServiceError:
    """INFERRED text; what terraform users see is the state in the message."""
    return ServiceError(409, "AccountProvisioningStateInvalid", f"Account in state {state}. The operation needs an account in state Succeeded.")
