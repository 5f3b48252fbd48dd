"""The errors of a request, one class for each reaction.

The class decides the reaction; `message` is only ever shown. `status` is the HTTP status, None where no
answer came; `code` the server's own code where it sent one.
"""

from __future__ import annotations

import re
from typing import Final

from sorasync.errors import SorasyncError

# What stands in a message for the words of a host that may quote a row.
NOT_KEPT: Final = "the host's words are not kept for a row"
# A code is one word; a sentence in its place may quote a row as well.
_CODE = re.compile(r"[A-Za-z0-9_.:/-]{1,64}")


class ProviderError(SorasyncError):
    """Base of the family. `quotes` are the server's own words in the message, empty where it has none."""

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        code: str | None = None,
        hint: str | None = None,
        quotes: str = "",
    ) -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.code = code
        self.quotes = quotes
        # What `withhold` took out of the message.
        self.withheld = ""

    def withhold(self) -> None:
        """Take the server's words out of the message: they may quote what it was sent, folded or in part.

        They are in `withheld` then, for the eyes of those who look on.
        """
        if self.code is not None and not _CODE.fullmatch(self.code):
            self.code = None
        if not self.quotes:
            return
        if self.message == self.quotes:
            self.message = NOT_KEPT if self.code is None else f"{self.code}: {NOT_KEPT}"
        else:
            self.message = self.message.replace(f": {self.quotes}", f": {NOT_KEPT}")
        self.args, self.quotes, self.withheld = (self.message,), "", self.quotes


class RateLimited(ProviderError):
    """Too many requests or jobs in flight. Wait `retry_after` seconds (None: back off) and send again."""

    def __init__(
        self,
        message: str,
        *,
        retry_after: float | None = None,
        status: int | None = 429,
        code: str | None = None,
        quotes: str = "",
    ) -> None:
        super().__init__(message, status=status, code=code, quotes=quotes)
        self.retry_after = retry_after


class Overloaded(RateLimited):
    """The server refused the request because it is overloaded: nothing was accepted."""


class QuotaExhausted(ProviderError):
    """No credit is left. Waiting does not help: stop everything."""


class AuthFailed(ProviderError):
    """The key is missing, wrong or lacks permission. Stop everything."""


# Statuses with which a server would refuse the same request again at any time.
REFUSALS = frozenset({400, 410, 413, 415, 422})


class InvalidRequest(ProviderError):
    """The server understood and refused: this render fails, others go on.

    `lasting`: the render itself was refused, so sending it again will not help.
    """

    lasting = False


class Moderated(InvalidRequest):
    """Refused for its content."""

    lasting = True


class NotTheApi(ProviderError):
    """A paid request was answered with a web page, as every other one would be. Stop everything."""


class NotFound(ProviderError):
    """The provider does not have that id (any more)."""


class NotSupported(ProviderError):
    """The server has no such route."""


class NotReady(ProviderError):
    """The file is not there yet: ask again later."""


class Withheld(ProviderError):
    """The run was told to stop before the request left this machine."""


class Exhausted(ProviderError):
    """This machine has no file descriptor left for the request, which was not sent. Stop everything."""


class NotSent(ProviderError):
    """The request certainly did not reach the server (connection refused, no such host): send again."""


class ServerError(ProviderError):
    """The server failed or the connection broke on a request that costs nothing: safe to send again."""


class ListCut(ServerError):
    """A list that was not shown to its end: what is not in it may exist."""


class OutcomeUnknown(ProviderError):
    """A paid request left this machine and no usable answer came back. Never send it again blindly."""


class AlreadySent(OutcomeUnknown):
    """The server has a job for a request with that key, and does not say which."""


class RenderFailed(ProviderError):
    """A host that keeps no jobs answered without a video: the render failed."""


class BadDownload(ProviderError):
    """The bytes are not the requested file (truncated, empty, wrong type)."""
