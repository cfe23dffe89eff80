"""Metering points: device periods, and virtual points by expression."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from lingtan.web.kernel.fields import ExactField
from lingtan.web.kernel.history import tracked
from lingtan.web.kernel.record import Dated, FolderRecord
from lingtan.web.kernel.register import Register, register


class MeterRole(models.TextChoices):
    """What a point is to its stream."""

    MAIN = "main", _("Main")
    CHECK = "check", _("Check")
    SUB = "sub", _("Sub")


class RegisterKind(models.TextChoices):
    """What a reading says."""

    COUNTER = "counter", _("Counter")
    INTERVAL = "interval", _("Amount of an interval")
    RATE = "rate", _("Mean rate")
    RATE_POINT = "rate_point", _("Rate at an instant")


class Stamp(models.TextChoices):
    """Which end of the interval a reading is stamped with."""

    START = "start", _("Start")
    END = "end", _("End")


@tracked()
class Meter(Dated, FolderRecord):
    """One device period at a metering point; a device change is a new row."""

    scope = ("stream__source", "stream__target")

    point = models.CharField(_("Point"), max_length=64)
    stream = models.ForeignKey(
        "metering.Stream", on_delete=models.CASCADE, related_name="meters", verbose_name=_("Stream")
    )
    role = models.CharField(_("Role"), max_length=8, choices=MeterRole.choices)
    serial = models.CharField(_("Serial number"), max_length=128, blank=True)
    register = models.CharField(_("Register"), max_length=16, choices=RegisterKind.choices)
    unit = models.CharField(_("Unit"), max_length=32)
    multiplier = ExactField(_("Multiplier"), default=Decimal(1))
    digits = models.PositiveSmallIntegerField(_("Digits"), null=True, blank=True)
    accuracy_pct = ExactField(_("Accuracy class, %"), null=True, blank=True)
    period = models.PositiveIntegerField(_("Period, s"), null=True, blank=True)
    stamp = models.CharField(_("Stamp"), max_length=8, choices=Stamp.choices, default=Stamp.START)
    clock = models.CharField(_("Clock"), max_length=16, blank=True)
    bidirectional = models.BooleanField(_("Counts both ways"), default=False)
    first_value = ExactField(_("Opening register"), null=True, blank=True)
    last_value = ExactField(_("Closing register"), null=True, blank=True)
    level = models.PositiveSmallIntegerField(_("Level"), null=True, blank=True)
    calibrated_until = models.DateTimeField(_("Calibrated until"), null=True, blank=True)

    class Meta:
        verbose_name = _("Metering point")
        verbose_name_plural = _("Metering points")
        indexes: ClassVar = [models.Index(fields=["park", "point"])]

    def __str__(self) -> str:
        return self.point


@tracked()
class VirtualPoint(FolderRecord):
    """A point whose amount is an expression over other points."""

    scope = ("stream__source", "stream__target")

    point = models.CharField(_("Point"), max_length=64)
    stream = models.ForeignKey(
        "metering.Stream", on_delete=models.CASCADE, related_name="virtual_points", verbose_name=_("Stream")
    )
    role = models.CharField(_("Role"), max_length=8, choices=MeterRole.choices)
    unit = models.CharField(_("Unit"), max_length=32)
    expression = models.TextField(_("Expression"))
    note = models.TextField(_("Note"), blank=True)

    class Meta:
        verbose_name = _("Virtual point")
        verbose_name_plural = _("Virtual points")
        constraints: ClassVar = [models.UniqueConstraint(fields=["park", "point"], name="virtual_point")]

    def __str__(self) -> str:
        return self.point


register(
    Register(
        model=Meter,
        slug="points",
        group="metering",
        rank=2,
        columns=("point", "stream", "role", "serial", "register", "unit", "multiplier", "calibrated_until"),
        filters=("role", "register", "stream"),
        search=("point", "serial", "stream__code"),
        order=("point", "valid_from"),
        form=(
            (_("Point"), ("point", "stream", "role", "level")),
            (_("Device"), ("serial", "register", "unit", "multiplier", "digits", "accuracy_pct", "bidirectional")),
            (_("Clock"), ("period", "stamp", "clock")),
            (_("When it holds"), ("valid_from", "valid_to", "first_value", "last_value", "calibrated_until")),
        ),
        table="meters.csv",
        hint=_("No meters yet. Import meters.csv or register the first one."),
    )
)
register(
    Register(
        model=VirtualPoint,
        slug="virtual-points",
        group="metering",
        rank=3,
        columns=("point", "stream", "role", "unit", "expression"),
        filters=("role", "stream"),
        search=("point", "expression", "stream__code"),
        order=("point",),
        form=((_("Point"), ("point", "stream", "role", "unit", "expression", "note")),),
        table="virtual.csv",
        hint=_("No virtual point yet. It gives an amount as an expression over other points."),
    )
)
