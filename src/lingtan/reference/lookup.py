"""Look-ups: one question, one row, or a plain word on what is missing. Never an average, never across sets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from lingtan.reference.errors import AmbiguousFact, MissingFact, ReferenceFault
from lingtan.reference.model import FactorRow, Library

NEAR_SHOWN = 8


def index_rows(rows: Iterable[FactorRow]) -> Mapping[tuple[str, str], tuple[FactorRow, ...]]:
    """Group rows by (subject, parameter), in the order given."""
    groups: dict[tuple[str, str], list[FactorRow]] = {}
    for row in rows:
        groups.setdefault((row.subject, row.parameter), []).append(row)
    return {key: tuple(group) for key, group in groups.items()}


def find(
    library: Library,
    lineage: Sequence[str] | str,
    parameter: str,
    *,
    set_id: str,
    region: str,
    on: date,
    qualifier: str = "",
    allow_recalled: bool = False,
) -> FactorRow:
    """Return the one row of a set for a subject, a parameter, a region and a day.

    Parameters
    ----------
    lineage : codes, nearest first (``Commodity.lineage``) or one code; the first with a row wins. The set's own
        name of a code (``Library.aliases``) is tried right after the code.
    parameter, set_id, region, qualifier : compared exactly; a province never falls back on its grid or country.
    on : the day asked for. Rows hold from ``applies_from`` until before ``applies_until``. Of several the latest
        ``data_year`` not after ``on.year`` is taken, else the earliest after it; :func:`lag_years` tells the distance.
    allow_recalled : admit rows that nobody has found in a source yet; the result is then unverified.

    Raises
    ------
    MissingFact : nothing fits; the message names the nearest rows.
    AmbiguousFact : two rows fit equally well; the message names both.
    """
    codes = (lineage,) if isinstance(lineage, str) else tuple(lineage)
    for code in _with_aliases(library, codes, set_id):
        rows = [
            row
            for row in library.index.get((code, parameter), ())
            if row.set_id == set_id
            and row.region == region
            and row.qualifier == qualifier
            and _applies(row, on)
            and (allow_recalled or row.status != "recalled")
        ]
        if rows:
            return _one(rows, on)
    raise _missing(library, codes, parameter, set_id=set_id, region=region, on=on, qualifier=qualifier)


def candidates(library: Library, lineage: Sequence[str] | str, parameter: str) -> tuple[FactorRow, ...]:
    """Return every row of the nearest code that has any, over all sets, regions, dates, qualifiers and statuses.

    For showing the range that alternatives would give and for choosing by hand; nothing is selected here.
    """
    for code in (lineage,) if isinstance(lineage, str) else lineage:
        rows = library.index.get((code, parameter), ())
        if rows:
            return rows
    return ()


def extend(library: Library, rows: Iterable[FactorRow]) -> Library:
    """Return the library with a user's rows behind its own; sets of the package take no foreign rows.

    Raises
    ------
    ReferenceFault : a row claims a set of the package.
    """
    added = tuple(rows)
    claimed = sorted({row.set_id for row in added} & set(library.sets))
    if claimed:
        message = (
            f"Expected a set of your own, got rows of {', '.join(claimed)}, which this package keeps. Rename the set."
        )
        raise ReferenceFault(message, {"sets": tuple(claimed)})
    factors = (*library.factors, *added)
    return replace(library, factors=factors, index=index_rows(factors))


def lag_years(row: FactorRow, on: date) -> int | None:
    """Return how many years the row's data lie behind ``on`` (negative: after it); None without a data year."""
    return None if row.data_year is None else on.year - row.data_year


def _with_aliases(library: Library, codes: tuple[str, ...], set_id: str) -> Iterable[str]:
    for code in codes:
        yield code
        alias = library.aliases.get((set_id, code))
        if alias:
            yield alias


def _applies(row: FactorRow, on: date) -> bool:
    started = row.applies_from is None or row.applies_from <= on
    return started and (row.applies_until is None or on < row.applies_until)


def _one(rows: Sequence[FactorRow], on: date) -> FactorRow:
    best = min(_distance(row, on) for row in rows)
    nearest = [row for row in rows if _distance(row, on) == best]
    if len(nearest) > 1:
        ids = tuple(row.id for row in nearest)
        message = (
            f"Expected one row for {nearest[0].subject} {nearest[0].parameter} on {on}, "
            f"found {len(nearest)} equal ones: {', '.join(ids)}. Bound one of them by its dates or remove it."
        )
        raise AmbiguousFact(message, ids, {"ids": ids, "on": on.isoformat()})
    return nearest[0]


def _distance(row: FactorRow, on: date) -> tuple[int, int]:
    """Order rows: data not after the day first, the latest of them first; then the earliest after it."""
    if row.data_year is None:
        return (0, on.year)
    lag = on.year - row.data_year
    return (0, lag) if lag >= 0 else (1, -lag)


def _missing(
    library: Library, codes: tuple[str, ...], parameter: str, *, set_id: str, region: str, on: date, qualifier: str
) -> MissingFact:
    asked = f"{parameter} of {' / '.join(codes)} in set {set_id}, region {region or 'blank'}, on {on}"
    if qualifier:
        asked += f", qualifier {qualifier}"
    described = [
        (_differences(row, set_id=set_id, region=region, on=on, qualifier=qualifier), row)
        for code in _with_aliases(library, codes, set_id)
        for row in library.index.get((code, parameter), ())
    ]
    described.sort(key=lambda pair: (pair[1].set_id != set_id, pair[1].region != region, len(pair[0])))
    near = tuple(row for _, row in described)
    shown = [f"{row.id} = {row.value} {row.unit} ({', '.join(differs)})" for differs, row in described[:NEAR_SHOWN]]
    rest = f" and {len(near) - NEAR_SHOWN} more" if len(near) > NEAR_SHOWN else ""
    if shown:
        hint = f"Near it are: {'; '.join(shown)}{rest}."
    elif parameter not in library.parameters:
        hint = f"{parameter} is not in the table of parameters."
    else:
        hint = "No set of the library has this parameter for it."
    message = f"Found no {asked}. {hint} Give a row of your own in factors.csv, with its document."
    params = {
        "codes": codes, "parameter": parameter, "set_id": set_id, "region": region,
        "on": on.isoformat(), "qualifier": qualifier,
    }  # fmt: skip
    return MissingFact(message, tuple(row.id for row in near), params)


def _differences(row: FactorRow, *, set_id: str, region: str, on: date, qualifier: str) -> list[str]:
    """Say in what a row differs from the question."""
    differs = []
    if row.set_id != set_id:
        differs.append(f"set {row.set_id}")
    if row.region != region:
        differs.append(f"region {row.region or 'blank'}")
    if row.qualifier != qualifier:
        differs.append(f"qualifier {row.qualifier or 'blank'}")
    if not _applies(row, on):
        differs.append(f"holds from {row.applies_from or 'ever'} until before {row.applies_until or 'ever'}")
    if row.status == "recalled":
        differs.append("only recalled, not found in a source")
    return differs
