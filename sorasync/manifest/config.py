"""The pydantic models of `sorasync.toml`. `config_load` reads it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from sorasync.manifest.check_schema import ChecksModel
from sorasync.manifest.field_types import EXPECTED, Line, Variable
from sorasync.manifest.schema import DefaultsModel
from sorasync.manifest.table_model import Table

if TYPE_CHECKING:
    from pathlib import Path

DEFAULT_STATE: Final = "sqlite:state/sorasync.db"
DEFAULT_ASSETS: Final = "assets"
ENV_NAME: Final = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$"

_VARIABLE = r"^[A-Za-z_][A-Za-z0-9_]*$"
_BASE_URL = r"^https?://[^\s@/?#]+(/[^\s@?#]*)?$"
_STATE_URL = r"^(sqlite:.*\S|postgres(ql)?://\S+)$"
_ASSETS_URL = r"^((s3|gs|az)://[^\s/]\S*|file:///\S+)$"
_QUEUE = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"
_CODE = r"^S[0-9]{3}$"
_NAMES = r"^[^{}\s/\\<>:|?*]*(\{[A-Za-z][A-Za-z0-9_-]*\}[^{}\s/\\<>:|?*]*)+$"
_PRICED = (
    r"^(\*|360p|480p|540p|720p|768p|1080p|2k|4k|[1-9][0-9]{0,4}x[1-9][0-9]{0,4})"
    r"( [1-9][0-9]{0,3}s)?( [a-z][a-z_-]{0,30}){0,4}$"
)

EXPECTED.update(
    {
        _VARIABLE: "the name of an environment variable, such as OPENAI_API_KEY",
        _BASE_URL: "an http or https URL without user name, query or fragment",
        _STATE_URL: f'a URL such as "{DEFAULT_STATE}" or "postgresql://db.example/film"',
        _ASSETS_URL: 'a URL such as "s3://films/harbour?region=eu-north-1" or "file:///mnt/films"',
        _NAMES: 'a file name with placeholders, such as "{clip}-{city}"',
        _QUEUE: 'a name of letters, digits, "_", "." and "-", such as "night"',
        _CODE: 'a code such as "S207"',
        _PRICED: 'width x height in pixels, such as "1280x720", a tier such as "720p", or "*"',
    }
)

Dollars = Annotated[
    Decimal,
    Field(ge=0, lt=10**12, strict=False),
    WithJsonSchema(
        {"anyOf": [{"type": "number", "minimum": 0}, {"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?$"}]}
    ),
]
Percent = Annotated[int, Field(ge=0, le=100)]
Whole = Annotated[int, Field(ge=0, lt=10**12)]
Positive = Annotated[int, Field(ge=1)]
Amount = Annotated[float, Field(gt=0, le=1000, allow_inf_nan=False, strict=False)]
PricedSize = Annotated[str, StringConstraints(pattern=_PRICED)]
NamePattern = Annotated[str, StringConstraints(pattern=_NAMES, max_length=100)]
Code = Annotated[str, StringConstraints(pattern=_CODE)]


def _command(value: object) -> object:
    if isinstance(value, str) or (isinstance(value, list) and all(isinstance(part, str) for part in value)):
        return value
    raise PydanticCustomError("command", "a string or an array of strings")


Command = Annotated[str | list[str], BeforeValidator(_command)]


# A key of the providers: what a manifest calls a host.
HostName = Annotated[str, StringConstraints(pattern=ENV_NAME)]


def default_state(env: str | None) -> str:
    """The URL of the state of an environment where none is written."""
    return f"{DEFAULT_STATE.removesuffix('.db')}-{env}.db" if env else DEFAULT_STATE


class LibraryConfig(Table):
    """`[library]`: its name and where its manifests are."""

    name: Line = Field(
        "library", description="Shown in plans. Default: the directory's name.", examples=["promo"]
    )
    manifests: Line = Field("manifests", description="Directory of the manifests.", examples=["manifests"])


class CapsConfig(Table):
    """`[providers.NAME.budget]`: spending caps for one host; `[provider.budget]` too."""

    per_apply: Dollars | None = Field(None, description="Dollars in one apply.", examples=[25.0])
    per_day: Dollars | None = Field(None, description="Dollars in a day of UTC.", examples=[50.0])
    per_month: Dollars | None = Field(None, description="Dollars in a month of UTC.", examples=[500.0])
    per_apply_seconds: Whole | None = Field(None, description="Seconds in one apply.", examples=[600])
    per_day_seconds: Whole | None = Field(None, description="Seconds in a day of UTC.", examples=[1200])
    per_month_seconds: Whole | None = Field(None, description="Seconds in a month of UTC.", examples=[9000])


class ProviderConfig(Table):
    """`[provider]`: the host that renders. Every other key overrides the profile."""

    profile: Line = Field("preview", description="A profile's name or path.", examples=["openai"])
    base_url: Annotated[str, StringConstraints(pattern=_BASE_URL)] | None = Field(
        None, description="The URL of the API.", examples=["https://videos.example/v1"]
    )
    api_key_env: Annotated[str, StringConstraints(pattern=_VARIABLE)] | None = Field(
        None, description="Environment variable that holds the key.", examples=["VIDEOS_API_KEY"]
    )
    api_key_command: Command | None = Field(
        None, description="A command that prints the key.", examples=[["pass", "videos"]]
    )
    budget: CapsConfig = Field(default_factory=CapsConfig, description="Spending caps for this host alone.")
    overrides: dict[str, Any] = Field({}, description="Changes to the profile.")


class HostConfig(ProviderConfig):
    """`[providers.NAME]`: another host, chosen by `provider = "NAME"`; other keys override its profile."""

    profile: Line = Field(description="A profile's name or path.", examples=["fal"])
    prices: dict[str, dict[PricedSize, Dollars]] = Field(
        {}, description="Its prices, as in `[prices]`.", examples=[{"my-model": {"1280x720": 0.04}}]
    )


class ModelConfig(Table):
    """`[models.NAME]`: your own name for a model."""

    use: Line = Field(description="The host's name for the model.", examples=["veo-3.1"])
    provider: Line | None = Field(
        None, description="The host that renders it, if the clip names none.", examples=["veo"]
    )


class RouteConfig(Table):
    """`[route.NAME]`: hosts to try in turn, chosen like a host."""

    prefer: Annotated[list[Line], Field(min_length=2)] = Field(
        description="Hosts by name: the next one is tried if one refuses a render or cannot be reached.",
        examples=[["veo", "fal"]],
    )


class StateConfig(Table):
    """`[state]`: where the state is."""

    url: Annotated[str, StringConstraints(pattern=_STATE_URL)] = Field(
        DEFAULT_STATE,
        description="The URL of the state: a SQLite file, or a PostgreSQL database for a team.",
        examples=[DEFAULT_STATE, "postgresql://db.example/film"],
    )
    lock_file: bool | None = Field(
        None,
        description="Keep a lock file for git. Default: true if renders cost money.",
        examples=[True],
    )


class AssetsConfig(Table):
    """`[assets]`: where videos are stored."""

    path: Line = Field(DEFAULT_ASSETS, description="Directory of the assets.", examples=[DEFAULT_ASSETS])
    url: Annotated[str, StringConstraints(pattern=_ASSETS_URL)] | None = Field(
        None,
        description="The bucket in which a team keeps its videos; the directory is then a cache of it.",
        examples=["s3://films/harbour?region=eu-north-1"],
    )
    cache_gb: Annotated[float, Field(ge=0, strict=False, allow_inf_nan=False)] | None = Field(
        None,
        description="With a bucket: the most gigabytes of videos to keep on this disk. Default: no limit.",
        examples=[50],
    )
    pin: list[Line] = Field(
        [],
        description="With a bucket: addresses whose videos stay on this disk; they may contain * and ?.",
        examples=[["clip.act1-*"]],
    )
    grace_days: Annotated[float, Field(ge=0, le=3650, strict=False, allow_inf_nan=False)] = Field(
        7,
        description="With a bucket: how many days an object without references is kept.",
        examples=[7],
    )
    names: NamePattern | None = Field(
        None,
        description="File names of a matrix's variants, from `{clip}`, `{variant}` and its variables.",
        examples=["{clip}-{city}"],
    )
    pictures: list[Literal["thumbnail", "spritesheet"]] = Field(
        [],
        description="Pictures to download with each video, at one more request each.",
        examples=[["thumbnail"]],
    )
    mismatch: Literal["warn", "fail"] = Field(
        "warn",
        description=(
            "What to do with a video whose length or size is not what was paid for, or whose frames "
            "cannot be decoded: `warn`, or `fail` and make nothing from it."
        ),
        examples=["fail"],
    )
    tolerance_pct: Annotated[int, Field(ge=0, le=100)] = Field(
        10, description="How far length and size may differ, in percent.", examples=[10]
    )


class ApplyConfig(Table):
    """`[apply]`: how a plan is carried out."""

    parallelism: Annotated[int, Field(ge=1, le=1_000)] = Field(
        8, description="Renders in flight at a time, at each host.", examples=[8]
    )
    mode: Literal["direct", "batch"] = Field(
        "direct", description="One request per render, or the batch queue.", examples=["batch"]
    )
    wait_minutes: Annotated[float, Field(gt=0, le=10_080, strict=False, allow_inf_nan=False)] = Field(
        60, description="How long to wait for one render in all, its download included.", examples=[60]
    )
    attempts: Annotated[int, Field(ge=1, le=100)] = Field(
        3, description="How often to try a render that fails for technical reasons.", examples=[3]
    )
    queue: Annotated[str, StringConstraints(pattern=_QUEUE)] | None = Field(
        None,
        description="The queue whose runners render. Default: this machine renders.",
        examples=["night"],
    )


class BudgetConfig(CapsConfig):
    """`[budget]`: where apply stops, in dollars and seconds of video. A key that is not set is no limit."""

    confirm_above: Dollars | None = Field(
        None, description="Above this many dollars you type the amount to confirm.", examples=[5.0]
    )
    allow_unknown: bool = Field(False, description="Allow renders of unknown price.", examples=[True])


class RetakeConfig(Table):
    """`[retake]`: limits of `--replace failing`, which renders what fails a check again."""

    max_per_clip: Annotated[int, Field(ge=0, le=1_000)] = Field(
        2, description="How often a clip may be retaken.", examples=[1]
    )
    budget: Dollars | None = Field(
        None, description="Dollars for the retakes of one plan, besides `[budget]`.", examples=[5.0]
    )


class SafetyConfig(Table):
    """`[safety]`: larger plans are refused."""

    max_replace_pct: Percent | None = Field(
        None, description="Share of renders replaced, in percent.", examples=[30]
    )
    max_retire_pct: Percent | None = Field(
        None, description="Share of renders retired, in percent.", examples=[30]
    )
    max_creates: Whole | None = Field(None, description="New renders in one plan.", examples=[200])
    min_existing: Whole = Field(10, description="Shares apply from this many renders on.", examples=[10])


class PreviewConfig(Table):
    """`[preview]`: how the preview provider and cuts draw animatics."""

    clean: bool = Field(
        False, description="Draw them without text, the picture over the whole frame.", examples=[True]
    )


class LintLimitsConfig(Table):
    """`[lint.limits]`: thresholds of lint rules."""

    camera_moves: Whole = Field(2, description="Most camera moves in one shot (S204).", examples=[3])
    at_once: Positive = Field(2, description="Most simultaneous actions in one shot (S205).", examples=[3])
    long_prompt_words: Whole = Field(
        60,
        description="From this many words on, a prompt should name camera, light, palette (S206).",
        examples=[100],
    )
    seconds_a_beat: Amount = Field(1, description="Least seconds per beat (S208).", examples=[0.8])
    seconds_a_shot: Amount = Field(1.5, description="Least seconds per shot (S208).", examples=[1.0])
    words_a_second: Amount = Field(3.5, description="Most spoken words per second (S208).", examples=[3.0])
    long_clip_seconds: Whole = Field(
        8, description="Clips longer than this should not have many beats (S209).", examples=[12]
    )
    many_beats: Positive = Field(
        5, description="Beats that count as many in a long clip (S209).", examples=[7]
    )
    palette_least: Whole = Field(3, description="Fewest colours in a palette (S210).", examples=[2])
    palette_most: Positive = Field(5, description="Most colours in a palette (S210).", examples=[6])
    repeated_percent: Percent = Field(
        60,
        description="How much of an extension may repeat its source's prompt, in percent (S212).",
        examples=[80],
    )


class LintConfig(Table):
    """`[lint]`: which rules apply."""

    ignore: list[Code] = Field([], description="Codes to leave out.", examples=[["S207"]])
    levels: dict[Code, Literal["error", "warning", "hint"]] = Field(
        {}, description="Severity by code.", examples=[{"S203": "error"}]
    )
    allow_words: list[Line] = Field(
        [], description="Words that are not called vague (S207).", examples=[["cinematic"]]
    )
    limits: LintLimitsConfig = Field(default_factory=LintLimitsConfig, description="Limits of the rules.")


class Config(Table):
    """`sorasync.toml`, with the chosen environment merged over it.

    `env` is that environment's name, None for the base.
    """

    library: LibraryConfig = Field(default_factory=LibraryConfig, description="The library itself.")
    provider: ProviderConfig = Field(default_factory=ProviderConfig, description="The host that renders.")
    providers: dict[HostName, HostConfig] = Field(
        {}, description="Other hosts by name.", examples=[{"fal": {"profile": "fal"}}]
    )
    route: dict[HostName, RouteConfig] = Field(
        {}, description="Hosts to try in turn.", examples=[{"safe": {"prefer": ["veo", "fal"]}}]
    )
    models: dict[Line, ModelConfig] = Field(
        {}, description="Names of your own for models.", examples=[{"hero": {"use": "veo-3.1"}}]
    )
    state: StateConfig = Field(default_factory=StateConfig, description="Where records are kept.")
    assets: AssetsConfig = Field(default_factory=AssetsConfig, description="Where videos are kept.")
    apply: ApplyConfig = Field(default_factory=ApplyConfig, description="How plans are carried out.")
    budget: BudgetConfig = Field(default_factory=BudgetConfig, description="Where apply stops.")
    retake: RetakeConfig = Field(default_factory=RetakeConfig, description="Limits of retakes.")
    safety: SafetyConfig = Field(default_factory=SafetyConfig, description="Which plans are refused.")
    preview: PreviewConfig = Field(default_factory=PreviewConfig, description="How animatics are drawn.")
    checks: ChecksModel | None = Field(
        None, description="What finished videos are checked for.", examples=[{"black": {"seconds": 0.2}}]
    )
    defaults: DefaultsModel = Field(default_factory=DefaultsModel, description="Defaults of every manifest.")
    vars: dict[str, Variable] = Field(
        {}, description="Variables of every manifest.", examples=[{"city": "Oslo"}]
    )
    prices: dict[str, dict[PricedSize, Dollars]] = Field(
        {},
        description="Dollars a second, by model and size or tier (`720p`); `*` is every other size. With a "
        "length (`720p 5s`): dollars for a render of that length; with words of the profile's `price_words` "
        "(`720p silent`): where they hold. Of image models: dollars a picture.",
        examples=[{"my-model": {"1280x720": 0.04}}],
    )
    lint: LintConfig = Field(default_factory=LintConfig, description="Which rules apply.")
    env: str | None = Field(None, exclude=True, description="The chosen environment.")

    @property
    def lock_file(self) -> str:
        """Name of the lock file, in the library's directory."""
        return f"sorasync-{self.env}.lock" if self.env else "sorasync.lock"


def load_config(root: Path, env: str | None = None) -> Config:
    """Read `sorasync.toml` of a library, with `[env.NAME]` merged over its tables.

    Raises `ManifestError` with every fault of the file, an unknown `env` among them.
    """
    from sorasync.manifest.config_load import read_config

    return read_config(root, env)
