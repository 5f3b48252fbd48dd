"""`sorasync history`, `log` and `cost`."""

from __future__ import annotations

import csv
import io
import subprocess

from tests.recovery.world import CHAIN, TWO_CLIPS, World


def test_runs_are_listed_newest_first_with_what_they_came_to(world: World) -> None:
    assert world.run("history").startswith("No run has changed anything here yet.")
    world.write(TWO_CLIPS)
    world.apply("--target", "clip.pier")
    world.apply()

    runs = world.json("history")["runs"]

    assert [run["run"] for run in runs] == [2, 1]
    assert {run["outcome"] for run in runs} == {"done"}
    assert runs[1]["plan_token"].startswith("sp1:")
    assert runs[1]["estimate_usd"] == "0.40"
    assert len(world.json("history", "--limit", "1")["runs"]) == 1


def test_a_run_tells_who_when_on_which_commit_and_what_it_did(world: World) -> None:
    world.write(TWO_CLIPS)
    git = ["git", "-C", str(world.root), "-c", "user.name=a", "-c", "user.email=a@example.org"]
    for command in (["init", "-q"], ["add", "manifests"], ["commit", "-qm", "clips"]):
        subprocess.run([*git, *command], check=True)
    head = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True)
    world.apply()

    run = world.json("history", "show", "1")

    assert run["run"]["git_commit"] == head.stdout.strip()
    assert {event["address"] for event in run["events"]} == {"clip.market#1", "clip.pier#1"}
    assert [attempt["estimate_usd"] for attempt in run["attempts"]] == ["0.40", "0.40"]
    text = world.run("history", "show", "1")
    assert "clip.pier: stored" in text
    world.run("history", "show", "7", code=1)
    world.run("history", "show", code=64)


def test_the_takes_of_one_clip_are_all_named_by_number(world: World) -> None:
    world.write(TWO_CLIPS.replace("[clips.pier]", "[clips.pier]\ntakes = 2"))
    world.apply("--target", "clip.pier#1", "--target", "clip.market")
    world.apply()

    assert "clip.pier#1: stored" in world.run("history", "show", "1")
    assert "clip.market: stored" in world.out and "clip.pier:" not in world.out
    assert "clip.pier#2: stored" in world.run("history", "show", "2")
    assert "clip.pier#1: stored" in world.run("log", "clip.pier#1")


def test_a_change_by_hand_is_part_of_the_history(world: World) -> None:
    world.write(TWO_CLIPS)
    world.apply()
    world.write(TWO_CLIPS.replace("at dawn", "at the dawn"))
    world.run("accept", "pier", "--reason", "a typo", "--yes")

    events = world.json("history", "show", "2")["events"]

    assert [event["what"] for event in events if event["what"] == "accepted"] == ["accepted"]
    assert events[-1]["data"]["reason"] == "a typo"


def test_the_log_of_a_clip_covers_its_takes_steps_and_what_it_cost(world: World) -> None:
    world.write(CHAIN)
    world.apply()
    world.write(CHAIN.replace("teal and rust", "grey"))
    world.apply()

    log = world.json("log", "clip.market")

    assert {event["address"] for event in log["events"]} == {
        "clip.market#1",
        "clip.market#2",
        "clip.market#2/1",
        "clip.market#2/2",
    }
    assert len(log["attempts"]) == 5
    assert "Shift the palette to grey." in log["prompts"].values()
    text = world.run("log", "clip.market#2/2")
    assert "now points to" in text
    assert "Paid requests:" in text
    world.run("log", "clip.markt", code=1)
    assert "clip.market" in world.err


def test_the_log_tells_a_prompt_once_and_paid_requests_in_the_order_they_were_sent(world: World) -> None:
    world.write(CHAIN)
    world.apply()

    text = world.run("log", "clip.market")

    prompts = [line for line in text.splitlines() if line.startswith("    ")]
    assert len(prompts) == len(set(prompts)) == 4
    sent = [line.split("  ")[1] for line in text.partition("Paid requests:")[2].splitlines() if line]
    assert sent == sorted(sent)
    assert len(sent) == 4
    assert all("($0." in line for line in text.splitlines() if ", stored, video_" in line), "not billed"


def test_what_is_declared_no_more_still_has_a_log(world: World) -> None:
    world.write(TWO_CLIPS)
    world.apply()
    world.write(TWO_CLIPS.partition("[clips.pier]")[0])
    world.apply()

    assert "which is retired" in world.run("log", "pier")


def test_costs_are_added_up_by_clip_day_model_and_run(world: World) -> None:
    assert world.run("cost").startswith("No paid requests")
    world.write(CHAIN)
    world.apply("--target", "clip.pier")
    world.apply()

    by_clip = world.json("cost")

    assert [(line["name"], line["renders"], line["spent_usd"]) for line in by_clip["lines"]] == [
        ("clip.market", 4, "2.00"),
        ("clip.pier", 1, "0.40"),
    ]
    assert by_clip["billing"] == "simulated"
    for by in ("day", "model", "run"):
        assert world.json("cost", "--by", by)["total"] == by_clip["total"]
    assert [line["name"] for line in world.json("cost", "--by", "run")["lines"]] == ["1", "2"]
    assert world.json("cost", "--since", "0s")["lines"] == []
    assert str(world.paid()[1]) == "2.40"


def test_a_spreadsheet_gets_the_same_sums(world: World) -> None:
    world.write(TWO_CLIPS)
    world.apply()

    rows = list(csv.DictReader(io.StringIO(world.run("cost", "--csv"))))

    assert [(row["clip"], row["estimate_usd"]) for row in rows] == [
        ("clip.market", "0.40"),
        ("clip.pier", "0.40"),
    ]


def test_failures_that_were_not_billed_cost_nothing(world: World) -> None:
    world.write(TWO_CLIPS)
    world.faults({"do": "moderated", "route": "create", "prompt": "pier"})
    world.apply(code=4)

    lines = world.json("cost")["lines"]

    assert [(line["name"], line["renders"], line["failed"]) for line in lines] == [
        ("clip.market", 1, 0),
        ("clip.pier", 0, 1),
    ]


def test_a_detached_apply_whose_renders_go_on_is_pending(world: World) -> None:
    world.write(TWO_CLIPS)
    world.apply("--detach", code=8)

    assert [run["outcome"] for run in world.json("history")["runs"]] == ["pending"]
