"""What goes wrong with disks, files, clocks and messages, and what the past still tells."""

from __future__ import annotations

import math
import os
import resource
import struct
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from store_kit import START, drain, frame, meter, park, put, whole

from lingtan.store import (
    Busy,
    Damaged,
    Forgotten,
    Store,
    StoreError,
    Unavailable,
    append,
    backup,
    compact,
    connect,
    live,
    merge,
    message,
    prepare,
    readings,
    refresh,
    restore,
    survey,
    sweep,
    verify,
    view,
    waiting,
)
from lingtan.store import rows as raw
from lingtan.store.base import writing

NOUNS = park(meter("A"), meter("B"))
DAY = [(point, n, n * 2.5) for n in range(96) for point in "AB"]


def values(store: Store, *, of: int | datetime | None = None) -> list[float]:
    """Values of point A that are known."""
    with view(store, of=of) as seen:
        return [value for block in readings(seen, "demo", ["A"]) for value in block["value"]]


@settings(deadline=None)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=50))
def test_every_value_comes_back_bit_for_bit(sent: list[float]) -> None:
    made = raw.encode(
        pl.DataFrame({"code": [1] * len(sent), "value": sent}, schema={"code": pl.Int32, "value": pl.Float64})
    )
    bits = [struct.pack("<d", value or 0.0) for value in sent]
    assert [struct.pack("<d", value) for value in raw.decoded(made)] == bits


@settings(deadline=None)
@given(st.lists(st.decimals(-(10**8), 10**8, places=3), min_size=1, max_size=30))
def test_decimals_are_kept_as_whole_numbers_of_one_scale(sent: list[object]) -> None:
    written = pl.DataFrame({"code": 1, "value": [float(str(value)) for value in sent]})
    made = raw.encode(written.cast({"code": pl.Int32}))
    assert made["places"].n_unique() == 1
    assert made["places"][0] in range(4)


@pytest.mark.parametrize(
    "rows", [[("A", 0, math.nan)], [("A", 0, math.inf)], [("", 0, 1)], [("A", datetime(1971, 1, 1, tzinfo=UTC), 1)], []]
)
def test_what_is_no_reading_is_refused_before_it_is_acknowledged(rows: list[tuple[object, ...]]) -> None:
    with pytest.raises(StoreError, match=r"no reading|at least one"):
        message("demo", frame(rows), source="test")


def test_a_message_that_comes_again_is_known_and_one_key_with_other_content_is_kept(store: Store) -> None:
    first, other = (message("demo", frame([("A", 0, value)]), source="g", key="7") for value in (1, 2))
    with connect(store, autocommit=True) as connection:
        receipts = [append(connection, one) for one in (first, first, other)]
    assert [one.known for one in receipts] == [False, True, False]
    compact(store)
    assert values(store) == [1.0, 2.0]


def test_a_damaged_batch_is_kept_shown_and_stops_nobody(store: Store) -> None:
    put(store, [("A", 0, 1)], [("A", 1, 2)])
    with connect(store, autocommit=True) as connection:
        connection.execute("update store_inbox set content = content || 'x' where batch = 1")
    assert compact(store).batches == 1
    assert compact(store).batches == 0
    assert [(fault.what, fault.where) for fault in verify(store)] == [("damaged_batch", "1")]


def test_an_identical_redelivery_changes_no_rollup(store: Store) -> None:
    put(store, DAY)
    drain(store, NOUNS)
    put(store, DAY)
    assert compact(store).fresh == 0
    assert waiting(store, "demo") == 0


def test_a_late_reading_recomputes_the_intervals_it_bounds_and_no_other(store: Store) -> None:
    # Two hours, their day and month; the gap that it ends is overwritten.
    put(store, [row for row in DAY if row[:2] != ("A", 48)])
    drain(store, NOUNS)
    put(store, [("A", 48, 120.5)])
    compact(store)
    with view(store) as seen:
        before = seen.generation
    done = refresh(store, "demo", NOUNS)
    assert done.rows == {"hour": 2, "day": 1, "gap": 1, "month": 1}
    assert done.generation == before + 1


def test_an_authority_overrules_the_device_and_a_later_sequence_an_earlier(store: Store) -> None:
    put(store, [("A", 0, 1, 5), ("A", 1, 7, None, 3)], [("A", 0, 2, 4), ("A", 1, 9, 99)])
    compact(store)
    with view(store) as seen:
        (block,) = readings(seen, "demo", ["A"])
    rank = pl.col("seq").fill_null(-(2**62))
    last = block.sort("time", rank, "order").unique("time", keep="last", maintain_order=True)
    assert last["value"].to_list() == [1.0, 7.0]


def test_as_of_tells_what_was_known_then(store: Store) -> None:
    put(store, DAY)
    drain(store, NOUNS)
    with view(store) as seen:
        then = seen.generation
    then_day = whole(store, "day")
    put(store, [("A", 10, 26.5)], [("B", 96, 240)])
    drain(store, NOUNS)
    while merge(store):
        pass
    assert whole(store, "day", of=then).equals(then_day)
    assert not whole(store, "day").equals(then_day)
    assert 26.5 in values(store)
    assert 26.5 not in values(store, of=then)


def test_what_an_open_view_reads_is_not_swept_and_later_is(fresh_store: Callable[..., Store]) -> None:
    store = fresh_store(fan=2, keep=timedelta(0), inbox=timedelta(0))
    for n in range(4):
        put(store, [("A", n, n)])
        compact(store)
    with view(store) as seen:
        old = live(seen, "demo", "raw")
        while merge(store):
            pass
        assert sweep(store).segments == 0
        assert all(one.path(store.root).is_file() for one in old)
    swept = sweep(store)
    assert swept.segments >= 4
    assert not any(one.path(store.root).is_file() for one in old)
    assert verify(store) == ()
    assert values(store, of=2) == [0.0, 1.0]
    with pytest.raises(Forgotten):
        whole(store, "hour", of=1)


def test_only_one_writes_and_the_lease_of_the_dead_is_free_at_once(store: Store) -> None:
    put(store, [("A", 0, 1)])
    code = (
        "import sys, time; from pathlib import Path; from lingtan.store import Store\n"
        "from lingtan.store.base import writing\n"
        "with writing(Store(Path(sys.argv[1]), sys.argv[2]), 'test'):\n    print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(store.root), store.url], stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(Busy):
            compact(store)
        holder.kill()
        holder.wait()
    for _ in range(100):
        try:
            assert compact(store).batches == 1
            break
        except Busy:
            continue


def test_a_writer_that_hangs_loses_the_lease_and_cannot_publish(fresh_store: Callable[..., Store]) -> None:
    from time import sleep

    hung = fresh_store(patience=timedelta(milliseconds=100))
    put(hung, [("A", 0, 1)])

    def hang() -> None:
        with writing(hung, "test") as connection:
            sleep(0.6)
            assert compact(Store(hung.root, hung.url)).batches == 1
            connection.execute("select 1")

    with pytest.raises(Busy):
        hang()


def test_a_torn_or_missing_file_is_told_by_name(store: Store) -> None:
    put(store, DAY)
    drain(store, NOUNS)
    with view(store) as seen:
        torn, gone = live(seen, "demo", "raw")[0], live(seen, "demo", "day")[0]
    path = torn.path(store.root)
    path.write_bytes(path.read_bytes()[:-9])
    gone.path(store.root).unlink()
    assert {(fault.what, fault.where) for fault in verify(store)} == {
        ("changed_file", torn.id), ("missing_file", gone.id),
    }  # fmt: skip
    with pytest.raises(Damaged):
        whole(store, "day")


def test_a_full_disk_takes_nothing_away(store: Store) -> None:
    put(store, DAY)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        import signal

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, before[1]))
        with pytest.raises(Unavailable):
            compact(store)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not [*store.root.rglob("*.parquet")]
    assert compact(store).fresh == len(DAY)


def test_generations_stay_in_order_when_the_clock_jumps_back(store: Store) -> None:
    put(store, [("A", 0, 1)])
    compact(store)
    with connect(store, autocommit=True) as connection:
        connection.execute("update store_generation set made = made + interval '1 hour'")
    put(store, [("A", 1, 2)])
    compact(store)
    with connect(store, autocommit=True) as connection:
        first, second = (row[0] for row in connection.execute("select made from store_generation order by generation"))
    assert second > first
    assert values(store, of=first) == [1.0]


def test_orphans_of_a_dead_writer_are_swept(store: Store) -> None:
    put(store, DAY)
    compact(store)
    (held,) = store.root.rglob("*.parquet")
    orphan = held.with_name("0" * 32 + ".parquet")
    orphan.write_bytes(b"half")
    assert [fault.what for fault in verify(store)] == ["orphan"]
    assert sweep(store).orphans == 1
    assert verify(store) == ()


def test_a_backup_comes_back_whole_with_what_was_not_compacted(
    fresh_store: Callable[..., Store], tmp_path: Path
) -> None:
    store = fresh_store()
    put(store, DAY)
    drain(store, NOUNS)
    put(store, [("A", 96, 240)])
    made, days = backup(store, tmp_path / "backup"), whole(store, "day")
    assert made.undone == 1
    other = fresh_store()
    restore(other, tmp_path / "backup")
    assert whole(other, "day").equals(days)
    drain(other, NOUNS)
    assert values(other) == [n * 2.5 for n in range(97)]
    assert verify(other, {"demo": NOUNS}) == ()


def test_a_backup_with_a_changed_file_is_refused(fresh_store: Callable[..., Store], tmp_path: Path) -> None:
    store = fresh_store()
    put(store, DAY)
    compact(store)
    backup(store, tmp_path / "backup")
    (file,) = (tmp_path / "backup" / "raw").rglob("*.parquet")
    data = file.read_bytes()
    file.unlink()
    file.write_bytes(b"x" + data[1:])
    with pytest.raises(Damaged):
        restore(fresh_store(), tmp_path / "backup")


def test_a_changed_meter_is_found_stale_and_computed_anew(store: Store) -> None:
    put(store, DAY)
    drain(store, NOUNS)
    doubled = park(meter("A", multiplier=2), meter("B"))
    assert [fault.where for fault in verify(store, {"demo": doubled})] == ["A"]
    assert survey(store, "demo", doubled) == 1
    drain(store, doubled)
    assert verify(store, {"demo": doubled}) == ()


def test_hours_of_a_plain_counter_are_those_of_duckdb_on_the_segments(store: Store) -> None:
    put(store, DAY[:100], DAY[100:])
    drain(store, NOUNS)
    with view(store) as seen:
        paths = [str(one.path(store.root)) for one in live(seen, "demo", "raw")]
    found = duckdb.execute(
        """select code, us // 3600000000 * 3600000000 as hour, sum(step)::bigint as amount from (
        select code, us, lead(v) over (partition by code order by us) - v as step from read_parquet(?))
        group by all having amount is not null order by all""",
        [paths],
    ).fetchall()
    own = whole(store, "hour").filter(pl.col("amount").is_not_null())
    assert [row[2] for row in found] == own["amount"].to_list()
    assert own["quantum"].unique().to_list() == ["1/10"]


def test_preparing_again_keeps_everything(store: Store) -> None:
    put(store, DAY)
    prepare(store)
    assert compact(store).fresh == len(DAY)
    assert START.tzinfo is UTC
    assert os.access(store.root, os.W_OK)
