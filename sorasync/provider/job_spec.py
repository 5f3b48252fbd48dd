"""The operations of a host of the job family, as its client needs them. Plain data; see `HostSpec`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeVar

from sorasync.provider.find_path import Path
from sorasync.provider.values import items, number, table, text
from sorasync.provider.wire import JobStatus

T = TypeVar("T")
Tree = Mapping[str, object]
Paths = tuple[Path, ...]

# The state of a job whose content was refused.
BLOCKED = "blocked"
_STATES = {
    "pending": JobStatus.QUEUED.value,
    "running": JobStatus.IN_PROGRESS.value,
    "done": JobStatus.COMPLETED.value,
    "failed": JobStatus.FAILED.value,
    "cancelled": JobStatus.CANCELLED.value,
    "expired": JobStatus.EXPIRED.value,
    "blocked": BLOCKED,
}


@dataclass(frozen=True, slots=True)
class Operation:
    """A request: method, path with `{model}`, `{id}` and `{own_id}`, and its body's tree, None for none."""

    method: str
    path: str
    body: Tree | None = None

    @classmethod
    def of(cls, data: object) -> Operation | None:
        """From a table with a `request`, None where there is none."""
        line, body = text(table(data).get("request")), table(data).get("body")
        if line is None:
            return None
        method, _, path = line.partition(" ")
        return cls(method, path, body if isinstance(body, Mapping) else None)


@dataclass(frozen=True, slots=True)
class Complaints:
    """Where an operation's answer says what is wrong: words for people, and the code that decides."""

    error: Paths = ()
    code: Paths = ()

    @classmethod
    def of(cls, data: Mapping[str, object]) -> Complaints:
        """From the table of an operation or of its answer."""
        return cls(_paths(data.get("error")), _paths(data.get("code")))


@dataclass(frozen=True, slots=True)
class CreateSpec:
    """The paid request and how its answer is read; `image` is another one for a first frame."""

    operation: Operation
    encoding: str
    headers: Mapping[str, str]
    image: Operation | None
    image_body: Tree
    model_bodies: Mapping[str, Tree]
    ok: frozenset[int]
    idempotency: str | None
    id: Paths
    id_is_path: bool
    complaints: Complaints


@dataclass(frozen=True, slots=True)
class FollowSpec:
    """The question about one job, and how its answer is read; `queue` asks for jobs that it does not know."""

    operation: Operation
    complaints: Complaints
    state: Path
    ends: bool
    absent: str
    blocked_when: Paths
    failed_when: Paths
    progress: Path | None
    least_seconds: float
    queue: Operation | None
    queue_ids: Paths
    words: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ResultSpec:
    """Where the file is. Without an `operation` it stands in the answer to the follow-up question."""

    operation: Operation | None
    complaints: Complaints
    video: Paths
    base64: Paths
    items: Path | None
    address: str
    failed_status: frozenset[int]


@dataclass(frozen=True, slots=True)
class ListSpec:
    """The list of jobs."""

    operation: Operation
    items: Path
    id: Path
    next: Path | None
    prompt: Path | None


@dataclass(frozen=True, slots=True)
class CostSpec:
    """Where the host says what it charged, and what one of its units is worth in dollars, None = unknown."""

    reported: Paths = ()
    unit: Decimal | None = None

    def dollars(self, said: object) -> Decimal | None:
        """A charge in dollars."""
        found = number(said)
        return None if found is None or self.unit is None else Decimal(str(found)) * self.unit


@dataclass(frozen=True, slots=True)
class JobSpec:
    """All of it."""

    create: CreateSpec
    follow: FollowSpec
    result: ResultSpec
    list: ListSpec | None
    cost: CostSpec
    maps: Mapping[str, Mapping[str, object]] = field(default_factory=dict)

    @classmethod
    def from_mapping(cls, data: Mapping[str, object]) -> JobSpec:
        """From the plain form of a checked job profile."""
        return cls(
            _create(table(data.get("create")), table(data.get("models"))),
            _follow(table(data.get("get")), table(data.get("states"))),
            _result(table(data.get("result"))),
            _list(table(data.get("list"))),
            _cost(table(data.get("cost"))),
            {name: table(words) for name, words in table(data.get("maps")).items()},
        )


def _create(data: Mapping[str, object], models: Mapping[str, object]) -> CreateSpec:
    answer, image = table(data.get("answer")), table(data.get("image"))
    return CreateSpec(
        _needed(Operation.of(data)),
        str(data["encoding"]),
        {name: str(value) for name, value in table(data.get("headers")).items()},
        Operation.of(image),
        table(image.get("body")),
        {name: table(table(model).get("body")) for name, model in models.items()},
        _statuses(data.get("ok")),
        text(data.get("idempotency")),
        _paths(answer.get("id")),
        answer.get("id_form") == "path",
        Complaints.of(answer),
    )


def _follow(data: Mapping[str, object], states: Mapping[str, object]) -> FollowSpec:
    queue = table(data.get("queue"))
    return FollowSpec(
        _needed(Operation.of(data)),
        Complaints.of(data),
        _needed(Path.of(data.get("state"))),
        data.get("state_is") == "done",
        str(data.get("absent")),
        _paths(data.get("blocked_when")),
        _paths(data.get("failed_when")),
        Path.of(data.get("progress")),
        number(data.get("least_seconds")) or 0.0,
        Operation.of(queue),
        _paths(queue.get("ids")),
        {str(word).lower(): status for group, status in _STATES.items() for word in _each(states.get(group))},
    )


def _result(data: Mapping[str, object]) -> ResultSpec:
    return ResultSpec(
        Operation.of(data),
        Complaints.of(data),
        _paths(data.get("video")),
        _paths(data.get("base64")),
        Path.of(data.get("items")),
        text(data.get("address")) or "",
        _statuses(data.get("failed_status")),
    )


def _list(data: Mapping[str, object]) -> ListSpec | None:
    operation = Operation.of(data)
    if operation is None:
        return None
    found, job_id = Path.of(data.get("items")), Path.of(data.get("id"))
    return ListSpec(
        operation, _needed(found), _needed(job_id), Path.of(data.get("next")), Path.of(data.get("prompt"))
    )


def _cost(data: Mapping[str, object]) -> CostSpec:
    unit, _, worth = str(data.get("unit") or "").partition(":")
    known = {"usd": Decimal(1), "credit": Decimal(worth or 0), "usd_ticks": 1 / Decimal(worth or 1)}
    return CostSpec(_paths(data.get("reported")), known.get(unit))


def _needed(found: T | None) -> T:
    if found is None:
        raise ValueError("a checked profile has it")
    return found


def _each(value: object) -> list[object]:
    return list(value) if isinstance(value, tuple) else items(value)


def _paths(value: object) -> Paths:
    return tuple(path for one in _each(value) if (path := Path.of(one)) is not None)


def _statuses(value: object) -> frozenset[int]:
    return frozenset(one for one in _each(value) if isinstance(one, int))
