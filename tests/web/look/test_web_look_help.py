"""Help of the pages, names of browsers, the zone that is named where times stand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.urls import URLResolver, get_resolver
from django.utils import timezone, translation

from lingtan.web.details.help import HELP
from lingtan.web.kernel import figures
from lingtan.web.people.templatetags.sessions import browser


def names(resolver: URLResolver | None = None) -> Iterator[str]:
    """Return the names of all addresses."""
    for one in (resolver or get_resolver()).url_patterns:
        if isinstance(one, URLResolver):
            yield from names(one)
        elif one.name:
            yield one.name


def test_every_help_belongs_to_a_page() -> None:
    assert set(HELP) <= set(names())


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_help_is_said_in_both_languages(language: str) -> None:
    with translation.override(language):
        said = [str(text) for text in HELP.values()]
    assert all(("。" in text) == (language == "zh-hans") for text in said)


CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36"


@pytest.mark.parametrize(
    ("description", "name"),
    [
        (CHROME, "Chrome 141 · Linux"),
        (CHROME + " Edg/141.0.0.0", "Edge 141 · Linux"),
        ("Mozilla/5.0 (Windows NT 10.0; rv:144.0) Gecko/20100101 Firefox/144.0", "Firefox 144 · Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) MicroMessenger/8.0.50", "WeChat 8 · iOS"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) Version/18.1 Safari/605.1.15", "Safari 18 · macOS"),
        ("curl/8.9", "a program without a name"),
        ("", "a program without a name"),
    ],
)
def test_a_session_names_browser_and_system(description: str, name: str) -> None:
    with translation.override("en"):
        assert browser(description) == name


def test_a_time_is_written_in_the_zone_of_the_page() -> None:
    with timezone.override(ZoneInfo("Asia/Shanghai")):
        assert figures.day(datetime(2026, 1, 6, 20, 12, tzinfo=UTC)) == "2026-01-07 04:12"


def test_a_page_of_a_park_names_its_zone_and_offers_its_help(client_as: Callable[..., Any]) -> None:
    page = client_as("office").get("/p/T/registers/").content.decode()
    assert "Times in Asia/Shanghai (UTC+08:00)" in page
    assert "Registers hold what the account rests on" in page


def test_the_public_page_of_a_park_without_a_release_is_there_for_its_own_people_only(
    client_as: Callable[..., Any], client: Any
) -> None:
    assert client_as("office").get("/public/T/").status_code == 200
    assert client.get("/public/T/").status_code == 404
