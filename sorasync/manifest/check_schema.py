"""The pydantic models of `[checks]`: what a finished video is measured for, and what is allowed.

Every check is a table of its own; `true` and `false` are short for a table that only switches it. Tables of
several layers (library, defaults, clip) are merged key by key.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field, StringConstraints

from sorasync.manifest.table_model import LINE, Table

Percent = Annotated[int, Field(ge=0, le=100)]
Span = Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)]
Rate = Annotated[float, Field(gt=0, le=1_000, allow_inf_nan=False)]
Bound = Annotated[float, Field(allow_inf_nan=False)]
Words = Annotated[str, StringConstraints(pattern=LINE, max_length=1_000)]


class CheckTable(Table):
    """What every check has."""

    enabled: bool = Field(True, description="Whether it runs; `NAME = false` is short for this.")


class SizeCheckModel(CheckTable):
    """`[checks.size]`: the picture has the size that was paid for."""

    tolerance_pct: Percent | None = Field(
        None,
        description="How far width and height may differ, in percent. Default: that of `[assets]`.",
        examples=[0],
    )


class SecondsCheckModel(CheckTable):
    """`[checks.seconds]`: the video has the length that was paid for, give or take half a second."""

    tolerance_pct: Percent | None = Field(
        None, description="How far it may differ, in percent. Default: that of `[assets]`.", examples=[5]
    )


class FpsCheckModel(CheckTable):
    """`[checks.fps]`: the frame rate, as an average. Off by default."""

    least: Rate | None = Field(None, description="The lowest that is allowed.", examples=[23.9])
    most: Rate | None = Field(None, description="The highest that is allowed.", examples=[30])


class BlackCheckModel(CheckTable):
    """`[checks.black]`: no black frames in the middle."""

    seconds: Span = Field(0.5, description="The longest stretch of black that is allowed.", examples=[0.2])
    level: Annotated[float, Field(ge=0, le=1)] = Field(
        0.04, description="The brightness up to which a pixel is black; 1 is white.", examples=[0.1]
    )
    area_pct: Percent = Field(98, description="How much of it must be black, in percent.", examples=[95])


class FrozenCheckModel(CheckTable):
    """`[checks.frozen]`: the picture is not frozen, and few frames repeat the one before."""

    seconds: Span = Field(1.0, description="The longest freeze that is allowed.", examples=[2.0])
    step: Annotated[float, Field(gt=0, le=50)] = Field(
        1.0,
        description="It moves if a part of it, 1/32 of its width, changes by this many of 255 levels.",
        examples=[2.0],
    )
    repeats_pct: Percent = Field(
        55,
        description="Most frames that may repeat the one before, as at a lower frame rate, in percent.",
        examples=[10],
    )


class SceneCutsCheckModel(CheckTable):
    """`[checks.scene_cuts]`: sudden cuts. Off by default, because a storyboard has cuts on purpose."""

    most: Annotated[int, Field(ge=0, le=10_000)] = Field(
        0, description="Most cuts that are allowed.", examples=[2]
    )
    score: Annotated[float, Field(gt=0, le=100)] = Field(
        10.0, description="The score of FFmpeg's scdet from which a change is a cut.", examples=[14.0]
    )


class StrobingCheckModel(CheckTable):
    """`[checks.strobing]`: the brightness of the picture does not flicker."""

    per_second: Annotated[int, Field(ge=1, le=240)] = Field(
        6, description="How often brightness may change between rising and falling in a second.", examples=[4]
    )
    step_pct: Annotated[float, Field(gt=0, le=100)] = Field(
        5.0, description="The least change of the average that counts, in percent of it.", examples=[2.0]
    )


class FlashCheckModel(CheckTable):
    """`[checks.flash]`: no flashes that can trigger a seizure, after ITU-R BT.1702."""

    per_second: Annotated[int, Field(ge=0, le=60)] = Field(
        3, description="Most flashes in any second.", examples=[2]
    )
    area_pct: Annotated[int, Field(ge=1, le=100)] = Field(
        25, description="The least part of the picture that must flash.", examples=[10]
    )


class LoudnessCheckModel(CheckTable):
    """`[checks.loudness]`: integrated loudness after EBU R 128. Off by default; skipped without sound."""

    least: Bound = Field(-35.0, description="The lowest loudness, in LUFS.", examples=[-24.0])
    most: Bound = Field(-9.0, description="The highest loudness, in LUFS.", examples=[-14.0])
    peak: Bound | None = Field(None, description="The highest true peak, in dBTP.", examples=[-1.0])


class SilenceCheckModel(CheckTable):
    """`[checks.silence]`: there is sound, without long gaps. Off by default."""

    seconds: Span = Field(2.0, description="The longest silence that is allowed.", examples=[0.5])
    level: Annotated[float, Field(ge=-120, le=0)] = Field(
        -60.0, description="The level below which it is silent, in dBFS.", examples=[-50.0]
    )


class BlurCheckModel(CheckTable):
    """`[checks.blur]`: the picture is sharp. Off by default, because shallow focus is not a fault."""

    most: Annotated[float, Field(gt=0, le=100)] = Field(
        8.0,
        description="Highest blur of FFmpeg's blurdetect, as the median of the frames looked at.",
        examples=[6.0],
    )


class TextCheckModel(CheckTable):
    """`[checks.text]`: no lettering that nobody asked for. Off by default; needs the extra `ocr`."""

    allow: list[Words] = Field(
        [], description="Lettering that is allowed; case is ignored.", examples=[["Café Lumière"]]
    )
    confidence: Annotated[float, Field(gt=0, le=1)] = Field(
        0.8, description="The confidence from which a reading counts.", examples=[0.9]
    )
    letters: Annotated[int, Field(ge=1, le=1_000)] = Field(
        3, description="The fewest letters and digits that count.", examples=[5]
    )


class SameAsCheckModel(CheckTable):
    """`[checks.same_as]`: extensions continue their source, edits keep its structure. Off by default."""

    extend: Annotated[float, Field(ge=0, le=1)] = Field(
        0.75,
        description="Least similarity (SSIM) of an extension to the end of its source.",
        examples=[0.9],
    )
    edit: Annotated[float, Field(ge=0, le=1)] = Field(
        0.7, description="Least similarity of the outlines of an edit and its source.", examples=[0.6]
    )


class CommandBoundsModel(CheckTable):
    """`[checks.commands.NAME]`: bounds for a command that `sorasync.toml` declares."""

    least: Bound | None = Field(None, description="The lowest number that is allowed.", examples=[0.8])
    most: Bound | None = Field(None, description="The highest number that is allowed.", examples=[1.0])


class CommandCheckModel(CommandBoundsModel):
    """`[checks.commands.NAME]`: a program that prints a number. Runs only with `check --allow-commands`."""

    run: list[Words] = Field(
        description="The program and its arguments, without a shell; `{video}` is the file, `{prompt}` its "
        "prompt, where it is all of an argument. It runs in the library's directory.",
        examples=[["python", "tools/likeness.py", "{video}"]],
        min_length=1,
        max_length=100,
    )
    timeout: Annotated[float, Field(gt=0, le=3_600)] = Field(
        60.0, description="Seconds after which it is stopped.", examples=[120.0]
    )


def _switched(value: object) -> object:
    return {"enabled": value} if isinstance(value, bool) else value


_SWITCH = BeforeValidator(_switched)


class CheckTables(Table):
    """The checks of this program, each a table or a switch."""

    size: Annotated[SizeCheckModel | None, _SWITCH] = Field(
        None, description="The size that was paid for. On by default.", examples=[{"tolerance_pct": 0}]
    )
    seconds: Annotated[SecondsCheckModel | None, _SWITCH] = Field(
        None, description="The length that was paid for. On by default.", examples=[{"tolerance_pct": 5}]
    )
    fps: Annotated[FpsCheckModel | None, _SWITCH] = Field(
        None, description="The frame rate.", examples=[{"least": 23.9}]
    )
    black: Annotated[BlackCheckModel | None, _SWITCH] = Field(
        None, description="Black frames. On by default.", examples=[False]
    )
    frozen: Annotated[FrozenCheckModel | None, _SWITCH] = Field(
        None, description="Freezes and repeated frames. On by default.", examples=[{"seconds": 2.0}]
    )
    scene_cuts: Annotated[SceneCutsCheckModel | None, _SWITCH] = Field(
        None, description="Sudden cuts.", examples=[True]
    )
    strobing: Annotated[StrobingCheckModel | None, _SWITCH] = Field(
        None, description="Flicker. On by default.", examples=[{"per_second": 4}]
    )
    flash: Annotated[FlashCheckModel | None, _SWITCH] = Field(
        None, description="Flashes that can trigger a seizure. On by default.", examples=[True]
    )
    loudness: Annotated[LoudnessCheckModel | None, _SWITCH] = Field(
        None, description="Loudness.", examples=[{"least": -24.0, "most": -14.0}]
    )
    silence: Annotated[SilenceCheckModel | None, _SWITCH] = Field(
        None, description="Missing sound.", examples=[{"seconds": 1.0}]
    )
    blur: Annotated[BlurCheckModel | None, _SWITCH] = Field(
        None, description="Blurred pictures.", examples=[{"most": 6.0}]
    )
    text: Annotated[TextCheckModel | None, _SWITCH] = Field(
        None, description="Lettering.", examples=[{"allow": ["Café Lumière"]}]
    )
    same_as: Annotated[SameAsCheckModel | None, _SWITCH] = Field(
        None, description="Extensions and edits against their source.", examples=[True]
    )


class ClipChecksModel(CheckTables):
    """`[clips.NAME.checks]`, `[defaults.checks]`: merged key by key over `[checks]` of `sorasync.toml`."""

    commands: dict[str, Annotated[CommandBoundsModel, _SWITCH]] = Field(
        {},
        description="Bounds for the commands of `sorasync.toml`, by name.",
        examples=[{"likeness": {"least": 0.8}}],
    )


class ChecksModel(CheckTables):
    """`[checks]`: what each finished video is checked for. Without this table apply checks nothing."""

    commands: dict[str, Annotated[CommandCheckModel, _SWITCH]] = Field(
        {},
        description="Programs of your own, by name.",
        examples=[{"likeness": {"run": ["python", "likeness.py", "{video}"], "least": 0.8}}],
    )


# In the order in which results are shown. Commands come last.
CHECK_NAMES: Final = tuple(CheckTables.model_fields)
ON_BY_DEFAULT: Final = ("size", "seconds", "black", "frozen", "strobing", "flash")


def merged_checks(base: ChecksModel | None, own: ClipChecksModel | None) -> ChecksModel | None:
    """`own` over `base`, key by key; a table that does not say otherwise switches its check on.

    None where neither is written. A command that `base` does not have is left out.
    """
    if own is None:
        return base
    found: dict[str, Any] = {} if base is None else _written(base)
    for name, table in _written(own).items():
        if name == "commands":
            known = found.setdefault(name, {})
            for command, bounds in table.items():
                if command in known:
                    known[command] = {**known[command], **bounds}
        else:
            found[name] = {**found.get(name, {}), **table}
    return ChecksModel.model_validate(found)


def active_checks(checks: ChecksModel) -> Mapping[str, CheckTable]:
    """The checks that run, by name in their order: `commands.NAME` for a command."""
    found: dict[str, CheckTable] = {}
    for name in CHECK_NAMES:
        table: CheckTable | None = getattr(checks, name)
        if table is None and name in ON_BY_DEFAULT:
            table = _default(name)
        if table is not None and table.enabled:
            found[name] = table
    for name, command in sorted(checks.commands.items()):
        if command.enabled:
            found[f"commands.{name}"] = command
    return found


def _default(name: str) -> CheckTable:
    made = ChecksModel.model_validate({name: {}})
    table: CheckTable = getattr(made, name)
    return table


def _written(checks: ChecksModel | ClipChecksModel) -> dict[str, Any]:
    """What was written of each check, and whether that switches it on."""
    found: dict[str, Any] = {}
    for name in checks.model_fields_set:
        value = getattr(checks, name)
        if name == "commands":
            found[name] = {key: _own_keys(table) for key, table in value.items()}
        elif value is not None:
            found[name] = _own_keys(value)
    return found


def _own_keys(table: CheckTable) -> dict[str, Any]:
    return {**table.model_dump(exclude_unset=True), "enabled": table.enabled}
