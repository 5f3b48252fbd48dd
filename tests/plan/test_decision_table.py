"""What a plan does in every situation that a render can be in: `decisions.txt` is the table.

A situation a line, and below all that the plan makes of it. Read the difference when a line changes, then
write the table anew with `SORASYNC_WRITE_TABLES=1 pytest tests/plan/test_decision_table.py`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import product
from pathlib import Path

from sorasync.graph.graph import Graph
from sorasync.plan.change import Change
from sorasync.plan.decisions import Decisions
from sorasync.plan.diff import diff
from sorasync.plan.prior_state import Known, survey
from sorasync.plan.remote import Remote, RemoteState
from sorasync.profile import load_profile
from sorasync.profile.hosts import Hosts
from sorasync.profile.profile import Profile
from sorasync.state.record import RETRY, VANISHED, Binding, Brief, Record, Status
from tests.graph.making import graph_of

TABLE = Path(__file__).with_name("decisions.txt")
HEAD = '[defaults]\nmodel = "sora-2"\nsize = "1280x720"\nseconds = 8\n'
CLIP = HEAD + '[clips.a]\nprompt = "A lake."\n'
STEPS = CLIP + '[[clips.a.steps]]\nextend = "On."\nseconds = 4\n[[clips.a.steps]]\nedit = "In blue."\n'
TWICE = CLIP + '[clips.b]\nprompt = "A lake."\n[[clips.b.steps]]\nedit = "At night."\n'
CAST = (
    HEAD
    + '[characters.mossy]\nname = "Mossy"\nvideo = "../refs/mossy.mp4"\n'
    + '[clips.a]\nprompt = "Mossy naps."\ncharacters = ["mossy"]\n'
)
HERE = load_profile("openai")
ELSEWHERE = "another@https://other.example/v1"
FILE, SPARE, LOST_FILE = "f" * 64, "5" * 64, "0" * 64


@dataclass
class Situation:
    """What is known when the plan is made, for the renders of one graph."""

    graph: Graph
    profile: Profile = HERE
    bindings: dict[str, Binding] = field(default_factory=dict)
    records: dict[str, Record] = field(default_factory=dict)
    remote: dict[str, Remote] = field(default_factory=dict)
    replaced: tuple[str, ...] = ()
    retried: tuple[str, ...] = ()
    batch: bool = False
    refuse_mismatch: bool = False
    twins: dict[str, str] = field(default_factory=dict)
    memory: Decisions = field(default_factory=Decisions)

    def has(self, address: str, status: Status | None, of: Graph | None = None, /, **fields: object) -> str:
        """Give the render at an address, of this graph or another one, a record; its key."""
        render = (of or self.graph).renders[address]
        if status is not None:
            values: dict[str, object] = {
                "provider": self.profile.provider_name,
                "remote_id": "video_1",
                "asset": FILE if status is Status.STORED else None,
                "stored_at": 5.0 if status is Status.STORED else None,
                "attempts": 1,
            }
            self.records[render.key] = Record(
                key=render.key,
                kind=render.kind.value,
                status=status,
                address=address,
                inputs=render.inputs,
                **(values | fields),  # type: ignore[arg-type]
            )
        return render.key

    def changes(self) -> list[Change]:
        """The plan's changes; a second plan of watch mode, which remembers the first, makes the same ones."""
        briefs = {
            key: Brief(one.status, one.asset, one.provider, one.remote_id, one.mismatch)
            for key, one in self.records.items()
        }
        known = Known(
            self.bindings,
            briefs,
            {FILE},
            Hosts(self.profile),
            self.records,
            self.remote,
            {SPARE: "assets/a copy.mp4"},
            self.refuse_mismatch,
            self.twins,
        )
        fresh, *watched = (
            diff(
                self.graph,
                known,
                survey(self.graph, known, self.replaced),
                replaced=self.replaced,
                retried=self.retried,
                batch=self.batch,
                decisions=decisions,
            )
            for decisions in (None, self.memory, self.memory)
        )
        assert watched == [fresh, fresh]
        return fresh


class Words:
    """Turns changes into text, with keys under names of their own."""

    def __init__(self, **graphs: Graph) -> None:
        self.names = {
            render.key: f"{name}:{render.address.removeprefix('clip.')}"
            for name, graph in reversed(graphs.items())
            for render in graph.renders.values()
        }

    def of(self, situation: Situation) -> str:
        """All changes, one after the other; `nothing` for none."""
        return "\n    ".join(map(self._change, situation.changes())) or "nothing"

    def _change(self, change: Change) -> str:
        cost = "$?" if change.cost_usd is None else f"${change.cost_usd.quantize(Decimal('0.01'))}"
        parts = [
            f"{change.action.value} {change.label} {cost} {change.reason!r}",
            f"key {self._key(change.key)}",
        ]
        for bind in change.binds:
            origin = f" from {bind.origin}" if bind.origin else ""
            parts.append(f"bind {bind.address} {self._key(bind.before)}>{self._key(bind.key)}{origin}")
            parts[-1] += " protected" * bind.protect
        parts += [f"drop {address} {self._key(key)}" for address, key in change.drops.items()]
        parts += [f"after {label}" for label in change.depends_on]
        parts += [f"changed {one.name}" for one in change.fields]
        parts += [
            f"{word} {_brief(data)}" for word, data in (("was", change.before), ("is", change.wanted)) if data
        ]
        parts += [
            f"sends {change.seconds} s, {change.tried}+{change.attempts_left} tries"
        ] * change.action.renders
        parts += ["sets the old one aside"] * change.supersede
        parts += ["sends nothing"] * (change.render is None)
        grounds = (f"{self._key(one.key)}={one.status or 'none'}" for one in change.grounds)
        return "; ".join([*parts, "given " + " ".join(grounds)])

    def _key(self, key: str | None) -> str:
        return "none" if key is None else self.names.get(key, key)


def _brief(inputs: Mapping[str, object]) -> str:
    return str(inputs.get("prompt") or inputs.get("address") or inputs.get("name"))


def situations(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """Every line of the table: the situation, and what comes of it."""
    one, other, steps, twice, cast, kept = (
        graph_of(tmp_path, text)
        for text in (CLIP, CLIP.replace("lake", "pond"), STEPS, TWICE, CAST, f"{CLIP}protect = true\n")
    )
    words = Words(new=steps, clip=one, old=other, twice=twice, cast=cast)
    yield from _one_render(one, words)
    yield "unpaid, protected", words.of(Situation(kept))
    yield from _bindings(one, other, words)
    yield from _requests(one, other, words)
    yield from _tries(one, words)
    yield from _chains(steps, words)
    yield from _twice(twice, words)
    yield from _cast(cast, words)
    yield from _nobody_wants(one, steps, other, words)


STATUSES = (None, *Status)
FILES = {"here": FILE, "missing": LOST_FILE, "a copy": SPARE, "none": None}
ANSWERS = {
    "not asked": None,
    "pending": Remote(RemoteState.PENDING),
    "at 40%": Remote(RemoteState.PENDING, 40),
    "completed": Remote(RemoteState.COMPLETED, 100),
    "completed, over": Remote(RemoteState.COMPLETED, 100, over=True),
    "failed": Remote(RemoteState.FAILED, error="no capacity"),
    "missing": Remote(RemoteState.MISSING),
    "gone": Remote(RemoteState.GONE),
}


def _one_render(graph: Graph, words: Words) -> Iterator[tuple[str, str]]:
    for status, host in product(Status, ("here", "elsewhere")):
        files = FILES if status in (Status.STORED, Status.LOST) else {"none": None}
        for (file, asset), (answer, remote) in product(files.items(), ANSWERS.items()):
            if remote and host == "elsewhere":
                continue
            seen = Situation(graph)
            provider = seen.profile.provider_name if host == "here" else ELSEWHERE
            key = seen.has("clip.a#1", status, asset=asset, provider=provider)
            seen.remote = {key: remote} if remote else {}
            yield f"{status} {host}, file {file}, host says {answer}", words.of(seen)


def _bindings(graph: Graph, other: Graph, words: Words) -> Iterator[tuple[str, str]]:
    for status, bound in product(STATUSES, ("to it", "to the old one", "elsewhere", "to an unknown key")):
        seen = Situation(graph)
        key = seen.has("clip.a#1", status)
        old = seen.has("clip.a#1", Status.STORED, other)
        match bound:
            case "to it":
                seen.bindings = {"clip.a#1": Binding(key, protect=True)}
            case "to the old one":
                seen.bindings = {"clip.a#1": Binding(old)}
            case "elsewhere":
                seen.bindings = {"clip.b#1": Binding(key)}
            case _:
                seen.bindings = {"clip.a#1": Binding("e" * 8)}
        if status is not None or bound in ("to the old one", "to an unknown key"):
            yield f"{status or 'unpaid'}, bound {bound}", words.of(seen)


def _requests(graph: Graph, other: Graph, words: Words) -> Iterator[tuple[str, str]]:
    preview = load_profile("preview")
    for status, request in product(
        STATUSES, ("replace", "retry", "batch", "preview", "no mismatch", "a twin", "other id", "vanished")
    ):
        seen = Situation(graph)
        if request == "preview":
            seen.profile = preview
        fields: dict[str, object] = {"asset": LOST_FILE} if request in ("preview", "a twin") else {}
        fields |= {"mismatch": "it is 0.04 s long"} if request == "no mismatch" else {}
        fields |= {"remote_id": None} if request == "other id" else {}
        fields |= {"error_stage": VANISHED} if request == "vanished" else {}
        key = seen.has("clip.a#1", status, **fields)
        seen.replaced = ("clip.a#1",) if request == "replace" else ()
        seen.retried = ("clip.a#1",) if request == "retry" else ()
        seen.batch = request == "batch"
        seen.refuse_mismatch = request == "no mismatch"
        if request == "a twin":
            seen.twins, seen.remote = {key: "video_2"}, {key: Remote(RemoteState.GONE)}
        if request == "preview":
            seen.remote = {key: Remote(RemoteState.GONE)}
        yield f"{status or 'unpaid'}, {request}", words.of(seen)
        if request == "replace":
            seen.bindings = {"clip.a#1": Binding(key)}
            yield f"{status or 'unpaid'}, {request}, bound", words.of(seen)


def _tries(graph: Graph, words: Words) -> Iterator[tuple[str, str]]:
    reasons = {"words": ("server", " No capacity. "), "a code": ("busy", None), "nothing": (None, None)}
    for status, tries, stage, (said, (code, message)) in product(
        (Status.FAILED, Status.BLOCKED), range(5), (None, RETRY), reasons.items()
    ):
        if said == "words" or (tries == 1 and stage is None):
            seen = Situation(graph)
            seen.has(
                "clip.a#1",
                status,
                attempts=tries,
                error_stage=stage,
                error_code=code,
                error_message=message,
            )
            yield (
                f"{status} after {tries} tries{', to be retried' * bool(stage)}, host said {said}",
                words.of(seen),
            )
    for code in (None, "id_taken"):
        seen = Situation(graph)
        seen.has("clip.a#1", Status.UNKNOWN, error_code=code, error_message="video_9 is the job of clip.b")
        yield f"unknown, error code {code or 'none'}", words.of(seen)
    seen = Situation(graph)
    seen.has("clip.a#1", Status.STORED, asset=LOST_FILE, stored_at=None)
    yield "stored by somebody else, file missing", words.of(seen)


def _chains(graph: Graph, words: Words) -> Iterator[tuple[str, str]]:
    first, second = "clip.a#1", "clip.a#1/1"
    strict = load_profile("openai", overrides={"abilities": {"upload_as_source": False}})
    for status, answer in product(STATUSES, ("not asked", "completed", "missing", "gone")):
        for profile, rule in ((HERE, "takes uploads"), (strict, "takes none")):
            seen = Situation(graph, profile)
            key = seen.has(first, status)
            remote = ANSWERS[answer]
            if remote is not None and status is None:
                continue
            seen.remote = {key: remote} if remote else {}
            yield f"source {status or 'unpaid'}, host {rule}, says {answer} of it", words.of(seen)
    for status, request in product(
        STATUSES, ("", "replace the source", "both", "the step's file is missing")
    ):
        seen = Situation(graph)
        seen.has(first, Status.STORED)
        asset = {"asset": LOST_FILE} if "missing" in request else {}
        seen.has(second, status, **asset)
        seen.bindings = {first: Binding(graph.keys[first])}
        seen.replaced = {"replace the source": (first,), "both": (first, second)}.get(request, ())
        yield f"source stored, step {status or 'unpaid'}, {request or 'nothing asked'}", words.of(seen)
    for status in (Status.BLOCKED, Status.LOST, Status.FAILED):
        seen = Situation(graph)
        seen.has(first, status, error_message="refused")
        seen.has(second, Status.STORED)
        seen.replaced = (second, "clip.a#1/2")
        yield f"source {status}, step stored, replace the step", words.of(seen)
    for host, identifier in product((HERE.provider_name, ELSEWHERE), ("video_1", None)):
        seen = Situation(graph, strict)
        seen.has(first, Status.STORED, provider=host, remote_id=identifier)
        yield (
            f"source stored at {host.partition('@')[0]} as {identifier or 'no job'}, host takes none",
            words.of(seen),
        )


def _twice(graph: Graph, words: Words) -> Iterator[tuple[str, str]]:
    for status, answer, bound in product(STATUSES, ("not asked", "gone"), ("", "clip.a#1", "clip.b#1")):
        remote = ANSWERS[answer]
        if (status is None and (bound or remote)) or (remote and status is not Status.STORED):
            continue
        seen = Situation(graph)
        key = seen.has("clip.a#1", status, asset=LOST_FILE if remote else FILE)
        seen.remote = {key: remote} if remote else {}
        seen.bindings = {bound: Binding(key)} if bound else {}
        where = f"bound to {bound or 'nothing'}"
        yield (
            f"one render at two addresses, {status or 'unpaid'}, host says {answer}, {where}",
            words.of(seen),
        )
    seen = Situation(graph)
    seen.has("clip.a#1", Status.STORED)
    seen.replaced = ("clip.a#1", "clip.b#1", "clip.b#1/1")
    yield "one render at two addresses, both to be replaced", words.of(seen)


def _cast(graph: Graph, words: Words) -> Iterator[tuple[str, str]]:
    for status, host in product(STATUSES, (HERE.provider_name, ELSEWHERE)):
        seen = Situation(graph)
        key = seen.has("character.mossy", status, provider=host, asset=None, remote_id="char_1")
        yield f"character {status or 'unpaid'} at {host.partition('@')[0]}", words.of(seen)
        if status is not None:
            seen.bindings = {"character.mossy": Binding(key)}
            seen.replaced = ("character.mossy",)
            yield (
                f"character {status or 'unpaid'} at {host.partition('@')[0]}, bound, replace",
                words.of(seen),
            )


def _nobody_wants(graph: Graph, steps: Graph, other: Graph, words: Words) -> Iterator[tuple[str, str]]:
    for status, host in product(Status, (HERE.provider_name, ELSEWHERE)):
        seen = Situation(graph)
        seen.has("clip.a#1", Status.STORED)
        seen.bindings = {"clip.a#1": Binding(graph.keys["clip.a#1"])}
        seen.has("clip.a#1", status, other, provider=host)
        yield f"old render {status} at {host.partition('@')[0]}", words.of(seen)
        seen.bindings["clip.gone#1"] = Binding(other.keys["clip.a#1"], protect=True)
        yield f"old render {status} at {host.partition('@')[0]}, bound elsewhere", words.of(seen)
    for renamed in (("clip.a#1", "clip.a#1/1", "clip.a#1/2"), ("clip.a#1", "clip.a#1/1")):
        seen = Situation(steps)
        for address in steps.renders:
            key = seen.has(address, Status.STORED)
            old = address.replace("clip.a", "clip.z") if address in renamed else address
            seen.bindings[old] = Binding(key)
        yield f"{len(renamed)} of 3 renders were clip.z", words.of(seen)
    seen = Situation(graph)
    key = seen.has("clip.a#1", Status.STORED)
    seen.bindings = {"clip.x#1": Binding(key), "clip.y#1": Binding(key), "clip.w#1/1": Binding(key)}
    yield "three addresses of one render are gone", words.of(seen)


def table_of(decided: Iterable[tuple[str, str]]) -> str:
    """Situations with the same result stand together above it."""
    by_result: dict[str, list[str]] = {}
    for situation, result in decided:
        by_result.setdefault(result, []).append(situation)
    return "".join("\n".join([*names, f"    {result}\n"]) for result, names in by_result.items())


def test_every_situation_is_decided_as_the_table_says(tmp_path: Path) -> None:
    decided = list(situations(tmp_path))
    assert len(dict(decided)) == len(decided), "a situation is listed twice"
    if os.environ.get("SORASYNC_WRITE_TABLES"):
        TABLE.write_text(table_of(decided), encoding="utf-8")
    assert table_of(decided).splitlines() == TABLE.read_text(encoding="utf-8").splitlines()
