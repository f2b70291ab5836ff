"""The process: one event loop with the TLS server and the proxy, its address in ``process.json``."""

from __future__ import annotations

import argparse
import json
import os
import socket
from pathlib import Path

import uvicorn
import uvloop

from local_azure.http import Service
from local_azure.pipeline import Application, HostTable
from local_azure.services import all_services
from local_azure.wire import LOOPBACK, ConnectProxy, certificates
from local_azure.world import World


def build_world(folder: Path, services: list[Service]) -> World:
    """Opens a state folder and plants what exists before anybody did anything."""
    world = World(folder)
    for service in services:
        world.on(service.events)
        if plant := getattr(service, "plant", None):
            world.seeds.append(plant)
        if install := getattr(service, "install", None):
            install(world)
    world.plant()
    return world


async def serve(folder: Path) -> None:
    """Serves until SIGTERM or SIGINT."""
    services = all_services()
    world = build_world(folder, services)
    hosts = HostTable(services)
    authority, chain = certificates(folder, hosts.names())
    listener = socket.create_server((LOOPBACK, 0))
    proxy = ConnectProxy(listener.getsockname()[1], lambda host: hosts.find(host) is not None)
    config = uvicorn.Config(
        Application(world, services, proxy.cut),
        lifespan="off",
        log_level="warning",
        access_log=False,
        timeout_keep_alive=60,
        timeout_graceful_shutdown=1,
        server_header=False,
        ssl_certfile=chain,
    )
    front, port = await proxy.listen()
    _announce(folder, port, authority)
    async with front:
        await uvicorn.Server(config).serve(sockets=[listener])


def _announce(folder: Path, port: int, authority: Path) -> None:
    temporary = folder / "process.json.new"
    temporary.write_text(json.dumps({"pid": os.getpid(), "port": port, "ca": str(authority)}))
    temporary.replace(folder / "process.json")


def main() -> None:
    parser = argparse.ArgumentParser(prog="local_azure.server", description="Serve local Azure in the foreground.")
    parser.add_argument("folder", type=Path, help="where state lives between starts")
    uvloop.run(serve(parser.parse_args().folder.resolve()))


if __name__ == "__main__":
    main()
