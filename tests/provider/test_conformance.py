"""One suite over every way to reach a server: in this process, over a socket, and each family's dialect."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from functools import cache
from itertools import count
from pathlib import Path

import pytest

pytest.importorskip("starlette")
pytest.importorskip("av")

from sorasync.preview.app import PreviewSettings, create_app
from sorasync.preview.dialects import NAMES, dialect_of
from sorasync.preview.faults.rule import FaultPlan
from sorasync.preview.serve import Running, running
from sorasync.profile import load_profile
from sorasync.provider.batch import batch_line, read_batch_line
from sorasync.provider.errors import (
    AlreadySent,
    AuthFailed,
    BadDownload,
    InvalidRequest,
    Moderated,
    NotFound,
    NotSupported,
    OutcomeUnknown,
    ProviderError,
    RateLimited,
    RenderFailed,
)
from sorasync.provider.host_client import HostClient
from sorasync.provider.listing import jobs_since
from sorasync.provider.local import in_process
from sorasync.provider.open_provider import open_provider
from sorasync.provider.wire import (
    CreateRequest,
    EditRequest,
    ExtendRequest,
    Job,
    JobStatus,
    Source,
    Variant,
)
from tests.provider.fakes import KEY

HOWS = ("in-process", "socket")
# The sockets of all hosts by job are alike: those of one are tried each time, the others in `make test-all`.
SELDOM = {name for name in NAMES if load_profile(name).job is not None} - {"fal"}
WAYS = [
    pytest.param(f"{family} {how}", marks=[pytest.mark.heavy] if how == "socket" and family in SELDOM else [])
    for family in ("preview", *NAMES)
    for how in HOWS
]
WITHOUT_KEYS = {"comfyui", "preview", "vllm-omni", "sglang", "fastvideo", "rapid-mlx", "dynamo"}
WITHOUT_CODES = {
    "vllm-omni",
    "sglang",
    "fastvideo",
    "rapid-mlx",
    "dynamo",
    "replicate",
    "comfyui",
    "runway",
    "vertex",
    "luma",
}
SIZES = {"rapid-mlx": "512x512", "minimax": "1366x768"}
GRAPH = {
    "6": {"class_type": "CLIPTextEncode", "inputs": {"clip": ["4", 0], "text": {"$bind": "prompt"}}},
    "40": {"class_type": "EmptyLatentVideo", "inputs": {"length": {"$bind": "frames", "fps": 16}}},
}
WORKFLOWS = {"comfyui": GRAPH, "comfy-api": GRAPH}
MODELS = {
    "xai": "grok-imagine-video-1.5",
    "fal": "fal-ai/veo3/fast",
    "replicate": "google/veo-3-fast",
    "runway": "gen4.5",
    "vertex": "veo-3.1-lite-generate-001",
    "ark": "doubao-seedance-2-0-fast-260128",
    "kling": "kling-v2-6",
    "minimax": "MiniMax-H3",
    "dashscope": "wan2.7-t2v",
    "comfy-router": "wan/wan2.7-t2v",
    "luma": "ray-2",
}
_KEYS = count()
Faults = list[dict[str, object]]
Work = Callable[[HostClient], Awaitable[None]]
Serve = Callable[[str], Running]


def settings_of(family: str, data: Path) -> PreviewSettings:
    dialect = "openai" if family == "preview" else family
    key = None if family in WITHOUT_KEYS else KEY
    return PreviewSettings(data=data, draw=False, dialect=dialect, api_key=key)


def plan_of(faults: Faults | None) -> FaultPlan:
    return FaultPlan.model_validate({"seed": 1, "rules": faults or []})


@pytest.fixture(scope="session")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """The server of a family on a port: one thread each for the whole session, begun when first asked for."""
    with ExitStack() as stack:

        @cache
        def served(family: str) -> Running:
            data = tmp_path_factory.mktemp(f"{family}-served")
            return stack.enter_context(running(settings_of(family, data)))

        yield served


@dataclass(frozen=True)
class Reach:
    """Runs a piece of work with a client of a preview server that speaks a family's dialect."""

    data: Path
    serve: Serve

    def __call__(self, way: str, work: Work, faults: Faults | None = None) -> None:
        async def go() -> None:
            async with self._speaking(way, plan_of(faults)) as speaker:
                await work(speaker)

        asyncio.run(go())

    @asynccontextmanager
    async def _speaking(self, way: str, faults: FaultPlan) -> AsyncIterator[HostClient]:
        family, _, how = way.partition(" ")
        base: str | None = (
            None if family == "preview" else f"http://{family}.invalid{dialect_of(family).root}"
        )
        transport = None
        async with AsyncExitStack() as stack:
            if how == "socket":
                served = self.serve(family)
                app, base = served.app, served.url
                stack.callback(app.state.server.faults.set, plan_of(None))
            else:
                app = create_app(settings_of(family, self.data))
                stack.push_async_callback(app.state.server.aclose)
                transport = in_process(app)
            app.state.server.faults.set(faults)
            profile = load_profile(family, base_url=base)
            environ = {} if family in WITHOUT_KEYS else {profile.auth.env: KEY}
            speaker = open_provider(profile, environ=environ, transport=transport)
            stack.push_async_callback(speaker.aclose)
            yield speaker


@pytest.fixture
def do(tmp_path: Path, serve: Serve) -> Reach:
    return Reach(tmp_path / "data", serve)


def order(way: str, prompt: str = "A cat.", **more: object) -> CreateRequest:
    family = way.partition(" ")[0]
    model, size = MODELS.get(family, "sora-2"), SIZES.get(family, "1280x720")
    more = {"workflow": WORKFLOWS.get(family), "idempotency_key": f"key {next(_KEYS)}"} | more
    return CreateRequest(prompt, model, size, 4, **more)  # type: ignore[arg-type]


async def finished(speaker: HostClient, job: Job) -> Job:
    """The job at its end; a host that keeps no jobs answers with that."""
    for _ in range(20_000):
        if "get" in speaker.host.routes:
            job = await speaker.get(job.id)
        if job.status.terminal:
            return job
        await asyncio.sleep(0.01)
    raise AssertionError(f"{job.id} does not end: {job.status}")


async def content(speaker: HostClient, job: Job, variant: Variant = Variant.VIDEO, offset: int = 0) -> bytes:
    async with speaker.download(job, variant, offset) as found:
        return b"".join([chunk async for chunk in found.chunks()])


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_a_render_is_made_followed_and_fetched(way: str, do: Reach) -> None:
    async def work(speaker: HostClient) -> None:
        made = await speaker.create(order(way, label="clip.market"))
        job = await finished(speaker, made)
        assert (job.id, job.status) == (made.id, JobStatus.COMPLETED)
        video = await content(speaker, job)
        assert video[4:8] == b"ftyp"
        if speaker.host.abilities.range:
            assert await content(speaker, job, offset=10) == video[10:]

    do(way, work)


def test_steps_go_on_from_a_render_or_are_not_supported(way: str, do: Reach, tmp_path: Path) -> None:
    async def work(speaker: HostClient) -> None:
        request = order(way)
        base = await finished(speaker, await speaker.create(request))
        source = Source(base.id, model=request.model, size=request.size, seconds=4)
        seconds = 4
        if speaker.host.fields.source_as == "upload":
            seconds, kept = 2, tmp_path / "kept.mp4"
            kept.write_bytes(await content(speaker, base))
            with pytest.raises(InvalidRequest):
                await speaker.extend(ExtendRequest(source, "Go on.", seconds))
            source = replace(source, file=kept)
        if "extend" in speaker.host.routes:
            longer = await finished(speaker, await speaker.extend(ExtendRequest(source, "Go on.", seconds)))
            assert longer.id != base.id and longer.seconds in (None, 4.0 + seconds)
        else:
            with pytest.raises(NotSupported):
                await speaker.extend(ExtendRequest(source, "Go on.", 4))
        if speaker.host.edits or "remix" in speaker.host.routes:
            other = await finished(speaker, await speaker.edit(EditRequest(source, "At night.")))
            assert other.id != base.id and other.status is JobStatus.COMPLETED
        else:
            with pytest.raises(NotSupported):
                await speaker.edit(EditRequest(source, "At night."))

    do(way, work)


def test_the_list_holds_what_was_made_or_is_not_supported(way: str, do: Reach) -> None:
    async def work(speaker: HostClient) -> None:
        if "list" not in speaker.host.routes:
            with pytest.raises(NotSupported):
                await speaker.page()
            return
        before = {job.id async for job in jobs_since(speaker)}
        made = [(await speaker.create(order(way, f"Cat {n}."))).id for n in range(5)]
        limit = 100 if speaker.host.abilities.list_paging == "newest" else 2
        listed = [job.id async for job in jobs_since(speaker, limit=limit)]
        assert len(set(listed)) == len(listed)
        assert sorted(set(listed) - before) == sorted(made)

    do(way, work)


def test_a_job_is_cancelled_or_that_is_not_supported(way: str, do: Reach) -> None:
    async def work(speaker: HostClient) -> None:
        spec = speaker.host.job
        if spec is None or spec.cancel is None:
            with pytest.raises(NotSupported):
                await speaker.cancel("job", queued=True)
            return
        job = await speaker.create(order(way))
        await speaker.cancel(job.id, queued=True)
        try:
            found = await speaker.get(job.id)
        except NotFound:
            return
        assert found.status.terminal
        assert found.status is not JobStatus.COMPLETED

    do(way, work, [{"route": "create", "do": "stuck"}])


def test_what_is_gone_is_not_found(way: str, do: Reach) -> None:
    async def work(speaker: HostClient) -> None:
        job = await finished(speaker, await speaker.create(order(way)))
        if "delete" in speaker.host.routes:
            assert await speaker.delete(job.id) is True
            assert await speaker.delete(job.id) is False
            with pytest.raises(NotFound):
                await speaker.get(job.id)
            with pytest.raises(NotFound):
                await content(speaker, job)

    do(way, work)


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("family", sorted({*NAMES} - WITHOUT_KEYS))
def test_a_wrong_key_stops_everything(family: str, how: str, do: Reach) -> None:
    way = f"{family} {how}"

    async def work(speaker: HostClient) -> None:
        speaker._sender.secret.value = "sk-wrong"
        with pytest.raises(AuthFailed):
            await speaker.create(order(way))

    do(way, work)


def test_a_refusal_for_the_rate_is_waited_out(way: str, do: Reach) -> None:
    async def work(speaker: HostClient) -> None:
        made = await speaker.create(order(way))
        assert made.id
        assert speaker.requests["create"] == 2

    do(way, work, [{"do": "rate_limit", "route": "create", "count": 1, "retry_after": 0}])


@pytest.mark.parametrize("deed", ["cut_before", "cut_after", "error"])
def test_a_broken_create_is_left_open(way: str, do: Reach, deed: str) -> None:
    async def work(speaker: HostClient) -> None:
        answered = deed == "error" and not speaker.host.keeps_jobs
        if speaker.host.abilities.idempotency:
            # Its key makes the same job of the second request, or shows that there is one.
            try:
                assert (await speaker.create(order(way))).id
            except AlreadySent:
                assert (speaker.host.profile.settle, deed) == ("reject", "cut_after")
            assert speaker.requests["create"] == 2
            return
        with pytest.raises(RenderFailed if answered else OutcomeUnknown):
            await speaker.create(order(way))
        assert speaker.requests["create"] == 1

    do(way, work, [{"do": deed, "route": "create", "status": 500, "count": 1}])


def test_refused_content_is_told_as_such(way: str, do: Reach) -> None:
    async def work(speaker: HostClient) -> None:
        with pytest.raises(InvalidRequest) as refused:
            await speaker.create(order(way))
        assert isinstance(refused.value, Moderated) or way.partition(" ")[0] in WITHOUT_CODES

    do(way, work, [{"do": "moderated", "route": "create"}])


@pytest.mark.parametrize("deed", ["moderated", "status", "quota", "overloaded"])
def test_a_refusal_keeps_the_server_s_words(way: str, do: Reach, deed: str) -> None:
    async def work(speaker: HostClient) -> None:
        with pytest.raises(ProviderError) as refused:
            await speaker.create(order(way))
        assert "no kites before noon" in refused.value.message

    rule = {"do": deed, "route": "create", "status": 400, "headers": {"retry-after": "900"}}
    do(way, work, [rule | {"message": "no kites before noon"}])


def test_a_failed_job_keeps_the_server_s_words(way: str, do: Reach) -> None:
    async def work(speaker: HostClient) -> None:
        job = await finished(speaker, await speaker.create(order(way)))
        assert job.status is JobStatus.FAILED and job.error is not None
        assert job.error.message == "the GPU fell off"

    do(way, work, [{"do": "fail", "route": "create", "message": "the GPU fell off"}])


def test_a_job_refused_for_its_content_ends_as_failed(way: str, do: Reach) -> None:
    async def work(speaker: HostClient) -> None:
        job = await finished(speaker, await speaker.create(order(way)))
        assert job.status is JobStatus.FAILED and job.error is not None

    do(way, work, [{"do": "fail_moderated", "route": "create"}])


def test_a_completed_job_without_a_video_is_a_failed_one(way: str, do: Reach) -> None:
    async def work(speaker: HostClient) -> None:
        job = await finished(speaker, await speaker.create(order(way)))
        assert job.status is JobStatus.FAILED

    do(way, work, [{"do": "no_video", "route": "create"}])


@pytest.mark.parametrize("deed", ["cut_body", "truncate", "wrong_length", "html", "empty"])
def test_a_bad_download_is_never_taken_for_a_good_one(way: str, do: Reach, deed: str) -> None:
    async def work(speaker: HostClient) -> None:
        job = await finished(speaker, await speaker.create(order(way)))
        if job.urls[:1] and job.urls[0].startswith("data:"):
            return
        try:
            got = await content(speaker, job)
        except ProviderError:
            got = b""
        assert deed in ("truncate", "wrong_length") or got == b""
        assert (await content(speaker, job))[4:8] == b"ftyp"

    do(way, work, [{"do": deed, "route": "content", "count": 1}])


def test_fields_that_are_dropped_are_not_missed(way: str, do: Reach) -> None:
    async def work(speaker: HostClient) -> None:
        job = await finished(speaker, await speaker.create(order(way)))
        assert job.status is JobStatus.COMPLETED

    do(way, work, [{"do": "drop_fields", "route": "get"}, {"do": "drop_fields", "route": "create"}])


def test_a_bad_size_is_a_fault_of_the_request(do: Reach) -> None:
    async def work(speaker: HostClient) -> None:
        with pytest.raises(InvalidRequest):
            await speaker.create(CreateRequest("A cat.", "sora-2", "1x1", 4))

    do("openai in-process", work)


@pytest.mark.parametrize(("family", "setting"), [("replicate", "hosts"), ("xai", "download.hosts")])
def test_a_file_at_a_private_address_is_refused_with_the_setting_that_allows_it(
    do: Reach, family: str, setting: str
) -> None:
    async def work(speaker: HostClient) -> None:
        job = replace(
            await finished(speaker, await speaker.create(order(family))), urls=("http://10.0.0.9/a",)
        )
        with pytest.raises(BadDownload) as refused:
            await content(speaker, job)
        assert refused.value.hint == f'if that is intended, add "10.0.0.9" to {setting} in the profile'

    do(f"{family} in-process", work)


@pytest.mark.parametrize("how", HOWS)
def test_characters_are_uploaded_and_used(how: str, do: Reach, tmp_path: Path) -> None:
    async def work(speaker: HostClient) -> None:
        clip = tmp_path / "mossy.mp4"
        clip.write_bytes(
            await content(speaker, await finished(speaker, await speaker.create(order("preview"))))
        )
        character = await speaker.upload_character("Mossy", clip)
        assert await speaker.character_exists(character)
        assert not await speaker.character_exists("char_nobody")
        job = await speaker.create(order("preview", "Mossy walks.", characters=(character,)))
        assert (await finished(speaker, job)).status is JobStatus.COMPLETED

    do(f"preview {how}", work)


def test_an_uploaded_source_stands_in_for_one_that_is_gone(do: Reach, tmp_path: Path) -> None:
    async def work(speaker: HostClient) -> None:
        base = await finished(speaker, await speaker.create(order("preview")))
        file = tmp_path / "kept.mp4"
        file.write_bytes(await content(speaker, base))
        await speaker.delete(base.id)
        source = Source(base.id, file, model="sora-2", size="1280x720", seconds=4)
        assert (await speaker.extend(ExtendRequest(source, "Go on.", 4))).id
        assert (await speaker.edit(EditRequest(source, "At night."))).id
        with pytest.raises(NotFound):
            await speaker.edit(EditRequest(Source(base.id, model="sora-2"), "At night."))

    do("preview in-process", work)


def test_a_batch_gives_one_line_for_each_request(do: Reach) -> None:
    async def work(speaker: HostClient) -> None:
        lines = [batch_line(speaker.host, f"key{n}", order("preview", f"Cat {n}.")) for n in range(3)]
        batches = speaker.batches
        batch = await batches.create_batch(await batches.upload_file("batch", b"".join(lines)))
        for _ in range(20_000):
            batch = await batches.batch(batch.id)
            if batch.status.terminal:
                break
            await asyncio.sleep(0.01)
        assert batch.output_file_id is not None
        async with batches.file_content(batch.output_file_id) as found:
            output = b"".join([chunk async for chunk in found.chunks()])
        results = [read_batch_line(line) for line in output.splitlines()]
        assert sorted(result.custom_id for result in results if result) == ["key0", "key1", "key2"]
        for result in results:
            assert result is not None and result.job is not None
            assert (await content(speaker, result.job))[4:8] == b"ftyp"

    do("preview in-process", work)


def test_an_overload_that_lasts_is_told_with_its_wait(do: Reach) -> None:
    async def work(speaker: HostClient) -> None:
        with pytest.raises(RateLimited) as refused:
            await speaker.create(order("preview"))
        assert refused.value.retry_after == 900

    do("preview socket", work, [{"do": "rate_limit", "route": "create", "retry_after": 900}])
