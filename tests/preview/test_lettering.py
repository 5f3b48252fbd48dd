"""Signs that no font here has: said before they are drawn as boxes."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("PIL")

from sorasync.cli.main import run
from sorasync.preview.animatic import fonts
from sorasync.preview.animatic.text import unwritable

ZH = """\
[clips.zh]
scene = "雨夜的小镇，灯笼倒映在石板路上。"
[[clips.zh.shots]]
action = ["老船夫系好缆绳"]
"""


def library(root: Path, manifest: str, profile: str = "preview") -> Path:
    (root / "manifests").mkdir(parents=True)
    (root / "sorasync.toml").write_text(f'[provider]\nprofile = "{profile}"\n')
    (root / "manifests" / "a.toml").write_text(manifest, encoding="utf-8")
    return root


@pytest.fixture(autouse=True)
def _no_fonts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "system_fonts", lambda: ())


def test_what_cannot_be_written_is_known() -> None:
    assert unwritable(["a", "é", "→", "e\u0301", "\u200d"]) == []
    assert unwritable(["水", "🦊", "ا"]) == sorted(["水", "🦊", "ا"])


def test_apply_and_doctor_say_so_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = str(library(tmp_path, ZH))
    assert run(["doctor", "--library", root]) == 0
    assert "no font here for" in capsys.readouterr().out
    run(["apply", "--library", root, "--yes", "--detach"])
    said = capsys.readouterr()
    assert (said.out + said.err).count("no font here for") == 1
    assert "fonts-noto-cjk" in said.out + said.err


@pytest.mark.parametrize(
    ("manifest", "profile"),
    [(ZH.replace("雨夜的小镇，", ""), "openai"), ('[clips.a]\nprompt = "Süß."\n', "preview")],
)
def test_nothing_is_said_where_nothing_is_boxed(
    manifest: str, profile: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(["doctor", "--library", str(library(tmp_path, manifest, profile)), "--offline"])
    assert "no font" not in capsys.readouterr().out
