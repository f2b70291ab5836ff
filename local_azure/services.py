"""The services that this cloud consists of."""

from __future__ import annotations

from local_azure.admin import AdminDoor
from local_azure.arm import ResourceManager
from local_azure.entra import Entra
from local_azure.http import Service
from local_azure.keyvault import KeyVault
from local_azure.openai import AzureOpenAI
from local_azure.prices import RetailPrices
from local_azure.storage import BlobStorage
from local_azure.wandb import WeightsAndBiases


def all_services() -> list[Service]:
    return [Entra(), ResourceManager(), KeyVault(), AzureOpenAI(), BlobStorage(), WeightsAndBiases(), RetailPrices(), AdminDoor()]
