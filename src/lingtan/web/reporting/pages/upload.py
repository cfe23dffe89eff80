"""Files in and out: a report as Excel, evidence, bills and statistics forms, the statistics ledger."""

from __future__ import annotations

import base64
import dataclasses
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from django.contrib import messages
from django.core import signing
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from lingtan.web.kernel.pages import ParkRequest, in_park, today_in
from lingtan.web.kernel.workflow import Refused
from lingtan.web.publish.documents import sent
from lingtan.web.reporting import actions, periods
from lingtan.web.reporting.bundle import bundle
from lingtan.web.reporting.files import imports, ledger, sheet
from lingtan.web.reporting.mapping import Mapping
from lingtan.web.reporting.pages import common
from lingtan.web.reporting.report import LineDocument
from lingtan.web.sheets.workbook import BYTES, SheetError

EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SALT, AGE = "reporting.trial", 3600


def attachment(data: bytes, name: str) -> HttpResponse:
    """Answer with a workbook to be kept."""
    answer = HttpResponse(data, content_type=EXCEL)
    answer["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    return answer


@require_GET
@in_park("export")
def excel(request: ParkRequest, pk: int) -> HttpResponse:
    """Hand a report out as a workbook."""
    found = common.visible(request, pk)
    data = sheet.write(bundle(found, request.access))
    return attachment(data, f"{found.enterprise.code}-{found.form.code}-{found.label}.xlsx")


@require_http_methods(["GET", "POST"])
@in_park()
def upload(request: ParkRequest, pk: int) -> HttpResponse:
    """Try a workbook on a report: faults by cell, what would change; then apply it whole."""
    found = common.visible(request, pk)
    against = actions.may_type(found, request.access)
    if against:
        messages.error(request, against)
        return redirect("report", request.park.code, pk)
    shown: dict[str, Any] = {"report": found, "period_words": common.period_words(found.period, found.form.period_kind)}
    if request.method == "POST" and "trial" in request.POST:
        return _apply_sheet(request, found)
    if request.method == "POST":
        file = request.FILES.get("file")
        try:
            data = _data(file)
            trial = sheet.read(file.name or "", data, bundle(found, request.access))
        except SheetError as fault:
            shown["faults"] = fault.told
        except Refused as fault:
            messages.error(request, str(fault))
        else:
            shown |= {"faults": trial.faults, "trial": trial, "token": _sealed(pk, trial.changes)}
    return render(request, "reporting/upload.html", shown)


def _data(file: Any) -> bytes:
    """Return an upload's bytes, within bounds."""
    if file is None:
        raise Refused("upload.none", _("Choose a file first."))
    data: bytes = file.read(BYTES + 1)
    return data


def _sealed(key: Any, rows: list[Any]) -> str:
    return signing.dumps([key, [_plain(row) for row in rows]], salt=SALT, compress=True)


def _plain(row: Any) -> list[Any]:
    values = dataclasses.astuple(row)
    return [
        {"d": f"{one:f}"} if isinstance(one, Decimal) else {"t": one.isoformat()} if isinstance(one, datetime) else one
        for one in values
    ]


def _opened(request: ParkRequest, key: Any) -> list[list[Any]]:
    """Return the rows of a sealed trial.

    Raises
    ------
    Refused : it is older than an hour, of something else, or was changed.
    """
    try:
        of, rows = signing.loads(request.POST.get("trial", ""), salt=SALT, max_age=AGE)
    except signing.BadSignature as fault:
        raise Refused("upload.trial", _("The trial is too old. Upload the file again.")) from fault
    if of != key:
        raise Refused("upload.trial", _("The trial is too old. Upload the file again."))
    return [[_back(value) for value in row] for row in rows]


def _back(value: Any) -> Any:
    if isinstance(value, dict):
        return Decimal(value["d"]) if "d" in value else datetime.fromisoformat(value["t"])
    return value


def _apply_sheet(request: ParkRequest, found: Any) -> HttpResponse:
    try:
        changes = [sheet.Change(*row) for row in _opened(request, found.pk)]
        count = sheet.apply(found, changes, by=request.access)
    except Refused as fault:
        messages.error(request, str(fault))
        return redirect("report_upload", request.park.code, found.pk)
    except actions.Changed as change:
        words = _("%(line)s was changed by somebody else meanwhile; nothing was written. Upload the file again.")
        messages.error(request, words % {"line": change.row.line})
        return redirect("report_upload", request.park.code, found.pk)
    messages.success(request, _("%(count)s lines were taken from the file.") % {"count": count})
    return redirect("report", request.park.code, found.pk)


@require_GET
@in_park()
def document(request: ParkRequest, pk: int, document: int) -> HttpResponse:
    """Hand out the evidence of a line to those who see its report."""
    found = common.visible(request, pk)
    held = LineDocument.objects.visible_to(request.access).filter(line__report=found, document=document)
    one = held.select_related("document").first()
    if one is None or not one.document.sha256:
        raise Http404
    return sent(one.document.sha256, one.document.path.rpartition("/")[2])


@require_http_methods(["GET", "POST"])
@in_park("import")
def bring(request: ParkRequest) -> HttpResponse:
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
                return _apply_import(request, chosen)
            shown |= _tried(request, chosen)
        except SheetError as fault:
            shown["faults"] = fault.told
        except Refused as fault:
            messages.error(request, str(fault))
    return render(request, "reporting/imports.html", shown)


def _tried(request: ParkRequest, chosen: Mapping) -> dict[str, Any]:
    file = request.FILES.get("file")
    data = _data(file)
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
        "rows": [(draft, entries[draft.entry]) for draft in trial.drafts[:200]],
        "token": _sealed([chosen.pk, file.name, base64.b64encode(data).decode()], trial.drafts),
        "name": file.name,
    }


def _apply_import(request: ParkRequest, chosen: Mapping) -> HttpResponse:
    try:
        (of, name, data), _rows = signing.loads(request.POST["trial"], salt=SALT, max_age=AGE)
    except (signing.BadSignature, ValueError) as fault:
        raise Refused("upload.trial", _("The trial is too old. Upload the file again.")) from fault
    drafts = [imports.Draft(*row) for row in _opened(request, [of, name, data])]
    if of != chosen.pk:
        raise Refused("upload.trial", _("The trial is too old. Upload the file again."))
    reason = request.POST.get("reason", "")
    count = imports.apply(chosen, drafts, name, base64.b64decode(data), by=request.access, reason=reason)
    messages.success(request, _("%(count)s amounts were written, with the file as their evidence.") % {"count": count})
    return redirect("report_imports", request.park.code)


@require_GET
@in_park("export")
def statistics(request: ParkRequest) -> HttpResponse:
    """Hand the statistics ledger with the yearly report out, or offer the years."""
    this = today_in(request.park).year
    asked = request.GET.get("year", "")
    if asked.isdigit() and this - 30 <= int(asked) <= this:
        return attachment(ledger.write(request.park, int(asked), request.access), f"{request.park.code}-{asked}.xlsx")
    years = range(this, this - 6, -1)
    return render(request, "reporting/statistics.html", {"years": years, "rows": _carriers(request, this)})


def _carriers(request: ParkRequest, this: int) -> list[dict[str, Any]]:
    """Return the carriers of the newest year that has flows."""
    for year in range(this, this - 6, -1):
        rows = ledger.flows(request.park, year, request.access)
        if rows:
            return [{**row, "year": year, "total": sum(row["months"].values(), Decimal(0))} for row in rows]
    return []
