"""Records: what the state knows about a key, and the allowed changes of status."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from sorasync.state.account import Charge, charge


class Status(StrEnum):
    """The status of a render.

    `intent`: about to be sent, the answer is not known yet (a crash here leaves the outcome open).
    `unknown`: sent, the answer was lost, and only the provider's list can tell.
    `batched`: part of a batch that the provider holds; there is no job id yet.
    `submitted`: the provider gave an id; queued or in progress.
    `rendered`: completed at the provider, not downloaded yet.
    `stored`: the asset is here, intact.
    `failed`: ended without a video for a technical reason; may be tried again.
    `blocked`: refused as it is, for its content as a rule; not tried again until its inputs change.
    `lost`: paid for, not downloaded, and gone at the provider. It is asked for again, and may come back.
    """

    INTENT = "intent"
    UNKNOWN = "unknown"
    BATCHED = "batched"
    SUBMITTED = "submitted"
    RENDERED = "rendered"
    STORED = "stored"
    FAILED = "failed"
    BLOCKED = "blocked"
    LOST = "lost"


# Allowed changes of status. `None` is a key without a record, as before its first record or after `gc`.
MOVES: dict[Status | None, frozenset[Status]] = {
    None: frozenset({Status.INTENT, Status.STORED, Status.RENDERED, Status.SUBMITTED}),
    Status.INTENT: frozenset(
        {
            Status.SUBMITTED,
            Status.BATCHED,
            Status.RENDERED,
            Status.STORED,
            Status.FAILED,
            Status.BLOCKED,
            Status.UNKNOWN,
        }
    ),
    Status.UNKNOWN: frozenset(
        {Status.SUBMITTED, Status.BATCHED, Status.RENDERED, Status.INTENT, Status.FAILED, Status.BLOCKED}
    ),
    Status.BATCHED: frozenset(
        {Status.SUBMITTED, Status.RENDERED, Status.FAILED, Status.BLOCKED, Status.UNKNOWN}
    ),
    Status.SUBMITTED: frozenset({Status.RENDERED, Status.STORED, Status.FAILED, Status.BLOCKED, Status.LOST}),
    Status.RENDERED: frozenset({Status.STORED, Status.LOST, Status.FAILED}),
    Status.STORED: frozenset({Status.LOST, Status.RENDERED}),
    Status.FAILED: frozenset({Status.INTENT}),
    Status.BLOCKED: frozenset({Status.INTENT, Status.FAILED}),
    Status.LOST: frozenset({Status.INTENT, Status.SUBMITTED, Status.RENDERED, Status.STORED}),
}

# A record of these may name a file that is to be found again, where it names one.
HAD_A_FILE = frozenset({Status.STORED, Status.LOST, Status.RENDERED})

# The `error_stage` of a lost record whose job vanished in flight: nobody saw it finish.
VANISHED = "render"

# The `error_code` of a record whose request was answered with the id of another render's job.
ID_TAKEN = "id_taken"

# The `error_stage` of a failed record that `sorasync retry` allows another attempt.
RETRY = "retry"

# The `error_stage` of a record whose job its host was asked to cancel; in flight, the `error_code` says
# whether the job had begun by then, and afterwards that it was cancelled.
CANCEL = "cancel"
CANCELLED_QUEUED, CANCELLED_RUNNING, CANCELLED = "queued", "running", "cancelled"

# Statuses in flight: paid for or about to be, and not here yet.
IN_FLIGHT = frozenset({Status.INTENT, Status.UNKNOWN, Status.BATCHED, Status.SUBMITTED, Status.RENDERED})

# Rendered, so that its progress is 100.
DONE = frozenset({Status.RENDERED, Status.STORED})

# A video was made, whatever became of it.
MADE = DONE | {Status.LOST}


@dataclass(frozen=True, slots=True)
class Record:
    """One row of the state. Times are Unix seconds; money is US dollars, None where unknown.

    `inputs` is the canonical JSON that the key is the digest of; `request` the JSON of what was sent
    beyond it (the prompt as text, model and size that a step takes from its source). `address` is the last
    address the key was wanted under. `provider` names the provider as `profile@base_url`. `asset` is the
    SHA-256 of the stored file; a character has none, its `remote_id` is all there is. `seconds` is the length
    of the result, `billed_seconds` what is paid for (None: the same). `mismatch` says, as a clause, how the
    file that came differs from what was asked for.
    """

    key: str
    kind: str
    status: Status
    address: str
    inputs: str
    request: str = "{}"
    source_key: str | None = None
    provider: str = ""
    remote_id: str | None = None
    batch_id: str | None = None
    model: str | None = None
    size: str | None = None
    seconds: float | None = None
    cost_usd: Decimal | None = None
    reported_usd: Decimal | None = None
    asset: str | None = None
    progress: int = 0
    attempts: int = 0
    error_stage: str | None = None
    error_code: str | None = None
    error_message: str | None = None
    run: int | None = None
    intent_at: float | None = None
    submitted_at: float | None = None
    rendered_at: float | None = None
    stored_at: float | None = None
    expires_at: float | None = None
    billed_seconds: float | None = None
    mismatch: str | None = None

    @property
    def charge(self) -> Charge | None:
        """What its latest attempt counts as, None if it was not billed."""
        seconds = self.seconds if self.billed_seconds is None else self.billed_seconds
        made_at = self.stored_at if self.rendered_at is None else self.rendered_at
        return charge(self.status.value, self.cost_usd, self.reported_usd, seconds, made_at)


class Brief(NamedTuple):
    """The part of a record that a plan needs for every key; small, for libraries of 100,000 clips."""

    status: Status
    asset: str | None
    provider: str
    remote_id: str | None
    mismatch: str | None = None


class Binding(NamedTuple):
    """An address and the key it points to. `protect` outlives the manifest block that set it."""

    key: str
    protect: bool = False
