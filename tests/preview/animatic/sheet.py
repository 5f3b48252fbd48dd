"""Draws many prompts as one picture, to be looked at: no frame may contradict its words.

python -m tests.preview.animatic.sheet OUT.png
"""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image, ImageDraw

from sorasync.preview.animatic.canvas import blank, to_picture
from sorasync.preview.animatic.script import read_script
from sorasync.preview.animatic.stage import ShotLook, build
from sorasync.preview.animatic.text import font, wrap, write

_COLUMNS = 6
_SIZE, _UPRIGHT = (384, 216), (122, 216)
_CAPTION = 40
_FRAMES = 97
# Every tenth prompt is drawn upright as well.
_UPRIGHT_EVERY = 10


def main(out: Path) -> None:
    """Draw the sheet of `sheet_prompts.txt`: each prompt at two thirds of its shot, over its words."""
    prompts = Path(__file__).with_name("sheet_prompts.txt").read_text(encoding="utf-8").splitlines()
    face = font(14)
    wide, high = _SIZE[0] + 8, _SIZE[1] + _CAPTION
    sheet = Image.new("RGB", (_COLUMNS * wide, -(-len(prompts) // _COLUMNS) * high), (20, 20, 24))
    draw = ImageDraw.Draw(sheet)
    for number, prompt in enumerate(prompts):
        left, top = number % _COLUMNS * wide, number // _COLUMNS * high
        if number % _UPRIGHT_EVERY == _UPRIGHT_EVERY - 1:
            sheet.paste(_frame(prompt, _UPRIGHT), (left + (_SIZE[0] - _UPRIGHT[0]) // 2, top))
        else:
            sheet.paste(_frame(prompt, _SIZE), (left, top))
        for row, line in enumerate(wrap(f"{number + 1} {prompt}", face, _SIZE[0], 2)):
            write(draw, (left + 2, top + _SIZE[1] + 2 + row * 17), line, face, (235, 235, 235, 255))
    sheet.save(out)


def _frame(prompt: str, size: tuple[int, int]) -> Image.Image:
    canvas = blank(*size)
    stage = build(read_script(prompt), 0, ShotLook(prompt, 1), size, font(12))
    stage.film(canvas, _FRAMES * 2 // 3, _FRAMES, 12)
    return to_picture(canvas)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
