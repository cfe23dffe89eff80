"""Writing the readings: one Parquet file a year for most points, CSV files of a gateway and of a PV logger."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from lingtan.example import tables
from lingtan.example.defects import Book, spoiled
from lingtan.example.grid import QUARTERS, Ints
from lingtan.example.registers import Track

#: Points whose loggers write CSV, and the folder of their files.
CSV_POINTS = {
    "EL_E09_W1.m": "gateway-e09",
    "EL_E09_W2.m": "gateway-e09",
    "EL_E09_W3.m": "gateway-e09",
    "EL_PV1_U01.m": "pv1-logger",
}
SCHEMA = pa.schema([("point", pa.string()), ("time", pa.timestamp("ms")), ("value", pa.float64())])
POINTS_A_GROUP = 4
Say = Callable[[str], None]


def write(root: Path, book: Book, say: Say) -> dict[str, Ints]:
    """Write every point's readings and return the true amounts by point [base units]; defects go into ``book``."""
    window = book.world.window
    limits = [np.datetime64(f"{year}-01-01", "m") for year in window.years]
    folder = root / "readings"
    folder.mkdir(parents=True, exist_ok=True)
    names = [folder / f"{year}.parquet" for year in window.years]
    writers = [pq.ParquetWriter(name, SCHEMA, compression="zstd", use_dictionary=["point"]) for name in names]
    amounts: dict[str, Ints] = {}
    texts: list[Track] = []
    waiting: list[list[pa.Table]] = [[] for _ in writers]
    try:
        for count, point in enumerate(tables.points(), start=1):
            track, amounts[point.id] = spoiled(book, point)
            if point.id in CSV_POINTS:
                texts.append(track)
                continue
            for index, part in enumerate(_by_year(track, limits)):
                waiting[index].append(part)
                if len(waiting[index]) == POINTS_A_GROUP:
                    _flush(writers[index], waiting[index])
            if count % 25 == 0:
                say(f"readings: {count} of {len(tables.points())} points")
        for writer, rest in zip(writers, waiting, strict=True):
            _flush(writer, rest)
    finally:
        for writer in writers:
            writer.close()
    _write_texts(folder, book, texts)
    return amounts


def _by_year(track: Track, limits: Sequence[np.datetime64]) -> list[pa.Table]:
    """Cut a track at the years' starts; a reading at the very start of a year closes the year before."""
    cuts = [0, *(int(np.searchsorted(track.times, limit, side="right")) for limit in limits[1:]), track.times.size]
    values = track.floats()
    parts = []
    for begin, end in pairwise(cuts):
        times = track.times[begin:end].astype("datetime64[ms]")
        name = pa.repeat(pa.scalar(track.point.id, pa.string()), end - begin)
        parts.append(pa.table([name, pa.array(times), pa.array(values[begin:end])], schema=SCHEMA))
    return parts


def _flush(writer: pq.ParquetWriter, waiting: list[pa.Table]) -> None:
    if waiting:
        writer.write_table(pa.concat_tables(waiting), row_group_size=2**31 - 1)
        waiting.clear()


def _write_texts(folder: Path, book: Book, texts: list[Track]) -> None:
    """Write the CSV loggers year by year, in the order in which they spoke."""
    window = book.world.window
    for name in dict.fromkeys(CSV_POINTS.values()):
        tracks = [track for track in texts if CSV_POINTS[track.point.id] == name]
        (folder / name).mkdir(exist_ok=True)
        for year in window.years:
            first = max(window.step(window.start.replace(year=year, month=1, day=1)), 0)
            last = window.steps if year == window.years[-1] else window.step(window.start.replace(year + 1, 1, 1))
            frame = pl.concat([_frame(track, first, last) for track in tracks]).sort("order", "point")
            if name == "gateway-e09" and year == window.years[-1]:
                frame = _spoil_rows(folder, book, frame, tracks)
            frame.select("point", "time", "value").write_csv(folder / name / f"{year}.csv")


def _frame(track: Track, first: int, last: int) -> pl.DataFrame:
    # Registers with n + 1 readings: the opening one belongs to the first year, every later limit to the year it closes.
    whole = track.point.meter.register == "counter"
    rows = slice(first + 1 if whole and first else first, last + 1 if whole else last)
    times = pl.Series("time", track.times[rows].astype("datetime64[ms]")).dt.strftime("%Y-%m-%dT%H:%M")
    value = pl.Series("value", track.floats()[rows]).cast(pl.String)
    order = np.arange(rows.start, rows.start + len(times)) - (1 if whole else 0)
    return pl.DataFrame({"order": order, "time": times, "value": value}).with_columns(
        point=pl.lit(track.point.id), order=pl.col("order").cast(pl.Int64)
    )


def _spoil_rows(folder: Path, book: Book, frame: pl.DataFrame, tracks: list[Track]) -> pl.DataFrame:
    """Put row faults into the gateway's last file: text, blank, duplicates, late rows, unknown point, wrong values."""
    window = book.world.window
    counter = next(track for track in tracks if track.point.id == "EL_E09_W1.m")
    interval = next(track for track in tracks if track.point.id == "EL_E09_W2.m")
    file = f"readings/gateway-e09/{window.years[-1]}.csv"
    text, blank = window.step(window.near(0.75), 33), window.step(window.near(0.78), 61)
    double, late, wrong = (window.step(window.near(fraction), 24) for fraction in (0.81, 0.85, 0.92))
    here = pl.col("point") == counter.point.id
    value = (
        pl.when(here & (pl.col("order") == text - 1))
        .then(pl.lit("#REF!"))
        .when(here & (pl.col("order") == blank - 1))
        .then(pl.lit(None, pl.String))
        .otherwise(pl.col("value"))
    )
    frame = frame.with_columns(value=value)
    book.enter("text_value", counter, (text - 1, text + 1), finding="bad_number", file=file, rows=1,
               also=["gap_total"])  # fmt: skip
    book.enter("blank_value", counter, (blank - 1, blank + 1), finding="blank_values", file=file, rows=1,
               also=["gap_total"])  # fmt: skip
    theirs = pl.col("point") == interval.point.id
    frame = _correct(folder, book, frame, interval, wrong, file)
    twice = frame.filter(theirs & pl.col("order").is_between(double, double + 39))
    book.enter("duplicate_rows", interval, (double, double + 40), finding="duplicate", file=file, rows=40, stake=0)
    day = theirs & pl.col("order").is_between(late, late + QUARTERS - 1)
    delayed = frame.filter(day).with_columns(order=pl.col("order") + 3 * QUARTERS)
    book.enter("late_rows", interval, (late, late + QUARTERS), finding="late", file=file, rows=QUARTERS, stake=0)
    strange = twice.head(20).with_columns(point=pl.lit("EL_OLD_17"))
    book.entries.append({"code": "unknown_point", "point": "EL_OLD_17", "file": file, "rows": 20,
                         "finding": "unknown_point", "amount": None})  # fmt: skip
    return pl.concat([frame.filter(~day), twice, delayed, strange]).sort("order", "point", maintain_order=True)


def _correct(folder: Path, book: Book, frame: pl.DataFrame, track: Track, wrong: int, file: str) -> pl.DataFrame:
    """Write eight wrong values into the file and the right ones, with a sequence number, into a later file."""
    theirs = (pl.col("point") == track.point.id) & pl.col("order").is_between(wrong, wrong + 7)
    right = frame.filter(theirs).sort("order").with_columns(seq=pl.lit(2))
    right.select("point", "time", "value", "seq").write_csv(folder / "zz-corrections.csv")
    stake = 3 * int(track.values[wrong : wrong + 8].sum())
    book.enter("corrected_rows", track, (wrong, wrong + 8), finding="corrected", file=file, rows=8, stake=stake,
               also=["late"])  # fmt: skip
    fourfold = (pl.col("value").cast(pl.Float64, strict=False) * 4).round(1).cast(pl.String)
    return frame.with_columns(value=pl.when(theirs).then(fourfold).otherwise(pl.col("value")))
