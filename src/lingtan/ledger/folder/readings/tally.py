"""Faults of many readings at once: masks to findings that name the first lines and count the rest."""

from __future__ import annotations

from typing import Any

import polars as pl

from lingtan.ledger.finding import Finding
from lingtan.ledger.folder.faults import LINES_SHOWN, at_most, fault, quoted

__all__ = ["POINTS_NAMED", "per_point", "tally"]

POINTS_NAMED = 50


def tally(
    rows: pl.DataFrame, code: str, file: str, *, expected: str = "", todo: str = "", came: str = "", **params: Any
) -> list[Finding]:
    """Name faulty rows with ``line`` and ``came``: each on its own up to twenty, else one that counts them."""
    if rows.height == 0:
        return []
    shown = rows.head(LINES_SHOWN)
    lines = shown["line"].to_list()
    point = _point(rows)
    if rows.height <= LINES_SHOWN:
        texts = [came] * len(lines) if came else [quoted(str(text)) for text in shown["came"].to_list()]
        return [
            fault(code, file, lines=(line,), expected=expected, came=text, todo=todo, point=point, **params)
            for line, text in zip(lines, texts, strict=True)
        ]
    first = came or quoted(str(shown["came"][0]))
    text = f"{first} in line {lines[0]}; {rows.height} rows in all, lines {at_most(lines)}, …"
    counted = {"count": rows.height, "first": first, **params}
    return [fault(code, file, lines=lines, expected=expected, came=text, todo=todo, point=point, **counted)]


def _point(rows: pl.DataFrame) -> str:
    """Give the point of the rows where it is one and the same."""
    if "point" not in rows.columns:
        return ""
    points = rows["point"].unique().drop_nulls()
    return str(points[0]) if len(points) == 1 else ""


def per_point(rows: pl.DataFrame, code: str, file: str, *, expected: str, todo: str) -> list[Finding]:
    """One finding per point of the faulty rows, with its first line and count; beyond fifty points one for the rest."""
    if rows.height == 0:
        return []
    groups = rows.group_by("point", maintain_order=True).agg(first=pl.col("line").min(), count=pl.len())
    found = [
        fault(
            code,
            file,
            lines=(first,),
            expected=expected,
            came=f"{quoted(str(point))} in {count} rows from line {first}",
            todo=todo,
            point=str(point),
            count=count,
            first=quoted(str(point)),
        )
        for point, first, count in groups.head(POINTS_NAMED).iter_rows()
    ]
    rest = groups.slice(POINTS_NAMED)
    if rest.height:
        came = f"{rest.height} further points in {rest['count'].sum()} rows"
        found.append(
            fault(
                code,
                file,
                lines=(rest["first"][0],),
                expected=expected,
                came=came,
                todo=todo,
                count=int(rest["count"].sum()),
            )
        )
    return found
