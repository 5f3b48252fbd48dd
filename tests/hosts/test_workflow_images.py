"""A clip's first frame in a ComfyUI workflow: uploaded under its digest, bound to the node that loads it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sorasync.apply.report import End
from sorasync.manifest.diagnostic import ManifestError
from tests.apply.world import ends, outcome
from tests.hosts.one_host import OneHost, with_key
from tests.hosts.workflow import WORKFLOW
from tests.preview.test_videos import picture

CLIP = '[clips.a]\nprompt = "A boat at dusk."\n'
LOADS = '"7": {"class_type": "LoadImage", "inputs": {"image": "example.png"}},'
BIND = """\
[clips.a.bind]
prompt = "6.text"
image = "7.image"
seed = "3.seed"
width = "40.width"
height = "40.height"
frames = "40.length"
fps = 16
"""


def library(root: Path, monkeypatch: pytest.MonkeyPatch, manifest: str, dialect: str = "comfyui") -> OneHost:
    it = with_key(OneHost(root, dialect, manifest), monkeypatch)
    (it.root / "wan.api.json").write_text(WORKFLOW.replace("{", "{" + LOADS, 1))
    (it.root / "manifests" / "boat.png").write_bytes(picture(1280, 720))
    return it


def uploads(it: OneHost) -> list[str]:
    return [file.id for file in it.server.shelf.files()]


@pytest.mark.parametrize("dialect", ["comfyui", "comfy-api"])
def test_an_image_is_uploaded_under_its_digest_and_bound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dialect: str
) -> None:
    it = library(tmp_path, monkeypatch, CLIP + 'image = "boat.png"\ntakes = 2\n' + BIND, dialect)
    assert it.apply().complete
    (name,) = uploads(it)
    assert name.startswith("sorasync-")
    assert "boat" not in name
    jobs = [it.server.jobs.get(charge.job) for charge in it.server.ledger.charges()]
    assert [job is not None and job.image is not None for job in jobs] == [True, True]


def test_another_image_is_another_render_and_without_one_the_workflows_own_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    it = library(tmp_path, monkeypatch, CLIP + 'image = "boat.png"\n' + BIND)
    before = it.plan().changes[0].key
    (it.root / "manifests" / "boat.png").write_bytes(picture(1280, 720, "WEBP"))
    assert it.plan().changes[0].key != before
    it.write(CLIP + BIND)
    (render,) = (change.render for change in it.plan().changes)
    assert render is not None
    assert json.loads(render.workflow or "{}")["7"]["inputs"] == {"image": "example.png"}


def test_a_workflow_with_a_size_and_a_length_of_its_own_is_not_compared_with_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    it = library(tmp_path, monkeypatch, CLIP + 'bind = { prompt = "6.text" }\n')
    assert it.apply().complete
    assert it.record("clip.a#1").mismatch is None


@pytest.mark.parametrize("lost", ["cut_before", "cut_after"])
def test_an_upload_that_fails_pays_for_nothing_and_is_done_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lost: str
) -> None:
    it = library(tmp_path, monkeypatch, CLIP + 'image = "boat.png"\n' + BIND)
    it.faults({"route": "upload", "do": lost})
    report = it.apply()
    assert ends(report) == {"clip.a": End.FAILED}
    assert (it.server.requests["create"], it.billed()) == (0, 0)
    it.faults({"route": "upload", "do": lost, "nth": 1})
    assert it.apply().complete
    assert it.billed() == 1


def test_a_lost_answer_with_an_image_is_paid_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    it = library(tmp_path, monkeypatch, CLIP + 'image = "boat.png"\n' + BIND)
    it.faults({"route": "create", "do": "cut_after"})
    assert it.apply().complete
    assert it.billed() == 1
    assert it.server.requests["upload"] == 1


def test_an_image_that_the_host_refuses_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    it = library(tmp_path, monkeypatch, CLIP + 'image = "boat.png"\n' + BIND)
    it.faults({"route": "upload", "do": "status", "status": 400, "message": "no such form"})
    report = it.apply()
    assert "no such form" in outcome(report, "clip.a").message
    assert it.billed() == 0


@pytest.mark.parametrize(
    ("dialect", "bind", "said"),
    [
        ("comfyui", BIND.replace('image = "7.image"\n', ""), "nothing in `bind` takes it: bind image"),
        ("comfyui", BIND.replace("7.image", "7.picture"), "node '7' (LoadImage) has no input 'picture'"),
    ],
)
def test_an_image_that_cannot_be_sent_is_an_error_with_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dialect: str, bind: str, said: str
) -> None:
    it = library(tmp_path, monkeypatch, CLIP + 'image = "boat.png"\n' + bind, dialect)
    with pytest.raises(ManifestError) as refused:
        it.plan()
    (told,) = refused.value.diagnostics
    assert said in told.message
    assert told.position is not None
    assert told.position.line in (3, 6)
