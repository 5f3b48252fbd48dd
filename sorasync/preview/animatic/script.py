"""Parses a prompt into style, scene and shots.

A storyboard's text has blocks separated by blank lines; a block that opens with `Shot N` is a shot, with
`Camera:`, `Depth of field:`, `Action:` (a list), `Lighting:`, `Palette:`, `Sound:` and `Dialogue:` (a list of
`- Speaker: "line"`). Anything else is read as well as it can be and never refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from sorasync.preview.animatic import prose
from sorasync.preview.animatic.colours import Swatch, colours_in, palette_of_names, swatch
from sorasync.preview.animatic.moods import palette_for

_LONGEST = 40_000
_MOST_SHOTS = 400
_SHOT = re.compile(r"^\W{0,4}shot\s*#?\s*\d+\b[\s:.\-]*(.*)$", re.IGNORECASE)
_FIELD = re.compile(r"^([A-Za-z][A-Za-z +/&-]{1,30}?)\s*:\s*(.*)$")
_BULLET = re.compile(r"^\s*(?:[-*]|\d+[.)])\s+(.*)$")
_NAMES = {
    "camera": "camera",
    "camera shot": "camera",
    "cinematography": "camera",
    "framing": "camera",
    "depth of field": "focus",
    "depth": "focus",
    "lens": "focus",
    "action": "beats",
    "actions": "beats",
    "beats": "beats",
    "lighting": "lighting",
    "light": "lighting",
    "mood": "lighting",
    "palette": "palette",
    "palette anchors": "palette",
    "colors": "palette",
    "colours": "palette",
    "sound": "sound",
    "background sound": "sound",
    "audio": "sound",
    "dialogue": "lines",
    "dialog": "lines",
    "style": "style",
    "seconds": "seconds",
    "characters": "characters",
}


@dataclass(frozen=True, slots=True)
class SpokenLine:
    """A spoken line; the speaker may be empty."""

    speaker: str
    text: str


@dataclass(frozen=True, slots=True)
class Shot:
    """One camera set-up: what is seen in turn (`beats`), how, and what is heard.

    `seconds` is the length asked for, 0 if none is; `characters` are those that it names as its own. `graded`
    says that the palette was asked for as one, and is no more than some colours of things.
    """

    camera: str = ""
    focus: str = ""
    beats: tuple[str, ...] = ()
    lighting: str = ""
    palette: tuple[Swatch, ...] = ()
    sound: str = ""
    lines: tuple[SpokenLine, ...] = ()
    seconds: float = 0.0
    characters: tuple[str, ...] = ()
    graded: bool = False


@dataclass(frozen=True, slots=True)
class Script:
    """A whole prompt; it always has a shot, and every shot has a palette.

    `named` holds the colours that the prompt itself names, none if all palettes were chosen for it.
    """

    style: str
    scene: str
    shots: tuple[Shot, ...]
    named: tuple[Swatch, ...]


@dataclass(slots=True)
class _Draft:
    """A shot while its lines are read: field name to the lines under it."""

    fields: dict[str, list[str]] = field(default_factory=dict)
    open: str = "beats"
    ended: bool = True

    def add(self, name: str, text: str) -> None:
        """Keep a line under a field, unless it is empty."""
        if text.strip():
            self.fields.setdefault(name, []).append(" ".join(text.split()))
            self.ended = False

    def carry_on(self, name: str, text: str) -> None:
        """Keep a line that may be the rest of the one before it: then it begins with a small letter."""
        before = self.fields.get(name)
        if before and not self.ended and text.strip()[:1].islower() and before[-1][-1] not in ".!?":
            before[-1] = f"{before[-1]} {' '.join(text.split())}"
        else:
            self.add(name, text)


def read_script(prompt: str) -> Script:
    """Take a prompt apart; a prompt without shots becomes shots by its own sentences."""
    text = prompt[:_LONGEST].replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n")
    if not any(_SHOT.match(line) for line in lines):
        return _from_prose(text)
    style, scene, drafts = _split(lines)
    shots = tuple(_shot_of_draft(draft) for draft in drafts[:_MOST_SHOTS])
    named = tuple(dict.fromkeys(colour for shot in shots for colour in shot.palette))
    general = colours_in(f"{style} {scene}") or palette_for(f"{style} {scene}")
    filled = tuple(
        shot if shot.palette else replace(shot, palette=_own_palette(shot, general)) for shot in shots
    )
    return Script(style, scene, filled, named)


def _own_palette(shot: Shot, general: tuple[Swatch, ...]) -> tuple[Swatch, ...]:
    found = colours_in(f"{shot.lighting} {' '.join(shot.beats)}")
    return found if len(found) > 1 else general


def _split(lines: list[str]) -> tuple[str, str, list[_Draft]]:
    """The style, the scene's text, and a draft for each shot, in the order they stand."""
    head = _Draft(open="scene")
    drafts: list[_Draft] = []
    current = head
    for line in lines:
        heading = _SHOT.match(line)
        if heading:
            current = _Draft()
            drafts.append(current)
            current.add("beats", heading.group(1).strip("*_# "))
            current.ended = True
        else:
            _take(current, line)
    style = " ".join(head.fields.pop("style", []))
    scene = " ".join(text for texts in head.fields.values() for text in texts)
    return style, scene, drafts


def _take(draft: _Draft, line: str) -> None:
    """Put one line under the field it belongs to; an empty line ends the style."""
    if not line.strip():
        draft.ended = True
        draft.open = "scene" if draft.open == "style" else draft.open
    bullet = _BULLET.match(line)
    if bullet:
        draft.add(draft.open, bullet.group(1))
        return
    opening = _FIELD.match(line.strip())
    name = _NAMES.get(opening.group(1).strip().lower()) if opening else None
    if opening and name:
        draft.open = name
        draft.add(name, opening.group(2))
    else:
        draft.carry_on(draft.open, line)


def _shot_of_draft(draft: _Draft) -> Shot:
    fields = draft.fields
    palette = ", ".join(fields.get("palette", []))
    return Shot(
        camera=", ".join(fields.get("camera", [])),
        focus=", ".join(fields.get("focus", [])),
        beats=tuple(fields.get("beats", [])),
        lighting=", ".join(fields.get("lighting", []) + fields.get("style", [])),
        palette=tuple(swatch(name) for name in re.split(r"[,;/]| and ", palette) if name.strip())[:6],
        graded=bool(palette.strip()),
        sound=", ".join(fields.get("sound", [])),
        lines=tuple(_spoken_line(text) for text in fields.get("lines", [])),
        seconds=_seconds(" ".join(fields.get("seconds", []))),
        characters=tuple(
            name.strip() for name in ",".join(fields.get("characters", [])).split(",") if name.strip()
        ),
    )


def _seconds(text: str) -> float:
    match = re.match(r"\d{1,4}(?:\.\d{1,3})?", text)
    return float(match.group()) if match else 0.0


def _spoken_line(text: str) -> SpokenLine:
    speaker, colon, words = text.partition(":")
    if not colon or len(speaker) > 60 or '"' in speaker:
        return SpokenLine("", text.strip().strip('"“”'))
    return SpokenLine(speaker.strip(), words.strip().strip('"“”'))


def _from_prose(text: str) -> Script:
    """Shots from running text: a cut where the text says so, sentences as beats."""
    style, body = _style_first(text)
    scenes = prose.cuts(body)
    named = colours_named(body)
    known = {colour.rgb for colour in named}
    others = tuple(colour for colour in palette_for(text) if colour.rgb not in known)
    chosen = named if len(named) > 1 else (*named, *others[: 5 - len(named)])
    shots = tuple(_prose_shot(part, chosen) for part in scenes[:_MOST_SHOTS])
    return Script(style, "", shots, named)


def _prose_shot(part: str, chosen: tuple[Swatch, ...]) -> Shot:
    flat = " ".join(part.split())
    own = colours_named(part)
    return Shot(
        camera=prose.camera(flat),
        focus=prose.focus(flat),
        beats=prose.sentences(part),
        lighting=prose.lighting(flat),
        palette=own if len(own) > 1 else chosen,
        graded=bool(prose.palette(part)) or len(prose.listed_colours(part, own)) > 2,
        lines=tuple(SpokenLine(speaker, words) for speaker, words in prose.spoken(flat)),
    )


def colours_named(text: str) -> tuple[Swatch, ...]:
    """The colours of a sentence that is a palette, else those that the running text names."""
    return palette_of_names(prose.palette(text)) or colours_in(text)


def _style_first(text: str) -> tuple[str, str]:
    """A style that stands on the text's first line, and the rest."""
    first, _, rest = text.strip().partition("\n")
    opening = _FIELD.match(first)
    if opening and opening.group(1).lower() == "style" and rest.strip():
        return " ".join(opening.group(2).split()), rest
    return "", text
