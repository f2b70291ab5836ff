"""The way in: a CONNECT proxy on 127.0.0.1 in front of one TLS server that knows all emulated host names.

Clients keep Azure's host names and find their way by ``HTTPS_PROXY`` and a certificate authority of this folder.
The proxy refuses every host that is not emulated, so nothing that runs under it can reach the real cloud.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path

import trustme

LOOPBACK = "127.0.0.1"


def certificates(folder: Path, hosts: list[str]) -> tuple[Path, Path]:
    """The authority's certificate and the server's chain with key, made once for a folder and a list of hosts."""
    authority, server, names = folder / "ca.pem", folder / "server.pem", folder / "server.hosts"
    if not (authority.exists() and server.exists() and names.exists() and names.read_text() == "\n".join(hosts)):
        ca = trustme.CA(organization_name="Local Azure")
        certificate = ca.issue_cert(*hosts)
        server.touch(mode=0o600)
        server.write_bytes(certificate.private_key_and_cert_chain_pem.bytes())
        ca.cert_pem.write_to_path(str(authority))
        names.write_text("\n".join(hosts))
    return authority, server


class ConnectProxy:
    """Answers ``CONNECT host:443`` for emulated hosts and passes bytes on to the TLS server.

    Args:
        target_port: where the TLS server listens.
        emulated: whether a host name is served.
    """

    def __init__(self, target_port: int, emulated: Callable[[str], bool]):
        self._target_port, self._emulated = target_port, emulated
        self._clients: dict[int, asyncio.StreamWriter] = {}

    async def listen(self, port: int = 0) -> tuple[asyncio.Server, int]:
        server = await asyncio.start_server(self._accept, LOOPBACK, port, limit=1 << 20)
        return server, server.sockets[0].getsockname()[1]

    def cut(self, upstream_port: int) -> None:
        """Cuts the client whose bytes arrive at the TLS server from this port."""
        if client := self._clients.get(upstream_port):
            client.transport.abort()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
            writer.close()
            return
        method, _, rest = head.split(b"\r\n", 1)[0].decode("latin-1").partition(" ")
        host = rest.split(" ")[0].rpartition(":")[0]
        if method != "CONNECT":
            await _refuse(writer, "405 Method Not Allowed", "Local Azure is reached by HTTPS only.")
        elif not self._emulated(host):
            await _refuse(writer, "403 Forbidden", f"Local Azure does not emulate {host} and lets nothing through to the outside.")
        else:
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await self._pass_on(reader, writer)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream_reader, upstream_writer = await asyncio.open_connection(LOOPBACK, self._target_port, limit=1 << 20)
        port = upstream_writer.get_extra_info("sockname")[1]
        self._clients[port] = writer
        try:
            await asyncio.gather(_pump(reader, upstream_writer), _pump(upstream_reader, writer))
        finally:
            del self._clients[port]


async def _refuse(writer: asyncio.StreamWriter, status: str, text: str) -> None:
    body = text.encode()
    writer.write(f"HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body)
    with contextlib.suppress(ConnectionError):
        await writer.drain()
    writer.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Passes bytes on until either side ends, then ends the other."""
    with contextlib.suppress(ConnectionError, asyncio.CancelledError):
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    with contextlib.suppress(OSError, RuntimeError):
        writer.close()
