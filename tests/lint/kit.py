"""Libraries for the lint's tests: manifests from a text, and whatever files they name."""

from __future__ import annotations

import re
from pathlib import Path

from sorasync.manifest.config import load_config
from sorasync.manifest.diagnostic import Diagnostic
from sorasync.manifest.library import Library
from sorasync.manifest.lint import Defaults, lint
from sorasync.manifest.load import load
from tests.manifest.libraries import write

_NAMED = re.compile(r'"((?:refs|prompts)/[^"]+)"')

# A provider whose clips last 4 seconds where nobody says otherwise.
SECONDS = Defaults(seconds=lambda model: 4)


def library(root: Path, manifest: str, *, config: str = "", files: dict[str, str] | None = None) -> Library:
    """The library of one manifest; files that it names under `refs/` and `prompts/` are made."""
    named: dict[str, str | bytes] = {f"manifests/{name}": "x" for name in _NAMED.findall(manifest)}
    write(root, {**named, **(files or {}), "manifests/a.toml": manifest, "sorasync.toml": config})
    return load(root, load_config(root))


def found(root: Path, manifest: str, **more: str) -> list[Diagnostic]:
    """What the lint finds in one manifest; `config=` is the text of `sorasync.toml`."""
    return list(lint(library(root, manifest, config=more.get("config", "")), defaults=SECONDS))


def codes(diagnostics: list[Diagnostic]) -> list[str]:
    """The codes in order."""
    return [diagnostic.code for diagnostic in diagnostics]
