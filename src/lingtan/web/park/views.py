"""Pages of a whole park: its folder in and out, a new park, its settings."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.apps import apps
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from lingtan.ledger.finding import Finding, Where
from lingtan.web.kernel.language import chinese
from lingtan.web.kernel.pages import ParkRequest, in_park
from lingtan.web.park import fit
from lingtan.web.park.folder import ImportRefused, desk, export_folder, import_folder, places
from lingtan.web.park.folder.form import SettingsForm, change_settings
from lingtan.web.park.folder.snapshot import marks_of, snapshot
from lingtan.web.park.park import Park
from lingtan.web.people import audit
from lingtan.web.people.access import site_access
from lingtan.web.people.audit import Act
from lingtan.web.people.user import User
from lingtan.web.programme.job import State
from lingtan.web.programme.jobs import Progress, handler, queue

MEGABYTE = 1 << 20
LARGEST = 2048
SHOWN = 200


@in_park("import")
def folder(request: ParkRequest) -> HttpResponse:
    """Show how the park goes out and comes in; take an upload."""
    if request.method == "POST":
        return _brought(request, request.park.code)
    base = places.home(request.park.code) / "snapshots"
    former = [{"mark": mark, "at": _time_of(mark)} for mark in reversed(marks_of(base))][1:]
    return render(request, "park/folder.html", {"former": former, "largest": LARGEST})


def _time_of(mark: str) -> Any:
    return datetime.fromtimestamp(int(mark[:13]) / 1000, tz=timezone.get_current_timezone())


def _brought(request: Any, code: str) -> HttpResponse:
    """Unpack an upload and have it looked at."""
    given = request.FILES.get("folder")
    back = redirect("folder", park=code) if code else redirect("park_new")
    if given is None or (given.size or 0) > LARGEST * MEGABYTE:
        messages.error(request, _("Choose a zip archive of at most %(most)s MB.") % {"most": LARGEST})
        return back
    try:
        waiting = desk.bring(given.file, name=given.name or "", park=code, user=request.user.pk)
    except ImportRefused as wrong:
        messages.error(request, str(wrong))
        return back
    park = request.park if code else None
    job = queue("folder_look", park=park, by=request.user.pk, mark=waiting.mark, code=code)
    return _after(job, code, waiting.mark)


def _after(job: Any, code: str, mark: str) -> HttpResponse:
    """Lead to the work where it takes longer, else to what came of it."""
    if code and job.state in (State.QUEUED, State.RUNNING):
        return redirect("job", park=code, pk=job.pk)
    return redirect("folder_waiting", park=code, mark=mark) if code else redirect("park_new_waiting", mark=mark)


@handler("folder_look", title=gettext_lazy("Check of a park folder"))
def _look(progress: Progress, park: Park | None, by: int, mark: str, code: str) -> Mapping[str, Any]:
    waiting = desk.find(mark, park=code, user=by)
    if waiting is None:
        raise ImportRefused(_("The upload is not there any more. Upload it again."))
    desk.look(waiting, park, progress.step)
    return {"link": _link(code, mark)}


@handler("folder_import", title=gettext_lazy("Import of a park folder"))
def _take(
    progress: Progress, park: Park | None, by: int, mark: str, code: str, leave_out: bool, reason: str
) -> Mapping[str, Any]:
    waiting = desk.find(mark, park=code, user=by)
    if waiting is None:
        raise ImportRefused(_("The upload is not there any more. Upload it again."))
    if park is not None:
        snapshot(park)
    outcome = import_folder(
        waiting.folder, by=by, park=park, leave_out_faults=leave_out, reason=reason, progress=progress.step
    )
    if not outcome.applied or outcome.park is None:
        desk.look(waiting, park)
        raise ImportRefused(_("The folder has errors; nothing was written. Look at them again."))
    if park is None:
        audit.record(Act.PARK, outcome.park.code, actor=User.objects.get(pk=by), park_id=outcome.park.pk, reason=reason)
    desk.drop(waiting)
    return {"link": reverse("overview", args=[outcome.park.code]) if code else reverse("site_parks")}


@handler("folder_back", title=gettext_lazy("Return to a former state"))
def _back(progress: Progress, park: Park, by: int, mark: str, reason: str) -> Mapping[str, Any]:
    base = places.home(park.code) / "snapshots"
    if mark not in marks_of(base):
        raise ImportRefused(_("This state is not there any more."))
    snapshot(park)
    outcome = import_folder(
        base / mark, by=by, park=park, leave_out_faults=True, whole=True, reason=reason, progress=progress.step
    )
    if not outcome.applied:
        raise ImportRefused(outcome.errors[0].message)
    return {"link": reverse("folder", args=[park.code])}


def _link(code: str, mark: str) -> str:
    return reverse("folder_waiting", args=[code, mark]) if code else reverse("park_new_waiting", args=[mark])


@in_park("import")
def waiting(request: ParkRequest, mark: str) -> HttpResponse:
    """Show what an upload would do; take it in, or throw it away."""
    return _waiting(request, request.park.code, request.park, mark)


def _waiting(request: Any, code: str, park: Park | None, mark: str) -> HttpResponse:
    held = desk.find(mark, park=code, user=request.user.pk)
    if held is None:
        raise Http404
    if request.method == "POST":
        return _decided(request, code, park, held)
    report = held.report
    if report is None:
        report = desk.look(held, park).report or {}
    told = [_told(one) for one in report.get("findings", [])]
    levels = report.get("levels", {})
    context = {
        "held": held, "report": report, "findings": told[:SHOWN], "more": sum(levels.values()) - len(told[:SHOWN]),
        "errors": levels.get("error", 0), "levels": levels, "new": park is None,
        "differences": [_named(one) for one in report.get("differences", [])],
        "possible": not report.get("refused") and not report.get("barred"),
        "changes": sum(one["created"] + one["changed"] + one["removed"] for one in report.get("differences", [])),
    }  # fmt: skip
    return render(request, "park/waiting.html", context)


def _named(one: Mapping[str, Any]) -> dict[str, Any]:
    """Return the changes of a record type with its names in the language of the page."""
    meta = apps.get_model(one["model"])._meta
    rows = [
        {**row, "fields": [(meta.get_field(name).verbose_name, *values) for name, *values in row["fields"]]}
        for row in one["rows"]
    ]
    return {**one, "name": meta.verbose_name_plural, "rows": rows}


def _told(one: Mapping[str, Any]) -> dict[str, Any]:
    """Return a finding in the language of the page."""
    where = Where(one["file"], one["line"], lines=tuple(one["lines"]))
    if "refused" in one["params"] or not chinese():
        return {**one, "said": one["message"]}
    return {
        **one,
        "said": fit.in_words(Finding(one["code"], one["level"], one["message"], where, params=one["params"])),
    }


def _decided(request: Any, code: str, park: Park | None, held: desk.Waiting) -> HttpResponse:
    if "drop" in request.POST:
        desk.drop(held)
        messages.success(request, _("The upload was thrown away; the park is as it was."))
        return redirect("folder", park=code) if code else redirect("park_new")
    reason = request.POST.get("reason", "").strip()
    if not reason:
        messages.error(request, _("Say why the park changes; it stays with the history."))
        return redirect(_link(code, held.mark))
    arguments = {"mark": held.mark, "code": code, "leave_out": "leave_out" in request.POST, "reason": reason[:500]}
    job = queue("folder_import", park=park, by=request.user.pk, **arguments)
    job.refresh_from_db()
    if job.state == State.FAILED:
        messages.error(request, job.error)
        return redirect(_link(code, held.mark))
    if job.state == State.DONE:
        messages.success(request, _("The folder was taken in."))
        return redirect(job.result["link"])
    if park is None:
        messages.info(request, _("The folder is being taken in. The park stands in this list when it is done."))
        return redirect("parks")
    return redirect("job", park=code, pk=job.pk)


@require_POST
@in_park("import")
def back(request: ParkRequest, mark: str) -> HttpResponse:
    """Bring the park back to a former state."""
    reason = request.POST.get("reason", "").strip()
    if not reason:
        messages.error(request, _("Say why the park changes; it stays with the history."))
        return redirect("folder", park=request.park.code)
    job = queue("folder_back", park=request.park, by=request.user.pk, mark=mark, reason=reason[:500])
    return redirect("job", park=request.park.code, pk=job.pk)


@in_park("import")
def export(request: ParkRequest) -> HttpResponse:
    """Send the whole park out as a zip archive of its folder."""
    target = places.staging() / f"{places.new_mark()}.zip"
    export_folder(request.park, target)
    opened = target.open("rb")
    target.unlink()
    return FileResponse(opened, as_attachment=True, filename=f"{request.park.code}.zip", content_type="application/zip")


def may_found(user: Any) -> bool:
    """Tell whether somebody may bring a new park in: a system administrator, who gets no part in it.

    Its first office is asked for by one security administrator and confirmed by another one, as every office is.
    """
    return "configure" in site_access(user, timezone.now().date())


@login_required
def park_new(request: HttpRequest) -> HttpResponse:
    """Bring a new park in as a folder."""
    if not may_found(request.user):
        raise PermissionDenied
    if request.method == "POST":
        return _brought(request, "")
    return render(request, "park/new.html", {"largest": LARGEST})


@login_required
def park_new_waiting(request: HttpRequest, mark: str) -> HttpResponse:
    """Show what an upload brings; make the park, or throw it away."""
    if not may_found(request.user):
        raise PermissionDenied
    return _waiting(request, "", None, mark)


@in_park()
def settings(request: ParkRequest) -> HttpResponse:
    """Show and change what holds for the whole park."""
    if not (request.access.whole_park or request.access.may("change")):
        raise PermissionDenied
    form = SettingsForm(request.POST or None, instance=Park.objects.get(pk=request.park.pk))
    may_change, stale = request.access.may("change"), ""
    if request.method == "POST" and form.is_valid():
        given = request.POST.get("version", "")
        if change_settings(form, by=request.access, version=int(given) if given.isdecimal() else 0):
            messages.success(request, _("The settings are saved."))
            return redirect("settings", park=request.park.code)
        stale = _("Somebody else changed the settings meanwhile. Yours stand below; save again to put them in place.")
    if not may_change:
        for field in form.fields.values():
            field.disabled = True
        form.fields.pop("reason")
    context = {"form": form, "stale": stale, "may_change": may_change, "may_folder": request.access.may("import")}
    return render(request, "park/settings.html", context)
