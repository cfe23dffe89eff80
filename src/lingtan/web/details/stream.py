"""The page of a stream: both ends, the points that measure it, and what its parties said month by month."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.utils import timezone

from lingtan.web.kernel import lists, scope, views
from lingtan.web.kernel.pages import ParkRequest
from lingtan.web.kernel.register import Register, find
from lingtan.web.metering.stream import Stream
from lingtan.web.reporting.statement import Statement, StatementKind

MONTHS = 24


def show(request: ParkRequest, register: Register, row: Stream) -> HttpResponse:
    """Show a stream."""
    said = Statement.objects.visible_to(request.access).filter(stream=row).order_by("-start", "kind")
    kinds, months = by_month(list(said[: MONTHS * len(StatementKind)]))
    points = find("points")
    more = {
        "template": "kernel/stream.html", "rich": True,
        "ends": [_end(request, row.source), _end(request, row.target)],
        "commodity": lists.Teller(register, request.access, request.park).cell(row, "commodity").text,
        "kinds": kinds, "months": months,
        "points": points and [one for one in views.related(request, register, row) if one["register"] is points],
        "related": views.related(request, register, row, leave=("statements", "points")),
    }  # fmt: skip
    return views.show(request, register, row, **more)


def _end(request: ParkRequest, node: Any) -> dict[str, Any]:
    """Return an end of a stream; of another's node no more than its name."""
    seen = scope.holds(node, request.access)
    return {"node": node, "seen": seen, "kind": node.get_kind_display(), "operator": node.operator if seen else ""}


def by_month(said: list[Statement]) -> tuple[list[str], list[tuple[str, list[list[Statement]]]]]:
    """Return the kinds that occur, and per span (a month, or its days) the statements of each kind, newest first."""
    kinds = [kind for kind in StatementKind.values if any(one.kind == kind for one in said)]
    spans: dict[str, dict[str, list[Statement]]] = {}
    for one in said:
        spans.setdefault(span_of(one), {}).setdefault(one.kind, []).append(one)
    labels = [str(StatementKind(kind).label) for kind in kinds]
    return labels, [(span, [held.get(kind, []) for kind in kinds]) for span, held in list(spans.items())[:MONTHS]]


def span_of(one: Statement) -> str:
    """Return a statement's span in words: ``2025-03`` for a whole month of the park's zone, else its days."""
    start, end = timezone.localtime(one.start), timezone.localtime(one.end)
    after = (start.replace(day=28) + timedelta(days=4)).replace(day=1)
    if start.day == 1 and end.date() == after.date() and not any((start.hour, end.hour)):
        return f"{start:%Y-%m}"
    return f"{start:%Y-%m-%d} – {end:%Y-%m-%d}"
