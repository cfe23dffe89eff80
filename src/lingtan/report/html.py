"""One page of an account: self-contained, in two languages, for screen, phone and paper."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from lingtan.inventory.model import Account
from lingtan.ledger.park import Park
from lingtan.report import account_card, cards, svg, view
from lingtan.report.markup import Markup, el, join
from lingtan.report.page import Page
from lingtan.report.words import say
from lingtan.trace import show
from lingtan.trace.words import UNITS, name

#: A space that no line breaks at.
_KEPT = "\N{NO-BREAK SPACE}"
_LANGUAGES = (("zh", "zh-Hans", "中文"), ("en", "en", "English"))


def write(account: Account, path: Path | str, *, park: Park | None = None, synthetic: bool = False) -> Path:
    """Write the page of an account to ``path`` and return the path; parent folders are made.

    ``park`` gives names, roles and commodities; without it ids are shown.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(render(account, park=park, synthetic=synthetic), encoding="utf-8")
    return target


def render(account: Account, *, park: Park | None = None, synthetic: bool = False) -> str:
    """Return the page as HTML text: no script, no request to anywhere."""
    first = "zh" if park is None or park.settings.country in ("", "CN") else "en"
    title = f"{view.park_name(park, account, first)} · {account.year} · {account.method}"
    bodies = (_body(Page(account, park, code, synthetic), tag) for code, tag, _ in _LANGUAGES)
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", name="color-scheme", content="light dark"),
        el("meta", http_equiv="Content-Security-Policy", content="default-src 'none'; style-src 'unsafe-inline'"),
        el("title", title),
        el("style", Markup(_style())),
    )
    page = el("body", *_switch(first), join(bodies))
    language = "zh-Hans" if first == "zh" else "en"
    return f"<!doctype html>\n{el('html', head, page, lang=language)}\n"


@lru_cache(maxsize=1)
def _style() -> str:
    return files(__package__).joinpath("data", "page.css").read_text(encoding="utf-8")


def _switch(first: str) -> list[Markup]:
    """Return the language switch: two radio buttons that the style sheet listens to."""
    radios = [
        el("input", type="radio", name="language", id=f"in-{code}", class_="switch", aria_label=label,
           checked="" if code == first else None)
        for code, _, label in _LANGUAGES
    ]  # fmt: skip
    labels = [el("label", label, for_=f"in-{code}", lang=tag) for code, tag, label in _LANGUAGES]
    return [*radios, el("div", *labels, class_="languages")]


def _body(page: Page, tag: str) -> Markup:
    account, lang = page.account, page.lang
    return el(
        "main",
        _bar(page),
        el("h1", view.titles(account, lang)),
        el("p", view.answer(account, lang).replace(" %", f"{_KEPT}%"), class_="answer"),
        el(
            "div",
            _figures(page),
            cards.months(page),
            cards.ladder(page),
            account_card.lines(page),
            el("div", cards.choices(page), cards.nodes(page), class_="column"),
            el("div", cards.findings(page), cards.energy(page), class_="column"),
            class_="grid",
        ),
        el("p", say("foot", lang), class_="foot"),
        class_=lang,
        lang=tag,
    )


def _bar(page: Page) -> Markup:
    account, lang = page.account, page.lang
    tone = {"complete": "ok", "unverified": "watch"}.get(account.status, "act")
    boundary = account.boundary or say("boundary.none", lang)
    return el(
        "div",
        el("b", view.park_name(page.park, account, lang)),
        el("span", str(account.year), class_="chip"),
        el("span", say("boundary", lang, value=boundary), class_="chip"),
        el("span", say("method", lang, value=account.method), class_="chip"),
        *([el("span", say("sample", lang), class_="badge")] if page.synthetic else []),
        el("span", name(account.status, lang), class_=f"pill {tone}"),
        class_="bar",
    )


def _figures(page: Page) -> Markup:
    account, lang = page.account, page.lang
    levels = [finding.level for finding in account.findings]
    counts = {"errors": levels.count("error"), "notes": levels.count("note")}
    calorific = show.total(account.totals.get("energy_tce_calorific"))
    shown = (
        _total(page, "co2_t", svg.composition(account.coverage, lang)),
        _total(page, "energy_tce_equivalent", el("div", say("tce.below", lang, value=calorific), class_="below")),
        _total(page, "co2_t_per_tce", _range(page, "co2_t_per_tce")),
        _figure(say("figure.coverage", lang), show.share(account.coverage.get("known")), "", ()),
        _figure(
            say("figure.findings", lang),
            str(len(levels) - levels.count("note")),
            "",
            (el("div", say("figure.findings.below", lang, **counts), class_="below"),),
        ),
    )
    return el("div", *shown, class_="figures")


def _total(page: Page, word: str, *below: Markup) -> Markup:
    value = page.account.totals.get(word)
    mark = view.sign_of_coverage(page.account) if value is not None and word == "co2_t" else ""
    text = show.ratio(value) if word == "co2_t_per_tce" else show.total(value)
    extra = below if value is not None else ()
    return _figure(name(word, page.lang), mark + text, UNITS[word] if value is not None else "", extra)


def _range(page: Page, word: str) -> Markup:
    span = view.span_of(page.account, word)
    if span is None or not span.open:
        return el("div", say("exact", page.lang), class_="below")
    text = say("range", page.lang, low=show.ratio(span.low), high=show.ratio(span.high))
    return el("div", text, class_="below")


def _figure(title: str, value: str, unit: str, below: Sequence[Markup]) -> Markup:
    number = el("div", value, *([el("span", unit, class_="unit")] if unit else []), class_="value")
    return el("div", el("div", title, class_="name"), number, *below, class_="card figure")
