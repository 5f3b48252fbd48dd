"""Writes that share a transaction: what is durable, who is told, and what a run that ends leaves behind."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

import pytest

from sorasync.apply import engine
from sorasync.apply.budget import Budget, Cap
from sorasync.apply.context import Context
from sorasync.apply.events import ChangeEvent, Moment
from sorasync.apply.group_commit import GroupCommit
from sorasync.apply.report import End, Report
from sorasync.plan.change import Change
from sorasync.state.errors import StateError
from sorasync.state.record import Record, Status
from sorasync.state.store import Store
from tests.apply.conftest import MakeWorld
from tests.apply.world import clips, ends, numbered


class Book:
    """What was written, and how often somebody had to wait for the disk."""

    def __init__(self) -> None:
        self.written: list[str] = []
        self.commits = 0
        self.refuses: Callable[[list[str]], bool] = lambda page: False
        self._page: list[str] = []

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that is put down in the block, or nothing."""
        self._page = []
        yield
        if self.refuses(self._page):
            raise StateError("the disk is full")
        self.written += self._page
        self.commits += 1

    def put(self, word: str) -> str:
        self._page.append(word)
        return word.upper()

    def fail(self, error: BaseException) -> str:
        self._page.append("spoilt")
        raise error


@pytest.fixture
def book() -> Book:
    return Book()


def gathered(*writes: Callable[[], str], by: Book) -> list[str | BaseException]:
    """What each of some writes of one moment gave."""

    async def main() -> list[str | BaseException]:
        commits = GroupCommit(by.transaction)
        return await asyncio.gather(*map(commits.write, writes), return_exceptions=True)

    return asyncio.run(main())


def test_what_is_asked_for_in_one_moment_is_one_transaction(book: Book) -> None:
    writes = [lambda word=word: book.put(word) for word in "abc"]
    assert gathered(*writes, by=book) == ["A", "B", "C"]
    assert (book.written, book.commits) == (["a", "b", "c"], 1)


def test_what_was_learned_in_one_moment_is_one_transaction_even_where_its_run_is_ended(book: Book) -> None:
    async def main() -> list[str | BaseException]:
        commits = GroupCommit(book.transaction)
        asked = [asyncio.create_task(commits.record(partial(book.put, word))) for word in "ab"]
        asyncio.get_running_loop().call_soon(asked[1].cancel)
        commits.later(lambda: book.put("c"))
        return await asyncio.gather(*asked, return_exceptions=True)

    first, second = asyncio.run(main())
    assert first == "A"
    assert isinstance(second, asyncio.CancelledError)
    assert (sorted(book.written), book.commits) == (["a", "b", "c"], 1)


def test_nobody_is_told_before_it_is_committed(book: Book) -> None:
    async def told() -> bool:
        await GroupCommit(book.transaction).write(lambda: book.put("a"))
        return book.written == ["a"]

    assert asyncio.run(told())


def test_what_is_asked_for_later_is_written_all_the_same(book: Book) -> None:
    async def main() -> None:
        commits = GroupCommit(book.transaction)
        await commits.write(lambda: book.put("a"))
        await commits.write(lambda: book.put("b"))

    asyncio.run(main())
    assert (book.written, book.commits) == (["a", "b"], 2)


def test_one_that_fails_harms_no_other_and_is_told_its_own_error(book: Book) -> None:
    error = StateError("no")
    found = gathered(lambda: book.put("a"), lambda: book.fail(error), lambda: book.put("c"), by=book)
    assert found == ["A", error, "C"]
    assert book.written == ["a", "c"]


def test_a_group_that_cannot_be_committed_is_tried_one_by_one(book: Book) -> None:
    book.refuses = lambda page: "b" in page
    first, second, third = gathered(*[lambda word=word: book.put(word) for word in "abc"], by=book)
    assert (first, third) == ("A", "C")
    assert isinstance(second, StateError)
    assert book.written == ["a", "c"]


def test_what_is_cancelled_before_its_turn_is_not_begun(book: Book) -> None:
    async def main() -> str:
        commits = GroupCommit(book.transaction)
        first = asyncio.create_task(commits.write(lambda: book.put("a")))
        second = asyncio.create_task(commits.write(lambda: book.put("b")))
        asyncio.get_running_loop().call_soon(first.cancel)
        return await second

    assert asyncio.run(main()) == "B"
    assert book.written == ["b"]


def test_an_end_of_the_program_in_the_middle_writes_nothing_and_nobody_waits_for_ever(book: Book) -> None:
    ended: list[type[BaseException]] = []

    async def one(commits: GroupCommit, write: Callable[[], str]) -> None:
        try:
            await commits.write(write)
        except BaseException as error:
            ended.append(type(error))
            raise

    async def main() -> None:
        commits = GroupCommit(book.transaction)
        await asyncio.gather(
            one(commits, lambda: book.put("a")), one(commits, lambda: book.fail(KeyboardInterrupt()))
        )

    with pytest.raises(KeyboardInterrupt):
        asyncio.run(main())
    assert ended == [asyncio.CancelledError] * 2
    assert not book.written


class SlowBook(Book):
    """A book that is far away: its first transaction ends once `answered` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.answered = threading.Event(), threading.Event()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        with super().transaction():
            yield
            self.asked.set()
            assert self.answered.wait(60)


async def far_away(work: Callable[[SlowBook, GroupCommit], Awaitable[None]]) -> SlowBook:
    """Ask for one write, and do some work while it is on its way."""
    book = SlowBook()
    with ThreadPoolExecutor(1) as thread:
        commits = GroupCommit(book.transaction, thread=thread)
        first = asyncio.create_task(commits.write(lambda: book.put("first")))
        await asyncio.to_thread(book.asked.wait, 60)
        await work(book, commits)
        book.answered.set()
        assert await first == "FIRST"
        await commits.aclose()
    return book


def test_what_is_asked_for_while_the_database_answers_is_the_next_transaction() -> None:
    async def work(book: SlowBook, commits: GroupCommit) -> None:
        for word in "abc":
            commits.later(partial(book.put, word))
        await asyncio.sleep(0)
        assert book.written == []

    book = asyncio.run(far_away(work))
    assert (book.written, book.commits) == (["first", "a", "b", "c"], 2)


def test_what_must_be_recorded_is_recorded_although_nobody_waits_for_it_any_more() -> None:
    async def work(book: SlowBook, commits: GroupCommit) -> None:
        tasks = [
            asyncio.create_task(commits.write(lambda: book.put("an intent"))),
            asyncio.create_task(commits.record(lambda: book.put("an answer"))),
        ]
        await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        await asyncio.sleep(0)
        assert [task.done() for task in tasks] == [True, False]

    assert asyncio.run(far_away(work)).written == ["first", "an answer"]


def test_whoever_is_cancelled_while_the_database_answers_learns_first_what_there_is_to_undo() -> None:
    async def main() -> tuple[list[str], list[str]]:
        book, seen = SlowBook(), []
        with ThreadPoolExecutor(1) as thread:
            commits = GroupCommit(book.transaction, thread=thread)

            async def write() -> None:
                try:
                    await commits.write(lambda: book.put("a"))
                finally:
                    seen.extend(book.written)

            task = asyncio.create_task(write())
            await asyncio.to_thread(book.asked.wait, 60)
            task.cancel()
            await asyncio.sleep(0)
            assert not task.done()
            book.answered.set()
            with pytest.raises(asyncio.CancelledError):
                await task
        return book.written, seen

    assert asyncio.run(main()) == (["a"], ["a"])


def test_the_intents_of_one_moment_are_durable_before_the_first_of_them_is_sent(world: MakeWorld) -> None:
    it = world(numbered(4))
    seen: list[set[Status]] = []

    def look() -> None:
        with it.store() as store:
            seen.append({record.status for record in store.every_record()})

    it.act(Moment.SENT, look, "clip.c000")
    assert it.apply(parallelism=4).complete
    assert seen == [{Status.INTENT}]
    assert set(it.billed().values()) == {1}


def capped(seconds: int, patch: pytest.MonkeyPatch) -> Budget:
    """The budget of the next apply, with a cap on the seconds."""
    budget = Budget((Cap("per_apply", seconds=seconds),))

    async def run(contexts: Mapping[str, Context], changes: Sequence[Change]) -> Report:
        contexts[""].budget = budget
        return await engine.run(contexts, changes)

    patch.setattr("sorasync.operations.apply.run", run)
    return budget


def test_renders_that_the_budget_allows_are_sent_beside_one_that_it_stops(
    world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    it = world(numbered(4))
    capped(8, monkeypatch)
    report = it.apply(parallelism=4)
    assert list(ends(report).values()) == [End.DONE, End.DONE, End.SKIPPED, End.SKIPPED]
    assert len(it.charges()) == 2


def test_an_intent_that_cannot_be_written_is_not_sent_and_the_others_are(
    world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    it = world(numbered(3))
    original = Store.intend

    def intend(store: Store, record: Record, run: int | None) -> Record:
        if record.address == "clip.c001#1":
            raise ValueError("no room")
        return original(store, record, run)

    monkeypatch.setattr(Store, "intend", intend)
    budget = capped(100, monkeypatch)
    report = it.apply(parallelism=3)
    assert budget.caps[0].spent_seconds == 8
    assert ends(report)["clip.c001"] is End.FAILED
    assert sorted(it.billed().values()) == [1, 1]
    with it.store() as store:
        assert [record.status for record in store.every_record()] == [Status.STORED] * 2
    monkeypatch.undo()
    assert it.apply().complete
    assert len(it.charges()) == 3


def test_a_run_that_is_ended_between_the_intent_and_the_request_has_no_open_question(
    world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    it = world(numbered(2))
    original = Store.intend

    def intend(store: Store, record: Record, run: int | None) -> Record:
        for task in asyncio.all_tasks():
            asyncio.get_running_loop().call_soon(task.cancel)
        return original(store, record, run)

    monkeypatch.setattr(Store, "intend", intend)
    budget = capped(100, monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        it.apply(parallelism=2)
    assert budget.caps[0].spent_seconds == 0
    assert not it.charges()
    with it.store() as store:
        assert store.every_record() == []
        assert {attempt.outcome for attempt in store.attempts()} == {"unsent"}
    monkeypatch.undo()
    assert it.apply().complete
    assert set(it.billed().values()) == {1}
    assert it.plan().empty


def test_a_key_that_is_asked_for_twice_is_sent_once_and_fetched(
    world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    it = world(clips(["a"]))

    async def twice(contexts: Mapping[str, Context], changes: Sequence[Change]) -> Report:
        return await engine.run(contexts, [*changes, *(replace(c, label="clip.twin") for c in changes)])

    monkeypatch.setattr("sorasync.operations.apply.run", twice)
    report = it.apply(parallelism=2)
    assert ends(report) == {"clip.a": End.DONE, "clip.twin": End.FAILED}
    assert it.billed() == {"clip.a": 1}
    assert it.record("clip.a#1").status is Status.STORED


def test_renders_that_end_together_are_fetched_before_anything_new_is_started(world: MakeWorld) -> None:
    it = world(numbered(12))
    waiting: set[str] = set()
    overtaken: list[str] = []

    def watch(event: ChangeEvent) -> None:
        if event.moment is Moment.RENDERED:
            waiting.add(event.label)
        elif event.moment is Moment.FETCHING:
            waiting.discard(event.label)
        elif event.moment is Moment.SENT and waiting:
            overtaken.append(event.label)

    it.witness.act = watch
    assert it.apply(parallelism=6).complete
    assert not overtaken


def test_a_group_is_read_after_it_was_written() -> None:
    seen: list[list[str]] = []

    async def main() -> None:
        book = SlowBook()
        with ThreadPoolExecutor(1) as thread:
            commits = GroupCommit(book.transaction, thread=thread)
            first = asyncio.create_task(commits.write(lambda: book.put("first")))
            await asyncio.to_thread(book.asked.wait, 60)
            asked = [
                asyncio.create_task(commits.read(lambda: seen.append(list(book.written)))),
                asyncio.create_task(commits.record(lambda: book.put("a"))),
                asyncio.create_task(commits.record(lambda: book.put("c"))),
            ]
            await asyncio.sleep(0)
            book.answered.set()
            await asyncio.gather(first, *asked)
            await commits.aclose()

    asyncio.run(main())
    assert seen == [["first", "a", "c"]]
