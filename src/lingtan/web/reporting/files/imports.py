"""Bills and statistics forms by a mapping: a trial that tells every fault by cell, then statements, all or none."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pghistory
from django.db import transaction
from django.utils.translation import gettext as _

from lingtan.ledger import clock, units
from lingtan.web.kernel.workflow import Refused
from lingtan.web.park.stock import Stock
from lingtan.web.publish.checks import clean_name
from lingtan.web.reporting import actions, enter, periods
from lingtan.web.reporting.beside import commodities
from lingtan.web.reporting.files import evidence, tables
from lingtan.web.reporting.mapping import FileKind, MappingEntry, Target
from lingtan.web.reporting.mapping import Mapping as FileMapping
from lingtan.web.reporting.statement import Statement, StatementKind
from lingtan.web.sheets.workbook import Told

if TYPE_CHECKING:
    from lingtan.web.people.access import Access

STOCKS = "stocks.csv"


@dataclass(frozen=True, slots=True)
class Draft:
    """What one cell becomes. ``before``: amount of the statement that it replaces, None for a new one."""

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


@dataclass(slots=True)
class Trial:
    """What a file would do: faults by cell, new and changed amounts, keys that the mapping does not know."""

    faults: list[Told] = field(default_factory=list)
    drafts: list[Draft] = field(default_factory=list)
    same: int = 0
    unknown: dict[str, int] = field(default_factory=dict)


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
    optional = (mapping.start_column, mapping.end_column, mapping.month_column, mapping.document_column)
    table = tables.read(
        name, data, sheet=mapping.sheet, head_row=mapping.head_row, needed=needed | {one for one in optional if one}
    )
    trial = Trial()
    by_key: dict[str, list[MappingEntry]] = {}
    for entry in entries:
        by_key.setdefault(entry.key.strip(), []).append(entry)
    for line, cells in table.rows:
        _row(trial, table, line, cells, mapping=mapping, by_key=by_key, period=period)
    _twice(trial, table, mapping)
    if not trial.faults:
        trial.drafts = _difference(trial, mapping)
    return trial


def _row(
    trial: Trial, table: tables.Table, line: int, cells: Mapping[str, str], *, mapping: FileMapping,
    by_key: Mapping[str, list[MappingEntry]], period: date | None,
) -> None:  # fmt: skip
    key = cells[mapping.key_column].strip()
    if not key:
        return
    if key not in by_key:
        trial.unknown[key] = trial.unknown.get(key, 0) + 1
        return
    try:
        start, end = _span(mapping, cells, period)
    except ValueError as fault:
        head = mapping.month_column or mapping.start_column
        words = _("Expected a period such as 2026-03 or a day such as 2026-03-01; came %(came)s.")
        trial.faults.append(Told("period", table.place(line, head), words % {"came": str(fault)[:60] or "—"}))
        return
    document = cells.get(mapping.document_column, "")
    for entry in by_key[key]:
        text = cells.get(entry.column, "").strip()
        if not text:
            continue
        try:
            amount = actions.number_of(text)
        except Refused as fault:
            trial.faults.append(Told(fault.code, table.place(line, entry.column), str(fault)))
            continue
        trial.drafts.append(Draft(line, entry.pk, key, entry.target, start, end, amount, entry.unit, document))


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


def _twice(trial: Trial, table: tables.Table, mapping: FileMapping) -> None:
    """Name rows that say the same thing twice: one of them would go unseen."""
    seen: dict[tuple[Any, ...], int] = {}
    for draft in trial.drafts:
        key = (draft.entry, draft.start, draft.end)
        if key in seen and seen[key] != draft.line:
            words = _("%(key)s stands in row %(first)s already for the same period. Keep one row, or add them up.")
            place = table.place(draft.line, mapping.key_column)
            trial.faults.append(Told("twice", place, words % {"key": draft.key, "first": seen[key]}))
        seen.setdefault(key, draft.line)


def _difference(trial: Trial, mapping: FileMapping) -> list[Draft]:
    """Return the drafts that are new or change something, with what stood before; count the others."""
    entries = {entry.pk: entry for entry in mapping.entries.select_related("stream")}
    known = commodities(mapping.park)
    held = _held(mapping)
    wanted = []
    for draft in _monthly(trial, mapping, held):
        entry = entries[draft.entry]
        stood = held.get((entry.stream_id, draft.start, draft.end)) if draft.target == Target.STATEMENT else None
        before = None
        if stood is not None:
            try:
                commodity = known.get(entry.stream.commodity) if entry.stream else None
                before = units.convert(stood.amount, stood.unit or draft.unit, draft.unit, commodity)
            except units.UnitError:
                before = stood.amount
        if before == draft.amount:
            trial.same += 1
        else:
            wanted.append(replace(draft, before=before))
    return wanted


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


def apply(mapping: FileMapping, drafts: list[Draft], name: str, data: bytes, *, by: Access, reason: str) -> int:
    """Write a trial's amounts with the file as their evidence, all of them or none; return the count.

    Raises
    ------
    Refused : the role may not, or no reason is given.
    """
    if not by.may("import"):
        raise Refused("import.role", _("Your role may not do this."))
    if not reason.strip():
        raise Refused("import.reason", _("Please give a reason; it stays with the record."))
    entries = {entry.pk: entry for entry in mapping.entries.select_related("stream")}
    with transaction.atomic(), pghistory.context(reason=reason, action="import"):
        document = evidence.file_away(
            io.BytesIO(data), clean_name(name), folder=f"evidence/imports/{mapping.code}", park_id=mapping.park_id,
            node_id=None, by=by, links=[],
        )  # fmt: skip
        rows = [
            _statement(mapping, draft, entries[draft.entry], document.path)
            for draft in drafts
            if draft.target == Target.STATEMENT
        ]
        enter.append(rows, f"statements/{mapping.code}.csv")
        for draft in drafts:
            if draft.target != Target.STATEMENT:
                _stock(mapping, draft, entries[draft.entry], document.path)
        if drafts:
            enter.recompute(mapping.park, by=by)
    return len(drafts)


def _statement(mapping: FileMapping, draft: Draft, entry: MappingEntry, path: str) -> Statement:
    return Statement(
        park_id=mapping.park_id, stream=entry.stream, start=draft.start, end=draft.end, amount=draft.amount,
        unit=draft.unit, kind=kind_of(mapping), reporter_id=mapping.reporter_id, evidence=[path],
        note=" ".join(filter(None, [mapping.code, draft.key, draft.document])), extra={"mapping": mapping.code},
    )  # fmt: skip


def _stock(mapping: FileMapping, draft: Draft, entry: MappingEntry, path: str) -> None:
    zone = ZoneInfo(mapping.park.timezone)
    january = clock.year_bounds(draft.start.astimezone(zone).year, zone)[0]
    at = january if draft.target == Target.STOCK_JANUARY else draft.end
    row, made = Stock.objects.get_or_create(
        park_id=mapping.park_id, node_id=entry.node_id, commodity=entry.commodity, time=at,
        defaults={"amount": draft.amount, "unit": draft.unit, "evidence": [path], "file": STOCKS},
    )  # fmt: skip
    if not made and (row.amount, row.unit) != (draft.amount, draft.unit):
        row.amount, row.unit, row.evidence, row.version = draft.amount, draft.unit, [path], row.version + 1
        row.save()
