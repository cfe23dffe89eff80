"""Readings to roll-ups against two baselines of the same run: pyarrow's 2-thread decode, and a loop over rows.

    .venv/bin/python benchmarks/series.py [--points 150] [--years 3] [--dirty]

Prints one JSON object. Readings are synthetic and deterministic: quarter-hour counters with two decimals, in Parquet
files by month, sorted by point and time. ``--dirty`` repeats, corrects and drops readings and makes counters roll over.
The loop does less than the chain: difference, roll-over, reset, sums by day; no arrival rules, coverage or doubts.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
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


def by_rows(frame: pl.DataFrame) -> dict[Any, Decimal]:
    """Baseline: the counter's rules row by row with Decimals, sums by local day."""
    zone = Settings("bench").zone
    days: dict[Any, Decimal] = {}
    full, before, old = Decimal(10**6), None, Decimal(0)
    for row in frame.iter_rows(named=True):
        value = Decimal(str(row["value"]))
        if before is not None:
            rise = value - old
            if rise < 0:
                over = full + rise
                hours = Decimal((row["time"] - before).total_seconds()) / 3600
                rise = over if over < 200_000 * hours else value
            day = before.astimezone(zone).date()
            days[day] = days.get(day, Decimal(0)) + rise
        before, old = row["time"], value
    return days


if __name__ == "__main__":
    sys.exit(main())
