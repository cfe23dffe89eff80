"""Why is this figure what it is? The chain of a figure as a drawer and as a page of its own, in the stored words."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from lingtan.web.account.methods import BY_KEY
from lingtan.web.account.pages.asking import remarks_of
from lingtan.web.account.pages.cut import cut_of
from lingtan.web.account.pages.evidence import Mask, documents_of, mask_of, package
from lingtan.web.account.pages.moves import moved_since
from lingtan.web.account.pages.rows import said, written
from lingtan.web.account.run import Figure
from lingtan.web.kernel.language import chinese
from lingtan.web.kernel.pages import ParkRequest, in_park
from lingtan.web.park.boundary import Boundary

#: Links of the chain in the order of the look: kinds of steps, icon, title.
LINKS: tuple[tuple[tuple[str, ...], str, Any], ...] = (
    (("figure", "trade", "term", "lines", "line", "more"), "file-text", gettext_lazy("Inventory lines")),
    (("flow", "missing"), "arrows-split-2", gettext_lazy("Flows")),
    (("readings", "statement", "certificate"), "gauge", gettext_lazy("Readings and reports")),
    (("factor",), "book", gettext_lazy("Factors")),
    (("rule",), "ruler-2", gettext_lazy("Rule")),
    (("clause",), "clipboard-list", gettext_lazy("Clause")),
    (("choice",), "arrows-split-2", gettext_lazy("What the method leaves open")),
    (("check",), "scale", gettext_lazy("Compared with others")),
    (("finding",), "alert-triangle", gettext_lazy("Findings")),
    (("version",), "history", gettext_lazy("Program and method")),
)


@in_park()
@require_GET
def explain(request: ParkRequest, run: int, key: str) -> HttpResponse:
    """Show the chain behind a figure; a figure that is another's is not there."""
    figure = find(request, run, key)
    wanted = request.GET.get("format")
    if wanted == "json":
        answer: HttpResponse = JsonResponse(
            exported(figure, mask_of(request)), json_dumps_params={"ensure_ascii": False, "indent": 2}
        )
        answer["Content-Disposition"] = f'attachment; filename="{file_name(figure)}.json"'
        return answer
    if wanted == "zip":
        answer = HttpResponse(package(request, figure, exported(figure, mask_of(request))), "application/zip")
        answer["Content-Disposition"] = f'attachment; filename="{file_name(figure)}.zip"'
        return answer
    htmx: Any = getattr(request, "htmx", None)
    part = "drawer" in request.GET or (htmx and not htmx.boosted)
    return render(request, "book/parts/explained.html" if part else "book/explained.html", told(request, figure))


def file_name(figure: Figure) -> str:
    """Return the name of a file about a figure, in plain letters."""
    name = "".join(mark if mark.isalnum() or mark in "-_." else "-" for mark in figure.name)
    return f"explain-{figure.year}-{name.encode('ascii', 'replace').decode().replace('?', '-')}"


def find(request: ParkRequest, run: int, key: str) -> Figure:
    """Return a figure that the person sees; those of flows stand in the run that holds the month flows.

    A flow of one month (``flow:EL_E02@2025-02``) is told by the flow of its year.
    """
    rows = Figure.objects.visible_to(request.access).select_related("node", "stream").prefetch_related("run__asked_by")
    stem = key.partition("@")[0] if key.startswith("flow:") else key
    figure = rows.filter(run_id=run, name=stem[:200]).first()
    if figure is None:
        figure = get_object_or_404(rows, run__sharing__pk=run, name=stem[:200])
    return figure


def exported(figure: Figure, mask: Mask) -> dict[str, Any]:
    """Return the explanation as ``lingtan explain --json`` gives it, with the run that it belongs to."""
    run = figure.run
    return {
        **mask.step(figure.explanation),
        "run": {
            "year": run.year, "method": run.method, "chosen": run.chosen, "boundary": run.boundary,
            "input_sha256": run.input_digest, "code_version": run.code_version, "computed": run.ended.isoformat(),
        },
    }  # fmt: skip


def told(request: ParkRequest, figure: Figure) -> dict[str, Any]:
    """Return what the drawer shows."""
    run, kept, mask = figure.run, figure.explanation, mask_of(request)
    lang = "zh" if chinese() else "en"
    check = kept["check"]
    others = Figure.objects.visible_to(request.access).filter(
        name=figure.name, year=figure.year, run__variant=run.variant, run__boundary=run.boundary
    )
    boundary = Boundary.objects.visible_to(request.access).filter(code=run.boundary).first()
    return {
        "figure_row": figure,
        "run": run,
        **_named(request, figure, kept["name"][lang]),
        "unit": written(figure.unit),
        "cut": cut_of(request, figure),
        "formula": written(mask.text(kept["formula_zh"] if lang == "zh" else kept["formula"])),
        "links": links([mask.step(step) for step in kept["chain"]], lang),
        "check": {**check, "word": "ok" if check["holds"] else "act"},
        "how": _how(check["how"], lang),
        "method": BY_KEY[run.variant].short if run.variant in BY_KEY else run.method,
        "boundary": str(boundary) if boundary else run.boundary,
        "versions": list(others.prefetch_related("run__asked_by").order_by("-run_id")[:5]),
        "moved": moved_since(request, figure),
        "documents": documents_of(request, figure),
        "remarks": remarks_of(request, figure),
        "superseded": run.superseded_by_id is not None,
    }


def _named(request: ParkRequest, figure: Figure, name: str) -> dict[str, str]:
    """Return the title of a figure as people call it, and its name in the account below."""
    kind, _colon, key = figure.name.partition(":")
    if kind == "line":
        rows = (line for row in figure.run.more["ledger"] for line in row["lines"] if line["id"] == key)
        return {"title": next((said(line) for line in rows), name), "about": name}
    if kind == "node" and figure.node is not None:
        return {"title": _("%(node)s, net emission") % {"node": figure.node}, "about": name}
    if kind in ("flow", "deviation") and figure.stream is not None:
        words = figure.run.more["commodities"].get(figure.stream.commodity, {})
        return {"title": said(words) or figure.stream.commodity, "about": name}
    return {"title": name, "about": ""}


def _how(how: str, lang: str) -> str:
    from lingtan.trace.words import name

    return name(how, lang)


def links(chain: list[dict[str, Any]], lang: str) -> list[dict[str, Any]]:
    """Return the chain by links in the order of the look; a link with a broken step is marked."""
    made = []
    for kinds, icon, title in LINKS:
        steps = [_step(step, lang) for step in chain if step["kind"] in kinds]
        if steps:
            made.append({"title": title, "icon": icon, "steps": steps, "broken": any(one["torn"] for one in steps)})
    return made


def _step(step: dict[str, Any], lang: str) -> dict[str, Any]:
    """Return a step in words with those below it; ``torn`` tells that it or one below is broken."""
    below = [_step(one, lang) for one in step.get("steps", ())]
    text = step.get("text_zh") if lang == "zh" else step.get("text")
    broken = bool(step.get("broken"))
    return {
        "text": text or step.get("text", ""),
        "broken": broken,
        "torn": broken or any(one["torn"] for one in below),
        "steps": below,
        "kind": step["kind"],
    }
