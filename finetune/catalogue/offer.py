"""Whether Azure offers what a stack wants: base model, method, training type, region, sku; and whether its dates allow it."""

from __future__ import annotations

import datetime

from finetune.catalogue.models import Catalogue, Model, Notice, lifecycle, training_type
from finetune.errors import SettingsError
from finetune.settings import DeploymentSettings, ModelSettings, Settings


def check(settings: Settings, table: Catalogue, today: datetime.date | None = None) -> list[str]:
    """Checks every model and deployment before anything is made.

    Returns:
        Warnings: dates that come near, regions that the table does not list.

    Raises:
        SettingsError: the first wish that Azure does not offer, with the configuration key and what it does offer.
    """
    today = today or datetime.date.today()
    warnings: list[str] = []
    for name, wish in settings.models.items():
        warnings += _training(f"finetuning:models.{name}", wish, settings.training_place(wish).region, table, today)
    for name, deployment in settings.deployments.items():
        base = settings.models[deployment.model].base if deployment.model else deployment.base or ""
        if model := table.find(base):
            warnings += _deployment(f"finetuning:deployments.{name}", deployment, model, [place.region for place in settings.places(deployment)])
    return warnings


def _training(key: str, wish: ModelSettings, region: str, table: Catalogue, today: datetime.date) -> list[str]:
    model = table.find(wish.base)
    if model is None:
        near = table.closest(wish.base)
        raise SettingsError(
            f"there is no base model {wish.base} to fine-tune",
            f"the table of {table.date} does not list it",
            (f"did you mean {near[0]}? " if near else "") + "a newer model can be added in the file that finetuning:catalogue names",
            source=f"{key}.base",
        )
    if wish.method not in model.methods:
        raise SettingsError(
            f"{model.full_name} cannot be trained by {wish.method}", do=f"choose one of: {', '.join(model.methods)}", source=f"{key}.method"
        )
    kind = training_type(wish.training_type)
    if kind not in model.training:
        raise SettingsError(
            f"{model.full_name} has no {wish.training_type} training", do=f"choose one of: {', '.join(model.training)}", source=f"{key}.trainingType"
        )
    regions = model.training[kind]
    if regions is not None and region not in regions:
        raise SettingsError(
            f"{region} offers no {kind} training of {model.full_name}",
            f"it is offered in: {', '.join(regions)}",
            f"set {key}.region, or another trainingType",
            source=f"{key}.region" if wish.region else "azure-native:location",
        )
    notices = lifecycle(model, today, table=table)
    for notice in notices:
        if notice.severity == "error":
            raise SettingsError(notice.text, do=notice.advice, source=f"{key}.base")
    return [f"{key}.base: {notice.text}; {_instead(notice)}" for notice in notices if notice.severity == "warning"]


def _instead(notice: Notice) -> str:
    """What to train instead, short enough for a line of a preview."""
    few = notice.replacements or notice.alternatives[:3]
    return f"think of {', '.join(few)}" if few else "no replacement is named"


def _deployment(key: str, wish: DeploymentSettings, model: Model, regions: list[str]) -> list[str]:
    if wish.base:
        return []  # the table lists skus of fine-tuned models only
    if wish.sku not in model.deployment:
        raise SettingsError(
            f"a fine-tuned {model.full_name} cannot be deployed as {wish.sku}",
            do=f"choose one of: {', '.join(model.deployment)}",
            source=f"{key}.sku",
        )
    offered = model.deployment[wish.sku]
    missing = [region for region in regions if offered is not None and region not in offered]
    if missing:
        raise SettingsError(
            f"{', '.join(missing)} offers no {wish.sku} deployment of {model.full_name}",
            f"it is offered in: {', '.join(offered or ())}",
            source=f"{key}.regions",
        )
    return []
