"""Roll-ups of metering points as plain values: frames are read once, column by column."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

import polars as pl

from lingtan.flows.grid import Grid
from lingtan.series.model import Series

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_COUNTS = ("amount", "unplaced", "periods", "resolved", "time_us", "known_us", "flags")


class Bucket(NamedTuple):
    """One row of a roll-up; see `lingtan.series.model.Series` for the columns."""

    amount: int | None
    unplaced: int | None
    periods: int
    resolved: int
    time_us: int
    known_us: int
    flags: int


class Gap(NamedTuple):
    """A gap of a counter with a known total [quanta]."""

    point: str
    start: datetime
    end: datetime
    amount: int


def by_month(series: Series, grid: Grid) -> dict[str, dict[int, Bucket]]:
    """Return point -> index of the month in ``grid`` -> its roll-up; months outside the window are left out."""
    place = {micros(edge): position for position, edge in enumerate(grid.edges[:-1])}
    table: dict[str, dict[int, Bucket]] = defaultdict(dict)
    for point, start, _, bucket in _rows(series.buckets.get("month")):
        position = place.get(start)
        if position is not None:
            table[point][position] = bucket
    return dict(table)


def by_span(
    series: Series, step: str, points: Iterable[str] | None = None
) -> dict[str, dict[tuple[datetime, datetime], Bucket]]:
    """Return point -> (start, end) -> roll-up of ``step``, for ``points`` (None = all)."""
    frame = series.buckets.get(step)
    if frame is not None and points is not None:
        frame = frame.filter(pl.col("point").is_in(sorted(points)))
    table: dict[str, dict[tuple[datetime, datetime], Bucket]] = defaultdict(dict)
    for point, start, end, bucket in _rows(frame):
        table[point][instant(start), instant(end)] = bucket
    return dict(table)


def gaps(series: Series) -> Iterator[Gap]:
    """Return the gaps whose total is known."""
    frame = series.gaps
    if not frame.height:
        return
    frame = frame.filter(pl.col("amount").is_not_null())
    starts, ends = (frame.get_column(name).dt.timestamp("us").to_list() for name in ("start", "end"))
    points, amounts = frame.get_column("point").cast(pl.String).to_list(), frame.get_column("amount").to_list()
    for point, start, end, amount in zip(points, starts, ends, amounts, strict=True):
        yield Gap(point, instant(start), instant(end), amount)


def in_units(quanta: int | None, point: str, series: Series) -> Decimal | None:
    """Return an amount of a point in canonical units; None stays None."""
    return None if quanta is None else quanta * series.quantum[point]


def micros(at: datetime) -> int:
    """Return an instant as microseconds since 1970."""
    return (at - _EPOCH) // timedelta(microseconds=1)


@lru_cache(maxsize=65_536)
def instant(at: int) -> datetime:
    """Return microseconds since 1970 as an instant."""
    return _EPOCH + timedelta(microseconds=at)


def _rows(frame: pl.DataFrame | None) -> Iterator[tuple[str, int, int, Bucket]]:
    """Return the rows of a roll-up as point, start, end [us since 1970] and counts."""
    if frame is None or not frame.height:
        return
    points = frame.get_column("point").cast(pl.String).to_list()
    starts, ends = (frame.get_column(name).dt.timestamp("us").to_list() for name in ("start", "end"))
    counts = zip(*(frame.get_column(name).to_list() for name in _COUNTS), strict=True)
    for point, start, end, row in zip(points, starts, ends, counts, strict=True):
        yield point, start, end, Bucket(*row)
