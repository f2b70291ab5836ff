"""The engine's protocol: each call translated to the provider and back, errors as plain texts without traces."""

from __future__ import annotations

import functools
import os
import sys
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import ResourceProviderServicer, plugin_pb2, provider_pb2, provider_pb2_grpc, status_pb2

from local_azure.azure_native.provider import Autonaming, PartlyDone, Provider
from local_azure.azure_native.resource_types import UnknownToken
from local_azure.azure_native.sign_in import SignInError
from local_azure.azure_native.values import read_struct, write_struct

#: The release of the plugin whose tables these are.
VERSION = "3.29.0"

#: Threads are made as they are needed; the engine sends up to this many calls at once only with --parallel set high.
_THREADS = 256
_MESSAGE_BYTES = 400 << 20  # the engine's own limit
_AUTONAMING = {0: "propose", 1: "enforce", 2: "disable"}


def _answering(method: Callable[..., Any]) -> Callable[..., Any]:
    """Turns exceptions into the call's status: what somebody can act on as it stands, a defect with its name."""

    @functools.wraps(method)
    def wrapper(self: Servicer, request: Any, context: grpc.ServicerContext) -> Any:
        try:
            return method(self, request, context)
        except PartlyDone as partly:
            context.abort_with_status(_partly_done(partly))
        except (SignInError, UnknownToken, ValueError) as error:
            context.abort(grpc.StatusCode.UNKNOWN, str(error))
        except Exception as error:
            if type(error).__name__ != "ArmError":
                traceback.print_exc()
            context.abort(grpc.StatusCode.UNKNOWN, str(error))

    return wrapper


class _Status(NamedTuple):
    """A ``grpc.Status``."""

    code: grpc.StatusCode
    details: str
    trailing_metadata: tuple[tuple[str, bytes], ...]


def _partly_done(partly: PartlyDone) -> _Status:
    """The status by which the engine learns of a resource that exists although its creation failed."""
    detail = provider_pb2.ErrorResourceInitFailed(
        id=partly.id, properties=write_struct(partly.state), reasons=[str(partly)], inputs=write_struct(partly.inputs)
    )
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=str(partly))
    status.details.add().Pack(detail)
    return _Status(grpc.StatusCode.UNKNOWN, str(partly), (("grpc-status-details-bin", status.SerializeToString()),))


def _type(urn: str) -> str:
    """The type token in a URN; parents' types, divided by ``$``, come before it."""
    return urn.split("::")[2].rpartition("$")[2]


def _name(urn: str) -> str:
    return urn.split("::", 3)[3]


class Servicer(ResourceProviderServicer):
    """The provider as the engine calls it. Secrets are left to the engine, as the plugin leaves them: it marks an output as
    secret when the input of the same name is."""

    def __init__(self, provider: Provider):
        self._provider = provider

    def GetPluginInfo(self, request: Any, context: grpc.ServicerContext) -> Any:
        return plugin_pb2.PluginInfo(version=VERSION)

    def Attach(self, request: Any, context: grpc.ServicerContext) -> Any:
        return empty_pb2.Empty()

    def Cancel(self, request: Any, context: grpc.ServicerContext) -> Any:
        self._provider.cancel()
        return empty_pb2.Empty()

    @_answering
    def GetSchema(self, request: Any, context: grpc.ServicerContext) -> Any:
        from local_azure.azure_native.schema import schema

        return provider_pb2.GetSchemaResponse(schema=schema(VERSION))

    def CheckConfig(self, request: Any, context: grpc.ServicerContext) -> Any:
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: grpc.ServicerContext) -> Any:
        """No change of a provider replaces anything, as with the plugin."""
        return provider_pb2.DiffResponse()

    @_answering
    def Configure(self, request: Any, context: grpc.ServicerContext) -> Any:
        self._provider.configure({name.rpartition(":")[2]: value for name, value in request.variables.items()})
        return provider_pb2.ConfigureResponse(supportsPreview=True, supports_autonaming_configuration=True)

    @_answering
    def Check(self, request: Any, context: grpc.ServicerContext) -> Any:
        autonaming = None
        if request.HasField("autonaming"):
            autonaming = Autonaming(_AUTONAMING[request.autonaming.mode], request.autonaming.proposed_name)  # type: ignore[arg-type]
        old, new = read_struct(request.olds), read_struct(request.news)
        inputs, failures = self._provider.check(_type(request.urn), _name(request.urn), old, new, request.randomSeed, autonaming)
        return provider_pb2.CheckResponse(
            inputs=write_struct(inputs), failures=[provider_pb2.CheckFailure(property=f.property, reason=f.reason) for f in failures]
        )

    @_answering
    def Diff(self, request: Any, context: grpc.ServicerContext) -> Any:
        old_inputs, new_inputs, old_state = (read_struct(struct) for struct in (request.old_inputs, request.news, request.olds))
        difference = self._provider.diff(_type(request.urn), old_inputs, new_inputs, old_state)
        detailed = {path: provider_pb2.PropertyDiff(kind=kind.value, inputDiff=True) for path, kind in difference.detailed.items()}  # type: ignore[arg-type]
        some, none = provider_pb2.DiffResponse.DIFF_SOME, provider_pb2.DiffResponse.DIFF_NONE
        return provider_pb2.DiffResponse(
            changes=some if difference.detailed else none,
            replaces=difference.replaces,
            deleteBeforeReplace=difference.delete_before_replace,
            diffs=difference.changes,
            detailedDiff=detailed,
            hasDetailedDiff=True,
        )

    @_answering
    def Create(self, request: Any, context: grpc.ServicerContext) -> Any:
        token, inputs = _type(request.urn), read_struct(request.properties)
        if request.preview:
            return provider_pb2.CreateResponse(properties=write_struct(self._provider.preview(token, inputs)))
        id, outputs = self._provider.create(token, inputs, request.timeout)
        return provider_pb2.CreateResponse(id=id, properties=write_struct(outputs))

    @_answering
    def Read(self, request: Any, context: grpc.ServicerContext) -> Any:
        found = self._provider.read(_type(request.urn), request.id, read_struct(request.inputs), read_struct(request.properties))
        if found is None:
            return provider_pb2.ReadResponse()
        inputs, outputs = found
        return provider_pb2.ReadResponse(id=request.id, properties=write_struct(outputs), inputs=write_struct(inputs))

    @_answering
    def Update(self, request: Any, context: grpc.ServicerContext) -> Any:
        token, inputs = _type(request.urn), read_struct(request.news)
        if request.preview:
            outputs = self._provider.preview(token, inputs, read_struct(request.olds))
        else:
            outputs = self._provider.update(token, request.id, inputs, request.timeout)
        return provider_pb2.UpdateResponse(properties=write_struct(outputs))

    @_answering
    def Delete(self, request: Any, context: grpc.ServicerContext) -> Any:
        self._provider.delete(_type(request.urn), request.id, request.timeout)
        return empty_pb2.Empty()

    @_answering
    def Invoke(self, request: Any, context: grpc.ServicerContext) -> Any:
        result = self._provider.invoke(request.tok, read_struct(request.args))
        return provider_pb2.InvokeResponse(**{"return": write_struct(result)})


def serve() -> None:
    """Serves the engine that started this process: prints the port, and ends when the engine is gone."""
    options = [("grpc.max_receive_message_length", _MESSAGE_BYTES), ("grpc.max_send_message_length", _MESSAGE_BYTES)]
    server = grpc.server(ThreadPoolExecutor(_THREADS), options=options)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Servicer(Provider()), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    engine = os.getppid()
    while server.wait_for_termination(timeout=1.0) and os.getppid() == engine:
        pass
    sys.stdout.flush()
    os._exit(0)  # calls that still wait for ARM have nobody left to answer to
