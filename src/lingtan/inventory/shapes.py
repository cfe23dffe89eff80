"""What a method file becomes: immutable values that the engine works by. See ``docs/methods/how-to-add.md``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

SIDES = ("received", "sent", "made", "used")
"""Which part of a stream counts: what comes in over the boundary, what leaves over it, all that is made at the source
inside, all that is used at the target inside."""
MODES = ("default", "fixed", "must_measure")
OWN_SOURCES = ("property", "own", "supplier")
"""The park's evidence: properties.csv, factors.csv, and rows of factors.csv that name the stream or its source."""


@dataclass(frozen=True, slots=True)
class Option:
    """One way to settle a choice; ``value`` is what ``@choice`` stands for in the file, ``zh`` its name in Chinese."""

    name: str
    value: Any
    note: str = ""
    zh: str = ""


@dataclass(frozen=True, slots=True)
class Need:
    """One argument of a rule: which parameter, from which sources in which order, in which unit (blank: the rule's).

    ``value`` belongs to the source ``method``. ``ignores`` are parameters of the park's rows that a fixed value would
    be replaced by; such rows are named in a finding. ``lag`` asks to say how old the row's data are.
    """

    argument: str
    parameter: str
    sources: tuple[str, ...]
    unit: str = ""
    value: Decimal | None = None
    mode: str = "default"
    region: str = ""
    qualifier: str = ""
    subject: str = ""
    document: str = ""
    status: str = "found2"
    ignores: tuple[str, ...] = ()
    lag: bool = False


@dataclass(frozen=True, slots=True)
class Way:
    """A rule and where its arguments come from; it is taken when all of them are found.

    ``stands_for`` names a parameter that was looked for and is missing: taking this way instead is a finding.
    """

    rule: str
    needs: tuple[Need, ...]
    note: str = ""
    stands_for: str = ""


@dataclass(frozen=True, slots=True)
class Recipe:
    """Ways in order: the first whose arguments are all found is taken, whole. ``key`` is equal for equal recipes."""

    name: str
    ways: tuple[Way, ...] = field(compare=False)
    key: str = ""


@dataclass(frozen=True, slots=True)
class Select:
    """Which streams are meant; a blank part selects all. ``fossil`` True also takes commodities that do not say.

    ``sectors`` and ``node_kinds`` speak of the node on that side; a sector ending in ``*`` means all that begin so.
    """

    side: str = ""
    kinds: tuple[str, ...] = ()
    commodities: tuple[str, ...] = ()
    fossil: bool | None = None
    made_as: tuple[str, ...] = ()
    used_as: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    sectors: tuple[str, ...] = ()
    node_kinds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """One kind of inventory line.

    ``covered`` is the recipe for the part that certificates cover; ``stock`` asks to deduct the stock increase of what
    is selected, at the node; ``notation`` marks a memo line; ``optional`` leaves a stream without factor out.
    ``beside`` names a line that stands beside another of the same stream, side and substance. The substance
    ``commodity`` stands for the commodity itself (a gas that leaks).
    """

    select: Select
    category: str
    recipe: Recipe
    scope: str = ""
    activity: str = ""
    covered: Recipe | None = None
    sign: int = 1
    substance: str = "CO2"
    view: str = ""
    notation: str = ""
    optional: bool = False
    stock: bool = False
    beside: str = ""

    @property
    def place(self) -> tuple[str, str, str]:
        """Return what an entry competes for on a stream: view, substance (CO2 and CO2e are one), ``beside``."""
        return self.view, "CO2" if self.substance == "CO2e" else self.substance, self.beside


@dataclass(frozen=True, slots=True)
class EnergyEntry:
    """One term of the energy total in both conventions; ``counted`` False shows it and leaves it out."""

    select: Select
    term: str
    calorific: Recipe
    equivalent: Recipe
    sign: int = 1
    counted: bool = True
    stock: bool = False


@dataclass(frozen=True, slots=True)
class Trade:
    """How a commodity traded between units of the boundary is priced.

    The supplier's own row, else by origin, else the mix of what the supplier received, else ``default``.
    """

    category: str
    kinds: tuple[str, ...]
    supplier: Recipe
    default: Recipe
    origins: tuple[tuple[str, Recipe], ...] = ()

    def by_origin(self) -> Mapping[str, Recipe]:
        """Return the recipes by origin."""
        return dict(self.origins)


@dataclass(frozen=True, slots=True)
class Band:
    """The core indicator has a band only from ``least_tce`` on [tce, equivalent value]."""

    least_tce: Decimal


@dataclass(frozen=True, slots=True)
class Plan:
    """A method with its choices settled."""

    method: str
    edition: date
    region: str
    gwp_set: str
    view: str
    categories: tuple[str, ...]
    entries: tuple[Entry, ...]
    energy: tuple[EnergyEntry, ...]
    trades: tuple[Trade, ...]
    disregarded: Select
    use_required: tuple[str, ...]
    known_idle: tuple[str, ...]
    band: Band | None
    gwp: tuple[tuple[str, Decimal], ...] = ()
    document: str = ""
