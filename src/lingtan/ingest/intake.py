"""The way that every delivery goes: read, settled, strangers and faults kept, readings durable, then answered."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from lingtan.ingest.config import Limits, Source
from lingtan.ingest.decode import Envelope, decode
from lingtan.ingest.health import Health, now
from lingtan.ingest.model import Answer, Batch, Fault, Refused
from lingtan.ingest.rooms import Rooms
from lingtan.ingest.settle import Settled, place, settle
from lingtan.ingest.writer import Writer

Put = Callable[[Batch], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class Intake:
    """What one source needs to deliver: its settings, its figures, the rooms, and the writer that all share."""

    source: Source
    health: Health
    rooms: Rooms
    writer: Writer
    limits: Limits


def digest(payload: bytes) -> str:
    """Return the key of a delivery that has no number of its own: a hash of what it says."""
    return hashlib.sha256(payload).hexdigest()


async def deliver(
    intake: Intake, payload: bytes, key: str, *, envelope: Envelope, arrived: datetime | None = None
) -> Answer:
    """Take one payload in; what the answer says is durable when it is given.

    Raises
    ------
    Refused : the payload cannot be read at all; nothing of it is stored.
    Unavailable : nothing was acknowledged; the same delivery may come again.
    """
    moment = arrived or now()

    def read() -> Settled:
        raw = decode(payload, intake.source.template, envelope)
        return settle(raw, intake.source.template, intake.source.tags, arrived=moment)

    try:
        settled = await asyncio.to_thread(read)
    except Refused as fault:
        intake.health.refused(str(fault))
        raise
    if settled.faults:
        await asyncio.to_thread(
            intake.rooms.refuse, intake.source.id, key, payload, settled.faults, envelope=_said(envelope)
        )
    return await store(intake, settled, key, put=intake.writer.put)


async def store(intake: Intake, settled: Settled, key: str, *, put: Put) -> Answer:
    """Make settled rows durable: strangers in the waiting room, readings by ``put``; count and answer."""
    source, faults = intake.source, list(settled.faults)
    waiting = turned_away = 0
    if settled.stray.height:
        kept = await asyncio.to_thread(intake.rooms.keep, source.id, key, settled.stray, now())
        waiting, turned_away = (settled.stray.height, 0) if kept else (0, settled.stray.height)
        faults += [] if kept else [_full(settled.stray)]
    known, size = True, intake.limits.commit_rows
    for number, start in enumerate(range(0, settled.ready.height, size)):
        part = settled.ready.slice(start, size)
        name = key if settled.ready.height <= size else f"{key}#{number}"
        known &= await put(Batch(source.park, source.id, name, part, source.authority))
    count = settled.ready.height
    answer = Answer(
        count, waiting, turned_away, settled.refused, settled.blank, known and count > 0, tuple(faults)
    )  # fmt: skip
    intake.health.arrived(answer, _newest(settled.ready))
    return answer


async def keep_refused(intake: Intake, payload: bytes, key: str, fault: Refused, *, envelope: Envelope) -> None:
    """Keep a payload that cannot be read, where nobody can be told to send another one."""
    await asyncio.to_thread(
        intake.rooms.refuse, intake.source.id, key, payload, [fault.fault], envelope=_said(envelope)
    )


async def take_in(intake: Intake) -> int:
    """Take in what waited for a mapping that now knows it; return how many readings went to the store."""
    rooms, source = intake.rooms, intake.source
    total = 0
    for number, key in await asyncio.to_thread(rooms.deliveries, source.id):
        rows = await asyncio.to_thread(rooms.rows_of, number)
        settled = await asyncio.to_thread(place, rows, source.tags)
        if not settled.ready.height and not settled.refused:
            continue
        if settled.refused:
            kept = rows.write_ipc_stream(None).getvalue()
            await asyncio.to_thread(rooms.refuse, source.id, f"waited:{number}", kept, settled.faults)
        if settled.ready.height:
            # Its own key: the delivery's other readings were stored under the delivery's.
            name = f"waited:{number}:{digest(key.encode())[:16]}:{settled.stray.height}"
            await intake.writer.put(Batch(source.park, source.id, name, settled.ready, source.authority))
        await asyncio.to_thread(rooms.taken_in, number, settled.stray)
        total += settled.ready.height
    await asyncio.to_thread(rooms.forget, source.id, list(source.tags.rows))
    return total


def _full(stray: pl.DataFrame) -> Fault:
    todo = "map the tags that wait (lingtan ingest waiting), or raise limits.waiting_rows"
    tags = ", ".join(stray["tag"].unique(maintain_order=True).head(5).to_list())
    return Fault("waiting_room_full", f"tags {tags}", "tags that the mapping knows", "others", todo, stray.height)


def _newest(ready: pl.DataFrame) -> datetime | None:
    newest = ready["time"].max() if ready.height else None
    return newest if isinstance(newest, datetime) else None


def _said(envelope: Envelope) -> str:
    return envelope.topic or envelope.file
