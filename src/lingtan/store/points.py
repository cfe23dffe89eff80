"""What the database knows of points: their codes, extents and decimals, and what must be computed anew."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import polars as pl

from lingtan.store.base import Connection

_KNOWN: dict[str, type[pl.DataType]] = {
    "code": pl.Int32, "point": pl.String, "oldest_us": pl.Int64, "newest_us": pl.Int64, "places": pl.Int8,
    "largest": pl.Float64, "wide": pl.Boolean, "plan": pl.String,
}  # fmt: skip


def known(connection: Connection, park: str, names: Iterable[str]) -> pl.DataFrame:
    """Return the rows of points, making those that are new: ``code, point, oldest_us, newest_us, places, …``."""
    asked = sorted(names)
    frame = named(connection, park, asked)
    if frame.height < len(asked):
        missing = sorted(set(asked) - set(frame["point"]))
        connection.execute(
            "insert into store_point (park, point) select %s, unnest(%s::text[]) on conflict do nothing",
            (park, missing),
        )
        frame = named(connection, park, asked)
    return frame


def named(connection: Connection, park: str, names: Sequence[str] | None = None) -> pl.DataFrame:
    """Return the rows of the points that the store has of a park (None = all), by code."""
    query = f"select {', '.join(_KNOWN)} from store_point where park = %s"  # noqa: S608 - names of our own
    values: list[object] = [park]
    if names is not None:
        query, values = query + " and point = any(%s)", [park, list(names)]
    rows = connection.execute(query + " order by code", values).fetchall()
    return pl.DataFrame(rows, schema=_KNOWN, orient="row")


def learn(connection: Connection, fresh: pl.DataFrame) -> None:
    """Widen extents and decimals of points by new raw rows."""
    if not fresh.height:
        return
    size = pl.when(pl.col("places") >= 0).then(pl.col("v").abs() / 10.0 ** pl.col("places").clip(0, 6))
    found = fresh.group_by("code").agg(
        low=pl.min("us"),
        high=pl.max("us"),
        places=pl.when(pl.col("places") < 0).then(6).otherwise(pl.col("places")).max(),
        largest=size.max().fill_null(0.0),
    )
    connection.execute(
        """update store_point set oldest_us = least(oldest_us, low), newest_us = greatest(newest_us, high),
        places = greatest(store_point.places, came.places), largest = greatest(store_point.largest, came.largest)
        from unnest(%s::int[], %s::bigint[], %s::bigint[], %s::smallint[], %s::float8[])
        as came(code, low, high, places, largest) where store_point.code = came.code""",
        [found[name].to_list() for name in ("code", "low", "high", "places", "largest")],
    )


def mark_spans(connection: Connection, park: str, spans: pl.DataFrame) -> None:
    """Note spans ``code, low_us, high_us`` whose readings changed."""
    if spans.height:
        connection.execute(
            "insert into store_dirty (park, code, low_us, high_us) "
            "select %s, * from unnest(%s::int[], %s::bigint[], %s::bigint[])",
            (park, *(spans[name].to_list() for name in ("code", "low_us", "high_us"))),
        )


def mark_whole(connection: Connection, park: str, codes: Sequence[int], *, after_s: float = 0.0) -> None:
    """Note points whose whole history must be judged anew, once each; ``after_s`` seconds from now."""
    if codes:
        connection.execute(
            """insert into store_dirty (park, code, low_us, high_us, whole, due)
            select park, code, oldest_us, newest_us, true, clock_timestamp() + %s * interval '1 second'
            from store_point where park = %s and code = any(%s) and newest_us is not null and not exists (
            select 1 from store_dirty d where d.park = store_point.park and d.code = store_point.code and d.whole)""",
            (after_s, park, list(codes)),
        )


def settle(connection: Connection, plans: Mapping[int, str], wide: Sequence[int]) -> None:
    """Keep the plans that points were computed with, and which are judged on their whole history."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "update store_point set plan = %s where code = %s", [(plan, code) for code, plan in plans.items()]
        )
    connection.execute("update store_point set wide = true where code = any(%s) and not wide", (list(wide),))
