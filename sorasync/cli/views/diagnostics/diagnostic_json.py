"""Diagnostics as plain data."""

from __future__ import annotations

from sorasync.manifest.diagnostic import Diagnostic


def diagnostic_json(diagnostic: Diagnostic) -> dict[str, object]:
    """One diagnostic; absent parts are null, lines and columns count from 1."""
    at = diagnostic.position
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity.value,
        "message": diagnostic.message,
        "file": at.file if at else None,
        "line": at.line if at else None,
        "column": at.column if at else None,
        "end_column": at.end_column if at else None,
        "address": diagnostic.address,
        "expected": diagnostic.expected,
        "fix": diagnostic.fix,
    }
