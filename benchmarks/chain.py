"""Readings -> flows -> lines on the example park, three years, all rules on, against pyarrow's 2-thread decode.

    python -m benchmarks.chain [FOLDER]     FOLDER: an example park; written to a temporary folder when not given

Bars: at least 1/30 of the decode rate of the same columns of the same files; at most 2 GB at the peak; at least 30 x a
loop over rows that does less (difference, roll-over, reset, sums by day; timed on one point, scaled by rows).
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.series import by_rows

COLUMNS = ["point", "time", "value"]
YEARS = 2023, 2025
SHARE, FACTOR, PEAK_GB = 1 / 30, 30, 2.0


def seconds(work: Callable[[], object], times: int) -> float:
    """Return the best wall time of a few runs [s]."""
    best = float("inf")
    for _ in range(times):
        began = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - began)
    return best


def decode(files: list[Path]) -> None:
    """Decode the columns of all files with pyarrow."""
    for file in files:
        pq.read_table(file, columns=COLUMNS, use_threads=True)


def chain(folder: Path) -> None:
    """Open the folder and compute the account of every year from its readings."""
    from lingtan.book import Book

    Book.open(folder).accounts(*YEARS)


def measure(folder: Path) -> dict[str, float | int | bool]:
    """Measure the three ways on one folder."""
    pa.set_cpu_count(2)
    files = sorted((folder / "readings").rglob("*.parquet"))
    rows = sum(pq.ParquetFile(file).metadata.num_rows for file in files)
    took = seconds(lambda: chain(folder), 2)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    limit = seconds(lambda: decode(files), 3)
    point = pl.scan_parquet(files[0]).filter(pl.col("point") == pl.col("point").first())
    sample = point.select(
        pl.col("point").cast(pl.String), "time", pl.col("value").cast(pl.Float64),
        seq=pl.lit(None, pl.Int64), order=pl.int_range(pl.len()),
    ).collect()  # fmt: skip
    loop = seconds(lambda: by_rows(sample), 2) / sample.height * rows
    return {
        "rows": rows,
        "decode_s": round(limit, 2),
        "chain_s": round(took, 2),
        "row_loop_s": round(loop, 1),
        "share_of_decode": round(limit / took, 4),
        "times_row_loop": round(loop / took, 1),
        "peak_gb": round(peak, 2),
        "holds": limit / took >= SHARE and loop / took >= FACTOR and peak <= PEAK_GB,
    }


def main() -> None:
    """Measure on the given folder, or on one written for the purpose (by another process, to keep the peak honest)."""
    if len(sys.argv) > 1:
        print(json.dumps(measure(Path(sys.argv[1]))))
        return
    import subprocess

    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "park"
        words = [sys.executable, "-m", "lingtan.cli", "example", str(folder), "--seed", "1"]
        subprocess.run(words, check=True, capture_output=True)
        print(json.dumps(measure(folder)))


if __name__ == "__main__":
    main()
