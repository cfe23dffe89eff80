"""How much was emitted, and what differs under another method: the account, and where energy goes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from lingtan.report.view import CATEGORY_ORDER
from lingtan.trace.words import name as word_of
from lingtan.web.account import actions
from lingtan.web.account.asked import Asked, asked, chosen_months, frame_of, own_run, part_of, years_of
from lingtan.web.account.methods import BY_KEY, VARIANTS
from lingtan.web.account.pages import charts, sankey
from lingtan.web.account.pages.enterprise import own_page
from lingtan.web.account.pages.overview import apart
from lingtan.web.account.pages.rows import TONES, factor_of, line_of, said
from lingtan.web.account.part import Part
from lingtan.web.account.run import Run
from lingtan.web.kernel import figures
from lingtan.web.kernel.language import chinese
from lingtan.web.kernel.pages import ParkRequest, in_park
from lingtan.web.park.node import Node

#: Units and bands in the tables of the flows page; all units are a link, further bands a page away.
UNITS, BANDS = 40, 100


@in_park()
@require_GET
def account(request: ParkRequest) -> HttpResponse:
    """Show the account of a year: lines by source, the bridge to another method, the choices behind it."""
    if not request.access.whole_park:
        return own_page(request, "account")
    if (way := chosen_months(request)) is not None:
        return way
    what = asked(request)
    request.entry = "account"
    context = frame_of(request, what, variants=_switch(request, what))
    if what.part is not None:
        context.update(_answered(request, what, what.part))
    return render(request, "book/account.html", context)


def _answered(request: ParkRequest, what: Asked, part: Part) -> dict[str, Any]:
    other, run = _other(request, what), part.run
    rows = Run.objects.visible_to(request.access).filter(
        boundary=what.boundary, variant=other, year__in=years_of(part.period), superseded_by__isnull=True
    )
    second = part_of(part.period, {one.year: one for one in rows})
    total = part.totals.get("co2_t")
    return {
        "answer": _answer(part, second, other),
        "note": what.variant.note,
        "part": part,
        "apart": apart(part),
        "groups": groups(part),
        "total": total,
        "total_before": what.former.totals.get("co2_t") if what.former else None,
        "coverage": part.coverage,
        "adds_up": _adds_up(part),
        "every_line": "lines" in request.GET,
        "span": run.more["spans"].get("co2_t") if part.whole else None,
        "bridge": charts.bridge_of(part, second, other),
        "composition_chart": charts.composition(part),
        "others": [(str(one.short), one.key, one.key == other) for one in VARIANTS if one.key != run.variant],
        "choices": [choice(one) for one in run.more["choices"] if one["matters"]],
        "idle": [said(one) for one in run.more["choices"] if not one["matters"]],
        "gas": word_of("CO2", "zh" if chinese() else "en"),
        "versions": _versions(request, run),
    }


def _switch(request: ParkRequest, what: Asked) -> list[tuple[str, str, bool]]:
    """Return the methods with the address of each; all else of the address stays."""
    made = []
    for one in VARIANTS:
        given = request.GET.copy()
        given["method"] = one.key
        given.pop("other", None)
        made.append((str(one.short), f"?{given.urlencode()}", one.key == what.variant.key))
    return made


def _other(request: ParkRequest, what: Asked) -> str:
    """Return the method that the bridge leads to."""
    wanted = request.GET.get("other", "")
    if wanted:
        if wanted not in BY_KEY or wanted == what.variant.key:
            raise Http404
        return wanted
    return next(one.key for one in VARIANTS if one.key != what.variant.key)


def _answer(part: Part, second: Part | None, other: str) -> SafeString | str:
    before, after = part.totals["co2e_t"], second.totals["co2e_t"] if second else None
    if before is None or after is None:
        return _("The total cannot be said yet: parts of it are not known.")
    return format_html(
        _("{method}: {total}; {other}: {second}. They are {apart} apart, step by step on the right."),
        method=BY_KEY[part.run.variant].short,
        total=format_html("<b>{}</b>", figures.amount(before, "total", "t")),
        other=BY_KEY[other].short,
        second=format_html("<b>{}</b>", figures.amount(after, "total", "t")),
        apart=figures.amount(abs(after - before), "total", "t"),
    )


def groups(part: Part) -> list[dict[str, Any]]:
    """Return the categories in the order of the method, each with its sources; an empty one says so."""
    total = part.totals.get("co2_t") or 0
    lang = "zh" if chinese() else "en"
    made = []
    values = part.by_category
    for category in dict.fromkeys((*CATEGORY_ORDER, *values)):
        value = values.get(category)
        rows = [_source(row, total) for row in part.ledger if row["category"] == category]
        if value is None and not rows:
            continue
        share = value / total if value is not None and total > 0 else None
        made.append({"key": category, "name": word_of(category, lang), "t": value, "share": share, "rows": rows})
    return made


def _source(row: dict[str, Any], total: float) -> dict[str, Any]:
    share = row["t"] / total if row["t"] is not None and total > 0 else None
    one = row["lines"][0] if len(row["lines"]) == 1 else None
    return {
        **row,
        **factor_of(row),
        "name": said(row),
        "share": share,
        "explain": f"line:{one['id']}" if one else f"source:{row['key']}",
        "tone": TONES.get(row["status"], ""),
        "lines": [line_of(line, row["token"], total) for line in row["lines"]],
    }


def _adds_up(part: Part) -> bool:
    """Tell whether the rounded sources add up to the rounded total; else the foot says that parts are rounded apart."""
    shown = sum(round(row["t"]) for row in part.ledger if row["t"] is not None)
    return shown == round(part.totals.get("co2_t") or 0)


def choice(one: dict[str, Any]) -> dict[str, Any]:
    """Return a choice of the method in the language of the page."""
    lang = "zh" if chinese() else "en"
    return {
        "id": one["id"],
        "title": said(one),
        "chosen": one[f"chosen_{lang}"],
        "reason": one[f"reason_{lang}"],
        "document": one["document"],
        "open": one["open"],
        "leaves_out": one["leaves_out"],
        "alternatives": [{"name": said(other), "totals": _moved(other["totals"])} for other in one["alternatives"]],
    }


def _moved(totals: dict[str, Any]) -> list[tuple[Any, str, str]]:
    """Return the totals that an alternative gives: value, unit, kind; CO2e only where it is not said by CO2."""
    told = []
    for word, unit, kind in (("co2_t_per_tce", "t CO₂/tce", "ratio"), ("co2_t", "t CO₂", "total")):
        if word in totals:
            told.append((totals[word], unit, kind))
    return told or [(value, "tce", "total") for word, value in totals.items() if word.startswith("energy")][:1]


def _versions(request: ParkRequest, run: Run) -> list[Run]:
    """Return the last runs of the same account, the newest first."""
    same = Run.objects.visible_to(request.access).filter(year=run.year, variant=run.variant, boundary=run.boundary)
    return list(same.select_related("asked_by").order_by("-pk")[:6])


@in_park()
@require_GET
def flows(request: ParkRequest) -> HttpResponse:
    """Show where energy, or one commodity, comes from and goes."""
    if (way := chosen_months(request)) is not None:
        return way
    what = asked(request) if request.access.whole_park else _own(request)
    request.entry = "flows"
    context = frame_of(request, what)
    if what.part is not None:
        context.update(_flowing(request, what.part))
    return render(request, "book/flows.html", context)


def _own(request: ParkRequest) -> Asked:
    """Return what is asked by somebody who sees his own streams only."""
    node = Node.objects.visible_to(request.access).filter(pk__in=request.access.enterprises).order_by("code").first()
    if node is None:
        raise Http404
    return own_run(request, node)[0]


def _flowing(request: ParkRequest, part: Part) -> dict[str, Any]:
    commodity = request.GET.get("commodity", "")
    words = part.run.more["commodities"]
    if commodity and commodity not in words:
        raise Http404
    streams = sankey.totals(part, request.access)
    drawn = sankey.picture(part, request.access, commodity=commodity)
    unit = _("tce, calorific · grey = own use and losses")
    name = said(words[commodity]) if commodity else _("All energy")
    reached = {band.target for band in drawn.bands}
    came = sum(band.amount for band in drawn.bands if band.source not in reached)
    missing = sorted({code for band in drawn.bands if band.missing for code in band.streams})
    used = {stream.commodity for stream in streams}
    return {
        "answer": _went(came, drawn.unit, name, missing),
        "sankey": sankey.payload(
            drawn,
            title=_("%(what)s in %(year)s") % {"what": name, "year": part.period},
            unitline=drawn.unit if commodity else unit,
        ),
        "nodes": drawn.nodes if request.GET.get("units") == "all" else drawn.nodes[:UNITS],
        "units": len(drawn.nodes),
        "page": Paginator(_table(drawn), BANDS).get_page(request.GET.get("page")),
        "unit": drawn.unit,
        "left_out": drawn.left_out,
        "commodity": commodity,
        "carriers": _choices(words, used, commodity, energy=True),
        "materials": _choices(words, used, commodity, energy=False),
        "missing": missing,
    }


@in_park()
@require_GET
def unit(request: ParkRequest, key: str) -> HttpResponse:
    """Show what a unit's sums on the page of flows are made of: bands that come in and go out, with their streams."""
    what = asked(request) if request.access.whole_park else _own(request)
    commodity = request.GET.get("commodity", "")
    if what.part is None or (commodity and commodity not in what.part.run.more["commodities"]):
        raise Http404
    drawn = sankey.picture(what.part, request.access, commodity=commodity)
    found = next((one for one in drawn.nodes if one["key"] == key), None)
    if found is None:
        raise Http404
    sides = [
        (_("Comes in"), found["into"], [one for one in drawn.bands if one.target.rstrip("*") == key]),
        (_("Goes out"), found["out"], [one for one in drawn.bands if one.source == key and not one.derived]),
    ]
    made = [(title, total, _table(replace(drawn, bands=bands))) for title, total, bands in sides]
    context = {"one": found, "sides": made, "unit": drawn.unit, "run": what.part.run, "period": what.period}
    return render(request, "book/unit.html", context)


def _choices(words: dict[str, Any], used: set[str], chosen: str, *, energy: bool) -> list[tuple[str, str, bool]]:
    """Return the commodities to choose from: those with a coal equivalent, or the others."""
    codes = (code for code in used if code in words and (words[code]["tce"] is not None) == energy)
    return sorted((said(words[code]), code, code == chosen) for code in codes)


def _table(drawn: sankey.Picture) -> list[dict[str, Any]]:
    """Return the bands as rows, the largest first, each with its streams and the names of their figures."""
    ordered = sorted(drawn.bands, key=lambda band: -band.amount)
    return [
        {
            "source": drawn.names[band.source],
            "target": drawn.names[band.target],
            "amount": band.amount,
            "streams": [(code, f"flow:{code}") for code in band.streams],
        }
        for band in ordered
    ]


def _went(came: float, unit: str, name: str, missing: list[str]) -> SafeString:
    amount = format_html("<b>{}</b>", figures.amount(came, "total", unit))
    if missing:
        return format_html(
            _("{name}: {amount} came in, as far as known; {count} streams have months without an amount."),
            name=name, amount=amount, count=len(missing),
        )  # fmt: skip
    return format_html(_("{name}: {amount} came in; every month of every stream is known."), name=name, amount=amount)


@in_park("compute")
@require_POST
def recompute(request: ParkRequest) -> HttpResponse:
    """Ask for new runs of the park; the page that asked shows how far it is."""
    what = asked(request)
    actions.ask_for_account(
        request.park, by=request.access, year=what.year, method=what.variant.key, boundary=what.boundary
    )
    back = reverse("account" if request.POST.get("back") == "account" else "overview", args=[request.park.code])
    return redirect(f"{back}?{request.GET.urlencode()}")
