"""The request that uploads a workflow's image, and the value that the workflow names it by."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from sorasync.provider.find_path import Answer
from sorasync.provider.http_request import Outgoing
from sorasync.provider.job_operation import Operation
from sorasync.provider.json_values import text
from sorasync.provider.write_body import FileValue, write_body

if TYPE_CHECKING:
    from sorasync.profile.job import Upload
    from sorasync.provider.http_response import HttpResponse


def upload_request(spec: Upload, image: FileValue) -> Outgoing:
    """A form. The image is named by its digest, so repeated uploads leave one file."""
    digest = hashlib.sha256(image.content).hexdigest()[:32]
    named = f"sorasync-{digest}{image.path.suffix.lower()}"
    own = {"$mime": image.mime, "$file_name": named}
    operation = Operation.of(spec.request)
    return Outgoing(
        operation.path,
        "multipart",
        {field: own.get(value, value) for field, value in spec.fields.items()},
        {spec.file: image.path},
        method=operation.method,
        names={spec.file: named},
    )


def uploaded_value(spec: Upload, answer: HttpResponse) -> object:
    """The workflow's value for the image; None if the answer does not name it."""
    name = Answer(answer.body, answer.headers).first(spec.name, text)
    if name is None or spec.value is None:
        return name
    return write_body(spec.value, {"id": name}, {})
