"""The first page: the parks that somebody has a part in."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from lingtan.web.park.park import Park


@login_required
def parks(request: HttpRequest) -> HttpResponse:
    """List one's parks."""
    mine = Park.objects.filter(memberships__user=request.user).distinct()
    return render(request, "park/parks.html", {"parks": mine})
