"""The fixed part of the folder: settings, boundaries, nodes, streams, meters, factors."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import numpy as np

from lingtan.example import defects, tables
from lingtan.example.papers import Rows
from lingtan.example.shapes import LATITUDE, LONGITUDE
from lingtan.example.world import World

NAME_ZH, NAME_EN = "零碳示例园区（合成数据）", "Lingtan example park (synthetic)"
UNITS = tuple(f"E{number:02d}" for number in range(1, 13))
#: The machinery works joins on this day; half of the offices stands on the planned extension's ground.
JOINED, PLANNED_FROM, OFFICE_SHARE = date(2024, 7, 1), date(2025, 1, 1), Decimal("0.5")
OWNERS = {"E12": "园区能源公司 Park energy group", "E11": "园区能源公司 Park energy group"}

TOML = f"""# Synthetic data made by `lingtan example`: no real park, no real enterprise.
format = 1
id = "LT-EXAMPLE"
country = "CN"
grid_region = "CN-32"
timezone = "Asia/Shanghai"
currency = "CNY"
base_year = 2025
price_year = 2023
default_boundary = "B-APPROVED"
synthetic = true

[name]
zh = "{NAME_ZH}"
en = "{NAME_EN}"
"""

#: Own factors: subject, parameter, for, value, unit, data_year, from, to, status.
FACTORS = (
    ("natural_gas", "NCV", "", "358.9", "GJ/1e4 Nm3", 2023, "2023-01-01", "2025-01-01", "measured"),
    ("natural_gas", "NCV", "", "359.6", "GJ/1e4 Nm3", 2025, "2025-01-01", "", "measured"),
    ("natural_gas", "carbon_content", "", "0.0153", "tC/GJ", 2023, "2023-01-01", "", "measured"),
    ("natural_gas", "oxidation_rate", "", "0.99", "fraction", 2023, "2023-01-01", "", "own"),
    ("coke_oven_gas", "NCV", "", "173.9", "GJ/1e4 Nm3", 2023, "2023-01-01", "", "measured"),
    ("coke_oven_gas", "carbon_content", "", "0.0136", "tC/GJ", 2023, "2023-01-01", "", "measured"),
    ("coke_oven_gas", "oxidation_rate", "", "0.99", "fraction", 2023, "2023-01-01", "", "own"),
    ("bituminous", "oxidation_rate", "", "0.98", "fraction", 2023, "2023-01-01", "", "own"),
    ("coking_coal", "NCV", "", "29.3", "GJ/t", 2023, "2023-01-01", "", "measured"),
    ("coking_coal", "carbon_content", "", "0.0258", "tC/GJ", 2023, "2023-01-01", "", "measured"),
    ("coke", "NCV", "", "28.4", "GJ/t", 2023, "2023-01-01", "", "measured"),
    ("coke", "carbon_content", "", "0.0294", "tC/GJ", 2023, "2023-01-01", "", "measured"),
    ("coal_tar", "NCV", "", "33.45", "GJ/t", 2023, "2023-01-01", "", "measured"),
    ("coal_tar", "carbon_content", "", "0.022", "tC/GJ", 2023, "2023-01-01", "", "measured"),
    ("diesel", "NCV", "", "42.7", "GJ/t", 2023, "2023-01-01", "", "measured"),
    ("diesel", "carbon_content", "", "0.0202", "tC/GJ", 2023, "2023-01-01", "", "measured"),
    ("diesel", "oxidation_rate", "", "0.98", "fraction", 2023, "2023-01-01", "", "own"),
    ("heat", "ef_co2", "E11-HX", "0.0683", "tCO2/GJ", 2024, "2023-01-01", "", "measured"),
)


def build(world: World) -> dict[str, Rows]:
    """Return the rows of every fixed file by file name; the meters' devices are added once the readings are spoiled."""
    rated = rated_powers(world)
    nodes = [
        {
            "id": row["id"], "parent": row["parent"], "kind": row["kind"], "name_zh": row["name_zh"],
            "name_en": row["name_en"], "sector": row["sector"], "owner": OWNERS.get(row["id"], ""), "operator": "",
            "rated_kw": str(rated.get(row["id"], "")), "area_m2": row["area_m2"],
            "lat": str(LATITUDE) if row["kind"] == "generator" else "",
            "lon": str(LONGITUDE) if row["kind"] == "generator" else "", "from": "", "to": "",
        }
        for row in tables.read("nodes")
    ]  # fmt: skip
    streams = [
        {
            "id": stream, "commodity": row["commodity"], "source": row["source"], "target": row["target"],
            "made_as": row["made_as"], "used_as": row["used_as"], "from": "", "to": "", "note": "synthetic",
        }
        for stream, row in tables.streams().items()
    ]  # fmt: skip
    return {
        "nodes.csv": nodes,
        "streams.csv": streams,
        **_boundaries(),
        "virtual.csv": [_virtual()],
        "commodities.csv": [_steam()],
        "factors.csv": [_factor(number, row) for number, row in enumerate(FACTORS, start=1)],
    }


def rated_powers(world: World) -> dict[str, int]:
    """Return the rating of nodes with electricity or heat [kW]: 1.3 times the highest quarter-hour, whole 50 kW."""
    outside = {"GRID", "HN", "HN2"}
    rated: dict[str, int] = {}
    for stream, row in tables.streams().items():
        if row["commodity"] not in ("electricity", "heat"):
            continue
        kw = 0.4 if row["commodity"] == "electricity" else 0.04 / 0.0036
        power = int(np.ceil(1.3 * kw * float(world.flows[stream].max()) / 50.0)) * 50
        for node in {row["source"], row["target"]} - outside:
            rated[node] = max(rated.get(node, 0), power)
    return rated


def _boundaries() -> dict[str, Rows]:
    kinds = (("B-APPROVED", "approved", "批准范围", "Approved boundary", "2023-01-01"),
             ("B-PLAN", "planned", "规划范围", "Planned boundary", PLANNED_FROM.isoformat()))  # fmt: skip
    rows = [
        {"id": ident, "kind": kind, "name_zh": zh, "name_en": en, "map": "", "from": begin, "to": ""}
        for ident, kind, zh, en, begin in kinds
    ]
    members = [
        {"boundary": "B-APPROVED", "node": node, "share": "", "from": f"{JOINED}" if node == "E06" else "", "to": ""}
        for node in UNITS
    ]
    members += [
        {"boundary": "B-PLAN", "node": node, "share": str(OFFICE_SHARE) if node == "E09" else "1", "from": "", "to": ""}
        for node in UNITS
    ]
    return {"boundaries.csv": rows, "members.csv": members}


def _virtual() -> dict[str, str]:
    parts = " - ".join(f"EL_E08_W{number}.m" for number in range(1, 5))
    return {
        "point": "EL_E08_X.v", "stream": "EL_E08_X", "role": "main", "unit": "kWh",
        "expression": f"EL_E08.m - {parts}", "note": "其余用电 = 总表减分表 / main less the metered parts (synthetic)",
    }  # fmt: skip


def _steam() -> dict[str, str]:
    return {
        "code": "steam_1.0MPa", "name_zh": "1.0 MPa 蒸汽", "name_en": "Steam at 1.0 MPa (absolute), 200 degC",
        "kind": "", "parent": "steam", "unit": "", "fossil": "", "p_mpa": "1.0", "t_c": "200", "note": "synthetic",
    }  # fmt: skip


def _factor(number: int, row: tuple[str, str, str, str, str, int, str, str, str]) -> dict[str, str]:
    subject, parameter, place, value, unit, year, begin, end, status = row
    return {
        "id": f"F{number:02d}-{subject}-{parameter}", "subject": subject, "parameter": parameter, "for": place,
        "value": value, "unit": unit, "data_year": str(year), "from": begin, "to": end, "region": "",
        "document": "合成检测报告 / synthetic laboratory report", "source": "lingtan example", "status": status,
        "sigma_pct": "1" if status == "measured" else "", "note": "synthetic",
    }  # fmt: skip


def meters(book: defects.Book) -> Rows:
    """Return the device periods of all points, the changed devices as two rows."""
    rows: Rows = []
    for point in tables.points():
        first = {"serial": f"{point.id}-A", "first_value": "", "last_value": "", "from": "", "to": ""}
        for change in book.devices.get(point.id, [{}]):
            rows.append(_meter(point) | first | change)
    return rows


def _meter(point: tables.Point) -> dict[str, str]:
    meter = point.meter
    clock = "+01:00" if point.id == "EL_PV1_U01.m" else ""
    return {
        "point": point.id, "stream": point.stream, "role": point.role, "serial": "", "register": meter.register,
        "unit": meter.unit, "multiplier": str(meter.multiplier), "digits": str(meter.digits or ""),
        "accuracy_pct": meter.accuracy_pct, "period": meter.period, "stamp": meter.stamp, "clock": clock,
        "bidirectional": "false", "first_value": "", "last_value": "", "level": "", "from": "", "to": "",
        "calibrated_until": "",
    }  # fmt: skip
