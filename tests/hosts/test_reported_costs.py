"""What a host reports as charged takes the place of the estimate."""

from __future__ import annotations

from pathlib import Path

import pytest

from sorasync.profile import load_profile, profile_names
from tests.hosts.one_host import OneHost, with_key

REPORTING = ["ark", "comfy-router", "runway"]


@pytest.mark.parametrize("dialect", REPORTING)
def test_a_reported_charge_is_that_of_the_hosts_ledger(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dialect: str
) -> None:
    it = with_key(OneHost(tmp_path, dialect, '[clips.a]\nprompt = "A boat at dusk."\n'), monkeypatch)
    assert it.apply().complete
    reported = it.record("clip.a#1").reported_usd
    assert reported is not None
    if dialect != "ark":
        # Ark reports tokens, at Ark's own price for each.
        assert float(reported) == pytest.approx(float(it.server.ledger.total()), rel=0.01)


def test_every_host_that_reports_is_tried_here() -> None:
    jobs = {name: load_profile(name).job for name in profile_names()}
    assert {name for name, job in jobs.items() if job is not None and job.cost.unit} == set(REPORTING)
