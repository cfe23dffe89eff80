"""Uploads of a register: checked by cell, written all or nothing, taken back."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import Any

import openpyxl
import pytest
import xlsxwriter

from lingtan.web.metering.meter import Meter
from lingtan.web.metering.stream import Stream
from lingtan.web.park.node import Node

HEADS = ["point", "stream", "role", "serial", "register", "unit", "multiplier", "from"]
GOOD = ["P1", "EA", "main", "s1", "counter", "kWh", 60, "2025-01-01"]


def book(
    rows: Sequence[Sequence[Any]], title: str = "points", touch: Callable[[Any, Any], None] | None = None
) -> bytes:
    target = io.BytesIO()
    made = xlsxwriter.Workbook(target)
    sheet = made.add_worksheet(title)
    for line, row in enumerate(rows):
        for at, cell in enumerate(row):
            sheet.write(line, at, cell)
    if touch is not None:
        touch(made, sheet)
    made.close()
    return target.getvalue()


def send(client: Any, data: bytes, *, name: str = "points.xlsx", slug: str = "points") -> Any:
    file = io.BytesIO(data)
    file.name = name
    return client.post(f"/p/T/registers/{slug}/upload/", {"file": file}, follow=True)


def write(client: Any, answer: Any, reason: str = "first list of the year") -> Any:
    address, plan = answer.redirect_chain[-1][0], answer.context["plan"]
    return client.post(f"{address}apply/", {"reason": reason, "digest": plan.digest}, follow=True)


def places(answer: Any) -> list[tuple[str, str]]:
    told = answer.context["told"] if "told" in answer.context else answer.context["plan"].faults
    return [(one.code, one.place) for one in told]


@pytest.fixture
def office(client_as: Callable[..., Any]) -> Any:
    return client_as("office")


def test_a_good_sheet_is_looked_at_before_anything_is_written(office: Any) -> None:
    answer = send(office, book([HEADS, GOOD]))
    assert answer.status_code == 200
    assert [line.name for line in answer.context["plan"].new] == ["P1 · 2025-01-01"]
    assert Meter.objects.count() == 0


def test_a_sheet_is_written_with_its_reason_in_the_history(office: Any) -> None:
    answer = write(office, send(office, book([HEADS, GOOD])))
    meter = Meter.objects.get()
    assert (meter.point, meter.stream.code, str(meter.multiplier), meter.version) == ("P1", "EA", "60", 1)
    event = meter.events.select_related("pgh_context").get()
    assert event.pgh_context.metadata["reason"] == "first list of the year"
    assert answer.status_code == 200


def test_a_changed_cell_shows_before_and_after_and_the_rest_stays(office: Any) -> None:
    write(office, send(office, book([HEADS, GOOD, ["P2", *GOOD[1:3], "s2", *GOOD[4:]]])))
    changed = send(office, book([["point", "stream", "role", "register", "unit", "multiplier", "from"],
                                 ["P1", "EA", "main", "counter", "kWh", 80, "2025-01-01"],
                                 ["P2", "EA", "main", "counter", "kWh", 60, "2025-01-01"]]))  # fmt: skip
    plan = changed.context["plan"]
    assert [(c.column, c.before, c.after) for c in plan.changed[0].changes] == [("multiplier", "60", "80")]
    assert plan.unchanged == 1
    write(office, changed)
    meter = Meter.objects.get(point="P1")
    assert (str(meter.multiplier), meter.serial, meter.version) == ("80", "s1", 2)


def test_every_fault_is_told_by_its_cell(office: Any) -> None:
    rows = [HEADS, GOOD, ["P2", "XX", "mian", "s2", "counter", "kWh", "about 60", "31/01/2025"]]
    answer = send(office, book(rows))
    assert set(places(answer)) == {
        ("unknown_id", "points!B3"),
        ("unknown_word", "points!C3"),
        ("bad_number", "points!G3"),
        ("slash_date", "points!H3"),
    }
    assert Meter.objects.count() == 0


def test_a_rule_between_rows_holds_against_rows_that_are_there(office: Any) -> None:
    write(office, send(office, book([HEADS, GOOD])))
    answer = send(office, book([HEADS, ["P1", "EA", "main", "s9", "counter", "kWh", 60, "2025-06-01"]]))
    assert [code for code, _place in places(answer)] == ["overlapping_devices"]


@pytest.mark.parametrize(
    ("touch", "code", "place"),
    [
        (lambda _book, sheet: sheet.write_formula("G2", "=60*2", None, 120), "formula", "points!G2"),
        (lambda _book, sheet: sheet.merge_range("A4:B4", "P9"), "merged", "points!A4"),
        (lambda _book, sheet: sheet.write("K2", "beside"), "outside", "points!K2"),
        (lambda _book, sheet: sheet.write("H1", "form"), "head_near", "points!H1"),
        (lambda _book, sheet: sheet.write("A2", "P" * 10_001), "long", "points!A2"),
    ],
)
def test_what_a_sheet_may_not_hold_is_told_by_its_cell(office: Any, touch: Any, code: str, place: str) -> None:
    answer = send(office, book([HEADS, GOOD], touch=touch))
    assert (code, place) in places(answer)
    assert Meter.objects.count() == 0


def test_a_missing_column_is_named(office: Any) -> None:
    answer = send(office, book([HEADS[1:], GOOD[1:]]))
    assert ("missing_column", "points!A1") in places(answer)


def test_a_wrong_sheet_is_named(office: Any) -> None:
    answer = send(office, book([["a", "b"], [1, 2]], title="Sheet1"))
    assert answer.status_code == 422
    assert "Sheet1" in answer.context["told"][0].message


def test_macros_are_refused_whatever_the_name(office: Any) -> None:
    assert places(send(office, book([HEADS, GOOD]), name="points.xlsm")) == [("macros", "points.xlsm")]
    hidden = book([HEADS, GOOD])
    import zipfile

    file = io.BytesIO(hidden)
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("xl/vbaProject.bin", b"x")
    assert places(send(office, file.getvalue())) == [("macros", "points.xlsx")]


def test_a_zip_bomb_is_refused_by_its_directory(office: Any) -> None:
    import zipfile

    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 120_000_000)
    assert places(send(office, file.getvalue())) == [("unpacked", "points.xlsx")]


def test_a_million_blank_rows_are_refused_without_reading_them_all(office: Any) -> None:
    answer = send(office, book([HEADS, GOOD], touch=lambda _b, sheet: sheet.write(1_048_575, 0, "x")))
    assert places(answer) == [("reach", "points")]


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("points.xlsx", b"PK\x03\x04 not a workbook", "broken"),
        ("points.xls", b"\xd0\xcf\x11\xe0old", "broken"),
        ("points.pdf", b"%PDF-1.7", "kind"),
        ("points.csv", "point,stream\nP1,电\n".encode("gbk"), "wrong_encoding"),
        ("points.csv", b"", "empty_file"),
    ],
)
def test_what_is_no_sheet_is_refused(office: Any, name: str, data: bytes, code: str) -> None:
    answer = send(office, data or b" ", name=name)
    assert answer.status_code == 422
    assert [one.code for one in answer.context["told"]] == [code]


def test_no_file_is_said_so(office: Any) -> None:
    answer = office.post("/p/T/registers/points/upload/", {})
    assert [one.code for one in answer.context["told"]] == ["none"]


def test_a_register_that_changed_since_the_check_is_not_written(office: Any) -> None:
    seen = send(office, book([HEADS, GOOD]))
    stream = Stream.objects.get(code="EA")
    Meter.objects.create(park=stream.park, point="P1", stream=stream, role="main", register="counter", unit="kWh")
    answer = write(office, seen)
    assert answer.status_code == 409
    assert Meter.objects.count() == 1


def test_an_upload_is_written_once(office: Any) -> None:
    seen = send(office, book([HEADS, GOOD]))
    write(office, seen)
    assert write(office, seen).status_code == 409
    assert Meter.objects.count() == 1


def test_a_reason_is_asked(office: Any) -> None:
    assert write(office, send(office, book([HEADS, GOOD])), reason=" ").status_code == 409
    assert Meter.objects.count() == 0


def test_undo_takes_new_rows_away_and_gives_changed_ones_their_values_back(office: Any) -> None:
    write(office, send(office, book([HEADS, GOOD])))
    second = write(
        office, send(office, book([HEADS, [*GOOD[:6], 80, "2025-01-01"], ["P2", *GOOD[1:3], "s2", *GOOD[4:]]]))
    )
    undone = office.post(f"{second.redirect_chain[-1][0]}undo/", {"reason": "wrong list"}, follow=True)
    assert undone.status_code == 200
    meter = Meter.objects.get()
    assert (meter.point, str(meter.multiplier), meter.version) == ("P1", "60", 3)


def test_undo_names_rows_that_somebody_changed_since(office: Any) -> None:
    done = write(office, send(office, book([HEADS, GOOD])))
    Meter.objects.update(serial="other")
    undone = office.post(f"{done.redirect_chain[-1][0]}undo/", {"reason": "wrong list"}, follow=True)
    assert undone.status_code == 409
    assert undone.context["refused"].rows == ("P1 · 2025-01-01",)
    assert Meter.objects.count() == 1


def test_undo_keeps_a_row_that_others_refer_to(office: Any, park: Any) -> None:
    rows = [["id", "parent", "kind", "name_zh"], ["W", "A", "workshop", "车间"], ["W1", "W", "equipment", "炉"]]
    done = write(office, send(office, book(rows, title="nodes"), slug="nodes"))
    grid, made = Node.objects.get(code="grid"), Node.objects.get(code="W1")
    Stream.objects.create(park=park, code="EW", commodity="electricity", source=grid, target=made)
    undone = office.post(f"{done.redirect_chain[-1][0]}undo/", {"reason": "wrong list"}, follow=True)
    assert undone.context["refused"].rows == ("Stream: EW",)


def test_rows_of_one_sheet_may_refer_to_each_other_and_go_together(office: Any) -> None:
    rows = [["id", "parent", "kind", "name_zh"], ["W1", "W", "equipment", "炉"], ["W", "A", "workshop", "车间"]]
    done = write(office, send(office, book(rows, title="nodes"), slug="nodes"))
    made = Node.objects.get(code="W1")
    assert made.parent is not None
    assert made.enterprise is not None
    assert (made.parent.code, made.enterprise.code) == ("W", "A")
    office.post(f"{done.redirect_chain[-1][0]}undo/", {"reason": "wrong list"})
    assert not Node.objects.filter(code__in=("W", "W1")).exists()


def test_a_circle_of_new_and_old_nodes_is_refused(office: Any) -> None:
    rows = [["id", "parent", "kind"], ["A", "W", "enterprise"], ["W", "A", "workshop"]]
    answer = send(office, book(rows, title="nodes"), slug="nodes")
    assert "parent_cycle" in [code for code, _place in places(answer)]


def test_a_row_that_stands_twice_is_named(office: Any) -> None:
    answer = send(
        office, book([["name", "duty"], ["Li", "meters"], ["Li", "reports"]], title="contacts"), slug="contacts"
    )
    assert [(code, place) for code, place in places(answer)] == [("twice", "contacts!A3")]


@pytest.mark.parametrize("role", ["reporter", "approver", "verifier", "system"])
def test_who_may_not_import_meets_no_door(client_as: Callable[..., Any], role: str) -> None:
    one = client_as(role, "A" if role in {"reporter", "approver"} else "")
    for address in ("upload/", "template.xlsx"):
        assert one.get(f"/p/T/registers/points/{address}").status_code == 403
    assert send(one, book([HEADS, GOOD])).status_code == 403


def test_an_upload_of_another_park_is_not_there(office: Any, client_as: Callable[..., Any]) -> None:
    from lingtan.web.api.models import Batch
    from lingtan.web.park.park import Park

    other = Park.objects.create(code="other")
    batch = Batch.objects.create(park=other, register="points", file="f.xlsx", sha256="0")
    for address in ("", "apply/", "undo/"):
        do = office.get if not address else office.post
        assert do(f"/p/T/registers/points/upload/{batch.pk}/{address}").status_code == 404


def test_the_template_can_be_filled_in_and_uploaded(office: Any) -> None:
    answer = office.get("/p/T/registers/points/template.xlsx")
    filled = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    sheet = filled["points"]
    heads = [cell.value for cell in sheet[1]]
    for head, value in zip(HEADS, GOOD, strict=True):
        sheet.cell(3, heads.index(head) + 1, value)
    target = io.BytesIO()
    filled.save(target)
    plan = send(office, target.getvalue()).context["plan"]
    assert (plan.faults, len(plan.new)) == ((), 1)
