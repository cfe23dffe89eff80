"""Readings to roll-ups against two baselines of the same run: pyarrow's 2-thread decode, and a loop over rows.

    .venv/bin/python benchmarks/series.py [--points 150] [--years 3] [--dirty]

Prints one JSON object. Readings are synthetic and deterministic: quarter-hour counters with two decimals, in Parquet
files by month, sorted by point and time. ``--dirty`` repeats, corrects and drops readings and makes counters roll over.
The loop is plain Python with Decimals and does less than the chain; see `by_rows`.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from lingtan.ledger.park import Commodity, Meter, Node, Park, Settings, Stream
from lingtan.series import summarise

QUARTER = 900_000_000
START = datetime(2022, 12, 31, 16, tzinfo=UTC)
COLUMNS = ["point", "time", "value"]
DECODE_SHARE, LOOP_FACTOR, PEAK_GB = 1 / 20, 30, 2.0


def main() -> int:
    """Measure and print; 1 where a bound is missed."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--points", type=int, default=150)
    arguments.add_argument("--years", type=int, default=3)
    arguments.add_argument("--dirty", action="store_true")
    asked = arguments.parse_args()
    end = START.replace(year=START.year + asked.years)
    periods = int((end - START).total_seconds()) // 900
    with tempfile.TemporaryDirectory() as folder:
        files = write(Path(folder), asked.points, periods, dirty=asked.dirty)
        park = metering(asked.points)
        rows = sum(pq.ParquetFile(file).metadata.num_rows for file in files)
        decode = best(lambda: decoded(files))
        # The chain is timed without reading: the folder's reader is another room.
        held = list(blocks(files, asked.points))
        chain = best(lambda: summarise(held, park, START, end), times=2)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        sample = held[0].filter(pl.col("point") == "P000")
        loop = best(lambda: by_rows(sample), times=2) / sample.height * rows
    result = {
        "rows": rows,
        "decode_s": round(decode, 3),
        "chain_s": round(chain, 3),
        "loop_s": round(loop, 1),
        "million_rows_per_s": round(rows / chain / 1e6, 2),
        "of_decode_rate": f"1/{chain / decode:.1f}",
        "times_loop": round(loop / chain, 1),
        "peak_rss_gb": round(peak, 2),
        "held_input_gb": round(sum(block.estimated_size() for block in held) / 1e9, 2),
        "python": sys.version.split()[0],
        "polars": pl.__version__,
        "pyarrow": pa.__version__,
    }
    result["bounds_met"] = decode / chain >= DECODE_SHARE and loop / chain >= LOOP_FACTOR
    print(json.dumps(result, indent=1))
    return 0 if result["bounds_met"] else 1


def best(work: Callable[[], Any], *, times: int = 3) -> float:
    """Shortest wall time [s]."""
    found = []
    for _ in range(times):
        begin = time.perf_counter()
        work()
        found.append(time.perf_counter() - begin)
    return min(found)


def write(folder: Path, points: int, periods: int, *, dirty: bool) -> list[Path]:
    """Write the readings by 30-day files; same arguments give the same values."""
    step = pl.int_range(pl.len())
    grid = pl.DataFrame({"i": range(periods + 1)}).with_columns(
        time=(pl.lit(START) + pl.duration(microseconds=pl.col("i") * QUARTER)).dt.cast_time_unit("us")
    )
    files = []
    for number, part in enumerate(grid.iter_slices(2_880)):
        frames = []
        for point in range(points):
            swing = (pl.col("i") * (7 + point) % 96).cast(pl.Int64) * (pl.col("i") % 13)
            cents = pl.col("i") * (1_500 + 13 * point) + swing
            if dirty:
                cents = cents % 100_000_000
            frames.append(part.select(point=pl.lit(f"P{point:03d}"), time="time", value=cents / 100))
        frame = pl.concat(frames)
        if dirty:
            frame = frame.with_columns(n=step).filter(pl.col("n") % 997 != 5)
            again = frame.filter(pl.col("n") % 500 == 3).with_columns(value=pl.col("value") + pl.col("n") % 3 / 100)
            frame = pl.concat([frame, again]).drop("n")
        file = folder / f"{number:03d}.parquet"
        pq.write_table(frame.to_arrow().cast(SCHEMA), file, row_group_size=2_880 * 20)
        files.append(file)
    return files


SCHEMA = pa.schema([("point", pa.string()), ("time", pa.timestamp("us", "UTC")), ("value", pa.float64())])


def decoded(files: list[Path]) -> int:
    """Decode all columns with pyarrow on two threads."""
    pa.set_cpu_count(2)
    return sum(pq.read_table(file, columns=COLUMNS, use_threads=True).num_rows for file in files)


def blocks(files: list[Path], points: int, size: int = 40) -> Iterator[pl.DataFrame]:
    """Reading frames as the folder's reader hands them on: points in blocks, rows in file order."""
    scan = pl.scan_parquet(files).with_row_index("order").with_columns(pl.col("order").cast(pl.Int64))
    for first in range(0, points, size):
        wanted = [f"P{point:03d}" for point in range(first, min(first + size, points))]
        yield (
            scan.filter(pl.col("point").is_in(wanted))
            .with_columns(pl.col("point").cast(pl.Categorical), seq=pl.lit(None, pl.Int64))
            .select("point", "time", "value", "seq", "order")
            .collect()
        )


def metering(points: int) -> Park:
    """A park with one counter a point."""
    names = [f"P{point:03d}" for point in range(points)]
    streams = {name: Stream(name, "electricity", "G", "N") for name in names}
    meters = tuple(Meter(name, name, "main", "counter", "kWh", digits=6, period=900) for name in names)
    nodes = {"G": Node("G", "grid"), "N": Node("N", "enterprise", rated_kw=Decimal(100_000))}
    electricity = {"electricity": Commodity("electricity", "electricity", "kWh")}
    return Park(Settings("bench"), nodes=nodes, streams=streams, meters=meters, commodities=electricity)


@dataclass
class Step:
    """One interval of the row-by-row baseline."""

    start: datetime
    end: datetime
    amount: Decimal
    gap: bool
    flags: set[str]


def by_rows(frame: pl.DataFrame) -> dict[tuple[str, Any], list[Any]]:
    """Baseline: the same rules for a counter, row by row with Decimals, as plain readable Python.

    Arrival by seq and order, late rows, differences, roll-over, reset, range, gaps, spikes, runs of one value, roll-ups
    by local day, month and year with coverage. No clock, level or scale rules, no findings: less than the chain.
    """
    steps = judged(settled(frame))
    doubted(steps)
    return rolled_up(steps)


def settled(frame: pl.DataFrame) -> list[tuple[datetime, Decimal, set[str]]]:
    """One reading a time, with its flags."""
    kept: dict[datetime, tuple[tuple[int, int], Decimal, set[str]]] = {}
    newest = None
    for row in frame.iter_rows(named=True):
        time, value = row["time"], Decimal(str(row["value"]))
        rank = (row["seq"] if row["seq"] is not None else -1, row["order"])
        flags = {"late"} if newest is not None and time < newest else set()
        newest = time if newest is None else max(newest, time)
        held = kept.get(time)
        if held is None:
            kept[time] = (rank, value, flags)
        elif held[1] != value and rank > held[0]:
            kept[time] = (rank, value, flags | {"corrected"})
    return [(time, value, flags) for time, (_, value, flags) in sorted(kept.items())]


def judged(readings: list[tuple[datetime, Decimal, set[str]]]) -> list[Step]:
    """Differences with the counter's rules."""
    full, rated, period = Decimal(10**6), Decimal(100_000), timedelta(minutes=15)
    steps = []
    for (before, old, old_flags), (moment, value, flags) in pairwise(readings):
        length = moment - before
        hours = Decimal(length.total_seconds()) / 3600
        amount, marks = value - old, flags | old_flags
        if amount < 0:
            over = full + amount
            rolls = over < 2 * rated * hours
            amount, marks = (over if rolls else value), marks | {"rolled_over" if rolls else "reset"}
        if amount > 2 * rated * hours:
            marks = marks | {"out_of_range"}
        gap = length > period * 3 / 2
        steps.append(Step(before, moment, amount, gap, marks | {"gap_total"} if gap else marks))
    return steps


def doubted(steps: list[Step]) -> None:
    """Spikes and runs of one value."""
    sizes = sorted(step.amount for step in steps if not step.gap)
    tail = sizes[int(0.999 * (len(sizes) - 1))]
    run: list[Step] = []
    for step in steps:
        if step.amount > 20 * tail and not step.gap:
            step.flags.add("spike")
        if run and (step.amount != run[-1].amount or step.gap):
            if len(run) >= 16:
                for member in run:
                    member.flags.add("stuck")
            run = []
        run.append(step)


def rolled_up(steps: list[Step]) -> dict[tuple[str, Any], list[Any]]:
    """Sums, resolved and known time and flags by local day, month and year."""
    zone = Settings("bench").zone
    buckets: dict[tuple[str, Any], list[Any]] = {}
    for step in steps:
        first, last = step.start.astimezone(zone), (step.end - timedelta(microseconds=1)).astimezone(zone)
        for name, key, other in (
            ("day", first.date(), last.date()),
            ("month", (first.year, first.month), (last.year, last.month)),
            ("year", first.year, last.year),
        ):
            bucket = buckets.setdefault((name, key), [Decimal(0), 0, timedelta(0), set()])
            if not step.gap or key == other:
                bucket[0] += step.amount
                bucket[2] += step.end - step.start
            bucket[1] += not step.gap
            bucket[3] |= step.flags
    return buckets


if __name__ == "__main__":
    sys.exit(main())
