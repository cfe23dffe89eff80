"""Computed accounts: a run with its figures, explanations and month flows. A run is never changed, only superseded."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, ClassVar

import pgtrigger
from django.db import models
from django.db.models.query_utils import DeferredAttribute
from django.utils.translation import gettext_lazy as _

from lingtan.web.kernel.fields import ExactField
from lingtan.web.kernel.record import Record, RecordQuerySet

#: Runs whose content one process holds: the methods and last years of a park or two.
HELD = 12


@lru_cache(maxsize=HELD)
def _content(pk: int) -> Mapping[str, Any]:
    """Return what a run holds; it never changes, so a process reads it once and not with each page."""
    return Run.objects.values("result", "more").get(pk=pk)


class _Once(DeferredAttribute):
    """Reads a large field of a run when it is first asked for, and once for all of a process."""

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if instance is not None and self.field.attname not in instance.__dict__:
            instance.__dict__[self.field.attname] = _content(instance.pk)[self.field.attname]
        return super().__get__(instance, owner)


class ContentField(models.JSONField):
    """A large part of a row that never changes. Whoever reads it must not change it: all pages share it."""

    descriptor_class = _Once

    def deconstruct(self) -> Any:
        """Be a plain JSON column to migrations."""
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.JSONField", args, kwargs


class RunManager(models.Manager.from_queryset(RecordQuerySet)):  # type: ignore[misc]
    """Leaves the content of runs where it is; pages that name hundreds of runs need none of it."""

    def get_queryset(self) -> RecordQuerySet:
        """Return all runs, their content deferred."""
        return super().get_queryset().defer("result", "more")


class Run(Record):
    """One account: a park's year under a method, a boundary and chosen alternatives.

    ``result`` holds the stable keys of ``lingtan account --json``; ``more`` what pages show beyond them (ledger, energy
    terms, choices in words, bridges, commodities). ``flows_of`` is the run of the same pass that holds the month flows
    and the figures of flows. Waiting, progress and failure are the job's; a run exists once it is whole.
    """

    year = models.PositiveSmallIntegerField(_("Year"))
    variant = models.CharField(_("Method"), max_length=64)
    method = models.CharField(_("Method"), max_length=64)
    boundary = models.CharField(_("Boundary"), max_length=64, blank=True)
    chosen = models.JSONField(_("Chosen alternatives"), default=dict, blank=True)
    status = models.CharField(_("Status"), max_length=16)
    started = models.DateTimeField(_("Started"))
    ended = models.DateTimeField(_("Ended"))
    asked_by = models.ForeignKey(
        "people.User", on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("Asked by")
    )
    input_digest = models.CharField(_("Digest of the input"), max_length=64)
    code_version = models.CharField(_("Version of the code"), max_length=64)
    result = ContentField(default=dict)
    more = ContentField(default=dict)
    flows_of = models.ForeignKey("self", on_delete=models.CASCADE, null=True, blank=True, related_name="sharing")
    superseded_by = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    objects = RunManager()

    class Meta:
        verbose_name = _("Run")
        verbose_name_plural = _("Runs")
        base_manager_name = "objects"
        indexes: ClassVar = [models.Index(fields=["park", "variant", "boundary", "year"])]
        triggers: ClassVar = [
            pgtrigger.Protect(
                name="run_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(exclude=["superseded_by", "asked_by"]),
            )
        ]

    def __str__(self) -> str:
        return f"{self.year} · {self.variant} · {self.boundary}"

    @property
    def with_flows(self) -> Run:
        """The run that holds this one's month flows."""
        return self.flows_of or self


class Figure(Record):
    """A figure of a run with its explanation; ``node`` and ``stream`` say whose it is, without both it is the park's.

    ``name`` is what ``lingtan explain`` takes: ``total:co2_t``, ``node:E01``, ``line:fuel:GAS_E01``, ``flow:EL_E02``.
    """

    scope = ("node", "stream__source", "stream__target")

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="figures", verbose_name=_("Run"))
    year = models.PositiveSmallIntegerField(_("Year"))
    name = models.CharField(_("Name"), max_length=200)
    value = ExactField(_("Value"), null=True, blank=True)
    unit = models.CharField(_("Unit"), max_length=32, blank=True)
    node = models.ForeignKey("park.Node", on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    stream = models.ForeignKey("metering.Stream", on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    explanation = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("Figure")
        verbose_name_plural = _("Figures")
        constraints: ClassVar = [models.UniqueConstraint(fields=["run", "name"], name="figure_once")]
        triggers: ClassVar = [pgtrigger.Protect(name="figure_stays", operation=pgtrigger.Update)]

    def __str__(self) -> str:
        return self.name


class MonthFlow(Record):
    """The adopted amount of a stream in a month; None where nothing is known, ``known`` and ``resolved`` are 0..1."""

    scope = ("stream__source", "stream__target")
    dated = ("month",)

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="flows", verbose_name=_("Run"))
    year = models.PositiveSmallIntegerField(_("Year"))
    stream = models.ForeignKey("metering.Stream", on_delete=models.CASCADE, related_name="+", verbose_name=_("Stream"))
    month = models.CharField(_("Month"), max_length=7)
    amount = ExactField(_("Amount"), null=True, blank=True)
    unit = models.CharField(_("Unit"), max_length=32, blank=True)
    origin = models.CharField(_("Origin"), max_length=32, blank=True)
    resolved = models.FloatField(_("Resolved"), default=0)
    known = models.FloatField(_("Known"), default=0)
    flags = models.JSONField(_("Marks"), default=list, blank=True)

    class Meta:
        verbose_name = _("Flow of a month")
        verbose_name_plural = _("Flows by month")
        constraints: ClassVar = [models.UniqueConstraint(fields=["run", "stream", "month"], name="month_flow_once")]
        triggers: ClassVar = [pgtrigger.Protect(name="month_flow_stays", operation=pgtrigger.Update)]

    def __str__(self) -> str:
        return f"{self.stream_id} · {self.month}"
