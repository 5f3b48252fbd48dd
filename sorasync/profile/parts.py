"""The tables of a profile: connection, routes, encodings, limits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from sorasync.profile.headers import KeyHeader
from sorasync.profile.video_model import Data, Seconds, SecondsRange

Encoding = Literal["multipart", "json", "form"]
ImageForm = Literal["file", "url", "file_id"]
VariantName = Literal["video", "thumbnail", "spritesheet"]
_PLACEHOLDER = re.compile(r"\{[^}]*\}")
# Routes of one video, character, file or batch.
_OF_ONE = frozenset(
    {"get", "delete", "content", "character_get", "remix", "file_content", "batch_get", "batch_cancel"}
)
ErrorStatus = Annotated[int, Field(ge=400, le=599)]
# The name of a field in a request.
FieldName = Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[^\x00-\x20\x7f]+$")]
ParamType = Literal["string", "integer", "number", "boolean", "list", "table", "any"]


class Auth(Data):
    """How the key travels. `env` is the default name of the variable that holds it, never the key.

    `header`: `bearer` (`Authorization: Bearer KEY`), `none`, or the name of another header that holds the
    key as it is (`api-key`, `x-api-key`). With `required = false` a request without a key is sent all the
    same.
    """

    env: str = "OPENAI_API_KEY"
    header: KeyHeader = "bearer"
    required: bool = True


class Routes(Data):
    """Paths below the base URL; `{id}` is replaced by an id. An empty or missing path: no such route.

    A path begins with `/` and may hold a query of its own. Without `get` the host answers a create when the
    video is done, and keeps no jobs. `edit` lists the forms to try in order, flat (`/videos/edits`) and
    nested (`/videos/{id}/edits`).
    """

    create: str = "/videos"
    get: str | None = "/videos/{id}"
    list: str | None = None
    delete: str | None = None
    content: str | None = None
    character_create: str | None = None
    character_get: str | None = None
    extend: str | None = None
    edit: tuple[str, ...] = ()
    remix: str | None = None
    file_create: str | None = None
    file_content: str | None = None
    batch_create: str | None = None
    batch_get: str | None = None
    batch_cancel: str | None = None
    batch_list: str | None = None
    models: str | None = None

    @field_validator("*", mode="before")
    @classmethod
    def _empty_is_absent(cls, value: object, info: ValidationInfo) -> object:
        if info.field_name == "edit" and isinstance(value, str):
            return (value,) if value else ()
        return None if value == "" else value

    @field_validator("*")
    @classmethod
    def _is_a_path(cls, value: str | tuple[str, ...] | None, info: ValidationInfo) -> object:
        """A path below the base URL, with `{id}` where one thing is meant, lest all jobs be deleted."""
        for path in (value,) if isinstance(value, str) else value or ():
            if not path.startswith("/"):
                raise ValueError("a path must begin with /")
            odd = set(_PLACEHOLDER.findall(path)) - {"{id}"}
            if odd:
                raise ValueError(f"{min(odd)} is not a placeholder; only {{id}} is")
            if info.field_name in _OF_ONE and "{id}" not in path:
                raise ValueError("the path must contain {id}")
            if info.field_name not in _OF_ONE | {"edit"} and "{id}" in path:
                raise ValueError("this route has no {id}")
        return value


class Encodings(Data):
    """How bodies are written. Each lists what the host reads, the preferred one first."""

    create: tuple[Encoding, ...] = ("multipart", "json")
    extend: tuple[Encoding, ...] = ("json", "multipart")
    edit: tuple[Encoding, ...] = ("json", "multipart")


class HostFields(Data):
    """The host's names for what every request says.

    `seconds` is the field and `seconds_type` the type of a length; `extend_seconds` is the field's name in
    an extension where it differs. `size_as`: `size` (one field `1280x720`), `width_height` (two integers)
    or `resolution_aspect` (`resolution = "720p"`, `aspect_ratio = "16:9"`; sizes in between as `size`).
    `image_as` is the form of a first frame in JSON: `input_reference` (an object with its address),
    `frame_images` (OpenRouter), `image` (xAI) or `text` (its address alone); `image_field` is the field
    that holds it in the first and the last form, and as a file; `last_image_field` is that of a last frame,
    which in the form `frame_images` goes among these. `source_as` says how an extension or edit
    names its source: `video_id`, `previous_job_id`, `video_url`, or `upload` where only a file will do,
    which goes into `source_field`. `extend_factor` is what a second counts for in an extension's field: its
    frames, where that holds frames. `label` is a field that may hold a name for the render without deciding
    anything, None where the host has none. `character_model` is the field of a character's upload for the
    model whose clips use it, where a gateway has to know that. With `model = false` no model is sent.
    `step_model` sends the source's model with extensions and edits. `fixed` holds fields that every
    create says unless a clip's `params` say them. `seed` is the field (with dots through tables:
    `nvext.seed`) of the whole number that a render is drawn by: each is sent one of its own. None where
    there is none, or where only some models take it.
    """

    seconds: str = "seconds"
    seconds_type: Literal["string", "integer"] = "string"
    extend_seconds: str | None = None
    size_as: Literal["size", "width_height", "resolution_aspect"] = "size"
    extend_factor: int = Field(default=1, ge=1)
    image_as: Literal["input_reference", "frame_images", "image", "text"] = "input_reference"
    image_field: FieldName = "input_reference"
    last_image_field: FieldName = "last_frame"
    source_as: Literal["video_id", "previous_job_id", "video_url", "upload"] = "video_id"
    source_field: FieldName = "video"
    label: str | None = None
    character_model: str | None = None
    model: bool = True
    step_model: bool = False
    fixed: Mapping[FieldName, str | bool | int | float] = {}
    seed: str | None = None


class Limits(Data):
    """Numbers that a request must stay within.

    `extension_seconds` are the lengths one extension may add, `total_seconds` the longest result. Character
    clips work best within `character_seconds` and `character_aspects`. `expiry_seconds` is how long a
    direct render's file stays, `batch_expiry_seconds` a batched one's (None: not said). `edit_seconds` is
    the longest source of an edit or extension, None where there is no such limit.
    """

    prompt_chars: int = Field(default=32_000, ge=1)
    characters: int = Field(default=2, ge=0)
    character_name_chars: int = Field(default=80, ge=1)
    character_seconds: SecondsRange = SecondsRange(min=2, max=4)
    character_aspects: tuple[str, ...] = ("16:9", "9:16")
    extensions: int = Field(default=6, ge=0)
    extension_seconds: Seconds = (4, 8, 12, 16, 20)
    total_seconds: int = Field(default=120, ge=1)
    edit_seconds: int | None = Field(default=None, ge=1)
    expiry_seconds: int | None = Field(default=None, ge=1)
    batch_expiry_seconds: int | None = Field(default=None, ge=1)
    batch_lines: int = Field(default=50_000, ge=1)
    batch_bytes: int = Field(default=200_000_000, ge=1)


class Abilities(Data):
    """What the host does beyond having a route.

    `list`: `none`, `partial` (some jobs are missing, or the list is lost at a restart) or `complete`: only
    then does a job's absence mean that it was never made. `list_paging`: `said` (a page tells whether more
    follow), `full` (it does not, but goes on after an id: more follow a full page) or `newest` (there is
    one page, of the newest jobs). `list_returns_prompts`: whether lost jobs can be
    told apart by their prompt. `list_settle_seconds`: how long a new job may take to appear.
    `idempotency`: the host makes one job of all requests with the same `Idempotency-Key`, so one whose
    answer was lost is sent again at once. `image_by`: how a first frame may be sent; `last_image`: whether
    a last frame may be, in the same ways. `image_param`: the parameter that takes images by their address,
    at a host that takes no others. `variants`: the files it serves. `range`: downloads can be
    continued. `body_urls`: a completed job names its files in its body, so that one without any has no video.
    `varies`: without a seed, the same request gives another video each time. `wraps_errors`: what an upstream
    answered may stand as JSON inside an error's message (LiteLLM). `workflow`: it renders workflows of nodes;
    `still_workflow`: it renders them as stills.
    """

    list: Literal["none", "partial", "complete"] = "none"
    list_paging: Literal["said", "full", "newest"] = "said"
    list_returns_prompts: bool = False
    list_settle_seconds: float = Field(default=30.0, ge=0)
    idempotency: bool = False
    upload_as_source: bool = False
    image_by: tuple[ImageForm, ...] = ()
    last_image: bool = False
    image_param: str | None = None
    variants: tuple[VariantName, ...] = ("video",)
    range: bool = False
    body_urls: bool = False
    varies: bool = False
    workflow: bool = False
    still_workflow: bool = False
    wraps_errors: bool = False


class Errors(Data):
    """What the host's own refusals mean, beyond what they mean everywhere.

    `unavailable` are statuses that it gives before it has accepted anything: the request is sent again
    later.
    """

    unavailable: tuple[ErrorStatus, ...] = ()


class Billing(Data):
    """What is charged beyond a render's own seconds.

    `extend`: `added` seconds or the `whole` result. `edit`: `whole` length or `none`.
    """

    extend: Literal["added", "whole"] = "added"
    edit: Literal["whole", "none"] = "whole"


class Rate(Data):
    """Starting limits, None if the host documents none. The client learns the real ones."""

    creates_per_minute: float | None = Field(default=None, gt=0)
    in_flight: int | None = Field(default=None, ge=1)


class DownloadHosts(Data):
    """Other hosts (`host` or `host:port`) that may serve files even from a private address.

    Those in `with_key` want the key for it, which travels there over TLS alone.
    """

    hosts: tuple[str, ...] = ()
    with_key: tuple[str, ...] = ()
