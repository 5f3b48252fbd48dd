"""What a request is, by its method and path; fault rules and counts go by these names."""

from __future__ import annotations

import re

_ID = r"(?P<id>[^/]+)"
_TABLE = [
    ("POST", r"/videos(/generations)?", "create"),
    ("GET", r"/videos", "list"),
    ("GET", r"/videos/models", "models"),
    ("POST", r"/videos/characters", "character"),
    ("GET", rf"/videos/characters/{_ID}", "character_get"),
    ("POST", r"/videos/exten(d|sions)", "extend"),
    ("POST", r"/videos/edits", "edit"),
    ("POST", rf"/videos/{_ID}/(edits|remix)", "edit"),
    ("GET", rf"/videos/{_ID}/content", "content"),
    ("GET", rf"/videos/{_ID}", "get"),
    ("DELETE", rf"/videos/{_ID}", "delete"),
    ("GET", rf"/assets/{_ID}", "content"),
    ("POST", r"/images/(generations|edits)", "still"),
    ("GET", rf"/pictures/{_ID}", "picture"),
    ("POST", r"/files", "files"),
    ("GET", r"/files", "files_list"),
    ("GET", rf"/files/{_ID}", "files_get"),
    ("DELETE", rf"/files/{_ID}", "files_delete"),
    ("GET", rf"/files/{_ID}/content", "files_content"),
    ("POST", r"/batches", "batch"),
    ("GET", r"/batches", "batch_list"),
    ("GET", rf"/batches/{_ID}", "batch_get"),
    ("POST", rf"/batches/{_ID}/cancel", "batch_cancel"),
    ("GET", r"/models", "models"),
]
_ROUTES = [(method, re.compile("/v1" + pattern), name) for method, pattern, name in _TABLE]
_ABOUT_JOB = frozenset({"get", "content", "delete"})


def name_route(method: str, path: str) -> tuple[str, str | None]:
    """The name of a route, and the job id in its path where the request is about a job.

    Paths of the control routes are `control`, others `other`.
    """
    if path.startswith(("/preview/", "/healthz")):
        return "control", None
    for wanted, pattern, name in _ROUTES:
        match = pattern.fullmatch(path) if method == wanted else None
        if match:
            return name, match["id"] if name in _ABOUT_JOB else None
    return "other", None
