"""Pulumi components for fine-tuned models on Azure: one component or resource in a file, each usable alone in another program.

In the wheel this package is called ``finetuning_components``.
"""

from .fine_tuned_model import FineTunedModel
from .fine_tuning_job import FineTuningJob
from .model_deployment import ModelDeployment, ModelReference, base_reference, tuned_reference
from .openai_account import OpenAIAccount, account_name
from .role_grant import Principal, RoleGrant
from .secret_vault import SecretVault, vault_name
from .training_file import TrainingFile
from .wandb_integration import WandbIntegration

__all__ = [
    "FineTunedModel",
    "FineTuningJob",
    "ModelDeployment",
    "ModelReference",
    "OpenAIAccount",
    "Principal",
    "RoleGrant",
    "SecretVault",
    "TrainingFile",
    "WandbIntegration",
    "account_name",
    "base_reference",
    "tuned_reference",
    "vault_name",
]
