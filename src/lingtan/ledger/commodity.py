"""A park's own commodities: inheriting from their parents, and faults of the table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from lingtan.ledger.finding import Finding, Where
from lingtan.reference.model import Commodity

_INHERITED = ("kind", "unit", "name_zh", "name_en")


def resolve(
    library: Mapping[str, Commodity], own: Iterable[Commodity]
) -> tuple[dict[str, Commodity], tuple[Finding, ...]]:
    """Join a park's own commodities to the library's.

    An own row takes from its parent what it leaves blank: kind, unit, names, ``fossil`` and, where it sets neither
    pressure nor temperature, the state of steam (both or neither, since half a state of each would be a third one).
    Its lineage is itself, its parents nearest first, and theirs.

    Returns
    -------
    all commodities by code, and the findings. A row is set aside with an error where it repeats a library code
    (``commodity_repeats_library``) or an own one (``duplicate_id``; the first row holds), names an unknown parent
    (``unknown_parent``), stands in a cycle (``parent_cycle``) or has neither own nor inherited kind and unit
    (``commodity_incomplete``).
    """
    findings: list[Finding] = []
    rows = _distinct(library, own, findings)
    joined = {code: row if row.lineage else replace(row, lineage=(code,)) for code, row in library.items()}
    done = _report_cycles(rows, findings)
    for code in rows:
        for row in reversed(_way_up(code, rows, done)):
            done.add(row.code)
            complete = _inherit(row, joined, findings)
            if complete is not None:
                joined[row.code] = complete
    return joined, tuple(findings)


def _distinct(
    library: Mapping[str, Commodity], own: Iterable[Commodity], findings: list[Finding]
) -> dict[str, Commodity]:
    """Own rows by code, without those that repeat a code."""
    rows: dict[str, Commodity] = {}
    for row in own:
        if row.code in library:
            advice = "give it a code of its own and name the library code as its parent"
            findings.append(_fault("commodity_repeats_library", "a code that the library does not have", row, advice))
        elif row.code in rows:
            first = rows[row.code]
            lines = tuple(line for line in (first.line, row.line) if line is not None)
            findings.append(_fault("duplicate_id", "each code once", row, f"first in line {first.line}", lines=lines))
        else:
            rows[row.code] = row
    return rows


def _report_cycles(rows: Mapping[str, Commodity], findings: list[Finding]) -> set[str]:
    """Report each cycle of parents once, with all its lines; return the codes that stand in one."""
    rings: set[str] = set()
    for code in rows:
        way = _way_up(code, rows, set())
        if not way or way[-1].parent != code or code in rings:
            continue
        rings.update(row.code for row in way)
        lines = tuple(sorted(row.line for row in way if row.line is not None))
        ring = " -> ".join([*(row.code for row in way), code])
        advice = f"parents run {ring} in lines {', '.join(map(str, lines))}: end them in the library"
        findings.append(_fault("parent_cycle", "parents without a cycle", way[0], advice, lines=lines))
    return rings


def _way_up(code: str, rows: Mapping[str, Commodity], done: set[str]) -> list[Commodity]:
    """List an own row and the own rows above it that are not done; a cycle ends the walk."""
    way: dict[str, Commodity] = {}
    while code in rows and code not in done and code not in way:
        way[code] = rows[code]
        code = rows[code].parent
    return list(way.values())


def _inherit(row: Commodity, joined: Mapping[str, Commodity], findings: list[Finding]) -> Commodity | None:
    """Fill a row from its parent; None where that cannot be done."""
    parent = joined.get(row.parent) if row.parent else Commodity("", "", "")
    if parent is None:
        advice = f"parent {row.parent!r} is no usable commodity: correct it or remove it"
        findings.append(_fault("unknown_parent", "a parent of the library or of this file", row, advice))
        return None
    filled = {name: getattr(row, name) or getattr(parent, name) for name in _INHERITED}
    if not filled["kind"] or not filled["unit"]:
        findings.append(_fault("commodity_incomplete", "kind and unit, or a parent", row, "fill them in"))
        return None
    stateless = row.p_mpa is None and row.t_c is None
    return replace(
        row,
        **filled,
        fossil=parent.fossil if row.fossil is None else row.fossil,
        p_mpa=parent.p_mpa if stateless else row.p_mpa,
        t_c=parent.t_c if stateless else row.t_c,
        lineage=(row.code, *parent.lineage),
    )


def _fault(code: str, expected: str, row: Commodity, advice: str, *, lines: tuple[int, ...] = ()) -> Finding:
    """Build an error at a row."""
    message = f"expected {expected}; came {row.code!r}; {advice}"
    params = {"expected": expected, "code": row.code, "advice": advice}
    return Finding(code, "error", message, Where(row.file, row.line, lines=lines), params=params)
