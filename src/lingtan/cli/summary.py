"""An account and its findings in words and tables for the terminal: the answer first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from lingtan.cli.table import render as table
from lingtan.cli.words import say
from lingtan.inventory.model import Account, Choice
from lingtan.ledger.finding import Finding, Where
from lingtan.ledger.park import Park
from lingtan.report import view
from lingtan.trace import choices, show, tell
from lingtan.trace.words import UNITS, name

RATIOS = ("co2_t_per_tce",)


def render(account: Account, park: Park, lang: str, *, synthetic: bool = False) -> str:
    """Return the account as text: answer, totals with their range, parts, units, coverage, choices, findings."""
    head = f"{view.park_name(park, account, lang)} · {account.year} · {account.method} · {name(account.status, lang)}"
    answer = view.answer(account, lang)
    parts = [head, answer, *([say("synthetic", lang)] if synthetic else []), *_sections(account, park, lang)]
    return "\n".join(parts)


def _sections(account: Account, park: Park, lang: str) -> Iterator[str]:
    yield _titled("head.totals", _totals(account, lang), lang)
    yield _titled("head.categories", _categories(account, lang), lang)
    if account.by_node:
        yield _titled("head.nodes", _nodes(account, park, lang), lang)
    yield _titled("head.coverage", _coverage(account, lang), lang)
    if account.choices:
        yield _titled("head.choices", _choices(account, lang), lang)
    if account.findings:
        yield _titled("head.findings", findings_text(account.findings, lang, park=park, limit=12), lang)


def _titled(key: str, body: str, lang: str) -> str:
    return f"\n{say(key, lang)}\n{body}"


def figure(word: str, value: object, lang: str) -> str:
    """Return a total as shown: ratios with decimals, amounts in whole units."""
    amount = value if isinstance(value, Decimal) else None
    return show.ratio(amount) if word in RATIOS else show.total(amount)


def _totals(account: Account, lang: str) -> str:
    rows = []
    for word, value, unit, span in view.total_rows(account):
        mark = view.sign_of_coverage(account) if value is not None and word not in RATIOS else ""
        low_high = f"{figure(word, span.low, lang)}–{figure(word, span.high, lang)}" if span and span.open else ""
        rows.append((name(word, lang), mark + figure(word, value, lang), unit, low_high))
    return table([say(f"col.{word}", lang) for word in ("figure", "value", "unit", "range")], rows, right=(1, 3))


def _categories(account: Account, lang: str) -> str:
    rows = [
        (name(word, lang), show.total(value), "t CO₂" if value is not None else "")
        for word, value in account.by_category.items()
    ]
    return table([say(f"col.{word}", lang) for word in ("figure", "value", "unit")], rows, right=(1,))


def _nodes(account: Account, park: Park, lang: str) -> str:
    ordered = sorted(account.by_node.items(), key=lambda item: (-abs(item[1].net), item[0]))
    rows = [
        (
            node,
            view.node_name(park, node, lang),
            *(show.total(value) for value in (row.own, row.received, row.sent, row.net)),
        )
        for node, row in ordered[:20]
    ]
    head = [say(f"col.{word}", lang) for word in ("id", "node", "own", "received", "sent", "net")]
    more = f"\n{say('more', lang, count=len(ordered) - 20)}" if len(ordered) > 20 else ""
    return table(head, rows, right=(2, 3, 4, 5)) + more


def _coverage(account: Account, lang: str) -> str:
    return " · ".join(f"{name(word, lang)} {show.share(value)}" for word, value in account.coverage.items())


def _choices(account: Account, lang: str) -> str:
    blocks = []
    for choice in choices.ordered(account):
        told = _effects(account, choice, lang)
        chosen = choices.option(choice, choice.chosen, lang)
        about = f" {choices.title(choice, lang)}" if lang == "zh" else ""
        blocks.append(
            f"{choice.id}{about} = {chosen}{_open(account, choice, lang)}" + (f"\n    {told}" if told else "")
        )
    return "\n".join(blocks)


def _open(account: Account, choice: Choice, lang: str) -> str:
    return f"  [{name('unverified', lang)}]" if choices.is_open(account, choice) else ""


def _effects(account: Account, choice: Choice, lang: str) -> str:
    """Return what the first alternatives would give, in the total that says most."""
    told = []
    for alternative, totals in choices.moved(account, choice).items():
        word = next((word for word in ("co2_t_per_tce", "co2_t") if word in totals), next(iter(totals)))
        unit = "" if word in RATIOS else f" {UNITS.get(word, '')}".rstrip()
        told.append(f"{choices.option(choice, alternative, lang)} → {figure(word, totals[word], lang)}{unit}")
    if choices.leaves_out(account, choice):
        told.append(say("choice.leaves_out", lang))
    return "; ".join(told[:4]) + (" …" if len(told) > 4 else "")


def findings_text(findings: Sequence[Finding], lang: str, *, park: Park, limit: int | None = 20) -> str:
    """Return one block a finding: level, code, place, span, what is at stake, then the sentence."""
    shown = findings if limit is None else findings[:limit]
    blocks = [_block(finding, lang, park) for finding in shown]
    if len(findings) > len(shown):
        blocks.append(say("more", lang, count=len(findings) - len(shown)))
    return "\n".join(blocks)


def _block(finding: Finding, lang: str, park: Park) -> str:
    about = f" {tell.title_of(finding, lang)}" if lang == "zh" else ""
    head = [f"[{name(finding.level, lang)}] {finding.code}{about}", place(finding.where)]
    head.append(tell.when(finding, park.settings.zone))
    if finding.amount is not None:
        head.append(f"{show.total(finding.amount)} {finding.unit}".rstrip())
    return "  ".join(part for part in head if part) + f"\n    {tell.sentence(finding, lang, park)}"


def place(where: Where) -> str:
    """Return the place of a finding in few words."""
    lines = where.lines or ((where.line,) if where.line else ())
    numbers = ",".join(str(line) for line in lines[:5]) + ("…" if len(lines) > 5 else "")
    file = f"{where.file}:{numbers}" if numbers and where.file else where.file
    return " ".join(part for part in (file, where.point, where.stream, where.node) if part)
