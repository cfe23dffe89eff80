"""Template filters of the room's pages."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import template

from lingtan.web.kernel import figures

register = template.Library()
DIGITS = 12


@register.filter
def exact(value: Any) -> str:
    """Return a figure in full, to at most twelve significant digits, without trailing zeros."""
    if value is None:
        return figures.NONE
    amount = Decimal(f"{Decimal(str(value)):.{DIGITS}g}")
    return figures.number(amount.normalize() if amount else Decimal(0), "factor")
