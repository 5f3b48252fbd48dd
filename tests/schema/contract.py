"""Holds what commands print as JSON to the published schema."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from itertools import pairwise

from jsonschema import Draft202012Validator

from sorasync.cli.app.output_schema import output_schema, outputs_of
from sorasync.cli.main import COMMANDS


def command_of(arguments: Sequence[str]) -> str:
    """The command that a command line runs, with its second word where it has one."""
    words = [one for one in arguments if not one.startswith("-")]
    start = next((at for at, word in enumerate(words) if word in COMMANDS), None)
    if start is None:
        return ""
    if words[start] in ("state", "assets") and len(words) > start + 1:
        return f"{words[start]} {words[start + 1]}"
    return words[start]


def contract_faults(arguments: Sequence[str], data: object) -> list[str]:
    """What is wrong with the JSON that a command line printed; nothing where it asked for another format."""
    if ("--format", "json") not in pairwise(arguments):
        return []
    return shape_faults((*outputs_of(command_of(arguments)), "error"), data)


def shape_faults(shapes: Iterable[str], data: object) -> list[str]:
    """Where data is none of some shapes: the faults of the one that it is nearest to."""
    found = [
        [f"{name}: {one.json_path}: {one.message[:300]}" for one in _validator(name).iter_errors(data)]
        for name in shapes
    ]
    return min(found, key=len, default=["no shape"])


@cache
def _validator(name: str) -> Draft202012Validator:
    return Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": output_schema()["$defs"]})
