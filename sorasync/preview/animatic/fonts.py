"""Which fonts write: Pillow's own for most, else those of the package manimgx-fonts, else the system's.

No package brings Chinese, Japanese and Korean, whose fonts are large: those are the system's alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from PIL import ImageFont

Font = ImageFont.FreeTypeFont

_FOLDERS = (
    "/usr/share/fonts/truetype/dejavu",
    "/usr/share/fonts/dejavu-sans-fonts",
    "/usr/share/fonts/dejavu",
    "/usr/share/fonts/TTF",
    "/usr/share/fonts/truetype/noto",
    "/usr/share/fonts/google-noto",
    "/usr/share/fonts/noto",
    "/usr/share/fonts/opentype/noto",
    "/usr/share/fonts/google-noto-cjk",
    "/usr/share/fonts/noto-cjk",
    "/usr/share/fonts/truetype/wqy",
    "/usr/share/fonts/wenquanyi/wqy-microhei",
    "/usr/share/fonts/truetype/droid",
    "/System/Library/Fonts",
    "/System/Library/Fonts/Supplemental",
    "C:/Windows/Fonts",
)
_FILES = (
    "DejaVuSans.ttf",
    "NotoSans-Regular.ttf",
    "NotoSansCJK-Regular.ttc",
    "NotoSansArabic-Regular.ttf",
    "NotoSansHebrew-Regular.ttf",
    "NotoSansDevanagari-Regular.ttf",
    "NotoSansThai-Regular.ttf",
    "wqy-microhei.ttc",
    "wqy-zenhei.ttc",
    "DroidSansFallbackFull.ttf",
    "PingFang.ttc",
    "Hiragino Sans GB.ttc",
    "AppleSDGothicNeo.ttc",
    "msyh.ttc",
    "msgothic.ttc",
    "malgun.ttf",
    "Arial Unicode.ttf",
    "arial.ttf",
)
# Of the package manimgx-fonts: they are the same on every machine.
_PACKAGED = (
    "NotoSans[wght].ttf",
    "NotoSansArabic[wght].ttf",
    "NotoSansHebrew[wght].ttf",
    "NotoSansDevanagari[wght].ttf",
    "NotoSansThai[wght].ttf",
    "NotoSansBengali[wght].ttf",
    "NotoSansTamil[wght].ttf",
    "NotoSansTelugu[wght].ttf",
    "NotoSansGeorgian[wght].ttf",
    "NotoSansArmenian[wght].ttf",
    "NotoSansEthiopic[wght].ttf",
    "NotoSansKhmer[wght].ttf",
    "NotoSansSymbols[wght].ttf",
)
_CHOSEN: ContextVar[tuple[Path, ...] | None] = ContextVar("fonts", default=None)


@lru_cache(maxsize=1)
def system_fonts() -> tuple[Path, ...]:
    """The packaged fonts, and those of the usual places that exist here, at most one of each kind."""
    found = (
        next((path for folder in _FOLDERS if (path := Path(folder, name)).is_file()), None) for name in _FILES
    )
    return (*_packaged_fonts(), *(path for path in found if path is not None))


def _packaged_fonts() -> tuple[Path, ...]:
    try:
        folder = files("manimgx_fonts")
    except ModuleNotFoundError:
        return ()
    return tuple(path for name in _PACKAGED if (path := Path(str(folder.joinpath(name)))).is_file())


@contextmanager
def extra_fonts(paths: Sequence[Path]) -> Iterator[None]:
    """Use these fonts beside Pillow's own in this context, and none of the system's."""
    token = _CHOSEN.set(tuple(paths))
    try:
        yield
    finally:
        _CHOSEN.reset(token)


def chosen_fonts() -> tuple[Path, ...]:
    """The fonts beside Pillow's own that hold now."""
    chosen = _CHOSEN.get()
    return system_fonts() if chosen is None else chosen


@lru_cache(maxsize=128)
def load(path: Path | None, size: int) -> Font | None:
    """A font at a size in pixels, Pillow's own for None; None when the file is no font."""
    try:
        found = ImageFont.load_default(size) if path is None else ImageFont.truetype(str(path), size)
    except OSError:
        return None
    if not isinstance(found, ImageFont.FreeTypeFont):
        raise RuntimeError("Pillow was built without FreeType, which the animatic needs for its text")
    return found


@lru_cache(maxsize=8192)
def has_glyph(path: Path | None, sign: str) -> bool:
    """Whether a font has a glyph of its own for a sign."""
    face = load(path, 24)
    if face is None:
        return False
    mask, missing = face.getmask(sign), face.getmask("\uffff")
    return mask.size != missing.size or bytes(mask) != bytes(missing)
