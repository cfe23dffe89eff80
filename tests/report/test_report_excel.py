"""The workbook of an account: live formulas, text that stays text, the same bytes each time."""

from __future__ import annotations

import zipfile
from pathlib import Path

import openpyxl
import pytest
from hand_account import ACCOUNT, FLOW_SET, LINES, PARK

from lingtan.report import excel

SHEETS = ["Account", "Lines", "Factors", "Flows", "Energy", "Choices", "Findings", "Read me"]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return excel.write(
        ACCOUNT, tmp_path_factory.mktemp("book") / "a.xlsx", park=PARK, flow_set=FLOW_SET, synthetic=True
    )


@pytest.fixture(scope="module")
def book(file: Path) -> openpyxl.Workbook:
    return openpyxl.load_workbook(file)


@pytest.fixture(scope="module")
def values(file: Path) -> openpyxl.Workbook:
    return openpyxl.load_workbook(file, data_only=True)


def column(sheet: object, head: str) -> list[object]:
    rows = list(sheet.iter_rows(values_only=True))  # type: ignore[attr-defined]
    at = next(place for place, label in enumerate(rows[0]) if label and head in label.split(" / "))
    return [row[at] for row in rows[1:]]


def account_row(sheet: object, word: str) -> tuple[object, ...]:
    return next(row for row in sheet.iter_rows(values_only=True) if row[0] == word)  # type: ignore[attr-defined]


def test_all_sheets_are_there(book: openpyxl.Workbook) -> None:
    assert book.sheetnames == SHEETS


def test_heads_speak_both_languages(book: openpyxl.Workbook) -> None:
    assert book["Lines"]["A1"].value == "编号 / id"


def test_the_tonnes_of_a_line_are_a_formula_over_its_arguments(book: openpyxl.Workbook) -> None:
    first = column(book["Lines"], "emission t")[0]
    assert isinstance(first, str)
    assert first.startswith("=")
    assert first.count("*") == 1


def test_the_formula_of_a_line_gives_the_lines_amount(book: openpyxl.Workbook) -> None:
    sheet = book["Lines"]
    for number, (line, formula) in enumerate(zip(LINES, column(sheet, "emission t"), strict=True), start=2):
        if line.amount_t is None:
            assert formula is None
            continue
        left, right = str(formula)[1:].split("*")
        assert left.endswith(str(number))
        assert sheet[left].value * sheet[right].value == pytest.approx(float(line.amount_t))


def test_a_category_is_a_sum_over_the_lines(book: openpyxl.Workbook) -> None:
    formula = str(account_row(book["Account"], "electricity")[1])
    assert formula.startswith("=SUMIFS(Lines!")
    assert '"electricity"' in formula


def test_the_total_is_a_sum_over_the_lines_with_its_value_kept(
    book: openpyxl.Workbook, values: openpyxl.Workbook
) -> None:
    assert str(account_row(book["Account"], "co2_t")[1]).startswith("=SUMIFS(Lines!")
    assert account_row(values["Account"], "co2_t")[1] == pytest.approx(float(ACCOUNT.totals["co2_t"] or 0))


def test_the_core_indicator_is_the_quotient_of_two_cells(book: openpyxl.Workbook) -> None:
    assert account_row(book["Account"], "co2_t_per_tce")[1] == "=B2/B5"


def test_an_unknown_category_is_an_empty_cell(values: openpyxl.Workbook) -> None:
    assert account_row(values["Account"], "conversion")[1] is None


def test_text_that_looks_like_a_formula_is_stored_as_a_string(file: Path) -> None:
    with zipfile.ZipFile(file) as packed:
        at = SHEETS.index("Findings") + 1
        assert b"=cmd|" in packed.read("xl/sharedStrings.xml")
        assert "<f>" not in packed.read(f"xl/worksheets/sheet{at}.xml").decode()


def test_factors_carry_document_and_status(values: openpyxl.Workbook) -> None:
    assert set(column(values["Factors"], "status")) == {"found2", "recalled"}
    assert all(column(values["Factors"], "document"))


def test_every_adopted_piece_is_listed(values: openpyxl.Workbook) -> None:
    assert len(column(values["Flows"], "stream")) == sum(len(pieces) for pieces in FLOW_SET.pieces.values())


def test_a_missing_flow_has_an_empty_amount(values: openpyxl.Workbook) -> None:
    amounts = dict(zip(column(values["Flows"], "stream"), column(values["Flows"], "amount"), strict=True))
    assert amounts["S-DIESEL"] is None


def test_the_first_words_of_the_read_me_name_park_and_synthetic_data(values: openpyxl.Workbook) -> None:
    told = [row[1] for row in values["Read me"].iter_rows(values_only=True)]
    assert "手算园区 / Hand-made park" in told
    assert any("synthetic data" in str(text) for text in told)


def test_the_same_account_gives_the_same_bytes(file: Path, tmp_path: Path) -> None:
    again = excel.write(ACCOUNT, tmp_path / "b.xlsx", park=PARK, flow_set=FLOW_SET, synthetic=True)
    assert again.read_bytes() == file.read_bytes()
