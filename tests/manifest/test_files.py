"""Which files are read, which are refused, and how often one is hashed."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from sorasync.manifest.config import load_config
from sorasync.manifest.diagnostic import ManifestError
from sorasync.manifest.files import FileFault, LibraryFiles
from sorasync.manifest.load import load
from tests.manifest.libraries import refused, write

CLIP = "[clips.{}]\nprompt = 'x'\n"
LONG_AGO = 1_000_000_000


def codes(root: Path) -> list[str]:
    """The codes that a library is refused with."""
    with pytest.raises(ManifestError) as found:
        load(root, load_config(root))
    return [d.code for d in found.value.diagnostics]


def test_manifests_are_found_in_every_directory_but_hidden_ones(tmp_path: Path) -> None:
    names = [
        "b.toml",
        "a/c.toml",
        ".hidden.toml",
        ".git/d.toml",
        "e.toml~",
        "f.toml.swp",
        ".#g.toml",
        "h.txt",
    ]
    write(tmp_path, {f"manifests/{name}": CLIP.format(f"c{i}") for i, name in enumerate(names)})
    library = load(tmp_path, load_config(tmp_path))
    assert library.files == ("manifests/a/c.toml", "manifests/b.toml")


def test_the_library_itself_may_be_the_manifests_directory(tmp_path: Path) -> None:
    write(tmp_path, {"sorasync.toml": '[library]\nmanifests = "."\n', "a.toml": CLIP.format("a")})
    assert load(tmp_path, load_config(tmp_path)).files == ("a.toml",)


def test_links_inside_the_library_are_followed_once(tmp_path: Path) -> None:
    write(tmp_path, {"shared/a.toml": CLIP.format("a")})
    (tmp_path / "manifests/shared").symlink_to(tmp_path / "shared")
    (tmp_path / "manifests/loop").symlink_to(tmp_path / "manifests")
    assert list(load(tmp_path, load_config(tmp_path)).clips) == ["a"]


def test_a_link_out_of_the_library_is_refused_and_what_it_names_is_not_shown(tmp_path: Path) -> None:
    (tmp_path / "outside.toml").write_text("canary = 1\n")
    root = write(tmp_path / "lib", {})
    (root / "manifests/a.toml").symlink_to(tmp_path / "outside.toml")
    (root / "manifests/b").symlink_to(tmp_path)
    with pytest.raises(ManifestError) as found:
        load(root, load_config(root))
    assert [d.code for d in found.value.diagnostics] == ["S110", "S110"]
    assert "canary" not in repr(found.value.diagnostics)


def test_an_image_behind_a_link_out_of_the_library_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_text("x")
    root = write(tmp_path / "lib", {})
    (root / "manifests/i.png").symlink_to(tmp_path / "secret.png")
    (root / "d").symlink_to(tmp_path)
    for name in ("i.png", "../d/secret.png"):
        (found,) = refused(root, f"[clips.a]\nprompt = 'x'\nimage = '{name}'\n")
        assert found.code == "S110"


def test_odd_files_are_faults_and_never_hang(tmp_path: Path) -> None:
    write(tmp_path, {})
    (tmp_path / "manifests/a.toml").mkdir()
    os.mkfifo(tmp_path / "manifests/b.toml")
    (tmp_path / "manifests/c.toml").symlink_to("c.toml")
    (tmp_path / "manifests/d.toml").symlink_to("nowhere")
    assert codes(tmp_path) == ["S102"] * 4


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"a = " + b"[" * 100_000 + b"]" * 100_000, "S101"),
        (b"a = " + b"{a=" * 100_000, "S101"),
        (b".".join([b"a"] * 100_000) + b" = 1", "S101"),
        (b"[clips.a]\nprompt = '" + b"word " * 2_000_000 + b"'\n", "S113"),
        ("[clips.a]\n".encode("utf-16"), "S102"),
        (b"\xef\xbb\xbf[clips.a]\r\nprompt = 'x'\r\nfoo = 1\r\n", "S103"),
        (b"[clips.a]\rprompt = 'x'\r", "S101"),
    ],
    ids=["deep-arrays", "deep-tables", "long-key", "ten-megabytes", "utf-16", "bom-and-crlf", "cr"],
)
def test_hostile_files_give_one_clear_fault(tmp_path: Path, data: bytes, code: str) -> None:
    write(tmp_path, {"manifests/a.toml": data})
    assert codes(tmp_path) == [code]


def test_a_file_is_hashed_once_for_all_that_use_it(tmp_path: Path) -> None:
    write(tmp_path, {"i.png": b"one"})
    files = LibraryFiles(tmp_path)
    before = files.sha256("i.png")
    (tmp_path / "i.png").write_bytes(b"two")
    assert files.sha256("i.png") == before
    assert LibraryFiles(tmp_path).sha256("i.png") != before


def test_a_known_digest_is_trusted_while_the_stamp_is_the_same(tmp_path: Path) -> None:
    path = write(tmp_path, {"i.png": b"one"}) / "i.png"
    os.utime(path, ns=(LONG_AGO, LONG_AGO))
    first = LibraryFiles(tmp_path)
    digest = first.sha256("i.png")
    known = {"i.png": replace(first.digests["i.png"], sha256="as it was known")}
    assert LibraryFiles(tmp_path, known).sha256("i.png") == "as it was known"
    os.utime(path, ns=(LONG_AGO + 1, LONG_AGO + 1))
    assert LibraryFiles(tmp_path, known).sha256("i.png") == digest


def test_a_file_whose_modification_time_was_put_back_is_hashed_again(tmp_path: Path) -> None:
    path = write(tmp_path, {"i.png": b"one"}) / "i.png"
    os.utime(path, ns=(LONG_AGO, LONG_AGO))
    first = LibraryFiles(tmp_path)
    digest = first.sha256("i.png")
    path.write_bytes(b"two")
    os.utime(path, ns=(LONG_AGO, LONG_AGO))
    assert LibraryFiles(tmp_path, first.digests).sha256("i.png") != digest


def test_a_file_modified_just_before_it_was_read_is_hashed_again(tmp_path: Path) -> None:
    path = write(tmp_path, {"i.png": b"one"}) / "i.png"
    os.utime(path, ns=(LONG_AGO, LONG_AGO))
    first = LibraryFiles(tmp_path, now_ns=lambda: LONG_AGO + 1)
    digest = first.sha256("i.png")
    path.write_bytes(b"two")
    os.utime(path, ns=(LONG_AGO, LONG_AGO))
    assert LibraryFiles(tmp_path, first.digests).sha256("i.png") != digest


@pytest.mark.parametrize(
    "declared", ["", "a\\b", "C:/a", "/a", "../../a", "file:///a", "a\x00b", "x/../../../a"]
)
def test_only_plain_relative_paths_inside_the_library_are_taken(tmp_path: Path, declared: str) -> None:
    write(tmp_path, {})
    with pytest.raises(FileFault) as refusal:
        LibraryFiles(tmp_path).resolve(declared, "manifests/a.toml")
    assert refusal.value.code == "S110"
