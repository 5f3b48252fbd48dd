"""Answers of any size in little memory: what is long goes elsewhere, what is left is as it came."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sorasync.profile import load_profile
from sorasync.provider import json_sieve as sieving
from sorasync.provider.client import VideosClient
from sorasync.provider.errors import BadDownload, NotFound, OutcomeUnknown, RenderFailed, ServerError
from sorasync.provider.json_sieve import Nowhere, Sieve
from sorasync.provider.kept_answers import LARGEST_VIDEO, KeptAnswers
from sorasync.provider.provider_host import ProviderHost
from sorasync.provider.wire import CreateRequest, Job, JobStatus
from tests.provider.fakes import FakeHost, client, reply

MEGABYTE = 1 << 20
# Bytes of memory that any answer may take at most.
PEAK = 48 * MEGABYTE


class Texts:
    """Keeps what is taken out."""

    def __init__(self) -> None:
        self.found: list[bytes] = []
        self.whole = 0

    def begin(self) -> None:
        self.found.append(b"")

    def write(self, text: bytes) -> None:
        self.found[-1] += text

    def end(self) -> None:
        self.whole += 1


def sieved(data: bytes, cuts: list[int], texts: Texts) -> Sieve:
    """A sieve that was fed those bytes in those parts."""
    sieve, start = Sieve(texts), 0
    for cut in [*sorted(cut % (len(data) + 1) for cut in cuts), len(data)]:
        sieve.feed(data[start:cut])
        start = cut
    return sieve


BASE64 = st.binary(max_size=60).map(lambda data: base64.b64encode(data).decode())
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=30) | BASE64,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


@settings(deadline=None, max_examples=60)
@given(VALUES, st.lists(st.integers(0, 5000), max_size=8), st.booleans())
def test_what_is_left_is_the_answer_with_marks_in_the_place_of_long_texts(
    value: object, cuts: list[int], ascii_only: bool
) -> None:
    texts = Texts()
    data = json.dumps(value, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sieving, "LONG", 24)
        sieve = sieved(data, cuts, texts)
        skeleton = json.loads(sieve.skeleton.decode("utf-8", "surrogatepass"))
    back = dict(zip(sieve.marks, (text.decode() for text in texts.found), strict=True))
    assert texts.whole == len(texts.found)
    assert restored(skeleton, back) == without_spaces(value, set(back.values()))


def restored(value: object, texts: dict[str, str]) -> object:
    if isinstance(value, list):
        return [restored(one, texts) for one in value]
    if isinstance(value, dict):
        return {texts.get(name, name): restored(one, texts) for name, one in value.items()}
    return texts.get(value, value) if isinstance(value, str) else value


def without_spaces(value: object, taken: set[str]) -> object:
    """White space is no part of base64."""
    if isinstance(value, list):
        return [without_spaces(one, taken) for one in value]
    if isinstance(value, dict):
        return {squeezed(name, taken): without_spaces(one, taken) for name, one in value.items()}
    return squeezed(value, taken) if isinstance(value, str) else value


def squeezed(text: str, taken: set[str]) -> str:
    short = text.translate(dict.fromkeys(map(ord, " \t\r\n")))
    return short if short in taken else text


@pytest.mark.parametrize("escape", [r"\/", r"\u002F", "/"])
def test_slashes_are_read_in_every_way_in_which_servers_write_them(escape: str) -> None:
    content = bytes([255]) * 3000
    text = base64.b64encode(content).decode()
    assert "/" in text
    data = f'{{"b64_json": "{text.replace("/", escape)}"}}'.encode()
    for step in (1, 7, 64, 5000):
        texts = Texts()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sieving, "LONG", 100)
            sieved(data, list(range(step, len(data), step)), texts)
        assert base64.b64decode(texts.found[0]) == content


class Endless(httpx.AsyncByteStream):
    """A body of parts that are made as they are asked for; `asked` counts their bytes."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        self._parts = parts
        self.asked = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for part in self._parts:
            self.asked += len(part)
            yield part


def json_values(size: int) -> Iterator[bytes]:
    yield b'{"id": "v1", "status": "queued", "more": ['
    for _ in range(size >> 16):
        yield b"{}," * ((1 << 16) // 3)
    yield b"0]}"


def json_text(size: int, character: bytes) -> Iterator[bytes]:
    yield b'{"id": "v1", "status": "queued", "said": "'
    for _ in range(size >> 16):
        yield character * (1 << 16)
    yield b'"}'


def bomb(size: int) -> bytes:
    press = zlib.compressobj(9, zlib.DEFLATED, 31)
    parts = [press.compress(b'{"id": "v1", "status": "queued", "said": "')]
    parts += [press.compress(b"? " * (1 << 19)) for _ in range(size >> 20)]
    return b"".join([*parts, press.compress(b'"}'), press.flush()])


def peak(body: httpx.AsyncByteStream, headers: dict[str, str] | None = None) -> tuple[int, object]:
    """The most memory that an answer about a job took, and what came of it."""
    host = FakeHost(lambda seen: httpx.Response(200, headers=headers, stream=body))
    videos = client(host)
    tracemalloc.start()
    try:
        found: object = asyncio.run(videos.get("v1"))
    except ServerError as error:
        found = error
    finally:
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return most, found


@pytest.mark.parametrize("parts", [json_values, lambda size: json_text(size, b"? ")])
def test_half_a_gigabyte_of_json_is_not_read_to_its_end(parts: Callable[[int], Iterator[bytes]]) -> None:
    body = Endless(parts(500 * MEGABYTE))
    most, found = peak(body)
    assert isinstance(found, ServerError)
    assert body.asked < 5 * 20 * MEGABYTE
    assert most < PEAK * 2


def test_base64_without_end_is_read_in_little_memory() -> None:
    most, found = peak(Endless(json_text(150 * MEGABYTE, b"A")))
    assert isinstance(found, Job)
    assert found.status is JobStatus.QUEUED
    assert most < PEAK


def test_a_bomb_of_gzip_goes_off_a_little_at_a_time() -> None:
    packed = bomb(150 * MEGABYTE)
    assert len(packed) < MEGABYTE
    most, found = peak(Endless(iter([packed])), {"content-encoding": "gzip"})
    assert isinstance(found, ServerError)
    assert most < PEAK * 2


@pytest.mark.parametrize("coding", ["gzip", "x-gzip", "deflate", "raw deflate", "two members"])
def test_encodings_that_were_asked_for_are_taken_off(coding: str) -> None:
    content = json.dumps({"id": "v1", "status": "queued", "prompt": "a " * 200_000}).encode()
    packed = {
        "gzip": gzip.compress(content),
        "x-gzip": gzip.compress(content),
        "deflate": zlib.compress(content),
        "raw deflate": zlib.compress(content, wbits=-15),
        "two members": gzip.compress(content[:1000]) + gzip.compress(content[1000:]),
    }[coding]
    name = {"raw deflate": "deflate", "two members": "gzip"}.get(coding, coding)
    parts = [packed[at : at + 999] for at in range(0, len(packed), 999)]
    answer = httpx.Response(200, headers={"content-encoding": name}, stream=Endless(iter(parts)))
    assert asyncio.run(client(FakeHost(lambda seen: answer)).get("v1")).prompt == "a " * 200_000


def test_an_encoding_that_nobody_asked_for_is_a_broken_answer() -> None:
    host = FakeHost(
        lambda seen: httpx.Response(200, headers={"content-encoding": "br"}, stream=Endless(iter([b"x"])))
    )
    with pytest.raises(ServerError):
        asyncio.run(client(host).get("v1"))


def big_answer(content: bytes, **fields: object) -> bytes:
    return json.dumps(fields | {"data": [{"b64_json": base64.b64encode(content).decode()}]}).encode()


async def downloaded(videos: VideosClient, job: Job) -> bytes:
    async with videos.download(job) as opened:
        return b"".join([chunk async for chunk in opened.chunks()])


def test_a_video_in_the_answer_about_a_job_is_read_from_it_once_more() -> None:
    content = bytes(range(256)) * 8000
    body = big_answer(content, id="v1", status="completed", object="video")
    host = FakeHost(
        lambda seen: reply(404) if seen.path.endswith("/content") else httpx.Response(200, content=body)
    )
    videos = client(host)
    job = asyncio.run(videos.get("v1"))
    assert len(str(job)) < 2000
    assert asyncio.run(downloaded(videos, job)) == content


REQUEST = CreateRequest("A cat.", "wan", "1280x720", 4, idempotency_key="attempt-1")


def synchronous(tmp_path: Path, fake: FakeHost, largest: int = LARGEST_VIDEO, host: str = "") -> VideosClient:
    """A client of a host that keeps no jobs, whose answers are kept below a directory."""
    profile = load_profile("sglang", base_url="http://host.example/v1")
    alone = ProviderHost(profile, profile.auth.env, {"create": "/videos"})
    answers = KeptAnswers(tmp_path / "answers", largest, host)
    return VideosClient(alone, transport=fake, answers=answers)


def test_an_answer_of_a_host_that_keeps_no_jobs_is_there_for_the_next_run(tmp_path: Path) -> None:
    content = bytes(range(256)) * 8000
    host = FakeHost(lambda seen: httpx.Response(200, content=big_answer(content, created=5)))
    job = asyncio.run(synchronous(tmp_path, host).create(REQUEST))
    later = synchronous(tmp_path, FakeHost(lambda seen: reply(500)))
    found = later.recall("attempt-1")
    assert found is not None
    assert found == job
    assert asyncio.run(later.get(job.id)) == job
    assert asyncio.run(downloaded(later, found)) == content
    assert later.recall("attempt-2") is None
    later.forget("attempt-1")
    assert list((tmp_path / "answers").iterdir()) == []


@pytest.mark.parametrize(
    "name", ["../../outside", "/etc/passwd", "data:video/mp4;base64,0-1", "file:///etc/passwd"]
)
def test_no_answer_names_a_file_of_this_machine(tmp_path: Path, name: str) -> None:
    body = {"created": 5, "data": [{"b64_json": name}, {"url": name}]}
    host = FakeHost(lambda seen: reply(200, body))
    videos = synchronous(tmp_path, host)
    try:
        job = asyncio.run(videos.create(REQUEST))
    except RenderFailed:
        return
    with pytest.raises(BadDownload):
        asyncio.run(downloaded(videos, job))


@pytest.mark.parametrize(("status", "body"), [(500, {"message": "CUDA out of memory"}), (503, None)])
def test_a_failure_of_a_host_that_keeps_no_jobs_is_the_end_of_the_render(
    tmp_path: Path, status: int, body: object
) -> None:
    host = FakeHost(lambda seen: reply(status, body))
    with pytest.raises(RenderFailed):
        asyncio.run(synchronous(tmp_path, host).create(REQUEST))
    assert len(host.seen) == 1


@pytest.mark.parametrize("status", [502, 504, 524])
def test_behind_a_gateway_that_gave_up_the_host_may_be_at_work(tmp_path: Path, status: int) -> None:
    with pytest.raises(OutcomeUnknown):
        asyncio.run(synchronous(tmp_path, FakeHost(lambda seen: reply(status))).create(REQUEST))


def test_an_answer_that_breaks_off_leaves_nothing_behind(tmp_path: Path) -> None:
    def parts() -> Iterator[bytes]:
        yield big_answer(b"A" * 3_000_000)[:3_000_000]
        raise httpx.ReadError("reset")

    host = FakeHost(lambda seen: httpx.Response(200, stream=Endless(parts())))
    with pytest.raises(OutcomeUnknown):
        asyncio.run(synchronous(tmp_path, host).create(REQUEST))
    assert list((tmp_path / "answers").iterdir()) == []


def test_one_size_holds_for_videos_in_every_form(tmp_path: Path) -> None:
    answers = KeptAnswers(tmp_path / "answers", largest=1_000_000)
    videos = synchronous(
        tmp_path, FakeHost(lambda seen: httpx.Response(200, content=big_answer(b"A" * 2_000_000)))
    )
    videos._sender._answers = answers
    with pytest.raises(OutcomeUnknown, match="1,000,000 bytes"):
        asyncio.run(videos.create(REQUEST))


def test_nothing_is_kept_nowhere() -> None:
    sieve = Sieve(Nowhere())
    sieve.feed(b'{"a": "' + b"A" * (3 << 20) + b'"}')
    assert len(sieve.skeleton) < 200
    assert len(sieve.marks) == 1


def test_an_answer_that_is_kept_is_read_for_its_own_host_alone(tmp_path: Path) -> None:
    content = bytes(range(256)) * 8000
    answer = FakeHost(lambda seen: httpx.Response(200, content=big_answer(content, id="v1")))
    job = asyncio.run(synchronous(tmp_path, answer, host="one").create(REQUEST))
    silent = FakeHost(lambda seen: reply(404))
    assert asyncio.run(synchronous(tmp_path, silent, host="one").get(job.id)).id == job.id
    with pytest.raises(NotFound):
        asyncio.run(synchronous(tmp_path, silent, host="two").get(job.id))
    (kept,) = (tmp_path / "answers").glob("*.json")
    body = json.loads(kept.read_text())
    del body["host"]
    kept.write_text(json.dumps(body))
    assert asyncio.run(synchronous(tmp_path, silent, host="two").get(job.id)).id == job.id
