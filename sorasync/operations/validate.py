"""`sorasync validate`: checks manifests, profile and lint, without state, provider or money."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sorasync.graph.address import owner
from sorasync.manifest.diagnostic import Diagnostic, ManifestError, Severity

if TYPE_CHECKING:
    from sorasync.graph.graph import Graph
    from sorasync.manifest.library import Library
    from sorasync.operations.project import Project


@dataclass(frozen=True, slots=True)
class ValidatedLibrary:
    """What was found, sorted, and how much was looked at; counts are 0 where it could not be read."""

    diagnostics: tuple[Diagnostic, ...]
    clips: int = 0
    characters: int = 0
    renders: int = 0
    cuts: int = 0
    stills: int = 0

    @property
    def errors(self) -> bool:
        """Whether one of the diagnostics is an error."""
        return any(diagnostic.severity is Severity.ERROR for diagnostic in self.diagnostics)

    def raise_errors(self) -> None:
        """Raise `ManifestError` with everything that was found, if one of it is an error."""
        if self.errors:
            raise ManifestError(self.diagnostics)


def check(open_project: Callable[[], Project], *, strict: bool = False) -> ValidatedLibrary:
    """Everything that is wrong with a library, from its configuration on; with `strict` warnings are errors.

    An error hides only what depends on it: all other files, clips and media are still checked.
    """
    try:
        found = _checked_library(open_project())
    except ManifestError as error:
        found = ValidatedLibrary(tuple(error.diagnostics))
    if not strict:
        return found
    return replace(found, diagnostics=tuple(map(_stricter, found.diagnostics)))


def faults(project: Project) -> list[Diagnostic]:
    """Every error of the library, whatever stage finds it."""
    return [found for found in _checked_library(project).diagnostics if found.severity is Severity.ERROR]


def _checked_library(project: Project) -> ValidatedLibrary:
    from sorasync.operations.schemas import schema_findings
    from sorasync.operations.sunset import endings

    library, language = project.sound_library()
    with project.linting_ahead(library):
        graph, lacks = project.graph_as_far(library, keys=False)
        lacking = {lack.address for lack in lacks}
        sound = frozenset(a for a in graph.keys if owner(a) not in lacking)
        media = [one for one in media_findings(project, library, graph, sound) if one.address not in lacking]
        stale = schema_findings(project.root)
        cuts = cut_findings(project, library, graph)
        warned = (*library.warnings, *endings(project, library), *project.lint(library), *stale)
    found = sorted((*language, *warned, *lacks, *media, *cuts), key=Diagnostic.sort_key)
    return ValidatedLibrary(
        tuple(found),
        clips=len(library.clips),
        characters=len(library.characters),
        renders=len(graph.keys),
        cuts=len(library.cuts),
        stills=len(library.stills),
    )


def cut_findings(project: Project, library: Library, graph: Graph) -> list[Diagnostic]:
    """What does not add up in the library's cuts; nothing is imported where it has none."""
    if not library.cuts:
        return []
    from sorasync.operations.cut_timelines import timelines

    return timelines(project, library, graph)[1]


def media_findings(
    project: Project, library: Library, graph: Graph, addresses: Collection[str]
) -> list[Diagnostic]:
    """What is wrong with the files and stills that are sent for those renders; nothing is imported where
    none is.
    """
    found: list[Diagnostic] = []
    if library.stills:
        from sorasync.preflight.still_sizes import still_size_findings

        found += still_size_findings(library, graph, project.hosts, addresses)
    sent = graph.sending.intersection(addresses)
    if not sent:
        return found
    from sorasync.preflight import check_media

    return found + check_media(library, graph, project.hosts, only=sent)


def _stricter(diagnostic: Diagnostic) -> Diagnostic:
    if diagnostic.severity is not Severity.WARNING:
        return diagnostic
    return replace(diagnostic, severity=Severity.ERROR)
