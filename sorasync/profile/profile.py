"""The model of a profile: all that is known about a host before connecting to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Literal

from pydantic import Field, PrivateAttr, model_validator

from sorasync.profile import check_support
from sorasync.profile.address import BaseUrl
from sorasync.profile.headers import Headers
from sorasync.profile.images import Images, edit_lacks, still_lacks
from sorasync.profile.job import JobProfile, Settle, seconds_of
from sorasync.profile.parts import (
    Abilities,
    Auth,
    Billing,
    DownloadHosts,
    Encodings,
    Errors,
    HostFields,
    Limits,
    ParamType,
    Rate,
    Routes,
)
from sorasync.profile.unsupported import Lack
from sorasync.profile.video_model import (
    ANY,
    SNAPSHOT,
    Data,
    Model,
    PriceWords,
    odd_price_words,
    offers_seconds,
)

Ability = Literal["characters", "extend", "edit", "list", "delete", "batch", "content", "stills"]


class Profile(Data):
    """One provider, as data. Fields are the tables of `data/NAME.toml`.

    `simulated`: it bills nothing, its prices only teach. `transport`: `http`, or `in-process` for the
    preview server inside this program. `base_url`: the API's root, `/v1` included. `sunset`: the day the
    host stops, None once `base_url` points elsewhere. `source` and `as_of` say where the data comes from.
    `headers` go with every request to the host. `models` maps names to models; `*` means every name
    that is not listed. `params` are the fields a clip's `params` may carry, with their types. `price_words`
    are words in the names of prices, each with the params that it stands for. `images` is what the host can
    do for stills.
    """

    name: str
    title: str
    source: str = ""
    as_of: date | None = None
    simulated: bool = False
    transport: Literal["http", "in-process"] = "http"
    base_url: BaseUrl = None
    sunset: date | None = None
    replacement: str | None = None
    default_model: str | None = None
    auth: Auth = Auth()
    routes: Routes = Routes()
    encodings: Encodings = Encodings()
    fields: HostFields = HostFields()
    limits: Limits = Limits()
    abilities: Abilities = Abilities()
    errors: Errors = Errors()
    billing: Billing = Billing()
    rate: Rate = Rate()
    download: DownloadHosts = DownloadHosts()
    headers: Headers = Field(default_factory=dict)
    models: Mapping[str, Model] = {}
    params: Mapping[str, ParamType] = {}
    batch_factor: Decimal | None = Field(default=None, ge=0)
    price_words: PriceWords = Field(default_factory=dict)
    images: Images = Images()
    _job: JobProfile | None = PrivateAttr(None)

    @model_validator(mode="after")
    def _holds_together(self) -> Profile:
        if self.default_model is not None and self.model(self.default_model) is None:
            raise ValueError(f'default_model "{self.default_model}" is not among the models')
        for name, price, odd in odd_price_words(self.models, self.price_words):
            raise ValueError(f'models.{name}.prices, "{price}": {odd} is not among price_words')
        return self

    def price_words_of(self, params: Mapping[str, object]) -> frozenset[str]:
        """The words in prices that hold for a clip with those params."""
        if not self.price_words or not params:
            return frozenset()
        return frozenset(
            word
            for word, needed in self.price_words.items()
            if all(params.get(name) == value for name, value in needed.items())
        )

    @property
    def provider_name(self) -> str:
        """`profile@base_url`, what records are filed under. There is never a secret in it."""
        return f"{self.name}@{self.base_url or self.transport}"

    @property
    def job(self) -> JobProfile | None:
        """The operations of a host of the job family, None for one of the Videos API."""
        return self._job

    @property
    def stills_are_jobs(self) -> bool:
        """Whether a still is a job that can be asked for later, and not the answer to its request."""
        return self._job is not None

    @property
    def settle(self) -> Settle:
        """How a lost answer is settled safely."""
        if self._job is not None:
            return self._job.settle
        return "list" if self.can("list") else "ask"

    @property
    def finds_labels(self) -> bool:
        """Whether a job can be found by the label that it was given."""
        return self._job is not None and self._job.list is not None and self._job.list.label is not None

    @property
    def key_lives(self) -> int:
        """Seconds for which the host takes a request with a known key for the same one; 0 where none."""
        keyed = self._job is not None and self.settle in ("replay", "reject")
        return seconds_of(self._job.create.idempotency_lives) if keyed and self._job is not None else 0

    @property
    def seed_param(self) -> str | None:
        """The parameter for a manifest's own seed; None if the host has none."""
        return self.fields.seed or ("seed" if "seed" in self.params else None)

    @property
    def model_names(self) -> tuple[str, ...]:
        """The models the profile lists, sorted; the wildcard is not among them."""
        return tuple(sorted(name for name in self.models if name != ANY))

    def model(self, name: str) -> Model | None:
        """The model of that name, the one it is a dated snapshot of, or the wildcard; None = not offered."""
        for known in (name, SNAPSHOT.sub("", name), ANY):
            if known in self.models:
                return self.models[known]
        return None

    def can(self, ability: Ability) -> bool:
        """Whether the host has the routes for it."""
        routes = self.routes
        return {
            "characters": routes.character_create is not None and self.limits.characters > 0,
            "extend": routes.extend is not None,
            "edit": bool(routes.edit) or routes.remix is not None,
            "list": routes.list is not None and self.abilities.list != "none",
            "delete": routes.delete is not None,
            "batch": routes.batch_create is not None,
            "content": routes.content is not None,
            "stills": self.images.create is not None,
        }[ability]

    def days_left(self, today: date, model: str | None = None) -> int | None:
        """Days until the host, or that model at it, is switched off; negative after; None = no date known."""
        own = self.model(model) if model is not None else None
        dates = [day for day in (self.sunset, own.sunset if own else None) if day is not None]
        return (min(dates) - today).days if dates else None

    def create_cost(
        self,
        model: str | None,
        size: str | None,
        seconds: int | None,
        batch: bool = False,
        image: bool = False,
        params: Mapping[str, object] | None = None,
    ) -> Decimal | None:
        """Dollars for a render; None if any part is unknown."""
        if model is None or size is None or seconds is None:
            return None
        known = self.model(model)
        cost = known.cost(size, seconds, self.price_words_of(params or {})) if known else None
        if known is None or cost is None:
            return None
        whole = cost + (known.image_price if image else 0)
        if not batch:
            return whole
        factor = known.batch_factor if known.batch_factor is not None else self.batch_factor
        return None if factor is None else whole * factor

    def extend_cost(
        self, model: str | None, size: str | None, seconds: int | None, source_seconds: int | None = None
    ) -> Decimal | None:
        """Dollars for an extension by `seconds`; `source_seconds` matters only where the whole is billed."""
        if self.billing.extend == "added":
            return self.create_cost(model, size, seconds)
        if seconds is None or source_seconds is None:
            return None
        return self.create_cost(model, size, source_seconds + seconds)

    def edit_cost(self, model: str | None, size: str | None, total_seconds: int | None) -> Decimal | None:
        """Dollars for an edit of a video that is `total_seconds` long; None = unknown."""
        if self.billing.edit == "none":
            return Decimal(0)
        return self.create_cost(model, size, total_seconds)

    def still_cost(
        self, model: str, size: str, params: Mapping[str, object], images: int = 0
    ) -> Decimal | None:
        """Dollars for a still that is made from so many images; None if any part is unknown."""
        return self.images.cost(model, size, params, images)

    def check_still(
        self, *, model: str | None, size: str | None, params: Mapping[str, object], references: int
    ) -> list[Lack]:
        """What the host cannot do for a still; empty if nothing."""
        return still_lacks(
            self.name, self.images, model=model, size=size, params=params, references=references
        )

    def check_still_edit(self, params: Mapping[str, object]) -> list[Lack]:
        """What the host cannot do of an edit of a still; empty = all of it."""
        return edit_lacks(self.name, self.images, params)

    def check_create(
        self,
        *,
        model: str | None,
        size: str | None,
        seconds: int | None,
        prompt: str = "",
        characters: int = 0,
        image: bool = False,
        last_image: bool = False,
        params: Mapping[str, object] | None = None,
    ) -> list[Lack]:
        """What the host cannot do for a render; empty if nothing. Fields that are None are not checked."""
        lacks = check_support.model_lacks(self, model, size, seconds)
        lacks += check_support.prompt_lacks(self, prompt)
        lacks += check_support.character_lacks(self, characters, image)
        lacks += check_support.image_lacks(self, model, image)
        lacks += check_support.last_image_lacks(self, last_image)
        return lacks + check_support.param_lacks(self, params or {})

    def check_step(
        self,
        kind: str,
        *,
        seconds: int | None = None,
        prompt: str = "",
        extensions: int = 0,
        total_seconds: int | None = None,
        model: str | None = None,
        size: str | None = None,
        source_is_file: bool = False,
        params: Mapping[str, object] | None = None,
    ) -> list[Lack]:
        """What the host cannot do of a step; empty = all of it.

        `kind` is `extend` or `edit`; `seconds` what an extension adds; `extensions` how many came before it;
        `total_seconds`, `model` and `size` are its source's.
        """
        lacks = check_support.step_lacks(self, kind, source_is_file)
        if kind == "extend" and self.can("extend"):
            lacks += check_support.extension_lacks(self, seconds, extensions, total_seconds, model, size)
        lacks += check_support.source_lacks(self, kind, total_seconds)
        lacks += check_support.prompt_lacks(self, prompt)
        return lacks + check_support.param_lacks(self, params or {})

    def check_character(self, name: str) -> list[Lack]:
        """What the host cannot do of a character; empty = all of it."""
        return check_support.character_name_lacks(self, name)

    def clip_advice(self, seconds: float, width: int, height: int) -> Sequence[Lack]:
        """Why a character's reference clip may not work well; a hint, not a fault."""
        return check_support.clip_lacks(self, seconds, width, height)

    def extension_default(self, clip_seconds: int) -> int | None:
        """What an extension adds where the manifest does not say: the clip's own length if it is offered."""
        offered = self.limits.extension_seconds
        if offers_seconds(offered, clip_seconds):
            return clip_seconds
        return offered[0] if isinstance(offered, tuple) and offered else None
