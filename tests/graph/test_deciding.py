"""Each field that decides a render changes its key, and those of everything that starts from it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.graph.making import FILES, graph_of, keys_of
from tests.graph.test_cosmetic import BASE, EDIT, PROMPT

MARKET = ["clip.market#1", "clip.market#2"]
ON_TAKE = ["clip.market#2/1", "clip.market#2/2", "clip.night#1/1"]


def changed(root: Path, before: str, after: str, provider: str = "openai") -> list[str]:
    """The addresses that both libraries have, under different keys."""
    old = keys_of(graph_of(root, before, provider=provider))
    new = keys_of(graph_of(root, after, provider=provider))
    return sorted(address for address in old if address in new and old[address] != new[address])


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (PROMPT, PROMPT + " Slowly.", MARKET + ON_TAKE),
        (PROMPT, PROMPT.replace("dusk", "Dusk"), MARKET + ON_TAKE),
        ('"sora-2-pro"', '"sora-2"', MARKET + ON_TAKE),
        ('"1280x720"', '"720x1280"', MARKET + ON_TAKE),
        ("seconds = 8", "seconds = 12", MARKET + ON_TAKE),
        ('["mossy", "wren"]', '["mossy"]', MARKET + ON_TAKE),
        ('image = "../refs/kitchen.png"\n', "", MARKET + ON_TAKE),
        ("revision = 1", "revision = 2", MARKET + ON_TAKE),
        ('"On it goes."\nseconds = 4', '"On it goes."\nseconds = 8', ON_TAKE),
        ("On it goes.", "On it went.", ON_TAKE),
        ('"On it goes."\n', '"On it goes."\nrevision = 1\n', ON_TAKE),
        ('extend = "On it goes."\nseconds = 4', 'edit = "On it goes."', ON_TAKE),
        (EDIT, EDIT + " Slowly.", ON_TAKE[1:]),
        ("At night.", "At noon.", ON_TAKE[2:]),
        ('from = "market"\n', 'from = "market"\nrevision = 1\n', ON_TAKE[2:]),
        ('from = "market"', 'from = "kitchen"', ON_TAKE[2:]),
        ('name = "Mossy"', 'name = "Mossy Fox"', ["character.mossy", *MARKET, *ON_TAKE]),
        ('"../refs/mossy.mp4"', '"../refs/wren.mp4"', ["character.mossy", *MARKET, *ON_TAKE]),
        ('"lifts", "smiles"', '"smiles", "lifts"', ["clip.kitchen#1"]),
        ('style = "16mm"', 'style = "35mm"', ["clip.kitchen#1"]),
    ],
)
def test_a_deciding_field_changes_its_key_and_what_follows_and_no_other(
    tmp_path: Path, old: str, new: str, expected: list[str]
) -> None:
    assert old in BASE
    assert changed(tmp_path, BASE, BASE.replace(old, new, 1)) == sorted(expected)


def test_a_parameter_changes_the_key(tmp_path: Path) -> None:
    head = '[defaults]\nmodel = "m"\nsize = "640x480"\nseconds = 4\n'
    text = head + '[clips.a]\nprompt = "x"\nparams = { seed = 0 }\n'
    for other in ("{ seed = 1 }", "{}", "{ seed = 0, guidance_scale = 2.0 }"):
        assert changed(tmp_path, text, text.replace("{ seed = 0 }", other), "vllm-omni") == ["clip.a#1"]


def test_a_pick_moves_the_steps_and_leaves_every_take_as_it_is(tmp_path: Path) -> None:
    old = keys_of(graph_of(tmp_path, BASE))
    new = keys_of(graph_of(tmp_path, BASE.replace("pick = 2", "pick = 1")))
    assert {address: old[address] for address in MARKET} == {address: new[address] for address in MARKET}
    assert old["clip.market#2/1"] != new["clip.market#1/1"]


def test_a_file_counts_by_its_content_and_not_by_its_name(tmp_path: Path) -> None:
    old = keys_of(graph_of(tmp_path, BASE))
    renamed = {**FILES, "refs/other.png": FILES["refs/kitchen.png"]}
    assert keys_of(graph_of(tmp_path, BASE.replace("kitchen.png", "other.png"), files=renamed)) == old
    redrawn = {**FILES, "refs/kitchen.png": b"another picture"}
    new = keys_of(graph_of(tmp_path, BASE, files=redrawn))
    assert sorted(a for a in old if old[a] != new[a]) == sorted(MARKET + ON_TAKE)


def test_takes_have_keys_of_their_own_and_keep_them_when_there_are_more(tmp_path: Path) -> None:
    old = keys_of(graph_of(tmp_path, BASE))
    new = keys_of(graph_of(tmp_path, BASE.replace("takes = 2", "takes = 5")))
    assert {address: new[address] for address in old} == old
    takes = [new[f"clip.market#{take}"] for take in range(1, 6)]
    assert len(set(takes)) == 5


def test_a_render_of_the_preview_provider_never_stands_for_a_real_one(tmp_path: Path) -> None:
    real = keys_of(graph_of(tmp_path, BASE))
    simulated = keys_of(graph_of(tmp_path, BASE, provider="preview"))
    assert real.keys() == simulated.keys()
    assert not set(real.values()) & set(simulated.values())
