"""The issue's list of bad input, item by item: named with file and line, the rest still counted, no traceback.

Base park: E1 buys 1,000 MWh (1,000 x 0.8325 = 832.5 t), E2 makes 500 t lime (500 x 0.683 = 341.5 t), E1 burns gas that
the bad row or file speaks of. Whatever is wrong there, the first two stay as they are.
"""

from __future__ import annotations

import gzip
import hashlib
import io
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from places import lines_of as lines_named

Write = Callable[[dict[str, Any]], Path]
Run = Callable[..., Any]
Check = Callable[..., list[dict[str, Any]]]

NODES = (
    "id,parent,kind\ngrid,,grid\ngasnet,,fuel_network\nheatnet,,heat_network\nmarket,,market\n"
    "E1,,enterprise\nE2,,enterprise\nwind,,generator\n"
)
STREAMS = (
    "id,commodity,source,target,made_as,used_as\nel,electricity,grid,E1,grid_supply,\n"
    "gas,natural_gas,gasnet,E1,,final_fuel\nlime,lime,E2,market,process_output,\n"
)
HEAD = "stream,start,end,amount,unit,kind,reporter,evidence\n"
SAID = HEAD + "el,2025-01-01,2026-01-01,1000,MWh,invoice,grid,\nlime,2025-01-01,2026-01-01,500,t,report,E2,\n"
GAS = "gas,2025-01-01,2026-01-01,20000,Nm3,invoice,E1,\n"
METERS = "point,stream,role,serial,register,unit,period,from,to\n"
GOOD: dict[str, Any] = {"streams.csv": STREAMS, "statements/a.csv": SAID}
METERED = {**GOOD, "meters.csv": METERS + "P1,gas,main,S1,interval,Nm3,PT1H,,\n"}


def table(rows: int = 48, **columns: Any) -> pa.Table:
    """Return hourly readings of P1, 1 Nm3 each, with columns replaced."""
    times = [datetime(2025, 1, 1) + timedelta(hours=hour) for hour in range(rows)]
    made = {"point": ["P1"] * rows, "time": pa.array(times, pa.timestamp("us")), "value": [1.0] * rows}
    return pa.table({**made, **columns})


def parquet(content: pa.Table, **options: Any) -> bytes:
    out = io.BytesIO()
    pq.write_table(content, out, **options)
    return out.getvalue()


def hourly(rows: int = 48, form: str = "%Y-%m-%dT%H:%M") -> str:
    begin = datetime(2025, 1, 1)
    lines = [f"P1,{begin + timedelta(hours=hour):{form}},1" for hour in range(rows)]
    return "point,time,value\n" + "\n".join(lines) + "\n"


def errors(findings: list[dict[str, Any]]) -> set[tuple[str, str | None, int | None]]:
    """Return code, file and line of the errors."""
    return {(one["code"], one["where"]["file"], one["where"]["line"]) for one in findings if one["level"] == "error"}


def digest(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture
def fails(write: Write, run: Run) -> Callable[..., list[dict[str, Any]]]:
    """Return a function that runs check, account and flows on a folder with errors, and gives check's findings."""

    def do(tables: dict[str, Any]) -> list[dict[str, Any]]:
        folder = write(tables)
        before = digest(folder)
        findings: list[dict[str, Any]] = run("check", folder, code=1)["findings"]
        account = run("account", folder, "--year", 2025)
        # the rest still counts: 1,000 MWh x 0.8325 and 500 t x 0.683
        assert account["by_category"]["electricity"] == pytest.approx(832.5)
        assert account["by_category"]["process"] == pytest.approx(341.5)
        assert any(one["level"] == "error" for one in account["findings"])
        flows = run("flows", folder, "--year", 2025, "--step", "year")
        assert {row["id"]: row["amount"] for row in flows if row["id"] != "gas"} == {"el": 1e6, "lime": 500}
        assert digest(folder) == before  # reading writes nothing
        return findings

    return do


GBK = HEAD.replace("\n", ",note\n") + GAS.replace("\n", ",一月\n") + GAS.replace("\n", ",电费发票\n")
FILES: dict[str, tuple[bytes, str, int, str]] = {
    "empty": (b"", "empty_file", 1, "0 bytes"),
    "only blank lines": (b"\n \r\n", "empty_file", 1, "header"),
    "gzip": (gzip.compress(GAS.encode() * 100), "compressed_file", 1, "gzip"),
    "gzip bomb": (gzip.compress(b"0" * 50_000_000), "compressed_file", 1, "gzip"),
    "zip": (b"PK\x03\x04" + b"x" * 50, "compressed_file", 1, "zip"),
    "GBK": (GBK.encode("gbk"), "wrong_encoding", 2, "GBK"),
    "GBK further down": (HEAD.encode() + GAS.encode() * 3 + GBK.encode("gbk"), "wrong_encoding", 6, "GBK"),
    "UTF-16 with mark": (GBK.encode("utf-16"), "wrong_encoding", 1, "UTF-16"),
    "UTF-16 without mark": ((HEAD + GAS).encode("utf-16-le"), "wrong_encoding", 1, "UTF-16"),
    "cut inside a letter": ((HEAD + GAS + "气").encode()[:-1], "wrong_encoding", 3, "cut off"),
    "NUL": ((HEAD + GAS + "\x00\n").encode(), "nul_bytes", 3, "NUL"),
    "wrong column": ((HEAD + GAS).replace("amount", "amuont").encode(), "missing_column", 1, "amuont"),
    "column in capitals": ((HEAD + GAS).replace("stream", "Stream").encode(), "missing_column", 1, "Stream"),
    "repeated column": ((HEAD + GAS).replace("evidence", "amount").encode(), "repeated_column", 1, "columns 4, 8"),
    "semicolons": ((HEAD + GAS).replace(",", ";").encode(), "missing_column", 1, "semicolons"),
}  # fmt: skip


@pytest.mark.parametrize("case", FILES)
def test_a_bad_file_of_statements_is_named_and_set_aside(case: str, fails: Check) -> None:
    content, code, line, words = FILES[case]
    findings = fails({**GOOD, "statements/b.csv": content})
    place = (code, "statements/b.csv", line)
    assert place in errors(findings)
    assert any(words in one["message"] for one in findings if one["code"] == code)


READINGS = {
    name: (content.replace(HEAD.encode(), b"point,time,value\n") if isinstance(content, bytes) else content, code, line)
    for name, (content, code, line, _) in FILES.items()
    if code in ("empty_file", "compressed_file")
}
READINGS |= {
    "GBK": (hourly(3).encode() + "P1,2025-01-02,4,电\n".encode("gbk"), "wrong_encoding", 5),
    "UTF-16": (hourly(3).encode("utf-16"), "wrong_encoding", 1),
    "wrong column": (hourly(3).replace("value", "val").encode(), "missing_column", 1),
    "repeated column": (b"point,time,value,value\nP1,2025-01-01,1,1\n", "repeated_column", 1),
    "cut off": (hourly(3).encode() + b"P1,2025-01", "field_count", 5),
}


@pytest.mark.parametrize("case", READINGS)
def test_a_bad_file_of_readings_is_named(case: str, fails: Check) -> None:
    content, code, line = READINGS[case]
    assert (code, "readings/a.csv", line) in errors(fails({**METERED, "readings/a.csv": content}))


def test_a_truncated_table_loses_its_last_row_only(fails: Check, account: Any) -> None:
    tables = {**GOOD, "statements/b.csv": HEAD + GAS + "gas,2024-01-01,2025-0"}
    assert ("field_count", "statements/b.csv", 3) in errors(fails(tables))
    # 20,000 Nm3 = 2 x 1e4 Nm3: the first row of the file is still read
    assert account(tables)["by_category"]["fuel"] > 40


PARQUET: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty": (lambda: b"", "empty_file"),
    "cut off": (lambda: parquet(table())[:-40], "broken_parquet"),
    "text": (lambda: hourly().encode(), "broken_parquet"),
    "gzip": (lambda: gzip.compress(parquet(table())), "compressed_file"),
    "wrong column": (lambda: parquet(table().rename_columns(["point", "time", "val"])), "missing_column"),
    "repeated column": (
        lambda: parquet(
            pa.Table.from_arrays([*table().columns, table()["value"]], ["point", "time", "value", "value"])
        ),
        "repeated_column",
    ),
    "text as value": (lambda: parquet(table(value=["1"] * 48)), "wrong_type"),
    "text as time": (lambda: parquet(table(time=["2025-01-01"] * 48)), "wrong_type"),
}


@pytest.mark.parametrize("case", PARQUET)
def test_a_bad_parquet_file_is_named_and_set_aside(case: str, fails: Check) -> None:
    make, code = PARQUET[case]
    assert errors(fails({**METERED, "readings/a.parquet": make()})) == {(code, "readings/a.parquet", 1)}


def test_a_parquet_bomb_is_refused_by_its_footer(fails: Check) -> None:
    # 6 million equal rows in less than 100 kB: readings do not get below a twentieth of a byte a row
    rows = 6_000_000
    stamp = pa.scalar(datetime(2025, 1, 1), pa.timestamp("us"))
    bomb = pa.table(
        {
            "point": pa.repeat(pa.scalar("P1"), rows).dictionary_encode(),
            "time": pa.repeat(stamp, rows),
            "value": pa.repeat(pa.scalar(0.0), rows),
        }
    )
    content = parquet(bomb, compression="zstd")
    assert len(content) < 100_000
    assert errors(fails({**METERED, "readings/a.parquet": content})) == {("file_too_large", "readings/a.parquet", 1)}


def test_faulty_rows_of_parquet_are_named_by_row_group_and_row(check: Check) -> None:
    values = [1.0] * 48
    values[5], values[6], values[40] = float("nan"), 1e308, float("inf")
    content = parquet(table(value=values), row_group_size=10)
    found = check({**METERED, "readings/a.parquet": content}, 1)
    # row 6 is the sixth of row group 1, row 7 the seventh of it, row 41 the first of row group 5
    assert {(*place[::2],) for place in errors(found)} == {
        ("not_finite", 6),
        ("too_large_value", 7),
        ("not_finite", 41),
    }
    told = [one["message"] for one in found if one["level"] == "error"]
    assert any("row group 1, row 6" in text for text in told)
    assert any("row group 5, row 1" in text for text in told)


def test_a_year_that_only_a_faulty_row_of_parquet_names_does_not_stop_the_check(check: Check) -> None:
    times = [datetime(2025, 1, 1) + timedelta(hours=hour) for hour in range(48)]
    times[3], times[4] = datetime(9000, 1, 1), datetime(1500, 1, 1)
    content = parquet(table(time=pa.array(times, pa.timestamp("us"))))
    expected = {("year_out_of_range", "readings/a.parquet", 4), ("year_out_of_range", "readings/a.parquet", 5)}
    assert errors(check({**METERED, "readings/a.parquet": content}, 1)) == expected


ROWS = {
    "NaN": ("gas,2025-01-01,2026-01-01,NaN,Nm3,invoice,E1,", "not_finite"),
    "infinity": ("gas,2025-01-01,2026-01-01,-inf,Nm3,invoice,E1,", "not_finite"),
    "1e308": ("gas,2025-01-01,2026-01-01,1e308,Nm3,invoice,E1,", "out_of_range"),
    "negative": ("gas,2025-01-01,2026-01-01,-1,Nm3,invoice,E1,", "negative_amount"),
    "thousands": ('gas,2025-01-01,2026-01-01,"20,000",Nm3,invoice,E1,', "bad_number"),
    "comma as decimal sign": ('gas,2025-01-01,2026-01-01,"1,5",Nm3,invoice,E1,', "bad_number"),
    "no amount": ("gas,2025-01-01,2026-01-01,,Nm3,invoice,E1,", "missing_value"),
    "year 0": ("gas,0000-01-01,2026-01-01,1,Nm3,invoice,E1,", "year_out_of_range"),
    "year 9999": ("gas,2025-01-01,9999-12-31,1,Nm3,invoice,E1,", "year_out_of_range"),
    "year 1899": ("gas,1899-12-31,2026-01-01,1,Nm3,invoice,E1,", "year_out_of_range"),
    "year 2101": ("gas,2025-01-01,2101-01-01,1,Nm3,invoice,E1,", "year_out_of_range"),
    "slash date": ("gas,2025/01/01,2026-01-01,1,Nm3,invoice,E1,", "slash_date"),
    "30 February": ("gas,2025-02-30,2026-01-01,1,Nm3,invoice,E1,", "bad_time"),
    "backwards": ("gas,2026-01-01,2025-01-01,1,Nm3,invoice,E1,", "end_not_after_start"),
    "unknown stream": ("gaz,2025-01-01,2026-01-01,1,Nm3,invoice,E1,", "unknown_id"),
    "unknown reporter": ("gas,2025-01-01,2026-01-01,1,Nm3,invoice,E7,", "unknown_id"),
    "unknown unit": ("gas,2025-01-01,2026-01-01,1,bushel9,invoice,E1,", "unknown_unit"),
    "unit of something else": ("gas,2025-01-01,2026-01-01,1,kWh,invoice,E1,", "wrong_unit"),
    "unknown kind": ("gas,2025-01-01,2026-01-01,1,Nm3,bill,E1,", "unknown_word"),
    "evidence above": ("gas,2025-01-01,2026-01-01,1,Nm3,invoice,E1,../secret.pdf", "bad_evidence_path"),
    "evidence by a detour": ("gas,2025-01-01,2026-01-01,1,Nm3,invoice,E1,evidence/../../x", "bad_evidence_path"),
    "evidence absolute": ("gas,2025-01-01,2026-01-01,1,Nm3,invoice,E1,/etc/passwd", "bad_evidence_path"),
    "evidence on a drive": ("gas,2025-01-01,2026-01-01,1,Nm3,invoice,E1,C:\\x.pdf", "bad_evidence_path"),
    "evidence elsewhere": ("gas,2025-01-01,2026-01-01,1,Nm3,invoice,E1,records/x", "bad_evidence_path"),
    "second of two": ("gas,2025-01-01,2026-01-01,1,Nm3,invoice,E1,evidence/a;../b", "bad_evidence_path"),
    "too few cells": ("gas,2025-01-01", "field_count"),
    "too many cells": ("gas,2025-01-01,2026-01-01,1,000,Nm3,invoice,E1,", "field_count"),
    "open quote": ('"gas,2025-01-01,2026-01-01,1,Nm3,invoice,E1,', "open_quote"),
    "comment": ("# corrected by hand", "field_count"),
}


@pytest.mark.parametrize("case", ROWS)
def test_a_bad_row_is_named_and_alone_set_aside(case: str, fails: Check) -> None:
    row, code = ROWS[case]
    tables = {**GOOD, "evidence/a": "x", "statements/b.csv": HEAD + row + "\n" + GAS.replace("2025", "2023")}
    assert errors(fails(tables)) == {(code, "statements/b.csv", 2)}


def test_links_as_evidence_or_as_files_are_not_followed(write: Write, run: Run, tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text(HEAD + GAS)
    folder = write({**GOOD, "evidence/x": "x", "statements/b.csv": HEAD + GAS[:-1] + "evidence/link.pdf\n"})
    (folder / "evidence" / "link.pdf").symlink_to(tmp_path / "secret.csv")
    (folder / "statements" / "c.csv").symlink_to(tmp_path / "secret.csv")
    found = errors(run("check", folder, code=1)["findings"])
    assert ("bad_evidence_path", "statements/b.csv", 2) in found
    assert {code for code, file, _ in found if file in ("statements/c.csv", "evidence/link.pdf")} == {"link_outside"}
    # neither the linked statement nor the row with the linked evidence counts: gas is not known
    assert run("account", folder, "--year", 2025)["by_category"]["fuel"] is None


def test_absent_evidence_is_a_finding_and_the_row_counts(check: Check, run: Run, write: Write) -> None:
    tables = {**GOOD, "statements/b.csv": HEAD + GAS[:-1] + "evidence/nowhere.pdf\n"}
    found = check(tables, 0)
    assert ("evidence_missing", "finding", 2) in {(o["code"], o["level"], o["where"]["line"]) for o in found}
    assert run("account", write(tables), "--year", 2025)["by_category"]["fuel"] > 40


def test_faulty_readings_are_named_and_the_others_count(write: Write, run: Run) -> None:
    lines = hourly(24).splitlines()
    bad = {4: "NaN", 5: "1e308", 6: "-4", 7: "abc", 8: ""}
    for line, value in bad.items():
        lines[line - 1] = lines[line - 1].rsplit(",", 1)[0] + "," + value
    lines[8] = "P1,0000-01-01T07:00,1"
    lines[9] = "P1,9999-01-01T08:00,1"
    lines[10] = "P1,2025/01/01 09:00,1"
    lines[11] = "P9,2025-01-01T10:00,1"
    folder = write({**METERED, "readings/a.csv": "\n".join(lines) + "\n"})
    found = errors(run("check", folder, code=1)["findings"])
    assert {
        ("not_finite", "readings/a.csv", 4), ("too_large_value", "readings/a.csv", 5),
        ("bad_number", "readings/a.csv", 7), ("year_out_of_range", "readings/a.csv", 9),
        ("year_out_of_range", "readings/a.csv", 10), ("slash_date", "readings/a.csv", 11),
        ("unknown_point", "readings/a.csv", 12),
    } <= found  # fmt: skip
    day = run("flows", folder, "--step", "day", "--from", "2025-01-01", "--to", "2025-01-02", "--id", "gas")
    # 24 hours of 1 Nm3, lines 4 to 12 (nine of them) are no readings
    assert [row["amount"] for row in day] == [15]


def test_a_negative_counter_reading_is_set_aside_and_its_total_kept(write: Write, run: Run) -> None:
    rows = "".join(f"P1,2025-01-01T{hour:02d}:00,{-1 if hour == 2 else 10 * hour}\n" for hour in range(6))
    meters = METERS + "P1,gas,main,S1,counter,Nm3,PT1H,,\n"
    folder = write({**GOOD, "meters.csv": meters, "readings/a.csv": "point,time,value\n" + rows})
    assert ("negative_counter", "readings/a.csv", 4) in errors(run("check", folder, code=1)["findings"])
    day = run("flows", folder, "--step", "day", "--from", "2025-01-01", "--to", "2025-01-02", "--id", "gas")
    # 50 - 0; the two hours about the faulty reading are a gap of known total inside the day
    assert [row["amount"] for row in day] == [50]


def test_readings_are_checked_where_nothing_in_the_folder_has_a_time(check: Check) -> None:
    tables = {
        "streams.csv": STREAMS,
        "meters.csv": METERED["meters.csv"],
        "readings/a.csv": "point,time,value\nP1,x,1\n",
    }
    assert errors(check(tables, 1)) == {("bad_time", "readings/a.csv", 2)}


def test_observations_are_checked_with_the_rest(check: Check) -> None:
    rows = "E9,t,2025-01-01,1,degC\nE1,t,2025/01/01,NaN,degC\nE1,t,2025-01-01,1,xyz\nE1,t,2025-01-01,,degC\n"
    found = errors(check({**GOOD, "observations/a.csv": "subject,quantity,time,value,unit\n" + rows}, 1))
    assert found == {
        ("unknown_id", "observations/a.csv", 2), ("slash_date", "observations/a.csv", 3),
        ("not_finite", "observations/a.csv", 3), ("unknown_unit", "observations/a.csv", 4),
    }  # fmt: skip


def lines_of(findings: list[dict[str, Any]], code: str) -> list[list[int]]:
    """Return the lines that the findings of a code name."""
    return [sorted(lines_named(one)) for one in findings if one["code"] == code]


def test_a_cycle_of_nodes_names_all_its_lines(fails: Check) -> None:
    findings = fails(
        {**GOOD, "nodes.csv": NODES + "A,C,workshop\nB,A,workshop\nC,B,workshop\nD,A,workshop\nS,S,workshop\n"}
    )
    assert sorted(lines_of(findings, "parent_cycle")) == [[9, 10, 11], [13]]
    assert any(all(line in one["message"] for line in ("9", "10", "11")) for one in findings)
    assert ("set_aside_id", "nodes.csv", 12) in errors(findings)


def test_a_cycle_of_virtual_points_names_all_its_lines(fails: Check) -> None:
    virtual = (
        "point,stream,role,unit,expression\nV1,gas,check,Nm3,V2 + P1\nV2,gas,check,Nm3,V1\nV3,gas,check,Nm3,2 * P1\n"
    )
    findings = fails({**METERED, "virtual.csv": virtual})
    assert lines_of(findings, "expression_cycle") == [[2, 3]]


def test_a_cycle_of_commodities_names_all_its_lines(fails: Check) -> None:
    own = "code,name_en,parent\nours,x,natural_gas\na,x,b\nb,x,a\n"
    assert lines_of(fails({**GOOD, "commodities.csv": own}), "parent_cycle") == [[3, 4]]


def test_an_id_that_stands_twice_names_all_its_lines_and_the_first_holds(fails: Check) -> None:
    findings = fails({**GOOD, "nodes.csv": NODES + "E1,,workshop\nE1,E2,building\n"})
    assert lines_of(findings, "duplicate_id") == [[6, 9, 10]]


def test_unknown_ids_and_words_are_each_named(fails: Check) -> None:
    streams = STREAMS + (
        "a,petroll,grid,E1,,\nb,electricity,grid,E9,,\nc,electricity,grid,E1,bought,\nd,electricity,E1,E1,,\n"
    )
    found = errors(fails({**GOOD, "streams.csv": streams, "nodes.csv": NODES + "X,,factory\nY,Z,workshop\n"}))
    assert found == {
        ("unknown_commodity", "streams.csv", 5), ("unknown_id", "streams.csv", 6), ("unknown_word", "streams.csv", 7),
        ("same_ends", "streams.csv", 8), ("unknown_word", "nodes.csv", 9), ("unknown_id", "nodes.csv", 10),
    }  # fmt: skip


def test_one_device_on_two_points_names_both_lines(check: Check) -> None:
    meters = METERS + "P1,gas,main,S1,interval,Nm3,PT1H,,\nP2,el,check,S1,interval,kWh,PT1H,,\n"
    findings = check({**GOOD, "meters.csv": meters})
    assert lines_of(findings, "device_on_two_points") == [[2, 3]]


def test_one_device_as_two_mains_of_a_stream_counts_once(write: Write, run: Run) -> None:
    meters = METERS + "P1,gas,main,S1,interval,Nm3,PT1H,,\nP2,gas,main,S1,interval,Nm3,PT1H,,\n"
    readings = hourly(24) + hourly(24).split("\n", 1)[1].replace("P1", "P2")
    folder = write({**GOOD, "meters.csv": meters, "readings/a.csv": readings})
    assert lines_of(run("check", folder, code=1)["findings"], "device_counted_twice") == [[2, 3]]
    day = run("flows", folder, "--step", "day", "--from", "2025-01-01", "--to", "2025-01-02", "--id", "gas")
    assert [row["amount"] for row in day] == [24]


def test_one_point_on_two_streams_names_both_lines(fails: Check) -> None:
    meters = METERS + "P1,gas,main,S1,interval,Nm3,PT1H,,\nP1,el,check,S1,interval,kWh,PT1H,,\n"
    assert lines_of(fails({**GOOD, "meters.csv": meters}), "point_on_two_streams") == [[2, 3]]


def test_overlapping_device_periods_name_both_lines_and_adjoining_ones_are_right(fails: Check, check: Check) -> None:
    rows = METERS + "P1,gas,main,S1,interval,Nm3,PT1H,,2025-07-01\nP1,gas,main,S2,interval,Nm3,PT1H,{},\n"
    findings = fails({**GOOD, "meters.csv": rows.format("2025-06-30")})
    assert lines_of(findings, "overlapping_devices") == [[2, 3]]
    assert lines_of(check({**GOOD, "meters.csv": rows.format("2025-07-01")}), "overlapping_devices") == []


def test_readings_of_a_meter_whose_stream_begins_later_are_told_and_not_counted(write: Write, run: Run) -> None:
    # the meter's span and its stream's share no instant: no device is left for the readings
    streams = (
        STREAMS.replace("used_as\n", "used_as,from\n").replace(",\n", ",,\n").replace("fuel\n", "fuel,2031-01-01\n")
    )
    folder = write({**METERED, "streams.csv": streams, "readings/a.csv": hourly(24)})
    assert ("outside_device", "readings/a.csv", 2) in errors(run("check", folder, code=1)["findings"])
    run("account", folder, "--year", 2025)


BERLIN = (
    'format = 1\nid = "demo"\ncountry = "CN"\ngrid_region = "CN-32"\ntimezone = "Europe/Berlin"\n'
    'default_boundary = "B"\n'
)


def test_times_without_zone_in_the_repeated_hour_go_by_row_order_and_are_named(write: Write, run: Run) -> None:
    rows = "".join(
        f"P1,2025-10-26T{hour},{value}\n" for hour, value in (("01:00", 1), ("02:00", 2), ("02:00", 4), ("03:00", 8))
    )
    folder = write({**METERED, "park.toml": BERLIN, "readings/a.csv": "point,time,value\n" + rows})
    assert lines_of(run("check", folder)["findings"], "repeated_hour") == [[3, 4]]
    told = run("flows", folder, "--step", "hour", "--from", "2025-10-26", "--to", "2025-10-27", "--id", "gas")
    assert {row["start"]: row["amount"] for row in told if row["amount"] is not None} == {
        "2025-10-26T01:00:00+02:00": 1, "2025-10-26T02:00:00+02:00": 2,
        "2025-10-26T02:00:00+01:00": 4, "2025-10-26T03:00:00+01:00": 8,
    }  # fmt: skip


def test_times_without_zone_in_the_hour_that_does_not_exist_are_set_aside(write: Write, run: Run) -> None:
    rows = "".join(f"P1,2025-03-30T{hour},1\n" for hour in ("01:00", "02:00", "02:30", "03:00"))
    folder = write({**METERED, "park.toml": BERLIN, "readings/a.csv": "point,time,value\n" + rows})
    found = errors(run("check", folder, code=1)["findings"])
    assert found == {("nonexistent_hour", "readings/a.csv", 3), ("nonexistent_hour", "readings/a.csv", 4)}
    # offsets say which hour is meant, on the same day
    aware = rows.replace("T02:00", "T01:00Z").replace("T02:30", "T02:00Z").replace("01:00,", "01:00+01:00,")
    told = write({**METERED, "park.toml": BERLIN, "readings/a.csv": "point,time,value\n" + aware})
    assert not {code for code, *_ in errors(run("check", told, code=None)["findings"])} & {"nonexistent_hour"}


@pytest.mark.parametrize("file", ["nodes.csv", "streams.csv", "members.csv"])
def test_a_table_that_everything_hangs_on_leaves_nothing_known_and_not_nought(
    file: str, write: Write, run: Run
) -> None:
    folder = write({**GOOD, file: "名,值\n".encode("gbk")})
    assert ("wrong_encoding", file, 1) in errors(run("check", folder, code=1)["findings"])
    result = run("account", folder, "--year", 2025, code=1)
    assert set(result["totals"].values()) == set(result["by_category"].values()) == {None}
    assert "nothing_inside" in {one["code"] for one in result["findings"]}


def test_energy_is_null_where_no_flow_is_known(write: Write, run: Run) -> None:
    result = run("account", write({"streams.csv": STREAMS}), "--year", 2025, code=1)
    assert set(result["totals"].values()) == {None}


@pytest.mark.parametrize("boundaries", ["id,kind\nC,physical\n", "id,kind,name_zh\nB,physical,零碳园\n".encode("gbk")])
def test_an_unknown_default_boundary_is_one_fault_among_all(boundaries: Any, write: Write, run: Run) -> None:
    folder = write({**GOOD, "boundaries.csv": boundaries, "statements/b.csv": HEAD + "zz" + GAS})
    found = errors(run("check", folder, code=1)["findings"])
    assert {("default_boundary_unknown", "park.toml", 7), ("unknown_id", "statements/b.csv", 2)} <= found
    assert "'B'" in run("account", folder, "--year", 2025, code=2)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "line 1"),
        ('id = "P"\nname = "零碳园区"\n'.encode("gbk"), "line 2"),
        ('id = "P"\n'.encode("utf-16"), "UTF-16"),
        (b"id = = 1\n", "line 1"),
        (b'id = "P"\nformat = 9\n', "line 2"),
        (b'id = "P"\ntimezone = "Mars/Base"\n', "line 2"),
        (b'id = "a b"\n', "line 1"),
        (None, "park.toml"),
    ],
)
def test_a_park_file_that_cannot_be_used_is_one_sentence_and_code_2(
    content: bytes | None, words: str, write: Write, run: Run
) -> None:
    folder = write({**GOOD, "park.toml": content})
    for command in ("check", "flows", "account"):
        told = run(command, folder, code=2)
        assert words in told
        assert "park.toml" in told


@pytest.mark.parametrize("year", ["0", "9999", "-1", "1899", "2101"])
@pytest.mark.parametrize("command", ["account", "flows"])
def test_a_year_that_is_none_is_refused(command: str, year: str, write: Write, run: Run) -> None:
    assert "1900 to 2100" in run(command, write(GOOD), f"--year={year}", code=2)


@pytest.mark.parametrize("span", [("--from", "0001-01-01"), ("--to", "9999-12-31"), ("--from", "2025/01/01")])
def test_a_span_that_is_none_is_refused(span: tuple[str, str], write: Write, run: Run) -> None:
    run("flows", write(GOOD), *span, code=2)


def test_all_faults_are_told_in_one_run(check: Check) -> None:
    found = errors(
        check(
            {
                **METERED,
                "nodes.csv": NODES + "A,B,workshop\nB,A,workshop\n",
                "members.csv": "boundary,node,share\nB,E1,\nB,E2,\nB,wind,2\n",
                "commodities.csv": b"\x1f\x8b\x08",
                "readings/a.csv": "point,time,value\nP1,2025-01-01T00:00,NaN\nP9,2025-01-01T00:00,1\n",
                "readings/b.parquet": b"PAR1",
                "statements/b.csv": HEAD + GAS.replace("Nm3", "Nmm") + GAS.replace("gas", "gaz"),
                "factors.csv": "id,subject,parameter,value,unit\nF1,natural_gas,NCVV,1,GJ/t\n",
                "observations/o.csv": "subject,quantity,time,value,unit\nE1,t,x,1,degC\n",
            },
            1,
        )
    )
    assert found == {
        ("parent_cycle", "nodes.csv", 9), ("out_of_range", "members.csv", 4),
        ("compressed_file", "commodities.csv", 1), ("not_finite", "readings/a.csv", 2),
        ("unknown_point", "readings/a.csv", 3), ("broken_parquet", "readings/b.parquet", 1),
        ("unknown_unit", "statements/b.csv", 2), ("unknown_id", "statements/b.csv", 3),
        ("unknown_word", "factors.csv", 2), ("bad_time", "observations/o.csv", 2),
    }  # fmt: skip
