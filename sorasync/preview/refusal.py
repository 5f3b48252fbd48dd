"""Refusals."""

from __future__ import annotations

from collections.abc import Mapping


class RefusedError(Exception):
    """An answer other than 2xx, in the reference's words; a dialect gives it its own form.

    `status` is the HTTP status; `kind` the reference's error `type`; `param` the field at fault.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        kind: str = "invalid_request_error",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.param = param
        self.kind = kind
        self.headers = dict(headers or {})


def bad(message: str, param: str | None = None, code: str | None = None) -> RefusedError:
    """A 400 about one field."""
    return RefusedError(400, message, param=param, code=code)


def missing(what: str, name: str) -> RefusedError:
    """A 404 about an id."""
    return RefusedError(404, f"{what} not found: '{name}'.", code="not_found", param="id")
