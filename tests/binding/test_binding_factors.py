"""park-folder.md, "Factors" and "Choices of the methods": each sentence on small parks, figures worked out by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from places import lines_of

FACTORS = "id,subject,parameter,for,value,unit,data_year,from,to,region,document,source,status\n"
STREAMS = "id,commodity,source,target,made_as,used_as\n"
STATEMENTS = "stream,start,end,amount,unit,kind,reporter\n"
PROPERTIES = "stream,start,end,property,value,unit,sigma_pct,evidence\n"
YEAR = "2025-01-01,2026-01-01"
Account = Callable[..., dict[str, Any]]
Check = Callable[..., list[dict[str, Any]]]


def park(streams: str, amounts: str, **tables: str) -> Mapping[str, str]:
    """Return the tables of a park: streams, yearly amounts, and further tables by name (factors, properties ...)."""
    heads = {"factors": FACTORS, "properties": PROPERTIES}
    more = {f"{name}.csv": heads.get(name, "") + text for name, text in tables.items()}
    return {"streams.csv": STREAMS + streams, "statements/2025.csv": STATEMENTS + amounts, **more}


def coal(factors: str = "", **tables: str) -> Mapping[str, str]:
    """Return a park that burns 1000 t of anthracite, with rows of factors.csv."""
    return park("c,anthracite,market,E1,,final_fuel\n", f"c,{YEAR},1000,t,report,E1\n", factors=factors, **tables)


def row(
    name: str, value: object, *, of: str = "anthracite", parameter: str = "ef_co2", unit: str = "tCO2/t", **more: str
) -> str:
    """Return a row of factors.csv."""
    fields = {"for": "", "data_year": "2025", "from": "", "to": "", "region": "", "status": "own", **more}
    return (
        f"{name},{of},{parameter},{fields['for']},{value},{unit},{fields['data_year']},{fields['from']},{fields['to']},"
        f"{fields['region']},doc {name},src,{fields['status']}\n"
    )


def line_of(result: dict[str, Any], stream: str, category: str = "") -> dict[str, Any]:
    found = [line for line in result["lines"] if line["stream"] == stream and category in ("", line["category"])]
    assert len(found) == 1, found
    return found[0]


def codes(findings: list[dict[str, Any]]) -> set[str]:
    return {finding["code"] for finding in findings}


# -------------------------------------------------------------------- narrowest wins: stream, node, role, blank


ROWS = {
    "": row("blank", 1),
    "final_fuel": row("role", 2, **{"for": "final_fuel"}),
    "market": row("node", 3, **{"for": "market"}),
    "c": row("stream", 4, **{"for": "c"}),
}


@pytest.mark.parametrize(("names", "expected"), [(1, 1000), (2, 2000), (3, 3000), (4, 4000)])
def test_the_narrowest_row_wins(account: Account, names: int, expected: int) -> None:
    # 1000 t x the value of the narrowest row that is there, whatever the order of the rows in the file
    rows = list(ROWS.values())[:names]
    for text in ("".join(rows), "".join(reversed(rows))):
        assert account(coal(text))["totals"]["co2_t"] == pytest.approx(expected, abs=1e-9)


def test_a_row_for_a_node_means_what_it_supplies_and_not_what_it_uses(account: Account) -> None:
    # for = E1: E1 supplies no coal, so the blank row (1 t/t) holds
    result = account(coal(row("blank", 1) + row("user", 9, **{"for": "E1"})))
    assert result["totals"]["co2_t"] == pytest.approx(1000)
    idle = [x for x in result["findings"] if x["code"] == "idle_factor"]
    assert [(x["where"]["file"], x["where"]["line"]) for x in idle] == [("factors.csv", 3)]


def test_a_row_that_some_stream_answers_to_is_not_called_idle(account: Account) -> None:
    assert "idle_factor" not in codes(account(coal("".join(ROWS.values())))["findings"])


def test_a_row_for_a_parent_node_holds_for_what_its_children_supply(account: Account) -> None:
    nodes = (
        "id,parent,kind\ngrid,,grid\nmarket,,market\nE1,,enterprise\nE2,,enterprise\n"
        "boiler,E1,process\nheatnet,,heat_network\n"
    )
    tables = park(
        "h,heat,boiler,heatnet,heat_generation,\n",
        f"h,{YEAR},1000,GJ,report,E1\n",
        nodes=nodes,
        factors=row("sold", "0.08", of="heat", unit="tCO2/GJ", **{"for": "E1"}),
    )
    # sold: -1000 GJ x 0.08
    assert account(tables)["by_category"]["heat"] == pytest.approx(-80)


def test_ties_go_to_the_latest_from_then_to_the_better_status(account: Account) -> None:
    early = row("early", 1, **{"from": "2024-01-01", "status": "measured"})
    late = row("late", 2, **{"from": "2025-01-01", "status": "own"})
    assert account(coal(early + late))["totals"]["co2_t"] == pytest.approx(2000)
    better = row("better", 3, **{"from": "2025-01-01", "status": "supplier"})
    assert account(coal(early + late + better))["totals"]["co2_t"] == pytest.approx(3000)
    best = row("best", 4, **{"from": "2025-01-01", "status": "measured"})
    assert account(coal(early + late + better + best))["totals"]["co2_t"] == pytest.approx(4000)


def test_two_equal_rows_are_a_fault_and_neither_is_used(account: Account, check: Check) -> None:
    tables = coal(row("one", 1) + row("two", 2))
    fault = [finding for finding in check(tables) if finding["level"] == "error"]
    assert len(fault) == 1
    assert fault[0]["where"]["file"] == "factors.csv"
    assert {2, 3} <= lines_of(fault[0])
    # library: NCSC 98.3 tCO2/TJ x NCV; certainly neither 1000 nor 2000 t, and the two lines are named
    result = account(tables)
    assert result["totals"]["co2_t"] not in (1000, 2000, 1500)
    tied = [finding for finding in result["findings"] if finding["level"] == "error"]
    assert tied


def test_a_row_holds_from_and_until_before_to(account: Account) -> None:
    months = "".join(f"c,2025-{m:02d}-01,{2025 + m // 12}-{m % 12 + 1:02d}-01,100,t,report,E1\n" for m in range(1, 13))
    rows = row("first", 2, to="2025-05-01") + row("second", 3, **{"from": "2025-05-01", "to": "2026-01-01"})
    tables = park("c,anthracite,market,E1,,final_fuel\n", months, factors=rows)
    result = account(tables)
    # four months x 100 t x 2 + eight months x 100 t x 3
    assert result["totals"]["co2_t"] == pytest.approx(800 + 2400)
    assert result["by_month"]["2025-04"] == pytest.approx(200)
    assert result["by_month"]["2025-05"] == pytest.approx(300)


def test_a_row_that_ended_before_the_year_is_not_used(account: Account) -> None:
    plain = account(coal())["totals"]["co2_t"]
    assert account(coal(row("old", 9, to="2025-01-01")))["totals"]["co2_t"] == pytest.approx(plain)


def test_evidence_goes_by_properties_then_status_then_library(account: Account) -> None:
    # heat value 25 GJ/t of the delivery against 20 of the own row; carbon 0.027 tC/GJ, oxidation 1
    own = (
        row("ncv", 20, parameter="NCV", unit="GJ/t")
        + row("cc", "0.027", parameter="carbon_content", unit="tC/GJ", status="measured")
        + row("ox", 1, parameter="oxidation_rate", unit="fraction", status="measured")
    )
    assert account(coal(own))["totals"]["co2_t"] == pytest.approx(1000 * 20 * 0.027 * 44 / 12)
    properties = f"c,{YEAR},NCV,25,GJ/t,,\n"
    result = account(coal(own, properties=properties))
    assert result["totals"]["co2_t"] == pytest.approx(1000 * 25 * 0.027 * 44 / 12)
    used = {use["parameter"]: use for use in line_of(result, "c")["factors"]}
    assert (used["NCV"]["file"], used["NCV"]["line"]) == ("properties.csv", 2)


def test_properties_hold_for_their_stream_and_period_only(account: Account) -> None:
    streams = "c,anthracite,market,E1,,final_fuel\nd,anthracite,market,E2,,final_fuel\n"
    amounts = "".join(
        f"{s},2025-{m:02d}-01,{2025 + m // 12}-{m % 12 + 1:02d}-01,100,t,report,E1\n" for s in "cd" for m in (1, 2)
    )
    own = (
        row("ncv", 20, parameter="NCV", unit="GJ/t")
        + row("cc", "0.027", parameter="carbon_content", unit="tC/GJ")
        + row("ox", 1, parameter="oxidation_rate", unit="fraction")
    )
    tables = park(streams, amounts, factors=own, properties="c,2025-02-01,2025-03-01,NCV,25,GJ/t,,\n")
    result = account(tables)
    # c: 100 t at 20 + 100 t at 25; d: 200 t at 20
    per_gj = 0.027 * 44 / 12
    assert sum(x["amount_t"] for x in result["lines"] if x["stream"] == "c") == pytest.approx((2000 + 2500) * per_gj)
    assert line_of(result, "d")["amount_t"] == pytest.approx(4000 * per_gj)


def test_a_property_of_a_part_of_the_span_is_used_and_said(account: Account) -> None:
    # the heat value of February stands for the year's delivery; nobody may take it for the year's own
    result = account(coal(properties="c,2025-02-01,2025-03-01,NCV,25,GJ/t,,\n"))
    assert "property_averaged" in codes(result["findings"])
    whole = account(coal(properties=f"c,{YEAR},NCV,25,GJ/t,,\n"))
    assert "property_averaged" not in codes(whole["findings"])
    assert result["totals"]["co2_t"] == pytest.approx(whole["totals"]["co2_t"])


def test_a_unit_of_another_scale_is_converted(account: Account) -> None:
    # 24000 kJ/kg = 24 GJ/t; 27 kgC/GJ = 0.027 tC/GJ; 98 % = 0.98
    own = (
        row("ncv", 24000, parameter="NCV", unit="kJ/kg")
        + row("cc", 27, parameter="carbon_content", unit="kgC/GJ")
        + row("ox", 98, parameter="oxidation_rate", unit="%")
    )
    assert account(coal(own))["totals"]["co2_t"] == pytest.approx(1000 * 24 * 0.027 * 0.98 * 44 / 12)


def test_an_unknown_parameter_and_a_wrong_dimension_are_faults(check: Check) -> None:
    found = check(coal(row("x", 1, parameter="efco2") + row("y", 1, unit="GJ/t")))
    lines = {finding["where"]["line"] for finding in found if finding["level"] == "error"}
    assert lines == {2, 3}


def test_an_unknown_for_is_a_fault(check: Check) -> None:
    found = check(coal(row("x", 1, **{"for": "nowhere"})))
    assert any(f["level"] == "error" and f["where"]["line"] == 2 and f["where"]["file"] == "factors.csv" for f in found)


def test_a_recalled_row_counts_on_request_only_and_marks_the_result(account: Account) -> None:
    plain = account(coal())
    text = row("guess", 9, status="recalled")
    assert account(coal(text))["totals"]["co2_t"] == pytest.approx(plain["totals"]["co2_t"])
    asked = account(coal(text), "--allow-recalled")
    assert asked["totals"]["co2_t"] == pytest.approx(9000)
    assert asked["status"] == "unverified"
    assert line_of(asked, "c")["status"] == "recalled"


def test_a_parameter_that_the_method_fixes_is_not_replaced_and_the_row_is_named(account: Account) -> None:
    tables = park(
        "el,electricity,grid,E1,,\n",
        f"el,{YEAR},1000,MWh,invoice,grid\n",
        factors=row("f", "0.5", of="electricity", parameter="ef_fossil", unit="kgCO2/kWh"),
    )
    result = account(tables)
    assert result["totals"]["co2_t"] == pytest.approx(832.5)
    found = [x for x in result["findings"] if x["where"]["file"] == "factors.csv" and x["where"]["line"] == 2]
    assert [x["level"] for x in found] == ["finding"]


# -------------------------------------------------------------------- coal equivalent


def test_coal_equivalent_goes_by_measured_heat_value_then_own_row_then_library(account: Account) -> None:
    # library: GB/T 2589 anthracite; own row 0.9 tce/t; measured heat value 29.3076 GJ/t = 1 tce/t
    own = row("tce", "0.9", parameter="calorific_tce", unit="tce/t")
    assert account(coal(own))["totals"]["energy_tce_equivalent"] == pytest.approx(900)
    measured = row("ncv", "29.3076", parameter="NCV", unit="GJ/t", status="measured")
    assert account(coal(own + measured))["totals"]["energy_tce_calorific"] == pytest.approx(1000)


def test_the_equivalent_value_of_the_year_is_a_row_and_its_range_stays_until_measured(account: Account) -> None:
    def made(status: str) -> dict[str, Any]:
        rows = row("eq", "0.29", of="electricity", parameter="equivalent_tce", unit="kgce/kWh", status=status)
        return account(park("el,electricity,grid,E1,,\n", f"el,{YEAR},1000,MWh,invoice,grid\n", factors=rows))

    # 1000 MWh x 0.29 = 290 tce; 832.5 t / 290 tce
    for status in ("own", "measured"):
        result = made(status)
        choice = next(x for x in result["choices"] if x["id"] == "electricity_equivalent")
        assert result["totals"]["energy_tce_equivalent"] == pytest.approx(290)
        assert result["totals"]["energy_tce_calorific"] == pytest.approx(122.9)
        assert result["totals"]["co2_t_per_tce"] == pytest.approx(832.5 / 290)
        assert bool(choice["effect"]) == (status == "own")


# -------------------------------------------------------------------- choices of the methods


def test_feedstock_is_left_out_of_the_denominator_and_shown(account: Account, write: Any, run: Any) -> None:
    tables = park(
        "c,anthracite,market,E1,,final_fuel\nf,anthracite,market,E1,,feedstock\n",
        f"c,{YEAR},1000,t,report,E1\nf,{YEAR},500,t,report,E1\n",
        factors=row("ncv", "29.3076", parameter="NCV", unit="GJ/t", status="measured"),
    )
    result = account(tables)
    assert result["totals"]["energy_tce_equivalent"] == pytest.approx(1000)
    choice = next(x for x in result["choices"] if "feedstock" in x["id"])
    assert choice["effect"]["in"]["energy_tce_equivalent"] == pytest.approx(1500)
    assert not any(x["stream"] == "f" for x in result["lines"])
    told = run("explain", write(tables), "total:energy_tce_equivalent", "--year", 2025)
    assert "feedstock" in str(told)


def test_sold_heat_takes_the_row_of_the_seller_else_the_default_and_leaves_the_denominator(account: Account) -> None:
    streams = "gas,natural_gas,gasnet,E1,,heat_supply\nh,heat,E1,heatnet,heat_generation,\n"
    amounts = f"gas,{YEAR},100,1e4 Nm3,invoice,gasnet\nh,{YEAR},10000,GJ,invoice,heatnet\n"
    plain = account(park(streams, amounts))
    assert plain["by_category"]["heat"] == pytest.approx(-1100)
    rows = row("h", "0.07", of="heat", unit="tCO2/GJ", status="measured", **{"for": "E1"})
    result = account(park(streams, amounts, factors=rows))
    assert result["by_category"]["heat"] == pytest.approx(-700)
    # gas 100 x 1e4 Nm3 less 10000 GJ x 0.03412 tce/GJ = 341.2 tce
    choice = next(x for x in result["choices"] if x["id"] == "heat_in_denominator")
    (stays,) = choice["effect"].values()
    assert stays["energy_tce_calorific"] - result["totals"]["energy_tce_calorific"] == pytest.approx(341.2)


def test_a_row_for_another_node_is_not_for_sold_heat(account: Account) -> None:
    streams = "h,heat,E1,heatnet,heat_generation,\n"
    rows = row("h", "0.07", of="heat", unit="tCO2/GJ", status="measured", **{"for": "E2"})
    result = account(park(streams, f"h,{YEAR},10000,GJ,invoice,heatnet\n", factors=rows))
    assert result["by_category"]["heat"] == pytest.approx(-1100)


def test_heat_of_biomass_sent_out_deducts_nothing(account: Account) -> None:
    # non-fossil heat has no emission, received or sent: nothing may be deducted for it
    streams = "wood,firewood,market,E1,,heat_supply\nh,heat,E1,heatnet,heat_generation,\n"
    amounts = f"wood,{YEAR},100,t,report,E1\nh,{YEAR},1000,GJ,invoice,heatnet\n"
    result = account(park(streams, amounts))
    assert result["by_category"]["heat"] == pytest.approx(0)
    assert result["totals"]["co2_t"] == pytest.approx(0)


def test_power_sent_goes_by_what_made_it(account: Account) -> None:
    nodes = (
        "id,parent,kind\ngrid,,grid\ngasnet,,fuel_network\nmarket,,market\nE1,,enterprise\nE2,,enterprise\n"
        "chp,E1,generator\npv,E2,generator\n"
    )
    streams = (
        "gas,natural_gas,gasnet,chp,,power_generation\n"
        "a,electricity,chp,grid,generation,\nb,electricity,pv,grid,generation,\n"
    )
    amounts = f"gas,{YEAR},10,1e4 Nm3,invoice,gasnet\na,{YEAR},100,MWh,invoice,grid\nb,{YEAR},200,MWh,invoice,grid\n"
    result = account(park(streams, amounts, nodes=nodes))
    # -100 x 0.8325 for the gas engine's, 0 for the PV's
    assert result["by_category"]["electricity"] == pytest.approx(-83.25)
    assert line_of(result, "b")["amount_t"] == pytest.approx(0)


def test_surplus_of_a_neighbouring_pv_roof_passed_on_to_the_grid_deducts_nothing(account: Account) -> None:
    # the roof (no child of E1, inside the boundary) feeds E1, and E1 feeds its surplus into the grid: power from own
    # non-fossil generation is 0 when sent out
    nodes = "id,parent,kind\ngrid,,grid\nE1,,enterprise\nE2,,enterprise\npv,,generator\n"
    tables = park(
        "made,electricity,pv,E1,generation,\nout,electricity,E1,grid,,\n",
        f"made,{YEAR},300,MWh,report,E1\nout,{YEAR},100,MWh,invoice,grid\n",
        nodes=nodes,
        members="boundary,node\nB,E1\nB,E2\nB,pv\n",
    )
    result = account(tables)
    assert result["totals"]["co2_t"] == pytest.approx(0)
    # 200 MWh stay inside: 200 x 0.1229
    assert result["totals"]["energy_tce_calorific"] == pytest.approx(24.58)


def test_slag_and_ash_of_conversion_are_not_deducted(account: Account) -> None:
    rows = row("cf", "0.75", parameter="carbon_fraction", unit="tC/t", of="coking_coal", status="measured")
    rows += row("ash", "0.1", parameter="carbon_fraction", unit="tC/t", of="ash", status="measured")
    streams = "in,coking_coal,market,E1,,conversion_input\nash,ash,E1,market,conversion_output,\n"
    amounts = f"in,{YEAR},1000,t,report,E1\nash,{YEAR},100,t,report,E1\n"
    # 1000 x 0.75 x 44/12, nothing off for ash
    assert account(park(streams, amounts, factors=rows))["totals"]["co2_t"] == pytest.approx(2750)


def test_stock_changes_count_at_the_conversion_node_and_its_children(account: Account) -> None:
    nodes = (
        "id,parent,kind\nmarket,,market\nE1,,enterprise\nE2,,enterprise\n"
        "oven,E1,process\nyard,oven,storage\nother,E1,storage\n"
    )
    rows = row("cf", "0.75", parameter="carbon_fraction", unit="tC/t", of="coking_coal", status="measured")
    stocks = "node,commodity,time,amount,unit\n" + "".join(
        f"{node},coking_coal,{time},{amount},t\n"
        for node, first, last in (("yard", 100, 300), ("oven", 10, 0), ("other", 0, 999))
        for time, amount in (("2025-01-01T00:00", first), ("2026-01-01T00:00", last))
    )
    streams, amounts = "in,coking_coal,market,oven,,conversion_input\n", f"in,{YEAR},1000,t,report,E1\n"
    # (1000 - 200 + 10) t x 0.75 x 44/12; the yard beside the oven is not the conversion node's child
    result = account(park(streams, amounts, nodes=nodes, factors=rows, stocks=stocks))
    assert result["totals"]["co2_t"] == pytest.approx(810 * 0.75 * 44 / 12)


def test_commodities_that_the_method_disregards_are_no_hole(account: Account) -> None:
    tables = park(
        "c,anthracite,market,E1,,final_fuel\nw,fresh_water,market,E1,,\nw2,industrial_waste,E1,market,waste,\n",
        f"c,{YEAR},1000,t,report,E1\n",
    )
    result = account(tables)
    assert result["coverage"]["missing"] == pytest.approx(0)
    assert not {x["where"].get("stream") for x in result["findings"] if x["level"] != "note"} & {"w", "w2"}


def test_a_park_below_the_band_has_none_and_an_early_year_is_noted(account: Account, write: Any, run: Any) -> None:
    tables = coal()
    assert "no_national_band" in codes(account(tables)["findings"])
    text = tables["statements/2025.csv"].replace("2026-01-01", "2025-01-01").replace("c,2025", "c,2024")
    result = run("account", write({**tables, "statements/2025.csv": text}), "--year", 2024, "--method", "cn-zcp-2025")
    note = [x for x in result["findings"] if x["code"] == "before_edition"]
    assert [x["level"] for x in note] == ["note"]


# -------------------------------------------------------------------- ghgp-scope2-2015


def scope2(account: Account, streams: str, amounts: str, *words: str, **tables: str) -> dict[str, Any]:
    return account(park(streams, amounts, **tables), *words, method="ghgp-scope2-2015")


def test_a_direct_line_takes_its_source_factor_in_both_views(account: Account) -> None:
    rows = row("w", "0.02", of="electricity", parameter="ef_market", unit="kgCO2/kWh", **{"for": "wind"})
    streams, amounts = "d,electricity,wind,E1,direct_green,\n", f"d,{YEAR},1000,MWh,invoice,wind\n"
    result = scope2(account, streams, amounts, factors=rows)
    assert {x["view"]: pytest.approx(x["amount_t"]) for x in result["lines"]} == {"location": 20, "market": 20}


def test_a_fossil_direct_line_takes_its_source_factor_in_both_views(account: Account) -> None:
    # a generator outside, over a line of its own, at 0.6: neither the grid's average nor 0
    rows = row("w", "0.6", of="electricity", parameter="ef_market", unit="kgCO2/kWh", **{"for": "wind"})
    streams, amounts = "d,electricity,wind,E1,generation,\n", f"d,{YEAR},1000,MWh,invoice,wind\n"
    result = scope2(account, streams, amounts, factors=rows)
    assert {x["view"]: pytest.approx(x["amount_t"]) for x in result["lines"]} == {"location": 600, "market": 600}


def test_a_missing_residual_mix_is_the_grid_average_and_said_so(account: Account) -> None:
    streams, amounts = "el,electricity,grid,E1,,\n", f"el,{YEAR},1000,MWh,invoice,grid\n"
    result = scope2(account, streams, amounts)
    # Jiangsu, data of 2023: 0.5827
    assert {x["view"]: pytest.approx(x["amount_t"]) for x in result["lines"]} == {"location": 582.7, "market": 582.7}
    assert "factor_stand_in" in codes(result["findings"])
    rows = row("r", "0.65", of="electricity", parameter="ef_residual", unit="kgCO2/kWh")
    given = scope2(account, streams, amounts, factors=rows)
    assert {x["view"]: pytest.approx(x["amount_t"]) for x in given["lines"]} == {"location": 582.7, "market": 650}
    assert "factor_stand_in" not in codes(given["findings"])


def test_the_market_view_is_shown_as_an_alternative_and_can_be_chosen(account: Account) -> None:
    streams, amounts = "el,electricity,grid,E1,,\n", f"el,{YEAR},1000,MWh,invoice,grid\n"
    rows = row("s", "0.4", of="electricity", parameter="ef_market", unit="kgCO2/kWh", **{"for": "grid"})
    result = scope2(account, streams, amounts, factors=rows)
    assert result["totals"]["co2_t"] == pytest.approx(582.7)
    (view,) = (x for x in result["choices"] if x["id"] == "view")
    assert view["effect"]["market"]["co2_t"] == pytest.approx(400)
    chosen = scope2(account, streams, amounts, "--choose", "view=market", factors=rows)
    assert chosen["totals"]["co2_t"] == pytest.approx(400)
    assert chosen["by_category"]["electricity"] == pytest.approx(400)
    assert chosen["by_node"]["E1"]["net"] == pytest.approx(400)


def test_a_year_after_the_latest_data_takes_the_latest_row_and_says_so(account: Account) -> None:
    result = scope2(account, "el,electricity,grid,E1,,\n", f"el,{YEAR},1000,MWh,invoice,grid\n")
    lag = [x for x in result["findings"] if x["code"] == "factor_lag"]
    assert lag
    assert "2023" in lag[0]["message"]


def test_a_method_that_is_not_there_is_refused_with_the_known_ones(write: Any, run: Any) -> None:
    told = run("account", write(coal()), "--year", 2025, "--method", "cn-zcp-2024", code=2)
    assert "cn-zcp-2025" in told


def test_the_folder_is_not_changed_by_an_account(write: Callable[[Mapping[str, str]], Path], run: Any) -> None:
    root = write(coal())
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    run("account", root, "--year", 2025)
    assert before == {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
