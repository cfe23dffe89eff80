"""Facts about units: reading, ratios, refusals; pint as the second way."""

from __future__ import annotations

import csv
from decimal import Decimal
from fractions import Fraction
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lingtan.ledger import unit_table, units
from lingtan.ledger.units import UnitError, convert, factor_value, ratio
from lingtan.reference.model import Commodity

GAS = Commodity("natural_gas", "fuel", "Nm3")
COAL = Commodity("anthracite", "fuel", "t")
WATER = Commodity("tap_water", "water", "m3")
POWER = Commodity("electricity", "electricity", "kWh")
HEAT = Commodity("heat", "heat", "GJ")
CO2 = Commodity("co2", "gas", "t", lineage=("co2",))
STEAM = Commodity("steam_1MPa", "steam", "t", p_mpa=Decimal("1.0"), t_c=None, lineage=("steam_1MPa", "steam"))


def code_of(unit: str, to: str, commodity: Commodity | None = None) -> str:
    with pytest.raises(UnitError) as caught:
        ratio(unit, to, commodity)
    return caught.value.code


@pytest.mark.parametrize(
    ("unit", "to", "expected"),
    [
        ("kgce", "MJ", "29.3076"),  # GB/T 2589-2020
        ("tce", "GJ", "29.3076"),
        ("kgoe", "MJ", "41.868"),
        ("kcal", "kJ", "4.1868"),
        ("1e4 kWh", "kWh", "10000"),
        ("1e4 Nm3", "Nm3", "10000"),
        ("1e4 m3", "m3", "10000"),
        ("10^4 m3", "m3", "10000"),
        ("10⁴ m3", "m3", "10000"),
        ("10000 m3", "m3", "10000"),
        ("1E4kWh", "MWh", "10"),
        ("万kWh", "kWh", "10000"),
        ("万千瓦时", "MWh", "10"),
        ("亿千瓦时", "TWh", "0.1"),
        ("万立方米", "m3", "10000"),
        ("万标准立方米", "Nm3", "10000"),
        ("度", "kWh", "1"),
        ("吨", "kg", "1000"),
        ("百万千焦", "GJ", "1"),
        ("吨标准煤", "kgce", "1000"),
        ("万吨标准煤", "tce", "10000"),
        ("万元", "CNY", "10000"),
        ("kWh", "MJ", "3.6"),
        ("MWh", "kWh", "1000"),
        ("TJ", "GJ", "1000"),
        ("lb", "kg", "0.45359237"),
        ("MMBtu", "GJ", "1.05505585262"),
        ("Gg", "t", "1000"),
        ("t/h", "kg/h", "1000"),
        ("kW", "kWh/h", "1"),
        ("m3/h", "L/s", "0.2777777777777777777777777778"),
        ("%", "fraction", "0.01"),
        ("percent", "%", "1"),
        ("kvarh", "varh", "1000"),
        ("tCO2", "kgCO2", "1000"),
        ("tC", "kgC", "1000"),
        ("tCO2", "t", "1"),
        ("kg COD/m3", "mg/L", "1000"),
        ("tCO2/TJ", "tCO2/GJ", "0.001"),
        ("TJ/Gg", "GJ/t", "1"),
        ("kgce/kWh", "tce/1e4 kWh", "10"),
        ("kg/TJ", "tCO2/GJ", "0.000001"),
        ("kJ/(kg K)", "MJ/(t K)", "1"),
        ("W h", "kWh", "0.001"),
        ("kg m^2 s^-2", "J", "1"),
        ("bar", "MPa", "0.1"),
        ("L/100 km", "m3/km", "0.00001"),
    ],
)
def test_a_ratio_is_exact(unit: str, to: str, expected: str) -> None:
    assert ratio(unit, to) == Decimal(expected)


def test_a_factor_converts_above_and_below_the_line() -> None:
    assert factor_value(Decimal("56.1"), "tCO2/TJ", "tCO2/GJ") == Decimal("0.0561")
    assert factor_value(Decimal("389.31"), "GJ/1e4 Nm3", "GJ/Nm3") == Decimal("0.038931")
    assert factor_value(Decimal("0.8325"), "kgCO2/kWh", "tCO2/MWh") == Decimal("0.8325")


def test_an_amount_in_its_own_unit_comes_back_untouched() -> None:
    amount = Decimal("1.2345678901234567890123456789012345")
    assert convert(amount, "kWh", "kWh") is amount


def test_a_cubic_metre_of_a_gas_is_a_normal_cubic_metre_by_label() -> None:
    assert convert(Decimal(3), "1e4 m3", "Nm3", GAS) == 30_000
    assert factor_value(Decimal("1.33"), "kgce/m3", "kgce/Nm3", GAS) == Decimal("1.33")


def test_without_a_gas_cubic_metres_are_no_normal_cubic_metres() -> None:
    assert code_of("m3", "Nm3") == "unit_mismatch"
    assert code_of("Nm3", "m3", WATER) == "unit_mismatch"


def test_steam_converts_to_energy_by_its_state() -> None:
    # h'' at 1.0 MPa is 2777.119538 kJ/kg (IAPWS-IF97): 2 t carry 5.554239076 GJ.
    assert convert(Decimal(2), "t", "GJ", STEAM) == Decimal("5.554239076")
    assert abs(convert(Decimal("5.554239076"), "GJ", "t", STEAM) - 2) < Decimal("1e-26")


def test_rates_and_factors_of_steam_convert_too() -> None:
    assert ratio("t/h", "GJ/h", STEAM) == Decimal("2.777119538")
    # 0.11 t/GJ x 2.777119538 GJ/t
    assert factor_value(Decimal("0.11"), "tCO2/GJ", "tCO2/t", STEAM) == Decimal("0.30548314918")


def test_steam_without_a_state_is_not_converted() -> None:
    assert code_of("t", "GJ", Commodity("steam", "steam", "t")) == "steam_state"


def test_steam_whose_state_is_liquid_is_not_converted() -> None:
    liquid = Commodity("wet", "steam", "t", p_mpa=Decimal(1), t_c=Decimal(100))
    assert code_of("t", "GJ", liquid) == "steam_state"


def test_mass_and_energy_of_a_fuel_are_not_mixed() -> None:
    with pytest.raises(UnitError, match="mass and energy convert by a heat value"):
        ratio("t", "GJ", COAL)


@pytest.mark.parametrize(
    ("unit", "to"), [("kvarh", "kWh"), ("kVA", "kW"), ("kWh", "t"), ("a", "h"), ("CNY", "EUR"), ("kWh/t", "kWh/m3")]
)
def test_different_dimensions_are_refused(unit: str, to: str) -> None:
    assert code_of(unit, to) == "unit_mismatch"


def test_a_tonne_of_carbon_is_no_tonne_of_co2() -> None:
    with pytest.raises(UnitError, match="44/12"):
        ratio("tC", "tCO2")


def test_co2_equivalents_are_no_co2() -> None:
    assert code_of("kgCO2e/kWh", "kgCO2/kWh") == "label_mismatch"


def test_an_amount_of_a_commodity_is_not_given_in_another_substance() -> None:
    assert code_of("tC", "t", CO2) == "label_mismatch"
    assert code_of("tCO2", "t", COAL) == "label_mismatch"
    assert convert(Decimal(5), "kgCO2", "t", CO2) == Decimal("0.005")


def test_coal_equivalents_of_electricity_are_ambiguous() -> None:
    assert code_of("tce", "kWh", POWER) == "ambiguous_energy"
    assert convert(Decimal(1), "tce", "GJ", HEAT) == Decimal("29.3076")


def test_a_unit_per_unit_of_other_things_is_not_their_quotient() -> None:
    # kgce/kWh and t/t are both dimensionless, yet no coal equivalent is a mass share.
    assert code_of("kgce/kWh", "t/t") == "unit_mismatch"


def test_a_wrong_case_is_refused_with_the_right_one() -> None:
    with pytest.raises(UnitError) as caught:
        units.read("KWH")
    assert caught.value.near == ("kWh",)


@pytest.mark.parametrize("text", ["ton", "MT", "Sm3", "MPaG", "方"])
def test_a_spelling_with_two_meanings_is_refused_with_advice(text: str) -> None:
    with pytest.raises(UnitError, match="with one meaning"):
        units.read(text)


def test_the_advice_is_kept_where_the_doubt_is_below_the_line() -> None:
    with pytest.raises(UnitError, match=r"came 'lb/ton'; write t \(1000 kg\) or short_ton"):
        units.read("lb/ton")


@pytest.mark.parametrize(
    "text",
    [
        "", " kWh", "kWh ", "xyz", "1e4", "104 Nm3", "1.5 t", "kWh//t", "kWh/t/a", "/t", "kWh/", "t clinker",
        "__import__('os')", "t**9**9", "kWh" * 50, "m^99", "kg kgCO2", "(kg", "%%",
    ],
)  # fmt: skip
def test_what_is_no_unit_is_refused(text: str) -> None:
    with pytest.raises(UnitError) as caught:
        units.read(text)
    assert caught.value.code == "unknown_unit"


def test_a_lost_superscript_is_named() -> None:
    with pytest.raises(UnitError, match="a power of ten before the unit"):
        units.read("104 Nm3")


def test_degrees_have_no_ratio() -> None:
    assert code_of("degC", "K") == "offset_unit"


def test_temperatures_convert_with_their_offset() -> None:
    assert units.temperature(Decimal(20), "degC", "K") == Decimal("293.15")
    assert units.temperature(Decimal(212), "degF", "degC") == 100
    with pytest.raises(UnitError, match="absolute zero"):
        units.temperature(Decimal(-300), "degC", "K")


def test_compatible_tells_without_raising() -> None:
    assert units.compatible("GJ", "kWh")
    assert units.compatible("degC", "K")
    assert units.compatible("m3", "Nm3", GAS)
    assert not units.compatible("t", "kWh")
    with pytest.raises(UnitError):
        units.compatible("frobs", "kWh")


def test_the_dimension_has_a_name() -> None:
    assert units.dimension("tce") == "energy"
    assert units.dimension("tCO2/1e4 kWh") == "mass / energy"
    assert units.dimension("kg K") == "kg K"


def test_every_unit_of_the_library_can_be_read() -> None:
    tables = [entry for entry in files("lingtan.reference").joinpath("data").iterdir() if entry.name.endswith(".csv")]
    for table in tables:
        for row in csv.DictReader(table.read_text(encoding="utf-8").splitlines()):
            for text in f"{row.get('unit') or ''};{row.get('units') or ''}".split(";"):
                assert not text or units.read(text)


def test_everything_that_may_be_written_stands_in_the_page() -> None:
    page = (Path(__file__).parents[2] / "docs" / "develop" / "units.md").read_text(encoding="utf-8")
    symbols = {symbol for table in unit_table.SYMBOLS.values() for symbol in table}
    for word in {*symbols, *unit_table.SPELLINGS, *unit_table.DOUBTFUL, *unit_table.LABELS, *unit_table.MULTIPLIERS}:
        assert f"`{word}`" in page, word


def test_every_spelling_and_doubt_is_in_order() -> None:
    symbols = {symbol for table in unit_table.SYMBOLS.values() for symbol in table}
    assert set(unit_table.SPELLINGS.values()) <= symbols
    assert not set(unit_table.SPELLINGS) & symbols
    assert not set(unit_table.DOUBTFUL) & (symbols | set(unit_table.SPELLINGS))
    assert set(unit_table.SYMBOLS) <= set(unit_table.DIMENSIONS)


SYMBOLS = sorted(
    symbol
    for name, table in unit_table.SYMBOLS.items()
    for symbol in table
    if unit_table.DIMENSIONS[name] and symbol not in unit_table.OFFSETS
)


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_pint_gives_the_same_size_and_dimension(symbol: str) -> None:
    book = units.registry()
    size, bases = book.get_base_units(symbol)
    read = units.read(symbol)
    assert Fraction(str(size)) == read.size
    assert {base: Fraction(str(power)) for base, power in bases._units.items()} == dict(read.dims)


def test_pint_gives_the_same_factor() -> None:
    book = units.registry()
    factor = book.Quantity(Fraction(561, 10), "t / TJ").to("t / GJ")
    assert factor.magnitude == Fraction(561, 10_000)


@given(
    st.decimals(min_value=-(10**12), max_value=10**12, places=6),
    st.sampled_from([("kgce", "kWh"), ("1e4 kWh", "tce"), ("lb", "t"), ("kcal", "MMBtu"), ("t", "GJ"), ("m3", "Nm3")]),
)
def test_there_and_back_is_where_it_began(amount: Decimal, pair: tuple[str, str]) -> None:
    commodity = {"GJ": STEAM, "Nm3": GAS}.get(pair[1])
    back = convert(convert(amount, *pair, commodity), pair[1], pair[0], commodity)
    assert abs(back - amount) <= abs(amount) * Decimal("1e-26")


@given(st.sampled_from(["kWh", "GJ", "kgce", "kcal", "TJ", "1e4 kWh", "MMBtu"]),
       st.sampled_from(["kWh", "GJ", "kgce", "kcal", "TJ", "1e4 kWh", "MMBtu"]),
       st.sampled_from(["kWh", "GJ", "kgce", "kcal", "TJ", "1e4 kWh", "MMBtu"]))  # fmt: skip
def test_ratios_multiply_along_a_way(one: str, two: str, three: str) -> None:
    assert units.exact_ratio(one, two) * units.exact_ratio(two, three) == units.exact_ratio(one, three)


def test_the_example_of_the_page_runs() -> None:
    page = (Path(__file__).parents[2] / "docs" / "develop" / "units.md").read_text(encoding="utf-8")
    code = page.split("```python\n")[1].split("```")[0]
    exec(compile(code, "units.md", "exec"), {})
