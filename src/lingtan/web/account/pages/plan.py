"""The plan of the park as a plain drawing: nodes where they lie, areas of the boundary's map where it was given."""

from __future__ import annotations

from math import cos, radians
from typing import Any

from lingtan.web.account.part import Part
from lingtan.web.kernel.pages import ParkRequest
from lingtan.web.park.node import Node

WIDTH, HEIGHT, EDGE = 720.0, 460.0, 56.0


def plan(request: ParkRequest, part: Part | None) -> dict[str, Any] | None:
    """Return the drawn nodes; None where no two places are known. Enterprises carry their net emission."""
    rows = Node.objects.visible_to(request.access).filter(lat__isnull=False, lon__isnull=False).order_by("code")
    spots = [(node, float(node.lon or 0), float(node.lat or 0)) for node in rows]
    if len({(lon, lat) for _, lon, lat in spots}) < 2:
        return None
    place = _scale([(lon, lat) for _, lon, lat in spots])
    net = part.by_node if part else {}
    word = "net" if part and part.whole else "own"
    drawn = []
    for node, lon, lat in spots:
        x, y = place(lon, lat)
        own = net.get(node.code, {}).get(word)
        drawn.append(
            {"code": node.code, "name": str(node), "kind": node.get_kind_display(), "x": round(x, 1), "y": round(y, 1),
             "net": own, "big": own is not None}
        )  # fmt: skip
    return {"width": WIDTH, "height": HEIGHT, "spots": _apart(drawn)}


def _scale(points: list[tuple[float, float]]) -> Any:
    """Return what turns longitude and latitude into places of the drawing, north up and true in shape."""
    west, east = min(lon for lon, _ in points), max(lon for lon, _ in points)
    south, north = min(lat for _, lat in points), max(lat for _, lat in points)
    squeeze = cos(radians((south + north) / 2))
    wide, high = max((east - west) * squeeze, 1e-9), max(north - south, 1e-9)
    scale = min((WIDTH - 2 * EDGE) / wide, (HEIGHT - 2 * EDGE) / high)
    left, top = (WIDTH - wide * scale) / 2, (HEIGHT - high * scale) / 2

    def place(lon: float, lat: float) -> tuple[float, float]:
        return left + (lon - west) * squeeze * scale, top + (north - lat) * scale

    return place


def _apart(spots: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Keep labels from lying on each other: one that would is moved down a line."""
    taken: list[tuple[float, float]] = []
    for spot in sorted(spots, key=lambda one: (one["y"], one["x"])):
        y = spot["y"] + 4
        while any(abs(y - other) < 15 and abs(spot["x"] - x) < 150 for x, other in taken):
            y += 15
        taken.append((spot["x"], y))
        spot["label_y"], spot["label_x"] = round(y, 1), spot["x"] + 12
        spot["left"] = spot["x"] > WIDTH - 160
        if spot["left"]:
            spot["label_x"] = spot["x"] - 12
    return spots
