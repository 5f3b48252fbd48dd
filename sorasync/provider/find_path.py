"""Reading an answer by a path of a job profile: a plain walk, which never fails and never runs long."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from sorasync.provider.json_values import word

if TYPE_CHECKING:
    from sorasync.profile.answer_path import AnswerPath, Step

T = TypeVar("T")

# Values that one step of a path may lead to.
_MOST = 10_000


@dataclass(frozen=True, slots=True)
class Answer:
    """What paths are followed in. `job_id` stands for the step `{id}`."""

    body: object
    headers: Mapping[str, str]
    job_id: str = ""

    def all(self, path: AnswerPath | None) -> Iterator[object]:
        """Every value that a path leads to, in order; `null` is no value."""
        if path is None:
            return
        if path.header is not None:
            if (said := self.headers.get(path.header)) is not None:
                yield said
            return
        values: Iterable[object] = (self.body,)
        for step in path.steps:
            values = islice(self._into(step, values), _MOST)
        yield from (value for value in values if value is not None)

    def first(self, paths: Sequence[AnswerPath], read: Callable[[object], T | None]) -> T | None:
        """What `read` makes of the first value that it can read."""
        found = (read(value) for path in paths for value in self.all(path))
        return next((one for one in found if one is not None), None)

    def _into(self, step: Step, values: Iterable[object]) -> Iterator[object]:
        for value in values:
            if isinstance(value, Mapping):
                if step.kind == "any":
                    yield from value.values()
                elif step.kind == "name" and (name := self._name(step)) in value:
                    yield value[name]
            elif isinstance(value, list):
                yield from _elements(step, value)

    def _name(self, step: Step) -> str:
        return self.job_id if step.name == "{id}" else step.name


def _elements(step: Step, value: list[object]) -> Iterator[object]:
    if step.kind == "each":
        yield from value
    elif step.kind == "index":
        at = int(step.value)
        if -len(value) <= at < len(value):
            yield value[at]
    elif step.kind == "where":
        yield from (
            one for one in value if isinstance(one, Mapping) and word(one.get(step.name)) == step.value
        )
