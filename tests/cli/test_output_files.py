"""Files that a command is told to write: whole, through links, and into what is no file."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Callable

from tests.cli.kit import Film


def test_what_is_no_file_is_written_into_and_never_replaced(film: Callable[[str], Film]) -> None:
    one = film('[clips.a]\nprompt = "A pier at dusk."\n')
    pipe, read = one.root / "pipe", list[bytes]()
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    assert one.run("plan", "--out", str(pipe)).code == 0
    reader.join(60)
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    (one.root / "link").symlink_to("saved")
    assert one.run("plan", "--out", str(one.root / "link")).code == 0
    assert (one.root / "link").is_symlink()
    assert (one.root / "saved").read_bytes() == read[0]
