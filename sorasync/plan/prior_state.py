"""The prior state: what the state and the disk know, as data for the diff."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field

from sorasync.graph.graph import Graph
from sorasync.graph.render import Kind, Render
from sorasync.plan.recorded import Recorded
from sorasync.plan.remote import Remote
from sorasync.profile.hosts import Hosts
from sorasync.state.record import HAD_A_FILE, IN_FLIGHT, Binding, Brief, Record, Status


@dataclass(frozen=True, slots=True)
class Known:
    """Bindings by address, briefs by key, and the digests of the assets that can be had.

    Of those that are `present`, `here` are on this disk; others can be fetched from the bucket.

    `records` and `remote` hold the whole record and the provider's answer of the keys that a survey named;
    `spares` a file of the library that may hold an asset which the store has lost, by digest. With
    `refuse_mismatch` a video that does not match its request is not used. `twins` is the id of the other
    render of a key that two machines paid for.
    """

    bindings: Mapping[str, Binding]
    briefs: Mapping[str, Brief]
    present: Container[str]
    hosts: Hosts
    records: Mapping[str, Record] = field(default_factory=dict)
    remote: Mapping[str, Remote] = field(default_factory=dict)
    spares: Mapping[str, str] = field(default_factory=dict)
    refuse_mismatch: bool = False
    twins: Mapping[str, str] = field(default_factory=dict)
    here: Container[str] = frozenset()
    # Facts derived from bindings, briefs and `present`, if they are known already.
    recorded: Recorded | None = None

    def recorded_facts(self) -> Recorded:
        """Facts derived from bindings, briefs and `present`."""
        return self.recorded or Recorded(self.bindings, self.briefs, self.present, self.refuse_mismatch)

    def whole(self, brief: Brief) -> bool:
        """Whether the record's video or picture can be used here and now."""
        return brief.status is Status.STORED and brief.asset is not None and brief.asset in self.present

    def uploaded(self, brief: Brief, render: Render) -> bool:
        """Whether the record is that of a character which its host has."""
        return brief.status is Status.STORED and self.at_host(brief, render.provider)

    def at_host(self, brief: Brief, provider: str) -> bool:
        """Whether a record is of the host that a render or a change names."""
        return brief.provider == self.hosts.at(provider).provider_name

    def refused(self, brief: Brief) -> str | None:
        """Why a stored video is not used, although it is paid for and here."""
        return brief.mismatch if self.refuse_mismatch and brief.status is Status.STORED else None

    def at_hand(self, brief: Brief) -> str | None:
        """How the store can restore a missing video without the provider; None if it cannot."""
        if brief.asset is None or brief.status not in HAD_A_FILE:
            return None
        if (file := self.spares.get(brief.asset)) is not None:
            return f"its file is missing or damaged here: put back from {file}"
        if brief.asset not in self.present or brief.status is Status.STORED:
            return None
        lost = brief.status is Status.LOST
        return "it was lost, and its file is back" if lost else "its file has been downloaded already"


@dataclass(frozen=True, slots=True)
class Survey:
    """Where the graph and the state differ: everything else is only a look-up.

    `touched` are wanted renders that need a decision, `gone` bound addresses that nobody wants,
    `adrift` keys in flight that nobody wants any more. `keys` are those whose records the diff reads and
    `ask` those that only the provider knows about.
    """

    touched: tuple[Render, ...]
    gone: tuple[str, ...]
    adrift: tuple[str, ...]
    keys: frozenset[str]
    ask: frozenset[str]
    unchanged: int


def survey(graph: Graph, known: Known, replaced: Container[str] = (), *, lost: bool = False) -> Survey:
    """Compare every wanted render with the state, in one pass over each.

    With `lost` the provider is to be asked for lost renders as well.
    """
    bindings, briefs, keys_of = known.bindings, known.briefs, graph.keys
    recorded = known.recorded_facts()
    unsettled: set[str] = set()
    for part in graph.parts():
        unsettled |= recorded.unsettled(part)
    # A character has no file here: it is an id at its host.
    uploaded = {
        key
        for address in graph.cast
        if (found := briefs.get(key := keys_of[address])) and known.uploaded(found, graph.renders[address])
    }
    unsettled -= {a for a in graph.cast if keys_of[a] in uploaded and recorded.bound.get(a) == keys_of[a]}
    if replaced:
        unsettled |= {address for address in keys_of if address in replaced}
    touched = graph.in_order(unsettled) if unsettled else []
    gone = tuple(sorted(a for a in bindings.keys() - keys_of.keys() if not _awaits(graph, a)))
    flight = recorded.in_flight
    adrift = tuple(sorted(flight.difference(keys_of.values()))) if flight else ()
    keys = _keys(graph, known, touched, gone) | set(adrift)
    return Survey(
        touched=tuple(touched),
        gone=gone,
        adrift=adrift,
        keys=frozenset(keys),
        ask=frozenset(_to_ask(known, keys, _sources(graph, known, touched), lost)),
        unchanged=len(keys_of) - len(touched),
    )


def _awaits(graph: Graph, address: str) -> bool:
    """Whether only a missing pick decides if the address is wanted; it is kept until then."""
    clip = graph.node(address)
    if clip is None or clip.waits_for is None:
        return False
    return not clip.takes or address.partition("/")[2] != clip.takes[0].partition("/")[2]


def _keys(graph: Graph, known: Known, touched: list[Render], gone: tuple[str, ...]) -> set[str]:
    keys = {render.key for render in touched} | _sources(graph, known, touched)
    keys |= {known.bindings[address].key for address in gone}
    keys |= {known.bindings[render.address].key for render in touched if render.address in known.bindings}
    return keys & known.briefs.keys()


def _sources(graph: Graph, known: Known, touched: list[Render]) -> set[str]:
    """The keys of sources whose steps nobody has paid for yet: the provider must still hold them.

    An edit of a still sends the picture that is stored here.
    """
    return {
        graph.keys[render.source]
        for render in touched
        if render.source is not None and render.key not in known.briefs and render.kind is not Kind.STILL
    }


def _to_ask(known: Known, keys: set[str], sources: set[str], lost: bool) -> set[str]:
    ask = set()
    for key in keys:
        brief = known.briefs[key]
        if brief.remote_id is None or known.hosts.find(brief.provider) is None:
            continue
        absent = (
            brief.status is Status.STORED
            and brief.asset is not None
            and brief.asset not in known.present
            and brief.asset not in known.spares
        )
        again = lost and brief.status is Status.LOST
        if brief.status is Status.RENDERED and known.at_hand(brief) is not None:
            continue
        if absent or again or brief.status in IN_FLIGHT or (key in sources and brief.status is Status.STORED):
            ask.add(key)
    return ask
