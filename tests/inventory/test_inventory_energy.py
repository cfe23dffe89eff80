"""The energy total in tce by both conventions, term by term, and the choices about it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from lingtan.reference import library

Make = Callable[..., Any]


def both(result: Any) -> tuple[Decimal, Decimal]:
    return result.totals["energy_tce_calorific"], result.totals["energy_tce_equivalent"]


def choice(result: Any, name: str) -> Any:
    return next(item for item in result.choices if item.id == name)


def test_power_counts_by_calorific_and_by_equivalent_value(toy: Make) -> None:
    # 1000 MWh: 122.9 and 300 tce
    assert both(toy().stream("el electricity grid E1 grid_supply", 1_000_000).account()) == (
        Decimal("122.9"),
        Decimal(300),
    )


def test_heat_counts_at_34_12_kgce_per_gj_and_sold_heat_leaves(toy: Make) -> None:
    park = toy().stream("h heat heatnet E1", 1000)
    assert both(park.account()) == (Decimal("34.12"), Decimal("34.12"))
    sold = park.stream("s heat E1 heatnet heat_generation", 400)
    assert both(sold.account())[0] == Decimal("20.472")
    kept = choice(sold.account(), "heat_in_denominator").effect["sold heat stays in"]
    assert kept["energy_tce_calorific"] == Decimal("34.12")


def test_measured_heat_value_goes_before_own_row_before_library(toy: Make) -> None:
    park = toy().stream("d diesel market E1 - final_fuel", 100)
    assert both(park.account())[0] == Decimal("145.71")
    own = park.factor("diesel", "calorific_tce", "1.46", "kgce/kg")
    assert both(own.account())[0] == 146
    # 100 t x 42.5 / 29.3076
    assert float(both(own.property("d", "NCV", "42.5", "GJ/t").account())[0]) == pytest.approx(4250 / 29.3076)


def test_conversion_loss_is_input_less_output_less_stock(toy: Make) -> None:
    park = toy().stream("c coking_coal market E1 - conversion_input", 1000)
    park = park.stream("k coke E1 market conversion_output", 600)
    # 1000 x 0.7143 - 600 x 0.9714 = 131.46
    assert both(park.account())[0] == Decimal("131.46")
    # 100 t into stock: 71.43 less
    assert both(park.stock("E1", "coking_coal", 100).account())[0] == Decimal("60.03")


def test_own_sun_enters_less_what_is_sent_out(toy: Make) -> None:
    park = toy().nodes("pv generator E1").stream("p electricity pv E1 generation", 800_000)
    park = park.stream("s electricity pv grid generation", 200_000)
    # made 1000 MWh, sent 200 MWh: 800 MWh consumed = 98.32 and 240 tce
    result = park.account()
    assert both(result) == (Decimal("98.32"), Decimal(240))
    assert choice(result, "own_pv_in_denominator").effect["out"]["energy_tce_equivalent"] == 0
    assert result.status == "unverified"


def test_direct_green_power_enters_at_the_equivalent_value(toy: Make) -> None:
    assert both(toy().stream("g electricity wind E1 direct_green", 1_000_000).account()) == (
        Decimal("122.9"),
        Decimal(300),
    )


def test_power_made_of_fuel_is_not_counted_beside_the_fuel(toy: Make) -> None:
    park = toy().nodes("chp generator E1").stream("g natural_gas gasnet chp - cogeneration", 10_000)
    result = park.stream("p electricity chp E1 generation", 40_000).account()
    assert [item.term for item in result.energy] == ["fuel"]


def test_gas_without_a_heat_value_shows_both_ends_of_the_range(toy: Make) -> None:
    result = toy().stream("g natural_gas gasnet E1 - final_fuel", 10_000).account()
    assert both(result)[0] == Decimal("13.3")
    assert choice(result, "gas_calorific_default").effect["lower"]["energy_tce_calorific"] == 11
    assert result.status == "unverified"


def test_equivalent_value_keeps_its_range_until_a_measured_row_settles_it(toy: Make) -> None:
    park = toy().stream("el electricity grid E1 grid_supply", 1_000_000)
    own = park.factor("electricity", "equivalent_tce", "0.2843", "kgce/kWh", applies_from=date(2025, 1, 1)).account()
    assert both(own)[1] == Decimal("284.3")
    assert own.status == "unverified"
    assert len(choice(own, "electricity_equivalent").alternatives) == 6
    settled = park.factor("electricity", "equivalent_tce", "0.2843", "kgce/kWh", status="measured").account()
    assert both(settled)[1] == Decimal("284.3")
    assert choice(settled, "electricity_equivalent").alternatives == ()
    assert settled.status == "complete"


def test_every_candidate_of_the_library_is_an_alternative_of_the_choice(toy: Make) -> None:
    park = toy().stream("el electricity grid E1 grid_supply", 1_000_000)
    rows = [row for row in library().factors if (row.subject, row.parameter) == ("electricity", "equivalent_tce")]
    in_use = [row for row in rows if row.unit == "kgce/kWh"]
    found = choice(park.account(), "electricity_equivalent")
    assert 1 + len(found.alternatives) == len([row for row in in_use if row.status != "recalled"])
    asked = choice(park.account(allow_recalled=True), "electricity_equivalent")
    assert 1 + len(asked.alternatives) == len(in_use)


def test_core_indicator_and_its_range_follow_the_equivalent_value(toy: Make) -> None:
    result = toy().stream("el electricity grid E1 grid_supply", 1_000_000).account()
    assert result.totals["co2_t_per_tce"] == Decimal("832.5") / 300
    effect = choice(result, "electricity_equivalent").effect["0.31 (Shandong, DB37/T 2672-2019)"]
    assert effect["co2_t_per_tce"] == Decimal("832.5") / 310


def test_core_indicator_is_unknown_without_energy(toy: Make) -> None:
    assert toy().account().totals["co2_t_per_tce"] is None


def test_energy_without_a_coal_equivalent_is_a_finding_and_not_nought(toy: Make) -> None:
    result = toy().stream("w biomass market E1 - final_fuel", 100).account()
    assert result.energy[0].tce_calorific is None
    assert {finding.code for finding in result.findings} >= {"coal_equivalent_missing"}
    assert result.status == "incomplete"


def test_feedstock_enters_when_chosen(toy: Make) -> None:
    park = toy().stream("n naphtha market E1 - feedstock", 100).factor("naphtha", "calorific_tce", "1.4", "tce/t")
    assert both(park.account())[0] == 0
    assert both(park.account(chosen={"feedstock_in_denominator": "in"}))[0] == 140


def test_small_park_has_no_national_band(toy: Make) -> None:
    small = toy().stream("el electricity grid E1 grid_supply", 1_000_000).account()
    assert "no_national_band" in {finding.code for finding in small.findings}
    large = toy().stream("el electricity grid E1 grid_supply", 1_000_000_000).account()
    assert "no_national_band" not in {finding.code for finding in large.findings}


def test_recovered_energy_can_be_left_out_of_both_totals(toy: Make) -> None:
    park = toy().stream("b blast_furnace_gas E1 E2 recovered_energy power_generation", 1_000_000)
    result = park.account()
    effect = choice(result, "recovered_energy").effect["left out"]
    # 1e6 Nm3 x 0.1286 kgce/Nm3 = 128.6 tce, 978.1728 t
    assert (result.totals["co2_t"], both(result)[0]) == (Decimal("978.1728"), Decimal("128.6"))
    assert (effect["co2_t"], effect["energy_tce_calorific"]) == (0, 0)
