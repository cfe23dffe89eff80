"""Metered months: parallel mains, checks, subs, partial months, gaps across edges, virtual points."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flows_kit import (
    Y25,
    Y26,
    ZONE,
    Adoption,
    Decimal,
    Span,
    VirtualPoint,
    at,
    codes,
    daily,
    date,
    every_day,
    flows,
    meter,
    month,
    only,
    park,
    said,
    series,
    stream,
)

from lingtan.flows import month_view, total
from lingtan.ledger.quality import BIT

JAN, FEB, MAR, APR = (date(2025, m, 1) for m in (1, 2, 3, 4))


def test_a_metered_year_is_twelve_exact_pieces() -> None:
    pieces = flows(park(meters=[meter("P")]), series({"P": every_day(10)})).pieces["S"]
    assert [piece.amount for piece in pieces[:2]] == [Decimal(310), Decimal(280)]
    assert {(p.origin, p.known, p.resolved, p.flags) for p in pieces} == {("meter", Decimal(1), Decimal(1), ())}
    assert total(pieces) == 3650


def test_quanta_are_scaled_exactly() -> None:
    pieces = flows(park(meters=[meter("P")]), series({"P": every_day(1)}, quantum="0.001")).pieces["S"]
    assert total(pieces) == Decimal("0.365")


def test_sigma_of_a_meter_is_its_class_limit_over_root_three() -> None:
    (piece, *_) = flows(park(meters=[meter("P")]), series({"P": every_day(1)})).pieces["S"]
    assert piece.sigma_pct == pytest.approx(Decimal("0.5773502692"))


def test_parallel_mains_add_with_a_note_and_less_uncertainty() -> None:
    got = flows(park(meters=[meter("P"), meter("Q")]), series({"P": every_day(10), "Q": every_day(10)}))
    piece = got.pieces["S"][0]
    assert piece.amount == 620
    assert [(s.ref, s.amount) for s in piece.sources] == [("P", Decimal(310)), ("Q", Decimal(310))]
    # two equal independent devices of 0.57735 %: 0.57735 / sqrt 2 = 0.40825 %
    assert piece.sigma_pct == pytest.approx(Decimal("0.4082482905"))
    assert only(got, "parallel_mains").params["points"] == ["P", "Q"]


def test_mains_that_follow_each_other_are_no_parallel_feeders() -> None:
    change = at("2025-07-01")
    meters = [meter("P", valid=Span(None, change)), meter("Q", valid=Span(change, None))]
    read = series({"P": every_day(10, JAN, date(2025, 7, 1)), "Q": every_day(10, date(2025, 7, 1))})
    got = flows(park(meters=meters), read)
    assert codes(got) == []
    assert total(got.pieces["S"]) == 3650


def test_check_and_sub_meters_are_never_added() -> None:
    meters = [meter("P"), meter("C", "check"), meter("U", "sub")]
    got = flows(park(meters=meters), series({"P": every_day(100), "C": every_day(100), "U": every_day(60)}))
    assert total(got.pieces["S"]) == 36500
    assert {check.source.ref for check in got.checks} == {"C"}


def test_a_month_known_to_less_than_99_per_cent_gives_way_to_an_invoice_whole() -> None:
    read = series({"P": daily(every_day(10), FEB, date(2025, 2, 3), None)})
    got = flows(park(meters=[meter("P")], statements=[said("2025-02-01", "2025-03-01", 281)]), read)
    assert [(p.origin, p.amount) for p in got.pieces["S"][:3]] == [
        ("meter", Decimal(310)),
        ("invoice", Decimal(281)),
        ("meter", Decimal(310)),
    ]


def test_a_partial_month_without_a_statement_stays_partial_and_is_never_topped_up() -> None:
    read = series({"P": daily(every_day(10), FEB, date(2025, 2, 15), None)})
    february = flows(park(meters=[meter("P")]), read).pieces["S"][1]
    assert (february.amount, february.known, february.resolved) == (Decimal(140), Decimal("0.5"), Decimal("0.5"))
    assert february.flags == ("incomplete",)


def test_a_month_of_which_a_meter_knows_nothing_is_missing() -> None:
    read = series({"P": daily(every_day(10), FEB, MAR, None)})
    february = flows(park(meters=[meter("P")]), read).pieces["S"][1]
    assert (february.start, february.end, february.amount, february.origin) == (*month(2), None, "missing")


def test_months_before_the_device_are_missing_for_the_stream() -> None:
    meters = [meter("P", valid=Span(at("2025-03-17"), None))]
    got = flows(park(meters=meters), series({"P": every_day(10, date(2025, 3, 17))}))
    first, march, *_ = got.pieces["S"]
    assert (first.start, first.end, first.origin) == (Y25, at("2025-03-01"), "missing")
    assert (march.amount, march.known, march.flags) == (Decimal(150), Decimal(15) / 31, ("incomplete",))


def test_coverage_is_taken_over_the_streams_own_validity() -> None:
    valid = Span(at("2025-03-17"), None)
    got = flows(park(stream(valid=valid), meters=[meter("P")]), series({"P": every_day(10, date(2025, 3, 17))}))
    march = got.pieces["S"][0]
    assert (march.start, march.end, march.known, march.flags) == (at("2025-03-17"), at("2025-04-01"), 1, ())


def test_coverage_of_parallel_feeders_is_averaged_by_device_time() -> None:
    read = series({"P": every_day(10), "Q": daily(every_day(10), FEB, date(2025, 2, 15), None)})
    february = flows(park(meters=[meter("P"), meter("Q")]), read).pieces["S"][1]
    assert (february.amount, february.known) == (Decimal(280 + 140), Decimal("0.75"))


def test_flags_of_the_readings_reach_the_flow() -> None:
    read = series({"P": every_day(10)}, flags={("P", date(2025, 2, 3)): BIT["corrected"] | BIT["late"]})
    assert flows(park(meters=[meter("P")]), read).pieces["S"][1].flags == ("late", "corrected")


def test_a_gap_inside_a_month_is_in_the_months_amount_already() -> None:
    points = {"P": daily(every_day(10), date(2025, 2, 3), date(2025, 2, 13), None)}
    read = series(points, [("P", at("2025-02-03"), at("2025-02-13"), 95)])
    february = flows(park(meters=[meter("P")]), read).pieces["S"][1]
    assert (february.amount, february.known, february.resolved) == (Decimal(275), Decimal(1), Decimal(18) / 28)


def across(first: date, last: date, amount: int) -> dict[str, object]:
    """Return arguments of `series` for point P with a gap of known total over [first, last)."""
    span = (at(first.isoformat()), at(last.isoformat()))
    return {"points": {"P": daily(every_day(10), first, last, None)}, "gaps": [("P", *span, amount)]}


def test_a_gap_across_a_month_edge_counts_in_the_year_as_a_piece_of_its_own() -> None:
    got = flows(park(meters=[meter("P")]), series(**across(date(2025, 1, 30), date(2025, 2, 3), 44)))
    assert total(got.pieces["S"]) == 3610 + 44
    apart = next(p for p in got.pieces["S"] if p.end == at("2025-02-03"))
    assert (apart.start, apart.amount, apart.flags) == (at("2025-01-30"), Decimal(44), ("gap_total",))
    assert (apart.known, apart.resolved) == (1, 0)
    january = got.pieces["S"][0]
    assert (january.amount, january.unplaced, january.flags) == (Decimal(290), Decimal(44), ("incomplete",))


def test_known_time_of_months_and_gap_adds_up_to_the_year() -> None:
    got = flows(park(meters=[meter("P")]), series(**across(date(2025, 1, 30), date(2025, 2, 3), 44)))
    known = sum((p.known * ((p.end - p.start) // timedelta(hours=1)) for p in got.pieces["S"]), Decimal(0))
    assert known == pytest.approx(Decimal(8760))


def test_a_month_inside_a_gap_has_no_piece_of_its_own() -> None:
    got = flows(park(meters=[meter("P")]), series(**across(date(2025, 1, 20), date(2025, 3, 11), 500)))
    spans = [(p.start, p.end) for p in got.pieces["S"][:3]]
    assert spans == [month(1), (at("2025-01-20"), at("2025-03-11")), month(3)]
    assert total(got.pieces["S"]) == 3650 - 500 + 500


def test_what_a_gap_leaves_of_a_silent_month_is_missing() -> None:
    points = {"P": daily(every_day(10), date(2025, 1, 20), APR, None)}
    got = flows(park(meters=[meter("P")]), series(points, [("P", at("2025-01-20"), at("2025-02-21"), 320)]))
    assert [(p.start, p.end) for p in got.pieces["S"] if p.origin == "missing"] == [
        (at("2025-02-21"), at("2025-04-01"))
    ]


def test_the_month_view_shows_a_gap_across_months_apart() -> None:
    got = flows(park(meters=[meter("P")]), series(**across(date(2025, 1, 30), date(2025, 2, 3), 44)))
    view = month_view(got.pieces["S"], ZONE)
    assert [(one.amount, one.unplaced) for one in view[:3]] == [
        (Decimal(290), Decimal(44)),
        (Decimal(260), Decimal(44)),
        (Decimal(310), None),
    ]


def test_a_gap_is_not_counted_where_one_of_its_months_has_another_source() -> None:
    made = park(meters=[meter("P")], statements=[said("2025-01-01", "2025-02-01", 300)])
    got = flows(made, series(**across(date(2025, 1, 22), date(2025, 2, 3), 120)))
    stake = only(got, "gap_not_counted")
    assert (stake.amount, stake.unit, stake.params["reason"], stake.where.point) == (120, "kWh", "other_source", "P")
    assert total(got.pieces["S"]) == 300 + 260 + 3650 - 590


def test_a_gap_across_the_year_edge_is_not_counted() -> None:
    points = {"P": daily(every_day(10), JAN, date(2025, 1, 3), None)}
    read = series(points, [("P", at("2024-12-30"), at("2025-01-03"), 40)])
    got = flows(park(meters=[meter("P")]), read)
    assert only(got, "gap_not_counted").params["reason"] == "year_edge"
    assert total(got.pieces["S"]) == 3630


def test_a_gap_across_the_year_edge_inside_the_window_is_not_counted_either() -> None:
    days = daily(every_day(10, date(2024, 1, 1)), date(2024, 12, 30), date(2025, 1, 3), None)
    read = series({"P": days}, [("P", at("2024-12-30"), at("2025-01-03"), 40)], start=at("2024-01-01"))
    got = flows(park(meters=[meter("P")]), read, start=at("2024-01-01"))
    assert only(got, "gap_not_counted").params["reason"] == "year_edge"


def test_a_gap_across_the_edge_of_the_months_asked_for_is_not_counted() -> None:
    read = series(**across(date(2025, 1, 30), date(2025, 2, 3), 44))
    got = flows(park(meters=[meter("P")]), read, start=at("2025-02-01"))
    assert only(got, "gap_not_counted").params["reason"] == "window_edge"


def test_gaps_of_two_feeders_that_begin_together_are_one_piece() -> None:
    days = daily(every_day(10), date(2025, 1, 30), date(2025, 2, 3), None)
    span = (at("2025-01-30"), at("2025-02-03"))
    read = series({"P": days, "Q": days}, [("P", *span, 41), ("Q", *span, 42)])
    got = flows(park(meters=[meter("P"), meter("Q")]), read)
    assert [p.amount for p in got.pieces["S"] if p.flags == ("gap_total",)] == [Decimal(83)]


def test_every_piece_of_a_stream_has_its_own_start() -> None:
    # P is silent from 1 February on while Q reads on: the gap's total begins with the month piece of February
    points = {"P": daily(every_day(10), FEB, date(2025, 3, 11), None), "Q": every_day(10)}
    read = series(points, [("P", at("2025-02-01"), at("2025-03-11"), 380)])
    got = flows(park(meters=[meter("P"), meter("Q")]), read)
    starts = [piece.start for piece in got.pieces["S"]]
    assert len(set(starts)) == len(starts)
    assert total(got.pieces["S"]) == 7300


def test_a_point_that_changes_streams_within_a_month_belongs_to_neither_there() -> None:
    change = at("2025-03-10")
    meters = [meter("P", valid=Span(None, change)), meter("P", stream="T", valid=Span(change, None))]
    got = flows(park(stream(), stream("T"), meters=meters), series({"P": every_day(10)}))
    assert only(got, "point_moved").params["streams"] == ["S", "T"]
    assert total(got.pieces["S"]) == 590
    assert total(got.pieces["T"]) == 3650 - 590 - 310


def virtual(expression: str, role: str = "main", unit: str = "kWh", point: str = "V", name: str = "S") -> VirtualPoint:
    return VirtualPoint(point, name, role, unit, expression)


def test_a_virtual_point_is_the_weighted_sum_of_its_terms() -> None:
    made = park(
        stream(), stream("T"), meters=[meter("P", stream="T"), meter("Q", stream="T")], virtual=[virtual("P - 0.5 * Q")]
    )
    got = flows(made, series({"P": every_day(10), "Q": every_day(4)}))
    piece = got.pieces["S"][0]
    assert (piece.origin, piece.amount, piece.sources[0].ref) == ("virtual", Decimal(248), "V")


def test_a_virtual_point_ranks_after_measured_mains_and_before_invoices() -> None:
    made = park(
        stream(),
        stream("T"),
        meters=[meter("P", stream="T")],
        virtual=[virtual("P")],
        statements=[said("2025-01-01", "2026-01-01", 3650)],
    )
    read = series({"P": every_day(10)})
    assert {p.origin for p in flows(made, read).pieces["S"]} == {"virtual"}
    made = park(stream(), stream("T"), meters=[meter("P", stream="T"), meter("M")], virtual=[virtual("P")])
    got = flows(made, series({"P": every_day(10), "M": every_day(10)}))
    assert {p.origin for p in got.pieces["S"]} == {"meter"}


def test_a_virtual_point_is_incomplete_where_a_term_is() -> None:
    made = park(
        stream(), stream("T"), meters=[meter("P", stream="T"), meter("Q", stream="T")], virtual=[virtual("P - Q")]
    )
    read = series({"P": every_day(10), "Q": daily(every_day(4), FEB, date(2025, 2, 15), None)})
    february = flows(made, read).pieces["S"][1]
    assert (february.known, february.flags) == (Decimal("0.5"), ("incomplete",))


def test_a_virtual_point_with_a_silent_term_has_no_amount() -> None:
    made = park(
        stream(), stream("T"), meters=[meter("P", stream="T"), meter("Q", stream="T")], virtual=[virtual("P - Q")]
    )
    read = series({"P": every_day(10), "Q": daily(every_day(4), FEB, MAR, None)})
    assert flows(made, read).pieces["S"][1].amount is None


def test_a_virtual_point_is_never_adopted_beside_a_main_that_is_its_term() -> None:
    made = park(meters=[meter("P")], virtual=[virtual("P * 2")])
    got = flows(made, series({"P": every_day(10)}))
    assert total(got.pieces["S"]) == 3650
    assert got.checks == ()


def test_a_virtual_point_that_is_no_weighted_sum_goes_day_by_day() -> None:
    # January: 10 days of max(5 - 8, 0) = 0 and 21 days of max(10 - 8, 0) = 2
    days = daily(every_day(10), JAN, date(2025, 1, 11), 5)
    made = park(
        stream(),
        stream("T"),
        meters=[meter("P", stream="T"), meter("Q", stream="T")],
        virtual=[virtual("max(P - Q, 0 * P)")],
    )
    got = flows(made, series({"P": days, "Q": every_day(8)}))
    assert got.pieces["S"][0].amount == 42


def test_virtual_points_may_stand_in_each_other() -> None:
    points = [virtual("W + P"), virtual("2 * P", point="W", name="T")]
    made = park(stream(), stream("T"), meters=[meter("P", stream="T", role="check")], virtual=points)
    assert flows(made, series({"P": every_day(1)})).pieces["S"][0].amount == 93


def test_virtual_points_that_name_each_other_are_left_out_with_an_error() -> None:
    points = [virtual("W"), virtual("V", point="W")]
    got = flows(park(virtual=points), series({}))
    assert codes(got).count("virtual_unusable") == 2


def test_an_unknown_term_leaves_a_virtual_point_out_with_an_error() -> None:
    got = flows(park(virtual=[virtual("X1 + 3")]), series({}))
    assert only(got, "virtual_unusable").level == "error"


def test_adoption_csv_may_call_a_check_meter() -> None:
    meters = [meter("P"), meter("C", "check")]
    row = Adoption("S", ("check",), "main under repair", Span(at("2025-02-01"), at("2025-03-01")))
    got = flows(park(meters=meters, adoption=[row]), series({"P": every_day(10), "C": every_day(11)}))
    assert [p.amount for p in got.pieces["S"][:3]] == [Decimal(310), Decimal(308), Decimal(310)]


def test_a_hole_names_the_check_meter_that_would_know() -> None:
    meters = [meter("P"), meter("C", "check")]
    read = series({"P": daily(every_day(10), FEB, MAR, None), "C": every_day(11)})
    assert only(flows(park(meters=meters), read), "flow_missing").params["able"] == ["C"]


def test_an_override_takes_a_partial_meter_only_where_nobody_named_knows_the_month_whole() -> None:
    read = series({"P": daily(every_day(10), FEB, date(2025, 2, 15), None)})
    made = park(
        meters=[meter("P")],
        statements=[said("2025-02-01", "2025-03-01", 280)],
        adoption=[Adoption("S", ("main",), "r")],
    )
    assert [p.amount for p in flows(made, read).pieces["S"][:2]] == [Decimal(310), Decimal(140)]


def test_flows_end_with_the_window() -> None:
    got = flows(park(meters=[meter("P")]), series({"P": every_day(10)}), start=at("2025-06-01"), end=at("2025-08-01"))
    assert [(p.start, p.end) for p in got.pieces["S"]] == [month(6), month(7)]
    assert got.end < Y26
