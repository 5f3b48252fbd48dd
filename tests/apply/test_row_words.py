"""What a host says when it is asked for a row's job is told without its words."""

from __future__ import annotations

from sorasync.apply.report import End
from tests.apply.conftest import MakeWorld

ROW = '[clips.ad]\nprompt = "A letter to {{ name }}."\n[clips.ad.each]\ncsv = "people.csv"\nkey = "id"\n'


def test_a_host_that_fails_while_it_is_asked_for_rows_is_not_quoted(world: MakeWorld) -> None:
    it = world(ROW)
    (it.root / "manifests" / "people.csv").write_text("id,name\n1,Ada\n")
    it.faults({"route": "get", "do": "status", "status": 500, "message": "cannot say of 'a letter to ada'"})
    (ad,) = it.apply(wait=120.0).outcomes
    told = "answered 500: the host's words are not kept for a row"
    assert ad.end is End.PENDING and told in ad.message
    assert told in " ".join(it.witness.notices)
    assert not any("letter" in text for text in (ad.message, *it.witness.notices))
    assert all("letter" not in event.detail for event in it.witness.events)
