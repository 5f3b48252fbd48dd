"""The one error of this package."""

from __future__ import annotations

from sorasync.errors import SorasyncError


class ProfileError(SorasyncError):
    """A profile that does not exist or does not hold together; the message names the field."""
