"""What stands beside a line: the metered amount, last year's, the factor of the newest account. Nothing is computed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.db.models import Sum

from lingtan.ledger import units
from lingtan.web.account.run import Figure, MonthFlow
from lingtan.web.metering.meter import Meter, VirtualPoint
from lingtan.web.park import fit
from lingtan.web.park.fact import Fact
from lingtan.web.reporting import between, periods
from lingtan.web.reporting.report import NOUGHTS, Answer, ReportLine, State

if TYPE_CHECKING:
    from lingtan.reference.model import Commodity
    from lingtan.web.park.park import Park
    from lingtan.web.people.access import Access
    from lingtan.web.reporting.form import FormLine
    from lingtan.web.reporting.report import Report

METERED = frozenset({"meter", "virtual"})
RECENT = 12


@dataclass(frozen=True, slots=True)
class Beside:
    """Amounts beside a line, in the line's unit; None where nothing is known.

    ``how``: ``metered``; ``no_meter`` (the stream has none); ``no_stream`` (a fact); ``not_computed`` (no account of
    the period yet); ``incomplete`` (the meter does not cover the period); ``other_unit`` (the form's unit is of another
    quantity).
    ``factor`` is t CO2 per unit, as the newest account with this stream has it. ``months`` are the last thirteen.
    """

    metered: Decimal | None = None
    how: str = "no_meter"
    last_year: Decimal | None = None
    factor: Decimal | None = None
    months: tuple[tuple[str, Decimal | None], ...] = ()


@dataclass(slots=True)
class _Known:
    """What the park's records say of some streams: (stream, month) -> adopted flow, and the other look-ups."""

    flows: Mapping[tuple[int, str], MonthFlow | between.PeriodFlow]
    with_meter: frozenset[int]
    factors: Mapping[int, tuple[Decimal, str]]
    former: Mapping[str, ReportLine]
    facts: Mapping[str, Fact]
    commodities: Mapping[str, Commodity] = field(default_factory=dict)


def beside(report: Report, lines: Iterable[FormLine], access: Access) -> dict[int, Beside]:
    """Return what stands beside each line of a report, by the line's key, from what the person may see."""
    wanted = list(lines)
    known = _known(report, wanted, access)
    return {line.pk: _stream(report, line, known) if line.stream_id else _fact(line, known) for line in wanted}


def months_of(report: Report) -> tuple[str, ...]:
    """Return the names of the months that a report covers; they begin on the form's first day."""
    count = periods.MONTHS[report.form.period_kind]
    return tuple(f"{periods.shifted(report.period, step):%Y-%m}" for step in range(count))


def converted(amount: Decimal | None, unit: str, to: str, commodity: Commodity | None = None) -> Decimal | None:
    """Return an amount in another unit, None where it is not known or does not convert."""
    if amount is None:
        return None
    try:
        return units.convert(amount, unit, to, commodity)
    except units.UnitError:
        return None


def commodities(park: Park) -> Mapping[str, Commodity]:
    """Return all commodities of a park by code, the library's and its own."""
    from lingtan.web.park.commodity import Commodity as Row

    return fit.commodities(Row.objects.filter(park=park))


def _known(report: Report, lines: list[FormLine], access: Access) -> _Known:
    streams = {line.stream_id for line in lines if line.stream_id}
    wanted = _around(report)
    flows = _flows(report, streams, wanted, access)
    meters = Meter.objects.visible_to(access).filter(stream__in=streams).values_list("stream", flat=True)
    formulas = VirtualPoint.objects.visible_to(access).filter(stream__in=streams).values_list("stream", flat=True)
    start, end = (_year_back(report, at) for at in (report.start, report.end))
    facts = Fact.objects.visible_to(access).filter(node=report.enterprise, valid_from=start, valid_to=end)
    return _Known(
        flows=flows,
        with_meter=frozenset({*meters, *formulas}),
        factors=_factors(report, {line.stream.code: line.stream_id for line in lines if line.stream_id}, access),
        former=_former(report, access),
        facts={fact.quantity: fact for fact in facts},
        commodities=commodities(report.park),
    )


def _flows(
    report: Report, streams: set[int], months: list[str], access: Access
) -> Mapping[tuple[int, str], MonthFlow | between.PeriodFlow]:
    """Return the flows of months that begin on the form's first day, by stream and the month's name."""
    first_day, zone = report.form.first_day, ZoneInfo(report.park.timezone)
    if first_day == 1:
        return newest_flows(streams, months, access)
    spans = {
        month: periods.period(periods.read(month)[0], "month", first_day=first_day, due_days=1, due_hour=0, zone=zone)
        for month in months
    }
    return between.newest(streams, spans, access)


def newest_flows(streams: Iterable[int], months: Iterable[str], access: Access) -> dict[tuple[int, str], MonthFlow]:
    """Return the adopted flows of the newest accounts by stream and month."""
    rows = (
        MonthFlow.objects.visible_to(access)
        .filter(stream__in=list(streams), month__in=list(months), run__flows_of=None)
        .order_by("run__ended", "run_id")
    )
    return {(row.stream_id, row.month): row for row in rows}


def _around(report: Report) -> list[str]:
    count = periods.MONTHS[report.form.period_kind]
    return [f"{periods.shifted(report.period, step):%Y-%m}" for step in range(-RECENT, count)]


def _year_back(report: Report, at: datetime) -> datetime:
    zone = ZoneInfo(report.park.timezone)
    local = at.astimezone(zone)
    return local.replace(year=local.year - 1)


def _factors(report: Report, streams: Mapping[str, int], access: Access) -> dict[int, tuple[Decimal, str]]:
    """Return stream -> (t CO2 per unit, unit): emission of its lines over its amount in the newest account of both."""
    if not streams:
        return {}
    codes = "|".join(re.escape(code) for code in streams)
    lines = (
        Figure.objects.visible_to(access)
        .filter(run__flows_of=None, run__year__lte=report.period.year, name__regex=rf"^line:[a-z_]+:({codes})(#|:|$)")
        .order_by("run__year", "run__ended", "run_id")
        .values_list("name", "run", "value")
    )
    totals: dict[int, tuple[int, Decimal]] = {}
    for name, run, value in lines:
        stream = streams[name.split(":")[2].split("#")[0]]
        before = totals.get(stream, (run, Decimal(0)))
        totals[stream] = (run, (before[1] if before[0] == run else Decimal(0)) + (value or Decimal(0)))
    amounts = (
        MonthFlow.objects.visible_to(access)
        .filter(stream__in=totals, run__in={run for run, _total in totals.values()})
        .values_list("stream", "run", "unit")
        .annotate(total=Sum("amount"))
    )
    found = {(stream, run): (total, unit) for stream, run, unit, total in amounts}
    known = {stream: (total, found.get((stream, run), (None, ""))) for stream, (run, total) in totals.items()}
    return {stream: (total / amount, unit) for stream, (total, (amount, unit)) in known.items() if amount}


def _former(report: Report, access: Access) -> dict[str, ReportLine]:
    """Return the accepted lines of the same period a year before, by the line's id."""
    rows = (
        ReportLine.objects.visible_to(access)
        .filter(
            report__enterprise=report.enterprise_id,
            report__form__code=report.form.code,
            report__period=report.period.replace(year=report.period.year - 1),
            report__state=State.ACCEPTED,
        )
        .exclude(answer=Answer.EMPTY)
        .select_related("line")
        .order_by("report__revision")
    )
    return {row.line.code: row for row in rows}


def _last_year(line: FormLine, known: _Known, commodity: Commodity | None) -> Decimal | None:
    former = known.former.get(line.code)
    if former is None:
        return None
    amount = Decimal(0) if former.answer in NOUGHTS else former.amount
    return converted(amount, former.unit, line.unit, commodity)


def _fact(line: FormLine, known: _Known) -> Beside:
    fact = known.facts.get(line.quantity)
    last = _last_year(line, known, None)
    if last is None and fact is not None:
        try:
            last = converted(Decimal(fact.value), fact.unit, line.unit)
        except ArithmeticError:
            last = None
    return Beside(how="no_stream", last_year=last)


def _stream(report: Report, line: FormLine, known: _Known) -> Beside:
    commodity = known.commodities.get(line.stream.commodity)
    months = months_of(report)
    back = tuple(f"{int(month[:4]) - 1}{month[4:]}" for month in months)
    metered, how = _metered(line, months, known, commodity)
    last = _last_year(line, known, commodity)
    if last is None and months:
        last = _sum(line, back, known, commodity, only=None)
    factor = None
    if line.stream_id in known.factors:
        value, unit = known.factors[line.stream_id]
        per_unit = converted(Decimal(1), line.unit, unit, commodity)
        factor = None if per_unit is None else value * per_unit
    recent = tuple((month, _sum(line, (month,), known, commodity, only=METERED)) for month in _around(report)[-13:])
    return Beside(metered, how, last, factor, recent)


def _metered(
    line: FormLine, months: tuple[str, ...], known: _Known, commodity: Commodity | None
) -> tuple[Decimal | None, str]:
    if line.stream_id not in known.with_meter:
        return None, "no_meter"
    if any((line.stream_id, month) not in known.flows for month in months):
        return None, "not_computed"
    amount = _sum(line, months, known, commodity, only=METERED)
    if amount is None and any(_foreign(known.flows[line.stream_id, month], line, commodity) for month in months):
        return None, "other_unit"
    return amount, "incomplete" if amount is None else "metered"


def _foreign(flow: MonthFlow | between.PeriodFlow, line: FormLine, commodity: Commodity | None) -> bool:
    """Tell whether a known amount does not convert to the line's unit."""
    return flow.amount is not None and converted(flow.amount, flow.unit, line.unit, commodity) is None


def _sum(
    line: FormLine,
    months: tuple[str, ...],
    known: _Known,
    commodity: Commodity | None,
    *,
    only: frozenset[str] | None,
) -> Decimal | None:
    """Add the flows of months in the line's unit; None where one of them is missing or of another origin."""
    total = Decimal(0)
    for month in months:
        flow = known.flows.get((line.stream_id, month))
        if flow is None or (only is not None and not set(flow.origin.split("+")) <= only):
            return None
        amount = converted(flow.amount, flow.unit, line.unit, commodity)
        if amount is None:
            return None
        total += amount
    return total
