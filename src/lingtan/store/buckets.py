"""Rows of hours, days, months and gaps from what the series room rolled up and from the readings themselves."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from functools import reduce
from operator import or_
from zoneinfo import ZoneInfo

import polars as pl

from lingtan.ledger import clock
from lingtan.ledger.quality import BIT, FLAGS
from lingtan.series.model import Series
from lingtan.store import files, rows
from lingtan.store.feed import LEFT_OUT, OWN, Feed
from lingtan.store.model import HOUR, instant, micros

LATE, CORRECTED = BIT["late"], BIT["corrected"]
SUM_LIMIT = 2**62
VALUES = ("end_us", "amount", "unplaced", "quantum", "periods", "resolved", "time_us", "known_us", "flags", "count",
          "low", "high")  # fmt: skip
GAP_VALUES = ("end_us", "amount", "quantum")


def day_starts(zone: ZoneInfo, low_us: int, high_us: int) -> list[int]:
    """List the starts of the local days that share an instant with [low, high), and the end of the last [us]."""
    spans = clock.days(instant(low_us), instant(high_us), zone)
    return [*(micros(start) for start, _ in spans), micros(spans[-1][1])]


def month_starts(zone: ZoneInfo, low_us: int, high_us: int) -> list[int]:
    """List the starts of the local months that share an instant with [low, high), and the end of the last [us]."""
    spans = clock.months(instant(low_us), instant(high_us), zone)
    return [*(micros(start) for start, _ in spans), micros(spans[-1][1])]


def floor_to(column: pl.Series, starts: list[int]) -> pl.Series:
    """Start of the span that holds each instant [us]; instants before the first span belong to it."""
    held = pl.Series("start", starts, dtype=pl.Int64)
    return held.gather((held.search_sorted(column, side="right").cast(pl.Int64) - 1).clip(0))


def hour_of(column: pl.Series, days: list[int]) -> pl.Series:
    """Start of the hour of the local day that holds each instant [us]."""
    day = floor_to(column, days)
    return day + (column - day) // HOUR * HOUR


def hours(series: Series, settled: pl.DataFrame, fed: Feed, days: list[int]) -> pl.DataFrame:
    """Hour rows of a window: amounts and coverage by the rules, count and extremes of the readings, their marks."""
    ruled = _coded(series.buckets["hour"], fed, series.quantum)
    counted = statistics(settled, days)
    bare = counted.join(ruled, on=["code", "us"], how="anti").select(
        "code", "us", end_us=pl.col("us") + HOUR, **_nothing()
    )
    joined = pl.concat([ruled, bare]).join(counted, on=["code", "us"], how="left")
    return _finished(joined.join(marks(settled, days), on=["code", "us"], how="left"))


def days_of(series: Series, hour_rows: pl.DataFrame, fed: Feed, days: list[int]) -> pl.DataFrame:
    """Day rows of a window: amounts and coverage by the rules, the rest gathered from the hours."""
    ruled = _coded(series.buckets["day"], fed, series.quantum)
    placed = hour_rows.with_columns(us=floor_to(hour_rows["us"], days))
    counted = placed.group_by("code", "us").agg(
        pl.col("count").sum(), pl.col("low").min(), pl.col("high").max(), marks=_union(pl.col("flags") & OWN)
    )
    ends = pl.DataFrame({"us": days[:-1], "end_us": days[1:]}, schema={"us": pl.Int64, "end_us": pl.Int64})
    bare = counted.filter(pl.col("count") > 0).join(ruled, on=["code", "us"], how="anti").join(ends, on="us")
    bare = bare.select("code", "us", "end_us", **_nothing())
    return _finished(pl.concat([ruled, bare]).join(counted, on=["code", "us"], how="left"))


def months_of(day_rows: pl.DataFrame, gaps: pl.DataFrame, zone: ZoneInfo) -> pl.DataFrame:
    """Month rows from all day rows of the months, and from the gaps that touch them.

    ``amount`` is that of the days and of the gaps that fit in the month but not in one day; ``unplaced`` of the gaps
    that touch it without fitting. Time counts the days that have rows. ``periods`` and ``resolved`` are sums of days.
    """
    if not day_rows.height:
        return files.empty("month").drop("gen")
    low, high = rows.extent(day_rows)
    starts = month_starts(zone, low, high + 1)
    placed = day_rows.with_columns(us=floor_to(day_rows["us"], starts))
    known = pl.col("amount").is_not_null().any()
    sums = placed.group_by("code", "us", "quantum").agg(
        pl.when(known).then(pl.col("amount").sum()).alias("amount"),
        pl.col("periods", "resolved", "time_us", "known_us", "count").sum(),
        pl.col("low").min(),
        pl.col("high").max(),
        flags=_union(pl.col("flags")),
    )
    ends = pl.DataFrame({"us": starts[:-1], "end_us": starts[1:]}, schema={"us": pl.Int64, "end_us": pl.Int64})
    wide = _gap_sums(gaps, ends, zone)
    joined = sums.join(ends, on="us").join(wide, on=["code", "us"], how="left")
    amount = pl.col("amount").fill_null(0) + pl.col("fitting").fill_null(0)
    nothing = pl.col("amount").is_null() & pl.col("fitting").is_null()
    return joined.with_columns(
        amount=pl.when(~nothing).then(amount),
        known_us=pl.min_horizontal(pl.col("known_us") + pl.col("gap_us").fill_null(0), "time_us"),
    ).select(*files.columns("month")[:-1]).sort("code", "us")  # fmt: skip


def gaps_of(series: Series, fed: Feed, days: list[int]) -> pl.DataFrame:
    """Gaps with a known total that begin in the window and do not fit in one hour: ``code, us, end_us, …``."""
    frame = _coded(series.gaps, fed, series.quantum)
    inside = frame.filter(pl.col("us") >= days[0], pl.col("us") < days[-1])
    fits = hour_of(inside["us"], days) == hour_of(inside["end_us"] - 1, days)
    return inside.filter(~fits).select("code", "us", *GAP_VALUES).unique(["code", "us"], keep="last").sort("code", "us")


def statistics(settled: pl.DataFrame, days: list[int]) -> pl.DataFrame:
    """Count and extremes of the readings of each hour of the window."""
    inside = settled.filter(pl.col("us") >= days[0], pl.col("us") < days[-1])
    placed = inside.with_columns(value=rows.decoded(inside), us=hour_of(inside["us"], days))
    return placed.group_by("code", "us").agg(
        count=pl.len().cast(pl.Int64), low=pl.col("value").min(), high=pl.col("value").max()
    )


def marks(settled: pl.DataFrame, days: list[int]) -> pl.DataFrame:
    """Hours touched by an interval that a late or corrected reading bounds: ``code, us, marks``."""
    before, after = (pl.col("us").shift(by).over("code") for by in (1, -1))
    bits = pl.col("late").cast(pl.Int64) * LATE + pl.col("corrected").cast(pl.Int64) * CORRECTED
    touched = (
        settled.select("code", low=before.fill_null(pl.col("us")), high=after.fill_null(pl.col("us") + 1), marks=bits)
        .filter(pl.col("marks") > 0, pl.col("high") > days[0], pl.col("low") < days[-1])
        .with_columns(
            low=pl.max_horizontal("low", pl.lit(days[0])), high=pl.min_horizontal("high", pl.lit(days[-1])) - 1
        )
    )
    first, last = hour_of(touched["low"], days), hour_of(touched["high"], days)
    spread = touched.with_columns(us=pl.int_ranges(first, last + 1, HOUR)).explode("us", empty_as_null=False)
    spread = spread.with_columns(us=hour_of(spread["us"], days))
    return spread.group_by("code", "us").agg(marks=_union(pl.col("marks")))


# --- Parts ------------------------------------------------------------------------------------------------------------


def _coded(frame: pl.DataFrame, fed: Feed, found: Mapping[str, Decimal]) -> pl.DataFrame:
    """Codes and microseconds for names and times; amounts in the points' own quanta."""
    coded = frame.join(fed.scaled.select("point", "code"), on="point").with_columns(
        us=pl.col("start").to_physical(), end_us=pl.col("end").to_physical()
    )
    sums = [name for name in ("amount", "unplaced") if name in frame.columns]
    largest = dict(coded.group_by("point").agg(pl.max_horizontal(pl.col(*sums).abs().max())).rows()) if sums else {}
    table = [
        (point, *_factor(quantum, fed.quantum.get(point), largest.get(point) or 0))
        for point, quantum in found.items()
        if point in largest
    ]
    schema = {"point": pl.String, "quantum": pl.String, "factor": pl.Int64}
    joined = coded.join(pl.DataFrame(table, schema=schema, orient="row"), on="point", how="left")
    scaled = joined.with_columns(pl.col(*sums) * pl.col("factor")).drop("factor", "point", "start", "end")
    if "flags" in scaled.columns:
        kept = (2**32 - 1) & ~LEFT_OUT
        scaled = scaled.with_columns(flags=pl.col("flags").cast(pl.Int64) & kept)
        return scaled.select("code", "us", "end_us", *_nothing())
    return scaled


def _factor(found: Decimal, fixed: Fraction | None, largest: int) -> tuple[str, int]:
    """Quantum in which a point's amounts are written, and how many of them one found quantum is."""
    exact = Fraction(found)
    if fixed is None:
        return str(exact), 1
    ratio = exact / fixed
    times = round(ratio)
    if times < 1 or abs(ratio - times) * 10**30 > times or largest * times >= SUM_LIMIT:
        return str(exact), 1
    return str(fixed), times


def _nothing() -> dict[str, pl.Expr]:
    """Columns of a row of which the rules know nothing."""
    return {
        "amount": pl.lit(None, pl.Int64), "unplaced": pl.lit(None, pl.Int64), "quantum": pl.lit(""),
        "periods": pl.lit(0, pl.Int64), "resolved": pl.lit(0, pl.Int64), "time_us": pl.lit(0, pl.Int64),
        "known_us": pl.lit(0, pl.Int64), "flags": pl.lit(0, pl.Int64),
    }  # fmt: skip


def _finished(joined: pl.DataFrame) -> pl.DataFrame:
    """Fill what no reading said and order columns and rows."""
    flags = (pl.col("flags") | pl.col("marks").fill_null(0)).cast(pl.UInt32)
    return (
        joined.with_columns(pl.col("count").fill_null(0), flags=flags)
        .select(*files.columns("hour")[:-1])
        .sort("code", "us")
    )


def _union(bits: pl.Expr) -> pl.Expr:
    """Bits set in any row of a group."""
    whole = bits.cast(pl.Int64)
    return reduce(or_, ((whole & BIT[name]).max() for name in FLAGS))


def _gap_sums(gaps: pl.DataFrame, months: pl.DataFrame, zone: ZoneInfo) -> pl.DataFrame:
    """Sum gaps by month: ``fitting`` and ``gap_us`` of those that no day holds, ``unplaced`` of those over its edge."""
    touching = gaps.filter(pl.col("end_us") > pl.col("us")).rename({"us": "low", "end_us": "high"})
    touching = touching.join(months, how="cross").filter(
        pl.col("high") > pl.col("us"), pl.col("low") < pl.col("end_us")
    )
    local = (pl.from_epoch(column, time_unit="us").dt.replace_time_zone("UTC").dt.convert_time_zone(zone.key).dt.date()
             for column in (pl.col("low"), pl.col("high") - 1))  # fmt: skip
    first, last = local
    inside = (pl.col("low") >= pl.col("us")) & (pl.col("high") <= pl.col("end_us"))
    judged = touching.with_columns(inside=inside, one_day=first == last).filter(~pl.col("one_day"))
    fit, out = judged.filter("inside"), judged.filter(~pl.col("inside"))
    fitting = fit.group_by("code", "us").agg(
        fitting=pl.col("amount").sum(), gap_us=(pl.col("high") - pl.col("low")).sum()
    )
    unplaced = out.group_by("code", "us").agg(unplaced=pl.col("amount").sum())
    return fitting.join(unplaced, on=["code", "us"], how="full", coalesce=True)
