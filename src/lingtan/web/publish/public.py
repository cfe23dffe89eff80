"""The public page: released items only, with who released them and when; nobody signs in."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from lingtan.web.kernel.pages import today_in
from lingtan.web.park.park import Park
from lingtan.web.people.access import access_of
from lingtan.web.publish.documents import sent
from lingtan.web.publish.release import Release, ReleaseKind, ReleaseState


def open_to_all(park: Park | None = None) -> QuerySet[Any]:
    """Return what everybody may see: the one query of this page, over released items alone."""
    rows = Release.objects.filter(state=ReleaseState.RELEASED)
    return rows if park is None else rows.filter(park=park)


@require_safe
def parks(request: HttpRequest) -> HttpResponse:
    """List the parks that have released something."""
    shown = Park.objects.filter(pk__in=open_to_all().values("park"))
    return render(request, "public/parks.html", {"parks": shown})


@require_safe
def park(request: HttpRequest, code: str) -> HttpResponse:
    """Show what a park has released; one that has released nothing is there for its own people only."""
    shown = Park.objects.filter(code=code).first()
    items = [] if shown is None else list(
        open_to_all(shown).select_related("released_by", "document", "node").order_by("-released_at", "-pk")
    )  # fmt: skip
    if shown is None or not (items or _of_its_people(request, shown)):
        raise Http404
    context = {
        "shown": shown,
        "figures": [item for item in items if item.kind == ReleaseKind.FIGURE],
        "documents": [item for item in items if item.kind == ReleaseKind.DOCUMENT],
        "notices": [item for item in items if item.kind == ReleaseKind.NOTICE],
        "latest": max((item.released_at for item in items), default=None),
    }
    return render(request, "public/park.html", context)


def _of_its_people(request: HttpRequest, park: Park) -> bool:
    """Tell whether somebody has a part in the park today."""
    return request.user.is_authenticated and access_of(request.user, park.pk, today_in(park)) is not None


@require_safe
def download(request: HttpRequest, code: str, release: int) -> HttpResponse:
    """Hand out a released document."""
    item = (
        open_to_all().select_related("document").filter(park__code=code, pk=release, kind=ReleaseKind.DOCUMENT).first()
    )
    if item is None:
        raise Http404
    return sent(item.document.sha256, item.document.name)
