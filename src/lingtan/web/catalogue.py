"""The living catalogue at ``/look/``, in trial mode only: every part with sample figures, for eyes and tools."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import URLResolver, get_resolver, path

from lingtan.web.kernel.frame import ENTRIES
from lingtan.web.kernel.language import chinese
from lingtan.web.park.park import Park
from lingtan.web.period import Period

SAMPLES = Path(__file__).parent / "templates" / "parts" / "catalogue.json"


def _spoken(value: Any) -> Any:
    """Return the samples with ``Chinese|English`` texts cut down to the language of the page."""
    if isinstance(value, str) and "|" in value:
        return value.split("|")[0 if chinese() else 1]
    if isinstance(value, list):
        return [_spoken(one) for one in value]
    return {key: _spoken(one) for key, one in value.items()} if isinstance(value, dict) else value


def _context(request: HttpRequest) -> dict[str, Any]:
    """Return the samples and a frame in which every entry stands."""
    entries = [
        {"name": name, "icon": sign, "letter": letter, "label": label, "url": f"#{name}", "here": name == "overview"}
        for name, sign, letter, label in ENTRIES
    ]
    period = Period.read(request.GET.get("period", "")) or Period.of_year(2025)
    return {
        **_spoken(json.loads(SAMPLES.read_text("utf-8"))),
        "park": Park(code="LOOK", name_zh="示例园区", name_en="Sample park", synthetic=True),
        "entries": entries,
        "period": period,
        "comparisons": [(str(period.year_before), period.year_before.text, True)],
    }


def catalogue(request: HttpRequest) -> HttpResponse:
    """Show every part; nothing on the page is stored or computed from a park."""
    return render(request, "parts/catalogue.html", _context(request))


def explanation(request: HttpRequest) -> HttpResponse:
    """Show the sample explanation, as a page of its own or in the drawer."""
    return render(request, "parts/catalogue_explanation.html", _context(request))


def job(request: HttpRequest) -> HttpResponse:
    """Answer the sample job's poll."""
    context = _context(request)
    return render(request, "parts/job.html", {"job": context["running"], "url": "job/"})


def _routes(patterns: list[Any], before: str = "") -> list[str]:
    """Return the routes of all pages below some patterns."""
    made = []
    for one in patterns:
        route = before + str(one.pattern).removeprefix("^")
        made += _routes(one.url_patterns, route) if isinstance(one, URLResolver) else [route]
    return made


def routes(request: HttpRequest) -> JsonResponse:
    """Return every address pattern of the platform, for tools that walk all pages."""
    return JsonResponse({"routes": _routes(get_resolver().url_patterns)})


urlpatterns = [
    path("map/", routes, name="look_map"),
    path("", catalogue, name="look"),
    path("explanation/", explanation, name="look_explanation"),
    path("job/", job, name="look_job"),
]
