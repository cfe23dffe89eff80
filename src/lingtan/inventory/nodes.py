"""Accounts of the units inside the boundary: own + received - sent, trade between them at one factor on both sides.

Notes
-----
What a unit sends another is priced by the supplier's own row, else by the origin of what is made there, else by the mix
of what the supplier received (which may itself come from another unit: the mixes are solved together). Seller and
buyer book the same number, so the units' net amounts add up to the park's total exactly.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from lingtan.inventory import engine
from lingtan.inventory.engine import Run
from lingtan.inventory.model import Line, NodeAccount
from lingtan.inventory.rules import apply, kept
from lingtan.inventory.scope import ONE, ZERO
from lingtan.inventory.shapes import Plan, Recipe, Trade
from lingtan.ledger.park import Stream

SWEEPS = 200
SETTLED = Decimal("1e-15")


@dataclass(frozen=True, slots=True)
class Passed:
    """Energy [unit of the factor] from one unit to another on a stream; ``result`` [t] where it has its own price."""

    stream: str
    seller: str
    buyer: str
    energy: Decimal
    result: Decimal | None


@dataclass(slots=True)
class Pool:
    """What enters a unit's mix: energy and t CO2 of known price, and energy bought from units priced by their mix."""

    energy: Decimal = ZERO
    result: Decimal = ZERO
    bought: list[tuple[str, Decimal]] = field(default_factory=list)


def accounts(run: Run, plan: Plan, lines: Iterable[Line]) -> tuple[Mapping[str, NodeAccount], Mapping[str, Decimal]]:
    """Return the account of each unit and the eliminations: t CO2 traded inside, by category."""
    counted = [line for line in lines if line.co2e_t is not None and line.view in ("", plan.view)]
    own: dict[str, Decimal] = {}
    received: dict[str, Decimal] = {}
    sent: dict[str, Decimal] = {}
    for unit in dict.fromkeys(run.scope.units.values()):
        own[unit] = received[unit] = sent[unit] = ZERO
    for line in counted:
        unit, amount = run.scope.unit_of(line.node), line.co2e_t or ZERO
        if line.side == "received":
            received[unit] = received.get(unit, ZERO) + amount
        elif line.side == "sent":
            sent[unit] = sent.get(unit, ZERO) - amount
        else:
            own[unit] = own.get(unit, ZERO) + amount
    eliminations: dict[str, Decimal] = {}
    for trade in plan.trades:
        inside = _priced(run, trade, [line for line in counted if line.category == trade.category])
        eliminations[trade.category] = sum((amount for _, amount in inside), ZERO)
        for passed, amount in inside:
            sent[passed.seller] += amount
            received[passed.buyer] += amount
    built = {unit: NodeAccount(own[unit], received[unit], sent[unit]) for unit in own}
    return {unit: built[unit] for unit in sorted(built)}, eliminations


def _priced(run: Run, trade: Trade, lines: list[Line]) -> list[tuple[Passed, Decimal]]:
    """Return the trades between units with what both sides book [t]."""
    kinds = run.scope.park.commodities
    streams = [stream for stream in run.scope.park.streams.values() if kinds[stream.commodity].kind in trade.kinds]
    passed = [item for stream in streams for item in _passed(run, trade, stream)]
    between = [item for item in passed if item.seller != item.buyer]
    pools = _pools(run, lines, passed)
    default = _default(run, trade, streams)
    mixes = _mixes(pools, {item.seller for item in between if item.result is None}, default)
    return [
        (item, item.result if item.result is not None else kept(item.energy * mixes[item.seller])) for item in between
    ]


def _passed(run: Run, trade: Trade, stream: Stream) -> list[Passed]:
    """Return what a stream carries between nodes inside, as energy and, where it has a price of its own, as t CO2."""
    parts = run.scope.parts(stream, "traded")
    seller, buyer = run.scope.unit_of(stream.source), run.scope.unit_of(stream.target)
    origin = run.origins.of(stream, "traded")
    made_here = origin in trade.by_origin()
    if not parts or (seller == buyer and not made_here):
        return []
    recipe = _recipe(run, trade, stream, origin)
    out = []
    for group in engine.groups(run, recipe or trade.default, stream, parts):
        if group.result is not None:
            energy = apply(group.found.rule, {**group.arguments, "ef": ONE})
            out.append(Passed(stream.id, seller, buyer, energy, None if recipe is None else group.result))
    return out


def _recipe(run: Run, trade: Trade, stream: Stream, origin: str) -> Recipe | None:
    """Return the recipe a stream is priced by of its own, or None where the supplier's mix counts."""
    parts = run.scope.parts(stream, "traded")
    if all(group.found.rule for group in engine.groups(run, trade.supplier, stream, parts)):
        return trade.supplier
    return trade.by_origin().get(origin)


def _pools(run: Run, lines: list[Line], passed: list[Passed]) -> dict[str, Pool]:
    pools: dict[str, Pool] = {}
    told: set[object] = set()
    for line in lines:
        if line.side == "received" and "ef" in line.arguments:
            pool = pools.setdefault(run.scope.unit_of(line.node), Pool())
            parts = (line.stream, line.origin, tuple(item.flow.start for item in line.inputs))
            if parts not in told:  # further gases of the same energy add to its price, not to its amount
                told.add(parts)
                pool.energy += apply(line.rule, {**line.arguments, "ef": ONE})
            pool.result += line.co2e_t or ZERO
    for item in passed:
        pool = pools.setdefault(item.buyer, Pool())
        pool.energy += item.energy
        if item.result is None:
            pool.bought.append((item.seller, item.energy))
        else:
            pool.result += item.result
    return pools


def _mixes(pools: Mapping[str, Pool], sellers: Iterable[str], default: Decimal) -> dict[str, Decimal]:
    """Solve the mixes of sellers [t per unit of energy]; units that only pass each other's energy take the default."""
    mixes = dict.fromkeys(sorted(sellers), default)
    for _ in range(SWEEPS):
        moved = ZERO
        for unit in mixes:
            pool = pools.get(unit)
            if pool is None or pool.energy <= 0:
                continue
            bought = sum((energy * mixes.get(seller, default) for seller, energy in pool.bought), ZERO)
            mix = (pool.result + bought) / pool.energy
            moved = max(moved, abs(mix - mixes[unit]))
            mixes[unit] = mix
        if moved <= SETTLED:
            break
    return mixes


def _default(run: Run, trade: Trade, streams: Iterable[Stream]) -> Decimal:
    """Return the default price per unit of energy, from the first stream that has one."""
    for stream in streams:
        for group in engine.groups(run, trade.default, stream, run.scope.parts(stream, "traded")):
            if group.found.rule:
                return group.arguments.get("ef", ZERO)
    return ZERO
