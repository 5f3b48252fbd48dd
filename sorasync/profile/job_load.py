"""Loads job profiles, and reports all faults at once."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import ValidationError

from sorasync.profile.error import ProfileError
from sorasync.profile.job import JobProfile
from sorasync.profile.job_rules import job_faults
from sorasync.profile.shape import shape_faults


def check_job(table: Mapping[str, object], where: str) -> JobProfile:
    """The profile. Raises `ProfileError` for the shape of its parts, then for what they owe each other."""
    try:
        profile = JobProfile.model_validate({**table, "family": "job"})
    except ValidationError as error:
        raise ProfileError.of(where, shape_faults(JobProfile, error)) from None
    faults = job_faults(profile)
    if faults:
        raise ProfileError.of(where, faults)
    return profile
