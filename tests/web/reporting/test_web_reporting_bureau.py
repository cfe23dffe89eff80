"""Forms 205-1 and 205-2: columns with their sources, a park's figures in them, read back by the default mapping."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from django.urls import reverse

from lingtan.web.account.run import Run
from lingtan.web.kernel.workflow import Refused
from lingtan.web.metering.stream import Stream
from lingtan.web.park.node import Node
from lingtan.web.park.stock import Stock
from lingtan.web.reporting.files import bureau, bureau_sheet, imports

ZONE = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def plant(park: Any, metered: Callable[..., None]) -> Any:
    """A buys power and coal; its boiler makes steam of the coal for B; stocks of coal at both ends of two months."""
    node = {row.code: row for row in Node.objects.filter(park=park)}
    market = Node.objects.create(park=park, code="M", kind="market", name_zh="市场", name_en="Market")
    boiler = Node.objects.create(park=park, code="A-B", kind="equipment", parent=node["A"], name_en="Boiler")
    Node.objects.filter(pk=boiler.pk).update(enterprise=node["A"])
    boiler.refresh_from_db()
    for code, commodity, source, target, made_as, used_as in (
        ("COAL", "bituminous", market, node["A"], "", ""),
        ("COAL_B", "bituminous", node["A"], boiler, "", "heat_supply"),
        ("HEAT", "heat", boiler, node["B"], "heat_generation", ""),
    ):
        Stream.objects.create(
            park=park, code=code, commodity=commodity, source=source, target=target, made_as=made_as, used_as=used_as
        )
    metered("EA", {"2026-01": "10000", "2026-02": "20000"})
    metered("COAL", {"2026-01": "100", "2026-02": "50"}, unit="t")
    metered("COAL_B", {"2026-01": "90", "2026-02": "60"}, unit="t")
    metered("HEAT", {"2026-01": "900", "2026-02": "600"}, unit="GJ")
    for month, amount in ((1, 10), (2, 20), (3, 8)):
        at = datetime(2026, month, 1, tzinfo=ZONE)
        Stock.objects.create(park=park, node=node["A"], commodity="bituminous", time=at, amount=amount, unit="t")
    return park


def rows_of(plant: Any, form: str, people: Callable[..., Any], last: int = 2) -> dict[str, Any]:
    node = Node.objects.get(park=plant, code="A")
    rows = bureau.figures(plant, node, form, year=2026, last=last, access=people("office"))
    return {row.kind.code: dict(row.cells) for row in rows}


@pytest.mark.parametrize("form", bureau.FORMS)
def test_every_column_names_its_source_and_status(form: str) -> None:
    columns = bureau.columns(form)
    assert {one.status for one in columns} <= {"found2", "found1", "recalled"}
    assert all(one.source for one in columns)
    assert len({one.mark for one in columns}) == len(columns)


def test_codes_of_energies_are_named_once_and_carry_their_status() -> None:
    codes = [one.code for one in bureau.kinds()]
    assert len(set(codes)) == len(codes)
    assert {one.status for one in bureau.kinds()} == {"found1", "recalled"}


def test_form_205_1_holds_stock_purchase_and_consumption_from_january(plant: Any, people: Callable[..., Any]) -> None:
    coal = rows_of(plant, "205-1", people)["04"]
    assert (coal["opening"], coal["bought"], coal["closing"], coal["consumed"]) == (10, 150, 8, 152)


def test_amounts_stand_in_the_unit_of_the_form(plant: Any, people: Callable[..., Any]) -> None:
    assert rows_of(plant, "205-1", people)["33"]["bought"] == Decimal(3)


def test_form_205_2_holds_what_went_in_and_came_out_of_conversion(plant: Any, people: Callable[..., Any]) -> None:
    rows = rows_of(plant, "205-2", people)
    assert (rows["04"]["input"], rows["04"]["heat"], rows["32"]["output"]) == (150, 150, 1500)


def test_a_month_that_is_not_known_makes_its_sum_not_known(plant: Any, people: Callable[..., Any]) -> None:
    coal = rows_of(plant, "205-1", people, last=3)["04"]
    assert (coal["bought"], coal["consumed"]) == (None, None)


def test_the_workbook_hatches_what_is_not_known_and_names_what_is_from_memory(
    plant: Any, people: Callable[..., Any]
) -> None:
    node = Node.objects.get(park=plant, code="A")
    data = bureau_sheet.write(plant, node, "205-1", year=2026, last=2, access=people("office"))
    page = openpyxl.load_workbook(io.BytesIO(data))["205-1"]
    signs = [cell.value for cell in page[6]]
    coal = next(row for row in page.iter_rows(min_row=7) if row[2].value == "04")
    money = coal[signs.index("3")]
    assert (money.value, money.fill.patternType is not None) == (None, True)
    assert any("04" in str(row[0].value) and "memory" in str(row[0].value) for row in page.iter_rows(min_row=8))


def test_the_default_mapping_reads_the_form_that_the_park_wrote(plant: Any, people: Callable[..., Any]) -> None:
    node, office = Node.objects.get(park=plant, code="A"), people("office")
    mapping = bureau_sheet.set_up(plant, node, "205-1", by=office)
    data = bureau_sheet.write(plant, node, "205-1", year=2026, last=1, access=office)
    trial = imports.read(mapping, "f.xlsx", data, period=date(2026, 1, 1))
    assert trial.faults == []
    told = {(one.key, one.target, one.amount, one.unit) for one in trial.drafts}
    assert told == {("04", "statement", Decimal(100), "t")}  # power comes by two streams: it is not clear by which
    assert trial.same == 2  # both stocks stand already


def test_the_default_mapping_of_205_2_knows_input_and_output(plant: Any, people: Callable[..., Any]) -> None:
    node, office = Node.objects.get(park=plant, code="A"), people("office")
    mapping = bureau_sheet.set_up(plant, node, "205-2", by=office)
    assert {(one.account, one.column, one.stream.code) for one in mapping.entries.all()} == {
        ("04", "4", "COAL_B"),
        ("32", "11", "HEAT"),
    }


def test_a_mapping_is_set_up_once(plant: Any, people: Callable[..., Any]) -> None:
    node = Node.objects.get(park=plant, code="A")
    bureau_sheet.set_up(plant, node, "205-1", by=people("office"))
    with pytest.raises(Refused):
        bureau_sheet.set_up(plant, node, "205-1", by=people("office"))


def test_an_enterprise_gets_its_own_form_only(plant: Any, browser: Callable[..., Any]) -> None:
    address = reverse("report_bureau_form", args=["T", "205-1"])
    client = browser("reporter", "A")
    assert client.get(address, {"enterprise": "A", "month": "2026-02"}).status_code == 200
    assert client.get(address, {"enterprise": "B", "month": "2026-02"}).status_code == 404


@pytest.mark.parametrize("asked", [{"enterprise": "A", "month": "x"}, {"enterprise": "Z", "month": "2026-02"}])
def test_what_is_no_form_is_not_found(plant: Any, browser: Callable[..., Any], asked: dict[str, str]) -> None:
    assert browser("office").get(reverse("report_bureau_form", args=["T", "205-1"]), asked).status_code == 404


def test_the_page_of_the_ledger_shows_months_and_offers_the_forms(plant: Any, browser: Callable[..., Any]) -> None:
    page = browser("office").get(reverse("report_statistics", args=["T"]), {"year": "2026"}).content.decode()
    assert "205-2" in page
    assert "Purchased" in page
    assert Run.objects.exists()
