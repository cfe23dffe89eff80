"""Reporting in a park that goes out as a folder and comes in again: nothing is lost, nothing changes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from lingtan.web.metering.stream import Stream
from lingtan.web.park.folder import export_folder, import_folder
from lingtan.web.park.folder.records import carried
from lingtan.web.park.node import Node
from lingtan.web.park.park import Park
from lingtan.web.reporting import actions
from lingtan.web.reporting.closing import state_of
from lingtan.web.reporting.closing.actions import settle
from lingtan.web.reporting.files import bring, evidence, imports
from lingtan.web.reporting.mapping import Mapping, MappingEntry
from lingtan.web.reporting.report import Report
from lingtan.web.reporting.statement import Statement

MARCH = date(2026, 3, 1)


@pytest.fixture
def told(report: Any, people: Callable[..., Any]) -> Any:
    """A month with everything: evidence, a remark, an accepted report, its correction, a bill, the closing."""
    by, row = people("reporter", "A"), report.lines.get(line__code="EA")
    actions.attach(row, evidence.keep(row, SimpleUploadedFile("bill.pdf", b"%PDF-1.4 bill"), by=by), by=by)
    for one in report.lines.select_related("line"):
        actions.save_line(one, by=by, version=one.version, text="100", reason="as billed")
    actions.say(row, "please check", by=people("office"), kind="return")
    for action, who in (("submit", by), ("sign", people("approver", "A")), ("accept", people("office"))):
        actions.move(report, action, by=who, reason="seen")
    park = report.park
    made = Mapping.objects.create(
        park=park,
        code="grid",
        reporter=Node.objects.get(park=park, code="grid"),
        key_column="户号",
        month_column="月份",
    )
    stream = Stream.objects.get(park=park, code="EB")
    MappingEntry.objects.create(park=park, mapping=made, account="1", column="电量", stream=stream, unit="kWh")
    data = "户号,月份,电量\n1,202603,5\n".encode()
    trial = imports.read(made, "三月.csv", data)
    bring.apply(made, trial.drafts, "三月.csv", data, by=people("office"), reason="bill")
    settle(park, MARCH, "ask", by=people("office"), reason="year end")
    settle(park, MARCH, "confirm", by=people("office", name="head"), reason="seen")
    actions.correct(report, by=by, reason="read wrongly")
    return park


def test_a_park_exported_and_imported_again_shows_no_change(
    told: Any, people: Callable[..., Any], tmp_path: Path
) -> None:
    export_folder(told, tmp_path / "out")
    folder = next((tmp_path / "out").rglob("park.toml")).parent
    again = import_folder(folder, by=people("office").user_id, park=told, reason="again")
    assert [(one.model, one.created, one.changed, one.removed) for one in again.differences] == []


def test_reports_closings_and_their_files_come_in_with_another_park(
    told: Any, people: Callable[..., Any], tmp_path: Path
) -> None:
    export_folder(told, tmp_path / "out")
    settings = next((tmp_path / "out").rglob("park.toml"))
    settings.write_text(settings.read_text("utf-8").replace('"T"', '"T2"', 1), "utf-8")
    import_folder(settings.parent, by=people("office").user_id)
    park = Park.objects.get(code="T2")
    state = state_of(park, MARCH)
    assert (state.word, state.closed, state.closing.reason) == ("final", True, "seen")  # type: ignore[union-attr]
    assert [one.revision for one in Report.objects.filter(park=park).order_by("revision")] == [1, 2]
    before = {(one.stream.code, one.amount, *one.evidence, one.note) for one in Statement.objects.filter(park=told)}
    after = {(one.stream.code, one.amount, *one.evidence, one.note) for one in Statement.objects.filter(park=park)}
    assert after == before
    assert {path.split("/")[1] for _code, _amount, path, _note in after} == {"reports", "imports"}
    assert all((settings.parent / path).is_file() for _code, _amount, path, _note in after)


def test_no_record_that_travels_has_a_field_by_the_name_of_its_number() -> None:
    names = {slug: {one.name for one in model._meta.concrete_fields} for slug, model in carried().items()}
    assert [slug for slug, fields in names.items() if "key" in fields] == []
