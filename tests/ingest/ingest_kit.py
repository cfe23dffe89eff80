"""What the tests of ingest share: configurations, a service of their own, real servers, a child process to kill."""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import polars as pl

from lingtan.ingest.config import Settings, load
from lingtan.ingest.model import Batch, Unavailable
from lingtan.ingest.service import serve
from lingtan.ingest.sink import Spool

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "gateway-secret"
DIGEST = hashlib.sha256(TOKEN.encode()).hexdigest()
JSON_TEMPLATE = '[template.json]\nformat = "json"\nzone = "UTC"\ntag = "id"\ntime = "ts"\nvalue = "v"\n'


class Memory:
    """A sink in memory; ``away`` makes it unavailable."""

    def __init__(self) -> None:
        self.batches: list[Batch] = []
        self.away = False
        self.calls = 0
        self.seen: set[tuple[str, str]] = set()

    def store(self, batches: Sequence[Batch]) -> tuple[bool, ...]:
        self.calls += 1
        if self.away:
            raise Unavailable("away for the test")
        known = tuple((batch.source, batch.key) in self.seen for batch in batches)
        self.batches += [batch for batch, old in zip(batches, known, strict=True) if not old]
        self.seen |= {(batch.source, batch.key) for batch in batches}
        return known

    def rows(self) -> list[tuple[str, Any, float]]:
        """All readings that were stored, in order."""
        frames = [batch.frame for batch in self.batches]
        return [] if not frames else list(pl.concat(frames).select("point", "time", "value").iter_rows())


def settings(folder: Path, text: str) -> Settings:
    """Read a configuration from text; ``[ingest]`` with data, park and a free port stands before it."""
    path = folder / "ingest.toml"
    head = '[ingest]\npark = "demo"\ndata = "data"\nlisten = "127.0.0.1:0"\n'
    path.write_text(head + textwrap.dedent(text), "utf-8")
    return load(path)


@asynccontextmanager
async def running(config: Settings, sink: Any) -> AsyncIterator[int]:
    """Run the service inside the test; gives the port of HTTP push."""
    stop, port = asyncio.Event(), asyncio.get_running_loop().create_future()
    task = asyncio.create_task(serve(config, sink, stop, started=lambda number: port.set_result(number)))
    await asyncio.wait([task, port], return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        task.result()
    try:
        yield port.result()
    finally:
        stop.set()
        await task


async def until(check: Callable[[], Any], *, seconds: float = 10.0) -> Any:
    """Wait until a check gives something true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = check()
        if found:
            return found
        await asyncio.sleep(0.02)
    raise AssertionError(f"not within {seconds} s")


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for_port(port: int, seconds: float = 15.0) -> None:
    """Wait until somebody listens on a port of this machine."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with socket.socket() as probe:
            probe.settimeout(0.5)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise AssertionError(f"nobody listens on {port}")


class Child:
    """A server or a service in a process of its own, to be killed and started again."""

    def __init__(
        self, command: Sequence[str], *, port: int = 0, env: dict[str, str] | None = None, cwd: Path | None = None
    ) -> None:
        self.command, self.port, self.env, self.cwd = command, port, env, cwd
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> Child:
        self.process = subprocess.Popen(
            self.command, env=self.env, cwd=self.cwd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        if self.port:
            wait_for_port(self.port)
        return self

    def kill(self) -> None:
        """End it at once, as a power cut of the process would."""
        self.end(signal.SIGKILL)

    def end(self, number: int = signal.SIGTERM) -> int:
        """End it by a signal; gives its exit code."""
        if self.process is None:
            return 0
        self.process.send_signal(number)
        try:
            return self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()


def service(config: Settings, spool: Path, port: int = 0) -> Child:
    """The service of a configuration in a process of its own, storing into a spool file as its store."""
    command = [sys.executable, str(Path(__file__).parent / "ingest_child.py"), str(config.path), str(spool)]
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    return Child(command, port=port, env=env)


def stored(spool: Path) -> pl.DataFrame:
    """All readings of a spool file, as they were stored: what came twice stands twice."""
    store = Spool(spool, most_rows=10**9)
    frames = [batch.frame for batch in store.batches()]
    store.close()
    return pl.concat(frames) if frames else pl.DataFrame(schema={"point": pl.String, "value": pl.Float64})
