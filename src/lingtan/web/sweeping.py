"""What has served its time and is thrown away, once a day, as one table."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta

from django.db import DatabaseError, connection, transaction
from django.utils import timezone

log = logging.getLogger(__name__)
#: Attempts to sign in are kept as long as an inspection asks for.
ATTEMPTS = timedelta(days=180)
#: An upload that was checked and never taken in.
CHECKED = timedelta(days=1)


def _sessions() -> int:
    """Remove sessions that ended, and the notes about them."""
    from allauth.usersessions.models import UserSession
    from django.contrib.sessions.models import Session

    gone = Session.objects.filter(expire_date__lt=timezone.now()).delete()[0]
    return gone + UserSession.objects.exclude(session_key__in=Session.objects.values("session_key")).delete()[0]


def _answers() -> int:
    """Remove answers that were kept for requests sent again."""
    from lingtan.web.api.models import IdempotencyKey
    from lingtan.web.api.once import KEPT

    return IdempotencyKey.objects.filter(at__lt=timezone.now() - KEPT).delete()[0]


def _usage() -> int:
    """Remove counts of requests, older than the page of tokens tells of."""
    from lingtan.web.api.keys import KEPT
    from lingtan.web.api.models import Usage

    return Usage.objects.filter(minute__lt=timezone.now() - KEPT).delete()[0]


def _uploads() -> int:
    """Remove sheets that were checked and never written, with all that was read of them."""
    from lingtan.web.api.models import Batch, BatchState

    return Batch.objects.filter(state=BatchState.CHECKED, at__lt=timezone.now() - CHECKED).delete()[0]


def _folders() -> int:
    """Remove park folders that were looked at and never taken in."""
    from lingtan.web.park.folder import places

    return len(places.sweep(places.staging()))


def _attempts() -> int:
    """Remove attempts to sign in."""
    from axes.models import AccessAttempt, AccessFailureLog, AccessLog

    before = timezone.now() - ATTEMPTS
    return sum(
        kind.objects.filter(attempt_time__lt=before).delete()[0]
        for kind in (AccessAttempt, AccessFailureLog, AccessLog)
    )


def _marks() -> int:
    """Remove marks of copied audit entries that older ones stand for."""
    from lingtan.web.people import audit_copy

    return audit_copy.sweep()


def _cache() -> int:
    """Remove short-lived notes about limits and codes."""
    with connection.cursor() as cursor:
        cursor.execute("delete from lingtan_cache where expires < now()")
        return cursor.rowcount


#: What is swept -> how; the words say what, and why it may go.
SWEPT: dict[str, Callable[[], int]] = {
    "sessions": _sessions,
    "answers kept for repeated requests": _answers,
    "request counts": _usage,
    "checked uploads": _uploads,
    "checked park folders": _folders,
    "attempts to sign in": _attempts,
    "marks of the audit copy": _marks,
    "short notes": _cache,
}


def sweep() -> dict[str, int]:
    """Throw away everything of the table; return what -> how many. One that fails does not keep the others."""
    gone = {}
    for what, work in SWEPT.items():
        try:
            with transaction.atomic():
                gone[what] = work()
        except (DatabaseError, OSError):
            log.exception("not swept: %s", what)
    return gone
