"""How much of the park's power was supplied directly from green sources, with its explanation."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from lingtan.inventory.model import Account
from lingtan.ledger.boundary import shares
from lingtan.ledger.park import Park, Stream
from lingtan.trace import Explanation, Step
from lingtan.trace.model import Check

FIGURE = "share:direct_green"
NAMES = ("绿电直接供应占比", "direct green supply, share of power")
_SUPPLY = ("grid_supply", "direct_green", "generation")


def direct_share(account: Account, park: Park, told: Mapping[str, Explanation]) -> Explanation | None:
    """Return the share [%] of power supplied inside the boundary that came directly from green sources.

    Green are streams of a direct green line and of generators that burn nothing; power of other generators and of the
    grid is not, whatever certificates cover it (notice 2025-910: certificates are not direct supply). None where the
    park has no power, or some of it is not known.
    """
    supply = _supply(account, park)
    known = [(stream, told[f"flow:{stream.id}"]) for stream in supply if f"flow:{stream.id}" in told]
    whole = sum((one.value or Decimal(0) for _, one in known), Decimal(0))
    if not whole or any(one.value is None for _, one in known):
        return None
    green = sum((one.value or Decimal(0) for stream, one in known if _is_green(stream, park)), Decimal(0))
    value = green / whole * 100
    steps = tuple(
        Step(
            "flow",
            "quality",
            {"name": f"{_mark(stream, park)} {stream.id}", "share": f"{one.value:,f} {one.unit}"},
            tuple(step for step in one.steps if step.kind in ("flow", "readings", "statement", "missing")),
        )
        for stream, one in sorted(known, key=lambda pair: (not _is_green(pair[0], park), -(pair[1].value or 0)))
    )
    unit = known[0][1].unit
    formula = f"{green:,.0f} {unit} / {whole:,.0f} {unit} × 100"
    again = green * 100 / whole
    check = Check("green / all power supplied", value, again.quantize(value) if value else again)
    return Explanation(FIGURE, "share", NAMES, value, "%", account.status, formula, steps, check)


def supply_of(explanation: Mapping[str, Any]) -> dict[str, bool]:
    """Return the streams that the share is made of, from its stored explanation, and whether each is green."""
    named = (str(step.get("name", "")).partition(" ") for step in explanation["chain"] if step["kind"] == "flow")
    return {code: mark == "+" for mark, _space, code in named if code}


def _supply(account: Account, park: Park) -> list[Stream]:
    """Return the streams that bring power of the grid, of a direct line or of a generator to a place inside."""
    at = account.lines[0].start if account.lines else None
    if at is None:
        return []
    held = shares(park, account.boundary, at)
    return [
        stream
        for stream in park.streams.values()
        if stream.commodity == "electricity" and stream.made_as in _SUPPLY and held.get(stream.target)
    ]


def _is_green(stream: Stream, park: Park) -> bool:
    if stream.made_as == "direct_green":
        return True
    fed = any(other.target == stream.source and other.commodity != "electricity" for other in park.streams.values())
    return stream.made_as == "generation" and not fed


def _mark(stream: Stream, park: Park) -> str:
    return "+" if _is_green(stream, park) else "·"
