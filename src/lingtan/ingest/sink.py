"""Where readings become durable: the store's inbox, and a spool on this machine for what nobody can send again."""

from __future__ import annotations

import io
import sqlite3
import threading
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from lingtan.ingest.model import Batch, Fault, Refused, Unavailable
from lingtan.ingest.rooms import open_file

if TYPE_CHECKING:
    from lingtan.store import Store
    from lingtan.store.base import Connection

_SPOOL = """
create table if not exists spool (
    id integer primary key, park text not null, source text not null, key text not null, authority integer not null,
    rows integer not null, content blob not null, unique (park, source, key));
"""


class StoreSink:
    """The inbox of `lingtan.store`: one transaction a call. For one thread at a time."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._connection: Connection | None = None

    def store(self, batches: Sequence[Batch]) -> tuple[bool, ...]:
        """Store batches in one transaction; see `Sink.store`."""
        from lingtan import store

        messages = []
        for batch in batches:
            frame = batch.frame.with_columns(authority=pl.lit(batch.authority)) if batch.authority else batch.frame
            try:
                messages.append(store.message(batch.park, frame, source=batch.source, key=batch.key))
            except store.StoreError as fault:
                why = Fault("not_stored", f"delivery {batch.key}", "readings that the store takes", str(fault))
                raise Refused(why) from fault
        try:
            if self._connection is None or self._connection.closed:
                self._connection = store.connect(self._store, autocommit=True)
            return tuple(receipt.known for receipt in store.append_all(self._connection, messages))
        except store.Unavailable as fault:
            self.close()
            raise Unavailable(str(fault)) from fault

    def close(self) -> None:
        """Close the connection; the next call opens another."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None


class Spool:
    """Batches in a SQLite file of this machine, synced at every call, until they are moved on. Thread-safe."""

    def __init__(self, path: Path, *, most_rows: int) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
        self._lock, self._most = threading.Lock(), most_rows
        self._db = open_file(path)
        self._db.executescript(_SPOOL)
        self._rows = int(self._db.execute("select coalesce(sum(rows), 0) from spool").fetchone()[0])

    @property
    def rows(self) -> int:
        """Readings that wait to be moved on."""
        return self._rows

    def store(self, batches: Sequence[Batch]) -> tuple[bool, ...]:
        """Store batches in one synced commit; see `Sink.store`. A full spool is unavailable."""
        with self._lock:
            if self._rows + sum(batch.frame.height for batch in batches) > self._most:
                raise Unavailable(f"The spool holds {self._rows} readings, its bound is {self._most}.")
            try:
                with self._db:
                    known = tuple(not self._insert(batch) for batch in batches)
            except sqlite3.Error as fault:
                raise Unavailable(f"The spool takes nothing: {fault}") from fault
            self._rows += sum(batch.frame.height for batch, old in zip(batches, known, strict=True) if not old)
        return known

    def oldest(self, most: int = 100_000) -> list[tuple[int, Batch]]:
        """Return the oldest batches with their numbers, about ``most`` readings, at least one batch."""
        return self._oldest(most)

    def remove(self, numbers: Sequence[int]) -> None:
        """Let batches go that are durable elsewhere; the sink knows them by key should they go there twice."""
        with self._lock, self._db:
            self._db.executemany("delete from spool where id = ?", [(number,) for number in numbers])
            self._rows = int(self._db.execute("select coalesce(sum(rows), 0) from spool").fetchone()[0])

    def batches(self) -> list[Batch]:
        """Return all that waits, oldest first."""
        return [batch for _, batch in self._oldest(2**62)]

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def _insert(self, batch: Batch) -> bool:
        buffer = io.BytesIO()
        batch.frame.write_ipc_stream(buffer, compression="zstd")
        values = (batch.park, batch.source, batch.key, batch.authority, batch.frame.height, buffer.getvalue())
        query = "insert or ignore into spool (park, source, key, authority, rows, content) values (?, ?, ?, ?, ?, ?)"
        return self._db.execute(query, values).rowcount > 0

    def _oldest(self, most: int) -> list[tuple[int, Batch]]:
        taken: list[tuple[int, Batch]] = []
        total = 0
        with (
            self._lock,
            closing(
                self._db.execute("select id, park, source, key, authority, rows, content from spool order by id")
            ) as rows,
        ):
            for number, park, source, key, authority, count, content in rows:
                if taken and total + count > most:
                    break
                total += count
                taken.append((number, Batch(park, source, key, pl.read_ipc_stream(io.BytesIO(content)), authority)))
        return taken
