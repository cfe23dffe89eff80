"""Laws that hold for any readings."""

from __future__ import annotations

import random
from datetime import timedelta
from decimal import Decimal

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from series_help import QUARTER, at, frame, meter, park

from lingtan.series import intervals, summarise

START = at("2024-12-30")
rises = st.lists(st.integers(0, 500), min_size=2, max_size=60)
times = st.lists(st.integers(0, 96 * 400), min_size=2, max_size=40, unique=True)
# A midnight that comes behind the noon of its date is the fault of a 24:00 written as 00:00, and set aside.
no_midnights = st.lists(st.integers(0, 96 * 400).filter(lambda at: at % 96), min_size=2, max_size=40, unique=True)
few = settings(max_examples=15, deadline=None)
fewer = settings(max_examples=6, deadline=None)


def counter(moments: list[int], steps: list[int]) -> list[tuple]:  # type: ignore[type-arg]
    """A counter that only rises, read at quarter-hours ``moments``."""
    value, rows = 1000, []
    for number, moment in enumerate(sorted(moments)):
        value += steps[number % len(steps)]
        rows.append((START + QUARTER * moment, value / 100))
    return rows


@few
@given(no_midnights, rises, st.randoms(use_true_random=False))
def test_intervals_of_a_rising_counter_sum_to_last_less_first_in_any_order(
    moments: list[int], steps: list[int], chance: random.Random
) -> None:
    rows = counter(moments, steps)
    shuffled = list(rows)
    chance.shuffle(shuffled)
    found, quanta, _ = intervals(frame(shuffled), park(meter()))
    expected = Decimal(str(rows[-1][1])) - Decimal(str(rows[0][1]))
    assert int(found["amount"].sum()) * quanta["P"] == expected


@few
@given(times, rises)
def test_statements_neither_overlap_nor_leave_holes_between_readings(moments: list[int], steps: list[int]) -> None:
    found = intervals(frame(counter(moments, steps)), park(meter()))[0].sort("start")
    assert found["end"].head(-1).to_list() == found["start"].tail(-1).to_list()


@fewer
@given(times, rises)
def test_days_and_placed_gaps_add_up_to_the_year(moments: list[int], steps: list[int]) -> None:
    p = park(meter(), zone="Europe/Berlin")
    rows = frame(counter(moments, steps))
    window = at("2024-12-31T23:00"), at("2025-12-31T23:00")
    series = summarise([rows], p, *window, steps=("hour", "day", "month", "year"))
    inside = series.gaps.filter((pl.col("start") >= window[0]) & (pl.col("end") <= window[1]))
    for fine, wide in (("hour", "day"), ("day", "month"), ("month", "year")):
        for row in series.buckets[wide].to_dicts():
            held = series.buckets[fine].filter((pl.col("start") >= row["start"]) & (pl.col("end") <= row["end"]))
            edges = held["start"].to_list()
            # A gap in the wide bucket that no fine bucket holds is what the fine ones show as unplaced.
            between = [
                gap["amount"]
                for gap in inside.to_dicts()
                if row["start"] <= gap["start"] and gap["end"] <= row["end"]
                and len([edge for edge in edges if gap["start"] < edge < gap["end"]]) > 0
            ]  # fmt: skip
            assert (row["amount"] or 0) == int(held["amount"].sum()) + sum(between)


@fewer
@given(times, rises)
def test_known_time_and_resolved_periods_never_exceed_what_there_is(moments: list[int], steps: list[int]) -> None:
    series = summarise([frame(counter(moments, steps))], park(meter()), at("2025-01-01"), at("2026-01-01"))
    for rows in series.buckets.values():
        assert (rows["known_us"] <= rows["time_us"]).all()
        assert (rows["resolved"] <= rows["periods"]).all()


@few
@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 9)), min_size=2, max_size=40), st.randoms())
def test_with_seq_the_order_of_arrival_changes_no_amount(pairs: list[tuple[int, int]], chance: random.Random) -> None:
    rows = [(START + QUARTER * moment, value, seq) for seq, (moment, value) in enumerate(pairs)]
    shuffled = list(rows)
    chance.shuffle(shuffled)
    p = park(meter(register="interval"))
    columns = ("start", "end", "amount")
    assert intervals(frame(rows), p)[0].select(columns).equals(intervals(frame(shuffled), p)[0].select(columns))


@fewer
@given(times, rises, st.integers(0, 10))
def test_the_window_only_selects(moments: list[int], steps: list[int], month: int) -> None:
    rows, p = frame(counter(moments, steps)), park(meter())
    whole = summarise([rows], p, at("2025-01-01"), at("2026-01-01"))
    low, high = at(f"2025-{month + 1:02d}-01"), at(f"2025-{month + 2:02d}-01")
    part = summarise([rows], p, low, high).buckets["month"]
    same = whole.buckets["month"].filter(pl.col("start") == low)
    columns = ("amount", "unplaced", "periods", "resolved", "known_us", "flags")
    assert part.select(columns).equals(same.select(columns))


def test_the_result_is_the_same_bytes_run_by_run() -> None:
    rows = frame([(START + QUARTER * i + timedelta(seconds=i % 3), (i * 37 % 101) / 7) for i in range(3000)])
    p = park(meter(register="rate", unit="kW"))
    first, again = (summarise([rows], p, at("2025-01-01"), at("2026-01-01")) for _ in range(2))
    assert first.buckets["day"].equals(again.buckets["day"])
    assert first.findings == again.findings
