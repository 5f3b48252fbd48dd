"""`import --workflow`: the graph that ComfyUI embeds in the files that it saves."""

from __future__ import annotations

import json
import struct
import zlib
from pathlib import Path

import av
import pytest

from tests.cli.kit import Film, make

GRAPH = {
    "3": {
        "class_type": "KSampler",
        "inputs": {"seed": 7, "steps": 20, "positive": ["6", 0], "negative": ["7", 0], "latent": ["40", 0]},
    },
    "7": {"class_type": "CLIPTextEncode", "inputs": {"text": "blurry", "clip": ["4", 0]}},
    "6": {"class_type": "CLIPTextEncode", "inputs": {"text": "a kite", "clip": ["4", 0]}},
    "40": {"class_type": "EmptyLatentVideo", "inputs": {"width": 832, "height": 480, "length": 81}},
    "50": {"class_type": "CreateVideo", "inputs": {"images": ["3", 0], "fps": 24}},
}
BIND = {
    "prompt": "6.text",
    "negative": "7.text",
    "seed": "3.seed",
    "width": "40.width",
    "height": "40.height",
    "frames": "40.length",
}


@pytest.fixture
def film(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Film:
    made = make(tmp_path / "film", capsys, '[clips.kite]\nprompt = "A kite."\nseconds = 4\n')
    made.write("sorasync.toml", '[provider]\nprofile = "comfyui"\n[defaults]\nsize = "1280x720"\n')
    return made


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(*texts: bytes) -> bytes:
    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    body = chunk(b"IDAT", zlib.compress(b"\0\0"))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + b"".join(texts) + body + chunk(b"IEND", b"")


def video(path: Path, **metadata: str) -> None:
    with av.open(str(path), "w", options={"movflags": "use_metadata_tags"}) as container:
        stream = container.add_stream("mpeg4", rate=8)
        stream.width, stream.height = 32, 32
        container.metadata.update(metadata)
        container.mux(stream.encode(av.VideoFrame(32, 32, "yuv420p")))
        container.mux(stream.encode())


SAID = json.dumps(GRAPH).encode()
PICTURES = {
    "plain": chunk(b"tEXt", b"prompt\0" + SAID),
    "compressed": chunk(b"zTXt", b"prompt\0\0" + zlib.compress(SAID)),
    "international": chunk(b"iTXt", b"prompt\0\0\0\0\0" + SAID),
    "packed": chunk(b"iTXt", b"prompt\0\1\0en\0prompt\0" + zlib.compress(SAID)),
}


@pytest.mark.parametrize("form", PICTURES)
def test_a_picture_gives_its_workflow(form: str, film: Film) -> None:
    source = film.root / "ComfyUI_1.png"
    source.write_bytes(png(chunk(b"tEXt", b"workflow\0{}"), PICTURES[form]))
    found = film.run("import", "--workflow", str(source), "--format", "json").json
    assert (found["workflow"], found["nodes"], found["fps"]) == ("ComfyUI_1.api.json", 5, 24)
    assert found["bind"] == BIND
    assert json.loads(film.read("ComfyUI_1.api.json")) == GRAPH


@pytest.mark.parametrize("key", ["prompt", "comment"])
def test_a_video_gives_its_workflow_and_the_lines_that_render_it(key: str, film: Film) -> None:
    source = film.root / "wan.mp4"
    video(source, **{key: json.dumps(GRAPH if key == "prompt" else {"prompt": json.dumps(GRAPH)})})
    told = film.run("import", "--workflow", str(source)).out
    lines = told.partition("\n\n")[2]
    settings = lines.replace("[defaults]\n", '[defaults]\nsize = "1280x720"\n')
    film.write("sorasync.toml", '[provider]\nprofile = "comfyui"\n' + settings)
    assert film.run("validate").code == 0


def test_what_holds_no_workflow_is_said_and_nothing_is_overwritten(film: Film) -> None:
    plain, other = film.root / "plain.png", film.root / "other.mp4"
    plain.write_bytes(png(chunk(b"tEXt", b"prompt\0a red kite"), chunk(b"iTXt", b"prompt\0")))
    other.write_bytes(b"no video")
    for source in (plain, other, film.root / "missing.png"):
        refused = film.run("import", "--workflow", str(source), "--out", "w.json")
        assert refused.code == 1
        assert "holds no workflow of ComfyUI" in refused.err or "missing.png" in refused.err
    plain.write_bytes(png(PICTURES["plain"]))
    film.write("plain.api.json", "mine")
    assert "--force overwrites" in film.run("import", "--workflow", str(plain)).err
    assert film.read("plain.api.json") == "mine"
    assert film.run("import", "--workflow", str(plain), "--force").code == 0
    assert film.run("import", "--workflow", str(plain), "--remote").code == 64
