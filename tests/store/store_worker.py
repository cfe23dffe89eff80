"""The process that the crash tests kill: it appends batches and does all the store's work between them."""

from __future__ import annotations

import os
import sys
import time
from datetime import timedelta
from pathlib import Path
from threading import Thread

import polars as pl
from store_kit import START, meter, park

from lingtan import store as room
from lingtan.store import Busy, Limits, Store


def main() -> None:
    root, url, log, run, _role = sys.argv[1:]
    store = Store(Path(root), url, Limits(fan=3, take=400))
    nouns = park(*(meter(f"P{number}") for number in range(5)))
    room.prepare(store)
    Thread(target=append, args=(store, Path(log), int(run)), daemon=True).start()
    for step in range(10**6):
        work(store, nouns, step)
        time.sleep(0.002)


def append(store: Store, log: Path, run: int) -> None:
    """Send batches one after the other, and write down what may be claimed of each."""
    told = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    with room.connect(store, autocommit=True) as connection:
        for step in range(1000):
            number, size = run * 1000 + step, 20 + step % 30
            rows = [
                (f"P{i % 5}", START + timedelta(seconds=number * 1000 + i), float(number * 1000 + i))
                for i in range(size)
            ]
            schema = {"point": pl.String, "time": pl.Datetime("us", "UTC"), "value": pl.Float64}
            batch = room.message("demo", pl.DataFrame(rows, schema=schema, orient="row"), source="w", key=str(number))
            os.write(told, f"begin {number} {size}\n".encode())
            room.append_all(connection, [batch])
            os.write(told, f"ack {number} {size}\n".encode())
            if step % 4 == 0:  # delivered once more, as a broker does
                room.append_all(connection, [batch])
            time.sleep(0.02 if step > 5 else 0)


def work(store: Store, nouns: object, step: int) -> None:
    """Do what a service does between batches; another process may be at it."""
    for due, job in (
        (step % 2 == 1, lambda: room.compact(store)),
        (step % 4 == 3, lambda: room.refresh(store, "demo", nouns)),  # type: ignore[arg-type]
        (step % 4 == 2, lambda: room.merge(store)),
        (step % 8 == 7, lambda: room.sweep(store)),
        (step % 16 == 15, lambda: room.rebuild(store, "demo", nouns)),  # type: ignore[arg-type]
    ):
        try:
            if due:
                job()
        except Busy:
            continue


if __name__ == "__main__":
    main()
