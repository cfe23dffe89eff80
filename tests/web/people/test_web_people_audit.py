"""The audit log: what is in it, that it stays, who reads it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import ProgrammingError, connection, transaction

from lingtan.web.people import audit
from lingtan.web.people.audit import AuditDay, AuditEntry

Make = Callable[..., Any]


def write(clock: Any, days: int = 3) -> None:
    for at in range(days):
        audit.record("export", f"file {at}")
        clock.forward(days=1)
    audit.seal()


@pytest.mark.parametrize("sql", ["UPDATE people_auditentry SET reason = 'x'", "DELETE FROM people_auditentry"])
def test_an_entry_is_neither_changed_nor_removed(db: None, clock: Any, sql: str) -> None:
    audit.record("export", "file")
    with (
        pytest.raises(ProgrammingError, match="Cannot update or delete"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql)


def test_past_days_are_sealed_one_upon_the_other(db: None, clock: Any) -> None:
    write(clock)
    days = list(AuditDay.objects.order_by("day"))
    assert [(one.day, one.entries) for one in days] == [(date(2026, 11, 20 + at), 1) for at in range(3)]
    again, count = audit.chained(days[0].digest, audit.entries_of(days[1].day))
    assert (again, count) == (days[1].digest, 1)
    assert audit.broken() == []


def test_a_day_without_entries_is_sealed_too(db: None, clock: Any) -> None:
    audit.record("export", "file")
    clock.forward(days=3)
    audit.seal()
    assert list(AuditDay.objects.order_by("day").values_list("entries", flat=True)) == [1, 0, 0]


def test_today_is_not_sealed_before_ten_past_midnight(db: None, clock: Any) -> None:
    audit.record("export", "file")
    clock.forward(hours=20, minutes=9)  # 00:09 UTC of the next day
    audit.seal()
    assert not AuditDay.objects.exists()
    clock.forward(minutes=1)
    audit.seal()
    assert AuditDay.objects.count() == 1


def test_who_goes_around_the_triggers_is_found(db: None, clock: Any) -> None:
    write(clock)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("UPDATE people_auditentry SET subject = 'other' WHERE subject = 'file 1'")
        cursor.execute("SET session_replication_role = DEFAULT")
    assert audit.broken() == [date(2026, 11, 21)]


def test_the_export_gives_the_anchor_and_the_lines_that_were_hashed(person: Make, sign_in: Make, clock: Any) -> None:
    write(clock)
    person("controller", "audit")
    client = sign_in("controller")
    response = client.get("/installation/audit/?export=1")
    head, *lines = b"".join(response.streaming_content).decode().splitlines()
    told = json.loads(head)
    assert told["anchor"]["digest"] == AuditDay.objects.order_by("-day").first().digest
    assert lines[0] == AuditEntry.objects.order_by("pk").first().line()
    assert AuditEntry.objects.filter(act="export", actor__contains="controller").exists()


@pytest.mark.parametrize("role", ["system", "security", "office", "reporter"])
def test_only_the_audit_administrator_reads_the_log(park: Any, client_as: Make, role: str) -> None:
    client = client_as(role, "A" if role == "reporter" else "")
    assert client.get("/p/T/audit/").status_code == 403
    assert client.get("/installation/audit/").status_code == 404


def test_the_log_of_a_park_does_not_show_another_park(park: Any, client_as: Make, person: Make) -> None:
    audit.record("export", "ours", park_id=park.pk)
    audit.record("export", "theirs", park_id=park.pk + 1)
    audit.record("sign_in", actor=person("stranger"))
    page = client_as("audit").get("/p/T/audit/").content.decode()
    assert ("ours" in page, "theirs" in page, "stranger" in page) == (True, False, False)


def test_a_foreign_thing_leaves_a_refusal(park: Any, client_as: Make) -> None:
    client_as("reporter", "A").get("/p/none/", REMOTE_ADDR="10.1.1.1")
    entry = AuditEntry.objects.get(act="refusal")
    assert (entry.path, entry.address, entry.detail, entry.result) == (
        "/p/none/",
        "10.1.1.1",
        {"status": 404},
        "refused",
    )


def test_a_failure_names_the_account_and_never_the_password(person: Make, sign_in: Make) -> None:
    person("lin")
    sign_in("lin", "my-secret-try")
    entry = AuditEntry.objects.get(act="failure")
    assert (entry.subject, entry.result) == ("lin", "failed")
    assert "my-secret-try" not in entry.line()


def test_signing_in_and_out_is_logged_with_request_and_address(person: Make, sign_in: Make) -> None:
    person("lin")
    client = sign_in("lin")
    client.post("/sign/logout/")
    acts = list(AuditEntry.objects.order_by("pk").values_list("act", "address"))
    assert acts == [("sign_in", "10.0.0.1"), ("sign_out", "10.0.0.1")]
    assert len(AuditEntry.objects.first().request) == 36


def test_where_the_log_cannot_be_written_the_act_fails(
    park: Any, person: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lingtan.web.people import actions
    from lingtan.web.people.user import Membership

    lin, office = person("lin", "reporter", park), person("office", "office", park)

    def full(*_args: Any, **_more: Any) -> None:
        raise OSError("no space")

    monkeypatch.setattr(audit.AuditEntry.objects, "create", full)
    with pytest.raises(OSError, match="no space"):
        actions.revoke(lin.memberships.get(), by=office, reason="left")
    assert Membership.objects.get(user=lin).ended_at is None


def test_a_printed_page_is_logged(park: Any, client_as: Make) -> None:
    assert client_as("office").post("/p/T/printed/", {"path": "/p/T/account/?period=2025"}).status_code == 204
    assert AuditEntry.objects.get(act="print").subject == "/p/T/account/?period=2025"


def test_a_file_that_goes_out_is_logged(park: Any, client_as: Make) -> None:
    client_as("office").get("/p/T/registers/streams/export.xlsx")
    entry = AuditEntry.objects.get(act="export")
    assert (entry.park_id, entry.path) == (park.pk, "/p/T/registers/streams/export.xlsx")
