"""The two pages that take the generic one's place: boundary and stream; and the drawing of a map."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from lingtan.web.details.plan import PlanError, plan
from lingtan.web.metering.models import Meter, Stream
from lingtan.web.park.models import Boundary
from lingtan.web.publish.document import Document
from lingtan.web.publish.store import keep
from lingtan.web.reporting.statement import Statement

AT = "/p/T/registers"
As = Callable[..., Any]
SQUARE = {"type": "Polygon", "coordinates": [[[120, 31], [120.1, 31], [120.1, 31.1], [120, 31.1], [120, 31]]]}
RING = {"type": "Feature", "properties": {"name": "<b>North</b>"}, "geometry": SQUARE}


def mapped(park: Any, content: bytes) -> Boundary:
    digest, size = keep(io.BytesIO(content))
    Document.objects.create(park=park, title="Map", path="evidence/site.geojson", sha256=digest, size=size)
    Boundary.objects.filter(park=park).update(map="evidence/site.geojson")
    return Boundary.objects.get(park=park)


def test_a_boundary_shows_its_members_with_what_lies_below(client_as: As, park: Any) -> None:
    page = client_as("office").get(f"{AT}/boundaries/{Boundary.objects.get().pk}/")
    assert [(one.node.code, one.depth) for one in page.context["tree"]] == [("A", 0), ("A1", 1), ("B", 0)]


def test_an_enterprise_sees_its_own_members_only(client_as: As, park: Any) -> None:
    page = client_as("reporter", "A").get(f"{AT}/boundaries/{Boundary.objects.get().pk}/")
    assert [one.node.code for one in page.context["tree"]] == ["A", "A1"]


def test_a_boundary_draws_its_map(client_as: As, park: Any) -> None:
    row = mapped(park, json.dumps(RING).encode())
    text = client_as("office").get(f"{AT}/boundaries/{row.pk}/").content.decode()
    assert '<path class="area" d="M' in text
    assert "<b>North" not in text


def test_a_map_that_is_none_is_named(client_as: As, park: Any) -> None:
    row = mapped(park, b"%PDF-1.4")
    assert "GeoJSON" in client_as("office").get(f"{AT}/boundaries/{row.pk}/").context["fault"]


@pytest.mark.parametrize(
    "data",
    [b"", b"[]", b'{"type": "Polygon"}', b'{"type": "Polygon", "coordinates": [[["x", 1]]]}', b"[" * 100_000,
     json.dumps({"type": "LineString", "coordinates": [[400_000, 3_000_000]]}).encode(),
     json.dumps({"type": "FeatureCollection", "features": []}).encode(), b'{"type": "Sphere"}'],
)  # fmt: skip
def test_what_is_no_map_is_refused(data: bytes) -> None:
    with pytest.raises(PlanError):
        plan(data, [])


def test_a_place_lies_where_its_degrees_say() -> None:
    drawn = plan(json.dumps(SQUARE).encode(), [("middle", 120.05, 31.05), ("outside", 119.0, 31.05)])
    assert [(name, round(x / drawn.width, 2), round(y / drawn.height, 2)) for name, x, y in drawn.places] == [
        ("middle", 0.5, 0.5)
    ]


def test_a_stream_shows_points_ends_and_statements_by_month(client_as: As, park: Any) -> None:
    row = Stream.objects.get(code="EA")
    Meter.objects.create(park=park, point="P1", stream=row, role="main", register="counter", unit="kWh")
    for kind, amount in (("invoice", 5), ("report", 6)):
        Statement.objects.create(
            park=park, stream=row, kind=kind, amount=amount, unit="kWh", start=datetime(2024, 12, 31, 16, tzinfo=UTC),
            end=datetime(2025, 1, 31, 16, tzinfo=UTC), reporter=row.target,
        )  # fmt: skip
    page = client_as("office").get(f"{AT}/streams/{row.pk}/")
    assert page.context["kinds"] == ["Report", "Invoice"]
    assert [(span, [len(cell) for cell in cells]) for span, cells in page.context["months"]] == [("2025-01", [1, 1])]
    assert all(word in page.content.decode() for word in (">P1<", "Plant A"))


def test_an_end_that_is_anothers_is_named_and_not_opened(client_as: As, park: Any) -> None:
    page = client_as("reporter", "A").get(f"{AT}/streams/{Stream.objects.get(code='EA').pk}/")
    assert [end["seen"] for end in page.context["ends"]] == [False, True]
