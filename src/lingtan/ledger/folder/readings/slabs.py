"""Readings in Parquet: footers with their bounds, row groups to frames, row numbers for places."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from lingtan.ledger.finding import Finding
from lingtan.ledger.folder.faults import fault
from lingtan.ledger.folder.readings.meterbook import (
    COLUMNS,
    FRAME,
    NEEDED,
    MeterBook,
    checked_values,
    placed,
    years_kept,
)
from lingtan.ledger.folder.readings.tally import tally
from lingtan.ledger.folder.rows import check_header
from lingtan.ledger.folder.text import foreign

__all__ = ["Group", "Slab", "open_slab", "read_group"]

MAGIC = b"PAR1"
FILE_ROWS, FILE_BYTES = 2_000_000_000, 64 * 1024**3
GROUP_ROWS, GROUP_BYTES = 100_000_000, 4 * 1024**3
# What one byte on disk may hold at most, in declared bytes and in rows: real readings stay below a tenth of both, and
# a file that would expand to less than the floors does no harm.
EXPANSION, FREE_BYTES = 200, 256 * 1024**2
ROWS_PER_BYTE, FREE_ROWS = 20, 5_000_000
CLOCK_SLACK = timedelta(hours=27)


@dataclass(frozen=True, slots=True)
class Group:
    """A row group: number, rows before it in the file, rows, bounds of points and of times as UTC (None = unknown)."""

    number: int
    before: int
    rows: int
    points: tuple[str, str] | None
    times: tuple[datetime, datetime] | None

    def may_hold(self, first: str, last: str) -> bool:
        """Tell whether the group may hold points from ``first`` to ``last``."""
        return self.points is None or (self.points[0] <= last and first <= self.points[1])

    def may_reach(self, start: datetime | None, end: datetime | None) -> bool:
        """Tell whether the group may hold times in [start, end)."""
        if self.times is None:
            return True
        return (start is None or self.times[1] >= start) and (end is None or self.times[0] < end)


@dataclass(frozen=True, slots=True)
class Slab:
    """A Parquet file of readings: its footer and row groups. It is opened for each row group and closed again."""

    path: Path
    file: str
    metadata: Any
    groups: tuple[Group, ...]
    columns: tuple[str, ...]
    naive: bool
    said: list[Finding] = field(default_factory=list)


def open_slab(path: Path, file: str) -> Slab | Finding | list[Finding]:
    """Read the footer of a Parquet file and check it; what is wrong sets the whole file aside."""
    wrong = _not_parquet(path, file)
    if wrong is not None:
        return wrong
    try:
        with pq.ParquetFile(path) as source:
            metadata, schema = source.metadata, source.schema_arrow
    except (pa.ArrowException, OSError, ValueError) as damage:
        return _broken(file, damage)
    wrong = _too_large(path, file, metadata)
    if wrong is not None:
        return wrong
    usable, said = check_header(schema.names, file, COLUMNS, NEEDED)
    if not usable:
        return said
    wrong = _wrong_type(file, schema)
    if wrong is not None:
        return wrong
    naive = schema.field("time").type.tz is None
    if naive:
        said.append(fault("naive_times", file, lines=(1,), came=f"{metadata.num_rows} rows", count=metadata.num_rows))
    columns = tuple(name for name in COLUMNS if name in schema.names)
    return Slab(path, file, metadata, tuple(_groups(metadata, naive)), columns, naive, said)


def _not_parquet(path: Path, file: str) -> Finding | None:
    """Look at the first and last bytes: empty, packed, cut off."""
    try:
        size = path.stat().st_size
        with path.open("rb") as handle:
            head = handle.read(8)
            handle.seek(max(size - 4, 0))
            tail = handle.read(4)
    except OSError as wrong:
        return fault("unreadable_file", file, expected="a readable file", came=wrong.strerror or str(wrong))
    if size == 0:
        return fault(
            "empty_file",
            file,
            lines=(1,),
            expected="a Parquet file",
            came="0 bytes",
            todo="export it again or remove it",
        )
    if not head.startswith(MAGIC):
        other = foreign(head, file)
        return other or fault(
            "broken_parquet",
            file,
            lines=(1,),
            expected="a Parquet file",
            came="other bytes at its start",
            todo="name text files .csv",
        )
    if tail != MAGIC or size < 12:
        return fault(
            "broken_parquet",
            file,
            lines=(1,),
            expected="a whole Parquet file",
            came=f"{size} bytes without a footer at the end",
            todo="the file was cut off: copy or export it again",
        )
    return None


def _broken(file: str, damage: Exception) -> Finding:
    came = str(damage).splitlines()[0][:200] if str(damage) else type(damage).__name__
    return fault(
        "broken_parquet",
        file,
        lines=(1,),
        expected="a readable Parquet file",
        came=came,
        todo="copy or export it again",
    )


def _too_large(path: Path, file: str, metadata: Any) -> Finding | None:
    """Refuse declared sizes that no file of readings has, before anything is expanded."""
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    declared = sum(group.total_byte_size for group in groups)
    size = path.stat().st_size
    bounds = (
        (metadata.num_rows, min(FILE_ROWS, max(ROWS_PER_BYTE * size, FREE_ROWS)), f"rows from {size} bytes on disk"),
        (declared, min(FILE_BYTES, max(EXPANSION * size, FREE_BYTES)), f"declared bytes from {size} bytes on disk"),
        (max((group.num_rows for group in groups), default=0), GROUP_ROWS, "rows in a row group"),
        (max((group.total_byte_size for group in groups), default=0), GROUP_BYTES, "declared bytes in a row group"),
    )
    for came, limit, what in bounds:
        if came > limit:
            return fault(
                "file_too_large",
                file,
                lines=(1,),
                expected=f"at most {limit} {what}",
                came=str(came),
                todo="write smaller files or row groups",
            )
    return None


def _wrong_type(file: str, schema: Any) -> Finding | None:
    """Point a string, time a timestamp, value a number, seq a whole number."""
    kinds = pa.types
    point = schema.field("point").type
    point = point.value_type if kinds.is_dictionary(point) else point
    value = schema.field("value").type
    tests = [
        ("point", kinds.is_string(point) or kinds.is_large_string(point), "a string"),
        ("time", kinds.is_timestamp(schema.field("time").type), "a timestamp"),
        ("value", kinds.is_integer(value) or kinds.is_floating(value) or kinds.is_decimal(value), "a number"),
        ("seq", "seq" not in schema.names or kinds.is_integer(schema.field("seq").type), "a whole number"),
    ]
    for name, right, expected in tests:
        if not right:
            return fault(
                "wrong_type",
                file,
                lines=(1,),
                expected=f"{expected} in {name}",
                came=str(schema.field(name).type),
                todo="write the column with that type",
                column=name,
            )
    return None


def _groups(metadata: Any, naive: bool) -> Iterator[Group]:
    names = (
        {metadata.row_group(0).column(place).path_in_schema: place for place in range(metadata.num_columns)}
        if metadata.num_row_groups
        else {}
    )
    before = 0
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        points, times = _bounds(group, names["point"]), _bounds(group, names["time"])
        texts = (points[0], points[1]) if points and isinstance(points[0], str) and isinstance(points[1], str) else None
        yield Group(number, before, group.num_rows, texts, _instants(times, naive))
        before += group.num_rows


def _bounds(group: Any, place: int) -> tuple[Any, Any] | None:
    """Smallest and largest value of a column by the footer; None where it does not tell."""
    try:
        statistics = group.column(place).statistics
        known = statistics is not None and statistics.has_min_max and not statistics.null_count
        return (statistics.min, statistics.max) if known else None
    except (pa.ArrowException, ValueError, OverflowError):
        return None


def _instants(bounds: tuple[Any, Any] | None, naive: bool) -> tuple[datetime, datetime] | None:
    """Bounds of times in UTC; naive ones are widened by all that a clock may differ."""
    if bounds is None or not all(isinstance(one, datetime) for one in bounds):
        return None
    try:
        first, last = (one if one.tzinfo else one.replace(tzinfo=UTC) for one in bounds)
        return (first - CLOCK_SLACK, last + CLOCK_SLACK) if naive else (first, last)
    except OverflowError:
        return None


def read_group(slab: Slab, group: Group, book: MeterBook, base: int) -> tuple[pl.DataFrame, list[Finding]]:
    """Read one row group: good rows in file order, and findings. Rows are numbered from 1 in the file."""
    try:
        with pq.ParquetFile(slab.path, metadata=slab.metadata, read_dictionary=["point"]) as source:
            frame = pl.from_arrow(source.read_row_group(group.number, columns=list(slab.columns)))
    except (pa.ArrowException, OSError, ValueError, pl.exceptions.PolarsError) as damage:
        came = f"row group {group.number + 1}: {str(damage).splitlines()[0][:160]}"
        wrong = fault(
            "broken_parquet",
            slab.file,
            lines=(group.before + 1,),
            expected="readable pages",
            came=came,
            todo="copy or export the file again",
        )
        return FRAME.to_frame(), [wrong]
    if not isinstance(frame, pl.DataFrame):
        return FRAME.to_frame(), []
    found: list[Finding] = []
    rows = _columns(frame, group.before)
    rows = _complete(rows, slab.file, found)
    rows = checked_values(rows, slab.file, book, found)
    rows = years_kept(rows, slab.file, found)
    if slab.naive:
        rows = placed(rows, slab.file, book, found)
    else:
        rows = rows.with_columns(time=pl.col("local").dt.replace_time_zone("UTC"))
    named = [_in_group(finding, group) for finding in found]
    return rows.with_columns(order=pl.col("line") + base).select(FRAME.names()), named


def _in_group(finding: Finding, group: Group) -> Finding:
    """Say which row group, counted from 1, and which of its rows a finding's row of the file is."""
    row = (finding.where.line or group.before + 1) - group.before
    place = f"row group {group.number + 1}, row {row} of it"
    return replace(finding, message=f"{finding.message}; {place}", params={**finding.params, "place": place})


def _columns(frame: pl.DataFrame, before: int) -> pl.DataFrame:
    """Bring a row group to ``point``, ``local``, ``value``, ``seq``, ``line``; aware times become UTC without zone."""
    time = pl.col("time").dt.cast_time_unit("us")
    kind = frame.schema["time"]
    if isinstance(kind, pl.Datetime) and kind.time_zone is not None:
        time = time.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    seq = pl.col("seq").cast(pl.Int64) if "seq" in frame.columns else pl.lit(None, pl.Int64)
    return frame.select(
        pl.col("point").cast(pl.Categorical),
        time.alias("local"),
        pl.col("value").cast(pl.Float64),
        seq.alias("seq"),
        line=pl.int_range(before + 1, before + 1 + pl.len(), dtype=pl.Int64),
    )


def _complete(rows: pl.DataFrame, file: str, found: list[Finding]) -> pl.DataFrame:
    """Drop rows without a value (no readings) and set aside rows without a point or a time."""
    for name, what in (("point", "a point"), ("local", "a time")):
        if rows[name].null_count():
            bad = rows.filter(pl.col(name).is_null())
            found += tally(bad, "missing_value", file, expected=what, came="null")
            rows = rows.filter(pl.col(name).is_not_null())
    empty = rows["value"].null_count()
    if empty:
        first = rows.filter(pl.col("value").is_null())["line"][0]
        found.append(
            fault("blank_values", file, lines=(first,), came=f"{empty} rows, first in row {first}", count=empty)
        )
        rows = rows.filter(pl.col("value").is_not_null())
    return rows
