"""Stocks: levels at an instant."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from lingtan.web.kernel.fields import ExactField, words
from lingtan.web.kernel.history import tracked
from lingtan.web.kernel.record import FolderRecord
from lingtan.web.kernel.register import Register, register


@tracked()
class Stock(FolderRecord):
    """How much of a commodity lies at a node at an instant."""

    scope = ("node",)
    dated = ("time",)

    node = models.ForeignKey("park.Node", on_delete=models.CASCADE, related_name="stocks", verbose_name=_("Node"))
    commodity = models.CharField(_("Commodity"), max_length=64)
    time = models.DateTimeField(_("Time"))
    amount = ExactField(_("Amount"))
    unit = models.CharField(_("Unit"), max_length=32)
    evidence = words(_("Evidence"))

    class Meta:
        verbose_name = _("Stock")
        verbose_name_plural = _("Stocks")

    def __str__(self) -> str:
        return f"{self.node} · {self.commodity}"


register(
    Register(
        model=Stock,
        slug="stocks",
        group="park",
        columns=("node", "commodity", "time", "amount", "unit"),
        filters=("commodity", "node"),
        search=("node__code", "commodity"),
        order=("node__code", "commodity", "time"),
        form=((_("What it is"), ("node", "commodity", "time", "amount", "unit", "evidence")),),
        table="stocks.csv",
        hint=_(
            "No stock level yet. Levels at the ends of a year close the account of what is kept in piles and tanks."
        ),
    )
)
