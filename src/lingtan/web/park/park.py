"""The park: what ``park.toml`` of a folder says, and where its readings lie."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from lingtan.web.kernel.history import tracked
from lingtan.web.kernel.language import in_language


@tracked()
class Park(models.Model):
    """One park of the installation. ``extra`` keeps what a folder holds beyond the tables."""

    code = models.CharField(_("Id"), max_length=64, unique=True)
    name_zh = models.CharField(_("Chinese name"), max_length=255, blank=True)
    name_en = models.CharField(_("English name"), max_length=255, blank=True)
    country = models.CharField(_("Country"), max_length=8, blank=True)
    grid_region = models.CharField(_("Grid region"), max_length=64, blank=True)
    timezone = models.CharField(_("Time zone"), max_length=64, default="Asia/Shanghai")
    currency = models.CharField(_("Currency"), max_length=8, blank=True)
    base_year = models.PositiveSmallIntegerField(_("Base year"), null=True, blank=True)
    price_year = models.PositiveSmallIntegerField(_("Year of constant prices"), null=True, blank=True)
    default_boundary = models.CharField(_("Default boundary"), max_length=64, blank=True)
    repairs = models.JSONField(_("Repairs"), default=dict, blank=True)
    synthetic = models.BooleanField(_("Sample data"), default=False)
    version = models.PositiveIntegerField(_("Version"), default=1, editable=False)
    extra = models.JSONField(default=dict, blank=True, editable=False)

    class Meta:
        verbose_name = _("Park")
        verbose_name_plural = _("Parks")
        ordering: ClassVar = ["code"]

    def __str__(self) -> str:
        return in_language(self.name_zh, self.name_en) or self.code
