"""Whole parks in and out: nothing is lost, nothing is half done."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lingtan.ledger.folder import digest, read
from lingtan.web.metering.price import Price
from lingtan.web.park.contact import Contact
from lingtan.web.park.fact import Fact
from lingtan.web.park.folder import ImportRefused, export_folder, import_folder, park_value, snapshot
from lingtan.web.park.folder import places as where
from lingtan.web.park.node import Node
from lingtan.web.park.park import Park
from lingtan.web.publish.document import Document, DocumentVersion

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_data(settings: Any, tmp_path: Path) -> None:
    settings.DATA = tmp_path / "data"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return build(tmp_path / "park")


FILES: dict[str, str | bytes] = {
    "park.toml": 'id = "demo"\nformat = 1\ntimezone = "Asia/Shanghai"\ndefault_boundary = "B"\nowner = "office"\n'
    "# a remark\n[name]\nzh = '园'\n",
    "boundaries.csv": "id,kind,name_zh\nB,approved,开发区\n",
    "members.csv": "boundary,node,share\nB,E1,\nB,K,1.0\n",
    "nodes.csv": "id,kind,colour,parent,rated_kw\n"
    "G ,grid,red,,\nK,infrastructure,,,1e3\nE1,enterprise,\"a,b\",,5.50\nW,workshop,,E1,\n",
    "streams.csv": "id,commodity,source,target\nS1,electricity,G,E1\nS2,steam9,K,W\nS3,electricity,G,K\n",
    "commodities.csv": "code,parent,p_mpa,t_c\nsteam9,steam,0.90,200\n",
    "meters.csv": "point,stream,role,register,unit,multiplier,period,from\nM1,S1,main,counter,kWh,80,PT15M,2025-01-01\n"
    "M1b,S1,check,interval,kWh,1,PT900S,2025-01-01 00:00\n",
    "virtual.csv": "point,stream,role,unit,expression\nV1,S1,sub,kWh,M1 - M1b\n",
    "statements/a.csv": "stream,start,end,amount,unit,kind,reporter,evidence\n"
    "S1,2025-01-01,2025-02-01,10,MWh,report,E1,evidence/a.pdf\nS1,2025-01-01,2025-02-01,12,MWh,report,E1,\n"
    "S3,2025-01-01,2025-02-01,,,confirmed_zero,,\n",
    "adoption.csv": "stream,order,reason\nS1,invoice; main,because\n",
    "properties.csv": "stream,start,end,property,value,unit\nS2,2025-01-01,2025-02-01,temperature,200,degC\n",
    "stocks.csv": "node,commodity,time,amount,unit\nE1,anthracite,2025-01-01T08:00+08:00,100,t\n",
    "facts.csv": "subject,quantity,value,unit\nW,headcount,12,\ndemo,headcount,40,\nB,area,3,km2\n",
    "factors.csv": "id,subject,parameter,for,value,unit,document,from\nF1,anthracite,NCV,,20.90,GJ/t,Report,2025-01-01\n",
    "prices.csv": "subject,component,value,currency,unit\nS1,energy,0.620,CNY,kWh\nelectricity,energy,0.7,CNY,kWh\n",
    "certificates.csv": "id,kind,event,date,amount,unit,serial_from,serial_to,generator,beneficiary,start,end\n"
    "L1,GEC,issue,2025-02-01,10,MWh,1,10,WF,,,\nL1,GEC,retire,2025-03-01,10,MWh,1,10,WF,E1,2025-01-01,2026-01-01\n",
    "observations/o.csv": "subject,quantity,time,value,unit\nE1,temperature,2025-01-01T00:00Z,5,degC\n",
    "readings/r.csv": "point,time,value\nM1,2025-01-01T00:00+08:00,1\n",
    "records/log.jsonl": "{}\n",
    "evidence/a.pdf": b"%PDF-1.4 one",
    "unknown/thing.bin": b"\x00\x01\x02",
}  # fmt: skip


def build(path: Path, **changes: str | bytes | None) -> Path:
    for name, text in {**FILES, **changes}.items():
        if text is not None:
            place = path / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def contents(path: Path) -> dict[str, bytes]:
    return {file.relative_to(path).as_posix(): file.read_bytes() for file in sorted(path.rglob("*")) if file.is_file()}


def taken(path: Path, **more: Any) -> Park:
    outcome = import_folder(path, by=None, **more)
    assert outcome.applied, [one.message for one in outcome.errors]
    assert outcome.park is not None
    return outcome.park


def test_a_folder_comes_back_byte_by_byte(folder: Path, tmp_path: Path) -> None:
    export_folder(taken(folder), tmp_path / "out")
    assert contents(tmp_path / "out") == contents(folder)


def test_the_park_of_the_rows_equals_the_park_of_the_folder(folder: Path) -> None:
    assert park_value(taken(folder)) == read(folder).park


def test_the_snapshot_is_a_folder_of_the_same_park(folder: Path) -> None:
    park = taken(folder)
    assert read(snapshot(park)).park == read(folder).park
