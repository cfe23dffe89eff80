"""The page's drawings as inline SVG: month bars, composition bar, indicator ladder."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from lingtan.inventory.model import Account
from lingtan.report import view
from lingtan.report.colour import GROUPS, Stack
from lingtan.report.markup import Markup, el, join
from lingtan.report.words import say
from lingtan.trace import show
from lingtan.trace.words import name

_QUALITIES = (("measured", "metered"), ("reported", "reported"), ("estimated", "estimated"), ("missing", "missing"))
_HEIGHT, _LEFT, _TOP, _BOTTOM = 250, 58, 12, 24
#: Width of the drawing for wide screens and for a phone; the style sheet shows one of them.
_WIDTHS = {"wide": 720, "narrow": 400}


def composition(coverage: Mapping[str, Decimal | None], lang: str) -> Markup:
    """Return the composition bar of a total with its words: metered, reported, estimated, missing."""
    known = [(word, css, float(coverage.get(word) or 0)) for word, css in _QUALITIES if coverage.get(word) is not None]
    bar = (el("i", class_=css, style=f"flex:{part:.4f} 0 0") for _, css, part in known if part > 0)
    key = (
        el("span", el("i", class_=css), f"{name(word, lang)} {show.share(coverage[word])}")
        for word, css, _ in known
        if coverage[word]
    )
    told = ", ".join(f"{name(word, lang)} {show.share(coverage[word])}" for word, _, _ in known)
    return join(
        [el("div", join(bar), class_="composition", role="img", aria_label=told), el("div", join(key), class_="key")]
    )


def month_bars(account: Account, stacks: Sequence[Stack], lang: str) -> Markup:
    """Return the month bars stacked by group; a month of which nothing is known carries a dash, never a zero bar."""
    months = sorted(account.by_month)
    if not months or not stacks:
        return el("p", say("months.none", lang), class_="hint")
    drawings = (_bars(account, stacks, months, css=css, lang=lang) for css in _WIDTHS)
    return join([*drawings, _legend(stacks, lang)])


def _bars(account: Account, stacks: Sequence[Stack], months: Sequence[str], *, css: str, lang: str) -> Markup:
    width = _WIDTHS[css]
    high, low = _extent(stacks, months)
    step = _step(high - low)
    top, bottom = _ceil(high, step) * step, -_ceil(-low, step) * step
    unit = (_HEIGHT - _TOP - _BOTTOM) / (top - bottom)
    zero = _TOP + top * unit
    slot = (width - _LEFT) / len(months)
    parts = [_grid(bottom, top, step, zero=zero, unit=unit, width=width)]
    for at, month in enumerate(months):
        left = _LEFT + at * slot + slot * 0.16
        middle = left + slot * 0.34
        parts.append(_column(stacks, month, left=left, width=slot * 0.68, zero=zero, unit=unit))
        if account.by_month[month] is None:
            parts.append(_text(middle, zero - 6, show.NOT_APPLICABLE, anchor="middle"))
        if css == "wide" or at % 2 == 0:
            parts.append(_text(middle, _HEIGHT - 6, str(int(month[5:])), anchor="middle"))
    label = say("months", lang)
    return el("svg", join(parts), viewBox=f"0 0 {width} {_HEIGHT}", role="img", aria_label=label, class_=css)


def _extent(stacks: Sequence[Stack], months: Sequence[str]) -> tuple[float, float]:
    above = [
        sum(float(stack.months.get(month, 0)) for stack in stacks if stack.months.get(month, 0) > 0) for month in months
    ]
    below = [
        sum(float(stack.months.get(month, 0)) for stack in stacks if stack.months.get(month, 0) < 0) for month in months
    ]
    return max(max(above), 1e-9), min(*below, 0.0)


def _step(extent: float) -> float:
    """Return a round distance that gives three to five grid lines."""
    rough = extent / 4
    power = 10.0 ** len(str(int(rough))) / 10 if rough >= 1 else 10.0 ** -len(str(int(1 / rough)))
    return next(power * factor for factor in (1, 2, 2.5, 5, 10, 20, 50, 100) if power * factor >= rough)


def _ceil(value: float, step: float) -> int:
    return max(-int(-value // step), 0)


def _grid(bottom: float, top: float, step: float, *, zero: float, unit: float, width: float) -> Markup:
    parts = []
    for at in range(round(bottom / step), round(top / step) + 1):
        y = zero - at * step * unit
        colour = "var(--second)" if at == 0 else "var(--line)"
        parts.append(el("line", x1=_LEFT, x2=width, y1=y, y2=y, stroke=colour, stroke_width=1))
        parts.append(_text(_LEFT - 8, y + 4, _tick(at * step, step), anchor="end"))
    return join(parts)


def _tick(value: float, step: float) -> str:
    return show.number(value, 0 if step >= 1 else 1 if step >= 0.1 else 2)


def _column(stacks: Sequence[Stack], month: str, *, left: float, width: float, zero: float, unit: float) -> Markup:
    parts = []
    up = down = zero
    for stack in stacks:
        amount = float(stack.months.get(month, 0))
        size = abs(amount) * unit
        if not size:
            continue
        if amount > 0:
            up -= size
            y = up
        else:
            y = down
            down += size
        token, zh, en = GROUPS[stack.group]
        tip = el("title", f"{month} {zh} / {en}: {show.total(stack.months[month])} t")
        height = max(size - 1, 0.5)
        parts.append(el("rect", tip, x=left, y=y, width=width, height=height, rx=1, fill=f"var(--{token})"))
    return join(parts)


def _legend(stacks: Sequence[Stack], lang: str) -> Markup:
    spans = []
    for stack in stacks:
        token, zh, en = GROUPS[stack.group]
        total = sum(stack.months.values(), Decimal(0))
        label = f"{zh if lang == 'zh' else en} {show.total(total)} t"
        spans.append(el("span", el("i", style=f"background:var(--{token})"), label))
    return el("div", join(spans), class_="key")


def _text(x: float, y: float, label: str, *, anchor: str = "start", strong: bool = False) -> Markup:
    return el("text", label, x=x, y=y, text_anchor=anchor, class_="strong" if strong else None)


def ladder(account: Account, lang: str) -> Markup:
    """Return the core indicator against the national lines, with its range over the open choices."""
    value = account.totals.get("co2_t_per_tce")
    if value is None:
        return el("p", say("ladder.none", lang), class_="hint")
    span = view.span_of(account, "co2_t_per_tce") or view.Range(value, value)
    limit = view.band(account)
    most = max(float(span.high), float(value), 0.36) * 1.12
    width, left = 460, 8
    scale = (width - 2 * left) / most

    def x(at: float | Decimal) -> float:
        return left + max(float(at), 0.0) * scale

    pass_to = limit if limit is not None else view.BANDS[-1][1]
    parts = [
        el("rect", x=left, y=52, width=width - 2 * left, height=34, fill="var(--bg)", rx=3),
        el("rect", x=left, y=52, width=x(pass_to) - left, height=34, fill="var(--ok-soft)", rx=3),
        el("rect", x=left, y=61, width=max(x(value) - left, 1.0), height=16, fill="var(--metered)", rx=2),
        *_whisker(span, x),
        *(_line_at(limit_at, x(limit_at), applies=limit_at == limit) for _, limit_at in view.BANDS),
        _value_label(value, x(value), width),
    ]
    drawing = el("svg", join(parts), viewBox=f"0 0 {width} 126", role="img", aria_label=_ladder_text(account, lang))
    return join([drawing, el("p", _ladder_text(account, lang), class_="hint")])


def _whisker(span: view.Range, x: Callable[[Decimal], float]) -> list[Markup]:
    if not span.open:
        return []
    low, high = x(span.low), x(span.high)

    def stroke(x1: float, x2: float, y1: float, y2: float) -> Markup:
        return el("line", x1=x1, x2=x2, y1=y1, y2=y2, stroke="var(--text)", stroke_width=1.5)

    return [stroke(low, high, 69, 69), stroke(low, low, 64, 74), stroke(high, high, 64, 74)]


def _line_at(limit: Decimal, x: float, *, applies: bool) -> Markup:
    """Draw a national line; the two are labelled in two rows, so they never meet."""
    dash = None if applies else "3 3"
    weight = 2 if applies else 1
    line = el("line", x1=x, x2=x, y1=46, y2=92, stroke="var(--ok)", stroke_width=weight, stroke_dasharray=dash)
    y = 106 if limit == view.BANDS[-1][1] else 120
    label = _text(x, y, f"≤ {limit}", anchor="middle", strong=applies)
    return join([line, label])


def _value_label(value: Decimal, x: float, width: float) -> Markup:
    anchor = "middle" if 40 < x < width - 40 else "end" if x >= width - 40 else "start"
    return el("text", show.ratio(value), x=x, y=38, text_anchor=anchor, class_="strong", style="font-size:20px")


def _ladder_text(account: Account, lang: str) -> str:
    value, tce = account.totals.get("co2_t_per_tce"), account.totals.get("energy_tce_equivalent")
    limit = view.band(account)
    if limit is None or value is None:
        return say("ladder.noband", lang, tce=show.total(tce))
    gap = show.ratio(value - limit)
    return say("ladder.band", lang, limit=limit, gap=gap)


def category_bars(account: Account, lang: str) -> Markup:
    """Return one bar a category, largest first, with its figure and share; what is not known carries a dash."""
    known = {word: value for word, value in account.by_category.items() if value is not None}
    most = max((abs(value) for value in known.values()), default=Decimal(0))
    total = account.totals.get("co2_t")
    ordered = sorted(account.by_category, key=lambda word: -abs(known.get(word, Decimal(0))))
    rows = []
    for word in ordered:
        value = known.get(word)
        size = float(abs(value) / most) * 100 if value is not None and most else 0.0
        token = {"fuel": "gas", "electricity": "elec-grid", "heat": "heat", "process": "process"}.get(word, "waste")
        part = show.share(value / total) if value is not None and total and total > 0 else ""
        bar = el("i", style=f"width:{size:.1f}%;background:var(--{token})") if size else ""
        figure = el("span", show.total(value), el("small", f" {part}"), class_="n")
        rows.append(el("div", el("span", name(word, lang)), el("span", bar, class_="track"), figure, class_="sorted"))
    return join(rows)
