"""Validates values against the models: plain messages for all faults, and the valid remainder."""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from sorasync.manifest.faults import Fault
from sorasync.manifest.field_types import EXPECTED
from sorasync.manifest.suggest import Speller, listed, shown
from sorasync.sensitive import names_secret
from sorasync.text import counted
from sorasync.toml.positions import TomlPath

# Gives, for a path in the validated values, the file, the path in that file and the address.
Place = Callable[[TomlPath], tuple[str, TomlPath, str | None]]

M = TypeVar("M", bound=BaseModel)

_TYPES = {
    "string_type": "a string",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "list_type": "an array",
    "dict_type": "a table",
    "model_type": "a table",
    "model_attributes_type": "a table",
    "decimal_type": "a number",
    "decimal_parsing": "a number",
    "float_type": "a number",
    "finite_number": "a finite number",
}
_ROUNDS = 8
# Most faults of one file to show: whoever fixes that many runs the program again anyway.
_MOST = 200


def validate(
    model: type[M], data: dict[str, Any], place: Place
) -> tuple[M | None, list[Fault], set[TomlPath]]:
    """The model of `data`, the faults, and the paths that were removed to make it valid.

    `data` is changed in place: `x-` keys and faulty values leave it. None only where nothing usable is left.
    """
    faults: list[Fault] = []
    left_out: list[Any] = []
    removed: set[TomlPath] = set()
    speller = Speller()
    for _ in range(_ROUNDS):
        try:
            valid = model.model_validate(data)
            return valid, [*faults, *_more(model, left_out, place, speller)], removed
        except ValidationError as error:
            errors = error.errors(include_url=False)
        for found in errors:
            loc = found["loc"]
            ignored = found["type"] == "extra_forbidden" and str(loc[-1]).startswith("x-")
            if not ignored and loc not in removed:
                removed.add(loc)
                if len(faults) < _MOST:
                    faults.append(_fault_of(model, found, place, speller))
                else:
                    left_out.append(found)
        _remove(data, [_removable(found) for found in errors])
    return None, [*faults, *_more(model, left_out, place, speller)], removed


def _more(model: type[BaseModel], left_out: Sequence[Any], place: Place, speller: Speller) -> list[Fault]:
    """One fault, at the first of them, for all that are not shown."""
    if not left_out:
        return []
    first = _fault_of(model, left_out[0], place, speller)
    count = f"{first.message}, and {counted(len(left_out) - 1, 'more error')} in this file"
    return [replace(first, message=count if len(left_out) > 1 else first.message)]


def _removable(found: Any) -> TomlPath:
    """What must be removed to make the rest valid: the value, or the table that lacks a key."""
    loc: TomlPath = tuple(part for part in found["loc"] if part != "[key]")
    return loc[:-1] if found["type"] == "missing" else loc


def _remove(data: dict[str, Any], paths: Sequence[TomlPath]) -> None:
    """Take out the values at those paths, last elements of arrays first."""
    for path in sorted(set(paths), key=_order, reverse=True):
        parent, key = _reach(data, path)
        if parent is None:
            continue
        if isinstance(parent, list) and isinstance(key, int):
            del parent[key : key + 1]
        elif isinstance(parent, dict):
            parent.pop(key, None)


def _order(path: TomlPath) -> list[tuple[bool, int, str]]:
    return [(isinstance(part, int), part, "") if isinstance(part, int) else (False, 0, part) for part in path]


def _reach(data: Any, path: TomlPath) -> tuple[Any, str | int | None]:
    for part in path[:-1]:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            return None, None
    return (data, path[-1]) if path else (None, None)


def _fault_of(model: type[BaseModel], found: Any, place: Place, speller: Speller) -> Fault:
    loc: TomlPath = found["loc"]
    kind: str = found["type"]
    file, path, address = place(loc)
    on_key = bool(loc) and loc[-1] == "[key]"
    name = _key_label(loc[:-2] if on_key else loc)
    if kind == "extra_forbidden":
        known = _known_keys(model, loc[:-1])
        fix = speller.nearest_key(str(loc[-1]), known)
        return Fault(
            "S103", f"unknown key `{loc[-1]}`", file, path, listed(known, 30), fix, address, on_key=True
        )
    if kind == "missing":
        return Fault("S112", f"`{name}` is missing", file, path[:-1], address=address, on_key=True)
    expected = _expected(kind, found)
    subject = f"a key of `{name}`" if on_key else f"`{name}`"
    if any(names_secret(part) for part in loc if isinstance(part, str) and part != "[key]"):
        message = f"{subject} must be {expected}"
        return Fault("S104", message, file, path, expected, None, address, on_key=on_key, secret=True)
    message = f"{subject} must be {expected}, not {shown(found['input'])}"
    return Fault("S104", message, file, path, expected, _fix(kind, found["input"]), address, on_key=on_key)


def _key_label(loc: TomlPath) -> str:
    """The nearest key by name: `seconds`, or `tags[2]` for the second element."""
    index = ""
    for part in reversed(loc):
        if isinstance(part, str):
            return part + index
        index = f"[{part + 1}]" + index
    return index


def _expected(kind: str, found: Any) -> str:
    context = found.get("ctx") or {}
    if kind == "string_pattern_mismatch":
        return EXPECTED.get(context["pattern"], "of another type")
    if kind in ("greater_than_equal", "greater_than"):
        return f"{'at least' if kind.endswith('equal') else 'more than'} {next(iter(context.values()))}"
    if kind in ("less_than_equal", "less_than"):
        return f"{'at most' if kind.endswith('equal') else 'less than'} {next(iter(context.values()))}"
    if kind == "string_too_long":
        return f"at most {counted(context['max_length'], 'character')} long"
    if kind == "literal_error":
        return str(context["expected"]).replace("'", '"')
    return _TYPES.get(kind) or str(found["msg"])


def _fix(kind: str, value: object) -> str | None:
    if kind in ("int_type", "int_from_float") and not isinstance(value, bool):
        text = str(value).strip()
        if isinstance(value, float) and value.is_integer():
            return str(int(value))
        return text if text.isascii() and text.isdigit() and len(text) < 10 else None
    if kind == "bool_type" and str(value).lower() in ("true", "yes", "on", "false", "no", "off"):
        return "true" if str(value).lower() in ("true", "yes", "on") else "false"
    if kind == "list_type" and isinstance(value, str) and len(value) <= 60:
        return f'["{value}"]'
    if kind == "string_type" and isinstance(value, int | float) and not isinstance(value, bool):
        return f'"{value}"'
    return None


def _known_keys(model: type[BaseModel], loc: TomlPath) -> list[str]:
    """The keys that the table at that path may have."""
    at: Any = model
    for part in loc:
        if isinstance(at, type) and issubclass(at, BaseModel):
            at = next((f.annotation for n, f in at.model_fields.items() if (f.alias or n) == part), None)
        else:
            at = typing.get_args(at)[-1] if typing.get_args(at) else None
        at = _bare(at)
    if isinstance(at, type) and issubclass(at, BaseModel):
        return [field.alias or name for name, field in at.model_fields.items()]
    return []


def _bare(annotation: Any) -> Any:
    """The annotation without `| None` and `Annotated`."""
    origin = typing.get_origin(annotation)
    if origin in (typing.Union, types.UnionType):
        return _bare(next(a for a in typing.get_args(annotation) if a is not type(None)))
    if origin is typing.Annotated:
        return _bare(typing.get_args(annotation)[0])
    return annotation
