"""A cut's shot list as a PDF, with what is known of its footage and prices."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sorasync.errors import SorasyncError
from sorasync.manifest.cut_time import seconds_text
from sorasync.operations.cut import CutView, Footage, Progress, stand_ins
from sorasync.operations.undrawable_text import unwritten
from sorasync.text import counted

if TYPE_CHECKING:
    from sorasync.cuts.timeline import Placed
    from sorasync.operations.project import Project


@dataclass(frozen=True, slots=True)
class CutSheet:
    """A PDF. `unwritten` says which characters no font here has, and which package brings one."""

    data: bytes
    unwritten: str | None


def sheet(project: Project, view: CutView, progress: Progress) -> CutSheet:
    """The shot list of a cut. Raises `SorasyncError` where fpdf2 is not installed."""
    _require_pdf_package()
    from sorasync.cuts.shot_sheet import SheetText, shot_sheet

    paths = stand_ins(project, view, progress)
    text = SheetText(f"{project.name}: {view.name}", _summary(view), lambda one: _facts(view, one))
    title = f"cut.{view.name}"
    prompts = [one.render.told_prompt for one in view.timeline.events if one.render]
    data = shot_sheet(
        view.timeline,
        text,
        lambda one: paths.get(one.render.address) if one.render else None,
        _fonts_for(prompts),
        lambda done: progress(title, done),
    )
    missing = unwritten(prompts)
    return CutSheet(data, f"{missing[0]}: install {missing[1]}" if missing else None)


def _fonts_for(texts: Iterable[str]) -> tuple[Path, ...]:
    """The first font of this machine, and those that have what the ones before them lack: some are large."""
    from sorasync.preview.animatic.fonts import chosen_fonts, has_glyph

    fonts = chosen_fonts()[:1]
    lacking = {sign for text in texts for sign in text if sign.isprintable()}
    for font in chosen_fonts():
        has = {sign for sign in lacking if has_glyph(font, sign)}
        if has and font not in fonts:
            fonts = (*fonts, font)
        lacking -= has
    return fonts


def _summary(view: CutView) -> str:
    timeline, rate = view.timeline, view.timeline.rate
    shown = sum(one.render is not None for one in timeline.events)
    parts = [
        seconds_text(timeline.frames, rate),
        counted(shown, "shot"),
        "{}x{}".format(*timeline.size) + f" at {float(rate):.5g} fps",
    ]
    if view.cost.known_usd or view.cost.unknown:
        parts.append(f"{view.cost} still to be paid")
    return ", ".join(parts)


def _facts(view: CutView, one: Placed) -> list[str]:
    if one.render is None:
        return []
    footage, cost = view.footage[one.render.address], view.costs[one.render.address]
    price = f", {cost} to be paid" if cost.known_usd or cost.unknown else ""
    shown = " (an animatic stands in)" if footage is not Footage.RENDERED else ""
    return [f"{footage.value}{price}" if footage is Footage.ANIMATIC else f"{footage.value}{price}{shown}"]


def _require_pdf_package() -> None:
    try:
        import fpdf  # noqa: F401
    except ImportError as error:
        from sorasync.installed import install_command, missing_extra

        raise SorasyncError(
            missing_extra("a shot list with pictures", "film"), hint=install_command("film")
        ) from error
