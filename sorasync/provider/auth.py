"""Authentication headers."""

from __future__ import annotations

from sorasync.provider.errors import AuthFailed
from sorasync.provider.redact import Secret
from sorasync.provider.spec import HostSpec

_QUOTES = "\"'`"


def auth_headers(spec: HostSpec, secret: Secret) -> dict[str, str]:
    """Headers for the host only: the profile's own, and the key in the host's form.

    Raises `AuthFailed` if the key is missing, could not be a header, or is in quotes.
    """
    own = dict(spec.headers)
    key = secret.value
    if spec.auth == "none":
        return own
    if key is None:
        if not spec.key_required:
            return own
        hint = f"put the key for {spec.name} into the variable {spec.key_env}"
        raise AuthFailed(f"{spec.key_env} is not set", hint=hint)
    if not (key.isascii() and key.isprintable()) or " " in key or key[0] in _QUOTES or key[-1] in _QUOTES:
        raise AuthFailed(
            f"the key in {spec.key_env} holds characters that no key can have",
            hint=f"look for line breaks or quotes in {spec.key_env}",
        )
    named = (
        {"authorization": f"Bearer {key}"}
        if spec.auth == "bearer"
        else {spec.auth: spec.key_form.replace("{key}", key)}
    )
    return own | named
