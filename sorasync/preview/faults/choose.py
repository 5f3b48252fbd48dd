"""Which rules fire for a request. Counts and chance are kept here, so that a run can be repeated."""

from __future__ import annotations

import random
from collections.abc import Callable

from sorasync.preview.faults.rule import FaultPlan, FaultRule


class Faults:
    """A plan with its counters. Each rule has a random generator of its own, made from the seed."""

    def __init__(self, plan: FaultPlan | None = None) -> None:
        self.set(plan or FaultPlan())

    def set(self, plan: FaultPlan) -> None:
        """Take a new plan, and count from the start."""
        self.plan = plan
        self._seen = [0] * len(plan.rules)
        self._fired = [0] * len(plan.rules)
        self._chance = [random.Random(f"{plan.seed}:{index}") for index in range(len(plan.rules))]

    def asks_for_prompt(self, route: str) -> bool:
        """Whether a rule about the route looks at the prompt."""
        return any(rule.prompt is not None and rule.covers(route) for rule in self.plan.rules)

    def fire(self, route: str, holds: Callable[[str], bool]) -> list[FaultRule]:
        """The rules that fire, in order. `holds` tells whether the prompt contains a text.

        Every rule counts every request it matches, whichever others fire.
        """
        fired = []
        for index, rule in enumerate(self.plan.rules):
            if rule.covers(route) and (rule.prompt is None or holds(rule.prompt)) and self._turn(index, rule):
                fired.append(rule)
        return fired

    def counts(self) -> list[dict[str, object]]:
        """For each rule: what it does, how often it matched and fired."""
        return [
            {"do": rule.do, "route": rule.route, "matched": seen, "fired": fired}
            for rule, seen, fired in zip(self.plan.rules, self._seen, self._fired, strict=True)
        ]

    def _turn(self, index: int, rule: FaultRule) -> bool:
        self._seen[index] += 1
        drawn = self._chance[index].random()
        if not rule.wants(self._seen[index]):
            return False
        if rule.probability is not None and drawn >= rule.probability:
            return False
        if rule.count is not None and self._fired[index] >= rule.count:
            return False
        self._fired[index] += 1
        return True
