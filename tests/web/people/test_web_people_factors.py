"""Second factors: an app's codes on a clock that stands still, recovery codes, a passkey in a real browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.test import Client

from lingtan.web.people.audit import AuditEntry

Make = Callable[..., Any]
BROWSER = next((path for path in ("/usr/bin/chromium", "/usr/bin/chromium-browser") if Path(path).exists()), None)
NOW = 1_795_204_800  # 2026-11-20 20:00 UTC
PASSWORD = "Kohle-und-Stahl-7"


@pytest.fixture
def still(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Stop the clock of the codes; ``now`` moves it."""
    clock = SimpleNamespace(now=NOW)
    monkeypatch.setattr(totp, "time", SimpleNamespace(time=lambda: clock.now))
    return clock


def code(secret: str, at: int) -> str:
    return totp.format_hotp_value(totp.hotp_value(secret, at // 30))


@pytest.fixture
def auditor(person: Make, sign_in: Make, still: SimpleNamespace, settings: Any) -> Any:
    """An audit administrator who has set up an app, and signed out again; ``secret`` is the app's."""
    settings.MFA_ROLES = ["system", "security", "audit"]
    confirmed(person("lin", "audit"))
    client = sign_in("lin")
    client.post("/sign/reauthenticate/", {"password": PASSWORD})
    client.get("/sign/2fa/totp/activate/")
    client.secret = client.session["mfa.totp.secret"]
    client.set_up = client.post("/sign/2fa/totp/activate/", {"code": code(client.secret, NOW)})
    client.reached = client.get("/installation/audit/").status_code
    client.post("/sign/logout/")
    still.now += 600
    return client


def confirmed(user: Any) -> Any:
    """Give a person a confirmed address, as who took an invitation has one."""
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def enter(client: Client, sign_in: Make, given: str) -> bool:
    sign_in("lin", client=client)
    client.post("/sign/2fa/authenticate/", {"code": given})
    return "_auth_user_id" in client.session


@pytest.mark.parametrize("role", ["system", "security", "audit"])
@pytest.mark.parametrize(
    "page", ["/installation/parks/", "/installation/administrators/", "/installation/audit/", "/me/"]
)
def test_an_administrator_without_a_factor_gets_nowhere_else(
    person: Make, sign_in: Make, settings: Any, role: str, page: str
) -> None:
    settings.MFA_ROLES = ["system", "security", "audit"]
    person("lin", role)
    assert sign_in("lin").get(page)["Location"] == "/sign/2fa/"


def test_a_set_up_app_opens_the_page(auditor: Any) -> None:
    assert (auditor.set_up.status_code, auditor.reached) == (302, 200)


def test_the_code_of_now_lets_in(auditor: Any, sign_in: Make, still: SimpleNamespace) -> None:
    assert enter(auditor, sign_in, code(auditor.secret, still.now))


@pytest.mark.parametrize("off", [-90, 90])
def test_a_code_of_another_time_does_not(auditor: Any, sign_in: Make, still: SimpleNamespace, off: int) -> None:
    assert not enter(auditor, sign_in, code(auditor.secret, still.now + off))
    assert AuditEntry.objects.filter(act="failure", subject="second factor").exists()


def test_a_code_serves_once(auditor: Any, sign_in: Make, still: SimpleNamespace) -> None:
    given = code(auditor.secret, still.now)
    assert enter(auditor, sign_in, given)
    auditor.post("/sign/logout/")
    assert not enter(auditor, sign_in, given)


def test_a_recovery_code_serves_once(auditor: Any, sign_in: Make) -> None:
    held = Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()[0]
    assert enter(auditor, sign_in, held)
    auditor.post("/sign/logout/")
    assert not enter(auditor, sign_in, held)


def test_the_seeds_stand_encrypted(auditor: Any) -> None:
    rows = Authenticator.objects.values_list("type", "data")
    assert {kind for kind, _data in rows} == {"totp", "recovery_codes"}
    assert auditor.secret not in str(list(rows))
    assert Authenticator.objects.get(type="totp").wrap().validate_code(code(auditor.secret, NOW + 600))


@pytest.mark.django_db(transaction=True)
def test_factors_that_come_and_are_used_are_in_the_log(auditor: Any, sign_in: Make, still: SimpleNamespace) -> None:
    enter(auditor, sign_in, code(auditor.secret, still.now))
    acts = list(AuditEntry.objects.order_by("pk").values_list("act", "subject"))
    assert ("factor", "totp") in acts
    assert acts[-1][0] == "sign_in"


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A browser window with an authenticator of its own, as a phone or a laptop has one."""
    from playwright.sync_api import sync_playwright

    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # the browser's driver runs a loop in this thread
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=BROWSER, args=["--no-sandbox", "--disable-gpu"])
        opened = browser.new_context(locale="en-GB").new_page()
        opened.set_default_timeout(8_000)
        opened.faults = []
        opened.on("console", lambda said: opened.faults.append(said.text) if said.type == "error" else None)
        opened.on("pageerror", lambda fault: opened.faults.append(str(fault)))
        held = opened.context.new_cdp_session(opened)
        held.send("WebAuthn.enable")
        options = {"protocol": "ctap2", "transport": "internal", "hasUserVerification": True, "isUserVerified": True,
                   "hasResidentKey": True, "automaticPresenceSimulation": True}  # fmt: skip
        opened.key = held.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]
        opened.keys = lambda: held.send("WebAuthn.getCredentials", {"authenticatorId": opened.key})["credentials"]
        yield opened
        browser.close()


def password(page: Any, base: str) -> None:
    page.goto(f"{base}/sign/login/")
    page.fill("[name=login]", "lin")
    page.fill("[name=password]", PASSWORD)
    page.click("form[action='/sign/login/'] button.primary")


@pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine: apt-get install chromium")
@pytest.mark.django_db(transaction=True)
def test_a_passkey_is_set_up_and_asked_for_in_the_browser(
    live_server: Any, page: Any, person: Make, settings: Any
) -> None:
    settings.MFA_ROLES = ["audit"]
    confirmed(person("lin", "audit"))
    password(page, live_server.url)
    assert page.url.endswith("/sign/2fa/")
    page.goto(f"{live_server.url}/sign/2fa/webauthn/add/")
    page.fill("[name=password]", PASSWORD)
    page.click("main form button.primary")
    page.fill("[name=name]", "Laptop")
    page.click("#mfa_webauthn_add")
    page.wait_for_url("**/sign/2fa/recovery-codes/**")
    assert len(page.keys()) == 1
    page.goto(f"{live_server.url}/installation/audit/")
    assert page.locator("h1").inner_text() != ""
    page.context.clear_cookies()
    password(page, live_server.url)
    assert "/sign/2fa/authenticate/" in page.url
    page.click("#mfa_webauthn_authenticate")
    page.wait_for_url("**/installation/audit/")
    assert Authenticator.objects.get(type="webauthn").last_used_at is not None
    assert page.faults == []
