"""`sorasync prices`: what plans go by, and a published price map read into the library."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from tests.cli.kit import Film, make

CLIPS = '[clips.pier]\nprompt = "A pier at dusk."\n'
ENTRY = {"litellm_provider": "openai", "mode": "video_generation", "source": "https://prices.example"}
MAP = {
    "sample_spec": {"mode": "one of: chat, embedding, video_generation"},
    "gpt-9": {"litellm_provider": "openai", "mode": "chat", "output_cost_per_second": 9},
    "openai/sora-2": ENTRY | {"output_cost_per_second": 0.2, "output_cost_per_second_1080p": 0.6},
    "sora-2": ENTRY | {"output_cost_per_video_per_second": 0.05},
    "openai/sora-2-pro": ENTRY
    | {
        "output_cost_per_video_per_second": 0.4,
        "output_cost_per_second_720p": 0.31,
        "deprecation_date": "2031-05-01",
        "successor_model": "sora-3",
    },
    "vertex_ai/veo": ENTRY | {"litellm_provider": "vertex_ai-video-models", "output_cost_per_second": 0.5},
}


@pytest.fixture
def film(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Film:
    """A library of a real provider, with a price map beside it."""
    made = make(tmp_path, capsys, CLIPS)
    made.write("sorasync.toml", '[provider]\nprofile = "openai"\n' + made.read("sorasync.toml"))
    made.write("map.json", json.dumps(MAP))
    return made


def shown(film: Film, *options: str) -> dict[tuple[str, str], tuple[str | None, str]]:
    """The prices by model and size, each with its source."""
    found = film.run("prices", *options, "--format", "json").json["prices"]
    return {(one["model"], one["size"]): (one["usd"], one["source"].partition(" ")[0]) for one in found}


def planned(film: Film) -> str:
    """What the plan would cost."""
    cost: str = film.run("plan", "--offline", "--format", "json").json["cost_usd"]
    return cost


def test_every_price_has_its_source(film: Film) -> None:
    prices = shown(film)
    assert prices["sora-2", "1280x720"] == ("0.10", "profile")
    assert prices["sora-2-pro", "1920x1080"] == ("0.70", "profile")
    film.write("sorasync.toml", film.read("sorasync.toml") + '[prices.sora-2]\n"1280x720" = 0.07\n')
    assert shown(film)["sora-2", "1280x720"] == ("0.07", "sorasync.toml")


def test_a_price_map_becomes_a_file_that_plans_go_by(film: Film) -> None:
    assert planned(film) == "0.40"
    answer = film.run("prices", "sync", "map.json")
    assert answer.code == 0
    assert answer.out.splitlines()[-2] == (
        "prices.toml: 2 models of openai for the profile openai, 4 prices changed."
    )
    assert planned(film) == "0.80"
    assert "prices.example" in film.read("prices.toml")
    assert "veo" not in film.read("prices.toml") and "gpt" not in film.read("prices.toml")
    again = film.run("prices", "sync", "map.json")
    assert again.out == "prices.toml: 2 models of openai for the profile openai, 0 prices changed.\n"


def test_a_tier_of_the_map_replaces_the_profile_s_price_of_a_size(film: Film) -> None:
    film.run("prices", "sync", "map.json")
    prices = shown(film)
    assert prices["sora-2-pro", "1280x720"] == ("0.31", "prices.toml")
    assert prices["sora-2", "1080p"] == ("0.60", "prices.toml")


def test_a_price_for_all_sizes_raises_what_the_profile_knows_and_lowers_nothing(film: Film) -> None:
    film.run("prices", "sync", "map.json")
    prices = shown(film)
    assert prices["sora-2", "1280x720"] == ("0.20", "prices.toml")
    assert prices["sora-2-pro", "1920x1080"] == ("0.70", "profile")


def test_the_library_s_own_prices_go_before_the_map(film: Film) -> None:
    film.run("prices", "sync", "map.json")
    film.write(
        "sorasync.toml", film.read("sorasync.toml") + '[prices.sora-2]\n"720p" = 0.01\n1280x720 = 0.03\n'
    )
    assert shown(film)["sora-2", "1280x720"] == ("0.03", "sorasync.toml")
    assert planned(film) == "0.12"


def test_the_end_of_a_model_comes_along(film: Film) -> None:
    film.run("prices", "sync", "map.json")
    profile = film.project.profile
    model = profile.model("sora-2-pro")
    assert model is not None and model.replacement == "sora-3"
    assert str(model.sunset) == "2031-05-01"


def test_what_changed_since_the_last_map_is_listed(film: Film) -> None:
    film.run("prices", "sync", "map.json")
    later = MAP | {"openai/sora-2": ENTRY | {"output_cost_per_second": 0.25}}
    film.write("map.json", json.dumps(later))
    assert film.run("prices", "sync", "map.json", "--format", "json").json["changes"] == [
        {"model": "sora-2", "size": "*", "before_usd": "0.20", "after_usd": "0.25"},
        {"model": "sora-2", "size": "1080p", "before_usd": "0.60", "after_usd": None},
    ]


def test_another_profile_s_prices_stay_and_do_not_count(film: Film) -> None:
    film.run("prices", "sync", "map.json")
    film.write("sorasync.toml", film.read("sorasync.toml") + '[env.own.provider]\nprofile = "vllm-omni"\n')
    refused = film.run("--env", "own", "prices", "sync", "map.json")
    assert refused.code == 1 and "--provider: openai, vertex_ai" in refused.err
    assert film.run("--env", "own", "prices", "sync", "map.json", "--provider", "vertex_ai").code == 0
    assert planned(film) == "0.80"
    assert film.run("--env", "own", "prices", "sync", "map.json", "--provider", "vertex").code == 1


def test_used_prices_name_what_is_unknown(film: Film) -> None:
    film.write(
        "sorasync.toml", '[provider]\nprofile = "vllm-omni"\n' + film.read("sorasync.toml").split("\n", 2)[2]
    )
    assert shown(film, "--used") == {("sora-2", "1280x720"): (None, "profile")}
    assert "$?  unknown" in film.run("prices", "--used").out


@pytest.mark.parametrize(
    ("price", "kept"),
    [(0, None), (-1, None), (True, None), ("0.10", None), (1e300, None), (1e-9, "1E-9"), (0.1, "0.10")],
)
def test_an_amount_that_cannot_be_a_price_stays_unknown(film: Film, price: object, kept: str | None) -> None:
    film.write("map.json", json.dumps({"openai/a": ENTRY | {"output_cost_per_second": price}}))
    answer = film.run("prices", "sync", "map.json")
    assert (answer.code == 0) is (kept is not None)
    if kept is not None:
        assert Decimal(kept) == Decimal(film.read("prices.toml").split('"*" = "')[1].split('"')[0])


@pytest.mark.parametrize("text", ["", "[]", "{", "nan", '{"a": [[]]}', "[" * 100_000, "{}"])
def test_a_map_that_is_none_is_refused_and_writes_nothing(film: Film, text: str) -> None:
    film.write("map.json", text)
    answer = film.run("prices", "sync", "map.json")
    assert answer.code == 1 and "bug" not in answer.err
    assert not (film.root / "prices.toml").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("openai = 3", "[openai] must be a table"),
        ("[openai]\nas_of = 3", "as_of must be a date such as 2026-11-29"),
        ("[openai.models.sora-2]\n", "has no as_of"),
        ('[openai]\nas_of = 2026-11-29\nmodels.sora-2.prices."*" = "free"', "must be an amount in dollars"),
        ('[openai]\nas_of = 2026-11-29\nmodels.sora-2.prices."*" = true', "must be an amount in dollars"),
        (
            "[openai]\nas_of = 2026-11-29\nmodels.sora-2.price = 1",
            "not known: price; allowed: source, prices",
        ),
        ("[openai", "not valid TOML"),
    ],
)
def test_a_book_at_fault_is_named(film: Film, text: str, said: str) -> None:
    film.write("prices.toml", text)
    answer = film.run("plan", "--offline")
    assert answer.code == 1
    assert said in answer.err and "prices.toml" in answer.err


def test_a_book_that_leads_out_of_the_library_is_not_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "secret").write_text("KEY = 'sk-1234'")
    inside = make(tmp_path / "inside", capsys, CLIPS)
    (inside.root / "prices.toml").symlink_to(tmp_path / "secret")
    answer = inside.run("plan", "--offline")
    assert answer.code == 1 and "sk-1234" not in answer.err


@pytest.mark.parametrize("options", [("sync",), ("--provider", "openai"), ("sync", "map.json", "--used")])
def test_options_that_do_not_go_together(film: Film, options: tuple[str, ...]) -> None:
    assert film.run("prices", *options).code == 64


def test_sound_and_lengths_have_prices_of_their_own(film: Film) -> None:
    film.write(
        "sorasync.toml",
        '[provider]\nprofile = "fal"\n[defaults]\nmodel = "fal-ai/veo3/fast"\nseconds = 8\n'
        '[prices."fal-ai/veo3.1/fast"]\n"720p 8s" = 1.05\n',
    )
    film.write(
        "manifests/a.toml",
        CLIPS + "params = { generate_audio = false }\n"
        '[clips.long]\nprompt = "A long pier."\nmodel = "fal-ai/veo3.1/fast"\n',
    )
    assert planned(film) == "1.85"
    assert shown(film, "--used") == {
        ("fal-ai/veo3/fast", "* silent"): ("0.10", "profile"),
        ("fal-ai/veo3.1/fast", "720p 8s"): ("1.05", "sorasync.toml"),
    }
    film.write("sorasync.toml", film.read("sorasync.toml") + '"720p quiet" = 1\n')
    refused = film.run("plan", "--offline")
    assert refused.code == 1 and "quiet is not among price_words" in refused.err
