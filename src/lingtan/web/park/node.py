"""Nodes: where something starts, ends, changes or is kept."""

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
from lingtan.web.park import tree


class NodeKind(models.TextChoices):
    """What a node is; the second half lies outside of every park."""

    ENTERPRISE = "enterprise", _("Enterprise")
    WORKSHOP = "workshop", _("Workshop")
    PROCESS = "process", _("Process")
    EQUIPMENT = "equipment", _("Equipment")
    BUILDING = "building", _("Building")
    INFRASTRUCTURE = "infrastructure", _("Infrastructure")
    GENERATOR = "generator", _("Generator")
    STORAGE = "storage", _("Storage")
    FLEET = "fleet", _("Fleet")
    ECOLOGY = "ecology", _("Ecology")
    LOSSES = "losses", _("Losses")
    GRID = "grid", _("Power grid")
    FUEL_NETWORK = "fuel_network", _("Fuel network")
    HEAT_NETWORK = "heat_network", _("Heat network")
    WATER_SOURCE = "water_source", _("Water source")
    MARKET = "market", _("Market")
    CONTRACTOR = "contractor", _("Contractor")
    ATMOSPHERE = "atmosphere", _("Atmosphere")
    WATER_BODY = "water_body", _("Water body")
    SOIL = "soil", _("Soil")
    GEOLOGICAL_STORAGE = "geological_storage", _("Geological storage")


@tracked()
class Node(Named, Dated, FolderRecord):
    """A place of the park or outside of it.

    ``enterprise`` is the nearest enterprise at or above the node, kept by `park.tree.settle`; None for what is public.
    """

    scope = ("",)

    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("Part of")
    )
    kind = models.CharField(_("Kind"), max_length=32, choices=NodeKind.choices)
    sector = models.CharField(_("Sector"), max_length=64, blank=True)
    owner = models.CharField(_("Owner"), max_length=255, blank=True)
    operator = models.CharField(_("Operator"), max_length=255, blank=True)
    rated_kw = ExactField(_("Rated power, kW"), null=True, blank=True, validators=[MinValueValidator(Decimal(0))])
    area_m2 = ExactField(_("Floor area, m²"), null=True, blank=True, validators=[MinValueValidator(Decimal(0))])
    lat = models.FloatField(
        _("Latitude"), null=True, blank=True, validators=[MinValueValidator(-90), MaxValueValidator(90)]
    )
    lon = models.FloatField(
        _("Longitude"), null=True, blank=True, validators=[MinValueValidator(-180), MaxValueValidator(180)]
    )
    enterprise = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="+", editable=False
    )

    class Meta:
        verbose_name = _("Node")
        verbose_name_plural = _("Nodes")
        constraints: ClassVar = [models.UniqueConstraint(fields=["park", "code"], name="node_code")]

    def settle(self) -> None:
        tree.settle(self.park)
        tree.link_facts(self.park_id, self.code)


register(
    Register(
        model=Node,
        slug="nodes",
        group="park",
        rank=1,
        columns=("code", "name_zh", "name_en", "kind", "parent", "owner", "operator", "rated_kw"),
        filters=("kind", "parent"),
        form=(
            (_("What it is"), ("code", "name_zh", "name_en", "kind", "parent", "sector")),
            (_("Who answers for it"), ("owner", "operator")),
            (_("Size and place"), ("rated_kw", "area_m2", "lat", "lon")),
            (_("When it holds"), ("valid_from", "valid_to")),
        ),
        table="nodes.csv",
        hint=_("No node yet. Import nodes.csv or add the first enterprise."),
    )
)
