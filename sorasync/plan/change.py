"""One line of a plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from sorasync.graph.render import Render
from sorasync.plan.action import Action
from sorasync.state.record import Brief, Status
from sorasync.state.rows import fields_of
from sorasync.value_class import value_class


def inputs_of(text: str) -> dict[str, object]:
    """The inputs behind a key, without the key's own version."""
    inputs: dict[str, object] = fields_of(text)
    inputs.pop("v", None)
    return inputs


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field that differs between the recorded and the wanted render."""

    name: str
    before: object
    after: object


@value_class
class Bind:
    """A binding that the change makes: `address` will point to `key`.

    `before` is the key that the address pointed to; `origin` the address that gives up its binding in a
    rename. Both are None where there was none.
    """

    address: str
    key: str
    before: str | None = None
    origin: str | None = None
    protect: bool = False


@value_class
class Ground:
    """A record's status and attempts when the plan was made; `status` is None if there was none."""

    key: str
    status: Status | None = None
    remote_id: str | None = None
    asset: str | None = None

    @classmethod
    def of(cls, key: str, briefs: Mapping[str, Brief]) -> Ground:
        """The present state of a key's record."""
        brief = briefs.get(key)
        return cls(key) if brief is None else cls(key, brief.status, brief.remote_id, brief.asset)


@dataclass(frozen=True, slots=True)
class Alternative:
    """The next host of a route (`profile@base_url`), what people call it, and what the render costs there."""

    provider: str
    host: str
    cost_usd: Decimal | None


@value_class
class Change:
    """One planned action for one address, and why.

    `address` is canonical, `label` as people see it. `cost_usd` is None where the price is unknown and 0
    where the action is free. `depends_on` are labels of other changes of the same plan that have to be done
    first. `render` is what will be sent, None for changes that send nothing. `reason` explains and never
    decides: nothing reads it to act.
    """

    address: str
    label: str
    action: Action
    key: str
    reason: str
    cost_usd: Decimal | None
    binds: tuple[Bind, ...] = ()
    # Addresses whose binding ends, with the key of each; the records stay.
    drops: Mapping[str, str] = field(default_factory=dict)
    render: Render | None = None
    fields: tuple[FieldChange, ...] = ()
    before: Mapping[str, object] | None = None
    # None where `render` says it, see `wanted`.
    after: Mapping[str, object] | None = None
    depends_on: tuple[str, ...] = ()
    seconds: int = 0
    # How often it may be tried, this time included.
    attempts_left: int = 1
    # How often it had been tried when the plan was made.
    tried: int = 0
    # The records it depends on: its own, then its source's and its characters'.
    grounds: tuple[Ground, ...] = ()
    # Whether the key's present record is set aside first, because the same key is rendered again.
    supersede: bool = False
    # The host that it is carried out at (`profile@base_url`), empty for the library's default.
    provider: str = ""
    # What people call that host; empty where the library has only one, or nothing is asked of any.
    host: str = ""
    # Where it goes in turn after a host that has certainly made nothing of it.
    alternatives: tuple[Alternative, ...] = ()

    @property
    def wanted(self) -> Mapping[str, object] | None:
        """The inputs of the render that the address is to have, read from its JSON each time."""
        return self.after if self.after is not None or self.render is None else inputs_of(self.render.inputs)

    @property
    def worst_usd(self) -> Decimal | None:
        """What one try comes to if each host of the route charges for it, also where it is refused."""
        total = self.cost_usd
        for one in self.alternatives:
            total = None if total is None or one.cost_usd is None else total + one.cost_usd
        return total

    def at_next_host(self) -> Change:
        """The same at the next host of its route."""
        following, *rest = self.alternatives
        render = None if self.render is None else replace(self.render, provider=following.provider)
        return replace(
            self,
            provider=following.provider,
            host=following.host,
            cost_usd=following.cost_usd,
            alternatives=tuple(rest),
            render=render,
        )

    @property
    def prompt(self) -> str:
        """The prompt that is sent, empty where there is none."""
        return "" if self.render is None else self.render.prompt

    @property
    def status(self) -> Status | None:
        """The status of the key's record when the plan was made, None if there was none."""
        return self.grounds[0].status if self.grounds else None

    @property
    def refetches(self) -> bool:
        """Whether it only downloads a file again, which concerns this machine and not the library."""
        return self.action is Action.DOWNLOAD and self.status is Status.STORED

    @property
    def reuses(self) -> bool:
        """Whether it reuses a recorded render without renaming anything."""
        return self.action is Action.MOVE and not any(bind.origin for bind in self.binds)

    @property
    def word(self) -> str:
        """The action in words: reusing a retired render is shown as such, not as a move."""
        return "reuse" if self.reuses else self.action.value

    @property
    def stuck(self) -> bool:
        """Whether it needs a decision by a person first."""
        return self.action in (Action.BLOCKED, Action.LOST)

    @property
    def paid(self) -> bool:
        """Whether the action may cost something: its price is unknown or above 0."""
        return self.cost_usd is None or self.cost_usd > 0
