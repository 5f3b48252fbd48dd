"""Paths inside the data directory."""

from __future__ import annotations

import shutil
from pathlib import Path

from sorasync.preview.media import tiny_picture, tiny_video
from sorasync.preview.model import PreviewJob


class DataPaths:
    """Paths under one data directory. Ids are made by the server, so they are safe as names."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.videos = root / "videos"
        self.uploads = root / "uploads"
        self.owners = root / "owners"
        self.parts = root / "parts"
        self.pictures = root / "pictures"
        for folder in (self.videos, self.uploads):
            folder.mkdir(parents=True, exist_ok=True)

    @property
    def database(self) -> Path:
        """The database file."""
        return self.root / "preview.db"

    def video(self, job_id: str) -> Path:
        """A job's video, whether it exists or not."""
        return self.videos / f"{job_id}.mp4"

    def thumbnail(self, job_id: str) -> Path:
        """A job's still."""
        return self.videos / f"{job_id}.webp"

    def spritesheet(self, job_id: str) -> Path:
        """A job's sheet of stills."""
        return self.videos / f"{job_id}.jpg"

    def last_image(self, job_id: str) -> Path:
        """The image that a job is to end with, whether it has one or not."""
        return self.uploads / f"last_{job_id}"

    def inside(self, relative: str) -> Path:
        """A stored relative path."""
        return self.root / relative

    def forget_owner(self, name: str) -> None:
        """Delete the half-drawn files of a process that died."""
        shutil.rmtree(self.parts / name, ignore_errors=True)

    def remove_job(self, job_id: str) -> None:
        """Delete all of a job's files."""
        made = (self.video(job_id), self.thumbnail(job_id), self.spritesheet(job_id))
        for path in (*made, self.last_image(job_id)):
            path.unlink(missing_ok=True)

    def make_tiny(self, job: PreviewJob) -> Path:
        """A job's video; where there is none yet, because nothing is drawn, a tiny one."""
        path = self.video(job.id)
        if not path.exists():
            path.write_bytes(tiny_video(job.width, job.height, job.seconds, job.id))
        return path

    def make_picture(self, job: PreviewJob, variant: str, *, draw: bool) -> Path:
        """A job's thumbnail or spritesheet, made when it is first wanted. Slow: run it in a thread."""
        path = self.thumbnail(job.id) if variant == "thumbnail" else self.spritesheet(job.id)
        if path.exists():
            return path
        if not draw:
            path.write_bytes(
                tiny_picture(job.width, job.height, "WEBP" if variant == "thumbnail" else "JPEG")
            )
            return path
        from sorasync.preview import animatic

        make = animatic.thumbnail if variant == "thumbnail" else animatic.spritesheet
        path.write_bytes(make(self.video(job.id)))
        return path
