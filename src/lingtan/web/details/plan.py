"""A plan of ground as SVG paths from GeoJSON: no tiles, no other host."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

WIDTH = 640.0
MOST_BYTES, MOST_POINTS = 5_000_000, 100_000
Pair = tuple[float, float]
Shape = tuple[str, list[list[Pair]], bool]
PARTS = {"FeatureCollection": "features", "GeometryCollection": "geometries"}
#: Geometries: how their coordinates give rings, and whether these close.
RINGS: dict[str, tuple[Callable[[Any], Any], bool]] = {
    "Polygon": (lambda rings: rings, True),
    "MultiPolygon": (lambda parts: [ring for part in parts for ring in part], True),
    "LineString": (lambda line: [line], False),
    "MultiLineString": (lambda lines: lines, False),
}


class PlanError(ValueError):
    """A map that cannot be drawn; the message says what was expected and what came."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A drawing: its size, areas and lines as path data with names, and places as (name, x, y)."""

    width: float
    height: float
    areas: list[tuple[str, str]]
    lines: list[tuple[str, str]]
    places: list[tuple[str, float, float]]


def plan(data: bytes, places: list[tuple[str, float, float]]) -> Plan:
    """Draw a GeoJSON text and places (name, longitude, latitude), north up, lengths true at the middle latitude."""
    if len(data) > MOST_BYTES:
        raise PlanError(_("Expected a map of at most 5 MB; it has %(size)d bytes.") % {"size": len(data)})
    try:
        shapes = list(_shapes(json.loads(data)))
    except (
        UnicodeDecodeError,
        json.JSONDecodeError,
        RecursionError,
        TypeError,
        ValueError,
        KeyError,
        IndexError,
    ) as wrong:
        raise PlanError(
            _("Expected GeoJSON with longitude and latitude in degrees; the file cannot be read as such.")
        ) from wrong
    points = [point for _name, rings, _closed in shapes for ring in rings for point in ring]
    if not points:
        raise PlanError(_("Expected at least one area or line in the map; there is none."))
    if len(points) > MOST_POINTS:
        raise PlanError(_("Expected at most 100,000 corners; the map has %(count)d.") % {"count": len(points)})
    return _drawn(shapes, points, places)


def _drawn(shapes: list[Shape], points: list[Pair], places: list[tuple[str, float, float]]) -> Plan:
    west, east = min(x for x, _y in points), max(x for x, _y in points)
    south, north = min(y for _x, y in points), max(y for _x, y in points)
    squeeze = math.cos(math.radians((south + north) / 2)) or 1.0
    scale = WIDTH / max((east - west) * squeeze, (north - south) * 1.4, 1e-9)

    def at(point: Pair) -> Pair:
        return round((point[0] - west) * squeeze * scale, 1), round((north - point[1]) * scale, 1)

    def path(rings: list[list[Pair]], end: str) -> str:
        return "".join("M" + "L".join(f"{x} {y}" for x, y in map(at, ring)) + end for ring in rings if ring)

    inside = [(name, *at((lon, lat))) for name, lon, lat in places if west <= lon <= east and south <= lat <= north]
    return Plan(
        width=round((east - west) * squeeze * scale, 1),
        height=round((north - south) * scale, 1),
        areas=[(name, path(rings, "Z")) for name, rings, closed in shapes if closed],
        lines=[(name, path(rings, "")) for name, rings, closed in shapes if not closed],
        places=inside,
    )


def _shapes(one: Any, name: str = "") -> Iterator[Shape]:
    """Yield name, rings and whether they close, of each geometry."""
    kind = one["type"]
    if kind in PARTS:
        for part in one[PARTS[kind]]:
            yield from _shapes(part, name)
    elif kind == "Feature":
        if one["geometry"] is not None:
            yield from _shapes(one["geometry"], str((one.get("properties") or {}).get("name", "")))
    elif kind in RINGS:
        rings, closed = RINGS[kind]
        yield name, [_ring(ring) for ring in rings(one["coordinates"])], closed
    elif kind not in ("Point", "MultiPoint"):
        raise ValueError(kind)


def _ring(corners: Any) -> list[Pair]:
    ring = [(float(corner[0]), float(corner[1])) for corner in corners]
    if any(not (-180 <= x <= 180 and -90 <= y <= 90) for x, y in ring):
        raise ValueError("degrees")
    return ring
