"""Whether a total may be shown to somebody who could work out a neighbour from it.

A total is made of the amounts of enterprises. Who looks at it knows those of his own enterprises and can take them
off; what is left belongs to the others. It is shown only if

- at least three others have an amount in it (`FEWEST`), and
- the largest of them has at most 80 % of what is left (`DOMINANCE`), and
- what the remaining ones have together is at least 10 % of the largest (`P_PERCENT`, the p % rule), so that the best
  guess at the largest, all that is left, misses it by 10 % or more.

With these limits the dominance rule is the stricter one (20 % of the whole is 25 % of the largest); both stand so that
either can be set by itself. The public is held against every enterprise in turn: what one of them could work out is not
published. Amounts count by size, without sign; an unknown amount (None) is never zero: its total is not shown.

`table` keeps parts of a shown total apart as well: where one part is hidden, the sum of the hidden parts (total less
shown parts) is held against the same rules, and further parts, last the total, are hidden until it passes.

Not covered: enterprises that put their knowledge together, and several totals of different cuts of the same amounts
(by commodity and by branch) beyond one table with its sum.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

FEWEST = 3
DOMINANCE = Decimal("0.8")
P_PERCENT = Decimal(10)
Amounts = Mapping[int, Decimal | None]


@dataclass(frozen=True, slots=True)
class Shown:
    """What of a table may be shown: names of the parts, and whether their sum."""

    parts: frozenset[str]
    total: bool


def may_show(amounts: Amounts, own: Collection[int] = ()) -> bool:
    """Tell whether the total of ``amounts`` (enterprise -> amount, one unit) may be shown to who has ``own``."""
    if any(value is None for value in amounts.values()):
        return False
    rest = sorted((abs(value) for key, value in amounts.items() if key not in own and value), reverse=True)
    if len(rest) < FEWEST:
        return False
    largest, others = rest[0], sum(rest[1:], Decimal(0))
    return largest <= DOMINANCE * (largest + others) and others * 100 >= P_PERCENT * largest


def may_publish(amounts: Amounts) -> bool:
    """Tell whether a total may be shown to everybody: no single enterprise could work out another one."""
    return may_show(amounts) and all(may_show(amounts, (one,)) for one in amounts)


def table(parts: Mapping[str, Amounts], own: Collection[int] = ()) -> Shown:
    """Return which parts of a total, and whether the total, may be shown to who has ``own``."""
    return _table(parts, [frozenset(own)])


def public_table(parts: Mapping[str, Amounts]) -> Shown:
    """Return which parts of a total, and whether the total, may be shown to everybody."""
    return _table(parts, [frozenset(), *(frozenset({one}) for one in {key for part in parts.values() for key in part})])


def _table(parts: Mapping[str, Amounts], viewers: Iterable[frozenset[int]]) -> Shown:
    eyes = list(viewers)
    shown = {name for name, amounts in parts.items() if _all(amounts, eyes)}
    if not _all(_sum(parts.values()), eyes):
        return Shown(frozenset(shown), total=False)
    while len(shown) < len(parts):
        hidden = [amounts for name, amounts in parts.items() if name not in shown]
        if _all(_sum(hidden), eyes):
            return Shown(frozenset(shown), total=True)
        if not shown:
            return Shown(frozenset(), total=False)
        shown.remove(min(shown, key=lambda name: (_size(parts[name]), name)))
    return Shown(frozenset(shown), total=True)


def _all(amounts: Amounts, eyes: Iterable[frozenset[int]]) -> bool:
    return all(may_show(amounts, own) for own in eyes)


def _sum(parts: Iterable[Amounts]) -> dict[int, Decimal | None]:
    """Return enterprise -> sum of sizes over parts; None where one of them is unknown."""
    total: dict[int, Decimal | None] = {}
    for amounts in parts:
        for key, value in amounts.items():
            before = total.get(key, Decimal(0))
            total[key] = None if value is None or before is None else before + abs(value)
    return total


def _size(amounts: Amounts) -> Decimal:
    return sum((abs(value) for value in amounts.values() if value is not None), Decimal(0))
