"""What a process has loaded from which others are forked: all that an apply imports, and its models built.

A forked apply then begins at once, where a Python of its own would spend most of its time importing.
"""

from __future__ import annotations

import gc
import importlib
import pkgutil
import tempfile
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import sorasync
from sorasync.cli.main import run

_BESIDES = ("sqlite_utils", "aiohttp")
_LIBRARY = '[library]\nname = "warm"\n[provider]\nprofile = "preview"\n[defaults]\nmodel = "sora-2"\n'


def _import_all() -> None:
    for module in pkgutil.walk_packages(sorasync.__path__, "sorasync."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    for name in (*_BESIDES, "tests.apply.crash.keeper", "tests.apply.crash.rounds"):
        importlib.import_module(name)


def _plan_once() -> None:
    with tempfile.TemporaryDirectory() as directory, redirect_stdout(StringIO()):
        manifests = Path(directory) / "manifests"
        manifests.mkdir()
        (Path(directory) / "sorasync.toml").write_text(_LIBRARY)
        (manifests / "clips.toml").write_text('[clips.warm]\nprompt = "Warm."\nseconds = 4\n')
        run(["--library", directory, "plan"])


_import_all()
_plan_once()
gc.collect()
gc.freeze()
