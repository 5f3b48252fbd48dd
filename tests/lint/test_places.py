"""A finding points at the word that it is about, wherever that was written."""

from __future__ import annotations

from pathlib import Path

from sorasync.manifest.diagnostic import Diagnostic
from sorasync.manifest.lint import lint
from tests.lint.kit import SECONDS, found, library


def place(diagnostic: Diagnostic) -> tuple[str, int, str]:
    """The file and line of a finding, and the text under its caret."""
    at, source = diagnostic.position, diagnostic.source
    assert at is not None
    assert source is not None
    return at.file, at.line, source[at.column - 1 : at.end_column - 1]


def only(root: Path, manifest: str, code: str, **more: str) -> tuple[str, int, str]:
    """The place of the only finding with that code."""
    (one,) = [diagnostic for diagnostic in found(root, manifest, **more) if diagnostic.code == code]
    return place(one)


def test_a_word_in_a_prompt_on_one_line(tmp_path: Path) -> None:
    manifest = '[clips.a]\nprompt = "Été: a cinematic market."\n'
    assert only(tmp_path, manifest, "S207") == ("manifests/a.toml", 2, "cinematic")


def test_a_word_in_a_prompt_over_several_lines(tmp_path: Path) -> None:
    manifest = '[clips.a]\nprompt = """\nA market.\n   A  cinematic   one.\n"""\n'
    assert only(tmp_path, manifest, "S207") == ("manifests/a.toml", 4, "cinematic")


def test_words_with_a_line_break_between_them(tmp_path: Path) -> None:
    manifest = '[clips.a]\nprompt = """\nA market at dusk, an 8 second\nvideo of it.\n"""\n'
    assert only(tmp_path, manifest, "S201") == ("manifests/a.toml", 3, "8 second")


def test_the_second_of_two_equal_words_is_the_one_that_is_meant(tmp_path: Path) -> None:
    manifest = "[clips.a]\nprompt = 'A sign says \"epic\", an epic battle.'\n"
    (one,) = [d for d in found(tmp_path, manifest) if d.code == "S207"]
    assert one.position is not None
    assert one.position.column == manifest.split("\n")[1].index("epic battle") + 1


def test_a_word_that_a_variable_put_in_gives_the_whole_prompt(tmp_path: Path) -> None:
    manifest = '[vars]\nhow = "cinematic"\n[clips.a]\nprompt = "A {{ how }} market."\n'
    assert only(tmp_path, manifest, "S207") == ("manifests/a.toml", 4, '"A {{ how }} market."')


def test_a_word_in_a_prompt_file(tmp_path: Path) -> None:
    manifest = '[clips.a]\nprompt_file = "prompts/a.txt"\n'
    text = "A market.\r\nAn epic,  cinematic market.\r\n"
    loaded = library(tmp_path, manifest, files={"manifests/prompts/a.txt": text})
    places = [place(d) for d in lint(loaded, defaults=SECONDS)]
    assert places == [("manifests/prompts/a.txt", 2, "epic"), ("manifests/prompts/a.txt", 2, "cinematic")]


BOARD = """\
[clips.a]
scene = "A market."
[[clips.a.shots]]
camera = "wide"
[[clips.a.shots]]
camera = "wide, cut to close-up"
action = ["walks", "a stunning leap"]
palette = ["amber",
  "teal"]
dialogue = [{ speaker = "A",
line = "One, two, three, four, five, six, seven, eight, nine, ten, a, b, c, d, e." }]
"""


def test_parts_of_a_storyboard(tmp_path: Path) -> None:
    places = {d.code: place(d) for d in found(tmp_path, BOARD)}
    assert places["S204"] == ("manifests/a.toml", 6, "cut to")
    assert places["S207"] == ("manifests/a.toml", 7, "stunning")
    assert places["S210"] == ("manifests/a.toml", 8, '["amber",')
    assert places["S208"][2] == "One, two, three, four, five, six, seven, eight, nine, ten, a, b, c, d, e."


def test_an_action_that_is_one_string(tmp_path: Path) -> None:
    manifest = '[clips.a]\nscene = "x"\nshots = [{ action = "a stunning leap" }]\n'
    assert only(tmp_path, manifest, "S207") == ("manifests/a.toml", 3, "stunning")


def test_a_style_of_the_file_or_of_the_library(tmp_path: Path) -> None:
    clip = '[clips.a]\nscene = "A market."\n'
    own = '[defaults]\nstyle = "epic, 35mm"\n'
    assert only(tmp_path / "file", own + clip, "S207") == ("manifests/a.toml", 2, "epic")
    assert only(tmp_path / "library", clip, "S207", config=own) == ("sorasync.toml", 2, "epic")


def test_a_step(tmp_path: Path) -> None:
    manifest = '[clips.a]\nprompt = "A market."\n[[clips.a.steps]]\nedit = "Add rain and remove the sign."\n'
    assert only(tmp_path, manifest, "S211") == ("manifests/a.toml", 4, "remove")


def test_a_character_whose_name_is_missing(tmp_path: Path) -> None:
    cast = '[characters.m]\nname = "Mossy"\nvideo = "refs/m.mp4"\n'
    missing = cast + '[clips.a]\ncharacters = ["m"]\nprompt = "A fox."\n'
    assert only(tmp_path / "a", missing, "S202") == ("manifests/a.toml", 5, '"m"')
    other_case = cast + '[clips.a]\ncharacters = ["m"]\nprompt = "A fox, mossy."\n'
    assert only(tmp_path / "b", other_case, "S202") == ("manifests/a.toml", 6, "mossy")


def test_an_instance_of_a_matrix_points_at_its_declaration(tmp_path: Path) -> None:
    manifest = '[clips.a]\nmatrix = { n = [1, 2] }\nprompt = "An epic market {{ n }}."\n'
    diagnostics = [d for d in found(tmp_path, manifest) if d.code == "S207"]
    assert [place(d) for d in diagnostics] == [("manifests/a.toml", 3, "epic")] * 2
    assert [d.address for d in diagnostics] == ["clip.a[n=1]", "clip.a[n=2]"]
