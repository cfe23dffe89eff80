"""Files of a report: as Excel out and in, its evidence."""

from __future__ import annotations

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

from lingtan.web.kernel.pages import ParkRequest, in_park
from lingtan.web.kernel.workflow import Refused
from lingtan.web.publish.documents import sent
from lingtan.web.reporting import actions
from lingtan.web.reporting.bundle import bundle
from lingtan.web.reporting.files import sheet
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
            data = data_of(file)
            trial = sheet.read(file.name or "", data, bundle(found, request.access))
        except SheetError as fault:
            shown["faults"] = fault.told
        except Refused as fault:
            messages.error(request, str(fault))
        else:
            shown |= {"faults": trial.faults, "trial": trial, "token": sealed(pk, trial.changes)}
    return render(request, "reporting/upload.html", shown)


def data_of(file: Any) -> bytes:
    """Return an upload's bytes, within bounds."""
    if file is None:
        raise Refused("upload.none", _("Choose a file first."))
    data: bytes = file.read(BYTES + 1)
    return data


def sealed(key: Any, rows: list[Any]) -> str:
    """Return the rows of a trial, signed, for the form that confirms them."""
    return signing.dumps([key, [_plain(row) for row in rows]], salt=SALT, compress=True)


def _plain(row: Any) -> list[Any]:
    values = dataclasses.astuple(row)
    return [
        {"d": f"{one:f}"} if isinstance(one, Decimal) else {"t": one.isoformat()} if isinstance(one, datetime) else one
        for one in values
    ]


def opened(request: ParkRequest, key: Any) -> list[list[Any]]:
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
        changes = [sheet.Change(*row) for row in opened(request, found.pk)]
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
