"""The JSON Schemas as packaged files, so that printing one does not import the models."""

from __future__ import annotations

from importlib.resources import files
from typing import Final, Literal

SchemaName = Literal["manifest", "config"]

# Where a library keeps its copies, for `#:schema` lines, relative to its directory.
SCHEMA_FILES: Final[dict[SchemaName, str]] = {
    "manifest": ".sorasync/manifest.schema.json",
    "config": ".sorasync/config.schema.json",
}


def schema_text(name: SchemaName) -> str:
    """The JSON Schema of manifests or of `sorasync.toml`, as text."""
    return files("sorasync.manifest").joinpath(f"schemas/{name}.json").read_text(encoding="utf-8")
