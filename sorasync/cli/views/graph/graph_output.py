"""A graph as a tree for people, as DOT, as Mermaid and as plain data."""

from __future__ import annotations

from collections.abc import Iterator

import click

from sorasync.cli.app.failure import one_line
from sorasync.graph.render import Kind
from sorasync.operations.graph_view import GraphView
from sorasync.plan.render_text import render_text


def as_tree(view: GraphView) -> Iterator[str]:
    """Each render below the first thing it needs; if it is needed again, only its name.

    No recursion: branches may be many deep.
    """
    if not view.renders and not view.waiting:
        yield "Nothing is declared."
        return
    drawn: set[str] = set()
    roots = [address for address, render in view.renders.items() if not _parents(view, address)]
    for root in roots:
        stack: list[tuple[str, str, str]] = [(root, "", "")]
        while stack:
            address, before, indent = stack.pop()
            again = address in drawn
            yield before + _node_line(view, address, again=again)
            drawn.add(address)
            children = [] if again else view.children.get(address, [])
            for place, child in reversed(list(enumerate(children))):
                last = place == len(children) - 1
                stack.append(
                    (child, indent + ("└─ " if last else "├─ "), indent + ("   " if last else "│  "))
                )
    for node in view.waiting.values():
        yield f"{click.style(node.address, bold=True)}  waits for a pick of {node.waits_for}"


def _parents(view: GraphView, address: str) -> list[str]:
    return [need for need in view.renders[address].needs if need in view.renders]


def _node_line(view: GraphView, address: str, *, again: bool) -> str:
    label = view.graph.label(address)
    if again:
        return f"{label}  (above)"
    notes = [render_text(view.renders[address])]
    if address in view.same:
        notes.append(f"the same render as {view.graph.label(view.same[address])}")
    notes += _choice(view, address)
    return f"{click.style(label, bold=True)}  {', '.join(notes)}"


def _choice(view: GraphView, address: str) -> list[str]:
    """Whether a take of several is the one that counts."""
    node = view.graph.node(address)
    if node is None or address not in node.takes:
        return []
    if node.chosen is None:
        return ["waits for a pick"] if node.waits_for or node.kind == "still" else []
    if node.single:
        return []
    return ["picked"] if node.takes[node.chosen - 1] == address else []


def as_dot(view: GraphView) -> Iterator[str]:
    """Graphviz's language; a render that is shared is joined to its twin by a dashed line."""
    yield "digraph sorasync {"
    yield "  rankdir=LR;"
    yield '  node [shape=box, fontname="sans-serif"];'
    for address, render in view.renders.items():
        shape = ", shape=ellipse" if render.kind is Kind.CHARACTER else ""
        text = _dot(f"{view.graph.label(address)}") + "\\n" + _dot(render_text(render))
        yield f'  "{_dot(address)}" [label="{text}"{shape}];'
    for node in view.waiting.values():
        text = _dot(node.address) + "\\n" + _dot(f"waits for a pick of {node.waits_for}")
        yield f'  "{_dot(node.address)}" [label="{text}", style=dashed];'
    for need, address in view.edges:
        yield f'  "{_dot(need)}" -> "{_dot(address)}";'
    for address, first in view.same.items():
        yield f'  "{_dot(first)}" -> "{_dot(address)}" [style=dashed, dir=none];'
    yield "}"


def _dot(text: str) -> str:
    """Text for the inside of a quoted string, where a backslash begins an escape."""
    return one_line(text).replace("\\", "\\\\").replace('"', '\\"')


_MERMAID = str.maketrans({c: f"#{ord(c)};" for c in '"#<>&`\\'})


def as_mermaid(view: GraphView) -> Iterator[str]:
    """A Mermaid flowchart; nodes are numbered, addresses are only in labels."""
    ids = {address: f"n{number}" for number, address in enumerate(view.renders)}
    yield "flowchart LR"
    for address, render in view.renders.items():
        text = f"{_mermaid(view.graph.label(address))}<br/>{_mermaid(render_text(render))}"
        opening, closing = ("([", "])") if render.kind is Kind.CHARACTER else ("[", "]")
        yield f'  {ids[address]}{opening}"{text}"{closing}'
    for number, node in enumerate(view.waiting.values(), len(ids)):
        text = f"{_mermaid(node.address)}<br/>{_mermaid(f'waits for a pick of {node.waits_for}')}"
        yield f'  n{number}["{text}"]'
    for need, address in view.edges:
        yield f"  {ids[need]} --> {ids[address]}"
    for address, first in view.same.items():
        yield f"  {ids[first]} -.- {ids[address]}"


def _mermaid(text: str) -> str:
    """Text for the inside of a quoted label: what Mermaid or HTML would read becomes a character code."""
    return one_line(text).translate(_MERMAID)


def as_json(view: GraphView) -> dict[str, object]:
    """Nodes and edges as plain data."""
    return {
        "format_version": 1,
        "nodes": [
            {
                "id": address,
                "address": view.graph.label(address),
                "owner": address.partition("#")[0],
                "kind": render.kind.value,
                "key": render.key,
                "seconds": render.seconds or None,
                "same_as": view.same.get(address),
            }
            for address, render in view.renders.items()
        ],
        "edges": [{"from": need, "to": address} for need, address in view.edges],
        "waiting": [{"address": node.address, "pick": node.waits_for} for node in view.waiting.values()],
    }
