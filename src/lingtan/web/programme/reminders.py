"""Reminders: once near the day, once on it, then once a week while it is overdue; many of a day come as one message."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from lingtan.web.park.park import Park
from lingtan.web.people.access import access_of
from lingtan.web.people.user import User
from lingtan.web.programme.message import Kind, Message
from lingtan.web.programme.messages import announce, tell
from lingtan.web.programme.tasks import Task, tasks_of

HOUR, SOON = 8, 3
#: Tasks that one message names one by one.
LISTED = 20


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
            count += _person(park, person, tasks, today)
        late |= {task.key for task in tasks if task.overdue(today)} if access.whole_park else set()
    if late and count:
        _chat(park, len(late))
    return count


def _person(park: Park, person: User, tasks: list[Task], today: date) -> int:
    """Remind somebody of all that has come to a new stage, in one message."""
    staged = {f"{task.key}:{at}"[:512]: (task, at) for task in tasks if (at := stage(task, today))}
    told = Message.objects.filter(user=person, park=park, kind=Kind.DUE, mentions__overlap=list(staged))
    known = {key for keys in told.values_list("mentions", flat=True) for key in keys} if staged else set()
    fresh = {key: one for key, one in staged.items() if key not in known}
    if len(fresh) == 1:
        ((key, (task, at)),) = fresh.items()
        return _one(park, person, task, at=at, key=key)
    return _many(park, person, fresh, today) if fresh else 0


def _one(park: Park, person: User, task: Task, *, at: str, key: str) -> int:
    titles = {"soon": _("Due soon: %(title)s"), "today": _("Due today: %(title)s")}
    return tell(
        [person], park=park, kind=Kind.DUE, title=titles.get(at, _("Overdue: %(title)s")),
        text=_("%(why)s Last day: %(due)s."), values={"title": task.title, "why": task.why, "due": task.due},
        link=task.link, mentions=[key],
    )  # fmt: skip


def _many(park: Park, person: User, fresh: dict[str, tuple[Task, str]], today: date) -> int:
    """Tell of several tasks in one message, the longest overdue first."""
    tasks = sorted((task for task, _at in fresh.values()), key=lambda task: task.due or today)
    late = sum(task.overdue(today) for task in tasks)
    lines = [f"{task.due} · {task.title}" for task in tasks[:LISTED]]
    if len(tasks) > LISTED:
        lines.append(gettext("… and %(count)s more.") % {"count": len(tasks) - LISTED})
    return tell(
        [person], park=park, kind=Kind.DUE, title=_("%(count)s things are due, %(late)s of them overdue"),
        text="%(lines)s", values={"count": len(tasks), "late": late, "lines": "\n".join(lines)},
        link=reverse("tasks", args=[park.code]), mentions=fresh,
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
