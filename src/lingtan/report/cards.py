"""The other cards of the page: months, choices, findings, enterprises, energy."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from lingtan.inventory.model import Choice, EnergyLine
from lingtan.ledger.finding import Finding
from lingtan.report import svg, view
from lingtan.report.colour import stacks
from lingtan.report.markup import Markup, el, join
from lingtan.report.page import Page, cell, table
from lingtan.report.words import say
from lingtan.trace import choices as open_choices
from lingtan.trace import show, stake, tell
from lingtan.trace.context import counted_view
from lingtan.trace.words import UNITS, activity, name

FIRST_FINDINGS = 10
MOST_FINDINGS = 60
MOST_ROWS = 60
_TONES = {"error": "act", "finding": "watch", "note": "info"}


def months(page: Page) -> Markup:
    """Return the card of the months: bars, what no month holds, and the same as a table."""
    account, lang = page.account, page.lang
    view_of = counted_view(account)
    listed = [line for line in account.lines if line.view in ("", view_of)]
    drawing = svg.month_bars(account, stacks(account, page.park, listed), lang)
    known = [value for value in account.by_month.values() if value is not None]
    total = account.totals.get("co2_t")
    left = total - sum(known, Decimal(0)) if total is not None else None
    told = (
        [el("p", say("months.left", lang, amount=show.total(left)), class_="hint")]
        if known and left and abs(left) >= Decimal("0.5")
        else []
    )
    rows = [
        el("tr", cell(month), cell(show.total(value), figures=True))
        for month, value in sorted(account.by_month.items())
    ]
    shown = table([(say("month", lang), False), ("t CO₂", True)], rows)
    folded = [el("details", el("summary", say("table", lang), class_="hint"), shown, class_="printed")] if rows else []
    made_of = [] if known else _made_of(page)
    return page.card("months", drawing, *told, *made_of, *(folded if known else []), width=7)


def _made_of(page: Page) -> list[Markup]:
    return [el("h2", say("made.of", page.lang), style="margin-top:10px"), svg.category_bars(page.account, page.lang)]


def ladder(page: Page) -> Markup:
    """Return the card of the core indicator against the national lines, with what makes up the total."""
    account = page.account
    known = any(value is not None for value in account.by_month.values())
    return page.card("ladder", svg.ladder(account, page.lang), *(_made_of(page) if known else []), width=5)


def choices(page: Page) -> Markup:
    """Return the card of the method's choices: those that move a total, then, folded, those that do not."""
    account, lang = page.account, page.lang
    if not account.choices:
        return page.card("choices", el("p", say("choices.none", lang), class_="hint"), width=12)
    listed = open_choices.ordered(account)
    moving = [_choice(page, choice) for choice in listed if open_choices.matters(account, choice)]
    rest = [_choice(page, choice) for choice in listed if not open_choices.matters(account, choice)]
    head = [] if moving else [el("p", say("choices.idle", lang), class_="hint")]
    label = el("summary", say("choices.rest", lang, count=len(rest)), class_="hint")
    folded = [el("details", label, join(rest))] if rest else []
    return page.card("choices", *head, join(moving), *folded, width=12)


def _choice(page: Page, choice: Choice) -> Markup:
    account, lang = page.account, page.lang
    is_open = open_choices.is_open(account, choice)
    mark = el("span", name("unverified", lang), class_="pill watch") if is_open else Markup("")
    effects = [
        el("p", f"{open_choices.option(choice, alternative, lang)} → {_effect(totals)}", class_="meta")
        for alternative, totals in open_choices.moved(account, choice).items()
    ]
    if open_choices.leaves_out(account, choice):
        effects.append(el("p", say("choice.leaves_out", lang), class_="meta"))
    source = " ".join(part for part in (open_choices.reason(choice, lang), choice.document) if part)
    chosen = open_choices.option(choice, choice.chosen, lang)
    return el(
        "div",
        el("p", el("b", open_choices.title(choice, lang)), f" = {chosen} ", mark),
        join(effects),
        el("p", source, class_="meta") if source else "",
        class_="finding",
    )


def _effect(totals: Mapping[str, Decimal]) -> str:
    """Return the totals an alternative changes; energy by both conventions only where the ratio does not say it."""
    told = [
        f"{show.ratio(value) if word == 'co2_t_per_tce' else show.total(value)} {UNITS.get(word, word)}"
        for word, value in totals.items()
        if word != "co2e_t" or "co2_t" not in totals
    ]
    return " · ".join(told)


def findings(page: Page) -> Markup:
    """Return the card of the findings, by what is at stake."""
    lang = page.lang
    listed = page.account.findings
    if not listed:
        return page.card("findings", el("p", say("findings.none", lang), class_="hint"), width=12)
    weights = stake.intensities(page.account)
    streams = stake.point_streams(page.park) if page.park else {}
    shown = [_finding(page, finding, stake.at_stake(finding, weights, streams)) for finding in listed[:MOST_FINDINGS]]
    rest = len(listed) - len(shown)
    more = [el("p", say("findings.more", lang, count=rest), class_="hint")] if rest else []
    folded = []
    if len(shown) > FIRST_FINDINGS:
        label = el("summary", say("findings.rest", lang, count=len(shown) - FIRST_FINDINGS), class_="hint")
        folded = [el("details", label, join(shown[FIRST_FINDINGS:]), *more)]
    return page.card("findings", join(shown[:FIRST_FINDINGS]), *folded, width=12)


def _finding(page: Page, finding: Finding, weight: Decimal | None) -> Markup:
    lang, where = page.lang, finding.where
    line = f"{where.file}:{where.line}" if where.file and where.line else where.file
    place = " ".join(part for part in (line, where.point, where.stream, where.node) if part)
    told = [place]
    if finding.start or finding.end:
        told.append(tell.when(finding, page.park.settings.zone if page.park else None))
    if finding.amount is not None:
        told.append(f"{show.total(finding.amount)} {finding.unit}".rstrip())
    if weight is not None and weight >= Decimal("0.5"):
        told.append(say("stake", lang, amount=show.total(weight)))
    level = el("span", name(finding.level, lang), class_=f"pill {_TONES[finding.level]}")
    return el(
        "div",
        el(
            "p",
            level,
            " ",
            el("b", tell.title_of(finding, lang)),
            " ",
            el("span", " · ".join(part for part in told if part), class_="meta"),
        ),
        el("p", tell.sentence(finding, lang, page.park)),
        class_="finding",
    )


def nodes(page: Page) -> Markup:
    """Return the card of the enterprises' accounts, largest first."""
    account, lang = page.account, page.lang
    if not account.by_node:
        return Markup("")
    ordered = sorted(account.by_node.items(), key=lambda item: (-abs(item[1].net), item[0]))[:MOST_ROWS]
    rows = [
        el(
            "tr",
            cell(f"{view.node_name(page.park, node, lang)}"),
            *(cell(show.total(value), figures=True) for value in (row.own, row.received, row.sent, row.net)),
        )
        for node, row in ordered
    ]
    head = [(say("node", lang), False), *((say(word, lang), True) for word in ("own", "received", "sent", "net"))]
    return page.card("nodes", table(head, rows), width=12)


def energy(page: Page) -> Markup:
    """Return the card of the energy terms, counted ones first, with both totals at the foot."""
    account, lang = page.account, page.lang
    if not account.energy:
        return Markup("")
    ordered = sorted(
        account.energy, key=lambda term: (not term.counted, -abs(term.tce_equivalent or Decimal(0)), term.id)
    )
    rows = [_term(page, term) for term in ordered[:MOST_ROWS]]
    totals = (account.totals.get("energy_tce_calorific"), account.totals.get("energy_tce_equivalent"))
    foot = el(
        "tr",
        cell(say("total", lang)),
        cell(""),
        *(cell(show.total(value), figures=True) for value in totals),
        class_="sum",
    )
    head = [
        (say("term", lang), False), (say("col.amount", lang), True),
        (say("calorific", lang), True), (say("equivalent", lang), True),
    ]  # fmt: skip
    return page.card("energy", table(head, [*rows, foot]), width=12)


def _term(page: Page, term: EnergyLine) -> Markup:
    lang = page.lang
    place = view.node_name(page.park, term.node, lang)
    about = el("small", f" {place} · {activity(term.term, lang)}")
    mark = [] if term.counted else [" ", el("span", say("left.out", lang), class_="pill info")]
    amount = join([show.total(term.amount, show.NOT_FILLED[lang]), el("span", f" {term.unit}", class_="unit")])
    return el(
        "tr",
        el("td", view.commodity_name(page.park, term.commodity, lang), about, *mark),
        cell(amount, figures=True),
        *(cell(show.total(value), figures=True) for value in (term.tce_calorific, term.tce_equivalent)),
    )
