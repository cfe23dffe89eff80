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

from lingtan.series import arrival, dips, registers, rollup, summarise

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


def even() -> tuple[pl.DataFrame, pl.DataFrame]:
    """Assigned readings and constants of two devices, one stamped at the end, with holes and negative values."""
    rows = [
        (code, code, START.timestamp() * 1e6 + 900e6 * i, (i * 7919) % 1000 - (300 if code else 0), 0, i)
        for code in (0, 1)
        for i in range(96 * 20)
        if i % 61 and not 300 < i < 340
    ]
    schema = {"code": pl.Int32, "device": pl.Int32, "us": pl.Int64, "v": pl.Int64, "marks": pl.Int32, "order": pl.Int64}
    devices = pl.DataFrame(
        {
            "device": [0, 1], "weight": [3, 25], "period_us": [900_000_000] * 2, "gap_us": [1_350_000_000] * 2,
            "tick_us": [900_000_000] * 2, "rated": [None, 1e-6], "bidirectional": [True, False],
            "stamp_end": [False, True], "whole_days": [False] * 2,
        },
        schema_overrides={"device": pl.Int32, "rated": pl.Float64},
    )  # fmt: skip
    return pl.DataFrame(rows, schema=schema, orient="row", strict=False), devices


EVEN = """
with known as (
  select *, if(code = 0, 3, 25) as weight, us - if(code = 1, 900000000, 0) as start_us,
    lag(us) over w as since, lag(v) over w as old
  from even_rows window w as (partition by code order by us)
), stated as (
  select code, v * weight as interval, v * weight as rate,
    if(us - since <= 1350000000, (v + old) * weight, null) as rate_point
  from known
) select code, sum({0})::bigint as amount from stated where code = 0 or {0} >= 0 group by all order by code
"""


@pytest.mark.parametrize("register", ["interval", "rate", "rate_point"])
def test_intervals_and_rates_are_the_same_integers_on_both_engines(
    database: duckdb.DuckDBPyConnection, register: str
) -> None:
    rows, devices = even()
    rule = getattr(registers, register)

    def stated(rows: nw.LazyFrame[Any], devices: nw.LazyFrame[Any]) -> pl.DataFrame:
        frame: pl.DataFrame = registers.aside(rule(rows, devices)).collect(backend="polars").to_native()
        return frame.select(pl.all().exclude("gap", "order").cast(pl.Int64)).sort("code", "start_us")

    ours = stated(nw.from_native(rows.lazy()), nw.from_native(devices.lazy()))
    theirs = stated(relation(database, "even_rows", rows), relation(database, "even_devices", devices))
    assert ours["amount"].null_count() > 0
    assert ours.equals(theirs)
    # The quarter-hours are whole, so that a rate's amount is its value in one tick.
    again = database.sql(EVEN.format(register)).pl()
    assert ours.group_by("code").agg(pl.col("amount").sum()).sort("code").rows() == again.rows()


def test_slight_dips_are_the_same_readings_on_both_engines(database: duckdb.DuckDBPyConnection) -> None:
    values = [1000 + 10 * i - (7 if i % 53 < 2 else 0) - (11 * (i % 29 == 3)) for i in range(2000)]
    rows = pl.DataFrame({"device": [0] * 2000, "us": range(2000), "v": values}, schema_overrides={"device": pl.Int32})

    def found(rows: nw.LazyFrame[Any]) -> pl.DataFrame:
        frame: pl.DataFrame = dips.slips(rows).filter(nw.col("dip")).collect(backend="polars").to_native()
        return frame.select("us", "v").sort("us")

    ours = found(nw.from_native(rows.lazy()))
    # A reading below the highest before it and no later than twelve before the counter is back.
    peak = [max(values[: i + 1]) for i in range(2000)]
    assert ours["us"].to_list() == [i for i in range(2000) if values[i] < peak[i]]
    assert ours.equals(found(relation(database, "dip_rows", rows)))
