"""``pulumi-resource-azure-native``: the program that the engine starts as its azure-native plugin."""

from __future__ import annotations

from local_azure.azure_native.server import serve

if __name__ == "__main__":
    serve()
