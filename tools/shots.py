"""Walk a running platform as its demo people, picture every page, and look for what an eye would be ashamed of.

``python tools/shots.py http://127.0.0.1:8000 --account office:PASSWORD --out out/shots`` signs in, follows links and
the map of addresses (``/look/map/``, trial mode only), and visits every page in Chinese and English at 1440 and 390 px.
Each page is checked for: answers of 400 and more, words left in English on Chinese pages, NaN / None / undefined,
charts without a drawing, sideways scroll and clipped text, console errors, violations of the content policy, axe rules.
Pictures and ``report.json`` go to the folder; the exit code is 1 where there is a fault.
"""

from __future__ import annotations

import argparse
import ast
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from playwright.sync_api import Browser, BrowserContext, Error, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
AXE = ROOT / "tools" / "vendor" / "axe.min.js"
LOOK = (ROOT / "tools" / "shots.js").read_text("utf-8").partition("\n")[2]
WORDS = ROOT / "src" / "lingtan" / "web" / "locale"
CHROMIUM = "/usr/bin/chromium"
#: Links that leave, change or download are not followed.
SKIPPED = re.compile(r"logout|setlang|/export|/download|\.(csv|xlsx|zip|docx|pdf|json|arrow)$|/api/|/static/")
CONVERTERS = {"int": r"\d+", "slug": r"[-\w]+", "path": r".+", "uuid": r"[0-9a-f-]{36}"}
PLACE = re.compile(r"%\(\w+\)[a-z]")
LANGUAGES = {"zh": "zh-hans", "en": "en"}
HEIGHTS = {1440: 900, 390: 844}
RULES = "axe.run(document, {resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']})"
DRAWN = "() => [...document.querySelectorAll('[data-chart] .plot')].every((one) => one.childElementCount)"
WATCH = """
window.__policy = [];
addEventListener("securitypolicyviolation", (event) => window.__policy.push(
  `${event.violatedDirective} ${event.blockedURI} ${event.sourceFile ?? ""}:${event.lineNumber ?? ""}`));
"""


@dataclass
class Walk:
    """What was seen: faults and notes by kind, the routes of the platform and those reached."""

    origin: str
    out: Path
    each: int
    routes: list[tuple[str, re.Pattern[str]]] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    linked: set[str] = field(default_factory=set)
    reached: set[str] = field(default_factory=set)
    faults: list[dict[str, str]] = field(default_factory=list)
    notes: list[dict[str, str]] = field(default_factory=list)
    pictures: int = 0

    def route(self, path: str) -> str:
        """Return the route that a path belongs to, the path itself where the map knows none."""
        return next((name for name, pattern in self.routes if pattern.fullmatch(path.lstrip("/"))), path)

    def fault(self, kind: str, where: str, what: str, *, note: bool = False) -> None:
        """Keep one fault, or a note that does not fail the run."""
        (self.notes if note else self.faults).append({"kind": kind, "where": where, "what": what[:400]})


@dataclass(frozen=True)
class Eyes:
    """Who looks, and how: the person, the language, the width in px, the theme, the messages to watch for."""

    who: str
    language: str
    width: int
    theme: str
    known: list[re.Pattern[str]]

    def __str__(self) -> str:
        return f"{self.who} {self.language} {self.width} {self.theme}"


def expression(route: str) -> re.Pattern[str]:
    """Return the pattern of a Django route; regular expressions pass as they are."""
    if "(?P" in route or route.endswith("$"):
        return re.compile(route.replace("^", "").replace(r"\Z", ""))
    text = re.sub(r"<(?:(\w+):)?\w+>", lambda found: f"\0{found.group(1) or 'str'}\0", route)
    parts = [CONVERTERS.get(part, r"[^/]+") if at % 2 else re.escape(part) for at, part in enumerate(text.split("\0"))]
    return re.compile("".join(parts))


def _joined(lines: str) -> str:
    """Return the text of a message that stands on several lines."""
    return "".join(ast.literal_eval(part) for part in lines.strip().splitlines())


def messages() -> list[re.Pattern[str]]:
    """Return the English messages that have another Chinese text, as patterns of what a page would show."""
    found = []
    for file in WORDS.glob("zh*/LC_MESSAGES/django.po"):
        entries = re.findall(r'^msgid ((?:".*"\n)+)msgstr ((?:".*"\n?)+)', file.read_text("utf-8"), flags=re.MULTILINE)
        for left, right in entries:
            english, chinese = _joined(left), _joined(right)
            if len(re.findall("[A-Za-z]", PLACE.sub("", english))) > 3 and english != chinese:
                found.append(re.compile(".+?".join(re.escape(part) for part in PLACE.split(english))))
    return found


def wrong_words(texts: list[list[Any]], language: str, known: list[re.Pattern[str]]) -> Iterator[tuple[str, str, bool]]:
    """Return texts that should not be there: kind, text, whether it is only a note."""
    for text, spoken in texts:
        if re.search(r"\bNaN\b|\bundefined\b|\[object Object\]|\bInfinity\b|(?<![\w ])None(?![\w ])", text):
            yield "broken value", text, False
        if language != "zh" or spoken or re.search("[\u4e00-\u9fff]", text):
            continue
        if any(one.fullmatch(text) for one in known):
            yield "untranslated", text, False
        elif len(re.findall(r"\b[A-Za-z]{3,}\b", text)) >= 4:
            yield "english", text, True


def check(page: Page, walk: Walk, where: str, eyes: Eyes) -> dict[str, Any]:
    """Check the page that is open and return what was read from it."""
    seen: dict[str, Any] = page.evaluate(LOOK)
    for kind, text, note in wrong_words(seen["texts"], eyes.language, eyes.known):
        walk.fault(kind, where, text, note=note)
    if seen["sideways"]:
        walk.fault("sideways scroll", where, "; ".join(seen["outside"]) or "the page is wider than the window")
    for one in seen["clipped"]:
        walk.fault("clipped text", where, one, note=True)
    for name, state in seen["charts"]:
        if state != "drawn":
            walk.fault("chart", where, f"{name}: {state}", note=state == "empty")
    for one in seen["policy"]:
        walk.fault("content policy", where, one)
    return seen


def axe(page: Page, walk: Walk, where: str) -> None:
    """Run axe; serious and critical findings are faults, the rest notes."""
    page.evaluate(AXE.read_text("utf-8") + "\n;0")
    for one in page.evaluate(RULES)["violations"]:
        nodes = "; ".join(str(node["target"][0]) for node in one["nodes"][:4])
        light = one["impact"] not in {"serious", "critical"}
        walk.fault("axe", where, f"{one['id']} ({one['impact']}): {nodes}", note=light)


def opened(page: Page, walk: Walk, path: str, where: str) -> bool:
    """Open a page and keep what went wrong on the way; False where there is no page to look at."""
    problems: list[str] = []
    heard = lambda line: problems.append(line.text) if line.type == "error" else None  # noqa: E731
    broke = lambda fault: problems.append(str(fault))  # noqa: E731
    page.on("console", heard)
    page.on("pageerror", broke)
    answer = None
    try:
        answer = page.goto(walk.origin + path, wait_until="load", timeout=30_000)
        page.wait_for_function(DRAWN, timeout=8_000)
    except Error as fault:
        if "Download is starting" not in str(fault) and page.request.get(walk.origin + path).status != 405:
            walk.fault("no answer", where, str(fault).splitlines()[0])
        return False
    finally:
        page.wait_for_timeout(150)
        page.remove_listener("console", heard)
        page.remove_listener("pageerror", broke)
    refused = bool(answer and (answer.status == 403 or (path not in walk.linked and answer.status in {401, 404, 410})))
    for one in problems:
        walk.fault("console", where, one, note=refused)
    if answer and answer.status >= 400:
        walk.fault("status", where, str(answer.status), note=refused)
    return not answer or "html" in answer.headers.get("content-type", "html")


def visit(page: Page, walk: Walk, path: str, eyes: Eyes) -> dict[str, Any] | None:
    """Open one page, picture it and check it; None where it is no page."""
    where = f"{path} [{eyes}]"
    if not opened(page, walk, path, where):
        return None
    file = re.sub(r"[^\w.-]+", "_", path.strip("/")) or "home"
    picture = f"{eyes.who}-{file}-{eyes.language}-{eyes.width}-{eyes.theme}.png"
    page.screenshot(path=walk.out / picture, full_page=True)
    walk.pictures += 1
    seen = check(page, walk, where, eyes)
    axe(page, walk, where)
    return seen


def sign_in(context: BrowserContext, walk: Walk, account: str) -> None:
    """Sign in with ``name:password`` by the form that people use."""
    name, _colon, password = account.partition(":")
    page = context.new_page()
    page.goto(walk.origin + "/sign/login/")
    page.fill("input[name=login]", name)
    page.fill("input[name=password]", password)
    page.press("input[name=password]", "Enter")
    page.wait_for_load_state("load")
    page.wait_for_timeout(500)
    if "/login" in page.url:
        raise SystemExit(f"{name} could not sign in at {walk.origin}: check the account and whether it is locked.")
    page.close()


def read_map(context: BrowserContext, walk: Walk) -> None:
    """Take the routes from the trial's map, where it is served."""
    answer = context.request.get(walk.origin + "/look/map/")
    if answer.ok and not walk.routes:
        walk.routes = [(route, expression(route)) for route in answer.json()["routes"]]


def follow(links: list[str], walk: Walk, seen: set[str]) -> Iterator[str]:
    """Return the links that lead to pages not seen yet, a few for each route."""
    for link in links:
        parts = urlsplit(urljoin(walk.origin, link))
        path = parts.path
        if f"{parts.scheme}://{parts.netloc}" != walk.origin or SKIPPED.search(path) or path in seen:
            continue
        seen.add(path)
        walk.linked.add(path)
        route = walk.route(path)
        walk.counts[route] += 1
        if walk.counts[route] <= walk.each:
            yield path


def from_map(walk: Walk, parks: set[str]) -> list[str]:
    """Return the addresses of the map that need no more than a park."""
    made = []
    for route, _pattern in walk.routes:
        if "(" in route or "look/" in route:
            continue
        names = re.findall(r"<(?:\w+:)?(\w+)>", route)
        if not names:
            made.append("/" + route)
        elif names == ["park"]:
            made += ["/" + re.sub(r"<(?:\w+:)?park>", park, route) for park in sorted(parks)]
    return made


def discover(page: Page, walk: Walk, eyes: Eyes, start: list[str], *, only: bool) -> list[str]:
    """Visit the first pages and all that they and the map lead to; return what was found to be a page."""
    queue, seen, pages = list(start), set(start), []
    mapped = only
    while queue:
        path = queue.pop(0)
        read = visit(page, walk, path, eyes)
        if read is None:
            continue
        pages.append(path)
        if only:
            continue
        queue += follow(read["links"], walk, seen)
        parks = {found.group(1) for one in seen if (found := re.match(r"/p/([^/]+)/", one))}
        if parks and not mapped:
            mapped = True
            more = list(follow(from_map(walk, parks), walk, seen))
            walk.linked -= set(more)
            queue += more
    return pages


def walk_as(browser: Browser, walk: Walk, account: str, given: argparse.Namespace) -> None:
    """Walk all pages of one person in every language, width and theme; the first of them finds the pages."""
    first = browser.new_context()
    read_map(first, walk)
    if account:
        sign_in(first, walk, account)
    state = first.storage_state()
    first.close()
    walk.counts.clear()
    pages: list[str] = []
    known = messages()
    for language, width, theme in product(given.languages, given.widths, given.themes):
        context = browser.new_context(
            viewport={"width": width, "height": HEIGHTS.get(width, 900)}, color_scheme=theme, storage_state=state,
            locale=LANGUAGES[language], reduced_motion="reduce",
        )  # fmt: skip
        context.add_cookies([{"name": "django_language", "value": LANGUAGES[language], "url": walk.origin}])
        context.add_init_script(WATCH)
        eyes = Eyes(account.partition(":")[0] or "visitor", language, width, theme, known)
        found = discover(context.new_page(), walk, eyes, pages or given.start, only=bool(pages) or given.only)
        pages = pages or found
        context.close()
    walk.reached |= {name for name in walk.counts if walk.counts[name]}


def parsed() -> argparse.Namespace:
    """Return the arguments."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("origin", help="address of the running platform, http://127.0.0.1:8000")
    parser.add_argument("--account", action="append", default=[], help="name:password; may be given several times")
    parser.add_argument("--visitor", action="store_true", help="also walk without signing in")
    parser.add_argument("--out", type=Path, default=Path("out/shots"))
    parser.add_argument("--start", action="append", default=[], help="first pages; the home page where none is named")
    parser.add_argument("--only", action="store_true", help="only the first pages, follow nothing")
    parser.add_argument("--each", type=int, default=2, help="pages looked at for each route")
    parser.add_argument("--languages", default=["zh", "en"], type=lambda text: text.split(","))
    parser.add_argument("--widths", default=[1440, 390], type=lambda text: [int(one) for one in text.split(",")])
    parser.add_argument("--themes", default=["light"], type=lambda text: text.split(","))
    given = parser.parse_args()
    given.start = given.start or ["/"]
    return given


def report(walk: Walk) -> None:
    """Write the report and print its faults, each text once."""
    routes = {name for name, _pattern in walk.routes}
    content = {
        "pictures": walk.pictures, "faults": walk.faults, "notes": walk.notes,
        "by_kind": dict(Counter(one["kind"] for one in walk.faults)),
        "routes_reached": sorted(routes & walk.reached), "routes_not_reached": sorted(routes - walk.reached),
    }  # fmt: skip
    (walk.out / "report.json").write_text(json.dumps(content, ensure_ascii=False, indent=1), "utf-8")
    places: dict[tuple[str, str], list[str]] = {}
    for one in walk.faults:
        places.setdefault((one["kind"], one["what"]), []).append(one["where"])
    for (kind, what), where in places.items():
        print(f"{kind} ({len(where)} times): {where[0]}: {what}")
    print(f"{walk.pictures} pictures, {len(walk.faults)} faults, {len(walk.notes)} notes: {walk.out / 'report.json'}")


def main() -> None:
    """Walk, report, and exit with 1 where there are faults."""
    given = parsed()
    given.out.mkdir(parents=True, exist_ok=True)
    walk = Walk(given.origin.rstrip("/"), given.out, given.each)
    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=CHROMIUM if Path(CHROMIUM).exists() else None,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        for account in given.account or [""]:
            walk_as(browser, walk, account, given)
        if given.visitor and given.account:
            walk_as(browser, walk, "", given)
        browser.close()
    report(walk)
    sys.exit(1 if walk.faults else 0)


if __name__ == "__main__":
    main()
