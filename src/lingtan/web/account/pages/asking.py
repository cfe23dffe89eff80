"""Questions and remarks on a figure: asked where the figure is explained, answered by the office."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_GET, require_POST

from lingtan.web.account import asking
from lingtan.web.account.remark import Remark, RemarkKind, RemarkState
from lingtan.web.account.run import Figure
from lingtan.web.kernel.pages import ParkRequest, in_park

SHOWN: tuple[tuple[str, Any, tuple[str, ...]], ...] = (
    ("", pgettext_lazy("remark", "Not settled"), (RemarkState.OPEN, RemarkState.ANSWERED)),
    ("settled", pgettext_lazy("remark", "Settled"), (RemarkState.SETTLED,)),
    ("all", gettext_lazy("All"), tuple(RemarkState.values)),
)


def remarks_of(request: ParkRequest, figure: Figure) -> dict[str, Any]:
    """Return what was asked about a figure, in any of its runs, and what the person may do."""
    run = figure.run
    rows = Remark.objects.visible_to(request.access).filter(
        name=figure.name, year=figure.year, variant=run.variant, boundary=run.boundary
    )
    return {
        "rows": rows.select_related("asked_by", "answered_by").prefetch_related("run").order_by("-pk"),
        "kind": asking.kind_for(request.access),
        "answers": request.access.may("assign"),
        "me": request.access.user_id,
    }


@in_park()
@require_POST
def ask(request: ParkRequest, run: int, key: str) -> HttpResponse:
    """Keep a question or remark on a figure that the person sees."""
    figure = get_object_or_404(Figure.objects.visible_to(request.access).prefetch_related("run"), run_id=run, name=key)
    try:
        asking.ask(figure, request.POST.get("text", ""), by=request.access)
    except ValidationError as wrong:
        messages.error(request, wrong.messages[0])
    else:
        messages.success(request, _("Kept. The office finds it among its tasks; the answer will stand here."))
    return redirect("explain", request.park.code, run, key)


@in_park()
@require_GET
def remarks(request: ParkRequest) -> HttpResponse:
    """List questions and remarks on figures."""
    request.entry = "overview"
    wanted = request.GET.get("show", "")
    chosen = next((one for one in SHOWN if one[0] == wanted), SHOWN[0])
    rows = Remark.objects.visible_to(request.access).filter(state__in=chosen[2]).exclude(kind=RemarkKind.COMMENT)
    rows = rows.select_related("asked_by", "answered_by").prefetch_related("run").order_by("state", "-pk")
    context = {
        "rows": rows[:200],
        "shown": [(str(label), word, word == chosen[0]) for word, label, _states in SHOWN],
        "open": Remark.objects.visible_to(request.access).filter(state=RemarkState.OPEN).count(),
        "answers": request.access.may("assign"),
        "me": request.access.user_id,
    }
    return render(request, "book/remarks.html", context)


@in_park()
@require_POST
def settle(request: ParkRequest, pk: int) -> HttpResponse:
    """Answer a question, or settle one that was answered."""
    remark = get_object_or_404(Remark.objects.visible_to(request.access), pk=pk)
    text = request.POST.get("answer")
    try:
        if text is not None:
            asking.answer(remark, text, by=request.access)
        else:
            asking.settle(remark, by=request.access)
    except ValidationError as wrong:
        messages.error(request, wrong.messages[0])
    else:
        messages.success(request, _("Kept."))
    if remark.run_id is None or not remark.name or request.POST.get("back") == "list":
        return redirect("remarks", request.park.code)
    return redirect(reverse("explain", args=[request.park.code, remark.run_id, remark.name]))
