"""Diagnostics as SARIF 2.1.0, the form that code scanning services read."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote

from sorasync import __version__
from sorasync.cli.views.diagnostics.diagnostic_details import message_lines
from sorasync.cli.views.diagnostics.diagnostic_paths import repository_path
from sorasync.manifest.codes import ALL_CODES, LEVELS
from sorasync.manifest.diagnostic import Diagnostic, Position, Severity
from sorasync.manifest.pages import page

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.HINT: "note"}


def diagnostics_sarif(diagnostics: Iterable[Diagnostic], prefix: str = "") -> dict[str, object]:
    """One run with its results, and a rule for each code in it.

    `prefix` is the library's directory in the repository. Columns count Unicode characters.
    """
    found = list(diagnostics)
    codes = sorted({diagnostic.code for diagnostic in found})
    driver = {"name": "sorasync", "version": __version__, "rules": [_rule(code) for code in codes]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(diagnostic, codes.index(diagnostic.code), prefix) for diagnostic in found],
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(code: str) -> dict[str, object]:
    text = page(code) or ALL_CODES.get(code, code)
    return {
        "id": code,
        "shortDescription": {"text": ALL_CODES.get(code, code)},
        "help": {"text": text, "markdown": text},
        "defaultConfiguration": {"level": _LEVELS[LEVELS.get(code, Severity.ERROR)]},
    }


def _result(diagnostic: Diagnostic, index: int, prefix: str) -> dict[str, object]:
    result: dict[str, object] = {
        "ruleId": diagnostic.code,
        "ruleIndex": index,
        "level": _LEVELS[diagnostic.severity],
        "message": {"text": message_lines(diagnostic)},
    }
    if diagnostic.position is not None:
        result["locations"] = [{"physicalLocation": _location(diagnostic.position, prefix)}]
    return result


def _location(at: Position, prefix: str) -> dict[str, object]:
    return {
        "artifactLocation": {"uri": quote(repository_path(prefix, at.file))},
        "region": {
            "startLine": at.line,
            "startColumn": at.column,
            "endColumn": max(at.end_column, at.column),
        },
    }
