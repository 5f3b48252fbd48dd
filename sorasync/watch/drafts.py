"""Drafts: what a change would look like, drawn by the preview provider beside the library.

A draft has a state, assets and a provider of its own below `state/drafts`, so that nothing of it can be taken
for a render of the library. What was drawn before is not drawn again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sorasync.operations.project import Project
from sorasync.profile.video_model import nearest_seconds

if TYPE_CHECKING:
    from sorasync.graph.graph import Graph
    from sorasync.manifest.library import ClipSpec, Library
    from sorasync.manifest.still_spec import StillSpec
    from sorasync.profile.profile import Profile

# The drafts' directory, relative to the library.
DRAFTS = "state/drafts"

# How many clips are drawn at a time.
MOST_DRAFTS = 24


@dataclass(frozen=True, slots=True)
class DraftProject(Project):
    """The same manifests with the preview provider, kept apart."""

    @property
    def preview_data(self) -> Path:
        """Where the preview provider keeps its jobs for drafts."""
        return self.root / DRAFTS / "preview"

    def library(self) -> Library:
        """What the manifests declare, brought to what the preview provider can draw."""
        library = Project.library(self)
        fitted = {name: _fitted(spec, self.profile) for name, spec in library.clips.items()}
        stills = {name: _fitted_still(spec) for name, spec in library.stills.items()}
        return replace(library, clips=fitted, stills=stills)


def draft_project(project: Project) -> DraftProject:
    """The library with the draft's state, assets and provider."""
    from sorasync.manifest.config import (
        ApplyConfig,
        AssetsConfig,
        BudgetConfig,
        ProviderConfig,
        SafetyConfig,
        StateConfig,
    )
    from sorasync.profile import load_profile
    from sorasync.profile.images import ImageModel
    from sorasync.profile.video_model import ANY

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
    profile = load_profile("preview")
    # A drawing of a still has any size.
    images = profile.images.model_copy(update={"models": {ANY: ImageModel(default_size="1280x720")}})
    return DraftProject(project.root, config, profile.model_copy(update={"images": images}), project.clock)


def video_of(project: Project, clip: str, graph: Graph | None = None) -> Path | None:
    """The video of a clip, by its file name; None if there is none. Drafts need no `graph`."""
    from sorasync.assets.file_names import file_name

    name_of = file_name if graph is None else project.file_naming(graph)
    path = project.root / project.config.assets.path / f"{name_of(clip)}.mp4"
    return path if path.exists() else None


def newest_video(project: Project, clip: str, graph: Graph) -> tuple[Path | None, bool]:
    """The newest video of a clip, and whether it is a draft: a draft wins if it is newer.

    A video keeps the time of its download, so a draft of a later change is always the newer of the two.
    """
    video, draft = video_of(project, clip, graph), video_of(draft_project(project), clip)
    if draft is None or (video is not None and video.stat().st_mtime_ns >= draft.stat().st_mtime_ns):
        return video, False
    return draft, True


def _fitted(spec: ClipSpec, profile: Profile) -> ClipSpec:
    """A clip without the parameters of another provider, and of a length and shape that is drawn.

    A model that is not known here becomes the default one, with its nearest length and the size that lies
    the same way.
    """
    steps = tuple(replace(step, params={}) for step in spec.steps)
    spec = replace(spec, params={}, steps=steps)
    if spec.source is not None or spec.model is None or profile.model(spec.model) is not None:
        return spec
    model = profile.model(profile.default_model or "")
    assert model is not None
    return replace(
        spec,
        model=None,
        size=_alike(spec.size, model.sizes),
        seconds=None if spec.seconds is None else nearest_seconds(model.seconds, spec.seconds),
        steps=tuple(replace(step, seconds=None) for step in steps),
    )


def _fitted_still(spec: StillSpec) -> StillSpec:
    """A still without the model and parameters of another provider; take 1 is picked if none is."""
    steps = tuple(replace(step, params={}) for step in spec.steps)
    return replace(spec, model=None, params={}, steps=steps, pick=spec.pick or 1)


def _alike(size: str | None, offered: tuple[str, ...]) -> str | None:
    """The size on offer that is upright, or lies, as the given one does."""
    if size is None:
        return None
    return next((one for one in offered if _upright(one) == _upright(size)), None)


def _upright(size: str) -> bool:
    width, _, height = size.partition("x")
    return int(width) < int(height)
