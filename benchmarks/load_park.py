"""The large park of the load benchmark: 500 enterprises, 5,000 streams, 20,000 metering points, 60,000 monthly
statements, a computed account, a year of reports, 200 people of every role with open sessions, tokens, a release.

    python -m benchmarks.load_park DATA        # fills the data folder DATA once; `people.json` tells who may come in
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

from benchmarks.enterprises import STREAMS, write

#: A platform is filled for the day on which it is measured.
TODAY = datetime.now(UTC).date()
CODE, ENTERPRISES, YEAR = "many", 500, TODAY.year
#: Points on every stream: role, register.
POINTS = (("main", "counter"), ("check", "counter"), ("sub", "counter"), ("sub", "counter"))
#: Role and how many people of it; enterprise people are spread over the enterprises.
PEOPLE = (("office", 30), ("verifier", 5), ("regulator", 5), ("reporter", 140), ("approver", 20))
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
#: Months that have been reported, and how far the last two are.
STATES = ("accepted", "accepted", "accepted", "accepted", "accepted", "accepted", "accepted", "accepted", "accepted",
          "accepted", "signed", "draft")  # fmt: skip


def folder(root: Path) -> None:
    """Write the park: every stream has four points and twelve monthly statements of its enterprise."""
    write(root, ENTERPRISES)
    months = [date(YEAR - 1, month, 1) for month in range(1, 13)] + [date(YEAR, 1, 1)]
    meters = ["point,stream,role,serial,register,unit,multiplier,from\n"]
    statements = ["stream,start,end,amount,unit,kind,reporter\n"]
    for number in range(ENTERPRISES):
        for suffix, _commodity, _source, _made, _used, amount, unit in STREAMS:
            stream = f"{suffix}-E{number:03d}"
            for at, (role, register) in enumerate(POINTS):
                meters.append(f"P-{stream}-{at},{stream},{role},N{number}{suffix}{at},{register},{unit},1,2024-01-01\n")
            for start, end in pairwise(months):
                statements.append(f"{stream},{start},{end},{amount // 12 + number},{unit},report,E{number:03d}\n")
    (root / "meters.csv").write_text("".join(meters))
    for old in (root / "statements").glob("*.csv"):
        old.unlink()
    (root / f"statements/{YEAR - 1}.csv").write_text("".join(statements))


def fill(tell: Any) -> dict[str, Any]:
    """Fill an empty platform and return who may come in, and which figure to ask about."""
    from django.db import connection

    from lingtan.web.account.compute import compute_now
    from lingtan.web.park.folder import book, import_folder

    with tempfile.TemporaryDirectory() as scratch:
        folder(Path(scratch) / CODE)
        tell("import of the folder")
        park = import_folder(Path(scratch) / CODE, by=None).park
    tell("account")
    from django.db import transaction

    with transaction.atomic():
        runs = compute_now(park, book(park))
    tell("reports")
    _reports(park)
    tell("people")
    made = _people(park)
    _release(park, runs[0])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return {"people": made, "tokens": _tokens(park), "run": runs[0].pk, **_objects(park)}


def _reports(park: Any) -> None:
    """Make a form over all streams, and reports of every enterprise over twelve months."""
    from lingtan.web.metering.stream import Stream
    from lingtan.web.park.node import Node
    from lingtan.web.reporting.form import FormLine, FormReporter, FormTemplate

    first = _months()[0]
    form = FormTemplate.objects.create(park=park, code="monthly", name_zh="月报", name_en="Report", valid_from=first)
    enterprises = list(Node.objects.filter(park=park, kind="enterprise").order_by("pk"))
    FormReporter.objects.bulk_create(FormReporter(park=park, form=form, enterprise=one) for one in enterprises)
    units = {suffix: unit for suffix, *_rest, unit in STREAMS}
    lines = [
        FormLine(park=park, form=form, order=at, code=one.code, stream=one, unit=units[one.code.partition("-")[0]],
                 name_zh=one.code, name_en=one.code)
        for at, one in enumerate(Stream.objects.filter(park=park).order_by("pk"))
    ]  # fmt: skip
    FormLine.objects.bulk_create(lines, batch_size=2000)
    for month, state in zip(_months(), STATES, strict=True):
        _month(form, lines, enterprises, month=month, state=state)


def _months() -> list[date]:
    last = TODAY.replace(day=1)
    found = []
    for _ in STATES:
        last = (last - timedelta(days=1)).replace(day=1)
        found.append(last)
    return found[::-1]


def _month(form: Any, lines: list[Any], enterprises: list[Any], *, month: date, state: str) -> None:
    from lingtan.web.reporting.report import Report, ReportLine

    span = form.period(month)
    reports = Report.objects.bulk_create(
        Report(park=form.park, enterprise=one, form=form, period=month, start=span.start, end=span.end, due=span.due,
               state=state) for one in enterprises
    )  # fmt: skip
    mine: dict[str, list[Any]] = {}
    for line in lines:
        mine.setdefault(line.code.rpartition("-")[2], []).append(line)
    typed = {} if state == "draft" else {"answer": "given", "amount": Decimal(1000)}
    rows = (
        ReportLine(park=form.park, report=report, line=line, unit=line.unit, **typed)
        for report in reports
        for line in mine[report.enterprise.code]
    )
    ReportLine.objects.bulk_create(rows, batch_size=5000)


def _people(park: Any) -> list[dict[str, Any]]:
    """Make the people and sign each in; keep their sessions' keys."""
    from django.test import Client

    from lingtan.web.park.node import Node
    from lingtan.web.people.user import Membership, User

    enterprises, made = list(Node.objects.filter(park=park, kind="enterprise").order_by("code")), []
    for role, count in PEOPLE:
        for number in range(count):
            own = enterprises[number * 3 % ENTERPRISES] if role in ("reporter", "approver") else None
            user = User.objects.create(username=f"{role}-{number}", email=f"{role}-{number}@example.org")
            Membership.objects.create(user=user, park=park, role=role, enterprise=own)
            one = Client()
            one.force_login(user, backend=BACKEND)
            session = one.cookies["sessionid"].value
            made.append({"role": role, "enterprise": own.code if own else "", "session": session})
    return made


def _tokens(park: Any) -> list[str]:
    from django.utils import timezone

    from lingtan.web.api import keys
    from lingtan.web.people.user import User

    users = User.objects.filter(username__in=[f"{role}-{n}" for role in ("office", "reporter") for n in range(5)])
    expires = timezone.now() + timedelta(days=300)
    return [keys.make(user, "load", scopes=["read"], expires=expires)[1] for user in users]


def _release(park: Any, run: Any) -> None:
    from django.utils import timezone

    from lingtan.web.people.access import access_of
    from lingtan.web.people.user import User
    from lingtan.web.publish import actions

    first, second = (access_of(User.objects.get(username=f"office-{n}"), park.pk, TODAY) for n in (0, 1))
    figure = run.figures.get(name="total:co2_t")
    made = actions.propose_figure(figure, ("碳排放", "Carbon"), by=first)
    actions.move(made, "release", by=second)
    assert made.released_at is None or made.released_at <= timezone.now()


def _objects(park: Any) -> dict[str, Any]:
    """Return what pages are opened of: points, streams, reports and figures by enterprise."""
    from lingtan.web.account.run import Figure
    from lingtan.web.metering.models import Meter, Stream
    from lingtan.web.reporting.report import Report

    drafts = Report.objects.filter(park=park, state="draft").values_list("enterprise__code", "pk")
    own = Figure.objects.filter(park=park, name__startswith="node:").values_list("run_id", "name")[:200]
    return {
        "points": list(Meter.objects.filter(park=park).order_by("pk").values_list("pk", flat=True)[:2000:10]),
        "streams": list(Stream.objects.filter(park=park).order_by("pk").values_list("pk", flat=True)[:2000:10]),
        "drafts": dict(drafts),
        "signed": list(Report.objects.filter(park=park, state="signed").values_list("pk", flat=True)[:200]),
        "figures": [f"{run}/{name}" for run, name in own],
    }


def start(data: Path) -> None:
    """Bring up database and Django on a data folder."""
    from lingtan.web import embedded

    embedded.prepare(data)
    os.environ |= {"LINGTAN_DATA": str(data), "LINGTAN_TRIAL": "1", "LINGTAN_HOSTS": "127.0.0.1,localhost,testserver"}
    os.environ["DJANGO_SETTINGS_MODULE"] = "lingtan.web.settings"
    os.environ["DATABASE_URL"] = embedded.start(data)
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)


def main(data: Path) -> None:
    """Fill a data folder, unless it is filled."""
    kept, began = data / "people.json", time.perf_counter()
    if kept.is_file():
        return
    start(data)
    made = fill(lambda what: print(f"{time.perf_counter() - began:6.1f} s  {what}", file=sys.stderr, flush=True))
    kept.write_text(json.dumps(made))
    print(f"{time.perf_counter() - began:6.1f} s  filled", file=sys.stderr)


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit("usage: python -m benchmarks.load_park DATA")
    main(Path(sys.argv[1]).resolve())
