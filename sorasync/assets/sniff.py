"""Detects a file's type from its first bytes."""

from __future__ import annotations

from pathlib import Path

from sorasync.library_file import open_file

# Enough bytes to tell the type.
SNIFF_BYTES = 512

_IMAGE_BRANDS = frozenset({b"avif", b"avis", b"heic", b"heix", b"heif", b"mif1", b"msf1"})
_HTML_STARTS = (b"<!doctype html", b"<html", b"<head", b"<body", b"<title")


def sniff(first_bytes: bytes) -> str | None:
    """`mp4` (QuickTime too), `webp`, `jpeg`, `png`, `webm` (any Matroska), `zip`, `exr`, `html` or `json`.

    None for anything else.
    """
    head = first_bytes[:SNIFF_BYTES]
    if head[4:8] == b"ftyp":
        return None if head[8:12] in _IMAGE_BRANDS else "mp4"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head[:3] == b"\xff\xd8\xff":
        return "jpeg"
    if head[:8] == b"\x89PNG\r\n\x1a\n":
        return "png"
    if head[:4] == b"\x1a\x45\xdf\xa3":
        return "webm"
    if head[:4] == b"PK\x03\x04":
        return "zip"
    if head[:4] == b"\x76\x2f\x31\x01":
        return "exr"
    return _sniff_text(head)


def sniff_file(path: Path) -> str | None:
    """`sniff` for the beginning of a file."""
    with open_file(path, within=None) as file:
        return sniff(file.read(SNIFF_BYTES))


def _sniff_text(head: bytes) -> str | None:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.lower().startswith(_HTML_STARTS):
        return "html"
    return "json" if text[:1] in (b"{", b"[") else None
