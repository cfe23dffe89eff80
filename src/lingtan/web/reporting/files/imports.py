"""Bills and statistics forms by a mapping: a trial that tells every fault by cell and what would change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from lingtan.ledger import clock, units
from lingtan.web.kernel.workflow import Refused
from lingtan.web.park.stock import Stock
from lingtan.web.reporting import actions, periods
from lingtan.web.reporting.beside import commodities
from lingtan.web.reporting.closing.state import closed_months, months_within
from lingtan.web.reporting.files import tables
from lingtan.web.reporting.mapping import FileKind, MappingEntry, Target
from lingtan.web.reporting.mapping import Mapping as FileMapping
from lingtan.web.reporting.statement import Statement, StatementKind
from lingtan.web.sheets.workbook import Told

#: Words in a row that adds others up; such a row is left out, and said to be.
SUMS = ("合计", "小计", "总计", "累计", "subtotal", "total", "sum")
#: Units as utilities write them -> as we do.
UNITS = {
    "度": "kWh", "千瓦时": "kWh", "kwh": "kWh", "万千瓦时": "1e4 kWh", "万度": "1e4 kWh", "兆瓦时": "MWh", "mwh": "MWh",
    "方": "m3", "立方米": "m3", "立方": "m3", "m³": "m3", "m3": "m3", "万立方米": "1e4 m3", "标准立方米": "Nm3",
    "标方": "Nm3", "nm3": "Nm3", "nm³": "Nm3", "万标方": "1e4 Nm3", "吨": "t", "t": "t", "千克": "kg", "公斤": "kg",
    "kg": "kg", "吉焦": "GJ", "gj": "GJ", "百万千焦": "GJ", "吨标准煤": "tce", "tce": "tce",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Draft:
    """What one cell, or several of one account and period, becomes.

    ``before`` is the amount of the statement that it replaces, None for a new one. ``lines`` are the rows of the file;
    ``closed`` are the closed months (2026-03) that it falls into.
    """

    line: int
    entry: int
    key: str
    target: str
    start: datetime
    end: datetime
    amount: Decimal
    unit: str
    document: str = ""
    before: Decimal | None = None
    lines: tuple[int, ...] = ()
    closed: tuple[str, ...] = ()


@dataclass(slots=True)
class Trial:
    """What a file would do: faults by cell, new and changed amounts, keys that the mapping does not know.

    ``sums`` are rows that add others up; they are left out.
    """

    faults: list[Told] = field(default_factory=list)
    drafts: list[Draft] = field(default_factory=list)
    same: int = 0
    unknown: dict[str, int] = field(default_factory=dict)
    sums: list[int] = field(default_factory=list)

    @property
    def closed(self) -> list[str]:
        """Closed months that amounts fall into; such an import is a correction and asks for a second person."""
        return sorted({month for draft in self.drafts for month in draft.closed})


@dataclass(slots=True)
class _Reading:
    """A trial in the making: the file's table, the mapping, its lines by key."""

    trial: Trial
    table: tables.Table
    mapping: FileMapping
    by_key: Mapping[str, list[MappingEntry]]
    period: date | None
    known: Mapping[str, Any]

    def fault(self, code: str, line: int, head: str, text: str) -> None:
        self.trial.faults.append(Told(code, self.table.place(line, head), text))


def kind_of(mapping: FileMapping) -> str:
    """Return the kind of statement that a file's amounts are."""
    return StatementKind.INVOICE if mapping.kind == FileKind.BILL else StatementKind.STATISTICS


def read(mapping: FileMapping, name: str, data: bytes, *, period: date | None = None) -> Trial:
    """Compare a file with what is known, without changing anything.

    ``period`` is the month of a file that does not name it (statistics forms name it in their title).

    Raises
    ------
    workbook.SheetError : the file cannot be read as a whole, or its heads are not those of the mapping.
    """
    entries = list(mapping.entries.select_related("stream").order_by("pk"))
    needed = {mapping.key_column, *(entry.column for entry in entries)}
    optional = (
        mapping.start_column, mapping.end_column, mapping.month_column, mapping.document_column, mapping.unit_column,
    )  # fmt: skip
    table = tables.read(
        name, data, sheet=mapping.sheet, head_row=mapping.head_row, needed=needed | {one for one in optional if one}
    )
    by_key: dict[str, list[MappingEntry]] = {}
    for entry in entries:
        by_key.setdefault(entry.account.strip(), []).append(entry)
    reading = _Reading(Trial(), table, mapping, by_key, period, commodities(mapping.park))
    for line, cells in table.rows:
        _row(reading, line, cells)
    trial = reading.trial
    trial.drafts = _added(reading)
    _overlapping(reading)
    if not trial.faults:
        trial.drafts = _difference(reading)
    return trial


def _row(reading: _Reading, line: int, cells: Mapping[str, str]) -> None:
    mapping, trial = reading.mapping, reading.trial
    key = cells[mapping.key_column].strip()
    if key not in reading.by_key:
        _unread(reading, line, key, cells)
        return
    try:
        start, end = _span(mapping, cells, reading.period)
    except ValueError as fault:
        head = mapping.month_column or mapping.start_column
        words = _("Expected a period such as 2026-03 or a day such as 2026-03-01; came %(came)s.")
        reading.fault("period", line, head, words % {"came": str(fault)[:60] or "—"})
        return
    document = cells.get(mapping.document_column, "").strip()
    for entry in reading.by_key[key]:
        text = cells.get(entry.column, "").strip()
        if not text:
            continue
        try:
            amount = _amount(reading, entry, text, cells)
        except Refused as fault:
            head = mapping.unit_column if fault.code == "import.unit" else entry.column
            reading.fault(fault.code, line, head, str(fault))
            continue
        trial.drafts.append(
            Draft(line, entry.pk, key, entry.target, start, end, amount, entry.unit, document, lines=(line,))
        )


def _unread(reading: _Reading, line: int, key: str, cells: Mapping[str, str]) -> None:
    """Say of a row without a known key what it is: a sum, an account that nobody mapped, or an amount of nobody."""
    told = [text.strip().casefold() for text in cells.values() if text.strip()]
    if any(text.rstrip(":：").endswith(SUMS) for text in told):
        reading.trial.sums.append(line)
    elif key:
        reading.trial.unknown[key] = reading.trial.unknown.get(key, 0) + 1
    else:
        columns = {entry.column for entries in reading.by_key.values() for entry in entries}
        filled = next((column for column in columns if cells.get(column, "").strip()), "")
        if filled:
            words = _("The row has an amount but no %(key)s. Where cells are merged, undo the merge and repeat it.")
            head = reading.mapping.key_column
            reading.fault("key", line, head, words % {"key": head})


def _amount(reading: _Reading, entry: MappingEntry, text: str, cells: Mapping[str, str]) -> Decimal:
    """Return the amount of a cell in the unit of its mapping; a bill may take something back.

    Raises
    ------
    Refused : it is no number, or its unit is not known or is another quantity.
    """
    bill = reading.mapping.kind == FileKind.BILL
    less = bill and text[:1] in "-−－"
    amount = actions.number_of(text[1:] if less else text)
    amount = -amount if less else amount
    written = cells.get(reading.mapping.unit_column, "").strip() if reading.mapping.unit_column else ""
    if not written:
        return amount
    unit = UNITS.get(written.casefold().replace(" ", ""), written)
    noun = reading.known.get(entry.stream.commodity if entry.stream else entry.commodity)
    try:
        return units.convert(amount, unit, entry.unit, noun)
    except units.UnitError as fault:
        words = _("Expected the unit %(wanted)s or one that converts to it; came %(came)s. Mend the file.")
        raise Refused("import.unit", words % {"wanted": entry.unit, "came": written[:20]}) from fault


def _span(mapping: FileMapping, cells: Mapping[str, str], period: date | None) -> tuple[datetime, datetime]:
    zone = ZoneInfo(mapping.park.timezone)
    if mapping.month_column or not mapping.start_column:
        name = tables.month(cells[mapping.month_column]) if mapping.month_column else period
        if name is None:
            raise ValueError("")
        span = periods.period(name, "month", first_day=mapping.first_day, due_days=1, due_hour=0, zone=zone)
        return span.start, span.end
    first, last = tables.day(cells[mapping.start_column]), tables.day(cells[mapping.end_column])
    last += timedelta(days=1) if mapping.end_inclusive else timedelta(0)
    if last <= first:
        raise ValueError(f"{first} … {last}")
    return clock.local_midnight(first, zone), clock.local_midnight(last, zone)


def _added(reading: _Reading) -> list[Draft]:
    """Add up several bills of one account and period; rows that cannot be told apart are faults."""
    groups: dict[tuple[Any, ...], list[Draft]] = {}
    for draft in reading.trial.drafts:
        groups.setdefault((draft.entry, draft.start, draft.end), []).append(draft)
    found = []
    for group in groups.values():
        first, key = group[0], reading.mapping.key_column
        numbers = [draft.document for draft in group]
        for place, draft in enumerate(group[1:], start=1):
            if not draft.document or draft.document in numbers[:place]:
                words = _("%(key)s stands in row %(first)s already for the same period. Keep one row, or add them up.")
                reading.fault("twice", draft.line, key, words % {"key": draft.key, "first": first.line})
        total = sum((draft.amount for draft in group), Decimal(0))
        if total < 0:
            words = _("%(key)s: the bills of the period add up to %(total)s. A correction stands in one file with the "
                      "bill that it corrects.")  # fmt: skip
            column = next(entry.column for entry in reading.by_key[first.key] if entry.pk == first.entry)
            reading.fault("negative", first.line, column, words % {"key": first.key, "total": total})
        documents = " ".join(dict.fromkeys(filter(None, numbers)))
        lines = tuple(draft.line for draft in group)
        found.append(replace(first, amount=total, document=documents, lines=lines))
    return found


def _overlapping(reading: _Reading) -> None:
    """Name periods of one account that overlap without being the same: days would be counted twice."""
    ordered = sorted(reading.trial.drafts, key=lambda one: (one.entry, one.start, one.end))
    for before, draft in pairwise(ordered):
        if draft.entry == before.entry and draft.start < before.end and draft.target == Target.STATEMENT:
            words = _("%(key)s: the period overlaps with that of row %(first)s; days would count twice.")
            head = reading.mapping.start_column or reading.mapping.key_column
            reading.fault("overlap", draft.line, head, words % {"key": draft.key, "first": before.line})


def _difference(reading: _Reading) -> list[Draft]:
    """Return the drafts that are new or change something, with what stood before; count the others."""
    mapping, trial = reading.mapping, reading.trial
    entries = {entry.pk: entry for entry in mapping.entries.select_related("stream")}
    held = _held(mapping)
    closed = _closed(mapping, trial.drafts)
    wanted = []
    for draft in _monthly(trial, mapping, held):
        entry = entries[draft.entry]
        stood: Any = held.get((entry.stream_id, draft.start, draft.end))
        if draft.target != Target.STATEMENT:
            at = stock_time(mapping, draft)
            stood = Stock.objects.filter(
                park=mapping.park_id, node=entry.node_id, commodity=entry.commodity, time=at
            ).first()
        before = _before(reading, entry, stood, draft.unit)
        if stood is not None and before == draft.amount:
            trial.same += 1
        else:
            wanted.append(replace(draft, before=before, closed=closed.get((draft.start, draft.end), ())))
    return wanted


def _before(reading: _Reading, entry: MappingEntry, stood: Any, unit: str) -> Decimal | None:
    """Return what stands already in the unit of the draft; as it is where it does not convert."""
    if stood is None:
        return None
    noun = reading.known.get(entry.stream.commodity if entry.stream else entry.commodity)
    try:
        return units.convert(stood.amount, stood.unit or unit, unit, noun)
    except units.UnitError:
        amount: Decimal = stood.amount
        return amount


def stock_time(mapping: FileMapping, draft: Draft) -> datetime:
    """Return the instant of a stock: the end of its period, or the beginning of its year."""
    if draft.target == Target.STOCK:
        return draft.end
    zone = ZoneInfo(mapping.park.timezone)
    return clock.year_bounds(draft.start.astimezone(zone).year, zone)[0]


def _closed(mapping: FileMapping, drafts: list[Draft]) -> dict[tuple[datetime, datetime], tuple[str, ...]]:
    """Return the closed months that spans lie in."""
    zone = ZoneInfo(mapping.park.timezone)
    months = {(draft.start, draft.end): months_within(draft.start, draft.end, zone) for draft in drafts}
    shut = closed_months(mapping.park_id, {month for held in months.values() for month in held})
    return {span: tuple(f"{month:%Y-%m}" for month in held if month in shut) for span, held in months.items()}


def _held(mapping: FileMapping) -> dict[tuple[int, datetime, datetime], Statement]:
    """Return the statements of the same party and kind that count now: the last of equal spans."""
    rows = Statement.objects.filter(park=mapping.park_id, kind=kind_of(mapping), reporter=mapping.reporter_id)
    ordered = sorted(rows, key=lambda row: (row.file, row.line is None, row.line or 0, row.pk))
    return {(row.stream_id, row.start, row.end): row for row in ordered}


def _monthly(trial: Trial, mapping: FileMapping, held: Mapping[Any, Statement]) -> Iterator[Draft]:
    """Turn amounts that run from January into those of their month; a month before that is unknown is a fault."""
    if not mapping.cumulative:
        yield from trial.drafts
        return
    zone = ZoneInfo(mapping.park.timezone)
    streams = {entry.pk: entry.stream_id for entry in mapping.entries.all()}
    own: dict[tuple[Any, datetime], Decimal] = {}
    for draft in sorted(trial.drafts, key=lambda one: one.start):
        if draft.target != Target.STATEMENT:
            yield draft
            continue
        stream = streams[draft.entry]
        january = clock.year_bounds(draft.start.astimezone(zone).year, zone)[0]
        months = [low for low, _high in clock.months(january, draft.start, zone)] if draft.start > january else []
        told = {start: row.amount for (of, start, _end), row in held.items() if of == stream}
        told |= {start: amount for (of, start), amount in own.items() if of == stream}
        absent = [f"{low.astimezone(zone):%Y-%m}" for low in months if low not in told]
        if absent:
            words = _("%(key)s: the amount runs from January, but %(months)s is not known yet. Import it first.")
            trial.faults.append(Told("cumulative", f"{draft.line}", words % {"key": draft.key, "months": absent[0]}))
            continue
        amount = draft.amount - sum((told[low] for low in months), Decimal(0))
        if amount < 0:
            words = _("%(key)s: the amount from January is smaller than that of the months before by %(less)s.")
            trial.faults.append(Told("cumulative", f"{draft.line}", words % {"key": draft.key, "less": -amount}))
            continue
        own[stream, draft.start] = amount
        yield replace(draft, amount=amount)
