"""The faults put into the readings on purpose, each entered in the list of truth with what it costs.

A defect changes the readings of one point. Where it destroys information, ``seen`` holds what a reader of the folder
can still know, by quarter-hour; totals of counter gaps over a month's end are known for the year only (``yearly``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np

from lingtan.example import registers, tables
from lingtan.example.grid import QUARTERS, Ints
from lingtan.example.registers import Track
from lingtan.example.world import World

#: Months of GAS_E07 with a slow meter, and how slow; the quarter is set right by adoption.csv.
SLOW, SLOW_MONTHS, SLOW_FROM = 0.94, 3, 0.77


@dataclass(slots=True)
class Book:
    """What grows while the readings are spoiled: the list of truth and what is left to know."""

    world: World
    entries: list[dict[str, Any]] = field(default_factory=list)
    seen: dict[str, Ints] = field(default_factory=dict)
    yearly: dict[tuple[str, int], int] = field(default_factory=dict)
    devices: dict[str, list[dict[str, str]]] = field(default_factory=dict)

    def enter(self, code: str, track: Track, span: tuple[int, int], **more: Any) -> None:
        """Enter a defect of a point over the quarter-hours [first, last) with the amount at stake in base units."""
        row = tables.streams()[track.point.stream]
        stake = more.pop("stake", None)
        scale = 10 ** tables.decimals_of(row["commodity"])
        self.entries.append(
            {
                "code": code,
                "point": track.point.id,
                "stream": track.point.stream,
                "file": more.pop("file", None),
                "start": stamp(self.world, span[0]),
                "end": stamp(self.world, span[1]),
                "amount": None if stake is None else stake / scale,
                "unit": tables.unit_of(row["commodity"]),
                **more,
            }
        )

    def lose(self, track: Track, amount: Ints, span: tuple[int, int], left: Ints | int = 0) -> None:
        """Note that over [first, last) only ``left`` of the amounts can be known."""
        known = self.seen.setdefault(track.point.id, amount.copy())
        known[span[0] : span[1]] = left


def stamp(world: World, step: int) -> str:
    """Return the local time at the start of a quarter-hour, with the park's offset."""
    moment = datetime.combine(world.window.start, datetime.min.time()) + timedelta(minutes=15 * step)
    return f"{moment:%Y-%m-%dT%H:%M}+08:00"


Spoil = Callable[[Book, Track, Ints, float], Track]


def _gap(hours: int) -> Spoil:
    def spoil(book: Book, track: Track, amount: Ints, fraction: float) -> Track:
        first = book.world.window.step(book.world.window.near(fraction), 41)
        last = first + hours * 4
        book.enter("gap_total", track, (first, last), stake=int(amount[first:last].sum()), finding="gap_total")
        return _without(track, first + 1, last)

    return spoil


def _without(track: Track, first: int, last: int) -> Track:
    """Drop the rows [first, last), counted from the start of an unspoiled track."""
    keep = np.ones(track.times.size, dtype=bool)
    keep[first:last] = False
    return track.kept(keep)


def _gap_over_month_end(book: Book, track: Track, amount: Ints, fraction: float) -> Track:
    months = book.world.window.months()
    edge = months[min(int(fraction * len(months)), len(months) - 2)][1]
    middle = book.world.window.step(edge)
    first, last = middle - 72, middle + 88
    lost = int(amount[first:last].sum())
    book.enter("gap_over_month_end", track, (first, last), stake=lost, finding="gap_total")
    book.lose(track, amount, (first, last))
    book.yearly[track.point.id, edge.year] = lost
    return _without(track, first + 1, last)


def _missing(hours: int) -> Spoil:
    def spoil(book: Book, track: Track, amount: Ints, fraction: float) -> Track:
        first = book.world.window.step(book.world.window.near(fraction), 30)
        last = first + hours * 4
        book.enter("missing_intervals", track, (first, last), stake=int(amount[first:last].sum()), finding="missing")
        book.lose(track, amount, (first, last))
        return _without(track, first, last)

    return spoil


def _silent(book: Book, track: Track, amount: Ints, fraction: float) -> Track:
    first, last = book.world.window.step(book.world.window.near(fraction), 20), book.world.window.steps
    book.enter("silent", track, (first, last), stake=int(amount[first:last].sum()), finding="missing")
    book.lose(track, amount, (first, last))
    return _without(track, first + 1, track.times.size)


def _reset(book: Book, track: Track, amount: Ints, fraction: float) -> Track:
    window, step = book.world.window, track.point.meter.step
    at = window.step(window.near(fraction), 50)
    opening = registers.opening_for(track.point, amount, at, 0.55)
    fresh = registers.track(book.world, track.point, amount, opening=opening)
    left = int(amount[at]) * 2 // 5 // step * step
    values = fresh.values.copy()
    after = np.cumsum(amount[at + 1 :] // step)
    values[at + 1 :] = left // step + np.concatenate([np.zeros(1, dtype=np.int64), after])
    values %= registers.digits_range(track.point)
    book.enter("reset", track, (at, at + 1), stake=int(amount[at]) - left, finding="reset")
    book.lose(track, amount, (at, at + 1), left)
    return Track(track.point, fresh.times, values)


def _device_change(*, known: bool) -> Spoil:
    def spoil(book: Book, track: Track, amount: Ints, fraction: float) -> Track:
        window, step = book.world.window, track.point.meter.step
        at = window.step(window.near(fraction), 40)
        values = track.values.copy()
        values[at + 1 :] = np.cumsum(amount[at:] // step) % registers.digits_range(track.point)
        scale = 10.0**track.point.meter.decimals
        closing, opening = (f"{track.values[at] / scale}", "0.0") if known else ("", "")
        moment = stamp(book.world, at)[:16]
        book.devices[track.point.id] = [
            {"to": moment, "last_value": closing},
            {"from": moment, "first_value": opening, "serial": f"{track.point.id}-B"},
        ]
        quiet = 12 if not known else 1
        lost = 0 if known else int(amount[at : at + quiet].sum())
        finding = None if known else "device_change"
        book.enter("device_change", track, (at, at + quiet), stake=lost, finding=finding, registers_known=known)
        if not known:
            book.lose(track, amount, (at, at + quiet))
        return _without(Track(track.point, track.times, values), at + 1, at + quiet)

    return spoil


def _stuck(book: Book, track: Track, amount: Ints, fraction: float) -> Track:
    first = book.world.window.step(book.world.window.near(fraction), 44)
    last = first + 2 * QUARTERS
    values = track.values.copy()
    values[first:last] = values[first]
    book.enter("stuck", track, (first, last), stake=_off(amount, first, last, int(amount[first])), finding="stuck")
    book.lose(track, amount, (first, last), int(amount[first]))
    return Track(track.point, track.times, values)


def _off(amount: Ints, first: int, last: int, shown: int) -> int:
    return abs(int(amount[first:last].sum()) - shown * (last - first))


def _spike(book: Book, track: Track, amount: Ints, fraction: float) -> Track:
    at = book.world.window.step(book.world.window.near(fraction), 55)
    values = track.values.copy()
    values[at] *= 60
    book.enter("spike", track, (at, at + 1), stake=59 * int(amount[at]), finding="spike", also=["out_of_range"])
    book.lose(track, amount, (at, at + 1), 60 * int(amount[at]))
    return Track(track.point, track.times, values)


def _sign_swap(book: Book, track: Track, amount: Ints, fraction: float) -> Track:
    first = book.world.window.step(book.world.window.near(fraction), 36)
    last = first + 2 * QUARTERS
    values = track.values.copy()
    values[first:last] *= -1
    book.enter("sign_swap", track, (first, last), stake=int(amount[first:last].sum()), finding="negative")
    book.lose(track, amount, (first, last))
    return Track(track.point, track.times, values)


def slow_months(world: World) -> tuple[date, date]:
    """Return the span over which the main gas meter of the glass works runs slow."""
    months = world.window.months()
    first = min(int(SLOW_FROM * len(months)), len(months) - 1)
    return months[first][0], months[min(first + SLOW_MONTHS, len(months)) - 1][1]


def _slow(book: Book, track: Track, amount: Ints, fraction: float) -> Track:
    window = book.world.window
    first, last = (window.step(day) for day in slow_months(book.world))
    shown = amount.copy()
    shown[first:last] = (np.diff(np.floor(np.cumsum(amount[first:last]) * SLOW), prepend=0.0)).astype(np.int64)
    lost = int((amount - shown).sum())
    book.enter("slow_meter", track, (first, last), stake=lost, finding="deviation", repaired_by="adoption.csv")
    return registers.track(book.world, track.point, shown)


def _midnight(book: Book, track: Track, amount: Ints, fraction: float) -> Track:
    at_midnight = np.arange(track.times.size) % QUARTERS == QUARTERS - 1
    times = np.where(at_midnight, track.times - np.timedelta64(1, "D"), track.times)
    lost = int(amount[at_midnight].sum())
    span = (0, book.world.window.steps)
    book.enter(
        "midnight_same_date",
        track,
        span,
        stake=lost,
        finding="midnight_same_date",
        rows=int(at_midnight.sum()),
        also=["missing"],
    )
    known = book.seen.setdefault(track.point.id, amount.copy())
    known[at_midnight] = 0
    return Track(track.point, times, track.values)


def _summer_clock(book: Book, track: Track, amount: Ints, fraction: float) -> Track:
    wall = registers.european_summer_wall(book.world.window)
    shifted = wall - (track.times - np.timedelta64(7, "h"))
    if shifted.any():
        book.enter("clock_follows_dst", track, (0, book.world.window.steps), stake=0, finding="clock_follows_dst",
                   also=["corrected", "gap_total", "late"])  # fmt: skip
    return Track(track.point, wall, track.values)


#: Which point gets which defect, and where in the window [fraction].
PLAN: Mapping[str, tuple[tuple[Spoil, float], ...]] = {
    "EL_E02.m": ((_gap(31), 0.72),),
    "ST_E03.m": ((_gap(9), 0.14),),
    "GAS_E05.m": ((_gap_over_month_end, 0.8),),
    "EL_E10_W2.m": ((_missing(120), 0.88),),
    "EL_GRID_CS2.m": ((_missing(6), 0.93),),
    "EL_E05_W1.m": ((_reset, 0.7),),
    "EL_E07.m": ((_device_change(known=True), 0.47),),
    "EL_E03_W3.m": ((_device_change(known=False), 0.83),),
    "EL_E06_W1.m": ((_stuck, 0.76),),
    "EL_E10_W1.m": ((_spike, 0.79),),
    "EL_E04_W2.m": ((_sign_swap, 0.9),),
    "EL_E04.s1": ((_silent, 0.7),),
    "GAS_E07.m": ((_slow, SLOW_FROM),),
    "EL_E09_W3.m": ((_midnight, 0.0),),
    "EL_PV1_U01.m": ((_summer_clock, 0.0),),
}


def spoiled(book: Book, point: tables.Point) -> tuple[Track, Ints]:
    """Return what a point's logger wrote, defects included, and its true amounts [base units]."""
    amount = registers.amounts(book.world, point)
    result = registers.track(book.world, point, amount)
    for spoil, fraction in PLAN.get(point.id, ()):
        result = spoil(book, result, amount, fraction)
    return result, amount
