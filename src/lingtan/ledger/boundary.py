"""Boundaries: which nodes are inside, with what share, when; and what a stream is to them.

A member brings its children; shares multiply down the tree. Nodes of the kinds outside (`park.OUTSIDE_KINDS`, such as
a grid or the atmosphere) are never inside, wherever they hang in the tree. Cycles of parents, which the folder's check
reports, end a walk and never hang it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from difflib import get_close_matches
from itertools import pairwise
from typing import NamedTuple

from lingtan.ledger.park import OUTSIDE_KINDS, Member, Park, Span, Stream

NOUGHT = Decimal(0)
Segment = tuple[datetime, datetime, Mapping[str, Decimal]]


class BoundaryError(LookupError):
    """A boundary or node that the park does not have; the message lists what it has."""


class Crossing(NamedTuple):
    """What a stream is to a boundary, as shares of its amount.

    ``received`` crosses into the boundary, ``sent`` out of it; ``at_source`` is made inside, ``at_target`` is used
    inside.
    """

    received: Decimal
    sent: Decimal
    at_source: Decimal
    at_target: Decimal


def default_boundary(park: Park) -> str:
    """Id of the boundary meant when none is named.

    It is the one that ``park.toml`` names, else the only one there is; blank where the park has no boundary, which
    stands for all nodes of the kinds inside.

    Raises
    ------
    BoundaryError
        where ``park.toml`` names an unknown boundary, or none though there are several.
    """
    named = park.settings.default_boundary
    if named:
        _check_known(park, named)
        return named
    if len(park.boundaries) > 1:
        raise BoundaryError(
            "expected default_boundary in park.toml or a boundary by name; came none; "
            f"known: {_listed(park.boundaries)}"
        )
    return next(iter(park.boundaries), "")


def shares(park: Park, boundary: str, at: datetime) -> dict[str, Decimal]:
    """Share of every node inside a boundary at an instant, without the nodes outside.

    Parameters
    ----------
    boundary : id; blank = every node of the kinds inside, with share 1 (meant for parks without boundaries).
    at : instant (UTC). A boundary, membership or node that does not hold then is out; children of a node that does
        not hold inherit through it.

    Raises
    ------
    BoundaryError
        for an unknown boundary, listing the known ones.
    """
    _check_known(park, boundary)
    inside = (node for node in park.nodes.values() if node.kind not in OUTSIDE_KINDS and node.valid.covers(at))
    if not boundary:
        return {node.id: Decimal(1) for node in inside}
    if not park.boundaries[boundary].valid.covers(at):
        return {}
    own = {row.node: row.share for row in _members(park, boundary) if row.valid.covers(at)}
    found: dict[str, Decimal | None] = {}
    result = {node.id: _share(park, node.id, own, found) for node in inside}
    return {node: share for node, share in result.items() if share}


def segments(park: Park, boundary: str, start: datetime, end: datetime) -> tuple[Segment, ...]:
    """Cut [start, end) where a share changes: (start, end, shares) in order, without holes.

    Errors as in `shares`.
    """
    _check_known(park, boundary)
    edges = sorted({start, end, *(edge for edge in _edges(park, boundary) if start < edge < end)})
    cut: list[Segment] = []
    for begin, until in pairwise(edges):
        held = shares(park, boundary, begin)
        if cut and cut[-1][2] == held:
            cut[-1] = (cut[-1][0], until, held)
        else:
            cut.append((begin, until, held))
    return tuple(cut)


def crossing(stream: Stream, held: Mapping[str, Decimal]) -> Crossing:
    """Say what part of a stream crosses a boundary, given the `shares` of its nodes."""
    source, target = held.get(stream.source, NOUGHT), held.get(stream.target, NOUGHT)
    return Crossing(max(target - source, NOUGHT), max(source - target, NOUGHT), source, target)


def ancestors(park: Park, node: str) -> Iterator[str]:
    """Walk from a node (itself first) up to the top level; a cycle ends the walk."""
    seen: set[str] = set()
    while node in park.nodes and node not in seen:
        yield node
        seen.add(node)
        node = park.nodes[node].parent


def subtree(park: Park, node: str) -> frozenset[str]:
    """Collect a node with all its children.

    Raises
    ------
    BoundaryError
        for an unknown node, with near ids.
    """
    if node not in park.nodes:
        near = get_close_matches(node, park.nodes, n=3)
        raise BoundaryError(f"expected a node of nodes.csv; came {node!r}; near: {', '.join(near) or 'none'}")
    children: defaultdict[str, list[str]] = defaultdict(list)
    for row in park.nodes.values():
        children[row.parent].append(row.id)
    found, open_nodes = {node}, [node]
    while open_nodes:
        fresh = [child for child in children[open_nodes.pop()] if child not in found]
        found.update(fresh)
        open_nodes += fresh
    return frozenset(found)


def accounting_unit(park: Park, node: str, held: Mapping[str, Decimal]) -> str:
    """Find the unit in whose account a node stands.

    It is the nearest enterprise among the node and its ancestors that is inside the boundary, else the topmost of
    them that is inside; blank for a node that is outside.
    """
    if not held.get(node):
        return ""
    inside = [above for above in ancestors(park, node) if held.get(above)]
    return next((above for above in inside if park.nodes[above].kind == "enterprise"), inside[-1])


def _share(park: Park, node: str, own: Mapping[str, Decimal], found: dict[str, Decimal | None]) -> Decimal | None:
    """Product of the member shares on the way up; None where there is no member on it."""
    way: list[str] = []
    above: Decimal | None = None
    for step in ancestors(park, node):
        if step in found:
            above = found[step]
            break
        way.append(step)
    for step in reversed(way):
        if step in own:
            above = own[step] if above is None else above * own[step]
        found[step] = above
    return above


def _members(park: Park, boundary: str) -> Iterator[Member]:
    """Yield the member rows of a boundary."""
    return (row for row in park.members if row.boundary == boundary)


def _edges(park: Park, boundary: str) -> Iterator[datetime]:
    """Yield the instants at which a share may change."""
    spans: list[Span] = [node.valid for node in park.nodes.values()]
    if boundary:
        spans += [park.boundaries[boundary].valid, *(row.valid for row in _members(park, boundary))]
    for span in spans:
        yield from (edge for edge in (span.start, span.end) if edge is not None)


def _check_known(park: Park, boundary: str) -> None:
    """Refuse a boundary that the park does not have."""
    if boundary and boundary not in park.boundaries:
        raise BoundaryError(
            f"expected a boundary of boundaries.csv; came {boundary!r}; known: {_listed(park.boundaries)}"
        )


def _listed(names: Mapping[str, object]) -> str:
    """List ids for a message."""
    return ", ".join(sorted(names)) or "none"
