"""What a host can do of the Images API: routes, models, prices of pictures."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal

from pydantic import Field, field_validator

from sorasync.profile.check_support import nearest_size, param_type_lacks
from sorasync.profile.parts import FieldName, ParamType
from sorasync.profile.unsupported import Lack
from sorasync.profile.video_model import ANY, SIZE, SNAPSHOT, Data, Money, SizePattern, pixels
from sorasync.text import close_match, counted


class ImageModel(Data):
    """One image model.

    `sizes` lists what it renders; where the list is empty, any size that `size_pattern` matches, whose sides
    are multiples of `size_multiple`, and that has `least_pixels` to `most_pixels`. `prices` maps a size to
    dollars a picture; `"1024x1024 low"` is the price at that `quality`, `*` that of every other size.
    `reference_price` is what each image that is sent costs on top, None where that is unknown.
    """

    sizes: tuple[str, ...] = ()
    size_pattern: SizePattern = SIZE.pattern
    size_multiple: int = Field(default=1, ge=1)
    least_pixels: int = Field(default=1, ge=1)
    most_pixels: int = Field(default=1 << 30, ge=1)
    default_size: str | None = None
    prices: Mapping[str, Money] = {}
    reference_price: Money | None = Decimal(0)
    references: int = Field(default=16, ge=0)

    def offers_size(self, size: str) -> bool:
        """Whether it renders that size."""
        sides = pixels(size)
        if self.sizes or sides is None or re.fullmatch(self.size_pattern, size) is None:
            return size in self.sizes
        whole = all(side % self.size_multiple == 0 for side in sides)
        return whole and self.least_pixels <= sides[0] * sides[1] <= self.most_pixels

    def price(self, size: str, quality: object = None) -> Decimal | None:
        """Dollars for a picture of that size; None = unknown."""
        at = f"{size} {quality}" if quality is not None else size
        return self.prices.get(at, self.prices.get(size, self.prices.get(ANY)))


class Images(Data):
    """`[images]`: the routes of the Images API, and what is sent to them.

    Without `create` the host makes no stills, without `edit` it takes no reference images. Images are sent
    as files, in `image_field` or, if there are several, in `image_list_field`. `fixed` holds fields that
    every request has unless `params` set them, `seed` names the field of the whole number that a picture is
    drawn by.
    """

    create: str | None = None
    edit: str | None = None
    image_field: FieldName = "image"
    image_list_field: FieldName = "image[]"
    default_model: str | None = None
    seed: FieldName | None = None
    fixed: Mapping[FieldName, str | bool | int | float] = {}
    models: Mapping[str, ImageModel] = {}
    params: Mapping[str, ParamType] = {}

    @field_validator("create", "edit")
    @classmethod
    def _is_a_path(cls, path: str | None) -> str | None:
        if path and not path.startswith("/"):
            raise ValueError("a path must begin with /")
        return path or None

    def model(self, name: str) -> ImageModel | None:
        """The model of that name, the one it is a dated snapshot of, or the wildcard; None = not offered."""
        for known in (name, SNAPSHOT.sub("", name), ANY):
            if known in self.models:
                return self.models[known]
        return None

    def cost(self, model: str, size: str, params: Mapping[str, object], images: int = 0) -> Decimal | None:
        """Dollars for a still made from so many images; None if any part is unknown."""
        known = self.model(model)
        price = known.price(size, params.get("quality")) if known else None
        if known is None or price is None or (images and known.reference_price is None):
            return None
        return price + (known.reference_price or 0) * images


def still_lacks(
    host: str,
    images: Images,
    *,
    model: str | None,
    size: str | None,
    params: Mapping[str, object],
    references: int,
) -> list[Lack]:
    """What a host cannot do for a still; empty if nothing."""
    if images.create is None:
        return [Lack("still", f"{host} does not make stills", "a profile with a table [images]")]
    if model is None:
        return []
    known = images.model(model)
    if known is None:
        names = sorted(name for name in images.models if name != ANY)
        message = f'{host} does not offer the image model "{model}"'
        return [Lack("model", message, ", ".join(names) or None, close_match(model, names))]
    lacks = _size_lacks(model, known, size)
    if references and images.edit is None:
        lacks.append(Lack("references", f"{host} takes no reference images"))
    elif references > known.references:
        expected = f"at most {known.references}"
        lacks.append(Lack("references", f"{counted(references, 'image')} for one still", expected))
    return lacks + image_param_lacks(host, images, params)


def edit_lacks(host: str, images: Images, params: Mapping[str, object]) -> list[Lack]:
    """What a host cannot do of an edit of a still."""
    if images.edit is None:
        return [Lack("edit", f"{host} does not edit stills")]
    return image_param_lacks(host, images, params)


def image_param_lacks(host: str, images: Images, params: Mapping[str, object]) -> list[Lack]:
    """Parameters that the host's image routes do not know, or values of the wrong type."""
    return param_type_lacks(host, images.params, params)


def _size_lacks(name: str, model: ImageModel, size: str | None) -> list[Lack]:
    if size is None or model.offers_size(size):
        return []
    expected = ", ".join(model.sizes)
    if not expected:
        step, least, most = model.size_multiple, model.least_pixels, model.most_pixels
        sides = f"sides in multiples of {step}, " if step > 1 else ""
        expected = f"{sides}{least:,} to {most:,} pixels"
    fix = nearest_size(size, [*model.sizes, *_rounded(size, model)])
    return [Lack("size", f"{name} does not render {size}", expected, fix)]


def _rounded(size: str, model: ImageModel) -> Iterable[str]:
    """The size with its sides at the nearest multiples, if the model renders that."""
    sides, step = pixels(size), model.size_multiple
    if sides is None or step == 1:
        return ()
    wide, high = (max(1, round(side / step)) * step for side in sides)
    return (f"{wide}x{high}",) if model.offers_size(f"{wide}x{high}") else ()
