"""Adapts a job profile to `Profile`, so that only its client knows the difference."""

from __future__ import annotations

from collections.abc import Iterator

from sorasync.profile.body_tree import read_tree
from sorasync.profile.images import Images
from sorasync.profile.job import JobProfile, seconds_of
from sorasync.profile.parts import Abilities, Auth, DownloadHosts, HostFields, Limits, ParamType, Routes
from sorasync.profile.profile import Profile

# The values that a request can be given.
_SENT = frozenset(
    {
        "prompt",
        "negative",
        "seconds",
        "size",
        "width",
        "height",
        "model",
        "seed",
        "image",
        "images",
        "own_id",
        "label",
        "params",
        "workflow",
        "id",
    }
)
_SETTLED = ("ask", "list", "replay", "reject", "own_id", "label")
_FIELDS_OF_BOTH = {
    "name",
    "title",
    "source",
    "as_of",
    "base_url",
    "sunset",
    "replacement",
    "default_model",
    "rate",
    "headers",
    "models",
    "price_words",
}


def not_sent(job: JobProfile) -> list[str]:
    """What a profile needs and this version cannot do."""
    lacks = [f"${name}" for name in sorted((_values(job) | _still_values(job)) - _SENT)]
    if job.settle not in _SETTLED:
        lacks.append(f'settle = "{job.settle}"')
    asked = {"get": job.get.request, "result": job.result.request or ""}
    return lacks + [f"{{model}} in {name}.request" for name, line in asked.items() if "{model}" in line]


def as_profile(job: JobProfile) -> Profile:
    """The profile that the rest of the program asks."""
    values = _values(job)
    if "workflow" in values:
        values |= {"seed", "negative"}
    known: dict[str, ParamType] = {}
    known |= {"seed": "integer"} if "seed" in values else {}
    known |= {"negative_prompt": "string"} if "negative" in values else {}
    profile = Profile(
        **{name: getattr(job, name) for name in _FIELDS_OF_BOTH},
        auth=Auth(env=job.auth.env or Auth().env, header=job.auth.header, required=job.auth.required),
        # Paths with a model in them, which the Videos API has none of, have been checked already.
        routes=Routes.model_construct(
            create=_path_of(job.create.request),
            get=_path_of(job.get.request),
            list=None if job.list is None else _first_page(_path_of(job.list.request)),
        ),
        fields=HostFields(seed="seed" if "seed" in values else None),
        limits=_limits(job),
        abilities=_abilities(job, values),
        download=DownloadHosts(hosts=job.hosts, with_key=job.hosts if job.result.needs_key else ()),
        params={**known, **job.params},
        images=_images(job),
    )
    profile._job = job
    return profile


def _still_values(job: JobProfile) -> set[str]:
    """The values that requests for stills use."""
    if job.still is None:
        return set()
    bodies = (job.still.body, job.still.edit.body if job.still.edit else {})
    return {use.value for body in bodies for use in read_tree(body)[0]}


def _images(job: JobProfile) -> Images:
    """What the rest of the program asks of a host for stills."""
    if job.still is None:
        return job.images
    values = _still_values(job)
    drawn = "workflow" in values
    values |= {"seed", "negative"} if drawn else set()
    known: dict[str, ParamType] = {}
    known |= {"seed": "integer"} if "seed" in values else {}
    known |= {"negative_prompt": "string"} if "negative" in values else {}
    create = job.still.request or job.create.request
    edit = job.still.edit and (job.still.edit.request or create)
    # The one reference of a workflow is uploaded before.
    with_image = drawn and job.upload is not None
    asked = {
        "create": _path_of(create),
        "edit": _path_of(edit) if edit else (_path_of(create) if with_image else None),
        "seed": "seed" if "seed" in values else None,
        "params": {**known, **job.images.params},
    }
    return job.images.model_copy(update=asked)


def _path_of(request: str) -> str:
    return request.partition(" ")[2]


def _first_page(path: str) -> str:
    """The list's path as a question of its own."""
    return path.replace("{limit}", "1").replace("{offset}", "0").replace("{page}", "1")


def _values(job: JobProfile) -> set[str]:
    return {use.value for body in _bodies(job) for use in read_tree(body)[0]} | (
        {"own_id"} if "{own_id}" in job.create.request else set()
    )


def _bodies(job: JobProfile) -> Iterator[object]:
    yield job.create.body
    yield job.get.body or {}
    yield from (model.body for model in job.models.values())
    if job.create.image is not None:
        yield job.create.image.body


def _limits(job: JobProfile) -> Limits:
    life = job.result.lives
    kept = job.limits.expiry_seconds or (None if life is None else seconds_of(life))
    return job.limits.model_copy(update={"characters": 0, "expiry_seconds": kept})


def _abilities(job: JobProfile, values: set[str]) -> Abilities:
    found = Abilities(
        idempotency=job.settle in ("replay", "reject"),
        image_by=("url",) if "image" in values or job.upload is not None else (),
        range=job.result.range,
        image_param=job.image_param,
        body_urls=True,
        varies=job.varies,
        workflow="workflow" in values,
        still_workflow="workflow" in _still_values(job),
        list_settle_seconds=job.get.settle_seconds,
    )
    if job.list is None:
        return found
    listed = {
        "list": "complete" if job.list.complete else "partial",
        "list_returns_prompts": job.list.prompt is not None,
        "list_settle_seconds": job.list.settle_seconds,
    }
    return found.model_copy(update=listed)
