"""Drop folder: complete files once, faulty ones aside with a report, nothing doubled by a crash before the move."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from ingest_kit import Memory, running, settings, until

from lingtan.ingest.config import Settings

GOOD = "tag,time,value\na,2025-01-01 00:00,1\na,2025-01-01 00:15,2\n"


def folder(tmp_path: Path, more: str = "") -> tuple[Settings, Path]:
    inbox = tmp_path / "inbox"
    inbox.mkdir(exist_ok=True)
    config = settings(
        tmp_path,
        f"""
        [template.sheet]
        format = "csv"
        zone = "Asia/Shanghai"
        [[source]]
        id = "drop"
        kind = "folder"
        template = "sheet"
        path = "inbox"
        settle = "PT1S"
        look_every = "PT1S"
        rows = [{{ tag = "a", point = "P" }}]
        {more}
        """,
    )
    return config, inbox


def files(place: Path) -> list[str]:
    return sorted(str(path.relative_to(place)) for path in place.rglob("*") if path.is_file()) if place.exists() else []


def taken(config: Settings, inbox: Path, sink: Memory, count: int = 1) -> list[Path]:
    """Run until ``count`` files were moved."""

    def moved() -> list[Path]:
        found = [path for part in ("done", "refused") for path in (inbox / part).rglob("*") if path.is_file()]
        return [path for path in found if not path.name.endswith(".report.json")]

    async def work() -> None:
        async with running(config, sink):
            await until(lambda: len(moved()) >= count)

    asyncio.run(work())
    return moved()


def test_complete_file_is_stored_and_moved(tmp_path: Path) -> None:
    config, inbox = folder(tmp_path)
    (inbox / "day.csv").write_text(GOOD, "utf-8")
    (inbox / "next.csv.part").write_text(GOOD, "utf-8")
    (inbox / "link.csv").symlink_to("/etc/passwd")
    sink = Memory()
    moved = taken(config, inbox, sink)
    assert [path.name for path in moved] == ["day.csv"]
    assert moved[0].parent.parent.name == "done"
    assert [value for _, _, value in sink.rows()] == [1, 2]
    assert sorted(path.name for path in inbox.iterdir()) == ["done", "link.csv", "next.csv.part"]


def test_faulty_files_are_put_aside_with_a_report_and_the_next_go_on(tmp_path: Path) -> None:
    config, inbox = folder(tmp_path)
    (inbox / "a-broken.csv").write_bytes(b"\xff\xfe\x00")
    (inbox / "b-rows.csv").write_text(GOOD + "a,nonsense,3\n", "utf-8")
    (inbox / "c-good.csv").write_text(GOOD.replace("00:15", "00:30"), "utf-8")
    sink = Memory()
    moved = taken(config, inbox, sink, count=3)
    assert {path.name: path.parent.parent.name for path in moved} == {
        "a-broken.csv": "refused", "b-rows.csv": "done", "c-good.csv": "done",
    }  # fmt: skip
    report = next((inbox / "done").rglob("b-rows.csv.report.json"))
    assert "row 3, tag 'a': expected a time" in json.loads(report.read_text("utf-8"))["sentences"][0]
    assert len(sink.rows()) == 4


def test_crash_between_commit_and_move_doubles_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from lingtan.ingest.sources import drop

    config, inbox = folder(tmp_path)
    (inbox / "day.csv").write_text(GOOD, "utf-8")
    sink, move, crashes = Memory(), drop._move, []

    def crash(*given: object) -> None:
        if not crashes:
            crashes.append(given)
            raise OSError("the machine stopped here")
        move(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(drop, "_move", crash)
    taken(config, inbox, sink)
    assert crashes
    assert sink.calls == 2
    assert len(sink.rows()) == 2


def test_missing_folder_breaks_its_own_source_alone(tmp_path: Path) -> None:
    config, inbox = folder(
        tmp_path,
        '[[source]]\nid = "gone"\nkind = "folder"\ntemplate = "sheet"\npath = "nowhere"\n'.replace("\n", "\n        "),
    )
    (inbox / "day.csv").write_text(GOOD, "utf-8")
    sink = Memory()
    taken(config, inbox, sink)
    health = {one["source"]: one for one in json.loads((config.data / "health.json").read_text("utf-8"))["sources"]}
    assert health["drop"]["state"] == "ok"
    assert health["gone"]["state"] == "broken"
    assert "make the folder" in health["gone"]["last_fault"]
