"""Modbus TCP against a pymodbus server: ranges, holes, silent devices, what is read is durable before it is sent on."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from ingest_kit import Memory, free_port, running, settings, until
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from lingtan.ingest.config import Settings

MAP = """point,device,function,address,type,order,scale,unit,to,every
E1,1,3,0,uint32,ABCD,0.01,MWh,kWh,PT1S
T1,1,3,10,float32,CDAB,,degC,degC,PT1S
HOLE,1,3,14,uint16,,,,,PT1S
"""


@asynccontextmanager
async def device(port: int) -> AsyncIterator[None]:
    """A device with registers 0, 1, 10 and 11; there is nothing else."""
    simulated = SimDevice(
        1,
        [
            SimData(0, values=[0x0001, 0x86A0], datatype=DataType.REGISTERS),
            SimData(10, values=[0x0000, 0x41AC], datatype=DataType.REGISTERS),
        ],
    )
    server = ModbusTcpServer(simulated, address=("127.0.0.1", port))
    task = asyncio.create_task(server.serve_forever())
    await asyncio.sleep(0.2)
    try:
        yield
    finally:
        await server.shutdown()
        await asyncio.gather(task, return_exceptions=True)


def polled(tmp_path: Path, port: int, table: str = MAP, more: str = "") -> Settings:
    (tmp_path / "map.csv").write_text(table, "utf-8")
    return settings(
        tmp_path,
        f"""
        [[source]]
        id = "plc"
        kind = "modbus"
        host = "127.0.0.1"
        port = {port}
        registers = "map.csv"
        timeout_s = 0.5
        back_off_s = 1.0
        {more}
        """,
    )


def figures(config: Settings) -> dict[str, Any]:
    report = json.loads((config.data / "health.json").read_text("utf-8"))
    return {one["source"]: one for one in report["sources"]}


def test_registers_are_read_in_ranges_and_a_hole_does_not_hide_its_neighbours(tmp_path: Path) -> None:
    port, sink = free_port(), Memory()
    config = polled(tmp_path, port)

    async def work() -> None:
        async with device(port), running(config, sink):
            await until(lambda: {"E1", "T1"} <= {point for point, _, _ in sink.rows()}, seconds=15)

    asyncio.run(work())
    values = {point: value for point, _, value in sink.rows()}
    assert values == {"E1": 1_000_000.0, "T1": 21.5}
    assert all(time.microsecond == 0 for _, time, _ in sink.rows())
    assert any("14+1" in part for part in figures(config)["plc"]["parts"])


def test_silent_device_is_marked_and_the_other_source_goes_on(tmp_path: Path) -> None:
    port, sink = free_port(), Memory()
    more = (
        '[[source]]\n        id = "dead"\n        kind = "modbus"\n        host = "127.0.0.1"\n'
        f'        port = {free_port()}\n        registers = "map.csv"\n'
    )
    config = polled(tmp_path, port, more=more)

    async def work() -> None:
        async with device(port), running(config, sink):
            await until(sink.rows, seconds=15)
            await asyncio.sleep(1.5)

    asyncio.run(work())
    assert figures(config)["plc"]["state"] == "ok"
    assert figures(config)["dead"]["state"] == "broken"


def test_what_was_read_while_the_store_was_away_is_sent_on_later(tmp_path: Path) -> None:
    port, sink = free_port(), Memory()
    sink.away = True
    config = polled(tmp_path, port)

    async def first() -> None:
        async with device(port), running(config, sink):
            await until(lambda: sink.calls, seconds=15)
            await asyncio.sleep(2.2)

    async def second() -> None:
        sink.away = False
        async with running(config, sink):
            await until(sink.rows)

    asyncio.run(first())
    assert sink.rows() == []
    asyncio.run(second())
    assert len({time for _, time, _ in sink.rows()}) >= 2
