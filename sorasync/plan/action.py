"""The actions of a plan."""

from __future__ import annotations

from enum import StrEnum


class Action(StrEnum):
    """The actions of a plan, in the order its summary counts them."""

    CREATE = "create"
    EXTEND = "extend"
    EDIT = "edit"
    CHARACTER = "character"
    STILL = "still"
    RESUME = "resume"
    DOWNLOAD = "download"
    MOVE = "move"
    REPLACE = "replace"
    RETIRE = "retire"
    DELETE = "delete"
    BLOCKED = "blocked"
    LOST = "lost"

    @property
    def mark(self) -> str:
        """The sign in front of the line; no sign is used for both a paid and a free action."""
        return _MARKS[self]

    @property
    def renders(self) -> bool:
        """Whether it sends a request that makes a new render or upload."""
        return self in _RENDERING

    @property
    def leased(self) -> bool:
        """Whether it pays for, follows or fetches a render, which of two applies only one may do."""
        return self in _RENDERING or self in _FOLLOWING


_MARKS = {
    Action.CREATE: "+",
    Action.EXTEND: "+",
    Action.EDIT: "+",
    Action.CHARACTER: "+",
    Action.STILL: "+",
    Action.RESUME: "…",
    Action.DOWNLOAD: "↓",
    Action.MOVE: "→",
    Action.REPLACE: "±",
    Action.RETIRE: "-",
    Action.DELETE: "×",
    Action.BLOCKED: "!",
    Action.LOST: "?",
}
_FOLLOWING = frozenset({Action.RESUME, Action.DOWNLOAD, Action.LOST})
_RENDERING = frozenset(
    {Action.CREATE, Action.EXTEND, Action.EDIT, Action.CHARACTER, Action.STILL, Action.REPLACE}
)
