"""A still as loaded: every default and variable resolved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from sorasync.manifest.library import Origin

# What stands before a still's name where a clip takes it for an image: `image = "still:quay"`.
STILL_PREFIX: Final = "still:"


@dataclass(frozen=True, slots=True)
class StillStep:
    """An edit of the picture before."""

    prompt: str
    origin: Origin = field(compare=False)
    revision: int = 0
    params: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StillSpec:
    """One still. `references` are images with their SHA-256, in the order they are sent.

    `pick` is the 1-based picked take, None if there is none; with `gate` even a single take needs one before
    anything is made from it. `prompt_file` is given where the prompt was read from a file of its own.
    """

    name: str
    origin: Origin = field(compare=False)
    prompt: str = ""
    steps: tuple[StillStep, ...] = ()
    model: str | None = None
    size: str | None = None
    references: tuple[tuple[str, str], ...] = ()
    takes: int = 1
    pick: int | None = None
    gate: bool = False
    revision: int = 0
    protect: bool = False
    tags: tuple[str, ...] = ()
    description: str | None = None
    params: Mapping[str, object] = field(default_factory=dict)
    prompt_file: str | None = field(default=None, compare=False)
    # A template of `sorasync.manifest.workflow`.
    workflow: str | None = None
    # The host that makes it, None for the default. Never part of a key.
    provider: str | None = None

    @property
    def address(self) -> str:
        """Its address."""
        return f"still.{self.name}"

    @property
    def picked_as(self) -> str:
        """What it is called in a `[picks]` table, where clips go by their names alone."""
        return self.address

    @property
    def chosen(self) -> int | None:
        """The take that counts, None where somebody has to pick first."""
        return self.pick or (1 if self.takes == 1 and not self.gate else None)


def still_row(spec: StillSpec) -> dict[str, Any]:
    """A still as plain data, for `still_of_row`."""
    return asdict(spec)


def still_of_row(row: Mapping[str, Any]) -> StillSpec:
    """A still from plain data, as JSON gives it back. Raises `TypeError` or `KeyError` for other data."""
    steps = tuple(StillStep(**{**step, "origin": _origin_of_row(step["origin"])}) for step in row["steps"])
    given = {
        "origin": _origin_of_row(row["origin"]),
        "steps": steps,
        "references": tuple((file, sha256) for file, sha256 in row["references"]),
        "tags": tuple(row["tags"]),
    }
    return StillSpec(**{**row, **given})


def _origin_of_row(row: Mapping[str, Any]) -> Origin:
    return Origin(row["file"], tuple(row["path"]))
