"""The methods that change a library's files or its state, and pay for nothing."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from sorasync.api.arguments import Duration, Since, Words, duration, moment, one_of, several
from sorasync.api.library_reading import Progress, heard
from sorasync.api.open_library import OpenLibrary
from sorasync.api.outside_loop import outside_loop

if TYPE_CHECKING:
    from sorasync.operations.accept import Acceptance
    from sorasync.operations.cancel import Cancelled
    from sorasync.operations.cut import CutFilm
    from sorasync.operations.gc import Deleted
    from sorasync.operations.import_all import Gathered
    from sorasync.operations.import_one import Imported
    from sorasync.operations.import_workflow import FoundWorkflow
    from sorasync.operations.local_videos import Pulled
    from sorasync.operations.migrate import Migration
    from sorasync.operations.move_assets import MovedAssets
    from sorasync.operations.pick_outcome import PickOutcome
    from sorasync.operations.price_map import Synced
    from sorasync.operations.queue_view import QueueView
    from sorasync.operations.resolve import Settled
    from sorasync.operations.retry import Lifted
    from sorasync.operations.unprotect import Protections


class LibraryChanges(OpenLibrary):
    """What can be done to a library without paying.

    Nothing asks for confirmation: what a command would show first, a method of `LibraryReading` gives.
    Methods that change the state lock it, wait `lock_timeout` seconds for it, raise `StateLocked` where that
    is not enough, and stand in the history under their name.
    """

    def pick(self, clip: str, take: int | None) -> PickOutcome:
        """Pick a take of a clip or a still, or none with None; the pick is written to picks.toml."""
        from sorasync.operations.pick_outcome import pick_take

        return outside_loop(lambda: pick_take(self._project(), clip, take))

    def accept(self, address: str, *, reason: str, lock_timeout: float = 0.0) -> Acceptance:
        """Use the existing render for a changed declaration, and for what follows from it."""
        from sorasync.operations.accept import accept_renders

        waiting = self._waiting("accept", lock_timeout)
        found = accept_renders(self._project(), address, reason, waiting)
        assert found is not None
        return found

    def retry(
        self, *addresses: str, failed: bool = False, blocked: bool = False, lock_timeout: float = 0.0
    ) -> tuple[Lifted, ...]:
        """Let the next apply try renders again that were refused or failed too often."""
        from sorasync.operations.retry import retry_renders

        waiting = self._waiting("retry", lock_timeout)
        return tuple(retry_renders(self._project(), addresses, waiting, failed=failed, blocked=blocked))

    def cancel(self, *patterns: str, lock_timeout: float = 0.0) -> tuple[Cancelled, ...]:
        """Cancel renders in progress, as `in_progress` lists them; what cannot be cancelled is left alone."""
        from sorasync.operations.cancel import cancel, in_progress

        if not patterns:
            return ()
        project, waiting = self._project(), self._waiting("cancel", lock_timeout)
        return outside_loop(lambda: cancel(project, in_progress(project, patterns), waiting))

    def resolve(
        self,
        address: str,
        answer: Literal["adopt", "resend", "forget"],
        remote_id: str | None = None,
        *,
        force: bool = False,
        lock_timeout: float = 0.0,
    ) -> Settled:
        """Settle a paid request whose answer was lost; `remote_id` is the job or batch to adopt."""
        from sorasync.operations.resolve import Answer, settle

        waiting, chosen = self._waiting("resolve", lock_timeout), one_of(Answer, answer, "the answer")
        return outside_loop(
            lambda: settle(self._project(), address, chosen, waiting, remote_id=remote_id, force=force)
        )

    def unprotect(self, address: str, *, lock_timeout: float = 0.0) -> Protections:
        """Lift the protection that the state remembers for an address."""
        from sorasync.operations.unprotect import unprotect

        return unprotect(self._project(), address, self._waiting("unprotect", lock_timeout))

    def import_render(
        self,
        address: str,
        source: str,
        *,
        force: bool = False,
        provider: str | None = None,
        lock_timeout: float = 0.0,
    ) -> Imported:
        """Bind a declared render to a video that a host has, by id, or a still to a picture file."""
        from sorasync.operations.import_one import import_render

        project, waiting = self._project(), self._waiting("import_render", lock_timeout)
        return outside_loop(
            lambda: import_render(project, address, source, waiting, force=force, provider=provider)
        )

    def import_remote(
        self,
        *,
        out: str | PathLike[str] | None = None,
        since: Since | None = None,
        dry_run: bool = False,
        provider: str | None = None,
        lock_timeout: float = 0.0,
    ) -> Gathered:
        """Declare and bind every finished video of a host, by default the default one, not declared yet."""
        from sorasync.operations.import_all import import_remote

        waiting = self._waiting("import_remote", lock_timeout)
        project, path = self._project(), None if out is None else Path(out)
        after = moment(since, project.clock.now())
        return outside_loop(
            lambda: import_remote(project, waiting, out=path, since=after, dry_run=dry_run, provider=provider)
        )

    def import_workflow(
        self, source: str | PathLike[str], *, out: str | PathLike[str] | None = None, force: bool = False
    ) -> FoundWorkflow:
        """Write the workflow that ComfyUI embedded in a PNG or a video to a file of the library."""
        from sorasync.operations.import_workflow import import_workflow

        file = Path(source)
        path = self._project().root / f"{file.stem}.api.json" if out is None else Path(out)
        return import_workflow(file, path, force=force)

    def pull(self, *patterns: str, progress: Progress | None = None) -> Pulled:
        """Fetch wanted videos and stills from the bucket to this disk, and link their names."""
        from sorasync.operations.local_videos import pull

        return outside_loop(lambda: pull(self._project(), patterns, heard(progress)))

    def move_assets(self, to: str | PathLike[str], progress: Progress | None = None) -> MovedAssets:
        """Copy every video and still to a bucket (a URL) or a directory; nothing is removed."""
        from sorasync.operations.move_assets import move_assets

        return outside_loop(lambda: move_assets(self._project(), str(to), heard(progress)))

    def queue(self) -> QueueView:
        """What runners have not done yet, of every library in the database, and the runners at work."""
        from sorasync.operations.queue_view import queue_view

        return queue_view(self._project())

    def cancel_queued(self, *jobs: int) -> tuple[int, ...]:
        """Take jobs out that no runner has begun; which ones that were."""
        from sorasync.operations.queue_view import cancel_queued

        return tuple(cancel_queued(self._project(), jobs).cancelled)

    def gc(
        self,
        *patterns: str,
        older_than: Duration | None = None,
        remote: bool = False,
        lock_timeout: float = 0.0,
    ) -> Deleted:
        """Delete what `retired` lists, with `remote` at the provider as well."""
        from sorasync.operations.gc import collect_garbage, garbage

        project, waiting = self._project(), self._waiting("gc", lock_timeout)
        age = duration(older_than, "older_than")
        found = garbage(project, patterns, age, remote=remote)
        return outside_loop(lambda: collect_garbage(project, found, waiting, age, remote=remote))

    def destroy(
        self, *, remote: bool = True, include_protected: bool = False, lock_timeout: float = 0.0
    ) -> Deleted:
        """Delete everything the library has rendered, with `remote` at the provider as well."""
        from sorasync.operations.gc import destroy, everything_rendered

        project, waiting = self._project(), self._waiting("destroy", lock_timeout)
        everything_rendered(project, remote=remote, include_protected=include_protected)
        return outside_loop(
            lambda: destroy(project, waiting, remote=remote, include_protected=include_protected)
        )

    def migrate(
        self,
        source: str,
        target: str,
        *,
        provider: str | None = None,
        patterns: Words = (),
        only_unpicked: bool = False,
        write: bool = False,
    ) -> Migration:
        """What another model would change; with `write` the lines that say so are changed."""
        from sorasync.operations.migrate import migration

        project = self._project()
        found = migration(
            project,
            source,
            target,
            provider=provider,
            patterns=several(patterns, "patterns"),
            only_unpicked=only_unpicked,
        )
        if write:
            found.write(project)
        return found

    def sync_prices(
        self, file: str | PathLike[str], *, provider: str | None = None, host: str | None = None
    ) -> Synced:
        """Write prices.toml from LiteLLM's published price map, for the default host or another one."""
        from sorasync.operations.price_map import sync_prices

        return sync_prices(self._project(), Path(file), provider, host)

    def make_film(
        self,
        cut: str,
        *,
        out: str | PathLike[str] | None = None,
        queue: str | None = None,
        progress: Progress | None = None,
    ) -> CutFilm:
        """Put a cut together as a film with sound, beside the clips or at `out`; by a runner of a `queue`.

        Raises `SorasyncError` where the extra `film` is not installed.
        """
        from sorasync.operations.cut import film_path, look_at_cut, make_film

        project = self._project()
        view = look_at_cut(project, cut)
        path = film_path(project, view.timeline.cut) if out is None else Path(out)
        if queue is not None:
            from sorasync.operations.queue_media_jobs import cut_by_queue

            return outside_loop(lambda: cut_by_queue(project, cut, path, queue, self._notice))
        return make_film(project, view, path, heard(progress))

    def export_cut(
        self, cut: str, out: str | PathLike[str], *, progress: Progress | None = None
    ) -> tuple[str, ...]:
        """Write a cut for another program, by the suffix of `out`; what its format does not carry."""
        from sorasync.operations.cut import look_at_cut
        from sorasync.operations.cut_files import write_cut

        project = self._project()
        return tuple(write_cut(project, look_at_cut(project, cut), Path(out), heard(progress)))
