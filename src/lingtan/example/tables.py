"""The declarative tables of the example park, read from the package: nodes, streams, meter classes, daily goods."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

Row = Mapping[str, str]

#: Decimals of the integer base unit of each commodity's canonical unit: 1 = steps of 0.1 kWh, 2 = steps of 0.01 t.
DECIMALS = {"electricity": 1, "natural_gas": 1, "coke_oven_gas": 1}
#: Canonical unit by commodity; everything else counts in tonnes.
UNITS = {
    "electricity": "kWh",
    "natural_gas": "Nm3",
    "coke_oven_gas": "Nm3",
    "heat": "GJ",
    "fresh_water": "m3",
    "reclaimed_water": "m3",
    "waste_water": "m3",
}


@dataclass(frozen=True, slots=True)
class MeterClass:
    """A kind of register: ``step`` is the amount of one last digit, in base units of the commodity."""

    code: str
    register: str
    unit: str
    multiplier: int
    decimals: int
    digits: int | None
    accuracy_pct: str
    stamp: str
    period: str
    step: int


@dataclass(frozen=True, slots=True)
class Point:
    """A metering point: its stream, role and register class. ``index`` numbers feeders, checks and sub-meters."""

    id: str
    stream: str
    role: str
    meter: MeterClass
    index: int


def read(name: str) -> tuple[Row, ...]:
    """Return the rows of one table of the package."""
    text = files("lingtan.example").joinpath("tables", f"{name}.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))


@lru_cache
def streams() -> Mapping[str, Row]:
    """Return the streams by id, in table order."""
    return {row["id"]: row for row in read("streams")}


@lru_cache
def parents() -> Mapping[str, str]:
    """Return node -> parent, blank at the top."""
    return {row["id"]: row["parent"] for row in read("nodes")}


@lru_cache
def meter_classes() -> Mapping[str, MeterClass]:
    """Return the register classes by code."""
    return {row["class"]: _meter_class(row) for row in read("meters")}


def _meter_class(row: Row) -> MeterClass:
    base = 1 if row["unit"] in ("kWh", "kW", "Nm3") else 2
    multiplier, decimals = int(row["multiplier"]), int(row["decimals"])
    step = multiplier * 10**base // 10**decimals if row["register"] == "counter" else 1
    return MeterClass(
        code=row["class"],
        register=row["register"],
        unit=row["unit"],
        multiplier=multiplier,
        decimals=decimals,
        digits=int(row["digits"]) if row["digits"] else None,
        accuracy_pct=row["accuracy_pct"],
        stamp=row["stamp"],
        period=row["period"],
        step=max(step, 1),
    )


@lru_cache
def points() -> tuple[Point, ...]:
    """Return every metering point, sorted by id as the readings files are."""
    found: list[Point] = []
    for stream, row in streams().items():
        if row["meter"]:
            found += _stream_points(stream, meter_classes()[row["meter"]], int(row["checks"]), int(row["subs"]))
    return tuple(sorted(found, key=lambda point: point.id))


def _stream_points(stream: str, meter: MeterClass, checks: int, subs: int) -> list[Point]:
    mains = ("m1", "m2") if stream == "EL_GRID_U01" else ("m",)
    out = [Point(f"{stream}.{name}", stream, "main", meter, index) for index, name in enumerate(mains)]
    out += [Point(f"{stream}.c{index}", stream, "check", meter, index) for index in range(1, checks + 1)]
    out += [Point(f"{stream}.s{index}", stream, "sub", meter, index) for index in range(1, subs + 1)]
    return out


def decimals_of(commodity: str) -> int:
    """Return the decimals of a commodity's integer base unit."""
    return DECIMALS.get(commodity, 2)


def unit_of(commodity: str) -> str:
    """Return the canonical unit of a commodity."""
    return UNITS.get(commodity, "t")
