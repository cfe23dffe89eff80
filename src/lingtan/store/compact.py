"""The compactor: undone batches to segments, and small segments to large ones; one transaction a step."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from lingtan.store import fail, files, inbox, manifest, points, rows
from lingtan.store.base import Connection, writing
from lingtan.store.model import DAY, Damaged, Segment, Store, instant


@dataclass(frozen=True, slots=True)
class Compacted:
    """What one step did: batches and readings taken, readings that were new, the generation it made."""

    batches: int = 0
    readings: int = 0
    fresh: int = 0
    generation: int = 0


def compact(store: Store) -> Compacted:
    """Take undone batches to segments, mark them done and name what must be computed anew, all in one transaction.

    Nothing happens where nothing waits (``batches`` 0). A batch whose content is damaged is kept, marked and left out.

    Raises
    ------
    Busy : another process compacts. Unavailable : database or disk.
    """
    with writing(store, "compact") as connection:
        taken = inbox.undone(connection, store.limits.take)
        if not taken:
            return Compacted()
        frames = _unpacked(connection, taken)
        count = sum(frame.height for _, _, frame in frames)
        number = manifest.current(connection).generation + 1
        made: list[Segment] = []
        fresh = 0
        by_park: dict[str, list[tuple[int, pl.DataFrame]]] = defaultdict(list)
        for batch, park, frame in frames:
            by_park[park].append((batch, frame))
        for park, own in by_park.items():
            arrived = _arrived(connection, store, park, own, number)
            fresh += arrived.height
            batches = ranges([batch for batch, _ in own])
            for part, month in _by_month(arrived):
                made.append(files.write(store, [month], kind="raw", park=park, part=part, inputs={"batches": batches}))
            fail.hit("compact.middle")
            points.mark_spans(connection, park, rows.stretches(arrived, DAY))
        done = [batch for batch, _, _ in frames]
        detail = {"batches": ranges(done), "readings": count, "fresh": fresh}
        manifest.publish(connection, "compact", add=made, remove=(), detail=detail)
        connection.execute("update store_inbox set generation = %s where batch = any(%s)", (number, done))
    return Compacted(len(done), count, fresh, number)


def merge(store: Store, park: str | None = None) -> int:
    """Merge segments of one month and about one size; return how many were merged, 0 where nothing is to do.

    Raises
    ------
    Busy : another process compacts. Unavailable : database or disk.
    """
    with writing(store, "merge") as connection:
        group = _mergeable(manifest.segments(connection, park=park), store)
        if not group:
            return 0
        first = group[0]
        made = _merged(store, group) if first.kind == "raw" else _renewed(store, group, manifest.floor(connection))
        fail.hit("merge.middle")
        manifest.publish(connection, "merge", add=made, remove=group, detail={"kind": first.kind, "part": first.part})
    return len(group)


def ranges(numbers: Sequence[int]) -> list[list[int]]:
    """Write whole numbers as inclusive ranges."""
    found: list[list[int]] = []
    for number in sorted(numbers):
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return found


# --- Batches ----------------------------------------------------------------------------------------------------------


def _unpacked(connection: Connection, taken: Sequence[int]) -> list[tuple[int, str, pl.DataFrame]]:
    frames = []
    for batch, park, digest, content in inbox.contents(connection, taken):
        try:
            frames.append((batch, park, inbox.unpack(content, digest)))
        except Damaged as fault:
            connection.execute("update store_inbox set fault = %s where batch = %s", (str(fault), batch))
    return frames


def _arrived(
    connection: Connection, store: Store, park: str, batches: Sequence[tuple[int, pl.DataFrame]], generation: int
) -> pl.DataFrame:
    """Bring the batches of a park to raw rows of what is new in them; points learn what they now hold."""
    frame = pl.concat(
        part.with_columns(
            batch=pl.lit(batch, pl.Int64), row=pl.int_range(pl.len(), dtype=pl.Int32), us=pl.col("time").to_physical()
        )
        for batch, part in batches
    )
    known = points.known(connection, park, frame.get_column("point").unique())
    coded = frame.join(known.select("point", "code", "places"), on="point", how="left", maintain_order="left")
    marked = rows.late(coded, known["newest_us"].to_list(), known["code"].to_list())
    decimals = known.select("code", "places")
    encoded = rows.encode(marked.drop("point", "time", "places"), decimals).with_columns(
        gen=pl.lit(generation, pl.Int64)
    )
    fresh = rows.fresh(encoded, _old(connection, store, park, encoded, known))
    points.learn(connection, fresh)
    return fresh.select(files.columns("raw"))


def _old(connection: Connection, store: Store, park: str, frame: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Read what the segments hold of the times that are not behind everything known of their point."""
    newest = known.select("code", "newest_us").drop_nulls()
    asked = frame.select("code", "us").join(newest, on="code").filter(pl.col("us") <= pl.col("newest_us"))
    if not asked.height:
        return files.empty("raw")
    found = []
    for part, own in _by_month(asked):
        low, high = rows.extent(own)
        codes = own["code"].unique().sort().to_list()
        held = manifest.segments(
            connection, park=park, kind="raw", part=part, span=(low, high), codes=(codes[0], codes[-1])
        )
        scan = files.scan(store, held, kind="raw").filter(
            pl.col("us").is_between(low, high), pl.col("code").is_in(codes)
        )
        found.append(scan.join(own.lazy().select("code", "us").unique(), on=["code", "us"], how="semi").collect())
    return pl.concat(found)


def _by_month(frame: pl.DataFrame) -> Iterator[tuple[int, pl.DataFrame]]:
    """Cut sorted rows by UTC month (``yyyymm``)."""
    if not frame.height:
        return
    first, last = (instant(int(us)) for us in frame.select(pl.min("us").alias("a"), pl.max("us").alias("b")).row(0))
    if (first.year, first.month) == (last.year, last.month):
        yield first.year * 100 + first.month, frame
        return
    date = pl.col("us").cast(pl.Datetime("us"))
    month = (date.dt.year() * 100 + date.dt.month()).cast(pl.Int32)
    for key, own in frame.with_columns(part=month).partition_by("part", as_dict=True, include_key=False).items():
        yield int(key[0]), own


# --- Merging ----------------------------------------------------------------------------------------------------------


def _mergeable(live: Sequence[Segment], store: Store) -> list[Segment]:
    """Find segments of one kind, month, block and size class that are enough for a merge."""
    classes: dict[tuple[Any, ...], list[Segment]] = defaultdict(list)
    for segment in live:
        classes[segment.park, segment.kind, segment.part, _block(segment, store), _size(segment, store)].append(segment)
    full = [group for group in classes.values() if len(group) >= store.limits.fan]
    return min(full, key=lambda group: sum(segment.rows for segment in group), default=[])


def _block(segment: Segment, store: Store) -> int:
    """Give the number of the block that holds all points of a segment, -1 where there is none."""
    low, high = (segment.low_code - 1) // store.limits.block, (segment.high_code - 1) // store.limits.block
    return low if low == high else -1


def _size(segment: Segment, store: Store) -> int:
    """Size class: each is ``fan`` times the one before."""
    rows_, size = segment.rows // 1024, 0
    while rows_ >= store.limits.fan:
        rows_, size = rows_ // store.limits.fan, size + 1
    return size


def _inputs(group: Sequence[Segment]) -> Mapping[str, Any]:
    return {"segments": [segment.id for segment in group]}


def _merged(store: Store, group: Sequence[Segment]) -> list[Segment]:
    """Merge raw segments; every version stays. Large ones come out by blocks of points."""
    sizes = files.scan(store, group, kind="raw").group_by("code").agg(n=pl.len()).sort("code").collect()
    if sizes["n"].sum() < store.limits.split:
        return [_one(store, group, sizes)]
    by_block = sizes.with_columns(block=(pl.col("code") - 1) // store.limits.block).partition_by("block")
    return [_one(store, group, own) for own in by_block]


def _one(store: Store, group: Sequence[Segment], sizes: pl.DataFrame) -> Segment:
    first = group[0]
    parts = _chunks(store, group, sizes)
    return files.write(store, parts, kind="raw", park=first.park, part=first.part, inputs=_inputs(group))


def _chunks(store: Store, group: Sequence[Segment], sizes: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Read the rows of some codes in order, whole points, about ``chunk`` rows at a time."""
    scan = files.scan(store, group, kind="raw")
    number = (pl.col("n").cum_sum() - 1) // store.limits.chunk
    for own in sizes.with_columns(chunk=number).partition_by("chunk"):
        yield rows.ordered(scan.filter(pl.col("code").is_between(own["code"][0], own["code"][-1])).collect())


def _renewed(store: Store, group: Sequence[Segment], floor: int) -> list[Segment]:
    """Merge derived segments: of each interval the rows of kept generations, and the newest before them."""
    kind = group[0].kind
    frame = files.scan(store, group, kind=kind).sort("code", "us", "gen").collect()
    following = pl.col("gen").shift(-1).over("code", "us")
    kept = frame.filter((following.is_null()) | (following > floor))
    return [files.write(store, [kept], kind=kind, park=group[0].park, part=group[0].part, inputs=_inputs(group))]


def run(store: Store, *, most: int = 1_000) -> Compacted:
    """Compact until nothing waits, merging between steps; return the sums."""
    total = Compacted()
    for _ in range(most):
        step = compact(store)
        if not step.batches:
            break
        total = Compacted(
            total.batches + step.batches, total.readings + step.readings, total.fresh + step.fresh, step.generation
        )
        while merge(store):
            continue
    return total
