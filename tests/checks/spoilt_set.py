"""Videos with known faults: what the preview draws of many prompts, as it is and spoilt in every way.

The suite checks a few of them; `make bench ONLY=checks` all.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import cycle, islice, product
from pathlib import Path

from sorasync.checks.check_result import CheckResult, Verdict
from sorasync.checks.measure import check_video
from sorasync.checks.measure_request import VideoToCheck
from sorasync.manifest.check_schema import ChecksModel, active_checks
from sorasync.preview import animatic
from sorasync.preview.animatic import Scene
from sorasync.preview.animatic.damage import damage

PLACES = (
    "A lantern-lit market in Lisbon at dusk",
    "A cramped restaurant kitchen after closing, one warm lamp",
    "A pine forest in thick morning fog",
    "A beach under the noon sun, white sand",
    "A subway platform at night, a single flickering tube",
    "A snowfield under an overcast sky",
    "A neon street in Osaka in the rain at night",
    "A spaceship corridor in deep shadow",
    "A wheat field at golden hour",
    "A library with tall windows",
    "A starless desert at midnight",
    "A white studio with a single chair",
)
CAMERAS = (
    "locked-off static wide shot",
    "slow push-in, close-up",
    "pan left, medium shot",
    "orbit around the subject",
    "handheld tracking shot to the right",
    "crane up, slow",
    "dolly out, shallow depth of field",
    "",
)
SIZES = ((640, 360), (360, 640), (480, 480))
_STORYBOARD = """\
Style: 16mm documentary, natural grain.
{place}.

Shot 1: {camera}. A woman opens a crate. Lighting: soft window light. Palette: amber, cream, walnut.
Shot 2: wide. Steam rises. Lighting: dark, a single candle.
Shot 3: close-up. She smiles. Chef says: "One more minute."
"""

_EXTENSIONS = (
    "The camera rises over the roofs.",
    "She leaves through the door. Pan right.",
    "Night falls, close-up.",
)
_EDITS = (
    "Shift the palette to teal, sand and rust.",
    "The same at night, under sodium lamps.",
    "Add falling snow.",
    "Make it black and white.",
)

# What is wrong with a video that is spoilt so; what else its checks find is a false alarm.
WRONG: Mapping[str, frozenset[str]] = {
    "black": frozenset({"black"}),
    "frozen": frozenset({"frozen"}),
    "repeated": frozenset({"frozen"}),
    "strobing": frozenset({"strobing"}),
    "flashing": frozenset({"strobing", "flash"}),
    "sudden_cut": frozenset({"scene_cuts"}),
    "blurred": frozenset({"blur"}),
    "wrong_size": frozenset({"size"}),
    "too_short": frozenset({"seconds"}),
    "silent": frozenset({"silence"}),
    "with_sound": frozenset(),
    "too_loud": frozenset({"loudness"}),
    "too_quiet": frozenset({"loudness"}),
    "low_rate": frozenset({"fps"}),
}
_WITH_SOUND = ("silent", "with_sound", "too_loud", "too_quiet")
# Faults that two people would call by different names: whether these find them as well does not count.
_EITHER: Mapping[str, frozenset[str]] = {
    "black": frozenset({"scene_cuts", "blur"}),
    "strobing": frozenset({"scene_cuts", "flash"}),
    "flashing": frozenset({"scene_cuts"}),
    "blurred": frozenset({"scene_cuts"}),
    "too_quiet": frozenset({"silence"}),
    # Fewer pictures look like cuts, and like what flickers.
    "low_rate": frozenset({"scene_cuts", "strobing", "flash", "frozen"}),
}
_SECONDS = 4
# Where a fault begins: some are faults also if they last for a second.
_BEGINNINGS: Mapping[str, tuple[float, ...]] = {
    "black": (0.2, 0.5, 0.8),
    "frozen": (0.2, 0.5, 0.7),
    "strobing": (0.2, 0.5, 0.65),
    "flashing": (0.2, 0.5, 0.65),
    "sudden_cut": (0.2, 0.5, 0.9),
}

ALL_CHECKS = ChecksModel.model_validate(
    {
        "size": True,
        "seconds": True,
        "fps": {"least": 7},
        "black": True,
        "frozen": True,
        "scene_cuts": True,
        "strobing": True,
        "flash": True,
        "loudness": True,
        "silence": True,
        "blur": True,
    }
)


@dataclass(frozen=True, slots=True)
class Sample:
    """A video to be made: from what, spoilt how (empty: not at all) and from which part of it on."""

    prompt: str
    size: tuple[int, int]
    fault: str = ""
    at: float = 0.5
    shots: int = 1

    @property
    def name(self) -> str:
        """A name for its file."""
        text = f"{self.prompt}{self.size}{self.fault}{self.at}"
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def wrong(self) -> frozenset[str]:
        """The checks that must fail."""
        return WRONG.get(self.fault, frozenset())

    def counts(self, check: str) -> bool:
        """Whether a check has anything to say of it."""
        if check in ("silence", "loudness"):
            return self.fault in _WITH_SOUND
        if check == "scene_cuts" and self.shots > 1:
            return False
        if check == "blur" and "shallow" in self.prompt and self.fault != "blurred":
            return False
        return check not in _EITHER.get(self.fault, frozenset())


def samples(each: int, good: int) -> Iterator[Sample]:
    """`good` videos as they are, a fifth of them storyboards, and `each` of every fault."""
    scenes = cycle(product(PLACES, CAMERAS))
    sizes = cycle(SIZES)
    for number, (place, camera) in enumerate(islice(scenes, good)):
        if number % 5 == 4:
            text = _STORYBOARD.format(place=place, camera=camera or "medium")
            yield Sample(text, next(sizes), shots=3)
        else:
            yield Sample(f"{place}. {camera}".strip(), next(sizes))
    for fault in WRONG:
        # Seven shares no factor with the number of scenes: every fault gets other ones.
        for number, (place, camera) in enumerate(islice(scenes, 0, 7 * each, 7)):
            at = 0.0 if fault == "repeated" else _BEGINNINGS.get(fault, (0.2, 0.3, 0.4))[number % 3]
            yield Sample(f"{place}. {camera}".strip(), next(sizes), fault, at)


def made(sample: Sample, directory: Path) -> Path:
    """The video of a sample."""
    drawn = directory / f"{sample.name}.mp4"
    width, height = sample.size
    animatic.draw(Scene(sample.prompt, "sora-2", width, height, _SECONDS), drawn)
    if not sample.fault:
        return drawn
    spoilt = directory / f"{sample.name}-{sample.fault}.mp4"
    damage(drawn, sample.fault, sample.at, spoilt)
    drawn.unlink()
    return spoilt


def beside_source(number: int, directory: Path) -> list[tuple[bool, CheckResult]]:
    """`same_as` of an extension (even numbers) or an edit, beside its own source and beside another video.

    Whether it should fail, and the result, for each of the two.
    """
    size, kind = SIZES[number % len(SIZES)], "edit" if number % 2 else "extend"
    scenes = list(product(PLACES, CAMERAS))
    sources: list[Path] = []
    # Scenes of different places and cameras.
    for place, camera in (scenes[number % len(scenes)], scenes[(number + 44) % len(scenes)]):
        sources.append(directory / f"source-{len(sources)}.mp4")
        animatic.draw(Scene(f"{place}. {camera}".strip(), "sora-2", *size, 3), sources[-1])
    step = directory / "step.mp4"
    if kind == "edit":
        animatic.edit(sources[0], _EDITS[number // 2 % len(_EDITS)], step)
    else:
        prompt = _EXTENSIONS[number // 2 % len(_EXTENSIONS)]
        animatic.extend(sources[0], Scene(prompt, "sora-2", *size, 3), step)
    checks = ChecksModel.model_validate({"same_as": True})
    return [
        (wrong, check_video(VideoToCheck(step, checks, ("same_as",), kind=kind, source=source))[0])
        for wrong, source in zip((False, True), sources, strict=True)
    ]


def with_lettering(number: int, directory: Path) -> list[tuple[bool, CheckResult]]:
    """`text` of an animatic without any writing, and of the same one with lettering that nobody asked for.

    Whether it should fail, and the result, for each of the two.
    """
    scenes = list(product(PLACES, CAMERAS))
    place, camera = scenes[number * 7 % len(scenes)]
    width, height = SIZES[number % len(SIZES)]
    clean, lettered = directory / "clean.mp4", directory / "lettered.mp4"
    animatic.draw(Scene(f"{place}. {camera}".strip(), "sora-2", width, height, _SECONDS, clean=True), clean)
    damage(clean, "stray_text", (0.0, 0.2, 0.4)[number % 3], lettered)
    checks = ChecksModel.model_validate({"text": True})
    return [
        (wrong, check_video(VideoToCheck(video, checks, ("text",)))[0])
        for wrong, video in ((False, clean), (True, lettered))
    ]


def findings(sample: Sample, video: Path, checks: ChecksModel = ALL_CHECKS) -> dict[str, CheckResult]:
    """The result of every check of a video."""
    size = f"{sample.size[0]}x{sample.size[1]}"
    asked = VideoToCheck(video, checks, tuple(active_checks(checks)), size, _SECONDS)
    return {result.check: result for result in check_video(asked)}


def failed(sample: Sample, found: Mapping[str, CheckResult]) -> frozenset[str]:
    """The checks that fail, as far as they count."""
    return frozenset(
        name for name, result in found.items() if result.verdict is Verdict.FAILED and sample.counts(name)
    )
