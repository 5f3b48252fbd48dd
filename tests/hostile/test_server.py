"""A provider that repeats the key, draws on the terminal and names paths gets nowhere."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from urllib.parse import quote

import pytest

from sorasync.preview.media import tiny_video
from tests.hostile.kit import FEW, KEY, LOOKS, everything_below, make
from tests.hostile.server import Answer, Asked, Said, lying

# Escape sequences of two kinds, C1 controls, marks that turn the direction of writing, a NUL.
BAD = "\x1b]0;owned\x07\x1b[31mred\x9b2J\u202eevil\u2066\u200b\x00\r\n"

VIDEO = tiny_video(1280, 720, 4, "a")


def echo(asked: Asked) -> str:
    """Words of a server that repeats what it was sent, the key in three spellings."""
    sent = asked.headers.get("authorization", "")
    return f"{BAD} {sent} {quote(KEY, safe='')} {quote(KEY)}"


def refusing(status: int, code: str | None = "bad") -> Answer:
    """Every request is refused, with the key in the words, the code and the headers."""

    def answer(asked: Asked) -> Said:
        said = echo(asked)
        body = {"error": {"message": said, "code": code and f"{code}{said}", "type": said, "param": said}}
        return Said(status, body, {"x-request-id": KEY, "x-echo": f"Bearer {KEY}"})

    return answer


def job(asked: Asked, job_id: str = "video_1", **more: object) -> Said:
    """A job whose every text repeats the key."""
    said = echo(asked)
    return Said(
        200,
        {"id": job_id, "object": "video", "status": "queued", "model": said, "size": said, "prompt": said}
        | more,
        {"x-request-id": KEY},
    )


def one_job(asked: Asked, job_id: str, content: Said, **more: object) -> Said:
    """A server with one job that is done at once, and those bytes."""
    if asked.content:
        return content
    if asked.creates:
        return job(asked, job_id)
    if asked.method == "GET" and asked.path.startswith("/v1/videos/"):
        return job(asked, job_id, **({"status": "completed"} | more))
    if asked.path.startswith("/v1/videos"):
        found = job(asked, job_id, **({"status": "completed", "created_at": 4e9} | more)).body
        return Said(200, {"object": "list", "data": [found], "has_more": False})
    return Said(404, {"error": {"message": echo(asked)}})


def failed(asked: Asked) -> Said:
    """Every job fails, for a reason that repeats the key."""
    error = {"code": f"server_error{echo(asked)}", "message": echo(asked)}
    return one_job(asked, "video_1", Said(404), status="failed", error=error)


def moderated(asked: Asked) -> Said:
    """Every job is refused for its content, in words that repeat the key."""
    error = {"code": "moderation_blocked", "message": echo(asked)}
    return one_job(asked, "video_1", Said(404), status="failed", error=error)


def odd_type(asked: Asked) -> Said:
    """The bytes come as something whose name is the key."""
    kind = f"text/{KEY.lower()}\x9b2J"
    return one_job(asked, "video_1", Said(200, b"<html>", {"content-type": kind}))


def odd_place(asked: Asked) -> Said:
    """The bytes are said to be at an address that is none, made of the key."""
    return one_job(asked, "video_1", Said(302, b"", {"location": f"gopher://{KEY}@x/{quote(KEY, safe='')}"}))


def odd_name(asked: Asked) -> Said:
    """The bytes come under a name outside."""
    name = "attachment; filename=../../../evil.mp4; filename*=UTF-8''..%2f..%2fevil.mp4"
    content = Said(200, VIDEO, {"content-type": "video/mp4", "content-disposition": name})
    return one_job(asked, "video_1", content)


def of_key(asked: Asked) -> Said:
    """The job's id is the key."""
    return one_job(asked, KEY, Said(200, VIDEO, {"content-type": "video/mp4"}))


ANSWERS: dict[str, Answer] = {
    "400": refusing(400),
    "401": refusing(401),
    "403": refusing(403),
    "404": refusing(404),
    "402": refusing(402),
    "moderated at once": refusing(400, "moderation_blocked"),
    "500 in plain text": lambda asked: Said(
        500, f"oops {asked.headers}".encode(), {"content-type": "text/plain"}
    ),
    "a redirect": lambda asked: Said(307, b"", {"location": f"http://{KEY}/?k={quote(KEY, safe='')}"}),
    "failed": failed,
    "moderated": moderated,
    "an odd type": odd_type,
    "an odd place": odd_place,
    "an odd name": odd_name,
    "the key as id": of_key,
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS.keys())
def test_the_key_is_found_nowhere_and_nothing_acts_on_the_terminal(
    answer: Answer, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with lying(answer) as liar:
        victim = make(tmp_path / "film", liar.url, capsys, monkeypatch)

        victim.run("apply", "--yes")
        victim.look_everywhere(LOOKS if answer in (failed, moderated, of_key) else FEW)
        victim.run("apply", "--yes", "--retry", "clip.pier", "--format", "json")

    assert any(KEY in asked.headers.get("authorization", "") for asked in liar.seen), "the key was in use"
    assert victim.leaks() == []
    assert victim.leaks(quote(KEY, safe="")) == []
    assert victim.controls() == set()
    assert everything_below(tmp_path) == {"film", *(f"film/{name}" for name in everything_below(victim.root))}


@pytest.mark.parametrize(
    "job_id",
    ["../../etc/passwd", "a/b", "..", ".", "a?b#c", "%2e%2e%2fx", "a\\b", "a" * 400, "C:\\x", "~/x", "é \n"],
)
def test_no_id_of_a_server_becomes_a_path_or_another_route(
    job_id: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    content = Said(200, VIDEO, {"content-type": "video/mp4"})
    with lying(lambda asked: one_job(asked, job_id, content)) as liar:
        victim = make(tmp_path / "film", liar.url, capsys, monkeypatch)
        victim.run("apply", "--yes")
        victim.look_everywhere(FEW)

    routes = {asked.path.partition("?")[0] for asked in liar.seen}
    allowed = {f"/v1/videos/{quote(job_id, safe='')}", f"/v1/videos/{quote(job_id, safe='')}/content"}
    assert routes <= {"/v1/videos", "/v1/models"} | allowed
    assert sum(asked.creates for asked in liar.seen) == 1
    assert victim.controls() == set()
    assert everything_below(tmp_path) == {"film", *(f"film/{name}" for name in everything_below(victim.root))}
    names = {path.name for path in (victim.root / "assets").rglob("*") if path.is_file()}
    assert all(name.startswith("pier.") or name.endswith(".json") or len(name) in (68, 69) for name in names)


@pytest.mark.parametrize(
    "job_id",
    [
        "v\x00\x01\x7f\x85",
        BAD,
        'v"\n[state]\nlineage = "theirs"\n#',
        "v'''\r\n\t\"\"\"\\",
        "\u2028\u2029\ufeff",
        "\U0010ffff",
    ],
    ids=["controls", "escapes", "toml", "quotes", "separators", "last"],
)
def test_an_id_of_control_characters_breaks_neither_files_nor_routes_nor_the_terminal(
    job_id: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    content = Said(200, VIDEO, {"content-type": "video/mp4"})
    with lying(lambda asked: one_job(asked, job_id, content)) as liar:
        victim = make(tmp_path / "film", liar.url, capsys, monkeypatch)
        assert victim.run("apply", "--yes") == 0
        victim.look_everywhere(FEW)
        lock = victim.root / "sorasync.lock"
        locked = locked_id(lock, "clip.pier#1")
        notes = json.loads(next((victim.root / "assets" / ".store").glob("??/*.json")).read_bytes())
        shutil.rmtree(victim.root / "state")
        assert victim.run("plan", "--detailed-exitcode") == 0
        shutil.rmtree(victim.root / "state", ignore_errors=True)
        lock.unlink()
        assert victim.run("state", "recover") == 0
        assert victim.run("apply", "--yes") == 0

    assert locked == notes["renders"][0]["remote_id"] == job_id
    assert locked_id(lock, "clip.pier#1") == job_id
    routes = {asked.path.partition("?")[0] for asked in liar.seen}
    allowed = {f"/v1/videos/{quote(job_id, safe='')}{rest}" for rest in ("", "/content")}
    assert routes <= {"/v1/videos", "/v1/models"} | allowed
    assert sum(asked.creates for asked in liar.seen) == 1
    assert victim.controls() == set()


def locked_id(lock: Path, address: str) -> object:
    lines = [json.loads(line) for line in lock.read_text("utf-8").split("\n") if line.startswith("{")]
    return next(line["remote_id"] for line in lines if line.get("address") == address)


def test_an_id_that_no_file_can_hold_is_a_lost_answer_and_a_question(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with lying(lambda asked: one_job(asked, "v\ud800", Said(200, VIDEO))) as liar:
        victim = make(tmp_path / "film", liar.url, capsys, monkeypatch)
        assert victim.run("apply", "--yes") == 1
        assert "open: sent, the answer was lost" in victim.last()
        victim.look_everywhere(FEW)
        assert "remote_id" not in victim.root.joinpath("sorasync.lock").read_text("utf-8")
        victim.run("apply", "--yes")

    assert sum(asked.creates for asked in liar.seen) == 1
    assert victim.controls() == set()


def test_the_key_goes_to_no_other_host(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    content = Said(200, VIDEO, {"content-type": "video/mp4"})
    with lying(lambda asked: content) as other:

        def answer(asked: Asked) -> Said:
            away = Said(302, b"", {"location": f"{other.url}/bytes"})
            return one_job(asked, "video_1", away, urls=[f"{other.url}/more"])

        with lying(answer) as liar:
            victim = make(tmp_path / "film", liar.url, capsys, monkeypatch)
            victim.run("apply", "--yes")

    assert other.seen, "the bytes were fetched from there"
    assert KEY not in str(other.seen)
    assert "authorization" not in {name for asked in other.seen for name in asked.headers}


def test_a_create_is_never_sent_on_to_where_a_server_redirects(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        lying(lambda asked: Said(200, {"id": "x", "status": "queued"})) as other,
        lying(lambda asked: Said(307, b"", {"location": f"{other.url}/videos"})) as liar,
    ):
        victim = make(tmp_path / "film", liar.url, capsys, monkeypatch)
        assert victim.run("apply", "--yes") != 0

    assert other.seen == []


@pytest.mark.parametrize(
    "link", ["file:///etc/passwd", "http://169.254.169.254/x", "ftp://x/y", "//[::1]:1/x"]
)
def test_no_link_of_a_server_leads_to_a_file_or_a_private_host(
    link: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with lying(lambda asked: one_job(asked, "video_1", Said(302, b"", {"location": link}))) as liar:
        victim = make(tmp_path / "film", liar.url, capsys, monkeypatch)
        assert victim.run("apply", "--yes") != 0

    assert "the server gave a" in victim.last()
    assert not list((victim.root / "assets").rglob("*.mp4"))
