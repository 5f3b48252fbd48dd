"""Facts derived from the state and the disk alone, independent of the manifests.

What goes over every record is made of columns (`map`, `compress`): a plan of 100,000 renders takes a fifth of
the time that loops in Python do.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Set
from functools import cached_property
from itertools import compress, repeat
from operator import is_not, itemgetter, ne, not_

from sorasync.graph.graph import GraphPart
from sorasync.plan.part_memo import PartMemo
from sorasync.state.record import IN_FLIGHT, Binding, Brief, Status

_KEPT = frozenset({Status.STORED, Status.LOST})

_key_of = itemgetter(Binding._fields.index("key"))
status_of, _asset_of = (itemgetter(Brief._fields.index(name)) for name in ("status", "asset"))


class Recorded:
    """Facts derived from bindings by address, briefs by key, and the digests of the assets at hand.

    Each is computed on first use. Watch mode keeps one of these for as long as the three, which nobody
    changes, are the same objects.
    """

    def __init__(
        self,
        bindings: Mapping[str, Binding],
        briefs: Mapping[str, Brief],
        present: Container[str],
        refuse_mismatch: bool = False,
    ) -> None:
        self.bindings = bindings
        self.briefs = briefs
        self.present = present
        self.refuse_mismatch = refuse_mismatch
        self._covered: tuple[object, bool] | None = None
        self._unsettled: PartMemo[frozenset[str]] = PartMemo()

    def follows_from(
        self,
        bindings: Mapping[str, Binding],
        briefs: Mapping[str, Brief],
        present: Container[str],
        refuse_mismatch: bool,
    ) -> bool:
        """Whether it was made from these objects."""
        same = self.bindings is bindings and self.briefs is briefs and self.present is present
        return same and self.refuse_mismatch == refuse_mismatch

    @cached_property
    def bound(self) -> dict[str, str]:
        """The key of every bound address."""
        return dict(zip(self.bindings, map(_key_of, self.bindings.values()), strict=True))

    @cached_property
    def address_of(self) -> dict[str, str]:
        """An address that points to each bound key."""
        return {key: address for address, key in self.bound.items()}

    @cached_property
    def broken(self) -> frozenset[str]:
        """The keys that are not ready for use: no record, no video here, or a video that is refused.

        Nearly all keys are ready (see `Known.whole`), so this set is small and quick to search.
        """
        keys, briefs = self.briefs.keys(), self.briefs.values()
        found = set(compress(keys, map(is_not, map(status_of, briefs), repeat(Status.STORED))))
        found.update(compress(keys, map(not_, map(self.present.__contains__, map(_asset_of, briefs)))))
        if self.refuse_mismatch:
            found.update(key for key, brief in self.briefs.items() if brief.mismatch is not None)
        unknown, _ = self._unpaired
        return frozenset(found | unknown)

    @cached_property
    def _unpaired(self) -> tuple[Set[str], Set[str]]:
        """The bound keys without a record, and the keys of records that nothing is bound to."""
        bound = set(self.bound.values())
        return bound - self.briefs.keys(), self.briefs.keys() - bound

    def _broken_briefs(self) -> Iterator[tuple[str, Brief]]:
        return ((key, self.briefs[key]) for key in self.broken if key in self.briefs)

    @cached_property
    def in_flight(self) -> frozenset[str]:
        """The keys in flight."""
        return frozenset(key for key, brief in self._broken_briefs() if brief.status in IN_FLIGHT)

    @cached_property
    def absent(self) -> frozenset[str]:
        """The videos that were stored once and are missing now."""
        return frozenset(
            brief.asset
            for _, brief in self._broken_briefs()
            if brief.asset is not None and brief.asset not in self.present and brief.status in _KEPT
        )

    @cached_property
    def bound_assets(self) -> frozenset[str | None]:
        """The videos of all bound addresses."""
        _, retired = self._unpaired
        if not retired:
            return frozenset(map(_asset_of, self.briefs.values()))
        return frozenset(brief.asset for key, brief in self.briefs.items() if key not in retired)

    def covers(self, made_for: Mapping[str, str]) -> bool:
        """Whether every name was made for the video of a bound address; `made_for` gives their digests."""
        if self._covered is None or self._covered[0] is not made_for:
            self._covered = (made_for, self.bound_assets.issuperset(made_for.values()))
        return self._covered[1]

    def unsettled(self, part: GraphPart) -> frozenset[str]:
        """The addresses of a part that are not bound to what it wants, or whose video cannot be used."""
        kept = self._unsettled.recall(part)
        if kept is None:
            bound = map(self.bound.get, part.addresses)
            found = set(compress(part.addresses, map(ne, bound, part.keys)))
            found.update(compress(part.addresses, map(self.broken.__contains__, part.keys)))
            kept = frozenset(found)
            self._unsettled.keep(part, kept)
        return kept
