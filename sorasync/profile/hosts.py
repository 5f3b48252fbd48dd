"""The hosts of a library: its default and others, by the names that manifests and records give them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from sorasync.profile.profile import Profile

# What manifests call the host of `[provider]`.
DEFAULT_HOST: Final = "default"


@dataclass(frozen=True, slots=True)
class Hosts:
    """The profile of each host. `others` are those of `[providers.NAME]` by that name.

    A render and a change say where they go by the profile's `provider_name`, "" being the default; so do
    records, which always have it in full. A name that is not among the others means the default: an
    environment whose default draws for nothing draws everything.
    """

    default: Profile
    others: Mapping[str, Profile] = field(default_factory=dict)
    # The hosts that are tried in turn, by the name of the route.
    routes: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def several(self) -> bool:
        """Whether there is more than one."""
        return bool(self.others)

    @property
    def listed(self) -> dict[str, str]:
        """Each of several hosts as records name it, by the name that manifests give it; else nothing."""
        return {name: profile.provider_name for name, profile in self} if self.several else {}

    def __iter__(self) -> Iterator[tuple[str, Profile]]:
        """Every host by the name that manifests choose it by, the default first."""
        yield DEFAULT_HOST, self.default
        yield from self.others.items()

    def named(self, name: str | None) -> Profile:
        """The host that a manifest chooses by that name, the first of a route; None chooses none."""
        return self.along(name)[0]

    def along(self, name: str | None) -> list[Profile]:
        """The hosts of a route in turn, or the one that a manifest chooses by that name."""
        if name is None or not self.others:
            return [self.default]
        return [self.others.get(one, self.default) for one in self.routes.get(name, (name,))]

    def at(self, provider: str) -> Profile:
        """The host that a render or a change is for. Raises `KeyError`."""
        if (found := self.find(provider)) is None:
            raise KeyError(provider)
        return found

    def find(self, provider: str) -> Profile | None:
        """The host that a record is of, None where the library has it no more."""
        if not provider or provider == self.default.provider_name:
            return self.default
        return next((one for one in self.others.values() if one.provider_name == provider), None)

    def short(self, provider: str) -> str:
        """The `provider` of a render or a change at the host that a record is of: the default is ""."""
        return "" if provider == self.default.provider_name else provider

    def where(self, profile: Profile) -> str:
        """The `provider` of a render at the host of that profile."""
        return "" if profile is self.default else self.short(profile.provider_name)

    def word(self, provider: str) -> str:
        """What people call a host: its name in the configuration, or all of it where it has none there."""
        found = self.find(provider)
        return next((name for name, one in self if one is found), provider)
