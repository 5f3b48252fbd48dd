"""The environment of processes that look at videos: nothing in it is a secret."""

from __future__ import annotations

import os

# Where programs are, how they speak, and where they keep what they may lose.
_KEPT = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "TZ",
    "TMPDIR",
    "SYSTEMROOT",
    "VIRTUAL_ENV",
    "LD_LIBRARY_PATH",
    "PYTHONPATH",
    "PYTHONHASHSEED",
    "CUDA_VISIBLE_DEVICES",
)


def bare_environment() -> dict[str, str]:
    """Those variables that a program needs to run at all."""
    return {name: os.environ[name] for name in _KEPT if name in os.environ}
