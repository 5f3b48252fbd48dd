"""What each code means, with an example of the fault and one without it: one Markdown file a code."""

from __future__ import annotations

from importlib.resources import files


def page(code: str) -> str | None:
    """The page of a code in Markdown, None if there is none."""
    found = files(__name__).joinpath(f"{code}.md")
    return found.read_text(encoding="utf-8") if code.isalnum() and found.is_file() else None
