"""What hosts that render by job have in common: routes of their own, ids, files under open addresses."""

from __future__ import annotations

import re
import uuid
from typing import ClassVar

from sorasync.preview.dialects.base import Dialect
from sorasync.preview.request_parsing import Checks


class JobHost(Dialect):
    """A host that renders by job. `routes` are its methods and paths, with the name of each route."""

    routes: ClassVar[list[tuple[str, re.Pattern[str], str]]]
    checks = Checks(strict=False)
    poll_hint = False

    def route_name(self, method: str, path: str) -> tuple[str, str | None]:
        """One of its own routes."""
        return self.named_by(self.routes, method, path)

    def new_id(self) -> str:
        """A job's id."""
        return str(uuid.uuid4())

    def id_in(self, job_id: str) -> str:
        """A file is named by its job."""
        return job_id.removesuffix(".mp4")
