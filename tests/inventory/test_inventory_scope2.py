"""Scope 2 in both views, and the bridge between accounts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lingtan.inventory import bridge

Make = Callable[..., Any]
GHGP = "ghgp-scope2-2015"
GRID = "el electricity grid E1 grid_supply"


def views(result: Any) -> dict[tuple[str, str], Decimal]:
    return {(line.view, line.origin): line.amount_t for line in result.lines}


def codes(result: Any) -> set[str]:
    return {finding.code for finding in result.findings}


def test_location_view_takes_the_latest_average_of_the_grid_region_and_says_its_age(toy: Make) -> None:
    result = toy().stream(GRID, 1_000_000).account(GHGP)
    # Jiangsu, data of 2023: 0.5827 kg/kWh
    assert result.totals["co2_t"] == Decimal("582.7")
    lag = next(finding for finding in result.findings if finding.code == "factor_lag")
    assert lag.params["years"] == 2


def test_earlier_year_takes_its_own_average(toy: Make) -> None:
    assert toy(year=2022).stream(GRID, 1_000_000).account(GHGP).totals["co2_t"] == Decimal("597.8")


def test_certificates_count_in_the_market_view_only(toy: Make) -> None:
    got = views(toy().stream(GRID, 1_000_000).cover("el", 400_000).account(GHGP))
    assert got == {
        ("location", "grid"): Decimal("582.7"),
        ("market", "certificates"): Decimal(0),
        ("market", "grid"): Decimal("349.62"),
    }


def test_direct_line_takes_its_source_in_both_views(toy: Make) -> None:
    park = toy().stream("g electricity wind E1 direct_green", 1_000_000)
    assert set(views(park.account(GHGP)).values()) == {Decimal(0)}
    row = park.factor("electricity", "ef_market", "0.02", "kgCO2/kWh", applies_to="wind")
    assert set(views(row.account(GHGP)).values()) == {Decimal(20)}


def test_market_view_takes_the_supplier_then_the_residual_mix_then_the_average(toy: Make) -> None:
    park = toy().stream(GRID, 1_000_000)
    average = park.account(GHGP)
    assert views(average)["market", "grid"] == Decimal("582.7")
    assert "factor_stand_in" in codes(average)
    residual = park.factor("electricity", "ef_residual", "0.7", "kgCO2/kWh")
    assert views(residual.account(GHGP))["market", "grid"] == 700
    assert "factor_stand_in" not in codes(residual.account(GHGP))
    supplier = residual.factor("electricity", "ef_market", "0.3", "kgCO2/kWh", applies_to="grid", status="supplier")
    assert views(supplier.account(GHGP))["market", "grid"] == 300


def test_choice_of_view_shows_the_other_total(toy: Make) -> None:
    park = toy().stream(GRID, 1_000_000).cover("el", 1_000_000)
    result = park.account(GHGP)
    choice = next(item for item in result.choices if item.id == "view")
    assert choice.effect["market"]["co2_t"] == 0
    assert park.account(GHGP, chosen={"view": "market"}).totals["co2_t"] == 0


def test_purchases_are_gross_and_other_categories_are_not_covered(toy: Make) -> None:
    park = toy().stream(GRID, 1_000_000).stream("s electricity E1 grid", 500_000)
    result = park.stream("g natural_gas gasnet E1 - final_fuel", 1).account(GHGP)
    assert result.by_category == {
        "fuel": None, "conversion": None, "electricity": Decimal("582.7"), "heat": Decimal(0), "process": None,
    }  # fmt: skip
    assert result.totals["energy_tce_equivalent"] is None


def test_cooling_without_a_factor_is_ne_and_with_one_counts(toy: Make) -> None:
    park = toy().stream("c cooling heatnet E1", 1000)
    assert park.account(GHGP).totals["co2_t"] is None
    assert park.factor("cooling", "ef_co2", "0.05", "tCO2/GJ").account(GHGP).totals["co2_t"] == 50


def test_grid_region_without_a_factor_is_not_estimated(toy: Make) -> None:
    park = toy().stream(GRID, 1000)
    elsewhere = replace(park.park.settings, grid_region="XX")
    result = replace(park, park=replace(park.park, settings=elsewhere)).account(GHGP)
    assert result.totals["co2_t"] is None
    assert "factor_missing" in codes(result)


def test_bridge_names_scope_sides_and_factors(toy: Make) -> None:
    park = toy().stream(GRID, 1_000_000).cover("el", 400_000).stream("s electricity E1 grid", 100_000)
    park = park.stream("g natural_gas gasnet E1 - final_fuel", 10_000).stream("h heat heatnet E2", 100)
    made = bridge(park.account(), park.account(GHGP))
    steps = {step.id: step.amount_t for step in made.steps}
    # covered 400 MWh: 0 -> 233.08; the other 600 MWh: 499.5 -> 349.62; sent 83.25 is not deducted; gas is outside
    assert steps == {
        "factor:electricity:received:certificates": Decimal("233.08"),
        "factor:electricity:received:grid": Decimal("-149.88"),
        "side_before:electricity:sent": Decimal("83.25"),
        "scope_before:fuel": Decimal("-21.8403"),
    }
    assert all(step.text_zh and step.text_en for step in made.steps)


def test_bridge_between_years_tells_amount_from_factor(toy: Make) -> None:
    before = toy(year=2022).stream(GRID, 1_000_000).account(GHGP)
    after = toy(year=2025).stream(GRID, 1_500_000).account(GHGP)
    steps = {step.id: step.amount_t for step in bridge(before, after).steps}
    # 500 MWh more at 0.5978; 1,500 MWh x (0.5827 - 0.5978)
    assert steps == {
        "amount:electricity:received:grid": Decimal("298.9"),
        "factor:electricity:received:grid": Decimal("-22.65"),
    }


def test_bridge_names_streams_that_one_account_lacks(toy: Make) -> None:
    park = toy().stream(GRID, 1000)
    more = park.stream("el2 electricity grid E2 grid_supply", 2000)
    made = bridge(park.account(), more.account())
    assert [(step.id, step.streams) for step in made.steps] == [("only_after:electricity:received", ("el2",))]


def test_bridge_to_an_unknown_total_has_no_steps(toy: Make) -> None:
    known, unknown = toy().stream(GRID, 1000), toy().stream(GRID, None)
    made = bridge(known.account(), unknown.account())
    assert (made.difference_t, made.steps) == (None, ())


def test_category_outside_the_other_method_is_one_step_whatever_its_sides(toy: Make) -> None:
    park = (
        toy().stream("c coking_coal market E1 - conversion_input", 100).stream("k coke E1 market conversion_output", 50)
    )
    made = bridge(park.account(), park.account(GHGP))
    assert [step.id for step in made.steps] == ["scope_before:conversion"]


def test_bridge_as_json_is_plain(toy: Make) -> None:
    park = toy().stream(GRID, 1000)
    got = bridge(park.account(), park.account(GHGP)).as_json()
    assert got["difference_t"] == pytest.approx(0.5827 - 0.8325)
    assert set(got) == {"before", "after", "difference_t", "steps"}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    amounts=st.lists(st.decimals(0, 10**7, places=2), min_size=4, max_size=4),
    later=st.lists(st.decimals(0, 10**7, places=2), min_size=4, max_size=4),
    covered=st.decimals(0, 10**6, places=1),
    method=st.sampled_from(("cn-zcp-2025", GHGP)),
)
def test_steps_add_up_to_the_difference_exactly(
    toy: Make, amounts: list[Decimal], later: list[Decimal], covered: Decimal, method: str
) -> None:
    def park(values: list[Decimal]) -> Any:
        made = toy().stream(GRID, values[0]).cover("el", covered).stream("h heat heatnet E2", values[1])
        made = made.stream("c coke market E1 - final_fuel", values[2])
        return made.stream("s electricity E1 grid", values[3])

    made = bridge(park(amounts).account(), park(later).account(method))
    assert sum((step.amount_t for step in made.steps), Decimal(0)) == made.difference_t
