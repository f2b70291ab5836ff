"""A job's life after it was accepted: it waits for a place, trains, rests when paused, and ends in one of four ways.

Every change of state is a move of ``states.JOB``. What is trained comes from the workshop; when it becomes visible is a
matter of the world's clock.
"""

from __future__ import annotations

import traceback
from typing import Any

from local_azure.openai import files, models, products, states, timeline
from local_azure.openai.endings import ENDINGS, Ending
from local_azure.openai.errors import refuse
from local_azure.openai.job_events import note
from local_azure.openai.workshop import WORKSHOP
from local_azure.wandb import reporting
from local_azure.world import World

KIND = "job"
#: Seconds until the workshop is asked again; real time, since the computation takes real time.
_LOOK_AGAIN = 0.05

Job = dict[str, Any]


def key(job: Job) -> str:
    return f"{job['account']}|{job['id']}"


def save(world: World, job: Job) -> None:
    world.store.put(KIND, key(job), job)


def of_account(world: World, account: str) -> list[Job]:
    """The account's jobs, oldest first."""
    return [job for _, job in world.store.list(KIND, f"{account}|")]


def move(job: Job, happening: str, action: str = "") -> None:
    """Moves a job by the table of states.

    Args:
        action: what the caller asked for, for the refusal.

    Raises:
        ServiceError: 409 ``unexpectedEntityState`` when the table lacks the move.
    """
    if not states.may(states.JOB, job["status"], happening):
        raise refuse("job state", id=job["id"], state=job["status"], action=action or happening)
    job["status"] = states.after(states.JOB, job["status"], happening)


def enqueue(world: World, job: Job) -> None:
    """Takes an accepted job in: it may start ``job_queue`` seconds from now; its training is computed meanwhile."""
    _wait_for_place(world, job)
    note(world, job, "Job enqueued. Waiting for jobs ahead to complete.")
    if ENDINGS[job["ending"]].trains:
        _submit(world, job)


def cancel(world: World, job: Job) -> None:
    """Ends a job that is not over. Raises ServiceError 409 when it is."""
    move(job, "cancel", "cancelling")
    note(world, job, "Job cancelled.")
    _end(world, job)


def pause(world: World, job: Job) -> None:
    """Stops a running job after its first step. Raises ServiceError 409 in other states, or before that step."""
    if states.may(states.JOB, job["status"], "pause") and not products.steps_done(world, job):
        raise refuse("nothing trained", id=job["id"])
    move(job, "pause", "pausing")
    job["legs"][-1][1] = world.now()
    world.agenda.cancel("job-finish", key(job))
    world.agenda.at(world.now() + world.settings.job_pause, "job-rest", key(job))
    note(world, job, "Job pausing.")
    save(world, job)


def resume(world: World, job: Job) -> None:
    """Lets a paused job wait for a place again. Raises ServiceError 409 in other states."""
    move(job, "resume", "resuming")
    note(world, job, "Job resuming.")
    _wait_for_place(world, job)


# -- the agenda -------------------------------------------------------------------------------------------------------------


def give_places(world: World, account_key: str) -> None:
    """Agenda: starts the account's waiting jobs, first come first served, while there is a place of their kind."""
    account = account_key.partition("|")[0]
    jobs = of_account(world, account)
    places = {True: world.settings.running_jobs_developer, False: world.settings.running_jobs}
    for job in jobs:
        if job["status"] in states.TRAINING:
            places[_is_developer(job)] -= 1
    waiting = [job for job in jobs if job["status"] in states.WAITING and job["ready_at"] <= world.now()]
    for job in sorted(waiting, key=lambda job: float(job["ready_at"])):
        if places[_is_developer(job)] > 0:
            places[_is_developer(job)] -= 1
            _start(world, job)


def take_training(world: World, job_key: str) -> None:
    """Agenda: takes what the workshop has computed; asks again a little later while it is not there."""
    job = world.store.get(KIND, job_key)
    if job is not None and job["status"] == "running" and not _take(world, job):
        world.agenda.at(_soon(world), "job-train", job_key)


def finish(world: World, job_key: str) -> None:
    """Agenda: the training's time is over. The job stays running until what it trained is there."""
    job = world.store.get(KIND, job_key)
    if job is None or job["status"] != "running":
        return
    ending = ENDINGS[job["ending"]]
    if ending.trains and not _take(world, job):
        world.agenda.at(_soon(world), "job-finish", job_key)
    elif job["status"] == "running":  # taking it may have failed the job
        job["legs"][-1][1] = world.now()
        _fail(world, job, ending.code, ending.message) if ending.code else _succeed(world, job, ending)


def rest(world: World, job_key: str) -> None:
    """Agenda: a pausing job has come to rest; its checkpoint can be deployed."""
    job = world.store.get(KIND, job_key)
    if job is None or job["status"] != "pausing":
        return
    move(job, "rest")
    products.add_paused_checkpoint(world, job)
    note(world, job, "Job paused.")
    save(world, job)
    _free_place(world, job)


# -- steps of a life --------------------------------------------------------------------------------------------------------


def _wait_for_place(world: World, job: Job) -> None:
    job["ready_at"] = world.now() + world.settings.job_queue
    job["estimated_finish"] = job["ready_at"] + job["length"] - timeline.trained(job, world.now())
    save(world, job)
    world.agenda.at(job["ready_at"], "job-place", key(job))


def _start(world: World, job: Job) -> None:
    first = job["status"] == "pending"
    move(job, "start")
    now, ending = world.now(), ENDINGS[job["ending"]]
    job["legs"].append([now, None])
    job["estimated_finish"] = timeline.finish(job, now)
    note(world, job, "Job started." if first else "Job resumed.")
    save(world, job)
    if first and not _report_to_wandb(world, job):
        return
    note(world, job, "Training started.")
    world.agenda.at(now, "job-train", key(job))
    world.agenda.at(now + max(0.0, job["length"] * ending.share - timeline.trained(job, now)), "job-finish", key(job))


def _report_to_wandb(world: World, job: Job) -> bool:
    """Opens the W&B run that the job asks for. False when that failed and, as configured, the job with it."""
    wish = next((row["wandb"] for row in job["integrations"] or () if row["type"] == "wandb"), None)
    if wish is None:
        return True
    try:
        job["wandb_run"] = reporting.open_run(world, job, wish)
    except reporting.NotReported as problem:
        text = f"The Weights & Biases integration failed: {problem}"
        if world.settings.wandb_failure == "fail":
            _fail(world, job, "wandbIntegrationFailed", text)
            return False
        note(world, job, f"{text} The job goes on without it.", "warning")
    save(world, job)
    return True


def _submit(world: World, job: Job) -> None:
    """Has the training computed, from the files and, for continued training, from the weights of the model that it starts with."""
    parts = {name: files.find_file(world, job["account"], job[name]) if job[name] else None for name in ("training_file", "validation_file")}
    data = {name: files.content(world, file) if file else None for name, file in parts.items()}
    start = models.find_model(world, job["account"], job["model"])
    WORKSHOP.submit(
        job["id"],
        training=data["training_file"] or b"",
        validation=data["validation_file"],
        hyperparameters={name: value for name, value in job["hyperparameters"].items() if value != "auto"},
        seed=job["seed"],
        base=job["base"],
        method=job["method"],
        continue_from=models.weights(world, start) if start else None,
    )


def _take(world: World, job: Job) -> bool:
    """Takes the computed training, once. False while it is not there; waits for it if tests have moved the clock past it."""
    if not ENDINGS[job["ending"]].trains or products.training(world, job) is not None:
        return True
    if not WORKSHOP.has(job["id"]):  # local Azure was started anew
        _submit(world, job)
    try:
        training = WORKSHOP.result(job["id"], wait=world.clock.offset > job["clock_offset"])
    except ValueError as problem:
        _fail(world, job, "invalidPayload", f"The training data cannot be used: {problem}")
        return True
    except Exception:  # a defect of ours, or a worker that died: the log has the trace, and the job must not run for ever
        traceback.print_exc()
        _fail(world, job, ENDINGS["training_error"].code, ENDINGS["training_error"].message)
        return True
    if training is None:
        return False
    WORKSHOP.forget(job["id"])
    products.keep(world, job, training)
    job["resolved"] = {name: getattr(training, name) for name in ("n_epochs", "batch_size", "learning_rate_multiplier")}
    save(world, job)
    return True


def _succeed(world: World, job: Job, ending: Ending) -> None:
    move(job, "succeed")
    model = products.add_fine_tuned_model(world, job, ending.unsafe)
    products.add_checkpoints(world, job, ending.unsafe)
    results = products.add_results(world, job)
    job |= {"fine_tuned_model": model["name"], "result_files": [results["id"]], "trained_tokens": products.trained_tokens(world, job)}
    note(world, job, f"Completed results file: {results['id']}")
    if ending.message:
        note(world, job, ending.message, "warning")
    note(world, job, "Job succeeded.")
    _end(world, job)


def _fail(world: World, job: Job, code: str, message: str) -> None:
    move(job, "fail")
    job["error"] = {"code": code, "message": message, "param": None}
    note(world, job, f"Job failed: {message}", "error")
    _end(world, job)


def _end(world: World, job: Job) -> None:
    """What every end has in common: the time stops, W&B hears of it, and the place is free."""
    if job["legs"] and job["legs"][-1][1] is None:
        job["legs"][-1][1] = world.now()
    job["finished_at"] = world.now()
    for event in ("job-place", "job-train", "job-finish", "job-rest"):
        world.agenda.cancel(event, key(job))
    WORKSHOP.forget(job["id"])
    if job.get("wandb_run"):
        reporting.close_run(world, job, products.steps_done(world, job))
    save(world, job)
    _free_place(world, job)


def _free_place(world: World, job: Job) -> None:
    world.agenda.at(world.now(), "job-place", f"{job['account']}|")


def _is_developer(job: Job) -> bool:
    return bool(job["training_type"] == "DeveloperTier")


def _soon(world: World) -> float:
    """A moment after now in real time, though the world's time is held while an event runs."""
    return world.clock.real() + _LOOK_AGAIN


EVENTS = {"job-place": give_places, "job-train": take_training, "job-finish": finish, "job-rest": rest}
