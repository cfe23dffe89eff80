"""Roll-ups: local buckets, gaps, coverage."""

from __future__ import annotations

from datetime import timedelta

import polars as pl
import pytest
from series_help import HOUR, QUARTER, at, codes, frame, meter, park, regular

from lingtan.ledger.quality import BIT
from lingtan.series import SeriesError, summarise


def year(blocks, p, **more):  # type: ignore[no-untyped-def]
    return summarise(blocks, p, at("2025-01-01"), at("2026-01-01"), **more)


def known(series, step: str):  # type: ignore[no-untyped-def]
    rows = series.buckets[step].filter(pl.col("amount").is_not_null() | pl.col("unplaced").is_not_null())
    return [(f"{r['start']:%m-%d}", r["amount"], r["unplaced"]) for r in rows.to_dicts()]


def test_a_gap_counts_in_the_smallest_bucket_that_contains_it() -> None:
    rows = [("2025-01-05T10:00", 0), ("2025-01-05T16:00", 6), ("2025-01-31T12:00", 20), ("2025-02-01T12:00", 30)]
    series = year([frame(rows)], park(meter()))
    assert known(series, "day")[0] == ("01-05", 6, 14)  # the 14 reach to 31 January: a month holds them, no day
    assert known(series, "month") == [("01-01", 20, 10), ("02-01", None, 10)]
    assert known(series, "year") == [("01-01", 30, None)]


def test_time_in_a_gap_is_known_only_where_the_gap_fits() -> None:
    rows = [("2025-01-01T00:00", 0), ("2025-01-01T06:00", 6), ("2025-01-02T06:00", 30)]
    days = year([frame(rows)], park(meter())).buckets["day"].head(2)
    assert (days["known_us"] // 3_600_000_000).to_list() == [6, 0]
    assert days["resolved"].to_list() == [0, 0]


def test_a_gap_over_the_edge_of_the_window_is_unplaced_in_the_year() -> None:
    rows = [("2024-12-31T12:00", 0), ("2025-01-01T12:00", 9), ("2025-01-01T12:15", 10)]
    assert known(year([frame(rows)], park(meter())), "year") == [("01-01", 1, 9)]


def test_every_gap_with_a_known_total_is_listed() -> None:
    series = year([frame([("2025-01-05T10:00", 0), ("2025-01-05T16:00", 6)])], park(meter()))
    assert series.gaps.rows() == [("P", at("2025-01-05T10:00"), at("2025-01-05T16:00"), 6)]


def test_an_interval_counts_where_it_starts() -> None:
    rows = [("2025-01-01T23:50", 0), ("2025-01-02T00:05", 4), ("2025-01-02T00:20", 5)]
    assert known(year([frame(rows)], park(meter())), "day") == [("01-01", 4, None), ("01-02", 1, None)]


def test_carried_readings_make_the_edges_exact() -> None:
    rows = regular(range(5), start="2024-12-31T23:30")
    assert known(year([rows], park(meter())), "year") == [("01-01", 2, None)]


def test_local_days_have_23_and_25_hours_at_the_changes() -> None:
    start = at("2025-03-28T23:00")
    rows = frame([(start + QUARTER * i, i) for i in range(96 * 4)])
    p = park(meter(), zone="Europe/Berlin")
    days = summarise([rows], p, start, at("2025-03-31T22:00")).buckets["day"]
    assert days["amount"].to_list() == [96, 92, 96]
    assert days["periods"].to_list() == [96, 92, 96]
    assert days["resolved"].to_list() == [96, 92, 96]
    autumn = at("2025-10-25T22:00")
    rows = frame([(autumn + QUARTER * i, i) for i in range(101)])
    day = summarise([rows], p, autumn, at("2025-10-26T23:00"), steps=("day", "hour"))
    assert day.buckets["day"]["amount"].to_list() == [100]
    assert day.buckets["hour"].height == 25


def test_hours_are_local_hours_where_the_offset_is_no_whole_hour() -> None:
    p = park(meter(), zone="Asia/Kolkata")
    rows = regular(range(9), start="2025-01-01T18:30")  # 00:00 in India
    series = summarise([rows], p, at("2025-01-01T18:30"), at("2025-01-02T18:30"), steps=("hour",))
    hours = series.buckets["hour"].drop_nulls("amount")
    assert [f"{start:%H:%M}" for start in hours["start"]] == ["18:30", "19:30"]
    assert hours["amount"].to_list() == [4, 4]


def test_device_time_is_cut_to_the_device_the_stream_and_the_window() -> None:
    from lingtan.ledger.park import Span

    p = park(
        meter(start=at("2025-01-10"), end=at("2025-02-20")),
        stream={"valid": Span(at("2025-01-15"), at("2025-12-01"))},
    )
    months = year([frame([])], p).buckets["month"]
    assert (months["time_us"] // 86_400_000_000).to_list() == [17, 19]
    assert months["periods"].to_list() == [17 * 96, 19 * 96]
    assert months["amount"].to_list() == [None, None]


def test_a_point_without_readings_has_rows_without_amounts_and_a_finding() -> None:
    series = year([], park(meter()))
    assert series.buckets["year"].select("amount", "resolved", "known_us").row(0) == (None, 0, 0)
    assert codes(series.findings) == ["no_readings"]


def test_flags_of_intervals_reach_all_buckets() -> None:
    rows = [("2025-01-01T00:00", 1), ("2025-01-01T00:30", 3), ("2025-01-01T00:15", 2)]
    series = year([frame(rows)], park(meter()), steps=("hour", "day", "month", "year"))
    for step in ("hour", "day", "month", "year"):
        assert series.buckets[step].filter(pl.col("amount").is_not_null())["flags"].to_list() == [BIT["late"]]


def test_a_jittered_clock_loses_no_coverage() -> None:
    start = at("2025-01-01")
    rows = frame([(start + QUARTER * i + timedelta(seconds=7 * (i % 5)), i) for i in range(97)])
    day = summarise([rows], park(meter()), start, at("2025-01-02")).buckets["day"].row(0, named=True)
    assert (day["periods"], day["resolved"]) == (96, 96)


def test_the_interval_step_hands_on_the_statements() -> None:
    series = year([regular([1, 2, 4])], park(meter()), steps=("interval",))
    rows = series.buckets["interval"]
    assert rows["amount"].to_list() == [1, 2]
    assert rows["resolved"].to_list() == [1, 1]


def test_blocks_and_pieces_give_the_same_as_one_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    from lingtan.series import summary

    p = park(meter("A", stream="S"), meter("B", stream="T"), meter("C", stream="U"))
    frames = [regular([i * k for i in range(300)], point=name) for k, name in ((1, "A"), (2, "B"), (3, "C"))]
    whole = year([pl.concat(frames)], p)
    monkeypatch.setattr(summary, "ROWS_AT_ONCE", 100)
    assert year([pl.concat(frames)], p).buckets["day"].equals(whole.buckets["day"])
    assert year(frames, p).buckets["month"].equals(whole.buckets["month"])


def test_parallel_mains_stay_apart() -> None:
    p = park(meter("A"), meter("B"))
    series = year([pl.concat([regular([0, 1], point="A"), regular([0, 2], point="B")])], p)
    assert series.buckets["year"].select("point", "amount").rows() == [("A", 1), ("B", 2)]


def test_a_year_taken_out_of_a_longer_series_has_the_buckets_and_gaps_of_the_year_alone() -> None:
    rows = [("2024-06-01T00:00", 0), ("2024-12-31T12:00", 5), ("2025-01-01T12:00", 9), ("2025-01-01T12:15", 10)]
    rows += [("2025-12-31T23:45", 50), ("2026-01-02T00:00", 60), ("2026-01-02T00:15", 62)]
    whole = summarise([frame(rows)], park(meter()), at("2024-01-01"), at("2027-01-01"))
    taken, alone = whole.within(at("2025-01-01"), at("2026-01-01")), year([frame(rows)], park(meter()))
    assert taken.gaps.equals(alone.gaps)
    assert all(taken.buckets[step].equals(alone.buckets[step]) for step in ("day", "month", "year"))
    assert codes(taken.findings) == codes(alone.findings)


def test_an_unknown_step_or_an_empty_window_is_refused() -> None:
    with pytest.raises(SeriesError, match="week"):
        year([], park(meter()), steps=("week",))
    with pytest.raises(SeriesError, match="start before"):
        summarise([], park(meter()), at("2025-01-01"), at("2025-01-01"))


def test_a_weekly_register_counts_where_its_week_starts() -> None:
    rows = frame([(at("2025-01-06") + HOUR * 168 * i, 10 * i) for i in range(5)])
    series = year([rows], park(meter(period=604_800)))
    assert known(series, "month") == [("01-01", 40, None)]
