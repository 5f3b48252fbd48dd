"""The seed of a render, so that no host makes the same video for every take.

A seed is never part of a key: renders from before there were seeds stay paid for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from sorasync.profile.profile import Profile

# Seeds stay below this: some hosts read them as signed 32-bit numbers.
_HIGHEST = 2**31


def with_seed(
    profile: Profile,
    params: Mapping[str, object],
    *,
    key: str,
    take: int,
    tried: int,
    still: bool = False,
) -> Mapping[str, object]:
    """The parameters as they are sent: with a seed where the profile names a field for one.

    It comes of the key and of how often that was tried before, so each take, each revision and each render
    afresh has one of its own, and a request that is sent again since it never arrived has the same.
    A seed of the manifest's own counts first; takes after the first one add their distance to it.
    """
    name = profile.images.seed if still else profile.seed_param
    if name is None:
        return params
    own = found_in(params, name)
    if own is not None:
        counts = isinstance(own, int) and not isinstance(own, bool) and take > 1
        return _placed(params, name, own + take - 1) if counts and isinstance(own, int) else params
    if not still and profile.fields.seed is None:
        return params
    digest = hashlib.sha256(f"seed:{key}:{tried}".encode()).digest()
    return _placed(params, name, int.from_bytes(digest[:8]) % _HIGHEST)


def found_in(params: Mapping[str, object], name: str) -> object:
    """The value of a parameter, in the tables that its name's dots lead through; None where there is none."""
    value: object = params
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _placed(params: Mapping[str, object], name: str, seed: int) -> dict[str, Any]:
    head, dot, rest = name.partition(".")
    if not dot:
        return {**params, head: seed}
    inner = params.get(head)
    return {**params, head: _placed(inner if isinstance(inner, Mapping) else {}, rest, seed)}
