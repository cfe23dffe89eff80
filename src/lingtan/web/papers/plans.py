"""The monthly brief made by itself: asked for once a month from its day on, told to the office when it is there."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from procrastinate.contrib.django import app

from lingtan.web.papers.paper import BriefPlan, Paper
from lingtan.web.people.user import User
from lingtan.web.programme import messages
from lingtan.web.programme.jobs import queue
from lingtan.web.programme.message import Kind

HOUR = 6


@app.periodic(cron="23 * * * *")
@app.task(name="lingtan.briefs", queueing_lock="lingtan.briefs", pass_context=False)
def every_hour(timestamp: int) -> None:
    """Ask for the briefs whose day has come."""
    ask()


def ask(now: datetime | None = None) -> int:
    """Queue the briefs of the month before where a plan's day has come; return how many."""
    count = 0
    for pk in BriefPlan.objects.filter(active=True).values_list("pk", flat=True):
        with transaction.atomic():
            plan = BriefPlan.objects.select_for_update(of=("self",)).select_related("park").get(pk=pk)
            here = (now or timezone.now()).astimezone(ZoneInfo(plan.park.timezone))
            month = f"{here.replace(day=1) - timedelta(days=1):%Y-%m}"
            if here.day < plan.day or (here.day == plan.day and here.hour < HOUR) or plan.done_for >= month:
                continue
            plan.done_for = month
            plan.save(update_fields=["done_for"])
            queue("paper", park=plan.park, paper="monthly", period=month, language=plan.language)
            count += 1
    return count


def tell_office(paper: Paper) -> int:
    """Tell the office that a paper is there; each person once for each paper."""
    people = User.objects.filter(memberships__park=paper.park, memberships__role="office", is_active=True).distinct()
    return messages.tell(
        people, park=paper.park, kind=Kind.JOB, title=_("Ready to read: %(title)s"), text="%(answer)s",
        values={"title": paper.title, "answer": paper.answer}, link=reverse("paper", args=[paper.park.code, paper.pk]),
        key=f"paper:{paper.pk}",
    )  # fmt: skip
