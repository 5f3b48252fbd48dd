"""The base of all host clients: sending, limits and retries."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import httpx

from sorasync.clock import Clock, SystemClock
from sorasync.provider import encode
from sorasync.provider.base import Download
from sorasync.provider.batch_client import Batches
from sorasync.provider.classify import fault, not_the_api
from sorasync.provider.download import Downloader
from sorasync.provider.errors import (
    REFUSALS,
    InvalidRequest,
    NotSent,
    NotSupported,
    OutcomeUnknown,
    ProviderError,
    RateLimited,
)
from sorasync.provider.http_request import Outgoing
from sorasync.provider.http_response import HttpResponse, refused_with
from sorasync.provider.kept_answers import KeptAnswers
from sorasync.provider.limits import Limiters
from sorasync.provider.links import LinkPolicy
from sorasync.provider.payment_gate import PaymentGate
from sorasync.provider.provider_host import ProviderHost
from sorasync.provider.retry import KEYED, PAID, Patience, retried
from sorasync.provider.sender import RenewKey, Sender
from sorasync.provider.transport import opened
from sorasync.provider.wire import (
    CreateRequest,
    EditRequest,
    ExtendRequest,
    Job,
    Page,
    StillRequest,
    Variant,
)

# This many web pages in a row are no passing fault of a gateway.
_PAGES_PROVE = 3


class HostClient(ABC):
    """One host, spoken to over one pool of connections; see `sorasync.provider.base.Provider`.

    `transport` replaces the network (an app inside this process, a test's own). `limits` paces paid
    requests per model and learns from refusals. `requests` counts what was sent, by route name. `answers` is
    where those are kept that the host could not be asked for again. `renew_key` gets another key where the
    host has refused the last one.
    """

    def __init__(
        self,
        host: ProviderHost,
        *,
        api_key: str | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        clock: Clock | None = None,
        limits: Limiters | None = None,
        patience: Patience | None = None,
        answers: KeptAnswers | None = None,
        renew_key: RenewKey | None = None,
    ) -> None:
        self.host = host
        self.name = host.profile.provider_name
        self._clock = clock or SystemClock()
        self._patience = patience or Patience()
        rate = host.profile.rate
        self.limits = limits or Limiters(self._clock, rate.creates_per_minute, rate.in_flight)
        links = LinkPolicy(
            host.base_url,
            host.profile.download.hosts,
            host.profile.download.with_key,
            setting="download.hosts" if host.job is None else "hosts",
        )
        self._answers = answers
        self._sender = Sender(
            host,
            api_key,
            self._clock,
            transport or opened(links.judge),
            answers=self._answers,
            renew_key=renew_key,
        )
        self._downloads = Downloader(self._sender, links, self._patience, self.get, self._asked_again)
        self.batches = Batches(self._sender, self._downloads, self._patience)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name})"

    @property
    def sender(self) -> Sender:
        """What sends the requests, for questions about the host itself."""
        return self._sender

    @property
    def clock(self) -> Clock:
        """The clock that everything here goes by."""
        return self._clock

    @property
    def requests(self) -> Counter[str]:
        """How many requests were sent, by route name."""
        return self._sender.requests

    @abstractmethod
    async def create(self, request: CreateRequest, gate: PaymentGate | None = None) -> Job:
        """Start a render. Paid."""

    @abstractmethod
    async def get(self, job_id: str) -> Job:
        """One job. Raises `NotFound`."""

    @abstractmethod
    async def page(self, after: str | None = None, limit: int = 100) -> Page:
        """One page of the jobs, newest first. Raises `NotSupported` where there is no list."""

    @abstractmethod
    def page_in(self, answer: HttpResponse, limit: int) -> Page | None:
        """The page of the list in an answer, None where there is none."""

    @abstractmethod
    def _made(self, answer: HttpResponse) -> bool:
        """Whether an answer to a paid request names a job, whatever else it says."""

    @abstractmethod
    def _asked_again(self, job_id: str) -> httpx.Request:
        """The question whose answer holds a job's file as text."""

    async def find(self, idempotency_key: str, sent: float | None = None) -> Job | None:
        """The job that a request with that key made, if the host was sent an id or label of ours; else None.

        `sent` is when the request left (Unix seconds), which a list is read back to.
        """
        raise NotSupported(f"{self.name} does not take ids that sorasync chooses")

    async def cancel(self, job_id: str, *, queued: bool) -> None:
        """Ask the host to cancel a job that is `queued` or rendering.

        Sent once: a second request might delete the job that the first has ended. Raises `NotSupported`,
        `NotSent`, `NotFound`, `ServerError` if the answer was lost, and other errors of the host.
        """
        raise NotSupported(f"{self.name} cannot cancel a job")

    async def extend(self, request: ExtendRequest, gate: PaymentGate | None = None) -> Job:
        """Continue a video. Paid."""
        raise self._no_route("extend", None)

    async def edit(self, request: EditRequest, gate: PaymentGate | None = None) -> Job:
        """Change a video. Paid."""
        raise self._no_route("edit", None)

    async def still(self, request: StillRequest, gate: PaymentGate | None = None) -> Job:
        """Make a picture. Paid."""
        raise self._no_route("still", None)

    async def upload_character(
        self, name: str, video: Path, gate: PaymentGate | None = None, *, model: str | None = None
    ) -> str:
        """Upload a reference clip; the character's id."""
        raise self._no_route("character", None)

    async def character_exists(self, character_id: str) -> bool:
        """Whether the provider still has the character."""
        raise self._no_route("character", None)

    async def delete(self, job_id: str) -> bool:
        """Remove a video from the provider's storage; False if it was gone already."""
        raise self._no_route("delete", None)

    def recall(self, idempotency_key: str) -> Job | None:
        """The job in the answer to a paid request that an earlier run got, None where none is kept."""
        return None

    def forget(self, idempotency_key: str) -> None:
        """Drop the answer to a paid request: its video is in place, or it has none."""
        return

    def download(
        self, job: Job, variant: Variant = Variant.VIDEO, offset: int = 0
    ) -> AbstractAsyncContextManager[Download]:
        """Open a file of a completed job. Raises `NotReady`, `NotFound` (gone), `BadDownload`."""
        return self._downloads.open(job, variant, offset)

    def slot(self, model: str | None, *, taken: bool = False) -> AbstractAsyncContextManager[None]:
        """Hold one of the host's slots for renders in flight; `taken`: the render is in flight already."""
        limiter = self.limits.of(model)
        return limiter.occupied() if taken else limiter.slot()

    async def aclose(self) -> None:
        """Close every connection."""
        await self._sender.aclose()

    async def _accepted(
        self,
        name: str,
        outgoing: Outgoing,
        model: str | None,
        gate: PaymentGate | None,
        keep_as: str | None = None,
        *,
        keyed: bool = False,
        repeated: bool = False,
        sender: Sender | None = None,
    ) -> HttpResponse:
        """The answer to a paid request, retried only if nothing can have been accepted.

        What is sent again by its key leaves the outcome open whatever refuses it later: a refusal of the
        second request says nothing of the first, which the host may still be at work on. `repeated`: an
        earlier run sent the first. `sender` is another one than that of the videos.
        """
        gate = gate or PaymentGate()
        sender = sender or self._sender
        limiter = self.limits.of(model)
        lost = OutcomeUnknown("the answer to an earlier request was lost") if repeated else None

        async def posted() -> HttpResponse:
            """The answer; what is refused for its key has made nothing, so a renewed one may follow."""
            key = sender.secret.value
            answer = await sender.post(name, outgoing, gate, keep_as)
            if answer.status != 401 or not await sender.renewed(key):
                return answer
            if lost is None:
                gate.refused()
            return await sender.post(name, outgoing, gate, keep_as)

        async def once() -> HttpResponse:
            nonlocal lost
            await limiter.turn(gate)
            await gate.turn(model)
            try:
                answer = await posted()
                if answer.is_page and await self._only_pages(name, answer):
                    raise not_the_api(answer, sender.asked(paid=True))
                accepted = answer if self._made(answer) else self._good(answer, paid=True, sender=sender)
            except (RateLimited, NotSent) as refused:
                if isinstance(refused, RateLimited):
                    limiter.throttled(refused.retry_after)
                    gate.throttled(model, refused.retry_after)
                if lost is None:
                    gate.refused()
                raise
            except OutcomeUnknown as error:
                lost = error
                raise
            limiter.succeeded()
            return accepted

        try:
            return await retried(once, self._clock, self._patience, after=KEYED if keyed else PAID, gate=gate)
        except ProviderError as error:
            raise (error if lost is None else lost) from None

    async def _only_pages(self, name: str, answer: HttpResponse) -> bool:
        """Whether a web page in answer to a paid request means that no API is there at all.

        A success may have been accepted by an API, with a page put in the place of its answer: only where
        questions that cost nothing are answered so too, it was not.
        """
        if not answer.ok:
            # Without a step's route there may be an API; without that of a create there is none.
            return name == "create" and answer.status in (404, 405)
        question, path, query = encode.free_question(self.host)
        if question == "root":
            return False
        for _ in range(_PAGES_PROVE):
            try:
                other = await self._sender.get(question, path, query)
            except ProviderError:
                return False
            if not other.is_page:
                return False
        return True

    async def _free(self, send: Callable[[], Awaitable[HttpResponse]]) -> HttpResponse:
        async def once() -> HttpResponse:
            return self._good(await send())

        return await retried(once, self._clock, self._patience)

    def _good(self, answer: HttpResponse, paid: bool = False, sender: Sender | None = None) -> HttpResponse:
        """The answer if it is a success; raises its error otherwise."""
        if refused_with(answer) is not None:
            raise fault(answer, (sender or self._sender).asked(paid), self._clock.now())
        return answer

    def _no_route(self, what: str, missing: ProviderError | None) -> NotSupported:
        status = missing.status if missing else None
        said = f" ({missing.message})" if missing else ""
        hint = f"is {self.host.base_url} the right address, and the profile the right one?"
        quotes = missing.quotes if missing else ""
        message = f"{self.host.name} has no {what} route{said}"
        return NotSupported(message, status=status, hint=hint, quotes=quotes)


def refused_render(error: InvalidRequest) -> InvalidRequest:
    """The refusal of a render. One with a hint may be of something else, such as the address."""
    error.lasting = error.lasting or (error.status in REFUSALS and error.hint is None)
    return error
