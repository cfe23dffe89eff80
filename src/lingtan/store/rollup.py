"""Roll-ups: what changed is computed anew from the readings around it, and only rows that differ are written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

import polars as pl

from lingtan.ledger.finding import Finding
from lingtan.ledger.park import Meter, Park
from lingtan.ledger.quality import BIT
from lingtan.series import summarise
from lingtan.store import buckets, fail, files, manifest, points, read, rows
from lingtan.store.base import Connection, session, writing
from lingtan.store.feed import LOCAL, Feed, feed, fingerprint, readings
from lingtan.store.model import DAY, Segment, Store, instant

#: Readings to either side of a change whose intervals it may put in another light: dips look at most 13 ahead.
CONTEXT = 16
#: One computation costs about as much as this many rows, so that near changes are computed together.
CALL_ROWS = 200_000
DERIVED = ("hour", "day", "gap", "month")
Frames = dict[str, pl.DataFrame]


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What one step did: spans taken, rows that changed by kind, findings near them, the generation it made."""

    spans: int = 0
    points: int = 0
    rows: Mapping[str, int] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    generation: int = 0


@dataclass(slots=True)
class _Task:
    """One roll-up under way in a transaction: where it reads, what it found."""

    seen: read.View
    park: str
    nouns: Park
    changed: dict[str, list[pl.DataFrame]] = field(default_factory=lambda: {kind: [] for kind in DERIVED})
    findings: list[Finding] = field(default_factory=list)
    wide: set[int] = field(default_factory=set)
    whole: bool = False

    def rows(self) -> dict[str, int]:
        """Rows found by kind."""
        return {kind: sum(frame.height for frame in frames) for kind, frames in self.changed.items()}


def refresh(store: Store, park: str, nouns: Park, *, all_due: bool = False) -> Refreshed:
    """Compute what changed readings of a park put in another light, oldest note first, in one transaction.

    Every interval whose bounding readings changed is computed from readings around it; rows that come out as they were
    are not written again. Points whose falls are judged on their whole history are noted for later
    (``limits.recheck``); ``all_due`` takes those notes now. Nothing happens where nothing is noted (``spans`` 0).

    Raises
    ------
    Busy : another process writes. Unavailable : database or disk.
    """
    with writing(store, "rollup") as connection:
        noted = _noted(connection, store, park, all_due=all_due)
        if not noted.height:
            return Refreshed()
        task = _Task(_view(store, connection), park, nouns)
        own = points.named(connection, park).filter(pl.col("code").is_in(noted["code"].unique().implode()))
        spans, renewed = _spans(noted, own, _plans(own, nouns))
        for codes, low, high in _groups(spans, _density(connection, park)):
            _compute(task, own.filter(pl.col("code").is_in(codes)), low, high)
        _compute_months(task)
        fail.hit("rollup.middle")
        counts = task.rows()
        number = _publish(connection, store, task, kind="rollup")
        _note_again(connection, store, task, noted, own, renewed)
        connection.execute("delete from store_dirty where id = any(%s)", (noted["id"].to_list(),))
    return Refreshed(noted.height, own.height, counts, tuple(task.findings), number)


def rebuild(store: Store, park: str, nouns: Park) -> Refreshed:
    """Compute all roll-ups of a park anew from its readings and put them in the place of the old ones, at once.

    Raises
    ------
    Busy : another process writes. Unavailable : database or disk.
    """
    with writing(store, "rebuild") as connection:
        task = _Task(_view(store, connection), park, nouns, whole=True)
        old = [one for one in manifest.segments(connection, park=park) if one.kind in DERIVED]
        own = points.named(connection, park).filter(pl.col("newest_us").is_not_null())
        made: list[Segment] = []
        totals = dict.fromkeys(DERIVED, 0)
        for group in _batches(own, _density(connection, park), store.limits.chunk):
            _compute(task, group, *rows.extent(group, "oldest_us", "newest_us"))
            _compute_months(task)
            totals = {kind: totals[kind] + count for kind, count in task.rows().items()}
            made += _written(connection, store, task)
            connection.execute("select 1")  # the database ends sessions that keep still too long
        number = manifest.publish(
            connection, "rebuild", add=made, remove=old, detail={"park": park, "rows": totals, **_versions()}
        )
        renewed = dict(zip(own["code"], _plans(own, nouns), strict=True))
        points.settle(connection, renewed, sorted(task.wide))
        connection.execute("delete from store_dirty where park = %s", (park,))
    return Refreshed(0, own.height, totals, tuple(task.findings), number)


def differing(store: Store, park: str, nouns: Park) -> tuple[str, ...]:
    """Compute a park's roll-ups anew without writing, and name the points whose stored rows are others."""
    found: set[str] = set()
    with read.view(store) as seen:
        own = points.named(seen.connection, park).filter(pl.col("newest_us").is_not_null())
        for group in _batches(own, _density(seen.connection, park), store.limits.chunk):
            task = _Task(seen, park, nouns, whole=True)
            _compute(task, group, *rows.extent(group, "oldest_us", "newest_us"))
            _compute_months(task)
            for kind in ("hour", "day", "month"):
                now = pl.concat(task.changed[kind])
                held = read.derived(seen, park, kind, group["code"].to_list(), -(2**62), 2**62).select(now.columns)
                both = (now.join(held, on=now.columns, how="anti", nulls_equal=True),
                        held.join(now, on=now.columns, how="anti", nulls_equal=True))  # fmt: skip
                codes = {code for frame in both for code in frame["code"]}
                found.update(group.filter(pl.col("code").is_in(list(codes)))["point"])
    return tuple(sorted(found))


def survey(store: Store, park: str, nouns: Park) -> int:
    """Note all points whose meters, streams or clock were changed since they were computed; return how many."""
    with session(store) as connection:
        own = points.named(connection, park).filter(pl.col("newest_us").is_not_null())
        plans = pl.Series(_plans(own, nouns), dtype=pl.String)
        changed = own.filter((plans != own["plan"]) & (own["plan"] != ""))["code"].to_list()
        points.mark_whole(connection, park, changed)
    return len(changed)


def waiting(store: Store, park: str) -> int:
    """Count the notes that wait for `refresh`."""
    with session(store) as connection:
        row = connection.execute("select count(*) from store_dirty where park = %s", (park,)).fetchone()
    return int(row[0]) if row else 0


# --- What to compute --------------------------------------------------------------------------------------------------


def _view(store: Store, connection: Connection) -> read.View:
    return read.View(store, connection, manifest.current(connection).generation)


def _noted(connection: Connection, store: Store, park: str, *, all_due: bool) -> pl.DataFrame:
    """Take notes that are due, up to about ``limits.take`` rows of readings, at least one."""
    due = "" if all_due else "and due <= clock_timestamp()"
    found = connection.execute(
        f"select id, code, low_us, high_us, whole from store_dirty where park = %s {due} "  # noqa: S608
        "order by whole, due, id limit 50000 for update skip locked",
        (park,),
    ).fetchall()
    schema = {"id": pl.Int64, "code": pl.Int32, "low_us": pl.Int64, "high_us": pl.Int64, "whole": pl.Boolean}
    noted = pl.DataFrame(found, schema=schema, orient="row")
    cost = ((pl.col("high_us") - pl.col("low_us")) / DAY + 1) * _density(connection, park)
    return noted.filter((cost.cum_sum() <= store.limits.take) | (pl.int_range(pl.len()) == 0))


def _density(connection: Connection, park: str) -> float:
    """Give the readings of a point and day, on the whole."""
    row = connection.execute(
        "select (select sum(rows) from store_segment where park = %s and kind = 'raw' and removed is null), "
        "(select sum(newest_us - oldest_us + %s) from store_point where park = %s)",
        (park, DAY, park),
    ).fetchone()
    return float(row[0]) * DAY / float(row[1]) if row and row[0] and row[1] else 96.0


def _plans(own: pl.DataFrame, nouns: Park) -> list[str]:
    """Fingerprints of points, with the quantum that their amounts are in."""
    meters: dict[str, list[Meter]] = {point: [] for point in own["point"]}
    for meter in nouns.meters:
        if meter.point in meters:
            meters[meter.point].append(meter)
    quantum = feed(nouns, own, context=CONTEXT).quantum
    return [f"{fingerprint(nouns, point, group)} {quantum.get(point, '')}" for point, group in meters.items()]


def _spans(noted: pl.DataFrame, own: pl.DataFrame, plans: Sequence[str]) -> tuple[pl.DataFrame, dict[int, str]]:
    """Bring notes to one span a point; the whole history where asked, or where the point's plan changed."""
    told = own.select("code", "plan", "oldest_us", "newest_us").with_columns(now=pl.Series(plans, dtype=pl.String))
    joined = noted.join(told, on="code")
    whole = pl.col("whole") | ((pl.col("plan") != pl.col("now")) & (pl.col("plan") != ""))
    spans = joined.select(
        "code",
        low_us=pl.when(whole).then("oldest_us").otherwise("low_us"),
        high_us=pl.when(whole).then("newest_us").otherwise("high_us"),
    )
    changed = told.filter(pl.col("plan") != pl.col("now"))
    merged = spans.sort("code", "low_us").group_by("code", pl.col("low_us") // (40 * DAY)).agg(
        low=pl.col("low_us").min(), high=pl.col("high_us").max()
    )  # fmt: skip
    return merged.select("code", low_us="low", high_us="high").sort("low_us"), dict(
        changed.select("code", "now").rows()
    )


def _groups(spans: pl.DataFrame, density: float) -> Iterator[tuple[list[int], int, int]]:
    """Gather near spans into computations, as long as together they cost less than apart."""
    codes: set[int] = set()
    low = high = 0
    apart = 0.0
    for code, first, last in spans.iter_rows():
        alone = ((last - first) / DAY + 2) * density + CALL_ROWS
        span = max(high, last) - min(low, first)
        together = len(codes | {code}) * (span / DAY + 2) * density + CALL_ROWS
        if codes and together > apart + alone:
            yield sorted(codes), low, high
            codes, apart = set(), 0.0
        low, high = (min(low, first), max(high, last)) if codes else (first, last)
        codes.add(code)
        apart += alone
    if codes:
        yield sorted(codes), low, high


def _batches(own: pl.DataFrame, density: float, most: int) -> Iterator[pl.DataFrame]:
    """Cut points into groups whose whole history is about ``most`` rows."""
    if not own.height:
        return
    size = ((pl.col("newest_us") - pl.col("oldest_us")) / DAY + 1) * density
    number = (size.cum_sum() // most).cast(pl.Int64)
    yield from own.with_columns(group=number).partition_by("group", include_key=False)


# --- Computing --------------------------------------------------------------------------------------------------------


def _compute(task: _Task, own: pl.DataFrame, low_us: int, high_us: int) -> None:
    """Compute the rows of points around a span of changed readings, and keep those that differ."""
    fed = feed(task.nouns, own, context=CONTEXT)
    days = _window(task, own, fed, (low_us, high_us))
    settled = _settled(task, own, (days[0], days[-1]), (fed.reach_us, *read.REACH))
    start, end = instant(days[0]), instant(days[-1])
    series = summarise(
        [readings(settled, fed)] if fed.park.meters else [], fed.park, start, end, steps=("hour", "day"), limits=LOCAL,
        history=lambda names: [_history(task, own, fed, names)],
    )  # fmt: skip
    hour = buckets.hours(series, settled, fed, days)
    day = buckets.days_of(series, hour, fed, days)
    gap = buckets.gaps_of(series, fed, days)
    _judge(task, hour, series.findings, own)
    zone = task.nouns.settings.zone
    limits = _limits(fed, days, zone)
    for kind, frame, values in (
        ("hour", hour, buckets.VALUES),
        ("day", day, buckets.VALUES),
        ("gap", gap, buckets.GAP_VALUES),
    ):
        inside = frame.join(limits, on="code", maintain_order="left").filter(
            pl.col("us") >= pl.col("first"), pl.col("us") < pl.col("last")
        )
        _keep(task, kind, inside.select("code", "us", *values), own, (days[0], days[-1]))


def _settled(task: _Task, own: pl.DataFrame, span: tuple[int, int], reach: Sequence[int]) -> pl.DataFrame:
    return rows.settled(read.bounded(task.seen, task.park, own, span, edge=CONTEXT + 1, reach=reach))


def _window(task: _Task, own: pl.DataFrame, fed: Feed, span: tuple[int, int]) -> list[int]:
    """Local days whose rows the changed readings may touch: as far as the context of readings around them reaches."""
    zone, bounds = task.nouns.settings.zone, fed.bounds
    if task.whole:
        first, last = rows.extent(bounds, "low_us", "high_us")
        return buckets.day_starts(zone, first, last + 1)
    near = _settled(task, own, (span[0], span[1] + 1), (fed.reach_us, *read.REACH))
    us = pl.col("us")
    around = near.group_by("code").agg(
        before=us.filter(us < span[0]).top_k(CONTEXT).min(),
        n_before=(us < span[0]).sum(),
        after=us.filter(us > span[1]).bottom_k(CONTEXT).max(),
        n_after=(us > span[1]).sum(),
    )
    judged = around.join(bounds, on="code").select(
        low=pl.when(pl.col("n_before") >= CONTEXT).then("before").otherwise("low_us"),
        high=pl.when(pl.col("n_after") >= CONTEXT).then("after").otherwise("high_us"),
    )
    first, last = judged.select(pl.min("low"), pl.max("high")).row(0)
    return buckets.day_starts(zone, min(span[0], int(first)), max(span[1], int(last)) + 1)


def _limits(fed: Feed, days: list[int], zone: Any) -> pl.DataFrame:
    """First and last instant of the days in which each point has rows."""
    low, high = rows.extent(fed.bounds, "low_us", "high_us")
    wide = buckets.day_starts(zone, low, high + 1)
    first = buckets.floor_to(fed.bounds["low_us"], wide)
    last = buckets.floor_to(fed.bounds["high_us"], wide)
    ends = dict(zip(wide, [*wide[1:], wide[-1]], strict=True))
    return fed.bounds.select("code", first=first, last=pl.Series([ends[one] for one in last], dtype=pl.Int64))


def _history(task: _Task, own: pl.DataFrame, fed: Feed, names: Sequence[str]) -> pl.DataFrame:
    """All readings of points of which the window alone cannot tell; they are noted as such."""
    asked = own.filter(pl.col("point").is_in(list(names)))
    task.wide.update(asked["code"].to_list())
    low, high = rows.extent(asked, "oldest_us", "newest_us")
    found = read.raw(task.seen, task.park, asked["code"].to_list(), low, high + 1)
    return readings(rows.settled(found), fed)


def _judge(task: _Task, hour: pl.DataFrame, findings: Iterable[Finding], own: pl.DataFrame) -> None:
    """Keep the findings; points that fell are judged on their whole history."""
    kept = [finding for finding in findings if finding.code not in {"no_readings", "silent"}]
    task.findings += kept
    fell = hour.filter(pl.col("flags") & (BIT["reset"] | BIT["rolled_over"] | BIT["spike"]) != 0)["code"].unique()
    task.wide.update(fell.to_list())
    dipped = {finding.where.point for finding in kept if finding.code == "counter_dip"}
    task.wide.update(own.filter(pl.col("point").is_in(list(dipped)))["code"].to_list())


def _keep(task: _Task, kind: str, frame: pl.DataFrame, own: pl.DataFrame, span: tuple[int, int]) -> None:
    """Keep the rows that differ from those stored; a gap that is no more is overwritten by an empty one."""
    if task.whole:
        task.changed[kind].append(frame)
        return
    stored = read.derived(task.seen, task.park, kind, own["code"].to_list(), *span).drop("gen")
    stored = stored.select(frame.columns)
    changed = frame.join(stored, on=frame.columns, how="anti", nulls_equal=True, maintain_order="left")
    if kind == "gap":
        gone = stored.filter(pl.col("end_us") > pl.col("us")).join(frame, on=["code", "us"], how="anti")
        gone = gone.with_columns(end_us=pl.col("us"), amount=pl.lit(None, pl.Int64))
        changed = pl.concat([changed, gone]).sort("code", "us")
    task.changed[kind].append(changed)


def _compute_months(task: _Task) -> None:
    """Compute the months of which a day or a gap changed, from their days and gaps."""
    day, gap = pl.concat(task.changed["day"]), pl.concat(task.changed["gap"])
    touched = [day.select("code", "us"), gap.select("code", "us"), gap.select("code", us=pl.col("end_us") - 1)]
    spans = pl.concat(touched).group_by("code").agg(low=pl.min("us"), high=pl.max("us"))
    if not spans.height:
        return
    codes, zone = spans["code"].to_list(), task.nouns.settings.zone
    low, high = rows.extent(spans, "low", "high")
    months = buckets.month_starts(zone, low, high + 1)
    days, gaps = day, gap
    if not task.whole:
        stored = read.derived(task.seen, task.park, "day", codes, months[0], months[-1])
        days = _over(stored.select(day.columns), day)
        held = read.derived(task.seen, task.park, "gap", codes, -(2**62), months[-1])
        gaps = _over(held.select(gap.columns), gap)
    made = buckets.months_of(days, gaps, zone)
    own = spans.select("code")
    task.changed["month"].append(pl.DataFrame(schema=made.schema))
    keep = made.join(own, on="code", how="semi", maintain_order="left")
    _keep(task, "month", keep.select("code", "us", *buckets.VALUES), own, (months[0], months[-1]))


def _over(stored: pl.DataFrame, fresh: pl.DataFrame) -> pl.DataFrame:
    """Put fresh rows in the place of stored ones."""
    rest = stored.join(fresh, on=["code", "us"], how="anti")
    return pl.concat([rest, fresh.select(stored.columns).unique(["code", "us"], keep="last")])


# --- Publishing -------------------------------------------------------------------------------------------------------


def _publish(connection: Connection, store: Store, task: _Task, *, kind: str) -> int:
    detail = {"park": task.park, "rows": task.rows(), **_versions()}
    return manifest.publish(connection, kind, add=_written(connection, store, task), remove=(), detail=detail)


def _written(connection: Connection, store: Store, task: _Task) -> list[Segment]:
    """Write what changed as segments that name the state of the readings they were computed from."""
    last = manifest.current(connection)
    inputs = {"generation": last.generation, "digest": last.digest, **_versions()}
    made = []
    for kind, frames in task.changed.items():
        held = [one for one in frames if one.height]
        if not held:
            continue
        once = held[0] if len(held) == 1 else pl.concat(held).unique(["code", "us"], keep="last").sort("code", "us")
        frame = once.with_columns(gen=pl.lit(last.generation + 1, pl.Int64))
        for part, own in _parts(frame, kind):
            made.append(files.write(store, [own], kind=kind, park=task.park, part=part, inputs=inputs))
        frames.clear()
    return made


def _parts(frame: pl.DataFrame, kind: str) -> Iterator[tuple[int, pl.DataFrame]]:
    if kind in {"month", "gap"}:
        yield 0, frame
        return
    date = pl.col("us").cast(pl.Datetime("us"))
    part = date.dt.year() * 100 + date.dt.month() if kind == "hour" else date.dt.year()
    parted = frame.with_columns(part=part.cast(pl.Int32)).partition_by("part", as_dict=True, include_key=False)
    for key, own in parted.items():
        yield int(key[0]), own


def _note_again(
    connection: Connection,
    store: Store,
    task: _Task,
    noted: pl.DataFrame,
    own: pl.DataFrame,
    renewed: Mapping[int, str],
) -> None:
    """Note points that are judged on their whole history: new ones now, known ones after a while."""
    known = set(own.filter("wide")["code"].to_list())
    whole = set(noted.filter("whole")["code"].to_list())
    points.settle(connection, renewed, sorted(task.wide))
    connection.execute("delete from store_dirty where id = any(%s)", (noted["id"].to_list(),))
    points.mark_whole(connection, task.park, sorted(task.wide - known - whole))
    later = (known & set(noted.filter(~pl.col("whole"))["code"].to_list())) - whole
    points.mark_whole(connection, task.park, sorted(later), after_s=store.limits.recheck.total_seconds())


def _versions() -> dict[str, str]:
    return {"lingtan": version("lingtan")}
