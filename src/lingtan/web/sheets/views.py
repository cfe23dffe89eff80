"""A register's list as a sheet: out as it is seen, an empty one to fill in, and uploads looked at before written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.apps import apps
from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from lingtan.web.kernel import lists
from lingtan.web.kernel.pages import ParkRequest, in_park
from lingtan.web.kernel.register import Register
from lingtan.web.kernel.views import base, of_register
from lingtan.web.sheets import batches, template, workbook
from lingtan.web.sheets.columns import Codes, table_for, text_of

if TYPE_CHECKING:
    from lingtan.ledger.folder.columns import Column

SHOWN, CHUNK = 200, 2_000
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_safe
@in_park("export")
@of_register
def export(request: ParkRequest, register: Register, kind: str) -> HttpResponse | StreamingHttpResponse | FileResponse:
    """Give the list as it is cut, searched and sorted, with all columns of the sheet that the person may see."""
    asked = {name: request.GET[name] for name in request.GET}
    keys = [key for (key,) in lists.listing(register, request.access, request.park, asked).page.paginator.object_list]
    table = table_for(register, request.access)
    codes = Codes.of(register.model, table, request.access)
    found = _rows(register.model.objects.visible_to(request.access), keys)
    rows = _cells(found, table.columns, codes, ZoneInfo(request.park.timezone))
    name = f"{request.park.code}-{register.slug}"
    if kind == "csv":
        lines = workbook.comma_separated(table.names, rows)
        answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
        return answer
    if kind != "xlsx":
        raise Http404
    made = workbook.spreadsheet(register.slug, table.names, rows)
    return FileResponse(made, as_attachment=True, filename=f"{name}.xlsx", content_type=WORKBOOK)


def _rows(seen: Any, keys: Sequence[int]) -> Iterator[Any]:
    """Give rows in the order of their keys, some thousand at a time."""
    for place in range(0, len(keys), CHUNK):
        chunk = keys[place : place + CHUNK]
        held = seen.in_bulk(chunk)
        yield from (held[key] for key in chunk if key in held)


def _cells(
    rows: Iterator[Any], columns: Sequence[Column], codes: Codes, zone: ZoneInfo
) -> Iterator[list[str | Decimal]]:
    for row in rows:
        held = [codes.value(row, column) for column in columns]
        yield [
            value if isinstance(value, Decimal) else text_of(value, column, zone)
            for value, column in zip(held, columns, strict=True)
        ]


@require_safe
@in_park("import")
@of_register
def blank(request: ParkRequest, register: Register) -> FileResponse:
    """Give the empty workbook of a register, with notes, drop-downs and an explanation."""
    made = template.workbook_of(register, request.park, request.access)
    name = f"{request.park.code}-{register.slug}-template.xlsx"
    return FileResponse(made, as_attachment=True, filename=name, content_type=WORKBOOK)


@in_park("import")
@of_register
def upload(request: ParkRequest, register: Register) -> HttpResponse:
    """Take a sheet; what it would do is shown before anything is written."""
    told: Sequence[workbook.Told] = ()
    if request.method == "POST":
        given = request.FILES.get("file")
        try:
            if given is None:
                raise workbook.SheetError(workbook.told("none"))
            workbook.measured(given.name, given.size)
            batch = batches.check(register, given.name, given.read(), park=request.park, by=request.access)
        except workbook.SheetError as wrong:
            told = wrong.told
        else:
            return redirect("sheet_batch", request.park.code, register.slug, batch.pk)
    context = base(request, register) | {
        "meta": register.model._meta,
        "told": told,
        "limits": {"rows": f"{workbook.ROWS:,}", "megabytes": workbook.BYTES // workbook.MEGABYTE},
        "columns": template.columns_told(register, request.access),
        "uploads": _uploads(request, register).exclude(state="checked").select_related("by").order_by("-at")[:10],
    }
    return render(request, "kernel_sheets/upload.html", context, status=422 if told else 200)


def _uploads(request: ParkRequest, register: Register) -> Any:
    model = apps.get_model("api", "Batch")
    return model.objects.visible_to(request.access).filter(register=register.slug).defer("content", "rows")


@require_safe
@in_park("import")
@of_register
def batch(request: ParkRequest, register: Register, pk: int) -> HttpResponse:
    """Show what an upload would do, or did."""
    held = get_object_or_404(_uploads(request, register).select_related("by"), pk=pk)
    return _batch(request, register, held)


def _batch(
    request: ParkRequest, register: Register, held: Any, refused: batches.BatchError | None = None
) -> HttpResponse:
    context = base(request, register) | {"meta": register.model._meta, "batch": held, "refused": refused}
    if held.state == "checked":
        sheet = workbook.Upload.unpacked(held.content)
        plan = batches.plan(register, sheet, park=request.park, access=request.access)
        context |= {
            "plan": plan,
            "faults": plan.faults[:SHOWN],
            "remarks": [one for one in plan.told if one.level != "error"][:SHOWN],
            "new": plan.new[:SHOWN],
            "changed": plan.changed[:SHOWN],
            "more": max(len(plan.faults), len(plan.new), len(plan.changed)) - SHOWN,
            "title": sheet.title,
        }
    return render(request, "kernel_sheets/batch.html", context, status=409 if refused else 200)


@require_POST
@in_park("import")
@of_register
def apply(request: ParkRequest, register: Register, pk: int) -> HttpResponse:
    """Write an upload, all or nothing."""
    held = get_object_or_404(_uploads(request, register), pk=pk)
    said = request.POST
    try:
        done = batches.apply(
            held, register, by=request.access, reason=said.get("reason", ""), digest=said.get("digest", "")
        )
    except batches.BatchError as wrong:
        return _batch(request, register, held, wrong)
    text = _("Written: %(created)s new, %(changed)s changed, %(unchanged)s unchanged.")
    counts = {"created": done.created, "changed": done.changed, "unchanged": done.unchanged}
    messages.success(request, text % counts)
    return redirect("sheet_batch", request.park.code, register.slug, pk)


@require_POST
@in_park("import")
@of_register
def undo(request: ParkRequest, register: Register, pk: int) -> HttpResponse:
    """Take an upload back, if nobody has changed its rows since."""
    held = get_object_or_404(_uploads(request, register), pk=pk)
    try:
        batches.undo(held, register, by=request.access, reason=request.POST.get("reason", ""))
    except batches.BatchError as wrong:
        return _batch(request, register, held, wrong)
    messages.success(request, _("The upload was undone; the rows are as they were."))
    return redirect("sheet_batch", request.park.code, register.slug, pk)
