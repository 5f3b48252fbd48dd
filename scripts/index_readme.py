"""Writes the README for the page of a package index, which has none of the files that it links to.

Part of the build, named in pyproject.toml. Links into the checkout become their text, its pictures are left
out, and links to addresses stay.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

_PICTURE = re.compile(r"!\[[^\]]*\]\((?![a-z]+:)[^)]*\)\n*")
_LINK = re.compile(r"\[([^\]]+)\]\((?![a-z]+:)[^)]*\)")


class IndexReadme(MetadataHookInterface):
    """Gives the package the README as its description."""

    def update(self, metadata: dict[str, Any]) -> None:
        """See `MetadataHookInterface`."""
        text = (Path(self.root) / "README.md").read_text(encoding="utf-8")
        text = _LINK.sub(r"\1", _PICTURE.sub("", text))
        metadata["readme"] = {"content-type": "text/markdown", "text": text}
