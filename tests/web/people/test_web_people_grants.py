"""Invitations, grants by two persons, parts taken back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.test import Client

from lingtan.web.api import keys
from lingtan.web.metering.stream import Stream
from lingtan.web.park.node import Node
from lingtan.web.people import actions
from lingtan.web.people.actions import Ask
from lingtan.web.people.audit import AuditEntry
from lingtan.web.people.four_eyes import different
from lingtan.web.people.invitation import Invitation
from lingtan.web.people.roles import EXCLUSIVE, Role, excluded
from lingtan.web.people.user import Membership, User

Make = Callable[..., Any]
NEW = "Neu-und-lang-42"


def enterprise(park: Any, code: str = "A") -> Node:
    return Node.objects.get(park=park, code=code)


def ask(park: Any, role: str, email: str = "new@example.org", **bound: Any) -> Ask:
    return Ask(email=email, role=role, park=park, reason="joins the team", **bound)


def test_the_office_invites_a_reporter_who_sets_name_and_password_once(park: Any, person: Make, clock: Any) -> None:
    office = person("office", "office", park)
    _, token = actions.offer(ask(park, "reporter", enterprise=enterprise(park)), by=office)
    page = Client(headers={"accept-language": "en"})
    assert "Join Test park as Enterprise reporter" in page.get(f"/invitation/{token}/").content.decode()
    fields = {"name": "Wang Min", "password": NEW, "again": NEW}
    assert page.post(f"/invitation/{token}/", fields)["Location"] == "/sign/login/"
    part = Membership.objects.get(role="reporter")
    assert (part.user.email, part.enterprise.code, part.granted_by) == ("new@example.org", "A", office)
    assert page.post(f"/invitation/{token}/", fields).status_code == 404
    assert User.objects.filter(email="new@example.org").count() == 1


def test_an_invitation_expires_after_seven_days(park: Any, person: Make, clock: Any) -> None:
    _, token = actions.offer(ask(park, "reporter", enterprise=enterprise(park)), by=person("office", "office", park))
    clock.forward(days=7, seconds=1)
    assert Client().get(f"/invitation/{token}/").status_code == 404


def test_the_secret_of_an_invitation_is_not_stored(park: Any, person: Make) -> None:
    made, token = actions.offer(ask(park, "reporter", enterprise=enterprise(park)), by=person("office", "office", park))
    assert token not in str(Invitation.objects.filter(pk=made.pk).values().get())


def test_sending_again_ends_the_former_link(park: Any, person: Make) -> None:
    office = person("office", "office", park)
    made, first = actions.offer(ask(park, "reporter", enterprise=enterprise(park)), by=office)
    second = actions.renew(made, by=office)
    assert (actions.find(first), actions.find(second)) == (None, made)


def test_a_weak_password_is_refused_by_the_profile(park: Any, person: Make) -> None:
    _, token = actions.offer(ask(park, "reporter", enterprise=enterprise(park)), by=person("office", "office", park))
    fields = {"name": "Wang", "password": "kurz", "again": "kurz"}
    response = Client(headers={"accept-language": "en"}).post(f"/invitation/{token}/", fields)
    assert "Expected 10 to 128 characters, got 4." in response.content.decode()


@pytest.mark.parametrize(
    ("giver", "bound", "role", "allowed"),
    [
        ("office", "", "reporter", True),
        ("office", "", "verifier", False),
        ("office", "", "office", False),
        ("approver", "A", "reporter", True),
        ("approver", "A", "provider", True),
        ("approver", "B", "provider", False),  # of another enterprise
        ("approver", "A", "approver", False),
        ("reporter", "A", "reporter", False),
        ("system", "", "reporter", False),
        ("audit", "", "reporter", False),
        ("security", "", "verifier", True),
        ("security", "", "provider", False),  # an enterprise lends its own rows
    ],
)
def test_who_may_offer_which_role(
    park: Any, person: Make, giver: str, bound: str, role: str, allowed: bool, clock: Any
) -> None:
    own = {"enterprise": enterprise(park, bound)} if bound else {}
    by = person("giver", giver, park, **own)
    spans = {"valid_to": date(2026, 12, 31), "period_from": date(2025, 1, 1), "period_to": date(2025, 12, 31)}
    offered = ask(park, role, enterprise=enterprise(park), **(spans if role in ("verifier", "provider") else {}))
    if allowed:
        assert actions.offer(offered, by=by)
    else:
        with pytest.raises(PermissionDenied):
            actions.offer(offered, by=by)


def test_a_verifier_is_asked_for_by_one_and_confirmed_by_another(park: Any, person: Make, clock: Any) -> None:
    first, second = person("first", "security", park), person("second", "security", park)
    person("auditor")
    spans = {"valid_to": date(2026, 12, 31), "period_from": date(2025, 1, 1), "period_to": date(2025, 12, 31)}
    made, token = actions.offer(ask(park, "verifier", "auditor@example.org", **spans), by=first)
    assert (token, made.state) == ("", "waiting")
    assert not Membership.objects.filter(role="verifier").exists()
    with pytest.raises(PermissionDenied, match="A second person"):
        actions.confirm(made, by=first)
    actions.confirm(made, by=second)
    part = Membership.objects.get(role="verifier")
    assert (part.granted_by, part.confirmed_by, part.period_to) == (first, second, date(2025, 12, 31))


def test_the_head_of_the_office_confirms_and_an_ordinary_member_does_not(park: Any, person: Make) -> None:
    made, _ = actions.offer(ask(park, "regulator"), by=person("first", "security", park))
    with pytest.raises(PermissionDenied):
        actions.confirm(made, by=person("plain", "office", park))
    assert actions.confirm(made, by=person("head", "office", park, head=True))


def test_nobody_confirms_his_own_grant(park: Any, person: Make) -> None:
    head = person("head", "office", park, head=True)
    made, _ = actions.offer(ask(park, "regulator", head.email), by=person("first", "security", park))
    with pytest.raises(PermissionDenied):
        actions.confirm(made, by=head)


def test_nobody_offers_a_role_to_himself(park: Any, person: Make) -> None:
    office = person("office", "office", park)
    with pytest.raises(ValidationError, match="Nobody gives himself a role"):
        actions.offer(ask(park, "reporter", office.email, enterprise=enterprise(park)), by=office)


@pytest.mark.parametrize("held", EXCLUSIVE)
@pytest.mark.parametrize("wanted", [*EXCLUSIVE, Role.OFFICE, Role.REPORTER])
def test_an_administrator_is_nothing_else(held: Role, wanted: Role) -> None:
    assert (excluded(wanted, [held]) is None) is (held == wanted)
    assert (excluded(held, [wanted]) is None) is (held == wanted)


@pytest.mark.parametrize("second", ["security", "audit", "office"])
def test_the_database_holds_no_second_role_of_an_administrator(park: Any, person: Make, second: str) -> None:
    user = person("one", "system", park)
    with pytest.raises(IntegrityError, match="excludes role system"), transaction.atomic():
        Membership.objects.create(user=user, park=park, role=second)


def test_a_person_with_a_part_is_not_offered_an_administration(park: Any, person: Make) -> None:
    person("both", "reporter", park, enterprise=enterprise(park))
    with pytest.raises(ValidationError, match="cannot be held beside “Enterprise reporter”"):
        actions.offer(ask(park, "audit", "both@example.org"), by=person("first", "security", park))


def test_a_grant_to_a_provider_ends_on_its_day(park: Any, person: Make, sign_in: Make, clock: Any) -> None:
    person("helper")
    by = person("boss", "approver", park, enterprise=enterprise(park))
    actions.offer(ask(park, "provider", "helper@example.org", enterprise=enterprise(park),
                      valid_to=date(2026, 11, 21)), by=by)  # fmt: skip
    assert sign_in("helper").get("/p/T/registers/streams/").status_code == 200
    clock.forward(days=2)
    assert sign_in("helper").get("/p/T/registers/streams/").status_code == 404


def test_the_page_of_grants_shows_the_last_day_and_ends_a_grant_before_it(
    park: Any, person: Make, sign_in: Make, clock: Any
) -> None:
    person("helper")
    by = person("boss", "approver", park, enterprise=enterprise(park))
    actions.offer(ask(park, "provider", "helper@example.org", enterprise=enterprise(park),
                      valid_to=date(2027, 3, 31)), by=by)  # fmt: skip
    grant, boss, helper = Membership.objects.get(role="provider"), sign_in("boss"), sign_in("helper")
    page = boss.get("/p/T/people/").content.decode()
    assert "2027-03-31" in page
    assert f"/p/T/people/{grant.pk}/revoke/" in page
    assert "2027-03-31" in helper.get("/me/").content.decode()
    boss.post(f"/p/T/people/{grant.pk}/revoke/", {"reason": "contract ended early"})
    assert helper.get("/p/T/registers/streams/").status_code == 404
    assert Membership.objects.get(pk=grant.pk).ended_at == clock.now


def test_a_providers_token_ends_with_his_grant(park: Any, person: Make, clock: Any) -> None:
    helper = person("helper", "provider", park, enterprise=enterprise(park), valid_to=date(2026, 11, 21))
    _token, key = keys.make(helper, "t", scopes=["read"], expires=clock.now + timedelta(days=300))
    client = Client(headers={"authorization": f"Bearer {key}"})
    assert client.get("/api/v1/parks/T/streams").status_code == 200
    clock.forward(days=2)
    assert client.get("/api/v1/parks/T/streams").status_code == 404


def test_the_menu_leads_to_sessions_and_tokens(park: Any, client_as: Make) -> None:
    page = client_as("reporter", "A").get("/p/T/registers/streams/").content.decode()
    assert 'href="/sign/sessions/"' in page
    assert 'href="/tokens/"' in page


def test_a_provider_needs_a_last_day_within_a_year(park: Any, person: Make, clock: Any) -> None:
    by = person("boss", "approver", park, enterprise=enterprise(park))
    for day in (None, date(2027, 11, 22)):
        with pytest.raises(ValidationError, match="Expected a last day within 366 days"):
            actions.offer(ask(park, "provider", enterprise=enterprise(park), valid_to=day), by=by)


def test_a_part_taken_back_ends_at_once_and_keeps_the_reason(park: Any, person: Make, sign_in: Make) -> None:
    person("lin", "reporter", park, enterprise=enterprise(park))
    client = sign_in("lin")
    assert client.get("/p/T/registers/streams/").status_code == 200
    office = person("office", "office", park)
    actions.revoke(Membership.objects.get(user__username="lin"), by=office, reason="left the company")
    assert client.get("/p/T/registers/streams/").status_code == 404
    entry = AuditEntry.objects.get(act="revoke")
    assert (entry.actor, entry.reason, entry.park_id) == ("Office (office)", "left the company", park.pk)


def test_taking_a_part_back_needs_a_reason(park: Any, person: Make) -> None:
    person("lin", "reporter", park, enterprise=enterprise(park))
    with pytest.raises(ValidationError, match="Say why"):
        actions.revoke(Membership.objects.get(user__username="lin"), by=person("o", "office", park), reason=" ")


def test_members_of_another_enterprise_are_not_listed(park: Any, person: Make, sign_in: Make) -> None:
    person("boss", "approver", park, enterprise=enterprise(park))
    other = person("zhaoliu", "reporter", park, enterprise=enterprise(park, "B"))
    client = sign_in("boss")
    assert "zhaoliu" not in client.get("/p/T/people/").content.decode()
    assert client.get(f"/p/T/people/{other.memberships.get().pk}/revoke/").status_code == 404


def test_inviting_on_the_page_sends_a_mail_with_the_link(park: Any, person: Make, sign_in: Make) -> None:
    person("office", "office", park)
    node = enterprise(park)
    fields = {"email": "new@example.org", "enterprise": node.pk, "reason": "reports from March on"}
    response = sign_in("office").post("/p/T/people/invite/?role=reporter", fields)
    assert response["Location"] == "/p/T/people/"
    assert "/invitation/" in mail.outbox[-1].body


def test_the_operator_invites_three_persons_once(person: Make, capsys: Any) -> None:
    emails = [f"--{role}={role}@example.org" for role in ("system", "security", "audit")]
    call_command("administrators", *emails)
    links = [line.split()[-1] for line in capsys.readouterr().out.splitlines()]
    assert len(links) == 3
    for link in links:
        page = link[link.index("/invitation/") :]
        Client(headers={"accept-language": "en"}).post(page, {"name": "Someone", "password": NEW, "again": NEW})
    assert sorted(Membership.objects.filter(park=None).values_list("role", flat=True)) == [
        "audit",
        "security",
        "system",
    ]
    with pytest.raises(CommandError, match="has administrators already"):
        call_command("administrators", *emails)


def test_the_system_administrator_creates_a_park_and_sees_none_of_its_rows(person: Make, sign_in: Make) -> None:
    person("root", "system")
    client = sign_in("root")
    fields = {"code": "N1", "name_zh": "新园区", "timezone": "Asia/Shanghai", "reason": "second site"}
    assert client.post("/installation/parks/", fields)["Location"] == "/installation/parks/"
    assert client.get("/installation/audit/").status_code == 404
    assert AuditEntry.objects.filter(act="park", subject="N1", reason="second site").exists()


def test_a_closed_account_is_signed_out_everywhere(person: Make, sign_in: Make) -> None:
    person("root", "system")
    lin = person("lin")
    client, root = sign_in("lin"), sign_in("root")
    root.post(f"/installation/accounts/{lin.pk}/", {"reason": "left"})
    assert client.get("/me/").status_code == 302
    assert "_auth_user_id" not in sign_in("lin").session


def test_four_eyes_take_users_accesses_and_numbers(person: Make) -> None:
    one, two = person("one"), person("two")
    different(one, two, two.pk, None)
    for other in (one, one.pk):
        with pytest.raises(PermissionDenied):
            different(one, other)


def test_an_approver_lends_no_stream_of_another_enterprise(park: Any, person: Make, clock: Any) -> None:
    by = person("boss", "approver", park, enterprise=enterprise(park))
    bound = {"enterprise": enterprise(park), "valid_to": date(2026, 12, 31)}
    with pytest.raises(ValidationError, match="not of the park or the enterprise"):
        actions.offer(ask(park, "provider", streams=[Stream.objects.get(code="EB").pk], **bound), by=by)
    assert actions.offer(ask(park, "provider", streams=[Stream.objects.get(code="EA").pk], **bound), by=by)
