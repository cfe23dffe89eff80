"""Names of figures: ``kind:rest``, and what to say when a name is not known."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from lingtan.flows.model import FlowSet
from lingtan.inventory.model import Account

KINDS = ("total", "category", "month", "node", "line", "flow", "deviation", "coverage", "choice")


class TraceError(Exception):
    """A figure cannot be explained."""


class UnknownFigure(TraceError):  # noqa: N818
    """No figure has this name; the message lists near names and the kinds there are."""


@dataclass(frozen=True, slots=True)
class Name:
    """A figure's name taken apart: ``flow:S1@2025-03`` is kind flow, key S1, month 2025-03."""

    kind: str
    key: str
    month: str = ""


def known(account: Account, flow_set: FlowSet) -> tuple[str, ...]:
    """Return the names of all figures of an account, totals first."""
    deviating = dict.fromkeys(check.stream for check in flow_set.checks)
    return (
        *(f"total:{word}" for word in account.totals),
        *(f"category:{word}" for word in account.by_category),
        *(f"month:{month}" for month in account.by_month),
        *(f"node:{node}" for node in account.by_node),
        "coverage",
        *(f"choice:{choice.id}" for choice in account.choices),
        *(f"line:{line.id}" for line in account.lines),
        *(f"flow:{stream}" for stream in flow_set.pieces),
        *(f"deviation:{stream}" for stream in deviating),
    )


def parse(figure: str, names: Collection[str]) -> Name:
    """Take a figure's name apart and check that it is one of the names; a bare total or line id is understood.

    Raises
    ------
    UnknownFigure : with the nearest names and the list of kinds.
    """
    text = figure.strip()
    if text in names:
        return _split(text)
    stem, at, month = text.rpartition("@")
    if at and stem in names and stem.partition(":")[0] in {"flow", "deviation"} and _is_month(month):
        return Name(*_pair(stem), month)
    bare = [name for name in names if name.partition(":")[2] == text]
    if len(bare) == 1:
        return _split(bare[0])
    raise UnknownFigure(_message(text, names, bare))


def _is_month(text: str) -> bool:
    year, dash, month = text.partition("-")
    return len(year) == 4 and dash == "-" and len(month) == 2 and (year + month).isdigit() and 1 <= int(month) <= 12


def _pair(name: str) -> tuple[str, str]:
    kind, _, key = name.partition(":")
    return kind, key


def _split(name: str) -> Name:
    return Name(*_pair(name))


def _message(text: str, names: Iterable[str], same: list[str]) -> str:
    listed = tuple(names)
    by_key = {name.partition(":")[2]: name for name in reversed(listed)}
    near = list(dict.fromkeys([*same, *get_close_matches(text, listed, n=4, cutoff=0.5)]))
    near += [by_key[key] for key in get_close_matches(text.rpartition(":")[2], by_key, n=4, cutoff=0.6)]
    near = list(dict.fromkeys(near))[:6]
    hint = f" Near: {', '.join(near)}." if near else ""
    expected = ", ".join("coverage" if kind == "coverage" else f"{kind}:…" for kind in KINDS)
    return f"There is no figure {text!r} in this account.{hint} Expected one of the kinds {expected}."
