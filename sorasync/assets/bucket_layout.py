"""Where things are in a bucket; see `sorasync.assets.bucket_archive`."""

from __future__ import annotations

import hashlib
import re

OBJECTS, REFERENCES, CONDEMNED, DELETING, UPLOADS = "objects", "references", "condemned", "deleting", "tmp"

# The path of an object, and the name of its file.
OBJECT = re.compile(
    r"objects/([0-9a-f]{2})/(\1[0-9a-f]{62}(?:\.(?:mp4|mov|webm|mkv|zip|exr)|\.still\.(?:png|webp|jpg)))"
)


def object_path(sha256: str, suffix: str) -> str:
    """Where an object is in the bucket."""
    return f"{OBJECTS}/{sha256[:2]}/{sha256}{suffix}"


def folder_of(owner: str) -> str:
    """The folder of a library's references: readable, and no other library's."""
    plain = re.sub(r"[^a-z0-9]+", "-", owner.lower()).strip("-")[:60]
    return f"{plain}-{hashlib.sha256(owner.encode()).hexdigest()[:8]}"
