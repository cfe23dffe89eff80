"""The whole story in a browser: set up, report, return, accept, the account moves, a figure opened, one released."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from story_cast import PASSWORD, PERIOD, YEAR, Person, folder

BROWSER = next((path for path in ("/usr/bin/chromium", "/usr/bin/chromium-browser") if Path(path).exists()), None)
CAST = {
    "office": ("office", ""), "office2": ("office", ""), "rita": ("reporter", "A"), "anna": ("approver", "A"),
    "rolf": ("reporter", "B"), "axel": ("approver", "B"), "vera": ("verifier", ""),
}  # fmt: skip
pytestmark = [
    pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine: apt-get install chromium"),
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    allowed = pytest.MonkeyPatch()
    allowed.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # the browser's driver runs a loop in this thread
    with sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=BROWSER, args=["--no-sandbox", "--disable-gpu"])
        yield opened
        opened.close()
    allowed.undo()


@pytest.fixture
def cast() -> None:
    """An empty park, and the people who will keep it; enterprises are given to them once they are there."""
    from lingtan.web.park.park import Park
    from lingtan.web.people.user import Membership, User

    park = Park.objects.create(code="T", name_zh="青禾产业园", name_en="Qinghe Park", country="CN")
    for name, (role, enterprise) in CAST.items():
        user = User.objects.create_user(username=name, password=PASSWORD, display_name=name.title())
        if not enterprise:
            Membership.objects.create(user=user, park=park, role=role)


def join_enterprises() -> None:
    from lingtan.web.park.node import Node
    from lingtan.web.park.park import Park
    from lingtan.web.people.user import Membership, User

    for name, (role, enterprise) in CAST.items():
        if enterprise:
            Membership.objects.create(
                user=User.objects.get(username=name), park=Park.objects.get(code="T"), role=role,
                enterprise=Node.objects.get(code=enterprise),
            )  # fmt: skip


def set_up(office: Person) -> None:
    """Bring the park in, compute it, ask both enterprises for one month."""
    office.open("/p/T/folder/")
    office.page.set_input_files("#folder-file", {"name": "park.zip", "mimeType": "application/zip", "buffer": folder()})
    office.press("form:has(#folder-file) button")
    office.page.fill("#take-reason", "First import")
    office.press("main form button.primary")
    join_enterprises()
    office.open("/p/T/")
    if office.page.locator("form[action*='account/compute'] button").count():
        office.press("form[action*='account/compute'] button")
    office.open("/p/T/reports/forms/new/")
    office.page.fill("[name=code]", "monthly")
    office.page.fill("[name=name_zh]", "能源月报")
    office.page.fill("[name=name_en]", "Monthly energy report")
    office.page.fill("[name=valid_from]", PERIOD)
    for one in ("A", "B"):
        office.page.check(f"[name=enterprise][value={one}]")
    office.page.uncheck("[name=facts]")
    office.press("main form button.primary")


def begin(reporter: Person, enterprise: str) -> str:
    """Open the month's report and return its address."""
    reporter.open("/p/T/reports/")
    reporter.press(f"form:has([name=enterprise][value={enterprise}]):has([name=period][value='{PERIOD}']) button")
    return reporter.page.url.removeprefix(reporter.base)


def fill_in(reporter: Person, amounts: list[str]) -> None:
    """Type the amounts into the lines in order; each is saved as it is left."""
    boxes = reporter.page.locator("input[name^=amount-]")
    assert boxes.count() == len(amounts)
    for place, amount in enumerate(amounts):
        boxes.nth(place).fill(amount)
        with reporter.page.expect_response(lambda answer: "/reports/lines/" in answer.url):
            boxes.nth(place).blur()


def hand_in(reporter: Person, approver: Person, address: str) -> None:
    reporter.open(address)
    reporter.agree("form[action$='/do/submit/'] button")
    approver.open(address)
    approver.agree("form[action$='/do/sign/'] button")


def decide(office: Person, address: str, button: str, reason: str, remark: str = "") -> None:
    office.open(f"{address}review/")
    if remark:
        office.page.locator("details:has(input[name^=remark-]) > summary").last.click()
        office.page.locator("input[name^=remark-]").last.fill(remark)
    office.page.fill("textarea[name=reason]", reason)
    office.agree(button)


@pytest.mark.parametrize(
    ("locale", "width"),
    [
        ("zh-CN", 1440),
        pytest.param("en-US", 390, marks=pytest.mark.nightly),
        pytest.param("zh-CN", 390, marks=pytest.mark.nightly),
        pytest.param("en-US", 1440, marks=pytest.mark.nightly),
    ],
)
def test_office_and_enterprises_keep_the_book_together(
    live_server: Any, browser: Any, cast: None, locale: str, width: int
) -> None:
    people = {name: Person.at(browser, live_server.url, locale=locale, width=width) for name in (*CAST, "public")}
    for name in CAST:
        people[name].sign_in(name)
    office = people["office"]
    set_up(office)
    office.open(f"/p/T/?year={YEAR}")
    before = office.number("total:co2_t")

    reports = {"A": begin(people["rita"], "A"), "B": begin(people["rolf"], "B")}
    fill_in(people["rita"], ["900", "31"])
    hand_in(people["rita"], people["anna"], reports["A"])
    fill_in(people["rolf"], ["400", "120"])
    hand_in(people["rolf"], people["axel"], reports["B"])
    decide(office, reports["B"], "button.danger", "Ten times last month", remark="Please check the unit")
    people["rolf"].open(reports["B"])
    assert "Please check the unit" in people["rolf"].page.inner_text("main")
    people["rolf"].page.locator("input[name^=amount-]").last.fill("12")
    with people["rolf"].page.expect_response(lambda answer: "/reports/lines/" in answer.url):
        people["rolf"].page.locator("input[name^=amount-]").last.blur()
    hand_in(people["rolf"], people["axel"], reports["B"])
    for one in ("A", "B"):
        decide(office, reports[one], "button[formaction$='/do/accept/']", "Agrees with the invoices")

    office.open(f"/p/T/?year={YEAR}")
    after = office.number("total:co2_t")
    # 43 x 10^4 Nm3 of the month's gas at the guideline's heat value, carbon content and oxidation rate.
    assert 800 < after - before < 1050

    vera = people["vera"]
    vera.open(f"/p/T/account/?year={YEAR}")
    vera.page.locator("main a.figure[data-explain^='source:']").first.click()
    drawer = vera.page.locator("#drawer:visible")
    drawer.locator("text=/statements\\/(reports|invoices)\\.csv/").first.wait_for(state="attached")

    office.open("/p/T/releases/propose/")
    office.page.select_option("#figure", index=1)
    office.page.fill("#title_zh", "单位能耗碳排放")
    office.page.fill("#title_en", "Carbon per unit of energy")
    office.press("main form button.primary")
    release = office.page.url.removeprefix(live_server.url)
    people["public"].open("/public/T/")
    people["public"].faults.clear()  # nothing released yet: the browser notes the 404
    people["office2"].open(release)
    people["office2"].press("form[action$='/release/'] button")
    assert people["public"].open("/public/T/").status == 200
    assert "Office2" in people["public"].page.inner_text("main")
    assert {name: person.faults for name, person in people.items() if person.faults} == {}
