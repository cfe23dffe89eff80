"""The page of a report in a browser: keys, a pasted column, and what was typed when the session has ended."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.urls import reverse

BROWSER = next((path for path in ("/usr/bin/chromium", "/usr/bin/chromium-browser") if Path(path).exists()), None)
pytestmark = [
    pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine: apt-get install chromium"),
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    allowed = pytest.MonkeyPatch()
    allowed.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # the browser's driver runs a loop in this thread
    with sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=BROWSER, args=["--no-sandbox", "--disable-gpu"])
        yield opened
        opened.close()
    allowed.undo()


@pytest.fixture
def page(chromium: Any, live_server: Any, report: Any, browser: Callable[..., Any], settings: Any) -> Iterator[Any]:
    """Return the page of the report of A for March, opened by its reporter."""
    client = browser("reporter", "A")
    around = chromium.new_context(locale="en-US")
    name = settings.SESSION_COOKIE_NAME
    around.add_cookies([{"name": name, "value": client.cookies[name].value, "url": live_server.url}])
    opened = around.new_page()
    opened.goto(live_server.url + reverse("report", args=["T", report.pk]))
    yield opened
    around.close()


def amounts(report: Any) -> list[str]:
    return [row.typed for row in report.lines.order_by("line__order")]


def saved(page: Any, act: Callable[[], Any]) -> None:
    with page.expect_response(lambda answer: "/reports/lines/" in answer.url):
        act()


def test_enter_keeps_the_line_and_goes_to_the_next(page: Any, report: Any) -> None:
    boxes = page.locator("input[name^=amount-]")
    boxes.nth(0).fill("12.5")
    saved(page, lambda: boxes.nth(0).press("Enter"))
    assert page.evaluate("document.activeElement.name") == boxes.nth(1).get_attribute("name")
    assert amounts(report)[0] == "12.5"


def test_a_column_copied_from_a_spreadsheet_fills_the_lines_below(page: Any, report: Any) -> None:
    page.locator("input[name^=amount-]").nth(0).focus()
    page.evaluate(
        """() => { const held = new DataTransfer(); held.setData("text/plain", "12.5\\r\\n7\\r\\n");
        document.activeElement.dispatchEvent(new ClipboardEvent("paste", {clipboardData: held, bubbles: true,
        cancelable: true})); }"""
    )
    page.wait_for_function("document.querySelector('#report-answer').textContent.includes('saved') || true")
    page.wait_for_load_state("networkidle")
    page.locator("text=2 of 2 items").wait_for()
    assert amounts(report) == ["12.5", "7"]


def test_what_was_typed_after_the_session_ended_is_there_after_signing_in_again(
    page: Any, report: Any, browser: Callable[..., Any], settings: Any, live_server: Any
) -> None:
    Session.objects.all().delete()
    box = page.locator("input[name^=amount-]").nth(0)
    box.fill("99.25")
    saved(page, lambda: box.blur())
    page.locator("text=You have been signed out").first.wait_for()
    assert box.input_value() == "99.25"
    assert amounts(report) == ["", ""]
    name = settings.SESSION_COOKIE_NAME
    value = browser("reporter", "A").cookies[name].value
    page.context.add_cookies([{"name": name, "value": value, "url": live_server.url}])
    saved(page, lambda: page.reload())
    page.wait_for_load_state("networkidle")
    assert box.input_value() == "99.25"
    assert amounts(report)[0] == "99.25"
