"""How much does one enterprise emit, and on what does it rest? Its own figures only; neighbours are not shown."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from lingtan.web.account.asked import Asked, chosen_months, frame_of, own_run
from lingtan.web.account.pages import charts
from lingtan.web.account.pages.issues import waiting
from lingtan.web.account.pages.rows import line_of, said, written
from lingtan.web.account.pages.sankey import OUTSIDE, flows_of, token_of
from lingtan.web.account.part import Part
from lingtan.web.account.run import MonthFlow
from lingtan.web.kernel import figures
from lingtan.web.kernel.pages import ParkRequest, in_park
from lingtan.web.park.node import Node
from lingtan.web.people.suppress import may_show

FIRST_FINDINGS = 8


@in_park()
@require_GET
def enterprise(request: ParkRequest, code: str) -> HttpResponse:
    """Show one enterprise's account."""
    return shown(request, code, "overview")


def own_page(request: ParkRequest, entry: str) -> HttpResponse:
    """Show somebody his enterprise's account in place of the park's, or the list where he has several."""
    own = list(Node.objects.visible_to(request.access).filter(pk__in=request.access.enterprises).order_by("code"))
    if len(own) == 1:
        return shown(request, own[0].code, entry)
    request.entry = entry
    return render(request, "book/enterprises.html", {"enterprises": own})


def shown(request: ParkRequest, code: str, entry: str) -> HttpResponse:
    """Render the page of an enterprise that the person sees; another one is not there."""
    if (way := chosen_months(request)) is not None:
        return way
    node = get_object_or_404(Node.objects.visible_to(request.access), code=code)
    if node.enterprise_id != node.pk:
        raise Http404
    what, figure = own_run(request, node)
    request.entry = entry
    context = frame_of(request, what, node=node, figure=figure)
    if what.part is not None:
        context.update(_answered(request, what, what.part, node))
    return render(request, "book/enterprise.html", context)


def _answered(request: ParkRequest, what: Asked, part: Part, node: Node) -> dict[str, Any]:
    own = part.by_node[node.code]
    former = what.former.by_node.get(node.code) if what.former else None
    issues = waiting(request, what.period).filter(of_node(node))
    return {
        "part": part,
        "own": own,
        "former": former or {},
        "answer": _answer(part, own, former, what),
        "months": charts.own_months(part, node.code),
        "ledger": lines_of(part, node.code),
        "streams": streams_of(request, part, node),
        "issues": issues[:FIRST_FINDINGS],
        "issue_count": issues.count(),
        **whole(request, part),
    }


def whole(request: ParkRequest, part: Part) -> dict[str, Any]:
    """Return the park's total where the person may see it; hidden where a neighbour could be derived from it.

    It is that of whole years: only for these are the parts known by which it is decided.
    """
    if request.access.whole_park:
        return {}
    run = part.run
    pks = run.more.get("node_keys", {})
    net = {pks[code]: one["net"] for code, one in run.result["by_node"].items() if code in pks}
    amounts = {pk: None if value is None else Decimal(str(value)) for pk, value in net.items()}
    shown = part.whole and may_show(amounts, request.access.enterprises)
    return {"park_asked": part.whole, "park_total": run.result["totals"].get("co2e_t") if shown else None}


def of_node(node: Node) -> Any:
    """Return what cuts findings to one enterprise."""
    ends = Q(stream__source__enterprise=node) | Q(stream__target__enterprise=node)
    return Q(node__enterprise=node) | ends


def _answer(part: Part, own: dict[str, Any], former: dict[str, Any] | None, what: Asked) -> SafeString:
    if not part.whole:
        text = _("{period}: {own} from its own fuels, processes and purchases; received and sent on by the year only.")
        return format_html(text, period=part.period, own=format_html("<b>{}</b>", figures.amount(own["own"], unit="t")))
    net = format_html("<b>{}</b>", figures.amount(own["net"], "total", "t CO₂"))
    moved = figures.change(own["net"], former["net"]) if former else None
    values = {
        "year": part.period,
        "net": net,
        "own": figures.amount(own["own"], "total", "t"),
        "received": figures.amount(own["received"], "total", "t"),
        "sent": figures.amount(own["sent"], "total", "t"),
    }
    if moved is None:
        return format_html(_("{year}: {net} net, of which own {own}, received {received}, sent on {sent}."), **values)
    values.update(share=figures.amount(abs(moved), "share"), before=what.compared)
    if moved < 0:
        return format_html(
            _("{year}: {net} net, {share} less than in {before}; own {own}, received {received}, sent on {sent}."),
            **values,
        )
    return format_html(
        _("{year}: {net} net, {share} more than in {before}; own {own}, received {received}, sent on {sent}."), **values
    )


def lines_of(part: Part, code: str) -> list[dict[str, Any]]:
    """Return the inventory lines that stand in an enterprise's account, the largest first."""
    wanted = {line for run in part.runs for line in run.more["nodes"].get(code, {}).get("lines", ())}
    rows = [line_of(line, row["token"], 0) for row in part.ledger for line in row["lines"] if line["id"] in wanted]
    return sorted(rows, key=lambda row: -abs(row["t"] or 0))


def streams_of(request: ParkRequest, part: Part, node: Node) -> list[dict[str, Any]]:
    """Return what came in and went out over the enterprise's fence, with each month, its origin and what is missing."""
    ends = Q(stream__source__enterprise=node) | Q(stream__target__enterprise=node)
    rows = flows_of(part, request.access).filter(ends)
    rows = rows.select_related("stream__source", "stream__target").order_by("stream__code", "month")
    seen = set(Node.objects.visible_to(request.access).values_list("pk", flat=True))
    words = part.run.more["commodities"]
    held: dict[int, dict[str, Any]] = {}
    for row in rows:
        inside = [end.enterprise_id == node.pk for end in (row.stream.source, row.stream.target)]
        if inside[0] == inside[1]:
            continue
        one = held.setdefault(row.stream_id, _stream(row, inside[1], words, seen))
        one["months"].append(row.amount)
        one["missing"] += row.amount is None
        one["origins"][row.origin] = one["origins"].get(row.origin, 0) + 1
    made = [_summed(one) for one in held.values()]
    return sorted(made, key=lambda one: (not one["received"], one["commodity"], one["code"]))


def _stream(row: MonthFlow, received: bool, words: dict[str, Any], seen: set[int]) -> dict[str, Any]:
    stream = row.stream
    other = stream.source if received else stream.target
    public = other.kind in OUTSIDE or other.enterprise_id is None or other.pk in seen
    return {
        "code": stream.code,
        "commodity": said(words.get(stream.commodity, {})) or stream.commodity,
        "token": token_of(stream.commodity),
        "other": str(other) if public else _("another unit of the park"),
        "received": received,
        "unit": written(row.unit),
        "months": [],
        "missing": 0,
        "origins": {},
        "explain": f"flow:{stream.code}",
    }


def _summed(one: dict[str, Any]) -> dict[str, Any]:
    known = [amount for amount in one["months"] if amount is not None]
    most = max((abs(amount) for amount in known), default=0)
    bars = [_bar(number, amount, most) for number, amount in enumerate(one["months"])]
    origin = max(one["origins"], key=lambda name: one["origins"][name]) if one["origins"] else ""
    return {**one, "amount": sum(known) if known else None, "bars": bars, "origin": origin}


def _bar(number: int, amount: Any, most: Any) -> dict[str, Any]:
    """Return one month of a small bar chart, 24 high; a month without an amount is hatched."""
    high = round(24 * float(abs(amount) / most), 1) if amount is not None and most else 0.0
    return {"x": number * 10, "y": round(24 - high, 1), "h": high, "amount": amount, "known": amount is not None}


__all__ = ["enterprise", "own_page", "shown"]
