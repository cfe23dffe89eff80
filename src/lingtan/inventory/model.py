"""Lines and accounts: what an inventory is made of, as immutable values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from lingtan.flows.model import Flow
from lingtan.ledger.finding import Finding
from lingtan.reference.model import FactorRow


@dataclass(frozen=True, slots=True)
class LineInput:
    """The part of one flow that enters a line.

    ``share`` is the boundary's share of the flow (1 for a stream wholly inside or crossing); ``amount`` is
    flow amount x share (less what another line of the same flow took, e.g. certificates), canonical unit.
    """

    flow: Flow
    share: Decimal
    amount: Decimal | None
    unit: str


@dataclass(frozen=True, slots=True)
class FactorUse:
    """A parameter as it was used: the row, and its value after unit conversion."""

    parameter: str
    value: Decimal
    unit: str
    row: FactorRow


@dataclass(frozen=True, slots=True)
class Line:
    """One inventory line. ``amount_t`` [t of substance] and ``co2e_t`` [t CO2e] are None where notation says why.

    ``arguments`` are the named numbers that the rule was applied to, in its own units: applying the rule to
    them again gives ``amount_t``. ``months`` holds (YYYY-MM, t) and may sum to less than ``amount_t`` where an
    amount is known for the year only. ``sign`` is -1 for what is sent out or deducted: there ``amount_t`` is
    negative and so is the argument ``amount``, so that totals are plain sums of ``amount_t``. ``side`` is received,
    sent, made or used; ``origin`` says where power or heat comes from (``grid``, ``certificates``, ``own_fossil`` ...).
    ``unit`` and ``commodity`` stand where a line has no stream to tell them: a change of stock.
    """

    id: str
    node: str
    stream: str
    start: datetime
    end: datetime
    boundary: str
    method: str
    category: str
    scope: str
    activity: str
    substance: str
    amount_t: Decimal | None
    co2e_t: Decimal | None
    rule: str
    sign: int = 1
    arguments: Mapping[str, Decimal] = field(default_factory=dict)
    inputs: tuple[LineInput, ...] = ()
    factors: tuple[FactorUse, ...] = ()
    months: tuple[tuple[str, Decimal], ...] = ()
    coverage: Decimal = Decimal(1)
    sigma_pct: Decimal | None = None
    notation: str = ""
    status: str = ""
    view: str = ""
    note: str = ""
    origin: str = ""
    side: str = ""
    unit: str = ""
    commodity: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """A point that the source of the method leaves open: what was chosen, what else could be, and what it changes.

    ``effect`` maps each alternative to the totals it would give: ``{alternative: {total: value}}``.
    ``unverified`` marks a choice that keeps the whole result unverified; ``decided`` is the day it was made (ISO).
    ``lines`` are the ids of the lines that an alternative changes; ``leaves_out`` the categories whose lines without
    amount the choice explains. ``names_zh`` maps options to their Chinese names where the method gives them.
    """

    id: str
    chosen: str
    alternatives: tuple[str, ...]
    effect: Mapping[str, Mapping[str, Decimal | None]] = field(default_factory=dict)
    unverified: bool = False
    reason: str = ""
    document: str = ""
    decided: str = ""
    title_zh: str = ""
    title_en: str = ""
    reason_zh: str = ""
    names_zh: Mapping[str, str] = field(default_factory=dict)
    leaves_out: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EnergyLine:
    """One term of the energy total: ``tce`` signed, in both conventions; ``counted`` False = shown, left out."""

    id: str
    stream: str
    node: str
    commodity: str
    term: str
    amount: Decimal | None
    unit: str
    tce_calorific: Decimal | None
    tce_equivalent: Decimal | None
    counted: bool = True
    factors: tuple[FactorUse, ...] = ()
    inputs: tuple[LineInput, ...] = ()


@dataclass(frozen=True, slots=True)
class NodeAccount:
    """An enterprise's account [t CO2]: net = own + received - sent."""

    own: Decimal
    received: Decimal
    sent: Decimal

    @property
    def net(self) -> Decimal:
        """Own plus received less sent."""
        return self.own + self.received - self.sent


@dataclass(frozen=True, slots=True)
class Account:
    """A park's account of one year under one method; ``as_json`` in ``inventory.present`` gives the stable keys."""

    park: str
    year: int
    method: str
    boundary: str
    status: str
    totals: Mapping[str, Decimal | None]
    by_category: Mapping[str, Decimal | None]
    by_node: Mapping[str, NodeAccount]
    by_month: Mapping[str, Decimal | None]
    by_gas: Mapping[str, Decimal | None]
    coverage: Mapping[str, Decimal | None]
    choices: tuple[Choice, ...]
    findings: tuple[Finding, ...]
    lines: tuple[Line, ...]
    energy: tuple[EnergyLine, ...] = ()
    eliminations: Mapping[str, Decimal] = field(default_factory=dict)
