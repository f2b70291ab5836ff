"""What Azure offers: one row a base model, with where and how it can be trained and deployed.

Sources: prices-models.md section 1.1 (models, methods, training types; documentation of 2026-10-06), 1.2 (regions; 2026-10-06 and -07),
1.3 (limits and dates; retirement schedule of 2026-07), 1.4 (formats of open models). What those mark INFERRED is marked here too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any


def _regions(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Where accounts can be made: evaluation regions of Azure OpenAI and those of Global training, together. INFERRED.
OPENAI_REGIONS = _regions(
    "australiaeast brazilsouth canadacentral canadaeast centralus eastus eastus2 francecentral germanywestcentral italynorth japaneast japanwest "
    "koreacentral northcentralus norwayeast polandcentral southafricanorth southcentralus southeastasia southindia spaincentral swedencentral "
    "switzerlandnorth switzerlandwest uaenorth uksouth ukwest westeurope westus westus2 westus3"
)
#: Global (and, INFERRED, Developer) training of the models before October 2026.
GLOBAL_TRAINING = _regions(
    "australiaeast brazilsouth canadacentral canadaeast eastus eastus2 francecentral germanywestcentral italynorth japaneast koreacentral "
    "northcentralus norwayeast polandcentral southafricanorth southcentralus southindia southeastasia spaincentral swedencentral switzerlandnorth "
    "switzerlandwest uksouth westeurope westus westus3"
)
#: Global training of Qwen3.6-35B-A3B, Qwen3.8-27B, Muse-Glimmer-30B, gpt-oss-120b.
_NEW_OPEN_TRAINING = _regions(
    "australiaeast eastus eastus2 koreacentral northcentralus swedencentral switzerlandnorth uaenorth uksouth westus3",
)
#: Members of the US data zone. INFERRED.
US_ZONE = _regions("centralus eastus eastus2 northcentralus southcentralus westus westus2 westus3")
#: Members of the EU data zone. INFERRED.
EU_ZONE = _regions("francecentral germanywestcentral italynorth polandcentral spaincentral swedencentral westeurope")
_NOWHERE: frozenset[str] = frozenset()

#: Deployment skus by their spelling in lower case; "Developer" is the command line's word.
SKUS = {
    "standard": "Standard",
    "globalstandard": "GlobalStandard",
    "datazonestandard": "DataZoneStandard",
    "developertier": "DeveloperTier",
    "developer": "DeveloperTier",
    "provisionedmanaged": "ProvisionedManaged",
    "globalprovisionedmanaged": "GlobalProvisionedManaged",
    "datazoneprovisionedmanaged": "DataZoneProvisionedManaged",
    "globalbatch": "GlobalBatch",
    "datazonebatch": "DataZoneBatch",
}


@dataclass(frozen=True)
class BaseModel:
    """One base model.

    Args:
        name, version: as ARM writes them, for example ``gpt-4.1-mini`` and ``2025-04-14``.
        formats: accepted in ``properties.model.format``; the first one is what lists show.
        methods: ``sft``, ``dpo``, ``rft``; empty for models that cannot be fine-tuned.
        training_types: S, Z, G, D for Standard, data zone, Global, Developer.
        standard_training: regions of Standard training.
        deployments: of fine-tuned models: S, Z, G, D, P for Standard, data zone, Global, Developer, provisioned.
        standard_deployment, provisioned_deployment: their regions, for fine-tuned models.
        global_training: regions of Global and Developer training.
        context: inference tokens (in, out); 0 where unknown.
        example_tokens: the most that one training example counts; 0 where unknown.
        retired, training_ends, deployment_ends: dates of base deployments, of training, and of fine-tuned deployments; "" where unknown.
        vision: whether images can be trained.
        foundry_only: whether the account must be of kind AIServices.
    """

    name: str
    version: str
    formats: tuple[str, ...] = ("OpenAI",)
    methods: tuple[str, ...] = ()
    training_types: str = ""
    standard_training: frozenset[str] = _NOWHERE
    deployments: str = ""
    standard_deployment: frozenset[str] = _NOWHERE
    provisioned_deployment: frozenset[str] = _NOWHERE
    global_training: frozenset[str] = GLOBAL_TRAINING
    context: tuple[int, int] = (0, 0)
    example_tokens: int = 0
    retired: str = ""
    training_ends: str = ""
    deployment_ends: str = ""
    vision: bool = False
    foundry_only: bool = False

    @property
    def format(self) -> str:
        return self.formats[0]

    @property
    def id(self) -> str:
        """The name by which jobs and the data plane know it: ``gpt-4.1-mini-2025-04-14``; open models have no version in it."""
        return f"{self.name}-{self.version}" if self.format == "OpenAI" else self.name

    @cached_property
    def training(self) -> Mapping[str, frozenset[str]]:
        """trainingType → regions. The literal of data-zone training is INFERRED."""
        regions = {
            "Standard": ("S", self.standard_training),
            "DataZoneStandard": ("Z", US_ZONE & self.global_training),
            "GlobalStandard": ("G", self.global_training),
            "DeveloperTier": ("D", self.global_training),
        }
        return {name: places for name, (letter, places) in regions.items() if letter in self.training_types}

    def training_regions(self, training_type: str) -> frozenset[str]:
        """Where a trainingType is offered; the literal is read without regard to case, as the service does (azure.md section 1.2)."""
        wanted = training_type.lower()
        return next((places for name, places in self.training.items() if wanted in (name.lower(), name.lower().removesuffix("tier"))), _NOWHERE)

    @cached_property
    def fine_tuned_skus(self) -> Mapping[str, frozenset[str]]:
        """Deployment sku → regions, for a model fine-tuned from this one."""
        regions = {
            "Standard": ("S", self.standard_deployment),
            "DataZoneStandard": ("Z", US_ZONE | EU_ZONE),
            "GlobalStandard": ("G", OPENAI_REGIONS),
            "DeveloperTier": ("D", OPENAI_REGIONS),
            "ProvisionedManaged": ("P", self.provisioned_deployment),
        }
        return {name: places for name, (letter, places) in regions.items() if letter in self.deployments}

    @cached_property
    def base_skus(self) -> Mapping[str, frozenset[str]]:
        """Deployment sku → regions, for the base model itself. Wider than Azure's own tables, which change weekly. INFERRED."""
        everywhere = dict.fromkeys(("GlobalStandard", "GlobalBatch", "GlobalProvisionedManaged"), OPENAI_REGIONS)
        zones = dict.fromkeys(("DataZoneStandard", "DataZoneBatch", "DataZoneProvisionedManaged"), US_ZONE | EU_ZONE)
        regional = dict.fromkeys(("Standard", "ProvisionedManaged"), self.standard_deployment | self.standard_training)
        return {**everywhere, **zones, **(regional if regional["Standard"] else {})}


_NCUS_SWC = _regions("northcentralus swedencentral")
_EUS2_SWC = _regions("eastus2 swedencentral")
_LIMITS: dict[str, Any] = {"context": (128_000, 16_384), "example_tokens": 65_536}
_APRIL: dict[str, Any] = {"retired": "2026-10-14", "training_ends": "2027-04-14", "deployment_ends": "2027-10-14"}
_OCTOBER: dict[str, Any] = {"retired": "2026-10-01", "training_ends": "2027-04-01", "deployment_ends": "2027-10-01"}
_GPT41: dict[str, Any] = {
    "methods": ("sft", "dpo"),
    "training_types": "SZGD",
    "standard_training": _NCUS_SWC,
    "deployments": "SZGD",
    "standard_deployment": _NCUS_SWC,
}
_OPEN: dict[str, Any] = {"methods": ("sft",), "training_types": "ZG", "deployments": "G", "foundry_only": True}
_NEW_OPEN: dict[str, Any] = {"methods": ("sft", "rft"), "training_types": "GD", "global_training": _NEW_OPEN_TRAINING, "foundry_only": True}

BASE_MODELS: tuple[BaseModel, ...] = (
    BaseModel(
        "gpt-4o-mini",
        "2024-07-18",
        methods=("sft",),
        training_types="SZGD",
        standard_training=_NCUS_SWC,
        deployments="SZGP",
        standard_deployment=_NCUS_SWC,
        provisioned_deployment=_NCUS_SWC,
        **_LIMITS,
        **_OCTOBER,
    ),
    BaseModel(
        "gpt-4o",
        "2024-08-06",
        methods=("sft", "dpo"),
        training_types="SZGD",
        standard_training=_regions("eastus2 northcentralus swedencentral"),
        deployments="SZGP",
        standard_deployment=_EUS2_SWC,
        provisioned_deployment=_NCUS_SWC,
        vision=True,
        **_LIMITS,
        **_OCTOBER,
    ),
    BaseModel(
        "gpt-4.1",
        "2025-04-14",
        **{**_GPT41, "deployments": "SZGDP"},
        provisioned_deployment=_regions("swedencentral"),
        vision=True,
        **_LIMITS,
        **_APRIL,
    ),
    BaseModel("gpt-4.1-mini", "2025-04-14", **_GPT41, **_LIMITS, **_APRIL),
    BaseModel(
        "gpt-4.1-nano",
        "2025-04-14",
        **_GPT41,
        global_training=GLOBAL_TRAINING - {"polandcentral"},
        context=(128_000, 16_384),
        example_tokens=32_768,
        **_APRIL,
    ),
    BaseModel(
        "o4-mini",
        "2025-04-16",
        methods=("rft",),
        training_types="SZGD",
        standard_training=_EUS2_SWC,
        deployments="SZGD",
        standard_deployment=_EUS2_SWC,
        retired="2026-10-16",
        training_ends="2027-04-16",
        deployment_ends="2027-10-16",
        **_LIMITS,
    ),
    BaseModel(
        "gpt-5",
        "2025-08-07",
        methods=("rft",),
        training_types="SZG",
        standard_training=_NCUS_SWC,
        deployments="S",
        standard_deployment=_NCUS_SWC,
        retired="2027-02-06",
    ),
    BaseModel("gpt-oss-20b", "11", formats=("Microsoft", "OpenAI-OSS"), **_OPEN),
    BaseModel("Ministral-3B", "2411", formats=("Mistral AI", "Ministral AI"), **_OPEN, context=(128_000, 0)),
    BaseModel("Llama-3.3-70B-Instruct", "1", formats=("Meta",), **_OPEN),
    BaseModel("Qwen3-32B", "1", formats=("Alibaba",), **_OPEN, context=(8_000, 32_000), example_tokens=8_192),
    BaseModel("gpt-oss-120b", "1", formats=("Microsoft", "OpenAI-OSS"), **_NEW_OPEN),
    BaseModel("Qwen3.6-35B-A3B", "1", formats=("Alibaba",), **_NEW_OPEN),
    BaseModel("Qwen3.8-27B", "1", formats=("Alibaba",), **_NEW_OPEN),
    BaseModel("Muse-Glimmer-30B", "1", formats=("Meta",), **_NEW_OPEN),
    BaseModel("MAI-Code-1.1-Flash", "1", formats=("Microsoft",), methods=("rft",), training_types="GD", deployments="G", foundry_only=True),
    # Not for fine-tuning: teachers, graders and embeddings that people deploy beside it.
    BaseModel("gpt-4o", "2024-11-20", standard_deployment=_EUS2_SWC, context=(128_000, 16_384), vision=True),
    BaseModel("o3-mini", "2025-01-31", standard_deployment=_EUS2_SWC, context=(200_000, 100_000)),
    BaseModel("gpt-5-mini", "2025-08-07", context=(272_000, 128_000)),
    BaseModel("text-embedding-3-large", "1", standard_deployment=_EUS2_SWC, context=(8_192, 0)),
    BaseModel("text-embedding-3-small", "1", standard_deployment=_EUS2_SWC, context=(8_192, 0)),
)

#: Names that the documentation used before October 2026.
_OLD_NAMES = {"qwen-32b": "qwen3-32b"}

_BY_ID = {id.lower(): model for model in BASE_MODELS for id in (model.id, f"{model.name}-{model.version}")}
_BY_NAME: dict[str, list[BaseModel]] = {}
for _model in BASE_MODELS:
    _BY_NAME.setdefault(_model.name.lower(), []).append(_model)


def find_base(name: str | tuple[str, str]) -> BaseModel | None:
    """A base model by its id (``"gpt-4.1-mini-2025-04-14"``, ``"Ministral-3B"``) or by (name, version); an empty version is the default one.

    Compared without regard to case; None when the catalogue lacks it. A fine-tuned model's name is not understood here: see ``base_of``.
    """
    if isinstance(name, str):
        return _BY_ID.get(_OLD_NAMES.get(name.lower(), name.lower()))
    wanted, version = name
    found = _BY_NAME.get(_OLD_NAMES.get(wanted.lower(), wanted.lower()), [])
    return next((model for model in found if not version or model.version == version), None)


def base_of(fine_tuned: str) -> BaseModel | None:
    """The base model of ``gpt-4.1-mini-2025-04-14.ft-<job>[-suffix]``, however often it was trained further."""
    return find_base(fine_tuned.split(".ft-", 1)[0])


def default_version(model: BaseModel) -> bool:
    return _BY_NAME[model.name.lower()][0] is model
