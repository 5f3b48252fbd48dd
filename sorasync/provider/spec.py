"""How one host is reached and spoken to, as the client needs it. Plain data; no profile is imported here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class ImageRoutes:
    """The routes of the Images API in the words of a profile's table `images`."""

    create: str
    edit: str | None
    image_field: str
    image_list_field: str
    fixed: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class HostSpec:
    """A host in the words of a profile's tables (`auth`, `routes`, `encodings`, `fields`, `abilities` …).

    `routes` maps route names to paths below `base_url`, `{id}` for an id; a missing one is not supported.
    `edits` are the forms of the edit route to try in order. `auth` is `bearer`, `none` or the name of the
    header that holds the key as `key_form` has it; `headers` go with every request to the host. `encodings`
    lists per route what bodies the host reads, the preferred one first. `provider_name` is what records are
    filed under.
    `key_hosts` are hosts of files that ask for the key. `images` are the routes for stills. `job` holds the
    operations of a host of the job family, None for one of the Videos API.
    """

    name: str
    provider_name: str
    base_url: str
    routes: Mapping[str, str]
    edits: tuple[str, ...] = ()
    encodings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    auth: str = "bearer"
    key_form: str = "{key}"
    headers: Mapping[str, str] = field(default_factory=dict)
    key_env: str = "OPENAI_API_KEY"
    key_required: bool = True
    seconds_field: str = "seconds"
    seconds_type: str = "string"
    extend_seconds_field: str | None = None
    extend_factor: int = 1
    size_as: str = "size"
    image_as: str = "input_reference"
    image_field: str = "input_reference"
    last_image_field: str = "last_frame"
    source_as: str = "video_id"
    source_field: str = "video"
    fixed: Mapping[str, object] = field(default_factory=dict)
    label_field: str | None = None
    character_model_field: str | None = None
    sends_model: bool = True
    sends_step_model: bool = False
    image_by: tuple[str, ...] = ()
    variants: tuple[str, ...] = ("video",)
    range: bool = False
    body_urls: bool = False
    list_paging: str = "said"
    upload_as_source: bool = False
    wraps_errors: bool = False
    idempotency: bool = False
    unavailable: frozenset[int] = frozenset()
    creates_per_minute: float | None = None
    in_flight: int | None = None
    download_hosts: tuple[str, ...] = ()
    key_hosts: tuple[str, ...] = ()
    job: Mapping[str, object] | None = None
    images: ImageRoutes | None = None

    @property
    def keeps_jobs(self) -> bool:
        """Whether a job can be asked for later; else the answer to a paid request is all there ever is."""
        return "get" in self.routes

    @classmethod
    def from_mapping(cls, wire: Mapping[str, object]) -> HostSpec:
        """From the plain mapping that a profile's `wire()` returns."""
        routes = _wire_table(wire, "routes")
        auth, fields, abilities = (
            _wire_table(wire, "auth"),
            _wire_table(wire, "fields"),
            _wire_table(wire, "abilities"),
        )
        rate = _wire_table(wire, "rate")
        return cls(
            name=str(wire["name"]),
            provider_name=str(wire["provider_name"]),
            base_url=str(wire.get("base_url") or IN_PROCESS_URL).rstrip("/"),
            routes={name: path for name, path in routes.items() if isinstance(path, str)},
            edits=_texts(routes.get("edit")),
            encodings={name: _texts(value) for name, value in _wire_table(wire, "encodings").items()},
            auth=str(auth.get("header", "bearer")),
            key_form=str(auth.get("value") or "{key}"),
            headers={name: str(value) for name, value in _wire_table(wire, "headers").items()},
            key_env=str(auth.get("env", "OPENAI_API_KEY")),
            key_required=bool(auth.get("required", True)),
            seconds_field=str(fields.get("seconds", "seconds")),
            seconds_type=str(fields.get("seconds_type", "string")),
            extend_seconds_field=_text_or_none(fields.get("extend_seconds")),
            extend_factor=_whole_or_none(fields.get("extend_factor")) or 1,
            size_as=str(fields.get("size_as", "size")),
            image_as=str(fields.get("image_as", "input_reference")),
            image_field=str(fields.get("image_field", "input_reference")),
            last_image_field=str(fields.get("last_image_field", "last_frame")),
            source_as=str(fields.get("source_as", "video_id")),
            source_field=str(fields.get("source_field", "video")),
            fixed=dict(_wire_table(fields, "fixed")),
            label_field=_text_or_none(fields.get("label")),
            character_model_field=_text_or_none(fields.get("character_model")),
            sends_model=bool(fields.get("model", True)),
            sends_step_model=bool(fields.get("step_model", False)),
            image_by=_texts(abilities.get("image_by")),
            variants=_texts(abilities.get("variants")) or ("video",),
            range=bool(abilities.get("range", False)),
            body_urls=bool(abilities.get("body_urls", False)),
            list_paging=str(abilities.get("list_paging", "said")),
            upload_as_source=bool(abilities.get("upload_as_source", False)),
            wraps_errors=bool(abilities.get("wraps_errors", False)),
            idempotency=bool(abilities.get("idempotency", False)),
            unavailable=_wholes(_wire_table(wire, "errors").get("unavailable")),
            creates_per_minute=_number_or_none(rate.get("creates_per_minute")),
            in_flight=_whole_or_none(rate.get("in_flight")),
            download_hosts=_texts(_wire_table(wire, "download").get("hosts")),
            key_hosts=_texts(_wire_table(wire, "download").get("with_key")),
            job=_wire_table(wire, "job") or None,
            images=_image_routes(_wire_table(wire, "images")),
        )

    def for_stills(self) -> HostSpec:
        """The same host as it answers for stills: with the picture itself, and nothing to ask for later."""
        return replace(self, routes={})

    @property
    def jobs_are_paths(self) -> bool:
        """Whether the id of a job is the address that the host gave it."""
        create = _wire_table(self.job or {}, "create")
        return _wire_table(create, "answer").get("id_form") == "path"


# The base URL of a server inside this process; no such host exists.
IN_PROCESS_URL = "http://preview.invalid/v1"


def _image_routes(images: Mapping[str, object]) -> ImageRoutes | None:
    create = _text_or_none(images.get("create"))
    if create is None:
        return None
    return ImageRoutes(
        create=create,
        edit=_text_or_none(images.get("edit")),
        image_field=str(images.get("image_field", "image")),
        image_list_field=str(images.get("image_list_field", "image[]")),
        fixed=dict(_wire_table(images, "fixed")),
    )


def _wire_table(wire: Mapping[str, object], name: str) -> Mapping[str, object]:
    value = wire.get(name)
    return value if isinstance(value, Mapping) else {}


def _text_or_none(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(item) for item in value) if isinstance(value, list | tuple) else ()


def _number_or_none(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _whole_or_none(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _wholes(value: object) -> frozenset[int]:
    items = value if isinstance(value, list | tuple) else ()
    return frozenset(item for item in items if isinstance(item, int))
