"""Diagnostics as JUnit XML, the form of test reports that every CI service reads."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree

from sorasync.cli.views.diagnostics.diagnostic_details import message_lines
from sorasync.cli.views.diagnostics.diagnostic_paths import repository_path
from sorasync.manifest.diagnostic import Diagnostic, Severity

# What XML 1.0 cannot hold in any spelling.
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def diagnostics_junit(diagnostics: Sequence[Diagnostic], prefix: str = "") -> str:
    """A suite with a case for each diagnostic: errors fail, the rest only says something.

    A library without any is one case that passes. `prefix` is its directory in the repository.
    """
    failures = sum(one.severity is Severity.ERROR for one in diagnostics)
    counts = {"tests": str(max(1, len(diagnostics))), "failures": str(failures), "errors": "0"}
    suites = ElementTree.Element("testsuites", counts)
    suite = ElementTree.SubElement(suites, "testsuite", {"name": "sorasync validate", **counts})
    for diagnostic in diagnostics:
        _case(suite, diagnostic, prefix)
    if not diagnostics:
        ElementTree.SubElement(suite, "testcase", {"classname": "sorasync", "name": "the library is valid"})
    return document_text(suites)


def document_text(suites: ElementTree.Element) -> str:
    """A whole document, indented, as ASCII, so that no terminal or pipe changes a sign of it."""
    ElementTree.indent(suites)
    data: bytes = ElementTree.tostring(suites, encoding="us-ascii", xml_declaration=True)
    return data.decode("ascii")


def _case(suite: ElementTree.Element, diagnostic: Diagnostic, prefix: str) -> None:
    at = diagnostic.position
    file = repository_path(prefix, at.file) if at else "sorasync"
    place = f"{file}:{at.line}:{at.column}" if at else file
    text = xml_text(f"{place}\n{message_lines(diagnostic)}")
    named = {"classname": xml_text(file), "name": xml_text(f"{diagnostic.code} at {place}")}
    case = ElementTree.SubElement(suite, "testcase", named)
    if diagnostic.severity is Severity.ERROR:
        told = {"type": diagnostic.code, "message": xml_text(diagnostic.message)}
        ElementTree.SubElement(case, "failure", told).text = text
    else:
        ElementTree.SubElement(case, "system-out").text = f"{diagnostic.severity.value}: {text}"


def xml_text(text: str) -> str:
    """Text without what XML cannot hold."""
    return _NO_XML.sub("\N{REPLACEMENT CHARACTER}", text)
