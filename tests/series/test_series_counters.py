"""Counters: the sentences of park-folder.md, "Meters and readings", one by one."""

from __future__ import annotations

from decimal import Decimal

from series_help import HEAT, WATER, at, codes, frame, meter, park, regular, stated

from lingtan.series import intervals, summarise


def test_the_difference_times_the_multiplier_is_the_amount() -> None:
    found, quanta, _ = intervals(regular([100, 102.5, 104]), park(meter(multiplier=Decimal(40))))
    # (102.5 - 100) x 40 = 100 kWh; (104 - 102.5) x 40 = 60 kWh
    assert [row["amount"] * quanta["P"] for row in found.to_dicts()] == [Decimal(100), Decimal(60)]


def test_the_quantum_is_exact_in_the_canonical_unit() -> None:
    _, quanta, _ = intervals(regular([1, 1.25]), park(meter(unit="MWh")))
    # one hundredth of a MWh = 10 kWh
    assert quanta["P"] == Decimal(10)


def test_a_fall_within_reach_over_the_top_is_a_roll_over() -> None:
    # (10^4 - 9995 + 5) x 1 = 10 kWh < 2 x 1000 kW x 0.25 h = 500 kWh
    found, _, findings = intervals(regular([9990, 9995, 5, 8]), park(meter(digits=4), rated=1000))
    assert [row[2] for row in stated(found)] == [5, 10, 3]
    assert stated(found)[1][3] == ("rolled_over",)
    assert codes(findings) == ["rolled_over"]


def test_a_roll_over_needs_to_stay_under_twice_the_rated_power() -> None:
    # 10 kWh in a quarter of an hour is exactly 2 x 20 kW x 0.25 h: not under it, so the new value counts from 0
    found, _, findings = intervals(regular([9990, 9995, 5]), park(meter(digits=4), rated=20))
    assert [row[2] for row in stated(found)] == [5, 5]
    assert "reset" in codes(findings)


def test_without_a_rating_the_limit_is_ten_times_the_own_tail() -> None:
    # 120 steps of 1 m3: limit 10 m3 a quarter-hour; over the top (10^3 - 996 + 4) = 8 m3 is under it
    values = [875.0 + i for i in range(122)]
    found, _, _ = intervals(regular([*values, 4]), park(meter(digits=3, unit="m3"), commodity=WATER))
    assert stated(found)[-1][2:] == (8, ("rolled_over",))


def test_with_under_100_steps_and_no_rating_a_fall_is_a_reset() -> None:
    values = [957.0 + i for i in range(40)]
    found, _, findings = intervals(regular([*values, 4]), park(meter(digits=3, unit="m3"), commodity=WATER))
    assert stated(found)[-1][2:] == (4, ("reset",))
    assert [f.amount for f in findings if f.code == "reset"] == [Decimal(4)]


def test_the_rating_counts_for_heat_in_its_own_unit() -> None:
    # 2 x 1000 kW x 0.25 h = 500 kWh = 1.8 GJ: 1 GJ over the top rolls over, 2 GJ would not
    p = park(meter(digits=2, unit="GJ"), rated=1000, commodity=HEAT)
    assert stated(intervals(regular([99.5, 0.5]), p)[0])[0][3] == ("rolled_over",)
    assert "reset" in stated(intervals(regular([98.5, 0.5]), p)[0])[0][3]


def test_a_dip_that_recovers_is_set_aside_and_leaves_a_gap_of_known_total() -> None:
    found, _, findings = intervals(regular([1000, 1001, 3, 1003, 1004]), park(meter(digits=6), rated=1000))
    assert stated(found) == [
        ("01-01 00:00", "01-01 00:15", 1, ()),
        ("01-01 00:15", "01-01 00:45", 2, ("gap_total", "spike")),
        ("01-01 00:45", "01-01 01:00", 1, ()),
    ]
    assert set(codes(findings)) == {"counter_dip", "gap_total"}


def test_a_dip_may_last_several_readings_and_fall_again_inside() -> None:
    found, _, _ = intervals(regular([1000, 1001, 3, 0, 2, 1004, 1005]), park(meter(), rated=1000))
    assert [row[2] for row in stated(found)] == [1, 3, 1]


def test_a_low_value_that_climbs_slowly_is_a_reset_and_no_dip() -> None:
    found, _, findings = intervals(regular([1000, 1001, 3, 4, 6]), park(meter(), rated=1000))
    assert [row[2] for row in stated(found)] == [1, 3, 1, 2]
    assert "reset" in codes(findings)
    assert "counter_dip" not in codes(findings)


def test_an_interval_of_one_and_a_half_periods_counts_and_a_longer_one_is_a_gap() -> None:
    rows = [("2025-01-01T00:00", 1), ("2025-01-01T00:22:30", 2), ("2025-01-01T00:45:01", 4)]
    found, _, _ = intervals(frame(rows), park(meter()))
    assert found["gap"].to_list() == [False, True]


def test_a_negative_step_of_a_bidirectional_counter_is_an_amount() -> None:
    found, _, _ = intervals(regular([100, 98, 99]), park(meter(bidirectional=True), rated=1000))
    assert [row[2:] for row in stated(found)] == [(-2, ()), (1, ())]


def test_a_reading_at_the_change_closes_the_old_device() -> None:
    p = park(
        meter(serial="A", end=at("2025-01-01T00:30"), first_value=None),
        meter(serial="B", start=at("2025-01-01T00:30"), first_value=Decimal(7)),
    )
    found, _, _ = intervals(regular([100, 101, 103, 9, 12]), p)
    # 103 belongs to A; B opens with 7: 9 - 7 = 2, 12 - 9 = 3
    assert [row[2] for row in stated(found)] == [1, 2, 2, 3]
    assert "device_change" in stated(found)[2][3]


def test_closing_and_opening_registers_cut_the_interval_at_the_change() -> None:
    p = park(
        meter(serial="A", end=at("2025-01-01T00:20"), last_value=Decimal("101.5")),
        meter(serial="B", start=at("2025-01-01T00:20"), first_value=Decimal(0)),
    )
    found, quanta, _ = intervals(regular([100, 101, 0.5]), p)
    assert [(row[0], row[1], row[2] * quanta["P"]) for row in stated(found)] == [
        ("01-01 00:00", "01-01 00:15", Decimal(1)),
        ("01-01 00:15", "01-01 00:20", Decimal("0.5")),
        ("01-01 00:20", "01-01 00:30", Decimal("0.5")),
    ]


def test_unknown_registers_make_a_gap_of_unknown_total() -> None:
    p = park(meter(serial="A", end=at("2025-01-01T00:20")), meter(serial="B", start=at("2025-01-01T00:20")))
    found, _, findings = intervals(regular([100, 101, 5, 6]), p)
    assert stated(found)[1] == ("01-01 00:15", "01-01 00:30", None, ("device_change",))
    assert codes(findings) == ["device_change"]
    assert findings[0].amount is None


def test_devices_with_other_multipliers_share_one_exact_quantum() -> None:
    change = at("2025-01-01T00:30")
    p = park(
        meter(serial="A", end=change, multiplier=Decimal(40)),
        meter(serial="B", start=change, multiplier=Decimal(60), first_value=Decimal(0)),
    )
    found, quanta, _ = intervals(regular([0, 1, 2, 1]), p)
    assert quanta["P"] == Decimal(20)
    assert [row["amount"] * quanta["P"] for row in found.to_dicts()] == [40, 40, 60]


def test_readings_outside_every_device_period_are_told_and_not_counted() -> None:
    p = park(meter(end=at("2025-01-01T00:15")))
    found, _, findings = intervals(regular([1, 2, 3, 4]), p)
    assert [row[2] for row in stated(found)] == [1]
    assert [(f.code, f.level, f.params["count"]) for f in findings] == [("outside_device", "error", 2)]


def test_overlapping_device_rows_do_not_count_twice() -> None:
    p = park(
        meter(serial="A", end=at("2025-01-01T00:30")),
        meter(serial="B", start=at("2025-01-01T00:15"), first_value=Decimal(0)),
    )
    found, _, findings = intervals(regular([1, 2, 3, 4, 5]), p)
    assert sum(row[2] or 0 for row in stated(found)) == 3  # 1 + 1 of A, then B from its first reading: 5 - 4
    assert "device_overlap" in codes(findings)


def test_an_amount_beyond_twice_the_rated_power_is_flagged_and_counted() -> None:
    found, _, findings = intervals(regular([0, 10, 61]), park(meter(), rated=100))
    # 51 kWh > 2 x 100 kW x 0.25 h = 50 kWh
    assert [row[2:] for row in stated(found)] == [(10, ()), (51, ("out_of_range",))]
    assert [f.amount for f in findings if f.code == "out_of_range"] == [Decimal(51)]


def test_a_blank_period_is_the_commonest_distance_and_noted() -> None:
    found, _, findings = intervals(regular([1, 2, 3, 4]), park(meter(period=None)))
    assert found["gap"].to_list() == [False, False, False]
    assert [(f.code, f.level, f.params["period"]) for f in findings] == [("period_assumed", "note", "15 min")]


def test_one_reading_without_a_period_gives_nothing_and_an_error() -> None:
    found, _, findings = intervals(regular([1]), park(meter(period=None)))
    assert found.height == 0
    assert codes(findings) == ["period_unknown"]


def test_a_meter_on_an_unknown_stream_is_told_and_others_are_counted() -> None:
    p = park(meter(), meter("Q", stream="T"))
    broken = type(p)(
        p.settings, nodes=p.nodes, streams={"S": p.streams["S"]}, meters=p.meters, commodities=p.commodities
    )
    series = summarise([regular([1, 2])], broken, at("2025-01-01"), at("2026-01-01"))
    assert series.buckets["year"]["amount"].to_list() == [1]
    assert "meter_unusable" in codes(series.findings)


def test_an_empty_block_is_no_error() -> None:
    found, quanta, findings = intervals(frame([]), park(meter()))
    assert (found.height, quanta, findings) == (0, {}, ())
