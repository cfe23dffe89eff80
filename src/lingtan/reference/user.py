"""A user's own copies of larger tables: checked row by row, kept apart from the package by their sets.

Text in, rows and faults out; reading and storing the file is the caller's part.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation

from lingtan.reference.identity import TIDY_COLUMNS, as_record, content_hash, row_id
from lingtan.reference.layouts import LAYOUT_MARKS, LayoutFault, Names, rows_of
from lingtan.reference.model import FactorRow, Library

STATUSES = ("measured", "supplier", "own", "found2", "found1", "recalled")
REQUIRED = ("subject", "parameter", "value", "unit", "document", "status", "set_id")
MAX_ROWS = 200_000

_CODE = re.compile(r"[A-Za-z0-9._-]{1,64}")


@dataclass(frozen=True, slots=True)
class _Known:
    library: Library
    names: Names
    shipped: frozenset[str]


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a line (1 is the header); ``level`` is error (row set aside) or note."""

    line: int
    level: str
    message: str


@dataclass(frozen=True, slots=True)
class UserTable:
    """The good rows of a file with what was found wrong; ``layout`` is tidy, one of the collected ones, or blank."""

    layout: str
    rows: tuple[FactorRow, ...]
    faults: tuple[Fault, ...]


def read_table(text: str, library: Library, *, names: Names) -> UserTable:
    """Return the rows of a CSV text in the tidy schema or in a layout that reference figures are collected in.

    Parameters
    ----------
    text : decoded CSV with a header line; a byte order mark is accepted.
    names : the table of raw names (``tables.raw_names()``).

    A row is set aside when a required field is blank, a number or date cannot be read, the parameter or status is
    not in its table, the set is one of the package, the hash given does not match, or another row has its identifier.
    """
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    try:
        columns = tuple(reader.fieldnames or ())
        layout = _layout(columns)
        if not layout:
            return UserTable("", (), (Fault(1, "error", _unknown_columns(columns)),))
        known = _Known(library, names, frozenset(row.content_hash for row in library.factors))
        read = list(_read(reader, layout, known))
    except csv.Error as error:
        return UserTable("", (), (Fault(reader.line_num, "error", f"Expected a CSV table, got: {error}."),))
    faults = [item for item in read if isinstance(item, Fault)]
    good = [item for item in read if not isinstance(item, Fault)]
    placed = [item for item in good if item[1].content_hash not in known.shipped]
    rows, repeated = _single(placed)
    held = len(good) - len(placed)
    if held:
        faults.append(Fault(1, "note", f"{held} rows are in the package already, word for word; they are not copied."))
    return UserTable(layout, rows, tuple(sorted((*faults, *repeated), key=lambda fault: fault.line)))


def tidy_text(rows: Sequence[FactorRow]) -> str:
    """Return the rows as a CSV text in the tidy schema, the form in which a user's copy is kept."""
    out = io.StringIO()
    writer = csv.DictWriter(out, TIDY_COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(as_record(row) for row in rows)
    return out.getvalue()


def _layout(columns: Sequence[str]) -> str:
    if set(REQUIRED) <= set(columns):
        return "tidy"
    matches = [name for name, marks in LAYOUT_MARKS.items() if set(marks) <= set(columns)]
    return matches[0] if matches else ""


def _unknown_columns(columns: Sequence[str]) -> str:
    layouts = "; ".join(f"{name}: {', '.join(marks)} ..." for name, marks in LAYOUT_MARKS.items())
    return (
        f"Expected the columns {', '.join(REQUIRED)} (others optional), or one of the collected layouts ({layouts}); "
        f"got {', '.join(columns) or 'an empty file'}."
    )


def _read(reader: csv.DictReader[str], layout: str, known: _Known) -> Iterator[tuple[int, FactorRow] | Fault]:
    for count, raw in enumerate(reader):
        line = reader.line_num - sum(value.count("\n") for value in raw.values() if isinstance(value, str))
        if count >= MAX_ROWS:
            yield Fault(line, "error", f"Expected at most {MAX_ROWS} rows; the rest is not read. Split the file.")
            return
        if None in raw or None in raw.values():
            yield Fault(line, "error", "The row has more or fewer fields than the header.")
            continue
        yield from _rows_at(line, raw, layout, known)


def _rows_at(line: int, raw: Mapping[str, str], layout: str, known: _Known) -> Iterator[tuple[int, FactorRow] | Fault]:
    try:
        rows = (_tidy(raw),) if layout == "tidy" else rows_of(layout, raw, known.names)
    except LayoutFault as fault:
        yield Fault(line, "error", fault.message)
        return
    except KeyError as error:
        yield Fault(line, "error", f"Expected the column {error.args[0]}, which the file does not have.")
        return
    for row in rows:
        given_hash = raw.get("content_hash", "") if layout == "tidy" else ""
        errors, notes = _checked(row, given_hash, known)
        yield from (Fault(line, "error", message) for message in errors)
        yield from (Fault(line, "note", message) for message in notes)
        if not errors:
            yield line, replace(row, content_hash=content_hash(row), line=line)


def _tidy(raw: Mapping[str, str]) -> FactorRow:
    text = {key: (value or "").strip() for key, value in raw.items()}
    blank = [column for column in REQUIRED if not text[column]]
    if blank:
        raise LayoutFault(f"Expected a value in {', '.join(blank)}; got a blank.")
    row = FactorRow(
        id=text.get("id", ""),
        subject=text["subject"],
        parameter=text["parameter"],
        value=_number(text["value"], "value"),
        unit=text["unit"],
        data_year=_year(text.get("data_year", "")),
        applies_from=_date(text.get("from", ""), "from"),
        applies_until=_date(text.get("until", ""), "until"),
        region=text.get("region", ""),
        document=text["document"],
        source=text.get("source", ""),
        status=text["status"],
        set_id=text["set_id"],
        qualifier=text.get("qualifier", ""),
        sigma_pct=_number(text["sigma_pct"], "sigma_pct") if text.get("sigma_pct") else None,
        note=text.get("note", ""),
    )
    return row if row.id else replace(row, id=row_id(row, with_region=bool(row.region)))


def _checked(row: FactorRow, given_hash: str, known: _Known) -> tuple[list[str], list[str]]:
    library = known.library
    errors, notes = [], []
    if row.parameter not in library.parameters:
        errors.append(f"Expected a parameter of the table ({', '.join(library.parameters)}), got {row.parameter!r}.")
    if row.status not in STATUSES:
        errors.append(f"Expected a status out of {', '.join(STATUSES)}, got {row.status!r}.")
    if row.set_id in library.sets and content_hash(row) not in known.shipped:
        errors.append(f"Expected a set of your own, got {row.set_id}, which this package keeps. Rename the set.")
    if row.applies_from and row.applies_until and row.applies_from >= row.applies_until:
        errors.append(f"Expected until after from, got {row.applies_from} and {row.applies_until}.")
    errors += [
        f"Expected letters, digits, dot, underscore or hyphen in {column}, got {text!r}."
        for column, text in (("subject", row.subject), ("set_id", row.set_id))
        if not _CODE.fullmatch(text)
    ]
    if given_hash and given_hash != content_hash(row):
        errors.append(f"The row does not fit its content_hash {given_hash}: it was changed after it was sealed.")
    if row.subject not in library.commodities:
        notes.append(
            f"{row.subject!r} is not in the table of commodities; only a park's own commodity can use the row."
        )
    return errors, notes


def _single(placed: Sequence[tuple[int, FactorRow]]) -> tuple[tuple[FactorRow, ...], list[Fault]]:
    lines: dict[str, list[int]] = {}
    for line, row in placed:
        lines.setdefault(row.id, []).append(line)
    faults = [
        Fault(
            where[1], "error", f"The identifier {name} stands on the lines {', '.join(map(str, where))}; none is used."
        )
        for name, where in lines.items()
        if len(where) > 1
    ]
    return tuple(row for _, row in placed if len(lines[row.id]) == 1), faults


def _number(text: str, column: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise LayoutFault(f"Expected a number with a point in {column}, got {text!r}.") from None
    if not value.is_finite():
        raise LayoutFault(f"Expected a finite number in {column}, got {text!r}.")
    return value


def _year(text: str) -> int | None:
    if not text:
        return None
    if not re.fullmatch(r"(19|20|21)\d\d", text):
        raise LayoutFault(f"Expected a year between 1900 and 2199 in data_year, got {text!r}.")
    return int(text)


def _date(text: str, column: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise LayoutFault(f"Expected a date like 2025-01-31 in {column}, got {text!r}.") from None
