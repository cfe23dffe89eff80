"""Bills from the 25th to the 24th: what the meter says of such a month is kept when the account is drawn."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from lingtan.book import Book
from lingtan.web.account.compute import compute_now
from lingtan.web.metering.stream import Stream
from lingtan.web.park.folder import import_folder
from lingtan.web.park.node import Node
from lingtan.web.people.access import access_of
from lingtan.web.people.user import Membership, User
from lingtan.web.reporting import actions
from lingtan.web.reporting.between import PeriodFlow
from lingtan.web.reporting.bundle import bundle
from lingtan.web.reporting.form import FormLine, FormReporter, FormTemplate

TABLES = {
    "park.toml": 'format = 1\nid = "S"\ncountry = "CN"\ngrid_region = "CN-32"\ntimezone = "Asia/Shanghai"\n'
    'default_boundary = "in"\n[name]\nzh = "小园"\nen = "Small"\n',
    "nodes.csv": "id,parent,kind,name_zh,name_en\ngrid,,grid,电网,Grid\nA,,enterprise,甲,Alpha\n",
    "boundaries.csv": "id,kind,name_zh,name_en\nin,approved,内,Inside\n",
    "members.csv": "boundary,node\nin,A\n",
    "streams.csv": "id,commodity,source,target,made_as,used_as\nEL,electricity,grid,A,grid_supply,\n",
    "meters.csv": "point,stream,role,register,unit,multiplier,period\nEL.m,EL,main,interval,kWh,1,P1D\n",
}


@pytest.fixture
def billed(db: None, tmp_path: Path) -> FormTemplate:
    """A reads 1000 kWh a day in February 2026 and 2000 from March on, until 20 April; its bills begin on the 25th."""
    for name, text in TABLES.items():
        (tmp_path / name).write_text(text, "utf-8")
    days = [date(2026, 1, 20) + timedelta(days=step) for step in range(91)]
    rows = "".join(f"EL.m,{day},{1000 if day.month < 3 else 2000}\n" for day in days)
    (tmp_path / "readings").mkdir()
    (tmp_path / "readings" / "m.csv").write_text("point,time,value\n" + rows, "utf-8")
    park = import_folder(tmp_path, by=None).park
    form = FormTemplate.objects.create(
        park=park, code="bill", name_en="Bills", valid_from=date(2026, 1, 1), first_day=25
    )
    stream = Stream.objects.get(park=park, code="EL")
    FormLine.objects.create(park=park, form=form, code="EL", stream=stream, unit="MWh", name_en="Power")
    FormReporter.objects.create(park=park, form=form, enterprise=Node.objects.get(park=park, code="A"))
    with transaction.atomic():
        compute_now(park, Book.open(tmp_path))
    return form


def reported(form: FormTemplate, month: date) -> Any:
    node = Node.objects.get(park=form.park, code="A")
    user = User.objects.create(username="a")
    Membership.objects.create(user=user, park=form.park, role="reporter", enterprise=node)
    access = access_of(user, form.park_id, date(2026, 4, 8))
    assert access is not None
    made = actions.begin(form, node, month, by=access)
    return bundle(made, access).rows[0].near


def test_the_meter_stands_beside_a_bill_from_the_25th_to_the_24th(billed: FormTemplate) -> None:
    near = reported(billed, date(2026, 3, 1))
    # 25 to 28 February: 4 days of 1 MWh; 1 to 24 March: 24 days of 2 MWh
    assert (near.metered, near.how) == (Decimal(52), "metered")


def test_a_billing_period_with_a_day_that_is_not_known_has_no_amount(billed: FormTemplate) -> None:
    near = reported(billed, date(2026, 5, 1))
    assert (near.metered, near.how) == (None, "incomplete")


def test_nothing_is_kept_where_no_form_asks_for_billing_periods(billed: FormTemplate, tmp_path: Path) -> None:
    PeriodFlow.objects.all().delete()
    FormTemplate.objects.filter(pk=billed.pk).update(first_day=1)
    with transaction.atomic():
        compute_now(billed.park, Book.open(tmp_path))
    assert not PeriodFlow.objects.exists()


def test_months_beside_are_those_of_the_bills(billed: FormTemplate) -> None:
    near = reported(billed, date(2026, 3, 1))
    assert near.months[-1] == ("2026-03", Decimal(52))
    assert near.months[0][0] == "2025-03"
