"""Streams: one commodity from one node to another."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from lingtan.web.kernel.history import tracked
from lingtan.web.kernel.record import Dated, FolderRecord
from lingtan.web.kernel.register import Register, register
from lingtan.web.park import tree


@tracked()
class Stream(Dated, FolderRecord):
    """What flows from where to where; bought, sold or internal follows from the boundary."""

    scope = ("source", "target")

    code = models.CharField(_("Id"), max_length=64)
    commodity = models.CharField(_("Commodity"), max_length=64)
    source = models.ForeignKey("park.Node", on_delete=models.PROTECT, related_name="outflows", verbose_name=_("From"))
    target = models.ForeignKey("park.Node", on_delete=models.PROTECT, related_name="inflows", verbose_name=_("To"))
    made_as = models.CharField(_("Made as"), max_length=32, blank=True)
    used_as = models.CharField(_("Used as"), max_length=32, blank=True)
    note = models.TextField(_("Note"), blank=True)

    class Meta:
        verbose_name = _("Stream")
        verbose_name_plural = _("Streams")
        constraints: ClassVar = [models.UniqueConstraint(fields=["park", "code"], name="stream_code")]

    def __str__(self) -> str:
        return self.code

    def settle(self) -> None:
        tree.link_prices(self.park_id, self.code)


register(
    Register(
        model=Stream,
        slug="streams",
        group="metering",
        rank=1,
        columns=("code", "commodity", "source", "target", "made_as", "used_as"),
        filters=("commodity", "source", "target", "used_as"),
        search=(
            "code",
            "commodity",
            "note",
            "source__name_zh",
            "target__name_zh",
            "source__name_en",
            "target__name_en",
        ),
        form=(
            (_("What it is"), ("code", "commodity", "source", "target", "made_as", "used_as")),
            (_("When it holds"), ("valid_from", "valid_to")),
            (_("Note"), ("note",)),
        ),
        table="streams.csv",
        views={"detail": "lingtan.web.details.stream.show"},
        hint=_("No stream yet. Import streams.csv, or say what flows from where to where."),
    )
)
