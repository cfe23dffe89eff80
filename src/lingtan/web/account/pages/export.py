"""The account of a period as a workbook: what it is, lines, months, flows; the same rows as the page."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import Any

from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from lingtan.trace.words import name as word_of
from lingtan.web.account.asked import Asked, asked
from lingtan.web.account.pages.charts import labels
from lingtan.web.account.pages.ledger import groups
from lingtan.web.account.pages.rows import said, written
from lingtan.web.account.pages.sankey import flows_of
from lingtan.web.account.part import Part
from lingtan.web.kernel.language import chinese
from lingtan.web.kernel.pages import ParkRequest, in_park

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Rows = Iterable[Sequence[Any]]


@in_park()
@require_GET
def account_export(request: ParkRequest) -> HttpResponse:
    """Send the account of the period, method and boundary of the address; for those who see the whole park."""
    what = asked(request) if request.access.whole_park else None
    if what is None or what.part is None:
        raise Http404
    made = HttpResponse(workbook(request, what, what.part), content_type=MEDIA_TYPE)
    made["Content-Disposition"] = f'attachment; filename="account-{what.period.text}-{what.variant.key}.xlsx"'
    return made


def workbook(request: ParkRequest, what: Asked, part: Part) -> bytes:
    """Return the workbook; texts that begin like a formula stay texts."""
    import xlsxwriter

    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    bold = book.add_format({"bold": True})
    for title, rows in _sheets(request, what, part):
        sheet = book.add_worksheet(title[:31])
        for number, row in enumerate(rows):
            for column, value in enumerate(row):
                if value is not None:
                    sheet.write(number, column, value, bold if number == 0 else None)
        sheet.freeze_panes(1, 1)
        sheet.set_column(0, 0, 34)
        sheet.set_column(1, 20, 16)
    book.close()
    return target.getvalue()


def _sheets(request: ParkRequest, what: Asked, part: Part) -> list[tuple[str, Rows]]:
    return [
        (_("What it is"), _about(request, what, part)),
        (_("Lines"), _lines(part)),
        (_("Months"), _months(part)),
        (_("Flows"), _flows(request, part)),
    ]


def _about(request: ParkRequest, what: Asked, part: Part) -> Rows:
    totals = part.totals
    return [
        (_("Carbon account"), str(request.park)),
        (_("Period"), str(part.period)),
        (_("Method"), str(what.variant.title)),
        (_("Boundary"), what.boundary),
        (_("Total, t CO₂"), totals.get("co2_t")),
        (_("Energy, tce (equivalent)"), totals.get("energy_tce_equivalent")),
        (_("t CO₂/tce"), totals.get("co2_t_per_tce")),
        (_("Known share of the data"), part.coverage.get("known")),
        *((_("Known for the year only, t: %(what)s") % {"what": said(line)}, t) for line, t in part.apart),
        *((_("Run of %(year)s") % {"year": run.year}, f"{run.pk} · {run.ended:%Y-%m-%d %H:%M} UTC · sha-256 "
           f"{run.input_digest} · lingtan {run.code_version}") for run in part.runs),
    ]  # fmt: skip


def _lines(part: Part) -> Rows:
    yield (_("Source"), _("Line"), _("Activity"), _("Unit"), _("Factor"), _("Unit"), "t CO₂", _("Status"))
    for group in groups(part):
        yield (group["name"], None, None, None, None, None, group["t"])
        for row in group["rows"]:
            for line in row["lines"]:
                factor = float(line["factor"]) if line.get("factor") is not None else None
                units = (written(line["unit"]), written(line.get("factor_unit") or ""))
                yield (line["name"], line["id"], line["amount"], units[0], factor, units[1], line["t"], line["status"])
    yield (_("Total"), None, None, None, None, None, part.totals.get("co2_t"))


def _months(part: Part) -> Rows:
    at = [month for month in labels(part) if month in part.months]
    yield (_("Line"), *at)
    lang = "zh" if chinese() else "en"
    for row in part.ledger:
        for line in row["lines"]:
            yield (f"{word_of(row['category'], lang)} · {said(line)}", *(line["months"].get(month) for month in at))
    totals = {month: value for run in part.runs for month, value in run.result["by_month"].items()}
    yield (_("Total"), *(totals.get(month) for month in at))


def _flows(request: ParkRequest, part: Part) -> Rows:
    yield (_("Stream"), _("Month"), _("Amount"), _("Unit"), _("Origin"), _("Known"))
    rows = flows_of(part, request.access).select_related("stream").order_by("stream__code", "month")
    for row in rows:
        amount = None if row.amount is None else float(row.amount)
        yield (row.stream.code, row.month, amount, written(row.unit), row.origin or _("missing"), row.known)
