"""How far are we from zero carbon? The first page of the office, and the screen for visitors."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from lingtan.web.account.asked import Asked, asked, chosen_months, frame_of
from lingtan.web.account.making.green import FIGURE as GREEN
from lingtan.web.account.making.green import supply_of
from lingtan.web.account.methods import BASE
from lingtan.web.account.pages import charts, sankey
from lingtan.web.account.pages.enterprise import own_page
from lingtan.web.account.pages.indicators import CORE, GREEN_TARGET, indicators
from lingtan.web.account.pages.issues import waiting
from lingtan.web.account.pages.rows import said
from lingtan.web.account.part import Part
from lingtan.web.account.run import Figure
from lingtan.web.kernel import figures
from lingtan.web.kernel.pages import ParkRequest, in_park
from lingtan.web.park.node import Node

FIRST_FINDINGS = 5
ENOUGH = 0.8


@in_park()
@require_GET
def overview(request: ParkRequest) -> HttpResponse:
    """Show the park's answer; who sees no whole park gets the page of his own enterprise."""
    if not request.access.whole_park:
        return own_page(request, "overview")
    if (way := chosen_months(request)) is not None:
        return way
    what = asked(request)
    request.entry = "overview"
    context = frame_of(request, what)
    if what.part is not None:
        context.update(_answered(request, what, what.part))
    return render(request, "book/overview.html", context)


def _answered(request: ParkRequest, what: Asked, part: Part) -> dict[str, Any]:
    rows = waiting(request, what.period)
    share = green(request, part, what.former)
    return {
        "answer": answer(part, what.former),
        "core": core(part, what.former),
        "part": part,
        "apart": apart(part),
        "totals": part.totals,
        "totals_before": what.former.totals if what.former else {},
        "coverage": part.coverage,
        "green": share,
        "months": charts.months(part, what.former),
        "issues": rows[:FIRST_FINDINGS],
        "issue_count": rows.count(),
        "energy": _energy(request, part),
        "who": who(request, part, what.former),
        "indicators": indicators(request, part, share),
    }


def apart(part: Part) -> dict[str, Any] | None:
    """Return what is known for the year only and therefore not in this period: sum [t] and names; None for nothing."""
    held = part.apart
    if not held:
        return None
    return {"t": sum(amount for _line, amount in held), "names": [said(line) for line, _amount in held[:3]]}


def _energy(request: ParkRequest, part: Part) -> dict[str, Any]:
    drawn = sankey.picture(part, request.access)
    made = sankey.payload(
        drawn, title=_("Where energy comes from and goes"), unitline=_("tce, calorific · grey = own use and losses")
    )
    return {**made, "empty": _("No stream with a coal equivalent has an amount in this period.")}


def core(part: Part, former: Part | None) -> dict[str, Any]:
    """Return the core indicator with its limit, status word and distance; the limit is one of a year."""
    value, limit = part.totals.get(CORE), part.run.more["band"]
    known = (part.coverage.get("known") or 0) >= ENOUGH
    word = "unknown" if value is None or limit is None or not known else "met" if value <= limit else "gap"
    before = former.totals.get(CORE) if former else None
    span = part.run.more["spans"].get(CORE) if part.whole else None
    top = max(value or 0, before or 0, limit or 0) * 1.1 or 1
    tce = part.totals.get("energy_tce_equivalent")
    return {"value": value, "limit": limit, "word": word, "before": before, "span": span, "top": top, "tce": tce}


def answer(part: Part, former: Part | None) -> SafeString | str:
    """Return the answer in one or two sentences, also when it is that it cannot be said."""
    told = core(part, former)
    known = part.coverage.get("known")
    total = part.totals.get("co2_t")
    if total is None or (known is not None and known < ENOUGH):
        return format_html(
            _("It cannot be said yet: only {share} of the data is known. So far {total}."),
            share=figures.amount(known, "share"), total=_bold(total, "total", "t CO₂"),
        )  # fmt: skip
    if told["value"] is None:
        return format_html(
            _("{year}: {total} under this method, which has no energy total and no core indicator."),
            year=part.period, total=_bold(total, "total", "t CO₂"),
        )  # fmt: skip
    sentence = format_html(
        _("In {year} each tonne of coal equivalent carried {ratio}{change}."),
        year=part.period, ratio=_bold(told["value"], "ratio", "t CO₂"), change=_changed(told, former),
    )  # fmt: skip
    if not part.whole:
        return format_html(
            "{} {}", sentence, _("The national line is one of whole years; it is shown to compare with.")
        )
    return format_html("{} {}", sentence, _against(told))


def _against(told: dict[str, Any]) -> SafeString | str:
    """Return the sentence about the national line."""
    if told["limit"] is None:
        tce = figures.amount(told["tce"], "total", "tce")
        return _("With %(tce)s a year the park is below the national bands; none applies.") % {"tce": tce}
    values = {"limit": figures.amount(told["limit"], "ratio")}
    if told["word"] == "met":
        return _("The national line of %(limit)s is met.") % values
    gap = _bold(told["value"] - told["limit"], "ratio", "")
    return format_html(
        _("The national core indicator asks for ≤ {limit}: {gap} is left to close before acceptance can be requested."),
        limit=values["limit"], gap=gap,
    )  # fmt: skip


def _changed(told: dict[str, Any], former: Part | None) -> str:
    part = figures.change(told["value"], told["before"])
    if part is None or former is None:
        return ""
    words = {"share": figures.amount(abs(part), "share"), "year": former.period}
    if part < 0:
        return _(", %(share)s less than in %(year)s") % words
    return _(", %(share)s more than in %(year)s") % words


def _bold(value: Any, kind: str, unit: str) -> SafeString:
    return format_html("<b>{}</b>", figures.amount(value, kind, unit))


def green(request: ParkRequest, part: Part, former: Part | None) -> dict[str, Any]:
    """Return the share of power that was supplied directly from green sources, and the same of the comparison."""
    value, before = (_green_share(request, one) if one else None for one in (part, former))
    base = Figure.objects.visible_to(request.access).filter(
        name=GREEN, run__variant=BASE.key, run__boundary=part.run.boundary, run__superseded_by__isnull=True
    )
    own = base.filter(year=part.run.year).only("run_id").first()
    return {
        "value": value,
        "run": own.run_id if own else None,
        "before": before,
        "target": GREEN_TARGET,
        "met": value is not None and value >= GREEN_TARGET,
    }


def _green_share(request: ParkRequest, part: Part) -> float | None:
    """Return the share [%] of a period: that of a run for its year, else from the flows of the run's own supply."""
    held = Figure.objects.visible_to(request.access).filter(
        name=GREEN, run__variant=BASE.key, run__boundary=part.run.boundary, run__superseded_by__isnull=True,
        year__in=[run.year for run in part.runs],
    )  # fmt: skip
    if part.whole:
        value = held.filter(year=part.run.year).values_list("value", flat=True).first()
        return float(value) if value is not None else None
    found = {row.year: row for row in held}
    marks = {code: green for row in found.values() for code, green in supply_of(row.explanation).items()}
    supply = sankey.flows_of(part, request.access).filter(stream__code__in=marks)
    rows = list(supply.values_list("stream__code", "amount"))
    if len(found) < len(part.runs) or not rows or any(amount is None for _code, amount in rows):
        return None
    whole = sum(float(amount) for _code, amount in rows)
    return 100 * sum(float(amount) for code, amount in rows if marks[code]) / whole if whole else None


def who(request: ParkRequest, part: Part, former: Part | None) -> list[dict[str, Any]]:
    """Return the enterprises, the largest first: by net emission, by their own where only that is known by month."""
    nodes = {node.code: node for node in Node.objects.visible_to(request.access)}
    word = "net" if part.whole else "own"
    before = former.by_node if former else {}
    rows = [
        {"code": code, "name": str(nodes.get(code, code)), "net": one[word], "before": before.get(code, {}).get(word)}
        for code, one in part.by_node.items()
    ]
    rows.sort(key=lambda row: -(row["net"] or 0))
    most = max((abs(row["net"] or 0) for row in rows), default=0) or 1
    return [{**row, "share": max(row["net"] or 0, 0) / most} for row in rows]


@in_park()
@require_GET
def visitors(request: ParkRequest) -> HttpResponse:
    """Show the park's plan with the key figures on one screen; for those who see the whole park."""
    if not request.access.whole_park:
        raise Http404
    from lingtan.web.account.pages.plan import plan

    what = asked(request)
    request.entry = "overview"
    context = frame_of(request, what)
    if what.part is not None:
        context.update(_answered(request, what, what.part))
    context["plan"] = plan(request, what.part)
    return render(request, "book/visitors.html", context)


__all__ = ["answer", "core", "green", "overview", "visitors", "who"]
