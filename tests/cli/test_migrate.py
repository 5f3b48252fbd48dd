"""`sorasync migrate`: what another model costs and breaks, and the lines that change to it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.kit import Film, make

CLIPS = """\
[clips.pier]
prompt = "A pier at dusk."
takes = 2
pick = 2

[clips.kite] # a comment
prompt = "A kite."
seconds = 16
[[clips.kite.steps]]
extend = "It lands."
seconds = 8

[clips.bay]
prompt = "A bay."
model = 'sora-2'   # on purpose

[clips.hill]
prompt = "{{ city }}."
matrix.city = ["Oslo", "Rome"]
"""


@pytest.fixture
def film(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Film:
    """A library of a real provider, every clip with the same model."""
    made = make(tmp_path, capsys, CLIPS)
    made.write("sorasync.toml", '[provider]\nprofile = "openai"\n' + made.read("sorasync.toml"))
    return made


def migrate(film: Film, *options: str) -> dict[str, object]:
    """From sora-2 to sora-2-pro."""
    arguments = ("--from", "sora-2", "--to", "sora-2-pro", *options, "--format", "json")
    found: dict[str, object] = film.run("migrate", *arguments).json
    return found


def models(film: Film) -> dict[str, str | None]:
    """The model of each clip."""
    return {name: spec.model for name, spec in film.project.library().clips.items()}


def test_it_says_what_each_clip_costs_then_and_writes_nothing(film: Film) -> None:
    before = film.read("sorasync.toml"), film.read("manifests/a.toml")
    found = migrate(film)
    assert found["clips"][0] == {  # type: ignore[index]
        "address": "clip.bay",
        "before_usd": "0.40",
        "after_usd": "1.20",
        "to_pay_usd": "1.20",
        "unknown_prices": 0,
        "rendered": 0,
        "by_hand": None,
    }
    assert found["total"]["after_usd"] == "13.20"  # type: ignore[index]
    assert (film.read("sorasync.toml"), film.read("manifests/a.toml")) == before


def test_the_lines_that_say_the_model_are_written_and_nothing_else(film: Film) -> None:
    found = migrate(film, "--write")
    assert found["edits"] == [
        {
            "file": "manifests/a.toml",
            "line": 15,
            "before": "model = 'sora-2'   # on purpose",
            "after": "model = 'sora-2-pro'   # on purpose",
        },
        {
            "file": "sorasync.toml",
            "line": 6,
            "before": 'model = "sora-2"',
            "after": 'model = "sora-2-pro"',
        },
    ]
    assert set(models(film).values()) == {"sora-2-pro"}
    assert film.read("manifests/a.toml") == CLIPS.replace("'sora-2'", "'sora-2-pro'")


def test_chosen_clips_get_lines_of_their_own(film: Film) -> None:
    migrate(film, "--target", "clip.pier", "--target", "clip.kite", "--write")
    new = '[clips.kite] # a comment\nmodel = "sora-2-pro"\n'
    assert new in film.read("manifests/a.toml")
    assert {name for name, model in models(film).items() if model == "sora-2-pro"} == {"pier", "kite"}


def test_what_was_chosen_stays(film: Film) -> None:
    film.settle(lambda render: render.address.startswith("clip.bay"))
    found = migrate(film, "--only-unpicked", "--write")
    assert found["kept"] == ["clip.bay", "clip.pier"]
    assert {name for name, model in models(film).items() if model == "sora-2"} == {"bay", "pier"}


def test_what_no_longer_fits_is_shown_at_its_place(film: Film) -> None:
    answer = film.run("migrate", "--from", "sora-2", "--to", "gen4.5", "--provider", "runway")
    assert answer.code == 0
    assert "manifests/a.toml:10:10: runway has no extensions" in answer.out
    assert "manifests/a.toml:8:11" in answer.out, "16 seconds are too long there"
    assert answer.out.splitlines()[-5:] == [
        "Next:",
        "  1. Run the same command with --write",
        '  2. Set profile = "runway" under [provider] in sorasync.toml',
        "  3. Mend 2 places that no longer fit",
        "  4. sorasync plan",
    ]


def test_only_what_is_not_paid_for_is_to_pay(film: Film) -> None:
    film.settle()
    assert migrate(film)["total"]["to_pay_usd"] == "13.20"  # type: ignore[index]
    migrate(film, "--write")
    film.settle()
    film.write("manifests/a.toml", CLIPS)
    film.write("sorasync.toml", film.read("sorasync.toml").replace("sora-2-pro", "sora-2"))
    assert migrate(film)["total"]["to_pay_usd"] == "0.00"  # type: ignore[index]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (
            lambda text: text + '[vars]\nm = "sora-2"\n[clips.sea]\nprompt = "A sea."\nmodel = "{{ m }}"\n',
            "{{ m }}",
        ),
        (lambda text: 'clips.sea = { prompt = "A sea." }\n' + text, "no line of its own"),
    ],
)
def test_a_line_that_cannot_be_written_is_left_to_a_person(
    film: Film, change: Callable[[str], str], why: str
) -> None:
    film.write("manifests/a.toml", change(CLIPS))
    found = migrate(film, "--target", "clip.sea", "--write")
    assert why in found["clips"][0]["by_hand"] and found["edits"] == []  # type: ignore[index]
    assert film.read("manifests/a.toml") == change(CLIPS)


def test_one_variant_of_a_matrix_is_left_to_a_person(film: Film) -> None:
    found = migrate(film, "--target", "clip.hill[city=Oslo]", "--write")
    assert "other variants" in found["clips"][0]["by_hand"]  # type: ignore[index]
    assert models(film)["hill[city=Oslo]"] == "sora-2"


@pytest.mark.parametrize("ending", ["\r\n", "\n"])
@pytest.mark.parametrize("mark", ["\ufeff", ""])
def test_line_endings_and_the_mark_at_the_beginning_stay(film: Film, ending: str, mark: str) -> None:
    text = (mark + CLIPS).replace("\n", ending)
    (film.root / "manifests/a.toml").write_bytes(text.encode())
    migrate(film, "--target", "clip.pier", "--write")
    new = f'[clips.pier]{ending}model = "sora-2-pro"{ending}'
    expected = text.replace(f"[clips.pier]{ending}", new)
    assert (film.root / "manifests/a.toml").read_bytes() == expected.encode()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--from", "sora2", "--to", "sora-2"), 'no clip or still has the model "sora2"'),
        (("--from", "sora-2", "--to", "sora-9"), 'does not offer the model "sora-9"'),
        (("--from", "sora-2", "--to", "sora-2-pro", "--target", "clip.none"), "nothing of"),
        (("--from", "sora-2", "--to", "x", "--provider", "nobody"), 'there is no profile "nobody"'),
    ],
)
def test_what_cannot_be_migrated_is_said(film: Film, options: tuple[str, ...], said: str) -> None:
    answer = film.run("migrate", *options, "--write")
    assert answer.code == 1 and said in answer.err


def test_nothing_stays_half_written(film: Film, monkeypatch: pytest.MonkeyPatch) -> None:
    from sorasync import durable

    write, paths = durable.write_atomic, list[Path]()

    def full(path: Path, data: bytes) -> None:
        paths.append(path)
        if len(paths) == 2:
            raise OSError(28, "No space left on device")
        write(path, data)

    monkeypatch.setattr(durable, "write_atomic", full)
    before = film.read("sorasync.toml"), film.read("manifests/a.toml")
    answer = film.run("migrate", "--from", "sora-2", "--to", "sora-2-pro", "--write")
    assert answer.code == 1 and "nothing was changed: No space left" in answer.err
    assert (film.read("sorasync.toml"), film.read("manifests/a.toml")) == before


def test_what_is_left_to_do_is_a_list_of_steps(film: Film) -> None:
    text = film.run("migrate", "--from", "sora-2", "--to", "sora-2-pro").out
    assert text.endswith("\nNext:\n  1. Run the same command with --write\n  2. sorasync plan\n")
    assert film.run("migrate", "--from", "sora-2", "--to", "sora-2-pro", "--write").out.endswith(
        "\nWritten. Next: sorasync plan\n"
    )


def test_stills_move_to_another_image_model_and_name_what_is_made_from_them(film: Film) -> None:
    film.write(
        "manifests/b.toml",
        '[stills.quay]\nprompt = "A quay."\npick = 1\ntakes = 2\n[stills.lamp]\nprompt = "A lamp."\n'
        'model = "gpt-image-2"\n[clips.boat]\nprompt = "A boat."\nimage = "still:quay"\n',
    )
    arguments = ("migrate", "--from", "gpt-image-2", "--to", "gpt-image-2.6-flare")
    found = film.run(*arguments, "--target", "still.quay", "--format", "json").json
    assert [clip["address"] for clip in found["clips"]] == ["still.quay"]
    assert (found["remade"], found["remade_usd"], found["kept"]) == (["clip.boat"], "0.40", ["still.lamp"])
    assert "2 stills from gpt-image-2" in film.run(*arguments, "--write").out
    stills = film.project.library().stills
    assert {still.model for still in stills.values()} == {"gpt-image-2.6-flare"}
    assert film.read("manifests/b.toml").startswith('[stills.quay]\nmodel = "gpt-image-2.6-flare"\n')
    refused = film.run("migrate", "--from", "gpt-image-2.6-flare", "--to", "sora-2")
    assert 'openai does not offer the image model "sora-2"' in refused.err
