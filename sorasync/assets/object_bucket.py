"""A bucket by its plain operations, over obstore: S3 and what speaks like it, GCS, Azure, and a directory.

Every method blocks on the network and raises `ArchiveError`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from sorasync.assets.archive import ArchiveError, NotArchived
from sorasync.assets.bucket_errors import explain_bucket_error
from sorasync.assets.bucket_url import BucketUrl
from sorasync.assets.disk import sync_file
from sorasync.durable import sync_directory

if TYPE_CHECKING:
    from obstore.store import ObjectStore

# How often a request is sent again that failed for no reason of its own.
RETRIES = 3
# Bytes of one part of an upload, and how many are on their way at a time: what an upload takes of memory.
PIECE = 8 << 20
_AT_ONCE = 3
# What a store that has no native copy "unless it exists" is asked for.
_R2_COPY = "header-with-status:cf-copy-destination-if-none-match:*:412"


@dataclass(frozen=True, slots=True)
class BucketEntry:
    """An object: its path below the prefix, its bytes, and when it was written, by the store's clock."""

    path: str
    size: int
    modified: float


class ObjectBucket:
    """The objects below one prefix."""

    def __init__(self, url: BucketUrl) -> None:
        self.url = url

    @cached_property
    def _store(self) -> ObjectStore:
        _ = self._client
        return _open_store(self.url)

    @cached_property
    def _client(self) -> ModuleType:
        try:
            import obstore
            import obstore.exceptions
            import obstore.store

            return obstore
        except ImportError:
            from sorasync.installed import install_command, missing_extra

            raise ArchiveError(
                missing_extra("a bucket", "team"),
                hint=install_command("team"),
                lasting=True,
            ) from None

    def put(self, path: str, data: bytes, *, replace: bool = False) -> bool:
        """Write a small object; False if it is there already and is not to be replaced."""
        mode: Any = "overwrite" if replace else "create"
        with self._explained("write"):
            try:
                self._client.put(self._store, path, data, mode=mode, use_multipart=False)
            except self._client.exceptions.AlreadyExistsError:
                return False
        self._make_durable(path)
        return True

    def put_stream(self, path: str, pieces: Iterator[bytes]) -> None:
        """Write an object of any length; it is there whole or not at all, also where `pieces` raises."""
        with self._explained("write"):
            self._client.put(
                self._store, path, pieces, use_multipart=True, chunk_size=PIECE, max_concurrency=_AT_ONCE
            )

    def copy(self, source: str, target: str, *, replace: bool = False) -> bool:
        """Copy an object within the bucket; False if the target is there and is not to be replaced."""
        with self._explained("copy objects"):
            try:
                self._client.copy(self._store, source, target, overwrite=replace)
            except self._client.exceptions.AlreadyExistsError:
                return False
        self._make_durable(target)
        return True

    def entry(self, path: str) -> BucketEntry | None:
        """An object's facts; None if there is none."""
        with self._explained("read"):
            try:
                facts = self._client.head(self._store, path)
            except FileNotFoundError as error:
                self._refuse_without_bucket(error)
                return None
        return _entry(facts)

    def read(self, path: str) -> Iterator[bytes]:
        """The bytes of an object. Raises `NotArchived`."""
        with self._explained("read"):
            try:
                answer = self._client.get(self._store, path)
            except FileNotFoundError as error:
                self._refuse_without_bucket(error)
                raise NotArchived(f"{path} is not in {self.url.name}") from None
            for piece in answer.stream(min_chunk_size=1 << 20):
                yield bytes(piece)

    def listing(self, directory: str) -> Iterator[BucketEntry]:
        """Every object in a directory and below."""
        with self._explained("list objects"):
            try:
                for page in self._client.list(self._store, prefix=directory, chunk_size=1000):
                    yield from map(_entry, page)
            except FileNotFoundError as error:
                self._refuse_without_bucket(error)

    def delete(self, paths: Sequence[str]) -> None:
        """Delete objects; those that are gone already are fine."""
        if not paths:
            return
        with self._explained("delete"):
            if self.url.scheme == "s3":
                # One request for a thousand of them, which minds none that is gone.
                self._client.delete(self._store, list(paths))
                return
            for path in paths:
                try:
                    self._client.delete(self._store, path)
                except FileNotFoundError as error:
                    self._refuse_without_bucket(error)

    @contextmanager
    def _explained(self, doing: str) -> Iterator[None]:
        known = self._client.exceptions.BaseError
        try:
            yield
        except (known, OSError) as error:
            raise explain_bucket_error(error, self.url, doing) from None

    def _refuse_without_bucket(self, error: Exception) -> None:
        """A missing bucket is no missing object."""
        found = explain_bucket_error(error, self.url, "read")
        if found.lasting:
            raise found from None
        if self.url.scheme == "file" and not Path(self.url.prefix).is_dir():
            raise _no_directory(self.url) from None

    def _make_durable(self, path: str) -> None:
        """A directory of this machine is synced; a bucket answers when an object is safe."""
        if self.url.scheme != "file":
            return
        file = Path(self.url.prefix) / path
        sync_file(file)
        sync_directory(file.parent)


def _entry(facts: Any) -> BucketEntry:
    return BucketEntry(facts["path"], facts["size"], facts["last_modified"].timestamp())


def _open_store(url: BucketUrl) -> ObjectStore:
    from obstore.store import AzureStore, GCSStore, LocalStore, S3Store

    options: Any = {
        "retry_config": {
            "max_retries": RETRIES,
            "retry_timeout": timedelta(seconds=60),
            "backoff": {"init_backoff": timedelta(milliseconds=100), "max_backoff": timedelta(seconds=5)},
        },
        "client_options": {
            "allow_http": (url.endpoint or _endpoint_of_environment()).startswith("http://"),
            "connect_timeout": "10s",
            "read_timeout": "60s",
            "timeout": "1h",
        },
    }
    given: dict[str, Any] = {"prefix": url.prefix} if url.prefix else {}
    if url.endpoint:
        given["endpoint"] = url.endpoint
    match url.scheme:
        case "file":
            if not Path(url.prefix).is_dir():
                raise _no_directory(url)
            return LocalStore(url.prefix)
        case "gs":
            return GCSStore(url.bucket, **given, **options)
        case "az":
            if url.account:
                given["account_name"] = url.account
            return AzureStore(url.bucket, **given, **options)
    if url.region:
        given["region"] = url.region
    is_r2 = ".r2.cloudflarestorage.com" in (url.endpoint or "")
    copying: Any = _R2_COPY if is_r2 else "multipart"
    return S3Store(url.bucket, copy_if_not_exists=copying, **given, **options)


def _endpoint_of_environment() -> str:
    return os.environ.get("AWS_ENDPOINT_URL", os.environ.get("AWS_ENDPOINT", ""))


def _no_directory(url: BucketUrl) -> ArchiveError:
    return ArchiveError(
        f"there is no directory {url.prefix}",
        hint="mount the disk it is on, or create it: nothing is written while it is not mounted",
        lasting=True,
    )
