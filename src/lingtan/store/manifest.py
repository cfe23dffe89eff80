"""The manifest: which segments make a generation; published in the transaction that holds the writer's lease."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from lingtan.store.base import Connection, scalar
from lingtan.store.model import FIRST, Forgotten, Generation, Segment, StoreError

_COLUMNS = "id, park, kind, part, rows, bytes, low_us, high_us, low_code, high_code, sha256, inputs, added, removed"
_WORD = 2**256


def current(connection: Connection) -> Generation:
    """Return the newest generation; 0 before anything was published."""
    row = connection.execute(
        "select generation, made, kind, digest, detail from store_generation order by generation desc limit 1"
    ).fetchone()
    if row is None:
        return Generation(0, FIRST, "empty", f"{0:064x}")
    return Generation(*row)


def at(connection: Connection, when: datetime) -> int:
    """Return the generation that was the newest at an instant; 0 = before the first."""
    found = scalar(connection, "select max(generation) from store_generation where made <= %s", (when,))
    return int(found or 0)


def generation(connection: Connection, number: int) -> Generation:
    """Return one generation.

    Raises
    ------
    StoreError : there is none of that number.
    """
    row = connection.execute(
        "select generation, made, kind, digest, detail from store_generation where generation = %s", (number,)
    ).fetchone()
    if row is None:
        raise StoreError(f"There is no generation {number} in this store.")
    return Generation(*row)


def segments(
    connection: Connection,
    *,
    park: str | None = None,
    kind: str | None = None,
    part: int | None = None,
    span: tuple[int, int] | None = None,
    codes: tuple[int, int] | None = None,
    of: int | None = None,
) -> tuple[Segment, ...]:
    """Return the live segments, or those of generation ``of``, that may hold rows of a span and codes (inclusive)."""
    if of is None:
        where, values = ["removed is null"], []
    else:
        where, values = ["added <= %s and (removed is null or removed > %s)"], [of, of]
    tests: list[tuple[str, Sequence[Any]]] = [
        ("park = %s", [park] if park is not None else []),
        ("kind = %s", [kind] if kind is not None else []),
        ("part = %s", [part] if part is not None else []),
        ("high_us >= %s and low_us <= %s", span or []),
        ("high_code >= %s and low_code <= %s", codes or []),
    ]
    for text, given in tests:
        if given:
            where.append(text)
            values += given
    query = f"select {_COLUMNS} from store_segment where {' and '.join(where)} order by added, id"  # noqa: S608
    return tuple(Segment(*row) for row in connection.execute(query, values))


def horizon(connection: Connection, park: str, number: int) -> int | None:
    """Return the last generation whose segments hold the roll-ups of generation ``number``; None = those live now.

    Merges keep every row of a kept generation; only a rebuild puts others in their place.

    Raises
    ------
    Forgotten : that generation is no longer kept.
    """
    _kept(connection, number)
    rebuilt = scalar(
        connection,
        "select min(generation) from store_generation where generation > %s and kind = 'rebuild' "
        "and detail ->> 'park' = %s",
        (number, park),
    )
    return None if rebuilt is None else int(rebuilt) - 1


def every(connection: Connection) -> tuple[Segment, ...]:
    """Return all segments whose files may lie in the folder, live or superseded."""
    return tuple(Segment(*row) for row in connection.execute(f"select {_COLUMNS} from store_segment"))  # noqa: S608


def publish(
    connection: Connection, kind: str, *, add: Sequence[Segment], remove: Sequence[Segment], detail: Mapping[str, Any]
) -> int:
    """Make the next generation: ``add`` joins the manifest, ``remove`` leaves it, in the transaction under way.

    ``made`` never runs backwards, whatever the clock does, so that as-of reads stay in order.

    Raises
    ------
    StoreError : a segment to remove is not live: another writer was at work.
    """
    last = current(connection)
    number = last.generation + 1
    gone = [segment.id for segment in remove]
    done = connection.execute(
        "update store_segment set removed = %s where id = any(%s) and removed is null", (number, gone)
    ).rowcount
    if done != len(gone):
        raise StoreError(f"Expected {len(gone)} live segments to supersede, found {done}; the step is given up.")
    with connection.cursor() as cursor:
        cursor.executemany(
            f"insert into store_segment ({_COLUMNS}) values ({', '.join(['%s'] * 14)})",  # noqa: S608
            [
                (s.id, s.park, s.kind, s.part, s.rows, s.bytes, s.low_us, s.high_us, s.low_code, s.high_code, s.sha256,
                 json.dumps(s.inputs), number, None)
                for s in add
            ],
        )  # fmt: skip
    total = int(last.digest, 16) + sum(map(weight, add)) - sum(map(weight, remove))
    connection.execute(
        "insert into store_generation values (%s, greatest(clock_timestamp(), (select max(made) + interval "
        "'1 microsecond' from store_generation)), %s, %s, %s)",
        (number, kind, f"{total % _WORD:064x}", json.dumps(detail)),
    )
    return number


def weight(segment: Segment) -> int:
    """Give the hash by which a segment counts in its generation's digest."""
    return int(hashlib.sha256(f"{segment.id} {segment.sha256}".encode()).hexdigest(), 16)


def digest(held: Sequence[Segment]) -> str:
    """Return the digest of a set of segments, whatever their order."""
    return f"{sum(map(weight, held)) % _WORD:064x}"


def floor(connection: Connection) -> int:
    """Return the oldest generation whose segments are all kept."""
    return int(scalar(connection, "select value from store_state where name = 'floor'") or 0)


def _kept(connection: Connection, number: int) -> None:
    oldest = floor(connection)
    if number < oldest:
        raise Forgotten(
            f"The roll-ups of generation {number} are no longer kept; the oldest is {oldest}. "
            "Readings of that state can still be read as-of."
        )
