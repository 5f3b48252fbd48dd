"""Records an apply: at each of its system calls, what a power cut would leave of the library, and what the
provider has at that moment, which stands elsewhere and loses nothing."""

from __future__ import annotations

import pickle
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.apply.crash.child import fork
from tests.durability.strict_disk import StrictDisk, Surviving
from tests.durability.tracer import SYNCS, WRITES, Call, trace


@dataclass(frozen=True)
class Cut:
    """A moment: the call that was about to happen, the library as it survives, the provider's files."""

    before: str
    library: Surviving
    provider: Path


@dataclass
class Recorder:
    """Sees the calls of one apply. `library` and `provider` are the directories of both, in `root`."""

    library: Path
    provider: Path
    copies: Path
    cuts: list[Cut] = field(default_factory=list)
    _copy: Path | None = None

    def __post_init__(self) -> None:
        self._disk = StrictDisk(self.library)

    def seen(self, call: Call) -> None:
        """Note a call. What is changed through a descriptor elsewhere than in the two is passed over."""
        path = ""
        if call.name in SYNCS | WRITES:
            try:
                path = str(Path(call.descriptor).readlink())
            except OSError:
                return
            if path.startswith(f"{self.provider}/"):
                self._copy = None
                return
            if not f"{path}/".startswith(f"{self.library}/"):
                return
        self.cuts.append(Cut(f"{call.name} {Path(path).name}", self._disk.surviving(), self._copied()))
        if call.name in SYNCS:
            self._disk.sync(call.descriptor)
        elif not path:
            self._copy = None

    def finish(self) -> list[Cut]:
        """Every cut, the last one behind the last call."""
        self.cuts.append(Cut("the end", self._disk.surviving(), self._copied()))
        self._disk.close()
        return self.cuts

    def _copied(self) -> Path:
        """The provider's files as they are now; copied again only where they may have changed."""
        if self._copy is None:
            self._copy = self.copies / str(len(self.cuts))
            shutil.copytree(self.provider, self._copy, ignore=shutil.ignore_patterns("*-shm"))
        return self._copy


def record(work: Callable[[], int], library: Path, provider: Path, copies: Path) -> list[Cut]:
    """The cuts of some work. It is traced from a process of its own, whose children nobody else waits for."""
    kept = copies.with_suffix(".cuts")

    def traced() -> int:
        recorder = Recorder(library, provider, copies)
        code = trace(work, recorder.seen)
        kept.write_bytes(pickle.dumps(recorder.finish()))
        return code

    assert fork(traced).wait(300) == 0
    found: list[Cut] = pickle.loads(kept.read_bytes())
    return found
