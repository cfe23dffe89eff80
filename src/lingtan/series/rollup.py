"""Roll-ups: intervals to local buckets, gaps where they fit, coverage against the devices' time."""

from __future__ import annotations

import narwhals as nw

from lingtan.ledger.quality import BIT, FLAGS
from lingtan.series.calendar import Calendar
from lingtan.series.frames import Lazy, spread, stack
from lingtan.series.plan import DAY

PARTS = 1000
KEY = 2**21
CELLS = 12
LONG_AGO = 27_000 * DAY


def sums(statements: Lazy, ids: nw.Expr, periods: Lazy) -> Lazy:
    """Sum the statements that have an amount of their own by device and the bucket in which they start.

    Returns ``code, device, id, amount`` [quanta], ``resolved_us``, ``parts`` (thousandths of periods), and ``low``,
    ``high``, ``n`` of the amounts. ``periods``: ``code, device, period_us``; ``ids``: whole numbers from 0 to 2^21.
    """
    own = statements.filter(~nw.col("gap"), ~nw.col("amount").is_null())
    # One whole number as key: engines group by it about twice as fast as by two.
    key = nw.col("device").cast(nw.Int64) * KEY + ids
    return (
        own.select("amount", key=key, length=nw.col("end_us") - nw.col("start_us"))
        .group_by("key")
        .agg(
            amount=nw.col("amount").sum().cast(nw.Int64),
            low=nw.col("amount").min(),
            high=nw.col("amount").max(),
            n=nw.len().cast(nw.Int64),
            resolved_us=nw.col("length").sum().cast(nw.Int64),
        )
        .with_columns(device=(nw.col("key") // KEY).cast(nw.Int32), id=nw.col("key") % KEY)
        .join(periods, on="device")
        .with_columns(parts=nw.col("resolved_us") * PARTS // nw.col("period_us"))
        .drop("key", "period_us")
    )


def cell_of(us: nw.Expr, clock: nw.Expr) -> nw.Expr:
    """Give the number of the two hours of the local clock that hold an instant; twelve a day, from before 1900."""
    return (us + clock + LONG_AGO) // (DAY // CELLS)


def days_of(cells: Lazy, calendar: Calendar) -> Lazy:
    """Sum cells (`sums` by `cell_of`) to the days of a calendar, by point."""
    return by_point(cells.with_columns(id=nw.col("id") // CELLS - calendar.first_day(LONG_AGO)))


def by_point(rows: Lazy) -> Lazy:
    """Sum rows of one point and bucket: ``code, id, amount, resolved_us, parts``."""
    return rows.group_by("code", "id").agg(
        amount=nw.col("amount").sum().cast(nw.Int64),
        resolved_us=nw.col("resolved_us").sum().cast(nw.Int64),
        parts=nw.col("parts").sum().cast(nw.Int64),
    )


def widen(days: Lazy, calendar: Calendar, step: str) -> Lazy:
    """Sum day rows to months or years; hours and days stay."""
    if step in {"hour", "day"}:
        return days
    return by_point(days.join(calendar.days(), on="id").drop("id").rename({step: "id"}))


def overlapping(spans: Lazy, calendar: Calendar, step: str) -> Lazy:
    """Repeat spans (``start_us``, ``end_us``) for every bucket ``id`` of ``step`` that they touch; ``fits`` tells one.

    A span that reaches out of the window fits nowhere.
    """
    inside = (nw.col("start_us") >= calendar.spans[step][0][0]) & (nw.col("end_us") <= calendar.spans[step][-1][1])
    low = nw.max_horizontal(nw.col("start_us"), nw.lit(calendar.spans[step][0][0]))
    high = nw.min_horizontal(nw.col("end_us"), nw.lit(calendar.spans[step][-1][1])) - 1
    cut = spans.filter(
        nw.col("end_us") > calendar.spans[step][0][0], nw.col("start_us") < calendar.spans[step][-1][1]
    ).with_columns(inside=inside, low_us=low, high_us=high)
    fine = "hour" if step == "hour" else "day"
    placed = cut.with_columns(
        low_id=calendar.id_of(nw.col("low_us"), fine), high_id=calendar.id_of(nw.col("high_us"), fine)
    )
    if step in {"month", "year"}:
        first = calendar.days().select(low_id=nw.col("id"), low_wide=nw.col(step))
        last = calendar.days().select(high_id=nw.col("id"), high_wide=nw.col(step))
        placed = placed.join(first, on="low_id").join(last, on="high_id").drop("low_id", "high_id")
        placed = placed.rename({"low_wide": "low_id", "high_wide": "high_id"})
    judged = placed.with_columns(fits=nw.col("inside") & (nw.col("low_id") == nw.col("high_id")))
    return spread(judged, "low_id", "high_id").drop("low_id", "high_id", "low_us", "high_us", "inside")


def gap_sums(gaps: Lazy, calendar: Calendar, step: str) -> Lazy:
    """Place gaps with a known total: ``code, id, placed, unplaced`` [quanta], ``gap_us`` of those that fit."""
    fits = nw.col("fits")
    length = nw.col("end_us") - nw.col("start_us")
    return (
        overlapping(gaps, calendar, step)
        .with_columns(
            placed=nw.when(fits).then(nw.col("amount")),
            unplaced=nw.when(~fits).then(nw.col("amount")),
            n_placed=fits.cast(nw.Int64),
            gap_us=nw.when(fits).then(length).otherwise(nw.lit(0)),
        )
        .group_by("code", "id")
        .agg(
            placed=nw.col("placed").sum().cast(nw.Int64),
            unplaced=nw.col("unplaced").sum().cast(nw.Int64),
            n_placed=nw.col("n_placed").sum().cast(nw.Int64),
            n=nw.len(),
            gap_us=nw.col("gap_us").sum().cast(nw.Int64),
        )
        .select(
            "code",
            "id",
            "gap_us",
            placed=nw.when(nw.col("n_placed") > 0).then(nw.col("placed")),
            unplaced=nw.when(nw.col("n") > nw.col("n_placed")).then(nw.col("unplaced")),
        )
    )


def flag_union(flagged: Lazy) -> Lazy:
    """Union of the bits ``flags`` by ``code, id``."""
    names = {name: nw.col("flags") // BIT[name] % 2 for name in FLAGS}
    total = nw.lit(0)
    for name in FLAGS:
        total = total + nw.col(name) * BIT[name]
    return (
        flagged.with_columns(**names)
        .group_by("code", "id")
        .agg(*(nw.col(name).max() for name in FLAGS))
        .select("code", "id", flags=total.cast(nw.UInt32))
    )


def bucket_flags(own: Lazy, spans: Lazy, calendar: Calendar, step: str) -> Lazy:
    """Unite the flags of each bucket: of the statements that start in it, and of gaps and doubts that touch it.

    ``own``: ``code, id, flags`` by hour for ``hour``, else by day; ``spans``: ``code, start_us, end_us, flags``.
    """
    if step in {"month", "year"}:
        own = own.join(calendar.days(), on="id").select("code", "flags", id=nw.col(step))
    touched = overlapping(spans, calendar, step).select("code", "id", "flags")
    return flag_union(stack([own.select("code", "id", "flags"), touched]))


def device_time(devices: Lazy, calendar: Calendar, step: str) -> Lazy:
    """Sum time and expected periods of each point's devices in every bucket and the window: ``time_us, expected``."""
    low = nw.max_horizontal(nw.col("from_us"), nw.col("start_us"), nw.lit(calendar.start_us))
    high = nw.min_horizontal(nw.col("to_us"), nw.col("end_us"), nw.lit(calendar.end_us))
    time = nw.max_horizontal(high - low, nw.lit(0))
    parts = (nw.col("time") * PARTS // nw.col("period_us")).fill_null(0)
    return (
        devices.select("code", "from_us", "to_us", "period_us")
        .join(calendar.buckets(step), how="cross")
        .with_columns(time=time)
        .with_columns(parts=parts)
        .group_by("code", "id", "start_us", "end_us")
        .agg(time_us=nw.col("time").sum().cast(nw.Int64), expected=nw.col("parts").sum().cast(nw.Int64))
    )


def assemble(grid: Lazy, own: Lazy, gaps: Lazy, flags: Lazy) -> Lazy:
    """Join the parts to the columns of `series.model.Series`, with ``code``, ``start_us``, ``end_us``.

    Buckets without device time and without anything known are left out.
    """
    both = ["code", "id"]
    known = nw.col("amount").fill_null(0) + nw.col("placed").fill_null(0)
    nothing = nw.col("amount").is_null() & nw.col("placed").is_null()
    periods = (nw.col("expected") + PARTS // 2) // PARTS
    resolved = (nw.col("parts").fill_null(0) + PARTS // 2) // PARTS
    known_us = nw.col("resolved_us").fill_null(0) + nw.col("gap_us").fill_null(0)
    return (
        grid.join(own, on=both, how="left")
        .join(gaps, on=both, how="left")
        .join(flags, on=both, how="left")
        .select(
            "code",
            "start_us",
            "end_us",
            "unplaced",
            "time_us",
            amount=nw.when(~nothing).then(known),
            periods=periods,
            resolved=nw.min_horizontal(resolved, periods),
            known_us=nw.min_horizontal(known_us, nw.col("time_us")),
            flags=nw.col("flags").fill_null(0).cast(nw.UInt32),
        )
        .filter((nw.col("time_us") > 0) | ~nw.col("amount").is_null() | ~nw.col("unplaced").is_null())
    )
