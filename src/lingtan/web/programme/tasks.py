"""What is mine to do today: small functions of all rooms look at the rules, nobody writes tasks down."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from lingtan.web.programme.deadline import Deadline

if TYPE_CHECKING:
    from lingtan.web.park.park import Park
    from lingtan.web.people.access import Access

#: A deadline is near so many days before it.
NEAR = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One thing to do.

    ``key`` is the same every day as long as it is the same thing; ``title`` says verb and object; ``link`` opens it;
    ``due`` its last day; ``why`` one short sentence; ``kind`` as in `message.Kind`;
    ``stake_t`` what hangs on it [t CO2].
    """

    key: str
    title: str
    link: str
    due: date | None = None
    why: str = ""
    kind: str = "due"
    stake_t: float | None = None

    def overdue(self, today: date) -> bool:
        """Tell whether its last day has passed."""
        return self.due is not None and self.due < today

    def days(self, today: date) -> int | None:
        """Return the days left, below zero for those past; None where it has no last day."""
        return (self.due - today).days if self.due is not None else None


Source = Callable[["Park", "Access", date], Iterable[Task]]
_SOURCES: list[Source] = []


def task_source(source: Source) -> Source:
    """Add a function ``(park, access, today) -> tasks``; it asks ``.visible_to(access)`` and what ``access`` may do."""
    if source not in _SOURCES:
        _SOURCES.append(source)
    return source


def tasks_of(park: Park, access: Access, today: date) -> list[Task]:
    """Return a person's tasks: overdue first, then by day, then by what hangs on them."""
    found = [task for source in _SOURCES for task in source(park, access, today)]
    return sorted(found, key=lambda task: (task.due or date.max, -(task.stake_t or 0), task.key))


@task_source
def deadlines(park: Park, access: Access, today: date) -> Iterable[Task]:
    """Yield the deadlines that are near or have passed, for those who can settle them."""
    if not access.roles & {"office", "reporter", "approver"}:
        return
    rows: Any = Deadline.objects.visible_to(access).filter(done=None, due__lte=today + NEAR).select_related("node")
    for row in rows.order_by("due"):
        yield Task(
            key=f"deadline:{row.pk}",
            title=row.title,
            link=f"/p/{park.code}/registers/deadlines/",
            due=row.due,
            why=str(row.node) if row.node else str(_("The whole park")),
        )
