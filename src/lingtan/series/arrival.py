"""Arrival: duplicates, corrections, late rows, and the device that each reading belongs to.

Readings come as ``code, us, value, seq, order``; ``marks`` carries the quality bits that a reading hands to the
intervals it bounds.
"""

from __future__ import annotations

import narwhals as nw

from lingtan.ledger.quality import BIT
from lingtan.series.frames import Lazy, dicts
from lingtan.series.plan import DAY

LATE, CORRECTED = BIT["late"], BIT["corrected"]
NO_SEQ = -(2**62)


def disordered(rows: Lazy) -> dict[int, bool]:
    """Codes of points whose readings do not come in strictly rising time in file order.

    The value tells whether any steps back by half a day to a day, as a midnight of the same date does.
    """
    back = nw.col("us").shift(1).over("code", order_by="order") - nw.col("us")
    far = ((nw.col("back") >= DAY // 2) & (nw.col("back") <= DAY)).cast(nw.Int32)
    steps = rows.select("code", back=back).filter(nw.col("back") >= 0).with_columns(far=far)
    found = dicts(steps.group_by("code").agg(nw.col("far").max()))
    return {row["code"]: bool(row["far"]) for row in sorted(found, key=lambda row: row["code"])}


def plain(rows: Lazy) -> Lazy:
    """Hand on readings of points in order: nothing to settle."""
    return rows.select("code", "us", "value", "order", marks=nw.lit(0, nw.Int32))


def ranked(rows: Lazy) -> Lazy:
    """Mark each reading: ``late`` (older than one already read), ``has_twin`` (time shared), ``last`` (it counts).

    ``rows`` has ``marks`` where an earlier step set some.
    """
    in_file = {"order_by": "order"}
    by_rank = {"order_by": ["us", "rank", "order"]}
    same_before = nw.col("us") == nw.col("us").shift(1).over("code", **by_rank)
    same_after = nw.col("us") == nw.col("us").shift(-1).over("code", **by_rank)
    return rows.with_columns(
        newest=nw.col("us").cum_max().over("code", **in_file),
        rank=nw.col("seq").fill_null(NO_SEQ),
    ).with_columns(
        late=nw.col("us") < nw.col("newest"),
        has_twin=same_before.fill_null(False) | same_after.fill_null(False),
        last=~same_after.fill_null(False),
    )


def twins(marked: Lazy) -> Lazy:
    """List times with several readings: ``changed`` tells that values differ, ``spread`` by how much at most."""
    return (
        marked.filter(nw.col("has_twin"))
        .group_by("code", "us")
        .agg(
            n=nw.len(),
            low=nw.col("value").min(),
            high=nw.col("value").max(),
            first_order=nw.col("order").min(),
            last_order=nw.col("order").max(),
            all_late=nw.col("late").cast(nw.Int32).min(),
        )
        .with_columns(changed=nw.col("high") != nw.col("low"), spread=nw.col("high") - nw.col("low"))
    )


def settle(marked: Lazy, shared: Lazy) -> Lazy:
    """One reading per point and time: the higher ``seq``, without one the later row; equal values are one reading.

    ``marked`` as from `ranked`, ``shared`` as from `twins`. A corrected reading takes the lateness of the row that
    counts, a repeated one that of its earliest row.
    """
    late = nw.col("late").cast(nw.Int32) * LATE
    single = marked.filter(~nw.col("has_twin")).select(
        "code", "us", "value", "order", marks=(nw.col("marks") + late).cast(nw.Int32)
    )
    winner = marked.filter(nw.col("has_twin"), nw.col("last")).join(
        shared.select("code", "us", "changed", "all_late"), on=["code", "us"]
    )
    verdict = nw.when(nw.col("changed")).then(late + CORRECTED).otherwise(nw.col("all_late") * LATE)
    chosen = winner.select("code", "us", "value", "order", marks=(nw.col("marks") + verdict).cast(nw.Int32))
    return nw.concat([single, chosen], how="vertical")


def distances(rows: Lazy) -> Lazy:
    """How often each distance between neighbouring readings occurs: ``code``, ``distance`` [us], ``n``."""
    step = nw.col("us") - nw.col("us").shift(1).over("code", order_by="us")
    return (
        rows.select("code", distance=step)
        .filter(~nw.col("distance").is_null())
        .group_by("code", "distance")
        .agg(n=nw.len())
    )


def assign(rows: Lazy, devices: Lazy) -> Lazy:
    """Join each reading to the device period that it belongs to and scale it: ``v`` Int64 = value x 10^k.

    A counter's or rate point's reading exactly at ``to`` closes the old device. Interval and mean-rate readings belong
    by the start of their interval, which ``lead_us`` (its distance before the stamp) gives. ``devices``: ``code,
    device, open_us, shut_us`` (both inclusive), ``lead_us, pow``. Readings of no device are dropped.
    """
    begin = nw.col("us") - nw.col("lead_us")
    scaled = nw.col("value") * nw.col("pow")
    return (
        rows.join(devices.select("code", "device", "open_us", "shut_us", "lead_us", "pow"), on="code")
        .filter(begin >= nw.col("open_us"), begin <= nw.col("shut_us"))
        .select("code", "device", "us", "marks", "order", v=(scaled + 0.5).floor().cast(nw.Int64))
    )
