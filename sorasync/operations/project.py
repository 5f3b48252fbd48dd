"""A library and its parts: configuration, profile, state, assets, provider.

The command line and any program that embeds sorasync start here. Parts are opened on demand,
so that a command pays only for what it uses.
"""

from __future__ import annotations

import shlex
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from sorasync.clock import Clock, SystemClock
from sorasync.errors import SorasyncError
from sorasync.library_file import CONFIG_FILE

if TYPE_CHECKING:
    from decimal import Decimal

    from httpx import AsyncBaseTransport

    from sorasync.assets.archive import Archive
    from sorasync.assets.store import AssetStore
    from sorasync.forked_work import ForkedWork
    from sorasync.graph.graph import Graph
    from sorasync.manifest.config import Config, ProviderConfig
    from sorasync.manifest.diagnostic import Diagnostic, ManifestError
    from sorasync.manifest.files import LibraryFiles
    from sorasync.manifest.library import Library
    from sorasync.manifest.lint.memo import LintMemo
    from sorasync.operations.engine import Engine, Wanted
    from sorasync.operations.library_host import Host
    from sorasync.operations.previous_plan import PreviousPlan
    from sorasync.profile.hosts import Hosts
    from sorasync.profile.profile import Profile
    from sorasync.provider.host_client import HostClient
    from sorasync.state.lockfile_text import PaidTwice
    from sorasync.state.store import Store

# Fewer prompts are looked at before a process has started; of more it takes as much memory as this one.
_WORTH_FORKING = 2_000
_TOO_MANY_TO_FORK = 200_000


def profile_of(root: Path, config: Config) -> Profile:
    """The profile of the default host, with its overrides. Raises `ProfileError`."""
    return loaded_profile(root, config.provider, config.prices)


def loaded_profile(
    root: Path, provider: ProviderConfig, prices: Mapping[str, Mapping[str, Decimal]]
) -> Profile:
    """The profile that a table of the configuration describes. Raises `ProfileError`."""
    from sorasync.profile import load_profile
    from sorasync.profile.price_book import read_books

    return load_profile(
        provider.profile,
        base_dir=root,
        base_url=provider.base_url,
        overrides=provider.overrides,
        prices=prices,
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
    # The profiles of the other hosts, by their names in `[providers]`.
    others: Mapping[str, Profile] = field(default_factory=dict)
    _wanted: list[Wanted] = field(default_factory=list, compare=False, repr=False)
    # Whether this process is one command, so that it may fork.
    forks: bool = field(default=False, compare=False, repr=False)
    # What commands have printed, by host: one may ask somebody for a password.
    printed_keys: dict[str, str] = field(default_factory=dict, compare=False, repr=False)
    # The lint that a second process is at, with the library and the clips that it looks at.
    _ahead: list[tuple[Library, Collection[str] | None, ForkedWork[tuple[Diagnostic, ...]]]] = field(
        default_factory=list, compare=False, repr=False
    )
    # What is known of a bucket is read once.
    _archives: dict[str, Archive] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def open(cls, directory: Path | None = None, env: str | None = None, *, cached: bool = False) -> Project:
        """The library at `directory`, or the nearest one upwards from here.

        With `cached` what the last run has kept of its manifests is taken over, and kept for the next one.
        Raises `SorasyncError` where there is none, `ManifestError` for a faulty `sorasync.toml`, also where
        it changes the profile wrongly, and `ProfileError` for a profile that cannot be used.
        """
        from sorasync.library_file import find_library
        from sorasync.manifest.config import load_config
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

            raise placed(error, root, config.env, config.provider.overrides) from None
        others: Mapping[str, Profile] = {}
        if config.providers:
            from sorasync.operations.other_hosts import profiles_of_others

            others = profiles_of_others(root, config, profile)
        engine = None
        if cached:
            from sorasync.operations.cache import load_engine

            engine = load_engine(root, config.env)
        return cls(root=root, config=config, profile=profile, engine=engine, others=others)

    @property
    def hosts(self) -> Hosts:
        """The profiles of all hosts."""
        from sorasync.profile.hosts import Hosts

        routes = {name: route.prefer for name, route in self.config.route.items()}
        return Hosts(self.profile, self.others, routes)

    def host_at(self, provider: str = "") -> Host:
        """The host that a render, a change or a record is of. Raises `SorasyncError` for one of another time.

        Their `provider` names it; "" is the default.
        """
        from sorasync.operations.library_host import Host
        from sorasync.profile.hosts import DEFAULT_HOST

        for name, profile in self.hosts:
            if provider == profile.provider_name or (not provider and name == DEFAULT_HOST):
                settings = self.config.provider if name == DEFAULT_HOST else self.config.providers[name]
                return Host(name, profile, settings, self)
        raise SorasyncError(
            f"{CONFIG_FILE} has no host {provider} any more",
            hint="add it back under [providers.NAME], with the profile and the base_url that it had",
        )

    def host_named(self, name: str | None) -> Host:
        """The host that manifests and options call by that name, None for the default.

        Raises `SorasyncError` for one that there is not.
        """
        from sorasync.manifest.suggest import listed, nearest

        names = [known for known, _ in self.hosts]
        if name is not None and name not in names:
            near = nearest(name, names)
            raise SorasyncError(
                f"{CONFIG_FILE} has no host {name}",
                hint=f'did you mean "{near}"?' if near else f"it has {listed(names)}",
            )
        return self.host_at(self.hosts.where(self.hosts.named(name)))

    def every_host(self) -> list[Host]:
        """All hosts, the default first."""
        return [self.host_at(profile.provider_name) for _, profile in self.hosts]

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
        wanted = self.engine.load(self.root, self.config, self.hosts)
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
        if (evidence := self._lint_evidence(library, only)) is None or (engine := self.engine) is None:
            return self._linted(library, only)
        if engine.findings is not None and engine.findings.evidence == evidence:
            return engine.findings.diagnostics
        from sorasync.operations.engine import Findings

        found = self._linted(library, only)
        if engine.unmoved:
            engine.findings, engine.changed = Findings(evidence, found), True
            self._keep_engine(engine)
        return found

    def _lint_evidence(self, library: Library, only: Collection[str] | None) -> str | None:
        """What the findings in the library follow from, None where they are not kept."""
        engine = self.engine
        if engine is None or only is not None or not any(one.library is library for one in self._wanted):
            return None
        from sorasync.library_file import read_file

        # Comments and tables of the configuration decide what is reported, and where.
        configuration = read_file(self.root / CONFIG_FILE, within=self.root).hex()
        return engine.evidence(configuration, self.config.lint.model_dump_json())

    @contextmanager
    def linting_ahead(self, library: Library, only: Collection[str] | None = None) -> Iterator[None]:
        """Begin with what `lint` will be asked for within the block, on another core where one is free."""
        from sorasync.forked_work import ForkedWork

        looked_at = len(library.clips if only is None else only)
        worth = self.forks and _WORTH_FORKING <= looked_at <= _TOO_MANY_TO_FORK
        worth = worth and not self._knows(library, only)
        with ForkedWork(lambda: self._linted(library, only), worth=worth) as begun:
            self._ahead.append((library, only, begun))
            try:
                yield
            finally:
                self._ahead.clear()

    def _knows(self, library: Library, only: Collection[str] | None) -> bool:
        """Whether the findings are known from before."""
        kept = self.engine.findings if self.engine is not None else None
        return kept is not None and kept.evidence == self._lint_evidence(library, only)

    def _linted(
        self, library: Library, only: Collection[str] | None, memo: LintMemo | None = None
    ) -> tuple[Diagnostic, ...]:
        for of, clips, begun in self._ahead:
            if of is library and clips == only and (found := begun.result()) is not None:
                return found
        from sorasync.manifest.lint import Defaults, lint

        return lint(library, only=only, defaults=Defaults(self._default_seconds), memo=memo)

    def _default_seconds(self, model: str | None) -> int | None:
        name = model or self.profile.default_model
        offers = (profile.model(name) for _, profile in self.hosts) if name else ()
        found = next((model for model in offers if model is not None), None)
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

        return expand_as_far(library, self.hosts, keys=keys)

    def previous_plan(self) -> PreviousPlan:
        """What the previous plan found; empty unless the library is planned repeatedly."""
        from sorasync.operations.previous_plan import PreviousPlan

        return PreviousPlan()

    def made_names(self) -> Mapping[str, str]:
        """The digest of the video that each name in the asset directory was made for. Do not change it."""
        from sorasync.assets.made_names import named_digests

        return named_digests(self.assets().root)

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
        if address not in self._archives:
            from sorasync.assets.bucket_archive import BucketArchive
            from sorasync.assets.bucket_url import parse_bucket_url
            from sorasync.assets.object_bucket import ObjectBucket

            bucket = ObjectBucket(parse_bucket_url(address))
            seen = self.root / self.config.assets.path / ".store"
            self._archives[address] = BucketArchive(bucket, self.owner, seen)
        return self._archives[address]

    def file_naming(self, graph: Graph) -> Callable[[str], str]:
        """The function that names each clip's files, according to `[assets] names`."""
        from sorasync.assets.file_names import file_naming

        return file_naming(graph.clips, self.config.assets.names)

    def require_provider(self, providers: Iterable[str] = ("",)) -> None:
        """Raises `AuthFailed` if a host wants a key and there is none, or one that cannot be sent, and
        `SorasyncError` if it runs inside this process and its packages are not installed.

        For what is about to ask those hosts: before anything is recorded, and before anybody is asked.
        """
        for provider in providers:
            self.host_at(provider).require()

    @asynccontextmanager
    async def provider(self) -> AsyncIterator[HostClient]:
        """A client for the default host; see `client_of`."""
        async with self.client_of(self.host_at()) as client:
            yield client

    @asynccontextmanager
    async def client_of(self, host: Host) -> AsyncIterator[HostClient]:
        """A client for a host, closed on exit; the preview provider runs inside this process."""
        from sorasync.provider.open_provider import open_provider

        async with self._transport(host) as transport:
            client = open_provider(
                host.profile,
                api_key=host.api_key(),
                api_key_env=host.settings.api_key_env,
                transport=transport,
                clock=self.clock,
                answers=self.assets().answers,
                renew_key=host.key_anew if host.settings.api_key_command else None,
            )
            try:
                yield client
            finally:
                await client.aclose()

    @asynccontextmanager
    async def _transport(self, host: Host) -> AsyncIterator[AsyncBaseTransport | None]:
        """The transport for requests: None for the network, or a preview server inside this process."""
        if host.profile.base_url is not None:
            yield None
        elif host.profile.transport == "in-process":
            from sorasync.operations.in_process_preview import preview_transport

            async with preview_transport(self) as transport:
                yield transport
        else:
            raise SorasyncError(
                f"the profile {host.profile.name} has no address",
                hint=f"set {host.table} base_url in {CONFIG_FILE}",
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
        f"`sorasync state reconcile --keep {shlex.quote(found.name or found.other)}` uses that one instead"
    )
