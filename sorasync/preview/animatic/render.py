"""The two ways a video comes to be from a prompt: drawn from nothing, or continued."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from PIL import Image, ImageOps

from sorasync.preview.animatic.camera import Framing, read_camera
from sorasync.preview.animatic.canvas import Canvas, even, from_picture, to_picture
from sorasync.preview.animatic.casting import Troupe, on_stage
from sorasync.preview.animatic.film import Film, FilmPart
from sorasync.preview.animatic.join import put_source
from sorasync.preview.animatic.note import Box, Note, Remembered, palette_of, read_note, write_note
from sorasync.preview.animatic.scene import BadMedia, Scene
from sorasync.preview.animatic.script import Script, read_script
from sorasync.preview.animatic.slate import title_of
from sorasync.preview.animatic.sprite import Sprite, make_sprites, unpacked
from sorasync.preview.animatic.stage import ShotLook, place_for
from sorasync.preview.animatic.stills import last_frame
from sorasync.preview.animatic.video import FPS, Writer, probe, writing

Progress = Callable[[int], None]

_DISSOLVE = 10
_CROSSFADE = 5


def draw(scene: Scene, out: Path, progress: Progress | None = None) -> None:
    """Draw a scene as an MP4 of exactly `scene.seconds`; `progress` hears 0 to 100, never falling.

    `out` appears only when it is complete. `BadMedia` when the image or a character's clip cannot be decoded,
    `ValueError` for a length below one second.
    """
    frames = _frames(scene)
    size = even(scene.width), even(scene.height)
    opening = None if scene.image is None else opening_of(scene.image, size)
    closing = None if scene.last_image is None else opening_of(scene.last_image, size)
    script = read_script(scene.prompt)
    title = title_of(scene.label, scene.model, *size)
    look = ShotLook(seed=scene.prompt[:2000], take=title.take, troupe=Troupe(make_sprites(scene.characters)))
    film = Film(script, title, look, FilmPart(0, frames), size)
    note = _note(script, look, film, scene)
    with writing(out, *size, write_note(note)) as writer:
        _shoot(film, writer, opening, _DISSOLVE, Meter(progress, frames), closing)


def extend(source: Path, scene: Scene, out: Path, progress: Progress | None = None) -> None:
    """Write the source's frames and then `scene.seconds` more, as one MP4 of the source's size.

    Palette, place and composition continue from the source unless the prompt names its own. Packets of a
    source that was drawn here are copied; any other source is decoded and encoded again.
    `BadMedia` when the source cannot be decoded, `ValueError` for a length below one second.
    """
    frames = _frames(scene)
    facts = probe(source)
    size = even(facts.width), even(facts.height)
    before = max(1, round(facts.seconds * FPS))
    last = last_frame(source, *size)
    known = read_note(source) or _foreign_note(last, scene)
    script = _continued(read_script(scene.prompt), known)
    title = title_of(scene.label or known.label, scene.model or known.model, *size)
    framing = Framing.__members__.get(known.framing)
    look = ShotLook(
        seed=known.seed,
        take=known.take,
        first=max(0, known.shots - 1),
        place=known.place,
        framing=framing,
        troupe=Troupe(make_sprites(scene.characters) or _remembered(known), known.stage, known.people),
    )
    film = Film(script, title, look, FilmPart(before, frames, known.marks), size)
    note = _note(script, look, film, scene)
    written = (*known.written, *(box for box in note.written if box not in known.written))
    note = replace(
        note, shots=known.shots, edits=known.edits, written=written, slate=_around(known.slate, note.slate)
    )
    meter = Meter(progress, before + frames)
    with writing(out, *size, write_note(note)) as writer:
        put_source(source, writer, size, before, meter.step)
        _shoot(film, writer, last, _CROSSFADE, meter)


def _remembered(known: Note) -> tuple[Sprite, ...]:
    """The characters of a source, as far as their stills can be read."""
    found = []
    for one in known.cast:
        with suppress(ValueError):
            found.append(unpacked(one.name, one.still, one.card))
    return tuple(found)


def _around(first: Box, second: Box) -> Box:
    """The second box, made wide and high enough to cover the first, which has the same corner."""
    return second[0], second[1], max(first[2], second[2]), max(first[3], second[3])


class Meter:
    """Turns finished frames into whole per cent, told once each."""

    def __init__(self, progress: Progress | None, total: int) -> None:
        self._progress, self._total = progress, total
        self._done, self._told = 0, -1
        self._tell()

    def step(self) -> None:
        """One more frame is written."""
        self._done += 1
        self._tell()

    def _tell(self) -> None:
        now = min(100, 100 * self._done // self._total)
        if self._progress is not None and now > self._told:
            self._told = now
            self._progress(now)


def _frames(scene: Scene) -> int:
    if scene.seconds < 1:
        raise ValueError(f"a scene must last at least one second, not {scene.seconds}")
    return scene.seconds * FPS


def _shoot(
    film: Film,
    writer: Writer,
    opening: Canvas | None,
    fade: int,
    meter: Meter,
    closing: Canvas | None = None,
) -> None:
    """Write a film's frames; the first ones come out of the `opening` picture, the last end in `closing`."""
    last = film.count - 1
    for number, canvas in enumerate(film.frames()):
        for picture, away in ((opening, number), (closing, last - number)):
            if picture is not None and away < fade:
                share = 1 - away / fade
                canvas.blend(picture, share * share * (3 - 2 * share))
        writer.put(canvas)
        meter.step()


def opening_of(image: Path, size: tuple[int, int]) -> Canvas:
    """An image, filling the whole frame. `BadMedia` when it cannot be decoded."""
    try:
        with Image.open(image) as picture:
            whole = ImageOps.exif_transpose(picture).convert("RGB")
            return from_picture(ImageOps.fit(whole, size) if whole.size != size else whole)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise BadMedia(f"{image.name}: cannot be decoded as an image ({error})") from error


def _continued(script: Script, known: Note) -> Script:
    """The script in its source's colours and style, where it names none of its own."""
    shots = tuple(
        replace(
            shot,
            palette=shot.palette if script.named else known.palette,
            lighting=shot.lighting or known.lighting,
            focus=shot.focus or known.focus,
        )
        for shot in script.shots
    )
    return replace(script, shots=shots, style=script.style or known.style)


def _note(script: Script, look: ShotLook, film: Film, scene: Scene) -> Note:
    last = len(script.shots) - 1
    shot = script.shots[last]
    framing = read_camera(shot.camera).framing or look.framing or Framing.MEDIUM
    company = on_stage(shot, script.scene, look.troupe, framing)
    return Note(
        palette=shot.palette,
        place=place_for(script, last, look),
        seed=look.seed,
        take=look.take,
        shots=look.first + len(script.shots),
        people=company.others,
        style=script.style[:200],
        lighting=shot.lighting[:200],
        focus=shot.focus[:200],
        model=scene.model,
        label=scene.label or "",
        framing=framing.name,
        marks=film.marks,
        cast=tuple(Remembered(one.name, one.still, one.card) for one in look.troupe.cast),
        stage=tuple(one.name for one in company.sprites),
        written=(film.slate_box, film.clock_box, film.panel_box),
        slate=film.slate_box,
    )


def _foreign_note(last: Canvas, scene: Scene) -> Note:
    """What is known about a source that was not drawn here: its colours."""
    palette = palette_of(to_picture(last))
    return Note(
        palette=palette,
        place="",
        seed=scene.prompt[:2000],
        take=1,
        shots=1,
        people=0,
        style="",
        lighting="",
        focus="",
        model=scene.model,
        label="",
        framing="",
    )
