"""Reads: readings as the series room takes them, roll-ups, and both as they were known at an earlier instant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from functools import reduce
from operator import or_

import polars as pl

from lingtan.store import files, manifest, points, rows
from lingtan.store.base import Connection, connect, told
from lingtan.store.model import DAY, Segment, Store, StoreError, instant, micros

STEPS = ("hour", "day", "month")
REACH = (2 * DAY, 45 * DAY)
FEW = 4
_FRAME: dict[str, pl.DataType | type[pl.DataType]] = {
    "point": pl.String, "time": pl.Datetime("us", "UTC"), "value": pl.Float64, "seq": pl.Int64, "order": pl.Int64,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class View:
    """One state of the store that is being read; its segments stay while the view is open."""

    store: Store
    connection: Connection
    generation: int


@contextmanager
def view(store: Store, *, of: int | datetime | None = None, held: Connection | None = None) -> Iterator[View]:
    """Open the newest state, a generation, or the one known at an instant; its files are not swept meanwhile.

    ``held`` is a connection in autocommit mode to read by, for who opens many views; without it one is opened.

    Raises
    ------
    StoreError : there is no such generation.
    """
    with connect(store, autocommit=True) if held is None else nullcontext(held) as connection, told():
        # A reader's mark need not outlive the database: a crash ends its reader too.
        connection.execute("set synchronous_commit = off")
        last = manifest.current(connection).generation
        number = manifest.at(connection, of) if isinstance(of, datetime) else last if of is None else of
        if not 0 <= number <= last:
            raise StoreError(f"Expected a generation from 0 to {last}, got {number}.")
        reader = connection.execute(
            "insert into store_reader (generation, pid, began, until) select %s, pid, backend_start, "
            "clock_timestamp() + interval '1 day' from pg_stat_activity where pid = pg_backend_pid() returning reader",
            (number,),
        ).fetchone()
        try:
            yield View(store, connection, number)
        finally:
            connection.execute("delete from store_reader where reader = %s", reader)
            connection.execute("reset synchronous_commit")


def raw(
    seen: View, park: str, codes: Sequence[int], low_us: int, high_us: int, *, segments: Sequence[Segment] | None = None
) -> pl.DataFrame:
    """Rows of some codes over [low, high), sorted, as known in the view's generation.

    All versions live in the newest segments; a state is those of its generation or before.
    """
    if not codes:
        return files.empty("raw")
    held = manifest.segments(
        seen.connection, park=park, kind="raw", span=(low_us, high_us - 1), codes=(min(codes), max(codes))
    ) if segments is None else segments  # fmt: skip
    scan = files.scan(seen.store, held, kind="raw").filter(
        pl.col("us") >= low_us, pl.col("us") < high_us, pl.col("gen") <= seen.generation, _near(codes)
    )
    return rows.ordered(_only(scan.collect(), codes))


def readings(
    seen: View,
    park: str,
    names: Sequence[str] | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
    *,
    block: int = 40,
    edge: int = 1,
) -> Iterator[pl.DataFrame]:
    """Give readings in the frames of the contract "Reading frames", all versions, up to ``block`` points a frame.

    Each frame holds of each point the ``edge`` reading times before ``start`` and at or after ``end``, however far away
    they are. ``order`` is ``batch x 2^32 + row``, which `place` takes.
    """
    known = points.named(seen.connection, park, names).filter(pl.col("newest_us").is_not_null()).sort("point")
    for own in known.iter_slices(block):
        low, high = _extent(own)
        first = low if start is None else micros(start)
        last = high if end is None else micros(end)
        found = bounded(seen, park, own, (first, last), edge=edge)
        if found.height:
            yield _framed(rows.versions(found), own)


def bounded(
    seen: View, park: str, own: pl.DataFrame, span: tuple[int, int], *, edge: int, reach: Sequence[int] = REACH
) -> pl.DataFrame:
    """Raw rows of points ``own`` over [span), with at least ``edge`` reading times on either side where there are any.

    Looks as far as each ``reach`` [us] to either side, then everywhere, for those points only that still miss some.
    """
    rest, parts = own, []
    for far in (*reach, None):
        low, high = _extent(rest)
        wide = (low, high) if far is None else (span[0] - far, span[1] + far)
        frame = raw(seen, park, rest["code"].to_list(), *wide)
        have = (
            frame.lazy()
            .group_by("code")
            .agg(
                before=pl.col("us").filter(pl.col("us") < span[0]).n_unique(),
                after=pl.col("us").filter(pl.col("us") >= span[1]).n_unique(),
            )
            .collect()
        )
        judged = rest.join(have, on="code", how="left").with_columns(pl.col("before", "after").fill_null(0))
        whole = ((pl.col("before") >= edge) | (pl.col("oldest_us") >= wide[0])) & (
            (pl.col("after") >= edge) | (pl.col("newest_us") < wide[1])
        )
        done = judged.filter(whole)["code"]
        parts.append(_cut(frame.filter(pl.col("code").is_in(done.implode())), span, edge))
        rest = rest.filter(~pl.col("code").is_in(done.implode()))
        if not rest.height:
            break
    return rows.ordered(pl.concat(parts)) if len(parts) > 1 else parts[0]


def place(seen: View, order: int) -> tuple[str, int]:
    """Batch and its source, and the row in it from 1, of a reading's ``order``; the batch may be gone by now."""
    batch = order >> rows.ROW_BITS
    row = seen.connection.execute("select source, key from store_inbox where batch = %s", (batch,)).fetchone()
    told = f"batch {batch}" + (f" of {row[0]}" + (f", message {row[1]}" if row[1] else "") if row else "")
    return told, (order & (2**rows.ROW_BITS - 1)) + 1


def live(seen: View, park: str, kind: str) -> tuple[Segment, ...]:
    """Segments of a kind in the view's generation, as ``lingtan store`` and benchmarks count them."""
    return manifest.segments(seen.connection, park=park, kind=kind, of=seen.generation)


def rolled(
    seen: View, park: str, step: str, start: datetime, end: datetime, *, names: Sequence[str] | None = None
) -> pl.DataFrame:
    """Roll-ups of one step whose interval starts in [start, end), by point and time.

    Columns: ``point``, ``start``, ``end``, ``amount`` Int64 [quanta] (null = nothing known), ``unplaced`` [quanta],
    ``quantum`` (canonical units a quantum, a fraction as text; blank = no metering point), ``periods``, ``resolved``,
    ``time_us``, ``known_us``, ``flags`` (`ledger.quality`), ``count``, ``low``, ``high`` of the readings, ``gen`` (the
    generation that computed the row). An interval without a row is missing, never zero.

    Raises
    ------
    Forgotten : the view is of a generation whose roll-ups are no longer kept.
    """
    if step not in STEPS:
        raise StoreError(f"Expected a step among {', '.join(STEPS)}; came {step!r}.")
    known = points.named(seen.connection, park, names)
    own = derived(seen, park, step, known["code"].to_list(), micros(start), micros(end))
    named = own.join(known.select("code", "point"), on="code", how="left", maintain_order="left")
    times = (pl.col(name).cast(pl.Datetime("us", "UTC")) for name in ("us", "end_us"))
    return named.with_columns(times).rename({"us": "start", "end_us": "end"}).select(
        "point", "start", "end", *files.columns(step)[3:]
    ).sort("point", "start")  # fmt: skip


def derived(seen: View, park: str, kind: str, codes: Sequence[int], low_us: int, high_us: int) -> pl.DataFrame:
    """Newest row of each interval that starts in [low, high) as of the view, by code and time."""
    if not codes:
        return files.empty(kind)
    span = (low_us, high_us - 1)
    of = manifest.horizon(seen.connection, park, seen.generation)
    held = manifest.segments(seen.connection, park=park, kind=kind, span=span, codes=(min(codes), max(codes)), of=of)
    scan = files.scan(seen.store, held, kind=kind).filter(
        pl.col("us").is_between(*span), pl.col("gen") <= seen.generation, _near(codes)
    )
    return latest(_only(scan.collect(), codes))


def _near(codes: Sequence[int]) -> pl.Expr:
    """Filter for a scan: these codes or, where there are many, those between; a set costs more than it leaves out."""
    if len(codes) <= FEW:
        return reduce(or_, (pl.col("code") == code for code in codes))
    return pl.col("code").is_between(min(codes), max(codes))


def _only(frame: pl.DataFrame, codes: Sequence[int]) -> pl.DataFrame:
    """Leave out what `_near` let through."""
    if len(codes) <= FEW or len(codes) == max(codes) - min(codes) + 1:
        return frame
    wanted = pl.DataFrame({"code": codes}, schema={"code": pl.Int32})
    return frame.join(wanted, on="code", how="semi")


def latest(frame: pl.DataFrame) -> pl.DataFrame:
    """Of rows of the same interval the one of the highest generation."""
    return frame.sort("code", "us", "gen").unique(["code", "us"], keep="last", maintain_order=True)


def one_quantum(frame: pl.DataFrame) -> tuple[pl.DataFrame, dict[str, Fraction]]:
    """Bring the amounts of each point (`rolled`) to one quantum; return them with the quantum of each point.

    Raises
    ------
    StoreError : two quanta of a point have no common measure among them.
    """
    pairs = frame.select("point", "quantum").unique().sort("point", "quantum").rows()
    finest: dict[str, Fraction] = {}
    for point, text in pairs:
        size = Fraction(text or 1)
        finest[point] = min(size, finest.get(point, size))
    factors = []
    for point, text in pairs:
        ratio = Fraction(text or 1) / finest[point]
        if ratio.denominator != 1:
            raise StoreError(f"Amounts of {point} stand in quanta without a common measure; rebuild the point.")
        factors.append((point, text, int(ratio)))
    if all(factor == 1 for _, _, factor in factors):
        return frame, finest
    table = pl.DataFrame(factors, schema={"point": pl.String, "quantum": pl.String, "factor": pl.Int64}, orient="row")
    scaled = frame.join(table, on=["point", "quantum"], how="left", maintain_order="left")
    return scaled.with_columns(pl.col("amount", "unplaced") * pl.col("factor")).drop("factor"), finest


def _extent(own: pl.DataFrame) -> tuple[int, int]:
    low, high = own.select(pl.min("oldest_us").alias("a"), pl.max("newest_us").alias("b")).row(0)
    return int(low), int(high) + 1


def _cut(frame: pl.DataFrame, span: tuple[int, int], edge: int) -> pl.DataFrame:
    """Keep the span with ``edge`` reading times on either side of it."""
    us = pl.col("us")
    before = us.filter(us < span[0]).unique().top_k(edge).min().over("code")
    after = us.filter(us >= span[1]).unique().bottom_k(edge).max().over("code")
    keep = ((us >= span[0]) | (us >= before)).fill_null(value=False)
    return frame.filter(keep & ((us < span[1]) | (us <= after)).fill_null(value=False))


def _framed(frame: pl.DataFrame, own: pl.DataFrame) -> pl.DataFrame:
    """Name codes and times as the contract does."""
    named = frame.join(own.select("code", "point"), on="code", how="left", maintain_order="left")
    placed = named.with_columns(time=pl.col("us").cast(pl.Datetime("us", "UTC"))).select(*_FRAME)
    return placed.sort("point", "order")


__all__ = [
    "STEPS",
    "View",
    "bounded",
    "derived",
    "instant",
    "one_quantum",
    "place",
    "raw",
    "readings",
    "rolled",
    "view",
]
