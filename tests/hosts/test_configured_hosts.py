"""What `sorasync.toml` says of several hosts: where it is wrong, and what the preview makes of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from sorasync.manifest.diagnostic import Diagnostic, ManifestError
from sorasync.operations.engine import Engine
from sorasync.operations.project import Project
from sorasync.profile import ProfileError

ONE = '[provider]\nprofile = "openai"\nbase_url = "https://one.example/v1"\n'
TWO = '[providers.two]\nprofile = "openai"\nbase_url = "https://two.example/v1"\napi_key_env = "TWO_KEY"\n'
DEFAULTS = '[defaults]\nmodel = "sora-2"\nsize = "1280x720"\nseconds = 4\n'
CLIP = '[clips.a]\nprompt = "A lake."\n'


def faults(root: Path, config: str, manifest: str = CLIP, env: str | None = None) -> list[Diagnostic]:
    """Everything that is wrong with a library."""
    (root / "manifests").mkdir(exist_ok=True)
    (root / "sorasync.toml").write_text(config)
    (root / "manifests" / "a.toml").write_text(manifest)
    try:
        project = Project.open(root, env)
        project.graph(project.library())
    except ManifestError as error:
        return list(error.diagnostics)
    return []


@pytest.mark.parametrize(
    ("config", "manifest", "message", "line"),
    [
        (TWO + DEFAULTS, CLIP, "`providers` needs a [provider] with a `profile`", 1),
        (ONE + TWO.replace("two.", "one."), CLIP, "`two` is the same host as `default`", 4),
        (
            ONE + TWO.replace('api_key_env = "TWO_KEY"\n', ""),
            CLIP,
            "`two` would be sent the key of `default`, in OPENAI_API_KEY",
            4,
        ),
        (ONE + '[providers.drawn]\nprofile = "preview"\n', CLIP, "`drawn` only draws animatics", 4),
        (ONE + "[providers.two]\n", CLIP, "`profile` is missing", 4),
        (ONE + TWO.replace("providers.two", "providers.default"), CLIP, "`default` is the host of", 4),
        (ONE + TWO.replace('"openai"', '"opnai"'), CLIP, "", 0),
        (ONE + TWO + 'key = "sk-1"\n', CLIP, "an API key must not be in sorasync.toml", 8),
        (ONE + TWO + '[providers.two.limits]\nextensions = "many"\n', CLIP, "limits.extensions", 9),
        (ONE + TWO + '[models.hero]\nuse = "x"\nprovider = "tow"\n', CLIP, "there is no [providers.tow]", 10),
        (ONE + TWO + DEFAULTS + 'provider = "tow"\n', CLIP, "there is no [providers.tow]", 12),
        (ONE + TWO + DEFAULTS, CLIP + 'provider = "tow"\n', "there is no [providers.tow]", 3),
        (ONE + TWO + DEFAULTS, '[defaults]\nprovider = "tow"\n' + CLIP, "there is no [providers.tow]", 2),
        (
            ONE + TWO + DEFAULTS,
            CLIP + '[clips.b]\nfrom = "a"\nprovider = "two"\nsteps = [{ edit = "At night." }]\n',
            "`provider` cannot be combined with `from`",
            5,
        ),
        (
            ONE + '[providers.fal]\nprofile = "fal"\n' + DEFAULTS,
            CLIP + 'provider = "fal"\n',
            'fal does not offer the model "sora-2"',
            7,
        ),
    ],
)
def test_what_is_wrong_with_hosts_is_told_with_its_place(
    tmp_path: Path, config: str, manifest: str, message: str, line: int
) -> None:
    if not line:
        with pytest.raises(ProfileError, match=r'\[providers\.two\]: there is no profile "opnai"'):
            faults(tmp_path, config, manifest)
        return
    found = [one for one in faults(tmp_path, config, manifest) if message in one.message]
    assert found, faults(tmp_path, config, manifest)
    position = found[0].position
    assert position is not None
    assert position.line == line


def test_two_accounts_at_one_host_have_names_of_their_own(tmp_path: Path) -> None:
    assert not faults(tmp_path, ONE + TWO.replace("two.example", "one.example") + 'name = "second"\n')


def test_a_preview_draws_what_all_hosts_would_render(tmp_path: Path) -> None:
    config = ONE + TWO + DEFAULTS + '[env.look.provider]\nprofile = "preview"\n'
    manifest = CLIP + 'provider = "two"\n'
    assert not faults(tmp_path, config, manifest, env="look")
    project = Project.open(tmp_path, "look")
    graph = project.graph(project.library())
    assert not project.hosts.several
    assert {render.provider for render in graph.renders.values()} == {""}
    real = Project.open(tmp_path)
    assert {one.provider for one in real.graph(real.library()).renders.values()} == {
        "openai@https://two.example/v1"
    }


def test_an_environment_changes_hosts_and_who_is_asked(tmp_path: Path) -> None:
    config = (
        ONE
        + TWO
        + DEFAULTS
        + '[env.live.defaults]\nprovider = "two"\n[env.live.providers.two]\nbase_url = "https://live.example/v1"\n'
    )
    assert not faults(tmp_path, config, env="live")
    project = Project.open(tmp_path, "live")
    (render,) = project.graph(project.library()).renders.values()
    assert render.provider == "openai@https://live.example/v1"


def test_a_branch_and_its_keys_follow_their_source_also_out_of_what_was_kept(tmp_path: Path) -> None:
    """Only the manifest of the source changes: that of the branch is not read again."""
    config = ONE + TWO + DEFAULTS
    (tmp_path / "manifests").mkdir()
    (tmp_path / "sorasync.toml").write_text(config)
    source = tmp_path / "manifests" / "a.toml"
    (tmp_path / "manifests" / "b.toml").write_text(
        '[clips.b]\nfrom = "a"\nsteps = [{ edit = "At night." }]\n'
    )
    engine, keys = Engine(), []
    for text in (CLIP, CLIP + 'provider = "two"\n', CLIP):
        source.write_text(text)
        project = Project.open(tmp_path)
        wanted = engine.load(tmp_path, project.config, project.hosts)
        assert wanted is not None
        again = project.graph(project.library())
        found = {address: render.provider for address, render in wanted.graph.renders.items()}
        assert found == {address: render.provider for address, render in again.renders.items()}
        keys.append(dict(wanted.graph.keys))
    assert keys[0] == keys[1] == keys[2]
