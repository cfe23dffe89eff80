"""What the frame of every page shows of this room: how much waits for the person."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from lingtan.web.kernel.pages import today_in
from lingtan.web.programme.messages import unread
from lingtan.web.programme.tasks import tasks_of


def bell(request: HttpRequest) -> dict[str, Any]:
    """Return ``open_tasks``: tasks due by today and unread messages together; counted only where it is shown."""
    park, access = getattr(request, "park", None), getattr(request, "access", None)
    if park is None or access is None:
        return {}

    def count() -> int:
        day = today_in(park)
        mine = sum(task.due is not None and task.due <= day for task in tasks_of(park, access, day))
        return mine + unread(access.user_id, park.pk)

    return {"open_tasks": SimpleLazyObject(count)}
