"""Who may see the page: a secret exchanged for a cookie, and nothing for any other site.

Every request passes here. A browser that was tricked into resolving somebody's name to this machine sends
that name as `Host`; a page of somebody else's sends its own `Origin`, and never gets the cookie along.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "content-security-policy": POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), display-capture=()",
}
_SAFE = frozenset({"GET", "HEAD"})
_CLOSED = (
    "<!doctype html><html lang=en><meta charset=utf-8><title>sorasync review</title>"
    "<p>This page is open to anyone who has its address with the secret in it: "
    "copy it from the terminal where <code>sorasync review</code> runs."
)
# Not a redirect: from a link in a mail it would be followed as that other site's, without the cookie.
_WELCOME = (
    "<!doctype html><html lang=en><meta charset=utf-8><title>sorasync review</title>"
    '<meta http-equiv=refresh content="0;url=/"><p><a href="/">To the library</a>'
)


@dataclass(slots=True)
class Doorkeeper:
    """The secrets that open the page, each with the name of who holds it, and the cookies given for them.

    `hosts` are the values of `Host` that are ours. `user_header` names the header in which a proxy in front
    says who asks; without the cookie it counts only where it is set.
    """

    hosts: frozenset[str]
    users: Mapping[str, str]
    cookie: str = "sorasync-review"
    secure: bool = False
    user_header: str | None = None
    _once: set[str] = field(default_factory=set)
    _sessions: dict[str, str] = field(default_factory=dict)

    def one_time_secret(self) -> str:
        """A secret for one exchange, for a command line that other users of the machine can read."""
        secret = secrets.token_urlsafe(32)
        self._once.add(secret)
        return secret

    def exchange(self, secret: str) -> str | None:
        """The value of a cookie for a secret; None for a wrong one."""
        name = next((name for known, name in self.users.items() if _same(known, secret)), None)
        if name is None:
            once = next((known for known in self._once if _same(known, secret)), None)
            if once is None:
                return None
            self._once.discard(once)
            name = next(iter(self.users.values()))
        value = secrets.token_urlsafe(32)
        self._sessions[value] = name
        return value

    def user_of(self, headers: Headers) -> str | None:
        """Whose request it is, None for somebody without a cookie."""
        if self.user_header is not None and (named := headers.get(self.user_header, "").strip()):
            return named[:80]
        try:
            found = SimpleCookie(headers.get("cookie", "")).get(self.cookie)
        except CookieError:
            return None
        value = found.value if found else ""
        return next((name for known, name in self._sessions.items() if _same(known, value)), None)

    def cookie_header(self, value: str) -> str:
        """The header that sets the cookie."""
        secure = "; Secure" if self.secure else ""
        return f"{self.cookie}={value}; Path=/; HttpOnly; SameSite=Strict{secure}"


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode("utf-8", "replace"))


class OnlyOurs:
    """Lets through what comes from the page itself with its cookie; `scope["user"]` says whose it is."""

    def __init__(self, app: ASGIApp, keeper: Doorkeeper) -> None:
        self._app = app
        self._keeper = keeper

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                kept = [pair for pair in message["headers"] if pair[0].decode("latin-1") not in _HEADERS]
                message["headers"] = [*kept, *((k.encode(), v.encode()) for k, v in _HEADERS.items())]
            await send(message)

        answer = self._refusal(scope)
        if answer is None:
            await self._app(scope, receive, guarded)
        else:
            await answer(scope, receive, guarded)

    def _refusal(self, scope: Scope) -> Response | None:
        """The answer to a request that does not reach the application."""
        headers, method = Headers(scope=scope), scope["method"]
        host = headers.get("host", "").lower()
        if host not in self._keeper.hosts:
            return PlainTextResponse("this server does not answer to that name\n", 421)
        if not self._from_us(headers, host, method):
            return PlainTextResponse("requests from other sites are not answered\n", 403)
        if scope["path"] == "/open" and method == "GET":
            return self._opened(scope)
        user = self._keeper.user_of(headers)
        if user is None:
            wants_page = scope["path"] == "/"
            return HTMLResponse(_CLOSED, 403) if wants_page else PlainTextResponse("no cookie\n", 403)
        scope["user"] = user
        return None

    def _from_us(self, headers: Headers, host: str, method: str) -> bool:
        origin = headers.get("origin")
        if origin is None and method not in _SAFE:
            return False
        if origin is not None and origin.lower() not in (f"http://{host}", f"https://{host}"):
            return False
        if headers.get("sec-fetch-site", "same-origin") in ("same-origin", "none"):
            return True
        # A link to the page in a mail or a chat is followed as another site's, which is fine for a look.
        return method in _SAFE and headers.get("sec-fetch-mode") == "navigate" and origin is None

    def _opened(self, scope: Scope) -> Response:
        given = parse_qs(scope["query_string"].decode("latin-1")).get("secret", [""])[0]
        value = self._keeper.exchange(given)
        if value is None:
            return HTMLResponse(_CLOSED, 403)
        headers = {"set-cookie": self._keeper.cookie_header(value), "cache-control": "no-store"}
        return HTMLResponse(_WELCOME, headers=headers)
