"""Park folder, "Certificates", sentence by sentence, on the command as a black box."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from places import lines_of

Account = Callable[..., dict[str, Any]]
Check = Callable[..., list[dict[str, Any]]]

STREAMS = "id,commodity,source,target,made_as,used_as\n"
STATEMENTS = "stream,start,end,amount,unit,kind,reporter\n"
HEAD = "id,kind,event,date,amount,unit,serial_from,serial_to,generator,holder,beneficiary,start,end,evidence\n"
YEAR = "2025-01-01,2026-01-01"
FILE = "certificates.csv"
EF = 0.8325  # t/MWh


def park(*events: str, **more: str) -> dict[str, str]:
    """Return E1 buying 1000 MWh and E2 buying 500 MWh of grid power in 2025, with these certificate rows."""
    return {
        "streams.csv": STREAMS + "p1,electricity,grid,E1,,\np2,electricity,grid,E2,grid_supply,\n",
        "statements/a.csv": STATEMENTS + f"p1,{YEAR},1000,MWh,invoice,grid\np2,{YEAR},500,MWh,invoice,grid\n",
        FILE: HEAD + "".join(f"{row},\n" for row in events),
        **more,
    }


def issue(
    mwh: float, serials: str = ",", lot: str = "L1", kind: str = "GEC", maker: str = "farm", to: str = "E1"
) -> str:
    return f"{lot},{kind},issue,2025-02-01,{mwh},MWh,{serials},{maker},{to},,,"


def retire(
    mwh: float,
    serials: str = ",",
    lot: str = "L1",
    kind: str = "GEC",
    maker: str = "farm",
    by: str = "E1",
    to: str = "E1",
    span: str = YEAR,
    date: str = "2025-12-01",
) -> str:
    return f"{lot},{kind},retire,{date},{mwh},MWh,{serials},{maker},{by},{to},{span}"


def power(result: dict[str, Any]) -> float:
    """MWh that the account still charges with the fossil factor."""
    amount: float = result["by_category"]["electricity"] / EF
    return amount


def errors(findings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for one in findings if one["level"] == "error"]


def test_a_retired_certificate_covers_and_the_rest_is_charged(account: Account) -> None:
    result = account(park(issue(300, "1,300"), retire(300, "1,300")))
    assert power(result) == pytest.approx(1200)
    assert not errors(result["findings"])
    assert result["by_node"]["E1"]["net"] == pytest.approx(700 * EF)
    assert result["by_node"]["E2"]["net"] == pytest.approx(500 * EF)


@pytest.mark.parametrize("event", ["issue", "transfer", "cancel"])
def test_only_retire_covers(account: Account, event: str) -> None:
    rows = [
        issue(300, to="farm"),
        f"L1,GEC,{event},2025-03-01,300,MWh,,,farm,{'E1' if event == 'transfer' else 'farm'},E1,{YEAR}",
    ]
    assert power(account(park(*rows[: 1 if event == "issue" else 2]))) == pytest.approx(1500)


@pytest.mark.parametrize("kind", ["allowance", "CCER", "credit"])
def test_carbon_assets_cover_no_power(account: Account, kind: str) -> None:
    rows = [row.replace("MWh", "t") for row in (issue(300, kind=kind), retire(300, kind=kind))]
    assert power(account(park(*rows))) == pytest.approx(1500)


def test_green_trade_covers_like_a_certificate(account: Account) -> None:
    assert power(account(park(issue(300, kind="green_trade"), retire(300, kind="green_trade")))) == pytest.approx(1200)


def test_an_unknown_kind_or_event_sets_the_row_aside_with_its_line(check: Check) -> None:
    faults = errors(check(park(issue(3, kind="REC"), "L2,GEC,burn,2025-03-01,3,MWh,,,farm,E1,,,"), code=1))
    assert [(one["where"]["file"], one["where"]["line"]) for one in faults] == [(FILE, 2), (FILE, 3)]


def test_units_are_read_and_a_retirement_in_kwh_counts_the_same(account: Account) -> None:
    assert power(account(park(issue(300), retire(300000).replace("MWh", "kWh")))) == pytest.approx(1200)


# --- holdings --------------------------------------------------------------------------------------------------------


def test_an_event_beyond_the_holding_is_refused(check: Check, account: Account) -> None:
    tables = park(issue(300), retire(301))
    (fault,) = errors(check(tables, code=1))
    assert (fault["where"]["file"], fault["where"]["line"]) == (FILE, 3)
    assert power(account(tables)) == pytest.approx(1500)


def test_a_retirement_without_an_issue_is_beyond_the_holding(check: Check) -> None:
    (fault,) = errors(check(park(retire(1)), code=1))
    assert fault["where"]["line"] == 2


def test_a_retirement_by_somebody_who_does_not_hold_is_refused(account: Account) -> None:
    assert power(account(park(issue(300, to="farm"), retire(300, by="E1")))) == pytest.approx(1500)


def test_a_transfer_gives_the_holding_to_the_next(account: Account) -> None:
    move = "L1,GEC,transfer,2025-03-01,300,MWh,,,farm,E1,,,"
    assert power(account(park(issue(300, to="farm"), move, retire(300, by="E1")))) == pytest.approx(1200)


def test_a_part_may_be_transferred_and_no_more_than_that_retired(account: Account, check: Check) -> None:
    move = "L1,GEC,transfer,2025-03-01,100,MWh,,,farm,E1,,,"
    tables = park(issue(300, to="farm"), move, retire(100, by="E1"), retire(1, by="E1"))
    assert power(account(tables)) == pytest.approx(1400)
    assert [one["where"]["line"] for one in errors(check(tables))] == [5]


def test_what_is_cancelled_cannot_be_retired(account: Account) -> None:
    cancel = "L1,GEC,cancel,2025-03-01,200,MWh,,,farm,E1,,,"
    assert power(account(park(issue(300), cancel, retire(101), retire(100)))) == pytest.approx(1400)


def test_events_run_by_date_then_row_whatever_their_order_in_the_file(account: Account) -> None:
    assert power(account(park(retire(300), issue(300)))) == pytest.approx(1200)
    same_day = retire(300, date="2025-02-01")
    assert power(account(park(issue(300), same_day))) == pytest.approx(1200)
    assert power(account(park(same_day, issue(300)))) == pytest.approx(1500)


def test_a_refused_event_leaves_the_holding_as_it_was(account: Account) -> None:
    assert power(account(park(issue(300), retire(400), retire(300)))) == pytest.approx(1200)


# --- serials ---------------------------------------------------------------------------------------------------------


def test_serials_are_inclusive_so_touching_ranges_overlap(check: Check) -> None:
    tables = park(issue(100, "1,100"), issue(101, "100,200", lot="L2"))
    (fault,) = errors(check(tables, code=1))
    assert lines_of(fault) == {2, 3}
    assert "certificates.csv:2" in fault["message"]
    assert "certificates.csv:3" in fault["message"]


def test_serials_next_to_each_other_do_not_overlap(check: Check) -> None:
    assert not errors(check(park(issue(100, "1,100"), issue(100, "101,200", lot="L2"))))


@pytest.mark.parametrize(("kind", "maker"), [("green_trade", "farm"), ("GEC", "farm2")])
def test_serials_are_unique_within_kind_and_generator_only(check: Check, kind: str, maker: str) -> None:
    assert not errors(check(park(issue(100, "1,100"), issue(100, "1,100", lot="L2", kind=kind, maker=maker))))


def test_a_serial_retired_twice_is_refused_with_both_rows_named(check: Check, account: Account) -> None:
    tables = park(issue(300, "1,300"), retire(100, "1,100"), retire(100, "100,199"))
    (fault,) = errors(check(tables, code=1))
    assert fault["where"]["file"] == FILE
    assert lines_of(fault) == {3, 4}
    assert (fault["amount"], fault["unit"]) == (100000, "kWh")
    assert power(account(tables)) == pytest.approx(1400)


def test_the_same_lot_retired_whole_twice_names_the_two_retirements(check: Check) -> None:
    (fault,) = errors(check(park(issue(300, "1,300"), retire(300, "1,300"), retire(300, "1,300")), code=1))
    assert {3, 4} <= lines_of(fault)
    assert fault["code"] == "serial_used_twice"


def test_the_serials_of_a_second_lot_that_are_a_copy_cover_nothing(account: Account, check: Check) -> None:
    copy = [issue(300, "1,300", lot="L2"), retire(300, "1,300", lot="L2")]
    tables = park(issue(300, "1,300"), retire(300, "1,300"), *copy)
    assert power(account(tables)) == pytest.approx(1200)
    assert any(lines_of(fault) == {2, 4} for fault in errors(check(tables)))


def test_serials_over_two_issues_of_a_lot_are_its_own(account: Account) -> None:
    rows = [issue(100, "1,100"), issue(100, "101,200"), retire(100, "51,150")]
    assert power(account(park(*rows))) == pytest.approx(1400)


def test_serials_the_lot_never_had_are_refused(account: Account) -> None:
    assert power(account(park(issue(100, "1,100"), retire(100, "101,200")))) == pytest.approx(1500)


# --- what is covered -------------------------------------------------------------------------------------------------


def test_only_grid_supply_is_covered(account: Account) -> None:
    tables = park(issue(900), retire(900, to="E2"))
    tables["streams.csv"] = STREAMS + "p1,electricity,grid,E1,,\np2,electricity,wind,E2,direct_green,\n"
    result = account(tables)
    assert power(result) == pytest.approx(1000)
    assert errors(result["findings"])


def test_power_from_a_neighbour_is_not_covered(account: Account) -> None:
    tables = park(issue(900), retire(900, to="E2"))
    tables["streams.csv"] = STREAMS + "p1,electricity,grid,E1,,\np2,electricity,E1,E2,,\n"
    assert power(account(tables)) == pytest.approx(1000)


def test_a_grid_supply_of_another_commodity_is_not_covered(account: Account) -> None:
    tables = park(issue(900), retire(900, to="E2"))
    tables["streams.csv"] = STREAMS + "p1,electricity,grid,E1,,\np2,heat,heatnet,E2,,\n"
    tables["statements/a.csv"] = tables["statements/a.csv"].replace("500,MWh", "500,GJ")
    result = account(tables)
    assert power(result) == pytest.approx(1000)
    assert result["by_category"]["heat"] == pytest.approx(55)


def test_the_children_of_the_beneficiary_are_covered(account: Account) -> None:
    tables = park(issue(600), retire(600))
    tables["nodes.csv"] = "id,parent,kind\ngrid,,grid\nE1,,enterprise\nW1,E1,workshop\nE2,,enterprise\n"
    tables["streams.csv"] = STREAMS + "p1,electricity,grid,W1,,\np2,electricity,grid,E2,grid_supply,\n"
    result = account(tables)
    assert power(result) == pytest.approx(900)


def test_the_neighbours_power_is_not_covered(account: Account) -> None:
    # E1 bought 1000, the certificate is for 1200: 200 are refused though E2 buys 500
    result = account(park(issue(1200), retire(1200)))
    assert power(result) == pytest.approx(500)
    (fault,) = errors(result["findings"])
    assert (fault["where"]["file"], fault["where"]["line"]) == (FILE, 3)
    assert (fault["amount"], fault["unit"]) == (200000, "kWh")


def test_more_claimed_than_bought_by_two_rows_names_both(account: Account, check: Check) -> None:
    tables = park(issue(700), issue(700, lot="L2"), retire(700), retire(700, lot="L2"))
    assert power(account(tables)) == pytest.approx(500)
    (fault,) = errors(check(tables, code=1))
    assert lines_of(fault) == {4, 5}
    assert "certificates.csv:4" in fault["message"]
    assert "certificates.csv:5" in fault["message"]
    assert (fault["amount"], fault["unit"]) == (400000, "kWh")


def test_a_blank_beneficiary_covers_the_default_boundary_pro_rata(account: Account) -> None:
    # 300 MWh over 1000 and 500: 200 and 100
    result = account(park(issue(300), retire(300, to="")))
    assert power(result) == pytest.approx(1200)
    assert result["by_node"]["E1"]["net"] == pytest.approx(800 * EF)
    assert result["by_node"]["E2"]["net"] == pytest.approx(400 * EF)


def test_a_blank_beneficiary_covers_nothing_outside_the_default_boundary(account: Account) -> None:
    tables = park(issue(1200), retire(1200, to=""))
    tables["members.csv"] = "boundary,node\nB,E1\n"
    result = account(tables)
    assert power(result) == pytest.approx(0)
    (fault,) = errors(result["findings"])
    assert fault["amount"] == 200000


def test_a_beneficiary_outside_the_boundary_changes_no_figure_of_it(account: Account) -> None:
    tables = park(issue(300), retire(300, to="E2"))
    tables["members.csv"] = "boundary,node\nB,E1\n"
    assert power(account(tables)) == pytest.approx(1000)


def test_an_unknown_beneficiary_is_a_fault_with_its_line(check: Check) -> None:
    faults = errors(check(park(issue(300), retire(300, to="E9")), code=1))
    assert (FILE, 3) in [(one["where"]["file"], one["where"]["line"]) for one in faults]


def test_a_half_share_of_the_member_halves_what_the_boundary_has_of_the_cover(account: Account) -> None:
    # 1000 MWh bought, 400 covered; the boundary holds half of E1: 500 - 200, and all of E2: 500
    tables = park(issue(400), retire(400))
    tables["members.csv"] = "boundary,node,share\nB,E1,0.5\nB,E2,1\n"
    assert power(account(tables)) == pytest.approx(800)


def monthly(**amounts: float) -> str:
    """Return monthly invoices of p1, 100 MWh each."""
    rows = ""
    for month in range(1, 13):
        end = "2026-01-01" if month == 12 else f"2025-{month + 1:02d}-01"
        rows += f"p1,2025-{month:02d}-01,{end},100,MWh,invoice,grid\n"
    return STATEMENTS + rows


def test_only_the_span_of_the_retirement_is_covered(account: Account) -> None:
    # March only: 100 MWh bought, 150 retired -> 100 covered, 50 refused
    tables = park(issue(150), retire(150, span="2025-03-01,2025-04-01"), **{"statements/a.csv": monthly()})
    tables["streams.csv"] = STREAMS + "p1,electricity,grid,E1,,\n"
    result = account(tables)
    assert power(result) == pytest.approx(1100)
    assert result["by_month"]["2025-03"] == 0
    assert result["by_month"]["2025-04"] == pytest.approx(100 * EF)
    (fault,) = errors(result["findings"])
    assert fault["amount"] == 50000


def test_a_yearly_retirement_covers_the_months_pro_rata(account: Account) -> None:
    # 600 of 1200 MWh: half of each month
    tables = park(issue(600), retire(600), **{"statements/a.csv": monthly()})
    tables["streams.csv"] = STREAMS + "p1,electricity,grid,E1,,\n"
    result = account(tables)
    assert result["by_month"]["2025-07"] == pytest.approx(50 * EF)
    assert power(result) == pytest.approx(600)


def test_two_claims_on_one_month_cannot_exceed_it(account: Account, check: Check) -> None:
    # the year's claim takes 100/1200 x 600 = 50 MWh of March, the claim on March asks 60: 10 too much
    tables = park(
        issue(600), issue(60, lot="L2"), retire(600), retire(60, lot="L2", span="2025-03-01,2025-04-01"),
        **{"statements/a.csv": monthly()},
    )  # fmt: skip
    tables["streams.csv"] = STREAMS + "p1,electricity,grid,E1,,\n"
    result = account(tables)
    assert power(result) == pytest.approx(1200 - 650)
    (fault,) = errors(check(tables))
    assert fault["amount"] == pytest.approx(10000)
    assert lines_of(fault) == {4, 5}


def test_a_retirement_for_a_part_of_a_yearly_statement_covers_by_days(account: Account) -> None:
    # E1's 1000 MWh over 365 days: January to March has 90 days = 246.575 MWh; 300 are retired for them
    result = account(park(issue(300), retire(300, span="2025-01-01,2025-04-01")))
    assert power(result) == pytest.approx(1500 - 1000 * 90 / 365)


def test_a_retirement_booked_after_the_year_covers_the_year_it_is_for(account: Account) -> None:
    assert power(account(park(issue(300), retire(300, date="2026-02-10")))) == pytest.approx(1200)


def test_a_retirement_for_another_year_covers_nothing_of_this_one(account: Account) -> None:
    assert power(account(park(issue(300), retire(300, span="2024-01-01,2025-01-01")))) == pytest.approx(1500)


def test_a_retirement_without_a_span_covers_nothing_and_says_so(account: Account) -> None:
    result = account(park(issue(300), retire(300, span=",")))
    assert power(result) == pytest.approx(1500)
    assert any(one["where"]["line"] == 3 for one in result["findings"])


def test_what_was_bought_in_an_unknown_amount_is_not_covered(account: Account) -> None:
    tables = park(issue(300), retire(300, to="E2"))
    tables["statements/a.csv"] = STATEMENTS + f"p1,{YEAR},1000,MWh,invoice,grid\n"
    result = account(tables)
    assert power(result) == pytest.approx(1000)
    assert errors(result["findings"])


def test_certificates_count_in_the_market_view_only(account: Account) -> None:
    bare = account(park(), method="ghgp-scope2-2015")
    covered = account(park(issue(300), retire(300)), method="ghgp-scope2-2015")
    sums: dict[str, float] = {}
    for sign, result in ((-1, bare), (1, covered)):
        for line in result["lines"]:
            sums[line["view"]] = sums.get(line["view"], 0) + sign * line["co2e_t"]
    assert sums["location"] == pytest.approx(0)
    assert sums["market"] < -1
