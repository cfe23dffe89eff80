"""Bills and statistics forms: try a file, write it, confirm it where it corrects closed months, take it back."""

from __future__ import annotations

import base64
from typing import Any

from django.contrib import messages
from django.core import signing
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from lingtan.web.kernel.pages import ParkRequest, in_park, today_in
from lingtan.web.kernel.workflow import Refused
from lingtan.web.reporting import periods
from lingtan.web.reporting.files import bring, imports
from lingtan.web.reporting.files.batch import BATCHES, ImportBatch
from lingtan.web.reporting.mapping import Mapping
from lingtan.web.reporting.pages.upload import AGE, SALT, data_of, opened, sealed
from lingtan.web.sheets.workbook import SheetError

#: Imports on the page, the newest first; rows of a trial that are shown.
LAST, SHOWN = 20, 200
#: State of an import -> state word of the status pill.
PILLS = {"waiting": "due", "written": "done", "refused": "dismissed", "undone": "cancelled"}


@require_http_methods(["GET", "POST"])
@in_park("import")
def page(request: ParkRequest) -> HttpResponse:
    """Try a bill or a statistics form on its mapping, then write its amounts."""
    mappings = Mapping.objects.visible_to(request.access).select_related("reporter", "park").order_by("kind", "code")
    shown: dict[str, Any] = {"mappings": mappings, "period": f"{periods.shifted(today_in(request.park), -1):%Y-%m}"}
    if request.method == "POST":
        chosen = mappings.filter(code=request.POST.get("mapping", "")).first()
        shown |= {"chosen": chosen, "period": request.POST.get("period", "")}
        try:
            if chosen is None:
                raise Refused("import.mapping", _("Choose how the file is read first."))
            if "trial" in request.POST:
                return _apply(request, chosen)
            shown |= _tried(request, chosen)
        except SheetError as fault:
            shown["faults"] = fault.told
        except Refused as fault:
            messages.error(request, str(fault))
    return render(request, "reporting/imports.html", {**shown, "batches": _batches(request)})


def _batches(request: ParkRequest) -> list[dict[str, Any]]:
    """Return the newest imports with what may be done with each."""
    rows = ImportBatch.objects.visible_to(request.access).select_related(
        "mapping", "document", "brought_by", "settled_by", "undone_by"
    )
    return [
        {"batch": row, "offers": BATCHES.offers(row, request.access), "pill": PILLS[row.state]} for row in rows[:LAST]
    ]


def _tried(request: ParkRequest, chosen: Mapping) -> dict[str, Any]:
    file = request.FILES.get("file")
    data = data_of(file)
    text = request.POST.get("period", "").strip()
    try:
        name = periods.read(text)[0] if text else None
    except ValueError as fault:
        raise Refused(
            "import.period", _("Expected a period such as 2026-03; came %(came)s.") % {"came": text}
        ) from fault
    trial = imports.read(chosen, file.name or "", data, period=name)
    entries = {entry.pk: entry for entry in chosen.entries.select_related("stream", "node")}
    return {
        "trial": trial,
        "faults": trial.faults,
        "rows": [(draft, entries[draft.entry]) for draft in trial.drafts[:SHOWN]],
        "more": max(0, len(trial.drafts) - SHOWN),
        "token": sealed([chosen.pk, file.name, base64.b64encode(data).decode()], trial.drafts),
        "name": file.name,
    }


def _apply(request: ParkRequest, chosen: Mapping) -> HttpResponse:
    try:
        (of, name, data), _rows = signing.loads(request.POST["trial"], salt=SALT, max_age=AGE)
    except (signing.BadSignature, ValueError) as fault:
        raise Refused("upload.trial", _("The trial is too old. Upload the file again.")) from fault
    drafts = [_draft(row) for row in opened(request, [of, name, data])]
    if of != chosen.pk:
        raise Refused("upload.trial", _("The trial is too old. Upload the file again."))
    reason = request.POST.get("reason", "")
    batch = bring.apply(chosen, drafts, name, base64.b64decode(data), by=request.access, reason=reason)
    if batch.closed_months:
        words = _("%(count)s amounts wait for another person of the office: they correct closed months.")
        messages.info(request, words % {"count": batch.count})
    else:
        words = _("%(count)s amounts were written, with the file as their evidence.")
        messages.success(request, words % {"count": batch.count})
    return redirect("report_imports", request.park.code)


def _draft(values: list[Any]) -> imports.Draft:
    made = [tuple(value) if isinstance(value, list) else value for value in values]
    return imports.Draft(*made)


@require_POST
@in_park("import")
def settle(request: ParkRequest, pk: int, action: str) -> HttpResponse:
    """Confirm, refuse or take back an import."""
    batch = ImportBatch.objects.visible_to(request.access).filter(pk=pk).first()
    if batch is None or action not in {move.action for move in BATCHES.moves}:
        raise Http404
    try:
        bring.settle(batch, action, by=request.access, reason=request.POST.get("reason", ""))
    except Refused as fault:
        messages.error(request, str(fault))
    else:
        words = _("%(batch)s is now: %(state)s.")
        messages.success(request, words % {"batch": batch, "state": batch.get_state_display()})
    return redirect("report_imports", request.park.code)
