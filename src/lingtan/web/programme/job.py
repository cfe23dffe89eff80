"""Long work as a row: what was asked, how far it is, what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from lingtan.web.people.access import Access


class State(models.TextChoices):
    """How a job stands."""

    QUEUED = "queued", _("Waiting")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


OPEN = (State.QUEUED, State.RUNNING)


class JobQuerySet(models.QuerySet["Job"]):
    """Jobs."""

    def visible_to(self, access: Access) -> Self:
        """Return a person's own jobs; who sees the whole park sees all of the park."""
        rows = self.filter(park_id=access.park_id)
        return rows if access.whole_park else rows.filter(user_id=access.user_id)


class Job(models.Model):
    """A piece of work that a worker does. ``worker`` names the process that has it: host, number, start."""

    park = models.ForeignKey("park.Park", on_delete=models.CASCADE, null=True, related_name="jobs")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="jobs")
    kind = models.CharField(_("Kind"), max_length=64)
    arguments = models.JSONField(default=dict)
    state = models.CharField(_("State"), max_length=16, choices=State.choices, default=State.QUEUED)
    step = models.CharField(_("Step"), max_length=255, blank=True)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    stop_asked = models.BooleanField(default=False)
    worker = models.CharField(max_length=128, blank=True)
    deferred = models.BigIntegerField(null=True)
    queued = models.DateTimeField(_("Asked for"), default=timezone.now)
    started = models.DateTimeField(_("Started"), null=True)
    ended = models.DateTimeField(_("Ended"), null=True)
    error = models.TextField(_("What went wrong"), blank=True)
    result = models.JSONField(default=dict)

    objects = JobQuerySet.as_manager()

    class Meta:
        verbose_name = _("Job")
        verbose_name_plural = _("Jobs")
        ordering: ClassVar = ["-pk"]
        indexes: ClassVar = [models.Index(fields=["state"], name="job_state")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def is_open(self) -> bool:
        """Tell whether it waits or runs."""
        return self.state in OPEN

    @property
    def share(self) -> int:
        """Return how far it is, 0 to 100; the parts of a step, not time."""
        return min(100, round(100 * self.done / self.total)) if self.total else 0
