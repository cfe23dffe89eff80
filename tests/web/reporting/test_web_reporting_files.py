"""Files: a report as Excel and back, bills, statistics forms, the ledger."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from datetime import date
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
from lingtan.web.reporting import actions
from lingtan.web.reporting.bundle import bundle
from lingtan.web.reporting.files import bring, imports, sheet
from lingtan.web.reporting.mapping import Mapping, MappingEntry
from lingtan.web.reporting.statement import Statement
from lingtan.web.sheets import workbook
from lingtan.web.sheets.workbook import SheetError


def edited(data: bytes, cells: dict[str, Any]) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(data))
    for place, value in cells.items():
        book.active[place] = value
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.fixture
def loaded(report: Any, people: Callable[..., Any]) -> Any:
    row = report.lines.get(line__code="EA")
    actions.save_line(row, by=people("reporter", "A"), version=1, text="12.5", reason="=cmd()")
    actions.say(row, "please check", by=people("office"), kind="return")
    return bundle(report, people("reporter", "A"))


def test_a_workbook_holds_lines_units_remarks_and_drop_downs(loaded: Any) -> None:
    page = openpyxl.load_workbook(io.BytesIO(sheet.write(loaded))).active
    row = {head.value: cell for head, cell in zip(page[1], page[3], strict=True)}
    assert (row["item"].value, row["amount"].value, row["unit"].value) == ("EA", 12.5, "MWh")
    assert "please check" in row["remarks"].value
    assert len(page.data_validations.dataValidation) == 2


def test_text_that_looks_like_a_formula_stays_text(loaded: Any) -> None:
    page = openpyxl.load_workbook(io.BytesIO(sheet.write(loaded))).active
    assert page["G3"].data_type == "s"


def test_an_untouched_workbook_changes_nothing(loaded: Any) -> None:
    trial = sheet.read("r.xlsx", sheet.write(loaded), loaded)
    assert (trial.faults, trial.changes) == ([], [])


def test_a_filled_in_workbook_is_tried_then_taken_with_its_reply(loaded: Any, people: Callable[..., Any]) -> None:
    data = edited(sheet.write(loaded), {"D3": 99.25, "G3": None, "L3": "checked", "F4": "Shut down"})
    trial = sheet.read("r.xlsx", data, loaded)
    assert trial.faults == []
    assert sheet.apply(loaded.report, trial.changes, by=people("reporter", "A")) == 2
    again = bundle(loaded.report, people("reporter", "A"))
    assert [(row.row.answer, row.row.amount) for row in again.rows] == [
        ("given", Decimal("99.25")),
        ("shut_down", None),
    ]
    assert [one.text for one in again.rows[0].remarks] == ["please check", "checked"]


@pytest.mark.parametrize(
    ("cells", "place"),
    [
        ({"D3": "about 2"}, "report!D3"), ({"D3": "=1+1"}, "report!D3"), ({"B3": "XX"}, "report!B3"),
        ({"E3": "kWh"}, "report!E3"), ({"A3": "B/monthly/2026-03/v1"}, "report!A3"), ({"F3": "zero"}, "report!F3"),
        ({"F4": "perhaps"}, "report!F4"), ({"B4": "EA"}, "report!B4"), ({"D3": -1}, "report!D3"),
    ],
)  # fmt: skip
def test_each_fault_is_told_by_its_cell(loaded: Any, cells: dict[str, Any], place: str) -> None:
    trial = sheet.read("r.xlsx", edited(sheet.write(loaded), cells), loaded)
    assert place in [one.place for one in trial.faults]


def test_an_upload_is_tried_on_the_page_and_written_after_a_word(loaded: Any, browser: Callable[..., Any]) -> None:
    client = browser("reporter", "A")
    address = reverse("report_upload", args=["T", loaded.report.pk])
    data = edited(sheet.write(loaded), {"D3": 99.25})
    page = client.post(address, {"file": SimpleUploadedFile("r.xlsx", data)}).content.decode()
    row = loaded.report.lines.get(line__code="EA")
    assert row.amount == Decimal("12.5")
    client.post(address, {"trial": re.findall(r'name="trial" value="([^"]+)"', page)[0]})
    row.refresh_from_db()
    assert row.amount == Decimal("99.25")


@pytest.fixture
def bills(park: Any) -> Any:
    made = Mapping.objects.create(
        park=park, code="grid-bills", name_en="Grid bills", reporter=Node.objects.get(park=park, code="grid"),
        key_column="户号", month_column="月份", document_column="发票号",
    )  # fmt: skip
    for key, stream in (("320001", "EA"), ("320002", "EB")):
        MappingEntry.objects.create(
            park=park,
            mapping=made,
            account=key,
            column="电量",
            stream=Stream.objects.get(park=park, code=stream),
            unit="kWh",
        )
    return made


BILL = '户号,户名,月份,电量,发票号\n320001,甲,202603,"3,486,000",F1\n320002,乙,202603,12.5,F2\n999,丙,202603,1,F3\n'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_bill_becomes_invoices_by_account_number(bills: Any, people: Callable[..., Any], encoding: str) -> None:
    data = BILL.encode(encoding)
    trial = imports.read(bills, "march.csv", data)
    assert (trial.faults, trial.unknown) == ([], {"999": 1})
    bring.apply(bills, trial.drafts, "march.csv", data, by=people("office"), reason="bills of March")
    rows = Statement.objects.filter(park=bills.park).order_by("stream__code")
    assert [(row.stream.code, row.amount, row.unit, row.kind, row.reporter.code) for row in rows] == [
        ("EA", Decimal(3486000), "kWh", "invoice", "grid"), ("EB", Decimal("12.5"), "kWh", "invoice", "grid"),
    ]  # fmt: skip
    assert rows[0].evidence == ["evidence/imports/grid-bills/march.csv"]


def test_the_same_bill_again_changes_nothing(bills: Any, people: Callable[..., Any]) -> None:
    data = BILL.encode()
    first = imports.read(bills, "march.csv", data)
    bring.apply(bills, first.drafts, "march.csv", data, by=people("office"), reason="bills")
    again = imports.read(bills, "march.csv", data)
    assert (again.drafts, again.same) == ([], 2)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("户号,月份,电量,发票号\n320001,2026-13,5,\n", "b.csv!B2"),
        ("户号,月份,电量,发票号\n320001,202603,五,\n", "b.csv!C2"),
        ("户号,月份,电量,发票号\n320001,202603,-5,\n", "b.csv!C2"),
        ("户号,月份,电量,发票号\n320001,202603,5,\n320001,202603,6,\n", "b.csv!A3"),
    ],
)  # fmt: skip
def test_each_fault_of_a_bill_is_told_by_its_cell(bills: Any, text: str, place: str) -> None:
    assert [one.place for one in imports.read(bills, "b.csv", text.encode()).faults] == [place]


def test_a_bill_without_its_column_is_refused_as_a_whole(bills: Any) -> None:
    with pytest.raises(SheetError, match="电量"):
        imports.read(bills, "b.csv", "户号,月份,发票号\n320001,202603,\n".encode())


def test_an_import_needs_a_reason_and_the_grant(bills: Any, people: Callable[..., Any]) -> None:
    for access, reason in ((people("office"), " "), (people("reporter", "A"), "x")):
        with pytest.raises(Refused):
            bring.apply(bills, [], "b.csv", b"", by=access, reason=reason)


@pytest.fixture
def statistics(park: Any) -> Any:
    enterprise = Node.objects.get(park=park, code="A")
    made = Mapping.objects.create(
        park=park, code="form-205-1", name_en="205-1", kind="205-1", reporter=enterprise, key_column="代码", head_row=3,
        cumulative=True,
    )  # fmt: skip
    stream = Stream.objects.get(park=park, code="EA")
    rows = (("消费量", "statement", stream, None, ""), ("期末库存", "stock", None, enterprise, "diesel"))
    for column, target, flow, node, commodity in rows:
        MappingEntry.objects.create(
            park=park, mapping=made, account="32", column=column, target=target, stream=flow, node=node,
            commodity=commodity, unit="kWh" if flow else "t",
        )  # fmt: skip
    return made


def form_205(consumed: float, stock: float) -> bytes:
    book = openpyxl.Workbook()
    page = book.active
    page.merge_cells("A1:D1")
    for row in (
        ["能源购进、消费与库存"],
        ["205-1 表"],
        ["名称", "代码", "消费量", "期末库存"],
        ["电力", 32, consumed, stock],
    ):
        page.append(row)
    page.delete_rows(1)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_a_statistics_form_that_runs_from_january_becomes_months(statistics: Any, people: Callable[..., Any]) -> None:
    for month, consumed in ((1, 100), (2, 250)):
        data = form_205(consumed, 7)
        trial = imports.read(statistics, "f.xlsx", data, period=date(2026, month, 1))
        assert trial.faults == []
        bring.apply(statistics, trial.drafts, f"f{month}.xlsx", data, by=people("office"), reason="form")
    amounts = Statement.objects.filter(park=statistics.park).order_by("start").values_list("amount", "kind")
    assert list(amounts) == [(Decimal(100), "statistics"), (Decimal(150), "statistics")]
    assert Stock.objects.filter(park=statistics.park).count() == 2


def test_a_month_before_that_is_not_known_stops_a_running_amount(statistics: Any) -> None:
    trial = imports.read(statistics, "f.xlsx", form_205(250, 7), period=date(2026, 2, 1))
    assert [one.code for one in trial.faults] == ["cumulative"]
    assert "2026-01" in trial.faults[0].message


def bad(kind: str, good: bytes) -> tuple[str, bytes]:
    """Return an upload of a bad kind, made of a good workbook."""
    if kind == "bomb":
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as parts:
            parts.writestr("xl/worksheets/sheet1.xml", b"0" * (workbook.UNPACKED + 1))
        return "r.xlsx", out.getvalue()
    if kind == "macros":
        out = io.BytesIO(good)
        with zipfile.ZipFile(out, "a") as parts:
            parts.writestr("xl/vbaProject.bin", b"x")
        return "r.xlsx", out.getvalue()
    if kind == "wrong sheet":
        book = openpyxl.Workbook()
        book.active.append(["x"])
    else:
        book = openpyxl.load_workbook(io.BytesIO(good))
    if kind == "merged":
        book.active.merge_cells("D3:D4")
    if kind == "far":
        book.active.cell(row=workbook.REACH + 5, column=4).value = " "
    out = io.BytesIO()
    book.save(out)
    return "r.xlsm" if kind == "macro name" else "r.xlsx", out.getvalue()


@pytest.mark.parametrize(
    ("kind", "code"),
    [("bomb", "unpacked"), ("macros", "macros"), ("macro name", "macros"), ("wrong sheet", "sheet"),
     ("far", "reach"), ("merged", "merged")],
)  # fmt: skip
def test_a_bad_workbook_changes_nothing_of_a_report_and_says_why(
    loaded: Any, browser: Callable[..., Any], kind: str, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, "REACH", 60)
    name, data = bad(kind, sheet.write(loaded))
    address = reverse("report_upload", args=["T", loaded.report.pk])
    page = browser("reporter", "A").post(address, {"file": SimpleUploadedFile(name, data)}).content.decode()
    assert f"({code})" in page
    assert "Nothing was written" in page
    assert loaded.report.lines.get(line__code="EA").amount == Decimal("12.5")


def test_the_entry_on_behalf_is_marked_in_the_workbook(behalf: Any, people: Callable[..., Any]) -> None:
    page = openpyxl.load_workbook(io.BytesIO(sheet.write(bundle(behalf, people("office"))))).active
    heads = [cell.value for cell in page[1]]
    assert [page.cell(row=line, column=heads.index("entered") + 1).value for line in (3, 4)] == [
        "entered by the office"
    ] * 2


def test_the_entry_on_behalf_is_marked_in_statement_and_pages(behalf: Any, browser: Callable[..., Any]) -> None:
    assert all("entered by the office" in row.note for row in Statement.objects.filter(park=behalf.park))
    for role, code in (("office", ""), ("reporter", "B")):
        page = browser(role, code).get(reverse("report", args=["T", behalf.pk])).content.decode()
        assert "entered by the office" in page
