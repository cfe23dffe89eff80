"""A copy of the audit log off the machine, as it grows: RFC 5424 messages to a collector of the operator's.

``LINGTAN_SYSLOG`` names it: ``tls://log.example.com:6514`` (RFC 5425), ``tcp://…:601`` (RFC 6587, with octet counts) or
``udp://…:514`` (RFC 5426). The worker sends, every minute; no request waits for it. What was handed over is marked
entry by entry, so that one whose transaction ended late is not passed over; while the collector does not take them,
entries wait here, and the health page says so. Neither TCP nor UDP tells that a message was kept: the chain of digests
(`audit.anchor`, sent with every sealed day) shows the collector's owner what is missing.
"""

from __future__ import annotations

import os
import socket
import ssl
from contextlib import closing
from datetime import UTC, timedelta
from typing import Any
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models, transaction
from django.db.models import Min, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from lingtan.web.people.audit import AuditDay, AuditEntry

#: Facility 13 (log audit); notice for what was done, warning for what was refused or failed.
DONE, REFUSED = 13 * 8 + 5, 13 * 8 + 4
PORTS = {"udp": 514, "tcp": 601, "tls": 6514}
SECONDS, AT_ONCE = 10, 500
#: A UDP message longer than this may be cut on its way.
DATAGRAM = 2048
KEPT = timedelta(days=2)
LOCK = 7_110_554


class AuditCopy(models.Model):
    """A mark: this entry was handed over. The lowest mark stands for all entries before it."""

    entry_id = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField(_("Time"))

    class Meta:
        verbose_name = _("Copied audit entry")
        verbose_name_plural = _("Copied audit entries")


def target() -> SplitResult | None:
    """Return where copies go, None where no copy is set up.

    Raises
    ------
    ImproperlyConfigured : the setting is no such address.
    """
    if not settings.SYSLOG:
        return None
    parts = urlsplit(settings.SYSLOG)
    if parts.scheme not in PORTS or not parts.hostname:
        raise ImproperlyConfigured(
            f"Expected LINGTAN_SYSLOG such as tls://log.example.com:6514 (udp, tcp or tls), got {settings.SYSLOG!r}."
        )
    return parts


def waiting() -> QuerySet[AuditEntry]:
    """Return the entries that were not handed over yet, in order."""
    floor = AuditCopy.objects.aggregate(Min("entry_id"))["entry_id__min"] or 0
    marked = AuditCopy.objects.values("entry_id")
    return AuditEntry.objects.filter(pk__gt=floor).exclude(pk__in=marked).order_by("pk")


def forward() -> int:
    """Hand over what waits, one worker at a time; return how many entries went. A fault of the line stops it, quietly.

    An entry is marked once the line took it; where the process dies between the two it goes out twice.
    """
    to, sent = target(), 0
    if to is None:
        return 0
    with transaction.atomic():
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("select pg_try_advisory_xact_lock(%s)", [LOCK])
            if not cursor.fetchone()[0]:
                return 0
        rows = list(waiting()[:AT_ONCE])
        if not rows:
            return 0
        try:
            with closing(_line(to)) as line:
                for row in rows:
                    _hand_over(line, message(row), to.scheme)
                    sent += 1
        except OSError:
            pass  # what was not taken waits; the health page says how much
        now = timezone.now()
        AuditCopy.objects.bulk_create([AuditCopy(entry_id=row.pk, at=now) for row in rows[:sent]])
    return sent


def message(entry: AuditEntry) -> bytes:
    """Return an entry as RFC 5424 has it: the line that is hashed, and with it the anchor of the log."""
    priority = DONE if entry.result == "done" else REFUSED
    at = entry.at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    newest = AuditDay.objects.order_by("-day").first()
    sealed = f'[anchor@32473 day="{newest.day}" digest="{newest.digest}"]' if newest else "-"
    head = f"<{priority}>1 {at} {socket.gethostname()[:255] or '-'} lingtan {os.getpid()} {entry.act} {sealed} "
    return head.encode("ascii", "replace") + b"\xef\xbb\xbf" + entry.line().encode()


def _line(to: SplitResult) -> socket.socket:
    place = (to.hostname or "", to.port or PORTS[to.scheme])
    if to.scheme == "udp":
        family, kind, proto, _name, address = socket.getaddrinfo(*place, type=socket.SOCK_DGRAM)[0]
        made = socket.socket(family, kind, proto)
        made.connect(address)
        return made
    made = socket.create_connection(place, timeout=SECONDS)
    if to.scheme == "tls":
        trusted = ssl.create_default_context(cafile=settings.SYSLOG_CA or None)
        return trusted.wrap_socket(made, server_hostname=to.hostname)
    return made


def _hand_over(line: socket.socket, data: bytes, scheme: str) -> None:
    if scheme == "udp":
        line.send(data[:DATAGRAM])
        return
    line.sendall(f"{len(data)} ".encode() + data)


def state() -> dict[str, Any]:
    """Return what the health page says: nothing where no copy is set up, else how many entries wait and since when."""
    if not settings.SYSLOG:
        return {}
    rows = waiting()
    count, first = rows.count(), rows.first()
    late = first is not None and timezone.now() - first.at > timedelta(minutes=5)
    since = first.at.astimezone(UTC).isoformat(timespec="seconds") if first else None
    return {"audit_copy": "behind" if late else "ok", "audit_waiting": count, "audit_waiting_since": since}


def sweep() -> int:
    """Forget the marks that older ones stand for; return how many went. The newest of them becomes the lowest mark."""
    first = waiting().first()
    old = AuditCopy.objects.filter(at__lt=timezone.now() - KEPT)
    old = old.filter(entry_id__lt=first.pk) if first else old
    newest = old.order_by("-entry_id").values_list("entry_id", flat=True).first()
    return AuditCopy.objects.filter(entry_id__lt=newest).delete()[0] if newest else 0
