"""The interfaces of a provider: `Provider`, `Download`, `InFlight`, `BatchQueue`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import IO, Protocol

from sorasync.provider.batch import Batch, BatchResult
from sorasync.provider.payment_gate import PaymentGate
from sorasync.provider.wire import (
    CreateRequest,
    EditRequest,
    ExtendRequest,
    Job,
    Page,
    StillRequest,
    Variant,
)


class Download(Protocol):
    """An open answer of the content route.

    `content_type` is lower case without parameters; `length` is the whole file's size in bytes, None where
    the server does not say; `offset` is where the bytes start (0 when the server ignored a range).
    """

    content_type: str
    length: int | None
    offset: int

    def chunks(self) -> AsyncIterator[bytes]:
        """The bytes as they come. Raises `ServerError` when the stream breaks."""
        ...


class Provider(Protocol):
    """A host that renders by job.

    Paid calls (`create`, `extend`, `edit`, `still`, `upload_character`) must be sent at most once each by the
    implementation, save where it is certain that nothing arrived; they raise `OutcomeUnknown` where that
    cannot be told. Free calls may retry inside. All of them raise `sorasync.provider.errors`.
    """

    # `profile@base_url`, which identifies the provider in records; without secrets.
    name: str

    async def create(self, request: CreateRequest, gate: PaymentGate | None = None) -> Job:
        """Start a render. Paid."""
        ...

    async def extend(self, request: ExtendRequest, gate: PaymentGate | None = None) -> Job:
        """Continue a video. Paid."""
        ...

    async def edit(self, request: EditRequest, gate: PaymentGate | None = None) -> Job:
        """Change a video. Paid."""
        ...

    async def still(self, request: StillRequest, gate: PaymentGate | None = None) -> Job:
        """Make a picture: a job that has ended, which the host does not keep. Paid."""
        ...

    async def upload_character(
        self, name: str, video: Path, gate: PaymentGate | None = None, *, model: str | None = None
    ) -> str:
        """Upload a reference clip; the character's id. There is no list of characters: keep the id.

        `model` is that of the clips that use it, for gateways that send it to the model's own host.
        """
        ...

    async def character_exists(self, character_id: str) -> bool:
        """Whether the provider still has the character."""
        ...

    async def get(self, job_id: str) -> Job:
        """One job. Raises `NotFound`."""
        ...

    async def find(self, idempotency_key: str, sent: float | None = None) -> Job | None:
        """The job that a request with that key made, if the host was sent an id or label of ours; else None.

        `sent` is when the request left (Unix seconds), which a list is read back to.
        """
        ...

    def recall(self, idempotency_key: str) -> Job | None:
        """The job in an answer that an earlier run got from a host that keeps no jobs; None otherwise."""
        ...

    def forget(self, idempotency_key: str) -> None:
        """Delete what `recall` gives: its video is in place, or it has none."""
        ...

    async def page(self, after: str | None = None, limit: int = 100) -> Page:
        """One page of the jobs, newest first. Raises `NotSupported` where there is no list."""
        ...

    async def delete(self, job_id: str) -> bool:
        """Remove a video from the provider's storage; False if it was gone already."""
        ...

    def download(
        self, job: Job, variant: Variant = Variant.VIDEO, offset: int = 0
    ) -> AbstractAsyncContextManager[Download]:
        """Open a file of a completed job, from `offset` bytes on where the host serves ranges."""
        ...

    async def aclose(self) -> None:
        """Close every connection."""
        ...


class InFlight(Protocol):
    """How many renders the host takes at once, as far as is known or learned from its refusals."""

    def slot(self, model: str | None, *, taken: bool = False) -> AbstractAsyncContextManager[None]:
        """Hold a slot from before the request until its job has ended.

        Waits for a free one, unless the render is in flight already (`taken`).
        """
        ...


class BatchQueue(Protocol):
    """The batch routes of a host: many creates at once, slower and cheaper."""

    def line(self, custom_id: str, request: CreateRequest, image_id: str | None = None) -> bytes:
        """A request as a line of an input file, line break included; an image is named by its file's id."""
        ...

    async def upload_file(self, purpose: str, source: Path | bytes | IO[bytes]) -> str:
        """Upload a file (`batch` or `vision`); its id. Costs nothing, may retry inside."""
        ...

    async def create_batch(
        self, input_file_id: str, metadata: Mapping[str, str] | None = None, gate: PaymentGate | None = None
    ) -> Batch:
        """Queue the requests of an uploaded file. Paid, sent at most once; raises `OutcomeUnknown`."""
        ...

    async def batch(self, batch_id: str) -> Batch:
        """One batch. Raises `NotFound`."""
        ...

    def recent(self, since: float) -> AsyncIterator[Batch]:
        """The batches made after a Unix time, newest first. Raises `NotSupported` where there is no list."""
        ...

    def results(self, batch: Batch) -> AsyncIterator[BatchResult]:
        """The lines of a batch's output and error files, in any order. Raises `ProviderError`."""
        ...
