"""Hosts of the job family, each told by a profile alone: what is sent, asked and read, and lost answers."""

from __future__ import annotations

import json
import os
import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

pytest.importorskip("av")

from sorasync.preview.dialects.replicate import Replicate
from sorasync.preview.faults.rule import FaultPlan, FaultRule
from sorasync.preview.media import tiny_video
from sorasync.preview.serve import running
from sorasync.preview.settings import PreviewSettings
from tests.apply.crash.child import fork
from tests.cli.kit import Film, make
from tests.preview.test_videos import picture

VIDEO = tiny_video(1280, 720, 4, "x")
PICTURE = picture(1280, 720)
STILLS = """
[stills.quay]
prompt = "A stone quay at dawn."
[[stills.quay.steps]]
edit = "The same quay at night."
"""
CLIP = '[clips.pier]\nprompt = "A pier at dusk, warm lamps, a slow dolly."\n'
CONFIG = """\
[provider]
profile = "./host.toml"
base_url = "{url}"
api_key_env = "JOB_KEY"
[defaults]
model = "owner/model"
size = "1280x720"
seconds = 4
"""
PROFILE = """\
family = "job"
name = "jobs"
title = "A host by job"
base_url = "http://127.0.0.1:1"
settle = "{settle}"
[auth]
env = "JOB_KEY"
header = "x-key"
value = "{{key}}"
[create]
request = "POST /{{model}}/make"
{create}
[create.body]
id = "{own}"
text = "$prompt"
[create.body.options]
shape = "$size|ratio"
tier = "$size|map:tiers"
length = "$seconds|suffix:s"
seed = "$seed"
"*" = "$params"
[create.answer]
id = "job.id"
error = "reason"
code = "kind"
[get]
request = "GET /jobs/{{id}}"
state = "job.state"
least_seconds = 0.5
settle_seconds = 0
error = "job.reason"
blocked_when = ["job.filtered"]
progress = "job.done"
[states]
pending = ["waiting"]
done = ["ready"]
failed = ["broken"]
[result]
video = ["job.files[*].url"]
[cost]
reported = ["job.charge", "header:x-charge"]
unit = "credit:0.01"
{list}
[maps.tiers]
"1280x720" = "hd"
[models."owner/model"]
sizes = ["1280x720"]
seconds = [4]
[models."owner/model".prices]
"*" = "0.1"
[params]
film = "boolean"
"""
STILL = """
[still]
request = "POST /pictures/{model}"
[still.body]
id = "$own_id"
text = "$prompt"
wide = "$width"
seed = "$seed"
"*" = "$params"
[still.edit]
request = "POST /pictures/{model}/edit"
[still.edit.body]
sources = [{ picture = "$images|data_url" }]
[images]
default_model = "owner/painter"
[images.models."owner/painter"]
default_size = "1280x720"
prices = { "*" = "0.02" }
[images.params]
quality = "string"
"""
LIST = """
[list]
request = "GET /jobs"
items = "jobs[*]"
prompt = "text"
complete = true
settle_seconds = 0
"""
KILLED = 77


@dataclass
class JobHost:
    """Makes a job of each request that it has not seen by its key; says what it was asked."""

    by_key: bool = False
    # What becomes of the next creates: `answer` is lost after a job was made, `request` before.
    lose: list[str] = field(default_factory=list)
    states: list[str] = field(default_factory=lambda: ["waiting", "ready"])
    more: dict[str, Any] = field(default_factory=dict)
    # What is answered in the place of a job.
    refusal: tuple[int, dict[str, Any]] | None = None
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    sent: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    url: str = ""

    def answer(self, handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> tuple[int, object] | None:
        self.asked.append(f"{handler.command} {handler.path}")
        self.keys.append(str(handler.headers.get("x-key")))
        if handler.command == "POST":
            return self.create(body, str(handler.headers.get("replay-key")))
        if handler.path == "/jobs":
            return 200, {"jobs": [self.listed(name) for name in reversed(self.jobs)]}
        if handler.path.startswith("/files/"):
            return 200, PICTURE if handler.path.endswith(".png") else VIDEO
        name = handler.path.removeprefix("/jobs/")
        return (200, {"job": self.shown(name)}) if name in self.jobs else (404, {"reason": "no such job"})

    def create(self, body: dict[str, Any], key: str) -> tuple[int, object] | None:
        lost = self.lose.pop(0) if self.lose else ""
        if lost == "request":
            return None
        self.sent.append(body)
        if self.refusal is not None:
            return self.refusal
        known = next((name for name, job in self.jobs.items() if self.by_key and job["key"] == key), None)
        name = known or body.get("id") or f"j-{len(self.jobs) + 1}"
        if known is None:
            assert name not in self.jobs, "made twice"
            self.jobs[name] = {
                "key": key,
                "text": body["text"],
                "states": list(self.states),
                "still": "wide" in body,
            }
        return None if lost else (201, {"job": {"id": name}})

    def shown(self, name: str) -> dict[str, Any]:
        states = self.jobs[name]["states"]
        state = states.pop(0) if len(states) > 1 else states[0]
        if self.jobs[name]["still"]:
            return {"state": state, "pictures": [f"{self.url}/files/{name}.png"]} | self.more
        return {"state": state, "files": [{"url": f"{self.url}/files/{name}.mp4"}]} | self.more

    def listed(self, name: str) -> dict[str, Any]:
        return {"id": name, "text": self.jobs[name]["text"], "created_at": time.time()}


@contextmanager
def serving(host: JobHost) -> Iterator[JobHost]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            raw = self.rfile.read(int(self.headers.get("content-length", 0)))
            answer = host.answer(self, json.loads(raw) if raw else {})
            if answer is None:
                self.close_connection = True
                return
            status, said = answer
            body = said if isinstance(said, bytes) else json.dumps(said).encode()
            self.send_response(status)
            kind = "image/png" if said is PICTURE else "video/mp4" if isinstance(said, bytes) else ""
            self.send_header("content-type", kind or "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

        def log_message(self, *_: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        host.url = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            yield host
        finally:
            server.shutdown()
            thread.join()


def profile(settle: str, *, own: bool = False, keyed: bool = False, lists: bool = False) -> str:
    create = 'idempotency = "Replay-Key"' if keyed else ""
    own_id = "$own_id" if own else "$label"
    text = PROFILE.format(settle=settle, create=create, own=own_id, list=LIST if lists else "")
    return text if own else text.replace('id = "$label"\n', "")


PROFILES = {
    "ask": profile("ask"),
    "replay": profile("replay", keyed=True),
    "own_id": profile("own_id", own=True),
    "list": profile("list", lists=True),
}


def with_stills(settle: str) -> str:
    """The profile with a table for stills, and where their pictures are."""
    text = PROFILES[settle].replace('video = ["job.files', 'picture = "job.pictures[*]"\nvideo = ["job.files')
    return text + (STILL if settle == "own_id" else STILL.replace('id = "$own_id"\n', ""))


@pytest.fixture
def film(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Film:
    monkeypatch.setenv("JOB_KEY", "k-1")
    return make(tmp_path / "film", capsys, CLIP)


def at(film: Film, host: JobHost, text: str) -> Film:
    film.write("sorasync.toml", CONFIG.format(url=host.url))
    film.write("host.toml", text)
    return film


def test_a_host_is_told_by_its_profile_alone(film: Film) -> None:
    with serving(JobHost(more={"done": 0.5, "charge": 30})) as host:
        at(film, host, PROFILES["ask"]).write(
            "manifests/a.toml", CLIP + "params = { film = true, seed = 7 }\n"
        )
        assert film.run("plan", "--format", "json").json["cost_usd"] == "0.40"
        assert film.run("apply", "--yes", "--quiet").code == 0
        assert host.sent == [
            {
                "text": "A pier at dusk, warm lamps, a slow dolly.",
                "options": {"shape": "16:9", "tier": "hd", "length": "4s", "seed": 7, "film": True},
            }
        ]
        assert host.asked[0] == "POST /owner/model/make"
        assert set(host.keys) == {"k-1"}
        assert (film.root / "assets" / "pier.mp4").read_bytes() == VIDEO
        assert film.run("plan", "--detailed-exitcode").code == 0
        assert "0.30" in film.run("cost").out


@pytest.mark.parametrize("lost", ["answer", "request"])
@pytest.mark.parametrize("settle", ["replay", "own_id", "list"])
def test_a_lost_answer_settles_itself_and_is_paid_for_once(film: Film, settle: str, lost: str) -> None:
    with serving(JobHost(by_key=settle == "replay", lose=[lost])) as host:
        at(film, host, PROFILES[settle])
        assert film.run("apply", "--yes", "--quiet").code == 0
        assert len(host.jobs) == 1
        assert (film.root / "assets" / "pier.mp4").exists()


def test_a_lost_answer_is_a_question_where_nothing_helps(film: Film) -> None:
    with serving(JobHost(lose=["answer"])) as host:
        at(film, host, PROFILES["ask"])
        assert film.run("apply", "--yes", "--quiet").code != 0
        assert film.run("apply", "--yes", "--quiet").code != 0
        assert len(host.jobs) == len(host.sent) == 1
        assert film.run("resolve", "clip.pier", "--adopt", "j-1").code == 0
        assert film.run("apply", "--yes", "--quiet").code == 0
        assert len(host.jobs) == len(host.sent) == 1
        assert (film.root / "assets" / "pier.mp4").exists()


@pytest.mark.parametrize("settle", ["replay", "own_id", "list"])
@pytest.mark.parametrize("moment", ["apply.render.send._post", "apply.render.send._keep"])
def test_a_run_that_is_killed_around_the_request_is_settled_by_the_next(
    film: Film, monkeypatch: pytest.MonkeyPatch, settle: str, moment: str
) -> None:
    with serving(JobHost(by_key=settle == "replay")) as host:
        at(film, host, PROFILES[settle])
        with monkeypatch.context() as patched:
            patched.setattr(f"sorasync.{moment}", lambda *_: os._exit(KILLED))
            assert fork(lambda: film.run("apply", "--yes", "--quiet").code).wait(60) == KILLED
        assert film.run("apply", "--yes", "--quiet").code == 0
        assert len(host.jobs) == 1
        assert (film.root / "assets" / "pier.mp4").exists()


def test_a_refusal_of_a_repetition_says_nothing_of_the_first_request(
    film: Film, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(JobHost(by_key=True)) as host:
        at(film, host, PROFILES["replay"])
        with monkeypatch.context() as patched:
            patched.setattr("sorasync.apply.render.send._keep", lambda *_: os._exit(KILLED))
            assert fork(lambda: film.run("apply", "--yes", "--quiet").code).wait(60) == KILLED
        host.refusal = 422, {"reason": "not today"}
        assert film.run("apply", "--yes", "--quiet").code != 0
        assert "clip.pier" in film.run("resolve").out
        host.refusal = None
        assert film.run("apply", "--yes", "--quiet").code == 0
        assert len(host.jobs) == 1


def test_a_request_is_not_repeated_at_a_price_that_nobody_has_seen(
    film: Film, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(JobHost(by_key=True)) as host:
        at(film, host, PROFILES["replay"])
        with monkeypatch.context() as patched:
            patched.setattr("sorasync.apply.render.send._keep", lambda *_: os._exit(KILLED))
            assert fork(lambda: film.run("apply", "--yes", "--quiet").code).wait(60) == KILLED
        film.write("host.toml", PROFILES["replay"].replace('"*" = "0.1"', '"*" = "0.2"'))
        assert film.run("apply", "--yes", "--quiet").code != 0
        assert len(host.sent) == 1
        assert "clip.pier" in film.run("resolve").out


def test_renders_are_followed_by_themselves_where_the_list_says_no_states(film: Film) -> None:
    with serving(JobHost()) as host:
        at(film, host, PROFILES["list"]).write("manifests/b.toml", CLIP.replace("pier", "quay"))
        assert film.run("apply", "--yes", "--quiet").code == 0
        assert len(host.jobs) == 2 and len(host.asked) < 20


def test_a_state_that_nobody_knows_is_told_once_and_waited_for(film: Film) -> None:
    with serving(JobHost(states=["waiting", "polishing", "polishing", "ready"])) as host:
        shown = at(film, host, PROFILES["ask"]).run("apply", "--yes")
        assert shown.code == 0
        assert (shown.out + shown.err).count('"polishing"') == 1


@pytest.mark.parametrize(
    ("host", "action", "words"),
    [
        (JobHost(states=["broken"], more={"reason": "the lamp burst"}), "create", "the lamp burst"),
        (JobHost(states=["ready"], more={"filtered": 1}), "blocked", "refused"),
        (
            JobHost(refusal=(200, {"code": 1301, "message": "x", "reason": "no credit"})),
            "blocked",
            "no credit",
        ),
        (JobHost(refusal=(422, {"reason": "nudity", "kind": "content_policy"})), "blocked", "nudity"),
    ],
    ids=["failed", "filtered", "refused-in-200", "moderated"],
)
def test_a_render_that_comes_to_nothing_says_why(film: Film, host: JobHost, action: str, words: str) -> None:
    with serving(host):
        shown = at(film, host, PROFILES["ask"]).run("apply", "--yes")
        assert shown.code == 1
        assert words in shown.out + shown.err
        assert film.run("plan", "--format", "json").json["changes"][0]["action"] == action


@pytest.mark.parametrize(("rule", "spent"), [("charged", "0.40"), ("free", "0.00"), ("unknown", "0.00")])
def test_a_refusal_counts_where_the_host_charges_for_it(film: Film, rule: str, spent: str) -> None:
    text = PROFILES["ask"].replace("[cost]", f'[cost]\non_refusal = "{rule}"')
    with serving(JobHost(states=["ready"], more={"filtered": 1})) as host:
        shown = at(film, host, text).run("apply", "--yes")
        assert shown.code == 1
        assert (f"charged ${spent} all the same" in shown.out + shown.err) == (rule == "charged")
        assert film.run("cost", "--format", "json").json["total"]["spent_usd"] == spent
        assert ("$0.40 charged" in film.run("history", "show", "1").out) == (rule == "charged")
        # That charge says nothing about the price of a render.
        assert film.run("cost", "--accuracy", "--format", "json").json["total"]["compared"] == 0


def test_a_job_that_is_done_has_failed_where_the_profile_says_how(film: Film) -> None:
    text = PROFILES["ask"].replace("progress =", 'failed_when = ["job.fault"]\nprogress =')
    with serving(JobHost(states=["ready"], more={"fault": 7, "reason": "the lamp burst"})) as host:
        shown = at(film, host, text).run("apply", "--yes")
        assert shown.code == 1 and "the lamp burst" in shown.out + shown.err
        assert film.run("plan", "--format", "json").json["changes"][0]["action"] == "create"


def test_a_video_inside_the_answer_is_saved(film: Film) -> None:
    text = PROFILES["ask"].replace('video = ["job.files[*].url"]', 'base64 = ["job.data"]')
    with serving(JobHost(more={"data": b64encode(VIDEO).decode()})) as host:
        assert at(film, host, text).run("apply", "--yes", "--quiet").code == 0
        assert (film.root / "assets" / "pier.mp4").read_bytes() == VIDEO
        assert not [asked for asked in host.asked if "/files/" in asked]
        (film.root / "assets" / "pier.mp4").unlink()
        assert film.run("apply", "--yes", "--quiet").code == 0
        assert len(host.sent) == 1


def test_a_job_at_another_host_is_never_asked_for(film: Film) -> None:
    """Its address would get the key."""
    text = PROFILES["ask"].replace('id = "job.id"', 'id = "job.id"\nid_form = "path"')
    with serving(JobHost()) as host, serving(JobHost()) as other:
        host.refusal = 201, {"job": {"id": f"{other.url}/jobs/j-1"}}
        shown = at(film, host, text).run("apply", "--yes")
        assert shown.code != 0
        assert "another host" in shown.out + shown.err
        assert other.asked == []
        assert "clip.pier" in film.run("resolve").out


def test_fal_from_plan_to_file_with_a_lost_answer_on_the_way(film: Film, tmp_path: Path) -> None:
    settings = PreviewSettings(tmp_path / "fal", draw=False, dialect="fal", api_key="k-1")
    with running(settings) as served:
        film.write(
            "sorasync.toml",
            f'[provider]\nprofile = "fal"\nbase_url = "{served.url}"\napi_key_env = "JOB_KEY"\n'
            "[provider.get]\nleast_seconds = 0.5\n"
            '[defaults]\nmodel = "fal-ai/veo3/fast"\nsize = "1280x720"\nseconds = 8\n',
        )
        inside = served.app.state.server
        assert film.run("plan", "--format", "json").json["cost_usd"] == "1.20"
        inside.faults.set(FaultPlan(rules=[FaultRule(do="cut_after", route="create", count=1)]))
        assert film.run("apply", "--yes", "--quiet").code != 0
        assert film.run("apply", "--yes", "--quiet").code != 0
        (charge,) = inside.ledger.charges()
        assert charge.amount == 1_200_000
        address = f"{served.url}/fal-ai/veo3/requests/{charge.job}"
        assert film.run("resolve", "clip.pier", "--adopt", address).code == 0
        assert film.run("apply", "--yes", "--quiet").code == 0
        assert film.run("plan", "--detailed-exitcode").code == 0
        assert (film.root / "assets" / "pier.mp4").exists()
        assert f'"fal-ai/veo3/requests/{charge.job}"' in film.read("sorasync.lock")
        (film.root / "assets" / "pier.mp4").unlink()
        assert film.run("apply", "--yes", "--quiet").code == 0
        assert inside.ledger.charges() == [charge]


REPLICATE = """\
[provider]
profile = "replicate"
base_url = "{url}"
api_key_env = "JOB_KEY"
[provider.get]
least_seconds = 0.5
[provider.list]
settle_seconds = 0
[defaults]
model = "google/veo-3-fast"
size = "1280x720"
seconds = 4
[prices."google/veo-3-fast"]
"*" = 0.1
"""


@pytest.mark.parametrize("deed", ["cut_before", "cut_after"])
def test_replicate_settles_a_lost_answer_by_a_list_of_pages(
    film: Film, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, deed: str
) -> None:
    monkeypatch.setattr(Replicate, "list_default", 1)
    settings = PreviewSettings(tmp_path / "host", draw=False, dialect="replicate", api_key="k-1")
    with running(settings) as served:
        film.write("sorasync.toml", REPLICATE.format(url=served.url))
        film.write("manifests/b.toml", CLIP.replace("pier", "quay") + CLIP.replace("pier", "mole"))
        inside = served.app.state.server
        inside.faults.set(FaultPlan(rules=[FaultRule(do=deed, route="create", count=1)]))
        assert film.run("apply", "--yes", "--quiet").code == 0
        assert film.run("plan", "--detailed-exitcode").code == 0
        assert len(inside.ledger.charges()) == 3
        assert inside.requests["list"] > 2
        shown = film.run("doctor", "--format", "json").json["checks"]
        assert {"list": "ok", "key": "ok"}.items() <= {one["name"]: one["level"] for one in shown}.items()


COMFYUI = """\
[provider]
profile = "comfyui"
base_url = "{url}"
[provider.get]
least_seconds = 0.5
settle_seconds = 0
[defaults]
workflow = "wan.api.json"
seconds = 2
[defaults.bind]
prompt = "6.text"
negative = "7.text"
seed = "3.seed"
frames = "40.length"
fps = 16
[prices.workflow]
"*" = 0
"""
WORKFLOW = {
    "3": {"class_type": "KSampler", "inputs": {"seed": 1, "positive": ["6", 0]}},
    "6": {"class_type": "CLIPTextEncode", "inputs": {"text": "old"}, "_meta": {"title": "Prompt"}},
    "7": {"class_type": "CLIPTextEncode", "inputs": {"text": "fog"}},
    "40": {"class_type": "EmptyLatentVideo", "inputs": {"width": 832, "height": 480, "length": 81}},
}


@pytest.mark.parametrize("deed", ["cut_before", "cut_after", "error"])
def test_comfyui_is_asked_for_our_own_id_after_a_lost_answer(film: Film, tmp_path: Path, deed: str) -> None:
    settings = PreviewSettings(tmp_path / "host", draw=False, dialect="comfyui")
    with running(settings) as served:
        film.write("sorasync.toml", COMFYUI.format(url=served.url))
        film.write("wan.api.json", json.dumps(WORKFLOW))
        inside = served.app.state.server
        inside.faults.set(FaultPlan(rules=[FaultRule(do=deed, route="create", count=1, status=500)]))
        assert film.run("apply", "--yes", "--quiet").code == 0
        assert film.run("plan", "--detailed-exitcode").code == 0
        (charge,) = inside.ledger.charges()
        assert (charge.seconds, charge.size) == (2, "832x480")
        assert UUID(charge.job).version == 4
        assert (film.root / "assets" / "pier.mp4").exists()
        assert film.run("show", "clip.pier").code == 0
        film.write("wan.api.json", json.dumps(WORKFLOW).replace("Prompt", "The prompt"))
        assert film.run("plan", "--detailed-exitcode").code == 0
        film.write("wan.api.json", json.dumps(WORKFLOW).replace('"fog"', '"rain"'))
        (change,) = film.run("plan", "--format", "json").json["changes"]
        assert change["action"] == "replace" and "workflow" in change["reason"]
        film.write("wan.api.json", json.dumps(WORKFLOW).replace("832", "640"))
        (change,) = film.run("plan", "--format", "json").json["changes"]
        assert change["action"] == "replace" and "workflow" in change["reason"]


def test_a_faulty_workflow_is_told_once_and_doctor_needs_no_list(film: Film, tmp_path: Path) -> None:
    film.write("sorasync.toml", COMFYUI.format(url="http://127.0.0.1:1").replace("6.text", "6.txt"))
    film.write("wan.api.json", json.dumps(WORKFLOW))
    shown = film.run("validate")
    assert shown.code == 1 and "S119" in shown.err and "S129" not in shown.err
    film.write("sorasync.toml", COMFYUI.format(url="http://127.0.0.1:1").replace('prompt = "6.text"', ""))
    shown = film.run("validate")
    assert "S112" in shown.err and "S129" not in shown.err
    settings = PreviewSettings(tmp_path / "host", draw=False, dialect="comfyui")
    with running(settings) as served:
        film.write("sorasync.toml", COMFYUI.format(url=served.url))
        shown = film.run("doctor", "--format", "json")
        assert {one["name"]: one["level"] for one in shown.json["checks"]}["list"] == "ok"


def test_a_saved_plan_holds_the_workflow_that_it_was_made_of(film: Film, tmp_path: Path) -> None:
    settings = PreviewSettings(tmp_path / "host", draw=False, dialect="comfyui")
    with running(settings) as served:
        film.write("sorasync.toml", COMFYUI.format(url=served.url))
        film.write("wan.api.json", json.dumps(WORKFLOW))
        assert film.run("plan", "--out", "one.plan").code == 0
        assert film.run("apply", "one.plan", "--quiet").code == 0
        assert len(served.app.state.server.ledger.charges()) == 1
        assert film.run("plan", "--detailed-exitcode").code == 0


def test_comfyui_is_sent_the_graph_with_a_clip_s_values(film: Film) -> None:
    sent: list[dict[str, Any]] = []

    class ComfyHost(JobHost):
        def create(self, body: dict[str, Any], key: str) -> tuple[int, object]:
            sent.append(body)
            errors = {"6": {"errors": [{"message": "Bad value", "details": "text: not today"}]}}
            return 400, {"error": {"type": "x", "message": "Prompt outputs failed"}, "node_errors": errors}

    with serving(ComfyHost()) as host:
        film.write("sorasync.toml", COMFYUI.format(url=host.url))
        film.write("wan.api.json", json.dumps(WORKFLOW))
        shown = film.run("apply", "--yes")
        assert "text: not today" in shown.out + shown.err
        (body,) = sent
        graph = body["prompt"]
        assert graph["6"] == {"class_type": "CLIPTextEncode", "inputs": {"text": CLIP.split('"')[1]}}
        assert graph["7"]["inputs"] == {"text": "fog"}
        assert graph["40"]["inputs"] == {"width": 832, "height": 480, "length": 33}
        assert graph["3"]["inputs"]["positive"] == ["6", 0] and graph["3"]["inputs"]["seed"] != 1
        assert UUID(body["prompt_id"]).version == 4


def test_runway_reports_what_a_render_cost_in_credits(film: Film, tmp_path: Path) -> None:
    settings = PreviewSettings(tmp_path / "host", draw=False, dialect="runway", api_key="k-1")
    with running(settings) as served:
        film.write(
            "sorasync.toml",
            f'[provider]\nprofile = "runway"\nbase_url = "{served.url}"\napi_key_env = "JOB_KEY"\n'
            '[provider.get]\nleast_seconds = 0.5\n[prices."gen4.5"]\n"*" = 0.9\n',
        )
        inside = served.app.state.server
        inside.faults.set(FaultPlan(rules=[FaultRule(do="cut_after", route="create", count=1)]))
        assert film.run("apply", "--yes", "--quiet").code != 0
        assert film.run("apply", "--yes", "--quiet").code != 0
        (charge,) = inside.ledger.charges()
        assert film.run("resolve", "clip.pier", "--adopt", charge.job).code == 0
        assert film.run("apply", "--yes", "--quiet").code == 0
        assert inside.ledger.charges() == [charge]
        # By what the host said: 5 s at 0.10, not at the price of 0.90.
        assert "0.50" in film.run("cost").out
        film.write("manifests/a.toml", CLIP.replace("dusk", "dawn"))
        inside.faults.set(FaultPlan(rules=[FaultRule(do="fail_moderated", route="create", count=1)]))
        assert film.run("apply", "--yes", "--quiet").code == 1
        changes = film.run("plan", "--format", "json").json["changes"]
        assert "blocked" in [change["action"] for change in changes]


def test_doctor_invents_no_job_at_a_host_whose_jobs_are_addresses(film: Film, tmp_path: Path) -> None:
    settings = PreviewSettings(tmp_path / "host", draw=False, dialect="fal", api_key="k-1")
    with running(settings) as served:
        film.write(
            "sorasync.toml",
            f'[provider]\nprofile = "fal"\nbase_url = "{served.url}"\napi_key_env = "JOB_KEY"\n',
        )
        shown = film.run("doctor", "--format", "json").json["checks"]
        assert {one["name"]: one["level"] for one in shown}["key"] == "unknown"
        assert not {"get", "result", "create"} & set(served.app.state.server.requests)


def test_a_profile_that_needs_what_cannot_be_sent_is_refused(film: Film) -> None:
    text = PROFILES["ask"].replace('text = "$prompt"', 'text = "$prompt"\ngraph = "$last_image"')
    with serving(JobHost()) as host:
        shown = at(film, host, text).run("plan")
        assert shown.code != 0 and "$last_image" in shown.err
        assert host.asked == []


def test_stills_are_jobs_where_the_profile_says_how(film: Film) -> None:
    with serving(JobHost(more={"charge": 3})) as host:
        manifest = STILLS.replace("[[", 'params = { quality = "low", seed = 9 }\n[[', 1)
        at(film, host, with_stills("ask")).write("manifests/b.toml", manifest)
        assert film.run("plan", "--format", "json").json["cost_usd"] == "0.44"
        assert film.run("apply", "--yes", "--quiet").code == 0
        sent = {one["text"]: one for one in host.sent}
        first, edit = sent["A stone quay at dawn."], sent["The same quay at night."]
        assert first == {"text": first["text"], "wide": 1280, "seed": 9, "quality": "low"}
        (source,) = edit["sources"]
        assert source == {"picture": f"data:image/png;base64,{b64encode(PICTURE).decode()}"}
        posted = [line for line in host.asked if "/pictures/" in line]
        assert posted == ["POST /pictures/owner/painter", "POST /pictures/owner/painter/edit"]
        assert (film.root / "assets" / "stills" / "quay.png").read_bytes() == PICTURE
        assert film.run("plan", "--detailed-exitcode").code == 0
        # 3 credits for each of three jobs, at a cent each.
        assert "0.09" in film.run("cost").out


@pytest.mark.parametrize("lost", ["answer", "request"])
@pytest.mark.parametrize("settle", ["replay", "own_id", "list"])
def test_a_lost_answer_of_a_still_settles_itself(film: Film, settle: str, lost: str) -> None:
    with serving(JobHost(by_key=settle == "replay", lose=[lost])) as host:
        at(film, host, with_stills(settle)).write("manifests/a.toml", STILLS.partition("[[")[0])
        assert film.run("apply", "--yes", "--quiet").code == 0
        assert len(host.jobs) == 1
        assert (film.root / "assets" / "stills" / "quay.png").exists()


def test_a_lost_answer_of_a_still_is_a_question_and_its_job_can_be_named(film: Film) -> None:
    with serving(JobHost(lose=["answer"])) as host:
        at(film, host, with_stills("ask")).write("manifests/a.toml", STILLS.partition("[[")[0])
        assert film.run("apply", "--yes", "--quiet").code != 0
        assert "still.quay" in film.run("resolve").out
        assert film.run("resolve", "still.quay", "--adopt", "j-1").code == 0
        assert film.run("apply", "--yes", "--quiet").code == 0
        assert len(host.sent) == 1 and (film.root / "assets" / "stills" / "quay.png").exists()


def test_a_still_at_a_host_that_makes_none_is_an_error_with_its_place(film: Film) -> None:
    with serving(JobHost()) as host:
        at(film, host, PROFILES["ask"]).write("manifests/b.toml", STILLS)
        shown = film.run("validate")
        assert shown.code == 1 and "manifests/b.toml:2:" in shown.out + shown.err
        assert "jobs does not make stills" in shown.out + shown.err
        assert host.asked == []


@pytest.mark.parametrize(
    ("wrong", "right", "words"),
    [
        ('picture = "job.pictures[*]"', "", "result.picture"),
        ('sources = [{ picture = "$images|data_url" }]', 'more = "$prompt"', "it sends no image"),
        ('sources = [{ picture = "$images|data_url" }]', 'more = "$images|data_url"', "stands in an array"),
        ('wide = "$width"', 'wide = "$image|data_url"', "images belong in still.edit.body"),
        ('quality = "string"', "", "images.params"),
        ("[still]", "[stil]", "stil"),
        ('default_model = "owner/painter"', 'create = "/x"', "asked as [still] says"),
    ],
)
def test_what_a_profile_for_stills_lacks_is_said(film: Film, wrong: str, right: str, words: str) -> None:
    text = with_stills("ask")
    assert wrong in text
    film.write("sorasync.toml", CONFIG.format(url="http://127.0.0.1:1"))
    film.write("host.toml", text.replace(wrong, right, 1))
    shown = film.run("validate")
    assert shown.code == 1 and words in shown.out + shown.err
