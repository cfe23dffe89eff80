"""What lies between two accounts: named steps in words whose differences add up exactly.

Lines are matched by stream, category and side; where one account divides a stream by origin (power covered by
certificates) and the other does not, the finer one sets the parts. A match gives two steps: the amount counted differs
(at the first account's factor), the factor differs (at the second account's amount).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from typing import Any

from lingtan.inventory.model import Account, Line
from lingtan.inventory.rules import CONTEXT, kept
from lingtan.inventory.scope import ZERO
from lingtan.ledger.finding import plain

Key = tuple[str, str, str]

NAMES: Mapping[str, tuple[str, str]] = {
    "fuel": ("化石燃料燃烧", "fuel burned"),
    "conversion": ("能源加工转换", "energy conversion"),
    "electricity": ("电力", "electricity"),
    "heat": ("热力", "heat"),
    "process": ("工业过程", "industrial processes"),
    "received": ("调入", "received"),
    "sent": ("调出", "sent out"),
    "made": ("产出", "made"),
    "used": ("使用", "used"),
    "direct_green": ("绿电直供", "direct green supply"),
    "certificates": ("绿证/绿电交易覆盖", "covered by certificates"),
    "grid": ("电网供电", "grid supply"),
    "direct_line": ("直供线路", "direct line"),
    "other": ("其他来源", "other sources"),
    "own_fossil": ("自有化石电", "own fossil power"),
    "own_non_fossil": ("自有非化石电", "own non-fossil power"),
    "own_biogenic": ("自有生物质电", "own biomass power"),
    "own_recovered": ("自有余能电", "own power of recovered heat"),
    "pass_through": ("转供", "passed on"),
    "non_fossil": ("非化石热", "non-fossil heat"),
}
"""Words for categories, sides and origins: Chinese, English. A word that is not here stands for itself."""

TEXTS: Mapping[str, tuple[str, str]] = {
    "scope_before": ("{after} 不核算{category}（{before} 核算）", "{category} is outside {after} (inside {before})"),
    "scope_after": ("{before} 不核算{category}（{after} 核算）", "{category} is outside {before} (inside {after})"),
    "side_before": (
        "{category}{side}：只有 {before} 计入",
        "{category}, {side}: counted by {before} only",
    ),
    "side_after": (
        "{category}{side}：只有 {after} 计入",
        "{category}, {side}: counted by {after} only",
    ),
    "only_before": ("{category}{side}：只在前一账户中的物流", "{category}, {side}: streams of the first account only"),
    "only_after": ("{category}{side}：只在后一账户中的物流", "{category}, {side}: streams of the second account only"),
    "amount": ("{category}{side}{origin}：计入的数量不同", "{category}, {side}{origin}: another amount is counted"),
    "factor": ("{category}{side}{origin}：因子不同", "{category}, {side}{origin}: another factor"),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One named difference [t CO2e]; ``kind`` is a key of ``TEXTS``, ``streams`` says where it arises."""

    id: str
    kind: str
    category: str
    side: str
    origin: str
    amount_t: Decimal
    text_zh: str
    text_en: str
    streams: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Bridge:
    """The way from one account's total to another's [t CO2e]; without steps where one of them is not known."""

    before: str
    after: str
    before_t: Decimal | None
    after_t: Decimal | None
    steps: tuple[Step, ...]

    @property
    def difference_t(self) -> Decimal | None:
        """After less before; the steps add up to it exactly."""
        return None if self.before_t is None or self.after_t is None else self.after_t - self.before_t

    def as_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "before": {"id": self.before, "co2e_t": plain(self.before_t)},
            "after": {"id": self.after, "co2e_t": plain(self.after_t)},
            "difference_t": plain(self.difference_t),
            "steps": [
                {
                    "id": step.id, "kind": step.kind, "category": step.category, "side": step.side,
                    "origin": step.origin or None, "amount_t": plain(step.amount_t), "zh": step.text_zh,
                    "en": step.text_en, "streams": list(step.streams),
                }
                for step in self.steps
            ],
        }  # fmt: skip


@dataclass(slots=True)
class Side:
    """Sums of one account's lines under one key: t CO2e and the amount it stands for, by origin."""

    results: dict[str, Decimal]
    amounts: dict[str, Decimal]
    told: set[object] = field(default_factory=set)

    def split(self, origins: Mapping[str, Decimal]) -> dict[str, Decimal]:
        """Divide the result by the amounts of another account's origins; the last takes the remainder."""
        result, whole = sum(self.results.values(), ZERO), sum(origins.values(), ZERO)
        names = list(origins)
        parts = {name: kept(result * origins[name] / whole) if whole else ZERO for name in names[:-1]}
        return {**parts, names[-1]: result - sum(parts.values(), ZERO)}


def bridge(before: Account, after: Account) -> Bridge:
    """Return the named differences from one account's total to another's.

    The accounts may differ in method, boundary, year or choices. Unknown lines are in neither total.
    """
    with localcontext(CONTEXT):
        names = _titles(before, after)
        start, end = before.totals.get("co2e_t"), after.totals.get("co2e_t")
        if start is None or end is None:
            return Bridge(*names, start, end, ())
        sums: dict[tuple[str, ...], tuple[Decimal, tuple[str, ...]]] = {}
        first, last = _sides(before), _sides(after)
        for key in dict.fromkeys((*first, *last)):
            for kind, origin, amount in _differences(key, before, after, first.get(key), last.get(key)):
                place = (kind, key[1], "" if kind.startswith("scope") else key[2], origin)
                total, streams = sums.get(place, (ZERO, ()))
                sums[place] = (total + amount, (*streams, key[0]))
        steps = tuple(_step(place, amount, streams, names) for place, (amount, streams) in sums.items() if amount)
        return Bridge(*names, start, end, steps)


def _titles(before: Account, after: Account) -> tuple[str, str]:
    """Name the accounts by what tells them apart: method, boundary, year."""
    parts = [
        (one, other)
        for one, other in (
            (before.method, after.method),
            (before.boundary, after.boundary),
            (str(before.year), str(after.year)),
        )
        if one != other
    ]
    if not parts:
        return f"{before.method} (1)", f"{after.method} (2)"
    return " ".join(one for one, _ in parts), " ".join(other for _, other in parts)


def view_of(account: Account) -> str:
    """Return the view that an account's totals show; blank for a method without views."""
    return next((choice.chosen for choice in account.choices if choice.id == "view"), "")


def counted(account: Account) -> Iterable[Line]:
    """Return the lines that are in an account's totals."""
    view = view_of(account)
    return (line for line in account.lines if line.view in ("", view) and line.co2e_t is not None)


def _sides(account: Account) -> dict[Key, Side]:
    found: dict[Key, Side] = {}
    for line in counted(account):
        side = found.setdefault((line.stream or line.id, line.category, line.side), Side({}, {}))
        # Several gases of one fuel stand for one amount of it.
        parts = {(line.origin, item.flow.start, item.flow.end): item.amount or ZERO for item in line.inputs}
        amount = sum((part for key, part in parts.items() if key not in side.told), ZERO)
        side.told.update(parts)
        side.results[line.origin] = side.results.get(line.origin, ZERO) + (line.co2e_t or ZERO)
        side.amounts[line.origin] = side.amounts.get(line.origin, ZERO) + amount
    return found


def _differences(
    key: Key, before: Account, after: Account, first: Side | None, last: Side | None
) -> Iterable[tuple[str, str, Decimal]]:
    """Return (kind, origin, difference) of one stream, category and side."""
    if first is None or last is None:
        there, sign, word = (last, 1, "after") if first is None else (first, -1, "before")
        absent, other = (before, after) if first is None else (after, before)
        total = sum(there.results.values(), ZERO) if there is not None else ZERO
        return [(_why_absent(absent, other, key, word=word), "", total * sign)]
    if first.results.keys() == last.results.keys():
        origins = list(first.results)
        olds, news = first.results, last.results
        pairs = [(first.amounts[name], last.amounts[name]) for name in origins]
    else:
        by_first = len(first.results) >= len(last.results)
        origins = list(first.results if by_first else last.results)
        olds = first.results if by_first else first.split(last.amounts)
        news = last.split(first.amounts) if by_first else last.results
        ratio = _ratio(sum(last.amounts.values(), ZERO), sum(first.amounts.values(), ZERO))
        pairs = [(Decimal(1), ratio)] * len(origins)
    out = []
    for name, (quantity, later) in zip(origins, pairs, strict=True):
        scaled = kept(olds[name] * _ratio(later, quantity))
        out += [("amount", name, scaled - olds[name]), ("factor", name, news[name] - scaled)]
    return out


def _ratio(amount: Decimal, base: Decimal) -> Decimal:
    return amount / base if base else Decimal(1)


def _why_absent(absent: Account, other: Account, key: Key, *, word: str) -> str:
    """Tell apart a category that a method does not have, a side it does not count, and streams it does not meet."""
    if absent.by_category.get(key[1]) is None and not any(line.category == key[1] for line in absent.lines):
        return f"scope_{word}"
    same = absent.method == other.method
    if not same and not any(line.category == key[1] and line.side == key[2] for line in absent.lines):
        return f"side_{word}"
    return f"only_{word}"


def _step(place: tuple[str, ...], amount: Decimal, streams: tuple[str, ...], names: tuple[str, str]) -> Step:
    kind, category, side, origin = place
    zh, en = (
        TEXTS[kind][i].format(
            before=names[0],
            after=names[1],
            category=_word(category, i),
            side=_word(side, i),
            origin=("（{}）" if i == 0 else ", {}").format(_word(origin, i)) if origin else "",
        )
        for i in (0, 1)
    )
    parts = (kind, category, side, origin)
    return Step(":".join(part for part in parts if part), kind, category, side, origin, amount, zh, en, streams)


def _word(word: str, language: int) -> str:
    return NAMES[word][language] if word in NAMES else word
