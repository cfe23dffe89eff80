"""Local calendar buckets as whole numbers, so that the same expressions run on any engine."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import narwhals as nw

from lingtan.ledger import clock
from lingtan.series.frames import Lazy, table
from lingtan.series.plan import DAY, HOUR, MICRO, SECOND, SeriesError, instant, micros

STEPS = ("hour", "day", "month", "year")


@dataclass(frozen=True, slots=True)
class Calendar:
    """Local hours, days, months and years that share an instant with [start, end).

    ``spans`` maps a step to the (start, end) [us] of its buckets in order; a bucket's id is its position.
    """

    zone: ZoneInfo
    start_us: int
    end_us: int
    spans: dict[str, tuple[tuple[int, int], ...]]
    months: tuple[int, ...]
    years: tuple[int, ...]

    def id_of(self, us: nw.Expr, step: str) -> nw.Expr:
        """Id of the hour or day that holds an instant of the window [us]."""
        base = self.spans[step][0][0]
        if step == "hour":
            return (us - base) // HOUR
        shift = _offset_at(self.zone, base)
        return (us + offset(us, self.zone, self.start_us, self.end_us) - (base + shift)) // DAY

    def first_day(self, before: int) -> int:
        """Give the number of the first local day, counted from ``before`` [us] ahead of 1970-01-01."""
        base = self.spans["day"][0][0]
        return (base + _offset_at(self.zone, base) + before) // DAY

    def buckets(self, step: str) -> Lazy:
        """Frame of the buckets of a step: ``id``, ``start_us``, ``end_us``."""
        rows = [(number, *span) for number, span in enumerate(self.spans[step])]
        return table({"id": int, "start_us": int, "end_us": int}, rows)

    def days(self) -> Lazy:
        """Frame that places each day: ``id``, ``month``, ``year`` (ids of those steps)."""
        rows = [(number, *pair) for number, pair in enumerate(zip(self.months, self.years, strict=True))]
        return table({"id": int, "month": int, "year": int}, rows)


def calendar(zone: ZoneInfo, start: datetime, end: datetime, *, hours: bool = False) -> Calendar:
    """Lay out the buckets of a window.

    Raises
    ------
    SeriesError
        where the window is empty or its limits carry no zone.
    """
    if start.tzinfo is None or end.tzinfo is None or start >= end:
        raise SeriesError(f"expected an aware start before an aware end; came {start!r} and {end!r}")
    spans = {
        "day": _pairs(clock.days(start, end, zone)),
        "month": _pairs(clock.months(start, end, zone)),
        "year": _pairs(clock.years(start, end, zone)),
    }
    if hours:
        spans["hour"] = tuple(
            (low, min(low + HOUR, high)) for day, high in spans["day"] for low in range(day, high, HOUR)
        )
    months, years = _holders(spans["day"], spans["month"]), _holders(spans["day"], spans["year"])
    return Calendar(zone, micros(start), micros(end), spans, months, years)


def offset(us: nw.Expr, zone: ZoneInfo | timedelta, low: int, high: int) -> nw.Expr:
    """Offset of a clock from UTC [us] at instants between ``low`` and ``high`` [us], as an expression."""
    if isinstance(zone, timedelta):
        return nw.lit(zone // MICRO)
    first, *changes = _changes(zone, low - 2 * DAY, high + 2 * DAY)
    expression = nw.lit(first[1])
    for at, shift in changes:
        expression = nw.when(us >= at).then(nw.lit(shift)).otherwise(expression)
    return expression


def fixed(zone: ZoneInfo | timedelta, low: int, high: int) -> bool:
    """Tell whether a clock keeps one offset from ``low`` to ``high`` [us]."""
    return isinstance(zone, timedelta) or len(_changes(zone, low - 2 * DAY, high + 2 * DAY)) == 1


def standard_offset(zone: ZoneInfo, us: int) -> int:
    """Smaller of the offsets in force within half a year of an instant: the clock's winter time [us]."""
    return min(shift for _, shift in _changes(zone, us - 190 * DAY, us + 190 * DAY))


@lru_cache(maxsize=256)
def _changes(zone: ZoneInfo, low: int, high: int) -> tuple[tuple[int, int], ...]:
    """Offsets of a zone in force from each instant on, oldest first; the first holds from ``low``."""
    low -= low % SECOND
    return ((low, _offset_at(zone, low)), *_between(zone, low, high))


def _between(zone: ZoneInfo, low: int, high: int) -> list[tuple[int, int]]:
    """Find changes in (low, high], to the second."""
    changes = []
    for left in range(low, high, DAY):
        right = min(left + DAY, high)
        before, after = _offset_at(zone, left), _offset_at(zone, right)
        if before == after:
            continue
        while right - left > SECOND:
            middle = left + (right - left) // 2 // SECOND * SECOND
            left, right = (middle, right) if _offset_at(zone, middle) == before else (left, middle)
        changes.append((right, after))
    return changes


def _offset_at(zone: ZoneInfo, us: int) -> int:
    """Offset of a zone at an instant [us]."""
    return (instant(us).astimezone(zone).utcoffset() or timedelta(0)) // MICRO


def _pairs(spans: tuple[tuple[datetime, datetime], ...]) -> tuple[tuple[int, int], ...]:
    """Spans in microseconds."""
    return tuple((micros(low.astimezone(UTC)), micros(high.astimezone(UTC))) for low, high in spans)


def _holders(days: tuple[tuple[int, int], ...], wide: tuple[tuple[int, int], ...]) -> tuple[int, ...]:
    """Position of the month or year that holds each day."""
    holders, position = [], 0
    for low, _ in days:
        while wide[position][1] <= low:
            position += 1
        holders.append(position)
    return tuple(holders)
