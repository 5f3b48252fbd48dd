"""Who may see the page, and what no request reaches."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from sorasync.review.notes_file import parse_notes
from sorasync.review.serve import Listening, ReviewPage
from tests.review.studio import Studio, studio


@dataclass
class Client:
    """Plain requests, with whatever headers an attacker likes."""

    page: ReviewPage
    cookie: str = ""

    def ask(
        self, path: str, method: str = "GET", body: object = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Status, headers and body of an answer. A header that is empty is not sent."""
        sent = {"Host": f"127.0.0.1:{self.page.port}", "Cookie": self.cookie}
        if body is not None:
            sent |= {"Content-Type": "application/json", "Origin": f"http://127.0.0.1:{self.page.port}"}
        sent |= headers or {}
        connection = http.client.HTTPConnection("127.0.0.1", self.page.port, timeout=30)
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            data = b"" if body is None else json.dumps(body).encode()
            for name, value in (sent | {"Content-Length": str(len(data))}).items():
                if value:
                    connection.putheader(name, value)
            connection.endheaders(data)
            answer = connection.getresponse()
            found = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, found, answer.read()
        finally:
            connection.close()

    def open(self, url: str) -> int:
        """Exchange the secret of an address for the cookie."""
        parts = urlsplit(url)
        status, headers, _ = self.ask(f"{parts.path}?{parts.query}")
        if "set-cookie" in headers:
            self.cookie = headers["set-cookie"].partition(";")[0]
        return status


@pytest.fixture
def film(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Studio:
    return studio(tmp_path, capsys)


@pytest.fixture
def client(film: Studio) -> Iterator[Client]:
    with film.page() as page:
        client = Client(page)
        assert client.open(page.url) == 200
        yield client


def test_without_the_secret_nothing_is_shown(client: Client) -> None:
    stranger = Client(client.page)
    for path in ("/", "/api/library", "/static/base.js", "/api/events", "/nothing"):
        assert stranger.ask(path)[0] == 403, path
    assert stranger.open(f"http://127.0.0.1:{client.page.port}/open?secret=guess") == 403
    assert stranger.cookie == ""
    assert stranger.ask("/api/library", headers={"Cookie": f"{client.cookie}x"})[0] == 403
    assert client.ask("/api/library")[0] == 200


def test_the_cookie_is_kept_from_scripts_and_from_other_sites(client: Client) -> None:
    parts = urlsplit(client.page.url)
    given = client.ask(f"{parts.path}?{parts.query}")[1]["set-cookie"]
    assert "HttpOnly" in given and "SameSite=Strict" in given
    assert parts.query.partition("=")[2] not in given


def test_the_address_for_the_browser_opens_once(client: Client) -> None:
    first, second = Client(client.page), Client(client.page)
    assert first.open(client.page.one_time_url) == 200
    assert first.ask("/")[0] == 200
    assert second.open(client.page.one_time_url) == 403


def test_a_name_that_was_made_to_point_here_is_refused(client: Client) -> None:
    port = client.page.port
    for host in ("evil.example", f"evil.example:{port}", f"127.0.0.1.evil.example:{port}", "127.0.0.1"):
        assert client.ask("/api/library", headers={"Host": host})[0] == 421, host
    assert client.ask("/api/library", headers={"Host": f"localhost:{port}"})[0] == 200


def test_another_site_writes_nothing(client: Client, film: Studio) -> None:
    pick = {"clip": "market", "take": 2}
    attempts: list[dict[str, str]] = [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": f"http://localhost.evil.example:{client.page.port}"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ]
    for headers in attempts:
        assert client.ask("/api/pick", "POST", pick, headers)[0] == 403, headers
    # A form of another site can send this type without asking first.
    assert client.ask("/api/pick", "POST", pick, {"Content-Type": "text/plain"})[0] == 415
    assert not (film.root / "manifests/picks.toml").exists()
    assert client.ask("/api/pick", "POST", pick)[0] == 200
    assert "market = 2" in film.read("manifests/picks.toml")


def test_another_site_reads_nothing(client: Client) -> None:
    assert client.ask("/api/library", headers={"Origin": "http://evil.example"})[0] == 403
    assert (
        client.ask("/api/library", headers={"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"})[0]
        == 403
    )
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Cookie": ""}
    assert client.ask("/", headers=link)[0] == 403


def test_every_answer_forbids_what_the_page_does_not_need(client: Client) -> None:
    for path in ("/", "/api/library", "/static/page.css", "/nothing"):
        headers = client.ask(path)[1]
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy, path
        assert "frame-ancestors 'none'" in policy and "base-uri 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"


def test_only_videos_of_the_library_are_served(client: Client, film: Studio) -> None:
    (film.root / "secret.txt").write_text("key")
    alien = film.project.assets().path_of("ab" * 32)
    alien.parent.mkdir(parents=True, exist_ok=True)
    alien.write_bytes(b"not of this library")
    for path in (
        f"/video/{'ab' * 32}",
        f"/poster/{'ab' * 32}",
        "/video/..%2f..%2fsecret.txt",
        "/video/../../secret.txt",
        "/static/..%2fapp.py",
        "/static/../app.py",
        "/video/",
        "/static/",
        "/sorasync.toml",
    ):
        assert client.ask(path)[0] in (404, 405), path


def test_a_video_that_leads_out_of_the_store_is_not_served(client: Client, film: Studio) -> None:
    (film.root / "secret.txt").write_text("key")
    path = next((film.root / "assets/.store").rglob("*.mp4"))
    path.unlink()
    path.symlink_to(film.root / "secret.txt")
    assert client.ask(f"/video/{path.stem}")[0] == 404


def test_parts_of_a_video_are_served(client: Client, film: Studio) -> None:
    path = next((film.root / "assets/.store").rglob("*.mp4"))
    data, place = path.read_bytes(), f"/video/{path.stem}"
    assert client.ask(place)[2] == data
    for wanted, part in (("0-0", data[:1]), ("10-19", data[10:20]), ("-5", data[-5:]), ("7-", data[7:])):
        status, headers, body = client.ask(place, headers={"Range": f"bytes={wanted}"})
        assert (status, body) == (206, part), wanted
        assert headers["content-range"].endswith(f"/{len(data)}")
    assert client.ask(place, headers={"Range": f"bytes={len(data)}-"})[0] == 416
    assert client.ask(place, headers={"Range": "bytes=0-1,4-5"})[:1] == (200,)


def test_a_page_for_looking_only_writes_nothing(film: Studio) -> None:
    with film.page(read_only=True) as page:
        client = Client(page)
        client.open(page.url)
        assert json.loads(client.ask("/api/library")[2])["writable"] is False
        for path in ("/api/pick", "/api/note", "/api/reject", "/api/undo"):
            assert client.ask(path, "POST", {"clip": "market", "take": 2})[0] == 403


def test_what_is_no_object_is_refused(client: Client) -> None:
    assert client.ask("/api/note", "POST", ["a"])[0] == 400
    assert client.ask("/api/pick", "POST", {"clip": "market", "take": "2; DROP"})[0] == 400
    assert client.ask("/api/note", "POST", {"on": "x" * 100_000})[0] == 413
    status, _, body = client.ask("/api/note", "POST", {"on": 'clip.market#1", id = "', "text": "x"})
    assert status == 409 and b"error" in body


def test_a_team_has_a_token_each_and_notes_say_whose_they_are(film: Studio) -> None:
    users = {"token-of-ann-long-enough": "Ann", "token-of-bob-long-enough": "Bob"}
    with film.page(listening=Listening(users=users, hosts=("studio.example",))) as page:
        assert "token-of" not in page.url
        for token, name in users.items():
            client = Client(page)
            assert client.ask(f"/open?secret={token}", headers={"Host": "studio.example"})[0] == 200
            client.open(f"http://studio.example/open?secret={token}")
            body = {"on": "clip.souk#1", "text": f"By {name}.", "by": "Somebody else"}
            assert client.ask("/api/note", "POST", body)[0] == 200
        assert Client(page).ask("/api/library", headers={"Host": "other.example"})[0] == 421
        found = parse_notes(film.read("manifests/review.toml")).notes
        assert {(note.by, note.text) for note in found} == {("Ann", "By Ann."), ("Bob", "By Bob.")}
        ann = Client(page)
        ann.open(f"http://127.0.0.1:{page.port}/open?secret={next(iter(users))}")
        assert ann.ask("/api/undo", "POST", {})[0] == 200
        assert ann.ask("/api/undo", "POST", {})[0] == 409
    assert [note.by for note in parse_notes(film.read("manifests/review.toml")).notes] == ["Bob"]


def test_a_proxy_names_the_user_where_that_was_said(film: Studio) -> None:
    headers = {"X-Remote-User": "Cleo"}
    with film.page() as page:
        assert Client(page).ask("/api/library", headers=headers)[0] == 403
    with film.page(listening=Listening(user_header="X-Remote-User")) as page:
        assert json.loads(Client(page).ask("/api/library", headers=headers)[2])["user"] == "Cleo"
        assert Client(page).ask("/api/library")[0] == 403


def test_nothing_is_applied_unless_the_page_was_started_for_it(client: Client, film: Studio) -> None:
    token = json.loads(client.ask("/api/money")[2])["token"]
    assert client.ask("/api/apply", "POST", {"token": token})[0] in (404, 405)
    with film.page(allow_apply=True) as page:
        other = Client(page)
        other.open(page.url)
        status, _, body = other.ask("/api/apply", "POST", {"token": "sp1:0000000000000000"})
        assert status == 409 and b"the plan has changed" in body


def test_a_dear_plan_is_confirmed_by_its_price(film: Studio) -> None:
    film.write("hosts.toml", "")
    config = film.read("sorasync.toml")
    film.write(
        "sorasync.toml",
        f'{config}[provider]\nprofile = "openai"\nbase_url = "http://127.0.0.1:9/v1"\n'
        "[budget]\nconfirm_above = 0.10\n[state]\nlock_file = false\n",
    )
    (film.root / "hosts.toml").unlink()
    with film.page(allow_apply=True) as page:
        client = Client(page)
        client.open(page.url)
        plan = json.loads(client.ask("/api/money")[2])
        assert plan["typed"] == plan["cost"]["usd"]
        for amount in (None, "1", "yes"):
            status, _, body = client.ask("/api/apply", "POST", {"token": plan["token"], "amount": amount})
            assert status == 409 and b"nothing was sent" in body
