"""Real processes, really killed: what was acknowledged is there once, whatever dies where."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from store_kit import START, drain, meter, park, whole

from lingtan.store import Store, readings, rebuild, sweep, verify, view
from lingtan.store.fail import NAMES

WORKER = Path(__file__).with_name("store_worker.py")
NOUNS = park(*(meter(f"P{number}") for number in range(5)))
SEED = int(os.environ.get("STORE_SEED", "1"))


class Worker:
    """A process that appends, compacts, merges, rolls up and sweeps until it is killed; it logs what it may claim."""

    def __init__(self, store: Store, log: Path, *, run: int, role: str = "all", failpoint: str = "") -> None:
        env = {
            **os.environ,
            "LINGTAN_FAILPOINT": failpoint,
            "PYTHONPATH": str(WORKER.parent),
            "POLARS_MAX_THREADS": "1",
        }
        words = [sys.executable, str(WORKER), str(store.root), store.url, str(log), str(run), role]
        self.log, self.process = log, subprocess.Popen(words, env=env, stderr=subprocess.PIPE)

    def kill(self, after: float) -> None:
        """Kill it some time after its first acknowledgement."""
        until = time.monotonic() + 60
        while not self.log.exists() or self.log.stat().st_size == 0:
            assert self.process.poll() is None, self.process.stderr and self.process.stderr.read().decode()
            assert time.monotonic() < until
            time.sleep(0.02)
        time.sleep(after)
        self.process.send_signal(signal.SIGKILL)
        self.wait()

    def wait(self) -> None:
        self.process.wait(90)
        told = self.process.stderr.read().decode() if self.process.stderr else ""
        assert self.process.returncode == -signal.SIGKILL, told


def claimed(log: Path) -> tuple[set[tuple[str, int, float]], int]:
    """Readings that the worker was told are durable, and how many were in flight when it died."""
    acknowledged, begun = set(), 0
    for line in log.read_text().split("\n")[:-1] if log.exists() else []:
        word, *rest = line.split()
        if word == "begin":
            begun = int(rest[1])
        elif word == "ack":
            number, size = int(rest[0]), int(rest[1])
            begun = 0
            acknowledged |= {(f"P{i % 5}", number * 1000 + i, float(number * 1000 + i)) for i in range(size)}
    return acknowledged, begun


def assert_nothing_lost_or_doubled(store: Store, acknowledged: set[tuple[str, int, float]]) -> None:
    drain(store, NOUNS)
    with view(store) as seen:
        frames = [*readings(seen, "demo", block=100)]
    held = pl.concat(frames) if frames else pl.DataFrame()
    quarters = ((held["time"].cast(pl.Int64) - int(START.timestamp()) * 1_000_000) // 1_000_000).to_list()
    found = Counter(zip(held["point"], quarters, held["value"], strict=True))
    assert not acknowledged - set(found), "lost"
    assert max(found.values()) == 1, "doubled"
    before = {step: whole(store, step) for step in ("hour", "day", "month")}
    rebuild(store, "demo", NOUNS)
    for step, frame in before.items():
        assert frame.equals(whole(store, step)), step
    sweep(store)
    assert [fault for fault in verify(store) if fault.what != "orphan"] == []
    assert verify(store) == ()


def rounds(fresh_store: Callable[..., Store], count: int, tmp_path: Path) -> int:
    """Kill at random instants, over and over on one store; return the readings that were in flight."""
    store, chance = fresh_store(fan=3, take=400), random.Random(SEED)
    acknowledged: set[tuple[str, int, float]] = set()
    flying = 0
    for number in range(count):
        log = tmp_path / f"log{number}"
        Worker(store, log, run=number).kill(chance.uniform(0.0, 0.6))
        told, lost = claimed(log)
        acknowledged |= told
        flying += lost
        sys.stdout.write(f"round {number}: {len(told)} acknowledged, {lost} in flight\n")
    assert acknowledged
    assert_nothing_lost_or_doubled(store, acknowledged)
    return flying


def test_killed_at_random_nothing_acknowledged_is_lost_or_doubled(
    fresh_store: Callable[..., Store], tmp_path: Path
) -> None:
    rounds(fresh_store, 5, tmp_path)


@pytest.mark.nightly
def test_killed_five_hundred_times_nothing_acknowledged_is_lost_or_doubled(
    fresh_store: Callable[..., Store], tmp_path: Path
) -> None:
    assert rounds(fresh_store, 500, tmp_path) > 0


def at_failpoints(fresh_store: Callable[..., Store], tmp_path: Path, names: tuple[str, ...]) -> None:
    """Kill at each named place, twice, one after the other on one store, while readings are in flight."""
    store = fresh_store(fan=3, take=400)
    acknowledged: set[tuple[str, int, float]] = set()
    for number, name in enumerate(names * 2):
        log = tmp_path / f"log{number}"
        Worker(store, log, run=number, failpoint=f"{name}:{1 + number // len(names)}").wait()
        acknowledged |= claimed(log)[0]
    assert_nothing_lost_or_doubled(store, acknowledged)


def test_killed_at_the_places_between_file_and_manifest_nothing_is_lost_or_doubled(
    fresh_store: Callable[..., Store], tmp_path: Path
) -> None:
    at_failpoints(fresh_store, tmp_path, ("compact.middle", "rollup.before_commit"))


@pytest.mark.nightly
def test_killed_at_every_named_place_nothing_is_lost_or_doubled(
    fresh_store: Callable[..., Store], tmp_path: Path
) -> None:
    at_failpoints(fresh_store, tmp_path, NAMES)


def test_two_compactors_at_once_and_one_killed_do_not_write_twice(
    fresh_store: Callable[..., Store], tmp_path: Path
) -> None:
    store = fresh_store(fan=3, take=400)
    logs = [tmp_path / "one", tmp_path / "two"]
    workers = [Worker(store, log, run=number) for number, log in enumerate(logs)]
    workers[0].kill(0.5)
    workers[1].kill(0.5)
    acknowledged = claimed(logs[0])[0] | claimed(logs[1])[0]
    assert len(claimed(logs[1])[0]) > 0
    assert_nothing_lost_or_doubled(store, acknowledged)
