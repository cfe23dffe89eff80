"""Prices of streams and commodities, and properties of deliveries."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from lingtan.web.kernel.fields import ExactField, words
from lingtan.web.kernel.history import tracked
from lingtan.web.kernel.record import Dated, FolderRecord
from lingtan.web.kernel.register import Register, register
from lingtan.web.park import tree


@tracked()
class Price(Dated, FolderRecord):
    """A price component. ``stream`` is set where the subject is a stream; a neighbour's price is nobody else's."""

    scope = ("stream__target",)
    dated = ("valid_from", "valid_to")

    subject = models.CharField(_("Stream or commodity"), max_length=64)
    stream = models.ForeignKey(
        "metering.Stream", on_delete=models.CASCADE, null=True, blank=True, related_name="prices", editable=False
    )
    component = models.CharField(_("Component"), max_length=64)
    value = ExactField(_("Price"))
    currency = models.CharField(_("Currency"), max_length=8)
    unit = models.CharField(_("Per unit"), max_length=32)
    note = models.TextField(_("Note"), blank=True)

    class Meta:
        verbose_name = _("Price")
        verbose_name_plural = _("Prices")

    def __str__(self) -> str:
        return f"{self.subject} · {self.component}"

    def settle(self) -> None:
        tree.link_prices(self.park_id, self.subject)


@tracked()
class Property(FolderRecord):
    """A measured property of the deliveries on a stream: heat value, carbon content, moisture."""

    scope = ("stream__source", "stream__target")

    stream = models.ForeignKey(
        "metering.Stream", on_delete=models.CASCADE, related_name="properties", verbose_name=_("Stream")
    )
    start = models.DateTimeField(_("Start"))
    end = models.DateTimeField(_("End"))
    property = models.CharField(_("Property"), max_length=64)
    value = ExactField(_("Value"))
    unit = models.CharField(_("Unit"), max_length=32)
    sigma_pct = ExactField(_("Uncertainty, %"), null=True, blank=True)
    evidence = words(_("Evidence"))

    class Meta:
        verbose_name = _("Property of deliveries")
        verbose_name_plural = _("Properties of deliveries")

    def __str__(self) -> str:
        return f"{self.stream} · {self.property}"


register(
    Register(
        model=Price,
        slug="prices",
        group="metering",
        columns=("subject", "component", "value", "currency", "unit", "valid_from", "valid_to"),
        filters=("component", "currency"),
        search=("subject", "component"),
        order=("subject", "component", "valid_from"),
        form=(
            (_("What it is"), ("subject", "component", "value", "currency", "unit", "note")),
            (_("When it holds"), ("valid_from", "valid_to")),
        ),
        table="prices.csv",
        hint=_("No price yet. Prices turn savings into money."),
    )
)
register(
    Register(
        model=Property,
        slug="properties",
        group="metering",
        columns=("stream", "property", "value", "unit", "start", "end"),
        filters=("property", "stream"),
        search=("stream__code", "property"),
        order=("stream__code", "property", "start"),
        form=((_("What it is"), ("stream", "property", "value", "unit", "sigma_pct", "start", "end", "evidence")),),
        table="properties.csv",
        hint=_("No property yet. A measured heat value goes before the library's."),
    )
)
