"""What certificates hand on: claims on kWh of purchases, and what they cover."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from lingtan.ledger.finding import Finding
from lingtan.ledger.park import CertificateEvent


@dataclass(frozen=True, slots=True)
class Claim:
    """The part of a retirement that covers power of one piece of a stream.

    ``amount`` [kWh] is measured on the whole stream; ``inside`` [kWh] is the part of it that the boundary of the
    account received. ``piece`` is the start of the piece; [start, end) the time in it that the retirement is for.
    """

    event: CertificateEvent
    stream: str
    piece: datetime
    start: datetime
    end: datetime
    amount: Decimal
    inside: Decimal


@dataclass(frozen=True, slots=True)
class Coverage:
    """Power covered by certificates in a boundary: (stream, start of the piece) -> kWh that the boundary received."""

    covered: Mapping[tuple[str, datetime], Decimal] = field(default_factory=dict)
    claims: tuple[Claim, ...] = ()
    findings: tuple[Finding, ...] = ()
