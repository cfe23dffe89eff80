"""MQTT against real brokers: acknowledged after the commit, nothing lost and nothing doubled when any of them dies."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from ingest_kit import Child, Memory, running, service, settings, stored, until
from paho.mqtt.enums import CallbackAPIVersion

from lingtan.ingest.config import Settings
from lingtan.ingest.rooms import look

BASE = 1_735_689_600


def config(folder: Path, port: int, *, version: str = "5", more: str = "", template: str = "") -> Settings:
    text = f"""
{template or "[template.json]"}
tag = "{{topic.2}}/{{id}}"
time = "ts"
value = "v"
zone = "UTC"
{"" if template else 'time_form = "epoch_s"'}
[[source]]
id = "broker"
kind = "mqtt"
template = "json"
host = "127.0.0.1"
port = {port}
client_id = "lingtan-test"
version = "{version}"
topics = ["site/+/power"]
rows = [{{ tag = "one/m", point = "P" }}]
{more}
"""
    return settings(folder, text)


def payload(number: int, value: float | None = None) -> bytes:
    return json.dumps({"id": "m", "ts": BASE + number, "v": number if value is None else value}).encode()


class Publisher:
    """A gateway that publishes with QoS 1 and keeps what the broker did not acknowledge, as gateways do."""

    def __init__(self, port: int) -> None:
        self.sent: dict[int, paho.MQTTMessageInfo] = {}
        self.client = paho.Client(CallbackAPIVersion.VERSION2, "gateway", clean_session=False)
        self.client.max_inflight_messages_set(200)
        self.client.reconnect_delay_set(1, 1)
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()

    def send(
        self, number: int, data: bytes | None = None, *, topic: str = "site/one/power", retain: bool = False
    ) -> None:
        whole = payload(number) if data is None else data
        self.sent[number] = self.client.publish(topic, whole, qos=1, retain=retain)

    @property
    def acknowledged(self) -> set[int]:
        return {number for number, info in self.sent.items() if info._published}

    def finish(self, seconds: float = 30) -> set[int]:
        end = time.monotonic() + seconds
        while len(self.acknowledged) < len(self.sent) and time.monotonic() < end:
            time.sleep(0.05)
        self.close()
        return self.acknowledged

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@pytest.mark.parametrize("version", ["3.1.1", "5"])
def test_messages_of_mapped_topics_become_readings(
    tmp_path: Path, mosquitto: Callable[..., Child], version: str
) -> None:
    broker, sink = mosquitto(), Memory()

    async def work() -> None:
        async with running(config(tmp_path, broker.port, version=version), sink):
            await asyncio.sleep(0.5)
            gateway = Publisher(broker.port)
            for number in range(50):
                gateway.send(number)
            await until(lambda: len(sink.rows()) == 50)
            gateway.close()

    asyncio.run(work())
    assert [value for _, _, value in sink.rows()] == list(range(50))


def test_nothing_is_acknowledged_while_the_store_is_away(tmp_path: Path, mosquitto: Callable[..., Child]) -> None:
    broker, sink = mosquitto(), Memory()

    async def away() -> None:
        async with running(config(tmp_path, broker.port), sink):
            await asyncio.sleep(0.5)
            sink.away = True
            gateway = Publisher(broker.port)
            for number in range(100):
                gateway.send(number)
            await until(lambda: sink.calls)
            gateway.close()

    async def back() -> None:
        sink.away = False
        async with running(config(tmp_path, broker.port), sink):
            await until(lambda: len({value for _, _, value in sink.rows()}) == 100)

    asyncio.run(away())
    assert sink.rows() == []
    asyncio.run(back())


def test_poisoned_message_is_kept_and_shown_and_the_next_ones_go_on(
    tmp_path: Path, mosquitto: Callable[..., Child]
) -> None:
    broker, sink = mosquitto(), Memory()
    settings_ = config(tmp_path, broker.port)

    async def work() -> None:
        async with running(settings_, sink):
            await asyncio.sleep(0.5)
            gateway = Publisher(broker.port)
            gateway.send(0, b"\xff{not json")
            gateway.send(1)
            gateway.send(2, payload(2), topic="site/two/power")
            await until(lambda: sink.rows() and look(settings_.data / "rooms.sqlite")[0])
            gateway.close()

    asyncio.run(work())
    strangers, refused = look(settings_.data / "rooms.sqlite")
    assert [value for _, _, value in sink.rows()] == [1]
    assert [(one.tag, one.rows) for one in strangers] == [("two/m", 1)]
    assert [(one["source"], one["envelope"], one["faults"][0]["code"]) for one in refused] == [
        ("broker", "site/one/power", "unreadable")
    ]


def test_retained_message_without_its_own_time_is_no_reading(tmp_path: Path, mosquitto: Callable[..., Child]) -> None:
    broker, sink = mosquitto(), Memory()
    template = '[template.json]\ntime_form = "arrival"\nregister = "counter"\n'

    async def work() -> None:
        gateway = Publisher(broker.port)
        gateway.send(1, retain=True)
        await until(lambda: gateway.acknowledged)
        async with running(config(tmp_path, broker.port, template=template), sink):
            await asyncio.sleep(0.5)
            gateway.send(2)
            await until(sink.rows)
        gateway.close()

    asyncio.run(work())
    assert [value for _, _, value in sink.rows()] == [2]


def wait_for_session(config: Settings) -> None:
    """Wait for the first subscription: what is published before it, no broker keeps for anybody."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        time.sleep(0.1)
        path = config.data / "health.json"
        if path.exists() and json.loads(path.read_text("utf-8"))["sources"][0]["connected"]:
            return
    raise AssertionError("no session within 20 s")


def kill_while_publishing(
    tmp_path: Path, broker: Child, *, version: str, rounds: int, kill_broker: bool, count: int = 2000
) -> tuple[set[int], list[float], list[int]]:
    """Publish ``count`` messages while service (and broker) are killed; gives acknowledged, stored, in flight."""
    spool, settings_ = tmp_path / "store.sqlite", config(tmp_path, broker.port, version=version)
    child = service(settings_, spool).start()
    wait_for_session(settings_)
    gateway, flying, step = Publisher(broker.port), [], count // (rounds + 1)
    for number in range(count):
        gateway.send(number)
        if number % step == step - 1 and len(flying) < rounds:
            time.sleep(0.15)
            flying.append(len(gateway.sent) - len(gateway.acknowledged))
            child.kill()
            if kill_broker:
                broker.kill()
                broker.start()
            child.start()
    acknowledged = gateway.finish()
    deadline = time.monotonic() + 40
    while time.monotonic() < deadline and not acknowledged <= {int(value) for value in stored(spool)["value"]}:
        time.sleep(0.2)
    child.end()
    return acknowledged, stored(spool)["value"].to_list(), flying


ROUNDS = [(1, 300), pytest.param(20, 20_000, marks=pytest.mark.nightly)]


@pytest.mark.parametrize(("rounds", "count"), ROUNDS)
def test_service_killed_while_publishing_loses_nothing_that_was_acknowledged(
    tmp_path: Path, mosquitto: Callable[..., Child], rounds: int, count: int
) -> None:
    broker = mosquitto("max_queued_messages 0")
    acknowledged, values, flying = kill_while_publishing(
        tmp_path, broker, version="5", rounds=rounds, kill_broker=False, count=count
    )
    assert len(acknowledged) == count
    assert acknowledged - set(values) == set(), flying


@pytest.mark.parametrize(("rounds", "count"), ROUNDS)
def test_durable_broker_and_service_killed_together_lose_nothing(
    tmp_path: Path, nats: Callable[..., Child], rounds: int, count: int
) -> None:
    acknowledged, values, flying = kill_while_publishing(
        tmp_path, nats(), version="3.1.1", rounds=rounds, kill_broker=True, count=count
    )
    assert acknowledged
    assert acknowledged - set(values) == set(), flying
