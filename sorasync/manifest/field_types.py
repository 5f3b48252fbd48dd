"""The types of single values in manifests, with what each may be."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Annotated, Final, LiteralString

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, WithJsonSchema
from pydantic_core import InitErrorDetails, PydanticCustomError, ValidationError

from sorasync.manifest.table_model import LINE

SLUG: Final = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"
SIZE: Final = r"^[1-9][0-9]{0,4}x[1-9][0-9]{0,4}$"
TEXT: Final = r"\S"
# Frames, seconds, or a timecode without dropped frames.
TIME: Final = r"([0-9]{1,7}f|[0-9]{1,5}(\.[0-9]{1,6})?s|[0-9]{2}:[0-5][0-9]:[0-5][0-9]:[0-9]{2,3})"
TAKE: Final = r"^(clip|still)\.[^\s#/][^\x00-\x1f\x7f#]*#[1-9][0-9]{0,3}(/[1-9][0-9]{0,3})?$"
KEY_START: Final = r"^[0-9a-f]{8,64}$"
NOTE_ID: Final = r"^[a-z0-9]{4,32}$"
MOMENT: Final = r"^[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]Z$"
INPUT: Final = r"^[^\s.]+\.[^\x00-\x1f\x7f]+$"

# What a string must look like, in words, by pattern.
EXPECTED: Final[dict[str, str]] = {
    SIZE: 'width x height in pixels, such as "1280x720"',
    LINE: "a line of text without control characters",
    TEXT: "some text",
    TAKE: 'a take such as "clip.market#2"',
    KEY_START: "at least 8 hexadecimal digits",
    NOTE_ID: "4 to 32 lower-case letters and digits",
    MOMENT: 'a time in UTC such as "2026-11-29T06:00:00Z"',
    INPUT: 'a node and its input, such as "6.text"',
}

# The one manifest with `[review]`, in the directory of manifests.
REVIEW_FILE: Final = "review.toml"

LONGEST_PROMPT: Final = 32_000
# Tables and arrays inside one another that a parameter may have.
DEEPEST_PARAMETER: Final = 16
MOST_TAKES: Final = 1_000
LONGEST_CUT: Final = 86_400
# Rates of television that are not whole.
FRACTIONAL_RATES: Final = (23.976, 29.97, 47.952, 59.94, 119.88)


def _one_or_many(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _scalar(value: object) -> object:
    if isinstance(value, float) and not math.isfinite(value):
        raise PydanticCustomError("scalar", "a finite number")
    if not isinstance(value, str | int | float | bool):
        raise PydanticCustomError("scalar", "a string, a number or a boolean")
    return value


def _scalars(value: object) -> object:
    for element in value if isinstance(value, list) else [value]:
        _scalar(element)
    return value


def _parameter(value: object) -> object:
    """A JSON value, tables and arrays included; every other part is a fault."""
    faults = [
        InitErrorDetails(type=PydanticCustomError("parameter", why), loc=path, input=part)
        for path, part, why in _unsendable(value, ())
    ]
    if faults:
        raise ValidationError.from_exception_data("params", faults)
    return value


def _unsendable(
    value: object, path: tuple[str | int, ...]
) -> Iterator[tuple[tuple[str | int, ...], object, LiteralString]]:
    if isinstance(value, dict | list):
        if len(path) == DEEPEST_PARAMETER:
            yield path, value, "at most 16 tables and arrays deep"
            return
        for name, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _unsendable(inner, (*path, name))
    elif isinstance(value, float) and not math.isfinite(value):
        yield path, value, "a finite number"
    elif not isinstance(value, str | int | float | bool):
        yield path, value, "a string, a number, a boolean, an array or a table"


def _time(value: object) -> object:
    if isinstance(value, int | float) and not isinstance(value, bool):
        if 0 <= value <= LONGEST_CUT:
            return value
    elif isinstance(value, str) and re.fullmatch(TIME, value):
        return value
    raise PydanticCustomError("time", 'seconds such as 2.5, frames such as "60f" or a timecode "00:00:02:12"')


def _rate(value: object) -> object:
    whole = isinstance(value, int | float) and not isinstance(value, bool) and value == int(value)
    if (whole and 1 <= int(str(value).partition(".")[0]) <= 120) or value in FRACTIONAL_RATES:
        return value
    raise PydanticCustomError(
        "rate", "a whole number from 1 to 120, or 23.976, 29.97, 47.952, 59.94 or 119.88"
    )


def _corners(value: object) -> object:
    numbers = value if isinstance(value, list) and len(value) == 4 else [None]
    if all(isinstance(n, int | float) and not isinstance(n, bool) and 0 <= n <= 1 for n in numbers):
        return [float(n) for n in numbers if n is not None]
    raise PydanticCustomError("corners", "four numbers from 0 to 1")


Line = Annotated[str, StringConstraints(pattern=LINE, max_length=1_000)]
Text = Annotated[str, StringConstraints(pattern=TEXT)]
Size = Annotated[str, StringConstraints(pattern=SIZE)]
Seconds = Annotated[int, Field(ge=1, le=86_400)]
Takes = Annotated[int, Field(ge=1, le=MOST_TAKES)]
Revision = Annotated[int, Field(ge=0, le=2**53 - 1)]
Texts = Annotated[
    list[Text],
    BeforeValidator(_one_or_many),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]
Scalar = Annotated[
    object, AfterValidator(_scalar), WithJsonSchema({"type": ["string", "integer", "number", "boolean"]})
]
Parameter = Annotated[
    object,
    AfterValidator(_parameter),
    WithJsonSchema({"type": ["string", "integer", "number", "boolean", "array", "object"]}),
]
Variable = Annotated[
    object,
    AfterValidator(_scalars),
    WithJsonSchema({"type": ["string", "integer", "number", "boolean", "array"]}),
]
Time = Annotated[
    object,
    AfterValidator(_time),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "minimum": 0, "maximum": LONGEST_CUT},
                {"type": "string", "pattern": rf"(^{TIME}$|\{{\{{)"},
            ]
        }
    ),
]
Rate = Annotated[
    object,
    AfterValidator(_rate),
    WithJsonSchema(
        {"anyOf": [{"type": "integer", "minimum": 1, "maximum": 120}, {"enum": [*FRACTIONAL_RATES]}]}
    ),
]
Gain = Annotated[float, Field(ge=-60, le=24)]
Number = Annotated[int, Field(ge=1, le=99_999)]


Inputs = Annotated[
    list[Annotated[str, StringConstraints(pattern=INPUT)]],
    BeforeValidator(_one_or_many),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]
Corners = Annotated[
    list[float],
    BeforeValidator(_corners),
    WithJsonSchema(
        {
            "type": "array",
            "items": {"type": "number", "minimum": 0, "maximum": 1},
            "minItems": 4,
            "maxItems": 4,
        }
    ),
]
NoteId = Annotated[str, StringConstraints(pattern=NOTE_ID)]
Moment = Annotated[str, StringConstraints(pattern=MOMENT)]
