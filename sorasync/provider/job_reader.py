"""What an answer of a host with a job API says of a job, by the paths of its profile."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from sorasync.profile.job import JobProfile
from sorasync.profile.video_model import dollars_of_tokens
from sorasync.provider.find_path import Answer
from sorasync.provider.inline import inlined
from sorasync.provider.job_operation import status_words
from sorasync.provider.job_paths import filled_address
from sorasync.provider.json_values import number, text, word
from sorasync.provider.redact import clean
from sorasync.provider.wire import JobStatus


class JobReader:
    """Reads what a profile has the paths of."""

    def __init__(self, job: JobProfile, base_url: str) -> None:
        self._job = job
        self._base_url = base_url
        self._words = status_words(job.states)

    def state(self, answer: Answer) -> str | None:
        """The status that the host's word means; None if there is none."""
        spec = self._job.get
        if spec.state_is == "done":
            ended = answer.first((spec.state,), lambda value: value if isinstance(value, bool) else None)
            if ended is None and spec.absent != "pending":
                return None
            return JobStatus.COMPLETED if ended else JobStatus.IN_PROGRESS
        said = answer.first((spec.state,), word)
        return None if said is None else self._words.get(said.lower(), JobStatus.UNKNOWN)

    def odd_word(self, answer: Answer) -> str | None:
        """The host's own word for the state, fit to show."""
        said = answer.first((self._job.get.state,), word)
        return None if said is None else clean(said, 40)

    def prompt(self, answer: Answer) -> str | None:
        """The prompt; an answer about one job has it where the list has it."""
        spec = self._job.list
        return None if spec is None or spec.prompt is None else answer.first((spec.prompt,), text)

    def addresses(self, answer: Answer) -> list[str]:
        """Where the files are; what is in the answer itself comes as `inline` has it."""
        spec = self._job.result
        said = [text(value) for path in (*spec.video, *spec.picture) for value in answer.all(path)]
        made = [
            self._base_url + filled_address(spec.address or "", one)
            for one in answer.all(spec.items)
            if isinstance(one, Mapping)
        ]
        held = [inlined(one) for path in spec.base64 for value in answer.all(path) if (one := text(value))]
        return [one for one in (*said, *made, *held) if one]

    def charge(self, answer: Answer) -> Decimal | None:
        """What was charged, in dollars."""
        cost = self._job.cost
        if cost.unit == "token":
            return self._tokens_charged(answer)
        return answer.first(cost.reported, lambda said: cost.dollars(number(said)))

    def _tokens_charged(self, answer: Answer) -> Decimal | None:
        """The reported tokens in dollars; None where the model or its price is unknown."""
        cost = self._job.cost
        model = None if cost.model is None else answer.first((cost.model,), text)
        size = None if cost.size is None else answer.first((cost.size,), text)
        known = self._job.models.get(model or "")
        price = None if known is None else known.token_price((size or "").lower())
        tokens = answer.first(cost.reported, number)
        return None if price is None or tokens is None else dollars_of_tokens(Decimal(str(tokens)), price)

    def progress(self, answer: Answer) -> int:
        """Percent; a job has its last one when its file is there."""
        path = self._job.get.progress
        found = None if path is None else answer.first((path,), number)
        if found is None:
            return 0
        return max(0, min(99, round(found * 100 if found <= 1 else found)))
