"""Scaled integers: powers, quanta, limits."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from series_help import codes, meter, park, regular

from lingtan.series import intervals, scale


@pytest.mark.parametrize(
    ("values", "power"),
    [
        ([1, 2, 3], 0),
        ([0.1, 0.2, 0.3], 1),
        ([0.1 + 0.2, 1], 1),  # 0.30000000000000004 is 0.3 within a double's noise
        ([1.25, 2], 2),
        ([0.000001, 1], 6),
        ([123456789.123, 123456790], 3),
        ([1e12 + 0.5, 1e12 + 1], 1),
    ],
)
def test_the_power_is_the_smallest_that_makes_all_values_whole(values: list[float], power: int) -> None:
    _, quanta, findings = intervals(regular(values), park(meter()))
    assert quanta["P"] == Decimal(1).scaleb(-power)
    assert codes(findings) == []


def test_more_than_six_decimals_are_rounded_and_noted() -> None:
    found, quanta, findings = intervals(regular([0, 1 / 3]), park(meter()))
    assert (found["amount"].to_list(), quanta["P"]) == ([333_333], Decimal("0.000001"))
    assert [(f.code, f.level) for f in findings] == [("scale_limit", "note")]


def test_large_sums_with_decimals_hold_the_power_down_and_are_a_finding() -> None:
    # 3 decimals: 1e12 x 10^3 x 3,000 readings = 3e18, twice that (room for pairs) is above 2^62 = 4.6e18
    values = [1e12 + 0.125 * (i % 2) for i in range(3000)]
    _, quanta, findings = intervals(regular(values), park(meter(register="interval")))
    assert quanta["P"] == Decimal("0.01")
    assert [(f.code, f.level) for f in findings] == [("scale_limit", "finding")]


def test_sums_of_the_largest_readings_stay_inside_64_bits() -> None:
    values = [9.0e14] * 3000
    found, quanta, _ = intervals(regular(values), park(meter(register="interval")))
    assert int(found["amount"].sum()) * quanta["P"] == Decimal(900_000_000_000_000) * 3000


def test_the_common_factor_divides_every_factor() -> None:
    unit, weights, rounded = scale.common_factor([Fraction(40), Fraction(60), Fraction(1, 2)])
    assert (unit, weights[Fraction(60)], rounded) == (Fraction(1, 2), 120, False)


def test_factors_without_a_common_measure_are_rounded_and_said_so() -> None:
    factors = [Fraction(1), Fraction(10**12 + 1, 10**12)]
    unit, weights, rounded = scale.common_factor(factors)
    assert rounded
    assert all(abs(unit * weights[factor] / factor - 1) < Fraction(1, 10**5) for factor in factors)


@given(st.lists(st.fractions(min_value=Fraction(1, 50), max_value=1000, max_denominator=50), min_size=1, max_size=4))
def test_weights_times_the_unit_give_the_factors_back(factors: list[Fraction]) -> None:
    unit, weights, rounded = scale.common_factor(factors)
    assert rounded or all(unit * weights[factor] == factor for factor in factors)
