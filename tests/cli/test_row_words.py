"""What a host says of a row may quote it: it is shown at the terminal of the run, and kept nowhere."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ci.paid import Studio, a_studio

PEOPLE = "id,name\n1,Ada\n2,Ben\n3,Cyd\n4,Dot\n5,Eve\n"
AD = '[clips.ad]\nprompt = "A letter to {{ name }} Qvist."\n[clips.ad.each]\ncsv = "people.csv"\nkey = "id"\n'
KEPT = "the host's words are not kept for a row"


@pytest.fixture
def studio(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Studio]:
    with a_studio(tmp_path, capsys) as it:
        it.write(AD)
        (it.root / "manifests" / "people.csv").write_text(PEOPLE)
        yield it


def quoting(name: str, do: str, **how: object) -> dict[str, object]:
    """A fault whose message quotes the prompt as it was sent, cut short."""
    words = {"message": f"your prompt, 'A LETTER TO {name.upper()} QV…', was refused"}
    return {"route": "create", "prompt": name, "do": do} | words | how


def every_file(root: Path) -> Iterator[tuple[Path, bytes]]:
    """All that lies in a library, but for what is the user's own."""
    for path in sorted(root.rglob("*")):
        if path.is_file() and path.name not in ("people.csv", "clips.toml"):
            yield path, path.read_bytes()
            if tarfile.is_tarfile(path):
                with tarfile.open(path) as packed:
                    for one in packed:
                        yield path, b"" if (file := packed.extractfile(one)) is None else file.read()


def holding(root: Path) -> list[Path]:
    """The files that hold what a row says."""
    return [path for path, text in every_file(root) if b" qv" in text.lower()]


def test_the_words_of_a_host_about_a_row_are_kept_nowhere(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    studio.faults(
        quoting("Ada", "status", status=400, code="invalid_prompt"),
        quoting("Ben", "fail"),
        quoting("Cyd", "fail_moderated"),
        quoting("Dot", "status", status=422, code="a letter to Dot Qvist is no prompt"),
        quoting("Eve", "status", status=404),
    )
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    seen = studio.run("apply", "--yes")
    monkeypatch.undo()
    assert seen.out.count("shown only here: your prompt, 'A LETTER TO") == 5
    assert "of clip.ad" not in seen.out
    assert "QV" not in seen.err
    told = {
        "clip.ad[id=1]": f"studio answered 400: {KEPT}",
        "clip.ad[id=2]": f"generation_failed: {KEPT}",
        "clip.ad[id=3]": f"moderation_blocked: {KEPT}",
        "clip.ad[id=4]": f"studio answered 422: {KEPT}",
        "clip.ad[id=5]": f"studio has no create route (studio answered 404: {KEPT})",
    }
    with studio.store() as store:
        kept = {one.address.removesuffix("#1"): one.error_message for one in store.every_record()}
    assert kept == told
    shown = [
        ["plan", "--full", "--out", str(studio.root / "saved.plan")],
        ["log", "clip.ad[id=1]"],
        ["review", "--html", str(studio.root / "page")],
        ["apply", "--yes", "--format", "json"],
    ]
    for arguments in shown:
        answer = studio.run(*arguments)
        assert answer.code != 64, answer.err
        assert "QV" not in answer.out + answer.err, arguments
    assert holding(studio.root) == []
