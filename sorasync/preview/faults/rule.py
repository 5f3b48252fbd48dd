"""One rule of a fault plan, and the plan as a file."""

from __future__ import annotations

import json
import tomllib
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sorasync.errors import SorasyncError
from sorasync.preview.faults.fault_messages import plain_faults

# Done instead of handling the request. `status` needs `status`, and takes `code`, `message`, `headers`.
Instead = Literal[
    "status",
    "rate_limit",
    "slow_down",
    "quota",
    "overloaded",
    "error",
    "unauthorized",
    "not_found",
    "not_allowed",
    "moderated",
    "cut_before",
]

# Done to the job or batch that the request makes.
OfJob = Literal["stuck", "fail", "fail_moderated", "no_video", "batch_expires"]

# Done to the video that the request makes, from `at` on: it comes, and cannot be used. `with_sound` spoils
# nothing: an animatic has no sound that `silent` could take away.
OfVideo = Literal[
    "black",
    "frozen",
    "repeated",
    "strobing",
    "flashing",
    "sudden_cut",
    "stray_text",
    "blurred",
    "wrong_size",
    "too_short",
    "silent",
    "with_sound",
    "too_loud",
    "too_quiet",
    "low_rate",
]

# Done while the request is handled.
Within = Literal["duplicate", "delay", "list_lag", "expire", "mp4_for_thumbnail", "no_picture"]

# Done to the answer; the request itself is handled.
Answer = Literal[
    "cut_after",
    "cut_body",
    "truncate",
    "wrong_length",
    "empty",
    "content_type",
    "file",
    "html",
    "slow",
    "drop_fields",
    "status_word",
    "progress",
]

Deed = Literal[Instead, OfJob, OfVideo, Within, Answer]


class FaultRule(BaseModel):
    """When to do what.

    Selectors: `route` (names may hold `*`), `prompt` (a part of the prompt), then, counting the requests
    that match those: `nth`, `every`, `probability`, and `count` times at most. All that are given must hold.

    Parameters, each used by the deeds that need it: `status`, `code`, `message`, `headers`; `retry_after`
    (seconds) and `form` of a 429 (`seconds`, `date`, `ms`, `reset` or `none`); `at`, the part of a body that
    is sent, or the part of a video that is as it should be (0 to 1); `by`, how much longer the announced
    length is than the body (bytes, may be negative);
    `type`, a content type; `file`, the path of what is sent instead; `delay` (seconds) and `chunk`
    (bytes); `fields` to drop; `word` for the status; `value` for the progress; `polls` that a stuck job
    sits through (-1: for ever); `billed`, to bill a job that fails, or not to bill one that completes
    without a video; `seconds` of list lag; `times` a duplicated create is carried out; `done`, the part
    of a batch that is done before it expires.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    do: Deed
    route: str | list[str] = "*"
    prompt: str | None = None
    nth: int | list[int] | None = None
    every: int | None = Field(None, ge=1)
    probability: float | None = Field(None, ge=0, le=1)
    count: int | None = Field(None, ge=0)
    status: int = Field(500, ge=400, le=599)
    code: str | None = None
    message: str | None = None
    headers: dict[str, str] = {}
    retry_after: float = 1.0
    form: Literal["seconds", "date", "ms", "reset", "none"] = "seconds"
    at: float = Field(0.5, ge=0, le=1)
    by: int = 1000
    type: str = "text/html"
    file: Path | None = None
    delay: float = 0.05
    chunk: int = Field(16_384, ge=1)
    fields: list[str] = ["progress", "created_at", "model", "size", "seconds"]
    word: str = "transcoding"
    value: int = 5
    polls: int = -1
    billed: bool | None = None
    seconds: float = 60.0
    times: int = Field(2, ge=2)
    done: float = Field(0.5, ge=0, le=1)

    def covers(self, route: str) -> bool:
        """Whether the rule is about a route."""
        patterns = [self.route] if isinstance(self.route, str) else self.route
        return any(fnmatchcase(route, pattern) for pattern in patterns)

    def wants(self, number: int) -> bool:
        """Whether the rule's `nth` and `every` hold for the n-th request that it matches (from 1)."""
        numbers = [self.nth] if isinstance(self.nth, int) else self.nth
        if numbers is not None and number not in numbers:
            return False
        return self.every is None or number % self.every == 0


class FaultPlan(BaseModel):
    """A seed and the rules, tried in this order."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    seed: int = 0
    rules: list[FaultRule] = []


def load_plan(path: Path) -> FaultPlan:
    """Read a plan file: JSON by its suffix, else TOML. Raises `SorasyncError`."""
    try:
        text = path.read_text(encoding="utf-8")
        data = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
        return FaultPlan.model_validate(data)
    except ValidationError as error:
        lines = "\n  ".join(plain_faults(error, FaultRule))
        raise SorasyncError(f"the fault plan {path} cannot be used:\n  {lines}") from error
    except (OSError, ValueError) as error:
        raise SorasyncError(f"the fault plan {path} cannot be used: {error}") from error
