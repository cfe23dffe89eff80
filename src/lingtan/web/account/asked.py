"""What a page is asked for: period, method, boundary and comparison of the address, and the runs that answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from lingtan.web.account.methods import BASE, BY_KEY, Variant
from lingtan.web.account.part import Part
from lingtan.web.account.run import Figure, Run
from lingtan.web.kernel.pages import ParkRequest, today_in
from lingtan.web.park.boundary import Boundary
from lingtan.web.park.node import Node
from lingtan.web.period import Period
from lingtan.web.programme.job import Job

#: Lengths of a period that accounts can be cut to; the longest in months.
KINDS = ("month", "quarter", "year")
LONGEST = 36


@dataclass(frozen=True, slots=True)
class Asked:
    """A page's question. ``part`` is None where a year of the period was not computed; ``years`` are those that were.

    ``compared`` is the period of the comparison under the same method and boundary, ``former`` what is known of it;
    ``compare`` its word of the address.
    """

    period: Period
    variant: Variant
    boundary: str
    part: Part | None
    former: Part | None
    years: tuple[int, ...]
    compare: str
    compared: Period | None

    @property
    def run(self) -> Run | None:
        """The run of the period's last year, whose figures open."""
        return self.part.run if self.part else None

    @property
    def before(self) -> Run | None:
        """The run of the comparison."""
        return self.former.run if self.former else None

    @property
    def year(self) -> int:
        """The last year that the period touches."""
        return int(self.period.months[-1][:4])


def asked(request: ParkRequest) -> Asked:
    """Read the address; what it leaves open is the last computed year, the national method, the park's boundary.

    Raises
    ------
    Http404 : a method or boundary that there is not.
    """
    variant = _variant(request)
    boundary = _boundary(request)
    rows = Run.objects.visible_to(request.access).filter(
        boundary=boundary, variant=variant.key, superseded_by__isnull=True
    )
    years = tuple(rows.order_by("year").values_list("year", flat=True))

    def held(wanted: set[int]) -> dict[int, Run]:
        return {run.year: run for run in rows.filter(year__in=wanted)}

    return _asked(request, variant, boundary, years=years, held=held)


def _asked(
    request: ParkRequest, variant: Variant, boundary: str, *, years: tuple[int, ...],
    held: Callable[[set[int]], Mapping[int, Run]],
) -> Asked:  # fmt: skip
    """Put a question together; ``held`` gives the runs of some years."""
    period = _period(request, years)
    compare, compared = _compare(request, period, years)
    wanted = {*years_of(period), *(years_of(compared) if compared else ())}
    runs = held(wanted)
    parts = (part_of(period, runs), part_of(compared, runs) if compared else None)
    return Asked(period, variant, boundary, *parts, years, compare, compared)


def part_of(period: Period, runs: Mapping[int, Run]) -> Part | None:
    """Return the part of a period; None where one of its years was not computed."""
    found = [runs.get(year) for year in years_of(period)]
    return Part(period, tuple(run for run in found if run is not None)) if None not in found else None


def years_of(period: Period) -> list[int]:
    """Return the years that a period touches."""
    return sorted({int(month[:4]) for month in period.months})


def _variant(request: ParkRequest, key: str = "") -> Variant:
    variant = BY_KEY.get(key or request.GET.get("method") or BASE.key)
    if variant is None:
        raise Http404
    return variant


def _period(request: ParkRequest, years: tuple[int, ...]) -> Period:
    """Return the period asked for in whole months: runs hold no shorter ones."""
    given = Period.read(request.GET.get("period", ""))
    if given is not None and len(given.months) <= LONGEST:
        return given.by_months
    return Period.of_year(years[-1] if years else today_in(request.park).year)


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


def _compare(request: ParkRequest, period: Period, years: tuple[int, ...]) -> tuple[str, Period | None]:
    """Return the comparison asked for and its period; left open it is the same time of the year before, if computed."""
    wanted = request.GET.get("compare", "")
    if wanted == "none":
        return wanted, None
    if period.kind == "year" and wanted.isdigit() and int(wanted) in years:
        return wanted, Period.of_year(int(wanted))
    if wanted == "before":
        return wanted, period.before
    same = period.year_before
    return "year", same if wanted == "year" or set(years_of(same)) <= set(years) else None


def own_run(request: ParkRequest, node: Node, key: str = "") -> tuple[Asked, Figure | None]:
    """Return what is asked about one enterprise, found through its own figure: the way of those who see no park."""
    variant = _variant(request, key)
    boundary = request.GET.get("boundary") or request.park.default_boundary
    rows = Figure.objects.visible_to(request.access).filter(
        name=f"node:{node.code}", run__variant=variant.key, run__superseded_by__isnull=True
    )
    rows = (rows.filter(run__boundary=boundary) if boundary else rows).prefetch_related("run").order_by("year")
    found = {row.year: row for row in rows}
    made = _asked(
        request, variant, boundary, years=tuple(found), held=lambda wanted: {y: row.run for y, row in found.items()}
    )
    return made, found.get(made.year)


def frame_of(request: ParkRequest, what: Asked, **more: Any) -> dict[str, Any]:
    """Return what every page of the room hands to the frame, and the state of the work behind it."""
    named = Boundary.objects.visible_to(request.access).order_by("code")
    boundaries = {one.code: str(one) for one in named}
    job = Job.objects.visible_to(request.access).filter(kind="compute").order_by("-pk").first()
    return {
        "asked": what,
        "run": what.run,
        "before": what.former,
        "period": what.period,
        "period_kinds": KINDS,
        "period_months": True,
        "comparisons": _comparisons(what),
        "boundary": boundaries.get(what.boundary, what.boundary),
        "boundaries": _boundaries(what, boundaries),
        "method": what.variant.short,
        "job": job if job is not None and (job.is_open or job.state == "failed") else None,
        "versus": _("vs %(year)s") % {"year": what.compared} if what.compared and what.former else "",
        **more,
    }


def _boundaries(what: Asked, names: Mapping[str, str]) -> list[tuple[str, str, bool]]:
    """Return the boundaries to choose from: name, code, chosen; none where there is but one."""
    codes = sorted({*names, what.boundary} - {""})
    return [(names.get(code, code), code, code == what.boundary) for code in codes] if len(codes) > 1 else []


def _comparisons(what: Asked) -> list[tuple[str, str, bool]]:
    """Return the comparisons to choose from: name, word of the address, chosen."""
    period, none = what.period, (_("nothing"), "none", what.compared is None)
    if period.kind == "year":
        at = what.compared.start.year if what.compared else None
        return [*((str(year), str(year), year == at) for year in reversed(what.years) if year != what.year), none]
    return [
        (_("A year before"), "year", what.compare == "year" and bool(what.compared)),
        (_("Period just before"), "before", what.compare == "before"),
        none,
    ]


def chosen_months(request: ParkRequest) -> HttpResponse | None:
    """Return the way to a period that was chosen by its first and last month; None where none was, or it is none."""
    given = request.GET.copy()
    ends = [str(given.pop(word, [""])[-1])[:7] for word in ("from", "to")]
    if not all(ends):
        return None
    period = Period.read("..".join(ends if ends[0] <= ends[1] else ends[::-1]))
    if period is not None:
        given["period"] = period.by_months.text
    return redirect(f"{request.path}?{given.urlencode()}")
