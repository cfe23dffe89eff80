"""HTTP push: durable before 200, bounded, idempotent, honest about what it did not take."""

from __future__ import annotations

import asyncio
import gzip
import io
import json
from pathlib import Path
from typing import Any

import aiohttp
import polars as pl
import pytest
from ingest_kit import DIGEST, JSON_TEMPLATE, TOKEN, Memory, running, settings

SOURCE = f"""
{JSON_TEMPLATE}
[template.csv]
format = "csv"
zone = "Asia/Shanghai"
separator = ";"
decimal = ","
[template.arrow]
format = "arrow"
zone = "UTC"
[limits]
max_body = "1 MiB"
max_expanded = "2 MiB"
[[source]]
id = "gw"
kind = "http"
template = "TEMPLATE"
token_sha256 = "{DIGEST}"
rows = [{{ tag = "a", point = "P1", unit = "MWh", to = "kWh" }}, {{ tag = "b", point = "P2" }}]
"""
ROWS = [
    {"id": "a", "ts": "2025-01-01T00:00:00Z", "v": 1.5},
    {"id": "b", "ts": "2025-01-01T00:00:00Z", "v": 2},
]


async def post(port: int, data: bytes, *, token: str = TOKEN, **headers: str) -> tuple[int, Any, Any]:
    given = {"Authorization": f"Bearer {token}", **{name.replace("_", "-"): text for name, text in headers.items()}}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"http://127.0.0.1:{port}/v1/readings", data=data, headers=given) as answer,
    ):
        return answer.status, await answer.json(), answer.headers


def pushed(tmp_path: Path, data: bytes, *, template: str = "json", sink: Memory | None = None, **headers: str) -> Any:
    sink = sink or Memory()
    config = settings(tmp_path, SOURCE.replace("TEMPLATE", template))

    async def work() -> tuple[int, Any, Any]:
        async with running(config, sink) as port:
            return await post(port, data, **headers)

    return (*asyncio.run(work()), sink)


def test_readings_are_stored_in_the_points_unit_and_counted(tmp_path: Path) -> None:
    status, body, _, sink = pushed(tmp_path, json.dumps(ROWS).encode())
    assert (status, body["accepted"], body["refused"]) == (200, 2, 0)
    assert [(point, value) for point, _, value in sink.rows()] == [("P1", 1500.0), ("P2", 2.0)]


def test_arrow_and_csv_say_the_same_as_json(tmp_path: Path) -> None:
    frame = pl.DataFrame({"tag": ["a", "b"], "time": ["2025-01-01T00:00Z"] * 2, "value": [1.5, 2.0]})
    buffer = io.BytesIO()
    frame.with_columns(pl.col("time").str.to_datetime("%Y-%m-%dT%H:%M%#z")).write_ipc_stream(buffer)
    sheet = b"tag;time;value\na;2025-01-01 08:00;1,5\nb;2025-01-01 08:00;2\n"
    stored = [
        pushed(tmp_path, data, template=template)[-1].rows()
        for template, data in (("json", json.dumps(ROWS).encode()), ("arrow", buffer.getvalue()), ("csv", sheet))
    ]
    assert stored[0] == stored[1] == stored[2]


@pytest.mark.parametrize("token", ["", "wrong", TOKEN + "x"])
def test_unknown_token_is_turned_away_and_stores_nothing(tmp_path: Path, token: str) -> None:
    status, _, headers, sink = pushed(tmp_path, json.dumps(ROWS).encode(), token=token)
    assert status == 401
    assert headers["WWW-Authenticate"] == "Bearer"
    assert not sink.calls


def test_store_that_is_away_is_answered_503_and_the_same_batch_succeeds_later(tmp_path: Path) -> None:
    sink = Memory()
    config = settings(tmp_path, SOURCE.replace("TEMPLATE", "json"))

    async def work() -> tuple[int, str, int]:
        async with running(config, sink) as port:
            sink.away = True
            first, _, headers = await post(port, json.dumps(ROWS).encode())
            sink.away = False
            second, _, _ = await post(port, json.dumps(ROWS).encode())
        return first, headers["Retry-After"], second

    assert asyncio.run(work()) == (503, "5", 200)
    assert len(sink.rows()) == 2


def test_same_batch_number_is_known_and_adds_nothing(tmp_path: Path) -> None:
    sink = Memory()
    config = settings(tmp_path, SOURCE.replace("TEMPLATE", "json"))

    async def work() -> list[bool]:
        async with running(config, sink) as port:
            return [
                (await post(port, json.dumps(ROWS).encode(), Idempotency_Key="batch-7"))[1]["known"] for _ in range(3)
            ]

    assert asyncio.run(work()) == [False, True, True]
    assert len(sink.rows()) == 2


def test_gzip_is_unpacked_and_a_bomb_is_refused(tmp_path: Path) -> None:
    packed = gzip.compress(json.dumps(ROWS).encode())
    assert pushed(tmp_path, packed, Content_Encoding="gzip")[0] == 200
    bomb = gzip.compress(b" " * 100_000_000)
    assert len(bomb) < 1024**2
    status, body, _, sink = pushed(tmp_path, bomb, Content_Encoding="gzip")
    assert (status, body["faults"][0]["code"], sink.calls) == (413, "too_large", 0)


def test_gzip_that_ends_too_early_is_refused(tmp_path: Path) -> None:
    packed = gzip.compress(json.dumps(ROWS * 100).encode())
    assert pushed(tmp_path, packed[:-9], Content_Encoding="gzip")[0] == 415


def test_body_beyond_its_bound_is_refused(tmp_path: Path) -> None:
    assert pushed(tmp_path, b" " * (1024**2 + 1))[0] == 413


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"\xff\xfe", b"[1, 2]", b"[" * 100_000, b'{"a": ' + b"9" * 10_000 + b"}", b"\0" * 10],
)
def test_bytes_that_are_no_json_are_told_and_store_nothing(tmp_path: Path, body: bytes) -> None:
    status, answer, _, sink = pushed(tmp_path, body)
    assert (status, sink.calls) == (400, 0)
    assert answer["faults"][0]["expected"]


def test_arrow_that_expands_beyond_its_bound_is_refused(tmp_path: Path) -> None:
    frame = pl.DataFrame({"tag": ["a"] * 300_000, "time": [0] * 300_000, "value": [0.0] * 300_000})
    buffer = io.BytesIO()
    frame.write_ipc_stream(buffer, compression="zstd")
    assert len(buffer.getvalue()) < 1024**2
    status, body, _, sink = pushed(tmp_path, buffer.getvalue(), template="arrow")
    assert (status, body["faults"][0]["code"], sink.calls) == (400, "too_large", 0)


def test_faulty_rows_are_named_and_good_rows_beside_them_are_stored(tmp_path: Path) -> None:
    rows = [*ROWS, {"id": "a", "ts": "yesterday", "v": 1}, {"id": "a", "ts": "2025-01-01T00:15Z", "v": "n/a"}]
    status, body, _, sink = pushed(tmp_path, json.dumps(rows).encode())
    assert (status, body["accepted"], body["refused"]) == (200, 2, 2)
    assert {fault["code"]: fault["place"] for fault in body["faults"]} == {
        "bad_value": "row 4, tag 'a'",
        "bad_time": "row 3, tag 'a'",
    }
    assert len(sink.rows()) == 2
