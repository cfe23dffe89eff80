"""Series of metering points as Arrow IPC streams, of points whose stream the person may see and of no others."""

import io
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.utils.translation import gettext as _
from ninja import Query, Router
from pydantic import Field

from lingtan.web.api.keys import gate
from lingtan.web.api.problems import ProblemError
from lingtan.web.api.records import READ, ParkCode, known_only, problems
from lingtan.web.api.schemas import Instant, Strict, Text
from lingtan.web.kernel.scope import over
from lingtan.web.metering.models import Meter, VirtualPoint
from lingtan.web.park.folder import snapshot

if TYPE_CHECKING:
    import polars as pl

    from lingtan.book import Book
    from lingtan.web.people.access import Access

MEDIA_TYPE = "application/vnd.apache.arrow.stream"
LONGEST, MOST, BATCH = timedelta(days=400), 20, 65_536
router = Router(tags=["series"])


class SeriesQuery(Strict):
    """Which points over which span; ``step`` is ``reading`` (as they came) or what amounts are rolled up by."""

    point: list[Text] = Field(..., min_length=1, max_length=MOST)
    since: Instant = Field(..., alias="from")
    until: Instant = Field(..., alias="to")
    step: Literal["reading", "hour", "day", "month"] = "reading"


@router.get(
    "/parks/{park}/series", response={200: None, **problems(*READ)}, operation_id="get_series",
    summary="Readings or amounts of metering points as Arrow",
    openapi_extra={"responses": {200: {"content": {MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}}}}},
)  # fmt: skip
def series(request: HttpRequest, asked: Query[SeriesQuery], park: str = ParkCode) -> StreamingHttpResponse:
    """Give a stream of record batches, one or more a point, points by name and times rising.

    Of readings: point (text), time (UTC, microseconds), value (float64). Of a step: point, start, end, amount
    (float64, null where nothing is known), unit (text), resolved and known (shares 0 to 1). The schema's metadata names
    park, step and time zone. The span is half-open and at most 400 days long; a step widens it to whole days, or
    months, of the park. A point that is not the person's is not there.
    """
    gate(request, park, "series")
    known_only(request, "point", "from", "to", "step")
    _sound(asked)
    points = tuple(sorted(set(asked.point)))
    _visible(request, points, over(request.access, *_span(request.park, asked)))
    opened = _book(str(snapshot(request.park)))
    frames = _readings(opened, points, asked) if asked.step == "reading" else _steps(opened, points, asked)
    told = {"park": park, "step": asked.step, "timezone": request.park.timezone}
    return StreamingHttpResponse(_stream(frames, told), content_type=MEDIA_TYPE)


def _sound(asked: SeriesQuery) -> None:
    if not asked.since < asked.until <= asked.since + LONGEST:
        message = _("Expected to after from, and at most 400 days between.")
        raise ProblemError(422, errors=[{"place": "query", "field": "to", "message": message}])


def _span(park: Any, asked: SeriesQuery) -> tuple[datetime, datetime]:
    """Return the span that the answer tells of: a step widens it."""
    from lingtan.ledger import clock

    if asked.step == "reading":
        return asked.since, asked.until
    return _whole(asked.since, asked.until, asked.step, ZoneInfo(park.timezone), clock)


def _visible(request: HttpRequest, points: tuple[str, ...], access: "Access") -> None:
    """Be the one gate of series: every point stands on streams that the person sees, in all of its rows.

    ``access``: of those of his parts whose reporting period holds the whole span that is asked for.
    """
    seen: Counter[str] = Counter()
    there: Counter[str] = Counter()
    for model in (Meter, VirtualPoint):
        seen.update(model.objects.visible_to(access).filter(point__in=points).values_list("point", flat=True))
        there.update(model.objects.filter(park=request.park, point__in=points).values_list("point", flat=True))
    if any(not seen[point] or seen[point] != there[point] for point in points):
        raise Http404


@lru_cache(maxsize=2)
def _book(path: str) -> "Book":
    """Open a snapshot; it is never changed in place, so what was opened once holds."""
    from lingtan.book import Book

    return Book.open(Path(path))


def _readings(opened: "Book", points: tuple[str, ...], asked: SeriesQuery) -> Iterator["pl.DataFrame"]:
    """Give the readings of one point after another, so that no more than one is held."""
    import polars as pl

    point, at = pl.col("point").cast(pl.String), pl.col("time").cast(pl.Datetime("us", "UTC"))
    inside = (pl.col("time") >= asked.since) & (pl.col("time") < asked.until)
    yield pl.DataFrame(schema={"point": pl.String, "time": pl.Datetime("us", "UTC"), "value": pl.Float64})
    for block in opened.loaded.readings.blocks(points, asked.since, asked.until, block_points=1):
        yield block.filter(inside).select(point, at, "value")


def _steps(opened: "Book", points: tuple[str, ...], asked: SeriesQuery) -> Iterator["pl.DataFrame"]:
    """Give the amounts of one point after another."""
    from lingtan import series as rollups
    from lingtan.ledger import clock

    source = opened.loaded.readings
    span = _whole(asked.since, asked.until, asked.step, opened.park.settings.zone, clock)
    for point in points:
        blocks = source.blocks((point,), span[0] - timedelta(days=2), span[1] + timedelta(days=2), edge=16)
        rolled = rollups.summarise(blocks, opened.park, *span, steps=(asked.step,), place=source.place)
        yield _amounts(rolled, (point,), asked.step, opened.park)


def _whole(since: datetime, until: datetime, step: str, zone: ZoneInfo, clock: Any) -> tuple[datetime, datetime]:
    """Widen a span to the whole local days or months that it touches."""
    buckets = clock.months(since, until, zone) if step == "month" else clock.days(since, until, zone)
    return buckets[0][0], buckets[-1][1]


def _amounts(rolled: Any, points: tuple[str, ...], step: str, park: Any) -> Any:
    import polars as pl

    frame = rolled.buckets[step].with_columns(pl.col("point").cast(pl.String)).filter(pl.col("point").is_in(points))
    stream_of = {meter.point: meter.stream for meter in park.meters}
    unit = {point: park.commodities[park.streams[stream].commodity].unit for point, stream in stream_of.items()}
    quantum = {point: float(rolled.quantum.get(point, 1)) for point in points}
    share = pl.when(pl.col("periods") > 0).then(pl.col("resolved") / pl.col("periods"))
    known = pl.when(pl.col("time_us") > 0).then(pl.col("known_us") / pl.col("time_us"))
    return frame.select(
        "point",
        "start",
        "end",
        (pl.col("amount") * pl.col("point").replace_strict(quantum, default=1.0)).alias("amount"),
        pl.col("point").replace_strict(unit, default="").alias("unit"),
        share.alias("resolved"),
        known.alias("known"),
    ).sort("point", "start")


def _stream(frames: Iterator["pl.DataFrame"], told: dict[str, str]) -> Iterator[bytes]:
    """Write frames as an Arrow IPC stream, piece by piece; the first frame says the schema."""
    import pyarrow as pa

    first = next(frames).to_arrow()
    schema = first.schema.with_metadata(told)
    target = io.BytesIO()
    with pa.ipc.new_stream(target, schema) as writer:
        for table in chain((first,), (frame.to_arrow() for frame in frames)):
            writer.write_table(table.cast(schema), max_chunksize=BATCH)
            yield target.getvalue()
            target.seek(0)
            target.truncate()
    yield target.getvalue()
