"""Rules: typed, cited functions of named decimals, each giving tonnes of a substance (or of coal equivalent).

``RULES`` is the registry: name, function, arguments with their units, formula, citation. ``apply`` calls a rule by its
name; a line's ``arguments`` put through it again give the line's ``amount_t``. In a unit, ``{unit}`` stands for the
canonical unit of the commodity and ``{substance}`` for the substance of the line.

A negative ``amount`` is what is sent out or deducted: every rule is linear in it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation, getcontext, localcontext

CONTEXT = Context(prec=28, rounding=ROUND_HALF_EVEN)
"""The one context of the room: 28 digits, half-even."""
QUANTUM = Decimal("1e-12")
"""Results are kept to 1e-12 t (a microgram), so that sums over any park are exact and parts add up to totals."""
CO2_PER_C = (Decimal(44), Decimal(12))
"""Molar masses of CO2 and C [g/mol], rounded as all Chinese and IPCC accounting methods do."""
GJ_PER_TCE = Decimal("29.3076")
"""Heat of a tonne of standard coal [GJ] (GB/T 2589-2020, 3.3: 29 307.6 kJ/kg)."""
KILO = Decimal(1000)


class RuleError(ValueError):
    """A rule is not known, or its arguments are not the ones it takes."""


def _to_co2(carbon: Decimal) -> Decimal:
    return carbon * CO2_PER_C[0] / CO2_PER_C[1]


def combustion_by_heat_value(
    amount: Decimal, ncv: Decimal, *, carbon_content: Decimal, oxidation_rate: Decimal
) -> Decimal:
    """CO2 [t] of ``amount`` [unit] burned at ``ncv`` [GJ/unit], ``carbon_content`` [tC/GJ], ``oxidation_rate`` [1]."""
    return _to_co2(amount * ncv * carbon_content * oxidation_rate)


def combustion_by_carbon(amount: Decimal, carbon: Decimal, *, oxidation_rate: Decimal) -> Decimal:
    """CO2 [t] of ``amount`` [unit] burned with ``carbon`` [tC/unit] and ``oxidation_rate`` [1]."""
    return _to_co2(amount * carbon * oxidation_rate)


def combustion_by_energy_factor(amount: Decimal, ncv: Decimal, *, ef: Decimal) -> Decimal:
    """Emission [t] of ``amount`` [unit] burned at ``ncv`` [GJ/unit] with ``ef`` [t/GJ]."""
    return amount * ncv * ef


def combustion_by_mass_factor(amount: Decimal, ef: Decimal) -> Decimal:
    """Emission [t] of ``amount`` [unit] burned with ``ef`` [t/unit]."""
    return amount * ef


def carbon_balance(amount: Decimal, carbon: Decimal) -> Decimal:
    """CO2 [t] that the carbon of ``amount`` [unit] stands for, ``carbon`` [tC/unit], all of it oxidised."""
    return _to_co2(amount * carbon)


def carbon_balance_by_heat_value(amount: Decimal, ncv: Decimal, *, carbon_content: Decimal) -> Decimal:
    """CO2 [t] that the carbon of ``amount`` [unit] stands for, ``ncv`` [GJ/unit], ``carbon_content`` [tC/GJ]."""
    return _to_co2(amount * ncv * carbon_content)


def carbon_balance_by_energy_factor(amount: Decimal, ncv: Decimal, *, ef: Decimal) -> Decimal:
    """CO2 [t] that the carbon of ``amount`` [unit] stands for; ``ncv`` [GJ/unit], ``ef`` [tCO2/GJ], fully oxidised."""
    return amount * ncv * ef


def carbon_balance_by_factor(amount: Decimal, ef: Decimal) -> Decimal:
    """CO2 [t] that the carbon of ``amount`` [unit] stands for, ``ef`` [tCO2/unit] at full oxidation."""
    return amount * ef


def electricity_by_origin(amount: Decimal, ef: Decimal) -> Decimal:
    """CO2 [t] of ``amount`` [MWh] of power with ``ef`` [tCO2/MWh = kgCO2/kWh]."""
    return amount * ef


def heat_by_factor(amount: Decimal, ef: Decimal) -> Decimal:
    """CO2 [t] of ``amount`` [GJ] of heat with ``ef`` [tCO2/GJ]."""
    return amount * ef


def steam_by_state(amount: Decimal, enthalpy: Decimal, *, base: Decimal, ef: Decimal) -> Decimal:
    """CO2 [t] of ``amount`` [t] of steam: ``enthalpy`` less ``base`` [kJ/kg] times ``ef`` [tCO2/GJ]."""
    return amount * (enthalpy - base) / KILO * ef


def output_factor(amount: Decimal, ef: Decimal) -> Decimal:
    """Process emission [t] of ``amount`` [unit] of product with ``ef`` [t/unit]."""
    return amount * ef


def combustion_of_fossil_share(
    amount: Decimal, carbon: Decimal, *, fossil_fraction: Decimal, oxidation_rate: Decimal
) -> Decimal:
    """Fossil CO2 [t] of ``amount`` [unit] of mixed fuel or waste burned, ``carbon`` [tC/unit], both rates [1]."""
    return _to_co2(amount * carbon * fossil_fraction * oxidation_rate)


def carbonate_decomposition(amount: Decimal, purity: Decimal, *, ef: Decimal, conversion_rate: Decimal) -> Decimal:
    """CO2 [t] of ``amount`` [unit] of carbonate of ``purity`` [1], ``ef`` [tCO2/unit pure], ``conversion_rate`` [1]."""
    return amount * purity * ef * conversion_rate


def leakage_by_rate(amount: Decimal, rate: Decimal) -> Decimal:
    """Emission [t] of the share ``rate`` [1] that escapes of ``amount`` [t] of a substance charged or moved."""
    return amount * rate


def coal_equivalent_by_heat_value(amount: Decimal, ncv: Decimal) -> Decimal:
    """Coal equivalent [tce] of ``amount`` [unit] at a measured ``ncv`` [GJ/unit]."""
    return amount * ncv / GJ_PER_TCE


def coal_equivalent_by_factor(amount: Decimal, coefficient: Decimal) -> Decimal:
    """Coal equivalent [tce] of ``amount`` [unit] with ``coefficient`` [tce/unit]."""
    return amount * coefficient


def coal_equivalent_of_power(amount: Decimal, coefficient: Decimal) -> Decimal:
    """Coal equivalent [tce] of ``amount`` [MWh] of power with ``coefficient`` [tce/MWh = kgce/kWh]."""
    return amount * coefficient


def coal_equivalent_of_heat(amount: Decimal, coefficient: Decimal) -> Decimal:
    """Coal equivalent [tce] of ``amount`` [GJ] of heat with ``coefficient`` [tce/GJ]."""
    return amount * coefficient


def coal_equivalent_of_steam(amount: Decimal, enthalpy: Decimal, *, base: Decimal, coefficient: Decimal) -> Decimal:
    """Coal equivalent [tce] of ``amount`` [t] of steam; ``enthalpy``, ``base`` [kJ/kg], ``coefficient`` [tce/GJ]."""
    return amount * (enthalpy - base) / KILO * coefficient


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of the registry.

    ``arguments`` maps each argument to its unit; ``amount`` always comes first. ``result`` is the unit of the result.
    ``formula`` says in words of the arguments what the function does. ``citation`` names the standard and clause.
    """

    name: str
    function: Callable[..., Decimal]
    arguments: Mapping[str, str]
    formula: str
    citation: str
    result: str = "t{substance}"


_U, _TCE = "{unit}", "tce"
_EF_UNIT, _EF_GJ, _EF_CO2_UNIT, _EF_CO2_GJ = "t{substance}/{unit}", "t{substance}/GJ", "tCO2/{unit}", "tCO2/GJ"
_STANDARD_FUEL = "GB/T 32150-2015, 5.2.2 (combustion by carbon content); IPCC 2006, vol. 2, ch. 2, eq. 2.1"
_ANNEX = "发改环资〔2025〕910号 annex 4"
_MASS = "IPCC 2006, vol. 3, ch. 1 and 4 (carbon balance); " + _ANNEX + ", E_conversion"
_COAL = "GB/T 2589-2020, clauses 3.3 and 4, annex A"


def _rule(
    function: Callable[..., Decimal], arguments: Mapping[str, str], formula: str, citation: str, result: str = ""
) -> tuple[str, Rule]:
    name = function.__name__
    return name, Rule(name, function, arguments, formula, citation, result or "t{substance}")


RULES: Mapping[str, Rule] = dict(
    (
        _rule(
            combustion_by_heat_value,
            {"amount": _U, "ncv": "GJ/{unit}", "carbon_content": "tC/GJ", "oxidation_rate": "fraction"},
            "amount × ncv × carbon_content × oxidation_rate × 44/12",
            _STANDARD_FUEL,
        ),
        _rule(
            combustion_by_carbon,
            {"amount": _U, "carbon": "tC/{unit}", "oxidation_rate": "fraction"},
            "amount × carbon × oxidation_rate × 44/12",
            _STANDARD_FUEL,
        ),
        _rule(
            combustion_by_energy_factor,
            {"amount": _U, "ncv": "GJ/{unit}", "ef": _EF_GJ},
            "amount × ncv × ef",
            "IPCC 2006, vol. 2, ch. 2, eq. 2.1; " + _ANNEX + ", E_fuel",
        ),
        _rule(combustion_by_mass_factor, {"amount": _U, "ef": _EF_UNIT}, "amount × ef", _ANNEX + ", E_fuel"),
        _rule(carbon_balance, {"amount": _U, "carbon": "tC/{unit}"}, "amount × carbon × 44/12", _MASS),
        _rule(
            carbon_balance_by_heat_value,
            {"amount": _U, "ncv": "GJ/{unit}", "carbon_content": "tC/GJ"},
            "amount × ncv × carbon_content × 44/12",
            _MASS,
        ),
        _rule(
            carbon_balance_by_energy_factor,
            {"amount": _U, "ncv": "GJ/{unit}", "ef": _EF_CO2_GJ},
            "amount × ncv × ef",
            _MASS,
        ),
        _rule(carbon_balance_by_factor, {"amount": _U, "ef": _EF_CO2_UNIT}, "amount × ef", _MASS),
        _rule(
            electricity_by_origin,
            {"amount": "MWh", "ef": "t{substance}/MWh"},
            "amount × ef",
            _ANNEX + ", E_indirect; GHG Protocol Scope 2 Guidance (2015), ch. 6",
        ),
        _rule(
            heat_by_factor,
            {"amount": "GJ", "ef": _EF_GJ},
            "amount × ef",
            _ANNEX + ", E_indirect; GB/T 32150-2015, 5.2.4",
        ),
        _rule(
            steam_by_state,
            {"amount": "t", "enthalpy": "kJ/kg", "base": "kJ/kg", "ef": _EF_GJ},
            "amount × (enthalpy − base) / 1000 × ef",
            "IAPWS R7-97(2012) for the enthalpy; " + _ANNEX + ", E_indirect",
        ),
        _rule(output_factor, {"amount": _U, "ef": _EF_UNIT}, "amount × ef", _ANNEX + ", E_process"),
        _rule(
            combustion_of_fossil_share,
            {"amount": _U, "carbon": "tC/{unit}", "fossil_fraction": "fraction", "oxidation_rate": "fraction"},
            "amount × carbon × fossil_fraction × oxidation_rate × 44/12",
            "IPCC 2006, vol. 5, ch. 5, eq. 5.1 and 5.2 (fossil carbon in waste)",
        ),
        _rule(
            carbonate_decomposition,
            {"amount": _U, "purity": "fraction", "ef": _EF_CO2_UNIT, "conversion_rate": "fraction"},
            "amount × purity × ef × conversion_rate",
            "IPCC 2006, vol. 3, ch. 2 (carbonates by input); GB/T 32150-2015, 5.2.3",
        ),
        _rule(
            leakage_by_rate,
            {"amount": "t", "rate": "fraction"},
            "amount × rate",
            "IPCC 2006, vol. 3, ch. 7 (share of a charge that escapes)",
        ),
        _rule(
            coal_equivalent_by_heat_value,
            {"amount": _U, "ncv": "GJ/{unit}"},
            "amount × ncv / 29.3076",
            _COAL,
            _TCE,
        ),
        _rule(
            coal_equivalent_by_factor, {"amount": _U, "coefficient": "tce/{unit}"}, "amount × coefficient", _COAL, _TCE
        ),
        _rule(
            coal_equivalent_of_power, {"amount": "MWh", "coefficient": "tce/MWh"}, "amount × coefficient", _COAL, _TCE
        ),
        _rule(coal_equivalent_of_heat, {"amount": "GJ", "coefficient": "tce/GJ"}, "amount × coefficient", _COAL, _TCE),
        _rule(
            coal_equivalent_of_steam,
            {"amount": "t", "enthalpy": "kJ/kg", "base": "kJ/kg", "coefficient": "tce/GJ"},
            "amount × (enthalpy − base) / 1000 × coefficient",
            _COAL + "; IAPWS R7-97(2012)",
            _TCE,
        ),
    )
)


def apply(rule: str, arguments: Mapping[str, Decimal]) -> Decimal:
    """Apply a rule to its named arguments and keep the result to 1e-12 t.

    Raises
    ------
    RuleError : the rule is not known or the arguments are not exactly the ones it takes.
    """
    known = RULES.get(rule)
    if known is None:
        raise RuleError(f"Expected one of the rules {', '.join(RULES)}; came {rule!r}.")
    if arguments.keys() != known.arguments.keys():
        raise RuleError(
            f"Expected the arguments {', '.join(known.arguments)} for {rule}; came {', '.join(arguments) or 'none'}."
        )
    here = getcontext()
    if here.prec == CONTEXT.prec and here.rounding == CONTEXT.rounding:
        return kept(known.function(**arguments))
    with localcontext(CONTEXT):
        return kept(known.function(**arguments))


def kept(value: Decimal) -> Decimal:
    """Return ``value`` to 1e-12; a value too large for that in 28 digits stays as it is."""
    try:
        return CONTEXT.quantize(value, QUANTUM)
    except InvalidOperation:
        return value
