"""LiteLLM's job ids, which contain where to ask for the job.

An id is `video_` and the base64 of `litellm:custom_llm_provider:openai;model_id:sora-2;video_id:video_…`.
LiteLLM 1.106 leaves `model_id` empty in the answers to extensions and edits; such an id leads to another
host, so it is completed from the id of the job's source. Observed by running it.
"""

from __future__ import annotations

import base64
import binascii

_PREFIX, _SIGN = "video_", "litellm:"


def completed(job_id: str, source_id: str | None) -> str:
    """Add the source id's `model_id` if the gateway left it out; other ids are unchanged."""
    own, source = _fields(job_id), _fields(source_id or "")
    if not own or not source or own.get("model_id") or not source.get("model_id"):
        return job_id
    fields = source | {"video_id": own.get("video_id", "")}
    text = _SIGN + ";".join(f"{name}:{value}" for name, value in fields.items())
    return _PREFIX + base64.b64encode(text.encode()).decode("ascii")


def _fields(packed: str) -> dict[str, str]:
    """The fields of such an id in their order; none for any other id."""
    if not packed.startswith(_PREFIX):
        return {}
    body = packed.removeprefix(_PREFIX)
    try:
        text = base64.b64decode(body + "=" * (-len(body) % 4), validate=True).decode()
    except (binascii.Error, ValueError):
        return {}
    if not text.startswith(_SIGN):
        return {}
    pairs = (part.partition(":") for part in text.removeprefix(_SIGN).split(";"))
    return {name: value for name, colon, value in pairs if colon}
