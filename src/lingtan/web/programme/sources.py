"""What waits in other rooms, as tasks: findings, releases, offers of roles, parts that end, work and chats that failed.

Each source asks few queries however large the park is, and names a crowd by one task: people come to work, not to
read lists.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lingtan.web.programme import jobs
from lingtan.web.programme.job import Job, State
from lingtan.web.programme.message import Delivery, DeliveryState
from lingtan.web.programme.tasks import Task, task_source

if TYPE_CHECKING:
    from lingtan.web.park.park import Park
    from lingtan.web.people.access import Access

#: A part in the park that ends is told so many days before.
ENDING = timedelta(days=30)
#: What failed is a task for so long.
FRESH = timedelta(days=7)
#: Things of one kind that stand one by one; more of them become one task.
SINGLE = 20


@task_source
def findings(park: Park, access: Access, today: date) -> Iterable[Task]:
    """Yield the findings that somebody has to settle, and for those who assign them how many nobody has."""
    from lingtan.web.account.issue import WAITING, Issue

    waiting = Issue.objects.visible_to(access).filter(state__in=WAITING, gone=False).exclude(level="note")
    for row in waiting.filter(owner_id=access.user_id).order_by("pk")[:SINGLE]:
        yield Task(
            key=f"finding:{row.pk}:{row.state}",
            title=_("Settle the finding: %(title)s") % {"title": row},
            link=reverse("issue", args=[park.code, row.pk]),
            due=row.due,
            why=row.place,
            kind="finding",
            stake_t=None if row.stake_t is None else float(row.stake_t),
        )
    if not access.may("assign"):
        return
    nobody = waiting.filter(owner=None, level="error").count()
    if nobody:
        yield Task(
            key="findings:nobody",
            title=ngettext(
                "Give %(count)s finding to somebody", "Give %(count)s findings to somebody", nobody
            ) % {"count": nobody},
            link=reverse("issues", args=[park.code]),
            kind="finding",
        )  # fmt: skip


@task_source
def releases(park: Park, access: Access, today: date) -> Iterable[Task]:
    """Yield the proposed releases that wait for an enterprise's word, or for the second person of the office."""
    from lingtan.web.publish.release import Release

    rows = Release.objects.visible_to(access)
    link = reverse("releases", args=[park.code])
    if access.may("approve"):
        for row in rows.filter(state="proposed", node__in=access.enterprises):
            title = _("Agree to the release of “%(what)s”, or say no") % {"what": row}
            yield Task(key=f"release:{row.pk}:consent", title=title, link=link, kind="release")
    if access.may("release"):
        ready = Q(state="consented") | Q(state="proposed", node=None)
        for row in rows.filter(ready).exclude(proposed_by_id=access.user_id)[:SINGLE]:
            title = _("Decide on the release of “%(what)s”") % {"what": row}
            yield Task(key=f"release:{row.pk}:release", title=title, link=link, kind="release")


@task_source
def offers(park: Park, access: Access, today: date) -> Iterable[Task]:
    """Yield the roles that another one asked for and this person may confirm."""
    from lingtan.web.people.invitation import Invitation

    if not access.may("confirm"):
        return
    rows = Invitation.objects.filter(park=park, confirmed_at=None, used_at=None, withdrawn_at=None)
    for row in rows.exclude(asked_by_id=access.user_id)[:SINGLE]:
        yield Task(
            key=f"offer:{row.pk}",
            title=_("Confirm or withdraw: %(role)s for %(email)s") % {
                "role": row.get_role_display(), "email": row.email,
            },
            link=reverse("people", args=[park.code]),
            why=row.reason,
            kind="people",
        )  # fmt: skip


@task_source
def ending(park: Park, access: Access, today: date) -> Iterable[Task]:
    """Yield the parts in the park that end soon, for those who gave them: who needs one longer must be asked again."""
    from lingtan.web.people.roles import gives
    from lingtan.web.people.user import Membership

    if not access.may("invite"):
        return
    rows = Membership.objects.filter(park=park, valid_to__gte=today, valid_to__lte=today + ENDING)
    rows = rows.filter(role__in=gives(access.roles)).select_related("user")
    if not access.may("grant") and not access.whole_park:
        rows = rows.filter(enterprise__in=access.enterprises)
    for row in rows.order_by("valid_to")[:SINGLE]:
        yield Task(
            key=f"part:{row.pk}:{row.valid_to}",
            title=_("Renew or let end: %(role)s of %(who)s") % {"role": row.get_role_display(), "who": row.user},
            link=reverse("people", args=[park.code]),
            due=row.valid_to,
            kind="people",
        )


@task_source
def failures(park: Park, access: Access, today: date) -> Iterable[Task]:
    """Yield one's own long work that failed and was not asked for again, and the chats that take no message."""
    since = timezone.now() - FRESH
    mine: Any = Job.objects.visible_to(access).filter(user_id=access.user_id, queued__gte=since)
    newest: dict[str, Job] = {}
    for job in mine.order_by("-pk")[:100]:
        newest.setdefault(job.kind, job)
    for job in newest.values():
        if job.state == State.FAILED:
            yield Task(
                key=f"job:{job.pk}",
                title=_("See why it failed: %(work)s") % {"work": jobs.title_of(job.kind)},
                link=reverse("job", args=[park.code, job.pk]),
                why=job.error[:200],
                kind="job",
            )
    silent = Delivery.objects.visible_to(access).filter(state=DeliveryState.FAILED, made__gte=since, robot__active=True)
    for name, pk in sorted(set(silent.values_list("robot__name", "robot_id"))):
        yield Task(
            key=f"robot:{pk}",
            title=_("The chat “%(name)s” takes no messages: look at its robot") % {"name": name},
            link=reverse("deliveries", args=[park.code]),
            kind="job",
        )
