"""The certificate of a host, looked at on a connection of its own."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass
from urllib.parse import urlsplit

_TIMEOUT = 10.0


@dataclass(frozen=True, slots=True)
class Certificate:
    """What was found: `expires_at` in Unix seconds, or `fault` in one sentence where it cannot be trusted."""

    expires_at: float | None = None
    fault: str | None = None


async def certificate(base_url: str) -> Certificate | None:
    """The certificate behind an https address; None for http, and where no connection could be made."""
    parts = urlsplit(base_url)
    if parts.scheme != "https" or parts.hostname is None:
        return None
    try:
        async with asyncio.timeout(_TIMEOUT):
            _, writer = await asyncio.open_connection(
                parts.hostname, parts.port or 443, ssl=ssl.create_default_context()
            )
    except ssl.SSLCertVerificationError as error:
        return Certificate(fault=error.verify_message)
    except ssl.SSLError as error:
        return Certificate(fault=str(error.reason))
    except (OSError, TimeoutError):
        return None
    try:
        found = writer.get_extra_info("peercert") or {}
        ends = found.get("notAfter")
        return Certificate(ssl.cert_time_to_seconds(ends) if isinstance(ends, str) else None)
    finally:
        writer.close()
