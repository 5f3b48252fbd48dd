"""The values the server keeps."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class PreviewJob:
    """A render. Times are Unix seconds, lengths whole seconds, files paths relative to the data directory.

    `state` is `active` until it is settled, then `completed`, `failed`, `expired` or `cancelled`; `outcome`
    is what it will settle as. `ready` is the earliest time it may settle. `billed` is the length that is
    charged. `links` counts the extensions behind it. `stuck` is the number of polls it will still sit
    through (-1: for ever). `life` is how long its assets can be downloaded. `damage` is what is wrong
    with its video, and from which part of it on (0 to 1).
    """

    id: str
    kind: str
    model: str
    size: str
    seconds: int
    billed: int
    prompt: str
    created: float
    ready: float
    life: float
    label: str | None = None
    source: str | None = None
    source_file: str | None = None
    characters: tuple[str, ...] = ()
    image: str | None = None
    links: int = 0
    state: str = "active"
    outcome: str = "completed"
    started: float | None = None
    drawn: float | None = None
    completed: float | None = None
    expires: float | None = None
    error_code: str | None = None
    error_message: str | None = None
    videoless: bool = False
    stuck: int = 0
    owner: str | None = None
    batch: str | None = None
    custom_id: str | None = None
    damage: tuple[tuple[str, float], ...] = ()

    @property
    def width(self) -> int:
        """Pixels across."""
        return int(self.size.split("x")[0])

    @property
    def height(self) -> int:
        """Pixels down."""
        return int(self.size.split("x")[1])


@dataclass(frozen=True, slots=True)
class Character:
    """A reference clip that was uploaded. `path` is relative to the data directory."""

    id: str
    name: str
    path: str
    created: float


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file of the files route. `path` is relative to the data directory, `bytes` its size."""

    id: str
    purpose: str
    filename: str
    bytes: int
    path: str
    created: float


@dataclass(frozen=True, slots=True)
class StoredBatch:
    """A queue of renders. `doc` holds the fields of the reference's batch object that are not columns here.

    A `stop_part` in it is the part of its lines that gets done before it expires (0 to 1).
    """

    id: str
    input_file: str
    status: str
    created: float
    expires: float
    doc: dict[str, object] = field(default_factory=dict)
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One row of the ledger. `amount` is in millionths of a dollar, `seconds` is the billed length."""

    time: float
    kind: str
    model: str
    size: str
    seconds: int
    amount: int
    job: str
    prompt_digest: str
    label: str | None = None
    idempotency_key: str | None = None
    batch: str | None = None
