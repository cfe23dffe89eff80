"""The database side: connections, the writer's lease, and faults of the database in the room's words."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

import psycopg
from psycopg import errors

from lingtan.store import fail
from lingtan.store.model import FORMAT, Busy, Store, StoreError, Unavailable
from lingtan.store.schema import install

Connection: TypeAlias = "psycopg.Connection[tuple[Any, ...]]"


@contextmanager
def told() -> Iterator[None]:
    """Say faults of the database in the room's words.

    Raises
    ------
    Busy : another process holds the lease, or took it. Unavailable : the database is away, full or shutting down.
    """
    try:
        yield
    except (errors.LockNotAvailable, errors.SerializationFailure, errors.DeadlockDetected) as fault:
        raise Busy(f"Another process is writing to the store: {_sentence(fault)}") from fault
    except errors.IdleInTransactionSessionTimeout as fault:
        raise Busy("This process kept the lease too long without a word and lost it; the step is given up.") from fault
    except (psycopg.OperationalError, psycopg.InterfaceError) as fault:
        raise Unavailable(
            f"The store's database does not answer: {_sentence(fault)}. Nothing was acknowledged; send the batch again."
        ) from fault


def connect(store: Store, *, autocommit: bool = False) -> Connection:
    """Open a connection of one's own.

    Raises
    ------
    Unavailable : the database is away.
    """
    with told():
        return psycopg.connect(
            store.url, autocommit=autocommit, application_name=f"lingtan-store-{os.getpid()}",
            keepalives_idle=10, keepalives_interval=5, keepalives_count=3,
        )  # fmt: skip


@contextmanager
def session(store: Store) -> Iterator[Connection]:
    """Give a connection in one transaction: committed at the end, rolled back on a fault, closed either way."""
    with connect(store) as connection, told():
        yield connection


@contextmanager
def snapshot(store: Store) -> Iterator[Connection]:
    """Give a connection that sees one moment of the database and changes nothing."""
    with session(store) as connection:
        connection.execute("set transaction isolation level repeatable read, read only")
        yield connection


def prepare(store: Store) -> None:
    """Make the store's tables and folder where they are missing.

    Raises
    ------
    StoreError : the tables are of another format.
    """
    store.root.mkdir(parents=True, exist_ok=True, mode=0o750)
    with connect(store, autocommit=True) as connection:
        install(connection)
        found = scalar(connection, "select value from store_state where name = 'format'")
    if int(found) != FORMAT:
        raise StoreError(f"Expected a store of format {FORMAT}, found {found}; install the lingtan that wrote it.")


@contextmanager
def writing(store: Store, step: str) -> Iterator[Connection]:
    """Hold the writer's lease over one step of compaction, merging, roll-up or sweep, in one transaction.

    The lease is a row lock: it falls with the transaction, so with the process or its host, and the database ends a
    session that hangs for ``limits.patience``. What a process writes after it lost the lease cannot be committed, so
    its files are orphans.

    Raises
    ------
    Busy : another process holds the lease.
    """
    with session(store) as connection:
        millis = int(store.limits.patience.total_seconds() * 1000)
        connection.execute(f"set local idle_in_transaction_session_timeout = {millis}")
        connection.execute("select 1 from store_lease where name = 'writer' for update nowait")
        yield connection
        holder = f"{socket.gethostname()}:{os.getpid()}:{step}"
        connection.execute(
            "update store_lease set holder = %s, taken = clock_timestamp(), turns = turns + 1 where name = 'writer'",
            (holder,),
        )
        fail.hit(f"{step}.before_commit")
        connection.commit()
        fail.hit(f"{step}.after_commit")


def scalar(connection: Connection, query: str, values: Any = None) -> Any:
    """Return the one value of a query, None where it finds nothing."""
    row = connection.execute(query, values).fetchone()
    return None if row is None else row[0]


def _sentence(fault: Exception) -> str:
    return " ".join(str(fault).split()) or type(fault).__name__
