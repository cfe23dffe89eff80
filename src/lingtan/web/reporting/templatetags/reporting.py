"""How lines of a report are written: amounts as typed, units as people write them, what stands beside."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django import template
from django.utils.translation import gettext_lazy as _

from lingtan.web.kernel.figures import NONE, THIN, number
from lingtan.web.reporting.checks import signed as with_sign
from lingtan.web.reporting.checks import written
from lingtan.web.reporting.files.ledger import DIRECTIONS
from lingtan.web.reporting.pages import strip
from lingtan.web.reporting.pages.common import when
from lingtan.web.reporting.report import Answer

register = template.Library()
HOW = {
    "no_meter": _("no meter"),
    "no_stream": NONE,
    "not_computed": _("not computed yet"),
    "incomplete": _("meter incomplete"),
    "other_unit": _("unit does not convert"),
}
register.filter("unit", written)


@register.filter
def typed(value: Decimal | None) -> str:
    """Write an amount with all its digits, grouped; blank where there is none."""
    if value is None:
        return ""
    places = max(0, -int(value.as_tuple().exponent)) if value.is_finite() else 0
    return f"{value:,.{min(places, 6)}f}"


@register.filter
def entered(row: Any) -> str:
    """Return what stands in the field of a line: the text as typed, a confirmed zero as 0."""
    if row.answer == Answer.ZERO:
        return "0"
    return (row.typed or typed(row.amount)) if row.answer == Answer.GIVEN else ""


@register.filter
def how(word: str) -> Any:
    """Say why there is no metered amount."""
    return HOW.get(word, word)


@register.filter
def signed(share: Decimal) -> str:
    """Write a share in per cent with its sign and one decimal."""
    return f"{with_sign(share, 1)}{THIN}%"


@register.filter
def offclass(row: Any) -> str:
    """Return the tone of a difference from the meter."""
    limit = row.line.metered_pct
    return "" if limit is None else "act" if abs(row.off) > limit else "ok"


@register.filter
def factor(value: Decimal) -> str:
    """Write a factor with four figures that count."""
    places = max(0, 3 - value.adjusted()) if value else 0
    return number(value, digits=min(places, 10))


@register.filter
def colour(row: Any) -> str:
    """Return the colour class of a line's commodity."""
    return strip.colour(row)


@register.filter
def local(at: datetime, zone: str) -> str:
    """Write an instant in the park's zone."""
    return when(at, zone)


@register.filter
def way(word: str) -> Any:
    """Say which way a carrier goes."""
    return DIRECTIONS.get(word, word)
