"""Signing in at a real OpenID provider: the whole way with a code, there and back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import oidc_provider_mock
import pytest
from django.test import Client

from lingtan.web.park.node import Node
from lingtan.web.people import actions
from lingtan.web.people.actions import Ask
from lingtan.web.people.audit import AuditEntry
from lingtan.web.people.user import Membership, User

Make = Callable[..., Any]
EMAIL = "li.wei@example.org"


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    """Run an OpenID provider that knows a person."""
    with oidc_provider_mock.run_server_in_thread() as server:
        address = f"http://localhost:{server.server_port}"
        claims = {"email": EMAIL, "email_verified": True, "name": "Li Wei", "given_name": "Wei", "family_name": "Li"}
        httpx.put(f"{address}/users/li", json=claims).raise_for_status()
        httpx.put(f"{address}/users/liar", json={"email": EMAIL, "email_verified": False}).raise_for_status()
        yield address


@pytest.fixture
def there(provider: str, settings: Any) -> Any:
    """Return a function that walks from our sign-in page over the provider back to us; gives the last answer."""
    app = {"provider_id": "work", "name": "Work", "client_id": "lingtan", "secret": "s",
           "settings": {"server_url": provider}}  # fmt: skip
    own = settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {**own, "APPS": [app]}}

    def walk(sub: str = "li", client: Client | None = None, **changed: str) -> Any:
        one = client or Client(headers={"accept-language": "en"})
        away = one.post("/sign/oidc/work/login/")
        assert away.status_code == 302
        assert away["Location"].startswith(provider)
        one.asked = {name: values[0] for name, values in parse_qs(urlsplit(away["Location"]).query).items()}
        back = httpx.post(away["Location"], data={"sub": sub}).headers["location"]
        given = {name: values[0] for name, values in parse_qs(urlsplit(back).query).items()} | changed
        answer = one.get(urlsplit(back).path, given)
        answer.client_here = one
        return answer

    return walk


def signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def offer(park: Any, person: Make) -> None:
    enterprise = Node.objects.get(park=park, code="A")
    ask = Ask(email=EMAIL, role="reporter", reason="reports", park=park, enterprise=enterprise)
    actions.offer(ask, by=person("chief", "office", park))


def test_an_invited_person_is_bound_at_the_first_sign_in(there: Make, park: Any, person: Make) -> None:
    offer(park, person)
    client = there().client_here
    user = User.objects.get(email=EMAIL)
    assert signed_in(client)
    assert [(row.role, row.enterprise.code) for row in user.memberships.all()] == [("reporter", "A")]
    assert not user.has_usable_password()
    assert client.get("/p/T/").status_code == 200


def test_the_second_sign_in_opens_the_same_account(there: Make, park: Any, person: Make) -> None:
    offer(park, person)
    there()
    assert signed_in(there().client_here)
    assert User.objects.filter(email=EMAIL).count() == 1
    assert Membership.objects.filter(user__email=EMAIL).count() == 1


def test_who_has_an_account_is_known_by_his_confirmed_address(there: Make, park: Any, person: Make) -> None:
    from allauth.account.models import EmailAddress

    user = person("li.wei", "office", park)
    EmailAddress.objects.create(user=user, email=EMAIL, verified=True, primary=True)
    assert there().client_here.session["_auth_user_id"] == str(user.pk)


def test_an_unknown_person_is_told_so_and_gets_nothing(there: Make, park: Any) -> None:
    answer = there()
    text = answer.content.decode()
    assert answer.status_code == 403
    assert EMAIL in text
    assert "have no invitation here" in text
    assert not signed_in(answer.client_here)
    assert not User.objects.filter(email=EMAIL).exists()
    entry = AuditEntry.objects.get(act="failure")
    assert (entry.subject, entry.result) == (EMAIL, "refused")


def test_an_address_that_the_other_side_does_not_confirm_takes_no_invitation(
    there: Make, park: Any, person: Make
) -> None:
    offer(park, person)
    answer = there("liar")
    assert answer.status_code == 403
    assert "has not confirmed" in answer.content.decode()
    assert not User.objects.filter(email=EMAIL).exists()


def test_an_offer_that_waits_for_its_second_person_opens_nothing(there: Make, park: Any, person: Make) -> None:
    actions.offer(Ask(email=EMAIL, role="office", reason="r", park=park), by=person("sec", "security"))
    assert there().status_code == 403
    assert not Membership.objects.filter(user__email=EMAIL).exists()


def test_a_closed_account_stays_closed(there: Make, park: Any, person: Make) -> None:
    offer(park, person)
    there()
    User.objects.filter(email=EMAIL).update(is_active=False)
    assert not signed_in(there().client_here)


def test_an_answer_to_nobodys_question_is_refused(there: Make, park: Any, person: Make) -> None:
    offer(park, person)
    answer = there(state="another")
    assert not signed_in(answer.client_here)
    assert not User.objects.filter(email=EMAIL).exists()


def test_a_code_that_another_browser_was_given_is_refused(there: Make, park: Any, person: Make) -> None:
    offer(park, person)
    one = Client(headers={"accept-language": "en"})
    away = one.post("/sign/oidc/work/login/")["Location"]
    stolen = parse_qs(urlsplit(httpx.post(away, data={"sub": "li"}).headers["location"]).query)["code"][0]
    answer = there(code=stolen)
    assert answer.client_here.asked["code_challenge_method"] == "S256"
    assert answer.status_code == 403
    assert not signed_in(answer.client_here)
