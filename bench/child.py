"""What is measured, each in a process of its own: `python -m bench.child apply|follow|script|run …`."""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import sorasync.apply.render.follow as follow


class Looks:
    """Counts how often renders in flight are looked at by the list, and how many there are at each look."""

    def __init__(self) -> None:
        self.ticks = self.renders = 0
        look = follow.Follower._look_at_list

        async def counted(follower: follow.Follower) -> None:
            self.ticks += 1
            self.renders += len(follower._watches)
            await look(follower)

        follow.Follower._look_at_list = counted  # type: ignore[method-assign,assignment]


def apply(root: Path, parallelism: int, *, counting: bool = False) -> dict[str, float]:
    """Apply a library; wall time, CPU time and peak memory of that alone, and the looks.

    `counting` also gives statements and syncs, and takes time for it.
    """
    from bench.counted import Counts, count
    from bench.silent import Silent
    from sorasync.cli.main import collect_rarely
    from sorasync.operations.apply import ApplyOptions
    from sorasync.operations.apply import apply as carry_out
    from sorasync.operations.plan import PlanOptions
    from sorasync.operations.project import Project

    collect_rarely()
    looks = Looks()
    counts = count(root) if counting else Counts()
    before, began = _cpu(), time.perf_counter()
    options = ApplyOptions(PlanOptions(), parallelism=parallelism)
    report = carry_out(Project.open(root), options, Silent(), lambda plan: True)
    assert report is not None
    assert report.complete, report.outcomes[:3]
    return _used(before, began) | {
        "ticks": looks.ticks,
        "gets_per_tick": looks.renders,
        "statements": counts.statements,
        "syncs": counts.syncs,
    }


def following(root: Path, clips: int) -> dict[str, float]:
    """Follow that many jobs of the host of a library until each has ended; CPU time of that alone."""
    from sorasync.apply.render.follow import Follower
    from sorasync.cli.main import collect_rarely
    from sorasync.operations.project import Project
    from sorasync.provider.wire import CreateRequest, JobStatus

    collect_rarely()
    project = Project.open(root)
    defaults = project.config.defaults

    async def all_of_them() -> dict[str, float]:
        host = project.host_at("")
        async with host.client() as client:
            asked = CreateRequest(
                prompt="A red kite drifts over the harbour.",
                model=defaults.model or "",
                size=defaults.size or "",
                seconds=defaults.seconds or 4,
            )
            jobs = [await client.create(replace(asked, idempotency_key=str(n))) for n in range(clips)]
            before, began = _cpu(), time.perf_counter()
            follower = Follower(client, host.clock, False, 3600)
            running = asyncio.create_task(follower.run())
            ended = await asyncio.gather(*(follower.wait(job, lambda job: None) for job in jobs))
            running.cancel()
            assert all(job.status is JobStatus.COMPLETED for job in ended)
            return _used(before, began)

    return asyncio.run(all_of_them())


def runner(database: str, queue: str, bucket: str, allow: str, work: Path) -> dict[str, float]:
    """Take jobs until a queue is empty; also what was said to the states of libraries."""
    from sorasync.apply.events import ChangeEvent
    from sorasync.cli.main import collect_rarely
    from sorasync.operations.runner import Runner, RunnerOptions
    from sorasync.operations.runner_trust import RunnerTrust
    from sorasync.state.postgres_database import PostgresDatabase

    class Quiet:
        def event(self, owner: str, event: ChangeEvent) -> None:
            """Nobody looks."""

        def notice(self, text: str) -> None:
            """Nobody looks."""

    trips, close = [0], PostgresDatabase.close

    def counted(state: PostgresDatabase) -> None:
        trips[0] += state.round_trips
        close(state)

    PostgresDatabase.close = counted  # type: ignore[method-assign]
    collect_rarely()
    before, began = _cpu(), time.perf_counter()
    options = RunnerOptions(
        database, queue, work, RunnerTrust.parse((allow,), (bucket,)), jobs=2, until_empty=True
    )
    made = Runner(options, Quiet())
    made.run()
    return _used(before, began) | {"renders": made.totals.renders, "round_trips": trips[0]}


def script(url: str, clips: int, at_once: int, out: Path) -> dict[str, float]:
    """The same renders with the official client's own polling under a semaphore."""
    import warnings

    warnings.simplefilter("ignore")
    import openai

    async def all_of_them() -> None:
        client = openai.AsyncOpenAI(api_key="k", base_url=url)
        places = asyncio.Semaphore(at_once)

        async def one(number: int) -> None:
            async with places:
                prompt = f"Shot {number}: a red kite drifts over the harbour."
                job = await client.videos.create_and_poll(
                    model="sora-2", prompt=prompt, seconds="4", size="1280x720"
                )
            content = await client.videos.download_content(job.id)
            await asyncio.to_thread((out / f"{number}.mp4").write_bytes, content.content)

        await asyncio.gather(*map(one, range(clips)))
        await client.close()

    before, began = _cpu(), time.perf_counter()
    asyncio.run(all_of_them())
    return _used(before, began)


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _used(cpu: float, began: float) -> dict[str, float]:
    return {"wall": time.perf_counter() - began, "cpu": _cpu() - cpu, "mib": _peak_mib()}


def _peak_mib() -> float:
    """The most memory that this process has had, in MiB.

    Linux hands `ru_maxrss` of a large parent on to its children, so it is not asked for there.
    """
    with suppress(OSError), Path("/proc/self/status").open(encoding="ascii") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM:"))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("kind", choices=["apply", "follow", "script", "run"])
    parser.add_argument("--root", type=Path)
    parser.add_argument("--url", default="")
    parser.add_argument("--clips", type=int, default=0)
    parser.add_argument("--count", action="store_true")
    parser.add_argument("--at-once", type=int, default=8)
    parser.add_argument("--queue", default="")
    parser.add_argument("--bucket", default="")
    parser.add_argument("--allow", default="")
    given = parser.parse_args()
    if given.kind == "apply":
        found = apply(given.root, given.at_once, counting=given.count)
    elif given.kind == "run":
        found = runner(given.url, given.queue, given.bucket, given.allow, given.root)
    elif given.kind == "follow":
        found = following(given.root, given.clips)
    else:
        found = script(given.url, given.clips, given.at_once, given.root)
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
