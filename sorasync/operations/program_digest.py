"""Which program this is: a digest of its installed files."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path


def program_digest(packages: Iterable[str] = ("",)) -> str:
    """A digest of names, sizes and times of the files in some packages of this program, or in all of it."""
    found: list[str] = []
    waiting = [os.path.join(Path(__file__).parents[1], package) for package in packages]  # noqa: PTH118
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.name == "__pycache__":
                    continue
                if entry.is_dir():
                    waiting.append(entry.path)
                else:
                    facts = entry.stat()
                    found.append(f"{entry.path} {facts.st_size} {facts.st_mtime_ns}")
    return hashlib.sha256("\n".join(sorted(found)).encode("utf-8", "surrogatepass")).hexdigest()
