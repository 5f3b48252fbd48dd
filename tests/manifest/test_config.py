"""What `sorasync.toml` says, and what an environment lays over it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from sorasync.cli.main import run
from sorasync.errors import SorasyncError
from sorasync.library_file import find_library
from sorasync.manifest.config import Config, load_config
from sorasync.manifest.diagnostic import Diagnostic, ManifestError
from sorasync.profile import load_profile
from tests.manifest.libraries import write


def config(root: Path, text: str, env: str | None = None) -> Config:
    """The configuration of that text."""
    return load_config(write(root, {"sorasync.toml": text}), env)


def faults(root: Path, text: str, env: str | None = None) -> list[Diagnostic]:
    """What a configuration is refused with."""
    with pytest.raises(ManifestError) as refused:
        config(root, text, env)
    return refused.value.diagnostics


def test_a_directory_whose_name_is_no_text_still_names_its_library(tmp_path: Path) -> None:
    assert config(tmp_path / "my\udcff film", "").library.name == "my? film"


def test_an_empty_file_gives_the_built_in_values(tmp_path: Path) -> None:
    found = config(tmp_path / "forest", "")
    assert (found.library.name, found.library.manifests) == ("forest", "manifests")
    assert (found.provider.profile, found.provider.base_url, found.provider.overrides) == (
        "preview",
        None,
        {},
    )
    assert (found.state.url, found.assets.path) == ("sqlite:state/sorasync.db", "assets")
    assert (found.apply.parallelism, found.apply.mode, found.apply.wait_minutes) == (8, "direct", 60)
    assert (found.budget.per_apply, found.budget.allow_unknown, found.safety.min_existing) == (
        None,
        False,
        10,
    )
    assert (found.env, found.lock_file) == (None, "sorasync.lock")


def test_money_is_exact(tmp_path: Path) -> None:
    found = config(tmp_path, '[budget]\nper_apply = 25.10\nper_day = 3\n[prices.m]\n"1280x720" = 0.04\n')
    assert (found.budget.per_apply, found.budget.per_day) == (Decimal("25.1"), Decimal(3))
    assert found.prices == {"m": {"1280x720": Decimal("0.04")}}


def test_further_provider_keys_change_the_profile(tmp_path: Path) -> None:
    text = '[provider]\nprofile = "openai"\nmodels = ["a"]\n[provider.limits]\nextensions = 3\n'
    assert config(tmp_path, text).provider.overrides == {"models": ["a"], "limits": {"extensions": 3}}


ENVS = """\
[provider]
profile = "openai"
[provider.limits]
extensions = 3
prompt = 100
[budget]
per_apply = 5
[env.live.provider.limits]
extensions = 6
[env.live.budget]
per_day = 9
[env.own.state]
url = "sqlite:elsewhere.db"
[env.own.assets]
path = "kept"
"""


def test_an_environment_is_laid_over_every_table(tmp_path: Path) -> None:
    found = config(tmp_path, ENVS, "live")
    assert found.provider.profile == "openai"
    assert found.provider.overrides == {"limits": {"extensions": 6, "prompt": 100}}
    assert (found.budget.per_apply, found.budget.per_day) == (Decimal(5), Decimal(9))


def test_an_environment_has_a_state_assets_and_a_lock_file_of_its_own(tmp_path: Path) -> None:
    live, own = config(tmp_path, ENVS, "live"), config(tmp_path, ENVS, "own")
    assert (live.state.url, live.assets.path) == ("sqlite:state/sorasync-live.db", "assets-live")
    assert (live.env, live.lock_file) == ("live", "sorasync-live.lock")
    assert (own.state.url, own.assets.path, own.lock_file) == (
        "sqlite:elsewhere.db",
        "kept",
        "sorasync-own.lock",
    )
    assert config(tmp_path, ENVS).state.url == "sqlite:state/sorasync.db"


def test_an_environment_never_shares_a_state_that_the_base_moved(tmp_path: Path) -> None:
    text = '[state]\nurl = "sqlite:s.db"\n[assets]\npath = "a"\n[env.live]\n'
    found = config(tmp_path, text, "live")
    assert (found.state.url, found.assets.path) == ("sqlite:state/sorasync-live.db", "assets-live")


def test_an_unknown_environment_is_told_with_the_known_ones(tmp_path: Path) -> None:
    (found,) = faults(tmp_path, ENVS, "lve")
    assert (found.code, found.expected, found.fix) == ("S117", "live, own", "live")
    assert "an [env.NAME]" in (faults(tmp_path, "", "live")[0].expected or "")


def test_a_fault_in_an_environment_nobody_chose_is_told_too_and_in_its_place(tmp_path: Path) -> None:
    (found,) = faults(tmp_path, '[apply]\nmode = "batch"\n[env.live.apply]\nmode = "fast"\n')
    assert found.position is not None
    assert (found.position.line, found.position.column) == (4, 8)


def test_defaults_may_use_the_librarys_variables(tmp_path: Path) -> None:
    found = config(
        tmp_path, '[vars]\nm = "sora-2"\ns = 8\n[defaults]\nmodel = "{{ m }}"\nseconds = "{{ s }}"\n'
    )
    assert (found.defaults.model, found.defaults.seconds) == ("sora-2", 8)


@pytest.mark.parametrize(
    "text",
    [
        'api_key = "canary"',
        'token = "canary"',
        'api_key_env = "sk-canary"',
        'base_url = "https://u:canary@h/v1"',
        'base_url = "https://h/v1?key=canary"',
    ],
)
def test_a_secret_is_refused_and_never_repeated(tmp_path: Path, text: str) -> None:
    found = faults(tmp_path, f"[provider]\n{text}\n")
    assert found
    assert "canary" not in repr(found)


def test_the_nearest_library_upwards_is_found(tmp_path: Path) -> None:
    root = write(tmp_path / "lib", {"deep/er/x.txt": ""})
    assert find_library(root / "deep" / "er") == root.resolve()
    with pytest.raises(SorasyncError, match=r"no sorasync\.toml"):
        find_library(tmp_path)


def test_a_missing_file_is_an_error_and_no_traceback(tmp_path: Path) -> None:
    with pytest.raises(ManifestError) as refused:
        load_config(tmp_path)
    assert [d.code for d in refused.value.diagnostics] == ["S102"]


def test_a_key_command_is_a_line_or_a_list_of_words(tmp_path: Path) -> None:
    assert config(tmp_path, '[provider]\napi_key_command = ["pass", "v"]\n').provider.api_key_command == [
        "pass",
        "v",
    ]
    (found,) = faults(tmp_path, "[provider]\napi_key_command = [1]\n")
    assert (found.code, found.expected) == ("S104", "a string or an array of strings")


def test_a_price_may_stand_for_every_other_size_as_the_docs_say(tmp_path: Path) -> None:
    found = config(tmp_path, '[prices.wan]\n"*" = 0.02\n"1280x720" = 0.04\n').prices["wan"]
    profile = load_profile("vllm-omni", prices={"wan": found})
    assert profile.create_cost("wan", "1280x720", 10) == Decimal("0.40")
    assert profile.create_cost("wan", "640x480", 10) == Decimal("0.20")


def test_a_size_that_is_none_is_shown_where_it_stands_by_the_name_of_its_table(tmp_path: Path) -> None:
    (fault,) = faults(tmp_path, "[prices.wan]\nbig = 0.02\n")
    assert fault.message.startswith("a key of `wan` must be width x height") and '"big"' in fault.message
    assert fault.position is not None
    assert (fault.position.line, fault.position.column, fault.position.end_column) == (2, 1, 4)


@pytest.mark.parametrize("table", ["x-notes", "env.draft.x-notes"])
def test_a_moment_below_an_ignored_key_is_ignored(table: str, tmp_path: Path) -> None:
    assert config(tmp_path, f"[{table}]\nwhen = 2026-01-01T10:00:00Z\n").vars == {}


@pytest.mark.parametrize("table", ["vars", "env.draft.vars"])
def test_a_moment_is_no_variable(table: str, tmp_path: Path) -> None:
    (fault,) = faults(tmp_path, f"[{table}]\nwhen = 2026-01-01T10:00:00+02:00\n")
    assert fault.message.startswith("`when` must be a string, a number or a boolean")


def test_an_unknown_key_of_the_provider_is_told_beside_other_faults(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "sorasync.toml").write_text(
        '[provider]\nprofile = "openai"\napi_key = "sk-abcdefghijklmnopqrstuvwx"\nbase_ulr = "http://x/v1"\n'
        '[assets]\npaht = "a"\n'
    )
    assert run(["validate", "--library", str(tmp_path)]) == 1
    shown = "".join(capsys.readouterr())
    assert [key for key in ("API key", "base_ulr", "paht") if key not in shown] == []
    assert "sk-abc" not in shown
