"""What a page is asked for: period, method, boundary and comparison of the address, and the runs that answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _

from lingtan.web.account.methods import BASE, BY_KEY, Variant
from lingtan.web.account.run import Figure, Run
from lingtan.web.kernel.frame import Period
from lingtan.web.kernel.pages import ParkRequest, today_in
from lingtan.web.park.boundary import Boundary
from lingtan.web.park.node import Node
from lingtan.web.programme.job import Job


@dataclass(frozen=True, slots=True)
class Asked:
    """A page's question. ``run`` is None where the year was not computed; ``years`` are those that were.

    ``before`` is the run of the comparison year, under the same method and boundary.
    """

    period: Period
    variant: Variant
    boundary: str
    run: Run | None
    before: Run | None
    years: tuple[int, ...]
    compare: int | None

    @property
    def year(self) -> int:
        """The year."""
        return self.period.start.year


def asked(request: ParkRequest) -> Asked:
    """Read the address; what it leaves open is the last computed year, the national method, the park's boundary.

    Raises
    ------
    Http404 : a method or boundary that there is not.
    """
    variant = BY_KEY.get(request.GET.get("method") or BASE.key)
    if variant is None:
        raise Http404
    boundary = _boundary(request)
    runs = Run.objects.visible_to(request.access).filter(
        boundary=boundary, variant=variant.key, superseded_by__isnull=True
    )
    years = tuple(runs.order_by("year").values_list("year", flat=True))
    period = _period(request, years)
    compare = _compare(request, period.start.year, years)
    found = {run.year: run for run in runs.filter(year__in=[period.start.year, compare or 0])}
    run = found.get(period.start.year)
    before = found.get(compare) if compare else None
    return Asked(period, variant, boundary, run, before, years, compare)


def _period(request: ParkRequest, years: tuple[int, ...]) -> Period:
    """Return the year of the period asked for: accounts are drawn by year."""
    given = Period.read(request.GET.get("period", ""))
    year = given.start.year if given else years[-1] if years else today_in(request.park).year
    return Period(str(year), "year", date(year, 1, 1), date(year + 1, 1, 1))


def _boundary(request: ParkRequest) -> str:
    """Return the code of the boundary asked for, that of the park's default, or its only one."""
    known = list(Boundary.objects.visible_to(request.access).values_list("code", flat=True))
    wanted = request.GET.get("boundary", "")
    if wanted:
        if wanted not in known:
            raise Http404
        return wanted
    if request.park.default_boundary in known or not known:
        return request.park.default_boundary
    return known[0]


def _compare(request: ParkRequest, year: int, years: tuple[int, ...]) -> int | None:
    wanted = request.GET.get("compare", "")
    if wanted == "none":
        return None
    if wanted.isdigit() and int(wanted) in years:
        return int(wanted)
    return year - 1 if year - 1 in years else None


def own_run(request: ParkRequest, node: Node, key: str = "") -> tuple[Asked, Figure | None]:
    """Return what is asked about one enterprise, found through its own figure: the way of those who see no park."""
    variant = BY_KEY.get(key or request.GET.get("method") or BASE.key)
    if variant is None:
        raise Http404
    boundary = request.GET.get("boundary") or request.park.default_boundary
    rows = Figure.objects.visible_to(request.access).filter(
        name=f"node:{node.code}", run__variant=variant.key, run__superseded_by__isnull=True
    )
    rows = (rows.filter(run__boundary=boundary) if boundary else rows).select_related("run").order_by("year")
    found = {row.year: row for row in rows}
    years = tuple(found)
    period = _period(request, years)
    year = period.start.year
    compare = _compare(request, year, years)
    own = found.get(year)
    before = found[compare].run if compare else None
    made = Asked(period, variant, boundary, own.run if own else None, before, years, compare)
    return made, own


def frame_of(request: ParkRequest, what: Asked, **more: Any) -> dict[str, Any]:
    """Return what every page of the room hands to the frame, and the state of the work behind it."""
    named = Boundary.objects.visible_to(request.access).filter(code=what.boundary).first()
    job = Job.objects.visible_to(request.access).filter(kind="compute").order_by("-pk").first()
    years = [year for year in what.years if year != what.year]
    comparisons = [(str(year), str(year), year == what.compare) for year in reversed(years)]
    return {
        "asked": what,
        "run": what.run,
        "before": what.before,
        "period": what.period,
        "period_kinds": ("year",),
        "comparisons": [*comparisons, (_("nothing"), "none", what.compare is None)],
        "boundary": str(named) if named else what.boundary,
        "method": what.variant.short,
        "job": job if job is not None and (job.is_open or job.state == "failed") else None,
        "versus": _("vs %(year)s") % {"year": what.compare} if what.compare else "",
        **more,
    }
