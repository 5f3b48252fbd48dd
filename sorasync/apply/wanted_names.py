"""File names in the asset directory: which name links to which video."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping

from sorasync.assets.file_names import ClipFile, Link, view_names
from sorasync.assets.store import STILLS, VIDEOS
from sorasync.graph import address as addresses
from sorasync.graph.graph import ClipNode, Graph
from sorasync.plan.part_memo import PartMemo
from sorasync.plan.plan import Relink
from sorasync.state.record import Binding, Brief, Status


def asset_view(
    graph: Graph,
    bindings: Mapping[str, Binding],
    briefs: Mapping[str, Brief],
    objects: Container[str],
    name_of: Callable[[str], str],
) -> dict[str, Link]:
    """Every name below the asset directory, with the object it links to. Pure.

    A clip's own name links to its final render, or to the last stored render of its chain until then.
    `objects` are the file names in the store; `name_of` gives a clip's file name.
    """
    view: dict[str, Link] = {}
    for node in graph.nodes():
        stored = {address: sha for address in node.renders if (sha := _asset(address, bindings, briefs))}
        final = _final(node, stored)
        files = [_clip_file(address, sha, address == final, objects) for address, sha in stored.items()]
        view |= view_names(base_name(node, name_of), files)
    return view


def base_name(node: ClipNode, name_of: Callable[[str], str]) -> str:
    """What the names of a clip's or still's files begin with."""
    return f"stills/{node.name}" if node.kind == "still" else name_of(node.name)


def not_linked(
    graph: Graph,
    bindings: Mapping[str, Binding],
    briefs: Mapping[str, Brief],
    made_for: Mapping[str, str],
    name_of: Callable[[str], str],
    linked: PartMemo[bool],
) -> Iterator[ClipNode]:
    """The clips with several renders whose own name was not made for their final render. Pure.

    A clip with one render cannot have a wrong name while every name was made for a bound video.
    `made_for` is the digest of the video that each name was made for; `linked` remembers parts without such
    clips.
    """
    for part in graph.parts():
        if linked.recall(part):
            continue
        found = [node for node in part.several if not _is_linked(node, bindings, briefs, made_for, name_of)]
        if not found:
            linked.keep(part, True)
        yield from found


def _is_linked(
    node: ClipNode,
    bindings: Mapping[str, Binding],
    briefs: Mapping[str, Brief],
    made_for: Mapping[str, str],
    name_of: Callable[[str], str],
) -> bool:
    wanted = None if node.final is None else _asset(node.final, bindings, briefs)
    return wanted is not None and made_for.get(base_name(node, name_of) + _ENDINGS[node.kind][0]) == wanted


def stale_names(
    graph: Graph,
    nodes: Iterable[ClipNode],
    bindings: Mapping[str, Binding],
    briefs: Mapping[str, Brief],
    holds: Callable[[str], str | None],
    directory: str,
    name_of: Callable[[str], str],
) -> Iterator[tuple[Relink, str]]:
    """The clips among `nodes` whose name links to the wrong render although the right one is stored, each
    with the digest of that. Pure.

    `directory` is that of the assets, as people see it; `holds` the digest of what a name was made for, None
    for one that is to be left alone. A name that is missing counts where a clip has several renders: the
    manifests alone decide which of them it is, and no change of a plan comes with it.
    """
    for node in nodes:
        stored = {address: sha for address in node.renders if (sha := _asset(address, bindings, briefs))}
        final = _final(node, stored)
        if final is None:
            continue
        base = base_name(node, name_of)
        name = next((one for one in map(base.__add__, _ENDINGS[node.kind]) if holds(one)), None)
        name = name or base + _ENDINGS[node.kind][0]
        held = holds(name)
        if held is not None and held != stored[final] and (held or len(node.renders) > 1):
            unknown = "an earlier render" if held else None
            old = next((graph.label(address) for address, sha in stored.items() if sha == held), unknown)
            wanted = graph.keys[final]
            file = f"{directory}/{name}"
            yield Relink(node.address, name, file, old, graph.label(final), wanted), stored[final]


# The endings that the name of a clip or still may have.
_ENDINGS = {"clip": VIDEOS, "still": (".png", ".webp", ".jpg")}


def _final(node: ClipNode, stored: Container[str]) -> str | None:
    """The stored render that the clip's own name links to."""
    chain = [] if node.chosen is None else [*node.takes[node.chosen - 1 : node.chosen], *node.steps]
    return next((address for address in reversed(chain or node.takes[:1]) if address in stored), None)


def _asset(address: str, bindings: Mapping[str, Binding], briefs: Mapping[str, Brief]) -> str | None:
    binding = bindings.get(address)
    brief = briefs.get(binding.key) if binding else None
    return brief.asset if brief and brief.status is Status.STORED else None


def _clip_file(address: str, sha: str, final: bool, objects: Container[str]) -> ClipFile:
    place = addresses.parse(address)
    if place.kind == "still":
        # Before the store was looked at, any ending will do: nothing but a digest is asked for then.
        suffix = next((one for one in STILLS.values() if sha + one in objects), STILLS["png"])
        return ClipFile(take=place.take or 1, step=place.step or 0, sha256=sha, final=final, suffix=suffix)
    picture = next((suffix for suffix in (".webp", ".png", ".jpg") if sha + suffix in objects), None)
    suffix = next((one for one in VIDEOS if sha + one in objects), VIDEOS[0])
    return ClipFile(
        take=place.take or 1,
        step=place.step or 0,
        sha256=sha,
        final=final,
        picture=picture,
        suffix=suffix,
    )
