"""Statements: order, spans, chains, replacement, disputes, several reporters, zero and missing."""

from __future__ import annotations

import pytest
from flows_kit import (
    Y25,
    Y26,
    ZONE,
    Adoption,
    At,
    Decimal,
    Span,
    at,
    codes,
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

from lingtan.flows import FlowError, month_view, total, whole_months

YEAR = ("2025-01-01", "2026-01-01")


def test_a_yearly_statement_is_one_exact_piece_over_the_year() -> None:
    (piece,) = flows(park(statements=[said(*YEAR, 1200)])).pieces["S"]
    assert (piece.start, piece.end, piece.amount, piece.origin) == (Y25, Y26, Decimal(1200), "invoice")
    assert not piece.estimated
    assert piece.flags == ()
    assert piece.sigma_pct == Decimal(1)
    assert [(source.ref, source.amount) for source in piece.sources] == [("statements/a.csv:2", Decimal(1200))]


def test_amounts_are_in_the_canonical_unit() -> None:
    (piece,) = flows(park(statements=[said(*YEAR, "1.2", unit="MWh")])).pieces["S"]
    assert piece.amount == Decimal(1200)


def test_a_unit_that_does_not_convert_leaves_the_row_out_with_an_error() -> None:
    got = flows(park(statements=[said(*YEAR, 1, unit="t")]))
    assert only(got, "statement_unit").level == "error"
    assert got.pieces["S"][0].amount is None


@pytest.mark.parametrize(
    ("kinds", "first"),
    [
        (("estimate", "report"), "report"),
        (("report", "statistics"), "statistics"),
        (("statistics", "invoice"), "invoice"),
        (("confirmed_zero", "report"), "report"),
        (("estimate", "confirmed_zero"), "confirmed_zero"),
    ],
)
def test_default_order_of_kinds(kinds: tuple[str, ...], first: str) -> None:
    rows = [said(*YEAR, 0 if k == "confirmed_zero" else 10, k, line=n) for n, k in enumerate(kinds)]
    assert {piece.origin for piece in flows(park(statements=rows)).pieces["S"]} == {first}


def test_nothing_is_added_twice_when_three_parties_speak() -> None:
    rows = [said(*YEAR, 100, "invoice"), said(*YEAR, 101, "statistics"), said(*YEAR, 99, "report")]
    assert total(flows(park(statements=rows)).pieces["S"]) == 100


def test_an_estimate_is_marked() -> None:
    (piece,) = flows(park(statements=[said(*YEAR, 10, "estimate")])).pieces["S"]
    assert piece.estimated
    assert piece.flags == ("estimated",)


def test_confirmed_zero_is_zero_and_not_occurring() -> None:
    pieces = flows(park(statements=[said(*YEAR, 0, "confirmed_zero")])).pieces["S"]
    assert len(pieces) == 12  # every part of nought is nought: each month is known for itself
    assert {(one.amount, one.notation, one.known, one.estimated) for one in pieces} == {(0, "NO", 1, False)}


def test_a_stream_without_any_input_is_missing_for_its_validity_and_never_zero() -> None:
    valid = Span(at("2025-03-10"), None)
    (piece,) = flows(park(stream(valid=valid))).pieces["S"]
    assert (piece.start, piece.end, piece.amount) == (at("2025-03-10"), Y26, None)
    assert (piece.origin, piece.notation, piece.known, piece.resolved) == ("missing", "NE", 0, 0)


def test_missing_months_in_a_row_are_one_piece() -> None:
    rows = [said("2025-03-01", "2025-04-01", 5, line=2), said("2025-06-01", "2025-07-01", 5, line=3)]
    pieces = flows(park(statements=rows)).pieces["S"]
    assert [(p.start, p.end, p.origin) for p in pieces] == [
        (Y25, at("2025-03-01"), "missing"),
        (*month(3), "invoice"),
        (at("2025-04-01"), at("2025-06-01"), "missing"),
        (*month(6), "invoice"),
        (at("2025-07-01"), Y26, "missing"),
    ]


def test_a_hole_is_a_finding_only_once_per_run() -> None:
    rows = [said("2025-03-01", "2025-04-01", 5)]
    assert codes(flows(park(statements=rows))) == ["flow_missing", "flow_missing"]


def test_the_later_of_equal_rows_replaces_the_earlier() -> None:
    rows = [said(*YEAR, 200, reporter="grid", line=9), said(*YEAR, 100, reporter="grid", line=2)]
    got = flows(park(statements=rows))
    assert total(got.pieces["S"]) == 200
    assert got.checks == ()


def test_bills_from_the_25th_to_the_24th_are_cut_by_days_and_marked() -> None:
    # 25 Dec - 25 Jan (31 d, 310) and 25 Jan - 25 Feb (31 d, 620): January = 24/31 x 310 + 7/31 x 620 = 240 + 140
    rows = [
        said("2024-12-25", "2025-01-25", 310, line=2),
        said("2025-01-25", "2025-02-25", 620, line=3),
        said("2025-02-25", "2025-03-25", 280, line=4),
    ]
    got = flows(park(statements=rows))
    january, february, *rest = got.pieces["S"]
    assert (january.start, january.end, january.amount, january.estimated) == (*month(1), Decimal(380), True)
    assert [source.amount for source in january.sources] == [Decimal(240), Decimal(140)]
    # February = 24/31 x 620 + 4/28 x 280 = 480 + 40
    assert february.amount == Decimal(520)
    assert [piece.origin for piece in rest] == ["missing"]
    note = only(got, "calendarised")
    assert note.level == "note"
    assert note.params["rows"] == ["statements/a.csv:2", "statements/a.csv:3", "statements/a.csv:4"]


def test_what_a_chain_leaves_over_at_a_month_it_does_not_cover_is_a_finding_with_its_amount() -> None:
    rows = [said("2025-01-01", "2025-03-16", 740)]  # 74 days; 15 of them in March
    got = flows(park(statements=rows))
    stake = only(got, "statement_not_placed")
    assert (stake.amount, stake.unit) == (Decimal(150), "kWh")
    assert total(got.pieces["S"]) == 590


def test_two_half_months_of_one_party_give_the_month_exactly() -> None:
    rows = [said("2025-01-01", "2025-01-16", 150, line=2), said("2025-01-16", "2025-02-01", 170, line=3)]
    january = flows(park(statements=rows)).pieces["S"][0]
    assert (january.amount, january.estimated) == (Decimal(320), False)


def test_halves_of_two_parties_do_not_make_a_month() -> None:
    rows = [said("2025-01-01", "2025-01-16", 150, reporter="E1"), said("2025-01-16", "2025-02-01", 170, reporter="E2")]
    got = flows(park(statements=rows))
    assert total(got.pieces["S"]) is None
    assert codes(got).count("statement_not_placed") == 2


def test_a_quarter_is_one_piece_and_is_cut_only_where_a_month_has_a_better_source() -> None:
    quarter = said("2025-01-01", "2025-04-01", 90, "report", line=2)
    whole = flows(park(statements=[quarter])).pieces["S"][0]
    assert (whole.start, whole.end, whole.estimated) == (Y25, at("2025-04-01"), False)
    better = said("2025-02-01", "2025-03-01", 28, line=3)
    pieces = flows(park(statements=[quarter, better])).pieces["S"]
    # January and March keep 31 of 90 days each
    assert [(p.origin, p.amount, p.estimated) for p in pieces[:3]] == [
        ("report", Decimal(31), True),
        ("invoice", Decimal(28), False),
        ("report", Decimal(31), True),
    ]


def test_a_statement_counts_whole_for_the_part_of_its_span_in_which_the_stream_exists() -> None:
    valid = Span(at("2025-07-01"), None)
    (piece,) = flows(park(stream(valid=valid), statements=[said(*YEAR, 600)])).pieces["S"]
    assert (piece.start, piece.amount, piece.estimated) == (at("2025-07-01"), Decimal(600), False)


def test_no_piece_crosses_the_end_of_a_year() -> None:
    rows = [said("2024-12-01", "2025-02-01", 620)]
    got = flows(park(statements=rows), start=at("2024-01-01"), end=Y26)
    assert [(p.start, p.end, p.amount) for p in got.pieces["S"] if p.amount] == [
        (*month(12, 2024), Decimal(310)),
        (*month(1), Decimal(310)),
    ]


def test_overlapping_spans_of_one_party_and_kind_are_not_adopted() -> None:
    rows = [
        said("2025-01-01", "2025-04-01", 90, reporter="grid", line=2),
        said("2025-02-01", "2025-03-01", 50, reporter="grid", line=3),
    ]
    got = flows(park(statements=rows))
    assert total(got.pieces["S"]) is None
    assert {f.params["disputed"] for f in got.findings if f.code == "statement_not_placed"} == {True}


def test_overlapping_spans_stay_as_cross_checks() -> None:
    rows = [
        said("2025-01-01", "2025-04-01", 90, reporter="grid", line=2),
        said("2025-02-01", "2025-03-01", 50, reporter="grid", line=3),
        *(said(f"2025-0{m}-01", f"2025-0{m + 1}-01", 30, "report", line=9 + m) for m in (1, 2, 3)),
    ]
    got = flows(park(statements=rows))
    assert total(got.pieces["S"]) == 90
    assert [(c.source.ref, c.adopted, c.other) for c in got.checks] == [
        ("statements/a.csv:2", Decimal(90), Decimal(90)),
        ("statements/a.csv:3", Decimal(30), Decimal(50)),
    ]


def test_adoption_csv_lets_a_disputed_party_speak_the_shorter_span_first() -> None:
    rows = [
        said("2025-01-01", "2025-04-01", 90, reporter="grid", line=2),
        said("2025-02-01", "2025-03-01", 50, reporter="grid", line=3),
    ]
    row = Adoption("S", ("invoice",), "checked with the seller", Span(at("2025-02-01"), at("2025-03-01")))
    got = flows(park(statements=rows, adoption=[row]))
    assert total(got.pieces["S"]) == 50


def test_of_two_reporters_the_buyer_counts_then_the_seller_then_by_id() -> None:
    def adopted(*reporters: str) -> str:
        rows = [said(*YEAR, 10 + n, reporter=r, line=n) for n, r in enumerate(reporters)]
        return flows(park(statements=rows)).pieces["S"][0].sources[0].reporter

    assert adopted("E2", "grid", "E1") == "E1"
    assert adopted("E2", "grid", "holding") == "holding"  # the owner of the target
    assert adopted("E2", "grid") == "grid"
    assert adopted("", "E2", "A9") == "A9"


def test_a_node_above_the_target_stands_on_the_buyers_side() -> None:
    rows = [said(*YEAR, 10, reporter="grid", line=2), said(*YEAR, 11, reporter="E1", line=3)]
    got = flows(park(stream(target="W1"), statements=rows))
    assert got.pieces["S"][0].sources[0].reporter == "E1"


def test_two_reporters_of_one_kind_leave_a_note_and_a_cross_check() -> None:
    rows = [said(*YEAR, 1000, reporter="grid", line=2), said(*YEAR, 1005, reporter="E1", line=3)]
    got = flows(park(statements=rows))
    note = only(got, "several_reporters")
    assert (note.level, note.params["adopted"], note.params["other"]) == ("note", "E1", "grid")
    assert [(c.adopted, c.other, c.deviates) for c in got.checks] == [(Decimal(1005), Decimal(1000), False)]


@pytest.mark.parametrize(
    ("order", "origin"),
    [
        (("report", "main"), "report"),
        (("buyer",), "report"),
        (("seller",), "invoice"),
        (("invoice:grid",), "invoice"),
        (("report:E1", "main"), "report"),
        (("main",), "meter"),
        (("point:P",), "meter"),
    ],
)
def test_words_of_an_override(order: tuple[str, ...], origin: str) -> None:
    rows = [said(*YEAR, 3650, reporter="grid", line=2), said(*YEAR, 3650, "report", reporter="E1", line=3)]
    made = park(meters=[meter("P")], statements=rows, adoption=[Adoption("S", order, "because")])
    got = flows(made, series({"P": every_day(10)}))
    assert {piece.origin for piece in got.pieces["S"]} == {origin}
    assert only(got, "adoption_override").params["reason"] == "because"


def test_an_override_names_everybody_who_may_speak() -> None:
    made = park(statements=[said(*YEAR, 10)], adoption=[Adoption("S", ("report",), "r")])
    got = flows(made)
    assert [piece.origin for piece in got.pieces["S"]] == ["missing"]
    assert only(got, "statement_not_placed").amount == 10


def test_an_override_rules_only_whole_months_of_its_span() -> None:
    rows = [
        said(*YEAR, 365, line=2),
        *(said(f"2025-0{m}-01", f"2025-0{m + 1}-01", 40, "report", line=m) for m in (3, 4)),
    ]
    row = Adoption("S", ("report",), "r", Span(at("2025-03-15"), at("2025-05-01")))
    got = flows(park(statements=rows, adoption=[row]))
    assert [p.start for p in got.pieces["S"] if p.origin == "report"] == [at("2025-04-01")]


def test_an_override_within_one_month_is_idle_and_said_so() -> None:
    row = Adoption("S", ("report",), "r", Span(at("2025-03-05"), at("2025-03-20")), At("adoption.csv", 2))
    got = flows(park(statements=[said(*YEAR, 10)], adoption=[row]))
    assert only(got, "adoption_idle").where.line == 2


def test_of_two_overrides_the_later_from_wins() -> None:
    rows = [said(*YEAR, 10, line=2), said(*YEAR, 10, "report", line=3)]
    adoption = [Adoption("S", ("report",), "a"), Adoption("S", ("invoice",), "b", Span(at("2025-06-01"), None))]
    got = flows(park(statements=rows, adoption=adoption))
    assert {p.origin for p in got.pieces["S"] if p.start < at("2025-06-01")} == {"report"}
    assert {p.origin for p in got.pieces["S"] if p.start >= at("2025-06-01")} == {"invoice"}


def test_the_window_is_widened_to_whole_months() -> None:
    got = flows(park(statements=[said(*YEAR, 10)]), start=at("2025-02-10"), end=at("2025-03-02"))
    assert (got.start, got.end) == (at("2025-02-01"), at("2025-04-01"))
    assert whole_months(at("2025-02-10"), at("2025-03-02"), ZONE) == (got.start, got.end)


def test_an_empty_window_is_refused() -> None:
    with pytest.raises(FlowError, match="ends after it starts"):
        flows(park(), start=Y26, end=Y25)


def test_readings_that_do_not_reach_over_the_months_are_refused() -> None:
    short = series({"P": every_day(1)}, start=at("2025-01-10"))
    with pytest.raises(FlowError, match="whole_months"):
        flows(park(meters=[meter("P")]), short)


def test_months_of_a_yearly_statement_are_marked_estimates_in_the_month_view() -> None:
    pieces = flows(park(statements=[said(*YEAR, 365)])).pieces["S"]
    view = month_view(pieces, ZONE)
    assert [(one.label, one.amount, one.estimated) for one in view[:2]] == [
        ("2025-01", Decimal(31), True),
        ("2025-02", Decimal(28), True),
    ]
    assert sum(one.amount or 0 for one in view) == 365


def test_months_that_nobody_knows_have_no_amount_in_the_month_view() -> None:
    pieces = flows(park(statements=[said("2025-03-01", "2025-04-01", 5)])).pieces["S"]
    assert [one.amount for one in month_view(pieces, ZONE)] == [None, None, Decimal(5), *[None] * 9]


def test_the_month_view_of_nothing_is_empty() -> None:
    assert month_view((), ZONE) == ()
