"""One writer for all sources: a bounded queue before the sink, and many deliveries in one commit."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from lingtan.ingest.model import Batch, IngestError, Refused, Sink, Unavailable


@dataclass(frozen=True, slots=True)
class _Entry:
    batch: Batch
    done: asyncio.Future[bool]


class Writer:
    """Take batches of all sources to the sink.

    The queue holds at most ``queue_rows`` readings, of one source at most half of them: a source that pushes more
    waits, the others do not. ``commit_rows`` bounds one commit. Single batches above a bound pass alone.
    """

    def __init__(self, sink: Sink, *, queue_rows: int, commit_rows: int) -> None:
        self._sink, self._most, self._commit = sink, queue_rows, commit_rows
        self._queue: deque[_Entry] = deque()
        self._held: Counter[str] = Counter()
        self._change = asyncio.Condition()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sink")
        self._closing = False
        self.away = ""
        self.commits = 0

    @property
    def rows(self) -> int:
        """Readings in the queue and in the commit under way."""
        return self._held.total()

    async def put(self, batch: Batch) -> bool:
        """Store a batch; returns when it is durable, with whether it was known before.

        Raises
        ------
        Unavailable : nothing was stored; the same batch may come again.
        Refused : the sink can never take this batch.
        """
        rows, source = batch.frame.height, batch.source
        async with self._change:
            await self._change.wait_for(lambda: self._closing or self._room(source, rows))
            if self._closing:
                raise Unavailable("The service is stopping; send the batch again.")
            self._held[source] += rows
            entry = _Entry(batch, asyncio.get_running_loop().create_future())
            self._queue.append(entry)
            self._change.notify_all()
        return await entry.done

    async def run(self) -> None:
        """Commit until closed; what stands in the queue then is still committed."""
        while True:
            async with self._change:
                await self._change.wait_for(lambda: bool(self._queue) or self._closing)
                group = self._take()
            if not group:
                return
            try:
                await self._store(group)
            finally:
                await self._release(group)

    async def close(self) -> None:
        """Take no more batches; `run` ends when the queue is empty."""
        async with self._change:
            self._closing = True
            self._change.notify_all()

    def shut(self) -> None:
        """End the sink's thread."""
        self._thread.shutdown(wait=True)

    def _room(self, source: str, rows: int) -> bool:
        total, own = self._held.total(), self._held[source]
        return (not total or total + rows <= self._most) and (not own or own + rows <= self._most // 2)

    def _take(self) -> list[_Entry]:
        group: list[_Entry] = []
        total = 0
        while self._queue and (not group or total + self._queue[0].batch.frame.height <= self._commit):
            entry = self._queue.popleft()
            total += entry.batch.frame.height
            group.append(entry)
        return group

    async def _store(self, group: list[_Entry]) -> None:
        loop = asyncio.get_running_loop()
        try:
            known = await loop.run_in_executor(self._thread, self._sink.store, [entry.batch for entry in group])
        except Refused as fault:
            if len(group) == 1:
                _fail(group, fault)
                return
            for entry in group:
                await self._store([entry])
        except Unavailable as fault:
            self.away = str(fault)
            _fail(group, fault)
        except Exception as fault:  # whatever a sink throws, the deliveries are answered and the writer goes on
            self.away = f"{type(fault).__name__}: {fault}"
            _fail(group, Unavailable(self.away))
        else:
            self.away = ""
            self.commits += 1
            for entry, old in zip(group, known, strict=True):
                if not entry.done.done():
                    entry.done.set_result(old)

    async def _release(self, group: list[_Entry]) -> None:
        async with self._change:
            for entry in group:
                self._held[entry.batch.source] -= entry.batch.frame.height
            self._change.notify_all()


def _fail(group: list[_Entry], fault: IngestError) -> None:
    for entry in group:
        if not entry.done.done():
            entry.done.set_exception(fault)
