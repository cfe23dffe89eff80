"""Choices of a method in words, and which of them matter in an account."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from lingtan.inventory.model import Account, Choice


def title(choice: Choice, lang: str) -> str:
    """Return what a choice is about, or its id where the method gives no title."""
    return (choice.title_zh if lang == "zh" else choice.title_en) or choice.id


def option(choice: Choice, name: str, lang: str) -> str:
    """Return the name of an option; the method's own word where it gives none in the language."""
    return choice.names_zh.get(name, name) if lang == "zh" else name


def reason(choice: Choice, lang: str) -> str:
    """Return why it was chosen; the method's own words where it gives none in the language."""
    return (choice.reason_zh if lang == "zh" else "") or choice.reason


def moved(account: Account, choice: Choice, totals: Iterable[str] | None = None) -> dict[str, dict[str, Decimal]]:
    """Return alternative -> the totals it would change, with their values; alternatives that change none are left out.

    ``totals`` asks for these totals only.
    """
    wanted = None if totals is None else frozenset(totals)
    found = {name: _changed(account.totals, given, wanted) for name, given in choice.effect.items()}
    return {name: changed for name, changed in found.items() if changed}


def _changed(
    base: Mapping[str, Decimal | None], given: Mapping[str, Decimal | None], wanted: frozenset[str] | None
) -> dict[str, Decimal]:
    return {
        word: value
        for word, value in given.items()
        if value is not None and value != base.get(word) and (wanted is None or word in wanted)
    }


def matters(account: Account, choice: Choice) -> bool:
    """Tell whether a choice has an effect on a total, or is why something has no amount."""
    return bool(moved(account, choice)) or leaves_out(account, choice)


def leaves_out(account: Account, choice: Choice) -> bool:
    """Tell whether a line of the account has no amount because of the choice."""
    return any(line.category in choice.leaves_out and line.amount_t is None for line in account.lines)


def is_open(account: Account, choice: Choice) -> bool:
    """Tell whether a choice keeps this account unverified: nobody has settled it, and it matters here."""
    return choice.unverified and matters(account, choice)


def ordered(account: Account) -> tuple[Choice, ...]:
    """Return the choices, those first that keep the account unverified, then those that matter; else as the method."""
    return tuple(
        sorted(account.choices, key=lambda choice: (not is_open(account, choice), not matters(account, choice)))
    )
