"""Laws over generated deliveries: whatever comes late, twice, corrected or out of order, the end is the same."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from store_kit import drain, meter, park, put, whole

from lingtan.series import summarise
from lingtan.store import Store, compact, merge, readings, rebuild, refresh, view
from lingtan.store.feed import LEFT_OUT, LOCAL

NOUNS = park(
    meter("C"), meter("D", digits=4), meter("I", "interval", stamp="end"), meter("R", "rate"), meter("Q", "rate_point"),
)  # fmt: skip
UNRATED = park(meter("C"), meter("D", digits=4), rated=None)
STEPS = ("hour", "day", "month")
POINTS = ("C", "D", "I", "R", "Q", "X")
# Times over an edge of a local month, mostly dense, with holes of hours and days.
TIMES = st.one_of(st.integers(-8, 90), st.integers(0, 12).map(lambda n: n * 37), st.integers(-40, 300))
VALUES = st.one_of(st.integers(0, 40), st.sampled_from([0.25, 1.125, 9_990.5, 3e-3, 1 / 3, 5_000]))
READING = st.tuples(
    st.sampled_from(POINTS), TIMES, VALUES, st.sampled_from([None, None, None, 1, 2]), st.sampled_from([0, 0, 0, 7])
)
BATCH = st.lists(READING, min_size=1, max_size=12)
DELIVERIES = st.lists(st.tuples(BATCH, st.sampled_from(["", "compact", "refresh", "merge"])), min_size=1, max_size=7)
#: `STORE_EXAMPLES=300` for a long run.
EXAMPLES = int(os.environ.get("STORE_EXAMPLES", "5"))
QUICK = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def grown(batch: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Let counters rise with time, so that most steps are plain."""
    return [(p, t, v + t * 3 if p in "CD" and v < 100 else v, *rest) for p, t, v, *rest in batch]


def deliver(store: Store, deliveries: list[tuple[list[tuple[Any, ...]], str]], nouns: Any) -> None:
    for batch, then in deliveries:
        put(store, grown(batch))
        if then:
            compact(store)
        if then == "refresh":
            refresh(store, "demo", nouns)
        if then == "merge":
            merge(store)
    drain(store, nouns)


def state(store: Store) -> dict[str, pl.DataFrame]:
    return {step: whole(store, step) for step in STEPS}


def same(one: dict[str, pl.DataFrame], other: dict[str, pl.DataFrame]) -> None:
    for step in STEPS:
        assert_frame_equal(one[step], other[step], check_exact=True)


@given(DELIVERIES)
@QUICK
def test_incremental_rollups_equal_those_rebuilt_from_scratch(
    fresh_store: Callable[..., Store], deliveries: list[Any]
) -> None:
    store = fresh_store(fan=2)
    deliver(store, deliveries, NOUNS)
    before = state(store)
    rebuild(store, "demo", NOUNS)
    same(before, state(store))


@given(DELIVERIES)
@QUICK
def test_points_without_rating_come_to_the_same_once_their_history_is_judged(
    fresh_store: Callable[..., Store], deliveries: list[Any]
) -> None:
    store = fresh_store(fan=2)
    deliver(store, deliveries, UNRATED)
    before = state(store)
    rebuild(store, "demo", UNRATED)
    same(before, state(store))


@given(DELIVERIES)
@QUICK
def test_rollups_are_those_of_the_series_room_over_all_readings(
    fresh_store: Callable[..., Store], deliveries: list[Any]
) -> None:
    store = fresh_store()
    deliver(store, deliveries, NOUNS)
    # The rules see what counts of each time, in order: what order tells is the store's to say.
    with view(store) as seen:
        rows = [*readings(seen, "demo", block=100)]
    kept = (
        pl.concat(rows)
        .sort("point", "time", pl.col("seq").fill_null(-1), "order")
        .unique(["point", "time"], keep="last")
    )
    placed = kept.sort("point", "time").with_columns(
        order=pl.int_range(pl.len(), dtype=pl.Int64), seq=pl.lit(None, pl.Int64)
    )
    rule = summarise(
        [placed], NOUNS, datetime(2024, 12, 1, tzinfo=UTC), datetime(2025, 6, 1, tzinfo=UTC), steps=STEPS, limits=LOCAL
    )
    for step in STEPS:
        mine = whole(store, step).filter(pl.col("quantum") != "")
        theirs = rule.buckets[step].join(mine.select("point", "start"), on=["point", "start"], how="semi")
        assert mine.height == theirs.height
        size = {point: float(quantum) for point, quantum in rule.quantum.items()}
        scale = pl.col("point").replace_strict(size, return_dtype=pl.Float64)
        numerator = pl.col("quantum").str.split("/").list.first().cast(pl.Float64)
        denominator = pl.col("quantum").str.split("/").list.get(1, null_on_oob=True).cast(pl.Float64).fill_null(1.0)
        for name in ("amount", "unplaced"):
            one = mine.select((pl.col(name) * numerator / denominator).round(9)).to_series().to_list()
            assert one == theirs.select((pl.col(name) * scale).round(9)).to_series().to_list(), (step, name)
        for name in ("known_us",) if step == "month" else ("known_us", "time_us", "periods", "resolved"):
            assert mine[name].to_list() == theirs[name].to_list(), (step, name)
        bits = 2**32 - 1 & ~LEFT_OUT
        assert [flags & bits for flags in mine["flags"]] == [flags & bits for flags in theirs["flags"]]


@given(st.lists(BATCH, min_size=1, max_size=5), st.randoms(use_true_random=False))
@QUICK
def test_what_is_stored_hangs_neither_on_redelivery_nor_on_the_order_of_compaction(
    fresh_store: Callable[..., Store], batches: list[Any], chance: Any
) -> None:
    once = fresh_store()
    put(once, *batches)
    compact(once)
    with view(once) as seen:
        first = [*readings(seen, "demo", block=100)]
    again = fresh_store(take=3)
    put(again, *batches)
    compact(again)
    redelivered = [*batches, *batches]
    chance.shuffle(redelivered)
    put(again, *redelivered)
    drain(again, NOUNS)
    with view(again) as seen:
        second = [*readings(seen, "demo", block=100)]
    assert_frame_equal(pl.concat(first), pl.concat(second), check_exact=True)
