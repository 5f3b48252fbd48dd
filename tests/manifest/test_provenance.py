"""Where each value of a clip comes from."""

from __future__ import annotations

from pathlib import Path

from sorasync.manifest.library import Library, Origin
from sorasync.manifest.provenance import provenance
from tests.manifest.libraries import loaded, write

CONFIG = "[vars]\nera = '1970s'\n[defaults]\nmodel = 'm'\nstyle = 'film'\nparams = { seed = 1, cfg = 2 }\n"
MANIFEST = """\
[vars]
city = "Lisbon"
[defaults]
size = "100x100"
params = { cfg = 3 }
[clips.a]
scene = "A {{ mood }} street in {{ city }}."
takes = 2
matrix = { mood = ["wet", "dry"] }
steps = [{ extend = "On.", seconds = 4 }, { extend = "On." }]
[clips.b]
from = "a[mood=wet]"
steps = [{ edit = "Night." }]
"""


def rows(library: Library, name: str) -> dict[str, tuple[object, object]]:
    """Each field's value with the place it is from, as `file:line` or words."""
    found: dict[str, tuple[object, object]] = {}
    for key, value, origin in provenance(library, name):
        at = library.position(origin) if isinstance(origin, Origin) else None
        found[key] = (value, f"{at.file}:{at.line}" if at else origin)
    return found


def test_each_value_of_an_instance_is_traced(tmp_path: Path) -> None:
    write(tmp_path, {"manifests/picks.toml": '[picks]\n"a[mood=wet]" = 2\n'})
    found = rows(loaded(tmp_path, MANIFEST, config=CONFIG), "a[mood=wet]")
    assert found == {
        "prompt": ("Style: film\n\nA wet street in Lisbon.", "manifests/a.toml:7"),
        "style": ("film", "sorasync.toml:5"),
        "model": ("m", "sorasync.toml:4"),
        "size": ("100x100", "manifests/a.toml:4"),
        "seconds": ("left to the provider's profile", "left to the provider's profile"),
        "takes": (2, "manifests/a.toml:8"),
        "pick": (2, "manifests/picks.toml:2"),
        "revision": (0, "built in"),
        "protect": (False, "built in"),
        "params.seed": (1, "sorasync.toml:6"),
        "params.cfg": (3, "manifests/a.toml:5"),
        "steps[1].extend": ("On.", "manifests/a.toml:10"),
        "steps[1].seconds": (4, "manifests/a.toml:10"),
        "steps[2].extend": ("On.", "manifests/a.toml:10"),
        "steps[2].seconds": ("left to the provider's profile", "left to the provider's profile"),
        "matrix.mood": ("wet", "manifests/a.toml:9"),
        "var.city": ("Lisbon", "manifests/a.toml:2"),
        "var.era": ("1970s", "sorasync.toml:2"),
    }


def test_a_branch_names_its_source_and_nothing_of_a_create(tmp_path: Path) -> None:
    found = rows(loaded(tmp_path, MANIFEST, config=CONFIG), "b")
    assert found["from"] == ("a[mood=wet]", "manifests/a.toml:12")
    assert not {"prompt", "model", "size", "seconds", "params.cfg"} & set(found)
