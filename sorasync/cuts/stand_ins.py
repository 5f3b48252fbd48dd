"""Animatics for renders that are not here: drawn on this machine, free, and kept by what they show."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from sorasync.graph.graph import Graph
from sorasync.graph.render import Kind, Render


@dataclass(slots=True)
class StandIns:
    """Draws animatics into `directory`, `clean` ones without text. `real` gives the video of a render that is
    here.

    `version` is that of the drawing: another one draws afresh.
    """

    version: str
    root: Path
    directory: Path
    graph: Graph
    real: Callable[[Render], Path | None]
    progress: Callable[[str, float], None]
    clean: bool = False
    _drawn: dict[str, Path] = field(default_factory=dict)

    def of(self, render: Render) -> Path:
        """The animatic of a render; what it continues or changes is its real source where that is here."""
        if render.kind is Kind.STILL:
            return self._drawn_still(render)
        found = self._drawn.get(render.key)
        if found is None:
            name = hashlib.sha256(
                f"{self._drawing} {render.key} {self._source_key(render)}{self._image_key(render)}".encode()
            ).hexdigest()
            found = self._drawn[render.key] = self.directory / f"{name}.mp4"
            if not found.exists():
                self._draw(render, found)
        return found

    @property
    def _drawing(self) -> str:
        """What decides how things are drawn, besides the render."""
        return f"{self.version} clean" if self.clean else self.version

    def _source_key(self, render: Render) -> str:
        source = self._source(render)
        return source.name if source is not None else ""

    def _image_key(self, render: Render) -> str:
        image = self._image(render)
        return f" {image.name}" if image is not None and render.still is not None else ""

    def _image(self, render: Render) -> Path | None:
        """The first frame of a clip: a file, or a still, drawn if need be."""
        if render.still is not None:
            still = self.graph.renders[render.still]
            return self.real(still) or self._drawn_still(still)
        return self.root / render.file if render.file and render.kind is Kind.CREATE else None

    def _drawn_still(self, render: Render) -> Path:
        from sorasync.durable import write_atomic
        from sorasync.preview.animatic import Scene, still

        name = hashlib.sha256(f"{self._drawing} {render.key}".encode()).hexdigest()
        found = self.directory / f"{name}.png"
        if not found.exists():
            before = None if render.source is None else self.graph.renders[render.source]
            image = None if before is None else self.real(before) or self._drawn_still(before)
            width, height = map(int, render.size.split("x"))
            label = self.graph.label(render.address)
            scene = Scene(
                render.prompt, render.model, width, height, 1, image=image, label=label, clean=self.clean
            )
            found.parent.mkdir(parents=True, exist_ok=True)
            write_atomic(found, still(scene))
        return found

    def _source(self, render: Render) -> Path | None:
        if render.source is None:
            return None
        source = self.graph.renders[render.source]
        return self.real(source) or self.of(source)

    def _draw(self, render: Render, out: Path) -> None:
        from sorasync.preview.drawing import DrawingJob, carry_out

        root = self._root_of(render)
        width, height = map(int, root.size.split("x")) if root.size else (1280, 720)
        seconds = render.billed_seconds if render.kind is Kind.EXTEND else render.seconds
        cast = (self.graph.renders[address] for address in render.characters)
        job = DrawingJob(
            kind=render.kind.value,
            prompt=render.prompt,
            model=root.model,
            width=width,
            height=height,
            seconds=max(1, seconds),
            out=out,
            part=out.with_name(f"{secrets.token_hex(6)}.part.mp4"),
            label=self.graph.label(render.address),
            cast=tuple((one.prompt, self.root / one.file) for one in cast if one.file),
            image=self._image(render),
            source=self._source(render),
            clean=self.clean,
        )
        label = self.graph.label(render.address)
        carry_out(job, lambda done: self.progress(label, done / 100))

    def _root_of(self, render: Render) -> Render:
        while render.source is not None:
            render = self.graph.renders[render.source]
        return render
