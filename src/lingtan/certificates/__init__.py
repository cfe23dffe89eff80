"""Green certificates and carbon assets: who holds what, and which bought power a retirement covers, once."""

from lingtan.certificates.cover import cover
from lingtan.certificates.lots import Retired, settle
from lingtan.certificates.model import Claim, Coverage

__all__ = ["Claim", "Coverage", "Retired", "cover", "settle"]
