"""Clock faults: 24:00 of the same date, loggers that follow summer time."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from series_help import QUARTER, at, codes, frame, meter, park, stated

from lingtan.ledger.quality import BIT
from lingtan.series import intervals, summarise
from lingtan.series.clocks import RULES, changes, equation_of_time
from lingtan.series.plan import instant

SHANGHAI = ZoneInfo("Asia/Shanghai")


def midnight_fault(days: int, zone: ZoneInfo = SHANGHAI) -> pl.DataFrame:
    """End stamps of quarter-hours with 00:00 of the same date for 24:00; one unit each."""
    first = datetime(2025, 3, 1, tzinfo=zone)
    rows = []
    for day in range(days):
        date = first + timedelta(days=day)
        rows += [(date + QUARTER * i, 1.0 + i % 3) for i in range(1, 96)]
        rows.append((date, 5.0))
    return frame(rows)


def window(zone: ZoneInfo = SHANGHAI) -> tuple[datetime, datetime]:
    return datetime(2025, 3, 1, tzinfo=zone), datetime(2025, 4, 1, tzinfo=zone)


def test_midnight_of_the_same_date_is_set_aside_with_its_lines() -> None:
    p = park(meter(register="interval", stamp="end"), zone="Asia/Shanghai")
    series = summarise([midnight_fault(5)], p, *window())
    finding = next(f for f in series.findings if f.code == "midnight_same_date")
    assert (finding.level, finding.params["count"]) == ("error", 5)
    assert finding.where.lines == (97, 193, 289, 385, 481)  # header = 1, 96 rows a day
    assert series.buckets["month"]["resolved"].to_list() == [5 * 95]


def test_the_repair_moves_them_by_a_day_and_marks_them() -> None:
    p = park(meter(register="interval", stamp="end"), zone="Asia/Shanghai", repairs={"midnight_same_date": ("P",)})
    series = summarise([midnight_fault(5)], p, *window())
    # 1 + i % 3 over i = 1 .. 95 is 95 + 96 = 191; with the 5 of 24:00 196 a day
    assert series.buckets["month"].select("amount", "resolved").row(0) == (5 * 196, 480)
    assert series.buckets["month"]["flags"].to_list() == [BIT["clock_suspect"]]
    assert codes(series.findings) == ["midnight_repaired"]


def test_the_repair_of_another_point_repairs_nothing() -> None:
    p = park(meter(register="interval", stamp="end"), zone="Asia/Shanghai", repairs={"midnight_same_date": ("Q",)})
    assert "midnight_same_date" in codes(summarise([midnight_fault(3)], p, *window()).findings)


def test_the_fault_is_judged_on_the_clock_that_the_logger_declares() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    p = park(meter(register="interval", stamp="end", clock="Europe/Berlin"), zone="Asia/Shanghai")
    assert "midnight_same_date" in codes(summarise([midnight_fault(5, berlin)], p, *window(berlin)).findings)


def test_a_late_midnight_reading_is_late_and_no_clock_fault() -> None:
    start = datetime(2025, 3, 1, tzinfo=SHANGHAI)
    rows = [(start + QUARTER * i, i) for i in range(200)]
    rows.insert(150, rows.pop(96))  # 00:00 of the second day comes after half of that day
    found, _, findings = intervals(frame(rows), park(meter(), zone="Asia/Shanghai"))
    assert codes(findings) == ["late"]
    assert len(stated(found)) == 199


def test_a_counter_with_the_fault_is_repaired_too() -> None:
    start = datetime(2025, 3, 1, tzinfo=SHANGHAI)
    rows = []
    for day in range(3):
        block = [(start + timedelta(days=day) + QUARTER * i, day * 96 + i) for i in range(1, 97)]
        rows += [*block[:-1], (start + timedelta(days=day), block[-1][1])]
    p = park(meter(), zone="Asia/Shanghai", repairs={"midnight_same_date": ("P",)})
    found, _, findings = intervals(frame(rows), p)
    assert found["amount"].to_list() == [1] * 287
    assert codes(findings) == ["midnight_repaired"]


def sun(days: int, start: str, lon: float, lat: float, shift) -> pl.DataFrame:  # type: ignore[no-untyped-def]
    """Quarter-hour generation by the sun's height; ``shift`` gives the error of the logger's clock at a UTC instant."""
    begin = at(start)
    rows = []
    for i in range(days * 96):
        time = begin + QUARTER * i
        angle = 2 * math.pi * (time.timetuple().tm_yday - 81) / 365
        declination = math.radians(23.45) * math.sin(angle)
        noon = 12 - lon / 15 - equation_of_time((time - at("1970-01-01")).days)
        hour = ((time.hour + time.minute / 60 + 0.125 - noon + 12) % 24 - 12) * math.pi / 12
        height = math.sin(math.radians(lat)) * math.sin(declination)
        height += math.cos(math.radians(lat)) * math.cos(declination) * math.cos(hour)
        clouds = 0.35 + 0.65 * abs(math.sin(i // 96 * 2.4)) * (0.8 + 0.2 * math.sin(i * 1.7))
        rows.append((time + shift(time), round(max(0.0, height) * 100 * clouds, 2)))
    return frame(sorted(rows, key=lambda row: row[0]))


def follows(rule_number: int, standard: timedelta):  # type: ignore[no-untyped-def]
    """Error of a logger that follows a rule though a fixed offset is declared."""

    years = {year: tuple(map(instant, changes(RULES[rule_number], year, standard))) for year in range(2024, 2028)}

    def shift(time: datetime) -> timedelta:
        spring, autumn = years[time.year]
        return timedelta(hours=1) if spring <= time < autumn else timedelta(0)

    return shift


def never(_: datetime) -> timedelta:
    return timedelta(0)


@pytest.mark.parametrize(
    ("number", "zone", "clock", "lon", "lat"),
    [
        (0, "Asia/Shanghai", "+01:00", 120.0, 32.0),
        (0, "Europe/Berlin", "+01:00", 9.0, 48.0),
        (1, "America/Denver", "-07:00", -105.0, 40.0),
    ],
)
def test_a_logger_that_follows_summer_time_is_found_with_its_rule(
    number: int, zone: str, clock: str, lon: float, lat: float
) -> None:
    standard = timedelta(hours=int(clock[:3]))
    p = park(meter(register="interval", clock=clock), zone=zone, source="generator")
    rows = sun(365, "2025-01-01", lon, lat, follows(number, standard))
    series = summarise([rows], p, at("2025-01-01"), at("2026-01-01"))
    (finding,) = (f for f in series.findings if f.code == "clock_follows_dst")
    assert finding.params["rule"] == RULES[number].name
    july = series.buckets["month"].filter(pl.col("start").is_between(at("2025-06-25"), at("2025-07-05")))
    january = series.buckets["month"].head(1)
    assert july["flags"][0] & BIT["clock_suspect"]
    assert not january["flags"][0] & BIT["clock_suspect"]


@pytest.mark.parametrize(
    ("zone", "lon", "lat"), [("Asia/Shanghai", 120.0, 32.0), ("Europe/Berlin", 9.0, 48.0), ("America/Denver", -105, 40)]
)
def test_a_right_clock_is_not_accused(zone: str, lon: float, lat: float) -> None:
    p = park(meter(register="interval", clock="utc"), zone=zone, source="generator")
    series = summarise([sun(365, "2025-01-01", lon, lat, never)], p, at("2025-01-01"), at("2026-01-01"))
    assert "clock_follows_dst" not in codes(series.findings)


def test_a_works_day_on_local_summer_time_is_not_accused() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    rows = []
    for i in range(365 * 96):
        time = at("2025-01-01") + QUARTER * i
        local = time.astimezone(berlin)
        busy = 6 <= local.hour < 16 and local.weekday() < 5
        rows.append((time, 10 + (i * 7 % 11) if busy else 0.0))
    series = summarise(
        [frame(rows)], park(meter(register="interval"), zone="Europe/Berlin"), at("2025-01-01"), at("2026-01-01")
    )
    assert "clock_follows_dst" not in codes(series.findings)


def test_an_hour_that_comes_twice_at_the_autumn_change_is_a_sign() -> None:
    start = at("2025-10-20")
    change = at("2025-10-26T01:00")
    rows = []
    for i in range(96 * 10):
        time = start + QUARTER * i
        rows.append((time + (timedelta(hours=1) if time < change else timedelta(0)), 10 + i % 7))
    p = park(meter(register="interval", clock="+01:00"), zone="Europe/Berlin")
    findings = intervals(frame(rows), p)[2]
    assert [f.params["rule"] for f in findings if f.code == "clock_follows_dst"] == ["EU"]


def test_the_rules_give_the_published_dates_of_2025() -> None:
    eu, us = RULES
    assert [instant(us_) for us_ in changes(eu, 2025, timedelta(hours=1))] == [
        at("2025-03-30T01:00"),
        at("2025-10-26T01:00"),
    ]
    # New York: 9 March 02:00 EST = 07:00 UTC; 2 November 02:00 EDT = 06:00 UTC
    assert [instant(us_) for us_ in changes(us, 2025, timedelta(hours=-5))] == [
        at("2025-03-09T07:00"),
        at("2025-11-02T06:00"),
    ]


def test_the_equation_of_time_meets_almanac_values() -> None:
    # Almanac 2023: 11 February -14.2 min, 3 November +16.4 min
    day = (at("2023-02-11") - at("1970-01-01")).days
    assert equation_of_time(day) * 60 == pytest.approx(-14.2, abs=0.5)
    day = (at("2023-11-03") - at("1970-01-01")).days
    assert equation_of_time(day) * 60 == pytest.approx(16.4, abs=0.5)
