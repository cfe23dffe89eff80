"""Facts about the expression grammar."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lingtan.ledger.expression import ExpressionError, parse
from lingtan.ledger.units import UnitError

NAMES = {"A", "B", "C", "P-1", "P-2", "E01.main", "M_3"}


def value(text: str, **values: Decimal | float | None) -> Decimal | None:
    return parse(text, set(values)).evaluate(values)


def code_of(text: str, names: set[str] = NAMES) -> str:
    with pytest.raises(ExpressionError) as caught:
        parse(text, names)
    return caught.value.code


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A + B * C", "14"), ("(A + B) * C", "20"), ("A - B - C", "-5"), ("A / C / C", "0.125"), ("-A + B", "1"),
        ("A - -B", "5"), ("A*-B", "-6"), ("min(A, B, C)", "2"), ("max(A,B,C) - min(A,B)", "2"), ("2e3*A", "4000"),
        ("1e+3 * A", "2000"), (".5*A", "1"), ("A-1e-3*B", "1.997"), ("[A]-[B]", "-1"), ("((A))", "2"), ("7", "7"),
        ("A-min(B, C)", "-1"), ("A\t+\nB", "5"),
    ],
)  # fmt: skip
def test_expressions_have_their_value(text: str, expected: str) -> None:
    assert parse(text, NAMES).evaluate({"A": Decimal(2), "B": Decimal(3), "C": Decimal(4)}) == Decimal(expected)


def test_names_stand_in_order_of_first_use() -> None:
    assert parse("B - A + B*2 - E01.main + M_3", NAMES).names == ("B", "A", "E01.main", "M_3")


@pytest.mark.parametrize("text", ["P-1 - P-2", "P-1-P-2", "[P-1]-[P-2]", "P-1 -P-2", "P-1- P-2"])
def test_a_minus_in_an_id_is_told_from_a_minus_sign(text: str) -> None:
    assert parse(text, NAMES).linear == {"P-1": 1, "P-2": -1}


def test_a_run_that_is_a_known_name_is_that_name() -> None:
    assert parse("P-1", {"P", "P-1"}).names == ("P-1",)


def test_a_run_with_two_readings_is_refused_with_both() -> None:
    with pytest.raises(ExpressionError, match=r"can be read as 'P - Q-R' and as 'P-Q - R'") as caught:
        parse("2 * P-Q-R", {"P", "P-Q", "Q-R", "R"})
    assert (caught.value.code, caught.value.position) == ("ambiguous_name", 5)


def test_blanks_or_brackets_end_the_doubt() -> None:
    names = {"P", "P-Q", "Q-R", "R"}
    assert parse("P-Q - R", names).names == ("P-Q", "R")
    assert parse("P - [Q-R]", names).names == ("P", "Q-R")


def test_a_number_that_is_also_a_name_is_refused() -> None:
    assert code_of("2 * 100", {"100"}) == "ambiguous_name"
    assert parse("2 * [100] + 100.0*[100]", {"100"}).linear == {"100": 102}


def test_a_name_may_be_called_like_a_function() -> None:
    assert parse("min - A", {"min", "A"}).names == ("min", "A")


@pytest.mark.parametrize(
    ("text", "code", "position"),
    [
        ("", "syntax", 1), ("A +", "syntax", 4), ("A B", "syntax", 3), ("(A", "syntax", 3), ("A)", "syntax", 2),
        ("+A", "syntax", 1), ("A ** B", "syntax", 4), ("A ? B", "syntax", 3), ("min(A B)", "syntax", 7),
        ("min()", "syntax", 5), ("[A", "syntax", 1), ("A < B", "syntax", 3), ("A + Q", "unknown_name", 5),
        ("A-Q", "unknown_name", 3), ("[Q]", "unknown_name", 2), ("min", "unknown_name", 1),
        ("abs(A)", "unknown_name", 1),
        ("0.5A", "unknown_name", 1), ("__import__('os')", "unknown_name", 1), ("A; B", "syntax", 2),
        ("1e9999", "unknown_name", 1), ("１ + A", "syntax", 1), ("A" + " + A" * 500, "too_long", 2001),
        ("(" * 51 + "A" + ")" * 51, "too_deep", 52), ("-" * 60 + "A", "too_deep", 52),
    ],
)  # fmt: skip
def test_a_fault_is_pointed_at(text: str, code: str, position: int) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(text, NAMES)
    assert (caught.value.code, caught.value.position) == (code, position)


def test_a_long_flat_sum_is_no_deep_one() -> None:
    assert parse(" + ".join(["A"] * 500), NAMES).linear == {"A": 500}


def test_fifty_levels_are_allowed() -> None:
    assert parse("(" * 50 + "A" + ")" * 50, NAMES).names == ("A",)


def test_a_long_run_of_minus_signs_is_read_in_time() -> None:
    names = {"A", "A-A"}
    assert code_of("-".join(["A"] * 900), names) == "ambiguous_name"


def test_a_missing_value_makes_the_result_missing() -> None:
    assert value("A + 0*B", A=Decimal(1), B=None) is None
    assert value("min(A, B)", A=Decimal(1), B=None) is None


def test_floats_are_taken_by_their_written_value() -> None:
    assert value("A + B", A=0.1, B=0.2) == Decimal("0.3")


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), Decimal("NaN")])
def test_what_is_no_number_is_refused(bad: Decimal | float) -> None:
    with pytest.raises(ExpressionError, match="expected a number for 'A'"):
        value("A", A=bad)


def test_an_absent_name_is_refused() -> None:
    with pytest.raises(ExpressionError, match="expected a value for 'B'"):
        parse("A + B", NAMES).evaluate({"A": Decimal(1)})


def test_division_by_nought_points_at_the_divisor() -> None:
    with pytest.raises(ExpressionError) as caught:
        value("A / (B - B)", A=1.0, B=1.0)
    assert (caught.value.code, caught.value.position) == ("division_by_zero", 6)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A - B*2", {"A": "1", "B": "-2"}), ("2*(A + B)/4 - C", {"A": "0.5", "B": "0.5", "C": "-1"}),
        ("-(A - B)", {"A": "-1", "B": "1"}), ("A - A", {"A": "0"}), ("3*2*A", {"A": "6"}), ("(A + 1) - 1", {"A": "1"}),
    ],
)  # fmt: skip
def test_a_linear_expression_tells_its_coefficients(text: str, expected: dict[str, str]) -> None:
    assert parse(text, NAMES).linear == {name: Decimal(number) for name, number in expected.items()}


@pytest.mark.parametrize("text", ["A*B", "1/A", "min(A, B)", "A + 5", "3", "A/B", "A/0"])
def test_what_is_not_linear_has_no_coefficients(text: str) -> None:
    assert parse(text, NAMES).linear is None


@pytest.mark.parametrize(
    ("text", "units", "expected"),
    [
        ("A + B", ("kWh", "度", "t"), "kWh"), ("(A - B)/C", ("kWh", "kWh", "t"), "kWh/t"),
        ("A/B", ("GJ", "GJ", "t"), "1"),
        ("A*B", ("t", "GJ/t", "t"), "GJ"), ("2*A", ("1e4 Nm3", "t", "t"), "1e4 Nm3"),
        ("A*C", ("kWh", "t", "fraction"), "kWh"),
        ("A/(B*C)", ("kWh", "t", "a"), "kWh/(t a)"), ("min(A, B)", ("t", "吨", "t"), "t"),
        ("C/A", ("kWh", "t", "1"), "1/kWh"),
        ("A + B", ("kW", "kWh/h", "t"), "kW"),
    ],
)  # fmt: skip
def test_the_unit_follows_from_the_units_of_the_names(text: str, units: tuple[str, str, str], expected: str) -> None:
    assert parse(text, NAMES).unit(dict(zip("ABC", units, strict=True))) == expected


@pytest.mark.parametrize("units", [("kWh", "t"), ("kWh", "MWh"), ("tCO2", "tC"), ("kWh", "%")])
def test_different_units_are_not_added(units: tuple[str, str]) -> None:
    with pytest.raises(UnitError, match="at character 5 of 'A \\+ B': convert to one unit before"):
        parse("A + B", NAMES).unit(dict(zip("AB", units, strict=True)))


def test_a_number_is_not_added_to_an_amount() -> None:
    with pytest.raises(UnitError):
        parse("A + 5", NAMES).unit({"A": "kWh"})


numbers = st.decimals(min_value=-1000, max_value=1000, places=3)


@given(st.lists(st.tuples(st.sampled_from(sorted(NAMES)), numbers), min_size=1, max_size=8), st.data())
def test_a_linear_expression_is_its_linear_combination(terms: list[tuple[str, Decimal]], data: st.DataObject) -> None:
    text = " + ".join(f"({factor})*{name}" for name, factor in terms)
    values = {name: data.draw(numbers) for name in NAMES}
    read = parse(text, NAMES)
    assert read.linear is not None
    combined = sum((Fraction(factor) * Fraction(values[name]) for name, factor in read.linear.items()), Fraction(0))
    result = read.evaluate(values)
    assert result is not None
    assert Fraction(result) == combined


@st.composite
def trees(draw: st.DrawFn, depth: int = 4) -> tuple[str, Fraction]:
    """An expression over A=2, B=3, C=4 with its value, built side by side."""
    kind = draw(st.sampled_from(["name", "+", "-", "*", "min", "neg"])) if depth else "name"
    if kind == "name":
        return draw(
            st.sampled_from([("A", Fraction(2)), ("B", Fraction(3)), ("C", Fraction(4)), ("0.5", Fraction(1, 2))])
        )
    one, other = draw(trees(depth=depth - 1)), draw(trees(depth=depth - 1))
    if kind == "neg":
        return f"(-{one[0]})", -one[1]
    if kind == "min":
        return f"min({one[0]}, {other[0]})", min(one[1], other[1])
    result = {"+": one[1] + other[1], "-": one[1] - other[1], "*": one[1] * other[1]}[kind]
    return f"({one[0]} {kind} {other[0]})", result


@given(trees())
def test_any_tree_has_the_value_it_was_built_with(tree: tuple[str, Fraction]) -> None:
    result = parse(tree[0], NAMES).evaluate({"A": Decimal(2), "B": Decimal(3), "C": Decimal(4)})
    assert result is not None
    assert Fraction(result) == tree[1]


@given(st.text(alphabet="AB1.-+*/() ,minax[]eP_", max_size=40))
def test_any_text_is_read_or_refused_with_a_place(text: str) -> None:
    place = 1
    try:
        parse(text, NAMES)
    except ExpressionError as fault:
        place = fault.position
    assert 1 <= place <= len(text) + 1
