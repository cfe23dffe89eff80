"""The catalogue of parts in a real browser: axe, console, content policy, keys, drawer; both themes, both widths."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
CHROMIUM = Path("/usr/bin/chromium")
pytestmark = [
    pytest.mark.skipif(not CHROMIUM.exists(), reason="no browser at /usr/bin/chromium: pages are not opened"),
    pytest.mark.django_db,  # a database is made only where a test asks for one, and the server opens it
]


@pytest.fixture(scope="module")
def report(live_server_address: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Walk the catalogue with the tool that walks the platform, and return its report."""
    out = tmp_path_factory.mktemp("shots")
    command = [sys.executable, str(ROOT / "tools/shots.py"), live_server_address, "--start", "/look/"]
    ways = ",".join(f"en-{width}-{theme}" for width in (1440, 390) for theme in ("light", "dark"))
    more = ["--only", "--ways", ways, "--people", "", "--out", str(out)]
    subprocess.run([*command, *more], capture_output=True, timeout=120, check=False)
    return dict(json.loads((out / "report.json").read_text("utf-8")))


@pytest.fixture(scope="module")
def live_server_address(django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """Serve the platform for the whole module; the catalogue reads nothing from the database."""
    from pytest_django.live_server_helper import LiveServer

    with django_db_blocker.unblock():
        server = LiveServer("127.0.0.1")
        yield server.url
        server.stop()


@pytest.mark.parametrize(
    "kind", ["axe", "console", "content policy", "sideways scroll", "chart", "broken value", "status", "no answer"]
)
def test_the_catalogue_has_no_fault(report: dict[str, Any], kind: str) -> None:
    assert [one for one in report["faults"] if one["kind"] == kind] == []


def test_every_combination_was_looked_at(report: dict[str, Any]) -> None:
    assert report["pictures"] == 2 * 2


@pytest.fixture(scope="module")
def in_browser(live_server_address: str) -> Iterator[Callable[..., Any]]:
    """Return a function that opens the catalogue and does something; the browser has a thread of its own, since
    its event loop must not meet Django's."""
    from playwright.sync_api import sync_playwright

    with ThreadPoolExecutor(1) as pool:
        play = pool.submit(sync_playwright().start).result(timeout=60)
        arguments = {"executable_path": str(CHROMIUM), "args": ["--no-sandbox", "--disable-gpu"]}
        browser = pool.submit(play.chromium.launch, **arguments).result(timeout=60)

        def run(do: Callable[[Any], Any], **more: Any) -> Any:
            page = browser.new_page(locale="en", reduced_motion="reduce", **more)
            page.goto(live_server_address + "/look/")
            page.wait_for_function("() => document.querySelector('#sample-months canvas')")
            try:
                return do(page)
            finally:
                page.close()

        yield lambda do, **more: pool.submit(run, do, **more).result(timeout=60)
        pool.submit(browser.close).result(timeout=60)
        pool.submit(play.stop).result(timeout=60)


def test_the_drawer_has_its_own_address_and_gives_the_focus_back(in_browser: Callable[..., Any]) -> None:
    def walk(page: Any) -> list[Any]:
        page.focus(".strip a.figure")
        page.keyboard.press("e")
        page.wait_for_selector("#drawer:not([hidden]) .drawer-head")
        opened = page.url, page.evaluate("document.querySelector('#drawer').contains(document.activeElement)")
        page.keyboard.press("Escape")
        page.wait_for_selector("#drawer", state="hidden")
        page.wait_for_timeout(300)
        page.wait_for_function("document.activeElement.matches('.strip a.figure')", timeout=5_000)
        return [*opened, page.url]

    opened, inside, shut = in_browser(walk)
    assert opened.endswith("/look/explanation/")
    assert inside is True
    assert shut.endswith("/look/")


def test_the_theme_is_remembered_and_redraws_the_charts(in_browser: Callable[..., Any]) -> None:
    def walk(page: Any) -> list[Any]:
        pixels = "document.querySelector('#sample-months canvas').toDataURL()"
        before = page.evaluate(pixels)
        page.click(".top [data-theme-toggle]")
        page.wait_for_timeout(200)
        changed = page.evaluate(pixels) != before
        page.reload()
        return [changed, page.evaluate("document.documentElement.dataset.theme")]

    assert in_browser(walk) == [True, "dark"]


def test_keys_step_the_period_and_open_the_list(in_browser: Callable[..., Any]) -> None:
    def walk(page: Any) -> list[Any]:
        page.keyboard.press("?")
        shown = page.locator("#help").evaluate("one => one.open")
        page.keyboard.press("Escape")
        page.keyboard.press("[")
        page.wait_for_url("**/look/?period=2024")
        return [shown, page.locator(".stepper b").first.inner_text()]

    assert in_browser(walk) == [True, "2024"]


def test_a_chart_is_followed_by_its_table(in_browser: Callable[..., Any]) -> None:
    def walk(page: Any) -> list[Any]:
        page.click("#sample-months [data-as-table]")
        rows = page.locator("#sample-months-table tbody tr")
        return [rows.count(), rows.first.locator("td").first.inner_text()]

    assert in_browser(walk) == [12, "20.8"]


def test_a_reason_is_asked_before_the_act_is_sent(in_browser: Callable[..., Any]) -> None:
    def walk(page: Any) -> list[Any]:
        page.click("#f [data-confirm]")
        asked = page.locator("#confirm").evaluate("one => one.open")
        page.fill("#confirm textarea", "wrong meter")
        page.click("#confirm-yes")
        page.wait_for_url("**reason=wrong+meter**")
        return [asked]

    assert in_browser(walk) == [True]


def test_the_drawer_fills_a_phone(in_browser: Callable[..., Any]) -> None:
    def walk(page: Any) -> Any:
        page.click(".strip a.figure >> nth=0")
        page.wait_for_selector("#drawer .drawer-head")
        return page.locator("#drawer").bounding_box()["width"]

    assert in_browser(walk, viewport={"width": 390, "height": 844}) == 390
