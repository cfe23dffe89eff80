"""The second way: the same expressions on DuckDB, and the rules written again in SQL. Integers must be equal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import duckdb
import narwhals as nw
import polars as pl
import pytest
from series_help import QUARTER, at, frame, meter, park

from lingtan.series import arrival, registers, rollup, summarise

START = at("2025-01-01")


@pytest.fixture
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    yield connection
    connection.close()


def readings() -> pl.DataFrame:
    """Two counters with gaps, duplicates, corrections, late rows, a roll-over and a reset."""
    parts = []
    for point, slope in (("A", 1.25), ("B", 40.0)):
        rows: list[tuple[Any, ...]] = []
        for i in range(96 * 40):
            if i % 211 in (5, 6, 7):
                continue
            value = (900_000 + slope * i * 10 + (i % 3) / 2) % 1_000_000
            if point == "A" and i > 3000:
                value = (i - 3000) * slope * 10
            rows.append((START + QUARTER * i, round(value, 2), None))
            if i % 97 == 3:
                rows.append((START + QUARTER * i, round(value, 2), None))
            if i % 131 == 4:
                rows.append((START + QUARTER * i, round(value + 1.5, 2), None))
            if i % 150 == 9:
                rows.append((START + QUARTER * (i - 4) + timedelta(minutes=7), round(value - slope * 36, 2), None))
        parts.append(frame(rows, point=point))
    return pl.concat(parts)


def relation(database: duckdb.DuckDBPyConnection, name: str, rows: pl.DataFrame) -> nw.LazyFrame[Any]:
    database.register(f"{name}_arrow", rows.to_arrow())
    database.execute(f"create or replace table {name} as select * from {name}_arrow")
    return nw.from_native(database.table(name))


def rows_in() -> tuple[pl.DataFrame, pl.DataFrame]:
    """Readings and devices as the rules take them."""
    rows = readings().select(
        code=pl.when(pl.col("point") == "A").then(0).otherwise(1).cast(pl.Int32),
        us=pl.col("time").cast(pl.Int64),
        value="value",
        seq="seq",
        order="order",
        marks=pl.lit(0, pl.Int32),
    )
    devices = pl.DataFrame(
        {
            "code": [0, 1], "device": [0, 1], "open_us": [0, 0], "shut_us": [2**60] * 2, "lead_us": [0, 0],
            "pow": [100.0, 100.0], "weight": [1, 1], "gap_us": [1_350_000_000] * 2, "full": [10**8] * 2,
            "rated": [100_000 * 100 / 3.6e9] * 2, "bidirectional": [False] * 2, "period_us": [900_000_000] * 2,
        },
        schema_overrides={"code": pl.Int32, "device": pl.Int32},
    )  # fmt: skip
    return rows, devices


def chain(rows: nw.LazyFrame[Any], devices: nw.LazyFrame[Any]) -> pl.DataFrame:
    """Arrival, counters and day sums in one plan of expressions."""
    marked = arrival.ranked(rows)
    settled = arrival.settle(marked, arrival.twins(marked))
    paired = registers.steps(arrival.assign(settled, devices))
    stated = registers.amounts(paired, devices, registers.own_power(paired, devices))
    days = rollup.sums(stated, nw.col("start_us") // 86_400_000_000, devices.select("code", "device", "period_us"))
    found: pl.DataFrame = rollup.by_point(days).collect(backend="polars").to_native()
    return found.select("code", "id", *(pl.col(c).cast(pl.Int64) for c in ("amount", "resolved_us"))).sort("code", "id")


def test_the_same_expressions_give_the_same_integers_on_both_engines(database: duckdb.DuckDBPyConnection) -> None:
    rows, devices = rows_in()
    ours = chain(nw.from_native(rows.lazy()), nw.from_native(devices.lazy()))
    theirs = chain(relation(database, "rows_in", rows), relation(database, "devices", devices))
    assert ours.height == 80
    assert ours.equals(theirs)


def test_the_same_expressions_give_the_same_flags_on_both_engines(database: duckdb.DuckDBPyConnection) -> None:
    rows, devices = rows_in()

    def flags(rows: nw.LazyFrame[Any], devices: nw.LazyFrame[Any]) -> pl.DataFrame:
        marked = arrival.ranked(rows)
        paired = registers.steps(arrival.assign(arrival.settle(marked, arrival.twins(marked)), devices))
        stated = registers.amounts(paired, devices, registers.own_power(paired, devices))
        found: pl.DataFrame = (
            (stated.group_by("code", "flags").agg(n=nw.len(), total=nw.col("amount").sum().cast(nw.Int64)))
            .collect(backend="polars")
            .to_native()
        )
        return found.select(pl.all().cast(pl.Int64)).sort("code", "flags")

    ours = flags(nw.from_native(rows.lazy()), nw.from_native(devices.lazy()))
    theirs = flags(relation(database, "rows_in", rows), relation(database, "devices", devices))
    assert ours.height > 4
    assert ours.equals(theirs)


SQL = """
with chosen as (
  select point, time, arg_max(value, "order") as value from readings group by point, time
), paired as (
  select *, lag(time) over w as since, lag(value) over w as old
  from chosen window w as (partition by point order by time)
), steps as (
  select point, since, time, round(value * 100)::bigint as v, round(old * 100)::bigint as o,
    epoch_us(time) - epoch_us(since) as length
  from paired where since is not null
), judged as (
  select *, case when v >= o then v - o
    when v - o + 100000000 < 2 * 100000 * 100 * length / 3.6e9 then v - o + 100000000
    else v end as amount, length > 1350000000 as gap
  from steps
)
select point, case when not gap or since::date = (time - interval 1 microsecond)::date then since::date end as day,
  sum(amount)::bigint as amount
from judged group by all order by all
"""


def test_day_sums_and_gaps_equal_the_rules_written_again_in_sql(database: duckdb.DuckDBPyConnection) -> None:
    relation(database, "readings", readings())
    theirs = database.sql(SQL).pl()
    p = park(meter("A", digits=6), meter("B", digits=6), rated=100_000)
    series = summarise([readings()], p, START, at("2026-01-01"))
    cents = {point: int(quantum * 100) for point, quantum in series.quantum.items()}
    rows = series.buckets["day"].drop_nulls("amount")
    ours = [(r["point"], r["start"].date(), r["amount"] * cents[r["point"]]) for r in rows.to_dicts()]
    assert ours == theirs.drop_nulls("day").sort("point", "day").select("point", "day", "amount").rows()
    apart = theirs.filter(pl.col("day").is_null())["amount"].sum()
    years = series.buckets["year"].select("point", "amount").rows()
    assert sum(row[2] for row in ours) + apart == sum(amount * cents[point] for point, amount in years)
