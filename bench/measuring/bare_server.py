"""The least that local Azure could do: the same proxy, TLS and web server in front of an application that answers at once.

Run in bench/: python -m measuring.bare_server STATE_FOLDER; it prints its address.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
from pathlib import Path

import uvicorn
import uvloop
from starlette.types import Receive, Scope, Send

from local_azure.wire import LOOPBACK, ConnectProxy, certificates

HOST = "bare.local-azure.test"
BODY = json.dumps({"value": "x" * 500}).encode()


async def answer(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(BODY)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": BODY})


async def serve(folder: Path) -> None:
    authority, chain = certificates(folder, [HOST])
    listener = socket.create_server((LOOPBACK, 0))
    proxy = ConnectProxy(listener.getsockname()[1], lambda host: host == HOST)
    front, port = await proxy.listen()
    config = uvicorn.Config(answer, lifespan="off", log_level="warning", access_log=False, server_header=False, ssl_certfile=chain)
    async with front:
        server = asyncio.create_task(uvicorn.Server(config).serve(sockets=[listener]))
        print(json.dumps({"pid": os.getpid(), "port": port, "ca": str(authority)}), flush=True)
        await server


if __name__ == "__main__":
    uvloop.run(serve(Path(sys.argv[1])))
