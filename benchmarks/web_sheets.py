"""Excel import of metering points on the platform: reading, checking and writing, as a ratio to bare inserts.

The baseline is the same rows written by `bulk_create` without reading, rules or history of changes to compare with;
``python -m benchmarks.web_sheets [points]`` starts an embedded PostgreSQL in a folder of its own.
"""

from __future__ import annotations

import io
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

LIMIT_S = 20.0


def workbook(points: int, multiplier: int) -> bytes:
    """Return a workbook of metering points, some columns filled as a park would."""
    import xlsxwriter

    heads = ("point", "stream", "role", "serial", "register", "unit", "multiplier", "period", "from")
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"constant_memory": True})
    sheet = book.add_worksheet("points")
    sheet.write_row(0, 0, heads)
    for at in range(points):
        row = (f"P{at:05}", f"S{at % 200:03}", "check", f"n{at}", "counter", "kWh", multiplier, "PT15M", "2025-01-01")
        sheet.write_row(at + 1, 0, row)
    book.close()
    return target.getvalue()


def park_with_streams() -> Any:
    """Make a park with 200 streams and return it."""
    from lingtan.web.metering.stream import Stream
    from lingtan.web.park.node import Node
    from lingtan.web.park.park import Park

    park = Park.objects.create(code="bench")
    grid = Node.objects.create(park=park, code="grid", kind="grid")
    users = Node.objects.bulk_create(Node(park=park, code=f"N{at:03}", kind="enterprise") for at in range(200))
    Stream.objects.bulk_create(
        Stream(park=park, code=f"S{at:03}", commodity="electricity", source=grid, target=node)
        for at, node in enumerate(users)
    )
    return park


def upload(park: Any, data: bytes, reason: str) -> tuple[float, float, int]:
    """Check and write an upload; give wall seconds, processor seconds of the platform, and the number of queries."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from lingtan.web.kernel.register import find
    from lingtan.web.people.access import Access
    from lingtan.web.sheets import batches
    from lingtan.web.sheets.workbook import Upload

    office = Access(user_id=None, park_id=park.pk, whole_park=True, actions=frozenset({"import"}))
    points = find("points")
    with CaptureQueriesContext(connection) as queries:
        begun, busy = time.perf_counter(), time.process_time()
        batch = batches.check(points, "points.xlsx", data, park=park, by=office)
        plan = batches.plan(points, Upload.unpacked(batch.content), park=park, access=office)
        assert not plan.faults, plan.faults[:3]
        batches.apply(batch, points, by=office, reason=reason, digest=plan.digest)
        taken, busy = time.perf_counter() - begun, time.process_time() - busy
    return taken, busy, len(queries)


def baseline(park: Any, points: int) -> float:
    """Write as many points as plain rows and take them away again."""
    from lingtan.web.metering.meter import Meter
    from lingtan.web.metering.stream import Stream

    streams = list(Stream.objects.filter(park=park))
    begun = time.perf_counter()
    Meter.objects.bulk_create(
        Meter(park=park, point=f"B{at}", stream=streams[at % 200], role="check", register="counter", unit="kWh")
        for at in range(points)
    )
    taken = time.perf_counter() - begun
    Meter.objects.filter(park=park).delete()
    return taken


def measure(points: int) -> None:
    """Print what an import of new and of changed points takes."""
    park = park_with_streams()
    bare = baseline(park, points)
    print(f"{points} points, bare inserts: {bare:.2f} s")
    for what, multiplier in (("new", 60), ("changed", 80), ("unchanged", 80)):
        taken, busy, queries = upload(park, workbook(points, multiplier), what)
        load = os.getloadavg()[0] / (os.cpu_count() or 1)
        said = f"{taken:.1f} s ({busy:.1f} s processor), {queries} queries, {taken / bare:.1f} x bare inserts"
        print(f"  {what}: {said}; load {load:.1f} a core")
        # On a machine that others use too, waiting says nothing of us: there the bar holds for our processor time.
        assert (taken if load < 1.5 else busy) <= LIMIT_S, f"expected at most {LIMIT_S} s"


def main() -> None:
    """Run on a database of its own."""
    points = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory(prefix="lingtan-bench-") as folder:
        os.environ |= {"LINGTAN_DATA": folder, "LINGTAN_TRIAL": "1", "DJANGO_SETTINGS_MODULE": "lingtan.web.settings"}
        from lingtan.web import embedded

        embedded.prepare(Path(folder))
        os.environ["DATABASE_URL"] = embedded.start(Path(folder))
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        measure(points)


if __name__ == "__main__":
    main()
