"""Findings as the office works on them: kept over runs by a stable key, with state, owner and reason."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from lingtan.web.kernel.fields import ExactField
from lingtan.web.kernel.history import tracked
from lingtan.web.kernel.language import chinese
from lingtan.web.kernel.record import Record


class IssueState(models.TextChoices):
    """What was decided about a finding."""

    OPEN = "open", pgettext_lazy("finding", "Open")
    ASSIGNED = "assigned", _("Assigned")
    CONFIRMED = "confirmed", _("Confirmed")
    CORRECTED = "corrected", _("Corrected")
    DISMISSED = "dismissed", _("Dismissed")


#: States that still wait for somebody.
WAITING = (IssueState.OPEN, IssueState.ASSIGNED, IssueState.CONFIRMED)
#: State -> the states that an action may move it to.
MOVES: dict[str, tuple[str, ...]] = {
    IssueState.OPEN: (IssueState.ASSIGNED, IssueState.CONFIRMED, IssueState.CORRECTED, IssueState.DISMISSED),
    IssueState.ASSIGNED: (IssueState.OPEN, IssueState.CONFIRMED, IssueState.CORRECTED, IssueState.DISMISSED),
    IssueState.CONFIRMED: (IssueState.ASSIGNED, IssueState.CORRECTED, IssueState.DISMISSED),
    IssueState.CORRECTED: (IssueState.OPEN,),
    IssueState.DISMISSED: (IssueState.OPEN,),
}
#: States that are not entered without a reason.
REASONED = (IssueState.CONFIRMED, IssueState.CORRECTED, IssueState.DISMISSED)


@tracked()
class Issue(Record):
    """A finding of one park under one key: code, place and span.

    ``stake_t`` is what hangs on it [t CO2], None where it cannot be said; ``gone`` tells that the last pass no
    longer found it, ``resolved_run`` the first run without it. ``node`` and ``stream`` say whose it
    is; without both it is the park's.
    """

    scope = ("node", "stream__source", "stream__target")

    key = models.CharField(max_length=64, editable=False)
    code = models.CharField(_("Code"), max_length=64)
    level = models.CharField(_("Level"), max_length=16)
    title_zh = models.CharField(max_length=255, blank=True)
    title_en = models.CharField(max_length=255, blank=True)
    text_zh = models.TextField(blank=True)
    text_en = models.TextField(blank=True)
    params = models.JSONField(default=dict, blank=True)
    place = models.CharField(_("Place"), max_length=512, blank=True)
    point = models.CharField(_("Point"), max_length=64, blank=True)
    start = models.DateTimeField(_("Start"), null=True, blank=True)
    end = models.DateTimeField(_("End"), null=True, blank=True)
    amount = ExactField(_("Amount"), null=True, blank=True)
    unit = models.CharField(_("Unit"), max_length=32, blank=True)
    stake_t = ExactField(_("At stake, t CO₂"), null=True, blank=True)
    node = models.ForeignKey(
        "park.Node", on_delete=models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("Node")
    )
    stream = models.ForeignKey(
        "metering.Stream", on_delete=models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("Stream")
    )
    state = models.CharField(_("State"), max_length=16, choices=IssueState.choices, default=IssueState.OPEN)
    reason = models.TextField(_("Reason"), blank=True)
    owner = models.ForeignKey(
        "people.User",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("Who takes care of it"),
    )
    due = models.DateField(_("To be settled by"), null=True, blank=True)
    first_run = models.ForeignKey("book.Run", on_delete=models.SET_NULL, null=True, related_name="+")
    last_run = models.ForeignKey("book.Run", on_delete=models.SET_NULL, null=True, related_name="+")
    gone = models.BooleanField(_("No longer found"), default=False)
    resolved_run = models.ForeignKey("book.Run", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("Finding")
        verbose_name_plural = _("Findings")
        constraints: ClassVar = [models.UniqueConstraint(fields=["park", "key"], name="issue_key")]
        indexes: ClassVar = [models.Index(fields=["park", "state", "level"])]

    def __str__(self) -> str:
        return (self.title_zh if chinese() else self.title_en) or self.code

    @property
    def text(self) -> str:
        """The sentence in the language of the page."""
        return (self.text_zh if chinese() else self.text_en) or self.text_en

    @property
    def waits(self) -> bool:
        """Tell whether somebody still has to act."""
        return self.state in WAITING and not self.gone and self.level != "note"
