"""The worker: does jobs, takes up what a dead one left, sends what waits (``python -m lingtan.web.programme``)."""

from __future__ import annotations

import functools
import logging
import os
import socket
from datetime import timedelta
from typing import Any

import psutil
from django.db import transaction
from django.urls import get_resolver
from django.utils import timezone
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from lingtan.web.programme import jobs
from lingtan.web.programme.job import OPEN, Job, State

#: A worker on another machine that was silent for so long is dead.
SILENT = timedelta(seconds=40)


@functools.cache
def me() -> str:
    """Name this process so that its number, given anew, is not taken for it."""
    return f"{socket.gethostname()} {os.getpid()} {psutil.Process().create_time():.2f}"


@app.task(name="lingtan.work_on", pass_context=True)
def work_on(context: Any, *, job: int) -> None:
    """Do one stored job."""
    jobs.run(job, worker=me(), stopping=context.should_abort)


@app.periodic(cron="* * * * *")
@app.task(name="lingtan.every_minute", queueing_lock="lingtan.every_minute", pass_context=False)
def every_minute(timestamp: int) -> None:
    """Take up what dead workers left, and send what waits."""
    from lingtan.web.people import audit_copy
    from lingtan.web.programme import messages

    heal()
    messages.deliver()
    while audit_copy.forward() == audit_copy.AT_ONCE:
        pass


@app.periodic(cron="7 * * * *")
@app.task(name="lingtan.every_hour", queueing_lock="lingtan.every_hour", pass_context=False)
def every_hour(timestamp: int) -> None:
    """Remind people of what is due."""
    from lingtan.web.programme import reminders

    reminders.remind()


@app.periodic(cron="40 19 * * *")
@app.task(name="lingtan.every_day", queueing_lock="lingtan.every_day", pass_context=False)
def every_day(timestamp: int) -> None:
    """Throw away what has served its time."""
    from lingtan.web import sweeping

    sweeping.sweep()


def heal() -> int:
    """Take up the open jobs that nobody works on any more; return how many there were."""
    count = 0
    for pk in Job.objects.filter(state__in=OPEN).values_list("pk", flat=True):
        with transaction.atomic():
            job = Job.objects.select_for_update(skip_locked=True).filter(pk=pk, state__in=OPEN).first()
            count += job is not None and _take_up(job)
    return count


def _take_up(job: Job) -> bool:
    """Hand one job out anew where its worker is dead; True where that was so."""
    row = ProcrastinateJob.objects.select_related("worker").filter(pk=job.deferred).first()
    if job.state == State.RUNNING and _lives(job.worker, row):
        return False
    if job.state == State.QUEUED and row is not None and (row.status == "todo" or _silent(row) is False):
        return False
    if job.state == State.RUNNING:
        _back(job)
    if row is not None and row.status == "doing":
        app.job_manager.retry_job_by_id(row.pk, retry_at=timezone.now())
    elif job.is_open:
        jobs.defer(job)
    return True


def _back(job: Job) -> None:
    """Put a job of a dead worker back in the queue, or end it where it may not be repeated."""
    known = jobs.known(job.kind)
    if job.stop_asked:
        job.state, job.ended = State.CANCELLED, timezone.now()
    elif job.attempts >= jobs.ATTEMPTS or (known is not None and not known.again):
        job.state, job.ended = State.FAILED, timezone.now()
        job.error = _(
            "The worker ended in the middle of the step “%(step)s”, at attempt %(attempt)s. What it had begun was "
            "undone. Ask for the work again; if it ends so again, look at memory and at the log."
        ) % {"step": _(job.step) if job.step else "—", "attempt": job.attempts}
    else:
        job.state, job.worker = State.QUEUED, ""
    job.save()


def _lives(worker: str, row: ProcrastinateJob | None) -> bool:
    if row is None or row.status != "doing":
        return False  # its process may live on, but has given the job up
    host, _gap, rest = worker.partition(" ")
    if host != socket.gethostname():
        return _silent(row) is False
    number, _gap, born = rest.partition(" ")
    try:
        return abs(psutil.Process(int(number)).create_time() - float(born)) < 0.05
    except (psutil.Error, ValueError):
        return False


def _silent(row: ProcrastinateJob) -> bool | None:
    """Tell whether the worker of a job that is being done has gone; None where nobody is doing it."""
    if row.status != "doing":
        return None
    return row.worker is None or row.worker.last_heartbeat < timezone.now() - SILENT


def serve() -> None:
    """Work until told to stop; jobs that still run then go back to the queue at their next step."""
    # The pages' addresses import every room, and with them every handler and source of tasks.
    len(get_resolver().url_patterns)
    logging.getLogger("procrastinate").setLevel(logging.ERROR)
    heal()
    app.with_connector(app.connector.get_worker_connector()).run_worker(
        concurrency=2, shutdown_graceful_timeout=5, delete_jobs="always", name="lingtan"
    )
