"""Sends one HTTP request, and turns its failures into the errors of this package."""

from __future__ import annotations

import asyncio
import errno
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from functools import lru_cache
from itertools import count
from pathlib import Path
from typing import Any

import httpx

from sorasync.clock import Clock
from sorasync.library_file import unreadable
from sorasync.provider.auth import auth_headers
from sorasync.provider.body import pieces
from sorasync.provider.classify import Asked
from sorasync.provider.connection_words import connection_words
from sorasync.provider.errors import (
    Exhausted,
    InvalidRequest,
    NotSent,
    OutcomeUnknown,
    ProviderError,
    ServerError,
)
from sorasync.provider.host_time import HostTime
from sorasync.provider.http_request import Outgoing, Part, form_fields, multipart_parts
from sorasync.provider.http_response import HttpResponse
from sorasync.provider.json_sieve import Nowhere, Sieve
from sorasync.provider.json_values import parse
from sorasync.provider.kept_answers import KeptAnswers, NotKept
from sorasync.provider.litellm import job_or_error_inside
from sorasync.provider.payment_gate import PaymentGate
from sorasync.provider.provider_host import ProviderHost
from sorasync.provider.read import holds_video, is_job, job_id
from sorasync.provider.redact import Secret, may_hold, scrub
from sorasync.provider.server_words import MOST_READ, words
from sorasync.provider.transport import FIRST_BYTE, Answer, TellsFirstByte, answer_to

_TIMEOUT = httpx.Timeout(connect=15.0, read=60.0, write=60.0, pool=300.0)
_PAID_TIMEOUT = httpx.Timeout(connect=15.0, read=300.0, write=120.0, pool=300.0)
# Seconds. Paid answers get more time: giving up costs more than waiting. Longest if the host
# answers only when the video is done.
_SYNCHRONOUS_TIMEOUT = httpx.Timeout(connect=15.0, read=3600.0, write=120.0, pool=300.0)

# Seconds for a complete exchange, from requesting a connection to the last byte of the answer: one that
# trickles would otherwise never end.
_WHOLE, _WHOLE_PAID, _WHOLE_SYNCHRONOUS = 60.0, 600.0, 3900.0
# An upload gets time for at least this many bytes a second.
_SLOWEST = 32 * 1024

_NO_DESCRIPTOR = frozenset({errno.EMFILE, errno.ENFILE})

_USUAL = {"accept-encoding": "gzip, deflate", "user-agent": "sorasync"}
_PASSED_ON = "llm_provider-"

_NOTHING_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)

RenewKey = Callable[[], str | None]


class Sender:
    """Sends to one host and counts what it sent, by route name, in `requests`.

    `renew_key` gets a key anew after the host has refused the last one, for tokens that live for an hour.
    """

    def __init__(
        self,
        host: ProviderHost,
        api_key: str | None,
        clock: Clock,
        transport: httpx.AsyncBaseTransport,
        whole: float | None = None,
        answers: KeptAnswers | None = None,
        renew_key: RenewKey | None = None,
    ) -> None:
        self.host = host
        self.clock = clock
        self.secret = Secret(api_key)
        self._renew_key = renew_key
        self._renewing = asyncio.Lock()
        self.requests: Counter[str] = Counter()
        self._paid_timeout = _PAID_TIMEOUT if host.keeps_jobs else _SYNCHRONOUS_TIMEOUT
        self._whole = whole or _WHOLE
        self._whole_paid = whole or (_WHOLE_PAID if host.keeps_jobs else _WHOLE_SYNCHRONOUS)
        self._transport = transport
        self._answers = answers
        self.host_time = HostTime()

    def for_host(self, host: ProviderHost) -> Sender:
        """A sender to the same host as `host` has it, over the same connections and counts."""
        other = Sender(host, None, self.clock, self._transport, answers=self._answers)
        other.requests, other.host_time = self.requests, self.host_time
        other.secret, other._renew_key, other._renewing = self.secret, self._renew_key, self._renewing
        return other

    async def renewed(self, refused: str | None) -> bool:
        """Whether there is another key now than the one that was refused. Raises `SorasyncError`."""
        async with self._renewing:
            if self._renew_key is not None and self.secret.value == refused:
                self.secret.value = await asyncio.to_thread(self._renew_key) or refused
        return self.secret.value != refused

    def asked(self, paid: bool = False) -> Asked:
        """How answers of this host are to be read."""
        host = self.host
        return Asked(
            host.name,
            host.key_env,
            paid,
            self.secret.sought,
            unavailable=frozenset(host.profile.errors.unavailable),
            keeps_jobs=host.keeps_jobs,
            key_printed=self._renew_key is not None,
        )

    def auth_headers(self) -> dict[str, str]:
        """What only the host itself may get. Raises `AuthFailed` for a key that cannot be sent."""
        return auth_headers(self.host, self.secret)

    async def get(self, name: str, path: str, query: Mapping[str, str] | None = None) -> HttpResponse:
        """A GET that costs nothing."""
        return await self._ask(name, "GET", path, query=query)

    async def get_absolute(self, name: str, url: str) -> HttpResponse:
        """A GET of another path at the same origin."""
        request = self.build("GET", url, self.auth_headers())
        async with self.in_time(), self.open(name, request) as response:
            return await self.read(response)

    async def delete(self, name: str, path: str) -> HttpResponse:
        """A DELETE."""
        return await self._ask(name, "DELETE", path)

    async def post(
        self, name: str, outgoing: Outgoing, gate: PaymentGate | None = None, keep_as: str | None = None
    ) -> HttpResponse:
        """A request with a body, sent once. With a gate it is paid; `OutcomeUnknown` if no answer comes.

        With `keep_as` its answer is durable under that name on return, if it is a success that holds what
        the host could not be asked for again.
        """
        return await self._ask(
            name, outgoing.method, outgoing.path, outgoing=outgoing, gate=gate, keep_as=keep_as
        )

    async def _ask(
        self,
        name: str,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        outgoing: Outgoing | None = None,
        gate: PaymentGate | None = None,
        keep_as: str | None = None,
    ) -> HttpResponse:
        paid = gate is not None
        async with AsyncExitStack() as stack:
            files = stack.enter_context(ExitStack())
            url = self.host.base_url + path
            try:
                request = self._request(method, url, query, outgoing, paid, files)
            except (httpx.InvalidURL, ValueError, TypeError):
                raise InvalidRequest(f"the {name} request cannot be written for {self.host.name}") from None
            size = int(request.headers.get("content-length", "0"))
            await stack.enter_async_context(self.in_time(gate, size))
            response = await stack.enter_async_context(self.open(name, request, gate))
            return await self.read(response, gate, keep_as)

    @asynccontextmanager
    async def in_time(self, gate: PaymentGate | None = None, size: int = 0) -> AsyncIterator[None]:
        """End an exchange that takes too long as a whole, with the error of a connection that broke.

        `size` is how many bytes are sent.
        """
        limit = (self._whole if gate is None else self._whole_paid) + size / _SLOWEST
        try:
            async with asyncio.timeout(limit):
                yield
        except TimeoutError as error:
            raise self.broken(error, gate) from None

    @asynccontextmanager
    async def open(
        self, name: str, request: httpx.Request, gate: PaymentGate | None = None
    ) -> AsyncIterator[Answer]:
        """Send, and hold the answer open. Raises `Withheld`, `NotSent`, `OutcomeUnknown` or `ServerError`."""
        if gate is None:
            response = await self._sent_renewed(name, request)
        else:
            gate.check()
            request.extensions[FIRST_BYTE] = gate.leave
            if not isinstance(self._transport, TellsFirstByte):
                gate.leave()
            response = await self._sent(name, request, gate)
        try:
            yield response
        finally:
            await response.body.aclose()

    async def _sent_renewed(self, name: str, request: httpx.Request) -> Answer:
        """The answer to a request that costs nothing, sent once more where only its key had run out."""
        key = self.secret.value
        response = await self._sent(name, request)
        if response.status != 401 or self._renew_key is None:
            return response
        with_key = [header for header in self.auth_headers() if header in request.headers]
        if not with_key or not await self.renewed(key):
            return response
        await response.body.aclose()
        request.headers.update({header: self.auth_headers()[header] for header in with_key})
        return await self._sent(name, request)

    async def _sent(self, name: str, request: httpx.Request, gate: PaymentGate | None = None) -> Answer:
        self.requests[name] += 1
        sent = self.clock.now()
        try:
            response = await answer_to(self._transport, request)
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise self.broken(error, gate) from None
        self.host_time.heard(response.headers, sent, self.clock.now())
        return response

    def question(self, method: str, path: str, fields: Mapping[str, object] | None = None) -> httpx.Request:
        """A request that costs nothing, with its JSON. Raises `InvalidRequest` for what cannot be written."""
        outgoing = None if fields is None else Outgoing(path, "json", fields)
        try:
            with ExitStack() as files:
                return self._request(method, self.host.base_url + path, None, outgoing, False, files)
        except (httpx.InvalidURL, ValueError, TypeError):
            raise InvalidRequest(f"the request cannot be written for {self.host.name}") from None

    async def ask(self, name: str, request: httpx.Request) -> HttpResponse:
        """The answer to a `question`."""
        async with self.in_time(), self.open(name, request) as response:
            return await self.read(response)

    def build(self, method: str, url: str, headers: Mapping[str, str]) -> httpx.Request:
        """A request without a body. Raises `InvalidRequest` for an address that is none."""
        try:
            return _build(method, url, headers, _TIMEOUT)
        except (httpx.InvalidURL, ValueError):
            raise InvalidRequest(f"{self.host.name}: the address cannot be used") from None

    def broken(self, error: BaseException, gate: PaymentGate | None = None) -> ProviderError:
        """What a connection's failure means for the request that was on it."""
        what = connection_words(error)
        if _out_of_descriptors(error):
            return Exhausted("too many open files", hint="raise the limit (ulimit -n), then apply again")
        if isinstance(error, _NOTHING_SENT) or (gate is not None and not gate.left):
            asks = f"is {self.host.base_url} right, and is the server running?"
            hint = f"{asks} `sorasync plan --offline` plans without it"
            return NotSent(f"{self.host.name} cannot be reached ({what})", hint=hint)
        if gate is not None:
            return OutcomeUnknown(f"the connection to {self.host.name} broke after sending ({what})")
        return ServerError(f"the connection to {self.host.name} broke ({what})")

    async def aclose(self) -> None:
        """Close every connection."""
        await self._transport.aclose()

    def _request(
        self,
        method: str,
        url: str,
        query: Mapping[str, str] | None,
        outgoing: Outgoing | None,
        paid: bool,
        files: ExitStack,
    ) -> httpx.Request:
        headers = {"accept": "application/json", **self.auth_headers()}
        timeout = self._paid_timeout if paid else _TIMEOUT
        if outgoing is None:
            # A route of a profile may hold a query of its own, which `params` would replace.
            asked = httpx.URL(url).copy_merge_params(query) if query else url
            return _build(method, asked, headers, timeout)
        headers |= outgoing.headers
        if outgoing.encoding == "json":
            return _build(method, url, headers, timeout, json=dict(outgoing.fields))
        if outgoing.encoding == "form":
            return _build(method, url, headers, timeout, data=form_fields(outgoing))
        return _build(method, url, headers, timeout, files=self._parts(outgoing, files))

    def _parts(self, outgoing: Outgoing, files: ExitStack) -> list[Part]:
        try:
            return multipart_parts(outgoing, files)
        except OSError as error:
            if _out_of_descriptors(error):
                raise self.broken(error) from None
            given = [one for one in outgoing.files.values() if isinstance(one, Path | tuple)]
            paths = [file for one in given for file in (one if isinstance(one, tuple) else (one,))]
            names = ", ".join(map(str, paths))
            raise InvalidRequest(unreadable(names, error)) from None

    async def read(
        self, response: Answer, gate: PaymentGate | None = None, keep_as: str | None = None
    ) -> HttpResponse:
        """The whole answer; see `post` for `keep_as`."""
        if keep_as is not None and self._answers is not None and response.ok:
            return await self._kept(response, self._answers, gate, keep_as)
        sieve = Sieve(Nowhere())
        await self._gather(response, sieve, gate)
        parsed = self._parsed(sieve)
        said = "" if parsed is not None else self._said(sieve)
        if self.host.abilities.wraps_errors and not response.ok:
            found = job_or_error_inside(parsed)
            # A job in the answer to a paid request would carry its upstream's id, which leads elsewhere.
            parsed = parsed if found is None or (gate is not None and is_job(found)) else found
        files = dict(zip(sieve.marks, count(), strict=False))
        return HttpResponse(response.status, _response_headers(response), parsed, said, files)

    async def _kept(
        self, response: Answer, answers: KeptAnswers, gate: PaymentGate | None, name: str
    ) -> HttpResponse:
        """The whole answer to a paid request, whose video may be in it."""
        files: Mapping[str, Path | int]
        with answers.begin(name) as incoming:
            sieve = Sieve(incoming)
            await self._gather(response, sieve, gate)
            parsed = self._parsed(sieve)
            files = dict(zip(sieve.marks, count(), strict=False))
            try:
                if not self.host.keeps_jobs or holds_video(parsed):
                    files = await incoming.keep(response.status, parsed, sieve.marks)
            except NotKept as error:
                if not self.host.keeps_jobs or job_id(parsed) is None:
                    message = f"{self.host.name} answered {response.status}, and {error}"
                    raise OutcomeUnknown(message, status=response.status) from error
        said = "" if parsed is not None else self._said(sieve)
        return HttpResponse(response.status, _response_headers(response), parsed, said, files)

    async def _gather(self, response: Answer, sieve: Sieve, gate: PaymentGate | None) -> None:
        """The body. A break on the way is as bad as no answer, but for a status that says no."""
        try:
            async for piece in pieces(response):
                sieve.feed(piece)
                if sieve.over:
                    return
        except (httpx.HTTPError, OSError) as error:
            if response.ok or response.status >= 500:
                raise self.broken(error, gate) from None

    def _said(self, sieve: Sieve) -> str:
        """What a body that is no JSON says to people."""
        if sieve.over:
            return "an answer larger than any of this API"
        return self.secret.hide(words(sieve.skeleton[:MOST_READ]))

    def _parsed(self, sieve: Sieve) -> object:
        """The JSON of a body, without the key should a server repeat it; None for anything else."""
        if sieve.over:
            return None
        secret, content = self.secret.sought, sieve.skeleton
        found = parse(content)
        try:
            return scrub(found, secret) if secret and may_hold(content, secret) else found
        except RecursionError:
            return None


def _out_of_descriptors(error: BaseException | None) -> bool:
    """Whether this machine's limit of open files is what an error goes back to."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in _NO_DESCRIPTOR:
            return True
        error = error.__cause__ or error.__context__
    return False


def _build(
    method: str, url: httpx.URL | str, headers: Mapping[str, str], timeout: httpx.Timeout, **body: Any
) -> httpx.Request:
    """A request as httpx's own client would write it; no cookies are kept, and no redirect is followed."""
    return httpx.Request(
        method,
        _parsed_url(url) if isinstance(url, str) else url,
        headers=_USUAL | dict(headers),
        extensions={"timeout": timeout.as_dict()},
        **body,
    )


@lru_cache(maxsize=64)
def _parsed_url(url: str) -> httpx.URL:
    """Most requests go to a few addresses."""
    return httpx.URL(url)


def _response_headers(response: Answer) -> dict[str, str]:
    """Those that LiteLLM passes on from its upstream under a prefix stand without it."""
    passed = {
        name.removeprefix(_PASSED_ON): value
        for name, value in response.headers.items()
        if name.startswith(_PASSED_ON)
    }
    return {**passed, **response.headers}
