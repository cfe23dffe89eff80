"""The face of long work: `handler` says how, `queue` asks for it, `Progress` tells how far it is.

A handler must be safe to run twice: a worker may die at any line, and its job is taken up again (three times at
most). It lives in a module that its room's ``urls`` import, so that the worker finds it where the pages do.
"""

from __future__ import annotations

import inspect
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from lingtan.web.programme.job import Job, State

if TYPE_CHECKING:
    from lingtan.web.park.park import Park

Work = Callable[..., Mapping[str, Any] | None]
ATTEMPTS = 3
#: Seconds between two writes of one step's count.
PACE = 0.3
log = logging.getLogger(__name__)


class Cancelled(Exception):  # noqa: N818 - a wish of the person, not a fault
    """The person asked the job to stop; raised by `Progress.step`, not to be caught by handlers."""


class Interrupted(Exception):  # noqa: N818
    """The worker was told to stop; the job waits for the next one."""


@dataclass(frozen=True, slots=True)
class Handler:
    """How a kind of job is done. ``title`` names it to people; ``again``: may be repeated after a worker's death."""

    work: Work
    title: Any
    again: bool = True


_HANDLERS: dict[str, Handler] = {}


def handler(kind: str, *, title: Any = "", again: bool = True) -> Callable[[Work], Work]:
    """Register ``def work(progress, **arguments)`` as what does jobs of a kind.

    Where the function has parameters ``park`` or ``by``, it gets the job's park and the id of who asked. What it
    returns is kept as the job's result; ``{"link": "/p/…"}`` shows a way to open it.
    """

    def add(work: Work) -> Work:
        _HANDLERS[kind] = Handler(work, title or kind, again)
        return work

    return add


def known(kind: str) -> Handler | None:
    """Return how a kind of job is done."""
    return _HANDLERS.get(kind)


def title_of(kind: str) -> str:
    """Return the name of a kind of job in the language of the page."""
    found = _HANDLERS.get(kind)
    return str(found.title) if found else kind


def queue(kind: str, *, park: Park | None = None, by: int | None = None, **arguments: Any) -> Job:
    """Store a job and hand it to the workers in the caller's transaction; the same job still waiting is not doubled.

    Arguments must be JSON. With ``LINGTAN_JOBS=inline`` the job has ended when this returns.
    """
    if kind not in _HANDLERS:
        raise LookupError(f"Expected a kind of job out of {', '.join(sorted(_HANDLERS)) or 'none'}; got {kind}.")
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_xact_lock(hashtext(%s))", [f"job:{kind}:{park.pk if park else 0}"])
        same = Job.objects.filter(park=park, kind=kind, arguments=arguments, state=State.QUEUED, stop_asked=False)
        if (found := same.first()) is not None:
            return found
        job = Job.objects.create(park=park, user_id=by, kind=kind, arguments=arguments)
        if settings.JOBS_INLINE:
            run(job.pk, apart=False)
            job.refresh_from_db()
        else:
            defer(job)
    return job


def defer(job: Job) -> None:
    """Hand a stored job to the workers; two jobs of one park never run at the same time."""
    from lingtan.web.programme.worker import work_on

    lock = f"park:{job.park_id}" if job.park_id else None
    job.deferred = work_on.configure(lock=lock).defer(job=job.pk)
    job.save(update_fields=["deferred"])


def cancel(job: Job) -> None:
    """Ask a job to stop: one that waits ends here, one that runs at its next step."""
    with transaction.atomic():
        held = Job.objects.select_for_update().get(pk=job.pk)
        held.stop_asked = True
        if held.state == State.QUEUED:
            held.state, held.ended = State.CANCELLED, timezone.now()
        held.save(update_fields=["stop_asked", "state", "ended"])


def repeat(job: Job, *, by: int | None) -> Job:
    """Ask for the work of a job that failed or was cancelled once more, with the same arguments; the old row stays."""
    if job.state not in (State.FAILED, State.CANCELLED):
        raise LookupError(f"Expected a job that failed or was cancelled, got one that is {job.state}.")
    return queue(job.kind, park=job.park, by=by, **job.arguments)


class Progress:
    """How a handler tells how far it is, and learns that it should stop. Attributes: ``job``."""

    def __init__(self, job: Job, *, apart: bool = False, stopping: Callable[[], bool] | None = None) -> None:
        self.job = job
        self._stopping = stopping
        # A connection of its own: what it writes is seen at once and stays when the work's transaction is undone.
        self._own = connection.copy() if apart else connection
        self._apart, self._last, self._name = apart, 0.0, ""

    def step(self, name: str, done: int = 0, total: int = 0) -> None:
        """Say which step the work is at (an English msgid) and how many parts of it are done.

        Raises
        ------
        Cancelled : the person asked for it. Interrupted : the worker is to stop.
        """
        with translation.override("en"):
            text = str(name)[:255]
        now = time.monotonic()
        if text == self._name and done < total and now - self._last < PACE:
            return
        self._name, self._last = text, now
        with self._own.cursor() as cursor:
            cursor.execute(
                "update programme_job set step = %s, done = %s, total = %s where id = %s returning stop_asked",
                [text, done, total, self.job.pk],
            )
            row = cursor.fetchone()
        if row is None or row[0]:
            raise Cancelled
        if self._stopping is not None and self._stopping():
            raise Interrupted

    def close(self) -> None:
        """Give the connection back."""
        if self._apart:
            self._own.close()


def run(pk: int, *, apart: bool = True, worker: str = "", stopping: Callable[[], bool] | None = None) -> None:
    """Do a stored job and keep what came of it; one that has ended, or is not there any more, is left alone."""
    job = _take(pk, worker)
    if job is None:
        return
    progress = Progress(job, apart=apart, stopping=stopping)
    language = (job.user.language if job.user else "") or settings.LANGUAGE_CODE
    try:
        with translation.override(language):
            _end(job, _do(job, progress))
    except Interrupted:
        Job.objects.filter(pk=pk).update(state=State.QUEUED, worker="", attempts=job.attempts - 1)
    finally:
        progress.close()


def _take(pk: int, worker: str) -> Job | None:
    with transaction.atomic():
        job = Job.objects.select_for_update(of=("self",)).select_related("park", "user").filter(pk=pk).first()
        if job is None or job.state != State.QUEUED:
            return None
        job.state, job.worker, job.attempts = State.RUNNING, worker, job.attempts + 1
        job.started, job.step, job.done, job.total = timezone.now(), "", 0, 0
        job.save()
    return job


def _do(job: Job, progress: Progress) -> dict[str, Any]:
    """Return the fields that a job ends with."""
    found = _HANDLERS.get(job.kind)
    if found is None:
        return {"state": State.FAILED, "error": _("This version of Lingtan has no work of the kind %s.") % job.kind}
    given = {"park": job.park, "by": job.user_id}
    wanted = inspect.signature(found.work).parameters
    try:
        with transaction.atomic():
            made = found.work(progress, **{k: v for k, v in given.items() if k in wanted}, **job.arguments)
    except Cancelled:
        return {"state": State.CANCELLED}
    except Interrupted:
        raise
    except Exception as fault:  # the one door where a fault of the work becomes words
        return {"state": State.FAILED, "error": _words(fault, job)}
    return {"state": State.DONE, "result": dict(made or {}), "error": ""}


def _words(fault: Exception, job: Job) -> str:
    """Return what a person reads: Lingtan's own exceptions speak for themselves, others are ours to mend."""
    if type(fault).__module__.startswith("lingtan."):
        return str(fault)
    log.exception("job %s (%s) failed", job.pk, job.kind, exc_info=fault)
    return _("A fault of Lingtan's own (%(kind)s). Nothing was changed. The log has it under job %(number)s.") % {
        "kind": type(fault).__name__,
        "number": job.pk,
    }


def _end(job: Job, fields: dict[str, Any]) -> None:
    Job.objects.filter(pk=job.pk).update(ended=timezone.now(), **fields)
