"""Gas, steam, heat and water of the example by quarter-hour, in whole base units; the CHP's energy balances."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lingtan.example import tables
from lingtan.example.grid import QUARTERS, Floats, Ints, Window, draw, noise, quantise
from lingtan.example.power import demand, part
from lingtan.example.shapes import shape

#: Lower heat value of the town's gas [GJ/Nm3] and enthalpies of steam, feed water and condensate [GJ/t].
GAS_GJ = 0.03589
STEAM_GJ, FEED_GJ, CONDENSATE_GJ = 2.828, 0.437, 0.335
#: Efficiencies [-] of the turbine (power, heat), the boilers and the heat exchanger; steam lost in the network.
TURBINE_EL, TURBINE_HEAT, GAS_BOILER, COAL_BOILER, EXCHANGER = 0.345, 0.43, 0.92, 0.86, 0.985
STEAM_LOSS = 0.03
#: Highest steam output of the coal boiler [t/h] and the least that the gas boilers keep running at [t/h].
COAL_BOILER_T_H, GAS_BOILER_FLOOR_T_H = 36.0, 1.2
#: Charge of the coke ovens [t/day] and their gas [Nm3/t]; share of the gas burned under the ovens.
CHARGE_T_DAY, GAS_PER_T, OVEN_SHARE = 400.0, 320.0, 0.45


def build(window: Window, power: Mapping[str, Ints], *, seed: int) -> dict[str, Ints]:
    """Return all quarter-hour flows other than electricity, by stream [base units]."""
    flows: dict[str, Ints] = {}
    for stream, row in tables.streams().items():
        if row["model"] == "medium":
            scale = 10.0 ** tables.decimals_of(row["commodity"])
            step = tables.meter_classes()[row["meter"]].step
            flows[stream] = quantise(scale * demand(window, stream, seed=seed), step)
    flows |= _heat(window, power, flows, seed=seed)
    flows |= _coke_gas(window, seed=seed)
    for stream, row in tables.streams().items():
        if row["model"] == "follow" and stream != "WW_E09":
            flows[stream] = part(window, flows[row["shape"]], stream, seed=seed)
    flows["WW_E09"] = _point_rate_amounts(office_rate(window, flows["WA_E09"], seed=seed))
    flows |= _treated(flows)
    return flows


def coking_charge(window: Window, *, seed: int) -> Floats:
    """Return the coal charged into the ovens by day [t]."""
    wander = draw(seed, "charge").normal(0.0, 0.03, window.days)
    result: Floats = CHARGE_T_DAY * (1.0 + wander)
    return result


def _coke_gas(window: Window, *, seed: int) -> dict[str, Ints]:
    made = np.repeat(coking_charge(window, seed=seed) * GAS_PER_T / QUARTERS, QUARTERS)
    made = made * noise(draw(seed, "coke gas"), window.steps, 0.02)
    ovens = quantise(10.0 * OVEN_SHARE * made, 1)
    return {"COG_OB": ovens, "COG_E07": quantise(10.0 * made, 1) - ovens}


def _heat(window: Window, power: Mapping[str, Ints], flows: Mapping[str, Ints], *, seed: int) -> dict[str, Ints]:
    """Return the energy centre: turbine and boilers cover the steam of the users, the exchanger and the network."""
    made_gj = (power["EL_GT_U01"] + power["EL_GT_GRID"]) / 10.0 * 0.0036
    efficiency = TURBINE_EL * noise(draw(seed, "turbine efficiency"), window.steps, 0.01)
    turbine_gas = quantise(10.0 * made_gj / efficiency / GAS_GJ, 1)
    rise = STEAM_GJ - FEED_GJ
    turbine_steam = quantise(100.0 * turbine_gas / 10.0 * GAS_GJ * TURBINE_HEAT / rise, 1)
    town = 100.0 * _town_heat(window, seed=seed)
    exchanger_steam = quantise(town / EXCHANGER / (STEAM_GJ - CONDENSATE_GJ), 1)
    users = sum((flows[stream] for stream in ("ST_E02", "ST_E03", "ST_E04", "ST_E05")), start=exchanger_steam)
    wanted = users / (1.0 - STEAM_LOSS) - turbine_steam
    floor = 100.0 * GAS_BOILER_FLOOR_T_H / 4.0
    coal = np.clip(wanted - floor, 0.0, 100.0 * COAL_BOILER_T_H / 4.0 * noise(draw(seed, "boiler"), window.steps, 0.02))
    coal_steam = quantise(coal, 1)
    gas_steam = quantise(np.maximum(wanted - coal_steam, floor), 1)
    boiler_gas = quantise(10.0 * gas_steam / 100.0 * rise / GAS_BOILER / GAS_GJ, 1)
    return {
        "GAS_GT": turbine_gas,
        "GAS_GB": boiler_gas,
        "ST_GT": turbine_steam,
        "ST_CB": coal_steam,
        "ST_GB": gas_steam,
        "ST_HX": exchanger_steam,
        "HT_HN": quantise(exchanger_steam * (STEAM_GJ - CONDENSATE_GJ) * EXCHANGER, 1),
    }


def _town_heat(window: Window, *, seed: int) -> Floats:
    """Return the heat sold to the town's network [GJ per quarter-hour]."""
    mean = 180000.0 / 365.25 / QUARTERS
    result: Floats = shape("season", window) * mean * noise(draw(seed, "town heat"), window.steps, 0.05)
    return result


def office_rate(window: Window, fresh: Ints, *, seed: int) -> Ints:
    """Return the offices' waste-water rate at every limit [0.01 m3/h], in steps that make trapezoids whole."""
    smooth = np.convolve(fresh, np.ones(5) / 5.0, mode="same") * 4.0 * 0.85
    wander = noise(draw(seed, "office drain"), window.steps, 0.1)
    rate = (smooth * wander / 8.0).astype(np.int64) * 8
    return np.concatenate([rate, rate[-1:]])


def _point_rate_amounts(rate: Ints) -> Ints:
    """Return the amounts between point rates: the mean of both ends over a quarter of an hour."""
    result: Ints = (rate[:-1] + rate[1:]) // 8
    return result


def _treated(flows: Mapping[str, Ints]) -> dict[str, Ints]:
    """Return the water that leaves the waste-water plant: what came in, less one per cent to air and sludge."""
    coming = sum(flows[stream] for stream in flows if stream.startswith("WW_E"))
    inflow: Ints = np.asarray(coming, dtype=np.int64)
    cement, energy = inflow * 4 // 100, inflow * 22 // 100
    return {"RW_E08": cement, "RW_E11": energy, "WW_RIV": inflow * 99 // 100 - cement - energy}
