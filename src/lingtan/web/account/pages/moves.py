"""Who changed it, and which figures moved: the changes that went into a pass beside the figures that differ after it.

All of it is read: what moved was kept when the pass was made, who changed what stands in the history. A change made
while a pass was reading its records may stand with the pass before; several changes that went into one pass together
are shown together, and which of them moved a figure is said only as far as the figure's own chain names the record.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.core.paginator import Paginator
from django.db.models import Case, Count, IntegerField, TextField, Value, When
from django.db.models.functions import Cast
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from lingtan.trace.words import name as word_of
from lingtan.web.account.methods import BY_KEY
from lingtan.web.account.move import Move
from lingtan.web.account.pages.rows import said, written
from lingtan.web.account.run import Figure, Run
from lingtan.web.kernel import actions
from lingtan.web.kernel.language import chinese
from lingtan.web.kernel.pages import ParkRequest, in_park
from lingtan.web.kernel.register import Register, find, registers
from lingtan.web.metering.stream import Stream
from lingtan.web.park.node import Node

PAGE, MOST, NAMED = 100, 5_000, 12
KIND_ORDER = (
    "total", "share", "category", "node", "source", "line", "flow", "month", "coverage", "choice", "deviation",
)  # fmt: skip
_RANK = Case(
    *(When(name__startswith=f"{kind}:", then=Value(at)) for at, kind in enumerate(KIND_ORDER)),
    default=Value(len(KIND_ORDER)), output_field=IntegerField(),
)  # fmt: skip


@dataclass(slots=True)
class Act:
    """What one person did at once: the records changed, by kind, and the first of them by name."""

    at: datetime
    who: str
    reason: str
    request: str
    records: list[tuple[Register, Any, str]] = field(default_factory=list)
    more: int = 0


def ordered(rows: Any) -> Any:
    """Return moves with totals first, then parts, then months; the largest change first within a kind."""
    return rows.annotate(rank=_RANK).order_by("rank", "name")


@in_park()
@require_GET
def moves(request: ParkRequest, run: int) -> HttpResponse:
    """Show what moved with the pass that made a run, and the changes that went into it."""
    request.entry = "account"
    seen = Move.objects.visible_to(request.access).filter(run_id=run).prefetch_related("run", "against")
    one = seen.first()
    made = one.run if one is not None else Run.objects.visible_to(request.access).filter(pk=run).first()
    if made is None:
        raise Http404
    record = _record(request)
    against = one.against if one is not None else _before(request, made)
    told = _told(request, ordered(seen), made, record)
    if request.GET.get("format") == "csv":
        return _csv(made, told)
    acts = changes_between(request, against, made)
    context = {
        "run": made,
        "against": against,
        "method": BY_KEY[made.variant].short if made.variant in BY_KEY else made.method,
        "page": Paginator(told, PAGE).get_page(request.GET.get("page")),
        "count": seen.count(),
        "record": record,
        "rests": sum(row["rests"] for row in told),
        "acts": acts,
        "records": sum(len(act.records) + act.more for act in acts),
        "siblings": _siblings(request, made),
    }
    return render(request, "book/moves.html", context)


def _record(request: ParkRequest) -> Any:
    """Return the record that the address names by ``of=slug:key``; None where it names none."""
    slug, colon, pk = request.GET.get("of", "").partition(":")
    register = find(slug) if colon and pk.isdigit() else None
    if register is None:
        return None
    return get_object_or_404(register.model.objects.visible_to(request.access), pk=int(pk))


def _before(request: ParkRequest, run: Run) -> Run | None:
    same = Run.objects.visible_to(request.access).filter(
        year=run.year, variant=run.variant, boundary=run.boundary, pk__lt=run.pk
    )
    return same.order_by("-pk").first()


def _siblings(request: ParkRequest, made: Run) -> list[tuple[str, int, int, bool]]:
    """Return the runs of the same pass in which something moved: name, key, count, chosen."""
    rows = Move.objects.visible_to(request.access).filter(
        run__started=made.started, run__park=made.park_id, run__boundary=made.boundary
    )
    counted: dict[int, list[Any]] = {}
    for pk, year, variant in rows.values_list("run_id", "year", "run__variant"):
        counted.setdefault(pk, [year, variant, 0])[2] += 1
    counted.setdefault(made.pk, [made.year, made.variant, 0])
    named = sorted((year, variant, pk, count) for pk, (year, variant, count) in counted.items())
    return [
        (f"{year} · {BY_KEY[variant].short if variant in BY_KEY else variant}", pk, count, pk == made.pk)
        for year, variant, pk, count in named
    ]


def _told(request: ParkRequest, rows: Any, run: Run, record: Any) -> list[dict[str, Any]]:
    """Return moves as rows, marked where the figure's chain names the record asked about."""
    held = list(rows[:MOST])
    resting = resting_on(request, run, {one.name.partition("@")[0] for one in held}, record)
    titles = named(request.access, run, [one.name for one in held])
    told = []
    for one in held:
        stem = one.name.partition("@")[0]
        told.append(
            {"name": one.name, "title": titles[one.name], "way": one.way, "before": one.before, "after": one.after,
             "difference": one.difference, "unit": written(one.unit), "rests": stem in resting,
             "against": one.against_id}
        )  # fmt: skip
    return sorted(told, key=lambda row: not row["rests"]) if record is not None else told


def named(access: Any, run: Run, names: Iterable[str]) -> dict[str, str]:
    """Return figure -> name for somebody: lines and sources of the ledger, nodes, streams with their commodity."""
    lang = "zh" if chinese() else "en"
    found: dict[str, str] = {}
    for row in run.more["ledger"]:
        found[f"source:{row['key']}"] = said(row)
        found.update({f"line:{line['id']}": said(line) for line in row["lines"]})
    wanted = list(names)
    codes = {name.partition(":")[2].partition("@")[0] for name in wanted}
    nodes = {node.code: str(node) for node in Node.objects.visible_to(access).filter(code__in=codes)}
    words = {code: said(told) for code, told in run.more["commodities"].items()}
    streams = dict(Stream.objects.visible_to(access).filter(code__in=codes).values_list("code", "commodity"))
    for name in wanted:
        kind, _colon, key = name.partition(":")
        stem, at, month = key.partition("@")
        if kind == "node":
            found[name] = nodes.get(key, key)
        elif kind in ("flow", "deviation"):
            what = words.get(streams.get(stem, ""), streams.get(stem, ""))
            found[name] = " ".join(part for part in (what, stem, month if at else "") if part)
        elif name not in found:
            found[name] = word_of(key or kind, lang)
    return found


def resting_on(request: ParkRequest, run: Run, names: Iterable[str], record: Any) -> set[str]:
    """Return those of some figures whose chain, in this run, names a record by its id."""
    code = actions.code_of(record) if record is not None else ""
    if not code:
        return set()
    word = rf"(^|[^A-Za-z0-9_.\-]){re.escape(code)}($|[^A-Za-z0-9_\-])"
    rows = Figure.objects.visible_to(request.access).filter(run__in=[run.pk, run.flows_of_id or run.pk], name__in=names)
    told = rows.annotate(told=Cast("explanation", TextField())).filter(told__regex=word)
    return set(told.values_list("name", flat=True))


def changes_between(request: ParkRequest, against: Run | None, run: Run) -> list[Act]:
    """Return who changed what of the records that feed the account between the readings of two passes, newest first."""
    acts: dict[Any, Act] = {}
    for register in registers() if against is not None else ():
        if register.reasoned:
            _add(request, acts, register, against.started, run.started)  # type: ignore[union-attr]
    people = get_user_model().objects.in_bulk({int(act.who) for act in acts.values() if act.who})
    for act in acts.values():
        act.who = str(people.get(int(act.who), "")) if act.who else ""
    return sorted(acts.values(), key=lambda act: act.at, reverse=True)


def _add(request: ParkRequest, acts: dict[Any, Act], register: Register, since: datetime, until: datetime) -> None:
    """Add the changes of one record type to the acts they belong to; an enterprise's are cut to records it sees."""
    model: Any = register.model
    seen = model.objects.visible_to(request.access)
    rows = model.pgh_event_model.objects.filter(park_id=request.park.pk)
    rows = rows.filter(pgh_created_at__gt=since, pgh_created_at__lte=until)
    if not request.access.whole_park:
        rows = rows.filter(pgh_obj_id__in=seen.values("pk"))
    events = list(rows.select_related("pgh_context").order_by("-pgh_id")[:MOST])
    held = seen.in_bulk({event.pgh_obj_id for event in events}) if events else {}
    for event in events:
        told = event.pgh_context.metadata if event.pgh_context is not None else {}
        key = told.get("request") or event.pgh_context_id or event.pgh_id
        reason, user = str(told.get("reason") or ""), str(told.get("user") or "")
        act = acts.setdefault(key, Act(event.pgh_created_at, user, reason, str(key)))
        act.reason = act.reason or reason
        if len(act.records) < NAMED:
            act.records.append((register, held.get(event.pgh_obj_id), _name(event)))
        else:
            act.more += 1


def _name(event: Any) -> str:
    named = next((getattr(event, word, "") for word in ("code", "point", "title") if getattr(event, word, "")), "")
    return str(named or event.pgh_obj_id)


def _csv(run: Run, told: list[dict[str, Any]]) -> HttpResponse:
    answer = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="moved-{run.year}-{run.variant}-{run.pk}.csv"'
    writer = csv.writer(answer)
    writer.writerow([_("Figure"), _("Name"), _("Before"), _("After"), _("Difference"), _("Unit")])
    for row in told:
        writer.writerow([row[name] for name in ("name", "title", "before", "after", "difference", "unit")])
    return answer


def moved_since(request: ParkRequest, figure: Figure) -> list[Move]:
    """Return the passes in which a figure moved, the newest first: what changed it since it was first drawn."""
    run = figure.run
    rows = Move.objects.visible_to(request.access).filter(
        name=figure.name, year=figure.year, run__variant=run.variant, run__boundary=run.boundary
    )
    return list(rows.prefetch_related("run", "against").order_by("-run_id")[:8])


def passes_after(access: Any, at: list[datetime]) -> dict[datetime, dict[str, Any]]:
    """Return for instants of changes the pass that took them in: the run of its last year, what moved there."""
    if not at:
        return {}
    moved = Move.objects.visible_to(access).filter(run__started__gte=min(at))
    counts = {row["run_id"]: row["n"] for row in moved.values("run_id").annotate(n=Count("pk"))}
    own = Run.objects.visible_to(access).filter(started__gte=min(at))
    others = moved.values_list("run__started", "run__year", "run_id").distinct()
    rows = [*own.values_list("started", "year", "pk"), *others]
    runs = sorted(set(rows), key=lambda row: (row[0], row[2] not in counts, -row[1], row[2]))
    found: dict[datetime, dict[str, Any]] = {}
    told: dict[int, dict[str, Any]] = {}
    for instant in at:
        pk = next((pk for start, _year, pk in runs if start >= instant), None)
        if pk is not None:
            told[pk] = told.get(pk) or _pass(access, pk, counts.get(pk, 0), moved)
            found[instant] = told[pk]
    return found


def _pass(access: Any, pk: int, count: int, moved: Any) -> dict[str, Any]:
    first = list(ordered(moved.filter(run_id=pk)).prefetch_related("run")[:3])
    run = first[0].run if first else Run.objects.visible_to(access).filter(pk=pk).first()
    if run is None:
        return {"run": None, "count": 0, "first": [], "very_first": False}
    titles = named(access, run, [one.name for one in first])
    rows = [{"name": one.name, "title": titles[one.name], "before": one.before, "after": one.after, "unit": one.unit}
            for one in first]  # fmt: skip
    same = Run.objects.visible_to(access).filter(
        year=run.year, variant=run.variant, boundary=run.boundary, pk__lt=run.pk
    )
    return {"run": run, "count": count, "first": rows, "very_first": not count and not same.exists()}


__all__ = ["moved_since", "moves", "passes_after"]
