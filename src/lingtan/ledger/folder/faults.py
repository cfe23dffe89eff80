"""The faults of a park folder: one table of codes, and how findings are made and gathered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from lingtan.ledger.finding import Finding, Level, Where

__all__ = ["CODES", "CellError", "FolderError", "at_most", "fault", "gathered", "quoted", "shown_name"]

LINES_SHOWN = 20

CODES: Mapping[str, tuple[Level, str]] = {
    # files
    "empty_file": ("error", "the file is empty"),
    "compressed_file": ("error", "the file is compressed or packed and is not expanded"),
    "foreign_file": ("error", "the file is not text"),
    "file_too_large": ("error", "the file is larger than the reader accepts"),
    "wrong_encoding": ("error", "the file is not UTF-8"),
    "encoding_suspect": ("finding", "the letters look as if another encoding had been read as UTF-8"),
    "nul_bytes": ("error", "the file holds NUL bytes"),
    "unreadable_file": ("error", "the file cannot be read"),
    "link_outside": ("error", "a link leads out of the folder and is not followed"),
    "missing_column": ("error", "a column is missing"),
    "repeated_column": ("error", "a column stands twice"),
    "broken_parquet": ("error", "the Parquet file is damaged or cut off"),
    "wrong_type": ("error", "a Parquet column has the wrong type"),
    "unknown_file": ("note", "files that the format does not know are kept as they are"),
    "unknown_column": ("note", "columns that the format does not know are kept as they are"),
    # records
    "open_quote": ("error", "a quoted cell is not closed"),
    "broken_record": ("error", "the record cannot be split into cells"),
    "field_count": ("error", "the number of cells differs from the header"),
    "blank_row": ("note", "blank rows are skipped"),
    "trimmed": ("note", "blanks around a cell were trimmed"),
    # cells
    "missing_value": ("error", "a required cell is blank"),
    "bad_id": ("error", "an id has characters or a length that ids may not have"),
    "bad_number": ("error", "a number cannot be read"),
    "not_finite": ("error", "a number is not finite"),
    "out_of_range": ("error", "a number is outside its range"),
    "bad_boolean": ("error", "a truth value is neither true nor false"),
    "unknown_word": ("error", "a word is not in the closed table"),
    "bad_time": ("error", "a time cannot be read"),
    "slash_date": ("error", "a date is written with slashes"),
    "year_out_of_range": ("error", "a year is outside 1900 to 2100"),
    "nonexistent_hour": ("error", "a local time does not exist on that day"),
    "bad_offset": ("error", "an offset cannot be read"),
    "bad_period": ("error", "a duration cannot be read"),
    "calendar_period": ("error", "a duration has no fixed length"),
    "unknown_clock": ("error", "a clock is not known"),
    "bad_evidence_path": ("error", "an evidence path leaves evidence/"),
    "evidence_missing": ("finding", "an evidence file is absent"),
    "end_not_after_start": ("error", "the span ends at or before its start"),
    "end_on_last_day": ("note", "an end on the last day of a month is taken as written: that day is outside the span"),
    "naive_times": ("note", "times without offset are taken in the park's zone or the point's clock"),
    "mixed_offsets": ("finding", "times with and without offset stand in one file"),
    "repeated_hour": ("finding", "times without offset fall into an hour that exists twice; row order decided"),
    # ids and units
    "unknown_id": ("error", "an id is not known"),
    "set_aside_id": ("error", "an id stands on a row that was set aside"),
    "duplicate_id": ("error", "an id stands twice; the first row holds"),
    "unknown_commodity": ("error", "a commodity is not known"),
    "unknown_unit": ("error", "a unit cannot be read"),
    "wrong_unit": ("error", "a unit measures something else"),
    # nodes, boundaries, streams
    "parent_cycle": ("error", "nodes are their own ancestors"),
    "ancestor_member": ("error", "a node is listed although an ancestor of it is; the ancestor brings it"),
    "overlapping_members": ("error", "a node is listed twice over overlapping spans; the first row holds"),
    "same_ends": ("error", "a stream starts and ends at the same node"),
    "grid_supply_implied": ("note", "streams from a grid are grid_supply though made_as is blank"),
    "default_boundary_unknown": ("error", "the default boundary is not in boundaries.csv"),
    # meters
    "overlapping_devices": ("error", "two device periods of one point overlap; the first row holds"),
    "point_on_two_streams": ("error", "one point stands on two streams at the same time; the first row holds"),
    "device_on_two_points": ("finding", "one device stands on two points at the same time"),
    "device_counted_twice": ("error", "one device is main on two points of one stream; the first row holds"),
    "bad_expression": ("error", "an expression cannot be read"),
    "expression_unit": ("finding", "an expression gives another unit than the point's"),
    "expression_cycle": ("error", "virtual points depend on themselves"),
    # statements and the rest
    "negative_amount": ("error", "an amount is negative; corrections replace, they are not subtracted"),
    "zero_with_amount": ("error", "confirmed_zero stands with an amount"),
    "statement_replaced": ("note", "a later row replaces an earlier one"),
    "overlapping_statements": ("finding", "overlapping spans of one reporter and kind: both are cross-checks only"),
    "overlapping_adoption": ("error", "two adoption rows of one stream overlap; the first row holds"),
    "overlapping_properties": ("finding", "a property of one stream has two values at the same time"),
    "repeated_stock": ("error", "a stock has two levels at one time; the first row holds"),
    "not_a_number": ("finding", "a fact with a unit has no number as its value"),
    "equal_factors": ("error", "two factor rows have equal rank and different values; neither is used"),
    "idle_factor": ("finding", "a factor row is for something that no stream of its subject has to do with"),
    "repeated_factor": ("error", "a factor row stands twice; the first row holds"),
    "no_document": ("finding", "a factor has no document"),
    "serials_reversed": ("error", "serials run backwards"),
    # settings
    "unknown_setting": ("note", "keys of park.toml that the format does not know are kept"),
    "missing_setting": ("finding", "a key of park.toml is missing"),
    "bad_setting": ("error", "a key of park.toml cannot be used"),
    # readings
    "unknown_point": ("error", "readings of a point that is not in meters.csv are set aside"),
    "negative_counter": ("error", "a counter reads below zero"),
    "too_large_value": ("error", "a reading is 1e15 or more"),
    "blank_values": ("note", "blank values are no readings"),
    "bad_sequence": ("error", "a sequence number is no whole number"),
}


class FolderError(Exception):
    """There is no park folder to read or no place to write one. The message says what was expected and what to do."""


class CellError(ValueError):
    """A cell that cannot be used: code of `CODES`, what was expected, what to do."""

    def __init__(self, code: str, expected: str, todo: str = "") -> None:
        self.code, self.expected, self.todo = code, expected, todo
        super().__init__(expected)


def fault(
    code: str,
    file: str,
    *,
    lines: Sequence[int] = (),
    expected: str = "",
    came: object = "",
    todo: str = "",
    point: str = "",
    stream: str = "",
    node: str = "",
    start: datetime | None = None,
    end: datetime | None = None,
    amount: Decimal | None = None,
    unit: str = "",
    **params: Any,
) -> Finding:
    """Make the finding of a code of `CODES`; several ``lines`` are all named, the first one is its place."""
    level, title = CODES[code]
    parts = [f"expected {expected}" if expected else "", f"came {came}" if came != "" else "", todo]
    tail = "; ".join(part for part in parts if part)
    where = Where(
        shown_name(file), lines[0] if lines else None, point, stream, node, tuple(lines) if len(lines) > 1 else ()
    )
    kept = {"expected": expected, "came": str(came), "todo": todo, **params}
    message = f"{title}: {tail}" if tail else title
    return Finding(code, level, message, where, start, end, amount, unit, {k: v for k, v in kept.items() if v != ""})


def shown_name(file: str) -> str:
    """Name of a file as it can be printed; of names in another encoding what is readable is kept."""
    return file.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def quoted(text: str, limit: int = 60) -> str:
    """Show what came, cut to a readable length and free of control characters."""
    shown = text if len(text) <= limit else text[:limit] + "…"
    return "'" + "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in shown) + "'"


def gathered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Join what would flood a reader: notes of one code, file and column; other faults beyond twenty per code and file.

    A joined finding keeps the place of its first row, names the first twenty lines and counts all rows.
    """
    groups: dict[tuple[object, ...], list[Finding]] = {}
    for finding in findings:
        groups.setdefault(_group(finding), []).append(finding)
    return tuple(one for group in groups.values() for one in _joined(group))


def _group(finding: Finding) -> tuple[object, ...]:
    column = finding.params.get("column", "") if finding.level == "note" else ""
    apart = id(finding) if finding.params.get("apart") else 0
    return finding.code, finding.where.file, finding.where.point, column, finding.params.get("day", ""), apart


def _joined(group: list[Finding]) -> Iterable[Finding]:
    """Join a group where it is notes or too long to list."""
    counted = any("count" in each.params for each in group)
    if len(group) == 1 or (group[0].level != "note" and not counted and len(group) <= LINES_SHOWN):
        return group
    first = group[0]
    lines = [line for each in group for line in (each.where.lines or ((each.where.line,) if each.where.line else ()))]
    count = sum(int(each.params.get("count", 1)) for each in group)
    where = replace(first.where, lines=tuple(lines[:LINES_SHOWN]))
    params = {**first.params, "count": count}
    return [replace(first, message=_counted(first, count, lines), where=where, params=params)]


def _counted(first: Finding, count: int, lines: Sequence[int]) -> str:
    """Say a joined finding: what was expected, the first that came, how many rows, what to do."""
    params = first.params
    came = params.get("first", "" if "count" in params else params.get("came", ""))
    rows = f"{count} rows in all" + (f", lines {at_most(lines)}" if lines else "")
    rows += f", the first in {params['place']}" if "place" in params else ""
    parts = [
        f"expected {params['expected']}" if "expected" in params else "",
        f"first {came}" if came else "",
        rows,
    ]
    tail = "; ".join(part for part in [*parts, str(params.get("todo", ""))] if part)
    return f"{CODES[first.code][1]}: {tail}" if first.code in CODES else f"{first.message} ({rows})"


def at_most(lines: Sequence[int], limit: int = LINES_SHOWN) -> str:
    """Name lines, the first ``limit`` of them."""
    shown = ", ".join(str(line) for line in lines[:limit])
    return shown + (", …" if len(lines) > limit else "")
