"""A small park that reads without a fault, and a way to change one file of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

PARK = {
    "park.toml": 'id = "P"\nformat = 1\ntimezone = "Asia/Shanghai"\n'
    'default_boundary = "B"\n\n[name]\nzh = "园"\nen = "Park"\n',
    "nodes.csv": "id,parent,kind,name_zh,rated_kw\nG,,grid,电网,\nK,,market,,\n"
    "E1,,enterprise,一厂,500\nW1,E1,workshop,,\nE2,,enterprise,,\n",
    "boundaries.csv": "id,kind,name_en\nB,approved,All\n",
    "members.csv": "boundary,node,share\nB,E1,\nB,E2,0.5\n",
    "streams.csv": "id,commodity,source,target,made_as,used_as\n"
    "S1,electricity,G,E1,grid_supply,\nS2,electricity,E1,E2,,\nS3,anthracite,K,E1,,final_fuel\n",
    "meters.csv": "point,stream,role,serial,register,unit,multiplier,digits,period\n"
    "M1,S1,main,A1,counter,kWh,10,6,PT15M\nM2,S2,main,A2,interval,kWh,,,\n",
    "statements/2025.csv": "stream,start,end,amount,unit,kind,reporter,evidence\n"
    "S3,2025-01-01,2025-02-01,12.5,t,invoice,E1,evidence/a.pdf\nS3,2025-02-01,2025-03-01,11,t,report,E1,\n",
    "readings/a.csv": "point,time,value\nM1,2025-01-01T00:00+08:00,100\n"
    "M1,2025-01-01T00:15+08:00,101.5\nM2,2025-01-01T00:00+08:00,7\n",
    "evidence/a.pdf": "%PDF",
}

Maker = Callable[..., Path]


@pytest.fixture
def folder(tmp_path: Path) -> Maker:
    """Write the small park with files replaced, added (text or bytes) or left out (None)."""

    def make(changes: dict[str, str | bytes | None] | None = None) -> Path:
        for name, content in {**PARK, **(changes or {})}.items():
            if content is None:
                continue
            place = tmp_path / "park" / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content if isinstance(content, bytes) else content.encode())
        return tmp_path / "park"

    return make
