"""Reads the names that a library declares, as fast as possible.

For completing a command line: nothing is checked, and what cannot be read or expanded is passed over, so
that a half-written manifest does not take the names of the others away.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sorasync.manifest.files import FileFault, LibraryFiles
from sorasync.manifest.matrix import MatrixProblem, check_matrix, instances, suffix
from sorasync.manifest.template import substitute
from sorasync.toml.parse import TomlError, parse

_CONFIG = "sorasync.toml"


@dataclass(frozen=True, slots=True)
class Named:
    """A declared clip, still or character by its address, with its takes and steps, and its tags."""

    address: str
    takes: int = 1
    steps: int = 0
    tags: tuple[str, ...] = ()


def outline(root: Path) -> Iterator[Named]:
    """Everything that the library at `root` declares, matrix instances one by one, file by file."""
    files = LibraryFiles(root)
    config = _parsed_manifest(files, _CONFIG)
    directory = _subtable(config, "library").get("manifests")
    try:
        found, _ = files.manifests(directory if isinstance(directory, str) else "manifests")
    except OSError:
        return
    for file in found:
        raw = _parsed_manifest(files, file)
        defaults = {**_subtable(config, "defaults"), **_subtable(raw, "defaults")}
        scope = {**_subtable(config, "vars"), **_subtable(raw, "vars")}
        for slug, clip in _subtable(raw, "clips").items():
            if isinstance(clip, dict):
                whole = {**defaults, **clip}
                if "each" in clip:
                    yield from _rows(f"clip.{slug}", whole, scope, files, file)
                else:
                    yield from _variants(f"clip.{slug}", whole, scope)
        for slug, still in _subtable(raw, "stills").items():
            if isinstance(still, dict):
                yield from _variants(f"still.{slug}", still, scope)
        for slug, character in _subtable(raw, "characters").items():
            if isinstance(character, dict):
                yield Named(f"character.{slug}", tags=_tags(character))


def cut_names(root: Path) -> Iterator[str]:
    """The names of the cuts that the library at `root` declares."""
    files = LibraryFiles(root)
    directory = _subtable(_parsed_manifest(files, _CONFIG), "library").get("manifests")
    try:
        found, _ = files.manifests(directory if isinstance(directory, str) else "manifests")
    except OSError:
        return
    for file in found:
        yield from _subtable(_parsed_manifest(files, file), "cuts")


def environments(root: Path) -> list[str]:
    """The names of the tables `[env.NAME]`."""
    return list(_subtable(_parsed_manifest(LibraryFiles(root), _CONFIG), "env"))


def host_names(root: Path) -> list[str]:
    """What manifests may call a host: the names of the tables `[providers.NAME]`, and `default`."""
    return ["default", *_subtable(_parsed_manifest(LibraryFiles(root), _CONFIG), "providers")]


def _variants(address: str, table: Mapping[str, Any], scope: Mapping[str, Any]) -> Iterator[Named]:
    for ending in _suffixes(table.get("matrix"), scope):
        yield _named(f"{address}{ending}", table)


def _rows(
    address: str, table: Mapping[str, Any], scope: Mapping[str, Any], files: LibraryFiles, file: str
) -> Iterator[Named]:
    from pydantic import ValidationError

    from sorasync.manifest.data_rows import RowsFault, rows_of
    from sorasync.manifest.schema import EachModel

    filled, _ = substitute(table["each"], scope)
    try:
        each = EachModel.model_validate(filled)
        rows = rows_of(each, files.data(files.resolve(each.csv or each.jsonl or each.sqlite or "", file)))
    except (ValidationError, FileFault, RowsFault):
        return
    for row in rows:
        yield _named(address + suffix({each.key: row[each.key]}), table)


def _named(address: str, table: Mapping[str, Any]) -> Named:
    takes, steps = table.get("takes"), table.get("steps")
    return Named(
        address=address,
        takes=takes if isinstance(takes, int) else 1,
        steps=len(steps) if isinstance(steps, list) else 0,
        tags=_tags(table),
    )


def _suffixes(matrix: object, scope: Mapping[str, Any]) -> list[str]:
    if matrix is None:
        return [""]
    filled, problems = substitute(matrix, scope)
    wrong: list[MatrixProblem] = [] if problems else check_matrix(filled)
    return [] if problems or wrong else [ending for ending, _ in instances(filled)]


def _tags(table: Mapping[str, Any]) -> tuple[str, ...]:
    tags = table.get("tags")
    return tuple(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else ()


def _parsed_manifest(files: LibraryFiles, file: str) -> dict[str, Any]:
    try:
        return parse(files.text(file))
    except (FileFault, TomlError):
        return {}


def _subtable(parent: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = parent.get(key)
    return found if isinstance(found, dict) else {}
