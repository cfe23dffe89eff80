"""What a reader of an account is told first: the answer, the range, the band; shared by page, workbook and terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from lingtan.inventory.bridge import NAMES
from lingtan.inventory.model import Account, Line
from lingtan.ledger.park import Park
from lingtan.trace import show
from lingtan.trace.recompute import AMOUNT, argument_unit
from lingtan.trace.words import UNITS, activity

#: National bands of the core indicator: (least tce a year, limit in t CO2/tce). Notice 2025-910, annex 3.
BANDS: tuple[tuple[Decimal, Decimal], ...] = (
    (Decimal(1_000_000), Decimal("0.3")),
    (Decimal(200_000), Decimal("0.2")),
)
BAND_METHODS = ("cn-zcp-",)
SHOW_AT_LEAST = Decimal("0.95")
SHOW_TOTAL = Decimal("0.80")

CATEGORY_ORDER = ("fuel", "conversion", "electricity", "heat", "process")


@dataclass(frozen=True, slots=True)
class Range:
    """The least and the greatest value a total takes over the alternatives of the open choices."""

    low: Decimal
    high: Decimal

    @property
    def open(self) -> bool:
        """Tell whether the alternatives give different values."""
        return self.low != self.high


def span_of(account: Account, total: str, *, unverified_only: bool = True) -> Range | None:
    """Return the range of a total over the alternatives, each choice varied alone; None where the total is unknown."""
    base = account.totals.get(total)
    if base is None:
        return None
    choices = (choice for choice in account.choices if choice.unverified or not unverified_only)
    values = [totals[total] for choice in choices for totals in choice.effect.values() if totals.get(total) is not None]
    known = [base, *(value for value in values if value is not None)]
    return Range(min(known), max(known))


def band(account: Account) -> Decimal | None:
    """Return the national limit of the core indicator [t CO2/tce]; None where no band applies or it cannot be said."""
    tce = account.totals.get("energy_tce_equivalent")
    if tce is None or not account.method.startswith(BAND_METHODS):
        return None
    return next((limit for least, limit in BANDS if tce >= least), None)


def sign_of_coverage(account: Account) -> str:
    """Return ``≥ `` in front of a total whose inputs are known for less than 95 % of the time, else nothing."""
    known = account.coverage.get("known")
    return "≥ " if known is not None and known < SHOW_AT_LEAST else ""


def park_name(park: Park | None, account: Account, lang: str) -> str:
    """Return the park's name in the language, else its id."""
    if park is None:
        return account.park
    names = (park.settings.name_zh, park.settings.name_en)
    first, second = names if lang == "zh" else reversed(names)
    return first or second or account.park


def node_name(park: Park | None, node: str, lang: str) -> str:
    """Return a node's name in the language, else its id."""
    known = park.nodes.get(node) if park else None
    if known is None:
        return node
    first, second = (known.name_zh, known.name_en) if lang == "zh" else (known.name_en, known.name_zh)
    return first or second or node


def commodity_name(park: Park | None, code: str, lang: str) -> str:
    """Return a commodity's name in the language, else its code."""
    known = park.commodities.get(code) if park else None
    if known is None:
        return code
    first, second = (known.name_zh, known.name_en) if lang == "zh" else (known.name_en, known.name_zh)
    return first or second or code


def commodity_of(park: Park | None, stream: str) -> str:
    """Return the commodity code of a stream, blank where it is not known."""
    known = park.streams.get(stream) if park else None
    return known.commodity if known else ""


def line_name(park: Park | None, line: Line, lang: str) -> str:
    """Return what a line is about: commodity, the origin where it matters, and the node."""
    code = commodity_of(park, line.stream) or line.commodity
    parts = [commodity_name(park, code, lang) if code else line.stream or line.activity or line.id]
    if not line.stream and line.activity:
        parts.append(activity(line.activity, lang))
    if line.origin in NAMES:
        parts.append(NAMES[line.origin][0 if lang == "zh" else 1])
    if line.sign < 0:
        words = ("扣除", "deducted") if line.category == "conversion" else ("送出", "sent out")
        parts.append(words[0 if lang == "zh" else 1])
    parts.append(node_name(park, line.node, lang))
    return " · ".join(part for part in parts if part)


def alike(line: Line) -> tuple[object, ...]:
    """Return what lines share that differ only in their factors: one stream whose heat value changes by month."""
    if not line.stream:
        return (line.id,)
    return (
        line.stream,
        line.category,
        line.node,
        line.substance,
        line.side,
        line.origin,
        line.sign,
        line.view,
        line.rule,
    )


def by_category(lines: Iterable[Line]) -> dict[str, list[Line]]:
    """Return the lines grouped by category in the order of the method, each group by size."""
    groups: dict[str, list[Line]] = {word: [] for word in CATEGORY_ORDER}
    for line in lines:
        groups.setdefault(line.category, []).append(line)
    for group in groups.values():
        group.sort(key=lambda line: (-abs(line.co2e_t or Decimal(0)), line.amount_t is None, line.id))
    return {word: group for word, group in groups.items() if group}


def line_amount(line: Line) -> tuple[Decimal | None, str]:
    """Return the activity amount of a line and its unit: the sum of its inputs, None when none is known.

    A line without flows (a change of stock) shows the amount its rule takes.
    """
    if not line.inputs:
        return line.arguments.get(AMOUNT), argument_unit(line, AMOUNT)
    known = [part.amount for part in line.inputs if part.amount is not None]
    unit = line.inputs[0].unit if line.inputs else ""
    return (sum(known, Decimal(0)) if known else None), unit


def titles(account: Account, lang: str) -> str:
    """Return the question that the account answers."""
    if lang == "zh":
        return f"{account.year} 年排了多少？离零碳还有多远？"
    return f"How much in {account.year}, and how far from zero carbon?"


def answer(account: Account, lang: str) -> str:
    """Return the answer in one or two sentences, also when the answer is that it cannot be said."""
    sentences = [_emitted(account, lang), _core(account, lang), _status(account, lang), _coverage(account, lang)]
    return ("" if lang == "zh" else " ").join(sentence for sentence in sentences if sentence)


def _emitted(account: Account, lang: str) -> str:
    zh = lang == "zh"
    co2 = account.totals.get("co2_t")
    known = account.coverage.get("known")
    if co2 is None:
        return "总量还算不出来。" if zh else "The total cannot be said yet."
    figure = f"{sign_of_coverage(account)}{show.total(co2)} t CO₂"
    if known is not None and known < SHOW_TOTAL:
        if zh:
            return f"还不能给出总量：数据只覆盖 {show.share(known)}，已知部分 {show.total(co2)} t CO₂。"
        return f"The total cannot be said: only {show.share(known)} is known, so far {show.total(co2)} t CO₂."
    if zh:
        return f"按 {account.method}，边界 {account.boundary or '全部节点'}，排放 {figure}。"
    return f"Under {account.method}, boundary {account.boundary or 'all nodes'}: {figure}."


def _core(account: Account, lang: str) -> str:
    value = account.totals.get("co2_t_per_tce")
    if value is None:
        return ""
    zh = lang == "zh"
    known = account.coverage.get("known")
    if known is not None and known < SHOW_TOTAL:
        told = show.ratio(value)
        if zh:
            return f"核心指标也还不能给出（已知部分为 {told} t CO₂/tce）。"
        return f"Neither can the core indicator (what is known gives {told} t CO₂/tce)."
    span = span_of(account, "co2_t_per_tce")
    text = f"{show.ratio(value)} t CO₂/tce"
    if span and span.open:
        text += (
            f"（{show.ratio(span.low)}–{show.ratio(span.high)}）"
            if zh
            else f" ({show.ratio(span.low)}–{show.ratio(span.high)})"
        )
    limit = band(account)
    if limit is None:
        tail = "不足 20 万 tce，没有国家档。" if zh else "no national band applies."
        tail = tail if account.method.startswith(BAND_METHODS) else ""
    elif value <= limit:
        tail = f"达到国家线 {limit}。" if zh else f"within the national {limit}."
    else:
        tail = (
            f"高于国家线 {limit}，还不能申请验收。"
            if zh
            else f"above the national {limit}; acceptance cannot be requested yet."
        )
    if zh:
        return f"核心指标 {text}，{tail}" if tail else f"单位能耗 {text}。"
    return f"The core indicator is {text}, {tail}" if tail else f"Per unit energy {text}."


def _status(account: Account, lang: str) -> str:
    zh = lang == "zh"
    if account.status == "unverified":
        return "口径或因子有未核实项。" if zh else "Unverified: it rests on open choices or recalled factors."
    if account.status == "incomplete":
        return "有缺项。" if zh else "Incomplete: something the method needs is missing."
    return ""


def _coverage(account: Account, lang: str) -> str:
    known = account.coverage.get("known")
    if known is None or known >= 1 or known < SHOW_TOTAL:
        return ""
    return f"数据覆盖 {show.share(known)}。" if lang == "zh" else f"Known for {show.share(known)} of what it needs."


def total_rows(account: Account) -> tuple[tuple[str, Decimal | None, str, Range | None], ...]:
    """Return (word, value, unit, range over the open choices) of each total."""
    return tuple((word, value, UNITS.get(word, ""), span_of(account, word)) for word, value in account.totals.items())


def unknown_lines(lines: Sequence[Line]) -> tuple[Line, ...]:
    """Return the lines without an amount."""
    return tuple(line for line in lines if line.amount_t is None)
