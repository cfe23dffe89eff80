"""What a paper is made from: one run and the one of the year before, ledgers, states of months, open matters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from lingtan.report.paper import Figure as Number
from lingtan.report.paper import Source
from lingtan.report.paper.model import Tone
from lingtan.web.account.methods import BASE
from lingtan.web.account.run import Figure, Run
from lingtan.web.kernel import figures
from lingtan.web.kernel.language import chinese, in_language
from lingtan.web.kernel.tags import STATES
from lingtan.web.park.boundary import Boundary
from lingtan.web.period import Period
from lingtan.web.reporting.closing.state import MonthState, states_of
from lingtan.web.reporting.files.ledger import Ledger, yearly

if TYPE_CHECKING:
    from lingtan.web.park.park import Park
    from lingtan.web.people.access import Access


class NothingToWrite(Exception):  # noqa: N818 - a state of the park, not a fault
    """There is no account of the period; the message says what to do."""


@dataclass(slots=True)
class Basis:
    """What is known of a period. ``before``: run of the year before, None where there is none.

    ``sources`` collects what the numbers of the paper rest on, in the order of use. ``now`` is the instant of making.
    """

    park: Park
    access: Access
    period: Period
    run: Run
    before: Run | None
    ledger: Ledger
    ledger_before: Ledger | None
    states: Mapping[str, MonthState]
    now: datetime
    sources: dict[str, Source] = field(default_factory=dict)

    @property
    def zone(self) -> ZoneInfo:
        """The park's zone."""
        return ZoneInfo(self.park.timezone)

    @property
    def today(self) -> date:
        """The day of making, in the park's zone."""
        return self.now.astimezone(self.zone).date()

    @property
    def year(self) -> int:
        """The year of the period."""
        return self.period.start.year

    def source(self, key: str, text: str, run: Run | None = None, place: str = "") -> str:
        """Keep what a number rests on and return its key; ``place`` stands in for the run where it has none."""
        of = run or self.run
        name = key if of.pk == self.run.pk else f"{key}#{of.pk}"
        where = place or _("run %(run)s · %(digest)s") % {"run": of.pk, "digest": of.input_digest[:8]}
        self.sources.setdefault(name, Source(name, text, where))
        return name

    def number(
        self, value: Any, unit: str = "", *, kind: str = "total", key: str = "", text: str = "",
        run: Run | None = None, tone: Tone = "", coverage: Any = None, strong: bool = False, digits: int | None = None,
    ) -> Number:  # fmt: skip
        """Return a figure as the one formatter writes it, with what it rests on; None is a dash with no source."""
        said = figures.shown(value, kind=kind, unit=unit, coverage=coverage, digits=digits)
        source = self.source(key, text, run) if key and value is not None else ""
        return Number(f"{said.before}{said.text}", said.unit, source, tone, strong)


def gather(park: Park, access: Access, period: Period, *, year_before: bool = True) -> Basis:
    """Read what a paper of a period needs, cut to what somebody may see.

    Raises
    ------
    NothingToWrite : the year has no account.
    """
    boundary = park.default_boundary or Boundary.objects.visible_to(access).values_list("code", flat=True).first() or ""
    runs = Run.objects.visible_to(access).filter(
        variant=BASE.key, boundary=boundary, superseded_by__isnull=True, flows_of=None
    )
    found = {run.year: run for run in runs.filter(year__in=[period.start.year, period.start.year - 1]).order_by("pk")}
    run = found.get(period.start.year)
    if run is None:
        raise NothingToWrite(
            _("There is no account of %(year)s yet. Have the account drawn first, then make the paper.")
            % {"year": period.start.year}
        )
    before = found.get(period.start.year - 1) if year_before else None
    months = [f"{run.year}-{number:02}" for number in range(1, 13)]
    return Basis(
        park, access, period, run, before, yearly(park, run.year, access),
        yearly(park, before.year, access) if before else None, states_of(park, months), timezone.now(),
    )  # fmt: skip


def state_of(basis: Basis) -> str:
    """Return how final the period is: preliminary as long as one of its months is."""
    words = {basis.states[month].word for month in months_of(basis.period)}
    return next((word for word in ("preliminary", "corrected") if word in words), "final")


def months_of(period: Period) -> list[str]:
    """Return the months of a period within its year."""
    last = period.end.month - 1 or 12
    return [f"{period.start.year}-{number:02}" for number in range(period.start.month, last + 1)]


def marks(basis: Basis) -> tuple[tuple[str, Tone], ...]:
    """Return the badges of a paper: sample data, how final, unverified."""
    words: dict[str, tuple[str, Tone]] = {
        "preliminary": (_("Preliminary"), "info"), "corrected": (_("Corrected"), "watch"), "final": (_("Final"), "ok"),
    }  # fmt: skip
    found = [words[state_of(basis)]]
    if basis.park.synthetic:
        found.insert(0, (_("Sample data"), "watch"))
    if basis.run.status == "unverified":
        found.append((_("Unverified factors or choices"), "watch"))
    if basis.run.status == "incomplete":
        found.append((_("Incomplete"), "act"))
    return tuple(found)


def facts(basis: Basis, *more: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    """Return the head of a paper: period, method, boundary, account, its digest, when it was made."""
    run = basis.run
    named = Boundary.objects.visible_to(basis.access).filter(code=run.boundary).first()
    drawn = figures.day(run.ended.astimezone(basis.zone))
    return (
        (_("Period"), str(basis.period)),
        (_("Boundary"), str(named) if named else run.boundary or _("all nodes")),
        (_("Method"), str(BASE.title)),
        (pgettext("carbon", "Account"), _("run %(run)s of %(day)s") % {"run": run.pk, "day": drawn}),
        (_("Digest of the input"), run.input_digest[:16]),
        (_("Made"), _("%(day)s, Lingtan %(version)s") % {"day": basis.today, "version": run.code_version}),
        *more,
    )


def change(now: Any, before: Any, *, good: str = "") -> Number:
    """Return a change in per cent with its sign; ``good`` (down, up) gives it a tone where a way is plainly better.

    Where the sign of the amount itself has turned, a share of the former one says nothing: a dash.
    """
    part = figures.change(now, before)
    if part is None or figures.decimal(now) * figures.decimal(before) < 0:
        return Number(figures.NONE)
    sign = "+" if part > 0 else ""
    tone: Tone = "" if not good or not part else "ok" if (part < 0) == (good == "down") else "act"
    return Number(f"{sign}{figures.number(part, 'share')}", "%", tone=tone)


def added(values: list[Any]) -> Decimal | None:
    """Return the sum of what is known; None where nothing is."""
    known = [figures.decimal(value) for value in values if value is not None]
    return sum(known, Decimal(0)) if known else None


def green_share(basis: Basis) -> tuple[Figure | None, Figure | None]:
    """Return the share of direct green supply of the year and of the year before."""
    from lingtan.web.account.making.green import FIGURE

    runs = [run.pk for run in (basis.run, basis.before) if run is not None]
    rows = Figure.objects.visible_to(basis.access).filter(name=FIGURE, run__in=runs).prefetch_related("run")
    found = {row.year: row for row in rows}
    return found.get(basis.year), found.get(basis.year - 1)


def park_name(park: Park) -> str:
    """Return the park's name in the language of the paper."""
    return in_language(park.name_zh, park.name_en) or park.code


def state_word(word: str) -> str:
    """Return the word of a state in the language of the paper."""
    return str(STATES[word][2]) if word in STATES else word


def comma() -> str:
    """Return what stands between the parts of a list in the language of the paper."""
    return "、" if chinese() else ", "


def language() -> Any:
    """Return the language of the paper at hand as its values name it."""
    return "zh" if chinese() else "en"
