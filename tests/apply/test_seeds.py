"""Seeds: one for each take, revision and render a new render was asked for, sent and in no key."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from click import unstyle
from hypothesis import given
from hypothesis import strategies as st

from sorasync.apply.render.seed import with_seed
from sorasync.apply.report import End
from sorasync.cli.main import run
from sorasync.cli.views.plan.plan_text import sums
from sorasync.operations.plan import PlanOptions
from sorasync.plan.planfile import encode
from sorasync.profile import load_profile
from sorasync.profile.profile import Profile
from sorasync.provider.local import in_process
from sorasync.state.record import Record, Status
from tests.apply.conftest import MakeWorld
from tests.apply.world import World, clips
from tests.preview.test_videos import picture

SEEDED = (
    '[provider]\nprofile = "preview"\n[provider.fields]\nseed = "seed"\n[provider.params]\nseed = "integer"\n'
)


def profile(field: str | None, *, known: bool = True) -> Profile:
    base = load_profile("sglang")
    fields = base.fields.model_copy(update={"seed": field})
    return base.model_copy(update={"fields": fields, "params": {"seed": "integer"} if known else {}})


SEEDED_HOST = profile("seed")
KEYS = st.text("0123456789abcdef", min_size=64, max_size=64)


def sent(found: Mapping[str, object]) -> int:
    seed = found["seed"]
    assert isinstance(seed, int)
    return seed


@given(st.lists(st.tuples(KEYS, st.integers(0, 5)), unique=True, max_size=50))
def test_every_key_and_attempt_has_a_seed_of_its_own_and_keeps_it(tries: list[tuple[str, int]]) -> None:
    def seeds() -> list[int]:
        return [sent(with_seed(SEEDED_HOST, {}, key=key, take=1, tried=tried)) for key, tried in tries]

    assert seeds() == seeds()
    assert len(set(seeds())) == len(tries)
    assert all(0 <= seed < 2**31 for seed in seeds())


def test_a_seed_never_changes_for_a_key() -> None:
    """A request that is sent again since it never arrived must be the same one, whatever the version."""
    assert with_seed(SEEDED_HOST, {}, key="ab" * 32, take=1, tried=0) == {"seed": 1064616911}


@given(st.integers(0, 2**40), st.integers(1, 9), KEYS, st.integers(0, 3))
def test_a_seed_of_the_manifest_counts_first_and_takes_go_on_from_it(
    own: int, take: int, key: str, tried: int
) -> None:
    for host in (SEEDED_HOST, profile(None)):
        found = with_seed(host, {"seed": own, "fps": 24}, key=key, take=take, tried=tried)
        assert found == {"seed": own + take - 1, "fps": 24}


def test_a_host_without_a_field_for_it_is_sent_no_seed() -> None:
    params = {"fps": 24}
    for host in (profile(None), profile(None, known=False)):
        assert with_seed(host, params, key="k", take=2, tried=0) == params


def test_a_field_inside_a_table_leaves_its_neighbours() -> None:
    nested = profile("nvext.seed", known=False)
    found = with_seed(nested, {"nvext": {"fps": 24}}, key="k", take=1, tried=0)
    assert found["nvext"] == {"fps": 24, "seed": sent(with_seed(SEEDED_HOST, {}, key="k", take=1, tried=0))}
    own = {"nvext": {"seed": 7}}
    assert with_seed(nested, own, key="k", take=3, tried=0) == {"nvext": {"seed": 9}}


@pytest.mark.parametrize("name", ["dynamo", "fastvideo", "rapid-mlx", "sglang", "vllm-omni"])
def test_servers_that_take_a_seed_are_sent_one(name: str) -> None:
    host = load_profile(name)
    assert host.fields.seed is not None
    first, second = (with_seed(host, {}, key="k" * take, take=take, tried=0) for take in (1, 2))
    assert first.keys() == second.keys() and first != second
    assert not host.check_create(model=None, size=None, seconds=None, params=first)


class Host(httpx.AsyncBaseTransport):
    """Takes a seed, which the reference does not, and remembers those that came."""

    def __init__(self, world: World) -> None:
        self._inner = in_process(world.app)
        self.seeds: list[int | None] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST" and "multipart" in request.headers["content-type"]:
            mark = b"--" + request.headers["content-type"].partition("=")[2].encode()
            parts = (await request.aread()).split(mark)
            (seed,) = [part for part in parts if b'name="seed"' in part]
            self.seeds.append(int(seed.split()[-1]))
            parts.remove(seed)
            headers = {n: v for n, v in request.headers.items() if n not in ("content-length", "host")}
            request = httpx.Request("POST", request.url, headers=headers, content=mark.join(parts))
        elif request.method == "POST":
            body: dict[str, Any] = json.loads(await request.aread())
            self.seeds.append(body.pop("seed", None))
            headers = {n: v for n, v in request.headers.items() if n not in ("content-length", "host")}
            request = httpx.Request("POST", request.url, headers=headers, json=body)
        return await self._inner.handle_async_request(request)


def seeded(world: MakeWorld, manifest: str) -> tuple[World, Host]:
    it = world(manifest)
    settings = it.root / "sorasync.toml"
    settings.write_text(settings.read_text().replace('[provider]\nprofile = "preview"\n', SEEDED))
    it.transport = host = Host(it)
    return it, host


def test_takes_revisions_and_renders_afresh_differ_and_nothing_is_paid_for_again(world: MakeWorld) -> None:
    it = world(clips(["a"], "takes = 2\n"))
    assert it.apply().complete
    host = Host(it)
    settings = it.root / "sorasync.toml"
    settings.write_text(settings.read_text().replace('[provider]\nprofile = "preview"\n', SEEDED))
    it.transport = host
    assert it.plan().empty and host.seeds == []
    it.write(clips(["a"], "takes = 4\n"))
    assert it.apply().complete
    assert it.apply(PlanOptions(replace=("clip.a#3",))).complete
    it.write(clips(["a"], "takes = 4\nrevision = 1\n"))
    assert it.apply().complete
    assert len(host.seeds) == 2 + 1 + 4
    assert None not in host.seeds and len(set(host.seeds)) == len(host.seeds)


def test_a_request_that_never_arrived_is_sent_again_with_its_seed(world: MakeWorld) -> None:
    it, host = seeded(world, clips(["a"]))
    it.faults({"route": "create", "do": "cut_before", "count": 1})
    assert it.apply().complete
    assert len(host.seeds) == 2 and len(set(host.seeds)) == 1
    assert json.loads(it.record("clip.a#1").request)["seed"] == host.seeds[0]


def test_a_seed_of_the_manifest_is_sent_as_it_is(world: MakeWorld) -> None:
    it, host = seeded(world, clips(["a"], "takes = 3\nparams = { seed = 7 }\n"))
    assert it.apply().complete
    assert sorted(seed or 0 for seed in host.seeds) == [7, 8, 9]


def told(it: World, **options: Any) -> list[str]:
    return [one.message for one in it.plan(**options).diagnostics if one.code == "S130"]


def billing(it: World, *tables: str) -> None:
    it.bills = True
    (it.root / "host.toml").write_text(
        "\n".join(('extends = "litellm"', 'name = "host"', "[auth]", "required = false", *tables))
    )
    settings = it.root / "sorasync.toml"
    settings.write_text(settings.read_text().replace('profile = "preview"', 'profile = "host.toml"'))


@pytest.mark.parametrize(
    ("more", "warned"),
    [
        ("", False),
        ("takes = 3\n", True),
        ("revision = 1\n", True),
        ("takes = 3\nparams = { seed = 7 }\n", False),
        ("revision = 1\nparams = { seed = 7 }\n", True),
    ],
)
def test_a_plan_says_that_a_host_may_render_the_same_video_again(
    world: MakeWorld, more: str, warned: bool
) -> None:
    it = world(clips(["a", "b"], more))
    billing(it)
    assert bool(told(it, offline=True)) is warned


def test_a_row_with_a_seed_of_its_own_is_warned_of_as_other_clips_are(world: MakeWorld) -> None:
    it = world(PLAIN_ROW.replace("[clips.ad.each]", "revision = 1\nparams = { seed = 7 }\n[clips.ad.each]"))
    (it.root / "manifests" / "people.jsonl").write_text('{"id": 1, "name": "Ada"}')
    billing(it)
    (found,) = told(it, offline=True)
    assert found == "clip.ad[id=1]: the same seed is sent again, so the video may be the same"


def test_a_render_asked_for_afresh_is_warned_of(world: MakeWorld) -> None:
    it = world(clips(["a"]))
    billing(it)
    url = it.project.profile.provider_name
    with it.project.store(write=True) as store:
        (change,) = it.plan(offline=True).changes
        assert change.render is not None
        inputs = change.render.inputs
        record = Record(change.key, "create", Status.INTENT, change.address, inputs, provider=url)
        store.intend(record, None)
        for status in (Status.SUBMITTED, Status.RENDERED, Status.STORED):
            store.move(change.key, status, run=None, remote_id="video_1", asset="a" * 64)
        store.bind(change.address, change.key, run=None)
    (found,) = told(it, offline=True, replace=("clip.a",))
    assert found.startswith("clip.a: host may render the same video")


def test_the_warning_counts_renders_and_goes_where_the_host_can_tell_them_apart(world: MakeWorld) -> None:
    it = world(clips(["a", "b"], "takes = 3\n"))
    billing(it)
    (found,) = told(it, offline=True)
    assert re.match(r"clip\.a#2 and 3 other renders: host may render the same video for every take", found)
    shown = [unstyle(line) for line in sums(it.plan(offline=True))]
    assert f"Warning: {found}. To tell them apart, name the field of its seed in" in "\n".join(shown)
    billing(it, "[fields]", 'seed = "seed"')
    assert not told(it, offline=True)
    billing(it, "[abilities]", "varies = true")
    assert not told(it, offline=True)


ROW = """
[clips.ad]
prompt = "A letter to {{ name }}."
image = "{{ name }}.png"
description = "for {{ name }}"
params = { seed = "{{ tel }}" }
[[clips.ad.steps]]
extend = "{{ name }} reads it."
params = { seed = "{{ tel }}" }
[clips.ad.each]
jsonl = "people.jsonl"
key = "id"
"""
PLAIN_ROW = '[clips.ad]\nprompt = "{{ name }}."\n[clips.ad.each]\njsonl = "people.jsonl"\nkey = "id"\n'


def holding(root: Path) -> list[str]:
    """The files that hold what the row says, but for the user's own."""
    files = [path for path in root.rglob("*") if path.is_file() and "manifests" not in path.parts]
    found = [path for path in files if any(one in path.read_bytes() for one in (b"Qvist", b"555777001"))]
    return [str(path) for path in found]


def test_what_a_row_says_is_kept_nowhere_and_a_seed_of_sorasync_is(world: MakeWorld) -> None:
    it, host = seeded(world, ROW)
    row = {"id": 1, "name": "Qvist", "tel": 555777001}
    (it.root / "manifests" / "people.jsonl").write_text(json.dumps(row))
    (it.root / "manifests" / "Qvist.png").write_bytes(picture(1280, 720))
    saved = it.root / "saved.plan"
    saved.write_bytes(b"".join(encode(it.plan())))
    assert it.apply(plan_file=saved, detach=True).outcomes[0].end is End.PENDING
    assert it.record("clip.ad[id=1]#1").status is Status.SUBMITTED
    assert holding(it.root) == []
    assert it.apply().complete and host.seeds == [555777001] * 2
    assert run(["--library", str(it.root), "review", "--html", str(it.root / "page")]) == 0
    assert holding(it.root) == []
    it.write(PLAIN_ROW)
    assert it.apply().complete
    with it.store() as store:
        told = [json.loads(one.request) for one in store.every_record() if one.source_key is None]
    assert {"seed": host.seeds[-1]} in told and {} in told
