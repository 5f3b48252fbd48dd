"""The output of `sorasync accept`."""

from __future__ import annotations

from collections.abc import Iterator

from sorasync.cli.views.plan.plan_text import diff_text
from sorasync.graph.graph import Graph
from sorasync.operations.accept import Acceptance
from sorasync.plan.reason import sentence
from sorasync.plan.word_diff import shortened, word_diff


def acceptance_text(found: Acceptance, graph: Graph) -> Iterator[str]:
    """The chain, sources first, with what changed; then what still has to be rendered."""
    labels = {one.old.key: one.label for one in found.accepted}
    for one in found.accepted:
        yield f"✓ {one.label}  {sentence(one.fields, one.new, graph, labels.get)}"
        for field in one.fields:
            if field.name == "prompt" and isinstance(field.before, str) and isinstance(field.after, str):
                yield f"      prompt: {diff_text(shortened(word_diff(field.before, field.after)))}"
    for label, why in found.left:
        yield f"! {label} is not accepted with it: {why}"


def acceptance_json(found: Acceptance, reason: str) -> dict[str, object]:
    """The same as plain data."""
    return {
        "format_version": 1,
        "reason": reason,
        "accepted": [
            {
                "address": one.label,
                "old_key": one.old.key,
                "new_key": one.new.key,
                "fields": [field.name for field in one.fields],
                "follows": one.follows,
            }
            for one in found.accepted
        ],
        "left": [{"address": label, "why": why} for label, why in found.left],
    }
