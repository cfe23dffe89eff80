"""A walker: one person who opens every address he finds, and every address that others have found."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from itertools import product
from typing import Any
from urllib.parse import urljoin, urlsplit

from django.db import transaction
from django.test import Client
from django.urls import Resolver404, URLResolver, get_resolver, resolve

LINK = re.compile(
    r"""(?:href|src|action|hx-get|hx-post|hx-put|hx-delete|data-explain|data-href|data-src)=["']([^"'#]+)"""
)
FORM = re.compile(r"""(?s)<form[^>]*method=["']post["'][^>]*>""")
ADDRESS = re.compile(r"""["'](/(?:p|api|public)/[^"'\s\\<>]+)["']""")
SPACES = str.maketrans("", "", ",\u2009\u202f\u00a0")
#: So many addresses of one route with the same fixed words; more of the same kind show nothing new.
ALIKE = 1
MOST = 600


def routes(resolver: URLResolver | None = None, before: str = "") -> Iterator[str]:
    """Return every route of the platform as `ResolverMatch.route` writes it."""
    for one in (resolver or get_resolver()).url_patterns:
        route = before + str(one.pattern).removeprefix("^") if before else str(one.pattern)
        if isinstance(one, URLResolver):
            yield from routes(one, route)
        else:
            yield route


def text_of(response: Any) -> str:
    """Return all that a body says, workbooks and archives unpacked, numbers without separators."""
    body = b"".join(response.streaming_content) if response.streaming else response.content
    told = " ".join(f"{name}: {value}" for name, value in response.items() if name != "X-Request-Id")
    return told + unpacked(body).translate(SPACES)


def unpacked(body: bytes) -> str:
    """Return a body as text; every member of a zip is unpacked, zips in zips as well."""
    if body[:2] != b"PK":
        return body.decode("utf-8", "replace")
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        return "\n".join([name + unpacked(archive.read(name)) for name in archive.namelist()])


class Walker:
    """One person. ``seen``: address -> marks found there; ``reached``: routes that answered him; ``broken``: 5xx."""

    def __init__(self, name: str, client: Client, marks: re.Pattern[str], token: str = "") -> None:
        self.name, self.client, self.marks = name, client, marks
        self.headers = {"authorization": f"Bearer {token}"} if token else {}
        self.seen: dict[str, set[str]] = {}
        self.status: dict[str, int] = {}
        self.reached: set[str] = set()
        self.broken: set[tuple[str, int]] = set()
        self.posts: set[str] = set()
        self.faults: list[str] = []

    def get(self, address: str) -> str:
        """Open an address once and look for marks; return its text."""
        if address in self.status:
            return ""
        return self._note(address, self._send("get", address))

    def post(self, address: str) -> None:
        """Send an empty form and undo whatever it did."""
        self._note(f"POST {address}", self._send("post", address))

    def _send(self, method: str, address: str) -> Any:
        headers = self.headers if address.startswith("/api/") else {}
        with transaction.atomic():
            response = getattr(self.client, method)(address, headers=headers)
            try:
                response.told = text_of(response)
            except Exception as fault:
                response.told, response.status_code = "", 500
                self.faults.append(f"{address}: {fault!r}")
            transaction.set_rollback(True)
        return response

    def _note(self, address: str, response: Any) -> str:
        self.status[address] = response.status_code
        found = set(self.marks.findall(response.told))
        if response.status_code in (302, 404):
            found -= set(self.marks.findall(address))  # such an answer names the address that was asked for
        if found:
            self.seen[address] = found
        match = response.resolver_match
        if match is not None and response.status_code not in (404, 405):
            self.reached.add(match.route)
        if response.status_code >= 500:
            self.broken.add((address, response.status_code))
        return response.told if response.status_code == 200 else ""

    def walk(self, start: Iterable[str]) -> None:
        """Follow every link from some addresses on, two of a kind."""
        waiting, known, kinds = list(start), set(start), {}
        while waiting and len(self.status) < MOST:
            address = waiting.pop(0)
            for link in links(self.get(address), address):
                kind = alike(link)
                kinds[kind] = kinds.get(kind, 0) + (link not in known)
                if link not in known and kinds[kind] <= ALIKE:
                    known.add(link)
                    waiting.append(link)

    def try_routes(self, values: dict[str, list[str]], skip: set[str]) -> None:
        """Open the routes that no link led to, with parameters from a table; stop at the first that answers."""
        for route in sorted(set(routes()) - self.reached - skip):
            for address in addresses(route, values):
                self.get(address)
                if self.status[address] == 405:
                    self.post(address)
                    self.posts.add(address)
                if route in self.reached:
                    break


def alike(address: str) -> str:
    """Return what addresses of one kind share: without query the path with 0 for numbers, with one its route."""
    parts = urlsplit(address)
    if not parts.query:
        return re.sub(r"\d+", "0", parts.path)
    try:
        route = resolve(parts.path).route
    except Resolver404:
        route = parts.path
    return route + "?" + "&".join(sorted({pair.partition("=")[0] for pair in parts.query.split("&")}))


def links(told: str, at: str) -> Iterator[str]:
    """Return the addresses of this platform that a text names."""
    for found in [*LINK.findall(told), *ADDRESS.findall(told)]:
        parts = urlsplit(urljoin(at, found.replace("&amp;", "&")))
        if (
            not parts.netloc
            and parts.scheme == ""
            and parts.path.startswith("/")
            and not parts.path.startswith("/static/")
        ):
            yield parts.path + (f"?{parts.query}" if parts.query else "")


def addresses(route: str, values: dict[str, list[str]], most: int = 12) -> Iterator[str]:
    """Return addresses of a route with values put into its places; ``words:name`` goes before ``name``."""
    pattern = re.sub(r"\(\?P<(\w+)>[^)]*\)", r"{\1}", route)
    pattern = (
        re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", pattern)
        .replace("^", "")
        .replace("$", "")
        .replace("\\Z", "")
        .replace("\\", "")
    )
    names = re.findall(r"{(\w+)}", pattern)
    given = [next((own for key, own in values.items() if ":" in key and key.split(":")[0] in route
                   and key.split(":")[1] == name), values.get(name, ["1"])) for name in names]  # fmt: skip
    for at, chosen in enumerate(product(*given)):
        if at >= most:
            return
        yield "/" + pattern.format(**dict(zip(names, chosen, strict=True)))
