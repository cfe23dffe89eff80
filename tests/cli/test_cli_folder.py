"""The whole chain on a small folder: hand-computed totals, every check at nought, and what is not there is told.

Park: E1 buys 1,000 MWh and burns 20,000 Nm3 gas in 2025; E2 makes 500 t lime and has a meter of 100 kWh an hour in
January. Electricity 1,000 x 0.8325 = 832.5 t; metered 744 h x 100 kWh = 74.4 MWh x 0.8325 = 61.938 t; lime
500 x 0.683 = 341.5 t.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest

import lingtan
from lingtan.cli import main

FILES = {
    "park.toml": """id = "tiny"
format = 1
country = "CN"
grid_region = "CN-32"
timezone = "Asia/Shanghai"
default_boundary = "B1"
synthetic = true
[name]
zh = "小园区"
en = "Tiny park"
""",
    "boundaries.csv": "id,kind,name_zh,name_en,map,from,to\nB1,approved,,,,,\n",
    "members.csv": "boundary,node,share,from,to\nB1,E1,,,\nB1,E2,,,\n",
    "nodes.csv": """id,parent,kind,name_zh,name_en,sector,owner,operator,rated_kw,area_m2,lat,lon,from,to
GRID,,grid,,,,,,,,,,,
GASNET,,fuel_network,,,,,,,,,,,
MARKET,,market,,,,,,,,,,,
E1,,enterprise,一厂,First works,,,,,,,,,
E2,,enterprise,二厂,Second works,,,,,,,,,
""",
    "streams.csv": """id,commodity,source,target,made_as,used_as,from,to,note
S-EL1,electricity,GRID,E1,grid_supply,,,,
S-GAS,natural_gas,GASNET,E1,,final_fuel,,,
S-EL2,electricity,GRID,E2,grid_supply,,,,
S-LIME,lime,E2,MARKET,process_output,,,,
""",
    "meters.csv": (
        "point,stream,role,serial,register,unit,multiplier,digits,accuracy_pct,period,stamp,clock,bidirectional,"
        "first_value,last_value,level,from,to,calibrated_until\n"
        "P-EL2,S-EL2,main,A1,interval,kWh,,,0.5,PT1H,start,,false,,,,,,\n"
    ),
    "statements/2025.csv": """stream,start,end,amount,unit,kind,reporter,sigma_pct,evidence,note
S-EL1,2025-01-01,2026-01-01,1000,MWh,invoice,E1,,,
S-GAS,2025-01-01,2026-01-01,20000,Nm3,invoice,E1,,,
S-LIME,2025-01-01,2026-01-01,500,t,report,E2,,,
""",
}


def readings() -> str:
    first = datetime(2025, 1, 1)
    rows = (f"P-EL2,{(first + timedelta(hours=hour)).isoformat()},100" for hour in range(744))
    return "point,time,value\n" + "\n".join(rows) + "\n"


@pytest.fixture(scope="module")
def park(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("tiny")
    for name, text in {**FILES, "readings/e2.csv": readings()}.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return root


Run = Callable[..., tuple[int, Any]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], park: Path) -> Run:
    def call(command: str, *words: str) -> tuple[int, Any]:
        code = main([command, str(park), *words, "--json", "--lang", "en"])
        told = capsys.readouterr()
        return code, json.loads(told.out) if told.out else told.err

    return call


KEYS = [
    "park", "year", "method", "boundary", "status", "totals", "by_category", "by_node", "by_month", "by_gas",
    "coverage", "choices", "findings", "lines",
]  # fmt: skip


def test_the_account_has_exactly_the_stable_keys(run: Run) -> None:
    code, account = run("account", "--year", "2025", "--method", "cn-zcp-2025")
    assert code == 0
    assert list(account) == KEYS
    assert list(account["totals"]) == [
        "co2_t", "co2e_t", "energy_tce_calorific", "energy_tce_equivalent", "co2_t_per_tce",
    ]  # fmt: skip
    assert list(account["by_category"]) == ["fuel", "conversion", "electricity", "heat", "process"]
    assert set(account["by_node"]["E1"]) == {"own", "received", "sent", "net"}
    assert set(account["coverage"]) == {"resolved", "known", "measured", "reported", "estimated", "missing"}
    assert {"id", "chosen", "alternatives", "effect"} <= set(account["choices"][0])


def test_the_parts_are_the_hand_computed_ones(run: Run) -> None:
    parts = run("account", "--year", "2025")[1]["by_category"]
    assert parts["electricity"] == pytest.approx(832.5 + 61.938)
    assert parts["process"] == pytest.approx(341.5)


def test_the_year_follows_from_the_data(run: Run) -> None:
    assert run("account")[1]["year"] == 2025


def test_every_figure_of_the_folder_recomputes_to_itself(park: Path) -> None:
    book = lingtan.open_park(park)
    failing = [name for name in book.figures(2025) if not book.explain(name, 2025).check.holds]
    assert failing == []


def test_a_metered_line_is_traced_to_file_lines_and_digest(run: Run) -> None:
    chain = run("explain", "line:electricity:S-EL2:grid")[1]
    told = json.dumps(chain)
    assert '"file": "readings/e2.csv", "first_line": 2, "last_line": 745' in told
    assert chain["value"] == pytest.approx(61.938)


def test_check_of_the_folder_has_no_errors(run: Run) -> None:
    code, told = run("check")
    assert (code, told["counts"]["error"]) == (0, 0)


def test_flows_by_month_leave_the_unknown_null(run: Run) -> None:
    rows = run("flows", "--id", "S-EL2", "--year", "2025")[1]
    assert [row["amount"] for row in rows] == [74400.0, *[None] * 11]
    assert rows[0]["start"] == "2025-01-01T00:00:00+08:00"


def test_flows_by_hour_are_the_readings(run: Run) -> None:
    span = ("--from", "2025-01-05", "--to", "2025-01-06")
    rows = run("flows", "--by", "point", "--step", "hour", *span)[1]
    assert [row["amount"] for row in rows] == [100.0] * 24


def test_flows_of_an_unknown_stream_are_refused(run: Run) -> None:
    code, told = run("flows", "--id", "S-EL9")
    assert code == 2
    assert "S-EL1" in told


def test_an_empty_span_is_refused(run: Run) -> None:
    assert run("flows", "--from", "2025-02-01", "--to", "2025-01-01")[0] == 2


def test_the_bridge_adds_up(run: Run) -> None:
    code, bridge = run("bridge", "--year", "2025", "--from", "cn-zcp-2025", "--to", "ghgp-scope2-2015")
    steps = sum(step["amount_t"] for step in bridge["steps"])
    assert code == 0
    assert steps == pytest.approx(bridge["after"]["co2e_t"] - bridge["before"]["co2e_t"])


def test_another_alternative_of_a_choice_is_taken(run: Run) -> None:
    named = next(choice for choice in run("account")[1]["choices"] if choice["id"] == "fossil_factor_year")
    other = next(name for name in named["alternatives"] if name.startswith("0.8273"))
    changed = run("account", "--choose", f"fossil_factor_year={other}")[1]
    assert changed["by_category"]["electricity"] == pytest.approx(1074.4 * 0.8273)


@pytest.mark.parametrize(
    "words",
    [
        ("--boundary", "B9"),
        ("--method", "cn-zcp-1999"),
        ("--method", "nothing.toml"),
        ("--choose", "no_choice=1"),
        ("--choose", "fossil_factor_year=0.9"),
        ("--year", "0"),
        ("--year", "9999"),
        ("--repair", "midnight_same_date=P9"),
        ("--repair", "no_repair=P-EL2"),
    ],
)
def test_what_is_not_there_is_refused_in_one_sentence(run: Run, words: tuple[str, ...]) -> None:
    code, told = run("account", *words)
    assert code == 2, told
    assert told.count("\n") == 1
    assert "Traceback" not in told


def test_a_method_file_of_the_folder_is_found_by_its_name(run: Run, park: Path) -> None:
    from lingtan.inventory.methods import shipped

    (park / "methods").mkdir(exist_ok=True)
    text = shipped("cn-zcp-2025").replace('id = "cn-zcp-2025"', 'id = "mine"', 1)
    (park / "methods" / "mine.toml").write_text(text, encoding="utf-8")
    assert run("account", "--method", "mine")[1]["method"] == "mine"
    assert run("account", "--method", str(park / "methods" / "mine.toml"))[1]["method"] == "mine"


def test_a_method_file_that_is_no_toml_is_refused(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "bad.toml"
    file.write_text("id = ", encoding="utf-8")
    assert run("account", "--method", str(file))[0] == 2


def test_the_report_of_the_folder_carries_the_synthetic_mark(run: Run, tmp_path: Path) -> None:
    code, files = run("report", "--out", str(tmp_path))
    assert code == 0
    assert "sample · synthetic" in Path(files["html"]).read_text(encoding="utf-8")
    told = [row[1] for row in openpyxl.load_workbook(files["excel"])["Read me"].iter_rows(values_only=True)]
    assert any("synthetic" in str(text) for text in told)


def test_a_folder_that_is_broken_gives_what_can_be_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    rows = (
        FILES["statements/2025.csv"]
        + "S-EL1,2025/01/01,2025-02-01,NaN,MWh,invoice,E1,,,\nS-X,2025-01-01,2025-02-01,1,t,report,,,,\n"
    )
    (tmp_path / "statements" / "2025.csv").write_text(rows, encoding="utf-8")
    assert main(["check", str(tmp_path), "--json"]) == 1
    lines = {
        finding["where"]["line"]
        for finding in json.loads(capsys.readouterr().out)["findings"]
        if finding["level"] == "error"
    }
    assert {5, 6} <= lines
    assert main(["account", str(tmp_path), "--year", "2025", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["by_category"]["process"] == pytest.approx(341.5)
