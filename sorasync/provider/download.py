"""Downloads a finished job's files, wherever the host keeps them."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx

from sorasync.provider.body import pieces
from sorasync.provider.classify import fault
from sorasync.provider.encode import filled
from sorasync.provider.errors import (
    BadDownload,
    InvalidRequest,
    Moderated,
    NotFound,
    NotReady,
    NotSent,
    NotSupported,
    ProviderError,
    ServerError,
)
from sorasync.provider.inline import Base64, Inline, OnDisk, is_inline
from sorasync.provider.json_sieve import Sieve
from sorasync.provider.links import LinkPolicy
from sorasync.provider.redact import clean
from sorasync.provider.retry import Patience, retried
from sorasync.provider.sender import Sender
from sorasync.provider.server_words import MOST_READ, begins_as_text, words
from sorasync.provider.transport import Answer
from sorasync.provider.wire import Job, JobStatus, Variant
from sorasync.text import counted

_MOST_REDIRECTS = 5
_CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)")
# Seconds after completion during which a missing file may still appear.
_SETTLING = 60.0
# A stream below this many bytes a second for this many seconds is given up: it might never end.
_SLOWEST, _SLOW_FOR = 1024, 60.0
_ANY_TYPE = ("", "application/octet-stream", "binary/octet-stream")

# Types of renders that do not begin with `video/`.
_OTHER_FORMS = (
    "application/mp4",
    "application/zip",
    "application/x-zip-compressed",
    "image/x-exr",
    "image/aces",
)

GetJob = Callable[[str], Awaitable[Job]]


class Fetched:
    """An open answer; see `sorasync.provider.base.Download`."""

    def __init__(self, response: Answer, sender: Sender, asked_offset: int) -> None:
        self._sender = sender
        self._pieces = pieces(response)
        self._opening = b""
        headers = response.headers
        said = sender.secret.hide(headers.get("content-type", ""))
        self.content_type = clean(said.partition(";")[0], 100).lower()
        self.offset, self.length = 0, _length(headers)
        if response.status == 206:
            self.offset, self.length = _content_range(headers, asked_offset)

    async def chunks(self) -> AsyncIterator[bytes]:
        """The bytes as they arrive. `ServerError` if they stop or are too slow; `BadDownload` for too few."""
        got = self.offset
        if self._opening:
            got += len(self._opening)
            yield self._opening
        clock = self._sender.clock
        start, began = got, clock.monotonic()
        while chunk := await self._next():
            got += len(chunk)
            yield chunk
            took = clock.monotonic() - began
            if took > _SLOW_FOR and got - start < _SLOWEST * took:
                came = f"{counted(got - start, 'byte')} in {took:.0f} s"
                raise ServerError(f"{self._sender.host.name} sends the file too slowly: {came}")
        if self.length is not None and got != self.length:
            raise BadDownload(f"received {counted(got, 'byte')}, but the server announced {self.length}")

    async def words(self) -> str | None:
        """The server's message if it sends JSON or a page instead of the file; None for a file.

        Asked before `chunks`, which gives the bytes that were looked at as well.
        """
        if self.offset:
            return None
        self._opening = await self._next()
        if not begins_as_text(self._opening):
            return None
        content = bytearray(self._opening)
        while len(content) < MOST_READ and (more := await self._next()):
            content += more
        return clean(self._sender.secret.hide(words(bytes(content[:MOST_READ]))))

    async def _next(self) -> bytes:
        """The next bytes, none at the end."""
        try:
            async for chunk in self._pieces:
                if chunk:
                    return chunk
        except (httpx.HTTPError, OSError) as error:
            raise self._sender.broken(error) from None
        return b""


class InAnswer:
    """A file as base64 in the answer about its job, extracted while it arrives; see `Download`."""

    def __init__(self, response: Answer, sender: Sender, number: int) -> None:
        self._response = response
        self._sender = sender
        self._number = number
        self.content_type = "video/mp4"
        self.offset = 0
        self.length: int | None = None

    async def chunks(self) -> AsyncIterator[bytes]:
        """The bytes as they come. `ServerError` if the stream breaks, `BadDownload` if there are none."""
        text = _OneText(self._number)
        sieve, decoder = Sieve(text), Base64()
        try:
            async for piece in pieces(self._response):
                sieve.feed(piece)
                yield decoder.feed(text.taken())
                if text.whole:
                    yield decoder.end()
                    return
                if sieve.over:
                    break
        except (httpx.HTTPError, OSError) as error:
            raise self._sender.broken(error) from None
        raise BadDownload("the answer about the job no longer contains its video")


class _OneText:
    """Takes one of the long texts of an answer."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._begun = -1
        self._text = bytearray()
        self.whole = False

    def begin(self) -> None:
        self._begun += 1

    def write(self, text: bytes) -> None:
        if self._begun == self._number and not self.whole:
            self._text += text

    def end(self) -> None:
        self.whole = self.whole or self._begun == self._number

    def taken(self) -> bytes:
        taken = bytes(self._text)
        self._text.clear()
        return taken


Opened = Fetched | Inline | OnDisk | InAnswer


class Downloader:
    """Finds and opens files: the content route first, then the URLs in the job."""

    def __init__(
        self,
        sender: Sender,
        links: LinkPolicy,
        patience: Patience,
        get_job: GetJob,
        asked_again: Callable[[str], httpx.Request],
    ) -> None:
        self._asked_again = asked_again
        self._sender = sender
        self._links = links
        self._patience = patience
        self._get_job = get_job

    @asynccontextmanager
    async def open(self, job: Job, variant: Variant, offset: int) -> AsyncIterator[Opened]:
        """See `Provider.download`. Asks once for each place that may have the file."""
        host = self._sender.host
        if variant is not Variant.STILL and variant.value not in host.abilities.variants:
            raise NotSupported(f"{host.name} has no {variant.value} of a video")
        async with AsyncExitStack() as stack:
            fetched = await self._fetched(job, variant, offset, stack)
            # What came inside an answer has no type of its own; its bytes are looked at when they are here.
            if variant is not Variant.STILL or isinstance(fetched, Fetched):
                async with self._sender.in_time():
                    await _check_kind(fetched, variant)
            if fetched.length == 0:
                raise BadDownload(f"the {variant.value} of {job.id} is empty")
            yield fetched

    @asynccontextmanager
    async def path(self, name: str, path: str, offset: int = 0) -> AsyncIterator[Opened]:
        """Open the bytes behind a path of the host, of any type."""
        async with AsyncExitStack() as stack:
            url = self._sender.host.base_url + path
            yield await retried(
                lambda: self._try(name, url, offset, stack), self._sender.clock, self._patience
            )

    async def _fetched(self, job: Job, variant: Variant, offset: int, stack: AsyncExitStack) -> Opened:
        try:
            return await self._from(job, variant, offset, stack)
        except Moderated:
            raise
        except (NotFound, InvalidRequest, NotReady) as missing:
            now = await self._get_job(job.id)
            if now.named not in (None, job.named):
                # An answer about another job, perhaps: its files are not for this one.
                raise NotReady(
                    missing.message, status=missing.status, code=missing.code, quotes=missing.quotes
                ) from None
            if now.status is not JobStatus.COMPLETED:
                raise self._not_there(now, missing) from None
            if now.urls != job.urls:
                return await self._from(now, variant, offset, stack)
            raise self._not_there(now, missing) from None

    async def _from(self, job: Job, variant: Variant, offset: int, stack: AsyncExitStack) -> Opened:
        """The first place that has the file; the last one's error if none has."""
        places = self._places(job, variant)
        if not places:
            raise NotFound(f"{self._sender.host.name} gives no URL for the {variant.value} of {job.id}")
        for place in places[:-1]:
            try:
                return await self._try("content", place, offset, stack, job)
            except (NotFound, InvalidRequest, NotReady, NotSupported):
                continue
        return await self._try("content", places[-1], offset, stack, job)

    def _places(self, job: Job, variant: Variant) -> list[str]:
        host = self._sender.host
        places = []
        if "content" in host.routes and variant is not Variant.STILL:
            # `variant=video` is left out: SGLang takes a variant for the number of an output.
            path = filled(host.routes["content"], job.id)
            join = "&" if "?" in path else "?"
            query = "" if variant is Variant.VIDEO else f"{join}variant={variant.value}"
            places.append(host.base_url + path + query)
        if variant in (Variant.VIDEO, Variant.STILL):
            places += [url if is_inline(url) else self._links.absolute(url) for url in job.urls]
        return places

    def _not_there(self, job: Job, missing: ProviderError) -> ProviderError:
        """Whether a file is gone for good or not there yet, by what the job says about itself."""
        now = self._sender.clock.now()
        gone = job.status in (JobStatus.EXPIRED, JobStatus.DELETED, JobStatus.FAILED, JobStatus.CANCELLED)
        expired = job.expires_at is not None and job.expires_at <= now
        fresh = job.completed_at is not None and now - job.completed_at < _SETTLING
        if not gone and not expired and (fresh or job.status is not JobStatus.COMPLETED):
            kind: type[ProviderError] = NotReady
        else:
            kind = NotFound
        return kind(missing.message, status=missing.status, code=missing.code, quotes=missing.quotes)

    async def _try(
        self, name: str, url: str, offset: int, stack: AsyncExitStack, job: Job | None = None
    ) -> Opened:
        if job is not None and is_inline(url):
            return await self._inside(job, url, stack)

        async with AsyncExitStack() as attempt:
            async with self._sender.in_time():
                fetched = await self._follow(name, url, offset, attempt)
            stack.push_async_exit(attempt.pop_all())
            return fetched

    async def _inside(self, job: Job, url: str, stack: AsyncExitStack) -> Opened:
        """A file that came in the answer itself: in memory, on disk, or to be asked for once more."""
        kept = job.files.get(url)
        if kept is None:
            return Inline(url)
        if isinstance(kept, Path):
            return OnDisk(kept)
        request = self._asked_again(job.id)
        response = await stack.enter_async_context(self._sender.open("get", request))
        if not response.ok:
            raise await self._refused(response, str(request.url))
        return InAnswer(response, self._sender, kept)

    async def _follow(self, name: str, url: str, offset: int, stack: AsyncExitStack) -> Fetched:
        """Open a URL and follow redirects. The key is only sent to the configured origin."""
        for _ in range(_MOST_REDIRECTS + 1):
            self._links.check(url)
            request = self._sender.build("GET", url, self._headers(url, offset))
            response = await self._opened(name, request, stack)
            if response.status == 416 and offset:
                offset = 0
            elif response.redirect is not None:
                told = self._sender.secret.hide(response.redirect)
                url = self._links.absolute(told, against=url)
            elif response.status in (200, 203, 206):
                return Fetched(response, self._sender, offset)
            else:
                raise await self._refused(response, url)
            await response.body.aclose()
        raise BadDownload("the download redirects endlessly")

    async def _opened(self, name: str, request: httpx.Request, stack: AsyncExitStack) -> Answer:
        """The answer. That another host than the user's own is away says nothing of the provider."""
        try:
            return await stack.enter_async_context(self._sender.open(name, request))
        except NotSent:
            if self._links.trusted(str(request.url)):
                raise
            raise ServerError(f"{request.url.host}, which has the file, cannot be reached") from None

    def _headers(self, url: str, offset: int) -> dict[str, str]:
        headers = {"accept": "*/*", "accept-encoding": "identity"}
        if self._links.trusted(url):
            headers |= self._sender.auth_headers()
        if offset and self._sender.host.abilities.range:
            headers["range"] = f"bytes={offset}-"
        return headers

    async def _refused(self, response: Answer, url: str) -> ProviderError:
        """Why there are no bytes. A refused signed URL has expired; that says nothing about the key."""
        status = response.status
        if status in (202, 204):
            return NotReady(f"{self._sender.host.name} has no file there yet", status=status)
        if not self._links.trusted(url) and status in (400, 401, 403):
            return NotFound("the link to the file is no longer valid", status=status)
        answer = await self._sender.read(response)
        found = fault(answer, self._sender.asked(), self._sender.clock.now())
        return found if status >= 300 else ServerError(found.message, status=status, quotes=found.quotes)


def _length(headers: Mapping[str, str]) -> int | None:
    """The number of bytes to expect; unknown if the transfer is compressed."""
    said = headers.get("content-length", "")
    coded = headers.get("content-encoding", "identity").lower() != "identity"
    return int(said) if said.isascii() and said.isdecimal() and len(said) < 19 and not coded else None


def _content_range(headers: Mapping[str, str], asked: int) -> tuple[int, int | None]:
    """Start and whole length of a partial answer. Raises `BadDownload` if it is not the part asked for."""
    found = _CONTENT_RANGE.fullmatch(headers.get("content-range", "").strip().lower())
    if found is None or int(found[1]) != asked:
        raise BadDownload("the server sent the wrong part of the file")
    return asked, None if found[3] == "*" else int(found[3])


async def _check_kind(fetched: Opened, variant: Variant) -> None:
    """A thumbnail that is a video, or a video that is a web page or an error, is not what was asked for."""
    said = await fetched.words() if isinstance(fetched, Fetched) else None
    if said is None and _is_kind(fetched.content_type, variant):
        return
    what = "a text" if _is_kind(fetched.content_type, variant) else fetched.content_type[:60]
    raise BadDownload(
        f"the server sent {what} instead of the {variant.value}" + (f": {said}" if said else "")
    )


def _is_kind(content_type: str, variant: Variant) -> bool:
    wanted = "video/" if variant is Variant.VIDEO else "image/"
    if content_type in _ANY_TYPE or content_type.startswith(wanted):
        return True
    return variant is Variant.VIDEO and content_type in _OTHER_FORMS
