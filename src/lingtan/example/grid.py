"""The time grid of the example: quarter-hours in the park's local time, with days and months as numpy arrays."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Times = NDArray[np.datetime64]

QUARTERS = 96
#: Days of goods made before and after the window, so that bills from the 25th to the 24th are whole at its edges.
PAD_DAYS = 40

#: Statutory holidays: (first day, days). A park rests on them; the workdays moved around them are left out.
HOLIDAYS = (
    ("2022-12-31", 3), ("2023-01-21", 7), ("2023-04-29", 5), ("2023-09-29", 8),
    ("2023-12-30", 3), ("2024-02-10", 8), ("2024-05-01", 5), ("2024-10-01", 7),
    ("2025-01-01", 1), ("2025-01-28", 8), ("2025-05-01", 5), ("2025-10-01", 8),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Window:
    """The span of the example, [start, end) in local days; China keeps no summer time, so every day has 96 quarters."""

    start: date
    end: date

    @property
    def days(self) -> int:
        """Whole days of the window."""
        return (self.end - self.start).days

    @property
    def steps(self) -> int:
        """Quarter-hours of the window."""
        return self.days * QUARTERS

    @property
    def years(self) -> tuple[int, ...]:
        """Calendar years that the window touches."""
        return tuple(range(self.start.year, (self.end - timedelta(days=1)).year + 1))

    def edges(self) -> Times:
        """Return the ``steps + 1`` limits of the quarter-hours, local, to the minute."""
        first = np.datetime64(self.start.isoformat(), "m")
        return first + np.arange(self.steps + 1) * np.timedelta64(15, "m")

    def dates(self) -> Times:
        """Return the days of the window."""
        return np.datetime64(self.start.isoformat(), "D") + np.arange(self.days)

    def months(self) -> list[tuple[date, date]]:
        """Return the calendar months as (first day, first day of the next), cut to the window."""
        found, first = [], self.start
        while first < self.end:
            after = date(first.year + first.month // 12, first.month % 12 + 1, 1)
            found.append((first, min(after, self.end)))
            first = after
        return found

    def step(self, day: date, quarter: int = 0) -> int:
        """Return the index of a quarter-hour."""
        return (day - self.start).days * QUARTERS + quarter

    def near(self, fraction: float) -> date:
        """Return a day at about ``fraction`` of the window that lies between the 8th and the 20th of its month."""
        day = self.start + timedelta(days=int(self.days * fraction))
        return day.replace(day=min(max(day.day, 8), 20))


def holidays_per_day(dates: Times) -> Floats:
    """Return 1.0 on statutory holidays, 0.0 else, for an array of days."""
    flags = np.zeros(dates.size)
    for first, days in HOLIDAYS:
        begin = np.datetime64(first, "D")
        flags[(dates >= begin) & (dates < begin + days)] = 1.0
    return flags


def draw(seed: int, name: str) -> np.random.Generator:
    """Return the random generator of one named series: adding a series leaves the others as they were."""
    return np.random.default_rng([seed, crc32(name.encode())])


def noise(rng: np.random.Generator, steps: int, sigma: float) -> Floats:
    """Return a positive wandering factor about 1: two-hour knots joined by lines, with a white part on top."""
    knots = rng.standard_normal(steps // 8 + 2)
    slow = np.interp(np.arange(steps) / 8.0, np.arange(knots.size), knots)
    result: Floats = np.clip(1.0 + sigma * (slow + 0.5 * rng.standard_normal(steps)), 0.4, 1.6)
    return result


def quantise(amounts: NDArray[np.floating[Any]], step: int) -> Ints:
    """Round a series down to multiples of ``step`` and carry the rest forward, so that no amount is lost on the way."""
    whole = np.floor(np.cumsum(amounts) / step).astype(np.int64)
    result: Ints = np.diff(whole, prepend=np.int64(0)) * step
    return result
