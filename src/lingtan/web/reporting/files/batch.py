"""An import as a record: who brought which file, why, what it wrote; the ground on which it is taken back."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from lingtan.web.kernel.fields import person
from lingtan.web.kernel.history import tracked
from lingtan.web.kernel.record import Record
from lingtan.web.kernel.workflow import Move, Workflow


class BatchState(models.TextChoices):
    """Where an import stands."""

    WAITING = "waiting", _("Waits for a second person")
    WRITTEN = "written", _("Written")
    REFUSED = "refused", _("Not taken")
    UNDONE = "undone", _("Taken back")


BATCHES = Workflow(
    dict(BatchState.choices),
    (
        Move(action="confirm", sources=(BatchState.WAITING,), target=BatchState.WRITTEN, grant="import", reason=True,
             marks="settled", other_than=("brought_by",), label=_("Confirm the correction")),
        Move(action="refuse", sources=(BatchState.WAITING,), target=BatchState.REFUSED, grant="import", reason=True,
             marks="settled", label=_("Do not take it")),
        Move(action="undo", sources=(BatchState.WRITTEN,), target=BatchState.UNDONE, grant="import", reason=True,
             marks="undone", label=_("Take the import back")),
    ),
)  # fmt: skip


@tracked()
class ImportBatch(Record):
    """One file that was brought; ``drafts`` are the amounts it says, ``written`` the rows made and changed by it.

    It stays in its installation: a park that goes out takes its statements along, not the way they came.
    """

    mapping = models.ForeignKey(
        "reporting.Mapping", on_delete=models.PROTECT, related_name="batches", verbose_name=_("Mapping")
    )
    document = models.ForeignKey("publish.Document", on_delete=models.PROTECT, related_name="+", verbose_name=_("File"))
    name = models.CharField(_("File"), max_length=255)
    state = models.CharField(_("State"), max_length=8, choices=BatchState.choices, default=BatchState.WAITING)
    reason = models.TextField(_("Reason"))
    closed_months = models.JSONField(_("Closed months"), default=list)
    drafts = models.JSONField(default=list)
    written = models.JSONField(default=dict)
    brought_by = person(_("Brought by"))
    brought_at = models.DateTimeField(_("Brought"))
    settled_by = person(_("Settled by"))
    settled_at = models.DateTimeField(_("Settled"), null=True, blank=True)
    undone_by = person(_("Taken back by"))
    undone_at = models.DateTimeField(_("Taken back"), null=True, blank=True)

    class Meta:
        verbose_name = _("Import of bills and forms")
        verbose_name_plural = _("Imports of bills and forms")
        ordering: ClassVar = ["-brought_at", "-id"]

    def __str__(self) -> str:
        return f"{self.mapping.code} · {self.name}"

    @property
    def count(self) -> int:
        """Count of amounts in it."""
        return len(self.drafts)
