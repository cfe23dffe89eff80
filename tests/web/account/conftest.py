"""A small park of three enterprises with two years of bills, one meter and one hole, imported and computed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

PARK = """format = 1
id = "small"
country = "CN"
grid_region = "CN-32"
timezone = "Asia/Shanghai"
default_boundary = "inside"
[name]
zh = "小园区"
en = "Small park"
"""
TABLES = {
    "nodes.csv": """id,parent,kind,name_zh,name_en,lat,lon
grid,,grid,电网,Public grid,,
gasnet,,fuel_network,燃气管网,Gas network,,
A,,enterprise,甲厂,Plant Alpha,31.80,119.90
A1,A,equipment,甲厂锅炉,Alpha boiler,,
B,,enterprise,乙厂,Plant Bravo,31.81,119.92
C,,enterprise,丙厂,Plant Charlie,31.82,119.94
""",
    "boundaries.csv": "id,kind,name_zh,name_en\ninside,approved,批准范围,Approved area\n",
    "members.csv": "boundary,node\ninside,A\ninside,B\ninside,C\n",
    "streams.csv": """id,commodity,source,target,made_as,used_as
EL_A,electricity,grid,A,grid_supply,
EL_B,electricity,grid,B,grid_supply,
EL_C,electricity,grid,C,grid_supply,
GAS_A,natural_gas,gasnet,A1,,heat_supply
HT_AB,heat,A1,B,heat_generation,
""",
    "meters.csv": """point,stream,role,register,unit,multiplier,period
EL_C.m,EL_C,main,interval,kWh,1,P1D
""",
    "factors.csv": """id,subject,parameter,for,value,unit,data_year,from,to,region,document,source,status,sigma_pct,note
own-gas,natural_gas,NCV,,0.0365,GJ/Nm3,2025,2024-01-01,,,Gas laboratory 2025-07,laboratory,measured,0.5,
""",
}
#: B's marked amounts: nobody else may read them, in any spelling.
MARKS = ("731", "733", "739")


def _statements() -> str:
    rows = ["stream,start,end,amount,unit,kind,reporter"]
    for year in (2024, 2025):
        for month in range(1, 13):
            end = f"{year + month // 12}-{month % 12 + 1:02d}-01"
            span = f"{year}-{month:02d}-01,{end}"
            rows += [f"EL_A,{span},{100 + month},MWh,invoice,grid", f"GAS_A,{span},50000,Nm3,invoice,gasnet"]
            rows += [f"HT_AB,{span},900,GJ,report,A"]
            if (year, month) != (2025, 7):
                rows.append(f"EL_B,{span},{MARKS[month % 3]},MWh,invoice,grid")
    return "\n".join(rows) + "\n"


def _readings() -> str:
    from datetime import date, timedelta

    first = date(2024, 1, 1)
    days = (first + timedelta(days=number) for number in range(731))
    return "point,time,value\n" + "".join(f"EL_C.m,{day.isoformat()},4000\n" for day in days)


@pytest.fixture(scope="session")
def small_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the small park."""
    root = tmp_path_factory.mktemp("small")
    (root / "park.toml").write_text(PARK, "utf-8")
    for name, text in TABLES.items():
        (root / name).write_text(text, "utf-8")
    for name, text in (("statements/bills.csv", _statements()), ("readings/meters.csv", _readings())):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(text, "utf-8")
    return root


@pytest.fixture
def marks() -> tuple[str, ...]:
    """Return the beginnings of B's amounts, which nobody else may read."""
    return MARKS


@pytest.fixture(scope="module")
def kept_park(django_db_setup: None, django_db_blocker: Any, small_folder: Path) -> Iterator[int]:
    """Import and compute the small park once for all tests of a module; it goes with the last of them."""
    from django.db import transaction

    from lingtan.book import Book
    from lingtan.web.account.compute import compute_now
    from lingtan.web.park.folder import import_folder

    # One transaction around all tests of the module: each of them rolls back to a savepoint, the last one the whole.
    around = transaction.atomic()
    with django_db_blocker.unblock():
        around.__enter__()
        made = import_folder(small_folder, by=None).park
        compute_now(made, Book.open(small_folder))
    yield made.pk
    with django_db_blocker.unblock():
        transaction.set_rollback(True)
        around.__exit__(None, None, None)


@pytest.fixture
def computed(kept_park: int, db: None) -> Any:
    """Return the small park with its runs."""
    from lingtan.web.park.park import Park

    return Park.objects.get(pk=kept_park)


@pytest.fixture
def small(computed: Any) -> Any:
    """Return the small park as it is before anything was computed."""
    from lingtan.web.account.issue import Issue
    from lingtan.web.account.run import Run

    Issue.objects.filter(park=computed).delete()
    Run.objects.filter(park=computed).delete()
    return computed


@pytest.fixture
def someone(computed: Any) -> Callable[..., Any]:
    """Return a function that signs somebody in with a role (and an enterprise) in the small park."""
    from django.test import Client

    from lingtan.web.park.node import Node
    from lingtan.web.people.user import Membership, User

    def do(role: str, enterprise: str = "", language: str = "en", **more: Any) -> Any:
        user = User.objects.create(username=f"{role}-{enterprise}", display_name=f"{role} {enterprise}".strip())
        node = Node.objects.get(park=computed, code=enterprise) if enterprise else None
        Membership.objects.create(user=user, park=computed, role=role, enterprise=node, **more)
        one = Client(headers={"accept-language": language})
        one.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        return one

    return do
