"""Stills that a ComfyUI workflow makes."""

from __future__ import annotations

from pathlib import Path

import pytest

from sorasync.manifest.diagnostic import ManifestError
from tests.hosts.one_host import OneHost, with_key
from tests.preview.test_videos import picture

FLUX = """{
  "3": {"class_type": "KSampler", "inputs": {"seed": 1, "steps": 20, "positive": ["6", 0]}},
  "6": {"class_type": "CLIPTextEncode", "inputs": {"text": ""}},
  "7": {"class_type": "LoadImage", "inputs": {"image": "example.png"}},
  "40": {"class_type": "EmptyLatentImage", "inputs": {"width": 512, "height": 512}},
  "9": {"class_type": "SaveImage", "inputs": {"images": ["3", 0]}}
}
"""
QUAY = '[stills.quay]\nprompt = "A stone quay at dawn."\nworkflow = "flux.api.json"\n'
BIND = """\
[stills.quay.bind]
prompt = "6.text"
seed = "3.seed"
width = "40.width"
height = "40.height"
image = "7.image"
"""


def library(
    root: Path, monkeypatch: pytest.MonkeyPatch, manifest: str, dialect: str = "comfyui", flux: str = FLUX
) -> OneHost:
    it = OneHost(root, dialect, manifest)
    (it.root / "manifests" / "flux.api.json").write_text(flux)
    (it.root / "manifests" / "boat.png").write_bytes(picture(1280, 720))
    return with_key(it, monkeypatch)


@pytest.mark.parametrize("dialect", ["comfyui", "comfy-api"])
def test_a_workflow_makes_stills(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dialect: str) -> None:
    it = library(tmp_path, monkeypatch, QUAY + "takes = 2\n" + BIND, dialect)
    assert it.apply(allow_unknown_cost=True).complete
    assert it.billed() == 2
    assert len(list((it.root / "assets" / "stills").glob("quay/*.png"))) == 2
    assert it.plan().empty


def test_a_lost_answer_of_a_still_settles_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    it = library(tmp_path, monkeypatch, QUAY + BIND)
    it.faults({"route": "create", "do": "cut_after"})
    assert it.apply(allow_unknown_cost=True).complete
    assert it.billed() == 1


def test_the_key_holds_the_workflow_and_only_what_is_bound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    it = library(tmp_path, monkeypatch, QUAY + BIND)
    key = it.plan().changes[0].key
    flux = it.root / "manifests" / "flux.api.json"
    flux.write_text(FLUX.replace('"seed": 1', '"seed": 9'))
    assert it.plan().changes[0].key == key
    flux.write_text(FLUX.replace('"steps": 20', '"steps": 30'))
    assert it.plan().changes[0].key != key


def test_the_one_reference_is_uploaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    it = library(tmp_path, monkeypatch, QUAY + 'references = ["boat.png"]\n' + BIND)
    assert it.apply(allow_unknown_cost=True).complete
    job = it.server.jobs.get(it.server.ledger.charges()[0].job)
    assert job is not None
    assert job.image is not None


@pytest.mark.parametrize(
    ("manifest", "said", "line"),
    [
        (
            QUAY.replace('workflow = "flux.api.json"\n', ""),
            "comfyui renders workflows, and the still has none",
            1,
        ),
        (QUAY, "nothing says which input of the workflow takes the prompt", 1),
        (QUAY + BIND + 'frames = "40.length"\nfps = 16\n', "a still has no length", 10),
        (QUAY + BIND.replace("6.text", "8.text"), "the workflow has no node '8'", 5),
        (
            QUAY + BIND + '[[stills.quay.steps]]\nedit = "At night."\n',
            "a still with a workflow has no edits",
            10,
        ),
        (
            QUAY + "takes = 2\n" + BIND.replace('seed = "3.seed"\n', ""),
            "every take would be the same picture: nothing in `bind` takes the seed",
            4,
        ),
        (
            QUAY + 'references = ["boat.png"]\n' + BIND.replace('image = "7.image"\n', ""),
            "nothing in `bind` takes it: bind image",
            4,
        ),
        (QUAY + 'references = ["boat.png", "boat.png"]\n' + BIND, "2 images for one still", 4),
    ],
)
def test_what_cannot_be_is_an_error_with_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, manifest: str, said: str, line: int
) -> None:
    it = library(tmp_path, monkeypatch, manifest)
    with pytest.raises(ManifestError) as refused:
        it.plan()
    told = [one for one in refused.value.diagnostics if said in one.message]
    assert told, refused.value.diagnostics
    assert told[0].position is not None
    assert told[0].position.line == line


def test_a_host_without_workflows_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    it = library(tmp_path, monkeypatch, QUAY + BIND, "fal")
    with pytest.raises(ManifestError) as refused:
        it.plan()
    assert [one.message for one in refused.value.diagnostics] == ["fal takes no workflow"]
