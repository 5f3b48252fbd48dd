"""What an error of an object store means, in one sentence, with the way out and nothing secret."""

from __future__ import annotations

import re

from sorasync.assets.archive import ArchiveError
from sorasync.assets.bucket_url import BucketUrl

_RIGHTS = "docs/assets.md lists the rights that sorasync needs: get, put, delete and list below the prefix"
_CREDENTIALS = {
    "s3": "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN for temporary ones)",
    "gs": "set GOOGLE_APPLICATION_CREDENTIALS to the file of a service account",
    "az": "set AZURE_STORAGE_ACCOUNT_KEY, or AZURE_STORAGE_CLIENT_ID and the related variables",
    "file": "grant this user access to the directory",
}
_NO_CREDENTIALS = re.compile(r"169\.254\.|metadata\.google|[Mm]issing (credential|access key)|InstanceCred")
_WRONG_KEY = re.compile(r"InvalidAccessKeyId|SignatureDoesNotMatch|InvalidToken|ExpiredToken|\b401\b")
_DENIED = re.compile(r"AccessDenied|status code: 403|\(os error 13\)|AuthorizationPermissionMismatch")
_NO_BUCKET = re.compile(r"NoSuchBucket|ContainerNotFound|bucket does not exist")
_REGION = re.compile(
    r"redirect without LOCATION|PermanentRedirect|AuthorizationHeaderMalformed|IllegalLocation|\b301\b"
)
_RIGHT_REGION = re.compile(r"<Region>([\w-]{1,40})</Region>|expecting '([\w-]{1,40})'")
_STATUS = re.compile(r"status code: (\d{3})")
_UNREACHABLE = re.compile(r"error sending request|dns error|[Cc]onnect|timed? ?out|HTTP error")
_NOT_SET_UP = re.compile(r"builder error")
_NO_ROOM = re.compile(r"No space left|os error 28\b|StorageFull|QuotaExceeded")


def explain_bucket_error(error: Exception, url: BucketUrl, doing: str) -> ArchiveError:
    """The `ArchiveError` for an error; `doing` completes "sorasync cannot …": `read it`."""
    text, kind = str(error), type(error).__name__
    name = url.name
    if _NO_CREDENTIALS.search(text):
        return _lasting(f"there are no credentials for {name}", _CREDENTIALS[url.scheme])
    if kind == "UnauthenticatedError" or _WRONG_KEY.search(text):
        return _lasting(f"{name} does not accept the credentials", _CREDENTIALS[url.scheme])
    if _NO_BUCKET.search(text):
        return _lasting(
            f"there is no bucket {url.bucket}", "create it, or correct [assets] url in sorasync.toml"
        )
    if _REGION.search(text):
        right = _RIGHT_REGION.search(text)
        region = (right[1] or right[2]) if right else "NAME"
        return _lasting(
            f"{url.bucket} is not in the region {url.region or 'us-east-1'}",
            f"add ?region={region} to [assets] url in sorasync.toml",
        )
    if kind == "PermissionDeniedError" or isinstance(error, PermissionError) or _DENIED.search(text):
        return _lasting(f"not allowed to {doing} in {name}", _RIGHTS)
    if _NO_ROOM.search(text):
        return _lasting(f"{name} is full", "free some space, then run it again")
    if kind in ("NotSupportedError", "NotImplementedError"):
        return _lasting(f"{name} cannot {doing}: the store does not support it", None)
    if status := _STATUS.search(text):
        return ArchiveError(f"cannot {doing} in {name}: it answered with {status[1]}", hint="try again later")
    if _NOT_SET_UP.search(text):
        return _lasting(
            f"no connection to {name}: this machine cannot set one up",
            "install ca-certificates, or set SSL_CERT_FILE to a certificate bundle; if the certificates are "
            "there, correct HTTPS_PROXY",
        )
    if _UNREACHABLE.search(text):
        return ArchiveError(f"{name} cannot be reached", hint="check the network and [assets] url")
    return ArchiveError(f"cannot {doing} in {name}: {_first_words(text)}", hint="sorasync doctor")


def _lasting(message: str, hint: str | None) -> ArchiveError:
    return ArchiveError(message, hint=hint, lasting=True)


def _first_words(text: str) -> str:
    """The beginning of a message, without addresses: their queries can be signed."""
    line = text.strip().partition("\n")[0]
    return re.sub(r"\w+://\S+", "…", line)[:160] or "unknown error"
