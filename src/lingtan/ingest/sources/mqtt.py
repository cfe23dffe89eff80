"""MQTT 3.1.1 and 5: a persistent session whose messages are acknowledged after they are durable, in order.

Taken with QoS 1 at most: with QoS 2 the broker lets a message's content go at PUBREC, before the commit, and a process
that stops there would lose it. Deliveries that come twice are the store's to recognise (point, time, value).
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import paho.mqtt.client as paho
import polars as pl
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from lingtan.ingest.config import ARRIVAL, MqttOptions
from lingtan.ingest.decode import Envelope, decode
from lingtan.ingest.health import now
from lingtan.ingest.intake import Intake, digest, keep_refused, store
from lingtan.ingest.model import IngestError, Refused, Unavailable
from lingtan.ingest.settle import Settled, settle

_LEAST_S, _MOST_S = 1.0, 60.0
_HELLO_S = 15.0
_TICK_S = 0.5
_AT_ONCE = 64


class BrokerError(IngestError):
    """A broker that cannot be reached, refuses, or went away."""


@dataclass(slots=True)
class _Line:
    """One connection: messages that came and are not yet acknowledged. ``held`` are their numbers."""

    client: paho.Client
    window: int
    came: deque[paho.MQTTMessage] = field(default_factory=deque)
    held: set[int] = field(default_factory=set)
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    hello: asyncio.Event = field(default_factory=asyncio.Event)
    subscribed: asyncio.Event = field(default_factory=asyncio.Event)
    fault: str = ""
    gone: asyncio.Event = field(default_factory=asyncio.Event)


async def run(intake: Intake, options: MqttOptions) -> None:
    """Take messages until cancelled; a lost broker is tried again with growing distance."""
    wait = _LEAST_S
    while True:
        try:
            await _connected(intake, options)
        except (OSError, BrokerError, ValueError) as fault:
            if intake.health.connected:
                wait = _LEAST_S
            intake.health.connected = False
            intake.health.last_fault = f"{options.host}:{options.port}: {fault}"
        await asyncio.sleep(wait * random.uniform(0.7, 1.0))  # noqa: S311 - spreads reconnections, no secret
        wait = min(wait * 2, _MOST_S)


async def _connected(intake: Intake, options: MqttOptions) -> None:
    """Hold one connection from hello to its end."""
    line = _Line(_client(options), options.window)
    _callbacks(line)
    loop = asyncio.get_running_loop()
    # Taken off before the library closes the socket: its number may be given to another at once.
    line.client.on_socket_close = lambda client, data, sock: _off(loop, sock)
    try:
        await asyncio.to_thread(_dial, line.client, options)
        sock = line.client.socket()
        if sock is None:
            raise BrokerError("the broker closed the connection at once")
        loop.add_reader(sock.fileno(), _read, line)
        await asyncio.wait_for(_or_gone(line, line.hello), _HELLO_S)
        _subscribe(line, options)
        await asyncio.wait_for(_or_gone(line, line.subscribed), _HELLO_S)
        intake.health.connected = True
        await _first_end(_keep_alive(line), _consume(intake, line, options), _or_gone(line, asyncio.Event()))
    finally:
        line.client.disconnect()
        line.gone.set()


def _off(loop: asyncio.AbstractEventLoop, sock: Any) -> None:
    loop.remove_reader(sock.fileno())


async def _first_end(*works: Any) -> None:
    """Run works side by side until the first ends or breaks, then end the others."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _client(options: MqttOptions) -> paho.Client:
    five = options.version == "5"
    client = paho.Client(
        CallbackAPIVersion.VERSION2, options.client_id, clean_session=None if five else False, manual_ack=True,
        protocol=MQTTProtocolVersion.MQTTv5 if five else MQTTProtocolVersion.MQTTv311, reconnect_on_failure=False,
    )  # fmt: skip
    if options.username:
        secret = options.password_file.read_text("utf-8").strip() if options.password_file else None
        client.username_pw_set(options.username, secret)
    if options.tls:
        client.tls_set(ca_certs=str(options.ca_file) if options.ca_file else None)
    return client


def _dial(client: paho.Client, options: MqttOptions) -> None:
    if options.version != "5":
        client.connect(options.host, options.port, options.keepalive)
        return
    wishes = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    wishes.SessionExpiryInterval = min(int(options.session.total_seconds()), 2**32 - 1)
    wishes.ReceiveMaximum = options.window
    client.connect(options.host, options.port, options.keepalive, clean_start=False, properties=wishes)


def _callbacks(line: _Line) -> None:
    """Note what the library tells; nothing is worked on in its callbacks."""

    def connected(client: Any, data: Any, flags: Any, reason: Any, properties: Any) -> None:
        if reason.is_failure:
            line.fault = f"the broker refused the session: {reason}"
            line.gone.set()
        else:
            line.hello.set()

    def subscribed(client: Any, data: Any, mid: Any, reasons: Any, properties: Any) -> None:
        refused = [str(reason) for reason in reasons if reason.is_failure]
        if refused:
            line.fault = f"the broker refused a topic: {', '.join(refused)}"
            line.gone.set()
        else:
            line.subscribed.set()

    def disconnected(client: Any, data: Any, flags: Any, reason: Any, properties: Any) -> None:
        line.fault = line.fault or f"the connection ended: {reason}"
        line.gone.set()

    def message(client: Any, data: Any, came: paho.MQTTMessage) -> None:
        # A broker that waits too long for an acknowledgement sends again while the first is still in work.
        if came.qos and came.mid in line.held:
            return
        line.held.add(came.mid)
        line.came.append(came)
        line.ready.set()

    client = line.client
    client.on_connect, client.on_subscribe, client.on_disconnect, client.on_message = (
        connected, subscribed, disconnected, message,
    )  # fmt: skip


def _subscribe(line: _Line, options: MqttOptions) -> None:
    if options.version == "5":
        rules = SubscribeOptions(qos=options.qos, retainHandling=SubscribeOptions.RETAIN_SEND_IF_NEW_SUB)
        line.client.subscribe([(topic, rules) for topic in options.topics])
    else:
        line.client.subscribe([(topic, options.qos) for topic in options.topics])


def _read(line: _Line) -> None:
    """Read packets that have come; while too much is in work, they stay in the socket and the broker waits."""
    for _ in range(_AT_ONCE):
        before = len(line.came)
        if before > 2 * line.window or line.client.loop_read() != MQTTErrorCode.MQTT_ERR_SUCCESS:
            break
        pending = getattr(line.client.socket(), "pending", None)
        if len(line.came) == before and not (pending and pending()):
            break


async def _keep_alive(line: _Line) -> None:
    while True:
        await asyncio.sleep(_TICK_S)
        if line.client.loop_misc() != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise BrokerError(line.fault or "the broker does not answer")
        if line.client.want_write():
            line.client.loop_write()


async def _or_gone(line: _Line, event: asyncio.Event) -> None:
    """Wait for an event.

    Raises
    ------
    BrokerError : the connection ended first.
    """
    waits = [asyncio.ensure_future(each.wait()) for each in (event, line.gone)]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in waits:
            each.cancel()
    if line.gone.is_set():
        raise BrokerError(line.fault or "the connection ended")


async def _consume(intake: Intake, line: _Line, options: MqttOptions) -> None:
    """Make groups of messages durable, then acknowledge them in the order in which they came."""
    while True:
        await line.ready.wait()
        group = [line.came.popleft() for _ in range(min(len(line.came), options.window))]
        if not line.came:
            line.ready.clear()
        wait = _LEAST_S
        while group:
            try:
                await _durable(intake, group)
                break
            except Unavailable as fault:
                intake.health.last_fault = str(fault)
                await asyncio.sleep(wait)
                wait = min(wait * 2, _MOST_S)
        for message in group:
            line.held.discard(message.mid)
            if message.qos:
                line.client.ack(message.mid, message.qos)


async def _durable(intake: Intake, group: Sequence[paho.MQTTMessage]) -> None:
    """Store a group in one batch; messages that cannot be read are kept aside one by one."""
    settled, keys, poison = await asyncio.to_thread(_settled, intake, group)
    for message, fault in poison:
        intake.health.refused(str(fault))
        envelope = Envelope(topic=message.topic)
        await keep_refused(intake, bytes(message.payload), _key(message), fault, envelope=envelope)
    if keys:
        await store(intake, settled, digest("".join(keys).encode()), put=intake.writer.put)


def _settled(
    intake: Intake, group: Sequence[paho.MQTTMessage]
) -> tuple[Settled, list[str], list[tuple[paho.MQTTMessage, Refused]]]:
    """Read a group; what single messages hold is put together."""
    template, moment = intake.source.template, now()
    parts, keys, poison = [], [], []
    for message in group:
        if message.retain and template.time_form == ARRIVAL:
            # It was sent at some time before: it has no time that could be told.
            intake.health.dropped += 1
            continue
        envelope = Envelope(topic=message.topic, most=intake.limits.max_expanded)
        try:
            raw = decode(bytes(message.payload), template, envelope)
        except Refused as fault:
            poison.append((message, fault))
            continue
        part = settle(raw, template, intake.source.tags, arrived=moment)
        if part.faults:
            kept = bytes(message.payload)
            intake.rooms.refuse(intake.source.id, _key(message), kept, part.faults, envelope=message.topic)
        parts.append(part)
        keys.append(_key(message))
    whole = Settled()
    if parts:
        whole.ready, whole.stray = pl.concat([part.ready for part in parts]), pl.concat([part.stray for part in parts])
        whole.blank, whole.refused = sum(part.blank for part in parts), sum(part.refused for part in parts)
        whole.faults = [fault for part in parts for fault in part.faults][:100]
    return whole, keys, poison


def _key(message: paho.MQTTMessage) -> str:
    return digest(message.topic.encode() + b"\0" + message.payload)
