"""The page of one report: fill in by hand, line by line, with what stands beside; and every move of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from lingtan.web.kernel.figures import amount
from lingtan.web.kernel.pages import ParkRequest, View, in_park
from lingtan.web.kernel.workflow import Refused
from lingtan.web.park.node import Node
from lingtan.web.publish.document import Document
from lingtan.web.reporting import actions, periods
from lingtan.web.reporting.bundle import Bundle, Row, bundle, forms_of
from lingtan.web.reporting.closing.state import is_closed
from lingtan.web.reporting.files import evidence
from lingtan.web.reporting.form import Group
from lingtan.web.reporting.pages import common, strip
from lingtan.web.reporting.report import NOUGHTS, WORKFLOW, Answer, RemarkKind, Report, ReportLine, Status

#: Moves that the review page makes, with its remarks; the others stand in the approval bar.
REVIEWED = ("return", "accept")
LONGEST_REASON = 4000


def kept(view: View) -> View:
    """Answer 401 to a part of a page whose session has ended, so that what was typed stays where it is."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.headers.get("HX-Request") and not request.user.is_authenticated:
            return HttpResponse(_("You have been signed out; what you typed is kept here."), status=401)
        return view(request, *args, **kwargs)

    return guarded


@require_GET
@in_park()
def report(request: ParkRequest, pk: int) -> HttpResponse:
    """Show a report; its reporter types into it."""
    found = common.visible(request, pk)
    return render(request, "reporting/report.html", context(request, found))


def context(request: ParkRequest, found: Report) -> dict[str, Any]:
    """Return what the page of a report shows."""
    loaded = bundle(found, request.access)
    against = actions.may_type(found, request.access)
    groups = [(label, [row for row in loaded.rows if row.line.group == key]) for key, label in Group.choices]
    at = timezone.now()
    shown, shut = strip.focus(loaded), is_closed(found)
    return {
        "report": found,
        "loaded": loaded,
        "groups": [(label, rows) for label, rows in groups if rows],
        "editable": not against,
        "why_closed": against,
        "question": common.question(found),
        "answer": common.answer(loaded, at),
        "period_words": common.period_words(found.period, found.form.period_kind),
        "pill": common.pill(found.state),
        "saved": common.when(found.saved_at, request.park.timezone)[-5:],
        "steps": common.steps(found),
        "missing": common.missing_words(loaded),
        "offers": _offers(found, loaded, request),
        "co2": common.total(row.co2 for row in loaded.rows),
        "co2_rows": sorted((row for row in loaded.rows if row.co2 is not None), key=lambda row: -abs(row.co2 or 0)),
        "co2_unknown": [row for row in loaded.rows if row.line.stream_id and row.value and row.near.factor is None],
        "parts": strip.parts(loaded),
        "focus": shown,
        "chart": strip.months(shown, found, request.access) if shown else None,
        "history": history(request, found),
        "answers": [(key, label) for key, label in Answer.choices if key in NOUGHTS],
        "may_correct": found.state == "accepted" and _newest(request, found) and _may_correct(request, found),
        "reviews": request.access.may("accept") and found.state in ("signed", "review"),
        "month_closed": shut,
        "locked": found.open and shut and found.status != Status.CORRECTED,
        "may_amend": actions.own(found, request.access, "report") or (request.access.may("return") and found.on_behalf),
        "statuses": [] if found.status == Status.CORRECTED else Status.choices[:2],
    }


def _offers(found: Report, loaded: Bundle, request: ParkRequest) -> list[dict[str, Any]]:
    """Return the moves of the approval bar; what stands against one is said on its button."""
    offers = []
    for offer in WORKFLOW.offers(found, request.access):
        move = offer.move
        foreign = move.grant in ("report", "approve") and not actions.own(found, request.access, move.grant)
        if foreign or move.action in REVIEWED or (move.action == "submit" and found.on_behalf):
            continue
        if move.action == "hand_in" and not found.on_behalf:
            continue
        against = offer.refused
        if not against and move.action in ("submit", "hand_in", "sign") and loaded.missing:
            against = common.missing_words(loaded) or _("Lines are not complete.")
        offers.append({"move": move, "against": against, "primary": move.action in ("submit", "sign", "hand_in")})
    return offers


def _newest(request: ParkRequest, found: Report) -> bool:
    return not Report.objects.visible_to(request.access).filter(previous=found).exists()


def _may_correct(request: ParkRequest, found: Report) -> bool:
    return request.access.may("return") or actions.own(found, request.access, "report")


def history(request: ParkRequest, found: Report) -> list[dict[str, Any]]:
    """Return the steps of a report, newest first, with the words of its moves."""
    words = {move.action: move.label for move in WORKFLOW.moves}
    words |= {"begin": _("Begin"), "correct": _("Open a correction")}
    zone = request.park.timezone
    return [
        {"what": words.get(one.action, one.action), "who": one.by, "at": common.when(one.at, zone), "why": one.reason}
        for one in found.steps.select_related("by").order_by("-at", "-pk")
    ]


def _row(request: ParkRequest, pk: int) -> ReportLine:
    rows = ReportLine.objects.visible_to(request.access).filter(pk=pk)
    found = rows.select_related("report__park", "report__enterprise", "report__form", "line__stream").first()
    if found is None or not Report.objects.visible_to(request.access).filter(pk=found.report_id).exists():
        raise Http404
    return found


def part(request: ParkRequest, row: ReportLine, *, fault: str = "", typed: str = "", theirs: bool = False) -> Any:
    """Answer a change of a line: the line and what follows from it, or the whole page to a browser without scripts."""
    if not request.headers.get("HX-Request"):
        if fault:
            messages.error(request, f"{row.line}: {fault}")
        return redirect("report", request.park.code, row.report_id)
    found = common.visible(request, row.report_id)
    made = context(request, found)
    own: Row = next(one for one in made["loaded"].rows if one.row.pk == row.pk)
    return render(
        request, "reporting/saved.html", {**made, "row": own, "fault": fault, "typed": typed, "theirs": theirs}
    )


def line(request: ParkRequest, pk: int) -> HttpResponse:
    """Keep what was typed into one line; an older version is told what stands there now, and keeps its text."""
    row = _row(request, pk)
    typed = request.POST.get(f"amount-{pk}", "")
    try:
        _save(request, row)
    except actions.Changed as change:
        now = change.row
        said = _("%(who)s changed this line to %(amount)s meanwhile. Yours: %(yours)s. Save again to use yours.")
        given = {"who": now.entered_by or "", "amount": amount(now.amount, empty=True), "yours": typed or "—"}
        return part(request, now, fault=said % given, typed=typed, theirs=True)
    except Refused as fault:
        return part(request, row, fault=str(fault), typed=typed)
    return part(request, row)


def _save(request: ParkRequest, row: ReportLine) -> None:
    pk, given = row.pk, request.POST
    if given.get("take") == str(pk):
        near = next(one for one in bundle(row.report, request.access).rows if one.row.pk == pk).near
        if near.metered is None:
            raise Refused("report.no_meter", _("There is no metered amount to take."))
        text, answer = f"{near.metered:f}", ""
    else:
        text, answer = given.get(f"amount-{pk}", ""), given.get(f"answer-{pk}", "")
    reason = given.get(f"reason-{pk}")
    actions.save_line(
        row,
        by=request.access,
        version=int(given.get(f"version-{pk}") or 0),
        text=text,
        answer=answer,
        reason=None if reason is None else reason[:LONGEST_REASON],
    )


@kept
@require_POST
@in_park()
def save_line(request: ParkRequest, pk: int) -> HttpResponse:
    """Keep one line (autosave)."""
    return line(request, pk)


@kept
@require_POST
@in_park()
def save(request: ParkRequest, pk: int) -> HttpResponse:
    """Keep all lines of a form that was sent whole; each fault is told by its line, the others are kept."""
    found = common.visible(request, pk)
    status = request.POST.get("status", "")
    for row in found.lines.select_related("line", "report"):
        if f"version-{row.pk}" not in request.POST or row.line.source == "metered":
            continue
        try:
            _save(request, row)
        except actions.Changed:
            messages.error(request, _("%(line)s was changed by somebody else; please look again.") % {"line": row.line})
        except Refused as fault:
            messages.error(request, f"{row.line}: {fault}")
    if status:
        _quietly(request, lambda: actions.set_status(found, status, by=request.access))
    return redirect("report", request.park.code, pk)


def _quietly(request: ParkRequest, act: Callable[[], Any]) -> bool:
    """Do something; a refusal becomes a message."""
    try:
        act()
    except Refused as fault:
        messages.error(request, str(fault))
        return False
    return True


@kept
@require_POST
@in_park()
def attach(request: ParkRequest, pk: int) -> HttpResponse:
    """Put an uploaded file behind a line."""
    row = _row(request, pk)
    upload = request.FILES.get(f"file-{pk}")
    if upload is None:
        return part(request, row, fault=_("Choose a file first."))
    try:
        if against := actions.may_type(row.report, request.access):
            raise Refused("report.closed", against)
        document = evidence.keep(row, upload, by=request.access)
        actions.attach(row, document, by=request.access)
    except Refused as fault:
        return part(request, row, fault=str(fault))
    return part(request, row)


@kept
@require_POST
@in_park()
def detach(request: ParkRequest, pk: int, document: int) -> HttpResponse:
    """Take a document away from a line."""
    row = _row(request, pk)
    if not Document.objects.visible_to(request.access).filter(pk=document).exists():
        raise Http404
    try:
        actions.detach(row, document, by=request.access)
    except Refused as fault:
        return part(request, row, fault=str(fault))
    return part(request, row)


@kept
@require_POST
@in_park()
def say(request: ParkRequest, pk: int) -> HttpResponse:
    """Reply to a remark under a line."""
    row = _row(request, pk)
    kind = RemarkKind.NOTE if request.access.may("return") else RemarkKind.REPLY
    try:
        actions.say(row, request.POST.get(f"reply-{pk}", ""), by=request.access, kind=kind)
    except Refused as fault:
        return part(request, row, fault=str(fault))
    return part(request, row)


@require_POST
@in_park()
def move(request: ParkRequest, pk: int, action: str) -> HttpResponse:
    """Make a move of a report."""
    found = common.visible(request, pk)
    if action not in {one.action for one in WORKFLOW.moves}:
        raise Http404
    remarks = {int(key[7:]): text for key, text in request.POST.items() if key.startswith("remark-") and text}
    reason = request.POST.get("reason", "")
    done = _quietly(request, lambda: actions.move(found, action, by=request.access, reason=reason, remarks=remarks))
    if done:
        messages.success(request, _done(found))
    back = "report_review" if not done and action in REVIEWED else "report"
    return redirect(back, request.park.code, pk)


def _done(found: Report) -> str:
    given = {"report": found, "state": found.get_state_display()}
    return _("%(report)s is now: %(state)s.") % given


@require_POST
@in_park()
def begin(request: ParkRequest) -> HttpResponse:
    """Open the report of a period; the office does so on behalf."""
    node = Node.objects.visible_to(request.access).filter(code=request.POST.get("enterprise", "")).first()
    try:
        name, _kind = periods.read(request.POST.get("period", ""))
    except ValueError as wrong:
        raise Http404 from wrong
    forms = forms_of(request.park.pk, node, name) if node else []
    form = next((one for one in forms if one.code == request.POST.get("form")), None)
    if node is None or form is None:
        raise Http404
    behalf = request.access.may("return")
    try:
        reason = request.POST.get("reason", "")
        made = actions.begin(form, node, name, by=request.access, on_behalf=behalf, reason=reason)
    except Refused as fault:
        messages.error(request, str(fault))
        return redirect("reports", request.park.code)
    return redirect("report", request.park.code, made.pk)


@require_POST
@in_park()
def amend(request: ParkRequest, pk: int) -> HttpResponse:
    """Go on with an open report whose month was closed meanwhile: it is a correction, with a reason."""
    found = common.visible(request, pk)
    _quietly(request, lambda: actions.amend(found, by=request.access, reason=request.POST.get("reason", "")))
    return redirect("report", request.park.code, pk)


@require_POST
@in_park()
def correct(request: ParkRequest, pk: int) -> HttpResponse:
    """Open a correction of an accepted report."""
    found = common.visible(request, pk)
    try:
        made = actions.correct(found, by=request.access, reason=request.POST.get("reason", ""))
    except Refused as fault:
        messages.error(request, str(fault))
        return redirect("report", request.park.code, pk)
    return redirect("report", request.park.code, made.pk)
