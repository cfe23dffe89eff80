"""A report with everything that its pages and its rules need, in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from lingtan.web.reporting.beside import Beside, beside
from lingtan.web.reporting.checks import Doubt, check_line, check_rules, share, value_of
from lingtan.web.reporting.form import FormLine, FormTemplate, Source
from lingtan.web.reporting.report import Answer, LineDocument, Remark, Report, ReportLine

if TYPE_CHECKING:
    from lingtan.web.people.access import Access


@dataclass(slots=True)
class Row:
    """One line of a report with what stands beside it; ``automatic`` lines show the meter until they are submitted."""

    row: ReportLine
    near: Beside
    documents: list[Any] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    doubts: list[Doubt] = field(default_factory=list)

    @property
    def line(self) -> FormLine:
        """The line of the form."""
        return self.row.line

    @property
    def automatic(self) -> bool:
        """Tell whether the meter fills the line."""
        return self.row.line.source == Source.METERED

    @property
    def value(self) -> Decimal | None:
        """What the line says, nought where nothing occurred."""
        return value_of(self.row)

    @property
    def off(self) -> Decimal | None:
        """Difference from the meter, %."""
        return share(self.value, self.near.metered)

    @property
    def change(self) -> Decimal | None:
        """Change against last year, %."""
        return share(self.value, self.near.last_year)

    @property
    def co2(self) -> Decimal | None:
        """Emission by the newest account's factor [t CO2]; None where it is not known."""
        return None if self.value is None or self.near.factor is None else self.value * self.near.factor

    @property
    def stake(self) -> Decimal | None:
        """Emission that the difference from the meter amounts to [t CO2]; None where it is not known."""
        if self.value is None or self.near.metered is None or self.near.factor is None:
            return None
        return abs((self.value - self.near.metered) * self.near.factor)

    @property
    def returned(self) -> list[Remark]:
        """Remarks of the office that are not settled."""
        return [remark for remark in self.remarks if remark.kind == "return" and not remark.settled]

    @property
    def stopped(self) -> bool:
        """Tell whether something keeps the report from being submitted."""
        return any(doubt.stops for doubt in self.doubts)

    @property
    def asks_reason(self) -> bool:
        """Tell whether the line asks for a reason, or has one."""
        return bool(self.row.reason) or any(doubt.asks_reason for doubt in self.doubts)


@dataclass(slots=True)
class Bundle:
    """A report with its rows in the order of the form."""

    report: Report
    rows: list[Row]
    rules: list[Doubt]

    @property
    def missing(self) -> list[Row]:
        """Rows that keep the report from being submitted."""
        return [row for row in self.rows if row.stopped]

    @property
    def filled(self) -> int:
        """Count of rows that say something."""
        return sum(row.row.answer != Answer.EMPTY for row in self.rows)

    @property
    def returned(self) -> list[Row]:
        """Rows that the office returned and that are not settled."""
        return [row for row in self.rows if row.returned]

    @property
    def unfilled(self) -> list[Row]:
        """Mandatory rows that say nothing."""
        return [row for row in self.rows if row.row.answer == Answer.EMPTY and row.line.needed]


def lines_for(form: FormTemplate, enterprise: Any) -> list[FormLine]:
    """Return the lines of a form that concern an enterprise: its streams, by either end, and all facts."""
    own = Q(stream__source__enterprise=enterprise) | Q(stream__target__enterprise=enterprise)
    return list(form.lines.filter(Q(stream=None) | own).select_related("stream", "form").order_by("order", "id"))


def bundle(report: Report, access: Access) -> Bundle:
    """Load a report that somebody may see, with everything beside it."""
    rows = list(
        ReportLine.objects.visible_to(access)
        .filter(report=report)
        .select_related("line__stream", "entered_by")
        .order_by("line__order", "line_id")
    )
    near = beside(report, [row.line for row in rows], access)
    files = _by_line(LineDocument.objects.visible_to(access).filter(line__in=rows).select_related("document"))
    said = _by_line(Remark.objects.visible_to(access).filter(line__in=rows).select_related("author"))
    found = []
    for row in rows:
        _show_metered(report, row, near[row.line_id])
        one = Row(row, near[row.line_id], [each.document for each in files.get(row.pk, [])], said.get(row.pk, []))
        one.doubts = check_line(row, one.near, documents=len(one.documents))
        found.append(one)
    return Bundle(report, found, check_rules(list(report.form.rules.all()), rows))


def _by_line(rows: Iterable[Any]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for row in rows:
        found.setdefault(row.line_id, []).append(row)
    return found


def _show_metered(report: Report, row: ReportLine, near: Beside) -> None:
    """Let an automatic line of an open report show the meter; it is stored when the report is submitted."""
    if report.open and row.line.source == Source.METERED:
        known = near.metered is not None
        row.answer, row.amount = (Answer.GIVEN, near.metered) if known else (Answer.EMPTY, None)
        row.typed = ""


def forms_of(park_id: int, enterprise: Any, name: date) -> list[FormTemplate]:
    """Return the forms that an enterprise reports on for the period of a name: one edition of each."""
    held = FormTemplate.objects.filter(park_id=park_id, reporters__enterprise=enterprise, valid_from__lte=name)
    current = held.filter(Q(valid_to=None) | Q(valid_to__gt=name)).select_related("park").order_by("code", "edition")
    return list({form.code: form for form in current}.values())
