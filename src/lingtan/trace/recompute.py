"""Computing a line again from what it lists, and saying its rule with its own numbers."""

from __future__ import annotations

from decimal import Decimal

from lingtan.inventory import rules
from lingtan.inventory.model import Line
from lingtan.trace import show


def line_amount(line: Line) -> Decimal | None:
    """Return the line's amount [t] from its rule and listed arguments; None where it has none or no rule is known."""
    if line.rule not in rules.RULES or not line.arguments:
        return None
    return rules.apply(line.rule, line.arguments)


def formula(line: Line) -> str:
    """Return the line's rule with its own numbers."""
    parts = [f"{show.exact(value)} ({name})" for name, value in line.arguments.items()]
    return " × ".join(parts)


def citation(rule: str) -> str:
    """Return the standard and clause of a rule."""
    known = rules.RULES.get(rule)
    return str(getattr(known, "citation", "")) if known else ""
