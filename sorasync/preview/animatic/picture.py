"""A still: one frame of the first shot, or a given image with the words of an edit on it."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image

from sorasync.preview.animatic.canvas import Canvas, blank, even, from_picture, to_picture
from sorasync.preview.animatic.grade import read_grade
from sorasync.preview.animatic.patch import lay
from sorasync.preview.animatic.render import decoded
from sorasync.preview.animatic.ribbon import draw_ribbon, ribbon_top
from sorasync.preview.animatic.scene import Scene
from sorasync.preview.animatic.script import read_script
from sorasync.preview.animatic.slate import title_of
from sorasync.preview.animatic.stage import ShotLook, build
from sorasync.preview.animatic.still_words import StillWords, read_words
from sorasync.preview.animatic.theme import Theme
from sorasync.preview.animatic.video import FPS

_FORMS = {"webp": "WEBP", "jpeg": "JPEG"}
# There is room for so many ribbons, one below the other.
_SHOWN = 5
# As far as a lossy format blurs the edge of a ribbon.
_RIM = 8


def still(scene: Scene, form: str = "png") -> bytes:
    """The picture of a scene as PNG, WebP or JPEG. With `scene.image` its prompt changes that image.

    `BadMedia` when the image cannot be decoded.
    """
    size = even(scene.width), even(scene.height)
    words = StillWords()
    if scene.image is None:
        picture = to_picture(_drawn(scene, size))
    else:
        picture, words = _changed(scene, size, scene.image)
    if picture.size != (scene.width, scene.height):
        picture, words = picture.resize((scene.width, scene.height)), StillWords(edits=words.edits)
    return _packed(picture, form, words)


def _drawn(scene: Scene, size: tuple[int, int]) -> Canvas:
    script = read_script(scene.prompt)
    title = title_of(scene.label, scene.model, *size)
    look = ShotLook(seed=scene.prompt[:2000], take=title.take, clean=scene.clean)
    canvas = blank(*size)
    build(script, 0, look, size, Theme(*size).face(20)).film(canvas, 0, 1, FPS)
    return canvas


def _changed(scene: Scene, size: tuple[int, int], image: Path) -> tuple[Image.Image, StillWords]:
    """The image as its edit changes it, under the words of all edits, and what these cover."""
    before = words_on(image)
    canvas = from_picture(decoded(image, size))
    read_grade(scene.prompt).apply(canvas)
    edits = (*before.edits, scene.prompt)
    picture = to_picture(canvas)
    if scene.clean:
        return picture, StillWords(size, edits)
    covered = []
    theme = Theme(*size)
    for number, prompt in list(enumerate(edits, 1))[-_SHOWN:]:
        ribbon = draw_ribbon(theme, prompt, number, read_grade(prompt).colours)
        top = ribbon_top(theme, number) // 2 * 2
        above, below = max(0, top - _RIM), min(size[1], top + ribbon.height + _RIM)
        if below > above:
            wide = min(size[0], ribbon.width + _RIM)
            covered.append(((0, above, wide, below - above), picture.crop((0, above, wide, below))))
            lay(canvas, ribbon, 0, top)
            picture = to_picture(canvas)
    return picture, StillWords(size, edits, tuple(covered))


def words_on(image: Path) -> StillWords:
    """The words of edits on an image; none where it was not drawn here."""
    with Image.open(image) as picture:
        return read_words(picture)


def _packed(picture: Image.Image, form: str, words: StillWords) -> bytes:
    memory = io.BytesIO()
    kept = {"exif": words.exif()} if words.edits else {}
    if form == "png":
        picture.save(memory, "PNG", compress_level=3, **kept)
    else:
        picture.save(memory, _FORMS[form], quality=90, **kept)
    return memory.getvalue()
