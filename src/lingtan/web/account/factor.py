"""The park's own factors, beside those of the library."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from lingtan.web.kernel.fields import ExactField
from lingtan.web.kernel.history import tracked
from lingtan.web.kernel.record import FolderRecord
from lingtan.web.kernel.register import Register, register
from lingtan.web.kernel.scope import EVERYONE


class FactorStatus(models.TextChoices):
    """How far a factor can be trusted."""

    MEASURED = "measured", _("Measured")
    SUPPLIER = "supplier", _("Supplier")
    OWN = "own", _("Own")
    FOUND2 = "found2", _("Found in two documents")
    FOUND1 = "found1", _("Found in one document")
    RECALLED = "recalled", _("Recalled")


@tracked()
class Factor(FolderRecord):
    """A factor with the document it stands in; ``applies_to`` narrows it to a stream, a node or a role."""

    scope = EVERYONE

    code = models.CharField(_("Id"), max_length=64)
    subject = models.CharField(_("Subject"), max_length=64)
    parameter = models.CharField(_("Parameter"), max_length=64)
    applies_to = models.CharField(_("For"), max_length=64, blank=True)
    value = ExactField(_("Value"))
    unit = models.CharField(_("Unit"), max_length=64)
    data_year = models.PositiveSmallIntegerField(_("Year of the data"), null=True, blank=True)
    applies_from = models.DateField(_("From"), null=True, blank=True)
    applies_until = models.DateField(_("To"), null=True, blank=True)
    region = models.CharField(_("Region"), max_length=64, blank=True)
    document = models.CharField(_("Document"), max_length=512, blank=True)
    source = models.CharField(_("Source"), max_length=512, blank=True)
    status = models.CharField(_("Status"), max_length=16, choices=FactorStatus.choices, default=FactorStatus.OWN)
    sigma_pct = ExactField(_("Uncertainty, %"), null=True, blank=True)
    note = models.TextField(_("Note"), blank=True)

    class Meta:
        verbose_name = _("Factor")
        verbose_name_plural = _("Factors")
        constraints: ClassVar = [models.UniqueConstraint(fields=["park", "code"], name="factor_code")]

    def __str__(self) -> str:
        return self.code


register(
    Register(
        model=Factor,
        slug="factors",
        group="carbon",
        rank=1,
        columns=("code", "subject", "parameter", "value", "unit", "applies_to", "data_year", "status", "document"),
        filters=("subject", "parameter", "status"),
        search=("code", "subject", "parameter", "document", "source", "note"),
        form=(
            (_("What it is"), ("code", "subject", "parameter", "applies_to", "value", "unit", "sigma_pct")),
            (_("Where it stands"), ("document", "source", "status", "data_year", "region")),
            (_("When it holds"), ("applies_from", "applies_until")),
            (_("Note"), ("note",)),
        ),
        table="factors.csv",
        hint=_("The park has no factors of its own; those of the library are always there."),
    )
)
