"""The way into every page of a park: who is asking, which park, may he."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import wraps
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone

from lingtan.web.people.access import Access, access_of, site_access

if TYPE_CHECKING:
    from lingtan.web.park.park import Park


class ParkRequest(HttpRequest):
    """A request in a park; made by `in_park`."""

    park: Park
    access: Access


class SiteRequest(HttpRequest):
    """A request of an administrator of the installation; made by `in_site`."""

    granted: frozenset[str]


View = Callable[..., HttpResponse]


def today_in(park: Park) -> date:
    """Return the day in the park's zone."""
    return timezone.now().astimezone(ZoneInfo(park.timezone)).date()


def enter(request: HttpRequest, code: str) -> None:
    """Set ``request.park`` and ``request.access``; somebody who has no part in the park is told there is none.

    Times are shown in the park's zone unless the person has chosen one.
    """
    from lingtan.web.park.park import Park

    park = Park.objects.filter(code=code).first()
    access = access_of(request.user, park.pk, today_in(park)) if park is not None else None
    if park is None or access is None:
        raise Http404
    request.park, request.access = park, access  # type: ignore[attr-defined]
    if not request.user.timezone:  # type: ignore[union-attr]
        timezone.activate(ZoneInfo(park.timezone))


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


def in_site(action: str) -> Callable[[View], View]:
    """Make a view of the installation: signed in, and an administrator of it who is granted ``action``; else 404."""

    def wrap(view: View) -> View:
        @wraps(view)
        @login_required
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            granted = site_access(request.user, timezone.now().date())  # type: ignore[arg-type]
            if action not in granted:
                raise Http404
            request.granted = granted  # type: ignore[attr-defined]
            return view(request, *args, **kwargs)

        return guarded

    return wrap
