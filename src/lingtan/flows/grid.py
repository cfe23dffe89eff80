"""The calendar of a window: local months and years, and cutting by local days."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from functools import lru_cache

from lingtan.ledger import clock

_TICK = timedelta(microseconds=1)


class FlowError(Exception):
    """A call of the room that cannot be answered; the message says what was expected, what came, what to do."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Whole local months of a window.

    ``edges`` are the n + 1 month limits in UTC; ``years`` the local year of each of the n months.
    """

    zone: tzinfo
    edges: tuple[datetime, ...]
    years: tuple[int, ...]

    @property
    def start(self) -> datetime:
        """Begin of the first month."""
        return self.edges[0]

    @property
    def end(self) -> datetime:
        """End of the last month."""
        return self.edges[-1]

    def index(self, instant: datetime) -> int:
        """Index of the month that holds ``instant``: -1 before the window, n at or after its end."""
        return bisect_right(self.edges, instant) - 1

    def touched(self, start: datetime, end: datetime) -> range:
        """Indexes of the months of the window that share an instant with [start, end)."""
        if end <= start:
            return range(0)
        return range(max(self.index(start), 0), min(self.index(end - _TICK) + 1, len(self.years)))


@lru_cache(maxsize=64)
def grid_over(start: datetime, end: datetime, zone: tzinfo) -> Grid:
    """Return the whole local months that share an instant with [start, end).

    Raises
    ------
    FlowError
        where the window is empty.
    """
    months = clock.months(start, end, zone)
    if not months:
        raise FlowError(f"expected a window that ends after it starts; came {start} to {end}: give another end")
    years = tuple(month.astimezone(zone).year for month, _ in months)
    return Grid(zone, (*(month for month, _ in months), months[-1][1]), years)


def whole_months(start: datetime, end: datetime, zone: tzinfo) -> tuple[datetime, datetime]:
    """Widen [start, end) to whole local months: the window in which flows are adopted."""
    grid = grid_over(start, end, zone)
    return grid.start, grid.end


def wall_us(start: datetime, end: datetime, zone: tzinfo) -> int:
    """Length of a span by the local calendar [us]: every local day counts the same, clock changes or not."""
    local_start, local_end = (at.astimezone(zone).replace(tzinfo=None) for at in (start, end))
    return (local_end - local_start) // _TICK


def cut(amount: Decimal, whole: tuple[datetime, datetime], part: tuple[datetime, datetime], zone: tzinfo) -> Decimal:
    """Share of ``amount`` that falls in ``part`` of its span ``whole``, by local days; 0 where they do not meet."""
    start, end = max(whole[0], part[0]), min(whole[1], part[1])
    if end <= start:
        return Decimal(0)
    if (start, end) == whole:
        return amount
    return amount * wall_us(start, end, zone) / wall_us(*whole, zone)


def overlap_us(start: datetime, end: datetime, other_start: datetime, other_end: datetime) -> int:
    """Shared time of two spans [us]."""
    shared = min(end, other_end) - max(start, other_start)
    return max(shared // _TICK, 0)


def local_text(instant: datetime, zone: tzinfo) -> str:
    """Write an instant for a message: the local date, with the time of day where it is not midnight."""
    local = instant.astimezone(zone).replace(tzinfo=None)
    midnight = (local.hour, local.minute, local.second, local.microsecond) == (0, 0, 0, 0)
    return local.date().isoformat() if midnight else local.isoformat(sep=" ")
