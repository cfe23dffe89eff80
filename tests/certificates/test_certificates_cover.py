"""Lots, holdings, serials, and which purchases a retirement covers; every figure worked out by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lingtan.certificates import Coverage, cover, settle
from lingtan.flows import Flow, FlowSet
from lingtan.ledger import clock
from lingtan.ledger.boundary import BoundaryError
from lingtan.ledger.park import (
    At,
    Boundary,
    CertificateEvent,
    Commodity,
    Member,
    Node,
    Park,
    Settings,
    Span,
    Stream,
)

ZONE = ZoneInfo("Asia/Shanghai")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).astimezone(UTC)


Y25, Y26 = at("2025-01-01"), at("2026-01-01")
MONTHS = clock.months(Y25, Y26, ZONE)
KWH = Decimal(1000)


def event(
    name: str, mwh: float, line: int, *, lot: str = "L", day: str = "2025-02-01", **more: Any
) -> CertificateEvent:
    """Return an event of a GEC lot of a wind farm."""
    more.setdefault("generator", "farm")
    more.setdefault("holder", "E1")
    unit = more.pop("unit", "MWh")
    kind = more.pop("kind", "GEC")
    return CertificateEvent(lot, kind, name, at(day), Decimal(str(mwh)), unit, at=At("certificates.csv", line), **more)


def retire(mwh: float, line: int, start: str = "2025-01-01", end: str = "2026-01-01", **more: Any) -> CertificateEvent:
    """Return a retirement for E1 over the year."""
    more.setdefault("beneficiary", "E1")
    more.setdefault("day", "2025-12-01")
    return event("retire", mwh, line, start=at(start), end=at(end), **more)


def park(events: Sequence[CertificateEvent], share: str = "1", *, members: Sequence[Member] | None = None) -> Park:
    """Return a park whose E1 (with workshop W1) and E2 buy grid power; boundary B holds both."""
    nodes = [
        Node("grid", "grid"), Node("wind", "generator"), Node("E1", "enterprise"), Node("W1", "workshop", parent="E1"),
        Node("E2", "enterprise"),
    ]  # fmt: skip
    streams = [
        Stream("S1", "electricity", "grid", "E1", "grid_supply"),
        Stream("SW", "electricity", "grid", "W1", "grid_supply"),
        Stream("S2", "electricity", "grid", "E2", "grid_supply"),
        Stream("inner", "electricity", "E1", "W1"),
        Stream("green", "electricity", "wind", "E1", "direct_green"),
        Stream("gas", "natural_gas", "grid", "E1", "grid_supply"),
    ]
    return Park(
        Settings("p", default_boundary="B"),
        boundaries={"B": Boundary("B", "physical"), "C": Boundary("C", "planned")},
        members=tuple(members or (Member("B", "E1", Decimal(share)), Member("B", "E2"), Member("C", "E1"))),
        nodes={node.id: node for node in nodes},
        streams={stream.id: stream for stream in streams},
        commodities={
            "electricity": Commodity("electricity", "electricity", "kWh"),
            "natural_gas": Commodity("natural_gas", "fuel", "Nm3"),
        },
        certificates=tuple(events),
    )


def year(**mwh: float | None) -> FlowSet:
    """Return flows of one piece over the year per stream [MWh]."""
    return FlowSet(Y25, Y26, {
        name: (Flow(name, Y25, Y26, None if amount is None else Decimal(str(amount)) * KWH, "invoice"),)
        for name, amount in mwh.items()
    })  # fmt: skip


def covered(got: Coverage) -> dict[str, Decimal]:
    """Return MWh covered by stream."""
    total: dict[str, Decimal] = {}
    for (stream, _), amount in got.covered.items():
        total[stream] = total.get(stream, Decimal(0)) + amount / KWH
    return total


def laid(events: Sequence[CertificateEvent], flow_set: FlowSet, boundary: str = "B", **more: Any) -> Coverage:
    return cover(park(events, **more), flow_set, boundary, Y25, Y26)


def codes(got: Coverage) -> list[str]:
    return [finding.code for finding in got.findings]


ISSUE = event("issue", 300, 2)


def test_a_retirement_covers_the_beneficiarys_purchases() -> None:
    got = laid([ISSUE, retire(300, 3)], year(S1=1000, S2=500))
    assert covered(got) == {"S1": Decimal(300)}
    assert codes(got) == []
    (claim,) = got.claims
    assert (claim.stream, claim.piece, claim.amount, claim.event.id) == ("S1", Y25, Decimal(300_000), "L")


def test_children_share_pro_rata_by_amount() -> None:
    got = laid([ISSUE, retire(300, 3)], year(S1=400, SW=200))
    assert covered(got) == {"S1": Decimal(200), "SW": Decimal(100)}


def test_months_share_pro_rata_by_amount() -> None:
    pieces = (Flow("S1", *MONTHS[0], 100 * KWH, "meter"), Flow("S1", *MONTHS[1], 300 * KWH, "meter"))
    got = laid([ISSUE, retire(200, 3)], FlowSet(Y25, Y26, {"S1": pieces}))
    assert list(got.covered.values()) == [50 * KWH, 150 * KWH]


def test_only_grid_power_is_covered() -> None:
    got = laid([ISSUE, retire(300, 3)], year(green=1000, inner=1000, gas=1000))
    assert covered(got) == {}
    assert codes(got) == ["claim_excess"]


@pytest.mark.parametrize("kind", ["allowance", "CCER", "credit"])
def test_allowances_and_credits_never_cover(kind: str) -> None:
    got = laid([event("issue", 300, 2, kind=kind, unit="t"), retire(300, 3, kind=kind, unit="t")], year(S1=1000))
    assert got == Coverage({}, (), ())


def test_green_trade_covers_as_gec_does() -> None:
    got = laid([event("issue", 9, 2, kind="green_trade"), retire(9, 3, kind="green_trade")], year(S1=1000))
    assert covered(got) == {"S1": Decimal(9)}


@pytest.mark.parametrize("name", ["issue", "transfer", "cancel"])
def test_only_retire_covers(name: str) -> None:
    row = event(name, 3, 3, holder="E2" if name == "transfer" else "E1", beneficiary="E1", start=Y25, end=Y26)
    assert covered(laid([ISSUE, row], year(S1=1000))) == {}


def test_a_retirement_covers_only_pieces_within_its_span() -> None:
    pieces = tuple(Flow("S1", *span, 100 * KWH, "meter") for span in MONTHS)
    got = laid([ISSUE, retire(60, 3, "2025-02-01", "2025-04-01")], FlowSet(Y25, Y26, {"S1": pieces}))
    assert {key[1]: amount for key, amount in got.covered.items()} == {MONTHS[1][0]: 30 * KWH, MONTHS[2][0]: 30 * KWH}


def test_a_piece_partly_inside_the_span_counts_by_days() -> None:
    # January and February are 59 of 365 days: of 365 MWh a year 59 can be covered, 41 of 100 are refused
    got = laid([ISSUE, retire(100, 3, "2025-01-01", "2025-03-01")], year(S1=365))
    assert covered(got) == {"S1": Decimal(59)}
    assert got.findings[0].amount == 41 * KWH


def test_of_a_retirement_beyond_the_account_its_share_by_days_counts() -> None:
    # 2024-07-06 to 2025-07-06: 186 of 365 days in 2025
    got = laid([event("issue", 365, 2, day="2024-02-01"), retire(365, 3, "2024-07-06", "2025-07-06")], year(S1=1000))
    assert covered(got) == {"S1": Decimal(186)}
    assert codes(got) == ["claim_cut"]


def test_a_retirement_for_another_year_says_nothing_here() -> None:
    got = laid([ISSUE, retire(300, 3, "2024-01-01", "2025-01-01")], year(S1=1000))
    assert got == Coverage({}, (), ())


def test_more_than_was_bought_is_refused_and_the_rest_covers() -> None:
    got = laid([ISSUE, retire(300, 3)], year(S1=200))
    assert covered(got) == {"S1": Decimal(200)}
    (finding,) = got.findings
    assert (finding.code, finding.level, finding.amount, finding.unit) == ("claim_excess", "error", 100 * KWH, "kWh")
    assert finding.where.line == 3


def test_a_kwh_claimed_twice_is_refused_with_both_rows_named() -> None:
    other = event("issue", 300, 4, lot="M")
    got = laid([ISSUE, retire(150, 3), other, retire(100, 5, lot="M")], year(S1=200))
    assert covered(got) == {"S1": Decimal(200)}
    (finding,) = got.findings
    assert finding.amount == 50 * KWH
    assert finding.where.lines == (5, 3)
    assert "certificates.csv:5" in finding.message
    assert "certificates.csv:3" in finding.message


def test_power_of_unknown_amount_cannot_be_covered() -> None:
    got = laid([ISSUE, retire(300, 3)], year(S1=None))
    assert (covered(got), codes(got)) == ({}, ["claim_excess"])


def test_a_blank_beneficiary_is_the_default_boundary_pro_rata() -> None:
    got = laid([ISSUE, retire(300, 3, beneficiary="")], year(S1=400, SW=200, S2=600))
    assert covered(got) == {"S1": Decimal(100), "SW": Decimal(50), "S2": Decimal(150)}


def test_a_blank_beneficiary_covers_no_more_than_the_boundarys_share() -> None:
    # boundary B holds half of E1: it received 200 of 400 MWh
    got = laid([ISSUE, retire(300, 3, beneficiary="")], year(S1=400), share="0.5")
    assert covered(got) == {"S1": Decimal(200)}
    assert codes(got) == ["claim_excess"]


def test_of_a_named_beneficiary_the_boundary_has_its_share() -> None:
    got = laid([ISSUE, retire(300, 3)], year(S1=400), share="0.5")
    assert covered(got) == {"S1": Decimal(150)}
    assert got.claims[0].amount == 300 * KWH


def test_another_boundary_keeps_what_the_default_boundary_claimed() -> None:
    got = laid([ISSUE, retire(200, 3, beneficiary="")], year(S1=400, S2=400), boundary="C", share="0.5")
    # B received 200 of S1 and 400 of S2: 1/3 and 2/3 of 200; only S1 enters boundary C
    assert covered(got)["S1"] == pytest.approx(Decimal(200) / 3)
    assert set(covered(got)) == {"S1"}


def test_a_member_of_half_a_year_received_by_days() -> None:
    members = [Member("B", "E1", valid=Span(at("2025-01-01"), at("2025-03-15")))]  # 73 of 365 days
    got = laid([ISSUE, retire(300, 3, beneficiary="")], year(S1=365), members=members)
    assert covered(got)["S1"] == pytest.approx(Decimal(73))


def test_a_retirement_without_a_span_covers_nothing() -> None:
    row = event("retire", 10, 3, beneficiary="E1")
    got = laid([ISSUE, row], year(S1=1000))
    assert (covered(got), codes(got)) == ({}, ["claim_without_span"])


def test_an_unknown_boundary_is_refused() -> None:
    with pytest.raises(BoundaryError, match="known: B, C"):
        laid([], year(S1=1), "X")


def refused(*events: CertificateEvent) -> list[tuple[str, tuple[int, ...]]]:
    """Return code and lines of what the register refuses."""
    return [(finding.code, finding.where.lines) for finding in settle(events)[1]]


def test_a_retirement_beyond_the_holding_is_refused_whole() -> None:
    assert refused(ISSUE, retire(200, 3), retire(101, 4)) == [("beyond_holding", (4, 2, 3))]


def test_a_retirement_without_an_issue_is_refused() -> None:
    assert [code for code, _ in refused(retire(1, 3))] == ["beyond_holding"]


def test_a_holder_may_not_retire_what_went_to_another() -> None:
    moved = event("transfer", 200, 3, holder="E2")
    assert refused(ISSUE, moved, retire(101, 4, holder="E1")) == [("beyond_holding", (4, 2, 3))]
    assert refused(ISSUE, moved, retire(200, 4, holder="E2"), retire(100, 5, holder="E1")) == []


def test_a_transfer_beyond_what_others_hold_is_refused() -> None:
    assert [code for code, _ in refused(ISSUE, event("transfer", 301, 3, holder="E2"))] == ["beyond_holding"]
    assert [code for code, _ in refused(ISSUE, event("transfer", 1, 3, holder="E1"))] == ["beyond_holding"]


def test_a_blank_holder_retires_from_whoever_holds() -> None:
    rows = [ISSUE, event("transfer", 200, 3, holder="E2"), retire(300, 4, holder="")]
    assert refused(*rows) == []


def test_cancelled_certificates_cannot_be_retired() -> None:
    assert [code for code, _ in refused(ISSUE, event("cancel", 250, 3), retire(51, 4))] == ["beyond_holding"]


def test_events_run_by_date_then_row_whatever_their_order_in_memory() -> None:
    rows = [retire(300, 3), ISSUE]
    assert refused(*rows) == []
    early = retire(300, 3, day="2025-01-15")
    assert [code for code, _ in refused(ISSUE, early)] == ["beyond_holding"]


def test_a_refused_event_has_no_effect() -> None:
    rows = [ISSUE, retire(400, 3), retire(300, 4)]
    retired, findings = settle(rows)
    assert ([one.event.at.line for one in retired], len(findings)) == ([4], 1)


def serials(first: int, last: int) -> dict[str, int]:
    return {"serial_from": first, "serial_to": last}


def test_serials_issued_twice_are_refused_with_both_rows_named() -> None:
    one = event("issue", 100, 2, **serials(1, 100))
    other = event("issue", 100, 3, lot="M", **serials(100, 199))
    assert refused(one, other) == [("serial_used_twice", (3, 2))]


def test_serials_of_another_generator_or_kind_do_not_collide() -> None:
    one = event("issue", 100, 2, **serials(1, 100))
    farm = event("issue", 100, 3, lot="M", generator="other farm", **serials(1, 100))
    trade = event("issue", 100, 4, lot="N", kind="green_trade", **serials(1, 100))
    assert refused(one, farm, trade) == []


def test_serials_retired_twice_are_refused_with_both_rows_named() -> None:
    one = event("issue", 100, 2, **serials(1, 100))
    rows = (one, retire(50, 3, **serials(1, 50)), retire(10, 4, **serials(50, 59)))
    assert refused(*rows) == [("serial_used_twice", (4, 3))]


def test_a_wide_range_that_encloses_a_used_one_is_found() -> None:
    one = event("issue", 100, 2, **serials(1, 100))
    rows = (one, retire(1, 3, **serials(50, 50)), retire(90, 4, **serials(1, 90)))
    assert refused(*rows) == [("serial_used_twice", (4, 3))]


def test_serials_that_the_lot_never_had_are_refused() -> None:
    one = event("issue", 100, 2, **serials(1, 100))
    assert refused(one, retire(10, 3, **serials(95, 104))) == [("serial_outside_lot", (3, 2))]


def test_transferred_serials_may_be_retired() -> None:
    one = event("issue", 100, 2, **serials(1, 100))
    moved = event("transfer", 100, 3, holder="E2", **serials(1, 100))
    assert refused(one, moved, retire(100, 4, holder="E2", **serials(1, 100))) == []


def test_a_unit_that_is_no_energy_is_refused() -> None:
    (finding,) = settle([event("issue", 3, 2, unit="pcs")])[1]
    assert finding.code == "certificate_unit"
    assert "MWh" in finding.message


def test_a_lot_keeps_its_kind() -> None:
    assert [code for code, _ in refused(ISSUE, retire(1, 3, kind="green_trade"))] == ["certificate_kind"]


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[CertificateEvent], FlowSet]:
    """Draw purchases by month, and retirements over random months by random parties."""
    pieces: dict[str, tuple[Flow, ...]] = {}
    for name in ("S1", "SW", "S2"):
        amounts = draw(st.lists(st.integers(0, 100), min_size=12, max_size=12))
        pieces[name] = tuple(
            Flow(name, *span, amount * KWH, "meter") for span, amount in zip(MONTHS, amounts, strict=True)
        )
    events = [event("issue", 5000, 2)]
    for line in range(3, 3 + draw(st.integers(1, 6))):
        first = draw(st.integers(1, 11))
        last = draw(st.integers(first, 12))
        day = draw(st.integers(1, 28))
        start, end = f"2025-{first:02d}-{day:02d}", MONTHS[last - 1][1].astimezone(ZONE).date().isoformat()
        beneficiary = draw(st.sampled_from(["E1", "W1", "E2", ""]))
        events.append(retire(draw(st.integers(1, 900)), line, start, end, beneficiary=beneficiary))
    return events, FlowSet(Y25, Y26, pieces)


@settings(max_examples=80, deadline=None)
@given(cases())
def test_law_no_stream_month_is_covered_beyond_what_was_bought(case: tuple[list[CertificateEvent], FlowSet]) -> None:
    events, flow_set = case
    got = laid(events, flow_set)
    bought = {(p.stream, p.start): p.amount for pieces in flow_set.pieces.values() for p in pieces}
    for key, amount in got.covered.items():
        limit = bought[key]
        assert limit is not None
        assert 0 < amount <= limit + Decimal("1e-9")


@settings(max_examples=80, deadline=None)
@given(cases())
def test_law_what_is_retired_is_covered_or_refused(case: tuple[list[CertificateEvent], FlowSet]) -> None:
    events, flow_set = case
    got = laid(events, flow_set)
    retired = sum((row.amount * KWH for row in events if row.event == "retire"), Decimal(0))
    lost = sum((f.amount or Decimal(0) for f in got.findings if f.code == "claim_excess"), Decimal(0))
    beyond = [f for f in got.findings if f.code == "beyond_holding"]
    lost += sum((row.amount * KWH for row in events for f in beyond if row.at.line == f.where.line), Decimal(0))
    claimed = sum((claim.amount for claim in got.claims), Decimal(0))
    assert claimed + lost == pytest.approx(retired)
    assert sum(got.covered.values(), Decimal(0)) <= retired + Decimal("1e-9")
