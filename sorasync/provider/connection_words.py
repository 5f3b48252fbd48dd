"""Why there is no connection, or none any more, in words for users.

The words are ours alone: what an error says may hold a key or an address that nobody should see.
"""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterator

import httpx

_BY_NUMBER = {
    errno.ECONNREFUSED: "connection refused",
    errno.ECONNRESET: "connection reset",
    errno.ECONNABORTED: "connection aborted",
    errno.EPIPE: "the other side closed the connection",
    errno.ENETUNREACH: "no way to its network",
    errno.ENETDOWN: "the network is down",
    errno.EHOSTUNREACH: "no way to that machine",
    errno.EHOSTDOWN: "that machine is down",
    errno.ETIMEDOUT: "timed out",
    errno.EADDRNOTAVAIL: "this machine has no address for it",
    errno.EACCES: "this machine forbids it",
    errno.EPERM: "this machine forbids it",
}
_UNKNOWN_NAME = frozenset({socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)})
_BY_KIND: tuple[tuple[type[BaseException], str], ...] = (
    (httpx.ConnectTimeout, "timed out while connecting"),
    (httpx.ReadTimeout, "timed out: no answer came"),
    (httpx.WriteTimeout, "timed out while sending"),
    (httpx.PoolTimeout, "all connections were in use for too long"),
    (httpx.ProxyError, "the proxy did not let it through"),
    (httpx.UnsupportedProtocol, "its address is neither http:// nor https://"),
    (httpx.InvalidURL, "its address cannot be used"),
    (httpx.RemoteProtocolError, "it ended the connection, or answered with something that is not HTTP"),
    (httpx.ReadError, "the connection was lost"),
    (httpx.WriteError, "the connection was lost"),
    (httpx.CloseError, "the connection was lost"),
    (TimeoutError, "timed out"),
    (UnicodeError, "its name cannot be looked up"),
)


def connection_words(error: BaseException) -> str:
    """What went wrong, by its deepest cause that is known."""
    for cause in reversed(list(_causes(error))):
        if (words := _of_system(cause)) is not None:
            return words
    for cause in _causes(error):
        for kind, words in _BY_KIND:
            if isinstance(cause, kind):
                return words
    return "no connection"


def _of_system(error: BaseException) -> str | None:
    """The words for what the system said, None for everything else."""
    if isinstance(error, socket.gaierror):
        return "name not found" if error.errno in _UNKNOWN_NAME else "its name could not be looked up"
    if isinstance(error, ssl.SSLCertVerificationError):
        return "its certificate is not trusted"
    if isinstance(error, ssl.SSLError):
        return "no encrypted connection: does it speak TLS?"
    return _BY_NUMBER.get(error.errno or 0) if isinstance(error, OSError) else None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what it came of; aiohttp keeps the system's error beside."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop(0)
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        below = getattr(one, "os_error", None)
        waiting += [one.__cause__, below if isinstance(below, BaseException) else None]
