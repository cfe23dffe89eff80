"""Questions and remarks on figures, and comments on findings: who asks, what was answered, whether it is settled."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from lingtan.web.kernel.fields import person
from lingtan.web.kernel.history import tracked
from lingtan.web.kernel.record import Record


class RemarkKind(models.TextChoices):
    """What somebody writes."""

    QUESTION = "question", _("Question to the office")
    REMARK = "remark", _("Remark of the verifier")
    COMMENT = "comment", _("Comment")


class RemarkState(models.TextChoices):
    """How it stands; a comment is settled from the start."""

    OPEN = "open", pgettext_lazy("remark", "Waits for an answer")
    ANSWERED = "answered", pgettext_lazy("remark", "Answered")
    SETTLED = "settled", pgettext_lazy("remark", "Settled")


@tracked()
class Remark(Record):
    """What somebody wrote about a figure (``name`` of a year, method and boundary, in ``run``) or about a finding.

    ``node`` and ``stream`` are those of the figure or finding: who sees it, sees what was written about it.
    """

    scope = ("node", "stream__source", "stream__target")

    kind = models.CharField(_("Kind"), max_length=16, choices=RemarkKind.choices)
    state = models.CharField(_("State"), max_length=16, choices=RemarkState.choices, default=RemarkState.OPEN)
    year = models.PositiveSmallIntegerField(_("Year"))
    name = models.CharField(_("Figure"), max_length=200, blank=True)
    variant = models.CharField(_("Method"), max_length=64, blank=True)
    boundary = models.CharField(_("Boundary"), max_length=64, blank=True)
    run = models.ForeignKey("book.Run", on_delete=models.SET_NULL, null=True, related_name="+")
    issue = models.ForeignKey("book.Issue", on_delete=models.CASCADE, null=True, related_name="remarks")
    node = models.ForeignKey("park.Node", on_delete=models.CASCADE, null=True, related_name="+")
    stream = models.ForeignKey("metering.Stream", on_delete=models.CASCADE, null=True, related_name="+")
    text = models.TextField(_("Text"), max_length=2000)
    asked_by = person(_("Asked by"))
    asked_at = models.DateTimeField(_("Asked"), default=timezone.now)
    answer = models.TextField(_("Answer"), blank=True, max_length=2000)
    answered_by = person(_("Answered by"))
    answered_at = models.DateTimeField(_("Answered"), null=True, blank=True)

    class Meta:
        verbose_name = _("Question or remark")
        verbose_name_plural = _("Questions and remarks")
        indexes: ClassVar = [models.Index(fields=["park", "state"]), models.Index(fields=["park", "name", "year"])]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.name or self.issue_id}"
