"""Sentences of the park folder's "Text", "Time" and "Files": every column of every file, and the way back."""
# ruff: noqa: E501 - tables of the folder stand as they are written

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from lingtan.ledger import folder as folders

Write = Callable[[dict[str, Any]], Path]
Run = Callable[..., Any]
Check = Callable[..., list[dict[str, Any]]]

STREAMS = (
    "id,commodity,source,target,made_as,used_as\nel,electricity,grid,E1,grid_supply,\n"
    "gas,natural_gas,gasnet,E1,,final_fuel\nlime,lime,E2,market,process_output,\n"
)
HEAD = "stream,start,end,amount,unit,kind,reporter,note\n"
LIME = "lime,2025-01-01,2026-01-01,500,t,report,E2,\n"
BASE: dict[str, Any] = {"streams.csv": STREAMS}
HOURS: dict[str, Any] = {
    **BASE,
    "meters.csv": "point,stream,role,register,unit,period\nP1,gas,main,interval,Nm3,PT1H\n",
}


def told(findings: list[dict[str, Any]]) -> set[tuple[str, str, str | None, int | None]]:
    """Return level, code, file and line of what was found, without what no year's data would leave out."""
    return {
        (one["level"], one["code"], one["where"]["file"], one["where"]["line"])
        for one in findings
        if one["code"] not in ("flow_missing", "no_readings", "missing")
    }


def codes(findings: list[dict[str, Any]], file: str) -> set[tuple[str, int | None]]:
    return {(code, line) for _, code, name, line in told(findings) if name == file}


def days(run: Run, folder: Path, first: str, last: str) -> list[float | None]:
    rows = run("flows", folder, "--step", "day", "--from", first, "--to", last, "--id", "gas")
    return [row["amount"] for row in rows]


# --- Text -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", ["park.toml", "streams.csv", "statements/a.csv", "readings/a.csv"])
def test_byte_order_mark_and_cr_lf_change_nothing(file: str, write: Write, run: Run) -> None:
    tables = {**HOURS, "statements/a.csv": HEAD + LIME, "readings/a.csv": "point,time,value\nP1,2025-01-01T00:00,7\n"}
    plain = write(tables)
    text = (plain / file).read_text(encoding="utf-8")
    first = run("check", plain)["findings"], run("account", plain, "--year", 2025)
    (plain / file).write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    assert (run("check", plain)["findings"], run("account", plain, "--year", 2025)) == first


def test_quoted_cells_follow_rfc_4180(account: Any) -> None:
    rows = '"lime",2025-01-01,"2026-01-01","500",t,report,E2,"said ""by"" phone, twice\nand in writing"\n'
    assert account({**BASE, "statements/a.csv": HEAD + rows})["by_category"]["process"] == pytest.approx(341.5)


def test_lines_are_physical_and_a_record_over_several_is_its_first(check: Check) -> None:
    # header 1; record 2-4; bad record 5-6; bad record 7
    rows = LIME.replace("\n", '"a\nb\nc"\n') + LIME.replace("500", "x").replace("\n", '"a\r\nb"\r\n') + "z" + LIME
    found = check({**BASE, "statements/a.csv": HEAD + rows}, 1)
    assert codes(found, "statements/a.csv") == {("bad_number", 5), ("unknown_id", 7)}


def test_lines_of_readings_are_physical_too(check: Check) -> None:
    rows = 'point,time,value,remark\nP1,2025-01-01T00:00Z,1,"a\nb"\n\nP1,2025-01-01T01:00Z,NaN,\n'
    found = check({**HOURS, "readings/a.csv": rows}, 1)
    assert {("not_finite", 5), ("blank_row", 4), ("unknown_column", 1)} <= codes(found, "readings/a.csv")
    plain = rows.replace('"a\nb"', "c\n")
    assert ("not_finite", 5) in codes(check({**HOURS, "readings/a.csv": plain}, 1), "readings/a.csv")


@pytest.mark.parametrize("text", ["a b", "中文", "x" * 65, "a/b", "a+b", "a,b"])
def test_an_id_of_other_characters_is_refused(text: str, check: Check) -> None:
    found = check({"nodes.csv": f'id,kind\n"{text}",workshop\nE1,enterprise\nE2,enterprise\n'}, 1)
    assert ("bad_id", 2) in codes(found, "nodes.csv")


@pytest.mark.parametrize("text", ["x" * 64, "-", ".", "_", "A.b-C_9", "007"])
def test_an_id_of_the_allowed_characters_is_taken(text: str, check: Check) -> None:
    assert not codes(check({"nodes.csv": f"id,kind\n{text},workshop\nE1,enterprise\nE2,enterprise\n"}, 0), "nodes.csv")


def test_ids_are_case_sensitive(check: Check) -> None:
    found = check({**BASE, "statements/a.csv": HEAD + LIME.replace("lime", "LIME")}, 1)
    assert codes(found, "statements/a.csv") == {("unknown_id", 2)}


def test_blanks_around_ids_are_trimmed_with_a_note(account: Any, check: Check) -> None:
    tables = {**BASE, "statements/a.csv": HEAD + LIME.replace("lime,", " lime ,")}
    assert ("note", "trimmed", "statements/a.csv", 2) in told(check(tables, 0))
    assert account(tables)["by_category"]["process"] == pytest.approx(341.5)


def test_blank_is_unknown_and_never_nought(account: Any) -> None:
    result = account(BASE, code=1)
    assert (result["by_category"]["process"], result["totals"]["co2_t"]) == (None, None)


@pytest.mark.parametrize("word", ["TRUE", "True", "1", "yes", "0"])
def test_booleans_are_true_or_false_in_small_letters(word: str, check: Check) -> None:
    meters = "point,stream,role,register,unit,bidirectional\nP1,gas,main,interval,Nm3,{}\n"
    assert codes(check({**BASE, "meters.csv": meters.format(word)}, 1), "meters.csv") == {("bad_boolean", 2)}
    for right in ("true", "false", ""):
        assert not codes(check({**BASE, "meters.csv": meters.format(right)}, 0), "meters.csv")


def test_unknown_columns_and_files_are_kept_and_noted(check: Check) -> None:
    tables = {
        **BASE, "statements/a.csv": (HEAD + LIME).replace("note\n", "note,colour\n").replace("E2,\n", "E2,,red\n"),
        "extra.csv": "a\n1\n", "minutes.txt": "x", "records/a.jsonl": "{}\n", "evidence/a.pdf": "x",
    }  # fmt: skip
    notes = told(check(tables, 0))
    assert {
        ("note", "unknown_column", "statements/a.csv", 1), ("note", "unknown_file", "extra.csv", None),
        ("note", "unknown_file", "minutes.txt", None),
    } == notes  # fmt: skip


def test_text_like_a_formula_is_legal_and_no_formula_in_the_workbook(write: Write, run: Run, tmp_path: Path) -> None:
    nodes = (
        "id,parent,kind,name_zh,name_en\ngrid,,grid,,\ngasnet,,fuel_network,,\nmarket,,market,,\n"
        'E1,,enterprise,"=HYPERLINK(""http://x"",""y"")",+1\nE2,,enterprise,@SUM(1),-2\n'
    )
    said = HEAD + LIME.replace(",\n", ",=1+1\n")
    folder = write({**BASE, "nodes.csv": nodes, "statements/a.csv": said})
    assert not [one for one in run("check", folder)["findings"] if one["level"] == "error"]
    run("account", folder, "--year", 2025, "--excel", tmp_path / "a.xlsx")
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    formulas = [str(cell.value) for cell in cells if cell.data_type == "f"]
    assert not [text for text in formulas if "HYPERLINK" in text or "@SUM" in text]


# --- Time -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["2025-03-01T05:00", "2025-03-01 05:00", "2025-03-01T05:00:00", "2025-03-01T05:00+08:00", "2025-02-28T21:00Z"],
)
def test_forms_of_one_time_mean_the_same(text: str, write: Write, run: Run) -> None:
    folder = write({**HOURS, "readings/a.csv": f"point,time,value\nP1,{text},7\nP1,2025-03-01T06:00+08:00,2\n"})
    rows = run("flows", folder, "--step", "hour", "--from", "2025-03-01", "--to", "2025-03-02", "--id", "gas")
    assert [(row["start"], row["amount"]) for row in rows if row["amount"] == 7] == [("2025-03-01T05:00:00+08:00", 7)]


def test_24_00_is_midnight_of_the_next_day_and_a_date_local_midnight(write: Write, run: Run) -> None:
    rows = "P1,2025-03-01T23:00,1\nP1,2025-03-01T24:00,2\nP1,2025-03-02T01:00,4\nP1,2025-03-03,8\n"
    folder = write({**HOURS, "readings/a.csv": "point,time,value\n" + rows})
    assert days(run, folder, "2025-03-01", "2025-03-04") == [1, 6, 8]


@pytest.mark.parametrize(
    "text", ["2025-3-1T5:00", "20250301T0500", "2025-03-01T25:00", "2025-03-01T24:01", "1 March", "2025-03-01T05:60"]
)
def test_other_forms_of_time_are_faults_of_their_row(text: str, check: Check) -> None:
    found = check({**HOURS, "readings/a.csv": f"point,time,value\nP1,2025-03-01T04:00,1\nP1,{text},7\n"}, 1)
    assert ("bad_time", 3) in codes(found, "readings/a.csv")


@pytest.mark.parametrize("text", ["2025/03/01 05:00", "01/03/2025", "2025/3/1"])
def test_slash_dates_are_refused(text: str, check: Check) -> None:
    assert ("slash_date", 2) in codes(
        check({**HOURS, "readings/a.csv": f"point,time,value\nP1,{text},7\n"}, 1), "readings/a.csv"
    )


@pytest.mark.parametrize(("year", "refused"), [("1899", True), ("1900", False), ("2100", False), ("2101", True)])
def test_years_before_1900_and_after_2100_are_refused(year: str, refused: bool, check: Check) -> None:
    found = codes(check({**HOURS, "readings/a.csv": f"point,time,value\nP1,{year}-06-01T00:00,1\n"}), "readings/a.csv")
    assert (("year_out_of_range", 2) in found) is refused


def test_times_without_offset_are_one_note_a_file_and_mixed_ones_a_finding(check: Check) -> None:
    rows = "point,time,value\nP1,2025-03-01T00:00,1\nP1,2025-03-01T01:00,1\n"
    assert told(check({**HOURS, "readings/a.csv": rows}, 0)) >= {("note", "naive_times", "readings/a.csv", 2)}
    mixed = told(check({**HOURS, "readings/a.csv": rows + "P1,2025-03-01T02:00+08:00,1\n"}, 0))
    assert ("finding", "mixed_offsets", "readings/a.csv", 2) in mixed


def test_january_ends_on_1_february_and_an_end_on_its_last_day_is_noted(check: Check, write: Write, run: Run) -> None:
    right = HEAD + "gas,2025-01-01,2025-02-01,31,Nm3,invoice,E1,\n"
    assert not codes(check({**BASE, "statements/a.csv": right}, 0), "statements/a.csv")
    month = run("flows", write({**BASE, "statements/a.csv": right}), "--year", 2025, "--id", "gas")
    assert [row["amount"] for row in month] == [31, *[None] * 11]
    short = right.replace("02-01", "01-31")
    assert ("note", "end_on_last_day", "statements/a.csv", 2) in told(check({**BASE, "statements/a.csv": short}, 0))


# --- Files ------------------------------------------------------------------------------------------------------------

OUTSIDE = "grid fuel_network heat_network water_source market contractor atmosphere water_body soil geological_storage"
INSIDE = "workshop process equipment building infrastructure generator storage fleet ecology losses"
FULL: dict[str, Any] = {
    "park.toml": 'id = "demo"\nformat = 1\ncountry = "CN"\ngrid_region = "CN-32"\ntimezone = "Asia/Shanghai"\n'
    'currency = "CNY"\nbase_year = 2025\nprice_year = 2020\ndefault_boundary = "B"\n[name]\nzh = "园"\nen = "Park"\n',
    "boundaries.csv": "id,kind,name_zh,name_en,map,from,to\nB,physical,园,Park,b.geojson,,\nB2,planned,,,,2025-01-01,2026-01-01\n"
    "B3,approved,,,,,\nB4,administered,,,,,\nB5,other,,,,,\n",
    "members.csv": "boundary,node,share,from,to\nB,E1,,,\nB,E2,1,2020-01-01,\nB2,E1,0.5,,2026-01-01\n",
    "nodes.csv": "id,parent,kind,name_zh,name_en,sector,owner,operator,rated_kw,area_m2,lat,lon,from,to\n"
    "E1,,enterprise,一厂,First,C31,o,p,5000,100.5,31.5,120.1,2020-01-01,\nE2,,enterprise,,,,,,,,,,,\n"
    + "".join(f"{kind},,{kind},,,,,,,,,,,\n" for kind in OUTSIDE.split())
    + "".join(f"n-{kind},E1,{kind},,,,,,,,,,,\n" for kind in INSIDE.split()),
    "streams.csv": "id,commodity,source,target,made_as,used_as,from,to,note\nel,electricity,grid,E1,grid_supply,,2020-01-01,,n\n"
    "gas,natural_gas,fuel_network,E1,,final_fuel,,,\nlime,lime,E2,market,process_output,,,,\n"
    "own,my_gas,fuel_network,E1,,final_fuel,,,\n",
    "meters.csv": "point,stream,role,serial,register,unit,multiplier,digits,accuracy_pct,period,stamp,clock,bidirectional,"
    "first_value,last_value,level,from,to,calibrated_until\n"
    "P1,el,main,S1,counter,kWh,10,6,0.5,PT1H,start,utc,false,0,100,1,2025-01-01,2025-07-01,2030-01-01\n"
    "P2,el,check,S2,interval,MWh,1,,1,PT15M,end,+01:00,true,,,2,,,\nP3,el,sub,S3,rate,kW,,,,PT15M,,,,,,,,,\n"
    "P4,el,sub,S4,rate_point,kW,,,,PT15M,,,,,,,,,\n",
    "virtual.csv": "point,stream,role,unit,expression,note\nV1,el,check,kWh,P1 - P3,x\n",
    "statements/a.csv": "stream,start,end,amount,unit,kind,reporter,sigma_pct,evidence,note\n"
    "el,2025-01-01,2026-01-01,1000,MWh,invoice,grid,0.5,evidence/a.pdf;evidence/b/c.pdf,n\n"
    "gas,2025-01-01,2026-01-01,2.01,1e4 Nm3,statistics,,,,\nlime,2025-01-01,2026-01-01,500,t,estimate,E2,,,\n"
    "gas,2025-01-01,2026-01-01,20000,Nm3,report,E1,,,\nown,2025-01-01,2026-01-01,,,confirmed_zero,E1,,,\n",
    "evidence/a.pdf": "x", "evidence/b/c.pdf": "y", "records/x.jsonl": "{}\n",
    "adoption.csv": "stream,from,to,order,reason\nel,2025-01-01,2025-07-01,invoice;main,because\ngas,,,report,\n",
    "observations/o/a.csv": "subject,quantity,time,value,unit\nE1,flue_gas,2025-01-01T00:00+08:00,140,degC\nel,demand,2025-01-01,5,kW\n",
    "properties.csv": "stream,start,end,property,value,unit,sigma_pct,evidence\n"
    "gas,2025-01-01,2026-01-01,NCV,35.6,MJ/Nm3,0.5,evidence/a.pdf\n",
    "stocks.csv": "node,commodity,time,amount,unit,evidence\nE1,anthracite,2025-01-01,100,t,evidence/a.pdf\nE1,anthracite,2026-01-01,90,t,\n",
    "facts.csv": "subject,quantity,from,to,value,unit,evidence\nE1,headcount,2025-01-01,2026-01-01,120,,\nB,floor_area,,,1000,m2,\n"
    "demo,gdp,2025-01-01,2026-01-01,1e9,CNY,evidence/a.pdf\nE1,remark,,,=text,,\n",
    "commodities.csv": "code,name_zh,name_en,kind,parent,unit,fossil,p_mpa,t_c,note\nmy_gas,气,Gas,,natural_gas,,,,,\n"
    "my_prod,,P,product,,t,false,,,\nhp_steam,,,,steam,,,1.2,250,n\n",
    "factors.csv": "id,subject,parameter,for,value,unit,data_year,from,to,region,document,source,status,sigma_pct,note\n"
    "F1,natural_gas,NCV,,35.5,MJ/Nm3,2024,2024-01-01,2027-01-01,CN-32,lab,src,measured,1,n\n",
    "prices.csv": "subject,component,from,to,value,currency,unit,note\nel,energy,2025-01-01,,0.6,CNY,kWh,n\nnatural_gas,energy,,,3.2,CNY,Nm3,\n",
    "certificates.csv": "id,kind,event,date,amount,unit,serial_from,serial_to,generator,holder,beneficiary,start,end,evidence\n"
    "L1,GEC,issue,2025-02-01,100,MWh,1,100,wind-1,E1,,,,\n"
    "L1,GEC,retire,2025-12-01,100,MWh,1,100,wind-1,E1,E1,2025-01-01,2026-01-01,evidence/a.pdf\n",
}  # fmt: skip


def test_a_folder_with_every_file_and_every_column_has_no_fault(check: Check) -> None:
    assert {place for place in told(check(FULL, 0)) if place[0] == "error"} == set()


CELLS = [
    ("boundaries.csv", 2, "kind", "legal", "unknown_word"), ("boundaries.csv", 3, "from", "2025/1/1", "slash_date"),
    ("boundaries.csv", 3, "to", "2024-01-01", "end_not_after_start"), ("members.csv", 4, "share", "1.5", "out_of_range"),
    ("members.csv", 4, "share", "half", "bad_number"), ("members.csv", 4, "boundary", "B9", "unknown_id"),
    ("members.csv", 4, "from", "x", "bad_time"), ("nodes.csv", 3, "rated_kw", "-5", "out_of_range"),
    ("nodes.csv", 3, "area_m2", "1e308", "out_of_range"), ("nodes.csv", 3, "lat", "91", "out_of_range"),
    ("nodes.csv", 3, "lon", "NaN", "not_finite"), ("nodes.csv", 3, "parent", "E9", "unknown_id"),
    ("streams.csv", 4, "commodity", "limee", "unknown_commodity"), ("streams.csv", 4, "commodity", "", "missing_value"),
    ("streams.csv", 4, "made_as", "final_fuel", "unknown_word"), ("streams.csv", 3, "used_as", "waste", "unknown_word"),
    ("streams.csv", 2, "to", "2019-01-01", "end_not_after_start"), ("meters.csv", 5, "role", "boss", "unknown_word"),
    ("meters.csv", 5, "register", "rates", "unknown_word"), ("meters.csv", 5, "unit", "kWh", "wrong_unit"),
    ("meters.csv", 5, "multiplier", "0", "out_of_range"), ("meters.csv", 5, "digits", "2.5", "bad_number"),
    ("meters.csv", 5, "accuracy_pct", "-1", "out_of_range"), ("meters.csv", 5, "period", "15min", "bad_period"),
    ("meters.csv", 5, "period", "P1M", "calendar_period"), ("meters.csv", 5, "stamp", "middle", "unknown_word"),
    ("meters.csv", 5, "clock", "CET+9", "unknown_clock"), ("meters.csv", 5, "first_value", "x", "bad_number"),
    ("meters.csv", 5, "level", "-1", "out_of_range"), ("meters.csv", 5, "calibrated_until", "x", "bad_time"),
    ("virtual.csv", 2, "unit", "t", "wrong_unit"), ("virtual.csv", 2, "expression", "P9 + 1", "bad_expression"),
    ("virtual.csv", 2, "expression", "__import__(1)", "bad_expression"), ("virtual.csv", 2, "point", "P1", "duplicate_id"),
    ("statements/a.csv", 4, "sigma_pct", "-1", "out_of_range"), ("statements/a.csv", 6, "amount", "5", "zero_with_amount"),
    ("adoption.csv", 2, "order", "foo", "unknown_word"), ("adoption.csv", 2, "stream", "zz", "unknown_id"),
    ("properties.csv", 2, "property", "taste", "unknown_word"), ("properties.csv", 2, "unit", "t", "wrong_unit"),
    ("properties.csv", 2, "value", "", "missing_value"), ("stocks.csv", 2, "amount", "-1", "negative_amount"),
    ("stocks.csv", 2, "node", "el", "unknown_id"), ("stocks.csv", 2, "unit", "kWh", "wrong_unit"),
    ("stocks.csv", 2, "time", "", "missing_value"), ("facts.csv", 2, "subject", "zz", "unknown_id"),
    ("facts.csv", 3, "value", "NaN", "not_finite"), ("facts.csv", 3, "unit", "blub9", "unknown_unit"),
    ("commodities.csv", 3, "kind", "stuff", "unknown_word"), ("commodities.csv", 3, "fossil", "yes", "bad_boolean"),
    ("commodities.csv", 4, "p_mpa", "-1", "out_of_range"), ("commodities.csv", 3, "unit", "foo9", "unknown_unit"),
    ("commodities.csv", 3, "code", "lime", "commodity_repeats_library"), ("factors.csv", 2, "parameter", "X", "unknown_word"),
    ("factors.csv", 2, "for", "nowhere", "unknown_id"), ("factors.csv", 2, "unit", "kWh", "wrong_unit"),
    ("factors.csv", 2, "data_year", "9999", "out_of_range"), ("factors.csv", 2, "status", "guess", "unknown_word"),
    ("factors.csv", 2, "subject", "nope", "unknown_commodity"), ("factors.csv", 2, "from", "2030-01-01", "end_not_after_start"),
    ("prices.csv", 2, "subject", "zz", "unknown_id"), ("prices.csv", 2, "value", "x", "bad_number"),
    ("prices.csv", 2, "currency", "", "missing_value"), ("certificates.csv", 3, "kind", "REC", "unknown_word"),
    ("certificates.csv", 3, "event", "burn", "unknown_word"), ("certificates.csv", 3, "date", "", "missing_value"),
    ("certificates.csv", 3, "serial_to", "0", "serials_reversed"), ("certificates.csv", 3, "beneficiary", "zz", "unknown_id"),
    ("certificates.csv", 3, "amount", "-1", "negative_amount"),
    ("certificates.csv", 3, "evidence", "../a", "bad_evidence_path"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "line", "column", "cell", "code"), CELLS)
def test_a_bad_cell_of_every_column_is_an_error_at_its_line(
    file: str, line: int, column: str, cell: str, code: str, check: Check
) -> None:
    rows = FULL[file].split("\n")
    cells = rows[line - 1].split(",")
    cells[rows[0].split(",").index(column)] = cell
    rows[line - 1] = ",".join(cells)
    assert ("error", code, file, line) in told(check({**FULL, file: "\n".join(rows)}, 1))


@pytest.mark.parametrize("file", [name for name in FULL if name.endswith(".csv")])
def test_columns_go_by_name_in_any_order(file: str, write: Write, run: Run) -> None:
    before = run("account", write(FULL), "--year", 2025)
    turned = "".join(",".join(reversed(row.split(","))) + "\n" for row in FULL[file].splitlines())
    assert run("account", write({**FULL, file: turned}), "--year", 2025) == before


def test_the_park_itself_is_no_node_but_a_subject_of_facts(check: Check) -> None:
    assert ("unknown_id", 2) in codes(check({"members.csv": "boundary,node\nB,demo\n"}, 1), "members.csv")
    assert not codes(check({"facts.csv": "subject,quantity,value\ndemo,gdp,1\n"}, 0), "facts.csv")


def test_grid_supply_is_implied_from_a_grid_and_noted(check: Check, account: Any) -> None:
    tables = {
        "streams.csv": STREAMS.replace("grid_supply", ""),
        "statements/a.csv": HEAD + "el,2025-01-01,2026-01-01,1000,MWh,invoice,grid,\n",
    }
    assert ("note", "grid_supply_implied", "streams.csv", 2) in told(check(tables, 0))
    # 1,000 MWh x 0.8325 t/MWh
    assert account(tables)["by_category"]["electricity"] == pytest.approx(832.5)


# --- Written back -----------------------------------------------------------------------------------------------------


def content(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def test_a_folder_written_back_is_the_folder_that_was_read(write: Write, tmp_path: Path) -> None:
    spoiled = {
        **FULL,
        "extra.txt": "kept",
        "readings/a.csv": "point,time,value\nP2,2025/01/01,x\n",
        "statements/b.csv": "stream,start,end,amount,unit,kind,colour\ngas,2025/01/01,x,NaN,bushel,bill,red\nzz\n",
        "nodes.csv": FULL["nodes.csv"] + "A,A,workshop,,,,,,,,,,,\nE1,,building,,,,,,,,,,,\n",
    }
    source = write(spoiled)
    folders.write(folders.read(source), tmp_path / "copy")
    assert content(tmp_path / "copy") == content(source)


def test_account_and_findings_of_the_copy_are_those_of_the_folder(write: Write, run: Run, tmp_path: Path) -> None:
    source = write(FULL)
    folders.write(folders.read(source), tmp_path / "copy")
    for words in (("check",), ("account", "--year", "2025"), ("flows", "--year", "2025")):
        assert run(words[0], source, *words[1:]) == run(words[0], tmp_path / "copy", *words[1:])


def test_nothing_is_written_over_a_folder_that_holds_something_else(write: Write, tmp_path: Path) -> None:
    loaded = folders.read(write(FULL))
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "mine.txt").write_text("x")
    with pytest.raises(folders.FolderError):
        folders.write(loaded, tmp_path / "other")
    assert content(tmp_path / "other") == {"mine.txt": b"x"}
