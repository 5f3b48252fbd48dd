from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import httpx
import pytest

from sorasync.preview.serve import Running, running
from sorasync.preview.settings import PreviewSettings


def plan(server: Running, *rules: dict[str, Any]) -> None:
    url = f"http://127.0.0.1:{server.port}/preview/faults"
    assert httpx.post(url, json={"rules": rules}).status_code == 200


def test_cut_connections_are_really_cut_and_the_server_lives_on(tmp_path: Path) -> None:
    with running(PreviewSettings(tmp_path, draw=False)) as server, httpx.Client(base_url=server.url) as http:
        plan(
            server, {"route": "create", "nth": 1, "do": "cut_before"}, {"route": "create", "do": "cut_after"}
        )
        for _ in range(2):
            with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
                http.post("/videos", json={"prompt": "x"})
        plan(server)
        jobs = http.get("/videos").json()["data"]
        assert len(jobs) == 1

        path = f"/videos/{jobs[0]['id']}/content"
        size = len(http.get(path).content)
        plan(server, {"route": "content", "do": "cut_body"})
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            http.get(path)
        plan(server, {"route": "content", "do": "wrong_length", "by": 100})
        with pytest.raises(httpx.RemoteProtocolError):
            http.get(path)
        plan(server, {"route": "content", "do": "truncate"})
        assert len(http.get(path).content) == size // 2
        plan(server)
        assert len(http.get(path).content) == size


def test_slow_bytes_arrive_bit_by_bit(tmp_path: Path) -> None:
    with running(PreviewSettings(tmp_path, draw=False)) as server, httpx.Client(base_url=server.url) as http:
        job = http.post("/videos", json={"prompt": "x"}).json()
        http.get(f"/videos/{job['id']}")
        plan(server, {"route": "content", "do": "slow", "chunk": 1500, "delay": 0.1})
        with http.stream("GET", f"/videos/{job['id']}/content") as answer:
            pieces = list(answer.iter_raw())
        assert len(pieces) >= 2
        assert sum(map(len, pieces)) == int(answer.headers["content-length"])


def test_requests_may_come_from_many_threads_at_once(tmp_path: Path) -> None:
    with running(PreviewSettings(tmp_path, draw=False)) as server:
        codes: list[int] = []

        def work() -> None:
            with httpx.Client(base_url=server.url) as http:
                codes.extend(http.post("/videos", json={"prompt": "x"}).status_code for _ in range(20))

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert codes == [200] * 80
        assert server.app.state.server.ledger.as_json()["count"] == 80
