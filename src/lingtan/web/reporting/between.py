"""What meters say of months that begin on another day (bills from the 25th to the 24th), kept when an account is drawn.

Pages read these rows; no request sums days up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from lingtan.web.kernel.fields import ExactField
from lingtan.web.kernel.record import Record
from lingtan.web.reporting import periods
from lingtan.web.reporting.form import FormLine

if TYPE_CHECKING:
    from lingtan.web.account.compute import Pass
    from lingtan.web.account.run import Run
    from lingtan.web.people.access import Access

#: Months of each account's years that are kept: those that pages look back on.
BACK = 26


class PeriodFlow(Record):
    """The adopted amount of a stream over a month that begins on ``start``; None where a day of it is not known.

    ``known`` is the share of its days with an amount. Rows are those of a run and stay with it.
    """

    scope = ("stream__source", "stream__target")

    run = models.ForeignKey("book.Run", on_delete=models.CASCADE, related_name="+", verbose_name=_("Run"))
    stream = models.ForeignKey("metering.Stream", on_delete=models.CASCADE, related_name="+", verbose_name=_("Stream"))
    start = models.DateTimeField(_("Start"))
    end = models.DateTimeField(_("End"))
    amount = ExactField(_("Amount"), null=True, blank=True)
    unit = models.CharField(_("Unit"), max_length=32, blank=True)
    origin = models.CharField(_("Origin"), max_length=64, blank=True)
    known = models.FloatField(_("Known"), default=0)

    class Meta:
        verbose_name = _("Flow of a billing period")
        verbose_name_plural = _("Flows by billing period")
        constraints: ClassVar = [models.UniqueConstraint(fields=["run", "stream", "start"], name="period_flow_once")]
        triggers: ClassVar = [pgtrigger.Protect(name="period_flow_stays", operation=pgtrigger.Update)]

    def __str__(self) -> str:
        return f"{self.stream_id} · {self.start:%Y-%m-%d}"


def keep(made: Pass, runs: list[Run]) -> None:
    """Keep what the meters say of the billing periods of the park's forms; called while an account is drawn."""
    wanted = _wanted(made)
    if not wanted:
        return
    zone = made.book.park.settings.zone
    last = date(made.years[-1] + 1, 1, 1)
    first = max(date(made.years[0], 1, 1), periods.shifted(last, -BACK))
    codes = sorted({code for held in wanted.values() for code in held})
    table = made.book.flow_table(by="stream", step="day", start=first, end=last, ids=codes)
    days: dict[str, dict[date, Mapping[str, Any]]] = {}
    for row in table:
        days.setdefault(row["id"], {})[datetime.fromisoformat(row["start"]).date()] = row
    by_year = {run.year: run for run in runs if run.flows_of is None}
    rows = []
    for first_day, held in wanted.items():
        for name in periods.between(first, last, "month"):
            span = periods.period(name, "month", first_day=first_day, due_days=1, due_hour=0, zone=zone)
            low, high = span.start.astimezone(zone).date(), span.end.astimezone(zone).date()
            run = by_year.get((high - timedelta(days=1)).year)
            if low >= first and high <= last and run is not None:
                rows += [_flow(run, made.known.streams[code], span, list(_within(days.get(code, {}), low, high)))
                         for code in sorted(held)]  # fmt: skip
    PeriodFlow.objects.bulk_create(rows, batch_size=2000)


def _wanted(made: Pass) -> dict[int, set[str]]:
    """Return first day of the period -> streams that a form asks for."""
    lines = FormLine.objects.filter(park=made.park, stream__isnull=False).exclude(form__first_day=1)
    found: dict[int, set[str]] = {}
    for first_day, code in lines.values_list("form__first_day", "stream__code"):
        if code in made.known.streams and code in made.book.park.streams:
            found.setdefault(first_day, set()).add(code)
    return found


def _within(days: Mapping[date, Mapping[str, Any]], low: date, high: date) -> Iterator[Mapping[str, Any] | None]:
    for step in range((high - low).days):
        yield days.get(low + timedelta(days=step))


def _flow(run: Run, stream: int, span: periods.Period, days: list[Mapping[str, Any] | None]) -> PeriodFlow:
    known = [day for day in days if day is not None and day["amount"] is not None]
    whole = bool(days) and len(known) == len(days)
    origins = sorted({word for day in known for word in (day["origin"] or "").split("+") if word})
    return PeriodFlow(
        park_id=run.park_id, run=run, stream_id=stream, start=span.start, end=span.end,
        amount=sum((Decimal(str(day["amount"])) for day in known), Decimal(0)) if whole else None,
        unit=known[0]["unit"] or "" if known else "", origin="+".join(origins)[:64],
        known=len(known) / len(days) if days else 0,
    )  # fmt: skip


def newest(
    streams: Iterable[int], spans: Mapping[str, periods.Period], access: Access
) -> dict[tuple[int, str], PeriodFlow]:
    """Return the kept amounts of the newest accounts by stream and the name of the span."""
    names = {span.start: name for name, span in spans.items()}
    rows = PeriodFlow.objects.visible_to(access).filter(stream__in=list(streams), start__in=list(names))
    ends = {span.start: span.end for span in spans.values()}
    ordered = rows.order_by("run__ended", "run_id")
    return {(row.stream_id, names[row.start]): row for row in ordered if row.end == ends[row.start]}
