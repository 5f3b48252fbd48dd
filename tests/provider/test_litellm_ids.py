"""Ids that a gateway packs its own routing into."""

from __future__ import annotations

import base64

import pytest

from sorasync.provider.litellm import complete_id


def packed(text: str) -> str:
    return "video_" + base64.b64encode(f"litellm:{text}".encode()).decode()


SOURCE = packed("custom_llm_provider:openai;model_id:sora-2;video_id:video_1")


def test_an_id_without_a_model_gets_that_of_its_source() -> None:
    own = packed("custom_llm_provider:openai;model_id:;video_id:video_2")
    assert complete_id(own, SOURCE) == packed("custom_llm_provider:openai;model_id:sora-2;video_id:video_2")


def test_the_deployment_of_the_source_is_taken_over_too() -> None:
    source = packed("custom_llm_provider:openai;model_id:sora-2;video_id:video_1;deployment_id:ab12")
    own = packed("custom_llm_provider:openai;model_id:;video_id:video_2")
    assert complete_id(own, source).startswith("video_")
    text = base64.b64decode(complete_id(own, source).removeprefix("video_")).decode()
    assert text.endswith("model_id:sora-2;video_id:video_2;deployment_id:ab12")


@pytest.mark.parametrize(
    "own",
    [
        "video_gen_ab12",
        "video_",
        "gen-vid-1",
        packed("custom_llm_provider:openai;model_id:wan;video_id:video_2"),
        "video_" + base64.b64encode(b"something else").decode(),
    ],
)
def test_any_other_id_stays_as_it_is(own: str) -> None:
    assert complete_id(own, SOURCE) == own
    assert complete_id(own, None) == own
