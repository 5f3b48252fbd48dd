"""A drawing shows what the words say, and nothing else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sorasync.preview.animatic.camera import Pose
from sorasync.preview.animatic.canvas import blank, to_picture
from sorasync.preview.animatic.layers import Aim, seen_at
from sorasync.preview.animatic.script import read_script
from sorasync.preview.animatic.shot_reading import Reading, read_shot
from sorasync.preview.animatic.stage import ShotLook, ShotStage, build
from tests.preview.animatic.support import Pixels

SIZE = (320, 180)


def read(prompt: str) -> Reading:
    """What a prompt of one shot shows."""
    return read_shot([prompt], "", "")


def staged(prompt: str, seed: str = "") -> ShotStage:
    """The stage of a prompt's first shot."""
    return build(read_script(prompt), 0, ShotLook(seed or prompt, 1), SIZE)


def frame(prompt: str, at: float = 0.0, seed: str = "") -> Pixels:
    """The picture of a prompt's first shot at a part of its length."""
    canvas = blank(*SIZE)
    staged(prompt, seed).film(canvas, round(at * 48), 49, 12)
    return np.asarray(to_picture(canvas), np.uint8)


def light(prompt: str) -> float:
    """How bright a prompt's picture is, 0 to 255."""
    return float(frame(prompt).mean())


@pytest.mark.parametrize(
    ("prompt", "place"),
    [
        ("A tram passes a wet street at night.", "street"),
        ("A chef waits in a cramped restaurant kitchen.", "kitchen"),
        ("Waves break in the harbour, a mail boat rocks.", "sea"),
        ("A sailing boat heels over.", "sea"),
        ("Astronauts walk on the moon.", "moon"),
        ("A space station drifts above the blue planet.", "space"),
        ("Inside a space station, a woman floats.", "space station"),
        ("A crowd cheers in a stadium.", "playing field"),
        ("Macro shot of a bottle on a marble counter.", "table"),
        ("A goat on a table in a classroom.", "classroom"),
        ("Eine Straßenbahn fährt durch die Stadt.", "city"),
        ("Un chien court sur la plage.", "beach"),
        ("夜の街を路面電車が走る。", "street"),
        ("Собака бежит по улице.", "street"),
        ("A tram passes.", None),
        ("A car waits.", None),
        ("A zorblax hums in a quomatorium.", None),
        ("A watch lies on a windowsill.", "room"),
        ("A moth circles a lamp at a petrol station.", None),
        ("Mechanics in the pit lane.", None),
        ("A stack of gold bars in a vault.", None),
        ("A queue of people outside a bakery.", None),
        ("Crane up from a grave to a stormy sky.", None),
        ("A bird in the sky.", "sky"),
        ("A bus leaves, an old lady waves.", None),
        ("A kayak glides through a fjord, snow-covered peaks.", "sea"),
        ("The astronaut plants a flag on Mars.", "mars"),
        ("A perfume bottle on a deep red background.", "studio"),
        ("A man in a yellow raincoat.", None),
        ("A bullfighter waves a cape in an arena.", None),
        ("A yellow submarine under the ice.", "underwater"),
        ("Un perro negro duerme bajo la mesa.", "table"),
        ("A ship in a bottle.", None),
        ("An ambulance leaves the hospital.", None),
        ("A toy car in a kitchen.", "kitchen"),
        ("Fans in a stadium wave flags.", "playing field"),
        ("A bottle of whisky on ice.", None),
    ],
)
def test_a_place_is_drawn_only_where_it_is_named(prompt: str, place: str | None) -> None:
    found = read(prompt).place
    assert (found.name if found else None) == place


@pytest.mark.parametrize(
    ("prompt", "things"),
    [
        ("A red tram passes two cars.", ["🚋", "🚗"]),
        ("The boy watches the sea while a mail boat rocks.", ["⛵"]),
        ("She leaves the house and trains for the race.", ["🏠"]),
        ("A steam train leaves the platform.", ["🚂"]),
        ("Two children watch a dog.", ["🐕"]),
        ("Hand-painted animation of a fox.", ["🦊"]),
        ("No cars, an old lighthouse.", ["lighthouse"]),
        ("The camera glides like a swan over a dog.", ["🐕"]),
        ("The camera orbits left around a statue in a plaza.", ["🗿"]),
        ("He moves like a cat towards the piano.", ["🎹"]),
        ("A photo studio: product shot of a smartphone.", ["📱"]),
        ("Drei Pferde und ein Hubschrauber.", ["🐎", "🚁"]),
        ("Dos perros y un tranvía.", ["🐕", "🚋"]),
        ("自転車と犬", ["🚲", "🐕"]),
        ("A lighthouse keeper climbs the stairs.", ["stairs"]),
        ("Two chess players at a stone table in a park.", ["♟"]),
        ("A wax seal on an old letter.", ["📄"]),
        ("A wolf howls.", ["🐺"]),
        ("A knight and a dragon face each other.", ["🐉"]),
        ("A lighthouse beam sweeps over the sea.", ["lighthouse"]),
        ("A hot-air balloon over the hills.", ["hot-air-balloon"]),
        ("A burning castle.", ["🔥", "🏰"]),
        ("The chef's hands slice a tomato.", ["✋", "🍅"]),
        ("An archaeologist brushes sand from a skull.", ["💀"]),
        ("A bowl of ramen with an egg.", ["🍜", "🥚"]),
        ("A stack of parcels.", ["📦"]),
        ("Two boxers in a ring.", []),
        ("A drone flies over a village.", ["🏘"]),
        ("Un chef prépare une soupe dans une cuisine.", []),
        ("Une voiture rouge traverse un pont.", ["🚗", "🌉"]),
        ("Dos caballos corren por la playa.", ["🐎"]),
        ("Un astronauta camina sobre la luna.", []),
        ("Seekor kucing tidur di atas kursi.", ["🐈", "🪑"]),
        ("Zwei Kinder bauen einen Schneemann.", ["⛄"]),
        ("一个女孩在厨房里做蛋糕。", ["🎂"]),
        ("밤에 고양이가 지붕 위를 걷는다.", ["🐈"]),
        ("طفل يلعب بالكرة على الشاطئ.", ["⚽"]),
        ("A pianist's fingers on the keys.", ["✋"]),
        ("A bunch of keys on a table.", ["🔑"]),
        ("A clown holds twelve balloons.", ["🎈"]),
        ("The postman rides a bicycle.", []),
        ("Мальчик запускает воздушного змея.", ["🪁"]),
        ("눈 내리는 산에서 사슴이 걷는다.", ["🦌"]),
    ],
)
def test_things_are_found_and_verbs_are_none(prompt: str, things: list[str]) -> None:
    seen = [one.thing.pictogram for one in read(prompt).entities if one.thing is not None]
    assert seen == things


@pytest.mark.parametrize(
    ("prompt", "people"),
    [
        ("A detective's desk: a typewriter.", []),
        ("A beard on an old man's face.", ["man"]),
        ("A baby elephant follows its mother.", []),
        ("A drummer and a saxophonist in a club.", ["drummer", "saxophonist"]),
        ("A lighthouse keeper climbs.", ["lighthouse keeper"]),
        ("A falconer raises his arm.", ["falconer"]),
        ("Un astronauta camina sobre la luna.", ["astronauta"]),
        ("Die Astronautin winkt.", ["astronautin"]),
        ("Une femme en robe rouge marche.", ["femme"]),
        ("Kadın deniz kenarında yürüyor.", ["kadın"]),
        ("A florist arranges tulips in her shop.", ["florist"]),
        ("A man seen from behind walks.", ["man"]),
        ("Un vecchio treno attraversa le montagne.", []),
        ("A bullfighter waves a red cape.", ["bullfighter"]),
    ],
)
def test_people_are_those_who_are_seen(prompt: str, people: list[str]) -> None:
    assert [one.label for one in read(prompt).entities if one.kind == "person"] == people


def test_people_are_told_apart_by_what_is_said_of_them() -> None:
    girl, woman = read("A girl in a yellow raincoat and an old woman.").entities
    assert (girl.tint, girl.small, girl.long_hair, girl.grey) == ((255, 255, 0), True, True, False)
    assert (woman.tint, woman.small, woman.long_hair, woman.grey) == (None, False, True, True)


@pytest.mark.parametrize(
    ("prompt", "moving"),
    [
        ("A taxi stops beside a woman, snow falls.", []),
        ("A waterfall in a jungle, a parrot flies left to right.", [("parrot", "right")]),
        ("Neon signs glow, a woman with an umbrella walks away.", [("woman", "")]),
        ("Five elephants walk left.", [("elephants", "left")]),
        ("A clock and a man running down a hallway.", [("man", "")]),
        ("A man jumps from a roof.", [("man", "")]),
        ("A woman turns the page of a book.", []),
    ],
)
def test_who_moves_is_the_subject_of_the_verb(prompt: str, moving: list[tuple[str, str]]) -> None:
    found = read(prompt).entities
    assert [(one.label, one.path.side) for one in found if one.path is not None] == moving


def test_dust_is_no_rain_and_a_dark_room_is_dark() -> None:
    assert read("An astronaut on Mars, a dust storm behind him.").weather == {"dust"}
    assert read("A boy plays in a dark bedroom.").time == "night"
    assert read("A boy in a dark coat plays in a bedroom.").time == "day"
    assert read("The moon rises behind a mosque.").time == "night"
    assert read("The moon over the sea, a ship.").time == "night"


def test_a_box_neither_turns_into_a_line_nor_does_anybody() -> None:

    for prompt in ("A windmill turns on a hill.", "A ballerina turns on a stage."):
        (layer,) = (one for one in staged(prompt).composition.layers if one.path is not None)
        found = (seen_at(layer, Aim(), Pose(), step / 40, 0.0) for step in range(41))
        assert min(one.narrow for one in found if one is not None) >= 0.4


def test_what_is_held_or_sat_upon_is_seen_in_a_macro() -> None:
    for prompt, names in [
        ("Macro: bees on a sunflower.", {"bees", "sunflower"}),
        ("Insert: a hand and a ring.", {"hand", "ring"}),
    ]:
        assert names <= {layer.name for layer in staged(prompt).composition.layers}


def test_what_nobody_knows_is_a_box_with_its_name_and_number() -> None:
    found = read("A zorblax hovers over two giant fleems in a quomatorium.")
    assert [(one.kind, one.label, one.count) for one in found.entities] == [
        ("box", "zorblax", 1),
        ("box", "giant fleems", 2),
    ]
    assert found.entities[1].scale > 1
    assert (found.place, found.unknown_place) == (None, "quomatorium")


def test_what_the_camera_does_and_abstract_words_are_no_boxes() -> None:
    prompt = "A slow push-in. The camera tilts up. A sense of wonder fills the frame in the soft light."
    assert read(prompt).entities == ()


@pytest.mark.parametrize(
    ("prompt", "count"),
    [
        ("A dog", 1),
        ("Three dogs", 3),
        ("A flock of sheep", 7),
        ("12 balloons", 12),
        ("Dogs", 3),
        ("A couple", 2),
        ("A crowd", 14),
        ("Two women", 2),
    ],
)
def test_as_many_are_drawn_as_there_are(prompt: str, count: int) -> None:
    (one,) = read(f"{prompt} in a field.").entities
    assert one.count == count


def test_a_colour_is_that_of_the_thing_before_which_it_stands() -> None:
    (tram, dog) = read("A red tram and a dog.").entities
    assert (tram.tint, dog.tint) == ((255, 0, 0), None)
    (man,) = read("A man in a grey coat waits.").entities
    assert man.tint == (128, 128, 128)


def test_a_cat_on_a_sofa_is_on_it() -> None:
    stage = staged("A cat sleeps on a sofa.")
    cat, sofa = (
        next(one for one in stage.composition.layers if one.name == name) for name in ("cat", "sofa")
    )
    assert abs(cat.x - sofa.x) < 0.05
    assert sofa.foot - sofa.tall < cat.foot < sofa.foot


@pytest.mark.parametrize(
    "prompt", ["Eine rote Straßenbahn", "Un tranvía rojo", "Un tram rouge", "红色的汽车"]
)
def test_colours_are_understood_in_other_languages(prompt: str) -> None:
    assert [one.tint for one in read(f"{prompt}.").entities] == [(255, 0, 0)]


def test_a_path_belongs_to_the_subject_of_its_sentence() -> None:
    found = {
        one.label: one.path and one.path.way
        for one in read("A dog sits. The car leaves. Snow falls.").entities
    }
    assert found == {"dog": None, "car": "leaves"}


def test_a_two_shot_shows_whom_its_lines_belong_to() -> None:
    board = 'Shot 1\nCamera: medium two-shot\nAction:\n- it is quiet\nDialogue:\n- Ada: "No."\n- Bo: "Yes."'
    stage = build(read_script(board), 0, ShotLook("one", 1), SIZE)
    assert [layer.name for layer in stage.composition.layers if layer.name] == ["Ada", "Bo"]


def test_who_speaks_is_known_by_name_in_every_shot() -> None:
    board = 'Shot 1\nDialogue:\n- Ada: "Now."\n\nShot 2\nAction:\n- Ada walks away past a horse\n'
    stage = build(read_script(board), 1, ShotLook("one", 1), SIZE)
    found = [(one.kind, one.label, one.path is not None) for one in stage.reading.entities]
    assert found == [("person", "Ada", True), ("thing", "horse", False)]


def test_the_characters_of_a_shot_are_on_stage() -> None:
    board = "Shot 1\nCharacters: Ada, Bo, Cy\nCamera: wide\nAction:\n- a dog barks"
    names = {
        layer.name for layer in build(read_script(board), 0, ShotLook("one", 1), SIZE).composition.layers
    }
    assert {"Ada", "Bo", "Cy", "dog"} <= names


def test_nothing_known_is_a_grey_stage_in_every_take() -> None:
    for prompt in ("A zorblax.", "A tram passes.", "It is quiet."):
        edge = frame(prompt)[:40, 120:200].astype(int)
        assert np.ptp(edge, axis=2).mean() < 14


def test_night_is_dark_and_dusk_is_between() -> None:
    for place in ("A street", "A beach", "A forest", "A road", "A dog"):
        day, dusk, night = (light(f"{place} at {time}.") for time in ("noon", "dusk", "night"))
        assert night < 62
        assert night < 0.6 * day
        assert night < dusk < day


def test_a_palette_is_a_grade_that_leaves_the_light_alone() -> None:
    board = "Shot 1\nCamera: wide\nAction:\n- a beach"
    plain, graded = (frame(text, seed="one") for text in (board, f"{board}\nPalette: teal, navy, cyan"))
    weights = (0.2126, 0.7152, 0.0722)
    assert abs((plain @ weights).mean() - (graded @ weights).mean()) < 12
    assert np.corrcoef((plain @ weights).ravel(), (graded @ weights).ravel())[0, 1] > 0.95
    cool = [float((picture[..., 0] - picture[..., 2]).mean()) for picture in (plain, graded)]
    assert cool[1] != cool[0]


def test_the_colour_of_a_thing_is_no_palette() -> None:
    assert not read_script("A red tram passes a blue house.").shots[0].graded
    assert read_script("A tram. Palette of teal, sand and rust.").shots[0].graded
    assert read_script("Shift everything to teal, sand and rust.").shots[0].graded


@pytest.mark.parametrize(
    ("prompt", "weather"),
    [
        ("Rain falls on a street.", {"rain"}),
        ("Ein Hund im Regen.", {"rain"}),
        ("A ship in a storm and fog.", {"storm", "fog"}),
        ("Snowflakes drift over a field.", {"snow"}),
        ("A field.", set()),
    ],
)
def test_weather_is_understood(prompt: str, weather: set[str]) -> None:
    assert read(prompt).weather == weather


def test_rain_moves_over_the_picture_and_not_inside() -> None:
    assert staged("A street in the rain.").weather.sheets
    assert not staged("A kitchen, rain outside.").weather.sheets
    first, second = (frame("A street in the rain.", at) for at in (0.0, 0.1))
    assert np.abs(first.astype(int) - second).mean() > 1


@pytest.mark.parametrize(
    ("prompt", "start", "end"),
    [
        ("Wide shot. A dog runs left.", 0.5, -0.5),
        ("Wide shot. A dog runs from left to right.", -0.5, 0.5),
        ("Wide shot. A man enters from the left.", -0.5, 0.0),
        ("Wide shot. A car leaves to the right.", 0.0, 0.5),
    ],
)
def test_things_go_where_the_words_say(prompt: str, start: float, end: float) -> None:
    stage = staged(prompt)
    (layer,) = [one for one in stage.composition.layers if one.name]
    places = [seen_at(layer, stage.composition.aim, Pose(), at, 0.0) for at in (0.0, 1.0)]
    moved = [where.x - stage.composition.aim.to_x for where in places if where is not None]
    assert moved[1] - moved[0] != 0
    assert np.sign(moved[1] - moved[0]) == np.sign(end - start)


def test_a_balloon_rises_and_a_leaf_falls() -> None:
    for prompt, way in (("A balloon rises.", -1), ("A rocket lifts off.", -1), ("A feather falls.", 1)):
        stage = staged(prompt)
        (layer,) = [one for one in stage.composition.layers if one.name]
        feet = [seen_at(layer, stage.composition.aim, Pose(), at, 0.0) for at in (0.0, 1.0)]
        assert feet[0] is not None and feet[1] is not None
        assert np.sign(feet[1].foot - feet[0].foot) == way


def test_nearer_framings_show_the_subject_larger() -> None:
    heights = []
    for framing in ("Aerial shot", "Wide shot", "Full shot", "Medium shot", "Close-up"):
        stage = staged(f"{framing} of a woman.")
        (layer,) = [one for one in stage.composition.layers if one.name]
        where = seen_at(layer, stage.composition.aim, Pose(), 0.5, 0.0)
        assert where is not None
        heights.append(where.tall)
    assert heights == sorted(heights)
    assert heights[-1] > 10 * heights[0]


def test_a_macro_shot_is_of_the_thing() -> None:
    stage = staged("Macro shot of a bottle, a man behind it.")
    assert [layer.name for layer in stage.composition.layers if layer.name] == ["bottle"]


def test_an_empty_landscape_is_left_empty() -> None:
    assert staged("Wide shot of rolling hills, rain runs over the slopes.").composition.layers == ()


def test_the_vocabulary_draws_every_thing() -> None:
    from sorasync.preview.animatic import vocabulary
    from sorasync.preview.animatic.pictograms import draw_pictogram
    from sorasync.preview.animatic.places import SETS

    for thing in vocabulary.things().values():
        assert draw_pictogram(thing.pictogram, 40, thing.tint) is not None, thing.name
    for place in vocabulary.places().values():
        assert place.set in SETS
        assert set(place.dress) <= set(vocabulary.things())


def test_the_documentation_lists_the_vocabulary() -> None:
    from sorasync.preview.animatic.vocabulary_page import HEADING, section

    page = (Path(__file__).parents[3] / "docs" / "preview.md").read_text(encoding="utf-8")
    _, heading, rest = page.partition(HEADING)
    assert heading + rest == section(), "run make reference"
