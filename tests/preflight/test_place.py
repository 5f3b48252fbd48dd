"""A new file appears whole, under a name that nobody else has taken."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sorasync.preflight.place import new_file, put_new


def test_a_file_that_appears_meanwhile_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    with pytest.raises(FileExistsError), new_file(path) as part:
        part.write_bytes(b"ours")
        path.write_bytes(b"theirs")
    assert path.read_bytes() == b"theirs"
    assert list(tmp_path.iterdir()) == [path]


def test_an_error_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="x"), new_file(tmp_path / "a.png") as part:
        part.write_bytes(b"half")
        raise ValueError("x")
    assert list(tmp_path.iterdir()) == []


def test_a_file_system_without_links_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(source: object, target: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "link", refuse)
    put_new(tmp_path / "a.png", b"ours")
    assert (tmp_path / "a.png").read_bytes() == b"ours"
    assert len(list(tmp_path.iterdir())) == 1
