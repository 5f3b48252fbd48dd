"""Decides what a plan does: compares wanted renders with records. Pure and deterministic."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple

from sorasync.graph.graph import Graph
from sorasync.graph.render import Kind, Render
from sorasync.plan import reason
from sorasync.plan.action import Action
from sorasync.plan.change import Alternative, Bind, Change, FieldChange, Ground, inputs_of
from sorasync.plan.cost import FREE, cost_at, money
from sorasync.plan.decisions import Decisions
from sorasync.plan.group import group_moves, group_retired
from sorasync.plan.prior_state import Known, Survey
from sorasync.plan.recorded import Recorded
from sorasync.plan.remote import RemoteState
from sorasync.state.record import CANCEL, ID_TAKEN, IN_FLIGHT, RETRY, VANISHED, Brief, Record, Status
from sorasync.text import clause, counted, shell_word


def diff(
    graph: Graph,
    known: Known,
    survey: Survey,
    *,
    replaced: Container[str] = (),
    reasons: Mapping[str, str] | None = None,
    retried: Container[str] = (),
    attempts: int = 3,
    batch: bool = False,
    decisions: Decisions | None = None,
) -> list[Change]:
    """The ordered changes that take the state to the graph.

    `replaced` are addresses to render again although nothing changed, with `reasons` for those of them that
    somebody did not simply ask for; `retried` are those that are tried once more whatever refused or failed
    them; `attempts` is how often a render that failed for a technical reason is tried. A caller that plans
    one library again and again passes the same `decisions` each time.
    """
    if replaced or retried or known.remote:
        decisions = None
    if decisions is not None:
        decisions.begin((known.bindings, known.briefs), (known.hosts, attempts, batch))
    differ = _Differ(graph, known, survey, replaced, retried, attempts, batch, decisions, reasons or {})
    for render in survey.touched:
        differ.add(render)
    changes = group_moves(differ.changes, graph)
    changes += [differ.adrift(key) for key in survey.adrift]
    moved = {bind.origin for change in changes for bind in change.binds}
    retired = [differ.retire(a) for a in survey.gone if a not in moved]
    return changes + (group_retired(retired, graph, known) if retired else [])


_PENDING = frozenset(Action) - {Action.MOVE, Action.RETIRE, Action.DELETE}
_STUCK = frozenset({Action.BLOCKED, Action.LOST})
_FOLLOWS = frozenset({Action.RESUME, Action.DOWNLOAD, Action.LOST})
_NOT_HELD = frozenset({RemoteState.MISSING, RemoteState.GONE})
_THERE_AGAIN = frozenset({RemoteState.COMPLETED, RemoteState.PENDING})


class _Place(NamedTuple):
    """Where a change is carried out, as changes say it and as people do."""

    provider: str
    host: str


_NOWHERE = _Place("", "")


@dataclass
class _Differ:
    graph: Graph
    known: Known
    survey: Survey
    replaced: Container[str]
    retried: Container[str]
    attempts: int
    batch: bool
    decisions: Decisions | None
    reasons: Mapping[str, str]
    changes: list[Change] = field(default_factory=list)
    by_address: dict[str, Change] = field(default_factory=dict)
    # The address that renders or fetches a key in this plan; others that want the same key share it.
    first: dict[str, str] = field(default_factory=dict)
    # What renders cost that say the same about it: prices are looked up in profiles, and most are alike.
    prices: dict[tuple[object, ...], Decimal | None] = field(default_factory=dict)
    # What keeps a blocked render from being made, by its address: the first of its sources that is stuck.
    roots: dict[str, Change] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # Reversed, because `_move` pops: the first address that is gone is the first rename.
        self.origins: dict[str, list[str]] = {}
        for address in reversed(self.survey.gone):
            self.origins.setdefault(self.known.bindings[address].key, []).append(address)

    @cached_property
    def recorded(self) -> Recorded:
        return self.known.recorded_facts()

    def _label_of(self, key: str) -> str | None:
        """The label of an address that points to a key, None where none does."""
        address = self.recorded.address_of.get(key)
        return None if address is None else self.graph.label(address)

    def add(self, render: Render) -> None:
        change = self._decide(render)
        self.changes.append(change)
        self.by_address[render.address] = change

    def _decide(self, render: Render) -> Change:
        brief = self.known.briefs.get(render.key)
        # The order of these questions decides. A key that this plan already makes is never paid for twice.
        if render.key in self.first:
            return self._share(render)
        if brief is None:
            return self._unpaid(render)
        # A replacement waits for a render in flight: its answer may still come, and would be lost.
        if render.address in self.replaced and brief.status not in IN_FLIGHT:
            return self._afresh(render)
        if (mismatch := self.known.refused(brief)) is not None:
            return self._mismatched(render, mismatch)
        if (why := self.known.at_hand(brief)) is not None:
            return self._fetch(Action.DOWNLOAD, render, why)
        match brief.status:
            case Status.STORED:
                return self._stored(render, brief)
            case Status.FAILED:
                return self._failed(render)
            case Status.BLOCKED:
                return self._refused(render)
            case Status.LOST:
                return self._lost_before(render)
            case _:
                return self._in_flight(render, brief)

    def _unpaid(self, render: Render) -> Change:
        """A render that nobody has paid for: the previous decision if render and needs are unchanged.

        A reason that names a source, and what blocks a render, depend on more than that: neither is kept.
        """
        if self.decisions is None:
            return self._pay(render, self._first_reason(render))
        needs = tuple(self.by_address.get(need) for need in render.needs)
        change = self.decisions.recall(render, needs)
        if change is not None:
            self.first[render.key] = render.address
            return change
        change = self._pay(render, self._first_reason(render))
        if change.action not in _STUCK and not any(one.name == "source" for one in change.fields):
            self.decisions.keep(render, needs, change)
        return change

    def _stored(self, render: Render, brief: Brief) -> Change:
        if render.kind is Kind.CHARACTER and self.known.uploaded(brief, render):
            return self._move(render)
        if render.kind is Kind.CHARACTER:
            # A character is an id at one provider: another one needs an upload of its own, which is free.
            here = self.known.hosts.at(render.provider).provider_name
            elsewhere = f"known to {brief.provider}, not to {here}"
            return replace(self._pay(render, elsewhere), supersede=True)
        if self.known.whole(brief):
            return self._move(render)
        if self._can_fetch(render.key, brief):
            why = self._why_absent(render.key) + self._not_found(render.key)
            return self._fetch(Action.DOWNLOAD, render, why)
        return self._lost(render)

    def _why_absent(self, key: str) -> str:
        """A record of elsewhere knows no time at which its file was stored here."""
        record = self._record(key)
        if record is not None and record.stored_at is None:
            return "not downloaded here yet"
        return "its file is missing or damaged here"

    def _why_open(self, key: str) -> str:
        record = self._record(key)
        if record is not None and record.error_code == ID_TAKEN:
            return f"{clause(record.error_message or '')}: looks for its own job"
        return "the answer was lost: looks for the job"

    def _in_flight(self, render: Render, brief: Brief) -> Change:
        # Only its own host knows the job; rendering it at another as well would pay twice.
        if self.known.hosts.find(brief.provider) is None:
            return self._free(Action.BLOCKED, render, self._elsewhere(brief))
        if brief.status in (Status.INTENT, Status.UNKNOWN):
            return self._fetch(Action.RESUME, render, f"sent, but {self._why_open(render.key)}")
        remote = self.known.remote.get(render.key)
        if remote is not None and remote.state is RemoteState.GONE:
            return self._lost(render)
        if remote is not None and remote.state is RemoteState.ELSEWHERE:
            return self._fetch(Action.RESUME, render, "another machine is drawing it")
        missing = self._not_found(render.key)
        if brief.status is Status.RENDERED or (remote and remote.state is RemoteState.COMPLETED):
            return self._fetch(Action.DOWNLOAD, render, f"rendered, not downloaded yet{missing}")
        if brief.status is Status.BATCHED:
            return self._fetch(Action.RESUME, render, "paid for, queued in a batch")
        if (record := self._record(render.key)) is not None and record.error_stage == CANCEL:
            return self._fetch(Action.RESUME, render, "cancel requested")
        where = f" ({remote.progress}%)" if remote and remote.progress else ""
        return self._fetch(Action.RESUME, render, missing[2:] or f"paid for, still rendering{where}")

    def _not_found(self, key: str) -> str:
        """What a reason adds where the provider did not know a job when it was asked, once."""
        remote = self.known.remote.get(key)
        missing = remote is not None and remote.state is RemoteState.MISSING
        return "; the provider cannot find it right now; it is asked again before it counts as lost" * missing

    def _elsewhere(self, brief: Brief) -> str:
        back = "add it back as [provider] or [providers.NAME], and it is fetched"
        return f"in flight at {brief.provider}, which sorasync.toml does not name: {back}"

    def _fetch(self, action: Action, render: Render, why: str) -> Change:
        self.first[render.key] = render.address
        return self._free(action, render, why)

    def _can_fetch(self, key: str, brief: Brief) -> bool:
        if self.known.hosts.find(brief.provider) is None or brief.remote_id is None:
            return False
        remote = self.known.remote.get(key)
        return remote is None or remote.state is not RemoteState.GONE

    def _failed(self, render: Render) -> Change:
        record = self.known.records[render.key]
        why = _last_error_words(record)
        if (there := self._moved(record, render)) is not None and record.attempts:
            return self._pay(render, f"failed at {there} ({why}), and goes to another host now")
        if record.error_stage == RETRY or render.address in self.retried:
            return self._try_again(render, record)
        if record.attempts >= self.attempts:
            times = counted(record.attempts, "time")
            return self._blocked(render, f"failed {times}, last: {why}")
        # No attempt: a busy provider or the end of a run, not a failure of the render.
        if not record.attempts:
            return self._pay(render, f"not accepted yet: {why}")
        return self._pay(render, f"failed before ({why}): attempt {record.attempts + 1} of {self.attempts}")

    def _refused(self, render: Render) -> Change:
        record = self.known.records[render.key]
        if render.address in self.retried:
            return self._try_again(render, record)
        if record.error_stage == CANCEL:
            return self._blocked(render, _last_error_words(record))
        if (there := self._moved(record, render)) is not None:
            why = f"refused by {there} ({_last_error_words(record)}), and goes to another host now"
            return self._pay(render, why)
        now, before = self._in_turn(render).provider, self.known.hosts.short(record.provider)
        if before in render.route and now != before:
            there, then = self.known.hosts.word(record.provider), self.known.hosts.word(now)
            return self._pay(render, f"refused by {there} ({_last_error_words(record)}): {then} is next")
        return self._blocked(render, f"refused by the provider: {_last_error_words(record)}")

    def _try_again(self, render: Render, record: Record) -> Change:
        attempt = f"attempt {record.attempts + 1}"
        return self._pay(render, f"tried again on request, {attempt}; the last: {_last_error_words(record)}")

    def _blocked(self, render: Render, why: str) -> Change:
        label = self.graph.label(render.address)
        return self._free(Action.BLOCKED, render, f"{why}; to try it again: --retry {shell_word(label)}")

    def _lost_before(self, render: Render) -> Change:
        """A lost render, unless the provider has it again."""
        remote = self.known.remote.get(render.key)
        if remote is None or remote.state not in _THERE_AGAIN or remote.over:
            return self._lost(render)
        action = Action.DOWNLOAD if remote.state is RemoteState.COMPLETED else Action.RESUME
        return self._fetch(action, render, "it was lost, and the provider has it again")

    def _lost(self, render: Render) -> Change:
        # An animatic costs nothing, so losing one needs no decision.
        if self.known.hosts.default.simulated:
            change = self._pay(render, "its animatic is gone: drawn again")
            return change if change.action in _STUCK else replace(change, supersede=True)
        price = money(cost_at(self.known.hosts, render))
        label = self.graph.label(render.address)
        if self.known.records[render.key].error_stage == VANISHED:
            what = (
                "paid for, but the provider no longer knows its job, which was never seen to finish; "
                "to render it"
            )
        else:
            what = "rendered, but no file is left here or at the provider; to render it again"
        twin = self.known.twins.get(render.key)
        keep = "; to use the other render that was paid for: sorasync state reconcile --keep"
        instead = f"{keep} {shell_word(twin)}" if twin else ""
        return self._free(Action.LOST, render, f"{what} for {price}: --replace {shell_word(label)}{instead}")

    def _mismatched(self, render: Render, mismatch: str) -> Change:
        price = money(cost_at(self.known.hosts, render))
        label = self.graph.label(render.address)
        return self._free(
            Action.BLOCKED,
            render,
            f"{mismatch}; to render it again for {price}: --replace {shell_word(label)}; "
            'to accept it: [assets] mismatch = "warn"',
        )

    def _afresh(self, render: Render) -> Change:
        sources = [need for need in render.needs if need in self.replaced]
        label = self.graph.label(sources[0]) if sources else ""
        asked = self.reasons.get(render.address, "requested with --replace")
        why = f"its source {label} is rendered again" if sources else asked
        change = self._pay(render, why)
        if change.action in _STUCK:
            return change
        action = Action.REPLACE if render.address in self.known.bindings else change.action
        return replace(change, action=action, supersede=True)

    def _in_turn(self, render: Render) -> Render:
        """The render at the host of its route whose turn it is: that after the one which refused it."""
        if not render.route:
            return render
        record, hosts = self._record(render.key), self.known.hosts
        if record is None or hosts.short(record.provider) not in render.route:
            return render
        place = render.route.index(hosts.short(record.provider))
        if record.status is Status.BLOCKED and record.error_stage != CANCEL:
            place = min(place + 1, len(render.route) - 1)
        elif not record.attempts:
            place = 0
        return replace(render, provider=render.route[place])

    def _alternatives(self, render: Render) -> tuple[Alternative, ...]:
        """The hosts of a route after the one that a render goes to."""
        if not render.route:
            return ()
        hosts, rest = self.known.hosts, render.route[render.route.index(render.provider) + 1 :]
        return tuple(
            Alternative(one, hosts.word(one), cost_at(hosts, replace(render, provider=one), batch=self.batch))
            for one in rest
        )

    def _pay(self, render: Render, why: str) -> Change:
        render = self._in_turn(render)
        # The root, not the nearest source, is what somebody has to fix.
        stuck = next((need for need in render.needs if self._stuck(need)), None)
        if stuck is not None:
            root = self.roots[render.address] = self.roots.get(stuck, self.by_address[stuck])
            return self._free(Action.BLOCKED, render, f"its source {root.label} is {_state(root.action)}")
        # An edit of a still sends the picture that is stored here.
        at_host = render.source is not None and render.kind is not Kind.STILL
        if at_host and render.source is not None and not self._source_held(render, render.source):
            if not self.known.hosts.at(render.provider).abilities.upload_as_source:
                return self._free(Action.BLOCKED, render, self._source_missing(render))
            why = f"{why}; its source is uploaded, because the provider does not have it"
        self.first[render.key] = render.address
        binding = self.known.bindings.get(render.address)
        replaces = binding is not None and binding.key != render.key
        old = self._record(binding.key) if binding is not None and replaces else None
        before = inputs_of(old.inputs) if old is not None else None
        return self._change(
            Action.REPLACE if replaces else Action(render.kind.value),
            render,
            why,
            cost_usd=self._price(render),
            fields=self._fields(old, render),
            before=before,
            seconds=render.billed_seconds,
            attempts_left=self._attempts_left(render),
            alternatives=self._alternatives(render),
            tried=record.attempts if (record := self._record(render.key)) is not None else 0,
        )

    def _fields(self, old: Record | None, render: Render) -> tuple[FieldChange, ...]:
        """What differs from the record of an address, for people: with the names of providers."""
        if old is None:
            return ()
        fields = reason.changed_fields(inputs_of(old.inputs), inputs_of(render.inputs))
        host = self.known.hosts.at(render.provider)
        return reason.with_provider_names(fields, old.provider.partition("@")[0], host.name)

    def _price(self, render: Render) -> Decimal | None:
        asked = (
            render.provider,
            render.kind,
            render.model,
            render.size,
            render.seconds,
            render.billed_seconds,
            render.first_frame,
            render.last_file is None and render.last_still is None,
            render.source is None,
        )
        # Params and references decide a price in ways of their own.
        if render.params or render.references:
            return cost_at(self.known.hosts, render, batch=self.batch)
        if asked not in self.prices:
            self.prices[asked] = cost_at(self.known.hosts, render, batch=self.batch)
        return self.prices[asked]

    def _attempts_left(self, render: Render) -> int:
        if render.kind is Kind.CHARACTER:
            return 1
        record = self._record(render.key)
        if record is None or record.status not in (Status.FAILED, Status.BLOCKED):
            return self.attempts
        return max(1, self.attempts - record.attempts)

    def _stuck(self, address: str) -> bool:
        change = self.by_address.get(address)
        return change is not None and change.action in _STUCK

    def _source_held(self, render: Render, source: str) -> bool:
        """Whether the host of a render has its source, or will have it because this plan renders it there."""
        key = self.graph.renders[source].key
        made = self.by_address.get(self.first.get(key, source))
        if made is not None and made.action.renders:
            return made.provider == render.provider
        brief = self.known.briefs.get(key)
        if brief is None:
            return True
        if not self.known.at_host(brief, render.provider):
            return False
        # What is not stored yet is either in flight there or settled by a change of its own.
        if brief.status is not Status.STORED:
            return True
        remote = self.known.remote.get(key)
        return brief.remote_id is not None and not (remote and remote.state in _NOT_HELD)

    def _source_missing(self, render: Render) -> str:
        assert render.source is not None
        source, hosts = self.graph.renders[render.source], self.known.hosts
        label, price = self.graph.label(render.source), money(cost_at(hosts, source))
        remote, brief = self.known.remote.get(source.key), self.known.briefs.get(source.key)
        if remote is not None and remote.state is RemoteState.MISSING:
            return (
                f"the provider cannot find its source {label} right now, and takes no uploads: plan again "
                f"in a few minutes; to render the source again for {price}: --replace {shell_word(label)}"
            )
        if hosts.several and brief is not None and not self.known.at_host(brief, render.provider):
            there, here = hosts.word(brief.provider), hosts.word(render.provider)
            return (
                f"its source {label} is at {there}, and {here} takes no uploads; "
                f'to stay there: provider = "{there}"; '
                f"to render the source again at {here} for {price}: --replace {shell_word(label)}"
            )
        return (
            f"the provider does not have its source {label} and takes no uploads; "
            f"to render the source again for {price}: --replace {shell_word(label)}"
        )

    def _moved(self, record: Record, render: Render) -> str | None:
        """Where a record was tried, if its render goes to another host of the library now."""
        hosts = self.known.hosts
        there = hosts.find(record.provider)
        if there is not None and hosts.where(there) in render.route:
            return None
        return None if there is None or hosts.where(there) == render.provider else hosts.word(record.provider)

    def _first_reason(self, render: Render) -> str:
        binding = self.known.bindings.get(render.address)
        before = self._record(binding.key) if binding else None
        if before is None:
            return "not rendered yet" if render.kind is not Kind.CHARACTER else "not uploaded yet"
        fields = reason.changed_fields(inputs_of(before.inputs), inputs_of(render.inputs))
        return reason.sentence(fields, render, self.graph, self._label_of)

    def _share(self, render: Render) -> Change:
        other = self.graph.label(self.first[render.key])
        change = self._change(Action.MOVE, render, f"the same render as {other}", cost_usd=FREE)
        return replace(change, depends_on=(other,))

    def _move(self, render: Render) -> Change:
        binding = self.known.bindings.get(render.address)
        # Each address that is gone gives its binding to one new address only: more are the same render.
        origins = self.origins.get(render.key, [])
        origin = origins.pop() if origins else None
        before = self._record(binding.key) if binding else None
        after = inputs_of(render.inputs)
        fields = reason.changed_fields(inputs_of(before.inputs), after) if before else ()
        if origin:
            why = f"renamed from {self.graph.label(origin)}"
        elif (same := self._label_of(render.key)) is not None:
            why = f"the same render as {same}"
        elif fields:
            why = f"{reason.sentence(fields, render, self.graph, self._label_of)}: reuses a retired render"
        else:
            why = "reuses a retired render"
        shown = self._fields(before, render)
        change = self._change(Action.MOVE, render, why, cost_usd=FREE, fields=shown, origin=origin)
        past = {"address": self.graph.label(origin)} if origin else None
        return replace(change, before=past or (inputs_of(before.inputs) if before else None), after=after)

    def _free(self, action: Action, render: Render, why: str) -> Change:
        change = self._change(action, render, why, cost_usd=FREE)
        return change if change.render else replace(change, after=inputs_of(render.inputs))

    def _change(
        self, action: Action, render: Render, why: str, *, origin: str | None = None, **values: object
    ) -> Change:
        binding = self.known.bindings.get(render.address)
        stuck = action in _STUCK
        bind = Bind(
            address=render.address,
            key=render.key,
            before=binding.key if binding else None,
            origin=origin,
            protect=render.protect,
        )
        place = self._place(action, render.key, render.provider)
        return Change(
            address=render.address,
            label=self.graph.label(render.address),
            action=action,
            key=render.key,
            reason=why,
            # A lost render that an apply finds again is bound then, so the plan has to say so.
            binds=(bind,) if not stuck or self._may_return(action, bind) else (),
            render=None if stuck or action is Action.MOVE else render,
            grounds=self._grounds(render, action),
            depends_on=self._depends_on(render) if action.renders else (),
            provider=place.provider,
            host=place.host,
            **values,  # type: ignore[arg-type]
        )

    @staticmethod
    def _may_return(action: Action, bind: Bind) -> bool:
        """Whether an apply that finds a lost render may bind it: nothing else may be bound there."""
        return action is Action.LOST and bind.before in (None, bind.key)

    def _place(self, action: Action, key: str, provider: str = "") -> _Place:
        """Where a change is carried out: what exists is asked for at the host that it was sent to."""
        hosts = self.known.hosts
        if action in _FOLLOWS:
            brief = self.known.briefs.get(key)
            if brief is None or hosts.find(brief.provider) is None:
                return _NOWHERE
            provider = hosts.short(brief.provider)
        elif not action.renders:
            return _NOWHERE
        return _Place(provider, hosts.word(provider) if hosts.several else "")

    def _grounds(self, render: Render, action: Action) -> tuple[Ground, ...]:
        own = Ground.of(render.key, self.known.briefs)
        if not action.renders or not (needs := render.needs):
            return (own,)
        return (own, *(Ground.of(self.graph.renders[need].key, self.known.briefs) for need in needs))

    def _depends_on(self, render: Render) -> tuple[str, ...]:
        return tuple(self.by_address[need].label for need in render.needs if self._pending(need))

    def _pending(self, address: str) -> bool:
        """Whether this plan has to do something first to make that render available."""
        change = self.by_address.get(address)
        return change is not None and (change.action in _PENDING or bool(change.depends_on))

    def _record(self, key: str) -> Record | None:
        return self.known.records.get(key)

    def adrift(self, key: str) -> Change:
        """A render in flight that nobody wants any more: downloaded all the same, since it is paid for."""
        record, brief = self.known.records[key], self.known.briefs[key]
        here = self.known.hosts.find(brief.provider) is not None
        place = self._place(Action.RESUME if here else Action.BLOCKED, key)
        why = "paid for and no longer wanted: downloaded so that it is not lost"
        return Change(
            address=record.address,
            label=f"{self.graph.label(record.address)} ({key[:8]})",
            action=Action.RESUME if here else Action.BLOCKED,
            key=key,
            reason=why if here else self._elsewhere(brief),
            cost_usd=FREE,
            grounds=(Ground.of(key, self.known.briefs),),
            provider=place.provider,
            host=place.host,
        )

    def retire(self, address: str) -> Change:
        """A bound address that is no longer declared."""
        binding = self.known.bindings[address]
        return Change(
            address=address,
            label=self.graph.label(address),
            action=Action.RETIRE,
            key=binding.key,
            reason="no longer in the manifests",
            cost_usd=FREE,
            drops={address: binding.key},
            grounds=(Ground.of(binding.key, self.known.briefs),),
        )


def _last_error_words(record: Record) -> str:
    """The server's message about the last attempt without its full stop, or its code."""
    return clause(record.error_message or "") or record.error_code or "no reason given"


def _state(action: Action) -> str:
    return "lost" if action is Action.LOST else "blocked"
