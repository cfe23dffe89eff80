"""Where power and heat come from, as far as the park's own streams tell.

Words: ``direct_green``, ``grid`` (made_as grid_supply), ``direct_line`` (made at a source outside and not said to be
green), ``own_fossil``, ``own_biogenic``, ``own_recovered``,
``own_non_fossil`` (a generator without fuel or heat: sun, wind, water), ``non_fossil`` (heat), ``pass_through`` (sent
on by a node that makes nothing), ``other`` (comes in and none of these), blank for commodities without origin.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lingtan.ledger.park import Park, Stream

BURNED = ("final_fuel", "power_generation", "heat_supply", "cogeneration", "incineration")
POWER, HEAT = ("electricity",), ("heat", "steam")
MADE = ("own_fossil", "own_biogenic", "own_recovered", "own_non_fossil")
"""Origins of power made by the park, in the order in which they count where a node sends a mix."""
WORDS = ("direct_green", "grid", "direct_line", "other", *MADE, "pass_through", "non_fossil")


@dataclass(frozen=True, slots=True)
class Origins:
    """Answers ``of(stream, side)``; what was found for a node is kept."""

    park: Park
    into: Mapping[str, tuple[Stream, ...]]
    generators: frozenset[str]
    children: Mapping[str, tuple[str, ...]]
    inside: frozenset[str] = frozenset()
    memo: dict[str, str] = field(default_factory=dict, compare=False)
    fed: dict[str, frozenset[str]] = field(default_factory=dict, compare=False)

    def of(self, stream: Stream, side: str) -> str:
        """Return the origin word of a stream on a side (received, sent, made, used, traded)."""
        kind = self.park.commodities[stream.commodity].kind
        if kind in POWER:
            return self._power(stream, side)
        if kind in HEAT:
            return self._heat(stream, side)
        return ""

    def _power(self, stream: Stream, side: str) -> str:
        if side != "received" and self.makes(stream):
            return self.source(stream.source)
        if stream.made_as == "direct_green":
            return "direct_green"
        if side == "received":
            if stream.made_as == "grid_supply":
                return "grid"
            return "direct_line" if self.makes(stream) else "other"
        if side in ("made", "traded"):
            return "pass_through"
        kinds = {self.source(node) for node in self._generators_in(stream.source)} or self._feeding(stream.source)
        if kinds == {"direct_green"}:
            return "direct_green"
        return next((word for word in MADE if word in kinds), "pass_through")

    def _feeding(self, node: str) -> frozenset[str]:
        """Return the origins of the power that reaches a node: what is made inside, ``direct_green``, ``other``."""
        if node not in self.fed:
            found, seen, waiting = set(), set(), list(self.within(node))
            while waiting:
                here = waiting.pop()
                if here in seen:
                    continue
                seen.add(here)
                for stream in self._power_into(here):
                    if stream.source not in self.inside:
                        found.add("direct_green" if stream.made_as == "direct_green" else "other")
                    elif self.makes(stream):
                        found.add(self.source(stream.source))
                    else:
                        waiting.append(stream.source)
            self.fed[node] = frozenset(found)
        return self.fed[node]

    def _power_into(self, node: str) -> tuple[Stream, ...]:
        streams = self.into.get(node, ())
        return tuple(stream for stream in streams if self.park.commodities[stream.commodity].kind in POWER)

    def _heat(self, stream: Stream, side: str) -> str:
        if stream.made_as == "direct_green":
            return "non_fossil"
        source = self.source(stream.source)
        if source == "own_biogenic":
            return "non_fossil"
        made = stream.made_as in ("heat_generation", "recovered_energy") or source == "own_fossil"
        return "own_fossil" if side == "traded" and made else ""

    def makes(self, stream: Stream) -> bool:
        """Tell whether a stream is power made at its source (not passed on, not out of a storage)."""
        node = self.park.nodes.get(stream.source)
        if stream.made_as in ("storage_out", "grid_supply", "loss"):
            return False
        return stream.made_as == "generation" or (node is not None and node.kind == "generator")

    def source(self, node: str) -> str:
        """Return what a generating node runs on, by the streams that enter it and its children."""
        if node not in self.memo:
            self.memo[node] = ""  # a loop of heat between nodes ends here
            self.memo[node] = self._source(node)
        return self.memo[node]

    def _source(self, node: str) -> str:
        entering = [stream for part in self.within(node) for stream in self.into.get(part, ())]
        fuels = [stream for stream in entering if self._is_fuel(stream)]
        if any(self.park.commodities[stream.commodity].fossil is not False for stream in fuels):
            return "own_fossil"
        heats = [stream for stream in entering if self.park.commodities[stream.commodity].kind in HEAT]
        outside = [stream for stream in heats if stream.source not in self.within(node)]
        made = [stream for stream in outside if stream.made_as != "recovered_energy"]
        if any(self.source(stream.source) == "own_fossil" for stream in made):
            return "own_fossil"
        if fuels:
            return "own_biogenic"
        return "own_recovered" if outside else "own_non_fossil"

    def _is_fuel(self, stream: Stream) -> bool:
        return self.park.commodities[stream.commodity].kind == "fuel" and stream.used_as in BURNED

    def within(self, node: str) -> tuple[str, ...]:
        """Return a node and all below it, each once."""
        found, seen, waiting = [], {node}, [node]
        while waiting:
            here = waiting.pop()
            found.append(here)
            fresh = [child for child in self.children.get(here, ()) if child not in seen]
            seen.update(fresh)
            waiting += fresh
        return tuple(found)

    def _generators_in(self, node: str) -> tuple[str, ...]:
        return tuple(part for part in self.within(node) if part in self.generators)


def of(park: Park, inside: frozenset[str] = frozenset()) -> Origins:
    """Return the origins of a park's power and heat; ``inside`` are the nodes of the boundary."""
    into: dict[str, list[Stream]] = {}
    making: set[str] = {node.id for node in park.nodes.values() if node.kind == "generator"}
    for stream in park.streams.values():
        into.setdefault(stream.target, []).append(stream)
        if stream.made_as == "generation" and park.commodities[stream.commodity].kind in POWER:
            making.add(stream.source)
    children: dict[str, list[str]] = {}
    for node in park.nodes.values():
        if node.parent:
            children.setdefault(node.parent, []).append(node.id)
    return Origins(
        park,
        {node: tuple(streams) for node, streams in into.items()},
        frozenset(making),
        {node: tuple(below) for node, below in children.items()},
        inside,
    )
