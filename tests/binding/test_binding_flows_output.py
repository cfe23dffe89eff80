"""Issue 2, `lingtan flows`, with the coverage, gap and bucket sentences of "Meters and readings", as a black box."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

Write = Callable[[dict[str, Any]], Path]
Run = Callable[..., Any]
Flows = Callable[..., list[dict[str, Any]]]

KEYS = ["id", "commodity", "start", "end", "amount", "unit", "flags", "resolved", "known", "unplaced", "origin"]
STREAMS = "id,commodity,source,target,made_as,used_as\n"
EL = STREAMS + "el,electricity,grid,E1,,\n"
METERS = "point,stream,role,register,unit,period,stamp\n"
COUNTER = METERS + "P1,el,main,counter,kWh,PT1H,\n"
HEAD = "stream,start,end,amount,unit,kind,reporter\n"
START = datetime(2025, 1, 1)


def counter(hours: Iterable[int], step: float = 10, start: datetime = START, point: str = "P1") -> str:
    """Return a counter read at hours after ``start``, growing by ``step`` kWh an hour."""
    rows = (f"{point},{start + timedelta(hours=h):%Y-%m-%dT%H:%M},{100000 + h * step}\n" for h in hours)
    return "point,time,value\n" + "".join(rows)


def park(hours: Iterable[int], meters: str = COUNTER, streams: str = EL, **more: str) -> dict[str, Any]:
    """Return a park with one counter."""
    return {"streams.csv": streams, "meters.csv": meters, "readings/a.csv": counter(hours), **more}


def without(gone: Iterable[int], last: int = 8760, first: int = 0) -> list[int]:
    """Hours from ``first`` to ``last`` (inclusive) except those gone."""
    away = set(gone)
    return [hour for hour in range(first, last + 1) if hour not in away]


@pytest.fixture
def flows(write: Write, run: Run) -> Flows:
    """Return a function that writes a park and gives its flows."""

    def do(
        tables: dict[str, Any], step: str, start: str = "2025-01-01", end: str = "2026-01-01", by: str = "stream"
    ) -> Any:
        return run("flows", write(tables), "--by", by, "--step", step, "--from", start, "--to", end)

    return do


# --- the shape -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["stream", "node", "point"])
@pytest.mark.parametrize("step", ["year", "month", "day", "hour", "interval"])
def test_every_row_has_exactly_the_keys_with_their_types(flows: Flows, by: str, step: str) -> None:
    rows = flows(park(without([5, 6], last=72)), step, "2025-01-01", "2025-01-02", by)
    assert rows
    for row in rows:
        assert list(row) == KEYS
        assert all(isinstance(row[key], str) for key in ("id", "commodity", "start", "end", "unit", "origin"))
        assert isinstance(row["flags"], list)
        assert all(isinstance(row[key], float | int) for key in ("resolved", "known"))
        assert all(row[key] is None or isinstance(row[key], float | int) for key in ("amount", "unplaced"))
        assert datetime.fromisoformat(row["start"]) < datetime.fromisoformat(row["end"])
        assert 0 <= row["resolved"] <= row["known"] <= 1


@pytest.mark.parametrize(
    ("step", "count"), [("year", 1), ("month", 12), ("day", 365), ("hour", 8760), ("interval", 8760)]
)
def test_the_steps_of_a_year(flows: Flows, step: str, count: int) -> None:
    rows = flows(park(without([])), step)
    assert len(rows) == count
    assert sum(row["amount"] for row in rows) == pytest.approx(87600)
    assert {(row["resolved"], row["known"], row["unplaced"]) for row in rows} == {(1, 1, None)}
    assert rows[0]["start"] == "2025-01-01T00:00:00+08:00"
    assert rows[-1]["end"] == "2026-01-01T00:00:00+08:00"


def test_days_are_those_of_the_parks_zone_and_change_days_have_their_own_hours(flows: Flows, write: Write) -> None:
    # Berlin, 30 March 2025 has 23 hours, 26 October 25. A logger on UTC counts 10 kWh an hour.
    toml = (write({}) / "park.toml").read_text(encoding="utf-8").replace("Asia/Shanghai", "Europe/Berlin")
    meters = "point,stream,role,register,unit,period,clock\nP1,el,main,counter,kWh,PT1H,utc\n"
    tables = park(range(-2, 8770), meters, **{"park.toml": toml})
    spring = flows(tables, "day", "2025-03-29", "2025-04-01")
    assert [row["amount"] for row in spring] == [240, 230, 240]
    assert (spring[1]["start"], spring[1]["end"]) == ("2025-03-30T00:00:00+01:00", "2025-03-31T00:00:00+02:00")
    assert len(flows(tables, "hour", "2025-10-26", "2025-10-27")) == 25


def test_the_window_is_half_open(flows: Flows) -> None:
    rows = flows(park(without([], last=240)), "day", "2025-01-03", "2025-01-05")
    assert [row["start"][:10] for row in rows] == ["2025-01-03", "2025-01-04"]


@pytest.mark.parametrize("ends", [("2025-01-03T06:00", "2025-01-03T08:00"), ("2025-01-02T22:00Z", "2025-01-03 08:00")])
def test_a_window_may_have_times_of_day(flows: Flows, ends: tuple[str, str]) -> None:
    rows = flows(park(without([], last=240)), "hour", *ends)
    assert [row["start"] for row in rows] == ["2025-01-03T06:00:00+08:00", "2025-01-03T07:00:00+08:00"]
    rows = flows(park(without([], last=240)), "interval", *ends)
    assert [row["amount"] for row in rows] == [10, 10]


@pytest.mark.parametrize(
    "words",
    [
        ("--step", "week"),
        ("--by", "meter"),
        ("--from", "2025/01/01"),
        ("--from", "2025-02-01", "--to", "2025-01-01"),
        ("--from", "2025-01-01", "--to", "2025-01-01"),
        ("--from", "1800-01-01", "--to", "1801-01-01"),
        ("--from", "0000-01-01"),
        ("--from", "9999-01-01"),
        ("--year", "9999"),
        ("--year", "0"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_words(write: Write, run: Run, words: tuple[str, ...]) -> None:
    told = run("flows", write(park(without([], last=48))), *words, code=2)
    assert isinstance(told, str)
    assert "fault" not in told


# --- nothing known ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["year", "month", "day", "hour", "interval"])
def test_a_stream_without_data_is_null_in_every_step(flows: Flows, step: str) -> None:
    rows = flows({"streams.csv": EL}, step, "2025-01-01", "2025-02-01")
    assert rows
    for row in rows:
        assert (row["amount"], row["unplaced"], row["known"], row["resolved"]) == (None, None, 0, 0)
        assert row["origin"] == "missing"


def test_a_point_without_readings_is_null_and_not_left_out(flows: Flows) -> None:
    tables = park(without([], last=48), COUNTER + "C1,el,check,counter,kWh,PT1H,\n")
    (row,) = [row for row in flows(tables, "day", "2025-01-01", "2025-01-02", "point") if row["id"] == "C1"]
    assert (row["amount"], row["known"], row["resolved"]) == (None, 0, 0)


def test_a_folder_with_no_readings_at_all_names_its_points(flows: Flows) -> None:
    tables = {"streams.csv": EL, "meters.csv": COUNTER}
    (row,) = flows(tables, "year", by="point")
    assert (row["id"], row["amount"], row["known"], row["resolved"]) == ("P1", None, 0, 0)


def test_a_measured_zero_is_zero(flows: Flows) -> None:
    tables = park([])
    tables["readings/a.csv"] = counter(range(49), step=0)
    rows = flows(tables, "day", "2025-01-01", "2025-01-03")
    assert [(row["amount"], row["known"]) for row in rows] == [(0, 1), (0, 1)]


# --- gaps of a counter -----------------------------------------------------------------------------------------------


def test_a_gap_inside_a_day_counts_in_the_day_and_stands_apart_in_its_hours(flows: Flows) -> None:
    # readings of 05:00, 06:00, 07:00 are gone: 04:00 to 08:00 is one gap of 40 kWh
    tables = park(without([5, 6, 7], last=48))
    (day,) = flows(tables, "day", "2025-01-01", "2025-01-02")
    assert (day["amount"], day["known"], day["unplaced"]) == (240, 1, None)
    assert day["resolved"] == pytest.approx(20 / 24)
    assert "gap_total" in day["flags"]
    hours = flows(tables, "hour", "2025-01-01", "2025-01-02")
    assert [row["amount"] for row in hours[3:9]] == [10, None, None, None, None, 10]
    assert [row["unplaced"] for row in hours[3:9]] == [None, 40, 40, 40, 40, None]
    assert [row["known"] for row in hours[3:9]] == [1, 0, 0, 0, 0, 1]


def test_the_interval_of_a_gap_is_one_row_with_its_total(flows: Flows) -> None:
    rows = flows(park(without([5, 6, 7], last=48)), "interval", "2025-01-01", "2025-01-02")
    assert len(rows) == 21
    gap = rows[4]
    assert (gap["start"][11:16], gap["end"][11:16]) == ("04:00", "08:00")
    assert (gap["amount"], gap["resolved"], gap["known"], gap["flags"]) == (40, 0, 1, ["gap_total"])


def test_a_gap_over_midnight_counts_in_the_month_and_stands_apart_in_both_days(flows: Flows) -> None:
    # gone: 22:00, 23:00, 24:00, 01:00 -> gap 21:00 to 02:00, 50 kWh
    tables = park(without([22, 23, 24, 25]))
    first, second, third = flows(tables, "day", "2025-01-01", "2025-01-04")
    assert (first["amount"], first["unplaced"]) == (210, 50)
    assert (second["amount"], second["unplaced"]) == (220, 50)
    assert (third["amount"], third["unplaced"]) == (240, None)
    assert (first["known"], second["known"]) == (pytest.approx(21 / 24), pytest.approx(22 / 24))
    january = flows(tables, "month")[0]
    assert (january["amount"], january["known"], january["unplaced"]) == (7440, 1, None)
    assert january["resolved"] == pytest.approx(1 - 5 / 744)


def test_a_gap_over_a_month_counts_in_the_year_and_whole_months_inside_are_null(flows: Flows) -> None:
    # readings from 15 January 01:00 to 14 March 23:00 are gone: 59 days of 240 kWh from 15 January to 15 March
    tables = park(without(range(14 * 24 + 1, 73 * 24)))
    january, february, march, april = flows(tables, "month")[:4]
    assert (january["amount"], january["unplaced"]) == (14 * 240, 59 * 240)
    assert (february["amount"], february["unplaced"], february["known"]) == (None, 59 * 240, 0)
    assert (march["amount"], march["unplaced"]) == (17 * 240, 59 * 240)
    assert (april["amount"], april["unplaced"]) == (7200, None)
    (year,) = flows(tables, "year")
    assert (year["amount"], year["known"], year["unplaced"]) == (87600, 1, None)
    assert year["resolved"] == pytest.approx(1 - 59 / 365)


def test_a_gap_over_the_year_end_counts_in_no_year_and_is_named(flows: Flows, run: Run, write: Write) -> None:
    # readings of 31 December 2024 20:00 to 1 January 2025 03:00 are gone: gap 19:00 to 04:00, 90 kWh
    tables = park([])
    tables["readings/a.csv"] = counter(without(range(-4, 4), first=-72, last=8760))
    year = flows(tables, "year")[0]
    assert (year["amount"], year["unplaced"]) == (8756 * 10, 90)
    assert year["known"] == pytest.approx(8756 / 8760)
    findings = run("check", write(tables))["findings"]
    assert 90 in [one["amount"] for one in findings if one["code"] == "gap_not_counted"]


def test_the_account_counts_a_gap_over_a_month_edge_in_the_year_only(run: Run, write: Write) -> None:
    tables = park(without(range(14 * 24 + 1, 73 * 24)))
    result = run("account", write(tables), "--year", 2025, "--method", "cn-zcp-2025")
    assert result["totals"]["co2_t"] == pytest.approx(87.6 * 0.8325)
    assert result["by_month"]["2025-01"] == pytest.approx(14 * 0.24 * 0.8325)
    assert result["by_month"]["2025-02"] is None
    assert result["coverage"]["known"] == pytest.approx(1)
    assert result["coverage"]["resolved"] == pytest.approx(1 - 59 / 365)
    assert result["coverage"]["missing"] == pytest.approx(0)


def test_rows_set_aside_inside_a_counter_leave_a_gap_of_known_total(flows: Flows) -> None:
    tables = park(without([], last=48))
    tables["readings/a.csv"] = tables["readings/a.csv"].replace("T05:00,100050", "T05:00,NaN")
    (day,) = flows(tables, "day", "2025-01-01", "2025-01-02")
    assert (day["amount"], day["known"]) == (240, 1)
    assert day["resolved"] == pytest.approx(22 / 24)


def test_periods_missing_in_an_interval_register_stay_missing(flows: Flows) -> None:
    rows = "".join(f"P1,2025-01-01T{h:02d}:00,10\n" for h in range(24) if h not in (5, 6))
    meters = COUNTER.replace("counter", "interval")
    tables = {"streams.csv": EL, "meters.csv": meters, "readings/a.csv": "point,time,value\n" + rows}
    (day,) = flows(tables, "day", "2025-01-01", "2025-01-02")
    assert (day["amount"], day["unplaced"]) == (220, None)
    assert (day["known"], day["resolved"]) == (pytest.approx(22 / 24), pytest.approx(22 / 24))


def test_an_interval_up_to_one_and_a_half_periods_counts_where_it_starts(flows: Flows) -> None:
    # 23:00 to 00:30 is 1.5 periods: the day of its start; the next reading of 01:00 closes half an hour
    tables = park([])
    rows = "".join(f"P1,{START + timedelta(minutes=m):%Y-%m-%dT%H:%M},{m}\n" for m in (*range(0, 1381, 60), 1470, 1500))
    tables["readings/a.csv"] = "point,time,value\n" + rows
    first, second = flows(tables, "day", "2025-01-01", "2025-01-03")
    assert first["amount"] == 1470
    assert second["amount"] == 30


# --- by point, by node -----------------------------------------------------------------------------------------------


def test_points_are_read_straight_whoever_is_adopted(flows: Flows) -> None:
    tables = park(without([]), COUNTER + "C1,el,check,counter,kWh,PT1H,\n")
    tables["readings/c.csv"] = counter(without([]), step=11, point="C1")
    rows = {row["id"]: row for row in flows(tables, "year", by="point")}
    assert {name: row["amount"] for name, row in rows.items()} == {"P1": 87600, "C1": 96360}
    assert flows(tables, "year")[0]["amount"] == 87600


NODES = "id,parent,kind\ngrid,,grid\nE1,,enterprise\nW1,E1,workshop\nE2,,enterprise\nmarket,,market\n"


def test_a_node_has_what_enters_it_and_its_children_less_what_leaves(flows: Flows) -> None:
    # grid -> W1 1000, W1 -> E2 300: W1 and E1 700, E2 300, grid -1000; E1 -> W1 stays inside E1
    tables = {
        "nodes.csv": NODES,
        "streams.csv": STREAMS + "a,electricity,grid,W1,,\nb,electricity,W1,E2,,\nc,electricity,E1,W1,,\n",
        "statements/a.csv": HEAD
        + "a,2025-01-01,2026-01-01,1000,kWh,report,E1\nb,2025-01-01,2026-01-01,0.3,MWh,report,E1\n"
        + "c,2025-01-01,2026-01-01,55,kWh,report,E1\n",
    }
    rows = {row["id"]: row["amount"] for row in flows(tables, "year", by="node")}
    assert rows == {"grid": -1000, "E1": 700, "W1": 755, "E2": 300}


def test_a_nodes_commodities_stand_apart(flows: Flows) -> None:
    tables = {
        "streams.csv": STREAMS + "a,electricity,grid,E1,,\nb,heat,heatnet,E1,,\n",
        "statements/a.csv": HEAD
        + "a,2025-01-01,2026-01-01,1000,kWh,report,E1\nb,2025-01-01,2026-01-01,7,GJ,report,E1\n",
    }
    rows = [row for row in flows(tables, "year", by="node") if row["id"] == "E1"]
    assert sorted((row["commodity"], row["amount"], row["unit"]) for row in rows) == [
        ("electricity", 1000, "kWh"),
        ("heat", 7, "GJ"),
    ]


def test_a_node_of_which_one_stream_is_unknown_shows_half_its_time_known(flows: Flows) -> None:
    tables = {
        "streams.csv": STREAMS + "a,electricity,grid,E1,,\nb,electricity,grid,E1,,\n",
        "statements/a.csv": HEAD + "a,2025-01-01,2026-01-01,1000,kWh,report,E1\n",
    }
    (row,) = [row for row in flows(tables, "year", by="node") if row["id"] == "E1"]
    assert (row["amount"], row["known"], row["origin"]) == (1000, 0.5, "report+missing")


# --- statements in shorter steps -------------------------------------------------------------------------------------


def stated(kind: str = "invoice", span: str = "2025-01-01,2025-02-01", amount: str = "3100") -> dict[str, Any]:
    return {"streams.csv": EL, "statements/a.csv": HEAD + f"el,{span},{amount},kWh,{kind},grid\n"}


def test_a_monthly_statement_has_no_place_in_a_day(flows: Flows) -> None:
    rows = flows(stated(), "day", "2025-01-01", "2025-01-03")
    assert [(row["amount"], row["unplaced"], row["known"], row["origin"]) for row in rows] == [
        (None, 3100, 0, "invoice"),
        (None, 3100, 0, "invoice"),
    ]


def test_a_confirmed_zero_is_nought_in_every_day_and_hour(flows: Flows) -> None:
    tables = stated("confirmed_zero", "2025-01-01,2026-01-01", "0")
    for step in ("day", "hour"):
        rows = flows(tables, step, "2025-01-30", "2025-02-02")
        assert {(row["amount"], row["known"], row["unplaced"]) for row in rows} == {(0, 1, None)}


def test_a_zero_seen_from_the_other_side_has_no_sign(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    from lingtan.cli import main

    folder = write(stated("confirmed_zero", "2025-01-01,2026-01-01", "0"))
    assert main(["flows", str(folder), "--by", "node", "--step", "year", "--year", "2025", "--json"]) == 0
    assert "-0" not in capsys.readouterr().out.replace("2025-01-01", "").replace("2026-01-01", "")


def test_a_month_of_two_origins_names_both(flows: Flows) -> None:
    # the year: eleven months nobody knows, one invoice
    (year,) = flows(stated(), "year")
    assert year["origin"].split("+") == ["invoice", "missing"]
    assert (year["amount"], year["known"]) == (3100, pytest.approx(31 / 365))


def test_a_stream_that_begins_in_a_month_is_covered_by_what_it_exists(flows: Flows) -> None:
    tables = stated(span="2025-01-16,2025-02-01")
    tables["streams.csv"] = "id,commodity,source,target,from\nel,electricity,grid,E1,2025-01-16\n"
    january = flows(tables, "month")[0]
    assert (january["amount"], january["known"], january["flags"]) == (3100, 1, [])


def test_without_a_window_the_last_year_with_data_is_shown_by_month(run: Run, write: Write) -> None:
    rows = run("flows", write(stated()))
    assert [row["start"][:7] for row in rows] == [f"2025-{month:02d}" for month in range(1, 13)]


def test_an_amount_is_in_the_canonical_unit_of_its_commodity(flows: Flows) -> None:
    tables = stated()
    tables["streams.csv"] = STREAMS + "el,natural_gas,gasnet,E1,,final_fuel\n"
    tables["statements/a.csv"] = HEAD + "el,2025-01-01,2025-02-01,2,1e4 Nm3,invoice,gasnet\n"
    january = flows(tables, "month")[0]
    assert {"1e4 Nm3": 2, "Nm3": 20000, "1e4 m3": 2}[january["unit"]] == january["amount"]
