"""Template filters of the room's pages."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django import template

from lingtan.trace import show
from lingtan.web.kernel import figures

register = template.Library()
DIGITS = 12


@register.simple_tag(takes_context=True)
def moves_after(context: Mapping[str, Any], register_of: Any, changes: list[Any]) -> list[tuple[Any, Any]]:
    """Return each change of a record with the pass that took it in: run, count of moved figures, the first of them."""
    from lingtan.web.account.pages.moves import passes_after

    if not register_of.reasoned:
        return [(change, None) for change in changes]
    found = passes_after(context["access"], [change.at for change in changes])
    return [(change, found.get(change.at)) for change in changes]


@register.simple_tag(takes_context=True)
def documents_for_report(context: Mapping[str, Any], report: Any) -> list[Any]:
    """Return the documents that stand for a report as a whole; those of its lines stand at the lines."""
    from lingtan.web.publish.links import documents_for

    return documents_for(context["request"], f"report:{report.period:%Y-%m}:{report.enterprise.code}")


@register.filter
def signed(value: Any) -> str:
    """Return an amount with its sign, as the parts of a bridge show it."""
    if value is None:
        return figures.NONE
    return f"+{figures.number(value)}" if value > 0 else figures.number(value)


@register.filter
def span(row: Any, park: Any) -> str:
    """Return the time that a finding is about in the park's zone: a year, a month, days or instants; blank for none."""
    return show.span(row.start, row.end, ZoneInfo(park.timezone)) if row.start or row.end else ""


@register.filter
def exact(value: Any) -> str:
    """Return a figure in full, to at most twelve significant digits, without trailing zeros."""
    if value is None:
        return figures.NONE
    amount = Decimal(f"{Decimal(str(value)):.{DIGITS}g}")
    return figures.number(amount.normalize() if amount else Decimal(0), "factor")
