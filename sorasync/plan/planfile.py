"""A plan in a file, to be carried out later as it stands."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from sorasync.errors import SorasyncError
from sorasync.plan.plan import Plan
from sorasync.state.record import Binding, Brief

FORMAT = 1


class PlanFileError(SorasyncError):
    """The file is not a plan that this version can carry out."""


class PlanStale(SorasyncError):
    """The state moved on since the plan was made; `differences` says where."""

    def __init__(self, differences: list[str]) -> None:
        super().__init__(
            f"the plan is stale: {differences[0]}"
            + (f" (and {len(differences) - 1} more)" if len(differences) > 1 else ""),
            hint="make a new plan; nothing was sent",
        )
        self.differences = differences


def encode(plan: Plan) -> str:
    """The plan as JSON text, ending in a line feed."""
    from pydantic import TypeAdapter

    body = TypeAdapter(Plan).dump_python(plan, mode="json")
    data = {"sorasync_plan": FORMAT, "token": plan.token, "sha256": _digest(body), "plan": body}
    return json.dumps(data, indent=1) + "\n"


def _digest(body: object) -> str:
    """The digest of a plan's body, which also holds what is sent: the token knows it by its keys only."""
    text = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def decode(text: str) -> Plan:
    """Read what `encode` wrote. Raises `PlanFileError` for anything else, and for a plan that was edited."""
    from pydantic import TypeAdapter, ValidationError

    try:
        data = json.loads(text)
        if not isinstance(data, dict) or "sorasync_plan" not in data:
            raise PlanFileError("this is not a plan file", hint="make one with sorasync plan --out FILE")
        if data["sorasync_plan"] != FORMAT:
            raise PlanFileError(f"the plan has format {data['sorasync_plan']}, this version reads {FORMAT}")
        plan = TypeAdapter(Plan).validate_python(data.get("plan"))
    except (ValueError, ValidationError, RecursionError) as error:
        raise PlanFileError("the plan file is damaged", hint="make a new plan") from error
    if plan.token != data.get("token") or _digest(data["plan"]) != data.get("sha256"):
        raise PlanFileError("the plan file was changed after it was made", hint="make a new plan")
    return plan


def load(path: Path) -> Plan:
    """Read a plan file. Raises `PlanFileError`."""
    try:
        return decode(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise PlanFileError(f"cannot read the plan file {path}: {error}") from error


def differences(
    plan: Plan, lineage: str, bindings: Mapping[str, Binding], briefs: Mapping[str, Brief]
) -> list[str]:
    """Where the state no longer is what the plan was made against, by the addresses it touches."""
    if plan.lineage and plan.lineage != lineage:
        return ["it was made against another state"]
    found = []
    for change in plan.changes:
        brief = briefs.get(change.key)
        if (brief.status if brief else None) is not change.status:
            now = f"now {brief.status.value}" if brief else "not known any more"
            found.append(f"{change.label} is {now}")
            continue
        given_up = {bind.origin: bind.key for bind in change.binds if bind.origin is not None}
        expected = given_up | {bind.address: bind.before for bind in change.binds} | dict(change.drops)
        if any((bindings[a].key if a in bindings else None) != key for a, key in expected.items()):
            found.append(f"{change.label} has changed")
    return found
