"""Where training is computed: worker processes beside the event loop, started when the first training file arrives.

Results are held here only until the job takes them; a job that finds none (after a restart) has it computed again.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from multiprocessing.pool import AsyncResult, Pool
from typing import Any

from local_azure.openai.learning import Training, answer, train

_MOST_WORKERS = 4
#: Longer than any training here takes; then a worker must have died.
_PATIENCE_SECONDS = 120.0


class Workshop:
    """Trainings by job id."""

    def __init__(self) -> None:
        self._pool: Pool | None = None
        self._trainings: dict[str, AsyncResult[Training]] = {}

    def warm(self) -> Pool:
        """Starts the workers, if they do not run yet; this process gets ready to answer beside it."""
        if self._pool is None:
            workers = min(_MOST_WORKERS, os.cpu_count() or 1)
            self._pool = multiprocessing.get_context("spawn").Pool(workers, initializer=_prepare_worker)
            threading.Thread(target=_load_vocabulary, daemon=True).start()
        return self._pool

    def has(self, job: str) -> bool:
        return job in self._trainings

    def submit(self, job: str, **arguments: Any) -> None:
        """Begins a training; ``arguments`` are those of :func:`local_azure.openai.learning.train`."""
        self._trainings[job] = self.warm().apply_async(train, kwds=arguments)

    def result(self, job: str, *, wait: bool) -> Training | None:
        """The finished training, or None while it is being computed.

        Args:
            wait: block until it is there; for a clock that was moved past the training's end.

        Raises:
            ValueError: when the data cannot be trained on; the text says why.
        """
        pending = self._trainings[job]
        if not wait and not pending.ready():
            return None
        return pending.get(_PATIENCE_SECONDS)

    def forget(self, job: str) -> None:
        self._trainings.pop(job, None)

    def clear(self) -> None:
        self._trainings.clear()


def _prepare_worker() -> None:
    os.nice(5)  # requests come first
    _load_vocabulary()


def _load_vocabulary() -> None:
    """Loads the tokenizer, which takes a second, before the first training or answer needs it."""
    answer(None, [{"role": "user", "content": "Hello"}], max_tokens=1)


WORKSHOP = Workshop()
