"""The health page: does the database answer, does a worker live. Nothing of a park stands there."""

from __future__ import annotations

from typing import Any

from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache

from lingtan.web.people import audit_copy
from lingtan.web.programme.job import Job, State

#: A worker that was silent for so many seconds is not counted.
SILENT = 60


@never_cache
def health(request: HttpRequest) -> JsonResponse:
    """Answer 200 where pages can be served, 503 where the database does not answer."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("select max(last_heartbeat) from procrastinate_workers")
            beat = cursor.fetchone()[0]
        waiting = Job.objects.filter(state=State.QUEUED).count()
        copied = audit_copy.state()
    except (DatabaseError, OSError):
        return JsonResponse({"status": "failing", "database": "silent"}, status=503)
    age = (timezone.now() - beat).total_seconds() if beat else None
    told: dict[str, Any] = {
        "status": "ok",
        "database": "ok",
        "worker": "ok" if age is not None and age < SILENT else "none",
        "jobs_waiting": waiting,
        **copied,
    }
    return JsonResponse(told)
