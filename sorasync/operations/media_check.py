"""`sorasync preflight`: checks reference clips and images before any money is spent on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sorasync.manifest.diagnostic import Severity

if TYPE_CHECKING:
    from sorasync.manifest.diagnostic import Diagnostic
    from sorasync.operations.project import Project
    from sorasync.preflight.fix import Mended


@dataclass(frozen=True, slots=True)
class MediaReport:
    """What is wrong with the files that are sent along, and the corrected copies that were written."""

    diagnostics: tuple[Diagnostic, ...]
    fixed: tuple[Mended, ...] = ()

    @property
    def errors(self) -> int:
        """How many of them the provider would refuse."""
        return sum(one.severity is Severity.ERROR for one in self.diagnostics)


def check_references(project: Project, *, fix: bool = False) -> MediaReport:
    """Look at every reference; with `fix` write corrected copies beside the files. Raises `ManifestError`."""
    from sorasync.preflight import check_media

    library = project.library()
    graph = project.graph(library)
    found = tuple(check_media(library, graph, project.hosts))
    if not fix:
        return MediaReport(found)
    from sorasync.preflight.fix import mend

    return MediaReport(found, tuple(mend(library, graph, project.hosts)))
