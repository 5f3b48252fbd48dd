"""What is made from the models is shipped, fresh, and can be had from the command line."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from sorasync.cli.main import run
from sorasync.manifest.config import Config
from sorasync.manifest.reference import toml, written_files
from sorasync.manifest.schema import ManifestModel
from sorasync.manifest.shipped import SCHEMA_FILES, SchemaName, schema_text
from sorasync.manifest.table_model import Table
from sorasync.toml.parse import parse

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("path", sorted(written_files()))
def test_a_written_file_is_fresh(path: str) -> None:
    fresh = written_files()[path]
    assert (REPOSITORY / path).read_text(encoding="utf-8") == fresh, (
        "run python -m sorasync.manifest.reference"
    )


def test_every_key_of_every_table_is_in_the_reference() -> None:
    page = written_files()["docs/manifest.md"]
    known = set(Table.__subclasses__()) - {ManifestModel, Config}
    assert len(known) > 12
    keys = {field.alias or name for model in known for name, field in model.model_fields.items()}
    assert {key for key in keys - {"overrides"} if f"| `{key}` |" not in page} == set()


def test_the_examples_of_the_reference_are_toml() -> None:
    examples = re.findall(r"\| `([^`|]+ = [^`]+)` \|$", written_files()["docs/manifest.md"], re.MULTILINE)
    assert len(examples) > 50
    for example in examples:
        assert parse(example)


@pytest.mark.parametrize("value", ['a "b"', 1, 2.5, True, [1, "x"], {"a b": [{"c": 1}]}, [], {}])
def test_a_value_is_written_as_toml_reads_it(value: object) -> None:
    assert parse(f"k = {toml(value)}") == {"k": value}


def test_the_schema_is_printed_and_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schema"]) == 0
    assert json.loads(capsys.readouterr().out)["title"] == "A sorasync manifest"
    out = tmp_path / "new" / "config.json"
    assert run(["schema", "config", "--out", str(out)]) == 0
    assert out.read_text(encoding="utf-8") == schema_text("config")
    assert run(["schema", "state"]) == 64


def test_a_place_where_nothing_can_be_written_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    out = tmp_path / "file" / "schema.json"

    assert run(["schema", "--out", str(out)]) == 1

    assert f"error: cannot write {out}: " in capsys.readouterr().err


def test_a_new_library_names_the_schemas_that_it_holds(tmp_path: Path) -> None:
    assert run(["init", str(tmp_path)]) == 0
    for name in ("sorasync.toml", "manifests/first.toml"):
        path = tmp_path / name
        line = path.read_text(encoding="utf-8").partition("\n")[0]
        kind: SchemaName = "config" if name == "sorasync.toml" else "manifest"
        schema = (path.parent / line.removeprefix("#:schema ")).resolve()
        assert schema == (tmp_path / SCHEMA_FILES[kind]).resolve()
        assert json.loads(schema.read_text(encoding="utf-8"))["$schema"]
    assert run(["fmt", "--check", str(tmp_path)]) == 0


def test_the_files_of_the_tutorial_name_the_schemas_of_this_checkout() -> None:
    for path in (REPOSITORY / "sorasync.toml", *(REPOSITORY / "manifests").rglob("*.toml")):
        line = path.read_text(encoding="utf-8").partition("\n")[0]
        schema = path.parent / line.removeprefix("#:schema ")
        kind: SchemaName = "config" if path.name == "sorasync.toml" else "manifest"
        assert schema.read_text(encoding="utf-8") == schema_text(kind)


@pytest.mark.parametrize("kind", ["manifest", "config"])
def test_a_schema_of_another_version_is_found_and_the_command_that_is_told_mends_it(
    kind: SchemaName, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["init"]) == 0
    name = SCHEMA_FILES[kind]
    (tmp_path / name).write_bytes(schema_text(kind).replace("\n", "\r\n").encode())
    capsys.readouterr()
    assert run(["validate", "--strict"]) == 0
    assert "S300" not in capsys.readouterr().out
    (tmp_path / name).write_text(schema_text(kind).replace('"type"', '"kind"', 1))
    assert run(["validate", "--strict"]) == 0
    shown = capsys.readouterr().out
    command = f"sorasync schema {kind} --out {name}"
    assert f"hint[S300] {name}:1:1: the schema is of another version of sorasync" in shown
    assert command in shown
    assert run(["doctor", "--offline"]) == 0
    assert command in capsys.readouterr().out
    assert run(command.split()[1:]) == 0
    assert run(["validate"]) == 0
    assert "S300" not in capsys.readouterr().out


def test_the_command_that_mends_a_schema_works_beside_the_library(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(["init", str(tmp_path / "my film")]) == 0
    schema = tmp_path / "my film" / SCHEMA_FILES["manifest"]
    schema.write_text("{}", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    capsys.readouterr()
    assert run(["--library", "my film", "doctor", "--offline"]) == 0
    (line,) = (line for line in capsys.readouterr().out.splitlines() if "sorasync schema" in line)
    assert run(shlex.split(line)[1:]) == 0
    assert schema.read_text(encoding="utf-8") == schema_text("manifest")
