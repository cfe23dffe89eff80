"""What is due from whom: cells of reporter and period, the overdue list, tasks of each role. Pure over rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lingtan.web.kernel.history import unchanged
from lingtan.web.park.node import Node
from lingtan.web.programme.tasks import Task, task_source
from lingtan.web.reporting import periods
from lingtan.web.reporting.form import FormReporter, FormTemplate
from lingtan.web.reporting.report import OPEN, Report, State

if TYPE_CHECKING:
    from lingtan.web.park.park import Park
    from lingtan.web.people.access import Access

#: Months of reports that the pages look back on.
BACK = 12
NOT_BEGUN = "not_begun"
#: Reports that wait for the office are tasks one by one up to this many, above it one task together.
SINGLY = 12
#: What a cell says of a report; the rest of hundreds of reports is not read.
_READ = ("form", "enterprise", "period", "state", "revision", "returns", "reason")
_WAITING = (State.SIGNED, State.REVIEW)


@dataclass(frozen=True, slots=True)
class Cell:
    """One period of one reporter: its newest report, or none yet. ``accepted``: an earlier version counts."""

    form: FormTemplate
    enterprise: Any
    name: date
    due: datetime
    end: datetime
    report: Report | None = None
    accepted: bool = False

    @property
    def state(self) -> str:
        """State of the newest report, or ``not_begun``."""
        return self.report.state if self.report else NOT_BEGUN

    @property
    def label(self) -> str:
        """The period as written."""
        return periods.label(self.name, self.form.period_kind)

    def late(self, now: datetime) -> bool:
        """Tell whether the enterprise should have handed it in; a correction is never late."""
        first = self.report is None or self.report.revision == 1
        return first and self.due <= now and self.state in (NOT_BEGUN, *OPEN, State.SUBMITTED)

    def ended(self, now: datetime) -> bool:
        """Tell whether the period is over."""
        return self.end <= now


def cells(reporters: Iterable[FormReporter], reports: Iterable[Report], now: datetime) -> list[Cell]:
    """Return the cells of reporters over the last twelve months, the running period included, newest first.

    A reporter has the periods that his edition of the form holds for; of several revisions the newest stands.
    """
    newest: dict[tuple[int, int, date], Report] = {}
    accepted: set[tuple[int, int, date]] = set()
    for report in sorted(reports, key=lambda one: one.revision):
        key = (report.form_id, report.enterprise_id, report.period)
        newest[key] = report
        if report.state == State.ACCEPTED:
            accepted.add(key)
    found = []
    spans: dict[int, list[periods.Period]] = {}
    for row in reporters:
        if row.form_id not in spans:
            made = (row.form.period(name) for name in _names(row.form, now))
            spans[row.form_id] = [span for span in made if span.start <= now]
        for span in spans[row.form_id]:
            key = (row.form_id, row.enterprise_id, span.name)
            report = newest.get(key)
            if report is not None:
                report.form, report.enterprise = row.form, row.enterprise
            found.append(Cell(row.form, row.enterprise, span.name, span.due, span.end, report, key in accepted))
    return sorted(found, key=lambda one: (one.name, -one.form.pk, -one.enterprise.pk), reverse=True)


def _names(form: FormTemplate, now: datetime) -> list[date]:
    today = now.astimezone(ZoneInfo(form.park.timezone)).date()
    first = max(form.valid_from, periods.shifted(today, -BACK))
    last = periods.shifted(today, 1) if form.first_day > periods.MIDDLE else today
    names = periods.between(first, last, form.period_kind)
    return [name for name in names if name >= form.valid_from and (form.valid_to is None or name < form.valid_to)]


def cells_of(access: Access, now: datetime) -> list[Cell]:
    """Return the cells that somebody may see; the reports of others are not counted either. Not to be changed."""
    key = ("cells", access.park_id, access.sees, access.roles, access.actions, now.replace(second=0, microsecond=0))
    return unchanged(key, (FormTemplate, FormReporter, Report, Node), lambda: _cells(access, now))


def _cells(access: Access, now: datetime) -> list[Cell]:
    reporters = FormReporter.objects.visible_to(access).select_related("form__park", "enterprise")
    reports = Report.objects.visible_to(access).only(*_READ)
    since = periods.shifted(now.date(), -BACK - 2)
    return cells(reporters, reports.filter(period__gte=since), now)


def overdue(found: Sequence[Cell], now: datetime) -> list[Cell]:
    """Return the cells that are late, the longest first."""
    return sorted((cell for cell in found if cell.late(now)), key=lambda cell: cell.due)


@task_source
def report_tasks(park: Park, access: Access, today: date) -> Iterable[Task]:
    """Yield what reporters, approvers and the office have to do about reports."""
    if not access.roles & {"office", "reporter", "approver"}:
        return
    now = timezone.now()
    zone = ZoneInfo(park.timezone)
    found = cells_of(access, now)
    late = len(overdue(found, now))
    if late and access.may("accept"):
        words = ngettext("%(n)s report is overdue: see who has it", "%(n)s reports are overdue: see who has them", late)
        yield Task(key="reports:overdue", title=words % {"n": late}, link=reverse("report_overdue", args=[park.code]))
    waiting = sum(cell.state in _WAITING for cell in found) if access.may("accept") else 0
    if waiting > SINGLY:
        words = _("%(n)s reports wait for you to check them") % {"n": waiting}
        yield Task(key="reports:waiting", title=words, link=reverse("reports", args=[park.code]))
    for cell in found:
        title = "" if waiting > SINGLY and cell.state in _WAITING else _title(cell, access, now)
        if title:
            report = cell.report
            names = {"enterprise": cell.enterprise, "period": cell.label}
            yield Task(
                key=f"report:{cell.form.code}:{cell.enterprise.code}:{cell.label}:{cell.state}",
                title=title % names,
                link=reverse("report", args=[park.code, report.pk]) if report else reverse("reports", args=[park.code]),
                due=None if report and report.state in _WAITING else cell.due.astimezone(zone).date(),
                why=report.reason if report and report.state == State.RETURNED else "",
            )


def _title(cell: Cell, access: Access, now: datetime) -> str:
    """Return what somebody has to do about a cell, blank for nothing."""
    report, own = cell.report, cell.enterprise.pk in access.enterprises
    if report is not None and report.state in _WAITING:
        return _("Check the report %(period)s of %(enterprise)s") if access.may("accept") else ""
    if not own:
        return ""
    if report is not None and report.state == State.SUBMITTED:
        return _("Sign the report %(period)s of %(enterprise)s") if access.may("approve") else ""
    if report is not None and report.state == State.RETURNED:
        return _("Correct the returned report %(period)s of %(enterprise)s")
    if cell.ended(now) and (report is None or report.state == State.DRAFT):
        return _("Fill in the report %(period)s of %(enterprise)s")
    return ""
