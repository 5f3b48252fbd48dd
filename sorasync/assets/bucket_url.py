"""The URL of a bucket: `s3://films/harbour?region=eu-north-1`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from sorasync.assets.archive import ArchiveError

EXAMPLE = "s3://films/harbour?region=eu-north-1"

# What may stand behind the question mark, by scheme.
_OPTIONS = {
    "s3": ("region", "endpoint"),
    "gs": (),
    "az": ("account", "endpoint"),
    "file": (),
}
_BUCKET = re.compile(r"[a-z0-9][a-z0-9._-]{1,221}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class BucketUrl:
    """Where objects are: `bucket` is empty for a directory, whose path is `prefix`."""

    scheme: str
    bucket: str
    prefix: str
    region: str | None = None
    endpoint: str | None = None
    account: str | None = None

    @property
    def name(self) -> str:
        """What messages call it."""
        return f"{self.scheme}://{self.bucket}{'/' if self.bucket and self.prefix else ''}{self.prefix}"


def parse_bucket_url(url: str) -> BucketUrl:
    """The parts of a bucket's URL. Raises `ArchiveError` for one that cannot be used."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise _unusable(str(error)) from None
    if parts.scheme not in _OPTIONS:
        raise _unusable(f"it starts with none of {', '.join(f'{one}://' for one in _OPTIONS)}")
    if "@" in parts.netloc:
        raise ArchiveError(
            "the URL of the assets contains a user or a password",
            hint="remove them from [assets] url: credentials come from the environment",
            lasting=True,
        )
    if parts.fragment:
        raise _unusable("a fragment (#) is not allowed")
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    for name, value in options.items():
        if name not in _OPTIONS[parts.scheme] or not value:
            known = ", ".join(_OPTIONS[parts.scheme]) or "none"
            raise _unusable(f"?{name}= is not an option; the options of {parts.scheme}:// are: {known}")
    if parts.scheme == "file":
        return _directory(parts.netloc, unquote(parts.path))
    return _bucket(parts.scheme, parts.netloc, parts.path, options)


def _directory(host: str, path: str) -> BucketUrl:
    if host or not Path(path).is_absolute() or ".." in Path(path).parts or path.strip("/") == "":
        raise _unusable("give the absolute path of the directory, as in file:///mnt/films/harbour")
    return BucketUrl("file", "", str(Path(path)))


def _bucket(scheme: str, bucket: str, path: str, options: dict[str, str]) -> BucketUrl:
    prefix = unquote(path).strip("/")
    if not _BUCKET.fullmatch(bucket):
        raise _unusable(f"{bucket!r} is not the name of a bucket")
    if any(part in ("", ".", "..") or not part.isprintable() for part in prefix.split("/") if prefix):
        raise _unusable("the part after the bucket is not a plain path")
    endpoint = options.get("endpoint")
    if endpoint is not None and not re.fullmatch(r"https?://[^/?#@\s]+(/[^?#\s]*)?", endpoint):
        raise _unusable("?endpoint= is an address such as https://minio.example:9000")
    return BucketUrl(scheme, bucket, prefix, options.get("region"), endpoint, options.get("account"))


def _unusable(why: str) -> ArchiveError:
    return ArchiveError(f"[assets] url cannot be used: {why}", hint=f'write url = "{EXAMPLE}"', lasting=True)
