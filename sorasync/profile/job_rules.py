"""Checks a job profile across its parts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from sorasync.profile.answer_path import AnswerPath
from sorasync.profile.body_tree import FILES, Use, read_tree
from sorasync.profile.error import ProfileFault
from sorasync.profile.job import JobProfile
from sorasync.profile.video_model import ANY, SNAPSHOT, odd_price_words
from sorasync.text import close_match

Faults = Iterator[ProfileFault]
Place = tuple[str, ...]


def job_faults(profile: JobProfile) -> list[ProfileFault]:
    """Every fault of a profile whose parts are right by themselves, in the order of its tables."""
    return [fault for rule in _RULES for fault in rule(profile)]


def _rule_fault(
    path: str | Place, message: str, expected: str | None = None, fix: str | None = None
) -> ProfileFault:
    """A fault at a place; a name of a model may hold dots, so its place comes in parts."""
    return ProfileFault(tuple(path.split(".")) if isinstance(path, str) else path, message, expected, fix)


def _bodies(profile: JobProfile) -> Iterator[tuple[Place, object]]:
    """Every body of a profile; those of a create come first."""
    yield from _create_bodies(profile)
    if profile.still is not None:
        yield ("still", "body"), profile.still.body
        if profile.still.edit is not None:
            yield ("still", "edit", "body"), profile.still.edit.body
    if profile.get.body is not None:
        yield ("get", "body"), profile.get.body
    if profile.cancel is not None and profile.cancel.body is not None:
        yield ("cancel", "body"), profile.cancel.body
    if profile.cancel is not None and profile.cancel.running is not None:
        yield ("cancel", "running", "body"), profile.cancel.running.body or {}


def _create_bodies(profile: JobProfile) -> Iterator[tuple[Place, object]]:
    yield ("create", "body"), profile.create.body
    if profile.create.image is not None:
        yield ("create", "image", "body"), profile.create.image.body
    for name, model in profile.models.items():
        yield ("models", name, "body"), model.body


def _uses(bodies: Iterable[tuple[Place, object]]) -> list[Use]:
    return [use for _, body in bodies for use in read_tree(body)[0]]


def _identity_faults(profile: JobProfile) -> Faults:
    if profile.default_model is not None:
        names = (profile.default_model, SNAPSHOT.sub("", profile.default_model), ANY)
        if not any(name in profile.models for name in names):
            known = sorted(name for name in profile.models if name != ANY)
            fix = close_match(profile.default_model, known)
            yield _rule_fault("default_model", "it is not among the models", ", ".join(known), fix)
    if profile.auth.header == "bearer":
        yield _rule_fault("auth.header", "name the header; value says how the key is written in it")
    if profile.auth.header == "none" and profile.auth.required:
        yield _rule_fault("auth.required", "a key is required, but no header is set for it")
    if profile.auth.header != "none" and not profile.auth.env:
        yield _rule_fault("auth.env", "name the variable that holds the key")


def _trees(profile: JobProfile) -> Faults:
    for place, body in _bodies(profile):
        uses, mistakes = read_tree(body)
        for mistake in mistakes:
            yield ProfileFault((*place, *map(str, mistake.place)), mistake.message, fix=mistake.fix)
        for use in uses:
            yield from _fits(profile, place, use)


def _fits(profile: JobProfile, body: Place, use: Use) -> Faults:
    place = (*body, *map(str, use.place))
    creates = body[0] in ("create", "models", "still")
    for filter_name, word in use.filters:
        if filter_name == "map" and word not in profile.maps:
            known = ", ".join(sorted(profile.maps)) or None
            yield _rule_fault(place, f"there is no map {word!r}", known, close_match(word, profile.maps))
    by_json = not creates or profile.create.encoding != "multipart"
    if use.value in FILES and not use.inline and by_json:
        yield _rule_fault(place, f"${use.value} is a file: in JSON, add the filter base64 or data_url")
    if use.value == "id" and creates:
        yield _rule_fault(place, "the id is not known before the job is made; $own_id is one of ours")


def _upload(profile: JobProfile) -> Faults:
    upload = profile.upload
    if upload is None:
        return
    if not any(use.value == "workflow" for use in _uses(_create_bodies(profile))):
        yield _rule_fault("upload", "only a workflow's image is uploaded: create.body uses no $workflow")
    if not upload.request.startswith(("POST ", "PUT ")) or "{" in upload.request:
        yield _rule_fault("upload.request", "an upload is a POST or PUT without placeholders")
    if upload.value is not None and not any(use.value == "id" for use in _uses([((), upload.value)])):
        yield _rule_fault("upload.value", "it must contain $id, the host's name for the image")
    if upload.file in upload.fields:
        yield _rule_fault(f"upload.fields.{upload.file}", "that field holds the file")


def _maps(profile: JobProfile) -> Faults:
    used = {word for use in _uses(_bodies(profile)) for name, word in use.filters if name == "map"}
    for name, table in profile.maps.items():
        if name not in used:
            yield _rule_fault(f"maps.{name}", "nothing uses it")
        elif not table:
            yield _rule_fault(f"maps.{name}", "it is empty")


def _placeholders(profile: JobProfile) -> Faults:
    create = profile.create
    requests = [
        ("create.request", create.request),
        ("create.image.request", create.image and create.image.request),
        ("still.request", profile.still and profile.still.request),
        ("still.edit.request", profile.still and profile.still.edit and profile.still.edit.request),
    ]
    for path, request in requests:
        if request and "{id}" in request:
            yield _rule_fault(path, "the id is not known before the job is made; {own_id} is one of ours")
        if request and request.startswith("GET "):
            yield _rule_fault(path, "a job is made by POST, PUT or PATCH")
    questions = {
        "get.request": (profile.get.request, profile.get.body),
        "result.request": (profile.result.request, None),
    }
    if profile.cancel is not None:
        running = profile.cancel.running
        questions["cancel.request"] = profile.cancel.request, profile.cancel.body
        if running is not None:
            questions["cancel.running.request"] = running.request, running.body
        if running is not None and profile.cancel.only_queued:
            yield _rule_fault("cancel.running", "with only_queued, no job is cancelled once it is rendering")
    for path, (request, body) in questions.items():
        named = body is not None and any(use.value == "id" for use in read_tree(body)[0])
        if request is not None and "{id}" not in request and not named and "{own_id}" not in request:
            yield _rule_fault(path, "it must name the job: {id} in the path or $id in the body")
        if request is not None and "{id[" in request and not profile.jobs_are_paths:
            yield _rule_fault(path, 'only an id that is a path has parts: set create.answer.id_form = "path"')
    yield from _paging(profile)


def _paging(profile: JobProfile) -> Faults:
    """Placeholders of pages belong to a list that names no next page, and to no other request."""
    answer, image = profile.create.answer, profile.create.image
    if answer.id_path is not None and answer.id_form == "path":
        yield _rule_fault("create.answer.id_path", 'id_form = "path" says that the id is a path already')
    if image is not None and image.id_path is not None and answer.id_path is None:
        yield _rule_fault("create.image.id_path", "create.answer.id_path is needed as well")
    lines = {
        "create.request": profile.create.request,
        "get.request": profile.get.request,
        "result.request": profile.result.request or "",
    }
    for path, line in lines.items():
        if any(f"{{{name}}}" in line for name in ("limit", "offset", "page")):
            yield _rule_fault(path, "only a list has pages")
    if profile.list is None:
        return
    paged = "{offset}" in profile.list.request or "{page}" in profile.list.request
    if paged and profile.list.next is not None:
        yield _rule_fault("list.next", "list.request asks for pages by their number already")
    if paged and "{limit}" not in profile.list.request:
        yield _rule_fault("list.request", "pages need {limit} as well, how many jobs they have")


def _parameters(profile: JobProfile) -> Faults:
    merged = any(use.value == "params" for use in _uses(_create_bodies(profile)))
    if profile.params and not merged:
        yield _rule_fault("params", 'create.body does not use them: add "*" = "$params"')
    if merged and not profile.params:
        yield _rule_fault("create.body.*", "the profile has no params")
    if profile.image_param is not None and profile.image_param not in profile.params:
        fix = close_match(profile.image_param, profile.params)
        yield _rule_fault("image_param", "it is not among the params", ", ".join(sorted(profile.params)), fix)
    if profile.image_param is not None and any(
        use.value == "image" for use in _uses(_create_bodies(profile))
    ):
        yield _rule_fault("image_param", "a body sends images from this disk already")
    for name in sorted(profile.params.keys() & profile.create.body.keys()):
        yield _rule_fault(f"params.{name}", "create.body sets it already and takes precedence")


def _stills(profile: JobProfile) -> Faults:
    """What a host needs that makes stills by job."""
    still, images = profile.still, profile.images
    for name in ("create", "edit", "seed"):
        if getattr(images, name) is not None:
            yield _rule_fault(f"images.{name}", "a host of the job family is asked as [still] says")
    if images.fixed:
        yield _rule_fault("images.fixed", "write it into still.body")
    if still is None:
        for name in ("models", "params"):
            if getattr(images, name):
                yield _rule_fault(f"images.{name}", "add a table [still]: how a still is asked for")
        return
    if not images.models:
        yield _rule_fault("still", "add the image models, in [images.models]")
    if not profile.result.picture and profile.result.items is None:
        yield _rule_fault("result.picture", "where is the picture of a still?", 'such as "images[0].url"')
    edit = still.edit
    made, edited = _uses([((), still.body)]), _uses([((), edit.body)] if edit else [])
    of_files = {use.value for use in edited} & {"image", "images"}
    if edit is not None and not of_files:
        yield _rule_fault("still.edit.body", "it sends no image: use $images, or $image for one")
    if any(use.value == "images" and isinstance(use.place[-1], str) for use in edited) and not any(
        isinstance(part, int) for use in edited if use.value == "images" for part in use.place
    ):
        yield _rule_fault("still.edit.body", "$images stands in an array, for one element for each image")
    if any(use.value in FILES for use in made):
        yield _rule_fault("still.body", "images belong in still.edit.body")
    if any(use.value == "params" for use in (*made, *edited)) != bool(images.params):
        missing = "still.body.*" if images.params else "images.params"
        yield _rule_fault(missing, 'images.params and "*" = "$params" in still.body go together')
    own = any(use.value == "own_id" for use in made) or "{own_id}" in (still.request or "")
    if profile.settle == "own_id" and not own:
        yield _rule_fault("still.body", "settle = 'own_id' needs $own_id here, too")
    if (still.id_path or (edit and edit.id_path)) and profile.create.answer.id_path is None:
        yield _rule_fault("still", "id_path needs create.answer.id_path as well")


def _states(profile: JobProfile) -> Faults:
    seen: dict[str, str] = {}
    for group in type(profile.states).model_fields:
        for word in getattr(profile.states, group):
            before = seen.setdefault(word.lower(), group)
            if before != group:
                yield _rule_fault(f"states.{group}", f"{word!r} is already in {before}")
    if profile.get.state_is == "word" and not profile.states.done:
        yield _rule_fault("states.done", "no state means that a job is done")
    if profile.get.state_is == "done" and seen:
        yield _rule_fault("states", "get.state is true or false, so there are no words for it")


def _result(profile: JobProfile) -> Faults:
    result = profile.result
    ways = [bool(result.video or result.base64), result.items is not None]
    if sum(ways) != 1:
        yield _rule_fault("result", "one of video, base64, or items with an address is needed")
    if (result.items is None) != (result.address is None):
        missing = "address" if result.address is None else "items"
        yield _rule_fault(f"result.{missing}", "items and address go together")
    if result.failed_status and result.request is None:
        yield _rule_fault("result.failed_status", "the result has no request that could have a status")
    if result.needs_key and profile.auth.header == "none":
        yield _rule_fault("result.needs_key", "the host has no key")


def _single_paths(profile: JobProfile) -> Faults:
    """Paths that must lead to one value: an id, a state, the next page."""
    single: dict[str, AnswerPath | None] = {
        "get.state": profile.get.state,
        "get.progress": profile.get.progress,
    }
    for index, path in enumerate(profile.create.answer.id):
        single[f"create.answer.id.{index}"] = path
    if profile.list is not None:
        for name in ("id", "next", "prompt", "label"):
            single[f"list.{name}"] = getattr(profile.list, name)
    for place, found in single.items():
        if found is not None and found.several:
            yield _rule_fault(place, f"{found.text} may lead to several values, but one is needed")
    if profile.get.state.header is not None:
        yield _rule_fault("get.state", "the state must be in the body, not in a header")
    for name in ("create.answer.id", "list.id"):
        paths = profile.create.answer.id if name.startswith("create") else ()
        if any(step.name == "{id}" for path in paths for step in path.steps):
            yield _rule_fault(name, "{id} cannot lead to the id itself")


def _settling(profile: JobProfile) -> Faults:
    """What each way to settle a lost answer needs."""
    create = profile.create
    values = {use.value for use in _uses([(("create", "body"), create.body)])}
    own = "own_id" in values or "{own_id}" in create.request
    keyed = create.idempotency is not None or own
    listed = profile.list
    match profile.settle:
        case "own_id" if not own:
            yield _rule_fault("settle", "own_id needs $own_id in create.body or {own_id} in create.request")
        case "own_id" if create.answer.id_form == "path":
            yield _rule_fault("create.answer.id_form", "own_id cannot be combined with id_form = 'path'")
        case "replay" if not keyed:
            yield _rule_fault("settle", "replay needs create.idempotency, or $own_id in create.body")
        case "reject":
            if not keyed:
                yield _rule_fault("settle", "reject needs create.idempotency, or $own_id in create.body")
            if not create.exists_status:
                yield _rule_fault("create.exists_status", "reject needs the statuses of a repeated request")
        case "label":
            if "label" not in values:
                yield _rule_fault("settle", "label needs $label in create.body")
            if listed is None or listed.label is None:
                yield _rule_fault("list.label", "label needs a list that shows it")
        case "list" if listed is None or listed.prompt is None:
            yield _rule_fault("list.prompt", "list needs a list that shows the prompt")
        case "own_id" if any("{model}" in form for form in profile.id_paths):
            yield _rule_fault("create.answer.id_path", "own_id needs a path without {model}")
    if create.exists_code and not create.exists_status:
        yield _rule_fault(
            "create.exists_code", "create.exists_status must name the statuses that it is read in"
        )
    if profile.settle != "reject" and create.exists_status:
        yield _rule_fault("create.exists_status", f"it has no meaning with settle = {profile.settle!r}")
    if set(create.exists_status) & set(create.ok):
        yield _rule_fault("create.exists_status", "a status cannot mean both made and made before")


def _costs(profile: JobProfile) -> Faults:
    if bool(profile.cost.reported) != (profile.cost.unit is not None):
        missing = "unit" if profile.cost.reported else "reported"
        yield _rule_fault(f"cost.{missing}", "reported and unit go together")
    if profile.cost.unit == "token" and profile.cost.model is None:
        yield _rule_fault("cost.model", "tokens need the path of the model's name, for its price")
    for name, price, odd in odd_price_words(profile.models, profile.price_words):
        place = ("models", name, "prices", price)
        yield _rule_fault(place, f"{odd} is not among price_words", fix=close_match(odd, profile.price_words))


_RULES: tuple[Callable[[JobProfile], Faults], ...] = (
    _identity_faults,
    _trees,
    _upload,
    _maps,
    _placeholders,
    _parameters,
    _stills,
    _states,
    _result,
    _single_paths,
    _settling,
    _costs,
)
