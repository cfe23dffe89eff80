"""What is open: findings with their owners, reports that are late, green power and certificates, deadlines."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lingtan.ledger import clock
from lingtan.report.paper import Block, Column, Heading, Missing, Row, Table, Text
from lingtan.report.paper import Figure as Number
from lingtan.report.paper.model import Tone
from lingtan.web.account.certificate import Certificate, CertificateKind, CertificateStep
from lingtan.web.account.issue import WAITING, Issue, IssueState
from lingtan.web.kernel import figures
from lingtan.web.papers.contents.basis import Basis, green_share
from lingtan.web.programme.deadline import Deadline
from lingtan.web.reporting.due import NOT_BEGUN, cells_of, overdue
from lingtan.web.reporting.report import State

MOST = 12
AHEAD = timedelta(days=45)
TARGET = Decimal(50)


@dataclass(frozen=True, slots=True)
class Counted:
    """How many findings wait, and what hangs on them in words."""

    count: int
    said: str


def waiting(basis: Basis) -> QuerySet[Issue]:
    """Return the findings that touch the period and wait for somebody, the most at stake first."""
    days = (basis.period.start, basis.period.end)
    first, after = (datetime.combine(day, time(), basis.zone) for day in days)
    within = Q(start__isnull=True) | Q(start__lt=after)
    within &= Q(end__isnull=True) | Q(end__gt=first)
    rows = Issue.objects.visible_to(basis.access).select_related("node", "stream", "owner")
    rows = rows.filter(within, state__in=WAITING, gone=False).exclude(level="note")
    return rows.order_by(F("stake_t").desc(nulls_last=True), "level", "code", "pk")


def counted(basis: Basis) -> Counted:
    """Return how many findings of the period wait, and what hangs on them."""
    stakes = list(waiting(basis).values_list("stake_t", flat=True))
    known = [stake for stake in stakes if stake is not None]
    if not known:
        return Counted(len(stakes), _("weight not known") if stakes else "")
    return Counted(len(stakes), _("≥ %(stake)s at stake") % {"stake": figures.amount(sum(known), unit="t CO₂")})


def findings(basis: Basis) -> list[Block]:
    """Return the findings of the period with their owners."""
    rows, head = list(waiting(basis)), Heading(_("Which findings wait?"))
    if not rows:
        return [head, Text((_("No finding of this period waits for anybody."),))]
    made = [
        Row(
            (str(row), _place(row), basis.number(row.stake_t, key="findings", text=_("Register of findings")),
             str(IssueState(row.state).label), str(row.owner) if row.owner else Number(_("nobody yet"), tone="act")),
        )
        for row in rows[:MOST]
    ]  # fmt: skip
    left = len(rows) - len(made)
    notes = [_("Most at stake first; — means that its weight is not known.")]
    if left:
        notes.append(ngettext("%(count)s more waits.", "%(count)s more wait.", left) % {"count": left})
    columns = (
        Column(_("Finding"), share=2.2), Column(_("Where"), share=1.9),
        Column(_("At stake"), "t CO₂", figures=True, share=0.9), Column(_("State"), share=0.8),
        Column(_("Who takes care of it"), share=1.1),
    )  # fmt: skip
    return [head, Table(columns, tuple(made), notes=tuple(notes))]


def _place(row: Issue) -> str:
    """Return where a finding is: the enterprise, else the point, else the file without its line."""
    if row.node is not None:
        return str(row.node)
    return row.point or (str(row.stream) if row.stream else "") or row.place.partition(":")[0] or figures.NONE


def reports(basis: Basis) -> list[Block]:
    """Return the reports that are late, the longest first."""
    head = Heading(_("Which reports are late?"))
    late = overdue(cells_of(basis.access, basis.now), basis.now)
    late = [cell for cell in late if cell.name < basis.period.end]
    if not late:
        return [head, Text((_("No report is late."),))]
    words = {NOT_BEGUN: _("not begun"), **{str(key): str(label) for key, label in State.choices}}
    rows = [
        Row((str(cell.enterprise), str(cell.form), cell.label, figures.day(cell.due.astimezone(basis.zone)),
             words.get(cell.state, cell.state)))
        for cell in late[: 2 * MOST]
    ]  # fmt: skip
    columns = (
        Column(_("Enterprise"), share=2), Column(_("Form"), share=1.6), Column(_("Period"), share=0.9),
        Column(_("Due"), share=1.3), Column(_("State"), share=1.2),
    )  # fmt: skip
    left = len(late) - len(rows)
    more = ngettext("%(count)s more is late.", "%(count)s more are late.", left) % {"count": left}
    return [head, Table(columns, tuple(rows), notes=(more,) if left else ())]


def green(basis: Basis) -> list[Block]:
    """Return the share of direct green supply, and what became of certificates this year."""
    own, former = green_share(basis)
    found: list[Block] = [Heading(_("How green is the power?"))]
    if own is None or own.value is None:
        found.append(Missing(_("Share of direct green supply"), _("It needs the amount of every power supply.")))
    else:
        tone: Tone = "ok" if own.value >= TARGET else "act"
        shown = basis.number(own.value, "%", digits=1, key=own.name, text=_("Direct green supply, share of power"),
                             tone=tone, strong=True)  # fmt: skip
        words = {"year": basis.year, "target": f"{TARGET}"}
        parts: list[Any] = [_("Supplied directly from green sources in %(year)s: ") % words, shown]
        if former is not None and former.value is not None:
            before = basis.number(former.value, "%", digits=1, key=former.name, run=former.run,
                                  text=_("Direct green supply, share of power"))  # fmt: skip
            parts += [_(", the year before: "), before]
        found.append(Text((*parts, _("; the national indicator asks for ≥ %(target)s %%.") % words)))
    return [*found, *_certificates(basis)]


def _certificates(basis: Basis) -> list[Block]:
    start, _end = clock.year_bounds(basis.year, basis.zone)
    after = datetime.combine(basis.period.end, time(), basis.zone)
    rows = Certificate.objects.visible_to(basis.access).filter(date__gte=start, date__lt=after)
    sums: dict[tuple[str, str], dict[str, Decimal]] = {}
    for row in rows:
        held = sums.setdefault((row.kind, row.unit), {})
        held[row.event] = held.get(row.event, Decimal(0)) + row.amount
    if not sums:
        return [Text((_("No event of a certificate this year."),), "small")]
    steps = list(CertificateStep)
    made = [
        Row(
            (_("%(name)s [%(unit)s]") % {"name": CertificateKind(kind).label, "unit": unit},
             *(figures.amount(held.get(step)) for step in steps)),
            source=basis.source(f"certificates:{kind}", _("Ledger of certificates"), place=_("register")),
        )
        for (kind, unit), held in sorted(sums.items())
    ]  # fmt: skip
    columns = (
        Column(_("Certificates, year so far"), share=2),
        *(Column(str(step.label), figures=True) for step in steps),
    )
    return [Table(columns, tuple(made))]


def deadlines(basis: Basis) -> list[Block]:
    """Return what is due in the next weeks, and what is past its day."""
    rows = Deadline.objects.visible_to(basis.access).filter(done=None, due__lte=basis.today + AHEAD)
    made = [
        Row((row.title, str(row.node) if row.node else figures.NONE, _when(row.due, basis)))
        for row in rows.select_related("node").order_by("due", "pk")[: 2 * MOST]
    ]
    head = Heading(_("What is due next?"))
    if not made:
        return [head, Text((_("No deadline within the next %(days)s days.") % {"days": AHEAD.days},))]
    columns = (Column(_("What"), share=3), Column(_("Who"), share=1.6), Column(_("Due"), share=1.2))
    return [head, Table(columns, tuple(made))]


def _when(due: Any, basis: Basis) -> Any:
    return Number(figures.day(due), tone="act") if due < basis.today else figures.day(due)
