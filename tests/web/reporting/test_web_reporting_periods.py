"""Periods, due instants and reminders; pure."""

from __future__ import annotations

from datetime import date, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from lingtan.web.reporting import periods
from lingtan.web.reporting.files import tables

CN = ZoneInfo("Asia/Shanghai")


def span(name: date, kind: str = "month", first_day: int = 1) -> periods.Period:
    return periods.period(name, kind, first_day=first_day, due_days=10, due_hour=18, zone=CN)


def local(at: datetime) -> str:
    return at.astimezone(CN).strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    ("kind", "first_day", "start", "end"),
    [
        ("month", 1, "2026-03-01 00:00", "2026-04-01 00:00"),
        ("month", 25, "2026-02-25 00:00", "2026-03-25 00:00"),
        ("month", 10, "2026-03-10 00:00", "2026-04-10 00:00"),
    ],
)
def test_a_month_begins_on_the_day_of_its_form(kind: str, first_day: int, start: str, end: str) -> None:
    made = span(date(2026, 3, 1), kind, first_day)
    assert (local(made.start), local(made.end)) == (start, end)


def test_bills_from_the_25th_follow_each_other_without_a_hole_over_the_year() -> None:
    made = [span(name, "month", 25) for name in periods.between(date(2025, 1, 1), date(2026, 2, 1), "month")]
    assert all(one.end == two.start for one, two in pairwise(made))


def test_a_report_is_due_at_an_hour_of_a_day_after_the_period() -> None:
    assert local(span(date(2026, 3, 1)).due) == "2026-04-10 18:00"


def test_hour_24_is_the_end_of_the_day() -> None:
    made = periods.period(date(2026, 3, 1), "month", first_day=1, due_days=10, due_hour=24, zone=CN)
    assert local(made.due) == "2026-04-11 00:00"


@pytest.mark.parametrize("text", ["2026-03", "2026-Q2", "2026"])
def test_a_written_period_is_read_back(text: str) -> None:
    assert periods.label(*periods.read(text)) == text


@pytest.mark.parametrize("text", ["", "2026-13", "2026-Q5", "26-03", "2026-03-01"])
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the text itself is the message
        periods.read(text)


@pytest.mark.parametrize("text", ["2026-03-01", "2026/3/1", "20260301", "2026年3月1日", "2026-03-01 00:00:00"])
def test_days_are_read_as_utilities_write_them(text: str) -> None:
    assert tables.day(text) == date(2026, 3, 1)


@pytest.mark.parametrize("text", ["2026-03", "202603", "2026/3", "2026年3月", "2026-03-01"])
def test_months_are_read_as_utilities_write_them(text: str) -> None:
    assert tables.month(text) == date(2026, 3, 1)
