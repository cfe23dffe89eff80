"""The statistics ledger and the yearly statistical report as plain values, from what somebody may see.

Ranges of the standard for low-carbon management of industrial parks, 5.4: energy by carrier, renewables, water, waste,
buildings, travel and management facts. Amounts are the adopted flows of the newest account; nothing is computed anew.
`yearly` is the face for every paper that shows the ledger (`ledger_sheet` writes it as a workbook).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.utils.translation import gettext_lazy

from lingtan.ledger import clock, units
from lingtan.web.account.run import MonthFlow, Run
from lingtan.web.park.fact import Fact
from lingtan.web.park.node import Node, NodeKind
from lingtan.web.park.stock import Stock
from lingtan.web.reporting.beside import commodities
from lingtan.web.reporting.closing import MonthState, states_of
from lingtan.web.reporting.report import Answer, ReportLine, State

if TYPE_CHECKING:
    from lingtan.reference.model import Commodity
    from lingtan.web.metering.stream import Stream
    from lingtan.web.park.park import Park
    from lingtan.web.people.access import Access

OUTSIDE = frozenset(
    {
        NodeKind.GRID, NodeKind.FUEL_NETWORK, NodeKind.HEAT_NETWORK, NodeKind.WATER_SOURCE, NodeKind.MARKET,
        NodeKind.CONTRACTOR, NodeKind.ATMOSPHERE, NodeKind.WATER_BODY, NodeKind.SOIL, NodeKind.GEOLOGICAL_STORAGE,
    }
)  # fmt: skip
#: Group of carriers -> (name, kinds of commodities in it).
GROUPS: dict[str, tuple[Any, frozenset[str]]] = {
    "energy": (gettext_lazy("Energy by carrier"), frozenset({"fuel", "electricity", "heat", "steam", "cooling"})),
    "water": (gettext_lazy("Water"), frozenset({"water"})),
    "waste": (gettext_lazy("Waste"), frozenset({"waste"})),
    "material": (gettext_lazy("Products and materials"), frozenset({"product", "material"})),
    "emission": (gettext_lazy("Measured emissions"), frozenset({"pollutant", "gas"})),
}
#: Row of a carrier -> its name, in the order of the ledger. ``consumed`` = opening + bought + received + made - given
#: - delivered - closing.
ROWS: dict[str, Any] = {
    "opening": gettext_lazy("Opening stock"),
    "bought": gettext_lazy("Purchased"),
    "received": gettext_lazy("Received from other units"),
    "made": gettext_lazy("Own production and recovery"),
    "given": gettext_lazy("Given out of the park"),
    "delivered": gettext_lazy("Delivered to other units"),
    "closing": gettext_lazy("Closing stock"),
    "consumed": gettext_lazy("Consumption"),
    "converted": gettext_lazy("of it: conversion input"),
    "feedstock": gettext_lazy("of it: feedstock"),
}
IN, OUT, STOCKS = ("bought", "received", "made"), ("given", "delivered"), ("opening", "closing")
_BOUGHT_AS = frozenset({"", "grid_supply", "direct_green", "storage_out", "loss"})
CONVERTED = frozenset({"power_generation", "heat_supply", "cogeneration", "conversion_input"})
RENEWABLE = ("direct_green", "green_trade", "generation")
DIRECTIONS = {
    "in": gettext_lazy("bought in"),
    "out": gettext_lazy("given out"),
    "inside": gettext_lazy("between units of the park"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cell:
    """An amount of a month. ``amount`` is None where nothing is known; ``partial``: a stream of several is missing.

    ``estimated``: at least a part of it is an estimate.
    """

    amount: Decimal | None = None
    partial: bool = False
    estimated: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a carrier: twelve months and the year. ``what`` is a key of `ROWS`.

    ``year`` is the sum of the known months, of stocks the level at its end; None where nothing is known.
    ``known`` counts the months that are known in full, ``origins`` are words such as meter, invoice, report, estimate.
    """

    what: str
    months: tuple[Cell, ...]
    year: Decimal | None
    known: int
    origins: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What the row is, in the language at hand."""
        return str(ROWS[self.what])


@dataclass(frozen=True, slots=True)
class Carrier:
    """One commodity of a unit. ``tce``: tonnes of coal equivalent per ``unit`` (calorific), None where not known."""

    code: str
    name_zh: str
    name_en: str
    group: str
    unit: str
    tce: Decimal | None
    rows: tuple[Row, ...]

    def row(self, what: str) -> Row | None:
        """Return a row by its key, None where the carrier has none."""
        return next((row for row in self.rows if row.what == what), None)

    @property
    def year_tce(self) -> Decimal | None:
        """Consumption of the year [tce], None where it, or the ratio, is not known."""
        consumed = self.row("consumed")
        if consumed is None or consumed.year is None or self.tce is None:
            return None
        return consumed.year * self.tce


@dataclass(frozen=True, slots=True)
class Section:
    """The carriers of one enterprise, or of the whole park where ``code`` is blank."""

    code: str
    name_zh: str
    name_en: str
    carriers: tuple[Carrier, ...]


@dataclass(frozen=True, slots=True)
class FactRow:
    """A fact that holds in the year; ``value`` as written."""

    quantity: str
    subject: str
    value: str
    unit: str
    start: datetime | None
    end: datetime | None
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Accepted:
    """An accepted line of a report. ``status``: preliminary, final, corrected; ``on_behalf``: the office entered it."""

    period: str
    enterprise_zh: str
    enterprise_en: str
    item_zh: str
    item_en: str
    amount: Decimal | None
    unit: str
    answer: str
    reason: str
    revision: int
    status: str
    on_behalf: bool
    signed_by: str
    accepted_by: str
    accepted_at: datetime | None


@dataclass(frozen=True, slots=True)
class Ledger:
    """The ledger of a year as somebody may see it; frozen, without a lazy word, an open query or a model.

    ``run``, ``computed``, ``method``: the account that totals and coal equivalents are of, None or blank where there
    is none (or none for this person: an enterprise sees no totals of the park). ``totals``: word of the account
    (co2_t, energy_tce_equivalent ...) -> value; names and units stand in `lingtan.trace.words`. ``months``: how final
    each month is; its counts of reports are of all enterprises and 0 for who does not see the whole park.
    ``sections``: the park first, for those who see all of it, then enterprises by code. ``missing``: months of
    enterprises' carriers without a full amount.
    """

    park: str
    park_zh: str
    park_en: str
    year: int
    synthetic: bool
    run: int | None
    computed: datetime | None
    method: str
    code_version: str
    totals: Mapping[str, Decimal]
    months: tuple[MonthState, ...]
    sections: tuple[Section, ...]
    renewables: tuple[tuple[str, str, str, str, tuple[Cell, ...]], ...]
    facts: tuple[FactRow, ...]
    accepted: tuple[Accepted, ...]
    missing: int


def yearly(park: Park, year: int, access: Access) -> Ledger:
    """Return the statistics ledger of a year with the figures of the yearly statistical report.

    Everything is cut to what ``access`` may see. A month without an account is None, never 0.
    """
    run = _run(park, year, access)
    flows = list(newest(park, year, access))
    known = commodities(park)
    ratios = _ratios(run)
    stocks = _stocks(park, year, access)
    sections = []
    if access.whole_park:
        names = (park.name_zh, park.name_en)
        whole = _section("", names, _sorted(flows, None), stocks=stocks, known=known, ratios=ratios)
        sections += [whole] if whole.carriers else []
    for node in Node.objects.visible_to(access).filter(kind=NodeKind.ENTERPRISE).order_by("code"):
        own = {key: row for key, row in stocks.items() if key[0] == node.pk}
        rows = _sorted(flows, node.pk)
        made = _section(node.code, (node.name_zh, node.name_en), rows, stocks=own, known=known, ratios=ratios)
        if made.carriers:
            sections.append(made)
    return Ledger(
        park=park.code, park_zh=park.name_zh, park_en=park.name_en, year=year, synthetic=bool(park.synthetic),
        run=run.pk if run else None, computed=run.ended if run else None, method=run.method if run else "",
        code_version=run.code_version if run else "", totals=_totals(run), months=_months(park, year, access),
        sections=tuple(sections), renewables=tuple(_renewables(flows, year)), facts=tuple(_facts(park, year, access)),
        accepted=tuple(_accepted(year, access)), missing=_missing(sections),
    )  # fmt: skip


def _months(park: Park, year: int, access: Access) -> tuple[MonthState, ...]:
    states = states_of(park, [f"{year}-{number:02}" for number in range(1, 13)]).values()
    if access.whole_park:
        return tuple(states)
    return tuple(MonthState(one.month, one.word, one.closed) for one in states)


def newest(park: Park, year: int, access: Access) -> Iterable[MonthFlow]:
    """Return the flows of a year's months by the newest account of each, with their streams."""
    rows = MonthFlow.objects.visible_to(access).filter(month__startswith=f"{year}-", run__flows_of=None)
    rows = rows.select_related("stream__source", "stream__target").order_by("run__ended", "run_id")
    return {(row.stream_id, row.month): row for row in rows}.values()


def _run(park: Park, year: int, access: Access) -> Run | None:
    held = Run.objects.visible_to(access).filter(year=year, flows_of=None, superseded_by=None)
    return held.order_by("ended", "pk").last()


def _totals(run: Run | None) -> dict[str, Decimal]:
    told = run.result.get("totals", {}) if run else {}
    return {name: Decimal(str(value)) for name, value in told.items() if isinstance(value, int | float)}


def _ratios(run: Run | None) -> dict[str, Decimal]:
    """Return commodity -> tce per unit, as the newest account that the person may see has it."""
    given = run.more.get("commodities", {}) if run else {}
    return {code: Decimal(str(one["tce"])) for code, one in given.items() if one.get("tce") is not None}


@dataclass(slots=True)
class _Sorted:
    """Flows of a unit by carrier and row, then by month; and which streams each row has."""

    flows: dict[tuple[str, str], dict[str, list[MonthFlow]]] = field(default_factory=dict)
    streams: dict[tuple[str, str], set[int]] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)

    def put(self, what: str, row: MonthFlow) -> None:
        key = (row.stream.commodity, what)
        self.flows.setdefault(key, {}).setdefault(row.month, []).append(row)
        self.streams.setdefault(key, set()).add(row.stream_id)
        self.units.setdefault(row.stream.commodity, row.unit)


def _sorted(flows: Iterable[MonthFlow], enterprise: int | None) -> _Sorted:
    """Sort flows into the rows of one enterprise, or of the park for None."""
    found = _Sorted()
    for row in flows:
        for what in _rows_of(row.stream, enterprise):
            found.put(what, row)
    return found


def _rows_of(stream: Stream, enterprise: int | None) -> Iterator[str]:
    """Yield the rows that a stream belongs to, from the side of a unit."""
    if enterprise is None:
        begins, ends = stream.source.kind not in OUTSIDE, stream.target.kind not in OUTSIDE
    else:
        begins, ends = stream.source.enterprise_id == enterprise, stream.target.enterprise_id == enterprise
    if begins and stream.made_as not in _BOUGHT_AS:
        yield "made"
    if ends and not begins:
        yield "bought" if stream.source.kind in OUTSIDE else "received"
    if begins and not ends:
        yield "given" if stream.target.kind in OUTSIDE else "delivered"
    if ends and stream.used_as in CONVERTED:
        yield "converted"
    if ends and stream.used_as == "feedstock":
        yield "feedstock"


def _stocks(park: Park, year: int, access: Access) -> dict[tuple[int | None, str, str], dict[int, list[Stock]]]:
    """Return the levels at the bounds of months: (enterprise, store, commodity) -> bound (0 to 12) -> rows."""
    zone = ZoneInfo(park.timezone)
    start, end = clock.year_bounds(year, zone)
    bounds = {low: at for at, (low, _high) in enumerate(clock.months(start, end, zone))} | {end: 12}
    found: dict[tuple[int | None, str, str], dict[int, list[Stock]]] = {}
    rows = Stock.objects.visible_to(access).filter(time__gte=start, time__lte=end).select_related("node")
    for row in rows.order_by("pk"):
        held = found.setdefault((row.node.enterprise_id, row.node.code, row.commodity), {})
        if row.time in bounds:
            held[bounds[row.time]] = [row]
    return found


def _section(
    code: str, names: tuple[str, str], rows: _Sorted, *, stocks: Mapping[Any, Mapping[int, list[Stock]]],
    known: Mapping[str, Commodity], ratios: Mapping[str, Decimal],
) -> Section:  # fmt: skip
    carriers = []
    for commodity in sorted({key[0] for key in rows.flows}):
        noun = known.get(commodity)
        kind = noun.kind if noun else ""
        group = next((name for name, (_title, kinds) in GROUPS.items() if kind in kinds), "material")
        unit = rows.units[commodity]
        levels = [held for (_own, _store, what), held in stocks.items() if what == commodity]
        made = [_flow_row(what, rows, commodity) for what in ROWS if (commodity, what) in rows.flows]
        made += _stock_rows(levels, unit, noun)
        if group == "energy" or (group == "water" and any(row.what in ("bought", "received") for row in made)):
            made.append(_consumed(made))
        order = list(ROWS)
        made.sort(key=lambda one: order.index(one.what))
        carriers.append(
            Carrier(commodity, noun.name_zh if noun else "", noun.name_en if noun else "", group, unit,
                    ratios.get(commodity), tuple(made))
        )  # fmt: skip
    order = list(GROUPS)
    return Section(code, *names, tuple(sorted(carriers, key=lambda one: (order.index(one.group), one.code))))


def _flow_row(what: str, rows: _Sorted, commodity: str) -> Row:
    months = rows.flows[commodity, what]
    count = len(rows.streams[commodity, what])
    by_number = {int(month[5:]): held for month, held in months.items()}
    cells = tuple(_cell(by_number.get(number, []), count) for number in range(1, 13))
    words = {word for held in months.values() for row in held for word in row.origin.split("+")} - {"missing", ""}
    return _row(what, cells, tuple(sorted(words)))


def _cell(rows: list[MonthFlow], count: int) -> Cell:
    told = [row for row in rows if row.amount is not None]
    if not told:
        return Cell()
    origins = {word for row in told for word in row.origin.split("+")}
    partial = len(told) < count or "missing" in origins
    return Cell(sum((row.amount for row in told), Decimal(0)), partial, "estimate" in origins)


def _row(what: str, cells: tuple[Cell, ...], origins: tuple[str, ...] = ()) -> Row:
    known = [cell.amount for cell in cells if cell.amount is not None]
    whole = sum(cell.amount is not None and not cell.partial for cell in cells)
    return Row(what, cells, sum(known, Decimal(0)) if known else None, whole, origins)


def _stock_rows(levels: list[Mapping[int, list[Stock]]], unit: str, noun: Commodity | None) -> list[Row]:
    """Return opening and closing levels of all stores of a carrier; none where it has no store."""
    if not levels:
        return []
    at = [_level(levels, bound, unit, noun) for bound in range(13)]
    rows = []
    for what, cells, end in (("opening", at[:12], at[0]), ("closing", at[1:], at[12])):
        whole = sum(cell.amount is not None and not cell.partial for cell in cells)
        rows.append(Row(what, tuple(cells), None if end.partial else end.amount, whole))
    return rows


def _level(levels: list[Mapping[int, list[Stock]]], bound: int, unit: str, noun: Commodity | None) -> Cell:
    told = [row for held in levels for row in held.get(bound, [])]
    if not told:
        return Cell()
    try:
        amounts = [units.convert(row.amount, row.unit or unit, unit, noun) for row in told]
    except units.UnitError:
        return Cell()
    return Cell(sum(amounts, Decimal(0)), len(told) < len(levels))


def _consumed(rows: list[Row]) -> Row:
    """Return consumption by month and year; where a part of it is not known it is not known, never a part as 0."""
    held = {row.what: row for row in rows if row.what in (*IN, *OUT, *STOCKS)}
    cells = tuple(_balance({what: row.months[at] for what, row in held.items()}) for at in range(12))
    year = _balance({what: Cell(row.year) for what, row in held.items()})
    whole = sum(cell.amount is not None and not cell.partial for cell in cells)
    return Row("consumed", cells, year.amount, whole)


def _balance(cells: Mapping[str, Cell]) -> Cell:
    if not cells.keys() - set(STOCKS) or any(cell.amount is None for cell in cells.values()):
        return Cell()
    signs = {what: -1 if what in (*OUT, "closing") else 1 for what in cells}
    total = sum((signs[what] * (cell.amount or Decimal(0)) for what, cell in cells.items()), Decimal(0))
    told = cells.values()
    return Cell(total, any(cell.partial for cell in told), any(cell.estimated for cell in told))


def _missing(sections: Iterable[Section]) -> int:
    """Count months of enterprises' purchased, received and given amounts that are not known in full."""
    rows = (row for one in sections if one.code for carrier in one.carriers for row in carrier.rows)
    return sum(12 - row.known for row in rows if row.what in (*IN, *OUT))


def _renewables(flows: Iterable[MonthFlow], year: int) -> Iterator[tuple[str, str, str, str, tuple[Cell, ...]]]:
    """Yield (stream, commodity, made as, unit, twelve months) of green power."""
    held: dict[str, dict[int, MonthFlow]] = {}
    for row in flows:
        stream = row.stream
        green = stream.source.kind == NodeKind.GENERATOR or stream.made_as != "generation"
        if stream.commodity == "electricity" and stream.made_as in RENEWABLE and green:
            held.setdefault(stream.code, {})[int(row.month[5:])] = row
    for code, months in sorted(held.items()):
        first = next(iter(months.values()))
        cells = tuple(_cell([months[number]] if number in months else [], 1) for number in range(1, 13))
        yield code, first.stream.commodity, first.stream.made_as, first.unit, cells


def _facts(park: Park, year: int, access: Access) -> Iterator[FactRow]:
    start, end = clock.year_bounds(year, ZoneInfo(park.timezone))
    rows = Fact.objects.visible_to(access).filter(Q(valid_from=None) | Q(valid_from__lt=end))
    rows = rows.filter(Q(valid_to=None) | Q(valid_to__gt=start)).order_by("quantity", "subject", "valid_from")
    for row in rows:
        yield FactRow(row.quantity, row.subject, row.value, row.unit, row.valid_from, row.valid_to, tuple(row.evidence))


def _accepted(year: int, access: Access) -> Iterator[Accepted]:
    rows = (
        ReportLine.objects.visible_to(access)
        .filter(report__period__year=year, report__state=State.ACCEPTED)
        .exclude(report__next__state=State.ACCEPTED)
        .exclude(answer=Answer.EMPTY)
        .select_related("report__enterprise", "report__form", "report__signed_by", "report__accepted_by", "line")
        .order_by("report__period", "report__enterprise__code", "line__order")
    )
    for row in rows:
        report, node, line = row.report, row.report.enterprise, row.line
        yield Accepted(
            report.label, node.name_zh or node.code, node.name_en or node.code, line.name_zh or line.code,
            line.name_en or line.code, row.amount, row.unit, row.answer, row.reason, report.revision, report.status,
            report.on_behalf, str(report.signed_by or ""), str(report.accepted_by or ""), report.accepted_at,
        )  # fmt: skip
