"""The true park: every flow of the example as it really happened, before any meter or paper spoils it.

Power and media flow by quarter-hour (`power`, `media`); coal, coke, diesel, products and waste by day, here, in whole
base units of 0.01 t, with the stocks between them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from lingtan.example import media, power, tables
from lingtan.example.grid import PAD_DAYS, QUARTERS, Floats, Ints, Window, draw, holidays_per_day, quantise

#: Mean heat values of the coal burned [GJ/t]; properties.csv states those of each month or year.
BOILER_COAL_GJ, KILN_COAL_GJ = 22.60, 23.40
#: Yields of the coke ovens [t/t of charge].
COKE_PER_T, TAR_PER_T = 0.76, 0.035
CLINKER_T_DAY, CLINKER_HEAT_GJ_T = 2450.0, 3.25
ASH_SHARE = 0.16


@dataclass(frozen=True, slots=True)
class Goods:
    """Daily flows by stream from ``first`` on [0.01 t], longer than the window at both ends, with stocks by day."""

    first: date
    flows: Mapping[str, Ints]
    stocks: Mapping[tuple[str, str], Ints]

    def between(self, stream: str, start: date, end: date) -> int:
        """Return the amount of a stream over [start, end) [0.01 t]."""
        return int(self.flows[stream][(start - self.first).days : (end - self.first).days].sum())

    def stock(self, node: str, commodity: str, day: date) -> int:
        """Return the level at local midnight of ``day`` [0.01 t]."""
        return int(self.stocks[node, commodity][(day - self.first).days])


@dataclass(frozen=True, slots=True)
class World:
    """True flows: ``flows`` by quarter-hour [base units], ``goods`` by day, the battery's content and losses."""

    window: Window
    seed: int
    flows: Mapping[str, Ints]
    goods: Goods
    stored: Ints
    battery_loss: Ints


def build(window: Window, *, seed: int) -> World:
    """Return the true park of a window; the same seed gives the same park."""
    electricity = power.build(window, seed=seed)
    flows = {**electricity.flows, **media.build(window, electricity.flows, seed=seed)}
    return World(
        window=window,
        seed=seed,
        flows=flows,
        goods=daily_goods(window, flows, seed=seed),
        stored=electricity.stored,
        battery_loss=electricity.battery_loss,
    )


def daily_goods(window: Window, flows: Mapping[str, Ints], *, seed: int) -> Goods:
    """Return the daily goods; coal burned follows the steam made, the clinker follows the kiln."""
    first = window.start - timedelta(days=PAD_DAYS)
    days = window.days + 2 * PAD_DAYS
    daily: dict[str, Ints] = {}
    for row in tables.read("daily"):
        if row["mean_t"]:
            daily[row["stream"]] = _plain(first, days, row, seed=seed)
    steam = flows["ST_CB"].reshape(-1, QUARTERS).sum(axis=1) / 100.0
    burned = steam * (media.STEAM_GJ - media.FEED_GJ) / media.COAL_BOILER / BOILER_COAL_GJ
    daily["CL_CB"] = _padded(burned)
    daily["WS_E11"] = (daily["CL_CB"] * ASH_SHARE).astype(np.int64)
    daily["CLINKER"] = _clinker(first, days, seed=seed)
    wander = draw(seed, "kiln heat").normal(1.0, 0.01, days)
    daily["CL_K"] = (daily["CLINKER"] * CLINKER_HEAT_GJ_T / KILN_COAL_GJ * wander).astype(np.int64)
    charge = _padded(media.coking_charge(window, seed=seed))
    daily["CK_OUT"], daily["TAR_OUT"] = (charge * COKE_PER_T).astype(np.int64), (charge * TAR_PER_T).astype(np.int64)
    stocks = {}
    for stream, used, node, commodity in (
        ("CL_Y11", daily["CL_CB"], "E11-Y", "bituminous"),
        ("CL_Y08", daily["CL_K"], "E08-Y", "bituminous"),
        ("CL_CK_IN", charge, "E04-CO", "coking_coal"),
    ):
        daily[stream], stocks[node, commodity] = _delivered(used, draw(seed, stream))
    return Goods(first=first, flows=daily, stocks=stocks)


def _padded(values: Floats) -> Ints:
    """Return daily tonnes as 0.01 t, the days before and after the window like its first and last ones."""
    longer = np.concatenate([values[:PAD_DAYS], values, values[-PAD_DAYS:]])
    return quantise(100.0 * longer, 1)


def _plain(first: date, days: int, row: tables.Row, *, seed: int) -> Ints:
    rng = draw(seed, row["stream"])
    dates = np.datetime64(first.isoformat(), "D") + np.arange(days)
    resting = (((dates.astype(np.int64) + 3) % 7) >= 5) | (holidays_per_day(dates) > 0)
    level = np.where(resting, float(row["weekend"]), 1.0) * float(row["mean_t"])
    amounts = 100.0 * level * np.clip(rng.normal(1.0, float(row["noise"]), days), 0.3, 1.7)
    return quantise(amounts, 1)


def _clinker(first: date, days: int, *, seed: int) -> Ints:
    rng = draw(seed, "CLINKER")
    made = np.clip(rng.normal(CLINKER_T_DAY, 70.0, days), 0.0, None)
    dates = (first + timedelta(days=offset) for offset in range(days))
    stopped = np.array([(1, 20) <= (day.month, day.day) < (2, 19) for day in dates])
    return quantise(100.0 * np.where(stopped, 0.0, made), 1)


def _delivered(used: Ints, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Return deliveries by day and the stock at each midnight: whole lorries, ordered before the yard is empty."""
    lorry, opening = 3200, int(used.mean() * 12)
    level, deliveries, stocks = opening, np.zeros_like(used), np.zeros(used.size + 1, dtype=np.int64)
    stocks[0] = opening
    wanted = np.clip(rng.normal(1.0, 0.3, used.size), 0.2, 1.8)
    for day, amount in enumerate(used):
        short = max(opening - level, 0) * 0.2 + float(amount) * wanted[day]
        deliveries[day] = max(int(short // lorry), 0) * lorry
        level += int(deliveries[day]) - int(amount)
        stocks[day + 1] = level
    return deliveries, stocks
