"""What callers may give in place of exact types: one pattern for several, a length of time as text."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, TypeVar

from sorasync.errors import SorasyncError
from sorasync.text import close_match, seconds_in

if TYPE_CHECKING:
    from enum import StrEnum

# One word, or several.
Words = str | Iterable[str]
# How long: a timedelta, or text such as "30d", as on the command line.
Duration = timedelta | str
# From when on: a moment, or how long ago.
Since = datetime | timedelta | str

OneOf = TypeVar("OneOf", bound="StrEnum")


def several(given: Words, name: str) -> tuple[str, ...]:
    """The words given for a parameter; text is one word. Raises `SorasyncError`."""
    words: tuple[object, ...] = (given,)
    if not isinstance(given, str):
        try:
            words = tuple(given)
        except TypeError:
            words = (given,)
    for word in words:
        if not isinstance(word, str):
            raise SorasyncError(f"{name} is text or several of it, not {word!r}")
    return tuple(str(word) for word in words)


def duration(given: Duration | None, name: str) -> float | None:
    """A length of time in seconds. Raises `SorasyncError`."""
    if given is None:
        return None
    seconds: float | None = None
    if isinstance(given, timedelta):
        seconds = given.total_seconds()
    elif isinstance(given, str):
        seconds = seconds_in(given)
    if seconds is None:
        raise SorasyncError(
            f"{name} is a timedelta, or text such as '90min', '12h', '30d' or '2w', not {given!r}"
        )
    return seconds


def moment(given: Since | None, now: float, name: str = "since") -> float | None:
    """A moment as Unix seconds; a length of time is one before `now`. Raises `SorasyncError`."""
    if given is None:
        return None
    if isinstance(given, datetime):
        return given.timestamp()
    try:
        ago = duration(given, name)
    except SorasyncError:
        known = "a datetime, a timedelta, or text such as '12h' or '30d'"
        raise SorasyncError(f"{name} is {known}, not {given!r}") from None
    return None if ago is None else now - ago


def one_of(choices: type[OneOf], given: str, name: str, *, only: Iterable[OneOf] = ()) -> OneOf:
    """The choice of that value. Raises `SorasyncError` with the choices there are."""
    known = {choice.value: choice for choice in only or choices}
    if isinstance(given, str) and given in known:
        return known[given]
    near = close_match(given, known) if isinstance(given, str) else None
    hint = f"did you mean {near!r}?" if near else f"it is one of: {', '.join(known)}"
    raise SorasyncError(f"{name} cannot be {given!r}", hint=hint)


def dollars(given: Decimal | float | str | None, name: str) -> Decimal | None:
    """An amount in dollars. Raises `SorasyncError`."""
    if given is None:
        return None
    try:
        amount = Decimal(str(given).strip().removeprefix("$"))
    except InvalidOperation:
        amount = Decimal("nan")
    if not amount.is_finite() or amount < 0:
        raise SorasyncError(f"{name} is an amount in dollars such as 2.50, not {given!r}")
    return amount
