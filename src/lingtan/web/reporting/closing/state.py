"""How final a month is, from its closing and its reports; a few queries for any count of months.

A report counts for the last month of its period: a quarter's for its third month, a year's for December.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from lingtan.ledger import clock
from lingtan.web.kernel.history import unchanged
from lingtan.web.reporting import periods
from lingtan.web.reporting.closing.month import ClosingState, MonthClosing
from lingtan.web.reporting.form import FormReporter, FormTemplate
from lingtan.web.reporting.report import Report, State, Status
from lingtan.web.reporting.statement import Statement

if TYPE_CHECKING:
    from lingtan.web.park.park import Park

#: What tells a statement that came into a closed month; a word of its note, so that it goes out with the park.
MARK = "correction-of-closed-month"


@dataclass(frozen=True, slots=True)
class MonthState:
    """How final the figures of a month are.

    ``word`` is preliminary, final or corrected. ``due``, ``accepted`` and ``waiting`` (signed, under review) count
    reports of all enterprises: show them only to those who see the whole park. ``closing`` is the record, None where
    nobody has asked for a closing.
    """

    month: str
    word: str
    closed: bool = False
    due: int = 0
    accepted: int = 0
    waiting: int = 0
    closing: MonthClosing | None = None

    @property
    def open_reports(self) -> int:
        """Reports of the month that are not accepted."""
        return self.due - self.accepted

    @property
    def asked(self) -> bool:
        """Tell whether somebody has asked for its closing and nobody has answered."""
        return self.closing is not None and self.closing.state == ClosingState.ASKED


def last_month(name: date, kind: str) -> date:
    """Return the month that a period's report counts for: its last one."""
    return periods.shifted(name, periods.MONTHS[kind] - 1)


def state_of(park: Park, month: date | str) -> MonthState:
    """Return how final a month (its first day, or ``2026-03``) of a park is."""
    return states_of(park, [month])[_label(month)]


def states_of(park: Park, months: Iterable[date | str]) -> dict[str, MonthState]:
    """Return how final months are, by their written names."""
    wanted = tuple(sorted({_label(month) for month in months}))
    kinds = (MonthClosing, FormTemplate, FormReporter, Report, Statement)
    return unchanged(("months", park.pk, wanted), kinds, lambda: _states(park, wanted)) if wanted else {}


def _states(park: Park, wanted: Sequence[str]) -> dict[str, MonthState]:
    firsts = {label: periods.read(label)[0] for label in wanted}
    closings = {f"{row.month:%Y-%m}": row for row in MonthClosing.objects.filter(park=park, month__in=firsts.values())}
    due = _due(park, firsts)
    newest, accepted = _reports(park, min(firsts.values()), max(firsts.values()))
    corrected = _corrected_statements(park, firsts)
    counted: dict[str, list[_Said]] = {}
    for (_form, _node, name), row in accepted.items():
        counted.setdefault(_label_of(row.form, name), []).append(row)
    found = {}
    for label in wanted:
        keys = due[label]
        told = [accepted[key] for key in keys if key in accepted]
        extra = counted.get(label, ())
        closing = closings.get(label)
        closed = closing is not None and closing.state == ClosingState.CLOSED
        whole = bool(keys) and len(told) == len(keys) and all(row.status != Status.PRELIMINARY for row in told)
        changed = label in corrected or any(row.status == Status.CORRECTED for row in extra)
        word = (Status.CORRECTED if changed else Status.FINAL) if closed or whole else Status.PRELIMINARY
        waiting = sum(_waits(newest.get(key)) for key in keys)
        found[label] = MonthState(label, str(word), closed, len(keys), len(told), waiting, closing)
    return found


def closed_months(park_id: int, months: Iterable[date]) -> set[date]:
    """Return those of some months (first days) that are closed."""
    rows = MonthClosing.objects.filter(park=park_id, month__in=list(months), state=ClosingState.CLOSED)
    return set(rows.values_list("month", flat=True))


def is_closed(report: Report) -> bool:
    """Tell whether the month that a report counts for is closed."""
    return bool(closed_months(report.park_id, [last_month(report.period, report.form.period_kind)]))


def months_within(start: datetime, end: datetime, zone: ZoneInfo) -> list[date]:
    """Return the first days of the calendar months that a span lies in."""
    return [low.astimezone(zone).date() for low, _high in clock.months(_first(start, zone), end, zone)]


def _first(at: datetime, zone: ZoneInfo) -> datetime:
    return clock.local_midnight(at.astimezone(zone).date().replace(day=1), zone)


def _label(month: date | str) -> str:
    return month if isinstance(month, str) else f"{month:%Y-%m}"


def _label_of(form: FormTemplate, name: date) -> str:
    return f"{last_month(name, form.period_kind):%Y-%m}"


def _waits(report: _Said | None) -> bool:
    return report is not None and report.state in (State.SIGNED, State.REVIEW)


Key = tuple[str, int, date]


def _due(park: Park, firsts: dict[str, date]) -> dict[str, list[Key]]:
    """Return what is due by month: (form, enterprise, period), of each form the edition that holds."""
    found: dict[str, dict[Key, None]] = {label: {} for label in firsts}
    for row in FormReporter.objects.filter(park=park).select_related("form"):
        form = row.form
        for label, month in firsts.items():
            name = periods.named(month, form.period_kind)
            holds = form.valid_from <= name and (form.valid_to is None or name < form.valid_to)
            if holds and last_month(name, form.period_kind) == month:
                found[label][form.code, row.enterprise_id, name] = None
    return {label: list(keys) for label, keys in found.items()}


class _Said(NamedTuple):
    """What a month's state hangs on of a report; whole reports by the thousand would take longer than the rest."""

    form: FormTemplate
    state: str
    status: str


def _reports(park: Park, first: date, last: date) -> tuple[dict[Key, _Said], dict[Key, _Said]]:
    """Return the newest report and the newest accepted one of each form, enterprise and period."""
    rows = Report.objects.filter(park=park, period__gte=periods.shifted(first, -12), period__lte=last)
    forms = FormTemplate.objects.filter(park=park).in_bulk()
    newest: dict[Key, _Said] = {}
    accepted: dict[Key, _Said] = {}
    told = rows.order_by("form__edition", "revision").values_list("form", "enterprise", "period", "state", "status")
    for form, enterprise, period, state, status in told:
        key = (forms[form].code, enterprise, period)
        newest[key] = _Said(forms[form], state, status)
        if state == State.ACCEPTED:
            accepted[key] = newest[key]
    return newest, accepted


def _corrected_statements(park: Park, firsts: dict[str, date]) -> set[str]:
    zone = ZoneInfo(park.timezone)
    low = clock.local_midnight(min(firsts.values()), zone)
    high = clock.local_midnight(periods.shifted(max(firsts.values()), 1), zone)
    rows = Statement.objects.filter(park=park, note__contains=MARK, start__lt=high, end__gt=low)
    return {f"{month:%Y-%m}" for start, end in rows.values_list("start", "end")
            for month in months_within(start, end, zone)}  # fmt: skip


__all__ = [
    "MARK", "MonthState", "closed_months", "is_closed", "last_month", "months_within", "state_of",
    "states_of",
]  # fmt: skip
