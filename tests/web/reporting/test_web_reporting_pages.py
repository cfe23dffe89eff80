"""The pages: who may open them, autosave, uploads, the review, the queue."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from lingtan.web.reporting import actions
from lingtan.web.reporting.report import LineDocument, Report, ReportLine

HTMX = {"HTTP_HX_REQUEST": "true"}


def row_of(report: Any, code: str = "EA") -> ReportLine:
    return report.lines.select_related("line", "report").get(line__code=code)


def at(name: str, *args: Any) -> str:
    return reverse(name, args=["T", *args])


def autosave(client: Any, row: ReportLine, version: int = 1, **given: str) -> Any:
    data = {f"{name}-{row.pk}": value for name, value in given.items()} | {f"version-{row.pk}": version}
    return client.post(at("report_line", row.pk), data, **HTMX)


def signed(report: Any, people: Callable[..., Any]) -> None:
    for code, text in (("EA", "3486"), ("output_value", "120")):
        row = row_of(report, code)
        actions.save_line(row, by=people("reporter", "A"), version=row.version, text=text)
    actions.move(report, "submit", by=people("reporter", "A"))
    actions.move(report, "sign", by=people("approver", "A"))


def routes(report: Any) -> list[tuple[str, str]]:
    row = row_of(report)
    return [
        ("get", at("report", report.pk)), ("post", at("report_save", report.pk)),
        ("post", at("report_move", report.pk, "submit")), ("post", at("report_correct", report.pk)),
        ("get", at("report_excel", report.pk)), ("get", at("report_upload", report.pk)),
        ("get", at("report_document", report.pk, 1)), ("post", at("report_line", row.pk)),
        ("post", at("report_attach", row.pk)), ("post", at("report_detach", row.pk, 1)),
        ("post", at("report_say", row.pk)),
    ]  # fmt: skip


def test_another_enterprise_finds_no_trace_of_a_report(report: Any, browser: Callable[..., Any]) -> None:
    client = browser("reporter", "B")
    assert {(way, address, getattr(client, way)(address).status_code) for way, address in routes(report)} == {
        (way, address, 404) for way, address in routes(report)
    }


def test_a_verifier_finds_no_draft(report: Any, browser: Callable[..., Any]) -> None:
    assert browser("verifier").get(at("report", report.pk)).status_code == 404


@pytest.mark.parametrize("role", ["reporter", "approver", "office"])
def test_those_concerned_open_the_report(report: Any, browser: Callable[..., Any], role: str) -> None:
    page = browser(role, "" if role == "office" else "A").get(at("report", report.pk))
    assert page.status_code == 200
    assert ('name="amount-' in page.content.decode()) == (role != "office")


@pytest.mark.parametrize("name", ["report_imports", "report_forms", "report_form_new"])
def test_pages_of_the_office_are_closed_to_enterprises(report: Any, browser: Callable[..., Any], name: str) -> None:
    assert browser("reporter", "A").get(at(name)).status_code == 403


@pytest.mark.parametrize("name", ["reports", "report_calendar", "report_statistics"])
@pytest.mark.parametrize("role", ["reporter", "office", "verifier"])
def test_the_entry_pages_open(report: Any, browser: Callable[..., Any], name: str, role: str) -> None:
    assert browser(role, "A" if role == "reporter" else "").get(at(name)).status_code == 200


def test_the_queue_of_an_enterprise_shows_its_own_rows_only(report: Any, browser: Callable[..., Any]) -> None:
    page = browser("reporter", "A").get(at("reports")).content.decode()
    assert ("A 厂" in page or "Plant A" in page, "B 厂" in page or "Plant B" in page) == (True, False)


def test_a_verifier_is_not_told_that_a_draft_is_not_begun(report: Any, browser: Callable[..., Any]) -> None:
    page = browser("verifier").get(at("reports")).content.decode()
    assert ("not signed yet" in page, "not begun" in page, "Draft" in page) == (True, False, False)


def test_autosave_keeps_a_line_and_answers_with_the_row_and_what_follows(
    report: Any, browser: Callable[..., Any]
) -> None:
    row = row_of(report)
    page = autosave(browser("reporter", "A"), row, amount="3,486.5").content.decode()
    assert (row_of(report).typed, row_of(report).version) == ("3,486.5", 2)
    assert f'id="line-{row.pk}"' in page
    assert page.count("<hx-partial") == 4


def test_autosave_of_an_older_version_tells_both_amounts(report: Any, browser: Callable[..., Any]) -> None:
    row = row_of(report)
    autosave(browser("reporter", "A"), row, amount="10")
    page = autosave(browser("approver", "A"), row, amount="11").content.decode()
    assert 'value="11"' in page
    assert row_of(report).typed == "10"
    assert "10" in page[page.index('role="alert"') :]


def test_a_wrong_amount_keeps_its_text_in_the_field(report: Any, browser: Callable[..., Any]) -> None:
    page = autosave(browser("reporter", "A"), row_of(report), amount="about 2").content.decode()
    assert 'value="about 2"' in page
    assert 'role="alert"' in page


def test_after_signing_out_autosave_says_so_and_swaps_nothing(report: Any) -> None:
    assert autosave(Client(), row_of(report), amount="1").status_code == 401


def test_the_whole_form_is_kept_without_scripts(report: Any, browser: Callable[..., Any]) -> None:
    data: dict[str, Any] = {"status": "preliminary"}
    for row in report.lines.all():
        data |= {f"amount-{row.pk}": "7", f"version-{row.pk}": row.version}
    browser("reporter", "A").post(at("report_save", report.pk), data)
    assert set(report.lines.values_list("typed", flat=True)) == {"7"}
    assert Report.objects.get(pk=report.pk).status == "preliminary"


def test_the_metered_amount_is_taken_by_one_button(
    report: Any, browser: Callable[..., Any], metered: Callable[..., None]
) -> None:
    metered("EA", {"2026-03": "3486000"})
    row = row_of(report)
    browser("reporter", "A").post(
        at("report_line", row.pk), {"take": row.pk, f"version-{row.pk}": row.version, f"amount-{row.pk}": "9"}
    )
    assert row_of(report).amount == 3486


def test_the_office_returns_with_remarks_and_the_enterprise_answers(
    report: Any, browser: Callable[..., Any], people: Callable[..., Any]
) -> None:
    signed(report, people)
    row = row_of(report)
    browser("office").post(
        at("report_move", report.pk, "return"), {f"remark-{row.pk}": "attach the bill", "reason": "x"}
    )
    page = browser("reporter", "A").get(at("report", report.pk)).content.decode()
    assert "attach the bill" in page
    browser("reporter", "A").post(at("report_say", row.pk), {f"reply-{row.pk}": "done"}, **HTMX)
    assert [one.text for one in row.remarks.all()] == ["attach the bill", "done"]


def test_the_review_opens_and_accepting_ends_it(
    report: Any, browser: Callable[..., Any], people: Callable[..., Any]
) -> None:
    signed(report, people)
    office = browser("office")
    assert office.get(at("report_review", report.pk)).status_code == 200
    office.post(at("report_move", report.pk, "accept"), {"reason": "checked"})
    assert Report.objects.get(pk=report.pk).state == "accepted"
    assert office.get(at("report", report.pk)).status_code == 200


def test_the_review_is_closed_to_the_enterprise(
    report: Any, browser: Callable[..., Any], people: Callable[..., Any]
) -> None:
    signed(report, people)
    assert browser("approver", "A").get(at("report_review", report.pk)).status_code == 403


def test_a_disabled_action_says_why(report: Any, browser: Callable[..., Any]) -> None:
    page = browser("reporter", "A").get(at("report", report.pk)).content.decode()
    button = page[page.index('action="' + at("report_move", report.pk, "submit")) :][:700]
    assert "disabled" in button
    assert "2 items to complete" in button


@pytest.mark.parametrize(
    ("name", "data", "kept"),
    [
        ("bill.pdf", b"%PDF-1.7 ...", True), ("photo.JPG", b"\xff\xd8\xff\xe0....", True), ("x.svg", b"<svg/>", False),
        ("bill.pdf", b"<html><script>", False), ("run.exe", b"MZ", False), ("empty.pdf", b"", False),
        ("../../etc/passwd.txt", b"plain", True),
    ],
)  # fmt: skip
def test_evidence_is_what_its_name_says(
    report: Any, browser: Callable[..., Any], name: str, data: bytes, kept: bool
) -> None:
    row = row_of(report)
    upload = SimpleUploadedFile("x", data)
    upload._name = name  # Django would cut the path away before we could
    browser("reporter", "A").post(at("report_attach", row.pk), {f"file-{row.pk}": upload}, **HTMX)
    held = LineDocument.objects.filter(line=row).select_related("document").first()
    assert (held is not None) == kept
    assert held is None or (
        held.document.path.startswith("evidence/reports/A/2026-03/") and ".." not in held.document.path
    )


def test_evidence_is_handed_out_as_a_file_to_be_kept(report: Any, browser: Callable[..., Any]) -> None:
    row = row_of(report)
    client = browser("reporter", "A")
    client.post(at("report_attach", row.pk), {f"file-{row.pk}": SimpleUploadedFile("bill.pdf", b"%PDF-1.7")}, **HTMX)
    held = LineDocument.objects.get(line=row)
    answer = client.get(at("report_document", report.pk, held.document_id))
    assert (b"".join(answer.streaming_content), answer["Content-Disposition"]) == (
        b"%PDF-1.7", 'attachment; filename="document.pdf"; filename*=UTF-8\'\'bill.pdf',
    )  # fmt: skip
    assert browser("reporter", "B").get(at("report_document", report.pk, held.document_id)).status_code == 404


def test_a_reporter_begins_his_month_once(form: Any, browser: Callable[..., Any]) -> None:
    client = browser("reporter", "A")
    data = {"form": "monthly", "enterprise": "A", "period": "2026-02"}
    first, second = client.post(at("report_begin"), data), client.post(at("report_begin"), data)
    assert first["Location"] == second["Location"]
    assert client.post(at("report_begin"), {**data, "enterprise": "B"}).status_code == 404


def test_a_form_is_drafted_from_the_streams_at_the_gate(park: Any, browser: Callable[..., Any]) -> None:
    from lingtan.web.reporting.form import FormTemplate

    data = {
        "code": "f1", "name_en": "F", "period_kind": "month", "first_day": "25", "due_days": "10", "due_hour": "18",
        "valid_from": "2026-01", "enterprise": ["A"], "facts": "1",
    }  # fmt: skip
    browser("office").post(at("report_form_new"), data)
    made = FormTemplate.objects.get(code="f1")
    assert set(made.lines.values_list("code", flat=True)) == {"EA", "EA1", "headcount", "output_value"}
    assert browser("office").get(at("report_form", made.pk)).status_code == 200


def test_the_page_of_a_report_asks_a_fixed_number_of_queries(
    report: Any, browser: Callable[..., Any], django_assert_max_num_queries: Callable[..., Any]
) -> None:
    client = browser("reporter", "A")
    client.get(at("report", report.pk))
    with django_assert_max_num_queries(34):
        client.get(at("report", report.pk))


def test_tasks_name_what_each_role_has_to_do(report: Any, people: Callable[..., Any]) -> None:
    from lingtan.web.reporting.due import report_tasks

    def titles(role: str, enterprise: str = "") -> list[str]:
        return [task.key for task in report_tasks(report.park, people(role, enterprise), report.due.date())]

    assert "report:monthly:A:2026-03:draft" in titles("reporter", "A")
    signed(report, people)
    assert titles("office") == ["reports:overdue", "report:monthly:A:2026-03:signed"]
    assert titles("verifier") == []


def test_a_correction_is_opened_on_the_page(
    report: Any, browser: Callable[..., Any], people: Callable[..., Any]
) -> None:
    signed(report, people)
    actions.move(report, "accept", by=people("office"), reason="checked")
    client = browser("reporter", "A")
    answer = client.post(at("report_correct", report.pk), {"reason": "new bill"})
    made = Report.objects.get(revision=2)
    assert answer["Location"] == at("report", made.pk)
    assert "new bill" in client.get(at("report", made.pk)).content.decode()


def test_the_office_enters_a_month_on_behalf_and_it_is_marked(form: Any, browser: Callable[..., Any]) -> None:
    office = browser("office")
    answer = office.post(at("report_begin"), {"form": "monthly", "enterprise": "A", "period": "2026-03"})
    made = Report.objects.get()
    page = office.get(answer["Location"]).content.decode()
    assert made.on_behalf
    assert f'name="amount-{made.lines.first().pk}"' in page
    assert "on behalf of the enterprise" in page
    assert "Submit for approval" not in page


def test_a_bill_is_tried_and_written_on_the_page(form: Any, browser: Callable[..., Any]) -> None:
    import re

    from lingtan.web.metering.stream import Stream
    from lingtan.web.park.node import Node
    from lingtan.web.reporting.mapping import Mapping, MappingEntry
    from lingtan.web.reporting.statement import Statement

    grid, stream = Node.objects.get(park=form.park, code="grid"), Stream.objects.get(park=form.park, code="EA")
    mapping = Mapping.objects.create(park=form.park, code="m", reporter=grid, key_column="no", month_column="month")
    MappingEntry.objects.create(park=form.park, mapping=mapping, account="7", column="kwh", stream=stream, unit="kWh")
    office, address = browser("office"), at("report_imports")
    upload = SimpleUploadedFile("b.csv", b"no,month,kwh\n7,2026-03,55\n")
    page = office.post(address, {"mapping": "m", "file": upload}).content.decode()
    assert not Statement.objects.exists()
    token = re.findall(r'name="trial" value="([^"]+)"', page)[0]
    office.post(address, {"mapping": "m", "trial": token, "reason": "bill of March"})
    assert [str(row.amount) for row in Statement.objects.all()] == ["55"]


def test_a_changed_trial_is_refused(report: Any, browser: Callable[..., Any]) -> None:
    answer = browser("reporter", "A").post(at("report_upload", report.pk), {"trial": "forged:1:x"})
    assert answer["Location"] == at("report_upload", report.pk)
    assert report.lines.filter(answer="given").count() == 0
