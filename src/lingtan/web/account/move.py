"""Which figures a pass moved: kept beside the runs when they are made, so that pages only read."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import ClassVar

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from lingtan.web.account.run import Figure, MonthFlow, Run
from lingtan.web.kernel.fields import ExactField
from lingtan.web.kernel.record import Record

#: What is kept of the larger of two values: a difference under this share of it is rounding of the computation.
LEAST = Decimal("1e-12")
CHANGED, NEW, GONE = "changed", "new", "gone"


class Move(Record):
    """A figure, or a month's flow (``flow:EL_E02@2025-02``), that differs between a run and the one it superseded.

    ``way`` is ``changed``, ``new`` (the former run had no such figure) or ``gone`` (the newer has none); a value of
    None is one that is not known, in either run.
    """

    scope = ("node", "stream__source", "stream__target")

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="moves", verbose_name=_("Run"))
    against = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="+", verbose_name=_("Run before"))
    year = models.PositiveSmallIntegerField(_("Year"))
    name = models.CharField(_("Name"), max_length=220)
    way = models.CharField(max_length=8, default=CHANGED)
    before = ExactField(_("Before"), null=True)
    after = ExactField(_("After"), null=True)
    unit = models.CharField(_("Unit"), max_length=32, blank=True)
    node = models.ForeignKey("park.Node", on_delete=models.CASCADE, null=True, related_name="+")
    stream = models.ForeignKey("metering.Stream", on_delete=models.CASCADE, null=True, related_name="+")

    class Meta:
        verbose_name = _("Moved figure")
        verbose_name_plural = _("Moved figures")
        indexes: ClassVar = [models.Index(fields=["park", "name"], name="move_name")]
        constraints: ClassVar = [models.UniqueConstraint(fields=["run", "name"], name="move_once")]
        triggers: ClassVar = [pgtrigger.Protect(name="move_stays", operation=pgtrigger.Update)]

    def __str__(self) -> str:
        return self.name

    @property
    def difference(self) -> Decimal | None:
        """After less before; None where one of them is not known."""
        return None if self.before is None or self.after is None else self.after - self.before


def keep_moves(run: Run, against: Run) -> None:
    """Store what differs between a run and the one that it supersedes."""
    rows = [*_figures(run, against), *_flows(run, against)]
    Move.objects.bulk_create(rows, batch_size=1000)


def _differs(before: Decimal | None, after: Decimal | None) -> bool:
    if before is None or after is None:
        return before is not after
    return abs(after - before) > LEAST * max(abs(before), abs(after))


def _figures(run: Run, against: Run) -> Iterator[Move]:
    old, new = ({one.name: one for one in Figure.objects.filter(run=of).defer("explanation")} for of in (against, run))
    for name in sorted({*old, *new}):
        was, now = old.get(name), new.get(name)
        one = now or was
        if one is not None and (was is None or now is None or _differs(was.value, now.value)):
            yield Move(
                park_id=run.park_id, run=run, against=against, year=run.year, name=name, unit=one.unit,
                way=NEW if was is None else GONE if now is None else CHANGED,
                before=was.value if was else None, after=now.value if now else None,
                node_id=one.node_id, stream_id=one.stream_id,
            )  # fmt: skip


def _flows(run: Run, against: Run) -> Iterator[Move]:
    """Yield the month flows that differ; they stand in one run of a pass, so that they are told once."""
    if run.flows_of_id is not None or against.flows_of_id is not None:
        return
    names = ("stream_id", "stream__code", "month", "amount", "unit")
    old, new = ({row[:3]: row[3:] for row in MonthFlow.objects.filter(run=of).values_list(*names)}
                for of in (against, run))  # fmt: skip
    for key in sorted({*old, *new}):
        was, now = old.get(key), new.get(key)
        before, after = was[0] if was else None, now[0] if now else None
        if was is None or now is None or _differs(before, after):
            unit = (now or was or ("", ""))[1]
            yield Move(
                park_id=run.park_id, run=run, against=against, year=run.year, name=f"flow:{key[1]}@{key[2]}", unit=unit,
                way=NEW if was is None else GONE if now is None else CHANGED, before=before, after=after,
                stream_id=key[0],
            )  # fmt: skip
