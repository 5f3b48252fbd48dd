"""Groups equal diagnostics: the same fault in forty clips is shown once, with count and places."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from sorasync.manifest.diagnostic import Diagnostic, Position

# Up to this many places, the same fault is shown at each of them.
_APART = 3


@dataclass(frozen=True, slots=True)
class DiagnosticGroup:
    """The same fault: the first of them, how many there are, their addresses and further places."""

    first: Diagnostic
    count: int
    addresses: tuple[str, ...]
    places: tuple[Position, ...]


def grouped(diagnostics: Iterable[Diagnostic], *, apart: int = _APART) -> list[DiagnosticGroup]:
    """The diagnostics in order, equal ones as one where they stand at one place or at more than `apart`."""
    same: dict[tuple[object, ...], dict[Position | None, list[Diagnostic]]] = {}
    for one in diagnostics:
        kind = (one.code, one.severity, one.message, one.expected, one.fix)
        same.setdefault(kind, defaultdict(list))[one.position].append(one)
    groups: list[DiagnosticGroup] = []
    for places in same.values():
        if len(places) > apart:
            groups.append(_group([one for some in places.values() for one in some]))
        else:
            groups.extend(map(_group, places.values()))
    return sorted(groups, key=lambda group: group.first.sort_key())


def _group(same: list[Diagnostic]) -> DiagnosticGroup:
    addresses = dict.fromkeys(one.address for one in same if one.address)
    places = dict.fromkeys(one.position for one in same if one.position)
    return DiagnosticGroup(same[0], len(same), tuple(addresses), tuple(places)[1:])
