"""Facts about boundaries, shares and accounting units."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lingtan.ledger import boundary
from lingtan.ledger.boundary import BoundaryError, crossing, segments, shares
from lingtan.ledger.park import Boundary, Member, Node, Park, Settings, Span, Stream

HALF, ALWAYS = Decimal("0.5"), Span()
START, MIDDLE, END = (datetime(2025, month, 1, tzinfo=UTC) for month in (1, 7, 12))


def nodes(*rows: tuple[str, str, str], **spans: Span) -> dict[str, Node]:
    return {name: Node(name, kind, parent, valid=spans.get(name, Span())) for name, kind, parent in rows}


def park(*members: Member, **changes: Any) -> Park:
    rows = nodes(
        ("G", "grid", ""), ("E1", "enterprise", ""), ("W1", "workshop", "E1"), ("M1", "equipment", "W1"),
        ("S1", "atmosphere", "E1"), ("E2", "enterprise", ""), ("PV", "generator", ""), ("B", "building", ""),
        ("Z", "infrastructure", ""), ("E3", "enterprise", "Z"), ("P3", "infrastructure", "Z"),
    )  # fmt: skip
    base = Park(Settings("P"), boundaries={"A": Boundary("A", "approved")}, members=members, nodes=rows)
    return replace(base, **changes)


def member(node: str, share: Decimal = Decimal(1), valid: Span = ALWAYS, of: str = "A") -> Member:
    return Member(of, node, share, valid)


def test_a_member_brings_its_children() -> None:
    assert shares(park(member("E1")), "A", START) == {"E1": 1, "W1": 1, "M1": 1}


def test_a_share_holds_for_the_children_too() -> None:
    assert shares(park(member("E1", HALF)), "A", START)["M1"] == HALF


def test_shares_multiply_down_the_tree() -> None:
    assert shares(park(member("E1", HALF), member("W1", Decimal("0.2"))), "A", START) == {
        "E1": HALF,
        "W1": Decimal("0.10"),
        "M1": Decimal("0.10"),
    }


def test_a_kind_outside_is_never_inside() -> None:
    assert "S1" not in shares(park(member("E1")), "A", START)
    assert shares(park(member("G")), "A", START) == {}


def test_a_member_with_share_nought_is_outside() -> None:
    assert shares(park(member("E1", Decimal(0))), "A", START) == {}


def test_membership_bounds_the_share_in_time() -> None:
    joined = park(member("E2", valid=Span(MIDDLE, None)))
    assert shares(joined, "A", START) == {}
    assert shares(joined, "A", MIDDLE) == {"E2": 1}


def test_a_node_that_does_not_hold_is_out_and_its_children_stay() -> None:
    gone = park(member("E1"))
    rows = {**gone.nodes, "W1": replace(gone.nodes["W1"], valid=Span(None, MIDDLE))}
    assert shares(replace(gone, nodes=rows), "A", MIDDLE) == {"E1": 1, "M1": 1}


def test_a_boundary_that_does_not_hold_is_empty() -> None:
    later = park(member("E1"), boundaries={"A": Boundary("A", "planned", valid=Span(MIDDLE, None))})
    assert shares(later, "A", START) == {}


def test_an_unknown_boundary_is_refused_with_the_known_ones() -> None:
    with pytest.raises(BoundaryError, match="came 'X'; known: A"):
        shares(park(), "X", START)


def test_the_blank_boundary_is_every_node_of_the_kinds_inside() -> None:
    assert set(shares(park(boundaries={}), "", START)) == {"E1", "W1", "M1", "E2", "PV", "B", "Z", "E3", "P3"}


def test_the_default_boundary_is_the_named_one_or_the_only_one_or_none() -> None:
    two = {"A": Boundary("A", "approved"), "C": Boundary("C", "planned")}
    assert boundary.default_boundary(park(boundaries=two, settings=Settings("P", default_boundary="C"))) == "C"
    assert boundary.default_boundary(park()) == "A"
    assert boundary.default_boundary(park(boundaries={})) == ""
    with pytest.raises(BoundaryError, match="expected default_boundary"):
        boundary.default_boundary(park(boundaries=two))
    with pytest.raises(BoundaryError, match="came 'X'"):
        boundary.default_boundary(park(settings=Settings("P", default_boundary="X")))


def test_segments_are_cut_where_a_share_changes() -> None:
    joined = park(member("E1"), member("E2", HALF, Span(MIDDLE, None)))
    found = segments(joined, "A", START, END)
    assert [(start, end) for start, end, _ in found] == [(START, MIDDLE), (MIDDLE, END)]
    assert "E2" not in found[0][2]
    assert found[1][2]["E2"] == HALF


def test_an_edge_that_changes_nothing_does_not_cut() -> None:
    cut = park(member("E1", valid=Span(None, MIDDLE)), member("E1", valid=Span(MIDDLE, None)))
    assert len(segments(cut, "A", START, END)) == 1


def test_a_year_without_changes_is_one_segment() -> None:
    assert segments(park(member("E1")), "A", START, END) == ((START, END, {"E1": 1, "W1": 1, "M1": 1}),)


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [("G", "E1", (1, 0, 0, 1)), ("E1", "G", (0, 1, 1, 0)), ("E1", "E1b", (0, HALF, 1, HALF)), ("G", "X", (0, 0, 0, 0)),
     ("E1b", "E1", (HALF, 0, HALF, 1)), ("E1", "W1", (0, 0, 1, 1))],
)  # fmt: skip
def test_a_stream_counts_with_the_difference_of_its_ends(
    source: str, target: str, expected: tuple[Decimal, ...]
) -> None:
    held = {"E1": Decimal(1), "W1": Decimal(1), "E1b": HALF}
    assert crossing(Stream("S", "electricity", source, target), held) == expected


def test_the_subtree_holds_the_node_and_all_below() -> None:
    assert boundary.subtree(park(), "E1") == {"E1", "W1", "M1", "S1"}


def test_an_unknown_node_is_refused_with_near_ids() -> None:
    with pytest.raises(BoundaryError, match="came 'E11'; near: E1"):
        boundary.subtree(park(), "E11")


def test_cycles_of_parents_do_not_hang() -> None:
    ring = nodes(("A1", "enterprise", "B1"), ("B1", "workshop", "A1"), ("C1", "equipment", "B1"))
    looped = park(member("A1", HALF), nodes=ring)
    assert shares(looped, "A", START)["A1"] == HALF
    assert boundary.subtree(looped, "A1") == {"A1", "B1", "C1"}
    assert boundary.accounting_unit(looped, "C1", {"A1": HALF, "C1": HALF}) == "A1"


@pytest.mark.parametrize(
    ("node", "unit"), [("M1", "E1"), ("E1", "E1"), ("E3", "E3"), ("P3", "Z"), ("PV", "PV"), ("G", ""), ("S1", "")]
)
def test_the_accounting_unit_is_the_nearest_enterprise_else_the_topmost_node(node: str, unit: str) -> None:
    whole = park(member("E1"), member("Z"), member("PV"))
    assert boundary.accounting_unit(whole, node, shares(whole, "A", START)) == unit


def test_a_workshop_inside_without_its_enterprise_is_its_own_unit() -> None:
    part = park(member("W1"))
    assert boundary.accounting_unit(part, "M1", shares(part, "A", START)) == "W1"


share_values = st.decimals(min_value=0, max_value=1, places=2)


@st.composite
def forests(draw: st.DrawFn) -> Park:
    count = draw(st.integers(1, 12))
    rows = [("N0", "enterprise", "")]
    for place in range(1, count):
        parent = draw(st.sampled_from(["", *(name for name, _, _ in rows)]))
        rows.append((f"N{place}", draw(st.sampled_from(["enterprise", "workshop", "grid"])), parent))
    members = [member(name, draw(share_values)) for name, _, _ in rows if draw(st.booleans())]
    return park(*members, nodes=nodes(*rows))


@given(forests())
def test_a_share_lies_between_nought_and_the_share_of_the_node_above(made: Park) -> None:
    held = shares(made, "A", START)
    for node, share in held.items():
        above = held.get(made.nodes[node].parent)
        assert 0 < share <= (1 if above is None else above)


@given(forests(), share_values)
def test_what_two_boundaries_share_out_adds_up_to_the_whole(made: Park, share: Decimal) -> None:
    tops = [node.id for node in made.nodes.values() if not node.parent]
    parts = [member(node, share) for node in tops] + [member(node, 1 - share, of="H") for node in tops]
    split = replace(made, boundaries={"A": Boundary("A", "other"), "H": Boundary("H", "other")}, members=tuple(parts))
    one, other = shares(split, "A", START), shares(split, "H", START)
    for node in shares(replace(made, boundaries={}), "", START):
        assert one.get(node, 0) + other.get(node, 0) == 1


@given(forests(), st.data())
def test_received_less_sent_is_what_stays_at_the_nodes(made: Park, data: st.DataObject) -> None:
    # Closed graph: sum over streams of A x (received - sent) = sum over nodes of share x (in - out).
    held = shares(made, "A", START)
    ends = st.sampled_from(sorted(made.nodes))
    streams = data.draw(st.lists(st.tuples(ends, ends, st.integers(0, 1000)), max_size=12))
    crossed, kept = Fraction(0), dict.fromkeys(made.nodes, 0)
    for source, target, amount in streams:
        part = crossing(Stream("S", "electricity", source, target), held)
        assert min(part.received, part.sent) == 0
        crossed += Fraction(part.received - part.sent) * amount
        kept[target] += amount
        kept[source] -= amount
    assert crossed == sum((Fraction(held.get(node, Decimal(0))) * amount for node, amount in kept.items()), Fraction(0))
