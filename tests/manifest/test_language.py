"""What the manifest language means, told by loaded libraries."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path
from unicodedata import normalize

import pytest

from sorasync.graph.expand import expand_as_far
from sorasync.manifest.config import load_config
from sorasync.manifest.diagnostic import Position
from sorasync.manifest.load import load, load_sound
from sorasync.operations.project import Project
from sorasync.operations.validate import check
from tests.effort import calls
from tests.manifest.libraries import clip, loaded, refused, write


def test_a_clip_takes_its_own_value_then_the_files_then_the_librarys(tmp_path: Path) -> None:
    config = '[defaults]\nmodel = "l"\nsize = "100x100"\nseconds = 4\ntakes = 2\n'
    found = clip(
        tmp_path,
        '[defaults]\nsize = "200x200"\nseconds = 8\n[clips.a]\nprompt = "x"\nseconds = 12\n',
        config=config,
    )
    assert (found.model, found.size, found.seconds, found.takes) == ("l", "200x200", 12, 2)


def test_what_nobody_says_is_left_to_the_profile(tmp_path: Path) -> None:
    found = clip(tmp_path, '[clips.a]\nprompt = "x"\nsteps = [{ extend = "on" }]\n')
    assert (found.model, found.size, found.seconds, found.steps[0].seconds) == (None, None, None, None)
    assert (found.takes, found.pick, found.revision, found.protect) == (1, None, 0, False)


def test_params_merge_key_by_key_and_reach_no_step(tmp_path: Path) -> None:
    found = clip(
        tmp_path,
        "[defaults.params]\nb = 2\nc = 2\n[clips.a]\nprompt = 'x'\nparams = { c = 3 }\n"
        "steps = [{ edit = 'e', params = { d = 4 } }]\n",
        config="[defaults.params]\na = 1\nb = 1\nc = 1\n",
    )
    assert found.params == {"a": 1, "b": 2, "c": 3}
    assert found.steps[0].params == {"d": 4}


def test_params_hold_tables_and_arrays_with_placeholders(tmp_path: Path) -> None:
    found = clip(
        tmp_path,
        "[vars]\nweight = 0.5\norder = ['a', 'b']\n[defaults.params]\nlora = { path = 'old', gone = 1 }\n"
        "[clips.a]\nprompt = 'x'\n[clips.a.params]\nprovider.order = '{{ order }}'\n"
        "[[clips.a.params.lora]]\npath = 'film-{{ weight }}'\nweight = '{{ weight }}'\n",
    )
    assert found.params == {
        "provider": {"order": ["a", "b"]},
        "lora": [{"path": "film-0.5", "weight": 0.5}],
    }


def test_an_extension_falls_back_on_the_default_seconds_and_an_edit_has_none(tmp_path: Path) -> None:
    found = clip(
        tmp_path,
        "[defaults]\nseconds = 4\n[clips.a]\nprompt = 'x'\nseconds = 12\n"
        "steps = [{ extend = 'on' }, { extend = 'on', seconds = 8 }, { edit = 'e' }]\n",
    )
    assert [(step.kind, step.seconds) for step in found.steps] == [
        ("extend", 4),
        ("extend", 8),
        ("edit", None),
    ]


def test_a_branch_has_a_source_and_takes_no_defaults_of_a_create(tmp_path: Path) -> None:
    found = clip(
        tmp_path,
        "[defaults]\nmodel = 'm'\nsize = '1x1'\nseconds = 4\nparams = { a = 1 }\n[clips.b]\nprompt = 'x'\n"
        "[clips.a]\nfrom = 'b'\ntakes = 2\npick = 2\nsteps = [{ edit = 'e' }]\n",
    )
    assert (found.source, found.prompt, found.model, found.size, found.seconds) == (
        "b",
        None,
        None,
        None,
        None,
    )
    assert (found.params, found.takes, found.pick) == ({}, 2, 2)


def test_placeholders_see_matrix_before_file_before_library(tmp_path: Path) -> None:
    library = loaded(
        tmp_path,
        "[vars]\nb = 'file'\nc = 'file'\n"
        "[clips.a]\nprompt = '{{ a }} {{b}} {{  c  }}'\nmatrix = { c = ['m'] }\n",
        config="[vars]\na = 'lib'\nb = 'lib'\nc = 'lib'\n",
    )
    assert library.clips["a[c=m]"].prompt == "lib file m"


def test_a_lone_placeholder_keeps_the_variables_type(tmp_path: Path) -> None:
    found = clip(
        tmp_path,
        "[vars]\ns = 12\np = true\ncast = ['red', 'blue']\n[clips.a]\nscene = '{{ s }} {{ p }}'\n"
        "seconds = '{{ s }}'\nprotect = '{{ p }}'\nshots = [{ palette = '{{ cast }}' }]\n",
    )
    assert (found.seconds, found.protect) == (12, True)
    assert found.prompt == "12 true\n\nShot 1\nPalette: red, blue"


def test_a_variable_may_hold_braces_that_are_no_placeholder(tmp_path: Path) -> None:
    assert clip(tmp_path, "[vars]\no = '{{'\n[clips.a]\nprompt = 'a {{ o }} b'\n").prompt == "a {{ b"


def test_a_prompt_file_is_read_beside_its_manifest_and_filled(tmp_path: Path) -> None:
    write(tmp_path, {"manifests/sub/p.txt": "\ufeffA {{ m }} street.\r\n\r\n\r\n  At   night.\n"})
    manifest = "[clips.a]\nprompt_file = 'p.txt'\nmatrix = { m = ['wet'] }\n"
    write(tmp_path, {"manifests/sub/b.toml": manifest})
    library = load(tmp_path, load_config(tmp_path))
    assert library.clips["a[m=wet]"].prompt == "A wet street.\n\nAt night."
    assert library.files == ("manifests/sub/b.toml", "manifests/sub/p.txt")


def test_a_matrix_makes_one_clip_for_each_combination_with_sorted_keys(tmp_path: Path) -> None:
    library = loaded(
        tmp_path,
        "[clips.p]\nprompt = '{{ m }} {{ c }} {{ n }}'\n"
        "matrix = { n = [1, 2], m = ['x'], c = ['Y', true] }\n",
    )
    assert list(library.clips) == [
        "p[c=Y,m=x,n=1]",
        "p[c=Y,m=x,n=2]",
        "p[c=true,m=x,n=1]",
        "p[c=true,m=x,n=2]",
    ]
    assert library.clips["p[c=true,m=x,n=2]"].prompt == "x true 2"


def test_matrix_values_may_come_from_a_variable(tmp_path: Path) -> None:
    library = loaded(
        tmp_path, "[vars]\ncs = ['a', 'b']\n[clips.p]\nprompt = '{{ c }}'\nmatrix = { c = '{{ cs }}' }\n"
    )
    assert list(library.clips) == ["p[c=a]", "p[c=b]"]


def test_each_matrix_instance_may_branch_from_its_own_instance(tmp_path: Path) -> None:
    library = loaded(
        tmp_path,
        "[clips.p]\nprompt = '{{ a }} {{ b }}'\nmatrix = { a = ['x', 'y'], b = ['z'] }\n"
        "[clips.q]\nfrom = 'p[b=z, a={{ a }}]'\nsteps = [{ edit = 'e' }]\nmatrix = { a = ['x', 'y'] }\n",
    )
    assert library.clips["q[a=y]"].source == "p[a=y,b=z]"


def test_a_pick_may_stand_in_a_file_of_its_own(tmp_path: Path) -> None:
    write(tmp_path, {"manifests/picks.toml": '[picks]\na = 2\n"p[c=x]" = 1\n'})
    library = loaded(
        tmp_path,
        "[clips.a]\nprompt = 'x'\ntakes = 2\n[clips.p]\nprompt = '{{ c }}'\nmatrix = { c = ['x', 'y'] }\n",
    )
    assert (library.clips["a"].pick, library.clips["p[c=x]"].pick, library.clips["p[c=y]"].pick) == (
        2,
        1,
        None,
    )
    assert library.position(library.picks["a"]) == Position("manifests/picks.toml", 2, 5, 6)


def test_x_keys_are_ignored_wherever_keys_are_checked(tmp_path: Path) -> None:
    library = loaded(
        tmp_path,
        "x-top = 1\n[x-table]\na = 1\n[defaults]\nx-a = 1\n"
        "[clips.a]\nprompt = 'x'\nx-note = '{{ nothing }}'\n"
        "params = { x-p = 1 }\n[[clips.a.steps]]\nedit = 'e'\nx-b.c = 1\n[clips.x-ray]\nprompt = 'y'\n",
        config="x-top = 1\n[apply]\nx-a = 1\n[provider]\nx-b = 2\n",
    )
    assert sorted(library.clips) == ["a", "x-ray"]
    assert library.clips["a"].params == {"x-p": 1}
    assert library.config.provider.overrides == {}


def test_characters_and_images_carry_the_digest_of_their_files(tmp_path: Path) -> None:
    write(tmp_path, {"manifests/refs/m.mp4": b"video", "manifests/refs/k.png": b"image"})
    library = loaded(
        tmp_path,
        "[characters.m]\nname = 'Mossy'\nvideo = 'refs/../refs/m.mp4'\n"
        "[clips.a]\nprompt = 'x'\nimage = 'refs/k.png'\ncharacters = ['m']\n",
    )
    mossy = library.characters["m"]
    assert (mossy.video, mossy.video_sha256) == ("manifests/refs/m.mp4", hashlib.sha256(b"video").hexdigest())
    assert library.clips["a"].image_sha256 == hashlib.sha256(b"image").hexdigest()
    assert library.clips["a"].image == "manifests/refs/k.png"


def test_a_position_is_found_when_asked(tmp_path: Path) -> None:
    library = loaded(tmp_path, "\n\n[clips.a]\nprompt = 'x'\n[[clips.a.steps]]\nedit = 'e'\n")
    assert library.position(library.clips["a"].origin) == Position("manifests/a.toml", 3, 1, 10)
    step = library.position(library.clips["a"].steps[0].origin)
    assert step == Position("manifests/a.toml", 5, 1, 18)
    assert library.source(step) == "[[clips.a.steps]]"


def test_an_empty_library_is_fine(tmp_path: Path) -> None:
    library = loaded(tmp_path, "")
    assert (dict(library.clips), dict(library.characters)) == ({}, {})


def test_a_reference_into_a_file_with_bad_syntax_is_not_called_dangling(tmp_path: Path) -> None:
    write(tmp_path, {"manifests/z.toml": "[clips.z]\nprompt =\n"})
    found = refused(tmp_path, "[clips.a]\nfrom = 'z'\nsteps = [{ edit = 'e' }]\n")
    assert [(d.code, d.position.file if d.position else "") for d in found] == [("S101", "manifests/z.toml")]


@pytest.mark.parametrize("fault", ["seconds = '8'", "takes = 0", "secnds = 8", "image = 'none.png'"])
def test_a_faulty_clip_can_still_be_referred_to(tmp_path: Path, fault: str) -> None:
    found = refused(
        tmp_path, f"[clips.z]\nprompt = 'x'\n{fault}\n[clips.a]\nfrom = 'z'\nsteps = [{{ edit = 'e' }}]\n"
    )
    assert [d.position.line for d in found if d.position] == [3]


def test_a_faulty_matrix_gives_one_fault_and_no_dangling_references(tmp_path: Path) -> None:
    found = refused(
        tmp_path,
        "[clips.z]\nprompt = '{{ c }}'\nmatrix = { c = [] }\n"
        "[clips.a]\nfrom = 'z[c=x]'\nsteps = [{ edit = 'e' }]\n[picks]\n'z[c=x]' = 1\n",
    )
    assert [d.code for d in found] == ["S115"]


def test_a_clip_that_is_no_table_is_one_fault_and_not_undeclared(tmp_path: Path) -> None:
    found = refused(
        tmp_path, "[clips]\nz = 1\n[clips.a]\nfrom = 'z'\nsteps = [{ edit = 'e' }]\n[picks]\nz = 1\n"
    )
    assert [d.code for d in found] == ["S104"]


def test_a_good_library_never_builds_a_syntax_tree(tmp_path: Path) -> None:
    write(tmp_path, {"manifests/a.toml": "[clips.a]\nprompt = 'x'\n"})
    code = (
        "import sys, pathlib\n"
        "from sorasync.manifest.config import load_config\n"
        "from sorasync.manifest.load import load\n"
        "root = pathlib.Path(sys.argv[1])\n"
        "assert load(root, load_config(root)).clips\n"
        "assert not {'tree_sitter', 'difflib'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)


@pytest.mark.parametrize("braces", ["'{{'", '\\"{{\\"'])
def test_two_braces_can_be_written(braces: str, tmp_path: Path) -> None:
    text = (
        f'[vars]\ncity = "Oslo"\n[clips.a]\nprompt = "Say {{{{ {braces} }}}} city }}}} in {{{{ city }}}}."\n'
    )
    assert clip(tmp_path, text).prompt == "Say {{ city }} in Oslo."


def test_the_work_on_a_text_of_braces_grows_as_the_text_does(tmp_path: Path) -> None:
    def work(count: int) -> int:
        text = f'[clips.a]\nprompt = "{"{{ " * count}"\n'
        return calls(lambda: refused(tmp_path, text))

    work(10)
    assert work(20_000) < 4 * work(10_000)


def test_the_work_on_unknown_keys_grows_as_their_number_does(tmp_path: Path) -> None:
    def work(count: int) -> int:
        keys = "\n".join(f"k{number} = 1" for number in range(count))
        return calls(lambda: refused(tmp_path, f'[clips.a]\nprompt = "x"\n{keys}\n'))

    work(10)
    # The nearest right spelling, which takes thousands of calls, is looked for a hundred times at most.
    assert work(2_000) - work(1_000) < 1_000 * 300


@pytest.mark.parametrize("other", ["Sa\\u0303o Paulo", "S\\u00e3o Paulo"])
def test_a_word_in_two_forms_of_unicode_is_one_matrix_value(other: str, tmp_path: Path) -> None:
    text = f'[clips.a]\nprompt = "{{{{ city }}}}"\nmatrix = {{ city = ["São Paulo", "{other}"] }}\n'
    (found,) = refused(tmp_path, text)
    assert found.code == "S115" and "is listed twice" in found.message


@pytest.mark.parametrize("name", ["prômpt.txt", "szenen/prômpt.txt", "größe/prômpt.txt"])
def test_a_file_is_found_whose_name_is_in_another_form_of_unicode(name: str, tmp_path: Path) -> None:
    write(tmp_path, {f"manifests/{normalize('NFD', name)}": "A boat nods."})
    assert clip(tmp_path, f'[clips.a]\nprompt_file = "{normalize("NFC", name)}"\n').prompt == "A boat nods."


@pytest.mark.parametrize("ring", ["a", "ab", "abc"])
def test_a_circle_beside_a_file_that_cannot_be_read_is_left_out(tmp_path: Path, ring: str) -> None:
    step = '[[clips.{0}.steps]]\nedit = "At night."\n'
    links = [
        f'[clips.{one}]\nfrom = "{source}"\n{step.format(one)}'
        for one, source in zip(ring, ring[1:] + ring[:1], strict=True)
    ]
    files = {
        "manifests/ring.toml": "".join(links),
        "manifests/branch.toml": f'[clips.e]\nfrom = "a"\n{step.format("e")}',
        "manifests/broken.toml": "[clips.c\n",
        "manifests/sound.toml": f'[clips.f]\nprompt = "A pier."\n[clips.g]\nfrom = "f"\n{step.format("g")}',
    }
    write(tmp_path, dict(files))
    library, faults = load_sound(tmp_path, load_config(tmp_path))
    assert sorted(library.clips) == ["f", "g"]
    assert [fault.position.file for fault in faults if fault.position] == ["manifests/broken.toml"]
    checked = check(lambda: Project.open(tmp_path))
    assert checked.errors and not expand_as_far(library, Project.open(tmp_path).hosts)[1]
