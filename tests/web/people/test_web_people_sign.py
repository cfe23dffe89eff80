"""Signing in, locks, sessions, what has to be done first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from lingtan.web.people.audit import AuditEntry
from lingtan.web.people.user import User

Make = Callable[..., Any]
PASSWORD = "Kohle-und-Stahl-7"


def signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def acts() -> list[tuple[str, str]]:
    return list(AuditEntry.objects.order_by("pk").values_list("act", "result"))


def test_user_name_and_e_mail_both_open_the_account(person: Make, sign_in: Make) -> None:
    person("lin")
    assert signed_in(sign_in("lin"))
    assert signed_in(sign_in("lin@example.org"))


def test_five_failures_lock_account_and_address(person: Make, sign_in: Make) -> None:
    person("lin")
    client = sign_in("lin", "wrong")
    for _ in range(4):
        sign_in("lin", "wrong", client=client)
    assert client.last.status_code == 429
    assert "locked from your address" in client.last.content.decode()
    assert "30 minutes" in client.last.content.decode()
    assert not signed_in(sign_in("lin", client=client))
    assert acts()[-1] == ("failure", "failed")
    assert ("lock", "refused") in acts()


def test_failures_by_e_mail_count_for_the_same_account(person: Make, sign_in: Make) -> None:
    person("lin")
    for at in range(5):
        sign_in("lin@example.org" if at % 2 else "lin", "wrong")
    assert not signed_in(sign_in("lin"))


def test_a_locked_account_stays_open_from_another_address(person: Make, sign_in: Make) -> None:
    person("lin")
    for _ in range(5):
        sign_in("lin", "wrong")
    assert signed_in(sign_in("lin", address="10.0.0.2"))


def test_a_lock_ends_after_thirty_minutes(person: Make, sign_in: Make, clock: Any) -> None:
    person("lin")
    for _ in range(5):
        sign_in("lin", "wrong")
    clock.forward(minutes=31)
    assert signed_in(sign_in("lin"))


def test_signing_in_makes_a_new_session_key(person: Make, sign_in: Make) -> None:
    person("lin")
    client = Client()
    session = client.session
    session["before"] = True
    session.save()
    before = session.session_key
    sign_in("lin", client=client)
    assert client.session.session_key != before


@pytest.mark.parametrize(("minutes", "open_"), [(29, True), (31, False)])
def test_a_session_ends_after_thirty_idle_minutes(
    person: Make, sign_in: Make, clock: Any, minutes: int, open_: bool
) -> None:
    person("lin")
    client = sign_in("lin")
    clock.forward(minutes=minutes)
    assert (client.get("/me/").status_code == 200) is open_


def test_a_session_ends_after_twelve_hours_of_work(person: Make, sign_in: Make, clock: Any) -> None:
    person("lin")
    client = sign_in("lin")
    for _ in range(12 * 3 - 1):
        clock.forward(minutes=20)
        assert client.get("/me/").status_code == 200
    clock.forward(minutes=21)
    response = client.get("/me/", follow=True)
    assert "Your session ended after 12 hours" in response.content.decode()


def test_what_the_page_asks_by_itself_keeps_no_session_open(person: Make, sign_in: Make, clock: Any) -> None:
    person("lin")
    client = sign_in("lin")
    clock.forward(minutes=20)
    assert client.get("/me/?poll=1").status_code == 200
    clock.forward(minutes=20)
    assert client.get("/me/").status_code == 302


def test_a_fourth_session_ends_the_oldest(person: Make, sign_in: Make, clock: Any) -> None:
    person("lin")
    clients = []
    for at in range(4):
        clock.forward(seconds=1)
        clients.append(sign_in("lin", address=f"10.0.0.{at}"))
    assert [client.get("/me/").status_code for client in clients] == [302, 200, 200, 200]


def test_what_was_typed_when_the_session_ended_is_kept_for_the_same_person(
    person: Make, sign_in: Make, clock: Any
) -> None:
    person("lin")
    client = sign_in("lin")
    clock.forward(minutes=31)
    away = client.post("/me/", {"display_name": "Lin Yue", "language": "zh-hans", "timezone": ""})
    assert away["Location"].startswith("/sign/login/?next=%2Fme%2Fkept%2F")
    assert User.objects.get(username="lin").display_name == "Lin"
    sign_in("lin", client=client)
    assert "Lin Yue" in client.get("/me/kept/").content.decode()


def test_what_was_typed_is_not_shown_to_another_person(person: Make, sign_in: Make, clock: Any) -> None:
    person("lin")
    person("wang")
    client = sign_in("lin")
    clock.forward(minutes=31)
    client.post("/me/", {"display_name": "Lin Yue", "language": "zh-hans"})
    sign_in("wang", client=client)
    assert "Lin Yue" not in client.get("/me/kept/", follow=True).content.decode()


def test_nobody_signs_up_by_himself(client: Client, db: None) -> None:
    fields = {"username": "x", "email": "x@example.org", "password1": PASSWORD, "password2": PASSWORD}
    response = client.post("/sign/signup/", fields, headers={"accept-language": "en"})
    assert "by invitation" in response.content.decode()
    assert not User.objects.exists()


def test_an_old_password_has_to_be_changed_first(person: Make, sign_in: Make, clock: Any, settings: Any) -> None:
    person("lin")
    clock.forward(days=91)
    assert sign_in("lin").get("/me/")["Location"] == "/sign/password/change/"
    settings.PASSWORD_PROFILE = "asvs"
    assert sign_in("lin").get("/me/").status_code == 200


def test_a_password_set_by_another_person_has_to_be_changed_first(person: Make, sign_in: Make) -> None:
    user = person("lin")
    user.must_change_password = True
    user.save()
    client = sign_in("lin")
    assert client.get("/me/")["Location"] == "/sign/password/change/"
    new = "Neu-und-lang-42"
    client.post("/sign/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert client.get("/me/").status_code == 200


def test_an_administrator_needs_a_second_factor_first(person: Make, sign_in: Make, settings: Any) -> None:
    settings.MFA_ROLES = ["system", "security", "audit"]
    person("lin", "audit")
    client = sign_in("lin")
    assert client.get("/installation/audit/")["Location"] == "/sign/2fa/"
    assert client.get("/sign/2fa/").status_code == 200


def test_who_has_a_second_factor_is_asked_for_it(person: Make, sign_in: Make, settings: Any) -> None:
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

    settings.MFA_ROLES = ["audit"]
    TOTP.activate(person("lin", "audit"), generate_totp_secret())
    client = sign_in("lin")
    assert not signed_in(client)
    assert client.last["Location"].startswith("/sign/2fa/authenticate/")


def test_pages_speak_the_language_of_the_person_from_the_first_one(person: Make, sign_in: Make) -> None:
    user = person("lin")
    user.language = "zh-hans"
    user.save()
    client = sign_in("lin")
    assert 'lang="zh-Hans"' in client.get("/me/").content.decode()


def test_a_closed_account_opens_nothing(person: Make, sign_in: Make) -> None:
    user = person("lin")
    client = sign_in("lin")
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert client.get("/me/").status_code == 302


@pytest.mark.parametrize(
    ("role", "page"),
    [
        ("system", "/installation/parks/"),
        ("security", "/installation/administrators/"),
        ("audit", "/installation/audit/"),
    ],
)
def test_an_administrator_of_the_installation_begins_at_his_page(
    person: Make, sign_in: Make, role: str, page: str
) -> None:
    person("root", role)
    assert sign_in("root").last["Location"] == page
