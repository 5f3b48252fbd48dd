"""The pydantic models of a manifest.

Placeholders are filled in before these models see a value, so that `seconds = "{{ s }}"` is an integer
here; `matrix` is expanded before, too.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Annotated, Final, LiteralString

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import InitErrorDetails, PydanticCustomError, ValidationError

SLUG: Final = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"
SIZE: Final = r"^[1-9][0-9]{0,4}x[1-9][0-9]{0,4}$"
LINE: Final = r"^[^\x00-\x1f\x7f-\x9f]*[^\x00-\x20\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$"
TEXT: Final = r"\S"

# What a string must look like, in words, by pattern.
EXPECTED: Final[dict[str, str]] = {
    SIZE: 'width x height in pixels, such as "1280x720"',
    LINE: "a line of text without control characters",
    TEXT: "some text",
}

LONGEST_PROMPT: Final = 32_000
# Tables and arrays inside one another that a parameter may have.
DEEPEST_PARAMETER: Final = 16
MOST_TAKES: Final = 1_000


def _one_or_many(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _scalar(value: object) -> object:
    if isinstance(value, float) and not math.isfinite(value):
        raise PydanticCustomError("scalar", "a finite number")
    if not isinstance(value, str | int | float | bool):
        raise PydanticCustomError("scalar", "a string, a number or a boolean")
    return value


def _scalars(value: object) -> object:
    for element in value if isinstance(value, list) else [value]:
        _scalar(element)
    return value


def _parameter(value: object) -> object:
    """A JSON value, tables and arrays included; every other part is a fault."""
    faults = [
        InitErrorDetails(type=PydanticCustomError("parameter", why), loc=path, input=part)
        for path, part, why in _unsendable(value, ())
    ]
    if faults:
        raise ValidationError.from_exception_data("params", faults)
    return value


def _unsendable(
    value: object, path: tuple[str | int, ...]
) -> Iterator[tuple[tuple[str | int, ...], object, LiteralString]]:
    if isinstance(value, dict | list):
        if len(path) == DEEPEST_PARAMETER:
            yield path, value, "at most 16 tables and arrays deep"
            return
        for name, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _unsendable(inner, (*path, name))
    elif isinstance(value, float) and not math.isfinite(value):
        yield path, value, "a finite number"
    elif not isinstance(value, str | int | float | bool):
        yield path, value, "a string, a number, a boolean, an array or a table"


Line = Annotated[str, StringConstraints(pattern=LINE, max_length=1_000)]
Text = Annotated[str, StringConstraints(pattern=TEXT)]
Size = Annotated[str, StringConstraints(pattern=SIZE)]
Seconds = Annotated[int, Field(ge=1, le=86_400)]
Takes = Annotated[int, Field(ge=1, le=MOST_TAKES)]
Revision = Annotated[int, Field(ge=0, le=2**53 - 1)]
Texts = Annotated[
    list[Text],
    BeforeValidator(_one_or_many),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]
Scalar = Annotated[
    object, AfterValidator(_scalar), WithJsonSchema({"type": ["string", "integer", "number", "boolean"]})
]
Parameter = Annotated[
    object,
    AfterValidator(_parameter),
    WithJsonSchema({"type": ["string", "integer", "number", "boolean", "array", "object"]}),
]
Variable = Annotated[
    object,
    AfterValidator(_scalars),
    WithJsonSchema({"type": ["string", "integer", "number", "boolean", "array"]}),
]


class Table(BaseModel):
    """A table of a manifest: immutable, and strict about keys and types."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)


class DefaultsModel(Table):
    """`[defaults]`: for clips that do not set their own."""

    model: Line | None = Field(None, description="The model that renders.", examples=["sora-2"])
    size: Size | None = Field(None, description="Width x height in pixels.", examples=["1280x720"])
    seconds: Seconds | None = Field(
        None, description="Length of a clip, and what an extension adds.", examples=[8]
    )
    takes: Takes | None = Field(None, description="How many renders of one prompt.", examples=[2])
    style: Text | None = Field(None, description="The style line of storyboards.", examples=["16mm film"])
    protect: bool | None = Field(None, description="Refuse plans that retire or replace.", examples=[True])
    tags: list[Line] | None = Field(None, description="Tags for selection.", examples=[["spring"]])
    params: dict[str, Parameter] | None = Field(
        None,
        description="More parameters for the provider, merged key by key.",
        examples=[{"seed": 7}],
    )


class CharacterModel(Table):
    """`[characters.SLUG]`: a reference clip, uploaded once and used by many clips."""

    name: Annotated[str, StringConstraints(pattern=LINE, max_length=80)] = Field(
        description="Sent to the provider; must appear verbatim in the prompts that use it.",
        examples=["Mossy"],
    )
    video: str = Field(
        description="The reference clip, relative to this file and inside the library.",
        examples=["refs/mossy.mp4"],
    )
    protect: bool = Field(False, description="Refuse plans that retire or replace it.", examples=[True])
    tags: list[Line] = Field([], description="Tags for selection.", examples=[["cast"]])
    description: str | None = Field(None, description="For people only.", examples=["The fox"])


class DialogueModel(Table):
    """One line of dialogue."""

    speaker: Text = Field(description="Who speaks; keep the name steady.", examples=["Chef"])
    line: Text = Field(description="What is said.", examples=["One more minute."])


class ShotModel(Table):
    """`[[clips.SLUG.shots]]`: one camera set-up, one action, one lighting."""

    camera: Text | None = Field(None, description="Framing and move.", examples=["close-up, slow push-in"])
    depth_of_field: Text | None = Field(None, description="Depth of field.", examples=["shallow"])
    action: Texts | None = Field(
        None, description="What happens, in beats.", examples=[["lifts the lid", "smiles"]]
    )
    lighting: Text | None = Field(None, description="Lighting.", examples=["soft window light"])
    palette: Texts | None = Field(None, description="Three to five colours.", examples=[["amber", "cream"]])
    dialogue: list[DialogueModel] | None = Field(
        None, description="Lines spoken, in order.", examples=[[{"speaker": "Chef", "line": "Ready."}]]
    )
    sound: Text | None = Field(None, description="What is heard.", examples=["a kettle ticking"])


class StepModel(Table):
    """`[[clips.SLUG.steps]]`: an extension or an edit of the previous result."""

    extend: str | None = Field(None, description="Prompt of an extension.", examples=["Continue upwards."])
    edit: str | None = Field(None, description="Prompt of an edit.", examples=["Shift the palette to teal."])
    seconds: Seconds | None = Field(None, description="How many seconds an extension adds.", examples=[8])
    revision: Revision = Field(0, description="Increase it to render this step again.", examples=[1])
    params: dict[str, Parameter] | None = Field(
        None, description="More parameters for the provider.", examples=[{"strength": 0.5}]
    )


class ClipModel(Table):
    """`[clips.SLUG]`: a clip from a prompt, a prompt file or a storyboard, or from another clip."""

    prompt: str | None = Field(None, description="What to render.", examples=["A lantern-lit market."])
    prompt_file: str | None = Field(
        None, description="A text file with the prompt, relative to this file.", examples=["prompts/a.txt"]
    )
    style: Text | None = Field(None, description="Storyboard: the style.", examples=["16mm documentary"])
    scene: Text | None = Field(None, description="Storyboard: the scene.", examples=["A cramped kitchen."])
    shots: list[ShotModel] | None = Field(
        None, description="Storyboard: the shots.", examples=[[{"camera": "wide"}]]
    )
    from_: str | None = Field(
        None, alias="from", description="The clip that this one continues.", examples=["market"]
    )
    model: Line | None = Field(None, description="The model that renders.", examples=["sora-2"])
    size: Size | None = Field(None, description="Width x height in pixels.", examples=["1280x720"])
    seconds: Seconds | None = Field(None, description="Length of the clip.", examples=[8])
    characters: list[str] | None = Field(None, description="Characters by slug.", examples=[["mossy"]])
    image: str | None = Field(
        None, description="The first frame, relative to this file.", examples=["refs/kitchen.png"]
    )
    takes: Takes | None = Field(None, description="How many renders of one prompt.", examples=[3])
    pick: Annotated[int, Field(ge=1)] | None = Field(
        None, description="The picked take, from 1.", examples=[2]
    )
    steps: list[StepModel] | None = Field(
        None, description="Extensions and edits, in order.", examples=[[{"edit": "At night."}]]
    )
    matrix: dict[str, list[Scalar]] | None = Field(
        None,
        description="Variables with several values: one clip for each combination.",
        examples=[{"city": ["Lisbon", "Osaka"]}],
    )
    revision: Revision = Field(0, description="Increase it to render again.", examples=[1])
    protect: bool | None = Field(None, description="Refuse plans that retire or replace it.", examples=[True])
    tags: list[Line] | None = Field(None, description="Tags for selection.", examples=[["spring"]])
    description: str | None = Field(None, description="For people only.", examples=["Opening shot"])
    params: dict[str, Parameter] | None = Field(
        None, description="More parameters for the provider.", examples=[{"seed": 7}]
    )


class ManifestModel(Table):
    """A manifest file."""

    defaults: DefaultsModel = Field(default_factory=DefaultsModel, description="Defaults of this file.")
    vars: dict[str, Variable] = Field(
        {}, description="Variables for placeholders.", examples=[{"city": "Oslo"}]
    )
    characters: dict[str, CharacterModel] = Field({}, description="Characters by slug.")
    clips: dict[str, ClipModel] = Field({}, description="Clips by slug.")
    picks: dict[str, Annotated[int, Field(ge=1)]] = Field(
        {}, description="The picked take, by clip.", examples=[{"market": 2}]
    )
