"""Look-ups: one row or a plain word; never an average, never across sets, never a silent fallback."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lingtan.reference import (
    AmbiguousFact,
    FactorRow,
    Library,
    MissingFact,
    ReferenceFault,
    candidates,
    extend,
    find,
    lag_years,
    library,
)
from lingtan.reference.lookup import index_rows
from lingtan.reference.search import find_commodities, search

LIBRARY = library()
DAY = date(2025, 6, 1)


def row(**fields):
    given_fields = {"id": "x", "subject": "coal", "parameter": "NCV", "value": Decimal(1), "unit": "GJ/t"}
    return FactorRow(**{**given_fields, "set_id": "S", "region": "CN", "status": "found1", **fields})


def of(*rows, **tables):
    return Library(factors=rows, index=index_rows(rows), parameters=LIBRARY.parameters, **tables)


def ask(source, lineage="coal", parameter="NCV", on=DAY, **words):
    return find(source, lineage, parameter, **{"set_id": "S", "region": "CN", "on": on, **words})


def test_a_row_holds_from_its_first_day():
    assert ask(of(row(applies_from=DAY))).value == 1


def test_a_row_does_not_hold_on_the_day_it_ends():
    with pytest.raises(MissingFact):
        ask(of(row(applies_until=DAY)))


def test_the_edition_of_the_day_is_taken():
    assert find(LIBRARY, "diesel", "NCV", set_id="GBT2589", region="CN", on=date(2021, 3, 31)).value == 42652
    assert find(LIBRARY, "diesel", "NCV", set_id="GBT2589", region="CN", on=date(2021, 4, 1)).value == 42705


def test_the_latest_data_year_not_after_the_day_is_taken():
    rows = [row(id=str(year), data_year=year) for year in (2021, 2023, 2022, 2026)]
    assert ask(of(*rows)).data_year == 2023


def test_without_data_up_to_the_day_the_earliest_after_it_is_taken():
    assert ask(of(row(data_year=2030), row(data_year=2027))).data_year == 2027


def test_a_later_year_takes_the_latest_grid_factor_and_tells_the_lag():
    found = find(LIBRARY, "electricity", "ef_location", set_id="CN_MEE", region="CN-32", on=date(2025, 12, 31))
    assert found.data_year == 2023
    assert lag_years(found, date(2025, 12, 31)) == 2


def test_the_year_itself_has_no_lag():
    found = find(LIBRARY, "electricity", "ef_location", set_id="CN_MEE", region="CN", on=date(2023, 7, 1))
    assert (found.value, lag_years(found, date(2023, 7, 1))) == (Decimal("0.5306"), 0)


def test_a_row_without_data_year_has_no_lag_to_tell():
    assert lag_years(row(), DAY) is None


def test_a_year_before_the_first_grid_factor_is_missing():
    with pytest.raises(MissingFact, match=r"holds from 2021-01-01"):
        find(LIBRARY, "electricity", "ef_location", set_id="CN_MEE", region="CN-32", on=date(2020, 12, 31))


def test_a_province_never_falls_back_on_its_grid_region():
    source = of(row(region="CN-EAST"))
    with pytest.raises(MissingFact, match="region CN-EAST"):
        ask(source, region="CN-32")


def test_another_set_is_named_but_never_used():
    with pytest.raises(MissingFact, match="set OTHER"):
        ask(of(row(set_id="OTHER", id="OTHER:coal")))


def test_another_qualifier_is_named_but_never_used():
    with pytest.raises(MissingFact, match="qualifier upper"):
        find(LIBRARY, "natural_gas", "calorific_tce", set_id="GBT2589", region="CN", on=DAY)


def test_a_printed_range_is_asked_for_by_its_end():
    upper = find(LIBRARY, "natural_gas", "calorific_tce", set_id="GBT2589", region="CN", on=DAY, qualifier="upper")
    assert upper.value == Decimal("1.3300")


def test_a_recalled_row_is_not_given_unasked():
    with pytest.raises(MissingFact, match="only recalled"):
        ask(of(row(status="recalled")))


def test_a_recalled_row_is_given_on_request():
    assert ask(of(row(status="recalled")), allow_recalled=True).status == "recalled"


def test_the_nearest_code_of_a_lineage_wins():
    source = of(row(subject="raw", id="raw"), row(id="own"))
    assert ask(source, ("coal", "raw")).id == "own"


def test_a_parent_answers_where_the_code_has_no_row():
    found = find(
        LIBRARY, LIBRARY.commodities["anthracite"].lineage, "calorific_tce", set_id="GBT2589", region="CN", on=DAY
    )
    assert (found.subject, found.value) == ("raw_coal", Decimal("0.7143"))


def test_lignite_has_no_parent_that_would_overstate_it():
    with pytest.raises(MissingFact):
        find(LIBRARY, LIBRARY.commodities["lignite"].lineage, "calorific_tce", set_id="GBT2589", region="CN", on=DAY)


def test_the_name_that_a_set_uses_itself_is_tried():
    found = find(LIBRARY, "diesel", "ef_co2", set_id="IPCC2006", region="GLOBAL", on=DAY)
    assert (found.subject, found.value, found.unit) == ("diesel_oil", Decimal("74100"), "kgCO2/TJ")


def test_an_alias_serves_its_own_set_only():
    with pytest.raises(MissingFact):
        ask(of(row(subject="diesel_oil"), aliases={("IPCC2006", "diesel"): "diesel_oil"}), "diesel")


def test_two_equal_rows_are_refused_with_both_named():
    with pytest.raises(AmbiguousFact, match="first, second") as caught:
        ask(of(row(id="first"), row(id="second", value=Decimal(2))))
    assert caught.value.ids == ("first", "second")


def test_the_message_says_what_was_asked_and_what_to_do():
    with pytest.raises(MissingFact) as caught:
        find(LIBRARY, "ammonia_coal", "output_factor", set_id="CN_CEMENT_2024", region="CN", on=DAY)
    message = str(caught.value)
    assert "output_factor of ammonia_coal in set CN_CEMENT_2024, region CN, on 2025-06-01" in message
    assert "factors.csv" in message
    assert caught.value.params["codes"] == ("ammonia_coal",)


def test_an_unknown_parameter_is_told_apart_from_a_missing_row():
    with pytest.raises(MissingFact, match="not in the table of parameters"):
        ask(LIBRARY, "diesel", "heat_value")


def test_rows_of_the_asked_set_are_named_first():
    with pytest.raises(MissingFact) as caught:
        find(LIBRARY, "electricity", "ef_location", set_id="EMBER", region="CN-32", on=DAY)
    assert caught.value.near[0].startswith("EMBER:")


def test_candidates_list_all_sets_for_a_range():
    values = {found.value for found in candidates(LIBRARY, "electricity", "equivalent_tce") if found.unit == "kgce/kWh"}
    assert {Decimal(text) for text in ("0.3000", "0.28078", "0.28232", "0.28498", "0.298", "0.31")} <= values


def test_candidates_of_an_unknown_subject_are_none():
    assert candidates(LIBRARY, "moonlight", "NCV") == ()


def test_a_users_set_is_looked_up_like_any_other():
    more = extend(LIBRARY, [row(set_id="MINE", subject="diesel", value=Decimal("43.1"))])
    assert find(more, "diesel", "NCV", set_id="MINE", region="CN", on=DAY).value == Decimal("43.1")


def test_a_users_rows_cannot_enter_a_set_of_the_package():
    with pytest.raises(ReferenceFault, match="CN_MEE"):
        extend(LIBRARY, [row(set_id="CN_MEE")])


YEARS = st.lists(st.integers(1990, 2060), min_size=1, max_size=8, unique=True)


@given(YEARS, st.integers(1990, 2060))
def test_the_answer_is_one_of_the_rows_and_no_other_lies_between(years, asked):
    rows = [row(id=str(year), data_year=year, value=Decimal(year)) for year in years]
    found = ask(of(*rows), on=date(asked, 1, 1))
    not_after = [year for year in years if year <= asked]
    assert found.data_year == (max(not_after) if not_after else min(years))


@given(st.permutations([2019, 2020, 2021, 2022, 2023]))
def test_the_answer_does_not_depend_on_the_order_of_rows(years):
    rows = [row(id=str(year), data_year=year) for year in years]
    assert ask(of(*rows), on=date(2022, 5, 5)).data_year == 2022


def test_search_finds_rows_by_chinese_words():
    assert {found.id for found in search(LIBRARY, "江苏 平均")} == {
        f"CN_MEE:electricity:ef_location:CN-32:{year}" for year in (2021, 2022, 2023)
    }


def test_search_finds_rows_by_english_words_without_regard_to_case():
    assert "CN_CEMENT_2024:clinker_white:output_factor:2024" in {found.id for found in search(LIBRARY, "WHITE clinker")}


def test_search_without_words_finds_nothing():
    assert search(LIBRARY, "  ") == ()


def test_commodities_are_found_by_their_other_names():
    assert [found.code for found in find_commodities(LIBRARY, "petcoke")] == ["petroleum_coke"]


def test_a_changed_value_changes_the_hash():
    from lingtan.reference.identity import content_hash

    first = LIBRARY.factors[0]
    assert content_hash(replace(first, value=first.value + 1)) != first.content_hash
    assert content_hash(replace(first, note="another note")) == first.content_hash
