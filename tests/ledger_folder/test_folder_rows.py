"""Rows one by one: each fault is named with file and line, the row set aside, the rest used."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from lingtan.ledger.finding import Finding
from lingtan.ledger.folder import check, read

Maker = Callable[..., Path]
NODES, STREAMS, SHEET = "nodes.csv", "streams.csv", "statements/2025.csv"
STATEMENTS = "stream,start,end,amount,unit,kind,reporter,sigma_pct,evidence\n"
METERS = "point,stream,role,register,unit,multiplier,digits,period,stamp,clock,bidirectional,level,from,to\n"
FACTORS = "id,subject,parameter,for,value,unit,from,to,status,document\n"

# file, its text, code, line, words of the message
BAD: dict[str, tuple[str, str, str, int, str]] = {
    "number as text": ("nodes.csv", "id,kind,rated_kw\nG,grid,many\n", "bad_number", 2, "many"),
    "decimal comma": ("nodes.csv", 'id,kind,rated_kw\nG,grid,"1,5"\n', "bad_number", 2, "1,5"),
    "thousands separator": ("nodes.csv", 'id,kind,rated_kw\nG,grid,"1,234,567"\n', "bad_number", 2, "thousands"),
    "hexadecimal": ("nodes.csv", "id,kind,rated_kw\nG,grid,0x10\n", "bad_number", 2, "0x10"),
    "not a number": ("nodes.csv", "id,kind,rated_kw\nG,grid,NaN\n", "not_finite", 2, "NaN"),
    "infinity": ("nodes.csv", "id,kind,rated_kw\nG,grid,-inf\n", "not_finite", 2, "-inf"),
    "1e308": ("nodes.csv", "id,kind,rated_kw\nG,grid,1e308\n", "out_of_range", 2, "1e308"),
    "negative power": ("nodes.csv", "id,kind,rated_kw\nG,grid,-1\n", "out_of_range", 2, "not below 0"),
    "latitude": ("nodes.csv", "id,kind,lat\nG,grid,91\n", "out_of_range", 2, "90"),
    "id with a blank inside": ("nodes.csv", "id,kind\na b,grid\n", "bad_id", 2, "a b"),
    "id with Chinese letters": ("nodes.csv", "id,kind\n电网,grid\n", "bad_id", 2, "电网"),
    "id of 65 letters": ("nodes.csv", f"id,kind\n{'x' * 65},grid\n", "bad_id", 2, "64"),
    "blank id": ("nodes.csv", "id,kind\n,grid\n", "missing_value", 2, "id"),
    "node kind": ("nodes.csv", "id,kind\nG,factory\n", "unknown_word", 2, "factory"),
    "unknown parent": ("nodes.csv", "id,kind,parent\nG,grid,X\n", "unknown_id", 2, "X"),
    "boundary kind": ("boundaries.csv", "id,kind\nB,any\n", "unknown_word", 2, "approved"),
    "share above one": ("members.csv", "boundary,node,share\nB,E1,1.2\n", "out_of_range", 2, "1.2"),
    "share below nought": ("members.csv", "boundary,node,share\nB,E1,-0.1\n", "out_of_range", 2, "-0.1"),
    "unknown boundary": ("members.csv", "boundary,node\nC,E1\n", "unknown_id", 2, "boundary"),
    "unknown node": ("members.csv", "boundary,node\nB,E9\n", "unknown_id", 2, "E9"),
    "id with other capitals": ("members.csv", "boundary,node\nB,e1\n", "unknown_id", 2, "near: E1"),
    "unknown commodity": ("streams.csv", "id,commodity,source,target\nS,powr,G,E1\n", "unknown_commodity", 2, "powr"),
    "unknown role": (
        "streams.csv",
        "id,commodity,source,target,used_as\nS,coke,K,E1,burnt\n",
        "unknown_word",
        2,
        "final_fuel",
    ),
    "role of the other end": (
        "streams.csv",
        "id,commodity,source,target,made_as\nS,coke,K,E1,final_fuel\n",
        "unknown_word",
        2,
        "made_as",
    ),
    "same ends": ("streams.csv", "id,commodity,source,target\nS,coke,K,K\n", "same_ends", 2, "two different"),
    "unknown stream": ("meters.csv", METERS + "M,S9,main,counter,kWh,,,,,,,,,\n", "unknown_id", 2, "S9"),
    "unknown unit": ("meters.csv", METERS + "M,S1,main,counter,kWhh,,,,,,,,,\n", "unknown_unit", 2, "kWh"),
    "unit of something else": ("meters.csv", METERS + "M,S1,main,counter,t,,,,,,,,,\n", "wrong_unit", 2, "kWh"),
    "amount unit of a rate": ("meters.csv", METERS + "M,S1,main,rate,kWh,,,,,,,,,\n", "wrong_unit", 2, "kWh/h"),
    "register": ("meters.csv", METERS + "M,S1,main,meter,kWh,,,,,,,,,\n", "unknown_word", 2, "counter"),
    "multiplier nought": ("meters.csv", METERS + "M,S1,main,counter,kWh,0,,,,,,,,\n", "out_of_range", 2, "above 0"),
    "digits": ("meters.csv", METERS + "M,S1,main,counter,kWh,,2.5,,,,,,,\n", "bad_number", 2, "whole"),
    "period": ("meters.csv", METERS + "M,S1,main,counter,kWh,,,15min,,,,,,\n", "bad_period", 2, "PT15M"),
    "period of a month": ("meters.csv", METERS + "M,S1,main,counter,kWh,,,P1M,,,,,,\n", "calendar_period", 2, "P1M"),
    "stamp": ("meters.csv", METERS + "M,S1,main,counter,kWh,,,,middle,,,,,\n", "unknown_word", 2, "start, end"),
    "clock": ("meters.csv", METERS + "M,S1,main,counter,kWh,,,,,Mars/Base,,,,\n", "unknown_clock", 2, "Mars/Base"),
    "boolean in capitals": ("meters.csv", METERS + "M,S1,main,counter,kWh,,,,,,TRUE,,,\n", "bad_boolean", 2, "TRUE"),
    "slash date": ("meters.csv", METERS + "M,S1,main,counter,kWh,,,,,,,,2025/1/1,\n", "slash_date", 2, "2025/1/1"),
    "year 0": ("meters.csv", METERS + "M,S1,main,counter,kWh,,,,,,,,0000-01-01,\n", "year_out_of_range", 2, "1900"),
    "year 9999": ("meters.csv", METERS + "M,S1,main,counter,kWh,,,,,,,,,9999-12-31\n", "year_out_of_range", 2, "2100"),
    "30 February": ("meters.csv", METERS + "M,S1,main,counter,kWh,,,,,,,,2025-02-30,\n", "bad_time", 2, "2025-02-30"),
    "statement without amount": (
        SHEET,
        STATEMENTS + "S3,2025-01-01,2025-02-01,,t,report,,,\n",
        "missing_value",
        2,
        "amount",
    ),
    "statement end before start": (
        SHEET,
        STATEMENTS + "S3,2025-02-01,2025-01-01,1,t,report,,,\n",
        "end_not_after_start",
        2,
        "half-open",
    ),
    "statement end at start": (
        SHEET,
        STATEMENTS + "S3,2025-02-01,2025-02-01,1,t,report,,,\n",
        "end_not_after_start",
        2,
        "half-open",
    ),
    "negative statement": (
        SHEET,
        STATEMENTS + "S3,2025-01-01,2025-02-01,-1,t,report,,,\n",
        "negative_amount",
        2,
        "-1",
    ),
    "statement kind": (SHEET, STATEMENTS + "S3,2025-01-01,2025-02-01,1,t,guess,,,\n", "unknown_word", 2, "invoice"),
    "unknown reporter": (SHEET, STATEMENTS + "S3,2025-01-01,2025-02-01,1,t,report,X,,\n", "unknown_id", 2, "X"),
    "statement unit": (SHEET, STATEMENTS + "S3,2025-01-01,2025-02-01,1,kWh,report,,,\n", "wrong_unit", 2, "anthracite"),
    "zero with an amount": (
        SHEET,
        STATEMENTS + "S3,2025-01-01,2025-02-01,1,t,confirmed_zero,,,\n",
        "zero_with_amount",
        2,
        "blank",
    ),
    "adoption word": ("adoption.csv", "stream,order\nS1,main;meter\n", "unknown_word", 2, "main"),
    "adoption of an unknown point": ("adoption.csv", "stream,order\nS1,point:M9\n", "unknown_id", 2, "M9"),
    "adoption of an unknown reporter": ("adoption.csv", "stream,order\nS1,invoice:E9\n", "unknown_id", 2, "E9"),
    "property": (
        "properties.csv",
        "stream,start,end,property,value,unit\nS3,2025-01-01,2025-02-01,colour,1,%\n",
        "unknown_word",
        2,
        "NCV",
    ),
    "property unit": (
        "properties.csv",
        "stream,start,end,property,value,unit\nS3,2025-01-01,2025-02-01,NCV,20,kWh\n",
        "wrong_unit",
        2,
        "GJ/t",
    ),
    "stock amount": (
        "stocks.csv",
        "node,commodity,time,amount,unit\nE1,anthracite,2025-01-01,-5,t\n",
        "negative_amount",
        2,
        "-5",
    ),
    "stock unit": (
        "stocks.csv",
        "node,commodity,time,amount,unit\nE1,anthracite,2025-01-01,5,kWh\n",
        "wrong_unit",
        2,
        "t",
    ),
    "fact subject": (
        "facts.csv",
        "subject,quantity,value\nX9,headcount,5\n",
        "unknown_id",
        2,
        "node or boundary or park",
    ),
    "fact that is not a number": ("facts.csv", "subject,quantity,value,unit\nE1,area,nan,m2\n", "not_finite", 2, "nan"),
    "own code of the library": (
        "commodities.csv",
        "code,kind,unit\nelectricity,fuel,t\n",
        "commodity_repeats_library",
        2,
        "electricity",
    ),
    "own code without a parent": ("commodities.csv", "code,kind,unit\nmix,,\n", "commodity_incomplete", 2, "parent"),
    "factor parameter": ("factors.csv", FACTORS + "F,anthracite,heat,,20,GJ/t,,,own,D\n", "unknown_word", 2, "NCV"),
    "factor unit": ("factors.csv", FACTORS + "F,anthracite,NCV,,20,t/GJ,,,own,D\n", "wrong_unit", 2, "GJ/t"),
    "factor subject": ("factors.csv", FACTORS + "F,coalx,NCV,,20,GJ/t,,,own,D\n", "unknown_commodity", 2, "coalx"),
    "factor for": ("factors.csv", FACTORS + "F,anthracite,NCV,S9,20,GJ/t,,,own,D\n", "unknown_id", 2, "role word"),
    "factor status": ("factors.csv", FACTORS + "F,anthracite,NCV,,20,GJ/t,,,true,D\n", "unknown_word", 2, "measured"),
    "price subject": (
        "prices.csv",
        "subject,component,value,currency,unit\nX,energy,0.6,CNY,kWh\n",
        "unknown_id",
        2,
        "stream or a commodity",
    ),
    "certificate event": (
        "certificates.csv",
        "id,kind,event,date,amount,unit\nL,GEC,burn,2025-01-01,5,MWh\n",
        "unknown_word",
        2,
        "retire",
    ),
    "certificate without amount": (
        "certificates.csv",
        "id,kind,event,date,amount,unit\nL,GEC,issue,2025-01-01,0,MWh\n",
        "negative_amount",
        2,
        "above 0",
    ),
    "serials backwards": (
        "certificates.csv",
        "id,kind,event,date,amount,unit,serial_from,serial_to\nL,GEC,issue,2025-01-01,5,MWh,9,5\n",
        "serials_reversed",
        2,
        "9",
    ),
    "beneficiary": (
        "certificates.csv",
        "id,kind,event,date,amount,unit,beneficiary\nL,GEC,retire,2025-01-01,5,MWh,X\n",
        "unknown_id",
        2,
        "X",
    ),
    "evidence above the folder": (
        SHEET,
        STATEMENTS + "S3,2025-01-01,2025-02-01,1,t,report,,,evidence/../../a\n",
        "bad_evidence_path",
        2,
        "..",
    ),
    "evidence with a root": (
        SHEET,
        STATEMENTS + "S3,2025-01-01,2025-02-01,1,t,report,,,/etc/passwd\n",
        "bad_evidence_path",
        2,
        "root",
    ),
    "evidence with a drive": (
        SHEET,
        STATEMENTS + "S3,2025-01-01,2025-02-01,1,t,report,,,C:\\a.pdf\n",
        "bad_evidence_path",
        2,
        "drive",
    ),
    "evidence elsewhere in the folder": (
        SHEET,
        STATEMENTS + "S3,2025-01-01,2025-02-01,1,t,report,,,nodes.csv\n",
        "bad_evidence_path",
        2,
        "evidence/",
    ),
    "virtual point of an unknown point": (
        "virtual.csv",
        "point,stream,role,unit,expression\nV,S1,check,kWh,M1 - M9\n",
        "bad_expression",
        2,
        "M9",
    ),
    "virtual point with a meter's id": (
        "virtual.csv",
        "point,stream,role,unit,expression\nM1,S1,check,kWh,M2\n",
        "duplicate_id",
        2,
        "M1",
    ),
    "observation of nobody": (
        "observations/o.csv",
        "subject,quantity,time,value,unit\nX,temperature,2025-01-01,5,degC\n",
        "unknown_id",
        2,
        "X",
    ),
    "observation as text": (
        "observations/o.csv",
        "subject,quantity,time,value,unit\nE1,temperature,2025-01-01,hot,degC\n",
        "bad_number",
        2,
        "hot",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_row_is_named_with_file_and_line(case: str, folder: Maker) -> None:
    file, text, code, line, words = BAD[case]
    errors = [one for one in check(folder({file: text})) if one.where.file == file and one.level == "error"]
    assert [(one.code, one.where.line) for one in errors] == [(code, line)]
    assert words in errors[0].message


def only(findings: tuple[Finding, ...], code: str) -> Finding:
    (one,) = [finding for finding in findings if finding.code == code]
    return one


def test_small_park_has_no_fault(folder: Maker) -> None:
    assert check(folder()) == ()


def test_every_faulty_cell_of_a_row_is_named(folder: Maker) -> None:
    findings = read(folder({NODES: "id,kind,rated_kw,lat\nG,gridd,x,99\n"})).findings
    codes = [one.code for one in findings if one.where.file == NODES]
    assert codes == ["unknown_word", "bad_number", "out_of_range"]


def test_what_names_a_row_set_aside_says_so(folder: Maker) -> None:
    findings = read(folder({NODES: "id,kind\nG,grid\nK,market\nE1,enterprise\nE2,wrong\n"})).findings
    assert {one.where.file: one.where.line for one in findings if one.code == "set_aside_id"} == {
        "members.csv": 3, "streams.csv": 3, "meters.csv": 3,
    }  # fmt: skip


def test_blanks_around_an_id_are_trimmed_with_a_note(folder: Maker) -> None:
    loaded = read(folder({NODES: "id,kind\n G ,grid\nE1\u3000,enterprise\n"}))
    assert set(loaded.park.nodes) == {"G", "E1"}
    note = only(loaded.findings, "trimmed")
    assert (note.level, note.where.lines) == ("note", (2, 3))


def test_blank_is_unknown_and_never_nought(folder: Maker) -> None:
    node = read(folder()).park.nodes["G"]
    assert node.rated_kw is None
    assert read(folder()).park.members[0].share == Decimal(1)


def test_confirmed_zero_needs_no_amount_and_no_unit(folder: Maker) -> None:
    text = (
        STATEMENTS
        + "S3,2025-01-01,2025-02-01,,,confirmed_zero,E1,,\nS3,2025-02-01,2025-03-01,0,t,confirmed_zero,E1,,\n"
    )
    amounts = [(one.amount, one.unit) for one in read(folder({"statements/2025.csv": text})).park.statements]
    assert amounts == [(Decimal(0), "t"), (Decimal(0), "t")]


def test_dates_are_local_midnights(folder: Maker) -> None:
    statement = read(folder()).park.statements[0]
    assert statement.start == datetime(2024, 12, 31, 16, tzinfo=UTC)


def test_end_on_the_last_day_of_a_month_is_taken_as_written_and_noted(folder: Maker) -> None:
    loaded = read(folder({"statements/2025.csv": STATEMENTS + "S3,2025-01-01,2025-01-31,1,t,report,,,\n"}))
    assert loaded.park.statements[0].end == datetime(2025, 1, 30, 16, tzinfo=UTC)
    note = only(loaded.findings, "end_on_last_day")
    assert (note.level, note.where.file, note.where.line) == ("note", "statements/2025.csv", 2)


@pytest.mark.parametrize("to", ["2025-02-28", "2024-02-29", "2025-04-30", "2025-01-31T00:00"])
def test_to_on_the_last_day_is_noted_in_other_tables(to: str, folder: Maker) -> None:
    findings = read(folder({"boundaries.csv": f"id,kind,to\nB,approved,{to}\n"})).findings
    assert only(findings, "end_on_last_day").where.line == 2


def test_times_without_offset_are_noted_once_a_file(folder: Maker) -> None:
    rows = "S3,2025-01-01T00:00,2025-02-01T00:00,1,t,report,,,\nS3,2025-02-01 00:00,2025-03-01 24:00,1,t,report,,,\n"
    loaded = read(folder({"statements/2025.csv": STATEMENTS + rows}))
    assert only(loaded.findings, "naive_times").level == "note"
    assert loaded.park.statements[1].end == datetime(2025, 3, 1, 16, tzinfo=UTC)


def test_times_with_and_without_offset_in_one_file_are_a_finding(folder: Maker) -> None:
    rows = "S3,2025-01-01T00:00,2025-02-01T00:00+08:00,1,t,report,,,\n"
    fault = only(read(folder({"statements/2025.csv": STATEMENTS + rows})).findings, "mixed_offsets")
    assert (fault.level, fault.where.line) == ("finding", 2)


def test_absent_evidence_is_a_finding_and_the_row_is_used(folder: Maker) -> None:
    rows = "S3,2025-01-01,2025-02-01,1,t,report,,,evidence/a.pdf;evidence/b.pdf\n"
    loaded = read(folder({"statements/2025.csv": STATEMENTS + rows}))
    fault = only(loaded.findings, "evidence_missing")
    assert (fault.level, fault.where.line) == ("finding", 2)
    assert "evidence/b.pdf" in fault.message
    assert loaded.park.statements[0].evidence == ("evidence/a.pdf", "evidence/b.pdf")


def test_evidence_that_is_a_link_is_an_error(folder: Maker, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("x")
    rows = "S3,2025-01-01,2025-02-01,1,t,report,,,evidence/link.txt\n"
    path = folder({"statements/2025.csv": STATEMENTS + rows})
    (path / "evidence" / "link.txt").symlink_to(tmp_path / "secret.txt")
    codes = {one.code for one in read(path).findings if one.level == "error"}
    assert codes == {"bad_evidence_path", "link_outside"}


def test_links_out_of_the_folder_are_not_followed(folder: Maker, tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("id,kind\nX,grid\n")
    path = folder({NODES: None})
    (path / NODES).symlink_to(tmp_path / "other.csv")
    loaded = read(path)
    assert only(loaded.findings, "link_outside").where.file == NODES
    assert not loaded.park.nodes


def test_own_commodity_inherits_from_its_parent(folder: Maker) -> None:
    loaded = read(folder({"commodities.csv": "code,parent,name_en,p_mpa,t_c\nsteam10,steam,Steam 1 MPa,1.0,200\n"}))
    own = loaded.park.commodities["steam10"]
    assert (own.kind, own.p_mpa, own.lineage[:2]) == ("steam", Decimal("1.0"), ("steam10", "steam"))
    assert "electricity" in loaded.park.commodities


def test_factor_without_a_document_is_a_finding_and_used(folder: Maker) -> None:
    loaded = read(folder({"factors.csv": FACTORS + "F,anthracite,NCV,,20,GJ/t,,,own,\n"}))
    assert only(loaded.findings, "no_document").level == "finding"
    assert loaded.park.factors[0].value == Decimal(20)


def test_grid_supply_is_implied_and_noted(folder: Maker) -> None:
    loaded = read(
        folder({STREAMS: "id,commodity,source,target\nS1,electricity,G,E1\nS2,electricity,E1,E2\nS3,coke,K,E1\n"})
    )
    assert loaded.park.streams["S1"].made_as == "grid_supply"
    assert loaded.park.streams["S2"].made_as == ""
    assert only(loaded.findings, "grid_supply_implied").where.line == 2


def test_more_than_twenty_faults_of_a_kind_are_counted_together(folder: Maker) -> None:
    rows = "".join(f"N{number},wrong\n" for number in range(500))
    fault = only(read(folder({NODES: "id,kind\nG,grid\n" + rows})).findings, "unknown_word")
    assert fault.params["count"] == 500
    assert fault.where.lines == tuple(range(3, 23))


UNITS = [
    ("electricity", "rate", "kW"), ("electricity", "rate_point", "MW"), ("electricity", "counter", "MWh"),
    ("natural_gas", "rate", "m3/h"), ("natural_gas", "interval", "1e4 Nm3"), ("steam10", "rate", "t/h"),
    ("steam10", "counter", "GJ"), ("heat", "rate", "kW"), ("tap_water", "rate", "m3/h"),
]  # fmt: skip


@pytest.mark.parametrize(("commodity", "register", "unit"), UNITS)
def test_units_that_meters_have_fit_their_commodity(commodity: str, register: str, unit: str, folder: Maker) -> None:
    changes = {
        "commodities.csv": "code,parent,p_mpa,t_c\nsteam10,steam,1.0,200\n",
        "streams.csv": f"id,commodity,source,target,used_as\nS1,{commodity},E2,E1,\nS3,anthracite,K,E1,final_fuel\n",
        "meters.csv": f"point,stream,role,register,unit\nM1,S1,main,{register},{unit}\n",
        "readings/a.csv": None,
    }
    assert read(folder(changes)).findings == ()


def test_file_name_in_another_encoding_is_shown_readably(folder: Maker) -> None:
    path = folder()
    (Path(os.fsdecode(os.fsencode(path) + "/发票.csv".encode("gbk")))).write_text("x")
    name = only(read(path).findings, "unknown_file").where.file
    assert name.encode("utf-8").endswith(b".csv")


def test_table_larger_than_the_bound_is_not_read(folder: Maker) -> None:
    path = folder()
    with (path / NODES).open("r+b") as handle:
        handle.truncate(300 * 1024 * 1024)
    fault = only(read(path).findings, "file_too_large")
    assert (fault.level, fault.where.file) == ("error", NODES)
