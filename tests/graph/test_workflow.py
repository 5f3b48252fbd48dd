"""What of a workflow decides a render: the graph with a clip's values in it, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sorasync.graph.render import Render
from sorasync.manifest.diagnostic import ManifestError
from tests.graph.making import graph_of

NODES: dict[str, Any] = {
    "3": {"class_type": "KSampler", "inputs": {"seed": 1, "steps": 20, "positive": ["6", 0]}},
    "6": {
        "class_type": "CLIPTextEncode",
        "inputs": {"text": "old", "clip": ["4", 0]},
        "_meta": {"title": "+"},
    },
    "40": {"class_type": "EmptyLatentVideo", "inputs": {"width": 832, "height": 480, "length": 81}},
}
BIND = """\
workflow = "wan.api.json"
[clips.pier.bind]
prompt = "6.text"
seed = "3.seed"
"""
LENGTH = 'frames = "40.length"\nfps = 16\n'
SIZE = 'width = "40.width"\nheight = "40.height"\n'
# A promise: whoever has rendered this has it for good.
KEY = "d874530b45b22fdc9ce51f7d6e50275e4e0dbbf41e074dc9b87ab9e3e8bfcf47"


def render(
    root: Path, nodes: object = None, *, clip: str = "", bind: str = BIND, name: str = "clip.pier#1"
) -> Render:
    text = json.dumps(NODES if nodes is None else nodes)
    manifest = f'[clips.pier]\nprompt = "A pier."\n{clip}{bind}'
    (root / "library").mkdir(exist_ok=True)
    files = {"manifests/wan.api.json": text.encode()}
    return graph_of(root / "library", manifest, provider="comfyui", files=files).renders[name]


def changed(node: str, **inputs: object) -> dict[str, Any]:
    return NODES | {node: NODES[node] | {"inputs": NODES[node]["inputs"] | inputs}}


def test_the_key_of_a_workflow_never_changes(tmp_path: Path) -> None:
    assert render(tmp_path, bind=BIND + LENGTH + SIZE, clip='size = "832x480"\nseconds = 5\n').key == KEY


def test_titles_order_and_values_that_a_clip_replaces_decide_nothing(tmp_path: Path) -> None:
    key = render(tmp_path).key
    titled = {name: node | {"_meta": {"title": "Moved"}} for name, node in reversed(NODES.items())}
    assert render(tmp_path, titled).key == key
    assert render(tmp_path, changed("6", text="new")).key == key
    assert render(tmp_path, changed("3", seed=9)).key == key


def test_inputs_of_nodes_and_what_they_are_bound_to_decide(tmp_path: Path) -> None:
    keys = {
        render(tmp_path).key,
        render(tmp_path, changed("3", steps=30)).key,
        render(tmp_path, changed("3", positive=["7", 0])).key,
        render(tmp_path, clip="takes = 2\n", name="clip.pier#2").key,
        render(tmp_path, bind=BIND.replace("6.text", "3.steps")).key,
        render(tmp_path, bind=BIND + LENGTH).key,
        render(tmp_path, bind=BIND + LENGTH.replace("16", "24")).key,
    }
    assert len(keys) == 7


def test_a_negative_prompt_decides_wherever_it_is_written(tmp_path: Path) -> None:
    bind = BIND + 'negative = "7.text"\n'

    def key(text: str, clip: str = "") -> str:
        node = {"class_type": "CLIPTextEncode", "inputs": {"text": text}}
        return render(tmp_path, NODES | {"7": node}, clip=clip, bind=bind).key

    own = 'params = { negative_prompt = "rain" }\n'
    assert len({key("fog"), key("rain"), key("fog", own)}) == 3
    assert key("fog", own) == key("rain", own)


@pytest.mark.parametrize(("bound", "line"), [(LENGTH, "seconds = 9\n"), (SIZE, 'size = "64x64"\n')])
def test_length_and_size_decide_where_the_workflow_takes_them(tmp_path: Path, bound: str, line: str) -> None:
    assert render(tmp_path, clip=line).key == render(tmp_path).key
    assert render(tmp_path, clip=line, bind=BIND + bound).key != render(tmp_path, bind=BIND + bound).key


@pytest.mark.parametrize(
    ("clip", "bind", "words"),
    [
        ("takes = 2\n", BIND.replace('seed = "3.seed"\n', ""), "every take would be the same video"),
        ("params = { negative_prompt = 'fog' }\n", BIND, "nothing in `bind` takes it: bind negative"),
        ("", "", "renders workflows, and the clip has none"),
    ],
)
def test_what_would_go_nowhere_is_refused(tmp_path: Path, clip: str, bind: str, words: str) -> None:
    with pytest.raises(ManifestError) as refused:
        render(tmp_path, clip=clip, bind=bind)
    (found,) = refused.value.diagnostics
    assert words in found.message and found.position is not None


def test_other_hosts_take_no_workflow(tmp_path: Path) -> None:
    files = {"manifests/wan.api.json": json.dumps(NODES).encode()}
    with pytest.raises(ManifestError) as refused:
        graph_of(tmp_path, f'[clips.pier]\nprompt = "A pier."\n{BIND}', files=files)
    assert [one.message for one in refused.value.diagnostics] == ["openai takes no workflow"]
    assert graph_of(
        tmp_path / "b", f'[clips.pier]\nprompt = "A pier."\n{BIND}', provider="preview", files=files
    )
