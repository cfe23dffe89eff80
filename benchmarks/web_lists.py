"""Lists of a park with 500 enterprises and 20,000 metering points, against the database's own time for the same rows.

    python -m benchmarks.web_lists [RUNS]

Bars: the list of metering points, in every way it is asked for, takes at most 300 ms in 95 of 100 cases, by the office
and by an enterprise, and takes as many queries as it does for one row; it stays below 40 x the bare SELECT of one page.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ENTERPRISES, POINTS, SHARE, P95_MS, TIMES = 500, 20_000, 40, 300, 40
ASKED = ("", "?page=200", "?sort=-multiplier", "?sort=stream", "?role=check", "?stream=S00100", "?q=P012", "?q=nowhere",
         "?q=S00100&register=counter")  # fmt: skip
PAGE = """
SELECT meter.*, stream.code FROM metering_meter meter JOIN metering_stream stream ON stream.id = stream_id
WHERE meter.park_id = %s ORDER BY point, meter.valid_from, meter.id LIMIT 50
"""


def start(data: Path) -> None:
    """Bring up the platform on an embedded server of its own."""
    os.environ.update(LINGTAN_DATA=str(data), LINGTAN_TRIAL="1", LINGTAN_SECRET="only-for-benchmarks",
                      DJANGO_SETTINGS_MODULE="lingtan.web.settings", LINGTAN_HOSTS="testserver")  # fmt: skip
    from lingtan.web import embedded

    embedded.prepare(data)
    os.environ["DATABASE_URL"] = embedded.start(data)
    import django
    from django.conf import settings

    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def fill() -> Any:
    """Make the park."""
    from django.db import connection

    from lingtan.web.metering.models import Meter, Stream
    from lingtan.web.park.models import Node, Park

    park = Park.objects.create(code="T", name_zh="测试园区", name_en="Test park")
    grid = Node.objects.create(park=park, code="grid", kind="grid")
    nodes = Node.objects.bulk_create(
        Node(park=park, code=f"E{n:03}", kind="enterprise", name_zh=f"企业 {n}") for n in range(ENTERPRISES)
    )
    for node in nodes:
        node.enterprise = node
    Node.objects.bulk_update(nodes, ["enterprise"])
    streams = Stream.objects.bulk_create(
        Stream(park=park, code=f"S{n:05}", commodity="electricity", source=grid, target=nodes[n % ENTERPRISES])
        for n in range(POINTS // 4)
    )
    kinds = ("main", "check", "sub", "sub")
    Meter.objects.bulk_create(
        Meter(park=park, point=f"P{n:05}", stream=streams[n // 4], role=kinds[n % 4], register="counter", unit="kWh",
              multiplier=n % 97 + 1, serial=f"SN{n * 7919 % 100_000:05}") for n in range(POINTS)
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return park


def client(park: Any, role: str, enterprise: str = "") -> Any:
    """Return somebody signed in."""
    from django.test import Client

    from lingtan.web.park.models import Node
    from lingtan.web.people.user import Membership, User

    user = User.objects.create(username=role)
    node = Node.objects.get(code=enterprise) if enterprise else None
    Membership.objects.create(user=user, park=park, role=role, enterprise=node)
    one = Client()
    one.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return one


def milliseconds(work: Callable[[], Any], times: int) -> list[float]:
    """Return the sorted wall times of some runs [ms], the first one left out."""
    taken = []
    for _ in range(times + 1):
        began = time.perf_counter()
        work()
        taken.append((time.perf_counter() - began) * 1000)
    return sorted(taken[1:])


def p95(taken: list[float]) -> float:
    return taken[min(len(taken) - 1, int(len(taken) * 0.95))]


def bare(park: Any) -> Callable[[], Any]:
    """Return the SELECT and COUNT of the first page by themselves."""
    from django.db import connection

    def ask() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM metering_meter WHERE park_id = %s", [park.pk])
            cursor.execute(PAGE, [park.pk])
            cursor.fetchall()

    return ask


def main(times: int) -> int:
    """Measure, print, and tell whether the bars hold."""
    with tempfile.TemporaryDirectory(prefix="lingtan-lists-") as folder:
        start(Path(folder))
        park = fill()
        people = {"office": client(park, "office"), "reporter": client(park, "reporter", "E007")}
        base = statistics.median(milliseconds(bare(park), times))
        print(f"bare SELECT of one page and its count: {base:.1f} ms (median)")
        worst, medians = 0.0, []
        for role, one in people.items():
            for query in ASKED:
                address = f"/p/T/registers/points/{query}"
                assert one.get(address).status_code == 200, address
                taken = milliseconds(lambda one=one, address=address: one.get(address), times)
                worst, medians = max(worst, p95(taken)), [*medians, statistics.median(taken)]
                print(f"{role:9}{query or '(all)':28} median {medians[-1]:7.1f} ms   p95 {p95(taken):7.1f} ms")
        ratio = statistics.median(medians) / base
        print(f"p95 at worst {worst:.0f} ms (bar {P95_MS}); median page {ratio:.1f} x the bare SELECT (bar {SHARE})")
        from django.db import connections

        connections.close_all()
    return int(worst > P95_MS or ratio > SHARE)


if __name__ == "__main__":
    raise SystemExit(main(int(sys.argv[1]) if len(sys.argv) > 1 else TIMES))
