"""What documents stand for: clauses, figures and reports by the words of `Document.links`, and the way back from each.

``clause:3.2`` · ``figure:total:co2_t`` (newest account of the national method; ``figure:total:co2_t@2024`` of a year) ·
``report:2025-03:E01`` (month and enterprise).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from lingtan.web.kernel.pages import ParkRequest
from lingtan.web.publish.document import Document


def links_of(request: ParkRequest, links: Iterable[str]) -> list[dict[str, Any]]:
    """Return links as name, kind, address; ``missing`` says that what is named is not there, or not the person's."""
    return [_link(request, text) for text in links]


def _link(request: ParkRequest, text: str) -> dict[str, Any]:
    kind, _colon, rest = text.partition(":")
    ways = {"figure": _figure, "report": _report}
    if kind in ways:
        href = ways[kind](request, rest)
        missing = "" if href else _("not there, or not yours to see")
        return {"text": text, "name": rest, "kind": WORDS[kind](), "href": href, "missing": missing}
    if kind == "clause":
        found = reverse("search", args=[request.park.code]) + f"?q={text}"
        return {"text": text, "name": rest, "kind": _("Clause"), "href": found, "missing": ""}
    return {"text": text, "name": text, "kind": _("Other"), "href": "", "missing": ""}


WORDS = {"figure": lambda: _("Figure"), "report": lambda: _("Report")}


def _figure(request: ParkRequest, rest: str) -> str:
    from lingtan.web.account.methods import BASE
    from lingtan.web.account.run import Figure

    name, at, year = rest.rpartition("@")
    dated = bool(at) and len(year) == 4 and year.isdigit()
    rows = Figure.objects.visible_to(request.access).filter(
        name=name if dated else rest, run__superseded_by__isnull=True, run__variant=BASE.key
    )
    found = (rows.filter(year=int(year)) if dated else rows).order_by("-year").only("run_id", "name").first()
    return reverse("explain", args=[request.park.code, found.run_id, found.name]) if found else ""


def _report(request: ParkRequest, rest: str) -> str:
    from lingtan.web.reporting.report import Report

    month, _colon, code = rest.partition(":")
    try:
        day = date.fromisoformat(f"{month}-01")
    except ValueError:
        return ""
    rows = Report.objects.visible_to(request.access).filter(period=day, enterprise__code=code)
    found = rows.order_by("-revision").first()
    return reverse("report", args=[request.park.code, found.pk]) if found else ""


def lines_of(request: ParkRequest, document: Document) -> list[Any]:
    """Return the lines of reports that a document is attached to."""
    from lingtan.web.reporting.report import ReportLine

    rows = ReportLine.objects.visible_to(request.access).filter(documents=document)
    return list(rows.select_related("report__enterprise", "report__form")[:50])


def proved(request: ParkRequest) -> list[dict[str, Any]]:
    """Return all that documents stand for, each with its documents: clauses first, then figures, reports, others."""
    held: dict[str, list[Document]] = {}
    for document in Document.objects.visible_to(request.access).exclude(links=[]).order_by("title"):
        for text in document.links:
            held.setdefault(text, []).append(document)
    ranks = {"clause": 0, "figure": 1, "report": 2}
    ordered = sorted(held, key=lambda text: (ranks.get(text.partition(":")[0], 3), text))
    return [{**_link(request, text), "documents": held[text]} for text in ordered]


def documents_for(request: ParkRequest, text: str) -> list[Document]:
    """Return the documents that stand for one thing, named as in `Document.links`."""
    return list(Document.objects.visible_to(request.access).filter(links__contains=[text]).order_by("title")[:50])
