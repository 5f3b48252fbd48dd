"""The example library at the root of the repository: valid, complete, small, and it applies."""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_origin

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image
from pydantic import BaseModel

from sorasync.manifest import schema
from sorasync.manifest.table_model import Table
from sorasync.operations.project import Project
from sorasync.preview.animatic.page import lay_page
from sorasync.preview.animatic.theme import Theme
from tests.example.library import Used, copied, facts, picture

ROOT = Path(__file__).resolve().parents[2]
REFS = ROOT / "manifests" / "refs"
SIZE = (1280, 720)
NOT_IN_PREVIEW = {
    "DefaultsModel.params",
    "ClipModel.params",
    "StepModel.params",
    # A preview draws what all hosts would render.
    "DefaultsModel.provider",
    "ClipModel.provider",
    "StillModel.provider",
    "CharacterModel.provider",
    # Workflows are ComfyUI's.
    "DefaultsModel.workflow",
    "ClipModel.workflow",
    "StillModel.workflow",
    "DefaultsModel.bind",
    "ClipModel.bind",
    "StillModel.bind",
}


def fresh(root: Path) -> Path:
    """A copy of the example without anything rendered."""
    root.mkdir(parents=True)
    shutil.copy(ROOT / "sorasync.toml", root)
    shutil.copytree(ROOT / "manifests", root / "manifests")
    return root


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example as it stands, applied once with the preview provider."""
    from sorasync.cli.main import run

    root = fresh(tmp_path_factory.mktemp("example") / "library")
    assert run(["--library", str(root), "apply", "--yes", "--quiet"]) == 0
    return root


@pytest.fixture
def example(applied: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Used:
    return Used(copied(applied, tmp_path / "library"), capsys)


def manifests() -> dict[str, dict[str, Any]]:
    """The values of every manifest, by file name."""
    files = sorted((ROOT / "manifests").glob("*.toml"))
    return {file.name: tomllib.loads(file.read_text(encoding="utf-8")) for file in files}


def used(model: type[BaseModel], values: dict[str, Any]) -> Iterator[str]:
    """`Model.key` for each key that stands in the values, tables inside included."""
    for name, field in model.model_fields.items():
        key = field.alias or name
        if key not in values:
            continue
        yield f"{model.__name__}.{key}"
        for table in tables_in(field.annotation):
            for inner in tables_of(values[key], named=get_origin(field.annotation) is dict):
                # A check may be a mere switch.
                yield from used(table, inner) if isinstance(inner, dict) else ()


def tables_in(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, Table):
        yield annotation
    for argument in get_args(annotation):
        yield from tables_in(argument)


def tables_of(value: Any, *, named: bool) -> list[dict[str, Any]]:
    """The tables in a value: those of a list, those under the names of a table, or the value itself."""
    if isinstance(value, list):
        return value
    return list(value.values()) if named else [value]


def test_the_example_is_valid_without_a_warning(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out = Used(fresh(tmp_path / "library"), capsys).call("validate")
    assert code == 0
    assert "13 clips, 2 characters, 4 stills and 1 cut are valid" in out
    assert "warning" not in out


def test_the_example_uses_every_key_of_the_language() -> None:
    config = tomllib.loads((ROOT / "sorasync.toml").read_text(encoding="utf-8"))
    seen = set(used(schema.ManifestModel, {"defaults": config["defaults"]}))
    for values in manifests().values():
        seen |= set(used(schema.ManifestModel, values))
    models = [
        entry
        for entry in vars(schema).values()
        if isinstance(entry, type) and issubclass(entry, Table) and entry.__module__ == schema.__name__
    ]
    every = {
        f"{model.__name__}.{field.alias or name}"
        for model in models
        for name, field in model.model_fields.items()
    }
    assert len(every) > 40
    # Notes and rejections are written by the review page, not by people; rows come from one kind of file.
    others = (
        *("BindModel.", "ReviewModel.", "NoteModel.", "RejectedModel.", "ManifestModel.review"),
        *("EachModel.jsonl", "EachModel.sqlite", "EachModel.table"),
    )
    assert {key for key in every - seen if not key.startswith(others)} == NOT_IN_PREVIEW


def test_the_preview_profile_knows_no_params_so_the_example_has_none() -> None:
    assert not Project.open(ROOT).profile.params


def test_the_example_shows_placeholders_list_variables_and_keys_for_people() -> None:
    values = manifests()
    assert values["07-matrix.toml"]["clips"]["answer"]["matrix"] == {"season": "{{ seasons }}"}
    assert isinstance(values["07-matrix.toml"]["vars"]["seasons"], list)
    assert "{{ town }}" in (ROOT / "manifests/prompts/letter.txt").read_text(encoding="utf-8")
    assert any(key.startswith("x-") for key in values["08-the-end.toml"]["clips"]["letter"])
    assert set(values["picks.toml"]) == {"picks"}


def test_the_reference_media_are_small_and_of_the_right_shape() -> None:
    files = sorted(REFS.iterdir())
    assert [file.name for file in files] == ["fennel.mp4", "kitchen.webp", "mossy.mp4"]
    assert sum(file.stat().st_size for file in files) < 600_000
    for name in ("fennel.mp4", "mossy.mp4"):
        clip = facts(REFS / name)
        assert 2 <= clip.seconds <= 4
        assert clip.size == SIZE
    with Image.open(REFS / "kitchen.webp") as image:
        assert image.size == SIZE


def test_the_whole_example_is_at_most_eighty_seconds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = Used(fresh(tmp_path / "library"), capsys).plan()
    assert plan["seconds"] <= 80
    assert plan["billing"] == "simulated"
    assert float(plan["cost_usd"]) == pytest.approx(8.8328)


def test_after_an_apply_the_plan_is_empty(example: Used) -> None:
    plan = example.plan()
    assert plan["changes"] == []
    assert plan["waiting"] == [
        {"address": "clip.beacon", "pick": "still.lighthouse", "takes": 2, "cost_usd": "0.40"}
    ]
    assert plan["summary"]["unchanged"] == 25


def test_every_clip_has_its_video_under_its_name(example: Used) -> None:
    lengths = {
        "harbour": 4,
        "departure": 4,
        "rooftops": 4,
        "crossing": 8,
        "kitchen": 8,
        "homeward": 4,
        "answer[season=spring]": 4,
        "answer[season=winter]": 4,
        "letter": 4,
        "goodnight": 4,
        "round[box=3]": 4,
        "round[box=7]": 4,
    }
    videos = {file.stem: file for file in (example.root / "assets").glob("*.mp4")}
    assert set(videos) == set(lengths)
    for name, seconds in lengths.items():
        found = facts(videos[name])
        assert found.seconds == pytest.approx(seconds, abs=0.05), name
        assert found.size == SIZE, name


def drawn_small(file: Path) -> npt.NDArray[np.float64]:
    """A picture as an animatic has it in its upper left corner, beside the words."""
    with Image.open(file) as image:
        small = image.convert("RGB").resize(lay_page(Theme(*SIZE), clean=False).picture)
    return np.asarray(small, dtype=np.float64)


def test_the_first_frame_of_the_kitchen_is_its_image(example: Used) -> None:
    asked = drawn_small(REFS / "kitchen.webp")
    high, wide, _ = asked.shape
    first = picture(example.root / "assets/kitchen.mp4", 0)[:high, :wide].astype(np.float64)
    later = picture(example.root / "assets/kitchen.mp4", 1.5)[:high, :wide].astype(np.float64)
    assert np.abs(first - asked).mean() < 8
    assert np.abs(later - asked).mean() > 16


def test_another_pick_renders_the_branch_again_and_nothing_else(example: Used) -> None:
    example.rewrite("manifests/picks.toml", "rooftops = 2", "rooftops = 3")
    assert example.planned() == [("clip.homeward#1/1", "replace")]


def test_a_picked_still_lets_its_clip_go_on(example: Used) -> None:
    example.call("pick", "still.lighthouse", "2")
    assert example.planned() == [("clip.beacon", "create")]
    stills = {
        file.relative_to(example.root).as_posix() for file in example.root.glob("assets/stills/**/*.png")
    }
    assert "assets/stills/lighthouse/take-2.png" in stills
    example.apply()
    asked = drawn_small(example.root / "assets/stills/lighthouse.png")
    high, wide, _ = asked.shape
    first = picture(example.root / "assets/beacon.mp4", 0)[:high, :wide].astype(np.float64)
    assert np.abs(first - asked).mean() < 8


def test_a_protected_character_is_not_uploaded_again(example: Used) -> None:
    video = example.root / "manifests/refs/mossy.mp4"
    shutil.copy(REFS / "fennel.mp4", video)
    assert example.call("apply", "--yes", "--quiet")[0] == 5


def test_the_environments_that_are_commented_out_are_right(tmp_path: Path) -> None:
    text = (ROOT / "sorasync.toml").read_text(encoding="utf-8")
    plain, commented = text[: text.index("# [env.")], text[text.index("# [env.") :]
    lines = [line.removeprefix("#").removeprefix(" ") for line in commented.splitlines()]
    (tmp_path / "sorasync.toml").write_text(plain + "\n".join(lines), encoding="utf-8")
    production, workshop = Project.open(tmp_path, "production"), Project.open(tmp_path, "workshop")
    assert production.profile.base_url == "https://videos.example/v1"
    assert production.config.budget.per_month == 200
    assert workshop.config.defaults.model in workshop.config.prices
    assert set(workshop.config.defaults.params or {}) <= set(workshop.profile.params)
