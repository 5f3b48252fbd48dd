"""A small part of the set that `make bench ONLY=checks` measures: every fault is found, nothing else is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.checks.spoilt_set import WRONG, Sample, failed, findings, made, samples

_SMALL = (192, 108)
_GOOD = [replace(sample, size=_SMALL) for sample in samples(0, 3)]
_SPOILT = [replace(sample, size=_SMALL) for sample in samples(1, 0)]


def test_every_fault_is_in_the_set() -> None:
    assert [sample.fault for sample in _SPOILT] == list(WRONG)


@pytest.mark.parametrize("sample", [*_GOOD, *_SPOILT], ids=lambda sample: sample.fault or sample.name)
def test_a_video_fails_exactly_for_what_is_wrong_with_it(sample: Sample, tmp_path: Path) -> None:
    found = findings(sample, made(sample, tmp_path))
    assert failed(sample, found) == sample.wrong
