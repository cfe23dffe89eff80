"""Rules against hand-computed values, and their common laws."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lingtan.inventory import RuleError, rules

VALUES = {
    name: Decimal(value)
    for name, value in {
        "ncv": "24.515", "carbon_content": "0.02749", "oxidation_rate": "0.94", "carbon": "0.6", "ef": "0.11",
        "purity": "0.95", "fossil_fraction": "0.6", "conversion_rate": "0.9", "rate": "0.015",
        "enthalpy": "2828", "base": "83.74", "coefficient": "0.1229",
    }.items()
}  # fmt: skip
AMOUNTS = st.decimals(min_value=-(10**9), max_value=10**9, places=3)


def arguments(name: str, amount: Decimal) -> dict[str, Decimal]:
    return {"amount": amount} | {key: VALUES[key] for key in rules.RULES[name].arguments if key != "amount"}


def test_anthracite_by_the_guidelines_defaults_gives_their_derived_factor() -> None:
    # 24.515 GJ/t x 0.02749 tC/GJ x 0.94 x 44/12 = 2.3228 t/t (derived row of CN_GUIDE)
    got = rules.apply("combustion_by_heat_value", arguments("combustion_by_heat_value", Decimal(1)))
    assert round(got, 4) == Decimal("2.3228")


def test_carbon_balance_oxidises_everything() -> None:
    # 900 t x 0.7395 tC/t x 44/12 = 2440.35 t
    assert rules.apply("carbon_balance", {"amount": Decimal(900), "carbon": Decimal("0.7395")}) == Decimal("2440.35")


def test_power_in_mwh_times_the_factor_in_t_per_mwh() -> None:
    assert rules.apply("electricity_by_origin", {"amount": Decimal(1000), "ef": Decimal("0.8325")}) == Decimal("832.5")


def test_steam_counts_the_enthalpy_above_the_base() -> None:
    # 1000 t x (2828 - 83.74) kJ/kg / 1000 x 0.11 = 301.8686 t
    values = {"amount": Decimal(1000), "enthalpy": Decimal(2828), "base": Decimal("83.74"), "ef": Decimal("0.11")}
    assert rules.apply("steam_by_state", values) == Decimal("301.8686")


def test_a_tonne_of_standard_coal_is_one_tce() -> None:
    assert rules.apply("coal_equivalent_by_heat_value", {"amount": Decimal(1), "ncv": Decimal("29.3076")}) == 1


def test_an_unknown_rule_is_refused_with_those_there_are() -> None:
    with pytest.raises(RuleError, match=r"combustion_by_heat_value.*came 'magic'"):
        rules.apply("magic", {})


def test_missing_arguments_are_refused_by_name() -> None:
    with pytest.raises(RuleError, match="Expected the arguments amount, ef for output_factor; came amount"):
        rules.apply("output_factor", {"amount": Decimal(1)})


@pytest.mark.parametrize("name", sorted(rules.RULES))
def test_every_rule_is_cited_and_takes_its_amount_first(name: str) -> None:
    rule = rules.RULES[name]
    assert rule.citation
    assert next(iter(rule.arguments)) == "amount"
    assert rule.formula.startswith("amount × ")
    assert rule.function.__doc__


@pytest.mark.parametrize("name", sorted(rules.RULES))
def test_the_formula_in_words_is_what_the_function_does(name: str) -> None:
    rule = rules.RULES[name]
    values = arguments(name, Decimal(7))
    text = rule.formula.replace("×", "*").replace("−", "-")
    # A second way: the words of the formula, computed in floating point.
    by_words = eval(text, {"__builtins__": {}}, {key: float(value) for key, value in values.items()})
    assert float(rules.apply(name, values)) == pytest.approx(by_words, rel=1e-12)


@pytest.mark.parametrize("name", sorted(rules.RULES))
@given(amount=AMOUNTS, times=st.integers(min_value=-9, max_value=9))
def test_every_rule_is_linear_in_its_amount(name: str, amount: Decimal, times: int) -> None:
    once, often = (rules.apply(name, arguments(name, value)) for value in (amount, amount * times))
    assert abs(often - once * times) <= Decimal("1e-11")


def test_a_huge_amount_is_kept_whole_and_not_refused() -> None:
    assert rules.apply("output_factor", {"amount": Decimal("1e30"), "ef": Decimal(2)}) == Decimal("2e30")
