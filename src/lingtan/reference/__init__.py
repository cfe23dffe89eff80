"""Sourced, dated facts as tables inside the package, and look-ups on them.

``library()`` gives all tables; ``find`` answers one question with one row or says what is missing; ``lag_years``
tells how old the row's data are; ``candidates`` lists every row of a subject and parameter, for ranges. Nothing here
is averaged, converted or chosen silently. ``lingtan.reference.search`` looks rows up by words,
``lingtan.reference.user`` reads a user's own tables and ``extend`` adds them.
"""

from lingtan.reference.errors import AmbiguousFact, MissingFact, ReferenceFault
from lingtan.reference.lookup import candidates, extend, find, lag_years
from lingtan.reference.model import FactorRow, Library
from lingtan.reference.tables import library

__all__ = [
    "AmbiguousFact", "FactorRow", "Library", "MissingFact", "ReferenceFault", "candidates", "extend", "find",
    "lag_years", "library",
]  # fmt: skip
