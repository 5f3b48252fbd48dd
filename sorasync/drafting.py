"""Drafts: what a change would look like, drawn by the preview provider beside the library.

A draft has a state, assets and a provider of its own below `state/drafts`, so that nothing of it can be taken
for a render of the library. What was drawn before is not drawn again.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sorasync.project import Project

DRAFTS = "state/drafts"
"""Where drafts are, relative to the library."""

MOST_DRAFTS = 24
"""How many clips are drawn at a time."""


@dataclass(frozen=True, slots=True)
class DraftProject(Project):
    """The same manifests with the preview provider, kept apart."""

    @property
    def preview_data(self) -> Path:
        """Where the preview provider keeps its jobs for drafts."""
        return self.root / DRAFTS / "preview"


def draft_project(project: Project) -> DraftProject:
    """The library as it is drafted."""
    from sorasync.manifest.config import (
        ApplyConfig,
        AssetsConfig,
        BudgetConfig,
        ProviderConfig,
        SafetyConfig,
        StateConfig,
    )
    from sorasync.profile import load_profile

    config = project.config.model_copy(
        update={
            "provider": ProviderConfig(profile="preview"),
            "state": StateConfig(url=f"sqlite:{DRAFTS}/drafts.db", lock_file=False),
            "assets": AssetsConfig(path=f"{DRAFTS}/videos"),
            "apply": ApplyConfig(parallelism=project.config.apply.parallelism),
            "budget": BudgetConfig(),
            "safety": SafetyConfig(),
        }
    )
    return DraftProject(project.root, config, load_profile("preview"), project.clock)


def video_of(project: Project, clip: str) -> Path | None:
    """The video that a clip stands for, by its human name; None where there is none."""
    from sorasync.assets.names import file_name

    path = project.root / project.config.assets.path / f"{file_name(clip)}.mp4"
    return path if path.exists() else None
