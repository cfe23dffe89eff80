"""Import, snapshot and export of a park of 20,000 points and 500 enterprises: seconds (bar of import: 20 s)."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ENTERPRISES, POINTS = 500, 20_000


def write(root: Path, *, code: str = "large", enterprises: int = ENTERPRISES, points: int = POINTS) -> None:
    """Write a park whose enterprises have workshops, streams with a main meter each, monthly reports and facts."""
    (root / "statements").mkdir(parents=True, exist_ok=True)
    (root / "park.toml").write_text(
        f'format = 1\nid = "{code}"\ncountry = "CN"\ngrid_region = "CN-32"\ntimezone = "Asia/Shanghai"\n'
        'default_boundary = "B"\n[name]\nzh = "大园区"\nen = "Large park"\n'
    )
    each = points // enterprises
    ids = [f"E{number:04d}" for number in range(enterprises)]
    shops = [(f"{one}-W{shop}", one) for one in ids for shop in range(4)]
    nodes = ["id,parent,kind,name_zh,name_en,owner,rated_kw\n", "grid,,grid,电网,Grid,,\n"]
    nodes += [f"{one},,enterprise,企业{one},Enterprise {one},Owner {one},5000\n" for one in ids]
    nodes += [f"{shop},{one},workshop,车间{shop},Workshop {shop},,800\n" for shop, one in shops]
    (root / "nodes.csv").write_text("".join(nodes))
    (root / "boundaries.csv").write_text("id,kind\nB,administered\n")
    (root / "members.csv").write_text("boundary,node\n" + "".join(f"B,{one}\n" for one in ids))
    streams, meters = [], []
    for one in ids:
        for number in range(each):
            stream = f"S-{one}-{number}"
            streams.append(f"{stream},electricity,grid,{one}-W{number % 4},,own_use\n")
            meters.append(f"P-{one}-{number},{stream},main,SN{one}{number},counter,kWh,80,6,0.5,PT15M,2025-01-01\n")
    (root / "streams.csv").write_text("id,commodity,source,target,made_as,used_as\n" + "".join(streams))
    header = "point,stream,role,serial,register,unit,multiplier,digits,accuracy_pct,period,from\n"
    (root / "meters.csv").write_text(header + "".join(meters))
    months = [
        (f"2025-{month:02d}-01", f"2025-{month + 1:02d}-01" if month < 12 else "2026-01-01") for month in range(1, 13)
    ]
    rows = [
        f"S-{one}-0,{start},{end},{1000 + at},MWh,report,{one}\n"
        for one in ids
        for at, (start, end) in enumerate(months)
    ]
    (root / "statements/2025.csv").write_text("stream,start,end,amount,unit,kind,reporter\n" + "".join(rows))
    facts = [f"{one},headcount,2025-01-01,2026-01-01,{100 + number},\n" for number, one in enumerate(ids)]
    (root / "facts.csv").write_text("subject,quantity,from,to,value,unit\n" + "".join(facts))


def measure() -> dict[str, float]:
    """Return wall times [s] of one import, a second import without a change, a snapshot, an export."""
    from lingtan.web.park.folder import export_folder, import_folder, park_value, snapshot

    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch) / "park"
        write(root, code=f"large-{time.time_ns()}")
        made: dict[str, float] = {"bar_seconds": 20.0}
        park = _timed(lambda: import_folder(root, by=None), made, "import").park
        _timed(lambda: import_folder(root, by=None, park=park), made, "unchanged_import")
        _timed(lambda: snapshot(park), made, "snapshot")
        _timed(lambda: snapshot(park), made, "unchanged_snapshot")
        _timed(lambda: park_value(park), made, "park_value")
        _timed(lambda: export_folder(park, Path(scratch) / "out.zip"), made, "zip")
    return made


def _timed(work: Callable[[], Any], made: dict[str, float], name: str) -> Any:
    """Note the wall time [s] of some work, and the processor time [s] of Python and of the database beside it."""
    began, own, theirs = time.perf_counter(), time.process_time(), _database_seconds()
    result = work()
    made[f"{name}_seconds"] = round(time.perf_counter() - began, 2)
    made[f"{name}_cpu_python"] = round(time.process_time() - own, 2)
    made[f"{name}_cpu_database"] = round(_database_seconds() - theirs, 2)
    return result


def _database_seconds() -> float:
    """Return the processor time of this connection's server process [s]; 0 where it runs elsewhere."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        stat = Path(f"/proc/{cursor.fetchone()[0]}/stat")
    if not stat.exists():
        return 0.0
    fields = stat.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Start the embedded server of a scratch folder (or use DATABASE_URL) and measure."""
    data = Path(
        os.environ.setdefault("LINGTAN_DATA", str(Path(tempfile.gettempdir()) / f"lingtan-bench-{os.getuid()}"))
    )
    os.environ.setdefault("LINGTAN_TRIAL", "1")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lingtan.web.settings")
    from lingtan.web import embedded

    embedded.prepare(data)
    os.environ.setdefault("DATABASE_URL", embedded.start(data))
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0, stdout=sys.stderr)
    print(json.dumps(measure(), indent=2))


if __name__ == "__main__":
    main()
