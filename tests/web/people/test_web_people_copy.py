"""The audit log's copy off the machine: real sockets that listen, lines that break, entries that come late."""

from __future__ import annotations

import json
import re
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from lingtan.web import sweeping
from lingtan.web.people import audit, audit_copy
from lingtan.web.people.audit import AuditEntry
from lingtan.web.people.audit_copy import AuditCopy

pytestmark = pytest.mark.django_db
FORM = re.compile(rb"<(\d+)>1 (\S+) (\S+) lingtan (\d+) (\S+) (-|\[.*?\]) \xef\xbb\xbf(\{.*\})", re.DOTALL)


class Collector:
    """A collector that listens on a port of its own; ``got`` are the bytes of every line that was made to it."""

    def __init__(self, certificate: Path | None = None) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.got = b""
        self.context = None
        if certificate is not None:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(certificate)
        self.thread = threading.Thread(target=self._listen, daemon=True)
        self.thread.start()

    def _listen(self) -> None:
        while True:
            try:
                line, _address = self.socket.accept()
                line = self.context.wrap_socket(line, server_side=True) if self.context else line
                while data := line.recv(65_536):
                    self.got += data
                line.close()
            except ssl.SSLError:
                continue
            except OSError:
                return

    def messages(self) -> list[bytes]:
        """Return the messages by their octet counts, once the last line was closed."""
        self.socket.close()
        self.thread.join(5)
        found, rest = [], self.got
        while rest:
            count, _gap, rest = rest.partition(b" ")
            found.append(rest[: int(count)])
            rest = rest[int(count) :]
        return found


@pytest.fixture
def collector(settings: Any) -> Iterator[Collector]:
    made = Collector()
    settings.SYSLOG = f"tcp://127.0.0.1:{made.port}"
    yield made
    made.socket.close()


def write(count: int) -> list[int]:
    return [audit.record("print", f"页面 {number}").pk for number in range(count)]


def test_entries_go_over_tcp_in_order_with_their_octets_counted(collector: Collector) -> None:
    keys = write(3)
    audit.record("failure", "x", result="failed")
    assert audit_copy.forward() == 4
    found = [FORM.fullmatch(one) for one in collector.messages()]
    assert [one and one[1] for one in found] == [b"109", b"109", b"109", b"108"]
    told = [json.loads(one[7]) for one in found if one]
    assert [row["id"] for row in told[:3]] == keys
    assert told[2]["subject"] == "页面 2"
    assert told[0] == json.loads(AuditEntry.objects.get(pk=keys[0]).line())


def test_nothing_goes_twice_and_what_was_written_meanwhile_follows(collector: Collector) -> None:
    write(2)
    assert (audit_copy.forward(), audit_copy.forward()) == (2, 0)
    write(1)
    assert audit_copy.forward() == 1
    assert len(collector.messages()) == 3


def test_an_entry_whose_transaction_ended_late_is_not_passed_over(collector: Collector) -> None:
    entry = AuditEntry.objects.get(pk=write(1)[0])
    with connection.cursor() as cursor:
        cursor.execute("select nextval(pg_get_serial_sequence('people_auditentry', 'id'))")
        late = cursor.fetchone()[0]
    write(1)
    audit_copy.forward()
    entry.pk = late
    entry.save(force_insert=True)
    assert audit_copy.forward() == 1


def test_a_silent_collector_stops_nobody_and_the_health_page_tells_the_gap(client: Client, settings: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    settings.SYSLOG = f"tcp://127.0.0.1:{port}"
    write(2)
    assert audit_copy.forward() == 0
    told = client.get("/health/").json()
    assert (told["status"], told["audit_copy"], told["audit_waiting"]) == ("ok", "ok", 2)


def test_what_waits_longer_than_five_minutes_is_behind(client: Client, settings: Any, clock: Any) -> None:
    settings.SYSLOG = "tcp://127.0.0.1:9"
    write(1)
    clock.forward(minutes=6)
    told = client.get("/health/").json()
    assert (told["audit_copy"], told["audit_waiting_since"]) == ("behind", "2026-11-20T04:00:00+00:00")


def test_without_the_setting_the_health_page_says_nothing_of_it(client: Client, settings: Any) -> None:
    settings.SYSLOG = ""
    assert audit_copy.forward() == 0
    assert "audit_copy" not in client.get("/health/").json()


def test_entries_go_over_udp_one_a_datagram(settings: Any) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as held:
        held.bind(("127.0.0.1", 0))
        held.settimeout(5)
        settings.SYSLOG = f"udp://127.0.0.1:{held.getsockname()[1]}"
        write(2)
        audit_copy.forward()
        assert all(FORM.fullmatch(held.recv(65_536)) for _ in range(2))


def certificate(folder: Path, name: str) -> Path:
    words = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
             "2", "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}", "-keyout", folder / "key.pem",
             "-out", folder / "cert.pem"]  # fmt: skip
    subprocess.run(words, check=True, capture_output=True)
    both = folder / "both.pem"
    both.write_bytes((folder / "key.pem").read_bytes() + (folder / "cert.pem").read_bytes())
    return both


@pytest.mark.parametrize(("name", "taken"), [("localhost", 1), ("another.example", 0)])
def test_over_tls_the_collector_has_to_be_who_it_says(settings: Any, tmp_path: Path, name: str, taken: int) -> None:
    one = Collector(certificate(tmp_path, name))
    settings.SYSLOG, settings.SYSLOG_CA = f"tls://localhost:{one.port}", str(tmp_path / "cert.pem")
    write(1)
    assert audit_copy.forward() == taken
    assert len(one.messages()) == taken


@pytest.mark.parametrize("wrong", ["log.example.com", "http://log.example.com", "tcp://"])
def test_an_address_that_is_none_is_said(settings: Any, wrong: str) -> None:
    settings.SYSLOG = wrong
    with pytest.raises(Exception, match="Expected LINGTAN_SYSLOG such as"):
        audit_copy.target()


def test_marks_are_swept_and_what_they_stood_for_does_not_go_again(collector: Collector, clock: Any) -> None:
    write(3)
    audit_copy.forward()
    clock.forward(days=3)
    assert audit_copy.sweep() == 2
    assert AuditCopy.objects.count() == 1
    assert audit_copy.forward() == 0


def test_the_context_of_history_stays_after_a_day(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into pghistory_context (id, created_at, updated_at, metadata) values "
            "(gen_random_uuid(), now() - interval '2 days', now(), '{\"user\": 1}'), "
            "(gen_random_uuid(), now(), now(), '{\"user\": 2}')"
        )
        cursor.execute("update pghistory_context set metadata = '{}' where created_at > now() - interval '1 day'")
        with pytest.raises(Exception, match="Cannot update"), transaction.atomic():
            cursor.execute("update pghistory_context set metadata = '{}'")
        with pytest.raises(Exception, match="Cannot delete"), transaction.atomic():
            cursor.execute("delete from pghistory_context")


def test_every_sweep_of_the_table_works_and_says_how_many(park: Any, settings: Any, tmp_path: Path) -> None:
    from django.contrib.sessions.models import Session

    from lingtan.web.api.models import Batch

    settings.DATA, old = tmp_path, timezone.now() - timedelta(days=400)
    Session.objects.create(session_key="a" * 32, session_data="", expire_date=old)
    kept = Batch.objects.create(park=park, register="nodes", file="a.xlsx", sha256="0" * 64, state="applied")
    gone = Batch.objects.create(park=park, register="nodes", file="b.xlsx", sha256="0" * 64)
    Batch.objects.update(at=old)
    counts = sweeping.sweep()
    assert set(counts) == set(sweeping.SWEPT)
    assert (counts["sessions"], counts["checked uploads"]) == (1, 1)
    assert list(Batch.objects.values_list("pk", flat=True)) == [kept.pk] != [gone.pk]
