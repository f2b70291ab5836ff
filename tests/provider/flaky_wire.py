"""A wire that breaks: it stands before local Azure's proxy and cuts a connection after so many bytes have gone out."""

from __future__ import annotations

import contextlib
import socket
import threading
from urllib.parse import urlsplit


class FlakyWire:
    """A TCP relay on 127.0.0.1.

    Args:
        target: where it leads, for example ``http://127.0.0.1:1234``.
        after: bytes from the client after which a connection is cut.
        times: how many connections are cut; later ones stay whole.
    """

    def __init__(self, target: str, after: int, times: int = 1):
        place = urlsplit(target)
        self._target, self._after, self._left = (place.hostname, place.port), after, times
        self.cuts = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def proxy(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._target)
                for pump in (self._send, self._receive):
                    threading.Thread(target=pump, args=(client, server), daemon=True).start()

    def _send(self, client: socket.socket, server: socket.socket) -> None:
        sent = 0
        with contextlib.suppress(OSError):
            while data := client.recv(1 << 16):
                sent += len(data)
                if sent > self._after and self._left > 0:
                    self._left -= 1
                    self.cuts += 1
                    break
                server.sendall(data)
        _close(client, server)

    def _receive(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := server.recv(1 << 16):
                client.sendall(data)
        _close(client, server)


def _close(*sockets: socket.socket) -> None:
    for one in sockets:
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()
