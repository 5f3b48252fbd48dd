"""A request's body from a job profile's tree: values in the place of `$name`, what is not there left out."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from sorasync.provider.encode import aspect

Maps = Mapping[str, Mapping[str, object]]


class Unwritable(ValueError):
    """A value that the profile has no form for; says which."""


@dataclass(frozen=True, slots=True)
class FileValue:
    """A file among the values: its path, for a form, and its content and type, for JSON."""

    path: Path
    content: bytes
    mime: str


class _Absent:
    """In the place of a value that is not there."""


_ABSENT = _Absent()


def write_body(tree: Mapping[str, object], values: Mapping[str, object], maps: Maps) -> dict[str, object]:
    """The body. Raises `Unwritable`.

    A value that is not there, or None, takes its key along, and a table or array that is empty for want of
    values goes as well. `"*"` is replaced by the table `params`, in which what the tree says counts.
    """
    written = _written(tree, values, maps)
    return written if isinstance(written, dict) else {}


def filled_workflow(template: Mapping[str, object], values: Mapping[str, object]) -> dict[str, object]:
    """A graph of nodes with values in the place of `{"$bind": WORD}`. Raises `Unwritable`."""
    return {name: _filled_node(node, values) for name, node in template.items()}


def _filled_node(node: object, values: Mapping[str, object]) -> object:
    if not isinstance(node, Mapping) or not isinstance(node.get("inputs"), Mapping):
        return node
    inputs = {name: _bound_value(value, values) for name, value in node["inputs"].items()}
    return {**node, "inputs": inputs}


def _bound_value(value: object, values: Mapping[str, object]) -> object:
    word = value.get("$bind") if isinstance(value, Mapping) else None
    if not isinstance(value, Mapping) or word is None:
        return value
    if word == "frames":
        # The length that video models take: a first frame, and whole groups after it.
        return round(_number(values.get("seconds")) * _number(value.get("fps"))) + 1
    found = values.get(str(word))
    if found is None:
        raise Unwritable(f"the workflow needs a value for {word}")
    return found


def merged_tree(under: Mapping[str, object], over: Mapping[str, object]) -> dict[str, object]:
    """`over` on top of `under`, table by table."""
    merged = dict(under)
    for name, value in over.items():
        below = merged.get(name)
        both = isinstance(below, Mapping) and isinstance(value, Mapping)
        merged[name] = merged_tree(below, value) if both else value  # type: ignore[arg-type]
    return merged


def values_in(tree: object) -> set[str]:
    """The names of the values that a tree uses."""
    if isinstance(tree, Mapping):
        return {name for inner in tree.values() for name in values_in(inner)}
    if isinstance(tree, list):
        return {name for inner in tree for name in values_in(inner)}
    return {_parted(tree)[0]} if _is_value(tree) else set()


def _written(tree: object, values: Mapping[str, object], maps: Maps) -> object:
    if isinstance(tree, Mapping):
        return _table(tree, values, maps)
    if isinstance(tree, list):
        spread = (pair for inner in tree for pair in _one_for_each_image(inner, values))
        made = [one for inner, own in spread if (one := _written(inner, own, maps)) is not _ABSENT]
        return made if made or not tree else _ABSENT
    if not isinstance(tree, str):
        return tree
    return _value(tree, values, maps) if _is_value(tree) else tree.removeprefix("$")


def _one_for_each_image(
    inner: object, values: Mapping[str, object]
) -> Iterator[tuple[object, Mapping[str, object]]]:
    """An element of an array with its values: one with `$images` in it stands for one of each image."""
    images = values.get("images")
    if "images" in values_in(inner) and isinstance(images, tuple):
        yield from ((inner, {**values, "images": image}) for image in images)
    else:
        yield inner, values


def _table(tree: Mapping[str, object], values: Mapping[str, object], maps: Maps) -> object:
    own = {name: _written(inner, values, maps) for name, inner in tree.items() if name != "*"}
    made = {name: value for name, value in own.items() if value is not _ABSENT}
    params = values.get("params") if "*" in tree else None
    if isinstance(params, Mapping):
        made = {**{name: value for name, value in params.items() if name not in made}, **made}
    return made if made or not tree else _ABSENT


def _is_value(text: object) -> bool:
    return isinstance(text, str) and text.startswith("$") and not text.startswith("$$")


def _parted(text: object) -> tuple[str, list[str]]:
    name, *filters = str(text)[1:].split("|")
    return name, filters


def _value(text: str, values: Mapping[str, object], maps: Maps) -> object:
    name, filters = _parted(text)
    value = values.get(name)
    if value is None:
        return _ABSENT
    for one in filters:
        kind, _, given = one.partition(":")
        value = _mapped(value, given, maps) if kind == "map" else _FILTERS[kind](value, given)
    return value


def _mapped(value: object, name: str, maps: Maps) -> object:
    found = maps.get(name, {})
    key = str(value)
    if key not in found:
        raise Unwritable(f"{key} is not among {', '.join(found)}")
    return found[key]


def _sides(value: object) -> tuple[int, int]:
    wide, x, high = str(value).partition("x")
    if not (x and wide.isdecimal() and high.isdecimal() and int(wide) and int(high)):
        raise Unwritable(f"{value} is not a size such as 1280x720")
    return int(wide), int(high)


def _ratio(value: object, _: str) -> str:
    found = aspect(*_sides(value))
    if found is None:
        raise Unwritable(f"{value} has no aspect ratio that hosts know")
    return found


def _ratio_colon(value: object, _: str) -> str:
    wide, high = _sides(value)
    return f"{wide}:{high}"


def _number(value: object) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    raise Unwritable(f"{value!r} is not a number")


def _file(value: object) -> FileValue:
    if isinstance(value, FileValue):
        return value
    raise Unwritable("a file is needed")


def _base64(value: object, _: str = "") -> str:
    return base64.b64encode(_file(value).content).decode("ascii")


_FILTERS: Mapping[str, Callable[[object, str], object]] = {
    "text": lambda value, _: str(value),
    "int": lambda value, _: int(_number(value)),
    "float": lambda value, _: float(_number(value)),
    "ms": lambda value, _: round(_number(value) * 1000),
    "suffix": lambda value, given: f"{value}{given}",
    "prefix": lambda value, given: f"{given}{value}",
    "ratio": _ratio,
    "ratio_colon": _ratio_colon,
    "tier": lambda value, _: f"{min(_sides(value))}p",
    "lower": lambda value, _: str(value).lower(),
    "base64": _base64,
    "data_url": lambda value, _: f"data:{_file(value).mime};base64,{_base64(value)}",
    "mime": lambda value, _: _file(value).mime,
}
