"""A library at a server of each family, over a socket: rendered once, fetched, and nothing left to do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest

pytest.importorskip("starlette")
pytest.importorskip("av")

from sorasync.preview.dialects import NAMES
from sorasync.preview.faults.rule import FaultPlan, FaultRule
from sorasync.preview.serve import Running, running
from sorasync.preview.settings import PreviewSettings
from sorasync.profile import load_profile
from tests.cli.kit import Film, make
from tests.hosts.workflow import BOUND

CLIP = '[clips.pier]\nprompt = "A pier at dusk, warm lamps, a slow dolly."\ntakes = 2\npick = 1\n'
EXTEND = '[[clips.pier.steps]]\nextend = "A gull lands on the rail."\nseconds = {}\n'
EDIT = '[[clips.pier.steps]]\nedit = "In fog."\n'
SIZES = {"rapid-mlx": "512x384", "minimax": "1366x768"}
SECONDS = {"rapid-mlx": 2, "kling": 5, "luma": 5}
MODELS = {
    "xai": "grok-imagine-video-1.5",
    "openrouter": "some/model",
    "fal": "fal-ai/veo3/fast",
    "replicate": "google/veo-3-fast",
    "runway": "gen4.5",
    "vertex": "veo-3.1-lite-generate-001",
    "ark": "doubao-seedance-2-0-fast-260128",
    "kling": "kling-v2-6",
    "minimax": "MiniMax-H3",
    "dashscope": "wan2.7-t2v",
    "comfy-router": "wan/wan2.7-t2v",
    "luma": "ray-2",
}
WORKFLOW = """{
  "3": {"class_type": "KSampler", "inputs": {"seed": 1, "positive": ["6", 0], "steps": 20}},
  "6": {"class_type": "CLIPTextEncode", "inputs": {"text": "", "clip": ["4", 0]}, "_meta": {"title": "+"}},
  "40": {"class_type": "EmptyLatentVideo", "inputs": {"width": 832, "height": 480, "length": 81}}
}
"""


@pytest.fixture(params=NAMES)
def family(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def server(family: str, tmp_path: Path) -> Iterator[Running]:
    key = None if load_profile(family).auth.header == "none" else "k"
    settings = PreviewSettings(tmp_path / "server", draw=False, dialect=family, api_key=key, poll_after_ms=20)
    with running(settings) as served:
        yield served


@pytest.fixture
def film(
    family: str,
    server: Running,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Film:
    monkeypatch.setenv("FAMILY_KEY", "k")
    profile = load_profile(family)
    seconds = SECONDS.get(family, 4)
    steps = (EXTEND.format(seconds) if profile.can("extend") else "") + (EDIT if profile.can("edit") else "")
    made = make(tmp_path / "film", capsys, CLIP + steps)
    model, size = MODELS.get(family, "sora-2"), SIZES.get(family, "1280x720")
    made.write("wan.api.json", WORKFLOW)
    bind = BOUND if profile.abilities.workflow else ""
    wait = "[provider.get]\nleast_seconds = 0.5\n" if profile.job else ""
    made.write(
        "sorasync.toml",
        f'[provider]\nprofile = "{family}"\nbase_url = "{server.url}"\napi_key_env = "FAMILY_KEY"\n{wait}'
        f'[defaults]\nmodel = "{model}"\nsize = "{size}"\nseconds = {seconds}\n{bind}'
        f'[prices."{model}"]\n"*" = 0.1\n',
    )
    return made


def test_a_library_is_looked_into_applied_once_and_fetched_again(
    family: str, film: Film, server: Running
) -> None:
    inside = server.app.state.server
    assert film.run("doctor").code == 0
    assert not {"create", "extend", "edit", "character", "batch", "files"} & set(inside.requests)
    profile = load_profile(family)
    renders = 2 + profile.can("extend") + profile.can("edit")
    # A host that keeps no jobs cannot be asked for a file again.
    for _ in range(2 if profile.routes.get else 1):
        assert film.run("apply", "--yes", "--quiet").code == 0
        assert film.run("plan", "--detailed-exitcode").code == 0
        assert len({charge.job for charge in inside.ledger.charges()}) == renders
        assert len(inside.ledger.charges()) == renders
        assert (film.root / "assets" / "pier.mp4").exists()
        for file in (film.root / "assets").rglob("*.mp4"):
            file.unlink()


JOB_HOSTS = sorted(name for name in NAMES if load_profile(name).job is not None)
# Hosts where a lost answer stays a question: they offer nothing to find the job by.
ASKING = {"ark", "comfy-api", "dashscope", "fal", "minimax", "runway", "vertex"}


@pytest.mark.parametrize("family", JOB_HOSTS, indirect=True)
def test_a_lost_answer_is_never_paid_for_twice(family: str, film: Film, server: Running) -> None:
    inside = server.app.state.server
    film.write("manifests/a.toml", CLIP.replace("takes = 2\npick = 1\n", ""))
    inside.faults.set(FaultPlan(rules=[FaultRule(do="cut_after", route="create", count=1)]))
    film.run("apply", "--yes", "--quiet")
    film.run("apply", "--yes", "--quiet")
    assert len(inside.ledger.charges()) == 1
    made = film.run("plan", "--detailed-exitcode").code == 0
    assert made is (family not in ASKING)


LABELLED = """\
extends = "comfy-api"
name = "deployment"
settle = "label"
create = {{ exists_status = [], exists_code = [], body = {{ metadata = {{ sorasync = "$label" }} }} }}
get = {{ least_seconds = 0.5 }}
[list]
request = "GET /api/v2/jobs?limit=100"
items = "jobs[*]"
label = "metadata.sorasync"
complete = {complete}
settle_seconds = 0.2
"""


@pytest.mark.parametrize("family", ["comfy-api"], indirect=True)
@pytest.mark.parametrize(
    ("lost", "complete", "made"),
    [("cut_after", False, True), ("cut_before", True, True), ("cut_before", False, False)],
)
def test_a_lost_answer_is_found_by_a_label_of_ours(
    lost: Literal["cut_after", "cut_before"], complete: bool, made: bool, film: Film, server: Running
) -> None:
    """What the list does not hold is sent again only where the list leaves no job out."""
    inside = server.app.state.server
    film.write("deployment.toml", LABELLED.format(complete=str(complete).lower()))
    settings = film.read("sorasync.toml").replace('"comfy-api"', '"./deployment.toml"')
    film.write("sorasync.toml", settings.replace("[provider.get]\nleast_seconds = 0.5\n", ""))
    film.write("manifests/a.toml", CLIP.replace("takes = 2\npick = 1\n", ""))
    inside.faults.set(FaultPlan(rules=[FaultRule(do=lost, route="create", count=1)]))
    film.run("apply", "--yes", "--quiet")
    assert film.run("apply", "--yes", "--quiet").code == (0 if made else 1)
    assert len(inside.ledger.charges()) == int(made)
    assert (film.run("plan", "--detailed-exitcode").code == 0) is made


@pytest.mark.parametrize("family", ["ark"], indirect=True)
def test_the_tokens_that_a_host_reports_are_what_it_costs(film: Film) -> None:
    film.write("manifests/a.toml", CLIP.replace("takes = 2\npick = 1\n", ""))
    film.write("sorasync.toml", film.read("sorasync.toml").partition("[prices.")[0])
    assert film.run("apply", "--yes", "--quiet").code == 0
    total = film.run("cost", "--accuracy", "--format", "json").json["total"]
    assert (total["difference_usd"], total["not_reported"]) == ("0.00", 0)
    assert "$0.4567" in film.run("cost").out


@pytest.mark.parametrize(
    "family",
    [pytest.param(name, marks=[pytest.mark.heavy] if name in JOB_HOSTS[1:] else []) for name in NAMES],
    indirect=True,
)
def test_a_refused_prompt_is_remembered(film: Film, server: Running) -> None:
    server.app.state.server.faults.set(FaultPlan(rules=[FaultRule(do="fail_moderated", route="create")]))
    assert film.run("apply", "--yes", "--quiet").code == 1
    changes = film.run("plan", "--format", "json").json["changes"]
    assert {change["action"] for change in changes} <= {"blocked", "create", "edit", "extend"}
    assert server.app.state.server.requests["content"] == 0
