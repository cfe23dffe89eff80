"""Boundaries: dated sets of nodes with shares and a map."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from lingtan.web.kernel.fields import ExactField
from lingtan.web.kernel.history import tracked
from lingtan.web.kernel.record import Dated, FolderRecord, Named
from lingtan.web.kernel.register import Register, register
from lingtan.web.kernel.scope import EVERYONE


class BoundaryKind(models.TextChoices):
    """What a boundary follows."""

    APPROVED = "approved", _("Approved")
    PLANNED = "planned", _("Planned")
    ADMINISTERED = "administered", _("Administered")
    PHYSICAL = "physical", _("Physical")
    OTHER = "other", _("Other")


@tracked()
class Boundary(Named, Dated, FolderRecord):
    """A set of nodes that an account is drawn for."""

    scope = EVERYONE

    kind = models.CharField(_("Kind"), max_length=16, choices=BoundaryKind.choices)
    map = models.CharField(_("Map"), max_length=255, blank=True, help_text=_("GeoJSON file among the documents"))

    class Meta:
        verbose_name = _("Boundary")
        verbose_name_plural = _("Boundaries")
        constraints: ClassVar = [models.UniqueConstraint(fields=["park", "code"], name="boundary_code")]


@tracked()
class Member(Dated, FolderRecord):
    """A node, with its children, in a boundary."""

    boundary = models.ForeignKey(Boundary, on_delete=models.CASCADE, related_name="members", verbose_name=_("Boundary"))
    node = models.ForeignKey("park.Node", on_delete=models.CASCADE, related_name="members", verbose_name=_("Node"))
    share = ExactField(
        _("Share"), default=Decimal(1), validators=[MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(1))]
    )

    scope = ("node",)

    class Meta:
        verbose_name = _("Member of a boundary")
        verbose_name_plural = _("Members of boundaries")

    def __str__(self) -> str:
        return f"{self.boundary} · {self.node}"


register(
    Register(
        model=Boundary,
        slug="boundaries",
        group="park",
        rank=2,
        columns=("code", "name_zh", "name_en", "kind", "valid_from", "valid_to"),
        filters=("kind",),
        form=(
            (_("What it is"), ("code", "name_zh", "name_en", "kind", "map")),
            (_("When it holds"), ("valid_from", "valid_to")),
        ),
        table="boundaries.csv",
        views={"detail": "lingtan.web.details.boundary.show"},
        hint=_("No boundary yet. Every figure names the boundary it was drawn for: add the first one."),
    )
)
register(
    Register(
        model=Member,
        slug="members",
        group="park",
        rank=3,
        columns=("node", "boundary", "share", "valid_from", "valid_to"),
        filters=("boundary",),
        search=("node__code", "node__name_zh", "node__name_en"),
        order=("boundary__code", "node__code"),
        form=(
            (_("What it is"), ("boundary", "node", "share")),
            (_("When it holds"), ("valid_from", "valid_to")),
        ),
        table="members.csv",
        hint=_("No node belongs to a boundary yet. A node brings its children along."),
    )
)
