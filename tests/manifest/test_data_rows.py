"""Clips for the rows of a file: what is read, what is refused, and that no fault repeats a value."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from sorasync.manifest.config import load_config
from sorasync.manifest.diagnostic import ManifestError
from sorasync.manifest.library import Library
from sorasync.manifest.lint import lint
from sorasync.manifest.load import load

SECRET = "Ada Lovelace"
HEAD = '[defaults]\nmodel = "sora-2"\nsize = "1280x720"\nseconds = 4\n'
CLIP = '[clips.ad]\nprompt = "For {{ name }}, {{ city }}."\n[clips.ad.each]\n'
ENDLESS = "WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id FROM n) SELECT * FROM n"
BROKEN = f"CAST(CAST('{SECRET}' AS BLOB) || x'ff' AS TEXT)"
CSV = f'id,name,city\n7,"{SECRET}",Lisbon\n12,Otto,Osaka\n3,"Mia, Jr.",Lisbon\n'

Make = Callable[..., Library]


@pytest.fixture
def made(tmp_path: Path) -> Make:
    """Loads a library of one clip, whose table `each` and whose files are given."""

    def make(each: str, clip: str = CLIP, **files: str | bytes) -> Library:
        manifests = tmp_path / "manifests"
        manifests.mkdir(exist_ok=True)
        (tmp_path / "sorasync.toml").write_text(HEAD)
        (manifests / "a.toml").write_text(clip + each)
        for name, content in files.items():
            data = content if isinstance(content, bytes) else content.encode()
            (manifests / name.replace("_", ".")).write_bytes(data)
        return load(tmp_path, load_config(tmp_path, None))

    return make


def prompts(library: Library) -> dict[str, str | None]:
    return {name: clip.prompt for name, clip in library.clips.items()}


WANTED = {
    "ad[id=7]": f"For {SECRET}, Lisbon.",
    "ad[id=12]": "For Otto, Osaka.",
    "ad[id=3]": "For Mia, Jr., Lisbon.",
}


def test_each_row_of_a_table_makes_a_clip(made: Make) -> None:
    assert prompts(made('csv = "p.csv"\nkey = "id"\n', p_csv=CSV)) == WANTED


@pytest.mark.parametrize(
    "data",
    [
        "\ufeff" + CSV,
        CSV.replace("\n", "\r\n"),
        CSV.replace('"Mia, Jr."', "Mia| Jr.").replace(",", ";").replace("|", ","),
        CSV + "\n\n",
    ],
    ids=["byte order mark", "line ends of Windows", "semicolons", "blank lines"],
)
def test_a_table_may_come_from_any_spreadsheet(made: Make, data: str) -> None:
    assert prompts(made('csv = "p.csv"\nkey = "id"\n', p_csv=data)) == WANTED


def test_rows_may_come_as_json_lines_and_from_sqlite(made: Make, tmp_path: Path) -> None:
    rows = [(7, SECRET, "Lisbon"), (12, "Otto", "Osaka"), (3, "Mia, Jr.", "Lisbon")]
    lines = "\n".join(json.dumps({"id": a, "name": b, "city": c}) for a, b, c in rows)
    assert prompts(made('jsonl = "p.jsonl"\nkey = "id"\n', p_jsonl=lines)) == WANTED
    path = tmp_path / "made.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE people (id INTEGER, name TEXT, city TEXT)")
        connection.executemany("INSERT INTO people VALUES (?, ?, ?)", rows)
        connection.commit()
    each = 'sqlite = "p.db"\ntable = "people"\nkey = "id"\n'
    assert prompts(made(each, p_db=path.read_bytes())) == WANTED


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("PRAGMA journal_mode = WAL; CREATE TABLE people (id)", "WAL mode"),
        (f"CREATE VIEW people AS {ENDLESS}", "no table"),
        (f"CREATE TABLE people (id); INSERT INTO people VALUES ({BROKEN})", "readable"),
    ],
    ids=["WAL", "an endless view", "text that is not UTF-8"],
)
def test_an_sqlite_file_is_read_as_a_table_and_never_quoted(
    made: Make, tmp_path: Path, script: str, message: str
) -> None:
    path = tmp_path / "made.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(script)
        connection.commit()
    with pytest.raises(ManifestError) as caught:
        made('sqlite = "p.db"\ntable = "people"\nkey = "id"\n', p_db=path.read_bytes())
    assert message in str(caught.value.diagnostics[0].message)
    assert SECRET not in str(caught.value.diagnostics[0])


def test_only_some_rows_may_be_wanted(made: Make) -> None:
    some = 'csv = "p.csv"\nkey = "id"\nwhere = { city = "Lisbon" }\n'
    assert set(prompts(made(some, p_csv=CSV))) == {"ad[id=7]", "ad[id=3]"}
    assert set(prompts(made(some + "limit = 1\n", p_csv=CSV))) == {"ad[id=7]"}
    either = 'csv = "p.csv"\nkey = "id"\nwhere = { id = [12, 3], city = ["Lisbon", "Osaka"] }\n'
    assert set(prompts(made(either, p_csv=CSV))) == {"ad[id=12]", "ad[id=3]"}


@pytest.mark.parametrize(
    ("each", "data", "message"),
    [
        ('key = "id"', CSV, "names no file"),
        ('csv = "p.csv"\njsonl = "p.csv"\nkey = "id"', CSV, "cannot be combined"),
        ('csv = "p.csv"', CSV, "key"),
        ('csv = "q.csv"\nkey = "id"', CSV, "there is no file"),
        ('csv = "../../p.csv"\nkey = "id"', CSV, "leads out of the library"),
        ('csv = "p.csv"\nkey = "Id"', CSV, "there is no column `Id`"),
        ('csv = "p.csv"\nkey = "id"\nwhere = { town = "x" }', CSV, "there is no column `town`"),
        ('csv = "p.csv"\nkey = "id"\nwhere = { city = "Oslo" }', CSV, "no row is left"),
        ('csv = "p.csv"\nkey = "city"', CSV, "`city` is the same in line 2 and line 4"),
        ('csv = "p.csv"\nkey = "name"', CSV, "`name` in line 4 contains ','"),
        ('csv = "p.csv"\nkey = "id"\ntable = "x"', CSV, "only `sqlite` has a `table`"),
        ('csv = "p.csv"\nkey = "id"\nlimit = 0', CSV, "limit"),
        ('csv = "p.csv"\nkey = "id"', "", "name every column"),
        ('csv = "p.csv"\nkey = "id"', "id,name,city\n", "the file has no rows"),
        ('csv = "p.csv"\nkey = "id"', "id,id,city\n", "names `id` twice"),
        ('csv = "p.csv"\nkey = "id"', CSV + f"9,{SECRET}\n", "line 5 has 2 cells"),
        ('csv = "p.csv"\nkey = "id"', CSV + f'9,"{SECRET}\n', "is not valid CSV"),
        ('csv = "p.csv"\nkey = "id"', CSV.replace("Otto", "Ottö").encode("latin-1"), "line 3 is not UTF-8"),
        ('csv = "p.csv"\nkey = "id"', CSV.encode("utf-16"), "line 1 is not UTF-8"),
        ('jsonl = "p.csv"\nkey = "id"', "{}\n" + SECRET, "line 2 is not valid JSON"),
        ('jsonl = "p.csv"\nkey = "id"', "[1]", "is not a JSON object"),
        ('jsonl = "p.csv"\nkey = "id"', '{"id": {"a": 1}}', "`id` in line 1 is neither text nor a number"),
        ('jsonl = "p.csv"\nkey = "id"', "[" * 100_000, "line 1 is not valid JSON"),
        ('sqlite = "p.csv"\nkey = "id"', CSV, "needs a `table`"),
        ('sqlite = "p.csv"\ntable = "people"\nkey = "id"', CSV, "not a readable SQLite database"),
        ('csv = "p.csv"\nkey = "id"\nwher = 1', CSV, "wher"),
    ],
)
def test_what_is_wrong_with_rows_is_said_with_its_place_and_without_a_value(
    made: Make, each: str, data: str | bytes, message: str
) -> None:
    with pytest.raises(ManifestError) as caught:
        made(each + "\n", p_csv=data)
    (found,) = caught.value.diagnostics
    assert message in found.message
    assert found.position is not None
    assert found.position.file == "manifests/a.toml"
    assert SECRET not in str(found)


def test_rows_and_a_matrix_exclude_each_other(made: Make) -> None:
    clip = CLIP.replace("[clips.ad.each]", 'matrix = { city = ["Lisbon"] }\n[clips.ad.each]')
    with pytest.raises(ManifestError) as caught:
        made('csv = "p.csv"\nkey = "id"\n', clip, p_csv=CSV)
    assert caught.value.diagnostics[0].code == "S111"


def test_rows_that_say_nearly_the_same_are_no_duplicates(made: Make) -> None:
    """A finding would name what a row says, and thousands of rows are meant to be alike."""
    said = "a red kite drifts over the old harbour, slowly and high above the grey boats"
    clip = f'[clips.kite]\nprompt = "{said}"\n' + CLIP.replace("For {{ name }}, {{ city }}.", "{{ name }}")
    table = f'id,name,city\n1,"{said.replace("grey", "gray")}",x\n'
    library = made('csv = "p.csv"\nkey = "id"\n', clip, p_csv=table)
    for only in (None, set(library.clips), {"ad[id=1]"}, {"kite"}):
        assert [one.code for one in lint(library, only=only) if one.code == "S214"] == []
