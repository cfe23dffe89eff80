"""The audit log: who did what, from where, with what result; append-only, chained day by day.

An entry is written in the transaction of the act; where the log cannot be written the act fails. Days are days of UTC.
A past day is sealed by the digest of its entries and of the day before (`seal`), from ten minutes after midnight on,
so that a transaction that began before midnight is in. `anchor` is what an auditor keeps elsewhere; `broken` finds days
that no longer match.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, ClassVar

import pgtrigger
from allauth.core.internal.httpkit import get_client_ip
from django.db import connection, models, transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from pghistory.models import Context


class Act(models.TextChoices):
    """What an entry is about."""

    SIGN_IN = "sign_in", _("Signed in")
    SIGN_OUT = "sign_out", _("Signed out")
    FAILURE = "failure", _("Sign-in failed")
    LOCK = "lock", _("Locked after failures")
    SESSION = "session", _("Session ended")
    PASSWORD = "password", _("Password changed")
    FACTOR = "factor", _("Second factor changed")
    REFUSAL = "refusal", _("Refused")
    EXPORT = "export", _("Exported")
    PRINT = "print", _("Printed")
    INVITE = "invite", _("Invited or asked for a role")
    GRANT = "grant", _("Role granted")
    REVOKE = "revoke", _("Role taken back")
    PARK = "park", _("Park created or changed")
    ACCOUNT = "account", _("Account changed")


class AuditEntry(models.Model):
    """One act. Persons and parks stand by number and name, so that an entry outlives them."""

    at = models.DateTimeField(_("Time"), db_index=True)
    act = models.CharField(_("Act"), max_length=16, choices=Act.choices, db_index=True)
    actor_id = models.BigIntegerField(_("Person no."), null=True, db_index=True)
    actor = models.CharField(_("Person"), max_length=200, blank=True)
    park_id = models.BigIntegerField(_("Park no."), null=True, db_index=True)
    address = models.CharField(_("Address"), max_length=45, blank=True)
    path = models.CharField(_("Page"), max_length=300, blank=True)
    subject = models.CharField(_("Object"), max_length=300, blank=True)
    result = models.CharField(_("Result"), max_length=16, default="done")
    reason = models.TextField(_("Reason"), blank=True)
    request = models.CharField(_("Request"), max_length=36, blank=True)
    detail = models.JSONField(_("Details"), default=dict)

    class Meta:
        verbose_name = _("Audit entry")
        verbose_name_plural = _("Audit entries")
        triggers: ClassVar = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def line(self) -> str:
        """Return the entry as one line of JSON with sorted keys: what is exported, and what is hashed."""
        row = {field.attname: getattr(self, field.attname) for field in self._meta.concrete_fields}
        row["at"] = self.at.astimezone(UTC).isoformat(timespec="microseconds")
        return json.dumps(row, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


class AuditDay(models.Model):
    """A sealed day: the digest of the day before and of all entries of this one."""

    day = models.DateField(_("Day"), unique=True)
    entries = models.PositiveIntegerField(_("Entries"))
    digest = models.CharField(_("Digest"), max_length=64)
    sealed_at = models.DateTimeField(_("Sealed"))

    class Meta:
        verbose_name = _("Sealed day")
        verbose_name_plural = _("Sealed days")
        triggers: ClassVar = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]


class KeptContext(Context):
    """Who changed records, why, in which request: written while a request lasts, kept unchanged after a day."""

    class Meta:
        proxy = True
        triggers: ClassVar = [
            pgtrigger.Protect(name="context_stays", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="context_settles",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition("OLD.created_at < now() - interval '1 day'"),
            ),
        ]


#: The request at hand, set by `middleware.AuditMiddleware`.
current: ContextVar[HttpRequest | None] = ContextVar("current", default=None)
GRACE = timedelta(minutes=10)
LOCK = 7_110_553


def address(request: HttpRequest | None) -> str:
    """Return the client's address; behind proxies by ``ALLAUTH_TRUSTED_PROXY_COUNT``."""
    return (get_client_ip(request) or "") if request is not None else ""


def record(
    act: str, subject: str = "", *, actor: Any = None, park_id: int | None = None, result: str = "done",
    reason: str = "", **detail: Any,
) -> AuditEntry:  # fmt: skip
    """Write one entry; person, address and page are those of the request at hand unless ``actor`` is given."""
    request = current.get()
    user = actor or getattr(request, "user", None)
    known = user is not None and user.pk is not None
    park = getattr(request, "park", None)
    seal()
    return AuditEntry.objects.create(
        at=timezone.now(),
        act=act,
        actor_id=user.pk if known else None,
        actor=f"{user} ({user.username})"[:200] if known else "",
        park_id=park_id if park_id is not None else getattr(park, "pk", None),
        address=address(request),
        path=request.path[:300] if request is not None else "",
        subject=subject[:300],
        result=result,
        reason=reason,
        request=getattr(request, "request_id", ""),
        detail=detail,
    )


def seal() -> None:
    """Seal every past day that has entries or follows a sealed one, in order; today stays open."""
    last_full = (timezone.now() - GRACE).astimezone(UTC).date() - timedelta(days=1)
    newest = AuditDay.objects.order_by("-day").first()
    if newest is not None and newest.day >= last_full:
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        newest = AuditDay.objects.order_by("-day").first()
        day = newest.day + timedelta(days=1) if newest else _first_day()
        digest = newest.digest if newest else ""
        while day is not None and day <= last_full:
            digest, count = chained(digest, entries_of(day))
            AuditDay.objects.create(day=day, entries=count, digest=digest, sealed_at=timezone.now())
            day += timedelta(days=1)


def _first_day() -> date | None:
    first = AuditEntry.objects.order_by("at").first()
    return first.at.astimezone(UTC).date() if first else None


def entries_of(day: date) -> Iterator[AuditEntry]:
    """Return the entries of a day in the order in which they are chained."""
    start = datetime.combine(day, time(), UTC)
    return AuditEntry.objects.filter(at__gte=start, at__lt=start + timedelta(days=1)).order_by("pk").iterator()


def chained(previous: str, entries: Iterable[AuditEntry]) -> tuple[str, int]:
    """Return the SHA-256 over the digest of the day before and the lines of a day, and the number of lines."""
    digest, count = hashlib.sha256(previous.encode()), 0
    for count, entry in enumerate(entries, start=1):  # noqa: B007 - the count is wanted after the loop
        digest.update(b"\n" + entry.line().encode())
    return digest.hexdigest(), count


def broken() -> list[date]:
    """Return the sealed days whose entries no longer give their digest, or that are missing from the chain."""
    found, previous, expected = [], "", None
    for sealed in AuditDay.objects.order_by("day"):
        digest, count = chained(previous, entries_of(sealed.day))
        if (digest, count) != (sealed.digest, sealed.entries) or (expected is not None and sealed.day != expected):
            found.append(sealed.day)
        previous, expected = sealed.digest, sealed.day + timedelta(days=1)
    return found


def anchor() -> dict[str, Any]:
    """Return the newest sealed day and its digest: who keeps it can prove later that nothing before was changed."""
    newest = AuditDay.objects.order_by("-day").first()
    if newest is None:
        return {"day": None, "digest": None, "entries": 0}
    return {"day": newest.day.isoformat(), "digest": newest.digest, "entries": newest.entries}
