"""A still: one frame of the first shot, or a given image with the words of an edit on it."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image, PngImagePlugin

from sorasync.preview.animatic.canvas import Canvas, blank, even, from_picture, to_picture
from sorasync.preview.animatic.grade import read_grade
from sorasync.preview.animatic.patch import lay
from sorasync.preview.animatic.render import decoded
from sorasync.preview.animatic.ribbon import draw_ribbon, ribbon_top
from sorasync.preview.animatic.scene import Scene
from sorasync.preview.animatic.script import read_script
from sorasync.preview.animatic.slate import title_of
from sorasync.preview.animatic.stage import ShotLook, build
from sorasync.preview.animatic.theme import Theme
from sorasync.preview.animatic.video import FPS

# Where the edits of earlier pictures are counted, in a PNG.
_EDITS = "sorasync-edits"
_FORMS = {"png": "PNG", "webp": "WEBP", "jpeg": "JPEG"}


def still(scene: Scene, form: str = "png") -> bytes:
    """The picture of a scene as PNG, WebP or JPEG. With `scene.image` its prompt changes that image.

    `BadMedia` when the image cannot be decoded.
    """
    size = even(scene.width), even(scene.height)
    edits = 0
    if scene.image is None:
        canvas = _drawn(scene, size)
    else:
        edits = _edits_of(scene.image) + 1
        canvas = _changed(scene, size, scene.image, edits)
    picture = to_picture(canvas)
    if picture.size != (scene.width, scene.height):
        picture = picture.resize((scene.width, scene.height))
    return _packed(picture, form, edits)


def _drawn(scene: Scene, size: tuple[int, int]) -> Canvas:
    script = read_script(scene.prompt)
    title = title_of(scene.label, scene.model, *size)
    look = ShotLook(seed=scene.prompt[:2000], take=title.take, clean=scene.clean)
    canvas = blank(*size)
    build(script, 0, look, size, Theme(*size).face(20)).film(canvas, 0, 1, FPS)
    return canvas


def _changed(scene: Scene, size: tuple[int, int], image: Path, number: int) -> Canvas:
    canvas = from_picture(decoded(image, size))
    grade, theme = read_grade(scene.prompt), Theme(*size)
    grade.apply(canvas)
    lay(canvas, draw_ribbon(theme, scene.prompt, number, grade.colours), 0, ribbon_top(theme, number))
    return canvas


def _edits_of(image: Path) -> int:
    """How many edits a picture that was drawn here has behind it."""
    with Image.open(image) as picture:
        said = str(getattr(picture, "text", {}).get(_EDITS, ""))
    return int(said) if said.isascii() and said.isdecimal() and len(said) < 4 else 0


def _packed(picture: Image.Image, form: str, edits: int) -> bytes:
    memory = io.BytesIO()
    if form == "png":
        words = PngImagePlugin.PngInfo()
        words.add_text(_EDITS, str(edits))
        picture.save(memory, "PNG", pnginfo=words, compress_level=3)
    else:
        picture.save(memory, _FORMS[form], quality=90)
    return memory.getvalue()
