"""The options for webhooks."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from sorasync.operations.wait import WebhookSettings

F = TypeVar("F", bound=Callable[..., Any])

_DEFAULT_ENV = "SORASYNC_WEBHOOK_SECRET"


def webhook_options(function: F) -> F:
    """Add them to a command that waits for renders."""
    listen = click.option(
        "--webhook-listen",
        metavar="HOST:PORT",
        help="Listen for the provider's webhooks, and poll as soon as one arrives.",
    )
    secret = click.option(
        "--webhook-secret-env",
        metavar="NAME",
        default=_DEFAULT_ENV,
        help=f"The environment variable with the webhook secret. Default: {_DEFAULT_ENV}.",
    )
    return listen(secret(function))


def webhooks_of(listen: str | None, secret_env: str) -> WebhookSettings | None:
    """The options together. Raises `click.BadParameter` for anything but `HOST:PORT`."""
    if listen is None:
        return None
    from sorasync.operations.wait import WebhookSettings

    host, colon, port = listen.rpartition(":")
    if not colon or not host or not port.isdecimal() or int(port) > 65535:
        raise click.BadParameter(f"{listen!r} is not HOST:PORT", param_hint="--webhook-listen")
    return WebhookSettings(host.strip("[]"), int(port), secret_env)
