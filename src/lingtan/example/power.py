"""The electricity network of the example: every node balances exactly, in whole base units of 0.1 kWh."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lingtan.example import shapes, tables
from lingtan.example.grid import QUARTERS, Floats, Ints, Window, draw, noise, quantise

#: Installed power [kW].
PV_KW = {"EL_PV1_U01": 8000.0, "EL_PV2_GRID": 6000.0, "EL_PV3_E03": 2000.0}
WIND_KW, TURBINE_KW, BATTERY_KWH = 15000.0, 12000.0, 8000.0
#: One-way efficiency of the battery and the share of the park network's throughput that is lost.
BATTERY_WAY, NETWORK_LOSS = 0.96, 0.011
#: Lowest share of the network's load that the public grid keeps supplying; wind above it is curtailed.
GRID_FLOOR = 0.05
GROWTH = 0.02


@dataclass(frozen=True, slots=True)
class Power:
    """Electricity flows by stream [0.1 kWh per quarter-hour] and the battery's content at every limit [0.1 kWh]."""

    flows: Mapping[str, Ints]
    stored: Ints
    battery_loss: Ints


def demand(window: Window, stream: str, *, seed: int) -> Floats:
    """Return the wanted amounts of a stream with a shape and a yearly amount [canonical unit per quarter-hour]."""
    row = tables.streams()[stream]
    rng = draw(seed, stream)
    years = (np.arange(window.steps) / QUARTERS / 365.25) + (window.start.year - 2023)
    level = float(row["yearly"]) / 365.25 / QUARTERS * (1.0 + GROWTH * years)
    result: Floats = shapes.shape(row["shape"], window) * level * noise(rng, window.steps, float(row["noise"]))
    return result


def build(window: Window, *, seed: int) -> Power:
    """Return all electricity flows of the park."""
    plants = {name: quantise(10.0 * energy, 1) for name, energy in shapes.pv(window, PV_KW, seed=seed).items()}
    flows = {
        stream: quantise(10.0 * demand(window, stream, seed=seed), tables.meter_classes()[row["meter"]].step)
        for stream, row in tables.streams().items()
        if row["model"] == "demand" and row["commodity"] == "electricity"
    }
    roof = np.minimum(plants["EL_PV3_E03"], flows["EL_E03"] * 9 // 10 // 10 * 10)
    plants["EL_PV3_E03"] = roof // 10 * 10  # the mill's main meter counts whole kWh
    flows["EL_E03"] = flows["EL_E03"] - plants["EL_PV3_E03"]
    flows |= plants
    charge, discharge, stored, lost = battery(window, seed=seed)
    flows |= {"EL_BAT_IN": charge, "EL_BAT_OUT": discharge}
    flows |= _balance(window, flows, seed=seed)
    for stream, row in tables.streams().items():
        if row["model"] == "part" and row["commodity"] == "electricity":
            flows[stream] = part(window, flows[row["shape"]], stream, seed=seed)
    flows["EL_E08_X"] = flows["EL_E08"] - sum(flows[f"EL_E08_W{n}"] for n in range(1, 5))
    return Power(flows=flows, stored=stored, battery_loss=lost)


def network_outlets() -> tuple[str, ...]:
    """Return the metered streams that leave the park's distribution network, without the battery and the losses."""
    return tuple(
        stream for stream, row in tables.streams().items() if row["source"] == "U01" and row["model"] == "demand"
    )


def _balance(window: Window, flows: Mapping[str, Ints], *, seed: int) -> dict[str, Ints]:
    """Return turbine, wind, grid and loss so that the distribution network's inputs equal its outputs."""
    out = sum((flows[stream] for stream in network_outlets()), start=flows["EL_BAT_IN"])
    room = out - flows["EL_PV1_U01"] - flows["EL_BAT_OUT"] - (out * GRID_FLOOR).astype(np.int64)
    made = quantise(10.0 * _turbine(window, seed=seed), 10)
    own = np.minimum(made, np.maximum(room, 0)) // 10 * 10
    resold = np.where(_night(window), own // 80 * 10, 0)  # an eighth of the night power is sold to the grid
    turbine = own - resold
    wanted = quantise(10.0 * shapes.wind(window, WIND_KW, seed=seed), 10)
    wind = np.clip(np.minimum(wanted, (room - turbine) // 10 * 10), 0, None)
    given = turbine + wind + flows["EL_PV1_U01"] + flows["EL_BAT_OUT"]
    loss = (out * NETWORK_LOSS).astype(np.int64)
    return {
        "EL_GT_U01": turbine,
        "EL_GT_GRID": made - turbine,
        "EL_WIND_U01": wind,
        "EL_U01_LOSS": loss,
        "EL_GRID_U01": out + loss - given,
    }


def _night(window: Window) -> NDArray[np.bool_]:
    result: NDArray[np.bool_] = np.tile(np.arange(QUARTERS) < 24, window.days)
    return result


def _turbine(window: Window, *, seed: int) -> Floats:
    """Return the power made by the gas turbine [kWh per quarter-hour]; two weeks of inspection each June."""
    rng = draw(seed, "turbine")
    hours = np.arange(QUARTERS) / 4.0
    day = np.where((hours >= 8) & (hours < 22), 0.78, 0.62)
    stopped = np.array([d.month == 6 and 5 <= d.day < 19 for d in window.dates().astype(object)])
    level = np.where(stopped, 0.0, 1.0)
    result: Floats = TURBINE_KW / 4.0 * np.outer(level, day).reshape(-1) * noise(rng, window.steps, 0.03)
    return result


def battery(window: Window, *, seed: int) -> tuple[Ints, Ints, Ints, Ints]:
    """Return charge, discharge, content at the limits and loss of the battery [0.1 kWh].

    It charges from midnight to six and gives everything back between 17:00 and 21:00 of the same day; what enters and
    what leaves is worth ``BATTERY_WAY`` inside.
    """
    rng = draw(seed, "battery")
    depth = 10.0 * BATTERY_KWH * np.clip(rng.normal(0.8, 0.06, window.days), 0.5, 0.9)
    charge = np.zeros((window.days, QUARTERS))
    charge[:, :24] = depth[:, None] / BATTERY_WAY / 24.0 * np.clip(rng.normal(1.0, 0.03, (window.days, 24)), 0.8, 1.2)
    taken = np.floor(charge).astype(np.int64)
    kept = np.floor(taken * BATTERY_WAY).astype(np.int64)
    weights = np.clip(rng.normal(1.0, 0.05, (window.days, 16)), 0.7, 1.3)
    leaving = np.zeros((window.days, QUARTERS), dtype=np.int64)
    leaving[:, 68:84] = np.floor(kept.sum(axis=1)[:, None] * weights / weights.sum(axis=1)[:, None]).astype(np.int64)
    given = np.floor(leaving * BATTERY_WAY).astype(np.int64)
    stored = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum((kept - leaving).reshape(-1))])
    lost = (taken - kept + leaving - given).reshape(-1)
    return taken.reshape(-1), given.reshape(-1), stored, lost


def part(window: Window, whole: Ints, stream: str, *, seed: int) -> Ints:
    """Return a consumer behind a main: its share of the main with a wandering of its own, never more than the main."""
    row = tables.streams()[stream]
    wander = np.clip(noise(draw(seed, stream), window.steps, float(row["noise"])), 0.85, 1.15)
    step = tables.meter_classes()[row["meter"]].step
    return np.minimum(quantise(whole * float(row["share"]) * wander, step), whole // step * step)
