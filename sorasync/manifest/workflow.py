"""ComfyUI workflows in the API format, and which inputs of their nodes take a clip's values.

A template is the workflow without what decides nothing (titles), as canonical JSON. In the place of each
bound input is `{"$bind": WORD}`, with the `fps` where the word is `frames`. The provider's client puts the
values there.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sorasync.manifest.suggest import nearest

# The words of `[bind]` that name inputs.
WORDS: Final = ("prompt", "negative", "seconds", "frames", "width", "height", "seed", "image")
_MARK: Final = "$bind"
# In the place of a template that could not be made.
NO_TEMPLATE: Final = "{}"


@dataclass(frozen=True, slots=True)
class BindFault:
    """What is wrong with a workflow (no `word`) or with the input that a word is bound to."""

    message: str
    word: str | None = None
    expected: str | None = None
    fix: str | None = None


def template_of(
    text: str, bind: Mapping[str, tuple[str, ...]], fps: int | None, kept: Collection[str] = ()
) -> tuple[str, list[BindFault]]:
    """The template, or `NO_TEMPLATE`, and every fault.

    The inputs of the words in `kept` keep their own values: the clip has none for them.
    """
    try:
        nodes = _nodes(text)
    except ValueError as error:
        return NO_TEMPLATE, [BindFault(str(error), expected="a workflow exported with Export (API)")]
    faults = [
        fault
        for word, targets in bind.items()
        for target in targets
        if (fault := _bound(nodes, target, word, fps, kept)) is not None
    ]
    if faults:
        return NO_TEMPLATE, faults
    return json.dumps(nodes, sort_keys=True, separators=(",", ":"), ensure_ascii=False), []


def _nodes(text: str) -> dict[str, dict[str, Any]]:
    """The nodes by id, with their class and inputs. Raises `ValueError`."""
    try:
        graph = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"the workflow is not valid JSON: {error}") from None
    if isinstance(graph, dict) and isinstance(graph.get("nodes"), list):
        raise ValueError("the workflow is in the format of the editor, which cannot be sent")
    if not isinstance(graph, dict) or not graph:
        raise ValueError("the workflow has no nodes")
    nodes = {}
    for name, node in graph.items():
        kind, inputs = (
            (node.get("class_type"), node.get("inputs")) if isinstance(node, dict) else (None, None)
        )
        if not isinstance(kind, str) or not isinstance(inputs, dict):
            raise ValueError(f"node {name[:40]!r} of the workflow has no class_type or no inputs")
        if any(isinstance(value, dict) and _MARK in value for value in inputs.values()):
            raise ValueError(f"node {name[:40]!r} of the workflow has an input with {_MARK}")
        nodes[name] = {"class_type": kind, "inputs": inputs}
    return nodes


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is not a JSON number")


def _bound(
    nodes: dict[str, dict[str, Any]], target: str, word: str, fps: int | None, kept: Collection[str]
) -> BindFault | None:
    """Put a word's mark into the input that it is bound to; why it cannot."""
    name, _, key = target.partition(".")
    node = nodes.get(name)
    if node is None:
        near = nearest(name, list(nodes))
        fix = f"{near}.{key}" if near and key else None
        return BindFault(f"the workflow has no node {name!r}", word, ", ".join(_short(nodes)), fix)
    inputs = node["inputs"]
    kind = node["class_type"]
    if key not in inputs:
        near = nearest(key, list(inputs))
        fix = f"{name}.{near}" if near else None
        return BindFault(
            f"node {name!r} ({kind}) has no input {key!r}", word, ", ".join(_short(inputs)) or None, fix
        )
    if isinstance(inputs[key], list):
        message = f"input {key!r} of node {name!r} ({kind}) is linked to another node"
        return BindFault(message, word, "an input with a value of its own")
    if isinstance(inputs[key], dict) and _MARK in inputs[key]:
        return BindFault(f"{target} is bound twice: to {inputs[key][_MARK]} and to {word}", word)
    if word not in kept:
        inputs[key] = {_MARK: word} | ({"fps": fps} if word == "frames" else {})
    return None


def _short(names: Mapping[str, object]) -> Iterator[str]:
    for number, name in enumerate(names):
        if number == 20:
            yield "…"
            return
        yield name
