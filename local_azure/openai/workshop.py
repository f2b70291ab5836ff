"""Where training is computed: worker processes beside the event loop, started when the first training file arrives.

Results are held here only until the job takes them; a job that finds none (after a restart) has it computed again.
What learns and answers needs numpy and a vocabulary, so it is imported when it is needed, not when local Azure starts.
"""

from __future__ import annotations

import multiprocessing
import os
from concurrent.futures import Future, ThreadPoolExecutor
from multiprocessing.pool import AsyncResult, Pool
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from local_azure.openai.learning import Training

_MOST_WORKERS = 4
#: Longer than any training here takes; then a worker must have died.
_PATIENCE_SECONDS = 120.0


class Workshop:
    """Trainings by job id."""

    def __init__(self) -> None:
        self._pool: Future[Pool] | None = None
        self._trainings: dict[str, Future[AsyncResult[Training]]] = {}
        #: Opens the pool, which takes a second or two, and hands trainings to it; the event loop waits for neither.
        self._clerk = ThreadPoolExecutor(1)

    def warm(self) -> Future[Pool]:
        """Starts the workers, if they do not run yet; then this process, too, gets ready to answer."""
        if self._pool is None:
            self._pool = self._clerk.submit(_open_pool)
            self._clerk.submit(load_vocabulary)
        return self._pool

    def has(self, job: str) -> bool:
        return job in self._trainings

    def submit(self, job: str, **arguments: Any) -> None:
        """Begins a training; ``arguments`` are those of :func:`local_azure.openai.learning.train`."""
        pool = self.warm()
        self._trainings[job] = self._clerk.submit(lambda: pool.result().apply_async(_train, kwds=arguments))

    def result(self, job: str, *, wait: bool) -> Training | None:
        """The finished training, or None while it is being computed.

        Args:
            wait: block until it is there; for a clock that was moved past the training's end.

        Raises:
            ValueError: when the data cannot be trained on; the text says why.
        """
        handed = self._trainings[job]
        if not wait and not (handed.done() and handed.result().ready()):
            return None
        return handed.result(_PATIENCE_SECONDS).get(_PATIENCE_SECONDS)

    def forget(self, job: str) -> None:
        self._trainings.pop(job, None)

    def clear(self) -> None:
        self._trainings.clear()


def _open_pool() -> Pool:
    """Workers are forked from one process that has imported and loaded everything: they start at once and share its memory."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["local_azure.openai.preloaded"])
    return context.Pool(min(_MOST_WORKERS, os.cpu_count() or 1))


def _train(**arguments: Any) -> Training:
    from local_azure.openai.learning import train

    return train(**arguments)


def load_vocabulary() -> None:
    """Loads the tokenizer, which takes a second, before the first training or answer needs it."""
    from local_azure.openai.learning import answer

    answer(None, [{"role": "user", "content": "Hello"}], max_tokens=1)


WORKSHOP = Workshop()
