"""The methods that a pass computes side by side, as one table: what the switch of the account page offers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Variant:
    """A method with the alternatives that make it what people call it; ``key`` stands in addresses."""

    key: str
    method: str
    title: Any
    short: Any
    note: Any
    chosen: Mapping[str, str] = field(default_factory=dict)


VARIANTS: tuple[Variant, ...] = (
    Variant(
        "cn-zcp-2025",
        "cn-zcp-2025",
        _("National trial method, notice 910"),
        _("National trial"),
        _("CO₂ only · energy and processes · other grid power at the national fossil factor"),
    ),
    Variant(
        "ghgp-location",
        "ghgp-scope2-2015",
        _("GHG Protocol Scope 2, by location"),
        _("GHG Protocol · location"),
        _("purchased energy only · regional mean factors · certificates change nothing"),
        {"view": "location"},
    ),
    Variant(
        "ghgp-market",
        "ghgp-scope2-2015",
        _("GHG Protocol Scope 2, by market"),
        _("GHG Protocol · market"),
        _("purchased energy only · contracts and certificates count"),
        {"view": "market"},
    ),
)
BY_KEY: Mapping[str, Variant] = {one.key: one for one in VARIANTS}
BASE = VARIANTS[0]
