"""The JSON beside each video."""

from __future__ import annotations

import json
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path

import pytest

from sorasync.assets.sidecar import Sidecar, note, read_sidecars, write_sidecar
from sorasync.assets.store import AssetStore
from tests.assets.helpers import digest, put


@pytest.fixture
def store(tmp_path: Path) -> AssetStore:
    return AssetStore(tmp_path / "assets")


def facts(sha256: str, key: str = "a" * 64) -> Sidecar:
    return Sidecar(
        sha256=sha256,
        key=key,
        address="clip.promo[city=Lisbon,mood=rainy]#2/1",
        remote_id="video_1",
        provider="preview@http://127.0.0.1",
        model="sora-2",
        size="1280x720",
        seconds=8.0,
        prompt="A café in “Ōsaka”,\nat dusk.",
        cost_usd=Decimal("0.80"),
        run=7,
        kind="edit",
        source_key="b" * 64,
        inputs='{"kind":"edit"}',
    )


def test_what_is_written_is_read_again(store: AssetStore) -> None:
    sidecar = facts(put(store, b"one"))
    path = write_sidecar(store, sidecar)
    assert path == store.path_of(sidecar.sha256).with_suffix(".json")
    assert read_sidecars(store).found == (sidecar,)


def test_the_file_is_readable_sorted_and_the_same_every_time(store: AssetStore) -> None:
    sidecar = facts(put(store, b"one"))
    text = write_sidecar(store, sidecar).read_text(encoding="utf-8")
    assert "café" in text
    (render,) = json.loads(text)["renders"]
    assert list(render) == sorted(render)
    assert render["cost_usd"] == "0.80"
    assert write_sidecar(store, sidecar).read_text(encoding="utf-8") == text


def test_renders_with_the_same_bytes_share_a_file_in_the_order_of_their_keys(store: AssetStore) -> None:
    sha256 = put(store, b"one")
    later, earlier = facts(sha256, "f" * 64), facts(sha256, "0" * 64)
    write_sidecar(store, later)
    write_sidecar(store, earlier)
    write_sidecar(store, later)
    assert read_sidecars(store).found == (earlier, later)


def test_an_unknown_cost_stays_unknown(store: AssetStore) -> None:
    write_sidecar(store, Sidecar(sha256=put(store, b"one"), key="a" * 64, address="clip.market#1"))
    assert read_sidecars(store).found[0].cost_usd is None


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"format": 2, "renders": []}', '{"format": 1, "renders": [{}]}']
)
def test_a_damaged_file_is_named_and_hides_no_other(store: AssetStore, text: str) -> None:
    good, bad = facts(put(store, b"one")), facts(put(store, b"two"))
    write_sidecar(store, good)
    path = write_sidecar(store, bad)
    path.write_text(text)
    scan = read_sidecars(store)
    assert scan.found == (good,)
    assert scan.unreadable == (path,)


def test_a_file_that_speaks_of_another_video_is_not_believed(store: AssetStore) -> None:
    path = write_sidecar(store, facts(put(store, b"one")))
    other = store.path_of(put(store, b"two"), ".json")
    other.write_bytes(path.read_bytes())
    assert read_sidecars(store).unreadable == (other,)


def test_an_empty_library_has_no_sidecars(store: AssetStore) -> None:
    assert read_sidecars(store).found == ()


def test_a_video_and_its_notes_are_durable_when_the_shelf_is_let_go_also_where_the_notes_fail(
    store: AssetStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    original, moved = os.fsync, Path.replace

    def fsync(handle: int) -> None:
        kind = os.fstat(handle).st_mode
        done.append("sync directory" if stat.S_ISDIR(kind) else "sync file")
        original(handle)

    def replace(path: Path, target: Path) -> Path:
        done.append(f"put {target.suffix}")
        return moved(path, target)

    video = b"a video"
    sha256 = digest(video)
    part = store.temporary("k")
    part.write_bytes(video)
    store.path_of(sha256).parent.mkdir()
    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(FileNotFoundError), store.shelf(sha256) as shelf:
        shelf.adopt(part, store.path_of(sha256), hashed=True)
        note(store, shelf, facts(sha256))
        shelf.write(store.root / "nowhere" / "notes.json", b"")
    assert done == ["sync file", "put .mp4", "sync file", "put .json", "sync directory"]


def test_notes_of_several_threads_on_one_video_are_all_kept(store: AssetStore) -> None:
    sha256 = put(store, b"one")
    keys = [f"{number:064d}" for number in range(24)]
    with ThreadPoolExecutor(6) as threads:
        list(threads.map(lambda key: write_sidecar(store, facts(sha256, key)), keys))
    assert [sidecar.key for sidecar in read_sidecars(store).found] == keys
