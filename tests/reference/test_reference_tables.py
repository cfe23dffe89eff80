"""The tables inside the package: closed, cited, without duplicates, unchanged since they were sealed."""

from collections import Counter
from decimal import Decimal

import pytest

from lingtan.ledger import units
from lingtan.reference import library
from lingtan.reference.identity import content_hash, row_id
from lingtan.reference.tables import check_values, table_text

LIBRARY = library()

MADE_AS = [
    "grid_supply",
    "direct_green",
    "generation",
    "heat_generation",
    "recovered_energy",
    "conversion_output",
    "process_output",
    "by_product",
    "waste",
    "waste_water",
    "emission",
    "leakage",
    "storage_out",
    "loss",
]
USED_AS = [
    "final_fuel",
    "power_generation",
    "heat_supply",
    "cogeneration",
    "conversion_input",
    "feedstock",
    "process_input",
    "own_use",
    "storage_in",
    "treatment",
    "incineration",
    "landfill",
    "flared",
    "vented",
]


def test_roles_are_the_closed_table_of_the_folder_format():
    assert [role.code for role in LIBRARY.roles.values() if role.side == "made_as"] == MADE_AS
    assert [role.code for role in LIBRARY.roles.values() if role.side == "used_as"] == USED_AS


def test_statement_kinds_are_the_five_of_the_folder_format():
    assert set(LIBRARY.statement_kinds) == {"report", "invoice", "statistics", "estimate", "confirmed_zero"}


def test_statement_kinds_rank_as_in_the_default_order_of_adoption():
    order = {rank.word: rank.rank for rank in LIBRARY.adoption}
    assert {code: kind.rank for code, kind in LIBRARY.statement_kinds.items()} == {
        code: order[code] for code in LIBRARY.statement_kinds
    }


def test_default_order_of_adoption_starts_with_main_meters_known_to_99_per_cent():
    first = LIBRARY.adoption[0]
    assert (first.word, first.rank, first.least_known) == ("main", 1, Decimal("0.99"))


def test_confirmed_zero_stands_beside_report():
    assert LIBRARY.statement_kinds["confirmed_zero"].rank == LIBRARY.statement_kinds["report"].rank


def test_default_sigmas_say_that_they_are_the_products_own():
    kinds = [kind for kind in LIBRARY.statement_kinds.values() if kind.sigma_pct]
    assert len(kinds) == 4
    assert all("product's own default" in kind.note for kind in kinds)


@pytest.mark.parametrize(
    ("code", "unit"),
    [("anthracite", "t"), ("diesel", "t"), ("natural_gas", "Nm3"), ("coke_oven_gas", "Nm3"), ("electricity", "kWh"),
     ("heat", "GJ"), ("hot_water", "GJ"), ("cooling", "GJ"), ("steam", "t"), ("hydrogen", "t"), ("fresh_water", "m3"),
     ("condensate", "t"), ("compressed_air", "Nm3"), ("clinker_portland", "t"), ("co2", "t")],
)  # fmt: skip
def test_canonical_units(code, unit):
    assert LIBRARY.commodities[code].unit == unit


def test_commodity_kinds_are_the_closed_list():
    allowed = {"fuel", "electricity", "heat", "steam", "cooling", "water", "waste", "product", "material", "pollutant",
               "gas", "other"}  # fmt: skip
    assert {commodity.kind for commodity in LIBRARY.commodities.values()} <= allowed


def test_every_fuel_says_whether_its_carbon_is_fossil():
    undecided = [c.code for c in LIBRARY.commodities.values() if c.kind == "fuel" and c.fossil is None]
    assert undecided == []


def test_lineage_starts_with_the_code_and_ends_at_a_code_without_parent():
    for commodity in LIBRARY.commodities.values():
        assert commodity.lineage[0] == commodity.code
        assert LIBRARY.commodities[commodity.lineage[-1]].parent == ""


def test_clinker_stands_as_four_codes_of_one_parent():
    kinds = [c.code for c in LIBRARY.commodities.values() if c.parent == "clinker"]
    assert kinds == ["clinker_portland", "clinker_white", "clinker_sulfoaluminate", "clinker_aluminate"]


def test_every_subject_is_a_commodity():
    assert {row.subject for row in LIBRARY.factors} <= set(LIBRARY.commodities)


def test_every_parameter_of_a_row_is_in_the_closed_table():
    assert {row.parameter for row in LIBRARY.factors} <= set(LIBRARY.parameters)


def test_every_region_of_a_row_is_in_the_table_of_regions():
    assert {row.region for row in LIBRARY.factors} <= set(LIBRARY.regions)


def test_every_set_of_a_row_is_described_and_every_described_set_has_rows():
    assert {row.set_id for row in LIBRARY.factors} == set(LIBRARY.sets)


def test_every_row_shares_a_dimension_with_an_example_unit_of_its_parameter():
    pairs = {(row.parameter, row.unit) for row in LIBRARY.factors}
    strangers = [
        (parameter, unit)
        for parameter, unit in pairs
        if not any(units.compatible(unit, example) for example in LIBRARY.parameters[parameter].units)
    ]
    assert strangers == []


def test_every_row_names_its_document_and_its_source():
    assert [row.id for row in LIBRARY.factors if not (row.document and row.source)] == []


def test_a_row_is_recalled_exactly_where_no_source_was_read():
    words = ("recalled, not found", "estimate, no source")
    without = {row.id for row in LIBRARY.factors if row.source.startswith(words)}
    # A heat value may be recalled although its coefficient was read: where the coefficient does not prove it.
    recalled = {row.id for row in LIBRARY.factors if row.status == "recalled" and row.note != "recalled"}
    assert without == recalled


def test_statuses_are_those_of_the_library():
    assert {row.status for row in LIBRARY.factors} == {"found1", "found2", "recalled"}


def test_identifiers_are_unique():
    assert [name for name, count in Counter(row.id for row in LIBRARY.factors).items() if count > 1] == []


def test_identifiers_are_built_from_the_fields():
    assert all(row.id in (row_id(row), row_id(row, with_region=True)) for row in LIBRARY.factors)


def test_no_two_rows_of_a_set_answer_the_same_question():
    asked = Counter(
        (row.set_id, row.subject, row.parameter, row.qualifier, row.region, row.data_year, row.applies_from)
        for row in LIBRARY.factors
    )
    assert [question for question, count in asked.items() if count > 1] == []


def test_content_hashes_are_those_of_the_rows():
    assert [row.id for row in LIBRARY.factors if row.content_hash != content_hash(row)] == []


def test_content_hashes_are_unique():
    assert len({row.content_hash for row in LIBRARY.factors}) == len(LIBRARY.factors)


def test_no_rows_under_share_alike_or_unclear_terms_are_shipped():
    text = "".join(table_text(f"{name}.csv") for name in ("fuels", "tce", "grid", "gwp", "process", "heat")).lower()
    for word in ("electricity maps", "electricity-maps", "odbl", "carbon footprint ltd,", "carbon_footprint"):
        assert word not in text


def test_a_note_beside_the_tables_says_what_is_left_out():
    text = table_text("README.md")
    assert "Electricity Maps" in text
    assert "share-alike" in text


def test_aliases_lead_from_commodities_to_rows_of_their_set():
    for (set_id, code), alias in LIBRARY.aliases.items():
        assert code in LIBRARY.commodities
        assert any(row.subject == alias and row.set_id == set_id for row in LIBRARY.factors)


def test_a_code_with_an_alias_has_no_row_of_its_own_in_that_set():
    own = {(row.set_id, row.subject) for row in LIBRARY.factors}
    assert own & set(LIBRARY.aliases) == set()


def test_every_province_lies_in_one_of_the_seven_grid_regions():
    provinces = [region for region in LIBRARY.regions.values() if region.kind == "province"]
    assert len(provinces) == 31
    assert {LIBRARY.regions[region.parent].kind for region in provinces} == {"grid_region"}


def test_each_grid_region_lies_in_china():
    regions = [region for region in LIBRARY.regions.values() if region.kind == "grid_region"]
    assert len(regions) == 7
    assert {region.parent for region in regions} == {"CN"}


def test_67_check_points_of_the_steam_formulation_were_read_in_a_source():
    assert sum(point["status"] == "found1" for point in check_values()) == 67


def test_table_values_stand_as_printed():
    assert '"' not in table_text("gwp.csv").split("\n")[1].split(",")[4]
    row = next(row for row in LIBRARY.factors if row.id == "GB30251_2024:electricity:equivalent_tce:2021")
    assert str(row.value) == "0.3000"


def test_the_library_is_read_once():
    assert library() is LIBRARY
