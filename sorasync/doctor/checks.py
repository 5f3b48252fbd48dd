"""Checks of a library's hosts and of this machine. Nothing is sent that could cost anything."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from sorasync.errors import SorasyncError
from sorasync.operations.project import Project
from sorasync.text import and_more

if TYPE_CHECKING:
    from sorasync.operations.library_host import Host
    from sorasync.provider.probe import HostFacts
    from sorasync.provider.tls import Certificate


class Level(StrEnum):
    """How a check came out. `unknown`: nobody can tell without paying, or nobody was asked."""

    OK = "ok"
    UNKNOWN = "unknown"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: its name, how it came out, one sentence, and what to do about it."""

    name: str
    level: Level
    message: str
    hint: str | None = None
    # The host that it is about, where there are several.
    host: str = ""


@dataclass(frozen=True, slots=True)
class Checkup:
    """Every check, in the order they were made. `hosts` are several hosts by what manifests call them."""

    provider: str
    checks: tuple[Check, ...]
    hosts: Mapping[str, str] = field(default_factory=dict)

    @property
    def healthy(self) -> bool:
        """Whether no check failed."""
        return all(check.level is not Level.ERROR for check in self.checks)


@dataclass(frozen=True, slots=True)
class ProbedHost:
    """What was found out about a host."""

    facts: HostFacts
    certificate: Certificate | None


def examine(project: Project, *, offline: bool = False) -> Checkup:
    """Make every check. With `offline` no host is asked."""
    checks = tuple(_checks(project, offline))
    return Checkup(project.profile.provider_name, checks, project.hosts.listed)


def _checks(project: Project, offline: bool) -> Iterator[Check]:
    from sorasync.doctor.bucket import bucket_checks
    from sorasync.doctor.local import local_checks
    from sorasync.doctor.queues import queue_checks

    models, problem = _used_models(project)
    if problem is not None:
        yield problem
    for host in project.every_host():
        name = host.name if project.hosts.several else ""
        for check in _checks_of(host, models.get(host.provider, {}), offline):
            yield replace(check, host=name)
    yield from local_checks(project)
    yield from bucket_checks(project, offline=offline)
    yield from queue_checks(project)
    yield from _fonts(project)


def _checks_of(host: Host, models: Mapping[str, set[str]], offline: bool) -> Iterator[Check]:
    from sorasync.doctor.host import host_checks
    from sorasync.doctor.prices import price_checks

    if offline:
        yield Check("provider", Level.UNKNOWN, "not asked")
    else:
        probed = _ask(host)
        if isinstance(probed, Check):
            yield probed
        else:
            yield from host_checks(host, probed, models)
    yield from price_checks(host, models)


def _fonts(project: Project) -> Iterator[Check]:
    from sorasync.operations.undrawable_text import boxes

    try:
        renders = project.graph(project.library()).renders.values()
    except SorasyncError:
        return
    if (found := boxes(project, (render.prompt for render in renders))) is not None:
        yield Check("fonts", Level.WARNING, *found)


def _used_models(project: Project) -> tuple[dict[str, dict[str, set[str]]], Check | None]:
    """The models that the manifests use at each host, with their sizes; what is wrong with the manifests."""
    found: dict[str, dict[str, set[str]]] = {}
    try:
        graph = project.graph(project.library())
    except SorasyncError as error:
        return found, Check("manifests", Level.ERROR, error.message, "sorasync validate")
    for render in graph.renders.values():
        if render.model:
            found.setdefault(render.provider, {}).setdefault(render.model, set()).add(render.size)
    return found, None


def _ask(host: Host) -> ProbedHost | Check:
    try:
        return asyncio.run(_probe(host))
    except SorasyncError as error:
        return Check("provider", Level.ERROR, error.message, error.hint)


async def _probe(host: Host) -> ProbedHost:
    from sorasync.provider.probe import probe
    from sorasync.provider.tls import certificate

    async with host.client() as provider:
        facts = await probe(provider)
    base_url = host.profile.base_url
    return ProbedHost(facts, await certificate(base_url) if base_url else None)


def listed(names: Iterable[str], most: int = 5) -> str:
    """Names for a sentence, cut short where there are many."""
    return and_more(sorted(names), most)
