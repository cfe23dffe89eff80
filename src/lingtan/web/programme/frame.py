"""What the frame of every page shows of this room: how much waits for the person."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from lingtan.web.kernel.pages import today_in
from lingtan.web.programme.messages import unread
from lingtan.web.programme.tasks import tasks_of

#: Seconds for which a process keeps a person's count; what the person does himself is counted at once.
FRESH = 20.0
MOST = 5_000
_KEPT: dict[tuple[int, int, date], tuple[float, int]] = {}


def bell(request: HttpRequest) -> dict[str, Any]:
    """Return ``open_tasks``: tasks due by today and unread messages together; counted only where it is shown."""
    park, access = getattr(request, "park", None), getattr(request, "access", None)
    if park is None or access is None:
        return {}

    def count() -> int:
        return _due(park, access) + unread(access.user_id, park.pk)

    return {"open_tasks": SimpleLazyObject(count)}


def _due(park: Any, access: Any) -> int:
    """Return how many tasks are due; looking at all rooms takes long, so it is done once in `FRESH` seconds."""
    day = today_in(park)
    key = (park.pk, access.user_id or 0, day)
    kept = _KEPT.get(key)
    if kept is not None and time.monotonic() - kept[0] < FRESH:
        return kept[1]
    if len(_KEPT) >= MOST:
        _KEPT.clear()
    count = sum(task.due is not None and task.due <= day for task in tasks_of(park, access, day))
    _KEPT[key] = (time.monotonic(), count)
    return count


class BellMiddleware:
    """Forget a person's count after whatever may have changed it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.get_response(request)
        if request.method not in ("GET", "HEAD", "OPTIONS"):
            user = getattr(request, "user", None)
            for key in [key for key in _KEPT if user is not None and key[1] == user.pk]:
                _KEPT.pop(key, None)
        return answer
