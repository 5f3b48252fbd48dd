"""Laying out a manifest changes how it looks and nothing else."""

from __future__ import annotations

import pytest

from sorasync.toml.layout import format_text
from sorasync.toml.parse import TomlError

CASES = {
    "spaces around equals signs": ("a=1\nb   =   2\n", "a = 1\nb = 2\n"),
    "spaces in keys and headers": ('[ clips . "a" ]\nx . y=1\n', '[clips."a"]\nx.y = 1\n'),
    "indentation": ("[a]\n    b = 1\n  [a.c]\n", "[a]\nb = 1\n\n[a.c]\n"),
    "one empty line before a table": ("[a]\nx = 1\n[b]\n\n\n\n[c]\n", "[a]\nx = 1\n\n[b]\n\n[c]\n"),
    "no empty line behind a header": ("[a]\n\nx = 1\n", "[a]\nx = 1\n"),
    "at most one empty line between keys": ("a = 1\n\n\n\nb = 2\n", "a = 1\n\nb = 2\n"),
    "no empty lines at the ends": ("\n\na = 1\n\n\n", "a = 1\n"),
    "steps stay with their clip": (
        "[clips.a]\nfrom = 'b'\n[[clips.a.steps]]\nedit = 'c'\n",
        '[clips.a]\nfrom = "b"\n[[clips.a.steps]]\nedit = "c"\n',
    ),
    "steps stay apart from their clip": (
        "[clips.a]\n\n\n[[clips.a.steps]]\n[[clips.b.steps]]\n",
        "[clips.a]\n\n[[clips.a.steps]]\n\n[[clips.b.steps]]\n",
    ),
    "arrays on one line": ("a = [1,2 ,  3,]\nb = [ ]\n", "a = [1, 2, 3]\nb = []\n"),
    "inline tables": ("a={b=1,c={}}\n", "a = { b = 1, c = {} }\n"),
    "arrays over lines": (
        "a = [1,\n      2, 3\n  ]\n",
        "a = [\n  1,\n  2,\n  3,\n]\n",
    ),
    "an empty array over lines": ("a = [\n\n]\n", "a = []\n"),
    "arrays in arrays": ("a = [\n[1,\n2], [3]]\n", "a = [\n  [\n    1,\n    2,\n  ],\n  [3],\n]\n"),
    "inline tables over lines": ("a = {\nb = 1, c = 2 }\n", "a = {\n  b = 1,\n  c = 2,\n}\n"),
    "a line break behind an equals sign": (
        'a = [{ b = 1, c =\n"d" }]\n',
        'a = [{ b = 1, c = "d" }]\n',
    ),
    "a line break before an equals sign": ("a = { b\n= # why\n1 }\n", "a = {\n  # why\n  b = 1,\n}\n"),
    "plain quotes": ("a = 'b'\n", 'a = "b"\n'),
    "quotes that need escapes": ('a = "say \\"hi\\""\n', "a = 'say \"hi\"'\n"),
    "a backslash": ('a = "C:\\\\b"\n', "a = 'C:\\b'\n"),
    "escapes that literal quotes cannot spare": ('a = "\\"\\n"\n', 'a = "\\"\\n"\n'),
    "an apostrophe among escapes": ('a = "\\"it\'s\\""\n', 'a = "\\"it\'s\\""\n'),
    "Windows line ends": ("a = 1\r\n\r\n[b]\r\n", "a = 1\n\n[b]\n"),
    "a byte order mark": ("\ufeffa = 1\n", "a = 1\n"),
    "no last line end": ("a = 1", "a = 1\n"),
    "blanks at line ends": ("a = 1  \n# b \t\n[c]\t\n", "a = 1\n# b\n[c]\n"),
    "blanks inside long strings": ('a = """x  \n  y \\\n  """\n', 'a = """x  \n  y \\\n  """\n'),
    "quotes at the end of a long string": ("a = '''b'''''  # c\n", "a = '''b'''''  # c\n"),
    "a number sign in strings": ("a = '#' # b\n", 'a = "#" # b\n'),
    "dates with a blank": ("a=2026-01-02 03:04:05Z   \n", "a = 2026-01-02 03:04:05Z\n"),
    "nothing": ("", ""),
    "only empty lines": ("\n \n", ""),
    "only a comment": ("#x", "#x\n"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_text_is_laid_out(case: str) -> None:
    before, after = CASES[case]
    assert format_text(before) == after
    assert format_text(after) == after


COMMENTS = {
    "keep their column": ("a = 1     # x\n", "a = 1     # x\n"),
    "move when the code needs their place": ("a=[1,2]  # x\n", "a = [1, 2]  # x\n"),
    "stay one blank behind the code": ("a=1 # x\n", "a = 1 # x\n"),
    "get a blank": ("a = 1# x\n", "a = 1 # x\n"),
    "stay lined up": ("a =1        # x\nlonger =2   # y\n", "a = 1       # x\nlonger = 2  # y\n"),
    "move together": ("a=1      # x\nlonger=2 # y\n", "a = 1      # x\nlonger = 2 # y\n"),
    "stay above a table": ("a = 1\n\n# x\n[b]\n", "a = 1\n\n# x\n[b]\n"),
    "stay between neighbours that both touch them": ("a = 1\n# b = 2\n[c]\n", "a = 1\n# b = 2\n[c]\n"),
    "stay apart under a header": ("[a]\n\n# x\n\nb = 1\n", "[a]\n\n# x\n\nb = 1\n"),
    "stay in arrays": (
        "a = [ # open\n1, # one\n# own\n2 # two\n, # stray\n# end\n]\n",
        "a = [ # open\n  1, # one\n  # own\n  2, # two\n  # stray\n  # end\n]\n",
    ),
    "stay in empty arrays": ("a = [ # x\n]\n", "a = [ # x\n]\n"),
    "end a long string's line": ("a = '''b\nc''' # x\n", "a = '''b\nc''' # x\n"),
}


@pytest.mark.parametrize("case", COMMENTS)
def test_comments(case: str) -> None:
    before, after = COMMENTS[case]
    assert format_text(before) == after
    assert format_text(after) == after


def test_an_array_that_is_too_long_for_a_line_is_spread_over_lines() -> None:
    words = [f'"{letter * 20}"' for letter in "abcde"]
    spread = "a = [\n" + "".join(f"  {word},\n" for word in words) + "]\n"
    assert format_text(f"a = [{', '.join(words)}]\n") == spread
    assert format_text(f"a = [{', '.join(words[:4])}]\n") == f"a = [{', '.join(words[:4])}]\n"


def test_an_inline_table_is_never_spread_over_lines() -> None:
    text = f'a = {{ b = "{"x" * 200}", c = 1 }}\n'
    assert format_text(text) == text


@pytest.mark.parametrize("text", ["a = [\n", "a = 1\na = 2\n", "[a\n", "a =\n", 'a = "b\n'])
def test_a_text_with_faulty_syntax_is_refused(text: str) -> None:
    with pytest.raises(TomlError):
        format_text(text)
