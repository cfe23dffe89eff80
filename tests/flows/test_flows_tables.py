"""Rows of `lingtan flows`, changes of stock, and laws over random statements."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from flows_kit import (
    Y25,
    Y26,
    Decimal,
    Span,
    Stock,
    VirtualPoint,
    at,
    daily,
    date,
    every_day,
    flows,
    meter,
    month,
    park,
    said,
    series,
    stream,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from lingtan.flows import FlowError, month_view, stock_change, tabulate, total
from lingtan.ledger.park import At, Park
from lingtan.series.model import Series

NONE = Series(Y25, Y26)


def rows(made: Park, read: Series = NONE, start: Any = Y25, end: Any = Y26, **more: Any) -> list[dict[str, Any]]:
    """Adopt the year and tabulate it."""
    more = {"by": "stream", "step": "month", **more}
    return tabulate(made, flows(made, read), read, start=start, end=end, **more)


def test_a_row_has_the_stable_keys_and_local_times() -> None:
    (row,) = rows(park(statements=[said("2025-01-01", "2026-01-01", 12)]), step="year")
    assert row == {
        "id": "S", "commodity": "electricity", "start": "2025-01-01T00:00:00+08:00", "end": "2026-01-01T00:00:00+08:00",
        "amount": 12.0, "unit": "kWh", "flags": [], "resolved": 1.0, "known": 1.0, "unplaced": None,
        "origin": "invoice",
    }  # fmt: skip


def test_months_of_a_yearly_statement_are_cut_by_days_and_marked() -> None:
    january, *_ = rows(park(statements=[said("2025-01-01", "2026-01-01", 365)]))
    assert (january["amount"], january["flags"]) == (31.0, ["estimated"])


def test_a_missing_month_is_null_and_never_zero() -> None:
    january, february, *_ = rows(park(statements=[said("2025-02-01", "2025-03-01", 5)]))
    assert (january["amount"], january["known"], january["origin"]) == (None, 0.0, "missing")
    assert february["amount"] == 5.0


def gap_park() -> tuple[Park, Series]:
    """Return a metered year with a gap of 44 kWh from 30 January to 3 February."""
    days = daily(every_day(10), date(2025, 1, 30), date(2025, 2, 3), None)
    return park(meters=[meter("P")]), series({"P": days}, [("P", at("2025-01-30"), at("2025-02-03"), 44)])


def test_a_gap_across_months_is_unplaced_in_the_months_and_counts_in_the_year() -> None:
    january, february, *_ = rows(*gap_park())
    assert (january["amount"], january["unplaced"], february["amount"], february["unplaced"]) == (290, 44, 260, 44)
    assert january["known"] == pytest.approx(29 / 31)
    (year,) = rows(*gap_park(), step="year")
    assert (year["amount"], year["unplaced"]) == (3654, None)
    assert year["known"] == pytest.approx(1)
    assert year["resolved"] == pytest.approx(361 / 365)


def test_days_come_from_the_adopted_meters() -> None:
    got = rows(*gap_park(), step="day", start=at("2025-01-29"), end=at("2025-02-04"))
    assert [row["amount"] for row in got] == [10, None, None, None, None, 10]
    assert [row["unplaced"] for row in got] == [None, 44, 44, 44, 44, None]
    assert got[0]["start"] == "2025-01-29T00:00:00+08:00"


def test_days_inside_a_gap_of_more_than_a_month_have_rows() -> None:
    days = daily(every_day(10), date(2025, 1, 20), date(2025, 3, 11), None)
    made, read = park(meters=[meter("P")]), series({"P": days}, [("P", at("2025-01-20"), at("2025-03-11"), 500)])
    got = rows(made, read, step="day")
    assert len(got) == 365
    assert [row["amount"] for row in got].count(None) == 50
    february = rows(made, read)[1]
    assert (february["amount"], february["unplaced"], february["origin"]) == (None, 500, "meter")


def test_days_of_a_month_that_adopts_an_invoice_are_null_with_the_invoice_unplaced() -> None:
    days = daily(every_day(10), date(2025, 2, 1), date(2025, 2, 15), None)
    made = park(meters=[meter("P")], statements=[said("2025-02-01", "2025-03-01", 280)])
    got = rows(made, series({"P": days}), step="day", start=at("2025-01-31"), end=at("2025-02-03"))
    assert [(row["amount"], row["unplaced"], row["origin"]) for row in got] == [
        (10, None, "meter"),
        (None, 280, "invoice"),
        (None, 280, "invoice"),
    ]


def test_a_statement_within_a_day_has_its_place_there() -> None:
    made = park(
        stream(valid=Span(at("2025-02-01"), at("2025-02-02"))), statements=[said("2025-02-01", "2025-02-02", 3)]
    )
    (row,) = rows(made, step="day")
    assert (row["amount"], row["known"], row["unplaced"]) == (3, 1, None)


def test_points_come_straight_from_the_roll_ups() -> None:
    made = park(meters=[meter("P"), meter("C", "check")])
    got = rows(made, series({"P": every_day(10), "C": every_day(11)}, quantum="0.1"), by="point", step="year")
    assert [(row["id"], row["amount"], row["origin"]) for row in got] == [("P", 365.0, "meter"), ("C", 401.5, "meter")]


def test_a_point_has_the_coverage_of_its_own_device_time() -> None:
    made = park(meters=[meter("P", valid=Span(at("2025-03-17"), None))])
    march, *_ = rows(made, series({"P": every_day(10, date(2025, 3, 17))}), by="point")
    assert (march["amount"], march["known"], march["resolved"]) == (150, 1, 1)


def test_virtual_points_have_rows() -> None:
    made = park(
        stream(), stream("T"), meters=[meter("P", stream="T")], virtual=[VirtualPoint("V", "S", "main", "kWh", "2 * P")]
    )
    read = series({"P": every_day(10)})
    assert [row["amount"] for row in rows(made, read, by="point", step="year", ids=["V"])] == [7300]
    assert [row["amount"] for row in rows(made, read, step="day", end=at("2025-01-03"), ids=["S"])] == [20, 20]


def test_a_node_has_what_enters_its_subtree_less_what_leaves_it() -> None:
    streams = [stream("in"), stream("inner", source="E1", target="W1"), stream("out", source="W1", target="E2")]
    year = ("2025-01-01", "2026-01-01")
    told = [said(*year, 100, stream="in"), said(*year, 40, stream="inner"), said(*year, 30, stream="out")]
    got = {row["id"]: row["amount"] for row in rows(park(*streams, statements=told), by="node", step="year")}
    assert got == {"grid": -100.0, "E1": 70.0, "W1": 10.0, "E2": 30.0}


def test_a_node_of_which_nothing_is_known_is_null() -> None:
    got = {row["id"]: row["amount"] for row in rows(park(stream()), by="node", step="year")}
    assert got == {"grid": None, "E1": None}


def test_a_stream_has_rows_only_while_it_exists() -> None:
    valid = Span(at("2025-11-10"), None)
    got = rows(park(stream(valid=valid), statements=[said("2025-11-10", "2026-01-01", 5)]))
    assert [row["start"][:10] for row in got] == ["2025-11-01", "2025-12-01"]


def test_ids_choose_rows() -> None:
    assert {row["id"] for row in rows(park(stream("A"), stream("B")), ids=["B"])} == {"B"}


@pytest.mark.parametrize(
    ("more", "word"),
    [
        ({"by": "meter"}, "stream, node, point"),
        ({"step": "week"}, "year, month"),
        ({"end": at("2026-02-01")}, "inside"),
    ],
)
def test_what_cannot_be_tabulated_is_refused(more: dict[str, Any], word: str) -> None:
    with pytest.raises(FlowError, match=word):
        rows(park(), **more)


def test_a_step_that_the_series_has_not_is_refused() -> None:
    with pytest.raises(FlowError, match="summarised by hour"):
        rows(park(meters=[meter("P")]), series({"P": every_day(1)}), step="hour")


def level(when: str, amount: int, node: str = "E1", unit: str = "t", line: int = 2) -> Stock:
    return Stock(node, "coal", at(when), Decimal(amount), unit, at=At("stocks.csv", line))


def test_a_change_of_stock_is_the_level_at_the_end_less_the_level_at_the_start() -> None:
    made = park(stocks=[level("2025-01-01", 50), level("2026-01-01", 150, line=3)])
    got = stock_change(made, "E1", "coal", Y25, Y26)
    assert got.amount == 100
    assert [(s.ref, s.amount) for s in got.sources] == [("stocks.csv:2", Decimal(-50)), ("stocks.csv:3", Decimal(150))]


def test_levels_of_children_count_and_units_convert() -> None:
    made = park(
        stocks=[
            level("2025-01-01", 50), level("2026-01-01", 60),
            level("2025-01-01", 1000, "W1", "kg"), level("2026-01-01", 3000, "W1", "kg"),
        ]
    )  # fmt: skip
    assert stock_change(made, "E1", "coal", Y25, Y26).amount == 12


def test_a_level_within_a_day_of_the_edge_stands_for_it_the_nearest_first() -> None:
    made = park(stocks=[level("2024-12-31T09:00", 40), level("2025-01-01T08:00", 50), level("2025-12-31T16:00", 70)])
    assert stock_change(made, "E1", "coal", Y25, Y26).amount == 20


def test_a_level_missing_at_an_edge_makes_the_change_unknown() -> None:
    got = stock_change(park(stocks=[level("2025-01-01", 50), level("2025-12-20", 70)]), "E1", "coal", Y25, Y26)
    assert got.amount is None
    assert [(f.code, f.where.node, f.start) for f in got.findings] == [("stock_missing", "E1", Y26)]


def test_no_levels_at_all_give_no_change_and_no_finding() -> None:
    assert stock_change(park(), "E1", "coal", Y25, Y26) == (None, (), ())


MONTHS = st.integers(1, 12)
KINDS = st.sampled_from(["invoice", "statistics", "report", "estimate"])


@st.composite
def statements(draw: st.DrawFn) -> list[Any]:
    """Draw statements of a few parties over spans of days, each with its own line."""
    found = []
    for line in range(draw(st.integers(1, 8))):
        start = date(2025, 1, 1) + timedelta(days=draw(st.integers(-40, 330)))
        end = start + timedelta(days=draw(st.integers(5, 120)))
        if draw(st.booleans()):
            start, end = start.replace(day=1), end.replace(day=1)
        if end > start:
            reporter = draw(st.sampled_from(["grid", "E1", "E2"]))
            amount = draw(st.integers(0, 10_000))
            found.append(said(start.isoformat(), end.isoformat(), amount, draw(KINDS), reporter, line=line))
    return found


@settings(max_examples=60, deadline=None)
@given(statements(), st.randoms(use_true_random=False))
def test_law_the_order_of_rows_in_memory_changes_nothing(told: list[Any], dice: Any) -> None:
    shuffled = list(told)
    dice.shuffle(shuffled)
    one, other = flows(park(statements=told)), flows(park(statements=shuffled))
    assert one.pieces == other.pieces
    assert set(map(str, one.findings)) == set(map(str, other.findings))


@settings(max_examples=60, deadline=None)
@given(statements())
def test_law_no_statement_gives_more_than_it_says_and_pieces_tile_the_year(told: list[Any]) -> None:
    got = flows(park(statements=told))
    pieces = got.pieces["S"]
    given_by: dict[str, Decimal] = {}
    for piece in pieces:
        for source in piece.sources:
            given_by[source.ref] = given_by.get(source.ref, Decimal(0)) + (source.amount or 0)
    said_by = {f"{row.at.file}:{row.at.line}": row.amount for row in told}
    assert all(amount <= said_by[ref] + Decimal("1e-15") for ref, amount in given_by.items())
    assert pieces[0].start == Y25
    assert pieces[-1].end == Y26
    assert all(before.end == after.start for before, after in pairwise(pieces))


@settings(max_examples=40, deadline=None)
@given(statements(), st.sets(MONTHS))
def test_law_the_year_is_the_sum_of_its_months(told: list[Any], silent: set[int]) -> None:
    days = every_day(10)
    for number in silent:
        days = {day: None if day.month == number else amount for day, amount in days.items()}
    made, read = park(meters=[meter("P")], statements=told), series({"P": days})
    got = flows(made, read)
    (year,) = tabulate(made, got, read, by="stream", step="year", start=Y25, end=Y26)
    months = tabulate(made, got, read, by="stream", step="month", start=Y25, end=Y26)
    assert sum(row["amount"] or 0 for row in months) == pytest.approx(year["amount"] or 0)
    whole = total(got.pieces["S"])
    assert year["amount"] == (None if whole is None else float(whole))
    view = month_view(got.pieces["S"], made.settings.zone, Y25, Y26)
    assert [one.amount is None for one in view] == [row["amount"] is None for row in months]
    assert [one.start for one in view] == [month(number)[0] for number in range(1, 13)]
