"""The host of a profile as its client reaches it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from sorasync.profile.job import JobProfile
    from sorasync.profile.parts import Abilities, HostFields
    from sorasync.profile.profile import Profile

# The base URL of a server inside this process; no such host exists.
IN_PROCESS_URL = "http://preview.invalid/v1"


@dataclass(frozen=True, slots=True)
class ProviderHost:
    """A profile with the variable that holds the key, and the routes that are used.

    `routes` maps route names to paths below the base URL, `{id}` for an id; a missing one is not supported.
    `edits` are the forms of the edit route to try in order.
    """

    profile: Profile
    key_env: str
    routes: Mapping[str, str]
    edits: tuple[str, ...] = ()
    # The operations of a host of the job family, None for one of the Videos API.
    job: JobProfile | None = None

    @classmethod
    def of(cls, profile: Profile, key_env: str | None = None) -> Self:
        """The host of a profile; `key_env` is another variable for its key than the profile's own."""
        routes = {name: path for name, path in profile.routes if isinstance(path, str)}
        return cls(profile, key_env or profile.auth.env, routes, profile.routes.edit, profile.job)

    @property
    def name(self) -> str:
        """The profile's name."""
        return self.profile.name

    @property
    def base_url(self) -> str:
        """The API's root, without a slash at its end."""
        return (self.profile.base_url or IN_PROCESS_URL).rstrip("/")

    @property
    def fields(self) -> HostFields:
        """The host's names for what requests say."""
        return self.profile.fields

    @property
    def abilities(self) -> Abilities:
        """What it does beyond having a route."""
        return self.profile.abilities

    @property
    def keeps_jobs(self) -> bool:
        """Whether a job can be asked for later; else the answer to a paid request is all there ever is."""
        return "get" in self.routes

    @property
    def jobs_are_paths(self) -> bool:
        """Whether the id of a job is a path below the base URL."""
        return self.job is not None and self.job.jobs_are_paths

    def for_stills(self) -> Self:
        """The same host as it answers for stills: with the picture itself, and nothing to ask for later."""
        return replace(self, routes={}, edits=())
