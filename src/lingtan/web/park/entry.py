"""The first page: the parks that somebody has a part in."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from lingtan.web.people.access import parks_of


@login_required
def parks(request: HttpRequest) -> HttpResponse:
    """List one's parks."""
    from lingtan.web.park.views import may_found

    mine = parks_of(request.user, timezone.now().date())  # type: ignore[arg-type]
    return render(request, "park/parks.html", {"parks": mine, "may_found": may_found(request.user)})
