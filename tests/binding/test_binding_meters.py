"""Park folder, "Meters and readings", sentence by sentence, on small parks; figures worked out by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from places import PARK, lines_of

Write = Callable[[dict[str, Any]], Path]
Run = Callable[..., Any]
Ask = Callable[..., list[dict[str, Any]]]
Check = Callable[..., list[dict[str, Any]]]

STREAMS = "id,commodity,source,target,made_as,used_as\nel,electricity,grid,E1,,\n"
NODES = "id,parent,kind,rated_kw\ngrid,,grid,\nE1,,enterprise,{rated}\nE2,,enterprise,\n"
DAY = ("2025-01-01", "2025-01-02")
START = datetime(2025, 1, 1)
BERLIN = (
    'format = 1\nid = "demo"\ncountry = "DE"\ngrid_region = "DE"\ntimezone = "Europe/Berlin"\ncurrency = "EUR"\n'
    'default_boundary = "B"\n[name]\nzh = "园"\nen = "Park"\n'
)


def meters(*rows: str, columns: str = "") -> str:
    """Return meters.csv; a row begins with point, stream, role, register, unit, then the columns named."""
    head = ",".join(["point,stream,role,register,unit", *([columns] if columns else [])])
    return "\n".join([head, *rows]) + "\n"


def readings(rows: Iterable[tuple[Any, ...]], point: str = "P1", header: bool = True) -> str:
    """Return readings ``(hours after 2025 or text, value[, seq])``."""
    lines = []
    for when, value, *rest in rows:
        time = when if isinstance(when, str) else f"{START + timedelta(hours=when):%Y-%m-%dT%H:%M:%S}"
        lines.append(",".join(str(cell) for cell in (point, time, value, *rest)))
    width = max((line.count(",") for line in lines), default=2)
    head = "point,time,value" + (",seq" if width > 2 else "") + "\n"
    return (head if header else "") + "\n".join(lines) + "\n"


def hourly(values: Sequence[float], first: float = 0) -> list[tuple[float, float]]:
    """Readings an hour apart."""
    return [(first + hour, value) for hour, value in enumerate(values)]


def park(meter_table: str, rows: Any, rated: object = "", **more: Any) -> dict[str, Any]:
    """Return a park with one stream el from the grid to E1."""
    text = rows if isinstance(rows, str) else readings(rows)
    tables = {"nodes.csv": NODES.format(rated=rated), "streams.csv": STREAMS, "meters.csv": meter_table}
    return {**tables, "readings/a.csv": text, **more}


COUNTER = meters("P1,el,main,counter,kWh,PT1H", columns="period")


@pytest.fixture
def ask(write: Write, run: Run) -> Ask:
    """Return a function that writes a park and gives rows of `lingtan flows`."""

    def do(tables: dict[str, Any], step: str = "day", span: tuple[str, str] = DAY, by: str = "point") -> Any:
        return run("flows", write(tables), "--by", by, "--step", step, "--from", span[0], "--to", span[1])

    return do


@pytest.fixture
def amount(ask: Ask) -> Callable[..., Any]:
    """Return a function that gives the amount of the first row."""

    def do(tables: dict[str, Any], step: str = "day", span: tuple[str, str] = DAY, by: str = "point") -> Any:
        return ask(tables, step, span, by)[0]["amount"]

    return do


def amounts(rows: Iterable[dict[str, Any]], name: str = "P1") -> list[Any]:
    """Amounts of one id in order of time."""
    return [row["amount"] for row in rows if row["id"] == name]


def codes(findings: Iterable[dict[str, Any]]) -> set[str]:
    """Codes of findings."""
    return {finding["code"] for finding in findings}


def of(findings: Iterable[dict[str, Any]], code: str) -> list[dict[str, Any]]:
    """Findings of a code."""
    return [finding for finding in findings if finding["code"] == code]


# --- One row per device period ----------------------------------------------------------------------------------------


def test_difference_times_multiplier_is_the_amount_in_unit(amount: Callable[..., Any]) -> None:
    # 24 steps of 0.2 x 0.5 = 0.1 MWh: 2.4 MWh = 2400 kWh
    table = meters("P1,el,main,counter,MWh,0.5,PT1H", columns="multiplier,period")
    assert amount(park(table, hourly([100 + 0.2 * h for h in range(25)]))) == 2400


CHANGE = "period,first_value,last_value,from,to"


def test_reading_at_the_change_closes_the_old_device_and_the_new_opens_with_its_register(ask: Ask) -> None:
    # old: 1000 at 0 h .. 1120 at 12 h (the change); new opens with 5: 15 at 13 h .. 125 at 24 h. Each hour 10 kWh.
    table = meters(
        "P1,el,main,counter,kWh,PT1H,,,,2025-01-01T12:00",
        "P1,el,main,counter,kWh,PT1H,5,,2025-01-01T12:00,",
        columns=CHANGE,
    )
    rows = hourly([1000 + 10 * h for h in range(13)]) + hourly([15 + 10 * h for h in range(12)], 13)
    got = ask(park(table, rows), "hour")
    assert amounts(got) == [10] * 24
    assert ask(park(table, rows))[0]["resolved"] == 1


def test_registers_cut_the_interval_at_a_change_between_readings(ask: Ask) -> None:
    # 1120 at 12:00, closes with 1125 at 12:30, opens with 7, 12 at 13:00: 5 + 5 = 10 in the hour, nothing lost
    table = meters(
        "P1,el,main,counter,kWh,PT1H,,1125,,2025-01-01T12:30",
        "P1,el,main,counter,kWh,PT1H,7,,2025-01-01T12:30,",
        columns=CHANGE,
    )
    rows = hourly([1000 + 10 * h for h in range(13)]) + hourly([12 + 10 * h for h in range(12)], 13)
    got = ask(park(table, rows), "hour")
    assert amounts(got) == [10] * 24


@pytest.mark.parametrize(("first", "last"), [("", ""), ("7", ""), ("", "1125")])
def test_unknown_register_makes_the_interval_a_gap_of_unknown_amount(
    ask: Ask, check: Check, first: str, last: str
) -> None:
    # known: 12 h before the change's reading, 11 h after the new device's first = 230; with one register 5 more
    table = meters(
        f"P1,el,main,counter,kWh,PT1H,,{last},,2025-01-01T12:30",
        f"P1,el,main,counter,kWh,PT1H,{first},,2025-01-01T12:30,",
        columns=CHANGE,
    )
    rows = hourly([1000 + 10 * h for h in range(13)]) + hourly([12 + 10 * h for h in range(12)], 13)
    tables = park(table, rows)
    day = ask(tables)[0]
    half = 0.5 if first or last else 0
    assert day["amount"] == 230 + 10 * half
    assert day["known"] == pytest.approx((23 + half) / 24)
    assert "device_change" in codes(check(tables))


def test_devices_of_other_units_and_multipliers_add_up(amount: Callable[..., Any]) -> None:
    # 12 h x 1 x 10 kWh + 12 h x 0.01 MWh = 240 kWh
    table = meters(
        "P1,el,main,counter,kWh,10,PT1H,,2025-01-01T12:00",
        "P1,el,main,counter,MWh,1,PT1H,2025-01-01T12:00,",
        columns="multiplier,period,from,to",
    )
    rows = [*hourly([50 + h for h in range(13)]), ("2025-01-01T12:00:01", 3)]
    rows += hourly([3.01 + 0.01 * h for h in range(12)], 13)
    assert amount(park(table, rows)) == pytest.approx(240)


def test_readings_before_from_are_named_and_not_counted(ask: Ask, check: Check) -> None:
    table = meters("P1,el,main,counter,kWh,PT1H,2025-01-01T12:00", columns="period,from")
    tables = park(table, hourly([100 + 10 * h for h in range(25)]))
    assert amounts(ask(tables)) == [120]
    assert of(check(tables), "outside_device")[0]["where"]["line"] == 2


# --- Roles ------------------------------------------------------------------------------------------------------------


def test_check_and_sub_are_never_added_to_the_main(ask: Ask) -> None:
    table = meters(
        "P1,el,main,counter,kWh,PT1H", "P2,el,check,counter,kWh,PT1H", "P3,el,sub,counter,kWh,PT1H", columns="period"
    )
    text = readings(hourly([10 * h for h in range(25)])) + "".join(
        readings(hourly([step * h for h in range(25)]), point, header=False) for point, step in (("P2", 11), ("P3", 4))
    )
    tables = park(table, text)
    assert amounts(ask(tables, by="stream"), "el") == [240]
    points = ask(tables)
    assert [(row["id"], row["amount"]) for row in points] == [("P1", 240), ("P2", 264), ("P3", 96)]


def test_a_stream_with_a_sub_meter_only_is_unknown(ask: Ask) -> None:
    table = meters("P1,el,sub,counter,kWh,PT1H", columns="period")
    row = ask(park(table, hourly([10 * h for h in range(25)])), by="stream")[0]
    assert row["amount"] is None
    assert row["known"] == 0


def test_mains_that_overlap_are_parallel_feeders_and_add_with_a_note(ask: Ask, check: Check) -> None:
    table = meters("P1,el,main,counter,kWh,PT1H", "P2,el,main,counter,kWh,PT1H", columns="period")
    text = readings(hourly([10 * h for h in range(25)]))
    text += readings(hourly([3 * h for h in range(25)]), "P2", header=False)
    tables = park(table, text)
    assert amounts(ask(tables, by="stream"), "el") == [240 + 72]
    assert any(found["code"] == "parallel_mains" and found["level"] == "note" for found in check(tables)), codes(
        check(tables)
    )


def test_mains_one_after_the_other_are_no_parallel_feeders(ask: Ask, check: Check) -> None:
    table = meters(
        "P1,el,main,counter,kWh,PT1H,,2025-01-01T12:00",
        "P2,el,main,counter,kWh,PT1H,2025-01-01T12:00,",
        columns="period,from,to",
    )
    text = readings(hourly([10 * h for h in range(13)])) + readings(
        hourly([7 * h for h in range(13)], 12), "P2", header=False
    )
    tables = park(table, text)
    assert amounts(ask(tables, by="stream"), "el") == [120 + 84]
    assert "parallel_mains" not in codes(check(tables))


def test_a_parallel_feeder_without_readings_leaves_half_unknown(ask: Ask) -> None:
    table = meters("P1,el,main,counter,kWh,PT1H", "P2,el,main,counter,kWh,PT1H", columns="period")
    rows = [row for row in ask(park(table, hourly([10 * h for h in range(25)])), by="stream") if row["id"] == "el"]
    assert rows[0]["known"] == pytest.approx(0.5)


# --- Registers --------------------------------------------------------------------------------------------------------


def test_interval_register_counts_the_amount_of_its_period(ask: Ask) -> None:
    table = meters("P1,el,main,interval,kWh,PT1H", columns="period")
    got = ask(park(table, hourly(list(range(24)))), "hour")
    assert amounts(got) == list(range(24))  # the value at 05:00 is the amount of 05:00 to 06:00
    assert ask(park(table, hourly(list(range(24)))))[0]["amount"] == 276


def test_stamp_end_places_the_interval_before_its_time(ask: Ask) -> None:
    table = meters("P1,el,main,interval,kWh,PT1H,end", columns="period,stamp")
    tables = park(table, hourly(list(range(1, 25)), 1))
    assert amounts(ask(tables, "hour")) == list(range(1, 25))
    assert amounts(ask(tables)) == [300]


@pytest.mark.parametrize(("stamp", "first"), [("start", 0), ("end", 0.25)])
def test_rate_is_the_mean_over_its_period(ask: Ask, stamp: str, first: float) -> None:
    # quarter-hours of 8 kW: 2 kWh each
    table = meters(f"P1,el,main,rate,kW,PT15M,{stamp}", columns="period,stamp")
    rows = [(first + 0.25 * quarter, 8) for quarter in range(96)]
    assert amounts(ask(park(table, rows))) == [192]
    assert amounts(ask(park(table, rows), "hour")) == [8] * 24


def test_rate_with_multiplier_and_unit(amount: Callable[..., Any]) -> None:
    # 0.004 MW x 2 for 24 h = 192 kWh
    table = meters("P1,el,main,rate,MW,2,PT15M", columns="multiplier,period")
    assert amount(park(table, [(0.25 * quarter, 0.004) for quarter in range(96)])) == 192


def test_rate_point_is_the_trapezoid(ask: Ask) -> None:
    # 0, 10, 20 kW at 0, 1, 2 h: 5 + 15 = 20 kWh
    table = meters("P1,el,main,rate_point,kW,PT1H", columns="period")
    got = ask(park(table, hourly([0, 10, 20])), "hour", ("2025-01-01", "2025-01-02"))
    assert amounts(got)[:3] == [5, 15, None]


def test_rate_point_stops_at_a_gap_longer_than_one_and_a_half_periods(ask: Ask) -> None:
    # 10 kW at 0, 1.5 and 3.1 h: 15 kWh over the first 1.5 h, nothing over the 1.6 h after
    table = meters("P1,el,main,rate_point,kW,PT1H", columns="period")
    row = ask(park(table, [(0, 10), (1.5, 10), (3.1, 10)]))[0]
    assert row["amount"] == 15
    assert row["known"] == pytest.approx(1.5 / 24)


def test_interval_and_rate_registers_have_no_amount_in_a_hole(ask: Ask, check: Check) -> None:
    for register in ("interval", "rate"):
        table = meters(f"P1,el,main,{register},{'kWh' if register == 'interval' else 'kW'},PT1H", columns="period")
        tables = park(table, [(h, 10) for h in range(24) if h not in (5, 6)])
        row = ask(tables)[0]
        assert (row["amount"], row["known"], row["unplaced"]) == (220, pytest.approx(22 / 24), None)
        assert amounts(ask(tables, "hour"))[4:8] == [10, None, None, 10]
        assert "missing" in codes(check(tables))


# --- Period -----------------------------------------------------------------------------------------------------------


def test_blank_period_is_the_commonest_distance_with_a_note(ask: Ask, check: Check) -> None:
    # 20 distances of 15 min, 3 of 1 h: the hour is a gap
    table = meters("P1,el,main,counter,kWh")
    hours = [0.25 * q for q in range(21)] + [6, 7, 8]
    tables = park(table, [(h, 100 + 4 * h) for h in hours])
    found = of(check(tables), "period_assumed")
    assert found[0]["level"] == "note"
    assert "15 min" in found[0]["message"]
    row = ask(tables)[0]
    assert row["amount"] == 32  # 4 kWh x 8 h
    assert row["resolved"] == pytest.approx(20 / 96)


def test_an_interval_never_reaches_past_its_period(ask: Ask) -> None:
    # mean rates of a quarter-hour read once an hour: 24 x 8 kW x 0.25 h = 48 kWh, a quarter of the time known
    table = meters("P1,el,main,rate,kW,PT15M", columns="period")
    row = ask(park(table, [(h, 8) for h in range(24)]))[0]
    assert row["amount"] == 48
    assert row["known"] == pytest.approx(0.25)


# --- Falls ------------------------------------------------------------------------------------------------------------

DIGITS = meters("P1,el,main,counter,kWh,{multiplier},{digits},PT1H", columns="multiplier,digits,period")


def test_fall_under_twice_the_rated_power_is_a_roll_over(ask: Ask) -> None:
    # 99990 -> 5 with 5 digits: 15 x 10 = 150 kWh < 2 x 80 kW x 1 h = 160
    tables = park(DIGITS.format(multiplier=10, digits=5), hourly([99980, 99990, 5, 10]), rated=80)
    assert amounts(ask(tables, "hour"))[:3] == [100, 150, 50]
    assert "rolled_over" in ask(tables)[0]["flags"]


def test_fall_at_twice_the_rated_power_is_a_reset_counting_from_nought(ask: Ask, check: Check) -> None:
    # 150 kWh is not under 2 x 75 kW x 1 h = 150: reset, 5 x 10 = 50 kWh
    tables = park(DIGITS.format(multiplier=10, digits=5), hourly([99980, 99990, 5, 10]), rated=75)
    assert amounts(ask(tables, "hour"))[:3] == [100, 50, 50]
    assert "reset" in ask(tables)[0]["flags"]
    assert of(check(tables), "reset")[0]["level"] == "finding"


def test_the_time_of_a_gap_widens_the_limit_of_a_roll_over(ask: Ask) -> None:
    # 99990 -> 50 over 4 h: 60 x 10 = 600 < 2 x 80 x 4 = 640
    tables = park(DIGITS.format(multiplier=10, digits=5), [(0, 99980), (1, 99990), (5, 50), (6, 55)], rated=80)
    assert ask(tables)[0]["amount"] == 100 + 600 + 50


def test_rated_power_of_the_target_counts_before_that_of_the_source(ask: Ask) -> None:
    nodes = "id,parent,kind,rated_kw\ngrid,,grid,\nE1,,enterprise,{}\nE2,,enterprise,{}\n"
    streams = "id,commodity,source,target,made_as,used_as\nel,electricity,E2,E1,,\n"
    for target, source, expected in (("80", "1", 150), ("1", "80", 50), ("", "80", 150), ("", "1", 50)):
        tables = park(DIGITS.format(multiplier=10, digits=5), hourly([99980, 99990, 5, 10]))
        tables |= {"nodes.csv": nodes.format(target, source), "streams.csv": streams}
        assert amounts(ask(tables, "hour"))[1] == expected


@pytest.mark.parametrize(("top", "flag"), [(99901, "rolled_over"), (99900, "reset")])
def test_without_a_rating_the_limit_is_ten_times_the_own_tail_of_100_steps(ask: Ask, top: int, flag: str) -> None:
    # 120 steps of 10 before the fall: 99.9th percentile 10, limit 100. 100000 - 99901 + 0 = 99 < 100; 99900 -> 100
    values = [top - 10 * (120 - h) for h in range(121)]
    rows = hourly([*values, 0, 10, 20])
    row = ask(park(DIGITS.format(multiplier=1, digits=5), rows), "month", ("2025-01-01", "2025-02-01"))[0]
    assert flag in row["flags"]
    assert row["amount"] == 120 * 10 + (100000 - top if flag == "rolled_over" else 0) + 20


def test_with_fewer_than_100_steps_and_no_rating_a_fall_is_a_reset(ask: Ask) -> None:
    values = [99990 - 10 * (90 - h) for h in range(91)]
    row = ask(park(DIGITS.format(multiplier=1, digits=5), hourly([*values, 0])), "month", ("2025-01-01", "2025-02-01"))[
        0
    ]
    assert "reset" in row["flags"]
    assert row["amount"] == 900


def test_gas_has_no_rated_power_and_goes_by_its_own_steps(ask: Ask) -> None:
    # rated_kw of the node says nothing of gas; 120 steps of 10 Nm3: limit 100; 9990 -> 0 of 4 digits = 10 < 100
    streams = "id,commodity,source,target,made_as,used_as\ngas,natural_gas,gasnet,E1,,final_fuel\n"
    nodes = "id,parent,kind,rated_kw\ngasnet,,fuel_network,\nE1,,enterprise,1\nE2,,enterprise,\n"
    table = meters("P1,gas,main,counter,Nm3,4,PT1H", columns="digits,period")
    values = [9990 - 10 * (120 - h) for h in range(121)]
    tables = park(table, hourly([*values, 0, 10]), **{"streams.csv": streams, "nodes.csv": nodes})
    row = ask(tables, "month", ("2025-01-01", "2025-02-01"))[0]
    assert "rolled_over" in row["flags"]
    assert row["amount"] == 1200 + 10 + 10


def test_without_digits_a_fall_is_a_reset(ask: Ask) -> None:
    assert amounts(ask(park(COUNTER, hourly([99980, 99990, 5, 10]), rated=1000), "hour"))[:3] == [10, 5, 5]


# --- Dips: the text may mean a fall TO below 1 % of the old value, or BY less than 1 % of it --------------------------

DIPS = {
    "to below 1 %": [1000, 1010, 5, 1030, 1040],
    "to nought": [1000, 1010, 0, 1030, 1040],
    "to nought for three readings": [1000, 1010, 0, 0, 0, 1050, 1060],
    "by less than 1 %": [1000, 1010, 1005, 1030, 1040],
    "by less than 1 % for two readings": [1000, 1010, 1002, 1009, 1040],
    "by less than 1 %, back to the old value": [1000, 1010, 1009, 1010, 1020],
    "by less than 1 %, twice": [1000, 1010, 1009, 1020, 1030, 1029.5, 1040],
    "by less than 1 %, falling on inside": [1000, 1010, 1008, 1006, 1007, 1050],
    "both kinds": [1000, 1010, 1008, 1020, 3, 1040, 1050],
    "near nought, by less than 1 %": [100, 110, 109.5, 120],
}


def several(cases: dict[str, Sequence[float]], rated: object, digits: object = "") -> tuple[dict[str, Any], list[str]]:
    """Return a park with a counter and a stream per case, read by the hour; and the cases' points."""
    points = [f"P{number}" for number in range(1, len(cases) + 1)]
    rows = [f"{point},{point},main,counter,kWh,{digits},PT1H" for point in points]
    text = readings([]) + "".join(
        readings(hourly(values), point, header=False) for point, values in zip(points, cases.values(), strict=True)
    )
    streams = STREAMS + "".join(f"{point},electricity,grid,E1,,\n" for point in points)
    tables = park(meters(*rows, columns="digits,period"), text, rated=rated)
    return {**tables, "streams.csv": streams}, points


@pytest.mark.parametrize(("rated", "digits"), [("", ""), ("", 5), (50, 5), (100000, "")])
def test_a_dip_that_recovers_neither_resets_nor_inflates(ask: Ask, check: Check, rated: object, digits: object) -> None:
    tables, points = several(DIPS, rated, digits)
    rows = {row["id"]: row for row in ask(tables)}
    found = check(tables)
    assert {"reset", "rolled_over"}.isdisjoint(codes(found))
    assert {one["where"]["point"] for one in of(found, "counter_dip")} == set(points)
    for point, (case, values) in zip(points, DIPS.items(), strict=True):
        assert rows[point]["amount"] == values[-1] - values[0], case
        assert "spike" in rows[point]["flags"], case


RESETS = {
    "to nought and on from there": ([1000, 1010, 0, 10, 20], 10 + 0 + 20),
    "to nought and past a small old value by counting": ([20, 30, 0, 10, 20, 30, 40, 50], 10 + 50),
    "to a half": ([1000, 1010, 500, 510], 10 + 500 + 10),
    "to below 1 %, never back": ([1000, 1010, 8, 18, 28], 10 + 8 + 20),
    "by less than 1 % at the end of the data": ([1000, 1010, 1009], 10 + 1009),
}


def test_a_fall_that_does_not_recover_is_a_reset_that_counts_from_nought(ask: Ask) -> None:
    tables, points = several({case: values for case, (values, _) in RESETS.items()}, 50)
    rows = {row["id"]: row for row in ask(tables)}
    for point, (case, (_, expected)) in zip(points, RESETS.items(), strict=True):
        assert rows[point]["amount"] == expected, case
        assert "reset" in rows[point]["flags"], case


def test_a_bidirectional_counter_that_runs_back_has_no_dip(ask: Ask) -> None:
    table = meters("P1,el,main,counter,kWh,PT1H,true", columns="period,bidirectional")
    got = ask(park(table, hourly([1000, 1010, 1005, 1030]), rated=50), "hour")
    assert amounts(got)[:3] == [10, -5, 25]
    near = ask(park(table, hourly([40, 50, 0, 60]), rated=50), "hour")
    assert amounts(near)[:3] == [10, -50, 60]


def test_a_dip_does_not_widen_the_own_limit_of_a_roll_over(ask: Ask) -> None:
    # 150 steps of 10, one dip to 0 inside; then 50000 -> 0: over the top 50000 > 10 x 10: a reset, and no 50000 kWh
    values: list[float] = [50000 - 10 * (150 - h) for h in range(151)]
    values[60] = 0
    rows = hourly([*values, 0, 10, 20])
    row = ask(park(DIGITS.format(multiplier=1, digits=5), rows), "month", ("2025-01-01", "2025-02-01"))[0]
    assert row["amount"] == 1500 + 20
    assert "reset" in row["flags"]


# --- Same point and time ----------------------------------------------------------------------------------------------

INTERVAL = meters("P1,el,main,interval,kWh,PT1H", columns="period")


def test_equal_value_is_a_duplicate_that_counts_once(ask: Ask, check: Check) -> None:
    rows = hourly([5] * 24)
    tables = park(INTERVAL, [*rows, rows[3], rows[3], rows[7]])
    row = ask(tables)[0]
    assert row["amount"] == 120
    assert "corrected" not in row["flags"]
    assert of(check(tables), "duplicate")[0]["level"] == "note"


def test_without_seq_the_later_row_in_file_name_order_counts(ask: Ask) -> None:
    # b.csv comes after a.csv, whatever the order of writing: 24 x 5 - 5 + 9 = 124
    tables = park(INTERVAL, hourly([5] * 24))
    tables["readings/b.csv"] = readings([(3, 9)])
    row = ask(tables)[0]
    assert row["amount"] == 124
    assert "corrected" in row["flags"]
    tables["readings/0.csv"] = readings([(4, 50)])
    assert ask(tables)[0]["amount"] == 124


@pytest.mark.parametrize("turned", [False, True])
def test_the_higher_seq_counts_whatever_the_order(ask: Ask, check: Check, turned: bool) -> None:
    rows = [(hour, 5, 1) for hour in range(24)] + [(3, 9, 2), (3, 7, 3), (3, 8, 2)]
    tables = park(INTERVAL, readings(reversed(rows) if turned else rows))
    row = ask(tables)[0]
    assert row["amount"] == 122
    assert "corrected" in row["flags"]
    found = of(check(tables), "corrected")[0]
    assert found["level"] == "finding"
    assert found["amount"] == 4  # from 5 to 9 at most
    assert found["unit"] == "kWh"


def test_older_than_one_already_read_is_late_and_counts(ask: Ask) -> None:
    rows = hourly([5] * 24)
    row = ask(park(INTERVAL, [*rows[:6], *rows[7:], rows[6]]))[0]
    assert row["amount"] == 120
    assert row["resolved"] == 1
    assert "late" in row["flags"]


def test_blank_is_no_reading_and_text_nan_and_infinity_are_faults_of_their_rows(ask: Ask, check: Check) -> None:
    # counter: hours 3, 5, 7, 9 set aside or blank: known totals over 2 h each, the day's sum stays 240
    bad = {3: "", 5: "NaN", 7: "inf", 9: "broken", 11: "-3", 13: "1e308"}
    tables = park(COUNTER, [(hour, bad.get(hour, 100 + 10 * hour)) for hour in range(25)])
    row = ask(tables)[0]
    assert row["amount"] == 240
    assert row["known"] == 1
    assert row["resolved"] == pytest.approx(12 / 24)
    faults = {line for found in check(tables) if found["level"] == "error" for line in lines_of(found)}
    assert faults == {hour + 2 for hour in bad if hour != 3}


# --- Signs ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("register", ["interval", "rate"])
def test_negative_amounts_are_set_aside_with_a_finding_of_their_size(ask: Ask, check: Check, register: str) -> None:
    # two hours of -4: set aside, 22 x 5 = 110, the two hours neither known nor resolved
    table = meters(f"P1,el,main,{register},{'kWh' if register == 'interval' else 'kW'},PT1H", columns="period")
    tables = park(table, hourly([-4 if hour in (6, 7) else 5 for hour in range(24)]))
    row = ask(tables)[0]
    assert row["amount"] == 110
    assert row["resolved"] == row["known"] == pytest.approx(22 / 24)
    assert "negative" in row["flags"]
    found = of(check(tables), "negative")[0]
    assert (found["level"], found["amount"], found["unit"]) == ("finding", 8, "kWh")


def test_bidirectional_counts_negative_amounts(ask: Ask, check: Check) -> None:
    table = meters("P1,el,main,interval,kWh,PT1H,true", columns="period,bidirectional")
    tables = park(table, hourly([-4 if hour in (6, 7) else 5 for hour in range(24)]))
    row = ask(tables)[0]
    assert (row["amount"], row["resolved"]) == (102, 1)
    assert "negative" not in codes(check(tables))


def test_a_bidirectional_counter_may_stand_below_nought(ask: Ask, check: Check) -> None:
    table = meters("P1,el,main,counter,kWh,PT1H,true", columns="period,bidirectional")
    tables = park(table, hourly([20, 5, -10, -25, 0]), rated=50)
    assert amounts(ask(tables, "hour"))[:4] == [-15, -15, -15, 25]
    assert "negative_counter" not in codes(check(tables))


# --- Intervals and gaps -----------------------------------------------------------------------------------------------


def test_one_and_a_half_periods_is_an_interval_and_more_is_a_gap(ask: Ask) -> None:
    # 0:00, 1:30 (counts in hour 0), 3:01 (gap of 91 min, known total 20)
    rows = [(0, 100), (1.5, 110), ("2025-01-01T03:01:00", 130)]
    got = ask(park(COUNTER, rows), "hour")
    assert amounts(got)[:4] == [10, None, None, None]
    assert [row["unplaced"] for row in got][:5] == [None, 20, 20, 20, None]
    assert ask(park(COUNTER, rows))[0]["amount"] == 30


def test_known_total_counts_in_the_smallest_bucket_that_contains_the_gap(ask: Ask) -> None:
    # gap 20 January 12:00 to 22 January 12:00, 48 h x 10 kWh
    away = range(19 * 24 + 13, 21 * 24 + 12)
    tables = park(COUNTER, [(h, 10 * h) for h in range(31 * 24 + 1) if h not in away])
    days = ask(tables, "day", ("2025-01-20", "2025-01-23"))
    assert [row["amount"] for row in days] == [120, None, 120]
    assert [row["unplaced"] for row in days] == [480, 480, 480]
    assert [row["known"] for row in days] == [0.5, 0, 0.5]
    month = ask(tables, "month", ("2025-01-01", "2025-02-01"))[0]
    assert (month["amount"], month["known"], month["unplaced"]) == (7440, 1, None)
    assert month["resolved"] == pytest.approx((744 - 48) / 744)


# --- Clocks -----------------------------------------------------------------------------------------------------------


def test_days_of_23_and_25_hours_have_as_many_hours_of_amount(ask: Ask) -> None:
    # local stamps of Berlin without offset, the hour that exists twice written twice; 10 kWh an hour
    local = []
    for day in ("2025-03-30", "2025-10-26"):
        for hour in range(24):
            if day == "2025-03-30" and hour == 2:
                continue
            local += [f"{day}T{hour:02d}:00"] * (2 if day == "2025-10-26" and hour == 2 else 1)
    tables = park(INTERVAL, [(text, 10) for text in local], **{"park.toml": BERLIN})
    for day, after, expected in (("2025-03-30", "2025-03-31", 230), ("2025-10-26", "2025-10-27", 250)):
        row = ask(tables, "day", (day, after))[0]
        assert (row["amount"], row["resolved"], row["known"]) == (expected, 1, 1)
        assert amounts(ask(tables, "hour", (day, after))) == [10] * (expected // 10)


@pytest.mark.parametrize(("clock", "shift"), [("utc", 0), ("+01:00", 1), ("Asia/Shanghai", 8)])
def test_clock_says_what_a_logger_without_offsets_runs_on(ask: Ask, clock: str, shift: int) -> None:
    # hours of the UTC day 2024-12-31 16:00 + h; the park's day is Shanghai's
    table = meters(f"P1,el,main,interval,kWh,PT1H,{clock}", columns="period,clock")
    rows = [(f"{datetime(2024, 12, 31, 16) + timedelta(hours=h + shift):%Y-%m-%dT%H:%M}", h) for h in range(24)]
    assert amounts(ask(park(table, rows), "hour")) == list(range(24))


def test_an_offset_in_the_file_beats_the_clock_of_the_meter(ask: Ask) -> None:
    table = meters("P1,el,main,interval,kWh,PT1H,utc", columns="period,clock")
    rows = [(f"2025-01-01T{h:02d}:00+08:00", h) for h in range(24)]
    assert amounts(ask(park(table, rows), "hour")) == list(range(24))


def test_a_logger_on_utc_keeps_its_hours_over_a_clock_change(ask: Ask) -> None:
    table = meters("P1,el,main,counter,kWh,PT1H,utc", columns="period,clock")
    first = datetime(2025, 3, 29, 23)
    rows = [(f"{first + timedelta(hours=h):%Y-%m-%dT%H:%M}", 100 + 10 * h) for h in range(24)]
    row = ask(park(table, rows, **{"park.toml": BERLIN}), "day", ("2025-03-30", "2025-03-31"))[0]
    assert (row["amount"], row["resolved"]) == (230, 1)


@pytest.mark.parametrize("stamp", ["start", "end"])
@pytest.mark.parametrize("clock", ["", "utc", "+01:00"])
def test_daily_amounts_leave_no_hole_at_clock_changes(ask: Ask, check: Check, clock: str, stamp: str) -> None:
    # a day's amount at each midnight of the logger, 365 x 10; the days of a fixed clock begin an hour or two late
    table = meters(f"P1,el,main,interval,kWh,P1D,{stamp},{clock}", columns="period,stamp,clock")
    first = START + timedelta(days=stamp == "end")
    rows = [(f"{first + timedelta(days=day):%Y-%m-%dT00:00}", 10) for day in range(365)]
    tables = park(table, rows, **{"park.toml": BERLIN})
    year = ask(tables, "year", ("2025-01-01", "2026-01-01"))[0]
    assert (year["amount"], year["resolved"]) == (3650, 1)
    assert amounts(ask(tables, "day", ("2025-03-29", "2025-04-01"))) == [10, 10, 10]
    assert "missing" not in codes(check(tables))


def midnights(register: str, days: int, first: datetime = START, quarter: float = 0.25) -> list[tuple[str, float]]:
    """Readings by quarter-hours whose 24:00 carries 00:00 of the same date; 1 kWh a quarter."""
    rows = []
    step = timedelta(hours=quarter)
    for number in range(1, int(days * 24 / quarter) + 1):
        when = first + step * number
        written = when - timedelta(days=1) if (when.hour, when.minute) == (0, 0) else when
        rows.append((f"{written:%Y-%m-%dT%H:%M}", 1000 + number if register == "counter" else 1))
    return rows


REPAIR = '\n[repair]\nmidnight_same_date = ["P1"]\n'


def base_park(repair: bool, text: str = "") -> dict[str, str]:
    """Return park.toml, with the repair switched on for P1 or not."""
    return {"park.toml": (text or PARK) + (REPAIR if repair else "")}


@pytest.mark.parametrize("register", ["interval", "counter"])
def test_00_00_for_24_00_is_set_aside_with_all_its_lines(ask: Ask, check: Check, register: str) -> None:
    # 30 days: 30 such rows, line 1 + 96 n; without the repair each day lacks its last quarter (interval), the counter
    # keeps it in a gap over midnight
    table = meters(f"P1,el,main,{register},kWh,PT15M,end", columns="period,stamp")
    tables = park(table, midnights(register, 30), **base_park(repair=False))
    found = of(check(tables), "midnight_same_date")
    assert [one["level"] for one in found] == ["error"]
    assert lines_of(found[0]) == {1 + 96 * day for day in range(1, 31)}
    day = ask(tables, "day", ("2025-01-02", "2025-01-03"))[0]
    if register == "interval":
        assert (day["amount"], day["unplaced"]) == (95, None)
        assert day["known"] == pytest.approx(95 / 96)
    else:
        assert (day["amount"], day["unplaced"]) == (94, 4)


@pytest.mark.parametrize("register", ["interval", "counter"])
def test_the_named_repair_moves_them_and_marks_what_it_moves(ask: Ask, check: Check, register: str) -> None:
    table = meters(f"P1,el,main,{register},kWh,PT15M,end", columns="period,stamp")
    tables = park(table, midnights(register, 30), **base_park(repair=True))
    days = ask(tables, "day", ("2025-01-02", "2025-01-30"))
    assert [row["amount"] for row in days] == [96] * 28
    assert all(row["resolved"] == 1 and "clock_suspect" in row["flags"] for row in days)
    assert "midnight_same_date" not in codes(check(tables))
    assert of(check(tables), "midnight_repaired")[0]["level"] == "note"


@pytest.mark.parametrize("repair", [False, True])
@pytest.mark.parametrize(("change", "hours"), [("2025-03-30", 23), ("2025-10-26", 25)])
def test_00_00_for_24_00_is_found_on_the_days_of_clock_changes(
    ask: Ask, check: Check, repair: bool, change: str, hours: int
) -> None:
    # counter of 4 kWh an hour by quarter-hours on Berlin's clock, with offsets; 24:00 written as 00:00 of its date
    from zoneinfo import ZoneInfo

    zone = ZoneInfo("Europe/Berlin")
    begin = datetime.fromisoformat(change).replace(tzinfo=zone) - timedelta(days=2)
    rows = []
    for number in range(1, 4 * (24 * 5)):
        when = (begin.astimezone(ZoneInfo("UTC")) + timedelta(minutes=15 * number)).astimezone(zone)
        late = (when.hour, when.minute) == (0, 0)
        written = (when.replace(tzinfo=None) - timedelta(days=1)).replace(tzinfo=zone) if late else when
        rows.append((written.isoformat(), 1000 + number))
    table = meters("P1,el,main,counter,kWh,PT15M", columns="period")
    tables = park(table, rows, **base_park(repair, BERLIN))
    after = f"{datetime.fromisoformat(change) + timedelta(days=1):%Y-%m-%d}"
    row = ask(tables, "day", (change, after))[0]
    assert (row["amount"], row["unplaced"]) == ((4 * hours, None) if repair else (4 * hours - 2, 4))
    assert "reset" not in row["flags"]
    assert "reset" not in codes(check(tables))


# --- Virtual points ---------------------------------------------------------------------------------------------------

VIRTUAL = "point,stream,role,unit,expression\n"
TWO = STREAMS + "es,electricity,grid,E2,,\n"


def test_a_virtual_point_is_the_expression_of_its_terms(ask: Ask) -> None:
    # es = P1 - P2 = 240 - 72
    table = meters("P1,el,main,counter,kWh,PT1H", "P2,el,sub,counter,kWh,PT1H", columns="period")
    text = readings(hourly([10 * h for h in range(25)])) + readings(
        hourly([3 * h for h in range(25)]), "P2", header=False
    )
    tables = park(table, text, **{"streams.csv": TWO, "virtual.csv": VIRTUAL + "V1,es,main,kWh,P1 - P2\n"})
    rows = {row["id"]: row for row in ask(tables, by="stream")}
    assert rows["el"]["amount"] == 240
    assert (rows["es"]["amount"], rows["es"]["origin"]) == (168, "virtual")


def test_a_virtual_point_is_incomplete_where_a_term_is(ask: Ask) -> None:
    # P2 stops on 16 January 12:00: 15 days of 24 x (10 - 3) = 168 kWh; the half day of P2 is not taken off a whole one
    table = meters("P1,el,main,counter,kWh,PT1H", "P2,el,sub,counter,kWh,PT1H", columns="period")
    text = readings(hourly([10 * h for h in range(745)])) + readings(
        hourly([3 * h for h in range(15 * 24 + 13)]), "P2", header=False
    )
    tables = park(table, text, **{"streams.csv": TWO, "virtual.csv": VIRTUAL + "V1,es,main,kWh,P1 - P2\n"})
    for by, name in (("point", "V1"), ("stream", "es")):
        month = next(row for row in ask(tables, "month", ("2025-01-01", "2025-02-01"), by) if row["id"] == name)
        assert month["amount"] == 15 * 168
        assert month["known"] == pytest.approx(15 / 31)
        assert "incomplete" in month["flags"]
    days = [row for row in ask(tables, "day", ("2025-01-15", "2025-01-18")) if row["id"] == "V1"]
    assert [row["amount"] for row in days] == [168, None, None]
    assert ["incomplete" in row["flags"] for row in days] == [False, True, True]
    hours = amounts(ask(tables, "hour", ("2025-01-16", "2025-01-17")), "V1")
    assert hours[:12] == [7] * 12
    assert hours[12:] == [None] * 12


def test_a_virtual_point_ranks_after_measured_mains_and_before_invoices(ask: Ask) -> None:
    # January: main 7440, virtual 0.5 x 7440 = 3720, invoice 9000; without the main the virtual point, then the invoice
    span = ("2025-01-01", "2025-02-01")
    rows = readings(hourly([10 * h for h in range(745)]), "P2")
    main = readings(hourly([10 * h for h in range(745)]), "P1", header=False)
    more = {
        "streams.csv": TWO,
        "virtual.csv": VIRTUAL + "V1,el,main,kWh,P2 * 0.5\n",
        "statements/a.csv": "stream,start,end,amount,unit,kind,reporter\n"
        "el,2025-01-01,2025-02-01,9000,kWh,invoice,grid\n",
    }
    both = meters("P1,el,main,counter,kWh,PT1H", "P2,es,main,counter,kWh,PT1H", columns="period")
    got = {
        row["id"]: (row["amount"], row["origin"])
        for row in ask(park(both, rows + main, **more), "month", span, "stream")
    }
    assert got["el"] == (7440, "meter")
    alone = meters("P2,es,main,counter,kWh,PT1H", columns="period")
    got = {row["id"]: (row["amount"], row["origin"]) for row in ask(park(alone, rows, **more), "month", span, "stream")}
    assert got["el"] == (3720, "virtual")
