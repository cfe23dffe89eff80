"""Doubts that a point's own history raises: spikes, stuck values, levels that jump by a unit factor.

All thresholds stand in `Thresholds`; they are the product's own choices, tunable, and told in docs/develop/series.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import log
from typing import Any

import narwhals as nw

from lingtan.ledger.quality import BIT
from lingtan.series.frames import Lazy, dicts
from lingtan.series.plan import DAY, HOUR

SPIKE, STUCK = BIT["spike"], BIT["stuck"]
_BY_START = {"order_by": "start_us"}
_UNUSUAL = tuple(BIT[name] for name in ("rolled_over", "reset"))


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Limits of the doubts.

    spike_factor : times the 99.9th percentile of the point's own steps, from ``spike_steps`` steps.
    constant_periods, constant_hours : shortest run of one same nonzero amount that is stuck; both must be met.
    constant_steps : least size of that amount [register steps]; smaller ones agree by rounding.
    constant_share : such runs may make up at most this share of the point's time, else constancy is its nature.
    flat_hours : shortest run of nought, in hours of the day that otherwise move; ``flat_longest``: a longer run is a
    standstill, which readings alone do not tell from a dead meter.
    flat_moves : share of the other days that must move at the same hours.
    jump_days : days of the same weekday compared on either side of a jump of level.
    jump_near : tolerance of ln(ratio) against a unit factor.
    jump_spread, jump_spread_far : largest scatter of the single days in ln, up to and above a factor of ten.
    """

    spike_factor: float = 20.0
    spike_steps: int = 100
    constant_periods: int = 16
    constant_hours: float = 4.0
    constant_steps: int = 50
    constant_share: float = 0.1
    flat_hours: float = 8.0
    flat_longest: float = 120.0
    flat_moves: float = 0.985
    jump_days: int = 7
    jump_near: float = 0.05
    jump_spread: float = 0.35
    jump_spread_far: float = 1.0


LIMITS = Thresholds()
UNIT_FACTORS: tuple[tuple[str, float], ...] = (
    *((f"10^{power}", 10.0**power) for power in range(-6, 7) if power),
    ("3.6", 3.6),
    ("1/3.6", 1 / 3.6),
    ("2.2046", 2.2046),
    ("1/2.2046", 1 / 2.2046),
)


def plain(statements: Lazy) -> Lazy:
    """Statements of one period each: with an amount, no gap, no roll-over, no reset."""
    usual = ~nw.col("gap") & ~nw.col("amount").is_null()
    for bit in _UNUSUAL:
        usual = usual & (nw.col("flags") // bit % 2 == 0)
    return statements.filter(usual)


def spike_suspects(cells: Lazy, limits: Thresholds = LIMITS) -> list[int]:
    """Codes whose largest step may stand above the threshold: in few of the ``cells`` any step comes near.

    ``cells``: ``code, low, high, n`` of the amounts by two hours. Where a step of a twentieth of the largest comes in
    more than one of 1,000 steps, the 99.9th percentile lies above that, and none can be a spike.
    """
    size = nw.max_horizontal(nw.col("high").abs(), nw.col("low").abs()).cast(nw.Float64)
    sized = cells.select("code", "n", size=size)
    tops = sized.group_by("code").agg(top=nw.col("size").max())
    near = (
        sized.join(tops, on="code")
        .with_columns(near=(nw.col("size") * limits.spike_factor >= nw.col("top")).cast(nw.Int64))
        .group_by("code")
        .agg(n=nw.col("n").sum().cast(nw.Int64), near=nw.col("near").sum().cast(nw.Int64))
    )
    return [row["code"] for row in dicts(near) if limits.spike_steps <= row["n"] and row["near"] <= row["n"] / 1000 + 2]


def same_suspects(cells: Lazy) -> list[int]:
    """Codes with two hours of one same amount; a run of four hours holds such a cell."""
    same = cells.filter(nw.col("low") == nw.col("high"))
    return sorted(row["code"] for row in dicts(same.select("code").unique()))


def spikes(statements: Lazy, limits: Thresholds = LIMITS) -> Lazy:
    """Flag steps above ``spike_factor`` times the 99.9th percentile of the point's own plain steps."""
    tails = (
        plain(statements)
        .select("code", size=nw.col("amount").abs().cast(nw.Float64))
        .group_by("code")
        .agg(tail=nw.col("size").quantile(0.999, interpolation="linear"))
    )
    high = nw.col("amount").abs() > nw.col("tail") * limits.spike_factor
    usual = ~nw.col("gap")
    for bit in (*_UNUSUAL, SPIKE):
        usual = usual & (nw.col("flags") // bit % 2 == 0)
    hit = (high & usual & (nw.col("tail") > 0)).fill_null(False).cast(nw.Int32)
    return (
        statements.join(tails, on="code", how="left")
        .with_columns(flags=(nw.col("flags") + hit * SPIKE).cast(nw.Int32))
        .drop("tail")
    )


def same_runs(statements: Lazy, limits: Thresholds = LIMITS) -> Lazy:
    """Find runs of one same amount without a hole: ``code, device, start_us, end_us, amount``, long ones only."""
    known = statements.filter(~nw.col("amount").is_null(), ~nw.col("gap"))
    before_amount = nw.col("amount").shift(1).over("code", **_BY_START)
    before_end = nw.col("end_us").shift(1).over("code", **_BY_START)
    opened = known.with_columns(same=before_amount == nw.col("amount"), before_end=before_end).filter(
        ~(nw.col("same") & (nw.col("before_end") == nw.col("start_us"))).fill_null(False)
    )
    last = known.group_by("code").agg(last_us=nw.col("end_us").max())
    closed = opened.with_columns(close_us=nw.col("before_end").shift(-1).over("code", **_BY_START)).select(
        "code", "device", "start_us", "amount", "close_us"
    )
    shortest = int(min(limits.constant_hours, limits.flat_hours) * HOUR)
    return (
        closed.join(last, on="code")
        .with_columns(
            end_us=nw.when(nw.col("close_us").is_null()).then(nw.col("last_us")).otherwise(nw.col("close_us"))
        )
        .filter(nw.col("end_us") - nw.col("start_us") >= shortest)
        .select("code", "device", "start_us", "end_us", "amount")
    )


def constant(runs: Lazy, devices: Lazy, totals: Lazy, limits: Thresholds = LIMITS) -> Lazy:
    """Keep runs of one nonzero amount that are long and rare for the point, and no work of rounding.

    ``devices``: ``device, period_us, step`` [quanta per register step]; ``totals``: ``code, time_us`` with an amount.
    """
    length = nw.col("end_us") - nw.col("start_us")
    long = (
        runs.join(devices, on="device")
        .filter(nw.col("amount").abs() >= nw.col("step") * limits.constant_steps)
        .filter(length >= nw.col("period_us") * limits.constant_periods, length >= int(limits.constant_hours * HOUR))
        .drop("period_us", "step")
    )
    share = long.group_by("code").agg(run_us=length.sum().cast(nw.Float64)).join(totals, on="code")
    rare = share.filter(nw.col("run_us") <= nw.col("time_us") * limits.constant_share).select("code")
    return long.join(rare, on="code")


def flat(runs: Lazy, hours: Lazy, clock: nw.Expr, limits: Thresholds = LIMITS) -> Lazy:
    """Keep runs of nought during hours of the day that otherwise move.

    ``hours``: ``code, hour, moved_us, time_us`` = time that moves and time known at that local hour of all days;
    ``clock``: offset of local time [us] at ``start_us``. A run counts by its hours that move on the other days.
    """
    length = nw.col("end_us") - nw.col("start_us")
    long = runs.filter(
        nw.col("amount") == 0, length >= int(limits.flat_hours * HOUR), length <= int(limits.flat_longest * HOUR)
    )
    begin = (nw.col("start_us") + clock) % DAY
    hourly = hours.with_columns(hour_us=nw.col("hour") * HOUR).drop("hour")
    span = long.with_columns(begin=begin, length=length).join(hourly, on="code")
    # Within whole days every hour counts once a day; the rest of the run is cut against the hour, today or next.
    rest = nw.col("length") % DAY
    near, far = _shared(nw.col("hour_us"), rest), _shared(nw.col("hour_us") + DAY, rest)
    own = span.with_columns(own_us=nw.col("length") // DAY * HOUR + near + far)
    moving = own.filter(nw.col("moved_us") > 0).filter(
        nw.col("moved_us") >= (nw.col("time_us") - nw.col("own_us")) * limits.flat_moves
    )
    return (
        moving.group_by("code", "device", "start_us", "end_us", "amount")
        .agg(moving_us=nw.col("own_us").sum().cast(nw.Int64))
        .filter(nw.col("moving_us") >= int(limits.flat_hours * HOUR))
        .select("code", "device", "start_us", "end_us", "amount")
    )


def moving_hours(statements: Lazy, clock: nw.Expr) -> Lazy:
    """Sum, by point and local hour of the day, the time known and the time with an amount other than nought."""
    hour = (nw.col("start_us") + clock) % DAY // HOUR
    length = nw.col("end_us") - nw.col("start_us")
    return (
        statements.filter(~nw.col("amount").is_null(), ~nw.col("gap"))
        .with_columns(hour=hour, length=length, moved=length * (nw.col("amount") != 0).cast(nw.Int64))
        .group_by("code", "hour")
        .agg(moved_us=nw.col("moved").sum().cast(nw.Int64), time_us=nw.col("length").sum().cast(nw.Int64))
    )


def jumps(days: Lazy, limits: Thresholds = LIMITS) -> Lazy:
    """Find days from which the level stands otherwise than on the same weekdays of the two spans before.

    ``days``: ``code, id, amount`` (> 0 only counts). Returns ``code, id, mean, low, high`` of ln(ratio): over the
    ``jump_days`` days from ``id`` on against either span before, and over the next span against the second before. So a
    holiday is no jump: the level before it is the level after it.
    """
    span = limits.jump_days
    whole = days.filter(nw.col("amount") > 0).select("code", "id", level=nw.col("amount").cast(nw.Float64).log())
    near = whole.select("code", id=nw.col("id") + span, near=nw.col("level"))
    far = whole.select("code", id=nw.col("id") + 2 * span, far=nw.col("level"))
    change = (
        whole.join(near, on=["code", "id"])
        .join(far, on=["code", "id"])
        .select("code", "id", near=nw.col("level") - nw.col("near"), far=nw.col("level") - nw.col("far"))
    )

    def ahead(column: str, days: int) -> nw.Expr:
        return nw.col(column).shift(-days).over("code", order_by="id")

    window = [ahead("near", day) for day in range(span)] + [ahead("far", day) for day in range(2 * span)]
    total = window[0]
    for later in window[1:]:
        total = total + later
    before = nw.col("near").shift(1).over("code", order_by="id").fill_null(0.0)
    judged = change.with_columns(
        mean=total / len(window),
        low=nw.min_horizontal(*window),
        high=nw.max_horizontal(*window),
        before=before,
        whole=ahead("id", 2 * span - 1) - nw.col("id") == 2 * span - 1,
    )
    high = nw.col("mean").abs()
    return judged.filter(nw.col("whole"), high > 0.7, nw.col("before").abs() < high / 2).select(
        "code", "id", "mean", "low", "high"
    )


def shared_jump(jump: Mapping[str, Any], jumps: Iterable[Mapping[str, Any]]) -> bool:
    """Tell whether another point jumps the same way within a day: then the flow changed (heating ends), no meter."""
    return any(
        other["code"] != jump["code"] and abs(other["id"] - jump["id"]) <= 1 and other["mean"] * jump["mean"] > 0
        for other in jumps
    )


def unit_factor(mean: float, low: float, high: float, limits: Thresholds = LIMITS) -> str:
    """Name of the unit factor that a jump of level looks like; blank for none."""
    for name, factor in UNIT_FACTORS:
        level = log(factor)
        spread = limits.jump_spread if abs(level) < log(11) else limits.jump_spread_far
        if abs(mean - level) <= limits.jump_near and high - level <= spread and level - low <= spread:
            return name
    return ""


def _shared(hour: nw.Expr, rest: nw.Expr) -> nw.Expr:
    """Time that [hour, hour + 1 h) shares with [begin, begin + rest) [us]."""
    first = nw.max_horizontal(hour, nw.col("begin"))
    last = nw.min_horizontal(hour + HOUR, nw.col("begin") + rest)
    return nw.max_horizontal(last - first, nw.lit(0))
