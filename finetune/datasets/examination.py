"""One pass over a file: hash, encoding, JSON, schema, statistics and tokens together."""

from __future__ import annotations

import hashlib
import os
from array import array
from collections.abc import Callable
from typing import Any, BinaryIO

from finetune.datasets import conversations, parallel
from finetune.datasets.explain import BOM, Explainer
from finetune.datasets.findings import Case, Finding, Findings, finding
from finetune.datasets.keys import repeated
from finetune.datasets.limits import Limits, Method, ModelRules, size_in_words
from finetune.datasets.measure import Measure, Options
from finetune.datasets.reader import blocks, sniff
from finetune.datasets.report import Report
from finetune.datasets.rules.grader import check_grader, item_fields
from finetune.datasets.statistics import Longest, Statistics, distribution
from finetune.datasets.tally import Tally
from finetune.errors import FinetuneError

#: Called with bytes read and bytes in all, every few megabytes.
Progress = Callable[[int, int], None]
_PROGRESS_STEP = 2 * 1024 * 1024


def examine(
    path: str | os.PathLike[str],
    *,
    method: Method = "supervised",
    model: ModelRules | None = None,
    limits: Limits | None = None,
    tokens: bool = True,
    max_findings: int = 100,
    grader: dict[str, Any] | None = None,
    progress: Progress | None = None,
    workers: int = 1,
) -> Report:
    """Examines a training file in one pass, in bounded memory.

    Args:
        method: how it will be used for training.
        model: rules of the base model (:func:`model_rules`); None: no limit for an example, counts in ``o200k_base``.
        limits: of the service; by default those of the catalogue.
        tokens: count them. Without, it is some ten times faster, looks only at the raw bytes for byte order marks, and does not see repeated keys.
        max_findings: listed in the report; of more only the number is known.
        grader: of reinforcement training; checked by its schema and against the members of the examples.
        progress: called with bytes read and bytes in all.
        workers: processes that read parts of the file at the same time; 1: this process alone.

    Raises:
        FinetuneError: the file cannot be read.
    """
    fields = item_fields(grader) if method == "reinforcement" else ()
    options = Options(method, model, limits or Limits(), tokens, max_findings, fields)
    try:
        with open(path, "rb", buffering=0) as file:
            return _examine(file, os.fspath(path), options, grader, progress, workers)
    except OSError as error:
        raise FinetuneError("the file cannot be read", error.strerror or str(error), "correct the path", source=os.fspath(path)) from None


def _examine(file: BinaryIO, path: str, options: Options, grader: Any, progress: Progress | None, workers: int) -> Report:
    size = os.fstat(file.fileno()).st_size
    head = file.read(4096)
    file.seek(0)
    digest = hashlib.sha256()
    misfit = sniff(head)
    cases = _of_file(head, size, options, grader, bool(misfit))
    if misfit:
        tally = Tally(Findings(options.max_findings))
        cases.append(misfit)
        _hash_only(file, digest, size, progress)
    elif workers > 1:
        tally = parallel.measure(file, path, options, digest.update, size, progress, workers)
    else:
        tally = _measure(file, options, digest.update, size, progress)
    if not misfit:
        cases += _of_all(tally, options)
        _duplicates(path, tally, options)
    return _report(path, digest.hexdigest(), size, head.startswith(BOM), options, cases, tally)


def _measure(file: BinaryIO, options: Options, update: Callable[[bytes | memoryview], None], size: int, progress: Progress | None) -> Tally:
    measure = Measure(options)
    done = reported = 0
    for block in blocks(file, options.limits.line_bytes, update=update):
        measure.block(block)
        done += block.size
        if progress and done - reported >= _PROGRESS_STEP:
            reported = done
            progress(done, size)
    if progress:
        progress(done, size)
    return measure.result()


def _hash_only(file: BinaryIO, digest: Any, size: int, progress: Progress | None) -> None:
    while raw := file.read(1024 * 1024):
        digest.update(raw)
    if progress:
        progress(size, size)


def _of_file(head: bytes, size: int, options: Options, grader: Any, misfit: bool) -> list[Case]:
    """Cases that the size, the first bytes and the grader tell."""
    limits, cases = options.limits, []
    if size > limits.uploads_bytes:
        cases.append(Case("file-too-large", "", {"size": size_in_words(size), "limit": size_in_words(limits.uploads_bytes)}))
    elif size > limits.files_bytes:
        cases.append(Case("file-needs-uploads", "", {"size": size_in_words(size), "limit": size_in_words(limits.files_bytes)}))
    if size and not misfit and not head.startswith(BOM):
        cases.append(Case("bom-missing"))
    model = options.model
    if model and options.method not in model.methods:
        facts = {"model": model.name, "method": options.method, "methods": " or ".join(model.methods)}
        cases.append(Case("method-not-offered", "", facts))
    if grader is not None and options.method == "reinforcement":
        cases.extend(check_grader(grader, limits))
    return cases


def _of_all(tally: Tally, options: Options) -> list[Case]:
    """Cases that only the whole file tells."""
    limits, cases = options.limits, []
    if not tally.examples:
        cases += [] if tally.findings.errors() else [Case("file-empty")]
    elif tally.examples < limits.least_examples:
        cases.append(Case("too-few-examples", "", {"count": tally.examples, "least": limits.least_examples}))
    if tally.crlf:
        cases.append(Case("crlf", "", {"count": tally.crlf}))
    if tally.image_examples > limits.image_examples:
        cases.append(Case("image-examples-too-many", "", {"count": tally.image_examples, "limit": limits.image_examples}))
    if len(tally.systems) > 1:
        cases.append(Case("system-varies", "", {"count": len(tally.systems) if len(tally.systems) < 1000 else "1000 or more"}))
    if tally.with_system and tally.without_system:
        facts = {"without": tally.without_system, "all": tally.with_system + tally.without_system}
        tally.findings.add(Case("system-missing", "", facts), tally.first_without_system)
    return cases


def _duplicates(path: str, tally: Tally, options: Options) -> None:
    keys = array("Q")
    keys.frombytes(bytes(tally.keys))
    suspects, extra = repeated(keys)
    if not suspects:
        return
    if options.tokens:
        lines = enumerate(keys, 1)
        listed = _add_duplicates(((line, key) for line, key in lines if key in suspects), tally.findings)
        tally.findings.count_more("duplicate-example", extra - listed)
    else:
        exact = exact_keys(path, options, {line for line, key in enumerate(keys, 1) if key in suspects})
        _add_duplicates(iter(exact), tally.findings)


def _add_duplicates(keyed: Any, findings: Findings) -> int:
    first: dict[int, int] = {}
    count = 0
    for line, key in keyed:
        earlier = first.setdefault(key, line)
        if earlier != line:
            findings.add(Case("duplicate-example", "", {"first": earlier}), line)
            count += 1
    return count


def exact_keys(path: str, options: Options, wanted: set[int]) -> list[tuple[int, int]]:
    """Line and exact key of the sound examples on these lines: a second look at few lines."""
    explain = Explainer(options.method, options.limits)
    found = []
    with open(path, "rb", buffering=0) as file:
        for block in blocks(file, options.limits.line_bytes):
            for number, line in enumerate(block.lines, block.first):
                if number in wanted:
                    explained = explain(line)
                    if explained.sound and explained.example is not None:
                        found.append((number, conversations.digest(conversations.messages_of(explained.example, options.method))))
    return found


def _report(path: str, sha256: str, size: int, has_bom: bool, options: Options, cases: list[Case], tally: Tally) -> Report:
    of_file: list[Finding] = [finding(case, None) for case in cases]
    of_lines = sorted(tally.findings.listed, key=lambda found: found.line or 0)
    listed, rest = [*of_file, *of_lines][: options.max_findings], [*of_file, *of_lines][options.max_findings :]
    more = dict(tally.findings.more)
    for found in rest:
        more[found.code] = more.get(found.code, 0) + 1
    return Report(
        path,
        sha256,
        size,
        has_bom,
        options.method,
        listed,
        more,
        _statistics(options, tally),
        sorted(tally.systems),
        bytes(tally.keys),
        options.tokens,
    )


def _statistics(options: Options, tally: Tally) -> Statistics:
    tokens = distribution(tally.tokens)
    exact = (options.model is None or options.model.exact) and not tally.estimated
    return Statistics(
        examples=tally.examples,
        sound=tally.sound,
        messages=tally.messages,
        turns=tally.turns,
        images=tally.images,
        tokens=sum(value * count for value, count in tally.tokens.items()) if options.tokens else None,
        trained_tokens=tally.trained if options.tokens else None,
        cut_tokens=tally.cut,
        exact=exact,
        tokens_per_example=tokens,
        bytes_per_example=distribution(tally.sizes),
        longest=[Longest(line, length) for length, line in tally.longest],
        system_messages=len(tally.systems),
        with_system=tally.with_system,
    )
