"""Modbus TCP: registers polled in ranges on a fixed beat; reading functions only.

A device that answers nothing or exceptions is marked and asked more seldom; the others of the same line go on. What is
read goes to the spool of this machine first, since nobody can read a meter's past again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
from pymodbus import ModbusException
from pymodbus.client import AsyncModbusTcpClient

from lingtan.ingest.config import ModbusOptions
from lingtan.ingest.health import now
from lingtan.ingest.intake import Intake, store
from lingtan.ingest.model import Batch, Unavailable
from lingtan.ingest.settle import settle
from lingtan.ingest.sink import Spool
from lingtan.ingest.sources.registers import Block, Register, blocks, number

# A range that a device refuses as a whole (address, value) may be one hole in the map: its registers are asked singly.
_REFUSES_RANGE = (2, 3)
_ON_BEAT = timedelta(seconds=2)
_RAW = pl.Schema(
    {
        "tag": pl.String(), "time": pl.Datetime("us", "UTC"), "value": pl.Float64(), "unit": pl.String(),
        "seq": pl.Int64(), "row": pl.UInt32(),
    }
)  # fmt: skip


@dataclass(slots=True)
class _Rest:
    """Devices and ranges that rest after faults: until when [monotonic s] and how long the last rest was [s]."""

    until: dict[str, float] = field(default_factory=dict)
    length: dict[str, float] = field(default_factory=dict)

    def asleep(self, name: str) -> bool:
        """Tell whether it still rests."""
        return time.monotonic() < self.until.get(name, 0.0)

    def faulty(self, name: str, options: ModbusOptions) -> None:
        """Let it rest, each time twice as long up to the bound."""
        length = min(self.length.get(name, options.back_off_s / 2) * 2, options.back_off_most_s)
        self.length[name], self.until[name] = length, time.monotonic() + length

    def well(self, name: str) -> None:
        """Ask it on every beat again: it answered."""
        self.length.pop(name, None)
        self.until.pop(name, None)


@dataclass(slots=True)
class _Line:
    """A connection with its ranges by beat [s]."""

    client: AsyncModbusTcpClient
    options: ModbusOptions
    plan: dict[int, list[Block]]
    rest: _Rest = field(default_factory=_Rest)


async def run(intake: Intake, options: ModbusOptions, spool: Spool) -> None:
    """Poll until cancelled."""
    client = AsyncModbusTcpClient(
        options.host, port=options.port, timeout=options.timeout_s, retries=0, reconnect_delay=0
    )  # fmt: skip
    line = _Line(client, options, plan(options))
    due = {every: _next_beat(every) for every in line.plan}
    try:
        while True:
            beat = min(due.values())
            await asyncio.sleep(max((beat - now()).total_seconds(), 0.0))
            for every in [every for every, at in due.items() if at <= beat]:
                await _poll(intake, line, every, beat, spool)
                due[every] = _next_beat(every)
    finally:
        client.close()


def plan(options: ModbusOptions) -> dict[int, list[Block]]:
    """Return the ranges to ask for, by beat [s]."""
    beats = sorted({register.every for register in options.registers})
    return {
        every: blocks(
            [one for one in options.registers if one.every == every], gap=options.gap, longest=options.longest
        )
        for every in beats
    }


def _next_beat(every: int) -> datetime:
    """Return the next whole multiple of the beat since 1970; beats that were missed stay missed."""
    return datetime.fromtimestamp((time.time() // every + 1) * every, UTC)


async def _poll(intake: Intake, line: _Line, every: int, beat: datetime, spool: Spool) -> None:
    """Ask for all ranges of a beat and store what came."""
    if not await _connected(intake, line):
        return
    rows: list[tuple[str, datetime, float]] = []
    for block in list(line.plan[every]):
        device = f"device {block.device}"
        if line.rest.asleep(device) or line.rest.asleep(_name(block)):
            continue
        try:
            answer = await _ask(line.client, block)
        except (ModbusException, OSError, TimeoutError) as fault:
            line.rest.faulty(device, line.options)
            _mark(intake, device, f"no answer: {fault}")
            if not await _connected(intake, line):
                break
            continue
        line.rest.well(device)
        rows += _answered(intake, line, every, block, answer, beat)
    await _store(intake, rows, beat, spool)


async def _connected(intake: Intake, line: _Line) -> bool:
    """Tell whether the line stands, after one try to make it."""
    name = "line"
    if line.client.connected:
        return True
    if line.rest.asleep(name):
        return False
    made = await line.client.connect()
    intake.health.connected = made
    if made:
        line.rest.well(name)
        intake.health.parts.pop(name, None)
    else:
        line.rest.faulty(name, line.options)
        _mark(intake, name, f"no connection to {line.options.host}:{line.options.port}")
    return made


async def _ask(client: AsyncModbusTcpClient, block: Block) -> Any:
    """Send one reading request."""
    ask = {
        1: client.read_coils, 2: client.read_discrete_inputs, 3: client.read_holding_registers,
        4: client.read_input_registers,
    }[block.function]  # fmt: skip
    return await ask(block.address, count=block.count, device_id=block.device)


def _answered(
    intake: Intake, line: _Line, every: int, block: Block, answer: Any, beat: datetime
) -> list[tuple[str, datetime, float]]:
    """Return the readings of an answer; an exception marks its range and splits it where it may be a hole."""
    name, device = _name(block), f"device {block.device}"
    if answer.isError():
        code = getattr(answer, "exception_code", 0)
        if code in _REFUSES_RANGE and len(block.registers) > 1:
            line.plan[every].remove(block)
            line.plan[every] += blocks_of_one(block.registers)
            return []
        line.rest.faulty(name, line.options)
        _mark(intake, name, f"exception {code}")
        return []
    line.rest.well(name)
    for each in (name, device):
        intake.health.parts.pop(each, None)
    moment = now()
    stamp = beat if moment - beat <= min(_ON_BEAT, timedelta(seconds=every / 4)) else moment
    cells = answer.bits if block.function in (1, 2) else answer.registers
    return list(_numbers(intake, block, cells, stamp))


def blocks_of_one(registers: Iterable[Register]) -> list[Block]:
    """Return one range for each register."""
    return [Block(one.device, one.function, one.address, one.words, (one,)) for one in registers]


def _numbers(
    intake: Intake, block: Block, cells: Sequence[int], stamp: datetime
) -> Iterable[tuple[str, datetime, float]]:
    for register in block.registers:
        start = register.address - block.address
        words = cells[start : start + register.words]
        try:
            yield register.point, stamp, number(words, register)
        except ValueError:
            _mark(intake, register.point, f"{register.type}: {list(words)} is no number")


async def _store(intake: Intake, rows: Sequence[tuple[str, datetime, float]], beat: datetime, spool: Spool) -> None:
    """Make a beat's readings durable on this machine; a full spool loses them, told and counted."""
    if not rows:
        return
    raw = pl.DataFrame(
        [(point, stamp, value, None, None, at) for at, (point, stamp, value) in enumerate(rows, 1)],
        schema=_RAW,
        orient="row",
    )

    async def put(batch: Batch) -> bool:
        return (await asyncio.to_thread(spool.store, [batch]))[0]

    settled = settle(raw, intake.source.template, intake.source.tags, arrived=now())
    try:
        await store(intake, settled, f"{beat.isoformat()}/{now().isoformat()}", put=put)
    except Unavailable as fault:
        intake.health.dropped += len(rows)
        intake.health.last_fault = str(fault)


def _name(block: Block) -> str:
    return f"device {block.device}, function {block.function}, {block.address}+{block.count}"


def _mark(intake: Intake, name: str, said: str) -> None:
    intake.health.parts[name] = said
    intake.health.last_fault = f"{name}: {said}"
