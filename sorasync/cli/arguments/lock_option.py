"""The option that says how long to wait for the lock on the state."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def lock_option(function: F) -> F:
    """Add it to a command that takes the lock; it comes as `lock_timeout`, in seconds."""
    return click.option(
        "--lock-timeout",
        type=click.FloatRange(min=0),
        default=0.0,
        metavar="SECONDS",
        help="How long to wait for the state lock. Default: do not wait.",
    )(function)
