"""Finds the line of the manifests or of the configuration that caused a refusal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from textwrap import shorten
from typing import TYPE_CHECKING

from sorasync.graph.address import owner
from sorasync.graph.key import folded
from sorasync.manifest.library import Library, Origin
from sorasync.plan.action import Action
from sorasync.plan.change import Change
from sorasync.plan.plan import Plan
from sorasync.plan.refusal import Refusal
from sorasync.text import counted

if TYPE_CHECKING:
    from sorasync.manifest.provenance import Origins

# Values that appear unchanged in a prompt, by the names of their rows.
_PUT_INTO_PROMPTS = ("style", "var.", "matrix.")
# How the prompt of a storyboard with a style begins.
_STYLE = "Style: "


def placed(refusal: Refusal, plan: Plan, library: Library) -> Refusal:
    """The refusal with its cause and line: the value that changed most renders, or the first change.

    A retired clip has no line any more.
    """
    from sorasync.manifest.provenance import Origins

    first = next((c for c in plan.changes if c.address == refusal.address), None)
    if first is None:
        return refusal
    origins = Origins(library)
    if first.action is Action.REPLACE and (shared := _shared_cause(plan, library, origins)) is not None:
        return replace(refusal, cause=shared)
    place = next((_origin_text(library, origin) for _, origin in _changed(first, library, origins)), None)
    if place is None and owner(first.address).removeprefix("clip.") in library.clips:
        place = _origin_text(library, library.clips[owner(first.address).removeprefix("clip.")].origin)
    if place is None:
        return refusal
    return replace(refusal, cause=f"{refusal.cause}, first at {place}" if refusal.cause else place)


def _shared_cause(plan: Plan, library: Library, origins: Origins) -> str | None:
    """The value from one place that most replaced clips share, if several do."""
    found: dict[tuple[str, Origin], list[str]] = {}
    replaced = [c for c in plan.changes if c.action is Action.REPLACE and c.address.startswith("clip.")]
    gone: dict[str, list[str]] = {}
    for change in replaced:
        if (style := _style_gone(change)) is not None:
            gone.setdefault(style, []).append(change.address)
            continue
        for name, origin in _changed(change, library, origins):
            found.setdefault((name, origin), []).append(change.address)
    for style, addresses in gone.items():
        others = max(map(len, (*found.values(), *gone.values())))
        if len(addresses) == others and len({owner(address) for address in addresses}) > 1:
            return f'style was removed, was "{shorten(style, 60)}" ({counted(len(addresses), "render")})'
    if not found:
        return None
    (name, origin), addresses = max(found.items(), key=lambda item: len(item[1]))
    place = _origin_text(library, origin)
    if place is None or len({owner(address) for address in addresses}) < 2:
        return None
    label = name.replace("var.", "vars.")
    return f"{label} changed at {place} ({counted(len(addresses), 'render')})"


def _style_gone(change: Change) -> str | None:
    """The old style of a storyboard's prompt, if only its style changed."""
    for field in change.fields:
        before, after = str(field.before), str(field.after)
        if field.name == "prompt" and before.startswith(_STYLE) and before.endswith(after):
            return before.removeprefix(_STYLE).removesuffix(after).strip()
    return None


def _changed(change: Change, library: Library, origins: Origins) -> Iterator[tuple[str, Origin]]:
    """Every value behind a changed field of a render, with the place where it was written.

    A prompt that changed with a style or a variable in it changed by that, else by its own words.
    """
    name = owner(change.address).removeprefix("clip.")
    if name not in library.clips:
        return
    rows = [row for row in origins.rows(library.clips[name]) if isinstance(row[2], Origin)]
    for field in change.fields:
        if field.name == "prompt":
            found = [row for row in rows if _came_in(row, str(field.before), str(field.after))]
            found = found or [row for row in rows if row[0] == _prompt_row(change)]
        else:
            found = [row for row in rows if row[0] == field.name or row[0].startswith(f"{field.name}.")]
        for label, _, origin in found:
            assert isinstance(origin, Origin)
            yield label, origin


def _came_in(row: tuple[str, object, Origin | str], before: str, after: str) -> bool:
    if not row[0].startswith(_PUT_INTO_PROMPTS):
        return False
    value = folded(str(row[1]))
    return bool(value) and value in after and value not in before


def _prompt_row(change: Change) -> str:
    """The row of a render's own words: a step's are its own."""
    step = change.address.partition("/")[2]
    kind = change.render.kind.value if change.render is not None else ""
    return f"steps[{step}].{kind}" if step else "prompt"


def _origin_text(library: Library, origin: Origin) -> str | None:
    position = library.position(origin)
    return None if position is None else f"{position.file}:{position.line}"
