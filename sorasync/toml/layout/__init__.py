"""Manifests in one layout: spacing becomes uniform; order, comments and broken arrays stay the author's."""

from __future__ import annotations

from sorasync.toml.layout.format_text import FormatError, format_text

__all__ = ["FormatError", "format_text"]
