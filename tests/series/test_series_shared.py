"""Real meter data beside the project: general rules must find their real faults."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from series_help import codes, meter, park

from lingtan.series import summarise

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
pytestmark = [pytest.mark.shared, pytest.mark.skipif(not DATA.is_dir(), reason="no shared data beside the project")]


def readings(time: pl.Series, value: pl.Series, point: str = "P") -> pl.DataFrame:
    rows = pl.DataFrame({"time": time, "value": value.cast(pl.Float64)}).with_row_index("order", 2)
    return (
        rows.drop_nulls("value")
        .with_columns(pl.lit(point).alias("point"), pl.lit(None, pl.Int64).alias("seq"), pl.col("order").cast(pl.Int64))
        .select("point", "time", "value", "seq", "order")
    )


def steel() -> tuple[pl.DataFrame, tuple[datetime, datetime]]:
    rows = pl.read_parquet(DATA / "steel_gwangyang_2018" / "steel_15min_2018.parquet")
    seoul = ZoneInfo("Asia/Seoul")
    time = rows["date"].dt.replace_time_zone("Asia/Seoul").dt.convert_time_zone("UTC")
    return readings(time, rows["Usage_kWh"]), (datetime(2018, 1, 1, tzinfo=seoul), datetime(2019, 1, 1, tzinfo=seoul))


def test_the_24_hour_stamps_of_the_steel_works_are_found() -> None:
    rows, window = steel()
    series = summarise([rows], park(meter(register="interval", stamp="end"), zone="Asia/Seoul"), *window)
    finding = next(f for f in series.findings if f.code == "midnight_same_date")
    assert finding.params["count"] == 365
    assert set(codes(series.findings)) == {"midnight_same_date", "missing"}


def test_with_the_repair_the_year_of_the_steel_works_is_959_6_mwh() -> None:
    rows, window = steel()
    p = park(meter(register="interval", stamp="end"), zone="Asia/Seoul", repairs={"midnight_same_date": ("P",)})
    series = summarise([rows], p, *window)
    year = series.buckets["year"].row(0, named=True)
    assert year["amount"] * series.quantum["P"] == Decimal(str(round(rows["value"].sum(), 2)))
    assert round(year["amount"] * series.quantum["P"] / 1000, 1) == Decimal("959.6")
    assert (year["periods"], year["resolved"]) == (35_040, 35_040)
    assert codes(series.findings) == ["midnight_repaired"]


@pytest.mark.parametrize("register", ["rate", "rate_point"])
@pytest.mark.parametrize("year", [2012, 2013])
def test_the_daylight_saving_logger_of_the_pv_system_is_found(register: str, year: int) -> None:
    rows = pl.read_parquet(DATA / "pv_nrel_system50" / "pv_system50_ac_15min.parquet")
    window = (
        datetime(year, 1, 1, tzinfo=ZoneInfo("America/Denver")),
        datetime(year + 1, 1, 1, tzinfo=ZoneInfo("America/Denver")),
    )
    frame = readings(rows["utc"].dt.replace_time_zone("UTC"), rows["ac_power_2"])
    frame = frame.filter(pl.col("time").dt.convert_time_zone("America/Denver").is_between(*window))
    p = park(meter(register=register, unit="W", clock="-07:00"), zone="America/Denver", source="generator")
    series = summarise([frame], p, *window)
    (finding,) = (f for f in series.findings if f.code == "clock_follows_dst")
    assert finding.params["rule"] == "US"


def test_the_pv_system_on_a_right_clock_is_not_accused() -> None:
    rows = pl.read_parquet(DATA / "pv_nrel_system50" / "pv_system50_ac_15min.parquet")
    denver = ZoneInfo("America/Denver")
    # The stamps read as what the logger's clock shows: local time that follows summer time.
    time = pl.select(
        (pl.lit(rows["utc"]) - pl.duration(hours=7))
        .dt.replace_time_zone("America/Denver", ambiguous="earliest", non_existent="null")
        .dt.convert_time_zone("UTC")
    ).to_series()
    frame = readings(time, rows["ac_power_2"]).drop_nulls("time")
    p = park(meter(register="rate", unit="W"), zone="America/Denver", source="generator")
    series = summarise([frame], p, datetime(2011, 1, 1, tzinfo=denver), datetime(2014, 1, 1, tzinfo=denver))
    assert "clock_follows_dst" not in codes(series.findings)


def test_the_counters_of_the_house_sum_to_last_less_first_with_every_gap_told() -> None:
    rows = pl.read_csv(DATA / "cossmic_counters" / "konstanz_residential4_60min.csv", infer_schema_length=None)
    names = [name for name in rows.columns if name.startswith("DE_KN_")]
    time = rows["utc_timestamp"].str.to_datetime(time_unit="us").dt.replace_time_zone("UTC")
    frames = [readings(time, rows[name].cast(pl.Float64), name) for name in names]
    p = park(*(meter(name, stream=name, period=3600) for name in names), zone="Europe/Berlin")
    berlin = ZoneInfo("Europe/Berlin")
    series = summarise(frames, p, datetime(2015, 1, 1, tzinfo=berlin), datetime(2018, 1, 1, tzinfo=berlin))
    for name, frame in zip(names, frames, strict=True):
        years = series.buckets["year"].filter(pl.col("point") == name)
        total = int(years["amount"].sum()) * series.quantum[name]
        value = frame.sort("time")["value"]
        assert total == Decimal(str(value[-1])) - Decimal(str(value[0]))
        gaps = series.gaps.filter(pl.col("point") == name)
        steps = frame.sort("time")["time"].diff().dt.total_hours()
        assert gaps.height == (steps > 1.5).sum()
    assert {f.code for f in series.findings} <= {"gap_total", "missing", "stuck", "spike"}
