"""The statistics ledger and the yearly statistical report as one workbook, from what somebody may see.

Ranges of the standard for low-carbon management of industrial parks, 5.4: energy by carrier, renewables, water, waste,
buildings, travel and management facts. Amounts are the adopted flows of the newest account; nothing is computed anew.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import xlsxwriter
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lingtan.ledger import clock
from lingtan.web.account.run import MonthFlow, Run
from lingtan.web.kernel.language import in_language
from lingtan.web.metering.stream import Stream
from lingtan.web.park.fact import Fact
from lingtan.web.park.node import NodeKind
from lingtan.web.reporting.beside import commodities
from lingtan.web.reporting.due import cells_of
from lingtan.web.reporting.report import Answer, Report, ReportLine, State

if TYPE_CHECKING:
    from lingtan.web.park.park import Park
    from lingtan.web.people.access import Access

OUTSIDE = frozenset(
    {
        NodeKind.GRID, NodeKind.FUEL_NETWORK, NodeKind.HEAT_NETWORK, NodeKind.WATER_SOURCE, NodeKind.MARKET,
        NodeKind.CONTRACTOR, NodeKind.ATMOSPHERE, NodeKind.WATER_BODY, NodeKind.SOIL, NodeKind.GEOLOGICAL_STORAGE,
    }
)  # fmt: skip
#: Sheet -> kinds of commodities on it.
SHEETS: dict[str, tuple[Any, frozenset[str]]] = {
    "energy": (gettext_lazy("Energy by carrier"), frozenset({"fuel", "electricity", "heat", "steam", "cooling"})),
    "water": (gettext_lazy("Water"), frozenset({"water"})),
    "waste": (gettext_lazy("Waste"), frozenset({"waste"})),
    "material": (gettext_lazy("Products and materials"), frozenset({"product", "material"})),
    "emission": (gettext_lazy("Measured emissions"), frozenset({"pollutant", "gas"})),
}
RENEWABLE = ("direct_green", "green_trade", "generation")
DIRECTIONS = {
    "in": gettext_lazy("bought in"),
    "out": gettext_lazy("given out"),
    "inside": gettext_lazy("between units of the park"),
}  # fmt: skip


class Book:
    """A workbook under construction: sheets of plain rows, figures as figures, nothing that runs."""

    def __init__(self) -> None:
        self.out = io.BytesIO()
        self.book = xlsxwriter.Workbook(
            self.out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        )
        self.head = self.book.add_format({"bold": True, "bg_color": "#E1F1EE", "bottom": 1, "text_wrap": True})
        self.figure = self.book.add_format({"num_format": "#,##0.######"})
        self.title = self.book.add_format({"bold": True, "font_size": 14})

    def sheet(
        self, name: str, heads: Iterable[Any], rows: Iterable[Iterable[Any]], *, notes: Iterable[str] = ()
    ) -> int:
        """Add a sheet: title, notes, heads, rows; return the count of rows."""
        sheet = self.book.add_worksheet(name[:31])
        sheet.write_string(0, 0, name, self.title)
        line = 1
        for line, note in enumerate(notes, start=1):
            sheet.write_string(line, 0, note)
        line += 1
        titles = [str(head) for head in heads]
        for at, head in enumerate(titles):
            sheet.write_string(line, at, head, self.head)
        sheet.set_column(0, max(len(titles) - 1, 0), 16)
        sheet.freeze_panes(line + 1, 1)
        count = 0
        for count, row in enumerate(rows, start=1):
            for at, value in enumerate(row):
                self._put(sheet, line + count, at, value)
        return count

    def _put(self, sheet: Any, line: int, at: int, value: Any) -> None:
        if value is None or value == "":
            return
        if isinstance(value, Decimal | int | float) and not isinstance(value, bool):
            sheet.write_number(line, at, float(value), self.figure)
        elif isinstance(value, datetime):
            sheet.write_string(line, at, f"{value:%Y-%m-%d %H:%M}")
        else:
            sheet.write_string(line, at, str(value)[:32_000])

    def done(self) -> bytes:
        """Close the workbook and return it."""
        self.book.close()
        return self.out.getvalue()


def write(park: Park, year: int, access: Access) -> bytes:
    """Return the ledger of a year; an enterprise gets its own rows."""
    book = Book()
    rows = flows(park, year, access)
    _cover(book, park, year, access, rows)
    months = [f"{year}-{number:02}" for number in range(1, 13)]
    heads = [_("Carrier"), _("Direction"), _("Unit"), *months, _("Sum of known"), _("Months known"), "tce", _("Origin")]
    for title, kinds in SHEETS.values():
        book.sheet(str(title), heads, (_flow_row(one, months) for one in rows if one["kind"] in kinds))
    heads = [_("Stream"), _("Carrier"), _("Made as"), _("Unit"), *months, _("Sum of known")]
    book.sheet(_("Renewables"), heads, _renewables(park, year, access, months))
    _facts(book, park, year, access)
    _reports(book, park, year, access)
    return book.done()


def flows(park: Park, year: int, access: Access) -> list[dict[str, Any]]:
    """Return the adopted flows of a year by carrier and direction, with what is known of each month.

    A stream is bought in or given out where its other end is a node outside of every park (grid, market, water body);
    what flows within one enterprise, or within the park's own networks, is not listed.
    """
    known = commodities(park)
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for row in _newest(park, year, access):
        stream = row.stream
        way = "in" if stream.source.kind in OUTSIDE else "out" if stream.target.kind in OUTSIDE else "inside"
        if way == "inside" and stream.source.enterprise_id == stream.target.enterprise_id:
            continue
        noun = known.get(stream.commodity)
        one = found.setdefault(
            (stream.commodity, way),
            {
                "commodity": stream.commodity, "kind": noun.kind if noun else "other", "way": way, "unit": row.unit,
                "name_zh": noun.name_zh if noun else "", "name_en": noun.name_en if noun else "",
                "months": {}, "streams": {}, "origins": set(),
            },
        )  # fmt: skip
        one["streams"].setdefault(row.stream_id, set())
        if row.amount is not None:
            one["months"][row.month] = one["months"].get(row.month, Decimal(0)) + row.amount
            one["streams"][row.stream_id].add(row.month)
            one["origins"] |= set(row.origin.split("+")) - {"missing", ""}
    ratios = _ratios(park, year, access)
    for one in found.values():
        one["tce"] = ratios.get(one["commodity"])
    return sorted(found.values(), key=lambda one: (one["kind"], one["commodity"], one["way"]))


def _newest(park: Park, year: int, access: Access) -> Iterable[MonthFlow]:
    rows = MonthFlow.objects.visible_to(access).filter(month__startswith=f"{year}-", run__flows_of=None)
    rows = rows.select_related("stream__source", "stream__target").order_by("run__ended", "run_id")
    return {(row.stream_id, row.month): row for row in rows}.values()


def _run(park: Park, year: int, access: Access) -> Run | None:
    held = Run.objects.visible_to(access).filter(year=year, flows_of=None, superseded_by=None)
    return held.order_by("ended", "pk").last()


def _ratios(park: Park, year: int, access: Access) -> dict[str, Decimal]:
    """Return commodity -> tce per unit, as the newest account that the person may see has it."""
    run = _run(park, year, access)
    given = run.more.get("commodities", {}) if run else {}
    return {code: Decimal(str(one["tce"])) for code, one in given.items() if one.get("tce") is not None}


def _flow_row(one: dict[str, Any], months: list[str]) -> list[Any]:
    amounts = [one["months"].get(month) for month in months]
    whole = sum((amount for amount in amounts if amount is not None), Decimal(0))
    known = sum(len(held & set(months)) for held in one["streams"].values())
    expected = len(one["streams"]) * len(months)
    name = in_language(one["name_zh"], one["name_en"]) or one["commodity"]
    tce = whole * one["tce"] if one["tce"] is not None else None
    return [
        name, DIRECTIONS[one["way"]], one["unit"], *amounts, whole if known else None, f"{known}/{expected}", tce,
        ", ".join(sorted(one["origins"])),
    ]  # fmt: skip


def _renewables(park: Park, year: int, access: Access, months: list[str]) -> Iterable[list[Any]]:
    wanted = Stream.objects.visible_to(access).filter(made_as__in=RENEWABLE, commodity="electricity")
    green = wanted.filter(Q(source__kind=NodeKind.GENERATOR) | ~Q(made_as="generation")).order_by("code")
    held: dict[int, dict[str, MonthFlow]] = {}
    for row in _newest(park, year, access):
        held.setdefault(row.stream_id, {})[row.month] = row
    for stream in green:
        own = held.get(stream.pk, {})
        amounts = [own[month].amount if month in own else None for month in months]
        known = [amount for amount in amounts if amount is not None]
        unit = next((row.unit for row in own.values()), "")
        yield [stream.code, stream.commodity, stream.made_as, unit, *amounts, sum(known) if known else None]


def _facts(book: Book, park: Park, year: int, access: Access) -> None:
    start, end = clock.year_bounds(year, ZoneInfo(park.timezone))
    rows = Fact.objects.visible_to(access).filter(Q(valid_from=None) | Q(valid_from__lt=end))
    rows = rows.filter(Q(valid_to=None) | Q(valid_to__gt=start)).order_by("quantity", "subject", "valid_from")
    heads = [_("Quantity"), _("About"), _("Value"), _("Unit"), _("From"), _("To"), _("Evidence")]
    book.sheet(
        _("Buildings, travel, management"),
        heads,
        (
            [row.quantity, row.subject, row.value, row.unit, row.valid_from, row.valid_to, "; ".join(row.evidence)]
            for row in rows
        ),
    )


def _reports(book: Book, park: Park, year: int, access: Access) -> None:
    rows = (
        ReportLine.objects.visible_to(access)
        .filter(report__period__year=year, report__state=State.ACCEPTED, report__next=None)
        .exclude(answer=Answer.EMPTY)
        .select_related("report__enterprise", "report__form", "report__signed_by", "report__accepted_by", "line")
        .order_by("report__period", "report__enterprise__code", "line__order")
    )
    heads = [
        _("Period"), _("Enterprise"), _("Item"), _("Amount"), _("Unit"), _("Answer"), _("Reason"), _("Version"),
        _("Status of the figures"), _("Signed by"), _("Accepted by"), _("Accepted"),
    ]  # fmt: skip
    book.sheet(
        _("Accepted reports"),
        heads,
        (
            [
                row.report.label, str(row.report.enterprise), str(row.line), row.amount, row.unit,
                row.get_answer_display(), row.reason, row.report.revision, row.report.get_status_display(),
                str(row.report.signed_by or ""), str(row.report.accepted_by or ""), row.report.accepted_at,
            ]
            for row in rows
        ),
    )  # fmt: skip


def _cover(book: Book, park: Park, year: int, access: Access, rows: list[dict[str, Any]]) -> None:
    """Say what the year was: totals of the newest account, reports handed in, what is missing."""
    run = _run(park, year, access)
    totals = run.result.get("totals", {}) if run else {}
    told = [[name, value, ""] for name, value in sorted(totals.items()) if isinstance(value, int | float)]
    cells = [cell for cell in cells_of(access, timezone.now()) if cell.name.year == year]
    accepted = Report.objects.visible_to(access).filter(period__year=year, state=State.ACCEPTED, next=None).count()
    open_months = sum(len(one["streams"]) * 12 - sum(len(held) for held in one["streams"].values()) for one in rows)
    told += [
        [_("Reports accepted"), accepted, ""],
        [_("Reports expected in the last twelve months of it"), len(cells), ""],
        [_("Months of streams without an amount"), open_months, ""],
    ]
    notes = [
        _("%(park)s · statistical report of %(year)s") % {"park": park, "year": year},
        _("Amounts are adopted flows of the newest account; an empty cell is not known, never 0."),
    ]
    if park.synthetic:
        notes.append(_("Sample data: the park is synthetic."))
    if run is None:
        notes.append(_("Totals of the park are not shown here: there is no account of the year yet, or not for you."))
    book.sheet(_("Statistical report"), [_("What"), _("Value"), _("Unit")], told, notes=notes)
