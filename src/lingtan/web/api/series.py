"""Series of metering points as Arrow IPC streams, of points whose stream the person may see and of no others."""

import io
from datetime import datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Query, Router
from pydantic import Field

from lingtan.web.api.keys import gate
from lingtan.web.api.problems import ProblemError
from lingtan.web.api.records import READ, ParkCode, known_only, problems
from lingtan.web.api.schemas import Instant, Strict, Text
from lingtan.web.metering.models import Meter, VirtualPoint

MEDIA_TYPE = "application/vnd.apache.arrow.stream"
LONGEST, MOST = timedelta(days=400), 20
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
def series(request: HttpRequest, asked: Query[SeriesQuery], park: str = ParkCode) -> HttpResponse:
    """Give point, time and value of readings, or point, start, end, amount, unit, resolved and known of a step.

    The span is half-open and at most 400 days long. A point that is not the person's is not there.
    """
    gate(request, park, "series")
    known_only(request, "point", "from", "to", "step")
    _sound(asked)
    points = tuple(dict.fromkeys(asked.point))
    _visible(request, points)
    frame = _read(request.park, points, asked)
    return HttpResponse(_stream(frame), content_type=MEDIA_TYPE)


def _sound(asked: SeriesQuery) -> None:
    if not asked.since < asked.until <= asked.since + LONGEST:
        message = _("Expected to after from, and at most 400 days between.")
        raise ProblemError(422, errors=[{"place": "query", "field": "to", "message": message}])


def _visible(request: HttpRequest, points: tuple[str, ...]) -> None:
    """Be the one gate of series: every point stands on streams that the person sees, in all of its rows."""
    for point in points:
        seen = hidden = 0
        for model in (Meter, VirtualPoint):
            mine = model.objects.visible_to(request.access).filter(point=point)
            seen += mine.count()
            hidden += model.objects.filter(Q(park=request.park, point=point) & ~Q(pk__in=mine.values("pk"))).count()
        if not seen or hidden:
            raise Http404


def _read(park: Any, points: tuple[str, ...], asked: SeriesQuery) -> Any:
    import polars as pl

    from lingtan import series as rollups
    from lingtan.ledger import clock
    from lingtan.web.park.folder import book

    opened = book(park)
    source = opened.loaded.readings
    if asked.step == "reading":
        frames = [pl.DataFrame(schema={"point": pl.String, "time": pl.Datetime("us", "UTC"), "value": pl.Float64})]
        inside = (pl.col("time") >= asked.since) & (pl.col("time") < asked.until)
        for block in source.blocks(points, asked.since, asked.until):
            point, at = pl.col("point").cast(pl.String), pl.col("time").cast(pl.Datetime("us", "UTC"))
            frames.append(block.filter(inside).select(point, at, "value"))
        return pl.concat(frames)
    span = _whole(asked.since, asked.until, asked.step, ZoneInfo(park.timezone), clock)
    blocks = source.blocks(points, span[0] - timedelta(days=2), span[1] + timedelta(days=2), edge=16)
    rolled = rollups.summarise(blocks, opened.park, *span, steps=(asked.step,), place=source.place)
    return _amounts(rolled, points, asked.step, opened.park)


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


def _stream(frame: Any) -> bytes:
    import pyarrow as pa

    table = frame.to_arrow()
    target = io.BytesIO()
    with pa.ipc.new_stream(target, table.schema) as writer:
        writer.write_table(table)
    return target.getvalue()
