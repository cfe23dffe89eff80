"""A whole account by hand, coverage, months, statuses, membership and time."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from lingtan.flows.model import Flow
from lingtan.inventory import MethodError, present
from lingtan.ledger.boundary import BoundaryError

Make = Callable[..., Any]
GRID = "el electricity grid E1 grid_supply"


def codes(result: Any) -> set[str]:
    return {finding.code for finding in result.findings}


def finding(result: Any, code: str) -> Any:
    return next(item for item in result.findings if item.code == code)


def twelve(toy: Make) -> Any:
    """Twelve streams: certificates, green power, CHP that sells, coking with stock, a half member, clinker."""
    park = toy(("E1", "E2", "E3")).nodes("chp generator E1", "pv generator E2", "oven process E3")
    park = park.members("E1 1", "E2 1", "E3 0.5")
    park = park.stream("el1 electricity grid E1 grid_supply", *[1_000_000] * 12).cover("el1", *[250_000] * 12)
    park = park.stream("el3 electricity grid E3 grid_supply", 2_000_000)
    park = park.stream("green electricity wind E2 direct_green", 3_000_000)
    park = park.stream("pv electricity pv E2 generation", 500_000)
    park = park.stream("gas natural_gas gasnet chp - cogeneration", 10_000_000)
    park = park.stream("sold electricity chp grid generation", 4_000_000)
    park = park.stream("steam heat chp E2 heat_generation", 50_000)
    park = park.stream("out heat chp heatnet heat_generation", 20_000)
    park = park.stream("coal coking_coal market oven - conversion_input", 10_000).stock("oven", "coking_coal", 500)
    park = park.stream("coke coke oven market conversion_output", 7_000)
    park = park.stream("clinker clinker_portland E2 market process_output", 40_000)
    park = park.stream("diesel diesel market E3 - final_fuel", 300)
    park = park.factor("coking_coal", "carbon_fraction", "0.74", "tC/t", status="measured")
    park = park.factor("coke", "carbon_fraction", "0.86", "tC/t", status="measured")
    return park.factor("coke", "NCV", "28.4", "GJ/t", status="measured")


def test_twelve_streams_give_the_account_worked_out_by_hand(toy: Make) -> None:
    result = twelve(toy).account()
    # fuel: gas 1e7 Nm3 x 21.8403 / 1e4 = 21,840.3; diesel 300 t x 0.5 x 3.1605 = 474.075
    assert result.by_category["fuel"] == Decimal("22314.375")
    # conversion, half of it inside: (10,000 - 500) x 0.74 - 7,000 x 0.86 = 1,010 tC x 0.5 x 44/12 = 1,851.666...
    assert result.by_category["conversion"] == Decimal("1851.666666666667")
    # power: (12,000 - 3,000) MWh + 0.5 x 2,000 MWh at 0.8325 = 8,325; sold 4,000 MWh = -3,330; green nought
    assert result.by_category["electricity"] == Decimal(4995)
    # heat: inside trade is none of the park's; sold 20,000 GJ x 0.11 = -2,200
    assert result.by_category["heat"] == -2200
    assert result.by_category["process"] == 21_400
    assert result.totals["co2_t"] == Decimal("48361.041666666667")
    # tce: gas 13,300; diesel 150 x 1.4571 = 218.565; coal 9,500 x 0.5 x 0.7143 = 3,392.925;
    # coke 3,500 t x 28.4 / 29.3076 = 3391.6117...; heat -682.4
    # power 12,000 + 1,000 + 3,000 + 500 (pv) - 4,000 = 12,500 MWh: 1,536.25 calorific, 3,750 equivalent
    rest = 13_300 + 218.565 + 3_392.925 - 3_500 * 28.4 / 29.3076 - 682.4
    assert float(result.totals["energy_tce_calorific"]) == pytest.approx(rest + 1_536.25)
    assert float(result.totals["energy_tce_equivalent"]) == pytest.approx(rest + 3_750)


def test_twelve_streams_give_the_units_worked_out_by_hand(toy: Make) -> None:
    units = twelve(toy).account().by_node
    # E1: gas; receives 9,000 MWh; sends 4,000 MWh, 20,000 GJ outside and 50,000 GJ to E2
    assert (units["E1"].own, units["E1"].received) == (Decimal("21840.3"), Decimal("7492.5"))
    assert units["E1"].sent == 3330 + 2200 + 5500
    # E2: clinker; receives green power and 50,000 GJ x 0.11
    assert (units["E2"].own, units["E2"].received, units["E2"].sent) == (21_400, 5_500, 0)
    assert units["E3"].received == Decimal("832.5")


def test_account_carries_the_notes_a_reader_needs(toy: Make) -> None:
    result = twelve(toy).account()
    assert {"no_national_band", "year_only"} <= codes(result)
    assert result.status == "unverified"
    assert result.by_gas == {"CO2": result.totals["co2_t"]}


def test_months_hold_what_is_known_by_month_and_the_rest_is_said(toy: Make) -> None:
    result = toy().stream(GRID, *[1000] * 12).stream("h heat heatnet E2", 1000).account()
    assert result.by_month["2025-03"] == Decimal("0.8325")
    assert sum(result.by_month.values()) == Decimal("9.99")
    assert finding(result, "year_only").amount == 110


def test_months_of_a_line_add_up_to_it_exactly(toy: Make) -> None:
    result = toy().stream("c coke market E1 - final_fuel", *[Decimal("33.333333")] * 12).account()
    line = result.lines[0]
    assert sum(amount for _, amount in line.months) == line.amount_t


def test_stream_without_flows_is_missing_and_never_nought(toy: Make) -> None:
    result = toy().stream(GRID).account()
    assert result.totals["co2_t"] == 0
    assert result.coverage["missing"] == 1
    assert result.status == "incomplete"
    assert finding(result, "activity_missing").where.stream == "el"


def test_missing_month_gives_no_figure_of_its_own(toy: Make) -> None:
    result = toy().stream(GRID, *[1000] * 6, None, *[1000] * 5).account()
    assert result.by_category["electricity"] == 11 * Decimal("0.8325")
    assert result.by_month["2025-07"] is None
    assert float(result.coverage["missing"]) == pytest.approx(31 / 365)
    assert float(result.lines[0].coverage) == pytest.approx(334 / 365)


def test_category_of_which_nothing_is_known_is_null(toy: Make) -> None:
    result = toy().stream(GRID, *[None] * 12, notation="C").account()
    assert result.by_category["electricity"] is None
    assert result.totals["co2_t"] is None
    assert result.lines[0].notation == "C"


def test_confirmed_nought_is_known_and_not_occurring(toy: Make) -> None:
    result = toy().stream(GRID, 0, origin="confirmed_zero").account()
    assert result.totals["co2_t"] == 0
    assert result.lines[0].notation == "NO"
    assert result.coverage["reported"] == 1


def test_coverage_tells_measured_reported_estimated_and_missing_apart(toy: Make) -> None:
    park = toy().stream(GRID, 1, origin="meter", known=Decimal("0.9"), resolved=Decimal("0.8"))
    park = park.stream("b heat heatnet E1", 1).stream("c heat heatnet E2", 1, estimated=True)
    park = park.stream("d heat heatnet E2")
    got = park.account().coverage
    assert got == {
        "resolved": Decimal("0.7"), "known": Decimal("0.725"), "measured": Decimal("0.225"),
        "reported": Decimal("0.25"),
        "estimated": Decimal("0.25"), "missing": Decimal("0.275"),
    }  # fmt: skip


def test_gap_total_of_the_year_fills_the_time_its_months_lack(toy: Make) -> None:
    park = toy().stream(GRID, *[1000] * 12, origin="meter", known=Decimal("0.9"))
    first = park.pieces["el"][0]
    gap = Flow(
        "el",
        first.start,
        first.start + timedelta(days=40),
        Decimal(500),
        "meter",
        Decimal(0),
        Decimal(1),
        flags=("gap_total",),
    )
    result = replace(park, pieces={"el": (*park.pieces["el"], gap)}).account()
    assert result.by_category["electricity"] == Decimal("12500") * Decimal("0.0008325")
    assert float(result.coverage["measured"]) == pytest.approx(1)


def test_membership_that_ends_on_a_month_edge_needs_no_estimate(toy: Make) -> None:
    park = toy().stream(GRID, *[1000] * 12).members("E1 1 - 2025-07-01", "E2 1")
    result = park.account()
    assert result.by_category["electricity"] == 6 * Decimal("0.8325")
    assert "cut_by_time" not in codes(result)
    assert result.coverage["estimated"] == 0


def test_membership_that_ends_inside_an_amount_cuts_it_by_time_and_says_so(toy: Make) -> None:
    park = toy().stream(GRID, 365_000).members("E1 1 - 2025-07-01", "E2 1")
    result = park.account()
    # 181 of 365 days
    assert float(result.by_category["electricity"]) == pytest.approx(181 * 0.8325)
    assert float(finding(result, "cut_by_time").amount) == pytest.approx(181_000)
    assert result.coverage["estimated"] == 1


def test_year_before_the_edition_is_noted_and_uses_its_factors(toy: Make) -> None:
    result = toy(year=2023).stream("g gasoline market E1 - final_fuel", 10).account()
    assert result.by_category["fuel"] == Decimal("29.848")
    assert "before_edition" in codes(result)


def test_empty_park_has_an_account_that_is_not_known_rather_than_nought(toy: Make) -> None:
    result = toy().account()
    assert set(result.totals.values()) == set(result.by_category.values()) == {None}
    assert all(set(totals.values()) == {None} for choice in result.choices for totals in choice.effect.values())
    assert "nothing_inside" in codes(result)
    assert result.coverage["known"] is None
    assert result.by_month["2025-01"] is None


def test_unknown_method_choice_option_and_boundary_are_refused_by_name(toy: Make) -> None:
    with pytest.raises(MethodError, match=r"cn-zcp-2025.*came 'nope'"):
        toy().account("nope")
    with pytest.raises(MethodError, match=r"electricity_equivalent.*came 'colour'"):
        toy().account(chosen={"colour": "red"})
    with pytest.raises(MethodError, match=r"in; out.*came 'maybe'"):
        toy().account(chosen={"own_pv_in_denominator": "maybe"})
    with pytest.raises(BoundaryError):
        toy().account(boundary="Z")


def test_chosen_option_gives_what_the_effect_promised(toy: Make) -> None:
    park = twelve(toy)
    base = park.account()
    for choice in base.choices:
        for name in choice.alternatives:
            assert park.account(chosen={choice.id: name}).totals == choice.effect[name], (choice.id, name)


def test_same_inputs_give_the_same_account(toy: Make) -> None:
    assert twelve(toy).account() == twelve(toy).account()


def test_json_has_exactly_the_stable_keys_and_plain_values(toy: Make) -> None:
    made = present.as_json(twelve(toy).account())
    assert list(made) == [
        "park", "year", "method", "boundary", "status", "totals", "by_category", "by_node", "by_month", "by_gas",
        "coverage", "choices", "findings", "lines",
    ]  # fmt: skip
    assert json.loads(json.dumps(made)) == made
    assert set(made["choices"][0]) == {"id", "chosen", "alternatives", "effect"}
    assert list(made["lines"][0])[:11] == [
        "id", "node", "category", "substance", "amount_t", "co2e_t", "rule", "inputs", "factors", "coverage",
        "notation",
    ]  # fmt: skip
    assert sum(line["amount_t"] for line in made["lines"]) == pytest.approx(made["totals"]["co2_t"])


def test_line_ids_are_unique_and_say_category_stream_and_origin(toy: Make) -> None:
    ids = [line.id for line in twelve(toy).account().lines]
    assert len(ids) == len(set(ids))
    assert {
        "fuel:gas", "electricity:el1:certificates", "electricity:el1:grid", "electricity:green:direct_green",
        "electricity:sold:own_fossil", "conversion:stock.oven.coking_coal", "heat:out", "process:clinker",
    } <= set(ids)  # fmt: skip
