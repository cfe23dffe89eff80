"""Parts of serving that need no running platform: words, deploy checks, roles, backup."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
import threading
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from lingtan.cli import main
from lingtan.web import backup, deploy, embedded, processes, tables

LOADED = """
import sys, lingtan.cli.app as app
app.parser("en")
heavy = ("django", "granian", "psutil", "procrastinate")
print([name for name in sys.modules if name.split(".")[0] in heavy or name.startswith("lingtan.web")])
"""


def test_the_account_command_starts_without_the_platform() -> None:
    assert subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_a_port_that_is_none_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--port", "70000", "--lang", "zh"]) == 2
    assert "--port 应为 1 到 65535，收到 70000" in capsys.readouterr().err


def test_a_folder_without_a_platform_is_no_backup(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["backup", str(tmp_path / "b.tar"), "--data", str(tmp_path / "none"), "--lang", "en"]) == 2
    assert "is no data folder" in capsys.readouterr().err
    assert not (tmp_path / "b.tar").exists()


def test_a_half_made_database_folder_and_an_empty_key_are_made_anew(tmp_path: Path) -> None:
    (tmp_path / "secret").touch()
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "PG_VERSION").write_text("18")
    embedded.prepare(tmp_path)
    embedded._heal(tmp_path / "postgres")
    assert len((tmp_path / "secret").read_text()) >= 50
    assert not (tmp_path / "postgres").exists()


@pytest.mark.parametrize(
    "text", ["", "1\n", "999999\n/x\n0\n5432\n/x\n\n1 1\nready\n", "1\n/x\n0\n5432\n/x\n\n1 1\nready\n"]
)
def test_a_lock_file_of_a_dead_server_or_of_another_program_counts_for_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "global").mkdir()
    (tmp_path / "global" / "pg_control").touch()
    (tmp_path / "postmaster.pid").write_text(text)
    assert embedded.running(tmp_path) is None
    embedded._heal(tmp_path)
    assert not (tmp_path / "postmaster.pid").exists()
    assert (tmp_path / "global").exists()


def _keep_on(child: processes.Child) -> None:
    for now in range(1000):
        assert child.process is not None
        child.process.wait()
        child.keep(now / 1000)


def test_a_child_that_dies_at_once_is_given_up_with_words() -> None:
    child = processes.Child("worker", ["-c", "raise SystemExit(3)"], {})
    child.start()
    with pytest.raises(processes.ServeError, match="exit code 3"):
        _keep_on(child)


def test_the_trial_is_told_what_is_not_fit_for_production(db: None) -> None:
    codes = {code for code, _found, _do in deploy.faults()}
    assert {"trial", "superuser", "append_only", "secret"} <= codes


def test_a_fit_platform_has_no_faults_of_the_settings(settings: Any, monkeypatch: pytest.MonkeyPatch, db: None) -> None:
    monkeypatch.setattr(deploy, "LOOKS", (deploy._trial, deploy._keys, deploy._addresses, deploy._django))
    settings.TRIAL = False
    settings.SECRET_KEY = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUV"
    settings.ADDRESS, settings.ALLOWED_HOSTS = "https://park.example.com", ["park.example.com"]
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_HSTS_SECONDS, settings.EMBEDDED = 31_536_000, False
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = settings.SECURE_HSTS_PRELOAD = False
    found = [code for code, _found, _do in deploy.faults() if code not in ("security.W005", "security.W021")]
    assert found == []


def test_the_second_role_can_add_history_but_not_change_it(park: Any) -> None:
    from lingtan.web.roles import statements

    with connection.cursor() as cursor:
        for line in statements("lingtan_test_app"):
            cursor.execute(line)
        cursor.execute("set local role lingtan_test_app")
        cursor.execute("update park_park set name_en = 'by the second role'")
        cursor.execute("select count(*) from park_parkevent where name_en = 'by the second role'")
        assert cursor.fetchone()[0] == 1
        for what in ("update park_parkevent set code = 'x'", "delete from park_parkevent", "truncate park_parkevent"):
            with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
                cursor.execute(what)
        cursor.execute("reset role")


@pytest.mark.django_db(transaction=True)
def test_a_backup_under_writes_is_one_moment_and_comes_back_equal(tmp_path: Path, settings: Any) -> None:
    from lingtan.web.park.park import Park

    data = tmp_path / "data"
    (data / "files").mkdir(parents=True)
    (data / "files" / "证据.pdf").write_bytes(b"%PDF" + bytes(range(256)))
    Park.objects.bulk_create([Park(code=f"P{n}", name_zh=f"园区 {n}\n\\") for n in range(300)])
    end, written, begun = threading.Event(), [0], threading.Event()
    writing = threading.Thread(target=_write, args=(end, written, begun))
    writing.start()
    assert begun.wait(30)
    made = backup.make(data, tmp_path / "b.tar")
    end.set()
    writing.join()
    assert written[0] > 0
    assert Park.objects.filter(code__startswith="W").count() > made.tables["park_park"][0] - 300
    assert made.tables["park_park"][0] >= 300
    assert oct((tmp_path / "b.tar").stat().st_mode & 0o777) == "0o600"
    _into_another_database(tmp_path, made)
    _in_a_drill(tmp_path, made)


def _in_a_drill(tmp_path: Path, made: backup.Manifest) -> None:
    words = ["restore", str(tmp_path / "b.tar"), "--drill", "--data", str(tmp_path / "data"), "--lang", "en"]
    env = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("LINGTAN_", "DJANGO_", "DATABASE_", "XDG_RUN"))
    }
    done = subprocess.run(
        [sys.executable, "-m", "lingtan.cli", *words], capture_output=True, text=True, check=False, env=env, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert "The drill went well" in done.stderr
    row = backup.noted(tmp_path / "data")[-1]
    assert (row["what"], row["rows"], row["of"]) == ("drill", made.rows, made.made)


def _write(end: threading.Event, written: list[int], begun: threading.Event) -> None:
    from lingtan.web.park.park import Park

    number = 0
    try:
        while not end.is_set():
            with transaction.atomic():
                Park.objects.filter(code="P1").update(name_en=f"changed {number}")
                Park.objects.create(code=f"W{number}")
            number += 1
            written[0] = number
            begun.set()
    finally:
        connection.close()


def _into_another_database(tmp_path: Path, made: backup.Manifest) -> None:
    name = f"{connection.settings_dict['NAME']}_restored"
    with connection.cursor() as cursor:
        cursor.execute(f'drop database if exists "{name}"')
        cursor.execute(f'create database "{name}" template template0')
    home, connection.settings_dict["NAME"] = connection.settings_dict["NAME"], name
    connection.close()
    try:
        (tmp_path / "back").mkdir()
        assert backup.restore(tmp_path / "back", tmp_path / "b.tar") == made
        assert (tmp_path / "back" / "files" / "证据.pdf").read_bytes() == b"%PDF" + bytes(range(256))
        with pytest.raises(backup.BackupError, match="not empty"):
            backup.restore(tmp_path / "back", tmp_path / "b.tar")
    finally:
        connection.close()
        connection.settings_dict["NAME"] = home
        with connection.cursor() as cursor:
            cursor.execute(f'drop database if exists "{name}"')


def test_a_backup_never_overwrites(tmp_path: Path) -> None:
    (tmp_path / "b.tar").write_text("precious")
    with pytest.raises(backup.BackupError, match="never overwrites"):
        backup.make(tmp_path, tmp_path / "b.tar")
    assert (tmp_path / "b.tar").read_text() == "precious"


MADE = backup.Manifest(1, "0", "2026-11-20T00:00:00Z", {"a": (3, "x")}, {})


def test_a_copy_elsewhere_is_compared_and_noted(tmp_path: Path) -> None:
    source = tmp_path / "b.tar"
    source.write_bytes(bytes(range(256)) * 5000)
    there = backup.copy(source, tmp_path / "share" / "2026")
    backup.note(tmp_path, "copy", there, MADE)
    row = backup.noted(tmp_path)[-1]
    assert (there.read_bytes(), oct(there.stat().st_mode & 0o777)) == (source.read_bytes(), "0o600")
    assert (row["what"], row["file"], row["sha256"]) == ("copy", str(there), backup.file_digest(source))


def test_a_copy_never_overwrites_and_leaves_nothing_half(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "b.tar"
    source.write_bytes(b"new")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "b.tar").write_bytes(b"old")
    with pytest.raises(backup.BackupError, match="never overwrites"):
        backup.copy(source, tmp_path / "full")
    monkeypatch.setattr(backup.shutil, "copyfileobj", lambda *_args: (_ for _ in ()).throw(OSError("no space left")))
    with pytest.raises(backup.BackupError, match="no space left"):
        backup.copy(source, tmp_path / "empty")
    assert [*(tmp_path / "empty").iterdir()] == []


def test_an_operator_without_backup_copy_and_drill_is_told(tmp_path: Path, settings: Any) -> None:
    settings.DATA = tmp_path
    assert [code for code, _found, _do in deploy._backups()] == ["backup", "copy", "drill"]
    (tmp_path / "b.tar").touch()
    for what in ("backup", "copy", "drill"):
        backup.note(tmp_path, what, tmp_path / "b.tar", MADE)
    assert list(deploy._backups()) == []


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("insert into django_migrations (app, name, applied) values ('park', '9999_later', now())", "newer Lingtan"),
        ("insert into lingtan_steps values ('park', '0001_initial', 'x') on conflict (room, step) do update "
         "set sha256 = 'x'", "another state of Lingtan (park.0001_initial differs)"),
    ],
)  # fmt: skip
def test_data_of_steps_that_this_program_does_not_know_is_refused(db: None, settings: Any, sql: str, said: str) -> None:
    settings.MIGRATION_MODULES = {}  # the tests make tables without steps; here they count
    with connection.cursor() as cursor:
        cursor.execute("insert into django_migrations (app, name, applied) values ('park', '0001_initial', now())")
        cursor.execute(sql)
    with pytest.raises(processes.ServeError, match=re.escape(said)):
        tables._bring(lambda _line: None)


@pytest.mark.parametrize("kind", ["empty", "text", "no manifest", "climbs out"])
def test_what_is_no_backup_is_refused_before_anything_is_written(tmp_path: Path, kind: str) -> None:
    source = tmp_path / "b.tar"
    source.write_bytes(b"" if kind == "empty" else b"hello" * 1000)
    if kind in ("no manifest", "climbs out"):
        with tarfile.open(source, "w") as tar:
            tar.add(__file__, "../outside" if kind == "climbs out" else "data/x")
    (tmp_path / "work").mkdir()
    with pytest.raises(backup.BackupError, match="not a whole backup"):
        backup._unpack(source, tmp_path / "work")
    assert not (tmp_path / "outside").exists()
