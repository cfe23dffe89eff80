"""Pages of the releases: what is public, what waits, and the way from a figure to the public page."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from lingtan.web.account.run import Figure, Run
from lingtan.web.kernel.pages import ParkRequest, in_park
from lingtan.web.kernel.workflow import Refused
from lingtan.web.publish import actions
from lingtan.web.publish.document import DocumentVersion
from lingtan.web.publish.release import RELEASE, Release, ReleaseKind, ReleaseState

#: Figures of an account that are proposed most often, first in the list.
USUAL = ("total:co2_t_per_tce", "total:co2_t", "total:energy_tce_equivalent", "total:energy_tce_calorific")


@in_park()
@require_GET
def releases(request: ParkRequest) -> HttpResponse:
    """List the releases that somebody may see, what waits for a decision first."""
    rows = Release.objects.visible_to(request.access).select_related("released_by", "proposed_by", "node")
    page = Paginator(rows.order_by("state", "-released_at", "-pk"), 50).get_page(request.GET.get("page"))
    counts = {state: rows.filter(state=state).count() for state in ReleaseState.values}
    return render(request, "releases/list.html", {"page": page, "counts": counts, "states": ReleaseState})


@in_park()
@require_GET
def release(request: ParkRequest, pk: int) -> HttpResponse:
    """Show one release as the public sees it, its way so far, and what may be done now."""
    row = get_object_or_404(Release.objects.visible_to(request.access), pk=pk)
    offers = [
        offer
        for offer in RELEASE.offers(row, request.access)
        if offer.move.action != "consent" or row.node_id in request.access.enterprises
    ]
    return render(request, "releases/detail.html", {"row": row, "offers": offers})


@in_park()
@require_POST
def move(request: ParkRequest, pk: int, action: str) -> HttpResponse:
    """Make a move and come back with what came of it."""
    row = get_object_or_404(Release.objects.visible_to(request.access), pk=pk)
    if action not in {one.action for one in RELEASE.moves}:
        raise Http404
    try:
        actions.move(row, action, by=request.access, reason=request.POST.get("reason", ""))
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("%(title)s: %(state)s.") % {"title": row, "state": row.get_state_display()})
    return redirect("release", park=request.park.code, pk=row.pk)


@in_park("release")
@require_http_methods(["GET", "POST"])
def propose(request: ParkRequest) -> HttpResponse:
    """Propose a figure of the newest accounts, a version of a document, or a notice."""
    faults: list[str] = []
    if request.method == "POST":
        try:
            made = _proposed(request)
        except Refused as refusal:
            faults.append(str(refusal))
        else:
            return redirect("release", park=request.park.code, pk=made.pk)
    return render(request, "releases/propose.html", _choices(request) | {"faults": faults, "given": request.POST})


def _proposed(request: ParkRequest) -> Release:
    titles = request.POST.get("title_zh", ""), request.POST.get("title_en", "")
    kind = request.POST.get("kind", "")
    if kind == ReleaseKind.FIGURE:
        figure = get_object_or_404(_figures(request), pk=_number(request.POST.get("figure")))
        return actions.propose_figure(figure, titles, by=request.access)
    if kind == ReleaseKind.DOCUMENT:
        version = get_object_or_404(
            DocumentVersion.objects.visible_to(request.access), pk=_number(request.POST.get("document"))
        )
        return actions.propose_document(version, titles, by=request.access)
    if kind == ReleaseKind.NOTICE:
        texts = request.POST.get("text_zh", ""), request.POST.get("text_en", "")
        return actions.propose_notice(titles, texts, by=request.access)
    raise Refused("release.kind", _("Choose what to release: a figure, a document or a notice."))


def _figures(request: ParkRequest) -> Any:
    runs = Run.objects.visible_to(request.access).filter(superseded_by=None)
    return Figure.objects.visible_to(request.access).filter(run__in=runs).select_related("node").prefetch_related("run")


def _choices(request: ParkRequest) -> dict[str, Any]:
    totals = _figures(request).filter(name__in=USUAL).order_by("-run__year", "run__variant", "name")
    nodes = _figures(request).filter(name__startswith="node:").order_by("-run__year", "run__variant", "name")
    versions = DocumentVersion.objects.visible_to(request.access).select_related("document")
    return {
        "totals": sorted(totals, key=lambda one: (-one.run.year, one.run.variant, USUAL.index(one.name))),
        "nodes": nodes[:200],
        "versions": versions.order_by("document__title", "-number")[:500],
        "asked": _number(request.GET.get("figure")),
    }


def _number(text: str | None) -> int:
    """Return a primary key, 0 (which none has) where the text is no number."""
    return int(text) if text and text.isdecimal() and len(text) < 18 else 0
