"""Fuel by activity: which factors are taken, in which order, and what is said about them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

Make = Callable[..., Any]
GAS = "gas natural_gas gasnet E1 - final_fuel"
COAL = "coal bituminous market E1 - heat_supply"


def line(result: Any, start: str) -> Any:
    return next(item for item in result.lines if item.id.startswith(start))


def codes(result: Any) -> set[str]:
    return {finding.code for finding in result.findings}


def rows(item: Any) -> list[str]:
    return [use.row.id for use in item.factors]


def test_gas_takes_the_databases_factor_per_volume(toy: Make) -> None:
    # 1,000,000 Nm3 x 21.8403 t / 1e4 Nm3 = 2184.03 t
    result = toy().stream(GAS, 1_000_000).account()
    assert result.by_category["fuel"] == Decimal("2184.03")
    assert rows(line(result, "fuel:gas")) == ["CN_NCSC:natural_gas:ef_co2:derived:2025"]


def test_fuel_without_a_factor_per_amount_takes_heat_value_times_factor_per_heat(toy: Make) -> None:
    # blast-furnace gas: 1e6 Nm3 x 3768 kJ/Nm3 x 259.6 tCO2/TJ = 3768 GJ x 0.2596 = 978.1728 t
    result = toy().stream("bfg blast_furnace_gas market E1 - final_fuel", 1_000_000).account()
    assert result.by_category["fuel"] == Decimal("978.1728")


def test_fuel_that_neither_has_takes_the_guidelines_whole(toy: Make) -> None:
    # washed coal: 1000 t x 26.344 x 0.02540 x 0.93 x 44/12 = 2281.758613 t (no row in the database)
    result = toy().stream("w washed_coal market E1 - final_fuel", 1000).account()
    assert float(result.by_category["fuel"]) == pytest.approx(1000 * 26.344 * 0.0254 * 0.93 * 44 / 12)
    assert {use.row.set_id for use in line(result, "fuel:w").factors} == {"CN_GUIDE"}


def test_measured_heat_value_goes_with_the_databases_factor_per_heat(toy: Make) -> None:
    # 1e6 Nm3 x 35.588 MJ/Nm3 = 35,588 GJ x 0.0561 t/GJ = 1996.4868 t
    result = toy().stream(GAS, 1_000_000).factor("natural_gas", "NCV", "35.588", "MJ/Nm3").account()
    assert result.by_category["fuel"] == Decimal("1996.4868")


def test_properties_of_the_deliveries_go_before_everything(toy: Make) -> None:
    park = (
        toy()
        .stream(COAL, 1000)
        .property("coal", "NCV", 21, "GJ/t")
        .property("coal", "carbon_content", "0.026", "tC/GJ")
    )
    park = park.factor("bituminous", "NCV", 25, "GJ/t", status="measured").factor(
        "bituminous", "oxidation_rate", "0.98", "fraction"
    )
    # 1000 x 21 x 0.026 x 0.98 x 44/12 = 1961.96 t
    assert park.account().by_category["fuel"] == Decimal("1961.96")


def test_own_carbon_takes_the_guidelines_oxidation_where_none_is_measured(toy: Make) -> None:
    park = (
        toy()
        .stream(COAL, 1000)
        .property("coal", "NCV", 21, "GJ/t")
        .property("coal", "carbon_content", "0.026", "tC/GJ")
    )
    # oxidation of CN_GUIDE for bituminous: 0.93 -> 1000 x 21 x 0.026 x 0.93 x 44/12 = 1861.86 t
    assert park.account().by_category["fuel"] == Decimal("1861.86")


def test_deliveries_of_different_months_give_lines_of_their_own(toy: Make) -> None:
    park = toy().stream(COAL, *[100] * 12)
    for month in range(1, 13):
        park = park.property("coal", "NCV", 20 if month < 7 else 22, "GJ/t", month)
        park = park.property("coal", "carbon_content", "0.026", "tC/GJ", month)
    result = park.account()
    assert [item.id for item in result.lines][:2] == ["fuel:coal", "fuel:coal#2"]
    # 600 t at 20 and 600 t at 22 GJ/t: 600 x 42 x 0.026 x 0.93 x 44/12
    assert float(result.by_category["fuel"]) == pytest.approx(600 * 42 * 0.026 * 0.93 * 44 / 12)
    assert result.by_month["2025-06"] < result.by_month["2025-07"]


def test_properties_by_month_under_a_yearly_amount_are_weighted_by_time_and_said(toy: Make) -> None:
    park = toy().stream(COAL, 1200).property("coal", "carbon_content", "0.026", "tC/GJ")
    for month in range(1, 13):
        park = park.property("coal", "NCV", 20 if month < 7 else 22, "GJ/t", month)
    result = park.account()
    mean = (181 * 20 + 184 * 22) / 365
    assert float(result.by_category["fuel"]) == pytest.approx(1200 * mean * 0.026 * 0.93 * 44 / 12)
    assert "property_averaged" in codes(result)


@pytest.mark.parametrize(("unit", "value", "expected"), [("tCO2/t", "2.5", "2500"), ("tCO2/TJ", "100", "2093.4")])
def test_own_co2_factor_goes_by_its_unit(toy: Make, unit: str, value: str, expected: str) -> None:
    # per heat: 1000 t x 20.934 GJ/t (GB/T 2589, raw coal as parent) x 0.1 t/GJ = 2093.4 t
    result = toy().stream(COAL, 1000).factor("bituminous", "ef_co2", value, unit).account()
    assert result.by_category["fuel"] == Decimal(expected)


def test_narrowest_for_wins_then_latest_then_status(toy: Make) -> None:
    def park(*more: dict[str, Any]) -> Decimal:
        made = toy().stream(COAL, 1000)
        for number, row in enumerate(more):
            made = made.factor("bituminous", "ef_co2", 1 + number, "tCO2/t", **row)
        return made.account().by_category["fuel"]

    blank, role = {"status": "measured"}, {"applies_to": "heat_supply"}
    node, stream = {"applies_to": "market"}, {"applies_to": "coal"}
    assert park(blank, role, node, stream) == 4000
    assert park(blank, role, node) == 3000
    assert park(blank, role) == 2000
    assert park({"applies_from": date(2024, 1, 1)}, {"applies_from": date(2025, 1, 1)}) == 2000
    assert park({"status": "own"}, {"status": "measured"}) == 2000


def test_two_equal_rows_are_set_aside_with_both_lines_named(toy: Make) -> None:
    park = toy().stream(GAS, 1_000_000)
    for value in (20, 21):
        park = park.factor("natural_gas", "ef_co2", value, "tCO2/1e4 Nm3")
    result = park.account()
    assert result.by_category["fuel"] == Decimal("2184.03")
    fault = next(finding for finding in result.findings if finding.code == "factor_tie")
    assert fault.level == "error"
    assert fault.where.lines == (2, 3)


def test_row_that_begins_inside_one_amount_is_said(toy: Make) -> None:
    park = toy().stream(GAS, 10_000).factor("natural_gas", "ef_co2", 20, "tCO2/1e4 Nm3", applies_from=date(2025, 7, 1))
    result = park.account()
    assert result.by_category["fuel"] == Decimal("21.8403")
    found = next(finding for finding in result.findings if finding.code == "factor_changes_inside")
    assert (found.amount, found.params["parameter"]) == (10_000, "ef_co2")
    monthly = toy().stream(GAS, *[10_000] * 12)
    monthly = monthly.factor("natural_gas", "ef_co2", 20, "tCO2/1e4 Nm3", applies_from=date(2025, 7, 1)).account()
    assert monthly.by_category["fuel"] == 6 * 20 + 6 * Decimal("21.8403")
    assert "factor_changes_inside" not in codes(monthly)


def test_own_row_that_lacks_its_partner_is_named_and_not_dropped_silently(toy: Make) -> None:
    result = toy().stream(COAL, 1000).factor("bituminous", "oxidation_rate", "0.99", "fraction").account()
    found = next(finding for finding in result.findings if finding.code == "own_factor_not_used")
    assert found.where.line == 2
    assert found.params["parameter"] == "oxidation_rate"


def test_fuel_without_any_factor_is_not_estimated_and_its_amount_is_at_stake(toy: Make) -> None:
    result = toy().stream(GAS, 1_000_000).stream("t waste_tyres market E1 - final_fuel", 50).account()
    item = line(result, "fuel:t")
    assert (item.amount_t, item.notation) == (None, "NE")
    assert result.by_category["fuel"] == Decimal("2184.03")
    missing = next(finding for finding in result.findings if finding.code == "factor_missing")
    assert (missing.amount, missing.unit) == (50, "t")


def test_biogenic_fuel_is_a_memo_line_of_nought(toy: Make) -> None:
    result = toy().stream("wood biomass market E1 - final_fuel", 100).account()
    item = line(result, "fuel:wood")
    assert (item.amount_t, item.notation) == (0, "memo")


def test_feedstock_is_no_fuel_and_shown_beside_the_energy_total(toy: Make) -> None:
    result = toy().stream("feed naphtha market E1 - feedstock", 100).account()
    assert result.by_category["fuel"] == 0
    shown = next(item for item in result.energy if item.term == "feedstock")
    assert not shown.counted
    assert result.totals["energy_tce_equivalent"] == 0


def test_fuel_with_a_blank_use_is_a_finding_with_its_amount(toy: Make) -> None:
    result = toy().stream("g natural_gas gasnet E1", 1000).account()
    found = next(finding for finding in result.findings if finding.code == "fuel_without_use")
    assert (found.amount, found.unit) == (1000, "Nm3")
    assert result.status == "incomplete"


def test_fuel_passed_on_from_its_target_needs_no_use(toy: Make) -> None:
    park = toy().nodes("yard storage E1", "boiler equipment E1")
    park = park.stream("in bituminous market yard", 1000).stream("out bituminous yard boiler - heat_supply", 900)
    result = park.account()
    assert "fuel_without_use" not in codes(result)
    assert [item.id for item in result.lines] == ["fuel:out"]


def test_activity_words_follow_the_use(toy: Make) -> None:
    park = toy().stream(GAS, 1).stream("b natural_gas gasnet E1 - power_generation", 1)
    park = park.stream("c natural_gas gasnet E2 - heat_supply", 1)
    park = park.stream("r coke_oven_gas E1 E2 recovered_energy final_fuel", 1)
    activity = {item.stream: item.activity for item in park.account().lines}
    assert activity == {
        "gas": "final consumption", "b": "power generation", "c": "heat supply", "r": "recovered energy",
    }  # fmt: skip


def test_own_commodity_falls_back_on_its_parent(toy: Make) -> None:
    park = toy().commodity("pipeline_gas", "natural_gas").stream("g pipeline_gas gasnet E1 - final_fuel", 1_000_000)
    assert park.account().by_category["fuel"] == Decimal("2184.03")


def test_recalled_rows_count_only_when_asked_for_and_mark_the_result(toy: Make) -> None:
    park = (
        toy()
        .stream("g gasoline market E1 - final_fuel", 10)
        .factor("gasoline", "ef_co2", 3, "tCO2/t", status="recalled")
    )
    assert park.account().by_category["fuel"] == Decimal("29.848")
    asked = park.account(allow_recalled=True)
    assert asked.by_category["fuel"] == 30
    assert asked.status == "unverified"
    assert "recalled_factor" in codes(asked)
