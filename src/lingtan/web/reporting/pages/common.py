"""Words and steps that the pages of a report share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lingtan.web.kernel import figures
from lingtan.web.people.roles import GRANTS
from lingtan.web.people.user import Membership
from lingtan.web.reporting import periods
from lingtan.web.reporting.report import OPEN, Report, State

if TYPE_CHECKING:
    from datetime import date

    from lingtan.web.kernel.pages import ParkRequest
    from lingtan.web.reporting.bundle import Bundle

#: State of a report -> state word of the status pill.
PILLS = {
    "not_begun": "open", State.DRAFT: "draft", State.SUBMITTED: "submitted", State.SIGNED: "approved",
    State.REVIEW: "approved", State.RETURNED: "returned", State.ACCEPTED: "accepted",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the approval bar; ``state`` is done, now or blank."""

    name: str
    who: str
    state: str


def visible(request: ParkRequest, pk: int) -> Report:
    """Return a report that the person may see, else there is none."""
    rows = Report.objects.visible_to(request.access).select_related(
        "form__park", "park", "enterprise", "prepared_by", "submitted_by", "signed_by", "reviewed_by", "accepted_by"
    )
    found = rows.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def refuse_unless(allowed: bool) -> None:
    """Answer 403 where somebody may not."""
    if not allowed:
        raise PermissionDenied


def period_words(name: date, kind: str) -> str:
    """Return a period in words of the page."""
    if kind == "quarter":
        return _("Quarter %(quarter)s of %(year)s") % {"quarter": (name.month + 2) // 3, "year": name.year}
    return figures.period(periods.label(name, kind))


def when(at: datetime | None, zone: str) -> str:
    """Return an instant in the park's zone as people read it."""
    return "" if at is None else date_format(at.astimezone(ZoneInfo(zone)), "Y-m-d H:i")


def question(report: Report) -> str:
    """Return the question that the page of a report answers."""
    names = {"period": period_words(report.period, report.form.period_kind), "enterprise": report.enterprise}
    if report.state in OPEN:
        return _("What is still missing from %(period)s?") % names
    if report.state == State.ACCEPTED:
        return _("What did %(enterprise)s report for %(period)s?") % names
    return _("Who has the report of %(period)s now?") % names


def answer(loaded: Bundle, now: datetime) -> list[str]:
    """Return the sentences of the page's answer, computed."""
    report, told = loaded.report, []
    count, done = len(loaded.rows), len(loaded.rows) - len(loaded.missing)
    words = ngettext("%(done)s of %(count)s item is complete.", "%(done)s of %(count)s items are complete.", count)
    told.append(words % {"done": done, "count": count})
    if loaded.returned:
        told.append(_("Returned: %(names)s.") % {"names": named(loaded.returned)})
    if loaded.unfilled:
        told.append(_("Not filled: %(names)s.") % {"names": named(loaded.unfilled)})
    told.append(_now(report, now))
    return told


def named(rows: Sequence[Any]) -> str:
    """Return the names of rows, the first four of them."""
    names = [str(row.line) for row in rows[:4]]
    return _(", ").join(names) + ("…" if len(rows) > 4 else "")


def _now(report: Report, now: datetime) -> str:
    due = when(report.due, report.park.timezone)
    if report.state == State.ACCEPTED:
        return _("Accepted on %(day)s; the amounts count as statements.") % {
            "day": when(report.accepted_at, report.park.timezone)
        }
    if report.state not in OPEN:
        return _("It is with: %(state)s.") % {"state": report.get_state_display()}
    if report.revision > 1:
        return _("The accepted version counts until this one is accepted.")
    if report.due <= now:
        return _("It has been due since %(due)s.") % {"due": due}
    left = report.due - now
    return _("Due %(due)s, %(days)s d %(hours)s h left.") % {
        "due": due, "days": left.days, "hours": left.seconds // 3600,
    }  # fmt: skip


def steps(report: Report) -> list[Step]:
    """Return the steps of the approval bar with their persons."""
    at = {State.DRAFT: 0, State.RETURNED: 0, State.SUBMITTED: 1, State.SIGNED: 2, State.REVIEW: 2, State.ACCEPTED: 4}
    now = at[State(report.state)]
    behalf = report.on_behalf
    names = (
        (_("Fill in and correct"), _person(report.prepared_by)),
        (
            _("Approval in the enterprise"),
            _("by the office, on behalf") if behalf else _person(report.signed_by) or _holders(report, "approve"),
        ),
        (_("Check by the office"), _person(report.reviewed_by) or _("Park office")),
        (_("Into the account"), _person(report.accepted_by) or _("Park office")),
    )
    return [
        Step(name, who, "done" if place < now else "now" if place == now else "")
        for place, (name, who) in enumerate(names)
    ]


def _person(user: Any) -> str:
    return str(user) if user is not None else ""


def _holders(report: Report, action: str) -> str:
    """Name those who may take a step in an enterprise."""
    roles = [role for role, grant in GRANTS.items() if action in grant.actions]
    rows = Membership.objects.filter(enterprise=report.enterprise_id, role__in=roles).select_related("user")[:3]
    return _(", ").join(dict.fromkeys(str(row.user) for row in rows)) or _("nobody holds this role yet")


def missing_words(loaded: Bundle) -> str:
    """Return what keeps a report from going on, blank for nothing."""
    count = len(loaded.missing)
    if not count or not loaded.report.open:
        return ""
    words = ngettext("%(count)s item to complete: %(names)s", "%(count)s items to complete: %(names)s", count)
    return words % {"count": count, "names": named(loaded.missing)}


def pill(state: str) -> str:
    """Return the word of the status pill."""
    return PILLS[state]


def total(values: Iterable[Any]) -> Any:
    """Add what is known, None where nothing is."""
    known = [value for value in values if value is not None]
    return sum(known) if known else None
