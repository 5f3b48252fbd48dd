"""A runner keeps each version of a library by itself, for all jobs of it, and no longer than it is needed."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import random
import tarfile
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from sorasync.apply.render.resume_download import part_name
from sorasync.durable import write_atomic
from sorasync.operations.library_bundle import StrangeFiles, digest_of
from sorasync.operations.project import Project
from sorasync.operations.runner_trust import RunnerTrust
from sorasync.operations.runner_workspace import remove_other_versions, unpacked_library
from sorasync.state.job_queue import Order, Terms
from sorasync.state.record import Status
from tests.state.making import a_record

CONFIG = '[library]\nname = "film"\n'


def archive(files: Mapping[str, str] | Iterable[tuple[str, str]]) -> bytes:
    """The files of a library as a job has them."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as packed:
        for name, text in files.items() if isinstance(files, Mapping) else files:
            entry = tarfile.TarInfo(name.replace("\0", "0"))
            entry.pax_headers = {"path": name} if "\0" in name else {}
            entry.size = len(text.encode())
            packed.addfile(entry, io.BytesIO(text.encode()))
    return gzip.compress(buffer.getvalue(), mtime=0)


def order(files: bytes, owner: str = "film", schema: str = "film") -> Order:
    """An order of a library with those files."""
    return Order(schema, owner, digest_of(files), Terms(None, "ada", batch=False))


def content(root: Path) -> dict[str, str]:
    """The files of an unpacked library."""
    found = {path.relative_to(root).as_posix(): path for path in root.rglob("*") if path.is_file()}
    return {name: path.read_text() for name, path in found.items()}


@dataclass(frozen=True)
class Work:
    """Where a runner unpacks the versions of one library, whose videos are in a bucket."""

    directory: Path
    bucket: Path

    def files(self, version: str, bucket: bool = True) -> dict[str, str]:
        """The files of a version."""
        config = f'{CONFIG}[assets]\nurl = "file://{self.bucket}"\n' if bucket else CONFIG
        return {"manifests/a/b.toml": version, "sorasync.toml": config, "x.toml": ""}

    def job(self, stack: ExitStack, version: str, *, bucket: bool = True) -> Path:
        """Begin a job of a version, which lasts as long as the stack; its directory."""
        packed = archive(self.files(version, bucket))
        return stack.enter_context(unpacked_library(self.directory, order(packed), packed))

    def done(self, version: str, *, bucket: bool = True) -> Path:
        """A job that has ended."""
        with ExitStack() as stack:
            return self.job(stack, version, bucket=bucket)

    def clear(self, version: str, buckets: tuple[str, ...] | None = None) -> list[str]:
        """What a runner does after a job of that version that was done. It may store in those buckets."""
        trust = RunnerTrust.parse((), (f"file://{self.bucket}",) if buckets is None else buckets)
        packed = archive(self.files(version))
        return remove_other_versions(
            self.directory, order(packed), lambda root: trust.trusted_here(Project.open(root))
        )

    def left(self) -> set[Path]:
        """What there is: directories of versions, and their locks."""
        return set(self.directory.glob("*/*"))


def render(root: Path, text: str, *, keep: bool = True) -> Path:
    """Store a video as a render does, with or without the bucket; its file."""
    assets = Project.open(root).assets()
    digest = hashlib.sha256(text.encode()).hexdigest()
    part = assets.temporary(digest)
    part.write_text(text)
    stored = assets.adopt(part, digest)
    if keep:
        assets.keep(digest)
    return stored.path


@pytest.fixture
def work(tmp_path: Path) -> Work:
    """A runner that has not done anything yet, and an empty bucket."""
    (tmp_path / "bucket").mkdir()
    return Work(tmp_path / "work", tmp_path / "bucket")


def at_once(count: int, do: Callable[[int], None]) -> None:
    """Do something in several threads that begin together, and raise what one of them raised."""
    barrier, errors = threading.Barrier(count), []

    def one(number: int) -> None:
        barrier.wait()
        try:
            do(number)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def test_jobs_of_a_version_that_begin_together_share_its_directory(work: Work) -> None:
    roots, here = [], threading.Barrier(6, timeout=60)

    def job(_: int) -> None:
        with ExitStack() as stack:
            root = work.job(stack, "first")
            here.wait()
            roots.append((root, content(root)))

    at_once(6, job)
    assert roots == [(roots[0][0], work.files("first"))] * 6


def test_each_version_of_each_library_has_a_directory_of_its_own(work: Work) -> None:
    first = archive(work.files("first"))
    orders = [order(first), order(first, owner="film, env test"), order(first, schema="other")]
    with ExitStack() as stack:
        jobs = [unpacked_library(work.directory, one, first) for one in orders]
        roots = [stack.enter_context(job) for job in jobs]
        roots.append(work.job(stack, "second"))
        assert len(set(roots)) == 4
        assert content(roots[0]) == work.files("first")
        assert content(roots[3]) == work.files("second")


@pytest.mark.parametrize("writes", range(3))
def test_an_unpacking_that_was_interrupted_is_finished_by_the_next_job(
    work: Work, monkeypatch: pytest.MonkeyPatch, writes: int
) -> None:
    left = [writes]

    def die(path: Path, data: bytes) -> None:
        if not left[0]:
            raise InterruptedError
        left[0] -= 1
        write_atomic(path, data)

    with monkeypatch.context() as patch, pytest.raises(InterruptedError):
        patch.setattr("sorasync.operations.runner_workspace.write_atomic", die)
        work.done("first")
    assert content(work.done("first")) == work.files("first")


STRANGE = {
    "a way out": ["../a.toml"],
    "an absolute path": ["/a.toml"],
    "a way out in the middle": ["a/../../b.toml"],
    "no name": [""],
    "the directory itself": ["."],
    "a NUL": ["a\0b.toml"],
    "a long name": ["x" * 256],
    "a long directory": [f"{'ä' * 128}/a.toml"],
    "a file that is a directory": ["m", "m/a.toml"],
    "a directory that is a file": ["m/a.toml", "m"],
    "a file twice": ["a.toml", "./a.toml"],
    "a path that is too long": ["/".join(["d" * 200] * 30)],
}


@pytest.mark.parametrize("names", STRANGE.values(), ids=STRANGE.keys())
@pytest.mark.parametrize("first", [True, False])
def test_strange_files_fail_their_own_job_only(work: Work, names: list[str], first: bool) -> None:
    good = [("sorasync.toml", CONFIG)]
    strange = [(name, "") for name in names]
    files = archive(strange + good if first else good + strange)
    for _ in range(2):
        with pytest.raises(StrangeFiles), unpacked_library(work.directory, order(files), files):
            pass
    assert list(work.directory.parent.rglob("*a.toml")) == []
    assert names[0].startswith("ddd") or not any(path.is_dir() for path in work.left())
    assert content(work.done("first")) == work.files("first")
    assert work.clear("first") == []
    assert len(work.left()) == 2


@pytest.mark.parametrize(
    "strange",
    [
        *({"type": kind} for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE)),
        {"pax_headers": {"size": "-5"}},
        {"pax_headers": {"size": "99999999999999999999"}},
    ],
    ids=["symlink", "link", "directory", "fifo", "negative", "huge"],
)
def test_only_files_are_unpacked(work: Work, strange: dict[str, object]) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as packed:
        entry = tarfile.TarInfo("sorasync.toml")
        entry.linkname = "/etc/passwd"
        for name, value in strange.items():
            setattr(entry, name, value)
        packed.addfile(entry)
    files = buffer.getvalue()
    with pytest.raises(StrangeFiles), unpacked_library(work.directory, order(files), files):
        pass


def test_a_job_without_a_library_does_not_find_one_above(work: Work) -> None:
    work.directory.mkdir()
    (work.directory / "sorasync.toml").write_text(CONFIG)
    files = archive({"manifests/a.toml": ""})
    with (
        pytest.raises(StrangeFiles, match=r"no sorasync\.toml"),
        unpacked_library(work.directory, order(files), files),
    ):
        pass


def test_damaged_files_are_refused(work: Work) -> None:
    files, chosen = archive(work.files("first")), random.Random(5)
    with (
        pytest.raises(StrangeFiles, match="damaged"),
        unpacked_library(work.directory, order(files), files[:-1]),
    ):
        pass
    # Whatever else they are: none of them is retried as if the disk were at fault.
    plain, refused = gzip.decompress(files), 0
    for _ in range(100):
        spoilt = bytearray(plain)
        spoilt[chosen.randrange(512)] ^= 1 << chosen.randrange(8)
        whole = gzip.compress(bytes(spoilt), 1, mtime=0)
        cut = whole[: chosen.randrange(len(whole))] if chosen.random() < 0.3 else whole
        try:
            with unpacked_library(work.directory, order(cut), cut):
                pass
        except StrangeFiles:
            refused += 1
    assert refused > 50


def test_a_version_goes_once_its_videos_are_in_the_bucket_and_another_is_done(work: Work) -> None:
    first = work.done("first")
    render(first, "one")
    render(first, "two")
    (first / "state" / "preview").mkdir(parents=True)
    Project.open(first).assets().temporary("0" * 64).write_text("half of a video")
    second = work.done("second")
    render(second, "two")
    assert work.clear("second") == []
    assert work.left() == {second, second.with_name(f"{second.name}.lock")}
    assert len(list(work.bucket.rglob("*.mp4"))) == 2
    assert Project.open(second).assets().present().keys() == {hashlib.sha256(b"two").hexdigest()}
    assert content(work.done("first")) == work.files("first")


def test_a_version_stays_while_the_bucket_lacks_a_video_of_it(work: Work) -> None:
    first = work.done("first")
    render(first, "one")
    video = render(first, "two", keep=False)
    work.done("second")
    (told,) = work.clear("second")
    assert told == f"{first} stays: 1 video of it is in no bucket"
    assert video.read_text() == "two"
    (copy,) = work.bucket.rglob("*.mp4")
    # What is there in part is not there.
    (copy.parents[1] / video.parent.name).mkdir(exist_ok=True)
    stored = copy.parents[1] / video.parent.name / video.name
    stored.write_text("t")
    assert len(work.clear("second")) == 1
    assert video.exists()
    stored.write_text("two")
    assert work.clear("second") == []
    assert not first.exists()


def test_a_video_that_the_state_names_is_put_into_the_bucket_before_its_version_goes(work: Work) -> None:
    first = work.done("first")
    video = render(first, "one", keep=False)
    digest = video.stem
    with Project.open(first).store(write=True) as store:
        key = store.intend(a_record(), run=None).key
        for status in (Status.SUBMITTED, Status.RENDERED, Status.STORED):
            store.move(key, status, run=None, **({"asset": digest} if status is Status.STORED else {}))
    work.done("second")
    assert work.clear("second") == []
    assert not first.exists()
    (kept,) = work.bucket.rglob("*.mp4")
    assert kept.read_text() == "one"


def test_a_version_stays_while_a_job_is_at_work_there(work: Work) -> None:
    with ExitStack() as jobs:
        first = work.job(jobs, "first")
        work.done("second")
        with ExitStack() as others:
            assert work.job(others, "first") == first
        assert work.clear("second") == []
        assert content(first) == work.files("first")
    assert work.clear("second") == []
    assert not first.exists()


def test_nothing_is_dropped_while_a_job_is_at_work_there(work: Work) -> None:
    with ExitStack() as jobs:
        video = render(work.job(jobs, "first"), "one")
        work.done("second")
        assert work.clear("second") == []
        assert video.exists()


def test_whatever_goes_wrong_is_told_and_nothing_else(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ValueError("a fault")

    first, other = work.done("first"), work.done("other")
    render(first, "one")
    work.done("second")
    monkeypatch.setattr("sorasync.operations.runner_workspace.shrink", fail)
    assert work.clear("second") == [f"{first} stays: ValueError: a fault"]
    assert not other.exists()


@pytest.mark.parametrize("away", [True, False])
def test_a_version_stays_where_the_bucket_is_away_or_not_trusted(work: Work, away: bool) -> None:
    first = work.done("first")
    video = render(first, "one")
    work.done("second")
    if away:
        work.bucket.rename(work.bucket.with_name("elsewhere"))
    (told,) = work.clear("second", None if away else ("file:///mnt/others",))
    assert ("there is no directory" if away else "this runner stores nothing in") in told
    assert video.exists()
    if away:
        work.bucket.with_name("elsewhere").rename(work.bucket)
    assert work.clear("second") == []
    assert not first.exists()


def test_without_a_bucket_a_version_stays_that_has_a_video(work: Work) -> None:
    first, empty = work.done("first", bucket=False), work.done("empty", bucket=False)
    video = render(first, "one", keep=False)
    work.done("second")
    assert len(work.clear("second")) == 1
    assert video.exists() and not empty.exists()


def test_a_version_whose_library_cannot_be_read_goes_unless_it_has_a_video(work: Work) -> None:
    good, bad, worse = (work.done(name) for name in ("good", "bad", "worse"))
    for root in (bad, worse):
        video = render(root, "one")
        (root / "sorasync.toml").write_text("[")
    video = render(good, "one")
    (bad / video.relative_to(good)).unlink()
    work.done("second")
    assert len(work.clear("second")) == 1
    assert (worse / video.relative_to(good)).exists()
    assert not bad.exists() and not good.exists()


def test_no_library_above_is_taken_for_one_that_is_not_whole(work: Work) -> None:
    first = work.done("first")
    video = render(first, "one")
    (first / "sorasync.toml").rename(work.directory / "sorasync.toml")
    mine = render(work.directory, "one")
    work.done("second")
    assert len(work.clear("second")) == 1
    assert video.exists() and mine.exists()


def test_a_version_stays_with_what_a_render_in_flight_has_left_there(work: Work) -> None:
    first = work.done("first")
    project = Project.open(first)
    with project.store(write=True) as store:
        record = store.intend(a_record(), run=None)
    part = project.assets().temporary(part_name(record))
    part.write_text("half of a video")
    work.done("second")
    (told,) = work.clear("second")
    assert "a render in flight" in told
    assert part.exists()
    part.rename(part.with_name(f"{'0' * 64}.mp4.part"))
    assert work.clear("second") == []
    assert not first.exists()


def test_other_libraries_and_what_is_no_version_stay(work: Work) -> None:
    files = archive(work.files("first"))
    with unpacked_library(work.directory, order(files, owner="another"), files) as other:
        pass
    second = work.done("second")
    mine = second.with_name("notes")
    mine.mkdir()
    link = second.with_name("0" * 32)
    link.symlink_to(other)
    assert work.clear("second") == []
    assert other.exists() and mine.exists() and link.is_symlink()


def test_what_an_interrupted_removal_left_is_removed(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = work.done("first"), work.done("second")

    def die(path: Path) -> None:
        (path / "x.toml").unlink()
        raise InterruptedError

    with monkeypatch.context() as patch:
        patch.setattr("shutil.rmtree", die)
        assert len(work.clear("second")) == 1
    assert content(work.done("first")) == work.files("first")
    with monkeypatch.context() as patch:
        patch.setattr("shutil.rmtree", die)
        assert len(work.clear("second")) == 1
    assert work.clear("second") == []
    first.with_name(f"{first.name}.lock").touch()
    assert work.clear("second") == []
    assert work.left() == {second, second.with_name(f"{second.name}.lock")}


def test_where_files_cannot_be_locked_jobs_go_on_and_nothing_is_removed(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr("fcntl.flock", refuse)
    first, second = work.done("first"), work.done("second")
    assert work.clear("second") == []
    assert first.is_dir() and second.is_dir()


def test_a_process_that_was_started_meanwhile_does_not_keep_a_version(work: Work) -> None:
    with ExitStack() as jobs:
        first = work.job(jobs, "first")
        copy = os.dup(_descriptor_of(first.with_name(f"{first.name}.lock")))
    try:
        work.done("second")
        assert work.clear("second") == []
        assert not first.exists()
    finally:
        os.close(copy)


def _descriptor_of(path: Path) -> int:
    """The descriptor by which this process has a file open."""
    for number in range(1024):
        with suppress(OSError):
            if os.path.samestat(os.fstat(number), path.stat()):
                return number
    raise AssertionError(f"{path} is not open")


def test_no_job_ever_loses_its_files_to_another_that_ends(work: Work) -> None:
    def jobs(seed: int) -> None:
        chosen = random.Random(seed)
        for _ in range(25):
            version = str(chosen.randrange(3))
            with ExitStack() as stack:
                root = work.job(stack, version)
                for _ in range(3):
                    assert content(root) == work.files(version)
            assert work.clear(version) == []

    at_once(4, jobs)
    last = work.done("last")
    assert work.clear("last") == []
    assert work.left() == {last, last.with_name(f"{last.name}.lock")}
