"""Which clips have more than one take according to the state."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain

from sorasync.state.store import Store


def several_takes(store: Store, named: Iterable[str | None] = ()) -> frozenset[str]:
    """The clips with more than one take, going by what is bound and by what is named besides."""
    later: set[str] = set()
    for address in chain(store.bindings(), named):
        clip, _, rest = (address or "").partition("#")
        if rest and rest.partition("/")[0] != "1":
            later.add(clip)
    return frozenset(later)
