"""Reads `sorasync.toml`: environments, placeholders in the defaults, and errors with positions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sorasync.library_file import CONFIG_FILE
from sorasync.manifest.config import DEFAULT_ASSETS, ENV_NAME, Config, default_state
from sorasync.manifest.declare import syntax_faults
from sorasync.manifest.diagnostic import ManifestError
from sorasync.manifest.faults import Fault, Locator
from sorasync.manifest.files import FileFault, LibraryFiles
from sorasync.manifest.suggest import listed, nearest, shown
from sorasync.manifest.template import substitute, variable_faults
from sorasync.manifest.validate import validate
from sorasync.profile.hosts import DEFAULT_HOST
from sorasync.toml.parse import TomlError, copied, parse
from sorasync.toml.positions import TomlPath

_PROVIDER_KEYS = frozenset({"profile", "base_url", "api_key_env", "api_key_command", "budget"})
_HOST_KEYS = _PROVIDER_KEYS | {"prices"}
_PASSWORD = re.compile(r"^\w+://[^/?#]*:[^/?#]*@|[?&]password=")
_CREDENTIAL = re.compile(r"(?i)^\w+://[^/?#]*@|[?&][\w-]*(key|token|secret|sig|signature|password|sas)=")
_SCHEMA = re.compile(r"[?&]schema=[^&]")
_SECRET_KEY = re.compile(r"(?i)^(api[_-]?)?(key|token|secret|password)$")


def read_config(root: Path, env: str | None) -> Config:
    """The configuration of the library at `root`. Raises `ManifestError`."""
    files = LibraryFiles(root)
    locator = Locator(files.text_or_none)
    try:
        raw = parse(files.text(CONFIG_FILE))
    except FileFault as fault:
        raise ManifestError(locator.diagnostics([fault.at(CONFIG_FILE)])) from None
    except TomlError as error:
        raise ManifestError(locator.diagnostics(syntax_faults(CONFIG_FILE, error))) from None
    config, faults = build_config(raw, env, files.root.name)
    if config is None or faults:
        raise ManifestError(locator.diagnostics(faults))
    return config


def sound_config(root: Path, env: str | None) -> Config | None:
    """What no fault touches of a configuration, None where too little is left."""
    files = LibraryFiles(root)
    try:
        raw = parse(files.text(CONFIG_FILE))
    except (FileFault, TomlError):
        return None
    return build_config(raw, env, files.root.name)[0]


def build_config(raw: dict[str, Any], env: str | None, directory: str) -> tuple[Config | None, list[Fault]]:
    """The configuration in the values of `sorasync.toml`, and the faults of it and of every environment.

    `directory` is what a library without a name is called, bytes that are no text as `?`. Pure.
    """
    envs, faults = _environments(raw.pop("env", {}))
    directory = directory.encode(errors="replace").decode()
    base, found = _one(raw, {}, None, directory)
    faults += found
    chosen: Config | None = base
    for name, overlay in envs.items():
        config, found = _one(raw, overlay, name, directory)
        faults += found
        if name == env:
            chosen = config
    if env is not None and env not in envs:
        faults.append(_unknown_env(env, envs))
    return chosen, faults


def _environments(table: object) -> tuple[dict[str, dict[str, Any]], list[Fault]]:
    if not isinstance(table, dict):
        return {}, [Fault("S104", f"`env` must be a table, not {shown(table)}", CONFIG_FILE, ("env",))]
    envs, faults = {}, []
    for name, overlay in table.items():
        path = ("env", name)
        if not re.fullmatch(ENV_NAME, name):
            expected = "letters, digits, - and _, at most 32"
            message = f"{shown(name)} cannot be the name of an environment"
            faults.append(Fault("S116", message, CONFIG_FILE, path, expected, on_key=True))
        elif not isinstance(overlay, dict):
            faults.append(Fault("S104", f"`{name}` must be a table, not {shown(overlay)}", CONFIG_FILE, path))
        elif "env" in overlay:
            faults.append(
                Fault(
                    "S103",
                    "an environment cannot contain environments",
                    CONFIG_FILE,
                    (*path, "env"),
                    on_key=True,
                )
            )
        else:
            envs[name] = overlay
    return envs, faults


def _unknown_env(env: str, envs: dict[str, dict[str, Any]]) -> Fault:
    expected = listed(envs) if envs else f"an [env.NAME] in {CONFIG_FILE}, which has none"
    return Fault(
        "S117",
        f"there is no environment {shown(env)}",
        CONFIG_FILE,
        ("env",),
        expected,
        nearest(env, envs),
        on_key=True,
    )


def _one(
    raw: dict[str, Any], overlay: dict[str, Any], env: str | None, directory: str
) -> tuple[Config | None, list[Fault]]:
    def place(loc: TomlPath) -> tuple[str, TomlPath, str | None]:
        path = tuple(part for part in loc if part != "[key]")
        if "overrides" in path[1:3] and path[0] in ("provider", "providers"):
            path = tuple(part for part in path if part != "overrides")
        return CONFIG_FILE, _where(path, overlay, env), None

    merged = _merge(copied(raw), overlay)
    faults = list(_secrets(merged.get("provider"), ("provider",), place))
    others = merged.get("providers")
    for name, table in others.items() if isinstance(others, dict) else ():
        faults += _secrets(table, ("providers", name), place)
    faults += _shared_state(merged, place)
    faults += _shared_assets(merged, place)
    merged.setdefault("library", {"name": directory or "library"})
    if isinstance(merged["library"], dict):
        merged["library"].setdefault("name", directory or "library")
    if env is not None:
        # One database serves every environment: each has a schema of its own there.
        if not _is_shared(_state_url(merged)):
            _default(merged, "state", "url", overlay, default_state(env))
        _default(merged, "assets", "path", overlay, f"{DEFAULT_ASSETS}-{env}")
    given = merged.get("provider")
    named = isinstance(given, dict) and "profile" in given
    merged["provider"] = _split(given, _PROVIDER_KEYS)
    if isinstance(others, dict):
        merged["providers"] = {name: _split(table, _HOST_KEYS) for name, table in others.items()}
    faults += _resolve_defaults(merged, place)
    config, found, _ = validate(Config, merged | {"env": env}, place)
    if config is not None:
        faults += _host_faults(config, place, named=named)
    return config, faults + [_hidden(fault) for fault in found]


def _host_faults(config: Config, place: Any, *, named: bool) -> Iterator[Fault]:
    """Names of hosts that are not there or cannot be told from others."""

    def at(*path: str) -> tuple[str, TomlPath]:
        file, found, _ = place(path)
        return file, found

    if config.providers and not named:
        message = "`providers` needs a [provider] with a `profile`: it renders what names no other host"
        yield Fault("S112", message, *at("providers"), expected='[provider] profile = "…"', on_key=True)
    if DEFAULT_HOST in config.providers:
        message = f"`{DEFAULT_HOST}` is the host of [provider]"
        yield Fault("S116", message, *at("providers", DEFAULT_HOST), expected="another name", on_key=True)
    for route, turns in config.route.items():
        if route == DEFAULT_HOST or route in config.providers:
            message = f"`{route}` is already the name of a host"
            yield Fault("S105", message, *at("route", route), expected="another name", on_key=True)
        file, path = at("route", route, "prefer")
        for turn, host in enumerate(turns.prefer):
            if host != DEFAULT_HOST and host not in config.providers:
                yield no_such_host(config, host, file, (*path, turn), hosts_only=True)
            elif host in turns.prefer[:turn]:
                yield Fault("S105", f"`{host}` is in the route twice", file, (*path, turn))
    if (name := config.defaults.provider) is not None and not has_host(config, name):
        yield no_such_host(config, name, *at("defaults", "provider"))
    for model, meant in config.models.items():
        if meant.provider is not None and not has_host(config, meant.provider):
            yield no_such_host(config, meant.provider, *at("models", model, "provider"))


def has_host(config: Config, name: str) -> bool:
    """Whether a manifest may choose a host, or a route over several, by that name."""
    return name == DEFAULT_HOST or name in config.providers or name in config.route


def no_such_host(
    config: Config,
    name: str,
    file: str,
    path: TomlPath,
    address: str | None = None,
    *,
    hosts_only: bool = False,
) -> Fault:
    """The fault of a name that no host has, and no route."""
    routes = () if hosts_only else sorted(config.route)
    names = [DEFAULT_HOST, *sorted(config.providers), *routes]
    message = f"there is no [providers.{name}] in {CONFIG_FILE}"
    return Fault("S107", message, file, path, listed(names), nearest(name, names), address)


def _state_url(merged: dict[str, Any]) -> str:
    state = merged.get("state")
    url = state.get("url") if isinstance(state, dict) else None
    return url if isinstance(url, str) else ""


def _is_shared(url: str) -> bool:
    return url.startswith(("postgresql://", "postgres://"))


def _shared_state(merged: dict[str, Any], place: Any) -> Iterator[Fault]:
    """What is wrong with the URL of a state in PostgreSQL, or missing beside it."""
    url = _state_url(merged)
    if not _is_shared(url):
        return
    at = place(("state", "url"))
    if _PASSWORD.search(url):
        yield _secret_in_url(at, "a password", "it", "PGPASSWORD, ~/.pgpass or a service file")
    if not _SCHEMA.search(url):
        yield from _name_missing(merged, at, "a state in PostgreSQL", ", or ?schema=… in the URL")


def _shared_assets(merged: dict[str, Any], place: Any) -> Iterator[Fault]:
    """What is wrong with the URL of a bucket, or missing beside it."""
    assets = merged.get("assets")
    url = assets.get("url") if isinstance(assets, dict) else None
    if not isinstance(url, str):
        return
    at = place(("assets", "url"))
    if _CREDENTIAL.search(url):
        expected = "the environment, such as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        yield _secret_in_url(at, "credentials", "them", expected)
    yield from _name_missing(merged, at, "a bucket", "")


def _secret_in_url(at: Any, what: str, it: str, expected: str) -> Fault:
    file, path, _ = at
    message = f"{what} must not be in {CONFIG_FILE}; everyone who can read the file knows {it} now"
    return Fault("S103", message, file, path, expected, secret=True)


def _name_missing(merged: dict[str, Any], at: Any, what: str, otherwise: str) -> Iterator[Fault]:
    """A fault where a shared place could not tell this library from another one."""
    library = merged.get("library")
    if isinstance(library, dict) and "name" in library:
        return
    file, path, _ = at
    message = f"{what} needs the library's name: another clone's directory may have another one"
    yield Fault("S104", message, file, path, f'name = "…" in [library]{otherwise}')


def _where(path: TomlPath, overlay: dict[str, Any], env: str | None) -> TomlPath:
    """The path in the file: inside the environment's table if the value comes from there."""
    at: Any = overlay
    for part in path:
        if isinstance(at, dict) and part in at:
            at = at[part]
        elif isinstance(at, list):
            break
        else:
            return path
    return ("env", env, *path) if env is not None else path


def _merge(base: dict[str, Any], overlay: dict[str, Any]) -> dict[str, Any]:
    for key, value in overlay.items():
        before = base.get(key)
        both = isinstance(before, dict) and isinstance(value, dict)
        base[key] = _merge(before, value) if both else copied(value)  # type: ignore[arg-type]
    return base


def _default(merged: dict[str, Any], table: str, key: str, overlay: dict[str, Any], value: str) -> None:
    """Give the environment its own path, unless it sets one."""
    own = overlay.get(table)
    if isinstance(own, dict) and key in own:
        return
    if isinstance(merged.setdefault(table, {}), dict):
        merged[table][key] = value


def _split(table: object, known: frozenset[str]) -> Any:
    """The table of a host with its changes to the profile below `overrides`."""
    if not isinstance(table, dict):
        return {} if table is None else table
    own = {key: value for key, value in table.items() if key in known or key.startswith("x-")}
    rest = {key: table[key] for key in table.keys() - own.keys() if not _SECRET_KEY.match(key)}
    return own | {"overrides": {key: rest[key] for key in table if key in rest}}


def _secrets(provider: object, at: TomlPath, place: Any) -> Iterator[Fault]:
    for key in provider if isinstance(provider, dict) else ():
        if _SECRET_KEY.match(key):
            file, path, _ = place((*at, key))
            yield Fault(
                "S103",
                f"an API key must not be in {CONFIG_FILE}; everyone who can read the file knows it now",
                file,
                path,
                "api_key_env, the name of the environment variable that holds it",
                "api_key_env",
                on_key=True,
                secret=True,
            )


def _resolve_defaults(merged: dict[str, Any], place: Any) -> list[Fault]:
    variables = merged.get("vars", {})
    if not isinstance(variables, dict):
        return []
    faults = list(variable_faults(variables, CONFIG_FILE, lambda name: place(("vars", name))[1]))
    if isinstance(defaults := merged.get("defaults"), dict):
        merged["defaults"], problems = substitute(defaults, variables)
        faults += [
            problem.fault(CONFIG_FILE, place(("defaults", *problem.path))[1], variables)
            for problem in problems
        ]
    return faults


# Keys whose values may hold a password although they must not.
_ADDRESSES = (("state", "url"), ("assets", "url"))


def _hidden(fault: Fault) -> Fault:
    """The fault without the value of a URL, which may contain a password."""
    hidden = fault.path and (fault.path[-1] == "base_url" or fault.path[-2:] in _ADDRESSES)
    if hidden and fault.code == "S104" and not fault.secret:
        return Fault(
            fault.code,
            f"`{fault.path[-1]}` must be {fault.expected}",
            fault.file,
            fault.path,
            fault.expected,
            secret=True,
        )
    return fault
