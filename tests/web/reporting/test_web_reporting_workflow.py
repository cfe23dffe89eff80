"""Who may move a report from where to where: the table of moves, state by state and role by role."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from lingtan.web.kernel.workflow import Refused
from lingtan.web.people.roles import GRANTS
from lingtan.web.reporting import actions
from lingtan.web.reporting.report import WORKFLOW, Report, ReportStep, State
from lingtan.web.reporting.statement import Statement

ROLES = ("office", "reporter", "approver", "verifier", "provider", "developer", "regulator")
CASES = [(state, move.action, role) for state in State for move in WORKFLOW.moves for role in ROLES]


def fill(report: Any, by: Any, amounts: dict[str, str]) -> None:
    for row in report.lines.select_related("line", "report"):
        if row.line.code in amounts:
            actions.save_line(row, by=by, version=row.version, text=amounts[row.line.code])


def to_signed(report: Any, people: Callable[..., Any]) -> None:
    fill(report, people("reporter", "A"), {"EA": "3486", "output_value": "120"})
    actions.move(report, "submit", by=people("reporter", "A"))
    actions.move(report, "sign", by=people("approver", "A"))


@pytest.mark.parametrize("role", ROLES)
def test_the_table_of_states_and_moves_holds_for_a_role(report: Any, people: Callable[..., Any], role: str) -> None:
    enterprise = "A" if role in ("reporter", "approver", "provider") else ""
    access = people(role, enterprise, f"other-{role}")
    wrong = []
    for state, action, _role in [case for case in CASES if case[2] == role]:
        move = WORKFLOW.named(action)
        report.state = state
        allowed = not WORKFLOW.refusal(move, report, access)
        if allowed != (move.grant in GRANTS[role].actions and state in move.sources):
            wrong.append((state, action))
    assert wrong == []


def test_every_state_but_the_last_can_be_left() -> None:
    left = {source for move in WORKFLOW.moves for source in move.sources}
    assert left == set(State) - {State.ACCEPTED}


def test_every_state_can_be_reached() -> None:
    assert {move.target for move in WORKFLOW.moves} == set(State)


def test_a_month_goes_from_the_reporter_to_the_account(report: Any, people: Callable[..., Any]) -> None:
    to_signed(report, people)
    actions.move(report, "take_up", by=people("office"))
    actions.move(report, "accept", by=people("office"), reason="checked")
    report.refresh_from_db()
    assert report.state == State.ACCEPTED
    assert [step.action for step in ReportStep.objects.filter(report=report)] == [
        "begin", "submit", "sign", "take_up", "accept",
    ]  # fmt: skip


def test_nobody_signs_what_he_submitted(report: Any, people: Callable[..., Any]) -> None:
    approver = people("approver", "A")
    fill(report, approver, {"EA": "1", "output_value": "1"})
    actions.move(report, "submit", by=approver)
    with pytest.raises(Refused, match="own"):
        actions.move(report, "sign", by=approver)


def test_nobody_signs_a_report_in_which_he_typed_a_line(report: Any, people: Callable[..., Any]) -> None:
    fill(report, people("approver", "A"), {"EA": "1"})
    fill(report, people("reporter", "A"), {"output_value": "1"})
    actions.move(report, "submit", by=people("reporter", "A"))
    with pytest.raises(Refused, match="own"):
        actions.move(report, "sign", by=people("approver", "A"))


def test_who_enters_on_behalf_does_not_accept(form: Any, people: Callable[..., Any]) -> None:
    from lingtan.web.park.node import Node

    office = people("office")
    node = Node.objects.get(park=form.park, code="A")
    made = actions.begin(form, node, form.valid_from, by=office, on_behalf=True)
    fill(made, office, {"EA": "1", "output_value": "1"})
    actions.move(made, "hand_in", by=office, reason="paper form of 3 April")
    assert made.on_behalf
    with pytest.raises(Refused, match="own"):
        actions.move(made, "accept", by=office, reason="fine")
    assert actions.move(made, "accept", by=people("office", "", "second"), reason="fine")


def test_a_double_submit_is_harmless(report: Any, people: Callable[..., Any]) -> None:
    reporter = people("reporter", "A")
    fill(report, reporter, {"EA": "1", "output_value": "1"})
    assert actions.move(report, "submit", by=reporter)
    assert not actions.move(report, "submit", by=reporter)
    assert ReportStep.objects.filter(report=report, action="submit").count() == 1


def test_accepting_twice_writes_the_statements_once(report: Any, people: Callable[..., Any]) -> None:
    to_signed(report, people)
    office = people("office")
    assert actions.move(report, "accept", by=office, reason="checked")
    assert not actions.move(report, "accept", by=office, reason="checked")
    assert Statement.objects.filter(park=report.park).count() == 1


def test_an_incomplete_report_is_not_submitted(report: Any, people: Callable[..., Any]) -> None:
    fill(report, people("reporter", "A"), {"EA": "1"})
    with pytest.raises(Refused, match="Output value"):
        actions.move(report, "submit", by=people("reporter", "A"))


def test_returning_asks_for_a_reason_or_a_remark(report: Any, people: Callable[..., Any]) -> None:
    to_signed(report, people)
    with pytest.raises(Refused, match="reason"):
        actions.move(report, "return", by=people("office"))
    row = report.lines.get(line__code="EA")
    actions.move(report, "return", by=people("office"), remarks={row.pk: "Please attach the bill."})
    report.refresh_from_db()
    assert (report.state, report.returns, row.remarks.get().text) == ("returned", 1, "Please attach the bill.")


def test_the_approver_of_another_enterprise_cannot_sign(report: Any, people: Callable[..., Any]) -> None:
    fill(report, people("reporter", "A"), {"EA": "1", "output_value": "1"})
    actions.move(report, "submit", by=people("reporter", "A"))
    with pytest.raises(Refused):
        actions.move(report, "sign", by=people("approver", "B"))


def test_a_provider_of_one_enterprise_who_reports_for_another_types_into_neither_report(
    report: Any, people: Callable[..., Any]
) -> None:
    from lingtan.web.park.node import Node
    from lingtan.web.people.access import access_of
    from lingtan.web.people.user import Membership, User

    both = User.objects.get(pk=people("reporter", "B").user_id)
    node = Node.objects.get(park=report.park, code="A")
    Membership.objects.create(user=both, park=report.park, role="provider", enterprise=node)
    access = access_of(both, report.park_id, report.due.date())
    row = report.lines.get(line__code="EA")
    assert row in type(row).objects.visible_to(access)
    with pytest.raises(Refused):
        actions.save_line(row, by=access, version=row.version, text="1")


@pytest.mark.parametrize(("action", "seen"), [("", 0), ("submit", 0), ("sign", 1)])
def test_a_verifier_sees_a_report_once_it_is_signed(
    report: Any, people: Callable[..., Any], action: str, seen: int
) -> None:
    fill(report, people("reporter", "A"), {"EA": "1", "output_value": "1"})
    if action:
        actions.move(report, "submit", by=people("reporter", "A"))
    if action == "sign":
        actions.move(report, "sign", by=people("approver", "A"))
    assert Report.objects.visible_to(people("verifier")).count() == seen
    assert (report.lines.model.objects.visible_to(people("verifier")).count() > 0) == bool(seen)
