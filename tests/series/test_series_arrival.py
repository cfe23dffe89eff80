"""Arrival: duplicates, corrections, late rows, disorder."""

from __future__ import annotations

from decimal import Decimal

import polars as pl
from series_help import at, codes, frame, meter, park, regular, stated

from lingtan.series import intervals, summarise


def test_an_equal_value_at_the_same_time_is_ignored() -> None:
    rows = [("2025-01-01T00:00", 1), ("2025-01-01T00:15", 2), ("2025-01-01T00:15", 2), ("2025-01-01T00:30", 3)]
    found, _, findings = intervals(frame(rows), park(meter()))
    assert [row[2:] for row in stated(found)] == [(1, ()), (1, ())]
    assert [(f.code, f.level, f.params["count"]) for f in findings] == [("duplicate", "note", 1)]


def test_the_higher_seq_counts_whatever_the_order() -> None:
    rows = [
        ("2025-01-01T00:00", 1, 1),
        ("2025-01-01T00:15", 5, 9),
        ("2025-01-01T00:15", 3, 2),
        ("2025-01-01T00:30", 6, 3),
    ]
    found, _, findings = intervals(frame(rows), park(meter()))
    assert [row[2] for row in stated(found)] == [4, 1]
    assert all("corrected" in row[3] for row in stated(found))
    assert [f.amount for f in findings if f.code == "corrected"] == [Decimal(2)]


def test_without_seq_the_later_row_counts() -> None:
    rows = [("2025-01-01T00:00", 1), ("2025-01-01T00:15", 5), ("2025-01-01T00:15", 3), ("2025-01-01T00:30", 6)]
    assert [row[2] for row in stated(intervals(frame(rows), park(meter()))[0])] == [2, 3]


def test_a_row_with_seq_beats_one_without() -> None:
    rows = [("2025-01-01T00:00", 1), ("2025-01-01T00:15", 5, 1), ("2025-01-01T00:15", 3), ("2025-01-01T00:30", 6)]
    assert [row[2] for row in stated(intervals(frame(rows), park(meter()))[0])] == [4, 1]


def test_older_than_one_already_read_is_late_and_used() -> None:
    rows = [("2025-01-01T00:00", 1), ("2025-01-01T00:30", 3), ("2025-01-01T00:15", 2)]
    found, _, findings = intervals(frame(rows), park(meter()))
    assert [row[2:] for row in stated(found)] == [(1, ("late",)), (1, ("late",))]
    assert codes(findings) == ["late"]


def test_an_identical_redelivery_changes_nothing() -> None:
    once = regular([1, 2, 4, 7])
    twice = pl.concat([once, once.with_columns(order=pl.col("order") + 100)])
    p = park(meter())
    first, again = intervals(once, p), intervals(twice, p)
    assert first[0].equals(again[0])
    assert codes(again[2]) == ["duplicate"]


def test_points_that_no_meter_names_are_left_out() -> None:
    found, quanta, _ = intervals(pl.concat([regular([1, 2]), regular([1, 9], point="X")]), park(meter()))
    assert found["point"].unique().to_list() == ["P"]
    assert list(quanta) == ["P"]


def test_blocks_with_a_categorical_point_are_read_alike() -> None:
    rows = regular([1, 2, 4])
    p = park(meter())
    assert intervals(rows.with_columns(pl.col("point").cast(pl.Categorical)), p)[0].equals(intervals(rows, p)[0])


def test_many_scattered_corrections_become_one_finding() -> None:
    rows = [(at("2025-01-01T00:00") + (at("2025-01-01T00:15") - at("2025-01-01T00:00")) * i, i) for i in range(200)]
    again = [(time, value + 0.5) for time, value in rows[3::10]]
    findings = intervals(frame([*rows, *again]), park(meter()))[2]
    assert codes(findings).count("corrected") == 1
    assert next(f for f in findings if f.code == "corrected").params["count"] == 20


def test_findings_name_the_lines_through_place() -> None:
    rows = [("2025-01-01T00:00", 1), ("2025-01-01T00:15", 2), ("2025-01-01T00:15", 4)]
    series = summarise(
        [frame(rows)], park(meter()), at("2025-01-01"), at("2026-01-01"), place=lambda order: ("readings/a.csv", order)
    )
    where = next(f.where for f in series.findings if f.code == "corrected")
    assert (where.file, where.line, where.point, where.stream) == ("readings/a.csv", 4, "P", "S")
