"""One commodity, one colour: which token of the look a line or a group of lines takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from lingtan.inventory.model import Account, Line
from lingtan.ledger.park import Park
from lingtan.report.view import commodity_of

#: Group -> (token, Chinese, English), in the order that parts are stacked.
GROUPS: Mapping[str, tuple[str, str, str]] = {
    "gas": ("gas", "燃料 · 气体", "fuel · gas"),
    "electricity": ("elec-grid", "净购入电力", "net electricity"),
    "heat": ("heat", "净购入热力", "net heat"),
    "process": ("process", "工业过程", "process"),
    "conversion": ("waste", "转换碳损失", "conversion"),
    "coal": ("coal", "燃料 · 固体", "fuel · solid"),
    "liquid": ("diesel", "燃料 · 液体", "fuel · liquid"),
}
#: Origin of power -> token; all else keeps the colour of the grid.
_ORIGINS = {
    "certificates": "elec-cert",
    "direct_green": "elec-wind",
    "own_non_fossil": "elec-pv",
    "own_fossil": "gas",
    "own_biogenic": "biomass",
}
_LIQUIDS = (
    "diesel", "gasoline", "petrol", "fuel_oil", "crude_oil", "kerosene", "jet_kerosene", "naphtha", "lpg", "lubricant",
    "residual_fuel_oil", "solvent_oil", "petroleum", "motor_gasoline", "other_petroleum", "gas_diesel_oil",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stack:
    """The months of one group [t CO2]; a month that is absent is not known."""

    group: str
    months: Mapping[str, Decimal]


def group_of(line: Line, park: Park | None) -> str:
    """Return the group that a line is stacked with."""
    if line.category != "fuel":
        return line.category if line.category in GROUPS else "conversion"
    code = commodity_of(park, line.stream)
    known = park.commodities.get(code) if park else None
    codes = known.lineage or (code,) if known else (code,)
    if known is not None and known.unit in ("Nm3", "m3"):
        return "gas"
    return "liquid" if any(word in _LIQUIDS for word in codes) else "coal"


def token(line: Line, park: Park | None) -> str:
    """Return the colour token of a line."""
    if line.category == "electricity":
        return _ORIGINS.get(line.origin, "elec-grid")
    return GROUPS[group_of(line, park)][0]


def stacks(account: Account, park: Park | None, lines: Iterable[Line]) -> list[Stack]:
    """Return the months of an account by group, in stack order; groups without a known month are left out."""
    sums: dict[str, dict[str, Decimal]] = {}
    for line in lines:
        months = sums.setdefault(group_of(line, park), {})
        for month, amount in line.months:
            if month in account.by_month:
                months[month] = months.get(month, Decimal(0)) + amount
    return [Stack(group, sums[group]) for group in GROUPS if any(sums.get(group, {}).values())]
