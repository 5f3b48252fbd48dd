"""The two ways a video comes to be from a prompt: drawn from nothing, or continued."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from PIL import Image, ImageOps

from sorasync.preview.animatic.camera import Framing, read_camera
from sorasync.preview.animatic.canvas import Canvas, blend, even, from_picture, to_picture
from sorasync.preview.animatic.film import Film, FilmPart
from sorasync.preview.animatic.join import put_source
from sorasync.preview.animatic.note import Note, Remembered, palette_of, read_note, write_note
from sorasync.preview.animatic.page import lay_page
from sorasync.preview.animatic.scene import BadMedia, Scene
from sorasync.preview.animatic.script import Script, read_script
from sorasync.preview.animatic.slate import title_of
from sorasync.preview.animatic.sprite import Sprite, make_sprites, unpacked
from sorasync.preview.animatic.stage import ShotLook, reading_for
from sorasync.preview.animatic.still_words import read_words
from sorasync.preview.animatic.stills import last_frame
from sorasync.preview.animatic.theme import Theme
from sorasync.preview.animatic.troupe import Troupe
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
    shape = lay_page(Theme(*size), scene.clean).picture
    script = read_script(scene.prompt)
    title = title_of(scene.label, scene.model, *size)
    look = ShotLook(
        seed=scene.prompt[:2000],
        take=title.take,
        troupe=Troupe(make_sprites(scene.characters)),
        opening=None if scene.image is None else decoded(scene.image, shape),
        clean=scene.clean,
    )
    closing = None if scene.last_image is None else from_picture(decoded(scene.last_image, shape))
    film = Film(script, title, look, FilmPart(0, frames), size)
    note = _note(script, look, film, scene)
    with writing(out, *size, write_note(note), note.spoken) as writer:
        _shoot(film, writer, Meter(progress, frames), closing=closing)


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
        first=known.shots,
        place=known.place,
        framing=framing,
        troupe=Troupe(make_sprites(scene.characters) or _remembered(known), known.stage, known.people),
        clean=known.clean,
    )
    film = Film(script, title, look, FilmPart(before, frames, known.marks), size)
    note = _note(script, look, film, scene)
    written = (*known.written, *(box for box in note.written if box not in known.written))
    note = replace(
        note,
        shots=known.shots + len(script.shots),
        edits=known.edits,
        written=written,
        spoken=(*known.spoken, *note.spoken),
    )
    meter = Meter(progress, before + frames)
    with writing(out, *size, write_note(note), note.spoken) as writer:
        put_source(source, writer, size, before, meter.step)
        _shoot(film, writer, meter, opening=last)


def _remembered(known: Note) -> tuple[Sprite, ...]:
    """The characters of a source, as far as their stills can be read."""
    found = []
    for one in known.cast:
        with suppress(ValueError):
            found.append(unpacked(one.name, one.still, one.card))
    return tuple(found)


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
    film: Film, writer: Writer, meter: Meter, opening: Canvas | None = None, closing: Canvas | None = None
) -> None:
    """Write a film's frames; the first ones come out of the whole frame `opening`, in the last ones the
    picture turns into `closing`."""
    last = film.count - 1
    for number, canvas in enumerate(film.frames()):
        if opening is not None and number < _CROSSFADE:
            blend(canvas, opening, _eased(1 - number / _CROSSFADE))
        if closing is not None and last - number < _DISSOLVE:
            blend(canvas.part(0, 0, *film.picture_size), closing, _eased(1 - (last - number) / _DISSOLVE))
        writer.put(canvas)
        meter.step()


def _eased(share: float) -> float:
    return share * share * (3 - 2 * share)


def decoded(image: Path, size: tuple[int, int]) -> Image.Image:
    """An image, filling the whole picture, without the words of edits that were written on it here.

    `BadMedia` when it cannot be decoded.
    """
    try:
        with Image.open(image) as picture:
            words = read_words(picture)
            whole = words.bare(ImageOps.exif_transpose(picture).convert("RGB"))
            return ImageOps.fit(whole, size) if whole.size != size else whole
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise BadMedia(f"{image.name}: cannot be decoded as an image ({error})") from error


def _continued(script: Script, known: Note) -> Script:
    """The script in its source's colours and style, where it names none of its own."""
    shots = tuple(
        replace(
            shot,
            palette=shot.palette if script.named else known.palette,
            graded=shot.graded or (known.graded and not script.named),
            lighting=shot.lighting or known.lighting,
            focus=shot.focus or known.focus,
        )
        for shot in script.shots
    )
    return replace(script, shots=shots, style=script.style or known.style)


def _note(script: Script, look: ShotLook, film: Film, scene: Scene) -> Note:
    last = len(script.shots) - 1
    shot = script.shots[last]
    reading = reading_for(script, last, look)
    framing = read_camera(shot.camera).framing or look.framing
    return Note(
        palette=shot.palette,
        graded=shot.graded,
        place=reading.place.name if reading.place is not None else "",
        seed=look.seed,
        take=look.take,
        shots=look.first + len(script.shots),
        people=sum(one.count for one in reading.entities if one.kind == "person"),
        style=script.style[:200],
        lighting=shot.lighting[:200],
        focus=shot.focus[:200],
        model=scene.model,
        label=scene.label or "",
        framing=framing.name if framing is not None else "",
        marks=film.marks,
        cast=tuple(Remembered(one.name, one.still, one.card) for one in look.troupe.cast),
        stage=tuple(one.label for one in reading.entities if one.kind == "cast"),
        written=film.text_boxes,
        slate=film.slate_box,
        clean=look.clean,
        spoken=film.lines,
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
