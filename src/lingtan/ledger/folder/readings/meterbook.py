"""What the readings are checked against: known points, counters, clocks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

import polars as pl

from lingtan.ledger.clock import FIRST_YEAR, LAST_YEAR
from lingtan.ledger.finding import Finding
from lingtan.ledger.folder.faults import fault
from lingtan.ledger.folder.readings.stamps import Clocks, clocks_of, to_utc
from lingtan.ledger.folder.readings.tally import per_point, tally
from lingtan.ledger.park import Meter, Span

__all__ = ["COLUMNS", "FRAME", "MeterBook", "checked_values", "meter_book", "placed"]

COLUMNS = ("point", "time", "value", "seq")
NEEDED = COLUMNS[:3]
LIMIT = 1e15
# The frame that readings are handed on in; see the contract "Reading frames".
FRAME = pl.Schema(
    {
        "point": pl.Categorical(),
        "time": pl.Datetime("us", "UTC"),
        "value": pl.Float64(),
        "seq": pl.Int64(),
        "order": pl.Int64(),
    }
)


@dataclass(frozen=True, slots=True)
class MeterBook:
    """Known ``points`` in name order, those of them whose every device is a counter that runs one way, their clocks.

    ``spans``: from the beginning of a point's first device to the end of its last.
    """

    points: tuple[str, ...]
    counters: frozenset[str]
    clocks: Clocks
    spans: Mapping[str, Span] = field(default_factory=dict)

    def carries(self, point: str, limit: datetime, *, before: bool) -> bool:
        """Tell whether a device of a point stands on the far side of an instant, so that readings there matter."""
        span = self.spans.get(point, Span())
        return span.start is None or span.start < limit if before else span.end is None or span.end >= limit


def meter_book(zone: ZoneInfo, meters: Sequence[Meter]) -> MeterBook:
    """Collect what readings are checked against."""
    other = {meter.point for meter in meters if meter.register != "counter" or meter.bidirectional}
    points = tuple(sorted({meter.point for meter in meters}))
    return MeterBook(points, frozenset(points) - other, clocks_of(zone, meters), _spans(meters))


def _spans(meters: Sequence[Meter]) -> dict[str, Span]:
    """Point -> the span from its first device to its last."""
    spans: dict[str, Span] = {}
    for meter in meters:
        held, own = spans.get(meter.point, meter.valid), meter.valid
        spans[meter.point] = Span(
            None if held.start is None or own.start is None else min(held.start, own.start),
            None if held.end is None or own.end is None else max(held.end, own.end),
        )
    return spans


def checked_values(rows: pl.DataFrame, file: str, book: MeterBook, found: list[Finding]) -> pl.DataFrame:
    """Set aside rows of unknown points and rows whose ``value`` is no usable number.

    Needs ``point``, ``value``, ``line``.
    """
    point = pl.col("point").cast(pl.String)
    present = rows["point"].unique().cast(pl.String).to_list()
    strangers = [name for name in present if name not in book.points]
    if strangers:
        strange = point.is_in([name for name in strangers if name is not None]) | point.is_null()
        todo = "add the point to meters.csv, or mend its name or its row there"
        found += per_point(rows.filter(strange), "unknown_point", file, expected="a point of meters.csv", todo=todo)
        rows = rows.filter(~strange)
    value = pl.col("value")
    low, high = rows["value"].min(), rows["value"].max()
    if rows["value"].is_nan().any() or not _within(low, high):
        rows = _finite(rows, file, found)
        low = rows["value"].min()
    counters = [name for name in present if name in book.counters]
    if isinstance(low, (int, float)) and low < 0 and counters:
        negative = (value < 0) & point.is_in(counters)
        bad = rows.filter(negative).with_columns(came=value.cast(pl.String))
        todo = "correct the reading, or write register = interval where the amounts are signed"
        found += _by_point(bad, "negative_counter", file, expected="a counter reading not below 0", todo=todo)
        rows = rows.filter(~negative)
    return rows


def _by_point(bad: pl.DataFrame, code: str, file: str, *, expected: str, todo: str) -> list[Finding]:
    """Tally faulty rows point by point while the points are few."""
    if bad["point"].n_unique() > 20:
        return tally(bad, code, file, expected=expected, todo=todo)
    groups = bad.partition_by("point", maintain_order=True)
    return [one for group in groups for one in tally(group, code, file, expected=expected, todo=todo)]


def _within(low: object, high: object) -> bool:
    """Tell whether smallest and largest value are below the limit; no values are."""
    if isinstance(low, (int, float)) and isinstance(high, (int, float)):
        return low > -LIMIT and high < LIMIT
    return True


def _finite(rows: pl.DataFrame, file: str, found: list[Finding]) -> pl.DataFrame:
    value = pl.col("value")
    shown = rows.with_columns(came=value.cast(pl.String))
    found += tally(
        shown.filter(~value.is_finite()),
        "not_finite",
        file,
        expected="a finite number",
        todo="leave the cell blank where there is no reading",
    )
    large = value.is_finite() & (value.abs() >= LIMIT)
    found += tally(
        shown.filter(large),
        "too_large_value",
        file,
        expected="a number below 1e15",
        todo="check the unit or the export",
    )
    return rows.filter(value.is_finite() & (value.abs() < LIMIT))


def placed(rows: pl.DataFrame, file: str, book: MeterBook, found: list[Finding]) -> pl.DataFrame:
    """Put rows with ``local`` (and ``offset``, ``text``) on the time line; rows that have no place are set aside."""
    rows = to_utc(rows, book.clocks)
    if rows["time"].null_count():
        lost = rows.filter(pl.col("time").is_null())
        text = lost["text"] if "text" in lost.columns else lost["local"].cast(pl.String)
        todo = "the clocks jump over it: write the offset, or the logger's clock in meters.csv"
        found += tally(
            lost.with_columns(came=text), "nonexistent_hour", file, expected="a local time that exists", todo=todo
        )
        rows = rows.filter(pl.col("time").is_not_null())
    if rows["repeated"].any():
        found += _repeated(rows.filter(pl.col("repeated")), file)
    return rows


def _repeated(rows: pl.DataFrame, file: str) -> list[Finding]:
    """One finding per change day: its hour that exists twice was told apart by row order."""
    days = rows.group_by(pl.col("local").dt.date().alias("day"), maintain_order=True).agg(
        "line", pl.len().alias("count")
    )
    todo = "write the offset, or the logger's clock in meters.csv"
    return [
        fault(
            "repeated_hour",
            file,
            lines=lines[:20],
            expected="times with offset on a day when the clocks change",
            came=f"{count} rows without on {day}",
            todo=todo,
            count=count,
            first=str(day),
            day=str(day),
        )
        for day, lines, count in days.iter_rows()
    ]


def years_kept(rows: pl.DataFrame, file: str, found: list[Finding]) -> pl.DataFrame:
    """Set aside timestamps outside the years that the format allows."""
    if rows.height == 0:
        return rows
    year = pl.col("local").dt.year()
    inside = year.is_between(FIRST_YEAR, LAST_YEAR)
    edges = rows.select(first=pl.col("local").min(), last=pl.col("local").max()).unpivot().select(year=pl.col("value"))
    if edges.select(pl.col("year").dt.year().is_between(FIRST_YEAR, LAST_YEAR).all()).item():
        return rows
    bad = rows.filter(~inside).with_columns(came=pl.col("local").cast(pl.String))
    found += tally(
        bad,
        "year_out_of_range",
        file,
        expected=f"a year from {FIRST_YEAR} to {LAST_YEAR}",
        todo="check the logger's clock",
    )
    return rows.filter(inside)
