"""Expands a matrix: one clip or still for each combination of its values."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from unicodedata import normalize

from sorasync.manifest.template import NAME, as_text

MOST_INSTANCES = 10_000
LONGEST_VALUE = 100

_FORBIDDEN = re.compile(r"[\[\],=#/\\\x00-\x1f\x7f-\x9f\u2028\u2029]")
_NAMEABLE = "no [ ] , = # / \\ and no control characters"
_INSTANCE = re.compile(r"([^\[\]]*)\[([^\[\]]+)\]")


@dataclass(frozen=True, slots=True)
class MatrixProblem:
    """Why a matrix cannot be expanded. `path` starts inside the matrix."""

    path: tuple[str | int, ...]
    message: str
    expected: str | None = None
    on_key: bool = False


def check_matrix(matrix: object) -> list[MatrixProblem]:
    """Everything that is wrong with a matrix as written."""
    if not isinstance(matrix, dict) or not matrix:
        return [
            MatrixProblem(
                (), "`matrix` must be a table of arrays, not empty", '{ city = ["Lisbon", "Osaka"] }'
            )
        ]
    problems = [problem for key, values in matrix.items() for problem in _check_key(key, values)]
    count = math.prod(len(values) for values in matrix.values() if isinstance(values, list))
    if not problems and count > MOST_INSTANCES:
        message = f"the matrix makes {count:,} variants"
        problems.append(MatrixProblem((), message, f"at most {MOST_INSTANCES:,}"))
    return problems


def instances(matrix: Mapping[str, list[Any]]) -> list[tuple[str, dict[str, Any]]]:
    """The suffix and the variables of each combination: `("[city=Lisbon,mood=rainy]", {...})`.

    Keys are sorted, so that the order of the file decides nothing. The matrix must have been checked.
    """
    keys = sorted(matrix)
    combinations = itertools.product(*(matrix[key] for key in keys))
    named = (dict(zip(keys, values, strict=True)) for values in combinations)
    return [(suffix(values), values) for values in named]


def suffix(values: Mapping[str, object]) -> str:
    """What follows the name of a clip or still for those values."""
    return "[" + ",".join(f"{key}={as_text(values[key])}" for key in sorted(values)) + "]"


def instance_values(name: str) -> dict[str, str]:
    """The values in the name of an instance, as text; none in that of anything else."""
    inside = name.partition("[")[2].rstrip("]")
    return dict(part.split("=", 1) for part in inside.split(",")) if inside else {}


def canonical_name(name: str) -> str:
    """The name of a clip or still with the keys of its instance in canonical order."""
    found = _INSTANCE.fullmatch(name.strip())
    if not found:
        return name.strip()
    parts = sorted(part.strip().partition("=") for part in found[2].split(","))
    return f"{found[1].strip()}[{','.join(f'{key.strip()}={value.strip()}' for key, _, value in parts)}]"


def key_problem(value: object) -> tuple[str, str] | None:
    """What is wrong with a value as the key of a row, and what is expected; None where it is fine."""
    text = as_text(value)
    if not text or text != text.strip() or len(text) > LONGEST_VALUE:
        limit = f"longer than {LONGEST_VALUE} characters"
        return f"is empty, {limit}, or begins or ends with a space", "a short value"
    if found := _FORBIDDEN.search(text):
        return f"contains {found[0]!r}", _NAMEABLE
    return None


def _check_key(key: str, values: object) -> list[MatrixProblem]:
    if not NAME.fullmatch(key):
        message = f"`{key[:60]}` cannot be the name of a variable"
        return [MatrixProblem((key,), message, "letters, digits, - and _, a letter first", True)]
    if not isinstance(values, list) or not values:
        return [
            MatrixProblem((key,), f"`{key}` must be an array with at least one value", "an array of values")
        ]
    problems: list[MatrixProblem] = []
    seen: dict[str, int] = {}
    for index, value in enumerate(values):
        if (wrong := _check_value(value)) is not None:
            problems.append(MatrixProblem((key, index), *wrong))
        elif (first := seen.setdefault(normalize("NFC", as_text(value)), index)) != index:
            message = f"value {as_text(value)} is listed twice in `{key}`, first as number {first + 1}"
            if as_text(value) != as_text(values[first]):
                message += ", written in another form of Unicode there"
            problems.append(MatrixProblem((key, index), message))
    return problems


def _check_value(value: object) -> tuple[str, str] | None:
    if not isinstance(value, str | int | float) or (isinstance(value, float) and not math.isfinite(value)):
        return "a matrix value must be a string, a number or a boolean", "a string, a number or a boolean"
    text = as_text(value)
    if not text or text != text.strip() or len(text) > LONGEST_VALUE:
        return (
            "a matrix value must not be empty, start or end with a space, or be longer than "
            f"{LONGEST_VALUE} characters, since it becomes part of the clip's name",
            "a short value",
        )
    if found := _FORBIDDEN.search(text):
        return (
            f"a matrix value must not contain {found[0]!r}, since it becomes part of the clip's name",
            _NAMEABLE,
        )
    return None
