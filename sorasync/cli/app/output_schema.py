"""The contract of JSON output: the shapes in `schemas/output.toml`, as a JSON Schema and as a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

from sorasync.toml.parse import parse

Schema = dict[str, Any]

_TYPES: Final[Mapping[str, Schema]] = {
    "text": {"type": "string"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "flag": {"type": "boolean"},
    "object": {"type": "object"},
    "any": {},
    "version": {"const": 1, "description": "Within a version, fields are only added."},
}
# Keys of a shape that are no fields.
_NO_FIELDS = ("about", "like", "without", "any_of")


@cache
def contract() -> Mapping[str, Any]:
    """The tables of `output.toml`."""
    return parse(files("sorasync.cli").joinpath("schemas/output.toml").read_text(encoding="utf-8"))


def outputs_of(command: str) -> tuple[str, ...]:
    """The shapes of what a command prints in any of its forms, such as `cost --usable`; none without JSON."""
    forms = contract()["commands"].items()
    return tuple(name for form, names in forms if f"{form} ".startswith(f"{command} ") for name in names)


def output_schema() -> Schema:
    """The JSON Schema of everything that commands print."""
    names = dict.fromkeys(name for shapes in contract()["commands"].values() for name in shapes)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "JSON output of sorasync",
        "description": "What --format json prints. Within a format_version fields are only added, so a "
        "reader should ignore unknown ones.",
        "anyOf": [{"$ref": f"#/$defs/{name}"} for name in (*names, "error")],
        "$defs": _definitions(),
    }


def _definitions() -> Schema:
    found = contract()
    defined: Schema = {
        name: {"type": "string", "pattern": one["pattern"], "description": one["about"]}
        for name, one in found["patterns"].items()
    }
    defined |= {name: {"enum": values} for name, values in found["enums"].items()}
    by_shape: dict[str, list[str]] = {}
    for command, shapes in found["commands"].items():
        for name in shapes:
            by_shape.setdefault(name, []).append(f"sorasync {command}")
    for name in found["shapes"]:
        defined[name] = _shape_schema(name, ", ".join(by_shape.get(name, ())))
    return defined


def _shape_schema(name: str, commands: str) -> Schema:
    shape = contract()["shapes"][name]
    about = " ".join(text for text in (f"{commands}." if commands else "", shape.get("about", "")) if text)
    described = {"description": about} if about else {}
    if "any_of" in shape:
        return {"anyOf": [{"$ref": f"#/$defs/{one}"} for one in shape["any_of"]], **described}
    fields = _fields(name)
    return {
        "type": "object",
        **described,
        "properties": {key.rstrip("?"): _value_schema(value) for key, value in fields.items()},
        "required": [key for key in fields if not key.endswith("?")],
        "additionalProperties": False,
    }


def _fields(name: str) -> dict[str, str]:
    """The fields of a shape with what they mean, those of the shape that it is like first."""
    shape = contract()["shapes"][name]
    fields = _fields(shape["like"]) if "like" in shape else {}
    fields = {key: value for key, value in fields.items() if key not in shape.get("without", ())}
    return fields | {key: value for key, value in shape.items() if key not in _NO_FIELDS}


def _value_schema(value: str) -> Schema:
    kind, _, about = value.partition(": ")
    schema = _type_schema(kind)
    return schema | {"description": about} if about else schema


def _type_schema(kind: str) -> Schema:
    if kind.startswith("="):
        return {"const": kind[1:]}
    if kind.endswith("?"):
        return {"anyOf": [_type_schema(kind[:-1]), {"type": "null"}]}
    if kind.endswith("[]"):
        return {"type": "array", "items": _type_schema(kind[:-2])}
    if kind.endswith("{}"):
        return {"type": "object", "additionalProperties": _type_schema(kind[:-2])}
    return dict(_TYPES[kind]) if kind in _TYPES else {"$ref": f"#/$defs/{kind}"}


def output_page() -> Iterator[str]:
    """The shapes as Markdown: the commands, then every shape with its fields."""
    found = contract()
    yield "| command | prints |"
    yield "|---|---|"
    for command, shapes in found["commands"].items():
        yield f"| `sorasync {command}` | {', '.join(f'[{name}](#{_anchor(name)})' for name in shapes)} |"
    for name, shape in sorted(found["shapes"].items()):
        yield ""
        yield f"### {name}"
        yield ""
        if "any_of" in shape:
            kinds = ", ".join(_linked(one) for one in shape["any_of"])
            yield f"{shape.get('about', '')} One of: {kinds}."
            continue
        if "about" in shape:
            yield f"{shape['about']}\n"
        yield "| field | type | |"
        yield "|---|---|---|"
        for key, value in _fields(name).items():
            kind, _, about = value.partition(": ")
            missing = "may be missing" if key.endswith("?") else ""
            said = "; ".join(text for text in (about, missing) if text)
            yield f"| `{key.rstrip('?')}` | {_linked(kind)} | {said} |"
    yield ""
    yield "### Words"
    yield ""
    yield "| type | |"
    yield "|---|---|"
    for name, pattern in found["patterns"].items():
        yield f"| `{name}` | {pattern['about']} |"
    for name, values in found["enums"].items():
        yield f"| `{name}` | {', '.join(f'`{value}`' for value in values)} |"


def _linked(kind: str) -> str:
    """A type in words, with a link where it is a shape."""
    if kind.startswith("="):
        return f"`{kind[1:]}`"
    if kind.endswith("?"):
        return f"{_linked(kind[:-1])} or null"
    if kind.endswith("[]"):
        return f"list of {_linked(kind[:-2])}"
    if kind.endswith("{}"):
        return f"object of {_linked(kind[:-2])}"
    shape = kind in contract()["shapes"]
    return f"[{kind}](#{_anchor(kind)})" if shape else f"[{kind}](#words)" if kind not in _TYPES else kind


def _anchor(name: str) -> str:
    return name.lower()
