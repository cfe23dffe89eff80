"""Compose a park folder for 2018 from the open data sets: `compose.py DATA OUT` (see the README beside)."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl

YEAR = 2018
Amounts = Mapping[tuple[str, str], Sequence[tuple[str, str, str]]]
PARK = f"""format = 1
id = "real-{YEAR}"
country = "CN"
grid_region = "CN-32"
timezone = "Asia/Shanghai"
currency = "CNY"
default_boundary = "park"

[name]
zh = "真实数据拼成的园区"
en = "Park composed of real open series"
"""
NODES = [
    ("grid", "", "grid", "电网", "Public grid", ""),
    ("gasnet", "", "fuel_network", "燃气管网", "Gas network", ""),
    ("A", "", "enterprise", "轧钢厂", "Steel works", 800),
    ("B", "", "enterprise", "食品厂", "Food plant", ""),
    ("C", "", "enterprise", "纸板厂", "Board mill", ""),
    ("H", "", "building", "值班住宅", "Caretaker's house", ""),
    ("H-EV", "H", "fleet", "充电桩", "Charging point", ""),
    ("I", "", "enterprise", "办公楼", "Offices", ""),
    ("J", "", "infrastructure", "污水处理厂", "Waste-water plant", ""),
    ("K", "", "enterprise", "能源中心", "Energy centre", ""),
    ("L", "", "infrastructure", "微网母线", "Micro-grid bus", ""),
    ("L-PV", "", "generator", "屋顶光伏", "Photovoltaic roof", ""),
]
# id, commodity, source, target, made_as, used_as, provenance, set, licence, rule
STREAMS = [
    ("el-A", "electricity", "grid", "A", "", "", "measured", "steel_gwangyang_2018", "CC BY 4.0", "as metered"),
    ("el-B", "electricity", "grid", "B", "", "", "scaled", "elmas_france_2018", "CC BY 4.0", "food cluster / 100"),
    ("el-C", "electricity", "grid", "C", "", "", "modelled", "inde_sector_profiles", "CC BY-SA 4.0", "paper / 1000"),
    ("heat-C", "heat", "K", "C", "", "", "modelled", "inde_sector_profiles", "CC BY-SA 4.0", "100-500 degC / 1000"),
    ("el-H", "electricity", "grid", "H", "", "", "measured", "cossmic_counters", "CC BY 4.0", "as metered, + 728 days"),
    ("ev-H", "electricity", "H", "H-EV", "", "", "measured", "cossmic_counters", "CC BY 4.0", "as metered, + 728 days"),
    ("el-I", "electricity", "grid", "I", "", "", "scaled", "elmas_france_2018", "CC BY 4.0", "office cluster / 50"),
    ("el-J", "electricity", "grid", "J", "", "", "scaled", "wwtp_melbourne", "CC BY 4.0", "mean day of month / 100"),
    ("gas-K", "natural_gas", "gasnet", "K", "", "cogeneration", "modelled", "gas_turbine_cems", "CC BY 4.0",
     "yield of 2011 / 20 / 0.36 at 38.931 MJ/Nm3; the source has no clock: one yearly amount"),
    ("pv-L", "electricity", "L-PV", "L", "generation", "", "measured", "pv_nrel_system50", "CC BY 4.0",
     "as metered in 2013, + 5 calendar years"),
]  # fmt: skip
METERS = [
    ("P-A", "el-A", "main", "interval", "kWh", "1", "PT15M", "end", "+08:00"),
    ("P-H", "el-H", "main", "counter", "kWh", "1", "PT1H", "start", ""),
    ("P-EV", "ev-H", "main", "counter", "kWh", "1", "PT1H", "start", ""),
    ("P-PV", "pv-L", "main", "rate", "kW", "0.001", "PT15M", "start", "+08:00"),
]


def table(path: Path, header: str, rows: Iterable[Sequence[object]]) -> None:
    """Write one table of the folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header.split(","))
        writer.writerows(rows)


def readings(path: Path, frame: pl.DataFrame) -> None:
    """Write a readings table (point, time, value) in the order given."""
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.select("point", "time", "value").write_parquet(path)


def masters(out: Path) -> None:
    """Write park, boundary, nodes, streams, meters and the provenance of every stream."""
    out.mkdir(parents=True, exist_ok=True)
    (out / "park.toml").write_text(PARK, encoding="utf-8")
    whole = ("park", "physical", "全园", "Whole park", "", "", "")
    table(out / "boundaries.csv", "id,kind,name_zh,name_en,map,from,to", [whole])
    inside = [n[0] for n in NODES if not n[1] and n[2] not in ("grid", "fuel_network")]
    table(out / "members.csv", "boundary,node,share,from,to", [("park", node, "", "", "") for node in inside])
    table(out / "nodes.csv", "id,parent,kind,name_zh,name_en,rated_kw", NODES)
    table(
        out / "streams.csv",
        "id,commodity,source,target,made_as,used_as,from,to,note",
        [(*s[:6], f"{YEAR}-01-01", f"{YEAR + 1}-01-01", f"{s[6]}: {s[7]}") for s in STREAMS],
    )
    table(out / "provenance.csv", "stream,provenance,set,licence,rule", [(s[0], *s[6:]) for s in STREAMS])
    table(out / "meters.csv", "point,stream,role,register,unit,multiplier,period,stamp,clock", METERS)


def measured(data: Path, out: Path) -> None:
    """Write what was really metered as readings, defects included."""
    steel = pl.read_parquet(data / "steel_gwangyang_2018/steel_15min_2018.parquet")
    readings(out / "readings/steel.parquet", steel.select(point=pl.lit("P-A"), time="date", value="Usage_kWh"))
    pv = pl.read_parquet(data / "pv_nrel_system50/pv_system50_ac_15min.parquet")
    pv = pv.with_columns(time=pl.col("measured_on").str.slice(0, 19).str.to_datetime("%Y-%m-%d %H:%M:%S"))
    pv = pv.filter(pl.col("time").dt.year() == YEAR - 5).with_columns(pl.col("time").dt.offset_by("5y"))
    watts = pl.col("ac_power_2").cast(pl.Float64).round(3)
    readings(out / "readings/pv.parquet", pv.select(pl.lit("P-PV").alias("point"), "time", watts.alias("value")))
    house = pl.read_csv(data / "cossmic_counters/konstanz_residential4_60min.csv", infer_schema_length=20000)
    house = house.with_columns(time=pl.col("utc_timestamp").str.to_datetime("%Y-%m-%d %H:%M:%S") + timedelta(days=728))
    points = {"P-H": "DE_KN_residential4_grid_import", "P-EV": "DE_KN_residential4_ev"}
    rows = [
        (point, f"{time:%Y-%m-%dT%H:%M:%S}+00:00", "" if value is None else value)
        for point, column in points.items()
        for time, value in house.select("time", pl.col(column)).iter_rows()
    ]
    table(out / "readings/house.csv", "point,time,value", rows)


def months(frame: pl.DataFrame, factor: float, *, mean_day: bool = False) -> list[tuple[str, str, str]]:
    """Return (start, end, amount) of every month of the year that has values; ``mean_day`` = daily mean x days."""
    out = []
    for month in range(1, 13):
        first = datetime(YEAR, month, 1)
        after = datetime(YEAR + month // 12, month % 12 + 1, 1)
        values = frame.filter(pl.col("time").is_between(first, after, closed="left"))["value"]
        if len(values):
            total = values.mean() * (after - first).days if mean_day else values.sum()
            out.append((f"{first:%Y-%m-%d}", f"{after:%Y-%m-%d}", f"{total * factor:.3f}"))
    return out


def estimates(data: Path, out: Path) -> None:
    """Write scaled and modelled series as estimates; share-alike ones in a file of their own."""
    elmas = pl.read_parquet(data / "elmas_france_2018/elmas_hourly_2018.parquet")
    sewage = pl.read_csv(data / "wwtp_melbourne/melbourne_east_daily_2014_2019.csv", try_parse_dates=True)
    sewage = sewage.select(time=pl.col("date").cast(pl.Datetime("us")), value="Energy Consumption")
    turbine = pl.read_csv(data / "gas_turbine_cems/gt_2011.csv")
    gas = turbine["TEY"].sum() / 20 / 0.36 * 3600 / 38.931
    paper = pl.read_parquet(data / "inde_sector_profiles/el_paper_wz17.parquet").select(
        "time", value=pl.col("total").cast(pl.Float64)
    )
    heat = pl.read_parquet(data / "inde_sector_profiles/heat_paper_wz17.parquet").select(
        "time", value=pl.col("heat_100_500C").cast(pl.Float64)
    )
    scaled = {
        ("el-B", "kWh"): months(elmas.select("time", value="c10_food_industry"), 0.01),
        ("el-I", "kWh"): months(elmas.select("time", value="c05_office"), 0.02),
        ("el-J", "kWh"): months(sewage, 0.01, mean_day=True),
    }
    year = [(f"{YEAR}-01-01", f"{YEAR + 1}-01-01", f"{gas:.1f}")]
    statements(out / "statements/scaled.csv", scaled, "scaled")
    statements(out / "statements/modelled.csv", {("gas-K", "Nm3"): year}, "modelled")
    shared = {
        ("el-C", "kWh"): months(moved(paper, 2020), 0.25 / 1000),
        ("heat-C", "GJ"): months(moved(heat, 2019), 0.25 * 0.0036 / 1000),
    }
    statements(out / "statements/modelled-cc-by-sa.csv", shared, "modelled")


def statements(path: Path, amounts: Amounts, note: str) -> None:
    """Write amounts per (stream, unit) as statements of kind estimate."""
    rows = [(s, a, b, v, unit, "estimate", note) for (s, unit), parts in amounts.items() for a, b, v in parts]
    table(path, "stream,start,end,amount,unit,kind,note", rows)


def moved(frame: pl.DataFrame, year: int) -> pl.DataFrame:
    """Move a series by whole calendar years to the park's year; 29 February is left out."""
    leap = (pl.col("time").dt.month() == 2) & (pl.col("time").dt.day() == 29)
    return frame.filter(~leap).with_columns(pl.col("time").dt.offset_by(f"{YEAR - year}y"))


def compose(data: Path, out: Path) -> None:
    """Write the whole folder."""
    masters(out)
    measured(data, out)
    estimates(data, out)


if __name__ == "__main__":
    compose(Path(sys.argv[1]), Path(sys.argv[2]))
