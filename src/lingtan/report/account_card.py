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
        rows.append(_group(page, word))
        rows.extend(_line(page, line, context) for line in shown.get(word, ()))
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


def _line(page: Page, line: Line, context: Context | None) -> Markup:
    lang = page.lang
    label = el(
        "span",
        el("i", class_="swatch", style=f"background:var(--{token(line, page.park)})"),
        view.line_name(page.park, line, lang),
    )
    amount, unit = view.line_amount(line)
    told = show.total(amount, show.NOT_FILLED[lang])
    activity = el("span", told, el("span", f" {unit}", class_="unit") if amount is not None else "", class_="about")
    summary = el(
        "summary",
        label,
        activity,
        el("span", _factor(line, lang), class_="about"),
        el("span", el("span", _amount(line, lang), class_="why"), class_="n t"),
        el("span", _status(line, lang), class_="n side"),
        el("span", _share(page, line.co2e_t), class_="n side"),
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
    words = sorted({use.row.status for use in line.factors}, key=lambda word: word != "recalled")
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
