"""Pages of the room: today, messages and how to be told, jobs."""

from __future__ import annotations

from datetime import timedelta
from statistics import median
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Case, Count, When
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from lingtan.web.kernel.pages import ParkRequest, in_park, today_in
from lingtan.web.programme import jobs
from lingtan.web.programme import messages as outgoing
from lingtan.web.programme.job import OPEN, Job, State
from lingtan.web.programme.message import Delivery, Kind, Message, Preference
from lingtan.web.programme.messages import unread
from lingtan.web.programme.tasks import tasks_of

#: A job that waits so long finds no worker.
PATIENCE = timedelta(minutes=2)


@in_park()
@require_GET
def today(request: ParkRequest) -> HttpResponse:
    """Show what is mine to do today."""
    day = today_in(request.park)
    tasks = tasks_of(request.park, request.access, day)
    late = [task for task in tasks if task.overdue(day)]
    rows = [
        {"task": task, "late": task.overdue(day), "days": task.days(day), "late_by": -(task.days(day) or 0)}
        for task in tasks
    ]
    fresh = unread(request.user.pk, request.park.pk)
    context = {"rows": rows, "late": len(late), "first": rows[0] if rows else None, "today": day, "fresh": fresh}
    context["staked"] = any(task.stake_t is not None for task in tasks)
    return render(request, "programme/today.html", context)


@in_park()
@require_GET
def messages(request: ParkRequest) -> HttpResponse:
    """Show the messages of the person, the newest first."""
    rows = Message.objects.visible_to(request.access)
    page = Paginator(rows, 50).get_page(request.GET.get("page"))
    fresh = unread(request.user.pk, request.park.pk)
    return render(request, "programme/messages.html", {"page": page, "fresh": fresh})


@in_park()
@require_POST
def read_all(request: ParkRequest) -> HttpResponse:
    """Mark all messages as read."""
    Message.objects.visible_to(request.access).filter(read=None).update(read=timezone.now())
    return redirect("messages", request.park.code)


@in_park()
@require_GET
def open_message(request: ParkRequest, pk: int) -> HttpResponse:
    """Mark a message as read and go where it points."""
    message = get_object_or_404(Message.objects.visible_to(request.access), pk=pk)
    Message.objects.visible_to(request.access).filter(pk=pk, read=None).update(read=timezone.now())
    return redirect(message.link or reverse("messages", args=[request.park.code]))


class PreferenceForm(forms.ModelForm):
    """How a person wants to be told."""

    muted = forms.MultipleChoiceField(
        label=_("Not by e-mail"), choices=Kind.choices, required=False, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = Preference
        fields = ("email", "quiet_from", "quiet_to", "muted")
        widgets = {  # noqa: RUF012
            name: forms.TimeInput(format="%H:%M", attrs={"type": "time"}) for name in ("quiet_from", "quiet_to")
        }

    def clean(self) -> dict[str, Any]:
        """Want both ends of the quiet hours, or none."""
        given = super().clean() or {}
        if "quiet_from" not in self.errors and bool(given.get("quiet_from")) != bool(given.get("quiet_to")):
            self.add_error("quiet_to", _("Quiet hours need both a beginning and an end; or leave both empty."))
        return given


@in_park()
def preferences(request: ParkRequest) -> HttpResponse:
    """Show and keep how the person wants to be told."""
    held = Preference.objects.filter(user=request.user).first() or Preference(user=request.user)
    form = PreferenceForm(request.POST or None, instance=held)
    if request.method == "POST" and form.is_valid():
        form.save()
        return redirect("messages", request.park.code)
    return render(request, "programme/preferences.html", {"form": form})


@in_park()
@require_GET
def deliveries(request: ParkRequest) -> HttpResponse:
    """Show what has to leave the house by e-mail or to a chat: what waits, what failed and why, what has left."""
    rows = Delivery.objects.visible_to(request.access).select_related("robot", "message__user")
    counts = dict(rows.values_list("state").annotate(Count("pk")).order_by())
    order = Case(When(state="failed", then=0), When(state="waiting", then=1), default=2)
    page = Paginator(rows.order_by(order, "-pk"), 50).get_page(request.GET.get("page"))
    context = {"page": page, "failed": counts.get("failed", 0), "waiting": counts.get("waiting", 0)}
    return render(request, "programme/deliveries.html", context)


@in_park()
@require_POST
def delivery_again(request: ParkRequest, pk: int) -> HttpResponse:
    """Try a delivery that failed once more."""
    outgoing.again(get_object_or_404(Delivery.objects.visible_to(request.access), pk=pk))
    return redirect("deliveries", request.park.code)


@in_park()
@require_GET
def job_list(request: ParkRequest) -> HttpResponse:
    """Show the long work of the park, or the person's own."""
    rows = Job.objects.visible_to(request.access).select_related("user")
    page = Paginator(rows, 50).get_page(request.GET.get("page"))
    running = Job.objects.visible_to(request.access).filter(state__in=OPEN).count()
    failed = Job.objects.visible_to(request.access).filter(state=State.FAILED).first()
    context = {"page": page, "rows": [shown(job) for job in page], "running": running, "failed": failed}
    return render(request, "programme/jobs.html", context)


@in_park()
@require_GET
def job(request: ParkRequest, pk: int) -> HttpResponse:
    """Show one job; as a part of the page while somebody looks at it."""
    found = get_object_or_404(Job.objects.visible_to(request.access).select_related("user"), pk=pk)
    context: dict[str, Any] = {"job": shown(found), "url": reverse("job", args=[request.park.code, pk])}
    if found.is_open and may_cancel(request, found):
        context["cancel_url"] = reverse("job_cancel", args=[request.park.code, pk])
    if found.state in (State.FAILED, State.CANCELLED) and jobs.known(found.kind) and may_cancel(request, found):
        context["again_url"] = reverse("job_again", args=[request.park.code, pk])
    htmx: Any = getattr(request, "htmx", None)
    whole = not htmx or htmx.boosted
    return render(request, "programme/job.html" if whole else "programme/parts/job.html", context)


@in_park()
@require_POST
def cancel(request: ParkRequest, pk: int) -> HttpResponse:
    """Ask a job to stop: who asked for it may, and the office."""
    found = get_object_or_404(Job.objects.visible_to(request.access), pk=pk)
    if not may_cancel(request, found):
        raise PermissionDenied
    if found.is_open:
        jobs.cancel(found)
    return redirect("job", request.park.code, pk)


@in_park()
@require_POST
def again(request: ParkRequest, pk: int) -> HttpResponse:
    """Ask for work that failed or was cancelled once more: who asked for it may, and the office."""
    found = get_object_or_404(Job.objects.visible_to(request.access).select_related("park"), pk=pk)
    if not may_cancel(request, found):
        raise PermissionDenied
    if found.is_open or found.state == State.DONE or jobs.known(found.kind) is None:
        return redirect("job", request.park.code, pk)
    return redirect("job", request.park.code, jobs.repeat(found, by=request.user.pk).pk)


def may_cancel(request: ParkRequest, found: Job) -> bool:
    """Tell whether somebody may stop a job."""
    return found.user_id == request.user.pk or request.access.may("compute")


def shown(found: Job) -> dict[str, Any]:
    """Return a job as the pages show it."""
    end = found.ended or timezone.now()
    return {
        "pk": found.pk,
        "id": found.pk,
        "title": jobs.title_of(found.kind),
        "state": found.state,
        "step": gettext(found.step) if found.step else "",
        "done": found.done,
        "total": found.total,
        "elapsed": lasting((end - found.started).total_seconds()) if found.started else "",
        "expected": expected(found),
        "message": _message(found),
        "link": found.result.get("link", "") if found.state == State.DONE else "",
        "user": found.user,
        "queued": found.queued,
    }


def lasting(seconds: float) -> str:
    """Return a span in the words of the page: seconds up to two minutes, then minutes."""
    whole = max(1, round(seconds))
    if whole < 120:
        return gettext("%(n)s s") % {"n": whole}
    return gettext("%(n)s min") % {"n": round(whole / 60)}


def expected(found: Job) -> str:
    """Return how long such work took of late; blank where it was never done here, or is over."""
    if found.state not in OPEN:
        return ""
    done = Job.objects.filter(kind=found.kind, park_id=found.park_id, state=State.DONE).exclude(started=None)
    took = [(one.ended - one.started).total_seconds() for one in done[:5] if one.ended and one.started]
    return lasting(median(took)) if took else ""


def _message(found: Job) -> str:
    if found.state == State.QUEUED and timezone.now() - found.queued > PATIENCE:
        return gettext("No worker has taken it up yet. The operator starts one with lingtan serve.")
    if found.is_open and found.stop_asked:
        return gettext("It stops at its next step.")
    return found.error
