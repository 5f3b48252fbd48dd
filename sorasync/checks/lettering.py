"""Lettering in the picture that nobody asked for, as rapidocr reads it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import av

from sorasync.checks.check_result import CheckResult, Verdict, broken, passed, place
from sorasync.checks.picture import Picture
from sorasync.manifest.check_schema import TextCheckModel

# A picture takes two seconds to read: some of them have to do.
_EVERY, _MOST = 2.0, 12
_WIDEST = 1280
_SHOWN = 3
# A row of windows or a fence is read as one sign again and again: from so many signs on, that share of them.
_PATTERN, _SAME = 4, 0.75
_WORD = re.compile(r"\W+")


@dataclass(slots=True)
class TextMeter:
    """Reads a picture every two seconds, the first one after a moment."""

    settings: TextCheckModel
    _next: float = 0.5
    _looked: int = 0
    # The first place of every text.
    _found: dict[str, tuple[float, int]] = field(default_factory=dict)
    _reader: Any = None
    _missing: str | None = None

    def see(self, picture: Picture) -> None:
        """See `PictureMeter`."""
        if self._missing is not None or self._looked == _MOST or picture.time + 1e-6 < self._next:
            return
        self._looked += 1
        self._next = picture.time + _EVERY
        for text in self._read(picture.frame):
            self._found.setdefault(text, (picture.time, picture.number))

    def _read(self, frame: av.VideoFrame) -> Iterator[str]:
        if self._reader is None:
            try:
                # Loaded in the process that decodes, and only for this check: it takes seconds.
                from rapidocr import RapidOCR
            except ImportError:
                from sorasync.installed import install_command, missing_extra

                self._missing = f"{missing_extra('reading lettering', 'ocr')}: {install_command('ocr')}"
                return
            self._reader = RapidOCR(params={"Global.log_level": "critical"})
        if frame.width > _WIDEST:
            frame = frame.reformat(width=_WIDEST, height=frame.height * _WIDEST // frame.width // 2 * 2)
        read = self._reader(frame.to_ndarray(format="bgr24"))
        for text, score in zip(read.txts or (), read.scores or (), strict=True):
            if score >= self.settings.confidence and not self._is_allowed(text):
                yield text

    def _is_allowed(self, text: str) -> bool:
        """Whether a text is asked for, a part of what is, or none: too short, or one sign again and again."""
        letters = _letters(text)
        asked = map(_letters, self.settings.allow)
        return (
            _is_pattern(letters)
            or len(letters) < self.settings.letters
            or any(letters in one for one in asked)
        )

    def results(self, end: float) -> Iterator[CheckResult]:
        """See `PictureMeter`."""
        if self._missing is not None:
            yield broken("text", self._missing)
            return
        if not self._found:
            yield passed("text", f"no lettering in {self._looked} pictures", 0, 0)
            return
        at, frame = next(iter(self._found.values()))
        message = f"lettering at {place(at, frame)}: {_quoted(self._found)}"
        yield CheckResult("text", Verdict.FAILED, message, len(self._found), 0, at, at, frame)


def _letters(text: str) -> str:
    return _WORD.sub("", text).casefold()


def _is_pattern(letters: str) -> bool:
    """Whether nearly all of it is one sign; a number may have many zeros."""
    if len(letters) < _PATTERN:
        return False
    sign, count = Counter(letters).most_common(1)[0]
    return not sign.isdigit() and count >= _SAME * len(letters)


def _quoted(texts: Iterable[str]) -> str:
    shown = list(texts)
    more = f" and {len(shown) - _SHOWN} more" if len(shown) > _SHOWN else ""
    return ", ".join(f'"{text[:60]}"' for text in shown[:_SHOWN]) + more
