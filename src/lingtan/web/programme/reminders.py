"""Reminders: once near the day, once on it, then once a week while it is overdue."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from lingtan.web.park.park import Park
from lingtan.web.people.access import access_of
from lingtan.web.people.user import User
from lingtan.web.programme.message import Kind
from lingtan.web.programme.messages import announce, tell
from lingtan.web.programme.tasks import Task, tasks_of

HOUR, SOON = 8, 3


def remind(now: datetime | None = None) -> int:
    """Remind everybody of his tasks, at eight in the park's morning or later that day; return the messages written."""
    count = 0
    for park in Park.objects.all():
        here = (now or timezone.now()).astimezone(ZoneInfo(park.timezone))
        if here.hour >= HOUR:
            count += _park(park, here.date())
    return count


def stage(task: Task, today: date) -> str:
    """Return which reminder a task is at; empty where there is none yet."""
    if task.due is None:
        return ""
    left = (task.due - today).days
    if left < 0:
        return f"late-{(-left - 1) // 7}"
    return "today" if left == 0 else "soon" if left <= SOON else ""


def _park(park: Park, today: date) -> int:
    count, late = 0, set()
    for person in User.objects.filter(memberships__park=park, is_active=True).distinct():
        access = access_of(person, park.pk, today)
        if access is None:
            continue
        with translation.override(person.language or settings.LANGUAGE_CODE):
            tasks = tasks_of(park, access, today)
        count += sum(_one(park, person, task, stage(task, today)) for task in tasks)
        late |= {task.key for task in tasks if task.overdue(today)} if access.whole_park else set()
    if late and count:
        _chat(park, len(late))
    return count


def _one(park: Park, person: User, task: Task, at: str) -> int:
    if not at:
        return 0
    titles = {"soon": _("Due soon: %(title)s"), "today": _("Due today: %(title)s")}
    return tell(
        [person], park=park, kind=Kind.DUE, title=titles.get(at, _("Overdue: %(title)s")),
        text=_("%(why)s Last day: %(due)s."), values={"title": task.title, "why": task.why, "due": task.due},
        link=task.link, key=f"{task.key}:{at}",
    )  # fmt: skip


def _chat(park: Park, late: int) -> None:
    announce(
        park,
        kind=Kind.DUE,
        title=_("%(park)s: tasks that are overdue"),
        text=ngettext_lazy("%(count)s task is overdue.", "%(count)s tasks are overdue.", late),
        values={"park": park, "count": late},
        link=reverse("tasks", args=[park.code]),
    )
