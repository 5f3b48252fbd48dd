"""What one manifest brings into the graph, in columns: enough to tell what changed without making a render.

An outline follows from the manifest's text, from the other files that were read for it, and from what it
stands on in other manifests. All three are kept with it, as values that can be compared.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sorasync.graph.graph import ClipNode
from sorasync.manifest.prompt_words import DIGEST, NOTHING

# What a branch takes from the clip that it starts from, and a clip from a still; the key decides length,
# size and model, and the host stands beside it.
Standing = tuple[str | None, int | None, str | None, str | None]


def standing_key(key: str, provider: str) -> str:
    """A key with the host of its render, where that is not the library's default."""
    return f"{key} at {provider}" if provider else key


def standing(node: ClipNode, key_of: Callable[[str], str]) -> Standing:
    """What a branch off that clip takes from it."""
    return node.waits_for, node.chosen, node.final, None if node.final is None else key_of(node.final)


@dataclass(slots=True)
class Outline:
    """One manifest without faults, as it was last expanded.

    `digest` is that of its text, `asked` what else was read for it with the answers. `slugs` are its clips
    as declared, `names` as expanded, `branches` those that start from another clip, by name. `addresses` and
    `keys` are its renders, clip by clip. `picked`, `cast`, `sources` and `pictures` are what it takes from
    elsewhere: picks of `[picks]` tables, keys of characters, clips of other manifests, and stills. `stills`
    are its own as declared, which are few: their renders are made every time.
    """

    file: str
    digest: str
    asked: tuple[tuple[tuple[str, ...], str], ...]
    slugs: tuple[str, ...]
    characters: tuple[tuple[Any, ...], ...]
    picks: tuple[tuple[str, int, tuple[str | int, ...]], ...]
    remark: bool
    names: tuple[str, ...]
    addresses: tuple[str, ...]
    keys: tuple[str, ...]
    sending: tuple[str, ...]
    models: dict[str | None, str]
    branches: dict[str, str]
    picked: dict[str, int]
    cast: dict[str, str]
    sources: dict[str, Standing]
    several: bool
    waiting: bool
    # The names of its cuts: few, and read afresh every time.
    cuts: tuple[str, ...]
    stills: tuple[dict[str, Any], ...]
    pictures: dict[str, Standing]
    # The hosts of its renders by address, where that is not the library's default.
    providers: dict[str, str]
    rows: str
    # The vocabularies of its clips' prompts in a row, see `sorasync.manifest.prompt_words`.
    said: str
    # Its clips by name, once they were read from `rows`, or made.
    made: dict[str, ClipNode] | None = field(default=None, compare=False, repr=False)

    def standing(self, name: str) -> Standing:
        """What a branch off that clip takes from it."""
        return standing(self.nodes[name], self._standing_key)

    def _standing_key(self, address: str) -> str:
        return standing_key(self.keys[self.addresses.index(address)], self.providers.get(address, ""))

    @property
    def nodes(self) -> dict[str, ClipNode]:
        """Its clips by name."""
        if self.made is None:
            self.made = {node.name: node for node in self._read(least=0)}
        return self.made

    def several_renders(self) -> Iterator[ClipNode]:
        """Its clips with more than one render, without making the others."""
        if self.several:
            made = self._read(least=2) if self.made is None else self.made.values()
            yield from (node for node in made if len(node.renders) > 1)

    def _read(self, least: int) -> Iterator[ClipNode]:
        """Its clips with at least this many renders."""
        at = 0
        for name, row in zip(self.names, json.loads(self.rows), strict=True):
            takes, steps, chosen, waits_for, tags = row
            first, at = at, at + takes + steps
            if at - first >= least:
                yield node_of(name, self.addresses[first:at], takes, chosen, waits_for, tuple(tags))

    def vocabularies(self) -> Iterator[tuple[str, str]]:
        """The vocabularies of its clips' prompts by name, without clips that are never compared."""
        starts = range(0, len(self.said), DIGEST)
        for name, start in zip(self.names, starts, strict=True):
            if (said := self.said[start : start + DIGEST]) != NOTHING:
                yield name, said

    def text(self) -> str:
        """The outline as one line: the columns, and after tabs what a plan without changes does not read."""
        columns = [
            self.file,
            self.digest,
            self.asked,
            self.slugs,
            self.characters,
            self.picks,
            self.remark,
            self.names,
            self.addresses,
            self.keys,
            self.sending,
            list(self.models.items()),
            self.branches,
            self.picked,
            self.cast,
            self.sources,
            self.several,
            self.waiting,
            self.cuts,
            self.stills,
            self.pictures,
            self.providers,
        ]
        return f"{json.dumps(columns, separators=(',', ':'))}\t{self.rows}\t{self.said}"

    @classmethod
    def of_text(cls, line: str) -> Outline:
        """Read an outline back. Raises `ValueError` for what is none."""
        try:
            columns, rows, said = line.split("\t")
            (
                file,
                digest,
                asked,
                slugs,
                characters,
                picks,
                remark,
                names,
                addresses,
                keys,
                sending,
                models,
                branches,
                picked,
                cast,
                sources,
                several,
                waiting,
                cuts,
                stills,
                pictures,
                providers,
            ) = json.loads(columns)
            return cls(
                file=file,
                digest=digest,
                asked=tuple((tuple(question), answer) for question, answer in asked),
                slugs=tuple(slugs),
                characters=tuple(map(tuple, characters)),
                picks=tuple((name, take, tuple(path)) for name, take, path in picks),
                remark=remark,
                names=tuple(names),
                addresses=tuple(addresses),
                keys=tuple(keys),
                sending=tuple(sending),
                models=dict(models),
                branches=branches,
                picked=picked,
                cast=cast,
                sources={name: tuple(stood) for name, stood in sources.items()},
                several=several,
                waiting=waiting,
                cuts=tuple(cuts),
                stills=tuple(stills),
                pictures={name: tuple(stood) for name, stood in pictures.items()},
                providers=providers,
                rows=rows,
                said=said,
            )
        except (TypeError, AttributeError) as error:
            raise ValueError("not an outline") from error


def node_of(
    name: str,
    renders: tuple[str, ...],
    takes: int,
    chosen: int | None,
    waits_for: str | None,
    tags: tuple[str, ...],
) -> ClipNode:
    """A clip from the addresses of its renders, the first ones being its takes."""
    first, steps = renders[:takes], renders[takes:]
    final = steps[-1] if steps else first[(chosen or 1) - 1] if first else None
    return ClipNode(name, first, steps, final, chosen, waits_for, tags)


def rows_of(nodes: Iterable[ClipNode]) -> str:
    """What `Outline.nodes` reads."""
    rows = [[len(n.takes), len(n.steps), n.chosen, n.waits_for, n.tags] for n in nodes]
    return json.dumps(rows, separators=(",", ":"))
