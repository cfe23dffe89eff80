"""Small parks built by hand: streams and yearly or monthly amounts as short texts, and their accounts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from lingtan.flows.model import Flow, FlowSet
from lingtan.inventory import account
from lingtan.inventory.model import Account
from lingtan.ledger.clock import month_bounds, year_bounds
from lingtan.ledger.park import Boundary, FactorRow, Member, Node, Park, Property, Settings, Span, Stream
from lingtan.reference import library

ZONE = Settings(id="p").zone
OUTSIDE = {
    "grid": "grid", "gasnet": "fuel_network", "heatnet": "heat_network", "market": "market", "wind": "generator",
}  # fmt: skip
LIBRARY = library().commodities


@dataclass(frozen=True)
class Toy:
    """A park with its flows; every method returns a new one."""

    park: Park
    pieces: Mapping[str, tuple[Flow, ...]] = field(default_factory=dict)
    covered: Mapping[tuple[str, datetime], Decimal] = field(default_factory=dict)
    stocks: Mapping[tuple[str, str], Decimal] = field(default_factory=dict)
    year: int = 2025

    def nodes(self, *rows: str) -> Toy:
        """Add nodes as ``id kind [parent]``; they are members of boundary B unless their kind is outside."""
        made = dict(self.park.nodes)
        for row in rows:
            name, kind, *parent = row.split()
            made[name] = Node(name, kind, *parent)
        return replace(self, park=replace(self.park, nodes=made))

    def members(self, *rows: str) -> Toy:
        """Set the members of B as ``node share [from to]``."""
        made = []
        for row in rows:
            node, share, *span = row.split()
            edges = [None if word == "-" else _instant(word) for word in span]
            made.append(Member("B", node, Decimal(share), Span(*edges)))
        return replace(self, park=replace(self.park, members=tuple(made)))

    def stream(self, row: str, *amounts: Any, origin: str = "report", **piece: Any) -> Toy:
        """Add a stream ``id commodity source target [made_as] [used_as]`` (``-`` is blank).

        ``amounts``: nothing = no flow at all; one = the year's; twelve = the months'.
        """
        words = ["" if word == "-" else word for word in row.split()]
        made = Stream(*words)
        streams = {**self.park.streams, made.id: made}
        commodities = {**self.park.commodities}
        if made.commodity not in commodities:
            commodities[made.commodity] = LIBRARY[made.commodity]
        spans = [year_bounds(self.year, ZONE)]
        if len(amounts) == 12:
            spans = [month_bounds(self.year, month, ZONE) for month in range(1, 13)]
        flows = tuple(
            Flow(
                made.id, start, end, None if amount is None else Decimal(str(amount)), _origin(amount, origin), **piece
            )
            for (start, end), amount in zip(spans, amounts, strict=False)
        )
        park = replace(self.park, streams=streams, commodities=commodities)
        return replace(self, park=park, pieces={**self.pieces, made.id: flows})

    def factor(self, subject: str, parameter: str, value: object, unit: str, **more: Any) -> Toy:
        """Add a row of factors.csv."""
        count = len(self.park.factors) + 1
        row = FactorRow(
            f"f{count}", subject, parameter, Decimal(str(value)), unit, file="factors.csv", line=count + 1, **more
        )
        return replace(self, park=replace(self.park, factors=(*self.park.factors, row)))

    def property(self, stream: str, name: str, value: object, unit: str, month: int = 0) -> Toy:
        """Add a row of properties.csv, for the year or one month."""
        start, end = month_bounds(self.year, month, ZONE) if month else year_bounds(self.year, ZONE)
        row = Property(stream, start, end, name, Decimal(str(value)), unit)
        return replace(self, park=replace(self.park, properties=(*self.park.properties, row)))

    def commodity(self, code: str, parent: str, **more: Any) -> Toy:
        """Add an own commodity."""
        base = LIBRARY[parent]
        made = replace(base, code=code, parent=parent, lineage=(code, *base.lineage), **more)
        return replace(self, park=replace(self.park, commodities={**self.park.commodities, code: made}))

    def cover(self, stream: str, *amounts: object) -> Toy:
        """Let certificates cover amounts of the stream's pieces, in their order."""
        pieces = self.pieces[stream]
        more = {(stream, piece.start): Decimal(str(amount)) for piece, amount in zip(pieces, amounts, strict=False)}
        return replace(self, covered={**self.covered, **more})

    def stock(self, node: str, commodity: str, increase: object) -> Toy:
        """Let a stock grow over the year."""
        return replace(self, stocks={**self.stocks, (node, commodity): Decimal(str(increase))})

    def account(self, method: Any = "cn-zcp-2025", **more: Any) -> Account:
        """Compute the account of B."""
        start, end = year_bounds(self.year, ZONE)
        flow_set = FlowSet(start, end, self.pieces)
        more.setdefault("year", self.year)
        return account(self.park, flow_set, Held(self.covered), method=method, stock_changes=self.stocks, **more)


@dataclass(frozen=True)
class Held:
    """What certificates cover."""

    covered: Mapping[tuple[str, datetime], Decimal]


def _instant(word: str) -> datetime:
    day = date.fromisoformat(word)
    return datetime(day.year, day.month, day.day, tzinfo=ZONE).astimezone(UTC)


def _origin(amount: Any, origin: str) -> str:
    return "missing" if amount is None else origin


def _toy(enterprises: Iterable[str] = ("E1", "E2"), year: int = 2025) -> Toy:
    nodes = {name: Node(name, kind) for name, kind in OUTSIDE.items()}
    nodes |= {name: Node(name, "enterprise") for name in enterprises}
    park = Park(
        Settings("p", country="CN", grid_region="CN-32", default_boundary="B"),
        boundaries={"B": Boundary("B", "physical")},
        members=tuple(Member("B", name) for name in enterprises),
        nodes=nodes,
    )
    return Toy(park, year=year)


@pytest.fixture
def toy() -> Callable[..., Toy]:
    """Return a function that gives an empty park with the enterprises E1 and E2 in boundary B."""
    return _toy
