"""Which URLs a download may use: those from a server are trusted less than the configured one."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urljoin, urlsplit

from sorasync.provider.errors import BadDownload
from sorasync.provider.redact import clean


@dataclass(frozen=True, slots=True)
class WebOrigin:
    """Scheme, host and port: what a key may be sent to."""

    scheme: str
    host: str
    port: int


@lru_cache(maxsize=64)
def origin(url: str) -> WebOrigin | None:
    """The origin of an http or https address without user and password; None for any other text."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        return None
    return WebOrigin(parts.scheme, parts.hostname.lower(), port or (443 if parts.scheme == "https" else 80))


@dataclass(frozen=True, slots=True)
class LinkPolicy:
    """Judges URLs that a server sends.

    `base_url` is the user's own and may be anywhere. Other hosts must be public unless they are among
    `allowed` (`host` or `host:port`); those in `with_key` get the key as well, over TLS alone. A name is
    judged by the very addresses that are connected to: asked twice, it may answer differently.
    """

    base_url: str
    allowed: tuple[str, ...] = ()
    with_key: tuple[str, ...] = ()
    # The profile's setting of `allowed`.
    setting: str = "download.hosts"

    def absolute(self, url: str, against: str | None = None) -> str:
        """The address in full; servers may send `/v1/videos/…`. Raises `BadDownload` for other schemes."""
        try:
            whole = urljoin(against or self.base_url, url)
        except ValueError:
            whole = ""
        if origin(whole) is None or any(ord(char) <= 32 for char in whole):
            raise BadDownload(f"the server gave a URL that is not http or https: {clean(url, 80)}")
        return whole

    def trusted(self, url: str) -> bool:
        """Whether the key may travel there: to the very origin that the user configured, or one like it."""
        if self._own(url):
            return True
        target = origin(url)
        if target is None or target == origin(self.base_url):
            return target is not None
        named = {target.host, f"{target.host}:{target.port}"}
        return target.scheme == "https" and not named.isdisjoint(self.with_key)

    def _own(self, url: str) -> bool:
        """Whether a URL is below the base URL, as those of most downloads are, and need not be read."""
        return url.startswith(f"{self.base_url}/") and origin(self.base_url) is not None

    def check(self, url: str) -> None:
        """Raises `BadDownload` for a private or local address that is not the user's own."""
        if self._own(url):
            return
        target = origin(url)
        if target is None:
            raise BadDownload("the server gave a URL that is not http or https")
        self.judge(target.host, target.port, [target.host])

    def judge(self, host: str, port: int, addresses: Iterable[str]) -> None:
        """Raises `BadDownload` if an address of a host is private, and the host not the user's own."""
        own = origin(self.base_url)
        if (own is not None and host == own.host) or host in self.allowed or f"{host}:{port}" in self.allowed:
            return
        if any(map(_is_private, addresses)):
            message = f"the server gave a download URL on a private or local host: {clean(host, 80)}"
            hint = f'if that is intended, add "{clean(host, 80)}" to {self.setting} in the profile'
            raise BadDownload(message, hint=hint)


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
