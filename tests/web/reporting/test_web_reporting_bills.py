"""Bills of utilities as they come: several a month, corrections, sums, units, odd files; and taking an import back."""

from __future__ import annotations

import io
import uuid
import zipfile
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from lingtan.web.kernel.workflow import Refused
from lingtan.web.metering.stream import Stream
from lingtan.web.park.node import Node
from lingtan.web.park.stock import Stock
from lingtan.web.reporting.files import bring, imports
from lingtan.web.reporting.files.batch import ImportBatch
from lingtan.web.reporting.mapping import Mapping, MappingEntry
from lingtan.web.reporting.statement import Statement
from lingtan.web.sheets import workbook
from lingtan.web.sheets.workbook import SheetError

HEAD = "户号,月份,用量,单位,账单号\n"


@pytest.fixture
def bills(park: Any) -> Any:
    """Bills of the grid by account number: 1 is A, 2 is B; month, amount, unit, number of the bill."""
    made = Mapping.objects.create(
        park=park, code="grid", name_en="Grid bills", reporter=Node.objects.get(park=park, code="grid"),
        key_column="户号", month_column="月份", document_column="账单号", unit_column="单位",
    )  # fmt: skip
    for key, code in (("1", "EA"), ("2", "EB")):
        stream = Stream.objects.get(park=park, code=code)
        MappingEntry.objects.create(park=park, mapping=made, account=key, column="用量", stream=stream, unit="kWh")
    return made


def tried(bills: Any, rows: str, name: str = "b.csv") -> imports.Trial:
    return imports.read(bills, name, (HEAD + rows).encode())


def sheet(rows: list[list[Any]], merge: str = "") -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    if merge:
        book.active.merge_cells(merge)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


ROWS = [["户号", "月份", "用量", "单位", "账单号"], ["1", "202603", 5, "kWh", "F1"]]


def test_two_bills_of_one_month_are_added_up(bills: Any) -> None:
    trial = tried(bills, "1,202603,100,kWh,F1\n1,202603,20,kWh,F2\n")
    assert [(one.amount, one.lines, one.document) for one in trial.drafts] == [(Decimal(120), (2, 3), "F1 F2")]


def test_a_negative_correction_lessens_the_bill_beside_it(bills: Any) -> None:
    trial = tried(bills, "1,202603,100,kWh,F1\n1,202603,-30,kWh,F2\n")
    assert [one.amount for one in trial.drafts] == [Decimal(70)]


def test_a_correction_without_its_bill_is_refused_with_what_to_do(bills: Any) -> None:
    trial = tried(bills, "1,202603,-30,kWh,F2\n")
    assert [(one.code, one.place) for one in trial.faults] == [("negative", "b.csv!C2")]


def test_the_same_bill_twice_is_a_fault_of_its_row(bills: Any) -> None:
    trial = tried(bills, "1,202603,100,kWh,F1\n1,202603,100,kWh,F1\n")
    assert [(one.code, one.place) for one in trial.faults] == [("twice", "b.csv!A3")]


def test_rows_of_sums_are_left_out_and_said_to_be(bills: Any) -> None:
    trial = tried(bills, "1,202603,100,kWh,F1\n小计,,100,,\n,合计,100,kWh,\n")
    assert (trial.faults, trial.sums, len(trial.drafts)) == ([], [3, 4], 1)


@pytest.mark.parametrize(
    ("unit", "amount"), [("千瓦时", "100"), ("万千瓦时", "1000000"), ("MWh", "100000"), ("度", "100"), ("", "100")]
)
def test_the_unit_of_the_file_is_converted(bills: Any, unit: str, amount: str) -> None:
    assert [one.amount for one in tried(bills, f"1,202603,100,{unit},F1\n").drafts] == [Decimal(amount)]


@pytest.mark.parametrize("unit", ["barrel", "m3", "??"])
def test_an_unknown_unit_or_another_quantity_is_a_fault_of_its_cell(bills: Any, unit: str) -> None:
    trial = tried(bills, f"1,202603,100,{unit},F1\n")
    assert [(one.code, one.place) for one in trial.faults] == [("import.unit", "b.csv!D2")]


def test_periods_that_overlap_are_a_fault(bills: Any) -> None:
    Mapping.objects.filter(pk=bills.pk).update(month_column="", start_column="起", end_column="止")
    bills.refresh_from_db()
    data = "户号,起,止,用量,单位,账单号\n1,2026-03-01,2026-03-20,5,kWh,F1\n1,2026-03-15,2026-03-31,5,kWh,F2\n"
    trial = imports.read(bills, "b.csv", data.encode())
    assert [one.code for one in trial.faults] == ["overlap"]


def test_a_merged_account_number_leaves_no_amount_behind_unseen(bills: Any) -> None:
    rows = [*ROWS, [None, "202604", 7, "kWh", "F2"]]
    trial = imports.read(bills, "b.xlsx", sheet(rows, "A2:A3"))
    assert [(one.code, one.place) for one in trial.faults] == [("key", "Sheet!A3")]


def test_heads_are_found_below_a_title(bills: Any) -> None:
    trial = imports.read(bills, "b.xlsx", sheet([["供电公司 3 月账单"], [], *ROWS]))
    assert [one.lines for one in trial.drafts] == [(4,)]


def test_a_formula_that_nobody_computed_is_told_by_its_cell(bills: Any) -> None:
    with pytest.raises(SheetError) as caught:
        imports.read(bills, "b.xlsx", sheet([ROWS[0], ["1", "202603", "=2+3", "kWh", "F1"]]))
    assert [(one.code, one.place) for one in caught.value.told] == [("formula", "Sheet!C2")]


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("xl/worksheets/sheet1.xml", b"0" * (workbook.UNPACKED + 1))
    return out.getvalue()


def macros() -> bytes:
    out = io.BytesIO(sheet(ROWS))
    with zipfile.ZipFile(out, "a") as parts:
        parts.writestr("xl/vbaProject.bin", b"x")
    return out.getvalue()


BAD: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "bomb": ("b.xlsx", bomb, "unpacked"), "macros": ("b.xlsx", macros, "macros"),
    "sheet": ("b.xlsx", lambda: sheet([["x"]]), "head"), "picture": ("b.png", lambda: b"\x89PNG", "kind"),
    "damaged": ("b.xlsx", lambda: b"PK\x03\x04broken", "broken"),
    "binary": ("b.csv", lambda: b"\xff\xfe\x00\x81", "kind"), "empty": ("b.csv", lambda: b"", "kind"),
}  # fmt: skip


@pytest.mark.parametrize("case", list(BAD))
def test_a_file_that_is_none_is_refused_as_a_whole(bills: Any, case: str) -> None:
    name, data, code = BAD[case]
    with pytest.raises(SheetError) as caught:
        imports.read(bills, name, data())
    assert [one.code for one in caught.value.told] == [code]


def test_a_million_blank_rows_are_read_over(bills: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "REACH", 50)
    book = openpyxl.Workbook()
    for row in ROWS:
        book.active.append(row)
    book.active.cell(row=1_000_000, column=1).value = None
    book.active.cell(row=60, column=9).value = " "
    out = io.BytesIO()
    book.save(out)
    with pytest.raises(SheetError) as caught:
        imports.read(bills, "b.xlsx", out.getvalue())
    assert [one.code for one in caught.value.told] == ["reach"]


def brought(bills: Any, by: Any, rows: str) -> ImportBatch:
    data = (HEAD + rows).encode()
    trial = imports.read(bills, "b.csv", data)
    assert trial.faults == []
    return bring.apply(bills, trial.drafts, "b.csv", data, by=by, reason="bill")


def test_an_import_is_taken_back_and_what_stood_before_counts_again(bills: Any, people: Callable[..., Any]) -> None:
    brought(bills, people("office"), "1,202603,100,kWh,F1\n")
    second = brought(bills, people("office"), "1,202603,250,kWh,F9\n")
    assert Statement.objects.count() == 2
    bring.settle(second, "undo", by=people("office"), reason="wrong file")
    assert [row.amount for row in Statement.objects.all()] == [Decimal(100)]
    assert second.state == "undone"


def test_taking_back_asks_for_an_account_again(
    bills: Any, people: Callable[..., Any], queued: list[dict[str, Any]]
) -> None:
    batch = brought(bills, people("office"), "1,202603,100,kWh,F1\n")
    queued.clear()
    bring.settle(batch, "undo", by=people("office"), reason="wrong file")
    assert [one["kind"] for one in queued] == ["compute"]


def test_an_import_whose_rows_were_changed_since_is_not_taken_back(bills: Any, people: Callable[..., Any]) -> None:
    batch = brought(bills, people("office"), "1,202603,100,kWh,F1\n2,202603,5,kWh,F2\n")
    Statement.objects.filter(stream__code="EB").update(version=2)
    with pytest.raises(Refused):
        bring.settle(batch, "undo", by=people("office"), reason="wrong file")
    assert Statement.objects.count() == 2


def test_a_stock_goes_back_to_what_it_was(bills: Any, people: Callable[..., Any]) -> None:
    node = Node.objects.get(park=bills.park, code="A")
    MappingEntry.objects.create(
        park=bills.park, mapping=bills, account="9", column="用量", target="stock", node=node, commodity="electricity",
        unit="kWh",
    )  # fmt: skip
    first = brought(bills, people("office"), "9,202603,10,kWh,F1\n")
    second = brought(bills, people("office"), "9,202603,30,kWh,F2\n")
    bring.settle(second, "undo", by=people("office"), reason="wrong")
    assert Stock.objects.get().amount == 10
    bring.settle(first, "undo", by=people("office"), reason="wrong")
    assert not Stock.objects.exists()


@pytest.mark.parametrize("role", ["reporter", "approver"])
def test_an_enterprise_takes_no_import_back(bills: Any, people: Callable[..., Any], role: str) -> None:
    batch = brought(bills, people("office"), "1,202603,100,kWh,F1\n")
    with pytest.raises(Refused):
        bring.settle(batch, "undo", by=people(role, "A"), reason="mine")


def test_an_import_is_taken_back_on_the_page(
    bills: Any, browser: Callable[..., Any], people: Callable[..., Any]
) -> None:
    batch = brought(bills, people("office"), "1,202603,100,kWh,F1\n")
    client = browser("office")
    assert "Take the import back" in client.get(reverse("report_imports", args=["T"])).content.decode()
    client.post(reverse("report_import_settle", args=["T", batch.pk, "undo"]), {"reason": "wrong file"})
    assert not Statement.objects.exists()


def test_a_mapping_set_once_is_changed_in_its_register(bills: Any, browser: Callable[..., Any]) -> None:
    client = browser("office")
    entry = bills.entries.get(account="2")
    address = f"/p/T/registers/file-mapping-lines/{entry.pk}/edit/"
    assert client.get(address).status_code == 200
    given = {"mapping": "grid", "account": "2b", "column": "用量", "unit": "MWh", "target": "statement", "stream": "EB",
             "node": "", "commodity": "", "version": "1", "token": str(uuid.uuid4())}  # fmt: skip
    client.post(address, given)
    entry.refresh_from_db()
    assert (entry.account, entry.unit) == ("2b", "MWh")
    assert [one.amount for one in tried(bills, "2b,202603,1,MWh,F1\n").drafts] == [Decimal(1)]


def test_faults_of_a_bill_stand_on_the_page_and_nothing_is_written(bills: Any, browser: Callable[..., Any]) -> None:
    data = SimpleUploadedFile("b.csv", (HEAD + "1,202603,about 5,kWh,F1\n").encode())
    page = browser("office").post(reverse("report_imports", args=["T"]), {"mapping": "grid", "file": data})
    assert "b.csv!C2" in page.content.decode()
    assert not Statement.objects.exists()
