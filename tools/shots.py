"""Picture every kind of page of the running platform, for each role that sees it, and report what an eye would find.

``make shots`` (``python tools/shots.py``) starts the demo where none answers at http://127.0.0.1:8000, signs in as each
of its people, finds one good address for every route of the resolver (of several the one with the most to show), and
opens it in Chinese and English, at 1440 and 390 px, light and dark. What another role sees of the same route, and
further registers, are opened once or twice. ``tools/shots_check.py`` says what is held against a page; axe, the console
and the content policy are watched too. Pictures, ``index.html`` and ``report.json`` go to ``out/shots``; the exit code
is 1 where there is a fault. ``--pdf`` prints some pages to A4 as well.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any, NamedTuple
from urllib.error import URLError
from urllib.parse import urljoin, urlsplit

from playwright.sync_api import Browser, BrowserContext, Error, Page, sync_playwright
from shots_book import write
from shots_check import Language, faults

ROOT = Path(__file__).resolve().parent.parent
AXE = ROOT / "tools" / "vendor" / "axe.min.js"
LOOK = (ROOT / "tools" / "shots.js").read_text("utf-8").partition("\n")[2]
CHROMIUM = "/usr/bin/chromium"
HOME = "http://127.0.0.1:8000"
#: Links that leave, download or take the session away are not followed.
SKIPPED = re.compile(r"/export|/download|\.(csv|xlsx|zip|docx|pdf|json|arrow|svg)$|/api/|/static/|/i18n/|/excel/$")
LINK = re.compile(r"""(?:href|hx-get|data-href)=["']([^"'#]+)""")
CONVERTERS = {"int": r"\d+", "slug": r"[-\w]+", "path": r".+", "uuid": r"[0-9a-f-]{36}"}
LANGUAGES = {"zh": "zh-hans", "en": "en"}
HEIGHTS = {1440: 900, 390: 844}
RULES = "axe.run(document, {resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']})"
READY = "() => [...document.querySelectorAll('[data-chart] .plot')].every((one) => one.childElementCount)"
WATCH = """
window.__policy = [];
addEventListener("securitypolicyviolation", (event) => window.__policy.push(
  `${event.violatedDirective} ${event.blockedURI} ${event.sourceFile ?? ""}:${event.lineNumber ?? ""}`));
"""
#: The roles of the demonstration, each by one of its people; nobody signed in comes last.
PEOPLE = ("head", "reporter-e01", "approver-e02", "verifier", "regulator", "system", "security", "audit", "")
#: Language, width, theme: of a kind of page, and of what another role or another register shows of it.
EVERY = (("zh", 1440, "light"), ("zh", 390, "light"), ("en", 1440, "light"), ("en", 390, "light"),
         ("zh", 1440, "dark"), ("en", 390, "dark"))  # fmt: skip
SOME = (("zh", 1440, "light"),)
#: What is done to a page before a further picture of it: end of the route -> name, what to press, what then stands.
POSES: dict[str, tuple[tuple[str, str, str], ...]] = {
    "p/<str:park>/": (
        ("drawer", "main a.figure", "#drawer:not([hidden]) .step, #drawer:not([hidden]) li"),
        ("keys", "[data-open=help]:visible, .bottom summary", "dialog[open], .bottom details[open]"),
        ("menu", ".tools details > summary", ".tools details[open]"),
    ),
    "p/<str:park>/account/": (("table", "main [data-as-table]", "main figure .table-wrap:not([hidden])"),),
    "p/<str:park>/reports/<int:pk>/review/": (("confirm", "[data-confirm]:not(:disabled)", "dialog[open]"),),
}
#: Routes that are printed.
PRINTED = (
    "p/<str:park>/", "p/<str:park>/account/", "p/<str:park>/flows/", "p/<str:park>/enterprises/<str:code>/",
    "p/<str:park>/reports/<int:pk>/", "p/<str:park>/explain/<int:run>/<path:key> total", "public/<str:code>/",
)  # fmt: skip


class Look(NamedTuple):
    """One page to open: kind, address, person, language, width, theme."""

    kind: str
    address: str
    who: str
    language: str
    width: int
    theme: str

    @property
    def file(self) -> str:
        """Name of its picture."""
        return re.sub(
            r"[^\w.-]+", "_", f"{self.kind or 'home'}-{self.who or 'visitor'}-{self.language}-{self.width}-{self.theme}"
        )

    def __str__(self) -> str:
        return f"{self.address} [{self.who or 'visitor'} {self.language} {self.width} {self.theme}]"


@dataclass
class Walk:
    """What was seen. ``pages``: kind -> person -> (size, address); ``routes``: name and pattern of each."""

    origin: str
    out: Path
    known: Language
    each: int = 2
    brief: bool = False
    blind: bool = False
    opened: int = 0
    routes: list[tuple[str, re.Pattern[str]]] = field(default_factory=list)
    pages: dict[str, dict[str, tuple[int, str]]] = field(default_factory=dict)
    answers: Counter[str] = field(default_factory=Counter)
    faults: list[dict[str, str]] = field(default_factory=list)
    notes: list[dict[str, str]] = field(default_factory=list)
    pictures: dict[str, list[str]] = field(default_factory=dict)

    def kind(self, path: str) -> str:
        """Return the route of a path; registers and explanations are told apart by what they are of."""
        route = next((name for name, pattern in self.routes if pattern.fullmatch(path.lstrip("/"))), path)
        if "<slug:slug>" in route:
            return f"{route} {path.partition('/registers/')[2].partition('/')[0]}"
        if "explain/" in route:
            return f"{route} {path.partition('/explain/')[2].partition('/')[2].partition(':')[0]}"
        return route

    def fault(self, kind: str, where: object, what: str, *, note: bool = False) -> None:
        """Keep one fault, or a note that does not fail the run."""
        (self.notes if note else self.faults).append({"kind": kind, "where": str(where), "what": what[:400]})


def expression(route: str) -> re.Pattern[str]:
    """Return the pattern of a Django route; regular expressions pass as they are."""
    if "(?P" in route or route.endswith("$"):
        return re.compile(route.replace("^", "").replace(r"\Z", ""))
    text = re.sub(r"<(?:(\w+):)?\w+>", lambda found: f"\0{found.group(1) or 'str'}\0", route)
    parts = [CONVERTERS.get(part, r"[^/]+") if at % 2 else re.escape(part) for at, part in enumerate(text.split("\0"))]
    return re.compile("".join(parts))


def sign_in(context: BrowserContext, origin: str, name: str, password: str) -> None:
    """Sign in by the form that people use."""
    page = context.new_page()
    page.goto(origin + "/sign/login/")
    page.fill("input[name=login]", name)
    page.fill("input[name=password]", password)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(lambda address: "/login" not in address, timeout=20_000)
    page.close()


def find(context: BrowserContext, walk: Walk, who: str, start: list[str]) -> None:
    """Fetch what one person can reach by links and by the map of routes, a few of each kind; keep the fullest."""
    waiting, linked, counts = list(start), set(start), Counter[str]()
    mapped: set[str] = set()
    while waiting:
        path = waiting.pop(0)
        told = fetch(context, walk, who, path, linked=path not in mapped)
        more = [link for link in links(told, walk.origin + path) if link not in linked]
        if not waiting and not more and not mapped:
            mapped = set(from_map(walk, linked)) - linked
            more = sorted(mapped)
        for link in more:
            kind = walk.kind(link.partition("?")[0])
            kind = kind.partition(" ")[0] if walk.brief else kind
            if link not in linked and counts[kind] < walk.each:
                linked.add(link)
                counts[kind] += 1
                waiting.append(link)


def fetch(context: BrowserContext, walk: Walk, who: str, path: str, *, linked: bool) -> str:
    """Fetch one address; a whole page is kept among the pages; what a link leads to must answer."""
    answer = context.request.get(walk.origin + path, timeout=60_000)
    walk.answers[f"{answer.status}"] += 1
    reached = urlsplit(answer.url).path
    where = f"{path} [{who or 'visitor'}]"
    if answer.status >= 500 or (linked and answer.status in (403, 404, 410)):
        walk.fault("broken link" if answer.status < 500 else "server error", where, str(answer.status))
    if answer.status != 200 or "html" not in answer.headers.get("content-type", ""):
        if answer.status in (403, 404) and not linked:
            walk.pages.setdefault(f"answer {answer.status}", {}).setdefault(who, (0, path))
        return ""
    told = answer.text()
    if "<html" in told:
        kept = walk.pages.setdefault(walk.kind(reached), {})
        kept[who] = max(kept.get(who, (0, "")), (len(told), path if reached == path.partition("?")[0] else reached))
    return told


def links(told: str, at: str) -> Iterator[str]:
    """Return the addresses of this platform that a page names, without their queries."""
    for found in LINK.findall(told):
        parts = urlsplit(urljoin(at, unescape(found)))
        if parts.netloc == urlsplit(at).netloc and parts.scheme.startswith("http") and not SKIPPED.search(parts.path):
            yield parts.path


def from_map(walk: Walk, seen: set[str]) -> Iterator[str]:
    """Return the addresses of the map that need no more than a park."""
    parks = sorted({found.group(1) for one in seen if (found := re.match(r"/p/([^/]+)/", one))})
    for route, _pattern in walk.routes:
        names = re.findall(r"<(?:\w+:)?(\w+)>", route)
        if "(" in route or "look/" in route or names not in ([], ["park"]) or SKIPPED.search("/" + route):
            continue
        yield from {"/" + re.sub(r"<(?:\w+:)?park>", park, route) for park in (parks if names else [""])}


def looks(walk: Walk, given: argparse.Namespace) -> Iterator[Look]:
    """Return what is opened: each kind by the first who sees it in every way, the rest once."""
    full: set[str] = set()
    for kind, seen in sorted(walk.pages.items()):
        route = kind.partition(" ")[0]
        if given.pages and not re.search(given.pages, kind):
            continue
        if given.brief and "registers/<slug" in kind and route in full:
            continue
        for at, who in enumerate(name for name in given.people if name in seen):
            every = at == 0 and route not in full
            if at and (given.brief or "<slug:slug>" in kind):
                continue
            for language, width, theme in given.ways if every else SOME:
                yield Look(kind, seen[who][1], who, language, width, theme)
        full.add(route)


def visit(page: Page, walk: Walk, look: Look) -> None:
    """Open one page, picture and check it; then once more in each pose."""
    problems: list[str] = []
    heard = lambda line: problems.append(line.text) if line.type == "error" else None  # noqa: E731
    broke = lambda fault: problems.append(str(fault))  # noqa: E731
    page.on("console", heard)
    page.on("pageerror", broke)
    try:
        answer = page.goto(walk.origin + look.address, wait_until="load", timeout=60_000)
        page.wait_for_function(READY, timeout=15_000)
        page.evaluate("document.fonts.ready.then(() => 0)")
        page.wait_for_timeout(60)
        judge(page, walk, look)
        for name, press, stands in POSES.get(look.kind, ()):
            pose(page, walk, look, name, press, stands)
        if answer and answer.status >= 400 and not look.kind.startswith("answer"):
            walk.fault("status", look, str(answer.status))
    except Error as fault:
        walk.fault("no answer", look, str(fault).splitlines()[0])
    finally:
        page.remove_listener("console", heard)
        page.remove_listener("pageerror", broke)
    for one in problems:
        if not look.kind.startswith("answer") or "the server responded" not in one:
            walk.fault("console", look, one)


def pose(page: Page, walk: Walk, look: Look, name: str, press: str, stands: str) -> None:
    """Do something to the page that is open, wait for what then stands, picture and check it."""
    if not page.locator(press).count():
        walk.fault("pose", look, f"{name}: nothing to press ({press})", note=True)
        return
    page.locator(press).first.click(timeout=5_000)
    page.wait_for_selector(stands, timeout=15_000)
    page.wait_for_timeout(200)
    judge(page, walk, look._replace(kind=f"{look.kind} {name}"), whole=name == "table")
    page.goto(walk.origin + look.address, wait_until="load")


def judge(page: Page, walk: Walk, look: Look, *, whole: bool = True) -> None:
    """Picture the page that is open, hold all rules against it, and run axe."""
    walk.opened += 1
    if not walk.blind:
        page.screenshot(path=walk.out / f"{look.file}.png", full_page=whole)
        walk.pictures.setdefault(look.kind, []).append(f"{look.file}.png")
    for kind, what in faults(page.evaluate(LOOK), look.language, walk.known):
        walk.fault(kind, look, what, note=kind == "overlapping text" and not whole)
    page.evaluate(AXE.read_text("utf-8") + "\n;0")
    for one in page.evaluate(RULES)["violations"]:
        nodes = "; ".join(str(node["target"][0]) for node in one["nodes"][:4])
        light = one["impact"] not in {"serious", "critical"}
        walk.fault("axe", look, f"{one['id']} ({one['impact']}): {nodes}", note=light)


def open_all(browser: Browser, walk: Walk, states: dict[str, Any], given: argparse.Namespace) -> None:
    """Open everything, one window for each person, language, width and theme."""
    wanted = sorted(looks(walk, given), key=lambda one: (one.who, *one[3:], one.kind))
    windows: dict[tuple[Any, ...], Page] = {}
    for at, look in enumerate(wanted):
        key = look[2:]
        if key not in windows:
            for old in windows.values():
                old.context.close()
            windows = {key: window(browser, walk, states[look.who], look).new_page()}
            say(f"{at}/{len(wanted)} {look.who or 'visitor'} {look.language} {look.width} {look.theme}")
        visit(windows[key], walk, look)
        if given.pdf and look.kind in PRINTED and look[3:] == given.ways[0]:
            windows[key].pdf(path=walk.out / f"{look.file}.pdf", prefer_css_page_size=True, print_background=True)
    for old in windows.values():
        old.context.close()


def window(browser: Browser, walk: Walk, state: Any, look: Look) -> BrowserContext:
    """Return a browser context as one person has it."""
    context = browser.new_context(
        viewport={"width": look.width, "height": HEIGHTS.get(look.width, 900)}, storage_state=state,
        color_scheme="dark" if look.theme == "dark" else "light", locale=LANGUAGES[look.language],
        reduced_motion="reduce",
    )  # fmt: skip
    context.add_cookies([{"name": "django_language", "value": LANGUAGES[look.language], "url": walk.origin}])
    context.add_init_script(WATCH)
    return context


def enter(browser: Browser, walk: Walk, given: argparse.Namespace) -> dict[str, Any]:
    """Sign everybody in and find his pages; return the states of their browsers."""
    states = {}
    for who in given.people:
        context = browser.new_context(locale="zh-hans")
        if not walk.routes:
            told = context.request.get(walk.origin + "/look/map/")
            walk.routes = [(one, expression(one)) for one in told.json()["routes"]] if told.ok else []
        if who:
            sign_in(context, walk.origin, who, given.accounts[who])
        if given.only:
            for path in given.start:
                walk.pages.setdefault(path, {})[who] = (0, path)
        else:
            find(context, walk, who, [*given.start, *(given.links if who == PEOPLE[0] else [])])
        states[who] = context.storage_state()
        context.close()
        say(f"{who or 'visitor'}: {sum(who in seen for seen in walk.pages.values())} kinds of pages")
    return states


def say(text: str) -> None:
    """Print one step of progress on stderr."""
    print(text, file=sys.stderr, flush=True)


def answers(origin: str) -> bool:
    """Tell whether a platform answers at an address."""
    try:
        return bool(urllib.request.urlopen(origin + "/health/", timeout=3).status)  # noqa: S310 - our own address
    except (URLError, OSError):
        return False


@contextmanager
def platform(origin: str, data: Path) -> Iterator[None]:
    """Start the demonstration where nothing answers, and end it afterwards."""
    if answers(origin):
        yield
        return
    say(f"nothing answers at {origin}: starting the demonstration")
    port = str(urlsplit(origin).port or 80)
    more = {"DEMO_SERVE": "1", "DEMO_PORT": port, "LINGTAN_DATA": str(data)}
    log = (data.parent / "shots-demo.log").open("w")
    demo = subprocess.Popen(
        [sys.executable, str(ROOT / "tools/demo.py")], env={**os.environ, **more}, stdout=log, stderr=log
    )
    try:
        while not answers(origin):
            if demo.poll() is not None:
                raise SystemExit(f"the demonstration did not start; see {log.name}")
            time.sleep(1)
        yield
    finally:
        demo.send_signal(signal.SIGINT)
        demo.wait(timeout=60)


def parsed() -> argparse.Namespace:
    """Return the arguments."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("origin", nargs="?", default=HOME, help=f"address of the platform; {HOME}, started if need be")
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("LINGTAN_DATA") or ROOT / "out/platform"))
    parser.add_argument("--park", type=Path, default=ROOT / "out/park", help="folder of the park that is shown")
    parser.add_argument("--account", action="append", default=[], help="name:password, in place of the demo's people")
    parser.add_argument("--people", type=lambda text: text.split(","), help="only these of the demo's people")
    parser.add_argument("--out", type=Path, default=ROOT / "out/shots")
    parser.add_argument("--start", action="append", default=[], help="first pages; the home page where none is named")
    parser.add_argument("--only", action="store_true", help="only the first pages, follow nothing")
    parser.add_argument("--pages", default="", help="only kinds in which this expression is found")
    parser.add_argument("--each", type=int, default=2, help="addresses tried for each kind")
    parser.add_argument("--brief", action="store_true", help="one register for all, one role for each kind")
    parser.add_argument("--ways", default=EVERY, type=lambda text: [_way(one) for one in text.split(",")],
                        help="as in zh-1440-light,en-390-dark")  # fmt: skip
    parser.add_argument("--blind", action="store_true", help="check only, take no pictures")
    parser.add_argument("--pdf", action="store_true", help="print some pages to A4")
    given = parser.parse_args()
    given.start = given.start or ["/"]
    return given


def _way(text: str) -> tuple[str, int, str]:
    language, width, theme = text.split("-")
    return language, int(width), theme


def people_of(given: argparse.Namespace) -> None:
    """Fill in who looks: those named with passwords, or the demonstration's; and addresses that no link leads to."""
    given.accounts, given.links = {}, []
    if given.account:
        given.accounts = dict(one.partition(":")[::2] for one in given.account)
        given.people = given.people or [*given.accounts, ""]
    elif not given.only:
        given.accounts = json.loads((given.data / "accounts.json").read_text("utf-8"))
        kept = given.data / "links.json"
        given.links = json.loads(kept.read_text("utf-8")) if kept.exists() else []
    given.people = given.people or (list(PEOPLE) if given.accounts else [""])


def report(walk: Walk) -> None:
    """Write the index and the report, and print the faults, each text once."""
    routes, reached = {name for name, _pattern in walk.routes}, {kind.partition(" ")[0] for kind in walk.pages}
    content = {
        "opened": walk.opened,
        "pictures": sum(len(files) for files in walk.pictures.values()), "faults": walk.faults, "notes": walk.notes,
        "by_kind": dict(Counter(one["kind"] for one in walk.faults)), "answers": dict(walk.answers),
        "kinds": {kind: {who or "visitor": seen[who][1] for who in seen} for kind, seen in walk.pages.items()},
        "routes_reached": sorted(routes & reached), "routes_not_reached": sorted(routes - reached),
    }  # fmt: skip
    write(walk.out, content, walk.pictures)
    places: dict[tuple[str, str], list[str]] = {}
    for one in walk.faults:
        places.setdefault((one["kind"], one["what"]), []).append(one["where"])
    for (kind, what), where in places.items():
        print(f"{kind} ({len(where)} times): {where[0]}: {what}")
    print(f"{walk.opened} pages opened, {content['pictures']} pictures of {len(walk.pictures)} kinds, "
          f"{len(walk.faults)} faults, {len(walk.notes)} notes: {walk.out / 'index.html'}")  # fmt: skip


def main() -> None:
    """Walk, report, and exit with 1 where there are faults."""
    given = parsed()
    given.out.mkdir(parents=True, exist_ok=True)
    origin = given.origin.rstrip("/")
    walk = Walk(origin, given.out, Language.read(given.park if given.park.is_dir() else None), each=given.each)
    walk.brief, walk.blind = given.brief, given.blind
    with platform(origin, given.data), sync_playwright() as play:
        people_of(given)
        browser = play.chromium.launch(
            executable_path=CHROMIUM if Path(CHROMIUM).exists() else None,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        open_all(browser, walk, enter(browser, walk, given), given)
        browser.close()
    report(walk)
    sys.exit(1 if walk.faults else 0)


if __name__ == "__main__":
    main()
