"""Where a download may lead: addresses that a server sends are not trusted like the one a user configured."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urljoin, urlsplit

from sorasync.provider.errors import BadDownload
from sorasync.provider.redact import clean

Resolve = Callable[[str], Awaitable[list[str]]]
"""The addresses a host name stands for; an empty list where they cannot be found."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme, host and port: what a key may be sent to."""

    scheme: str
    host: str
    port: int


@lru_cache(maxsize=64)
def origin(url: str) -> Origin | None:
    """The origin of an http or https address without user and password; None for any other text."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        return None
    return Origin(parts.scheme, parts.hostname.lower(), port or (443 if parts.scheme == "https" else 80))


async def system_resolve(host: str) -> list[str]:
    """Ask the system's resolver."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return [str(entry[4][0]) for entry in found]


@dataclass(frozen=True, slots=True)
class LinkPolicy:
    """Judges addresses that a server names.

    `base_url` is the user's own and may be anywhere. Other hosts must be public unless they are among
    `allowed` (`host` or `host:port`). `resolve` is None where names cannot be looked up (a transport inside
    the process): then only addresses and `localhost` are judged.
    """

    base_url: str
    allowed: tuple[str, ...] = ()
    resolve: Resolve | None = system_resolve

    def absolute(self, url: str, against: str | None = None) -> str:
        """The address in full; servers may send `/v1/videos/…`. Raises `BadDownload` for other schemes."""
        try:
            whole = urljoin(against or self.base_url, url)
        except ValueError:
            whole = ""
        if origin(whole) is None or any(ord(char) <= 32 for char in whole):
            raise BadDownload(f"the server names an address that is not http or https: {clean(url, 80)}")
        return whole

    def trusted(self, url: str) -> bool:
        """Whether the key may travel to that address: the very origin that the user configured."""
        return origin(url) == origin(self.base_url)

    async def check(self, url: str) -> None:
        """Raises `BadDownload` if the address leads to a private or local host that is not the user's own."""
        target, own = origin(url), origin(self.base_url)
        if target is None:
            raise BadDownload("the server names an address that is not http or https")
        if own is not None and target.host == own.host:
            return
        if target.host in self.allowed or f"{target.host}:{target.port}" in self.allowed:
            return
        addresses = [target.host]
        if not _is_address(target.host) and self.resolve is not None:
            addresses += await self.resolve(target.host)
        if any(_is_private(address) for address in addresses):
            message = f"the server names a download on a private or local host: {clean(target.host, 80)}"
            hint = f'if that is right, put "{clean(target.host, 80)}" into download.hosts of the profile'
            raise BadDownload(message, hint=hint)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def _is_private(host: str) -> bool:
    """Whether an address, or the name `localhost`, is not on the public internet.

    Texts such as `127.1` or `0x7f000001`, which resolvers take for addresses, count as private.
    """
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host == "localhost" or host.endswith(".localhost") or _is_odd_number(host)
    mapped = getattr(address, "ipv4_mapped", None)
    return not (mapped or address).is_global or address.is_multicast


def _is_odd_number(host: str) -> bool:
    last = host.rstrip(".").rpartition(".")[2]
    return last.isdecimal() or last.startswith("0x")
