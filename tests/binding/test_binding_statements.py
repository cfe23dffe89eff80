"""Park folder, "Statements and adoption", sentence by sentence, on the command as a black box."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from places import lines_of

Account = Callable[..., dict[str, Any]]
Check = Callable[..., list[dict[str, Any]]]
Write = Callable[[dict[str, Any]], Path]
Run = Callable[..., Any]

STREAMS = "id,commodity,source,target,made_as,used_as,from,to\n"
EL = STREAMS + "el,electricity,grid,E1,,,,\n"
HEAD = "stream,start,end,amount,unit,kind,reporter,sigma_pct,evidence,note\n"
YEAR = "2025-01-01,2026-01-01"
JAN = "2025-01-01,2025-02-01"
APR = "2025-04-01,2025-05-01"
METERS = "point,stream,role,register,unit,period,accuracy_pct\n"
DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
START = datetime(2025, 1, 1)


def said(*rows: str, streams: str = EL, **more: str) -> dict[str, Any]:
    """Return the tables of a park with these statement rows."""
    return {"streams.csv": streams, "statements/a.csv": HEAD + "".join(f"{row},,,\n" for row in rows), **more}


def hours(skip: Iterable[int] = (), amount: float = 10, point: str = "P1") -> str:
    """Return hourly interval readings of 2025 without the hours in ``skip``."""
    away = set(skip)
    kept = (h for h in range(8760) if h not in away)
    rows = "".join(f"{point},{START + timedelta(hours=h):%Y-%m-%dT%H:%M},{amount}\n" for h in kept)
    return "point,time,value\n" + rows


def metered(skip: Iterable[int] = (), accuracy: str = "1", role: str = "main") -> dict[str, str]:
    """Return meter and readings of 10 kWh an hour on stream el."""
    return {"meters.csv": METERS + f"P1,el,{role},interval,kWh,PT1H,{accuracy}\n", "readings/2025.csv": hours(skip)}


def hour_of(month: int, day: int = 1) -> int:
    """Hours of 2025 before a local day."""
    return int((datetime(2025, month, day) - START).total_seconds() // 3600)


@pytest.fixture
def flows(write: Write, run: Run) -> Callable[..., list[dict[str, Any]]]:
    """Return a function that writes a park and gives its flows of 2025 by stream."""

    def do(tables: dict[str, Any], step: str = "month", stream: str = "el") -> list[dict[str, Any]]:
        got = run(
            "flows", write(tables), "--by", "stream", "--step", step, "--from", "2025-01-01", "--to", "2026-01-01"
        )
        return [row for row in got if row["id"] == stream]

    return do


def by_code(findings: Iterable[dict[str, Any]], code: str) -> list[dict[str, Any]]:
    return [finding for finding in findings if finding["code"] == code]


# --- rows ------------------------------------------------------------------------------------------------------------


def test_a_kind_outside_the_five_sets_the_row_aside_with_its_line(check: Check, flows: Any) -> None:
    tables = said(f"el,{JAN},100,kWh,guess,grid", f"el,{JAN},70,kWh,report,E1")
    (fault,) = [f for f in check(tables, code=1) if f["level"] == "error"]
    assert (fault["where"]["file"], fault["where"]["line"]) == ("statements/a.csv", 2)
    assert flows(tables)[0]["amount"] == 70


@pytest.mark.parametrize("kind", ["report", "invoice", "statistics", "estimate"])
def test_each_kind_of_statement_gives_its_own_origin(flows: Any, kind: str) -> None:
    january = flows(said(f"el,{JAN},100,kWh,{kind},grid"))[0]
    assert (january["amount"], january["origin"], january["unit"]) == (100, kind, "kWh")


def test_a_later_row_replaces_the_earlier_and_is_noted_with_both_amounts(check: Check, flows: Any) -> None:
    tables = said(f"el,{JAN},100,kWh,invoice,grid", f"el,{JAN},0.12,MWh,invoice,grid")
    (note,) = by_code(check(tables, code=0), "statement_replaced")
    assert note["level"] == "note"
    assert note["where"]["stream"] == "el"
    assert {2, 3} <= lines_of(note)
    assert "100" in note["message"]
    assert "0.12" in note["message"]
    assert flows(tables)[0]["amount"] == 120


def test_later_is_by_file_name_then_row(flows: Any) -> None:
    tables = said(f"el,{JAN},100,kWh,invoice,grid")
    tables["statements/b.csv"] = HEAD + f"el,{JAN},140,kWh,invoice,grid,,,\n"
    assert flows(tables)[0]["amount"] == 140


def test_another_kind_or_reporter_replaces_nothing(check: Check) -> None:
    tables = said(f"el,{JAN},100,kWh,invoice,grid", f"el,{JAN},101,kWh,invoice,E1", f"el,{JAN},99,kWh,report,E1")
    assert not by_code(check(tables, code=0), "statement_replaced")


def test_a_blank_reporter_matches_nothing_so_nothing_is_replaced_and_both_are_named(check: Check, flows: Any) -> None:
    # two parties nobody knows: 100 and 200 kWh differ by far more than two sigma (1 % each), one stays a cross-check
    tables = said(f"el,{JAN},100,kWh,invoice,", f"el,{JAN},200,kWh,invoice,")
    findings = check(tables, code=0)
    assert not by_code(findings, "statement_replaced")
    (deviation,) = by_code(findings, "deviation")
    assert deviation["amount"] == 100
    assert by_code(findings, "several_reporters")
    assert flows(tables)[0]["amount"] in (100, 200)


def test_bills_of_a_blank_reporter_that_overlap_are_no_fault_of_one_party(check: Check, flows: Any) -> None:
    tables = said(f"el,{JAN},100,kWh,invoice,", "el,2025-01-01,2025-03-01,190,kWh,invoice,")
    assert not by_code(check(tables, code=0), "overlapping_statements")
    assert flows(tables)[0]["amount"] is not None


def test_overlapping_spans_of_one_party_are_a_fault_and_neither_is_adopted(check: Check, flows: Any) -> None:
    tables = said(f"el,{JAN},100,kWh,invoice,grid", "el,2025-01-01,2025-03-01,190,kWh,invoice,grid")
    (fault,) = by_code(check(tables), "overlapping_statements")
    assert {2, 3} <= lines_of(fault)
    assert [row["amount"] for row in flows(tables)] == [None] * 12


def test_overlapping_spans_stay_as_cross_checks(check: Check) -> None:
    # the meter knows 7440 kWh in January and 14160 in January and February; both bills say ten times less
    rows = (f"el,{JAN},744,kWh,invoice,grid", "el,2025-01-01,2025-03-01,1416,kWh,invoice,grid")
    deviations = by_code(check(said(*rows, **metered())), "deviation")
    assert sorted(one["amount"] for one in deviations) == pytest.approx([7440 - 744, 14160 - 1416])


def test_overlapping_spans_count_where_adoption_says_so(flows: Any) -> None:
    tables = said(f"el,{JAN},100,kWh,invoice,grid", "el,2025-01-01,2025-03-01,190,kWh,invoice,grid")
    tables["adoption.csv"] = f"stream,from,to,order,reason\nel,{YEAR},invoice,agreed with the grid\n"
    assert flows(tables)[0]["amount"] == 100


def test_a_negative_amount_is_an_error_and_never_counts(check: Check, flows: Any) -> None:
    tables = said(f"el,{JAN},100,kWh,invoice,grid", f"el,{JAN},-30,kWh,invoice,grid")
    (fault,) = [f for f in check(tables, code=1) if f["level"] == "error"]
    assert (fault["where"]["file"], fault["where"]["line"]) == ("statements/a.csv", 3)
    assert flows(tables)[0]["amount"] == 100


def test_an_end_on_the_last_day_of_a_month_is_taken_as_written_and_noted(check: Check, flows: Any) -> None:
    tables = said("el,2025-01-01,2025-01-31,100,kWh,invoice,grid")
    findings = check(tables, code=0)
    assert any(f["level"] == "note" and f["where"]["line"] == 2 for f in findings)
    assert flows(tables)[0]["amount"] is None  # thirty days are not January
    (left,) = by_code(findings, "statement_not_placed")
    assert left["amount"] == 100


# --- the default order -----------------------------------------------------------------------------------------------

ALL = ("invoice", "statistics", "report", "estimate")


@pytest.mark.parametrize("best", range(4))
def test_the_default_order_among_statements(flows: Any, best: int) -> None:
    rows = [f"el,{JAN},{100 + place},kWh,{kind},E1" for place, kind in enumerate(ALL)][best:]
    january = flows(said(*reversed(rows)))[0]
    assert (january["amount"], january["origin"]) == (100 + best, ALL[best])


def test_main_meters_known_to_99_percent_come_before_the_invoice(flows: Any) -> None:
    # April has 720 h; 7 h missing: 713/720 = 99.03 % known -> the meter's 7130 kWh, never topped up to 7200
    april = flows(said(f"el,{APR},7200,kWh,invoice,grid", **metered(range(hour_of(4), hour_of(4) + 7))))[3]
    assert (april["amount"], april["origin"]) == (7130, "meter")
    assert april["known"] == pytest.approx(713 / 720)
    assert april["resolved"] == pytest.approx(713 / 720)


def test_main_meters_known_to_less_are_replaced_whole_by_the_invoice(flows: Any) -> None:
    # 8 h missing: 712/720 = 98.9 %
    april = flows(said(f"el,{APR},7200,kWh,invoice,grid", **metered(range(hour_of(4), hour_of(4) + 8))))[3]
    assert (april["amount"], april["origin"], april["known"]) == (7200, "invoice", 1)


def test_a_partial_month_is_replaced_by_an_estimate_too(flows: Any) -> None:
    april = flows(said(f"el,{APR},7200,kWh,estimate,E1", **metered(range(hour_of(4), hour_of(4) + 8))))[3]
    assert (april["amount"], april["origin"]) == (7200, "estimate")


def test_a_partial_meter_month_alone_is_shown_partial(flows: Any) -> None:
    # first half of April missing: 360 h x 10 kWh
    april = flows(said(**metered(range(hour_of(4), hour_of(4, 16)))))[3]
    assert (april["amount"], april["origin"]) == (3600, "meter")
    assert (april["known"], april["resolved"]) == (0.5, 0.5)
    assert "incomplete" in april["flags"]


def test_a_partial_meter_month_is_partial_in_the_account(account: Account) -> None:
    # 8760 - 360 h known: 84000 kWh x 0.8325; April 3600 kWh; missing 360/8760 of the only stream's time
    result = account(said(**metered(range(hour_of(4), hour_of(4, 16)))))
    assert result["totals"]["co2_t"] == pytest.approx(84 * 0.8325)
    assert result["by_month"]["2025-04"] == pytest.approx(3.6 * 0.8325)
    assert result["by_month"]["2025-01"] == pytest.approx(7.44 * 0.8325)
    assert result["coverage"]["measured"] == pytest.approx(1 - 360 / 8760)
    assert result["coverage"]["missing"] == pytest.approx(360 / 8760)
    assert result["coverage"]["known"] == pytest.approx(1 - 360 / 8760)
    assert result["coverage"]["resolved"] == pytest.approx(1 - 360 / 8760)
    assert result["status"] != "complete"


def test_the_choice_is_made_month_by_month(flows: Any) -> None:
    rows = flows(said(f"el,{JAN},9999,kWh,invoice,grid", f"el,{APR},7200,kWh,report,E1", **metered(range(2160, 2880))))
    assert [row["origin"] for row in rows[:5]] == ["meter", "meter", "meter", "report", "meter"]


def test_a_check_meter_is_compared_and_never_added_or_adopted(flows: Any, check: Check) -> None:
    tables = said(**metered())
    tables["meters.csv"] += "C1,el,check,interval,kWh,PT1H,1\n"
    tables["readings/c.csv"] = hours(amount=11, point="C1")
    assert flows(tables, "year")[0]["amount"] == 87600
    # January: 8184 against 7440; sigma 1 %/sqrt 3 each -> 2 x 63.9 = 127.7 < 744: every month deviates, one finding
    (deviation,) = by_code(check(tables), "deviation")
    assert deviation["amount"] == pytest.approx(8760)


def test_adoption_csv_overrides_the_order_for_its_months_with_its_reason(flows: Any, check: Check) -> None:
    rows = [f"el,{JAN},7000,kWh,invoice,grid", f"el,{APR},7000,kWh,invoice,grid"]
    tables = said(*rows, **metered())
    tables["adoption.csv"] = "stream,from,to,order,reason\nel,2025-04-01,2025-05-01,invoice;main,meter in dispute\n"
    months = flows(tables)
    assert (months[0]["origin"], months[3]["origin"], months[3]["amount"]) == ("meter", "invoice", 7000)
    assert any("meter in dispute" in finding["message"] for finding in check(tables))


@pytest.mark.parametrize(("order", "amount"), [("buyer", 101), ("seller", 100), ("invoice:E2", 102)])
def test_adoption_csv_may_name_a_side_or_a_reporter(flows: Any, order: str, amount: float) -> None:
    rows = [f"el,{JAN},{100 + place},kWh,invoice,{who}" for place, who in enumerate(("grid", "E1", "E2"))]
    tables = said(*rows, **{"adoption.csv": f"stream,from,to,order,reason\nel,{YEAR},{order},agreed\n"})
    assert flows(tables)[0]["amount"] == amount


@pytest.mark.parametrize("order", ["report;invoice", "report; invoice", "report invoice", "report > invoice"])
def test_the_words_of_an_order_may_be_parted_as_people_do(flows: Any, order: str) -> None:
    tables = said(f"el,{JAN},100,kWh,invoice,grid", f"el,{JAN},90,kWh,report,E1")
    tables["adoption.csv"] = f"stream,from,to,order,reason\nel,{YEAR},{order},agreed\n"
    assert flows(tables)[0]["amount"] == 90


@pytest.mark.parametrize("order", ["guess", "report:nobody", "point:P9", ""])
def test_an_order_that_names_nobody_is_set_aside_with_its_line(check: Check, order: str) -> None:
    tables = said(f"el,{JAN},100,kWh,invoice,grid")
    tables["adoption.csv"] = f"stream,from,to,order,reason\nel,{YEAR},{order},agreed\n"
    (fault,) = [one for one in check(tables, code=1) if one["level"] == "error"]
    assert (fault["where"]["file"], fault["where"]["line"]) == ("adoption.csv", 2)


# --- deviations ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("bill", "stake"), [(7600, None), (7700, 260)])
def test_a_deviation_beyond_two_sigma_is_a_finding_with_the_amount_at_stake(
    check: Check, bill: int, stake: float | None
) -> None:
    # January 7440 kWh, class 1: sigma 1 %/sqrt 3 = 42.95 kWh; invoice 1 %: 76 or 77 kWh
    # 2 x sqrt(42.95^2 + 76^2) = 174.6 > 160: silent; 2 x sqrt(42.95^2 + 77^2) = 176.3 < 260: a finding of 260 kWh
    found = by_code(check(said(f"el,{JAN},{bill},kWh,invoice,grid", **metered())), "deviation")
    assert [(one["amount"], one["unit"], one["level"]) for one in found] == ([(260, "kWh", "finding")] if stake else [])
    for one in found:
        assert (one["where"]["file"], one["where"]["line"], one["where"]["stream"]) == ("statements/a.csv", 2, "el")


def test_a_statements_own_sigma_replaces_the_default_of_its_kind(check: Check) -> None:
    # 5 % of 7700 = 385: 2 x sqrt(42.95^2 + 385^2) = 775 > 260
    tables = {**said(**metered()), "statements/a.csv": HEAD + f"el,{JAN},7700,kWh,invoice,grid,5,,\n"}
    assert not by_code(check(tables), "deviation")


RATIOS = [
    (10, "10"),
    (0.001, "0.001"),
    (3.6, "3.6"),
    (4.1868, "4.1868"),
    (29.3076, "29.3076"),
    (3.6 * 1.04, "3.6"),
    (1 / 3.6, "3.6"),
]


@pytest.mark.parametrize(("factor", "named"), RATIOS)
def test_a_ratio_near_a_unit_names_it_and_converts_nothing(check: Check, flows: Any, factor: float, named: str) -> None:
    tables = said(f"el,{JAN},{7440 * factor:.4f},kWh,invoice,grid", **metered())
    (found,) = by_code(check(tables), "deviation")
    assert named in found["message"]
    assert "unit" in found["message"]
    assert flows(tables)[0]["amount"] == 7440


def test_a_statement_that_deviates_month_after_month_is_one_finding(check: Check, account: Account) -> None:
    # the meter knows 10 kWh an hour to the end of October (7296 h), the year is said to be nought
    tables = said(f"el,{YEAR},,,confirmed_zero,E1", **metered(range(hour_of(11), 8760)))
    (found,) = by_code(check(tables), "deviation")
    assert (found["amount"], found["where"]["line"]) == (72960, 2)
    assert account(tables)["totals"]["co2_t"] == pytest.approx(72.96 * 0.8325)


def test_a_ratio_near_no_unit_names_none(check: Check) -> None:
    (found,) = by_code(check(said(f"el,{JAN},{7440 * 2},kWh,invoice,grid", **metered())), "deviation")
    assert "check the unit" not in found["message"]


# --- spans that are no months ----------------------------------------------------------------------------------------


def test_a_yearly_statement_is_exact_in_the_year(flows: Any) -> None:
    (year,) = flows(said(f"el,{YEAR},365000,kWh,report,E1"), "year")
    assert (year["amount"], year["flags"], year["origin"]) == (365000, [], "report")
    assert (year["resolved"], year["known"], year["unplaced"]) == (1, 1, None)
    assert (year["start"], year["end"]) == ("2025-01-01T00:00:00+08:00", "2026-01-01T00:00:00+08:00")


def test_a_yearly_statement_cut_at_month_ends_is_a_marked_estimate(flows: Any) -> None:
    months = flows(said(f"el,{YEAR},365000,kWh,report,E1"))
    assert [row["amount"] for row in months] == pytest.approx([days * 1000 for days in DAYS])
    assert all("estimated" in row["flags"] for row in months)


def test_a_yearly_statement_is_in_no_month_of_the_account_and_that_is_said(account: Account) -> None:
    result = account(said(f"el,{YEAR},365000,kWh,report,E1"))
    assert result["totals"]["co2_t"] == pytest.approx(365 * 0.8325)
    assert set(result["by_month"].values()) == {None}
    (note,) = by_code(result["findings"], "year_only")
    assert note["amount"] == pytest.approx(365 * 0.8325)
    assert result["coverage"]["reported"] == 1
    assert result["coverage"]["estimated"] == 0


def test_a_quarterly_statement_counts_once_beside_metered_months(flows: Any, account: Account) -> None:
    # the meter begins in April (275 days x 240 kWh); the first quarter is billed with 20000 kWh
    tables = said("el,2025-01-01,2025-04-01,20000,kWh,invoice,grid", **metered(range(hour_of(4))))
    assert flows(tables, "year")[0]["amount"] == pytest.approx(20000 + 275 * 240)
    months = flows(tables)
    assert [row["amount"] for row in months[:3]] == pytest.approx([20000 * days / 90 for days in (31, 28, 31)])
    assert months[3]["amount"] == 7200
    result = account(tables)
    assert result["totals"]["co2_t"] == pytest.approx(86 * 0.8325)
    assert result["by_month"]["2025-01"] is None
    assert result["by_month"]["2025-04"] == pytest.approx(7.2 * 0.8325)
    assert result["coverage"]["reported"] == pytest.approx(90 / 365)
    assert result["coverage"]["measured"] == pytest.approx(275 / 365)


def bills(first: tuple[int, int] = (2024, 12), count: int = 13, amount: float = 3100) -> list[str]:
    """Return bills from the 25th to the next 25th."""
    rows = []
    for place in range(count):
        month = first[0] * 12 + first[1] - 1 + place
        start, end = (f"{m // 12}-{m % 12 + 1:02d}-25" for m in (month, month + 1))
        rows.append(f"el,{start},{end},{amount},kWh,invoice,grid")
    return rows


def test_bills_from_the_25th_are_cut_by_days_at_month_ends_and_marked(flows: Any) -> None:
    # each bill 3100 kWh. January: 24 of 31 days of the first, 7 of 31 of the second = 3100; February: 24/31 of the
    # second + 4/28 of the third; the bill of 25 February to 25 March has 28 days
    months = flows(said(*bills()))
    assert months[0]["amount"] == pytest.approx(3100)
    assert months[1]["amount"] == pytest.approx(3100 * (24 / 31 + 4 / 28))
    assert months[2]["amount"] == pytest.approx(3100 * (24 / 28 + 7 / 31))
    assert all("estimated" in row["flags"] and row["origin"] == "invoice" for row in months)


def test_bills_from_the_25th_in_the_account(account: Account) -> None:
    result = account(said(*bills()))
    assert result["by_month"]["2025-02"] == pytest.approx(3.1 * (24 / 31 + 4 / 28) * 0.8325)
    assert sum(result["by_month"].values()) == pytest.approx(result["totals"]["co2_t"])
    assert result["coverage"]["estimated"] == 1
    assert result["coverage"]["reported"] == 0
    assert result["coverage"]["missing"] == 0
    assert by_code(result["findings"], "calendarised")


def test_the_ends_of_bills_make_no_year_of_their_own(run: Run, write: Write) -> None:
    # from 25 December 2024 to 25 January 2026: the year is 2025, and nobody misses all of 2024 or 2026
    folder = write(said(*bills()))
    assert run("account", folder)["year"] == 2025
    assert {row["start"][:4] for row in run("flows", folder)} == {"2025"}
    assert not by_code(run("check", folder)["findings"], "flow_missing")
    assert run("account", write(said(*bills((2024, 12), 1))), code=1)["year"] == 2025


def test_bills_count_for_the_months_they_cover_together_and_the_rest_is_named(flows: Any, check: Check) -> None:
    # from 25 January to 25 December: February to November are covered whole; January has 7 of 31 days = 700 kWh
    tables = said(*bills((2025, 1), 11))
    months = flows(tables)
    assert months[0]["amount"] is None
    assert months[11]["amount"] is None
    assert months[1]["amount"] == pytest.approx(3100 * (24 / 31 + 4 / 28))
    left = by_code(check(tables), "statement_not_placed")
    # December: 24 of the 30 days from 25 November
    assert sorted(one["amount"] for one in left) == pytest.approx([700, 3100 * 24 / 30])


def test_a_hole_between_bills_leaves_both_months_out(flows: Any) -> None:
    rows = bills()
    del rows[5]  # 25 May to 25 June
    months = flows(said(*rows))
    assert [place for place, row in enumerate(months, 1) if row["amount"] is None] == [5, 6]


def test_a_bill_over_the_end_of_the_year_counts_by_days_and_is_marked(flows: Any, account: Account) -> None:
    # 1 July 2024 to 1 July 2025 is 365 days, 181 of them in 2025
    tables = said("el,2024-07-01,2025-07-01,36500,kWh,invoice,grid", "el,2025-07-01,2026-01-01,18400,kWh,invoice,grid")
    (year,) = flows(tables, "year")
    assert year["amount"] == pytest.approx(18100 + 18400)
    assert "estimated" in year["flags"]
    assert account(tables)["totals"]["co2_t"] == pytest.approx(36.5 * 0.8325)


# --- confirmed zero and missing --------------------------------------------------------------------------------------


def test_a_confirmed_zero_is_nought_and_not_missing(flows: Any, account: Account) -> None:
    rows = [f"el,2025-{m:02d}-01,{'2026-01-01' if m == 12 else f'2025-{m + 1:02d}-01'},,,confirmed_zero,E1"
            for m in range(1, 13)]  # fmt: skip
    months = flows(said(*rows))
    assert [(row["amount"], row["origin"], row["known"]) for row in months] == [(0, "confirmed_zero", 1)] * 12
    result = account(said(*rows))
    assert result["totals"]["co2_t"] == 0
    assert set(result["by_month"].values()) == {0}
    assert result["coverage"]["missing"] == 0
    assert result["coverage"]["reported"] == 1
    assert {line["notation"] for line in result["lines"]} == {"NO"}


def test_a_confirmed_zero_of_a_year_is_exactly_nought_in_every_month(flows: Any, account: Account) -> None:
    tables = said(f"el,{YEAR},0,kWh,confirmed_zero,E1")
    assert [(row["amount"], row["flags"]) for row in flows(tables)] == [(0, [])] * 12
    result = account(tables)
    assert set(result["by_month"].values()) == {0}
    assert result["coverage"]["estimated"] == 0
    assert not by_code(result["findings"], "calendarised")
    assert not by_code(result["findings"], "year_only")


def test_a_confirmed_zero_across_the_year_end_is_no_estimate(flows: Any, account: Account) -> None:
    tables = said("el,2024-07-15,2026-07-15,,,confirmed_zero,E1")
    assert [(row["amount"], row["flags"]) for row in flows(tables)] == [(0, [])] * 12
    assert account(tables)["coverage"]["estimated"] == 0


def test_a_confirmed_zero_knows_nothing_of_time_outside_the_boundary(account: Account) -> None:
    # E1 joins on 1 July: six months of nought, and nothing is asked of the six before
    tables = said(f"el,{YEAR},,,confirmed_zero,E1", **{"members.csv": "boundary,node,from\nB,E1,2025-07-01\n"})
    result = account(tables)
    assert [result["by_month"][f"2025-{month:02d}"] for month in range(1, 13)] == [None] * 6 + [0] * 6
    assert result["coverage"]["reported"] == 1


def test_a_yearly_report_fills_whole_months_that_the_meter_does_not_know_and_marks_them(
    account: Account, flows: Any
) -> None:
    # January to October metered; November and December are 61/365 of the year's report, an estimate by days
    tables = said(f"el,{YEAR},36500,kWh,report,E1", **metered(range(hour_of(11), 8760)))
    months = flows(tables)
    assert [row["origin"] for row in months] == ["meter"] * 10 + ["report"] * 2
    assert months[10]["amount"] == pytest.approx(3000)
    assert months[10]["flags"] == ["estimated"]
    result = account(tables)
    assert result["coverage"]["measured"] == pytest.approx(304 / 365)
    assert result["coverage"]["estimated"] == pytest.approx(61 / 365)
    assert result["by_month"]["2025-12"] == pytest.approx(3.1 * 0.8325)


def test_a_confirmed_zero_beside_metered_months_keeps_by_month(account: Account) -> None:
    # meter from April on, first quarter confirmed zero in one row: January is 0, not null
    result = account(said("el,2025-01-01,2025-04-01,,,confirmed_zero,E1", **metered(range(hour_of(4)))))
    assert result["by_month"]["2025-01"] == 0
    assert result["by_month"]["2025-04"] == pytest.approx(7.2 * 0.8325)


def test_a_stream_nobody_speaks_for_is_missing_with_its_notation_key(flows: Any, account: Account) -> None:
    months = flows(said())
    assert [row["amount"] for row in months] == [None] * 12
    assert {(row["known"], row["resolved"], row["unplaced"], row["origin"]) for row in months} == {
        (0, 0, None, "missing")
    }
    result = account(said(), code=1)
    assert result["totals"]["co2_t"] is None
    assert {line["notation"] for line in result["lines"]} == {"NE"}
    assert {line["amount_t"] for line in result["lines"]} == {None}
    assert set(result["by_month"].values()) == {None}
    assert result["coverage"]["missing"] == 1


def test_a_zero_said_by_nobody_for_a_month_stays_null_beside_known_months(flows: Any, account: Account) -> None:
    tables = said(f"el,{JAN},1000,kWh,invoice,grid")
    assert [row["amount"] for row in flows(tables)] == [1000, *[None] * 11]
    (year,) = flows(tables, "year")
    assert year["amount"] == 1000
    assert year["known"] == pytest.approx(31 / 365)
    result = account(tables)
    assert result["by_month"]["2025-01"] == pytest.approx(0.8325)
    assert result["by_month"]["2025-02"] is None
    assert result["coverage"]["missing"] == pytest.approx(334 / 365)


# --- members ---------------------------------------------------------------------------------------------------------

NODES = "id,parent,kind\ngrid,,grid\nE1,,enterprise\nW1,E1,workshop\nQ1,W1,equipment\nE2,,enterprise\n"


@pytest.mark.parametrize(
    ("members", "share"),
    [
        ("B,E1,0.5\n", 0.5),  # a node brings its children
        ("B,W1,0.4\n", 0.4),
        ("B,E1,\n", 1),  # blank = 1
    ],
)
def test_a_share_holds_for_the_children_too(account: Account, members: str, share: float) -> None:
    tables = said(f"el,{YEAR},1000000,kWh,report,Q1", streams=EL.replace("E1", "Q1"))
    tables |= {"nodes.csv": NODES, "members.csv": "boundary,node,share\n" + members}
    assert account(tables)["totals"]["co2_t"] == pytest.approx(832.5 * share)


def test_listing_an_ancestor_too_is_a_fault(check: Check) -> None:
    tables = said(f"el,{YEAR},1,kWh,report,Q1", streams=EL.replace("E1", "Q1"))
    tables |= {"nodes.csv": NODES, "members.csv": "boundary,node,share\nB,E1,0.5\nB,W1,0.5\n"}
    faults = [f for f in check(tables, code=1) if f["level"] == "error" and f["where"]["file"] == "members.csv"]
    assert any({2, 3} & lines_of(f) for f in faults)


def test_a_stream_counts_with_the_difference_of_its_ends_shares(account: Account) -> None:
    # heat of 1000 GJ from E1 (share 0.4) to E2 (share 1): received 0.6 x 1000 x 0.11 = 66 t
    tables = said(f"h,{YEAR},1000,GJ,report,E2", streams=STREAMS + "h,heat,E1,E2,,,,\n")
    tables["members.csv"] = "boundary,node,share\nB,E1,0.4\nB,E2,1\n"
    assert account(tables)["by_category"]["heat"] == pytest.approx(66)
