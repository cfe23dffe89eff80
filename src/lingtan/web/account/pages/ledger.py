"""How much was emitted, and what differs under another method: the account, and where energy goes."""

from __future__ import annotations

from typing import Any

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
from lingtan.web.account.asked import Asked, asked, frame_of
from lingtan.web.account.methods import BY_KEY, VARIANTS
from lingtan.web.account.pages import charts, sankey
from lingtan.web.account.pages.enterprise import own_page
from lingtan.web.account.pages.rows import TONES, factor_of, line_of, said
from lingtan.web.account.run import Run
from lingtan.web.kernel import figures
from lingtan.web.kernel.language import chinese
from lingtan.web.kernel.pages import ParkRequest, in_park


@in_park()
@require_GET
def account(request: ParkRequest) -> HttpResponse:
    """Show the account of a year: lines by source, the bridge to another method, the choices behind it."""
    if not request.access.whole_park:
        return own_page(request, "account")
    what = asked(request)
    request.entry = "account"
    context = frame_of(request, what, variants=_switch(request, what))
    if what.run is not None:
        context.update(_answered(request, what, what.run))
    return render(request, "book/account.html", context)


def _answered(request: ParkRequest, what: Asked, run: Run) -> dict[str, Any]:
    other = _other(request, what)
    total = run.result["totals"].get("co2_t")
    return {
        "answer": _answer(run, other),
        "note": what.variant.note,
        "groups": groups(run),
        "total": total,
        "total_before": what.before.result["totals"].get("co2_t") if what.before else None,
        "coverage": run.result["coverage"],
        "adds_up": _adds_up(run),
        "every_line": "lines" in request.GET,
        "span": run.more["spans"].get("co2_t"),
        "bridge": charts.bridge(run, other),
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


def _answer(run: Run, other: str) -> SafeString | str:
    told = run.more["bridges"][other]
    before, after, apart = told["before"]["co2e_t"], told["after"]["co2e_t"], told["difference_t"]
    if before is None or after is None:
        return _("The total cannot be said yet: parts of it are not known.")
    return format_html(
        _("{method}: {total}; {other}: {second}. They are {apart} apart, step by step on the right."),
        method=BY_KEY[run.variant].short,
        total=format_html("<b>{}</b>", figures.amount(before, "total", "t")),
        other=BY_KEY[other].short,
        second=format_html("<b>{}</b>", figures.amount(after, "total", "t")),
        apart=figures.amount(abs(apart), "total", "t"),
    )


def groups(run: Run) -> list[dict[str, Any]]:
    """Return the categories in the order of the method, each with its sources; an empty one says so."""
    total = run.result["totals"].get("co2_t") or 0
    lang = "zh" if chinese() else "en"
    made = []
    values = run.result["by_category"]
    for category in dict.fromkeys((*CATEGORY_ORDER, *values)):
        value = values.get(category)
        rows = [_source(row, total) for row in run.more["ledger"] if row["category"] == category]
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


def _adds_up(run: Run) -> bool:
    """Tell whether the rounded sources add up to the rounded total; else the foot says that parts are rounded apart."""
    shown = sum(round(row["t"]) for row in run.more["ledger"] if row["t"] is not None)
    return shown == round(run.result["totals"].get("co2_t") or 0)


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
    what = asked(request) if request.access.whole_park else _own(request)
    request.entry = "flows"
    context = frame_of(request, what)
    if what.run is not None:
        context.update(_flowing(request, what.run))
    return render(request, "book/flows.html", context)


def _own(request: ParkRequest) -> Asked:
    """Return what is asked by somebody who sees his own streams only."""
    from lingtan.web.account.asked import own_run
    from lingtan.web.park.node import Node

    node = Node.objects.visible_to(request.access).filter(pk__in=request.access.enterprises).order_by("code").first()
    if node is None:
        raise Http404
    return own_run(request, node)[0]


def _flowing(request: ParkRequest, run: Run) -> dict[str, Any]:
    commodity = request.GET.get("commodity", "")
    words = run.more["commodities"]
    if commodity and commodity not in words:
        raise Http404
    streams = sankey.totals(run, request.access)
    drawn = sankey.picture(run, request.access, commodity=commodity, streams=streams)
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
            title=_("%(what)s in %(year)s") % {"what": name, "year": run.year},
            unitline=drawn.unit if commodity else unit,
        ),
        "nodes": drawn.nodes,
        "table": _table(drawn),
        "unit": drawn.unit,
        "left_out": drawn.left_out,
        "commodity": commodity,
        "carriers": _choices(words, used, commodity, energy=True),
        "materials": _choices(words, used, commodity, energy=False),
        "missing": missing,
    }


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
