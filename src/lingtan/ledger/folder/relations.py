"""Checks between rows: ids that repeat, cycles, overlaps, rows that replace one another."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import combinations, pairwise
from typing import Any

from lingtan.ledger.boundary import ancestors
from lingtan.ledger.finding import Finding
from lingtan.ledger.folder.cells import Context, near
from lingtan.ledger.folder.faults import at_most, fault
from lingtan.ledger.folder.rows import Row
from lingtan.ledger.park import Park, Span

__all__ = ["TABLE_RULES", "duplicates", "grouped", "idle_factors", "span_of"]

Aside = set[int]
_NO_TIME = datetime(1, 1, 1, tzinfo=UTC)
# A rule marks rows as set aside by their place in the sequence and says why.
Rule = Callable[[Sequence[Row], Context, Aside], Iterator[Finding]]


def grouped(rows: Iterable[Row], key: Callable[[Row], Hashable]) -> dict[Hashable, list[int]]:
    """Places of rows by key; rows whose key is None stand in no group."""
    groups: dict[Hashable, list[int]] = {}
    for place, row in enumerate(rows):
        name = key(row)
        if name is not None:
            groups.setdefault(name, []).append(place)
    return groups


def span_of(row: Row, start: str = "from", end: str = "to") -> Span:
    """Span in which a row holds."""
    return Span(row.values[start], row.values[end])


def places(rows: Sequence[Row]) -> str:
    """Name files and lines of rows."""
    files = dict.fromkeys(row.file for row in rows)
    return "; ".join(f"{file} lines {at_most([row.line for row in rows if row.file == file])}" for file in files)


def _pair_fault(code: str, first: Row, later: Row, **more: Any) -> Finding:
    """Name two rows; the later one is the place where they stand in different files."""
    if first.file == later.file:
        return fault(code, first.file, lines=(first.line, later.line), came=places((first, later)), **more)
    return fault(code, later.file, lines=(later.line,), came=places((first, later)), **more)


def duplicates(column: str) -> Rule:
    """Rule: ``column`` does not repeat; the first row holds."""

    def rule(rows: Sequence[Row], _: Context, aside: Aside) -> Iterator[Finding]:
        for name, members in grouped(rows, lambda row: row.values[column]).items():
            if len(members) > 1:
                aside.update(members[1:])
                same = [rows[place] for place in members]
                lines = [row.line for row in same]
                yield fault(
                    "duplicate_id",
                    same[0].file,
                    lines=lines,
                    expected=f"{column} once",
                    came=f"{name} in {places(same)}",
                    todo="rename or remove the later rows",
                    id=name,
                )

    return rule


def overlaps(
    code: str,
    key: Callable[[Row], Hashable],
    *,
    expected: str,
    todo: str,
    start: str = "from",
    end: str = "to",
    drop: bool = True,
) -> Rule:
    """Rule: rows of one key do not overlap in time; with ``drop`` the later row is set aside."""

    def rule(rows: Sequence[Row], _: Context, aside: Aside) -> Iterator[Finding]:
        for members in grouped(rows, key).values():
            for one, other in _overlapping(rows, members, aside, start, end):
                if drop:
                    aside.add(other)
                yield _pair_fault(code, rows[one], rows[other], expected=expected, todo=todo, **_noun(rows[other]))

    return rule


def _noun(row: Row) -> dict[str, str]:
    """Point, stream and node that a row is about, as placed in findings."""
    return {name: row.values[name] for name in ("point", "stream", "node") if row.values.get(name)}


def _overlapping(
    rows: Sequence[Row], members: Sequence[int], aside: Aside, start: str, end: str
) -> Iterator[tuple[int, int]]:
    """Pairs of rows in force at the same time, in row order; rows set aside on the way count no more."""
    spans = {place: span_of(rows[place], start, end) for place in members if place not in aside}
    if not _any_overlap(list(spans.values())):
        return
    for one, other in combinations(spans, 2):
        if one not in aside and other not in aside and spans[one].overlaps(spans[other]):
            yield one, other


def _any_overlap(spans: list[Span]) -> bool:
    """Tell whether any two spans share an instant (a quick test before all pairs are compared)."""
    if len(spans) < 2:
        return False
    ordered = sorted(spans, key=lambda span: (span.start is not None, span.start or _NO_TIME))
    return any(one.overlaps(other) for one, other in pairwise(ordered))


def node_tree(rows: Sequence[Row], context: Context, aside: Aside) -> Iterator[Finding]:
    """Parents are known and nobody is their own ancestor."""
    place_of = {row.values["id"]: place for place, row in enumerate(rows) if place not in aside}
    yield from _cycles(rows, place_of, aside)
    changed = True
    while changed:
        changed = False
        for place in list(place_of.values()):
            parent = rows[place].values["parent"]
            if place not in aside and parent and (parent not in place_of or place_of[parent] in aside):
                aside.add(place)
                changed = True
                yield _unknown_parent(rows[place], place_of, context)


def _cycles(rows: Sequence[Row], place_of: Mapping[str, int], aside: Aside) -> Iterator[Finding]:
    done: set[str] = set()
    for begin in place_of:
        path: dict[str, None] = {}
        at = begin
        while at in place_of and at not in done and at not in path:
            path[at] = None
            at = rows[place_of[at]].values["parent"]
        if at in path:
            ring = list(path)[list(path).index(at) :]
            members = sorted(place_of[name] for name in ring)
            aside.update(members)
            lines = [rows[place].line for place in members]
            came = f"{' > '.join([*ring, ring[0]])} in lines {at_most(lines)}"
            yield fault(
                "parent_cycle",
                rows[members[0]].file,
                lines=lines,
                expected="a parent chain that ends",
                came=came,
                todo="mend one parent",
                node=ring[0],
            )
        done.update(path)


def _unknown_parent(row: Row, place_of: Mapping[str, int], context: Context) -> Finding:
    parent = row.values["parent"]
    node = row.values["id"]
    if parent in place_of or parent in context.aside.get("node", ()):
        todo = f"mend the row of {parent} first"
        return fault(
            "set_aside_id",
            row.file,
            lines=(row.line,),
            expected="a parent in nodes.csv",
            came=parent,
            todo=todo,
            node=node,
        )
    return fault(
        "unknown_id",
        row.file,
        lines=(row.line,),
        expected="a parent in nodes.csv or blank",
        came=parent,
        todo=near(parent, place_of),
        node=node,
    )


def member_ancestors(rows: Sequence[Row], context: Context, aside: Aside) -> Iterator[Finding]:
    """See that a node is not listed beside its ancestor in one boundary at one time."""
    listed = grouped(rows, lambda row: (row.values["boundary"], row.values["node"]))
    for place, row in enumerate(rows):
        for above in _above(row.values["node"], context):
            for other in listed.get((row.values["boundary"], above), ()):
                if other not in aside and place not in aside and span_of(row).overlaps(span_of(rows[other])):
                    aside.add(place)
                    first, later = sorted((row, rows[other]), key=lambda one: one.line)
                    expected = f"either {above} or the nodes below it"
                    yield _pair_fault(
                        "ancestor_member",
                        first,
                        later,
                        expected=expected,
                        todo=f"remove {row.values['node']}",
                        node=row.values["node"],
                    )


def _above(node: str, context: Context) -> Iterator[str]:
    node = context.parents.get(node, "")
    while node:
        yield node
        node = context.parents.get(node, "")


def point_spans(rows: Sequence[Row], _: Context, aside: Aside) -> Iterator[Finding]:
    """Device periods of a point do not overlap, and a point is on one stream at a time."""
    for members in grouped(rows, lambda row: row.values["point"]).values():
        for one, other in _overlapping(rows, members, aside, "from", "to"):
            aside.add(other)
            streams = rows[one].values["stream"], rows[other].values["stream"]
            code = "overlapping_devices" if streams[0] == streams[1] else "point_on_two_streams"
            todo = (
                "end the first device where the next begins"
                if streams[0] == streams[1]
                else "give each stream its own point"
            )
            yield _pair_fault(
                code, rows[one], rows[other], expected="one row at a time", todo=todo, **_noun(rows[other])
            )


def shared_devices(rows: Sequence[Row], _: Context, aside: Aside) -> Iterator[Finding]:
    """One device is not on two points at once; as main of one stream it would count twice."""
    for members in grouped(rows, lambda row: row.values["serial"] or None).values():
        if len({rows[place].values["point"] for place in members}) == 1:
            continue
        for one, other in _overlapping(rows, members, aside, "from", "to"):
            first, later = rows[one].values, rows[other].values
            if first["point"] == later["point"]:
                continue
            twice = first["stream"] == later["stream"] and first["role"] == later["role"] == "main"
            if twice:
                aside.add(other)
            code = "device_counted_twice" if twice else "device_on_two_points"
            todo = "" if twice else "right only where one device has a register for each point (import and export)"
            expected = f"serial {later['serial']} at one point"
            yield _pair_fault(code, rows[one], rows[other], expected=expected, todo=todo, **_noun(rows[other]))


def statement_order(rows: Sequence[Row], _: Context, aside: Aside) -> Iterator[Finding]:
    """Let a later row of the same stream, span, kind and reporter replace the earlier one."""
    names = ("stream", "start", "end", "kind", "reporter")
    same = grouped(rows, lambda row: tuple(row.values[name] for name in names) if row.values["reporter"] else None)
    for members in same.values():
        for one, other in pairwise(members):
            aside.add(one)
            yield _replaced(rows[one], rows[other])


def _replaced(old: Row, new: Row) -> Finding:
    amounts = [f"{row.values['amount'] or 0} {row.values['unit']} ({row.file} line {row.line})" for row in (old, new)]
    lines = (old.line, new.line) if old.file == new.file else (old.line,)
    return fault(
        "statement_replaced", old.file, lines=lines, came=f"{amounts[0]} replaced by {amounts[1]}",
        stream=old.values["stream"], start=old.values["start"], end=old.values["end"], apart=True,
        old=str(old.values["amount"]), new=str(new.values["amount"]),
    )  # fmt: skip


def statement_overlaps(rows: Sequence[Row], _: Context, aside: Aside) -> Iterator[Finding]:
    """Different spans of one reporter and kind on a stream do not overlap; those that do are marked ``contested``."""

    def key(row: Row) -> Hashable:
        values = row.values
        return (values["stream"], values["kind"], values["reporter"]) if values["reporter"] else None

    for members in grouped(rows, key).values():
        if len(members) < 2:
            continue
        kept = sorted((place for place in members if place not in aside), key=lambda place: rows[place].values["start"])
        for cluster in _clusters(rows, kept):
            for row in cluster:
                row.values["contested"] = True
            yield _contested(cluster)


def _clusters(rows: Sequence[Row], ordered: Sequence[int]) -> Iterator[list[Row]]:
    """Give runs of rows, ordered by start, that overlap from one to the next."""
    cluster: list[Row] = []
    for place in ordered:
        row = rows[place]
        if cluster and row.values["start"] >= max(one.values["end"] for one in cluster):
            if len(cluster) > 1:
                yield cluster
            cluster = []
        cluster.append(row)
    if len(cluster) > 1:
        yield cluster


def _contested(cluster: Sequence[Row]) -> Finding:
    first = min(cluster, key=lambda row: (row.file, row.line))
    lines = sorted(row.line for row in cluster if row.file == first.file)
    values = first.values
    todo = "correct the spans, or name the row that counts in adoption.csv"
    came = f"{values['kind']} of {values['reporter']} in {places(cluster)}"
    span = min(row.values["start"] for row in cluster), max(row.values["end"] for row in cluster)
    return fault(
        "overlapping_statements",
        first.file,
        lines=lines,
        expected="spans that follow one another",
        came=came,
        todo=todo,
        stream=values["stream"],
        start=span[0],
        end=span[1],
    )


def equal_factors(rows: Sequence[Row], _: Context, aside: Aside) -> Iterator[Finding]:
    """No two factor rows have the same rank at the same time."""

    def key(row: Row) -> Hashable:
        values = row.values
        return tuple(values[name] for name in ("subject", "parameter", "for", "from", "status", "region"))

    for members in grouped(rows, key).values():
        kept = [place for place in members if place not in aside]
        for one, other in combinations(kept, 2):
            if one in aside and other in aside:
                continue
            first, later = rows[one].values, rows[other].values
            same = (first["value"], first["unit"]) == (later["value"], later["unit"])
            aside.update((other,) if same else (one, other))
            code = "repeated_factor" if same else "equal_factors"
            expected = f"one {later['parameter']} of {later['subject']} for {later['for'] or 'the park'}"
            yield _pair_fault(
                code,
                rows[one],
                rows[other],
                expected=expected,
                todo="give them different from, for or status, or remove one",
            )


def idle_factors(park: Park) -> Iterator[Finding]:
    """Name factor rows whose ``for`` no stream of the subject answers to: a node means what it supplies."""
    rows = [row for row in park.factors if row.applies_to]
    if not rows:
        return
    answering: dict[str, set[str]] = {}
    for stream in park.streams.values():
        commodity = park.commodities[stream.commodity]
        codes = {*(commodity.lineage or (commodity.code,)), "heat" if commodity.kind == "steam" else commodity.code}
        for word in (stream.id, stream.made_as, stream.used_as, *ancestors(park, stream.source)):
            answering.setdefault(word, set()).update(codes)
    for row in rows:
        if row.subject in park.commodities and row.subject not in answering.get(row.applies_to, ()):
            yield fault(
                "idle_factor",
                row.file,
                lines=(row.line,) if row.line else (),
                expected=f"{row.subject} on, from or in the role of {row.applies_to}",
                came=f"{row.parameter} of {row.subject} for {row.applies_to}",
                todo="for = a node means what it supplies; for what it uses name the stream or the supplying node",
            )


def stock_times(rows: Sequence[Row], _: Context, aside: Aside) -> Iterator[Finding]:
    """See that a stock has one level at a time."""
    same = grouped(rows, lambda row: (row.values["node"], row.values["commodity"], row.values["time"]))
    for members in same.values():
        for other in members[1:]:
            aside.add(other)
            first, later = rows[members[0]], rows[other]
            yield _pair_fault(
                "repeated_stock",
                first,
                later,
                expected="one level at a time",
                todo="remove one row",
                node=later.values["node"],
            )


def implied_supply(rows: Sequence[Row], context: Context, _: Aside) -> Iterator[Finding]:
    """Streams from a grid with a blank made_as are grid supply."""
    for row in rows:
        if not row.values["made_as"] and context.node_kind.get(row.values["source"]) == "grid":
            row.values["made_as"] = "grid_supply"
            row.values["implied"] = True
            yield fault("grid_supply_implied", row.file, lines=(row.line,), stream=row.values["id"])


def _members_key(row: Row) -> Hashable:
    return row.values["boundary"], row.values["node"]


def _property_key(row: Row) -> Hashable:
    return row.values["stream"], row.values["property"]


_END_FIRST = "end the first row where the next begins"

TABLE_RULES: Mapping[str, tuple[Rule, ...]] = {
    "nodes.csv": (node_tree,),
    "members.csv": (
        overlaps("overlapping_members", _members_key, expected="one share at a time", todo=_END_FIRST),
        member_ancestors,
    ),
    "streams.csv": (implied_supply,),
    "meters.csv": (point_spans, shared_devices),
    "statements/*.csv": (statement_order, statement_overlaps),
    "adoption.csv": (
        overlaps(
            "overlapping_adoption", lambda row: row.values["stream"], expected="one order at a time", todo=_END_FIRST
        ),
    ),
    "properties.csv": (
        overlaps(
            "overlapping_properties", _property_key, expected="one value at a time", todo="correct the spans",
            start="start", end="end", drop=False,
        ),
    ),
    "stocks.csv": (stock_times,),
    "factors.csv": (equal_factors,),
}  # fmt: skip
