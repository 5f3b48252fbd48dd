"""Reading jobs, pages and batches as known servers send them, and as none should."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sorasync.provider.batch import read_batch, read_batch_line
from sorasync.provider.http_response import complaint
from sorasync.provider.litellm import job_or_error_inside
from sorasync.provider.read import is_job, job_id, read_error, read_job, read_page
from sorasync.provider.wire import Job, JobStatus

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
NAMES = st.sampled_from(
    [
        "id",
        "status",
        "error",
        "video",
        "data",
        "urls",
        "usage",
        "progress",
        "seconds",
        "created_at",
        "code",
        "message",
        "detail",
        "has_more",
        "last_id",
        "url",
        "task_id",
        "request_id",
        "object",
        "response",
        "body",
    ]
)
LIKE_A_BODY = st.dictionaries(NAMES, ANYTHING | st.dictionaries(NAMES, ANYTHING, max_size=5), max_size=8)


def must(body: object, **more: object) -> Job:
    found = read_job(body, **more)  # type: ignore[arg-type]
    assert found is not None
    return found


@given(ANYTHING | LIKE_A_BODY)
def test_reading_any_json_raises_nothing(body: object) -> None:
    read_job(body)
    read_job(body, known_id="video_1", body_urls=True)
    read_page(body, 100)
    read_page([body], 100)
    read_batch(body)
    read_error(body)
    job_or_error_inside(body)
    complaint(body)
    is_job(body)


@given(ANYTHING | LIKE_A_BODY)
def test_a_job_always_has_an_id_that_can_stand_in_a_path_and_a_sane_progress(body: object) -> None:
    found = read_job(body)
    if found is not None:
        assert found.id and found.id.encode() and found.id not in (".", "..")
        assert 0 <= found.progress <= 100
        assert found.seconds is None or 0 <= found.seconds < float("inf")


@given(st.binary() | st.text())
def test_reading_any_line_of_a_batch_raises_nothing(line: bytes | str) -> None:
    read_batch_line(line)


def test_the_reference_s_job_is_read_whole() -> None:
    body = {
        "id": "video_1",
        "object": "video",
        "model": "sora-2",
        "status": "completed",
        "progress": 100,
        "created_at": 1712697600,
        "completed_at": 1712697700,
        "expires_at": 1712701300,
        "prompt": "A cat.",
        "size": "1280x720",
        "seconds": "8",
        "error": None,
        "brand_new": {"kept": True},
    }
    found = must(body)
    assert (found.id, found.status, found.progress) == ("video_1", JobStatus.COMPLETED, 100)
    assert (found.model, found.prompt, found.size, found.seconds) == ("sora-2", "A cat.", "1280x720", 8.0)
    assert (found.created_at, found.completed_at, found.expires_at) == (1712697600, 1712697700, 1712701300)
    assert found.raw["brand_new"] == {"kept": True}


def test_an_id_and_a_status_are_enough() -> None:
    assert must({"id": "x", "status": "queued"}) == Job("x", JobStatus.QUEUED)


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("pending", JobStatus.QUEUED),
        ("NOT_STARTED", JobStatus.QUEUED),
        ("processing", JobStatus.IN_PROGRESS),
        ("in-progress", JobStatus.IN_PROGRESS),
        ("done", JobStatus.COMPLETED),
        ("SUCCESS", JobStatus.COMPLETED),
        ("error", JobStatus.FAILED),
        ("canceled", JobStatus.CANCELLED),
        ("expired", JobStatus.EXPIRED),
        ("deleted", JobStatus.DELETED),
        ("dreaming", JobStatus.UNKNOWN),
    ],
)
def test_every_alphabet_of_statuses_is_understood(word: str, status: JobStatus) -> None:
    found = must({"id": "x", "status": word})
    assert found.status is status
    assert found.raw["status"] == word


def test_a_word_nobody_knows_is_not_an_end() -> None:
    assert not must({"id": "x", "status": "dreaming"}).status.terminal


def test_the_id_from_create_counts_over_later_ones() -> None:
    assert must({"id": "other", "status": "queued"}, known_id="mine").id == "mine"


@pytest.mark.parametrize("bad", ["", ".", "..", "\ud800", "x" * 3000, {"a": 1}, None, True])
def test_an_id_that_cannot_stand_in_a_path_is_none(bad: object) -> None:
    assert read_job({"id": bad, "status": "queued"}) is None


def test_completed_with_an_error_is_failed() -> None:
    body = {"id": "x", "status": "completed", "error": {"code": "moderation_blocked", "message": "no"}}
    found = must(body)
    assert found.status is JobStatus.FAILED
    assert found.error is not None and found.error.moderated


def test_xai_done_with_moderation_not_respected_is_failed_as_moderated() -> None:
    found = must(
        {"status": "done", "video": {"url": "https://v.x.ai/1.mp4", "respect_moderation": False}},
        known_id="r",
    )
    assert found.status is JobStatus.FAILED
    assert found.error is not None and found.error.moderated


def test_a_video_that_is_withheld_is_moderated_in_the_words_of_its_error() -> None:
    video = {"url": "https://v.x.ai/1.mp4", "respect_moderation": False}
    found = must({"status": "done", "video": video, "error": "a known person"}, known_id="r")
    assert found.error is not None and (found.error.message, found.error.moderated) == (
        "a known person",
        True,
    )


def test_xai_done_names_its_file_length_and_cost() -> None:
    body = {
        "status": "done",
        "video": {"url": "https://v.x.ai/1.mp4", "duration": 8, "respect_moderation": True},
        "usage": {"cost_in_usd_ticks": 11_200_000_000},
    }
    found = must(body, known_id="r", body_urls=True)
    assert (found.status, found.urls, found.seconds) == (JobStatus.COMPLETED, ("https://v.x.ai/1.mp4",), 8.0)
    assert found.cost_usd == Decimal("1.12")


def test_done_without_a_file_where_only_the_body_can_name_one_is_failed() -> None:
    assert must({"status": "done"} | {"id": "r"}, body_urls=True).status is JobStatus.FAILED
    assert must({"status": "completed", "id": "r"}).status is JobStatus.COMPLETED


def test_xai_answers_a_create_with_a_request_id_alone() -> None:
    found = must({"request_id": "r-1"})
    assert (found.id, found.status.terminal) == ("r-1", False)


def test_openrouter_has_an_error_that_is_a_text_and_both_kinds_of_links() -> None:
    failed = must({"id": "gen-vid-1", "status": "failed", "error": "upstream said no"})
    assert failed.error is not None and failed.error.message == "upstream said no"
    body = {
        "id": "gen-vid-1",
        "status": "completed",
        "unsigned_urls": ["https://openrouter.ai/api/v1/videos/gen-vid-1/content?index=0"],
        "usage": {"cost": 0.25, "is_byok": False},
    }
    done = must(body)
    assert done.urls == ("https://openrouter.ai/api/v1/videos/gen-vid-1/content?index=0",)
    assert done.cost_usd == Decimal("0.25")


def test_sglang_failures_have_no_code_and_local_paths_are_no_links() -> None:
    found = must({"id": "u", "status": "failed", "error": {"message": "boom"}, "file_path": "/tmp/x.mp4"})
    assert found.error is not None and found.error.code is None and not found.error.moderated
    assert found.urls == ()
    assert must({"id": "u", "status": "completed", "url": "file:///tmp/x.mp4"}).urls == ()


def test_vllm_omni_codes_may_be_numbers() -> None:
    found = must({"id": "video_gen_1", "status": "failed", "error": {"code": 500, "message": "x"}})
    assert found.error is not None and found.error.code == "500"


def test_an_older_new_api_wraps_the_job() -> None:
    found = must(
        {
            "code": "success",
            "message": "",
            "data": {"task_id": "task_9", "status": "SUCCESS", "progress": "100%"},
        }
    )
    assert (found.id, found.status) == ("task_9", JobStatus.COMPLETED)


@pytest.mark.parametrize(
    ("body", "status", "urls"),
    [
        ({"video": {"url": "https://x/1.mp4", "duration": 8}}, JobStatus.COMPLETED, ("https://x/1.mp4",)),
        (
            {"video": {"file_output": {"file_id": "f", "public_url": "https://x/2.mp4"}}},
            JobStatus.COMPLETED,
            ("https://x/2.mp4",),
        ),
        (
            {"status": "done", "video": {"url": None, "file_output": {"public_url": "https://x/2.mp4"}}},
            JobStatus.COMPLETED,
            ("https://x/2.mp4",),
        ),
        ({"video": {"url": None, "respect_moderation": False}}, JobStatus.FAILED, ()),
    ],
)
def test_xai_may_leave_the_status_of_a_finished_job_out(
    body: object, status: JobStatus, urls: tuple[str, ...]
) -> None:
    found = read_job(body, known_id="r1", body_urls=True)
    assert found is not None and (found.id, found.status, found.urls) == ("r1", status, urls)
    assert read_job({"model": "m", "progress": 3}, known_id="r1", body_urls=True) is None


def test_a_dead_job_of_openrouter_has_failed() -> None:
    found = must({"id": "gen-vid-1", "status": "dead", "error": "provider gone"})
    assert found.status is JobStatus.FAILED and found.error is not None
    assert found.error.message == "provider gone"


@pytest.mark.parametrize(("paging", "after"), [("said", None), ("full", "b"), ("newest", None)])
def test_a_page_that_says_nothing_of_the_next_is_read_as_the_profile_says(
    paging: str, after: str | None
) -> None:
    jobs = [{"id": name, "status": "queued"} for name in "ab"]
    page = read_page({"object": "list", "data": jobs}, 2, paging=paging)
    assert page is not None and page.after == after
    short = read_page({"object": "list", "data": jobs}, 3, paging=paging)
    assert short is not None and short.after is None


def test_an_older_new_api_says_why_a_task_failed_in_a_field_of_its_own() -> None:
    found = must({"code": "success", "data": {"task_id": "t", "status": "FAILURE", "fail_reason": "no GPU"}})
    assert found.status is JobStatus.FAILED and found.error is not None and found.error.message == "no GPU"
    done = must({"data": {"task_id": "t", "status": "SUCCESS", "fail_reason": "https://files.example/1.mp4"}})
    assert done.status is JobStatus.COMPLETED and done.error is None


@pytest.mark.parametrize(
    "said",
    [
        {"error": "no GPU"},
        {"error": {"message": "no GPU"}},
        {"error": {"detail": "no GPU"}},
        {"error": ["no GPU"]},
        {"error": None, "message": "no GPU"},
        {"failure_reason": "no GPU"},
        {"failure": "no GPU", "failureCode": "X"},
    ],
)
@pytest.mark.parametrize("status", ["failed", "cancelled", "expired"])
def test_a_job_that_ends_without_a_video_keeps_its_words(status: str, said: dict[str, object]) -> None:
    found = must({"id": "x", "status": status, **said})
    assert found.error is not None and found.error.message == "no GPU"


@pytest.mark.parametrize(
    "error", [None, {}, "", {"code": "", "message": ""}, {"code": 0}, {"code": "success"}]
)
def test_an_error_that_says_nothing_is_none(error: object) -> None:
    assert must({"id": "x", "status": "completed", "error": error}).status is JobStatus.COMPLETED


@pytest.mark.parametrize(
    "body",
    [
        {"data": [{"b64_json": "AAAA"}]},
        {"videos": [{"type": "base64", "base64": "AAAA"}]},
        {"video": {"url": "data:video/mp4;base64,AAAA"}},
    ],
)
def test_a_file_may_stand_in_the_body_itself(body: dict[str, object]) -> None:
    found = must({"id": "x", "status": "completed", "created": 5, **body}, body_urls=True)
    assert found.status is JobStatus.COMPLETED and found.urls == ("data:video/mp4;base64,AAAA",)


def test_progress_and_times_come_in_many_shapes() -> None:
    found = must({"id": "x", "status": "running", "progress": "45%", "created_at": "2026-11-22T10:00:00Z"})
    assert (found.progress, found.created_at) == (45, 1795341600.0)
    assert must({"id": "x", "status": "running", "created": 1795341600000}).created_at == 1795341600.0


def test_a_page_goes_on_after_its_last_id() -> None:
    jobs = [{"id": f"v{n}", "status": "queued"} for n in range(2)]
    page = read_page({"data": jobs, "last_id": "v1", "has_more": True}, 2)
    assert page is not None and page.after == "v1" and [one.id for one in page.jobs] == ["v0", "v1"]
    last = read_page({"data": jobs, "last_id": "v1", "has_more": False}, 2)
    assert last is not None and last.after is None


def test_a_list_without_cursors_is_one_page() -> None:
    page = read_page({"object": "list", "data": [{"id": "a", "status": "queued"}]}, 1)
    assert page is not None and page.after is None


def test_a_page_leaves_out_what_is_no_job() -> None:
    page = read_page({"data": [None, 3, {"id": "a", "status": "queued"}, {"id": ""}]}, 100)
    assert page is not None and [one.id for one in page.jobs] == ["a"]


def test_a_job_in_litellm_s_error_text_is_found() -> None:
    text = 'litellm.APIError: upstream - {"id": "video_1", "object": "video", "status": "failed"}. Received'
    found = job_or_error_inside({"error": {"message": text, "code": "500"}})
    assert found is not None and job_id(found) == "video_1"
    assert job_or_error_inside({"error": {"message": "no {braces} here"}}) is None
    wrapped = job_or_error_inside({"error": {"message": 'x - {"error": {"code": "moderation_blocked"}}'}})
    assert wrapped is not None and complaint(wrapped).code == "moderation_blocked"


@pytest.mark.parametrize(
    ("body", "message", "code"),
    [
        ({"error": {"message": "m", "type": "t", "param": None, "code": "c"}}, "m", "c"),
        ({"error": "Unauthorized"}, "Unauthorized", None),
        ({"detail": "Not Found"}, "Not Found", None),
        ({"detail": [{"loc": ["body", "size"], "msg": "bad"}]}, "body.size: bad", None),
        ({"message": "m", "type": "Bad_Request", "code": 400}, "m", "bad_request"),
        ({"code": "insufficient_user_quota", "message": "m", "data": None}, "m", "insufficient_user_quota"),
        ({"error": {"message": "m", "code": "400"}}, "m", None),
        ({"error": {"message": "m", "code": 403, "metadata": {"reasons": ["x"]}}}, "m", None),
        (
            {"error": {"message": "m", "code": 403, "metadata": {"reasons": ["x"], "flagged_input": "a…"}}},
            "m",
            "moderation_flagged",
        ),
        ({"error": {"detail": "m"}}, "m", None),
        ({"error": {"error": {"message": "m", "code": "c"}}}, "m", None),
        ({"error": ["a", {"message": "b"}]}, "a; b", None),
        ({"errors": [{"message": "a"}, {"title": "b"}]}, "a; b", None),
        ({"code": "c", "error": "m"}, "m", "c"),
        ({"code": 400, "msg": "m"}, "m", None),
        ({"type": "about:blank", "title": "Bad", "detail": "m", "status": 400}, "m", "about:blank"),
        ({"detail": {"error": {"message": "m"}}}, "m", None),
        ({"error": "invalid_request", "error_description": "m"}, "invalid_request", None),
        ({"id": "video_1", "status": "queued"}, "", None),
        ({"error": None, "data": [{"message": "no"}]}, "", None),
        ("busy", "busy", None),
        ([], "", None),
    ],
)
def test_the_forms_of_error_bodies_are_read(body: object, message: str, code: str | None) -> None:
    found = complaint(body)
    assert (found.message, found.code) == (message, code)
