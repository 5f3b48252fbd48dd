"""The graph: its order, its edges, its clips, and what a provider lacks for it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sorasync.graph.expand import expand
from sorasync.manifest.config import load_config
from sorasync.manifest.diagnostic import ManifestError
from sorasync.manifest.load import load
from sorasync.profile.hosts import Hosts
from tests.graph.making import graph_of, profile
from tests.graph.test_cosmetic import BASE


def test_sources_stand_before_what_starts_from_them_however_deep_and_wherever_declared(
    tmp_path: Path,
) -> None:
    count = 1_500
    branches = "".join(
        f'[clips.c{n:04}]\nfrom = "c{n + 1:04}"\n[[clips.c{n:04}.steps]]\nedit = "{n}"\n'
        for n in range(count)
    )
    graph = graph_of(tmp_path, f'[clips.c{count:04}]\nprompt = "x"\n' + branches)
    seen: set[str] = set()
    for address, render in graph.renders.items():
        assert seen.issuperset(render.needs)
        seen.add(address)
    assert len(seen) == count + 1
    assert graph.ancestors(["clip.c0000#1/1"]) == seen - {"clip.c0000#1/1"}
    assert graph.dependants([f"clip.c{count:04}#1"]) == seen


@pytest.mark.parametrize("provider", ["openai", "preview"])
def test_without_keys_a_graph_is_the_same_for_the_rest(tmp_path: Path, provider: str) -> None:
    whole = graph_of(tmp_path, BASE, provider=provider)
    bare = expand(load(tmp_path, load_config(tmp_path)), Hosts(profile(provider)), keys=False)
    assert bare.clips == whole.clips
    assert bare.tags == whole.tags
    assert list(bare.renders.values()) == [
        replace(render, key="", inputs="") for render in whole.renders.values()
    ]


def test_without_keys_the_same_lacks_are_found(tmp_path: Path) -> None:
    with pytest.raises(ManifestError) as whole:
        graph_of(tmp_path, BASE, provider="vllm-omni")
    with pytest.raises(ManifestError) as bare:
        expand(load(tmp_path, load_config(tmp_path)), Hosts(profile("vllm-omni")), keys=False)
    assert bare.value.diagnostics == whole.value.diagnostics
    assert len(whole.value.diagnostics) > 1


def test_lengths_add_up_along_a_chain(tmp_path: Path) -> None:
    graph = graph_of(tmp_path, BASE)
    chain = ["clip.market#2", "clip.market#2/1", "clip.market#2/2", "clip.night#1/1"]
    renders = [graph.renders[address] for address in chain]
    assert [render.seconds for render in renders] == [8, 12, 12, 12]
    assert [render.billed_seconds for render in renders] == [8, 4, 12, 12]
    assert [render.extensions for render in renders] == [0, 1, 1, 1]
    assert {render.model for render in renders} == {"sora-2-pro"}
    assert {render.size for render in renders} == {"1280x720"}


def test_a_clip_stands_for_its_last_render_on_the_picked_take(tmp_path: Path) -> None:
    graph = graph_of(tmp_path, BASE)
    market = graph.clips["market"]
    assert (market.takes, market.steps, market.chosen, market.final) == (
        ("clip.market#1", "clip.market#2"),
        ("clip.market#2/1", "clip.market#2/2"),
        2,
        "clip.market#2/2",
    )
    assert graph.clips["night"].final == "clip.night#1/1"


def test_without_a_pick_a_clip_stands_for_its_first_take_and_what_follows_waits(tmp_path: Path) -> None:
    graph = graph_of(tmp_path, BASE.replace("pick = 2\n", ""))
    assert graph.clips["market"].final == "clip.market#1"
    assert {clip.name: clip.waits_for for clip in graph.waiting()} == {
        "market": "clip.market",
        "night": "clip.market",
    }
    assert "clip.night#1/1" not in graph.renders


def test_several_takes_without_steps_wait_for_nothing(tmp_path: Path) -> None:
    graph = graph_of(tmp_path, '[clips.a]\nprompt = "x"\ntakes = 3\n')
    assert list(graph.waiting()) == []


def test_a_branch_may_have_takes_of_its_own(tmp_path: Path) -> None:
    twice = BASE.replace('from = "market"\n', 'from = "market"\ntakes = 2\n')
    graph = graph_of(tmp_path, twice)
    assert graph.clips["night"].takes == ("clip.night#1/1", "clip.night#2/1")
    keys = {graph.renders[take].key for take in graph.clips["night"].takes}
    assert len(keys) == 2
    assert list(graph.waiting()) == []
    assert graph.renders["clip.night#1/1"].key == graph_of(tmp_path, BASE).renders["clip.night#1/1"].key


def test_a_branch_of_several_takes_without_a_pick_waits_before_its_second_step(tmp_path: Path) -> None:
    text = '[clips.a]\nprompt = "A."\nmodel = "sora-2"\nsize = "1280x720"\nseconds = 4\n'
    text += '[clips.b]\nfrom = "a"\ntakes = 2\n'
    text += "".join(f'[[clips.b.steps]]\nedit = "{number}."\n' for number in (1, 2))
    graph = graph_of(tmp_path, text)
    assert {clip.name: clip.waits_for for clip in graph.waiting()} == {"b": "clip.b"}
    assert [address for address in graph.renders if address.startswith("clip.b")] == [
        "clip.b#1/1",
        "clip.b#2/1",
    ]


def test_the_take_is_left_out_of_a_label_where_there_is_one(tmp_path: Path) -> None:
    graph = graph_of(tmp_path, BASE)
    assert graph.label("clip.kitchen#1") == "clip.kitchen"
    assert graph.label("clip.market#1") == "clip.market#1"
    assert graph.label("clip.night#1/1") == "clip.night#1/1"
    assert graph.label("clip.gone#1") == "clip.gone"
    assert graph.label("character.mossy") == "character.mossy"


def test_everything_a_provider_lacks_is_named_with_its_place(tmp_path: Path) -> None:
    faulty = """
[clips.a]
prompt = "x"
size = "640x640"
seconds = 5
[clips.b]
prompt = "x"
model = "sora-3"
params = { seed = 1 }
[clips.c]
prompt = "x"
[[clips.c.steps]]
extend = "y"
seconds = 7
"""
    with pytest.raises(ManifestError) as refused:
        graph_of(tmp_path, faulty)
    found = [(d.code, d.address, d.position.line if d.position else 0) for d in refused.value.diagnostics]
    assert found == [
        ("S121", "clip.a", 4),
        ("S122", "clip.a", 5),
        ("S120", "clip.b", 8),
        ("S125", "clip.b", 9),
        ("S122", "clip.c", 14),
    ]


def test_too_many_extensions_in_a_row_are_refused_even_across_branches(tmp_path: Path) -> None:
    steps = '[[clips.a.steps]]\nextend = "y"\nseconds = 4\n' * 6
    text = f'[clips.a]\nprompt = "x"\n{steps}'
    assert graph_of(tmp_path, text).renders["clip.a#1/6"].extensions == 6
    branch = '[clips.b]\nfrom = "a"\n[[clips.b.steps]]\nextend = "z"\nseconds = 4\n'
    with pytest.raises(ManifestError) as refused:
        graph_of(tmp_path, text + branch)
    assert [(d.code, d.address) for d in refused.value.diagnostics] == [("S126", "clip.b")]


def test_what_one_clip_lacks_is_not_said_of_another_with_the_same_model(tmp_path: Path) -> None:
    """Checks are remembered by what was asked; parameters are part of that."""
    text = '[clips.{}]\nprompt = "x"\n'
    with pytest.raises(ManifestError) as refused:
        graph_of(tmp_path, text.format("a") + "params = { seed = 1 }\n" + text.format("b") + text.format("c"))
    assert {d.address for d in refused.value.diagnostics} == {"clip.a"}
