"""The platform under load: 200 people at work, 500 enterprises, 20,000 metering points (bar: p95 below 300 ms).

    python -m benchmarks.web_load [--people 200] [--seconds 180] [--data DIR] [--port 8016]

`lingtan serve` runs as in production (granian with the workers and threads it chooses, embedded PostgreSQL, worker) on
a data folder that `load_park` filled. Before the load every kind of page is asked alone, which gives its processor
time. Then people of every role work with 5 to 10 seconds between two pages, signed in, each on his own connection. A
bare page (`/health/`) is asked throughout: what a page takes is told in ratio to it. What others took of the
processors meanwhile is printed: on a machine that is not ours alone a p95 says more of them than of us.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from benchmarks.load_park import CODE, YEAR

P95_MS, THINK, ALONE = 300, (5.0, 10.0), 8
Sample = tuple[str, float, int]
HERE = f"/p/{CODE}"


@dataclass(slots=True)
class Visitor:
    """Somebody at a browser, or a program: one connection, one session or token, what he asked and how long it took."""

    port: int
    role: str
    world: dict[str, Any]
    session: str = ""
    token: str = ""
    enterprise: str = ""
    chance: random.Random = field(default_factory=random.Random)
    samples: list[Sample] = field(default_factory=list)
    line: http.client.HTTPConnection | None = None

    def ask(self, kind: str, path: str, body: str | None = None, **headers: str) -> str:
        """Ask for a page and note the time until its last byte; gives its text, blank where it failed."""
        given = {"Accept-Language": "zh-CN", "Accept-Encoding": "gzip", **headers}
        if self.session:
            given["Cookie"] = f"sessionid={self.session}; csrftoken={'c' * 32}"
        if self.token:
            given["Authorization"] = f"Bearer {self.token}"
        began = time.perf_counter()
        status, text = self._send("GET" if body is None else "POST", path, body, given)
        self.samples.append((kind, (time.perf_counter() - began) * 1000, status))
        if status not in (200, 302):
            print(f"  {status} {self.role} {path}", file=sys.stderr, flush=True)
        return text

    def _send(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> tuple[int, str]:
        for again in (False, True):
            if self.line is None:
                self.line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
            try:
                self.line.request(method, path, body, headers)
                answer = self.line.getresponse()
                return answer.status, answer.read().decode("utf-8", "replace")
            except (OSError, http.client.HTTPException) as fault:
                self.line.close()
                self.line = None
                if again or not isinstance(fault, http.client.RemoteDisconnected | ConnectionResetError):
                    return 0, ""
        return 0, ""

    def one_of(self, name: str) -> Any:
        """Return one of the park's things."""
        return self.chance.choice(self.world[name])

    def number(self, below: int) -> int:
        """Return a number from 0 on."""
        return self.chance.randrange(below)


def plain(kind: str, path: str) -> tuple[str, Callable[[Visitor], None]]:
    """Return a kind of page with a fixed address."""
    return kind, lambda one: one.ask(kind, path) and None


def _points(one: Visitor) -> None:
    asked = (f"?page={one.number(20) + 1}", "?role=check", f"?stream=el-E{one.number(500):03d}", "?sort=-serial",
             f"?q=E{one.number(500):03d}", "")  # fmt: skip
    one.ask("list of points", f"{HERE}/registers/points/{one.chance.choice(asked)}")


def _fill_in(one: Visitor) -> None:
    """Open one's report, and save a line as the page does by itself."""
    pk = one.world["drafts"][one.enterprise]
    page = one.ask("report, fill in", f"{HERE}/reports/{pk}/")
    held = re.findall(r'name="version-(\d+)"[^>]*value="(\d+)"', page)
    if not held:
        return
    line, version = one.chance.choice(held)
    body = f"amount-{line}={one.number(90_000)}&version-{line}={version}&csrfmiddlewaretoken={'c' * 32}"
    one.ask("report, save a line", f"{HERE}/reports/lines/{line}/", body,
            **{"Content-Type": "application/x-www-form-urlencoded", "HX-Request": "true", "Referer": ""})  # fmt: skip


#: kind of page -> how it is asked for.
PAGES: dict[str, Callable[[Visitor], None]] = dict([
    plain("today", f"{HERE}/today/"),
    plain("overview", f"{HERE}/"),
    plain("account", f"{HERE}/account/?period={YEAR - 1}"),
    plain("flows", f"{HERE}/flows/"),
    plain("findings", f"{HERE}/issues/"),
    plain("reports", f"{HERE}/reports/"),
    plain("messages", f"{HERE}/messages/"),
    plain("public page", f"/public/{CODE}/"),
    plain("list of nodes", f"{HERE}/registers/nodes/?kind=enterprise"),
    ("list of points", _points),
    ("report, fill in", _fill_in),
    ("detail of a point", lambda v: v.ask("detail of a point", f"{HERE}/registers/points/{v.one_of('points')}/")),
    ("stream", lambda v: v.ask("stream", f"{HERE}/registers/streams/{v.one_of('streams')}/")),
    ("enterprise", lambda v: v.ask("enterprise", f"{HERE}/enterprises/{v.enterprise or f'E{v.number(500):03d}'}/")),
    ("search", lambda v: v.ask("search", f"{HERE}/search/?q=E{v.number(500):03d}")),
    ("explanation", lambda v: v.ask("explanation", f"{HERE}/explain/{v.one_of('figures')}?drawer=1")),
    ("report, review", lambda v: v.ask("report, review", f"{HERE}/reports/{v.one_of('signed')}/review/")),
    ("API, points", lambda v: v.ask("API, points", f"/api/v1/parks/{CODE}/points?limit=100&q=E{v.number(500):03d}")),
    ("API, figures", lambda v: v.ask("API, figures", f"/api/v1/parks/{CODE}/figures?limit=100")),
    ("API, flows", lambda v: v.ask("API, flows", f"/api/v1/parks/{CODE}/flows?limit=500&stream=el-E{v.number(5):03d}")),
])  # fmt: skip
_OWN = {"today": 2, "overview": 1, "reports": 3, "report, fill in": 5, "list of points": 1, "detail of a point": 0,
        "enterprise": 2, "messages": 1, "search": 1}  # fmt: skip
_ALL = {"today": 3, "overview": 3, "account": 2, "flows": 1, "findings": 2, "reports": 3, "report, review": 2,
        "list of points": 3, "detail of a point": 2, "stream": 2, "list of nodes": 1, "enterprise": 2, "search": 2,
        "explanation": 3, "messages": 1}  # fmt: skip
_READS = {name: weight for name, weight in _ALL.items() if name not in ("today", "report, review", "messages")}
#: What people of a role do, by weight; the numbers are a guess of ours, the reporters' month is what fills a platform.
MIX: dict[str, dict[str, int]] = {
    "office": _ALL, "verifier": _READS, "regulator": _READS, "reporter": _OWN,
    "approver": {name: weight for name, weight in _OWN.items() if name != "report, fill in"},
    "program": {"API, points": 2, "API, figures": 1, "API, flows": 2}, "public": {"public page": 1},
}  # fmt: skip


def visitors(world: dict[str, Any], count: int, port: int) -> list[Visitor]:
    """Return so many visitors of all roles: one in twenty a program, one in twenty not signed in."""
    known = random.Random(count).sample(world["people"], len(world["people"]))
    outside = [Visitor(port, "program", world, token=key) for key in world["tokens"]][: count // 20]
    outside += [Visitor(port, "public", world) for _ in range(count // 20)]
    inside = [
        Visitor(port, one["role"], world, session=one["session"], enterprise=one["enterprise"])
        for one in known[: count - len(outside)]
    ]
    made = inside + outside
    for number, one in enumerate(made):
        one.chance.seed(number)
    return made


def work(one: Visitor, until: float, wait: float) -> None:
    """Work as one's role does until the time is over."""
    time.sleep(wait)
    mix = {name: weight for name, weight in MIX[one.role].items() if weight}
    while time.monotonic() < until:
        PAGES[one.chance.choices(list(mix), list(mix.values()))[0]](one)
        time.sleep(one.chance.uniform(*THINK))


@dataclass(slots=True)
class Meter:
    """Processor time [s] and memory [MB] of the served processes, of the driver and of the whole machine."""

    root: psutil.Process
    data: Path

    def groups(self) -> dict[str, list[psutil.Process]]:
        """Return the processes by what they do."""
        found: dict[str, list[psutil.Process]] = defaultdict(list)
        from lingtan.web import embedded

        for one in self.root.children(recursive=True):
            with suppress(psutil.Error):
                words = " ".join(one.cmdline())
                found["pages" if "granian" in words else "worker"].append(one)
        server = embedded.running(self.data / "postgres")
        if server is not None:
            found["database"] = [server, *server.children()]
        return found

    def busy(self) -> dict[str, float]:
        """Return the processor seconds so far: by group, of this process, and of the machine."""
        made = {name: sum(_seconds(one) for one in many) for name, many in self.groups().items()}
        whole = psutil.cpu_times()
        own = time.process_time()
        return {**made, "driver": own, "machine": whole.user + whole.system + whole.nice + whole.softirq}

    def memory(self) -> float:
        """Return what the pages' processes hold for themselves [MB]."""
        return sum(_memory(one) for one in self.groups()["pages"]) / 1e6


def _seconds(one: psutil.Process) -> float:
    with suppress(psutil.Error):
        times = one.cpu_times()
        return times.user + times.system + times.children_user + times.children_system
    return 0.0


def _memory(one: psutil.Process) -> float:
    with suppress(psutil.Error):
        return one.memory_full_info().uss
    return 0.0


@contextmanager
def served(data: Path, port: int) -> Any:
    """Run `lingtan serve` and give its process; it is asked to stop afterwards."""
    words = [sys.executable, "-m", "lingtan.cli", "serve", "--data", str(data), "--port", str(port)]
    env = {name: text for name, text in os.environ.items() if name not in ("DATABASE_URL", "LINGTAN_EMBEDDED")}
    with (data / "serve.log").open("w") as log:
        one = subprocess.Popen(words, stdout=log, stderr=log, env={**env, "LINGTAN_API_RATE": "100000"})
        try:
            _wait(port, one)
            yield one
        finally:
            one.send_signal(signal.SIGINT)
            one.wait(60)


def _wait(port: int, one: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until and one.poll() is None:
        with suppress(OSError, http.client.HTTPException):
            line = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            line.request("GET", "/health/")
            if line.getresponse().status == 200:
                return
        time.sleep(0.2)
    raise SystemExit("expected the platform to answer at /health/; see serve.log in the data folder")


def alone(meter: Meter, people: list[Visitor]) -> dict[str, tuple[float, float, float]]:
    """Ask for every kind of page by itself; give by kind the median wall time, the pages' and the database's share."""
    by_role = {one.role: one for one in people}
    made = {}
    for kind, page in {"bare": lambda one: one.ask("bare", "/health/"), **PAGES}.items():
        role = next((role for role in ("office", "reporter", "program", "public") if kind in MIX[role]), "public")
        one = by_role[role]
        page(one)
        before, first = meter.busy(), len(one.samples)
        for _ in range(ALONE):
            page(one)
        after = meter.busy()
        taken = sorted(ms for name, ms, _status in one.samples[first:] if name == kind)
        cost = [(after[name] - before[name]) * 1000 / ALONE for name in ("pages", "database")]
        made[kind] = (taken[len(taken) // 2], *cost)
        print(f"  {kind}: {made[kind][0]:.0f} ms alone, {cost[0]:.0f} + {cost[1]:.0f} ms of processor", file=sys.stderr)
    for one in people:
        one.samples.clear()
    return made


def load(people: list[Visitor], seconds: float, port: int) -> list[Sample]:
    """Let all work, the first ones come over the first seconds; return what was asked once all were there."""
    ramp = THINK[1]
    until = time.monotonic() + seconds + ramp
    bare = Visitor(port, "public", {})
    threads = [
        threading.Thread(target=work, args=(one, until, ramp * number / len(people)), daemon=True)
        for number, one in enumerate(people)
    ]
    for one in threads:
        one.start()
    while time.monotonic() < until:
        bare.ask("bare", "/health/")
        time.sleep(0.5)
    for one in threads:
        one.join(70)
    return [sample for one in (*people, bare) for sample in one.samples]


def share(taken: list[float], part: float) -> float:
    """Return a quantile of sorted values."""
    return taken[min(len(taken) - 1, int(len(taken) * part))]


def table(samples: list[Sample], single: dict[str, tuple[float, float, float]]) -> float:
    """Print times by kind of page; return the p95 over all pages."""
    kinds: dict[str, list[float]] = defaultdict(list)
    for kind, ms, _status in samples:
        kinds[kind].append(ms)
    base = share(sorted(kinds["bare"]), 0.5)
    print(f"{'ms':22}{'alone':>7}{'cpu':>6}{'db':>5} |{'n':>6}{'p50':>7}{'p95':>7}{'p99':>7}  p50 / bare")
    for kind, taken in sorted(kinds.items()):
        taken.sort()
        wall, cpu, database = single.get(kind, (0, 0, 0))
        told = f"{share(taken, 0.5):7.0f}{share(taken, 0.95):7.0f}{share(taken, 0.99):7.0f}"
        ratio = f"{share(taken, 0.5) / base:9.1f}"
        print(f"{kind:22}{wall:7.0f}{cpu:6.0f}{database:5.0f} |{len(taken):6}{told}{ratio}")
    whole = sorted(ms for kind, ms, _status in samples if kind != "bare")
    print(f"{'all pages':40} |{len(whole):6}{share(whole, 0.5):7.0f}{share(whole, 0.95):7.0f}{share(whole, 0.99):7.0f}")
    return share(whole, 0.95)


def measure(given: argparse.Namespace, data: Path) -> int:
    """Serve, load, print; return 1 where a bar does not hold."""
    world = json.loads((data / "people.json").read_text())
    with served(data, given.port) as process:
        meter = Meter(psutil.Process(process.pid), data)
        people = visitors(world, given.people, given.port)
        single = alone(meter, people)
        if given.alone:
            table([(kind, row[0], 200) for kind, row in single.items()], single)
            return 0
        memory, before, began = [meter.memory()], meter.busy(), time.monotonic()
        samples = load(people, given.seconds, given.port)
        took, after = time.monotonic() - began, meter.busy()
        memory.append(meter.memory())
    worst = table(samples, single)
    spent = {name: (after[name] - before.get(name, 0)) / took for name in after}
    ours = sum(cores for name, cores in spent.items() if name != "machine")
    faults = Counter(status for _kind, _ms, status in samples if status not in (200, 302))
    print(f"{len(samples) / took:.1f} requests a second; cores busy: " + ", ".join(
        f"{name} {cores:.2f}" for name, cores in spent.items() if name != "machine"
    ) + f", others {max(0.0, spent['machine'] - ours):.2f} of {os.cpu_count()}")  # fmt: skip
    print(f"memory of the pages' processes: {memory[0]:.0f} MB before, {memory[1]:.0f} MB after")
    print(f"p95 {worst:.0f} ms (bar {P95_MS}); errors {dict(faults) or 0}")
    return int(worst > P95_MS or bool(faults))


def main() -> int:
    """Read the words, fill the park in a process of its own, measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=180)
    parser.add_argument("--port", type=int, default=8016)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--alone", action="store_true", help="processor time of every kind of page, no load")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lingtan-load-") as scratch:
        data = (given.data or Path(scratch)).resolve()
        subprocess.run([sys.executable, "-m", "benchmarks.load_park", str(data)], check=True)
        return measure(given, data)


if __name__ == "__main__":
    raise SystemExit(main())
