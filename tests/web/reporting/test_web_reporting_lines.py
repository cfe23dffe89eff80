"""What is typed into a line, what stands beside it, what is odd in it, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from lingtan.web.kernel.workflow import Refused
from lingtan.web.park.fact import Fact
from lingtan.web.reporting import actions
from lingtan.web.reporting.bundle import bundle
from lingtan.web.reporting.form import FormRule
from lingtan.web.reporting.report import Report
from lingtan.web.reporting.statement import Statement


def row_of(report: Any, code: str = "EA") -> Any:
    return report.lines.select_related("line__stream", "report").get(line__code=code)


def type_in(report: Any, by: Any, text: str, code: str = "EA", **more: Any) -> Any:
    row = row_of(report, code)
    return actions.save_line(row, by=by, version=row.version, text=text, **more)


def accept(report: Any, people: Callable[..., Any]) -> None:
    report.refresh_from_db()
    actions.move(report, "submit", by=people("reporter", "A"))
    actions.move(report, "sign", by=people("approver", "A"))
    actions.move(report, "accept", by=people("office"), reason="checked")


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("3486", "3486"),
        ("3,486.50", "3486.50"),
        ("３４８６．５", "3486.5"),
        (" 12 345.6 ", "12345.6"),
        ("0.000", "0.000"),
    ],
)
def test_amounts_are_read_as_people_type_them(text: str, amount: str) -> None:
    assert actions.number_of(text) == Decimal(amount)


@pytest.mark.parametrize("text", ["about 2", "-5", "1e3", "12,34", "3486 MWh", "=1+1", "", "约2万", "1" * 40, "NaN"])
def test_what_is_no_amount_is_refused_with_what_came(text: str) -> None:
    with pytest.raises(Refused, match="Expected a number"):
        actions.number_of(text)


def test_empty_zero_shut_down_and_not_occurring_are_kept_apart(report: Any, people: Callable[..., Any]) -> None:
    reporter = people("reporter", "A")
    seen = []
    for text, answer in (("", ""), ("0", ""), ("", "shut_down"), ("", "not_occurring"), ("5", "")):
        made = type_in(report, reporter, text, answer=answer)
        seen.append((made.answer, made.amount))
    assert seen == [
        ("empty", None), ("zero", None), ("shut_down", None), ("not_occurring", None), ("given", Decimal(5)),
    ]  # fmt: skip


def test_a_report_holds_the_lines_of_its_own_streams_and_all_facts(report: Any) -> None:
    assert set(report.lines.values_list("line__code", flat=True)) == {"EA", "output_value"}


def test_the_later_of_two_editors_is_told_and_overwrites_nothing(report: Any, people: Callable[..., Any]) -> None:
    row = row_of(report)
    actions.save_line(row, by=people("reporter", "A"), version=1, text="10")
    with pytest.raises(actions.Changed) as told:
        actions.save_line(row, by=people("approver", "A"), version=1, text="11")
    assert (told.value.row.amount, row_of(report).amount) == (Decimal(10), Decimal(10))


def test_saving_the_same_again_is_no_conflict(report: Any, people: Callable[..., Any]) -> None:
    row = row_of(report)
    actions.save_line(row, by=people("reporter", "A"), version=1, text="10")
    assert actions.save_line(row, by=people("reporter", "A"), version=1, text="10").version == 2


def test_the_meter_of_the_newest_account_stands_beside_in_the_lines_unit(
    report: Any, people: Callable[..., Any], metered: Callable[..., None]
) -> None:
    metered("EA", {"2026-02": "1000000", "2026-03": "3486000"}, co2="2243")
    row = bundle(report, people("reporter", "A")).rows[0]
    assert (row.near.metered, row.near.how) == (Decimal(3486), "metered")


@pytest.mark.parametrize(("origin", "how"), [("invoice", "incomplete"), ("meter+invoice", "incomplete")])
def test_an_amount_that_no_meter_gave_is_not_called_metered(
    report: Any, people: Callable[..., Any], metered: Callable[..., None], origin: str, how: str
) -> None:
    metered("EA", {"2026-03": "3486000"}, origin=origin)
    row = bundle(report, people("reporter", "A")).rows[0]
    assert (row.near.metered, row.near.how) == (None, how)


def test_without_an_account_the_meter_is_said_not_to_be_computed(report: Any, people: Callable[..., Any]) -> None:
    assert bundle(report, people("reporter", "A")).rows[0].near.how == "not_computed"


def test_last_year_is_the_flow_of_the_same_month(
    report: Any, people: Callable[..., Any], metered: Callable[..., None]
) -> None:
    metered("EA", {"2025-03": "3391400"}, origin="invoice")
    assert bundle(report, people("reporter", "A")).rows[0].near.last_year == Decimal("3391.4")


def test_the_factor_is_the_lines_emission_over_its_amount(
    report: Any, people: Callable[..., Any], metered: Callable[..., None]
) -> None:
    metered("EA", {"2026-02": "1000000", "2026-03": "1000000"}, co2="1665")
    type_in(report, people("reporter", "A"), "100")
    assert bundle(report, people("reporter", "A")).rows[0].co2 == Decimal("83.25")


def test_a_difference_above_the_tolerance_stops_until_a_reason_is_given(
    report: Any, people: Callable[..., Any], metered: Callable[..., None]
) -> None:
    reporter = people("reporter", "A")
    metered("EA", {"2026-03": "20630000"})
    type_in(report, reporter, "22400")
    type_in(report, reporter, "1", "output_value")
    loaded = bundle(report, reporter)
    assert [doubt.code for doubt in loaded.missing[0].doubts] == ["off_metered"]
    type_in(report, reporter, "22400", reason="The supplier's bill, S-021 reads low")
    assert bundle(report, reporter).missing == []


def test_nothing_where_the_meter_shows_something_asks_for_a_reason(
    report: Any, people: Callable[..., Any], metered: Callable[..., None]
) -> None:
    metered("EA", {"2026-03": "360"})
    type_in(report, people("reporter", "A"), "0")
    codes = [doubt.code for doubt in bundle(report, people("reporter", "A")).rows[0].doubts]
    assert codes == ["nought_but_metered"]


def test_a_mandatory_line_without_its_evidence_stops(report: Any, people: Callable[..., Any]) -> None:
    line = row_of(report).line
    type(line).objects.filter(pk=line.pk).update(evidence="bill")
    type_in(report, people("reporter", "A"), "5")
    assert [doubt.code for doubt in bundle(report, people("reporter", "A")).rows[0].doubts] == ["no_evidence"]


@pytest.mark.parametrize(("low", "high", "codes"), [("1", "10", []), ("3", "10", ["rule"]), (None, "1", ["rule"])])
def test_a_ratio_of_lines_is_judged_in_its_unit(
    report: Any, people: Callable[..., Any], low: str | None, high: str, codes: list[str]
) -> None:
    FormRule.objects.create(
        park=report.park, form=report.form, expression="EA / output_value", unit="kWh/1e4 CNY",
        low=None if low is None else Decimal(low) * 1000, high=Decimal(high) * 1000,
    )  # fmt: skip
    type_in(report, people("reporter", "A"), "200")
    type_in(report, people("reporter", "A"), "100", "output_value")
    assert [doubt.code for doubt in bundle(report, people("reporter", "A")).rules] == codes


@pytest.mark.parametrize("text", ["EA + output_value", "EA +", "unknown", "__import__"])
def test_a_rule_that_does_not_fit_its_lines_is_refused(form: Any, text: str) -> None:
    with pytest.raises(ValidationError):
        FormRule(park=form.park, form=form, expression=text).full_clean()


def test_what_enterprises_report_on_is_not_changed(report: Any) -> None:
    line = row_of(report).line
    line.unit = "kWh"
    with pytest.raises(ValidationError, match="new edition"):
        line.full_clean()


def test_accepting_asks_for_a_new_account(
    report: Any, people: Callable[..., Any], queued: list[dict[str, Any]]
) -> None:
    type_in(report, people("reporter", "A"), "1")
    type_in(report, people("reporter", "A"), "1", "output_value")
    accept(report, people)
    assert [one["kind"] for one in queued] == ["compute"]


def test_the_enterprise_is_told_that_its_report_was_accepted(report: Any, people: Callable[..., Any]) -> None:
    from lingtan.web.programme.message import Message

    type_in(report, people("reporter", "A"), "1")
    type_in(report, people("reporter", "A"), "1", "output_value")
    accept(report, people)
    assert set(Message.objects.values_list("user__username", flat=True)) == {"reporter-A", "approver-A"}


def test_accepted_amounts_are_statements_of_the_enterprise(report: Any, people: Callable[..., Any]) -> None:
    type_in(report, people("reporter", "A"), "3,486.50")
    type_in(report, people("reporter", "A"), "120", "output_value")
    accept(report, people)
    one = Statement.objects.get(park=report.park)
    assert (one.stream.code, one.amount, one.unit, one.kind, one.reporter.code, one.file, one.sigma_pct) == (
        "EA", Decimal("3486.50"), "MWh", "report", "A", "statements/reports.csv", Decimal("1.5"),
    )  # fmt: skip
    assert (one.start, one.end) == (report.start, report.end)
    assert Fact.objects.get(park=report.park, quantity="output_value").value == "120"


@pytest.mark.parametrize("answer", ["zero", "shut_down", "not_occurring"])
def test_a_nought_becomes_a_confirmed_zero(report: Any, people: Callable[..., Any], answer: str) -> None:
    type_in(report, people("reporter", "A"), "", answer=answer, reason="overhaul since 1 March")
    type_in(report, people("reporter", "A"), "0", "output_value")
    accept(report, people)
    one = Statement.objects.get(park=report.park)
    assert (one.kind, one.amount) == ("confirmed_zero", Decimal(0))


def test_a_correction_is_a_new_version_whose_row_comes_later(report: Any, people: Callable[..., Any]) -> None:
    type_in(report, people("reporter", "A"), "100")
    type_in(report, people("reporter", "A"), "1", "output_value")
    accept(report, people)
    made = actions.correct(report, by=people("reporter", "A"), reason="bill of 12 April")
    type_in(made, people("reporter", "A"), "110")
    accept(made, people)
    rows = list(
        Statement.objects.filter(park=report.park).order_by("file", "line", "pk").values_list("amount", flat=True)
    )
    assert (rows, made.revision, made.status, made.reason) == (
        [Decimal(100), Decimal(110)], 2, "corrected", "bill of 12 April",
    )  # fmt: skip


def test_a_correction_to_nought_takes_the_earlier_amount_out(report: Any, people: Callable[..., Any]) -> None:
    type_in(report, people("reporter", "A"), "100")
    type_in(report, people("reporter", "A"), "1", "output_value")
    accept(report, people)
    made = actions.correct(report, by=people("reporter", "A"), reason="another plant's")
    type_in(made, people("reporter", "A"), "0")
    accept(made, people)
    assert list(Statement.objects.filter(park=report.park).values_list("kind", flat=True)) == ["confirmed_zero"]


def test_a_row_goes_behind_its_twin_in_a_later_file(report: Any, people: Callable[..., Any]) -> None:
    row = row_of(report)
    Statement.objects.create(
        park=report.park, stream=row.line.stream, start=report.start, end=report.end, amount=1, unit="MWh",
        kind="report", reporter=report.enterprise, file="statements/water.csv", line=7,
    )  # fmt: skip
    type_in(report, people("reporter", "A"), "100")
    type_in(report, people("reporter", "A"), "1", "output_value")
    accept(report, people)
    last = sorted(
        Statement.objects.filter(park=report.park), key=lambda one: (one.file, one.line is None, one.line or 0, one.pk)
    )
    assert (last[-1].amount, last[-1].file) == (Decimal(100), "statements/water.csv")


def test_only_one_correction_is_open_at_a_time(report: Any, people: Callable[..., Any]) -> None:
    type_in(report, people("reporter", "A"), "100")
    type_in(report, people("reporter", "A"), "1", "output_value")
    accept(report, people)
    actions.correct(report, by=people("reporter", "A"), reason="first")
    with pytest.raises(Refused):
        actions.correct(report, by=people("reporter", "A"), reason="second")


def test_a_preliminary_month_is_followed_by_a_final_one(report: Any, people: Callable[..., Any]) -> None:
    actions.set_status(report, "preliminary", by=people("reporter", "A"))
    type_in(report, people("reporter", "A"), "100")
    type_in(report, people("reporter", "A"), "1", "output_value")
    accept(report, people)
    assert actions.correct(report, by=people("reporter", "A"), reason="final bill").status == "final"


def test_reports_go_out_and_come_in_with_the_park(report: Any, people: Callable[..., Any], tmp_path: Path) -> None:
    from lingtan.web.park.folder import export_folder, import_folder
    from lingtan.web.park.park import Park

    type_in(report, people("reporter", "A"), "100", reason="said")
    type_in(report, people("reporter", "A"), "1", "output_value")
    actions.say(row_of(report), "please check", by=people("office"), kind="return")
    accept(report, people)
    by = people("office").user_id
    export_folder(report.park, tmp_path / "out")
    settings = next((tmp_path / "out").rglob("park.toml"))
    settings.write_text(settings.read_text("utf-8").replace('"T"', '"T2"', 1), "utf-8")
    import_folder(settings.parent, by=by)
    made = Report.objects.get(park=Park.objects.get(code="T2"))
    row = made.lines.get(line__code="EA")
    assert (made.label, made.state, made.enterprise.code, made.signed_by.username) == (
        "2026-03", "accepted", "A", "approver-A",
    )  # fmt: skip
    assert (row.amount, row.typed, row.reason, row.remarks.get().text) == (Decimal(100), "100", "said", "please check")
    assert made.steps.count() == 4


def test_a_new_edition_begins_where_the_old_one_ends(form: Any, people: Callable[..., Any]) -> None:
    from lingtan.web.reporting.pages.forms import new_edition

    made = new_edition(form, date(2026, 7, 1), by=people("office"))
    form.refresh_from_db()
    assert (form.valid_to, made.edition, made.lines.count(), made.reporters.count()) == (date(2026, 7, 1), 2, 3, 2)


def test_an_edition_with_reports_ahead_is_not_cut_short(report: Any, people: Callable[..., Any]) -> None:
    from lingtan.web.reporting.pages.forms import new_edition

    with pytest.raises(ValidationError):
        new_edition(report.form, date(2026, 2, 1), by=people("office"))


def test_a_unit_of_another_quantity_is_refused_for_a_line(form: Any) -> None:
    line = form.lines.get(code="EA")
    line.unit = "m3"
    with pytest.raises(ValidationError):
        line.full_clean()


def test_a_metered_amount_that_does_not_convert_says_so(
    report: Any, people: Callable[..., Any], metered: Callable[..., None]
) -> None:
    metered("EA", {"2026-03": "5"}, unit="m3")
    near = bundle(report, people("reporter", "A")).rows[0].near
    assert (near.metered, near.how) == (None, "other_unit")
