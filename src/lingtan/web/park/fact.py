"""Facts: dated attributes and statistics with evidence."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from lingtan.web.kernel.fields import words
from lingtan.web.kernel.history import tracked
from lingtan.web.kernel.record import Dated, FolderRecord
from lingtan.web.kernel.register import Register, register
from lingtan.web.park import tree


@tracked()
class Fact(Dated, FolderRecord):
    """What holds of a node, a boundary or the park. ``node`` is set where the subject is a node."""

    scope = ("node",)
    dated = ("valid_from", "valid_to")

    subject = models.CharField(_("About"), max_length=64)
    node = models.ForeignKey(
        "park.Node", on_delete=models.CASCADE, null=True, blank=True, related_name="+", editable=False
    )
    quantity = models.CharField(_("Quantity"), max_length=128)
    value = models.TextField(_("Value"))
    unit = models.CharField(_("Unit"), max_length=32, blank=True)
    evidence = words(_("Evidence"))

    class Meta:
        verbose_name = _("Fact")
        verbose_name_plural = _("Facts")

    def __str__(self) -> str:
        return f"{self.subject} · {self.quantity}"

    def settle(self) -> None:
        tree.link_facts(self.park_id, self.subject)


register(
    Register(
        model=Fact,
        slug="facts",
        group="park",
        columns=("quantity", "subject", "value", "unit", "valid_from", "valid_to"),
        filters=("quantity",),
        search=("subject", "quantity"),
        order=("subject", "quantity", "valid_from"),
        form=(
            (_("What it is"), ("subject", "quantity", "value", "unit", "evidence")),
            (_("When it holds"), ("valid_from", "valid_to")),
        ),
        table="facts.csv",
        hint=_("No fact yet: headcount, floor area, output in constant prices stand here."),
    )
)
