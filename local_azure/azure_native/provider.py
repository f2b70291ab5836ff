"""What the provider does with one resource: check, diff, create, read, update, delete; and with one function: invoke.

All values are plain (``values.py``); nothing here knows the engine's protocol.
"""

from __future__ import annotations

import base64
import json
import random
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from local_azure.azure_native.differences import Difference, compare, drifted
from local_azure.azure_native.resource_types import (
    CLIENT_FUNCTIONS,
    CREATE_BEFORE_DELETE,
    TYPES,
    Parameter,
    ResourceType,
    find_function,
    find_type,
)
from local_azure.azure_native.shapes import missing, to_body, to_inputs, to_outputs, to_preview, without_empty
from local_azure.azure_native.sign_in import Configuration, SignIn, SignInError, sign_in
from local_azure.azure_native.values import UNKNOWN, Properties, Secret, Unknown

if TYPE_CHECKING:
    from local_azure.azure_native.arm import Arm

_ARM_AUDIENCE = "https://management.azure.com/"
_GRAPH_SCOPE = "https://graph.microsoft.com/.default"


@dataclass(frozen=True, slots=True)
class Failure:
    """An input that cannot be, with the reason."""

    property: str
    reason: str


@dataclass(frozen=True, slots=True)
class Autonaming:
    """What the stack's configuration says about made-up names."""

    mode: Literal["propose", "enforce", "disable"]
    proposed: str


class PartlyDone(Exception):
    """ARM accepted a resource whose long operation then failed: the engine keeps it and tries to update it next time."""

    def __init__(self, reason: str, id: str, state: Properties, inputs: Properties):
        super().__init__(reason)
        self.id, self.state, self.inputs = id, state, inputs


class Provider:
    """One configured provider; the engine starts a process for each. Threads call it side by side."""

    def __init__(self) -> None:
        self._configuration = Configuration({})
        self._sign_in: SignIn | None = None
        self._arm: Arm | None = None
        self._locations: dict[str, str] = {}

    def configure(self, values: Mapping[str, str]) -> None:
        """Takes the configuration and signs in.

        Raises:
            SignInError: when that fails.
        """
        from local_azure.azure_native.arm import Arm

        self._configuration = Configuration(values)
        self._sign_in = sign_in(self._configuration)
        self._arm = Arm(self._sign_in, self._configuration)

    def cancel(self) -> None:
        if self._arm:
            self._arm.cancel()

    @property
    def arm(self) -> Arm:
        if self._arm is None:
            raise SignInError("the provider is not configured yet")
        return self._arm

    @property
    def signed_in(self) -> SignIn:
        if self._sign_in is None:
            raise SignInError("the provider is not configured yet")
        return self._sign_in

    # -- resources --------------------------------------------------------------------------------------------------

    def check(
        self, token: str, logical_name: str, old: Properties, new: Properties, seed: bytes, autonaming: Autonaming | None = None
    ) -> tuple[Properties, list[Failure]]:
        """Fills in name, location and api-version, and lists what is missing or malformed, before anything is sent.

        Raises:
            UnknownToken: for a type that the table lacks.
        """
        of = find_type(token)
        inputs = dict(new)
        for parameter in of.parameters:
            if parameter.autoname and parameter.name not in inputs:
                inputs |= _name(parameter, logical_name, old, seed, autonaming)
        if "location" in of.shape.inputs and "location" not in inputs:
            inputs |= self._location(of, old, inputs)
        inputs.setdefault("azureApiVersion", of.api_version)
        return inputs, _failures(of, inputs)

    def _location(self, of: ResourceType, old: Properties, inputs: Properties) -> Properties:
        """The location of the last time, else the configured one, else that of the resource group."""
        if "location" in old:
            return {"location": old["location"]}
        if configured := self._configuration.text("location"):
            return {"location": configured}
        group = inputs.get("resourceGroupName")
        if group is None or of.parameters[-1].name == "resourceGroupName":
            return {}
        if isinstance(group, Unknown):
            return {"location": UNKNOWN}
        return self._location_of(str(group))

    def _location_of(self, group: str) -> Properties:
        from local_azure.azure_native.arm import ArmError

        if group not in self._locations:
            of = TYPES["azure-native:resources:ResourceGroup"]
            try:
                found = self.arm.get(of.id({"resourceGroupName": group}, self.signed_in.subscription), of.api_version)
            except ArmError:
                return {}  # the check then says that a location is missing
            self._locations[group] = found["location"]
        return {"location": self._locations[group]}

    def diff(self, token: str, old_inputs: Properties, new_inputs: Properties, old_state: Properties) -> Difference:
        """What a change of inputs does to the resource. Raises ``UnknownToken``."""
        return compare(find_type(token), old_inputs, new_inputs, old_state)

    def create(self, token: str, inputs: Properties, timeout: float = 0) -> tuple[str, Properties]:
        """Creates a resource that does not exist yet; returns its id and outputs.

        Raises:
            ArmError: when it exists, or ARM refuses.
            PartlyDone: when its long operation failed.
        """
        of = find_type(token)
        id = of.id(inputs, self.signed_in.subscription)
        self.arm.check_absent(id, of.api_version)
        body = _body(of, inputs)
        if of.maintained:
            _place(body, of.maintained, [])
        return self._put(of, id, inputs, body, timeout)

    def preview(self, token: str, inputs: Properties, old_state: Properties | None = None) -> Properties:
        """The outputs of a creation or (with the old state) an update as far as they are known beforehand."""
        of = find_type(token)
        stays: Properties = {name: old_state[name] for name in ("name", "location") if name in old_state} if old_state else {}
        return {**to_preview(inputs, of.shape), "azureApiVersion": of.api_version, **stays}

    def update(self, token: str, id: str, inputs: Properties, timeout: float = 0) -> Properties:
        """Replaces a resource's definition (PUT); returns its outputs. Raises as :meth:`create` does."""
        of = find_type(token)
        body = _body(of, inputs)
        if of.maintained and _at(body, of.maintained) is None:
            _place(body, of.maintained, _at(self.arm.get(id, of.api_version), of.maintained))
        return self._put(of, id, inputs, body, timeout)[1]

    def _put(self, of: ResourceType, id: str, inputs: Properties, body: Properties, timeout: float) -> tuple[str, Properties]:
        from local_azure.azure_native.arm import ArmError

        try:
            response = self.arm.put(id, of.api_version, body, timeout)
        except ArmError as error:
            if not error.accepted:
                raise
            raise PartlyDone(str(error), id, self._state(of, id), inputs) from None
        id = response.get("id", id)
        return id, self._state(of, id) or _outputs(of, response)

    def _state(self, of: ResourceType, id: str) -> Properties:
        """The outputs as a refresh would read them, so that a later refresh shows no difference; empty if that fails."""
        from local_azure.azure_native.arm import ArmError

        try:
            return _outputs(of, self.arm.get(id, of.api_version))
        except ArmError:
            return {}

    def read(self, token: str, id: str, old_inputs: Properties, old_state: Properties) -> tuple[Properties, Properties] | None:
        """The inputs and outputs of a resource as it is now, or None when it is gone.

        Without old inputs (an import) the inputs are those that the outputs and the id stand for.

        Raises:
            ArmError: when ARM refuses.
        """
        from local_azure.azure_native.arm import ArmError

        of = find_type(token)
        try:
            outputs = _outputs(of, self.arm.get(id, of.api_version))
        except ArmError as error:
            if error.status == 404:
                return None
            raise
        if not old_inputs:
            return {**of.names(id), **(without_empty(to_inputs(outputs, of.shape)) or {})}, outputs
        now = to_inputs(outputs, of.shape)
        if of.maintained and _at(old_inputs, of.maintained) is None:
            _drop(now, of.maintained)
        return drifted(old_inputs, to_inputs(old_state, of.shape), now), outputs

    def delete(self, token: str, id: str, timeout: float = 0) -> None:
        """Deletes a resource. Raises ``ArmError``."""
        self.arm.delete(id, find_type(token).api_version, timeout)

    # -- functions --------------------------------------------------------------------------------------------------

    def invoke(self, token: str, arguments: Properties) -> Properties:
        """A function's result.

        Raises:
            ArmError: when ARM refuses; UnknownToken: for a function that the table lacks; ValueError: for a missing argument.
        """
        if token in CLIENT_FUNCTIONS:
            return self._client_config() if token == CLIENT_FUNCTIONS[0] else self._client_token(arguments)
        from local_azure.azure_native.arm import ArmError

        of, action = find_function(token)
        lacking = [parameter.name for parameter in of.parameters if parameter.name not in arguments]
        if lacking:
            raise ValueError(f"{token}: missing required argument '{lacking[0]}'")
        id = of.id(arguments, self.signed_in.subscription)
        try:
            if action is None:
                response = self.arm.get(id, of.api_version)
                return {**_outputs(of, response), "id": response.get("id", id)}
            return {name: Secret(value) for name, value in self.arm.post(f"{id}/{action}", of.api_version).items()}
        except ArmError as error:
            raise ArmError(f"request failed {id}: {error}", status=error.status) from None

    def _client_config(self) -> Properties:
        """Who is signed in, from the claims of a token, as the plugin finds it out."""
        claims = _claims(self.signed_in.token(_GRAPH_SCOPE))
        return {
            "clientId": claims.get("appid") or self.signed_in.client,
            "objectId": claims.get("oid", ""),
            "subscriptionId": self.signed_in.subscription,
            "tenantId": claims.get("tid") or self.signed_in.tenant,
        }

    def _client_token(self, arguments: Properties) -> Properties:
        endpoint = arguments.get("endpoint") or _ARM_AUDIENCE
        return {"token": Secret(self.signed_in.token(f"{endpoint}/.default"))}


def _claims(token: str) -> Properties:
    """The claims of a token that was just given to us; its signature is the service's business."""
    part = token.split(".")[1]
    return dict(json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))))


def _name(parameter: Parameter, logical_name: str, old: Properties, seed: bytes, autonaming: Autonaming | None) -> Properties:
    """A name for a resource that was given none: the one it has, or a new one that follows from the engine's seed."""
    if parameter.name in old:
        kept = {parameter.name: old[parameter.name]}
        return {**kept, CREATE_BEFORE_DELETE: True} if old.get(CREATE_BEFORE_DELETE) else kept
    if autonaming and autonaming.mode == "disable":
        return {}
    if autonaming and (autonaming.mode == "enforce" or parameter.autoname != "uuid"):
        return {parameter.name: autonaming.proposed, CREATE_BEFORE_DELETE: True}
    if parameter.autoname == "copy":
        return {parameter.name: logical_name}
    characters = random.Random(seed) if seed else random.SystemRandom()
    digits = f"{characters.getrandbits(128):032x}"
    made = str(uuid.UUID(digits)) if parameter.autoname == "uuid" else f"{logical_name}{digits[:8]}"
    return {parameter.name: made, CREATE_BEFORE_DELETE: True}


def _failures(of: ResourceType, inputs: Properties) -> list[Failure]:
    paths = [parameter.name for parameter in of.parameters if parameter.name not in inputs] + missing(inputs, of.shape)
    found = [Failure(path, f"missing required property '{path}'{_ADVICE.get(path, '')}") for path in paths]
    for parameter in of.parameters:
        found += [Failure(parameter.name, reason) for reason in parameter.complaints(inputs.get(parameter.name))]
    return found


_ADVICE = {"location": ". Either set it explicitly or configure it with 'pulumi config set azure-native:location <value>'."}


def _body(of: ResourceType, inputs: Properties) -> Properties:
    """The document to PUT."""
    members = to_body(inputs, of.shape)
    body = {name: value for name, value in members.items() if of.top_level(name)}
    if inner := {name: value for name, value in members.items() if not of.top_level(name)}:
        body["properties"] = inner
    return body


def _outputs(of: ResourceType, response: Properties) -> Properties:
    """ARM's document as the SDK has it; the id stands beside the outputs, not among them."""
    members = {**response, **response.get("properties", {})} if of.flat else response
    return {**to_outputs(members, of.shape), "azureApiVersion": of.api_version}


def _at(values: Properties, path: tuple[str, ...]) -> Any:
    value: Any = values
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _place(values: Properties, path: tuple[str, ...], value: Any) -> None:
    """Sets a member that is not set yet."""
    for name in path[:-1]:
        values = values.setdefault(name, {})
    if value is not None:
        values.setdefault(path[-1], value)


def _drop(values: Properties, path: tuple[str, ...]) -> None:
    parent = _at(values, path[:-1])
    if isinstance(parent, dict):
        parent.pop(path[-1], None)
