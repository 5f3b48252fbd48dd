"""The pydantic models of a manifest.

Placeholders are filled in before these models see a value, so that `seconds = "{{ s }}"` is an integer
here; `matrix` is expanded before, too.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from sorasync.manifest.check_schema import ClipChecksModel
from sorasync.manifest.field_types import (
    KEY_START,
    NOTE_ID,
    TAKE,
    TEXT,
    Corners,
    Gain,
    Inputs,
    Line,
    Moment,
    NoteId,
    Number,
    Parameter,
    Rate,
    Revision,
    Scalar,
    Seconds,
    Size,
    Takes,
    Text,
    Texts,
    Time,
    Variable,
)
from sorasync.manifest.table_model import LINE, Table


class BindModel(Table):
    """`bind`: the inputs of a ComfyUI workflow that take a clip's values, as `NODE.INPUT`, one or several."""

    prompt: Inputs | None = Field(None, description="The prompt.", examples=["6.text"])
    negative: Inputs | None = Field(
        None, description="The negative prompt (`params.negative_prompt`).", examples=["7.text"]
    )
    seconds: Inputs | None = Field(None, description="The length in seconds.", examples=["12.duration"])
    frames: Inputs | None = Field(
        None, description="The length in frames: seconds times `fps`, plus 1.", examples=["40.length"]
    )
    fps: Annotated[int, Field(ge=1, le=240)] | None = Field(
        None, description="Frames per second, for `frames`.", examples=[16]
    )
    width: Inputs | None = Field(None, description="The width in pixels.", examples=["40.width"])
    height: Inputs | None = Field(None, description="The height in pixels.", examples=["40.height"])
    seed: Inputs | None = Field(None, description="The seed, another one for each take.", examples=["3.seed"])
    image: Inputs | None = Field(
        None,
        description="The first frame; without one, the workflow keeps its own image.",
        examples=["10.image"],
    )


class DefaultsModel(Table):
    """`[defaults]`: for clips that do not set their own."""

    model: Line | None = Field(None, description="The model that renders.", examples=["sora-2"])
    provider: Line | None = Field(
        None,
        description="The host: a name of `[providers]`, or `default` for that of `[provider]`.",
        examples=["fal"],
    )
    size: Size | None = Field(None, description="Width x height in pixels.", examples=["1280x720"])
    seconds: Seconds | None = Field(
        None, description="Length of a clip, and what an extension adds.", examples=[8]
    )
    takes: Takes | None = Field(None, description="How many renders of one prompt.", examples=[2])
    style: Text | None = Field(None, description="The style line of storyboards.", examples=["16mm film"])
    protect: bool | None = Field(None, description="Refuse plans that retire or replace.", examples=[True])
    tags: list[Line] | None = Field(None, description="Tags for selection.", examples=[["spring"]])
    workflow: str | None = Field(
        None,
        description="A ComfyUI workflow in the API format, relative to this file.",
        examples=["wan.api.json"],
    )
    bind: BindModel | None = Field(
        None,
        description="The inputs of the workflow that take a clip's values.",
        examples=[{"prompt": "6.text"}],
    )
    params: dict[str, Parameter] | None = Field(
        None,
        description="More parameters for the provider, merged key by key.",
        examples=[{"seed": 7}],
    )
    checks: ClipChecksModel | None = Field(
        None, description="What finished videos are checked for.", examples=[{"black": False}]
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
    provider: Line | None = Field(
        None, description="The host of the clips that use it, as for a clip.", examples=["fal"]
    )
    protect: bool = Field(False, description="Refuse plans that retire or replace it.", examples=[True])
    tags: list[Line] = Field([], description="Tags for selection.", examples=[["cast"]])
    description: str | None = Field(None, description="For people only.", examples=["The fox"])


class DialogueModel(Table):
    """One line of dialogue."""

    speaker: Text = Field(description="Who speaks; always use the same name.", examples=["Chef"])
    line: Text = Field(description="What is said.", examples=["One more minute."])


class ShotModel(Table):
    """`[[clips.SLUG.shots]]`: one camera set-up, one action, one lighting."""

    seconds: Annotated[float, Field(gt=0, le=86_400)] | None = Field(
        None, description="How long the shot takes; the others share what is left.", examples=[2.5]
    )
    characters: Texts | None = Field(
        None, description="Who is in the shot, by name.", examples=[["Mossy", "Chef"]]
    )
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


class EachModel(Table):
    """`[clips.NAME.each]`: one clip for each row of a file, whose columns fill placeholders."""

    csv: str | None = Field(
        None,
        description="A CSV file, relative to this one; its first line names the columns.",
        examples=["people.csv"],
    )
    jsonl: str | None = Field(
        None, description="A file with one JSON object on each line.", examples=["people.jsonl"]
    )
    sqlite: str | None = Field(None, description="An SQLite file.", examples=["people.db"])
    table: Line | None = Field(None, description="The table of the SQLite file.", examples=["people"])
    key: Line = Field(
        description="The column that tells rows apart. It is part of addresses: use an id, nothing personal.",
        examples=["id"],
    )
    where: dict[str, Scalar | list[Scalar]] | None = Field(
        None, description="Only rows with these values.", examples=[{"city": ["Lisbon", "Osaka"]}]
    )
    limit: Annotated[int, Field(ge=1)] | None = Field(
        None, description="At most this many rows, from the first.", examples=[10]
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
    provider: Line | None = Field(
        None,
        description="The host, a name of `[providers]`. Not part of the key.",
        examples=["fal"],
    )
    size: Size | None = Field(None, description="Width x height in pixels.", examples=["1280x720"])
    seconds: Seconds | None = Field(None, description="Length of the clip.", examples=[8])
    characters: list[str] | None = Field(None, description="Characters by slug.", examples=[["mossy"]])
    image: str | None = Field(
        None,
        description='The first frame: a file, relative to this one, or a still: `"still:NAME"`.',
        examples=["refs/kitchen.png"],
    )
    last_image: str | None = Field(
        None,
        description="The last frame, in the same forms, if the provider takes one.",
        examples=["still:quay-night"],
    )
    workflow: str | None = Field(
        None,
        description="A ComfyUI workflow in the API format, relative to this file.",
        examples=["wan.api.json"],
    )
    bind: BindModel | None = Field(
        None,
        description="The inputs of the workflow that take the clip's values.",
        examples=[{"prompt": "6.text"}],
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
    each: EachModel | None = Field(
        None, description="One clip for each row of a file.", examples=[{"csv": "people.csv", "key": "id"}]
    )
    revision: Revision = Field(0, description="Increase it to render again.", examples=[1])
    protect: bool | None = Field(None, description="Refuse plans that retire or replace it.", examples=[True])
    tags: list[Line] | None = Field(None, description="Tags for selection.", examples=[["spring"]])
    description: str | None = Field(None, description="For people only.", examples=["Opening shot"])
    params: dict[str, Parameter] | None = Field(
        None, description="More parameters for the provider.", examples=[{"seed": 7}]
    )
    checks: ClipChecksModel | None = Field(
        None, description="What its finished videos are checked for.", examples=[{"black": False}]
    )


class StillStepModel(Table):
    """`[[stills.NAME.steps]]`: an edit of the previous picture."""

    edit: str = Field(description="What to change.", examples=["The same quay at night."])
    revision: Revision = Field(0, description="Increase it to render this step again.", examples=[1])
    params: dict[str, Parameter] | None = Field(
        None, description="More parameters for the provider.", examples=[{"quality": "high"}]
    )


class StillModel(Table):
    """`[stills.NAME]`: a picture, for the first or last frame of clips or for its own sake."""

    prompt: str | None = Field(None, description="What to render.", examples=["A quay at dawn."])
    prompt_file: str | None = Field(
        None, description="A text file with the prompt, relative to this file.", examples=["prompts/quay.txt"]
    )
    model: Line | None = Field(
        None, description="The image model. Default: that of the profile.", examples=["gpt-image-1"]
    )
    provider: Line | None = Field(None, description="The host, as for a clip.", examples=["fal"])
    size: Size | None = Field(
        None, description="Width x height in pixels. Default: that of [defaults].", examples=["1280x720"]
    )
    references: list[str] = Field(
        [],
        description="Images to work from, relative to this file, in the order they are sent.",
        examples=[["refs/boat.png"]],
    )
    takes: Takes = Field(1, description="How many renders of one prompt.", examples=[3])
    pick: Annotated[int, Field(ge=1)] | None = Field(
        None, description="The picked take, from 1.", examples=[2]
    )
    gate: bool = Field(
        False, description="Clips wait until a take is picked, even if there is only one.", examples=[True]
    )
    workflow: str | None = Field(
        None,
        description="A ComfyUI workflow in the API format, relative to this file. "
        "[defaults] workflow is for clips only.",
        examples=["flux.api.json"],
    )
    bind: BindModel | None = Field(
        None,
        description="The inputs of the workflow that take the still's values. `image` is its one reference.",
        examples=[{"prompt": "6.text"}],
    )
    steps: list[StillStepModel] = Field(
        [], description="Edits of the picked take, in order.", examples=[[{"edit": "At night."}]]
    )
    matrix: dict[str, list[Scalar]] | None = Field(
        None,
        description="Variables with several values: one still for each combination.",
        examples=[{"city": ["Lisbon", "Osaka"]}],
    )
    revision: Revision = Field(0, description="Increase it to render again.", examples=[1])
    protect: bool | None = Field(None, description="Refuse plans that retire or replace it.", examples=[True])
    tags: list[Line] | None = Field(None, description="Tags for selection.", examples=[["spring"]])
    description: str | None = Field(None, description="For people only.", examples=["The opening frame"])
    params: dict[str, Parameter] = Field(
        {}, description="More parameters for the provider.", examples=[{"quality": "high"}]
    )


class EventModel(Table):
    """`[[cuts.NAME.events]]`: a clip, a still, a gap or a transition, in the order of the film."""

    clip: str | None = Field(None, description="The clip that is shown.", examples=["market"])
    still: str | None = Field(None, description="The still that is held for `length`.", examples=["quay"])
    take: Takes | None = Field(
        None, description="This take of the clip or still, not the picked one.", examples=[2]
    )
    in_: Time | None = Field(
        None, alias="in", description="The first frame shown. Default: 0.", examples=[1.5]
    )
    out: Time | None = Field(
        None,
        description="The first frame no longer shown. Default: the clip's end.",
        examples=["00:00:06:12"],
    )
    gain: Gain | None = Field(None, description="Decibels for the clip's own sound.", examples=[-6.0])
    gap: Time | None = Field(None, description="Black and silence of this length.", examples=["12f"])
    transition: Literal["dissolve", "fade"] | None = Field(
        None,
        description="How one event becomes the next. `dissolve` overlaps them by its "
        "length; `fade` goes through black and changes no length.",
        examples=["dissolve"],
    )
    length: Time | None = Field(
        None, description="Length of the transition, or how long the still is held.", examples=["16f"]
    )
    scene: Number | None = Field(
        None, description="Scene number, for `names`; later events keep it.", examples=[2]
    )
    shot: Number | None = Field(
        None, description="Shot number, for `names`. Default: counted within the scene.", examples=[40]
    )
    description: str | None = Field(None, description="For people only.", examples=["Reveal"])


class AudioModel(Table):
    """`[[cuts.NAME.audio]]`: music, ambience or a voice-over, under the clips' own sound."""

    file: str = Field(
        description="The sound, relative to this file and inside the library.", examples=["sound/theme.wav"]
    )
    at: Time | None = Field(
        None, description="Where it begins in the cut. Default: 0.", examples=["00:00:04:00"]
    )
    in_: Time | None = Field(
        None, alias="in", description="Where it begins in its file. Default: 0.", examples=[12]
    )
    out: Time | None = Field(
        None, description="Where it ends in its file. Default: the end of the file or the cut.", examples=[42]
    )
    gain: Gain = Field(0.0, description="Decibels.", examples=[-8.0])
    fade_in: Time | None = Field(None, description="Length of the fade at its beginning.", examples=[1])
    fade_out: Time | None = Field(None, description="Length of the fade at its end.", examples=[2.5])


class MarkerModel(Table):
    """`[[cuts.NAME.markers]]`: a named point in the cut."""

    at: Time = Field(description="The time in the cut.", examples=["00:00:04:00"])
    name: Line = Field(description="What it says.", examples=["Title"])
    color: Literal[
        "red", "pink", "orange", "yellow", "green", "cyan", "blue", "purple", "magenta", "black", "white"
    ] = Field("green", description="Its colour in an editing program.", examples=["red"])


class CutModel(Table):
    """`[cuts.NAME]`: clips in order, with sound: a film. A cut costs nothing and changes no render."""

    fps: Rate = Field(24, description="Frames a second; clips of other rates are conformed.", examples=[25])
    size: Size | None = Field(
        None,
        description="Width x height in pixels. Default: that of [defaults], or of the first clip.",
        examples=["1920x1080"],
    )
    events: list[EventModel] = Field(
        description="Clips, gaps and transitions, in order.", examples=[[{"clip": "market"}, {"gap": 1}]]
    )
    audio: list[AudioModel] = Field([], description="Sound tracks.", examples=[[{"file": "sound/theme.wav"}]])
    markers: list[MarkerModel] = Field([], description="Markers.", examples=[[{"at": 4, "name": "Title"}]])
    max_length: Time | None = Field(None, description="The longest that the cut may be.", examples=[30])
    loudness: Annotated[float, Field(ge=-40, le=-5)] = Field(
        -14.0, description="Loudness of the film in LUFS, with peaks of at most -1 dBTP.", examples=[-23.0]
    )
    names: Line = Field(
        "{clip}",
        description="The names of events in an editing program, from {cut}, {clip}, {take}, {scene}, {shot} "
        "and {event}, with a width such as {shot:04}.",
        examples=["{cut}_{scene:03}_{shot:04}"],
    )
    description: str | None = Field(None, description="For people only.", examples=["Festival version"])


class NoteModel(Table):
    """`[review.notes.ID]`: a comment on a take, at a frame."""

    on: Annotated[str, StringConstraints(pattern=TAKE)] = Field(
        description="The take or step that it is about.", examples=["clip.market#2"]
    )
    render: Annotated[str, StringConstraints(pattern=KEY_START)] | None = Field(
        None,
        description="The first digits of the key of the render that was looked at.",
        examples=["4f0c91d2"],
    )
    frame: Annotated[int, Field(ge=0, le=10_000_000)] | None = Field(
        None, description="The frame, from 0. Default: all of it.", examples=[72]
    )
    text: Annotated[str, StringConstraints(pattern=TEXT, max_length=4_000)] = Field(
        description="What it says.", examples=["Six fingers."]
    )
    box: Corners | None = Field(
        None,
        description="A box around what is meant: left, top, right and bottom, from 0 to 1.",
        examples=[[0.1, 0.2, 0.4, 0.5]],
    )
    arrow: Corners | None = Field(
        None,
        description="An arrow to what is meant: x and y of its tail, then of its head.",
        examples=[[0.1, 0.2, 0.4, 0.5]],
    )
    by: Line | None = Field(None, description="Who says so.", examples=["Ann"])
    at: Moment | None = Field(None, description="When, in UTC.", examples=["2026-11-29T06:00:00Z"])
    done: bool = Field(False, description="Whether it is settled.", examples=[True])
    reply_to: Annotated[str, StringConstraints(pattern=NOTE_ID)] | None = Field(
        None, description="The ID of the note that this one answers.", examples=["3f9c02d1"]
    )


class RejectedModel(Table):
    """`[review.rejected.ID]`: a take that must not be picked, and why."""

    on: Annotated[str, StringConstraints(pattern=TAKE)] = Field(
        description="The take.", examples=["clip.market#1"]
    )
    render: Annotated[str, StringConstraints(pattern=KEY_START)] | None = Field(
        None,
        description="The first digits of the key of the render that was looked at.",
        examples=["4f0c91d2"],
    )
    reason: Annotated[str, StringConstraints(pattern=TEXT, max_length=4_000)] = Field(
        description="Why.", examples=["The lantern flickers."]
    )
    by: Line | None = Field(None, description="Who says so.", examples=["Ann"])
    at: Moment | None = Field(None, description="When, in UTC.", examples=["2026-11-29T06:00:00Z"])


class ReviewModel(Table):
    """`[review]`: notes and verdicts of `sorasync review`, in `review.toml`. They change no render."""

    notes: dict[NoteId, NoteModel] = Field(
        {},
        description="Notes at frames, by id.",
        examples=[{"k3f9a1c2": {"on": "clip.market#2", "text": "Dark."}}],
    )
    rejected: dict[NoteId, RejectedModel] = Field(
        {},
        description="Rejected takes, by id.",
        examples=[{"a81c22d0": {"on": "clip.market#1", "reason": "Flickers."}}],
    )


class ManifestModel(Table):
    """A manifest file."""

    defaults: DefaultsModel = Field(default_factory=DefaultsModel, description="Defaults of this file.")
    vars: dict[str, Variable] = Field(
        {}, description="Variables for placeholders.", examples=[{"city": "Oslo"}]
    )
    characters: dict[str, CharacterModel] = Field({}, description="Characters by slug.")
    stills: dict[str, StillModel] = Field({}, description="Stills by slug.")
    clips: dict[str, ClipModel] = Field({}, description="Clips by slug.")
    cuts: dict[str, CutModel] = Field({}, description="Cuts by slug.")
    picks: dict[str, Annotated[int, Field(ge=1)]] = Field(
        {},
        description='The picked take, by clip; of a still by its address, as in `"still.quay" = 1`.',
        examples=[{"market": 2}],
    )
    review: ReviewModel = Field(
        default_factory=ReviewModel,
        description="Notes and verdicts of `sorasync review`, in `review.toml` only.",
    )
