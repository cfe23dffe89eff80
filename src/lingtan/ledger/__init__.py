"""The nouns of a park, their units and times, boundaries, and the one small expression grammar.

Modules are the face: ``units`` (reading and exact conversion), ``clock`` (times, local days and months), ``boundary``
(who is inside), ``expression`` (virtual meters, indicators), ``steam`` (enthalpy by IAPWS-IF97), ``commodity`` (own
commodities), ``park``, ``finding``, ``quality`` (values) and ``folder`` (reading and writing a park folder; the one
that touches files). All but ``folder`` are pure.
"""

from lingtan.ledger.boundary import BoundaryError
from lingtan.ledger.clock import TimeError
from lingtan.ledger.expression import Expression
from lingtan.ledger.finding import Finding, Where
from lingtan.ledger.park import Park
from lingtan.ledger.steam import SteamError
from lingtan.ledger.units import UnitError
from lingtan.ledger.words import ExpressionError

__all__ = [
    "BoundaryError", "Expression", "ExpressionError", "Finding", "Park", "SteamError", "TimeError", "UnitError",
    "Where",
]  # fmt: skip
