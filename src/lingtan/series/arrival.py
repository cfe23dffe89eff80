"""Arrival: duplicates, corrections, late rows, and the device that each reading belongs to.

Readings come as ``code, us, value, seq, order``; ``marks`` carries the quality bits that a reading hands to the
intervals it bounds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

import narwhals as nw

from lingtan.ledger.finding import Finding
from lingtan.ledger.quality import BIT
from lingtan.series import clocks
from lingtan.series.calendar import offset
from lingtan.series.frames import Lazy, dicts, hold, stack
from lingtan.series.plan import DAY, HOUR, point_zone
from lingtan.series.remarks import file_of
from lingtan.series.work import Work

LATE, CORRECTED = BIT["late"], BIT["corrected"]
NO_SEQ = -(2**62)


def disordered(rows: Lazy) -> dict[int, bool]:
    """Codes of points whose readings do not come in strictly rising time in file order.

    The value tells whether any steps back by half a day to a day (of 25 hours), as a midnight of the same date does.
    """
    back = nw.col("us").shift(1).over("code", order_by="order") - nw.col("us")
    far = ((nw.col("back") >= DAY // 2) & (nw.col("back") <= DAY + HOUR)).cast(nw.Int32)
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


# --- A block ---------------------------------------------------------------------------------------------------------


def arrive(rows: Lazy, work: Work) -> Lazy:
    """One reading per point and time."""
    dirty = disordered(rows)
    if not dirty:
        return plain(rows)
    codes = list(dirty)
    parts = [plain(rows.filter(~nw.col("code").is_in(codes)))]
    upset = rows.filter(nw.col("code").is_in(codes)).with_columns(marks=nw.lit(0, nw.Int32))
    far = [code for code, midnight in dirty.items() if midnight]
    if far:
        near = upset.filter(~nw.col("code").is_in(far))
        upset = stack([near, _midnight(upset.filter(nw.col("code").is_in(far)), far, work)])
    marked = hold(ranked(upset))
    shared = hold(twins(marked))
    work.shared = shared
    return stack([*parts, settle(marked, shared)])


def _midnight(rows: Lazy, codes: list[int], work: Work) -> Lazy:
    """Find 24:00 written as 00:00; set aside or, where switched on, repair."""
    plan, reach = work.plan, work.reach()
    by_clock: dict[ZoneInfo | timedelta, list[int]] = defaultdict(list)
    for code in codes:
        by_clock[point_zone(plan.park, plan.clocks[code])].append(code)
    marked = [
        clocks.midnight_rows(
            rows.filter(nw.col("code").is_in(members)),
            offset(nw.col("us"), zone, *reach),
            offset(nw.col("us") + DAY, zone, *reach),
        )
        for zone, members in by_clock.items()
    ]
    found = hold(stack(marked))
    inside = (nw.col("us") >= work.window[0]) & (nw.col("us") < work.window[1])
    hits = dicts(found.filter(nw.col("midnight"), inside).select("code", "us", "moved_us", "order"))
    wanted = plan.park.settings.repairs.get("midnight_same_date", ())
    switched = [code for code in codes if plan.points[code] in wanted]
    work.findings += _tell_midnights(hits, switched, work)
    return clocks.repaired(found, switched)


def _tell_midnights(hits: list[dict[str, Any]], switched: Collection[int], work: Work) -> Iterator[Finding]:
    """Tell of each point and file with all its lines."""
    hits.sort(key=lambda hit: (hit["code"], hit["order"]))
    for (code, _), rows in groupby(hits, key=lambda hit: (hit["code"], file_of(hit["order"]))):
        own = list(rows)
        kind = "midnight_repaired" if code in switched else "midnight_same_date"
        span = (min(hit["us"] for hit in own), max(hit["moved_us"] for hit in own))
        orders = [hit["order"] for hit in own]
        yield work.writer.write(kind, code, span=span, orders=orders, most=len(own), count=len(own))
