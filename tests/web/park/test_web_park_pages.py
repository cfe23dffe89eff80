"""Pages of the folder, of settings and of documents."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from lingtan.web.park.node import Node
from lingtan.web.park.park import Park
from lingtan.web.people.audit import AuditEntry
from lingtan.web.people.user import Membership, User
from lingtan.web.publish.document import Document, DocumentVersion

pytestmark = pytest.mark.django_db
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0h1"/></svg>'


@pytest.fixture(autouse=True)
def own_data(settings: Any, tmp_path: Path) -> None:
    settings.DATA = tmp_path / "data"


def zipped(files: dict[str, str]) -> SimpleUploadedFile:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return SimpleUploadedFile("park.zip", held.getvalue(), "application/zip")


TOML = 'id = "T"\nformat = 1\ntimezone = "Asia/Shanghai"\n'
NODES = "id,kind,name_en\ngrid,grid,\nA,enterprise,New name\nB,enterprise,\nA1,workshop,\n"


def exported(client: Any) -> dict[str, bytes]:
    answer = client.get("/p/T/folder/export/")
    with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_office_downloads_the_whole_park(client_as: Callable[..., Any], park: Park) -> None:
    held = exported(client_as("office"))
    assert "A1" in held["nodes.csv"].decode()
    assert 'id = "T"' in held["park.toml"].decode()


@pytest.mark.parametrize("role", ["reporter", "verifier", "regulator", "developer"])
def test_nobody_else_downloads_it(client_as: Callable[..., Any], park: Park, role: str) -> None:
    client = client_as(role, "A" if role == "reporter" else "")
    assert client.get("/p/T/folder/export/").status_code == 403
    assert client.get("/p/T/folder/").status_code == 403


def test_an_upload_is_looked_at_then_taken_in_with_a_reason(client_as: Callable[..., Any], park: Park) -> None:
    client = client_as("office")
    files = {name: data.decode() for name, data in exported(client).items()}
    files["nodes.csv"] = files["nodes.csv"].replace("Plant B", "Board mill")
    seen = client.post("/p/T/folder/", {"folder": zipped(files)}, follow=True)
    assert "Board mill" in seen.content.decode()
    assert Node.objects.get(park=park, code="B").name_en == "Plant B"
    address = seen.redirect_chain[-1][0]
    assert "Say why" in client.post(address, {"reason": ""}, follow=True).content.decode()
    client.post(address, {"reason": "renamed"})
    assert Node.objects.get(park=park, code="B").name_en == "Board mill"
    event = Node.pgh_event_model.objects.filter(code="B").latest("pgh_id")  # type: ignore[attr-defined]
    assert event.pgh_context.metadata["reason"] == "renamed"


def test_errors_are_named_by_file_and_line_and_refuse(client_as: Callable[..., Any], park: Park) -> None:
    client = client_as("office")
    seen = client.post(
        "/p/T/folder/", {"folder": zipped({"park.toml": TOML, "nodes.csv": NODES + "X,wrong,\n"})}, follow=True
    )
    text = seen.content.decode()
    assert "nodes.csv:6" in text
    assert "There is one error" in text


def test_another_persons_upload_is_not_there(client_as: Callable[..., Any], park: Park) -> None:
    seen = client_as("office").post("/p/T/folder/", {"folder": zipped({"park.toml": TOML})}, follow=True)
    other = client_as("office", name="second")
    assert other.get(seen.redirect_chain[-1][0]).status_code == 404
    assert other.get("/p/T/folder/..%2F..%2Fetc/").status_code == 404


def test_a_former_state_is_brought_back(client_as: Callable[..., Any], park: Park) -> None:
    client = client_as("office")
    files = {name: data.decode() for name, data in exported(client).items()}
    files["nodes.csv"] = files["nodes.csv"].replace("Plant B", "Board mill")
    seen = client.post("/p/T/folder/", {"folder": zipped(files)}, follow=True)
    client.post(seen.redirect_chain[-1][0], {"reason": "renamed"})
    from lingtan.web.park.folder import places, snapshot
    from lingtan.web.park.folder.snapshot import marks_of

    snapshot(Park.objects.get(pk=park.pk))
    mark = marks_of(places.home("T") / "snapshots")[0]
    client.post(f"/p/T/folder/back/{mark}/", {"reason": "wrong file"})
    assert Node.objects.get(park=park, code="B").name_en == "Plant B"


def system_administrator() -> Client:
    user = User.objects.create(username="sys", email="sys@example.org")
    Membership.objects.create(user=user, park=None, role="system")
    client = Client(headers={"accept-language": "en"})
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def test_the_system_administrator_brings_in_a_park_and_gets_no_part_in_it(db: None) -> None:
    client = system_administrator()
    files = {"park.toml": TOML.replace('"T"', '"N"'), "nodes.csv": NODES}
    seen = client.post("/parks/new/", {"folder": zipped(files)}, follow=True)
    address = seen.redirect_chain[-1][0]
    assert "Say why" in client.post(address, {}, follow=True).content.decode()
    assert client.post(address, {"reason": "contract 7"})["Location"] == "/installation/parks/"
    assert Node.objects.filter(park__code="N").count() == 4
    assert not Membership.objects.filter(park__code="N").exists()
    assert "New name" not in client.get("/p/N/registers/nodes/").content.decode()
    entry = AuditEntry.objects.get(act="park")
    assert (entry.subject, entry.reason) == ("N", "contract 7")


@pytest.mark.parametrize("head", [False, True])
def test_no_office_makes_itself_the_office_of_a_second_park(
    client_as: Callable[..., Any], park: Park, head: bool
) -> None:
    client = client_as("office")
    Membership.objects.update(head=head)
    files = {"park.toml": TOML.replace('"T"', '"N"'), "nodes.csv": NODES}
    assert client.post("/parks/new/", {"folder": zipped(files)}).status_code == 403
    assert not Park.objects.filter(code="N").exists()
    assert "/parks/new/" not in client.get("/").content.decode()


def test_an_export_carries_nothing_of_a_former_park_of_the_same_name(client_as: Callable[..., Any], park: Park) -> None:
    from lingtan.web.park.folder import places

    before = places.files_of("T", "0000000000000-aaaaaaaaaaaa") / "readings" / "theirs.csv"
    before.parent.mkdir(parents=True)
    before.write_text("point,time,value\nSECRET,2025-01-01T00:00:00Z,1\n")
    held = exported(client_as("office"))
    assert not [name for name in held if "theirs" in name or "sets" in name or "0000000000000" in name]


def test_a_reporter_brings_in_no_park(client_as: Callable[..., Any], park: Park) -> None:
    assert client_as("reporter", "A").get("/parks/new/").status_code == 403


def test_a_zip_bomb_is_refused_in_words(client_as: Callable[..., Any], park: Park) -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("park.toml", TOML)
        archive.writestr("readings/a.csv", b"0" * 30_000_000)
    seen = client_as("office").post(
        "/p/T/folder/", {"folder": SimpleUploadedFile("a.zip", held.getvalue())}, follow=True
    )
    assert "times its packed size" in seen.content.decode()


def test_settings_are_changed_once_and_the_later_editor_is_told(client_as: Callable[..., Any], park: Park) -> None:
    client = client_as("office")
    fields = {"name_en": "Other", "timezone": "Asia/Shanghai", "default_boundary": "B", "reason": "why", "version": 1}
    client.post("/p/T/settings/", fields)
    assert Park.objects.get(pk=park.pk).name_en == "Other"
    late = client.post("/p/T/settings/", {**fields, "name_en": "Late"})
    assert "meanwhile" in late.content.decode()
    assert Park.objects.get(pk=park.pk).name_en == "Other"
    wrong = client.post("/p/T/settings/", {**fields, "timezone": "Mars/Base", "repaired": "M9"}).content.decode()
    assert "Mars/Base" in wrong
    assert "M9" in wrong


def document(park: Park, enterprise: str = "") -> Document:
    node = Node.objects.get(park=park, code=enterprise) if enterprise else None
    return Document.objects.create(park=park, title="Permit", node=node)


def test_a_document_gets_versions_and_each_is_sent_out(client_as: Callable[..., Any], park: Park) -> None:
    client, one = client_as("office"), document(park)
    for content in (b"%PDF-1 one", b"%PDF-1 two"):
        client.post(
            f"/p/T/documents/{one.pk}/file/", {"file": SimpleUploadedFile("../x/p.pdf", content), "reason": "new"}
        )
    assert list(DocumentVersion.objects.values_list("number", "name")) == [(1, "p.pdf"), (2, "p.pdf")]
    assert Document.objects.get(pk=one.pk).path == "evidence/p.pdf"
    answer = client.get(f"/p/T/documents/{one.pk}/1/")
    assert b"".join(answer.streaming_content) == b"%PDF-1 one"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert client.get(f"/p/T/registers/documents/{one.pk}/").status_code == 200


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.exe", b"MZ", "kinds"),
        ("a.pdf", b"<html>", "begin"),
        ("a.svg", SVG.replace(b"<path", b"<script>x</script><path"), "scripts"),
        ("a.svg", SVG.replace(b"<path", b"<path onload='x()'"), "scripts"),
        ("a.svg", b"<!DOCTYPE svg [<!ENTITY a 'b'>]>" + SVG, "scripts"),
        ("a.txt", b"", "1 byte"),
    ],
)
def test_a_file_that_is_not_what_it_says_is_refused(
    client_as: Callable[..., Any], park: Park, name: str, content: bytes, said: str
) -> None:
    client, one = client_as("office"), document(park)
    upload = {"file": SimpleUploadedFile(name, content)}
    seen = client.post(f"/p/T/documents/{one.pk}/file/", upload, follow=True).content.decode()
    assert said in seen or "empty" in seen or "Choose" in seen
    assert not DocumentVersion.objects.exists()


def test_a_still_drawing_is_taken_and_only_downloaded(client_as: Callable[..., Any], park: Park) -> None:
    client, one = client_as("office"), document(park)
    client.post(f"/p/T/documents/{one.pk}/file/", {"file": SimpleUploadedFile("a.svg", SVG)})
    answer = client.get(f"/p/T/documents/{one.pk}/1/?show=1")
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment")


def test_a_neighbours_document_is_not_there(client_as: Callable[..., Any], park: Park) -> None:
    one = document(park, "B")
    client_as("office").post(f"/p/T/documents/{one.pk}/file/", {"file": SimpleUploadedFile("p.txt", b"secret")})
    assert client_as("reporter", "A").get(f"/p/T/documents/{one.pk}/1/").status_code == 404
    assert client_as("reporter", "B").get(f"/p/T/documents/{one.pk}/1/").status_code == 200
