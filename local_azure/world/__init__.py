"""The state of local Azure and what moves it: clock, store, agenda, settings, faults, journal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from local_azure.world.agenda import Agenda
from local_azure.world.clock import Clock
from local_azure.world.faults import Faults
from local_azure.world.identity import Identity
from local_azure.world.journal import Journal
from local_azure.world.settings import WorldSettings
from local_azure.world.store import Store


class World:
    """Everything that local Azure knows.

    Args:
        folder: where state lives between starts.
    """

    #: Set by the entra service: issues and reads tokens.
    tokens: Any

    def __init__(self, folder: Path):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.identity = Identity.load(folder)
        self.store = Store(folder / "world.sqlite")
        self.clock = Clock(self.store)
        self.agenda = Agenda(self.store)
        self.settings = WorldSettings.load(self.store)
        self.faults = Faults(self.store)
        self.journal = Journal(self.store)
        #: Called on a new or reset world, in order: services plant what exists before anybody did anything.
        self.seeds: list[Callable[[World], None]] = []
        self._events: dict[str, Callable[[World, str], None]] = {}

    def on(self, events: Mapping[str, Callable[[World, str], None]]) -> None:
        """Registers handlers of agenda events."""
        self._events.update(events)

    def now(self) -> float:
        """Seconds since the epoch on the clock that tests move."""
        return self.clock.now()

    def advance(self) -> None:
        """Lets happen, in order and each at its own time, everything that is due by now."""
        while due := self.agenda.pop_due(self.clock.now()):
            with self.clock.held_at(due.when):
                self._events[due.event](self, due.key)

    def update_settings(self, values: dict[str, Any]) -> None:
        """Changes and stores settings. Raises ``ValueError`` naming an unknown key or a value of the wrong type."""
        self.settings = self.settings.changed(values)
        self.settings.save(self.store)

    def plant(self) -> None:
        """Seeds the world if it is new."""
        if self.store.get("world", "planted") is None:
            for seed in self.seeds:
                seed(self)
            self.store.put("world", "planted", {"at": self.now()})

    def reset(self) -> None:
        """Forgets everything but the sign-in and the settings, and plants again."""
        self.store.clear(keep=("settings",))
        self.clock.forget()
        self.plant()
