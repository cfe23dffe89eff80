"""Reminders in time, in-app and by mail after quiet hours; the overdue list with filter and workbook."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any

import openpyxl
import pytest
from django.core import mail
from django.urls import reverse

from lingtan.web.people.access import access_of
from lingtan.web.people.user import User
from lingtan.web.programme import messages, reminders
from lingtan.web.programme.message import Delivery, Message, Preference
from lingtan.web.programme.tasks import tasks_of
from lingtan.web.reporting import actions

#: The report of March is due on 10 April 2026, 18:00 in Shanghai.
DUE = datetime(2026, 4, 10, 10, 0, tzinfo=UTC)


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], datetime]:
    """Return a function that sets the clock."""

    def put(now: datetime) -> datetime:
        monkeypatch.setattr("django.utils.timezone.now", lambda: now)
        return now

    return put


@pytest.fixture
def reporter(form: Any, people: Callable[..., Any]) -> User:
    """Return the reporter of A, with an address, who reads English; January and February are handed in."""
    user = User.objects.get(pk=people("reporter", "A").user_id)
    User.objects.filter(pk=user.pk).update(email="a@example.org", language="en")
    type(form).objects.filter(pk=form.pk).update(valid_from="2026-03-01")
    user.refresh_from_db()
    return user


def told(user: User) -> list[str]:
    return [f"{one.title} {one.text}" for one in Message.objects.filter(user=user).order_by("pk")]


@pytest.mark.parametrize(
    ("days", "count"), [(-5, 0), (-3, 1), (0, 1), (1, 1)], ids=["too early", "soon", "on the day", "overdue"]
)
def test_a_report_is_reminded_of_in_time(reporter: User, at: Callable[..., datetime], days: int, count: int) -> None:
    now = at(datetime(2026, 4, 10, 1, 0, tzinfo=UTC) + timedelta(days=days))
    reminders.remind(now)
    assert len([text for text in told(reporter) if "2026-03" in text or "report" in text.casefold()]) == count


def test_nobody_is_reminded_of_what_he_handed_in(
    reporter: User, report: Any, people: Callable[..., Any], at: Callable[..., datetime]
) -> None:
    for row in report.lines.all():
        actions.save_line(row, by=people("reporter", "A"), version=1, text="1", reason="said")
    actions.move(report, "submit", by=people("reporter", "A"))
    reminders.remind(at(datetime(2026, 4, 10, 1, 0, tzinfo=UTC)))
    assert told(reporter) == []


def test_an_overdue_report_is_told_once_a_week(reporter: User, at: Callable[..., datetime]) -> None:
    for day in range(1, 9):
        reminders.remind(at(datetime(2026, 4, 10, 1, 0, tzinfo=UTC) + timedelta(days=day)))
    assert len(told(reporter)) == 2


def test_mail_of_a_reminder_waits_until_quiet_hours_end(reporter: User, at: Callable[..., datetime]) -> None:
    Preference.objects.create(user=reporter, quiet_from=time(8), quiet_to=time(10))
    now = at(datetime(2026, 4, 10, 1, 0, tzinfo=UTC))  # nine in Shanghai
    reminders.remind(now)
    assert len(told(reporter)) == 1  # in the platform at once
    messages.deliver(now)
    assert mail.outbox == []
    messages.deliver(at(datetime(2026, 4, 10, 2, 1, tzinfo=UTC)))
    assert [one.to for one in mail.outbox] == [["a@example.org"]]
    assert Delivery.objects.filter(message__user=reporter, state="sent").count() == 1


def test_a_report_is_late_from_its_due_minute_on(reporter: User, browser: Callable[..., Any], at: Any) -> None:
    address = reverse("report_overdue", args=["T"])
    at(DUE - timedelta(minutes=1))
    assert "0 reports are overdue" in browser("office").get(address).content.decode()
    at(DUE)
    assert "2 reports are overdue" in browser("office").get(address).content.decode()


def test_the_office_finds_the_overdue_list_among_its_tasks(
    reporter: User, form: Any, people: Callable[..., Any], at: Any
) -> None:
    at(DUE + timedelta(days=3))
    office = User.objects.get(pk=people("office").user_id)
    access = access_of(office, form.park.pk, DUE.date())
    assert access is not None
    titles = [task.title for task in tasks_of(form.park, access, DUE.date())]
    assert "2 reports are overdue: see who has them" in titles


@pytest.mark.parametrize(("asked", "found"), [("enterprise=A", 1), ("enterprise=B&days=9", 0), ("days=3", 2), ("", 2)])
def test_the_overdue_list_is_filtered(
    reporter: User, browser: Callable[..., Any], at: Any, asked: str, found: int
) -> None:
    at(DUE + timedelta(days=4))
    page = browser("office").get(reverse("report_overdue", args=["T"]) + "?" + asked).content.decode()
    assert page.count("Enter on behalf</button>") == found


def test_the_overdue_list_goes_out_as_excel_with_who_has_it(
    reporter: User, browser: Callable[..., Any], at: Any
) -> None:
    at(DUE + timedelta(days=4))
    answer = browser("office").get(reverse("report_overdue", args=["T"]) + "?excel=1&enterprise=A")
    rows = [
        [cell.value for cell in row] for row in openpyxl.load_workbook(io.BytesIO(answer.content)).active.iter_rows()
    ]
    assert len(rows) == 2
    assert rows[1][0] == "Plant A"
    assert rows[1][5:7] == [4, "reporter A"]


def test_an_enterprise_sees_its_own_overdue_reports_only(reporter: User, browser: Callable[..., Any], at: Any) -> None:
    at(DUE + timedelta(days=4))
    page = browser("reporter", "A").get(reverse("report_overdue", args=["T"])).content.decode()
    assert "Plant A" in page
    assert "Plant B" not in page
