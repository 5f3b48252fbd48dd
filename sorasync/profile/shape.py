"""Turns validation errors of a profile into plain messages with the nearest spelling."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from typing import TYPE_CHECKING

from pydantic import BaseModel, ValidationError

from sorasync.profile.error import ProfileFault
from sorasync.sensitive import names_secret, without_secrets
from sorasync.text import close_match

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

# Better words for some kinds of fault.
_PLAIN = {
    "missing": "it is missing",
    "too_short": "at least one is needed",
    "string_too_short": "must not be empty",
}
# What a host may want and data cannot say, by words in the name of a field, with the way around it.
_LEFT_OUT = (
    (
        ("upload", "presign", "multipart"),
        "uploads in several steps are not supported; an image is sent in the body ($image|data_url, "
        "$image|base64), by its URL (image_param), or, for a workflow, in its own request ([upload])",
    ),
    (
        ("sign", "hmac", "jwt", "oauth", "refresh", "token_url", "access_key", "client_id", "client_secret"),
        "signed requests and tokens that are renewed are left out; a program of yours prints the token: "
        "api_key_command in sorasync.toml",
    ),
    (("websocket", "socket", "stream"), 'jobs are followed by questions only: [get] request = "GET …"'),
)
_MAY_HOLD_KEYS = (("headers",), ("auth",), ("base_url",))


def shape_faults(model: type[BaseModel], error: ValidationError) -> list[ProfileFault]:
    """One fault for each place that is wrong."""
    faults = error.errors(include_url=False)
    # Pydantic also calls an array empty if its elements are wrong.
    within = {found["loc"][:-1] for found in faults}
    told = (found for found in faults if found["type"] != "too_short" or found["loc"] not in within)
    return [_shape_fault(model, found) for found in told]


def _shape_fault(model: type[BaseModel], found: ErrorDetails) -> ProfileFault:
    path = tuple(str(part) for part in found["loc"])
    if found["type"] == "extra_forbidden":
        known = _fields_at(model, path[:-1])
        allowed = ", ".join(sorted(known)) or None
        why = next((why for words, why in _LEFT_OUT if any(word in path[-1].lower() for word in words)), None)
        if why is not None:
            return ProfileFault(path, why, unknown=True)
        return ProfileFault(path, "", allowed, close_match(path[-1], known), unknown=True)
    message = found["msg"].removeprefix("Value error, ").partition(", unable to parse")[0]
    message = _PLAIN.get(found["type"], message.replace("Input should be", "must be"))
    secret = path[:1] in _MAY_HOLD_KEYS or any(map(names_secret, path))
    hidden = secret or found["type"] == "missing"
    given = "" if hidden else f" (given: {_short_value(found.get('input'))})"
    return ProfileFault(path, f"{message}{given}", secret=secret)


def _short_value(value: object) -> str:
    text = without_secrets(repr(value))
    return text if len(text) <= 60 else text[:57] + "…"


def _fields_at(model: type[BaseModel], path: tuple[str, ...]) -> list[str]:
    """The field names of the table that a path leads to."""
    at: object = model
    for part in path:
        if isinstance(at, type) and issubclass(at, BaseModel):
            field = at.model_fields.get(part)
            at = _table_in(field.annotation) if field is not None else None
        elif typing.get_origin(at) is Mapping:
            at = typing.get_args(at)[-1]
    return list(at.model_fields) if isinstance(at, type) and issubclass(at, BaseModel) else []


def _table_in(annotation: object) -> object:
    """The table of a field that may be left out."""
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        return next((one for one in typing.get_args(annotation) if one is not type(None)), None)
    return annotation
