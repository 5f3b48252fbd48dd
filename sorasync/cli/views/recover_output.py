"""What a recovery found, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator

from sorasync.operations.recover import Recovered
from sorasync.text import and_more, counted

_NAMED = 5


def recovered_text(found: Recovered) -> Iterator[str]:
    """One line per source, then what was not found."""
    yield f"Known before, or from the lock file: {counted(found.lock_file, 'record')}."
    yield f"From the videos here: {_label_list(found.sidecars)}{_retired(found.retired)}."
    if found.provider is None or found.asked:
        yield f"From the provider's list: {_label_list(found.listed)}."
        if found.by_age:
            yield f"! matched by age alone, so check them: {', '.join(found.by_age)}"
    if found.provider is not None:
        whose = "Not every host's list was used" if found.asked else "The provider's list was not used"
        yield f"{whose}: {found.provider}."
    for name in sorted(set(found.unreadable)):
        yield f"! {name}: its notes cannot be read"
    for digest in found.damaged:
        yield f"! {digest[:12]}….mp4 does not match its digest: damaged or edited"
    for label, why in found.missing:
        yield f"- {label}: {why}"
    if found.missing:
        count, them = counted(len(found.missing), "render"), "it" if len(found.missing) == 1 else "they"
        yield f"{count} not found. `sorasync plan` shows what {them} would cost."
    else:
        yield "Every declared render is recorded. Next: sorasync plan."


def _label_list(labels: list[str]) -> str:
    return and_more(labels, _NAMED) or "nothing"


def _retired(number: int) -> str:
    return f", and {number} no longer declared" if number else ""


def recovered_json(found: Recovered) -> dict[str, object]:
    """The same as plain data."""
    return {
        "format_version": 1,
        "known": found.lock_file,
        "from_sidecars": found.sidecars,
        "retired": found.retired,
        "from_provider": found.listed,
        "by_age": found.by_age,
        "bound": found.bound,
        "missing": [{"address": label, "why": why} for label, why in found.missing],
        "unreadable": sorted(set(found.unreadable)),
        "damaged": found.damaged,
        "provider": found.provider,
    }
