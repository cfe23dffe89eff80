"""Units as parks write them: reading, exact ratios, conversion.

A unit is ``[multiplier] symbol [label] [/ [multiplier] symbol [label]]``: ``kWh``, ``1e4 Nm3``, ``tCO2/TJ``,
``GJ/1e4 Nm3``, ``kg COD/m3``, ``kJ/(kg K)``. Symbols, spellings and labels are data (`unit_table`). Ratios are exact
fractions. Single symbols are looked up; products such as ``kg K`` go through a pint registry that holds the same table.
Nothing is converted that needs a fact: mass to energy needs a heat value, except steam whose state is known; a cubic
metre is a normal cubic metre only for gases; a tonne of carbon is no tonne of CO2.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Context, Decimal
from difflib import get_close_matches
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, cast

from lingtan.ledger import steam
from lingtan.ledger.unit_table import (
    BASES,
    DIMENSIONS,
    DOUBTFUL,
    LABELLED,
    LABELS,
    MULTIPLIERS,
    OFFSETS,
    SPELLINGS,
    SYMBOLS,
)

if TYPE_CHECKING:
    import pint

    from lingtan.reference.model import Commodity

Dims = tuple[tuple[str, int], ...]

_DIMENSION_OF = {symbol: dimension for dimension, symbols in SYMBOLS.items() for symbol in symbols}
_ORDER = {base: position for position, base in enumerate(BASES)}
_DIGITS, _WIDE = Context(prec=28), Context(prec=60)
_LONGEST = 64
_SUPERSCRIPT = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_TEN_TO_SUPERSCRIPT = re.compile(r"10([⁰¹²³⁴⁵⁶⁷⁸⁹]{1,2})")
_MULTIPLIED = re.compile(r"(?:1[eE](?P<e>\d{1,2})|10\^(?P<p>\d{1,2})|(?P<n>10{0,12}))(?:\s+|(?=[^\W\d]))(?P<rest>\S.*)")
_LABELLED = re.compile(rf"(?P<symbol>{'|'.join(LABELLED)})\s?(?P<label>{'|'.join(map(re.escape, LABELS))})")
_FACTOR_OF_PRODUCT = re.compile(r"(?P<name>[^\W\d_]+(?:_[a-z]+)?[23]?|%)(?:(?:\^|\*\*)(?P<power>-?[1-9]))?")
_COAL = ("gce", "kgce", "tce", "Mtce", "kgoe", "toe")


class UnitError(ValueError):
    """A unit that cannot be read, or a conversion that is not defined.

    ``code``: ``unknown_unit``, ``unit_mismatch``, ``label_mismatch``, ``steam_state``, ``offset_unit``,
    ``ambiguous_energy``. ``expected``, ``came``, ``near`` (close spellings) and ``todo`` are the placeholders of the
    message.
    """

    def __init__(self, code: str, expected: str, came: str, *, near: tuple[str, ...] = (), todo: str = "") -> None:
        self.code, self.expected, self.came, self.near, self.todo = code, expected, came, near, todo
        hint = f"; near: {', '.join(near)}" if near else ""
        super().__init__(f"expected {expected}; came {came!r}{hint}" + (f"; {todo}" if todo else ""))


@dataclass(frozen=True, slots=True)
class Part:
    """Numerator or denominator of a unit: ``size`` in base units, ``dims`` (base, power), ``label`` of a substance."""

    size: Fraction = Fraction(1)
    dims: Dims = ()
    label: str = ""
    symbol: str = ""


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit as read; ``below`` is None where there is no denominator."""

    written: str
    above: Part
    below: Part | None = None

    @property
    def size(self) -> Fraction:
        """Size in base units."""
        return self.above.size if self.below is None else self.above.size / self.below.size

    @property
    def dims(self) -> Dims:
        """Dimension as (base, power), in table order."""
        return self.above.dims if self.below is None else _product_of(self.above.dims, self.below.dims, power=-1)


@lru_cache(maxsize=4096)
def read(text: str) -> Unit:
    """Read a written unit.

    Raises
    ------
    UnitError
        ``unknown_unit`` with near spellings, or with advice where a spelling has two meanings.
    """
    if not text or len(text) > _LONGEST or text != text.strip():
        raise _unknown(text)
    if text.count("/") > 1:
        raise UnitError("unknown_unit", "at most one '/'", text, todo="group the denominator, e.g. kJ/(kg K)")
    above, slash, below = text.partition("/")
    try:
        return Unit(text, _part(above.strip()), _part(below.strip()) if slash else None)
    except UnitError as fault:
        if fault.came == text:
            raise
        todo = fault.todo or f"{fault.came!r} is not known"
        raise UnitError(fault.code, fault.expected, text, near=fault.near, todo=todo) from None


@lru_cache(maxsize=16_384)
def exact_ratio(unit: str, to: str, commodity: Commodity | None = None) -> Fraction:
    """Exact number of ``to`` in one ``unit``; see `ratio`."""
    source, target = read(unit), read(to)
    _check_labels(source, target)
    _check_commodity(source, target, commodity)
    if source.below is None or target.below is None:
        return _bridge(source.size / target.size, source, target, source.dims, target.dims, commodity)
    above = _bridge(
        source.above.size / target.above.size, source, target, source.above.dims, target.above.dims, commodity
    )
    below = _bridge(
        source.below.size / target.below.size, source, target, source.below.dims, target.below.dims, commodity
    )
    return above / below


@lru_cache(maxsize=16_384)
def ratio(unit: str, to: str, commodity: Commodity | None = None) -> Decimal:
    """Return how many ``to`` one ``unit`` is, to 28 digits.

    Works for amounts (``kgce`` to ``MJ``), rates (``kW`` to ``kWh/h``) and factors (``tCO2/TJ`` to ``tCO2/GJ``).
    ``commodity`` allows what only it can: tonnes of steam to energy by the state's enthalpy, m3 of a gas as Nm3.

    Raises
    ------
    UnitError
        where a unit is unknown or the conversion would need a fact that the commodity does not carry.
    """
    exact = exact_ratio(unit, to, commodity)
    return _DIGITS.divide(Decimal(exact.numerator), Decimal(exact.denominator))


def convert(amount: Decimal, unit: str, to: str, commodity: Commodity | None = None) -> Decimal:
    """Convert an amount; exact where the result has at most 28 digits. Errors as in `ratio`."""
    exact = exact_ratio(unit, to, commodity)
    if exact == 1:
        return amount
    return _DIGITS.divide(_WIDE.multiply(amount, Decimal(exact.numerator)), Decimal(exact.denominator))


def factor_value(value: Decimal, unit: str, to: str, commodity: Commodity | None = None) -> Decimal:
    """Convert the value of a factor, numerator and denominator: 56.1 ``tCO2/TJ`` is 0.0561 ``tCO2/GJ``.

    Errors as in `ratio`.
    """
    return convert(value, unit, to, commodity)


def compatible(unit: str, with_unit: str, commodity: Commodity | None = None) -> bool:
    """Tell whether ``unit`` converts to ``with_unit`` (for this commodity).

    Raises
    ------
    UnitError
        ``unknown_unit`` where one of the two cannot be read.
    """
    read(unit), read(with_unit)
    if unit == with_unit:
        return True
    try:
        exact_ratio(unit, with_unit, commodity)
    except UnitError as fault:
        return fault.code == "offset_unit" and read(unit).dims == read(with_unit).dims
    return True


def dimension(unit: str) -> str:
    """Name of what a unit measures: ``energy``, ``mass / energy``; base powers where the table has no name."""
    parsed = read(unit)
    above = _dimension_name(parsed.above.dims)
    return above if parsed.below is None else f"{above} / {_dimension_name(parsed.below.dims)}"


def temperature(value: Decimal, unit: str, to: str) -> Decimal:
    """Convert a temperature (not a difference) between ``K``, ``degC`` and ``degF``.

    Raises
    ------
    UnitError
        where a unit is no temperature or the value lies below absolute zero.
    """
    source, target = read(unit), read(to)
    if source.dims != (("K", 1),) or target.dims != (("K", 1),):
        raise UnitError("unit_mismatch", "K, degC or degF", f"{unit} to {to}")
    kelvin = (Fraction(value) + _offset(source)) * source.size
    if kelvin < 0:
        raise UnitError("unit_mismatch", "a temperature above absolute zero", f"{value} {unit}")
    result = kelvin / target.size - _offset(target)
    return _DIGITS.divide(Decimal(result.numerator), Decimal(result.denominator))


@lru_cache(maxsize=1)
def registry() -> pint.UnitRegistry[Fraction]:
    """Return a pint registry that holds exactly the symbols of the table, with exact fractions.

    It is built on first use (pint takes some tenths of a second to load).
    """
    import pint

    built: pint.UnitRegistry[Fraction] = pint.UnitRegistry(None, non_int_type=Fraction)
    built.load_definitions([f"{base} = [{base}_]" for base in BASES] + _definitions())
    return built


def _definitions() -> list[str]:
    """Write the table as pint definitions, for symbols that are names in pint's grammar."""
    lines = []
    for name, symbols in SYMBOLS.items():
        powers = " * ".join(f"{base} ** {power}" for base, power in DIMENSIONS[name].items()) or "[]"
        lines += [
            f"{symbol} = {Fraction(_size(factor))} * {powers}" if powers != "[]" else f"{symbol} = {factor}"
            for symbol, factor in symbols.items()
            if symbol.isidentifier() and symbol not in BASES and symbol not in OFFSETS
        ]
    return lines


def _part(text: str) -> Part:
    """Read a numerator or denominator."""
    text = _TEN_TO_SUPERSCRIPT.sub(lambda power: "10^" + power[1].translate(_SUPERSCRIPT), text)
    known = _atom(text)
    if known is not None:
        return known
    multiplied = _MULTIPLIED.fullmatch(text)
    if multiplied:
        power = multiplied["e"] or multiplied["p"]
        return _times(_part(multiplied["rest"]), 10 ** int(power) if power else int(multiplied["n"]))
    for word in sorted(MULTIPLIERS, key=len, reverse=True):
        rest = _atom(text.removeprefix(word)) if text.startswith(word) else None
        if rest is not None:
            return _times(rest, MULTIPLIERS[word])
    inner = text[1:-1] if text.startswith("(") and text.endswith(")") else text
    names = re.split(r"\s*[·*]\s*|\s+", re.sub(r"\*\*", "^", inner.strip()))
    if inner and (len(names) > 1 or "^" in inner):
        return _by_pint(text, names)
    return _atom(inner) or _raise_unknown(text)


def _atom(text: str) -> Part | None:
    """Look up one symbol or spelling, with its label; None where it is not known."""
    symbol = SPELLINGS.get(text, text)
    name = _DIMENSION_OF.get(symbol)
    if name is not None:
        return Part(_size(SYMBOLS[name][symbol]), _ordered(DIMENSIONS[name]), symbol=symbol)
    labelled = _LABELLED.fullmatch(text)
    if labelled:
        symbol = labelled["symbol"]
        return Part(_size(SYMBOLS["mass"][symbol]), (("kg", 1),), labelled["label"], symbol)
    return None


def _by_pint(text: str, names: list[str]) -> Part:
    """Read a product of symbols, such as ``kg K`` or ``m^2 a``, through pint."""
    powers: dict[str, int] = {}
    for name in names:
        factor = _FACTOR_OF_PRODUCT.fullmatch(name)
        known = _atom(factor["name"]) if factor else None
        if factor is None or known is None or known.label or not known.symbol.isidentifier():
            raise _unknown(text if name == text else name)
        powers[known.symbol] = powers.get(known.symbol, 0) + int(factor["power"] or 1)
    book = registry()
    size, bases = book.get_base_units(book.UnitsContainer(powers))
    dims = {base: int(str(power)) for base, power in bases._units.items()}
    return Part(cast("Fraction", size), _ordered(dims))


def _times(part: Part, factor: int) -> Part:
    """Put a multiplier on a part."""
    return Part(part.size * factor, part.dims, part.label, part.symbol)


def _bridge(
    factor: Fraction, source: Unit, target: Unit, dims: Dims, to_dims: Dims, commodity: Commodity | None
) -> Fraction:
    """Finish a ratio where the dimensions agree or the commodity makes them agree."""
    if dims == to_dims:
        return factor
    gap = _product_of(dims, to_dims, power=-1)
    if commodity is not None and is_gas(commodity) and gap in _GAS_GAPS:
        return factor
    if commodity is not None and commodity.kind == "steam" and gap in _STEAM_GAPS:
        heat = _steam_heat(commodity)
        return factor * heat if _STEAM_GAPS[gap] else factor / heat
    raise _mismatch(source, target, gap)


def is_gas(commodity: Commodity) -> bool:
    """Tell whether cubic metres of a commodity are normal ones: its canonical unit is in Nm3, or its kind is gas."""
    return commodity.kind == "gas" or any(base == "Nm3" for base, _ in read(commodity.unit).dims)


def _steam_heat(commodity: Commodity) -> Fraction:
    """Enthalpy of a steam commodity's state [J/kg]."""
    if commodity.p_mpa is None:
        todo = "set p_mpa (absolute) and t_c for it in commodities.csv, or write its amounts in the canonical unit"
        raise UnitError("steam_state", "a steam commodity with a state", commodity.code, todo=todo)
    try:
        return Fraction(steam.enthalpy(commodity.p_mpa, commodity.t_c)) * 1000
    except steam.SteamError as fault:
        raise UnitError("steam_state", "a state of steam", commodity.code, todo=str(fault)) from fault


def _check_labels(source: Unit, target: Unit) -> None:
    """Refuse to turn one substance into another and a temperature into a ratio."""
    parts = ((source.above, target.above), (source.below or Part(), target.below or Part()))
    for one, other in parts:
        if one.label and other.label and one.label != other.label:
            todo = "1 tC is 44/12 tCO2: that is a rule's work" if {one.label, other.label} == {"C", "CO2"} else ""
            raise UnitError("label_mismatch", f"an amount of {other.label}", source.written, todo=todo)
    offset = {source.above.symbol, target.above.symbol} & set(OFFSETS)
    if offset and source.written != target.written:
        todo = "degC and degF have no ratio: use K for differences"
        raise UnitError("offset_unit", target.written, source.written, todo=todo)


def _check_commodity(source: Unit, target: Unit, commodity: Commodity | None) -> None:
    """Refuse amounts of another substance than the commodity, and coal equivalents of electricity."""
    if commodity is None or source.below is not None or target.below is not None:
        return
    codes = {code.casefold() for code in (commodity.code, *commodity.lineage)}
    for label in (source.above.label, target.above.label):
        if label and label.casefold() not in codes:
            todo = f"an amount of {label} is no amount of {commodity.code}"
            raise UnitError("label_mismatch", f"an amount of {commodity.code}", source.written, todo=todo)
    coal = {source.above.symbol, target.above.symbol} & set(_COAL)
    if commodity.kind == "electricity" and coal and source.above.symbol != target.above.symbol:
        todo = "a coal equivalent of electricity may be calorific or equivalent: write kWh"
        raise UnitError("ambiguous_energy", "electricity in kWh or MWh", source.written, todo=todo)


def _mismatch(source: Unit, target: Unit, gap: Dims) -> UnitError:
    """Say why two units do not convert."""
    wanted = f"a unit of {dimension(target.written)} such as {target.written}"
    todo = ""
    if gap in _STEAM_GAPS:
        todo = "mass and energy convert by a heat value or, for steam, by its state (p_mpa, t_c): neither is known here"
    elif gap in _GAS_GAPS:
        todo = "m3 and Nm3 are the same by label only for a commodity that is a gas"
    return UnitError("unit_mismatch", wanted, source.written, todo=todo)


def _unknown(text: str) -> UnitError:
    """Say that a unit is unknown, with advice or near spellings."""
    advice = DOUBTFUL.get(text)
    if advice:
        return UnitError("unknown_unit", "a unit with one meaning", text, todo=advice)
    if re.match(r"\d", text):
        return UnitError("unknown_unit", "a power of ten before the unit, such as 1e4 Nm3", text)
    spelt = [*_DIMENSION_OF, *SPELLINGS]
    same = tuple(symbol for symbol in spelt if symbol.casefold() == text.casefold())
    near = same or tuple(get_close_matches(text[:_LONGEST], spelt, n=3, cutoff=0.6))
    return UnitError("unknown_unit", "a unit of docs/develop/units.md", text, near=near)


def _raise_unknown(text: str) -> Part:
    """Raise the error of `_unknown` inside an expression."""
    raise _unknown(text)


@lru_cache(maxsize=512)
def _size(text: str) -> Fraction:
    """Read a size of the table: a number or a quotient."""
    return Fraction(text)


def _offset(unit: Unit) -> Fraction:
    """Offset of a temperature unit, in its own degrees."""
    return Fraction(OFFSETS.get(unit.above.symbol, "0"))


def _ordered(dims: dict[str, int]) -> Dims:
    """Dimension as a tuple in table order without noughts."""
    return tuple(sorted(((base, power) for base, power in dims.items() if power), key=lambda item: _ORDER[item[0]]))


def _product_of(dims: Dims, other: Dims, *, power: int) -> Dims:
    """Dimension of ``dims`` times ``other`` to a power."""
    total = dict(dims)
    for base, count in other:
        total[base] = total.get(base, 0) + count * power
    return _ordered(total)


def _dimension_name(dims: Dims) -> str:
    """Name of a dimension, or its base powers."""
    for name, powers in DIMENSIONS.items():
        if _ordered(powers) == dims:
            return name
    return " ".join(base if power == 1 else f"{base}^{power}" for base, power in dims)


_STEAM_GAPS = {_ordered({"m": -2, "s": 2}): True, _ordered({"m": 2, "s": -2}): False}
"""Mass over energy (multiply by the enthalpy) and energy over mass (divide)."""
_GAS_GAPS = {_ordered({"m": 3, "Nm3": -1}), _ordered({"m": -3, "Nm3": 1})}
