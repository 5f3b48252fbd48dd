"""A bad way to the database: connections are cut in the middle of what is said, late, or lead nowhere."""

from __future__ import annotations

import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class CuttingProxy:
    """Passes on what client and server say, and cuts each connection after as many messages as `limits` says.

    The last message is swallowed, or passed on while its answer is not: both look alike to the client.
    """

    target: int
    listener: socket.socket
    chance: random.Random
    # Between how many messages of a client a connection is cut; None lets everything through.
    limits: tuple[int, int] | None = None
    cuts: int = 0
    # Seconds that each answer takes longer.
    delay: float = 0.0
    # What is called before each answer is passed on.
    answering: Callable[[], object] = lambda: None
    # While it is not set, nothing is passed on and no connection is closed.
    joined: threading.Event = field(default_factory=threading.Event)
    _open: list[socket.socket] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.joined.set()

    @property
    def port(self) -> int:
        """The port that clients connect to."""
        return int(self.listener.getsockname()[1])

    def serve(self) -> None:
        """Take connections until the listener is closed."""
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                # The server is down: as a client sees it that comes without a proxy.
                client.close()
                continue
            self._open += [client, server]
            last = None if self.limits is None else self.chance.randint(*self.limits)
            swallow = self.chance.random() < 0.5
            _begin(self._to_server, client, server, last, swallow)
            _begin(self._to_client, server, client)

    def _to_server(
        self, client: socket.socket, server: socket.socket, last: int | None, swallow: bool
    ) -> None:
        passed = 0
        with suppress(OSError):
            while data := client.recv(1 << 16):
                self.joined.wait()
                passed += 1
                if passed == last:
                    self.cuts += 1
                    _shut(client)
                    if not swallow:
                        server.sendall(data)
                    break
                server.sendall(data)
        with suppress(OSError):
            server.shutdown(socket.SHUT_WR)

    def _to_client(self, server: socket.socket, client: socket.socket) -> None:
        with suppress(OSError):
            while data := server.recv(1 << 16):
                self.answering()
                time.sleep(self.delay)
                self.joined.wait()
                client.sendall(data)
        _shut(client)

    def cut(self) -> None:
        """Cut every connection that is open now."""
        self.cuts += 1
        for one in list(self._open):
            _shut(one)

    def close(self) -> None:
        """Cut everything."""
        self.joined.set()
        _shut(self.listener)
        self.listener.close()
        for one in self._open:
            _shut(one)
            one.close()


@contextmanager
def cutting_proxy(target: int, seed: int) -> Iterator[CuttingProxy]:
    """A proxy before a server's port, for the time of a `with` block."""
    proxy = CuttingProxy(target, socket.create_server(("127.0.0.1", 0)), random.Random(seed))
    thread = threading.Thread(target=proxy.serve, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.close()
        thread.join()


def _begin(work: Callable[..., None], *arguments: object) -> None:
    threading.Thread(target=work, args=arguments, daemon=True).start()


def _shut(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
