"""What a stranger's words mean: numbers, sides, places, bodies, tools, weather and other languages."""

from __future__ import annotations

import numpy as np
import pytest

from sorasync.preview.animatic import vocabulary
from sorasync.preview.animatic.camera import View, read_camera
from sorasync.preview.animatic.entity import Entity
from sorasync.preview.animatic.grade import read_grade
from sorasync.preview.animatic.pictograms import draw_pictogram
from sorasync.preview.animatic.script import read_script
from sorasync.preview.animatic.shot_reading import Reading
from sorasync.preview.animatic.stage import ShotLook, ShotStage, build, reading_for

SIZE = (160, 90)


def read(prompt: str) -> Reading:
    """What the first shot of a prompt shows, with its camera."""
    return reading_for(read_script(prompt), 0, ShotLook(prompt, 1))


def staged(prompt: str) -> ShotStage:
    """The stage of a prompt's first shot."""
    return build(read_script(prompt), 0, ShotLook(prompt, 1), SIZE)


def one(prompt: str, label: str) -> Entity:
    """The entity of a prompt that its words call so."""
    return next(entity for entity in read(prompt).entities if entity.label == label)


def names(prompt: str) -> list[str]:
    """What the words call all that a prompt shows."""
    return [entity.label for entity in read(prompt).entities]


@pytest.mark.parametrize(
    ("prompt", "label", "count"),
    [
        ("Four plates of pasta on a table.", "pasta", 4),
        ("A waiter with six glasses of red wine.", "glasses of red wine", 6),
        ("A stack of five books on a desk.", "books", 5),
        ("Espresso runs into two cups.", "espresso", 2),
        ("A pine forest behind a fox.", "pine", 7),
        ("A factory with four chimneys, smoke.", "smoke", 1),
        ("A farmer and his dog herd sheep.", "dog", 1),
        ("Мальчик кормит голубей.", "голубей", 3),
        ("Una ragazza nella piazza, piccioni.", "piccioni", 3),
        ("两只熊猫在竹林里", "熊猫", 2),
        ("Ein Junge füttert Enten am Teich.", "enten", 3),
        ("Uma mulher rega flores na varanda.", "flores", 3),
        ("A wolf pack crosses a lake.", "wolf", 6),
        ("A field of lavender.", "lavender", 7),
        ("A pair of glasses on a table.", "glasses", 1),
        ("Trois enfants jouent au ballon.", "au ballon", 1),
        ("A spaceship lands on Mars, two moons in the sky.", "moons", 2),
    ],
)
def test_as_many_as_the_words_say(prompt: str, label: str, count: int) -> None:
    assert one(prompt, label).count == count


@pytest.mark.parametrize(
    ("prompt", "left", "right"),
    [
        ("A sports car and a truck race on a highway, the truck on the left.", "truck", "sports car"),
        ("A lighthouse and a boat, the lighthouse on the right.", "boat", "lighthouse"),
        ("Un phare éclaire la mer, bateau à droite.", "phare", "bateau"),
    ],
)
def test_what_is_said_of_one_side_leaves_the_other_to_the_rest(prompt: str, left: str, right: str) -> None:
    layers = {layer.name: layer for layer in staged(prompt).composition.layers}
    assert layers[left].x < layers[right].x


@pytest.mark.parametrize(
    ("prompt", "place"),
    [
        ("A submarine glides through deep water, a school of fish on the left.", "underwater"),
        ("Two hikers on a summit, a sea of clouds below.", "mountains"),
        ("A subway train arrives at a platform.", "underground station"),
        ("An old fisherman on a wooden pier.", "pier"),
        ("A swimmer dives into a pool.", "swimming pool"),
        ("Three hot-air balloons over a canyon.", "canyon"),
        ("A tractor in a wheat field.", "grain field"),
        ("A cellist rehearses in an empty church.", "hall"),
        ("A factory with four chimneys.", None),
        ("A gymnast on a beam, judges at a table.", None),
        ("A desk lamp, a detective.", None),
        ("A bench, foggy park.", "garden"),
        ("Deux tasses de café sur une table.", "table"),
        ("Top-down shot of a kitchen table.", "table"),
        ("The rain runs down, a cat at the window.", "room"),
        ("A submarine beside an iceberg.", "sea"),
        ("A stone quay at dawn, mist over flat water.", "sea"),
        ("A man at a square table in a flat.", "living room"),
        ("A carpenter, wood shavings, workshop.", "workshop"),
        ("Una nave spaziale atterra sulla luna.", "moon"),
    ],
)
def test_places_are_those_of_the_words(prompt: str, place: str | None) -> None:
    found = read(prompt).place
    assert (found.name if found else None) == place


@pytest.mark.parametrize(
    ("prompt", "labels"),
    [
        ("A man checks his phone.", ["man", "phone"]),
        ("Hands reaching in, a bottle of red wine.", ["hands", "bottle of red wine"]),
        ("A chef, judges at a table, a dog.", ["chef", "judges", "dog", "table"]),
        ("Arctic sea, turnstiles, cargo nets.", ["turnstiles", "cargo nets"]),
        ("Neon reflections, warm colors, shallow focus.", []),
        ("An eye, a tear rolls down her cheek.", ["eye", "tear"]),
        ("Five dancers form a circle, a penalty kick.", ["dancers"]),
        ("Interior of a submarine, a sailor.", ["sailor"]),
        ("A hotel lobby, a bellboy.", ["bellboy"]),
        ("A street lamp flickers, an empty alley.", ["street lamp"]),
        ("A motorcycle parked in front of a diner.", ["motorcycle", "diner"]),
        ("A surfer waits on his board.", ["surfer"]),
        ("A mountain biker and a burglar.", ["mountain biker", "burglar"]),
        ("A toaster and a stretcher.", ["toaster", "stretcher"]),
        ("Two children get on.", ["children"]),
        ("A cat slides down in a shower of tiles.", ["cat"]),
        ("Una barca en un lago, montañas al fondo.", ["barca"]),
        ("Une dame promène son chien.", ["dame", "chien"]),
        ("A statue of a lion in a square.", ["lion"]),
        ("A painting of a ship.", ["painting"]),
        ("A child holds her mother's hand on a busy crossing.", ["child", "mother"]),
        ("A drone delivers a parcel.", ["drone", "parcel"]),
        ("Ein alter Mann auf einer Parkbank.", ["mann", "parkbank"]),
        ("Une boulangère sort six baguettes.", ["boulangère", "baguettes"]),
        ("Uma surfista no mar, câmera na mão.", ["surfista"]),
    ],
)
def test_all_that_is_named_is_there_and_nothing_else(prompt: str, labels: list[str]) -> None:
    assert names(prompt) == labels


def test_an_empty_side_is_left_empty() -> None:
    layers = staged("A man sits on a bench, the left side of the frame is empty.").composition.layers
    assert all(layer.x > 0.5 for layer in layers if layer.name)


def test_a_near_shot_of_hands_shows_hands() -> None:
    assert names("A barista pours milk into a cup, close-up on hands.")[0] == "hands"
    assert "barista" not in names("A barista pours milk into a cup, close-up on hands.")


def test_a_close_up_of_the_knife_shows_the_knife() -> None:
    assert names("A chef cuts onions, close-up of the knife.")[0] == "knife"
    assert "man" in names("Close-up of a man with a book.")


def test_a_pilot_over_whose_shoulder_it_looks_is_no_face() -> None:
    layers = [
        layer.name for layer in staged("Over the shoulder of a pilot, clouds ahead.").composition.layers
    ]
    assert "pilot" not in layers
    assert len(layers) == 1


def test_whose_shoulder_it_is_has_no_face() -> None:
    for prompt, seen, behind in [
        ("Over the shoulder of a detective looking at a wall of photographs.", "photographs", "detective"),
        ("Over-the-shoulder shot: a woman looks at a man.", "man", "woman"),
        ("Over a tailor's shoulder, a customer.", "customer", "tailor"),
    ]:
        layers = [layer.name for layer in staged(prompt).composition.layers]
        assert seen in layers
        assert behind not in layers


@pytest.mark.parametrize(
    ("prompt", "signs"),
    [
        ("A saxophonist plays.", ["🎷"]),
        ("A boy reads in bed.", ["📖", "🛏"]),
        ("A boy reads a letter.", ["📄"]),
        ("A grandmother knits.", ["🧶"]),
    ],
)
def test_people_have_what_they_do_things_with(prompt: str, signs: list[str]) -> None:
    found = {entity.thing.pictogram for entity in read(prompt).entities if entity.thing is not None}
    assert found == set(signs)


def test_people_wear_what_their_trade_wears_unless_words_say_otherwise() -> None:
    assert one("An astronaut floats.", "astronaut").helmet
    assert one("A groom waits.", "groom").tint != one("A bride waits.", "bride").tint
    assert one("A nurse in a red coat.", "nurse").tint == (255, 0, 0)
    assert one("Five dancers in white on a stage.", "dancers").tint == (255, 255, 255)


def test_a_rider_and_the_horse_go_one_way() -> None:
    layers = {
        layer.name: layer for layer in staged("A knight on a white horse gallops left.").composition.layers
    }
    assert layers["knight"].path == layers["horse"].path is not None
    assert abs(layers["knight"].x - layers["horse"].x) < 0.05


def test_several_go_one_way() -> None:
    horses = [
        layer for layer in staged("Three horses gallop across a meadow.").composition.layers if layer.name
    ]
    assert len(horses) == 3
    assert len({layer.heading for layer in horses}) == 1


def test_two_things_in_the_hands_are_beside_each_other() -> None:
    layers = {
        layer.name: layer
        for layer in staged("Wide shot. A boy with a flashlight and a book.").composition.layers
    }
    assert abs(layers["flashlight"].x - layers["book"].x) > 0.02


def test_a_dog_and_two_cats_on_a_sofa_are_all_on_it() -> None:
    found = {entity.label: entity.upon for entity in read("A dog and two cats lie on a sofa.").entities}
    assert found == {"dog": "sofa", "cats": "sofa", "sofa": ""}


def test_the_earth_below_fills_the_lower_half() -> None:
    stage = staged("An astronaut in orbit, Earth filling the lower half of the frame.")
    earth = next(layer for layer in stage.composition.layers if layer.name == "earth")
    assert 0.45 < earth.foot - earth.tall < 0.65
    assert earth.foot > 1


@pytest.mark.parametrize(
    ("prompt", "time"),
    [
        ("Elephants at a waterhole, setting sun.", "dusk"),
        ("A cruise ship, blue hour.", "blue"),
        ("A burglar in a dark museum.", "night"),
        ("Candles on a table, darkness around.", "night"),
        ("Ein Bäcker in einer dunklen Backstube.", "night"),
        ("Un village, aurore boréale.", "night"),
        ("一架飞机在日落时起飞", "dusk"),
    ],
)
def test_the_light_is_that_of_the_words(prompt: str, time: str) -> None:
    assert read(prompt).time == time


def test_an_edit_at_night_is_dark_and_one_lamp_only_tints() -> None:
    night, lamps = read_grade("The same quay at night."), read_grade("The same quay, under sodium lamps.")
    assert night.luma[200] < 0.5 * lamps.luma[200]
    assert read_grade("Shift the palette to sodium.").kept < lamps.kept < 1


def test_after_the_rain_it_is_dry_and_elided_words_count() -> None:
    assert read("A snail on a leaf after the rain.").weather == frozenset()
    assert read("Un camion sous l'orage.").weather == {"storm"}


def test_clouds_hide_the_sun() -> None:
    seen = {
        prompt: float(np.asarray(staged(prompt).backdrop.y, np.float32).max())
        for prompt in ("A beach.", "A beach, heavy rain.")
    }
    assert seen["A beach, heavy rain."] < seen["A beach."]


def test_signs_in_the_air_are_painted_where_there_is_air() -> None:
    for word, place in (("lightning", "field"), ("northern lights", "field"), ("puddles", "street")):
        assert read(f"A {place}, {word}.").air
        plain, shown = (
            staged(text).backdrop.y for text in (f"A {place} at night.", f"A {place} at night, {word}.")
        )
        assert np.abs(plain.astype(int) - shown).max() > 20


def test_autumn_colours_the_trees() -> None:
    assert one("A tree in autumn.", "tree").tint != one("A tree.", "tree").tint == None  # noqa: E711


@pytest.mark.parametrize(
    ("prompt", "view"),
    [
        ("Чёрная машина, вид сверху.", View.TOP_DOWN),
        ("Portrait of an old sailor, profile.", View.PROFILE),
        ("A nurse walks away from camera.", View.BACK),
        ("Ein Mann von hinten, Nacht.", View.BACK),
    ],
)
def test_the_camera_is_understood_in_free_words(prompt: str, view: View) -> None:
    assert read_camera(read_script(prompt).shots[0].camera).view is view


def test_everything_known_can_be_drawn() -> None:
    """A sign that the font does not have comes out as the same empty frame as any other."""
    missing = draw_pictogram("\U0010fffe", 24, (200, 200, 200))
    assert missing is not None
    same = [
        sign
        for sign, thing in vocabulary.things().items()
        if (drawn := draw_pictogram(sign, 24, thing.tint)) is None
        or (
            drawn.size == missing.size
            and drawn.getchannel("A").tobytes() == missing.getchannel("A").tobytes()
        )
    ]
    assert same == []


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("de", "wagen boot lampe kaffee hut klavier brief koffer"),
        ("fr", "voiture lampe vin chapeau lettre valise assiette"),
        ("es", "coche barco taza vino piano carta maleta plato"),
        ("it", "macchina barca caffè pianoforte lettera giornale"),
        ("pt", "carro moto cão chapéu violão carta"),
        ("ru", "машина лодка самолёт диван чашка письмо вертолёт"),
        ("ja", "ボート ソファ コーヒー 帽子 手紙 ケーキ"),
        ("zh", "沙发 咖啡 帽子 钢琴 红酒"),
    ],
)
def test_common_things_are_known_in_other_languages(language: str, words: str) -> None:
    table = vocabulary.thing_table(language)
    assert [word for word in words.split() if not table.find(vocabulary.split_words(word))] == []
