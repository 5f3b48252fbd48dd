"""Every code has a page, and the examples of each page show what they say they show.

Blocks of TOML are a manifest; a first line `# sorasync.toml` or `# as applied before` makes them the
configuration, or the manifest of an apply that went before. A block of CSV is `people.csv` beside the
manifest, a block of shell may hold `--env NAME`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

import sorasync
from sorasync.manifest.codes import ALL_CODES, MEDIA_CODES, REFUSAL_CODES
from sorasync.manifest.config import load_config
from sorasync.manifest.pages import page
from sorasync.operations.apply import ApplyOptions, policy_of
from sorasync.operations.project import Project
from sorasync.operations.validate import check
from sorasync.plan.policy import refusals
from sorasync.profile import load_profile
from tests.plan.world import World
from tests.preflight.media import film, picture

_BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)
_MEDIA = re.compile(r'"(refs/[^"]+)"\s*# (.*)')
_NAMED = re.compile(r'"((?:refs|prompts)/[^"]+)"')
# What a file is of which an example says nothing.
_USUAL = {".png": "PNG, 720x1280", ".mp4": "MP4, 720x1280, 3 s"}
# Codes without an example: kept for profiles to come, said by plans only, about no manifest.
WORDS_ONLY = {"S129", "S130", "S220", "S300"}


@dataclass
class Example:
    """A library as an example gives it."""

    manifest: str = ""
    config: str = ""
    before: str | None = None
    rows: str = ""
    env: str | None = None

    def write(self, root: Path) -> Path:
        """Write the library with every file that it names."""
        (root / "manifests").mkdir(parents=True)
        facts = dict(_MEDIA.findall(self.manifest))
        for name in _NAMED.findall(self.manifest):
            path = root / "manifests" / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(media(path.suffix, facts.get(name) or _USUAL.get(path.suffix, "text")))
        (root / "manifests" / "prompts").mkdir(exist_ok=True)
        (root / "manifests" / "a.toml").write_text(self.manifest)
        if self.rows:
            (root / "manifests" / "people.csv").write_text(self.rows)
        (root / "sorasync.toml").write_text(self.config)
        return root


@cache
def media(suffix: str, facts: str) -> bytes:
    """The file that a comment describes: `PNG, 1280x720, alpha`, `MP4, 1280x720, 3 s`, `text`."""
    found = re.match(r"(\w+), (\d+)x(\d+)(?:, (.*))?", facts)
    if suffix == ".json":
        return b'{"6": {"class_type": "CLIPTextEncode", "inputs": {"text": ""}}}'
    if found is None:
        return b"A lantern-lit market."
    kind, width, height, more = found[1], int(found[2]), int(found[3]), found[4] or ""
    with TemporaryDirectory() as directory:
        path = Path(directory) / f"made{suffix}"
        if kind in ("MP4", "MOV"):
            film(path, width, height, float(more.split()[0]), container=kind.lower())
        else:
            picture(path, width, height, kind, "RGBA" if more == "alpha" else "RGB")
        if more == "30 MiB":
            os.truncate(path, 30 * 2**20)
        return path.read_bytes()


def example(code: str, section: str) -> Example:
    """The example under a heading of a code's page."""
    text = (page(code) or "").partition(f"## {section}\n")[2].partition("\n## ")[0]
    made = Example()
    for language, block in _BLOCK.findall(text):
        if language == "sh":
            made.env = block.split("--env")[1].split()[0]
        elif language == "csv":
            made.rows = block
        elif block.startswith("# sorasync.toml\n"):
            made.config += block
        elif block.startswith("# as applied before\n"):
            made.before = block
        else:
            made.manifest += block
    assert made.manifest or made.config
    return made


def codes_of(root: Path, made: Example) -> Iterator[str]:
    """Every code that is found in a library, its media included."""
    made.write(root)
    for diagnostic in check(lambda: Project.open(root, made.env)).diagnostics:
        yield diagnostic.code


def refused(root: Path, made: Example) -> set[str]:
    """The codes with which a plan of the library is refused."""
    made.write(root)
    config = load_config(root)
    name = config.provider.profile if made.config and "profile" in made.config else "openai"
    world = World(root, name)
    world.files = {"sorasync.toml": made.config}
    world.profile = load_profile(name, prices=config.prices)
    if made.before is not None:
        world.settle(made.before)
    plan = world.plan(made.manifest)
    policy = policy_of(Project(root, config, world.profile), ApplyOptions())
    return {one.code for one in refusals(plan, policy, world.state.bindings())}


def test_every_code_has_a_page_with_its_title_and_no_page_is_left_over() -> None:
    for code, title in ALL_CODES.items():
        text = page(code)
        assert text is not None, code
        assert text.startswith(f"# {code}: {title}\n")
        assert "\n## Configure\n" in text
    pages = Path(sorasync.__file__).parent / "manifest" / "pages"
    assert {path.stem for path in pages.glob("*.md")} == set(ALL_CODES)


def test_every_code_in_use_is_a_known_one() -> None:
    package = Path(sorasync.__file__).parent
    texts = [path.read_text(encoding="utf-8") for path in package.rglob("*.py")]
    used = {code for text in texts for code in re.findall(r'"(S\d{3})"', text)}
    assert used <= set(ALL_CODES)


EXAMPLES = sorted(set(ALL_CODES) - set(REFUSAL_CODES) - WORDS_ONLY)


@pytest.mark.parametrize("code", EXAMPLES)
def test_the_bad_example_has_exactly_this_fault(tmp_path: Path, code: str) -> None:
    assert set(codes_of(tmp_path, example(code, "Bad"))) == {code}


def test_a_bad_matrix_and_a_bad_table_are_both_bad(tmp_path: Path) -> None:
    made = example("S115", "Bad")
    assert list(codes_of(tmp_path, made)) == ["S115"] * made.manifest.count("[clips.")


@pytest.mark.parametrize("code", EXAMPLES)
def test_the_good_example_has_no_fault(tmp_path: Path, code: str) -> None:
    assert list(codes_of(tmp_path, example(code, "Good"))) == []


@pytest.mark.parametrize("code", sorted(REFUSAL_CODES))
def test_a_plan_of_the_bad_example_is_refused_and_one_of_the_good_is_not(tmp_path: Path, code: str) -> None:
    assert refused(tmp_path / "bad", example(code, "Bad")) == {code}
    assert refused(tmp_path / "good", example(code, "Good")) == set()


def test_codes_without_an_example_say_so_by_having_none() -> None:
    assert {code for code in ALL_CODES if "## Bad" not in (page(code) or "")} == WORDS_ONLY
    assert set(MEDIA_CODES) | {"S129", "S130", "S300"} >= WORDS_ONLY


def test_a_name_that_is_no_code_has_no_page() -> None:
    assert page("S000") is None
    assert page("../codes") is None
