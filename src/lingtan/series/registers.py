"""Registers: counters (roll-over, reset, gaps with a known total), intervals, mean rates and rate points.

Readings come as `arrival.assign` gives them: ``code, device, us, v, marks, order``. Constants of the devices are joined
on ``device``: ``weight`` (quanta per step), ``gap_us`` (1.5 periods), ``period_us``, ``full`` (10^digits in steps),
``rated`` (quanta/us at rated power), ``bidirectional``, ``tick_us`` (whole durations of rates are counted in it),
``stamp_end``, ``whole_days``.
Statements: ``code, device, start_us, end_us, amount, gap, flags, order``; a negative amount that is not allowed stays
in ``amount`` with the flag ``negative`` for `aside` to take out. Rules: the park folder's page, "Meters and readings".
"""

from __future__ import annotations

from collections.abc import Callable

import narwhals as nw

from lingtan.ledger.quality import BIT
from lingtan.series.frames import Lazy, dicts
from lingtan.series.plan import DAY

ROLLED, RESET, GAP, BEYOND, SPIKE = (
    BIT[name] for name in ("rolled_over", "reset", "gap_total", "out_of_range", "spike")
)
NEGATIVE = BIT["negative"]
MARKS = tuple(BIT[name] for name in ("late", "corrected", "device_change", "clock_suspect"))
# The 95th percentile of 0.6 years of steps is no more than the 99.9th of thirty years of them.
LOW, LOW_US = 0.95, 219 * DAY
LEAST_STEPS, TAIL, OWN_FACTOR, RATED_FACTOR = 100, 0.999, 10.0, 2.0
# What lies this near to a limit stands at it: the limits are floating-point products, and "under" is strict.
NEAR = 1 - 1e-9
_BY_TIME = {"order_by": "us"}
Shift = Callable[[nw.Expr], nw.Expr]


def steps(rows: Lazy, *, marked: bool = True) -> Lazy:
    """Pair each reading with the one before of the same device: ``start_us``, ``end_us``, ``old``, ``v``.

    ``marks`` becomes the union of both readings' marks; ``marked`` False says that there are none.
    """
    paired = {
        "start_us": nw.col("us").shift(1).over("device", **_BY_TIME),
        "old": nw.col("v").shift(1).over("device", **_BY_TIME),
    }
    if marked:
        before = nw.col("marks").shift(1).over("device", **_BY_TIME)
        dipped = nw.col("marks") // SPIKE % 2 * SPIKE
        paired["marks"] = (union(nw.col("marks"), before, MARKS) + dipped).cast(nw.Int32)
    return (
        rows.with_columns(**paired)
        .filter(~nw.col("start_us").is_null())
        .select("code", "device", "start_us", "old", "v", "marks", "order", end_us="us")
    )


def union(one: nw.Expr, other: nw.Expr, bits: tuple[int, ...]) -> nw.Expr:
    """Bits set in either of two whole numbers, by arithmetic that every engine shares."""
    total = nw.lit(0)
    for bit in bits:
        total = total + nw.max_horizontal(one // bit % 2, other // bit % 2) * bit
    return total.cast(nw.Int32)


def own_power(paired: Lazy, constants: Lazy) -> Lazy:
    """99.9th percentile of each point's own steps as a power [quanta/us], from at least 100 plain steps: ``own``.

    ``low`` is a power that it does not fall below whatever other years hold; null where too few steps are there.
    """
    rise, length = nw.col("v") - nw.col("old"), nw.col("end_us") - nw.col("start_us")
    return (
        paired.join(constants.select("device", "weight", "gap_us"), on="device")
        .filter(rise >= 0, length <= nw.col("gap_us"))
        .select("code", power=rise * nw.col("weight") / length, length=length)
        .group_by("code")
        .agg(
            own=nw.col("power").quantile(TAIL, interpolation="linear"),
            low=nw.col("power").quantile(LOW, interpolation="linear"),
            time_us=nw.col("length").sum(),
            n=nw.len(),
        )
        .filter(nw.col("n") >= LEAST_STEPS)
        .select("code", "own", low=nw.when(nw.col("time_us") >= LOW_US).then(nw.col("low")))
    )


def unsure(paired: Lazy, constants: Lazy, own: Lazy | None) -> list[int]:
    """Codes of points without rating of which some fall might be judged otherwise with other years at hand."""
    known = paired.filter(nw.col("v") < nw.col("old")).join(
        constants.filter(nw.col("rated").is_null()).select("device", "weight", "full", "bidirectional"), on="device"
    )
    known = known.with_columns(low=nw.lit(None, nw.Float64)) if own is None else known.join(own, on="code", how="left")
    back, over_top = nw.col("old") - nw.col("v"), nw.col("v") - nw.col("old") + nw.col("full")
    way = nw.when(nw.col("bidirectional")).then(back).otherwise(over_top)
    sure = way * nw.col("weight") < nw.col("low") * OWN_FACTOR * (nw.col("end_us") - nw.col("start_us")) * NEAR
    asked = known.filter(nw.col("bidirectional") | ~nw.col("full").is_null(), ~sure.fill_null(False))
    return [row["code"] for row in dicts(asked.select("code").unique())]


def with_limit(rows: Lazy, own: Lazy | None) -> Lazy:
    """Add ``limit`` [quanta/us]: twice the rated power, else ten times the point's own tail, else null."""
    rated = nw.col("rated") * RATED_FACTOR
    if own is None:
        return rows.with_columns(limit=rated)
    joined = rows.join(own, on="code", how="left")
    choice = nw.when(~nw.col("rated").is_null()).then(rated).otherwise(nw.col("own") * OWN_FACTOR)
    return joined.with_columns(limit=choice).drop("own", "low")


def amounts(paired: Lazy, constants: Lazy, own: Lazy | None) -> Lazy:
    """Judge each step (from `steps`) and give interval statements; ``own`` as from `own_power`.

    A fall is a roll-over where the way over the top stays under the limit, else a reset that counts from 0; on a
    bidirectional counter a fall within the limit is a negative amount. Longer than 1.5 periods = gap with known total.
    """
    known = with_limit(
        paired.join(constants.select("device", "weight", "gap_us", "full", "rated", "bidirectional"), on="device"), own
    )
    rise, length = nw.col("v") - nw.col("old"), nw.col("end_us") - nw.col("start_us")
    fall, reach, over_top = rise < 0, nw.col("limit") * length, rise + nw.col("full")
    rolled = (fall & (over_top >= 0) & (over_top * nw.col("weight") < reach * NEAR)).fill_null(False)
    backwards = fall & nw.col("bidirectional") & ((rise * nw.col("weight")).abs() < reach).fill_null(True)
    judged = known.with_columns(
        backwards=backwards,
        rolled=rolled & ~backwards,
        reset=fall & ~rolled & ~backwards,
        gap=length > nw.col("gap_us"),
    )
    counted = (
        nw.when(nw.col("rolled")).then(over_top).otherwise(nw.when(nw.col("reset")).then(nw.col("v")).otherwise(rise))
    )
    flags = (
        nw.col("marks")
        + nw.col("rolled").cast(nw.Int32) * ROLLED
        + nw.col("reset").cast(nw.Int32) * RESET
        + nw.col("gap").cast(nw.Int32) * GAP
        + beyond(nw.col("amount"), length) * BEYOND
    )
    return judged.with_columns(amount=counted * nw.col("weight")).select(
        "code", "device", "start_us", "amount", "gap", "end_us", "order", flags=flags.cast(nw.Int32)
    )


def rises(paired: Lazy, constants: Lazy) -> Lazy:
    """As `amounts`, for counters that never fall."""
    length = nw.col("end_us") - nw.col("start_us")
    known = paired.join(constants.select("device", "weight", "gap_us", "rated"), on="device").with_columns(
        amount=(nw.col("v") - nw.col("old")) * nw.col("weight"), gap=length > nw.col("gap_us")
    )
    flags = nw.col("marks") + nw.col("gap").cast(nw.Int32) * GAP + beyond(nw.col("amount"), length) * BEYOND
    return known.select("code", "device", "start_us", "amount", "gap", "end_us", "order", flags=flags.cast(nw.Int32))


def beyond(amount: nw.Expr, length_us: nw.Expr) -> nw.Expr:
    """1 where an amount exceeds twice the rated power x time, else 0; 0 where no rating is known."""
    return (amount.abs() > nw.col("rated") * RATED_FACTOR * length_us).fill_null(False).cast(nw.Int32)


# --- Intervals, rates, rate points ------------------------------------------------------------------------------------


def interval(rows: Lazy, constants: Lazy, *, shift: Shift | None = None) -> Lazy:
    """Amount of its period, counted whole; the time it covers never reaches past its period nor into the next one.

    ``shift`` gives, for an instant [us], the clock's offset from UTC [us] where days are not of equal length.
    """
    placed = _placed(rows.join(constants, on="device"), shift=shift)
    return _stated(placed.with_columns(amount=nw.col("v") * nw.col("weight")))


def rate(rows: Lazy, constants: Lazy, *, shift: Shift | None = None) -> Lazy:
    """Mean rate over its period: amount = rate x the time covered, in ticks."""
    placed = _placed(rows.join(constants, on="device"), shift=shift)
    ticks = (nw.col("end_us") - nw.col("start_us")) // nw.col("tick_us")
    return _stated(placed.with_columns(amount=nw.col("v") * ticks * nw.col("weight")))


def rate_point(rows: Lazy, constants: Lazy, *, marked: bool = True) -> Lazy:
    """Trapezoid between neighbouring readings (the quantum is half a rate x tick); stops at more than 1.5 periods."""
    length = nw.col("end_us") - nw.col("start_us")
    paired = steps(rows, marked=marked).join(constants, on="device").filter(length <= nw.col("gap_us"))
    amount = (nw.col("v") + nw.col("old")) * (length // nw.col("tick_us")) * nw.col("weight")
    return _stated(paired.with_columns(amount=amount))


def _placed(rows: Lazy, *, shift: Shift | None) -> Lazy:
    """Start and end of each reading's period; whole days are those of the local clock unless the readings say else."""
    us, period = nw.col("us"), nw.col("period_us")
    start = nw.when(nw.col("stamp_end")).then(us - period).otherwise(us)
    end = nw.when(nw.col("stamp_end")).then(us).otherwise(us + period)
    if shift is not None:
        # A neighbour at just the nominal distance tells of a logger whose days are all of 24 hours.
        before, after = (us.shift(by).over("device", **_BY_TIME) for by in (1, -1))
        whole, at_end = nw.col("whole_days"), nw.col("stamp_end")
        moves = whole & at_end & (before != us - period).fill_null(True)
        start = nw.when(moves).then(start + shift(us) - shift(us - period)).otherwise(start)
        moves = whole & ~at_end & (after != us + period).fill_null(True)
        end = nw.when(moves).then(end + shift(us) - shift(us + period)).otherwise(end)
    placed = rows.with_columns(start_us=start, end_us=end)
    following = nw.col("start_us").shift(-1).over("device", **_BY_TIME)
    return placed.with_columns(end_us=nw.min_horizontal(nw.col("end_us"), following))


def _stated(placed: Lazy) -> Lazy:
    """Bring to the columns of a statement, with the flags ``out_of_range`` and ``negative``."""
    wrong = (nw.col("amount") < 0) & ~nw.col("bidirectional")
    flags = (
        nw.col("marks")
        + wrong.cast(nw.Int32) * NEGATIVE
        + beyond(nw.col("amount"), nw.col("end_us") - nw.col("start_us")) * BEYOND
    )
    return placed.select(
        "code", "device", "start_us", "amount", "end_us", "order", gap=nw.lit(False), flags=flags.cast(nw.Int32)
    ).select("code", "device", "start_us", "amount", "gap", "end_us", "flags", "order")


def negatives(stated: Lazy) -> Lazy:
    """Statements with an amount that the register does not allow."""
    return stated.filter(nw.col("flags") // NEGATIVE % 2 == 1)


def aside(stated: Lazy) -> Lazy:
    """Take disallowed amounts out: the row stays with its flag, without an amount."""
    wrong = nw.col("flags") // NEGATIVE % 2 == 1
    return stated.with_columns(amount=nw.when(~wrong).then(nw.col("amount")))
