"""Whole chain from readings: counters, gaps, faults, device changes, worked out by hand beside each test."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from places import lines_of

STREAMS = "id,commodity,source,target,made_as,used_as\nel,electricity,grid,E1,,\n"
METERS = "point,stream,role,register,unit,multiplier,digits,period,from,to,first_value,last_value\n"
START = datetime(2025, 1, 1)
Write = Callable[[dict[str, str]], Path]
Run = Callable[..., Any]


def counter(hours: Iterable[int], step: float = 1.0, start: float = 0.0, wrap: float = 1e9) -> str:
    """Return readings of P1 at the given hours of 2025; the counter advances by ``step`` an hour."""
    rows = [f"P1,{START + timedelta(hours=h):%Y-%m-%dT%H:%M:%S},{(start + step * h) % wrap:.1f}" for h in hours]
    return "point,time,value\n" + "\n".join(rows) + "\n"


def park(readings: str, meters: str = "P1,el,main,counter,kWh,10,,PT1H,,,,\n") -> dict[str, str]:
    """Return the tables of a park with one metered stream."""
    return {"streams.csv": STREAMS, "meters.csv": METERS + meters, "readings/2025.csv": readings}


def rows(
    run: Run, folder: Path, step: str, first: str = "2025-01-01", last: str = "2026-01-01"
) -> list[dict[str, Any]]:
    """Return the flows of stream el."""
    got = run("flows", folder, "--by", "stream", "--step", step, "--from", first, "--to", last)
    return [row for row in got if row["id"] == "el"]


def test_counter_gives_last_less_first_times_multiplier(write: Write, run: Run) -> None:
    folder = write(park(counter(range(8761))))
    year = rows(run, folder, "year")
    assert [row["amount"] for row in year] == [87600.0]
    assert year[0]["unit"] == "kWh"
    assert year[0]["start"].startswith("2025-01-01T00:00:00+08:00")
    assert year[0]["resolved"] == 1
    january, *_ = rows(run, folder, "month")
    assert january["amount"] == 31 * 24 * 10


def test_roll_over_of_a_four_digit_counter_loses_nothing(write: Write, run: Run) -> None:
    meters = "P1,el,main,counter,kWh,10,4,PT1H,,,,\n"
    folder = write(park(counter(range(8761), step=3.0, start=9000, wrap=1e4), meters))
    year = rows(run, folder, "year")
    assert year[0]["amount"] == 8760 * 30
    assert "rolled_over" in year[0]["flags"]


def test_gap_across_a_month_edge_counts_in_the_year_only(write: Write, run: Run) -> None:
    # no readings from 30 January 00:00 to 3 February 00:00: 96 h, 960 kWh known for the year, not for the months
    away = range(29 * 24 + 1, 33 * 24)
    folder = write(park(counter(h for h in range(8761) if h not in away)))
    year = rows(run, folder, "year")
    assert year[0]["amount"] == 87600
    months = rows(run, folder, "month")
    assert months[0]["amount"] == 29 * 240
    assert months[0]["unplaced"] == 960
    assert months[0]["known"] == pytest.approx(29 / 31)
    assert months[1]["amount"] == 26 * 240
    assert year[0]["known"] == pytest.approx(1)
    assert year[0]["resolved"] == pytest.approx(1 - 96 / 8760)


def test_day_without_readings_is_null_not_zero(write: Write, run: Run) -> None:
    folder = write(park(counter(h for h in range(8761) if not 24 <= h <= 96)))
    days = rows(run, folder, "day", "2025-01-01", "2025-01-05")
    assert [day["amount"] for day in days] == [230, None, None, None]


def test_faulty_rows_are_set_aside_and_the_counter_goes_on(write: Write, run: Run) -> None:
    lines = counter(range(8761)).splitlines()
    lines[10] = lines[10].rsplit(",", 1)[0] + ",NaN"
    lines[20] = lines[20].rsplit(",", 1)[0] + ",-5"
    lines[30] = lines[30].rsplit(",", 1)[0] + ",1e308"
    folder = write(park("\n".join(lines) + "\n"))
    assert rows(run, folder, "year")[0]["amount"] == 87600
    faults = [f for f in run("check", folder, code=1)["findings"] if f["level"] == "error"]
    assert {11, 21, 31} <= {line for f in faults for line in lines_of(f)}


def test_device_change_uses_closing_and_opening_registers(write: Write, run: Run) -> None:
    meters = (
        "P1,el,main,counter,kWh,10,,PT1H,2025-01-01,2025-07-01,0,4344\n"
        "P1,el,main,counter,kWh,10,,PT1H,2025-07-01,,4344,\n"
    )
    folder = write(park(counter(range(8761)), meters))
    assert rows(run, folder, "year")[0]["amount"] == 87600


def test_same_readings_in_another_order_give_the_same_flows(write: Write, run: Run) -> None:
    straight = counter(range(8761)).splitlines()
    folder = write(park("\n".join([straight[0], *reversed(straight[1:])]) + "\n"))
    assert rows(run, folder, "year")[0]["amount"] == 87600


def test_invoice_takes_over_a_month_that_the_meter_does_not_know(write: Write, run: Run) -> None:
    away = range(40 * 24 + 1, 62 * 24)
    tables = park(counter(h for h in range(8761) if h not in away))
    tables["statements/a.csv"] = (
        "stream,start,end,amount,unit,kind,reporter\n"
        "el,2025-02-01,2025-03-01,6.9,MWh,invoice,grid\nel,2025-05-01,2025-06-01,7440,kWh,invoice,grid\n"
    )
    months = rows(run, write(tables), "month")
    assert months[1]["amount"] == 6900
    assert months[1]["origin"] == "invoice"
    assert months[4]["origin"] == "meter"


def test_deviation_names_the_amount_at_stake_and_the_suspected_unit(write: Write, run: Run) -> None:
    tables = park(counter(range(8761)))
    tables["statements/a.csv"] = (
        "stream,start,end,amount,unit,kind,reporter\nel,2025-05-01,2025-06-01,74400,kWh,invoice,grid\n"
    )
    folder = write(tables)
    result = run("account", folder, "--year", 2025, "--method", "cn-zcp-2025")
    found = next(f for f in result["findings"] if f["code"] == "deviation")
    assert found["amount"] == pytest.approx(74400 - 7440)
    assert found["unit"] == "kWh"
    assert "10" in found["message"]
