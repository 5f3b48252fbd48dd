"""Authentication headers."""

from __future__ import annotations

from sorasync.provider.errors import AuthFailed
from sorasync.provider.provider_host import ProviderHost
from sorasync.provider.redact import Secret

_QUOTES = "\"'`"


def auth_headers(host: ProviderHost, secret: Secret) -> dict[str, str]:
    """Headers for the host only: the profile's own, and the key in the host's form.

    Raises `AuthFailed` if the key is missing, could not be a header, or is in quotes.
    """
    own = dict(host.profile.headers)
    key = secret.value
    if host.profile.auth.header == "none":
        return own
    if key is None:
        if not host.profile.auth.required:
            return own
        hint = f"put the key for {host.name} into the variable {host.key_env}"
        raise AuthFailed(f"{host.key_env} is not set", hint=hint)
    if not (key.isascii() and key.isprintable()) or " " in key or key[0] in _QUOTES or key[-1] in _QUOTES:
        raise AuthFailed(
            f"the key in {host.key_env} contains characters that no key can have",
            hint=f"look for line breaks or quotes in {host.key_env}",
        )
    form = "{key}" if host.job is None else host.job.auth.value
    named = (
        {"authorization": f"Bearer {key}"}
        if host.profile.auth.header == "bearer"
        else {host.profile.auth.header: form.replace("{key}", key)}
    )
    return own | named
