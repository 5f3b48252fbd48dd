"""The plan: ordered changes, their cost, and a token that identifies exactly this plan."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

from sorasync.graph.address import owner
from sorasync.manifest.diagnostic import Diagnostic
from sorasync.plan.action import Action
from sorasync.plan.allowance import Allowance
from sorasync.plan.change import Change
from sorasync.plan.cost import NOTHING, Total, total
from sorasync.plan.refusal import Refusal


@dataclass(frozen=True, slots=True)
class WaitingClip:
    """A clip or still that waits for a pick of a take of `clip`, which may be a still (a label).

    `cost` is what its renders will cost then.
    """

    label: str
    clip: str
    takes: int
    cost: Total = NOTHING


@dataclass(frozen=True, slots=True)
class Relink:
    """A name in the asset directory that links to another render of its clip (None: to something unknown).

    Names belong to this machine: relinking costs nothing, sends nothing and is not part of the token.
    """

    clip: str
    name: str
    # The name with the asset directory, relative to the library.
    file: str
    holds: str | None
    wanted: str
    key: str


@dataclass(frozen=True)
class Plan:
    """The changes that take the state to the manifests.

    `library`, `env` (empty for the base one) and `provider` say what the plan is for; `lineage` and
    `serial` which state it was made against.
    `unchanged_clips` counts clips with nothing to do, `unchanged` renders of any kind. `left_out` counts
    changes that a selection kept out of a `partial` plan.
    """

    library: str
    env: str
    provider: str
    simulated: bool
    lineage: str
    serial: int
    changes: tuple[Change, ...]
    unchanged: int
    unchanged_clips: int = 0
    unchanged_characters: int = 0
    unchanged_stills: int = 0
    waiting: tuple[WaitingClip, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    left_out: int = 0
    # Whether creates are sent in batches, at the batch price.
    batch: bool = False
    # Each host of the library (`profile@base_url`) by what people call it; empty where there is only one.
    hosts: Mapping[str, str] = field(default_factory=dict)
    # What is left of the daily and monthly budgets; for information only.
    allowances: tuple[Allowance, ...] = ()
    # Names that an apply relinks, whatever else it does.
    relinks: tuple[Relink, ...] = ()
    # Sentences about the state for people to read.
    notices: tuple[str, ...] = ()
    # Why apply would refuse the plan.
    refusals: tuple[Refusal, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether there is nothing to do and nothing that needs attention."""
        return not self.changes and not self.relinks

    @property
    def idle(self) -> bool:
        """Whether apply would do nothing, because every change needs a decision first."""
        return not self.relinks and all(change.stuck for change in self.changes)

    @property
    def partial(self) -> bool:
        """Whether a selection left changes out."""
        return self.left_out > 0

    @cached_property
    def cost(self) -> Total:
        """The sum of what the changes cost."""
        return total(change.cost_usd for change in self.changes)

    @cached_property
    def cost_by_host(self) -> dict[str, Total]:
        """What is paid at each of several hosts, by what people call them."""
        found: dict[str, Total] = {}
        for change in self.changes:
            if change.host and change.paid:
                found[change.host] = found.get(change.host, NOTHING) + total([change.cost_usd])
        return dict(sorted(found.items()))

    @cached_property
    def worst(self) -> Total:
        """The sum if every render fails up to its last attempt and each attempt is charged."""
        prices = ((c.worst_usd, c.attempts_left) for c in self.changes)
        return total(None if price is None else price * left for price, left in prices)

    @cached_property
    def seconds(self) -> int:
        """The seconds of video that will be charged for."""
        return sum(change.seconds for change in self.changes)

    @cached_property
    def by_owner(self) -> dict[str, list[Change]]:
        """The changes by the address of the clip or character that they belong to."""
        found: dict[str, list[Change]] = {}
        for change in self.changes:
            found.setdefault(owner(change.address), []).append(change)
        return found

    @cached_property
    def _counts(self) -> Counter[Action]:
        return Counter(change.action for change in self.changes)

    def count(self, action: Action) -> int:
        """How many changes have that action."""
        return self._counts[action]

    def summary(self) -> dict[str, int]:
        """The number of changes by action, and of renders that stay as they are."""
        return {action.value: self.count(action) for action in Action} | {"unchanged": self.unchanged}

    def paid(self) -> Iterator[Change]:
        """The changes that may cost something."""
        return (change for change in self.changes if change.paid)

    @property
    def sent_to(self) -> frozenset[str]:
        """The hosts that are sent something, as changes name them."""
        return frozenset(
            place
            for change in self.changes
            if change.action.renders
            for place in (change.provider, *(one.provider for one in change.alternatives))
        )

    @cached_property
    def token(self) -> str:
        """The token that `apply --expect` compares: it binds library, provider, env and all changes.

        It binds manifests and state as far as the changes depend on them: every address that does not point
        to what the manifests want is in a change, with its keys, its price and the records behind it. So
        changes to other addresses between review and apply leave the token unchanged. Reasons and
        progress are words about these facts, and decide nothing; which files are missing here is a fact of
        one machine, and to fetch them costs and changes nothing.
        """
        digest = hashlib.sha256(_token_line([self.library, self.env, self.provider, self.batch]))
        for change in self.changes:
            if not change.refetches:
                digest.update(_token_line(_token_facts(change)))
        return f"sp1:{digest.hexdigest()[:16]}"


def _token_facts(change: Change) -> list[object]:
    """The facts of a change that the token binds; its host where that is not the plan's."""
    price = _price_fact(change.cost_usd)
    return [
        [change.address, change.action, change.key, price, change.seconds, change.attempts_left],
        change.supersede,
        [[bind.address, bind.key, bind.before, bind.origin] for bind in change.binds],
        sorted(change.drops.items()),
        [[ground.key, ground.status, ground.remote_id, ground.asset] for ground in change.grounds],
        *([change.provider] if change.provider or change.alternatives else []),
        *([one.provider, _price_fact(one.cost_usd)] for one in change.alternatives),
    ]


def _price_fact(price: Decimal | None) -> str | None:
    return None if price is None else str(price.normalize())


_ENCODER = json.JSONEncoder(separators=(",", ":"), check_circular=False)


def _token_line(facts: list[object]) -> bytes:
    return _ENCODER.encode(facts).encode() + b"\n"
