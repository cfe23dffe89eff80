"""Long work: asked for once, done by a worker, stopped on wish, taken up after a worker's death."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from lingtan.web.park.park import Park
from lingtan.web.people.user import User
from lingtan.web.programme import jobs, worker
from lingtan.web.programme.job import Job, State

SEEN: list[Any] = []


class TestFaultError(Exception):
    """As a room of ours raises it."""

    __test__ = False


TestFaultError.__module__ = "lingtan.web.somewhere"


@pytest.fixture(autouse=True)
def kinds() -> Iterator[None]:
    SEEN.clear()
    jobs.handler("test-add", title="Add")(_add)
    jobs.handler("test-once", again=False)(_add)
    jobs.handler("test-fail")(_fail)
    jobs.handler("test-refuse")(_refuse)
    yield
    for kind in ("test-add", "test-once", "test-fail", "test-refuse"):
        jobs._HANDLERS.pop(kind)


def _add(progress: jobs.Progress, park: Any, *, n: int) -> dict[str, Any]:
    progress.step("Adding", 1, 2)
    Park.objects.create(code=f"made-{n}")
    SEEN.append((park.code if park else None, n))
    progress.step("Adding", 2, 2)
    return {"link": f"/p/T/?n={n}"}


def _fail(progress: jobs.Progress) -> None:
    Park.objects.create(code="half-done")
    raise RuntimeError("secret path /etc")


def _refuse(progress: jobs.Progress) -> None:
    raise TestFaultError("Expected a year, got none.")


def test_a_job_runs_at_once_where_jobs_are_inline(park: Any) -> None:
    job = jobs.queue("test-add", park=park, n=3)
    assert (job.state, job.result, SEEN) == (State.DONE, {"link": "/p/T/?n=3"}, [("T", 3)])
    assert (job.step, job.done, job.total) == ("Adding", 2, 2)


def test_a_kind_that_nobody_does_is_refused(park: Any) -> None:
    with pytest.raises(LookupError, match="test-add"):
        jobs.queue("nothing", park=park)


def test_work_that_fails_is_undone_and_says_nothing_of_its_inside(park: Any) -> None:
    job = jobs.queue("test-fail", park=park)
    assert job.state == State.FAILED
    assert not Park.objects.filter(code="half-done").exists()
    assert "RuntimeError" in job.error
    assert "/etc" not in job.error


def test_a_fault_of_ours_speaks_for_itself(park: Any) -> None:
    assert jobs.queue("test-refuse", park=park).error == "Expected a year, got none."


@pytest.fixture
def deferred(settings: Any) -> None:
    settings.JOBS_INLINE = False


def test_a_job_is_handed_out_in_the_callers_transaction(park: Any, deferred: None) -> None:
    job = jobs.queue("test-add", park=park, n=1)
    row = ProcrastinateJob.objects.get(pk=job.deferred)
    assert (row.status, row.args, row.lock) == ("todo", {"job": job.pk}, f"park:{park.pk}")
    assert job.state == State.QUEUED


def test_the_same_work_that_still_waits_is_not_doubled(park: Any, deferred: None) -> None:
    assert jobs.queue("test-add", park=park, n=1).pk == jobs.queue("test-add", park=park, n=1).pk
    assert jobs.queue("test-add", park=park, n=2).pk != jobs.queue("test-add", park=park, n=1).pk


def test_a_waiting_job_that_is_cancelled_is_never_done(park: Any, deferred: None) -> None:
    job = jobs.queue("test-add", park=park, n=1)
    jobs.cancel(job)
    jobs.run(job.pk, apart=False)
    job.refresh_from_db()
    assert (job.state, SEEN) == (State.CANCELLED, [])


def test_a_running_job_stops_at_its_next_step_and_is_undone(park: Any, deferred: None) -> None:
    job = jobs.queue("test-add", park=park, n=1)
    Job.objects.filter(pk=job.pk).update(stop_asked=True)
    jobs.run(job.pk, apart=False)
    job.refresh_from_db()
    assert job.state == State.CANCELLED
    assert not Park.objects.filter(code="made-1").exists()


def test_a_job_of_a_worker_that_is_told_to_stop_waits_for_the_next_one(park: Any, deferred: None) -> None:
    job = jobs.queue("test-add", park=park, n=1)
    jobs.run(job.pk, apart=False, stopping=lambda: True)
    job.refresh_from_db()
    assert (job.state, job.attempts, SEEN) == (State.QUEUED, 0, [])


def _dies(job: Job, *, attempts: int = 1) -> None:
    """Leave a job as a worker leaves it that was killed in the middle."""
    with connection.cursor() as cursor:
        cursor.execute("update procrastinate_jobs set status = 'doing' where id = %s", [job.deferred])
    Job.objects.filter(pk=job.pk).update(
        state=State.RUNNING, worker=worker.me().split(" ")[0] + " 999999 1.00", attempts=attempts, step="Adding"
    )


def test_the_job_of_a_dead_worker_is_taken_up_again(park: Any, deferred: None) -> None:
    job = jobs.queue("test-add", park=park, n=1)
    _dies(job)
    assert worker.heal() == 1
    job.refresh_from_db()
    assert job.state == State.QUEUED
    assert ProcrastinateJob.objects.get(pk=job.deferred).status == "todo"


@pytest.mark.parametrize(("kind", "attempts"), [("test-add", 3), ("test-once", 1)])
def test_a_job_that_kills_its_workers_ends_with_words(park: Any, deferred: None, kind: str, attempts: int) -> None:
    job = jobs.queue(kind, park=park, n=1)
    _dies(job, attempts=attempts)
    worker.heal()
    job.refresh_from_db()
    assert job.state == State.FAILED
    assert "Adding" in job.error


def test_a_job_that_a_living_worker_does_is_left_alone(park: Any, deferred: None) -> None:
    job = jobs.queue("test-add", park=park, n=1)
    _dies(job)
    Job.objects.filter(pk=job.pk).update(worker=worker.me())
    assert worker.heal() == 0


def test_a_waiting_job_that_was_lost_to_the_workers_is_handed_out_again(park: Any, deferred: None) -> None:
    job = jobs.queue("test-add", park=park, n=1)
    with connection.cursor() as cursor:
        cursor.execute("delete from procrastinate_jobs where id = %s", [job.deferred])
    assert worker.heal() == 1
    job.refresh_from_db()
    assert ProcrastinateJob.objects.get(pk=job.deferred).status == "todo"


def test_a_person_sees_his_own_jobs_and_the_office_sees_all(park: Any, client_as: Callable[..., Any]) -> None:
    office, reporter = client_as("office"), client_as("reporter", "A")
    other = client_as("reporter", "B")
    mine = jobs.queue("test-add", park=park, by=User.objects.get(username="reporter-A").pk, n=1)
    assert office.get(f"/p/T/jobs/{mine.pk}/").status_code == 200
    assert reporter.get(f"/p/T/jobs/{mine.pk}/").status_code == 200
    assert other.get(f"/p/T/jobs/{mine.pk}/").status_code == 404
    assert other.post(f"/p/T/jobs/{mine.pk}/cancel/").status_code == 404


def test_the_page_of_a_job_asks_again_while_it_runs_and_links_its_result_after(
    park: Any, client_as: Callable[..., Any], settings: Any
) -> None:
    office = client_as("office")
    done = jobs.queue("test-add", park=park, n=1)
    settings.JOBS_INLINE = False
    waiting = jobs.queue("test-add", park=park, n=2)
    assert "every 2s" in office.get(f"/p/T/jobs/{waiting.pk}/").content.decode()
    page = office.get(f"/p/T/jobs/{done.pk}/", headers={"HX-Request": "true"}).content.decode()
    assert "every 2s" not in page
    assert "/p/T/?n=1" in page
    assert "<html" not in page


def test_the_list_of_jobs_is_read_with_few_queries(
    park: Any, client_as: Callable[..., Any], django_assert_max_num_queries: Any
) -> None:
    office = client_as("office")
    for n in range(5):
        jobs.queue("test-add", park=park, n=n)
    office.get("/p/T/jobs/")
    with django_assert_max_num_queries(20):
        assert office.get("/p/T/jobs/").status_code == 200


def test_failed_work_is_asked_for_again_with_the_same_arguments(park: Any, client_as: Callable[..., Any]) -> None:
    office, other = client_as("office"), client_as("reporter", "A")
    job = jobs.queue("test-fail", park=park, by=User.objects.get(username="office-park").pk)
    assert job.state == State.FAILED
    assert "Do it again" in office.get(f"/p/T/jobs/{job.pk}/").content.decode()
    assert other.post(f"/p/T/jobs/{job.pk}/again/").status_code == 404
    answer = office.post(f"/p/T/jobs/{job.pk}/again/")
    newer = Job.objects.first()
    assert newer.pk != job.pk
    assert (newer.kind, newer.arguments) == (job.kind, job.arguments)
    assert answer["Location"] == f"/p/T/jobs/{newer.pk}/"


def test_work_that_is_done_is_not_repeated(park: Any, client_as: Callable[..., Any]) -> None:
    office = client_as("office")
    job = Job.objects.create(park=park, kind="compute", state=State.DONE)
    assert office.post(f"/p/T/jobs/{job.pk}/again/")["Location"] == f"/p/T/jobs/{job.pk}/"
    assert Job.objects.count() == 1
