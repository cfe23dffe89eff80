"""The nouns: what a park is made of, as immutable values. All instants are aware and in UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from lingtan.reference.model import Commodity, FactorRow

__all__ = [
    "INSIDE_KINDS", "OUTSIDE_KINDS", "Adoption", "At", "Boundary", "CertificateEvent", "Commodity", "Fact", "FactorRow",
    "Member", "Meter", "Node", "Park", "Price", "Property", "Settings", "Span", "Statement", "Stock", "Stream",
    "VirtualPoint",
]  # fmt: skip

INSIDE_KINDS = (
    "enterprise", "workshop", "process", "equipment", "building", "infrastructure",
    "generator", "storage", "fleet", "ecology", "losses",
)  # fmt: skip
OUTSIDE_KINDS = (
    "grid", "fuel_network", "heat_network", "water_source", "market", "contractor",
    "atmosphere", "water_body", "soil", "geological_storage",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class At:
    """File (relative to the park folder, with forward slashes) and physical line of a row."""

    file: str = ""
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """Half-open span [start, end) of instants in UTC; None is open."""

    start: datetime | None = None
    end: datetime | None = None

    def covers(self, instant: datetime) -> bool:
        """Tell whether ``instant`` lies in the span."""
        return (self.start is None or self.start <= instant) and (self.end is None or instant < self.end)

    def overlaps(self, other: Span) -> bool:
        """Tell whether the two spans share an instant."""
        after = self.end is not None and other.start is not None and self.end <= other.start
        before = other.end is not None and self.start is not None and other.end <= self.start
        return not (after or before)


@dataclass(frozen=True, slots=True)
class Settings:
    """``park.toml``. ``repairs`` maps a named repair (``midnight_same_date``) to the points it is switched on for."""

    id: str
    name_zh: str = ""
    name_en: str = ""
    country: str = ""
    grid_region: str = ""
    timezone: str = "Asia/Shanghai"
    currency: str = ""
    base_year: int | None = None
    price_year: int | None = None
    default_boundary: str = ""
    repairs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def zone(self) -> ZoneInfo:
        """The park's time zone."""
        return ZoneInfo(self.timezone)


@dataclass(frozen=True, slots=True)
class Boundary:
    """A dated set of nodes; ``kind`` is approved, planned, administered, physical or other."""

    id: str
    kind: str
    name_zh: str = ""
    name_en: str = ""
    map: str = ""
    valid: Span = Span()
    at: At = At()


@dataclass(frozen=True, slots=True)
class Member:
    """Membership of a node (with its children) in a boundary, by a share between 0 and 1."""

    boundary: str
    node: str
    share: Decimal = Decimal(1)
    valid: Span = Span()
    at: At = At()


@dataclass(frozen=True, slots=True)
class Node:
    """Where something starts, ends, changes or is kept. ``rated_kw`` [kW], ``area_m2`` [m2]."""

    id: str
    kind: str
    parent: str = ""
    name_zh: str = ""
    name_en: str = ""
    sector: str = ""
    owner: str = ""
    operator: str = ""
    rated_kw: Decimal | None = None
    area_m2: Decimal | None = None
    lat: float | None = None
    lon: float | None = None
    valid: Span = Span()
    at: At = At()


@dataclass(frozen=True, slots=True)
class Stream:
    """One commodity from one node to another. ``made_as`` is the effective role (grid_supply implied from a grid)."""

    id: str
    commodity: str
    source: str
    target: str
    made_as: str = ""
    used_as: str = ""
    valid: Span = Span()
    note: str = ""
    at: At = At()


@dataclass(frozen=True, slots=True)
class Meter:
    """One device period at a metering point; see the park folder's page for the meaning of each column.

    ``period`` [s] is None where blank; ``unit`` is the written unit of value x multiplier.
    ``first_value``/``last_value`` are opening and closing register in register units.
    """

    point: str
    stream: str
    role: str
    register: str
    unit: str
    serial: str = ""
    multiplier: Decimal = Decimal(1)
    digits: int | None = None
    accuracy_pct: Decimal | None = None
    period: int | None = None
    stamp: str = "start"
    clock: str = ""
    bidirectional: bool = False
    first_value: Decimal | None = None
    last_value: Decimal | None = None
    level: int | None = None
    valid: Span = Span()
    calibrated_until: datetime | None = None
    at: At = At()


@dataclass(frozen=True, slots=True)
class VirtualPoint:
    """A point whose amount is an expression over other points."""

    point: str
    stream: str
    role: str
    unit: str
    expression: str
    note: str = ""
    at: At = At()


@dataclass(frozen=True, slots=True)
class Statement:
    """What one party says an amount was. ``amount`` is in the written ``unit``; ``kind`` as in the folder format.

    ``contested``: spans of the same stream, kind and reporter overlap; such rows are cross-checks only unless
    adoption.csv names them.
    """

    stream: str
    start: datetime
    end: datetime
    amount: Decimal
    unit: str
    kind: str
    reporter: str = ""
    sigma_pct: Decimal | None = None
    evidence: tuple[str, ...] = ()
    note: str = ""
    at: At = At()
    contested: bool = False


@dataclass(frozen=True, slots=True)
class Adoption:
    """A dated override of the order in which statements are adopted."""

    stream: str
    order: tuple[str, ...]
    reason: str = ""
    valid: Span = Span()
    at: At = At()


@dataclass(frozen=True, slots=True)
class Property:
    """A measured property of the deliveries on a stream over a span (heat value, moisture, temperature ...)."""

    stream: str
    start: datetime
    end: datetime
    property: str
    value: Decimal
    unit: str
    sigma_pct: Decimal | None = None
    evidence: tuple[str, ...] = ()
    at: At = At()


@dataclass(frozen=True, slots=True)
class Stock:
    """A level at an instant."""

    node: str
    commodity: str
    time: datetime
    amount: Decimal
    unit: str
    evidence: tuple[str, ...] = ()
    at: At = At()


@dataclass(frozen=True, slots=True)
class Fact:
    """A dated attribute or statistic of a node, a boundary or the park. ``value`` stays text where it is no number."""

    subject: str
    quantity: str
    value: str
    unit: str = ""
    valid: Span = Span()
    evidence: tuple[str, ...] = ()
    at: At = At()


@dataclass(frozen=True, slots=True)
class Price:
    """A price component of a stream or commodity, money per unit."""

    subject: str
    component: str
    value: Decimal
    currency: str
    unit: str
    valid: Span = Span()
    note: str = ""
    at: At = At()


@dataclass(frozen=True, slots=True)
class CertificateEvent:
    """One event of a lot: issue, transfer, retire or cancel. Serials are inclusive; ``start``/``end`` bound the use."""

    id: str
    kind: str
    event: str
    date: datetime
    amount: Decimal
    unit: str
    serial_from: int | None = None
    serial_to: int | None = None
    generator: str = ""
    holder: str = ""
    beneficiary: str = ""
    start: datetime | None = None
    end: datetime | None = None
    evidence: tuple[str, ...] = ()
    at: At = At()


@dataclass(frozen=True, slots=True)
class Park:
    """A whole park as read from a folder: good rows only; what was set aside is in the findings."""

    settings: Settings
    boundaries: Mapping[str, Boundary] = field(default_factory=dict)
    members: tuple[Member, ...] = ()
    nodes: Mapping[str, Node] = field(default_factory=dict)
    streams: Mapping[str, Stream] = field(default_factory=dict)
    meters: tuple[Meter, ...] = ()
    virtual: tuple[VirtualPoint, ...] = ()
    statements: tuple[Statement, ...] = ()
    adoption: tuple[Adoption, ...] = ()
    properties: tuple[Property, ...] = ()
    stocks: tuple[Stock, ...] = ()
    facts: tuple[Fact, ...] = ()
    commodities: Mapping[str, Commodity] = field(default_factory=dict)
    factors: tuple[FactorRow, ...] = ()
    prices: tuple[Price, ...] = ()
    certificates: tuple[CertificateEvent, ...] = ()
