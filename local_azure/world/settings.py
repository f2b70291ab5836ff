"""How this cloud behaves: lags, lengths, limits. Defaults are quick, for people at a keyboard; tests set what they need.

What Azure does not document is here with a default and the word INFERRED.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from local_azure.world.store import Store


@dataclass(frozen=True, slots=True)
class WorldSettings:
    """Times in seconds, on the world's clock."""

    # -- lags -------------------------------------------------------------------------------------------------------
    #: Until a new managed identity's principal is in the directory (PrincipalNotFound before).
    directory_lag: float = 0.5
    #: Until a new or deleted role assignment counts. Azure: up to 600.
    role_lag: float = 0.5
    #: Until a deployment whose provisioning Succeeded answers (DeploymentNotFound before).
    deployment_ready_lag: float = 0.5

    # -- lengths ----------------------------------------------------------------------------------------------------
    account_create: float = 0.5
    account_delete: float = 0.3
    deployment_create: float = 0.5
    deployment_delete: float = 0.2
    vault_create: float = 0.3
    #: Seconds that ARM asks clients to wait between two looks at a long operation.
    retry_after: float = 0.2
    token_lifetime: float = 3600.0
    file_import: float = 0.3
    #: Until an upload that was not completed expires.
    upload_seconds: float = 7200.0
    storage_create: float = 0.3
    job_queue: float = 0.5
    #: Length of the training of one job.
    job_train: float = 3.0
    #: Until a pausing job rests: Azure evaluates the safety of its checkpoint first.
    job_pause: float = 0.5

    # -- limits (azure.md section 5, prices-models.md section 4) -------------------------------------------------------
    running_jobs: int = 3
    running_jobs_developer: int = 5
    queued_jobs: int = 20
    total_jobs: int = 100
    #: Training tokens times epochs of one job.
    job_tokens: int = 2_000_000_000
    files: int = 100
    #: Bytes.
    files_bytes: int = 1 << 30
    file_bytes: int = 512 << 20
    #: Bytes of a file by the Uploads API, and of one part of it.
    upload_bytes: int = 9 << 30
    part_bytes: int = 64 << 20
    fine_tuned_deployments: int = 10
    standard_deployments: int = 32
    #: Tokens per minute in thousands, per subscription, region, model and sku.
    quota_capacity: int = 1000
    #: Days until an idle deployment of a fine-tuned model is removed.
    idle_days: float = 15.0
    #: Hours of life of a Developer deployment.
    developer_hours: float = 24.0
    #: Older documentation: "Only one deployment is permitted for a customized model". Removed later, so off. INFERRED.
    one_deployment_per_model: bool = False
    #: Whether models past their retirement dates are refused in new deployments. What existing customers may still do is INFERRED, so off.
    retirements: bool = False
    #: Whether a job without trainingType is refused ("The specified base model does not support fine-tuning").
    training_type_required: bool = True
    #: Days that a deleted account can be restored (Azure: 2).
    account_retention_days: float = 2.0

    #: Items on one page of the Retail Prices API.
    retail_prices_page: int = 1000

    # -- people -----------------------------------------------------------------------------------------------------
    #: A person in the portal who links Weights & Biases as soon as the vault holds a secret that asks for it.
    operator_links_wandb: bool = False
    #: What a job does when its W&B link fails: "report" (run and say why in an event) or "fail". INFERRED.
    wandb_failure: str = "report"
    #: Trouble that the next jobs meet: "" (none), "data_safety", "model_safety", "training_error".
    job_trouble: str = ""

    @classmethod
    def load(cls, store: Store) -> WorldSettings:
        saved = store.get("settings", "world") or {}
        known = {f.name for f in fields(cls)}
        return cls(**{name: value for name, value in saved.items() if name in known})

    def save(self, store: Store) -> None:
        store.put("settings", "world", asdict(self))

    def changed(self, values: dict[str, Any]) -> WorldSettings:
        """A copy with other values. Raises ``ValueError`` naming an unknown key or a value of the wrong kind."""
        for name, value in values.items():
            if name not in asdict(self):
                raise ValueError(f"there is no setting {name}; there are: {', '.join(asdict(self))}")
            want = type(getattr(_DEFAULTS, name))
            if not isinstance(value, (int, float) if want is float else want):
                raise ValueError(f"setting {name}: {value!r} is not a {want.__name__}")
        return replace(self, **values)


#: Tells the kinds of the settings: a time that was set to the whole number 0 still takes 0.5.
_DEFAULTS = WorldSettings()
