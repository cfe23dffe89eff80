"""How far are we from zero carbon? The first page of the office, and the screen for visitors."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from lingtan.web.account.asked import Asked, asked, frame_of
from lingtan.web.account.making.green import FIGURE as GREEN
from lingtan.web.account.methods import BASE
from lingtan.web.account.pages import charts, sankey
from lingtan.web.account.pages.enterprise import own_page
from lingtan.web.account.pages.issues import waiting
from lingtan.web.account.run import Figure, Run
from lingtan.web.kernel import figures
from lingtan.web.kernel.pages import ParkRequest, in_park
from lingtan.web.park.node import Node

CORE = "co2_t_per_tce"
GREEN_TARGET = 50
FIRST_FINDINGS = 5
ENOUGH = 0.8


@in_park()
@require_GET
def overview(request: ParkRequest) -> HttpResponse:
    """Show the park's answer; who sees no whole park gets the page of his own enterprise."""
    if not request.access.whole_park:
        return own_page(request, "overview")
    what = asked(request)
    request.entry = "overview"
    context = frame_of(request, what)
    if what.run is not None:
        context.update(_answered(request, what, what.run))
    return render(request, "book/overview.html", context)


def _answered(request: ParkRequest, what: Asked, run: Run) -> dict[str, Any]:
    rows = waiting(request, what.year)
    return {
        "answer": answer(run, what.before),
        "core": core(run, what.before),
        "totals": run.result["totals"],
        "totals_before": what.before.result["totals"] if what.before else {},
        "coverage": run.result["coverage"],
        "green": green(request, run, what.before),
        "months": charts.months(run, what.before),
        "issues": rows[:FIRST_FINDINGS],
        "issue_count": rows.count(),
        "energy": _energy(request, run),
        "who": who(request, run, what.before),
        "indicators": indicators(run, green(request, run, None)),
    }


def _energy(request: ParkRequest, run: Run) -> dict[str, Any]:
    drawn = sankey.picture(run, request.access)
    return sankey.payload(
        drawn, title=_("Where energy comes from and goes"), unitline=_("tce, calorific · grey = own use and losses")
    )


def core(run: Run, before: Run | None) -> dict[str, Any]:
    """Return the core indicator with its limit, status word and distance."""
    value, limit = run.result["totals"].get(CORE), run.more["band"]
    known = (run.result["coverage"].get("known") or 0) >= ENOUGH
    word = "unknown" if value is None or limit is None or not known else "met" if value <= limit else "gap"
    former = before.result["totals"].get(CORE) if before else None
    span = run.more["spans"].get(CORE)
    top = max(value or 0, former or 0, limit or 0) * 1.1 or 1
    tce = run.result["totals"].get("energy_tce_equivalent")
    return {"value": value, "limit": limit, "word": word, "before": former, "span": span, "top": top, "tce": tce}


def answer(run: Run, before: Run | None) -> SafeString | str:
    """Return the answer in one or two sentences, also when it is that it cannot be said."""
    told = core(run, before)
    known = run.result["coverage"].get("known")
    total = run.result["totals"].get("co2_t")
    if total is None or (known is not None and known < ENOUGH):
        return format_html(
            _("It cannot be said yet: only {share} of the data is known. So far {total}."),
            share=figures.amount(known, "share"), total=_bold(total, "total", "t CO₂"),
        )  # fmt: skip
    if told["value"] is None:
        return format_html(
            _("{year}: {total} under this method, which has no energy total and no core indicator."),
            year=run.year, total=_bold(total, "total", "t CO₂"),
        )  # fmt: skip
    sentence = format_html(
        _("In {year} each tonne of coal equivalent carried {ratio}{change}."),
        year=run.year, ratio=_bold(told["value"], "ratio", "t CO₂"), change=_changed(told, before),
    )  # fmt: skip
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


def _changed(told: dict[str, Any], before: Run | None) -> str:
    part = figures.change(told["value"], told["before"])
    if part is None or before is None:
        return ""
    words = {"share": figures.amount(abs(part), "share"), "year": before.year}
    if part < 0:
        return _(", %(share)s less than in %(year)s") % words
    return _(", %(share)s more than in %(year)s") % words


def _bold(value: Any, kind: str, unit: str) -> SafeString:
    return format_html("<b>{}</b>", figures.amount(value, kind, unit))


def green(request: ParkRequest, run: Run, before: Run | None) -> dict[str, Any]:
    """Return the share of power that was supplied directly from green sources, and the same of the run before."""
    base = Figure.objects.visible_to(request.access).filter(
        name=GREEN, run__variant=BASE.key, run__boundary=run.boundary, run__superseded_by__isnull=True
    )
    found = {row.year: row for row in base.filter(year__in=[run.year, before.year if before else 0])}
    own, former = found.get(run.year), found.get(before.year) if before else None
    return {
        "value": own.value if own else None,
        "run": own.run_id if own else None,
        "before": former.value if former else None,
        "target": GREEN_TARGET,
        "met": own is not None and own.value is not None and own.value >= GREEN_TARGET,
    }


def who(request: ParkRequest, run: Run, before: Run | None) -> list[dict[str, Any]]:
    """Return the enterprises by net emission, the largest first."""
    nodes = {node.code: node for node in Node.objects.visible_to(request.access)}
    former = before.result["by_node"] if before else {}
    rows = [
        {"code": code, "name": str(nodes.get(code, code)), "net": one["net"], "own": one["own"],
         "before": former.get(code, {}).get("net")}
        for code, one in run.result["by_node"].items()
    ]  # fmt: skip
    rows.sort(key=lambda row: -(row["net"] or 0))
    most = max((abs(row["net"] or 0) for row in rows), default=0) or 1
    return [{**row, "share": max(row["net"] or 0, 0) / most} for row in rows]


def indicators(run: Run, share: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the seven national indicators: value and target where a run gives them, else what is missing."""
    told = core(run, None)
    target = f"≤ {figures.number(told['limit'], 'ratio')}" if told["limit"] is not None else _("no band")
    rows: list[dict[str, Any]] = [
        {
            "name": _("CO₂ per unit energy"), "value": told["value"], "unit": "", "kind": "ratio", "wanted": target,
            "word": told["word"], "explain": f"total:{CORE}", "run": run.pk, "target": told["limit"],
            "top": told["top"],
        },
        {
            "name": _("Direct green supply"), "value": share["value"], "unit": "%", "digits": 1, "kind": "total",
            "wanted": f"≥ {GREEN_TARGET} %", "word": "met" if share["met"] else "gap", "explain": GREEN,
            "run": share["run"], "target": GREEN_TARGET, "top": 100,
        },
    ]  # fmt: skip
    if share["value"] is None:
        rows[1]["word"], rows[1]["missing"] = "unknown", _("needs the amount of every power supply")
    return rows + [{"name": name, "wanted": wanted, "word": "unknown", "missing": why} for name, wanted, why in _left()]


def _left() -> tuple[tuple[str, str, str], ...]:
    return (
        (_("Clean energy share"), "≥ 90 %", _("needs every kWh and fuel sorted into clean or not")),
        (_("Products at level 2 or better"), "100 %", _("needs output and limit value of each product")),
        (_("Solid waste used"), "≥ 80 %", _("needs the amounts of waste made and used")),
        (_("Waste heat, cold, pressure used"), "≥ 50 %", _("needs what could be recovered at each process")),
        (_("Water reused by industry"), "≥ 80 %", _("needs circulating and reused water by enterprise")),
    )


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
    if what.run is not None:
        context.update(_answered(request, what, what.run))
    context["plan"] = plan(request, what.run)
    return render(request, "book/visitors.html", context)


__all__ = ["answer", "core", "green", "indicators", "overview", "visitors", "who"]
