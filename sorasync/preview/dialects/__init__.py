"""Server families: what each understands and how it answers, over one core."""

from __future__ import annotations

from sorasync.errors import SorasyncError
from sorasync.preview.dialects.base import Dialect

__all__ = ["NAMES", "Dialect", "dialect_of"]

NAMES = ("openai", "vllm-omni", "sglang", "litellm", "new-api", "openrouter", "xai")


def dialect_of(name: str) -> Dialect:
    """A dialect by name. Raises `SorasyncError` for a name that is not in `NAMES`."""
    from sorasync.preview.dialects.litellm import LiteLLM
    from sorasync.preview.dialects.new_api import NewApi
    from sorasync.preview.dialects.openrouter import OpenRouter
    from sorasync.preview.dialects.sglang import SGLang
    from sorasync.preview.dialects.vllm_omni import VllmOmni
    from sorasync.preview.dialects.xai import Xai

    made: dict[str, type[Dialect]] = dict(
        zip(NAMES, (Dialect, VllmOmni, SGLang, LiteLLM, NewApi, OpenRouter, Xai), strict=True)
    )
    if name not in made:
        raise SorasyncError(f"there is no dialect '{name}'", hint="one of " + ", ".join(NAMES))
    return made[name]()
