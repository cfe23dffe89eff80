"""Doubts that a point's own history raises: spikes, stuck values, levels that jump by a unit factor.

All thresholds stand in `Thresholds`; they are the product's own choices, tunable, and told in docs/develop/series.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log, log10

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
    constant_share : such runs may make up at most this share of the point's time, else constancy is its nature.
    flat_hours, flat_moves : shortest run of nought, and share of the other days that must move at the same hours.
    jump_days : days of the same weekday compared on either side of a jump of level.
    jump_near, jump_decade : tolerance of ln(ratio) against 3.6 and 2.2046, and against powers of ten.
    jump_spread : largest scatter of the single days, as a share of ln(factor).
    """

    spike_factor: float = 20.0
    spike_steps: int = 100
    constant_periods: int = 16
    constant_hours: float = 4.0
    constant_share: float = 0.1
    flat_hours: float = 8.0
    flat_moves: float = 0.9
    jump_days: int = 7
    jump_near: float = 0.05
    jump_decade: float = 0.2
    jump_spread: float = 0.35


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


def constant(runs: Lazy, periods: Lazy, totals: Lazy, limits: Thresholds = LIMITS) -> Lazy:
    """Keep runs of one nonzero amount that are long and rare for the point.

    ``periods``: ``device, period_us``; ``totals``: ``code, time_us`` with an amount, all told.
    """
    length = nw.col("end_us") - nw.col("start_us")
    long = (
        runs.filter(nw.col("amount") != 0)
        .join(periods, on="device")
        .filter(length >= nw.col("period_us") * limits.constant_periods, length >= int(limits.constant_hours * HOUR))
        .drop("period_us")
    )
    share = long.group_by("code").agg(run_us=length.sum().cast(nw.Float64)).join(totals, on="code")
    rare = share.filter(nw.col("run_us") <= nw.col("time_us") * limits.constant_share).select("code")
    return long.join(rare, on="code")


def flat(runs: Lazy, hours: Lazy, clock: nw.Expr, limits: Thresholds = LIMITS) -> Lazy:
    """Keep runs of nought during hours of the day that otherwise move.

    ``hours``: ``code, hour, moves`` = share of the statements at that local hour that are not nought;
    ``clock``: offset of local time [us] at ``start_us``. A run counts by its hours that move: nights do not.
    """
    long = runs.filter(nw.col("amount") == 0).with_columns(length=nw.col("end_us") - nw.col("start_us"))
    long = long.filter(nw.col("length") >= int(limits.flat_hours * HOUR))
    begin = (nw.col("start_us") + clock) % DAY
    moving = hours.filter(nw.col("moves") >= limits.flat_moves).select("code", hour_us=nw.col("hour") * HOUR)
    span = long.with_columns(begin=begin).join(moving, on="code")
    # Within whole days every moving hour counts once a day; the rest of the run is cut against the hour, today or next.
    rest = nw.col("length") % DAY
    near, far = _shared(nw.col("hour_us"), rest), _shared(nw.col("hour_us") + DAY, rest)
    counted = span.with_columns(moving_us=nw.col("length") // DAY * HOUR + near + far)
    return (
        counted.group_by("code", "device", "start_us", "end_us", "amount")
        .agg(moving_us=nw.col("moving_us").sum().cast(nw.Float64))
        .filter(nw.col("moving_us") >= limits.flat_hours * HOUR)
        .select("code", "device", "start_us", "end_us", "amount")
    )


def moving_hours(statements: Lazy, clock: nw.Expr) -> Lazy:
    """Share of a point's statements at each local hour of the day that are not nought."""
    hour = (nw.col("start_us") + clock) % DAY // HOUR
    return (
        statements.filter(~nw.col("amount").is_null(), ~nw.col("gap"))
        .with_columns(hour=hour, moved=(nw.col("amount") != 0).cast(nw.Float64))
        .group_by("code", "hour")
        .agg(moves=nw.col("moved").mean())
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


def unit_factor(mean: float, low: float, high: float, limits: Thresholds = LIMITS) -> str:
    """Name of the unit factor that a jump of level looks like; blank for none."""
    for name, factor in UNIT_FACTORS:
        decade = log10(factor).is_integer()
        near = limits.jump_decade if decade else limits.jump_near
        spread = abs(log(factor)) * limits.jump_spread
        if abs(mean - log(factor)) <= near and high - log(factor) <= spread and log(factor) - low <= spread:
            return name
    return ""


def _shared(hour: nw.Expr, rest: nw.Expr) -> nw.Expr:
    """Time that [hour, hour + 1 h) shares with [begin, begin + rest) [us]."""
    first = nw.max_horizontal(hour, nw.col("begin"))
    last = nw.min_horizontal(hour + HOUR, nw.col("begin") + rest)
    return nw.max_horizontal(last - first, nw.lit(0))
