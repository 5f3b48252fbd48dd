"""Expands a library into its graph. Pure: file digests come in with the library."""

from __future__ import annotations

from dataclasses import dataclass, field

from sorasync.graph import address as addresses
from sorasync.graph.fit_to_profile import ProfileChecker
from sorasync.graph.graph import ClipNode, Graph
from sorasync.graph.key import canonical, digest, encoded, folded
from sorasync.graph.memo import ClipPart, Memo
from sorasync.graph.outline import standing, standing_key
from sorasync.graph.render import Kind, Render
from sorasync.manifest.diagnostic import Diagnostic, ManifestError
from sorasync.manifest.library import CharacterSpec, ClipSpec, Library, StepSpec
from sorasync.manifest.still_spec import StillSpec, StillStep
from sorasync.profile.hosts import Hosts


def expand(library: Library, hosts: Hosts, *, keys: bool = True) -> Graph:
    """The graph of everything that the library declares, for its hosts.

    A caller that only counts and checks goes without `keys`: every key is empty then. Raises `ManifestError`
    with every place that asks for more than its host has.
    """
    graph, lacks = expand_as_far(library, hosts, keys=keys)
    if lacks:
        raise ManifestError(lacks)
    return graph


def expand_as_far(library: Library, hosts: Hosts, *, keys: bool = True) -> tuple[Graph, list[Diagnostic]]:
    """The same, with what the hosts lack beside it instead of an error; nothing where they lack nothing."""
    expansion = Expansion(library, ProfileChecker(library, hosts), hosts, keys)
    for slug in sorted(library.characters, key=addresses.natural):
        expansion.add_character(library.characters[slug])
    for name in sorted(library.stills, key=addresses.natural):
        expansion.add_still(library.stills[name])
    for name in sorted(library.clips, key=addresses.natural):
        expansion.add_clip(name)
    graph = Graph(
        renders=expansion.renders, clips=expansion.clips, tags=expansion.tags, stills=expansion.stills
    )
    return graph, expansion.limits.diagnostics


@dataclass
class Expansion:
    """A graph in the making. With a `memo` clips that are as they were the last time are taken from there."""

    library: Library
    limits: ProfileChecker
    hosts: Hosts
    keys: bool = True
    memo: Memo | None = None
    renders: dict[str, Render] = field(default_factory=dict)
    clips: dict[str, ClipNode] = field(default_factory=dict)
    stills: dict[str, ClipNode] = field(default_factory=dict)
    tags: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _routes: dict[str | None, tuple[str, ...]] = field(default_factory=dict)

    def add_character(self, spec: CharacterSpec) -> None:
        """Add a character; before the clips that use it."""
        address = addresses.character(spec.slug)
        inputs, key = self._identity(kind=Kind.CHARACTER, name=spec.name, video=spec.video_sha256)
        self.limits.character(spec)
        self.renders[address] = Render(
            address=address,
            kind=Kind.CHARACTER,
            key=key,
            inputs=inputs,
            prompt=spec.name,
            file=spec.video,
            file_sha256=spec.video_sha256,
            protect=spec.protect,
            provider=self._route(spec.provider)[0],
        )
        if spec.tags:
            self.tags[address] = spec.tags

    def add_still(self, spec: StillSpec) -> None:
        """Add a still; before the clips that are made from it."""
        takes = tuple([self._add_picture(spec, take) for take in range(1, spec.takes + 1)])
        chosen = spec.chosen
        steps: list[str] = []
        if chosen is not None:
            source = takes[chosen - 1]
            for position, step in enumerate(spec.steps, 1):
                source = self._add_picture_edit(spec, step, source, chosen, position)
                steps.append(source)
        self.stills[spec.name] = ClipNode(
            name=spec.name,
            takes=takes,
            steps=tuple(steps),
            final=steps[-1] if steps else takes[(chosen or 1) - 1],
            chosen=chosen,
            waits_for=spec.address if chosen is None and spec.steps else None,
            tags=spec.tags,
            kind="still",
        )
        if spec.tags:
            self.tags[spec.address] = spec.tags

    def _add_picture(self, spec: StillSpec, take: int) -> str:
        model, size = self.limits.still(spec)
        turns = self._route(spec.provider)
        inputs, key = self._identity(
            kind=Kind.STILL,
            prompt=spec.prompt,
            private=False,
            model=model,
            **_drawn_by(spec.workflow, size),
            # In order: prompts speak of the first and the second image.
            references=[digest for _, digest in spec.references],
            params=spec.params,
            revision=spec.revision,
            take=_beyond_first(take),
        )
        address = addresses.take(spec.name, take, "still")
        self.renders[address] = Render(
            address=address,
            kind=Kind.STILL,
            key=key,
            inputs=inputs,
            prompt=spec.prompt,
            model=model,
            size=size,
            take=take,
            references=spec.references,
            params=spec.params,
            workflow=spec.workflow,
            protect=spec.protect,
            origin=spec.origin,
            provider=turns[0],
            route=turns if len(turns) > 1 else (),
        )
        return address

    def _add_picture_edit(
        self, spec: StillSpec, step: StillStep, source: str, take: int, position: int
    ) -> str:
        before = self.renders[source]
        self.limits.still_edit(spec, step)
        inputs, key = self._identity(
            kind=Kind.STILL,
            source=before.key,
            prompt=step.prompt,
            params=step.params,
            revision=step.revision,
        )
        address = addresses.step(spec.name, take, position, "still")
        self.renders[address] = Render(
            address=address,
            kind=Kind.STILL,
            key=key,
            inputs=inputs,
            prompt=step.prompt,
            model=before.model,
            size=before.size,
            take=take,
            source=source,
            params=step.params,
            protect=spec.protect,
            origin=step.origin,
            provider=before.provider,
            route=before.route,
        )
        return address

    def add_clip(self, name: str) -> None:
        """Add a clip, the clips it branches from first; no recursion, since branches may be many deep."""
        chain: list[ClipSpec] = []
        following: str | None = name
        while following is not None and following not in self.clips:
            spec = self.library.clips[following]
            chain.append(spec)
            following = spec.source
        for spec in reversed(chain):
            self.clips[spec.name] = self._add(spec) if self.memo is None else self._recalled(spec, self.memo)
            if spec.tags:
                self.tags[f"clip.{spec.name}"] = spec.tags

    def _recalled(self, spec: ClipSpec, memo: Memo) -> ClipNode:
        """The clip as it was the last time, or made afresh and remembered, unless it is faulty."""
        basis = self._basis(spec)
        part = memo.part(spec, basis)
        if part is not None:
            self.renders.update((render.address, render) for render in part.renders)
            return part.node
        faults = len(self.limits.diagnostics)
        node = self._add(spec)
        if len(self.limits.diagnostics) == faults:
            renders = tuple(self.renders[address] for address in node.renders)
            memo.keep(ClipPart(spec, basis, node, renders))
        return node

    def _basis(self, spec: ClipSpec) -> tuple[object, ...]:
        """Everything outside of a clip that decides its renders."""
        if spec.source is None:
            cast = (self.standing_key(addresses.character(slug)) for slug in spec.characters)
            return (*cast, *(standing(self.stills[name], self.standing_key) for name in spec.stills))
        source = self.clips[spec.source]
        final = self.renders[source.final] if source.final is not None else None
        return (source.waits_for, source.name, source.chosen, final)

    def standing_key(self, address: str) -> str:
        """The key of a render that is there, and its host where that is not the default."""
        return standing_key(self.renders[address].key, self.renders[address].provider)

    def _route(self, name: str | None) -> tuple[str, ...]:
        """What a render says of the hosts that a declaration chooses, in turn."""
        if name not in self._routes:
            self._routes[name] = tuple(map(self.hosts.where, self.hosts.along(name)))
        return self._routes[name]

    def _add(self, spec: ClipSpec) -> ClipNode:
        chosen = spec.pick or (1 if spec.takes == 1 else None)
        if spec.source is None:
            waits_for = self._unpicked_still(spec)
            takes = (
                tuple([self._add_create(spec, take) for take in range(1, spec.takes + 1)])
                if waits_for is None
                else ()
            )
            if waits_for is None and chosen is None and spec.steps:
                waits_for = spec.address
            rest = spec.steps
        else:
            takes, waits_for = self._add_branch(spec)
            rest = spec.steps[1:]
            if waits_for is None and chosen is None and rest:
                waits_for = spec.address
        steps: list[str] = []
        if takes and chosen is not None:
            source = takes[chosen - 1]
            first = 1 if spec.source is None else 2
            for position, step in enumerate(rest, first):
                source = self._add_step(spec, step, source, chosen, position)
                steps.append(source)
        final = steps[-1] if steps else takes[(chosen or 1) - 1] if takes else None
        return ClipNode(
            name=spec.name,
            takes=takes,
            steps=tuple(steps),
            final=final,
            chosen=chosen,
            waits_for=waits_for,
            tags=spec.tags,
        )

    def _add_branch(self, spec: ClipSpec) -> tuple[tuple[str, ...], str | None]:
        assert spec.source is not None
        source = self.clips[spec.source]
        if source.waits_for:
            return (), source.waits_for
        if source.chosen is None:
            return (), source.address
        assert source.final is not None
        takes = tuple(
            self._add_step(spec, spec.steps[0], source.final, take, 1) for take in range(1, spec.takes + 1)
        )
        return takes, None

    def _unpicked_still(self, spec: ClipSpec) -> str | None:
        """The address of the first still of the clip that nobody has picked, None if there is none."""
        nodes = (self.stills[name] for name in spec.stills)
        return next((node.address for node in nodes if node.chosen is None), None)

    def _picture(self, still: str | None, sha256: str | None) -> tuple[str | None, str | None]:
        """The render of a picked still, and what stands for its image in a key."""
        if still is None:
            return None, sha256
        final = self.stills[still].final
        assert final is not None
        return final, self.renders[final].key

    def _add_create(self, spec: ClipSpec, take: int) -> str:
        cast = tuple(map(addresses.character, spec.characters))
        turns = self._route(spec.provider)
        model, size, seconds = self.limits.create(spec, map(self.renders.__getitem__, cast))
        still, image = self._picture(spec.still, spec.image_sha256)
        last_still, last_image = self._picture(spec.last_still, spec.last_sha256)
        decides = _sized_by(spec.workflow, size, seconds)
        inputs, key = self._identity(
            kind=Kind.CREATE,
            prompt=spec.prompt or "",
            private=spec.row,
            model=model,
            **decides,
            characters=sorted([self.renders[character].key for character in cast]),
            image=image,
            last_image=last_image,
            params=spec.params,
            revision=spec.revision,
            take=_beyond_first(take),
        )
        address = addresses.take(spec.name, take)
        self.renders[address] = Render(
            address=address,
            kind=Kind.CREATE,
            key=key,
            inputs=inputs,
            prompt=spec.prompt or "",
            model=model,
            size=size,
            seconds=seconds,
            billed_seconds=seconds,
            take=take,
            characters=cast,
            file=spec.image,
            file_sha256=spec.image_sha256,
            last_file=spec.last_image,
            last_sha256=spec.last_sha256,
            still=still,
            last_still=last_still,
            params=spec.params,
            workflow=spec.workflow,
            private=spec.row,
            protect=spec.protect,
            origin=spec.origin,
            provider=turns[0],
            route=turns if len(turns) > 1 else (),
        )
        return address

    def _add_step(self, spec: ClipSpec, step: StepSpec, source: str, take: int, position: int) -> str:
        before = self.renders[source]
        kind = Kind(step.kind)
        added = self.limits.step(spec, step, before)
        branching = spec.source is not None and position == 1
        inputs, key = self._identity(
            kind=kind,
            source=before.key,
            prompt=step.prompt,
            private=spec.row,
            seconds=added,
            params=step.params,
            revision=step.revision,
            clip_revision=spec.revision if branching else 0,
            take=_beyond_first(take) if branching else None,
        )
        address = addresses.step(spec.name, take, position)
        self.renders[address] = Render(
            address=address,
            kind=kind,
            key=key,
            inputs=inputs,
            prompt=step.prompt,
            model=before.model,
            size=before.size,
            seconds=before.seconds + added,
            billed_seconds=added or before.seconds,
            take=take,
            source=source,
            params=step.params,
            private=spec.row,
            protect=spec.protect,
            extensions=before.extensions + (kind is Kind.EXTEND),
            origin=step.origin,
            provider=before.provider,
            route=before.route,
        )
        return address

    def _identity(self, *, prompt: str = "", private: bool = False, **inputs: object) -> tuple[str, str]:
        """The canonical JSON of the inputs, and its key; what is `private` is in it as a digest."""
        if not self.keys:
            return "", ""
        if private:
            inputs["prompt_sha256"], prompt = digest(folded(prompt)), ""
            params = inputs.pop("params", None)
            inputs["params_sha256"] = digest(encoded({"params": params})) if params else None
        inputs["prompt"], inputs["simulated"] = folded(prompt), self.hosts.default.simulated
        text = canonical(inputs)
        return text, digest(text)


def _sized_by(workflow: str | None, size: str, seconds: int) -> dict[str, object]:
    """What decides a result beside the prompt: size and length, as far as the workflow takes them."""
    if workflow is None:
        return {"size": size, "seconds": seconds}
    sized = any(f'{{"$bind":"{word}"' in workflow for word in ("width", "height"))
    timed = any(f'{{"$bind":"{word}"' in workflow for word in ("seconds", "frames"))
    return {"size": size if sized else "", "seconds": seconds if timed else 0, "workflow": digest(workflow)}


def _drawn_by(workflow: str | None, size: str) -> dict[str, object]:
    """The same for a still."""
    found = _sized_by(workflow, size, 0)
    del found["seconds"]
    return found


def _beyond_first(take: int) -> int | None:
    """A take as it enters a key: the first one is the default and left out."""
    return take if take > 1 else None
