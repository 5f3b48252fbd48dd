"""Wheel and sdist hold what users need, and install into an empty environment of every Python at hand.

Heavy: it builds the distributions and installs from the package index.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cli.test_bare_install import CLIPS, NEEDY
from tests.docs.pages import ROOT, blocks

pytestmark = pytest.mark.heavy

_PYTHONS = ("3.11", "3.12", "3.13", "3.14")
_EXTRAS = ("preview", "film", "checks", "ocr", "review", "team")


def _run(*command: str | Path, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    words = [str(word) for word in command]
    # No path of this checkout: what is not in the distribution must be missed.
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return subprocess.run(
        words, cwd=cwd, env=environ | variables, capture_output=True, text=True, timeout=580
    )


def _done(*command: str | Path, cwd: Path, **variables: str) -> str:
    done = _run(*command, cwd=cwd, **variables)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


def _interpreters() -> Iterator[str]:
    """The interpreters of each version that is promised and is on this machine."""
    for version in _PYTHONS:
        pyenv = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))
        if path := pyenv[-1] if pyenv else shutil.which(f"python{version}"):
            yield str(path)


@dataclass(frozen=True)
class Environment:
    """An environment of its own, with nothing in it but what a test installs."""

    root: Path

    @property
    def programs(self) -> Path:
        """Where its programs are."""
        return self.root / "bin"

    @classmethod
    def made(cls, root: Path, python: str, *packages: str) -> Environment:
        """An environment for this interpreter with these packages, by uv where it is installed."""
        if uv := shutil.which("uv"):
            _done(uv, "venv", "--quiet", "--python", python, root, cwd=root.parent)
            _done(
                uv, "pip", "install", "--quiet", "--python", root / "bin/python", *packages, cwd=root.parent
            )
        else:
            _done(python, "-m", "venv", root, cwd=root.parent)
            _done(root / "bin/python", "-m", "pip", "install", "--quiet", *packages, cwd=root.parent)
        return cls(root)

    def sorasync(self, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        """Run the program that is installed here."""
        return _run(self.programs / "sorasync", *arguments, cwd=cwd)


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """What judges distributions, none of it ours."""
    root = tmp_path_factory.mktemp("tools") / "venv"
    return Environment.made(
        root, sys.executable, "build", "twine", "check-wheel-contents", "pyroma", "hatchling"
    )


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, tools: Environment) -> Path:
    """A folder with the wheel and the sdist, built from what git knows of."""
    work = tmp_path_factory.mktemp("built")
    files = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    for name in filter(None, files.split("\0")):
        (work / "source" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, work / "source" / name, follow_symlinks=False)
    _done(
        tools.programs / "python",
        "-m",
        "build",
        "--no-isolation",
        "--outdir",
        work / "dist",
        cwd=work / "source",
    )
    return work / "dist"


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    """The wheel."""
    (path,) = built.glob("*.whl")
    return path


def test_the_judges_of_distributions_find_nothing(tools: Environment, built: Path, wheel: Path) -> None:
    (sdist,) = built.glob("*.tar.gz")
    said = _done(tools.programs / "twine", "check", "--strict", wheel, sdist, cwd=built)
    assert said.count("PASSED") == 2
    assert "OK" in _done(tools.programs / "check-wheel-contents", wheel, cwd=built)
    said = _done(tools.programs / "pyroma", "-n", "8", sdist, cwd=built)
    # There is no home page and no address to write to before the first release.
    wishes = [line for line in said.splitlines() if line.startswith("Your package")]
    assert [re.findall(r"author-email|'url'", wish) for wish in wishes] == [["author-email"], ["'url'"]]


def test_the_sdist_builds_the_same_wheel(
    tools: Environment, built: Path, wheel: Path, tmp_path: Path
) -> None:
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    (source,) = tmp_path.iterdir()
    _done(
        tools.programs / "python",
        "-m",
        "build",
        "--no-isolation",
        "--wheel",
        "--outdir",
        tmp_path,
        cwd=source,
    )
    (again,) = tmp_path.glob("*.whl")
    names = [_done(sys.executable, "-m", "zipfile", "-l", path, cwd=tmp_path) for path in (wheel, again)]
    files = [sorted(re.findall(r"^(\S+) ", listing, re.MULTILINE)) for listing in names]
    assert files[0] == files[1]


@pytest.mark.parametrize("python", [*_interpreters()], ids=lambda path: Path(path).parts[-3])
def test_a_bare_install_plans_and_says_what_apply_needs(python: str, wheel: Path, tmp_path: Path) -> None:
    bare = Environment.made(tmp_path / "venv", python, str(wheel))
    assert bare.sorasync("--version", cwd=tmp_path).returncode == 0
    for words in (["init", "film"], ["validate", "--library", "film"], ["plan", "--library", "film"]):
        answer = bare.sorasync(*words, cwd=tmp_path)
        assert answer.returncode == 0, answer.stderr
    (tmp_path / "film/manifests/first.toml").write_text(CLIPS, encoding="utf-8")
    for extra, needy, config in NEEDY:
        (tmp_path / "film/sorasync.toml").write_text(config, encoding="utf-8")
        refused = bare.sorasync(*needy, "--library", "film", cwd=tmp_path)
        assert refused.returncode == 1 and refused.stdout == "", (needy, refused.stdout)
        first, second = refused.stderr.splitlines()
        assert re.fullmatch(rf"error: .* needs the extra {extra} \(not installed: .*\)", first), needy
        assert second.startswith("  ") and " install " in second


@pytest.mark.parametrize(
    ("page", "python"),
    [("index.md", sys.executable), *(("README.md", python) for python in _interpreters())],
    ids=lambda word: word if word.endswith(".md") else Path(word).parts[-3],
)
def test_the_first_library_is_made_as_the_page_says(
    page: str, python: str, built: Path, tmp_path: Path
) -> None:
    """From the checkout on: installed, made, rendered, committed, by what is typed on the page."""
    shown = [block.code for block in blocks("sh") if block.page == page]
    first = next(number for number, code in enumerate(shown) if "pip install" in code)
    # Nobody sits at the editor or answers the question of an apply.
    typed = "\n".join(["set -e", *shown[first:]]).replace("$EDITOR", "cat")
    script = re.sub(r"sorasync apply(?= {2,}|$)", "sorasync apply --yes", typed, flags=re.MULTILINE)
    home, programs = tmp_path / "home", tmp_path / "programs"
    home.mkdir()
    programs.mkdir()
    (programs / "python3").symlink_to(python)
    who = {
        f"GIT_{role}_{what}": "ann@example.com"
        for role in ("AUTHOR", "COMMITTER")
        for what in ("NAME", "EMAIL")
    }
    homes = {"HOME": str(home), "PIP_CACHE_DIR": str(built.parent / "pip")}
    shutil.copytree(built.parent / "source", tmp_path / "checkout", symlinks=True)
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    _done("bash", "-c", script, cwd=tmp_path / "checkout", PATH=path, **homes, **who)
    assert {film.name for film in tmp_path.rglob("assets/*.mp4")} >= {"first.mp4"}


@pytest.mark.parametrize("extra", _EXTRAS)
def test_each_extra_installs_beside_the_program(extra: str, wheel: Path, tmp_path: Path) -> None:
    able = Environment.made(tmp_path / "venv", sys.executable, f"{wheel}[{extra}]")
    answer = able.sorasync("doctor", "--offline", cwd=tmp_path)
    assert "Traceback" not in answer.stderr
    assert able.sorasync("init", "film", cwd=tmp_path).returncode == 0
    done = able.sorasync("apply", "--yes", "--library", "film", cwd=tmp_path)
    if extra == "preview":
        assert done.returncode == 0, done.stderr
    else:
        assert "needs the extra preview (not installed: " in done.stderr
