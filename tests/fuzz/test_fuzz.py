"""Damaged files of every kind: each command says what is wrong, ends with a code, and shows no key.

The number of an input is its seed. To see one again: `SORASYNC_FUZZ=NUMBER pytest tests/fuzz`.
"""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from types import FrameType

import pytest

from sorasync.cli.main import run
from sorasync.preview.app import PreviewSettings
from sorasync.preview.serve import running
from tests.ci import paid
from tests.effort import calls
from tests.fuzz.mutate import damage_database, damaged, damaged_json
from tests.hostile.kit import hurry

KEY = "sk-canary/7Xq+9Zt=Wv3"
CODES = {0, 1, 2, 3, 4, 5, 6, 7, 8, 64}
MOST_CALLS = 30_000_000
MOST_PRINTED = 4_000_000
# A guard against what never ends. What is too much is counted in calls.
CPU_SECONDS = 120.0

MANIFEST = """\
#:schema schema.json
[vars]
city = "Lisbon"

[defaults]
seconds = 4

[characters.mossy]
name = "Mossy"
video = "refs/mossy.mp4"

[clips.pier]
prompt = "A pier in {{ city }} at dawn."
takes = 2
pick = 1
tags = ["sea", "dawn"]

[[clips.pier.steps]]
extend = "The light comes up."
seconds = 4

[clips.promo]  # several
prompt = "A {{ mood }} street."
matrix = { mood = ["rainy", "sunny"] }
protect = true

[clips.kitchen]
style = "16mm documentary"
scene = \"\"\"
A cramped kitchen
after closing.
\"\"\"
[[clips.kitchen.shots]]
camera = "close-up"
action = ["lifts the lid", "smiles"]
palette = ["amber", "cream", "walnut"]
dialogue = [{ speaker = "Chef", line = "One more minute." }]

[clips.night]
from = "pier"
[[clips.night.steps]]
edit = "The same at night."

[picks]
"promo[mood=rainy]" = 1
"""
MORE_CONFIG = f"""\
[x-notes]
api_key = "{KEY}"
[state]
lock_file = true
[budget]
per_day = 500
[safety]
max_replace_pct = 30
[prices."sora-2"]
"1280x720" = 0.1
[lint]
ignore = ["S207"]
[env.draft.provider]
profile = "preview"
[env.draft.vars]
city = "Osaka"
"""

LOOKS: tuple[tuple[str, ...], ...] = (("validate",), ("plan", "--offline", "--format", "json"))
ABOUT_STATE: tuple[tuple[str, ...], ...] = (
    ("status",),
    ("plan", "--offline"),
    ("history",),
    ("cost", "--by", "clip"),
    ("log", "clip.pier"),
    ("show", "clip.pier"),
    ("state", "list"),
    ("state", "check"),
    ("state", "export", "{scratch}/export.json"),
    ("gc",),
)


@dataclass(frozen=True)
class Target:
    """A kind of file: which one, how it is damaged, and which commands look at it."""

    pattern: str
    damage: Callable[[bytes, Random], bytes] | None
    looks: tuple[tuple[str, ...], ...]
    forget: tuple[str, ...] = ()


TARGETS = {
    "manifest": Target("manifests/clips.toml", damaged, (*LOOKS, ("fmt", "--check", "--diff"))),
    "config": Target(
        "sorasync.toml", damaged, (*LOOKS, ("plan", "--offline", "--env", "draft"), ("fmt", "--check"))
    ),
    "profile": Target("studio.toml", damaged, (*LOOKS, ("profiles",), ("cost",))),
    "lock": Target("sorasync.lock", damaged, (("plan", "--offline"), ("state", "check"))),
    "lock-alone": Target(
        "sorasync.lock",
        damaged,
        (("plan", "--offline"), ("status",), ("state", "recover", "--dry-run")),
        ("state",),
    ),
    "plan": Target("saved.plan", damaged_json, (("apply", "{root}/saved.plan", "--yes"),)),
    "export": Target(
        "export.json",
        damaged_json,
        (("state", "import", "{root}/export.json"), *ABOUT_STATE[:6]),
        ("state", "sorasync.lock"),
    ),
    "notes": Target(
        "assets/.store/*/*.json",
        damaged_json,
        (("state", "recover", "--dry-run"), ("drift", "--offline"), ("gc",)),
        ("state", "sorasync.lock"),
    ),
    "names": Target("assets/.store/names.json", damaged_json, (("status",), ("drift", "--offline"), ("gc",))),
    "checked": Target("assets/.store/checked.json", damaged_json, (("drift", "--offline"), ("status",))),
    "state": Target("state/sorasync.db", None, ABOUT_STATE),
}


class TookTooLong(BaseException):
    """The guard went off."""


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A library with everything in it: rendered, exported, planned."""
    from sorasync.preview.media import tiny_video

    place = tmp_path_factory.mktemp("fuzz")
    root = place / "film"
    (root / "manifests" / "refs").mkdir(parents=True)
    (root / "manifests" / "refs" / "mossy.mp4").write_bytes(tiny_video(1280, 720, 3, "m"))
    (root / "manifests" / "clips.toml").write_text(MANIFEST)
    (root / "studio.toml").write_text(paid.PROFILE)
    with pytest.MonkeyPatch.context() as patch:
        hurry(patch)
        patch.setenv("STUDIO_KEY", KEY)
        with running(PreviewSettings(place / "provider", draw=False)) as server:
            config = paid.CONFIG.format(url=server.url)
            (root / "sorasync.toml").write_text(config + MORE_CONFIG)
            assert run(["--library", str(root), "apply", "--yes"]) == 0
        assert run(["--library", str(root), "drift", "--full", "--offline"]) in (0, 3)
        assert run(["--library", str(root), "state", "export", str(root / "export.json")]) == 0
        (root / "manifests" / "more.toml").write_text('[clips.more]\nprompt = "More."\n')
        planned = run(["--library", str(root), "plan", "--offline", "--out", str(root / "saved.plan")])
        assert planned == 0
        for target in TARGETS.values():
            assert next(root.glob(target.pattern), None) is not None, target.pattern
        yield root


@contextmanager
def guarded() -> Iterator[None]:
    """End what takes endless time of the processor."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise TookTooLong

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


@dataclass
class Fuzzing:
    """Damages copies of a library and looks at each with the commands that read the damaged file."""

    film: Path
    scratch: Path
    capture: pytest.CaptureFixture[str]

    def one(self, number: int) -> list[str]:
        """What went wrong with the input of that number."""
        random = Random(number)
        name = list(TARGETS)[number % len(TARGETS)]
        target = TARGETS[name]
        root = self.scratch / "film"
        shutil.rmtree(root, ignore_errors=True)
        shutil.copytree(self.film, root)
        for gone in target.forget:
            path = root / gone
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        path = random.choice(sorted(root.glob(target.pattern)))
        if target.damage is None:
            damage_database(path, random)
        else:
            path.write_bytes(target.damage(path.read_bytes(), random))
        found = [wrong for look in target.looks if (wrong := self._look(root, look, number))]
        return [f"{number} {name}: {wrong}" for wrong in found]

    def _look(self, root: Path, look: tuple[str, ...], number: int) -> str | None:
        """Run a command; what is wrong with how it ended, if anything."""
        words = [word.format(root=root, scratch=self.scratch) for word in look]
        codes: list[int] = []

        def work() -> None:
            codes.append(run([*words, "--library", str(root)]))

        self.capture.readouterr()
        count = 0
        try:
            with guarded():
                if number % 20 == 0:
                    count = calls(work)
                else:
                    work()
        except TookTooLong:
            return f"{' '.join(look)}: it does not end"
        except BaseException as error:
            return f"{' '.join(look)}: {error!r} came through"
        printed = "".join(self.capture.readouterr())
        wrong = [
            what
            for what, holds in (
                (f"exit code {codes[0]}", codes[0] not in CODES),
                ("a bug: " + printed[-500:], "this is a bug" in printed or "Traceback" in printed),
                ("the key is shown: " + printed[-500:], KEY in printed),
                (f"{count} calls", count > MOST_CALLS),
                (f"{len(printed)} characters", len(printed) > MOST_PRINTED),
            )
            if holds
        ]
        return f"{' '.join(look)}: {'; '.join(wrong)}" if wrong else None


@pytest.fixture
def fuzzing(
    film: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Fuzzing:
    hurry(monkeypatch)
    monkeypatch.setenv("STUDIO_KEY", KEY)
    return Fuzzing(film, tmp_path, capsys)


def numbers(first: int, last: int) -> list[int]:
    """The inputs to try: those, or the ones that somebody wants to see again."""
    wanted = os.environ.get("SORASYNC_FUZZ")
    return [int(one) for one in wanted.split(",")] if wanted else list(range(first, last))


def test_two_hundred_damaged_files_are_answered(fuzzing: Fuzzing) -> None:
    found = [wrong for number in numbers(0, 200) for wrong in fuzzing.one(number)]
    assert not found, "\n".join(found)


@pytest.mark.heavy
@pytest.mark.parametrize("hundred", range(2, 24))
def test_two_thousand_more_damaged_files_are_answered(hundred: int, fuzzing: Fuzzing) -> None:
    found = [wrong for number in numbers(hundred * 100, hundred * 100 + 100) for wrong in fuzzing.one(number)]
    assert not found, "\n".join(found)
