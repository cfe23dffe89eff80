"""Amounts of a day, month or year are the same whether a month, a year or all years are computed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from lingtan.book import Book
from places import PARK

Write = Callable[[dict[str, Any]], Path]
Rows = list[tuple[str, float]]

BEGIN = datetime(2023, 1, 1)
ALL = ("2023-01-01", "2026-01-01")
COLUMNS = ("id", "start", "amount", "resolved", "known", "unplaced", "flags")
NODES = "id,parent,kind\ngrid,,grid\nE1,,enterprise\nE2,,enterprise\n"
STREAMS = "id,commodity,source,target,made_as,used_as\n"


def stamped(hour: float) -> str:
    """Hours after 2023 as text."""
    return f"{BEGIN + timedelta(hours=hour):%Y-%m-%dT%H:%M}"


def six_hourly(value: Callable[[int], float]) -> Rows:
    """Readings every six hours over three years and a day."""
    return [(stamped(6 * number), value(number)) for number in range(4 * 1097)]


def own_steps() -> Rows:
    """Steps of 10 in 2023 and 2025, of 200 in 2024; on 1 June 2025 a fall that is 900 over the top of six digits.

    Of all steps the 99.9th percentile is 200, the limit 2000: a roll-over. Those of 2025 alone would say reset.
    """
    values, value = [], 10000.0
    for number in range(4 * 1097):
        value += 200 if stamped(6 * number)[:4] == "2024" else 10
        if stamped(6 * number) == "2025-06-01T00:00":
            value += 890
        values.append(value)
    shift = 1_000_000 - 450 - values[4 * 882]  # 1 June 2025 is day 882
    return [(stamped(6 * number), (value + shift) % 1_000_000) for number, value in enumerate(values)]


def blank_period() -> Rows:
    """Rates by the hour in 2023 and 2024, by six hours in 2025: the commonest distance of all is an hour."""
    return [(stamped(hour), 6) for hour in [*range(24 * 731), *range(24 * 731, 24 * 1096, 6)]]


def long_gap() -> Rows:
    """A counter that is silent from 10 October 2023 to 20 February 2024: 133 days with one known total."""
    rows = six_hourly(lambda number: 1000 + 10 * number)
    return [row for row in rows if not "2023-10-10T01" <= row[0] < "2024-02-20T00"]


def dip_over_new_year() -> Rows:
    """Nought read from 20 December 2024 to 9 January 2025: a dip, no reset and no second start from nought."""
    return six_hourly(lambda n: 0 if "2024-12-20" <= stamped(6 * n) < "2025-01-09" else 100000 + 10 * n)


def slip_over_new_year() -> Rows:
    """Two readings a little low at the turn of the year."""
    return six_hourly(lambda n: 100000 + 10 * n - (50 if "2024-12-31T18" <= stamped(6 * n) < "2025-01-01T06" else 0))


def reset_at_new_year() -> Rows:
    """From 1 January 2025 on the counter counts from nought."""
    first = 4 * 731
    return six_hourly(lambda n: 10 * (n - first) if n >= first else 100000 + 10 * n)


def midnights() -> Rows:
    """Hourly counter, 20 December 2024 to 10 January 2025, 10 kWh an hour; 24:00 of a date written as its 00:00."""
    rows = []
    for hour in range(1, 24 * 21):
        when = datetime(2024, 12, 20) + timedelta(hours=hour)
        rows.append((f"{when - timedelta(days=when.hour == 0):%Y-%m-%dT%H:%M}", 1000.0 + 10 * hour))
    return rows


CASES: dict[str, tuple[str, Callable[[], Rows]]] = {
    "own": ("counter,kWh,PT6H,6", own_steps),
    "blank": ("rate,kW,,", blank_period),
    "gap": ("counter,kWh,PT6H,", long_gap),
    "dip": ("counter,kWh,PT6H,", dip_over_new_year),
    "slip": ("counter,kWh,PT6H,", slip_over_new_year),
    "reset": ("counter,kWh,PT6H,", reset_at_new_year),
    "midnight": ("counter,kWh,PT1H,", midnights),
    "repaired": ("counter,kWh,PT1H,", midnights),
}


@pytest.fixture(params=["csv", "parquet"])
def book(request: pytest.FixtureRequest, write: Write, tmp_path: Path) -> Book:
    """A park with a point per case; Parquet by months, so that far readings stand in far files."""
    tables: dict[str, Any] = {
        "park.toml": PARK + '[repair]\nmidnight_same_date = ["repaired"]\n',
        "nodes.csv": NODES,
        "streams.csv": STREAMS + "".join(f"{name},electricity,grid,E1,,\n" for name in CASES),
        "meters.csv": "point,stream,role,register,unit,period,digits\n"
        + "".join(f"{name},{name},main,{register}\n" for name, (register, _) in CASES.items()),
    }
    rows = [(name, *row) for name, (_, make) in CASES.items() for row in make()]
    if request.param == "csv":
        tables["readings/a.csv"] = "point,time,value\n" + "".join(f"{p},{t},{v}\n" for p, t, v in rows)
        return Book.open(write(tables))
    frame = pl.DataFrame(rows, schema=["point", "time", "value"], orient="row", infer_schema_length=None).with_columns(
        pl.col("time").str.to_datetime("%Y-%m-%dT%H:%M"), pl.col("value").cast(float)
    )
    marked = frame.with_columns(month=pl.col("time").dt.strftime("%Y-%m"))
    for (month,), part in marked.partition_by("month", as_dict=True, maintain_order=True).items():
        part.drop("month").write_parquet(tmp_path / "part.parquet")
        tables[f"readings/{month}.parquet"] = (tmp_path / "part.parquet").read_bytes()
    return Book.open(write(tables))


def rows_of(book: Book, step: str, start: str, end: str) -> list[tuple[str, ...]]:
    """Rows of `lingtan flows --by point`; that a value looks stuck hangs on the other days of the window."""
    got = book.flow_table(by="point", step=step, start=date.fromisoformat(start), end=date.fromisoformat(end))
    for row in got:
        row["flags"] = [flag for flag in row["flags"] if flag != "stuck"]
    return [tuple(str(row[key]) for key in COLUMNS) for row in got]


def test_the_window_only_selects(book: Book) -> None:
    for step in ("year", "month", "day"):
        whole = rows_of(book, step, *ALL)
        for year in (2023, 2024, 2025):
            apart = rows_of(book, step, f"{year}-01-01", f"{year + 1}-01-01")
            assert apart == [row for row in whole if row[1][:4] == str(year)]
    months = rows_of(book, "month", *ALL)
    for month, after in (("2024-12", "2025-01"), ("2025-01", "2025-02")):
        assert rows_of(book, "month", f"{month}-01", f"{after}-01") == [row for row in months if row[1][:7] == month]
    long = rows_of(book, "hour", "2024-12-30", "2025-01-12")
    short = rows_of(book, "hour", "2025-01-01", "2025-01-03")
    assert short == [row for row in long if "2025-01-01" <= row[1][:10] < "2025-01-03"]


def test_the_years_are_what_the_readings_say(book: Book) -> None:
    years = rows_of(book, "year", *ALL)
    totals = {name: [row[2] for row in years if row[0] == name] for name in CASES}
    # six-hourly steps of 10: 1460, 1464 and 1460 steps
    assert totals["own"][2] == str(1460 * 10 + 890.0)
    # 6 kW: all hours, all hours, one hour of six
    assert totals["blank"] == [str(6.0 * 8760), str(6.0 * 8784), str(8760.0)]
    # 282 days of 40 before the gap, 316 after it; its total of 133 days counts in neither year
    assert totals["gap"] == [str(40.0 * 282), str(40.0 * 316), "14600.0"]
    assert [row[5] for row in years if row[0] == "gap"] == [str(40.0 * 133), str(40.0 * 133), "None"]
    # 2024 up to 19 December 18:00: 353 days and 18 h; 2025 from 9 January: 357 days
    assert totals["dip"] == ["14600.0", str(40.0 * 353 + 30), str(40.0 * 357)]
    # last good reading 31 December 12:00, next 1 January 06:00
    assert totals["slip"] == ["14600.0", str(14640.0 - 20), str(14600.0 - 10)]
    # the step from the last old reading to the new nought is the reset: nothing
    assert totals["reset"] == ["14600.0", str(14640.0 - 10), "14600.0"]


def test_days_with_24_00_written_as_00_00(book: Book) -> None:
    # without the repair the two hours around midnight are a gap that belongs to no day
    days = rows_of(book, "day", "2025-01-01", "2025-01-03")
    assert [row[2] for row in days if row[0] == "midnight"] == ["220.0", "220.0"]
    assert [row[2] for row in days if row[0] == "repaired"] == ["240.0", "240.0"]
