"""The forms of the edit route, and which of them this host has."""

from __future__ import annotations

from sorasync.provider.errors import NotSupported
from sorasync.provider.provider_host import ProviderHost
from sorasync.provider.wire import Source


class EditRoutes:
    """Flat (`/videos/edits`) and nested (`/videos/{id}/edits`) forms, then the older remix.

    Once a form has made a job, it is the only one used.
    """

    def __init__(self, host: ProviderHost) -> None:
        self._host = host
        remix = host.routes.get("remix")
        self._forms = host.edits + ((remix,) if remix is not None else ())
        self._known: str | None = None

    def to_try(self, source: Source) -> tuple[str, ...]:
        """The forms in the order to try them. Raises `NotSupported` where the host has none that fits."""
        forms = self._forms if self._known is None else (self._known,)
        if source.remote_id is None:
            forms = tuple(form for form in self._forms if "{id}" not in form)
        if not forms:
            raise NotSupported(f"{self._host.name} has no edit route")
        return forms

    @property
    def known(self) -> bool:
        """Whether a form has worked already."""
        return self._known is not None

    def answered(self, form: str) -> None:
        """Remember the form that this host has."""
        if self._known is None:
            self._known = form
