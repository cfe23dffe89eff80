"""Cross-checks: spans compared, two standard deviations, suspected units."""

from __future__ import annotations

import pytest
from flows_kit import Decimal, at, codes, daily, date, every_day, flows, meter, month, only, park, said, series

from lingtan.flows.checks import suspected_unit

YEAR = ("2025-01-01", "2026-01-01")


def test_a_deviation_within_two_standard_deviations_is_no_finding() -> None:
    # adopted 3000 +- 1 %, report 3 %: sigma = sqrt(30^2 + 91.8^2) = 96.6; difference 60
    got = flows(park(statements=[said(*YEAR, 3000), said(*YEAR, 3060, "report")]))
    (check,) = got.checks
    assert (check.adopted, check.other, check.deviates) == (Decimal(3000), Decimal(3060), False)
    assert check.sigma == pytest.approx(Decimal("96.578"), rel=Decimal("0.001"))
    assert codes(got) == []


def test_a_larger_deviation_is_a_finding_with_the_amount_at_stake() -> None:
    got = flows(park(statements=[said(*YEAR, 3000, line=2), said(*YEAR, 3300, "report", "E1", line=7)]))
    found = only(got, "deviation")
    assert (found.level, found.amount, found.unit) == ("finding", Decimal(300), "kWh")
    assert (found.where.file, found.where.line, found.where.stream) == ("statements/a.csv", 7, "S")
    assert "3300" in found.message
    assert "3000" in found.message
    assert found.params["unit_suspect"] == ""


def test_a_statements_own_uncertainty_replaces_the_default() -> None:
    rows = [said(*YEAR, 3000), said(*YEAR, 3300, "report", sigma_pct=Decimal(10))]
    assert codes(flows(park(statements=rows))) == []


def test_an_invoice_is_compared_with_the_days_of_the_meter_over_its_own_span() -> None:
    # 25 January to 24 February: 31 days of 10; the month view would give another figure
    days = daily(every_day(10), date(2025, 2, 1), date(2025, 2, 15), 100)
    made = park(meters=[meter("P")], statements=[said("2025-01-25", "2025-02-25", 1500)])
    got = flows(made, series({"P": days}))
    (check,) = got.checks
    assert (check.start, check.end) == (at("2025-01-25"), at("2025-02-25"))
    assert check.adopted == 7 * 10 + 14 * 100 + 10 * 10
    assert check.other == 1500


def test_a_ten_times_invoice_names_the_suspected_unit_and_nothing_is_converted() -> None:
    made = park(meters=[meter("P")], statements=[said("2025-05-01", "2025-06-01", 3100)])
    got = flows(made, series({"P": every_day(10)}))
    found = only(got, "deviation")
    assert found.amount == 2790
    assert found.params["unit_suspect"] == "10"
    assert got.pieces["S"][4].amount == 310


def test_a_check_meter_that_deviates_for_months_is_one_finding() -> None:
    days = daily(every_day(10), date(2025, 3, 1), date(2025, 6, 1), 15)
    got = flows(park(meters=[meter("P"), meter("C", "check")]), series({"P": every_day(10), "C": days}))
    found = only(got, "deviation")
    assert (found.start, found.end, found.amount) == (at("2025-03-01"), at("2025-06-01"), 92 * 5)
    assert found.where.point == "C"
    assert len(got.checks) == 12


def test_a_statement_over_months_of_which_one_is_missing_is_compared_month_by_month() -> None:
    days = daily(every_day(10), date(2025, 2, 1), date(2025, 3, 1), None)
    rows = [said("2025-01-01", "2025-04-01", 900, "report", line=2), said("2025-02-01", "2025-03-01", 280, line=3)]
    got = flows(park(meters=[meter("P")], statements=rows), series({"P": days}))
    (check,) = got.checks
    assert (check.adopted, check.other) == (Decimal(900), Decimal(900))
    got = flows(park(meters=[meter("P")], statements=rows[:1]), series({"P": days}))
    # February adopts the report itself; January and March compare 31 of its 90 days each
    assert [(c.start, c.adopted, c.other) for c in got.checks] == [
        (at("2025-01-01"), Decimal(310), Decimal(310)),
        (at("2025-03-01"), Decimal(310), Decimal(310)),
    ]


def test_a_partial_month_is_not_compared() -> None:
    days = daily(every_day(10), date(2025, 2, 1), date(2025, 2, 15), None)
    got = flows(park(meters=[meter("P"), meter("C", "check")]), series({"P": days, "C": every_day(10)}))
    assert {check.start for check in got.checks} == {month(m)[0] for m in range(1, 13) if m != 2}


def test_a_report_is_compared_with_cut_bills_under_the_uncertainty_of_an_estimate() -> None:
    # January by bills: 24/31 x 310 + 7/31 x 310 = 310; both parts 15 %, added linearly: 46.5; report 3 %: 9.3
    rows = [
        said("2024-12-25", "2025-01-25", 310, line=2),
        said("2025-01-25", "2025-02-25", 310, line=3),
        said("2025-01-01", "2025-02-01", 310, "report", line=4),
    ]
    (check,) = flows(park(statements=rows)).checks
    assert check.sigma == pytest.approx(Decimal("47.42"), rel=Decimal("0.001"))


def test_bills_wholly_inside_a_span_are_compared_without_the_uncertainty_of_a_cut() -> None:
    bills = [said(f"2025-{m:02d}-10", f"2025-{m + 1:02d}-10", 300, line=m) for m in range(1, 12)]
    rows = [*bills, said("2025-02-10", "2025-04-10", 600, "report", line=40)]
    got = flows(park(statements=rows))
    check = next(c for c in got.checks if c.source.ref == "statements/a.csv:40")
    assert check.sigma == pytest.approx(Decimal("18.97"), rel=Decimal("0.001"))  # sqrt((600 x 1 %)^2 + (600 x 3 %)^2)


@pytest.mark.parametrize(
    ("ratio", "name"),
    [
        ("1000", "1000"), ("0.001", "0.001"), ("9.6", "10"), ("10.6", ""), ("3.6", "3.6"), ("0.2778", "1/3.6"),
        ("4.19", "4.1868"), ("29.3", "29.3076"), ("0.0341", "1/29.3076"), ("1.02", ""), ("2", ""), ("1e7", ""),
    ],
)  # fmt: skip
def test_suspected_units(ratio: str, name: str) -> None:
    assert suspected_unit(Decimal(ratio)) == name


def test_a_confirmed_zero_beside_a_running_meter_deviates() -> None:
    made = park(meters=[meter("P")], statements=[said("2025-02-01", "2025-03-01", 0, "confirmed_zero")])
    assert only(flows(made, series({"P": every_day(10)})), "deviation").amount == 280
