"""Turns a failed answer into the error that decides what to do about it.

Only status and codes decide, never the text of a message: texts change, and contain users' prompts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sorasync.clock import at_utc, lasting
from sorasync.provider.errors import (
    AuthFailed,
    InvalidRequest,
    Moderated,
    NotFound,
    NotReady,
    NotSupported,
    NotTheApi,
    OutcomeUnknown,
    Overloaded,
    ProviderError,
    QuotaExhausted,
    RateLimited,
    RenderFailed,
    ServerError,
)
from sorasync.provider.http_response import Complaint, HttpResponse, complaint, refused_with
from sorasync.provider.moderation import is_moderation
from sorasync.provider.redact import clean, redact
from sorasync.provider.retry_after import retry_after
from sorasync.provider.server_words import as_json

_QUOTA = frozenset(
    {
        "insufficient_quota",
        "insufficient_user_quota",
        "insufficient_credits",
        "insufficient_balance",
        "insufficient_funds",
        "pre_consume_token_quota_failed",
        "billing_hard_limit_reached",
        "billing_not_active",
        "budget_exceeded",
        "payment_required",
    }
)
NO_CREDIT = "waiting does not help: add credit or raise the limit at the provider, then apply again"
_NO_ROUTE = "the host has no such route: are provider.base_url and the profile the right ones?"
_PAGE = "is provider.base_url right, /v1 included, and the profile the right one?"
_RATE = frozenset(
    {"rate_limit_exceeded", "rate_limit_error", "rate_limited", "slow_down", "too_many_requests"}
)
_OVERLOAD = frozenset({"server_is_overloaded", "overloaded", "overloaded_error", "server_overloaded"}) | _RATE
# Codes of a server that failed, with which some answer 200.
_FAILED = frozenset(
    {
        "server_error",
        "internal_error",
        "internal_server_error",
        "timeout",
        "gateway_timeout",
        "upstream_error",
        "upstream_timeout",
    }
)
# Codes of a 403 that concern this request alone, while the key is good for others.
_NOT_ALLOWED = frozenset(
    {
        "permission_denied",
        "permission_error",
        "insufficient_permissions",
        "feature_not_available",
        "feature_not_enabled",
        "not_allowed",
        "forbidden_feature",
    }
)
# Codes that refuse a model before anything is made; relays answer them with 403, 404 and 503 alike.
_NO_MODEL = frozenset({"model_not_found", "model_not_available", "model_access_denied"})
# Statuses of proxies: the host behind one may still be working on the request.
_GATEWAY = frozenset({408, 502, 504, 520, 521, 522, 523, 524})
_ENDED_SO = "the host keeps no jobs, so nothing can be looked up: sorasync apply tries it again"
# Codes of a 400 that mean what others say with 404 (new-api).
_GONE = frozenset({"task_not_exist", "task_origin_not_exist"})


@dataclass(frozen=True, slots=True)
class Asked:
    """The facts about a request that decide how its answer is read.

    `host` names the provider in messages, `key_env` the variable of the key; `paid` requests leave an open
    outcome where others may be sent again. `unavailable` are statuses with which this host says that it
    accepted nothing. `keeps_jobs`: what became of a request can be asked for. `key_printed`: a
    command of the user's prints the key.
    """

    host: str
    key_env: str
    paid: bool = False
    secret: str | None = field(default=None, repr=False)
    unavailable: frozenset[int] = frozenset()
    keeps_jobs: bool = True
    key_printed: bool = False


def fault(answer: HttpResponse, asked: Asked, now: float) -> ProviderError:
    """The error for an answer that cannot be used. `now` is Unix time, for dates in `Retry-After`.

    A refusal inside a success is read like one with the status that its body names.
    """
    said = complaint(answer.body)
    quotes = _server_words(answer, said, asked)
    found = _fault(answer, said, quotes, asked, now)
    found.quotes = quotes
    return found


def _fault(answer: HttpResponse, said: Complaint, quotes: str, asked: Asked, now: float) -> ProviderError:
    message = f"{asked.host} answered {answer.status}" + (f": {quotes}" if quotes else "")
    # A free request that is refused without a status may be retried; a paid one must not be, and where it is
    # the server that failed it may have made the job.
    refused = asked.paid and not set(said.codes) & _FAILED
    status = refused_with(answer, 400 if refused else 500) or answer.status
    code = _printable_words(said, asked)
    by_code = _by_code(replace(answer, status=status), said, message, code, now)
    if by_code is not None:
        return by_code
    if status in (401, 403):
        return _forbidden(status, said, message, code, asked)
    if status in (404, 410):
        return NotFound(message, status=status, code=code)
    if status in (405, 501):
        return NotSupported(message, status=status, code=code, hint=_NO_ROUTE)
    if status == 425 or (status == 409 and not asked.paid):
        return NotReady(message, status=status, code=code)
    if status in asked.unavailable or (status in (503, 529) and retry_after(answer.headers, now) is not None):
        return _busy(Overloaded, answer, message, code, now)
    if 300 <= status < 400:
        hint = "set provider.base_url to the address that the server redirects to"
        return InvalidRequest(message, status=status, code=code, hint=hint)
    if 400 <= status < 500 and status != 408:
        return InvalidRequest(message, status=status, code=code)
    if asked.paid and not asked.keeps_jobs and status not in _GATEWAY:
        return RenderFailed(message, status=status, code=code, hint=_ENDED_SO)
    if asked.paid:
        return OutcomeUnknown(message, status=status, code=code)
    return ServerError(message, status=status, code=code)


def _busy(
    kind: type[RateLimited], answer: HttpResponse, message: str, code: str | None, now: float
) -> RateLimited:
    """The refusal of a busy server, with the time to try again."""
    wait = retry_after(answer.headers, now)
    if wait is not None:
        message = f"{message}; it asks to try again in {lasting(wait)} (at {at_utc(now + wait)})"
    return kind(message, retry_after=wait, status=answer.status, code=code)


def not_the_api(answer: HttpResponse, asked: Asked) -> NotTheApi:
    """The error for a web page instead of a job."""
    message = f"{asked.host} answered {answer.status} with a web page: this is not the API"
    return NotTheApi(message, status=answer.status, hint=_PAGE)


def unreadable(answer: HttpResponse, asked: Asked) -> ProviderError:
    """The error for a success, no refusal in disguise, whose body names nothing that can be used."""
    said = _server_words(answer, complaint(answer.body), asked)
    message = f"{asked.host} answered {answer.status} and named no job" + (f": {said}" if said else "")
    if asked.paid and not asked.keeps_jobs and isinstance(answer.body, Mapping):
        return RenderFailed(message, status=answer.status, hint=_ENDED_SO, quotes=said)
    if asked.paid:
        return OutcomeUnknown(message, status=answer.status, quotes=said)
    return ServerError(message, status=answer.status, quotes=said)


def _by_code(
    answer: HttpResponse, said: Complaint, message: str, code: str | None, now: float
) -> ProviderError | None:
    """The error for codes that decide alone, whatever the status."""
    codes, status = set(said.codes), answer.status
    if codes & _QUOTA or status == 402:
        return QuotaExhausted(message, status=status, code=code, hint=NO_CREDIT)
    if any(is_moderation(one) for one in codes) or status == 451:
        return Moderated(message, status=status, code=code)
    if status >= 500 and codes & _OVERLOAD:
        return _busy(Overloaded, answer, message, code, now)
    if status == 429 or codes & _RATE:
        return _busy(RateLimited, answer, message, code, now)
    if codes & _NO_MODEL:
        return InvalidRequest(message, status=status, code=code)
    return NotFound(message, status=status, code=code) if codes & _GONE else None


def _forbidden(status: int, said: Complaint, message: str, code: str | None, asked: Asked) -> ProviderError:
    if status == 403 and set(said.codes) & _NOT_ALLOWED:
        return InvalidRequest(message, status=status, code=code)
    hint = f"put a key that is valid for {asked.host} into {asked.key_env}"
    if asked.key_printed:
        hint = f"api_key_command must print a key that is valid for {asked.host}"
    return AuthFailed(message, status=status, code=code, hint=hint)


def _server_words(answer: HttpResponse, said: Complaint, asked: Asked) -> str:
    """The server's message, fit to show; the raw body if it has no message."""
    return redact(said.message or answer.said or as_json(answer.body), asked.secret)


def _printable_words(said: Complaint, asked: Asked) -> str | None:
    return clean(redact(said.code, asked.secret), 100) if said.code else None
