"""Every request of every host as it goes over the wire, held in `requests/PROFILE.json`.

These files say what each host is sent. A change of the code that writes requests must leave them as they are;
a change of a profile changes them with it (`SORASYNC_REWRITE=1` writes them anew).
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from sorasync.profile import Profile, load_profile, profile_names
from sorasync.provider.client import VideosClient
from sorasync.provider.errors import InvalidRequest, NotSupported
from sorasync.provider.host_client import HostClient
from sorasync.provider.job_client import JobClient
from sorasync.provider.provider_host import ProviderHost
from sorasync.provider.wire import CreateRequest, EditRequest, ExtendRequest, Source, StillRequest
from tests.provider.fakes import KEY, FakeClock, FakeHost, Seen, job, reply

FOLDER = Path(__file__).parent / "requests"
VALUES: dict[str, object] = {
    "string": "soft",
    "integer": 7,
    "number": 0.5,
    "boolean": True,
    "list": [{"url": "https://files.example/1.png"}],
    "table": {"a": {"b": [1, "x"]}},
    "any": "x",
}
ASKED = ("idempotency-key", "authorization", "api-key", "x-api-key")
Work = Callable[[HostClient], Awaitable[object]]


def cases(profile: Profile, folder: Path) -> dict[str, Work]:
    """Whatever a library may ask of a host, by a few words."""
    image, video = folder / "frame.png", folder / "source.mp4"
    image.write_bytes(b"\x89PNG bytes")
    video.write_bytes(b"mp4 bytes")
    model = profile.default_model or next(iter(profile.model_names), "some/model")
    params = {name: VALUES[kind] for name, kind in sorted(profile.params.items())}
    held = Source("job_0/x=", model=model, size="1280x720", seconds=4)
    file = Source(None, video, model=model, size="1280x720", seconds=4)
    key: dict[str, Any] = {"label": "clip.pier", "idempotency_key": "key-1"}

    def create(*, prompt: str = "A pier, “at dusk”.", size: str = "1280x720", **more: Any) -> Work:
        return lambda speaker: speaker.create(CreateRequest(prompt, model, size, 4, **more))

    def extend(source: Source, **more: Any) -> Work:
        return lambda speaker: speaker.extend(ExtendRequest(source, "Go on.", 2, **more))

    def edit(source: Source, **more: Any) -> Work:
        return lambda speaker: speaker.edit(EditRequest(source, "At night.", **more))

    image_params = {name: VALUES[kind] for name, kind in sorted(profile.images.params.items())}
    painter = profile.images.default_model or "some/painter"

    def still(*images: Path, **more: Any) -> Work:
        return lambda speaker: speaker.still(StillRequest("A quay.", painter, "1280x720", images, **more))

    return {
        "still": still(**key),
        "still with params": still(params=image_params),
        "still from an image": still(image, **key),
        "still from two images": still(image, image),
        "create": create(**key),
        "create, odd size": create(size="832x480"),
        "create with image": create(image=image),
        "create with params": create(params=params),
        "create with image and params": create(image=image, params=params),
        "create with characters": create(characters=("char_1", "char_2")),
        "create with characters and image": create(characters=("char_1",), image=image),
        "extend": extend(held, **key),
        "extend with params": extend(held, params=params),
        "extend a file": extend(file),
        "extend what may be sent": extend(Source("job_0/x=", video, model=model)),
        "edit": edit(held, **key),
        "edit a file": edit(file),
        "character": lambda speaker: speaker.upload_character("Mossy", video, model=model),
        "list": lambda speaker: speaker.page(after="job_9/x=", limit=50),
        "delete": lambda speaker: speaker.delete("job_0/x="),
    }


def shown(seen: Seen) -> dict[str, Any]:
    """A request as the files hold it."""
    kind = seen.headers.get("content-type", "").partition(";")[0]
    body: object = None
    if kind == "application/json":
        body = seen.json
    elif kind == "multipart/form-data":
        body = seen.form
    elif seen.body:
        body = seen.body.decode()
    headers = {name: seen.headers[name] for name in ASKED if name in seen.headers}
    address = seen.url.partition("://")[2].partition("/")[2]
    return {"request": f"{seen.method} /{address}", "headers": headers, "type": kind, "body": body}


def told(profile: Profile, work: Work) -> object:
    """The requests that a piece of work sends, or why it sends none."""

    def answering(seen: Seen) -> Any:
        if seen.method == "GET" and seen.path.endswith("/videos"):
            return reply(200, {"object": "list", "data": []})
        named = {
            "response_url": f"{profile.base_url}/some/model/requests/1",
            "results": [],
            "generations": [],
            "name": "projects/p/locations/l/publishers/google/models/m/operations/1",
            "task_id": "1",
            "request_id": "1",
            "prompt_id": "1",
            "output": {"task_id": "1"},
            "data": {"task_id": "1"},
        }
        return reply(200, job("completed", url="https://files.example/1.mp4") | named)

    host = FakeHost(answering)
    spec = ProviderHost.of(profile)
    kind = VideosClient if spec.job is None else JobClient
    speaker = kind(spec, api_key=KEY, transport=host, clock=FakeClock())

    async def go() -> None:
        await work(speaker)

    try:
        asyncio.run(go())
    except (InvalidRequest, NotSupported) as refused:
        return f"{type(refused).__name__}: {refused.message}"
    return [shown(seen) for seen in host.seen]


@pytest.mark.parametrize("name", profile_names())
def test_a_host_is_sent_what_its_file_says(name: str, tmp_path: Path) -> None:
    profile = load_profile(name)
    found = {what: told(profile, work) for what, work in cases(profile, tmp_path).items()}
    lines = (f"{json.dumps(what)}: {json.dumps(sent, ensure_ascii=False)}" for what, sent in found.items())
    text = "{\n" + ",\n".join(lines) + "\n}\n"
    path = FOLDER / f"{name}.json"
    if os.environ.get("SORASYNC_REWRITE"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert json.loads(path.read_text(encoding="utf-8")) == found


def test_no_file_is_left_of_a_host_that_is_gone() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.json")) == profile_names()
