"""The manifest language as JSON Schema, for editors and for the reference.

Made from the models, with `schema_rules` on top. Looser than a load on purpose: a declaration's values may
hold placeholders, and `x-` keys may stand in every table. The dialect is draft 7, the newest that TOML
language servers read.
"""

from __future__ import annotations

from typing import Any, Final

from pydantic import BaseModel

from sorasync.manifest.config import Config
from sorasync.manifest.field_types import SLUG
from sorasync.manifest.schema import ManifestModel
from sorasync.manifest.schema_rules import KEYS, MATRIX, PLACEHOLDER, TABLES, VARIABLES

_DIALECT: Final = "http://json-schema.org/draft-07/schema#"
_WHOLE: Final = {"type": "string", "pattern": r"^\s*\{\{[ \t]*[A-Za-z_][A-Za-z0-9_-]*[ \t]*\}\}\s*$"}
_PART: Final = {"type": "string", "pattern": PLACEHOLDER}
_SINGLE: Final = ("integer", "number", "boolean", "array")
_ABOUT: Final = ("description", "examples", "default")
_SWITCHED: Final = ("Checks", "ClipChecks")
_IGNORED: Final = {"^x-": {"description": "Ignored: for notes and other programs."}}


def manifest_schema() -> dict[str, Any]:
    """The JSON Schema of a manifest file."""
    schema = _schema(ManifestModel, "A sorasync manifest")
    for name in ("characters", "stills", "clips", "cuts"):
        schema["properties"][name]["propertyNames"] = {"pattern": SLUG}
    for table in schema["definitions"].values():
        _allow_placeholders(table)
    for name in ("Clip", "Still"):
        properties = schema["definitions"][name]["properties"]
        properties["matrix"] = MATRIX | _about(properties["matrix"])
    return schema


def config_schema() -> dict[str, Any]:
    """The JSON Schema of `sorasync.toml`, environments included."""
    schema = _schema(Config, "sorasync.toml")
    properties, definitions = schema["properties"], schema["definitions"]
    del properties["env"]
    _allow_placeholders(definitions["Defaults"])
    for name in ("Provider", "Host"):
        del definitions[name]["properties"]["overrides"]
        definitions[name]["additionalProperties"] = True
    definitions["Environment"] = {
        "type": "object",
        "description": "`[env.NAME]`: merged over every table of the same name.",
        "properties": dict(properties),
        "additionalProperties": False,
        "patternProperties": _IGNORED,
    }
    properties["env"] = {
        "type": "object",
        "description": "Environments by name, chosen with --env.",
        "additionalProperties": {"$ref": "#/definitions/Environment"},
    }
    return schema


def _schema(model: type[BaseModel], title: str) -> dict[str, Any]:
    raw = model.model_json_schema(by_alias=True, mode="validation", ref_template="#/definitions/{model}")
    definitions = {_short_name(name): table for name, table in raw.pop("$defs").items()}
    schema = {"$schema": _DIALECT, **raw, "definitions": definitions}
    for name, table in {"": schema, **definitions}.items():
        if table.get("additionalProperties") is False:
            table["patternProperties"] = _IGNORED
        table["properties"] = {
            key: _key_schema(name, key, value) for key, value in table["properties"].items()
        }
        table["title"] = name or title
        table |= TABLES.get(name, {})
    return schema


def _short_name(name: str) -> str:
    return name.removesuffix("Model").removesuffix("Config")


def _key_schema(table: str, key: str, value: dict[str, Any]) -> dict[str, Any]:
    value = _without_null(value)
    value.pop("title", None)
    value = _resolved(value)
    if not table and key == "vars":
        value |= VARIABLES
    return _or_switch(table, key, value) | KEYS.get((table, key), {})


def _or_switch(table: str, key: str, value: dict[str, Any]) -> dict[str, Any]:
    """Allow `true` and `false` for a check, besides its table."""
    if table not in _SWITCHED:
        return value
    if key == "commands":
        inner = value["additionalProperties"]
        return value | {"additionalProperties": {"anyOf": [{"type": "boolean"}, inner]}}
    return {"anyOf": [{"type": "boolean"}, *value["allOf"]], **_about(value)}


def _without_null(value: dict[str, Any]) -> dict[str, Any]:
    """TOML has no null: what pydantic calls optional is only a key left out."""
    rest = {key: inner for key, inner in value.items() if key != "anyOf"}
    if rest.get("default", ...) is None:
        del rest["default"]
    if "anyOf" not in value:
        return rest
    choices = [choice for choice in value["anyOf"] if choice != {"type": "null"}]
    return {**choices[0], **rest} if len(choices) == 1 else {"anyOf": choices, **rest}


def _resolved(value: Any) -> Any:
    """References with the short names; beside one, draft 7 reads no other keyword, so it goes into allOf."""
    if isinstance(value, list):
        return [_resolved(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    found = {key: _resolved(inner) for key, inner in value.items()}
    if isinstance(target := found.get("$ref"), str):
        head, _, name = target.rpartition("/")
        reference = {"$ref": f"{head}/{_short_name(name)}"}
        rest = {key: inner for key, inner in found.items() if key != "$ref"}
        return {"allOf": [reference], **rest} if rest else reference
    return found


def _about(value: dict[str, Any]) -> dict[str, Any]:
    return {key: value[key] for key in _ABOUT if key in value}


def _allow_placeholders(table: dict[str, Any]) -> None:
    """Allow a placeholder for every value that may be one."""
    table["properties"] = {key: _or_placeholder(value) for key, value in table["properties"].items()}


def _or_placeholder(value: dict[str, Any]) -> dict[str, Any]:
    placeholder = _placeholder(value)
    if placeholder is None:
        return value
    shape = {key: inner for key, inner in value.items() if key not in _ABOUT}
    return {"anyOf": [shape, dict(placeholder)], **_about(value)}


def _placeholder(value: dict[str, Any]) -> dict[str, str] | None:
    """The placeholder that may stand for a value: whole for what is no text, never for an array of tables."""
    kind = value.get("type")
    if kind == "string":
        return _PART if "pattern" in value and "not" not in value else None
    if kind not in _SINGLE or (kind == "array" and "$ref" in value.get("items", {})):
        return None
    return _WHOLE
