"""The JSON Schema says what a load accepts, loosely."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sorasync.manifest.json_schema import config_schema, manifest_schema


@pytest.mark.parametrize("schema", [manifest_schema(), config_schema()], ids=["manifest", "config"])
def test_every_key_is_described_and_nothing_is_null(schema: dict[str, Any]) -> None:
    assert "null" not in json.dumps(schema)
    for name, table in schema["definitions"].items():
        assert table["description"], name
        for key, value in table["properties"].items():
            assert value.get("description"), f"{name}.{key}"


def test_numbers_booleans_and_arrays_may_be_placeholders() -> None:
    clip = manifest_schema()["definitions"]["Clip"]["properties"]
    for key in ("seconds", "protect", "characters", "takes", "size"):
        assert r"\{\{" in clip[key]["anyOf"][1]["pattern"], key
    assert clip["from"]["type"] == "string"
    assert "from_" not in clip


def test_x_keys_are_allowed_and_others_are_not() -> None:
    for schema in (manifest_schema(), config_schema()):
        assert schema["additionalProperties"] is False
        assert list(schema["patternProperties"]) == ["^x-"]


def test_an_environment_has_every_table_but_environments() -> None:
    schema = config_schema()
    assert set(schema["definitions"]["Environment"]["properties"]) == set(schema["properties"]) - {"env"}
