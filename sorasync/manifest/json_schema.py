"""The manifest language as JSON Schema, for editors and for the reference.

Looser than a load on purpose: any value of a declaration may be a placeholder, and `x-` keys may stand in
every table.
"""

from __future__ import annotations

from typing import Any, Final

from pydantic import BaseModel

from sorasync.manifest.config import Config
from sorasync.manifest.schema import SLUG, ManifestModel

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_PLACEHOLDER: Final = {"type": "string", "pattern": r"^\s*\{\{[ \t]*[A-Za-z_][A-Za-z0-9_-]*[ \t]*\}\}\s*$"}
_SINGLE = ("integer", "number", "boolean", "array")


def manifest_schema() -> dict[str, Any]:
    """The JSON Schema of a manifest file."""
    schema = _schema(ManifestModel, "A sorasync manifest")
    for name in ("characters", "clips"):
        schema["properties"][name]["propertyNames"] = {"pattern": SLUG}
    for model in schema["$defs"].values():
        model["properties"] = {
            name: _or_placeholder(value) for name, value in model["properties"].items() if name != "matrix"
        } | {name: value for name, value in model["properties"].items() if name == "matrix"}
    return schema


def config_schema() -> dict[str, Any]:
    """The JSON Schema of `sorasync.toml`, environments included."""
    schema = _schema(Config, "sorasync.toml")
    properties = schema["properties"]
    properties.pop("env", None)
    provider = schema["$defs"]["ProviderConfig"]
    del provider["properties"]["overrides"]
    provider["additionalProperties"] = True
    schema["$defs"]["Environment"] = {
        "type": "object",
        "description": "Laid over every table of the same name.",
        "properties": dict(properties),
        "additionalProperties": False,
        "patternProperties": {"^x-": {}},
    }
    properties["env"] = {
        "type": "object",
        "description": "Environments by name, chosen with --env.",
        "additionalProperties": {"$ref": "#/$defs/Environment"},
    }
    return schema


def _schema(model: type[BaseModel], title: str) -> dict[str, Any]:
    schema = model.model_json_schema(by_alias=True, mode="validation")
    for table in (schema, *schema["$defs"].values()):
        if table.get("additionalProperties") is False:
            table["patternProperties"] = {"^x-": {}}
        table["properties"] = {name: _without_null(value) for name, value in table["properties"].items()}
    return {"$schema": _DIALECT, **schema, "title": title}


def _without_null(value: dict[str, Any]) -> dict[str, Any]:
    """TOML has no null: what pydantic calls optional is only a key left out."""
    if "anyOf" not in value:
        return value
    rest = {key: inner for key, inner in value.items() if key != "anyOf"}
    if rest.get("default", ...) is None:
        del rest["default"]
    choices = [choice for choice in value["anyOf"] if choice != {"type": "null"}]
    return {**choices[0], **rest} if len(choices) == 1 else {"anyOf": choices, **rest}


def _or_placeholder(value: dict[str, Any]) -> dict[str, Any]:
    if value.get("type") not in _SINGLE and "pattern" not in value:
        return value
    about: dict[str, Any] = {
        key: value[key] for key in ("title", "description", "examples", "default") if key in value
    }
    shape = {key: inner for key, inner in value.items() if key not in about}
    return {"anyOf": [shape, dict(_PLACEHOLDER)], **about}
