"""Encodes requests for a host: field names, sizes, lengths, images and sources."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from sorasync.library_file import read_file, unreadable
from sorasync.provider.errors import InvalidRequest, NotSupported
from sorasync.provider.http_request import Outgoing, content_type
from sorasync.provider.provider_host import ProviderHost
from sorasync.provider.wire import CreateRequest, EditRequest, ExtendRequest, Source, StillRequest

Fields = dict[str, object]

# An id that no host has given out.
NOBODY = "video_sorasync_doctor"
# Shorter sides that hosts call `480p` and so on.
_RESOLUTIONS = (480, 720, 768, 1080)
_RATIOS = ((16, 9), (9, 16), (1, 1), (4, 3), (3, 4), (3, 2), (2, 3), (21, 9), (9, 21))
_LARGEST_IMAGE = 256 << 20


def create(host: ProviderHost, request: CreateRequest, image_id: str | None = None) -> Outgoing:
    """A render from a prompt. `image_id` is the image as a file that the host already holds."""
    encoding = _create_encoding(host, request, image_id)
    fields = create_fields(host, request)
    files: dict[str, Path | bytes] = {}
    as_files = encoding == "multipart"
    if image_id is not None:
        fields["input_reference"] = {"file_id": image_id}
    elif request.image is not None and as_files:
        files[host.fields.image_field] = request.image
    elif request.image is not None:
        fields |= _image_fields(host, request.image)
    if request.last_image is not None and as_files:
        files[host.fields.last_image_field] = request.last_image
    elif request.last_image is not None:
        fields |= _last_image_fields(host, request.last_image, fields)
    headers = _idempotency_header(request.idempotency_key)
    return Outgoing(route(host, "create"), encoding, fields, files, headers)


def create_fields(host: ProviderHost, request: CreateRequest) -> Fields:
    """All fields of a create except its image."""
    fields: Fields = {"prompt": request.prompt}
    if host.fields.model:
        fields["model"] = request.model
    fields |= seconds_field(host, request.seconds) | size_fields(host, request.size)
    if request.characters:
        fields["characters"] = [{"id": one} for one in request.characters]
    return _with_extras(host, fields, request.label, {**host.fields.fixed, **request.params})


def still(host: ProviderHost, request: StillRequest) -> Outgoing:
    """A picture from a prompt, or from images. Raises `NotSupported` where the host has no such route."""
    routes = host.profile.images
    if routes.create is None or (request.images and routes.edit is None):
        what = "edits of stills" if request.images else "stills"
        raise NotSupported(f"{host.name} has no route for {what}")
    asked: Fields = {"prompt": request.prompt, "model": request.model, "size": request.size, "n": 1}
    fields = _with_extras(host, asked, request.label, {**routes.fixed, **request.params})
    headers = _idempotency_header(request.idempotency_key)
    if not request.images:
        return Outgoing(routes.create, "json", fields, {}, headers)
    several = len(request.images) > 1
    files = {routes.image_list_field if several else routes.image_field: request.images}
    return Outgoing(routes.edit or "", "multipart", fields, files, headers)


def extend(host: ProviderHost, request: ExtendRequest, source_url: str | None = None) -> Outgoing:
    """A continuation. `source_url` is needed where the host names sources by address."""
    fields: Fields = {"prompt": request.prompt}
    name = host.fields.extend_seconds or host.fields.seconds
    fields |= {name: next(iter(seconds_field(host, request.seconds * host.fields.extend_factor).values()))}
    fields = _with_extras(host, fields, request.label, request.params)
    path = route(host, "extend", request.source.remote_id)
    return _step_request(host, "extend", path, request.source, fields, source_url, request.idempotency_key)


def edit(host: ProviderHost, request: EditRequest, template: str, source_url: str | None = None) -> Outgoing:
    """A change, by one of the forms of the route: `template` with `{id}` is nested and says no more."""
    fields = _with_extras(host, {"prompt": request.prompt}, request.label, request.params)
    if "{id}" in template and request.source.remote_id is not None:
        headers = _idempotency_header(request.idempotency_key)
        return Outgoing(filled(template, request.source.remote_id), "json", fields, {}, headers)
    return _step_request(host, "edit", template, request.source, fields, source_url, request.idempotency_key)


def route(host: ProviderHost, name: str, remote_id: str | None = None) -> str:
    """The path of a route below the base URL. Raises `NotSupported` where the host has none."""
    template = host.routes.get(name)
    if template is None:
        raise NotSupported(f"{host.name} has no {name.replace('_', ' ')} route")
    return template if remote_id is None else filled(template, remote_id)


def filled(template: str, remote_id: str) -> str:
    """A path with the id in it, percent-encoded: ids are opaque and may hold `:`, `/` or `=`."""
    return template.replace("{id}", quote(remote_id, safe=""))


def seconds_field(host: ProviderHost, seconds: int) -> Fields:
    """The length, with the host's field name and type."""
    return {host.fields.seconds: str(seconds) if host.fields.seconds_type == "string" else seconds}


def size_fields(host: ProviderHost, size: str) -> Fields:
    """The size in the host's form. If it is not `WxH`, or has no named resolution, it is sent unchanged."""
    width, x, height = size.partition("x")
    if host.fields.size_as == "size" or not (x and width.isdecimal() and height.isdecimal()):
        return {"size": size}
    wide, high = int(width), int(height)
    if host.fields.size_as == "width_height":
        return {"width": wide, "height": high}
    ratio = aspect(wide, high)
    if min(wide, high) not in _RESOLUTIONS or ratio is None:
        return {"size": size}
    return {"resolution": f"{min(wide, high)}p", "aspect_ratio": ratio}


def aspect(width: int, height: int) -> str | None:
    """The shape as a ratio that hosts know, None for others; 854x480, as codecs round it, is 16:9."""
    for wide, high in _RATIOS:
        if abs(width * high - height * wide) <= max(wide, high):
            return f"{wide}:{high}"
    return None


def needs_source_url(host: ProviderHost, source: Source) -> bool:
    """Whether the source must be sent as a URL, which only the job itself has."""
    return host.fields.source_as == "video_url" and source.remote_id is not None


def _step_request(
    host: ProviderHost, name: str, path: str, source: Source, fields: Fields, url: str | None, key: str | None
) -> Outgoing:
    encodings = host.profile.encodings.extend if name == "extend" else host.profile.encodings.edit
    headers = _idempotency_header(key)
    if source.remote_id is None or host.fields.source_as == "upload":
        return _uploaded(host, path, source, fields, headers, encodings)
    if host.fields.source_as == "previous_job_id":
        fields["previous_job_id"] = source.remote_id
    elif host.fields.source_as == "video_url":
        fields["video"] = {"url": url}
    else:
        fields["video"] = {"id": source.remote_id}
    if host.fields.step_model and source.model is not None:
        fields["model"] = source.model
    return Outgoing(path, "json" if "json" in encodings else encodings[0], fields, {}, headers)


def _uploaded(
    host: ProviderHost,
    path: str,
    source: Source,
    fields: Fields,
    headers: Mapping[str, str],
    encodings: tuple[str, ...],
) -> Outgoing:
    if source.file is None:
        raise InvalidRequest("its source has no local file to upload")
    if not host.abilities.upload_as_source or "multipart" not in encodings:
        raise NotSupported(f"{host.name} takes no uploaded video as a source")
    if source.model is None:
        raise InvalidRequest("an uploaded source needs the name of its model")
    files = {host.fields.source_field: source.file}
    return Outgoing(path, "multipart", fields | {"model": source.model}, files, headers)


def free_question(host: ProviderHost) -> tuple[str, str, Mapping[str, str] | None]:
    """A GET that needs the key and costs nothing: the list, the models, or a job that does not exist.

    A job is the last resort: LiteLLM forwards unknown ids to another host, and a job whose id is an address
    cannot be invented. A host that keeps no jobs is asked for what only takes a POST.
    """
    if "list" in host.routes:
        query = {"limit": "2", "order": "desc"} if host.job is None else None
        return "list", route(host, "list"), query
    if "models" in host.routes:
        return "models", route(host, "models"), None
    if host.jobs_are_paths:
        return "root", "/", None
    if "get" in host.routes:
        return "get", route(host, "get", NOBODY), None
    return "create", route(host, "create"), None


def _create_encoding(host: ProviderHost, request: CreateRequest, image_id: str | None) -> str:
    """The host's preferred encoding that can carry what the request holds."""
    offered = host.profile.encodings.create or ("json",)
    if request.characters or image_id is not None:
        return "json" if "json" in offered else offered[0]
    if request.image is not None and "multipart" in offered and "file" in host.abilities.image_by:
        return "multipart"
    if request.last_image is not None and "multipart" in offered and "file" in host.abilities.image_by:
        return "multipart"
    nested = any(isinstance(value, dict | list) for value in request.params.values())
    pictured = request.image is not None or request.last_image is not None
    if (pictured or nested) and "json" in offered:
        return "json"
    return offered[0]


def _image_fields(host: ProviderHost, image: Path) -> Fields:
    """An image inside JSON, as a data URL."""
    url = _data_url(host, image)
    if host.fields.image_as == "text":
        return {host.fields.image_field: url}
    if host.fields.image_as == "frame_images":
        frame = {"type": "image_url", "image_url": {"url": url}, "frame_type": "first_frame"}
        return {"frame_images": [frame]}
    if host.fields.image_as == "image":
        return {"image": {"url": url}}
    return {host.fields.image_field: {"image_url": url}}


def _last_image_fields(host: ProviderHost, image: Path, fields: Fields) -> Fields:
    """A last frame inside JSON, beside the first one among `fields`."""
    url = _data_url(host, image)
    if host.fields.image_as != "frame_images":
        in_table = host.fields.image_as == "input_reference"
        return {host.fields.last_image_field: {"image_url": url} if in_table else url}
    before = fields.get("frame_images")
    frame = {"type": "image_url", "image_url": {"url": url}, "frame_type": "last_frame"}
    return {"frame_images": [*(before if isinstance(before, list) else ()), frame]}


def _data_url(host: ProviderHost, image: Path) -> str:
    if "url" not in host.abilities.image_by:
        raise NotSupported(f"{host.name} takes no image in this kind of request")
    try:
        content = base64.b64encode(read_file(image, within=None, largest=_LARGEST_IMAGE)).decode("ascii")
    except OSError as error:
        raise InvalidRequest(unreadable(image, error)) from None
    return f"data:{content_type(image)};base64,{content}"


def _with_extras(
    host: ProviderHost, fields: Fields, label: str | None, params: Mapping[str, object]
) -> Fields:
    """The fields with label and free parameters, which may not override a field."""
    named: Fields = {host.fields.label: label} if host.fields.label and label else {}
    return {**params, **named, **fields}


def _idempotency_header(key: str | None) -> dict[str, str]:
    """The idempotency key, where one is given: harmless everywhere, honoured by few."""
    return {"Idempotency-Key": key} if key else {}
