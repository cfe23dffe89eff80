"""Lists as sheets: the same rows as on the page, nothing that may not be seen, nothing that runs."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lingtan.web.kernel import register as declared
from lingtan.web.metering.meter import Meter
from lingtan.web.metering.price import Price
from lingtan.web.metering.stream import Stream
from lingtan.web.park.contact import Contact
from lingtan.web.park.park import Park
from lingtan.web.people.access import Access
from lingtan.web.sheets import batches, workbook
from lingtan.web.sheets.workbook import letters


def rows_of(answer: Any) -> list[list[str]]:
    text = b"".join(answer.streaming_content).decode()
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))


def test_an_enterprise_downloads_its_own_rows_only(client_as: Callable[..., Any]) -> None:
    rows = rows_of(client_as("reporter", "B").get("/p/T/registers/streams/export.csv"))
    assert rows[0][:4] == ["id", "commodity", "source", "target"]
    assert [row[0] for row in rows[1:]] == ["EB"]


def test_a_neighbour_is_no_id_in_a_reference(client_as: Callable[..., Any]) -> None:
    rows = rows_of(client_as("reporter", "B").get("/p/T/registers/streams/export.csv"))
    assert "grid" not in rows[1]


@pytest.mark.parametrize(
    ("query", "expected"), [("q=EA1", ["EA1"]), ("target=B", ["EB"]), ("sort=-code", ["EB", "EA1", "EA"])]
)
def test_filters_search_and_order_of_the_page_hold(
    client_as: Callable[..., Any], query: str, expected: list[str]
) -> None:
    rows = rows_of(client_as("office").get(f"/p/T/registers/streams/export.csv?{query}"))
    assert [row[0] for row in rows[1:]] == expected


def test_a_private_field_is_no_column(
    client_as: Callable[..., Any], park: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = declared.find("prices")
    assert own is not None
    stream = Stream.objects.get(code="EA")
    Price.objects.create(
        park=park, subject="EA", stream=stream, component="energy", value="0.61", currency="CNY", unit="kWh"
    )
    monkeypatch.setitem(declared._REGISTERS, "prices", replace(own, private={"value": frozenset({"office"})}))
    heads, row = rows_of(client_as("reporter", "A").get("/p/T/registers/prices/export.csv"))
    assert "value" not in heads
    assert "0.61" not in row


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx"])
def test_a_text_that_a_spreadsheet_would_run_is_made_harmless(
    client_as: Callable[..., Any], park: Any, text: str
) -> None:
    Contact.objects.create(park=park, name="Li", duty=text)
    office = client_as("office")
    assert rows_of(office.get("/p/T/registers/contacts/export.csv"))[1][2] == "'" + text
    data = b"".join(office.get("/p/T/registers/contacts/export.xlsx").streaming_content)
    cell = openpyxl.load_workbook(io.BytesIO(data))["contacts"]["C2"]
    assert cell.data_type == "s"


def test_a_negative_number_stays_a_number(client_as: Callable[..., Any], park: Any) -> None:
    stream = Stream.objects.get(code="EA")
    Meter.objects.create(park=park, point="P", stream=stream, role="main", register="counter", unit="kWh",
                         first_value="-12.50")  # fmt: skip
    heads, row = rows_of(client_as("office").get("/p/T/registers/points/export.csv"))
    assert row[heads.index("first_value")] == "-12.50"


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize("slug", ["nodes", "streams", "points", "boundaries", "members", "contacts"])
def test_what_was_downloaded_changes_nothing_when_it_is_uploaded(
    client_as: Callable[..., Any], park: Any, slug: str, kind: str
) -> None:
    Contact.objects.create(park=park, name="Li", duty="=cmd", phone="+86 10")
    Meter.objects.create(park=park, point="P", stream=Stream.objects.get(code="EA"), role="main", register="counter",
                         unit="kWh", multiplier="60.50", period=900)  # fmt: skip
    office = client_as("office")
    data = b"".join(office.get(f"/p/T/registers/{slug}/export.{kind}").streaming_content)
    file = io.BytesIO(data)
    file.name = f"{slug}.{kind}"
    plan = office.post(f"/p/T/registers/{slug}/upload/", {"file": file}, follow=True).context["plan"]
    assert (plan.faults, plan.new, plan.changed) == ((), (), ())
    assert plan.unchanged == len(data.splitlines()) - 1 if kind == "csv" else plan.unchanged > 0


def test_a_kind_that_is_not_known_is_not_there(client_as: Callable[..., Any]) -> None:
    assert client_as("office").get("/p/T/registers/points/export.pdf").status_code == 404


def test_who_may_not_export_meets_no_door(client_as: Callable[..., Any]) -> None:
    assert client_as("provider", "A").get("/p/T/registers/points/export.csv").status_code == 403


def test_every_register_has_a_template(client_as: Callable[..., Any], park: Any) -> None:
    office = client_as("office")
    for register in declared.registers():
        data = b"".join(office.get(f"/p/T/registers/{register.slug}/template.xlsx").streaming_content)
        book = openpyxl.load_workbook(io.BytesIO(data))
        assert book.sheetnames == [register.slug, "说明 Explanation", "lists"], register.slug
        assert str(book[register.slug]["A2"].value).startswith("※")


def test_the_number_of_queries_does_not_grow_with_the_rows(park: Park) -> None:
    points = declared.find("points")
    assert points is not None
    office = Access(user_id=None, park_id=park.pk, whole_park=True, actions=frozenset({"import"}))
    counts = []
    for size, letter in ((10, "a"), (300, "b")):
        lines = [f"{letter}{at},EA,check,counter,kWh,60\n" for at in range(size)]
        data = "".join(["point,stream,role,register,unit,multiplier\n", *lines]).encode()
        with CaptureQueriesContext(
            connection,
        ) as queries:
            batch = batches.check(points, "p.csv", data, park=park, by=office)
            plan = batches.plan(points, batches.read(points, "p.csv", data, office), park=park, access=office)
            batches.apply(batch, points, by=office, reason="test", digest=plan.digest)
        counts.append(len(queries))
    assert Meter.objects.count() == 310
    assert counts[0] == counts[1] <= 40


def test_columns_are_named_as_a_spreadsheet_does() -> None:
    assert [letters(at) for at in (0, 25, 26, 51, 52, 701, 702)] == ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]


def test_a_table_of_too_many_rows_is_refused() -> None:
    data = b"name\n" + b"x\n" * (workbook.ROWS + 1)
    with pytest.raises(workbook.SheetError) as refused:
        workbook.read("c.csv", data, title="contacts", names=["name"])
    assert [one.code for one in refused.value.told] == ["rows"]
