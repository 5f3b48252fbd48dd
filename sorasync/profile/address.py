"""Checks the base URL in a profile."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator


def base_url(url: str | None) -> str | None:
    """The address without a slash at its end, None for none. Raises `ValueError` for one that cannot be."""
    if url is None or url == "":
        return None
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("not an http or https URL")
    if parts.query or parts.fragment or parts.username or parts.password:
        raise ValueError("must be a URL without user, password, query or fragment")
    return url.rstrip("/")


# The API's root, None where it has to be set.
BaseUrl = Annotated[str | None, AfterValidator(base_url)]
