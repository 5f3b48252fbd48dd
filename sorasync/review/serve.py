"""The page on a port."""

from __future__ import annotations

import getpass
import secrets
import socket
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import uvicorn

from sorasync.errors import SorasyncError
from sorasync.operations.project import Project
from sorasync.operations.revision import user_name
from sorasync.review.app import PageOptions, create_app
from sorasync.review.live_library import LiveLibrary
from sorasync.review.security import Doorkeeper

# Characters of a token that cannot be guessed.
_SHORTEST_TOKEN = 16


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """A page that is being served. `url` opens it as often as wanted, `one_time_url` once."""

    port: int
    url: str
    one_time_url: str


@dataclass(frozen=True, slots=True)
class Listening:
    """Where the page listens, and for whom: names by token. Without users there is one, with a new token.

    `hosts` are names besides that the page is reached by; `user_header` is set by a proxy in front.
    """

    host: str = "127.0.0.1"
    port: int = 0
    users: Mapping[str, str] | None = None
    hosts: tuple[str, ...] = ()
    user_header: str | None = None


def serve(
    project: Project, listening: Listening, options: PageOptions, ready: Callable[[ReviewPage], None]
) -> None:
    """Serve until interrupted; `ready` is told where. Raises OSError for an address that is taken."""
    with socket.create_server((listening.host, listening.port)) as listener:
        server, page = _server(project, listening, options, listener)
        server.announce = lambda: ready(page)
        server.run(sockets=[listener])


@contextmanager
def running(project: Project, listening: Listening, options: PageOptions) -> Iterator[ReviewPage]:
    """Serve from a thread for the time of a `with` block."""
    started = threading.Event()
    with socket.create_server((listening.host, listening.port)) as listener:
        server, page = _server(project, listening, options, listener)
        server.announce = started.set
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        started.wait(timeout=60)
        try:
            yield page
        finally:
            server.should_exit = True
            thread.join(timeout=30)


def _server(
    project: Project, listening: Listening, options: PageOptions, listener: socket.socket
) -> tuple[_Announced, ReviewPage]:
    port: int = listener.getsockname()[1]
    users = listening.users or {secrets.token_urlsafe(32): _own_name(project)}
    # Cookies do not know ports: two pages on one machine need two names.
    keeper = Doorkeeper(
        _hosts(listening, port), users, f"sorasync-review-{port}", user_header=listening.user_header
    )
    live = LiveLibrary(project)
    config = uvicorn.Config(
        create_app(live, keeper, options),
        http="h11",
        ws="none",
        loop="asyncio",
        lifespan="on",
        log_config=None,
        log_level="critical",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=1,
    )
    base = f"http://{_shown(listening.host)}:{port}/"
    # A token of somebody's own is never shown again: whoever was given it knows it.
    secret = "TOKEN" if listening.users else next(iter(users))
    once = f"{base}open?secret={keeper.one_time_secret()}"
    return _Announced(config), ReviewPage(port, f"{base}open?secret={secret}", once)


def _own_name(project: Project) -> str:
    name = user_name(project.root)
    if name is None:
        try:
            name = getpass.getuser()
        except (KeyError, OSError):
            name = "somebody"
    return " ".join(name.split())[:80] or "somebody"


def _hosts(listening: Listening, port: int) -> frozenset[str]:
    names = {_shown(listening.host).lower(), "127.0.0.1", "localhost", "[::1]"}
    found = {f"{name}:{port}" for name in names}
    return frozenset(found | {name.lower() for name in listening.hosts})


def users_of(named: Iterable[str]) -> dict[str, str]:
    """Names by token, from `NAME:TOKEN`. Raises `SorasyncError`, which shows no token."""
    found: dict[str, str] = {}
    for one in named:
        name, colon, token = one.partition(":")
        if not colon or not name.strip() or len(token) < _SHORTEST_TOKEN or token in found:
            raise SorasyncError(
                f"each user needs a name and a token of their own with at least {_SHORTEST_TOKEN} characters",
                hint="python3 -c 'import secrets; print(secrets.token_urlsafe())' makes a token",
            )
        found[token] = " ".join(name.split())[:80]
    return found


def _shown(host: str) -> str:
    name = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)
    return f"[{name}]" if ":" in name else name


class _Announced(uvicorn.Server):
    """Tells when it listens."""

    announce: Callable[[], None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then announce."""
        await super().startup(sockets)
        if self.started and self.announce is not None:
            self.announce()
