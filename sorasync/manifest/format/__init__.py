"""Manifests in one layout: spacing becomes uniform; order, comments and broken arrays stay the author's."""

from __future__ import annotations

from sorasync.manifest.format.format import FormatError, format_text

__all__ = ["FormatError", "format_text"]
