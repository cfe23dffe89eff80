"""Months: preliminary, final, corrected; closed by the office, corrected by new versions only."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from lingtan.web.kernel.workflow import Refused
from lingtan.web.metering.stream import Stream
from lingtan.web.park.node import Node
from lingtan.web.programme.message import Message
from lingtan.web.reporting import actions
from lingtan.web.reporting.closing import state_of
from lingtan.web.reporting.closing.actions import settle
from lingtan.web.reporting.closing.month import MonthClosing
from lingtan.web.reporting.files import bring, imports
from lingtan.web.reporting.files.batch import ImportBatch
from lingtan.web.reporting.form import FormTemplate
from lingtan.web.reporting.mapping import Mapping, MappingEntry
from lingtan.web.reporting.statement import Statement

MARCH = date(2026, 3, 1)


def typed_in(report: Any, by: Any) -> None:
    """Type into every line of a report what its rules let through."""
    for row in report.lines.select_related("line"):
        actions.save_line(row, by=by, version=row.version, text="12.5", reason="as billed")


def close(park: Any, people: Callable[..., Any], month: date = MARCH) -> None:
    """Close a month with reports missing: one asks, another confirms."""
    settle(park, month, "ask", by=people("office"), reason="year end")
    settle(park, month, "confirm", by=people("office", name="head"), reason="seen")


def accept(form: Any, people: Callable[..., Any], code: str) -> Any:
    made = actions.begin(form, Node.objects.get(park=form.park, code=code), MARCH, by=people("reporter", code))
    typed_in(made, people("reporter", code))
    actions.move(made, "submit", by=people("reporter", code))
    actions.move(made, "sign", by=people("approver", code))
    actions.move(made, "accept", by=people("office"), reason="plausible")
    return made


def test_a_month_is_preliminary_while_a_report_of_it_is_missing(accepted: Any) -> None:
    state = state_of(accepted.park, MARCH)
    assert (state.word, state.closed, state.due, state.accepted) == ("preliminary", False, 2, 1)


def test_a_month_is_final_when_all_its_reports_are_accepted(
    accepted: Any, form: Any, people: Callable[..., Any]
) -> None:
    accept(form, people, "B")
    state = state_of(form.park, "2026-03")
    assert (state.word, state.closed) == ("final", False)


def test_a_month_with_an_accepted_preliminary_report_is_not_final(
    report: Any, form: Any, people: Callable[..., Any]
) -> None:
    accept(form, people, "B")
    actions.set_status(report, "preliminary", by=people("reporter", "A"))
    accept(form, people, "A")
    assert state_of(form.park, MARCH).word == "preliminary"


def test_a_quarter_counts_for_its_last_month(form: Any) -> None:
    FormTemplate.objects.filter(pk=form.pk).update(period_kind="quarter")
    assert [state_of(form.park, f"2026-0{number}").due for number in (1, 2, 3)] == [0, 0, 2]


def test_a_month_with_missing_reports_is_closed_by_two_persons(form: Any, people: Callable[..., Any]) -> None:
    with pytest.raises(Refused):
        settle(form.park, MARCH, "close", by=people("office"), reason="year end")
    settle(form.park, MARCH, "ask", by=people("office"), reason="year end")
    assert state_of(form.park, MARCH).word == "preliminary"
    with pytest.raises(Refused):
        settle(form.park, MARCH, "confirm", by=people("office"), reason="me again")
    settle(form.park, MARCH, "confirm", by=people("office", name="head"), reason="seen")
    state = state_of(form.park, MARCH)
    assert (state.word, state.closed, state.closing.missing) == ("final", True, 2)  # type: ignore[union-attr]


def test_a_whole_month_is_closed_by_one_person_with_a_reason(
    accepted: Any, form: Any, people: Callable[..., Any]
) -> None:
    accept(form, people, "B")
    with pytest.raises(Refused):
        settle(form.park, MARCH, "close", by=people("office"), reason=" ")
    settle(form.park, MARCH, "close", by=people("office"), reason="all in")
    assert state_of(form.park, MARCH).closed


def test_a_month_is_not_closed_over_a_signed_report(report: Any, people: Callable[..., Any]) -> None:
    typed_in(report, people("reporter", "A"))
    actions.move(report, "submit", by=people("reporter", "A"))
    actions.move(report, "sign", by=people("approver", "A"))
    with pytest.raises(Refused):
        settle(report.park, MARCH, "ask", by=people("office"), reason="year end")


def test_the_running_month_is_not_closed(form: Any, people: Callable[..., Any]) -> None:
    with pytest.raises(Refused):
        settle(form.park, date(2026, 4, 1), "ask", by=people("office"), reason="early")


@pytest.mark.parametrize("role", ["reporter", "approver"])
def test_an_enterprise_closes_no_month(form: Any, people: Callable[..., Any], role: str) -> None:
    with pytest.raises(Refused):
        settle(form.park, MARCH, "ask", by=people(role, "A"), reason="mine")


def test_closing_twice_changes_nothing(form: Any, people: Callable[..., Any]) -> None:
    close(form.park, people)
    assert not settle(form.park, MARCH, "confirm", by=people("office", name="head"), reason="again")
    assert MonthClosing.objects.count() == 1


def test_those_concerned_are_told_of_a_closed_month(report: Any, people: Callable[..., Any]) -> None:
    people("reporter", "A")
    close(report.park, people)
    told = Message.objects.filter(user=people("reporter", "A").user_id, title__contains="2026-03")
    assert told.count() == 1


def test_a_report_of_a_closed_month_begins_with_a_reason_and_is_a_correction(
    form: Any, people: Callable[..., Any]
) -> None:
    close(form.park, people)
    node = Node.objects.get(park=form.park, code="A")
    with pytest.raises(Refused):
        actions.begin(form, node, MARCH, by=people("reporter", "A"))
    made = actions.begin(form, node, MARCH, by=people("reporter", "A"), reason="came late")
    assert (made.status, made.reason) == ("corrected", "came late")


def test_a_draft_of_a_month_closed_meanwhile_goes_on_with_a_reason(report: Any, people: Callable[..., Any]) -> None:
    close(report.park, people)
    row = report.lines.get(line__code="EA")
    with pytest.raises(Refused):
        actions.save_line(row, by=people("reporter", "A"), version=row.version, text="1")
    actions.amend(report, by=people("reporter", "A"), reason="came late")
    actions.save_line(row, by=people("reporter", "A"), version=row.version, text="1")
    assert report.status == "corrected"


def test_a_report_submitted_before_its_month_was_closed_is_not_signed_into_it(
    report: Any, people: Callable[..., Any]
) -> None:
    typed_in(report, people("reporter", "A"))
    actions.move(report, "submit", by=people("reporter", "A"))
    close(report.park, people)
    with pytest.raises(Refused):
        actions.move(report, "sign", by=people("approver", "A"))
    actions.move(report, "send_back", by=people("approver", "A"), reason="closed meanwhile")


def test_a_correction_of_a_closed_month_makes_it_corrected_once_it_is_accepted(
    accepted: Any, people: Callable[..., Any]
) -> None:
    close(accepted.park, people)
    made = actions.correct(accepted, by=people("reporter", "A"), reason="meter was read wrongly")
    assert (made.status, state_of(accepted.park, MARCH).word) == ("corrected", "final")
    typed_in(made, people("reporter", "A"))
    actions.move(made, "submit", by=people("reporter", "A"))
    actions.move(made, "sign", by=people("approver", "A"))
    actions.move(made, "accept", by=people("office"), reason="seen")
    assert state_of(accepted.park, MARCH).word == "corrected"


def test_a_statement_of_a_closed_month_is_not_edited_by_hand(accepted: Any, people: Callable[..., Any]) -> None:
    close(accepted.park, people)
    row = Statement.objects.filter(park=accepted.park).first()
    assert row is not None
    row.amount = 1
    with pytest.raises(ValidationError):
        row.full_clean()


@pytest.fixture
def bill(park: Any) -> Any:
    made = Mapping.objects.create(
        park=park, code="grid", name_en="Grid bills", reporter=Node.objects.get(park=park, code="grid"),
        key_column="户号", month_column="月份",
    )  # fmt: skip
    MappingEntry.objects.create(
        park=park, mapping=made, account="1", column="电量", stream=Stream.objects.get(park=park, code="EA"), unit="kWh"
    )
    return made


def test_a_bill_for_a_closed_month_waits_for_a_second_person(form: Any, bill: Any, people: Callable[..., Any]) -> None:
    close(form.park, people)
    data = "户号,月份,电量\n1,202603,5\n".encode()
    trial = imports.read(bill, "b.csv", data)
    assert trial.closed == ["2026-03"]
    batch = bring.apply(bill, trial.drafts, "b.csv", data, by=people("office"), reason="bill corrected")
    assert not Statement.objects.exists()
    with pytest.raises(Refused):
        bring.settle(batch, "confirm", by=people("office"), reason="mine")
    bring.settle(batch, "confirm", by=people("office", name="head"), reason="seen")
    assert Statement.objects.get().amount == 5
    assert state_of(form.park, MARCH).word == "corrected"


def test_an_import_is_not_taken_back_once_its_month_is_closed(form: Any, bill: Any, people: Callable[..., Any]) -> None:
    data = "户号,月份,电量\n1,202603,5\n".encode()
    trial = imports.read(bill, "b.csv", data)
    bring.apply(bill, trial.drafts, "b.csv", data, by=people("office"), reason="bill")
    close(form.park, people)
    with pytest.raises(Refused):
        bring.settle(ImportBatch.objects.get(), "undo", by=people("office"), reason="wrong file")
    assert Statement.objects.count() == 1


def test_the_office_closes_a_month_on_the_page(form: Any, browser: Callable[..., Any]) -> None:
    office, head = browser("office"), browser("office", name="head")
    address = reverse("report_month_move", args=["T", "2026-03", "ask"])
    office.post(address, {"reason": "year end"})
    head.post(reverse("report_month_move", args=["T", "2026-03", "confirm"]), {"reason": "seen"})
    page = browser("office").get(reverse("report_months", args=["T"])).content.decode()
    assert "seen" in page
    assert "2 reports were missing" in page


def test_an_enterprise_sees_how_final_a_month_is_but_not_who_lacks(form: Any, browser: Callable[..., Any]) -> None:
    page = browser("reporter", "A").get(reverse("report_months", args=["T"])).content.decode()
    assert "preliminary" in page
    assert "0/2" not in page
    assert "0/2" in browser("office").get(reverse("report_months", args=["T"])).content.decode()


@pytest.mark.parametrize("name", ["report_calendar", "reports"])
def test_calendar_and_matrix_show_how_final_months_are(
    form: Any, people: Callable[..., Any], browser: Callable[..., Any], name: str
) -> None:
    close(form.park, people)
    page = browser("office").get(reverse(name, args=["T"])).content.decode()
    assert "closed" in page


def test_the_page_of_a_report_says_that_its_month_is_closed_and_asks_why(
    report: Any, people: Callable[..., Any], browser: Callable[..., Any]
) -> None:
    close(report.park, people)
    client = browser("reporter", "A")
    page = client.get(reverse("report", args=["T", report.pk])).content.decode()
    assert "Go on as a correction" in page
    client.post(reverse("report_amend", args=["T", report.pk]), {"reason": "came late"})
    page = client.get(reverse("report", args=["T", report.pk])).content.decode()
    assert "Correction of a closed month. Reason: came late" in page
    assert 'name="amount-' in page
