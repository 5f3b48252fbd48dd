"""The limits of hosts that an apply keeps together with those on other machines."""

from __future__ import annotations

from sorasync.apply.events import Reporter
from sorasync.apply.group_commit import GroupCommit
from sorasync.apply.render.shared_limits import SharedLimits
from sorasync.operations.library_host import Host
from sorasync.operations.project import Project
from sorasync.state.errors import StateError
from sorasync.state.host_limits import HostLimits
from sorasync.state.store import Store


def team_limits(project: Project, store: Store, holder: str, reporter: Reporter) -> HostLimits | None:
    """The shared limits, None where there is one machine only or no host says what it takes.

    `holder` is what the apply is called in the state.
    """
    if not store.shared or not any(map(_is_limited, project.every_host())):
        return None
    limits = HostLimits(store, f"{project.owner} {holder}")
    try:
        limits.prepare()
    except StateError as error:
        reporter.notice(
            f"the limits of hosts are not shared with other machines: {error.message}; see docs/team.md"
        )
        return None
    return limits


def limits_at(host: Host, limits: HostLimits | None, commits: GroupCommit) -> SharedLimits | None:
    """Those of one host. Accounts are told apart by the environment variable that holds their key."""
    if limits is None or not _is_limited(host):
        return None
    account = f"{host.profile.base_url} {host.key_env}"
    return SharedLimits(limits, account, host.profile.rate, commits, host.clock)


def _is_limited(host: Host) -> bool:
    """Whether the host says what it takes, and is the same one for all machines."""
    rate = host.profile.rate
    return host.profile.base_url is not None and (rate.in_flight or rate.creates_per_minute) is not None
