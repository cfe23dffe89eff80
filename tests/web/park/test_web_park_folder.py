"""Whole parks in and out: nothing is lost, nothing is half done."""

from __future__ import annotations

import json
import runpy
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from lingtan.ledger.folder import digest, read
from lingtan.ledger.folder.columns import table_of
from lingtan.web.metering.price import Price
from lingtan.web.park import tree
from lingtan.web.park.contact import Contact
from lingtan.web.park.fact import Fact
from lingtan.web.park.folder import ImportRefused, evidence, export_folder, import_folder, park_value, snapshot
from lingtan.web.park.folder import places as where
from lingtan.web.park.node import Node
from lingtan.web.park.park import Park
from lingtan.web.people.user import Membership, User
from lingtan.web.programme.deadline import Deadline
from lingtan.web.publish import store
from lingtan.web.publish.document import Document, DocumentVersion

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[3]


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
    "factors.csv": "id,subject,parameter,for,value,unit,document,from\n"
    "F1,anthracite,NCV,,20.90,GJ/t,Report,2025-01-01\n",
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


def tables(path: Path) -> dict[str, str]:
    return {file: sum_ for file, sum_ in digest(path).items() if table_of(file) or file == "park.toml"}


def test_the_real_park_comes_back_with_equal_tables(shared: Path, tmp_path: Path) -> None:
    runpy.run_path(str(ROOT / "examples/real_park/compose.py"))["compose"](shared / "data", tmp_path / "park")
    park = taken(tmp_path / "park")
    export_folder(park, tmp_path / "out.zip")
    again = import_folder(tmp_path / "out.zip", by=None, park=park)
    assert again.applied
    assert not again.differences
    export_folder(park, tmp_path / "out")
    assert tables(tmp_path / "out") == tables(tmp_path / "park")
    assert read(tmp_path / "out").park == read(tmp_path / "park").park


def test_errors_refuse_the_folder_and_change_nothing(tmp_path: Path) -> None:
    path = build(tmp_path / "park", **{"nodes.csv": "id,kind\nG,grid\nX,wrong\n"})
    outcome = import_folder(path, by=None)
    assert not outcome.applied
    assert ("nodes.csv", 3) in {(one.where.file, one.where.line) for one in outcome.errors}
    assert not Park.objects.exists()


def test_rows_that_were_left_out_stand_in_the_export_again(tmp_path: Path) -> None:
    nodes = FILES["nodes.csv"] + 'X,wrong,blue,,\n"open,x\n'  # type: ignore[operator]
    path = build(tmp_path / "park", **{"nodes.csv": nodes})
    export_folder(taken(path, leave_out_faults=True), tmp_path / "out")
    assert contents(tmp_path / "out") == contents(path)


def test_a_text_that_is_too_long_is_named_and_refused(tmp_path: Path) -> None:
    path = build(
        tmp_path / "park", **{"prices.csv": "subject,component,value,currency,unit\nS1,energy,1,RENMINBI+,kWh\n"}
    )
    outcome = import_folder(path, by=None, leave_out_faults=True)
    assert [(one.code, one.where.line) for one in outcome.refused] == [("text_too_long", 2)]


def test_importing_again_says_what_was_created_changed_and_removed(folder: Path, tmp_path: Path) -> None:
    park = taken(folder)
    before = Node.objects.get(park=park, code="E1").pk
    nodes = str(FILES["nodes.csv"]).replace("5.50", "6") + "N,market,,,\n"
    changed = build(tmp_path / "new", **{"nodes.csv": nodes, "facts.csv": "subject,quantity,value\nW,headcount,12\n"})
    tried = import_folder(changed, by=None, park=park, dry_run=True)
    assert Node.objects.filter(park=park).count() == 4
    done = import_folder(changed, by=None, park=park)
    told = {one.model: (one.created, one.changed, one.removed) for one in done.differences}
    assert told == {"park.node": (1, 1, 0), "park.fact": (0, 0, 2)}
    assert tried.differences == done.differences
    assert Node.objects.get(park=park, code="E1").pk == before


def test_an_import_that_breaks_half_way_changes_nothing(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    park = taken(folder)
    before, files = park_value(park), sorted((where.home("demo") / "sets").iterdir())
    changed = build(tmp_path / "new", **{"facts.csv": "subject,quantity,value\nW,headcount,13\n"})
    monkeypatch.setattr(store, "keep", lambda _: (_ for _ in ()).throw(OSError("disk full")))
    (changed / "evidence/b.txt").write_text("new")
    with pytest.raises(OSError, match="disk full"):
        import_folder(changed, by=None, park=park)
    assert park_value(Park.objects.get(pk=park.pk)) == before
    assert sorted((where.home("demo") / "sets").iterdir()) == files


def test_a_folder_of_another_park_is_refused(folder: Path, tmp_path: Path) -> None:
    park = taken(folder)
    other = build(tmp_path / "other", **{"park.toml": 'id = "else"\nformat = 1\ntimezone = "UTC"\n'})
    assert [one.code for one in import_folder(other, by=None, park=park, leave_out_faults=True).refused] == [
        "other_park"
    ]
    assert [one.code for one in import_folder(folder, by=None).refused] == ["park_exists"]


def test_an_enterprise_that_persons_have_a_part_in_is_not_removed(folder: Path, tmp_path: Path) -> None:
    park = taken(folder)
    Membership.objects.create(
        park=park, role="reporter", user=User.objects.create(username="r"), enterprise=Node.objects.get(code="E1")
    )
    small = build(tmp_path / "small", **{name: None for name in FILES if name.endswith(".csv")})
    (small / "park.toml").write_text('id = "demo"\nformat = 1\ntimezone = "Asia/Shanghai"\n')
    with pytest.raises(ImportRefused, match="E1"):
        import_folder(small, by=None, park=park)
    assert Node.objects.filter(park=park).count() == 4


def test_queries_do_not_grow_with_the_rows(folder: Path, tmp_path: Path) -> None:
    more = "".join(f"N{number},market,,,\n" for number in range(500))
    large = build(tmp_path / "large", **{"nodes.csv": FILES["nodes.csv"] + more})  # type: ignore[operator]
    (large / "park.toml").write_text(FILES["park.toml"].replace("demo", "large"))  # type: ignore[union-attr]
    counts = []
    for path in (folder, large):
        with CaptureQueriesContext(
            connection,
        ) as seen:
            import_folder(path, by=None, leave_out_faults=True)
        counts.append(len(seen))
    assert counts[0] == counts[1]
    assert counts[0] <= 90


def test_facts_and_prices_know_their_node_and_stream(folder: Path) -> None:
    park = taken(folder)
    assert Fact.objects.get(park=park, subject="W").node == Node.objects.get(park=park, code="W")
    assert Fact.objects.get(park=park, subject="demo").node is None
    assert [price.stream_id is not None for price in Price.objects.filter(park=park).order_by("line")] == [True, False]


def test_the_history_tells_who_imported_and_why(folder: Path) -> None:
    user = User.objects.create(username="u")
    import_folder(folder, by=user, reason="first import")
    events = Node.pgh_event_model.objects.all()  # type: ignore[attr-defined]
    assert {(one.pgh_context.metadata["user"], one.pgh_context.metadata["reason"]) for one in events} == {
        (user.pk, "first import")
    }


def test_registers_and_documents_travel_to_another_installation(folder: Path, tmp_path: Path) -> None:
    park, user = taken(folder), User.objects.create(username="office")
    node = Node.objects.get(park=park, code="E1")
    Contact.objects.create(park=park, name="王工", node=node, phone="1")
    Deadline.objects.create(park=park, title="Calibration", due=date(2026, 12, 1), node=node)
    one = Document.objects.get(park=park, path="evidence/a.pdf")
    Document.objects.filter(pk=one.pk).update(title="许可证", links=["clause:3.2"], node=node)
    sha256, size = store.keep(_file(tmp_path / "two", b"%PDF-1.4 two"))
    DocumentVersion.objects.create(
        park=park, document=one, number=2, name="a.pdf", sha256=sha256, size=size, added_at=timezone.now(),
        added_by=user, note="new scan",
    )  # fmt: skip
    export_folder(park, tmp_path / "out")
    moved = tmp_path / "out" / "park.toml"
    moved.write_text(moved.read_text().replace('"demo"', '"moved"'))
    other = taken(tmp_path / "out", leave_out_faults=True)
    assert [(c.name, c.node.code) for c in Contact.objects.filter(park=other)] == [("王工", "E1")]
    assert Deadline.objects.get(park=other).due == date(2026, 12, 1)
    copy = Document.objects.get(park=other, path="evidence/a.pdf")
    assert (copy.title, copy.links, copy.node.code) == ("许可证", ["clause:3.2"], "E1")  # type: ignore[union-attr]
    assert [(v.number, v.note, v.added_by) for v in copy.versions.order_by("number")] == [
        (1, "", None),
        (2, "new scan", user),
    ]
    assert (snapshot(other) / "evidence/a.pdf").read_bytes() == b"%PDF-1.4 two"


def _file(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def test_a_record_that_is_no_object_is_named_by_line(folder: Path) -> None:
    (folder / "records/contacts.jsonl").write_text('{"key":1,"name":"A"}\n[1]\n')
    outcome = import_folder(folder, by=None)
    assert [(one.where.file, one.where.line) for one in outcome.refused] == [("records/contacts.jsonl", 2)]


def test_a_version_with_a_path_for_a_sum_reads_nothing(folder: Path) -> None:
    line = {"path": "evidence/a.pdf", "versions": [{"number": 1, "sha256": "../../nodes.csv", "name": "x"}]}
    (folder / "records/documents.jsonl").write_text(json.dumps(line))
    park = taken(folder)
    assert [one.sha256 for one in DocumentVersion.objects.filter(park=park)] == [
        store.sum_of(folder / "evidence/a.pdf")
    ]
    assert evidence.FORMER.startswith("evidence/")


@pytest.mark.parametrize("name", ["../up.csv", "/abs.csv", "a\\..\\b.csv", "C:x.csv"])
def test_an_archive_that_leads_out_is_refused(tmp_path: Path, name: str) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("park.toml", 'id = "a"\nformat = 1\ntimezone = "UTC"\n')
        archive.writestr(name, "x")
    with pytest.raises(ImportRefused, match="leads out"):
        import_folder(tmp_path / "a.zip", by=None)
    assert not list(where.staging().iterdir())


def test_a_link_in_an_archive_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        link = zipfile.ZipInfo("readings/r.csv")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(ImportRefused, match="link"):
        import_folder(tmp_path / "a.zip", by=None)


def test_an_unchanged_park_keeps_its_snapshot_and_a_change_makes_one_with_the_old_files(folder: Path) -> None:
    park = taken(folder)
    first = snapshot(park)
    assert snapshot(park) == first
    Fact.objects.filter(park=park, subject="W").update(value="13")
    second = snapshot(park)
    assert "13" in (second / "facts.csv").read_text()
    assert "13" not in (first / "facts.csv").read_text()
    assert (second / "nodes.csv").samefile(first / "nodes.csv")
    assert (second / "readings/r.csv").samefile(first / "readings/r.csv")


def test_nodes_know_their_enterprise_and_a_ring_is_refused(folder: Path) -> None:
    park = taken(folder)
    codes = dict(Node.objects.filter(park=park).values_list("code", "enterprise__code"))
    assert codes == {"G": None, "K": None, "E1": "E1", "W": "E1"}
    Node.objects.filter(park=park, code="E1").update(parent=Node.objects.get(park=park, code="W"))
    with pytest.raises(ValidationError, match="E1, W"):
        tree.settle(park)
