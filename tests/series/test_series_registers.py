"""Interval, mean-rate and rate-point registers."""

from __future__ import annotations

from decimal import Decimal

import pytest
from series_help import HEAT, WATER, at, codes, frame, meter, park, regular, stated

from lingtan.series import intervals, summarise


def amounts(found, quanta):  # type: ignore[no-untyped-def]
    return [None if row["amount"] is None else row["amount"] * quanta["P"] for row in found.to_dicts()]


def test_an_interval_register_states_the_amount_of_its_period() -> None:
    found, quanta, _ = intervals(regular([1.5, 2]), park(meter(register="interval")))
    assert [row[:2] for row in stated(found)] == [("01-01 00:00", "01-01 00:15"), ("01-01 00:15", "01-01 00:30")]
    assert amounts(found, quanta) == [Decimal("1.5"), Decimal(2)]


def test_a_stamp_at_the_end_places_the_interval_before_it() -> None:
    found, _, _ = intervals(regular([1, 2]), park(meter(register="interval", stamp="end")))
    assert stated(found)[0][:2] == ("12-31 23:45", "01-01 00:00")


def test_an_interval_never_reaches_past_its_period_and_the_hole_is_missing() -> None:
    rows = [("2025-01-01T00:00", 1), ("2025-01-01T01:00", 1)]
    found, _, findings = intervals(frame(rows), park(meter(register="interval")))
    assert stated(found)[0][1] == "01-01 00:15"
    assert [(f.code, f.start, f.end, f.amount) for f in findings] == [
        ("missing", at("2025-01-01T00:15"), at("2025-01-01T01:00"), None)
    ]


def test_a_rate_is_the_mean_over_its_period() -> None:
    # 100 kW x 0.25 h = 25 kWh, exactly
    found, quanta, _ = intervals(regular([100, 50]), park(meter(register="rate", unit="kW")))
    assert amounts(found, quanta) == [Decimal(25), Decimal("12.5")]


def test_a_rate_read_early_counts_only_the_time_to_the_next() -> None:
    rows = [("2025-01-01T00:00", 60), ("2025-01-01T00:05", 120), ("2025-01-01T00:20", 60)]
    found, quanta, _ = intervals(frame(rows), park(meter(register="rate", unit="kW")))
    # 60 kW x 5 min = 5 kWh; 120 kW x 15 min = 30 kWh; 60 kW x 15 min = 15 kWh
    assert [round(value, 20) for value in amounts(found, quanta)] == [5, 30, 15]


def test_a_rate_point_gives_the_trapezoid() -> None:
    # (100 + 50) / 2 kW x 0.25 h = 18.75 kWh
    found, quanta, _ = intervals(regular([100, 50]), park(meter(register="rate_point", unit="kW")))
    assert amounts(found, quanta) == [Decimal("18.75")]


def test_the_trapezoid_stops_at_a_gap_longer_than_one_and_a_half_periods() -> None:
    rows = [("2025-01-01T00:00", 4), ("2025-01-01T00:22:30", 4), ("2025-01-01T00:45:01", 4)]
    found, _, findings = intervals(frame(rows), park(meter(register="rate_point", unit="kW")))
    assert [row[:2] for row in stated(found)] == [("01-01 00:00", "01-01 00:22")]
    assert codes(findings) == []  # nothing follows the gap, so its end is not known to be one


@pytest.mark.parametrize(
    ("unit", "commodity", "expected"),
    [("GJ/h", HEAT, Decimal("0.25")), ("MW", HEAT, Decimal("0.9")), ("m3/h", WATER, Decimal("0.25"))],
)
def test_rates_come_in_the_unit_of_their_commodity(unit, commodity, expected) -> None:  # type: ignore[no-untyped-def]
    # 1 MW x 0.25 h = 250 kWh = 0.9 GJ
    found, quanta, _ = intervals(regular([1]), park(meter(register="rate", unit=unit), commodity=commodity))
    assert amounts(found, quanta) == [expected]


def test_a_negative_amount_is_set_aside_with_its_size() -> None:
    found, quanta, findings = intervals(regular([3, -2.5, 3]), park(meter(register="interval")))
    assert amounts(found, quanta) == [3, None, 3]
    assert stated(found)[1][3] == ("negative",)
    assert [(f.code, f.amount) for f in findings] == [("negative", Decimal("2.5"))]


def test_a_set_aside_period_is_not_resolved() -> None:
    p = park(meter(register="interval"))
    series = summarise([regular([1.0] * 50 + [-1.0] + [1.5] * 45)], p, at("2025-01-01"), at("2025-01-02"))
    day = series.buckets["day"].row(0, named=True)
    assert (day["periods"], day["resolved"], day["known_us"]) == (96, 95, 95 * 900_000_000)


def test_a_bidirectional_register_keeps_its_sign() -> None:
    found, quanta, findings = intervals(regular([3, -2]), park(meter(register="interval", bidirectional=True)))
    assert amounts(found, quanta) == [3, -2]
    assert findings == ()


def test_daily_intervals_stamped_at_the_end_follow_the_local_day_over_a_clock_change() -> None:
    # Berlin 2025: 30 March has 23 hours. Stamps at local midnight: 22:00 UTC from then on, 23:00 before.
    rows = [("2025-03-29T23:00", 10), ("2025-03-30T22:00", 11), ("2025-03-31T22:00", 12)]
    p = park(meter(register="interval", stamp="end", period=86_400), zone="Europe/Berlin")
    series = summarise([frame(rows)], p, at("2025-02-28T23:00"), at("2025-04-30T22:00"))
    days = series.buckets["day"].drop_nulls("amount")
    assert [f"{start:%m-%d %H}" for start in days["start"]] == ["03-28 23", "03-29 23", "03-30 22"]
    assert days["resolved"].to_list() == [1, 1, 1]


def test_a_reading_at_the_change_of_an_interval_register_belongs_by_its_interval() -> None:
    change = at("2025-01-01T00:15")
    p = park(
        meter(register="interval", end=change, multiplier=1),
        meter(register="interval", start=change, multiplier=10),
    )
    found, quanta, _ = intervals(regular([1, 1, 1]), p)
    assert amounts(found, quanta) == [1, 10, 10]
