"""The sentence that names what changed of a render."""

from __future__ import annotations

from pathlib import Path

from sorasync.graph.graph import Graph
from sorasync.plan import reason
from sorasync.plan.change import inputs_of
from tests.graph.making import graph_of

HEAD = '[defaults]\nmodel = "wan"\nsize = "640x480"\nseconds = 4\n[clips.a]\nprompt = "x"\n'


def told(root: Path, before: str, after: str) -> str:
    """Why the clip's key is another one after the change."""

    def expanded(params: str) -> Graph:
        return graph_of(root, f"{HEAD}params = {params}\n", provider="vllm-omni")

    old, graph = expanded(before).renders["clip.a#1"], expanded(after)
    new = graph.renders["clip.a#1"]
    fields = reason.changed_fields(inputs_of(old.inputs), inputs_of(new.inputs))
    return reason.sentence(fields, new, graph, lambda key: None)


def test_parameters_are_named_by_their_path(tmp_path: Path) -> None:
    before = "{ seed = 1, lora = { a = { x = 1, y = 2 }, b = [1] }, fps = 24 }"
    after = "{ seed = 2, lora = { a = { x = 1, y = 3 }, b = [2], c = {} }, fps = 24 }"
    assert told(tmp_path, before, after) == (
        "params.lora.a.y changed, params.lora.b changed, params.lora.c changed, params.seed changed"
    )
    assert told(tmp_path, "{ lora = { a = 1 } }", "{}") == "params.lora changed"
