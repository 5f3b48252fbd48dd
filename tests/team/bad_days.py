"""Bad days of three runners: they are killed and cut off, their database crashes, their bucket fails."""

from __future__ import annotations

import hashlib
import random
import re
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from tests.apply.crash.child import Child
from tests.bucket.fault_proxy import FaultProxy, fault_proxy
from tests.moto_server import CREDENTIALS, MotoServer
from tests.postgres_server import PostgresServer
from tests.team.cutting_proxy import CuttingProxy, cutting_proxy
from tests.team.three_runners import LIFE, LONGEST, Crew, clips, crew

# What may happen, by what it happens to.
_FAULTS = {
    "runner": ("killed", "stopped"),
    "database": ("cut", "crashed", "delayed", "parted", "parted for long"),
    "bucket": ("away", "lost", "cut", "denied", "stale", "slow"),
}
# How many requests of a bucket go wrong while it has a fault.
_OFTEN = 0.4
_KEY = re.compile(rb"<Key>([^<]+)</Key>")


@dataclass
class _Day:
    """Everything that may break."""

    team: Crew
    way: CuttingProxy
    bucket: FaultProxy
    chance: random.Random

    def mend(self) -> None:
        """Let everything work again."""
        self.way.limits, self.way.delay = None, 0.0
        self.way.joined.set()
        self._mend_bucket()

    def _mend_bucket(self) -> None:
        self.bucket.dice = None
        self.bucket.before = lambda method, path: None

    def start_missing(self) -> None:
        """Start runners until there are three, as a service manager would."""
        team = self.team
        team.bury()
        while len(team.runners) < 3:
            team.runner(port=self.way.port if self.chance.random() < 0.5 else 0)

    def ended(self, child: Child) -> int | None:
        """How an apply ends while there are always runners."""
        until = time.monotonic() + 4 * LONGEST
        while (code := child.wait(0.2)) is None and time.monotonic() < until:
            self.start_missing()
        return code

    def fault(self) -> None:
        """Let one thing go wrong, at a moment when runners are at work."""
        victim = self.chance.choice(self.team.runners)
        self.way.joined.set()
        where = self.chance.choice(list(_FAULTS))
        what = self.chance.choice(_FAULTS[where])
        if any(runner.lines() > 1 for runner in self.team.runners):
            victim.reaches(victim.lines() + self.chance.randint(1, 8), within=2.0)
        self.team.faults[f"{where} {what}"] += 1
        if where == "bucket":
            self._of_bucket(what)
        elif where == "database":
            self._of_database(what)
        else:
            victim.child.kill(signal.SIGKILL if what == "killed" else signal.SIGTERM)

    def _of_bucket(self, what: str) -> None:
        """Until the next fault of the bucket, or the end of the round."""
        self._mend_bucket()
        if what == "slow":
            self.bucket.before = lambda method, path: time.sleep(0.2)
        else:
            self.bucket.dice, self.bucket.chance, self.bucket.kinds = self.chance, _OFTEN, (what,)

    def _of_database(self, what: str) -> None:
        if what == "cut":
            self.way.limits = (5, 60)
            self.way.cut()
        elif what == "delayed":
            self.way.delay = self.chance.choice([0.0, 0.01, 0.2])
        elif what == "parted":
            # Until the next fault, or the end of the round, nothing gets through.
            self.way.joined.clear()
        elif what == "parted for long":
            self._part_for_long()
        else:
            self.way.limits = None
            self.team.server.stop("immediate")
            self.team.server.start()

    def _part_for_long(self) -> None:
        """Longer than leases live, as a minute is in life; then all is said at once, or nothing ever."""
        self.way.joined.clear()
        until = time.monotonic() + LIFE + 1
        while time.monotonic() < until:
            self.start_missing()
            time.sleep(0.2)
        if self.chance.random() < 0.5:
            self.way.cut()
        self.way.joined.set()


def bad_days(
    directory: Path,
    server: PostgresServer,
    moto: MotoServer,
    schema: str,
    rounds: int,
    seed: int,
    faults: int = 2,
    built_in: bool = False,
) -> Crew:
    """Three runners at work on new clips, round after round, with so many faults in each.

    With `built_in` they draw in their own processes.
    """
    chance, bucket = random.Random(seed), schema.replace("_", "-")
    with cutting_proxy(server.port, seed) as way, fault_proxy(moto.port) as before_bucket:
        url = moto.url(bucket, "films", port=before_bucket.port)
        with crew(directory, server, schema, bucket=url, environment=CREDENTIALS, built_in=built_in) as team:
            day = _Day(team, way, before_bucket, chance)
            declared = ""
            for number in range(rounds):
                declared += clips(number, 6)
                team.library.clips(declared)
                _round(day, number, faults)
                if team.wrong:
                    break
            team.end()
            team.look((number + 1) * 7)
            team.wrong += _missing(moto, bucket, (number + 1) * 7)
            return team


def _round(day: _Day, number: int, faults: int) -> None:
    team = day.team
    day.start_missing()
    child = team.begin_apply()
    for _ in range(faults):
        day.fault()
        day.start_missing()
    day.mend()
    code = day.ended(child)
    team.faults[f"apply ended with {code}"] += 1
    # An apply that lost its database is begun again; what it had queued is carried out anyway.
    tries = 0
    while code != 0 and tries < 4:
        code, tries = day.ended(team.begin_apply()), tries + 1
    if code != 0:
        team.wrong.append(f"round {number}: the last apply ended with {code}")


def _missing(moto: MotoServer, bucket: str, videos: int) -> list[str]:
    """What is wrong with the objects in a bucket, which has to hold that many videos."""
    found: list[bytes] = []
    after = b""
    while True:
        query = f"/{bucket}?list-type=2&prefix=films/objects/&start-after={after.decode()}"
        keys = _KEY.findall(moto.request("GET", query))
        if not keys:
            break
        found, after = found + keys, keys[-1]
    names = [Path(key.decode()).name.partition(".")[0] for key in found]
    wrong = [] if len(names) == videos else [f"the bucket has {len(names)} videos, not {videos}"]
    for key, name in zip(found, names, strict=True):
        if hashlib.sha256(moto.request("GET", f"/{bucket}/{key.decode()}")).hexdigest() != name:
            wrong.append(f"{key.decode()} is damaged")
    return wrong
