"""A request, and its body in each of the three encodings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from sorasync.library_file import open_file

_TYPES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
    ".mp4": "video/mp4",
    ".mov": "video/quicktime",
    ".webm": "video/webm",
    ".jsonl": "application/jsonl",
}

Part = tuple[str, tuple[str, bytes | IO[bytes], str] | tuple[None, str]]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What a request says. `fields` holds JSON values; `files` maps a field to local files, bytes or a file
    that is open.

    `names` is what the file of a field is called, where the server keeps it by that name.
    """

    path: str
    encoding: str
    fields: Mapping[str, object] = field(default_factory=dict)
    files: Mapping[str, Path | bytes | IO[bytes] | tuple[Path, ...]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    method: str = "POST"
    names: Mapping[str, str] = field(default_factory=dict)


def content_type(path: Path) -> str:
    """The media type by the file's ending."""
    return _TYPES.get(path.suffix.lower(), "application/octet-stream")


def as_text(value: object) -> str:
    """A value in a form field: texts as they are, all else as JSON (`true`, `8`, `{"id":"…"}`)."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def form_fields(outgoing: Outgoing) -> dict[str, str]:
    """The fields for a form without files."""
    return {name: as_text(value) for name, value in outgoing.fields.items()}


def multipart_parts(outgoing: Outgoing, stack: ExitStack) -> list[Part]:
    """The parts of a multipart body. Files are opened on the stack and read as the body is sent.

    A file's own name never leaves this machine: parts are named by their field.
    """
    parts: list[Part] = [(name, (None, as_text(value))) for name, value in outgoing.fields.items()]
    for name, source in outgoing.files.items():
        if not isinstance(source, Path | tuple):
            if not isinstance(source, bytes):
                # It may have been read before: a request that costs nothing is sent again.
                source.seek(0)
            parts.append((name, (f"{name}.jsonl", source, "application/jsonl")))
            continue
        for file in source if isinstance(source, tuple) else (source,):
            handle = stack.enter_context(open_file(file, within=None))
            named = outgoing.names.get(name) or f"{name.removesuffix('[]')}{file.suffix.lower()}"
            parts.append((name, (named, handle, content_type(file))))
    return parts
