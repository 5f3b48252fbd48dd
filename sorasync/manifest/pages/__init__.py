"""The pages of `sorasync explain`: one Markdown file per code, with a bad and a good example."""

from __future__ import annotations

from importlib.resources import files


def page(code: str) -> str | None:
    """The page of a code in Markdown, None if there is none."""
    found = files(__name__).joinpath(f"{code}.md")
    return found.read_text(encoding="utf-8") if code.isalnum() and found.is_file() else None
