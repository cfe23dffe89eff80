"""The page and the export of the audit log."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone

from lingtan.web.people import audit
from lingtan.web.people.audit import AuditDay, AuditEntry
from lingtan.web.people.pages.forms import AuditFilter

ROWS = 50


def audit_page(request: HttpRequest, wanted: Q) -> HttpResponse:
    """Show the entries that somebody answers for, newest first; ``?export`` gives them as lines of JSON."""
    audit.seal()
    form = AuditFilter(request.GET or None)
    rows = _cut(AuditEntry.objects.filter(wanted), form.cleaned_data if form.is_valid() else {})
    if "export" in request.GET:
        return _export(rows.order_by("pk"))
    page = Paginator(rows.order_by("-pk"), ROWS).get_page(request.GET.get("page"))
    check = audit.broken() if "check" in request.GET else None
    context = {
        "form": form, "page": page, "anchor": audit.anchor(), "days": AuditDay.objects.count(),
        "checked": check is not None, "broken": check or [],
        "query": "&".join(f"{name}={value}" for name, value in request.GET.items() if name in form.fields),
    }  # fmt: skip
    return render(request, "people/audit.html", context)


def _cut(rows: QuerySet[AuditEntry], values: dict[str, Any]) -> QuerySet[AuditEntry]:
    """Cut the log by act, person (name or number of the object as well) and days of the reader's zone."""
    if values.get("act"):
        rows = rows.filter(act=values["act"])
    if values.get("person"):
        rows = rows.filter(Q(actor__icontains=values["person"]) | Q(subject__icontains=values["person"]))
    zone = timezone.get_current_timezone()
    if values.get("since"):
        rows = rows.filter(at__gte=datetime.combine(values["since"], time(), zone))
    if values.get("until"):
        rows = rows.filter(at__lt=datetime.combine(values["until"] + timedelta(days=1), time(), zone))
    return rows


def _export(rows: QuerySet[AuditEntry]) -> StreamingHttpResponse:
    """Return lines of JSON: first the anchor and the digests of all sealed days, then entries exactly as hashed."""
    name = f"audit-{timezone.now():%Y%m%d-%H%M%S}.jsonl"
    response = StreamingHttpResponse(_lines(rows), content_type="application/x-ndjson")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _lines(rows: QuerySet[AuditEntry]) -> Iterator[str]:
    days = {str(one.day): one.digest for one in AuditDay.objects.order_by("day")}
    yield json.dumps({"anchor": audit.anchor(), "days": days}, ensure_ascii=False) + "\n"
    for row in rows.iterator():
        yield row.line() + "\n"
