"""Findings can be taken back: in place with a reason, or for the whole library."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sorasync.manifest.codes import LEVELS, LINT_CODES
from sorasync.manifest.diagnostic import Severity
from sorasync.manifest.lint import lint
from tests.lint.kit import codes, found, library

WHY = "because the client wrote it"


@pytest.mark.parametrize(
    "manifest",
    [
        '[clips.a]\nprompt = "An epic market."  # sorasync: ignore[S207] because so\n',
        '[clips.a]\n# sorasync: ignore[S207] because so\nprompt = "An epic market."\n',
        '[clips.a]\n# sorasync: ignore[S207] because so\n# and more words\nprompt = "An epic market."\n',
        '[clips.a]\nprompt = """\nAn epic market.\n"""  # sorasync: ignore[S207] because so\n',
        '# sorasync: ignore[S207] because so\n[clips.a]\nprompt = "An epic market."\n',
        '[clips.a]  # sorasync: ignore[S207, S201] because so\nprompt = "An epic market, 4K."\n',
        '#sorasync:ignore[S207]: so\n[clips.a]\nprompt = "An epic market."\n',
        '[clips.a]\nscene = "x"\n[[clips.a.shots]]  # sorasync: ignore[S207] because so\naction = "epic"\n',
        '[clips.a]\nscene = "x"\nshots = [\n# sorasync: ignore[S207] because so\n{ action = "epic" },\n]\n',
        'clips.a.prompt = "An epic market."  # sorasync: ignore[S207] because so\n',
    ],
)
def test_a_comment_with_a_reason_takes_a_finding_back(tmp_path: Path, manifest: str) -> None:
    assert codes(found(tmp_path, manifest)) == []


@pytest.mark.parametrize(
    "manifest",
    [
        '# sorasync: ignore[S207] because so\n[clips.a]\nprompt = "x"\n[clips.b]\nprompt = "Epic."\n',
        '[clips.a]\ntakes = 2  # sorasync: ignore[S207] because so\nprompt = "An epic market."\n',
        '[clips.a]\n# sorasync: ignore[S207] because so\n\nprompt = "An epic market."\n',
        '[clips.a]\n# sorasync: ignore[S206] because so\nprompt = "An epic market."\n',
    ],
)
def test_a_comment_about_another_value_takes_nothing_back_and_is_told_of(
    tmp_path: Path, manifest: str
) -> None:
    assert sorted(codes(found(tmp_path, manifest))) == ["S207", "S291"]


def test_a_comment_inside_a_text_is_no_comment(tmp_path: Path) -> None:
    manifest = '[clips.a]\nprompt = """\nAn epic market.\n# sorasync: ignore[S207] because so\n"""\n'
    assert codes(found(tmp_path, manifest)) == ["S207"]


def test_a_reason_is_asked_for_and_the_finding_is_taken_back_all_the_same(tmp_path: Path) -> None:
    (one,) = found(tmp_path, '[clips.a]\nprompt = "An epic market."  # sorasync: ignore[S207]\n')
    assert (one.code, one.severity) == ("S290", Severity.WARNING)
    assert one.position is not None
    assert (one.position.line, one.position.column, one.position.end_column) == (2, 29, 53)


@pytest.mark.parametrize(
    ("comment", "fix"), [("ignore[S297] why", "S207"), ("ignore[S103] why", None), ("ignore S207", None)]
)
def test_a_comment_that_cannot_hold_is_told_of(tmp_path: Path, comment: str, fix: str | None) -> None:
    (one,) = found(tmp_path, f'[clips.a]\nprompt = "A market."  # sorasync: {comment}\n')
    assert one.code == "S292"
    assert fix is None or one.fix in LINT_CODES


def test_what_is_not_looked_at_is_not_told_to_be_unused(tmp_path: Path) -> None:
    loaded = library(tmp_path, '[clips.a]\nprompt = "x"  # sorasync: ignore[S207] because so\n')
    assert codes(list(lint(loaded, only=["a"]))) == []
    assert codes(list(lint(loaded))) == ["S291"]


def test_a_code_can_be_ignored_everywhere_or_given_another_level(tmp_path: Path) -> None:
    manifest = '[clips.a]\nprompt = "An epic market, 4K."\n'
    assert codes(found(tmp_path / "a", manifest, config='[lint]\nignore = ["S207"]\n')) == ["S201"]
    config = '[lint]\nlevels = { S207 = "error", S201 = "hint" }\n'
    levels = {d.code: d.severity for d in found(tmp_path / "b", manifest, config=config)}
    assert levels == {"S207": Severity.ERROR, "S201": Severity.HINT}


def test_unknown_codes_in_the_configuration_are_told_of_with_the_nearest(tmp_path: Path) -> None:
    config = '[lint]\nignore = ["S207", "S277"]\nlevels = { S103 = "hint", S222 = "hint" }\n'
    wrong = found(tmp_path, '[clips.a]\nprompt = "x"\n', config=config)
    assert [(d.code, d.position.line if d.position else 0) for d in wrong] == [("S292", 2), ("S292", 3)]
    assert wrong[0].fix in LINT_CODES
    assert wrong[0].source == 'ignore = ["S207", "S277"]'


CLIPS = {
    "S201": 'prompt = "A market, 4K."',
    "S204": 'prompt = "A market. Cut to a lantern."',
    "S207": 'prompt = "An epic market."',
    "S210": 'prompt = "A market. Palette of amber and teal."',
    "S213": 'prompt = "Handheld, on a tripod."',
}


@given(
    st.lists(st.sampled_from(sorted(CLIPS)), max_size=6),
    st.lists(st.sampled_from(sorted(LEVELS)), max_size=3, unique=True),
    st.sampled_from(["above", "behind", "table"]),
    st.sampled_from(["\n", "\r\n"]),
)
def test_what_is_found_and_what_is_taken_back_add_up(
    tmp_path_factory: pytest.TempPathFactory, wanted: list[str], ignored: list[str], where: str, line: str
) -> None:
    comment = f"# sorasync: ignore[{', '.join(ignored)}] {WHY}" if ignored else "# nothing"
    lines = []
    for number, code in enumerate(wanted):
        header, value = f"[clips.c{number}]", CLIPS[code]
        lines += {
            "above": [header, comment, value],
            "behind": [header, f"{value}  {comment}"],
            "table": [f"{header}  {comment}", value],
        }[where]
    root = tmp_path_factory.mktemp("library")
    left = sorted(d.code for d in found(root, line.join([*lines, ""])))
    unused = ["S291"] * sum(code != taken for code in wanted for taken in ignored)
    assert left == sorted([code for code in wanted if code not in ignored] + unused)
