"""Records to typed rows: header, cells, spans. Each fault is named; a row with one is set aside."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from difflib import get_close_matches
from typing import Any

from lingtan.ledger.clock import on_last_day
from lingtan.ledger.finding import Finding
from lingtan.ledger.folder.cells import PARSERS, Context
from lingtan.ledger.folder.columns import Column, Table
from lingtan.ledger.folder.faults import CellError, at_most, fault, quoted
from lingtan.ledger.folder.text import RawTable

__all__ = ["Row", "check_header", "row_fault", "typed_rows"]

SPANS = (("from", "to"), ("start", "end"))


@dataclass(slots=True)
class Row:
    """A row that was read: where it stands and its values by the names of the columns."""

    file: str
    line: int
    values: dict[str, Any]


@dataclass(slots=True)
class _Plan:
    """What one file's rows are read with, and what its times looked like."""

    cells: list[tuple[int, Column, Callable[[str, Column, Context], Any] | None]]
    span: tuple[str, str] | None
    last_day: dict[object, bool] = field(default_factory=dict)
    naive: list[int] = field(default_factory=list)
    offset: list[int] = field(default_factory=list)


def check_header(
    names: Sequence[str], file: str, table_names: Sequence[str], needed: Sequence[str]
) -> tuple[bool, list[Finding]]:
    """Compare a header with the columns of the format: whether the file can be used, and what is to be said."""
    found: list[Finding] = []
    repeated = sorted({name for name in names if name and names.count(name) > 1})
    for name in repeated:
        places = [place for place, other in enumerate(names, start=1) if other == name]
        came = f"{name} in columns {at_most(places)}"
        found.append(fault("repeated_column", file, lines=(1,), expected="each column once", came=came, column=name))
    unknown = [name for name in names if name not in table_names]
    for name in needed:
        if name not in names:
            todo = _header_hint(name, names, unknown)
            found.append(
                fault(
                    "missing_column",
                    file,
                    lines=(1,),
                    expected=name,
                    came=", ".join(names)[:200],
                    todo=todo,
                    column=name,
                )
            )
    usable = not found
    if usable and unknown:
        came = ", ".join(name or "(blank)" for name in unknown)
        found.append(
            fault(
                "unknown_column", file, lines=(1,), expected=", ".join(table_names), came=came, columns=tuple(unknown)
            )
        )
    return usable, found


def _header_hint(name: str, names: Sequence[str], unknown: Sequence[str]) -> str:
    """Say what the header may have meant."""
    if len(names) == 1 and (";" in names[0] or "\t" in names[0]):
        return "the file is separated by semicolons or tabs: save it with commas"
    close = get_close_matches(name.lower(), [other.lower() for other in unknown], n=1, cutoff=0.75)
    return (
        f"rename the column that is written {close[0]!r} (names are case-sensitive)"
        if close
        else "add it to the header"
    )


def typed_rows(raw: RawTable, table: Table, context: Context, found: list[Finding]) -> tuple[list[Row], set[int]]:
    """Read the records of a file; gives the good rows and the lines that were set aside."""
    needed = [column.name for column in table.columns if column.needed or column.written]
    usable, said = check_header(raw.header, raw.file, table.names, needed)
    found += said
    if not usable:
        return [], set(raw.lines)
    plan = _plan(raw.header, table)
    good: list[Row] = []
    aside: set[int] = set()
    for line, record in zip(raw.lines, raw.records, strict=True):
        values = _row(record, plan, raw.file, line, context, found)
        if values is None:
            aside.add(line)
        else:
            good.append(Row(raw.file, line, values))
    found += _time_notes(plan, raw.file)
    return good, aside


def _plan(header: Sequence[str], table: Table) -> _Plan:
    index = {name: place for place, name in enumerate(header)}
    cells = [
        (index.get(column.name, -1), column, None if column.type == "text" else PARSERS[column.type])
        for column in table.columns
    ]
    span = next((pair for pair in SPANS if pair[1] in table.names), None)
    return _Plan(cells, span)


def _row(
    record: list[str], plan: _Plan, file: str, line: int, context: Context, found: list[Finding]
) -> dict[str, Any] | None:
    """Read one record; None where a fault sets it aside."""
    values: dict[str, Any] = {}
    before = len(found)
    context.seen.clear()
    for place, column, parse in plan.cells:
        text = record[place] if place >= 0 else ""
        if text and parse is not None:
            text = _trimmed(text, column, file, line, found)
        try:
            values[column.name] = _value(text, column, parse, context)
        except CellError as wrong:
            found.append(row_fault(wrong, file, line, column.name, text))
    if context.seen:
        _see_times(values, plan, file, line, context, found)
    return values if all(one.level != "error" for one in found[before:]) else None


def _value(text: str, column: Column, parse: Callable[[str, Column, Context], Any] | None, context: Context) -> Any:
    if not text:
        if column.needed:
            raise CellError("missing_value", f"a value of {column.name}", "blank means unknown")
        return column.default
    return text if parse is None else parse(text, column, context)


def _trimmed(text: str, column: Column, file: str, line: int, found: list[Finding]) -> str:
    stripped = text.strip()
    if stripped != text:
        found.append(fault("trimmed", file, lines=(line,), came=f"{quoted(text)} in {column.name}", column=column.name))
    return stripped


def row_fault(wrong: CellError, file: str, line: int, column: str, text: str) -> Finding:
    """Make the finding of a cell's fault."""
    came = quoted(text) if text else "a blank cell"
    return fault(
        wrong.code,
        file,
        lines=(line,),
        expected=f"{wrong.expected} in {column}",
        came=came,
        todo=wrong.todo,
        column=column,
    )


def _see_times(
    values: dict[str, Any], plan: _Plan, file: str, line: int, context: Context, found: list[Finding]
) -> None:
    """Check the span of a row and remember how its times were written."""
    for instant in context.seen:
        if not instant.date_only:
            (plan.offset if instant.offset else plan.naive).append(line)
        if instant.repeated:
            todo = "write the offset"
            found.append(fault("repeated_hour", file, lines=(line,), came=instant.utc.isoformat(), todo=todo))
    if plan.span is None:
        return
    start, end = values.get(plan.span[0]), values.get(plan.span[1])
    if end is None:
        return
    if start is not None and end <= start:
        expected = f"{plan.span[1]} after {plan.span[0]}; spans are half-open"
        came = f"{_shown(start, context)} to {_shown(end, context)}"
        found.append(fault("end_not_after_start", file, lines=(line,), expected=expected, came=came))
    if end not in plan.last_day:
        plan.last_day[end] = _is_last_day(end, context)
    if plan.last_day[end]:
        todo = "write the first day of the next month where the month is meant as a whole"
        found.append(fault("end_on_last_day", file, lines=(line,), came=_shown(end, context), todo=todo))


def _is_last_day(end: date, context: Context) -> bool:
    if isinstance(end, datetime):
        return on_last_day(end, context.zone)
    return date.fromordinal(end.toordinal() + 1).day == 1


def _shown(moment: date, context: Context) -> str:
    local = moment.astimezone(context.zone) if isinstance(moment, datetime) else moment
    return local.isoformat()


def _time_notes(plan: _Plan, file: str) -> list[Finding]:
    """Say once per file that times stand without offset, and whether both ways are mixed."""
    if not plan.naive:
        return []
    naive = list(dict.fromkeys(plan.naive))
    notes = [
        fault("naive_times", file, lines=(naive[0],), came=f"{len(naive)} rows from line {naive[0]}", count=len(naive))
    ]
    if plan.offset:
        came = f"without in line {naive[0]}, with in line {plan.offset[0]}"
        lines = sorted({naive[0], plan.offset[0]})
        notes.append(
            fault(
                "mixed_offsets",
                file,
                lines=lines,
                expected="one way in a file",
                came=came,
                todo="write offsets everywhere",
            )
        )
    return notes
