"""Periods of forms: bounds, names, due instants, what is overdue. Holidays and weekends are not known here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from lingtan.ledger import clock

MONTHS = {"month": 1, "quarter": 3, "year": 12}
MIDDLE = 15


@dataclass(frozen=True, slots=True)
class Period:
    """A named span: ``name`` is the first day of the calendar period it is called by; [start, end) are instants.

    With ``first_day`` 25 the period 2026-03 runs from 25 February to 24 March: it is called by the month that holds
    most of its days.
    """

    name: date
    start: datetime
    end: datetime
    due: datetime


def shifted(day: date, months: int) -> date:
    """Return the first day of the month so many months later."""
    place = day.year * 12 + day.month - 1 + months
    return date(place // 12, place % 12 + 1, 1)


def named(day: date, kind: str) -> date:
    """Return the first day of the month, quarter or year that a day lies in."""
    step = MONTHS[kind]
    return date(day.year, (day.month - 1) // step * step + 1, 1)


def period(name: date, kind: str, *, first_day: int, due_days: int, due_hour: int, zone: tzinfo) -> Period:
    """Return the period of a name.

    ``due_days`` counts days after the end, the first of them being 1; ``due_hour`` 24 is the end of that day.
    """
    back = -1 if first_day > MIDDLE else 0
    first = shifted(name, back).replace(day=first_day)
    last = shifted(name, back + MONTHS[kind]).replace(day=first_day)
    due_day = last + timedelta(days=due_days - 1 + due_hour // 24)
    due = datetime(due_day.year, due_day.month, due_day.day, due_hour % 24, tzinfo=zone)
    return Period(name, clock.local_midnight(first, zone), clock.local_midnight(last, zone), due)


def between(first: date, last: date, kind: str) -> Iterator[date]:
    """Yield the names of the periods from the one that holds ``first`` to the one that holds ``last``."""
    name, until = named(first, kind), named(last, kind)
    while name <= until:
        yield name
        name = shifted(name, MONTHS[kind])


def label(name: date, kind: str) -> str:
    """Return a period's name as it is written in files and addresses: ``2026-03``, ``2026-Q1``, ``2026``."""
    if kind == "year":
        return f"{name.year}"
    return f"{name.year}-Q{(name.month + 2) // 3}" if kind == "quarter" else f"{name:%Y-%m}"


def read(text: str) -> tuple[date, str]:
    """Return name and kind of a written period.

    Raises
    ------
    ValueError : it is not one of the three forms.
    """
    if len(text) == 4 and text.isdigit():
        return date(int(text), 1, 1), "year"
    year, _dash, rest = text.partition("-")
    if rest[:1] == "Q" and rest[1:] in {"1", "2", "3", "4"}:
        return date(int(year), int(rest[1:]) * 3 - 2, 1), "quarter"
    if len(text) != 7:
        raise ValueError(text)
    return date(int(year), int(rest), 1), "month"
