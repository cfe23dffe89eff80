"""Whole chain, folder text to account, against figures worked out by hand beside each test."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

STREAMS = "id,commodity,source,target,made_as,used_as\n"
STATEMENTS = "stream,start,end,amount,unit,kind,reporter\n"
YEAR = "2025-01-01,2026-01-01"
Account = Callable[..., dict[str, Any]]
KEYS = {
    "park", "year", "method", "boundary", "status", "totals", "by_category", "by_node", "by_month", "by_gas",
    "coverage", "choices", "findings", "lines",
}  # fmt: skip


def simple(extra_streams: str = "", extra_statements: str = "") -> dict[str, str]:
    """Return a park with power, gas, heat and clinker reported for the year."""
    return {
        "streams.csv": STREAMS
        + "el,electricity,grid,E1,,\n"
        + "gas,natural_gas,gasnet,E1,,final_fuel\n"
        + "heat,heat,heatnet,E2,,\n"
        + "clinker,clinker_portland,E2,market,process_output,\n"
        + extra_streams,
        "statements/2025.csv": STATEMENTS
        + f"el,{YEAR},1000000,kWh,invoice,grid\n"
        + f"gas,{YEAR},100,1e4 Nm3,invoice,gasnet\n"
        + f"heat,{YEAR},5000,GJ,report,E2\n"
        + f"clinker,{YEAR},10000,t,report,E2\n"
        + extra_statements,
    }


def codes(result: dict[str, Any]) -> set[str]:
    return {finding["code"] for finding in result["findings"]}


def test_account_prints_exactly_the_stable_keys(account: Account) -> None:
    result = account(simple())
    assert set(result) == KEYS
    assert set(result["totals"]) == {
        "co2_t",
        "co2e_t",
        "energy_tce_calorific",
        "energy_tce_equivalent",
        "co2_t_per_tce",
    }
    assert set(result["by_category"]) == {"fuel", "conversion", "electricity", "heat", "process"}
    assert set(result["coverage"]) == {"resolved", "known", "measured", "reported", "estimated", "missing"}


def test_yearly_reports_give_the_national_account(account: Account) -> None:
    # 1e6 kWh x 0.8325 = 832.5 t; 100 x 21.8403 = 2184.03 t; 5000 GJ x 0.11 = 550 t; 10000 t x 0.535 = 5350 t
    result = account(simple())
    assert result["by_category"]["electricity"] == pytest.approx(832.5)
    assert result["by_category"]["fuel"] == pytest.approx(2184.03, rel=2e-3)
    assert result["by_category"]["heat"] == pytest.approx(550)
    assert result["by_category"]["process"] == pytest.approx(5350)
    assert result["totals"]["co2_t"] == pytest.approx(832.5 + 2184.03 + 550 + 5350, rel=1e-3)
    assert result["by_gas"]["CO2"] == pytest.approx(result["totals"]["co2_t"])
    assert result["coverage"]["reported"] == pytest.approx(1)


def test_energy_counts_electricity_by_both_conventions(account: Account) -> None:
    # calorific: 122.9 tce; equivalent default 0.30: 300 tce; heat 5000 GJ x 34.12 kgce/GJ = 170.6 tce
    result = account(simple())
    difference = result["totals"]["energy_tce_equivalent"] - result["totals"]["energy_tce_calorific"]
    assert difference == pytest.approx(300 - 122.9, rel=1e-6)
    assert result["status"] == "unverified"
    choice = next(c for c in result["choices"] if c["id"] == "electricity_equivalent")
    assert len(choice["alternatives"]) >= 4
    assert choice["effect"]


def test_measured_equivalent_value_replaces_the_default(account: Account) -> None:
    factors = (
        "id,subject,parameter,for,value,unit,data_year,from,to,region,document,source,status\n"
        "eq,electricity,equivalent_tce,,0.2843,kgce/kWh,2024,2025-01-01,2026-01-01,,bureau letter,letter,measured\n"
    )
    result = account({**simple(), "factors.csv": factors})
    difference = result["totals"]["energy_tce_equivalent"] - result["totals"]["energy_tce_calorific"]
    assert difference == pytest.approx(284.3 - 122.9, rel=1e-6)


def test_fixed_parameter_is_not_replaced_by_the_parks_row(account: Account) -> None:
    factors = (
        "id,subject,parameter,for,value,unit,data_year,from,to,region,document,source,status\n"
        "ef,electricity,ef_fossil,,0.5,kgCO2/kWh,2025,,,,own,own,own\n"
    )
    result = account({**simple(), "factors.csv": factors})
    assert result["by_category"]["electricity"] == pytest.approx(832.5)


def test_direct_green_power_has_no_emission_and_enters_the_denominator(account: Account) -> None:
    plain = account(simple())
    tables = simple("green,electricity,wind,E2,direct_green,\n", f"green,{YEAR},500000,kWh,invoice,wind\n")
    result = account(tables)
    assert result["by_category"]["electricity"] == pytest.approx(832.5)
    more = result["totals"]["energy_tce_equivalent"] - plain["totals"]["energy_tce_equivalent"]
    assert more == pytest.approx(150)


def test_retired_certificates_cover_grid_power_and_no_more(account: Account) -> None:
    header = "id,kind,event,date,amount,unit,serial_from,serial_to,generator,holder,beneficiary,start,end,evidence\n"
    rows = (
        "L1,GEC,issue,2025-02-01,300,MWh,1,300,windfarm,windfarm,,,,\n"
        "L1,GEC,transfer,2025-03-01,300,MWh,1,300,windfarm,E1,,,,\n"
        f"L1,GEC,retire,2025-12-01,300,MWh,1,300,windfarm,E1,E1,{YEAR},\n"
    )
    result = account({**simple(), "certificates.csv": header + rows})
    assert result["by_category"]["electricity"] == pytest.approx((1000 - 300) * 0.8325)


def test_share_of_a_member_scales_its_streams(account: Account) -> None:
    members = "boundary,node,share\nB,E1,0.5\nB,E2,1\n"
    result = account({**simple(), "members.csv": members})
    assert result["by_category"]["electricity"] == pytest.approx(832.5 / 2)
    assert result["by_category"]["fuel"] == pytest.approx(2184.03 / 2, rel=2e-3)


def test_trade_inside_the_boundary_is_not_counted_twice(account: Account) -> None:
    tables = simple("inner,electricity,E1,E2,,\n", f"inner,{YEAR},200000,kWh,invoice,E1\n")
    result = account(tables)
    assert result["by_category"]["electricity"] == pytest.approx(832.5)
    assert sum(unit["net"] for unit in result["by_node"].values()) == pytest.approx(result["totals"]["co2_t"])
    assert result["by_node"]["E2"]["received"] == pytest.approx(200 * 0.8325 + 550)


def test_power_sent_out_of_own_gas_plant_is_deducted(account: Account) -> None:
    tables = simple("sold,electricity,E1,grid,generation,\n", f"sold,{YEAR},100000,kWh,invoice,grid\n")
    tables["streams.csv"] = tables["streams.csv"].replace("gasnet,E1,,final_fuel", "gasnet,E1,,power_generation")
    result = account(tables)
    assert result["by_category"]["electricity"] == pytest.approx(832.5 - 83.25)


def test_conversion_counts_the_carbon_that_is_lost(account: Account) -> None:
    # in: (1000 - 100 into stock) t x 29 GJ/t x 0.0255 tC/GJ = 665.55 tC; out: 600 t x 28.4 x 0.0294 = 500.976 tC
    # loss (665.55 - 500.976) x 44/12 = 603.438 t
    tables = simple(
        "coal,coking_coal,market,E2,,conversion_input\ncoke,coke,E2,market,conversion_output,\n",
        f"coal,{YEAR},1000,t,invoice,market\ncoke,{YEAR},600,t,report,E2\n",
    )
    factors = (
        "id,subject,parameter,for,value,unit,data_year,from,to,region,document,source,status\n"
        "c1,coking_coal,NCV,,29,GJ/t,2025,,,,lab,lab,measured\n"
        "c2,coking_coal,carbon_content,,0.0255,tC/GJ,2025,,,,lab,lab,measured\n"
        "c3,coke,NCV,,28.4,GJ/t,2025,,,,lab,lab,measured\n"
        "c4,coke,carbon_content,,0.0294,tC/GJ,2025,,,,lab,lab,measured\n"
    )
    stocks = (
        "node,commodity,time,amount,unit\nE2,coking_coal,2025-01-01T00:00,50,t\nE2,coking_coal,2026-01-01T00:00,150,t\n"
    )
    result = account({**tables, "factors.csv": factors, "stocks.csv": stocks})
    assert result["by_category"]["conversion"] == pytest.approx((900 * 29 * 0.0255 - 600 * 28.4 * 0.0294) * 44 / 12)


def test_missing_process_factor_is_not_estimated_and_never_zero(account: Account) -> None:
    tables = simple("steel,crude_steel,E2,market,process_output,\n", f"steel,{YEAR},1000,t,report,E2\n")
    result = account(tables)
    line = next(x for x in result["lines"] if x.get("stream") == "steel")
    assert line["amount_t"] is None
    assert line["notation"] == "NE"
    assert result["by_category"]["process"] == pytest.approx(5350)


def test_stream_without_any_statement_is_missing_not_zero(account: Account) -> None:
    result = account(simple("el2,electricity,grid,E2,,\n"))
    assert result["coverage"]["missing"] == pytest.approx(0.2)
    assert result["by_category"]["electricity"] == pytest.approx(832.5)


def test_scope_2_gives_both_views(account: Account) -> None:
    result = account(simple(), method="ghgp-scope2-2015")
    # Jiangsu 2023: 0.5827 kg/kWh
    assert result["by_category"]["electricity"] == pytest.approx(582.7)
    assert result["by_category"]["fuel"] is None
    assert {line["view"] for line in result["lines"]} == {"location", "market"}


def test_billing_periods_off_month_limits_are_cut_and_marked(account: Account) -> None:
    # thirteen bills of 31 days' worth each: every month's amount is a marked estimate, the middle of the year is known
    bills = "".join(
        f"el,{y}-{m:02d}-25,{y + m // 12}-{m % 12 + 1:02d}-25,1000,kWh,invoice,grid\n"
        for y, m in [(2024, 12), *((2025, m) for m in range(1, 13))]
    )
    tables = simple()
    tables["statements/2025.csv"] = tables["statements/2025.csv"].replace(
        f"el,{YEAR},1000000,kWh,invoice,grid\n", bills
    )
    result = account(tables)
    # 12 bills wholly inside less the two ends: 24/31 of the first, 7/31 of the last, 11 between
    expected = 1000 * (24 / 31 + 11 + 7 / 31) * 0.8325 / 1000
    assert result["by_category"]["electricity"] == pytest.approx(expected)
    assert result["coverage"]["estimated"] > 0
    assert "calendarised" in codes(result)
