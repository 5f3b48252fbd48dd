"""Which error codes mean a refusal for content."""

from __future__ import annotations

# Parts of codes, as hosts spell them: `moderation_blocked`, `content_policy_violation`, `sentinel_block`.
_MARKS = ("moderation", "content_policy", "content_filter", "policy_violation", "sentinel", "safety", "nsfw")


def is_moderation(code: str | None) -> bool:
    """Whether the code says so. Only codes are looked at, never the text of a message."""
    if code is None:
        return False
    plain = code.lower().replace("-", "_").replace(" ", "_").replace("contentpolicy", "content_policy")
    return any(mark in plain for mark in _MARKS)
