"""The provider's checks, from what it said about itself. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime

from sorasync.doctor.checks import Check, Level, ProbedHost, listed
from sorasync.operations.library_host import Host
from sorasync.provider.errors import AuthFailed
from sorasync.provider.probe import HostFacts, Reached

# Seconds.
_SKEW_WARNS = 10.0
_CERTIFICATE_WARNS = 14 * 86400.0
_SLOW = 5.0
_RESENDS = {
    "LiteLLM": "set litellm_settings.num_retries: 0 there: by default it sends a create again by itself "
    "after 500 and 429, and each one is paid",
}


def host_checks(host: Host, probed: ProbedHost, models: Iterable[str]) -> Iterator[Check]:
    """Every check of a host."""
    facts = probed.facts
    yield from _tls(host, probed)
    if facts.failure is not None:
        error = facts.failure
        name = "key" if isinstance(error, AuthFailed) else "reachable"
        yield Check(name, Level.ERROR, error.message, error.hint)
        return
    assert facts.first is not None
    if facts.first.status < 300 and not facts.first.readable and facts.asked != "root":
        yield _another(host, facts.first)
        return
    yield _reached(facts.first)
    yield _clock(facts)
    yield _check_api_key(host, facts)
    if facts.first.status not in (401, 403):
        yield from _list(host, facts)
        yield from _check_models(facts, models)
        yield from _routes(host, facts)
    yield from _gateway(facts)
    if facts.sunset:
        yield Check("sunset", Level.WARNING, f"the host announces its shutdown: {facts.sunset}")


def _tls(host: Host, probed: ProbedHost) -> Iterator[Check]:
    url, certificate = host.profile.base_url, probed.certificate
    if url is None:
        return
    if url.startswith("http://"):
        local = any(url.startswith(f"http://{name}") for name in ("127.", "localhost", "[::1]"))
        level = Level.OK if local else Level.WARNING
        yield Check(
            "tls",
            level,
            "not encrypted" + (", on this machine" if local else ": anyone in between can read the key"),
        )
    elif certificate is not None and certificate.fault is not None:
        yield Check("tls", Level.ERROR, f"the certificate cannot be trusted: {certificate.fault}")
    elif certificate is not None and certificate.expires_at is not None:
        left = certificate.expires_at - host.clock.now()
        day = datetime.fromtimestamp(certificate.expires_at, UTC).date()
        level = Level.WARNING if left < _CERTIFICATE_WARNS else Level.OK
        yield Check("tls", level, f"the certificate is valid until {day}")


def _reached(first: Reached) -> Check:
    level = Level.WARNING if first.took > _SLOW else Level.OK
    if first.status >= 500:
        hint = "its log may say why" if not first.said else None
        said = f": {first.said}" if first.said else ""
        return Check("reachable", Level.ERROR, f"it answers {first.status}{said}", hint)
    return Check("reachable", level, f"it answers in {first.took * 1000:.0f} ms")


def _another(host: Host, first: Reached) -> Check:
    """Something answers at the address, a web page as a rule, but not this API."""
    kind = first.headers.get("content-type", "").partition(";")[0].strip()
    sent = f" of the type {kind}" if kind else ""
    message = f"it answers {first.status} with a body{sent} that is not JSON: this is not the API"
    return Check("reachable", Level.ERROR, message, _address_hint(host))


def _address_hint(host: Host) -> str:
    return f"is {host.profile.base_url} right, /v1 included, and the profile the right one?"


def _clock(facts: HostFacts) -> Check:
    if facts.skew is None:
        return Check("clock", Level.UNKNOWN, "its answers have no time")
    off = abs(facts.skew)
    where = "ahead of" if facts.skew > 0 else "behind"
    if off < _SKEW_WARNS:
        return Check("clock", Level.OK, "its clock agrees with this machine")
    return Check(
        "clock",
        Level.WARNING,
        f"its clock is {off:.0f} s {where} ours",
        "set this machine's clock: sorasync corrects the host's times, but not those in the history",
    )


def _check_api_key(host: Host, facts: HostFacts) -> Check:
    assert facts.first is not None
    first = facts.first
    auth = host.profile.auth
    variable = host.key_env
    if auth.header == "none":
        return Check("key", Level.OK, "the host needs none")
    if first.status in (401, 403):
        said = f": {first.said}" if first.said else ""
        return Check(
            "key", Level.ERROR, f"refused with {first.status}{said}", f"put a valid key into {variable}"
        )
    if not auth.required and host.api_key() is None:
        return Check("key", Level.OK, "none is set, and the host needs none")
    if facts.asked == "root":
        return Check("key", Level.UNKNOWN, "not known: the host has no free request that needs it")
    if first.status == 405 or (first.status == 404 and host.profile.can("list")):
        return Check("key", Level.UNKNOWN, "not known: the route to check it with does not exist")
    if first.status >= 300 and first.status != 404:
        said = f": {first.said}" if first.said else ""
        return Check("key", Level.WARNING, f"may not be accepted: the host answers {first.status}{said}")
    return Check("key", Level.OK, f"the key of {variable} is accepted")


def _list(host: Host, facts: HostFacts) -> Iterator[Check]:
    abilities = host.profile.abilities
    if host.profile.settle in ("own_id", "replay"):
        yield Check("list", Level.OK, "not needed: sorasync finds a lost job by the id that it chose")
        return
    if not host.profile.can("list"):
        yield Check(
            "list",
            Level.WARNING,
            "it has no list: an answer that is lost has to be settled by hand",
            "see `sorasync resolve`",
        )
        return
    if facts.jobs is None:
        path = host.profile.routes.list or ""
        status = facts.list_status or 0
        said = "with a body that is not a list" if status < 300 else str(status)
        yield Check("list", Level.ERROR, f"GET {path} answers {said}", _address_hint(host))
        return
    if not facts.jobs:
        yield Check("list", Level.UNKNOWN, "it works, and is empty: what it reports of jobs is not known yet")
        return
    silent = abilities.list_returns_prompts and all(job.prompt is None for job in facts.jobs)
    if silent:
        yield Check(
            "list",
            Level.WARNING,
            "it works, but reports no prompts: lost answers cannot be settled with it",
            "set abilities.list_returns_prompts = false",
        )
    else:
        yield Check("list", Level.OK, f"it works, and is {abilities.list} according to the profile")
    if facts.next_page is False:
        yield Check(
            "list pages", Level.WARNING, "its second page repeats the first", 'set abilities.list = "partial"'
        )


def _check_models(facts: HostFacts, models: Iterable[str]) -> Iterator[Check]:
    used = set(models)
    if facts.models is None:
        yield Check("models", Level.UNKNOWN, "it does not list its models")
        return
    missing = used - set(facts.models)
    if missing:
        hint = f"it lists {listed(facts.models)}" if facts.models else "its list of models is empty"
        yield Check("models", Level.WARNING, f"it does not list {listed(missing)}", hint)
    else:
        yield Check("models", Level.OK, f"it lists {listed(used or facts.models)}")


def _routes(host: Host, facts: HostFacts) -> Iterator[Check]:
    groups: dict[bool | None, list[str]] = {}
    for name, there in _without_spares(facts.routes).items():
        groups.setdefault(there, []).append(name)
    how = "by its OpenAPI description" if facts.described else "by its answer to a GET"
    if found := groups.get(True):
        yield Check("routes", Level.OK, f"there {how}: {listed(found, 9)}")
    if missing := groups.get(False):
        yield Check(
            "routes",
            Level.WARNING,
            f"not there {how}: {listed(missing, 9)}",
            f'set them to "" under [{host.table[1:-1]}.routes], so that plans refuse what needs them',
        )
    if open_ones := groups.get(None):
        yield Check("routes", Level.UNKNOWN, f"cannot be checked without paying: {listed(open_ones, 9)}")


def _without_spares(routes: Mapping[str, bool | None]) -> dict[str, bool | None]:
    """Forms of the edit route that are missing do not matter where another one is there."""
    edits = {name: there for name, there in routes.items() if name.startswith("edit ")}
    if any(edits.values()):
        return {name: there for name, there in routes.items() if there or name not in edits}
    return dict(routes)


def _gateway(facts: HostFacts) -> Iterator[Check]:
    if facts.gateway is None:
        return
    hint = _RESENDS.get(facts.gateway)
    level = Level.WARNING if hint else Level.OK
    yield Check("gateway", level, f"{facts.gateway} is in between", hint)
