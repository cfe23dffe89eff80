"""Computing a line again from what it lists, and saying its rule with its own numbers."""

from __future__ import annotations

import re
from decimal import Decimal

from lingtan.inventory import rules
from lingtan.inventory.model import Line
from lingtan.ledger import units
from lingtan.ledger.unit_table import LABELS
from lingtan.trace import show

AMOUNT = "amount"


def line_amount(line: Line) -> Decimal | None:
    """Return the line's amount [t] from its rule and listed arguments; None where one is missing."""
    rule = rules.RULES.get(line.rule)
    if rule is None or rule.arguments.keys() != line.arguments.keys():
        return None
    return rules.apply(line.rule, line.arguments)


def formula(line: Line) -> str:
    """Return the line's rule with its own numbers and their units, blank where it has no rule."""
    rule = rules.RULES.get(line.rule)
    if rule is None or not line.arguments:
        return ""

    def figure(match: re.Match[str]) -> str:
        word = match.group()
        value = line.arguments.get(word)
        return word if value is None else f"{show.exact(value)} {argument_unit(line, word)}"

    return re.sub(r"[a-z_]+", figure, rule.formula)


def argument_unit(line: Line, argument: str) -> str:
    """Return the unit of an argument of the line's rule, blank where the rule or the argument is not known."""
    rule = rules.RULES.get(line.rule)
    pattern = rule.arguments.get(argument, "") if rule else ""
    unit = line.inputs[0].unit if line.inputs else line.unit or "unit"
    label = line.substance if line.substance in LABELS else ""
    return pattern.replace("{unit}", unit).replace("{substance}", label)


def from_inputs(line: Line) -> Decimal | None:
    """Return the rule's ``amount`` as the sum of the line's inputs, in the rule's unit and with the line's sign.

    None where an input is not known or its unit cannot be brought to the rule's (steam to heat goes by state).
    """
    amounts = [part.amount for part in line.inputs]
    if not amounts or any(amount is None for amount in amounts):
        return None
    total = sum((amount for amount in amounts if amount is not None), Decimal(0))
    unit, wanted = line.inputs[0].unit, argument_unit(line, AMOUNT)
    try:
        signed = total if unit == wanted else units.convert(total, unit, wanted)
    except units.UnitError:
        return None
    return signed * line.sign


def citation(rule: str) -> str:
    """Return the standard and clause of a rule."""
    known = rules.RULES.get(rule)
    return known.citation if known else ""
