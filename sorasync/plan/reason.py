"""Why a render changes: the fields that differ, and the sentence that names them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from sorasync.graph.graph import Graph
from sorasync.graph.render import Render
from sorasync.plan.change import FieldChange

# The label of an address that points to a key, None where none does.
LabelOf = Callable[[str], str | None]

_NAMES = {
    "simulated": "provider",
    "clip_revision": "revision",
    "video": "reference clip",
    "prompt_sha256": "row",
    "params_sha256": "row",
}
_ORDER = (
    "kind",
    "source",
    "prompt",
    "name",
    "model",
    "size",
    "seconds",
    "characters",
    "image",
    "last_image",
    "references",
    "video",
    "params",
    "take",
)
_DEFAULTS: dict[str, object] = {
    "take": 1,
    "revision": 0,
    "clip_revision": 0,
    "characters": [],
    "params": {},
    "references": [],
}


def changed_fields(before: Mapping[str, object], after: Mapping[str, object]) -> tuple[FieldChange, ...]:
    """The fields that differ between two sets of inputs, the important ones first."""
    names = sorted(before.keys() | after.keys(), key=_rank)
    return tuple(
        FieldChange(
            _NAMES.get(name, name),
            before.get(name, _DEFAULTS.get(name)),
            after.get(name, _DEFAULTS.get(name)),
        )
        for name in names
        if before.get(name) != after.get(name)
    )


def with_provider_names(fields: tuple[FieldChange, ...], before: str, after: str) -> tuple[FieldChange, ...]:
    """The same with the names of providers in the place of what inputs say of them."""
    return tuple(
        FieldChange(field.name, before, after) if field.name == "provider" else field for field in fields
    )


def _rank(name: str) -> tuple[int, str]:
    return (_ORDER.index(name) if name in _ORDER else len(_ORDER), name)


def sentence(fields: tuple[FieldChange, ...], render: Render, graph: Graph, label_of: LabelOf) -> str:
    """One line that names every changed field; long values are left to the diff below it.

    `label_of` gives the label of an address that points to a key.
    """
    return (
        ", ".join(_phrase(field, render, graph, label_of) for field in fields) or "a new render was asked for"
    )


def _phrase(field: FieldChange, render: Render, graph: Graph, label_of: LabelOf) -> str:
    match field.name:
        case "source" if render.source is not None:
            source = graph.label(render.source)
            known = label_of(str(field.before))
            if field.before is None or known is None or known == source:
                return f"its source {source} changes"
            return f"its source is now {source}, was {known}"
        case "characters":
            return "characters changed"
        case "image" | "last_image" if (still := _still_behind(field.name, render)) is not None:
            label = graph.label(still)
            return f"{label} is {_FRAMES[field.name]}" if field.before is None else f"{label} changes"
        case "provider":
            return "only the preview provider rendered it" if field.before else "preview instead"
        case "model" | "size" | "seconds" | "take" | "revision" | "kind":
            return f"{field.name} {_value_text(field.before)} → {_value_text(field.after)}"
        case "params" if isinstance(field.before, dict) and isinstance(field.after, dict):
            return ", ".join(f"{name} changed" for name in _paths(field.before, field.after, "params"))
        case name:
            return f"{name} changed"


_FRAMES = {"image": "its first frame now", "last_image": "its last frame now"}


def _still_behind(name: str, render: Render) -> str | None:
    """The still that gives an image of a clip, None where that is a file."""
    return render.still if name == "image" else render.last_still


def _paths(before: Mapping[str, object], after: Mapping[str, object], parent: str) -> Iterator[str]:
    """The names of all values that differ, those inside of tables by their path."""
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name), after.get(name)
        if isinstance(old, dict) and isinstance(new, dict):
            yield from _paths(old, new, f"{parent}.{name}")
        elif old != new:
            yield f"{parent}.{name}"


def _value_text(value: object) -> str:
    return "none" if value is None else str(value)
