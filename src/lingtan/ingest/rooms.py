"""Two bounded, visible rooms on disk: readings whose tag no mapping knows yet, and payloads or rows that are faulty.

One SQLite file in the data folder, synced at every commit: what stands here was acknowledged.
"""

from __future__ import annotations

import io
import json
import sqlite3
import threading
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from lingtan.ingest.model import STRAY, Fault

_TABLES = """
create table if not exists waiting (
    id integer primary key, source text not null, key text not null, rows integer not null,
    arrived text not null, content blob not null, unique (source, key));
create table if not exists waiting_tag (
    source text not null, tag text not null, rows integer not null, first text not null, last text not null,
    value real, unit text, primary key (source, tag));
create table if not exists refused (
    id integer primary key, source text not null, key text not null, arrived text not null, bytes integer not null,
    faults text not null, payload blob, envelope text not null, unique (source, key));
"""
_COUNT = """
insert into waiting_tag values (?, ?, ?, ?, ?, ?, ?) on conflict do update set
    rows = rows + excluded.rows, first = min(first, excluded.first), last = max(last, excluded.last),
    value = excluded.value, unit = excluded.unit
"""
_MOST_PAYLOAD = 1024**2


@dataclass(frozen=True, slots=True)
class Stranger:
    """A tag that waits for a mapping: how many rows, when first and last, the last value and its unit as sent."""

    source: str
    tag: str
    rows: int
    first: str
    last: str
    value: float | None
    unit: str | None


class Rooms:
    """The open file. Safe from several threads; one process writes, others may read."""

    def __init__(self, path: Path, *, waiting_rows: int, refused_bytes: int) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
        self._lock = threading.Lock()
        self._most, self._most_bytes = waiting_rows, refused_bytes
        self._db = open_file(path)
        self._db.executescript(_TABLES)
        self._rows = int(self._one("select coalesce(sum(rows), 0) from waiting"))

    @property
    def waiting_rows(self) -> int:
        """Rows that wait."""
        return self._rows

    def keep(self, source: str, key: str, stray: pl.DataFrame, arrived: datetime) -> bool:
        """Keep rows of unknown tags (`STRAY`); False where the room is full. The same delivery is kept once."""
        buffer = io.BytesIO()
        stray.write_ipc_stream(buffer, compression="zstd")
        with self._lock, self._db:
            if self._one("select count(*) from waiting where source = ? and key = ?", source, key):
                return True
            if self._rows + stray.height > self._most:
                return False
            self._db.execute(
                "insert into waiting (source, key, rows, arrived, content) values (?, ?, ?, ?, ?)",
                (source, key, stray.height, arrived.isoformat(), buffer.getvalue()),
            )
            self._count(source, stray)
            self._rows += stray.height
        return True

    def deliveries(self, source: str) -> list[tuple[int, str]]:
        """Return number and key of every delivery that waits, oldest first."""
        with self._lock:
            rows = self._db.execute("select id, key from waiting where source = ? order by id", (source,)).fetchall()
        return [(int(number), str(key)) for number, key in rows]

    def rows_of(self, number: int) -> pl.DataFrame:
        """Return the rows of a delivery that waits (`STRAY`)."""
        with self._lock:
            content = self._one("select content from waiting where id = ?", number)
        return pl.read_ipc_stream(io.BytesIO(content)) if content else pl.DataFrame(schema=STRAY)

    def taken_in(self, number: int, left: pl.DataFrame) -> None:
        """Note that a delivery's rows are durable elsewhere, all but those ``left``."""
        buffer = io.BytesIO()
        left.write_ipc_stream(buffer, compression="zstd")
        with self._lock, self._db:
            if left.height:
                self._db.execute(
                    "update waiting set rows = ?, content = ? where id = ?", (left.height, buffer.getvalue(), number)
                )
            else:
                self._db.execute("delete from waiting where id = ?", (number,))
            self._rows = int(self._one("select coalesce(sum(rows), 0) from waiting"))

    def forget(self, source: str, known: Sequence[str]) -> None:
        """Take tags that the mapping now knows from the list of strangers."""
        with self._lock, self._db:
            self._db.executemany(
                "delete from waiting_tag where source = ? and tag = ?", [(source, tag) for tag in known]
            )

    def strangers(self) -> list[Stranger]:
        """Return the tags that wait, most rows first."""
        with self._lock:
            rows = self._db.execute(
                "select source, tag, rows, first, last, value, unit from waiting_tag order by rows desc, source, tag"
            ).fetchall()
        return [Stranger(*row) for row in rows]

    def refuse(self, source: str, key: str, payload: bytes, faults: Sequence[Fault], *, envelope: str = "") -> None:
        """Keep a faulty payload (its first MiB) with its faults; the oldest leave when the room is full."""
        with self._lock, self._db:
            kept = payload[:_MOST_PAYLOAD]
            told = json.dumps([fault.as_json() for fault in faults], ensure_ascii=False)
            self._db.execute(
                "insert or ignore into refused (source, key, arrived, bytes, faults, payload, envelope) "
                "values (?, ?, ?, ?, ?, ?, ?)",
                (source, key, datetime.now(UTC).isoformat(), len(kept), told, kept, envelope),
            )
            while self._one("select coalesce(sum(bytes + length(faults)), 0) from refused") > self._most_bytes:
                self._db.execute("delete from refused where id = (select min(id) from refused)")

    def refusals(self, most: int = 100) -> list[dict[str, Any]]:
        """Return the latest refusals without their payloads."""
        with self._lock:
            rows = self._db.execute(
                "select id, source, key, arrived, bytes, faults, envelope from refused order by id desc limit ?",
                (most,),
            ).fetchall()
        names = ("id", "source", "key", "arrived", "bytes", "faults", "envelope")
        return [{**dict(zip(names, row, strict=True)), "faults": json.loads(row[5])} for row in rows]

    def payload(self, number: int) -> bytes:
        """Return what was kept of a refused payload."""
        with self._lock:
            return bytes(self._one("select payload from refused where id = ?", number) or b"")

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def _count(self, source: str, stray: pl.DataFrame) -> None:
        sums = stray.group_by("tag", maintain_order=True).agg(
            rows=pl.len(), first=pl.min("time"), last=pl.max("time"), value=pl.last("value"), unit=pl.last("unit")
        )
        self._db.executemany(
            _COUNT,
            [
                (source, tag, rows, first.isoformat(), last.isoformat(), value, unit)
                for tag, rows, first, last, value, unit in sums.iter_rows()
            ],
        )

    def _one(self, query: str, *values: Any) -> Any:
        row = self._db.execute(query, values).fetchone()
        return row[0] if row else None


def open_file(path: Path) -> sqlite3.Connection:
    """Open a SQLite file whose commits are synced to disk."""
    db = sqlite3.connect(path, check_same_thread=False, timeout=10)
    db.execute("pragma journal_mode = wal")
    db.execute("pragma synchronous = full")
    return db


def look(path: Path) -> tuple[list[Stranger], list[dict[str, Any]]]:
    """Return who waits and what was refused, for a command beside a running service."""
    if not path.exists():
        return [], []
    with closing(Rooms(path, waiting_rows=0, refused_bytes=2**62)) as rooms:
        return rooms.strangers(), rooms.refusals()
