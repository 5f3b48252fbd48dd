"""Profiles from names and files, with overrides on top, and errors that name the field."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import ValidationError

from sorasync.profile import ProfileError, SecondsRange, load_profile, profile_names
from sorasync.profile.video_model import price_name, tier_of
from tests.effort import calls

NAMES = [
    "ark",
    "comfy-api",
    "comfy-router",
    "comfyui",
    "dashscope",
    "dynamo",
    "fal",
    "fastvideo",
    "kling",
    "litellm",
    "luma",
    "minimax",
    "new-api",
    "openai",
    "openrouter",
    "preview",
    "rapid-mlx",
    "replicate",
    "runway",
    "sglang",
    "vertex",
    "vllm-omni",
    "xai",
]


def refused(name: str = "openai", **more: object) -> ProfileError:
    with pytest.raises(ProfileError) as told:
        load_profile(name, **more)  # type: ignore[arg-type]
    return told.value


def test_the_built_in_profiles_are_these() -> None:
    assert profile_names() == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_built_in_profile_holds_together(name: str) -> None:
    profile = load_profile(name)
    assert profile.name == name and profile.source and profile.as_of is not None
    assert profile.simulated is (name == "preview")
    assert (profile.base_url is None) is (name == "preview")
    for model in profile.models.values():
        size, seconds = model.default_size, model.default_seconds
        assert size is not None and model.offers_size(size)
        assert seconds is not None
        named = {price_name(name).size for name in model.prices}
        assert named <= {"*", *model.sizes, *map(tier_of, model.sizes)}


@pytest.mark.parametrize("name", NAMES)
def test_the_defaults_of_every_model_can_be_rendered(name: str) -> None:
    profile = load_profile(name)
    for model in profile.models:
        known = profile.models[model]
        found = profile.check_create(model=model, size=known.default_size, seconds=known.default_seconds)
        assert found == []


def test_loading_is_fast_once_the_program_runs() -> None:
    load_profile("openai")
    assert calls(lambda: load_profile("preview", overrides={"limits": {"characters": 1}})) < 3000


def test_a_profile_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        load_profile("openai").name = "other"  # type: ignore[misc]


def test_a_name_nobody_knows_is_told_with_the_nearest() -> None:
    error = refused("opnai")
    assert '"opnai"' in error.message and "vllm-omni" in error.message
    assert error.hint == 'did you mean "openai"?'


def test_a_file_may_extend_a_built_in_profile(tmp_path: Path) -> None:
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "relay.toml").write_text(
        'extends = "openai"\nbase_url = "https://relay.example/v1/"\n'
        '[limits]\ncharacters = 1\n[models.wan]\nsizes = ["640x360"]\nprices = { "640x360" = 0.04 }\n'
    )
    profile = load_profile("profiles/relay.toml", base_dir=tmp_path)
    assert (profile.limits.characters, profile.limits.extensions) == (1, 6)
    assert profile.base_url == "https://relay.example/v1" and profile.sunset is None
    assert profile.create_cost("wan", "640x360", 10) == Decimal("0.40")
    assert profile.create_cost("sora-2", "1280x720", 10) == Decimal("1.00")


def test_a_file_of_its_own_is_named_by_its_file(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('base_url = "http://127.0.0.1:9/v1"\n[models."*"]\n')
    assert load_profile("mine.toml", base_dir=tmp_path).provider_name == "mine@http://127.0.0.1:9/v1"


def test_profiles_that_extend_each_other_for_ever_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('extends = "./b.toml"')
    (tmp_path / "b.toml").write_text('extends = "./a.toml"')
    assert "extend each other" in refused("a.toml", base_dir=tmp_path).message


@pytest.mark.parametrize("content", ["= 3", "\xff".encode("latin-1").decode("latin-1") + "=", "extends = 3"])
def test_a_broken_file_is_told_and_not_raised_raw(tmp_path: Path, content: str) -> None:
    (tmp_path / "a.toml").write_bytes(content.encode("latin-1"))
    assert "a.toml" in refused("a.toml", base_dir=tmp_path).message


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    assert "none.toml" in refused("none.toml", base_dir=tmp_path).message


def test_overrides_go_deep_and_leave_their_neighbours() -> None:
    profile = load_profile("openai", overrides={"models": {"sora-2": {"seconds": {"min": 2, "max": 6}}}})
    model = profile.model("sora-2")
    assert model is not None and model.seconds == SecondsRange(min=2, max=6)
    assert model.sizes == ("720x1280", "1280x720")


@pytest.mark.parametrize(
    ("overrides", "field", "hint"),
    [
        ({"limit": {}}, "limit;", 'did you mean "limits"?'),
        ({"limits": {"charcters": 1}}, "limits.charcters", 'did you mean "characters"?'),
        ({"models": {"sora-2": {"size": []}}}, "models.sora-2.size", 'did you mean "sizes"?'),
        ({"limits": {"characters": "two"}}, "limits.characters", None),
        ({"models": {"sora-2": {"prices": {"1280x720": -1}}}}, "models.sora-2.prices.1280x720", None),
        ({"models": {"sora-2": {"prices": {"1280x720": float("nan")}}}}, "models.sora-2.prices", None),
        ({"models": {"sora-2": {"size_pattern": "("}}}, "size_pattern", None),
        ({"auth": {"header": "cookie"}}, "auth.header", None),
        ({"auth": {"header": "two words"}}, "auth.header", None),
        ({"headers": {"Authorization": "Bearer x"}}, "headers", None),
        ({"headers": {"X-Odd": "line\nbreak"}}, "headers", None),
        ({"routes": {"get": "/videos"}}, "routes.get", None),
        ({"routes": {"delete": "/videos/{video_id}"}}, "{video_id}", None),
        ({"routes": {"content": "videos/{id}/content"}}, "routes.content", None),
        ({"routes": {"list": "/videos/{id}"}}, "routes.list", None),
        ({"rate": {"in_flight": -4}}, "rate.in_flight", None),
        ({"default_model": "nope"}, "nope", None),
        ({"base_url": "ftp://x"}, "base_url", None),
        ({"base_url": "https://user:secret@x/v1"}, "base_url", None),
    ],
)
def test_a_wrong_override_is_told_by_its_field(
    overrides: dict[str, object], field: str, hint: str | None
) -> None:
    error = refused(overrides=overrides)
    assert field in error.message and error.hint == hint


def test_a_host_s_end_does_not_concern_another_host() -> None:
    today = date(2026, 11, 22)
    assert load_profile("openai").days_left(today) == -59
    assert load_profile("openai", base_url="https://api.openai.com/v1/").days_left(today) == -59
    assert load_profile("openai", base_url="https://relay.example/v1").days_left(today) is None
    assert load_profile("preview").days_left(today) is None


def test_a_library_s_prices_go_over_the_profile_s() -> None:
    prices = {"wan": {"1280x720": Decimal("0.04")}, "sora-2": {"1280x720": Decimal("0.2")}}
    open_host = load_profile("vllm-omni", prices=prices)
    assert open_host.create_cost("wan", "1280x720", 4) == Decimal("0.16")
    assert open_host.create_cost("other", "1280x720", 4) is None
    closed = load_profile("openai", prices=prices)
    assert closed.create_cost("sora-2", "1280x720", 4) == Decimal("0.8")
    assert closed.create_cost("sora-2", "720x1280", 4) == Decimal("0.40")
    assert closed.model("wan") is None, "a price does not make a model"


def test_a_route_can_be_switched_off() -> None:
    profile = load_profile("openai", overrides={"routes": {"extend": "", "edit": [], "remix": ""}})
    assert not profile.can("extend") and not profile.can("edit") and profile.can("list")


def test_the_name_for_records_holds_the_address() -> None:
    assert load_profile("preview").provider_name == "preview@in-process"
    assert (
        load_profile("preview", base_url="http://127.0.0.1:1/v1").provider_name
        == "preview@http://127.0.0.1:1/v1"
    )


def test_all_faults_of_a_profile_are_told_at_once() -> None:
    error = refused(overrides={"limits": {"charcters": 1}, "rate": {"in_flight": 0}, "routes": {"get": "x"}})
    assert "3 faults" in error.message
    assert [fault.path[-1] for fault in error.faults] == ["get", "charcters", "in_flight"]
    assert 'limits.charcters; did you mean "characters"?' in error.message


def test_an_edit_route_may_be_one_text_and_an_empty_one_is_none() -> None:
    assert load_profile("openai", overrides={"routes": {"edit": "/x"}}).routes.edit == ("/x",)
    off = load_profile("openai", overrides={"routes": {"edit": "", "remix": ""}})
    assert not off.can("edit")


@pytest.mark.parametrize(
    "overrides",
    [{"headers": {"Authorization": "Bearer sk-hidden"}}, {"base_url": "https://user:sk-hidden@x/v1"}],
)
def test_a_key_where_none_may_stand_is_not_shown(overrides: dict[str, object]) -> None:
    assert "sk-hidden" not in refused(overrides=overrides).message
