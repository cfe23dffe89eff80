"""The store against baselines of the same run: a bare fdatasync of the same bytes, and pyarrow's 2-thread decode.

    .venv/bin/python -m benchmarks.store [--points 1000] [--days 2] [--year-points 100] [--json]

Bars: a durable batch of 1,000 readings takes at most 3 x a bare fdatasync of its bytes; 100,000 readings a second are
acknowledged after commit while the compactor keeps up; a late reading stands in hour, day and month within 5 s; a year
is rebuilt at no less than 1/60 of the decode rate of its segments; regular data take at most 3 bytes a reading; a week
of a point by hour 10 ms, its year by hour 50 ms, the park's year by month 10 ms.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from threading import Event, Thread
from typing import Any

import polars as pl
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq

from lingtan import store as room
from lingtan.ledger.park import Commodity, Meter, Node, Park, Settings, Stream
from lingtan.store import Store

START = datetime(2024, 12, 31, 16, tzinfo=UTC)
BARS = {
    "batch_times_fdatasync": 3.0, "readings_per_s": -100_000.0, "late_s": 5.0, "bytes_per_reading": 3.0,
    "rebuild_of_decode": 60.0, "week_ms": 10.0, "year_ms": 50.0, "park_ms": 10.0,
}  # fmt: skip


def main() -> int:
    """Measure and print; 1 where a bar is missed."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--points", type=int, default=1000)
    arguments.add_argument("--year-points", type=int, default=100)
    asked = arguments.parse_args()
    from lingtan.web import embedded

    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)
        data = Path(folder) / "pg"
        embedded.prepare(data)
        url = embedded.start(data)
        found: dict[str, Any] = {}
        found |= durable(fresh(url, Path(folder) / "a"), Path(folder) / "bare")
        found |= sustained(fresh(url, Path(folder) / "b"))
        found |= live(fresh(url, Path(folder) / "c"), asked.points)
        found |= year(fresh(url, Path(folder) / "d"), asked.year_points)
        embedded.stop(data)
    missed = [name for name, bar in BARS.items() if (found[name] > bar if bar > 0 else found[name] < -bar)]
    found |= {
        "bars_missed": missed,
        "polars": pl.__version__,
        "pyarrow": pa.__version__,
        "python": sys.version.split()[0],
    }
    print(json.dumps(found, indent=1))
    return 1 if missed else 0


def fresh(url: str, root: Path) -> Store:
    """An empty store."""
    with psycopg.connect(url, autocommit=True) as connection:
        names = ("state", "lease", "point", "inbox", "generation", "segment", "dirty", "reader")
        connection.execute("".join(f"drop table if exists store_{name};" for name in names))
    store = Store(root, url)
    room.prepare(store)
    return store


def readings(points: int, first: int, count: int, *, step_s: int = 60) -> pl.DataFrame:
    """Counters with two decimals, ``count`` steps of all points, in order of time."""
    step = pl.col("i")
    return (
        pl.DataFrame({"i": range(first, first + count)}, schema={"i": pl.Int64})
        .join(pl.DataFrame({"k": range(points)}, schema={"k": pl.Int64}), how="cross")
        .select(
            point=pl.format("P{}", pl.col("k").cast(pl.String).str.zfill(5)),
            time=pl.lit(START).dt.cast_time_unit("us") + pl.duration(seconds=step * step_s),
            # Polars divides by one number by multiplying with its inverse; rounding makes the decimals whole again.
            value=((step * (150 + pl.col("k") % 97) + step % 13 * (pl.col("k") % 7)) / 100).round(2),
        )
    )


def metering(points: int, period: int) -> Park:
    """A park with one counter a point."""
    names = [f"P{number:05d}" for number in range(points)]
    nodes = {"G": Node("G", "grid"), "N": Node("N", "enterprise", rated_kw=Decimal(100_000))}
    return Park(
        Settings("bench"), nodes=nodes, streams={name: Stream(name, "electricity", "G", "N") for name in names},
        meters=tuple(Meter(name, name, "main", "counter", "kWh", digits=7, period=period) for name in names),
        commodities={"electricity": Commodity("electricity", "electricity", "kWh")},
    )  # fmt: skip


def durable(store: Store, file: Path, rounds: int = 300) -> dict[str, Any]:
    """One batch a commit against the same bytes appended and synced, in turns."""
    frames = [readings(1000, number, 1) for number in range(rounds)]
    bare, full, packing, commit = [], [], [], []
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    with room.connect(store, autocommit=True) as connection:
        for frame in frames:
            begin = time.perf_counter()
            message = room.message("p", frame, source="g", key=None)
            middle = time.perf_counter()
            room.append(connection, message)
            end = time.perf_counter()
            packing.append(middle - begin)
            commit.append(end - middle)
            full.append(end - begin)
            begin = time.perf_counter()
            os.write(handle, message.content)
            os.fdatasync(handle)
            bare.append(time.perf_counter() - begin)
    os.close(handle)
    return {
        "batch_times_fdatasync": round(statistics.median(full) / statistics.median(bare), 2),
        "commit_times_fdatasync": round(statistics.median(commit) / statistics.median(bare), 2),
        "batch_ms": round(statistics.median(full) * 1e3, 3), "pack_ms": round(statistics.median(packing) * 1e3, 3),
        "fdatasync_ms": round(statistics.median(bare) * 1e3, 3), "batch_bytes": len(message.content),
    }  # fmt: skip


def sustained(store: Store, seconds: float = 15.0) -> dict[str, Any]:
    """Acknowledge batches of 1,000 while the compactor works beside, and wait for it at the end."""
    frames = [readings(1000, number, 1) for number in range(400)]
    done, stop = [0], Event()

    def compacting() -> None:
        while not stop.is_set() or room.compact(store).batches:
            try:
                room.run(store, most=1)
            except room.Busy:
                continue
            time.sleep(0.2)

    beside = Thread(target=compacting)
    beside.start()
    begin = time.perf_counter()
    with room.connect(store, autocommit=True) as connection:
        while time.perf_counter() - begin < seconds:
            for number in range(0, 400, 10):
                shift = timedelta(minutes=400 * (done[0] // 400_000))
                batches = [frame.with_columns(pl.col("time") + shift) for frame in frames[number : number + 10]]
                done[0] += sum(
                    one.readings
                    for one in room.append_all(connection, [room.message("p", frame, source="g") for frame in batches])
                )
    acknowledged = time.perf_counter() - begin
    stop.set()
    beside.join()
    whole = time.perf_counter() - begin
    return {
        "readings_per_s": round(done[0] / acknowledged),
        "compacted_per_s": round(done[0] / whole),
    }


def live(store: Store, points: int) -> dict[str, Any]:
    """A day of 1-minute readings caught up, then a late reading until it stands in hour, day and month."""
    nouns = metering(points, 60)
    with room.connect(store, autocommit=True) as connection:
        for first in range(0, 1440, 120):
            part = readings(points, first, 120).filter(pl.col("time") != START + timedelta(minutes=300))
            room.append_all(connection, [room.message("p", own, source="g") for own in part.iter_slices(20_000)])
        begin = time.perf_counter()
        room.run(store)
        compacted = time.perf_counter() - begin
        while room.refresh(store, "p", nouns).spans:
            pass
        caught = time.perf_counter() - begin
        late = readings(1, 300, 1)
        begin = time.perf_counter()
        room.append(connection, room.message("p", late, source="g"))
    room.compact(store)
    while room.refresh(store, "p", nouns).spans:
        pass
    seen = time.perf_counter() - begin
    return {
        "late_s": round(seen, 2), "day_compacted_s": round(compacted, 2), "day_caught_up_s": round(caught, 2),
        "meters_per_s": round(points / caught), "times_myems": round(points / caught / 25),
    }  # fmt: skip


def year(store: Store, points: int) -> dict[str, Any]:
    """A year of quarter-hours: bytes, rebuild against decode, and what pages read."""
    nouns = metering(points, 900)
    with room.connect(store, autocommit=True) as connection:
        for first in range(0, 35_040, 2_880):
            part = readings(points, first, min(2_880, 35_040 - first), step_s=900)
            room.append_all(connection, [room.message("p", own, source="g") for own in part.iter_slices(1_000)])
            room.run(store)
    begin = time.perf_counter()
    rebuilt = room.rebuild(store, "p", nouns)
    took = time.perf_counter() - begin
    files = sorted((store.root / "raw").rglob("*.parquet"))
    with room.view(store) as seen:
        live_files = [one.path(store.root) for one in room.live(seen, "p", "raw")]
        rows = sum(pq.ParquetFile(path).metadata.num_rows for path in live_files)
        size = sum(path.stat().st_size for path in live_files)
        pa.set_cpu_count(2)
        decode = best(lambda: [pq.read_table(path, columns=["code", "us", "v", "places"]) for path in live_files])
        end = START + timedelta(days=365)
        week = START + timedelta(days=100)
        park = best(lambda: room.rolled(seen, "p", "month", START, end), times=9)
        one = best(lambda: room.rolled(seen, "p", "hour", START, end, names=["P00007"]), times=9)
        short = best(lambda: room.rolled(seen, "p", "hour", week, week + timedelta(days=7), names=["P00007"]), times=9)
    shutil.rmtree(store.root)
    return {
        "year_rows": rows, "bytes_per_reading": round(size / rows, 2), "raw_files": len(live_files),
        "files_on_disk": len(files), "rebuild_s": round(took, 2), "decode_s": round(decode, 3),
        "rebuild_of_decode": round(took / decode, 1), "rebuilt_rows": rebuilt.rows["hour"],
        "week_ms": round(short * 1e3, 1), "year_ms": round(one * 1e3, 1), "park_ms": round(park * 1e3, 1),
    }  # fmt: skip


def best(work: Callable[[], Any], *, times: int = 3) -> float:
    """Shortest wall time [s]."""
    found = []
    for _ in range(times):
        begin = time.perf_counter()
        work()
        found.append(time.perf_counter() - begin)
    return min(found)


if __name__ == "__main__":
    sys.exit(main())
