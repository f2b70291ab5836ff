"""The models that can be fine-tuned, with their regions, limits and dates: ``models.yaml``, which a user's own file can override."""

from __future__ import annotations

import datetime
import difflib
import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from finetune.errors import FinetuneError

Method = Literal["supervised", "dpo", "reinforcement"]
TrainingType = Literal["Standard", "DataZoneStandard", "GlobalStandard", "DeveloperTier"]
Sku = Literal[
    "Standard",
    "GlobalStandard",
    "DataZoneStandard",
    "DeveloperTier",
    "ProvisionedManaged",
    "GlobalProvisionedManaged",
    "DataZoneProvisionedManaged",
]

TRAINING_TYPES: tuple[TrainingType, ...] = ("Standard", "DataZoneStandard", "GlobalStandard", "DeveloperTier")
#: Spellings in documentation and real requests, lower case. "DataZoneStandard" itself is INFERRED: no literal is documented.
_TRAINING_TYPE_SPELLINGS: dict[str, TrainingType] = {name.lower(): name for name in TRAINING_TYPES} | {
    "global": "GlobalStandard",
    "datazone": "DataZoneStandard",
    "developer": "DeveloperTier",
}

#: ``<base>.ft-<job>-<suffix>``: the name of a fine-tuned model on Azure.
_FINE_TUNED = re.compile(r"(?P<base>.+?)\.ft-[0-9a-f]{8,}(-.*)?", re.IGNORECASE)

#: A date closer than this many days is a warning; closer than the second number, a note.
SOON_DAYS, LATER_DAYS = 180, 365


class Model(BaseModel):
    """A base model as fine-tuning knows it. None and absent: looked for in the sources and not found."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)

    name: str
    version: str | None = None
    status: Literal["available", "preview", "invitation", "retired"] = "available"
    #: ``model.format`` of an ARM deployment; for the open models it is their publisher's.
    format: str | None = "OpenAI"
    publisher: str | None = "OpenAI"
    aliases: tuple[str, ...] = ()
    methods: tuple[Method, ...]
    #: Training type → regions of the resource; None: offered, but no list is documented.
    training: dict[TrainingType, tuple[str, ...] | None]
    #: Deployment sku → regions; None: wherever Azure OpenAI is.
    deployment: dict[Sku, tuple[str, ...] | None]
    interactive: bool = False
    text: bool = True
    vision: bool = False
    #: Regions whose global training takes no images.
    no_vision_in: tuple[str, ...] = ()
    #: Name of the tokenizer; None: the model has one of its own that is not at hand.
    tokenizer: str | None = None
    context_tokens: int | None = None
    output_tokens: int | None = None
    #: Longest training example, in tokens.
    example_tokens: int | None = None
    base_retired: datetime.date | None = None
    #: For existing customers only; for all others training ends with the base model.
    training_ends_not_before: datetime.date | None = None
    deployment_ends: datetime.date | None = None
    #: Replacements of the base model that Microsoft's schedule names; they need not be trainable.
    replacements: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def full_name(self) -> str:
        """The name that a training job takes: with the version for OpenAI's models, without it for the open ones."""
        return f"{self.name}-{self.version}" if self.format == "OpenAI" and self.version else self.name

    @property
    def names(self) -> tuple[str, ...]:
        """Every name by which the model is found."""
        with_version = f"{self.name}-{self.version}" if self.version else self.name
        return tuple(dict.fromkeys((self.full_name, with_version, self.name, *self.aliases)))


@dataclass(frozen=True, slots=True)
class Notice:
    """Something about a model's dates that a user should know.

    Args:
        severity: "error" (it is over for this user), "warning" (soon, or perhaps over), "note" (within a year).
        text: whom it concerns and what ends, with the date.
        date: the day on which it ends or ended; None when no date is documented.
        replacements: models that Microsoft names in its place; empty when it names none. They need not be trainable.
        alternatives: models of the table that share a method and have no end of training in sight.
    """

    severity: Literal["error", "warning", "note"]
    text: str
    date: datetime.date | None
    replacements: tuple[str, ...] = ()
    alternatives: tuple[str, ...] = ()

    @property
    def advice(self) -> str:
        """What to train instead, as an instruction."""
        named = f"Microsoft's schedule names {', '.join(self.replacements) or 'no replacement'}"
        return f"{named}; with the same method and no end in sight: {', '.join(self.alternatives)}" if self.alternatives else named


class Catalogue:
    """The table of models, found by any of their names.

    Args:
        models: in the order of the table; of models with one name the first is found by the name without a version.
        date: date of the newest source.
    """

    def __init__(self, models: tuple[Model, ...], date: datetime.date):
        self.models, self.date = models, date
        self._by_name: dict[str, Model] = {}
        for model in models:
            for name in model.names:
                self._by_name.setdefault(name.casefold(), model)

    def find(self, model: str) -> Model | None:
        """A model by its name, with or without version, in any case; also by the name of a model fine-tuned from it."""
        return self._by_name.get(base_name(model).casefold())

    def closest(self, name: str, count: int = 3) -> tuple[str, ...]:
        """Full names of trainable models that look like an unknown name, best first."""
        names = {spelling.casefold(): model.full_name for model in self.trainable() for spelling in model.names}
        near = difflib.get_close_matches(base_name(name).casefold(), names, n=3 * count, cutoff=0.5)
        return tuple(dict.fromkeys(names[spelling] for spelling in near))[:count]

    def trainable(self) -> tuple[Model, ...]:
        return tuple(model for model in self.models if model.status != "retired" and model.training)

    def alternatives(self, model: Model, today: datetime.date) -> tuple[str, ...]:
        """Trainable models that take text or images as this one does, share a method, and have no end of training within a year."""
        later = today + datetime.timedelta(days=LATER_DAYS)
        return tuple(
            other.full_name
            for other in self.trainable()
            if other.name != model.name
            and set(other.methods) & set(model.methods)
            and other.text == model.text
            and (other.base_retired is None or other.base_retired > later)
        )


def base_name(model: str) -> str:
    """The base model's name: strips Azure's ``.ft-<job>-<suffix>``, however often a model was trained on."""
    match = _FINE_TUNED.fullmatch(model.strip())
    return match["base"] if match else model.strip()


def training_type(name: str) -> TrainingType | None:
    """The training type by any of its spellings ("globalstandard", "Developer"); None for an unknown one."""
    return _TRAINING_TYPE_SPELLINGS.get(name.strip().lower())


@functools.cache
def catalogue(override: Path | None = None) -> Catalogue:
    """The shipped table, with a user's file laid over it.

    Args:
        override: YAML of the shape of ``models.yaml`` (``regions`` and ``models``; each optional). A model of the same name and version takes
            the keys that the file gives and keeps the others; any other model is added, before the shipped ones.

    Raises:
        FinetuneError: the file is missing, is no YAML, or has an unknown key or wrong value.
    """
    shipped = yaml.load(Path(__file__).with_name("models.yaml").read_text(encoding="utf-8"), Loader=_loader())
    if override is None:
        return _build(shipped, shipped["models"], "models.yaml")
    given = _read(override)
    document = {**shipped, **given, "regions": {**shipped["regions"], **given.get("regions", {})}}
    return _build(document, _merged(shipped["models"], given.get("models", [])), str(override))


def find(model: str, table: Catalogue | None = None) -> Model | None:
    """:meth:`Catalogue.find` in the shipped table, or in the one given."""
    return (table or catalogue()).find(model)


def closest(name: str, table: Catalogue | None = None) -> tuple[str, ...]:
    """:meth:`Catalogue.closest` in the shipped table, or in the one given."""
    return (table or catalogue()).closest(name)


def _loader() -> type[Any]:
    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _read(path: Path) -> dict[str, Any]:
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=_loader())
    except OSError as error:
        raise FinetuneError("the model catalogue cannot be read", str(error), "correct the path of the catalogue file", source=str(path)) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise FinetuneError("the model catalogue is not YAML", str(error), "mend the file", source=str(path)) from None
    keys = {"date", "sources", "regions", "models"}
    if not isinstance(document, dict) or set(document) - keys or not isinstance(document.get("models", []), list):
        raise FinetuneError(
            "the model catalogue has the wrong shape",
            f"it takes the keys {', '.join(sorted(keys))}; `models` is a list",
            "write it like finetune/catalogue/models.yaml",
            source=str(path),
        )
    return document


def _merged(shipped: list[dict[str, Any]], given: list[dict[str, Any]]) -> list[dict[str, Any]]:
    changes = {(row.get("name"), row.get("version")): row for row in given}
    changed = [{**row, **changes.pop((row["name"], row.get("version")), {})} for row in shipped]
    return [*changes.values(), *changed]


def _build(document: Mapping[str, Any], rows: list[dict[str, Any]], source: str) -> Catalogue:
    regions = document["regions"]
    try:
        return Catalogue(tuple(Model.model_validate(_with_regions(row, regions)) for row in rows), document["date"])
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise FinetuneError(
            f"the model catalogue is wrong at {where}", first["msg"], "write it like finetune/catalogue/models.yaml", source=source
        ) from None


def _with_regions(row: dict[str, Any], regions: Mapping[str, Any]) -> dict[str, Any]:
    """The row with names of region lists replaced by the lists."""

    def listed(offers: Any) -> Any:
        if not isinstance(offers, dict):
            return offers
        return {kind: regions.get(places, places) if isinstance(places, str) else places for kind, places in offers.items()}

    return {**row, "training": listed(row.get("training", {})), "deployment": listed(row.get("deployment", {}))}


def lifecycle(model: Model, today: datetime.date, existing_customer: bool | None = None, table: Catalogue | None = None) -> list[Notice]:
    """What a model's dates mean on a day: training first, then deployments of what was trained.

    The rule for training is Microsoft's retirement schedule (2026-07-07): it ends with the base model, but for existing customers not before
    a later date.

    Args:
        existing_customer: whether the subscription trained this model before the base was retired; None: not known.
        table: where alternatives are looked for; the shipped table by default.
    """
    if model.status == "retired":
        found: list[Notice | None] = [Notice("error", f"{model.full_name} can no longer be trained", model.base_retired)]
    else:
        found = [_training(model, today, existing_customer), _deployment(model, today)]
    others = (table or catalogue()).alternatives(model, today)
    return [replace(notice, replacements=model.replacements, alternatives=others) for notice in found if notice]


def _training(model: Model, today: datetime.date, existing_customer: bool | None) -> Notice | None:
    base, late = model.base_retired, model.training_ends_not_before
    if base is None:
        return None
    if late is None:
        return _ending(base, today, f"training on {model.full_name} ends with the base model, no earlier than")
    if existing_customer:
        return _ending(late, today, f"training on {model.full_name} ends for existing customers, no earlier than")
    if existing_customer is False and today >= base:
        text = f"training on {model.full_name} ended on {base} for all but existing customers (for those no earlier than {late})"
        return Notice("error", text, base)
    if today >= base:
        over = _ending(late, today, f"training on {model.full_name} ends for existing customers, no earlier than")
        text = f"training on {model.full_name} ended on {base} for all but existing customers; for those it ends no earlier than {late}"
        return over if today >= late else Notice("warning", text, base)
    return _ending(base, today, f"training on {model.full_name} ends for all but existing customers on")


def _deployment(model: Model, today: datetime.date) -> Notice | None:
    end = model.deployment_ends
    if end is None:
        return None
    if today >= end:
        return Notice("error", f"deployments of models fine-tuned from {model.full_name} ended on {end}", end)
    return _ending(end, today, f"deployments of models fine-tuned from {model.full_name} end on")


def _ending(end: datetime.date, today: datetime.date, text: str) -> Notice | None:
    days = (end - today).days
    if days > LATER_DAYS:
        return None
    if days <= 0:
        return Notice("warning", f"{text} {end}; that day has passed, so it may have ended", end)
    return Notice("warning" if days <= SOON_DAYS else "note", f"{text} {end}", end)
