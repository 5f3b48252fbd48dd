"""Faults that change a job when it is accepted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import get_args

from sorasync.preview.faults.rule import FaultRule, OfVideo
from sorasync.preview.model import PreviewJob

_OF_VIDEO = frozenset(get_args(OfVideo))
_MODERATED = "Your request was blocked by our moderation system."


def afflict(job: PreviewJob, rules: Iterable[FaultRule]) -> tuple[PreviewJob, bool]:
    """The job with its fate written into it, and whether it is billed."""
    billed = True
    for rule in rules:
        match rule.do:
            case "stuck":
                job = replace(job, stuck=rule.polls)
            case "fail_moderated":
                job = _failed(job, rule, "moderation_blocked", _MODERATED)
                billed = bool(rule.billed)
            case "fail":
                job = _failed(job, rule, "generation_failed", "Video generation failed.")
                billed = bool(rule.billed)
            case "no_video":
                code = rule.code or "moderation_blocked"
                job = replace(job, videoless=True, error_code=code, error_message=rule.message or _MODERATED)
                billed = rule.billed is not False
            case kind if kind in _OF_VIDEO:
                job = replace(job, damage=(*job.damage, (kind, rule.at)))
    return job, billed


def _failed(job: PreviewJob, rule: FaultRule, code: str, message: str) -> PreviewJob:
    return replace(job, outcome="failed", error_code=rule.code or code, error_message=rule.message or message)
