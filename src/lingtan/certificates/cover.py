"""From retirements to covered purchases: nothing claimed twice, nothing beyond what was bought."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from decimal import Decimal

from lingtan.certificates.lots import COVERING, Retired, place_of, settle, where_of
from lingtan.certificates.model import Claim, Coverage
from lingtan.flows import Flow, FlowSet
from lingtan.ledger import boundary as boundaries
from lingtan.ledger.finding import Finding
from lingtan.ledger.park import CertificateEvent, Park, Stream

_ZERO = Decimal(0)
_LEAST = Decimal("1e-12")
Edges = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class _Purchase:
    """A piece of bought power; ``claims`` on it grow while retirements are laid on it."""

    stream: str
    piece: Flow
    amount: Decimal
    claims: list[Claim] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Desk:
    """Park, window and purchases while retirements are laid on them."""

    park: Park
    zone: tzinfo
    window: Edges
    purchases: dict[str, list[_Purchase]]
    segments: dict[str, tuple[boundaries.Segment, ...]]
    boundary: str


def cover(park: Park, flow_set: FlowSet, boundary: str, start: datetime, end: datetime) -> Coverage:
    """Lay retired certificates on bought power, and say what is refused.

    Parameters
    ----------
    park : events and nodes; flow_set : adopted flows over at least [start, end).
    boundary : boundary of the account; blank = the park's default.
    start, end : the account's year. Of a retirement for a longer time its share by days counts.

    Returns
    -------
    Coverage
        Only ``retire`` events of kinds GEC and green_trade cover, only electricity on streams made_as grid_supply
        that enter the beneficiary and its children (blank: that enter the default boundary), within the event's
        [start, end), pro rata by amount; never more than was bought. ``covered`` holds what the account's boundary
        received of it [kWh].

    Raises
    ------
    lingtan.ledger.boundary.BoundaryError
        for an unknown boundary.

    Notes
    -----
    Rules: the park folder, format 1, section "Certificates".
    """
    name = boundary or boundaries.default_boundary(park)
    retired, findings = settle(park.certificates)
    desk = _Desk(park, park.settings.zone, (start, end), _purchases(park, flow_set, (start, end)), {}, name)
    _segments(desk, name)
    claims: list[Claim] = []
    for one in retired:
        if one.event.kind in COVERING:
            made, said = _lay(desk, one)
            claims += made
            findings += said
    covered: dict[tuple[str, datetime], Decimal] = {}
    for claim in claims:
        key = (claim.stream, claim.piece)
        if claim.inside:
            covered[key] = covered.get(key, _ZERO) + claim.inside
    return Coverage(covered, tuple(claims), tuple(findings))


def _purchases(park: Park, flow_set: FlowSet, window: Edges) -> dict[str, list[_Purchase]]:
    """Return the known pieces of grid power in the window by stream."""
    found: dict[str, list[_Purchase]] = {}
    for name, pieces in flow_set.pieces.items():
        stream = park.streams[name]
        if stream.made_as != "grid_supply" or not _is_electricity(park, stream):
            continue
        found[name] = [
            _Purchase(name, piece, piece.amount)
            for piece in pieces
            if piece.amount is not None and piece.amount > 0 and piece.start < window[1] and piece.end > window[0]
        ]
    return found


def _is_electricity(park: Park, stream: Stream) -> bool:
    """Tell whether a stream carries electricity."""
    commodity = park.commodities.get(stream.commodity)
    return stream.commodity == "electricity" if commodity is None else commodity.kind == "electricity"


def _lay(desk: _Desk, retired: Retired) -> tuple[list[Claim], list[Finding]]:
    """Lay one retirement on the purchases it may cover."""
    event = retired.event
    if event.start is None or event.end is None:
        return [], [_without_span(event, retired.amount)]
    span = (max(event.start, desk.window[0]), min(event.end, desk.window[1]))
    if span[0] >= span[1]:
        return [], []
    whole = (event.start, event.end)
    amount = retired.amount * _days(span, desk.zone) / _days(whole, desk.zone) if span != whole else retired.amount
    findings = [_part_of_span(event, amount, desk)] if span != whole else []
    try:
        shares = list(_eligible(desk, event))
    except boundaries.BoundaryError as fault:
        return [], [*findings, _no_beneficiary(event, amount, str(fault))]
    rooms = [(purchase, share, _room(desk, purchase, share, span)) for purchase, share in shares]
    given = _pro_rata(amount, [(base, left) for _, _, (base, left) in rooms])
    rest = amount - sum(given, _ZERO)
    if rest > _LEAST:
        findings.append(_excess(event, rest, amount, [purchase for purchase, _ in shares], desk))
    claims = []
    for (purchase, share, _), part in zip(rooms, given, strict=True):
        if part > 0:
            claims.append(_claim(desk, event, purchase, share, span, part))
            purchase.claims.append(claims[-1])
    return claims, findings


def _eligible(desk: _Desk, event: CertificateEvent) -> Iterator[tuple[_Purchase, Decimal]]:
    """Return the purchases that a retirement may cover, with the share of each that its beneficiary bought."""
    if event.beneficiary:
        inside = boundaries.subtree(desk.park, event.beneficiary)
        for name, purchases in desk.purchases.items():
            stream = desk.park.streams[name]
            if stream.target in inside and stream.source not in inside:
                yield from ((purchase, Decimal(1)) for purchase in purchases)
        return
    default = boundaries.default_boundary(desk.park)
    for name, purchases in desk.purchases.items():
        for purchase in purchases:
            share = _received(desk, default, desk.park.streams[name], purchase.piece)
            if share > 0:
                yield purchase, share


def _room(desk: _Desk, purchase: _Purchase, share: Decimal, span: Edges) -> tuple[Decimal, Decimal]:
    """Return how much of a piece falls in a span (by days), and how much of that nobody has claimed yet."""
    piece = purchase.piece
    part = _shared((piece.start, piece.end), span)
    if part is None:
        return _ZERO, _ZERO
    base = purchase.amount * share * _days(part, desk.zone) / _days((piece.start, piece.end), desk.zone)
    taken = sum((claim.amount for claim in purchase.claims), _ZERO)
    here = _ZERO
    for claim in purchase.claims:
        same = _shared((claim.start, claim.end), part)
        if same is not None:
            here += claim.amount * _days(same, desk.zone) / _days((claim.start, claim.end), desk.zone)
    return base, max(min(base - here, purchase.amount - taken), _ZERO)


def _pro_rata(amount: Decimal, rooms: Sequence[tuple[Decimal, Decimal]]) -> list[Decimal]:
    """Divide an amount by the first of each pair, none getting more than its second; what is cut goes to the others."""
    given = [_ZERO] * len(rooms)
    left = min(amount, sum((room for _, room in rooms), _ZERO))
    open_ones = [place for place, (base, room) in enumerate(rooms) if base > 0 and room > 0]
    while open_ones and left > 0:
        total = sum((rooms[place][0] for place in open_ones), _ZERO)
        full = [place for place in open_ones if left * rooms[place][0] / total >= rooms[place][1]]
        if not full:
            for place in open_ones:
                given[place] = left * rooms[place][0] / total
            return given
        for place in full:
            given[place] = rooms[place][1]
            left -= rooms[place][1]
        open_ones = [place for place in open_ones if place not in full]
    return given


def _claim(
    desk: _Desk, event: CertificateEvent, purchase: _Purchase, share: Decimal, span: Edges, amount: Decimal
) -> Claim:
    """Make the claim on one piece; what the account's boundary received of it is the smaller of the two shares."""
    piece = purchase.piece
    own = _received(desk, desk.boundary, desk.park.streams[purchase.stream], piece)
    start, end = max(piece.start, span[0]), min(piece.end, span[1])
    inside = amount if own >= share else amount * own / share
    return Claim(event, purchase.stream, piece.start, start, end, amount, inside)


def _received(desk: _Desk, boundary: str, stream: Stream, piece: Flow) -> Decimal:
    """Share of a piece that a boundary receives, averaged over its time."""
    segments = _segments(desk, boundary)
    if len(segments) == 1:
        return boundaries.crossing(stream, segments[0][2]).received
    weight = time = _ZERO
    for start, end, held in segments:
        part = _shared((piece.start, piece.end), (start, end))
        if part is not None:
            length = Decimal(_days(part, desk.zone))
            weight += boundaries.crossing(stream, held).received * length
            time += length
    return weight / time if time else _ZERO


def _segments(desk: _Desk, boundary: str) -> tuple[boundaries.Segment, ...]:
    """Return the shares of a boundary over the window."""
    if boundary not in desk.segments:
        desk.segments[boundary] = boundaries.segments(desk.park, boundary, *desk.window)
    return desk.segments[boundary]


def _shared(span: Edges, other: Edges) -> Edges | None:
    """Return the time that two spans share; None where they do not meet."""
    start, end = max(span[0], other[0]), min(span[1], other[1])
    return (start, end) if start < end else None


def _days(span: Edges, zone: tzinfo) -> int:
    """Length of a span by the local calendar [us]."""
    start, end = (instant.astimezone(zone).replace(tzinfo=None) for instant in span)
    length = end - start
    return (length.days * 86_400 + length.seconds) * 1_000_000 + length.microseconds


def _without_span(event: CertificateEvent, amount: Decimal) -> Finding:
    """Refuse a retirement that does not say for which time it is."""
    message = (
        f"{place_of(event)}, retire of lot {event.id}, covers nothing: start and end of the use are blank. "
        "Enter the time for which it was retired"
    )
    params = {"lot": event.id}
    return Finding("claim_without_span", "error", message, where_of(event), event.date, None, amount, "kWh", params)


def _no_beneficiary(event: CertificateEvent, amount: Decimal, fault: str) -> Finding:
    """Refuse a retirement whose beneficiary is not known."""
    message = f"{place_of(event)}, retire of lot {event.id}, covers nothing: {fault}"
    where, params = where_of(event), {"lot": event.id}
    return Finding("claim_without_beneficiary", "error", message, where, event.start, event.end, amount, "kWh", params)


def _part_of_span(event: CertificateEvent, amount: Decimal, desk: _Desk) -> Finding:
    """Note that only a part of a retirement belongs to the window."""
    message = (
        f"{place_of(event)}, retire of lot {event.id}, is for a time that reaches beyond the account: its share by "
        f"days, {_shown(amount)} kWh, counts here"
    )
    params = {"lot": event.id}
    return Finding("claim_cut", "note", message, where_of(event), *desk.window, amount, "kWh", params)


def _excess(
    event: CertificateEvent, rest: Decimal, amount: Decimal, purchases: Sequence[_Purchase], desk: _Desk
) -> Finding:
    """Refuse what goes beyond the purchases, naming the rows that took the kWh before."""
    span = (event.start or event.date, event.end or event.date)
    others = _claimants(purchases, span)
    taken = ", ".join(f"{place_of(other)} (lot {other.id})" for other in others)
    why = f"the power is already covered by {taken}" if others else "no more power was bought"
    who = event.beneficiary or f"boundary {boundaries.default_boundary(desk.park) or 'of all nodes'}"
    message = (
        f"{place_of(event)}, retire of lot {event.id}: of {_shown(amount)} kWh for {who}, {_shown(rest)} kWh are "
        f"refused, because {why}. A kWh is covered once, and never more than was bought with a known amount"
    )
    params = {"lot": event.id, "rows": [place_of(event), *(place_of(other) for other in others)]}
    where = where_of(event, *others)
    return Finding("claim_excess", "error", message, where, *span, rest, "kWh", params)


def _shown(amount: Decimal) -> str:
    """Write an amount for a message: to the watt-hour, without trailing noughts."""
    return f"{round(amount, 3).normalize():f}"


def _claimants(purchases: Iterable[_Purchase], span: Edges) -> list[CertificateEvent]:
    """Return the rows with claims on purchases in a span, each once, in order."""
    found = {
        place_of(claim.event): claim.event
        for purchase in purchases
        for claim in purchase.claims
        if _shared((claim.start, claim.end), span) is not None
    }
    return list(found.values())
