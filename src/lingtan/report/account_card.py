"""The account's lines: one row each, opening to formula, inputs, factor, rule."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from lingtan.flows.model import FlowSet
from lingtan.inventory.model import Line
from lingtan.report import view
from lingtan.report.colour import token
from lingtan.report.markup import Markup, el, join
from lingtan.report.page import Page
from lingtan.report.words import WORDS, say
from lingtan.trace import Step, show
from lingtan.trace.chain import line_chain
from lingtan.trace.context import Context
from lingtan.trace.recompute import formula, line_amount
from lingtan.trace.words import name

MOST_LINES = 400
#: A row shows the weakest of its factors.
_WEAKEST = ("recalled", "found1", "found2", "own", "supplier", "measured")
_TONES = {"measured": "ok", "supplier": "ok", "own": "ok", "found2": "info", "found1": "info", "recalled": "act"}


def lines(page: Page) -> Markup:
    """Return the card with all lines, by category and size."""
    account, lang = page.account, page.lang
    groups = view.by_category(account.lines)
    if not groups:
        return page.card("account", el("p", say("lines.none", lang), class_="hint"))
    shown = {word: _largest(group, account.lines) for word, group in groups.items()}
    instant = account.lines[0].start
    context = Context(account, page.park, FlowSet(instant, instant)) if page.park else None
    rows = [_head(lang)]
    for word in dict.fromkeys((*account.by_category, *shown)):
        if account.by_category.get(word) != 0 or shown.get(word):
            rows.append(_group(page, word))
        rows.extend(_lines(page, lines, context) for lines in _together(shown.get(word, ())))
    rest = [line for word, group in groups.items() for line in group if line not in shown[word]]
    if rest:
        amount = sum((line.co2e_t for line in rest if line.co2e_t is not None), Decimal(0))
        rows.append(el("p", say("more.lines", lang, count=len(rest), amount=show.total(amount)), class_="hint"))
    rows.append(_sum(page))
    return page.card("account", el("div", join(rows)), el("p", say("parts", lang), class_="foot"), css="lines long")


def _largest(group: Sequence[Line], all_lines: Sequence[Line]) -> list[Line]:
    share = max(MOST_LINES * len(group) // len(all_lines), 5)
    return list(group[:share])


def _head(lang: str) -> Markup:
    words = ("col.source", "col.amount", "col.factor")
    cells = [el("span", say(word, lang), class_="about" if at else None) for at, word in enumerate(words)]
    figures = [el("span", label, class_="n") for label in ("t CO₂", say("col.status", lang), say("col.share", lang))]
    return el("div", *cells, *figures, class_="head")


def _group(page: Page, word: str) -> Markup:
    value = page.account.by_category.get(word)
    return el(
        "div",
        el("span", name(word, page.lang)),
        *(el("span", class_="side") for _ in range(2)),
        el("span", show.total(value), class_="n t"),
        el("span", class_="side"),
        el("span", _share(page, value), class_="n side"),
        class_="group",
    )


def _share(page: Page, value: Decimal | None) -> str:
    total = page.account.totals.get("co2_t")
    return show.share(value / total) if value is not None and total and total > 0 else show.NOT_APPLICABLE


def _sum(page: Page) -> Markup:
    value = page.account.totals.get("co2_t")
    known = [amount for amount in page.account.by_category.values() if amount is not None]
    shown = value if value is not None else None
    share = "100.0 %" if value is not None and known else show.NOT_APPLICABLE
    return el(
        "div",
        el("span", say("total", page.lang)),
        *(el("span", class_="side") for _ in range(2)),
        el("span", view.sign_of_coverage(page.account) * (value is not None) + show.total(shown), class_="n t"),
        el("span", class_="side"),
        el("span", share, class_="n side"),
        class_="sum",
    )


def _together(lines: Sequence[Line]) -> list[list[Line]]:
    """Return lines with those beside each other that differ only in their factors, largest sums first."""
    groups: dict[tuple[object, ...], list[Line]] = {}
    for line in lines:
        groups.setdefault(view.alike(line), []).append(line)
    made = [sorted(group, key=lambda line: (line.months[:1], line.id)) for group in groups.values()]
    return sorted(made, key=lambda group: (-abs(_sum_of(group) or Decimal(0)), group[0].id))


def _sum_of(lines: Sequence[Line]) -> Decimal | None:
    known = [line.co2e_t for line in lines if line.co2e_t is not None]
    return sum(known, Decimal(0)) if known else None


def _lines(page: Page, lines: Sequence[Line], context: Context | None) -> Markup:
    """Return one line, or the sum of lines that differ only in their factors, opening to each."""
    if len(lines) == 1:
        return _line(page, lines[0], context, _label(page, lines[0]))
    lang, total = page.lang, _sum_of(lines)
    amounts = [view.line_amount(line) for line in lines]
    known = [amount for amount, _ in amounts if amount is not None]
    amount, unit = (sum(known, Decimal(0)) if known else None), amounts[0][1]
    count = el("span", f" {say('of.lines', lang, count=len(lines))}", class_="unit")
    told = [show.total(total) if total is not None else show.NOT_FILLED[lang]]
    statuses = [_status(line, lang) for line in lines]
    summary = _summary(
        join([_label(page, lines[0]), count]),
        _activity(amount, unit, lang),
        _effective(total, amount, unit),
        join(told),
        statuses[0] if len(set(statuses)) == 1 else el("span", show.NOT_APPLICABLE),
        _share(page, total),
    )
    inside = join(_line(page, line, context, _part_label(line, at)) for at, line in enumerate(lines, start=1))
    return el("details", summary, el("div", inside, class_="parts"))


def _part_label(line: Line, at: int) -> Markup:
    months = [month for month, _ in line.months]
    span = months[0] if len(months) == 1 else f"{months[0]} – {months[-1]}" if months else f"#{at}"
    return el("span", span)


def _label(page: Page, line: Line) -> Markup:
    swatch = el("i", class_="swatch", style=f"background:var(--{token(line, page.park)})")
    return el("span", swatch, view.line_name(page.park, line, page.lang))


def _activity(amount: Decimal | None, unit: str, lang: str) -> Markup:
    told = show.total(amount, show.NOT_FILLED[lang])
    return join([told, el("span", f" {unit}", class_="unit") if amount is not None else ""])


def _effective(total: Decimal | None, amount: Decimal | None, unit: str) -> Markup:
    if total is None or not amount:
        return join([show.NOT_APPLICABLE])
    return join([f"{abs(total / amount):.4g}", el("span", f" t/{unit}", class_="unit")])


def _summary(label: Markup, *cells: str) -> Markup:
    """Return the head of a row: label, activity, factor, tonnes, status, share."""
    activity, factor, tonnes, status, share = cells
    return el(
        "summary",
        el("span", label),
        el("span", activity, class_="about"),
        el("span", factor, class_="about"),
        el("span", el("span", tonnes, class_="why"), class_="n t"),
        el("span", status, class_="n side"),
        el("span", share, class_="n side"),
    )


def _line(page: Page, line: Line, context: Context | None, label: Markup) -> Markup:
    lang = page.lang
    amount, unit = view.line_amount(line)
    summary = _summary(
        label,
        _activity(amount, unit, lang),
        _factor(line, lang),
        _amount(line, lang),
        _status(line, lang),
        _share(page, line.co2e_t),
    )
    return el("details", summary, _chain(page, line, context))


def _amount(line: Line, lang: str) -> str:
    if line.co2e_t is not None:
        return show.total(line.co2e_t)
    key = f"notation.{line.notation or 'NE'}"
    return say(key, lang) if key in WORDS else line.notation


def _factor(line: Line, lang: str) -> Markup:
    if not line.factors:
        return el("span", say("no.factor", lang) if line.amount_t is None else show.NOT_APPLICABLE)
    if len(line.factors) == 1:
        used = line.factors[0]
        return join([show.exact(used.value), el("span", f" {used.unit}", class_="unit")])
    count = el("span", f" {say('of.factors', lang, count=len(line.factors))}", class_="unit")
    amount, unit = view.line_amount(line)
    if line.amount_t is None or not amount:
        return join([show.NOT_APPLICABLE, count])
    effective = abs(line.amount_t / amount)
    return join([f"{effective:.4g}", el("span", f" t/{unit}", class_="unit"), count])


def _status(line: Line, lang: str) -> Markup:
    known = {use.row.status for use in line.factors}
    words = [*(word for word in _WEAKEST if word in known), *sorted(known - set(_WEAKEST))]
    if not words:
        return el("span", show.NOT_APPLICABLE)
    return el("span", _status_name(words[0], lang), class_=f"pill {_TONES.get(words[0], 'info')}")


def _status_name(status: str, lang: str) -> str:
    key = f"status.{status}"
    return say(key, lang) if key in WORDS else status


def _chain(page: Page, line: Line, context: Context | None) -> Markup:
    lang = page.lang
    told = formula(line)
    head = [el("p", f"= {told}", class_="formula")] if told else []
    steps = line_chain(context, line) if context else ()
    return el("div", *head, _list(steps, lang), el("p", _checked(line, lang), class_="hint"), class_="chain")


def _list(steps: Sequence[Step], lang: str) -> Markup:
    shown = [step for step in steps if step.key != "readings.gone"]
    if not shown:
        return Markup("")
    return el(
        "ul",
        *(
            el("li", step.text(lang), _list(step.steps, lang), class_="broken" if step.broken else None)
            for step in shown
        ),
    )


def _checked(line: Line, lang: str) -> str:
    again = line_amount(line)
    if again is None or line.amount_t is None:
        return say("check.none", lang)
    if again == line.amount_t:
        return say("check.ok", lang)
    return say("check.off", lang, difference=show.exact(line.amount_t - again))
