"""The way into every page of a park: who is asking, which park, may he."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import wraps
from typing import TYPE_CHECKING, Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone

from lingtan.web.people.access import Access, access_of

if TYPE_CHECKING:
    from lingtan.web.park.park import Park


class ParkRequest(HttpRequest):
    """A request in a park; made by `in_park`."""

    park: Park
    access: Access


View = Callable[..., HttpResponse]


def today_in(park: Park) -> date:
    """Return the day in the park's zone."""
    from zoneinfo import ZoneInfo

    return timezone.now().astimezone(ZoneInfo(park.timezone)).date()


def enter(request: HttpRequest, code: str) -> None:
    """Set ``request.park`` and ``request.access``; somebody who has no part in the park is told there is none."""
    from lingtan.web.park.park import Park

    park = Park.objects.filter(code=code).first()
    access = access_of(request.user, park.pk, today_in(park)) if park is not None else None
    if park is None or access is None:
        raise Http404
    request.park, request.access = park, access  # type: ignore[attr-defined]


def in_park(action: str = "") -> Callable[[View], View]:
    """Make a view of ``/p/<park>/...``: signed in, a member of the park, and granted ``action`` where one is named."""

    def wrap(view: View) -> View:
        @wraps(view)
        @login_required
        def guarded(request: HttpRequest, park: str, *args: Any, **kwargs: Any) -> HttpResponse:
            enter(request, park)
            if action and not request.access.may(action):  # type: ignore[attr-defined]
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return wrap
