"""Reads jobs and pages from whatever JSON a server sends.

Only an id and a status are needed for a job; everything else is taken where it is found. Sources of the
forms: the published OpenAPI description, and the servers named in the built-in profiles.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from sorasync.provider.inline import SCHEME, inlined, is_inline
from sorasync.provider.json_values import first, items, moment, number, table, text, word
from sorasync.provider.moderation import is_moderation
from sorasync.provider.redact import clean
from sorasync.provider.server_words import message_in
from sorasync.provider.wire import Job, JobError, JobStatus, Page

_LONGEST_ID = 2048
# xAI's unit of `cost_in_usd_ticks`.
_TICKS_PER_DOLLAR = 10**10
_HIGHEST_COST = 10**6
# Words in which servers describe an answer, not a job.
_OF_ANSWERS = ("error", "success")
# Codes that servers fill an empty error with.
_NO_ERROR = ("0", "200", "ok", "success", "none")
_ENDED_WITHOUT = (JobStatus.FAILED, JobStatus.CANCELLED, JobStatus.EXPIRED)
# Where hosts say why a job failed; the first is new-api's.
_REASONS = ("fail_reason", "failure_reason", "failure", "status_message", "message", "detail", "reason")
_ADDRESS_FIELDS = ("url", "video_url", "public_url")
_ADDRESSES = ("http://", "https://", "/", f"{SCHEME}video/", f"{SCHEME}image/")


# The words of all known servers for a status.
_STATUS_WORDS = {
    JobStatus.QUEUED: ("queued", "pending", "submitted", "created", "waiting", "not_started", "accepted"),
    JobStatus.IN_PROGRESS: ("in_progress", "processing", "running", "rendering", "generating", "started"),
    JobStatus.COMPLETED: ("completed", "complete", "done", "succeeded", "success", "finished"),
    JobStatus.FAILED: ("failed", "failure", "error", "rejected", "dead"),
    JobStatus.CANCELLED: ("cancelled", "canceled"),
    JobStatus.EXPIRED: ("expired",),
    JobStatus.DELETED: ("deleted",),
}

_STATUS = {word: status for status, words in _STATUS_WORDS.items() for word in words}


def status_of(word: str) -> JobStatus:
    """The status that a server's word means; `unknown` for a new word."""
    return _STATUS.get(word.strip().lower().replace("-", "_").replace(" ", "_"), JobStatus.UNKNOWN)


def job_id(body: object) -> str | None:
    """The id a body gives its job; None where there is none that could stand in a path."""
    data = table(body)
    found = word(first(data.get("id"), data.get("task_id"), data.get("request_id")))
    return found if found is not None and usable_id(found) else None


def holds_video(body: object) -> bool:
    """Whether an answer is all there is of a video: it holds the file, or its address and no id to ask by."""
    data = _unwrapped(table(body))
    unnamed = job_id(data) is None
    return any(unnamed or is_inline(url) for url in _urls(data))


def usable_id(found: str) -> bool:
    """Whether an id can stand in a path: not empty, no dot segment, encodable, not absurdly long."""
    if found in (".", "..") or not 0 < len(found) <= _LONGEST_ID:
        return False
    try:
        found.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def read_job(
    body: object, *, known_id: str | None = None, poll_after: float | None = None, body_urls: bool = False
) -> Job | None:
    """The job in a body, None where there is none.

    `known_id` is the id from create, which counts over the one in the body. With `body_urls` a completed
    job that names no file has no video, and one that names a file is completed, whether or not it says so.
    """
    data = _unwrapped(table(body))
    found_id = known_id or job_id(data)
    said = text(data.get("status"))
    video = table(data.get("video"))
    usage = table(data.get("usage"))
    done = said is None or status_of(said) is JobStatus.COMPLETED
    urls = tuple(dict.fromkeys(_urls(data))) if done else ()
    if said is None and body_urls and (urls or video.get("respect_moderation") is False):
        said = JobStatus.COMPLETED.value
    if found_id is None or (said is None and job_id(data) is None):
        return None
    status, error = _outcome(said, data, urls, body_urls)
    seconds = first(data.get("seconds"), data.get("duration"), data.get("duration_s"), video.get("duration"))
    called = job_id(data)
    return Job(
        id=found_id,
        status=status,
        progress=_progress(data.get("progress"), status),
        model=text(data.get("model")),
        prompt=text(data.get("prompt")),
        size=text(data.get("size")),
        seconds=number(first(seconds, usage.get("duration_seconds"))),
        created_at=moment(first(data.get("created_at"), data.get("created"))),
        completed_at=moment(data.get("completed_at")),
        expires_at=_expires_at(data),
        error=error,
        urls=urls,
        cost_usd=_reported_cost(data),
        poll_after=poll_after,
        word=clean(said, 40) if said is not None and status is JobStatus.UNKNOWN else None,
        named=None if called == found_id else called,
        raw=data,
    )


def read_still(body: object, own_id: str) -> Job | None:
    """The picture in the answer of the Images API, as a job that has ended; None where there is none.

    Of several pictures the first counts. One in the answer itself is better than its address, which expires.
    """
    data = table(body)
    pictures = items(data.get("data"))
    urls = list(dict.fromkeys(_urls({**data, "data": pictures[:1]})))
    if not urls:
        return None
    return Job(
        id=own_id,
        status=JobStatus.COMPLETED,
        progress=100,
        model=text(data.get("model")),
        size=text(data.get("size")),
        created_at=moment(data.get("created")),
        urls=tuple(sorted(urls, key=lambda url: not is_inline(url))),
        cost_usd=_reported_cost(data),
        raw=data,
    )


def pending(known_id: str, poll_after: float | None = None) -> Job:
    """A job that the server knows of and says nothing about."""
    return Job(id=known_id, status=JobStatus.QUEUED, poll_after=poll_after)


def is_job(body: object, *, asked_for: bool = False) -> bool:
    """Whether a body is a job, whatever else it looks like: vLLM-Omni answers a failed one as an error.

    `asked_for`: it is the answer of success to a question about one job, which need not repeat its id (xAI).
    """
    data = table(body)
    said = text(data.get("status"))
    if said is None:
        return False
    if job_id(data) is None:
        return asked_for and status_of(said) is not JobStatus.UNKNOWN and said.lower() not in _OF_ANSWERS
    return data.get("object") == "video" or status_of(said) is not JobStatus.UNKNOWN


def read_page(body: object, limit: int, *, body_urls: bool = False, paging: str = "said") -> Page | None:
    """One page of the list, None where the body is none. Entries that are no jobs are left out.

    `paging`, where the body does not say whether more follow: with `full` they do after a full page.
    """
    data = table(body)
    entries = data.get("data") if isinstance(body, Mapping) else body
    if not isinstance(entries, list):
        return None
    read = [read_job(entry, body_urls=body_urls) for entry in entries]
    jobs = tuple(job for job in read if job is not None)
    unread = sum(job is None and "status" in table(entry) for job, entry in zip(read, entries, strict=True))
    more, stopped = data.get("has_more"), False
    if more is None:
        more = len(entries) >= limit > 0 and ("last_id" in data or paging == "full")
        # A server that says nothing of it may have stopped at the limit; one that ignores it sends more.
        stopped = len(entries) == limit
    last = text(data.get("last_id")) or (jobs[-1].id if jobs else None)
    after = last if more and paging != "newest" else None
    return Page(jobs, after, unread=unread, cut=after is None and bool(more or stopped))


def read_error(value: object) -> JobError | None:
    """A job's own error, from an object or a bare text; None where there is none."""
    if isinstance(value, Mapping):
        code = word(first(value.get("code"), value.get("type")))
        message = message_in(value) or ""
        if not message and (code is None or code.lower() in _NO_ERROR):
            return None
        return JobError(clean(code, 100) if code else None, clean(message), is_moderation(code))
    said = message_in(value)
    return None if said is None else JobError(None, clean(said))


def _unwrapped(data: Mapping[str, object]) -> Mapping[str, object]:
    """The job inside `{"code": …, "data": {…job…}}`, which older new-api gateways send."""
    inner = data.get("data")
    if isinstance(inner, Mapping) and text(data.get("status")) is None and "status" in inner:
        return inner
    return data


def _outcome(
    said: str | None, data: Mapping[str, object], urls: tuple[str, ...], body_urls: bool
) -> tuple[JobStatus, JobError | None]:
    """Status and error, with a completed job that has no video turned into a failed one."""
    error = read_error(first(data.get("error"), _reason(said, data)))
    if said is None:
        return (JobStatus.UNKNOWN if error is None else JobStatus.FAILED), error
    status = status_of(said)
    if status is not JobStatus.COMPLETED:
        return status, error
    if table(data.get("video")).get("respect_moderation") is False:
        said = error.message if error is not None else ""
        return JobStatus.FAILED, JobError("moderation_blocked", said or "the result was withheld", True)
    if error is not None:
        return JobStatus.FAILED, error
    if body_urls and not urls:
        return JobStatus.FAILED, JobError("no_video", "the job is done but names no video", ours=True)
    return status, None


def _reason(said: str | None, data: Mapping[str, object]) -> object:
    """Why a job ended without a video, where it says so outside of `error`. Others hold anything there."""
    ended = said is not None and status_of(said) in _ENDED_WITHOUT
    return next((found for name in _REASONS if ended and (found := text(data.get(name)))), None)


def _expires_at(data: Mapping[str, object]) -> float | None:
    """When the host deletes the file. Some fill the field with 0, a length of time or the time of creation:
    a time that is not after the job's own says nothing.
    """
    made = (moment(first(data.get("created_at"), data.get("created"))), moment(data.get("completed_at")))
    found = moment(data.get("expires_at"))
    return found if found is not None and found > max(_NO_TIME, *(at or 0.0 for at in made)) else None


# Numbers below this (2001 in Unix seconds) are no time of a video.
_NO_TIME = 1e9


def _progress(value: object, status: JobStatus) -> int:
    if status is JobStatus.COMPLETED:
        return 100
    found = number(value)
    return 0 if found is None else min(100, int(found))


def _urls(data: Mapping[str, object]) -> Iterator[str]:
    """Every place where a server may name the finished file, the one that needs no key first."""
    lists = [*items(data.get("urls")), *items(data.get("unsigned_urls"))]
    video = table(data.get("video"))
    tables = [data, video, table(data.get("outputs")), table(data.get("metadata"))]
    tables += [table(place.get("file_output")) for place in (video, data)]
    tables += [table(entry) for entry in [*items(data.get("data")), *items(data.get("videos"))]]
    for one in [*lists, *(place.get(name) for place in tables for name in _ADDRESS_FIELDS)]:
        found = text(one)
        if found is not None and found[:11].lower().startswith(_ADDRESSES):
            yield found
    for place in tables:
        content = first(*(text(place.get(name)) for name in ("b64_json", "base64")))
        if content is not None:
            yield inlined(str(content))


def _reported_cost(data: Mapping[str, object]) -> Decimal | None:
    """What the server says it charged, in dollars."""
    usage = table(data.get("usage"))
    ticks = number(usage.get("cost_in_usd_ticks"))
    if ticks is not None:
        return Decimal(str(ticks)) / _TICKS_PER_DOLLAR
    said = number(first(usage.get("cost"), table(data.get("outputs")).get("cost")))
    return Decimal(str(said)) if said is not None and said < _HIGHEST_COST else None
