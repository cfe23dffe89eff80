"""Which papers are there? The list with its form, one paper with what it rests on, its files."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from lingtan.web.account.run import Run
from lingtan.web.kernel import figures
from lingtan.web.kernel.language import chinese
from lingtan.web.kernel.pages import ParkRequest, in_park, today_in
from lingtan.web.kernel.workflow import Refused
from lingtan.web.papers import actions
from lingtan.web.papers.kinds import KINDS
from lingtan.web.papers.paper import BriefPlan, Language, Paper
from lingtan.web.programme.job import OPEN, Job, State
from lingtan.web.programme.views import shown
from lingtan.web.publish.documents import sent

PAGE = 50


@in_park()
@require_GET
def papers(request: ParkRequest) -> HttpResponse:
    """List the papers that were made; who may, has one made."""
    _readers(request)
    request.entry = "reports"
    rows = Paper.objects.visible_to(request.access).select_related("made_by").prefetch_related("run")
    wanted = request.GET.get("kind", "")
    listed = rows.filter(kind=wanted) if wanted in KINDS else rows
    page = Paginator(listed.order_by("-start", "kind", "language", "-pk"), PAGE).get_page(request.GET.get("page"))
    jobs = Job.objects.visible_to(request.access).filter(kind="paper")
    job = jobs.filter(state__in=(*OPEN, State.FAILED)).order_by("-pk").first()
    newest = jobs.order_by("-pk").first()
    context: dict[str, Any] = {
        "page": page,
        "rows": [_row(row) for row in page],
        "count": rows.count(),
        "latest": rows.order_by("-made_at").first(),
        "kinds": [(one.key, one.title, one.about, one.key == wanted) for one in KINDS.values()],
        "job": shown(job) if job is not None and (job.is_open or job == newest) else None,
        "job_url": reverse("job", args=[request.park.code, job.pk]) if job else "",
        "choices": _choices(request),
        "languages": Language.choices,
        "own_language": "zh" if chinese() else "en",
        "plans": BriefPlan.objects.visible_to(request.access).filter(active=True).order_by("language"),
        "may": request.access.may("compute"),
    }
    return render(request, "papers/papers.html", context)


def _readers(request: ParkRequest) -> None:
    """Turn away who does not see the whole park: papers tell of all its enterprises."""
    if not request.access.whole_park:
        raise Http404


def _row(row: Paper) -> dict[str, Any]:
    kind = KINDS.get(row.kind)
    return {
        "paper": row, "kind": kind.title if kind else row.kind, "icon": kind.icon if kind else "file-text",
        "period": figures.period(row.period),
        "files": [("pdf", "PDF", row.pdf_id), ("word", "Word", row.word_id)],
    }  # fmt: skip


def _choices(request: ParkRequest) -> dict[str, list[tuple[str, str]]]:
    """Return the periods of years that have an account, by kind: months and years that are over, the last one first."""
    today = today_in(request.park)
    runs = Run.objects.visible_to(request.access).filter(superseded_by__isnull=True, flows_of=None)
    years = sorted({year for year in runs.values_list("year", flat=True) if year <= today.year}, reverse=True)
    months = [f"{year}-{month:02}" for year in years for month in range(12, 0, -1)]
    over = [month for month in months if month < f"{today:%Y-%m}"]
    return {
        "month": [(month, figures.period(month)) for month in over],
        "year": [(f"{year}", figures.period(f"{year}")) for year in years],
    }


@require_POST
@in_park("compute")
def make(request: ParkRequest) -> HttpResponse:
    """Ask for a paper."""
    given = {name: request.POST.get(name, "") for name in ("kind", "period", "language")}
    try:
        job = actions.ask_for_paper(request.park, given["kind"], given["period"], language=given["language"],
                                    by=request.access)  # fmt: skip
    except Refused as wrong:
        messages.error(request, str(wrong))
        return redirect("papers", request.park.code)
    if job.state == State.DONE and job.result.get("link"):
        return redirect(job.result["link"])
    return redirect("papers", request.park.code)


@in_park()
@require_GET
def paper(request: ParkRequest, pk: int) -> HttpResponse:
    """Show one paper: its answer, its files, and what it rests on."""
    _readers(request)
    request.entry = "reports"
    rows = Paper.objects.visible_to(request.access).select_related("made_by", "pdf", "word").prefetch_related("run")
    found = get_object_or_404(rows, pk=pk)
    same = rows.filter(kind=found.kind, period=found.period, language=found.language).order_by("-pk")
    context = {**_row(found), "same": [one for one in same if one.pk != found.pk], "newest": same[0].pk == found.pk,
               "superseded": found.run.superseded_by_id is not None,
               "versions": [(_("PDF"), found.pdf, "pdf"), (_("Word"), found.word, "word")],
               "may": request.access.may("compute")}  # fmt: skip
    return render(request, "papers/paper.html", context)


@in_park()
@require_GET
def download(request: ParkRequest, pk: int, form: str) -> HttpResponse:
    """Send a paper's file out; a PDF may be shown in place."""
    found = get_object_or_404(Paper.objects.visible_to(request.access).select_related("pdf", "word"), pk=pk)
    version = {"pdf": found.pdf, "word": found.word}.get(form)
    if version is None:
        raise Http404
    return sent(version.sha256, version.name, in_place=bool(request.GET.get("show")))
