"""Checks what a host cannot do. Each rule returns what is unsupported."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import gcd
from typing import TYPE_CHECKING

from sorasync.profile.unsupported import Lack
from sorasync.profile.video_model import Model, nearest_seconds, offers_seconds, pixels, seconds_text
from sorasync.text import close_match, counted

if TYPE_CHECKING:
    from sorasync.profile.profile import Profile

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "list": (list, tuple),
    "table": (dict,),
    "any": (object,),
}


_ARTICLES = {"integer": "an integer"}


def model_lacks(profile: Profile, model: str | None, size: str | None, seconds: int | None) -> list[Lack]:
    """Model not offered, size not offered for it, length not offered for it."""
    if model is None:
        return []
    known = profile.model(model)
    if known is None:
        names = profile.model_names
        message = f'{profile.name} does not offer the model "{model}"'
        return [Lack("model", message, ", ".join(names) or None, close_match(model, names))]
    lacks = _size_lacks(model, known, size) + _seconds_lacks(model, known, seconds)
    return lacks or _work_lacks(model, known, size, seconds)


def _size_lacks(name: str, model: Model, size: str | None) -> list[Lack]:
    if size is None or model.offers_size(size):
        return []
    step = model.size_multiple
    expected = ", ".join(model.sizes) or f"a size like 1280x720 that matches {model.size_pattern}"
    if step > 1:
        expected = " or ".join([f"sides in multiples of {step}", *filter(None, [", ".join(model.sizes)])])
    fix = nearest_size(size, [*model.sizes, *_rounded(size, model)])
    return [Lack("size", f"{name} does not render {size}", expected, fix)]


def nearest_size(size: str, offered: Iterable[str]) -> str | None:
    """The offered size of the same orientation whose area is nearest; failing that, the most alike text."""
    asked = pixels(size)
    sizes = [(one, sides) for one in offered if (sides := pixels(one))]
    if asked is None or not sizes:
        return close_match(size, [one for one, _ in sizes])
    wide = asked[0] >= asked[1]
    alike = [pair for pair in sizes if (pair[1][0] >= pair[1][1]) == wide] or sizes
    area = asked[0] * asked[1]
    return min(alike, key=lambda pair: (abs(pair[1][0] * pair[1][1] - area), pair[0]))[0]


def _rounded(size: str, model: Model) -> list[str]:
    """The size with its sides at the nearest multiples, where the model has such a rule and renders that."""
    sides, step = pixels(size), model.size_multiple
    if sides is None or step == 1:
        return []
    wide, high = (max(1, round(side / step)) * step for side in sides)
    return [f"{wide}x{high}"] if model.offers_size(f"{wide}x{high}") else []


def _work_lacks(name: str, model: Model, size: str | None, seconds: int | None) -> list[Lack]:
    """A length that is on offer, but not at that size."""
    most = model.longest_at(size) if size is not None else None
    if most is None or seconds is None or seconds <= most:
        return []
    message = f"{name} does not render {counted(seconds, 'second')} at {size}"
    if most == 0:
        return [Lack("size", message, "a smaller size")]
    return [Lack("seconds", message, f"at most {counted(most, 'second')} at that size", str(most))]


def _seconds_lacks(name: str, model: Model, seconds: int | None) -> list[Lack]:
    if seconds is None or offers_seconds(model.seconds, seconds):
        return []
    fix = nearest_seconds(model.seconds, seconds)
    message = f"{name} does not render {counted(seconds, 'second')}"
    return [Lack("seconds", message, seconds_text(model.seconds), None if fix is None else str(fix))]


def prompt_lacks(profile: Profile, prompt: str) -> list[Lack]:
    """A prompt longer than the host reads."""
    most = profile.limits.prompt_chars
    if len(prompt) <= most:
        return []
    return [Lack("prompt", f"the prompt has {counted(len(prompt), 'character')}", f"at most {most}")]


def character_lacks(profile: Profile, count: int, image: bool) -> list[Lack]:
    """Unsupported characters, too many of them, or characters together with an image."""
    if count == 0:
        return []
    if not profile.can("characters"):
        return [Lack("characters", f"{profile.name} has no characters")]
    lacks = []
    most = profile.limits.characters
    if count > most:
        lacks.append(Lack("characters", f"{counted(count, 'character')} in one clip", f"at most {most}"))
    by_json = {"url", "file_id"} & set(profile.abilities.image_by)
    if image and profile.abilities.image_by and not by_json:
        message = f"{profile.name} takes an image or characters, not both"
        lacks.append(Lack("image", message, "one of the two"))
    return lacks


def last_image_lacks(profile: Profile, last_image: bool) -> list[Lack]:
    """An unsupported last frame."""
    if not last_image or profile.abilities.last_image:
        return []
    return [Lack("last_image", f"{profile.name} takes no image as last frame")]


def image_lacks(profile: Profile, model: str | None, image: bool) -> list[Lack]:
    """An unsupported first frame."""
    if not image:
        return []
    known = profile.model(model) if model is not None else None
    if profile.abilities.image_param is not None:
        wanted = f"the image's https address in params.{profile.abilities.image_param}"
        return [Lack("image", f"{profile.name} takes no image from this disk", wanted)]
    if not profile.abilities.image_by:
        return [Lack("image", f"{profile.name} takes no image as first frame")]
    if known is not None and not known.image:
        return [Lack("image", f"{model} takes no image as first frame")]
    return []


def param_lacks(profile: Profile, params: Mapping[str, object]) -> list[Lack]:
    """Parameters that the host does not know, or values of the wrong type."""
    return param_type_lacks(profile.name, profile.params, params)


def param_type_lacks(host: str, types: Mapping[str, str], params: Mapping[str, object]) -> list[Lack]:
    """Parameters that are not among those with a type, or values of another type."""
    lacks = []
    for name in sorted(params):
        kind = types.get(name)
        if kind is None:
            fix = close_match(name, types)
            message = f'{host} has no parameter "{name}"'
            lacks.append(Lack(f"params.{name}", message, ", ".join(sorted(types)) or "none", fix))
        elif not _fits(kind, params[name]):
            lacks.append(
                Lack(
                    f"params.{name}",
                    f'the parameter "{name}" has the wrong type',
                    _ARTICLES.get(kind, f"a {kind}"),
                )
            )
    return lacks


def _fits(kind: str, value: object) -> bool:
    if isinstance(value, bool) and kind in ("integer", "number"):
        return False
    return isinstance(value, _TYPES[kind])


def step_lacks(profile: Profile, kind: str, source_is_file: bool) -> list[Lack]:
    """Unsupported extensions or edits, or a file as a source if only the host's own videos will do."""
    if kind == "extend" and not profile.can("extend"):
        return [Lack("extend", f"{profile.name} has no extensions")]
    if kind == "edit" and not profile.can("edit"):
        return [Lack("edit", f"{profile.name} has no edits")]
    if source_is_file and not profile.abilities.upload_as_source:
        return [Lack(kind, f"{profile.name} takes no uploaded video as a source", "a video that it rendered")]
    return []


def extension_lacks(
    profile: Profile,
    seconds: int | None,
    before: int,
    total: int | None,
    model: str | None = None,
    size: str | None = None,
) -> list[Lack]:
    """A length not offered, one extension too many, or a result that grows too long."""
    limits = profile.limits
    lacks = []
    if seconds is not None and not offers_seconds(limits.extension_seconds, seconds):
        fix = nearest_seconds(limits.extension_seconds, seconds)
        expected = seconds_text(limits.extension_seconds)
        message = f"an extension cannot add {counted(seconds, 'second')}"
        lacks.append(Lack("seconds", message, expected, None if fix is None else str(fix)))
    if before + 1 > limits.extensions:
        lacks.append(Lack("extend", f"extension {before + 1} of one video", f"at most {limits.extensions}"))
    if seconds is not None and total is not None and total + seconds > limits.total_seconds:
        message = f"the extended video would be {counted(total + seconds, 'second')} long"
        lacks.append(Lack("seconds", message, f"at most {limits.total_seconds} in all"))
    known = profile.model(model) if model is not None else None
    most = known.longest_at(size, extended=True) if known is not None and size is not None else None
    if (
        not lacks
        and most is not None
        and seconds is not None
        and total is not None
        and total + seconds > most
    ):
        message = f"the extended video would be {counted(total + seconds, 'second')} long at {size}"
        lacks.append(Lack("seconds", message, f"at most {counted(most, 'second')} in all at that size"))
    return lacks


def source_lacks(profile: Profile, kind: str, total: int | None) -> list[Lack]:
    """A source that is longer than the host takes."""
    most = profile.limits.edit_seconds
    able = profile.can("edit" if kind == "edit" else "extend")
    if most is None or total is None or total <= most or not able:
        return []
    return [Lack(kind, f"its source is {counted(total, 'second')} long", f"at most {most}")]


def character_name_lacks(profile: Profile, name: str) -> list[Lack]:
    """No characters at this host, or a name that is empty or too long."""
    if not profile.can("characters"):
        return [Lack("characters", f"{profile.name} has no characters")]
    most = profile.limits.character_name_chars
    if 1 <= len(name) <= most:
        return []
    return [Lack("name", f"the name has {counted(len(name), 'character')}", f"1 to {most}")]


def clip_lacks(profile: Profile, seconds: float, width: int, height: int) -> list[Lack]:
    """A reference clip too short, too long, or of a shape that makes its subject look stretched."""
    limits = profile.limits
    lacks = []
    span = limits.character_seconds
    if not span.min <= seconds <= span.max:
        lacks.append(
            Lack("video", f"the clip is {counted(seconds, 'second')} long", f"{seconds_text(span)} seconds")
        )
    shape = _aspect(width, height)
    if shape not in limits.character_aspects:
        expected = " or ".join(limits.character_aspects)
        lacks.append(Lack("video", f"the clip is {width}x{height} ({shape})", expected))
    return lacks


def _aspect(width: int, height: int) -> str:
    """The shape in lowest terms; pixel sizes a hair off 16:9, as codecs round them, count as 16:9."""
    for wide, high in ((16, 9), (9, 16)):
        if height and abs(width / height - wide / high) < 0.01:
            return f"{wide}:{high}"
    by = gcd(width, height) or 1
    return f"{width // by}:{height // by}"
