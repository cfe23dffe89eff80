"""Who changed what, when, why, in which request: context of the history that the database's triggers write."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pghistory
from django.db.models import Model
from django.http import HttpRequest, HttpResponse


def tracked() -> Callable[[type[Model]], type[Model]]:
    """Return the decorator of every record: each change leaves an event that nobody can alter or remove."""
    return pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent(), append_only=True)


class HistoryMiddleware:
    """Open a history context for every request that may write."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method in ("GET", "HEAD", "OPTIONS", "TRACE"):
            return self.get_response(request)
        user = getattr(request, "user", None)
        who = user.pk if user is not None and user.is_authenticated else None
        with pghistory.context(user=who, request=str(uuid.uuid4()), path=request.path[:200]):
            return self.get_response(request)
