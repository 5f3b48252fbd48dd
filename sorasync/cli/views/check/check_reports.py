"""Results of checks for programs: JSON, JUnit XML, and diagnostics at the clips that fail."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from sorasync.checks.check_result import CheckResult, Verdict
from sorasync.cli.views.diagnostics.diagnostic_junit import document_text, xml_text
from sorasync.cli.views.diagnostics.diagnostic_paths import repository_path
from sorasync.manifest.diagnostic import Diagnostic, Severity

if TYPE_CHECKING:
    from sorasync.operations.check import CheckedRender, CheckReport
    from sorasync.operations.project import Project


def check_json(report: CheckReport, project: Project) -> dict[str, object]:
    """The results render by render, with a count of each verdict."""
    return {
        "format_version": 1,
        "library": project.name,
        "env": project.config.env,
        "summary": {verdict.value: count for verdict, count in report.counts().items()},
        "videos": [_video_fields(checked, report) for checked in report.renders],
    }


def _video_fields(checked: CheckedRender, report: CheckReport) -> dict[str, object]:
    at = report.position(checked)
    return {
        "address": checked.render.label,
        "asset": checked.render.asset,
        "here": checked.here,
        "file": at.file if at else None,
        "line": at.line if at else None,
        "checks": [result.fields() for result in checked.results],
    }


def failures(report: CheckReport) -> Iterator[Diagnostic]:
    """What fails as errors, and what could not be checked as warnings, at the clip's declaration."""
    for checked in report.renders:
        for result in checked.of(Verdict.FAILED, Verdict.ERROR):
            severity = Severity.ERROR if result.verdict is Verdict.FAILED else Severity.WARNING
            label = checked.render.label
            yield Diagnostic(
                code=f"{result.check} {label}",
                severity=severity,
                message=f"{label}: {result.message}",
                position=report.position(checked),
                address=label,
            )


def check_junit(report: CheckReport, prefix: str = "") -> str:
    """A suite for each render, a case for each check; `prefix` is the library's place in the repository."""
    counts = report.counts()
    suites = ElementTree.Element("testsuites", _counts(counts))
    for checked in report.renders:
        own = {verdict: len(checked.of(verdict)) for verdict in Verdict}
        label = xml_text(checked.render.label)
        suite = ElementTree.SubElement(suites, "testsuite", {"name": label, **_counts(own)})
        at = report.position(checked)
        file = {"file": xml_text(repository_path(prefix, at.file))} if at else {}
        for result in checked.results:
            named = {"classname": label, "name": xml_text(result.check), **file}
            _outcome(ElementTree.SubElement(suite, "testcase", named), result)
    return document_text(suites)


def _counts(counts: dict[Verdict, int]) -> dict[str, str]:
    return {
        "tests": str(sum(counts.values())),
        "failures": str(counts[Verdict.FAILED]),
        "errors": str(counts[Verdict.ERROR]),
        "skipped": str(counts[Verdict.SKIPPED]),
    }


def _outcome(case: ElementTree.Element, result: CheckResult) -> None:
    tags = {Verdict.FAILED: "failure", Verdict.ERROR: "error", Verdict.SKIPPED: "skipped"}
    if (tag := tags.get(result.verdict)) is not None:
        ElementTree.SubElement(case, tag, {"message": xml_text(result.message)})
