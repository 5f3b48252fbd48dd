"""Faults that answer instead of handling the request."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime

from sorasync.preview.faults.rule import FaultRule
from sorasync.preview.refusal import RefusedError

_PLAIN: dict[str, tuple[int, str | None, str, str]] = {
    "overloaded": (
        503,
        "server_is_overloaded",
        "The server is overloaded. Please retry later.",
        "server_error",
    ),
    "error": (500, None, "The server had an error while processing your request.", "server_error"),
    "unauthorized": (401, "invalid_api_key", "Incorrect API key provided.", "invalid_request_error"),
    "not_found": (404, None, "Not Found", "invalid_request_error"),
    "not_allowed": (405, None, "Method Not Allowed", "invalid_request_error"),
    "moderated": (
        400,
        "moderation_blocked",
        "Your request was blocked by our moderation system.",
        "image_generation_user_error",
    ),
}
_LIMITS = {
    "rate_limit": ("rate_limit_exceeded", "Rate limit reached for requests."),
    "slow_down": ("slow_down", "Please slow down."),
    "quota": ("insufficient_quota", "You exceeded your current quota, please check your plan and billing."),
}


def refusal_of(rule: FaultRule, now: float) -> RefusedError | None:
    """The refusal that a rule asks for, None for one that does something else."""
    if rule.do in _LIMITS:
        code, message = _LIMITS[rule.do]
        headers = limit_headers(rule.form, rule.retry_after, now) | rule.headers
        return RefusedError(
            429, rule.message or message, code=rule.code or code, kind="requests", headers=headers
        )
    if rule.do == "status":
        message = rule.message or "Refused by the fault plan."
        kind = "server_error" if rule.status >= 500 else "invalid_request_error"
        return RefusedError(rule.status, message, code=rule.code, kind=kind, headers=rule.headers)
    if rule.do in _PLAIN:
        status, plain, message, kind = _PLAIN[rule.do]
        return RefusedError(
            status, rule.message or message, code=rule.code or plain, kind=kind, headers=rule.headers
        )
    return None


def limit_headers(form: str, seconds: float, now: float) -> dict[str, str]:
    """The headers of a 429 that asks for a wait of that many seconds, in one of the forms hosts use."""
    shared = {"x-ratelimit-limit-requests": "25", "x-ratelimit-remaining-requests": "0"}
    match form:
        case "seconds":
            return shared | {"retry-after": f"{seconds:g}"}
        case "date":
            when = datetime.fromtimestamp(now + seconds, UTC).replace(microsecond=0)
            return shared | {"retry-after": format_datetime(when, usegmt=True)}
        case "ms":
            return shared | {"retry-after-ms": str(round(seconds * 1000))}
        case "reset":
            return shared | {"x-ratelimit-reset-requests": _duration_text(seconds)}
    return {}


def _duration_text(seconds: float) -> str:
    """Seconds as hosts write them: `350ms`, `6s`, `1m30s`."""
    if seconds < 1:
        return f"{round(seconds * 1000)}ms"
    minutes, rest = divmod(seconds, 60)
    return f"{int(minutes)}m{rest:g}s" if minutes else f"{rest:g}s"
