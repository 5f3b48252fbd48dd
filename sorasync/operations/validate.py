"""Checks a library as far as that goes without state, provider or money: language, profile, lint."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sorasync.manifest.diagnostic import Diagnostic, ManifestError, Severity

if TYPE_CHECKING:
    from sorasync.graph.graph import Graph
    from sorasync.manifest.library import Library
    from sorasync.operations.project import Project


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found, sorted, and how much was looked at; counts are 0 where it could not be read."""

    diagnostics: tuple[Diagnostic, ...]
    clips: int = 0
    characters: int = 0
    renders: int = 0

    @property
    def errors(self) -> bool:
        """Whether one of the diagnostics is an error."""
        return any(diagnostic.severity is Severity.ERROR for diagnostic in self.diagnostics)

    def raise_errors(self) -> None:
        """Raise `ManifestError` with everything that was found, if one of it is an error."""
        if self.errors:
            raise ManifestError(self.diagnostics)


def check(open_project: Callable[[], Project], *, strict: bool = False) -> Checked:
    """Everything that is wrong with a library, from its configuration on; with `strict` warnings are errors.

    Where the manifests cannot be read as a whole, the faults of the language are all there is.
    """
    try:
        found = _checked(open_project())
    except ManifestError as error:
        found = Checked(tuple(error.diagnostics))
    if not strict:
        return found
    return replace(found, diagnostics=tuple(map(_stricter, found.diagnostics)))


def _checked(project: Project) -> Checked:
    from sorasync.graph.expand import expand

    library = project.library()
    renders, more = 0, list[Diagnostic]()
    try:
        graph = expand(library, project.profile, keys=False)
        renders = len(graph.renders)
        more = _media(project, library, graph)
    except ManifestError as error:
        more = error.diagnostics
    from sorasync.operations.ending import endings

    warned = (*library.warnings, *endings(project, library), *project.lint(library))
    found = sorted((*warned, *more), key=Diagnostic.sort_key)
    return Checked(tuple(found), len(library.clips), len(library.characters), renders)


def _media(project: Project, library: Library, graph: Graph) -> list[Diagnostic]:
    """What is wrong with the files that the manifests name; nothing is imported where they name none."""
    if not any(render.file for render in graph.renders.values()):
        return []
    from sorasync.preflight import check_media

    return check_media(library, graph, project.profile)


def _stricter(diagnostic: Diagnostic) -> Diagnostic:
    if diagnostic.severity is not Severity.WARNING:
        return diagnostic
    return replace(diagnostic, severity=Severity.ERROR)
