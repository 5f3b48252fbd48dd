"""Diagnostics as a GitLab Code Quality report, which merge requests show beside the lines.

Its fields: https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable

from sorasync.cli.views.diagnostics.diagnostic_details import message_lines
from sorasync.cli.views.diagnostics.diagnostic_paths import repository_path
from sorasync.manifest.diagnostic import Diagnostic, Severity

_SEVERITIES = {Severity.ERROR: "major", Severity.WARNING: "minor", Severity.HINT: "info"}
# A report needs a path: faults without a place belong to the configuration.
_NOWHERE = "sorasync.toml"


def diagnostics_gitlab(diagnostics: Iterable[Diagnostic], prefix: str = "") -> list[dict[str, object]]:
    """One object each; `prefix` is the library's directory in the repository."""
    seen: Counter[str] = Counter()
    return [_issue(diagnostic, prefix, seen) for diagnostic in diagnostics]


def _issue(diagnostic: Diagnostic, prefix: str, seen: Counter[str]) -> dict[str, object]:
    at = diagnostic.position
    path = repository_path(prefix, at.file if at else _NOWHERE)
    # Without the line: a fault that moves with the text above it stays the same fault.
    identity = "\0".join([diagnostic.code, path, diagnostic.address or "", diagnostic.message])
    seen[identity] += 1
    return {
        "description": message_lines(diagnostic),
        "check_name": diagnostic.code,
        "fingerprint": hashlib.sha256(f"{identity}\0{seen[identity]}".encode()).hexdigest(),
        "severity": _SEVERITIES[diagnostic.severity],
        "location": {"path": path, "lines": {"begin": at.line if at else 1}},
    }
