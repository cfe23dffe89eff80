"""Framing: the one module of the room that speaks to an engine (Polars). Rules elsewhere are Narwhals expressions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import narwhals as nw
import polars as pl

Lazy: TypeAlias = nw.LazyFrame[Any]
History: TypeAlias = Callable[[Sequence[str]], Iterable[pl.DataFrame]]

_TAKEN = {"code": pl.Int32, "us": pl.Int64, "value": pl.Float64, "seq": pl.Int64, "order": pl.Int64}
_TYPES: Mapping[type, Any] = {int: pl.Int64, float: pl.Float64, bool: pl.Boolean, str: pl.String}


def take(block: pl.DataFrame, points: Sequence[str]) -> Lazy:
    """Bring a reading frame to ``code, us, value, seq, order``: point by point, each in file order.

    ``code`` (Int32) is the position in ``points``; rows of other points are dropped (the folder has told of them).
    """
    position = {point: code for code, point in enumerate(points)}
    seen = block.get_column("point").cast(pl.Categorical)
    kinds = pl.DataFrame({"point": seen.unique()}).with_columns(physical=pl.col("point").to_physical()).drop_nulls()
    known = dict(zip(kinds.get_column("physical").to_list(), kinds.get_column("point").to_list(), strict=True))
    code_of = [position.get(known.get(number, "")) for number in range(max(known, default=-1) + 1)]
    code = pl.Series("code", code_of, dtype=pl.Int32).gather(seen.to_physical())
    order = pl.col("order") if "order" in block.columns else pl.int_range(pl.len())
    rows = block.select(
        code=code,
        us=pl.col("time").dt.cast_time_unit("us").cast(pl.Int64),
        value=pl.col("value").cast(pl.Float64),
        seq=(pl.col("seq") if "seq" in block.columns else pl.lit(None)).cast(pl.Int64),
        order=order.cast(pl.Int64),
    )
    if code.null_count():
        rows = rows.filter(pl.col("code").is_not_null())
    rows = rows.rechunk()
    if not rows.get_column("code").is_sorted():
        rows = rows.sort("code", maintain_order=True)
    return nw.from_native(rows.lazy())


def take_all(blocks: Iterable[pl.DataFrame], points: Sequence[str]) -> Lazy:
    """`take` for several reading frames at once."""
    held = [block for block in blocks if block.height]
    return take(pl.concat(held), points) if held else nw.from_native(pl.DataFrame(schema=_TAKEN).lazy())


def hold(lazy: Lazy) -> Lazy:
    """Compute once and keep, so that later steps do not compute it again."""
    return nw.from_native(rows_of(lazy).lazy())


def rows_of(lazy: Lazy) -> pl.DataFrame:
    """Compute."""
    native: pl.DataFrame = lazy.collect(backend="polars").to_native()
    return native


def dicts(lazy: Lazy) -> list[dict[str, Any]]:
    """Compute a small result as Python rows."""
    return rows_of(lazy).to_dicts()


def table(columns: Mapping[str, type], rows: Iterable[Sequence[Any]]) -> Lazy:
    """Make a small frame from Python rows; ``columns`` name -> int (Int64), float, bool or str. ``code`` is Int32."""
    schema = {name: pl.Int32 if name in {"code", "device"} else _TYPES[kind] for name, kind in columns.items()}
    return nw.from_native(pl.DataFrame(list(rows), schema=schema, orient="row").lazy())


def stack(parts: Sequence[Lazy]) -> Lazy:
    """Put frames of equal columns under each other."""
    return parts[0] if len(parts) == 1 else nw.concat(list(parts), how="vertical")


def split(rows: Lazy, most: int) -> list[Lazy]:
    """Cut a frame from `take` into frames of whole points with about ``most`` rows each, to bound memory."""
    frame = rows_of(rows)
    sizes = frame.group_by("code").len().sort("code").get_column("len").to_list()
    pieces, begin, length = [], 0, 0
    for size in sizes:
        if length and length + size > most:
            pieces.append((begin, length))
            begin, length = begin + length, 0
        length += size
    return [nw.from_native(frame.slice(*piece).lazy()) for piece in (*pieces, (begin, length)) if piece[1]]


def spread(lazy: Lazy, first: str, last: str) -> Lazy:
    """Repeat each row for every whole number ``id`` from ``first`` to ``last``, both inclusive."""
    frame = rows_of(lazy)
    return nw.from_native(frame.with_columns(id=pl.int_ranges(pl.col(first), pl.col(last) + 1)).explode("id").lazy())


def instants(frame: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """Turn microsecond columns into Datetime[us, UTC]."""
    return frame.with_columns(pl.col(name).cast(pl.Datetime("us", "UTC")) for name in columns)


def named(frame: pl.DataFrame, points: Sequence[str]) -> pl.DataFrame:
    """Replace ``code`` by ``point``."""
    names = pl.Series("point", list(points), dtype=pl.String)
    return frame.with_columns(point=names.gather(frame.get_column("code"))).drop("code")
