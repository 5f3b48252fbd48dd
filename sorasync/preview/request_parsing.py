"""Parses a request's fields and checks them against the limits."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from sorasync.preview import limits
from sorasync.preview.fields import RequestFields
from sorasync.preview.refusal import bad

_SIZE = re.compile(r"[1-9]\d{1,3}x[1-9]\d{1,3}")
_CREATE = frozenset(
    {
        "prompt",
        "model",
        "seconds",
        "size",
        "characters",
        "input_reference",
        "last_frame",
        "user",
        "label",
    }
)
_PICTURE = frozenset(
    {
        "prompt",
        "model",
        "size",
        "n",
        "quality",
        "background",
        "moderation",
        "output_format",
        "output_compression",
        "response_format",
        "user",
        "label",
    }
)
_FORMS = ("png", "webp", "jpeg")
_EXTEND = frozenset({"video", "prompt", "seconds", "model", "user", "label"})
_EDIT = frozenset({"video", "prompt", "model", "user", "label"})


@dataclass(frozen=True, slots=True)
class Order:
    """A request whose own fields are right; what it refers to is not looked up yet.

    `seconds` is what is asked for, 0 in an edit. `image` is a `{"file_id"}` or `{"image_url"}` object.
    """

    kind: str
    prompt: str
    model: str | None = None
    size: str | None = None
    seconds: int = 0
    characters: tuple[str, ...] = ()
    image: dict[str, str] | None = None
    last_image: dict[str, str] | None = None
    source: str | None = None
    label: str | None = None


@dataclass(frozen=True, slots=True)
class Checks:
    """How strict a server is. A loose one takes any model, size and length, and unknown fields."""

    strict: bool = True

    def create(self, fields: RequestFields) -> Order:
        """A create request."""
        self._known(fields, _CREATE)
        model = self._model(fields) or limits.DEFAULT_MODEL
        return Order(
            "create",
            prompt_of(fields),
            model=model,
            size=self._size(fields, model),
            seconds=self._seconds(fields, limits.DEFAULT_SECONDS),
            characters=_characters(fields),
            image=_image(fields, "input_reference"),
            last_image=_image(fields, "last_frame"),
            label=_slate_label(fields),
        )

    def extend(self, fields: RequestFields) -> Order:
        """An extension of a video by id, or of an uploaded one."""
        for name in ("characters", "input_reference"):
            if name in fields.values or name in fields.files:
                raise bad(f"'{name}' is not supported in an extension.", name, "unsupported_parameter")
        self._known(fields, _EXTEND)
        seconds = self._seconds(fields, None)
        model = self._model(fields)
        return Order(
            "extend",
            prompt_of(fields),
            model=model,
            seconds=seconds,
            source=_source(fields),
            label=_slate_label(fields),
        )

    def edit(self, fields: RequestFields, source: str | None = None) -> Order:
        """An edit of a video by id (in the path or the body), or of an uploaded one."""
        self._known(fields, _EDIT)
        found = source or _source(fields)
        return Order(
            "edit", prompt_of(fields), model=self._model(fields), source=found, label=_slate_label(fields)
        )

    def _known(self, fields: RequestFields, names: frozenset[str]) -> None:
        if not self.strict:
            return
        for name in (*fields.values, *fields.files):
            if name not in names:
                raise bad(f"Unknown parameter: '{name}'.", name, "unknown_parameter")

    def _model(self, fields: RequestFields) -> str | None:
        model = fields.values.get("model")
        if model is None or model == "":
            return None
        if not isinstance(model, str) or (self.strict and limits.sizes_of(model) is None):
            raise bad(f"The model '{model}' does not exist.", "model", "model_not_found")
        return model

    def _size(self, fields: RequestFields, model: str) -> str:
        size = fields.values.get("size") or limits.DEFAULT_SIZE
        allowed = limits.sizes_of(model) if self.strict else None
        if not isinstance(size, str) or not _SIZE.fullmatch(size) or (allowed and size not in allowed):
            wanted = ", ".join(allowed) if allowed else "WIDTHxHEIGHT"
            raise bad(
                f"Invalid size '{size}' for model {model}. Supported: {wanted}.", "size", "invalid_value"
            )
        return size

    def _seconds(self, fields: RequestFields, default: str | None) -> int:
        value: Any = fields.values.get("seconds", default)
        if value is None:
            raise bad("Missing required parameter: 'seconds'.", "seconds", "missing_required_parameter")
        if self.strict and not isinstance(value, str):
            got = type(value).__name__
            raise bad(f"Invalid type for 'seconds': expected a string, got {got}.", "seconds", "invalid_type")
        text = str(value)
        fits = text in limits.SECONDS if self.strict else re.fullmatch(r"[1-9]\d{0,3}", text) is not None
        if not fits:
            wanted = ", ".join(f"'{item}'" for item in limits.SECONDS) if self.strict else "a whole number"
            raise bad(
                f"Invalid value '{text}' for 'seconds'. Supported: {wanted}.", "seconds", "invalid_value"
            )
        return int(text)


def prompt_of(fields: RequestFields) -> str:
    """The prompt, or a refusal."""
    prompt = fields.values.get("prompt")
    if not isinstance(prompt, str) or not prompt.strip():
        raise bad("Missing required parameter: 'prompt'.", "prompt", "missing_required_parameter")
    if len(prompt) > limits.PROMPT_MAX:
        raise bad(
            f"'prompt' is longer than {limits.PROMPT_MAX} characters.", "prompt", "string_above_max_length"
        )
    return prompt


def character_ids(items: object) -> list[str]:
    """The ids in the `characters` of a request; an empty one for what is no character."""
    return [_id_of(item) for item in items] if isinstance(items, list) else [""]


def _characters(fields: RequestFields) -> tuple[str, ...]:
    ids = character_ids(fields.values.get("characters") or [])
    if not all(ids):
        raise bad("'characters' must be a list of objects with an 'id'.", "characters", "invalid_type")
    if len(ids) > limits.CHARACTERS_MAX:
        raise bad(f"At most {limits.CHARACTERS_MAX} characters.", "characters", "array_above_max_length")
    return tuple(ids)


def _id_of(item: object) -> str:
    found = item.get("id") if isinstance(item, dict) else None
    return found if isinstance(found, str) else ""


def _image(fields: RequestFields, name: str) -> dict[str, str] | None:
    value = fields.values.get(name)
    if value is None or name in fields.files:
        return None
    if not isinstance(value, dict):
        raise bad(f"'{name}' must be an object or a file.", name, "invalid_type")
    given = {form: value[form] for form in ("image_url", "file_id") if isinstance(value.get(form), str)}
    if len(given) != 1:
        raise bad("Give exactly one of 'image_url' and 'file_id'.", name, "invalid_value")
    return given


def _source(fields: RequestFields) -> str | None:
    if "video" in fields.files:
        return None
    video = fields.values.get("video")
    found = video.get("id") if isinstance(video, dict) else None
    if not isinstance(found, str) or not found:
        raise bad("Missing required parameter: 'video'.", "video", "missing_required_parameter")
    return found


@dataclass(frozen=True, slots=True)
class Picture:
    """A request for a still. `form` is the format of the file; `by_url` asks for its address."""

    prompt: str
    model: str
    size: str
    form: str = "png"
    quality: str | None = None
    by_url: bool = False
    label: str | None = None

    @property
    def sides(self) -> tuple[int, int]:
        """Width and height in pixels."""
        width, _, height = self.size.partition("x")
        return int(width), int(height)


def parse_picture(fields: RequestFields, *, strict: bool, edit: bool = False) -> Picture:
    """A request of the Images API, for one picture. Raises `RefusedError`."""
    known = _PICTURE | ({"image", "mask", "input_fidelity"} if edit else frozenset())
    for name in (*fields.values, *fields.files) if strict else ():
        if name not in known:
            raise bad(f"Unknown parameter: '{name}'.", name, "unknown_parameter")
    model, size = fields.values.get("model"), fields.values.get("size") or "1024x1024"
    if strict and (not isinstance(model, str) or not model.startswith("gpt-image-")):
        raise bad(f"The model '{model}' does not exist.", "model", "model_not_found")
    if not isinstance(size, str) or not _SIZE.fullmatch(size):
        raise bad(f"Invalid size '{size}'. Supported: WIDTHxHEIGHT.", "size", "invalid_value")
    form = fields.values.get("output_format") or "png"
    if form not in _FORMS:
        raise bad(f"Invalid value '{form}' for 'output_format'.", "output_format", "invalid_value")
    if str(fields.values.get("n", 1)) != "1":
        raise bad("This server makes one picture a request.", "n", "invalid_value")
    quality = fields.values.get("quality")
    return Picture(
        prompt=prompt_of(fields),
        model=str(model or "image"),
        size=size,
        form=form,
        quality=quality if isinstance(quality, str) else None,
        by_url=fields.values.get("response_format") == "url",
        label=_slate_label(fields),
    )


def _slate_label(fields: RequestFields) -> str | None:
    label = fields.values.get("label")
    return label[:200] if isinstance(label, str) and label else None
