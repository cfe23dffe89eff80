"""The kinds of papers as one table: how each is called, what period it is of, and what writes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from lingtan.web.papers.contents import monthly, yearly

if TYPE_CHECKING:
    from lingtan.report.paper import Paper
    from lingtan.web.papers.contents.basis import Basis


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of paper. ``period``: month or year; ``write`` turns what is known into the paper's values.

    ``answer`` returns the sentence that the paper begins with.
    """

    key: str
    title: Any
    about: Any
    period: str
    icon: str
    write: Callable[[Basis], Paper]
    answer: Callable[[Basis], str]


KINDS: Mapping[str, Kind] = {
    one.key: one
    for one in (
        Kind(
            "monthly",
            _("Monthly brief"),
            _("For the park's management: carbon and energy of a month and of the year so far, what is open."),
            "month",
            "file-text",
            monthly.write,
            monthly.answer,
        ),
        Kind(
            "statistics",
            _("Yearly statistical report"),
            _("The statistics ledger of a year as a paper: energy, water, waste, renewables, facts, reports."),
            "year",
            "file-description",
            yearly.write,
            yearly.answer,
        ),
    )
}
