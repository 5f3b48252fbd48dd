"""Libraries made for a test: a few files, loaded."""

from __future__ import annotations

from pathlib import Path

import pytest

from sorasync.manifest.config import load_config
from sorasync.manifest.diagnostic import Diagnostic, ManifestError
from sorasync.manifest.library import ClipSpec, Library
from sorasync.manifest.load import load


def write(root: Path, files: dict[str, str | bytes]) -> Path:
    """Write files of a library, an empty `sorasync.toml` and `manifests/` among them."""
    (root / "manifests").mkdir(parents=True, exist_ok=True)
    for name, data in ({"sorasync.toml": ""} | files).items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return root


def loaded(root: Path, manifest: str, env: str | None = None, **config: str) -> Library:
    """The library of one manifest; `config=` is the text of `sorasync.toml`."""
    write(root, {"manifests/a.toml": manifest, "sorasync.toml": config.get("config", "")})
    return load(root, load_config(root, env))


def clip(root: Path, manifest: str, name: str = "a", **config: str) -> ClipSpec:
    """One clip of a library of one manifest."""
    return loaded(root, manifest, **config).clips[name]


def refused(root: Path, manifest: str, **config: str) -> list[Diagnostic]:
    """What a library of one manifest is refused with."""
    with pytest.raises(ManifestError) as found:
        loaded(root, manifest, **config)
    return found.value.diagnostics
