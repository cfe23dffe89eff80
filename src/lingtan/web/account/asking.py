"""What people do about questions: ask, answer, settle; and the tasks that come of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pghistory
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from lingtan.web.account.issue import Issue
from lingtan.web.account.remark import Remark, RemarkKind, RemarkState
from lingtan.web.account.run import Figure
from lingtan.web.programme.tasks import Task, task_source

if TYPE_CHECKING:
    from lingtan.web.park.park import Park
    from lingtan.web.people.access import Access

LONGEST = 2000
#: A question is to be answered within so many days.
WITHIN = timedelta(days=7)


def kind_for(access: Access) -> str:
    """Return what somebody's words are: a verifier remarks, everybody else asks."""
    return RemarkKind.REMARK if "verifier" in access.roles else RemarkKind.QUESTION


def _said(text: str) -> str:
    text = text.strip()
    if not text or len(text) > LONGEST:
        raise ValidationError(_("Write what you mean, in at most 2,000 characters."))
    return text


def ask(figure: Figure, text: str, *, by: Access) -> Remark:
    """Keep a question or remark on a figure; who sees the figure may ask.

    Raises
    ------
    PermissionDenied : the figure is not the person's to see. ValidationError : there is no text, or it is too long.
    """
    if not Figure.objects.visible_to(by).filter(pk=figure.pk).exists():
        raise PermissionDenied
    run = figure.run
    with transaction.atomic(), pghistory.context(user=by.user_id):
        return Remark.objects.create(
            park_id=figure.park_id, kind=kind_for(by), year=figure.year, name=figure.name, variant=run.variant,
            boundary=run.boundary, run=run, node_id=figure.node_id, stream_id=figure.stream_id, text=_said(text),
            asked_by_id=by.user_id,
        )  # fmt: skip


def comment(issue: Issue, text: str, *, by: Access) -> Remark:
    """Keep a comment on a finding; who sees the finding may comment."""
    if not Issue.objects.visible_to(by).filter(pk=issue.pk).exists():
        raise PermissionDenied
    now = timezone.now()
    with transaction.atomic(), pghistory.context(user=by.user_id):
        return Remark.objects.create(
            park_id=issue.park_id, kind=RemarkKind.COMMENT, state=RemarkState.SETTLED, issue=issue,
            year=issue.start.year if issue.start else now.year, node_id=issue.node_id, stream_id=issue.stream_id,
            text=_said(text), asked_by_id=by.user_id,
        )  # fmt: skip


def answer(remark: Remark, text: str, *, by: Access) -> Remark:
    """Answer a question, as the office does.

    Raises
    ------
    PermissionDenied : the action is not granted. ValidationError : no text, or it was settled meanwhile.
    """
    if not by.may("assign"):
        raise PermissionDenied
    with transaction.atomic(), pghistory.context(user=by.user_id, reason=text[:200]):
        held = Remark.objects.visible_to(by).select_for_update(of=("self",)).get(pk=remark.pk)
        if held.state == RemarkState.SETTLED:
            raise ValidationError(_("This was settled meanwhile; ask anew where something is left."))
        held.answer, held.answered_by_id, held.answered_at = _said(text), by.user_id, timezone.now()
        held.state, held.version = RemarkState.ANSWERED, held.version + 1
        held.save()
    return held


def settle(remark: Remark, *, by: Access) -> Remark:
    """Settle a question that was answered: who asked it says that nothing is left."""
    if remark.asked_by_id != by.user_id:
        raise PermissionDenied
    with transaction.atomic(), pghistory.context(user=by.user_id):
        held = Remark.objects.visible_to(by).select_for_update(of=("self",)).get(pk=remark.pk)
        if held.state != RemarkState.ANSWERED:
            raise ValidationError(_("Only what was answered can be settled."))
        held.state, held.version = RemarkState.SETTLED, held.version + 1
        held.save()
    return held


@task_source
def questions(park: Park, access: Access, today: date) -> Iterable[Task]:
    """Yield the questions that wait for the office, and the answers that wait for who asked."""
    rows = Remark.objects.visible_to(access)
    link = reverse("remarks", args=[park.code])
    if access.may("assign"):
        for row in rows.filter(state=RemarkState.OPEN).select_related("asked_by"):
            title = _("Answer: %(text)s") % {"text": row.text[:60]}
            why = _("%(kind)s of %(who)s") % {"kind": row.get_kind_display(), "who": row.asked_by or "—"}
            due = row.asked_at.date() + WITHIN
            yield Task(key=f"remark:{row.pk}", title=title, link=link, due=due, why=why, kind="finding")
    for row in rows.filter(state=RemarkState.ANSWERED, asked_by_id=access.user_id):
        title = _("Read the answer: %(text)s") % {"text": row.text[:60]}
        yield Task(key=f"remark:{row.pk}", title=title, link=link, due=today, kind="finding")
