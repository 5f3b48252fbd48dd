"""Warns before paying for renders that may come out identical to existing ones.

Takes, revisions and renders asked for with `--replace` are identical requests except for the seed. A
host that gets no seed, and does not vary its renders, makes the same video again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from sorasync.graph.render import Kind
from sorasync.manifest.diagnostic import Diagnostic, Severity
from sorasync.text import counted

if TYPE_CHECKING:
    from sorasync.manifest.library import Library
    from sorasync.plan.change import Change
    from sorasync.profile.hosts import Hosts
    from sorasync.profile.profile import Profile

CODE = "S130"
# An upload is no render, and hosts draw each picture anew.
_OTHERS = (Kind.CHARACTER, Kind.STILL)


def repeats(hosts: Hosts, library: Library, changes: Iterable[Change]) -> Iterator[Diagnostic]:
    """For each host one warning for renders without a seed, and one for those that repeat one of ours."""
    if hosts.default.simulated:
        return
    rendered = [change for change in changes if change.action.renders]
    for name, profile in hosts:
        table = f"providers.{name}" if hosts.where(profile) else "provider"
        here = [change for change in rendered if change.provider == hosts.where(profile)]
        yield from _repeats_at(profile, table, library, here)


def _repeats_at(
    profile: Profile, table: str, library: Library, changes: Iterable[Change]
) -> Iterator[Diagnostic]:
    unseeded, fixed = [], []
    for change in changes:
        if change.render is None or change.render.kind in _OTHERS:
            continue
        inputs = change.wanted or {}
        another_take = "take" in inputs
        afresh = change.supersede or "revision" in inputs or "clip_revision" in inputs
        # The inputs of a row have a digest of its parameters only.
        if _own_seed(profile, change.render.params):
            if afresh:
                fixed.append(change)
        elif (another_take or afresh) and profile.fields.seed is None and not profile.abilities.varies:
            unseeded.append(change)
    if unseeded:
        yield _warning(
            library,
            unseeded,
            f"{profile.name} may render the same video for every take and revision, because no seed is sent",
            f"name the field of its seed in [{table}.fields] seed, or set [{table}.abilities] varies = true "
            "if its renders always differ",
        )
    if fixed:
        yield _warning(
            library,
            fixed,
            "the same seed is sent again, so the video may be the same",
            f"give another params.{profile.seed_param}",
        )


def _own_seed(profile: Profile, params: Mapping[str, object]) -> bool:
    name = profile.seed_param
    return name is not None and name.partition(".")[0] in params


def _warning(library: Library, changes: list[Change], message: str, expected: str) -> Diagnostic:
    first = changes[0]
    origin = first.render.origin if first.render is not None else None
    position = library.position(origin) if origin is not None else None
    more = f" and {counted(len(changes) - 1, 'other render')}" if len(changes) > 1 else ""
    return Diagnostic(
        code=CODE,
        severity=Severity.WARNING,
        message=f"{first.label}{more}: {message}",
        position=position,
        expected=expected,
        source=library.source(position) if position is not None else None,
    )
