"""The operations on fine-tuning jobs: create, list, get, cancel, pause, resume, delete, events, checkpoints."""

from __future__ import annotations

import random
import uuid
from typing import Any

from local_azure.http import Call, Reply
from local_azure.openai import files, job_events, life, products, states
from local_azure.openai.endings import HARMFUL_TEXT
from local_azure.openai.errors import is_v1, refuse
from local_azure.openai.job_request import HYPERPARAMETERS, JobRequest, read
from local_azure.openai.listing import page
from local_azure.openai.offers import find_offer
from local_azure.openai.sign_in import account_id, owner
from local_azure.world import World

#: method → the shape of its examples.
_SHAPES = {"supervised": "chat", "dpo": "preference", "reinforcement": "reinforcement"}
#: For the limit on tokens times epochs the service has to guess: bytes of a token, epochs of "auto". INFERRED.
_BYTES_PER_TOKEN, _AUTO_EPOCHS = 4, 3

Job = dict[str, Any]


def create_job(world: World, call: Call) -> Reply:
    request = read(call.json(), v1=is_v1(call))
    offer = find_offer(world, account_id(call), request)
    training = _usable_file(world, call, request, request.training_file)
    if request.validation_file:
        _usable_file(world, call, request, request.validation_file)
    _check_room(world, call, request, training)
    job = _document(world, call, request) | {"base": offer.base, "training_type": offer.training_type}
    if HARMFUL_TEXT.encode() in (files.content(world, training) or b""):
        job["ending"] = "data_safety"
    life.enqueue(world, job)
    call.effect = f"created {job['id']}"
    if is_v1(call):
        return Reply(200, shown(job))
    return Reply(201, shown(job), {"Location": f"https://{call.host}/openai/fine_tuning/jobs/{job['id']}?api-version={call.query['api-version']}"})


def list_jobs(world: World, call: Call) -> Reply:
    rows = [shown(job) for job in reversed(life.of_account(world, owner(call)))]
    return Reply(200, page(call, rows, 20))


def get_job(world: World, call: Call) -> Reply:
    return Reply(200, shown(_job(world, call)))


def delete_job(world: World, call: Call) -> Reply:
    """In the dated versions only. What the job trained stays."""
    job = _job(world, call)
    if not states.is_over(job["status"]):
        raise refuse("job active", id=job["id"], state=job["status"])
    world.store.delete(life.KIND, life.key(job))
    job_events.erase(world, job)
    products.erase(world, job)
    call.effect = f"deleted {job['id']}"
    return Reply(204)


def cancel_job(world: World, call: Call) -> Reply:
    job = _job(world, call)
    life.cancel(world, job)
    call.effect = f"cancelled {job['id']}"
    return Reply(200, shown(job))


def pause_job(world: World, call: Call) -> Reply:
    job = _job(world, call)
    life.pause(world, job)
    call.effect = f"paused {job['id']}"
    return Reply(200, shown(job))


def resume_job(world: World, call: Call) -> Reply:
    job = _job(world, call)
    life.resume(world, job)
    call.effect = f"resumed {job['id']}"
    return Reply(200, shown(job))


def list_events(world: World, call: Call) -> Reply:
    return Reply(200, page(call, job_events.newest_first(world, _job(world, call)), 20))


def list_checkpoints(world: World, call: Call) -> Reply:
    return Reply(200, page(call, products.checkpoints(world, _job(world, call)), 10))


def shown(job: Job) -> dict[str, Any]:
    """A job as the service shows it: ``auto`` is -1 until it runs."""
    resolved = job.get("resolved", {})
    hyperparameters = dict.fromkeys(("n_epochs", "batch_size", "learning_rate_multiplier"), -1)
    for name, value in job["hyperparameters"].items():
        hyperparameters[name] = -1 if value == "auto" else value
    hyperparameters |= {name: resolved[name] for name, value in hyperparameters.items() if value == -1 and name in resolved}
    own = {name: value for name, value in hyperparameters.items() if name in HYPERPARAMETERS[job["method"]]}
    common = {name: hyperparameters[name] for name in ("n_epochs", "batch_size", "learning_rate_multiplier")}
    row = {
        "id": job["id"],
        "object": "fine_tuning.job",
        "created_at": int(job["created_at"]),
        "finished_at": _whole(job.get("finished_at")),
        "estimated_finish": _whole(job["estimated_finish"]),
        "status": job["status"],
        "model": job["model"],
        "fine_tuned_model": job.get("fine_tuned_model"),
        "organization_id": None,
        "training_file": job["training_file"],
        "validation_file": job["validation_file"],
        "result_files": job.get("result_files"),
        "trained_tokens": job.get("trained_tokens"),
        "error": job.get("error"),
        "hyperparameters": common,
        "method": {"type": job["method"], job["method"]: {**job["method_body"], "hyperparameters": own}},
        "suffix": job["suffix"],
        "seed": job["seed"],
        "integrations": job["integrations"],
        "trainingType": job["training_type"][0].lower() + job["training_type"][1:],  # echoed as globalStandard, developerTier
    }
    return row | ({"metadata": job["metadata"]} if job["metadata"] is not None else {})


def _document(world: World, call: Call, request: JobRequest) -> Job:
    return {
        "id": f"ftjob-{uuid.uuid4().hex}",
        "account": owner(call),
        "account_id": account_id(call),
        "status": "pending",
        "created_at": world.now(),
        "model": request.model,
        "training_file": request.training_file,
        "validation_file": request.validation_file,
        "method": request.method,
        "method_body": request.method_body,
        "hyperparameters": request.hyperparameters,
        "suffix": request.suffix,
        "seed": random.randrange(2**31) if request.seed is None else request.seed,
        "integrations": request.integrations or None,
        "metadata": request.metadata,
        "length": world.settings.job_train,
        "legs": [],
        "ending": world.settings.job_trouble,
        "clock_offset": world.clock.offset,
    }


def _usable_file(world: World, call: Call, request: JobRequest, id: str) -> dict[str, Any]:
    file = files.find_file(world, owner(call), id)
    if file is None or file["purpose"] != files.FINE_TUNE:
        raise refuse("no file", id=id)
    if file["status"] != "processed":
        raise refuse("file not ready", id=id, state=file["status"])
    wanted = _SHAPES[request.method]
    if file["shape"] != wanted:
        raise refuse("wrong shape", id=id, shape=file["shape"], method=request.method, wanted=wanted)
    return file


def _check_room(world: World, call: Call, request: JobRequest, training: dict[str, Any]) -> None:
    """Checks the limits of azure.md section 5."""
    settings = world.settings
    jobs = life.of_account(world, owner(call))
    if len(jobs) >= settings.total_jobs:
        raise refuse("too many jobs", count=len(jobs), limit=settings.total_jobs)
    queued = sum(job["status"] == "pending" for job in jobs)
    if queued >= settings.queued_jobs:
        raise refuse("queue full", count=queued, limit=settings.queued_jobs)
    epochs = request.hyperparameters.get("n_epochs", "auto")
    tokens = training["bytes"] // _BYTES_PER_TOKEN * (_AUTO_EPOCHS if epochs == "auto" else epochs)
    if tokens > settings.job_tokens:
        raise refuse("job too large", tokens=tokens, limit=settings.job_tokens)


def _job(world: World, call: Call) -> Job:
    job = world.store.get(life.KIND, f"{owner(call)}|{call.params['job_id']}")
    if job is None:
        raise refuse("no job", id=call.params["job_id"])
    return job


def _whole(moment: float | None) -> int | None:
    return None if moment is None else int(moment)
