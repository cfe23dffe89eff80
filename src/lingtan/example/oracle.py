"""The account worked out a second time, by plain arithmetic on the truth: cn-zcp-2025 without the product's rooms.

Formulas and constants are those of notice 发改环资〔2025〕910号, annex 4, and of the folder's own factors.csv: fuel and
conversion by heat value, carbon content and oxidation; power 0.8325 kg CO2/kWh; heat 0.11 t CO2/GJ; clinker
0.535 t CO2/t. Coal equivalent: heat value over 29.3076 GJ/t, power 0.1229 or 0.30 kgce/kWh, heat 0.03412 t/GJ.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from lingtan.example import frame, green, papers, tables
from lingtan.example.world import World

D = Decimal
FOSSIL_POWER, BOUGHT_HEAT, CLINKER = D("0.8325") / 1000, D("0.11"), D("0.535")
CARBON_TO_CO2, COAL_GJ = D(44) / D(12), D("29.3076")
POWER_CALORIFIC, POWER_EQUIVALENT, HEAT_TCE = D("0.1229") / 1000, D("0.30") / 1000, D("0.03412")
BURNED = ("final_fuel", "heat_supply", "cogeneration", "power_generation")
OWN_NON_FOSSIL = ("EL_PV1_U01", "EL_PV2_GRID", "EL_PV3_E03")
CONVERSION = (("CL_CK_IN", 1), ("CK_OUT", -1), ("COG_OB", -1), ("COG_E07", -1), ("TAR_OUT", -1))
NON_FOSSIL_SENT = ("EL_PV2_GRID",)

#: (stream, month) -> amount [canonical unit]; None where nothing is known.
Amounts = Callable[[str, date], Decimal | None]


def factor(subject: str, parameter: str, day: date, place: str = "") -> Decimal:
    """Return a value of the folder's factors.csv on a day, volumes per Nm3."""
    for row in frame.FACTORS:
        begin, end = row[6], row[7]
        if row[:3] == (subject, parameter, place) and begin <= day.isoformat() and (not end or day.isoformat() < end):
            return D(row[3]) / (10000 if row[4].endswith("1e4 Nm3") else 1)
    raise KeyError(f"the example has no factor {subject} {parameter} on {day}")


def share(boundary: str, node: str, month: date) -> Decimal:
    """Return the boundary's share of a node in a month; members bring their children."""
    top = node
    while tables.parents()[top]:
        top = tables.parents()[top]
    if top not in frame.UNITS:
        return D(0)
    if boundary == "B-PLAN":
        return frame.OFFICE_SHARE if top == "E09" else D(1)
    return D(0) if top == "E06" and month < frame.JOINED else D(1)


def fuel_values(world: World, stream: str, month: date) -> tuple[Decimal, Decimal, Decimal]:
    """Return heat value [GJ per unit], carbon [tC/GJ] and oxidation of a stream's fuel in a month."""
    commodity = tables.streams()[stream]["commodity"]
    if stream in ("CL_K", "CL_CB"):
        values = papers.kiln_coal(world, month) if stream == "CL_K" else papers.boiler_coal(world, month.year)
        return (*values, factor("bituminous", "oxidation_rate", month))
    oxidation = D(1) if _only_converted(commodity) else factor(commodity, "oxidation_rate", month)
    return factor(commodity, "NCV", month), factor(commodity, "carbon_content", month), oxidation


def _only_converted(commodity: str) -> bool:
    return commodity in ("coking_coal", "coke", "coal_tar")


def account(
    world: World, amounts: Amounts, extra: Mapping[str, Decimal], cover: green.Cover, *, boundary: str, year: int
) -> dict[str, Any]:
    """Return CO2 by category [t] and energy [tce] of a year; ``extra`` are amounts known for the year only."""
    months = [span[0] for span in world.window.months() if span[0].year == year]
    parts = {name: D(0) for name in ("fuel", "conversion", "electricity", "heat", "process")}
    energy: dict[str, Decimal] = {}
    for month in months:
        _add_month(world, amounts, month, boundary, parts, energy)
    for stream, amount in extra.items():
        _add_burned(world, stream, amount * share(boundary, tables.streams()[stream]["target"], months[0]), months[0],
                    parts, energy)  # fmt: skip
    _add_stock(world, months, boundary, parts, energy)
    covered = sum((value for key, value in cover.covered.items() if key[1] == year), start=D(0))
    parts["electricity"] -= covered * FOSSIL_POWER
    return _result(parts, energy, covered)


def _add_month(
    world: World, amounts: Amounts, month: date, boundary: str, parts: dict[str, Decimal], energy: dict[str, Decimal]
) -> None:
    for stream, row in tables.streams().items():
        amount = amounts(stream, month)
        if not amount:
            continue
        source, target = share(boundary, row["source"], month), share(boundary, row["target"], month)
        if row["used_as"] in BURNED:
            _add_burned(world, stream, amount * target, month, parts, energy)
        if row["commodity"] in ("electricity", "heat") and source != target:
            _add_crossing(stream, amount * (target - source), month, parts, energy)
        if stream in OWN_NON_FOSSIL:
            _count(energy, "own_non_fossil_kwh", amount * source)
        if row["made_as"] == "process_output":
            parts["process"] += amount * source * CLINKER
    for stream, sign in CONVERSION:
        _add_conversion(world, stream, (amounts(stream, month) or D(0)) * sign, month, boundary, parts, energy)


def _add_burned(
    world: World, stream: str, amount: Decimal, month: date, parts: dict[str, Decimal], energy: dict[str, Decimal]
) -> None:
    heat, carbon, oxidation = fuel_values(world, stream, month)
    parts["fuel"] += amount * heat * carbon * oxidation * CARBON_TO_CO2
    _count(energy, "fuel_tce", amount * heat / COAL_GJ)


def _add_conversion(
    world: World, stream: str, amount: Decimal, month: date, boundary: str, parts: dict[str, Decimal],
    energy: dict[str, Decimal],
) -> None:  # fmt: skip
    heat, carbon, _ = fuel_values(world, stream, month)
    inside = share(boundary, "E04-CO", month)
    parts["conversion"] += amount * inside * heat * carbon * CARBON_TO_CO2
    _count(energy, "conversion_tce", amount * inside * heat / COAL_GJ)


def _add_crossing(
    stream: str, net: Decimal, month: date, parts: dict[str, Decimal], energy: dict[str, Decimal]
) -> None:
    row = tables.streams()[stream]
    if row["commodity"] == "heat":
        seller = stream == "HT_HN"
        parts["heat"] += net * (factor("heat", "ef_co2", month, "E11-HX") if seller else BOUGHT_HEAT)
        _count(energy, "heat_gj", net)
        return
    _count(energy, "power_net_kwh", net)
    _count(energy, "power_received_kwh" if net > 0 else "power_sent_kwh", abs(net))
    if row["made_as"] != "direct_green" and stream not in NON_FOSSIL_SENT:
        parts["electricity"] += net * FOSSIL_POWER


def _add_stock(
    world: World, months: list[date], boundary: str, parts: dict[str, Decimal], energy: dict[str, Decimal]
) -> None:
    """Take the rise of the coking coal's stock off what was charged."""
    end = next(span[1] for span in world.window.months() if span[0] == months[-1])
    rise = world.goods.stock("E04-CO", "coking_coal", end) - world.goods.stock("E04-CO", "coking_coal", months[0])
    _add_conversion(world, "CL_CK_IN", -papers.exact(rise, 2), months[0], boundary, parts, energy)


def _count(energy: dict[str, Decimal], term: str, amount: Decimal) -> None:
    energy[term] = energy.get(term, D(0)) + amount


def _result(parts: dict[str, Decimal], energy: dict[str, Decimal], covered: Decimal) -> dict[str, Any]:
    power = energy.get("power_net_kwh", D(0)) + energy.get("own_non_fossil_kwh", D(0))
    rest = energy.get("fuel_tce", D(0)) + energy.get("conversion_tce", D(0)) + energy.get("heat_gj", D(0)) * HEAT_TCE
    co2, equivalent = sum(parts.values(), start=D(0)), rest + power * POWER_EQUIVALENT
    without_pv = equivalent - energy.get("own_non_fossil_kwh", D(0)) * POWER_EQUIVALENT
    return {
        "co2_t": float(co2),
        "by_category": {name: float(value) for name, value in parts.items()},
        "energy_tce_calorific": float(rest + power * POWER_CALORIFIC),
        "energy_tce_equivalent": float(equivalent),
        "energy_tce_equivalent_without_own_pv": float(without_pv),
        "co2_t_per_tce": float(co2 / equivalent),
        "energy_terms": {name: float(value) for name, value in sorted(energy.items())},
        "covered_by_certificates_kwh": float(covered),
    }
