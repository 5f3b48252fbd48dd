"""What a render is, in a few words."""

from __future__ import annotations

from sorasync.graph.render import Kind, Render


def render_text(render: Render) -> str:
    """Length, size and model of a create; what a step does to its source."""
    match render.kind:
        case Kind.CHARACTER:
            return "character"
        case Kind.CREATE:
            return f"{render.seconds} s {render.size} {render.model}"
        case Kind.EXTEND:
            return f"extend by {render.billed_seconds} s to {render.seconds} s"
        case Kind.EDIT:
            return f"edit of {render.seconds} s"
        case Kind.STILL:
            what = "still" if render.source is None else "edit of a still"
            return f"{what} {render.size} {render.model}"
