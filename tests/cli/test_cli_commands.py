"""Each command, each exit code, on the hand-made account behind a book that needs no folder."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hand_account import ACCOUNT, FINDINGS, FLOW_SET, PARK

from lingtan import book as book_module
from lingtan.cli import main
from lingtan.report import excel, html
from lingtan.trace import explain, names

ROWS = [
    {
        "id": "S-EL", "commodity": "electricity", "start": "2025-01-01T00:00:00+08:00",
        "end": "2025-02-01T00:00:00+08:00", "amount": 833333.25, "unit": "kWh", "flags": [], "resolved": 1.0,
        "known": 1.0, "unplaced": None, "origin": "meter",
    },
    {
        "id": "S-DIESEL", "commodity": "diesel", "start": "2025-01-01T00:00:00+08:00",
        "end": "2025-02-01T00:00:00+08:00", "amount": None, "unit": "t", "flags": ["incomplete"], "resolved": 0.0,
        "known": 0.0, "unplaced": None, "origin": "missing",
    },
]  # fmt: skip


class FakeBook:
    """Answers as a book would, from the hand-made account."""

    park = PARK
    synthetic = True
    findings = FINDINGS
    asked: Mapping[str, Any]

    def years(self) -> tuple[int, ...]:
        return (2024, 2025)

    def window(self, *_: int) -> None:
        """Every year is one of the format here."""

    def check(self) -> object:
        return self.findings

    def account(self, year: int, method: str, **selection: Any) -> object:
        self.asked = {"year": year, "method": method, **selection}
        return ACCOUNT

    def figures(self, *_: Any, **__: Any) -> tuple[str, ...]:
        return names.known(ACCOUNT, FLOW_SET)

    def explain(self, figure: str, *_: Any, **__: Any) -> object:
        return explain(ACCOUNT, figure, park=PARK, flow_set=FLOW_SET)

    def flow_table(self, **asked: Any) -> list[dict[str, Any]]:
        self.asked = asked
        return ROWS

    def write(self, account: Any, path: str, *, kind: str) -> Path:
        return {"excel": excel, "html": html}[kind].write(account, path, park=PARK)


@pytest.fixture
def book(monkeypatch: pytest.MonkeyPatch) -> FakeBook:
    fake = FakeBook()
    monkeypatch.setattr(book_module.Book, "open", lambda *_, **__: fake)
    return fake


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")

    def call(*words: str) -> tuple[int, str, str]:
        code = main(words)
        told = capsys.readouterr()
        return code, told.out, told.err

    return call


def test_help_names_every_command_and_the_exit_codes(run: Run) -> None:
    code, out, _ = run("--help")
    assert code == 0
    for word in ("check", "flows", "account", "explain", "bridge", "report", "example", "reference", "exit codes"):
        assert word in out


def test_help_speaks_chinese_when_asked(run: Run) -> None:
    assert "退出码" in run("--lang", "zh", "--help")[1]


def test_the_language_follows_the_environment(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert "退出码" in run("--help")[1]


@pytest.mark.parametrize(
    "words", [(), ("acount",), ("account",), ("flows", "x", "--step", "week"), ("account", "x", "--year", "x")]
)
def test_wrong_usage_is_one_sentence_and_code_2(run: Run, words: tuple[str, ...]) -> None:
    code, out, err = run(*words)
    assert (code, out) == (2, "")
    assert err.startswith("usage: ")
    assert err.count("\n") == 1


def test_check_prints_findings_and_counts_as_json(run: Run, book: FakeBook) -> None:
    code, out, _ = run("check", "DIR", "--json")
    plain = json.loads(out)
    assert code == 1
    assert list(plain) == ["findings", "counts"]
    assert plain["counts"] == {"error": 1, "finding": 1, "note": 1}
    assert set(plain["findings"][0]) == {"code", "level", "message", "where", "from", "to", "amount", "unit"}


def test_check_without_errors_ends_with_0(run: Run, book: FakeBook) -> None:
    book.findings = tuple(finding for finding in FINDINGS if finding.level != "error")
    assert run("check", "DIR")[0] == 0


def test_check_of_a_clean_folder_says_so(run: Run, book: FakeBook) -> None:
    book.findings = ()
    assert run("check", "DIR")[1] == "Nothing found.\n"


def test_check_tells_progress_on_stderr_only(run: Run, book: FakeBook) -> None:
    _, out, err = run("check", "DIR", "--json")
    assert json.loads(out)
    assert "reading DIR" in err


def test_account_in_words_gives_answer_range_status_and_coverage(run: Run, book: FakeBook) -> None:
    code, out, _ = run("account", "DIR")
    assert code == 0
    assert "11,405" in out
    assert "2.50–2.67" in out
    assert "unverified" in out
    assert "known 97.5 %" in out
    assert "Synthetic data" in out


def test_account_in_chinese_gives_the_answer_first(run: Run, book: FakeBook) -> None:
    out = run("account", "DIR", "--lang", "zh")[1]
    assert out.splitlines()[1].startswith("按 cn-zcp-2025")


def test_account_takes_the_last_year_with_data(run: Run, book: FakeBook) -> None:
    run("account", "DIR")
    assert book.asked["year"] == 2025


def test_account_hands_boundary_choices_and_leave_for_recalled_rows_on(run: Run, book: FakeBook) -> None:
    run(
        "account",
        "DIR",
        "--boundary",
        "B",
        "--choose",
        "a=1",
        "--choose",
        "b=x y",
        "--allow-recalled",
        "--year",
        "2024",
    )
    assert book.asked == {
        "year": 2024, "method": "cn-zcp-2025", "boundary": "B", "chosen": {"a": "1", "b": "x y"},
        "allow_recalled": True,
    }  # fmt: skip


def test_a_choice_without_value_is_refused(run: Run, book: FakeBook) -> None:
    code, _, err = run("account", "DIR", "--choose", "a")
    assert code == 2
    assert "--choose expects id=value" in err


def test_account_whose_total_is_unknown_ends_with_1(run: Run, book: FakeBook, monkeypatch: pytest.MonkeyPatch) -> None:
    unknown = replace(ACCOUNT, totals=dict.fromkeys(ACCOUNT.totals))
    monkeypatch.setattr(book, "account", lambda *_, **__: unknown)
    code, out, _ = run("account", "DIR")
    assert code == 1
    assert "The total cannot be said yet." in out


def test_account_writes_workbook_and_page(run: Run, book: FakeBook, tmp_path: Path) -> None:
    files = (tmp_path / "a.xlsx", tmp_path / "a.html")
    run("account", "DIR", "--excel", str(files[0]), "--html", str(files[1]))
    assert all(file.stat().st_size > 1000 for file in files)


def test_report_writes_both_files_into_the_folder_named(run: Run, book: FakeBook, tmp_path: Path) -> None:
    code, out, _ = run("report", "DIR", "--out", str(tmp_path), "--json")
    assert code == 0
    assert {kind: Path(file).name for kind, file in json.loads(out).items()} == {
        "excel": "account-demo-2025-cn-zcp-2025.xlsx",
        "html": "account-demo-2025-cn-zcp-2025.html",
    }


def test_explain_prints_the_chain_and_the_check(run: Run, book: FakeBook) -> None:
    code, out, _ = run("explain", "DIR", "line:fuel:S-GAS")
    assert code == 0
    assert "difference 0" in out


def test_explain_as_json_carries_the_check(run: Run, book: FakeBook) -> None:
    plain = json.loads(run("explain", "DIR", "total:co2_t", "--json")[1])
    assert plain["check"]["holds"] is True


def test_explain_without_a_figure_lists_them(run: Run, book: FakeBook) -> None:
    assert "total:co2_t\n" in run("explain", "DIR")[1]


def test_explain_of_an_unknown_figure_names_near_ones(run: Run, book: FakeBook) -> None:
    code, out, err = run("explain", "DIR", "total:co2")
    assert (code, out) == (2, "")
    assert "total:co2_t" in err


def test_flows_as_json_are_the_list_of_rows(run: Run, book: FakeBook) -> None:
    assert json.loads(run("flows", "DIR", "--json")[1]) == ROWS


def test_flows_show_missing_as_not_filled_never_zero(run: Run, book: FakeBook) -> None:
    row = next(line for line in run("flows", "DIR")[1].splitlines() if "S-DIESEL" in line)
    assert "not filled" in row


def test_flows_pass_span_step_and_ids_on(run: Run, book: FakeBook) -> None:
    run("flows", "DIR", "--by", "point", "--step", "hour", "--from", "2025-03-01", "--to", "2025-03-02", "--id", "P1")
    span = (date(2025, 3, 1), date(2025, 3, 2))
    assert book.asked == {"by": "point", "step": "hour", "start": span[0], "end": span[1], "ids": ("P1",)}


def test_flows_with_a_slash_date_are_refused(run: Run, book: FakeBook) -> None:
    code, _, err = run("flows", "DIR", "--from", "2025/03/01")
    assert code == 2
    assert "2025-01-31" in err


def test_a_folder_that_is_not_there_is_refused_without_traceback(run: Run, tmp_path: Path) -> None:
    code, out, err = run("account", str(tmp_path / "none"))
    assert (code, out) == (2, "")
    assert "Traceback" not in err
    assert err.count("\n") == 1


def test_a_file_in_place_of_a_folder_is_refused(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "x"
    file.write_text("")
    assert run("check", str(file))[0] == 2


def test_an_internal_fault_ends_with_70_and_asks_to_report(
    run: Run, book: FakeBook, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def broken(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError("oh")

    monkeypatch.setattr(book, "account", broken)
    code, out, err = run("account", "DIR")
    assert (code, out) == (70, "")
    assert "report" in err
    assert "Traceback" not in err


def test_an_example_is_not_written_into_a_folder_with_files(run: Run, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("x")
    code, _, err = run("example", str(tmp_path))
    assert code == 2
    assert "--force" in err


def test_reference_find_shows_rows_with_their_document(run: Run) -> None:
    code, out, _ = run("reference", "find", "0.8325")
    assert code == 0
    assert "document" in out or out == "No rows match.\n"


def test_reference_find_as_json_is_a_list_of_rows(run: Run) -> None:
    rows = json.loads(run("reference", "find", "natural_gas", "NCV", "--json")[1])
    assert rows
    assert {"id", "value", "unit", "document", "status"} <= set(rows[0])


def test_reference_show_of_an_unknown_row_names_near_ones(run: Run) -> None:
    code, _, err = run("reference", "show", "CN_GUIDE:natural_gas:NCVV")
    assert code == 2
    assert "Near:" in err


def test_reference_show_gives_all_of_a_row(run: Run) -> None:
    row = json.loads(run("reference", "find", "natural_gas", "NCV", "--json")[1])[0]
    assert row["document"] in run("reference", "show", row["id"])[1]


def test_reference_tables_count_rows(run: Run) -> None:
    assert all(table["rows"] > 0 for table in json.loads(run("reference", "tables", "--json")[1]))


IMPORT = (
    "subject,parameter,value,unit,document,status,set_id\nnatural_gas,NCV,{value},GJ/1e4 Nm3,Own lab 2025,own,MINE\n"
)


def test_reference_import_keeps_a_users_rows_apart(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    file.write_text(IMPORT.format(value="389.1"), encoding="utf-8")
    code, out, _ = run("reference", "import", str(file), "--into", str(tmp_path / "park"), "--json")
    assert code == 0
    assert "MINE" in Path(json.loads(out)["file"]).read_text(encoding="utf-8")


def test_reference_import_with_a_fault_names_the_line_and_writes_nothing(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    file.write_text(IMPORT.format(value="many"), encoding="utf-8")
    code, _, err = run("reference", "import", str(file), "--into", str(tmp_path / "park"))
    assert code == 1
    assert "mine.csv:2:" in err
    assert not (tmp_path / "park").exists()


def test_reference_import_of_a_file_that_is_not_utf8_is_refused(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "gbk.csv"
    file.write_bytes("天然气".encode("gbk"))
    code, _, err = run("reference", "import", str(file))
    assert code == 2
    assert "UTF-8" in err


def test_the_command_runs_as_a_process_and_prints_no_traceback() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "lingtan.cli", "account", "/nowhere"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_help_loads_none_of_the_heavy_libraries() -> None:
    code = (
        "import sys; from lingtan.cli import main; main(['--help']);"
        "print([name for name in ('polars', 'pint', 'CoolProp', 'pyarrow', 'xlsxwriter') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith("[]")
