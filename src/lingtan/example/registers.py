"""From true amounts to what a register shows: counters with roll-over, interval and rate registers, as integers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lingtan.example import media, tables
from lingtan.example.grid import Ints, Times, Window, draw, quantise
from lingtan.example.world import World

#: Share of a stream that a feeder or a sub-meter sees, by kind and index.
FEEDER_SHARE = 0.55
SUB_SHARES = (0.0, 0.31, 0.22, 0.17, 0.12)


@dataclass(frozen=True, slots=True)
class Track:
    """What one point's logger wrote: local times to the minute and register values in last digits."""

    point: tables.Point
    times: Times
    values: Ints

    def kept(self, keep: np.typing.NDArray[np.bool_]) -> Track:
        """Return the track with only the rows of ``keep``."""
        return Track(self.point, self.times[keep], self.values[keep])

    def floats(self) -> np.typing.NDArray[np.float64]:
        """Return the register as it is written: whole digits over a power of ten."""
        result: np.typing.NDArray[np.float64] = self.values / 10.0**self.point.meter.decimals
        return result


def amounts(world: World, point: tables.Point) -> Ints:
    """Return what truly passed a point in each quarter-hour [base units of the commodity]."""
    whole = world.flows[point.stream]
    step = point.meter.step
    if point.role == "main":
        first = quantise(whole * FEEDER_SHARE, step)
        return whole if point.id.endswith(".m") else (first if point.index == 0 else whole - first)
    if point.role == "check":
        # A good check meter differs from the main by its own error, a fifth of its class.
        error = float(point.meter.accuracy_pct) / 500.0 * draw(world.seed, point.id).uniform(-1.0, 1.0)
        return quantise(whole * (1.0 + error), step)
    return quantise(whole * SUB_SHARES[point.index], step)


def digits_range(point: tables.Point) -> int:
    """Return the number of last digits after which a counter starts again."""
    return int(10 ** ((point.meter.digits or 0) + point.meter.decimals))


def track(world: World, point: tables.Point, amount: Ints, *, opening: int | None = None) -> Track:
    """Return the faultless readings of a point; ``opening`` is a counter's register at the start [last digits]."""
    meter, edges = point.meter, world.window.edges()
    if meter.register == "counter":
        total = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(amount // meter.step)])
        begin = opening_register(world, point) if opening is None else opening
        return Track(point, edges, (begin + total) % digits_range(point))
    if meter.register == "rate_point":
        return Track(point, edges, media.office_rate(world.window, world.flows["WA_E09"], seed=world.seed))
    values = amount * 4 if meter.register == "rate" else amount
    return Track(point, edges[1:] if meter.stamp == "end" else edges[:-1], values)


def opening_register(world: World, point: tables.Point) -> int:
    """Return a counter's register at the start of the window [last digits]."""
    return int(draw(world.seed, f"opening {point.id}").uniform(0.2, 0.9) * digits_range(point))


def opening_for(point: tables.Point, amount: Ints, step: int, level: float) -> int:
    """Return the opening register that puts a counter at ``level`` of its range at the start of a quarter-hour."""
    done = int((amount[:step] // point.meter.step).sum())
    return int(level * digits_range(point)) - done % digits_range(point) + digits_range(point)


def european_summer_wall(window: Window) -> Times:
    """Return the window's limits as a logger shows them that runs on +01:00 and follows EU summer time."""
    utc = window.edges() - np.timedelta64(8, "h")
    wall = utc + np.timedelta64(1, "h")
    summer = np.zeros(utc.size, dtype=bool)
    for year in range(window.start.year - 1, window.end.year + 1):
        begin, end = (_last_sunday(year, month) + np.timedelta64(60, "m") for month in (3, 10))
        summer |= (utc >= begin) & (utc < end)
    result: Times = np.where(summer, wall + np.timedelta64(1, "h"), wall)
    return result


def _last_sunday(year: int, month: int) -> np.datetime64:
    last = np.datetime64(f"{year}-{month:02d}-31", "D")
    result: np.datetime64 = (last - (last.astype(np.int64) + 4) % 7).astype("datetime64[m]")
    return result
