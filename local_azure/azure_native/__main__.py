"""``pulumi-resource-azure-native``: the program that the engine starts as its azure-native plugin."""

from __future__ import annotations

import importlib.util
import sys
from types import ModuleType


def leave_out_the_sdk() -> None:
    """Lets the messages in ``pulumi.runtime.proto`` be imported without the program side of Pulumi's SDK around them.

    The plugin has no use for that side, and a preview would wait for its import: half of the start, and 10 MB a provider.
    """
    spec = importlib.util.find_spec("pulumi")
    assert spec is not None and spec.submodule_search_locations is not None
    for name, below in (("pulumi", ""), ("pulumi.runtime", "/runtime")):
        package = ModuleType(name)
        package.__path__ = [place + below for place in spec.submodule_search_locations]
        sys.modules[name] = package


if __name__ == "__main__":
    leave_out_the_sdk()
    from local_azure.azure_native.server import serve

    serve()
