"""`sorasync graph`."""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.cli.kit import Film

Films = Callable[[str], Film]

_LIBRARY = """
[characters.mossy]
name = "Mossy"
video = "m.mp4"
[characters.fern]
name = "Fern"
video = "m.mp4"
[clips.market]
prompt = "Mossy and Fern."
characters = ["mossy", "fern"]
takes = 2
pick = 2
[[clips.market.steps]]
extend = "On."
[clips.night]
from = "market"
[[clips.night.steps]]
edit = "Night."
[clips.same]
prompt = "A tree."
[clips.twin]
prompt = "A tree."
[clips.choose]
prompt = "B."
takes = 2
[clips.later]
from = "choose"
[[clips.later.steps]]
edit = "C."
"""


def _graph(film: Films) -> Film:
    one = film(_LIBRARY)
    one.write("manifests/m.mp4", "a film")
    return one


def test_the_tree_goes_from_characters_to_clips_to_steps_and_branches(film: Films) -> None:
    lines = _graph(film).run("graph").out.splitlines()
    at = {line.strip("│├└─ ").split("  ")[0]: number for number, line in reversed(list(enumerate(lines)))}
    assert at["character.fern"] < at["clip.market#2"] < at["clip.market#2/1"] < at["clip.night#1/1"]
    assert any("clip.market#1  (above)" in line for line in lines)
    assert any("picked" in line and "clip.market#2" in line for line in lines)
    assert any("clip.twin" in line and "the same render as clip.same" in line for line in lines)
    assert any("clip.later" in line and "waits for a pick of clip.choose" in line for line in lines)


def test_patterns_keep_what_leads_there_and_what_comes_of_it(film: Films) -> None:
    nodes = _graph(film).run("graph", "clip.market#2", "--format", "json").json["nodes"]
    owners = {node["owner"] for node in nodes}
    assert owners == {"character.mossy", "character.fern", "clip.market", "clip.night"}


def test_a_pattern_that_matches_nothing_is_an_error(film: Films) -> None:
    one = _graph(film)
    assert one.run("graph", "clip.x*").code == 1
    assert "clip.market" in one.run("graph", "markt").err


def test_dot_and_mermaid_quote_every_character(film: Films) -> None:
    one = film("[clips.p]\nprompt = '{{ c }}'\nmatrix = { c = ['a\"b', '<i>&`;'] }\n")
    dot = one.run("graph", "--format", "dot").out
    assert '"clip.p[c=a\\"b]#1"' in dot
    assert dot.count("{") == dot.count("}") == 1
    mermaid = one.run("graph", "--format", "mermaid").out
    for line in mermaid.splitlines()[1:]:
        assert line.count('"') == 2
    assert "<i>" not in mermaid
    assert "#34;" in mermaid


def test_every_edge_joins_two_nodes(film: Films) -> None:
    one = _graph(film)
    found = one.run("graph", "--format", "json").json
    ids = {node["id"] for node in found["nodes"]}
    assert found["edges"]
    assert all(edge["from"] in ids and edge["to"] in ids for edge in found["edges"])
    mermaid = one.run("graph", "--format", "mermaid").out
    assert len(re.findall(r"-->", mermaid)) == len(found["edges"])


def test_a_chain_of_a_thousand_branches_can_be_drawn(film: Films) -> None:
    blocks = [
        f'[clips.c{n}]\nfrom = "c{n - 1}"\n[[clips.c{n}.steps]]\nedit = "B{n}."\n' for n in range(1, 1001)
    ]
    manifest = '[clips.c0]\nprompt = "A."\n' + "".join(blocks)
    assert "clip.c1000" in film(manifest).run("graph").out


def test_the_graph_of_nothing_says_so(film: Films) -> None:
    assert film("").run("graph").out == "Nothing is declared.\n"
