"""Profiles of the job family: one request makes a job, another polls it, a URL has the file.

Every request is spelled out as data. Rules across parts are in `sorasync.profile.job_rules`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from sorasync.profile.address import BaseUrl
from sorasync.profile.answer_path import AnswerPath, parse_path
from sorasync.profile.headers import Headers, KeyHeader
from sorasync.profile.images import Images
from sorasync.profile.parts import Encoding, ErrorStatus, Limits, ParamType, Rate
from sorasync.profile.video_model import Data, Model, PriceWords

# How lost answers are settled safely.
Settle = Literal["own_id", "replay", "reject", "label", "list", "ask"]

_REQUEST = re.compile(r"(GET|POST|PUT|PATCH|DELETE) (/\S*)")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
# One part of an id that is a path, counted from its end: `{id[-3]}`.
ID_PART = re.compile(r"id\[(-[1-9])\]")
# What a list's request may say of the page that is asked for.
_PAGING = ("limit", "offset", "page")
_HOST = re.compile(r"(?=.{1,253}(?::|\Z))[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[1-9][0-9]{0,4})?")
_LIFE = re.compile(r"[1-9][0-9]{0,4}[smhd]")
_UNIT = re.compile(r"usd|token|(usd_ticks|credit):[0-9]{1,12}(\.[0-9]{1,6})?")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_HEADER_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,79}")
_KEY_VALUE = re.compile(r"[\x21-\x7e ]{0,60}\{key\}[\x21-\x7e ]{0,60}")


def _as_path(value: object) -> object:
    if isinstance(value, AnswerPath):
        return value
    if not isinstance(value, str):
        raise ValueError("a path such as video.url is needed")
    return parse_path(value)


def _as_paths(value: object) -> object:
    if not isinstance(value, str | list | tuple):
        raise ValueError("a path such as video.url, or a list of them, is needed")
    return [value] if isinstance(value, str) else value


def _request_line(text: str) -> str:
    found = _REQUEST.fullmatch(text)
    if found is None:
        raise ValueError(
            'a method and a path are needed, such as "GET /jobs/{id}": jobs are followed by questions only'
            if text.partition(" ")[0].upper() in ("WS", "WSS", "SSE")
            else 'a method and a path are needed, such as "GET /jobs/{id}"'
        )
    _check_braces(found[2], "model", "id", "own_id", *_PAGING)
    return text


def _id_path(text: str) -> str:
    _check_braces(text, "model", "id")
    if "{id}" not in text or text.startswith("/"):
        raise ValueError("a path below the base URL with {id} in it is needed, such as text2video/{id}")
    return text


def _check_braces(text: str, *known: str) -> None:
    odd = {name for name in _PLACEHOLDER.findall(text) if name not in known and not ID_PART.fullmatch(name)}
    if odd:
        *most, last = (f"{{{name}}}" for name in known if name not in _PAGING)
        raise ValueError(f"{{{min(odd)}}} is not a placeholder; use {', '.join(most)} or {last}")
    if set(_PLACEHOLDER.sub("", text)) & set("{}"):
        raise ValueError("the braces do not match")


def _matching(pattern: re.Pattern[str], needed: str) -> AfterValidator:
    def check(text: str) -> str:
        if pattern.fullmatch(text) is None:
            raise ValueError(f"{needed} is needed")
        return text

    return AfterValidator(check)


def seconds_of(life: str) -> int:
    """A time such as `90m` in seconds."""
    return int(life[:-1]) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[life[-1]]


Path = Annotated[AnswerPath, BeforeValidator(_as_path)]
# One path or several: the first that finds something counts.
Paths = Annotated[tuple[Path, ...], BeforeValidator(_as_paths)]
RequestLine = Annotated[str, AfterValidator(_request_line)]
IdPath = Annotated[str, AfterValidator(_id_path)]
Host = Annotated[str, _matching(_HOST, "a host or host:port without a scheme")]
Life = Annotated[str, _matching(_LIFE, "a time such as 24h, 90m or 2d")]
Unit = Annotated[str, _matching(_UNIT, "usd, usd_ticks:N, credit:DOLLARS or token")]
Word = Annotated[str, Field(min_length=1, max_length=80)]
GoodStatus = Annotated[int, Field(ge=200, le=299)]
Body = Mapping[str, object]


class JobAuth(Data):
    """How the key travels. `value` is what the header says, with `{key}` for the key."""

    env: Annotated[str, _matching(_VARIABLE, "the name of a variable")] = ""
    header: KeyHeader = "authorization"
    value: Annotated[str, _matching(_KEY_VALUE, "printable text with {key} in it")] = "Bearer {key}"
    required: bool = True


class CreateAnswer(Data):
    """How the answer to a create is read: the job's id, and why there is none.

    With `id_form = "path"` the id is a path below the base URL, or an address there, and keeps its slashes:
    for hosts whose jobs are followed by a link. `id_path` makes such a path of a plain id, for hosts that
    must also be told the model or the kind of job to follow one: `{model}/requests/{id}`. `code` leads to the
    word that decides what an error means.
    """

    id: Paths = Field(min_length=1)
    id_form: Literal["segment", "path"] = "segment"
    id_path: IdPath | None = None
    error: Paths = ()
    code: Paths = ()


class WithImage(Data):
    """What a create is instead where the render starts from a first frame."""

    request: RequestLine | None = None
    id_path: IdPath | None = None
    body: Body = Field(default_factory=dict)


class Create(Data):
    """The paid request. `ok` are the statuses that mean that a job was made, `exists_status` those that mean
    that the same key was sent before, if the code is among `exists_code` where that is given; `idempotency`
    is the header that holds that key, and
    `idempotency_lives` how long the host remembers it. A body of `image` is merged over `body`.
    """

    request: RequestLine
    encoding: Encoding = "json"
    headers: Headers = Field(default_factory=dict)
    body: Body
    ok: tuple[GoodStatus, ...] = Field(default=(200, 201, 202), min_length=1)
    exists_status: tuple[ErrorStatus, ...] = ()
    exists_code: tuple[Word, ...] = ()
    idempotency_lives: Life = "1h"
    idempotency: Annotated[str, _matching(_HEADER_NAME, "the name of a header")] | None = None
    image: WithImage | None = None
    answer: CreateAnswer


class StillEdit(Data):
    """What differs in the request for a still that is made from images; its body is merged over that of
    `still`.
    """

    request: RequestLine | None = None
    id_path: IdPath | None = None
    body: Body = Field(default_factory=dict)


class JobStill(Data):
    """The paid request for a still: `body` takes the place of `create.body`, all else is as in `create`
    where it is not said. Without `edit` the host makes no still from images.
    """

    request: RequestLine | None = None
    id_path: IdPath | None = None
    body: Body
    edit: StillEdit | None = None


class Upload(Data):
    """The free request that uploads an image before the workflow that loads it is sent.

    A form with the file in the field `file` and `fields` beside it, in which `$mime` is its media type and
    `$file_name` its name. `name` is the path in the answer to the host's name for it, which goes into the
    workflow: as it is, or in place of `$id` in `value`.
    """

    request: RequestLine
    file: Word = "image"
    fields: Mapping[str, str] = {}
    name: Paths = Field(min_length=1)
    value: Body | None = None


class Queue(Data):
    """A second question for jobs that the first says nothing of: the ids that are waiting or running.

    `running` leads to those that have begun, which are among `ids` as well.
    """

    request: RequestLine
    ids: Paths = Field(min_length=1)
    running: Paths = ()


class Follow(Data):
    """The poll request for one job.

    `state` leads to a word of `states`; with `state_is = "done"` it is true when the job has ended. `absent`
    says what an answer without a state means. `least_seconds` lie between two questions; `settle_seconds`
    after a request the host must know its job. `blocked_when` and `failed_when` lead to what is only there
    when the content was refused, or the job failed, whatever its state says.
    """

    request: RequestLine
    body: Body | None = None
    state: Path
    state_is: Literal["word", "done"] = "word"
    absent: Literal["pending", "gone", "fault"] = "fault"
    error: Paths = ()
    code: Paths = ()
    blocked_when: Paths = ()
    failed_when: Paths = ()
    progress: Path | None = None
    least_seconds: float = Field(default=5.0, ge=0.5, le=600)
    settle_seconds: float = Field(default=30.0, ge=0)
    queue: Queue | None = None


class States(Data):
    """The host's words for a job's states. An unknown word means still running, never failed."""

    pending: tuple[Word, ...] = ()
    running: tuple[Word, ...] = ()
    done: tuple[Word, ...] = ()
    failed: tuple[Word, ...] = ()
    cancelled: tuple[Word, ...] = ()
    expired: tuple[Word, ...] = ()
    blocked: tuple[Word, ...] = ()


class Result(Data):
    """Where the file is. Without a `request` it stands in the answer to the follow-up question.

    `video` leads to addresses, `picture` to that of a still, `base64` to the bytes; or `items` leads to
    objects and `address` is made of their fields. `needs_key`: the address asks for the key. `range`: a part
    of a file can be asked for. `failed_status` are statuses that mean that the job failed. `lives` is how
    long the file stays.
    """

    request: RequestLine | None = None
    video: Paths = ()
    picture: Paths = ()
    base64: Paths = ()
    items: Path | None = None
    address: str | None = Field(default=None, pattern=r"^/\S*$")
    error: Paths = ()
    code: Paths = ()
    failed_status: tuple[ErrorStatus, ...] = ()
    needs_key: bool = False
    range: bool = False
    lives: Life | None = None


# Which cancelled jobs the host refunds.
Refund = Literal["unknown", "never", "if_queued", "always"]


class CancelRunning(Data):
    """The request that cancels a job that is rendering, if it differs."""

    request: RequestLine
    body: Body | None = None


class Cancel(Data):
    """The request that cancels a job, and whether the job is then charged.

    `only_queued`: a job that is rendering cannot be cancelled. `running` is the request for such a job if it
    differs. `refund` is "unknown" if the host does not say: then the job counts as charged.
    """

    request: RequestLine
    body: Body | None = None
    only_queued: bool = False
    running: CancelRunning | None = None
    refund: Refund = "unknown"

    def charged(self, *, queued: bool) -> bool:
        """Whether a job is charged if it is cancelled while queued, or while rendering."""
        return self.refund != "always" and not (self.refund == "if_queued" and queued)


class JobList(Data):
    """The list of jobs: its elements, the address of the next page, and what each says of itself.

    Without `next`, a request with `{limit}` and `{offset}`, or `{page}` (from 1), asks for further pages.
    """

    request: RequestLine
    items: Path
    id: Path = parse_path("id")
    next: Path | None = None
    complete: bool = False
    settle_seconds: float = Field(default=30.0, ge=0)
    prompt: Path | None = None
    label: Path | None = None


class Cost(Data):
    """What the host says it charged, and what a refusal of content costs.

    `unit = "token"` counts what the job's model costs a million of them; `model` and `size` lead to that
    model's name and to the size or tier in the same answer.
    """

    reported: Paths = ()
    model: Path | None = None
    size: Path | None = None
    unit: Unit | None = None
    on_refusal: Literal["free", "charged", "unknown"] = "unknown"

    def dollars(self, said: float | None) -> Decimal | None:
        """A reported number in dollars; None where the worth of its unit is unknown."""
        unit, _, worth = (self.unit or "").partition(":")
        if said is None or unit not in ("usd", "credit", "usd_ticks"):
            return None
        found = Decimal(str(said))
        return found / Decimal(worth) if unit == "usd_ticks" else found * Decimal(worth or 1)


class Codes(Data):
    """What the host's own codes mean, beyond what codes mean everywhere; `*` stands for any signs.

    `blocked`: the content was refused. `quota`: there is no credit, and waiting does not help.
    """

    blocked: tuple[Word, ...] = ()
    quota: tuple[Word, ...] = ()

    def means(self, group: Literal["blocked", "quota"], code: str | None) -> bool:
        """Whether a code is of that group."""
        if code is None:
            return False
        return any(fnmatchcase(code.lower(), word.lower()) for word in getattr(self, group))


class JobModel(Model):
    """A model; its `body` is merged over that of a create."""

    body: Body = Field(default_factory=dict)


class JobProfile(Data):
    """One host of the family, as data.

    `upload` brings the image of a workflow to the host. `still` is how a still is asked for, and `images`
    what image models there are.
    `image_param` is the parameter that takes images by their address, where that is the only way. `hosts` are
    those beside the base URL's own that files may lie on, also at private addresses. `settle`
    says how a lost answer is settled safely. `maps` hold tables from our words to the host's, for
    the filter `map`. `varies`: without a seed, the same request gives another video each time.
    """

    family: Literal["job"]
    name: str
    title: str
    source: str = ""
    as_of: date | None = None
    base_url: BaseUrl
    sunset: date | None = None
    replacement: str | None = None
    default_model: str | None = None
    hosts: tuple[Host, ...] = ()
    settle: Settle
    auth: JobAuth = JobAuth()
    headers: Headers = Field(default_factory=dict)
    maps: Mapping[str, Mapping[str, str | int | float | bool]] = {}
    create: Create
    upload: Upload | None = None
    still: JobStill | None = None
    get: Follow
    states: States = States()
    result: Result
    cancel: Cancel | None = None
    list: JobList | None = None
    cost: Cost = Cost()
    codes: Codes = Codes()
    limits: Limits = Limits()
    rate: Rate = Rate()
    models: Mapping[str, JobModel] = Field(min_length=1)
    params: Mapping[str, ParamType] = {}
    images: Images = Images()
    image_param: str | None = None
    price_words: PriceWords = Field(default_factory=dict)
    varies: bool = False

    @property
    def jobs_are_paths(self) -> bool:
        """Whether a job's id is a path below the base URL."""
        return self.create.answer.id_form == "path" or self.create.answer.id_path is not None

    @property
    def id_paths(self) -> tuple[str, ...]:
        """The forms of the paths that plain ids become; `{id}` alone where they stay as they are."""
        image, still = self.create.image, self.still
        edit = still.edit if still else None
        forms = (self.create.answer.id_path, *(one.id_path for one in (image, still, edit) if one))
        return tuple(dict.fromkeys(form for form in forms if form)) or ("{id}",)
