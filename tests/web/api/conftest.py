"""Programs of every role: a client that sends a token."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

ALL = ("read", "write", "series")


@pytest.fixture
def program(park: Any, db: None) -> Callable[..., Any]:
    """Return a function that makes a person of a role with a token, and gives a client that sends it."""
    from django.test import Client
    from django.utils import timezone

    from lingtan.web.api import keys
    from lingtan.web.park.node import Node
    from lingtan.web.people.user import Membership, User

    def do(role: str = "office", enterprise: str = "", *, scopes: Sequence[str] = ALL, only: Any = None) -> Any:
        user, _new = User.objects.get_or_create(username=f"{role}-{enterprise or 'park'}")
        node = Node.objects.get(park=park, code=enterprise) if enterprise else None
        Membership.objects.get_or_create(user=user, park=park, role=role, enterprise=node)
        token, key = keys.make(user, "test", scopes=scopes, expires=timezone.now() + timedelta(days=1), park=only)
        one = Client(headers={"authorization": f"Bearer {key}", "accept-language": "en"})
        one.token, one.key = token, key
        return one

    return do


@pytest.fixture
def metered(tmp_path: Path, park: Any) -> Iterator[Any]:
    """Give the park meters with readings, as an imported folder does."""
    from django.conf import settings

    from lingtan.web.park.folder import export_folder, import_folder

    # Files outlive the test's transaction: what an earlier park of this name left is no part of this one.
    shutil.rmtree(settings.DATA / "parks" / "T", ignore_errors=True)
    root = tmp_path / "folder"
    export_folder(park, root)
    (root / "meters.csv").write_text(
        "point,stream,role,register,unit,multiplier,period\n"
        "M.EA,EA,main,interval,kWh,1,PT1H\nM.EB,EB,main,interval,kWh,1,PT1H\n"
    )
    (root / "readings").mkdir(exist_ok=True)
    hours = [f"2025-01-{day:02d}T{hour:02d}:00:00+08:00" for day in (1, 2, 3) for hour in range(24)]
    lines = [f"{point},{at},{value}" for point, value in (("M.EA", "1.25"), ("M.EB", "733")) for at in hours]
    (root / "readings" / "m.csv").write_text("\n".join(["point,time,value", *lines]) + "\n")
    import_folder(root, by=None, park=park)
    yield park
    shutil.rmtree(settings.DATA / "parks" / "T", ignore_errors=True)
