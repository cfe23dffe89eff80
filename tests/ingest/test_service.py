"""The service as a whole: strangers wait and are taken in, bursts stay bounded, settings are told with every fault."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest
from ingest_kit import DIGEST, JSON_TEMPLATE, TOKEN, Memory, running, settings, until
from test_http import post

from lingtan.ingest.config import ConfigError
from lingtan.ingest.model import READY, Batch, Fault, Refused, Unavailable
from lingtan.ingest.rooms import look
from lingtan.ingest.sink import Spool
from lingtan.ingest.writer import Writer


def source(rows: str, more: str = "") -> str:
    own = f'id = "gw"\nkind = "http"\ntemplate = "json"\ntoken_sha256 = "{DIGEST}"\nrows = [{rows}]'
    return f"{more}\n{JSON_TEMPLATE}\n[[source]]\n{own}\n"


def body(tags: Sequence[str], value: float = 1) -> bytes:
    return json.dumps([{"id": tag, "ts": "2025-01-01T00:00Z", "v": value} for tag in tags]).encode()


def batch(source: str, key: str, rows: int = 10) -> Batch:
    frame = pl.DataFrame({"point": ["P"] * rows, "time": [0] * rows, "value": [1.0] * rows, "seq": [None] * rows})
    return Batch("demo", source, key, frame.cast(dict(READY)))


def test_unknown_tags_wait_visibly_and_are_taken_in_once_mapped(tmp_path: Path) -> None:
    sink = Memory()

    async def work(rows: str, data: bytes | None) -> dict[str, int]:
        config = settings(tmp_path, source(rows))
        async with running(config, sink) as port:
            if data is not None:
                return (await post(port, data, token=TOKEN))[1]
            await until(lambda: len(look(config.data / "rooms.sqlite")[0]) == 1)
            return {}

    answer = asyncio.run(work("", body(["new", "other"], 7)))
    assert (answer["accepted"], answer["waiting"]) == (0, 2)
    room = tmp_path / "data" / "rooms.sqlite"
    assert [(one.tag, one.value) for one in look(room)[0]] == [("new", 7), ("other", 7)]
    asyncio.run(work('{ tag = "new", point = "P", unit = "MWh", to = "kWh" }', None))
    assert [(point, value) for point, _, value in sink.rows()] == [("P", 7000)]
    assert [one.tag for one in look(room)[0]] == ["other"]


def test_full_waiting_room_turns_away_and_says_so(tmp_path: Path) -> None:
    config = settings(tmp_path, source("", "[limits]\nwaiting_rows = 3"))

    async def work() -> list[tuple[int, int]]:
        async with running(config, Memory()) as port:
            answers = [(await post(port, body([f"{at}a", f"{at}b"])))[1] for at in range(2)]
        return [(answer["waiting"], answer["turned_away"]) for answer in answers]

    assert asyncio.run(work()) == [(2, 0), (0, 2)]


class Slow(Memory):
    """A sink that takes its time."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = threading.Event()

    def store(self, batches: Sequence[Batch]) -> tuple[bool, ...]:
        self.gate.wait(10)
        return super().store(batches)


def test_burst_of_one_source_is_bounded_and_leaves_room_for_others() -> None:
    sink = Slow()

    async def work() -> tuple[int, bool]:
        writer = Writer(sink, queue_rows=100, commit_rows=50)
        run = asyncio.create_task(writer.run())
        burst = [asyncio.create_task(writer.put(batch("loud", str(at)))) for at in range(100)]
        await asyncio.sleep(0.05)
        quiet = asyncio.create_task(writer.put(batch("quiet", "0")))
        await asyncio.sleep(0.05)
        held = writer.rows
        sink.gate.set()
        await asyncio.wait([quiet], timeout=5)
        done = quiet.done()
        await asyncio.gather(*burst)
        await writer.close()
        await run
        writer.shut()
        return held, done

    assert asyncio.run(work()) == (60, True)
    assert sink.calls < 101


class Picky(Memory):
    """A sink that refuses one batch for ever."""

    def store(self, batches: Sequence[Batch]) -> tuple[bool, ...]:
        if any(one.key == "bad" for one in batches):
            raise Refused(Fault("not_stored", "delivery bad", "a good batch", "a bad one"))
        return super().store(batches)


def test_batch_that_the_store_refuses_does_not_take_others_with_it() -> None:
    sink = Picky()

    async def work() -> list[object]:
        writer = Writer(sink, queue_rows=1000, commit_rows=1000)
        puts = [asyncio.create_task(writer.put(batch("s", key))) for key in ("a", "bad", "b")]
        await asyncio.sleep(0.01)
        run = asyncio.create_task(writer.run())
        results = await asyncio.gather(*puts, return_exceptions=True)
        await writer.close()
        await run
        writer.shut()
        return [type(one).__name__ for one in results]

    assert asyncio.run(work()) == ["bool", "Refused", "bool"]


def test_spool_knows_a_batch_by_its_key_and_is_bounded(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool.sqlite", most_rows=25)
    assert spool.store([batch("s", "1"), batch("s", "2")]) == (False, False)
    assert spool.store([]) == ()
    with pytest.raises(Unavailable, match="bound is 25"):
        spool.store([batch("s", "3")])
    taken = spool.oldest(10)
    assert [one.key for _, one in taken] == ["1"]
    spool.remove([number for number, _ in taken])
    assert spool.store([batch("s", "2")]) == (True,)
    assert spool.rows == 10


def test_every_fault_of_the_settings_is_told_in_one_pass(tmp_path: Path) -> None:
    (tmp_path / "map.csv").write_text("tag,point,unit,to\na,P,t,kWh\na,Q,,\n,R,,\n", "utf-8")
    text = """
    [template.t]
    zone = "Mars/Base"
    [template.u]
    time_form = "arrival"
    zone = "UTC"
    [template.ok]
    zone = "UTC"
    [[source]]
    id = "x"
    kind = "mqtt"
    template = "ok"
    host = "h"
    client_id = "c"
    topics = ["a"]
    prot = 1
    qos = 2
    [[source]]
    id = "y"
    kind = "http"
    template = "ok"
    map = "map.csv"
    token_sha256 = "abc"
    [[source]]
    id = "z"
    kind = "http"
    template = "none"
    token_sha256 = "DIGEST"
    [[source]]
    id = "z"
    kind = "http"
    template = "ok"
    map = "map.csv"
    token_sha256 = "DIGEST"
    """.replace("DIGEST", DIGEST)
    with pytest.raises(ConfigError) as caught:
        settings(tmp_path, text)
    places = [fault.place for fault in caught.value.faults]
    for expected in (
        "ingest.toml: template.t.zone", "ingest.toml: template.u.register", "ingest.toml: source[0].prot",
        "ingest.toml: source[0].qos", "ingest.toml: source[1].token_sha256", "ingest.toml: source[2].template",
        "map.csv:4",
    ):  # fmt: skip
        assert expected in places
    assert "did you mean port?" in str(caught.value)


def test_nothing_in_the_room_writes_to_plant() -> None:
    import lingtan.ingest

    text = "".join(path.read_text("utf-8") for path in Path(lingtan.ingest.__file__).parent.rglob("*.py"))
    for word in ("write_coil", "write_register", ".publish(", "mask_write", "readwrite"):
        assert word not in text
