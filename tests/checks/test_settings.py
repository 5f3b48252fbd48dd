"""How `[checks]` of library, defaults and clip come together."""

from __future__ import annotations

from pathlib import Path

import pytest

from sorasync.manifest.check_schema import FrozenCheckModel, active_checks
from sorasync.manifest.config import load_config
from sorasync.manifest.diagnostic import ManifestError
from sorasync.manifest.load import load


def active(root: Path, clip: str, *, config: str, manifest: str) -> dict[str, object]:
    """The checks of a clip that run, by name."""
    (root / "manifests").mkdir(exist_ok=True)
    (root / "sorasync.toml").write_text(config)
    (root / "manifests/a.toml").write_text(manifest)
    spec = load(root, load_config(root)).clips[clip]
    assert spec.checks is not None
    return dict(active_checks(spec.checks))


def test_tables_are_merged_key_by_key_and_can_be_switched(tmp_path: Path) -> None:
    found = active(
        tmp_path,
        "a",
        config="[checks]\nfrozen = { seconds = 3.0 }\nscene_cuts = true\nflash = false\n",
        manifest=(
            "[defaults.checks]\nfrozen = { repeats_pct = 80 }\nblack = false\nblur = true\n"
            '[clips.a]\nprompt = "x"\n[clips.a.checks]\nflash = true\nblur = false\nscene_cuts.most = 2\n'
        ),
    )
    assert list(found) == ["size", "seconds", "frozen", "scene_cuts", "strobing", "flash"]
    assert found["frozen"] == FrozenCheckModel(seconds=3.0, repeats_pct=80)


def test_a_switch_keeps_the_numbers_of_the_layer_below(tmp_path: Path) -> None:
    config = "[checks]\nfrozen = { seconds = 3.0, enabled = false }\n"
    off = active(tmp_path, "a", config=config, manifest='[clips.a]\nprompt = "x"\n')
    assert "frozen" not in off
    manifest = '[clips.a]\nprompt = "x"\nchecks = { frozen = true }\n'
    on = active(tmp_path, "a", config=config, manifest=manifest)
    assert on["frozen"] == FrozenCheckModel(seconds=3.0)


def test_a_branch_has_checks_of_its_own(tmp_path: Path) -> None:
    manifest = (
        '[clips.a]\nprompt = "x"\nchecks = { black = false }\n'
        '[clips.b]\nfrom = "a"\nchecks = { flash = false }\n[[clips.b.steps]]\nedit = "y"\n'
    )
    found = active(tmp_path, "b", config="[checks]\n", manifest=manifest)
    assert "black" in found and "flash" not in found


def test_placeholders_fill_in_numbers(tmp_path: Path) -> None:
    manifest = (
        "[vars]\nlongest = 2.5\n"
        '[clips.a]\nprompt = "x"\n[clips.a.checks]\nfrozen = { seconds = "{{ longest }}" }\n'
    )
    found = active(tmp_path, "a", config="", manifest=manifest)
    assert found["frozen"] == FrozenCheckModel(seconds=2.5)


def test_faults_name_the_key_and_what_is_allowed(tmp_path: Path) -> None:
    manifest = '[clips.a]\nprompt = "x"\n[clips.a.checks]\nblak = true\nfrozen = { seconds = 0 }\nflash = 3\n'
    with pytest.raises(ManifestError) as refused:
        active(tmp_path, "a", config="[checks]\n", manifest=manifest)
    found = {(one.position.line, one.code, one.fix) for one in refused.value.diagnostics if one.position}
    assert found == {(4, "S103", "black"), (5, "S104", None), (6, "S104", None)}
