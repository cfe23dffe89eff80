"""Writes of the room: each checks who, moves state, keeps the reason, in one transaction."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pghistory
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lingtan.web.kernel.pages import today_in
from lingtan.web.kernel.workflow import Refused
from lingtan.web.people.roles import GRANTS, Role
from lingtan.web.people.user import Membership, User
from lingtan.web.programme import messages
from lingtan.web.programme.message import Kind
from lingtan.web.reporting.bundle import Bundle, bundle, lines_for
from lingtan.web.reporting.closing.state import is_closed
from lingtan.web.reporting.enter import enter_statements
from lingtan.web.reporting.report import (
    NOUGHTS,
    WORKFLOW,
    Answer,
    LineDocument,
    Remark,
    RemarkKind,
    Report,
    ReportLine,
    ReportStep,
    State,
    Status,
)

if TYPE_CHECKING:
    from lingtan.web.people.access import Access
    from lingtan.web.reporting.form import FormTemplate

_NUMBER = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?")
LONGEST = 30
#: Moves that the enterprise's people are told of, with the words.
TOLD = {
    "return": gettext_lazy("The report %(period)s (%(form)s) was returned; please see the remarks."),
    "accept": gettext_lazy("The report %(period)s (%(form)s) was accepted."),
}


class Changed(Exception):  # noqa: N818 - nobody's error: somebody else was quicker
    """The line was changed since it was read; ``row`` is how it stands now."""

    def __init__(self, row: ReportLine) -> None:
        super().__init__(str(row))
        self.row = row


def number_of(text: str) -> Decimal:
    """Read an amount as people type it: full-width digits, thousands by comma; never a unit, never a sign.

    Raises
    ------
    Refused : it is no number of 0 or more; the message says what came.
    """
    plain = unicodedata.normalize("NFKC", text).strip().replace(" ", "")
    if not _NUMBER.fullmatch(plain) or len(plain) > LONGEST:
        words = _("Expected a number of 0 or more, such as 3486.5; came %(came)s. The unit stands beside the field.")
        raise Refused("report.number", words % {"came": text[:40]})
    return Decimal(plain.replace(",", ""))


def own(report: Report, by: Access, action: str) -> bool:
    """Tell whether somebody holds a role that grants ``action`` in the very enterprise of the report."""
    roles = [role for role, grant in GRANTS.items() if action in grant.actions]
    held = Membership.objects.filter(user=by.user_id, enterprise=report.enterprise_id, role__in=roles)
    return by.may(action) and any(row.holds(today_in(report.park)) for row in held)


def may_type(report: Report, by: Access) -> str:
    """Return why somebody may not type into a report now; blank where he may."""
    if not report.open:
        return _("The report is in this state: %(state)s. Its amounts are fixed now.") % {
            "state": report.get_state_display()
        }
    if locked(report):
        return _("The month is closed. Give a reason first; the report is then a correction of it.")
    if by.may("return") and report.on_behalf:
        return ""
    if own(report, by, "report"):
        return _("The office fills in this report on behalf of the enterprise.") if report.on_behalf else ""
    return _("Only a reporter of this enterprise fills it in.")


def locked(report: Report) -> bool:
    """Tell whether the month of a report is closed and the report is not yet said to be a correction of it."""
    return report.status != Status.CORRECTED and is_closed(report)


def begin(
    form: FormTemplate, enterprise: Any, name: date, *, by: Access, on_behalf: bool = False, reason: str = ""
) -> Report:
    """Open the report of an enterprise and a period, or return the one that is there.

    In a closed month it is a correction of it, and needs a ``reason``.

    Raises
    ------
    Refused : the enterprise does not report on the form, the person is neither its reporter nor the office, or the
        month is closed and no reason is given.
    """
    found = Report.objects.visible_to(by).filter(enterprise=enterprise, form=form, period=name).order_by("-revision")
    if (there := found.first()) is not None:
        return there
    span = form.period(name)
    made = Report(
        park=form.park, enterprise=enterprise, form=form, period=name, start=span.start, end=span.end, due=span.due,
        on_behalf=on_behalf, prepared_by_id=by.user_id,
    )  # fmt: skip
    if reason.strip() and is_closed(made):
        made.reason, made.status = reason.strip(), Status.CORRECTED
    if not form.reporters.filter(enterprise=enterprise).exists():
        raise Refused("report.reporter", _("The enterprise does not report on this form."))
    against = may_type(made, by)
    if against:
        raise Refused("report.begin", against)
    with transaction.atomic(), pghistory.context(reason=reason, action="begin"):
        made.save()
        _fill(made)
        _step(made, "begin", by, reason)
    return made


def amend(report: Report, *, by: Access, reason: str) -> None:
    """Say of an open report whose month was closed meanwhile that it is a correction of the month, and why.

    Raises
    ------
    Refused : the month is not closed, no reason is given, or the role may not.
    """
    if not (own(report, by, "report") or (by.may("return") and report.on_behalf)):
        raise Refused("report.own", _("Your role may not do this."))
    if not reason.strip():
        raise Refused("report.reason", _("Please give a reason; it stays with the record."))
    with transaction.atomic(), pghistory.context(reason=reason, action="correct"):
        held = Report.objects.select_for_update(of=("self",)).select_related("form").get(pk=report.pk)
        if not held.open or not locked(held):
            raise Refused("report.closed", _("The report is open; no reason is needed."))
        held.status, held.reason = Status.CORRECTED, reason.strip()
        held.save(update_fields=["status", "reason"])
        _step(held, "correct", by, reason)
    report.refresh_from_db()


def _fill(report: Report) -> None:
    rows = [
        ReportLine(park=report.park, report=report, line=line, unit=line.unit)
        for line in lines_for(report.form, report.enterprise_id)
    ]
    ReportLine.objects.bulk_create(rows)


def save_line(
    row: ReportLine, *, by: Access, version: int, text: str = "", answer: str = "", reason: str | None = None
) -> ReportLine:
    """Keep what was typed into a line; ``answer`` names a nought, else ``text`` is the amount, blank for nothing.

    Raises
    ------
    Changed : the line has another version than ``version``, and what is typed differs from what stands there.
    Refused : the report is not open to the person, or the text is no number.
    """
    with transaction.atomic(), pghistory.context(action="fill in"):
        held = ReportLine.objects.select_for_update(of=("self",)).select_related("report", "line").get(pk=row.pk)
        against = may_type(held.report, by)
        if against or held.line.source == "metered":
            raise Refused("report.closed", against or _("The meter fills this line."))
        wanted = _answered(text, answer)
        reason = held.reason if reason is None else reason.strip()
        same = (held.answer, held.amount, held.reason) == (wanted[0], wanted[1], reason)
        if same:
            return held
        if held.version != version:
            raise Changed(held)
        held.answer, held.amount, held.typed = wanted
        held.reason, held.entered_by_id, held.version = reason, by.user_id, held.version + 1
        held.save()
        Report.objects.filter(pk=held.report_id).update(saved_at=timezone.now(), prepared_by=by.user_id)
    return held


def _answered(text: str, answer: str) -> tuple[str, Decimal | None, str]:
    """Return answer, amount and typed text; a typed nought is a confirmed one."""
    if answer in NOUGHTS:
        return answer, None, ""
    if not text.strip():
        return Answer.EMPTY, None, ""
    amount = number_of(text)
    return (Answer.GIVEN, amount, text.strip()) if amount else (Answer.ZERO, None, "0")


def say(row: ReportLine, text: str, *, by: Access, kind: str = RemarkKind.REPLY) -> Remark:
    """Put a word under a line; the enterprise's reply settles nothing, the office sees it.

    Raises
    ------
    Refused : there is no text, or the person is neither of the enterprise nor of the office.
    """
    if not text.strip():
        raise Refused("report.remark", _("Please write the remark."))
    if not (by.may("return") or own(row.report, by, "report")):
        raise Refused("report.remark", _("Only the enterprise and the office write remarks."))
    with transaction.atomic(), pghistory.context(action="remark"):
        return Remark.objects.create(
            park_id=row.park_id, line=row, kind=kind, author_id=by.user_id, at=timezone.now(), text=text.strip()
        )


def attach(row: ReportLine, document: Any, *, by: Access) -> None:
    """Put a document behind a line of an open report.

    Raises
    ------
    Refused : the report is not open to the person.
    """
    if against := may_type(row.report, by):
        raise Refused("report.closed", against)
    with transaction.atomic(), pghistory.context(action="attach"):
        LineDocument.objects.get_or_create(line=row, document=document, defaults={"park_id": row.park_id})
        Report.objects.filter(pk=row.report_id).update(saved_at=timezone.now())


def detach(row: ReportLine, document_id: int, *, by: Access) -> None:
    """Take a document away from a line of an open report; the document itself stays."""
    if against := may_type(row.report, by):
        raise Refused("report.closed", against)
    with transaction.atomic(), pghistory.context(action="detach"):
        LineDocument.objects.filter(line=row, document_id=document_id).delete()


def set_status(report: Report, status: str, *, by: Access) -> None:
    """Say whether the figures are preliminary or final; a correction stays one."""
    if against := may_type(report, by):
        raise Refused("report.closed", against)
    if report.status != Status.CORRECTED and status in (Status.PRELIMINARY, Status.FINAL):
        Report.objects.filter(pk=report.pk).update(status=status)


def move(
    report: Report, action: str, *, by: Access, reason: str = "", remarks: Mapping[int, str] | None = None
) -> bool:
    """Make a move of `report.WORKFLOW` with what belongs to it; False where a double click changed nothing.

    Raises
    ------
    Refused : with the reason and what to do.
    """
    given = {pk: text.strip() for pk, text in (remarks or {}).items() if text.strip()}
    if action == "return" and given and not reason.strip():
        reason = next(iter(given.values()))
    with transaction.atomic(), pghistory.context(reason=reason, action=action):
        held = Report.objects.select_for_update(of=("self",)).select_related("form", "park").get(pk=report.pk)
        _allowed(held, action, by)
        loaded = _complete(held, action, by) if action in ("submit", "hand_in", "sign") else None
        if not WORKFLOW.go(held, action, by=by, reason=reason):
            return False
        _after(held, action, by, given, loaded)
        _step(held, action, by, reason)
    report.refresh_from_db()
    return True


def _allowed(report: Report, action: str, by: Access) -> None:
    """Refuse a stranger to the enterprise, and who typed a line to whom signing or accepting it falls."""
    one = WORKFLOW.named(action)
    if one.grant in ("report", "approve") and not own(report, by, one.grant):
        raise Refused("report.own", _("Your role may not do this."))
    if one.target in (State.SUBMITTED, State.SIGNED, State.ACCEPTED) and locked(report):
        words = _("The month is closed. Send the report back; it goes on as a correction, with a reason.")
        raise Refused("report.month", words)
    if one.other_than and report.lines.filter(entered_by=by.user_id).exists():
        raise Refused("report.eyes", _("Nobody approves his own: somebody else has to do this."))


def _complete(report: Report, action: str, by: Access) -> Bundle | None:
    """Refuse an incomplete report before it goes on; a report that has gone on before is not judged again."""
    if report.state not in WORKFLOW.named(action).sources:
        return None
    loaded = bundle(report, by)
    if loaded.missing:
        names = ", ".join(str(row.line) for row in loaded.missing[:5])
        words = _("%(count)s lines are not complete yet: %(names)s.")
        raise Refused("report.incomplete", words % {"count": len(loaded.missing), "names": names})
    return loaded


def _after(report: Report, action: str, by: Access, remarks: Mapping[int, str], loaded: Bundle | None) -> None:
    if action in ("submit", "hand_in") and loaded is not None:
        for row in loaded.rows:
            if row.automatic:
                row.row.save(update_fields=["answer", "amount", "typed"])
        Remark.objects.filter(line__report=report, kind=RemarkKind.RETURN).update(settled=True)
    if action == "return":
        Report.objects.filter(pk=report.pk).update(returns=report.returns + 1)
        for row in report.lines.filter(pk__in=remarks):
            say(row, remarks[row.pk], by=by, kind=RemarkKind.RETURN)
    if action == "accept":
        enter_statements(report, by=by)
    if action in TOLD:
        _tell(report, action)


def _tell(report: Report, action: str) -> None:
    """Leave the enterprise's people a message."""
    people = User.objects.filter(
        memberships__enterprise=report.enterprise_id, memberships__role__in=(Role.REPORTER, Role.APPROVER),
        is_active=True,
    ).distinct()  # fmt: skip
    messages.tell(
        people, park=report.park, kind=Kind.REPORT, title=TOLD[action],
        values={"period": report.label, "form": str(report.form)},
        link=reverse("report", args=[report.park.code, report.pk]), key=f"report:{report.pk}:{action}:{report.version}",
    )  # fmt: skip


def _step(report: Report, action: str, by: Access, reason: str = "") -> None:
    ReportStep.objects.create(
        park_id=report.park_id, report=report, action=action, state=report.state, by_id=by.user_id,
        at=timezone.now(), reason=reason.strip(),
    )  # fmt: skip


def correct(report: Report, *, by: Access, reason: str) -> Report:
    """Open a new revision of an accepted report, with its amounts; the accepted one counts until it is replaced.

    Raises
    ------
    Refused : the report is not accepted, a revision is open already, no reason is given, or the role may not.
    """
    office = by.may("return")
    if not office and not own(report, by, "report"):
        raise Refused("report.own", _("Your role may not do this."))
    if not reason.strip():
        raise Refused("report.reason", _("Please give a reason; it stays with the record."))
    with transaction.atomic(), pghistory.context(reason=reason, action="correct"):
        held = Report.objects.select_for_update(of=("self",)).select_related("form").get(pk=report.pk)
        if held.state != State.ACCEPTED or Report.objects.filter(previous=held).exists():
            raise Refused("report.correct", _("Only the newest accepted version is corrected, and once at a time."))
        settled = held.status != Status.PRELIMINARY or is_closed(held)
        status = Status.CORRECTED if settled else Status.FINAL
        made = Report.objects.create(
            park_id=held.park_id, enterprise_id=held.enterprise_id, form_id=held.form_id, period=held.period,
            start=held.start, end=held.end, due=held.due, revision=held.revision + 1, previous=held, status=status,
            reason=reason.strip(), on_behalf=office, prepared_by_id=by.user_id,
        )  # fmt: skip
        _copy(held, made)
        _step(made, "correct", by, reason)
    return made


def _copy(old: Report, new: Report) -> None:
    for row in old.lines.prefetch_related("attached"):
        kept = ReportLine.objects.create(
            park_id=new.park_id, report=new, line_id=row.line_id, answer=row.answer, amount=row.amount,
            typed=row.typed, unit=row.unit, reason=row.reason, entered_by_id=row.entered_by_id,
        )  # fmt: skip
        for one in row.attached.all():
            LineDocument.objects.create(park_id=new.park_id, line=kept, document_id=one.document_id)
