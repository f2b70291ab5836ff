"""A run that is killed in the middle: one `finetune resume`, and nothing is lost, doubled or left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

import pytest

from tests.e2e.conftest import Project, Ran, small_stack


def start_up(project: Project) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        ["pulumi", "up", "--yes", "--skip-preview", "--non-interactive", "--stack", project.stack],
        cwd=project.folder,
        env=project.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def kill_up_at(project: Project, method: str, path: str, after: bool) -> None:
    """Kills the engine and all its plugins (-9) when a request arrives: before its effect, or after it and before its answer."""
    held = {"delay": 60, "after": True, "times": 1} if after else {"status": 503, "code": "ServiceUnavailable"}
    project.cloud.door.fault(name="boundary", method=f"^{method}$", path=path, **held)
    run, met = start_up(project), threading.Event()
    while run.poll() is None and not met.wait(0.1):
        if any(row["fault"] == "boundary" for row in project.cloud.door.journal()):
            met.set()
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    project.cloud.door.clear_faults()
    assert met.is_set(), f"no {method} of {path} was seen"


def resume(project: Project) -> Ran:
    done = subprocess.run(
        [sys.executable, "-c", "from finetune.cli import main; main()", "resume", project.stack],
        cwd=project.folder,
        env=project.environment,
        capture_output=True,
        text=True,
        timeout=240,
    )
    return Ran(done.returncode, done.stdout + done.stderr)


@pytest.mark.parametrize(
    ("method", "path", "after"),
    [
        ("PUT", r"/resourceGroups/[^/]+ ", True),
        ("PUT", r"/roleAssignments/[^/]+ ", True),
        ("POST", "operation:upload_file", True),
        ("POST", "operation:create_job", False),
        ("POST", "operation:create_job", True),
        ("PUT", r"/deployments/[^/]+ ", True),
    ],
    ids=["after the group", "after a role", "after the file", "before the job", "after the job", "after the deployment"],
)
def test_a_run_killed_at_a_boundary_goes_on_with_one_resume(project: Project, method: str, path: str, after: bool) -> None:
    small_stack(project)
    kill_up_at(project, method, path, after)
    ran = resume(project)
    assert ran.code == 0, ran.said
    assert "Traceback" not in ran.said
    effects = [row["effect"] for row in project.cloud.door.journal()]
    assert sum(effect.startswith("created file-") for effect in effects) == 1
    assert sum(effect.startswith("created ftjob-") for effect in effects) == 1
    assert "pending" not in project.pulumi("preview", "--expect-no-changes").said


def test_a_lock_whose_owner_lives_is_left_alone(project: Project) -> None:
    small_stack(project)
    project.cloud.door.settings(job_train=60.0)
    run = start_up(project)
    try:
        waiting = threading.Event()
        while run.poll() is None and not waiting.wait(0.1):
            if any(row["effect"].startswith("created ftjob-") for row in project.cloud.door.journal()):
                waiting.set()
        ran = resume(project)
        assert ran.code == 2
        assert "it is still at work" in ran.said
    finally:
        os.killpg(run.pid, signal.SIGKILL)
        run.wait()
