"""Periods of the address: years, quarters, months, days, and spans of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from lingtan.web.kernel import figures

PERIOD = re.compile(r"(?P<year>[12]\d{3})(?:-(?P<month>0[1-9]|1[0-2])(?:-(?P<day>\d\d))?)?")
QUARTER = re.compile(r"(?P<year>[12]\d{3})-Q(?P<number>[1-4])")
MONTHS = {"month": 1, "quarter": 3, "year": 12}


@dataclass(frozen=True, slots=True)
class Period:
    """A period of the address: ``2025``, ``2025-Q1``, ``2025-03``, ``2025-03-09``, or two of them joined by dots.

    ``start`` to ``end``, the last day not counted; ``kind`` is ``year``, ``quarter``, ``month``, ``day``, ``custom``.
    """

    text: str
    kind: str
    start: date
    end: date

    def __str__(self) -> str:
        return figures.period(self.text)

    @classmethod
    def read(cls, text: str) -> Period | None:
        """Return the period that a text says, None where it says none."""
        first, dots, last = text.partition("..")
        ends = [cls._one(part) for part in ([first, last] if dots else [first])]
        if any(one is None for one in ends) or (dots and ends[0].start >= ends[1].end):  # type: ignore[union-attr]
            return None
        one = ends[0]
        return cls(text, "custom", one.start, ends[1].end) if dots else one  # type: ignore[union-attr]

    @classmethod
    def of_year(cls, year: int) -> Period:
        """Return a calendar year."""
        return cls(f"{year}", "year", date(year, 1, 1), date(year + 1, 1, 1))

    @classmethod
    def of_months(cls, start: date, count: int) -> Period:
        """Return ``count`` whole months from the first of a month: a month, a quarter, a year, or custom months."""
        after = shifted(start, count)
        if count == 12 and start.month == 1:
            return cls.of_year(start.year)
        if count == 3 and start.month % 3 == 1:
            return cls(f"{start.year}-Q{start.month // 3 + 1}", "quarter", start, after)
        first, last = f"{start:%Y-%m}", f"{shifted(after, -1):%Y-%m}"
        return cls(first, "month", start, after) if count == 1 else cls(f"{first}..{last}", "custom", start, after)

    @classmethod
    def _one(cls, text: str) -> Period | None:
        quarter = QUARTER.fullmatch(text)
        if quarter:
            return cls.of_months(date(int(quarter["year"]), 3 * int(quarter["number"]) - 2, 1), 3)
        found = PERIOD.fullmatch(text)
        if not found:
            return None
        year, month, day = (int(part) if part else None for part in found.groups())
        if month is None:
            return cls.of_year(year)  # type: ignore[arg-type]
        try:
            start = date(year, month, day or 1)  # type: ignore[arg-type]
        except ValueError:
            return None
        after = start + timedelta(days=1) if day else (start.replace(day=1) + timedelta(days=32)).replace(day=1)
        return cls(text, "day" if day else "month", start, after)

    @property
    def months(self) -> tuple[str, ...]:
        """The months that it touches: ``2025-03``."""
        first, last = self.start.replace(day=1), self.end - timedelta(days=1)
        count = (last.year - first.year) * 12 + last.month - first.month + 1
        return tuple(f"{shifted(first, number):%Y-%m}" for number in range(count))

    @property
    def last_month(self) -> str:
        """The last month that it touches."""
        return self.months[-1]

    @property
    def by_months(self) -> Period:
        """The whole months that it touches."""
        return self.of_months(self.start.replace(day=1), len(self.months))

    def step(self, by: int) -> Period:
        """Return the period before (-1), after (1), or further away."""
        count = MONTHS.get(self.kind) or (len(self.months) if self.start.day == self.end.day == 1 else 0)
        if count:
            return self.of_months(shifted(self.start, count * by), count)
        length = (self.end - self.start) * by
        start, last = self.start + length, self.end + length - timedelta(days=1)
        return self.read(f"{start}" if self.kind == "day" else f"{start}..{last}")  # type: ignore[return-value]

    @property
    def before(self) -> Period:
        """The period just before."""
        return self.step(-1)

    @property
    def after(self) -> Period:
        """The period just after."""
        return self.step(1)

    @property
    def year_before(self) -> Period:
        """The same period of the year before."""
        if self.start.day == self.end.day == 1:
            return self.of_months(shifted(self.start, -12), len(self.months))
        return self.step(-364 // max((self.end - self.start).days, 1))

    @property
    def kinds(self) -> tuple[tuple[str, Any, str], ...]:
        """The same time by day, month, quarter and year: kind, word, text of the address."""
        year, month = f"{self.start.year}", f"{self.start:%Y-%m}"
        quarter = f"{year}-Q{(self.start.month + 2) // 3}"
        return (
            ("day", _("Day"), self.text if self.kind == "day" else f"{self.start}"),
            ("month", _("Month"), month),
            ("quarter", _("Quarter"), quarter),
            ("year", _("Year"), year),
        )


def shifted(first: date, months: int) -> date:
    """Return the first of a month some months away."""
    at = first.year * 12 + first.month - 1 + months
    return date(at // 12, at % 12 + 1, 1)
