"""Checks all reference files of a library against the profiles of its hosts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from sorasync.graph.graph import Graph
from sorasync.manifest.diagnostic import Diagnostic, Severity
from sorasync.manifest.library import Library
from sorasync.preflight.facts import can_read_clips, can_read_images, clip_facts, image_facts
from sorasync.preflight.rules import MediaFinding, clip_findings, image_findings
from sorasync.preflight.uses import ClipUse, ImageUse, clip_uses, image_uses
from sorasync.profile.hosts import Hosts
from sorasync.text import counted


def check_media(
    library: Library, graph: Graph, hosts: Hosts, only: Collection[str] | None = None
) -> list[Diagnostic]:
    """What speaks against the reference clips and images, sorted; errors are what a server refuses.

    `only` limits it to files that are sent for those addresses of renders. Headers are read, nothing is
    decoded. Codes of `[lint] ignore` are left out, `[lint] levels` change severities.
    """
    images = list(image_uses(library, graph, only))
    clips = list(clip_uses(library, graph, only))
    found: list[Diagnostic] = []
    if images and can_read_images():
        found += (_diagnostic(library, use, one) for use in images for one in _of_image(library, use))
        images = []
    if clips and can_read_clips():
        found += (
            _diagnostic(library, use, one) for use in clips for one in _clip_findings(library, hosts, use)
        )
        clips = []
    found += _skipped(len(images), len(clips))
    return sorted(as_configured(library, found), key=Diagnostic.sort_key)


def _of_image(library: Library, use: ImageUse) -> Iterator[MediaFinding]:
    return image_findings(use.file, image_facts(library.root / use.file, use.sha256), use.size)


def _clip_findings(library: Library, hosts: Hosts, use: ClipUse) -> Iterator[MediaFinding]:
    facts = clip_facts(library.root / use.file, use.sha256)
    return clip_findings(use.file, facts, hosts.at(use.provider), use.users)


def _diagnostic(library: Library, use: ImageUse | ClipUse, finding: MediaFinding) -> Diagnostic:
    position = library.position(use.origin)
    return Diagnostic(
        code=finding.code,
        severity=finding.severity,
        message=finding.message,
        position=position,
        address=use.address,
        expected=finding.expected,
        source=library.source(position),
    )


def _skipped(images: int, clips: int) -> list[Diagnostic]:
    """The hint that files were not checked because a package is missing."""
    if not images and not clips:
        return []
    packages = " and ".join(name for name, count in (("Pillow", images), ("PyAV", clips)) if count)
    what = " and ".join(counted(count, word) for count, word in ((images, "image"), (clips, "clip")) if count)
    verb = "was" if images + clips == 1 else "were"
    message = f"{what} {verb} not checked: {packages} from the extra preview cannot be imported"
    from sorasync.installed import install_command

    return [Diagnostic("S220", Severity.HINT, message, expected=install_command("preview"))]


def as_configured(library: Library, found: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
    """The diagnostics as `[lint]` wants them."""
    from dataclasses import replace

    lint = library.config.lint
    for one in found:
        if one.code not in lint.ignore:
            level = lint.levels.get(one.code)
            yield one if level is None else replace(one, severity=Severity(level))
