"""The data plane of Azure OpenAI: files, fine-tuning jobs, models and chat completions, by dated and by v1 routes."""

from __future__ import annotations

from collections.abc import Iterator

from local_azure.http import Call, Handler, Principal, Reply, Route, Routes, Service, ServiceError
from local_azure.openai import completions, files, jobs, life, models, sign_in, uploads
from local_azure.openai.errors import envelope, is_v1, refuse
from local_azure.openai.workshop import WORKSHOP
from local_azure.world import World

#: Dated API versions (azure.md section 1.2); the v1 routes take none, or one of the second row.
API_VERSIONS = (
    *("2022-12-01", "2023-05-15", "2024-02-01", "2024-06-01", "2024-10-21"),
    *("2024-02-15-preview", "2024-05-01-preview", "2024-07-01-preview", "2024-08-01-preview", "2024-09-01-preview", "2024-10-01-preview"),
    *("2024-12-01-preview", "2025-01-01-preview", "2025-02-01-preview", "2025-03-01-preview", "2025-04-01-preview", "2025-11-15-preview"),
)
V1_VERSIONS = ("", "v1", "preview")

_ACTION = "Microsoft.CognitiveServices/accounts/OpenAI/"

#: Method, path, operation, data action; served under /openai and under /openai/v1.
_BOTH: tuple[tuple[str, str, Handler, str], ...] = (
    ("POST", "/files", files.upload_file, "files/write"),
    ("GET", "/files", files.list_files, "files/read"),
    ("GET", "/files/{file_id}", files.get_file, "files/read"),
    ("DELETE", "/files/{file_id}", files.delete_file, "files/delete"),
    ("GET", "/files/{file_id}/content", files.get_file_content, "files/read"),
    ("POST", "/fine_tuning/jobs", jobs.create_job, "fine-tunes/write"),
    ("GET", "/fine_tuning/jobs", jobs.list_jobs, "fine-tunes/read"),
    ("GET", "/fine_tuning/jobs/{job_id}", jobs.get_job, "fine-tunes/read"),
    ("POST", "/fine_tuning/jobs/{job_id}/cancel", jobs.cancel_job, "fine-tunes/write"),
    ("POST", "/fine_tuning/jobs/{job_id}/pause", jobs.pause_job, "fine-tunes/write"),
    ("POST", "/fine_tuning/jobs/{job_id}/resume", jobs.resume_job, "fine-tunes/write"),
    ("GET", "/fine_tuning/jobs/{job_id}/events", jobs.list_events, "fine-tunes/read"),
    ("GET", "/fine_tuning/jobs/{job_id}/checkpoints", jobs.list_checkpoints, "fine-tunes/read"),
    ("GET", "/models", models.list_models, "models/read"),
    ("GET", "/models/{model_id}", models.get_model, "models/read"),
)
_DATED_ONLY: tuple[tuple[str, str, Handler, str], ...] = (
    ("POST", "/files/import", files.import_file, "files/import/action"),
    # Only there: "Requires openai.AzureOpenAI() client, NOT openai.OpenAI() with /v1/ URL" (azure-skills, large-file-uploads.md).
    ("POST", "/uploads", uploads.create_upload, "uploads/write"),
    ("POST", "/uploads/{upload_id}/parts", uploads.add_part, "uploads/write"),
    ("POST", "/uploads/{upload_id}/complete", uploads.complete_upload, "uploads/write"),
    ("POST", "/uploads/{upload_id}/cancel", uploads.cancel_upload, "uploads/write"),
    ("DELETE", "/fine_tuning/jobs/{job_id}", jobs.delete_job, "fine-tunes/delete"),
    ("POST", "/deployments/{deployment}/chat/completions", completions.complete_chat, "deployments/chat/completions/action"),
)
_V1_ONLY: tuple[tuple[str, str, Handler, str], ...] = (
    ("POST", "/chat/completions", completions.complete_chat_v1, "deployments/chat/completions/action"),
)


def _routes() -> Iterator[Route]:
    for prefix, rows in (("/openai/v1", _BOTH + _V1_ONLY), ("/openai", _BOTH + _DATED_ONLY)):
        for method, path, handler, action in rows:
            yield Route(method, prefix + path, handler, _ACTION + action)


_ABSENT_FROM_V1 = Routes(tuple(Route(method, f"/openai/v1{path}", handler) for method, path, handler, _ in _DATED_ONLY))


class AzureOpenAI(Service):
    name = "openai"
    hosts = ("*.openai.azure.com", "*.cognitiveservices.azure.com", "*.services.ai.azure.com")
    audiences = sign_in.AUDIENCES
    routes = Routes(tuple(_routes()))
    events = {"file-begin": files.begin_import, "file-finish": files.finish_import, "file-expire": files.expire_file, **uploads.EVENTS, **life.EVENTS}

    def plant(self, world: World) -> None:
        """A new world knows no trainings."""
        WORKSHOP.clear()

    def error(self, call: Call, problem: ServiceError) -> Reply:
        return envelope(call, problem)

    def authenticate(self, world: World, call: Call) -> Principal:
        version = call.query.get("api-version", "")
        if is_v1(call) and version not in V1_VERSIONS:
            raise refuse("version on v1")
        if not is_v1(call) and version not in API_VERSIONS:
            raise refuse("no such path")
        return sign_in.admit(world, call)

    def no_such_operation(self, call: Call) -> ServiceError:
        """What only the dated versions have is not there on Azure's v1 routes either."""
        absent = is_v1(call) and _ABSENT_FROM_V1.find(call.method, call.path)[0]
        return refuse("no such path") if absent else super().no_such_operation(call)

    def authorise(self, world: World, call: Call) -> None:
        sign_in.check_role(world, call)
