"""However a manifest looks, laying it out keeps its values, order and comments, and is done at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bench.generate import write_library
from sorasync.operations.project import Project
from sorasync.toml.layout import format_text
from sorasync.toml.parse import TomlError, parse
from tests.effort import calls

REPOSITORY = Path(__file__).resolve().parents[2]

blanks = st.sampled_from(["", " ", "  ", "\t", "      "])
ends = st.sampled_from(["\n", "\r\n", "\n\n", "\n \n\n"])
words = st.sampled_from(
    ["amber", "", "a # b", "it's", 'say \\"hi\\"', "C:\\\\x", "\\n", "\\u00e9", "ünï 🎬", "[x]"]
)
scalars = st.one_of(
    words.map('"{}"'.format),
    st.sampled_from(
        ["'a'", "'a \"b\" c'", "'C:\\x'", "1", "-2.5e3", "true", "inf", "nan", "2026-01-02 03:04:05Z"]
    ),
    st.sampled_from(['"""x  \n # no comment\n  y"""', "'''\n'a'\n  '''", '"""a\\"""b"""', '"""a""""']),
)
remarks = st.sampled_from(["", "", "# x", "#", '# "quoted" = [', "#:schema ./x"])


@st.composite
def gaps(draw: st.DrawFn) -> str:
    """What may stand between the elements of an array: blanks, line ends, comments."""
    text = draw(blanks)
    for _ in range(draw(st.integers(0, 2))):
        text += draw(remarks) + draw(ends) + draw(blanks)
    return text


@st.composite
def groups(draw: st.DrawFn, inner: st.SearchStrategy[str]) -> str:
    """An array or an inline table."""
    table = draw(st.booleans())
    text = ""
    count = draw(st.integers(0, 4))
    for index in range(count):
        key = f"k{index}{draw(blanks)}={draw(blanks)}" if table else ""
        comma = "," if index < count - 1 or draw(st.booleans()) else ""
        text += draw(gaps()) + key + draw(inner) + draw(gaps()) + comma
    text += draw(gaps())
    return f"{{{text}}}" if table else f"[{text}]"


values = st.recursive(scalars, groups, max_leaves=6)


@st.composite
def documents(draw: st.DrawFn) -> str:
    """A TOML text that is valid and untidy."""
    text = draw(st.sampled_from(["", "\ufeff", "\n\n"]))
    for number in range(draw(st.integers(0, 8))):
        kind = draw(st.sampled_from(["pair", "pair", "table", "elements", "comment"]))
        text += draw(blanks)
        if kind == "pair":
            key = draw(st.sampled_from(["k{}", '"k {}"', "'k{}'", "k{} . x", 'k{}."y z"'])).format(number)
            text += key + draw(blanks) + "=" + draw(blanks) + draw(values)
        elif kind == "table":
            text += f"[{draw(blanks)}clips{draw(blanks)}.{draw(blanks)}c{number}]"
        elif kind == "elements":
            text += f"[[{draw(blanks)}clips.c{draw(st.integers(90, 92))}.steps]]"
        text += draw(blanks) + draw(remarks) + draw(ends)
    return text


def valid(text: str) -> dict[str, Any]:
    """The values of a text; an example that is no TOML after all is passed over."""
    try:
        return parse(text)
    except TomlError:
        assume(False)
        raise


@settings(max_examples=400)
@given(documents())
def test_values_and_their_order_stay_and_a_second_time_changes_nothing(text: str) -> None:
    plain = text.removeprefix("\ufeff").replace("\r\n", "\n")
    before = valid(plain)
    formatted = format_text(text)
    assert repr(parse(formatted)) == repr(before)
    assert format_text(formatted) == formatted
    assert not formatted.startswith("\n")
    assert "\r" not in formatted


@settings(max_examples=200)
@given(documents(), st.integers(0, 8))
def test_a_comment_on_its_own_line_keeps_its_neighbours(text: str, at: int) -> None:
    """Marks are put on lines of their own at the top level; each stays between the same two statements."""
    pieces = [f"# mark {at}", "[clips.before]", "a = 1", f"# mark {at + 1}", "[clips.after]", "b = 2"]
    whole = "\n".join(pieces) + "\n"
    assert format_text(whole).replace("\n\n", "\n") == whole
    plain = text.removeprefix("\ufeff").replace("\r\n", "\n")
    valid(plain + whole)
    formatted = format_text(plain + whole)
    assert formatted.replace("\n\n", "\n").endswith(whole)


def keys(root: Path) -> dict[str, str]:
    """The keys of a library's renders by address."""
    project = Project.open(root)
    return {address: render.key for address, render in project.graph(project.library()).renders.items()}


def copied(root: Path, source: Path) -> Path:
    """A copy of a library without what it has rendered."""
    import shutil

    shutil.copytree(source / "manifests", root / "manifests")
    shutil.copy(source / "sorasync.toml", root / "sorasync.toml")
    return root


def untidy(text: str) -> str:
    """The text with other spacing, where that is safe: the example has ` = ` in no string."""
    return text.replace(" = ", "   =").replace("\n[", "\n\n\n  [").replace("\n", "\r\n")


def test_the_example_library_is_laid_out_already() -> None:
    for path in (REPOSITORY / "sorasync.toml", *sorted((REPOSITORY / "manifests").glob("*.toml"))):
        text = path.read_text(encoding="utf-8")
        assert format_text(text) == text, path.name


def test_the_example_library_renders_the_same_however_it_is_laid_out(tmp_path: Path) -> None:
    root = copied(tmp_path, REPOSITORY)
    before = keys(root)
    for path in (root / "sorasync.toml", *root.glob("manifests/*.toml")):
        text = path.read_text(encoding="utf-8")
        path.write_bytes(untidy(text).encode())
        messy = path.read_bytes().decode()
        formatted = format_text(messy)
        assert formatted != messy
        assert format_text(formatted) == formatted
        path.write_text(formatted, encoding="utf-8")
    assert keys(root) == before


def test_a_generated_library_renders_the_same_however_it_is_laid_out(tmp_path: Path) -> None:
    write_library(tmp_path, 60)
    before = keys(tmp_path)
    for path in tmp_path.glob("manifests/*.toml"):
        path.write_text(format_text(untidy(path.read_text())))
    assert keys(tmp_path) == before


def test_ten_times_the_text_is_about_ten_times_the_work() -> None:
    def text(name: str) -> str:
        return "\n".join(f'[{name}.c{n}]\nprompt = "A"\n# x\ntags = ["a","b"]' for n in range(200))

    short = text("clips")
    long = "\n".join(text(f"b{n}") for n in range(10))
    assert calls(lambda: format_text(long)) < 15 * calls(lambda: format_text(short))
