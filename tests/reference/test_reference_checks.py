"""Figures proved by a second way: arithmetic, molar masses, mixtures."""

from datetime import date
from decimal import Decimal

import pytest

from lingtan.reference import find, library

LIBRARY = library()
ROWS = LIBRARY.factors
KJ_PER_KGCE = Decimal("29307.6")  # 7000 kcal x 4.1868 kJ
CO2_PER_C = Decimal(44) / Decimal(12)
DAY = date(2025, 12, 31)


def by(parameter, set_id):
    return {
        (row.subject, row.qualifier, row.applies_from): row
        for row in ROWS
        if row.parameter == parameter and row.set_id == set_id
    }


def pairs(first, second, set_id):
    one, two = by(first, set_id), by(second, set_id)
    return [pytest.param(one[key], two[key], id=":".join(map(str, key))) for key in one if key in two]


@pytest.mark.parametrize(("heat", "coal"), pairs("NCV", "calorific_tce", "GBT2589"))
def test_coal_equivalent_is_heat_value_over_29307_6(heat, coal):
    assert abs(heat.value / KJ_PER_KGCE / coal.value - 1) < Decimal("0.005")


def test_electricity_is_3600_kj_over_29307_6():  # 0.12283, printed upwards as 0.1229
    found = find(LIBRARY, "electricity", "calorific_tce", set_id="GBT2589", region="CN", on=DAY)
    assert abs(Decimal(3600) / KJ_PER_KGCE / found.value - 1) < Decimal("0.001")


def test_heat_is_one_megajoule_over_29_3076():
    found = find(LIBRARY, "heat", "calorific_tce", set_id="GBT2589", region="CN", on=DAY)
    assert round(1 / Decimal("29.3076"), 5) == found.value


def ipcc_fuels():
    factors = {row.subject: row for row in ROWS if row.set_id == "IPCC2006" and row.parameter == "ef_co2"}
    contents = {row.subject: row for row in ROWS if row.set_id == "IPCC2006" and row.parameter == "carbon_content"}
    return [pytest.param(contents[code], factors[code], id=code) for code in factors if code in contents]


def test_the_ipcc_set_has_54_fuels():
    assert len(ipcc_fuels()) == 54


@pytest.mark.parametrize(("carbon", "factor"), ipcc_fuels())
def test_ipcc_carbon_content_times_44_over_12_is_the_co2_factor(carbon, factor):
    # kgC/GJ x 44/12 x 1000 = kgCO2/TJ; printed carbon contents are rounded to one decimal.
    assert abs(carbon.value * CO2_PER_C * 1000 / factor.value - 1) < Decimal("0.006")


def guide_fuels():
    sets = {}
    for row in ROWS:
        if row.set_id == "CN_GUIDE" and row.parameter in ("NCV", "carbon_content", "oxidation_rate", "ef_co2"):
            sets.setdefault(row.subject, {})[row.parameter] = row.value
    return [pytest.param(values, id=code) for code, values in sets.items() if len(values) == 4 and code != "heat"]


def test_the_guideline_set_has_27_fuels():
    assert len(guide_fuels()) == 27


@pytest.mark.parametrize("fuel", guide_fuels())
def test_guideline_factor_is_heat_times_carbon_times_oxidation(fuel):
    product = fuel["NCV"] * fuel["carbon_content"] * fuel["oxidation_rate"] * CO2_PER_C
    assert abs(product / fuel["ef_co2"] - 1) < Decimal("0.0005")


@pytest.mark.parametrize(
    ("subject", "heat", "unit"),
    [("coke", "28.435", "tCO2/t"), ("crude_oil", "41.816", "tCO2/t"), ("gasoline", "43.07", "tCO2/t"),
     ("kerosene", "43.07", "tCO2/t"), ("diesel", "42.652", "tCO2/t"), ("fuel_oil", "41.816", "tCO2/t"),
     ("lpg", "50.179", "tCO2/t"), ("natural_gas", "389.31", "tCO2/1e4 Nm3")],
)  # fmt: skip
def test_derived_rows_of_the_database_are_factor_times_the_heat_value_they_name(subject, heat, unit):
    asked = {"set_id": "CN_NCSC", "region": "CN", "on": DAY}
    per_heat = find(LIBRARY, subject, "ef_co2", **asked)
    per_amount = find(LIBRARY, subject, "ef_co2", **asked, qualifier="derived")
    assert per_amount.unit == unit
    assert abs(per_heat.value * Decimal(heat) / 1000 - per_amount.value) < Decimal("0.0001")


MOLAR = {"C": 12.011, "O": 15.999, "Ca": 40.078, "Mg": 24.305, "Fe": 55.845, "Mn": 54.938, "Na": 22.990}
CARBONATES = {
    "calcite": {"Ca": 1, "C": 1, "O": 3},
    "magnesite": {"Mg": 1, "C": 1, "O": 3},
    "dolomite": {"Ca": 1, "Mg": 1, "C": 2, "O": 6},
    "siderite": {"Fe": 1, "C": 1, "O": 3},
    "rhodochrosite": {"Mn": 1, "C": 1, "O": 3},
    "soda_ash": {"Na": 2, "C": 1, "O": 3},
}


@pytest.mark.parametrize("mineral", CARBONATES)
def test_carbonate_factor_is_the_share_of_co2_in_the_molar_mass(mineral):
    formula = CARBONATES[mineral]
    mass = sum(MOLAR[element] * count for element, count in formula.items())
    share = formula["C"] * (MOLAR["C"] + 2 * MOLAR["O"]) / mass
    found = find(LIBRARY, mineral, "input_factor", set_id="IPCC2006", region="GLOBAL", on=DAY)
    assert float(found.value) == pytest.approx(share, rel=1e-3)


def test_the_range_of_ankerite_is_kept_as_its_two_ends():
    ends = {row.qualifier: str(row.value) for row in ROWS if row.subject == "ankerite"}
    assert ends == {"lower": "0.40822", "upper": "0.47572"}


BLENDS = {
    "r404a": {"hfc125": 44, "hfc143a": 52, "hfc134a": 4},
    "r407c": {"hfc32": 23, "hfc125": 25, "hfc134a": 52},
    "r407f": {"hfc32": 30, "hfc125": 30, "hfc134a": 40},
    "r410a": {"hfc32": 50, "hfc125": 50},
    "r507a": {"hfc125": 50, "hfc143a": 50},
}


@pytest.mark.parametrize("blend", BLENDS)
@pytest.mark.parametrize("report", ["AR4", "AR5", "AR6"])
def test_a_blend_warms_like_its_parts(blend, report):
    def gwp(gas):
        return find(LIBRARY, gas, "gwp", set_id=report, region="GLOBAL", on=DAY).value

    mixed = sum(gwp(gas) * share for gas, share in BLENDS[blend].items()) / 100
    assert abs(gwp(blend) - mixed) <= Decimal("0.1")


@pytest.mark.parametrize(("set_id", "carbon"), [("CN_ALUMINIUM_2013", "0.42"), ("CN_ALUMINIUM_2024", "0.411")])
def test_aluminium_factor_is_anode_carbon_less_sulphur_and_ash(set_id, carbon):
    # 0.42 x (1 - 0.02 - 0.004) x 44/12 = 1.503; 0.411 x 0.976 x 44/12 = 1.4708
    asked = {"set_id": set_id, "region": "CN", "on": DAY}
    assert str(find(LIBRARY, "aluminium", "anode_consumption", **asked).value) == carbon
    derived = Decimal(carbon) * (1 - Decimal("0.02") - Decimal("0.004")) * CO2_PER_C
    assert abs(derived - find(LIBRARY, "aluminium", "output_factor", **asked).value) < Decimal("0.0005")


@pytest.mark.parametrize("gas", sorted({row.subject for row in ROWS if row.parameter == "gwp"}))
def test_warming_potentials_are_at_least_one(gas):
    assert all(row.value >= 1 for row in ROWS if row.subject == gas and row.parameter == "gwp")


@pytest.mark.parametrize("report", ["SAR", "TAR", "AR4", "AR5", "AR5_FB", "AR6"])
def test_co2_is_one_in_every_report(report):
    assert find(LIBRARY, "co2", "gwp", set_id=report, region="GLOBAL", on=DAY).value == 1


def test_shares_lie_between_zero_and_one():
    parameters = {"oxidation_rate", "purity", "conversion_rate"}
    assert all(0 < row.value <= 1 for row in ROWS if row.parameter in parameters)


@pytest.mark.parametrize("region", ["CN-NORTH", "CN-NORTHEAST", "CN-EAST", "CN-CENTRAL", "CN-NORTHWEST", "CN-SOUTH"])
@pytest.mark.parametrize("year", [2022, 2023])
def test_a_grid_region_lies_between_its_provinces(region, year):
    def average(code):
        return find(LIBRARY, "electricity", "ef_location", set_id="CN_MEE", region=code, on=date(year, 1, 1)).value

    provinces = [average(code) for code, row in LIBRARY.regions.items() if row.parent == region]
    assert min(provinces) <= average(region) <= max(provinces)
