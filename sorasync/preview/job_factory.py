"""Makes jobs from requests: looks up what a request refers to and checks it."""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Callable
from pathlib import Path

from sorasync.preview import limits
from sorasync.preview.data_paths import DataPaths
from sorasync.preview.jobs import Jobs
from sorasync.preview.media import UnreadableError, look_at_image, look_at_video
from sorasync.preview.model import PreviewJob
from sorasync.preview.refusal import bad, missing
from sorasync.preview.request_parsing import Order
from sorasync.preview.settings import PreviewSettings
from sorasync.preview.stored_objects import StoredObjects


class JobFactory:
    """Makes jobs out of orders. `new_id` gives ids in the dialect's form."""

    def __init__(
        self,
        settings: PreviewSettings,
        places: DataPaths,
        jobs: Jobs,
        shelf: StoredObjects,
        new_id: Callable[[], str],
    ) -> None:
        self._settings = settings
        self._places = places
        self._jobs = jobs
        self._shelf = shelf
        self._new_id = new_id

    def create(self, order: Order, image: Path | None = None, last_image: Path | None = None) -> PreviewJob:
        """A render from a prompt; the images are an uploaded first and last frame. Raises `RefusedError`."""
        for character in order.characters:
            if self._shelf.character(character) is None:
                raise missing("Character", character)
        size = order.size or limits.DEFAULT_SIZE
        picture = image or self._referenced_image(order.image)
        if picture is not None:
            picture = check_image(picture, size)
        last = last_image or self._referenced_image(order.last_image)
        if last is not None:
            check_image(last, size)
        job = self._job(
            order,
            model=order.model or limits.DEFAULT_MODEL,
            size=size,
            seconds=order.seconds,
            billed=order.seconds,
            image=self._relative(picture) if picture else None,
        )
        if last is not None:
            last.replace(self._places.last_image(job.id))
        return job

    def derive(self, order: Order, upload: Path | None = None, *, strict: bool = True) -> PreviewJob:
        """An extension or edit, of a job or of an uploaded video. Raises `RefusedError`."""
        source = self._uploaded(order, upload) if upload else self._held(order.source or "")
        total, links = source.seconds, source.links
        if order.kind == "extend":
            total, links = total + order.seconds, links + 1
            if strict and links > limits.EXTENSIONS_MAX:
                raise bad(f"A video can be extended {limits.EXTENSIONS_MAX} times at most.", "video")
            if strict and total > limits.LENGTH_MAX:
                raise bad(f"A video can be {limits.LENGTH_MAX} seconds long at most.", "seconds")
        return self._job(
            order,
            model=source.model,
            size=source.size,
            seconds=total,
            billed=order.seconds if order.kind == "extend" else total,
            source=None if upload else source.id,
            source_file=self._relative(upload) if upload else None,
            links=links,
        )

    def _job(
        self,
        order: Order,
        *,
        model: str,
        size: str,
        seconds: int,
        billed: int,
        source: str | None = None,
        source_file: str | None = None,
        image: str | None = None,
        links: int = 0,
    ) -> PreviewJob:
        now = self._settings.clock.now()
        return PreviewJob(
            id=self._new_id(),
            kind=order.kind,
            model=model,
            size=size,
            seconds=seconds,
            billed=billed,
            prompt=order.prompt,
            created=now,
            ready=now + (self._settings.render_seconds or 0),
            life=self._settings.expires_after,
            label=order.label,
            source=source,
            source_file=source_file,
            characters=order.characters,
            image=image,
            links=links,
            drawn=None if self._settings.draw else now,
        )

    def _held(self, video_id: str) -> PreviewJob:
        job = self._jobs.get(video_id)
        now = self._settings.clock.now()
        if job is None or (job.expires is not None and job.expires <= now):
            raise missing("Video", video_id)
        if job.state != "completed" or job.videoless:
            raise bad(f"Video '{video_id}' is not completed.", "video", "video_not_completed")
        return job

    def _uploaded(self, order: Order, upload: Path) -> PreviewJob:
        try:
            shape = look_at_video(upload)
        except UnreadableError as error:
            raise bad(f"The uploaded video cannot be used: {error}.", "video", "invalid_video") from error
        size = f"{shape.width}x{shape.height}"
        return PreviewJob(
            id="",
            kind="upload",
            model=order.model or limits.DEFAULT_MODEL,
            size=size,
            seconds=shape.seconds,
            billed=0,
            prompt="",
            created=0,
            ready=0,
            life=0,
        )

    def _referenced_image(self, image: dict[str, str] | None) -> Path | None:
        if image is None:
            return None
        if "file_id" in image:
            file = self._shelf.file(image["file_id"])
            if file is None:
                raise missing("File", image["file_id"])
            return self._places.inside(file.path)
        return self._from_data_url(image["image_url"])

    def _from_data_url(self, url: str) -> Path:
        head, comma, data = url.partition(",")
        if not comma or not head.startswith("data:") or not head.endswith(";base64"):
            raise bad("The image cannot be fetched: give a data URL.", "input_reference", "invalid_image_url")
        try:
            content = base64.b64decode(data, validate=True)
        except binascii.Error as error:
            raise bad("The data URL is not base64.", "input_reference", "invalid_image_url") from error
        path = self._places.uploads / f"image_{secrets.token_hex(12)}"
        path.write_bytes(content)
        return path

    def _relative(self, path: Path) -> str:
        return path.relative_to(self._places.root).as_posix()


def check_image(path: Path, size: str) -> Path:
    """The path of an image that has exactly the size asked for. Raises `RefusedError`."""
    try:
        width, height, _suffix = look_at_image(path)
    except UnreadableError as error:
        raise bad(f"Invalid image: {error}.", "input_reference", "invalid_image") from error
    if f"{width}x{height}" != size:
        raise bad(
            f"Inpaint image must match the requested width and height: it is {width}x{height}, not {size}.",
            "input_reference",
            "invalid_image_size",
        )
    return path
