"""Paths and addresses of a host with a job API, and the ids in them."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote, urlsplit

from sorasync.provider.json_values import word
from sorasync.provider.read import usable_id


def page_path(path: str, limit: int, offset: int) -> str:
    """The list's path for a page of `limit` jobs after `offset` others."""
    path = path.replace("{limit}", str(limit)).replace("{offset}", str(offset))
    return path.replace("{page}", str(offset // limit + 1))


def part_of(job_id: str, at: int) -> str:
    """One part of an id that is a path, counted from its end."""
    parts = job_id.split("/")
    return parts[at] if len(parts) >= -at else ""


def is_path(text: str) -> bool:
    """Whether every part of a path is safe in a URL, and none leads upwards."""
    return usable_id(text) and all(part and usable_id(part) for part in text.split("/"))


def query_of(url: str) -> str:
    """The query of an address with its question mark, if it has one."""
    query = urlsplit(url).query
    return f"?{query}" if query else ""


def filled_address(address: str, item: Mapping[str, object]) -> str:
    """The address with the fields of an item in the place of `{NAME}`."""
    for name, value in item.items():
        address = address.replace(f"{{{name}}}", quote(word(value) or "", safe=""))
    return address
