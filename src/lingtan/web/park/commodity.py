"""Commodities of the park's own, beside those of the library."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from lingtan.web.kernel.fields import ExactField
from lingtan.web.kernel.history import tracked
from lingtan.web.kernel.record import FolderRecord, Named
from lingtan.web.kernel.register import Register, register
from lingtan.web.kernel.scope import EVERYONE


@tracked()
class Commodity(Named, FolderRecord):
    """What flows: refines one of the library's by ``parent``."""

    scope = EVERYONE

    kind = models.CharField(_("Kind"), max_length=32, blank=True)
    parent = models.CharField(_("Refines"), max_length=64, blank=True)
    unit = models.CharField(_("Unit"), max_length=32, blank=True)
    fossil = models.BooleanField(_("Fossil"), null=True, blank=True)
    p_mpa = ExactField(_("Pressure, MPa"), null=True, blank=True)
    t_c = ExactField(_("Temperature, °C"), null=True, blank=True)
    note = models.TextField(_("Note"), blank=True)

    class Meta:
        verbose_name = _("Commodity")
        verbose_name_plural = _("Commodities")
        constraints: ClassVar = [models.UniqueConstraint(fields=["park", "code"], name="commodity_code")]


register(
    Register(
        model=Commodity,
        slug="commodities",
        group="park",
        columns=("code", "name_zh", "name_en", "kind", "parent", "unit"),
        filters=("kind",),
        form=(
            (_("What it is"), ("code", "name_zh", "name_en", "kind", "parent", "unit", "fossil")),
            (_("State of steam"), ("p_mpa", "t_c")),
            (_("Note"), ("note",)),
        ),
        table="commodities.csv",
        hint=_("The park has no commodities of its own; those of the library are always there."),
    )
)
