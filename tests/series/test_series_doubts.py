"""Doubts: spikes, stuck values, jumps of level. A law of each: what is usual is not accused."""

from __future__ import annotations

import math
import random
from decimal import Decimal

import polars as pl
from series_help import HOUR, QUARTER, at, codes, frame, meter, park, regular, stated

from lingtan.ledger.quality import BIT
from lingtan.series import Thresholds, intervals, summarise


def load(days: int, seed: int = 1) -> list[float]:
    """Quarter-hour amounts of a plant: by hour of the day, with noise, two decimals."""
    noise = random.Random(seed)
    shape = [40 + 30 * math.sin((i % 96) / 96 * 2 * math.pi) for i in range(days * 96)]
    return [round(value * noise.uniform(0.9, 1.1), 2) for value in shape]


def year(values: list[float], **more):  # type: ignore[no-untyped-def]
    p = park(meter(register="interval", **more))
    return summarise([regular(values)], p, at("2025-01-01"), at("2026-01-01"))


def test_a_usual_load_raises_no_doubt() -> None:
    assert codes(year(load(60)).findings) == []


def test_a_step_above_twenty_times_the_own_tail_is_a_spike_and_counted() -> None:
    values = load(30)
    values[1000] = 2000.0  # 99.9th percentile about 77: the limit lies near 1,540
    series = year(values)
    assert [(f.code, f.amount) for f in series.findings] == [("spike", Decimal(2000))]
    assert series.buckets["year"]["flags"].to_list() == [BIT["spike"]]
    assert series.buckets["year"]["amount"][0] == round(sum(values) * 100)


def test_a_step_below_twenty_times_the_tail_is_none() -> None:
    values = load(30)
    values[1000] = 1400.0
    assert codes(year(values).findings) == []


def test_spikes_need_a_hundred_steps() -> None:
    assert codes(year([1.0, 2, 1.5] * 20 + [500.0]).findings) == []


def test_the_thresholds_can_be_set() -> None:
    values = load(30)
    values[1000] = 1400.0
    p = park(meter(register="interval"))
    findings = intervals(regular(values), p, limits=Thresholds(spike_factor=10))[2]
    assert codes(findings) == ["spike"]


def test_one_nonzero_value_over_hours_is_stuck() -> None:
    values = load(60)
    values[2000:2040] = [51.17] * 40
    series = year(values)
    (finding,) = series.findings
    assert (finding.code, finding.start, finding.end) == ("stuck", at("2025-01-21T20:00"), at("2025-01-22T06:00"))
    assert finding.amount == Decimal("51.17") * 40


def test_a_load_that_is_constant_by_nature_is_not_stuck() -> None:
    values = [5.0] * 3000 + load(5)
    assert "stuck" not in codes(year(values).findings)


def test_nought_at_night_is_not_stuck() -> None:
    values = [value if 24 <= i % 96 < 80 else 0.0 for i, value in enumerate(load(60))]
    assert codes(year(values).findings) == []


def test_free_weekends_are_not_stuck() -> None:
    values = [value if (i // 96) % 7 < 5 else 0.0 for i, value in enumerate(load(70))]
    assert codes(year(values).findings) == []


def test_a_counter_that_stands_still_where_the_same_hours_move_is_stuck() -> None:
    values = load(60)
    values[2000:2060] = [0.0] * 60
    total, readings = 0.0, [0.0]
    for value in values:
        total = round(total + value, 2)
        readings.append(total)
    found, _, findings = intervals(regular(readings), park(meter()))
    assert [(f.code, f.start, f.end) for f in findings] == [("stuck", at("2025-01-21T20:00"), at("2025-01-22T11:00"))]
    assert sum("stuck" in row[3] for row in stated(found)) == 60


def test_a_level_that_jumps_by_a_thousand_and_stays_names_the_factor() -> None:
    values = [v * 1000 if i >= 40 * 96 else v for i, v in enumerate(load(80))]
    series = year(values)
    assert [(f.code, f.params["factor"], f.start) for f in series.findings] == [
        ("unit_suspect", "10^3", at("2025-02-10"))
    ]
    flagged = series.buckets["day"].filter(pl.col("flags") > 0)
    assert flagged["start"].min() == at("2025-02-10")


def test_a_level_that_jumps_by_the_pound_names_it() -> None:
    values = [round(v * 2.2046, 2) if i >= 40 * 96 else v for i, v in enumerate(load(80))]
    assert [f.params.get("factor") for f in year(values).findings] == ["2.2046"]


def test_a_jump_that_comes_back_is_bounded() -> None:
    values = [v * 10 if 40 * 96 <= i < 60 * 96 else v for i, v in enumerate(load(100))]
    (finding,) = year(values).findings
    assert (finding.code, finding.start, finding.end) == ("unit_suspect", at("2025-02-10"), at("2025-03-02"))


def test_a_change_that_two_meters_show_on_one_day_is_no_unit_fault() -> None:
    rows = [
        regular([v * (0.1 if i >= 40 * 96 else 1) for i, v in enumerate(load(80, s))], point=p)
        for s, p in ((1, "A"), (2, "B"))
    ]
    p = park(meter("A", "interval"), meter("B", "interval", role="check"))
    assert codes(summarise([pl.concat(rows)], p, at("2025-01-01"), at("2026-01-01")).findings) == []


def test_a_holiday_of_low_load_is_no_unit_fault() -> None:
    values = [round(v / 3.6, 2) if 40 * 96 <= i < 48 * 96 else v for i, v in enumerate(load(80))]
    assert codes(year(values).findings) == []


def test_a_two_week_standstill_is_not_called_stuck() -> None:
    values = [0.0 if 30 * 96 <= i < 44 * 96 else v for i, v in enumerate(load(120))]
    assert codes(year(values).findings) == []


def test_small_register_steps_agree_by_rounding_and_are_not_stuck() -> None:
    assert codes(year([float(int(v / 30)) for v in load(60)]).findings) == []


def test_a_week_of_double_load_is_no_unit_fault() -> None:
    values = [v * 1.7 if i >= 40 * 96 else v for i, v in enumerate(load(80))]
    assert codes(year(values).findings) == []


def test_a_sign_that_is_swapped_is_one_finding_with_its_size() -> None:
    values = load(30)
    values[960:1920] = [-value for value in values[960:1920]]
    (finding,) = year(values).findings
    assert (finding.code, finding.start, finding.end) == ("negative", at("2025-01-11"), at("2025-01-21"))
    assert finding.amount == round(-sum(Decimal(str(v)) for v in values[960:1920]), 2)
    assert "sign" in finding.message


def test_a_point_that_falls_silent_before_the_others_is_told() -> None:
    p = park(meter("A"), meter("B"))
    rows = pl.concat([regular(range(96 * 10), point="A"), regular(range(96 * 4), point="B")])
    (finding,) = summarise([rows], p, at("2025-01-01"), at("2026-01-01")).findings
    assert (finding.code, finding.where.point, finding.params["days"]) == ("missing", "B", 6)
    assert (finding.start, finding.end) == (at("2025-01-04T23:45"), at("2025-01-10T23:45"))


def test_holes_are_told_once_a_run_and_as_one_where_there_are_many() -> None:
    start = at("2025-01-01")
    few = frame([(start + QUARTER * i, 1 + i % 7) for i in range(400) if i % 100 > 3])
    many = frame([(start + HOUR * i, 1 + i % 7) for i in range(400)])
    p = park(meter(register="interval"))
    assert codes(intervals(few, p)[2]) == ["missing"] * 3
    (one,) = (f for f in intervals(many, p)[2] if f.code == "missing")
    assert one.params["count"] == 399
