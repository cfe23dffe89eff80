"""The statistics ledger on a page and as a workbook."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from lingtan.web.kernel.language import in_language
from lingtan.web.kernel.pages import ParkRequest, in_park, today_in
from lingtan.web.kernel.workflow import Refused
from lingtan.web.park.node import Node, NodeKind
from lingtan.web.reporting import periods
from lingtan.web.reporting.files import bureau, bureau_sheet, ledger, ledger_sheet
from lingtan.web.reporting.pages.upload import attachment

#: Years that can be asked for on the page.
YEARS = 6


@require_GET
@in_park("export")
def page(request: ParkRequest) -> HttpResponse:
    """Show the ledger of a year, or hand it out as a workbook (``?excel=2025``)."""
    this = today_in(request.park).year
    wanted = request.GET.get("excel", "")
    if _within(wanted, this):
        data = ledger_sheet.write(request.park, int(wanted), request.access)
        return attachment(data, f"{request.park.code}-{wanted}.xlsx")
    years = list(range(this, this - YEARS, -1))
    asked = request.GET.get("year", "")
    made = ledger.yearly(request.park, int(asked), request.access) if _within(asked, this) else _newest(request, years)
    enterprises = Node.objects.visible_to(request.access).filter(kind=NodeKind.ENTERPRISE).order_by("code")
    own = enterprises if request.access.whole_park else enterprises.filter(pk__in=request.access.enterprises)
    shown = {
        "made": made, "years": years, "section": _section(made, request), "enterprises": own, "kinds": bureau.FORMS,
        "month": f"{made.year}-12" if made.year < this else f"{today_in(request.park):%Y-%m}",
    }  # fmt: skip
    return render(request, "reporting/statistics.html", shown)


@require_GET
@in_park("export")
def bureau_form(request: ParkRequest, form: str) -> HttpResponse:
    """Hand out form 205-1 or 205-2 of an enterprise, January to a month."""
    if not request.GET:
        return redirect("report_statistics", request.park.code)
    node = _enterprise(request, request.GET.get("enterprise", ""))
    try:
        name, kind = periods.read(request.GET.get("month", ""))
    except ValueError as wrong:
        raise Http404 from wrong
    if form not in bureau.FORMS or kind != "month":
        raise Http404
    data = bureau_sheet.write(request.park, node, form, year=name.year, last=name.month, access=request.access)
    return attachment(data, f"{form}-{node.code}-{name:%Y-%m}.xlsx")


@require_POST
@in_park("create")
def set_up(request: ParkRequest, form: str) -> HttpResponse:
    """Set the default mapping of a form for an enterprise; its lines are edited in their register."""
    if form not in bureau.FORMS:
        raise Http404
    try:
        if not request.POST.get("enterprise"):
            raise Refused("mapping.enterprise", _("Choose an enterprise first."))
        node = _enterprise(request, request.POST["enterprise"])
        made = bureau_sheet.set_up(request.park, node, form, by=request.access)
    except Refused as fault:
        messages.error(request, str(fault))
        return redirect("report_imports", request.park.code)
    words = _("The mapping %(code)s has %(count)s lines. Check them once; they can be changed at any time.")
    messages.success(request, words % {"code": made.code, "count": made.entries.count()})
    return redirect(f"/p/{request.park.code}/registers/file-mapping-lines/?mapping={made.pk}")


def _enterprise(request: ParkRequest, code: str) -> Node:
    rows = Node.objects.visible_to(request.access).filter(kind=NodeKind.ENTERPRISE, code=code)
    if not request.access.whole_park:
        rows = rows.filter(pk__in=request.access.enterprises)
    if (found := rows.first()) is None:
        raise Http404
    return found


def _within(text: str, this: int) -> bool:
    return text.isdigit() and this - 30 <= int(text) <= this


def _newest(request: ParkRequest, years: list[int]) -> ledger.Ledger:
    """Return the ledger of the newest year that has amounts, else of the running one."""
    made = [ledger.yearly(request.park, years[0], request.access)]
    for year in years[1:]:
        if made[-1].sections:
            return made[-1]
        made.append(ledger.yearly(request.park, year, request.access))
    return next((one for one in made if one.sections), made[0])


def _section(made: ledger.Ledger, request: ParkRequest) -> dict[str, Any] | None:
    """Return the section asked for, else the first, with the rows of its carriers by group."""
    wanted = request.GET.get("unit", "")
    found = next((one for one in made.sections if one.code == wanted), next(iter(made.sections), None))
    if found is None:
        return None
    groups = [
        (
            title,
            [(one, in_language(one.name_zh, one.name_en) or one.code) for one in found.carriers if one.group == group],
        )
        for group, (title, _kinds) in ledger.GROUPS.items()
    ]
    return {"code": found.code, "groups": [(title, rows) for title, rows in groups if rows]}
