"""Who has not handed in? The overdue list: filtered by enterprise, form and days, and as a workbook."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import xlsxwriter
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from lingtan.web.kernel.pages import ParkRequest, in_park, today_in
from lingtan.web.people.user import Membership
from lingtan.web.reporting.due import Cell, cells_of, overdue
from lingtan.web.reporting.pages.office import shown
from lingtan.web.reporting.pages.upload import attachment


@require_GET
@in_park()
def page(request: ParkRequest) -> HttpResponse:
    """Show what is overdue, the longest first, with who has it; ``?excel=1`` hands the same rows out."""
    now = timezone.now()
    every = overdue(cells_of(request.access, now), now)
    found = _filtered(every, request, now)
    rows = _rows(found, now, request)
    if request.GET.get("excel") and request.access.may("export"):
        return attachment(_workbook(rows), f"{request.park.code}-overdue-{today_in(request.park):%Y-%m-%d}.xlsx")
    words = ngettext("%(n)s report is overdue.", "%(n)s reports are overdue.", len(found)) % {"n": len(found)}
    told = [words]
    if rows:
        told.append(_("The longest is %(days)s days late: %(enterprise)s, %(period)s.") % rows[0])
    enterprises = {cell.enterprise.code: str(cell.enterprise) for cell in every}
    forms = {cell.form.code: str(cell.form) for cell in every}
    given = {
        "rows": rows, "answer": told, "enterprises": sorted(enterprises.items()), "forms": sorted(forms.items()),
        "office": request.access.may("accept"), "writes": request.access.may("accept") or request.access.may("report"),
        "asked": {name: request.GET.get(name, "") for name in ("enterprise", "form", "days")},
        "filtered": len(every) != len(found),
    }  # fmt: skip
    return render(request, "reporting/overdue.html", given)


def _filtered(found: Sequence[Cell], request: ParkRequest, now: datetime) -> list[Cell]:
    enterprise, form, days = (request.GET.get(name, "") for name in ("enterprise", "form", "days"))
    least = int(days) if days.isdigit() else 0
    return [
        cell
        for cell in found
        if (not enterprise or cell.enterprise.code == enterprise)
        and (not form or cell.form.code == form)
        and (now - cell.due).days >= least
    ]


def _rows(found: Sequence[Cell], now: datetime, request: ParkRequest) -> list[dict[str, Any]]:
    """Return the rows of the list with who in the enterprise has the report now."""
    holders: dict[tuple[int, str], list[str]] = {}
    parts = Membership.objects.filter(
        park=request.park, enterprise__in={cell.enterprise.pk for cell in found}, role__in=("reporter", "approver")
    ).select_related("user")
    today = today_in(request.park)
    for part in parts:
        if part.holds(today) and part.enterprise_id is not None:
            holders.setdefault((part.enterprise_id, part.role), []).append(str(part.user))
    rows = []
    for cell in found:
        role = "approver" if cell.state == "submitted" else "reporter"
        who = holders.get((cell.enterprise.pk, role), [])
        own = shown(cell, now, request)
        rows.append({**own, "days": (now - cell.due).days, "who": _(", ").join(dict.fromkeys(who))})
    return rows


def _workbook(rows: Sequence[dict[str, Any]]) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet("overdue")
    head = book.add_format({"bold": True, "bg_color": "#E1F1EE", "bottom": 1})
    heads = (
        _("Enterprise"),
        _("Form"),
        _("Period"),
        _("State"),
        _("Due"),
        _("Days late"),
        _("With"),
        _("Times returned"),
    )
    sheet.set_column(0, len(heads) - 1, 20)
    for at, text in enumerate(heads):
        sheet.write_string(0, at, str(text), head)
    for line, row in enumerate(rows, start=1):
        texts = (row["enterprise"], row["form"], row["label"], row["word"], row["due"])
        for at, text in enumerate(texts):
            sheet.write_string(line, at, str(text))
        sheet.write_number(line, 5, row["days"])
        sheet.write_string(line, 6, row["who"])
        sheet.write_number(line, 7, row["returns"])
    sheet.autofilter(0, 0, max(len(rows), 1), len(heads) - 1)
    sheet.freeze_panes(1, 1)
    book.close()
    return out.getvalue()
