"""The closing of a month: asked for and confirmed by two persons where something is missing, else by one."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from lingtan.web.kernel.fields import person
from lingtan.web.kernel.history import tracked
from lingtan.web.kernel.record import Record
from lingtan.web.kernel.scope import EVERYONE
from lingtan.web.kernel.workflow import Move, Workflow


class ClosingState(models.TextChoices):
    """Where the closing of a month stands."""

    OPEN = "open", _("Open")
    ASKED = "asked", _("Closing asked for")
    CLOSED = "closed", _("Closed")


CLOSING = Workflow(
    dict(ClosingState.choices),
    (
        Move(action="close", sources=(ClosingState.OPEN,), target=ClosingState.CLOSED, grant="accept", reason=True,
             marks="closed", label=_("Close the month")),
        Move(action="ask", sources=(ClosingState.OPEN,), target=ClosingState.ASKED, grant="accept", reason=True,
             marks="asked", label=_("Ask for closing")),
        Move(action="confirm", sources=(ClosingState.ASKED,), target=ClosingState.CLOSED, grant="accept", reason=True,
             marks="closed", other_than=("asked_by",), label=_("Confirm the closing")),
        Move(action="decline", sources=(ClosingState.ASKED,), target=ClosingState.OPEN, grant="accept", reason=True,
             label=_("Leave it open")),
    ),
)  # fmt: skip


@tracked()
class MonthClosing(Record):
    """A month that the office has closed, or is about to; ``missing`` reports were not accepted when it was closed.

    A closed month is never opened again: what changes in it is a correction, a new version with its reason.
    """

    scope = EVERYONE

    month = models.DateField(_("Month"))
    state = models.CharField(_("State"), max_length=8, choices=ClosingState.choices, default=ClosingState.OPEN)
    reason = models.TextField(_("Reason"), blank=True)
    missing = models.PositiveIntegerField(_("Reports not accepted"), default=0)
    asked_by = person(_("Asked by"))
    asked_at = models.DateTimeField(_("Asked"), null=True, blank=True)
    closed_by = person(_("Closed by"))
    closed_at = models.DateTimeField(_("Closed"), null=True, blank=True)

    class Meta:
        verbose_name = _("Closing of a month")
        verbose_name_plural = _("Closings of months")
        constraints: ClassVar = [models.UniqueConstraint(fields=["park", "month"], name="month_closing_once")]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"
