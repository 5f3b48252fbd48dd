"""A library and its parts: configuration, profile, state, assets, provider.

The command line and any program that embeds sorasync start here. Parts are opened on demand,
so that a command pays only for what it uses.
"""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from sorasync.clock import Clock, SystemClock
from sorasync.errors import SorasyncError

if TYPE_CHECKING:
    from httpx import AsyncBaseTransport

    from sorasync.assets.archive import Archive
    from sorasync.assets.store import AssetStore
    from sorasync.graph.graph import Graph
    from sorasync.manifest.config import Config
    from sorasync.manifest.diagnostic import Diagnostic, ManifestError
    from sorasync.manifest.files import LibraryFiles
    from sorasync.manifest.library import Library
    from sorasync.manifest.lint.memo import LintMemo
    from sorasync.operations.engine import Engine, Wanted
    from sorasync.plan.decisions import Decisions
    from sorasync.profile.profile import Profile
    from sorasync.provider.host_client import HostClient
    from sorasync.state.lockfile_text import PaidTwice
    from sorasync.state.store import Store

_COMMAND_SECONDS = 30
_BY_HAND = "run the command in [provider] api_key_command yourself to see why"


def profile_of(root: Path, config: Config) -> Profile:
    """The profile of a configuration, with its overrides. Raises `ProfileError`."""
    from sorasync.profile import load_profile
    from sorasync.profile.price_book import read_books

    provider = config.provider
    return load_profile(
        provider.profile,
        base_dir=root,
        base_url=provider.base_url,
        overrides=provider.overrides,
        prices=config.prices,
        books=read_books(root),
        within=root,
    )


@dataclass(frozen=True, slots=True)
class Project:
    """One library in one environment."""

    root: Path
    config: Config
    profile: Profile
    clock: Clock = field(default_factory=SystemClock)
    # What is known of its manifests from before; None to read all of them.
    engine: Engine | None = field(default=None, compare=False, repr=False)
    _wanted: list[Wanted] = field(default_factory=list, compare=False, repr=False)
    _printed_key: list[str] = field(default_factory=list, compare=False, repr=False)

    @classmethod
    def open(cls, directory: Path | None = None, env: str | None = None, *, cached: bool = False) -> Project:
        """The library at `directory`, or the nearest one upwards from here.

        With `cached` what the last run has kept of its manifests is taken over, and kept for the next one.
        Raises `SorasyncError` where there is none, `ManifestError` for a faulty `sorasync.toml`, also where
        it changes the profile wrongly, and `ProfileError` for a profile that cannot be used.
        """
        from sorasync.manifest.config import find_library, load_config
        from sorasync.manifest.diagnostic import ManifestError
        from sorasync.profile import ProfileError

        root = find_library(directory or Path.cwd())
        try:
            config = load_config(root, env)
        except ManifestError as error:
            from sorasync.operations.profile_faults import with_profile_faults

            raise with_profile_faults(error, root, env) from None
        try:
            profile = profile_of(root, config)
        except ProfileError as error:
            from sorasync.operations.profile_faults import placed

            raise placed(error, root, config) from None
        engine = None
        if cached:
            from sorasync.operations.cache import load_engine

            engine = load_engine(root, config.env)
        return cls(root=root, config=config, profile=profile, engine=engine)

    @property
    def name(self) -> str:
        """The library's name."""
        return self.config.library.name

    def library(self) -> Library:
        """Everything that the manifests declare. Raises `ManifestError` with all errors."""
        if (wanted := self._from_engine()) is not None:
            return wanted.library
        from sorasync.manifest.load import load

        return load(self.root, self.config, self._files())

    def sound_library(self) -> tuple[Library, list[Diagnostic]]:
        """The part of the library that no fault of the language touches, and those faults."""
        if (wanted := self._from_engine()) is not None:
            return wanted.library, []
        from sorasync.manifest.load import load_sound

        return load_sound(self.root, self.config, self._files())

    def _from_engine(self) -> Wanted | None:
        """The library with as little reading as it takes, None where all of it has to be read."""
        if self.engine is None:
            return None
        wanted = self.engine.load(self.root, self.config, self.profile)
        self._wanted[:] = [] if wanted is None else [wanted]
        self._keep_engine(self.engine)
        return wanted

    def _keep_engine(self, engine: Engine) -> None:
        from sorasync.operations.cache import keep_engine

        keep_engine(engine, self.root, self.config.env)

    def _files(self) -> LibraryFiles | None:
        """A look at the files that hashes none again."""
        from sorasync.manifest.files import LibraryFiles

        return None if self.engine is None else LibraryFiles(self.root, self.engine.digests)

    def all_faults(self, first: ManifestError) -> ManifestError:
        """The error that ended a stage of reading, with what the later stages would have found."""
        from sorasync.manifest.diagnostic import ManifestError
        from sorasync.operations.validate import faults

        return ManifestError({*first.diagnostics, *faults(self)})

    def lint(self, library: Library, only: Collection[str] | None = None) -> tuple[Diagnostic, ...]:
        """The lint findings in the prompts of the library, or of the clips in `only`."""
        engine = self.engine
        if engine is None or only is not None or not any(one.library is library for one in self._wanted):
            return self._linted(library, only)
        from sorasync.library_file import read_file
        from sorasync.operations.engine import Findings

        # Comments and tables of the configuration decide what is reported, and where.
        configuration = read_file(self.root / "sorasync.toml", within=self.root).hex()
        evidence = engine.evidence(configuration, self.config.lint.model_dump_json())
        if engine.findings is not None and engine.findings.evidence == evidence:
            return engine.findings.diagnostics
        found = self._linted(library, only)
        if engine.unmoved:
            engine.findings, engine.changed = Findings(evidence, found), True
            self._keep_engine(engine)
        return found

    def _linted(
        self, library: Library, only: Collection[str] | None, memo: LintMemo | None = None
    ) -> tuple[Diagnostic, ...]:
        from sorasync.manifest.lint import Defaults, lint

        return lint(library, only=only, defaults=Defaults(self._default_seconds), memo=memo)

    def _default_seconds(self, model: str | None) -> int | None:
        name = model or self.profile.default_model
        found = self.profile.model(name) if name else None
        return found.default_seconds if found else None

    def graph(self, library: Library) -> Graph:
        """The graph of the library for this provider. Raises `ManifestError`."""
        graph, lacks = self.graph_as_far(library)
        if lacks:
            from sorasync.manifest.diagnostic import ManifestError

            raise ManifestError(lacks)
        return graph

    def graph_as_far(self, library: Library, *, keys: bool = True) -> tuple[Graph, list[Diagnostic]]:
        """The graph, and what the profile lacks for it. Without `keys` they may be empty."""
        for wanted in self._wanted:
            if wanted.library is library:
                return wanted.graph, []
        from sorasync.graph.expand import expand_as_far

        return expand_as_far(library, self.profile, keys=keys)

    def decisions(self) -> Decisions | None:
        """The decisions of the last plan, if the library is planned repeatedly."""
        return None

    def store(self, *, write: bool = False) -> Store:
        """The state. Without `write` nothing is created or changed, and a missing state is an empty one."""
        from sorasync.state.store import Store

        return Store.open(
            self.config.state.url,
            self.root,
            clock=self.clock,
            create=write,
            readonly=not write,
            owner=self.owner,
        )

    @property
    def owner(self) -> str:
        """Whose state it is, where one database has several."""
        return f"{self.name}, env {self.config.env}" if self.config.env else self.name

    @property
    def lock_path(self) -> Path | None:
        """The path of the lock file; None if the library keeps none, as with a free provider."""
        kept = self.config.state.lock_file
        if kept is None:
            kept = not self.profile.simulated
        return self.root / self.config.lock_file if kept else None

    def synced_store(self) -> Store:
        """The state for reading, merged with the lock file in memory if it lags behind.

        Raises `StateError` where the two cannot be brought together.
        """
        store = self.store()
        if self.lock_path is not None:
            from sorasync.state.lockfile import sync

            store, _ = sync(store, self.lock_path)
        store.notices = told_notices(store)
        return store

    def assets(self) -> AssetStore:
        """The asset directory; it need not exist."""
        from sorasync.assets.store import AssetStore

        return AssetStore(self.root / self.config.assets.path, self.archive())

    def archive(self, url: str | None = None) -> Archive:
        """Where the assets are kept for good; with `url` where they would be. Raises `ArchiveError`."""
        from sorasync.assets.archive import ON_DISK

        address = url or self.config.assets.url
        if address is None:
            return ON_DISK
        from sorasync.assets.bucket_archive import BucketArchive
        from sorasync.assets.bucket_url import parse_bucket_url
        from sorasync.assets.object_bucket import ObjectBucket

        bucket = ObjectBucket(parse_bucket_url(address))
        return BucketArchive(bucket, self.owner, self.root / self.config.assets.path / ".store")

    def file_naming(self, graph: Graph) -> Callable[[str], str]:
        """The function that names each clip's files, according to `[assets] names`."""
        from sorasync.assets.file_names import file_naming

        return file_naming(graph.clips, self.config.assets.names)

    def api_key(self) -> str | None:
        """The provider's key, from the environment or from the configured command; None if there is none.

        The command, which may ask somebody for a password, is run once. Raises `SorasyncError` if it fails.
        """
        command = self.config.provider.api_key_command
        if command:
            if not self._printed_key:
                words = shlex.split(command) if isinstance(command, str) else command
                self._printed_key.append(_printed(words))
            return self._printed_key[0]
        variable = self.config.provider.api_key_env or self.profile.auth.env
        return os.environ.get(variable) or None

    def _key_anew(self) -> str | None:
        """The key that the command prints now: a token may have run out since. Raises `SorasyncError`."""
        self._printed_key.clear()
        return self.api_key()

    def require_provider(self) -> None:
        """Raises `AuthFailed` if the provider wants a key and there is none, or one that cannot be sent, and
        `SorasyncError` if it runs inside this process and its packages are not installed.

        For what is about to ask the provider: before anything is recorded, and before anybody is asked.
        """
        from sorasync.provider.open import check_key

        if self.profile.base_url is None and self.profile.transport == "in-process":
            from sorasync.operations.in_process_preview import require_preview

            require_preview()

        check_key(self.profile, self.api_key(), self.config.provider.api_key_env)

    @asynccontextmanager
    async def provider(self) -> AsyncIterator[HostClient]:
        """A client for the provider, closed on exit; the preview provider runs inside this process."""
        from sorasync.provider.open import open_provider

        async with self._transport() as transport:
            client = open_provider(
                self.profile,
                api_key=self.api_key(),
                api_key_env=self.config.provider.api_key_env,
                transport=transport,
                clock=self.clock,
                answers=self.assets().answers,
                renew_key=self._key_anew if self.config.provider.api_key_command else None,
            )
            try:
                yield client
            finally:
                await client.aclose()

    @asynccontextmanager
    async def _transport(self) -> AsyncIterator[AsyncBaseTransport | None]:
        """The transport for requests: None for the network, or a preview server inside this process."""
        if self.profile.base_url is not None:
            yield None
        elif self.profile.transport == "in-process":
            from sorasync.operations.in_process_preview import preview_transport

            async with preview_transport(self.preview_data, self.config.preview.clean) as transport:
                yield transport
        else:
            raise SorasyncError(
                f"the profile {self.profile.name} has no address",
                hint="set [provider] base_url in sorasync.toml",
            )

    @property
    def preview_data(self) -> Path:
        """Where the embedded preview provider keeps its jobs, videos and ledger."""
        return self.root / "state" / (f"preview-{self.config.env}" if self.config.env else "preview")


def told_notices(store: Store) -> tuple[str, ...]:
    """Notices about a state for every command: the renders that were paid for twice."""
    from sorasync.state.paid_twice import paid_twice

    return tuple(map(told_twice, paid_twice(store)))


def told_twice(found: PaidTwice) -> str:
    """The notice about one key that was paid for twice, with the command to choose the other render."""
    if found.spare:
        return (
            f"{found.address} was paid for twice: {found.kept} is used, and {found.other} came from a "
            "request that another run had sent again; `sorasync cost` counts both"
        )
    return (
        f"{found.address} was paid for on two machines: {found.kept} is used, {found.other} is kept as well; "
        f"`sorasync state reconcile --keep {shlex.quote(found.other)}` uses that one instead"
    )


def _printed(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_COMMAND_SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise SorasyncError(
            f"api_key_command did not end within {_COMMAND_SECONDS} s", hint=_BY_HAND
        ) from error
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise SorasyncError(f"api_key_command could not be run: {why}", hint=_BY_HAND) from error
    key = done.stdout.strip()
    if done.returncode or not key:
        raise SorasyncError(f"api_key_command printed no key (exit code {done.returncode})", hint=_BY_HAND)
    return key
