"""A runner uses the directory of a library again: it grows neither with versions nor with jobs."""

from __future__ import annotations

import gzip
import io
import random
import tarfile
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest

from sorasync.durable import write_atomic
from sorasync.errors import SorasyncError
from sorasync.operations.library_bundle import digest_of
from sorasync.operations.runner_workspace import unpacked_library
from sorasync.state.job_queue import Order, Terms

VIDEO = "assets/.store/ab/video.mp4"


def archive(files: Mapping[str, str]) -> bytes:
    """The files of a library as a job has them."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as packed:
        for name, text in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text.encode())
            packed.addfile(entry, io.BytesIO(text.encode()))
    return gzip.compress(buffer.getvalue(), mtime=0)


def order(files: bytes, owner: str = "film", schema: str = "film") -> Order:
    """An order of a library with those files."""
    return Order(schema, owner, digest_of(files), Terms(None, "ada", batch=False))


def content(root: Path) -> dict[str, str]:
    """The files of an unpacked library, without what jobs have made."""
    found = {path.relative_to(root).as_posix(): path for path in root.rglob("*") if path.is_file()}
    return {name: path.read_text() for name, path in found.items() if name != VIDEO}


FIRST = {"sorasync.toml": "", "manifests/a.toml": "a", "manifests/old/b.toml": "b"}
NEXT = {"sorasync.toml": "", "manifests/a.toml": "another", "manifests/c.toml": "c"}


def test_the_next_version_takes_the_place_of_the_last_one_and_keeps_the_videos(tmp_path: Path) -> None:
    first, following = archive(FIRST), archive(NEXT)
    with unpacked_library(tmp_path, order(first), first) as root:
        assert content(root) == FIRST
        (root / VIDEO).parent.mkdir(parents=True)
        (root / VIDEO).write_text("paid for")
        written = (root / "sorasync.toml").stat()
    with unpacked_library(tmp_path, order(following), following) as root:
        assert content(root) == NEXT
        assert (root / VIDEO).read_text() == "paid for"
        assert not (root / "manifests" / "old").exists()
        untouched = (root / "sorasync.toml").stat()
    assert (untouched.st_ino, untouched.st_mtime_ns) == (written.st_ino, written.st_mtime_ns)
    assert len(list(tmp_path.iterdir())) == 1


def test_a_version_stays_as_it_is_while_a_job_is_at_work(tmp_path: Path) -> None:
    first, following = archive(FIRST), archive(NEXT)
    with ExitStack() as jobs:
        one = jobs.enter_context(unpacked_library(tmp_path, order(first), first))
        other = jobs.enter_context(unpacked_library(tmp_path, order(following), following))
        again = jobs.enter_context(unpacked_library(tmp_path, order(first), first))
        assert one == again != other
        assert (content(one), content(other)) == (FIRST, NEXT)
    with unpacked_library(tmp_path, order(following), following) as root:
        assert root == other
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize(
    "other", [order(archive(FIRST), owner="film, env test"), order(archive(FIRST), schema="b")]
)
def test_libraries_share_no_directory(tmp_path: Path, other: Order) -> None:
    files = archive(FIRST)
    with unpacked_library(tmp_path, order(files), files) as root:
        pass
    with unpacked_library(tmp_path, other, files) as elsewhere:
        assert elsewhere != root


@pytest.mark.parametrize("writes", range(5))
def test_what_is_left_of_an_interrupted_change_does_not_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writes: int
) -> None:
    first, following, left = archive(FIRST), archive(NEXT), [writes]

    def die(path: Path, data: bytes) -> None:
        if not left[0]:
            raise InterruptedError
        left[0] -= 1
        write_atomic(path, data)

    with unpacked_library(tmp_path, order(first), first):
        pass
    monkeypatch.setattr("sorasync.operations.runner_workspace.write_atomic", die)
    try:
        with unpacked_library(tmp_path, order(following), following):
            assert writes == 4
    except InterruptedError:
        assert writes < 4
    left[0] = -1
    third = archive({"sorasync.toml": "third"})
    with unpacked_library(tmp_path, order(third), third) as root:
        assert content(root) == {"sorasync.toml": "third"}
    assert len(list(tmp_path.iterdir())) == 1


def test_no_job_ever_sees_files_of_another_version(tmp_path: Path) -> None:
    versions = [{"sorasync.toml": str(n), f"manifests/{n}.toml": "", "all.toml": str(n)} for n in range(3)]
    wrong: list[object] = []

    def work(seed: int) -> None:
        chosen = random.Random(seed)
        try:
            for _ in range(40):
                version = chosen.choice(versions)
                files = archive(version)
                with unpacked_library(tmp_path, order(files), files) as root:
                    wrong.extend(seen for _ in range(3) if (seen := content(root)) != version)
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


@pytest.mark.parametrize("name", ["../a.toml", "/a.toml", "a/../../b.toml"])
def test_no_file_lands_outside(tmp_path: Path, name: str) -> None:
    files = archive({name: ""})
    with (
        pytest.raises(SorasyncError, match="which no library has"),
        unpacked_library(tmp_path, order(files), files),
    ):
        pass


def test_damaged_files_are_refused(tmp_path: Path) -> None:
    files = archive(FIRST)
    with pytest.raises(SorasyncError, match="damaged"), unpacked_library(tmp_path, order(files), files[:-1]):
        pass
