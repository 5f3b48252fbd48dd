"""The list of codes, for people and programs."""

from __future__ import annotations

from collections.abc import Iterator

from sorasync.manifest.codes import (
    ALL_CODES,
    CODES,
    EDITOR_CODES,
    LEVELS,
    LIMIT_CODES,
    LINT_CODES,
    MEDIA_CODES,
    REFUSAL_CODES,
)

_HEADS = (
    ("Errors in manifests", CODES),
    ("What the provider cannot do", LIMIT_CODES),
    ("Lint: what may go wrong, or waste money", LINT_CODES),
    ("Reference media", MEDIA_CODES),
    ("Files for editors", EDITOR_CODES),
    ("Why a plan is refused", REFUSAL_CODES),
)


def listed() -> list[str]:
    """Every code in order."""
    return list(ALL_CODES)


def code_text() -> Iterator[str]:
    """The codes by kind, with their titles and the levels of the lint."""
    for number, (head, codes) in enumerate(_HEADS):
        if number:
            yield ""
        yield head
        for code, title in codes.items():
            level = f"  ({LEVELS[code].value})" if code in LEVELS else ""
            yield f"  {code}  {title}{level}"


def code_json(code: str) -> dict[str, object]:
    """A code with its title, and its default level where it has one that can be set."""
    return {"code": code, "title": ALL_CODES[code], "level": LEVELS[code].value if code in LEVELS else None}
