"""Readings in CSV and Parquet: times, values, places, blocks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lingtan.ledger.clock import TimeError, parse_instant
from lingtan.ledger.finding import Finding
from lingtan.ledger.folder import Loaded, check, read
from lingtan.ledger.folder.readings.meterbook import meter_book
from lingtan.ledger.folder.readings.sheets import read_sheet
from lingtan.ledger.folder.readings.stamps import read_texts
from lingtan.ledger.park import Meter

Maker = Callable[..., Path]
BERLIN = 'id = "P"\nformat = 1\ntimezone = "Europe/Berlin"\n'
HEAD = "point,time,value\n"
METERS = "point,stream,role,register,unit,clock,from,to\n"


def all_rows(loaded: Loaded, **window: Any) -> list[tuple[Any, ...]]:
    frames = list(loaded.readings.blocks(**window))
    return [row for frame in frames for row in frame.with_columns(pl.col("point").cast(pl.String)).iter_rows()]


def times(loaded: Loaded) -> list[str]:
    return [row[1].strftime("%m-%d %H:%M") for row in all_rows(loaded)]


def only(findings: tuple[Finding, ...], code: str) -> Finding:
    (one,) = [finding for finding in findings if finding.code == code]
    return one


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("2025-01-01T08:00+08:00", 0),
        ("2025-01-01 08:00:00", 0),
        ("2025-01-01T08:00", 0),
        ("2025-01-01T00:00:00Z", 0),
        ("2025-01-01T02:30:00.000+0230", 0),
        ("2025-01-01T03:00+03", 0),
        ("2024-12-31T24:00", -8),
        ("2025-01-01", -8),
    ],
)
def test_each_way_to_write_a_time_is_read(text: str, hour: int, folder: Maker) -> None:
    loaded = read(folder({"readings/a.csv": HEAD + f"M1,{text},1\n"}))
    assert all_rows(loaded)[0][1] == datetime(2025, 1, 1, tzinfo=UTC) + timedelta(hours=hour)


BAD = {
    "slash date": ("2025/01/01 00:00,1", "slash_date"),
    "two-digit year": ("25-01-01 00:00,1", "bad_time"),
    "year 0": ("0000-01-01T00:00,1", "year_out_of_range"),
    "year 1899": ("1899-12-31T00:00,1", "year_out_of_range"),
    "year 9999": ("9999-12-31T00:00,1", "year_out_of_range"),
    "30 February": ("2025-02-30T00:00,1", "bad_time"),
    "25 hours": ("2025-01-01T25:00,1", "bad_time"),
    "24:15": ("2025-01-01T24:15,1", "bad_time"),
    "61 minutes": ("2025-01-01T10:61,1", "bad_time"),
    "offset of 20 hours": ("2025-01-01T10:00+20:00,1", "bad_offset"),
    "no time": (",1", "bad_time"),
    "text": ("2025-01-01T10:00,off", "bad_number"),
    "NaN": ("2025-01-01T10:00,NaN", "not_finite"),
    "minus infinity": ("2025-01-01T10:00,-inf", "not_finite"),
    "1e308": ("2025-01-01T10:00,1e308", "too_large_value"),
    "1e999": ("2025-01-01T10:00,1e999", "not_finite"),
    "negative counter": ("2025-01-01T10:00,-0.5", "negative_counter"),
    "thousands separator": ("2025-01-01T10:00,1,234", "field_count"),
    "too few cells": ("2025-01-01T10:00", "field_count"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_reading_is_named_with_its_line_and_the_rest_is_read(case: str, folder: Maker) -> None:
    row, code = BAD[case]
    path = folder({"readings/a.csv": HEAD + f"M1,2025-01-01T08:00+08:00,5\nM1,{row}\nM1,2025-01-01T09:00+08:00,6\n"})
    errors = [(one.code, one.where.file, one.where.line) for one in check(path) if one.level == "error"]
    assert errors == [(code, "readings/a.csv", 3)]
    assert [row[2] for row in all_rows(read(path))] == [5, 6]


def test_unknown_points_are_told_once_a_point_with_first_line_and_count(folder: Maker) -> None:
    rows = "".join(f"X{number % 2},2025-01-01T00:00Z,{number}\n" for number in range(5000))
    loaded = read(folder({"readings/a.csv": HEAD + "M1,2025-01-01T00:00Z,1\n" + rows}))
    assert len(all_rows(loaded)) == 1
    faults = [one for one in loaded.readings.findings() if one.code == "unknown_point"]
    assert [(one.where.point, one.where.line, one.params["count"]) for one in faults] == [
        ("X0", 3, 2500),
        ("X1", 4, 2500),
    ]


def test_many_faults_of_a_kind_are_one_finding_with_first_lines_and_count(folder: Maker) -> None:
    loaded = read(folder({"readings/a.csv": HEAD + "M1,2025-01-01T00:00Z,bad\n" * 3000}))
    assert all_rows(loaded) == []
    fault = only(loaded.readings.findings(), "bad_number")
    assert (fault.params["count"], fault.where.lines) == (3000, tuple(range(2, 22)))


def test_blank_values_are_no_readings_and_counted(folder: Maker) -> None:
    loaded = read(folder({"readings/a.csv": HEAD + "M1,2025-01-01T00:00Z,\nM1,2025-01-01T00:15Z,0\nM1,x,\n"}))
    assert [row[2] for row in all_rows(loaded)] == [0]
    note = only(loaded.readings.findings(), "blank_values")
    assert (note.level, note.params["count"]) == ("note", 2)


def test_negative_amount_of_an_interval_register_is_left_to_the_series(folder: Maker) -> None:
    assert all_rows(read(folder({"readings/a.csv": HEAD + "M2,2025-01-01T00:00Z,-3\n"})))[0][2] == -3


def test_sequence_and_order_of_columns(folder: Maker) -> None:
    loaded = read(
        folder(
            {"readings/a.csv": "seq,value,time,point,note\n3,1.5,2025-01-01T00:00Z,M1,x\n,2,2025-01-01T00:15Z,M1,\n"}
        )
    )
    assert [(row[2], row[3]) for row in all_rows(loaded)] == [(1.5, 3), (2, None)]
    assert only(loaded.readings.findings(), "unknown_column").params["columns"] == ("note",)


def test_place_tells_file_and_physical_line_back(folder: Maker) -> None:
    b = 'point,time,value\n\nM1,2025-01-01T00:15Z,"2"\n'
    loaded = read(folder({"readings/a.csv": HEAD + "M1,2025-01-01T00:00Z,1\n", "readings/sub/b.csv": b}))
    places = [loaded.readings.place(row[4]) for row in all_rows(loaded)]
    assert places == [("readings/a.csv", 2), ("readings/sub/b.csv", 3)]


def test_cells_in_quotes_over_several_lines_keep_physical_lines(folder: Maker) -> None:
    text = (
        'point,time,value,note\nM1,2025-01-01T00:00Z,1,"a\nb"\nM1,2025-01-01T00:15Z,2,\nM1,"2025-01-01T00:30Z","3",\n'
    )
    loaded = read(folder({"readings/a.csv": text}))
    assert [(row[2], loaded.readings.place(row[4])[1]) for row in all_rows(loaded)] == [(1, 2), (2, 4), (3, 5)]


def test_crlf_and_byte_order_mark_make_no_difference(folder: Maker) -> None:
    loaded = read(
        folder({"readings/a.csv": "\ufeffpoint,time,value\r\nM1,2025-01-01T00:00Z,1\r\n\r\nM1,2025-01-01T00:15Z,2\r\n"})
    )
    assert [(row[2], loaded.readings.place(row[4])[1]) for row in all_rows(loaded)] == [(1, 2), (2, 4)]


def test_files_come_in_name_order_and_rows_as_they_stand(folder: Maker) -> None:
    later, earlier = HEAD + "M1,2025-01-01T00:00Z,1\n", HEAD + "M1,2025-01-02T00:00Z,2\nM1,2025-01-01T12:00Z,3\n"
    loaded = read(folder({"readings/b.csv": later, "readings/a.csv": earlier}))
    assert [row[2] for row in all_rows(loaded)] == [2, 3, 1]


def test_times_without_offset_are_noted_a_file_and_mixed_ones_found(folder: Maker) -> None:
    loaded = read(folder({"readings/a.csv": HEAD + "M1,2025-01-01T08:00,1\nM1,2025-01-01T00:15Z,2\n"}))
    assert times(loaded) == ["01-01 00:00", "01-01 00:15"]
    assert only(loaded.readings.findings(), "naive_times").where.line == 2
    assert only(loaded.readings.findings(), "mixed_offsets").where.lines == (2, 3)


def test_clock_of_the_point_places_times_without_offset(folder: Maker) -> None:
    meters = METERS + "M1,S1,main,counter,kWh,utc,,\nM2,S2,main,counter,kWh,+01:00,,\nM3,S1,check,counter,kWh,,,\n"
    rows = HEAD + "M1,2025-01-01T08:00,1\nM2,2025-01-01T08:00,2\nM3,2025-01-01T08:00,3\n"
    found = {row[0]: row[1].hour for row in all_rows(read(folder({"meters.csv": meters, "readings/a.csv": rows})))}
    assert found == {"M1": 8, "M2": 7, "M3": 0}


def test_clock_changes_with_the_device(folder: Maker) -> None:
    # The first device runs on UTC until 01-02 00:00 park time (16:00 UTC on 01-01), the second on the park's zone.
    meters = (
        METERS
        + "M1,S1,main,counter,kWh,utc,,2025-01-02\nM1,S1,main,counter,kWh,,2025-01-02,\nM2,S2,main,counter,kWh,,,\n"
    )
    rows = HEAD + "M1,2025-01-01T15:45,1\nM1,2025-01-02T00:15,2\n"
    assert times(read(folder({"meters.csv": meters, "readings/a.csv": rows}))) == ["01-01 15:45", "01-01 16:15"]


CLOCKS = ("01:30", "02:00", "02:30", "02:00", "02:30", "03:00")
AUTUMN = "".join(f"M1,2025-10-26T{clock},{value}\n" for value, clock in enumerate(CLOCKS))


def test_repeated_hour_goes_by_row_order_and_is_named_with_its_lines(folder: Maker) -> None:
    # Berlin falls back at 03:00 CEST = 01:00 UTC: 02:00 is 00:00 UTC first and 01:00 UTC again.
    loaded = read(folder({"park.toml": BERLIN, "readings/a.csv": HEAD + AUTUMN}))
    assert times(loaded) == ["10-25 23:30", "10-26 00:00", "10-26 00:30", "10-26 01:00", "10-26 01:30", "10-26 02:00"]
    fault = only(loaded.readings.findings(), "repeated_hour")
    assert (fault.level, fault.where.file, fault.where.lines) == ("finding", "readings/a.csv", (3, 4, 5, 6))


def test_repeated_hour_is_told_apart_point_by_point(folder: Maker) -> None:
    rows = "".join(
        f"{point},2025-10-26T02:{minute},1\n" for minute in ("00", "30", "00", "30") for point in ("M1", "M2")
    )
    loaded = read(folder({"park.toml": BERLIN, "readings/a.csv": HEAD + rows}))
    of_point = {point: [row[1].hour for row in all_rows(loaded, points=[point])] for point in ("M1", "M2")}
    assert of_point == {"M1": [0, 0, 1, 1], "M2": [0, 0, 1, 1]}


def test_repeated_hour_of_hourly_readings_is_its_second_pass_at_the_second_row(folder: Maker) -> None:
    rows = "M1,2025-10-26T01:00,1\nM1,2025-10-26T02:00,2\nM1,2025-10-26T02:00,3\nM1,2025-10-26T03:00,4\n"
    loaded = read(folder({"park.toml": BERLIN, "readings/a.csv": HEAD + rows}))
    assert times(loaded) == ["10-25 23:00", "10-26 00:00", "10-26 01:00", "10-26 02:00"]


def test_hour_that_does_not_exist_sets_its_rows_aside(folder: Maker) -> None:
    rows = "M1,2025-03-30T01:45,1\nM1,2025-03-30T02:15,2\nM1,2025-03-30T03:00,3\n"
    loaded = read(folder({"park.toml": BERLIN, "readings/a.csv": HEAD + rows}))
    assert times(loaded) == ["03-30 00:45", "03-30 01:00"]
    fault = only(loaded.readings.findings(), "nonexistent_hour")
    assert (fault.level, fault.where.line) == ("error", 3)


def test_offset_on_a_change_day_needs_no_row_order(folder: Maker) -> None:
    rows = "M1,2025-10-26T02:30+01:00,1\nM1,2025-10-26T02:30+02:00,2\n"
    loaded = read(folder({"park.toml": BERLIN, "readings/a.csv": HEAD + rows}))
    assert times(loaded) == ["10-26 01:30", "10-26 00:30"]
    assert loaded.readings.findings() == ()


def test_midnight_that_the_clocks_jump_over_is_the_first_instant_of_its_day(folder: Maker) -> None:
    # Cairo jumped from 00:00 to 01:00 on 2024-04-26: the day begins at 22:00 UTC of the 25th.
    toml = 'id = "P"\nformat = 1\ntimezone = "Africa/Cairo"\n'
    loaded = read(folder({"park.toml": toml, "readings/a.csv": HEAD + "M1,2024-04-26,1\nM1,2024-04-25T24:00,2\n"}))
    assert times(loaded) == ["04-25 22:00", "04-25 22:00"]


@settings(deadline=None)
@given(st.lists(st.text("0123456789-:T +Z./", min_size=1, max_size=26), min_size=1, max_size=8))
def test_columns_of_times_are_judged_like_single_times(texts: list[str]) -> None:
    found = read_texts(pl.DataFrame({"text": texts}))["bad"].to_list()
    assert found == [_is_bad(text) for text in texts]


def _is_bad(text: str) -> bool:
    try:
        parse_instant(text, ZoneInfo("Asia/Shanghai"))
    except TimeError:
        return True
    return False


@settings(deadline=None)
@given(
    st.sampled_from(["Europe/Berlin", "Asia/Shanghai", "America/New_York", "Africa/Cairo"]),
    st.dates(date(1995, 1, 1), date(2090, 1, 1)),
    st.integers(0, 24 * 60),
    st.sampled_from(["", "Z", "+08:00", "-0330"]),
)
def test_column_of_times_equals_single_times(zone: str, day: date, minute: int, offset: str) -> None:
    text = f"{day}T{minute // 60:02d}:{minute % 60:02d}{offset}"
    book = meter_book(ZoneInfo(zone), (Meter("M1", "S", "main", "interval", "kWh"),))
    frame, _ = read_sheet((HEAD + f"M1,{text},1\n").encode(), "readings/a.csv", book, 0)
    try:
        expected = [parse_instant(text, ZoneInfo(zone)).utc]
    except TimeError:
        expected = []
    assert frame["time"].to_list() == expected


@pytest.mark.parametrize("day", [date(2025, 3, 30), date(2025, 10, 26)])
def test_change_days_equal_the_way_row_by_row(day: date) -> None:
    zone = ZoneInfo("Europe/Berlin")
    begin = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
    wanted = [begin + timedelta(minutes=15 * step) for step in range(25 * 4)]
    texts = [instant.astimezone(zone).strftime("%Y-%m-%d %H:%M") for instant in wanted]
    book = meter_book(zone, (Meter("M1", "S", "main", "interval", "kWh"),))
    frame, _ = read_sheet((HEAD + "".join(f"M1,{text},1\n" for text in texts)).encode(), "readings/a.csv", book, 0)
    assert frame["time"].to_list() == wanted


def parquet(path: Path, name: str, frame: pl.DataFrame, **options: Any) -> None:
    (path / "readings").mkdir(exist_ok=True)
    frame.write_parquet(path / "readings" / name, **options)


def sample(points: int = 5, rows: int = 400, minutes: int = 60) -> pl.DataFrame:
    start = datetime(2025, 1, 1)
    instants = [start + timedelta(minutes=minutes * row) for row in range(rows)]
    names = [f"P{point}" for point in range(points) for _ in range(rows)]
    return pl.DataFrame(
        {"point": names, "time": instants * points, "value": [float(row) for row in range(points * rows)]}
    )


def many(folder: Maker, points: int = 5, **more: str | bytes | None) -> Path:
    meters = "point,stream,role,register,unit\n" + "".join(
        f"P{point},S1,check,counter,kWh\n" for point in range(points)
    )
    return folder({"meters.csv": meters, "readings/a.csv": None, **more})


@pytest.mark.parametrize("aware", [False, True])
@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
def test_csv_and_parquet_give_the_same_readings(aware: bool, unit: Any, folder: Maker, tmp_path: Path) -> None:
    frame = sample()
    path = many(folder)
    written = frame.with_columns(pl.col("time").dt.cast_time_unit(unit))
    if aware:
        written = written.with_columns(
            pl.col("time").dt.replace_time_zone("Asia/Shanghai").dt.convert_time_zone("Europe/Paris")
        )
    parquet(path, "a.parquet", written, row_group_size=150)
    in_parquet = all_rows(read(path), block_points=2)
    (path / "readings" / "a.parquet").unlink()
    frame.with_columns(pl.col("time").dt.strftime("%Y-%m-%d %H:%M")).write_csv(path / "readings" / "a.csv")
    in_csv = all_rows(read(path), block_points=2)
    assert [row[:4] for row in in_parquet] == [row[:4] for row in in_csv]
    # The first row of a Parquet file is row 1; the first row of a CSV file stands in line 2.
    assert [row[4] + 1 for row in in_parquet] == [row[4] for row in in_csv]


def test_naive_parquet_of_a_zone_with_summer_time_goes_by_row_order(folder: Maker) -> None:
    path = many(folder, **{"park.toml": BERLIN})
    clocks = ["2025-10-26 01:30", "2025-10-26 02:30", "2025-10-26 02:30", "2025-10-26 03:30", "2025-03-30 02:30"]
    frame = pl.DataFrame({"point": ["P0"] * 5, "time": clocks, "value": [1.0] * 5})
    parquet(path, "a.parquet", frame.with_columns(pl.col("time").str.to_datetime("%Y-%m-%d %H:%M")))
    loaded = read(path)
    assert times(loaded) == ["10-25 23:30", "10-26 00:30", "10-26 01:30", "10-26 02:30"]
    assert {one.code: one.where.line for one in loaded.readings.findings()} == {
        "naive_times": 1,
        "repeated_hour": 2,
        "nonexistent_hour": 5,
    }


def test_faults_of_parquet_rows_are_named_with_their_row(folder: Maker) -> None:
    path = many(folder)
    frame = pl.DataFrame(
        {
            "point": ["P0", "P0", None, "P0", "X", "P0", "P0", "P0"],
            "time": [datetime(2025, 1, 1, hour, tzinfo=UTC) if hour != 3 else None for hour in range(8)],
            "value": [1.0, float("nan"), 1.0, 1.0, 1.0, 1e308, -1.0, None],
        }
    )
    parquet(path, "a.parquet", frame, row_group_size=3)
    found = {(one.code, one.where.line) for one in check(path)}
    assert found == {
        ("not_finite", 2), ("missing_value", 3), ("missing_value", 4), ("unknown_point", 5), ("too_large_value", 6),
        ("negative_counter", 7), ("blank_values", 8),
    }  # fmt: skip
    assert len(all_rows(read(path))) == 1


def test_unknown_points_in_row_groups_of_their_own_are_found_by_check(folder: Maker) -> None:
    path = many(folder, points=1)
    parquet(path, "a.parquet", sample(points=3, rows=100), row_group_size=100)
    faults = [one for one in check(path) if one.code == "unknown_point"]
    assert [(one.where.point, one.where.line, one.params["count"]) for one in faults] == [
        ("P1", 101, 100),
        ("P2", 201, 100),
    ]


BROKEN = {
    "empty": (lambda data: b"", "empty_file"),
    "cut off": (lambda data: data[: len(data) // 2], "broken_parquet"),
    "cut footer": (lambda data: data[:-6] + data[-4:], "broken_parquet"),
    "gzip": (lambda data: b"\x1f\x8b" + data, "compressed_file"),
    "a CSV file": (lambda data: b"point,time,value\n", "broken_parquet"),
    "damaged pages": (lambda data: data[:4] + b"\xff" * 400 + data[404:], "broken_parquet"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_broken_parquet_is_named_and_the_rest_read(case: str, folder: Maker) -> None:
    damage, code = BROKEN[case]
    path = many(folder)
    parquet(path, "a.parquet", sample(), compression="uncompressed")
    parquet(path, "b.parquet", sample(points=1))
    broken = path / "readings" / "a.parquet"
    broken.write_bytes(damage(broken.read_bytes()))
    faults = [one for one in check(path) if one.level == "error"]
    assert {(one.code, one.where.file) for one in faults} == {(code, "readings/a.parquet")}
    assert len(all_rows(read(path))) >= 400


def test_parquet_that_declares_an_absurd_size_is_refused_before_it_is_expanded(
    folder: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lingtan.ledger.folder.readings import slabs

    monkeypatch.setattr(slabs, "EXPANSION", 20)
    monkeypatch.setattr(slabs, "FREE_BYTES", 65_536)
    path = many(folder)
    rows = 200_000
    zeros = pa.table(
        {"point": ["P0"] * rows, "time": pa.array([0] * rows, pa.timestamp("us", "UTC")), "value": [0.0] * rows}
    )
    (path / "readings").mkdir(exist_ok=True)
    pq.write_table(zeros, path / "readings" / "bomb.parquet", compression="zstd", use_dictionary=False)
    fault = only(check(path), "file_too_large")
    assert (fault.level, fault.where.file) == ("error", "readings/bomb.parquet")


TYPES = {
    "time as text": {"time": pl.lit("2025-01-01")},
    "time as number": {"time": pl.lit(1.5)},
    "value as text": {"value": pl.lit("1")},
    "point as number": {"point": pl.lit(1)},
    "seq as text": {"seq": pl.lit("1")},
}


@pytest.mark.parametrize("case", TYPES)
def test_parquet_column_of_a_wrong_type_sets_the_file_aside(case: str, folder: Maker) -> None:
    path = many(folder)
    parquet(path, "a.parquet", sample().with_columns(**TYPES[case]))
    fault = only(check(path), "wrong_type")
    assert fault.params["column"] == case.split()[0]


def test_parquet_without_a_column_is_set_aside(folder: Maker) -> None:
    path = many(folder)
    parquet(path, "a.parquet", sample().drop("value"))
    assert only(check(path), "missing_column").params["column"] == "value"


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_window_holds_its_readings_and_the_ones_that_bound_it(kind: str, folder: Maker) -> None:
    path = many(folder)
    frame = sample(points=3, rows=24 * 90)
    if kind == "parquet":
        parquet(path, "a.parquet", frame, row_group_size=500)
    else:
        frame.with_columns(pl.col("time").dt.strftime("%Y-%m-%d %H:%M")).write_csv(path / "readings.csv")
        (path / "readings").mkdir(exist_ok=True)
        (path / "readings.csv").replace(path / "readings" / "a.csv")
    zone = ZoneInfo("Asia/Shanghai")
    start, end = datetime(2025, 2, 1, 0, 30, tzinfo=zone), datetime(2025, 2, 1, 3, tzinfo=zone)
    rows = all_rows(read(path), points=["P1"], start=start, end=end)
    assert [row[1].astimezone(zone).strftime("%d %H:%M") for row in rows] == [
        "01 00:00",
        "01 01:00",
        "01 02:00",
        "01 03:00",
    ]


def test_row_groups_far_from_the_window_are_not_read(folder: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    path = many(folder)
    for month in range(1, 13):
        moved = sample(rows=10).with_columns(pl.col("time").dt.offset_by(f"{month - 1}mo"))
        parquet(path, f"{month:02d}.parquet", moved)
    from lingtan.ledger.folder.readings import slabs

    seen: list[str] = []
    original = slabs.read_group

    def spy(slab: Any, *rest: Any) -> Any:
        seen.append(slab.file)
        return original(slab, *rest)

    monkeypatch.setattr(slabs, "read_group", spy)
    rows = all_rows(read(path), start=datetime(2025, 7, 1, tzinfo=UTC), end=datetime(2025, 7, 2, tzinfo=UTC))
    assert rows
    assert seen == ["readings/06.parquet", "readings/07.parquet", "readings/08.parquet"]


@pytest.mark.parametrize("size", [1, 2, 3, 40])
def test_blocks_of_any_size_give_each_reading_once(size: int, folder: Maker) -> None:
    path = many(folder)
    parquet(path, "a.parquet", sample().sample(fraction=1.0, shuffle=True, seed=1), row_group_size=70)
    frames = list(read(path).readings.blocks(block_points=size))
    assert sum(frame.height for frame in frames) == 2000
    assert all(frame["point"].n_unique() <= size for frame in frames)
    assert all(frame["order"].is_sorted() for frame in frames)


def test_findings_are_told_once_however_often_blocks_are_read(folder: Maker) -> None:
    loaded = read(folder({"readings/a.csv": HEAD + "M1,x,1\n"}))
    for _ in range(3):
        list(loaded.readings.blocks(block_points=1))
    assert len(loaded.readings.findings()) == 1
