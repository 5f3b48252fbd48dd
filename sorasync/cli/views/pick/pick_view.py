"""The takes of a clip, and the pick that a person's words mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sorasync.errors import SorasyncError
from sorasync.operations.address_lookup import find
from sorasync.operations.address_view import AddressView, look
from sorasync.operations.pick import Picked, pick

if TYPE_CHECKING:
    from sorasync.manifest.library import Library
    from sorasync.operations.project import Project


def takes(project: Project, text: str) -> AddressView:
    """What is known of a clip. Raises `SorasyncError` for anything that is no clip."""
    view = look(project, text)
    if view.found.picked_as is None or not view.found.declared:
        raise SorasyncError(f"{view.found.owner} is no clip or still in the manifests, so it has no takes")
    return view


def choose(project: Project, library: Library, text: str, take: int | None) -> Picked:
    """Write the pick of the clip that a person's word means."""
    found = find(text, project.graph(library))
    if found.picked_as is None:
        raise SorasyncError(f"{found.owner} is no clip or still, so it has no takes")
    return pick(project, library, found.picked_as, take)
