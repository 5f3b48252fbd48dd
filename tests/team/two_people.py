"""Two people, each with a clone of one library, apply at the same time; their state is in PostgreSQL."""

from __future__ import annotations

import os
import random
import signal
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from tests.apply.crash import judge
from tests.apply.crash.doom import AtNumbers
from tests.apply.crash.library import Library
from tests.apply.crash.server import ledger, serving
from tests.apply.crash.victim import LOG, begin
from tests.postgres_server import PostgresServer
from tests.team.cutting_proxy import cutting_proxy
from tests.team.legal_history import illegal, read_history

# How an apply may end beside another one: done, stale because the other was quicker, or pending at the other.
ENDS = {0, 7, 8}
# How one may end that lost its database: done after all, failed, in part, or pending.
BROKEN_ENDS = {0, 1, 4, 6, 8}
# Seconds after which a run hangs.
LONGEST = 120.0
# An apply is killed at one of so many of its steps.
_STEPS = 60


@dataclass
class TwoPeople:
    """Their clones, and how their applies have ended."""

    ann: Library
    ben: Library
    url: str
    state: str
    ends: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def declare(self, text: str) -> None:
        """Both have the same manifests."""
        for library in (self.ann, self.ben):
            library.clips(text)

    def together(
        self, anns: tuple[str, ...] = (), bens: tuple[str, ...] = (), *, killed_at: int | None = None
    ) -> tuple[int | None, int | None]:
        """How the two end that begin at once."""
        doom = None if killed_at is None else AtNumbers([(killed_at, signal.SIGKILL)])
        first, second = begin(self.ann.root, doom, *anns), begin(self.ben.root, None, *bens)
        codes = first.wait(LONGEST), second.wait(LONGEST)
        for child in (first, second):
            child.kill()
        self.ends[f"{codes[0]} and {codes[1]}"] += 1
        return codes

    def one_after_the_other(self) -> None:
        """Each applies alone, and then has nothing left to do."""
        for library in (self.ann, self.ben):
            if (code := begin(library.root).wait(LONGEST)) != 0:
                self.wrong.append(f"an apply after the two ended with {code}")
            self.wrong += judge.look(library.project())

    def look(self, jobs: int) -> None:
        """Each render was billed once, and no process broke."""
        held = judge.held(self.ann.project())
        if len(held) != jobs:
            self.wrong.append(f"{len(held)} jobs are held, not {jobs}")
        for found in judge.bill(ledger(self.url), {self.ann.name: held}).values():
            self.wrong += found
        self.wrong += illegal(read_history(self.state, ledger(self.url)))
        for library in (self.ann, self.ben):
            log = library.root / LOG
            if log.exists() and ("Traceback" in (text := log.read_text()) or "bug in sorasync" in text):
                self.wrong.append(f"{log} holds a traceback")


def clone(root: Path, url: str, state: str) -> Library:
    """A clone of the library."""
    library = Library("team", root, url, pictures=False)
    library.write()
    config = root / "sorasync.toml"
    config.write_text(config.read_text().replace("[state]\n", f'[state]\nurl = "{state}"\n'))
    return library


def same_clip(directory: Path, server: PostgresServer, schema: str, rounds: int) -> TwoPeople:
    """Both apply the same clip, round after round with one take more."""
    with serving(directory / "server") as url:
        state = server.url(schema)
        both = TwoPeople(
            clone(directory / "ann", url, state),
            clone(directory / "ben", url, state),
            url,
            server.url(schema),
        )
        for takes in range(1, rounds + 1):
            both.declare(f'[clips.a]\nprompt = "A round, team."\ntakes = {takes}\n')
            codes = both.together()
            if not set(codes) <= ENDS:
                both.wrong.append(f"round {takes} ended with {codes}")
            both.one_after_the_other()
            if both.wrong:
                break
        both.look(rounds)
        return both


def disjoint_parts(directory: Path, server: PostgresServer, schema: str, rounds: int) -> TwoPeople:
    """Each applies a clip of his own; neither ever waits for the other."""
    with serving(directory / "server") as url:
        state = server.url(schema)
        both = TwoPeople(
            clone(directory / "ann", url, state),
            clone(directory / "ben", url, state),
            url,
            server.url(schema),
        )
        for takes in range(1, rounds + 1):
            both.declare("".join(f'[clips.{n}]\nprompt = "{n}, team."\ntakes = {takes}\n' for n in "ab"))
            codes = both.together(("-t", "clip.a"), ("-t", "clip.b"))
            if codes != (0, 0):
                both.wrong.append(f"round {takes} ended with {codes}")
                break
        both.look(2 * rounds)
        return both


def one_is_killed(directory: Path, server: PostgresServer, schema: str, rounds: int, seed: int) -> TwoPeople:
    """One of the two is killed somewhere in the middle; the next one continues."""
    chance = random.Random(seed)
    with serving(directory / "server") as url:
        state = server.url(schema)
        both = TwoPeople(
            clone(directory / "ann", url, state),
            clone(directory / "ben", url, state),
            url,
            server.url(schema),
        )
        for takes in range(1, rounds + 1):
            both.declare(f'[clips.a]\nprompt = "A round, team."\ntakes = {takes}\n')
            codes = both.together(killed_at=chance.randint(8, _STEPS))
            if codes[0] not in ENDS | {-signal.SIGKILL} or codes[1] not in ENDS:
                both.wrong.append(f"round {takes} ended with {codes}")
            both.one_after_the_other()
            if both.wrong:
                break
        both.look(rounds)
        return both


def bad_connection(
    directory: Path, server: PostgresServer, schema: str, rounds: int, seed: int
) -> tuple[TwoPeople, int]:
    """Somebody applies while the way to the database breaks again and again, then once more when it holds.

    Also how often it broke.
    """
    with serving(directory / "server") as url, cutting_proxy(server.port, seed) as proxy:
        state = server.url(schema, port=proxy.port)
        both = TwoPeople(
            clone(directory / "ann", url, state),
            clone(directory / "ben", url, state),
            url,
            server.url(schema),
        )
        for takes in range(1, rounds + 1):
            both.declare(f'[clips.a]\nprompt = "A round, team."\ntakes = {takes}\n')
            proxy.limits = (25, 150)
            code = begin(both.ann.root).wait(LONGEST)
            both.ends[str(code)] += 1
            if code not in BROKEN_ENDS:
                both.wrong.append(f"round {takes} ended with {code}")
            proxy.limits = None
            both.one_after_the_other()
            if both.wrong:
                break
        both.look(rounds)
        return both, proxy.cuts


def restarted_server(directory: Path, server: PostgresServer, schema: str, rounds: int) -> TwoPeople:
    """The database crashes and comes back in the middle of an apply."""
    with serving(directory / "server") as url:
        state = server.url(schema)
        both = TwoPeople(
            clone(directory / "ann", url, state),
            clone(directory / "ben", url, state),
            url,
            server.url(schema),
        )
        for takes in range(1, rounds + 1):
            both.declare(f'[clips.a]\nprompt = "A round, team."\ntakes = {takes}\n')
            waiting, telling = os.pipe()
            child = begin(both.ann.root, told=partial(_tell, telling, 10 + 7 * takes))
            os.close(telling)
            os.read(waiting, 1)
            os.close(waiting)
            server.stop("immediate")
            server.start()
            code = child.wait(LONGEST)
            both.ends[str(code)] += 1
            if code not in BROKEN_ENDS:
                both.wrong.append(f"round {takes} ended with {code}")
            both.one_after_the_other()
            if both.wrong:
                break
        both.look(rounds)
        return both


def _tell(pipe: int, at: int, passed: int) -> None:
    if passed == at:
        os.write(pipe, b".")


def last_of_the_budget(directory: Path, server: PostgresServer, schema: str, rounds: int) -> TwoPeople:
    """Each applies a clip of his own, and the day's budget has enough for one of the two."""
    with serving(directory / "server") as url:
        state = server.url(schema)
        both = TwoPeople(
            clone(directory / "ann", url, state),
            clone(directory / "ben", url, state),
            url,
            server.url(schema),
        )
        for takes in range(1, rounds + 1):
            for library in (both.ann, both.ben):
                let_it_bill(library, per_day=0.40 * takes)
            both.declare("".join(f'[clips.{n}{takes}]\nprompt = "{n} {takes}."\n' for n in "ab"))
            both.together(("-t", f"clip.a{takes}"), ("-t", f"clip.b{takes}"))
            if (billed := len(ledger(both.url))) != takes:
                both.wrong.append(f"after round {takes}, {billed} renders were billed")
                break
        return both


def let_it_bill(library: Library, per_day: float) -> None:
    """Let renders count as paid for, and cap what they may cost in a day."""
    (library.root / "studio.toml").write_text(
        'extends = "preview"\nname = "studio"\nsimulated = false\ntransport = "http"\n'
    )
    config = library.root / "sorasync.toml"
    text = config.read_text().replace('profile = "preview"', 'profile = "studio.toml"')
    text = text.partition("[budget]")[0]
    config.write_text(f"{text}[budget]\nper_day = {per_day:.2f}\n")
