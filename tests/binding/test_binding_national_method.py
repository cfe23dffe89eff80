"""national-method.md (annex 4) with the issue's inventory and trace paragraphs, and boundaries over time, by hand."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

FACTORS = "id,subject,parameter,for,value,unit,data_year,from,to,region,document,source,status\n"
STREAMS = "id,commodity,source,target,made_as,used_as\n"
STATEMENTS = "stream,start,end,amount,unit,kind,reporter\n"
CERTIFICATES = "id,kind,event,date,amount,unit,serial_from,serial_to,generator,holder,beneficiary,start,end,evidence\n"
YEAR = "2025-01-01,2026-01-01"
NODES = (
    "id,parent,kind\ngrid,,grid\ngasnet,,fuel_network\nheatnet,,heat_network\nmarket,,market\n"
    "E1,,enterprise\nE2,,enterprise\nwind,,generator\n"
)
Account = Callable[..., dict[str, Any]]


def park(streams: str, amounts: str, **tables: str) -> Mapping[str, str]:
    """Return the tables of a park: streams, statements, and further tables by name; ``nodes`` are added to the base."""
    heads = {"factors": FACTORS, "certificates": CERTIFICATES, "nodes": NODES}
    more = {f"{name}.csv": heads.get(name, "") + text for name, text in tables.items()}
    return {"streams.csv": STREAMS + streams, "statements/2025.csv": STATEMENTS + amounts, **more}


def months(stream: str, amount: object, unit: str, kind: str = "report", who: str = "E1") -> str:
    """Return twelve monthly statements of 2025."""
    return "".join(
        f"{stream},2025-{m:02d}-01,{2025 + m // 12}-{m % 12 + 1:02d}-01,{amount},{unit},{kind},{who}\n"
        for m in range(1, 13)
    )


def of_stream(result: dict[str, Any], stream: str) -> list[dict[str, Any]]:
    return [line for line in result["lines"] if line["stream"] == stream]


def amount_of(result: dict[str, Any], stream: str) -> float:
    return sum(line["amount_t"] for line in of_stream(result, stream))


def adds_up(result: dict[str, Any]) -> None:
    """Assert what must hold of every account: lines, categories, gases, units and months fit the totals."""
    view = next((c["chosen"] for c in result["choices"] if c["id"] == "view"), None)
    counted = [x for x in result["lines"] if x["view"] in (None, view) and x["co2e_t"] is not None]
    total = result["totals"]["co2e_t"] or 0
    assert sum(x["co2e_t"] for x in counted) == pytest.approx(total, abs=1e-6)
    assert sum(x or 0 for x in result["by_category"].values()) == pytest.approx(total, abs=1e-6)
    assert sum(x["net"] for x in result["by_node"].values()) == pytest.approx(total, abs=1e-6)
    for unit in result["by_node"].values():
        assert unit["net"] == pytest.approx(unit["own"] + unit["received"] - unit["sent"], abs=1e-9)
    parts = [result["coverage"][word] for word in ("measured", "reported", "estimated", "missing")]
    if None not in parts:
        assert sum(parts) == pytest.approx(1)


OWN_COAL = "f1,anthracite,ef_co2,,2,tCO2/t,2025,,,,doc,src,measured\n"


# -------------------------------------------------------------------- E_fuel: by fuel and activity


def test_every_activity_of_the_fuel_counts_and_feedstock_does_not(account: Account) -> None:
    uses = ("final_fuel", "power_generation", "heat_supply", "cogeneration", "incineration", "flared", "feedstock")
    streams = "".join(f"s{i},anthracite,market,E1,,{use}\n" for i, use in enumerate(uses))
    result = account(park(streams, "".join(f"s{i},{YEAR},{10**i},t,report,E1\n" for i in range(7)), factors=OWN_COAL))
    # 2 t/t x (1 + 10 + 100 + 1000 + 10000 + 100000), feedstock (1000000) left out
    assert result["by_category"]["fuel"] == pytest.approx(222222)
    activities = {line["stream"]: line["activity"] for line in result["lines"]}
    assert len({activities["s0"], activities["s1"], activities["s2"]}) == 3
    adds_up(result)


def test_fuel_used_wherever_it_comes_from_counts_where_it_is_burned(account: Account) -> None:
    # bought by E1, handed on to E2, burned in E2: once
    streams = "a,anthracite,market,E1,,\nb,anthracite,E1,E2,,final_fuel\n"
    result = account(park(streams, f"a,{YEAR},100,t,report,E1\nb,{YEAR},100,t,report,E1\n", factors=OWN_COAL))
    assert result["by_category"]["fuel"] == pytest.approx(200)
    assert result["by_node"]["E2"]["own"] == pytest.approx(200)
    assert result["by_node"]["E1"]["own"] == pytest.approx(0)


def test_raw_coal_by_kind_takes_the_national_database(account: Account) -> None:
    # natural gas 21.8403 t CO2 per 1e4 Nm3
    result = account(park("g,natural_gas,gasnet,E1,,final_fuel\n", f"g,{YEAR},10,1e4 Nm3,report,E1\n"))
    assert result["by_category"]["fuel"] == pytest.approx(218.403)


def test_fuel_burned_as_energy_in_a_conversion_is_fuel_and_the_charge_is_conversion(account: Account) -> None:
    factors = OWN_COAL + "f2,anthracite,carbon_fraction,,0.8,tC/t,2025,,,,doc,src,measured\n"
    factors += "f3,coke,carbon_fraction,,0.85,tC/t,2025,,,,doc,src,measured\n"
    streams = (
        "in,anthracite,market,E1,,conversion_input\n"
        "heat,anthracite,market,E1,,final_fuel\nout,coke,E1,market,conversion_output,\n"
    )
    amounts = f"in,{YEAR},1000,t,report,E1\nheat,{YEAR},100,t,report,E1\nout,{YEAR},700,t,report,E1\n"
    result = account(park(streams, amounts, factors=factors))
    # carbon loss (1000 x 0.8 - 700 x 0.85) x 44/12 = 205 x 44/12; burned coal: carbon per amount goes before ef_co2
    assert result["by_category"]["conversion"] == pytest.approx((800 - 595) * 44 / 12)
    assert result["by_category"]["fuel"] > 0
    adds_up(result)


def test_biogenic_fuel_is_a_memo_of_nought(account: Account) -> None:
    result = account(park("w,firewood,market,E1,,final_fuel\n", f"w,{YEAR},100,t,report,E1\n"))
    assert result["by_category"]["fuel"] == pytest.approx(0)
    assert of_stream(result, "w")[0]["amount_t"] == 0


# -------------------------------------------------------------------- E_indirect


def test_all_power_but_direct_green_and_covered_takes_the_national_fossil_factor(account: Account) -> None:
    streams = "el,electricity,grid,E1,,\ngreen,electricity,wind,E1,direct_green,\nnear,electricity,market,E2,,\n"
    amounts = (
        f"el,{YEAR},1000,MWh,invoice,grid\ngreen,{YEAR},500,MWh,invoice,wind\nnear,{YEAR},100,MWh,invoice,market\n"
    )
    certificates = (
        "L,GEC,issue,2025-02-01,300,MWh,1,300,farm,farm,,,,\nL,GEC,transfer,2025-03-01,300,MWh,1,300,farm,E1,,,,\n"
        f"L,GEC,retire,2025-12-01,300,MWh,1,300,farm,E1,E1,{YEAR},\n"
    )
    result = account(park(streams, amounts, certificates=certificates))
    # (1000 - 300 + 0 x 500 + 100) x 0.8325
    assert result["by_category"]["electricity"] == pytest.approx(800 * 0.8325)
    assert {x["origin"]: x["amount_t"] for x in of_stream(result, "el")} == {
        "certificates": 0, "grid": pytest.approx(700 * 0.8325)
    }  # fmt: skip
    # all of it is energy used: (1000 + 500 + 100) MWh at 0.1229 and 0.30
    assert result["totals"]["energy_tce_calorific"] == pytest.approx(1600 * 0.1229)
    assert result["totals"]["energy_tce_equivalent"] == pytest.approx(1600 * 0.30)
    adds_up(result)


def test_certificates_do_not_cover_power_that_is_not_of_the_grid(account: Account) -> None:
    certificates = (
        f"L,GEC,issue,2025-02-01,50,MWh,1,50,farm,E1,,,,\nL,GEC,retire,2025-12-01,50,MWh,1,50,farm,E1,E1,{YEAR},\n"
    )
    tables = park("near,electricity,market,E1,,\n", f"near,{YEAR},100,MWh,invoice,market\n", certificates=certificates)
    assert account(tables)["by_category"]["electricity"] == pytest.approx(83.25)


def test_heat_takes_the_measured_factor_else_the_default_and_nought_when_non_fossil(account: Account) -> None:
    streams = "h,heat,heatnet,E1,,\ng,heat,wind,E1,direct_green,\n"
    amounts = f"h,{YEAR},1000,GJ,report,E1\ng,{YEAR},400,GJ,report,E1\n"
    result = account(park(streams, amounts))
    assert result["by_category"]["heat"] == pytest.approx(110)
    assert result["totals"]["energy_tce_calorific"] == pytest.approx(1400 * 0.03412, rel=1e-3)
    factors = "f,heat,ef_co2,heatnet,0.09,tCO2/GJ,2025,,,,doc,src,measured\n"
    assert account(park(streams, amounts, factors=factors))["by_category"]["heat"] == pytest.approx(90)


def test_steam_goes_by_its_state(account: Account) -> None:
    # saturated steam at 1 MPa: 2777.1 kJ/kg (IAPWS-IF97) -> 100 t x 2.7771 GJ/t x 0.11
    commodities = "code,name_zh,name_en,kind,parent,unit,fossil,p_mpa,t_c,note\nst10,,,,steam,,,1.0,,\n"
    result = account(park("h,st10,heatnet,E1,,\n", f"h,{YEAR},100,t,report,E1\n", commodities=commodities))
    assert result["by_category"]["heat"] == pytest.approx(100 * 2.7771 * 0.11, rel=1e-4)
    assert result["totals"]["energy_tce_calorific"] == pytest.approx(100 * 2.7771 * 0.03412, rel=1e-3)


# -------------------------------------------------------------------- E_process


def test_process_output_counts_whole_and_its_later_sale_or_use_is_no_emission(account: Account) -> None:
    # 1000 t clinker made, 400 of them sold, 600 used in E2's mill: 1000 x 0.535
    streams = (
        "made,clinker_portland,kiln,silo,process_output,\nsold,clinker_portland,silo,market,,\n"
        "used,clinker_portland,silo,E2,,process_input\n"
    )
    amounts = f"made,{YEAR},1000,t,report,E1\nsold,{YEAR},400,t,report,E1\nused,{YEAR},600,t,report,E1\n"
    result = account(park(streams, amounts, nodes="kiln,E1,process\nsilo,E1,storage\n"))
    assert result["by_category"]["process"] == pytest.approx(535)


@pytest.mark.parametrize(
    ("kind", "factor"),
    [("portland", 0.535), ("white", 0.550), ("sulfoaluminate", 0.413), ("aluminate", 0.292)],
)
def test_each_kind_of_clinker_has_its_factor(account: Account, kind: str, factor: float) -> None:
    tables = park(f"k,clinker_{kind},E1,market,process_output,\n", f"k,{YEAR},1000,t,report,E1\n")
    assert account(tables)["by_category"]["process"] == pytest.approx(1000 * factor)


def test_lime_and_aluminium_have_found_factors(account: Account) -> None:
    streams = "l,lime,E1,market,process_output,\na,aluminium,E2,market,process_output,\n"
    result = account(park(streams, f"l,{YEAR},1000,t,report,E1\na,{YEAR},1000,t,report,E2\n"))
    assert amount_of(result, "l") == pytest.approx(683)
    assert amount_of(result, "a") in (pytest.approx(1471), pytest.approx(1503))
    choice = next(c for c in result["choices"] if "aluminium" in c["id"])
    (other,) = choice["effect"].values()
    assert abs(other["co2_t"] - result["totals"]["co2_t"]) == pytest.approx(32)


@pytest.mark.parametrize(
    "product", ["ammonia_coal", "methanol_coal", "ferrosilicon", "industrial_silicon", "calcium_carbide"]
)
def test_a_product_without_a_found_factor_is_ne_with_its_output_until_the_park_gives_one(
    account: Account, product: str
) -> None:
    streams, amounts = f"p,{product},E1,market,process_output,\n", f"p,{YEAR},1000,t,report,E1\n"
    result = account(park(streams, amounts), code=1)  # nothing is known of the total
    (line,) = of_stream(result, "p")
    assert (line["amount_t"], line["co2e_t"], line["notation"]) == (None, None, "NE")
    assert line["inputs"][0]["amount"] == 1000
    assert result["status"] != "complete"
    factors = f"f,{product},output_factor,,1.7,tCO2/t,2025,,,,doc,src,own\n"
    given = account(park(streams, amounts, factors=factors))
    assert given["by_category"]["process"] == pytest.approx(1700)


# -------------------------------------------------------------------- indicators and totals


def test_the_core_indicator_is_co2_per_tce_at_the_equivalent_value(account: Account) -> None:
    # 1000 MWh: 832.5 t / 300 tce
    result = account(park("el,electricity,grid,E1,,\n", f"el,{YEAR},1000,MWh,invoice,grid\n"))
    assert result["totals"]["co2_t_per_tce"] == pytest.approx(832.5 / 300)
    assert set(result["by_gas"]) == {"CO2"}


def test_own_pv_enters_the_denominator_and_the_other_reading_is_shown(account: Account) -> None:
    tables = park(
        "pv,electricity,roof,E1,generation,\nel,electricity,grid,E1,,\n",
        f"pv,{YEAR},200,MWh,report,E1\nel,{YEAR},800,MWh,invoice,grid\n",
        nodes="roof,E1,generator\n",
    )
    result = account(tables)
    assert result["totals"]["co2_t"] == pytest.approx(800 * 0.8325)
    assert result["totals"]["energy_tce_equivalent"] == pytest.approx(300)
    choice = next(c for c in result["choices"] if c["id"] == "own_pv_in_denominator")
    assert choice["effect"]["out"]["energy_tce_equivalent"] == pytest.approx(240)
    assert choice["effect"]["out"]["co2_t_per_tce"] == pytest.approx(666 / 240)


def test_power_of_own_fuel_is_not_counted_again(account: Account) -> None:
    # coal burned 100 t = 200 t CO2; the 300 MWh made of it and used inside add neither CO2 nor tce
    tables = park(
        "c,anthracite,market,chp,,cogeneration\np,electricity,chp,E1,generation,\nh,heat,chp,E1,heat_generation,\n",
        f"c,{YEAR},100,t,report,E1\np,{YEAR},300,MWh,report,E1\nh,{YEAR},500,GJ,report,E1\n",
        nodes="chp,E1,generator\n",
        factors=OWN_COAL + "n,anthracite,NCV,,29.3076,GJ/t,2025,,,,doc,src,measured\n",
    )
    result = account(tables)
    assert result["totals"]["co2_t"] == pytest.approx(200)
    assert result["totals"]["energy_tce_equivalent"] == pytest.approx(100)


def test_every_open_point_is_a_choice_with_its_effect(account: Account) -> None:
    result = account(park("el,electricity,grid,E1,,\n", f"el,{YEAR},1000,MWh,invoice,grid\n"))
    named = {choice["id"] for choice in result["choices"]}
    assert {"electricity_equivalent", "fossil_factor_year", "own_pv_in_denominator", "clean_energy_definition"} <= named
    for choice in result["choices"]:
        assert set(choice) == {"id", "chosen", "alternatives", "effect"}
        assert set(choice["effect"]) == set(choice["alternatives"])
    year = next(choice for choice in result["choices"] if choice["id"] == "fossil_factor_year")
    (other,) = year["effect"].values()
    assert other["co2_t"] == pytest.approx(827.3)
    assert result["status"] == "unverified"


# -------------------------------------------------------------------- boundaries and shares over time


def test_shares_multiply_downwards(account: Account) -> None:
    # hall in E1 (0.5), line in hall (0.4 by a row of its own is an ancestor listed too: a fault); nested by parent only
    tables = park(
        "el,electricity,grid,line,,\n", f"el,{YEAR},1000,MWh,invoice,grid\n",
        nodes="hall,E1,building\nline,hall,process\n", members="boundary,node,share\nB,E1,0.5\n",
    )  # fmt: skip
    assert account(tables)["totals"]["co2_t"] == pytest.approx(416.25)


def test_listing_an_ancestor_too_is_a_fault_with_both_lines(check: Callable[..., list[dict[str, Any]]]) -> None:
    tables = park("", "", nodes="hall,E1,building\n", members="boundary,node,share\nB,E1,0.5\nB,hall,0.4\n")
    faults = [f for f in check(tables) if f["level"] == "error" and f["where"]["file"] == "members.csv"]
    assert len(faults) == 1
    assert "lines 2, 3" in faults[0]["message"]


def test_a_membership_that_begins_inside_the_year_counts_from_its_day(account: Account) -> None:
    # monthly amounts, member from 1 July: six of twelve months, nothing cut
    tables = park(
        "el,electricity,grid,E1,,\n", months("el", 100, "MWh", "invoice", "grid"),
        members="boundary,node,share,from,to\nB,E1,,2025-07-01,\n",
    )  # fmt: skip
    result = account(tables)
    assert result["totals"]["co2_t"] == pytest.approx(600 * 0.8325)
    assert result["by_month"]["2025-06"] in (None, 0)
    assert result["by_month"]["2025-07"] == pytest.approx(83.25)
    assert result["coverage"]["missing"] == pytest.approx(0)
    assert result["coverage"]["estimated"] == pytest.approx(0)
    adds_up(result)


def test_a_share_that_changes_inside_the_year_weighs_each_part(account: Account) -> None:
    # 0.25 until 1 April, 0.75 after: 3 x 100 x 0.25 + 9 x 100 x 0.75 = 750 MWh
    tables = park(
        "el,electricity,grid,E1,,\n", months("el", 100, "MWh", "invoice", "grid"),
        members="boundary,node,share,from,to\nB,E1,0.25,,2025-04-01\nB,E1,0.75,2025-04-01,\n",
    )  # fmt: skip
    assert account(tables)["totals"]["co2_t"] == pytest.approx(750 * 0.8325)


def test_a_yearly_amount_cut_by_a_membership_is_a_marked_estimate(account: Account) -> None:
    # member from 1 July: 184 of 365 days
    tables = park(
        "el,electricity,grid,E1,,\n", f"el,{YEAR},1000,MWh,invoice,grid\n",
        members="boundary,node,share,from,to\nB,E1,,2025-07-01,\n",
    )  # fmt: skip
    result = account(tables)
    assert result["totals"]["co2_t"] == pytest.approx(1000 * 184 / 365 * 0.8325)
    assert result["coverage"]["estimated"] == pytest.approx(1)
    assert "cut_by_time" in {f["code"] for f in result["findings"]}


def test_a_node_that_ends_inside_the_year_counts_until_then(account: Account) -> None:
    tables = {
        **park("el,electricity,grid,old,,\n", months("el", 100, "MWh", "invoice", "grid")),
        "nodes.csv": "id,parent,kind,from,to\ngrid,,grid,,\nold,,enterprise,,2025-05-01\n"
        "E1,,enterprise,,\nE2,,enterprise,,\n",
        "members.csv": "boundary,node\nB,old\n",
    }
    assert account(tables)["totals"]["co2_t"] == pytest.approx(400 * 0.8325)


def test_a_stream_counts_with_the_difference_of_its_ends_shares(account: Account) -> None:
    # E1 0.4 -> E2 1.0: 0.6 of the 100 MWh are received; the way back: 0.6 sent at own fossil? passed on at 0.8325
    tables = park(
        "a,electricity,E1,E2,,\n", f"a,{YEAR},100,MWh,report,E1\n", members="boundary,node,share\nB,E1,0.4\nB,E2,1\n"
    )
    result = account(tables)
    assert result["totals"]["co2_t"] == pytest.approx(60 * 0.8325)
    # E1 sells 0.4 x 100 inside at 0.8325, E2 takes them and 60 from outside
    assert result["by_node"]["E2"]["received"] == pytest.approx(100 * 0.8325)
    assert result["by_node"]["E1"]["sent"] == pytest.approx(40 * 0.8325)
    adds_up(result)


def test_heat_between_unequal_shares_counts_with_the_difference(account: Account) -> None:
    tables = park("h,heat,E1,E2,heat_generation,\n", f"h,{YEAR},1000,GJ,report,E1\n",
                  members="boundary,node,share\nB,E1,1\nB,E2,0.25\n")  # fmt: skip
    result = account(tables)
    # 0.75 x 1000 GJ leave at 0.11
    assert result["by_category"]["heat"] == pytest.approx(-82.5)
    adds_up(result)


def test_fuel_and_products_count_with_the_share_of_the_node_where_they_are_burned_or_made(account: Account) -> None:
    tables = park(
        "c,anthracite,E1,E2,,final_fuel\nk,clinker_portland,E2,E1,process_output,\n",
        f"c,{YEAR},100,t,report,E1\nk,{YEAR},1000,t,report,E2\n",
        members="boundary,node,share\nB,E1,1\nB,E2,0.3\n", factors=OWN_COAL,
    )  # fmt: skip
    result = account(tables)
    assert result["by_category"]["fuel"] == pytest.approx(60)
    assert result["by_category"]["process"] == pytest.approx(535 * 0.3)
    adds_up(result)


def test_another_boundary_gives_another_account(account: Account) -> None:
    tables = park(
        "a,electricity,grid,E1,,\nb,electricity,E1,E2,,\n",
        f"a,{YEAR},1000,MWh,invoice,grid\nb,{YEAR},300,MWh,invoice,E1\n",
        boundaries="id,kind\nB,physical\nC,administered\n", members="boundary,node\nB,E1\nB,E2\nC,E2\n",
    )  # fmt: skip
    whole, part = account(tables), account(tables, "--boundary", "C")
    assert (whole["boundary"], whole["totals"]["co2_t"]) == ("B", pytest.approx(832.5))
    assert (part["boundary"], part["totals"]["co2_t"]) == ("C", pytest.approx(249.75))
    refused = account(tables, "--boundary", "D", code=2)
    assert "D" in str(refused)


# -------------------------------------------------------------------- enterprise accounts


def test_units_buy_from_an_inside_supplier_at_its_own_factor(account: Account) -> None:
    # the supplier's row: 0.5 t/MWh. E1: 1000 t coal -> 2000 t own, sends 300 MWh at 0.5
    tables = park(
        "c,anthracite,market,E1,,power_generation\np,electricity,E1,E2,generation,\n",
        f"c,{YEAR},1000,t,report,E1\np,{YEAR},300,MWh,report,E1\n",
        factors=OWN_COAL + "e,electricity,ef_co2,E1,0.5,tCO2/MWh,2025,,,,doc,src,measured\n",
    )
    result = account(tables)
    assert result["by_node"]["E1"] == pytest.approx({"own": 2000, "received": 0, "sent": 150, "net": 1850})
    assert result["by_node"]["E2"] == pytest.approx({"own": 0, "received": 150, "sent": 0, "net": 150})
    assert result["totals"]["co2_t"] == pytest.approx(2000)
    adds_up(result)


def test_a_workshop_stands_in_the_account_of_its_enterprise(account: Account) -> None:
    tables = park(
        "a,electricity,grid,shop,,\n", f"a,{YEAR},100,MWh,invoice,grid\n", nodes="shop,E1,workshop\npump,,equipment\n",
        members="boundary,node\nB,E1\nB,E2\nB,pump\n",
    )  # fmt: skip
    result = account(tables)
    assert set(result["by_node"]) == {"E1", "E2", "pump"}
    assert result["by_node"]["E1"]["received"] == pytest.approx(83.25)


def test_green_power_and_pv_sold_inside_are_nought_for_the_buyer(account: Account) -> None:
    tables = park(
        "pv,electricity,roof,E2,generation,\nel,electricity,grid,E2,,\n",
        f"pv,{YEAR},100,MWh,report,E1\nel,{YEAR},100,MWh,invoice,grid\n", nodes="roof,E1,generator\n",
    )  # fmt: skip
    result = account(tables)
    assert result["by_node"]["E2"]["received"] == pytest.approx(83.25)
    assert result["by_node"]["E1"]["net"] == pytest.approx(0)
    adds_up(result)


# -------------------------------------------------------------------- bridge and explain


RICH = park(
    "el,electricity,grid,E1,,\ngreen,electricity,wind,E2,direct_green,\nin,electricity,E1,E2,,\nback,electricity,E1,grid,generation,\n"
    "gas,natural_gas,gasnet,E1,,power_generation\nh,heat,heatnet,E2,,\nsold,heat,E1,heatnet,heat_generation,\n"
    "k,clinker_portland,E2,market,process_output,\ncoal,coking_coal,market,E2,,conversion_input\n"
    "coke,coke,E2,market,conversion_output,\nsteel,crude_steel,E2,market,process_output,\n",
    months("el", "1234.567", "MWh", "invoice", "grid")
    + months("gas", "33.3", "1e4 Nm3", "invoice", "gasnet")
    + f"green,{YEAR},777.7,MWh,invoice,wind\nin,{YEAR},333.3,MWh,report,E1\nback,{YEAR},111.1,MWh,invoice,grid\n"
    + f"h,{YEAR},3333.3,GJ,report,E2\nsold,{YEAR},777.7,GJ,report,E1\nk,{YEAR},1000.1,t,report,E2\n"
    + f"coal,{YEAR},500.5,t,report,E2\ncoke,{YEAR},300.3,t,report,E2\nsteel,{YEAR},10,t,report,E2\n",
    certificates="L,GEC,issue,2025-02-01,300,MWh,1,300,farm,E1,,,,\n"
    f"L,GEC,retire,2025-12-01,300,MWh,1,300,farm,E1,,{YEAR},\n",
)


def test_the_bridge_adds_up_exactly(write: Any, run: Any) -> None:
    root = write(RICH)
    for first, last in (("cn-zcp-2025", "ghgp-scope2-2015"), ("ghgp-scope2-2015", "cn-zcp-2025")):
        made = run("bridge", root, "--from", first, "--to", last, "--year", 2025)
        steps = sum(step["amount_t"] for step in made["steps"])
        assert steps == pytest.approx(made["difference_t"], abs=1e-9)
        assert made["before"]["co2e_t"] + steps == pytest.approx(made["after"]["co2e_t"], abs=1e-9)
        assert made["before"]["co2e_t"] == run("account", root, "--year", 2025, "--method", first)["totals"]["co2e_t"]
        assert all(step["zh"] and step["en"] for step in made["steps"])


def test_the_rich_park_adds_up_both_ways(account: Account) -> None:
    for method in ("cn-zcp-2025", "ghgp-scope2-2015"):
        adds_up(account(RICH, method=method))


@pytest.mark.parametrize("method", ["cn-zcp-2025", "ghgp-scope2-2015"])
def test_every_figure_explains_itself_and_computes_again(write: Any, run: Any, method: str) -> None:
    root = write(RICH)
    figures = run("explain", root, "--list", "--year", 2025, "--method", method)
    assert len(figures) > 20
    for figure in figures:
        told = run("explain", root, figure, "--year", 2025, "--method", method)
        assert told["check"]["holds"] is True, (figure, told["check"])


def test_an_explanation_reaches_the_statement_the_factor_the_rule_and_the_document(write: Any, run: Any) -> None:
    told = str(run("explain", write(RICH), "total:co2_t", "--year", 2025))
    assert "statements/2025.csv" in told
    assert re.search(r"0\.8325", told)
    assert "910" in told


def test_an_unknown_figure_is_refused_with_near_ones(write: Any, run: Any) -> None:
    told = run("explain", write(RICH), "total:co2", "--year", 2025, code=2)
    assert "co2_t" in told


def test_an_account_is_the_same_again(write: Callable[[Mapping[str, str]], Path], run: Any) -> None:
    root = write(RICH)
    assert run("account", root, "--year", 2025) == run("account", root, "--year", 2025)
