"""Headers that a profile may set, and the one that holds the key."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator

_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,80}")
_VALUE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]{0,998}[\x21-\x7e])?")
_OF_KEYS = frozenset({"authorization", "api-key", "x-api-key"})
_OF_REQUESTS = frozenset(
    [
        "accept",
        "accept-encoding",
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "cookie",
        "host",
        "idempotency-key",
        "proxy-authorization",
        "range",
        "te",
        "transfer-encoding",
        "upgrade",
    ]
)


def _key_header(name: str) -> str:
    if _NAME.fullmatch(name) is None or name.lower() in _OF_REQUESTS:
        raise ValueError("bearer, none, or the name of a header such as api-key is needed")
    return name.lower()


def _own_headers(headers: Mapping[str, str]) -> Mapping[str, str]:
    for name, value in headers.items():
        if _NAME.fullmatch(name) is None or _VALUE.fullmatch(value) is None:
            raise ValueError(f"{name[:80]!r} is no header of printable ASCII")
        if name.lower() in _OF_KEYS | _OF_REQUESTS:
            raise ValueError(f"{name} cannot be set here: a key comes from the environment, see auth")
    return headers


# `bearer`, `none`, or the name of the header with the plain key.
KeyHeader = Annotated[str, AfterValidator(_key_header)]

# Headers for every request to the host itself, such as `OpenAI-Project`. Never keys.
Headers = Annotated[Mapping[str, str], AfterValidator(_own_headers)]
