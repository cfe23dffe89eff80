"""Writing: what was read comes back, what changed is written, nothing is half-written."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lingtan.ledger.folder import FolderError, Loaded, ReadingSource, check, digest, read, write
from lingtan.ledger.folder.columns import TABLES
from lingtan.ledger.park import (
    Adoption,
    Boundary,
    CertificateEvent,
    Fact,
    FactorRow,
    Member,
    Meter,
    Node,
    Park,
    Price,
    Property,
    Settings,
    Span,
    Statement,
    Stock,
    Stream,
    VirtualPoint,
)

Maker = Callable[..., Path]

EVERYTHING: dict[str, str | bytes] = {
    "virtual.csv": "point,stream,role,unit,expression,note\nV1,S1,check,kWh,M1 - M2,a\n",
    "adoption.csv": "stream,from,to,order,reason\nS1,2025-01-01,,invoice;main,because\n",
    "properties.csv": "stream,start,end,property,value,unit,sigma_pct,evidence\n"
    "S3,2025-01-01,2025-02-01,NCV,20.9,GJ/t,1,\n",
    "stocks.csv": "node,commodity,time,amount,unit,evidence\nE1,anthracite,2025-01-01T08:00+08:00,100,t,\n",
    "facts.csv": "subject,quantity,from,to,value,unit,evidence\n"
    "P,headcount,2025-01-01,2026-01-01,12,,\nE1,rating,,,A+,,\n",
    "commodities.csv": "code,name_zh,name_en,kind,parent,unit,fossil,p_mpa,t_c,note\nst10,汽,Steam,,steam,,,1.0,200,\n",
    "factors.csv": "id,subject,parameter,for,value,unit,data_year,from,to,region,document,source,status\n"
    "F1,anthracite,NCV,K,20.9,GJ/t,2025,2025-01-01,2026-01-01,,Report 7,lab,measured\n",
    "prices.csv": "subject,component,from,to,value,currency,unit,note\nS1,energy,2025-01-01,,0.62,CNY,kWh,\n",
    "certificates.csv": "id,kind,event,date,amount,unit,serial_from,serial_to,generator,beneficiary,start,end\n"
    "L1,GEC,issue,2025-02-01,10,MWh,1,10,WF,,,\nL1,GEC,retire,2025-03-01,10,MWh,1,10,WF,E1,2025-01-01,2026-01-01\n",
    "observations/o.csv": "subject,quantity,time,value,unit\nE1,temperature,2025-01-01T00:00Z,5,degC\n",
    "records/log.jsonl": "{}\n",
    "unknown/thing.bin": b"\x00\x01\x02",
}


def contents(path: Path) -> dict[str, bytes]:
    return {file.relative_to(path).as_posix(): file.read_bytes() for file in sorted(path.rglob("*")) if file.is_file()}


def test_folder_comes_back_byte_by_byte(folder: Maker, tmp_path: Path) -> None:
    path = folder(EVERYTHING)
    assert [one for one in check(path) if one.code != "unknown_file"] == []
    write(read(path), tmp_path / "copy")
    assert contents(tmp_path / "copy") == contents(path)


def test_park_read_back_is_equal(folder: Maker, tmp_path: Path) -> None:
    first = read(folder(EVERYTHING))
    write(first, tmp_path / "copy")
    second = read(tmp_path / "copy")
    assert second.park == first.park
    assert second.findings == first.findings


def test_unknown_columns_rows_set_aside_and_formulas_survive(folder: Maker, tmp_path: Path) -> None:
    text = 'id,kind,colour,name_en\nG,grid,red,=SUM(A1)\nK,market,"a,b",@x\nE1,enterprise,,"two\nlines"\n'
    text += 'X,wrong,blue,\n"open,x\nE2,enterprise,,-1\n'
    path = folder({"nodes.csv": text})
    write(read(path), tmp_path / "copy")
    assert (tmp_path / "copy" / "nodes.csv").read_text("utf-8") == text


def test_files_that_cannot_be_read_are_carried_over(folder: Maker, tmp_path: Path) -> None:
    gbk = "id,kind,name_zh\nB,approved,开发区\n".encode("gbk")
    path = folder({"boundaries.csv": gbk})
    write(read(path), tmp_path / "copy")
    assert (tmp_path / "copy" / "boundaries.csv").read_bytes() == gbk


def test_changed_new_and_removed_nouns_are_written_and_the_rest_untouched(folder: Maker, tmp_path: Path) -> None:
    path = folder(
        {
            "nodes.csv": "id,kind,colour\n G ,grid,red\nK,market,\n"
            "E1,enterprise,blue\nE2,enterprise,\nX,wrong,\nE9,building,\n"
        }
    )
    loaded = read(path)
    nodes = dict(loaded.park.nodes)
    del nodes["E9"]
    nodes["E1"] = replace(nodes["E1"], name_zh="新", rated_kw=Decimal("5.50"))
    nodes["E3"] = Node("E3", "storage")
    write(replace(loaded, park=replace(loaded.park, nodes=nodes)), tmp_path / "copy")
    header, *rows = (tmp_path / "copy" / "nodes.csv").read_text("utf-8").splitlines()
    assert header == "id,kind,colour,name_zh,rated_kw"
    assert rows == [
        " G ,grid,red,,",
        "K,market,,,",
        "E1,enterprise,blue,新,5.50",
        "E2,enterprise,,,",
        "X,wrong,,,",
        "E3,storage,,,",
    ]


def test_writing_over_the_own_folder_keeps_all_other_files(folder: Maker) -> None:
    path = folder(EVERYTHING)
    before = contents(path)
    loaded = read(path)
    write(replace(loaded, park=replace(loaded.park, settings=replace(loaded.park.settings, base_year=2025))), path)
    after = contents(path)
    assert {name: data for name, data in after.items() if name != "park.toml"} == {
        name: data for name, data in before.items() if name != "park.toml"
    }
    assert read(path).park.settings.base_year == 2025


def test_unknown_keys_of_park_toml_survive_a_change(folder: Maker, tmp_path: Path) -> None:
    toml = 'id = "P"\nformat = 1\ntimezone = "UTC"\nsynthetic = true\ntags = ["a", "b\\n"]\n'
    toml += '[repair]\nmidnight_same_date = ["M1"]\n[own]\nx = 1.5\n'
    loaded = read(folder({"park.toml": toml}))
    changed = replace(loaded.park.settings, name_zh='"引\\号"', currency="CNY")
    write(replace(loaded, park=replace(loaded.park, settings=changed)), tmp_path / "copy")
    again = read(tmp_path / "copy")
    assert again.park.settings == changed
    assert again.extras.unknown == {"synthetic": True, "tags": ["a", "b\n"], "own": {"x": 1.5}}


def test_other_folder_with_files_is_refused_and_left_alone(folder: Maker, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "mine.txt").write_text("x")
    with pytest.raises(FolderError, match="empty or new"):
        write(read(folder()), other)
    assert contents(other) == {"mine.txt": b"x"}


def test_nothing_is_left_behind_when_writing_fails(
    folder: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = read(folder())
    monkeypatch.setattr("shutil.copyfile", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    before = sorted(tmp_path.iterdir())
    with pytest.raises(OSError, match="disk full"):
        write(loaded, tmp_path / "copy")
    assert sorted(tmp_path.iterdir()) == before


def test_digest_names_every_file_with_its_sha_256(folder: Maker) -> None:
    # sha256 of the five bytes "%PDF" without a line end, by `printf %PDF | sha256sum`.
    sums = digest(folder())
    assert set(sums) == set(contents(folder()))
    assert len(sums["evidence/a.pdf"]) == 64
    import hashlib

    assert sums["evidence/a.pdf"] == hashlib.sha256(b"%PDF").hexdigest()


IDS = st.text("ABCxyz0189._-", min_size=1, max_size=6)
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12).filter(
    lambda text: text == "" or text.strip() != ""
)
NUMBERS = st.decimals(-(10**9), 10**9, places=3)
AMOUNTS = st.decimals(0, 10**9, places=4)
BEGIN = datetime(2020, 1, 1, tzinfo=UTC)
INSTANTS = st.integers(0, 200_000).map(lambda quarter: BEGIN + timedelta(minutes=15 * quarter))


@st.composite
def spans(draw: st.DrawFn) -> Span:
    first, last = sorted(draw(st.tuples(INSTANTS, INSTANTS)))
    return draw(st.sampled_from([Span(), Span(first), Span(None, last), Span(first, last + timedelta(minutes=15))]))


@st.composite
def parks(draw: st.DrawFn) -> Park:
    """Park with one of each noun, all values drawn."""
    names = draw(st.lists(IDS, min_size=3, max_size=5, unique=True))
    valid = draw(spans())
    start = draw(INSTANTS)
    span = (start, start + timedelta(minutes=15 * draw(st.integers(1, 9999))))
    maybe = draw(st.one_of(st.none(), AMOUNTS))
    text, number, positive = draw(TEXTS), draw(NUMBERS), draw(AMOUNTS.filter(bool))
    nodes = {
        name: Node(name, "enterprise", "", text, draw(TEXTS), rated_kw=maybe, lat=draw(st.floats(-90, 90)), valid=valid)
        for name in names
    }
    streams = {"s": Stream("s", "anthracite", names[0], names[1], "by_product", "feedstock", valid, text)}
    period = draw(st.sampled_from([None, 90, 900, 86_400]))
    device = {"serial": draw(st.sampled_from(["", "A 7"])), "multiplier": positive, "digits": 6, "accuracy_pct": None}
    device |= {"period": period, "stamp": "end", "clock": "+01:00", "bidirectional": draw(st.booleans())}
    device |= {"first_value": number, "last_value": number, "level": 2, "valid": valid, "calibrated_until": start}
    meter = Meter("p", "s", "main", "counter", "t", **device)
    zone = draw(st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "UTC"]))
    return Park(
        Settings("P", text, draw(TEXTS), timezone=zone, base_year=draw(st.sampled_from([None, 2025]))),
        {"b": Boundary("b", "planned", text, valid=valid)},
        (Member("b", names[0], draw(st.decimals(0, 1, places=3)), valid),),
        nodes,
        streams,
        (meter,),
        (VirtualPoint("v", "s", "sub", "t", "2 * p", text),),
        (Statement("s", *span, positive, "t", "invoice", names[0], maybe, ("evidence/x.pdf",), text),),
        (Adoption("s", ("main", "invoice:" + names[0]), text, valid),),
        (Property("s", *span, "NCV", positive, "GJ/t", maybe),),
        (Stock(names[0], "anthracite", start, positive, "t"),),
        (Fact(names[1], "q", "A+", valid=valid),),
        {},
        (FactorRow("f", "anthracite", "NCV", positive, "GJ/t", names[0], 2025, start.date(), document="D", note=text),),
        (Price("s", "energy", number, "CNY", "t", valid, text),),
        (CertificateEvent("l", "GEC", "retire", start, positive, "MWh", 1, 5, "g", "h", names[1], *span),),
    )  # fmt: skip


def unplaced(park: Park) -> dict[str, Any]:
    """Values of a park without files and lines, for comparison with nouns that came from no file."""
    plain: dict[str, Any] = {"settings": park.settings}
    for table in TABLES.values():
        if not table.park or table.park == "commodities":
            continue
        held = getattr(park, table.park)
        nouns = held.values() if isinstance(held, dict) else held
        where = "at" if table.noun != "FactorRow" else "line"
        empty = Node("", "").at if where == "at" else None
        plain[table.park] = [
            replace(noun, **{where: empty}, **({"file": ""} if where == "line" else {})) for noun in nouns
        ]
    return plain


@settings(deadline=None, max_examples=60)
@given(parks())
def test_any_park_written_and_read_is_the_same(park: Park) -> None:
    with tempfile.TemporaryDirectory() as folder:
        write(Loaded(park, (), ReadingSource.of(park)), Path(folder) / "park")
        loaded = read(Path(folder) / "park")
        assert [one.message for one in loaded.findings if one.level == "error"] == []
        assert unplaced(loaded.park) == unplaced(park)
        write(loaded, Path(folder) / "again")
        assert read(Path(folder) / "again").park == loaded.park
