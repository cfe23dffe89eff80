"""Which months are final? The office closes them here; everybody in the park sees how final they are."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from lingtan.web.kernel.pages import ParkRequest, in_park, today_in
from lingtan.web.kernel.workflow import Refused
from lingtan.web.reporting import periods
from lingtan.web.reporting.closing import MonthState, states_of
from lingtan.web.reporting.closing.actions import offers, settle
from lingtan.web.reporting.closing.month import CLOSING
from lingtan.web.reporting.pages import common

#: Months of the page, the running one first.
WIDE = 15


@require_GET
@in_park()
def page(request: ParkRequest) -> HttpResponse:
    """Show how final the last months are and what the office may do about each."""
    whole = request.access.whole_park
    this = today_in(request.park).replace(day=1)
    labels = [f"{periods.shifted(this, -step):%Y-%m}" for step in range(WIDE)]
    states = states_of(request.park, labels)
    rows = [_shown(request, states[label], whole=whole) for label in labels]
    closed = sum(row["state"].closed for row in rows)
    open_ = sum(row["state"].word == "preliminary" for row in rows)
    told = [
        ngettext("%(n)s month is closed.", "%(n)s months are closed.", closed) % {"n": closed},
        ngettext("%(n)s is preliminary.", "%(n)s are preliminary.", open_) % {"n": open_},
    ]
    return render(request, "reporting/months.html", {"rows": rows, "answer": told, "whole": whole})


def _shown(request: ParkRequest, state: MonthState, *, whole: bool) -> dict[str, Any]:
    closing, zone = state.closing, request.park.timezone
    return {
        "state": state,
        "words": common.period_words(periods.read(state.month)[0], "month"),
        "offers": offers(state, request.park, request.access) if whole else [],
        "closing": closing,
        "asked_at": common.when(closing.asked_at, zone) if closing else "",
        "closed_at": common.when(closing.closed_at, zone) if closing else "",
    }


@require_POST
@in_park("accept")
def move(request: ParkRequest, month: str, action: str) -> HttpResponse:
    """Close a month, ask for it, confirm it, or leave it open."""
    try:
        first, kind = periods.read(month)
    except ValueError as wrong:
        raise Http404 from wrong
    if kind != "month" or action not in {one.action for one in CLOSING.moves}:
        raise Http404
    try:
        settle(request.park, first, action, by=request.access, reason=request.POST.get("reason", ""))
    except Refused as fault:
        messages.error(request, str(fault))
    else:
        messages.success(request, _done(first, action))
    return redirect("report_months", request.park.code)


def _done(first: date, action: str) -> str:
    words = {
        "close": _("%(month)s is closed; it takes corrections only."),
        "confirm": _("%(month)s is closed; it takes corrections only."),
        "ask": _("Another person of the office has to confirm the closing of %(month)s."),
        "decline": _("%(month)s stays open."),
    }
    return words[action] % {"month": common.period_words(first, "month")}
