"""The service: builds the sources of a configuration, keeps each alive apart from the others, stops without loss."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import signal
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lingtan.ingest import health as figures
from lingtan.ingest.config import ConfigError, FolderOptions, ModbusOptions, MqttOptions, Settings, load
from lingtan.ingest.health import Health
from lingtan.ingest.intake import Intake, take_in
from lingtan.ingest.model import Sink, Unavailable
from lingtan.ingest.rooms import Rooms
from lingtan.ingest.sink import Spool
from lingtan.ingest.writer import Writer

ROOMS_FILE, SPOOL_FILE, HEALTH_FILE = "rooms.sqlite", "spool.sqlite", "health.json"
_LOG = logging.getLogger("lingtan.ingest")
_HEALTH_S, _AWAY_S, _LEAST_S, _MOST_S = 1.0, 2.0, 1.0, 60.0
_GRACE_S = 20.0

Work = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Service:
    """What runs: the writer, the rooms, the spool and one intake a source."""

    settings: Settings
    writer: Writer
    rooms: Rooms
    spool: Spool
    intakes: tuple[Intake, ...]


def build(settings: Settings, sink: Sink) -> Service:
    """Open files and make the parts of a service."""
    limits = settings.limits
    writer = Writer(sink, queue_rows=limits.queue_rows, commit_rows=limits.commit_rows)
    rooms = Rooms(
        settings.data / ROOMS_FILE, waiting_rows=limits.waiting_rows, refused_bytes=limits.refused_bytes
    )  # fmt: skip
    intakes = tuple(
        Intake(source, Health(source.id, source.kind, source.silent_after), rooms, writer, limits)
        for source in settings.sources
    )
    return Service(
        settings, writer, rooms, Spool(settings.data / SPOOL_FILE, most_rows=limits.spool_rows), intakes
    )  # fmt: skip


async def serve(settings: Settings, sink: Sink, stop: asyncio.Event, *, started: Callable[[int], None]) -> None:
    """Run all sources until ``stop``; ``started`` is told the port of HTTP push (0 = none) when all is up.

    Raises
    ------
    OSError : the address of HTTP push is taken or not this machine's.
    """
    service = build(settings, sink)
    committing = asyncio.create_task(service.writer.run())
    pushed = [intake for intake in service.intakes if intake.source.kind == "http"]
    tasks: list[asyncio.Task[None]] = []
    server: Any = None
    try:
        if pushed:
            from lingtan.ingest.sources import http

            server = await http.serve(settings, pushed)
        tasks = [asyncio.create_task(work) for work in _works(service)]
        started(server.addresses[0][1] if server else 0)
        await stop.wait()
    finally:
        await _stop(service, server, tasks, committing)


def _works(service: Service) -> list[Any]:
    """Return everything that runs beside HTTP push, each under its own supervision."""
    works = [_health(service), _forward(service)]
    for intake in service.intakes:
        works.append(_take_in(intake))
        work = _work(intake, service.spool)
        if work is not None:
            works.append(supervised(work, intake.health))
    return works


def _work(intake: Intake, spool: Spool) -> Work | None:
    options = intake.source.options
    if isinstance(options, FolderOptions):
        from lingtan.ingest.sources import drop

        return lambda: drop.run(intake, options)
    if isinstance(options, MqttOptions):
        from lingtan.ingest.sources import mqtt

        return lambda: mqtt.run(intake, options)
    if isinstance(options, ModbusOptions):
        from lingtan.ingest.sources import modbus

        return lambda: modbus.run(intake, options, spool)
    return None


async def supervised(work: Work, health: Health) -> None:
    """Run one source for ever; whatever breaks it is told and the source alone starts again, ever more slowly."""
    wait = _LEAST_S
    while True:
        begun = asyncio.get_running_loop().time()
        try:
            await work()
        except Exception as fault:  # the one door where a source's faults end
            _LOG.warning("%s: %s: %s", health.source, type(fault).__name__, fault)
            health.fault(f"{type(fault).__name__}: {fault}")
        if asyncio.get_running_loop().time() - begun > _MOST_S:
            wait = _LEAST_S
        await asyncio.sleep(wait * random.uniform(0.7, 1.0))  # noqa: S311 - spreads restarts, no secret
        wait = min(wait * 2, _MOST_S)


async def _forward(service: Service) -> None:
    """Move the spool into the store."""
    while True:
        taken = await asyncio.to_thread(service.spool.oldest)
        if not taken:
            await asyncio.sleep(0.2)
            continue
        try:
            async with asyncio.TaskGroup() as group:
                for _, batch in taken:
                    group.create_task(service.writer.put(batch))
        except* Unavailable:
            await asyncio.sleep(_AWAY_S)
        else:
            await asyncio.to_thread(service.spool.remove, [number for number, _ in taken])


async def _take_in(intake: Intake) -> None:
    """Take in once what waited for the mapping as it now is."""
    while True:
        try:
            taken = await take_in(intake)
        except Unavailable:
            await asyncio.sleep(_AWAY_S)
        else:
            if taken:
                _LOG.info("%s: %s readings left the waiting room", intake.source.id, taken)
            return


async def _health(service: Service) -> None:
    while True:
        await asyncio.to_thread(write_health, service)
        await asyncio.sleep(_HEALTH_S)


def write_health(service: Service) -> None:
    """Put the service's figures into its data folder."""
    about = {
        "queue_rows": service.writer.rows, "commits": service.writer.commits, "store_away": service.writer.away or None,
        "spool_rows": service.spool.rows, "waiting_rows": service.rooms.waiting_rows,
    }  # fmt: skip
    figures.write(
        service.settings.data / HEALTH_FILE, figures.report([intake.health for intake in service.intakes], about)
    )  # fmt: skip


async def _stop(service: Service, server: Any, tasks: Sequence[asyncio.Task[None]], committing: Any) -> None:
    """Stop: no new deliveries, the queue committed, acknowledgements sent, then the lines closed."""
    if server is not None:
        await server.cleanup()
    await service.writer.close()
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(asyncio.shield(committing), _GRACE_S)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.to_thread(write_health, service)
    service.writer.shut()
    service.rooms.close()
    service.spool.close()


def run(
    path: Path, make_sink: Callable[[], Sink], *, tell: Callable[[str], None], started: Callable[[int], None]
) -> int:
    """Serve a configuration until SIGTERM or Ctrl-C; SIGHUP reads it anew. Returns an exit code.

    Raises
    ------
    ConfigError : the settings cannot be used.
    """
    settings, sink = load(path), make_sink()
    while True:
        again = asyncio.run(_until_signal(settings, sink, started))
        if not again:
            return 0
        try:
            settings = load(path)
        except ConfigError as fault:
            tell(str(fault))


async def _until_signal(settings: Settings, sink: Sink, started: Callable[[int], None]) -> bool:
    """Serve until a signal; tell whether it was the one that reads settings anew."""
    stop, again = asyncio.Event(), False
    loop = asyncio.get_running_loop()

    def reload() -> None:
        nonlocal again
        again = True
        stop.set()

    for number, action in ((signal.SIGTERM, stop.set), (signal.SIGINT, stop.set), (signal.SIGHUP, reload)):
        loop.add_signal_handler(number, action)
    await serve(settings, sink, stop, started=started)
    return again
