"""What every card of the page shares."""

from __future__ import annotations

from dataclasses import dataclass

from lingtan.inventory.model import Account
from lingtan.ledger.park import Park
from lingtan.report.markup import Markup, el, join
from lingtan.report.words import say


@dataclass(frozen=True, slots=True)
class Page:
    """One language of the page of an account."""

    account: Account
    park: Park | None
    lang: str
    synthetic: bool = False

    def card(self, key: str, *content: str, width: int = 12, css: str = "") -> Markup:
        """Return a card: the question ``key``, its reading hint, the content; ``width`` in twelfths."""
        title = el("h2", say(key, self.lang))
        hint = el("p", say(f"{key}.hint", self.lang), class_="hint")
        return el("section", title, hint, *content, class_=f"card w{width} {css}".strip())


def table(head: list[tuple[str, bool]], rows: list[Markup]) -> Markup:
    """Return a table; ``head`` names each column and tells whether it holds figures."""
    cells = [el("th", label, class_="n" if figures else None, scope="col") for label, figures in head]
    return el("div", el("table", el("thead", el("tr", *cells)), el("tbody", join(rows))), class_="scroll")


def cell(value: str, *, figures: bool = False) -> Markup:
    """Return a table cell."""
    return el("td", value, class_="n" if figures else None)
