"""A provider's answers, reduced to what can be relied on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from pathlib import Path


class JobStatus(StrEnum):
    """A job's state, whatever alphabet the server uses; `unknown` keeps a word nobody has seen before."""

    QUEUED = "queued"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    DELETED = "deleted"
    UNKNOWN = "unknown"

    @property
    def terminal(self) -> bool:
        """Whether the job will never change again."""
        return self in _TERMINAL


_TERMINAL = frozenset(
    {JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELLED, JobStatus.EXPIRED, JobStatus.DELETED}
)


@dataclass(frozen=True, slots=True)
class JobError:
    """Why a job ended without a video, in the words of the server or `ours`.

    `moderated`: its content was refused.
    """

    code: str | None
    message: str
    moderated: bool = False
    ours: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class Job:
    """A video job. Only `id` and `status` are always there.

    Times are Unix seconds. `progress` is 0 to 100. `seconds` is the whole length. `urls` are direct
    download addresses from the body, for hosts without a content route. `cost_usd` is what the server says
    it charged; `resends` how often a gateway says that it sent the request again by itself. `poll_after` is
    the server's hint, in seconds. `word` is the server's own for a state that nobody has seen before. `named`
    is the id that an answer gives the job where that is not the one that was asked for. A completed job
    without a video has already been turned into a failed one; `fileless` if nothing but the file was missing
    in the answer, which may come yet.

    A video that came inside the answer and is too long for memory has a mark among the `urls`; `files` says
    what it stands for: a file on this machine, or the number of the text in the answer to `get`, from 0.
    """

    id: str
    status: JobStatus
    progress: int = 0
    model: str | None = None
    prompt: str | None = None
    size: str | None = None
    seconds: float | None = None
    created_at: float | None = None
    completed_at: float | None = None
    expires_at: float | None = None
    error: JobError | None = None
    urls: tuple[str, ...] = ()
    cost_usd: Decimal | None = None
    resends: int = 0
    poll_after: float | None = None
    word: str | None = None
    named: str | None = field(default=None, compare=False)
    fileless: bool = field(default=False, compare=False)
    raw: Mapping[str, object] = field(default_factory=dict, compare=False)
    files: Mapping[str, Path | int] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the list, newest first. `after` asks for the next one, None at the end.

    `poll_after` is the server's hint for all of them, in seconds. `unread` counts entries that look like jobs
    and are left out, since they have no id that could be used. `cut`: there are more, or may be, and nothing
    asks for them.
    """

    jobs: tuple[Job, ...]
    after: str | None
    poll_after: float | None = None
    unread: int = 0
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """The video that an extension or edit starts from: a job of this provider, or a local file to upload.

    `model`, `size` and `seconds` are the source's own; an uploaded source needs the model named.
    """

    remote_id: str | None
    file: Path | None = None
    model: str | None = None
    size: str | None = None
    seconds: int | None = None


@dataclass(frozen=True, slots=True)
class CreateRequest:
    """A render from a prompt. `image` is sent as the first frame; `characters` are remote ids.

    `label` names the render for servers that have a place for it; it never changes the result.
    `last_image` is sent as the last frame. `idempotency_key` is the same for every attempt at one intent: the
    few servers that honour it then make one job of several requests. `repeated`: it has been sent with that
    key before, and nobody knows what became of it. `workflow` is a graph of nodes in which
    `{"$bind": WORD}` is replaced by a value.
    """

    prompt: str
    model: str
    size: str
    seconds: int
    characters: tuple[str, ...] = ()
    image: Path | None = None
    last_image: Path | None = None
    params: Mapping[str, object] = field(default_factory=dict)
    workflow: Mapping[str, object] | None = None
    label: str | None = None
    idempotency_key: str | None = None
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class ExtendRequest:
    """Continue `source` by `seconds`."""

    source: Source
    prompt: str
    seconds: int
    params: Mapping[str, object] = field(default_factory=dict)
    label: str | None = None
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class EditRequest:
    """Change `source` as `prompt` says."""

    source: Source
    prompt: str
    params: Mapping[str, object] = field(default_factory=dict)
    label: str | None = None
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class StillRequest:
    """A picture from a prompt, or one made from `images`, which are sent in order; see `CreateRequest`."""

    prompt: str
    model: str
    size: str
    images: tuple[Path, ...] = ()
    params: Mapping[str, object] = field(default_factory=dict)
    label: str | None = None
    idempotency_key: str | None = None
    repeated: bool = False
    workflow: Mapping[str, object] | None = None


class Variant(StrEnum):
    """The files a completed job has: MP4, WebP and JPEG; of a still, the picture itself."""

    VIDEO = "video"
    THUMBNAIL = "thumbnail"
    SPRITESHEET = "spritesheet"
    STILL = "still"
