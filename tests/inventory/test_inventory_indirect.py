"""Electricity by origin both ways, heat and steam, conversion, process: hand-computed."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from lingtan.ledger import steam

Make = Callable[..., Any]
GRID = "el electricity grid E1 grid_supply"


def line(result: Any, name: str) -> Any:
    return next(item for item in result.lines if item.id == name)


def codes(result: Any) -> set[str]:
    return {finding.code for finding in result.findings}


def power(result: Any) -> Decimal:
    value: Decimal = result.by_category["electricity"]
    return value


def test_grid_power_takes_the_fixed_fossil_factor(toy: Make) -> None:
    # 1,000,000 kWh x 0.8325 kg/kWh = 832.5 t
    assert power(toy().stream(GRID, 1_000_000).account()) == Decimal("832.5")


def test_certificates_take_their_part_on_a_line_of_their_own(toy: Make) -> None:
    result = toy().stream(GRID, *[1000] * 12).cover("el", *[400] * 6).account()
    # 12,000 - 2,400 kWh at 0.8325 = 7.992 t
    assert power(result) == Decimal("7.992")
    assert line(result, "electricity:el:certificates").amount_t == 0
    assert sum(item.amount for item in line(result, "electricity:el:certificates").inputs) == 2400
    assert sum(item.amount for item in line(result, "electricity:el:grid").inputs) == 9600


def test_certificates_never_cover_more_than_was_received(toy: Make) -> None:
    result = toy().stream(GRID, 1000).cover("el", 5000).account()
    assert power(result) == 0
    assert [item.id for item in result.lines] == ["electricity:el:certificates"]


def test_a_parks_row_for_the_fixed_factor_is_ignored_and_says_what_it_would_change(toy: Make) -> None:
    result = toy().stream(GRID, 1_000_000).factor("electricity", "ef_fossil", "0.5", "kgCO2/kWh").account()
    assert power(result) == Decimal("832.5")
    found = next(finding for finding in result.findings if finding.code == "fixed_parameter_ignored")
    # 1000 MWh x (0.5 - 0.8325)
    assert (found.amount, found.unit, found.where.line) == (Decimal("-332.5"), "t", 2)


@pytest.mark.parametrize("parameter", ["ef_co2", "ef_location", "ef_market"])
def test_other_words_for_a_power_factor_are_ignored_too(toy: Make, parameter: str) -> None:
    result = toy().stream(GRID, 1000).factor("electricity", parameter, "0.5", "kgCO2/kWh").account()
    assert "fixed_parameter_ignored" in codes(result)


def test_direct_green_power_counts_nought(toy: Make) -> None:
    result = toy().stream("g electricity wind E1 direct_green", 1000).account()
    assert line(result, "electricity:g:direct_green").amount_t == 0


def test_power_received_that_is_neither_grid_nor_green_takes_the_fossil_factor(toy: Make) -> None:
    assert power(toy().stream("x electricity market E1", 1000).account()) == Decimal("0.8325")


def test_power_sent_from_own_sun_deducts_nothing(toy: Make) -> None:
    park = toy().nodes("pv generator E1").stream("s electricity pv grid generation", 1000)
    result = park.account()
    assert line(result, "electricity:s:own_non_fossil").amount_t == 0


def test_power_sent_from_a_fuelled_generator_is_deducted(toy: Make) -> None:
    park = toy().nodes("chp generator E1").stream("g natural_gas gasnet chp - cogeneration", 1)
    result = park.stream("s electricity chp grid generation", 1000).account()
    assert line(result, "electricity:s:own_fossil").amount_t == Decimal("-0.8325")


def test_turbine_on_steam_from_a_coal_boiler_is_fossil(toy: Make) -> None:
    park = toy().nodes("boiler equipment E1", "turbine generator E1")
    park = park.stream("c bituminous market boiler - power_generation", 1)
    park = park.commodity("st", "steam", p_mpa=Decimal(1), t_c=Decimal(200)).stream(
        "st st boiler turbine heat_generation", 1
    )
    result = park.stream("s electricity turbine grid generation", 1000).account()
    assert line(result, "electricity:s:own_fossil").amount_t == Decimal("-0.8325")


def test_enterprise_that_exports_surplus_of_its_own_sun_deducts_nothing(toy: Make) -> None:
    park = toy().nodes("pv generator E1").stream("p electricity pv E1 generation", 5000)
    assert power(park.stream("s electricity E1 grid", 1000).account()) == 0


def test_power_passed_on_takes_the_fossil_factor_and_is_noted(toy: Make) -> None:
    result = toy().stream(GRID, 5000).stream("s electricity E1 grid", 1000).account()
    assert line(result, "electricity:s:pass_through").amount_t == Decimal("-0.8325")
    assert "power_passed_on" in codes(result)


def test_heat_takes_the_default_and_a_measured_row_wins(toy: Make) -> None:
    park = toy().stream("h heat heatnet E1", 1000)
    assert park.account().by_category["heat"] == 110
    measured = park.factor("heat", "ef_co2", "0.08", "tCO2/GJ", applies_to="heatnet", status="measured")
    assert measured.account().by_category["heat"] == 80


def test_heat_directly_from_non_fossil_sources_counts_nought(toy: Make) -> None:
    result = toy().stream("h heat heatnet E1 direct_green", 1000).account()
    assert line(result, "heat:h:non_fossil").amount_t == 0


def test_heat_of_a_biomass_boiler_outside_counts_nought(toy: Make) -> None:
    park = toy().nodes("bio contractor").stream("w biomass market bio - heat_supply", 10)
    assert park.stream("h heat bio E1 heat_generation", 1000).account().by_category["heat"] == 0


def test_steam_counts_by_its_state_with_both_bases_shown(toy: Make) -> None:
    park = toy().commodity("st", "steam", p_mpa=Decimal("1.0"), t_c=Decimal(200)).stream("s st heatnet E1", 1000)
    result = park.account()
    h = steam.enthalpy(Decimal("1.0"), Decimal(200))
    assert result.by_category["heat"] == (1000 * h / 1000 * Decimal("0.11")).quantize(Decimal("1e-12"))
    choice = next(item for item in result.choices if item.id == "steam_enthalpy_base")
    other = choice.effect["83.74 kJ/kg (water at 20 degC, enterprise guidelines)"]["co2_t"]
    assert other == ((h - Decimal("83.74")) * Decimal("0.11")).quantize(Decimal("1e-12"))


def test_measured_state_of_the_delivery_goes_before_the_commoditys(toy: Make) -> None:
    park = toy().stream("s steam heatnet E1", 1000).property("s", "pressure", 800, "kPa")
    result = park.account()
    expected = 1000 * steam.enthalpy(Decimal("0.8")) / 1000 * Decimal("0.11")
    assert result.by_category["heat"] == expected.quantize(Decimal("1e-12"))


def test_steam_without_a_state_is_not_estimated(toy: Make) -> None:
    result = toy().stream("s steam heatnet E1", 1000).account()
    assert line(result, "heat:s").notation == "NE"
    assert result.by_category["heat"] is None


def test_sold_heat_takes_the_row_of_the_selling_node_else_the_default(toy: Make) -> None:
    park = toy().stream("h heat E1 heatnet heat_generation", 1000)
    assert park.account().by_category["heat"] == -110
    blank = park.factor("heat", "ef_co2", "0.05", "tCO2/GJ")
    assert blank.account().by_category["heat"] == -110
    row = park.factor("heat", "ef_co2", "0.07", "tCO2/GJ", applies_to="E1")
    assert row.account().by_category["heat"] == -70


def coking(toy: Make) -> Any:
    park = toy().nodes("oven process E1").stream("c coking_coal market oven - conversion_input", 1000)
    park = park.stream("k coke oven market conversion_output", 600).stream("s slag oven market conversion_output", 50)
    for code, ncv, carbon in (("coking_coal", 29, "0.0255"), ("coke", "28.4", "0.0294")):
        park = park.factor(code, "NCV", ncv, "GJ/t", status="measured")
        park = park.factor(code, "carbon_content", carbon, "tC/GJ", status="measured")
    return park


def test_conversion_counts_the_carbon_lost_between_input_and_output(toy: Make) -> None:
    # in 1000 x 29 x 0.0255 = 739.5 tC, out 600 x 28.4 x 0.0294 = 500.976 tC; 238.524 x 44/12 = 874.588 t
    assert coking(toy).account().by_category["conversion"] == Decimal("874.588")


def test_conversion_takes_off_what_went_into_stock_of_its_input(toy: Make) -> None:
    # 100 t into stock: 73.95 tC x 44/12 = 271.15 t less
    result = coking(toy).nodes("pile storage oven").stock("pile", "coking_coal", 100).account()
    assert line(result, "conversion:stock.oven.coking_coal").amount_t == Decimal("-271.15")
    assert result.by_category["conversion"] == Decimal("603.438")


def test_conversion_by_the_database_is_fully_oxidised(toy: Make) -> None:
    # 100 t coking coal x 20.934 GJ/t (raw coal, GB/T 2589) x 94.6 t/TJ = 198.03564 t
    result = toy().stream("c coking_coal market E1 - conversion_input", 100).account()
    assert result.by_category["conversion"] == Decimal("198.03564")


def test_conversion_of_own_fuel_is_final_fuel_beside_the_balance(toy: Make) -> None:
    park = coking(toy).stream("own natural_gas gasnet oven - final_fuel", 10_000)
    result = park.account()
    assert result.by_category["fuel"] == Decimal("21.8403")
    assert result.by_category["conversion"] == Decimal("874.588")


def test_gas_made_and_burned_inside_leaves_the_conversion_and_enters_the_fuel(toy: Make) -> None:
    park = coking(toy).stream("g coke_oven_gas oven E2 conversion_output final_fuel", 10_000)
    result = park.account()
    out, burned = line(result, "conversion:g"), line(result, "fuel:g")
    # 10,000 Nm3 x 18003 kJ/Nm3 x 44.4 t/TJ = 7.993332 t both times
    assert (out.amount_t, burned.amount_t) == (Decimal("-7.993332"), Decimal("7.993332"))


@pytest.mark.parametrize(
    ("product", "factor"),
    [
        ("clinker_portland", "0.535"), ("clinker_white", "0.550"), ("clinker_sulfoaluminate", "0.413"),
        ("clinker_aluminate", "0.292"), ("lime", "0.683"), ("aluminium", "1.471"),
    ],
)  # fmt: skip
def test_process_takes_the_published_factor_of_the_product(toy: Make, product: str, factor: str) -> None:
    result = toy().stream(f"p {product} E1 market process_output", 1000).account()
    assert result.by_category["process"] == 1000 * Decimal(factor)


def test_aluminium_shows_the_older_value_as_alternative(toy: Make) -> None:
    result = toy().stream("p aluminium E1 market process_output", 1000).account()
    choice = next(item for item in result.choices if item.id == "aluminium_anode")
    assert choice.effect["1.503 (guideline 2013)"]["co2_t"] == 1503


@pytest.mark.parametrize("product", ["ammonia_coal", "methanol", "crude_steel", "ferrosilicon", "calcium_carbide"])
def test_process_without_a_published_factor_is_ne_with_the_output_shown(toy: Make, product: str) -> None:
    result = toy().stream(f"p {product} E1 market process_output", 1000).account()
    item = line(result, "process:p")
    assert (item.amount_t, item.notation, item.inputs[0].amount) == (None, "NE", 1000)
    assert result.by_category["process"] is None
    assert result.status == "incomplete"


def test_process_takes_the_parks_factor_by_evidence(toy: Make) -> None:
    park = toy().stream("p crude_steel E1 market process_output", 1000)
    assert park.factor("crude_steel", "output_factor", "0.05", "tCO2/t").account().by_category["process"] == 50


def test_product_outside_the_list_counts_only_with_a_row_of_the_park(toy: Make) -> None:
    park = toy().stream("p glass E1 market process_output", 1000)
    assert park.account().lines == ()
    assert park.account().status == "complete"
    assert park.factor("glass", "output_factor", "0.2", "tCO2/t").account().by_category["process"] == 200


def test_cooling_is_named_as_not_covered(toy: Make) -> None:
    result = toy().stream("c cooling heatnet E1", 1000).account()
    found = next(finding for finding in result.findings if finding.code == "commodity_not_covered")
    assert found.params["commodity"] == "cooling"


def test_water_and_waste_are_disregarded_and_no_hole(toy: Make) -> None:
    result = toy().stream("w fresh_water market E1").stream("x slag E1 market waste").stream(GRID, 1000).account()
    assert "commodity_not_covered" not in codes(result)
    assert result.coverage["known"] == 1
