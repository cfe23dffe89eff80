"""All readings of a folder, in blocks of points, without holding more than is needed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from lingtan.ledger.finding import Finding
from lingtan.ledger.folder.columns import READINGS
from lingtan.ledger.folder.faults import gathered, shown_name
from lingtan.ledger.folder.readings.meterbook import FRAME, MeterBook, meter_book
from lingtan.ledger.folder.readings.sheets import SHEET_BYTES, read_sheet
from lingtan.ledger.folder.tree import Tree
from lingtan.ledger.park import Park

if TYPE_CHECKING:
    from lingtan.ledger.folder.readings.slabs import Group, Slab

__all__ = ["MARGIN", "ReadingSource", "is_readings"]

# How far before and behind a window the bounding readings are looked for in Parquet files.
MARGIN = timedelta(days=45)
ORDER_BITS = 32
# Rows of CSV files held parsed between blocks, and rows of row groups held because later blocks need the rest of them.
SHEET_ROWS = 12_000_000
REST_ROWS = 20_000_000


@dataclass(slots=True)
class _Window:
    """Half-open window asked for; None is open. ``edge`` reading times are carried on either side."""

    start: datetime | None
    end: datetime | None
    edge: int = 1

    def near(self, group: Group) -> bool:
        """Tell whether a row group may hold readings of the window or its bounding ones."""
        start = self.start - MARGIN if self.start else None
        end = self.end + MARGIN if self.end else None
        return group.may_reach(start, end)

    def cut(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Keep the window with, for each point, its last reading times before it and its first at or after it."""
        time = pl.col("time")
        keep = pl.lit(value=True)
        if self.start is not None:
            before = time.filter(time < self.start).unique().top_k(self.edge).min().over("point")
            keep &= ((time >= self.start) | (time >= before)).fill_null(value=False)
        if self.end is not None:
            after = time.filter(time >= self.end).unique().bottom_k(self.edge).max().over("point")
            keep &= ((time < self.end) | (time <= after)).fill_null(value=False)
        return frame.filter(keep)

    def bounded(self, frame: pl.DataFrame, *, before: bool) -> set[str]:
        """Points that have a reading near the window on a side, nearer than any row group that is left out."""
        time = pl.col("time")
        if before:
            near = frame.filter((time < self.start) & (time >= pl.lit(self.start) - MARGIN))
        else:
            near = frame.filter((time >= self.end) & (time < pl.lit(self.end) + MARGIN))
        return set(near["point"].unique().cast(pl.String))

    def bounds(self, frame: pl.DataFrame, *, before: bool) -> dict[str, datetime]:
        """Point -> its last reading time before the window, or its first at or after it."""
        time = pl.col("time")
        beyond = frame.filter(time < self.start if before else time >= self.end)
        best = beyond.group_by(pl.col("point").cast(pl.String)).agg(time.max() if before else time.min())
        return dict(best.iter_rows())


@dataclass(slots=True)
class ReadingSource:
    """The files under ``readings/`` in name order.

    ``points`` are the metering points of meters.csv in name order. Files are opened when blocks are asked for; what is
    wrong in them is told by `findings` afterwards, once however often they are read.
    """

    root: Path | None
    files: tuple[str, ...]
    book: MeterBook
    _sheets: dict[int, pl.DataFrame] = field(default_factory=dict, repr=False)
    _slabs: dict[int, Slab | None] = field(default_factory=dict, repr=False)
    _found: dict[tuple[int, int], list[Finding]] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, park: Park, tree: Tree | None = None) -> ReadingSource:
        """Source of the readings of a folder; without a folder it is empty."""
        files = tuple(file for file in tree.files if is_readings(file)) if tree else ()
        return cls(tree.root if tree else None, files, meter_book(park.settings.zone, park.meters))

    @property
    def points(self) -> tuple[str, ...]:
        """Metering points in name order."""
        return self.book.points

    def blocks(
        self,
        points: Sequence[str] | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        *,
        block_points: int = 40,
        edge: int = 1,
    ) -> Iterator[pl.DataFrame]:
        """Give the readings of ``points`` (default all) over [start, end) in frames of up to ``block_points`` points.

        Frames have the columns of the contract "Reading frames" (point, time, value, seq, order), rows in file order,
        and hold for each point its last reading before ``start`` and its first at or after ``end``, however far away
        they are; up to ``edge`` of them on either side where Parquet files have them within 45 days (`MARGIN`). Points
        come in name order; a block without readings is left out.
        """
        wanted = tuple(sorted(set(self.points if points is None else points)))
        window = _Window(start and start.astimezone(UTC), end and end.astimezone(UTC), edge)
        rest: dict[tuple[int, int], pl.DataFrame] = {}
        for place in range(0, len(wanted), block_points):
            frame = self._block(wanted[place : place + block_points], wanted[-1], window, rest)
            if frame.height:
                yield frame
        if points is None and start is None and end is None:
            self._look_at_rest()

    def findings(self) -> tuple[Finding, ...]:
        """Give the findings of what was read so far, in file order."""
        return gathered(finding for key in sorted(self._found) for finding in self._found[key])

    def place(self, order: int) -> tuple[str, int]:
        """File and physical line (Parquet: row, from 1) of a row's ``order``."""
        return shown_name(self.files[order >> ORDER_BITS]), order & ((1 << ORDER_BITS) - 1)

    def _block(
        self, block: Sequence[str], last: str, window: _Window, rest: dict[tuple[int, int], pl.DataFrame]
    ) -> pl.DataFrame:
        parts: dict[tuple[int, int], pl.DataFrame] = {}
        far: list[tuple[int, Group]] = []
        for index, file in enumerate(self.files):
            if file.endswith(".csv"):
                parts[index, -1] = _of_points(self._sheet(index), block)
                continue
            slab = self._slab(index)
            for group in slab.groups if slab else ():
                if group.may_hold(block[0], block[-1]):
                    if window.near(group):
                        parts[index, group.number] = self._part(index, group, block, last, rest)
                    else:
                        far.append((index, group))
        if far:
            self._reach(parts, far, block, window)
        filled = [parts[key] for key in sorted(parts) if parts[key].height]
        frame = pl.concat(filled) if filled else FRAME.to_frame()
        return window.cut(frame) if window.start or window.end else frame

    def _reach(
        self,
        parts: dict[tuple[int, int], pl.DataFrame],
        far: Sequence[tuple[int, Group]],
        block: Sequence[str],
        window: _Window,
    ) -> None:
        """Add the far row groups that hold the readings that bound a window, the nearest first."""
        for before in (True, False):
            limit = window.start if before else window.end
            if limit is None:
                continue
            side = [one for one in far if one[1].times and (one[1].times[1] < limit) == before]
            bounded = (
                {point for part in parts.values() for point in window.bounded(part, before=before)} if side else {}
            )
            asked = [p for p in block if p not in bounded and self.book.carries(p, limit, before=before)]
            side = [one for one in side if any(one[1].may_hold(point, point) for point in asked)]
            if side:
                side.sort(key=lambda one: _edge(one[1], before=before), reverse=before)
                self._reach_for(asked, side, parts, window, before=before)

    def _reach_for(
        self,
        asked: Sequence[str],
        side: Sequence[tuple[int, Group]],
        parts: dict[tuple[int, int], pl.DataFrame],
        window: _Window,
        *,
        before: bool,
    ) -> None:
        """Add the row groups of a side, the nearest first, until none may hold a nearer reading of points asked for."""
        known: dict[str, datetime] = {}
        for part in list(parts.values()):
            _nearer(known, window.bounds(_of_points(part, asked), before=before), before=before)
        for index, group in side:
            edge = _edge(group, before=before)
            if any(
                group.may_hold(point, point)
                and (point not in known or (known[point] < edge if before else known[point] > edge))
                for point in asked
            ):
                parts[index, group.number] = part = _of_points(self._group(index, group), asked)
                _nearer(known, window.bounds(part, before=before), before=before)

    def _part(
        self, index: int, group: Group, block: Sequence[str], last: str, rest: dict[tuple[int, int], pl.DataFrame]
    ) -> pl.DataFrame:
        """Rows of a row group for a block; the rest is held for later blocks while there is room."""
        key = (index, group.number)
        frame = rest.pop(key, None)
        if frame is None:
            frame = self._group(index, group)
        part = _of_points(frame, block)
        later = block[-1] < last and (group.points is None or group.points[1] > block[-1])
        if later and part.height < frame.height and sum(each.height for each in rest.values()) < REST_ROWS:
            rest[key] = frame.filter(pl.col("point").cast(pl.String) > block[-1])
        return part

    def _group(self, index: int, group: Group) -> pl.DataFrame:
        from lingtan.ledger.folder.readings.slabs import read_group

        slab = self._slabs[index]
        if slab is None or self.root is None:
            return FRAME.to_frame()
        frame, found = read_group(slab, group, self.book, index << ORDER_BITS)
        self._found.setdefault((index, group.number), found)
        return frame

    def _sheet(self, index: int) -> pl.DataFrame:
        """Parse a CSV file, or take it from memory while there is room."""
        held = self._sheets.get(index)
        if held is not None or self.root is None:
            return held if held is not None else FRAME.to_frame()
        file = self.files[index]
        data = Tree(self.root, ()).bytes_of(file, SHEET_BYTES)
        frame, found = (
            read_sheet(data, file, self.book, index << ORDER_BITS)
            if isinstance(data, bytes)
            else (FRAME.to_frame(), [data])
        )
        self._found.setdefault((index, -1), found)
        if sum(each.height for each in self._sheets.values()) + frame.height <= SHEET_ROWS:
            self._sheets[index] = frame
        return frame

    def _slab(self, index: int) -> Slab | None:
        """Read the footer of a Parquet file; None where the file is set aside."""
        if index not in self._slabs and self.root is not None:
            # Loading pyarrow takes some tenths of a second, which folders without Parquet need not wait for.
            from lingtan.ledger.folder.readings.slabs import Slab, open_slab

            opened = open_slab(self.root / self.files[index], self.files[index])
            self._slabs[index] = opened if isinstance(opened, Slab) else None
            said = opened.said if isinstance(opened, Slab) else opened
            self._found.setdefault((index, -1), said if isinstance(said, list) else [said])
        return self._slabs.get(index)

    def _look_at_rest(self) -> None:
        """Read what no known point called for, for its faults: files without meters, row groups of unknown points."""
        for index, file in enumerate(self.files):
            if file.endswith(".csv"):
                if (index, -1) not in self._found:
                    self._sheet(index)
                continue
            slab = self._slab(index)
            for group in slab.groups if slab else ():
                if (index, group.number) not in self._found:
                    self._group(index, group)


def _nearer(known: dict[str, datetime], found: Mapping[str, datetime], *, before: bool) -> None:
    """Take over what lies nearer to the window."""
    for point, time in found.items():
        held = known.get(point, time)
        known[point] = max(held, time) if before else min(held, time)


def _edge(group: Group, *, before: bool) -> datetime:
    """Nearest time that a row group before or behind a window may hold."""
    if group.times is None:
        return datetime.max.replace(tzinfo=UTC)
    return group.times[1] if before else group.times[0]


def is_readings(file: str) -> bool:
    """Tell whether a file of the folder holds readings."""
    return file.startswith(READINGS) and file.endswith((".csv", ".parquet"))


def _of_points(frame: pl.DataFrame, block: Sequence[str]) -> pl.DataFrame:
    return frame.filter(pl.col("point").is_in(block))
