"""May this request be paid for? Asked synchronously, right before its first byte leaves."""

from __future__ import annotations

from sorasync.apply.context import Context
from sorasync.apply.events import Moment
from sorasync.apply.race import unless
from sorasync.clock import Clock
from sorasync.plan.change import Change
from sorasync.provider.errors import Withheld
from sorasync.provider.payment_gate import PaymentGate

# A pause of at least this many seconds is told to the user.
_WORTH_TELLING = 1.0


class ChangePaymentGate(PaymentGate):
    """The gate for changes sent in one request. Closed for good once the run is stopped or its lock lost.

    The budget needs no second look: its share was set aside before the intent was written.
    """

    def __init__(self, context: Context, *changes: Change, patience: float | None = None) -> None:
        self._context = context
        self._changes = changes
        self.patience = context.settings.wait if patience is None else patience
        self.private = any(change.render is not None and change.render.private for change in changes)

    def check(self) -> None:
        """Raise `Withheld` if the run was told to stop or has lost its lock."""
        context = self._context
        if context.stop.is_set() or not context.holds_lock():
            raise Withheld("not started")

    def leave(self) -> None:
        """The last check; what passes counts as sent."""
        super().leave()
        for change in self._changes:
            self._context.tell(change, Moment.SENT, self._context.host and f"to {self._context.host}")

    def throttled(self, model: str | None, retry_after: float | None) -> None:
        """Tell the applies on other machines, if the state is shared."""
        if self._context.shared is not None:
            self._context.shared.refused(model, retry_after)

    async def turn(self, model: str | None) -> None:
        """Wait for the applies on other machines, if the state is shared."""
        if self._context.shared is not None:
            await self._context.shared.turn(self, model)

    async def pause(self, clock: Clock, seconds: float, why: str) -> None:
        """Wait, and tell the user why. Raises `Withheld` as soon as the run is told to stop."""
        if seconds >= _WORTH_TELLING:
            for change in self._changes:
                self._context.tell(change, Moment.WAITING, why)
        await unless(self._context.stop, clock.sleep(seconds))
        self.check()
