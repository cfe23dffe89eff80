"""The example as a folder: the format's columns, the same bytes each time, and a truth that adds up."""

from __future__ import annotations

import ast
import csv
import json
import re
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import lingtan.example
from lingtan.example import tables

# The columns of the folder's page, written a second time.
COLUMNS = {
    "boundaries.csv": "id,kind,name_zh,name_en,map,from,to",
    "members.csv": "boundary,node,share,from,to",
    "nodes.csv": "id,parent,kind,name_zh,name_en,sector,owner,operator,rated_kw,area_m2,lat,lon,from,to",
    "streams.csv": "id,commodity,source,target,made_as,used_as,from,to,note",
    "meters.csv": "point,stream,role,serial,register,unit,multiplier,digits,accuracy_pct,period,stamp,clock,"
    "bidirectional,first_value,last_value,level,from,to,calibrated_until",
    "virtual.csv": "point,stream,role,unit,expression,note",
    "adoption.csv": "stream,from,to,order,reason",
    "properties.csv": "stream,start,end,property,value,unit,sigma_pct,evidence",
    "stocks.csv": "node,commodity,time,amount,unit,evidence",
    "facts.csv": "subject,quantity,from,to,value,unit,evidence",
    "commodities.csv": "code,name_zh,name_en,kind,parent,unit,fossil,p_mpa,t_c,note",
    "factors.csv": "id,subject,parameter,for,value,unit,data_year,from,to,region,document,source,status,sigma_pct,note",
    "prices.csv": "subject,component,from,to,value,currency,unit,note",
    "certificates.csv": "id,kind,event,date,amount,unit,serial_from,serial_to,generator,holder,beneficiary,start,end,"
    "evidence",
    "observations/battery.csv": "subject,quantity,time,value,unit",
}
STATEMENT = "stream,start,end,amount,unit,kind,reporter,sigma_pct,evidence,note"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lingtan.example.write(tmp_path_factory.mktemp("example"), seed=1, small=True)


@pytest.fixture(scope="module")
def truth(root: Path) -> dict[str, Any]:
    return json.loads((root / "truth.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def readings(root: Path) -> pl.DataFrame:
    return pl.read_parquet(root / "readings/2025.parquet")


def rows(root: Path, name: str) -> list[dict[str, str]]:
    with (root / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def defect(truth: dict[str, Any], code: str) -> dict[str, Any]:
    return next(entry for entry in truth["defects"] if entry["code"] == code)


def test_every_table_has_the_columns_of_the_format(root: Path) -> None:
    for name, header in COLUMNS.items():
        assert (root / name).read_text(encoding="utf-8").split("\n")[0] == header
    for file in sorted((root / "statements").glob("*.csv")):
        assert file.read_text(encoding="utf-8").split("\n")[0] == STATEMENT


def test_ids_have_the_form_of_the_format(root: Path) -> None:
    ids = [
        row["id"]
        for name in ("nodes.csv", "streams.csv", "factors.csv", "certificates.csv")
        for row in rows(root, name)
    ]
    ids += [row["point"] for row in rows(root, "meters.csv")]
    assert all(re.fullmatch(r"[A-Za-z0-9._-]{1,64}", one) for one in ids)


def test_nodes_streams_and_points_are_named_where_they_are_used(root: Path) -> None:
    nodes = {row["id"] for row in rows(root, "nodes.csv")}
    streams = {row["id"] for row in rows(root, "streams.csv")}
    assert {row["parent"] for row in rows(root, "nodes.csv")} <= nodes | {""}
    assert {row[end] for row in rows(root, "streams.csv") for end in ("source", "target")} <= nodes
    assert {row["stream"] for row in rows(root, "meters.csv")} <= streams
    assert {row["node"] for row in rows(root, "members.csv")} <= nodes


def test_the_park_says_that_it_is_synthetic(root: Path, truth: dict[str, Any]) -> None:
    settings = tomllib.loads((root / "park.toml").read_text(encoding="utf-8"))
    assert settings["synthetic"] is True
    assert "合成" in settings["name"]["zh"]
    assert "synthetic" in settings["name"]["en"]
    assert truth["synthetic"] is True


def test_there_are_150_points_and_12_units(root: Path) -> None:
    assert len({row["point"] for row in rows(root, "meters.csv")}) == 150
    tops = [row for row in rows(root, "nodes.csv") if row["kind"] == "enterprise" and not row["parent"]]
    assert len(tops) == 12


def test_no_device_serial_stands_twice(root: Path) -> None:
    assert max(Counter(row["serial"] for row in rows(root, "meters.csv")).values()) == 1


def test_parquet_holds_string_time_number_sorted_by_point_and_time(readings: pl.DataFrame) -> None:
    assert readings.schema == {"point": pl.String, "time": pl.Datetime("ms"), "value": pl.Float64}
    assert readings.equals(readings.sort("point", "time"))


def test_same_seed_writes_the_same_bytes(root: Path, tmp_path: Path) -> None:
    again = lingtan.example.write(tmp_path, seed=1, small=True)
    files = sorted(path.relative_to(root) for path in root.rglob("*") if path.is_file())
    assert files == sorted(path.relative_to(again) for path in again.rglob("*") if path.is_file())
    for file in files:
        if file.suffix == ".parquet":
            assert pl.read_parquet(root / file).equals(pl.read_parquet(again / file))
        else:
            assert (root / file).read_bytes() == (again / file).read_bytes(), file


def test_progress_is_told_line_by_line(tmp_path: Path) -> None:
    said: list[str] = []
    lingtan.example.write(tmp_path, seed=3, small=True, progress=said.append)
    assert any("150 points" in line for line in said)


def test_years_outside_the_known_holidays_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="consecutive years"):
        lingtan.example.write(tmp_path, years=(2023, 2025))


def test_registers_give_back_the_true_amounts(root: Path, readings: pl.DataFrame, truth: dict[str, Any]) -> None:
    """A second way: fold each faultless register from the file with nothing but its row of meters.csv."""
    spoiled = {entry.get("point") for entry in truth["defects"]}
    checked = 0
    for row in rows(root, "meters.csv"):
        values = readings.filter(pl.col("point") == row["point"])["value"].to_numpy()
        if row["point"] in spoiled or not values.size:
            continue
        multiplier = float(row["multiplier"])
        if row["register"] == "counter":
            steps = values[1:] - values[:-1]
            amount = (steps + (steps < 0) * 10.0 ** int(row["digits"])).sum() * multiplier
        elif row["register"] == "interval":
            amount = values.sum() * multiplier
        elif row["register"] == "rate":
            amount = values.sum() * multiplier / 4
        else:
            amount = (values[1:] + values[:-1]).sum() / 2 * multiplier / 4
        assert amount == pytest.approx(truth["points"][row["point"]]["true"]["2025"], rel=1e-9), row["point"]
        checked += 1
    assert checked > 120


def test_months_add_up_to_years_where_nothing_was_lost(truth: dict[str, Any]) -> None:
    for stream, entry in truth["streams"].items():
        total = sum(entry["true"]["by_month"].values())
        assert entry["true"]["by_year"]["2025"] == pytest.approx(total, abs=1e-6), stream


def test_a_gap_over_a_month_end_is_known_for_the_year_only(truth: dict[str, Any]) -> None:
    gap, gas = defect(truth, "gap_over_month_end"), truth["streams"]["GAS_E05"]
    assert gas["expected"]["by_year"]["2025"] == pytest.approx(gas["true"]["by_year"]["2025"])
    months = sum(gas["expected"]["by_month"].values())
    assert months == pytest.approx(gas["true"]["by_year"]["2025"] - gap["amount"])


def test_a_missing_report_is_unknown_not_zero(truth: dict[str, Any]) -> None:
    entry = defect(truth, "report_missing")
    assert truth["streams"][entry["stream"]]["expected"]["by_month"][entry["start"][:7]] is None


def test_bills_cut_by_days_are_close_to_the_truth(truth: dict[str, Any]) -> None:
    diesel = truth["streams"]["DI_E08"]
    assert diesel["expected"]["by_year"]["2025"] != diesel["true"]["by_year"]["2025"]
    assert diesel["expected"]["by_year"]["2025"] == pytest.approx(diesel["true"]["by_year"]["2025"], rel=0.2)


def test_undisturbed_streams_are_expected_as_they_were(truth: dict[str, Any]) -> None:
    touched = {entry.get("stream") for entry in truth["defects"]} | {"DI_E08", "CL_Y11"}
    for stream, entry in truth["streams"].items():
        if stream not in touched:
            assert entry["expected"] == entry["true"], stream


def test_categories_add_up_to_the_total(truth: dict[str, Any]) -> None:
    for boundary in truth["accounts"].values():
        for year in boundary.values():
            for side in year.values():
                assert sum(side["by_category"].values()) == pytest.approx(side["co2_t"])
                assert side["co2_t"] / side["energy_tce_equivalent"] == pytest.approx(side["co2_t_per_tce"])


def test_the_process_part_is_clinker_times_its_factor(truth: dict[str, Any]) -> None:
    clinker = truth["streams"]["CLINKER"]["true"]["by_year"]["2025"]
    part = truth["accounts"]["B-APPROVED"]["2025"]["true"]["by_category"]["process"]
    assert part == pytest.approx(clinker * 0.535)


def test_the_electricity_part_is_bought_less_covered_less_sold(truth: dict[str, Any]) -> None:
    def year(stream: str) -> float:
        return float(truth["streams"][stream]["expected"]["by_year"]["2025"])

    bought = sum(year(stream) for stream in ("EL_GRID_U01", "EL_GRID_E01", "EL_GRID_CS2"))
    account = truth["accounts"]["B-APPROVED"]["2025"]["expected"]
    net = bought - account["covered_by_certificates_kwh"] - year("EL_GT_GRID")
    assert account["by_category"]["electricity"] == pytest.approx(net * 0.8325 / 1000)


def test_the_fuel_part_is_the_sum_over_fuels(root: Path, truth: dict[str, Any]) -> None:
    """Read factors.csv and properties.csv as they stand: amount x heat x carbon x oxidation x 44/12, month by month."""
    factors = {
        (row["subject"], row["parameter"]): float(row["value"]) / (1e4 if row["unit"].endswith("1e4 Nm3") else 1)
        for row in rows(root, "factors.csv")
        if not row["to"]
    }
    measured = {(p["stream"], p["property"], p["start"][:4 if p["stream"] == "CL_CB" else 7]): float(p["value"])
                for p in rows(root, "properties.csv")}  # fmt: skip
    burned = {"final_fuel", "heat_supply", "cogeneration", "power_generation"}
    total = 0.0
    for row in rows(root, "streams.csv"):
        if row["used_as"] not in burned:
            continue
        entry = truth["streams"][row["id"]]
        for month, amount in entry["true"]["by_month"].items():
            code, key = row["commodity"], (month[:4] if row["id"] == "CL_CB" else month)
            heat = measured.get((row["id"], "NCV", key)) or factors[code, "NCV"]
            carbon = measured.get((row["id"], "carbon_content", key)) or factors[code, "carbon_content"]
            total += amount * heat * carbon * factors[code, "oxidation_rate"] * 44 / 12
    assert truth["accounts"]["B-APPROVED"]["2025"]["true"]["by_category"]["fuel"] == pytest.approx(total)


def test_certificates_never_cover_more_than_was_bought(truth: dict[str, Any]) -> None:
    for key, covered in truth["certificates"]["covered_kwh"].items():
        stream, year = key.split("/")
        assert covered <= truth["streams"][stream]["expected"]["by_year"][year]


def test_the_excess_names_both_rows_and_what_is_too_much(root: Path, truth: dict[str, Any]) -> None:
    entry = defect(truth, "excess_retirement")
    lines = rows(root, "certificates.csv")
    retired = sum(int(lines[line - 2]["amount"]) * 1000 for line in entry["line"])
    assert all(lines[line - 2]["event"] == "retire" for line in entry["line"])
    assert entry["amount"] == pytest.approx(retired - truth["streams"]["EL_GRID_CS2"]["expected"]["by_year"]["2025"])


def test_the_serial_used_twice_overlaps_in_the_file(root: Path, truth: dict[str, Any]) -> None:
    first, second = (rows(root, "certificates.csv")[line - 2] for line in defect(truth, "serial_twice")["line"])
    assert first["generator"] == second["generator"]
    assert int(first["serial_from"]) <= int(second["serial_from"]) <= int(first["serial_to"])


def test_the_gateway_file_holds_its_row_faults(root: Path) -> None:
    text = (root / "readings/gateway-e09/2025.csv").read_text(encoding="utf-8")
    assert text.count("#REF!") == 1
    assert text.count("EL_OLD_17,") == 20
    assert len(re.findall(r",\n", text)) == 1


def test_duplicates_have_the_same_value_and_corrections_another(root: Path) -> None:
    frame = pl.read_csv(root / "readings/gateway-e09/2025.csv", infer_schema=False)
    interval = frame.filter(pl.col("point") == "EL_E09_W2.m")
    assert interval.height - interval.unique().height == 40
    assert interval.unique().height == interval["time"].n_unique()
    corrected = pl.read_csv(root / "readings/zz-corrections.csv", infer_schema=False)
    both = corrected.join(interval.unique(), on=["point", "time"], suffix="_was")
    assert both.height == 8
    assert (both["value"] != both["value_was"]).all()


def test_the_canteen_logger_writes_midnight_under_the_day_that_ends(root: Path) -> None:
    frame = pl.read_csv(root / "readings/gateway-e09/2025.csv", infer_schema=False)
    times = frame.filter(pl.col("point") == "EL_E09_W3.m")["time"].to_list()
    assert times[:2] == ["2025-01-01T00:15", "2025-01-01T00:30"]
    assert times[94:97] == ["2025-01-01T23:45", "2025-01-01T00:00", "2025-01-02T00:15"]


def test_negative_missing_and_silent_rows_are_in_the_readings(readings: pl.DataFrame, truth: dict[str, Any]) -> None:
    swapped = readings.filter(pl.col("point") == "EL_E04_W2.m")
    assert (swapped["value"] < 0).sum() == 192
    assert readings.filter(pl.col("point") == "EL_E10_W2.m").height == 59 * 96 - 480
    last = readings.filter(pl.col("point") == "EL_E04.s1")["time"].max()
    assert f"{last:%Y-%m-%dT%H:%M}" == defect(truth, "silent")["start"][:16]


def test_a_reset_starts_the_register_anew_far_from_its_top(readings: pl.DataFrame, truth: dict[str, Any]) -> None:
    values = readings.filter(pl.col("point") == "EL_E05_W1.m")["value"]
    falls = values.diff().arg_min()
    assert falls is not None
    assert values[falls - 1] == pytest.approx(0.55e6, rel=0.01)
    assert values[falls] < 100
    assert defect(truth, "reset")["amount"] > 0


def test_changed_devices_meet_without_a_hole(root: Path) -> None:
    for point, known in (("EL_E07.m", True), ("EL_E03_W3.m", False)):
        old, new = (row for row in rows(root, "meters.csv") if row["point"] == point)
        assert old["to"] == new["from"]
        assert bool(old["last_value"]) is bool(new["first_value"]) is known


def test_named_documents_exist_but_for_the_one_that_is_a_defect(root: Path) -> None:
    named = {
        row["evidence"] for file in (root / "statements").glob("*.csv") for row in rows(root, f"statements/{file.name}")
    }
    absent = [name for name in sorted(named) if name and not (root / name).exists()]
    assert absent == ["evidence/scan-not-found.pdf"]


def test_the_generator_imports_none_of_the_rooms_it_tests() -> None:
    forbidden = {"series", "flows", "certificates", "inventory", "trace", "report", "book", "cli"}
    folder = Path(lingtan.example.__file__).parent
    for file in folder.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or "", *(f"{node.module}.{a.name}" for a in node.names)]
            assert not any(name.split(".")[1:2] and name.split(".")[1] in forbidden for name in names
                           if name.startswith("lingtan")), file.name  # fmt: skip


def test_points_of_every_medium_are_there() -> None:
    media = Counter(tables.streams()[point.stream]["commodity"] for point in tables.points())
    for code in ("electricity", "natural_gas", "coke_oven_gas", "steam_1.0MPa", "heat", "fresh_water", "waste_water"):
        assert media[code] >= 2


@pytest.mark.nightly
def test_three_years_have_some_fifteen_million_readings(tmp_path: Path) -> None:
    root = lingtan.example.write(tmp_path, seed=1)
    rows_in_parquet = sum(
        pl.scan_parquet(f).select(pl.len()).collect().item() for f in (root / "readings").glob("*.parquet")
    )
    assert 15_200_000 < rows_in_parquet < 15_900_000
