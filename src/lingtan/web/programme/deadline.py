"""Deadlines: what is due, from whom, until when."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from lingtan.web.kernel.history import tracked
from lingtan.web.kernel.record import Record
from lingtan.web.kernel.register import Register, register


@tracked()
class Deadline(Record):
    """Something that somebody must have done by a day."""

    scope = ("node",)

    title = models.CharField(_("Title"), max_length=255)
    due = models.DateField(_("Due"))
    node = models.ForeignKey(
        "park.Node", on_delete=models.CASCADE, null=True, blank=True, related_name="deadlines", verbose_name=_("Who")
    )
    done = models.DateField(_("Done"), null=True, blank=True)
    note = models.TextField(_("Note"), blank=True)

    class Meta:
        verbose_name = _("Deadline")
        verbose_name_plural = _("Deadlines")

    def __str__(self) -> str:
        return self.title


register(
    Register(
        model=Deadline,
        slug="deadlines",
        group="records",
        rank=2,
        columns=("title", "due", "node", "done"),
        filters=("node",),
        search=("title", "note"),
        order=("due",),
        form=((_("What it is"), ("title", "due", "node", "done", "note")),),
        hint=_("No deadline yet. Calibrations, audits and filings that must not be forgotten stand here."),
    )
)
