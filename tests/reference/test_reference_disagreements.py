"""Where sources disagree, both figures are kept apart by their sets and the right one comes back for each.

Numbers in comments: sections of the research pages `reference-data` (3) and `reference-data-2` (6).
"""

from datetime import date
from decimal import Decimal

import pytest

from lingtan.reference import MissingFact, find, lag_years, library

LIBRARY = library()
DAY = date(2025, 12, 31)


def value(subject, parameter, set_id, region="CN", on=DAY, **words):
    return find(LIBRARY, subject, parameter, set_id=set_id, region=region, on=on, **words).value


CASES = [
    # 3.1, 6.2: carbon content and heat values of two guidelines
    ("bituminous", "carbon_content", "CN_GUIDE", "0.02618"),
    ("bituminous", "carbon_content", "CN_CEMENT", "0.02308"),
    ("anthracite", "NCV", "CN_GUIDE", "24.515"),
    ("anthracite", "NCV", "CN_CEMENT", "22.867"),
    ("lignite", "NCV", "CN_GUIDE", "14.449"),
    ("lignite", "NCV", "CN_CEMENT", "14.759"),
    ("converter_gas", "NCV", "CN_GUIDE", "79.54"),
    ("converter_gas", "NCV", "CN_CEMENT", "84.0"),
    ("blast_furnace_gas", "NCV", "CN_GUIDE", "37.69"),
    ("blast_furnace_gas", "NCV", "CN_CEMENT", "33.0"),
    # 3.2: coke-oven gas
    ("coke_oven_gas", "carbon_content", "CN_GUIDE", "0.0136"),
    ("coke_oven_gas", "carbon_content", "CN_CEMENT", "0.0121"),
    # 3.3: LNG and LPG
    ("lng", "NCV", "CN_GUIDE", "41.868"),
    ("lng", "carbon_content", "CN_GUIDE", "0.0153"),
    ("lng", "NCV", "CN_CEMENT", "51.498"),
    ("lng", "carbon_content", "CN_CEMENT", "0.0172"),
    ("lpg", "NCV", "CN_GUIDE", "47.31"),
    ("lpg", "NCV", "CN_CEMENT", "50.179"),
    # 3.4: fresh water and nitrogen as energy media
    ("fresh_water", "equivalent_tce", "GBT2589", "0.2571"),
    ("fresh_water", "equivalent_tce", "GB30251_2024", "0.15"),
    ("nitrogen", "equivalent_tce", "TCISA416_2024", "0.0169"),
    ("nitrogen", "equivalent_tce", "GB30251_2024", "0.15"),
    # 3.5: electricity by heat value and by primary energy
    ("electricity", "calorific_tce", "GBT2589", "0.1229"),
    ("electricity", "equivalent_tce", "GB30251_2024", "0.3000"),
    # 3.6: the three national electricity factors; the notice keeps 2022
    ("electricity", "ef_location", "CN_MEE", "0.5306"),
    ("electricity", "ef_untraded", "CN_MEE", "0.6096"),
    ("electricity", "ef_fossil", "CN_MEE", "0.8273"),
    ("electricity", "ef_fossil", "CN_ZCP", "0.8325"),
    # 3.10: lime and clinker of Chinese documents
    ("clinker", "output_factor", "CN_GUIDE", "0.5383"),
    ("clinker_portland", "output_factor", "CN_CEMENT_2024", "0.535"),
    ("clinker_white", "output_factor", "CN_CEMENT_2024", "0.550"),
    ("clinker_sulfoaluminate", "output_factor", "CN_CEMENT_2024", "0.413"),
    ("clinker_aluminate", "output_factor", "CN_CEMENT_2024", "0.292"),
    ("lime", "output_factor", "CN_PROV", "0.683"),
    # second pass, 4: two guidelines of aluminium
    ("aluminium", "output_factor", "CN_ALUMINIUM_2013", "1.503"),
    ("aluminium", "output_factor", "CN_ALUMINIUM_2024", "1.471"),
    # 6.3: natural gas of the national database
    ("natural_gas", "ef_co2", "CN_NCSC", "56.1"),
]


@pytest.mark.parametrize(("subject", "parameter", "set_id", "expected"), CASES)
def test_each_set_gives_its_own_figure(subject, parameter, set_id, expected):
    assert value(subject, parameter, set_id) == Decimal(expected)


def test_fresh_water_of_2008_ends_with_its_edition():  # 3.4
    assert value("fresh_water", "equivalent_tce", "GBT2589", on=date(2021, 3, 31)) == Decimal("0.0857")


def test_fresh_water_of_the_petrochemical_standard_is_02143_in_coal():  # 3.4: 0.15 kgoe x 41.868 / 29.3076
    printed = value("fresh_water", "equivalent_tce", "GB30251_2024")
    assert round(printed * Decimal("41.868") / Decimal("29.3076"), 4) == Decimal("0.2143")


def test_nitrogen_of_the_general_rules_is_asked_for_by_its_making():  # 3.4
    assert value("nitrogen", "equivalent_tce", "GBT2589", qualifier="main_product") == Decimal("0.6714")
    with pytest.raises(MissingFact, match="by_product"):
        value("nitrogen", "equivalent_tce", "GBT2589")


def test_equivalent_electricity_of_the_two_readings_of_one_annex_agree():  # 3.5, 6.1: 0.21 kgoe = 0.300 kgce
    printed = value("electricity", "equivalent_tce", "GB30251_2024", qualifier="as_printed")
    assert round(printed * Decimal("41.868") / Decimal("29.3076"), 3) == Decimal("0.300")


def test_equivalent_is_about_two_and_a_half_times_calorific_electricity():  # 3.5: 0.3000 / 0.1229 = 2.441
    ratio = value("electricity", "equivalent_tce", "GB30251_2024") / value("electricity", "calorific_tce", "GBT2589")
    assert round(ratio, 2) == Decimal("2.44")


def test_the_supply_coal_rate_is_never_an_equivalent_value():
    rates = [row for row in LIBRARY.factors if row.parameter == "coal_rate_supply"]
    assert len(rates) == 9
    assert {row.set_id for row in rates} == {"CN_NEA"}
    with pytest.raises(MissingFact):
        value("electricity", "equivalent_tce", "CN_NEA")


@pytest.mark.parametrize(
    ("set_id", "region", "qualifier", "expected"),
    [("DB31T552_2017", "CN-31", "", "0.28232"), ("JS_PUBLIC_BUILDINGS_2024", "CN-32", "", "0.298"),
     ("DB37T2672_2019", "CN-37", "", "0.31"), ("CN_PROVINCE_TOOL_2025", "CN", "unnamed_province", "0.28498")],
)  # fmt: skip
def test_each_local_equivalent_value_keeps_its_region(set_id, region, qualifier, expected):
    found = value("electricity", "equivalent_tce", set_id, region=region, qualifier=qualifier)
    assert str(found) == expected


def test_the_shanghai_value_of_2026_does_not_hold_in_2025():
    assert (
        str(value("electricity", "equivalent_tce", "DB31T783_2026", region="CN-31", on=date(2026, 1, 1))) == "0.28078"
    )
    with pytest.raises(MissingFact):
        value("electricity", "equivalent_tce", "DB31T783_2026", region="CN-31")


@pytest.mark.parametrize(("year", "expected"), [(2021, "0.2872"), (2024, "0.2838"), (2025, "0.2843")])
def test_estimates_of_the_equivalent_value_are_recalled_and_hold_for_their_year(year, expected):
    day = date(year, 6, 30)
    with pytest.raises(MissingFact, match="only recalled"):
        value("electricity", "equivalent_tce", "CN_EQUIVALENT_ESTIMATE", on=day)
    assert (
        str(value("electricity", "equivalent_tce", "CN_EQUIVALENT_ESTIMATE", on=day, allow_recalled=True)) == expected
    )


def test_the_notice_keeps_the_fossil_factor_of_2022_and_the_lag_is_told():  # 3.6
    found = find(LIBRARY, "electricity", "ef_fossil", set_id="CN_ZCP", region="CN", on=DAY)
    assert (found.data_year, lag_years(found, DAY)) == (2022, 3)


def test_the_average_without_traded_power_of_2022_is_recalled():  # 3.6
    day = date(2022, 12, 31)
    with pytest.raises(MissingFact, match="only recalled"):
        value("electricity", "ef_untraded", "CN_MEE", on=day)
    assert str(value("electricity", "ef_untraded", "CN_MEE", on=day, allow_recalled=True)) == "0.5856"


def test_tibet_has_no_value_of_its_own():  # 3.7: 0.2268 and 0.2472 are the south-west region
    with pytest.raises(MissingFact, match="qualifier proxy"):
        value("electricity", "ef_location", "CN_MEE", region="CN-54")
    assert str(value("electricity", "ef_location", "CN_MEE", region="CN-SOUTHWEST")) == "0.2472"
    assert str(value("electricity", "ef_location", "CN_MEE", region="CN-SOUTHWEST", on=date(2022, 1, 1))) == "0.2268"


@pytest.mark.parametrize(("region", "low", "high"), [("LA", "0.23", "0.56"), ("ET", "0.02", "0.00")])
def test_country_grids_differ_by_scope_and_stay_apart(region, low, high):  # 3.8
    average = value("electricity", "ef_location", "EMBER", region=region, qualifier="lifecycle")
    margin = value("electricity", "ef_combined_margin", "IFI_2021", region=region)
    assert (f"{average:.2f}", f"{margin:.2f}") == (low, high)


def test_a_lifecycle_average_is_never_given_as_a_plain_grid_average():  # 3.8
    with pytest.raises(MissingFact, match="lifecycle"):
        value("electricity", "ef_location", "EMBER", region="UZ")


def test_a_project_margin_is_no_grid_average():  # 3.18
    with pytest.raises(MissingFact):
        value("electricity", "ef_location", "CN_MEE_BASELINE", region="CN-EAST")
    assert str(value("electricity", "ef_operating_margin", "CN_MEE_BASELINE", region="CN-EAST")) == "0.7921"


def test_the_six_grids_of_2012_do_not_mix_with_the_seven_of_2021():  # 3.18
    assert str(value("electricity", "ef_location", "CN_NDRC", region="CN-EAST", on=date(2012, 1, 1))) == "0.7035"
    with pytest.raises(MissingFact):
        value("electricity", "ef_location", "CN_MEE", region="CN-EAST", on=date(2012, 1, 1))


@pytest.mark.parametrize(
    ("gas", "expected", "other"),
    [("sf6", "25200", "24300"), ("hfc134", "1260", "1300"), ("hfc161", "4.84", "4.68"), ("cc4f8", "10200", "3500")],
)
def test_warming_potentials_follow_the_report_and_name_the_other_figure(gas, expected, other):  # 3.9
    found = find(LIBRARY, gas, "gwp", set_id="AR6", region="GLOBAL", on=DAY)
    assert str(found.value) == expected
    assert other in found.note


def test_methane_of_five_reports_is_kept_apart():  # second pass, 5
    sets = ("SAR", "TAR", "AR4", "AR5", "AR5_FB", "AR6")
    assert [str(value("ch4", "gwp", name, region="GLOBAL")) for name in sets] == ["21", "23", "25", "28", "34", "27.9"]


def test_nf3_of_ar5_is_not_the_figure_of_ar4():  # second pass, 5: one code labels 17200 as AR5
    assert value("nf3", "gwp", "AR5", region="GLOBAL") == 16100
    assert value("nf3", "gwp", "AR4", region="GLOBAL") == 17200


def test_soda_ash_keeps_the_printed_figure_and_notes_the_molar_mass():  # 3.10
    found = find(LIBRARY, "soda_ash", "input_factor", set_id="IPCC2006", region="GLOBAL", on=DAY)
    assert str(found.value) == "0.41492"
    assert "0.41523" in found.note


@pytest.mark.parametrize(("subject", "expected"), [("clinker", "0.52"), ("lime", "0.75")])
def test_ipcc_process_figures_stand_in_their_own_set(subject, expected):  # 3.10
    assert str(value(subject, "output_factor", "IPCC2006", region="GLOBAL")) == expected


def test_dolomite_as_flux_is_recalled_beside_the_pure_mineral():  # 3.10
    assert str(value("dolomite", "input_factor", "IPCC2006", region="GLOBAL")) == "0.47732"
    flux = {"qualifier": "flux", "allow_recalled": True}
    assert str(value("dolomite", "input_factor", "CN_GUIDE", **flux)) == "0.471"


def test_overwritten_ammonia_figures_of_the_export_are_not_shipped():  # 3.11: 29.7, 30.2, 36.0 GJ/t in t/t fields
    rows = [row for row in LIBRARY.factors if row.subject.startswith("ammonia") and row.parameter == "output_factor"]
    assert {str(row.value) for row in rows if row.status != "recalled"} == {"1.694"}
    assert max(row.value for row in rows) < 4


def test_converter_steel_of_the_database_holds_fuel_and_is_no_plain_process_factor():  # 6.4
    with pytest.raises(MissingFact, match="includes_fuel"):
        value("crude_steel_converter", "output_factor", "CN_NCSC")


def test_limestone_of_aluminium_works_stays_with_them():  # 6.4
    assert str(value("limestone", "input_factor", "CN_ALUMINIUM_2013", qualifier="calcined")) == "0.405"


def test_coal_for_power_follows_the_edition_of_the_database():  # second pass, 4
    assert str(value("coal_for_power", "ef_co2", "CN_NCSC")) == "96.9"
    assert str(value("coal_for_power", "ef_co2", "CN_NCSC", on=date(2026, 1, 1))) == "96.2"


def test_coal_oxidation_of_the_power_guideline_is_recalled():  # 6.6
    with pytest.raises(MissingFact, match="only recalled"):
        value("coal_unmeasured", "oxidation_rate", "CN_ETS_POWER")


@pytest.mark.parametrize(
    "subject",
    ["ammonia_coal", "methanol_coal", "calcium_carbide", "industrial_silicon", "crude_steel", "ferrosilicon"],
)
def test_process_factors_that_were_not_found_are_missing_in_every_chinese_set(subject):
    for name, of_set in LIBRARY.sets.items():
        if of_set.kind == "gwp" or name == "IPCC2006":
            continue
        with pytest.raises(MissingFact):
            value(subject, "output_factor", name)
